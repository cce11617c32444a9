#include "lib/kucoin/member.h"
#include "lib/kucoin/reply.h"

static const char PLATFORM[] = "kucoin";

const char *r3_kucoin_timeframe_name(enum r3_timeframe timeframe) {
    static const char *const names[R3_TIMEFRAME_COUNT] = {
        [R3_TIMEFRAME_NONE] = "", [R3_1m] = "1min",    [R3_3m] = "3min",  [R3_5m] = "5min",  [R3_15m] = "15min",
        [R3_30m] = "30min",       [R3_1H] = "1hour",   [R3_2H] = "2hour", [R3_4H] = "4hour", [R3_6H] = "6hour",
        [R3_8H] = "8hour",        [R3_12H] = "12hour", [R3_1D] = "1day",  [R3_1W] = "1week", [R3_1M] = "1month",
    };
    return names[timeframe];
}

static int wants(const struct r3_kucoin_reply *reply, enum r3_json_kind kind, const char *what,
                 struct r3_error *error) {
    if (reply->data && r3_json_kind(reply->data) == kind)
        return 0;
    return r3_fail(error, R3_DATA, "%s: the answer holds none", what);
}

int r3_kucoin_read_time(const struct r3_kucoin_reply *reply, int64_t *now, struct r3_error *error) {
    if (wants(reply, R3_JSON_INTEGER, "time", error) < 0)
        return -1;
    *now = r3_json_integer(reply->data);
    /* Seconds, or nonsense, would set every order's time wrong. */
    if (*now < INT64_C(1000000000000) || *now > INT64_C(99999999999999))
        return r3_fail(error, R3_DATA, "time: not in ms: %lld", (long long)*now);
    return 0;
}

int r3_kucoin_read_status(const struct r3_kucoin_reply *reply, char status[16], char text[R3_TEXT_SIZE],
                          struct r3_error *error) {
    const struct r3_kucoin_object object = { reply->document, reply->data, "status" };
    if (wants(reply, R3_JSON_OBJECT, object.what, error) < 0 ||
        r3_kucoin_member_text(&object, "status", 0, status, 16, error) < 0)
        return -1;
    /* What it says beside is for people: too long a text is none. */
    if (r3_kucoin_member_text(&object, "msg", R3_KUCOIN_OPTIONAL, text, R3_TEXT_SIZE, NULL) < 0)
        text[0] = '\0';
    return 0;
}

/* ---- markets ---- */

static int read_minimum_funds(const struct r3_kucoin_object *object, struct r3_decimal *out, struct r3_error *error) {
    struct r3_decimal least;
    if (r3_kucoin_member_decimal(object, "quoteMinSize", R3_KUCOIN_OPTIONAL, out, error) < 0 ||
        r3_kucoin_member_decimal(object, "minFunds", R3_KUCOIN_OPTIONAL, &least, error) < 0)
        return -1;
    if (!r3_decimal_is_present(out))
        *out = r3_decimal_zero;
    if (r3_decimal_is_present(&least))
        *out = *r3_decimal_maximum(out, &least);
    return 0;
}

static int read_symbol(const struct r3_kucoin_object *object, struct r3_kucoin_symbol *out, struct r3_error *error) {
    struct r3_instrument *instrument = &out->instrument;
    *out = (struct r3_kucoin_symbol) { 0 };
    instrument->maker_fee = instrument->taker_fee = r3_decimal_absent;
    memcpy(instrument->platform, PLATFORM, sizeof PLATFORM);
#define TEXT(name, member) (r3_kucoin_member_text(object, name, 0, member, sizeof member, error) < 0)
#define DECIMAL(name, flags, member) (r3_kucoin_member_decimal(object, name, flags, &(member), error) < 0)
    if (TEXT("symbol", instrument->market) || TEXT("baseCurrency", instrument->base) ||
        TEXT("quoteCurrency", instrument->quote) || TEXT("feeCurrency", instrument->fee_currency) ||
        DECIMAL("priceIncrement", R3_KUCOIN_ABOVE_ZERO, instrument->price_increment) ||
        DECIMAL("baseIncrement", R3_KUCOIN_ABOVE_ZERO, instrument->base_increment) ||
        DECIMAL("quoteIncrement", R3_KUCOIN_ABOVE_ZERO, instrument->quote_increment) ||
        DECIMAL("baseMinSize", 0, instrument->minimum_size) ||
        read_minimum_funds(object, &instrument->minimum_funds, error) < 0 ||
        DECIMAL("baseMaxSize", R3_KUCOIN_OPTIONAL | R3_KUCOIN_ZERO_IS_NONE, out->maximum_size) ||
        DECIMAL("quoteMaxSize", R3_KUCOIN_OPTIONAL | R3_KUCOIN_ZERO_IS_NONE, out->maximum_funds) ||
        DECIMAL("priceLimitRate", R3_KUCOIN_OPTIONAL | R3_KUCOIN_ZERO_IS_NONE, out->price_limit_rate))
        return -1;
#undef TEXT
#undef DECIMAL
    return r3_kucoin_member_boolean(object, "enableTrading", &out->trades, error);
}

int r3_kucoin_read_symbols(const struct r3_kucoin_reply *reply, r3_kucoin_symbol_function *each, void *context,
                           struct r3_error *error) {
    struct r3_kucoin_object object = { reply->document, reply->data, "market" };
    struct r3_kucoin_symbol symbol;
    if (reply->data && r3_json_kind(reply->data) == R3_JSON_OBJECT)
        return read_symbol(&object, &symbol, error) < 0 || each(&symbol, context, error) ? -1 : 0;
    if (wants(reply, R3_JSON_ARRAY, "markets", error) < 0)
        return -1;
    size_t count = r3_json_count(reply->data), read = 0;
    for (size_t i = 0; i < count; i++) {
        object.value = r3_json_at(reply->data, i);
        if (read_symbol(&object, &symbol, error) < 0)
            continue;
        read++;
        if (each(&symbol, context, error))
            return -1;
    }
    return count > 0 && read == 0 ? -1 : 0;
}

