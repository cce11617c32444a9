#ifndef R3_MARKET_GAP_H
#define R3_MARKET_GAP_H

#include <stdint.h>

#include "lib/record/record.h"

/* Missing candles: intervals of a timeframe that no candle fills, between two that are there. */

enum r3_gap_policy { R3_GAPS_WARN, R3_GAPS_FILL, R3_GAPS_FAIL }; /* the order of --gaps' choices */

struct r3_gap {
    enum r3_timeframe timeframe;
    int64_t expected;       /* where the next candle should open; R3_TIME_ABSENT before the first */
    uint64_t gaps, missing; /* gaps met, candles missing in them */
    int64_t first;          /* the open of the first that is missing */
    uint64_t first_missing; /* candles missing in the first gap */
};

void r3_gap_init(struct r3_gap *gap, enum r3_timeframe timeframe);

/* A candle that opens at `time` comes: counts what is missing ahead of it, and returns how many. `time` is on the timeframe's grid
 * and later than the candle before. */
uint64_t r3_gap_step(struct r3_gap *gap, int64_t time);

/* Whether the policy lets `missing` candles from `expected` on be missing, as r3_gap_step counted them. R3_DATA; the caller puts ahead which
 * candle they are ahead of. */
int r3_gap_check(enum r3_gap_policy policy, int64_t expected, uint64_t missing, struct r3_error *error);

/* The candle that stands in for a missing one at `time`: flat at the last close, without volume. */
void r3_gap_fill(struct r3_candle *out, const struct r3_candle *last, int64_t time);

#endif
