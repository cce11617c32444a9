#include "lib/stage/collect_series.h"

#include <inttypes.h>

#include "lib/record/candles.h"

enum {
    HEAD_MIN = 4096,
    BYTE_ORDER_MARK = 3, /* bytes that a head may have lost */
    ROW_MIN = 32         /* bytes of a short row: the memory of a block is in proportion to what is read at a time */
};

int r3_collect_fail_place(const struct r3_collect_file *file, uint64_t line, struct r3_error *error) {
    return r3_error_at(error, "%s:%" PRIu64 ": ", file->name, r3_collect_line(file, line));
}

void r3_collect_close(struct r3_collect_file *file) {
    r3_lines_free(file->lines);
    file->lines = NULL;
}

static int open_lines(struct r3_collect_file *file, struct r3_error *error) {
    struct r3_input *input;
    if (file->lines)
        return 0;
    if (r3_input_open(&input, file->path, error) < 0)
        return -1;
    file->lines = r3_lines_new_take(input, file->block);
    if (file->growing)
        r3_lines_leave_unended(file->lines);
    return 0;
}

/* More of the head is asked for until the dialect is known: twice as much where many rows are wanted, else what comes next, so
 * that a slow pipe is understood from its first rows. */
static int sniff(struct r3_collect_file *file, bool spaced, struct r3_error *error) {
    for (size_t wanted = spaced ? HEAD_MIN : 1;;) {
        const char *text;
        bool whole;
        if (wanted > file->block)
            wanted = file->block;
        int result = r3_lines_peek(file->lines, wanted, &text, &file->head, &whole, error);
        if (result != R3_INPUT_MORE)
            return result;
        result = r3_csv_sniff(&file->csv, text, file->head, whole, wanted == file->block, spaced, error);
        if (result < 0)
            return r3_error_at(error, "%s:", file->name);
        if (result == 1)
            return R3_INPUT_MORE;
        wanted = spaced ? file->head * 2 : file->head + BYTE_ORDER_MARK + 1;
    }
}

/* Get to the first row, in the direction in which time runs. */
static int start_file(struct r3_collect_file *file, struct r3_error *error) {
    const char *text;
    size_t length;
    bool whole;
    int result = R3_INPUT_MORE;
    if (open_lines(file, error) < 0)
        return -1;
    result = r3_collect_seek(file, error);
    if (result != R3_INPUT_MORE || file->skipped) {
        file->started = result == R3_INPUT_MORE;
        return result;
    }
    if (file->csv.newest_first) {
        result = r3_lines_peek(file->lines, file->head, &text, &length, &whole, error);
        if (result == R3_INPUT_MORE)
            result = r3_lines_reverse(file->lines, file->csv.first_line, error);
    } else {
        while (result == R3_INPUT_MORE && r3_lines_number(file->lines) + 1 < file->csv.first_line)
            result = r3_lines_next(file->lines, &text, &length, error);
        if (result == R3_INPUT_END)
            result = R3_INPUT_MORE; /* the reading will see the end too */
    }
    file->started = result == R3_INPUT_MORE;
    return result;
}

/* One row of the file into *candle: R3_INPUT_MORE, END, INTERRUPTED, -1. With `counts`, rows without values are counted. */
static inline int read_row(struct r3_collect_file *file, struct r3_candle *candle, bool counts,
                           struct r3_error *error) {
    const char *text;
    size_t length;
    bool missing;
    if (!file->started) {
        int result = start_file(file, error);
        if (result != R3_INPUT_MORE)
            return result;
    }
    for (;;) {
        int result = r3_lines_next(file->lines, &text, &length, error);
        if (result != R3_INPUT_MORE)
            return result;
        result = r3_csv_row(&file->csv, text, length, candle, &missing, error);
        if (result < 0)
            return r3_collect_fail_place(file, r3_lines_number(file->lines), error);
        if (result > 0)
            return R3_INPUT_MORE;
        if (missing && counts && file->missing++ == 0)
            file->first_missing = r3_lines_number(file->lines);
    }
}

