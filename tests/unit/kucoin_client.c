/* The client against a server of the test: what leaves, how often, and what is made of what comes back. */
#include "lib/kucoin/client.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/base/time.h"
#include "lib/kucoin/credentials_private.h"
#include "tests/unit/check.h"
#include "tests/unit/http_server.h"

#define KEY "67a1b2c3d4e5f60001234567"
#define SECRET "01234567-89ab-cdef-0123-456789abcdef"
#define PASSPHRASE "r3-test-pass"
#define SIGNED "e9HSlMRzGUBZ11IeivPVbuRrS0oXwQZdHTHjoO9Um8g="
#define PLACED                                                                                                         \
    "{\"code\":\"200000\",\"data\":{\"orderId\":\"670fd33bf9406e0007ab3945\",\"clientOid\":\"main-7-ENTRY-1\"}}"
#define WRONG_TIME "{\"code\":\"400002\",\"msg\":\"Invalid KC-API-TIMESTAMP\"}"
#define TOO_MANY "{\"msg\":\"Too Many Requests\",\"code\":\"429000\"}"
#define TYPE "Content-Type: application/json\r\n"

enum { TIMEOUT = 1500, SKEW = 3600000 };

static char directory[] = "/tmp/r3-client-XXXXXX";
static struct http_server server;
static struct r3_kucoin_credentials *credentials;
static struct r3_error error;

/* ---- what the server says: the first rule that fits and is not used up ---- */

enum way { SAY, RESET, CLOSE, HALF };

struct rule {
    const char *start; /* of the request */
    int times;         /* -1: always */
    const char *status, *headers, *body;
    enum way way;
};
static struct rule rules[16];
static size_t rule_count;
static int64_t skew;
static int slow; /* ms that the time takes to come */

static void rule(const char *start, int times, const char *status, const char *headers, const char *body) {
    rules[rule_count++] = (struct rule) { start, times, status, headers, body, SAY };
}

static void say_time(struct http_answer *out) {
    char body[80];
    snprintf(body, sizeof body, "{\"code\":\"200000\",\"data\":%lld}",
             (long long)(1700000000000 + skew + r3_clock_monotonic()));
    http_say_json(out, body);
}

static void answer(void *context, const char *request, size_t number, struct http_answer *out) {
    (void)context, (void)number;
    for (size_t i = 0; i < rule_count; i++) {
        struct rule *found = &rules[i];
        if (found->times == 0 || strncmp(request, found->start, strlen(found->start)) != 0)
            continue;
        found->times -= found->times > 0;
        if (found->way == SAY)
            http_say(out, found->status, found->headers, found->body);
        if (found->way == HALF)
            r3_buffer_printf(&out->bytes, "HTTP/1.1 200 OK\r\n%sContent-Length: 200\r\n\r\n%s", TYPE,
                             "{\"code\":\"2000");
        out->reset = found->way == RESET;
        out->close = found->way == CLOSE || found->way == HALF;
        return;
    }
    if (strncmp(request, "GET /api/v1/timestamp ", 22) == 0) {
        out->silence = slow;
        say_time(out);
    } else
        http_say(out, "404 Not Found", TYPE, "{\"code\":\"404000\",\"msg\":\"Url Not Found\"}");
}

/* A client of its own, with a rate file of its own; `first` is the number of the first request that it makes. */
static struct r3_kucoin *begin(size_t *first) {
    static int number;
    char path[64];
    struct r3_kucoin *kucoin = NULL;
    const struct r3_kucoin_options options = { .url = server.url, .credentials = credentials, .timeout = TIMEOUT };
    snprintf(path, sizeof path, "%s/%d", directory, number++);
    CHECK_INT(mkdir(path, 0700), 0);
    setenv("XDG_STATE_HOME", path, 1);
    rule_count = 0;
    skew = 0;
    error = (struct r3_error) { 0 };
    *first = server.count;
    CHECK_INT(r3_kucoin_new(&kucoin, &options, &error), 0);
    return kucoin;
}

/* How many requests since `first` began with this; *last: the last of them. */
static size_t count_since(size_t first, const char *start, const char **last) {
    size_t count = 0;
    for (size_t i = first; i < server.count; i++)
        if (strncmp(server.requests[i].text, start, strlen(start)) == 0) {
            count++;
            if (last)
                *last = server.requests[i].text;
        }
    return count;
}

static struct r3_order make_order(void) {
    struct r3_order order = { .role = R3_ENTRY,
                              .side = R3_BUY,
                              .kind = R3_LIMIT,
                              .price = R3_DECIMAL(50000100, 3),
                              .size = R3_DECIMAL(12, 8),
                              .funds = r3_decimal_absent };
    memcpy(order.id, "main-7-ENTRY-1", 15);
    memcpy(order.market, "BTC-USDT", 9);
    return order;
}

/* ---- what is sent ---- */

static const char *header(const char *request, const char *name, char *out, size_t size) {
    const char *at = strstr(request, name);
    out[0] = '\0';
    if (at) {
        at += strlen(name);
        size_t length = strcspn(at, "\r");
        CHECK_INT(r3_copy_text(out, size, at, length), 0);
    }
    return out;
}

