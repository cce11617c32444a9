#include "lib/base/time.h"
#include "lib/kucoin/client.h"

static int ask(struct r3_kucoin *kucoin, const char *target, enum r3_kucoin_pool pool, int weight,
               struct r3_kucoin_reply *reply, struct r3_error *error) {
    const struct r3_kucoin_call call = {
        .method = "GET", .target = target, .pool = pool, .weight = weight, .with_key = true
    };
    struct r3_kucoin_answer answer;
    return r3_kucoin_ask(kucoin, &call, reply, &answer, error);
}

int r3_kucoin_balances(struct r3_kucoin *kucoin, r3_kucoin_balance_function *each, void *context,
                       struct r3_error *error) {
    struct r3_kucoin_reply reply = { 0 };
    /* Of all accounts: asked for "trade", those who have "trade_hf" would see none of it. */
    int result = ask(kucoin, "/api/v1/accounts", R3_KUCOIN_MANAGEMENT, 5, &reply, error);
    if (result == 0)
        result = r3_kucoin_read_balances(&reply, each, context, error);
    r3_kucoin_reply_release(&reply);
    return result;
}

int r3_kucoin_permissions(struct r3_kucoin *kucoin, char out[R3_TEXT_SIZE], struct r3_error *error) {
    struct r3_kucoin_reply reply = { 0 };
    int result = ask(kucoin, "/api/v1/user/api-key", R3_KUCOIN_MANAGEMENT, 20, &reply, error);
    if (result == 0)
        result = r3_kucoin_read_permissions(&reply, out, error);
    r3_kucoin_reply_release(&reply);
    return result;
}

int r3_kucoin_fees(struct r3_kucoin *kucoin, const char *market, struct r3_decimal *maker, struct r3_decimal *taker,
                   struct r3_error *error) {
    struct r3_kucoin_reply reply = { 0 };
    struct r3_buffer target = R3_BUFFER_INIT;
    r3_buffer_printf(&target, "/api/v1/trade-fees?symbols=%s", market);
    int result = ask(kucoin, target.data, R3_KUCOIN_SPOT, 3, &reply, error);
    if (result == 0)
        result = r3_kucoin_read_fees(&reply, market, maker, taker, error);
    r3_kucoin_reply_release(&reply);
    r3_buffer_release(&target);
    return result;
}
