/* The book of a live session: what it takes, reserves and refuses, and how what the exchange tells comes into it. */
#include "lib/trade/paper_state.h"
#include "tests/unit/paper_world.h"

static struct r3_paper_options of_book(void) {
    struct r3_paper_options options = usual();
    options.taker_fee = decimal("0.001");
    options.book = true;
    options.largest_order = r3_decimal_absent;
    return options;
}

/* A trade of that order, in dollars, a taker's. */
static struct r3_trade trade_of(const struct world *world, const char *id, const char *order, enum r3_side side,
                                const char *size, const char *price, const char *fee) {
    struct r3_record record;
    r3_record_init(&record, R3_TRADE);
    snprintf(record.trade.id, R3_ID_SIZE, "main-1-%s", id);
    snprintf(record.trade.order, R3_ID_SIZE, "main-1-%s", order);
    r3_copy_text(record.trade.session, R3_SESSION_SIZE, "main", 4);
    r3_copy_text(record.trade.market, R3_MARKET_SIZE, "BTC-USD", 7);
    record.trade.time = world->time;
    record.trade.side = side;
    record.trade.role = side == R3_BUY ? R3_ENTRY : R3_EXIT;
    record.trade.price = decimal(price);
    record.trade.size = decimal(size);
    record.trade.fee = decimal(fee);
    r3_copy_text(record.trade.fee_currency, R3_CURRENCY_SIZE, "USD", 3);
    record.trade.liquidity = R3_TAKER;
    return record.trade;
}

static void tell_trade(struct world *world, const char *order, enum r3_side side, const char *size, const char *price,
                       const char *fee, const char *currency) {
    static int number;
    char id[R3_ID_SIZE];
    snprintf(id, sizeof id, "%.20s-t%d", order, ++number);
    struct r3_trade trade = trade_of(world, id, order, side, size, price, fee);
    r3_copy_text(trade.fee_currency, R3_CURRENCY_SIZE, currency, strlen(currency));
    CHECK_INT(r3_paper_told_trade(world->paper, &trade, &error), 0);
}

static void tell_update(struct world *world, const char *order, enum r3_event event) {
    struct r3_record record;
    r3_record_init(&record, R3_UPDATE);
    snprintf(record.update.order, R3_ID_SIZE, "main-1-%s", order);
    r3_copy_text(record.update.session, R3_SESSION_SIZE, "main", 4);
    record.update.status = event == R3_EVENT_FILLED ? R3_CLOSED : event == R3_EVENT_CANCELED ? R3_CANCELED : R3_OPENED;
    record.update.event = event;
    CHECK_INT(r3_paper_told_update(world->paper, &record.update, &error), 0);
}

static void held(struct world *world, const char *want, const char *file, int line) {
    char text[R3_DECIMAL_TEXT_SIZE] = "0";
    const struct r3_ledger *ledger = r3_paper_ledger(world->paper, "main");
    const struct r3_ledger_position *position = r3_ledger_find(ledger, "BTC-USD\0\0\0\0\0\0\0\0");
    if (position)
        format(text, position->size);
    check_text(text, want, file, line);
    CHECK(r3_ledger_balanced(ledger));
}
#define HELD(world, want) held((world), (want), __FILE__, __LINE__)

/* Nothing is filled but what is told. */
static void test_told(void) {
    struct world world;
    open_world(&world, of_book());
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "1000");
    SAID(&world, "ENTRY-1 PLACED");
    MONEY(&world, "10000", "1001");
    candle(&world, "100", "120", "80", "110");
    SAID(&world, "");
    HELD(&world, "0");
    tell_update(&world, "ENTRY-1", R3_EVENT_PLACED);
    tell_trade(&world, "ENTRY-1", R3_BUY, "4", "100", "0.4", "USD");
    HELD(&world, "4");
    MONEY(&world, "9599.6", "600.6");                                 /* 600 of the funds are left */
    tell_trade(&world, "ENTRY-1", R3_BUY, "5", "110", "0.01", "KCS"); /* that fee is not of this cash */
    MONEY(&world, "9049.6", "50.05");
    tell_update(&world, "ENTRY-1", R3_EVENT_FILLED);
    MONEY(&world, "9049.6", "0");
    HELD(&world, "9");
    CHECK_INT(r3_paper_working(world.paper), 0);
    tell_trade(&world, "ENTRY-1", R3_BUY, "1", "50", "0", "USD"); /* late, and yet it was bought */
    HELD(&world, "10");
    MONEY(&world, "8999.6", "0");
    SAID(&world, "");
    candle(&world, "100", "100", "100", "100");
    SAID(&world, "");
    close_world(&world);
}

