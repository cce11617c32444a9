/* What becomes of an order on its way: every step, every answer. */
#include "lib/live/order.h"
#include "tests/unit/check.h"

#include <stdlib.h>

enum { WINDOW = 5000 };
static const int64_t TIME = INT64_C(1700000000000), REFRESH = 300000;

static struct r3_decimal number(const char *text) {
    struct r3_decimal value;
    struct r3_error error;
    if (r3_decimal_parse(&value, text, strlen(text), &error) < 0)
        abort();
    return value;
}

static void name(char *out, size_t size, const char *text) {
    snprintf(out, size, "%s", text);
}

static struct r3_live_row row_of(enum r3_role role, enum r3_kind kind, const char *size, const char *funds) {
    struct r3_record record;
    r3_record_init(&record, R3_ORDER);
    struct r3_order *order = &record.order;
    name(order->id, sizeof order->id, "s1-1-ENTRY-1");
    name(order->session, sizeof order->session, "s1");
    name(order->platform, sizeof order->platform, "kucoin");
    name(order->market, sizeof order->market, "BTC-USDT");
    order->time = TIME;
    order->role = role;
    order->side = role == R3_ENTRY ? R3_BUY : R3_SELL;
    order->kind = kind;
    order->size = *size ? number(size) : r3_decimal_absent;
    order->funds = *funds ? number(funds) : r3_decimal_absent;
    order->price = kind == R3_LIMIT ? number("100") : r3_decimal_absent;
    return (struct r3_live_row) { .order = *order,
                                  .sent = R3_TIME_ABSENT,
                                  .looked = R3_TIME_ABSENT,
                                  .filled = r3_decimal_zero,
                                  .cost = r3_decimal_zero,
                                  .fee = r3_decimal_zero };
}

static struct r3_live_row at_step(struct r3_live_row row, enum r3_live_step step) {
    row.step = step;
    row.sent = TIME;
    row.attempts = 1;
    return row;
}

static struct r3_live_times times_at(int64_t after) {
    return (struct r3_live_times) { .market = TIME + after,
                                    .exchange = TIME + after,
                                    .monotonic = 1000000 + after,
                                    .window = WINDOW,
                                    .refresh = REFRESH };
}

/* The events of an outcome as "type event status execution filled cost fee reason", a line each. */
static void check_events(const struct r3_live_outcome *outcome, const char *want, int line) {
    struct r3_buffer text = R3_BUFFER_INIT;
    struct r3_decoder *decoder = r3_decoder_new();
    struct r3_record record;
    struct r3_error error;
    r3_buffer_append_text(&text, "");
    for (const char *at = outcome->events.data; at && *at; at += strcspn(at, "\n") + 1) {
        char filled[R3_DECIMAL_TEXT_SIZE], cost[R3_DECIMAL_TEXT_SIZE], fee[R3_DECIMAL_TEXT_SIZE];
        if (r3_record_decode(decoder, &record, at, strcspn(at, "\n"), &error) < 0) {
            r3_buffer_printf(&text, "%s\n", error.text);
        } else if (record.type == R3_UPDATE) {
            r3_decimal_format(filled, &record.update.filled);
            r3_decimal_format(cost, &record.update.cost);
            r3_decimal_format(fee, &record.update.fee);
            r3_buffer_printf(&text, "%s %s %s %s %s %s %s\n", r3_event_name(record.update.event),
                             r3_order_status_name(record.update.status), r3_execution_name(record.update.execution),
                             filled, cost, fee, record.update.reason);
        } else {
            r3_decimal_format(filled, &record.trade.size);
            r3_buffer_printf(&text, "trade %s %s %lld\n", record.trade.id, filled,
                             (long long)(record.trade.time - TIME));
        }
    }
    check_text(text.data, want, __FILE__, line);
    r3_decoder_free(decoder);
    r3_buffer_release(&text);
}
#define CHECK_EVENTS(outcome, want) check_events(&(outcome), (want), __LINE__)

/* ---- next ---- */

static enum r3_live_action next(const struct r3_live_row *row, const struct r3_live_memory *memory, int64_t after,
                                int64_t *delay) {
    const struct r3_live_times now = times_at(after);
    return r3_live_next(row, memory, &now, delay);
}

