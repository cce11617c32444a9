#include "lib/sweep/messages.h"

void r3_sweep_messages_add(struct r3_sweep_messages *messages, const char *program, const char *text) {
    r3_buffer_append(&messages->pairs, program ? program : "", program ? strlen(program) + 1 : 1);
    r3_buffer_append(&messages->pairs, text, strlen(text) + 1);
}

void r3_sweep_messages_pass(const struct r3_sweep_messages *messages,
                            void (*message)(void *context, const char *program, const char *text), void *context) {
    const char *at = messages->pairs.data, *end = at ? at + messages->pairs.length : at;
    while (at < end) {
        const char *program = at, *text = at + strlen(at) + 1;
        at = text + strlen(text) + 1;
        if (message)
            message(context, *program ? program : NULL, text);
    }
}

void r3_sweep_messages_release(struct r3_sweep_messages *messages) {
    r3_buffer_release(&messages->pairs);
}