/* A cancel is passed on; what becomes of it is told. */
static void test_cancel(void) {
    struct world world;
    open_world(&world, of_book());
    SEND(&world, BUY_1(.kind = R3_LIMIT, .price = "100"));
    MONEY(&world, "10000", "100.1");
    cancel(&world, "ENTRY-1");
    SAID(&world, "ENTRY-1 PLACED");
    CHECK_INT(r3_paper_working(world.paper), 1);
    tell_trade(&world, "ENTRY-1", R3_BUY, "0.25", "100", "0.025", "USD");
    tell_update(&world, "ENTRY-1", R3_EVENT_CANCELED);
    CHECK_INT(r3_paper_working(world.paper), 0);
    MONEY(&world, "9974.975", "0");
    HELD(&world, "0.25");
    cancel(&world, "ENTRY-1");
    SAID(&world, "notice order main-1-ENTRY-1: nothing to cancel, it is done");
    close_world(&world);
}

static void test_refusals(void) {
    static const struct {
        struct wish wish;
        const char *want;
    } cases[] = {
        { { BUY_1(.kind = R3_STOP, .price = "120") },
          "a STOP order is not sent: stops are watched by r3-track, --protect tracker" },
        { { BUY_1(.stop = "90") }, "stop, target and time are watched by r3-track: --protect tracker" },
        { { BUY_1(.expiry = 7) }, "stop, target and time are watched by r3-track: --protect tracker" },
        { { SELL_1() }, "nothing is sold short on a spot market" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "500.1" },
          "it comes to 500.1, --max-order is 500" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "4.77" },
          "it comes to 500.85, --max-order is 500" },
        { { .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "1" }, "nothing to close" },
        { { .id = "EXIT-1", .role = R3_EXIT, .side = R3_BUY, .size = "1" }, "nothing to close" },
    };
    struct r3_paper_options options = of_book();
    options.largest_order = decimal("500");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        REFUSES(options, cases[i].wish, cases[i].want);
}

/* Entries that are too old go nowhere; exits always do. */
static void test_stale(void) {
    struct world world;
    struct r3_paper_options options = of_book();
    options.entries_from = 2 * R3_HOUR;
    open_world(&world, options); /* it is 01:00 */
    world.reasons = true;
    SEND(&world, BUY_1());
    SAID(&world, "ENTRY-1 REJECTED (STALE: it was decided before 1970-01-01T02:00:00Z, from when on entries are sent)");
    candle(&world, "105", "105", "105", "105");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .size = "1");
    SAID(&world, "ENTRY-2 PLACED");
    close_world(&world);

    options.entries_from = R3_PAPER_NEVER;
    open_world(&world, options);
    world.reasons = true;
    tell_update(&world, "ENTRY-1", R3_EVENT_FILLED); /* of nobody: nothing happens */
    SEND(&world, BUY_1());
    SAID(&world, "ENTRY-1 REJECTED (STALE: no entry is sent for now (--entries-from never))");
    close_world(&world);
}

/* Never more is sold than the session holds, whatever is asked for how often. */
static void test_exits(void) {
    struct world world;
    open_world(&world, of_book());
    world.reasons = true;
    SEND(&world, BUY_1());
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "1"); /* it may fill yet, and has not */
    SAID(&world, "ENTRY-1 PLACED|EXIT-1 REJECTED (nothing to close)");
    tell_trade(&world, "ENTRY-1", R3_BUY, "1", "105", "0", "USD");
    tell_update(&world, "ENTRY-1", R3_EVENT_FILLED);
    SEND(&world, .id = "EXIT-2", .role = R3_EXIT, .side = R3_SELL, .size = "1.001");
    SAID(&world, "EXIT-2 REJECTED (it would close 1.001, of which the session holds 1)");
    SEND(&world, .id = "SL-1", .role = R3_SL, .side = R3_SELL, .size = "0.6");
    SEND(&world, .id = "SL-2", .role = R3_SL, .side = R3_SELL, .size = "0.5");
    SAID(&world, "SL-1 PLACED|SL-2 REJECTED (it would close 0.5, of which the session holds 0.4)");
    tell_trade(&world, "SL-1", R3_SELL, "0.2", "90", "0", "USD");
    SEND(&world, .id = "SL-3", .role = R3_SL, .side = R3_SELL, .size = "0.4");
    SAID(&world, "SL-3 PLACED");
    tell_trade(&world, "SL-1", R3_SELL, "0.4", "90", "0", "USD");
    tell_trade(&world, "SL-3", R3_SELL, "0.4", "90", "0", "USD");
    tell_update(&world, "SL-1", R3_EVENT_FILLED);
    tell_update(&world, "SL-3", R3_EVENT_FILLED);
    HELD(&world, "0");
    MONEY(&world, "9985", "0");
    close_world(&world);
}

