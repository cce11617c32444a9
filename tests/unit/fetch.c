/* lib/fetch: names that are near, and a series over an exchange that is made up here. */
#include "lib/fetch/near.h"
#include "lib/fetch/series.h"
#include "tests/unit/check.h"

/* ---- names ---- */

static void look(struct r3_near *near, const char *name, const char *const *names) {
    *near = (struct r3_near) { 0 };
    r3_copy_text(near->market, sizeof near->market, name, strlen(name));
    for (; *names; names++)
        r3_near_look(near, *names);
}

static void check_near(void) {
    static const char *const names[] = { "ETH-USDT",   "BTC-EUR", "BTC-USDC", "LTC-USDT", "BTC-USDT",
                                         "BTCUP-USDT", "XRP-KCS", "WBTC-BTC", NULL };
    struct r3_near near;
    look(&near, "BTC-USD", names);
    CHECK_INT(near.count, 4);
    CHECK_TEXT(near.found[0].name, "BTC-USDC");
    CHECK_TEXT(near.found[1].name, "BTC-USDT");
    CHECK(!near.exists);
    look(&near, "BTC-USDT", names);
    CHECK(near.exists);
    CHECK_TEXT(near.found[0].name, "BTC-USDT");
    look(&near, "SOL-JPY", names);
    CHECK_INT(near.count, 0);
    static const char *const many[] = { "AA-BF", "AA-BE", "AA-BD", "AA-BC", "AA-BB", "AA-BA", "AA-B", NULL };
    look(&near, "AA-BX", many);
    CHECK_INT(near.count, R3_NEAR_MAX);
    CHECK_TEXT(near.found[0].name, "AA-B");
    CHECK_TEXT(near.found[4].name, "AA-BD");
}

/* ---- a series ---- */

enum { MINUTES = 3000, PAGE = 100, HOLE = 700, HOLE_END = 1400 };
#define BEGIN (INT64_C(1700000000000) / R3_DAY * R3_DAY)

/* What the exchange has: a candle for most minutes, none for half a day; and how it behaves. */
static struct {
    bool there[MINUTES];
    int64_t now;
    bool backwards, twice;
    int failures; /* that are still to come */
    int calls, days;
} exchange;

static struct r3_candle make_candle(int64_t minute) {
    int64_t price = 1000 + minute * 7 % 13;
    return (struct r3_candle) { .time = BEGIN + minute * R3_MINUTE,
                                .open = R3_DECIMAL(price, 1),
                                .high = R3_DECIMAL(price + 5, 1),
                                .low = R3_DECIMAL(price - 5, 1),
                                .close = R3_DECIMAL(price + 1, 1),
                                .volume = R3_DECIMAL(minute, 2) };
}

static int give_days(int64_t from, int64_t to, r3_exchange_candle *each, void *context, struct r3_error *error) {
    exchange.days++;
    for (int64_t minute = 0; minute < MINUTES; minute++) {
        struct r3_candle candle = make_candle(minute);
        candle.time = r3_timeframe_open(R3_1D, candle.time);
        if (!exchange.there[minute] || candle.time < from || candle.time >= to)
            continue;
        return each(&candle, context, error);
    }
    return 0;
}

static int fake_candles(void *client, const char *market, enum r3_timeframe timeframe, int64_t from, int64_t to,
                        r3_exchange_candle *each, void *context, struct r3_error *error) {
    (void)client, (void)market;
    exchange.calls++;
    if (exchange.failures > 0) {
        exchange.failures--;
        return r3_fail(error, R3_UNAVAILABLE, "not now");
    }
    if (timeframe == R3_1D)
        return give_days(from, to, each, context, error);
    CHECK(to - from <= PAGE * (int64_t)R3_MINUTE);
    for (int64_t i = 0; i < MINUTES; i++) {
        int64_t minute = exchange.backwards ? MINUTES - 1 - i : i;
        struct r3_candle candle = make_candle(minute);
        if (!exchange.there[minute] || candle.time < from || candle.time >= to || candle.time > exchange.now)
            continue;
        for (int k = 0; k <= exchange.twice; k++)
            if (each(&candle, context, error) < 0)
                return -1;
    }
    return 0;
}

