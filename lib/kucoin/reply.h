#ifndef R3_KUCOIN_REPLY_H
#define R3_KUCOIN_REPLY_H

#include "lib/exchange/http.h"
#include "lib/json/json.h"
#include "lib/kucoin/kucoin.h"

/* What KuCoin answers, understood apart from sending: {"code": "200000", "data": …} or {"code": "400100", "msg": "…"}. `code` is text and
 * opaque, members come in any order, those that are not known are passed over. Numbers come as text or as JSON numbers; either is read by
 * its digits. For lib/kucoin and its tests. */

struct r3_kucoin_reply {
    struct r3_http_reply http; /* owned */
    struct r3_json_document *document;
    const struct r3_json *data; /* NULL: none, or null */
};
void r3_kucoin_reply_release(struct r3_kucoin_reply *reply);

/* What became of the call that reply->http answers, and for R3_KUCOIN_DONE reply->data. Nothing is taken for done or refused that
 * does not say so: no answer, half of one, a page in HTML, a server's own fault and a code that is not known are R3_KUCOIN_UNKNOWN. A
 * request that never left is R3_KUCOIN_REFUSED, R3_KUCOIN_BUSY. */
void r3_kucoin_judge(struct r3_kucoin_answer *answer, struct r3_kucoin_reply *reply);
/* Whether an answer without JSON is Cloudflare's limit of an address: more calls make it last. */
bool r3_kucoin_is_pushed_back(const struct r3_http_reply *http);
/* r3_kucoin_judge for an order that was placed with client id `id`: done when the answer names the exchange's id and no other client id. */
void r3_kucoin_judge_place(struct r3_kucoin_answer *answer, struct r3_kucoin_reply *reply, const char *id, bool test);

/* ---- data ---- All: R3_DATA for what is not as KuCoin writes it, with the member's name. ---- */

int r3_kucoin_read_time(const struct r3_kucoin_reply *reply, int64_t *now, struct r3_error *error);
int r3_kucoin_read_status(const struct r3_kucoin_reply *reply, char status[16], char text[R3_TEXT_SIZE],
                          struct r3_error *error);
/* data is one market or a list. In a list, markets that no record can hold are left out, unless none is left. */
int r3_kucoin_read_symbols(const struct r3_kucoin_reply *reply, r3_kucoin_symbol_function *each, void *context,
                           struct r3_error *error);
int r3_kucoin_read_candles(const struct r3_kucoin_reply *reply, const char *market, enum r3_timeframe timeframe,
                           int64_t from, int64_t to, r3_kucoin_candle_function *each, void *context,
                           struct r3_error *error);
int r3_kucoin_read_price(const struct r3_kucoin_reply *reply, const char *market, struct r3_price *out,
                         struct r3_error *error);
int r3_kucoin_read_balances(const struct r3_kucoin_reply *reply, r3_kucoin_balance_function *each, void *context,
                            struct r3_error *error);
int r3_kucoin_read_permissions(const struct r3_kucoin_reply *reply, char out[R3_TEXT_SIZE], struct r3_error *error);
int r3_kucoin_read_fees(const struct r3_kucoin_reply *reply, const char *market, struct r3_decimal *maker,
                        struct r3_decimal *taker, struct r3_error *error);
/* An order that was asked for by its client id; none is another order's answer. */
int r3_kucoin_read_order(const struct r3_kucoin_reply *reply, const char *market, const char *id,
                         struct r3_kucoin_order *out, struct r3_error *error);

/* Pages: what they hold is appended. */
struct r3_kucoin_orders {
    struct r3_kucoin_order *list; /* owned */
    size_t count, capacity;
};
struct r3_kucoin_fills {
    struct r3_kucoin_fill *list; /* owned */
    size_t count, capacity;
};
struct r3_kucoin_page {
    size_t items;
    int64_t last; /* lastId; 0: none */
};
int r3_kucoin_read_orders(const struct r3_kucoin_reply *reply, const char *market, struct r3_kucoin_orders *out,
                          struct r3_kucoin_page *page, struct r3_error *error);
int r3_kucoin_read_fills(const struct r3_kucoin_reply *reply, const char *market, const char *exchange_id,
                         struct r3_kucoin_fills *out, struct r3_kucoin_page *page, struct r3_error *error);

/* KuCoin's name of a timeframe: "1hour". */
const char *r3_kucoin_timeframe_name(enum r3_timeframe timeframe);

#endif
