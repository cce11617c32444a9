/* The ledger: hand-computed cases, then random fills against an account in plain integers. */
#include "lib/trade/ledger.h"

#include "lib/base/buffer.h"
#include "tests/unit/check.h"

static struct r3_error error;

static struct r3_decimal decimal(const char *text) {
    struct r3_decimal value = r3_decimal_absent;
    if (r3_decimal_parse(&value, text, strlen(text), &error))
        fprintf(stderr, "%s\n", error.text);
    return value;
}

static const char *text(const struct r3_decimal *value) {
    static char out[4][R3_DECIMAL_TEXT_SIZE];
    static unsigned next;
    char *place = out[next++ % 4];
    r3_decimal_format(place, value);
    return place;
}

static void fill(struct r3_ledger *ledger, enum r3_side side, const char *size, const char *price, const char *rate) {
    struct r3_decimal amount = decimal(size), at = decimal(price), part = decimal(rate), cost, fee;
    CHECK(r3_ledger_cost(&cost, &at, &amount, &error) == 0);
    CHECK(r3_ledger_fee(&fee, &cost, &part, &error) == 0);
    CHECK(r3_ledger_fill(ledger, "BTC-USD", side, &amount, &cost, &fee, &error) == 0);
    r3_ledger_mark(ledger, "BTC-USD", &at);
}

static void check_state(struct r3_ledger *ledger, const char *cash, const char *size, const char *cost,
                        const char *realized, const char *available) {
    const struct r3_ledger_position *position = r3_ledger_find(ledger, "BTC-USD");
    struct r3_decimal left;
    CHECK_TEXT(text(&ledger->cash), cash);
    CHECK_TEXT(text(&position->size), size);
    CHECK_TEXT(text(&position->cost), cost);
    CHECK_TEXT(text(&ledger->realized), realized);
    CHECK(r3_ledger_available(&left, ledger, &error) == 0);
    CHECK_TEXT(text(&left), available);
    CHECK(r3_ledger_balanced(ledger));
}

static void test_long(void) {
    struct r3_decimal cash = decimal("1000");
    struct r3_ledger ledger;
    CHECK(r3_ledger_init(&ledger, &cash, &error) == 0);
    CHECK(r3_ledger_find(&ledger, "BTC-USD") == NULL);
    fill(&ledger, R3_BUY, "2", "100", "0.001");
    check_state(&ledger, "799.8", "2", "200", "0", "799.8");
    fill(&ledger, R3_BUY, "1", "130", "0.001");
    check_state(&ledger, "669.67", "3", "330", "0", "669.67");
    fill(&ledger, R3_SELL, "1", "120", "0.001"); /* a third of 330 leaves */
    check_state(&ledger, "789.55", "2", "220", "10", "789.55");
    fill(&ledger, R3_SELL, "2", "90", "0");
    check_state(&ledger, "969.55", "0", "0", "-30", "969.55");
    CHECK_TEXT(text(&ledger.fees), "0.45");
    r3_ledger_release(&ledger);
}

static void test_short(void) {
    struct r3_decimal cash = decimal("1000"), equity, mark = decimal("150"), open;
    struct r3_ledger ledger;
    CHECK(r3_ledger_init(&ledger, &cash, &error) == 0);
    fill(&ledger, R3_SELL, "4", "100", "0");
    check_state(&ledger, "1400", "-4", "-400", "0", "600");
    r3_ledger_mark(&ledger, "BTC-USD", &mark);
    CHECK(r3_ledger_equity(&equity, &ledger, &error) == 0 && r3_ledger_unrealized(&open, &ledger, &error) == 0);
    CHECK_TEXT(text(&equity), "800");
    CHECK_TEXT(text(&open), "-200");
    check_state(&ledger, "1400", "-4", "-400", "0", "200");
    fill(&ledger, R3_BUY, "1", "80", "0");
    check_state(&ledger, "1320", "-3", "-300", "20", "840");
    fill(&ledger, R3_BUY, "5", "90", "0"); /* closes 3, and turns to 2 long */
    check_state(&ledger, "870", "2", "180", "50", "870");
    r3_ledger_release(&ledger);
}

