/* The paper exchange, rule by rule. What it says is put into one line a record:
 *   "ENTRY-1 PLACED|ENTRY-1 BUY 1@105 TAKER 2h|ENTRY-1 FILLED|…", ids without their "main-1-", times in hours. */
#include "lib/trade/paper.h"

#include "lib/base/buffer.h"
#include "lib/trade/ledger.h"
#include "tests/unit/check.h"

static struct r3_error error;

static struct r3_decimal decimal(const char *text) {
    struct r3_decimal value = r3_decimal_absent;
    if (text && r3_decimal_parse(&value, text, strlen(text), &error))
        fprintf(stderr, "%s\n", error.text);
    return value;
}

struct world {
    struct r3_paper *paper;
    struct r3_buffer log;
    int64_t time; /* close of the last candle */
    bool reasons, accounts;
};

static void format(char out[R3_DECIMAL_TEXT_SIZE], struct r3_decimal value) {
    r3_decimal_format(out, &value);
}

static int listen(void *context, const struct r3_record *record, struct r3_error *ignored) {
    struct world *world = context;
    char a[R3_DECIMAL_TEXT_SIZE], b[R3_DECIMAL_TEXT_SIZE];
    struct r3_buffer line = R3_BUFFER_INIT;
    (void)ignored;
    CHECK(r3_record_encode(&line, record, &error) == 0); /* all that comes out can be written */
    r3_buffer_release(&line);
    if (record->type == R3_ACCOUNT && !world->accounts)
        return 0;
    if (world->log.length)
        r3_buffer_append_text(&world->log, "|");
    switch (record->type) {
    case R3_UPDATE:
        r3_buffer_printf(&world->log, "%s %s", record->update.order + strlen("main-1-"), r3_event_name(record->update.event));
        if (record->update.event == R3_EVENT_CANCELED && record->update.execution == R3_PARTIALLY_EXECUTED)
            r3_buffer_append_text(&world->log, " in part");
        if (world->reasons && record->update.reason[0])
            r3_buffer_printf(&world->log, " (%s)", record->update.reason);
        break;
    case R3_TRADE:
        format(a, record->trade.size);
        format(b, record->trade.price);
        r3_buffer_printf(&world->log, "%s %s %s@%s %s %lldh", record->trade.id + strlen("main-1-"), r3_side_name(record->trade.side), a, b,
                         record->trade.liquidity == R3_MAKER ? "MAKER" : "TAKER", (long long)(record->trade.time / R3_HOUR));
        break;
    case R3_ACCOUNT:
        format(a, record->account.equity);
        format(b, record->account.available);
        r3_buffer_printf(&world->log, "account %s %s %s", record->account.session, a, b);
        break;
    case R3_NOTICE:
        r3_buffer_printf(&world->log, "notice %s", record->notice.text);
        break;
    default:
        CHECK(!"a record of no other type comes out");
    }
    return 0;
}

static struct r3_paper_options usual(void) {
    return (struct r3_paper_options){
        .cash = { 10000, 0 }, .taker_fee = r3_decimal_zero, .maker_fee = r3_decimal_zero, .slippage = r3_decimal_zero, .spread = r3_decimal_zero,
        .volume_share = r3_decimal_absent, .through = r3_decimal_zero,
    };
}

static void candle_of(struct world *world, enum r3_timeframe timeframe, const char *open, const char *high, const char *low, const char *close,
                      const char *volume) {
    struct r3_record record;
    r3_record_init(&record, R3_CANDLE);
    r3_copy_text(record.candle.platform, R3_PLATFORM_SIZE, "csv", 3);
    r3_copy_text(record.candle.market, R3_MARKET_SIZE, "BTC-USD", 7);
    record.candle.timeframe = timeframe;
    record.candle.time = world->time;
    record.candle.open = decimal(open);
    record.candle.high = decimal(high);
    record.candle.low = decimal(low);
    record.candle.close = decimal(close);
    record.candle.volume = decimal(volume);
    CHECK(r3_paper_candle(world->paper, &record.candle, &error) == 0);
    world->time = r3_timeframe_close(timeframe, world->time);
}

static void candle(struct world *world, const char *open, const char *high, const char *low, const char *close) {
    candle_of(world, R3_1H, open, high, low, close, "10");
}

/* A market with the increments 0.01, 0.001 and 0.1, at least 0.01 and 5; then a candle that closes at 105. */
static void open_world(struct world *world, struct r3_paper_options options) {
    struct r3_record record;
    r3_record_init(&record, R3_INSTRUMENT);
    struct r3_instrument *instrument = &record.instrument;
    r3_copy_text(instrument->market, R3_MARKET_SIZE, "BTC-USD", 7);
    r3_copy_text(instrument->quote, R3_CURRENCY_SIZE, "USD", 3);
    r3_copy_text(instrument->platform, R3_PLATFORM_SIZE, "csv", 3);
    instrument->price_increment = decimal("0.01");
    instrument->base_increment = decimal("0.001");
    instrument->quote_increment = decimal("0.1");
    instrument->minimum_size = decimal("0.01");
    instrument->minimum_funds = decimal("5");
    *world = (struct world){ .time = 0 };
    CHECK(r3_paper_new(&world->paper, &options, listen, world, &error) == 0);
    CHECK(r3_paper_session(world->paper, "main", &error) == 0);
    CHECK(r3_paper_instrument(world->paper, instrument, &error) == 0);
    candle(world, "105", "105", "105", "105");
}

