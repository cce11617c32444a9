/* Blocks of candles: runs of usual rows, and what comes by itself, put behind each other. */

#include "lib/record/candles.h"
#include "lib/stage/collect_series.h"

enum { PAUSE_MAX = 64 };

/* Sums of volumes up to this coefficient have room at any scale, so it does not matter in which order they are added up. */
static const int64_t plain_volume = INT64_C(1000000000000000);

/* The file whose rows can be read as a run; NULL: the next row must be read by itself. */
static struct r3_collect_file *running_file(struct r3_collect_series *series) {
    struct r3_collect_file *file = series->at < series->file_count ? series->files[series->at] : NULL;
    bool possible = file && file == series->last_file && file->lines && !series->waiting && !series->seen_after &&
                    series->timeframe != R3_1M;
    if (possible && series->pause) {
        series->pause--;
        return NULL;
    }
    return possible ? file : NULL;
}

/* A file without usual rows is not looked at for them at each row. */
static void note_run(struct r3_collect_series *series, size_t rows) {
    series->pauses = rows > 1 ? 0 : series->pauses < PAUSE_MAX ? series->pauses * 2 + 1 : PAUSE_MAX;
    series->pause = series->pauses;
}

/* Usual rows, as many as are there, behind those of the block. Returns how many. Rows ahead of --from are read and dropped. */
static size_t read_run(struct r3_collect_series *series, struct r3_csv_block *block) {
    struct r3_collect_file *file = running_file(series);
    struct r3_csv_walk *walk = &series->walk;
    const char *text;
    size_t before = block->count, length;
    while (file && block->count == before && (length = r3_lines_held(file->lines, &text)) > 0) {
        struct r3_candle *last = &series->rows[series->newest].candle;
        walk->next = last->time + walk->span;
        bool ahead = series->from != R3_TIME_ABSENT && walk->next < series->from;
        walk->end = ahead ? series->from : series->to != R3_TIME_ABSENT ? series->to : INT64_MAX;
        size_t taken = r3_csv_block_read(block, &file->csv, walk, text, length), rows = block->count - before;
        note_run(series, rows);
        if (rows == 0)
            break;
        r3_lines_skip(file->lines, taken, rows);
        series->last_line = r3_lines_number(file->lines);
        r3_csv_block_candle(block, block->count - 1, last);
        if (ahead) {
            series->seen_before = true;
            block->count = before;
            continue;
        }
        series->candles += rows;
        series->gap.expected = walk->next;
    }
    return block->count - before;
}

static void give_single(struct r3_collect_output *out, const struct r3_record *record) {
    memcpy(&out->single, record, r3_record_size(R3_CANDLE));
    out->alone = true;
}

static int fill_source(struct r3_collect_series *series, struct r3_collect_output *out, struct r3_error *error) {
    struct r3_csv_block *block = &out->block;
    const struct r3_record *record;
    if (read_run(series, block))
        return R3_INPUT_MORE;
    int result = r3_collect_series_next(series, &record, error);
    if (result != R3_INPUT_MORE)
        return result;
    if (!r3_csv_block_append(block, &record->candle)) {
        give_single(out, record);
        return R3_INPUT_MORE;
    }
    /* Stand-ins ask for no input, and are alike. */
    while (series->waiting && series->fill_next < series->fill_end && block->count < block->capacity &&
           r3_collect_series_next(series, &record, error) == R3_INPUT_MORE)
        r3_csv_block_append(block, &record->candle);
    read_run(series, block);
    return R3_INPUT_MORE;
}

size_t r3_collect_interval_end(const struct r3_resample *resample, const struct r3_csv_block *rows, size_t first,
                               size_t end) {
    int64_t close = r3_timeframe_close(resample->timeframe, r3_timeframe_open(resample->timeframe, rows->time[first]));
    int64_t volume = rows->volume[first], sum;
    size_t i = first + 1;
    if (resample->open && resample->building.volume.coefficient > plain_volume)
        close = rows->time[first];
    for (; i < end && rows->time[i] < close; i++) {
        if (__builtin_add_overflow(volume, rows->volume[i], &sum) || sum > plain_volume)
            break;
        volume = sum;
    }
    return i;
}

