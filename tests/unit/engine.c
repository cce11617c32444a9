/* The in-process engine: blocks of candles against records one by one, failures in the middle, several engines at once. That its
 * bytes are those of the pipe is compared in tests/r3-backtest.bats. */
#include <pthread.h>
#include <stdlib.h>

#include "lib/stage/engine_private.h"
#include "tests/unit/candles.h"
#include "tests/unit/check.h"

/* ---- a stage of the test's own, which answers some candles ---- */

struct echoer {
    struct r3_port *port;
    uint64_t seen;
    int64_t every, ahead_every, fail_at; /* in candles; 0: never */
};

static struct echoer chosen[3]; /* for the nodes by their position; read by init alone */
static size_t next_chosen;

static int echoer_init(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                       struct r3_error *error) {
    struct echoer *echoer = r3_allocate(sizeof *echoer);
    (void)arguments;
    (void)error;
    *echoer = chosen[next_chosen++ % 3];
    echoer->port = port;
    *state = echoer;
    return 0;
}

static int emit_price(struct echoer *echoer, const struct r3_candle *candle, bool ahead, struct r3_error *error) {
    struct r3_record record;
    r3_record_init(&record, R3_PRICE);
    memcpy(record.price.platform, candle->platform, sizeof record.price.platform);
    memcpy(record.price.market, candle->market, sizeof record.price.market);
    record.price.time = candle->time + (ahead ? 0 : 1);
    record.price.price = candle->close;
    return ahead ? echoer->port->emit_ahead(echoer->port, &record, error)
                 : echoer->port->emit(echoer->port, &record, error);
}

static bool falls_on(uint64_t count, int64_t every) {
    return every && count % (uint64_t)every == 0;
}

static int take_candle(struct echoer *echoer, const struct r3_candle *candle, struct r3_error *error) {
    echoer->seen++;
    if (falls_on(echoer->seen, echoer->ahead_every) && emit_price(echoer, candle, true, error) < 0)
        return -1;
    if (falls_on(echoer->seen, echoer->fail_at))
        return r3_fail(error, R3_DATA, "candle %llu is refused", (unsigned long long)echoer->seen);
    for (int i = 0; i < 2; i++)
        if (falls_on(echoer->seen, echoer->every) && emit_price(echoer, candle, false, error) < 0)
            return -1;
    return 0;
}

static int echoer_step(void *state, const struct r3_record *record, struct r3_error *error) {
    return record->type == R3_CANDLE ? take_candle(state, &record->candle, error) : 0;
}

static int echoer_candles(void *state, const struct r3_candles *candles, size_t from, size_t to, size_t *at,
                          struct r3_error *error) {
    for (size_t i = from; i < to; i++) {
        struct r3_record record;
        *at = i;
        r3_candles_record(candles, i, &record);
        if (take_candle(state, &record.candle, error) < 0)
            return -1;
    }
    return 0;
}

static int echoer_finish(void *state, bool ended, struct r3_error *error) {
    struct echoer *echoer = state;
    (void)error;
    if (!ended)
        echoer->port->warn(echoer->port, "cut off after %llu", (unsigned long long)echoer->seen);
    return 0;
}

static const struct r3_option no_options[] = { { .name = NULL } };
static const struct r3_stage with_blocks = { .name = "both",
                                             .operands = "",
                                             .summary = "",
                                             .options = no_options,
                                             .init = echoer_init,
                                             .step = echoer_step,
                                             .candles = echoer_candles,
                                             .finish = echoer_finish,
                                             .free = free };
static const struct r3_stage without_blocks = { .name = "both",
                                                .operands = "",
                                                .summary = "",
                                                .options = no_options,
                                                .init = echoer_init,
                                                .step = echoer_step,
                                                .finish = echoer_finish,
                                                .free = free };

/* ---- the candles and the runs ---- */

static struct columns {
    int64_t time[CANDLES_MAX], open[CANDLES_MAX], high[CANDLES_MAX], low[CANDLES_MAX], close[CANDLES_MAX],
        volume[CANDLES_MAX];
    size_t count;
} columns;

static int64_t at_scale(struct r3_decimal value, int scale) {
    r3_int128 coefficient = value.coefficient;
    for (int i = value.scale; i < scale; i++)
        coefficient *= 10;
    return (int64_t)coefficient;
}