static void test_next_of_intent(void) {
    struct r3_live_row row = row_of(R3_ENTRY, R3_MARKET, "", "100");
    struct r3_live_memory memory = { .looks = 0 };
    int64_t delay;
    CHECK_INT(next(&row, &memory, 0, &delay), R3_LIVE_SEND);
    CHECK_INT(delay, 0);
    CHECK_INT(next(&row, &memory, REFRESH, &delay), R3_LIVE_SEND);
    CHECK_INT(next(&row, &memory, REFRESH + 1, &delay), R3_LIVE_EXPIRE);
    row.order.role = R3_EXIT; /* exits are always sent */
    CHECK_INT(next(&row, &memory, REFRESH * 100, &delay), R3_LIVE_SEND);
    memory.not_before = 1000000 + 750;
    CHECK_INT(next(&row, &memory, 250, &delay), R3_LIVE_SEND);
    CHECK_INT(delay, 500);
    row.cancel = true; /* at once, whatever was to be waited for */
    CHECK_INT(next(&row, &memory, 250, &delay), R3_LIVE_WITHDRAW);
    CHECK_INT(delay, 0);
    row.step = R3_LIVE_DONE;
    CHECK_INT(next(&row, &memory, 0, &delay), R3_LIVE_NOTHING);
}

static void test_next_of_sent(void) {
    struct r3_live_row row = at_step(row_of(R3_ENTRY, R3_MARKET, "", "100"), R3_LIVE_SENT);
    struct r3_live_memory memory = { .looks = 0 };
    int64_t delay;
    CHECK_INT(next(&row, &memory, 10, &delay), R3_LIVE_LOOK); /* at once */
    CHECK_INT(delay, 0);
    memory = (struct r3_live_memory) { .looks = 1, .last_look = 1000010 };
    CHECK_INT(next(&row, &memory, 10, &delay), R3_LIVE_LOOK);
    CHECK_INT(delay, 100);
    memory = (struct r3_live_memory) { .looks = 9, .last_look = 1000000 + WINDOW };
    CHECK_INT(next(&row, &memory, WINDOW, &delay), R3_LIVE_LOOK); /* the window ends before the next look would come */
    CHECK_INT(delay, R3_LIVE_MARGIN + 1);
    row.absent = 1;
    row.looked = TIME + WINDOW + R3_LIVE_MARGIN + 1;
    CHECK_INT(next(&row, &memory, WINDOW + R3_LIVE_MARGIN + 101, &delay), R3_LIVE_LOOK);
    CHECK_INT(delay, R3_LIVE_LOOK_SPACE - 100);
    CHECK_INT(next(&row, &memory, WINDOW + R3_LIVE_MARGIN + 5000, &delay), R3_LIVE_LOOK);
    CHECK_INT(delay, 0);
    row.cancel = true; /* a cancel changes nothing until it is known whether there is something to be cancelled */
    CHECK_INT(next(&row, &memory, WINDOW + R3_LIVE_MARGIN + 5000, &delay), R3_LIVE_LOOK);
}

static void test_next_of_working(void) {
    struct r3_live_row market = at_step(row_of(R3_ENTRY, R3_MARKET, "", "100"), R3_LIVE_WORKING),
                       limit = at_step(row_of(R3_ENTRY, R3_LIMIT, "1", ""), R3_LIVE_WORKING);
    struct r3_live_memory fresh = { .looks = 0 }, looked = { .looks = 1, .last_look = 1000000 },
                          unfinished = { .looks = 1, .last_look = 1000000, .unfinished = true };
    int64_t delay;
    CHECK_INT(next(&limit, &fresh, 0, &delay), R3_LIVE_LOOK);
    CHECK_INT(next(&limit, &looked, 0, &delay), R3_LIVE_REST);
    CHECK_INT(next(&limit, &unfinished, 0, &delay), R3_LIVE_LOOK);
    CHECK_INT(next(&market, &looked, 30, &delay), R3_LIVE_LOOK);
    CHECK_INT(delay, 70);
    limit.cancel = true;
    CHECK_INT(next(&limit, &looked, 0, &delay), R3_LIVE_CANCEL);
    looked.cancel_asked = 1000000;
    CHECK_INT(next(&limit, &looked, 10, &delay), R3_LIVE_LOOK);
    CHECK_INT(next(&limit, &looked, R3_LIVE_CANCEL_AGAIN, &delay), R3_LIVE_CANCEL);
}