static void close_world(struct world *world) {
    r3_paper_free(world->paper);
    r3_buffer_release(&world->log);
}

struct wish {
    const char *id;
    enum r3_role role;
    enum r3_side side;
    enum r3_kind kind;
    const char *price, *stop, *target, *trail, *break_even, *size, *funds;
    int64_t expiry;
    enum r3_fill fill;
    const char *session;
};

static struct r3_order order_of(const struct world *world, struct wish wish) {
    struct r3_record record;
    r3_record_init(&record, R3_ORDER);
    struct r3_order *order = &record.order;
    const char *session = wish.session ? wish.session : "main";
    snprintf(order->id, sizeof order->id, "main-1-%s", wish.id);
    r3_copy_text(order->session, R3_SESSION_SIZE, session, strlen(session));
    r3_copy_text(order->platform, R3_PLATFORM_SIZE, "csv", 3);
    r3_copy_text(order->market, R3_MARKET_SIZE, "BTC-USD", 7);
    order->time = world->time;
    order->role = wish.role;
    order->side = wish.side;
    order->kind = wish.kind ? wish.kind : R3_MARKET;
    order->fill = wish.fill;
    order->price = decimal(wish.price);
    order->stop = decimal(wish.stop);
    order->target = decimal(wish.target);
    order->trail = decimal(wish.trail);
    order->break_even = decimal(wish.break_even);
    order->size = decimal(wish.size);
    order->funds = decimal(wish.funds);
    order->expiry = wish.expiry ? wish.expiry : R3_TIME_ABSENT;
    return *order;
}

static void send(struct world *world, struct wish wish) {
    struct r3_order order = order_of(world, wish);
    CHECK(r3_paper_order(world->paper, &order, &error) == 0);
}

static void cancel(struct world *world, const char *id) {
    struct r3_record record;
    r3_record_init(&record, R3_CANCEL);
    snprintf(record.cancel.order, R3_ID_SIZE, "main-1-%s", id);
    r3_copy_text(record.cancel.session, R3_SESSION_SIZE, "main", 4);
    r3_copy_text(record.cancel.reason, R3_TEXT_SIZE, "asked", 5);
    record.cancel.time = world->time;
    CHECK(r3_paper_cancel(world->paper, &record.cancel, &error) == 0);
}

#define SEND(world, ...) send((world), (struct wish){ __VA_ARGS__ })
#define BUY_1(...) .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "1", __VA_ARGS__
#define SELL_1(...) .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_SELL, .size = "1", __VA_ARGS__

/* What was said since the last time. */
static void said(struct world *world, const char *want, const char *file, int line) {
    check_text(world->log.data ? world->log.data : "", want, file, line);
    r3_buffer_reset(&world->log);
}
#define SAID(world, want) said((world), (want), __FILE__, __LINE__)
static void forget(struct world *world) {
    r3_buffer_reset(&world->log);
}

static void check_money(struct world *world, const char *cash, const char *reserved, const char *file, int line) {
    char text[R3_DECIMAL_TEXT_SIZE];
    const struct r3_ledger *ledger = r3_paper_ledger(world->paper, "main");
    format(text, ledger->cash);
    check_text(text, cash, file, line);
    format(text, ledger->reserved);
    check_text(text, reserved, file, line);
}
#define MONEY(world, cash, reserved) check_money((world), (cash), (reserved), __FILE__, __LINE__)

/* A long position of 1, bought at 105, in hours 1 to 2. */
static void open_long(struct world *world, struct r3_paper_options options, const char *stop, const char *target) {
    open_world(world, options);
    SEND(world, BUY_1(.stop = stop, .target = target));
    candle(world, "105", "105", "105", "105");
    forget(world);
}

static void test_golden_bars(void) {
    static const struct {
        const char *open, *high, *low, *close, *target, *want;
    } bars[] = {
        { "95", "101", "90", "92", NULL, "SL-1-t1 SELL 1@95 TAKER 2h|SL-1 FILLED" },
        { "104", "106", "90", "98", NULL, "SL-1-t1 SELL 1@100 TAKER 3h|SL-1 FILLED" },
        { "105", "117", "95", "110", "115", "SL-1-t1 SELL 1@100 TAKER 3h|SL-1 FILLED|TP-1 CANCELED" },
        { "95", "97", "90", "92", NULL, "SL-1-t1 SELL 1@95 TAKER 2h|SL-1 FILLED" },
        { "118", "120", "117", "119", "115", "TP-1-t1 SELL 1@118 MAKER 2h|TP-1 FILLED|SL-1 CANCELED" },
    };
    for (size_t i = 0; i < sizeof bars / sizeof bars[0]; i++) {
        struct world world;
        open_long(&world, usual(), "100", bars[i].target);
        candle(&world, bars[i].open, bars[i].high, bars[i].low, bars[i].close);
        SAID(&world, bars[i].want);
        CHECK_INT(r3_paper_working(world.paper), 0);
        close_world(&world);
    }
}

