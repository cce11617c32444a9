#include "lib/stage/kept.h"

#include <string.h>

enum { KEPT_MEMORY = 1 << 20 /* what an empty one may hold on to */ };

/* An update ends with 320 bytes of texts, which are mostly empty: without them a copy takes 24 instructions instead of 76. */
static inline void copy_update(struct r3_record *out, const struct r3_record *record) {
    const struct r3_update *update = &record->update;
    memcpy(out, record, offsetof(struct r3_record, update.reason));
    out->update.reason[0] = out->update.exchange_id[0] = '\0';
    if (update->reason[0])
        memcpy(out->update.reason, update->reason, sizeof update->reason);
    if (update->exchange_id[0])
        memcpy(out->update.exchange_id, update->exchange_id, sizeof update->exchange_id);
}

void r3_kept_add(struct r3_kept *kept, const struct r3_record *record) {
    struct r3_buffer *records = &kept->records;
    size_t place = r3_kept_place(record->type);
    if (records->capacity - records->length <= place)
        r3_buffer_reserve(records, place);
    struct r3_record *out = (void *)(records->data + records->length);
    records->length += place;
    if (record->type == R3_UPDATE)
        copy_update(out, record);
    else
        memcpy(out, record, r3_record_size(record->type));
}

void r3_kept_forget(struct r3_kept *kept) {
    kept->records.length = 0;
    if (kept->records.capacity > KEPT_MEMORY)
        r3_buffer_release(&kept->records);
}

void r3_kept_release(struct r3_kept *kept) {
    r3_buffer_release(&kept->records);
}
