#include "lib/json/json.h"
#include "lib/kucoin/client.h"

/* What changes something at the exchange: orders in, orders out, the dead-man switch. */

static const char TEST[] = "/api/v1/hf/orders/test";

static bool is_client_id(const char *id) {
    size_t length = strlen(id);
    return length > 0 && length < R3_ID_SIZE &&
           strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

static bool is_amount(const struct r3_decimal *value) {
    return r3_decimal_is_present(value) && r3_decimal_is_positive(value);
}

/* What must hold of an order before it is put into words; what is wrong here was made wrong by r3. */
static int check_order(const struct r3_order *order, int64_t window, struct r3_error *error) {
    bool has_size = is_amount(&order->size), has_funds = is_amount(&order->funds);
    if (!is_client_id(order->id))
        return r3_fail(error, R3_BUG, "not a client id: \"%s\"", order->id);
    if (order->side == R3_SIDE_NONE || !*order->market || window <= 0)
        return r3_fail(error, R3_BUG, "order %s: no side, market or time window", order->id);
    if (order->kind == R3_LIMIT && has_size && !r3_decimal_is_present(&order->funds) && is_amount(&order->price))
        return 0;
    if (order->kind == R3_MARKET && has_size != has_funds &&
        !r3_decimal_is_present(has_size ? &order->funds : &order->size))
        return 0;
    return r3_fail(error, R3_BUG, "order %s: neither LIMIT with price and size, nor MARKET with size or funds",
                   order->id);
}

static void add_text(struct r3_buffer *body, const char *name, const char *value) {
    r3_buffer_printf(body, "%s\"%s\":", body->length ? "," : "{", name);
    r3_json_write_text(body, value, strlen(value));
}

static void add_decimal(struct r3_buffer *body, const char *name, const struct r3_decimal *value) {
    char text[R3_DECIMAL_TEXT_SIZE];
    if (!r3_decimal_is_present(value))
        return;
    r3_decimal_format(text, value);
    add_text(body, name, text);
}

static void write_order(struct r3_buffer *body, const struct r3_order *order, int64_t sent, int64_t window) {
    r3_buffer_reset(body);
    add_text(body, "clientOid", order->id);
    add_text(body, "side", order->side == R3_BUY ? "buy" : "sell");
    add_text(body, "symbol", order->market);
    add_text(body, "type", order->kind == R3_LIMIT ? "limit" : "market");
    if (order->kind == R3_LIMIT)
        add_decimal(body, "price", &order->price);
    add_decimal(body, "size", &order->size);
    add_decimal(body, "funds", &order->funds);
    r3_buffer_printf(body, ",\"clientTimestamp\":%lld,\"allowMaxTimeWindow\":%lld}", (long long)sent,
                     (long long)window);
}

/* One sending of a call that is not repeated. id: of an order that is placed, else NULL. 0: see *answer; -1: nothing has left. */
static int act(struct r3_kucoin *kucoin, const struct r3_kucoin_call *call, int64_t now, const char *id,
               struct r3_kucoin_answer *answer, struct r3_error *error) {
    struct r3_kucoin_reply reply = { 0 };
    int64_t wait = r3_kucoin_take(kucoin, call);
    if (wait > 0) {
        *answer = (struct r3_kucoin_answer) {
            .outcome = R3_KUCOIN_REFUSED, .reason = R3_KUCOIN_BUSY, .text = "the rate limit is used up", .wait = wait
        };
        return 0;
    }
    int result = r3_kucoin_send(kucoin, call, now, &reply, error);
    if (result == 0) {
        if (id)
            r3_kucoin_judge_place(answer, &reply, id, strcmp(call->target, TEST) == 0);
        else
            r3_kucoin_judge(answer, &reply);
        r3_kucoin_heed(kucoin, call, &reply, answer);
        if (reply.http.status == 0 && !reply.http.sent)
            result = r3_kucoin_fail(answer, call, error);
    }
    r3_kucoin_reply_release(&reply);
    return result;
}

/* Whether the exchange has said that it came at a wrong time, and so was not looked at. The clock is measured anew then. */
static bool was_untimely(struct r3_kucoin *kucoin, const struct r3_kucoin_answer *answer) {
    bool untimely = answer->outcome == R3_KUCOIN_REFUSED && answer->reason == R3_KUCOIN_TIME;
    if (untimely)
        kucoin->has_clock = false;
    return untimely;
}

int r3_kucoin_place(struct r3_kucoin *kucoin, const struct r3_order *order, int64_t window, bool test, int64_t sent,
                    struct r3_kucoin_answer *answer, struct r3_error *error) {
    struct r3_buffer body = R3_BUFFER_INIT;
    int64_t now;
    int result = -1;
    *answer = (struct r3_kucoin_answer) { .outcome = R3_KUCOIN_REFUSED, .reason = R3_KUCOIN_OTHER };
    if (check_order(order, window, error) < 0 || r3_kucoin_time(kucoin, &now, error) < 0)
        goto out;
    if (sent <= 0)
        sent = now;
    if (now - sent > window) {
        answer->reason = R3_KUCOIN_TIME;
        snprintf(answer->text, sizeof answer->text, "its time window has passed: it was not sent");
        result = 0;
        goto out;
    }
    write_order(&body, order, sent, window);
    const struct r3_kucoin_call call = { .method = "POST",
                                         .target = test ? TEST : "/api/v1/hf/orders",
                                         .body = body.data,
                                         .pool = R3_KUCOIN_SPOT,
                                         .weight = 1,
                                         .with_key = true,
                                         .urgent = order->role != R3_ENTRY };
    result = act(kucoin, &call, sent, order->id, answer, error);
    if (result == 0)
        was_untimely(kucoin, answer);
out:
    r3_buffer_release(&body);
    return result;
}

/* ---- out ---- */

int r3_kucoin_cancel(struct r3_kucoin *kucoin, const char *market, const char *id, struct r3_kucoin_answer *answer,
                     struct r3_error *error) {
    struct r3_buffer target = R3_BUFFER_INIT;
    int result = -1;
    *answer = (struct r3_kucoin_answer) { .outcome = R3_KUCOIN_REFUSED, .reason = R3_KUCOIN_OTHER };
    if (!is_client_id(id)) {
        r3_fail(error, R3_BUG, "not a client id: \"%s\"", id);
        goto out;
    }
    r3_buffer_printf(&target, "/api/v1/hf/orders/client-order/%s?symbol=%s", id, market);
    const struct r3_kucoin_call call = {
        .method = "DELETE", .target = target.data, .pool = R3_KUCOIN_SPOT, .weight = 1, .with_key = true, .urgent = true
    };
    for (int i = 0; i < 2; i++) {
        int64_t now;
        if (r3_kucoin_time(kucoin, &now, error) < 0 || act(kucoin, &call, now, NULL, answer, error) < 0)
            goto out;
        if (!was_untimely(kucoin, answer))
            break;
    }
    result = 0;
out:
    r3_buffer_release(&target);
    return result;
}

/* Setting it twice is setting it once, so it is asked for like what is only read. */
int r3_kucoin_dead_man(struct r3_kucoin *kucoin, const char *markets, int64_t seconds, struct r3_error *error) {
    struct r3_buffer body = R3_BUFFER_INIT;
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    if (seconds != 0 && (seconds < 5 || seconds > 86400))
        return r3_fail(error, R3_USAGE, "a dead-man switch takes 5 to 86400 seconds, not %lld", (long long)seconds);
    if (!*markets)
        return r3_fail(error, R3_BUG, "a dead-man switch of no market would be of all");
    add_text(&body, "symbols", markets);
    r3_buffer_printf(&body, ",\"timeout\":%lld}", (long long)(seconds ? seconds : -1));
    const struct r3_kucoin_call call = { .method = "POST",
                                         .target = "/api/v1/hf/orders/dead-cancel-all",
                                         .body = body.data,
                                         .pool = R3_KUCOIN_SPOT,
                                         .weight = 2,
                                         .with_key = true,
                                         .urgent = true };
    int result = r3_kucoin_ask(kucoin, &call, &reply, &answer, error);
    r3_kucoin_reply_release(&reply);
    r3_buffer_release(&body);
    return result;
}