/* The same bars upside down: about 105, a stop at 110, a target at 95. */
static void test_golden_bars_short(void) {
    static const struct {
        const char *open, *high, *low, *close, *want;
    } bars[] = {
        { "115", "120", "109", "118", "SL-1-t1 BUY 1@115 TAKER 2h|SL-1 FILLED|TP-1 CANCELED" },
        { "106", "120", "104", "112", "SL-1-t1 BUY 1@110 TAKER 3h|SL-1 FILLED|TP-1 CANCELED" },
        { "105", "115", "93", "100", "SL-1-t1 BUY 1@110 TAKER 3h|SL-1 FILLED|TP-1 CANCELED" },
        { "92", "93", "90", "91", "TP-1-t1 BUY 1@92 MAKER 2h|TP-1 FILLED|SL-1 CANCELED" },
    };
    for (size_t i = 0; i < sizeof bars / sizeof bars[0]; i++) {
        struct world world;
        open_world(&world, usual());
        SEND(&world, SELL_1(.stop = "110", .target = "95"));
        candle(&world, "105", "105", "105", "105");
        forget(&world);
        candle(&world, bars[i].open, bars[i].high, bars[i].low, bars[i].close);
        SAID(&world, bars[i].want);
        close_world(&world);
    }
}

static void test_touches(void) {
    struct world world;
    open_long(&world, usual(), "100", "115");
    candle(&world, "105", "114.99", "100.01", "105"); /* neither */
    SAID(&world, "");
    candle(&world, "105", "114.99", "100", "105"); /* exactly the stop */
    SAID(&world, "SL-1-t1 SELL 1@100 TAKER 4h|SL-1 FILLED|TP-1 CANCELED");
    close_world(&world);
    open_long(&world, usual(), "100", "115");
    candle(&world, "105", "115", "100.01", "105"); /* exactly the target */
    SAID(&world, "TP-1-t1 SELL 1@115 MAKER 3h|TP-1 FILLED|SL-1 CANCELED");
    close_world(&world);
    open_long(&world, usual(), "100", "115");
    candle(&world, "100", "100", "100", "100"); /* a doji on the stop */
    SAID(&world, "SL-1-t1 SELL 1@100 TAKER 2h|SL-1 FILLED|TP-1 CANCELED");
    close_world(&world);
    open_long(&world, usual(), "100", "115");
    candle(&world, "115", "115", "115", "115"); /* a doji on the target */
    SAID(&world, "TP-1-t1 SELL 1@115 MAKER 2h|TP-1 FILLED|SL-1 CANCELED");
    close_world(&world);
    open_long(&world, usual(), "100", "115");
    candle(&world, "116", "116", "90", "95"); /* both, but the open is first for certain */
    SAID(&world, "TP-1-t1 SELL 1@116 MAKER 2h|TP-1 FILLED|SL-1 CANCELED");
    close_world(&world);
}

static void test_entry_candle(void) {
    struct world world;
    open_world(&world, usual());
    SEND(&world, BUY_1(.stop = "100", .target = "115"));
    SAID(&world, "ENTRY-1 PLACED");
    candle(&world, "104", "116", "99", "110"); /* bought and stopped in one candle */
    SAID(&world, "ENTRY-1-t1 BUY 1@104 TAKER 1h|ENTRY-1 FILLED|SL-1 PLACED|TP-1 PLACED|SL-1-t1 SELL 1@100 TAKER 2h|SL-1 FILLED|TP-1 CANCELED");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world, BUY_1(.stop = "100", .target = "115"));
    candle(&world, "98", "116", "97", "110"); /* opens below the stop: out again at the open */
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@98 TAKER 1h|ENTRY-1 FILLED|SL-1 PLACED|TP-1 PLACED|SL-1-t1 SELL 1@98 TAKER 1h|SL-1 FILLED|TP-1 CANCELED");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world, BUY_1(.target = "103"));
    candle(&world, "104", "104", "104", "104"); /* opens beyond the target: it takes, not makes */
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@104 TAKER 1h|ENTRY-1 FILLED|TP-1 PLACED|TP-1-t1 SELL 1@104 TAKER 1h|TP-1 FILLED");
    close_world(&world);
}

