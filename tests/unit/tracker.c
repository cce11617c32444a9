/* The tracker against a scripted exchange: what it writes, and when it asks. */

#include "tests/unit/tracker_script.h"

static void test_long_and_flat(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    begin(&script, &options);
    signal(&script, R3_FLAT, "100"); /* nothing is held: no barrier */
    WRITTEN("");
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\nmain-1-ENTRY-1 BUY MARKET\n");
    CHECK_TEXT(text_of(&script.last.equity), "10000");
    CHECK_TEXT(script.last.signal, "main-1385344800-L");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "2");
    flat_candle(&script, "101");
    flat_candle(&script, "102");
    WRITTEN("");
    signal(&script, R3_LONG, "102"); /* the entry may have been filled or not: ask; then do nothing */
    WRITTEN("sync\n");
    flat_candle(&script, "103");
    signal(&script, R3_LONG, "103"); /* known to be open, and nothing at the exchange can close it */
    WRITTEN("");
    flat_candle(&script, "110");
    signal(&script, R3_FLAT, "110");
    WRITTEN("sync\nmain-1-EXIT-1 SELL MARKET 2\n");
    CHECK_TEXT(text_of(&script.last.exposure), "220");
    CHECK_TEXT(text_of(&script.last.day_pnl), "20");
    fill(&script, "main-1-EXIT-1", R3_EXIT, R3_SELL, "110", "2");
    flat_candle(&script, "110");
    signal(&script, R3_LONG, "110");
    WRITTEN("sync\nmain-2-ENTRY-1 BUY MARKET\n");
    CHECK_INT(script.last.wins, 1);
    CHECK_INT(script.last.losses, 0);
    CHECK_TEXT(text_of(&script.last.average_win), "20");
    CHECK_TEXT(text_of(&script.last.exposure), "0");
    fill(&script, "main-2-ENTRY-1", R3_ENTRY, R3_BUY, "110", "1");
    flat_candle(&script, "100");
    signal(&script, R3_SHORT, "100"); /* without --short: FLAT */
    WRITTEN("sync\nmain-2-EXIT-1 SELL MARKET 1\n");
    fill(&script, "main-2-EXIT-1", R3_EXIT, R3_SELL, "100", "1");
    flat_candle(&script, "100");
    signal(&script, R3_SHORT, "100"); /* the exit is not known to be filled: ask */
    WRITTEN("sync\n");
    flat_candle(&script, "100");
    signal(&script, R3_SHORT, "100");
    WRITTEN("");
    finish(&script);
}

static void test_one_candle(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    begin(&script, &options);
    signal(&script, R3_FLAT, "100");
    signal(&script, R3_LONG, "100");
    WRITTEN(""); /* FLAT outranks */
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\nmain-1-ENTRY-1 BUY MARKET\n");
    ended(&script, "main-1-ENTRY-1", R3_EVENT_CANCELED, "", 2);
    signal(&script, R3_SHORT, "100");
    WRITTEN(
        "sync\ncancel main-1-ENTRY-1: LONG and SHORT on one candle\nnotice BTC-USD: LONG and SHORT on one candle: neither is taken\nsync\n");
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    signal(&script, R3_LONG, "100"); /* the same record again */
    WRITTEN("sync\nmain-2-ENTRY-1 BUY MARKET\n");
    fill(&script, "main-2-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1");
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\n");
    signal(&script, R3_SHORT, "100"); /* neither: it stays open */
    WRITTEN("notice BTC-USD: LONG and SHORT on one candle: neither is taken\n");
    flat_candle(&script, "100");
    signal(&script, R3_FLAT, "100");
    WRITTEN("sync\nmain-2-EXIT-1 SELL MARKET 1\n");
    finish(&script);
}

static void test_flat_while_entering(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    flat_candle(&script, "100");
    trade_at(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "0.4", script.time,
             1); /* a part, then the rest is cancelled */
    ended(&script, "main-1-ENTRY-1", R3_EVENT_PARTIAL, "", 1);
    ended(&script, "main-1-ENTRY-1", R3_EVENT_CANCELED, "", 3);
    r3_buffer_reset(&script.out);
    signal(&script, R3_FLAT, "100");
    WRITTEN("sync\ncancel main-1-ENTRY-1: a signal replaced it\nsync\n"); /* the exchange takes one sync more */
    flat_candle(&script, "100");
    WRITTEN("sync\nmain-1-EXIT-1 SELL MARKET 0.4\n");
    finish(&script);
}