static void check_signature(const char *request) {
    char time[64], signature[64], key[64], passphrase[64], version[8], method[8], target[256];
    unsigned char digest[R3_KUCOIN_DIGEST_SIZE];
    struct r3_buffer expected = R3_BUFFER_INIT;
    CHECK_INT(sscanf(request, "%7s %255s", method, target), 2);
    CHECK_TEXT(header(request, "\r\nKC-API-KEY: ", key, sizeof key), KEY);
    CHECK_TEXT(header(request, "\r\nKC-API-PASSPHRASE: ", passphrase, sizeof passphrase), SIGNED);
    CHECK_TEXT(header(request, "\r\nKC-API-KEY-VERSION: ", version, sizeof version),
               credentials->version == 2 ? "2" : "3");
    header(request, "\r\nKC-API-TIMESTAMP: ", time, sizeof time);
    CHECK_INT(strlen(time), 13);
    CHECK_INT(r3_kucoin_sign(digest, &credentials->secret,
                             (const char *const[]) { time, method, target, strstr(request, "\r\n\r\n") + 4, NULL },
                             &error),
              0);
    r3_base64_append(&expected, digest, sizeof digest);
    CHECK_TEXT(header(request, "\r\nKC-API-SIGN: ", signature, sizeof signature), expected.data);
    r3_buffer_release(&expected);
}

static void check_place(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    struct r3_order order = make_order();
    struct r3_kucoin_answer answer;
    const char *request = "";
    char expected[320];
    int64_t sent;
    skew = SKEW;
    rule("POST /api/v1/hf/orders ", -1, "200 OK", TYPE, PLACED);
    rule("POST /api/v1/hf/orders/test ", -1, "200 OK", TYPE, PLACED);
    CHECK_INT(r3_kucoin_time(kucoin, &sent, &error), 0);
    int64_t off = sent - (1700000000000 + SKEW + r3_clock_monotonic());
    CHECK(off >= -1000 && off <= 1000);
    sent -= 1234; /* when the caller committed */
    CHECK_INT(r3_kucoin_place(kucoin, &order, 5000, false, sent, &answer, &error), 0);
    CHECK_INT(answer.outcome, R3_KUCOIN_DONE);
    CHECK_TEXT(answer.exchange_id, "670fd33bf9406e0007ab3945");
    CHECK_INT(count_since(first, "POST ", &request), 1);
    check_signature(request);
    snprintf(expected, sizeof expected, "\r\nKC-API-TIMESTAMP: %lld\r\n", (long long)sent);
    CHECK(strstr(request, expected));
    snprintf(
        expected, sizeof expected,
        "{\"clientOid\":\"main-7-ENTRY-1\",\"side\":\"buy\",\"symbol\":\"BTC-USDT\",\"type\":\"limit\",\"price\":\"50000.1\","
        "\"size\":\"0.00000012\",\"clientTimestamp\":%lld,\"allowMaxTimeWindow\":5000}",
        (long long)sent);
    CHECK_TEXT(strstr(request, "\r\n\r\n") + 4, expected);
    /* Too late: nothing leaves. */
    CHECK_INT(r3_kucoin_place(kucoin, &order, 1000, false, sent, &answer, &error), 0);
    CHECK_INT(answer.outcome, R3_KUCOIN_REFUSED);
    CHECK_INT(answer.reason, R3_KUCOIN_TIME);
    CHECK_INT(count_since(first, "POST ", NULL), 1);
    /* At market, by funds, to be checked alone. */
    order.kind = R3_MARKET;
    order.side = R3_SELL;
    order.price = order.size = r3_decimal_absent;
    order.funds = R3_DECIMAL(1000000, 4);
    credentials->version = 2; /* with an older key */
    CHECK_INT(r3_kucoin_place(kucoin, &order, 60000, true, 0, &answer, &error), 0);
    CHECK_INT(count_since(first, "POST /api/v1/hf/orders/test ", &request), 1);
    CHECK(
        strstr(request,
               "\"side\":\"sell\",\"symbol\":\"BTC-USDT\",\"type\":\"market\",\"funds\":\"100\",\"clientTimestamp\":"));
    check_signature(request);
    credentials->version = 3;
    CHECK_INT(count_since(first, "GET /api/v1/timestamp ", NULL), 1); /* one measure, and one connection, for all */
    CHECK_INT(server.requests[server.count - 1].connection, server.requests[first].connection);
    r3_kucoin_free(kucoin);
}

static void check_bad_orders(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    struct r3_kucoin_answer answer;
    for (int i = 0; i < 10; i++) {
        struct r3_order order = make_order();
        if (i == 0)
            order.id[0] = '\0';
        if (i == 1)
            order.id[0] = '/';
        if (i == 2)
            order.price = r3_decimal_absent;
        if (i == 3)
            order.size = r3_decimal_zero;
        if (i == 4)
            order.funds = r3_decimal_one;
        if (i == 5)
            order.kind = R3_STOP;
        if (i == 6)
            order.side = R3_SIDE_NONE;
        if (i == 7)
            order.market[0] = '\0';
        if (i == 8)
            order.size = R3_DECIMAL(-1, 0);
        CHECK_INT(r3_kucoin_place(kucoin, &order, i == 9 ? 0 : 5000, false, 0, &answer, &error), -1);
        CHECK_INT(error.status, R3_BUG);
    }
    CHECK_INT(r3_kucoin_cancel(kucoin, "BTC-USDT", "a/b", &answer, &error), -1);
    CHECK_INT(r3_kucoin_dead_man(kucoin, "BTC-USDT", 4, &error), -1);
    CHECK_INT(r3_kucoin_dead_man(kucoin, "BTC-USDT", 86401, &error), -1);
    CHECK_INT(r3_kucoin_dead_man(kucoin, "", 60, &error), -1);
    CHECK_INT(server.count, first);
    r3_kucoin_free(kucoin);
}

