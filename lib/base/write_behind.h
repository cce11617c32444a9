#ifndef R3_BASE_WRITE_BEHIND_H
#define R3_BASE_WRITE_BEHIND_H

#include <sched.h>
#include <stddef.h>

/* A thread that writes to a descriptor what a program hands over, a buffer at a time, so that the program goes on meanwhile. What is
 * handed over is written in its order. */

struct r3_write_behind;

/* On these processors; NULL where there can be none. The descriptor stays the caller's. */
struct r3_write_behind *r3_write_behind_new(int fd, const cpu_set_t *processors);
/* Take data[0..length), of `size` bytes in all, and give another buffer of that size for it, once what was handed over before has been
 * written. Returns 0, or the errno of a write that failed, since which nothing is written. */
int r3_write_behind_hand(struct r3_write_behind *behind, char **data, size_t length, size_t size);
/* Wait until all is written: 0 or the errno of the write that failed. */
int r3_write_behind_wait(struct r3_write_behind *behind);
/* The same of what has been written by now, without waiting. */
int r3_write_behind_look(struct r3_write_behind *behind);
void r3_write_behind_free(struct r3_write_behind *behind); /* waits; accepts NULL */

#endif