static bool fake_has(enum r3_timeframe timeframe) {
    return timeframe == R3_1m || timeframe == R3_1D;
}

static const struct r3_exchange fake = { .name = "fake", .page = PAGE, .has = fake_has, .candles = fake_candles };

static void fill_exchange(void) {
    memset(&exchange, 0, sizeof exchange);
    for (int64_t minute = 0; minute < MINUTES; minute++)
        exchange.there[minute] = minute % 17 != 5 && (minute < HOLE || minute >= HOLE_END);
    exchange.now = BEGIN + MINUTES * (int64_t)R3_MINUTE;
}

static void start(struct r3_fetch_series *series, struct r3_fetch_link *link, enum r3_gap_policy policy, bool follow) {
    struct r3_error error = { 0 };
    *series = (struct r3_fetch_series) { .market = "BTC-USDT", .policy = policy, .follow = follow };
    *link = (struct r3_fetch_link) { .exchange = &fake, .url = "http://127.0.0.1", .fixed = exchange.now };
    CHECK_INT(r3_fetch_series_start(series, "fake", R3_1m, R3_1m, &error), 0);
}

/* Each candle of the exchange in [from, to), in order, as the policy wants it. Returns how many. */
static int expect(struct r3_fetch_series *series, int64_t *minute) {
    struct r3_error error = { 0 };
    int count = 0;
    for (;;) {
        CHECK_INT(r3_fetch_series_look(series, &error), 0);
        if (!series->ready)
            return count;
        while (series->policy != R3_GAPS_FILL && *minute < MINUTES && !exchange.there[*minute])
            ++*minute;
        const struct r3_candle *candle = &series->head.candle, want = make_candle(*minute);
        CHECK_INT(candle->time, want.time);
        CHECK_INT(candle->volume.coefficient, exchange.there[*minute] ? want.volume.coefficient : 0);
        CHECK_TEXT(candle->platform, "fake");
        CHECK_TEXT(candle->market, "BTC-USDT");
        series->ready = false;
        ++*minute;
        count++;
    }
}

static int fetch_all(enum r3_gap_policy policy, int64_t from, int64_t to) {
    struct r3_fetch_series series;
    struct r3_fetch_link link;
    struct r3_error error = { 0 };
    int64_t minute = from < 0 ? 0 : from;
    int count = 0;
    start(&series, &link, policy, false);
    r3_fetch_series_from(&series, BEGIN + from * R3_MINUTE);
    series.until = BEGIN + to * R3_MINUTE;
    while (r3_fetch_series_wants(&series)) {
        link.next = 0;
        CHECK(r3_fetch_series_ask(&series, &link, &error) >= 0);
        count += expect(&series, &minute);
    }
    r3_fetch_series_release(&series);
    return count;
}

static int count_there(int64_t from, int64_t to) {
    int count = 0;
    for (int64_t minute = from; minute < to; minute++)
        count += exchange.there[minute];
    return count;
}

static void check_pages(void) {
    for (int way = 0; way < 4; way++) {
        fill_exchange();
        exchange.backwards = way & 1;
        exchange.twice = way & 2;
        CHECK_INT(fetch_all(R3_GAPS_WARN, 0, MINUTES), count_there(0, MINUTES));
        CHECK_INT(fetch_all(R3_GAPS_WARN, 33, 501), count_there(33, 501));
        CHECK_INT(fetch_all(R3_GAPS_WARN, 690, 1500), count_there(690, 1500));
        CHECK_INT(fetch_all(R3_GAPS_FILL, 0, MINUTES), MINUTES);
    }
    /* Failures are repeated, and nothing is lost. */
    fill_exchange();
    exchange.failures = 3;
    CHECK_INT(fetch_all(R3_GAPS_WARN, 0, 300), count_there(0, 300));
}

/* Years ahead of the first candle are passed over by days. */
static void check_search(void) {
    fill_exchange();
    CHECK_INT(fetch_all(R3_GAPS_WARN, -1440 * 1000, 100), count_there(0, 100));
    CHECK(exchange.days > 0 && exchange.calls < 20);
    fill_exchange();
    memset(exchange.there, 0, sizeof exchange.there);
    CHECK_INT(fetch_all(R3_GAPS_WARN, -1440 * 1000, MINUTES), 0);
    CHECK(exchange.calls < 20);
}

