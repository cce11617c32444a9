#include "lib/base/hash.h"

#include <string.h>

static const uint64_t P1 = UINT64_C(0x9e3779b185ebca87), P2 = UINT64_C(0xc2b2ae3d27d4eb4f),
                      P3 = UINT64_C(0x165667b19e3779f9), P4 = UINT64_C(0x85ebca77c2b2ae63),
                      P5 = UINT64_C(0x27d4eb2f165667c5);

static inline uint64_t rotate(uint64_t value, int bits) {
    return (value << bits) | (value >> (64 - bits));
}

/* Little-endian whatever the machine, so that a hash means the same everywhere. */
static inline uint64_t read64(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(value) : value;
}
static inline uint64_t read32(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap32(value) : value;
}

static inline uint64_t mix(uint64_t lane, uint64_t input) {
    return rotate(lane + input * P2, 31) * P1;
}
static inline uint64_t merge(uint64_t hash, uint64_t lane) {
    return (hash ^ mix(0, lane)) * P1 + P4;
}

/* The stripes of 32 bytes; moves *at behind them. */
static uint64_t stripes(const uint8_t **at, size_t length, uint64_t seed) {
    uint64_t a = seed + P1 + P2, b = seed + P2, c = seed, d = seed - P1;
    for (; length >= 32; length -= 32, *at += 32) {
        a = mix(a, read64(*at));
        b = mix(b, read64(*at + 8));
        c = mix(c, read64(*at + 16));
        d = mix(d, read64(*at + 24));
    }
    uint64_t hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    return merge(merge(merge(merge(hash, a), b), c), d);
}

uint64_t r3_hash(const void *data, size_t length, uint64_t seed) {
    const uint8_t *at = data, *end = length ? at + length : at;
    uint64_t hash = length >= 32 ? stripes(&at, length, seed) : seed + P5;
    hash += length;
    for (; end - at >= 8; at += 8)
        hash = rotate(hash ^ mix(0, read64(at)), 27) * P1 + P4;
    if (end - at >= 4) {
        hash = rotate(hash ^ (read32(at) * P1), 23) * P2 + P3;
        at += 4;
    }
    for (; at < end; at++)
        hash = rotate(hash ^ (*at * P5), 11) * P1;
    hash = (hash ^ (hash >> 33)) * P2;
    hash = (hash ^ (hash >> 29)) * P3;
    return hash ^ (hash >> 32);
}
