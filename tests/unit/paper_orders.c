/* The paper exchange: what it refuses, cancels, holds to the account, and knows again. */
#include "tests/unit/paper_world.h"

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
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "1.0005" },
          "size 1.0005 is not a multiple of 0.001" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "0.009" },
          "size 0.009 is below the minimum of 0.01" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .size = "0.04" },
          "size x price 4.2 is below the minimum of 5" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "5.05" },
          "funds 5.05 is not a multiple of 0.1" },
        { { .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "4.9" },
          "funds 4.9 is below the minimum of 5" },
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
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        REFUSES(options, cases[i].wish, cases[i].want);
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
    MONEY(&world, "1", "1");                    /* 9999 less the 9900 that the exit frees, and no more than there is */
    candle(&world, "101", "101", "101", "101"); /* 9900.01 left; / 1.01 is 9801.9 on 0.1 */
    SAID(&world,
         "EXIT-1 PLACED|ENTRY-2 PLACED|EXIT-1-t1 SELL 99@101 TAKER 2h|EXIT-1 FILLED|SL-1 CANCELED|TP-1 CANCELED|"
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
    SAID(
        &world,
        "EXIT-1 PLACED|ENTRY-2 PLACED|EXIT-1-t1 SELL 0.5@100 TAKER 2h|EXIT-1 FILLED|ENTRY-2 CANCELED (exit did not fill)");
    close_world(&world);
    open_world(&world, options); /* by size, capped */
    world.reasons = true;
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_SELL, .size = "94");
    candle(&world, "100", "100", "100", "100");
    forget(&world);
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_BUY, .size = "94");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .size = "98");
    candle(&world, "100", "100", "100", "100"); /* 9812 left, 9714.8 without the fee */
    SAID(&world,
         "EXIT-1 PLACED|ENTRY-2 PLACED|EXIT-1-t1 BUY 94@100 TAKER 2h|EXIT-1 FILLED|ENTRY-2-t1 BUY 97.148@100 TAKER 2h|"
         "ENTRY-2 CANCELED in part (insufficient funds for the rest)");
    close_world(&world);
}

/* Filled at the close, the exit is done when the entry comes: it is held to what is left all the same. */
static void test_reversal_at_close(void) {
    struct world world;
    struct r3_paper_options options = usual();
    options.taker_fee = decimal("0.01");
    options.fill_close = true;
    open_world(&world, options);
    SEND(&world, .id = "ENTRY-1", .role = R3_ENTRY, .side = R3_BUY, .funds = "9900");
    candle(&world, "100", "100", "100", "100");
    forget(&world);
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "94.285"); /* 94.285 x 105 was 9899.925 */
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_SELL, .funds = "9400");
    SAID(&world, "EXIT-1 PLACED|EXIT-1-t1 SELL 94.285@100 TAKER 2h|EXIT-1 FILLED|ENTRY-2 PLACED|"
                 "ENTRY-2-t1 SELL 92.428@100 TAKER 2h|ENTRY-2 FILLED"); /* 9335.29075 / 1.01, on 0.1 */
    close_world(&world);
    open_world(&world, options); /* but not on the exit's other side, nor at another close */
    world.reasons = true;
    SEND(&world, BUY_1(0));
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "1");
    forget(&world);
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .funds = "9999");
    candle(&world, "100", "100", "100", "100");
    SEND(&world, .id = "ENTRY-3", .role = R3_ENTRY, .side = R3_SELL, .funds = "9999");
    SAID(&world, "ENTRY-2 REJECTED (insufficient funds: 10098.99 needed with the fee, 9997.9 available)|"
                 "ENTRY-3 REJECTED (insufficient funds: 10098.99 needed with the fee, 9997.9 available)");
    close_world(&world);
}

