#ifndef R3_TESTS_UNIT_PAPER_WORLD_H
#define R3_TESTS_UNIT_PAPER_WORLD_H

/* A small world around the paper exchange, for its tests. What it says is put into one line a record:
 *   "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@105 TAKER 1h|ENTRY-1 FILLED|...", ids without their "main-1-", times in hours. */

#include "lib/trade/paper.h"

#include "lib/base/buffer.h"
#include "lib/trade/ledger.h"
#include "tests/unit/check.h"

static struct r3_error error;

static inline struct r3_decimal decimal(const char *text) {
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

static inline void format(char out[R3_DECIMAL_TEXT_SIZE], struct r3_decimal value) {
    r3_decimal_format(out, &value);
}

static inline int listen(void *context, const struct r3_record *record, struct r3_error *ignored) {
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
        r3_buffer_printf(&world->log, "%s %s", record->update.order + strlen("main-1-"),
                         r3_event_name(record->update.event));
        if (record->update.event == R3_EVENT_CANCELED && record->update.execution == R3_PARTIALLY_EXECUTED)
            r3_buffer_append_text(&world->log, " in part");
        if (world->reasons && record->update.reason[0])
            r3_buffer_printf(&world->log, " (%s)", record->update.reason);
        break;
    case R3_TRADE:
        format(a, record->trade.size);
        format(b, record->trade.price);
        r3_buffer_printf(
            &world->log, "%s %s %s@%s %s %lldh", record->trade.id + strlen("main-1-"), r3_side_name(record->trade.side),
            a, b, record->trade.liquidity == R3_MAKER ? "MAKER" : "TAKER", (long long)(record->trade.time / R3_HOUR));
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
        CHECK_TEXT(r3_record_type_name(record->type), "update, trade, account or notice");
    }
    return 0;
}

static inline struct r3_paper_options usual(void) {
    return (struct r3_paper_options) {
        .cash = { 10000, 0 },
        .taker_fee = r3_decimal_zero,
        .maker_fee = r3_decimal_zero,
        .slippage = r3_decimal_zero,
        .spread = r3_decimal_zero,
        .volume_share = r3_decimal_absent,
        .through = r3_decimal_zero,
    };
}

static inline void candle_of(struct world *world, enum r3_timeframe timeframe, const char *open, const char *high,
                             const char *low, const char *close, const char *volume) {
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

static inline void candle(struct world *world, const char *open, const char *high, const char *low, const char *close) {
    candle_of(world, R3_1H, open, high, low, close, "10");
}

/* A market with the increments 0.01, 0.001 and 0.1, at least 0.01 and 5; then a candle that closes at 105. */
static inline void open_world(struct world *world, struct r3_paper_options options) {
    struct r3_record record;
    r3_record_init(&record, R3_INSTRUMENT);
    struct r3_instrument *instrument = &record.instrument;
    r3_copy_text(instrument->market, R3_MARKET_SIZE, "BTC-USD", 7);
    r3_copy_text(instrument->base, R3_CURRENCY_SIZE, "BTC", 3);
    r3_copy_text(instrument->quote, R3_CURRENCY_SIZE, "USD", 3);
    r3_copy_text(instrument->fee_currency, R3_CURRENCY_SIZE, "USD", 3);
    r3_copy_text(instrument->platform, R3_PLATFORM_SIZE, "csv", 3);
    instrument->price_increment = decimal("0.01");
    instrument->base_increment = decimal("0.001");
    instrument->quote_increment = decimal("0.1");
    instrument->minimum_size = decimal("0.01");
    instrument->minimum_funds = decimal("5");
    *world = (struct world) { .time = 0 };
    CHECK(r3_paper_new(&world->paper, &options, listen, world, &error) == 0);
    CHECK(r3_paper_session(world->paper, "main", &error) == 0);
    CHECK(r3_paper_instrument(world->paper, instrument, &error) == 0);
    candle(world, "105", "105", "105", "105");
}

static inline void close_world(struct world *world) {
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

static inline struct r3_order order_of(const struct world *world, struct wish wish) {
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

static inline void send(struct world *world, struct wish wish) {
    struct r3_order order = order_of(world, wish);
    CHECK(r3_paper_order(world->paper, &order, &error) == 0);
}

static inline void cancel(struct world *world, const char *id) {
    struct r3_record record;
    r3_record_init(&record, R3_CANCEL);
    snprintf(record.cancel.order, R3_ID_SIZE, "main-1-%s", id);
    r3_copy_text(record.cancel.session, R3_SESSION_SIZE, "main", 4);
    r3_copy_text(record.cancel.reason, R3_TEXT_SIZE, "asked", 5);
    record.cancel.time = world->time;
    CHECK(r3_paper_cancel(world->paper, &record.cancel, &error) == 0);
}

#define SEND(world, ...) send((world), (struct wish) { __VA_ARGS__ })
#define BUY_1(...) .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "1", __VA_ARGS__
#define SELL_1(...) .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_SELL, .size = "1", __VA_ARGS__

/* What was said since the last time. */
static inline void said(struct world *world, const char *want, const char *file, int line) {
    check_text(world->log.data ? world->log.data : "", want, file, line);
    r3_buffer_reset(&world->log);
}
#define SAID(world, want) said((world), (want), __FILE__, __LINE__)
static inline void forget(struct world *world) {
    r3_buffer_reset(&world->log);
}

static inline void check_money(struct world *world, const char *cash, const char *reserved, const char *file,
                               int line) {
    char text[R3_DECIMAL_TEXT_SIZE];
    const struct r3_ledger *ledger = r3_paper_ledger(world->paper, "main");
    format(text, ledger->cash);
    check_text(text, cash, file, line);
    format(text, ledger->reserved);
    check_text(text, reserved, file, line);
}
#define MONEY(world, cash, reserved) check_money((world), (cash), (reserved), __FILE__, __LINE__)

/* The first order of an account: it is refused for that reason, and nothing comes of it. */
static inline void refuses(struct r3_paper_options options, struct wish wish, const char *reason, const char *file,
                           int line) {
    struct world world;
    struct r3_buffer want = R3_BUFFER_INIT;
    open_world(&world, options);
    world.reasons = true;
    send(&world, wish);
    r3_buffer_printf(&want, "%s REJECTED (%s)", wish.id, reason);
    said(&world, want.data, file, line);
    CHECK_INT(r3_paper_working(world.paper), 0);
    check_money(&world, "10000", "0", file, line);
    r3_buffer_release(&want);
    close_world(&world);
}
#define REFUSES(options, wish, reason) refuses((options), (wish), (reason), __FILE__, __LINE__)

/* A long position of 1, bought at 105, in hours 1 to 2. */
static inline void open_long(struct world *world, struct r3_paper_options options, const char *stop,
                             const char *target) {
    open_world(world, options);
    SEND(world, BUY_1(.stop = stop, .target = target));
    candle(world, "105", "105", "105", "105");
    forget(world);
}

#endif