static void read_columns(void) {
    static struct r3_candle candles[CANDLES_MAX];
    columns.count = (size_t)read_candles(candles, CANDLES_MAX, "btcusd-bitstamp-2013_5m.csv", R3_5m);
    for (size_t i = 0; i < columns.count; i++) {
        columns.time[i] = candles[i].time;
        columns.open[i] = at_scale(candles[i].open, 8);
        columns.high[i] = at_scale(candles[i].high, 8);
        columns.low[i] = at_scale(candles[i].low, 8);
        columns.close[i] = at_scale(candles[i].close, 8);
        columns.volume[i] = at_scale(candles[i].volume, 10);
    }
}

static struct r3_candles block(size_t from, size_t count) {
    return (struct r3_candles) { .platform = "csv",
                                 .market = "BTC-USD",
                                 .timeframe = R3_5m,
                                 .price_scale = 8,
                                 .volume_scale = 10,
                                 .count = count,
                                 .time = columns.time + from,
                                 .open = columns.open + from,
                                 .high = columns.high + from,
                                 .low = columns.low + from,
                                 .close = columns.close + from,
                                 .volume = columns.volume + from };
}

struct result {
    struct r3_buffer out, messages;
    size_t room; /* bytes that the reader takes; 0: any number */
    int status;
};

static int put(void *context, const char *data, size_t length, struct r3_error *error) {
    struct result *result = context;
    (void)error;
    r3_buffer_append(&result->out, data, length);
    return result->room && result->out.length > result->room ? R3_ENGINE_GONE : 0;
}

static int put_never(void *context, const char *data, size_t length, struct r3_error *error) {
    (void)context;
    (void)data;
    (void)length;
    return r3_fail(error, R3_IO, "the output is full");
}

static void message(void *context, const char *program, const char *text) {
    struct result *result = context;
    r3_buffer_printf(&result->messages, "%s: %s\n", program ? program : "-", text);
}

static void release(struct result *result) {
    r3_buffer_release(&result->out);
    r3_buffer_release(&result->messages);
}

static int give_head(struct r3_engine *engine) {
    struct r3_record record;
    r3_record_init(&record, R3_STREAM);
    record.stream.version = R3_STREAM_VERSION;
    if (r3_engine_give(engine, &record) < 0)
        return -1;
    r3_record_init(&record, R3_INSTRUMENT);
    struct r3_instrument *instrument = &record.instrument;
    static const char platform[] = "csv", market[] = "BTC-USD", base[] = "BTC", quote[] = "USD";
    memcpy(instrument->platform, platform, sizeof platform);
    memcpy(instrument->market, market, sizeof market);
    memcpy(instrument->base, base, sizeof base);
    memcpy(instrument->quote, quote, sizeof quote);
    memcpy(instrument->fee_currency, quote, sizeof quote);
    instrument->price_increment = instrument->base_increment = instrument->quote_increment = R3_DECIMAL(1, 8);
    instrument->minimum_size = instrument->minimum_funds = r3_decimal_zero;
    return r3_engine_give(engine, &record);
}

static int give_block(struct r3_engine *engine, const struct r3_candles *candles, bool as_records) {
    struct r3_record record;
    if (!as_records)
        return r3_engine_give_candles(engine, candles);
    for (size_t i = 0; i < candles->count; i++) {
        r3_candles_record(candles, i, &record);
        if (r3_engine_give(engine, &record) < 0)
            return -1;
    }
    return 0;
}

/* All candles in blocks of `size` or, with 0, of changing sizes; then the end. */
static void give_all(struct r3_engine *engine, size_t size, bool as_records) {
    struct r3_record record;
    uint64_t random = 88172645463325252u; /* xorshift64, Marsaglia 2003 */
    if (r3_engine_start(engine) < 0 || give_head(engine) < 0)
        return;
    for (size_t from = 0, count; from < columns.count; from += count) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        count = size ? size : 1 + random % (random % 5 ? 7 : 900);
        if (count > columns.count - from)
            count = columns.count - from;
        struct r3_candles candles = block(from, count);
        if (give_block(engine, &candles, as_records) < 0)
            return;
    }
    r3_record_init(&record, R3_END);
    memcpy(record.end.source, "test", sizeof "test");
    record.end.records = (int64_t)columns.count + 2;
    r3_engine_give(engine, &record);
}

