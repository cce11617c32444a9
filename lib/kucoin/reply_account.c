#include "lib/kucoin/member.h"
#include "lib/kucoin/reply.h"

static int wants_list(const struct r3_kucoin_reply *reply, const char *what, struct r3_error *error) {
    if (reply->data && r3_json_kind(reply->data) == R3_JSON_ARRAY)
        return 0;
    return r3_fail(error, R3_DATA, "%s: the answer holds no list", what);
}

/* ---- balances ---- */

static bool is_of_type(const struct r3_json *row, const char *type) {
    const char *text = r3_json_text(r3_json_member(row, "type"), NULL);
    return text && strcmp(text, type) == 0;
}

/* Orders trade on the account "trade", or on "trade_hf" where a user still has both; "main" holds what cannot be traded. */
static const char *trading_type(const struct r3_json *rows) {
    for (size_t i = 0; i < r3_json_count(rows); i++)
        if (is_of_type(r3_json_at(rows, i), "trade_hf"))
            return "trade_hf";
    return "trade";
}

/* Whether it is of the account `type`, or may be, and of a currency that ours could be. */
static bool read_balance(const struct r3_kucoin_object *object, const char *type, struct r3_kucoin_balance *out) {
    char of[R3_NAME_SIZE];
    bool typed = r3_kucoin_member_text(object, "type", 0, of, sizeof of, NULL) == 0;
    if ((typed && strcmp(of, type) != 0) ||
        r3_kucoin_member_text(object, "currency", 0, out->currency, sizeof out->currency, NULL) < 0)
        return false;
    if (!typed || r3_kucoin_member_decimal(object, "balance", 0, &out->balance, NULL) < 0 ||
        r3_kucoin_member_decimal(object, "available", 0, &out->available, NULL) < 0 ||
        r3_kucoin_member_decimal(object, "holds", 0, &out->holds, NULL) < 0)
        out->balance = out->available = out->holds = r3_decimal_absent;
    return true;
}

int r3_kucoin_read_balances(const struct r3_kucoin_reply *reply, r3_kucoin_balance_function *each, void *context,
                            struct r3_error *error) {
    struct r3_kucoin_object object = { reply->document, NULL, "balance" };
    bool said = false;
    if (wants_list(reply, "balances", error) < 0)
        return -1;
    const char *type = trading_type(reply->data);
    for (size_t i = 0; i < r3_json_count(reply->data); i++) {
        struct r3_kucoin_balance balance;
        object.value = r3_json_at(reply->data, i);
        said = said || r3_json_text(r3_json_member(object.value, "currency"), NULL);
        if (read_balance(&object, type, &balance) && each(&balance, context, error))
            return -1;
    }
    return said || r3_json_count(reply->data) == 0 ? 0 : r3_fail(error, R3_DATA, "balances: no row names a currency");
}

/* ---- key and fees ---- */

int r3_kucoin_read_permissions(const struct r3_kucoin_reply *reply, char out[R3_TEXT_SIZE], struct r3_error *error) {
    const struct r3_kucoin_object object = { reply->document, reply->data, "key" };
    return r3_kucoin_member_text(&object, "permission", 0, out, R3_TEXT_SIZE, error);
}

int r3_kucoin_read_fees(const struct r3_kucoin_reply *reply, const char *market, struct r3_decimal *maker,
                        struct r3_decimal *taker, struct r3_error *error) {
    struct r3_kucoin_object object = { reply->document, NULL, "fees" };
    if (wants_list(reply, object.what, error) < 0)
        return -1;
    for (size_t i = 0; i < r3_json_count(reply->data); i++) {
        object.value = r3_json_at(reply->data, i);
        const char *symbol = r3_json_text(r3_json_member(object.value, "symbol"), NULL);
        if (!symbol || strcmp(symbol, market) != 0)
            continue;
        /* A maker may be paid. */
        return r3_kucoin_member_decimal(&object, "makerFeeRate", R3_KUCOIN_MAY_BE_NEGATIVE, maker, error) < 0 ||
                       r3_kucoin_member_decimal(&object, "takerFeeRate", R3_KUCOIN_MAY_BE_NEGATIVE, taker, error) < 0
                   ? -1
                   : 0;
    }
    return r3_fail(error, R3_DATA, "fees: none of %s in the answer", market);
}

/* ---- orders ---- */

