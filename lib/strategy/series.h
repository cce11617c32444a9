#ifndef R3_STRATEGY_SERIES_H
#define R3_STRATEGY_SERIES_H

#include "lib/market/indicator.h"

/* Series that many evaluations have in common, computed once: a sweep of a thousand parameter sets has perhaps fifty different
 * averages.
 *
 * A series is what an indicator gives on each candle of a stream, from the first on. It is named by what it is computed of, whichever
 * rules ask for it: sma(close, 10) is one series, be 10 a constant or a param. It grows by whoever comes to its end first;
 * all others read it. Its values are those of an evaluation without a cache, to the bit.
 *
 * Here is what the evaluator asks of a cache; lib/stage/series_cache.h is one. */

enum { R3_SERIES_PART = R3_BLOCK_MAX }; /* candles: no block reaches over a multiple of it */

struct r3_series; /* one series in a cache; opaque */

struct r3_series_key {
    uint64_t words[2]; /* 128 bits of hash */
};

/* Safe from several threads at once. */
struct r3_series_cache {
    /* Use the series of this key: the indicator with this setup. NULL where it is not worth keeping, or there is no room. */
    struct r3_series *(*attach)(struct r3_series_cache *cache, const struct r3_series_key *key,
                                const struct r3_indicator *indicator, const struct r3_indicator_setup *setup);
    /* `length`: how many candles the evaluation came to. */
    void (*detach)(struct r3_series *series, uint64_t length);
    /* Candles [at, at + count) into the columns of `out`, one for each of the indicator's outputs, whose pointers are set; they
     * hold until the series is detached. False where the series does not go that far. */
    bool (*take)(struct r3_series *series, uint64_t at, size_t count, struct r3_column *out);
    /* The same; where it does not go that far it is computed, of the inputs' columns at these candles. It goes as far as `at` at
     * least. */
    void (*extend)(struct r3_series *series, uint64_t at, size_t count, int scale, const struct r3_column *const *in,
                   struct r3_column *out);
};

#endif
