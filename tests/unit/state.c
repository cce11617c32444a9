/* The law of --state: a stream that is cut anywhere and goes on in another run, with the states of the run before, gives together
 * what it gives in one piece; its last states are the same, and a state that is read and written again is the same text. Over
 * random streams of several markets and sessions, and options of every kind. */

#include "lib/base/time.h"
#include "tests/unit/check.h"
#include "tests/unit/stage_row.h"

enum { MARKETS = 4, RECORDS_MAX = 4096, ROUNDS = 160, PARTS_MAX = 6, SHORT = 90 /* records */ };

static uint64_t seed = 20131125;

/* SplitMix64 (Steele, Lea and Flood, 2014). */
static int64_t below(int64_t limit) {
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)((z ^ z >> 31) % (uint64_t)limit);
}

/* ---- a stream ---- */

static struct r3_record records[RECORDS_MAX];
static size_t count, head; /* those ahead of the first candle */
static const char *const markets[MARKETS] = { "BTC-USD", "ETH-USD", "LONGNAMED-USD", "XRP-EUR" };

static struct r3_record *add(enum r3_record_type type) {
    r3_record_init(&records[count], type);
    return &records[count++];
}

static struct r3_decimal hundredths(int64_t value) {
    return R3_DECIMAL(value, 2);
}

static void copy(char *out, size_t size, const char *text) {
    r3_copy_text(out, size, text, strlen(text));
}
#define COPY(out, text) copy(out, sizeof(out), text)

static void add_instrument(const char *market) {
    struct r3_instrument *out = &add(R3_INSTRUMENT)->instrument;
    COPY(out->platform, "csv");
    COPY(out->market, market);
    r3_copy_text(out->base, sizeof out->base, market, (size_t)(strchr(market, '-') - market));
    COPY(out->quote, strchr(market, '-') + 1);
    COPY(out->fee_currency, out->quote);
    out->price_increment = below(2) ? R3_DECIMAL(1, 2) : R3_DECIMAL(5, 1);
    out->base_increment = R3_DECIMAL(1, 5);
    out->quote_increment = R3_DECIMAL(1, 2);
    out->minimum_size = below(2) ? r3_decimal_zero : R3_DECIMAL(1, 2);
    out->minimum_funds = below(2) ? r3_decimal_zero : R3_DECIMAL(5, 0);
    if (below(2)) {
        out->maker_fee = R3_DECIMAL(-1, 4); /* a rebate */
        out->taker_fee = R3_DECIMAL(7, 4);
    }
}

static int64_t add_candle(const char *market, enum r3_timeframe timeframe, int64_t time, int64_t open) {
    struct r3_candle *out = &add(R3_CANDLE)->candle;
    int64_t close = open + below(open / 40 + 3) - open / 80, high = open > close ? open : close,
            low = open < close ? open : close;
    if (close < 100)
        close = high = open + 50;
    COPY(out->platform, "csv");
    COPY(out->market, market);
    out->timeframe = timeframe;
    out->time = time;
    out->open = hundredths(open);
    out->high = hundredths(high + below(open / 80 + 1));
    out->low = hundredths(low - below(low / 80 + 1));
    out->close = hundredths(close);
    out->volume = R3_DECIMAL(below(6) ? below(400000) : 0, 4);
    return below(12) ? close : close + below(close / 20 + 1) - close / 40;
}

/* A signal of a session that no r3-strategy makes. */
static void add_signal(const char *market, int64_t time, int64_t price) {
    static const char letters[] = "-LSF";
    struct r3_signal *out = &add(R3_SIGNAL)->signal;
    COPY(out->session, below(3) ? "s2" : "s3");
    COPY(out->strategy, "test");
    COPY(out->platform, "csv");
    COPY(out->market, market);
    out->timeframe = R3_5m;
    out->time = time;
    out->direction = (enum r3_direction)(1 + below(3));
    out->reference = hundredths(price);
    snprintf(out->id, sizeof out->id, "%s-%s-%lld-%c", out->session, market, (long long)time / 1000,
             letters[out->direction]);
    if (out->direction == R3_FLAT || below(2))
        return;
    int64_t away = (1 + below(price / 30)) * (out->direction == R3_LONG ? 1 : -1);
    out->stop = hundredths(price - away);
    if (below(2))
        out->target = hundredths(price + 2 * away);
}