/* ---- candles ---- */

/* [start in s, open, close, high, low, volume in the base, turnover in the quote] */
enum { START, OPEN, CLOSE, HIGH, LOW, VOLUME, COLUMNS };

static int read_start(const struct r3_json_document *document, const struct r3_json *value, int64_t *out,
                      struct r3_error *error) {
    struct r3_decimal seconds;
    if (r3_kucoin_value_decimal(document, value, 0, &seconds, error) < 0)
        return -1;
    if (seconds.scale != 0 || seconds.coefficient > INT64_MAX / R3_SECOND)
        return r3_fail(error, R3_DATA, "not a time in whole seconds");
    *out = (int64_t)seconds.coefficient * R3_SECOND;
    return 0;
}

static bool is_whole(const struct r3_candle *candle) {
    return !r3_decimal_is_less(&candle->high, r3_decimal_maximum(&candle->open, &candle->close)) &&
           !r3_decimal_is_less(r3_decimal_minimum(&candle->open, &candle->close), &candle->low);
}

static int read_candle(const struct r3_json_document *document, const struct r3_json *row, struct r3_candle *out,
                       struct r3_error *error) {
    struct r3_decimal *const prices[COLUMNS] = {
        [OPEN] = &out->open, [CLOSE] = &out->close, [HIGH] = &out->high, [LOW] = &out->low, [VOLUME] = &out->volume
    };
    if (r3_json_count(row) < COLUMNS)
        return r3_fail(error, R3_DATA, "candle: not a row of %d columns", COLUMNS);
    if (read_start(document, r3_json_at(row, START), &out->time, error) < 0)
        return r3_error_at(error, "candle: ");
    for (size_t i = OPEN; i < COLUMNS; i++)
        if (r3_kucoin_value_decimal(document, r3_json_at(row, i), i == VOLUME ? R3_KUCOIN_AMOUNT : R3_KUCOIN_ABOVE_ZERO,
                                    prices[i], error) < 0)
            return r3_error_at(error, "candle: column %zu: ", i + 1);
    if (!is_whole(out))
        return r3_fail(error, R3_DATA, "candle: open or close is not between low and high");
    return 0;
}

static int compare_candles(const void *a, const void *b) {
    int64_t left = ((const struct r3_candle *)a)->time, right = ((const struct r3_candle *)b)->time;
    return (left > right) - (left < right);
}

/* In the order of time, each once: two that say different things of one time are an error, not a choice. */
static int tell_candles(struct r3_candle *candles, size_t count, r3_kucoin_candle_function *each, void *context,
                        struct r3_error *error) {
    if (count > 1)
        qsort(candles, count, sizeof candles[0], compare_candles);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && candles[i].time == candles[i - 1].time) {
            if (!r3_candle_same_values(&candles[i], &candles[i - 1]))
                return r3_fail(error, R3_DATA, "candle: two of one time");
            continue;
        }
        if (each(&candles[i], context, error))
            return -1;
    }
    return 0;
}

int r3_kucoin_read_candles(const struct r3_kucoin_reply *reply, const char *market, enum r3_timeframe timeframe,
                           int64_t from, int64_t to, r3_kucoin_candle_function *each, void *context,
                           struct r3_error *error) {
    struct r3_candle *candles = NULL, candle = { .timeframe = timeframe };
    size_t count = 0;
    int result = -1;
    if (!reply->data)
        return 0;
    if (wants(reply, R3_JSON_ARRAY, "candles", error) < 0)
        return -1;
    memcpy(candle.platform, PLATFORM, sizeof PLATFORM);
    if (r3_copy_text(candle.market, sizeof candle.market, market, strlen(market)) < 0)
        return r3_fail(error, R3_USAGE, "not a market: \"%s\"", market);
    size_t rows = r3_json_count(reply->data);
    candles = r3_allocate(rows * sizeof candles[0]);
    for (size_t i = 0; i < rows; i++) {
        if (read_candle(reply->document, r3_json_at(reply->data, i), &candle, error) < 0)
            goto out;
        if (candle.time >= from && candle.time < to)
            candles[count++] = candle;
    }
    result = tell_candles(candles, count, each, context, error);
out:
    free(candles);
    return result;
}

int r3_kucoin_read_price(const struct r3_kucoin_reply *reply, const char *market, struct r3_price *out,
                         struct r3_error *error) {
    const struct r3_kucoin_object object = { reply->document, reply->data, "price" };
    *out = (struct r3_price) { 0 };
    memcpy(out->platform, PLATFORM, sizeof PLATFORM);
    if (r3_copy_text(out->market, sizeof out->market, market, strlen(market)) < 0)
        return r3_fail(error, R3_USAGE, "not a market: \"%s\"", market);
    if (!reply->data)
        return r3_fail(error, R3_DATA, "KuCoin has no market %s", market);
    if (wants(reply, R3_JSON_OBJECT, object.what, error) < 0 ||
        r3_kucoin_member_integer(&object, "time", 0, &out->time, error) < 0)
        return -1;
    return r3_kucoin_member_decimal(&object, "price", R3_KUCOIN_ABOVE_ZERO, &out->price, error);
}
