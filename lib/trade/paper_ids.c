/* Open addressing with linear probing, filled to 7/8 at most. The hash of an id ends with the finalizer of SplitMix64 (Steele, Lea
 * and Flood, 2014), which spreads it over the low bits. */
#include "lib/trade/paper_ids.h"

#include <endian.h>
#include <string.h>

#include "lib/base/buffer.h"

enum { FIRST_CAPACITY = 64, BLOCK = 4096 /* position numbers */ };

static uint64_t digest(const void *data, size_t length) {
    const char *at = data;
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ length, word;

    for (; length >= sizeof word; at += sizeof word, length -= sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = r3_paper_mix(hash, word);
    }
    word = 0;
    memcpy(&word, at, length);
    hash = r3_paper_mix(hash, word);
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    hash ^= hash >> 31;
    return hash ? hash : 1;
}

/* The first byte that is 0 sets the lowest bit of `ends`: the bytes below it are the text's. */
uint64_t r3_paper_mix_text(uint64_t hash, const char *text) {
    const uint64_t ones = UINT64_C(0x0101010101010101);

    for (;; text += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, text, sizeof word);
        word = le64toh(word);
        uint64_t ends = (word - ones) & ~word & ones << 7;
        if (ends)
            return r3_paper_mix(hash, word & (((ends & (0 - ends)) >> 7) - 1));
        hash = r3_paper_mix(hash, word);
    }
}

static struct r3_paper_id *slot_of(const struct r3_paper_id_table *table, uint64_t id) {
    size_t i = (size_t)id & (table->capacity - 1);

    while (table->slots[i].id && table->slots[i].id != id)
        i = (i + 1) & (table->capacity - 1);
    return &table->slots[i];
}

static void grow(struct r3_paper_id_table *table) {
    struct r3_paper_id_table larger = { .count = table->count,
                                        .capacity = table->capacity ? 2 * table->capacity : FIRST_CAPACITY };

    larger.slots = r3_allocate(larger.capacity * sizeof *larger.slots);
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].id)
            *slot_of(&larger, table->slots[i].id) = table->slots[i];
    free(table->slots);
    *table = larger;
}

static void clear(struct r3_paper_id_table *table) {
    if (table->capacity)
        memset(table->slots, 0, table->capacity * sizeof *table->slots);
    table->count = 0;
}

void r3_paper_ids_release(struct r3_paper_ids *ids) {
    free(ids->recent[0].slots);
    free(ids->recent[1].slots);
    free(ids->other.slots);
    *ids = (struct r3_paper_ids) { 0 };
}

/* The position's number, and what the id says behind it; -1 where the id is not a derived one. */
static int64_t number_of(const char **rest, const char *session, const char *id) {
    const char *at = id;
    int64_t number = 0;

    *rest = id;
    for (; *session && *session == *at; session++)
        at++;
    if (*session || *at++ != '-')
        return -1;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (number > INT64_MAX / 10 - 1)
            return -1;
        number = number * 10 + (*at - '0');
    }
    if (number == 0 || *at != '-')
        return -1;
    *rest = at;
    return number;
}

/* What an id is known by. Those of one number lie side by side, and of the next number behind them, so that the slots that are wanted
 * next are in the processor's cache: the low bits come from the number, and the hash above them tells the few ids of it apart. */
static uint64_t key_of(const char *rest, int64_t number) {
    uint64_t hash = digest(rest, strlen(rest));

    if (number < 0)
        return hash;
    hash ^= (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15); /* numbers 16,384 apart have the same low bits */
    return hash << 16 | (((uint64_t)number * 4 + (hash >> 62)) & 0xffff) | 1U << 16;
}

static enum r3_paper_seen add(struct r3_paper_id_table *table, uint64_t key, uint64_t content) {
    if (table->count >= table->capacity / 8 * 7)
        grow(table);

    struct r3_paper_id entry = { .id = key, .content = content };
    struct r3_paper_id *slot = slot_of(table, entry.id);
    if (slot->id)
        return slot->content == entry.content ? R3_PAPER_SAME : R3_PAPER_DIFFERENT;
    *slot = entry;
    table->count++;
    return R3_PAPER_NEW;
}

enum r3_paper_seen r3_paper_ids_add(struct r3_paper_ids *ids, const char *session, const char *id, uint64_t content) {
    const char *rest;
    int64_t number = number_of(&rest, session, id), block = number / BLOCK;
    uint64_t key = key_of(rest, number);

    if (number < 0)
        return add(&ids->other, key, content);
    if (block < ids->block - 1) {
        enum r3_paper_seen seen = add(&ids->other, key, content);
        return seen == R3_PAPER_NEW ? R3_PAPER_OLD : seen;
    }
    if (block > ids->block) {
        clear(&ids->recent[block & 1]);
        if (block > ids->block + 1)
            clear(&ids->recent[~block & 1]);
        ids->block = block;
    }
    return add(&ids->recent[block & 1], key, content);
}

int r3_paper_ids_has(const struct r3_paper_ids *ids, const char *session, const char *id) {
    const char *rest;
    int64_t number = number_of(&rest, session, id), block = number / BLOCK;

    if (block > ids->block)
        return 0;
    if (number >= 0 && block < ids->block - 1)
        return 1;
    const struct r3_paper_id_table *table = number < 0 ? &ids->other : &ids->recent[block & 1];
    return table->capacity && slot_of(table, key_of(rest, number))->id != 0;
}
