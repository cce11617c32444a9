#ifndef R3_TRADE_STATISTICS_LANES_H
#define R3_TRADE_STATISTICS_LANES_H

#include "lib/trade/statistics_pair.h"

/* LANES numbers at a time: 2, as every x86-64 can, or 4 where a file is compiled for AVX2 and says so before it includes this. The
 * arithmetic of each is that of one alone. */

#ifndef LANES
#define LANES 2
#endif

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef int64_t lanes_mask __attribute__((vector_size(LANES * sizeof(int64_t))));
typedef uint64_t lanes_bits __attribute__((vector_size(LANES * sizeof(uint64_t))));

static inline lanes load(const double *from) {
    lanes values;
    memcpy(&values, from, sizeof values);
    return values;
}

static inline void store(double *to, lanes values) {
    memcpy(to, &values, sizeof values);
}

static inline lanes_bits load_bits(const int64_t *from) {
    lanes_bits bits;
    memcpy(&bits, from, sizeof bits);
    return bits;
}

/* As r3_twin_convert. */
static inline lanes convert(const int64_t *from) {
    const double base = 0x1p52;
    uint64_t base_bits;
    lanes values;
    memcpy(&base_bits, &base, sizeof base_bits);
    lanes_bits bits = load_bits(from) | base_bits;
    memcpy(&values, &bits, sizeof values);
    return values - base;
}

static inline bool all_of(lanes_mask mask) {
#if LANES == 4
    return _mm256_movemask_pd((__m256d)mask) == 0xf;
#else
    return r3_twin_both(mask);
#endif
}

#endif
