#include "lib/stage/collect_both.h"

int r3_collect_both_start(struct r3_collect_both *both, const struct r3_collect_series *series,
                          enum r3_timeframe timeframe, struct r3_error *error) {
    both->wanted = series->timeframe != timeframe;
    r3_record_init(&both->record, R3_CANDLE);
    return r3_resample_init(&both->resample, series->timeframe, timeframe, error);
}

void r3_collect_both_look(struct r3_collect_both *both, const struct r3_collect_output *out, bool ended) {
    struct r3_resample *resample = &both->resample;
    if (!both->wanted || both->ready)
        return;
    if (resample->open && ended)
        r3_resample_end(resample, out->known_to);
    else if (resample->open && r3_collect_output_holds(out) && r3_collect_output_time(out) >= resample->close)
        r3_resample_end(resample, r3_collect_output_time(out));
    both->ready = r3_resample_take(resample, &both->record.candle);
}

size_t r3_collect_both_count(const struct r3_collect_both *both, const struct r3_collect_output *out, size_t count) {
    const struct r3_csv_block *block = &out->block;
    return both->wanted ? r3_collect_interval_end(&both->resample, block, out->given, out->given + count) - out->given
                        : count;
}

/* Where a volume outgrows its digits there is no line to name: the candle that was being put together is. */
static int fail_place(const struct r3_candle *candle, struct r3_error *error) {
    char time[R3_TIME_TEXT_SIZE];
    r3_time_format(time, candle->time);
    return r3_error_at(error, "%s %s %s: ", candle->market, r3_timeframe_name(candle->timeframe), time);
}

int r3_collect_both_put(struct r3_collect_both *both, const struct r3_collect_output *out, size_t count,
                        struct r3_error *error) {
    struct r3_resample *resample = &both->resample;
    struct r3_candle candle = out->single.candle; /* market and platform */
    if (!both->wanted)
        return 0;
    if (resample->known_from == R3_TIME_ABSENT && out->known_from != R3_TIME_ABSENT)
        r3_resample_known_from(resample, out->known_from);
    int64_t last = candle.time;
    if (!out->alone) {
        r3_collect_gather(&out->block, out->given, out->given + count, &candle);
        last = out->block.time[out->given + count - 1];
    }
    if (r3_resample_put_run(resample, &candle, r3_timeframe_close(candle.timeframe, last), error) < 0)
        return fail_place(&resample->building, error);
    return 0;
}
