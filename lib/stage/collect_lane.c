#include "lib/stage/collect_lane.h"

void r3_collect_lane_look(struct r3_collect_lane *lane) {
    r3_collect_both_look(&lane->both, &lane->output, lane->ended);
    if (!r3_collect_lane_holds(lane))
        return;
    const struct r3_candle *coarse = &lane->both.record.candle;
    lane->timeframe = lane->both.ready ? coarse->timeframe : lane->head.timeframe;
    lane->close = lane->both.ready ? r3_timeframe_close(coarse->timeframe, coarse->time)
                                   : r3_collect_lane_close(lane, r3_collect_output_time(&lane->output));
}

int r3_collect_lane_fetch(struct r3_collect_lane *lane, struct r3_error *error) {
    struct r3_collect_output *out = &lane->output;
    int result = lane->ahead ? r3_collect_ahead_fill(lane->ahead, out, error)
                             : r3_collect_series_fill(&lane->series, out, error);
    lane->ended = result == R3_INPUT_END;
    if (result == R3_INPUT_MORE || result == R3_INPUT_END)
        r3_collect_lane_look(lane);
    return result;
}

bool r3_collect_lane_precedes(const struct r3_collect_lane *a, int64_t close, const struct r3_collect_lane *b) {
    if (close != b->close)
        return close < b->close;
    return a->timeframe != b->timeframe ? a->timeframe < b->timeframe : a < b;
}
