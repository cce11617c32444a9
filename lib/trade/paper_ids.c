/* Open addressing with linear probing, filled to 7/8 at most. The hash is FNV-1a (Fowler, Noll and Vo, 1991; 64 bits)
 * followed by the finalizer of SplitMix64 (Steele, Lea and Flood, 2014), which spreads it over the low bits. */
#include "lib/trade/paper_ids.h"

#include "lib/base/buffer.h"

enum { FIRST_CAPACITY = 64 };

static uint64_t digest(const void *data, size_t length) {
    const unsigned char *byte = data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    hash ^= hash >> 31;
    return hash ? hash : 1;
}

static struct r3_paper_id *slot_of(const struct r3_paper_ids *ids, uint64_t id) {
    size_t i = (size_t)id & (ids->capacity - 1);

    while (ids->slots[i].id && ids->slots[i].id != id)
        i = (i + 1) & (ids->capacity - 1);
    return &ids->slots[i];
}

static void grow(struct r3_paper_ids *ids) {
    struct r3_paper_ids larger = { .count = ids->count,
                                   .capacity = ids->capacity ? 2 * ids->capacity : FIRST_CAPACITY };

    larger.slots = r3_allocate(larger.capacity * sizeof *larger.slots);
    for (size_t i = 0; i < ids->capacity; i++)
        if (ids->slots[i].id)
            *slot_of(&larger, ids->slots[i].id) = ids->slots[i];
    free(ids->slots);
    *ids = larger;
}

void r3_paper_ids_release(struct r3_paper_ids *ids) {
    free(ids->slots);
    *ids = (struct r3_paper_ids) { 0 };
}

enum r3_paper_seen r3_paper_ids_add(struct r3_paper_ids *ids, const char *id, const void *content, size_t length) {
    if (ids->count >= ids->capacity / 8 * 7)
        grow(ids);

    struct r3_paper_id entry = { .id = digest(id, strlen(id)), .content = digest(content, length) };
    struct r3_paper_id *slot = slot_of(ids, entry.id);
    if (slot->id)
        return slot->content == entry.content ? R3_PAPER_SAME : R3_PAPER_DIFFERENT;
    *slot = entry;
    ids->count++;
    return R3_PAPER_NEW;
}

int r3_paper_ids_has(const struct r3_paper_ids *ids, const char *id) {
    return ids->capacity && slot_of(ids, digest(id, strlen(id)))->id != 0;
}