/* ---- once, and once alone ---- */

static void check_once(void) {
    static const struct {
        enum way way;
        const char *status, *headers, *body;
        enum r3_kucoin_outcome outcome;
        enum r3_kucoin_reason reason;
        size_t posts;
    } cases[] = {
        { RESET, "", "", "", R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER, 1 },
        { CLOSE, "", "", "", R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER, 1 },
        { HALF, "", "", "", R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER, 1 },
        { SAY, "500 Oops", TYPE, "{\"code\":\"500000\",\"msg\":\"x\"}", R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER, 1 },
        { SAY, "502 Bad Gateway", "Content-Type: text/html\r\n", "<html>", R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER, 1 },
        { SAY, "200 OK", TYPE, "{\"code\":\"200000\",\"data\":{\"ord", R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER, 1 },
        { SAY, "302 Found", "Location: /api/v1/hf/orders\r\n", "", R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER, 1 },
        { SAY, "429 Too Many", TYPE, TOO_MANY, R3_KUCOIN_REFUSED, R3_KUCOIN_BUSY, 1 },
        { SAY, "200 OK", TYPE, "{\"code\":\"200004\",\"msg\":\"Balance insufficient!\"}", R3_KUCOIN_REFUSED,
          R3_KUCOIN_BALANCE, 1 },
        { SAY, "401 No", TYPE, "{\"code\":\"400005\",\"msg\":\"Invalid KC-API-SIGN\"}", R3_KUCOIN_REFUSED,
          R3_KUCOIN_KEY, 1 },
        { SAY, "400 Bad", TYPE, WRONG_TIME, R3_KUCOIN_REFUSED, R3_KUCOIN_TIME, 1 },
        { SAY, "500 Bad", TYPE, WRONG_TIME, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int reused = 0; reused < 2; reused++) {
            size_t first;
            struct r3_kucoin *kucoin = begin(&first);
            struct r3_order order = make_order();
            struct r3_kucoin_answer answer;
            int64_t now;
            rules[rule_count++] =
                (struct rule) { "POST ", -1, cases[i].status, cases[i].headers, cases[i].body, cases[i].way };
            if (reused)
                CHECK_INT(r3_kucoin_time(kucoin, &now, &error), 0);
            CHECK_INT(r3_kucoin_place(kucoin, &order, 5000, false, 0, &answer, &error), 0);
            CHECK_INT(answer.outcome, cases[i].outcome);
            CHECK_INT(answer.reason, cases[i].reason);
            CHECK_INT(count_since(first, "POST ", NULL), cases[i].posts);
            CHECK(*answer.text);
            r3_kucoin_free(kucoin);
        }
}

/* A clock that was wrong is set right. An order is told of as refused, and goes out with a time that the caller commits to. */
static void check_wrong_time(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    struct r3_order order = make_order();
    struct r3_kucoin_answer answer;
    int64_t sent, now;
    char status[16], text[R3_TEXT_SIZE];
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), 0);
    skew = SKEW;
    rule("POST ", 1, "400 Bad Request", TYPE, WRONG_TIME);
    rule("POST ", 1, "200 OK", TYPE, PLACED);
    rule("GET /api/v1/user/api-key ", 1, "400 Bad Request", TYPE, WRONG_TIME);
    rule("GET /api/v1/user/api-key ", 1, "200 OK", TYPE,
         "{\"data\":{\"permission\":\"General\",\"new\":[1]},\"code\":\"200000\"}");
    rule("DELETE ", 1, "400 Bad Request", TYPE, WRONG_TIME);
    rule("DELETE ", 1, "200 OK", TYPE, "{\"code\":\"200000\",\"data\":{}}");
    CHECK_INT(r3_kucoin_place(kucoin, &order, 5000, false, now, &answer, &error), 0);
    CHECK_INT(answer.outcome, R3_KUCOIN_REFUSED);
    CHECK_INT(answer.reason, R3_KUCOIN_TIME);
    CHECK_INT(count_since(first, "POST ", NULL), 1);
    CHECK_INT(r3_kucoin_time(kucoin, &sent, &error), 0);
    CHECK(sent - now > SKEW / 2);
    CHECK_INT(r3_kucoin_place(kucoin, &order, 5000, false, sent, &answer, &error), 0);
    CHECK_INT(answer.outcome, R3_KUCOIN_DONE);
    CHECK_INT(count_since(first, "POST ", NULL), 2);
    skew = 2 * SKEW;
    CHECK_INT(r3_kucoin_permissions(kucoin, text, &error), 0);
    CHECK_TEXT(text, "General");
    skew = 3 * SKEW;
    CHECK_INT(r3_kucoin_cancel(kucoin, "BTC-USDT", "main-7-ENTRY-1", &answer, &error), 0);
    CHECK_INT(answer.outcome, R3_KUCOIN_DONE);
    CHECK_INT(count_since(first, "DELETE /api/v1/hf/orders/client-order/main-7-ENTRY-1?symbol=BTC-USDT ", NULL), 2);
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), 0);
    CHECK(now - sent > SKEW);
    /* It cannot be had: orders do not leave. */
    r3_kucoin_free(kucoin);
    kucoin = begin(&first);
    rule("GET /api/v1/timestamp ", -1, "503 Busy", "", "<html>");
    CHECK_INT(r3_kucoin_place(kucoin, &order, 5000, false, 0, &answer, &error), -1);
    CHECK_INT(error.status, R3_UNAVAILABLE);
    CHECK_INT(count_since(first, "POST ", NULL), 0);
    rule_count = 0;
    rule("GET /api/v1/status ", -1, "200 OK", TYPE,
         "{\"code\":\"200000\",\"data\":{\"status\":\"cancelonly\",\"msg\":\"soon\"}}");
    CHECK_INT(r3_kucoin_status(kucoin, status, text, &error), 0);
    CHECK_TEXT(status, "cancelonly");
    CHECK_TEXT(text, "soon");
    rule("GET /api/v1/timestamp ", -1, "200 OK", TYPE, "{\"code\":\"200000\",\"data\":1700000000}");
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), -1); /* seconds */
    CHECK_INT(error.status, R3_DATA);
    r3_kucoin_free(kucoin);
}

