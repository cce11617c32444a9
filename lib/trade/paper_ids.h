#ifndef R3_TRADE_PAPER_IDS_H
#define R3_TRADE_PAPER_IDS_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The order ids of one session that were seen, each with a digest of the order's content. Ids are told apart by a 64-bit hash:
 * among a million ids the chance that any two meet is 3 in 100 million. (Of derived ids, by the number and 47 bits of a hash, which
 * must tell the few orders of one position apart.)
 *
 * Memory is bounded however long a stream is: of ids that r3-track derives, SESSION-NUMBER-ROLE-ATTEMPT, those of the last
 * 4,096 to 8,192 positions are kept, 16 bytes each. As numbers only grow, an older one is known to be a repetition without
 * being remembered. Other ids are kept for good. */

struct r3_paper_id_table {
    struct r3_paper_id {
        uint64_t id, content;
    } * slots;              /* id 0: free */
    size_t count, capacity; /* capacity: 0 or a power of two */
};

struct r3_paper_ids {
    struct r3_paper_id_table recent[2]; /* of the block of numbers that is under way, and of the one before it */
    struct r3_paper_id_table other;
    int64_t block; /* the block under way */
};

enum r3_paper_seen {
    R3_PAPER_NEW,
    R3_PAPER_SAME,
    R3_PAPER_DIFFERENT,
    R3_PAPER_OLD /* not remembered, and of a number far below the newest; it is remembered now */
};

/* A digest is made word by word, from any first value. In the manner of FNV-1a (Fowler, Noll and Vo, 1991), but eight bytes at a
 * time, each step folded so that high bits reach the low ones. */
static inline uint64_t r3_paper_mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}
/* The text up to its NUL, behind which 7 bytes must be readable, as they are in a record. (The first byte that is 0 sets the lowest
 * bit of `ends`: the bytes below it are the text's.) */
static inline uint64_t r3_paper_mix_text(uint64_t hash, const char *text) {
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

void r3_paper_ids_release(struct r3_paper_ids *ids);
/* Of an id 7 bytes behind its NUL must be readable too, and of a session 8. Note the id when it is not there; say whether it was, with the same content or with other. */
enum r3_paper_seen r3_paper_ids_add(struct r3_paper_ids *ids, const char *session, const char *id, uint64_t content);
/* Whether it was noted before, or is old. */
int r3_paper_ids_has(const struct r3_paper_ids *ids, const char *session, const char *id);
/* The position number of an id of the table of that block. */
int64_t r3_paper_ids_number(const struct r3_paper_id *id, int64_t block);
/* Note one as another table had it. */
void r3_paper_ids_put(struct r3_paper_id_table *table, const struct r3_paper_id *id);

#endif
