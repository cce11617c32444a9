#ifndef R3_STAGE_COLLECT_LANE_H
#define R3_STAGE_COLLECT_LANE_H

#include "lib/stage/collect_ahead.h"
#include "lib/stage/collect_both.h"

/* Private to r3-collect. Series are merged candle by candle: each in a lane, which says what comes next of it. */

/* A series, and the candle of it that comes next. */
struct r3_collect_lane {
    struct r3_collect_series series; /* not looked at while `ahead` fills it */
    struct r3_collect_output output; /* what was read and is still to be given */
    struct r3_collect_ahead *ahead;  /* NULL: it is read when it is asked for */
    struct r3_collect_both both;     /* coarser candles, each ahead of what the output holds */
    struct r3_candles head;          /* platform, market and timeframe of its blocks */
    enum r3_timeframe timeframe;     /* of the next candle, whichever it is */
    int64_t close;                   /* when it closes */
    bool ended;                      /* nothing more comes into the output */
};

/* When a candle of its blocks closes. */
static inline int64_t r3_collect_lane_close(const struct r3_collect_lane *lane, int64_t open) {
    return r3_timeframe_close(lane->head.timeframe, open);
}
/* Whether there is a next candle that was read. */
static inline bool r3_collect_lane_holds(const struct r3_collect_lane *lane) {
    return lane->both.ready || r3_collect_output_holds(&lane->output);
}
/* See which candle comes next, after one was given. */
void r3_collect_lane_look(struct r3_collect_lane *lane);
/* Read more, where there is no next one. As r3_collect_series_fill. */
int r3_collect_lane_fetch(struct r3_collect_lane *lane, struct r3_error *error);
/* Whether a candle of `a` that closes at `close`, of the timeframe of its next one, comes ahead of the next of `b`: the earlier close,
 * then the finer timeframe, then the operands' order. */
bool r3_collect_lane_precedes(const struct r3_collect_lane *a, int64_t close, const struct r3_collect_lane *b);

#endif