static void add_other(int64_t time, int64_t price) {
    static const enum r3_action actions[] = { R3_PAUSE, R3_RESUME, R3_STOP_SESSION, R3_START, R3_START };
    if (below(25) == 0) {
        struct r3_tick *tick = &add(R3_TICK)->tick;
        COPY(tick->session, "main");
        tick->every = R3_HOUR;
        tick->time = time;
    }
    if (below(40) == 0) {
        struct r3_price *out = &add(R3_PRICE)->price;
        COPY(out->platform, "csv");
        COPY(out->market, markets[0]);
        out->time = time;
        out->price = hundredths(price);
    }
    if (below(60) == 0) {
        struct r3_command *command = &add(R3_COMMAND)->command;
        snprintf(command->id, sizeof command->id, "c%zu", count);
        COPY(command->session, below(2) ? "main" : "s2");
        command->time = time;
        command->action = actions[below(5)];
        if (command->action == R3_STOP_SESSION && below(2))
            command->position = R3_KEEP_POSITION;
    }
}

static void make_stream(void) {
    int64_t price[MARKETS] = { 20000, 5000, 131, 777 }, time = r3_time_from_civil(2024, 1, 30) + 20 * R3_HOUR;
    size_t wanted = 1 + (size_t)below(MARKETS), candles = 40 + (size_t)below(260);
    if (below(6) == 0)
        candles = 15 + (size_t)below(10);
    if (below(20) == 0) { /* beyond the number after which the tracker asks what was filled */
        wanted = 1;
        candles = 1100 + (size_t)below(400);
    }
    bool signals = below(2) == 0, coarse = below(4) == 0;
    count = 0;
    add(R3_STREAM)->stream.version = 1;
    for (size_t k = 0; k < wanted && below(3); k++)
        add_instrument(markets[k]);
    head = count;
    for (size_t i = 0; i < candles; i++, time += 5 * R3_MINUTE) {
        int64_t close = time + 5 * R3_MINUTE;
        for (size_t k = 0; k < wanted; k++) {
            if (below(30) == 0)
                continue; /* a gap */
            price[k] = add_candle(markets[k], R3_5m, time, price[k]);
            if (coarse && close % R3_HOUR == 0)
                add_candle(markets[k], R3_1H, close - R3_HOUR, price[k]);
            for (int more = signals && below(7) == 0; more; more = below(2) == 0) /* of one candle, too */
                add_signal(markets[k], close, price[k]);
        }
        add_other(close, price[0]);
    }
}

/* ---- options ---- */

struct options {
    char strategy[256], track[512], size[256], order[512];
};

static void say(char *out, size_t size, const char *text) {
    size_t length = strlen(out);
    snprintf(out + length, size - length, " %s", text);
}
#define SAY(out, text) say(out, sizeof(out), text)
#define SAY_ONE(out, ...)                                                                                              \
    do {                                                                                                               \
        static const char *const words[] = { __VA_ARGS__ };                                                            \
        SAY(out, words[below((int64_t)(sizeof words / sizeof words[0]))]);                                             \
    } while (0)