static void test_rounding(void) {
    struct r3_decimal cash = decimal("10"), price = decimal("0.00000003"), size = decimal("0.00000005"), out;
    struct r3_ledger ledger;
    CHECK(r3_ledger_init(&ledger, &cash, &error) == 0);
    CHECK(r3_ledger_cost(&out, &price, &size, &error) == 0);
    CHECK_TEXT(text(&out), "0"); /* 15e-16 is nearer to 0 than to 1e-14 */
    price = decimal("0.0000003");
    CHECK(r3_ledger_cost(&out, &price, &size, &error) == 0);
    CHECK_TEXT(text(&out), "0.00000000000002"); /* 1.5e-14: a tie, to the even digit */
    size = decimal("0.00000005");
    price = decimal("0.0000005");
    CHECK(r3_ledger_cost(&out, &price, &size, &error) == 0);
    CHECK_TEXT(text(&out), "0.00000000000002"); /* 2.5e-14 */
    price = decimal("0.00000000000005");
    size = decimal("0.1");
    CHECK(r3_ledger_fee(&out, &price, &size, &error) == 0);
    CHECK_TEXT(text(&out), "0.00000000000001"); /* 0.5e-14: half up */
    /* A third is not a decimal: what leaves and what stays add up all the same. */
    fill(&ledger, R3_BUY, "3", "1", "0");
    fill(&ledger, R3_BUY, "4", "0.1", "0");
    fill(&ledger, R3_SELL, "1", "2", "0");
    check_state(&ledger, "8.6", "6", "2.91428571428571", "1.51428571428571", "8.6");
    r3_ledger_release(&ledger);
    cash = decimal("0.000000000000001");
    CHECK(r3_ledger_init(&ledger, &cash, &error) == -1);
    CHECK_INT(error.status, R3_DATA);
}

static uint64_t seed;

static unsigned random_below(unsigned limit) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % limit;
}

/* Two markets; prices in hundredths, sizes in ten-thousandths, fees of 0.1 %: cash in 1e-9, exactly. */
static void test_property(uint64_t start) {
    static const char *const markets[] = { "BTC-USD", "ETH-USD" };
    static const struct r3_decimal rate = { 1, 3 };
    struct r3_decimal cash = decimal("1000000");
    struct r3_ledger ledger;
    int64_t units[2] = { 0 }, price[2] = { 10000, 5000 };
    r3_int128 money = (r3_int128)1000000 * 1000000000;

    seed = start;
    CHECK(r3_ledger_init(&ledger, &cash, &error) == 0);
    for (int i = 0; i < 2000; i++) {
        unsigned which = random_below(2);
        price[which] = 1 + random_below(30000);
        struct r3_decimal at = { price[which], 2 }, size = { 1 + random_below(50000), 4 }, cost, fee, equity, open, sum;
        if (random_below(4) == 0 && units[which] != 0) /* close whole */
            size.coefficient = units[which] < 0 ? -units[which] : units[which];
        enum r3_side side = random_below(2) ? R3_BUY : R3_SELL;
        bool failed = r3_ledger_cost(&cost, &at, &size, &error) || r3_ledger_fee(&fee, &cost, &rate, &error) ||
                      r3_ledger_fill(&ledger, markets[which], side, &size, &cost, &fee, &error);
        CHECK(!failed);
        r3_ledger_mark(&ledger, markets[which], &at);
        int64_t paid = price[which] * (int64_t)size.coefficient; /* 1e-6 */
        units[which] += side == R3_BUY ? (int64_t)size.coefficient : -(int64_t)size.coefficient;
        money += (side == R3_BUY ? -(r3_int128)paid : (r3_int128)paid) * 1000 - paid;

        struct r3_decimal want = { money, 9 }, held = { units[which], 4 };
        CHECK(r3_decimal_equal(&ledger.cash, &want));
        CHECK(r3_decimal_equal(&r3_ledger_find(&ledger, markets[which])->size, &held));
        CHECK(r3_ledger_balanced(&ledger));
        CHECK(!r3_ledger_equity(&equity, &ledger, &error) && !r3_ledger_unrealized(&open, &ledger, &error));
        CHECK(!r3_decimal_add(&sum, &ledger.start, &ledger.realized, &error) &&
              !r3_decimal_add(&sum, &sum, &open, &error) && !r3_decimal_subtract(&sum, &sum, &ledger.fees, &error));
        CHECK(r3_decimal_equal(&sum, &equity));
    }
    r3_ledger_release(&ledger);
}

static void test_failure(void) {
    struct r3_decimal cash = decimal("1000"), huge = { 1, 0 }, fee = r3_decimal_zero;
    struct r3_ledger ledger;
    for (int i = 0; i < 33; i++)
        huge.coefficient *= 10;
    CHECK(r3_ledger_init(&ledger, &cash, &error) == 0);
    fill(&ledger, R3_BUY, "0.1", "100.01", "0");
    CHECK(r3_ledger_fill(&ledger, "BTC-USD", R3_BUY, &r3_decimal_one, &huge, &fee, &error) == -1);
    check_state(&ledger, "989.999", "0.1", "10.001", "0", "989.999");
    r3_ledger_release(&ledger);
}

int main(void) {
    test_long();
    test_short();
    test_rounding();
    test_failure();
    for (uint64_t start = 1; start <= 5; start++)
        test_property(start);
    return check_done();
}