static void test_limit(void) {
    struct world world;
    struct r3_paper_options options = usual();
    open_world(&world, options);
    SEND(&world, BUY_1(.kind = R3_LIMIT, .price = "100"));
    candle(&world, "105", "106", "100.01", "105");
    SAID(&world, "ENTRY-1 PLACED");
    MONEY(&world, "10000", "100");
    candle(&world, "105", "106", "100", "105");
    SAID(&world, "ENTRY-1-t1 BUY 1@100 MAKER 3h|ENTRY-1 FILLED");
    MONEY(&world, "9900", "0");
    close_world(&world);
    open_world(&world, options);
    SEND(&world, BUY_1(.kind = R3_LIMIT, .price = "100"));
    candle(&world, "105", "106", "104", "105");
    candle(&world, "99", "106", "98", "105"); /* a better open, after a wait */
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@99 MAKER 2h|ENTRY-1 FILLED");
    close_world(&world);
    open_world(&world, options);
    SEND(&world, BUY_1(.kind = R3_LIMIT, .price = "110"));
    candle(&world, "104", "106", "98", "105"); /* marketable when it came */
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@104 TAKER 1h|ENTRY-1 FILLED");
    close_world(&world);
    options.through = decimal("0.5");
    open_world(&world, options);
    SEND(&world, BUY_1(.kind = R3_LIMIT, .price = "100", .target = "110"));
    candle(&world, "105", "105", "99.51", "105");
    SAID(&world, "ENTRY-1 PLACED");
    candle(&world, "105", "105", "99.5", "105");
    SAID(&world, "ENTRY-1-t1 BUY 1@100 MAKER 3h|ENTRY-1 FILLED|TP-1 PLACED");
    candle(&world, "105", "110.49", "104", "105");
    SAID(&world, "");
    candle(&world, "110.1", "110.5", "104", "105");
    SAID(&world, "TP-1-t1 SELL 1@110.1 MAKER 5h|TP-1 FILLED");
    close_world(&world);
}

/* Filled inside a candle: its stop counts at once, its target by the close alone. */
static void test_limit_with_legs(void) {
    struct world world;
    open_world(&world, usual());
    SEND(&world, BUY_1(.kind = R3_LIMIT, .price = "100", .stop = "97", .target = "104"));
    candle(&world, "105", "106", "97", "103.99");
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@100 MAKER 2h|ENTRY-1 FILLED|SL-1 PLACED|TP-1 PLACED|SL-1-t1 SELL 1@97 TAKER 2h|SL-1 FILLED|TP-1 CANCELED");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world, BUY_1(.kind = R3_LIMIT, .price = "100", .stop = "97", .target = "104"));
    candle(&world, "105", "106", "99", "103.99"); /* 106 may have come before 100 */
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@100 MAKER 2h|ENTRY-1 FILLED|SL-1 PLACED|TP-1 PLACED");
    candle(&world, "104", "104", "103", "104");
    SAID(&world, "TP-1-t1 SELL 1@104 MAKER 2h|TP-1 FILLED|SL-1 CANCELED");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world, BUY_1(.kind = R3_LIMIT, .price = "100", .stop = "97", .target = "104"));
    candle(&world, "105", "106", "99", "104"); /* the close is after */
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@100 MAKER 2h|ENTRY-1 FILLED|SL-1 PLACED|TP-1 PLACED|TP-1-t1 SELL 1@104 MAKER 2h|TP-1 FILLED|SL-1 CANCELED");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world, BUY_1(.kind = R3_STOP, .price = "108", .stop = "104")); /* a breakout, and its stop in the same candle */
    candle(&world, "106", "109", "103", "107");
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@108 TAKER 2h|ENTRY-1 FILLED|SL-1 PLACED|SL-1-t1 SELL 1@104 TAKER 2h|SL-1 FILLED");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world, BUY_1(.kind = R3_STOP, .price = "108"));
    candle(&world, "109", "109", "109", "109"); /* a gap over it */
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@109 TAKER 1h|ENTRY-1 FILLED");
    close_world(&world);
}

static void test_costs(void) {
    struct world world;
    struct r3_paper_options options = usual();
    options.slippage = decimal("0.001");
    options.spread = decimal("0.0004");
    options.taker_fee = decimal("0.002");
    options.maker_fee = decimal("0.001");
    open_world(&world, options);
    SEND(&world, BUY_1(.stop = "100", .target = "115"));
    MONEY(&world, "10000", "105.21");
    candle(&world, "105", "105", "105", "105"); /* 105 x 1.0012 = 105.126 */
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@105.13 TAKER 1h|ENTRY-1 FILLED|SL-1 PLACED|TP-1 PLACED");
    MONEY(&world, "9894.65974", "0");
    candle(&world, "105", "105", "100", "105"); /* 100 x 0.9988 */
    SAID(&world, "SL-1-t1 SELL 1@99.88 TAKER 3h|SL-1 FILLED|TP-1 CANCELED");
    MONEY(&world, "9994.33998", "0");
    close_world(&world);
    open_long(&world, options, "100", "115");
    candle(&world, "105", "115", "105", "105"); /* a limit pays neither, and the maker fee */
    SAID(&world, "TP-1-t1 SELL 1@115 MAKER 3h|TP-1 FILLED|SL-1 CANCELED");
    MONEY(&world, "10009.54474", "0");
    close_world(&world);
}