struct manner {
    size_t size;
    bool as_records, without; /* without: no stage takes blocks */
    unsigned blocks;          /* own stages: a bit for each that takes them */
    size_t room;
    bool full;
};

/* own: the stages are the test's own, in place of those that are named. */
static struct result run_text(const char *given, bool own, const struct manner *manner) {
    struct result result = { .room = manner->room };
    struct r3_pipeline_text text;
    struct r3_engine *engine = NULL;
    struct r3_error error = { 0 };
    struct r3_engine_options options = { .output = manner->full ? put_never : put,
                                         .message = message,
                                         .context = &result };
    struct r3_stage plain[8];
    CHECK_INT(r3_pipeline_text_parse(&text, given, strlen(given), false, &error), 0);
    CHECK_INT(r3_engine_new(&engine, &text, &options, &error), 0);
    for (size_t k = 0; k < engine->count && k < 8; k++) {
        if (own)
            engine->nodes[k].stage = manner->blocks & (1U << k) ? &with_blocks : &without_blocks;
        if (manner->without) {
            plain[k] = *engine->nodes[k].stage;
            plain[k].candles = NULL;
            engine->nodes[k].stage = &plain[k];
        }
    }
    next_chosen = 0;
    give_all(engine, manner->size, manner->as_records);
    result.status = r3_engine_finish(engine);
    CHECK_INT(result.status, r3_engine_status(engine));
    r3_engine_free(engine);
    r3_pipeline_text_release(&text);
    return result;
}

static const char *text_of(const struct r3_buffer *buffer) {
    return buffer->data ? buffer->data : "";
}

static void check_same(const struct result *got, const struct result *want, const char *what) {
    bool same = got->out.length == want->out.length &&
                (want->out.length == 0 || memcmp(got->out.data, want->out.data, want->out.length) == 0);
    if (!same)
        fprintf(stderr, "%s: %zu bytes, not %zu or not the same\n", what, got->out.length, want->out.length);
    CHECK(same);
    CHECK_TEXT(text_of(&got->messages), text_of(&want->messages));
    CHECK_INT(got->status, want->status);
}

/* ---- the checks ---- */

/* Whatever takes blocks and however they are cut, the bytes are those of records. */
static void check_own(const char *given) {
    static const size_t sizes[] = { 1, 2, 7, 1000, 0 };
    struct manner plain = { .as_records = true };
    struct result want = run_text(given, true, &plain);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (unsigned blocks = 0; blocks < 8; blocks++) {
            struct manner manner = { .size = sizes[i], .blocks = blocks };
            struct result got = run_text(given, true, &manner);
            check_same(&got, &want, given);
            release(&got);
        }
    release(&want);
}

