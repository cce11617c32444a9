/* The sizer's methods, limits and roundings; every expected amount is worked out by hand in the comment beside it. */

#include "lib/trade/sizer.h"
#include "lib/base/buffer.h"
#include "tests/unit/check.h"

static struct r3_decimal decimal(const char *text) {
    struct r3_decimal value = r3_decimal_absent;
    struct r3_error error;
    if (text)
        CHECK(r3_decimal_parse(&value, text, strlen(text), &error) == 0);
    return value;
}

#define COPY(out, text) r3_copy_text(out, sizeof(out), text, strlen(text))

/* 10,000 of equity, all available, nothing held, the price at 100. */
static struct r3_raworder entry(enum r3_side side) {
    struct r3_record record;
    r3_record_init(&record, R3_RAWORDER);
    struct r3_raworder *raw = &record.raworder;
    COPY(raw->id, "main-1-ENTRY-1");
    COPY(raw->session, "main");
    COPY(raw->platform, "csv");
    COPY(raw->market, "BTC-USD");
    raw->time = 1000;
    raw->role = R3_ENTRY;
    raw->side = side;
    raw->kind = R3_MARKET;
    raw->reference = decimal("100");
    raw->equity = raw->available = decimal("10000");
    raw->exposure = raw->day_pnl = raw->average_win = raw->average_loss = r3_decimal_zero;
    return *raw;
}

static struct r3_raworder leave(enum r3_role role, const char *size) {
    struct r3_raworder raw = entry(R3_SELL);
    raw.role = role;
    raw.size = decimal(size);
    return raw;
}

static struct r3_sizer_options method(enum r3_sizer_method chosen, const char *amount) {
    return (struct r3_sizer_options) { .method = chosen,
                                       .amount = decimal(amount),
                                       .kelly_after = 20,
                                       .kelly_before = decimal("0.1"),
                                       .fee = decimal("0.001"),
                                       .max_order = r3_decimal_absent,
                                       .max_position = r3_decimal_absent,
                                       .max_exposure = r3_decimal_absent,
                                       .max_daily_loss = r3_decimal_absent };
}

static struct r3_instrument rules(const char *price, const char *base, const char *quote, const char *size,
                                  const char *funds) {
    struct r3_record record;
    r3_record_init(&record, R3_INSTRUMENT);
    COPY(record.instrument.market, "BTC-USD");
    record.instrument.price_increment = decimal(price);
    record.instrument.base_increment = decimal(base);
    record.instrument.quote_increment = decimal(quote);
    record.instrument.minimum_size = decimal(size);
    record.instrument.minimum_funds = decimal(funds);
    return record.instrument;
}

/* "funds 99.9", "size 1", or the reason of the refusal. */
static const char *sized(const struct r3_sizer_options *options, const struct r3_instrument *instrument,
                         const struct r3_raworder *raw, struct r3_order *order) {
    static char text[R3_TEXT_SIZE + 8];
    struct r3_sizer *sizer = r3_sizer_new(options);
    struct r3_record out;
    struct r3_error error = { 0 };
    struct r3_buffer line = R3_BUFFER_INIT;
    char number[R3_DECIMAL_TEXT_SIZE];
    if (instrument)
        r3_sizer_instrument(sizer, instrument);
    int got = r3_sizer_size(sizer, &out, raw, &error);
    r3_sizer_free(sizer);
    if (got < 0) {
        snprintf(text, sizeof text, "error %d: %.200s", error.status, error.text);
        return text;
    }
    CHECK_INT(r3_record_encode(&line, &out, &error), 0);
    r3_buffer_release(&line);
    if (got == 0) {
        CHECK_INT(out.type, R3_UPDATE);
        CHECK_TEXT(out.update.order, raw->id);
        CHECK_INT(out.update.status, R3_CANCELED);
        CHECK_INT(out.update.execution, R3_NOT_EXECUTED);
        CHECK_INT(out.update.event, R3_EVENT_REJECTED);
        return memcpy(text, out.update.reason, sizeof out.update.reason);
    }
    CHECK_INT(out.type, R3_ORDER);
    CHECK_TEXT(out.order.id, raw->id);
    bool funds = r3_decimal_is_present(&out.order.funds);
    r3_decimal_format(number, funds ? &out.order.funds : &out.order.size);
    snprintf(text, sizeof text, "%s %s", funds ? "funds" : "size", number);
    if (order)
        *order = out.order;
    return text;
}