static int read_side(const struct r3_kucoin_object *object, enum r3_side *out, struct r3_error *error) {
    char text[8];
    if (r3_kucoin_member_text(object, "side", 0, text, sizeof text, error) < 0)
        return -1;
    *out = strcmp(text, "buy") == 0 ? R3_BUY : strcmp(text, "sell") == 0 ? R3_SELL : R3_SIDE_NONE;
    return *out ? 0 : r3_fail(error, R3_DATA, "%s: side: neither buy nor sell", object->what);
}

/* Kinds that r3 never sends can be there all the same, of others who use the account. */
static int read_kind(const struct r3_kucoin_object *object, enum r3_kind *out, struct r3_error *error) {
    char text[R3_NAME_SIZE];
    if (r3_kucoin_member_text(object, "type", 0, text, sizeof text, error) < 0)
        return -1;
    *out = strcmp(text, "market") == 0 ? R3_MARKET : strcmp(text, "limit") == 0 ? R3_LIMIT : R3_KIND_NONE;
    return 0;
}

static int read_order(const struct r3_kucoin_object *object, struct r3_kucoin_order *out, struct r3_error *error) {
    const unsigned none = R3_KUCOIN_OPTIONAL | R3_KUCOIN_ZERO_IS_NONE;
    *out = (struct r3_kucoin_order) { 0 };
    /* A client id that is too long is none of ours. */
    if (r3_kucoin_member_text(object, "clientOid", R3_KUCOIN_OPTIONAL, out->id, sizeof out->id, NULL) < 0)
        out->id[0] = '\0';
#define TEXT(name, flags, member) (r3_kucoin_member_text(object, name, flags, member, sizeof member, error) < 0)
#define DECIMAL(name, flags, member) (r3_kucoin_member_decimal(object, name, flags, &(member), error) < 0)
    if (TEXT("id", 0, out->exchange_id) || TEXT("symbol", 0, out->market) || read_side(object, &out->side, error) < 0 ||
        read_kind(object, &out->kind, error) < 0 || DECIMAL("price", none, out->price) ||
        DECIMAL("size", none, out->size) || DECIMAL("funds", none | R3_KUCOIN_AMOUNT, out->funds) ||
        DECIMAL("dealSize", 0, out->filled) || DECIMAL("dealFunds", R3_KUCOIN_AMOUNT, out->cost) ||
        DECIMAL("fee", R3_KUCOIN_AMOUNT | R3_KUCOIN_MAY_BE_NEGATIVE, out->fee) ||
        TEXT("feeCurrency", R3_KUCOIN_OPTIONAL, out->fee_currency))
        return -1;
#undef TEXT
#undef DECIMAL
    if (r3_kucoin_member_boolean(object, "active", &out->active, error) < 0 ||
        r3_kucoin_member_boolean(object, "cancelExist", &out->canceled, error) < 0 ||
        r3_kucoin_member_integer(object, "createdAt", 0, &out->created, error) < 0 ||
        r3_kucoin_member_integer(object, "lastUpdatedAt", R3_KUCOIN_OPTIONAL, &out->updated, error) < 0)
        return -1;
    if (out->updated < out->created)
        out->updated = out->created;
    return 0;
}

int r3_kucoin_read_order(const struct r3_kucoin_reply *reply, const char *market, const char *id,
                         struct r3_kucoin_order *out, struct r3_error *error) {
    const struct r3_kucoin_object object = { reply->document, reply->data, "order" };
    if (read_order(&object, out, error) < 0)
        return -1;
    if (strcmp(out->id, id) != 0 || strcmp(out->market, market) != 0)
        return r3_fail(error, R3_DATA, "order: %s was asked for, and another was told", id);
    return 0;
}

/* The rows of a page: a bare list, or {"items": […], "lastId": …}; null is none. */
static int open_page(const struct r3_kucoin_reply *reply, const char *what, const struct r3_json **rows,
                     struct r3_kucoin_page *page, struct r3_error *error) {
    const struct r3_kucoin_object object = { reply->document, reply->data, what };
    *page = (struct r3_kucoin_page) { 0 };
    *rows = NULL;
    if (!reply->data)
        return 0;
    *rows = reply->data;
    if (r3_json_kind(reply->data) == R3_JSON_OBJECT) {
        *rows = r3_json_member(reply->data, "items");
        if (*rows && r3_json_kind(*rows) == R3_JSON_NULL)
            return *rows = NULL, 0;
        if (r3_kucoin_member_integer(&object, "lastId", R3_KUCOIN_OPTIONAL, &page->last, error) < 0)
            return -1;
    }
    if (!*rows || r3_json_kind(*rows) != R3_JSON_ARRAY)
        return r3_fail(error, R3_DATA, "%ss: the answer holds no list", what);
    page->items = r3_json_count(*rows);
    return 0;
}