static void test_reversal(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.allow_short = true;
    begin(&script, &options);
    signal(&script, R3_SHORT, "100");
    WRITTEN("sync\nmain-1-ENTRY-1 SELL MARKET\n");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_SELL, "100", "10");
    account(&script, "10100", "9100");
    flat_candle(&script, "90");
    signal(&script, R3_LONG, "90");
    WRITTEN("sync\nmain-1-EXIT-1 BUY MARKET 10\nsync\nmain-2-ENTRY-1 BUY MARKET\n");
    CHECK_TEXT(text_of(&script.last.available), "10000"); /* what the exit frees counts */
    CHECK_TEXT(text_of(&script.last.exposure), "0");
    fill(&script, "main-1-EXIT-1", R3_EXIT, R3_BUY, "90", "10");
    fill(&script, "main-2-ENTRY-1", R3_ENTRY, R3_BUY, "90", "5");
    flat_candle(&script, "90");
    signal(&script, R3_FLAT, "90");
    WRITTEN("sync\nmain-2-EXIT-1 SELL MARKET 5\n");
    CHECK_INT(script.last.wins, 1);
    finish(&script);
}

/* A reversal whose exit fills at once: the entry is sized on what there is then. */
static void test_reversal_at_close(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.allow_short = true;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "10");
    flat_candle(&script, "110");
    r3_buffer_reset(&script.out);
    account(&script, "10090", "10090");
    fill(&script, "main-1-EXIT-1", R3_EXIT, R3_SELL, "109", "10");
    for (size_t i = 2; i < 5; i++)
        script.due[i] = script.syncs + 2;
    signal(&script, R3_SHORT, "110");
    WRITTEN("sync\nmain-1-EXIT-1 SELL MARKET 10\nsync\nmain-2-ENTRY-1 SELL MARKET\n");
    CHECK_TEXT(text_of(&script.last.available), "10090");
    CHECK_INT(script.last.wins, 1);
    finish(&script);
}

/* A reversal whose exit is refused at once: no entry, and the exit is tried again. */
static void test_reversal_refused(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.allow_short = true;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "10");
    flat_candle(&script, "110");
    r3_buffer_reset(&script.out);
    ended(&script, "main-1-EXIT-1", R3_EVENT_REJECTED, "the exchange is closed", 2);
    signal(&script, R3_SHORT, "110");
    WRITTEN("sync\nmain-1-EXIT-1 SELL MARKET 10\nsync\n");
    flat_candle(&script, "110");
    WRITTEN("sync\nmain-1-EXIT-2 SELL MARKET 10\n");
    finish(&script);
}

/* A reversal whose exit failed: its entry is taken back, and the exit is tried again. */
static void test_reversal_that_fails(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.allow_short = true;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1");
    flat_candle(&script, "100");
    signal(&script, R3_SHORT, "100");
    r3_buffer_reset(&script.out);
    ended(&script, "main-1-EXIT-1", R3_EVENT_REJECTED, "the exchange is closed", 1);
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\ncancel main-2-ENTRY-1: the exit before it was not filled\nmain-1-EXIT-2 SELL MARKET 1\n");
    finish(&script);
}

static void test_commands(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    begin(&script, &options);
    command(&script, R3_PAUSE);
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\n");
    flat_candle(&script, "100");
    command(&script, R3_RESUME);
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\nsync\nmain-1-ENTRY-1 BUY MARKET\n");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1");
    flat_candle(&script, "100");
    command(&script, R3_PAUSE);
    signal(&script, R3_FLAT, "100"); /* exits work */
    WRITTEN("sync\nsync\nmain-1-EXIT-1 SELL MARKET 1\n");
    fill(&script, "main-1-EXIT-1", R3_EXIT, R3_SELL, "100", "1");
    command(&script, R3_RESUME);
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    r3_buffer_reset(&script.out);
    fill(&script, "main-2-ENTRY-1", R3_ENTRY, R3_BUY, "100", "3");
    flat_candle(&script, "100");
    command(&script, R3_STOP_SESSION);
    WRITTEN("sync\nmain-2-EXIT-1 SELL MARKET 3\n");
    fill(&script, "main-2-EXIT-1", R3_EXIT, R3_SELL, "100", "3");
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\n");
    flat_candle(&script, "100");
    command(&script, R3_START);
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\nsync\nmain-3-ENTRY-1 BUY MARKET\n");
    finish(&script);
}