/* An offset is good for five minutes, and for an hour where no other can be had. */
static void check_age(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    int64_t now, later;
    static const char ask[] = "GET /api/v1/timestamp ";
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), 0);
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), 0);
    CHECK_INT(count_since(first, ask, NULL), 1);
    kucoin->clock.measured -= 6 * R3_MINUTE;
    skew = SKEW;
    CHECK_INT(r3_kucoin_time(kucoin, &later, &error), 0);
    CHECK(later - now > SKEW / 2);
    CHECK_INT(count_since(first, ask, NULL), 2);
    rule(ask, -1, "503 Busy", "", "<html>");
    kucoin->clock.measured -= 6 * R3_MINUTE;
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), 0);
    CHECK(now >= later && now - later < 10000);
    size_t asked = count_since(first, ask, NULL);
    CHECK(asked > 2);
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), 0); /* it is not tried with each call */
    CHECK_INT(count_since(first, ask, NULL), asked);
    kucoin->clock.measured -= R3_HOUR;
    kucoin->measure_next = 0;
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), -1);
    r3_kucoin_free(kucoin);
}

/* What another process has measured is good for as long as one's own, where the quota for questions is used up: runs are minutes apart. */
static void check_recall(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    struct r3_exchange_clock clock;
    int64_t now, recalled;
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), 0);
    clock = kucoin->clock;
    rule("GET /api/v1/timestamp ", -1, "429 Too Many", TYPE, TOO_MANY);
    for (int minutes = 1; minutes < 64; minutes += 31) {
        clock.measured = r3_clock_monotonic() - minutes * R3_MINUTE;
        r3_exchange_clock_save(&clock, kucoin->url);
        kucoin->has_clock = false;
        CHECK_INT(r3_kucoin_time(kucoin, &recalled, &error), minutes < 60 ? 0 : -1);
        CHECK(minutes > 60 || (recalled >= now && recalled - now < 10000));
    }
    CHECK_INT(error.status, R3_RETRY);
    r3_kucoin_free(kucoin);
}

/* What the clock may be off by is half of the round trip, and drift. Where that is too much for what is asked it is measured again, and is not
 * known where it stays so. */
static void check_unsure(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    int64_t now, unsure = -1;
    static const char ask[] = "GET /api/v1/timestamp ";
    CHECK_INT(r3_kucoin_clock(kucoin, 2500, &now, &unsure, &error), 0);
    CHECK(unsure >= 0 && unsure <= 2500);
    kucoin->clock.trip = 7000;
    size_t asked = count_since(first, ask, NULL);
    CHECK_INT(r3_kucoin_clock(kucoin, INT64_MAX, &now, &unsure, &error), 0);
    CHECK(unsure >= 3500 && unsure < 3600);
    CHECK_INT(count_since(first, ask, NULL), asked);
    CHECK_INT(r3_kucoin_clock(kucoin, 2500, &now, &unsure, &error), 0);
    CHECK(unsure <= 2500);
    CHECK(count_since(first, ask, NULL) > asked);
    slow = 300;
    kucoin->clock.trip = 7000;
    CHECK_INT(r3_kucoin_clock(kucoin, 100, &now, &unsure, &error), -1);
    CHECK_INT(error.status, R3_UNAVAILABLE);
    CHECK(strstr(error.text, "its clock is known to "));
    CHECK_INT(r3_kucoin_clock(kucoin, INT64_MAX, &now, &unsure, &error), 0);
    CHECK(unsure >= 150);
    slow = 0;
    kucoin->clock.trip = 100;
    kucoin->clock.measured = r3_clock_monotonic() - R3_HOUR / 2; /* and no other to be had */
    kucoin->measure_next = r3_clock_monotonic() + R3_HOUR;
    CHECK_INT(r3_kucoin_clock(kucoin, INT64_MAX, &now, &unsure, &error), 0);
    CHECK(unsure >= 550 && unsure < 600);
    r3_kucoin_free(kucoin);
}