static void test_latency_and_close(void) {
    struct world world;
    struct r3_paper_options options = usual();
    options.latency = 2;
    open_world(&world, options);
    SEND(&world, BUY_1(0));
    candle(&world, "106", "106", "106", "106");
    candle(&world, "107", "107", "107", "107");
    SAID(&world, "ENTRY-1 PLACED");
    candle(&world, "108", "109", "107", "109");
    SAID(&world, "ENTRY-1-t1 BUY 1@108 TAKER 3h|ENTRY-1 FILLED");
    close_world(&world);
    options.fill_close = true;
    open_world(&world, options);
    SEND(&world, BUY_1(0));
    candle(&world, "106", "106", "106", "106");
    candle(&world, "107", "108", "107", "108");
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@108 TAKER 3h|ENTRY-1 FILLED");
    close_world(&world);
    options.latency = 0;
    open_world(&world, options);
    world.accounts = true;
    SEND(&world, BUY_1(.stop = "104"));
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@105 TAKER 1h|ENTRY-1 FILLED|SL-1 PLACED|account main 10000 9895");
    candle(&world, "105", "106", "104", "106");
    SAID(&world, "SL-1-t1 SELL 1@104 TAKER 2h|SL-1 FILLED|account main 9999 9999");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .size = "1", .fill = R3_FILL_NEXT_OPEN); /* the order's own word counts */
    SAID(&world, "ENTRY-2 PLACED");
    close_world(&world);
    options = usual();
    options.latency = 5;
    open_world(&world, options);
    SEND(&world, BUY_1(.fill = R3_FILL_CLOSE));
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@105 TAKER 1h|ENTRY-1 FILLED");
    close_world(&world);
}

static void test_volume(void) {
    struct world world;
    struct r3_paper_options options = usual();
    options.volume_share = decimal("0.1"); /* 1 of a candle's 10 */
    open_world(&world, options);
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "2.5", .stop = "100", .target = "115");
    MONEY(&world, "10000", "262.5");
    candle(&world, "105", "105", "105", "105");
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@105 TAKER 1h|ENTRY-1 PARTIAL|SL-1 PLACED|TP-1 PLACED");
    MONEY(&world, "9895", "157.5");
    candle(&world, "106", "106", "106", "106");
    candle(&world, "107", "107", "107", "107");
    SAID(&world, "ENTRY-1-t2 BUY 1@106 TAKER 2h|ENTRY-1 PARTIAL|ENTRY-1-t3 BUY 0.5@107 TAKER 3h|ENTRY-1 FILLED");
    MONEY(&world, "9735.5", "0");
    candle(&world, "105", "105", "99", "104"); /* the stop gets 1 of 2.5: the rest goes on at market */
    SAID(&world, "SL-1-t1 SELL 1@100 TAKER 5h|SL-1 PARTIAL|SL-1 CANCELED in part|SL-2 PLACED|TP-1 CANCELED");
    candle(&world, "103", "120", "103", "104");
    candle(&world, "102", "120", "102", "104");
    SAID(&world, "SL-2-t1 SELL 1@103 TAKER 5h|SL-2 PARTIAL|SL-2-t2 SELL 0.5@102 TAKER 6h|SL-2 FILLED");
    close_world(&world);

    open_world(&world, options); /* by funds */
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "150");
    candle(&world, "105", "105", "105", "105");
    MONEY(&world, "9895", "45");
    candle(&world, "104", "104", "104", "104");
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@105 TAKER 1h|ENTRY-1 PARTIAL|ENTRY-1-t2 BUY 0.432@104 TAKER 2h|ENTRY-1 FILLED");
    MONEY(&world, "9850.072", "0");
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "1.432");
    candle(&world, "104", "104", "104", "104");
    candle(&world, "104", "104", "104", "104");
    SAID(&world, "EXIT-1 PLACED|EXIT-1-t1 SELL 1@104 TAKER 3h|EXIT-1 PARTIAL|EXIT-1-t2 SELL 0.432@104 TAKER 4h|EXIT-1 FILLED");
    close_world(&world);

    open_long(&world, options, "100", NULL); /* no volume at all */
    candle_of(&world, R3_1H, "99", "99", "99", "99", "0");
    SAID(&world, "SL-1 CANCELED|SL-2 PLACED");
    candle(&world, "103", "104", "103", "104");
    SAID(&world, "SL-2-t1 SELL 1@103 TAKER 3h|SL-2 FILLED");
    close_world(&world);

    open_world(&world, options); /* a stopped-out entry is not bought on */
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "2", .stop = "100");
    candle(&world, "105", "105", "105", "105");
    forget(&world);
    candle_of(&world, R3_1H, "99", "99", "99", "99", "30");
    SAID(&world, "ENTRY-1-t2 BUY 1@99 TAKER 2h|ENTRY-1 FILLED|SL-1-t1 SELL 2@99 TAKER 2h|SL-1 FILLED");
    close_world(&world);
}

