#ifndef R3_MARKET_INDICATOR_EXACT_H
#define R3_MARKET_INDICATOR_EXACT_H

#include <stdbool.h>
#include <stdint.h>

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
    R3_GRID_BITS = 80,   /* a series that is no decimal: bits of the largest value for which a grid is chosen */
    R3_GRID_LEAST_BITS = 72,
    R3_INDICATOR_LENGTH_MAX = 5000
};

double r3_quotient_wide(r3_int128 numerator, r3_uint128 denominator); /* r3_quotient for any size */

/* numerator / denominator (> 0), rounded once to nearest even; where the odd part of the denominator passes 2^70, within
 * 2 ulp. Both below 2^53, the usual case: one division of doubles, which IEEE 754 rounds once. */
static inline double r3_quotient(r3_int128 numerator, r3_uint128 denominator) {
    const r3_uint128 limit = (r3_uint128)1 << 53;
    if (r3_magnitude(numerator) < limit && denominator < limit)
        return (double)(int64_t)numerator / (double)(int64_t)denominator;
    return r3_quotient_wide(numerator, denominator);
}

/* Non-negative 256-bit sums: value × factor without overflow, and the nearest double or its neighbour. */
struct r3_wide r3_wide_times(const struct r3_wide *value, uint64_t factor);
double r3_wide_to_double(const struct r3_wide *value);

/* The last `length` values; lives in an indicator's state, and right behind it the entries of a decimal series, the doubles of
 * any other. */
struct __attribute__((aligned(16))) r3_window {
    int32_t length, count, next;   /* count: ready values held, up to length */
    int32_t shift, large, nonzero; /* no decimal: entry × 2^shift is the value; of how many LEAST_BITS, and any, bits */
    bool decimal;
};

static inline r3_int128 *r3_window_entries(struct r3_window *window) { /* of a decimal series */
    return (r3_int128 *)(window + 1);
}
static inline double *r3_window_values(struct r3_window *window) { /* of any other */
    return (double *)(window + 1);
}
size_t r3_window_size(int32_t length, bool decimal); /* bytes with what is behind it */
void r3_window_start(struct r3_window *window, int32_t length, bool decimal);

enum r3_window_change { R3_WINDOW_ADDED, R3_WINDOW_ADDED_REMOVED, R3_WINDOW_REBUILD };
/* r3_window_push for a series that is no decimal. */
enum r3_window_change r3_window_push_value(struct r3_window *window, double value, r3_int128 *added,
                                           r3_int128 *removed);

/* Put a ready value in; *added is its entry and *removed the one that fell out. R3_WINDOW_REBUILD: the grid changed, and
 * sums must be made anew from the entries (the value is in already). */
static inline enum r3_window_change r3_window_push(struct r3_window *window, const struct r3_cell *cell,
                                                   r3_int128 *added, r3_int128 *removed) {
    if (!window->decimal)
        return r3_window_push_value(window, cell->value, added, removed);
    enum r3_window_change change = R3_WINDOW_ADDED;
    r3_int128 *place = &r3_window_entries(window)[window->next];
    if (window->count == window->length) {
        *removed = *place;
        change = R3_WINDOW_ADDED_REMOVED;
    } else {
        window->count++;
    }
    *place = *added = cell->fixed;
    window->next = window->next + 1 == window->length ? 0 : window->next + 1;
    return change;
}

/* A candle without a value: the window starts over. */
void r3_window_reset(struct r3_window *window);
/* Every entry times factor: the decimal scale grew. Sums must be made anew. */
void r3_window_rescale(struct r3_window *window, r3_int128 factor);
r3_int128 r3_window_value_entry(struct r3_window *window, int32_t at); /* on the grid */
/* Entry k back (0: the newest), k < count. */
static inline r3_int128 r3_window_entry(struct r3_window *window, int32_t back) {
    int32_t at = window->next - 1 - back;
    at = at < 0 ? at + window->length : at;
    return window->decimal ? r3_window_entries(window)[at] : r3_window_value_entry(window, at);
}
double r3_window_quotient_binary(const struct r3_window *window, r3_int128 sum, uint64_t divisor);
/* sum / (divisor × the series' own unit), rounded once. */
static inline double r3_window_quotient(const struct r3_window *window, r3_int128 sum, uint64_t divisor,
                                        const struct r3_indicator_setup *setup, int scale) {
    if (window->decimal)
        return r3_quotient(sum, (r3_uint128)divisor * (uint32_t)setup->divisor * r3_powers[scale]);
    return r3_window_quotient_binary(window, sum, divisor);
}

#endif
