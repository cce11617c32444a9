/* Binance's public spot data: https://developers.binance.com/docs/binance-spot-api-docs/rest-api (market data endpoints, filters). Its names of
 * markets have nothing between the two currencies. */
#include <inttypes.h>

#include "lib/exchange/public.h"

static const char NAME[] = "binance", NO_MARKET[] = "there is no such market";
enum { PAGE = 1000, TARGET_SIZE = 256, INVALID_SYMBOL = -1121, OK = 200, FORBIDDEN = 403, RESTRICTED = 451 };

static const char *const intervals[R3_TIMEFRAME_COUNT] = {
    [R3_1m] = "1m", [R3_3m] = "3m", [R3_5m] = "5m", [R3_15m] = "15m", [R3_30m] = "30m", [R3_1H] = "1h", [R3_2H] = "2h",
    [R3_4H] = "4h", [R3_6H] = "6h", [R3_8H] = "8h", [R3_12H] = "12h", [R3_1D] = "1d",   [R3_1W] = "1w", [R3_1M] = "1M",
};

static bool binance_has(enum r3_timeframe timeframe) {
    return intervals[timeframe] != NULL;
}

/* An error comes as {"code": -1121, "msg": "Invalid symbol."}. */
static int ask(struct r3_public *client, const char *target, const struct r3_json **root, struct r3_error *error) {
    int status = r3_public_get(client, target, root, error);
    if (status < 0 || status == OK)
        return status < 0 ? -1 : 0;
    if (r3_json_integer(r3_json_member(*root, "code")) == INVALID_SYMBOL)
        return r3_fail(error, R3_DATA, NO_MARKET);
    return r3_fail(error, status == FORBIDDEN || status == RESTRICTED ? R3_PERMISSION : R3_DATA, "HTTP %d: %.200s",
                   status, r3_public_text(r3_json_member(*root, "msg")));
}

/* Of one market: `what` ends where its name goes. */
static int ask_of(struct r3_public *client, const char *what, const char *market, const char *rest,
                  const struct r3_json **root, struct r3_error *error) {
    char target[TARGET_SIZE];
    const int base = (int)strcspn(market, "-");
    snprintf(target, sizeof target, "/api/v3/%s?symbol=%.*s%s%s", what, base, market,
             market[base] ? market + base + 1 : "", rest);
    return ask(client, target, root, error);
}

static int binance_time(void *client, int64_t *now, struct r3_error *error) {
    const struct r3_json *root;
    if (ask(client, "/api/v3/time", &root, error) < 0)
        return -1;
    *now = r3_json_integer(r3_json_member(root, "serverTime"));
    return *now > 0 ? 0 : r3_fail(error, R3_UNAVAILABLE, "an answer without serverTime");
}

/* Filters that are not there leave their rule open, and so does a step of 0: 8 digits are all that there are. */
static int read_filter(struct r3_instrument *out, const struct r3_public *client, const struct r3_json *filter,
                       struct r3_error *error) {
    const struct {
        const char *filter, *member;
        struct r3_decimal *value;
    } rules[] = { { "PRICE_FILTER", "tickSize", &out->price_increment },
                  { "LOT_SIZE", "stepSize", &out->base_increment },
                  { "LOT_SIZE", "minQty", &out->minimum_size },
                  { "NOTIONAL", "minNotional", &out->minimum_funds },
                  { "MIN_NOTIONAL", "minNotional", &out->minimum_funds } };
    const char *type = r3_public_text(r3_json_member(filter, "filterType"));
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        struct r3_decimal value;
        if (strcmp(type, rules[i].filter) != 0)
            continue;
        if (r3_public_decimal(&value, client, r3_json_member(filter, rules[i].member), rules[i].member, error) < 0)
            return -1;
        if (r3_decimal_is_positive(&value))
            *rules[i].value = value;
    }
    return 0;
}

static int read_symbol(struct r3_instrument *out, const struct r3_public *client, const struct r3_json *symbol,
                       struct r3_error *error) {
    static const char precision[] = "quoteAssetPrecision";
    const struct r3_json *filters = r3_json_member(symbol, "filters");
    if (r3_public_instrument(out, NAME, r3_public_text(r3_json_member(symbol, "baseAsset")),
                             r3_public_text(r3_json_member(symbol, "quoteAsset")), error) < 0 ||
        r3_public_increment(&out->quote_increment, r3_json_member(symbol, precision), precision, error) < 0)
        return -1;
    out->price_increment = out->base_increment = R3_DECIMAL(1, 8);
    for (size_t i = 0; filters && i < r3_json_count(filters); i++)
        if (read_filter(out, client, r3_json_at(filters, i), error) < 0)
            return -1;
    return 0;
}

/* A-BCD and AB-CD are spelled alike there. */
static int binance_instrument(void *client, const char *market, struct r3_instrument *out, struct r3_error *error) {
    const struct r3_json *root;
    if (ask_of(client, "exchangeInfo", market, "", &root, error) < 0)
        return -1;
    const struct r3_json *symbols = r3_json_member(root, "symbols"), *symbol = symbols ? r3_json_at(symbols, 0) : NULL;
    if (symbol && read_symbol(out, client, symbol, error) < 0)
        return -1;
    return symbol && strcmp(out->market, market) == 0 ? 0 : r3_fail(error, R3_DATA, NO_MARKET);
}

static int binance_symbols(void *client, r3_exchange_instrument *each, void *context, struct r3_error *error) {
    static const char target[] = "/api/v3/exchangeInfo?permissions=SPOT&symbolStatus=TRADING&showPermissionSets=false";
    const struct r3_json *root;
    return ask(client, target, &root, error) < 0
               ? -1
               : r3_public_markets(client, r3_json_member(root, "symbols"), read_symbol, each, context, error);
}

static int binance_candles(void *client, const char *market, enum r3_timeframe timeframe, int64_t from, int64_t to,
                           r3_exchange_candle *each, void *context, struct r3_error *error) {
    static const struct r3_public_columns columns = { 1, 1, 2, 3, 4, 5 };
    const struct r3_json *root;
    char rest[TARGET_SIZE];
    snprintf(rest, sizeof rest, "&interval=%s&startTime=%" PRId64 "&endTime=%" PRId64 "&limit=%d", intervals[timeframe],
             from, to - 1, PAGE);
    if (ask_of(client, "klines", market, rest, &root, error) < 0)
        return -1;
    return r3_public_candles(client, root, &columns, from, to, each, context, error);
}

static int binance_price(void *client, const char *market, struct r3_price *out, struct r3_error *error) {
    const struct r3_json *root;
    if (ask_of(client, "ticker/price", market, "", &root, error) < 0)
        return -1;
    out->time = R3_TIME_ABSENT; /* it is now */
    return r3_public_decimal(&out->price, client, r3_json_member(root, "price"), "price", error);
}

const struct r3_exchange r3_binance_exchange = {
    .name = NAME,
    .url = "https://api.binance.com",
    .page = PAGE,
    .pause = 25, /* 6,000 of weight a minute; candles weigh 2 */
    .open = r3_public_open,
    .close = r3_public_close,
    .has = binance_has,
    .time = binance_time,
    .instrument = binance_instrument,
    .candles = binance_candles,
    .price = binance_price,
    .symbols = binance_symbols,
    .wait = r3_public_wait,
};
