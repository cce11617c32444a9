/* Open addressing with linear probing, filled to 7/8 at most. */
#include "lib/trade/paper_ids.h"

#include <string.h>

#include "lib/base/buffer.h"

enum { FIRST_CAPACITY = 128, USUAL_CAPACITY = 8192, BLOCK = 4096 /* position numbers */ };

static inline uint64_t digest(const char *text) {
    uint64_t hash = r3_paper_mix_text(UINT64_C(0xcbf29ce484222325), text);

    return hash ? hash : 1;
}

static inline struct r3_paper_id *slot_of(const struct r3_paper_id_table *table, uint64_t id) {
    size_t i = (size_t)id & (table->capacity - 1);

    while (table->slots[i].id && table->slots[i].id != id)
        i = (i + 1) & (table->capacity - 1);
    return &table->slots[i];
}

/* In large steps, up to what a block of positions takes, so that few are moved. */
__attribute__((noinline)) static void grow(struct r3_paper_id_table *table) {
    size_t factor = table->capacity < USUAL_CAPACITY ? 8 : 2;
    struct r3_paper_id_table larger = { .count = table->count,
                                        .capacity = table->capacity ? factor * table->capacity : FIRST_CAPACITY };

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

/* Where the id goes on behind the session's name; NULL where it does not begin with that. Mostly a name has fewer than 8 characters: then
 * one word of each tells, in half the instructions. */
static inline const char *behind_session(const char *id, const char *session) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t name, start;

    memcpy(&name, session, sizeof name);
    memcpy(&start, id, sizeof start);
    name = le64toh(name);
    uint64_t end = (name - ones) & ~name & ones << 7; /* the lowest bit is that of the first byte that is 0 */
    if (end)
        return (name ^ le64toh(start)) & (((end & (0 - end)) >> 7) - 1) ? NULL : id + (__builtin_ctzll(end) >> 3);
    for (; *session && *session == *id; session++)
        id++;
    return *session ? NULL : id;
}

/* The position's number, and what the id says behind it; -1 where the id is not a derived one. */
static inline int64_t number_of(const char **rest, const char *session, const char *id) {
    const char *at;
    int64_t number = 0;
    unsigned digit;

    *rest = id;
    at = behind_session(id, session);
    if (!at || *at++ != '-')
        return -1;
    for (; (digit = (unsigned char)*at - (unsigned)'0') <= 9; at++) {
        if (number > INT64_MAX / 10 - 1)
            return -1;
        number = number * 10 + digit;
    }
    if (number == 0 || *at != '-')
        return -1;
    *rest = at;
    return number;
}

/* What an id is known by. Those of one number lie side by side, and of the next number behind them, so that the slots that are wanted
 * next are in the processor's cache: the low bits come from the number, and the hash above them tells the few ids of it apart. */
static inline uint64_t key_of(const char *rest, int64_t number) {
    uint64_t hash = digest(rest);

    if (number < 0)
        return hash;
    hash ^= (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15); /* numbers 16,384 apart have the same low bits */
    return hash << 16 | (((uint64_t)number * 4 + (hash >> 62)) & 0xffff) | 1U << 16;
}

static inline enum r3_paper_seen add(struct r3_paper_id_table *table, uint64_t key, uint64_t content) {
    if (table->count >= table->capacity / 8 * 7)
        grow(table);

    struct r3_paper_id *slot = slot_of(table, key);
    if (slot->id)
        return slot->content == content ? R3_PAPER_SAME : R3_PAPER_DIFFERENT;
    slot->id = key;
    slot->content = content;
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

int64_t r3_paper_ids_number(const struct r3_paper_id *id, int64_t block) {
    uint64_t low = (id->id & 0xffff) >> 2; /* see key_of */
    return block * BLOCK + (int64_t)((low - (uint64_t)block * BLOCK) & 0x3fff);
}

void r3_paper_ids_put(struct r3_paper_id_table *table, const struct r3_paper_id *id) {
    add(table, id->id, id->content);
}