/* ---- what never leaves ---- */

static void test_ends_here(void) {
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    struct r3_error error;
    struct r3_live_row row = row_of(R3_ENTRY, R3_MARKET, "", "100");
    name(row.reason, sizeof row.reason, "changed my mind");
    CHECK_INT(r3_live_withdraw(&row, TIME, &outcome, &error), 0);
    CHECK_INT(row.step, R3_LIVE_DONE);
    CHECK_EVENTS(outcome, "CANCELED CANCELED NOT_EXECUTED 0 0 0 changed my mind\n");
    r3_live_outcome_release(&outcome);

    row = row_of(R3_ENTRY, R3_MARKET, "", "100");
    CHECK_INT(r3_live_expire(&row, TIME + 3600000, REFRESH, &outcome, &error), 0);
    CHECK_INT(row.step, R3_LIVE_DONE);
    CHECK_EVENTS(outcome, "CANCELED CANCELED NOT_EXECUTED 0 0 0 STALE: the entry is 01:00:00 old, more than the "
                          "session's refresh of 00:05:00\n");
    r3_live_outcome_release(&outcome);

    row = row_of(R3_ENTRY, R3_MARKET, "", "100");
    CHECK_INT(r3_live_reject(&row, TIME, "no", &outcome, &error), 0);
    CHECK_EVENTS(outcome, "REJECTED CANCELED NOT_EXECUTED 0 0 0 no\n");
    CHECK_INT(outcome.notice_count, 0);
    r3_live_outcome_release(&outcome);

    row = row_of(R3_SL, R3_MARKET, "1", "");
    CHECK_INT(r3_live_reject(&row, TIME, "no", &outcome, &error), 0);
    CHECK_INT(outcome.notice_count, 1);
    CHECK_INT(outcome.notices[0].level, R3_ERROR);
    CHECK_TEXT(outcome.notices[0].text, "SL s1-1-ENTRY-1: REJECTED: no");
    r3_live_outcome_release(&outcome);
}

/* ---- answers ---- */

static void test_send(void) {
    struct r3_live_row row = row_of(R3_ENTRY, R3_MARKET, "", "100");
    r3_live_send(&row, TIME + 5);
    CHECK_INT(row.step, R3_LIVE_SENT);
    CHECK_INT(row.sent, TIME + 5);
    CHECK_INT(row.attempts, 1);
    CHECK_INT(row.absent, 0);
    r3_live_unsend(&row);
    CHECK_INT(row.step, R3_LIVE_INTENT);
    CHECK(row.sent == R3_TIME_ABSENT);
    CHECK_INT(row.attempts, 1);
}

struct answer_case {
    enum r3_kucoin_outcome outcome;
    enum r3_kucoin_reason reason;
    enum r3_role role;
    bool changed;
    enum r3_live_step step;
    int64_t absent;
    const char *events;
};

