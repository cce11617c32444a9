#ifndef R3_MARKET_INDICATOR_EXACT_H
#define R3_MARKET_INDICATOR_EXACT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "lib/base/decimal_wide.h"
#include "lib/market/indicator.h"

/* Sums over a moving window that are exact: taking a value out undoes putting it in, to the last bit, for ever.
 *
 * A window holds integers. Where the series is a decimal one (a price, a volume, their sums and differences) an entry is
 * the decimal's own coefficient, so an average is the exact quotient of integers, rounded once: averages that are equal are
 * equal doubles, whatever their lengths. Any other series (an average of an RSI) is put on a binary grid 2^shift on which the
 * largest value of the window has 72 to 100 bits. The window keeps those doubles as they came: when none of that size is left,
 * or a larger one comes, another grid is chosen and the window is summed anew. A value must be 2^8 times smaller than what
 * leaves, or 2^20 times larger than what is there, for that, so it is rare. */

enum {
    R3_FIXED_BITS = 100, /* |entry| < 2^100: 5000 entries, weighted and squared, stay in range */
    R3_INPUT_BITS = 90,  /* |coefficient| of an input: leaves 2^10 for sums of inputs */
    R3_NARROW_BITS = 50, /* 5000 of them add up in 64 bits, and their squares times 5000 in 128 */
    R3_GRID_BITS = 80,   /* a series that is no decimal: bits of the largest value for which a grid is chosen */
    R3_GRID_LEAST_BITS = 72,
    R3_INDICATOR_LENGTH_MAX = 5000
};

typedef double r3_pair __attribute__((vector_size(16)));
typedef int64_t r3_pair_integer __attribute__((vector_size(16)));
typedef uint64_t r3_pair_unsigned __attribute__((vector_size(16)));

/* The larger ones of two pairs, neither of which holds a NaN. */
static inline r3_pair r3_pair_larger(r3_pair a, r3_pair b) {
#ifdef __SSE2__
    return (r3_pair)_mm_max_pd((__m128d)a, (__m128d)b);
#else
    return (r3_pair) { a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1] };
#endif
}

/* The second of `last`, and the first of `now`: each place has what stood before that of `now`. */
static inline r3_pair_integer r3_pair_behind(r3_pair_integer last, r3_pair_integer now) {
#ifdef __SSE2__
    return (r3_pair_integer)_mm_shuffle_pd((__m128d)last, (__m128d)now, 1);
#else
    return (r3_pair_integer) { last[1], now[0] };
#endif
}

/* The signs of both as bits, the first one lowest. */
static inline unsigned r3_pair_signs(r3_pair_integer pair) {
#ifdef __SSE2__
    return (unsigned)_mm_movemask_pd((__m128d)pair);
#else
    return (pair[0] < 0 ? 1U : 0U) | (pair[1] < 0 ? 2U : 0U);
#endif
}

double r3_quotient_wide(r3_int128 numerator, r3_uint128 denominator); /* r3_quotient for any size */

/* numerator / denominator (> 0), rounded once to nearest even; where the odd part of the denominator passes 2^70, within
 * 2 ulp. Both below 2^53, the usual case: one division of doubles, which IEEE 754 rounds once. */
static inline double r3_quotient(r3_int128 numerator, r3_uint128 denominator) {
    const r3_uint128 limit = (r3_uint128)1 << 53;
    if (r3_magnitude(numerator) < limit && denominator < limit)
        return (double)(int64_t)numerator / (double)(int64_t)denominator;
    return r3_quotient_wide(numerator, denominator);
}
/* The same of each of several. */
void r3_quotients_many(double *out, const int64_t *numerators, size_t count, r3_uint128 denominator);
static inline void r3_quotients(double *out, const int64_t *numerators, size_t count, r3_uint128 denominator) {
    if (count == 1)
        out[0] = r3_quotient(numerators[0], denominator);
    else
        r3_quotients_many(out, numerators, count, denominator);
}
void r3_quotients_wide(double *out, const r3_int128 *numerators, size_t count, r3_uint128 denominator);

