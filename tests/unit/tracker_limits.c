/* What keeps the tracker from entering, and what ends a session: golden streams by the page's text. */

#include "tests/unit/tracker_script.h"

#define HOUR INT64_C(3600000)

/* Candles at `price` until so many hours have passed since the stream began. */
static void wait_until(struct script *script, int hours, const char *price) {
    while (script->time < DAY + hours * HOUR)
        flat_candle(script, price);
}

/* A position of 10, entered at the next open and left by a signal a candle later. */
static void trade(struct script *script, const char *from, const char *to) {
    char order[R3_ID_SIZE];
    signal(script, R3_LONG, from);
    memcpy(order, script->last.id, sizeof order);
    fill(script, order, R3_ENTRY, R3_BUY, from, "10");
    flat_candle(script, from);
    signal(script, R3_FLAT, from);
    memcpy(order, script->last.id, sizeof order);
    fill(script, order, R3_EXIT, R3_SELL, to, "10");
    flat_candle(script, to);
}

/* The same, left by a stop on that candle; it is closed at the candle's close. */
static void stop_out(struct script *script, const char *from, const char *low, const char *to) {
    char order[R3_ID_SIZE];
    signal(script, R3_LONG, from);
    memcpy(order, script->last.id, sizeof order);
    fill(script, order, R3_ENTRY, R3_BUY, from, "10");
    candle(script, from, from, low, from);
    memcpy(order, script->last.id, sizeof order);
    CHECK(strstr(order, "-SL-") != NULL);
    fill(script, order, R3_SL, R3_SELL, to, "10");
    flat_candle(script, from);
}

static void test_cooldown(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.cooldown = 3 * HOUR;
    begin(&script, &options);
    trade(&script, "100", "101"); /* closed at 02:00 */
    r3_buffer_reset(&script.out);
    signal(&script, R3_LONG, "101");
    WRITTEN(
        "sync\nnotice main-1385348400-L: no entry until 2013-11-25T05:00:00Z (--cooldown, a position was closed)\n");
    flat_candle(&script, "101");
    signal(&script, R3_LONG, "101"); /* said once */
    WRITTEN("sync\n");
    flat_candle(&script, "101");
    script.market = "ETH-USD"; /* it is the market's alone */
    script.time -= HOUR;
    flat_candle(&script, "10");
    signal(&script, R3_LONG, "10");
    WRITTEN("sync\nmain-2-ENTRY-1 BUY MARKET\n");
    script.market = "BTC-USD";
    signal(&script, R3_LONG, "101"); /* 05:00 */
    WRITTEN("sync\nmain-3-ENTRY-1 BUY MARKET\n");
    finish(&script);
}

static void test_longest_cooldown(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    CHECK_INT(r3_duration_parse(&options.cooldown, "418000w", 7, &script.error), 0);
    begin(&script, &options);
    trade(&script, "100", "101");
    r3_buffer_reset(&script.out);
    signal(&script, R3_LONG, "101");
    WRITTEN(
        "sync\nnotice main-1385348400-L: no entry until 9999-12-31T23:59:59.999Z (--cooldown, a position was closed)\n");
    finish(&script);
}

/* A reversal leaves, and its entry is blocked from that moment; with fills at the close from the fill. */
static void test_cooldown_of_reversal(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.cooldown = 3 * HOUR;
    options.allow_short = true;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "10");
    flat_candle(&script, "100");
    r3_buffer_reset(&script.out);
    signal(&script, R3_SHORT, "100");
    WRITTEN(
        "sync\nmain-1-EXIT-1 SELL MARKET 10\nsync\nnotice main-1385344800-S: no entry until 2013-11-25T05:00:00Z (--cooldown, a position was closed)\n");
    flat_candle(&script, "100"); /* not filled yet */
    signal(&script, R3_SHORT, "100");
    WRITTEN("sync\n");
    fill(&script, "main-1-EXIT-1", R3_EXIT, R3_SELL, "100", "10"); /* closed at 03:00 */
    wait_until(&script, 5, "100");
    signal(&script, R3_SHORT, "100");
    WRITTEN(
        "sync\nnotice main-1385355600-S: no entry until 2013-11-25T06:00:00Z (--cooldown, a position was closed)\n");
    flat_candle(&script, "100");
    signal(&script, R3_SHORT, "100");
    WRITTEN("sync\nmain-2-ENTRY-1 SELL MARKET\n");
    finish(&script);
}