static void test_answers(void) {
    static const char rejected[] = "REJECTED CANCELED NOT_EXECUTED 0 0 0 300: words\n";
    static const struct answer_case cases[] = {
        { R3_KUCOIN_UNKNOWN, R3_KUCOIN_NO_REASON, R3_ENTRY, false, R3_LIVE_SENT, 0, "" },
        { R3_KUCOIN_UNKNOWN, R3_KUCOIN_BUSY, R3_ENTRY, false, R3_LIVE_SENT, 0, "" },
        { R3_KUCOIN_DONE, R3_KUCOIN_NO_REASON, R3_ENTRY, true, R3_LIVE_WORKING, R3_LIVE_EXISTS,
          "PLACED OPENED NOT_EXECUTED 0 0 0 \n" },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_DUPLICATE, R3_ENTRY, true, R3_LIVE_SENT, R3_LIVE_EXISTS, "" },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_BUSY, R3_ENTRY, true, R3_LIVE_INTENT, 0, "" },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_TIME, R3_ENTRY, true, R3_LIVE_INTENT, 0, "" },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_KEY, R3_SL, true, R3_LIVE_INTENT, 0, "" },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_ACCOUNT, R3_SL, true, R3_LIVE_INTENT, 0, "" },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_BALANCE, R3_ENTRY, true, R3_LIVE_DONE, 0, rejected },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_BALANCE, R3_SL, true, R3_LIVE_DONE, 0, rejected },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_PARAMETER, R3_ENTRY, true, R3_LIVE_DONE, 0, rejected },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_SYMBOL, R3_ENTRY, true, R3_LIVE_DONE, 0, rejected },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_LIMIT, R3_ENTRY, true, R3_LIVE_DONE, 0, rejected },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_GONE, R3_ENTRY, true, R3_LIVE_DONE, 0, rejected },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_OTHER, R3_MO, true, R3_LIVE_DONE, 0, rejected },
        { R3_KUCOIN_REFUSED, R3_KUCOIN_NO_REASON, R3_ENTRY, true, R3_LIVE_DONE, 0, rejected },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct answer_case *each = &cases[i];
        struct r3_live_row row = at_step(row_of(each->role, R3_MARKET, "1", ""), R3_LIVE_SENT);
        struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
        struct r3_kucoin_answer answer = { .outcome = each->outcome, .reason = each->reason };
        struct r3_error error;
        bool changed = !each->changed;
        name(answer.code, sizeof answer.code, "300");
        name(answer.text, sizeof answer.text, "words");
        name(answer.exchange_id, sizeof answer.exchange_id, each->outcome == R3_KUCOIN_DONE ? "x1" : "");
        CHECK_INT(r3_live_answered(&row, &answer, TIME, &outcome, &changed, &error), 0);
        CHECK_INT(changed, each->changed);
        CHECK_INT(row.step, each->step);
        CHECK_INT(row.absent, each->absent);
        CHECK_EVENTS(outcome, each->events);
        CHECK_TEXT(row.exchange_id, each->outcome == R3_KUCOIN_DONE ? "x1" : "");
        CHECK_INT(outcome.notice_count, each->step == R3_LIVE_DONE && each->role != R3_ENTRY);
        r3_live_outcome_release(&outcome);
    }
}

/* ---- looks ---- */

static struct r3_kucoin_order exchange_order(const struct r3_live_row *row, bool active, const char *filled) {
    struct r3_kucoin_order order = { .side = row->order.side,
                                     .kind = row->order.kind,
                                     .price = row->order.price,
                                     .size = row->order.size,
                                     .funds = row->order.funds,
                                     .filled = number(filled),
                                     .active = active,
                                     .created = TIME + 1,
                                     .updated = TIME + 50 };
    name(order.id, sizeof order.id, row->order.id);
    name(order.exchange_id, sizeof order.exchange_id, "x1");
    name(order.market, sizeof order.market, row->order.market);
    return order;
}

static struct r3_kucoin_fill fill_of(const char *id, const char *size, const char *currency) {
    struct r3_kucoin_fill fill = {
        .time = TIME + 40, .price = number("100"), .size = number(size), .fee = number("0.1")
    };
    name(fill.id, sizeof fill.id, id);
    name(fill.exchange_id, sizeof fill.exchange_id, "x1");
    name(fill.fee_currency, sizeof fill.fee_currency, currency);
    fill.liquidity = R3_TAKER;
    return fill;
}

/* A look that finds the order, with so many of two fills of 0.4 and 0.6. */
static void look(struct r3_live_row *row, bool active, const char *filled, size_t fills, bool changed, bool unfinished,
                 const char *events, int line) {
    const struct r3_kucoin_fill list[] = { fill_of("11029373945659392", "0.4", "USDT"),
                                           fill_of("11029373945659393", "0.6", "USDT") };
    const struct r3_kucoin_order order = exchange_order(row, active, filled);
    const struct r3_live_found found = { &order, list, fills, TIME + 60, R3_TIME_ABSENT, r3_decimal_absent };
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    struct r3_error error;
    bool is_changed, is_unfinished;
    check_int(r3_live_found(row, &found, &outcome, &is_changed, &is_unfinished, &error), 0, __FILE__, line);
    check_int(is_changed, changed, __FILE__, line);
    check_int(is_unfinished, unfinished, __FILE__, line);
    check_events(&outcome, events, line);
    r3_live_outcome_release(&outcome);
}
#define LOOK(row, active, filled, fills, changed, unfinished, events)                                                  \
    look((row), (active), (filled), (fills), (changed), (unfinished), (events), __LINE__)