static void test_methods(void) {
    struct r3_raworder buy = entry(R3_BUY), sell = entry(R3_SELL);
    struct r3_sizer_options options = method(R3_SIZE_FRACTION, "1");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL),
               "funds 9990.00999"); /* 10000 / 1.001 = 9990.009990009…, down to 8 decimals */
    CHECK_TEXT(sized(&options, NULL, &sell, NULL), "funds 9990.00999"); /* a short entry alike */
    options.fee = r3_decimal_zero;
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 10000");
    options = method(R3_SIZE_FRACTION, "0.25");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 2497.5024975"); /* 2500 / 1.001 */
    options = method(R3_SIZE_QUOTE, "100.1");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 100");
    options = method(R3_SIZE_BASE, "0.123456789");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "size 0.12345678");
    options = method(R3_SIZE_VOLATILITY, "0.01");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "no volatility: --volatility sizes by it");
    buy.volatility = decimal("3");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "size 33.33333333"); /* 10000 x 0.01 / 3 */
}

static void test_risk(void) {
    struct r3_raworder buy = entry(R3_BUY), sell = entry(R3_SELL);
    struct r3_sizer_options options = method(R3_SIZE_RISK, "0.01");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "size 1"); /* down to 0: 100 / 100 */
    CHECK_TEXT(sized(&options, NULL, &sell, NULL), "no stop: --risk sizes a short position by the distance to it");
    buy.stop = decimal("96");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "size 25"); /* 100 / 4 */
    buy.stop = decimal("100");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "the stop is on the wrong side of the price");
    buy.stop = r3_decimal_absent;
    buy.stop_distance = decimal("5");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "size 20");
    buy.stop_distance = decimal("0.1"); /* 1000 would cost 100,000: what is available, as an amount: 10000 / 1.001 */
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 9990.00999");
    sell.stop = decimal("102");
    CHECK_TEXT(sized(&options, NULL, &sell, NULL), "size 50");
    sell.stop = decimal("99");
    CHECK_TEXT(sized(&options, NULL, &sell, NULL), "the stop is on the wrong side of the price");
    buy.kind = R3_LIMIT; /* the distance is from the limit */
    buy.price = decimal("98");
    buy.stop = decimal("96");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "size 50");
    /* and to the stop as it will rest, on its increment: 97.6 at 97.5 */
    struct r3_instrument coarse = rules("0.5", "0.01", "0.01", "0", "0");
    buy.price = decimal("98");
    buy.stop = decimal("97.6");
    CHECK_TEXT(sized(&options, &coarse, &buy, NULL), "size 101.93"); /* 100 / 0.5 = 200, cut to 10000 / 1.001 / 98 */
    options.amount = decimal("0.001");
    CHECK_TEXT(sized(&options, &coarse, &buy, NULL), "size 20"); /* 10 / 0.5, not 10 / 0.4 */
}

