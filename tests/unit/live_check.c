/* What is checked before an order is sent. */
#include "lib/live/check.h"
#include "lib/live/order.h"
#include "tests/unit/check.h"

#include <stdlib.h>

static struct r3_decimal number(const char *text) {
    struct r3_decimal value;
    struct r3_error error;
    if (!*text)
        return r3_decimal_absent;
    if (r3_decimal_parse(&value, text, strlen(text), &error) < 0)
        abort();
    return value;
}

static struct r3_kucoin_symbol symbol;
static struct r3_live_facts facts;

static void reset(void) {
    struct r3_record record;
    r3_record_init(&record, R3_INSTRUMENT);
    record.instrument.price_increment = number("0.1");
    record.instrument.base_increment = number("0.0001");
    record.instrument.quote_increment = number("0.01");
    record.instrument.minimum_size = number("0.001");
    record.instrument.minimum_funds = number("1");
    symbol = (struct r3_kucoin_symbol) { .instrument = record.instrument,
                                         .maximum_size = number("100"),
                                         .maximum_funds = number("5000"),
                                         .price_limit_rate = number("0.1"),
                                         .trades = true };
    facts = (struct r3_live_facts) { .symbol = &symbol,
                                     .price = number("100"),
                                     .taker_fee = number("0.001"),
                                     .quote = number("1001"),
                                     .active = 0,
                                     .max_order = r3_decimal_absent,
                                     .cash = number("2000"),
                                     .session_state = "ACTIVE" };
}

static struct r3_order order(enum r3_role role, enum r3_kind kind, const char *size, const char *funds,
                             const char *price) {
    struct r3_record record;
    r3_record_init(&record, R3_ORDER);
    snprintf(record.order.id, sizeof record.order.id, "s1-1-ENTRY-1");
    snprintf(record.order.session, sizeof record.order.session, "s1");
    snprintf(record.order.market, sizeof record.order.market, "BTC-USDT");
    record.order.role = role;
    record.order.side = role == R3_ENTRY ? R3_BUY : R3_SELL;
    record.order.kind = kind;
    record.order.size = number(size);
    record.order.funds = number(funds);
    record.order.price = number(price);
    return record.order;
}

static void check(struct r3_order each, const char *want, int line) {
    char reason[R3_TEXT_SIZE];
    bool may = r3_live_check(reason, &each, &facts);
    check_int(may, !*want, __FILE__, line);
    check_text(reason, want, __FILE__, line);
}
#define CHECKED(each, want) check((each), (want), __LINE__)

static void test_form(void) {
    struct r3_order each = order(R3_ENTRY, R3_MARKET, "", "100", "");
    CHECKED(each, "");
    snprintf(each.id, sizeof each.id, "%s", "s1-1234567890-1234567890-1234567890");
    CHECKED(each, "the order id is longer than 34 characters");
    CHECKED(order(R3_ENTRY, R3_STOP, "1", "", "90"), "stop orders are watched by r3-track: --protect tracker");
    CHECKED(order(R3_ENTRY, R3_LIMIT, "1", "", ""), "a LIMIT order needs a price");
    CHECKED(order(R3_ENTRY, R3_LIMIT, "", "100", "90"), "a LIMIT order needs a size");
    CHECKED(order(R3_EXIT, R3_MARKET, "", "100", ""), "an exit needs a size");
    each = order(R3_ENTRY, R3_MARKET, "1", "", "");
    each.side = R3_SELL;
    CHECKED(each, "a short position cannot be opened on a spot market");
    each = order(R3_EXIT, R3_MARKET, "1", "", "");
    each.side = R3_BUY;
    CHECKED(each, "there are no short positions on a spot market, so no exit buys");
}

