/* The loop over changes, for LANES numbers at a time: included by comovement.c, and by comovement_wide.c for processors with AVX2. The
 * arithmetic of each change and the order in which the sums take them are the same for any number of lanes. */

#include "lib/trade/comovement_private.h"
#include "lib/trade/statistics_lanes.h"

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
#if LANES == 4 /* what the compiler makes of the other form takes twice as many shuffles */
    __m256d even = _mm256_unpacklo_pd((__m256d)changes, (__m256d)products);
    __m256d odd = _mm256_unpackhi_pd((__m256d)changes, (__m256d)products);
    sums += (r3_twin)_mm256_castpd256_pd128(even);
    sums += (r3_twin)_mm256_castpd256_pd128(odd);
    sums += (r3_twin)_mm256_extractf128_pd(even, 1);
    sums += (r3_twin)_mm256_extractf128_pd(odd, 1);
#else
    for (size_t i = 0; i < LANES; i++)
        sums += (r3_twin) { changes[i], products[i] };
#endif
    return sums;
}

/* The values from here on are those before them. */
static inline bool stands_still(const double *values) {
    return all_of(load(values) == load(values - 1));
}

/* Up to where some change is not small, or fewer than LANES are left. Equity that stands still, as it does without a position, changes no
 * sum: left out, it saves 7 of 18 instructions. Returns how far it came. */
static inline size_t add_small(struct r3_comovement_running *running, const double *equity, const double *market,
                               size_t k, size_t count) {
    r3_twin equity_sums = running->equity, market_sums = running->market;
    for (; k + LANES <= count; k += LANES) {
        lanes market_moves = moves_of(market + k);
        if (!all_small(market_moves))
            break;
        lanes market_changes = R3_COMOVEMENT_SERIES(market_moves);
        if (!stands_still(equity + k)) {
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

static inline void add_changes(struct r3_comovement_running *running, const double *equity, const double *market,
                               size_t count) {
    for (size_t k = 1; k < count && !running->broken;) {
        k = add_small(running, equity, market, k, count);
        for (size_t end = k + LANES < count ? k + LANES : count; k < end; k++)
            r3_comovement_add_change(running, equity + k, market + k);
    }
}