static void test_found(void) {
    struct r3_live_row row = at_step(row_of(R3_ENTRY, R3_LIMIT, "1", ""), R3_LIVE_SENT);
    LOOK(&row, true, "0", 0, true, false, "PLACED OPENED NOT_EXECUTED 0 0 0 \n");
    CHECK_INT(row.step, R3_LIVE_WORKING);
    CHECK_TEXT(row.exchange_id, "x1");
    LOOK(&row, true, "0", 0, false, false, "");
    LOOK(&row, true, "0.4", 0, false, true, ""); /* its fills are late */
    LOOK(&row, true, "0.4", 1, true, false,
         "trade s1-1-ENTRY-1-t1 0.4 40\nPARTIAL OPENED PARTIALLY_EXECUTED 0.4 40 0.1 \n");
    LOOK(&row, true, "0.4", 1, false, false, ""); /* told before */
    LOOK(&row, false, "1", 1, false, true, "");   /* over, but a fill is still to come */
    CHECK_INT(row.step, R3_LIVE_WORKING);
    LOOK(&row, false, "1", 2, true, false, "trade s1-1-ENTRY-1-t2 0.6 40\nFILLED CLOSED FULLY_EXECUTED 1 100 0.2 \n");
    CHECK_INT(row.step, R3_LIVE_DONE);
    r3_live_row_release(&row);
}

static void test_found_at_once(void) {
    struct r3_live_row row = at_step(row_of(R3_ENTRY, R3_MARKET, "", "40.00000099"), R3_LIVE_SENT);
    /* What is left of funds is dust. */
    LOOK(&row, false, "0.4", 1, true, false,
         "PLACED OPENED NOT_EXECUTED 0 0 0 \ntrade s1-1-ENTRY-1-t1 0.4 40\nFILLED CLOSED FULLY_EXECUTED 0.4 40 0.1 \n");
    CHECK_INT(row.step, R3_LIVE_DONE);
    r3_live_row_release(&row);
    row = at_step(row_of(R3_ENTRY, R3_MARKET, "", "100"), R3_LIVE_WORKING);
    LOOK(&row, false, "0", 0, true, false, "CANCELED CANCELED NOT_EXECUTED 0 0 0 canceled at the exchange\n");
    r3_live_row_release(&row);
    /* An exit of which the price protection has left something. */
    row = at_step(row_of(R3_EXIT, R3_MARKET, "1", ""), R3_LIVE_WORKING);
    LOOK(&row, false, "0.4", 1, true, false,
         "trade s1-1-ENTRY-1-t1 0.4 40\nCANCELED CANCELED PARTIALLY_EXECUTED 0.4 40 0.1 canceled at the exchange\n");
    r3_live_row_release(&row);
    /* Never sent as far as the journal knows. */
    row = row_of(R3_ENTRY, R3_LIMIT, "1", "");
    LOOK(&row, true, "0", 0, true, false, "PLACED OPENED NOT_EXECUTED 0 0 0 \n");
    CHECK_INT(row.step, R3_LIVE_WORKING);
    row.cancel = true;
    name(row.reason, sizeof row.reason, "enough");
    LOOK(&row, false, "0", 0, true, false, "CANCELED CANCELED NOT_EXECUTED 0 0 0 enough\n");
    r3_live_row_release(&row);
}