static void test_limit(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.limit = decimal("0.01");
    options.limit_candles = 3;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\nmain-1-ENTRY-1 BUY LIMIT at 99\n");
    flat_candle(&script, "200");
    WRITTEN("sync\n");
    ended(&script, "main-1-ENTRY-1", R3_EVENT_CANCELED, "", 2);
    signal(&script, R3_LONG, "200"); /* at the new price */
    WRITTEN("sync\ncancel main-1-ENTRY-1: a signal replaced it\nsync\nmain-1-ENTRY-2 BUY LIMIT at 198\n");
    flat_candle(&script, "210");
    flat_candle(&script, "210");
    WRITTEN("sync\nsync\n");
    ended(&script, "main-1-ENTRY-2", R3_EVENT_CANCELED, "", 2);
    flat_candle(&script, "210");
    WRITTEN("sync\ncancel main-1-ENTRY-2: not filled in time\nsync\n");
    flat_candle(&script, "210");
    WRITTEN("");
    finish(&script);
}

/* What an exit leaves gets a new attempt, one a candle. */
static void test_rest(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1");
    flat_candle(&script, "100");
    signal(&script, R3_FLAT, "100");
    r3_buffer_reset(&script.out);
    trade_at(&script, "main-1-EXIT-1", R3_EXIT, R3_SELL, "100", "0.7", script.time, 1);
    ended(&script, "main-1-EXIT-1", R3_EVENT_CANCELED, "", 1);
    command(&script, R3_RESUME); /* a sync at the same market time */
    WRITTEN("sync\n");
    flat_candle(&script, "100");
    WRITTEN("sync\nmain-1-EXIT-2 SELL MARKET 0.3\n");
    ended(&script, "main-1-EXIT-2", R3_EVENT_REJECTED, "dust: below the minimum size 0.5", 1);
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100"); /* the dust counts as closed */
    WRITTEN("sync\nmain-2-ENTRY-1 BUY MARKET\n");
    fill(&script, "main-2-ENTRY-1", R3_ENTRY, R3_BUY, "110", "1");
    flat_candle(&script, "110");
    signal(&script, R3_FLAT, "110");
    WRITTEN("sync\nmain-2-EXIT-1 SELL MARKET 1.3\n"); /* and goes with the next position */
    fill(&script, "main-2-EXIT-1", R3_EXIT, R3_SELL, "110", "1.3");
    flat_candle(&script, "110");
    signal(&script, R3_LONG, "110");
    CHECK_INT(script.last.wins, 1); /* 0.3 bought at 100, sold at 110 */
    CHECK_TEXT(text_of(&script.last.average_win), "3");
    finish(&script);
}

/* The day's result, where a fill before midnight is learned after it. */
static void test_day(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    begin(&script, &options);
    for (int hour = 1; hour < 22; hour++)
        flat_candle(&script, "100");
    signal(&script, R3_LONG, "100"); /* 22:00 */
    trade_at(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "2", script.time, 1);
    ended(&script, "main-1-ENTRY-1", R3_EVENT_FILLED, "", 1);
    flat_candle(&script, "104");
    flat_candle(&script, "105"); /* closes at midnight */
    flat_candle(&script, "107");
    flat_candle(&script, "108");
    signal(&script, R3_FLAT, "108");
    CHECK_TEXT(text_of(&script.last.day_pnl), "6"); /* 2 x (108 - 105) */
    trade_at(&script, "main-1-EXIT-1", R3_EXIT, R3_SELL, "109", "2", script.time, 1);
    ended(&script, "main-1-EXIT-1", R3_EVENT_FILLED, "", 1);
    flat_candle(&script, "120");
    signal(&script, R3_LONG, "120");
    CHECK_TEXT(text_of(&script.last.day_pnl), "8"); /* 2 x (109 - 105) */
    ended(&script, "main-2-ENTRY-1", R3_EVENT_CANCELED, "", 1);
    for (int hour = 3; hour < 25; hour++)
        flat_candle(&script, "120");
    signal(&script, R3_LONG, "120"); /* the next day */
    CHECK_TEXT(script.last.id, "main-3-ENTRY-1");
    CHECK_TEXT(text_of(&script.last.day_pnl), "0");
    finish(&script);
}

static void open_protected(struct script *script, const struct r3_tracker_options *options, const char *stop,
                           const char *target) {
    begin(script, options);
    signal_with(script, R3_LONG, "105", stop, target);
    r3_buffer_reset(&script->out);
    trade_at(script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "105", "1", script->time, 1);
    ended(script, "main-1-ENTRY-1", R3_EVENT_FILLED, "", 1);
}

