#ifndef R3_STAGE_COLLECT_BOTH_H
#define R3_STAGE_COLLECT_BOTH_H

#include "lib/stage/collect_series.h"

/* Private to r3-collect: --both. The coarser candles of a series beside its own. Each is ready before the next of the series' own
 * candles is given, and none of them closes earlier than those that were. */

struct r3_collect_both {
    bool wanted; /* otherwise nothing else is looked at */
    bool ready;  /* `record` is the next candle of the series, ahead of its own */
    struct r3_record record;
    struct r3_resample resample;
};

/* The coarser candles of a series that was started; none where its own are of this timeframe. R3_USAGE. */
int r3_collect_both_start(struct r3_collect_both *both, const struct r3_collect_series *series,
                          enum r3_timeframe timeframe, struct r3_error *error);
/* See what comes next of the series: what is in `out`, or, where it has ended, nothing. */
void r3_collect_both_look(struct r3_collect_both *both, const struct r3_collect_output *out, bool ended);
/* How many of the next `count` candles of the block lie ahead of the next coarser one: at least 1. */
size_t r3_collect_both_count(const struct r3_collect_both *both, const struct r3_collect_output *out, size_t count);
/* The next `count` candles of `out`, as many as r3_collect_both_count said, are given. R3_DATA. */
int r3_collect_both_put(struct r3_collect_both *both, const struct r3_collect_output *out, size_t count,
                        struct r3_error *error);

#endif
