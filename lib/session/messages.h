#ifndef R3_SESSION_MESSAGES_H
#define R3_SESSION_MESSAGES_H

#include <stddef.h>

#include "lib/base/error.h"

/* What the programs of a run say to people: it goes on to standard error as it comes, and the last line of each is remembered, so that
 * the store can tell why a run failed. */

struct r3_messages;

enum { R3_MESSAGE_SIZE = 512 }; /* of a line that is remembered; a longer one is cut */

/* New; freed with r3_messages_end, which accepts NULL. */
struct r3_messages *r3_messages_new(void);
/* A descriptor that the next program is to have as its standard error; the caller closes it in this process. Programs count from 0.
 * -1: R3_SYSTEM. */
int r3_messages_add(struct r3_messages *messages, struct r3_error *error);
/* Pass on what comes, in a thread of its own: begun when all programs are there, since none is to inherit it. R3_SYSTEM. */
int r3_messages_begin(struct r3_messages *messages, struct r3_error *error);
/* All programs have ended: what they wrote has been passed on when this returns. */
void r3_messages_finish(struct r3_messages *messages);
/* The last line of a program, with no newline; "" where it wrote none. After r3_messages_finish. Borrowed. */
const char *r3_messages_last(const struct r3_messages *messages, size_t program);
void r3_messages_end(struct r3_messages *messages);

#endif
