#ifndef R3_STAGE_KEPT_H
#define R3_STAGE_KEPT_H

#include <stddef.h>

#include "lib/base/buffer.h"
#include "lib/record/record.h"

/* Records that r3-order keeps for r3-track until that asks, as structs: for ports without a pipe. Zeroed is empty. */
struct r3_kept {
    struct r3_buffer records; /* r3_kept_place bytes each */
};

/* The bytes that a record of this type takes, so that the next one begins on an aligned place. */
static inline size_t r3_kept_place(enum r3_record_type type) {
    const size_t step = _Alignof(struct r3_record);
    size_t size = type == R3_UPDATE  ? offsetof(struct r3_record, update) + sizeof(struct r3_update)
                  : type == R3_TRADE ? offsetof(struct r3_record, trade) + sizeof(struct r3_trade)
                                     : r3_record_size(type);
    return (size + step - 1) / step * step;
}

void r3_kept_add(struct r3_kept *kept, const struct r3_record *record);

/* The record behind `last` (NULL: the first), NULL behind the last one. Borrowed until the next r3_kept_add or r3_kept_forget. */
static inline const struct r3_record *r3_kept_next(const struct r3_kept *kept, const struct r3_record *last) {
    if (!kept->records.data) /* nothing may be added to NULL */
        return NULL;
    const char *at = last ? (const char *)last + r3_kept_place(last->type) : kept->records.data;
    return at < kept->records.data + kept->records.length ? (const void *)at : NULL;
}

void r3_kept_forget(struct r3_kept *kept);
void r3_kept_release(struct r3_kept *kept);

#endif