static void test_protection(void) {
    /* The bars of r3-order(1), each as the entry's own candle and as a later one. */
    static const struct {
        const char *open, *high, *low, *close, *want;
    } bars[] = {
        { "95", "101", "90", "92", "main-1-SL-1 SELL MARKET 1\n" },
        { "104", "106", "90", "98", "main-1-SL-1 SELL MARKET 1\n" },
        { "105", "117", "95", "110", "main-1-SL-1 SELL MARKET 1\n" },
        { "95", "97", "90", "92", "main-1-SL-1 SELL MARKET 1\n" },
        { "118", "120", "117", "119", "main-1-TP-1 SELL MARKET 1\n" },
        { "105", "114.99", "100.01", "105", "" },
        { "105", "115", "100.01", "105", "main-1-TP-1 SELL MARKET 1\n" },
        { "105", "106", "100", "105", "main-1-SL-1 SELL MARKET 1\n" },
    };
    struct r3_tracker_options options = plain();
    options.protect = true;
    for (size_t i = 0; i < 2 * sizeof bars / sizeof bars[0]; i++) {
        struct script script;
        char want[128];
        size_t bar = i / 2;
        open_protected(&script, &options, "100", "115");
        CHECK(!r3_decimal_is_present(&script.last.stop)); /* the exchange must not act on it */
        CHECK_TEXT(text_of(&script.last.stop_distance), "5");
        if (i % 2) {
            flat_candle(&script, "105");
            WRITTEN("sync\n");
        }
        candle(&script, bars[bar].open, bars[bar].high, bars[bar].low, bars[bar].close);
        snprintf(want, sizeof want, "%s%s", bars[bar].want[0] || i % 2 == 0 ? "sync\n" : "", bars[bar].want);
        WRITTEN(want);
        finish(&script);
    }
}

static void test_inside_candle(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.protect = true;
    options.limit = decimal("0"); /* of a market order: tests/unit/tracker_told.c, test_first_candle */
    begin(&script, &options);
    signal_with(&script, R3_LONG, "105", "100", "115");
    r3_buffer_reset(&script.out);
    /* Filled somewhere inside the candle: its high may have been before. */
    trade_at(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "105", "1", script.time + R3_MINUTE, 1);
    ended(&script, "main-1-ENTRY-1", R3_EVENT_FILLED, "", 1);
    candle(&script, "110", "117", "101", "105");
    WRITTEN("sync\n");
    candle(&script, "105", "116", "105", "105");
    WRITTEN("sync\nmain-1-TP-1 SELL MARKET 1\n");
    finish(&script);
}

