#ifndef R3_TRADE_STATISTICS_PAIR_H
#define R3_TRADE_STATISTICS_PAIR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Two numbers at a time, as every x86-64 can. The arithmetic of each is that of one alone. */

typedef double r3_twin __attribute__((vector_size(2 * sizeof(double))));
typedef int64_t r3_twin_mask __attribute__((vector_size(2 * sizeof(int64_t))));
typedef uint64_t r3_twin_bits __attribute__((vector_size(2 * sizeof(uint64_t))));

static inline r3_twin r3_twin_of(double value) {
    return (r3_twin) { value, value };
}

static inline void r3_twin_store(double *to, r3_twin twin) {
    memcpy(to, &twin, sizeof twin);
}

static inline r3_twin_bits r3_twin_load_bits(const int64_t *from) {
    r3_twin_bits bits;
    memcpy(&bits, from, sizeof bits);
    return bits;
}

/* Integers from 0 to 2^52 - 1: as the last bits of 2^52, which is then taken away. Exact. */
enum { R3_TWIN_BITS = 52 };
static inline r3_twin r3_twin_convert(const int64_t *from) {
    const double base = 0x1p52;
    uint64_t base_bits;
    r3_twin twin;
    memcpy(&base_bits, &base, sizeof base_bits);
    r3_twin_bits bits = r3_twin_load_bits(from) | base_bits;
    memcpy(&twin, &bits, sizeof twin);
    return twin - base;
}

/* Whether both are true. */
static inline bool r3_twin_both(r3_twin_mask mask) {
#ifdef __SSE2__
    return _mm_movemask_pd((__m128d)mask) == 3;
#else
    return mask[0] && mask[1];
#endif
}

#endif