static void test_refusals(void) {
    static const struct {
        struct wish wish;
        const char *want;
    } cases[] = {
        { { BUY_1(.kind = R3_LIMIT, .price = "100.005") }, "price 100.005 is not a multiple of 0.01" },
        { { BUY_1(.kind = R3_LIMIT) }, "a LIMIT order needs a price" },
        { { BUY_1(.stop = "100.005") }, "stop 100.005 is not a multiple of 0.01" },
        { { BUY_1(.target = "100.005") }, "target 100.005 is not a multiple of 0.01" },
        { { BUY_1(.stop = "115", .target = "100") }, "the stop is on the target's side" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "1.0005" }, "size 1.0005 is not a multiple of 0.001" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "0.009" }, "size 0.009 is below the minimum of 0.01" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "0.04" }, "size x price 4.2 is below the minimum of 5" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "5.05" }, "funds 5.05 is not a multiple of 0.1" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "4.9" }, "funds 4.9 is below the minimum of 5" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "10000" },
          "insufficient funds: 10010 needed with the fee, 10000 available" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "96" },
          "insufficient funds: 10090.08 needed with the fee, 10000 available" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_SELL, .size = "96" },
          "insufficient funds: 10090.08 needed with the fee, 10000 available" },
        { { .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .funds = "100" }, "an exit needs a size" },
        { { .id = "123456789012345678901234567890", .role = R3_ENTRY, .side = R3_BUY, .size = "1" },
          "the order id is longer than 34 characters, with its legs" },
    };
    struct r3_paper_options options = usual();
    options.taker_fee = decimal("0.001");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        struct r3_buffer want = R3_BUFFER_INIT;
        open_world(&world, options);
        world.reasons = true;
        send(&world, cases[i].wish);
        r3_buffer_printf(&want, "%s REJECTED (%s)", cases[i].wish.id, cases[i].want);
        SAID(&world, want.data);
        CHECK_INT(r3_paper_working(world.paper), 0);
        MONEY(&world, "10000", "0");
        r3_buffer_release(&want);
        close_world(&world);
    }
}

static void test_funds(void) {
    struct world world;
    struct r3_paper_options options = usual();
    options.taker_fee = decimal("0.001");
    open_world(&world, options);
    world.reasons = true;
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "9990");
    MONEY(&world, "10000", "9999.99");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .funds = "5");
    SAID(&world, "ENTRY-1 PLACED|ENTRY-2 REJECTED (insufficient funds: 5.005 needed with the fee, 0.01 available)");
    candle(&world, "300", "300", "300", "300"); /* however dear: the funds fix the cost */
    SAID(&world, "ENTRY-1-t1 BUY 33.3@300 TAKER 1h|ENTRY-1 FILLED");
    MONEY(&world, "0.01", "0");
    close_world(&world);
    open_world(&world, options);
    world.reasons = true;
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "95");
    candle(&world, "106", "106", "106", "106"); /* it fitted at 105 */
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1 CANCELED (insufficient funds)");
    MONEY(&world, "10000", "0");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .funds = "5");
    candle(&world, "600", "600", "600", "600");
    SAID(&world, "ENTRY-2 PLACED|ENTRY-2 CANCELED (the funds buy less than the minimum size)");
    close_world(&world);
}

static void test_reversal(void) {
    struct world world;
    struct r3_paper_options options = usual();
    options.taker_fee = decimal("0.01");
    open_world(&world, options);
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "9900", .stop = "50", .target = "500");
    candle(&world, "100", "100", "100", "100");
    MONEY(&world, "1", "0");
    forget(&world);
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "99");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_SELL, .funds = "9900");
    MONEY(&world, "1", "0");
    candle(&world, "101", "101", "101", "101"); /* 9900.01 left; / 1.01 is 9801.9 on 0.1 */
    SAID(&world, "EXIT-1 PLACED|ENTRY-2 PLACED|EXIT-1-t1 SELL 99@101 TAKER 2h|EXIT-1 FILLED|SL-1 CANCELED|TP-1 CANCELED|"
                 "ENTRY-2-t1 SELL 97.048@101 TAKER 2h|ENTRY-2 FILLED");
    MONEY(&world, "19603.83952", "0");
    close_world(&world);
    open_world(&world, options); /* without the exit: dropped; so too when it filled in part */
    world.reasons = true;
    SEND(&world, BUY_1(0));
    candle(&world, "100", "100", "100", "100");
    forget(&world);
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "0.5");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_SELL, .size = "1");
    candle(&world, "100", "100", "100", "100");
    SAID(&world, "EXIT-1 PLACED|ENTRY-2 PLACED|EXIT-1-t1 SELL 0.5@100 TAKER 2h|EXIT-1 FILLED|ENTRY-2 CANCELED (exit did not fill)");
    close_world(&world);
    open_world(&world, options); /* by size, capped */
    world.reasons = true;
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_SELL, .size = "94");
    candle(&world, "100", "100", "100", "100");
    forget(&world);
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_BUY, .size = "94");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .size = "98");
    candle(&world, "100", "100", "100", "100"); /* 9812 left, 9714.8 without the fee */
    SAID(&world, "EXIT-1 PLACED|ENTRY-2 PLACED|EXIT-1-t1 BUY 94@100 TAKER 2h|EXIT-1 FILLED|ENTRY-2-t1 BUY 97.148@100 TAKER 2h|"
                 "ENTRY-2 CANCELED in part (insufficient funds for the rest)");
    close_world(&world);
}