static void test_kelly(void) {
    struct r3_raworder buy = entry(R3_BUY);
    struct r3_sizer_options options = method(R3_SIZE_KELLY, "0.5");
    options.fee = r3_decimal_zero;
    buy.wins = 9;
    buy.losses = 10;
    buy.average_win = decimal("30");
    buy.average_loss = decimal("10");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 1000"); /* 19 positions: a tenth */
    buy.wins = 10; /* W = 1/2, R = 3: K = 1/2 - 1/2 / 3 = 1/3; half of it, floored at scale 14 */
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 1666.66666666");
    buy.average_loss = decimal("30");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "Kelly's fraction is not above 0");
    buy.wins = 20;
    buy.losses = 0;
    buy.average_loss = r3_decimal_zero;
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 5000"); /* K = 1 */
    options.amount = decimal("3");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 10000"); /* never more than the equity */
    buy.wins = 0;
    buy.losses = 20;
    buy.average_win = r3_decimal_zero;
    buy.average_loss = decimal("1");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "Kelly's fraction is not above 0");
}

static void test_limits(void) {
    struct r3_raworder buy = entry(R3_BUY);
    struct r3_sizer_options options = method(R3_SIZE_FRACTION, "1");
    options.max_order = decimal("5000");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 5000");
    options.max_position = decimal("4000");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 4000");
    options.max_exposure = decimal("0.5");
    buy.exposure = decimal("1500");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 3500"); /* 5000 - 1500 */
    buy.available = decimal("8500");                             /* all else is held */
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 3500");
    buy.available = decimal("7499.5"); /* 1000.5 of the rest is reserved for an entry on its way */
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 2499.5"); /* 5000 - 2500.5 */
    buy.available = decimal("5000.01");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 0.01");
    buy.available = decimal("5000");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "exposure: the limit is reached");
    buy.available = decimal("12000"); /* at other prices than the exposure: that counts */
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 3500");
    buy.side = R3_SELL;
    buy.available = decimal("7000"); /* a short entry alike: 5000 - 3000 */
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 2000");
    buy.side = R3_BUY;
    options.max_exposure = decimal("0.9");
    buy.available = decimal("2002");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 1002"); /* 9000 - 7998 */
    options.max_exposure = decimal("1");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 2000"); /* 2002 / 1.001 */
    options.max_exposure = r3_decimal_absent;
    buy.available = decimal("0");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "nothing is available");
    options.max_exposure = decimal("0.5");
    buy.available = decimal("10000");
    buy.exposure = decimal("5000");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "exposure: the limit is reached");
    buy.exposure = r3_decimal_zero;
    options.max_daily_loss = decimal("0.02");
    buy.day_pnl = decimal("-204.08"); /* the day began with 10204.08: 204.0816 may be lost */
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 4000");
    buy.day_pnl = decimal("-204.09");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "daily loss: 204.09 lost today, 204.0818 allowed");
    buy.day_pnl = decimal("500");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 4000");
    buy.equity = decimal("-1");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "no equity is left");
    options = method(R3_SIZE_BASE, "80");
    options.max_order = decimal("333");
    buy = entry(R3_BUY);
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "size 3.33");
}

/* A market order by size that what is available cuts goes by funds; one that a limit cuts, or nothing, keeps its size. */
static void test_cut_by_available(void) {
    struct r3_raworder buy = entry(R3_BUY), sell = entry(R3_SELL);
    struct r3_instrument coarse = rules("0.5", "0.01", "0.1", "0.05", "10");
    struct r3_sizer_options options = method(R3_SIZE_BASE, "99.90009991"); /* 10000 / 1.001 / 100 = 99.90009990009… */
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 9990.00999");
    CHECK_TEXT(sized(&options, NULL, &sell, NULL), "funds 9990.00999");
    CHECK_TEXT(sized(&options, &coarse, &buy, NULL), "funds 9990");
    options.amount = decimal("99.9000999");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "size 99.9000999");
    options.amount = decimal("1000");
    options.max_order = decimal("9990");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "size 99.9");
    buy.available = decimal("5005");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 5000"); /* below the limit, whatever the price */
    buy.available = decimal("10");
    CHECK_TEXT(sized(&options, &coarse, &buy, NULL), "funds 9.9 is below the minimum 10");
    buy.available = decimal("5005");
    buy.kind = R3_LIMIT; /* its price is certain */
    buy.price = decimal("100");
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "size 50");
    options = method(R3_SIZE_VOLATILITY, "0.01");
    buy = entry(R3_BUY);
    buy.volatility = decimal("0.5"); /* 200 */
    CHECK_TEXT(sized(&options, NULL, &buy, NULL), "funds 9990.00999");
}

