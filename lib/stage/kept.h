#ifndef R3_STAGE_KEPT_H
#define R3_STAGE_KEPT_H

#include <stddef.h>
#include <string.h>

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

/* Room for so many bytes more. */
static inline struct r3_record *r3_kept_room(struct r3_kept *kept, size_t place) {
    struct r3_buffer *records = &kept->records;
    if (records->capacity - records->length <= place)
        r3_buffer_reserve(records, place);
    struct r3_record *out = (void *)(records->data + records->length);
    records->length += place;
    return out;
}

/* An update ends with 320 bytes of texts, which are mostly empty: without them a copy takes 26 instructions instead of 76. */
static inline void r3_kept_add_update(struct r3_kept *kept, const struct r3_record *record) {
    const struct r3_update *update = &record->update;
    struct r3_record *out = r3_kept_room(kept, r3_kept_place(R3_UPDATE));
    memcpy(out, record, offsetof(struct r3_record, update.reason));
    out->update.reason[0] = out->update.exchange_id[0] = '\0';
    if (update->reason[0])
        memcpy(out->update.reason, update->reason, sizeof update->reason);
    if (update->exchange_id[0])
        memcpy(out->update.exchange_id, update->exchange_id, sizeof update->exchange_id);
}

/* In halves, which are small enough to be copied in place: 40 instructions, where a call takes 70. */
static inline void r3_kept_add_trade(struct r3_kept *kept, const struct r3_record *record) {
    enum {
        HALF = offsetof(struct r3_record, trade.time),
        END = offsetof(struct r3_record, trade) + sizeof record->trade
    };
    struct r3_record *out = r3_kept_room(kept, r3_kept_place(R3_TRADE));
    memcpy(out, record, HALF);
    memcpy((char *)out + HALF, (const char *)record + HALF, END - HALF);
}

__attribute__((always_inline)) static inline void r3_kept_add(struct r3_kept *kept, const struct r3_record *record) {
    if (record->type == R3_UPDATE)
        r3_kept_add_update(kept, record);
    else if (record->type == R3_TRADE)
        r3_kept_add_trade(kept, record);
    else
        memcpy(r3_kept_room(kept, r3_kept_place(record->type)), record, r3_record_size(record->type));
}

/* The record at *at, which begins with 0 and is moved on; NULL behind the last one. Borrowed until the next r3_kept_add or
 * r3_kept_forget. */
static inline const struct r3_record *r3_kept_next(const struct r3_kept *kept, size_t *at) {
    if (*at >= kept->records.length)
        return NULL;
    const struct r3_record *record = (const void *)(kept->records.data + *at);
    *at += r3_kept_place(record->type);
    return record;
}

void r3_kept_forget(struct r3_kept *kept);
void r3_kept_release(struct r3_kept *kept);

#endif