/* What is of nobody is an error, not a position. */
static void test_foreign(void) {
    struct world world;
    open_world(&world, of_book());
    const struct r3_trade trade = trade_of(&world, "t", "ENTRY-9", R3_BUY, "1", "1", "0");
    CHECK_INT(r3_paper_told_trade(world.paper, &trade, &error), -1);
    CHECK_INT(error.status, R3_DATA);
    CHECK_TEXT(error.text, "trade main-1-t: its order main-1-ENTRY-9 did not come here");
    HELD(&world, "0");
    close_world(&world);
}

/* A trade that comes twice is booked once, in this run and in the next; and so is one that says something else the second time. */
static void put_back(struct world *world);
static void test_twice(void) {
    struct world world;
    open_world(&world, of_book());
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "1000");
    SAID(&world, "ENTRY-1 PLACED");
    struct r3_trade trade = trade_of(&world, "ENTRY-1-t1", "ENTRY-1", R3_BUY, "5", "100", "0.5");
    for (int i = 0; i < 4; i++) {
        if (i == 2)
            put_back(&world);
        if (i == 3)
            trade.size = decimal("6");
        CHECK_INT(r3_paper_told_trade(world.paper, &trade, &error), 0);
        HELD(&world, "5");
        MONEY(&world, "9499.5", "500.5");
    }
    SAID(&world, "notice trade main-1-ENTRY-1-t1: it came before, and is not booked again|"
                 "notice trade main-1-ENTRY-1-t1: it came before, and is not booked again|"
                 "notice trade main-1-ENTRY-1-t1: it came before and said something else, and is not booked again");
    tell_update(&world, "ENTRY-1", R3_EVENT_FILLED);
    CHECK_INT(r3_paper_told_trade(world.paper, &trade, &error), 0); /* its order is over */
    HELD(&world, "5");
    /* No more is sold than is held. */
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "5");
    SEND(&world, .id = "SL-1", .role = R3_SL, .side = R3_SELL, .size = "5");
    SAID(&world, "notice trade main-1-ENTRY-1-t1: it came before and said something else, and is not booked again|"
                 "EXIT-1 PLACED|SL-1 REJECTED");
    close_world(&world);
}

/* Cut off after each step and put back from its state, it goes on the same. */
static void put_back(struct world *world) {
    struct r3_buffer text = R3_BUFFER_INIT, again = R3_BUFFER_INIT;
    struct world other;
    bool opened;
    r3_paper_save(world->paper, true, &text);
    struct r3_paper_options options = of_book();
    other = (struct world) { .time = world->time, .log = world->log, .reasons = world->reasons };
    CHECK_INT(r3_paper_new(&other.paper, &options, listen, world, &error), 0);
    CHECK_INT(r3_paper_load(other.paper, &opened, text.data, text.length, &error), 0);
    r3_paper_save(other.paper, true, &again);
    CHECK_TEXT(again.data, text.data);
    r3_paper_free(world->paper);
    world->paper = other.paper;
    r3_buffer_release(&text);
    r3_buffer_release(&again);
}

static void test_state(void) {
    struct world world;
    open_world(&world, of_book());
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "1000");
    put_back(&world);
    tell_trade(&world, "ENTRY-1", R3_BUY, "4", "100", "0.4", "USD");
    put_back(&world);
    MONEY(&world, "9599.6", "600.6");
    tell_update(&world, "ENTRY-1", R3_EVENT_CANCELED);
    put_back(&world);
    MONEY(&world, "9599.6", "0");
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "4");
    put_back(&world);
    tell_trade(&world, "EXIT-1", R3_SELL, "4", "110", "0.44", "USD");
    put_back(&world);
    tell_update(&world, "EXIT-1", R3_EVENT_FILLED);
    put_back(&world);
    tell_trade(&world, "ENTRY-1", R3_BUY, "1", "100", "0.1", "USD");
    HELD(&world, "1");
    MONEY(&world, "9939.06", "0");
    SAID(&world, "ENTRY-1 PLACED|EXIT-1 PLACED");
    close_world(&world);
}

int main(void) {
    test_told();
    test_cancel();
    test_refusals();
    test_stale();
    test_exits();
    test_foreign();
    test_twice();
    test_state();
    return check_done();
}