/* Orders by funds: what they spent of them in a fill of 0.4 at 100, the market's increment, and the last look's fills. */
static void test_found_spent(void) {
    static const struct {
        const char *funds, *increment;
        bool filled;
    } cases[] = {
        { "40", "", true },         { "39.99", "", true }, /* as exchanges round */
        { "40.000001", "", false }, { "40.00000099", "0", true }, { "40.9999", "0.01", true },
        { "41", "0.01", false },    { "133.3", "0.01", false }, /* 70 % of it was cancelled */
        { "139.999", "1", true },
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        struct r3_live_row row = at_step(row_of(R3_ENTRY, R3_MARKET, "", cases[i / 2].funds), R3_LIVE_WORKING);
        struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
        struct r3_kucoin_order order = exchange_order(&row, i % 2, "0.4");
        const struct r3_kucoin_fill fill = fill_of("11029373945659392", "0.4", "USDT");
        struct r3_live_found found = { &order, &fill, 1, TIME + 60, R3_TIME_ABSENT, r3_decimal_absent };
        struct r3_error error;
        bool changed, unfinished;
        if (*cases[i / 2].increment)
            found.increment = number(cases[i / 2].increment);
        CHECK_INT(r3_live_found(&row, &found, &outcome, &changed, &unfinished, &error), 0);
        if (i % 2) { /* it is over in the next look, without new fills */
            r3_live_outcome_release(&outcome);
            order.active = false;
            found.fill_count = 0;
            CHECK_INT(r3_live_found(&row, &found, &outcome, &changed, &unfinished, &error), 0);
        }
        CHECK_INT(row.step, R3_LIVE_DONE);
        const char *end = outcome.events.data + (outcome.fill_count ? outcome.fills[0].length : 0);
        CHECK((strstr(end, "\"event\":\"FILLED\"") != NULL) == cases[i / 2].filled);
        CHECK((strstr(end, "\"FULLY_EXECUTED\"") != NULL) == cases[i / 2].filled);
        CHECK((strstr(end, "\"event\":\"CANCELED\"") != NULL) == !cases[i / 2].filled);
        CHECK((strstr(end, "\"PARTIALLY_EXECUTED\"") != NULL) == !cases[i / 2].filled);
        r3_live_outcome_release(&outcome);
        r3_live_row_release(&row);
    }
}

static void test_found_odd(void) {
    struct r3_live_row row = at_step(row_of(R3_ENTRY, R3_LIMIT, "1", ""), R3_LIVE_SENT);
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    struct r3_kucoin_order order = exchange_order(&row, false, "0.4");
    struct r3_kucoin_fill fill = fill_of("7", "0.4", "KCS");
    struct r3_live_found found = {
        &order, &fill, 1, TIME + 60, TIME + 39, r3_decimal_absent
    }; /* the fill is of TIME + 40 */
    struct r3_error error;
    bool changed, unfinished;
    /* Another order by this name: nothing is believed. */
    order.size = number("2");
    CHECK_INT(r3_live_found(&row, &found, &outcome, &changed, &unfinished, &error), 0);
    CHECK(!changed && unfinished);
    CHECK_INT(row.step, R3_LIVE_SENT);
    CHECK_INT(outcome.notice_count, 1);
    CHECK_INT(outcome.notices[0].level, R3_ERROR);
    r3_live_outcome_release(&outcome);
    order.size = number("1.000");
    order.side = R3_SELL;
    CHECK_INT(r3_live_found(&row, &found, &outcome, &changed, &unfinished, &error), 0);
    CHECK(!changed && unfinished);
    r3_live_outcome_release(&outcome);
    /* A fee in another currency is told, and not counted. */
    order.side = R3_BUY;
    CHECK_INT(r3_live_found(&row, &found, &outcome, &changed, &unfinished, &error), 0);
    CHECK_EVENTS(outcome, "PLACED OPENED NOT_EXECUTED 0 0 0 \ntrade s1-1-ENTRY-1-t1 0.4 39\n"
                          "CANCELED CANCELED PARTIALLY_EXECUTED 0.4 40 0 canceled at the exchange\n");
    CHECK_INT(outcome.notice_count, 1);
    CHECK_INT(outcome.notices[0].level, R3_WARNING);
    CHECK_INT(outcome.fill_count, 1);
    CHECK_TEXT(outcome.fills[0].id, "7");
    CHECK(strncmp(outcome.events.data + outcome.fills[0].at, "{\"type\":\"trade\"", 15) == 0);
    CHECK(outcome.events.data[outcome.fills[0].at + outcome.fills[0].length - 1] == '\n');
    r3_live_outcome_release(&outcome);
    r3_live_row_release(&row);
}

/* ---- absence ---- */

static bool absent_by(struct r3_live_row *row, int64_t after, int64_t unsure) {
    bool changed;
    r3_live_absent(row, TIME + after, unsure, WINDOW, &changed);
    return changed;
}
static bool absent(struct r3_live_row *row, int64_t after) {
    return absent_by(row, after, 0);
}

