/* The loops for LANES numbers at a time: included by column_loops.c, for 2, as every x86-64 can, and by
 * column_loops_wide.c, for 4. */

#include <endian.h>
#include <string.h>

#include "lib/market/column_loops.h"
#include "lib/market/indicator_exact.h"

#ifndef LANES
#define LANES 2
#endif

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef int64_t lanes_integer __attribute__((vector_size(LANES * sizeof(int64_t))));
typedef uint64_t lanes_unsigned __attribute__((vector_size(LANES * sizeof(uint64_t))));

static inline lanes load(const double *from) {
    lanes values;
    memcpy(&values, from, sizeof values);
    return values;
}

static inline lanes_integer load_integers(const int64_t *from) {
    lanes_integer values;
    memcpy(&values, from, sizeof values);
    return values;
}

/* The larger ones, of neither NaN. */
static inline lanes larger(lanes a, lanes b) {
#if LANES == 4
    return (lanes)_mm256_max_pd((__m256d)a, (__m256d)b);
#else
    return r3_pair_larger(a, b);
#endif
}

/* The signs as bits, the first one lowest. */
static inline unsigned signs(lanes_integer values) {
#if LANES == 4
    return (unsigned)_mm256_movemask_pd((__m256d)values);
#else
    return r3_pair_signs(values);
#endif
}

#if LANES == 4
/* Each with those ahead of it in the vector. */
static inline __m256i add_up(__m256i values) {
    values = _mm256_add_epi64(values, _mm256_slli_si256(values, 8));      /* in each half */
    const __m256i half = _mm256_permute2x128_si256(values, values, 0x08); /* nothing, and the first half */
    return _mm256_add_epi64(values, _mm256_unpackhi_epi64(half, half));
}
#endif

static inline int64_t sums(int64_t *out, const int64_t *added, const int64_t *removed, size_t count, int64_t sum) {
    size_t i = 0;
#if LANES == 4 /* 3 instructions a candle in place of 6 */
    __m256i before = _mm256_set1_epi64x(sum);
    for (; i + LANES <= count; i += LANES) {
        const lanes_integer changes = load_integers(added + i) - load_integers(removed + i);
        const __m256i now = _mm256_add_epi64(before, add_up((__m256i)changes));
        memcpy(out + i, &now, sizeof now);
        before = _mm256_permute4x64_epi64(now, 0xff);
    }
    sum = (int64_t)_mm256_extract_epi64(before, 0);
#endif
    for (; i < count; i++)
        out[i] = sum += added[i] - removed[i];
    return sum;
}

/* A whole number of less than 51 bits becomes a double by what its bits add to those of 2^52 + 2^51. */
static inline size_t quotients(double *out, const int64_t *numerators, size_t count, double denominator) {
    const lanes zero = (lanes) { 0 } + 0x1.8p52;
    const int64_t half = INT64_C(1) << 50;
    lanes_integer seen = { 0 };
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        const lanes_integer numerator = load_integers(numerators + i);
        seen |= numerator + half;
        const lanes quotient = ((lanes)(numerator + (lanes_integer)zero) - zero) / denominator;
        memcpy(out + i, &quotient, sizeof quotient);
    }
    uint64_t all = 0;
    for (size_t k = 0; k < LANES; k++)
        all |= (uint64_t)seen[k];
    return all >> 51 == 0 ? i : 0;
}

/* Masks of a condition (all bits, or none) now and on the candle before. */
static inline void put_edges(double *out, lanes_integer now, lanes_integer before) {
    const lanes ones = (lanes) { 0 } + 1.0;
    const lanes_integer edges = now & ~before & (lanes_integer)ones;
    memcpy(out, &edges, sizeof edges);
}

/* What was before is compared anew: that takes fewer instructions than shifting the masks. */
static inline void edges(double *up, double *down, const double *a, const double *b, size_t count) {
    size_t i = 1;
    for (; i + LANES <= count; i += LANES) {
        const lanes x = load(a + i), y = load(b + i), x_before = load(a + i - 1), y_before = load(b + i - 1);
        put_edges(up + i, x > y, x_before > y_before);
        put_edges(down + i, x < y, x_before < y_before);
    }
    for (; i < count; i++) {
        up[i] = (a[i] > b[i]) & !(a[i - 1] > b[i - 1]);
        down[i] = (a[i] < b[i]) & !(a[i - 1] < b[i - 1]);
    }
}

/* Which of eight values are not 0, of either sign: a bit each, the first one lowest. */
static inline unsigned find_nonzero(const double *value) {
    unsigned found = 0;
    for (unsigned k = 0; k < 8; k += LANES)
        found |= signs(load(value + k) != 0) << k;
    return found;
}

/* Eight bytes, each 0 or 1, as bits, the first one lowest: the factor brings each to the highest byte, and none to another's place. */
static inline unsigned bits_of_bytes(const uint8_t *bytes) {
    uint64_t eight;
    memcpy(&eight, bytes, sizeof eight);
    return (unsigned)(le64toh(eight) * UINT64_C(0x0102040810204080) >> 56);
}

/* Most conditions are rarely true, which eight tell at a time; where one of them is, their bits tell the rest. */
static inline bool turns(uint8_t *turned, uint8_t bit, const double *value, const uint8_t *ready, size_t count,
                         bool was) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        unsigned is = find_nonzero(value + i);
        if (is)
            is &= bits_of_bytes(ready + i);
        for (unsigned turning = is & ~(is << 1 | was); turning; turning &= turning - 1)
            turned[i + (unsigned)__builtin_ctz(turning)] |= bit;
        was = is >> 7;
    }
    for (; i < count; i++) {
        bool is = ready[i] & (value[i] != 0);
        turned[i] |= is && !was ? bit : 0;
        was = is;
    }
    return was;
}

/* Two vectors at a time, of which none waits for the other. Whole numbers below 2^52 stand in the order of the doubles whose last bits
 * they are, and of two of these the larger is one instruction. */
static inline uint64_t largest(const int64_t *values, size_t count) {
    const double base = 0x1p52;
    const lanes bases = (lanes) { 0 } + base;
    lanes most[2] = { bases, bases };
    lanes_unsigned seen = { 0 };
    uint64_t found = 0, all = 0;
    size_t i = 0;
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
        for (size_t k = 0; k < 2; k++) {
            const lanes_unsigned bits = (lanes_unsigned)load_integers(values + i + k * LANES);
            seen |= bits;
            most[k] = larger((lanes)(bits | (lanes_unsigned)bases), most[k]);
        }
    }
    for (size_t k = 0; k < LANES; k++)
        all |= seen[k];
    if (all >> 52 == 0) {
        most[0] = larger(most[0], most[1]);
        for (size_t k = 0; k < LANES; k++)
            found = (uint64_t)(most[0][k] - base) > found ? (uint64_t)(most[0][k] - base) : found;
    } else { /* some are larger: one by one */
        i = 0;
    }
    for (; i < count; i++)
        found = (uint64_t)values[i] > found ? (uint64_t)values[i] : found;
    return found;
}