static void test_rules(void) {
    CHECKED(order(R3_ENTRY, R3_LIMIT, "1", "", "90.05"), "price 90.05 is not a multiple of 0.1");
    CHECKED(order(R3_EXIT, R3_MARKET, "1.00005", "", ""), "size 1.00005 is not a multiple of 0.0001");
    CHECKED(order(R3_ENTRY, R3_MARKET, "", "100.005", ""), "funds 100.005 is not a multiple of 0.01");
    CHECKED(order(R3_EXIT, R3_MARKET, "0.0009", "", ""), "size 0.0009 is below the market's minimum of 0.001");
    CHECKED(order(R3_EXIT, R3_MARKET, "100.0001", "", ""), "size 100.0001 is above the market's maximum of 100");
    CHECKED(order(R3_ENTRY, R3_MARKET, "", "0.99", ""), "funds 0.99 is below the market's minimum of 1");
    CHECKED(order(R3_ENTRY, R3_MARKET, "", "5000.01", ""), "funds 5000.01 is above the market's maximum of 5000");
    CHECKED(order(R3_ENTRY, R3_LIMIT, "0.009", "", "100"), "the order's value 0.9 is below the market's minimum of 1");
    symbol.trades = false;
    CHECKED(order(R3_EXIT, R3_MARKET, "1", "", ""), "BTC-USDT is not traded now");
    facts.symbol = NULL; /* what is not known does not hold an exit back */
    CHECKED(order(R3_EXIT, R3_MARKET, "1", "", ""), "");
    reset();
    symbol.maximum_size = symbol.maximum_funds = r3_decimal_absent;
    CHECKED(order(R3_EXIT, R3_MARKET, "1000", "", ""), "");
    reset();
}

static void test_band(void) {
    CHECKED(order(R3_ENTRY, R3_LIMIT, "1", "", "110"), "");
    CHECKED(order(R3_ENTRY, R3_LIMIT, "1", "", "110.1"),
            "price 110.1 is above the market's price band, which ends at 110");
    CHECKED(order(R3_ENTRY, R3_LIMIT, "1", "", "20"), ""); /* a bid may lie far below */
    CHECKED(order(R3_TP, R3_LIMIT, "1", "", "20"), "");    /* an exit is the exchange's to judge */
    symbol.price_limit_rate = r3_decimal_absent;
    CHECKED(order(R3_ENTRY, R3_LIMIT, "1", "", "500"), "");
    reset();
}

static void test_means(void) {
    CHECKED(order(R3_ENTRY, R3_MARKET, "", "1000", ""), ""); /* and the fee of 1: all there is */
    CHECKED(order(R3_ENTRY, R3_MARKET, "", "1000.01", ""),
            "an order that with its fee needs 1001.01001 is above the available balance of 1001");
    facts.cash = number("500");
    CHECKED(order(R3_ENTRY, R3_MARKET, "", "500", ""),
            "an order that with its fee needs 500.5 is above the session's cash of 500");
    CHECKED(order(R3_ENTRY, R3_LIMIT, "5", "", "100"),
            "an order that with its fee needs 500.5 is above the session's cash of 500");
    CHECKED(order(R3_ENTRY, R3_MARKET, "5", "", ""),
            "an order that with its fee needs 500.5 is above the session's cash of 500");
    CHECKED(order(R3_EXIT, R3_MARKET, "50", "", ""), "");
    facts.max_order = number("50");
    CHECKED(order(R3_ENTRY, R3_MARKET, "", "50", ""), "");
    CHECKED(order(R3_ENTRY, R3_MARKET, "", "50.01", ""), "an order of 50.01 is above --max-order 50");
    CHECKED(order(R3_SL, R3_MARKET, "50", "", ""), "");
    facts.price = r3_decimal_absent;
    CHECKED(order(R3_ENTRY, R3_MARKET, "0.1", "", ""), "no price is known to reckon with");
    CHECKED(order(R3_ENTRY, R3_MARKET, "", "10", ""), "");
    reset();
    facts.cash = facts.quote = r3_decimal_absent; /* without a key */
    CHECKED(order(R3_ENTRY, R3_MARKET, "", "4000", ""), "");
    reset();
}

static void test_session(void) {
    static const char *const states[] = { "CREATED", "PAUSED", "STOPPING", "STOPPED" };
    char want[R3_TEXT_SIZE];
    for (size_t i = 0; i < 4; i++) {
        facts.session_state = states[i];
        snprintf(want, sizeof want, "session s1 is %s: no entries", states[i]);
        CHECKED(order(R3_ENTRY, R3_MARKET, "", "100", ""), want);
        CHECKED(order(R3_EXIT, R3_MARKET, "1", "", ""), "");
    }
    reset();
    facts.active = 199;
    CHECKED(order(R3_ENTRY, R3_LIMIT, "1", "", "90"), "");
    facts.active = 200;
    CHECKED(order(R3_ENTRY, R3_LIMIT, "1", "", "90"), "200 orders work in BTC-USDT: the exchange takes no more");
    CHECKED(order(R3_ENTRY, R3_MARKET, "", "90", ""), "");
    CHECKED(order(R3_TP, R3_LIMIT, "1", "", "120"), "");
    reset();
}

int main(void) {
    reset();
    test_form();
    test_rules();
    test_band();
    test_means();
    test_session();
    return check_done();
}
