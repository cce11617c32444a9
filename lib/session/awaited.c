#include "lib/session/awaited.h"

#include "lib/base/time.h"
#include "lib/session/notice.h"

enum { REFRESHES = 2, LEAST = 2 * R3_MINUTE };

/* Where the session has seen more than the begin of an interval, that was a finer candle of it. */
void r3_awaited_begin(struct r3_awaited *awaited, enum r3_timeframe timeframe, int64_t refresh, int64_t seen) {
    *awaited = (struct r3_awaited) { .timeframe = timeframe, .due = R3_TIME_ABSENT };
    awaited->wait = REFRESHES * refresh > LEAST ? REFRESHES * refresh : LEAST;
    if (timeframe == R3_TIMEFRAME_NONE || seen == R3_TIME_ABSENT)
        return;
    int64_t open = r3_timeframe_open(timeframe, seen);
    if (open < seen)
        awaited->due = r3_timeframe_close(timeframe, open);
}

enum r3_awaited_answer r3_awaited_look(struct r3_awaited *awaited, const struct r3_candle *candle) {
    const int64_t close = r3_timeframe_close(candle->timeframe, candle->time);
    if (awaited->timeframe == R3_TIMEFRAME_NONE || candle->timeframe > awaited->timeframe)
        return R3_AWAITED_PASS;
    if (awaited->due != R3_TIME_ABSENT && close > awaited->due)
        return R3_AWAITED_MISSING;
    if (candle->timeframe == awaited->timeframe) {
        if (close == awaited->due)
            awaited->due = R3_TIME_ABSENT;
        return R3_AWAITED_PASS;
    }
    awaited->due = r3_timeframe_close(awaited->timeframe, r3_timeframe_open(awaited->timeframe, candle->time));
    return close == awaited->due ? R3_AWAITED_HOLD : R3_AWAITED_PASS;
}

bool r3_awaited_is_over(const struct r3_awaited *awaited, int64_t now) {
    return now >= awaited->due + awaited->wait;
}

void r3_awaited_give_up(struct r3_awaited *awaited, struct r3_record *record, const char *session, int64_t now) {
    char time[R3_TIME_TEXT_SIZE];
    r3_time_format(time, r3_timeframe_open(awaited->timeframe, awaited->due - 1));
    r3_session_notice(record, R3_WARNING, session, now,
                      "the candle of %s of %s did not come, where finer ones of it did: the session goes on without it",
                      r3_timeframe_name(awaited->timeframe), time);
    awaited->due = R3_TIME_ABSENT;
}
