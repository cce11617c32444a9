#include "lib/market/gap.h"

#include <inttypes.h>

enum { FILL_MAX = 1000000 }; /* nearly two years of minutes: more is a wrong time, and would fill the disk */

void r3_gap_init(struct r3_gap *gap, enum r3_timeframe timeframe) {
    *gap = (struct r3_gap) { .timeframe = timeframe, .expected = R3_TIME_ABSENT, .first = R3_TIME_ABSENT };
}

static uint64_t count_intervals(enum r3_timeframe timeframe, int64_t from, int64_t to) {
    if (timeframe != R3_1M)
        return (uint64_t)((to - from) / r3_timeframe_span(timeframe));
    uint64_t count = 0;
    for (; from < to; count++)
        from = r3_timeframe_close(timeframe, from);
    return count;
}

uint64_t r3_gap_step(struct r3_gap *gap, int64_t time) {
    uint64_t missing = 0;
    if (time != gap->expected && gap->expected != R3_TIME_ABSENT) {
        missing = count_intervals(gap->timeframe, gap->expected, time);
        if (gap->gaps++ == 0) {
            gap->first = gap->expected;
            gap->first_missing = missing;
        }
        gap->missing += missing;
    }
    gap->expected = r3_timeframe_close(gap->timeframe, time);
    return missing;
}

int r3_gap_check(enum r3_gap_policy policy, int64_t expected, uint64_t missing, struct r3_error *error) {
    char text[R3_TIME_TEXT_SIZE];
    if (policy == R3_GAPS_FILL && missing > FILL_MAX)
        return r3_fail(error, R3_DATA,
                       "%" PRIu64 " candles are missing ahead of it, too many to fill: is its time right?", missing);
    if (policy != R3_GAPS_FAIL)
        return 0;
    r3_time_format(text, expected);
    return r3_fail(error, R3_DATA, "%" PRIu64 " candle%s missing ahead of it, from %s on", missing,
                   missing == 1 ? " is" : "s are", text);
}

void r3_gap_fill(struct r3_candle *out, const struct r3_candle *last, int64_t time) {
    *out = *last;
    out->time = time;
    out->open = out->high = out->low = out->close = last->close;
    out->volume = r3_decimal_zero;
}
