#ifndef R3_FETCH_PLAN_H
#define R3_FETCH_PLAN_H

#include "lib/base/option.h"
#include "lib/fetch/series.h"

/* What a command line asks for: an exchange, markets, and the series of each. */

struct r3_fetch_plan {
    const struct r3_exchange *exchange;
    char (*markets)[R3_MARKET_SIZE]; /* its own */
    size_t market_count;
    struct r3_fetch_series *series; /* its own: the main one of each market, then those of --with */
    size_t series_count;
    int64_t from, with_from, to; /* R3_TIME_ABSENT: not given */
    bool follow;
};

/* Start from zeros; freed with r3_fetch_plan_release, after an error too. R3_USAGE. */
int r3_fetch_plan_make(struct r3_fetch_plan *plan, const struct r3_arguments *arguments, struct r3_error *error);
void r3_fetch_plan_release(struct r3_fetch_plan *plan);

/* Where a series has to end, by the exchange's time: it is set as its `until`. */
void r3_fetch_plan_limit(const struct r3_fetch_plan *plan, struct r3_fetch_series *series, int64_t now);
/* Whether all end there because of --to, and not because it is no later yet. */
bool r3_fetch_plan_over(const struct r3_fetch_plan *plan);
/* Where it begins. Returns whether the exchange has no candles of then any more, and it begins later. */
bool r3_fetch_plan_begin(const struct r3_fetch_plan *plan, struct r3_fetch_series *series, int64_t now);

#endif