/* What an entry finds as dust of the other side it closes ahead of its own position, with all that belonged to it. */
static void test_dust(void) {
    struct world world;
    struct r3_paper_options options = usual();
    options.volume_share = decimal("1");
    open_world(&world, options);
    world.reasons = true;
    SEND(&world, BUY_1(.stop = "50"));
    candle_of(&world, R3_1H, "100", "100", "100", "100", "0.008"); /* the minimum size is 0.01 */
    cancel(&world, "ENTRY-1");
    MONEY(&world, "9999.2", "0");
    forget(&world);
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_SELL, .size = "1", .stop = "200");
    candle_of(&world, R3_1H, "110", "110", "110", "110", "0.006"); /* a part of it */
    SAID(&world, "ENTRY-2 PLACED|ENTRY-2-t1 SELL 0.006@110 TAKER 2h|ENTRY-2 PARTIAL");
    candle_of(&world, R3_1H, "110", "110", "110", "110", "0.003"); /* and the rest; 0.001 is short */
    SAID(&world,
         "ENTRY-2-t2 SELL 0.002@110 TAKER 3h|SL-1 CANCELED (position closed)|ENTRY-2-t3 SELL 0.001@110 TAKER 3h|"
         "ENTRY-2 PARTIAL|SL-2 PLACED");
    candle(&world, "110", "110", "110", "110");
    SAID(&world, "ENTRY-2-t4 SELL 0.991@110 TAKER 4h|ENTRY-2 FILLED");
    MONEY(&world, "10109.2", "0");
    candle(&world, "210", "210", "210", "210"); /* the stop takes what was opened, 0.992 */
    SAID(&world, "SL-2-t1 BUY 0.992@210 TAKER 5h|SL-2 FILLED");
    MONEY(&world, "9900.88", "0");
    CHECK(r3_ledger_balanced(r3_paper_ledger(world.paper, "main")));
    close_world(&world);

    open_world(&world,
               options); /* short dust, worth less than the minimum funds of 5; the entry by funds, at the close */
    SEND(&world, SELL_1(0));
    candle_of(&world, R3_1H, "100", "100", "100", "100", "0.049");
    cancel(&world, "ENTRY-1");
    forget(&world);
    candle(&world, "100", "100", "100", "100");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .funds = "50", .fill = R3_FILL_CLOSE);
    SAID(&world, "ENTRY-2 PLACED|ENTRY-2-t1 BUY 0.049@100 TAKER 3h|ENTRY-2-t2 BUY 0.451@100 TAKER 3h|ENTRY-2 FILLED");
    MONEY(&world, "9954.9", "0"); /* + 4.9 - 50 */
    close_world(&world);

    open_world(&world, options); /* a little more is a position */
    world.reasons = true;
    SEND(&world, SELL_1(0));
    candle_of(&world, R3_1H, "100", "100", "100", "100", "0.05");
    cancel(&world, "ENTRY-1");
    forget(&world);
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .funds = "50");
    candle(&world, "90", "90", "90", "90"); /* what it is worth by now does not count */
    SAID(&world, "ENTRY-2 PLACED|ENTRY-2 CANCELED (exit did not fill)");
    close_world(&world);

    open_world(&world, options); /* gone before the entry fills: nothing to close; a close ends the rest of the entry */
    SEND(&world, BUY_1(.stop = "99"));
    candle_of(&world, R3_1H, "100", "100", "100", "100", "0.008");
    cancel(&world, "ENTRY-1");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_SELL, .kind = R3_LIMIT, .price = "105", .size = "1");
    candle_of(&world, R3_1H, "98", "98", "98", "98", "1");
    forget(&world);
    candle_of(&world, R3_1H, "105", "105", "105", "105", "0.5");
    SAID(&world, "ENTRY-2-t1 SELL 0.5@105 MAKER 3h|ENTRY-2 PARTIAL");
    SEND(&world, .id = "EXIT-2", .role = R3_EXIT, .side = R3_BUY, .size = "0.5");
    candle(&world, "100", "100", "100", "100");
    SAID(&world, "EXIT-2 PLACED|EXIT-2-t1 BUY 0.5@100 TAKER 4h|EXIT-2 FILLED|ENTRY-2 CANCELED in part");
    close_world(&world);
}

/* A session is opened once, as of the last candle, in the market's currency. */
static void test_open(void) {
    struct world world;
    open_world(&world, usual());
    world.accounts = true;
    CHECK(r3_paper_open(world.paper, "main", "BTC-USD", &error) == 0);
    SAID(&world, "");
    CHECK(r3_paper_open(world.paper, "s2", "BTC-USD", &error) == 0);
    CHECK(r3_paper_open(world.paper, "s2", "BTC-USD", &error) == 0);
    CHECK(r3_paper_open(world.paper, "s3", "", &error) == 0);
    SAID(&world, "account s2 10000 10000|account s3 10000 10000");
    close_world(&world);
}