static void choose_options(struct options *out) {
    static const char *const strategies[] = { "sma-cross --set fast=3 --set slow=8",
                                              "ema-cross",
                                              "macd",
                                              "rsi-reversion",
                                              "bollinger-reversion",
                                              "donchian-breakout",
                                              "supertrend",
                                              "buy-and-hold",
                                              "tests/vectors/turns.rules",
                                              "tests/vectors/turns.rules" };
    *out = (struct options) { .strategy = "--state", .track = "--state", .order = "--state --paper" };
    SAY(out->strategy, strategies[below((int64_t)(sizeof strategies / sizeof strategies[0]))]);
    if (below(2))
        SAY(out->track, "--short");
    if (below(2))
        SAY(out->track, "--protect tracker");
    if (below(3) == 0)
        SAY_ONE(out->track, "--stop-loss 1%", "--stop-loss 3%");
    if (below(3) == 0)
        SAY_ONE(out->track, "--take-profit 0.5%", "--take-profit 4%");
    if (below(3) == 0)
        SAY_ONE(out->track, "--trailing-stop 2%", "--trailing-stop 0.7%");
    if (below(3) == 0)
        SAY_ONE(out->track, "--break-even 1%", "--break-even 0.3%");
    if (below(4) == 0)
        SAY_ONE(out->track, "--max-duration 30m", "--max-duration 5h");
    if (below(3) == 0)
        SAY_ONE(out->track, "--limit 0.2%", "--limit 1% --limit-candles 3", "--limit 0.5% --limit-candles 9");
    if (below(4) == 0)
        SAY_ONE(out->track, "--every 1h", "--every 1d");
    if (below(5) == 0)
        SAY_ONE(out->track, "--cooldown 20m", "--cooldown 3h");
    if (below(5) == 0)
        SAY_ONE(out->track, "--stop-guard 1", "--stop-guard 2 --guard-window 4h --guard-pause 90m");
    if (below(5) == 0)
        SAY_ONE(out->track, "--drawdown-guard 0.2%", "--drawdown-guard 1%");
    if (below(6) == 0)
        SAY_ONE(out->track, "--end-at 2024-01-31T02:00", "--end-loss 2%", "--end-gain 2%", "--end-drawdown 3%",
                "--end-losing-trades 5", "--end-losing-trades 20 --end-loss 10%");
    SAY_ONE(out->size, "--fraction 1", "--fraction 0.4", "--base 0.37", "--quote 333", "--kelly 0.5",
            "--fraction 0.8 --max-daily-loss 100");
    SAY_ONE(out->order, "--cash 10000", "--cash 300", "--cash 1000000");
    if (below(3) == 0)
        SAY_ONE(out->order, "--fee 0.3%", "--fee 0");
    if (below(3) == 0)
        SAY(out->order, "--slippage 0.1% --spread 0.2%");
    if (below(3) == 0)
        SAY_ONE(out->order, "--latency 1", "--latency 3");
    if (below(2) == 0)
        SAY_ONE(out->order, "--volume-share 10%", "--volume-share 1%");
    if (below(4) == 0)
        SAY(out->order, "--through 0.03");
    if (below(3) == 0)
        SAY(out->order, "--fill close");
}

/* ---- a run ---- */

struct result {
    struct r3_buffer text; /* what came out ahead of the end, without what was read at the head of a later run */
    struct r3_buffer end;  /* on account of it */
    struct r3_buffer states;
};

static void release(struct result *result) {
    r3_buffer_release(&result->text);
    r3_buffer_release(&result->end);
    r3_buffer_release(&result->states);
}

/* Behind r3-order: what it is given is what came out. */
static int sink_init(void **state, const struct r3_arguments *arguments, struct r3_port *port, struct r3_error *error) {
    (void)arguments, (void)port, (void)error;
    *state = NULL;
    return 0;
}
static int sink_step(void *state, const struct r3_record *record, struct r3_error *error) {
    (void)state, (void)record, (void)error;
    return 0;
}
static void sink_free(void *state) {
    (void)state;
}
static const struct r3_option no_options[] = { { .name = NULL } };
static const struct r3_stage sink_stage = {
    .name = "sink", .options = no_options, .sink = true, .init = sink_init, .step = sink_step, .free = sink_free
};

static int give_states(struct row *row, const struct r3_buffer *states, struct r3_error *error) {
    struct r3_decoder *decoder = r3_decoder_new();
    int result = 0;
    for (size_t at = 0; result == 0 && at < states->length;) {
        struct r3_record record;
        const char *line = states->data + at, *end = strchr(line, '\n');
        result = r3_record_decode(decoder, &record, line, (size_t)(end - line), error);
        if (result == 0)
            result = give(row, 0, &record, error);
        at = (size_t)(end + 1 - states->data);
    }
    r3_decoder_free(decoder);
    return result;
}

static int give_range(struct row *row, size_t from, size_t to, struct r3_error *error) {
    for (size_t i = from; i < to; i++)
        if (give(row, 0, &records[i], error) < 0)
            return -1;
    return 0;
}

static void keep_states(struct r3_buffer *out, const struct r3_buffer *text) {
    static const char start[] = "{\"type\":\"state\"";
    for (size_t at = 0; at < text->length;) {
        const char *line = text->data + at, *end = strchr(line, '\n') + 1;
        if (strncmp(line, start, sizeof start - 1) == 0)
            r3_buffer_append(out, line, (size_t)(end - line));
        at = (size_t)(end - text->data);
    }
}

