/* Blocks of candles against candles one by one: r3-track, r3-size, r3-order and r3-report in a row give the same records, to the
 * byte, and the same report. Streams are made and real ones; orders of every kind; ranges are cut anywhere. */

#include "lib/base/time.h"
#include "tests/unit/candles.h"
#include "tests/unit/check.h"
#include "tests/unit/stage_row.h"

enum { MARKETS = 2, CANDLES = 2600, EVENTS = 4 * CANDLES };

struct series {
    struct r3_candles candles;
    int64_t time[CANDLES], open[CANDLES], high[CANDLES], low[CANDLES], close[CANDLES], volume[CANDLES];
};

struct event {
    struct series *series; /* NULL: a record */
    size_t index;
    struct r3_record record;
};

struct stream {
    struct series series[MARKETS];
    struct event *events;
    size_t count;
};

static uint64_t seed = 1;

/* SplitMix64 (Steele, Lea and Flood, 2014). */
static uint64_t next_random(void) {
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static int64_t below(int64_t limit) {
    return (int64_t)(next_random() % (uint64_t)limit);
}

static void start_series(struct series *series, const char *market, enum r3_timeframe timeframe, int32_t price_scale) {
    struct r3_candles *candles = &series->candles;
    *candles = (struct r3_candles) {
        .platform = "csv", .timeframe = timeframe, .price_scale = price_scale, .volume_scale = 3
    };
    r3_copy_text(candles->market, sizeof candles->market, market, strlen(market));
    candles->time = series->time;
    candles->open = series->open;
    candles->high = series->high;
    candles->low = series->low;
    candles->close = series->close;
    candles->volume = series->volume;
}

/* A walk with gaps of price and of time, and stretches where nothing moves. */
static void walk(struct series *series, size_t count, int64_t price, int64_t step) {
    int64_t span = r3_timeframe_span(series->candles.timeframe), time = r3_time_from_civil(2024, 1, 30);
    bool still = false;
    for (size_t i = 0; i < count; i++, time += span) {
        if (below(300) == 0)
            time += below(2000) * span;
        if (below(300) == 0)
            time -= span / 2; /* it overlaps the one before it */
        if (below(100) == 0)
            still = !still;
        int64_t jump = still ? 0 : below(40) == 0 ? below(8 * step) - 4 * step : below(step / 8 + 1) - step / 16;
        int64_t open = price + jump > step ? price + jump : step,
                close = open + (still ? 0 : below(2 * step + 1) - step);
        close = close > step ? close : step;
        int64_t top = open > close ? open : close, bottom = open < close ? open : close;
        series->time[i] = time;
        series->open[i] = open;
        series->close[i] = price = close;
        series->high[i] = top + (still ? 0 : below(step));
        series->low[i] = bottom - (still ? 0 : below(bottom < step ? bottom : step));
        series->volume[i] = below(20) == 0 ? 0 : below(3000);
    }
    series->candles.count = count;
}

static struct r3_record *add_record(struct stream *stream, enum r3_record_type type) {
    struct event *event = &stream->events[stream->count++];
    event->series = NULL;
    r3_record_init(&event->record, type);
    return &event->record;
}

static void add_signal(struct stream *stream, const struct series *series, size_t i, const char *session,
                       enum r3_direction direction) {
    struct r3_signal *signal = &add_record(stream, R3_SIGNAL)->signal;
    const struct r3_candles *candles = &series->candles;
    int64_t close = series->close[i], away = close / 50 + 1;
    signal->time = r3_timeframe_close(candles->timeframe, series->time[i]);
    snprintf(signal->id, sizeof signal->id, "%s-%.8s-%lld-%d", session, candles->market, (long long)signal->time / 1000,
             (int)direction);
    snprintf(signal->session, sizeof signal->session, "%s", session);
    snprintf(signal->strategy, sizeof signal->strategy, "test");
    memcpy(signal->platform, candles->platform, sizeof signal->platform);
    memcpy(signal->market, candles->market, sizeof signal->market);
    signal->timeframe = candles->timeframe;
    signal->direction = direction;
    signal->reference = r3_candles_decimal(close, candles->price_scale);
    if (direction == R3_FLAT)
        return;
    int64_t sign = direction == R3_LONG ? 1 : -1;
    if (below(3) == 0 && close - away > 0)
        signal->stop = r3_candles_decimal(close - sign * (1 + below(away)), candles->price_scale);
    if (below(3) == 0 && close - 2 * away > 0)
        signal->target = r3_candles_decimal(close + sign * (1 + below(2 * away)), candles->price_scale);
    if (below(2) == 0)
        signal->volatility = r3_candles_decimal(away, candles->price_scale);
}

static void add_others(struct stream *stream, const struct series *series, size_t i) {
    static const enum r3_action actions[] = { R3_PAUSE, R3_RESUME, R3_STOP_SESSION, R3_START, R3_RESUME, R3_START };
    int64_t time = r3_timeframe_close(series->candles.timeframe, series->time[i]);
    if (below(150) == 0) {
        struct r3_tick *tick = &add_record(stream, R3_TICK)->tick;
        snprintf(tick->session, sizeof tick->session, "main");
        tick->every = R3_HOUR;
        tick->time = time;
    }
    if (below(200) == 0) {
        struct r3_command *command = &add_record(stream, R3_COMMAND)->command;
        snprintf(command->id, sizeof command->id, "c%zu", stream->count);
        snprintf(command->session, sizeof command->session, "main");
        command->time = time;
        command->action = actions[below(6)];
    }
    if (below(100) == 0) {
        struct r3_price *price = &add_record(stream, R3_PRICE)->price;
        memcpy(price->platform, series->candles.platform, sizeof price->platform);
        memcpy(price->market, series->candles.market, sizeof price->market);
        price->time = time;
        price->price = r3_candles_decimal(series->close[i] + below(3), series->candles.price_scale);
    }
}

/* Candles of the markets by their close, with signals and what else may come between. */
static void mix(struct stream *stream, size_t markets, int64_t every, bool others, bool second) {
    static const enum r3_direction directions[] = { R3_LONG, R3_LONG, R3_SHORT, R3_FLAT };
    size_t at[MARKETS] = { 0 };
    stream->count = 0;
    for (;;) {
        struct series *next = NULL;
        int64_t earliest = INT64_MAX;
        for (size_t m = 0; m < markets; m++) {
            struct series *series = &stream->series[m];
            if (at[m] >= series->candles.count)
                continue;
            int64_t close = r3_timeframe_close(series->candles.timeframe, series->time[at[m]]);
            if (close < earliest) {
                earliest = close;
                next = series;
            }
        }
        if (!next)
            break;
        size_t i = at[next - stream->series]++;
        stream->events[stream->count++] = (struct event) { .series = next, .index = i };
        if (below(every) == 0)
            add_signal(stream, next, i, second && below(3) == 0 ? "second" : "main", directions[below(4)]);
        if (others)
            add_others(stream, next, i);
    }
    struct r3_end *end = &add_record(stream, R3_END)->end;
    snprintf(end->source, sizeof end->source, "test");
    end->records = (int64_t)stream->count - 1;
}

struct options {
    const char *track, *size, *order, *report;
};

static int start(struct row *row, const struct options *options, struct r3_error *error) {
    *row = (struct row) { .taps = true };
    return row_add(row, &r3_track_stage, options->track, error) < 0 ||
                   row_add(row, &r3_size_stage, options->size, error) < 0 ||
                   row_add(row, &r3_order_stage, options->order, error) < 0 ||
                   row_add(row, &r3_report_stage, options->report, error) < 0
               ? -1
               : 0;
}

static int run_one_by_one(struct row *row, const struct stream *stream, struct r3_error *error) {
    struct r3_record record;
    for (size_t i = 0; i < stream->count; i++) {
        const struct event *event = &stream->events[i];
        if (event->series)
            r3_candles_record(&event->series->candles, event->index, &record);
        if (give(row, 0, event->series ? &record : &event->record, error) < 0)
            return -1;
    }
    return row_finish(row, error);
}

/* Ranges are as long as the candles come without a record between, or `most`, or anything below that. */
static int run_by_blocks(struct row *row, const struct stream *stream, int64_t most, struct r3_error *error) {
    for (size_t i = 0; i < stream->count;) {
        const struct event *event = &stream->events[i];
        if (!event->series) {
            i++;
            if (give(row, 0, &event->record, error) < 0)
                return -1;
            continue;
        }
        size_t limit = most > 0 ? (size_t)(1 + below(most)) : EVENTS, count = 1;
        while (count < limit && stream->events[i + count].series == event->series)
            count++;
        if (give_candles(row, 0, &event->series->candles, event->index, event->index + count, error) < 0)
            return -1;
        i += count;
    }
    return row_finish(row, error);
}

/* Where a run failed, a block has already brought candles to the first stages that one by one would have come later. */
static bool is_same(const struct r3_buffer *single, const struct r3_buffer *blocks, bool failed) {
    bool length = failed ? single->length <= blocks->length : single->length == blocks->length;
    return length && (single->length == 0 || memcmp(single->data, blocks->data, single->length) == 0);
}

/* The first line in which they differ, for people. */
static void show_difference(const char *name, const struct r3_buffer *a, const struct r3_buffer *b) {
    size_t i = 0, line = 0;
    while (i < a->length && i < b->length && a->data[i] == b->data[i])
        if (a->data[i++] == '\n')
            line = i;
    fprintf(stderr, "%s: one by one: %.*s\n%s: by blocks:  %.*s\n", name, (int)strcspn(a->data + line, "\n"),
            a->data + line, name, (int)strcspn(b->data + line, "\n"), b->data + line);
}

static int compare(const struct stream *stream, const struct options *options, int64_t most) {
    struct row single, blocks;
    struct r3_error error = { 0 }, block_error = { 0 };
    int status = start(&single, options, &error) < 0 ? -1 : run_one_by_one(&single, stream, &error);
    int block_status =
        start(&blocks, options, &block_error) < 0 ? -1 : run_by_blocks(&blocks, stream, most, &block_error);
    bool same = is_same(&single.printed, &blocks.printed, false);
    for (size_t i = 0; i < SEATS_MAX; i++)
        same &= is_same(&single.tapped[i], &blocks.tapped[i], status < 0);
    CHECK_INT(block_status, status);
    CHECK_TEXT(block_error.text, error.text);
    CHECK(same);
    if (!same || block_status != status) {
        fprintf(stderr, "options: track %s, size %s, order %s\n", options->track, options->size, options->order);
        for (size_t i = 0; i < single.count && single.tapped[i].length && blocks.tapped[i].length; i++)
            show_difference(single.seats[i].stage->name, &single.tapped[i], &blocks.tapped[i]);
        if (single.printed.length && blocks.printed.length)
            show_difference("report", &single.printed, &blocks.printed);
    }
    row_release(&single);
    row_release(&blocks);
    return status;
}

static const struct options choices[] = {
    { "", "--base 0.001", "--paper", "--json --session main" },
    { "", "--fraction 50%", "--paper --fee 0.1%", "--json --session main" },
    { "--short", "--fraction 1", "--paper --slippage 0.01%", "--json --session main" },
    { "--short --stop-loss 1% --take-profit 2%", "--risk 1%", "--paper", "--json --session main" },
    { "--trailing-stop 1%", "--quote 1000", "--paper --through 0.5",
      "--json --session main --from 2024-01-30T03:00:00Z" },
    { "--short --trailing-stop 2% --break-even 1%", "--fraction 30%", "--paper", "--json --session main" },
    { "--max-duration 3H", "--fraction 30%", "--paper --latency 2", "--json --session main" },
    { "--limit 0.3% --limit-candles 5", "--fraction 1", "--paper --maker-fee 0.05%", "--json --session main" },
    { "--limit 0.3% --limit-candles 40 --short --stop-loss 1%", "--fraction 1", "--paper", "--json --session main" },
    { "--stop-loss 1%", "--fraction 1", "--paper --volume-share 30%", "--json --session main" },
    { "--short", "--fraction 1", "--paper --volume-share 10% --latency 1", "--json --session main" },
    { "--short --protect tracker --stop-loss 1% --take-profit 1%", "--fraction 1", "--paper", "--json --session main" },
    { "--protect tracker --trailing-stop 1% --max-duration 1D", "--fraction 1", "--paper --fill close",
      "--json --session main" },
    { "--every 1H --short", "--kelly 50%", "--paper --spread 0.02%", "--json --session main" },
    { "--every 15m --limit 0.5%", "--volatility 1%", "--paper", "--json --session main" },
    { "--close-at-end --short", "--fraction 1 --max-exposure 50% --max-daily-loss 1%", "--paper --fill close",
      "--json --session main" },
    { "--short --stop-loss 0.2%", "--fraction 1", "--paper --fill close --volume-share 50%", "--session main" },
};
enum { CHOICES = sizeof choices / sizeof choices[0] };

static void made_streams(struct stream *stream, int rounds) {
    static const enum r3_timeframe timeframes[] = { R3_1m, R3_5m, R3_1H, R3_1D, R3_1W, R3_1M };
    int finished = 0, runs = 0;
    for (int round = 0; round < rounds; round++)
        for (size_t k = 0; k < CHOICES; k++, runs++) {
            size_t markets = 1 + (size_t)(below(3) == 0), count = (size_t)(200 + below(markets > 1 ? 500 : 1200));
            enum r3_timeframe timeframe = timeframes[below(3) ? below(2) : below(6)];
            start_series(&stream->series[0], "BTC-USDT", timeframe, (int32_t)(1 + below(3)));
            start_series(&stream->series[1], "ETH-USDT", below(2) ? timeframe : R3_15m, (int32_t)below(7));
            walk(&stream->series[0], count, 1000000, below(2) ? 3000 : 300);
            walk(&stream->series[1], count, 200000 + below(1000000), 2000);
            mix(stream, markets, 1 + below(60), below(2), below(3) == 0);
            finished += compare(stream, &choices[k], below(2) ? 0 : 1 + below(100)) == 0;
        }
    CHECK(finished > runs * 3 / 4); /* most streams run to their end */
}

/* Long stretches without a decision: the barrier of each 1,024 candles. */
static void rare_decisions(struct stream *stream) {
    for (size_t k = 0; k < CHOICES; k++) {
        start_series(&stream->series[0], "BTC-USDT", R3_1m, 2);
        walk(&stream->series[0], CANDLES, 100000000, 300);
        mix(stream, 1, 700, false, false);
        compare(stream, &choices[k], 0);
    }
}

static bool at_scale(int64_t *out, struct r3_decimal value, int32_t scale) {
    for (; value.scale < scale; value.scale++)
        value.coefficient *= 10;
    *out = (int64_t)value.coefficient;
    return value.scale == scale;
}

/* A real file; its prices have 2 decimals, its volumes up to 8. */
static void real_stream(struct stream *stream, const char *name, enum r3_timeframe timeframe) {
    static struct r3_candle candles[CANDLES];
    struct series *series = &stream->series[0];
    size_t count = (size_t)read_candles(candles, CANDLES, name, timeframe);
    CHECK(count > 100);
    start_series(series, "BTC-USD", timeframe, 2);
    series->candles.volume_scale = 8;
    series->candles.count = count;
    bool exact = true;
    for (size_t i = 0; i < count; i++) {
        series->time[i] = candles[i].time;
        exact = exact && at_scale(&series->open[i], candles[i].open, 2) &&
                at_scale(&series->high[i], candles[i].high, 2) && at_scale(&series->low[i], candles[i].low, 2) &&
                at_scale(&series->close[i], candles[i].close, 2) && at_scale(&series->volume[i], candles[i].volume, 8);
    }
    CHECK(exact);
    for (size_t k = 0; k < CHOICES; k++) {
        mix(stream, 1, 20, k % 2, false);
        compare(stream, &choices[k], k % 3 ? 0 : 50);
    }
}

int main(int argc, char **argv) {
    struct stream *stream = r3_allocate(sizeof *stream);
    stream->events = r3_allocate(EVENTS * sizeof *stream->events);
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 4;
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10);
    made_streams(stream, rounds);
    rare_decisions(stream);
    real_stream(stream, "btcusd-bitstamp-2013_1m.csv", R3_1m);
    real_stream(stream, "btcusd-bitstamp-2013_1H.csv", R3_1H);
    free(stream->events);
    free(stream);
    return check_done();
}
