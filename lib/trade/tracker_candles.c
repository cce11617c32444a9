/* Blocks of candles: what the tracker has to do with a candle is mostly nothing but to remember its close. */

#include "lib/trade/tracker_private.h"

/* The first of the candles [from, to) that does not close within the market's day, or `to`. */
static inline size_t end_of_day(const struct r3_tracker_market *market, const struct r3_candles *candles, size_t from,
                                size_t to) {
    const int64_t *time = candles->time, first = market->day - market->span, last = first + R3_DAY;
    if (market->day == R3_TIME_ABSENT || time[from] <= first)
        return from;
    if (time[to - 1] < last)
        return to;
    while (time[from] < last)
        from++;
    return from;
}

/* The first of the candles [from, to) that closes at --end-at or later, or `to`. */
static inline size_t before_alarm(const struct r3_tracker *tracker, const struct r3_candles *candles, size_t from,
                                  size_t to) {
    const int64_t first = tracker->alarm - tracker->last->span;
    while (to > from && candles->time[to - 1] >= first)
        to--;
    return to;
}

/* The first of the candles [from, to) that has to be stepped, or `to`. Those before it concern no position, end no day and are
 * below the number that a barrier is due after. */
static inline size_t quiet(const struct r3_tracker *tracker, const struct r3_candles *candles, size_t from, size_t to) {
    const struct r3_tracker_market *market = tracker->last;
    if (!tracker->opened || !market || market->attention ||
        !(r3_name_has_key(candles->market, &market->key) || r3_same_name(candles->market, market->name)))
        return from;
    if (candles->timeframe != market->timeframe) {
        if (market->timeframe != R3_TIMEFRAME_NONE && candles->timeframe > market->timeframe)
            while (from < to && candles->time[from] < market->closed) /* finer ones have told what it tells */
                from++;
        return from;
    }
    if (!market->span)
        return from;
    to = before_alarm(tracker, candles, from, end_of_day(market, candles, from, to));
    if (tracker->watching) {
        size_t left =
            tracker->candles < R3_TRACKER_WATCH_CANDLES - 1 ? R3_TRACKER_WATCH_CANDLES - 1 - tracker->candles : 0;
        to = to - from > left ? from + left : to;
    }
    return to;
}

/* Take candles that are quiet. */
static inline void pass(struct r3_tracker *tracker, const struct r3_candles *candles, size_t from, size_t to) {
    struct r3_tracker_market *market = tracker->last;
    if (candles->timeframe != market->timeframe)
        return;
    market->closed_before = to - from > 1 ? candles->time[to - 2] + market->span : market->closed;
    market->closed = candles->time[to - 1] + market->span;
    market->price = R3_DECIMAL(candles->close[to - 1], candles->price_scale); /* its zeros: as in paper_candles.c */
    tracker->now = market->closed;
    if (tracker->watching)
        tracker->candles += (unsigned)(to - from);
}

/* A candle that has to be stepped; only --protect tracker looks at its range. Apart, since a record is a large thing to have on the
 * stack of what mostly does without. */
__attribute__((noinline)) static int step(struct r3_tracker *tracker, const struct r3_candles *candles, size_t index,
                                          struct r3_error *error) {
    struct r3_record record;
    (tracker->options.protect ? r3_candles_record : r3_candles_close_record)(candles, index, &record);
    return r3_tracker_step(tracker, &record, error);
}

int r3_tracker_candles(struct r3_tracker *tracker, const struct r3_candles *candles, size_t from, size_t to, size_t *at,
                       struct r3_error *error) {
    for (; from < to; from++) {
        size_t end = quiet(tracker, candles, from, to);
        if (end > from)
            pass(tracker, candles, from, end);
        if (end == to)
            break;
        *at = from = end;
        if (step(tracker, candles, from, error) < 0)
            return -1;
    }
    return 0;
}
