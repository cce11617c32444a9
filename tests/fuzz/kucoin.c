/* Answers of KuCoin: any bytes with any status are judged, and read as each kind of answer. What is read keeps the promises that others rely
 * on: texts end, amounts are not below zero, candles are in order and within what was asked for. The first byte of an input chooses the
 * status. */
#include "lib/kucoin/reply.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void require(bool holds) {
    if (!holds)
        abort();
}

static void require_amount(const struct r3_decimal *value, bool optional) {
    require(r3_decimal_is_present(value) ? !r3_decimal_is_negative(value) : optional);
}

static int take_symbol(const struct r3_kucoin_symbol *symbol, void *context, struct r3_error *error) {
    const struct r3_instrument *instrument = &symbol->instrument;
    (void)context, (void)error;
    require(*instrument->market && *instrument->base && *instrument->quote);
    require(r3_decimal_is_positive(&instrument->price_increment) &&
            r3_decimal_is_positive(&instrument->base_increment));
    require_amount(&instrument->minimum_size, false);
    require_amount(&instrument->minimum_funds, false);
    return 0;
}

static int take_candle(const struct r3_candle *candle, void *context, struct r3_error *error) {
    struct r3_record record;
    struct r3_buffer line = R3_BUFFER_INIT;
    int64_t *last = context;
    require(candle->time > *last && candle->time >= R3_MINUTE && candle->time < INT64_C(4102444800000));
    *last = candle->time;
    r3_record_init(&record, R3_CANDLE);
    record.candle = *candle;
    require(r3_record_encode(&line, &record, error) == 0);
    r3_buffer_release(&line);
    return 0;
}

static int take_balance(const struct r3_kucoin_balance *balance, void *context, struct r3_error *error) {
    (void)context, (void)error;
    require(*balance->currency);
    require_amount(&balance->balance, true);
    require_amount(&balance->available, true);
    require_amount(&balance->holds, true);
    /* All of them can be read, or none. */
    require(r3_decimal_is_present(&balance->balance) == r3_decimal_is_present(&balance->available) &&
            r3_decimal_is_present(&balance->holds) == r3_decimal_is_present(&balance->available));
    return 0;
}

static void check_order(const struct r3_kucoin_order *order) {
    require(*order->exchange_id && order->side != R3_SIDE_NONE && strlen(order->id) < sizeof order->id);
    require_amount(&order->filled, false);
    require_amount(&order->cost, false);
    require_amount(&order->price, true);
    require_amount(&order->size, true);
    require_amount(&order->funds, true);
    require(r3_decimal_is_present(&order->fee) && order->created >= 0 && order->updated >= order->created);
}

static void read_pages(const struct r3_kucoin_reply *reply, struct r3_error *error) {
    struct r3_kucoin_orders orders = { 0 };
    struct r3_kucoin_fills fills = { 0 };
    struct r3_kucoin_page page;
    if (r3_kucoin_read_orders(reply, "BTC-USDT", &orders, &page, error) == 0)
        require(orders.count == page.items && page.last >= 0);
    for (size_t i = 0; i < orders.count; i++)
        check_order(&orders.list[i]);
    if (r3_kucoin_read_fills(reply, "BTC-USDT", NULL, &fills, &page, error) == 0)
        require(fills.count == page.items && page.last >= 0);
    for (size_t i = 0; i < fills.count; i++) {
        const struct r3_kucoin_fill *fill = &fills.list[i];
        require(*fill->id && strspn(fill->id, "0123456789") == strlen(fill->id) && *fill->fee_currency);
        require(r3_decimal_is_positive(&fill->price) && r3_decimal_is_positive(&fill->size));
    }
    free(orders.list);
    free(fills.list);
}

static void read_all(const struct r3_kucoin_reply *reply) {
    struct r3_error error = { 0 };
    struct r3_decimal maker, taker;
    struct r3_kucoin_order order;
    struct r3_price price;
    char status[16], text[R3_TEXT_SIZE];
    int64_t time = 0, last = 0;
    if (r3_kucoin_read_time(reply, &time, &error) == 0)
        require(time >= INT64_C(1000000000000));
    if (r3_kucoin_read_status(reply, status, text, &error) == 0)
        require(strlen(status) < sizeof status && strlen(text) < sizeof text);
    if (r3_kucoin_read_price(reply, "BTC-USDT", &price, &error) == 0)
        require(r3_decimal_is_positive(&price.price));
    if (r3_kucoin_read_permissions(reply, text, &error) == 0)
        require(strlen(text) < sizeof text);
    if (r3_kucoin_read_fees(reply, "BTC-USDT", &maker, &taker, &error) == 0)
        require(r3_decimal_is_present(&maker) && r3_decimal_is_present(&taker));
    if (r3_kucoin_read_order(reply, "BTC-USDT", "r3-0001", &order, &error) == 0)
        check_order(&order);
    (void)r3_kucoin_read_symbols(reply, take_symbol, NULL, &error);
    (void)r3_kucoin_read_candles(reply, "BTC-USDT", R3_1m, R3_MINUTE, INT64_C(4102444800000), take_candle, &last,
                                 &error);
    (void)r3_kucoin_read_balances(reply, take_balance, NULL, &error);
    read_pages(reply, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const long statuses[] = { 200, 200, 200, 200, 400, 401, 403, 404, 429, 500, 503, 302, 0 };
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    if (size == 0)
        return 0;
    reply.http.status = statuses[*data % (sizeof statuses / sizeof statuses[0])];
    reply.http.sent = true;
    r3_buffer_append(&reply.http.body, data + 1, size - 1);
    r3_kucoin_judge(&answer, &reply);
    require(strlen(answer.text) < sizeof answer.text && r3_json_is_utf8(answer.text, strlen(answer.text)));
    require(strpbrk(answer.text, "\n\r\x7f") == NULL && answer.wait >= 0);
    require((answer.outcome == R3_KUCOIN_DONE) == (answer.reason == R3_KUCOIN_NO_REASON));
    if (answer.outcome == R3_KUCOIN_DONE) {
        require(reply.http.status == 200 && strcmp(answer.code, "200000") == 0);
        read_all(&reply);
    } else {
        require(!reply.data);
    }
    r3_json_free(reply.document);
    reply.document = NULL;
    r3_kucoin_judge_place(&answer, &reply, "r3-0001", false);
    require((answer.outcome == R3_KUCOIN_DONE) == (*answer.exchange_id != '\0'));
    r3_kucoin_reply_release(&reply);
    return 0;
}
