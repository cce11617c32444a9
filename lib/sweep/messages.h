#ifndef R3_SWEEP_MESSAGES_H
#define R3_SWEEP_MESSAGES_H

#include "lib/base/buffer.h"

/* Lines for people that programs of a pipeline say while it runs, kept until it is known whether it failed: of one that did, its error is
 * told alone. Start from zeros. */

struct r3_sweep_messages {
    struct r3_buffer pairs; /* program and text, each with its NUL */
};

/* program NULL: the text stands alone. */
void r3_sweep_messages_add(struct r3_sweep_messages *messages, const char *program, const char *text);
/* Hand them on, the first one first. */
void r3_sweep_messages_pass(const struct r3_sweep_messages *messages,
                            void (*message)(void *context, const char *program, const char *text), void *context);
void r3_sweep_messages_release(struct r3_sweep_messages *messages);

#endif
