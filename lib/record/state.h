#ifndef R3_RECORD_STATE_H
#define R3_RECORD_STATE_H

#include "lib/base/buffer.h"
#include "lib/record/record.h"

/* A state as `state` records: cut into parts to write it, joined from parts to read it. */

enum { R3_STATE_PARTS_MAX = 2048 };

/* Cut `text` (UTF-8, not empty) and give the records to `emit`, in order. R3_DATA where it takes more parts than that. */
int r3_state_emit(const char *session, const char *program, int64_t version, const struct r3_buffer *text,
                  int (*emit)(void *context, const struct r3_record *record, struct r3_error *error), void *context,
                  struct r3_error *error);

/* What was read so far. Zeroed is nothing. */
struct r3_state_parts {
    struct r3_buffer text;
    int64_t seen, parts; /* of how many; 0: none came */
};

/* Join one more part of the state of a program whose form is `version`. 1: it is whole, in parts->text; 0: more are to come.
 * R3_DATA: a part that is not the next one; R3_CONFIG: another version. */
int r3_state_join(struct r3_state_parts *parts, const struct r3_state *state, int64_t version, struct r3_error *error);
/* R3_DATA where some parts came, and not all. */
int r3_state_check_whole(const struct r3_state_parts *parts, struct r3_error *error);
void r3_state_parts_release(struct r3_state_parts *parts);

#endif
