/* The loop over changes, for LANES numbers at a time: included by comovement.c, and by comovement_wide.c for processors with AVX2. The
 * arithmetic of each change and the order in which the sums take them are the same for any number of lanes. */

#include "lib/trade/comovement_private.h"

#ifndef LANES
#define LANES 2
#endif

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef int64_t lanes_mask __attribute__((vector_size(LANES * sizeof(int64_t))));

static inline lanes load(const double *from) {
    lanes values;
    memcpy(&values, from, sizeof values);
    return values;
}

static inline bool all_of(lanes_mask mask) {
#if LANES == 4
    return _mm256_movemask_pd((__m256d)mask) == 0xf;
#else
    return r3_twin_both(mask);
#endif
}

/* From values[-1] to values[0], on to values[1], and so on: the moves that the series takes if all_small. */
static inline lanes moves_of(const double *values) {
    lanes last = load(values - 1);
    return (load(values) - last) / last;
}

static inline bool all_small(lanes moves) {
    return all_of(moves * moves < R3_COMOVEMENT_SMALL * R3_COMOVEMENT_SMALL);
}

/* One addition serves both sums of a market, and one both sums with equity in them. */
static inline r3_twin add_each(r3_twin sums, lanes changes, lanes products) {
#pragma GCC unroll 4
    for (size_t i = 0; i < LANES; i++)
        sums += (r3_twin) { changes[i], products[i] };
    return sums;
}

/* Up to where some change is not small, or fewer than LANES are left. Returns how far it came. */
static inline __attribute__((always_inline)) size_t add_small(struct r3_comovement_running *running, bool moved,
                                                              const double *equity, const double *market, size_t k,
                                                              size_t count) {
    r3_twin equity_sums = running->equity, market_sums = running->market;
    for (; k + LANES <= count; k += LANES) {
        lanes market_moves = moves_of(market + k);
        if (!all_small(market_moves))
            break;
        lanes market_changes = R3_COMOVEMENT_SERIES(market_moves);
        if (moved) {
            lanes equity_moves = moves_of(equity + k);
            if (!all_small(equity_moves))
                break;
            lanes equity_changes = R3_COMOVEMENT_SERIES(equity_moves);
            equity_sums = add_each(equity_sums, equity_changes, equity_changes * market_changes);
        }
        market_sums = add_each(market_sums, market_changes, market_changes * market_changes);
    }
    running->equity = equity_sums;
    running->market = market_sums;
    return k;
}

static inline __attribute__((always_inline)) void add_changes(struct r3_comovement_running *running, bool moved,
                                                              const double *equity, const double *market,
                                                              size_t count) {
    for (size_t k = 1; k < count && !running->broken;) {
        k = add_small(running, moved, equity, market, k, count);
        for (size_t end = k + LANES < count ? k + LANES : count; k < end; k++)
            // cppcheck-suppress nullPointerArithmetic ; equity is NULL only where `moved` is false
            r3_comovement_add_change(running, moved, moved ? equity + k : NULL, market + k);
    }
}