static void test_stop_guard(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.protect = true;
    options.stop_loss = decimal("0.1");
    options.stop_guard = 2;
    options.guard_window = 5 * HOUR;
    options.guard_pause = 4 * HOUR;
    begin(&script, &options);
    stop_out(&script, "100", "90", "89");  /* closed at 02:00 */
    stop_out(&script, "100", "90", "101"); /* 04:00, but it gained */
    trade(&script, "100", "95");           /* 06:00, but by a signal */
    stop_out(&script, "100", "90", "89");  /* 08:00: the first is out of the window */
    r3_buffer_reset(&script.out);
    stop_out(&script, "100", "90", "89"); /* 10:00 */
    CHECK(strstr(script.out.data, "notice") == NULL);
    r3_buffer_reset(&script.out);
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\nnotice main-1385377200-L: no entry until 2013-11-25T14:00:00Z (--stop-guard, so many stops lost)\n");
    wait_until(&script, 14, "100");
    r3_buffer_reset(&script.out);
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\nmain-6-ENTRY-1 BUY MARKET\n");
    finish(&script);
}

static void test_drawdown_guard(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.drawdown_guard = decimal("0.05");
    options.guard_window = 24 * HOUR;
    options.guard_pause = 4 * HOUR;
    begin(&script, &options);
    trade(&script, "100", "200"); /* 11,000 at 02:00 */
    trade(&script, "100", "80");  /* 10,800 */
    trade(&script, "100", "110"); /* 10,900: below the peak */
    trade(&script, "100", "55");  /* 10,450 at 08:00: 5 % of 11,000, not more */
    trade(&script, "100", "101");
    r3_buffer_reset(&script.out);
    trade(&script, "100", "98"); /* 10,440 at 12:00 */
    CHECK(strstr(script.out.data, "notice") == NULL);
    r3_buffer_reset(&script.out);
    signal(&script, R3_LONG, "100");
    WRITTEN(
        "sync\nnotice main-1385384400-L: no entry until 2013-11-25T16:00:00Z (--drawdown-guard, closed results fell by more)\n");
    wait_until(&script, 24, "100");
    trade(&script, "100", "101"); /* 25:00 + 1: the fall from 02:00 on lies within the window's results still */
    r3_buffer_reset(&script.out);
    signal(&script, R3_LONG, "100");
    CHECK(strstr(script.out.data, "notice") != NULL);
    wait_until(&script, 37, "100");
    trade(&script, "100", "101"); /* 38:00: the fall is behind */
    r3_buffer_reset(&script.out);
    signal(&script, R3_LONG, "100");
    CHECK(strstr(script.out.data, "notice") == NULL);
    finish(&script);
}

static void test_end_loss(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.end_loss = decimal("0.1");
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\nmain-1-ENTRY-1 BUY MARKET\nsync\n"); /* it could have filled at once */
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "50");
    candle(&script, "100", "100", "50", "80.01"); /* the close counts */
    WRITTEN("sync\n");
    flat_candle(&script, "90"); /* nothing can have been filled */
    WRITTEN("");
    flat_candle(&script, "80");
    WRITTEN(
        "notice the session ends: equity 9000, --end-loss 0.1 of 10000\nstop main-end-1\nsync\nmain-1-EXIT-1 SELL MARKET 50\nsync\n");
    signal(&script, R3_LONG, "80");
    WRITTEN("sync\n");
    fill(&script, "main-1-EXIT-1", R3_EXIT, R3_SELL, "80", "50");
    flat_candle(&script, "80");
    WRITTEN("sync\n");
    signal(&script, R3_LONG, "80");
    WRITTEN("");
    command(&script, R3_START); /* it is met still */
    WRITTEN("sync\nnotice the session ends: equity 9000, --end-loss 0.1 of 10000\nstop main-end-2\n");
    finish(&script);
}