static void check_echoes(void) {
    static const struct echoer rows[][3] = {
        { { 0 } },
        { { .every = 10 }, { .every = 7 }, { .every = 3 } },
        { { .ahead_every = 10 }, { .every = 7, .ahead_every = 14 }, { .ahead_every = 1 } },
        { { .every = 1 }, { .every = 1, .ahead_every = 1 }, { .every = 1 } },
        { { .every = 5, .fail_at = 50 }, { .every = 7 }, { 0 } },
        { { .every = 10 }, { .ahead_every = 50, .fail_at = 50 }, { .every = 3 } },
        { { .every = 10 }, { .every = 7 }, { .ahead_every = 3, .fail_at = 901 } },
        { { .fail_at = 70 }, { .fail_at = 90 }, { .fail_at = 100 } },
        { { .fail_at = 80 }, { .fail_at = 90 }, { .fail_at = 80 } },
        { { .fail_at = 1 }, { 0 }, { 0 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memcpy(chosen, rows[i], sizeof chosen);
        check_own("r3-size | r3-size | r3-size");
        check_own("r3-size | r3-size -q | r3-size");
        check_own("r3-size -q | r3-size | r3-size -q");
    }
}

/* Bytes, line numbers and ends of a failure, spelled out once. */
static void check_failure(void) {
    struct manner manner = { .size = 1000, .blocks = 7 };
    memcpy(chosen, (struct echoer[3]) { { .every = 2 }, { .fail_at = 3 }, { 0 } }, sizeof chosen);
    struct result got = run_text("r3-size | r3-size -q | r3-size", true, &manner);
    /* Two heads, candles 1 and 2, two prices, and candle 3 is line 7. What is not quiet passes it all on, but -q does not. */
    CHECK_TEXT(text_of(&got.out), "");
    CHECK_TEXT(text_of(&got.messages), "both: cut off after 0\nboth: standard input:7: candle 3 is refused\n");
    CHECK_INT(got.status, R3_DATA);
    release(&got);
    got = run_text("r3-size | r3-size | r3-size", true, &manner);
    size_t lines = 0;
    for (size_t i = 0; i < got.out.length; i++)
        lines += got.out.data[i] == '\n';
    CHECK_INT(lines, 6);
    CHECK_TEXT(text_of(&got.messages), "both: cut off after 2\nboth: standard input:7: candle 3 is refused\n");
    release(&got);
}

static void check_reader(void) {
    struct manner gone = { .size = 100, .blocks = 5, .room = 1 }, full = { .size = 100, .full = true };
    memset(chosen, 0, sizeof chosen);
    struct result got = run_text("r3-size | r3-size | r3-size", true, &gone);
    CHECK_TEXT(text_of(&got.messages), "");
    CHECK_INT(got.status, 0);
    CHECK(got.out.length > 0 && got.out.length < 100000);
    release(&got);
    got = run_text("r3-size | r3-size | r3-size", true, &full);
    CHECK_TEXT(text_of(&got.messages), "both: the output is full\n");
    CHECK_INT(got.status, R3_IO);
    release(&got);
}

static const char *const PIPELINES[] = {
    "r3-strategy sma-cross | r3-track | r3-size | r3-order --paper",
    "r3-strategy sma-cross -q | r3-track | r3-size | r3-order --paper",
    "r3-strategy ema-cross --plot quick | r3-track --stop-loss 2% --take-profit 3% | r3-size --risk 1% | r3-order --paper",
    "r3-strategy macd | r3-track --trailing-stop 2% --limit 0.3% | r3-size | r3-order --paper --volume-share 1%",
    "r3-strategy rsi-reversion | r3-track --protect tracker --short --stop-loss 1% --every 1h | r3-size | r3-order --paper --latency 2",
    "r3-strategy donchian-breakout | r3-track --max-duration 4h --close-at-end | r3-size | r3-order --paper | r3-report --json",
    "r3-strategy sma-cross --session a | r3-strategy bollinger-reversion --session b | r3-track | r3-size | r3-order --paper | r3-report --session b",
    "r3-order --paper | r3-report",
    "r3-strategy sma-cross | r3-track | r3-size",
    "r3-strategy sma-cross | r3-track | r3-size --quote 1 | r3-order --paper --strict --cash 0.5 | r3-report --json",
};

/* The real programs: as they take blocks, against one record at a time. */
static void check_programs(void) {
    static const size_t sizes[] = { 1, 13, 4096, 0 };
    struct manner plain = { .as_records = true, .without = true };
    for (size_t i = 0; i < sizeof PIPELINES / sizeof PIPELINES[0]; i++) {
        struct result want = run_text(PIPELINES[i], false, &plain);
        CHECK(want.out.length + want.messages.length > 100);
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++)
            for (unsigned without = 0; without < 2; without++) {
                struct manner manner = { .size = sizes[k], .without = without };
                struct result got = run_text(PIPELINES[i], false, &manner);
                check_same(&got, &want, PIPELINES[i]);
                release(&got);
            }
        release(&want);
    }
}

/* ---- several at once ---- */

struct job {
    const char *given;
    struct r3_buffer out;
    int status;
};

static int put_job(void *context, const char *data, size_t length, struct r3_error *error) {
    struct job *job = context;
    (void)error;
    r3_buffer_append(&job->out, data, length);
    return 0;
}

static void *work(void *context) {
    struct job *job = context;
    struct r3_pipeline_text text;
    struct r3_engine *engine = NULL;
    struct r3_error error = { 0 };
    struct r3_engine_options options = { .output = put_job, .context = job };
    job->status = -1;
    if (r3_pipeline_text_parse(&text, job->given, strlen(job->given), false, &error) == 0 &&
        r3_engine_new(&engine, &text, &options, &error) == 0) {
        give_all(engine, 500, false);
        job->status = r3_engine_finish(engine);
    }
    r3_engine_free(engine);
    r3_pipeline_text_release(&text);
    return NULL;
}

static void check_threads(void) {
    enum { THREADS = 6 };
    pthread_t threads[THREADS];
    struct job jobs[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        jobs[i] = (struct job) { .given = PIPELINES[i % 3] };
        CHECK_INT(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        CHECK_INT(pthread_join(threads[i], NULL), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        struct manner plain = { .as_records = true };
        struct result want = run_text(jobs[i].given, false, &plain);
        CHECK_TEXT(text_of(&jobs[i].out), text_of(&want.out));
        CHECK_INT(jobs[i].status, want.status);
        release(&want);
        r3_buffer_release(&jobs[i].out);
    }
}

/* ---- the rest of the interface ---- */

struct taken {
    size_t records, candles, pieces;
};

static int take(void *context, const struct r3_record *record, struct r3_error *error) {
    struct taken *taken = context;
    (void)record;
    (void)error;
    taken->records++;
    return 0;
}

static int take_candles(void *context, const struct r3_candles *candles, size_t from, size_t to,
                        struct r3_error *error) {
    struct taken *taken = context;
    (void)candles;
    (void)error;
    taken->candles += to - from;
    taken->pieces++;
    return 0;
}

static void check_take(void) {
    static const char given[] = "r3-collect - | r3-size | r3-report";
    struct taken taken = { 0 };
    struct r3_pipeline_text text;
    struct r3_engine *engine = NULL;
    struct r3_error error = { 0 };
    struct r3_engine_options options = {
        .first = 1, .count = 1, .take = take, .take_candles = take_candles, .context = &taken
    };
    CHECK_INT(r3_pipeline_text_parse(&text, given, sizeof given - 1, false, &error), 0);
    CHECK_INT(r3_engine_new(&engine, &text, &options, &error), 0);
    give_all(engine, 1000, false);
    CHECK_INT(r3_engine_finish(engine), 0);
    CHECK_INT(r3_engine_finish(engine), 0);
    CHECK(r3_engine_failure(engine, NULL) == NULL);
    CHECK_INT(taken.records, 3);
    CHECK_INT(taken.candles, columns.count);
    CHECK_INT(taken.pieces, (columns.count + 999) / 1000);
    r3_engine_free(engine);
    r3_pipeline_text_release(&text);
}

static void check_refused(void) {
    static const char unknown[] = "r3-size | awk x",
                      wrong[] = "r3-size --fee x | r3-track --short=1 | r3-order --paper";
    struct result result = { 0 };
    struct r3_pipeline_text text;
    struct r3_engine *engine = NULL;
    struct r3_error error = { 0 };
    struct r3_engine_options options = { .output = put, .message = message, .context = &result };
    CHECK_INT(r3_pipeline_text_parse(&text, unknown, sizeof unknown - 1, false, &error), 0);
    CHECK_INT(r3_engine_new(&engine, &text, &options, &error), -1);
    CHECK_INT(error.status, R3_USAGE);
    CHECK_TEXT(error.text, "awk: only the shell can run this program: use pipelines/backtest");
    CHECK(engine == NULL);
    r3_pipeline_text_release(&text);
    CHECK_INT(r3_pipeline_text_parse(&text, wrong, sizeof wrong - 1, false, &error), 0);
    CHECK_INT(r3_engine_new(&engine, &text, &options, &error), 0);
    CHECK_INT(r3_engine_start(engine), -1);
    CHECK_INT(give_head(engine), -1);
    CHECK_INT(r3_engine_finish(engine), R3_USAGE);
    const char *program = "";
    const struct r3_error *failure = r3_engine_failure(engine, &program);
    CHECK_TEXT(program, "r3-size");
    CHECK(failure && strstr(failure->text, "--fee wants"));
    CHECK_TEXT(strchr(text_of(&result.messages), '\n') + 1,
               "-: r3-size --help shows the options\nr3-track: --short takes no argument\n"
               "-: r3-track --help shows the options\n");
    release(&result);
    r3_engine_free(engine);
    r3_pipeline_text_release(&text);
}

int main(void) {
    read_columns();
    CHECK_INT(columns.count, 1917);
    setenv("R3_STRATEGIES", "lib/strategies", 1);
    check_echoes();
    check_failure();
    check_reader();
    check_programs();
    check_threads();
    check_take();
    check_refused();
    return check_done();
}