#define SYMBOL(name)                                                                                                   \
    "{\"code\":\"200000\",\"data\":{\"symbol\":\"" name                                                                \
    "\",\"baseCurrency\":\"BTC\",\"quoteCurrency\":\"USDT\",\"feeCurrency\":\"USDT\","                                 \
    "\"priceIncrement\":\"0.1\",\"baseIncrement\":\"0.01\",\"quoteIncrement\":\"0.1\",\"baseMinSize\":\"1\",\"enableTrading\":true}}"

/* That there is no such market is an answer; any other refusal is none about the market. */
static void check_market_answers(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    struct r3_kucoin_symbol symbol;
    bool found = true;
    rule("GET /api/v2/symbols/NO-USDT ", 1, "200 OK", TYPE, "{\"code\":\"900001\",\"msg\":\"symbol not exists\"}");
    CHECK_INT(r3_kucoin_market(kucoin, "NO-USDT", &symbol, &found, &error), 0);
    CHECK(!found);
    CHECK(strstr(error.text, "symbol not exists (900001)"));
    rule("GET /api/v2/symbols/BTC-USDT ", 1, "400 Bad", TYPE, WRONG_TIME);
    CHECK_INT(r3_kucoin_market(kucoin, "BTC-USDT", &symbol, &found, &error), -1);
    CHECK_INT(error.status, R3_RETRY); /* our clock */
    rule("GET /api/v2/symbols/BTC-USDT ", 1, "200 OK", TYPE, "{\"code\":\"400100\",\"msg\":\"symbol: odd\"}");
    CHECK_INT(r3_kucoin_market(kucoin, "BTC-USDT", &symbol, &found, &error), -1);
    CHECK_INT(error.status, R3_DATA);
    rule("GET /api/v2/symbols/BTC-USDT ", 1, "200 OK", TYPE, "{\"code\":\"200000\",\"data\":null}");
    CHECK_INT(r3_kucoin_market(kucoin, "BTC-USDT", &symbol, &found, &error), -1);
    rule("GET /api/v2/symbols/BTC-USDT ", 1, "200 OK", TYPE, "{\"code\":\"200000\",\"data\":[]}");
    CHECK_INT(r3_kucoin_market(kucoin, "BTC-USDT", &symbol, &found, &error), -1);
    CHECK(!found);
    CHECK(strstr(error.text, "KuCoin has no market BTC-USDT"));
    rule("GET /api/v2/symbols/BTC-USDT ", 1, "200 OK", TYPE, SYMBOL("ETH-USDT"));
    CHECK_INT(r3_kucoin_market(kucoin, "BTC-USDT", &symbol, &found, &error), -1);
    CHECK(!found);
    CHECK_INT(error.status, R3_DATA);
    rule("GET /api/v2/symbols/BTC-USDT ", 1, "200 OK", TYPE, SYMBOL("BTC-USDT"));
    CHECK_INT(r3_kucoin_market(kucoin, "BTC-USDT", &symbol, &found, &error), 0);
    CHECK(found);
    CHECK_TEXT(symbol.instrument.market, "BTC-USDT");
    r3_kucoin_free(kucoin);
}

/* A call that may take less time is given up sooner. */
static void check_patience(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    int64_t now, began = r3_clock_monotonic();
    slow = 1500;
    int64_t before = r3_kucoin_set_timeout(kucoin, 100);
    CHECK_INT(before, TIMEOUT);
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), -1);
    CHECK(r3_clock_monotonic() - began < 1500);
    CHECK_INT(r3_kucoin_set_timeout(kucoin, before), 100);
    slow = 0;
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), 0);
    r3_kucoin_free(kucoin);
}

