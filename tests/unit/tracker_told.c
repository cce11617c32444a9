/* The tracker of a live session: what an exchange tells in its own input. */

#include "lib/trade/tracker_state.h"
#include "tests/unit/tracker_script.h"

/* An update in the input; r3-order gives it back in answer to the sync, with what was queued ahead of it. */
static void told(struct script *script, const char *order, enum r3_event event) {
    ended(script, order, event, "", 1);
    struct r3_record record = script->queue[script->queued - 1];
    step(script, &record);
}

/* A trade in the input, which comes back so often. */
static void told_trade(struct script *script, const char *order, enum r3_role role, const char *price, const char *size,
                       int64_t time, int times) {
    struct r3_record record;
    for (int i = 0; i < times; i++)
        trade_at(script, order, role, role == R3_ENTRY ? R3_BUY : R3_SELL, price, size, time, 1);
    record = script->queue[script->queued - 1];
    step(script, &record);
}

static void told_fill(struct script *script, const char *order, enum r3_role role, const char *price, const char *size,
                      int64_t time) {
    told_trade(script, order, role, price, size, time, 1);
    told(script, order, R3_EVENT_FILLED);
}

static void tick(struct script *script) {
    struct r3_record record;
    r3_record_init(&record, R3_TICK);
    COPY(record.tick.session, "main");
    record.tick.every = R3_MINUTE;
    record.tick.time = script->time + R3_MINUTE;
    step(script, &record);
}

/* Another run goes on from here; what was written so far is as if forgotten. */
static void next_run(struct script *script, const struct r3_tracker_options *options) {
    struct r3_record stream;
    struct r3_tracker_outlet outlet = { emit, sync, script };
    struct r3_tracker_heard heard = { 0 };
    struct r3_buffer text = R3_BUFFER_INIT, again = R3_BUFFER_INIT;
    r3_tracker_save(script->tracker, &text);
    CHECK_INT(r3_tracker_save_heard(&heard, &text, &script->error), 0);
    r3_tracker_free(script->tracker);
    script->tracker = r3_tracker_new(options, &outlet);
    r3_record_init(&stream, R3_STREAM);
    stream.stream.version = 1;
    step(script, &stream);
    CHECK_INT(r3_tracker_load(script->tracker, &heard, text.data, text.length, &script->error), 0);
    r3_tracker_save(script->tracker, &again);
    CHECK_INT(r3_tracker_save_heard(&heard, &again, &script->error), 0);
    CHECK_TEXT(again.data, text.data);
    r3_tracker_heard_release(&heard);
    r3_buffer_release(&text);
    r3_buffer_release(&again);
    r3_buffer_reset(&script->out);
}

/* LONG at 105 with these levels, its order PLACED; then an hour that closes at 104. */
static void enter(struct script *script, const struct r3_tracker_options *options, const char *stop,
                  const char *target) {
    begin(script, options);
    signal_with(script, R3_LONG, "105", stop, target);
    r3_buffer_reset(&script->out);
    told(script, "main-1-ENTRY-1", R3_EVENT_PLACED);
    check_text(script->out.data, "sync\n", __FILE__, __LINE__);
    flat_candle(script, "104");
    r3_buffer_reset(&script->out);
}

