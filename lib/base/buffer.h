#ifndef R3_BASE_BUFFER_H
#define R3_BASE_BUFFER_H

#include <stddef.h>

/* A growing run of bytes. Invariants: data[length] is '\0' whenever data is not NULL; length < capacity.
 * Life: `struct r3_buffer b = R3_BUFFER_INIT;` … r3_buffer_release(&b). Memory that runs out ends the program (71). */

struct r3_buffer {
    char *data;
    size_t length, capacity;
};

#define R3_BUFFER_INIT                                                                                                 \
    { 0 }

void r3_buffer_release(struct r3_buffer *buffer);
void r3_buffer_reset(struct r3_buffer *buffer); /* empty, memory kept */
/* At least `more` writable bytes behind data[length]; returns &data[length]. */
char *r3_buffer_reserve(struct r3_buffer *buffer, size_t more);
void r3_buffer_append(struct r3_buffer *buffer, const void *data, size_t length);
void r3_buffer_append_text(struct r3_buffer *buffer, const char *text);
void r3_buffer_printf(struct r3_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Columns of a UTF-8 text on a terminal: its bytes that do not continue a character. */
size_t r3_columns(const char *text, size_t length);

/* malloc family that ends the program with status 71 and a message where memory runs out. */
void *r3_allocate(size_t size); /* zeroed */
void *r3_reallocate(void *old, size_t size);
char *r3_duplicate(const char *text); /* new; caller frees */

/* Copy text into out[size] whole; -1 where it does not fit (out is then ""). */
int r3_copy_text(char *out, size_t size, const char *text, size_t length);

#endif