static void check_never_left(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    struct r3_order order = make_order();
    struct r3_kucoin_answer answer;
    int64_t now;
    char url[64];
    /* The clock is known, and then nobody listens. */
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    CHECK(bind(fd, (struct sockaddr *)&address, size) == 0 && getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    r3_http_free(kucoin->http);
    CHECK_INT(r3_http_new(&kucoin->http, url, TIMEOUT, &error), 0);
    CHECK_INT(r3_kucoin_place(kucoin, &order, 5000, false, 0, &answer, &error), -1);
    CHECK_INT(error.status, R3_UNAVAILABLE);
    CHECK_INT(answer.outcome, R3_KUCOIN_REFUSED);
    close(fd);
    r3_kucoin_free(kucoin);
    /* No key. */
    const struct r3_kucoin_options options = { .url = server.url };
    CHECK_INT(r3_kucoin_new(&kucoin, &options, &error), 0);
    CHECK_INT(r3_kucoin_place(kucoin, &order, 5000, false, 0, &answer, &error), -1);
    CHECK_INT(error.status, R3_CONFIG);
    CHECK_INT(count_since(first, "POST ", NULL), 0);
    r3_kucoin_free(kucoin);
}

/* ---- asking again ---- */

#define STATUS_OPEN "{\"code\":\"200000\",\"data\":{\"status\":\"open\",\"msg\":\"\"}}"

static void check_asks(void) {
    static const struct {
        enum way way;
        const char *status, *headers, *body;
        int times; /* that it is said before it goes well; -1: always */
        size_t asks;
        int result, error;
    } cases[] = {
        { SAY, "503 Busy", "", "<html>", 2, 3, 0, 0 },
        { RESET, "", "", "", 1, 2, 0, 0 },
        { HALF, "", "", "", 2, 3, 0, 0 },
        { SAY, "200 OK", TYPE, "{\"code\":\"200000\",\"da", 1, 2, 0, 0 },
        { SAY, "429 Too Many",
          TYPE "gw-ratelimit-limit: 2000\r\ngw-ratelimit-remaining: 0\r\ngw-ratelimit-reset: 300\r\n", TOO_MANY, 1, 2,
          0, 0 },
        { SAY, "429 Too Many", TYPE, TOO_MANY, 1, 2, 0, 0 },
        { SAY, "200 OK", TYPE, "{\"code\":\"230005\",\"msg\":\"busy\"}", -1, 0, -1, R3_UNAVAILABLE },
        { CLOSE, "", "", "", -1, 0, -1, R3_UNAVAILABLE },
        { SAY, "429 Too Many",
          TYPE "gw-ratelimit-limit: 2000\r\ngw-ratelimit-remaining: 0\r\ngw-ratelimit-reset: 20000\r\n", TOO_MANY, -1,
          1, -1, R3_RETRY },
        { SAY, "403 Forbidden", "", "error code: 1015", -1, 1, -1, R3_UNAVAILABLE },
        { SAY, "401 No", TYPE, "{\"code\":\"400003\",\"msg\":\"KC-API-KEY not exists\"}", -1, 1, -1, R3_PERMISSION },
        { SAY, "400 Bad", TYPE, "{\"code\":\"400100\",\"msg\":\"odd\"}", -1, 1, -1, R3_DATA },
        { SAY, "200 OK", TYPE, "{\"code\":\"200000\",\"data\":[]}", -1, 1, -1, R3_DATA },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t first;
        struct r3_kucoin *kucoin = begin(&first);
        char status[16], text[R3_TEXT_SIZE];
        rules[rule_count++] = (struct rule) { "GET /api/v1/status ", cases[i].times, cases[i].status,
                                              cases[i].headers,      cases[i].body,  cases[i].way };
        rule("GET /api/v1/status ", -1, "200 OK", TYPE, STATUS_OPEN);
        int64_t before = r3_clock_monotonic();
        CHECK_INT(r3_kucoin_status(kucoin, status, text, &error), cases[i].result);
        if (cases[i].result < 0)
            CHECK_INT(error.status, cases[i].error);
        size_t asks = count_since(first, "GET /api/v1/status ", NULL);
        /* libcurl itself asks again where a connection that was good before ends without an answer. */
        CHECK(cases[i].asks ? asks >= cases[i].asks && asks <= cases[i].asks + (cases[i].way == RESET)
                            : asks >= 2 && asks <= 8);
        CHECK(r3_clock_monotonic() - before < 3 * TIMEOUT);
        r3_kucoin_free(kucoin);
    }
}

/* Another process: what was learned is in the file alone. */
static struct r3_kucoin *begin_anew(struct r3_kucoin *kucoin) {
    const struct r3_kucoin_options options = { .url = server.url, .credentials = credentials, .timeout = TIMEOUT };
    r3_kucoin_free(kucoin);
    CHECK_INT(r3_kucoin_new(&kucoin, &options, &error), 0);
    return kucoin;
}

static void check_rates(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    struct r3_order order = make_order();
    struct r3_kucoin_answer answer;
    rule("POST ", 1, "200 OK",
         TYPE "gw-ratelimit-limit: 4000\r\ngw-ratelimit-remaining: 400\r\ngw-ratelimit-reset: 20000\r\n", PLACED);
    rule("POST ", -1, "200 OK", TYPE, PLACED);
    rule("DELETE ", -1, "429 Too Many",
         TYPE "gw-ratelimit-limit: 4000\r\ngw-ratelimit-remaining: 390\r\ngw-ratelimit-reset: 18000\r\n", TOO_MANY);
    CHECK_INT(r3_kucoin_place(kucoin, &order, 5000, false, 0, &answer, &error), 0);
    CHECK_INT(answer.outcome, R3_KUCOIN_DONE);
    /* An entry waits, what leaves a position does not. */
    kucoin = begin_anew(kucoin);
    CHECK_INT(r3_kucoin_place(kucoin, &order, 5000, false, 0, &answer, &error), 0);
    CHECK_INT(answer.outcome, R3_KUCOIN_REFUSED);
    CHECK_INT(answer.reason, R3_KUCOIN_BUSY);
    CHECK(answer.wait > 15000 && answer.wait <= 20000);
    CHECK_INT(count_since(first, "POST ", NULL), 1);
    order.role = R3_SL;
    CHECK_INT(r3_kucoin_place(kucoin, &order, 5000, false, 0, &answer, &error), 0);
    CHECK_INT(answer.outcome, R3_KUCOIN_DONE);
    CHECK_INT(r3_kucoin_cancel(kucoin, "BTC-USDT", "main-7-ENTRY-1", &answer, &error), 0);
    CHECK_INT(answer.reason, R3_KUCOIN_BUSY);
    CHECK_INT(answer.wait, 18000);
    /* Then it is used up for all. */
    kucoin = begin_anew(kucoin);
    CHECK_INT(r3_kucoin_place(kucoin, &order, 5000, false, 0, &answer, &error), 0);
    CHECK_INT(answer.reason, R3_KUCOIN_BUSY);
    CHECK_INT(count_since(first, "POST ", NULL), 2);
    CHECK_INT(count_since(first, "DELETE ", NULL), 1);
    r3_kucoin_free(kucoin);
}

/* ---- lists ---- */

#define ORDER_ROW(id, client, updated)                                                                                                      \
    "{\"id\":\"" id "\",\"clientOid\":\"" client                                                                                            \
    "\",\"symbol\":\"BTC-USDT\",\"type\":\"limit\",\"side\":\"buy\",\"price\":\"1\",\"size\":\"1\","                                        \
    "\"dealSize\":\"0\",\"dealFunds\":\"0\",\"fee\":\"0\",\"cancelExist\":true,\"active\":false,\"createdAt\":1,\"lastUpdatedAt\":" updated \
    "}"
#define FILL_ROW(id, order, time)                                                                                                                       \
    "{\"tradeId\":" id ",\"orderId\":\"" order                                                                                                          \
    "\",\"symbol\":\"BTC-USDT\",\"side\":\"buy\",\"liquidity\":\"maker\",\"price\":\"2\",\"size\":\"1\",\"funds\":\"2\",\"fee\":\"0\",\"feeCurrency\":" \
    "\"USDT\",\"createdAt\":" time "}"
#define PAGE(last, rows) "{\"code\":\"200000\",\"data\":{\"lastId\":" last ",\"items\":[" rows "]}}"

static char told[256];

static int tell_order(const struct r3_kucoin_order *order, void *context, struct r3_error *failure) {
    (void)context, (void)failure;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s ", order->exchange_id);
    return 0;
}

static int tell_fill(const struct r3_kucoin_fill *fill, void *context, struct r3_error *failure) {
    (void)context, (void)failure;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s ", fill->id);
    return 0;
}

static void check_pages(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    static const char done[] = "GET /api/v1/hf/orders/done?symbol=BTC-USDT&limit=100";
    rule("GET /api/v1/hf/orders/done?symbol=BTC-USDT&limit=100 ", -1, "200 OK", TYPE,
         PAGE("50", ORDER_ROW("e", "", "500") "," ORDER_ROW("d", "", "400")));
    rule("GET /api/v1/hf/orders/done?symbol=BTC-USDT&limit=100&lastId=50 ", -1, "200 OK", TYPE,
         PAGE("40", ORDER_ROW("d", "", "400") "," ORDER_ROW("c", "", "300")));
    rule("GET /api/v1/hf/orders/done?symbol=BTC-USDT&limit=100&lastId=40 ", -1, "200 OK", TYPE,
         PAGE("30", ORDER_ROW("b", "", "200") "," ORDER_ROW("a", "", "100")));
    rule("GET /api/v1/hf/orders/done?symbol=BTC-USDT&limit=100&lastId=30 ", -1, "200 OK", TYPE, PAGE("0", ""));
    told[0] = '\0';
    CHECK_INT(r3_kucoin_over(kucoin, "BTC-USDT", 0, tell_order, NULL, &error), 0);
    CHECK_TEXT(told, "a b c d e ");
    CHECK_INT(count_since(first, done, NULL), 4);
    told[0] = '\0';
    CHECK_INT(r3_kucoin_over(kucoin, "BTC-USDT", 300, tell_order, NULL, &error), 0);
    CHECK_TEXT(told, "c d e ");
    CHECK_INT(count_since(first, done, NULL), 7);
    /* Fills of an order, on a server that gives the same page whatever lastId says. */
    rule(
        "GET /api/v1/hf/fills?symbol=BTC-USDT&orderId=x&limit=100", -1, "200 OK", TYPE,
        PAGE("7", FILL_ROW("9007199254740993", "x", "20") "," FILL_ROW("11", "y", "15") "," FILL_ROW("10", "x", "20")));
    told[0] = '\0';
    CHECK_INT(r3_kucoin_fills(kucoin, "BTC-USDT", "x", 0, tell_fill, NULL, &error), 0);
    CHECK_TEXT(told, "10 9007199254740993 ");
    CHECK_INT(count_since(first, "GET /api/v1/hf/fills?", NULL), 2);
    r3_kucoin_free(kucoin);
}

/* Fills of three weeks: in questions of seven days. */
static void check_windows(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    char start[128], page[400];
    int64_t now, since;
    CHECK_INT(r3_kucoin_time(kucoin, &now, &error), 0);
    since = now - 20 * INT64_C(86400000);
    snprintf(start, sizeof start, "GET /api/v1/hf/fills?symbol=BTC-USDT&startAt=%lld&endAt=%lld&limit=100 ",
             (long long)since, (long long)(since + 7 * INT64_C(86400000)));
    snprintf(page, sizeof page, PAGE("0", FILL_ROW("1", "x", "%lld")), (long long)since);
    rule(start, -1, "200 OK", TYPE, page);
    rule("GET /api/v1/hf/fills?symbol=BTC-USDT&startAt=", -1, "200 OK", TYPE,
         PAGE("0", FILL_ROW("2", "x", "9999999999999")));
    told[0] = '\0';
    CHECK_INT(r3_kucoin_fills(kucoin, "BTC-USDT", NULL, since, tell_fill, NULL, &error), 0);
    CHECK_TEXT(told, "1 2 ");
    const char *request = "";
    CHECK_INT(count_since(first, "GET /api/v1/hf/fills?", &request), 3);
    CHECK(!strstr(request, "endAt"));
    r3_kucoin_free(kucoin);
}

static void check_order(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    struct r3_kucoin_order order;
    bool found = true;
    static const char ask[] = "GET /api/v1/hf/orders/client-order/r3-1?symbol=BTC-USDT ";
    rule(ask, 1, "200 OK", TYPE, "{\"code\":\"400100\",\"msg\":\"The order does not exist.\"}");
    rule(ask, 1, "400 Bad", TYPE, "{\"msg\":\"order_not_exist\",\"code\":\"order_not_exist\"}");
    rule(ask, 1, "200 OK", TYPE, "{\"code\":\"200000\",\"data\":null}");
    for (int i = 0; i < 3; i++, found = true) {
        CHECK_INT(r3_kucoin_order(kucoin, "BTC-USDT", "r3-1", &order, &found, &error), 0);
        CHECK(!found);
    }
    rule(ask, 1, "200 OK", TYPE, "{\"code\":\"200000\",\"data\":" ORDER_ROW("e", "r3-1", "5") "}");
    CHECK_INT(r3_kucoin_order(kucoin, "BTC-USDT", "r3-1", &order, &found, &error), 0);
    CHECK(found && order.canceled && !order.active);
    CHECK_TEXT(order.exchange_id, "e");
    /* Not to be had is not the same as not there. */
    rule(ask, 1, "200 OK", TYPE, "{\"code\":\"200000\",\"data\":" ORDER_ROW("e", "r3-2", "5") "}");
    CHECK_INT(r3_kucoin_order(kucoin, "BTC-USDT", "r3-1", &order, &found, &error), -1);
    rule(ask, 1, "200 OK", TYPE, "{\"code\":\"400100\",\"msg\":\"symbol not exists\"}");
    CHECK_INT(r3_kucoin_order(kucoin, "BTC-USDT", "r3-1", &order, &found, &error), -1);
    rule(ask, -1, "503 Busy", "", "<html>");
    CHECK_INT(r3_kucoin_order(kucoin, "BTC-USDT", "r3-1", &order, &found, &error), -1);
    CHECK(!found);
    r3_kucoin_free(kucoin);
}

/* ---- public ---- */

static int tell_candle(const struct r3_candle *candle, void *context, struct r3_error *failure) {
    (void)context, (void)failure;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%lld ", (long long)candle->time);
    return 0;
}

static void check_public(void) {
    size_t first;
    struct r3_kucoin *kucoin = begin(&first);
    struct r3_price price;
    told[0] = '\0';
    rule(
        "GET /api/v1/market/candles?symbol=BTC-USDT&type=1hour&startAt=3601&endAt=10799 ", -1, "200 OK", TYPE,
        "{\"code\":\"200000\",\"data\":[[\"7200\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\"],[\"3600\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\"]]}");
    CHECK_INT(r3_kucoin_candles(kucoin, "BTC-USDT", R3_1H, 3600001, 10800000, tell_candle, NULL, &error), 0);
    CHECK_TEXT(told, "7200000 ");
    CHECK_INT(r3_kucoin_candles(kucoin, "BTC-USDT", R3_1H, 3600000, 3600000, tell_candle, NULL, &error), 0);
    CHECK_INT(r3_kucoin_candles(kucoin, "btc/usdt", R3_1H, 0, 3600000, tell_candle, NULL, &error), -1);
    CHECK_INT(error.status, R3_USAGE);
    CHECK_INT(r3_kucoin_price(kucoin, "A&b=c", &price, &error), -1);
    rule("GET /api/v1/market/orderbook/level1?symbol=ZZZ-USDT ", -1, "200 OK", TYPE,
         "{\"code\":\"200000\",\"data\":null}");
    CHECK_INT(r3_kucoin_price(kucoin, "ZZZ-USDT", &price, &error), -1);
    CHECK(strstr(error.text, "KuCoin has no market ZZZ-USDT"));
    CHECK(!strstr(server.requests[first].text, "KC-API")); /* public calls are not signed */
    r3_kucoin_free(kucoin);
}

/* Neither the secret nor the passphrase ever leaves. */
static void check_secrets(void) {
    for (size_t i = 0; i < server.count; i++)
        CHECK(!strstr(server.requests[i].text, SECRET) && !strstr(server.requests[i].text, PASSPHRASE));
    CHECK(server.count < 255);
}

int main(void) {
    static const char file[] = "key: " KEY "\nsecret: " SECRET "\npassphrase: " PASSPHRASE "\n";
    char path[64];
    CHECK(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/key", directory);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    CHECK(fd >= 0 && write(fd, file, sizeof file - 1) == sizeof file - 1);
    close(fd);
    CHECK_INT(r3_kucoin_credentials_read(&credentials, path, &error), 0);
    http_start(&server, answer, NULL);
    check_place();
    check_bad_orders();
    check_once();
    check_wrong_time();
    check_age();
    check_recall();
    check_unsure();
    check_market_answers();
    check_patience();
    check_never_left();
    check_asks();
    check_rates();
    check_pages();
    check_windows();
    check_order();
    check_public();
    check_secrets();
    http_stop(&server);
    r3_kucoin_credentials_free(credentials);
    snprintf(path, sizeof path, "rm -rf %s", directory);
    CHECK_INT(system(path), 0);
    return check_done();
}