static void test_increments(void) {
    struct r3_raworder buy = entry(R3_BUY);
    struct r3_instrument coarse = rules("0.5", "0.01", "0.1", "0.05", "10");
    struct r3_sizer_options options = method(R3_SIZE_QUOTE, "33.33");
    struct r3_order order;
    CHECK_TEXT(sized(&options, &coarse, &buy, NULL), "funds 33.2"); /* 33.33 / 1.001 = 33.296… */
    options.amount = decimal("10");
    CHECK_TEXT(sized(&options, &coarse, &buy, NULL), "funds 9.9 is below the minimum 10");
    options.amount = decimal("0.05");
    CHECK_TEXT(sized(&options, &coarse, &buy, NULL), "the amount rounds to nothing");
    options = method(R3_SIZE_BASE, "0.049");
    CHECK_TEXT(sized(&options, &coarse, &buy, NULL), "size 0.04 is below the minimum 0.05");
    options = method(R3_SIZE_BASE, "0.06");
    CHECK_TEXT(sized(&options, &coarse, &buy, NULL), "funds 6 is below the minimum 10");
    options = method(R3_SIZE_BASE, "1.239");
    buy.kind = R3_LIMIT;
    buy.price = decimal("99.7");
    buy.stop = decimal("95.25"); /* a tie: to the even multiple, 190 x 0.5 */
    buy.target = decimal("110.3");
    buy.trail = decimal("0.1");
    buy.break_even = decimal("1.3");
    buy.expiry = 5000;
    CHECK_TEXT(sized(&options, &coarse, &buy, &order), "size 1.23");
    CHECK(r3_decimal_equal(&order.price, &(struct r3_decimal) { 995, 1 })); /* a buy's limit goes down */
    CHECK(r3_decimal_equal(&order.stop, &(struct r3_decimal) { 95, 0 }));
    CHECK(r3_decimal_equal(&order.target, &(struct r3_decimal) { 1105, 1 }));
    CHECK(r3_decimal_equal(&order.trail, &(struct r3_decimal) { 5, 1 })); /* at least one increment */
    CHECK(r3_decimal_equal(&order.break_even, &(struct r3_decimal) { 15, 1 }));
    CHECK_INT(order.expiry, 5000);
    buy.side = R3_SELL;
    CHECK_TEXT(sized(&options, &coarse, &buy, &order), "size 1.23");
    CHECK(r3_decimal_equal(&order.price, &(struct r3_decimal) { 100, 0 })); /* a sale's goes up */
    options = method(R3_SIZE_FRACTION, "1"); /* a limit order by size: 10000 / 1.001 / 99.5 */
    buy.side = R3_BUY;
    CHECK_TEXT(sized(&options, &coarse, &buy, NULL), "size 100.4");
}

static void test_fee(void) {
    struct r3_raworder buy = entry(R3_BUY);
    struct r3_instrument market = rules("0.01", "0.00000001", "0.01", "0", "0");
    struct r3_sizer_options options = method(R3_SIZE_FRACTION, "1");
    options.fee = r3_decimal_absent;
    CHECK_TEXT(sized(&options, &market, &buy, NULL), "funds 9990"); /* 0.1 % */
    market.taker_fee = decimal("0.01");
    CHECK_TEXT(sized(&options, &market, &buy, NULL), "funds 9900.99");
    options.fee = decimal("0.02");
    CHECK_TEXT(sized(&options, &market, &buy, NULL), "funds 9803.92");
    market.taker_fee = decimal("-0.01"); /* a rebate is not spent in advance */
    options.fee = r3_decimal_absent;
    CHECK_TEXT(sized(&options, &market, &buy, NULL), "funds 10000");
}