static void test_end_gain_and_drawdown(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.end_drawdown = decimal("0.1");
    options.end_gain = decimal("0.5");
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "100");
    flat_candle(&script, "120"); /* 12,000 */
    flat_candle(&script, "109");
    r3_buffer_reset(&script.out);
    flat_candle(&script, "108");
    WRITTEN(
        "notice the session ends: equity 10800, --end-drawdown 0.1 of 12000\nstop main-end-1\nsync\nmain-1-EXIT-1 SELL MARKET 100\nsync\n");
    finish(&script);
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "100");
    flat_candle(&script, "120");
    r3_buffer_reset(&script.out);
    flat_candle(&script, "150");
    WRITTEN(
        "notice the session ends: equity 15000, --end-gain 0.5 of 10000\nstop main-end-1\nsync\nmain-1-EXIT-1 SELL MARKET 100\nsync\n");
    finish(&script);
}

/* What waits is cancelled; nothing has to be held for the time to come. */
static void test_end_at(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.end_at = DAY + 3 * HOUR - 1;
    options.limit = decimal("0.01");
    options.limit_candles = 9;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    flat_candle(&script, "100");
    r3_buffer_reset(&script.out);
    ended(&script, "main-1-ENTRY-1", R3_EVENT_CANCELED, "", 2);
    flat_candle(&script, "100");
    WRITTEN(
        "sync\nnotice the session ends: --end-at 2013-11-25T02:59:59.999Z has come\nstop main-end-1\ncancel main-1-ENTRY-1: the session was stopped\nsync\n");
    flat_candle(&script, "100");
    WRITTEN("");
    finish(&script);
    begin(&script, &options);
    flat_candle(&script, "100");
    flat_candle(&script, "100");
    WRITTEN("notice the session ends: --end-at 2013-11-25T02:59:59.999Z has come\nstop main-end-1\nsync\n");
    finish(&script);
}

/* Nobody has asked for a session yet when the time comes: which there is has to be found out. */
static void test_end_at_of_unknown(void) {
    struct r3_tracker_options options = plain();
    struct r3_tracker_outlet outlet = { emit, sync, NULL };
    struct script script = { .session = "main", .market = "BTC-USD", .time = DAY, .timeframe = R3_1H };
    options.end_at = DAY + 2 * HOUR;
    outlet.context = &script;
    script.tracker = r3_tracker_new(&options, &outlet);
    flat_candle(&script, "100");
    WRITTEN("sync\n");
    account(&script, "10000", "10000");
    flat_candle(&script, "100");
    WRITTEN("sync\nnotice the session ends: --end-at 2013-11-25T02:00:00Z has come\nstop main-end-1\n");
    flat_candle(&script, "100");
    WRITTEN("");
    finish(&script);
}

/* A session that comes to be known behind --end-at enters nothing. */
static void test_end_at_is_past(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.end_at = DAY + 2 * HOUR;
    begin(&script, &options);
    flat_candle(&script, "100");
    r3_buffer_reset(&script.out);
    script.session = "other";
    account(&script, "500", "500");
    signal(&script, R3_LONG, "100");
    WRITTEN("sync\nnotice the session ends: --end-at 2013-11-25T02:00:00Z has come\nstop other-end-1\n");
    finish(&script);
}

static void test_end_losing_trades(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.end_losing_trades = 2;
    options.stop_loss = decimal("0.1");
    begin(&script, &options);
    trade(&script, "100", "99");
    trade(&script, "100", "105");
    signal(&script, R3_LONG, "100");
    fill(&script, "main-3-ENTRY-1", R3_ENTRY, R3_BUY, "100", "10");
    flat_candle(&script, "100");
    r3_buffer_reset(&script.out);
    trade_at(&script, "main-3-SL-1", R3_SL, R3_SELL, "90", "10", script.time, 1); /* at the exchange */
    flat_candle(&script, "85");
    WRITTEN("sync\nnotice the session ends: losing trades 2, --end-losing-trades 2\nstop main-end-1\n");
    finish(&script);
}