static void test_moving_stop(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.protect = true;
    options.trailing_stop = decimal("0.1");
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    trade_at(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1", script.time, 1);
    ended(&script, "main-1-ENTRY-1", R3_EVENT_FILLED, "", 1);
    r3_buffer_reset(&script.out);
    candle(&script, "100", "130", "91", "120"); /* the stop goes from 90 to 110 at the close */
    candle(&script, "120", "120", "110.01", "111");
    WRITTEN("sync\n");
    candle(&script, "111", "111", "110", "111"); /* it did not go back */
    WRITTEN("sync\nmain-1-SL-1 SELL MARKET 1\n");
    finish(&script);

    options.trailing_stop = r3_decimal_absent;
    options.break_even = decimal("0.05");
    begin(&script, &options);
    signal_with(&script, R3_LONG, "100", "90", NULL);
    trade_at(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "101", "1", script.time, 1);
    ended(&script, "main-1-ENTRY-1", R3_EVENT_FILLED, "", 1);
    r3_buffer_reset(&script.out);
    candle(&script, "101", "110", "95", "105.99");
    candle(&script, "105", "110", "95", "106"); /* 101 + 5 reached at the close */
    WRITTEN("sync\n");
    candle(&script, "106", "106", "101", "103");
    WRITTEN("sync\nmain-1-SL-1 SELL MARKET 1\n");
    finish(&script);
}

static void test_short_protection(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.protect = options.allow_short = true;
    options.stop_loss = decimal("0.02");
    options.take_profit = decimal("0.05");
    begin(&script, &options);
    signal(&script, R3_SHORT, "100");
    CHECK_TEXT(text_of(&script.last.stop_distance), "2");
    trade_at(&script, "main-1-ENTRY-1", R3_ENTRY, R3_SELL, "100", "1", script.time, 1);
    ended(&script, "main-1-ENTRY-1", R3_EVENT_FILLED, "", 1);
    r3_buffer_reset(&script.out);
    candle(&script, "100", "101.99", "95.01", "100");
    WRITTEN("sync\n");
    candle(&script, "100", "100", "95", "96");
    WRITTEN("sync\nmain-1-TP-1 BUY MARKET 1\n");
    signal(&script, R3_LONG, "96"); /* the other side, while the exit is on its way */
    WRITTEN("sync\nmain-2-ENTRY-1 BUY MARKET\n");
    finish(&script);
}

static void test_price_and_tick(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    struct r3_record record;
    options.protect = true;
    open_protected(&script, &options, "100", "115");
    flat_candle(&script, "105");
    WRITTEN("sync\n");
    r3_record_init(&record, R3_TICK);
    COPY(record.tick.session, "main");
    record.tick.every = R3_MINUTE;
    record.tick.time = script.time + R3_MINUTE;
    step(&script, &record);
    WRITTEN("sync\nposition LONG 1\n");
    CHECK_TEXT(text_of(&script.position.price), "105");
    r3_record_init(&record, R3_PRICE);
    COPY(record.price.platform, "csv");
    COPY(record.price.market, "BTC-USD");
    record.price.time = script.time + 2 * R3_MINUTE;
    record.price.price = decimal("99.5");
    step(&script, &record);
    WRITTEN("sync\nmain-1-SL-1 SELL MARKET 1\n");
    CHECK_TEXT(text_of(&script.last.reference), "99.5");
    finish(&script);
}

static void tick_at(struct script *script, int64_t time) {
    struct r3_record record;
    r3_record_init(&record, R3_TICK);
    COPY(record.tick.session, "main");
    record.tick.every = R3_MINUTE;
    record.tick.time = time;
    step(script, &record);
}

/* A part of an exit was filled when a tick comes. Where the rest works, it is left to that; where the exchange has given it up, the next
 * candle asks again, and not the tick, since a session that is run more often would have more orders. */
static void test_tick_behind_a_part(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.protect = true;
    for (int given_up = 0; given_up < 2; given_up++) {
        open_protected(&script, &options, "100", NULL);
        candle(&script, "105", "105", "99", "99");
        WRITTEN("sync\nmain-1-SL-1 SELL MARKET 1\n");
        trade_at(&script, "main-1-SL-1", R3_SL, R3_SELL, "99", "0.4", script.time, 1);
        ended(&script, "main-1-SL-1", given_up ? R3_EVENT_CANCELED : R3_EVENT_PARTIAL, "", 1);
        for (int i = 1; i < 4; i++) {
            tick_at(&script, script.time + i * R3_MINUTE);
            WRITTEN("sync\nposition LONG 0.6\n");
        }
        flat_candle(&script, "90");
        WRITTEN(given_up ? "sync\nmain-1-SL-2 SELL MARKET 0.6\n" : "sync\n");
        if (given_up)
            CHECK_INT(script.last.time, script.time);
        tick_at(&script, script.time + R3_MINUTE);
        WRITTEN("sync\nposition LONG 0.6\n");
        fill(&script, given_up ? "main-1-SL-2" : "main-1-SL-1", R3_SL, R3_SELL, "90", "0.6");
        flat_candle(&script, "80");
        WRITTEN("sync\n");
        tick_at(&script, script.time + R3_MINUTE);
        WRITTEN("sync\n");
        finish(&script);
    }
}

static void test_time_exit(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.max_duration = 2 * R3_HOUR;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    CHECK_INT(script.last.expiry, DAY + 3 * R3_HOUR); /* the exchange leaves then */
    finish(&script);
    options.protect = true;
    open_protected(&script, &options, NULL, NULL);
    CHECK_INT(script.last.expiry, R3_TIME_ABSENT);
    flat_candle(&script, "105");
    WRITTEN("sync\n");
    flat_candle(&script, "105");
    WRITTEN("sync\nmain-1-MO-1 SELL MARKET 1\n");
    finish(&script);
}

static void test_levels(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.stop_loss = decimal("0.02");
    options.take_profit = decimal("0.04");
    options.trailing_stop = decimal("0.03");
    options.break_even = decimal("0.01");
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    CHECK_TEXT(text_of(&script.last.stop), "98");
    CHECK_TEXT(text_of(&script.last.target), "104");
    CHECK_TEXT(text_of(&script.last.trail), "3");
    CHECK_TEXT(text_of(&script.last.break_even), "1");
    flat_candle(&script, "100");
    finish(&script);
    begin(&script, &options);
    signal_with(&script, R3_LONG, "100", "91.5", NULL); /* the signal's own stop wins */
    CHECK_TEXT(text_of(&script.last.stop), "91.5");
    CHECK_TEXT(text_of(&script.last.target), "104");
    finish(&script);
    begin(&script, &options);
    signal_with(&script, R3_LONG, "100", "100", NULL);
    WRITTEN("sync\nnotice main-1385341200-L: no entry: its stop is not below the price\n");
    flat_candle(&script, "100");
    signal_with(&script, R3_LONG, "100", NULL, "99");
    WRITTEN("sync\nnotice main-1385344800-L: no entry: its target is not above the reference\n");
    finish(&script);
}

static void test_exchange_protection(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    open_protected(&script, &options, "100", "115");
    CHECK_TEXT(text_of(&script.last.stop), "100");
    for (int i = 0; i < 1023; i++)
        flat_candle(&script, "105");
    WRITTEN("");
    fill(&script, "main-1-SL-1", R3_SL, R3_SELL, "100", "1"); /* a leg of the exchange */
    flat_candle(&script, "105");
    WRITTEN("sync\n"); /* the 1,024th */
    for (int i = 0; i < 2048; i++)
        flat_candle(&script, "105");
    WRITTEN(""); /* nothing is held any more */
    signal(&script, R3_FLAT, "105");
    WRITTEN("");
    signal(&script, R3_LONG, "105"); /* outranked */
    WRITTEN("");
    flat_candle(&script, "105");
    signal(&script, R3_LONG, "105");
    WRITTEN("sync\nmain-2-ENTRY-1 BUY MARKET\n");
    CHECK_INT(script.last.losses, 1);
    CHECK_TEXT(text_of(&script.last.average_loss), "5");
    finish(&script);
}

static void test_end(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1");
    flat_candle(&script, "100");
    r3_buffer_reset(&script.out);
    end(&script);
    WRITTEN(""); /* an open position is left open */
    finish(&script);
    options.close_at_end = true;
    begin(&script, &options);
    end(&script);
    WRITTEN("");
    finish(&script);
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    trade_at(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1", script.time, 1);
    ended(&script, "main-1-ENTRY-1", R3_EVENT_CANCELED, "", 1);
    flat_candle(&script, "120");
    r3_buffer_reset(&script.out);
    script.due[0] = script.due[1] = script.syncs + 2;
    fill(&script, "main-1-EXIT-1", R3_EXIT, R3_SELL, "120", "1");
    script.due[script.queued - 2] = script.due[script.queued - 1] = script.syncs + 3;
    end(&script);
    WRITTEN("sync\ncancel main-1-ENTRY-1: end of the stream\nsync\nmain-1-EXIT-1 SELL MARKET 1 CLOSE\nsync\n");
    CHECK_TEXT(text_of(&script.last.reference), "120");
    finish(&script);
    begin(&script, &options); /* an entry that was refused is not cancelled */
    signal(&script, R3_LONG, "100");
    ended(&script, "main-1-ENTRY-1", R3_EVENT_REJECTED, "too small", 1);
    r3_buffer_reset(&script.out);
    end(&script);
    WRITTEN("sync\nsync\nsync\n");
    finish(&script);
    begin(&script, &options); /* an exit waits for an open that does not come */
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1");
    flat_candle(&script, "120");
    signal(&script, R3_FLAT, "120");
    r3_buffer_reset(&script.out);
    ended(&script, "main-1-EXIT-1", R3_EVENT_CANCELED, "", 2);
    end(&script);
    WRITTEN("sync\ncancel main-1-EXIT-1: end of the stream\nsync\nmain-1-EXIT-2 SELL MARKET 1 CLOSE\nsync\n"
            "notice BTC-USD: still held at the end\n");
    finish(&script);
}

static void test_every(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.every = 2 * R3_HOUR;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    r3_buffer_reset(&script.out);
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "3");
    flat_candle(&script, "101"); /* 02:00: a change, and a boundary */
    WRITTEN("sync\nposition LONG 3\nposition LONG 3\n");
    flat_candle(&script, "102");
    WRITTEN("");
    flat_candle(&script, "103");
    WRITTEN("position LONG 3\n");
    CHECK_TEXT(text_of(&script.position.cost), "300");
    CHECK_TEXT(text_of(&script.position.entry_price), "100");
    CHECK_TEXT(text_of(&script.position.value), "309");
    CHECK_TEXT(text_of(&script.position.unrealized_pnl), "9");
    CHECK_TEXT(text_of(&script.position.realized_pnl), "0");
    signal(&script, R3_FLAT, "103");
    WRITTEN("sync\nmain-1-EXIT-1 SELL MARKET 3\n");
    fill(&script, "main-1-EXIT-1", R3_EXIT, R3_SELL, "104", "3");
    flat_candle(&script, "104");
    WRITTEN("sync\nposition FLAT 0\n");
    CHECK_TEXT(text_of(&script.position.realized_pnl), "12");
    flat_candle(&script, "104");
    WRITTEN("");
    finish(&script);
}

static void test_sessions_and_markets(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1");
    script.market = "ETH-USD";
    signal(&script, R3_LONG, "10");
    WRITTEN("sync\nmain-1-ENTRY-1 BUY MARKET\nsync\nmain-2-ENTRY-1 BUY MARKET\n"); /* one count a session */
    CHECK_TEXT(text_of(&script.last.exposure), "100");
    script.session = "other";
    signal(&script, R3_LONG, "10");
    WRITTEN("sync\nerror 76: r3-order keeps no account for session \"other\" (its signals must reach it)\n");
    account(&script, "500", "500");
    script.time += R3_HOUR;
    signal(&script, R3_LONG, "10");
    WRITTEN("sync\nother-1-ENTRY-1 BUY MARKET\n");
    CHECK_TEXT(text_of(&script.last.equity), "500");
    CHECK_TEXT(text_of(&script.last.exposure), "0");
    finish(&script);
}

/* Fine and coarse candles of one market: the fine ones are watched, a limit entry waits for candles of its signal. */
static void test_timeframes(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.limit = decimal("0.01");
    begin(&script, &options);
    script.timeframe = R3_15m;
    flat_candle(&script, "100"); /* from now on the finest */
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\nmain-1-ENTRY-1 BUY LIMIT at 99\n");
    for (int i = 0; i < 3; i++)
        flat_candle(&script, "101");
    WRITTEN("sync\nsync\nsync\n");
    script.timeframe = R3_1H; /* the signal's candle, which closes with the last fine one */
    script.time -= R3_HOUR;
    ended(&script, "main-1-ENTRY-1", R3_EVENT_CANCELED, "", 2);
    candle(&script, "100", "200", "1", "150"); /* what it says is known */
    WRITTEN("sync\ncancel main-1-ENTRY-1: not filled in time\nsync\n");
    signal(&script, R3_LONG, "101");
    CHECK_TEXT(text_of(&script.last.reference), "101");
    fill(&script, "main-2-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1");
    candle(&script, "100", "200", "1", "150"); /* of a gap of the fine ones */
    signal(&script, R3_FLAT, "150");
    CHECK_TEXT(text_of(&script.last.exposure), "150");
    finish(&script);
}

static void test_foreign_fee(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    r3_buffer_reset(&script.out);
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1");
    COPY(script.queue[0].trade.fee_currency, "KCS");
    script.queue[0].trade.fee = decimal("0.5");
    flat_candle(&script, "100");
    signal(&script, R3_FLAT, "100");
    WRITTEN("sync\nnotice BTC-USD: fees in another currency are not counted in results\nmain-1-EXIT-1 SELL MARKET 1\n");
    CHECK_TEXT(text_of(&script.last.day_pnl), "0");
    fill(&script, "main-1-EXIT-1", R3_EXIT, R3_SELL, "100", "1");
    script.queue[0].trade.fee = decimal("0.5");
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\nmain-2-ENTRY-1 BUY MARKET\n");
    CHECK_TEXT(text_of(&script.last.average_loss), "0.5");
    finish(&script);
}

/* LONG and SHORT of one candle take back what a signal asked for, not the exit of a stop that this candle reached. */
static void test_stop_outlives_contradiction(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.protect = true;
    open_protected(&script, &options, "100", NULL);
    candle(&script, "105", "105", "99", "104");
    WRITTEN("sync\nmain-1-SL-1 SELL MARKET 1\n");
    signal(&script, R3_LONG, "104");
    signal(&script, R3_SHORT, "104");
    WRITTEN("sync\nnotice BTC-USD: LONG and SHORT on one candle: neither is taken\n");
    finish(&script);
}

/* A pause takes back what waits to enter, and keeps what is held. */
static void test_pause_cancels(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    r3_buffer_reset(&script.out);
    trade_at(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "0.4", script.time, 1);
    ended(&script, "main-1-ENTRY-1", R3_EVENT_CANCELED, "", 2);
    command(&script, R3_PAUSE);
    WRITTEN("sync\ncancel main-1-ENTRY-1: the session was paused\nsync\n");
    flat_candle(&script, "100");
    signal(&script, R3_FLAT, "100");
    WRITTEN("sync\nmain-1-EXIT-1 SELL MARKET 0.4\n");
    finish(&script);
}

/* While paused, a LONG that meets the LONG side of a reversal, learned at this very sync, is no reason to leave. */
static void test_paused_along(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.allow_short = true;
    begin(&script, &options);
    signal(&script, R3_SHORT, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_SELL, "100", "1");
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    r3_buffer_reset(&script.out);
    command(&script, R3_PAUSE);
    WRITTEN("sync\ncancel main-2-ENTRY-1: the session was paused\n"); /* and it came too late */
    fill(&script, "main-1-EXIT-1", R3_EXIT, R3_BUY, "100", "1");
    fill(&script, "main-2-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1");
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\n");
    flat_candle(&script, "100");
    signal(&script, R3_SHORT, "100"); /* the other side is */
    WRITTEN("sync\nmain-2-EXIT-1 SELL MARKET 1\n");
    finish(&script);
}

/* A FLAT that drops the entry of a reversal does not leave the position of a later one. */
static void test_dropped_entry_is_forgotten(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.allow_short = true;
    begin(&script, &options);
    signal(&script, R3_SHORT, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_SELL, "100", "1");
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    flat_candle(&script, "100");
    signal(&script, R3_FLAT, "100"); /* the exit waits (--latency) */
    ended(&script, "main-2-ENTRY-1", R3_EVENT_CANCELED, "", 1);
    flat_candle(&script, "100");
    r3_buffer_reset(&script.out);
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\nmain-3-ENTRY-1 BUY MARKET\n");
    fill(&script, "main-1-EXIT-1", R3_EXIT, R3_BUY, "100", "1");
    fill(&script, "main-3-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1");
    flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\n");
    finish(&script);
}

/* A limit entry of which the exchange tells no more than that it filled by the candle's close. */
static void test_filled_by_the_close(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.protect = true;
    options.limit = decimal("0.01");
    for (int reaches = 0; reaches < 2; reaches++) {
        begin(&script, &options);
        signal_with(&script, R3_LONG, "100", "95", "110");
        r3_buffer_reset(&script.out);
        trade_at(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "99", "1", script.time + R3_HOUR, 1);
        ended(&script, "main-1-ENTRY-1", R3_EVENT_FILLED, "", 1);
        candle(&script, "100", "111", reaches ? "95" : "96", "100"); /* its high does not count, its low does */
        WRITTEN(reaches ? "sync\nmain-1-SL-1 SELL MARKET 1\n" : "sync\n");
        finish(&script);
    }
}

/* Another market's signal begins the day before this market's last candle of the day before has come. */
static void test_day_of_two_markets(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    begin(&script, &options);
    for (int hour = 1; hour < 22; hour++)
        flat_candle(&script, "100");
    signal(&script, R3_LONG, "100");
    trade_at(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "2", script.time, 1);
    ended(&script, "main-1-ENTRY-1", R3_EVENT_FILLED, "", 1);
    flat_candle(&script, "104");
    script.market = "ETH-USD";
    flat_candle(&script, "10"); /* closes at midnight */
    signal(&script, R3_LONG, "10");
    CHECK_TEXT(text_of(&script.last.day_pnl), "0");
    script.market = "BTC-USD";
    script.time -= R3_HOUR;
    flat_candle(&script, "105"); /* so does this one */
    flat_candle(&script, "108");
    signal(&script, R3_FLAT, "108");
    CHECK_TEXT(text_of(&script.last.day_pnl), "6"); /* 2 x (108 - 105) */
    finish(&script);
}

/* A limit entry's next attempt keeps its number, and nothing after it takes one that another market has had. */
static void test_numbers_of_markets(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.limit = decimal("0.01");
    options.limit_candles = 9;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    script.market = "ETH-USD";
    signal(&script, R3_LONG, "10");
    script.market = "BTC-USD";
    flat_candle(&script, "100");
    ended(&script, "main-1-ENTRY-1", R3_EVENT_CANCELED, "", 2);
    signal(&script, R3_LONG, "100");
    script.market = "XMR-USD";
    r3_buffer_reset(&script.out);
    signal(&script, R3_LONG, "50");
    WRITTEN("sync\nmain-3-ENTRY-1 BUY LIMIT at 49.5\n");
    finish(&script);
}

int main(void) {
    test_long_and_flat();
    test_one_candle();
    test_flat_while_entering();
    test_reversal();
    test_reversal_at_close();
    test_reversal_refused();
    test_reversal_that_fails();
    test_commands();
    test_limit();
    test_rest();
    test_day();
    test_protection();
    test_inside_candle();
    test_moving_stop();
    test_short_protection();
    test_price_and_tick();
    test_tick_behind_a_part();
    test_time_exit();
    test_levels();
    test_exchange_protection();
    test_end();
    test_every();
    test_sessions_and_markets();
    test_timeframes();
    test_foreign_fee();
    test_stop_outlives_contradiction();
    test_pause_cancels();
    test_paused_along();
    test_dropped_entry_is_forgotten();
    test_filled_by_the_close();
    test_day_of_two_markets();
    test_numbers_of_markets();
    return check_done();
}