/* What leaves at the open leaves before a resting entry of the other side comes in. */
static void test_turn_at_open(void) {
    struct world world;
    open_long(&world, usual(), "100", "115");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_SELL, .kind = R3_LIMIT, .price = "116", .size = "1",
         .stop = "120");
    candle(&world, "118", "119", "117", "117");
    SAID(
        &world,
        "ENTRY-2 PLACED|TP-1-t1 SELL 1@118 MAKER 2h|TP-1 FILLED|SL-1 CANCELED|ENTRY-2-t1 SELL 1@118 TAKER 2h|ENTRY-2 FILLED|SL-2 PLACED");
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
    SAID(
        &world,
        "EXIT-2 CANCELED (nothing to close)|EXIT-3 PLACED|EXIT-4 PLACED|TP-9 PLACED|EXIT-3-t1 SELL 0.4@105 TAKER 2h|EXIT-3 FILLED|"
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
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .kind = R3_LIMIT, .price = "99", .size = "1",
         .stop = "90", .trail = "5"); /* replaced */
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
    open_world(&world, usual());
    world.reasons = true;
    SEND(&world, BUY_1(.trail = "5"));
    SEND(&world, BUY_1(.trail = "5.0"));
    SAID(&world, "ENTRY-1 PLACED|notice order main-1-ENTRY-1: it came before, and is not placed again");
    SEND(&world, BUY_1(.break_even = "5")); /* the same number, said of something else */
    SAID(&world, "ENTRY-1 REJECTED (duplicate order id)");
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

static void test_timeframes(void) {
    struct world world;
    open_world(&world, usual());
    SEND(&world, BUY_1(0));
    candle_of(&world, R3_5m, "106", "106", "106", "106", "1"); /* finer than the first: from now on it fills */
    SAID(&world, "ENTRY-1 PLACED|ENTRY-1-t1 BUY 1@106 TAKER 1h|ENTRY-1 FILLED");
    SEND(&world, .id = "EXIT-1", .role = R3_EXIT, .side = R3_SELL, .size = "1");
    world.time = R3_HOUR;
    candle_of(&world, R3_1H, "105", "105", "105", "105", "1"); /* what it tells is told in part */
    SAID(&world, "EXIT-1 PLACED");
    world.time = R3_HOUR;
    candle_of(&world, R3_5m, "107", "107", "107", "107", "1"); /* it came before */
    SAID(&world, "");
    candle_of(&world, R3_5m, "108", "108", "108", "108", "1");
    SAID(&world, "EXIT-1-t1 SELL 1@108 TAKER 1h|EXIT-1 FILLED");
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .size = "1");
    world.time = 2 * R3_HOUR;
    candle_of(&world, R3_1H, "109", "109", "109", "109", "1"); /* of a gap of the finer ones */
    SAID(&world, "ENTRY-2 PLACED|ENTRY-2-t1 BUY 1@109 TAKER 2h|ENTRY-2 FILLED");
    SEND(&world, .id = "EXIT-2", .role = R3_EXIT, .side = R3_SELL, .size = "1");
    candle_of(&world, R3_5m, "110", "110", "110", "110", "1");
    SAID(&world, "EXIT-2 PLACED|EXIT-2-t1 SELL 1@110 TAKER 3h|EXIT-2 FILLED");
    close_world(&world);
}

static void test_sessions_and_end(void) {
    struct world world;
    open_world(&world, usual());
    world.accounts = world.reasons = true;
    SEND(&world, BUY_1(.stop = "90", .session = "s2"));
    SEND(&world, .id = "ENTRY-2", .role = R3_ENTRY, .side = R3_BUY, .size = "1", .kind = R3_LIMIT, .price = "50");
    candle(&world, "105", "105", "105", "105");
    SAID(
        &world,
        "ENTRY-1 PLACED|ENTRY-2 PLACED|ENTRY-1-t1 BUY 1@105 TAKER 1h|ENTRY-1 FILLED|SL-1 PLACED|account main 10000 9950|account s2 10000 9895");
    candle(&world, "105", "105", "105", "107");
    SAID(&world, "");
    CHECK(r3_paper_end(world.paper, &error) == 0);
    SAID(
        &world,
        "ENTRY-2 CANCELED (end of stream)|SL-1 CANCELED (end of stream)|account main 10000 10000|account s2 10002 9895");
    CHECK_INT(r3_paper_working(world.paper), 0);
    close_world(&world);
}

int main(void) {
    test_refusals();
    test_funds();
    test_reversal();
    test_reversal_at_close();
    test_dust();
    test_open();
    test_turn_at_open();
    test_exits();
    test_cancel();
    test_duplicates();
    test_timeframes();
    test_sessions_and_end();
    return check_done();
}
