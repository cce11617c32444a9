#include "lib/exchange/public.h"

#include <stdlib.h>
#include <string.h>

enum {
    TIMEOUT = 10000, /* ms, of a call */
    TOO_MANY = 429,
    BANNED = 418, /* Binance, after too many 429 */
    FORBIDDEN = 403
};

int r3_public_open(void **client, const char *url, struct r3_error *error) {
    struct r3_public *made = r3_allocate(sizeof *made);
    if (r3_http_new(&made->http, url, TIMEOUT, error) < 0) {
        free(made);
        return -1;
    }
    *client = made;
    return 0;
}

void r3_public_close(void *client) {
    struct r3_public *made = client;
    if (!made)
        return;
    r3_json_free(made->document);
    r3_http_reply_release(&made->reply);
    r3_http_free(made->http);
    free(made);
}

int64_t r3_public_wait(const void *client) {
    return ((const struct r3_public *)client)->wait;
}

int r3_public_get(struct r3_public *client, const char *target, const struct r3_json **root, struct r3_error *error) {
    struct r3_http_reply *reply = &client->reply;
    struct r3_error reason;
    r3_json_free(client->document);
    client->document = NULL;
    client->wait = 0;
    r3_http_call(client->http, "GET", target, NULL, NULL, reply);
    if (reply->status == 0)
        return r3_fail(error, R3_UNAVAILABLE, "%s", reply->text);
    if (reply->status == TOO_MANY || reply->status == BANNED) {
        client->wait = reply->retry_after > 0 ? reply->retry_after : 0;
        return r3_fail(error, R3_RETRY, "it was asked too often (HTTP %ld)", reply->status);
    }
    /* 403 without JSON is a firewall in front of it, which lets through again later. */
    if (reply->status >= 500 || (reply->status == FORBIDDEN && !reply->json))
        return r3_fail(error, R3_UNAVAILABLE, "HTTP %ld", reply->status);
    if (reply->body.length == 0 ||
        r3_json_parse(&client->document, reply->body.data, reply->body.length, R3_HTTP_BODY_MAX, &reason) < 0)
        return r3_fail(error, R3_UNAVAILABLE, "HTTP %ld with an answer that is not JSON", reply->status);
    *root = r3_json_root(client->document);
    return (int)reply->status;
}

int r3_public_decimal(struct r3_decimal *out, const struct r3_public *client, const struct r3_json *value,
                      const char *name, struct r3_error *error) {
    size_t length = 0;
    const char *text = value ? r3_json_text(value, &length) : NULL;
    if (value && !text)
        text = r3_json_number_text(client->document, value, &length);
    if (!text)
        return r3_fail(error, R3_DATA, "%s: not a number", name);
    if (r3_decimal_parse_number(out, text, length, error) < 0)
        return r3_error_at(error, "%s: ", name);
    r3_decimal_normalize(out);
    return 0;
}

int r3_public_candles(const struct r3_public *client, const struct r3_json *rows,
                      const struct r3_public_columns *columns, int64_t from, int64_t to, r3_exchange_candle *each,
                      void *context, struct r3_error *error) {
    for (size_t i = 0; i < r3_json_count(rows); i++) {
        const struct r3_json *row = r3_json_at(rows, i);
        struct r3_candle candle = { .time = r3_json_integer(r3_json_at(row, 0)) * columns->unit };
        const struct {
            const char *name;
            struct r3_decimal *value;
            size_t place;
        } numbers[] = { { "open", &candle.open, columns->open },
                        { "high", &candle.high, columns->high },
                        { "low", &candle.low, columns->low },
                        { "close", &candle.close, columns->close },
                        { "volume", &candle.volume, columns->volume } };
        if (candle.time < from || candle.time >= to)
            continue;
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
            if (r3_public_decimal(numbers[k].value, client, r3_json_at(row, numbers[k].place), numbers[k].name, error) <
                0)
                return -1;
        if (each(&candle, context, error) < 0)
            return -1;
    }
    return 0;
}

const char *r3_public_text(const struct r3_json *value) {
    size_t length;
    const char *text = value ? r3_json_text(value, &length) : NULL;
    return text ? text : "";
}

static int take_first(void *context, const char *name, const struct r3_json *value) {
    (void)name;
    if (r3_json_kind(value) != R3_JSON_OBJECT && r3_json_kind(value) != R3_JSON_ARRAY)
        return 0;
    *(const struct r3_json **)context = value;
    return 1;
}

const struct r3_json *r3_public_first(const struct r3_json *object) {
    const struct r3_json *first = NULL;
    r3_json_each(object, take_first, &first);
    return first;
}

int r3_public_increment(struct r3_decimal *out, const struct r3_json *digits, const char *name,
                        struct r3_error *error) {
    int64_t scale = digits && r3_json_kind(digits) == R3_JSON_INTEGER ? r3_json_integer(digits) : -1;
    if (scale < 0 || scale > R3_DECIMAL_SCALE_MAX)
        return r3_fail(error, R3_DATA, "%s: not 0 to %d digits", name, R3_DECIMAL_SCALE_MAX);
    *out = R3_DECIMAL(1, (int32_t)scale);
    return 0;
}

/* Some exchanges name currencies in other scripts; the names of records are plain. */
static bool is_plain(const char *text) {
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    return length > 0 && !text[length];
}

int r3_public_instrument(struct r3_instrument *out, const char *platform, const char *base, const char *quote,
                         struct r3_error *error) {
    struct r3_record record;
    r3_record_init(&record, R3_INSTRUMENT);
    *out = record.instrument;
    out->minimum_size = out->minimum_funds = r3_decimal_zero;
    int length = snprintf(out->market, sizeof out->market, "%s-%s", base, quote);
    if (length < 0 || (size_t)length >= sizeof out->market || !is_plain(base) || !is_plain(quote) ||
        r3_copy_text(out->base, sizeof out->base, base, strlen(base)) < 0 ||
        r3_copy_text(out->quote, sizeof out->quote, quote, strlen(quote)) < 0 ||
        r3_copy_text(out->platform, sizeof out->platform, platform, strlen(platform)) < 0)
        return r3_fail(error, R3_DATA, "not a market: %.40s and %.40s", base, quote);
    memcpy(out->fee_currency, out->quote, sizeof out->fee_currency);
    return 0;
}

struct listing {
    const struct r3_public *client;
    r3_public_read *read;
    r3_exchange_instrument *each;
    void *context;
    struct r3_error *error;
};

static int list_market(void *context, const char *name, const struct r3_json *market) {
    const struct listing *listing = context;
    struct r3_instrument instrument;
    struct r3_error unused;
    (void)name;
    return listing->read(&instrument, listing->client, market, &unused) == 0
               ? listing->each(&instrument, listing->context, listing->error)
               : 0;
}

int r3_public_markets(const struct r3_public *client, const struct r3_json *list, r3_public_read *read,
                      r3_exchange_instrument *each, void *context, struct r3_error *error) {
    struct listing listing = { client, read, each, context, error };
    int result = list && r3_json_kind(list) == R3_JSON_OBJECT ? r3_json_each(list, list_market, &listing) : 0;
    for (size_t i = 0; result == 0 && list && i < r3_json_count(list); i++)
        result = list_market(&listing, "", r3_json_at(list, i));
    return result;
}