static void test_exits(void) {
    struct world world;
    open_world(&world, usual());
    world.reasons = true;
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "1");
    SAID(&world, "EXIT-1 CANCELED (nothing to close)");
    SEND(&world, BUY_1(0));
    candle(&world, "105", "105", "105", "105");
    forget(&world);
    SEND(&world, .id = "EXIT-2", .role = R3_EXIT, .side = R3_BUY, .size = "1"); /* the wrong side */
    SEND(&world, .id = "EXIT-3", .role = R3_EXIT, .side = R3_SELL, .size = "0.4");
    SEND(&world, .id = "EXIT-4", .role = R3_EXIT, .side = R3_SELL, .size = "5"); /* more than is held */
    SEND(&world, .id = "TP-9", .role = R3_TP, .side = R3_SELL, .kind = R3_LIMIT, .price = "120", .size = "1");
    candle(&world, "105", "105", "105", "105");
    SAID(&world, "EXIT-2 CANCELED (nothing to close)|EXIT-3 PLACED|EXIT-4 PLACED|TP-9 PLACED|EXIT-3-t1 SELL 0.4@105 TAKER 2h|EXIT-3 FILLED|"
                 "EXIT-4-t1 SELL 0.6@105 TAKER 2h|EXIT-4 PARTIAL|EXIT-4 CANCELED in part (position closed)|TP-9 CANCELED (position closed)");
    MONEY(&world, "10000", "0");
    close_world(&world);
}

static void test_cancel(void) {
    struct world world;
    open_world(&world, usual());
    world.reasons = true;
    SEND(&world, BUY_1(.kind = R3_LIMIT, .price = "100"));
    MONEY(&world, "10000", "100");
    cancel(&world, "ENTRY-1");
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1 CANCELED (asked)");
    MONEY(&world, "10000", "0");
    cancel(&world, "ENTRY-1");
    SAID(&world, "notice order main-1-ENTRY-1: nothing to cancel, it is done");
    cancel(&world, "ENTRY-7");
    SAID(&world, "ENTRY-7 UNKNOWN (no such order)");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .kind = R3_LIMIT, .price = "99", .size = "1", .stop = "90", .trail = "5"); /* replaced */
    candle(&world, "98", "98", "98", "98");
    SAID(&world, "ENTRY-2 PLACED|ENTRY-2-t1 BUY 1@98 TAKER 1h|ENTRY-2 FILLED|SL-1 PLACED");
    cancel(&world, "SL-1");
    SAID(&world, "SL-1 CANCELED (asked)");
    candle(&world, "120", "120", "80", "80"); /* it does not come back */
    SAID(&world, "");
    close_world(&world);
}

static void test_duplicates(void) {
    struct world world;
    open_world(&world, usual());
    world.reasons = true;
    SEND(&world, BUY_1(.kind = R3_LIMIT, .price = "100"));
    SEND(&world, BUY_1(.kind = R3_LIMIT, .price = "100.00"));
    SAID(&world, "ENTRY-1 PLACED|notice order main-1-ENTRY-1: it came before, and is not placed again");
    SEND(&world, BUY_1(.kind = R3_LIMIT, .price = "101"));
    SAID(&world, "ENTRY-1 REJECTED (duplicate order id)");
    CHECK_INT(r3_paper_working(world.paper), 1);
    MONEY(&world, "10000", "100");
    close_world(&world);
    open_long(&world, usual(), "100", NULL);
    world.reasons = true;
    SEND(&world, .id = "SL-1", .role = R3_SL, .side = R3_SELL, .size = "1"); /* the exchange's own leg has it */
    SAID(&world, "SL-1 REJECTED (duplicate order id)");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world, .id = "SL-1", .role = R3_SL, .side = R3_SELL, .size = "1");
    SEND(&world, BUY_1(.stop = "100"));
    candle(&world, "105", "105", "105", "105");
    SAID(&world, "SL-1 CANCELED|ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@105 TAKER 1h|ENTRY-1 FILLED|SL-2 PLACED");
    close_world(&world);
}