/* The head gave no timeframe. A row that is wrong is told first: it may be why. */
static int explain(struct r3_collect_file *file, struct r3_error *error) {
    struct r3_candle candle, last;
    uint64_t rows = 0, line = 0;
    int result;
    while ((result = read_row(file, &candle, true, error)) == R3_INPUT_MORE) {
        char place[32];
        snprintf(place, sizeof place, "line %" PRIu64, line);
        if (rows && r3_csv_follows(&last, &candle, place, error) < 0)
            return r3_collect_fail_place(file, r3_lines_number(file->lines), error);
        line = r3_lines_number(file->lines);
        last = candle;
        rows++;
    }
    if (result != R3_INPUT_END)
        return result;
    return rows
               ? r3_fail(error, R3_DATA, "%s: the rows do not tell how far they are apart: say --timeframe", file->name)
               : r3_fail(error, R3_DATA, "%s: it holds no candle", file->name);
}

static int choose_timeframe(struct r3_collect_file *file, enum r3_timeframe timeframe, struct r3_error *error) {
    file->guessed = timeframe == R3_TIMEFRAME_NONE;
    file->timeframe = timeframe;
    if (file->csv.first_time == R3_TIME_ABSENT || (file->guessed && file->csv.spacing == 0))
        return explain(file, error);
    for (enum r3_timeframe t = R3_1m; file->guessed && t < R3_TIMEFRAME_COUNT; t++)
        if (r3_timeframe_span(t) == file->csv.spacing)
            file->timeframe = t;
    if (file->timeframe == R3_TIMEFRAME_NONE)
        return r3_fail(error, R3_DATA,
                       "%s: its rows are %" PRId64 " seconds apart, which is no timeframe: say --timeframe", file->name,
                       file->csv.spacing / R3_SECOND);
    return R3_INPUT_MORE;
}

int r3_collect_probe(struct r3_collect_file *file, enum r3_timeframe timeframe, bool keep, struct r3_error *error) {
    uint64_t done;
    if (open_lines(file, error) < 0)
        return -1;
    int result = sniff(file, timeframe == R3_TIMEFRAME_NONE, error);
    if (result == R3_INPUT_MORE)
        result = choose_timeframe(file, timeframe, error);
    if (result != R3_INPUT_MORE)
        return result;
    r3_lines_progress(file->lines, &done, &file->bytes);
    if (file->csv.newest_first)
        file->bytes *= 2;
    file->regular = r3_lines_regular(file->lines);
    if (!keep && r3_lines_regular(file->lines) && strcmp(file->path, "-") != 0)
        r3_collect_close(file);
    file->probed = true;
    return R3_INPUT_MORE;
}

static size_t block_rows(const struct r3_collect_series *series) {
    size_t rows = series->files[0]->block / ROW_MIN;
    return rows < R3_CANDLES_MAX ? rows : R3_CANDLES_MAX;
}

void r3_collect_output_init(struct r3_collect_output *output, const struct r3_collect_series *series) {
    *output = (struct r3_collect_output) { .single = series->filler };
    r3_csv_block_init(&output->block, block_rows(series));
}

void r3_collect_output_release(struct r3_collect_output *output) {
    r3_csv_block_release(&output->block);
}

void r3_collect_series_release(struct r3_collect_series *series) {
    r3_csv_block_release(&series->source);
}

int r3_collect_series_start(struct r3_collect_series *series, const char *platform, enum r3_timeframe resample,
                            struct r3_error *error) {
    struct r3_record *const records[] = { &series->rows[0], &series->rows[1], &series->filler };
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        struct r3_candle *candle = &records[i]->candle;
        r3_record_init(records[i], R3_CANDLE);
        if (r3_copy_text(candle->platform, sizeof candle->platform, platform, strlen(platform)) < 0)
            return r3_fail(error, R3_USAGE, "--platform: \"%.40s\" is too long", platform);
        memcpy(candle->market, series->files[0]->market, sizeof candle->market);
        candle->timeframe = series->timeframe;
    }
    r3_record_init(&series->resampled, R3_CANDLE);
    r3_gap_init(&series->gap, series->timeframe);
    series->fill_next = series->fill_end = 0;
    series->walk = (struct r3_csv_walk) { .span = r3_timeframe_span(series->timeframe) };
    series->resampling = resample != R3_TIMEFRAME_NONE;
    if (series->resampling)
        r3_csv_block_init(&series->source, block_rows(series));
    return series->resampling ? r3_resample_init(&series->resample, series->timeframe, resample, error) : 0;
}