/* The exit fills at once: that is asked for, and the entry of the reversal is not written any more. */
static void test_end_before_entry(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.end_losing_trades = 1;
    options.allow_short = true;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "10");
    flat_candle(&script, "99");
    r3_buffer_reset(&script.out);
    trade_at(&script, "main-1-EXIT-1", R3_EXIT, R3_SELL, "99", "10", script.time, 2);
    ended(&script, "main-1-EXIT-1", R3_EVENT_FILLED, "", 2);
    signal(&script, R3_SHORT, "99");
    WRITTEN(
        "sync\nmain-1-EXIT-1 SELL MARKET 10\nsync\nnotice the session ends: losing trades 1, --end-losing-trades 1\nstop main-end-1\n");
    finish(&script);
}

/* Two sessions: the one that loses ends, the other goes on. */
static void test_end_of_one(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    options.end_loss = decimal("0.1");
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "50");
    script.session = "other";
    account(&script, "10000", "10000");
    signal(&script, R3_LONG, "100");
    fill(&script, "other-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "1");
    flat_candle(&script, "100");
    r3_buffer_reset(&script.out);
    flat_candle(&script, "80");
    WRITTEN(
        "notice the session ends: equity 9000, --end-loss 0.1 of 10000\nstop main-end-1\nsync\nmain-1-EXIT-1 SELL MARKET 50\nsync\n");
    signal(&script, R3_FLAT, "80");
    WRITTEN("sync\nother-1-EXIT-1 SELL MARKET 1\nsync\n");
    finish(&script);
}

static void test_end_at_tick(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    struct r3_record price, tick;
    options.end_loss = decimal("0.1");
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "50");
    flat_candle(&script, "100");
    r3_record_init(&price, R3_PRICE);
    COPY(price.price.platform, "csv");
    COPY(price.price.market, script.market);
    price.price.time = script.time + 1;
    price.price.price = decimal("80");
    r3_buffer_reset(&script.out);
    step(&script, &price); /* not by itself */
    WRITTEN("");
    r3_record_init(&tick, R3_TICK);
    COPY(tick.tick.session, "main");
    tick.tick.every = HOUR;
    tick.tick.time = script.time + 2;
    step(&script, &tick);
    WRITTEN(
        "sync\nposition LONG 50\nnotice the session ends: equity 9000, --end-loss 0.1 of 10000\nstop main-end-1\nmain-1-EXIT-1 SELL MARKET 50\nsync\n");
    finish(&script);
}

/* A tick's own time ends nothing: the stop has the time of a close, as in the backtest, whenever the session is run. */
static void test_end_at_between_closes(void) {
    struct r3_tracker_options options = plain();
    struct script script;
    struct r3_record tick;
    options.end_at = DAY + 2 * HOUR + HOUR / 2;
    begin(&script, &options);
    signal(&script, R3_LONG, "100");
    fill(&script, "main-1-ENTRY-1", R3_ENTRY, R3_BUY, "100", "50");
    flat_candle(&script, "100");
    r3_buffer_reset(&script.out);
    r3_record_init(&tick, R3_TICK);
    COPY(tick.tick.session, "main");
    tick.tick.every = R3_MINUTE;
    tick.tick.time = options.end_at + R3_MINUTE;
    step(&script, &tick);
    WRITTEN("sync\nposition LONG 50\n");
    CHECK_INT(script.position.time, tick.tick.time);
    flat_candle(&script, "101");
    WRITTEN(
        "notice the session ends: --end-at 2013-11-25T02:30:00Z has come\nstop main-end-1\nsync\nmain-1-EXIT-1 SELL MARKET 50\nsync\n");
    CHECK_INT(script.last.time, DAY + 3 * HOUR);
    finish(&script);
}

int main(void) {
    test_cooldown();
    test_longest_cooldown();
    test_cooldown_of_reversal();
    test_stop_guard();
    test_drawdown_guard();
    test_end_loss();
    test_end_gain_and_drawdown();
    test_end_at();
    test_end_at_of_unknown();
    test_end_at_is_past();
    test_end_losing_trades();
    test_end_before_entry();
    test_end_of_one();
    test_end_at_tick();
    test_end_at_between_closes();
    return check_done();
}