void r3_collect_gather(const struct r3_csv_block *rows, size_t first, size_t end, struct r3_candle *out) {
    int64_t high = rows->high[first], low = rows->low[first], volume = rows->volume[first];
    for (size_t i = first + 1; i < end; i++) {
        volume += rows->volume[i];
        high = rows->high[i] > high ? rows->high[i] : high;
        low = rows->low[i] < low ? rows->low[i] : low;
    }
    r3_csv_block_candle(rows, first, out);
    out->high = r3_candles_decimal(high, rows->price_scale);
    out->low = r3_candles_decimal(low, rows->price_scale);
    out->close = r3_candles_decimal(rows->close[end - 1], rows->price_scale);
    out->volume = r3_candles_decimal(volume, rows->volume_scale);
}

static void know_start(struct r3_collect_series *series) {
    if (series->seen_before && series->resample.known_from == R3_TIME_ABSENT)
        r3_resample_known_from(&series->resample, series->from);
}

/* Put a piece of the run in. */
static int put_run(struct r3_collect_series *series, struct r3_error *error) {
    struct r3_candle candle = series->rows[0].candle;
    size_t end = r3_collect_interval_end(&series->resample, &series->source, series->put, series->source.count);
    r3_collect_gather(&series->source, series->put, end, &candle);
    know_start(series);
    if (r3_resample_put_run(&series->resample, &candle, series->source.time[end - 1] + series->walk.span, error) < 0)
        return r3_collect_fail_place(series->last_file, series->source_line + end - 1, error);
    series->put = end;
    return R3_INPUT_MORE;
}

/* One more row of the source, or the end. */
static int put_next(struct r3_collect_series *series, struct r3_error *error) {
    const struct r3_record *source;
    int result = r3_collect_series_next(series, &source, error);
    if (result == R3_INPUT_END) {
        series->ended = true;
        r3_resample_end(&series->resample, series->seen_after ? series->to : series->gap.expected);
    } else if (result == R3_INPUT_MORE) {
        know_start(series);
        if (r3_resample_put(&series->resample, &source->candle, error) < 0)
            return r3_collect_fail_place(series->last_file, series->last_line, error);
    }
    return result;
}

/* Give what is complete; false: it has no place in the block. */
static bool give_complete(struct r3_collect_series *series, struct r3_csv_block *block) {
    while (series->kept || r3_resample_take(&series->resample, &series->resampled.candle)) {
        series->kept = !r3_csv_block_append(block, &series->resampled.candle);
        if (series->kept)
            return false;
    }
    return true;
}

static int fill_resampled(struct r3_collect_series *series, struct r3_collect_output *out, struct r3_error *error) {
    struct r3_csv_block *block = &out->block, *source = &series->source;
    for (;;) {
        if (!give_complete(series, block)) {
            if (block->count == 0) {
                series->kept = false;
                give_single(out, &series->resampled);
            }
            return R3_INPUT_MORE;
        }
        bool running = series->put < source->count;
        if (block->count && !running)
            return R3_INPUT_MORE; /* what comes next may fail, or have to wait */
        if (series->ended)
            return R3_INPUT_END;
        if (!running) {
            source->count = series->put = 0;
            running = read_run(series, source) > 0;
            series->source_line = series->last_line - source->count + 1;
        }
        int result = running ? put_run(series, error) : put_next(series, error);
        if (result < 0 && block->count)
            return R3_INPUT_MORE; /* it will fail again, with nothing ahead of it */
        if (result != R3_INPUT_MORE && result != R3_INPUT_END)
            return result;
    }
}

static uint64_t bytes_done(const struct r3_collect_series *series) {
    uint64_t sum = 0, done, total;
    for (size_t i = 0; i < series->file_count; i++) {
        const struct r3_collect_file *file = series->files[i];
        if (!file->finished && file->lines)
            r3_lines_progress(file->lines, &done, &total);
        else
            done = file->finished ? file->bytes : 0;
        sum += done;
    }
    return sum;
}

int r3_collect_series_fill(struct r3_collect_series *series, struct r3_collect_output *out, struct r3_error *error) {
    struct r3_csv_block *block = &out->block;
    block->count = out->given = 0;
    block->price_scale = series->price_scale;
    block->volume_scale = series->volume_scale;
    out->alone = false;
    int result = series->resampling ? fill_resampled(series, out, error) : fill_source(series, out, error);
    series->price_scale = block->price_scale;
    series->volume_scale = block->volume_scale;
    out->done = bytes_done(series);
    out->known_from = series->seen_before ? series->from : R3_TIME_ABSENT;
    out->known_to = series->seen_after ? series->to : series->gap.expected;
    return result;
}

bool r3_collect_series_ready(const struct r3_collect_series *series) {
    const struct r3_lines *lines = series->at < series->file_count ? series->files[series->at]->lines : NULL;
    return series->waiting || series->kept || series->put < series->source.count || !lines || r3_lines_ready(lines);
}
