/* What KuCoin answers: each known error is what its class says, each sample is read to the digit, and what is damaged is never taken for
 * something else. */
#include "lib/kucoin/reply.h"

#include "lib/kucoin/member.h"
#include "tests/unit/kucoin_vectors.h"

static struct r3_error error;

static void give(struct r3_kucoin_reply *reply, long status, const char *body, size_t length) {
    r3_kucoin_reply_release(reply);
    reply->http.status = status;
    reply->http.sent = true;
    r3_buffer_append(&reply->http.body, body, length);
}

static void judge(struct r3_kucoin_answer *answer, struct r3_kucoin_reply *reply, long status, const char *body) {
    give(reply, status, body, strlen(body));
    r3_kucoin_judge(answer, reply);
}

/* ---- errors ---- */

static enum r3_kucoin_reason reason_of_class(const char *class) {
    static const struct {
        const char *class;
        enum r3_kucoin_reason reason;
    } classes[] = {
        { "auth", R3_KUCOIN_KEY },        { "clock", R3_KUCOIN_TIME },           { "order-gone", R3_KUCOIN_GONE },
        { "param", R3_KUCOIN_PARAMETER }, { "symbol", R3_KUCOIN_SYMBOL },        { "duplicate", R3_KUCOIN_DUPLICATE },
        { "limit", R3_KUCOIN_LIMIT },     { "balance", R3_KUCOIN_BALANCE },      { "region", R3_KUCOIN_SYMBOL },
        { "rate", R3_KUCOIN_BUSY },       { "account-mode", R3_KUCOIN_ACCOUNT }, { "deprecated", R3_KUCOIN_OTHER },
        { "server", R3_KUCOIN_OTHER }
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(classes[i].class, class) == 0)
            return classes[i].reason;
    return R3_KUCOIN_NO_REASON;
}

/* What the collection files under "auth" is of the key, of its account, or of one market for this account. */
static enum r3_kucoin_reason reason_of(const char *code, const char *class) {
    static const struct {
        const char *code;
        enum r3_kucoin_reason reason;
    } others[] = { { "200009", R3_KUCOIN_SYMBOL },  { "400200", R3_KUCOIN_ACCOUNT }, { "400301", R3_KUCOIN_ACCOUNT },
                   { "400302", R3_KUCOIN_ACCOUNT }, { "411200", R3_KUCOIN_ACCOUNT }, { "400303", R3_KUCOIN_ACCOUNT },
                   { "411100", R3_KUCOIN_ACCOUNT } };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(others[i].code, code) == 0)
            return others[i].reason;
    return reason_of_class(class);
}

static void check_error(const struct r3_json_document *document, void *context) {
    static const long statuses[] = { 200, 400, 401, 403, 404, 500, 502, 503, 504, 520 };
    const struct r3_json *root = r3_json_root(document), *body = r3_json_member(root, "body");
    const char *class = member_text(root, "class");
    long seen = (long)r3_json_integer(r3_json_member(root, "http"));
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    struct r3_buffer text = R3_BUFFER_INIT;
    (void)context;
    r3_json_write(&text, document, body);
    CHECK(reason_of_class(class) != R3_KUCOIN_NO_REASON);
    for (size_t i = 0; i <= sizeof statuses / sizeof statuses[0]; i++) {
        long status = i < sizeof statuses / sizeof statuses[0] ? statuses[i] : seen;
        if (status == 0)
            continue;
        judge(&answer, &reply, status, text.data);
        bool unknown = status >= 500 || strcmp(class, "server") == 0;
        CHECK_INT(answer.outcome, unknown ? R3_KUCOIN_UNKNOWN : R3_KUCOIN_REFUSED);
        CHECK_INT(answer.reason,
                  unknown && status != 429 ? R3_KUCOIN_OTHER : reason_of(member_text(body, "code"), class));
        CHECK_TEXT(answer.code, member_text(body, "code"));
        CHECK_TEXT(answer.text, member_text(body, "msg"));
        CHECK(answer.wait > 0 || answer.reason != R3_KUCOIN_BUSY);
        CHECK(!reply.data);
    }
    /* Cut anywhere, it says nothing. */
    for (size_t cut = 0; cut < text.length; cut++) {
        give(&reply, 200, text.data, cut);
        r3_kucoin_judge_place(&answer, &reply, "r3-1", false);
        CHECK_INT(answer.outcome, R3_KUCOIN_UNKNOWN);
    }
    r3_kucoin_reply_release(&reply);
    r3_buffer_release(&text);
}