/* What was filled an hour ago is told now, and the last price is what it was by then, or since. */
static void test_filled_behind_candles(void) {
    static const struct {
        const char *price, *want;
        int64_t filled; /* behind the open of the last candle */
    } cases[] = {
        { "99", "sync\nmain-1-SL-1 SELL MARKET 1\n", R3_MINUTE },
        { "100", "sync\nmain-1-SL-1 SELL MARKET 1\n", 0 },
        { "100.01", "sync\n", R3_MINUTE },
        { "115", "sync\nmain-1-TP-1 SELL MARKET 1\n", R3_MINUTE },
        { "115", "sync\nmain-1-TP-1 SELL MARKET 1\n", R3_HOUR },
        { "115", "sync\n", R3_HOUR + 1 }, /* that price was gone when it was filled */
        { "99", "sync\nmain-1-SL-1 SELL MARKET 1\n", R3_HOUR + 1 },
    };
    struct r3_tracker_options options = plain();
    options.protect = true;
    options.limit = decimal("0");
    options.limit_candles = 9;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct script script;
        enter(&script, &options, "100", "115");
        flat_candle(&script, cases[i / 2].price);
        WRITTEN("sync\n"); /* nothing is held, as far as is known */
        if (i % 2)
            next_run(&script, &options);
        const int64_t time = script.time - R3_HOUR + cases[i / 2].filled;
        told_trade(&script, "main-1-ENTRY-1", R3_ENTRY, "104", "1", time, 1);
        WRITTEN("sync\n"); /* the order works still, as far as is known: it is not cancelled */
        told(&script, "main-1-ENTRY-1", R3_EVENT_FILLED);
        WRITTEN(cases[i / 2].want);
        CHECK_INT(script.error.status, 0);
        told(&script, "main-1-SL-1", R3_EVENT_PLACED); /* no second one */
        WRITTEN("sync\n");
        finish(&script);
    }
}

/* A position whose time is over leaves, with a price of before the fill too. */
static void test_time_is_over(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.protect = true;
    options.max_duration = R3_HOUR;
    enter(&script, &options, NULL, "106");
    flat_candle(&script, "106");
    r3_buffer_reset(&script.out);
    told_fill(&script, "main-1-ENTRY-1", R3_ENTRY, "104", "1", script.time + 1);
    WRITTEN("sync\nsync\nmain-1-MO-1 SELL MARKET 1\n");
    finish(&script);
}

/* A part of a limit entry: what it has not filled yet is cancelled, what it has is left as soon as that is over. */
static void test_part(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.protect = true;
    options.limit = decimal("0");
    options.limit_candles = 9;
    enter(&script, &options, "100", NULL);
    flat_candle(&script, "99");
    told_trade(&script, "main-1-ENTRY-1", R3_ENTRY, "104", "0.4", script.time - 1, 1);
    WRITTEN("sync\nsync\n");
    told(&script, "main-1-ENTRY-1", R3_EVENT_PARTIAL);
    WRITTEN("sync\ncancel main-1-ENTRY-1: the position is left\nsync\n");
    told(&script, "main-1-ENTRY-1", R3_EVENT_CANCELED);
    WRITTEN("sync\nmain-1-EXIT-1 SELL MARKET 0.4\n");
    finish(&script);
}

/* Nobody protects it here, or it is not that session's. */
static void test_not_protected(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    struct r3_record record;
    enter(&script, &options, "100", NULL);
    flat_candle(&script, "99");
    told_fill(&script, "main-1-ENTRY-1", R3_ENTRY, "104", "1", script.time - 1);
    WRITTEN("sync\nsync\n");
    finish(&script);

    options.protect = true;
    enter(&script, &options, "100", NULL);
    flat_candle(&script, "99");
    told_trade(&script, "main-1-ENTRY-1", R3_ENTRY, "104", "1", script.time - 1, 1);
    ended(&script, "main-1-ENTRY-1", R3_EVENT_FILLED, "", 1);
    record = script.queue[script.queued - 1];
    COPY(record.update.session, "other");
    step(&script, &record);
    WRITTEN("sync\nsync\nsync\n");
    finish(&script);

    enter(&script, &options, "100", NULL);
    r3_record_init(&record, R3_COMMAND);
    COPY(record.command.id, "c1");
    COPY(record.command.session, "main");
    record.command.time = script.time;
    record.command.action = R3_STOP_SESSION;
    record.command.position = R3_KEEP_POSITION;
    step(&script, &record);
    flat_candle(&script, "99");
    WRITTEN("sync\ncancel main-1-ENTRY-1: the session was stopped\nsync\nsync\n");
    told_fill(&script, "main-1-ENTRY-1", R3_ENTRY, "104", "1", script.time - 1); /* the cancel came late */
    WRITTEN("sync\nsync\n");
    finish(&script);
}

