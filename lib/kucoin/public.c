#include "lib/base/time.h"
#include "lib/kucoin/client.h"

/* A market's name goes into addresses. */
static int check_market(const char *market, struct r3_error *error) {
    size_t length = strlen(market);
    if (length > 0 && length < R3_MARKET_SIZE && strspn(market, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == length)
        return 0;
    return r3_fail(error, R3_USAGE, "not a market of KuCoin's, as BTC-USDT: \"%s\"", market);
}

/* Ask for a target that is public. */
static int ask_answer(struct r3_kucoin *kucoin, const struct r3_buffer *target, int weight,
                      struct r3_kucoin_reply *reply, struct r3_kucoin_answer *answer, struct r3_error *error) {
    const struct r3_kucoin_call call = {
        .method = "GET", .target = target->data, .pool = R3_KUCOIN_PUBLIC, .weight = weight
    };
    return r3_kucoin_ask(kucoin, &call, reply, answer, error);
}

static int ask(struct r3_kucoin *kucoin, const struct r3_buffer *target, int weight, struct r3_kucoin_reply *reply,
               struct r3_error *error) {
    struct r3_kucoin_answer answer;
    return ask_answer(kucoin, target, weight, reply, &answer, error);
}

int r3_kucoin_status(struct r3_kucoin *kucoin, char status[16], char text[R3_TEXT_SIZE], struct r3_error *error) {
    struct r3_buffer target = R3_BUFFER_INIT;
    struct r3_kucoin_reply reply = { 0 };
    r3_buffer_append_text(&target, "/api/v1/status");
    int result = ask(kucoin, &target, 3, &reply, error);
    if (result == 0)
        result = r3_kucoin_read_status(&reply, status, text, error);
    r3_kucoin_reply_release(&reply);
    r3_buffer_release(&target);
    return result;
}

int r3_kucoin_symbols(struct r3_kucoin *kucoin, r3_kucoin_symbol_function *each, void *context,
                      struct r3_error *error) {
    struct r3_buffer target = R3_BUFFER_INIT;
    struct r3_kucoin_reply reply = { 0 };
    r3_buffer_append_text(&target, "/api/v2/symbols");
    int result = ask(kucoin, &target, 4, &reply, error);
    if (result == 0)
        result = r3_kucoin_read_symbols(&reply, each, context, error);
    r3_kucoin_reply_release(&reply);
    r3_buffer_release(&target);
    return result;
}

struct one_market {
    const char *name;
    struct r3_kucoin_symbol *out;
    bool told;
};

/* One was asked for: another's rules are no answer. */
static int take_one(const struct r3_kucoin_symbol *symbol, void *context, struct r3_error *error) {
    struct one_market *one = context;
    if (strcmp(symbol->instrument.market, one->name) != 0)
        return r3_fail(error, R3_DATA, "market: %s was asked for, and %s was told", one->name,
                       symbol->instrument.market);
    *one->out = *symbol;
    one->told = true;
    return 0;
}

int r3_kucoin_market(struct r3_kucoin *kucoin, const char *market, struct r3_kucoin_symbol *out, bool *found,
                     struct r3_error *error) {
    static const char no_such_market[] = "900001";
    struct one_market one = { .name = market, .out = out };
    struct r3_buffer target = R3_BUFFER_INIT;
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    *found = false;
    if (check_market(market, error) < 0)
        return -1;
    r3_buffer_printf(&target, "/api/v2/symbols/%s", market);
    int result = ask_answer(kucoin, &target, 4, &reply, &answer, error);
    if (result == 0) {
        result = reply.data ? r3_kucoin_read_symbols(&reply, take_one, &one, error) : 0;
        *found = result == 0 && one.told;
        if (result == 0 && !one.told)
            result = r3_fail(error, R3_DATA, "KuCoin has no market %s", market);
    } else if (answer.outcome == R3_KUCOIN_REFUSED && strcmp(answer.code, no_such_market) == 0) {
        result = 0;
    }
    r3_kucoin_reply_release(&reply);
    r3_buffer_release(&target);
    return result;
}

int r3_kucoin_candles(struct r3_kucoin *kucoin, const char *market, enum r3_timeframe timeframe, int64_t from,
                      int64_t to, r3_kucoin_candle_function *each, void *context, struct r3_error *error) {
    struct r3_buffer target = R3_BUFFER_INIT;
    struct r3_kucoin_reply reply = { 0 };
    if (check_market(market, error) < 0)
        return -1;
    if (timeframe == R3_TIMEFRAME_NONE || from < 0)
        return r3_fail(error, R3_BUG, "candles of no timeframe, or from before 1970");
    if (from >= to)
        return 0;
    /* Seconds, and the candle that holds endAt is given too. */
    r3_buffer_printf(&target, "/api/v1/market/candles?symbol=%s&type=%s&startAt=%lld&endAt=%lld", market,
                     r3_kucoin_timeframe_name(timeframe), (long long)((from + R3_SECOND - 1) / R3_SECOND),
                     (long long)((to - 1) / R3_SECOND));
    int result = ask(kucoin, &target, 3, &reply, error);
    if (result == 0)
        result = r3_kucoin_read_candles(&reply, market, timeframe, from, to, each, context, error);
    r3_kucoin_reply_release(&reply);
    r3_buffer_release(&target);
    return result;
}

int r3_kucoin_price(struct r3_kucoin *kucoin, const char *market, struct r3_price *out, struct r3_error *error) {
    struct r3_buffer target = R3_BUFFER_INIT;
    struct r3_kucoin_reply reply = { 0 };
    if (check_market(market, error) < 0)
        return -1;
    r3_buffer_printf(&target, "/api/v1/market/orderbook/level1?symbol=%s", market);
    int result = ask(kucoin, &target, 2, &reply, error);
    if (result == 0)
        result = r3_kucoin_read_price(&reply, market, out, error);
    r3_kucoin_reply_release(&reply);
    r3_buffer_release(&target);
    return result;
}