static void check_codes(void) {
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    static const struct {
        const char *body;
        long status;
        enum r3_kucoin_outcome outcome;
        enum r3_kucoin_reason reason;
    } cases[] = {
        { "{\"code\":\"123456\",\"msg\":\"new\"}", 200, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "{\"code\":\"408000\",\"msg\":\"timeout\"}", 400, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "{\"code\":\"412345\",\"msg\":\"new\"}", 408, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "{\"code\":\"412345\",\"msg\":\"new\"}", 400, R3_KUCOIN_REFUSED, R3_KUCOIN_OTHER },
        { "{\"code\":\"412345\",\"msg\":\"new\"}", 200, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "{\"code\":\"400999\",\"msg\":\"new\"}", 200, R3_KUCOIN_REFUSED, R3_KUCOIN_OTHER },
        { "{\"code\":\"600203\"}", 200, R3_KUCOIN_REFUSED, R3_KUCOIN_SYMBOL },
        { "{\"code\":\"200002\",\"msg\":\"too fast\"}", 429, R3_KUCOIN_REFUSED, R3_KUCOIN_BUSY },
        { "{\"code\":\"429000\"}", 503, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "{\"code\":\"200000\"}", 200, R3_KUCOIN_DONE, R3_KUCOIN_NO_REASON },
        { "{\"code\":\"200000\",\"data\":null}", 201, R3_KUCOIN_DONE, R3_KUCOIN_NO_REASON },
        { "{\"code\":\"200000\",\"data\":1}", 500, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "{\"code\":\"200000\",\"data\":1}", 403, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "{\"code\":200000,\"data\":1}", 200, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "{\"code\":400100,\"msg\":\"Price increment invalid.\"}", 400, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "{\"code\":\"\"}", 200, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "{\"code\":\"a-code-that-is-longer-than-any\"}", 400, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "{\"code\":\"200000\",\"code\":\"400100\"}", 200, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "{\"msg\":\"hello\"}", 400, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "[\"200000\"]", 200, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "\"200000\"", 200, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "null", 200, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "", 200, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>", 403, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "error code: 1015", 429, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "<html>502 Bad Gateway</html>", 502, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
        { "elsewhere", 302, R3_KUCOIN_UNKNOWN, R3_KUCOIN_OTHER },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        judge(&answer, &reply, cases[i].status, cases[i].body);
        CHECK_INT(answer.outcome, cases[i].outcome);
        CHECK_INT(answer.reason, cases[i].reason);
        if (answer.outcome == R3_KUCOIN_UNKNOWN && !*answer.code)
            CHECK(answer.wait > 0 && strstr(answer.text, "without an answer in JSON"));
    }
    /* What was asked for by its address, in other words than those of the table. */
    judge(&answer, &reply, 200, "{\"code\":\"400100\",\"msg\":\"User is not allow to query\"}");
    CHECK(answer.reason != R3_KUCOIN_GONE);
    judge(&answer, &reply, 200, "{\"code\":\"400100\",\"msg\":\"The account does not exist.\"}");
    CHECK(answer.reason != R3_KUCOIN_GONE);
    r3_kucoin_reply_release(&reply);
}

static void check_waits(void) {
    static const char busy[] = "{\"code\":\"429000\",\"msg\":\"x\"}";
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    give(&reply, 429, busy, sizeof busy - 1);
    reply.http.reset = 1489;
    r3_kucoin_judge(&answer, &reply);
    CHECK_INT(answer.wait, 1489);
    give(&reply, 429, busy, sizeof busy - 1);
    reply.http.reset = -1;
    reply.http.retry_after = -1;
    r3_kucoin_judge(&answer, &reply);
    CHECK(answer.wait > 0 && answer.wait <= 1000);
    give(&reply, 429, "error code: 1015", 16);
    reply.http.retry_after = -1;
    r3_kucoin_judge(&answer, &reply);
    CHECK_INT(answer.wait, 30000);
    CHECK(r3_kucoin_is_pushed_back(&reply.http));
    judge(&answer, &reply, 403, "<html>error code: 1015</html>");
    CHECK(r3_kucoin_is_pushed_back(&reply.http) && answer.wait == 30000);
    judge(&answer, &reply, 403, "<html>Attention Required!</html>");
    CHECK(!r3_kucoin_is_pushed_back(&reply.http) && answer.wait == 2000);
    judge(&answer, &reply, 502, "<html>error code: 1015</html>");
    CHECK(!r3_kucoin_is_pushed_back(&reply.http) && answer.wait == 500);
    /* No answer. */
    r3_kucoin_reply_release(&reply);
    reply.http.sent = true;
    r3_kucoin_judge(&answer, &reply);
    CHECK_INT(answer.outcome, R3_KUCOIN_UNKNOWN);
    r3_kucoin_reply_release(&reply);
    r3_kucoin_judge(&answer, &reply);
    CHECK_INT(answer.outcome, R3_KUCOIN_REFUSED);
    CHECK_INT(answer.reason, R3_KUCOIN_BUSY);
}

static void check_texts(void) {
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    struct r3_buffer body = R3_BUFFER_INIT;
    judge(&answer, &reply, 200, "{\"msg\":\"one\\ntwo\\u0007\\u007f\",\"code\":\"400100\"}");
    CHECK_TEXT(answer.text, "one?two??");
    /* Cut between characters, not within one. */
    r3_buffer_append_text(&body, "{\"code\":\"400100\",\"msg\":\"");
    for (int i = 0; i < 200; i++)
        r3_buffer_append_text(&body, "\xe4\xb8\xad");
    r3_buffer_append_text(&body, "\"}");
    judge(&answer, &reply, 200, body.data);
    CHECK_INT(strlen(answer.text), 255);
    CHECK(r3_json_is_utf8(answer.text, strlen(answer.text)));
    r3_buffer_release(&body);
    r3_kucoin_reply_release(&reply);
}

static void check_placed(void) {
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    static const struct {
        const char *body;
        enum r3_kucoin_outcome real, test;
    } cases[] = {
        { "{\"data\":{\"orderId\":\"67\",\"clientOid\":\"r3-1\"},\"code\":\"200000\"}", R3_KUCOIN_DONE,
          R3_KUCOIN_DONE },
        { "{\"code\":\"200000\",\"data\":{\"orderId\":\"67\"}}", R3_KUCOIN_DONE, R3_KUCOIN_DONE },
        { "{\"code\":\"200000\",\"data\":{\"orderId\":\"67\",\"clientOid\":\"r3-2\"}}", R3_KUCOIN_UNKNOWN,
          R3_KUCOIN_UNKNOWN },
        { "{\"code\":\"200000\",\"data\":{\"orderId\":67}}", R3_KUCOIN_UNKNOWN, R3_KUCOIN_DONE },
        { "{\"code\":\"200000\",\"data\":{\"orderId\":\"\"}}", R3_KUCOIN_UNKNOWN, R3_KUCOIN_DONE },
        { "{\"code\":\"200000\",\"data\":null}", R3_KUCOIN_UNKNOWN, R3_KUCOIN_DONE },
        { "{\"code\":\"200000\"}", R3_KUCOIN_UNKNOWN, R3_KUCOIN_DONE },
        { "{\"code\":\"200000\",\"data\":[]}", R3_KUCOIN_UNKNOWN, R3_KUCOIN_DONE },
        { "{\"code\":\"102426\",\"msg\":\"Duplicate\"}", R3_KUCOIN_REFUSED, R3_KUCOIN_REFUSED },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int test = 0; test < 2; test++) {
            give(&reply, 200, cases[i].body, strlen(cases[i].body));
            r3_kucoin_judge_place(&answer, &reply, "r3-1", test);
            CHECK_INT(answer.outcome, test ? cases[i].test : cases[i].real);
            CHECK_TEXT(answer.exchange_id, i < 2 ? "67" : "");
        }
    r3_kucoin_reply_release(&reply);
}

/* ---- data, as one line of text each, so that a test can say what it wants ---- */

static struct r3_buffer told;

static void tell_decimal(const struct r3_decimal *value) {
    char text[R3_DECIMAL_TEXT_SIZE] = "-";
    if (r3_decimal_is_present(value))
        r3_decimal_format(text, value);
    r3_buffer_printf(&told, " %s", text);
}

static int tell_symbol(const struct r3_kucoin_symbol *symbol, void *context, struct r3_error *failure) {
    const struct r3_instrument *i = &symbol->instrument;
    (void)context, (void)failure;
    r3_buffer_printf(&told, "%s %s %s %s %s", i->platform, i->market, i->base, i->quote, i->fee_currency);
    tell_decimal(&i->price_increment);
    tell_decimal(&i->base_increment);
    tell_decimal(&i->quote_increment);
    tell_decimal(&i->minimum_size);
    tell_decimal(&i->minimum_funds);
    tell_decimal(&i->maker_fee);
    tell_decimal(&symbol->maximum_size);
    tell_decimal(&symbol->maximum_funds);
    tell_decimal(&symbol->price_limit_rate);
    r3_buffer_append_text(&told, symbol->trades ? " trades\n" : " closed\n");
    return 0;
}

static int tell_candle(const struct r3_candle *candle, void *context, struct r3_error *failure) {
    (void)context, (void)failure;
    r3_buffer_printf(&told, "%s %s %s %lld", candle->platform, candle->market, r3_timeframe_name(candle->timeframe),
                     (long long)candle->time);
    tell_decimal(&candle->open);
    tell_decimal(&candle->high);
    tell_decimal(&candle->low);
    tell_decimal(&candle->close);
    tell_decimal(&candle->volume);
    r3_buffer_append_text(&told, "\n");
    return 0;
}

static int tell_balance(const struct r3_kucoin_balance *balance, void *context, struct r3_error *failure) {
    (void)context, (void)failure;
    r3_buffer_append_text(&told, balance->currency);
    tell_decimal(&balance->balance);
    tell_decimal(&balance->available);
    tell_decimal(&balance->holds);
    r3_buffer_append_text(&told, "\n");
    return 0;
}

static void tell_order(const struct r3_kucoin_order *order) {
    r3_buffer_printf(&told, "[%s] %s %s %s %s", order->id, order->exchange_id, order->market, r3_side_name(order->side),
                     r3_kind_name(order->kind));
    tell_decimal(&order->price);
    tell_decimal(&order->size);
    tell_decimal(&order->funds);
    tell_decimal(&order->filled);
    tell_decimal(&order->cost);
    tell_decimal(&order->fee);
    r3_buffer_printf(&told, " %s%s%s %lld %lld\n", order->fee_currency, order->active ? " active" : " over",
                     order->canceled ? " canceled" : "", (long long)order->created, (long long)order->updated);
}

static void tell_fill(const struct r3_kucoin_fill *fill) {
    r3_buffer_printf(&told, "%s %s %lld %s", fill->id, fill->exchange_id, (long long)fill->time,
                     r3_side_name(fill->side));
    tell_decimal(&fill->price);
    tell_decimal(&fill->size);
    tell_decimal(&fill->funds);
    tell_decimal(&fill->fee);
    r3_buffer_printf(&told, " %s %s\n", fill->fee_currency, r3_liquidity_name(fill->liquidity));
}

/* Read *reply as `kind` of answer, and tell what it says in `told`. */
enum kind { TIME, STATUS, SYMBOLS, CANDLES, PRICE, BALANCES, PERMISSIONS, FEES, ORDER, ORDERS, FILLS, PLACED, KINDS };

static int read_page(const struct r3_kucoin_reply *reply, enum kind kind, const char *market) {
    struct r3_kucoin_orders orders = { 0 };
    struct r3_kucoin_fills fills = { 0 };
    struct r3_kucoin_page page = { 0 };
    int result = kind == ORDERS ? r3_kucoin_read_orders(reply, market, &orders, &page, &error)
                                : r3_kucoin_read_fills(reply, market, NULL, &fills, &page, &error);
    for (size_t i = 0; result == 0 && i < orders.count; i++)
        tell_order(&orders.list[i]);
    for (size_t i = 0; result == 0 && i < fills.count; i++)
        tell_fill(&fills.list[i]);
    if (result == 0)
        r3_buffer_printf(&told, "%zu items, last %lld\n", page.items, (long long)page.last);
    free(orders.list);
    free(fills.list);
    return result;
}

static int read_as(const struct r3_kucoin_reply *reply, enum kind kind, const char *market) {
    struct r3_decimal maker, taker;
    struct r3_kucoin_order order;
    struct r3_price price;
    char status[16], text[R3_TEXT_SIZE];
    int64_t now;
    int result = -1;
    r3_buffer_reset(&told);
    r3_buffer_reserve(&told, 0);
    switch (kind) {
    case TIME:
        if ((result = r3_kucoin_read_time(reply, &now, &error)) == 0)
            r3_buffer_printf(&told, "%lld", (long long)now);
        break;
    case STATUS:
        if ((result = r3_kucoin_read_status(reply, status, text, &error)) == 0)
            r3_buffer_printf(&told, "%s [%s]", status, text);
        break;
    case SYMBOLS:
        return r3_kucoin_read_symbols(reply, tell_symbol, NULL, &error);
    case CANDLES:
        return r3_kucoin_read_candles(reply, market, R3_1H, 0, INT64_MAX, tell_candle, NULL, &error);
    case PRICE:
        if ((result = r3_kucoin_read_price(reply, market, &price, &error)) == 0) {
            r3_buffer_printf(&told, "%s %s %lld", price.platform, price.market, (long long)price.time);
            tell_decimal(&price.price);
        }
        break;
    case BALANCES:
        return r3_kucoin_read_balances(reply, tell_balance, NULL, &error);
    case PERMISSIONS:
        if ((result = r3_kucoin_read_permissions(reply, text, &error)) == 0)
            r3_buffer_append_text(&told, text);
        break;
    case FEES:
        if ((result = r3_kucoin_read_fees(reply, market, &maker, &taker, &error)) == 0) {
            tell_decimal(&maker);
            tell_decimal(&taker);
        }
        break;
    case ORDER:
        if ((result = r3_kucoin_read_order(reply, market, "r3-0001", &order, &error)) == 0)
            tell_order(&order);
        break;
    case ORDERS:
    case FILLS:
        return read_page(reply, kind, market);
    case PLACED:
    case KINDS:
        break;
    }
    return result;
}

struct sample {
    const char *name, *market, *told;
    enum kind kind;
    bool met;
};

#define FIRST_SYMBOL                                                                                                   \
    "kucoin BTC-USDT BTC USDT USDT 0.1 0.00000001 0.000001 0.00001 0.1 - 10000000000 99999999 0.1 trades\n"
#define DONE_ORDER                                                                                                     \
    "[5c52e11203aa677f33e493fb] 6717422bd51c29000775ea03 BTC-USDT BUY LIMIT 70000 0.00001 0.7 0.00001 0.677176 0.000677176 USDT over 1729577515444 1729577515481\n"
#define LIFE(filled, cost, fee, state, updated)                                                                        \
    "[r3-0001] 6740aaaa0000000007000001 BTC-USDT BUY LIMIT 50000 0.002 100 " filled " " cost " " fee " USDT " state    \
    " 1732000000000 " updated "\n"

static struct sample samples[] = {
    { "10-server-time", "", "1729100692873", TIME, false },
    { "10-service-status", "", "open []", STATUS, false },
    { "10-symbol-one-v2", "", FIRST_SYMBOL, SYMBOLS, false },
    { "10-symbols-all-v2", "", FIRST_SYMBOL, SYMBOLS, false },
    { "10-candles", "BTC-USDT",
      "kucoin BTC-USDT 1H 1566789600000 10408.6 10416 10405.4 10416 12.45584973\n"
      "kucoin BTC-USDT 1H 1566789660000 10416 10422.3 10411.5 10411.5 15.61781842\n"
      "kucoin BTC-USDT 1H 1566789720000 10411.5 10411.5 10396.3 10401.9 29.11357276\n",
      CANDLES, false },
    { "10-ticker-level1", "BTC-USDT", "kucoin BTC-USDT 1729172965609 67269", PRICE, false },
    { "20-accounts-list", "", "USDT 26.66759503 26.66759503 0\n", BALANCES, false },
    { "20-apikey-info", "", "General,Futures,Spot,Earn,InnerTransfer,Transfer,Margin", PERMISSIONS, false },
    { "20-fee-actual", "ETH-USDT", " 0.001 0.001", FEES, false },
    { "30-hf-order-add", "", "670fd33bf9406e0007ab3945", PLACED, false },
    { "30-hf-order-test", "", "670fd33bf9406e0007ab3945", PLACED, false },
    { "30-hf-orders-active", "BTC-USDT",
      "[5c52e11203aa677f33e493fb] 67120bbef094e200070976f6 BTC-USDT BUY LIMIT 50000 0.00001 0.5 0 0 0 USDT active 1729235902748 "
      "1729235909862\n1 items, last 0\n",
      ORDERS, false },
    { "30-hf-orders-active-page", "BTC-USDT",
      "[5c52e11203aa677f33e493fb] 67c1437ea5226600071cc080 BTC-USDT BUY LIMIT 50000 0.00001 0.5 0 0 0 USDT active 1740718974367 "
      "1741867658590\n1 items, last 0\n",
      ORDERS, false },
    { "30-hf-orders-done", "BTC-USDT", DONE_ORDER "1 items, last 19814995255305\n", ORDERS, false },
    { "30-hf-fills", "BTC-USDT",
      "11029373945659392 6717422bd51c29000775ea03 1729577515473 BUY 67717.6 0.00001 0.677176 0.000677176 USDT TAKER\n"
      "1 items, last 19814995255305\n",
      FILLS, false },
    { "alt-hftrading-getclosedorders", "CSP-USDT",
      "[] 63074a5a27ecbe0001e1f3ba CSP-USDT SELL LIMIT 0.1 0.1 0.01 0 0 0 USDT over canceled 1661422170924 1661422196926\n"
      "1 items, last 2682265600\n",
      ORDERS, false },
    { "alt-hftrading-getopenorders", "BTC-USDT",
      "[] 5c35c02703aa673ceec2a168 BTC-USDT BUY LIMIT 10 2 - 2 0.166 0 USDT active 1547026471000 1547026471001\n1 items, last 0\n",
      ORDERS, false },
    { "alt-hftrading-getusertrades", "BTC-ETC",
      "616179312641 6306cf6e27ecbe0001e1e03a 1661390702919 BUY 1 1 1 0.00021 USDT TAKER\n1 items, last 2678765568\n",
      FILLS, false },
    { "balance-trade", "", "USDT 40.12618754 40.12618754 0\nLTC 0.171021 0.171021 0\nBTC 0 0 0\nTRX 0 0 0\n", BALANCES,
      false },
    { "balance-trade_hf", "", "USDT 14.3497564 14.3497564 0\nLTC 0.1 0.1 0\n", BALANCES, false },
    { "candles-1h-btcusdt", "BTC-USDT",
      "kucoin BTC-USDT 1H 1706630400000 43383.7 43521.9 43222.8 43501 101.30420492\n"
      "kucoin BTC-USDT 1H 1706634000000 43501.1 43598.9 43305.2 43396.4 101.11170513\n"
      "kucoin BTC-USDT 1H 1706637600000 43396.4 43491.9 43285.2 43369.4 135.02905655\n",
      CANDLES, false },
    { "life-accepted-not-yet-on-book", "BTC-USDT", LIFE("0", "0", "0", "active", "1732000000000"), ORDER, false },
    { "life-open", "BTC-USDT", LIFE("0", "0", "0", "active", "1732000000000"), ORDER, false },
    { "life-partially-filled", "BTC-USDT", LIFE("0.0005", "25", "0.025", "active", "1732000005000"), ORDER, false },
    { "life-filled", "BTC-USDT", LIFE("0.002", "100", "0.1", "over", "1732000009000"), ORDER, false },
    { "life-cancelled-after-partial-fill", "BTC-USDT", LIFE("0.0005", "25", "0.025", "over canceled", "1732000009000"),
      ORDER, false },
    { "life-cancelled-unfilled", "BTC-USDT", LIFE("0", "0", "0", "over canceled", "1732000009000"), ORDER, false },
    { "fills-page-1", "BTC-USDT",
      "11616423228924929 6740aaaa0000000007000001 1732000009000 BUY 50000 0.001 50 0.05 USDT MAKER\n"
      "11616423228924928 6740aaaa0000000007000001 1732000007000 BUY 50000 0.0005 25 0.025 USDT MAKER\n"
      "2 items, last 19814995255304\n",
      FILLS, false },
    { "fills-page-3", "BTC-USDT", "0 items, last 0\n", FILLS, false },
};

static void check_as_said(struct sample *sample, const struct r3_buffer *body) {
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    sample->met = true;
    judge(&answer, &reply, 200, body->data);
    CHECK_INT(answer.outcome, R3_KUCOIN_DONE);
    if (sample->kind == PLACED) {
        give(&reply, 200, body->data, body->length);
        r3_kucoin_judge_place(&answer, &reply, "5c52e11203aa677f33e493fb", false);
        CHECK_INT(answer.outcome, R3_KUCOIN_DONE);
        CHECK_TEXT(answer.exchange_id, sample->told);
    } else {
        CHECK_INT(read_as(&reply, sample->kind, sample->market), 0);
        CHECK_TEXT(told.data, sample->told);
    }
    r3_kucoin_reply_release(&reply);
}

/* Cut anywhere it is no answer; with any one byte changed it is no answer, or refused, or says something of its kind: but it never
 * crashes. Every value in it as another kind of value is an error or does not matter. */
static void damage(const struct r3_buffer *body, const char *market) {
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    struct r3_buffer changed = R3_BUFFER_INIT;
    for (size_t cut = 0; cut < body->length; cut++) {
        give(&reply, 200, body->data, cut);
        r3_kucoin_judge(&answer, &reply);
        CHECK_INT(answer.outcome, R3_KUCOIN_UNKNOWN);
    }
    static const char bytes[] = "\"{],0\xff";
    for (size_t at = 0; at < body->length; at++)
        for (size_t k = 0; k < sizeof bytes - 1; k++) {
            r3_buffer_reset(&changed);
            r3_buffer_append(&changed, body->data, body->length);
            changed.data[at] = bytes[k];
            give(&reply, 200, changed.data, changed.length);
            r3_kucoin_judge(&answer, &reply);
            if (answer.outcome != R3_KUCOIN_DONE)
                continue;
            for (enum kind kind = 0; kind < KINDS; kind++)
                (void)read_as(&reply, kind, market);
        }
    r3_buffer_release(&changed);
    r3_kucoin_reply_release(&reply);
}

static void check_reply(const struct r3_json_document *document, void *context) {
    const struct r3_json *root = r3_json_root(document);
    const char *name = member_text(root, "name");
    struct r3_buffer body = R3_BUFFER_INIT;
    (void)context;
    r3_json_write(&body, document, r3_json_member(root, "body"));
    const char *market = "BTC-USDT";
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        if (strcmp(samples[i].name, name) == 0) {
            market = samples[i].market;
            check_as_said(&samples[i], &body);
        }
    damage(&body, market);
    r3_buffer_release(&body);
}

/* ---- each member of an order and a fill, spoiled in each way that matters ---- */

static const char ORDER_BODY[] =
    "{\"code\":\"200000\",\"data\":{\"id\":\"67\",\"clientOid\":\"r3-0001\",\"symbol\":\"BTC-USDT\",\"type\":\"limit\",\"side\":\"buy\",\"price\":\"70000\","
    "\"size\":\"0.00001\",\"funds\":\"0.7\",\"dealSize\":\"0.00001\",\"dealFunds\":\"0.677176\",\"fee\":\"0.000677176\",\"feeCurrency\":\"USDT\","
    "\"cancelExist\":false,\"active\":false,\"createdAt\":1729577515444,\"lastUpdatedAt\":1729577515481}}";
static const char FILL_BODY[] =
    "{\"code\":\"200000\",\"data\":{\"items\":[{\"id\":1,\"orderId\":\"67\",\"tradeId\":9223372036854775807,\"symbol\":\"BTC-USDT\",\"side\":\"buy\","
    "\"liquidity\":\"taker\",\"price\":\"67717.6\",\"size\":\"0.00001\",\"funds\":\"0.677176\",\"fee\":\"0.000677176\",\"feeCurrency\":\"USDT\","
    "\"createdAt\":1729577515473}],\"lastId\":19814995255305}}";

/* The body with `from` replaced by `to`. */
static int read_changed(const char *body, const char *from, const char *to, enum kind kind) {
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    struct r3_buffer changed = R3_BUFFER_INIT;
    const char *at = strstr(body, from);
    CHECK(at);
    if (!at)
        return -2;
    r3_buffer_append(&changed, body, (size_t)(at - body));
    r3_buffer_append_text(&changed, to);
    r3_buffer_append_text(&changed, at + strlen(from));
    judge(&answer, &reply, 200, changed.data);
    CHECK_INT(answer.outcome, R3_KUCOIN_DONE);
    int result = read_as(&reply, kind, "BTC-USDT");
    if (result < 0)
        CHECK_INT(error.status, R3_DATA);
    r3_buffer_release(&changed);
    r3_kucoin_reply_release(&reply);
    return result;
}

static void check_members(void) {
    static const struct {
        const char *from, *to;
        int result;
    } orders[] = {
        { "\"id\":\"67\",", "", -1 },
        { "\"id\":\"67\"", "\"id\":67", -1 },
        { "\"r3-0001\"", "\"r3-0002\"", -1 },
        { "\"r3-0001\"", "null", -1 },
        { "BTC-USDT", "ETH-USDT", -1 },
        { "\"limit\"", "\"limit_stop\"", 0 },
        { "\"limit\"", "7", -1 },
        { "\"buy\"", "\"hold\"", -1 },
        { "\"buy\"", "true", -1 },
        { "\"70000\"", "null", 0 },
        { "\"70000\"", "70000.5", 0 },
        { "\"70000\"", "\"70,000\"", -1 },
        { "\"70000\"", "\"-1\"", -1 },
        { "\"70000\"", "\"NaN\"", -1 },
        { "\"70000\"", "{}", -1 },
        { "\"70000\"", "\"1e40\"", -1 },
        { "\"0.00001\",\"funds\"", "\"0.00001000000000000000\",\"funds\"", 0 },
        { "\"0.00001\",\"funds\"", "\"0.0000000000000000001\",\"funds\"", -1 },
        { "\"dealSize\":\"0.00001\",", "", -1 },
        { "\"dealSize\":\"0.00001\"", "\"dealSize\":null", -1 },
        { "\"0.677176\"", "\"-0.677176\"", -1 },
        { "\"0.000677176\"", "\"-0.000677176\"", 0 },
        { "\"0.000677176\"", "\"0.0006771760000000000001\"", 0 },
        { "\"USDT\"", "null", 0 },
        { "\"USDT\"", "\"A-currency-of-too-long-a-name\"", -1 },
        { "\"cancelExist\":false,", "", -1 },
        { "\"cancelExist\":false", "\"cancelExist\":\"false\"", -1 },
        { "\"active\":false", "\"active\":0", -1 },
        { "\"active\":false", "\"isActive\":false", -1 },
        { "1729577515444", "\"1729577515444\"", -1 },
        { "1729577515444", "1729577515444.5", -1 },
        { "1729577515444", "-1", -1 },
        { ",\"lastUpdatedAt\":1729577515481", "", 0 },
    };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        int result = read_changed(ORDER_BODY, orders[i].from, orders[i].to, ORDER);
        if (result != orders[i].result)
            fprintf(stderr, "  %s -> %s\n", orders[i].from, orders[i].to);
        CHECK_INT(result, orders[i].result);
    }
    CHECK_INT(read_changed(ORDER_BODY, "\"0.000677176\"", "\"0.0006771760000000000001\"", ORDER), 0);
    CHECK(strstr(told.data, " 0.000677176000000001 ")); /* up, against us */
    CHECK_INT(read_changed(ORDER_BODY, "\"0.000677176\"", "\"-0.0006771760000000000001\"", ORDER), 0);
    CHECK(strstr(told.data, " -0.000677176 "));
    CHECK_INT(read_changed(ORDER_BODY, "\"70000\"", "9007199254740993", ORDER), 0); /* 2^53 + 1 */
    CHECK(strstr(told.data, " LIMIT 9007199254740993 "));
    CHECK_INT(read_changed(ORDER_BODY, "\"70000\"", "\"7E-7\"", ORDER), 0);
    CHECK(strstr(told.data, " LIMIT 0.0000007 "));
    static const struct {
        const char *from, *to;
        int result;
    } fills[] = {
        { "9223372036854775807", "\"11029373945659393\"", 0 },
        { "9223372036854775807", "1.5", -1 },
        { "9223372036854775807", "-5", -1 },
        { "9223372036854775807", "\"12x\"", -1 },
        { "9223372036854775807", "null", -1 },
        { "\"67\"", "67", -1 },
        { "\"taker\"", "\"both\"", -1 },
        { "\"67717.6\"", "\"0\"", -1 },
        { "\"0.00001\"", "\"0\"", -1 },
        { "\"0.00001\"", "null", -1 },
        { "\"0.677176\"", "0.677176", 0 },
        { "\"USDT\"", "\"\"", -1 },
        { "BTC-USDT", "ETH-USDT", -1 },
        { "1729577515473", "\"1729577515473\"", -1 },
        { "19814995255305", "\"x\"", -1 },
        { "[{", "{\"a\":[{", -2 },
    };
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++)
        if (fills[i].result > -2)
            CHECK_INT(read_changed(FILL_BODY, fills[i].from, fills[i].to, FILLS), fills[i].result);
    CHECK_INT(read_changed(FILL_BODY, "\"lastId\"", "\"last\"", FILLS), 0);
    CHECK(strncmp(told.data, "9223372036854775807 67 ", 23) == 0);
}