/* Non-negative 256-bit sums: value × factor without overflow, and the nearest double or its neighbour. */
struct r3_wide r3_wide_times(const struct r3_wide *value, uint64_t factor);
double r3_wide_to_double(const struct r3_wide *value);

/* The last `length` entries of a decimal series; lives in an indicator's state, and the entries right behind it: of 64 bits,
 * until a larger one comes. There is room for 128 each. Places that no entry has come to yet hold zero. */
struct __attribute__((aligned(16))) r3_ring {
    int32_t length, next; /* next: the oldest */
    bool wide;
};

size_t r3_ring_size(int32_t length); /* bytes with what is behind it */
void r3_ring_start(struct r3_ring *ring, int32_t length);
/* Put `count` (up to R3_BLOCK_MAX) entries in; left[i] is what fell out for in[i], in its turn what was put in before.
 * Of a ring that is not wide. */
void r3_ring_shift(struct r3_ring *ring, size_t count, const int64_t *in, int64_t *left);
/* One. */
static inline int64_t r3_ring_put(struct r3_ring *ring, int64_t in) {
    int64_t *place = (int64_t *)(ring + 1) + ring->next, left = *place;
    *place = in;
    ring->next = ring->next + 1 == ring->length ? 0 : ring->next + 1;
    return left;
}
/* Of any; it is wide from then on. */
void r3_ring_shift_wide(struct r3_ring *ring, size_t count, const r3_int128 *in, r3_int128 *left);
/* The newest `held` entries become zero, so that every place is. */
void r3_ring_clear(struct r3_ring *ring, int32_t held);
/* Every entry times factor: the decimal scale grew. */
void r3_ring_rescale(struct r3_ring *ring, r3_int128 factor);
/* Entry k back (0: the newest). */
static inline r3_int128 r3_ring_entry(const struct r3_ring *ring, int32_t back) {
    int32_t at = ring->next - 1 - back;
    at = at < 0 ? at + ring->length : at;
    return ring->wide ? ((const r3_int128 *)(ring + 1))[at] : ((const int64_t *)(ring + 1))[at];
}
/* The same for places of any size, without a header: `length` places of `size` bytes at `places`, `next` the oldest. Returns
 * the oldest afterwards. */
int32_t r3_places_shift(void *places, int32_t length, int32_t next, size_t size, size_t count, const void *in,
                        void *left);

/* The last `length` values of a series that is no decimal, and right behind it the doubles. */
struct __attribute__((aligned(16))) r3_window {
    int32_t length, count, next;   /* count: ready values held, up to length */
    int32_t shift, large, nonzero; /* entry × 2^shift is the value; of how many LEAST_BITS, and any, bits */
};

size_t r3_window_size(int32_t length); /* bytes with what is behind it */
void r3_window_start(struct r3_window *window, int32_t length);

enum r3_window_change { R3_WINDOW_ADDED, R3_WINDOW_REBUILD };
/* Put a ready value in; *added is its entry and *removed the one that fell out, or 0. R3_WINDOW_REBUILD: the grid changed,
 * and sums must be made anew from the entries (the value is in already). */
enum r3_window_change r3_window_push(struct r3_window *window, double value, r3_int128 *added, r3_int128 *removed);
/* The same for a full window, of which `values` are the doubles, where neither the value nor the one that falls out is rounded to
 * the grid, and that stays: the usual case. False: nothing is done. */
static inline bool r3_window_replace(struct r3_window *window, double *values, double value, r3_int128 *added,
                                     r3_int128 *removed);
/* A candle without a value: the window starts over. */
void r3_window_reset(struct r3_window *window);
r3_int128 r3_window_entry(const struct r3_window *window, int32_t back); /* entry k back (0: the newest), k < count */
/* sum / divisor in values, rounded once. */
double r3_window_quotient(const struct r3_window *window, r3_int128 sum, uint64_t divisor);

/* ---- the usual case ---- */

/* A denominator in parts: odd × 2^zeros, and the bits of the odd one, at most 70. */
struct r3_divisor {
    uint64_t odd;
    int32_t zeros, width;
};

