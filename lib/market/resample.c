#include "lib/market/resample.h"

int r3_resample_init(struct r3_resample *resample, enum r3_timeframe source, enum r3_timeframe target,
                     struct r3_error *error) {
    int64_t inner = r3_timeframe_span(source), outer = r3_timeframe_span(target);
    bool nests = source == target || (target == R3_1M ? source <= R3_1D : outer > inner && outer % inner == 0);
    if (!nests)
        return r3_fail(error, R3_USAGE, "candles of %s cannot be put together to %s", r3_timeframe_name(source),
                       r3_timeframe_name(target));
    *resample = (struct r3_resample) { .timeframe = target,
                                       .known_from = R3_TIME_ABSENT,
                                       .dropped_first = R3_TIME_ABSENT,
                                       .dropped_last = R3_TIME_ABSENT };
    return 0;
}

void r3_resample_known_from(struct r3_resample *resample, int64_t time) {
    resample->known_from = time;
}

/* The interval that is being built ends, complete when the source is known up to `known_to`. */
static void settle(struct r3_resample *resample, int64_t known_to) {
    if (!resample->open)
        return;
    resample->open = false;
    if (resample->building.time < resample->known_from)
        resample->dropped_first = resample->building.time;
    else if (resample->close > known_to)
        resample->dropped_last = resample->building.time;
    else
        resample->ready[resample->ready_count++] = resample->building;
}

static void start(struct r3_resample *resample, const struct r3_candle *candle) {
    resample->building = *candle;
    resample->building.timeframe = resample->timeframe;
    resample->building.time = r3_timeframe_open(resample->timeframe, candle->time);
    resample->close = r3_timeframe_close(resample->timeframe, resample->building.time);
    resample->open = true;
}

static int add(struct r3_candle *sum, const struct r3_candle *candle, struct r3_error *error) {
    sum->high = *r3_decimal_maximum(&sum->high, &candle->high);
    sum->low = *r3_decimal_minimum(&sum->low, &candle->low);
    sum->close = candle->close;
    return r3_decimal_add(&sum->volume, &sum->volume, &candle->volume, error);
}

int r3_resample_put_run(struct r3_resample *resample, const struct r3_candle *candle, int64_t end,
                        struct r3_error *error) {
    if (resample->known_from == R3_TIME_ABSENT)
        resample->known_from = candle->time;
    if (resample->open && candle->time >= resample->close)
        settle(resample, candle->time);
    if (!resample->open)
        start(resample, candle);
    else if (add(&resample->building, candle, error) < 0)
        return r3_error_at(error, "volume: ");
    if (end >= resample->close)
        settle(resample, end);
    return 0;
}

int r3_resample_put(struct r3_resample *resample, const struct r3_candle *candle, struct r3_error *error) {
    return r3_resample_put_run(resample, candle, r3_timeframe_close(candle->timeframe, candle->time), error);
}

void r3_resample_end(struct r3_resample *resample, int64_t time) {
    settle(resample, time);
}

bool r3_resample_take(struct r3_resample *resample, struct r3_candle *out) {
    if (resample->ready_count == 0)
        return false;
    *out = resample->ready[0];
    if (--resample->ready_count)
        resample->ready[0] = resample->ready[1];
    return true;
}

/* Member by member, since bytes between them would go along. */
static void copy_decimal(struct r3_decimal *out, struct r3_decimal value) {
    r3_decimal_normalize(&value);
    out->coefficient = value.coefficient;
    out->scale = value.scale;
}

void r3_resample_clean(struct r3_resample *resample) {
    const struct r3_resample was = *resample;
    struct r3_candle *candle = &resample->building;
    memset(resample, 0, sizeof *resample);
    resample->timeframe = was.timeframe;
    resample->known_from = was.known_from;
    resample->dropped_first = was.dropped_first;
    resample->dropped_last = was.dropped_last;
    if (!was.open)
        return;
    resample->open = true;
    resample->close = was.close;
    candle->timeframe = was.building.timeframe;
    candle->time = was.building.time;
    copy_decimal(&candle->open, was.building.open);
    copy_decimal(&candle->high, was.building.high);
    copy_decimal(&candle->low, was.building.low);
    copy_decimal(&candle->close, was.building.close);
    copy_decimal(&candle->volume, was.building.volume);
}