/* ---- candles ---- */

static int read_candle_rows(const char *rows) {
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    struct r3_buffer body = R3_BUFFER_INIT;
    r3_buffer_printf(&body, "{\"code\":\"200000\",\"data\":%s}", rows);
    judge(&answer, &reply, 200, body.data);
    r3_buffer_reset(&told);
    r3_buffer_reserve(&told, 0);
    int result = r3_kucoin_read_candles(&reply, "BTC-USDT", R3_1m, 60000, 180000, tell_candle, NULL, &error);
    r3_buffer_release(&body);
    r3_kucoin_reply_release(&reply);
    return result;
}

static void check_candles(void) {
#define A "[\"60\",\"1\",\"2\",\"3\",\"0.5\",\"10\",\"15\"]"
#define B "[\"120\",\"2\",\"1\",\"2\",\"1\",\"0\",\"0\"]"
    static const char both[] = "kucoin BTC-USDT 1m 60000 1 3 0.5 2 10\nkucoin BTC-USDT 1m 120000 2 2 1 1 0\n";
    CHECK_INT(read_candle_rows("[" B "," A "]"), 0);
    CHECK_TEXT(told.data, both);
    CHECK_INT(read_candle_rows("[" A "," B "]"), 0);
    CHECK_TEXT(told.data, both);
    CHECK_INT(read_candle_rows("[" A "," B "," A "]"), 0);
    CHECK_TEXT(told.data, both);
    CHECK_INT(read_candle_rows("[" A ",[\"60\",\"1\",\"2\",\"3\",\"0.5\",\"11\",\"15\"]]"), -1);
    /* Outside of what was asked for. */
    CHECK_INT(read_candle_rows("[[\"180\",\"2\",\"1\",\"2\",\"1\",\"0\",\"0\"]," B "," A
                               ",[\"0\",\"2\",\"1\",\"2\",\"1\",\"0\",\"0\"]]"),
              0);
    CHECK_TEXT(told.data, both);
    CHECK_INT(read_candle_rows("[]"), 0);
    CHECK_TEXT(told.data, "");
    CHECK_INT(read_candle_rows("null"), 0);
    CHECK_INT(read_candle_rows("{}"), -1);
    CHECK_INT(read_candle_rows("[1]"), -1);
    CHECK_INT(read_candle_rows("[[\"60\",\"1\",\"2\",\"3\",\"0.5\"]]"), -1);
    CHECK_INT(read_candle_rows("[[\"60.5\",\"1\",\"2\",\"3\",\"0.5\",\"1\",\"1\"]]"), -1);
    CHECK_INT(read_candle_rows("[[\"-60\",\"1\",\"2\",\"3\",\"0.5\",\"1\",\"1\"]]"), -1);
    CHECK_INT(read_candle_rows("[[\"9223372036854775807\",\"1\",\"2\",\"3\",\"0.5\",\"1\",\"1\"]]"), -1);
    CHECK_INT(read_candle_rows("[[\"60\",\"0\",\"2\",\"3\",\"0\",\"1\",\"1\"]]"), -1);
    CHECK_INT(read_candle_rows("[[\"60\",\"1\",\"4\",\"3\",\"0.5\",\"1\",\"1\"]]"), -1);
    CHECK_INT(read_candle_rows("[[\"60\",\"1\",\"2\",\"3\",\"1.5\",\"1\",\"1\"]]"), -1);
    CHECK_INT(read_candle_rows("[[\"60\",\"1\",\"2\",\"3\",\"0.5\",\"-1\",\"1\"]]"), -1);
    CHECK_INT(read_candle_rows("[[\"60\",\"1\",\"2\",\"3\",\"0.5\",null,\"1\"]]"), -1);
    CHECK_INT(read_candle_rows("[[60,1.0,2,3,0.5,10,15]]"), 0);
    CHECK_TEXT(told.data, "kucoin BTC-USDT 1m 60000 1 3 0.5 2 10\n");
#undef A
#undef B
    static const char *const names[] = { "",      "1min",  "3min",  "5min",   "15min", "30min", "1hour", "2hour",
                                         "4hour", "6hour", "8hour", "12hour", "1day",  "1week", "1month" };
    for (enum r3_timeframe i = R3_TIMEFRAME_NONE; i < R3_TIMEFRAME_COUNT; i++)
        CHECK_TEXT(r3_kucoin_timeframe_name(i), names[i]);
}