static inline struct r3_divisor r3_divisor_of(uint64_t divisor) {
    int32_t zeros = __builtin_ctzll(divisor);
    uint64_t odd = divisor >> zeros;
    return (struct r3_divisor) { odd, zeros, 64 - __builtin_clzll(odd) };
}

double r3_quotient_times_any(r3_int128 numerator, const struct r3_divisor *divisor, int exponent);

/* numerator / divisor × 2^exponent, rounded once: as r3_quotient_wide does it. */
static inline double r3_quotient_times(r3_int128 numerator, const struct r3_divisor *divisor, int exponent) {
    const bool negative = numerator < 0;
    const r3_uint128 magnitude = r3_magnitude(numerator);
    const uint64_t high = (uint64_t)(magnitude >> 64), low = (uint64_t)magnitude;
    if (high == 0 || divisor->width > 8)
        return r3_quotient_times_any(numerator, divisor, exponent);
    const int cut = 128 - __builtin_clzll(high) - (divisor->width + 56), power = cut + exponent - divisor->zeros;
    if (cut <= 0 || power < -1022 || power > 1023 - 57)
        return r3_quotient_times_any(numerator, divisor, exponent);
    uint64_t quotient = (uint64_t)(magnitude >> cut);
    bool rest = cut < 64 ? low << (64 - cut) != 0 : low != 0 || (high & ((UINT64_C(1) << (cut - 64)) - 1)) != 0;
    if (divisor->odd != 1) {
        const uint64_t whole = quotient / divisor->odd;
        rest |= whole * divisor->odd != quotient;
        quotient = whole;
    }
    const uint64_t bits = (uint64_t)(power + 1023) << 52 | (uint64_t)negative << 63;
    double factor;
    memcpy(&factor, &bits, sizeof factor);
    return (double)(int64_t)(quotient | rest) * factor;
}

/* The double with these bits over 2^shift, a whole number; `left` = its exponent - shift - 1075, 0 to 63. `any`: it is not zero. */
static inline r3_int128 r3_window_whole(uint64_t bits, bool any, unsigned left) {
    const int64_t sign = -(int64_t)(bits >> 63);
    const int64_t whole = ((int64_t)((bits & ((UINT64_C(1) << 52) - 1)) | (uint64_t)any << 52) ^ sign) - sign;
    return (r3_int128)((r3_uint128)(uint64_t)(whole >> 1 >> (63 - left)) << 64 | (uint64_t)whole << left);
}

/* Without a branch for a zero, as half of what a sum of gains adds up is. */
static inline bool r3_window_replace(struct r3_window *window, double *values, double value, r3_int128 *added,
                                     r3_int128 *removed) {
    enum {
        LEAST = R3_GRID_LEAST_BITS - 53, /* left of a value that counts as large */
        MOST = R3_FIXED_BITS - 53
    };
    uint64_t new, old;
    memcpy(&new, &value, sizeof new);
    memcpy(&old, &values[window->next], sizeof old);
    const int32_t base = window->shift + 1075;
    const bool any_new = new << 1 != 0, any_old = old << 1 != 0;
    const uint32_t left_new = ((uint32_t)(new >> 52 & 0x7ff) - (uint32_t)base) & (0U - any_new),
                   left_old = ((uint32_t)(old >> 52 & 0x7ff) - (uint32_t)base) & (0U - any_old);
    const int32_t nonzero = window->nonzero + any_new - any_old,
                  large = window->large + (left_new >= LEAST) - (left_old >= LEAST);
    /* a subnormal number has no implicit bit */
    if (left_new > MOST || left_old > MOST || (nonzero && !large) || base <= 0)
        return false;
    *added = r3_window_whole(new, any_new, left_new);
    *removed = r3_window_whole(old, any_old, left_old);
    values[window->next] = value;
    window->next = window->next + 1 == window->length ? 0 : window->next + 1;
    window->nonzero = nonzero;
    window->large = large;
    return true;
}

#endif