static void test_trailing(void) {
    struct world world;
    open_world(&world, usual());
    SEND(&world, BUY_1(.trail = "5"));
    candle(&world, "105", "105", "101", "104");
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@105 TAKER 1h|ENTRY-1 FILLED|SL-1 PLACED"); /* at 100 */
    candle(&world, "105", "120", "101", "110.005"); /* to 105, from the next candle on */
    candle(&world, "107", "108", "105.01", "106");
    SAID(&world, "");
    candle(&world, "107", "108", "105", "106");
    SAID(&world, "SL-1-t1 SELL 1@105 TAKER 5h|SL-1 FILLED");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world, BUY_1(.stop = "90", .break_even = "10"));
    candle(&world, "105", "120", "101", "114.99");
    candle(&world, "105", "120", "101", "115"); /* to 105 */
    forget(&world);
    candle(&world, "106", "106", "104", "104");
    SAID(&world, "SL-1-t1 SELL 1@105 TAKER 4h|SL-1 FILLED");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world, SELL_1(.break_even = "10", .trail = "20"));
    candle(&world, "105", "105", "95", "95"); /* a stop at 105: break-even is the tighter one of 105 and 115 */
    forget(&world);
    candle(&world, "96", "104.99", "96", "96");
    SAID(&world, "");
    candle(&world, "106", "106", "96", "96");
    SAID(&world, "SL-1-t1 BUY 1@106 TAKER 3h|SL-1 FILLED");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world, BUY_1(.break_even = "10")); /* no stop before it is reached */
    candle(&world, "105", "105", "50", "105");
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@105 TAKER 1h|ENTRY-1 FILLED");
    candle(&world, "115", "115", "50", "115");
    SAID(&world, "SL-1 PLACED");
    candle(&world, "115", "115", "50", "115");
    SAID(&world, "SL-1-t1 SELL 1@105 TAKER 4h|SL-1 FILLED");
    close_world(&world);
}

static void test_expiry(void) {
    struct world world;
    open_world(&world, usual());
    SEND(&world, BUY_1(.stop = "90", .expiry = 3 * R3_HOUR));
    candle(&world, "105", "105", "105", "105");
    candle(&world, "105", "105", "105", "105");
    forget(&world);
    candle(&world, "107", "107", "80", "105");
    SAID(&world, "MO-1 PLACED|MO-1-t1 SELL 1@107 TAKER 3h|MO-1 FILLED|SL-1 CANCELED");
    close_world(&world);
}

static void test_timeframes(void) {
    struct world world;
    open_world(&world, usual());
    SEND(&world, BUY_1(0));
    candle_of(&world, R3_5m, "106", "106", "106", "106", "1"); /* finer than the first: from now on it fills */
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@106 TAKER 1h|ENTRY-1 FILLED");
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "1");
    candle_of(&world, R3_1H, "105", "105", "105", "105", "1");
    SAID(&world, "EXIT-1 PLACED");
    world.time = R3_HOUR;
    candle_of(&world, R3_5m, "107", "107", "107", "107", "1"); /* it came before */
    SAID(&world, "");
    candle_of(&world, R3_5m, "108", "108", "108", "108", "1");
    SAID(&world, "EXIT-1-t1 SELL 1@108 TAKER 1h|EXIT-1 FILLED");
    close_world(&world);
}

static void test_sessions_and_end(void) {
    struct world world;
    open_world(&world, usual());
    world.accounts = world.reasons = true;
    SEND(&world, BUY_1(.stop = "90", .session = "s2"));
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .size = "1", .kind = R3_LIMIT, .price = "50");
    candle(&world, "105", "105", "105", "105");
    SAID(&world, "ENTRY-1 PLACED|ENTRY-2 PLACED|ENTRY-1-t1 BUY 1@105 TAKER 1h|ENTRY-1 FILLED|SL-1 PLACED|account main 10000 9950|account s2 10000 9895");
    candle(&world, "105", "105", "105", "107");
    SAID(&world, "");
    CHECK(r3_paper_end(world.paper, &error) == 0);
    SAID(&world, "ENTRY-2 CANCELED (end of stream)|SL-1 CANCELED (end of stream)|account main 10000 10000|account s2 10002 9895");
    CHECK_INT(r3_paper_working(world.paper), 0);
    close_world(&world);
}

int main(void) {
    test_golden_bars();
    test_golden_bars_short();
    test_touches();
    test_entry_candle();
    test_limit();
    test_limit_with_legs();
    test_costs();
    test_latency_and_close();
    test_volume();
    test_refusals();
    test_funds();
    test_reversal();
    test_exits();
    test_cancel();
    test_duplicates();
    test_trailing();
    test_expiry();
    test_timeframes();
    test_sessions_and_end();
    return check_done();
}