/* One that comes after it was given up is given all the same, unless it was filled. */
static void check_late(void) {
    for (int filled = 0; filled < 2; filled++) {
        struct r3_fetch_series series;
        struct r3_fetch_link link;
        struct r3_error error = { 0 };
        int64_t minute = 100;
        fill_exchange();
        exchange.there[103] = false;
        start(&series, &link, filled ? R3_GAPS_FILL : R3_GAPS_WARN, true);
        r3_fetch_series_from(&series, BEGIN + 100 * R3_MINUTE);
        series.until = BEGIN + 104 * R3_MINUTE;
        CHECK_INT(r3_fetch_series_ask(&series, &link, &error), 1);
        CHECK(!r3_fetch_series_wants(&series));
        CHECK_INT(expect(&series, &minute), filled ? 4 : 3);
        CHECK_INT(r3_fetch_series_next_close(&series), BEGIN + 105 * R3_MINUTE);
        exchange.there[103] = true;
        series.until = BEGIN + 105 * R3_MINUTE;
        CHECK_INT(r3_fetch_series_ask(&series, &link, &error), 1);
        CHECK_INT(expect(&series, &minute), filled ? 1 : 2);
        CHECK_INT(series.gap.missing, filled);
        r3_fetch_series_release(&series);
    }
}

static void check_errors(void) {
    struct r3_fetch_series series;
    struct r3_fetch_link link;
    struct r3_error error = { 0 };
    struct r3_candle candle = make_candle(10);
    fill_exchange();
    start(&series, &link, R3_GAPS_FAIL, false);
    r3_fetch_series_from(&series, BEGIN);
    series.until = BEGIN + 10 * R3_MINUTE;
    CHECK_INT(r3_fetch_series_ask(&series, &link, &error), 1);
    for (int i = 0; i < 5; i++) {
        CHECK_INT(r3_fetch_series_look(&series, &error), 0);
        series.ready = false;
    }
    CHECK_INT(r3_fetch_series_look(&series, &error), -1);
    CHECK_INT(error.status, R3_DATA);
    CHECK(strstr(error.text, "1 candle is missing ahead of it"));
    r3_fetch_series_release(&series);

    start(&series, &link, R3_GAPS_WARN, false);
    candle.timeframe = R3_1m;
    CHECK_INT(r3_fetch_series_resume(&series, &candle, &error), 0);
    CHECK_INT(series.from, BEGIN + 11 * R3_MINUTE);
    CHECK_INT(r3_fetch_series_resume(&series, &candle, &error), -1);
    r3_fetch_series_release(&series);
}

/* How long it is waited for an exchange that was asked too often and says no more than that, before it is given up; ms. */
static int64_t patience_of(struct r3_fetch_link *link) {
    struct r3_error error = { 0 };
    int64_t waited = 0;
    for (int i = 0; i < 20; i++) {
        r3_fail(&error, R3_RETRY, "too many calls");
        if (r3_fetch_link_take(link, -1, &error) < 0)
            return waited;
        waited += r3_fetch_link_pause(link);
    }
    return waited;
}

static int warnings;

static void count_warning(struct r3_port *port, const char *format, ...) {
    (void)port, (void)format;
    warnings++;
}

static void check_often(void) {
    struct r3_port port = { .warn = count_warning };
    struct r3_fetch_link link = { .exchange = &fake, .port = &port, .url = "http://127.0.0.1" };
    int64_t waited = patience_of(&link);
    CHECK(waited > 30000 && waited <= 35000);
    link = (struct r3_fetch_link) { .exchange = &fake, .port = &port, .url = "http://127.0.0.1", .patient = true };
    CHECK(patience_of(&link) > 600000);
    CHECK_INT(warnings, 1);
}

int main(void) {
    check_near();
    check_pages();
    check_search();
    check_late();
    check_errors();
    check_often();
    return check_done();
}