/* Held, and its exit was refused by the exchange. */
static void refuse_exit(struct script *script, const struct r3_tracker_options *options) {
    enter(script, options, NULL, NULL);
    told_fill(script, "main-1-ENTRY-1", R3_ENTRY, "104", "1", script->time - 1);
    signal(script, R3_FLAT, "104");
    r3_buffer_reset(&script->out);
    told(script, "main-1-EXIT-1", R3_EVENT_REJECTED);
    check_text(script->out.data, "sync\n", __FILE__, __LINE__); /* not at once */
    r3_buffer_reset(&script->out);
}

static void test_refused_exit(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    for (int runs = 0; runs < 2; runs++) {
        refuse_exit(&script, &options);
        if (runs)
            next_run(&script, &options);
        tick(&script);
        WRITTEN("sync\nmain-1-EXIT-2 SELL MARKET 1\nposition LONG 1\n");
        CHECK_INT(script.last.time, script.time);
        tick(&script); /* it works */
        WRITTEN("sync\nposition LONG 1\n");
        told_trade(&script, "main-1-EXIT-2", R3_EXIT, "104", "0.4", script.time, 1);
        told(&script, "main-1-EXIT-2", R3_EVENT_CANCELED);
        WRITTEN("sync\nsync\n");
        if (runs)
            next_run(&script, &options);
        tick(&script);
        WRITTEN("sync\nmain-1-EXIT-3 SELL MARKET 0.6\nposition LONG 0.6\n");
        ended(&script, "main-1-EXIT-3", R3_EVENT_REJECTED, "r3-order would not have it", 1);
        tick(&script);
        tick(&script);
        WRITTEN("sync\nposition LONG 0.6\nsync\nposition LONG 0.6\n");
        flat_candle(&script, "104");
        WRITTEN("sync\nmain-1-EXIT-4 SELL MARKET 0.6\n");
        told(&script, "main-1-EXIT-4", R3_EVENT_REJECTED);
        flat_candle(&script, "104");
        WRITTEN("sync\nsync\nmain-1-EXIT-5 SELL MARKET 0.6\n");
        tick(&script); /* the candle has tried again */
        WRITTEN("sync\nposition LONG 0.6\n");
        told_fill(&script, "main-1-EXIT-5", R3_EXIT, "104", "0.6", script.time);
        tick(&script);
        WRITTEN("sync\nsync\nsync\n");
        finish(&script);
    }
}

/* Of a session that is to keep its position an exit that was refused is not tried again: not at a tick, and not with a candle. */
static void test_refused_and_kept(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    struct r3_record record;
    refuse_exit(&script, &options);
    r3_record_init(&record, R3_COMMAND);
    COPY(record.command.id, "c1");
    COPY(record.command.session, "main");
    record.command.time = script.time;
    record.command.action = R3_STOP_SESSION;
    record.command.position = R3_KEEP_POSITION;
    step(&script, &record);
    tick(&script);
    flat_candle(&script, "104");
    tick(&script);
    WRITTEN("sync\nsync\nposition LONG 1\nsync\nposition LONG 1\n");
    finish(&script);
}

/* A trade that comes twice is one trade, in this run and in the next. */
static void test_twice(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    enter(&script, &options, NULL, NULL);
    told_trade(&script, "main-1-ENTRY-1", R3_ENTRY, "104", "1", script.time - 1, 2);
    next_run(&script, &options);
    told_trade(&script, "main-1-ENTRY-1", R3_ENTRY, "104", "1", script.time - 1, 1);
    told(&script, "main-1-ENTRY-1", R3_EVENT_FILLED);
    r3_buffer_reset(&script.out);
    signal(&script, R3_FLAT, "104");
    WRITTEN("sync\nmain-1-EXIT-1 SELL MARKET 1\n");
    told_fill(&script, "main-1-EXIT-1", R3_EXIT, "104", "1", script.time);
    r3_buffer_reset(&script.out);
    for (int i = 0; i < 2; i++)
        told_trade(&script, i ? "main-1-ENTRY-1" : "main-1-EXIT-1", i ? R3_ENTRY : R3_EXIT, "104", "1", script.time, 1);
    tick(&script);
    WRITTEN("sync\nsync\nsync\n"); /* it holds nothing */
    finish(&script);
}

