/* Kraken's public spot data: https://docs.kraken.com/api (market data). */
#include <inttypes.h>

#include "lib/exchange/public.h"
#include "lib/market/market_name.h"

static const char NAME[] = "kraken", NO_MARKET[] = "there is no such market";
static const char *const names[][2] = { { "BTC", "XBT" }, { "DOGE", "XDG" } }; /* usual, there */
enum { DEPTH = 720 /* all that it has of a timeframe */, TARGET_SIZE = 256 };

static const int minutes[R3_TIMEFRAME_COUNT] = {
    [R3_1m] = 1, [R3_5m] = 5, [R3_15m] = 15, [R3_30m] = 30, [R3_1H] = 60, [R3_4H] = 240, [R3_1D] = 1440
};

static bool kraken_has(enum r3_timeframe timeframe) { /* its weeks do not begin on Monday */
    return minutes[timeframe] > 0;
}

/* Errors are texts such as "EQuery:Unknown asset pair"; what begins with W is a warning. */
static int refuse(const char *text, struct r3_error *error) {
    if (strcmp(text, "EQuery:Unknown asset pair") == 0)
        return r3_fail(error, R3_DATA, NO_MARKET);
    if (strstr(text, "Rate limit") || strstr(text, "Too many requests") || strstr(text, "Throttled"))
        return r3_fail(error, R3_RETRY, "it was asked too often (%.100s)", text);
    return r3_fail(error, strncmp(text, "EService", 8) == 0 ? R3_UNAVAILABLE : R3_DATA, "%.200s", text);
}

static int ask(struct r3_public *client, const char *target, const struct r3_json **result, struct r3_error *error) {
    const struct r3_json *root;
    if (r3_public_get(client, target, &root, error) < 0)
        return -1;
    const struct r3_json *errors = r3_json_member(root, "error");
    for (size_t i = 0; i < r3_json_count(errors); i++)
        if (*r3_public_text(r3_json_at(errors, i)) == 'E')
            return refuse(r3_public_text(r3_json_at(errors, i)), error);
    *result = r3_json_member(root, "result");
    return *result ? 0 : r3_fail(error, R3_UNAVAILABLE, "an answer without a result");
}

static const char *translate(const char *currency, int from, int to) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i][from], currency) == 0)
            return names[i][to];
    return currency;
}

/* The answer names the pair in its own way. */
static int ask_of(struct r3_public *client, const char *what, const char *market, const char *rest,
                  const struct r3_json **found, struct r3_error *error) {
    char target[TARGET_SIZE], base[R3_CURRENCY_SIZE], quote[R3_CURRENCY_SIZE];
    const struct r3_json *result;
    if (r3_market_split(base, quote, market) < 0)
        return r3_fail(error, R3_DATA, NO_MARKET);
    snprintf(target, sizeof target, "/0/public/%s?pair=%s%s%s", what, translate(base, 0, 1), translate(quote, 0, 1),
             rest);
    if (ask(client, target, &result, error) < 0)
        return -1;
    *found = r3_public_first(result);
    return *found ? 0 : r3_fail(error, R3_DATA, NO_MARKET);
}

static int kraken_time(void *client, int64_t *now, struct r3_error *error) {
    const struct r3_json *result;
    if (ask(client, "/0/public/Time", &result, error) < 0)
        return -1;
    *now = r3_json_integer(r3_json_member(result, "unixtime")) * R3_SECOND; /* the second's beginning */
    return *now > 0 ? 0 : r3_fail(error, R3_UNAVAILABLE, "an answer without unixtime");
}

static int read_pair(struct r3_instrument *out, const struct r3_public *client, const struct r3_json *pair,
                     struct r3_error *error) {
    char base[R3_CURRENCY_SIZE];
    const char *name = r3_public_text(r3_json_member(pair, "wsname")), *mark = strchr(name, '/');
    if (!mark || r3_copy_text(base, sizeof base, name, (size_t)(mark - name)) < 0)
        return r3_fail(error, R3_DATA, "wsname: not two currencies: %.40s", name);
    if (r3_public_instrument(out, NAME, translate(base, 1, 0), translate(mark + 1, 1, 0), error) < 0)
        return -1;
    const struct {
        const char *name;
        struct r3_decimal *value;
        bool digits; /* or the value itself, which may be left out */
    } members[] = { { "pair_decimals", &out->price_increment, true }, { "lot_decimals", &out->base_increment, true },
                    { "cost_decimals", &out->quote_increment, true }, { "tick_size", &out->price_increment, false },
                    { "ordermin", &out->minimum_size, false },        { "costmin", &out->minimum_funds, false } };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct r3_json *value = r3_json_member(pair, members[i].name);
        if (members[i].digits ? r3_public_increment(members[i].value, value, members[i].name, error) < 0
                              : value && r3_public_decimal(members[i].value, client, value, members[i].name, error) < 0)
            return -1;
    }
    return 0;
}

static int kraken_instrument(void *client, const char *market, struct r3_instrument *out, struct r3_error *error) {
    const struct r3_json *pair;
    if (ask_of(client, "AssetPairs", market, "", &pair, error) < 0 || read_pair(out, client, pair, error) < 0)
        return -1;
    return strcmp(out->market, market) == 0 ? 0 : r3_fail(error, R3_DATA, NO_MARKET);
}

static int read_online(struct r3_instrument *out, const struct r3_public *client, const struct r3_json *pair,
                       struct r3_error *error) {
    const char *status = r3_public_text(r3_json_member(pair, "status"));
    return strcmp(status, "online") == 0 ? read_pair(out, client, pair, error) : r3_fail(error, R3_DATA, "%s", status);
}

static int kraken_symbols(void *client, r3_exchange_instrument *each, void *context, struct r3_error *error) {
    const struct r3_json *result;
    if (ask(client, "/0/public/AssetPairs", &result, error) < 0)
        return -1;
    return r3_public_markets(client, result, read_online, each, context, error);
}

/* `since` is a second ahead of the first candle that is wanted. */
static int kraken_candles(void *client, const char *market, enum r3_timeframe timeframe, int64_t from, int64_t to,
                          r3_exchange_candle *each, void *context, struct r3_error *error) {
    static const struct r3_public_columns columns = { R3_SECOND, 1, 2, 3, 4, 6 };
    const struct r3_json *rows;
    char rest[TARGET_SIZE];
    snprintf(rest, sizeof rest, "&interval=%d&since=%" PRId64, minutes[timeframe], from / R3_SECOND - 1);
    if (ask_of(client, "OHLC", market, rest, &rows, error) < 0)
        return -1;
    return r3_public_candles(client, rows, &columns, from, to, each, context, error);
}

static int kraken_price(void *client, const char *market, struct r3_price *out, struct r3_error *error) {
    const struct r3_json *ticker;
    if (ask_of(client, "Ticker", market, "", &ticker, error) < 0)
        return -1;
    out->time = R3_TIME_ABSENT; /* it is now */
    return r3_public_decimal(&out->price, client, r3_json_at(r3_json_member(ticker, "c"), 0), "c", error);
}

const struct r3_exchange r3_kraken_exchange = {
    .name = NAME,
    .url = "https://api.kraken.com",
    .page = DEPTH,
    .pause = 1000, /* about one call a second without a key */
    .depth = DEPTH,
    .open = r3_public_open,
    .close = r3_public_close,
    .has = kraken_has,
    .time = kraken_time,
    .instrument = kraken_instrument,
    .candles = kraken_candles,
    .price = kraken_price,
    .symbols = kraken_symbols,
    .wait = r3_public_wait,
};
