/* The paper exchange: how orders fill. */
#include "tests/unit/paper_world.h"

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
    SAID(
        &world,
        "ENTRY-1-t1 BUY 1@104 TAKER 1h|ENTRY-1 FILLED|SL-1 PLACED|TP-1 PLACED|SL-1-t1 SELL 1@100 TAKER 2h|SL-1 FILLED|TP-1 CANCELED");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world, BUY_1(.stop = "100", .target = "115"));
    candle(&world, "98", "116", "97", "110"); /* opens below the stop: out again at the open */
    SAID(
        &world,
        "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@98 TAKER 1h|ENTRY-1 FILLED|SL-1 PLACED|TP-1 PLACED|SL-1-t1 SELL 1@98 TAKER 1h|SL-1 FILLED|TP-1 CANCELED");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world, BUY_1(.target = "103"));
    candle(&world, "104", "104", "104", "104"); /* opens beyond the target: it takes, not makes */
    SAID(
        &world,
        "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@104 TAKER 1h|ENTRY-1 FILLED|TP-1 PLACED|TP-1-t1 SELL 1@104 TAKER 1h|TP-1 FILLED");
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
    SAID(
        &world,
        "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@100 MAKER 2h|ENTRY-1 FILLED|SL-1 PLACED|TP-1 PLACED|SL-1-t1 SELL 1@97 TAKER 2h|SL-1 FILLED|TP-1 CANCELED");
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
    SAID(
        &world,
        "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@100 MAKER 2h|ENTRY-1 FILLED|SL-1 PLACED|TP-1 PLACED|TP-1-t1 SELL 1@104 MAKER 2h|TP-1 FILLED|SL-1 CANCELED");
    close_world(&world);
    open_world(&world, usual());
    SEND(&world,
         BUY_1(.kind = R3_STOP, .price = "108", .stop = "104")); /* a breakout, and its stop in the same candle */
    candle(&world, "106", "109", "103", "107");
    SAID(
        &world,
        "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@108 TAKER 2h|ENTRY-1 FILLED|SL-1 PLACED|SL-1-t1 SELL 1@104 TAKER 2h|SL-1 FILLED");
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
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .size = "1",
         .fill = R3_FILL_NEXT_OPEN); /* the order's own word counts */
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
    SAID(
        &world,
        "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@105 TAKER 1h|ENTRY-1 PARTIAL|ENTRY-1-t2 BUY 0.432@104 TAKER 2h|ENTRY-1 FILLED");
    MONEY(&world, "9850.072", "0");
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "1.432");
    candle(&world, "104", "104", "104", "104");
    candle(&world, "104", "104", "104", "104");
    SAID(&world,
         "EXIT-1 PLACED|EXIT-1-t1 SELL 1@104 TAKER 3h|EXIT-1 PARTIAL|EXIT-1-t2 SELL 0.432@104 TAKER 4h|EXIT-1 FILLED");
    close_world(&world);

    open_long(&world, options, "100", NULL); /* no volume at all */
    candle_of(&world, R3_1H, "99", "99", "99", "99", "0");
    SAID(&world, "SL-1 CANCELED|SL-2 PLACED");
    candle(&world, "103", "104", "103", "104");
    SAID(&world, "SL-2-t1 SELL 1@103 TAKER 3h|SL-2 FILLED");
    close_world(&world);

    open_world(&world, options); /* once its stop is touched an entry buys no more */
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "2", .stop = "100");
    candle(&world, "105", "105", "105", "105");
    forget(&world);
    candle_of(&world, R3_1H, "99", "99", "99", "99", "0");
    SAID(&world, "SL-1 CANCELED|SL-2 PLACED|ENTRY-1 CANCELED in part");
    candle(&world, "98", "98", "98", "98");
    SAID(&world, "SL-2-t1 SELL 1@98 TAKER 3h|SL-2 FILLED");
    MONEY(&world, "9993", "0");
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
    test_trailing();
    test_expiry();
    return check_done();
}