/* The head of the stream, `states` (NULL: it is the first run), the records [from, to), the end. */
static int run(struct result *out, const struct options *options, const struct r3_buffer *states, size_t from,
               size_t to, struct r3_error *error) {
    struct row row = { .taps = true };
    struct r3_record end;
    const size_t last = 4;
    int result = -1;
    *out = (struct result) { 0 };
    r3_record_init(&end, R3_END);
    COPY(end.end.source, "test");
    if (row_add(&row, &r3_strategy_stage, options->strategy, error) < 0 ||
        row_add(&row, &r3_track_stage, options->track, error) < 0 ||
        row_add(&row, &r3_size_stage, options->size, error) < 0 ||
        row_add(&row, &r3_order_stage, options->order, error) < 0 || row_add(&row, &sink_stage, "", error) < 0 ||
        give_range(&row, 0, head, error) < 0 || (states && give_states(&row, states, error) < 0))
        goto out;
    const struct r3_buffer *text = &row.tapped[last];
    size_t begun = states ? text->length : 0;
    if (give_range(&row, from, to, error) < 0)
        goto out;
    size_t ended = text->length;
    if (give(&row, 0, &end, error) < 0 || row_finish(&row, error) < 0)
        goto out;
    r3_buffer_append(&out->text, text->data + begun, ended - begun);
    r3_buffer_append(&out->end, text->data + ended, text->length - ended);
    keep_states(&out->states, &out->end);
    result = 0;
out:
    row_release(&row);
    return result;
}

/* ---- the law ---- */

static size_t trades;

/* Where the texts differ first, as the lines there. */
static void compare(const struct r3_buffer *got, const struct r3_buffer *want, const char *options) {
    if (got->length == want->length && memcmp(got->data, want->data, got->length) == 0) {
        check_passed++;
        return;
    }
    size_t at = 0;
    while (at < got->length && at < want->length && got->data[at] == want->data[at])
        at++;
    while (at > 0 && got->data[at - 1] != '\n')
        at--;
    struct r3_buffer lines[2] = { R3_BUFFER_INIT, R3_BUFFER_INIT };
    const struct r3_buffer *texts[2] = { got, want };
    for (size_t k = 0; k < 2; k++) {
        const char *line = texts[k]->data + at, *end = at < texts[k]->length ? strchr(line, '\n') : line;
        r3_buffer_append(&lines[k], line, (size_t)(end - line));
    }
    fprintf(stderr, "%s\n", options);
    CHECK_TEXT(lines[0].data, lines[1].data);
    r3_buffer_release(&lines[0]);
    r3_buffer_release(&lines[1]);
}

static void count_trades(const struct r3_buffer *text) {
    for (const char *at = text->data; at && (at = strstr(at, "{\"type\":\"trade\"")); at++)
        trades++;
}

static void check_stable(const struct options *options, const struct r3_buffer *states, const char *words) {
    struct r3_error error = { 0 };
    struct result again;
    if (run(&again, options, states, head, head, &error) < 0)
        CHECK_TEXT(error.text, "");
    compare(&again.states, states, words);
    release(&again);
}

static void check_law(const struct options *options) {
    struct r3_error error = { 0 };
    struct result all, part;
    struct r3_buffer joined = R3_BUFFER_INIT, states = R3_BUFFER_INIT;
    char words[1600];
    snprintf(words, sizeof words, "%s |%s |%s |%s", options->strategy, options->track, options->size, options->order);
    if (run(&all, options, NULL, head, count, &error) < 0) {
        CHECK_TEXT(error.text, words);
        release(&all);
        return;
    }
    count_trades(&all.text);
    bool everywhere = count - head < SHORT; /* then each record is a run */
    size_t parts = everywhere ? count - head : 2 + (size_t)below(PARTS_MAX - 1);
    for (size_t k = 0, from = head, to; k < parts; k++, from = to) {
        to = k + 1 == parts ? count : everywhere ? from + 1 : from + (size_t)below((int64_t)(count - from) + 1);
        int failed = run(&part, options, k ? &states : NULL, from, to, &error);
        if (failed)
            CHECK_TEXT(error.text, words);
        r3_buffer_append(&joined, part.text.data, part.text.length);
        r3_buffer_reset(&states);
        r3_buffer_append(&states, part.states.data, part.states.length);
        if (k + 1 == parts && !failed)
            compare(&part.end, &all.end, words);
        release(&part);
        if (failed)
            break;
        check_stable(options, &states, words);
    }
    compare(&joined, &all.text, words);
    release(&all);
    r3_buffer_release(&joined);
    r3_buffer_release(&states);
}

int main(void) {
    struct options options;
    setenv("R3_STRATEGIES", "lib/strategies", 0);
    for (int round = 0; round < ROUNDS; round++) {
        make_stream();
        choose_options(&options);
        check_law(&options);
    }
    CHECK(trades > 5000);
    return check_done();
}
