/* What a signal asks of the position in its market. */

#include "lib/trade/tracker_private.h"

/* How far a signal may be ahead of all else: candles may be late by days, while a time in another unit is off by years. */
static const int64_t FAR = 7 * (int64_t)R3_DAY;

/* Whether a signal of this time asked for the order, and it still works. An exit that protection asked for is no signal's. */
static bool is_asked_by(const struct r3_tracker_order *order, int64_t time) {
    return order->working && order->time == time && order->signal[0];
}

/* LONG and SHORT of one candle are neither: take back what the first one of them asked for, where it still works. */
static int withdraw(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct r3_signal *signal,
                    struct r3_error *error) {
    struct r3_tracker_order *orders[] = { &position->entry, &position->exit };
    bool asked = false;
    for (size_t i = 0; i < 2; i++)
        asked |= is_asked_by(orders[i], signal->time);
    if (asked && r3_tracker_synchronize(tracker, error) < 0)
        return -1;
    asked = false;
    for (size_t i = 0; i < 2; i++) {
        if (!is_asked_by(orders[i], signal->time))
            continue;
        asked = orders[i]->withdrawn = true;
        if (r3_tracker_cancel(tracker, position, orders[i], "LONG and SHORT on one candle", error) < 0)
            return -1;
    }
    if (r3_tracker_notice(tracker, R3_WARNING, position->session, error,
                          "%s: LONG and SHORT on one candle: neither is taken", signal->market) < 0)
        return -1;
    return asked ? r3_tracker_synchronize(tracker, error) : 0;
}

/* Where signals of one candle disagree: FLAT outranks, and LONG with SHORT is neither. 1: go on with this one; 0: it is done. */
static int outranked(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct r3_signal *signal,
                     struct r3_error *error) {
    unsigned own = 1U << signal->direction, both = 1U << R3_LONG | 1U << R3_SHORT, flat = 1U << R3_FLAT;
    if (signal->time < position->signal_time) /* nobody may trade on it a second time, nor on what is over */
        return r3_tracker_notice(tracker, R3_WARNING, position->session, error,
                                 "%s: left alone: it is older than the signal before it", signal->id);
    if (position->signal_time != signal->time)
        position->seen = 0;
    position->signal_time = signal->time;
    unsigned before = position->seen;
    position->seen |= own;
    if (before & own)
        return 0; /* seen before */
    if (own == flat)
        return 1;
    if (before & flat)
        return 0;
    if (before & both)
        return withdraw(tracker, position, signal, error);
    return 1;
}

/* Taken, it would move the clock of all positions, and those that follow it would count as older. Without candles there is no time to go by.
 * One within the candle that is not over yet is not ahead, be that a month's. */
static bool is_far_ahead(const struct r3_tracker *tracker, const struct r3_tracker_market *market, int64_t time) {
    if (market->closed == R3_TIME_ABSENT || market->timeframe == R3_TIMEFRAME_NONE)
        return false;
    return time > r3_timeframe_close(market->timeframe, market->closed) + FAR && time > tracker->now + FAR;
}

/* What a signal asks of the position as it is known now. */
static enum r3_tracker_event event_of(const struct r3_tracker *tracker, const struct r3_tracker_position *position,
                                      enum r3_direction direction) {
    const struct r3_tracker_session *session = position->session;
    if (direction == R3_FLAT || (direction == R3_SHORT && !tracker->options.allow_short))
        return R3_TRACKER_LEAVE;
    if (position->direction == R3_DIRECTION_NONE || position->direction == direction)
        return R3_TRACKER_ALONG;
    return session->paused || session->stopped ? R3_TRACKER_LEAVE : R3_TRACKER_AGAINST;
}

int r3_tracker_signal(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    const struct r3_signal *signal = &record->signal;
    struct r3_tracker_position *position = r3_tracker_position_of(tracker, signal->session, signal->market);
    struct r3_tracker_market *market = position->market;
    struct r3_tracker_request request = { .role = R3_EXIT, .signal = signal, .reason = "a signal replaced it" };
    if (is_far_ahead(tracker, market, signal->time))
        return r3_tracker_notice(tracker, R3_WARNING, position->session, error,
                                 "%s: left alone: its time is more than 7 days ahead of the market's", signal->id);
    if (signal->time > tracker->now)
        tracker->now = signal->time;
    if (!r3_decimal_is_present(&market->price))
        r3_tracker_mark(tracker, market, signal->time, &signal->reference);
    memcpy(position->platform, signal->platform, sizeof position->platform);
    int goes_on = outranked(tracker, position, signal, error);
    if (goes_on <= 0 || position->session->kept)
        return goes_on < 0 ? -1 : 0;

    request.event = event_of(tracker, position, signal->direction);
    if (!r3_tracker_could_act(position, request.event))
        return 0;
    if (r3_tracker_synchronize(tracker, error) < 0)
        return -1;
    request.event = event_of(tracker, position, signal->direction); /* it may have turned, or ended, meanwhile */
    return r3_tracker_judge(tracker, position, &request, error);
}
