#ifndef R3_TRADE_NAME_H
#define R3_TRADE_NAME_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Whether two names of markets or sessions are the same. At least 8 bytes of each must be readable, as they are in a record: most
 * names have at most 8 characters, and then one word of each tells, in 12 instructions where strcmp takes 30 with its call. */
static inline bool r3_same_name(const char *a, const char *b) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    if (__builtin_expect(x == y, 1)) {
        if ((x - ones) & ~x & ones << 7) /* some byte of them is 0 */
            return true;
        return a[sizeof x] == b[sizeof y] && (a[sizeof x] == '\0' || strcmp(a + sizeof x, b + sizeof y) == 0);
    }
    /* The lowest byte that is 0, and the lowest in which they differ, as one bit of it and those above. */
    uint64_t ends = (le64toh(x) - ones) & ~le64toh(x) & ones << 7, differing = le64toh(x ^ y);
    return ends && (differing & (ends ^ (ends - 1))) == 0;
}

/* A name that many others are compared with: its first 16 bytes, and a mask of those that count, of which its NUL is the last. */
struct r3_name_key {
    uint64_t word[2], mask[2];
};

static inline struct r3_name_key r3_name_key_of(const char *name) {
    struct r3_name_key key = { { 0, 0 }, { 0, 0 } };
    size_t length = strlen(name);
    if (length < sizeof key.word) {
        memcpy(key.word, name, length + 1);
        memset(key.mask, 0xff, length + 1);
    } else { /* no name's: 0xff is in none */
        memset(&key, 0xff, sizeof key);
    }
    return key;
}

/* Whether it is this name. False where it is, but has more than 15 characters. At least 16 bytes of `name` must be readable, as they are
 * in a record. 9 instructions. */
static inline bool r3_name_has_key(const char *name, const struct r3_name_key *key) {
    uint64_t word[2];
    memcpy(word, name, sizeof word);
    return (((word[0] ^ key->word[0]) & key->mask[0]) | ((word[1] ^ key->word[1]) & key->mask[1])) == 0;
}

/* Whether two ids are the same, each in an array of R3_ID_SIZE bytes, five words and one: those of orders end in the second or third
 * word. */
static inline bool r3_same_id(const char *a, const char *b) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    for (size_t i = 0; i < 5 * sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t x, y;
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        uint64_t ends = (le64toh(x) - ones) & ~le64toh(x) & ones << 7;
        if (ends)
            return (le64toh(x ^ y) & (ends ^ (ends - 1))) == 0;
        if (x != y)
            return false;
    }
    return true; /* 40 characters, all that an id may have */
}

#endif