int r3_kucoin_read_orders(const struct r3_kucoin_reply *reply, const char *market, struct r3_kucoin_orders *out,
                          struct r3_kucoin_page *page, struct r3_error *error) {
    struct r3_kucoin_object object = { reply->document, NULL, "order" };
    const struct r3_json *rows;
    if (open_page(reply, object.what, &rows, page, error) < 0)
        return -1;
    for (size_t i = 0; i < page->items; i++) {
        if (out->count == out->capacity) {
            out->capacity = out->capacity ? 2 * out->capacity : 16;
            out->list = r3_reallocate(out->list, out->capacity * sizeof out->list[0]);
        }
        struct r3_kucoin_order *order = &out->list[out->count];
        object.value = r3_json_at(rows, i);
        if (read_order(&object, order, error) < 0)
            return -1;
        if (strcmp(order->market, market) != 0)
            return r3_fail(error, R3_DATA, "order: %s was asked for, and %s was told", market, order->market);
        out->count++;
    }
    return 0;
}

/* ---- fills ---- */

static int read_fill(const struct r3_kucoin_object *object, struct r3_kucoin_fill *out, struct r3_error *error) {
    char liquidity[8];
    *out = (struct r3_kucoin_fill) { 0 };
#define TEXT(name, member) (r3_kucoin_member_text(object, name, 0, member, sizeof member, error) < 0)
#define DECIMAL(name, flags, member) (r3_kucoin_member_decimal(object, name, flags, &(member), error) < 0)
    if (r3_kucoin_member_digits(object, "tradeId", out->id, sizeof out->id, error) < 0 ||
        TEXT("orderId", out->exchange_id) || read_side(object, &out->side, error) < 0 ||
        DECIMAL("price", R3_KUCOIN_ABOVE_ZERO, out->price) || DECIMAL("size", R3_KUCOIN_ABOVE_ZERO, out->size) ||
        DECIMAL("funds", R3_KUCOIN_AMOUNT, out->funds) ||
        DECIMAL("fee", R3_KUCOIN_AMOUNT | R3_KUCOIN_MAY_BE_NEGATIVE, out->fee) ||
        TEXT("feeCurrency", out->fee_currency) || TEXT("liquidity", liquidity) ||
        r3_kucoin_member_integer(object, "createdAt", 0, &out->time, error) < 0)
        return -1;
#undef TEXT
#undef DECIMAL
    out->liquidity = strcmp(liquidity, "taker") == 0   ? R3_TAKER
                     : strcmp(liquidity, "maker") == 0 ? R3_MAKER
                                                       : R3_LIQUIDITY_NONE;
    return out->liquidity ? 0 : r3_fail(error, R3_DATA, "%s: liquidity: neither maker nor taker", object->what);
}

static int take_fill(const struct r3_kucoin_object *object, const char *market, const char *exchange_id,
                     struct r3_kucoin_fills *out, struct r3_error *error) {
    char symbol[R3_MARKET_SIZE];
    if (out->count == out->capacity) {
        out->capacity = out->capacity ? 2 * out->capacity : 16;
        out->list = r3_reallocate(out->list, out->capacity * sizeof out->list[0]);
    }
    struct r3_kucoin_fill *fill = &out->list[out->count];
    if (r3_kucoin_member_text(object, "symbol", 0, symbol, sizeof symbol, error) < 0 ||
        read_fill(object, fill, error) < 0)
        return -1;
    if (strcmp(symbol, market) != 0)
        return r3_fail(error, R3_DATA, "fill: %s was asked for, and %s was told", market, symbol);
    out->count += !exchange_id || strcmp(fill->exchange_id, exchange_id) == 0;
    return 0;
}

int r3_kucoin_read_fills(const struct r3_kucoin_reply *reply, const char *market, const char *exchange_id,
                         struct r3_kucoin_fills *out, struct r3_kucoin_page *page, struct r3_error *error) {
    struct r3_kucoin_object object = { reply->document, NULL, "fill" };
    const struct r3_json *rows;
    if (open_page(reply, object.what, &rows, page, error) < 0)
        return -1;
    for (size_t i = 0; i < page->items; i++) {
        object.value = r3_json_at(rows, i);
        if (take_fill(&object, market, exchange_id, out, error) < 0)
            return -1;
    }
    return 0;
}