/* Some hundred trades later a repetition is still known. */
static void test_twice_later(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    char id[R3_ID_SIZE];
    enter(&script, &options, NULL, NULL);
    for (int i = 0; i < 3000; i++) {
        snprintf(id, sizeof id, "main-1-ENTRY-1x%d", i);
        told_trade(&script, id, R3_ENTRY, "104", "1", script.time, 1);
    }
    next_run(&script, &options);
    for (int i = 3000 - 1024; i < 3000; i++) {
        snprintf(id, sizeof id, "main-1-ENTRY-1x%d", i);
        told_trade(&script, id, R3_ENTRY, "104", "1", script.time, 1);
    }
    told(&script, "main-1-ENTRY-1", R3_EVENT_FILLED);
    r3_buffer_reset(&script.out);
    tick(&script);
    WRITTEN("sync\nposition LONG 3000\n");
    finish(&script);
}

/* The candle in which a market entry was filled. One that was decided at its open is the backtest's. */
static void test_first_candle(void) {
    static const struct {
        int64_t filled; /* behind the open */
        bool late;      /* a candle passed since the decision */
        const char *high, *low, *close, *want;
    } cases[] = {
        { 0, false, "115", "104", "104", "sync\nmain-1-TP-1 SELL MARKET 1\n" }, /* as in a backtest */
        { 7, false, "115", "104", "104", "sync\nmain-1-TP-1 SELL MARKET 1\n" },
        { 7, false, "114", "104", "104", "" },
        { 7, false, "115", "100", "104", "sync\nmain-1-SL-1 SELL MARKET 1\n" }, /* both: the stop */
        { 7, true, "115", "104", "104", "" },
        { 7, true, "115", "104", "115", "sync\nmain-1-TP-1 SELL MARKET 1\n" },
        { 7, true, "115", "100", "104", "sync\nmain-1-SL-1 SELL MARKET 1\n" },
        { 0, true, "115", "104", "104", "sync\nmain-1-TP-1 SELL MARKET 1\n" }, /* a backtest with --latency */
    };
    struct r3_tracker_options options = plain();
    options.protect = true;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct script script;
        begin(&script, &options);
        flat_candle(&script, "105");
        signal_with(&script, R3_LONG, "105", "100", "115");
        if (cases[i].late)
            flat_candle(&script, "105");
        r3_buffer_reset(&script.out);
        told_fill(&script, "main-1-ENTRY-1", R3_ENTRY, "105", "1", script.time + cases[i].filled);
        WRITTEN("sync\nsync\n");
        candle(&script, "105", cases[i].high, cases[i].low, cases[i].close);
        WRITTEN(cases[i].want);
        finish(&script);
    }
}

/* States of a tracker that an exchange tells, and damaged ones. */
static void test_state(void) {
    static const struct {
        const char *told, *want;
    } cases[] = {
        { "\"\"", NULL },
        { "\"AQAAAAAAAAA=\"", NULL },
        { "\"AQAAAAAAAA==\"", "state: told: 7 bytes, of 8 each" },
        { "\"?AAA\"", "state: told: not base64 at byte 1" },
        { "1", "state: told: not a text" },
    };
    struct r3_tracker_options options = plain();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct r3_buffer text = R3_BUFFER_INIT;
        struct r3_tracker_heard heard = { 0 };
        struct r3_error error;
        struct r3_tracker *tracker = r3_tracker_new(&options, &(struct r3_tracker_outlet) { NULL, NULL, NULL });
        r3_buffer_printf(&text,
                         "{\"now\":0,\"candles\":0,\"sessions\":[],\"markets\":[],\"positions\":[],\"told\":%s,"
                         "\"heard\":[]}",
                         cases[i].told);
        int result = r3_tracker_load(tracker, &heard, text.data, text.length, &error);
        CHECK_INT(result, cases[i].want ? -1 : 0);
        if (cases[i].want)
            CHECK_TEXT(error.text, cases[i].want);
        r3_tracker_free(tracker);
        r3_buffer_release(&text);
    }
}

int main(void) {
    test_filled_behind_candles();
    test_time_is_over();
    test_part();
    test_not_protected();
    test_refused_exit();
    test_refused_and_kept();
    test_twice();
    test_twice_later();
    test_first_candle();
    test_state();
    return check_done();
}