/* ---- balances that cannot be read ---- */

/* Such a row concerns nobody but who asks for its currency. */
static void check_odd_balances(void) {
    static const char body[] =
        "{\"code\":\"200000\",\"data\":[{\"type\":\"trade\",\"currency\":\"ABCDEFGHIJKLMNOPQRS\",\"balance\":\"1\",\"available\":\"1\","
        "\"holds\":\"0\"},{\"type\":\"trade\",\"currency\":\"X\",\"balance\":\"1e99\",\"available\":\"1\",\"holds\":\"0\"},7,"
        "{\"type\":\"main\",\"currency\":\"X\",\"balance\":\"?\"},{\"currency\":\"Z\",\"balance\":\"1\",\"available\":\"1\",\"holds\":\"0\"},"
        "{\"type\":\"trade\",\"currency\":\"USDT\",\"balance\":\"5\",\"available\":\"4\",\"holds\":\"1\"}]}";
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    judge(&answer, &reply, 200, body);
    CHECK_INT(read_as(&reply, BALANCES, ""), 0);
    CHECK_TEXT(told.data, "X - - -\nZ - - -\nUSDT 5 4 1\n");
    CHECK_INT(read_changed(body, "[{", "[1],\"x\":[{", BALANCES), -1); /* no row that says anything */
    CHECK_INT(read_changed(body, "[{", "[],\"x\":[{", BALANCES), 0);
    r3_kucoin_reply_release(&reply);
}

/* Code 400100 is a rate limit, too, by its words. */
static void check_too_many(void) {
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    judge(&answer, &reply, 200, "{\"code\":\"400100\",\"msg\":\"Too many requests in a short period of time\"}");
    CHECK_INT(answer.outcome, R3_KUCOIN_REFUSED);
    CHECK_INT(answer.reason, R3_KUCOIN_BUSY);
    CHECK(answer.wait > 0);
    r3_kucoin_reply_release(&reply);
}

int main(void) {
    CHECK_INT(each_line("tests/vectors/kucoin/errors.jsonl", check_error, NULL), 82);
    CHECK_INT(each_line("tests/vectors/kucoin/replies.jsonl", check_reply, NULL), 35);
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        CHECK(samples[i].met);
    check_codes();
    check_waits();
    check_texts();
    check_placed();
    check_members();
    check_candles();
    check_odd_balances();
    check_too_many();
    r3_buffer_release(&told);
    return check_done();
}