static void test_exits(void) {
    struct r3_instrument coarse = rules("0.5", "0.01", "0.1", "0.05", "10");
    struct r3_sizer_options options = method(R3_SIZE_RISK, "0.01");
    static const enum r3_role roles[] = { R3_EXIT, R3_TP, R3_SL, R3_MO };
    struct r3_order order;
    options.max_order = options.max_position = options.max_exposure = options.max_daily_loss = decimal("0.0001");
    for (size_t i = 0; i < 4; i++) {
        struct r3_raworder raw = leave(roles[i], "1.239");
        raw.equity = raw.available = raw.day_pnl = decimal("-5000");
        CHECK_TEXT(sized(&options, &coarse, &raw, NULL), "size 1.23");
    }
    struct r3_raworder raw = leave(R3_EXIT, "0.009");
    CHECK_TEXT(sized(&options, &coarse, &raw, NULL), "dust: below the size increment 0.01");
    raw = leave(R3_EXIT, "0.049");
    CHECK_TEXT(sized(&options, &coarse, &raw, NULL), "dust: below the minimum size 0.05");
    raw = leave(R3_EXIT, "0.09");
    CHECK_TEXT(sized(&options, &coarse, &raw, NULL), "dust: below the minimum funds 10");
    raw = leave(R3_EXIT, "0.1");
    raw.fill = R3_FILL_CLOSE;
    CHECK_TEXT(sized(&options, &coarse, &raw, &order), "size 0.1");
    CHECK_INT(order.fill, R3_FILL_CLOSE);
    raw.size = r3_decimal_absent;
    CHECK_TEXT(sized(&options, &coarse, &raw, NULL), "error 65: raworder: an order of role EXIT needs a size");
}

/* What an entry costs with its fee is never more than what is available, whatever the numbers. */
static void test_never_too_much(void) {
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        struct r3_raworder raw = entry(i % 3 ? R3_BUY : R3_SELL);
        struct r3_sizer_options options = method(i % 2 ? R3_SIZE_FRACTION : R3_SIZE_BASE, "1");
        struct r3_instrument market = rules("0.00000001", "0.00000001", "0.00000001", "0", "0");
        struct r3_order order;
        struct r3_decimal cost, rate;
        struct r3_error error;
        int64_t random[4];
        for (int j = 0; j < 4; j++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            random[j] = (int64_t)(seed % 1000000000u) + 1;
        }
        raw.reference = R3_DECIMAL(random[0], i % 9);
        raw.available = R3_DECIMAL(random[1], 4);
        raw.equity = R3_DECIMAL(random[1] + random[2], 4);
        options.fee = R3_DECIMAL(random[3] % 5000, 6);
        if (i % 2 == 0)
            options.amount = R3_DECIMAL(random[2], 5);
        const char *got = sized(&options, &market, &raw, &order);
        if (strncmp(got, "size ", 5) != 0 && strncmp(got, "funds ", 6) != 0) {
            CHECK_TEXT(got, "the amount rounds to nothing");
            continue;
        }
        if (r3_decimal_is_present(&order.funds))
            cost = order.funds;
        else
            CHECK_INT(r3_decimal_multiply(&cost, &order.size, &raw.reference, &error), 0);
        r3_decimal_add(&rate, &r3_decimal_one, &options.fee, &error);
        CHECK_INT(r3_decimal_multiply_round(&cost, &cost, &rate, 18, R3_ROUND_CEILING, &error), 0);
        CHECK(r3_decimal_compare(&cost, &raw.available) <= 0);
    }
}

int main(void) {
    test_methods();
    test_risk();
    test_kelly();
    test_limits();
    test_cut_by_available();
    test_increments();
    test_fee();
    test_exits();
    test_never_too_much();
    return check_done();
}