/* A clock that may be off by seconds says that the window has passed that much later. */
static void test_absent_unsure(void) {
    struct r3_live_row row = at_step(row_of(R3_ENTRY, R3_MARKET, "", "100"), R3_LIVE_SENT);
    struct r3_live_memory memory = { .looks = 9, .last_look = 1000000 + WINDOW };
    const int64_t passed = WINDOW + R3_LIVE_MARGIN;
    struct r3_live_times now = times_at(WINDOW + 1000);
    int64_t delay;
    now.unsure = 700;
    CHECK_INT(r3_live_shut(&row, WINDOW, 3500), TIME + passed + 3501);
    CHECK(!absent_by(&row, passed + 1, 3500));
    CHECK(!absent_by(&row, passed + 3500, 3500));
    CHECK(absent_by(&row, passed + 3501, 3500));
    row.absent = 0;
    row.looked = R3_TIME_ABSENT;
    CHECK_INT(r3_live_next(&row, &memory, &now, &delay), R3_LIVE_LOOK);
    CHECK_INT(delay, 10); /* looks each second and 10 ms until then */
    now = times_at(WINDOW + 600);
    now.unsure = 700;
    CHECK_INT(r3_live_next(&row, &memory, &now, &delay), R3_LIVE_LOOK);
    CHECK_INT(delay, 410);
    now.unsure = 300;
    CHECK_INT(r3_live_next(&row, &memory, &now, &delay), R3_LIVE_LOOK);
    CHECK_INT(delay, 201); /* or when it has passed */
}

static void test_absent(void) {
    struct r3_live_row row = at_step(row_of(R3_ENTRY, R3_MARKET, "", "100"), R3_LIVE_SENT);
    const int64_t passed = WINDOW + R3_LIVE_MARGIN;
    CHECK(!absent(&row, 10)); /* it may still arrive */
    CHECK(!absent(&row, passed));
    CHECK(absent(&row, passed + 1));
    CHECK_INT(row.absent, 1);
    CHECK(!absent(&row, passed + R3_LIVE_LOOK_SPACE)); /* too soon after */
    CHECK(absent(&row, passed + 1 + R3_LIVE_LOOK_SPACE));
    CHECK_INT(row.step, R3_LIVE_SENT);
    CHECK(absent(&row, passed + 1 + 2 * R3_LIVE_LOOK_SPACE));
    CHECK_INT(row.step, R3_LIVE_INTENT);
    CHECK_INT(row.absent, 0);
    CHECK_INT(row.attempts, 1);
    CHECK_TEXT(row.order.id, "s1-1-ENTRY-1");

    /* The exchange has said that it knows it: absence says nothing. */
    row = at_step(row_of(R3_ENTRY, R3_MARKET, "", "100"), R3_LIVE_SENT);
    row.absent = R3_LIVE_EXISTS;
    for (int64_t i = 1; i < 9; i++)
        CHECK(!absent(&row, passed + i * 5000));
    CHECK_INT(row.step, R3_LIVE_SENT);

    /* Nor does it where the exchange may have forgotten. */
    row = at_step(row_of(R3_ENTRY, R3_MARKET, "", "100"), R3_LIVE_SENT);
    for (int64_t i = 1; i < 9; i++)
        CHECK(!absent(&row, R3_LIVE_MEMORY + i * 5000));
    CHECK_INT(row.step, R3_LIVE_SENT);

    /* Nor where it was there. */
    row = at_step(row_of(R3_ENTRY, R3_LIMIT, "1", ""), R3_LIVE_WORKING);
    CHECK(!absent(&row, passed + 5000));
    CHECK_INT(row.step, R3_LIVE_WORKING);
}

static void test_settle(void) {
    struct r3_live_row row = at_step(row_of(R3_ENTRY, R3_MARKET, "", "100"), R3_LIVE_SENT);
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    struct r3_error error;
    CHECK_INT(r3_live_settle(&row, TIME, &outcome, &error), 0);
    CHECK_INT(row.step, R3_LIVE_DONE);
    CHECK_EVENTS(outcome, "CANCELED CANCELED NOT_EXECUTED 0 0 0 settled by hand\n");
    CHECK_INT(outcome.notice_count, 1);
    r3_live_outcome_release(&outcome);
}

int main(void) {
    test_next_of_intent();
    test_next_of_sent();
    test_next_of_working();
    test_ends_here();
    test_send();
    test_answers();
    test_found();
    test_found_at_once();
    test_found_spent();
    test_found_odd();
    test_absent();
    test_absent_unsure();
    test_settle();
    return check_done();
}