/* The row's time against those before and the timeframe's grid. 1: it is the next; 0: an equal copy of the last; -1. */
static int check_row(struct r3_collect_series *series, const struct r3_collect_file *file, uint64_t line,
                     const struct r3_candle *candle, const struct r3_candle *last, struct r3_error *error) {
    if (series->any && candle->time <= last->time) {
        char place[300];
        if (series->last_file == file)
            snprintf(place, sizeof place, "line %" PRIu64, r3_collect_line(file, series->last_line));
        else
            snprintf(place, sizeof place, "%.256s:%" PRIu64, series->last_file->name,
                     r3_collect_line(series->last_file, series->last_line));
        int follows = r3_csv_follows(last, candle, place, error);
        if (follows == 0 && candle->time >= series->from && series->duplicates++ == 0) {
            series->duplicate_file = file;
            series->first_duplicate = line;
        }
        return follows < 0 ? r3_collect_fail_place(file, line, error) : follows;
    }
    if (candle->time != series->gap.expected && r3_timeframe_open(series->timeframe, candle->time) != candle->time) {
        char time[R3_TIME_TEXT_SIZE];
        r3_time_format(time, candle->time);
        r3_fail(error, R3_DATA, "time: %s is not where a %s candle opens%s", time, r3_timeframe_name(series->timeframe),
                file->guessed ? " (the timeframe was guessed: say --timeframe)" : "");
        return r3_collect_fail_place(file, line, error);
    }
    return 1;
}

/* The next row within the bounds, as rows[newest]. */
static inline int next_row(struct r3_collect_series *series, struct r3_error *error) {
    while (series->at < series->file_count && !series->seen_after) {
        struct r3_collect_file *file = series->files[series->at];
        struct r3_candle *candle = &series->rows[series->newest ^ 1].candle;
        const struct r3_candle *last = &series->rows[series->newest].candle;
        /* Far ahead of --from nothing is read, so what is missing near it does not count either. */
        bool counts = series->from == R3_TIME_ABSENT || series->candles > 0;
        int result = read_row(file, candle, counts, error);
        if (result == R3_INPUT_END) {
            file->finished = true;
            r3_collect_close(file);
            series->at++;
            continue;
        }
        if (result != R3_INPUT_MORE)
            return result;
        uint64_t line = r3_lines_number(file->lines);
        result = check_row(series, file, line, candle, last, error);
        if (result < 0)
            return -1;
        if (result == 0)
            continue;
        series->newest ^= 1;
        series->any = true;
        series->last_file = file;
        series->last_line = line;
        if (series->from != R3_TIME_ABSENT && candle->time < series->from) {
            series->seen_before = true;
            continue;
        }
        if (series->to != R3_TIME_ABSENT && candle->time >= series->to) {
            series->seen_after = true;
            break;
        }
        series->candles++;
        return R3_INPUT_MORE;
    }
    return R3_INPUT_END;
}

static int meet_gap(struct r3_collect_series *series, int64_t expected, uint64_t missing, int64_t time,
                    struct r3_error *error) {
    if (r3_gap_check(series->policy, expected, missing, error) < 0)
        return r3_collect_fail_place(series->last_file, series->last_line, error);
    if (series->policy == R3_GAPS_FILL) {
        series->fill_next = expected;
        series->fill_end = time;
        series->waiting = true;
    }
    return 0;
}

int r3_collect_series_next(struct r3_collect_series *series, const struct r3_record **out, struct r3_error *error) {
    struct r3_record *newest;
    if (!series->waiting) {
        int result = next_row(series, error);
        if (result != R3_INPUT_MORE)
            return result;
        newest = &series->rows[series->newest];
        int64_t expected = series->gap.expected;
        uint64_t missing = r3_gap_step(&series->gap, newest->candle.time);
        if (missing && meet_gap(series, expected, missing, newest->candle.time, error) < 0)
            return -1;
    }
    newest = &series->rows[series->newest];
    if (series->waiting && series->fill_next < series->fill_end) {
        r3_gap_fill(&series->filler.candle, &series->rows[series->newest ^ 1].candle, series->fill_next);
        series->fill_next = r3_timeframe_close(series->timeframe, series->fill_next);
        *out = &series->filler;
        return R3_INPUT_MORE;
    }
    series->waiting = false;
    *out = newest;
    return R3_INPUT_MORE;
}
