#include "lib/base/time.h"
#include "lib/kucoin/client.h"

/* Orders and fills as the exchange has them. Lists come by pages of at most 100, the newest first, each going on below `lastId` of the one
 * before. A page that does not go further down ends the list: so would a server that did not know lastId. */

enum { PAGE = 100, PAGES_MAX = 1000, WINDOW = 7 * R3_DAY, WINDOWS_MAX = 26 };

static int ask(struct r3_kucoin *kucoin, const struct r3_buffer *target, struct r3_kucoin_reply *reply,
               struct r3_kucoin_answer *answer, struct r3_error *error) {
    const struct r3_kucoin_call call = {
        .method = "GET", .target = target->data, .pool = R3_KUCOIN_SPOT, .weight = 2, .with_key = true
    };
    return r3_kucoin_ask(kucoin, &call, reply, answer, error);
}

/* What becomes of a page. 1: those behind it are not wanted; 0; -1. */
typedef int page_function(const struct r3_kucoin_reply *reply, struct r3_kucoin_page *page, void *context,
                          struct r3_error *error);

/* All pages of one question: a target with its filter. what: "orders", of a market, for messages. */
static int read_pages(struct r3_kucoin *kucoin, const char *question, const char *what, const char *market,
                      page_function *read, void *context, struct r3_error *error) {
    struct r3_buffer target = R3_BUFFER_INIT;
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    int64_t last = 0;
    int result = -1;
    for (int i = 0;; i++) {
        struct r3_kucoin_page page;
        if (i == PAGES_MAX) {
            r3_fail(error, R3_DATA, "KuCoin: %s of %s: no end after %d pages", what, market, i);
            goto out;
        }
        r3_buffer_reset(&target);
        r3_buffer_printf(&target, "%s&limit=%d", question, PAGE);
        if (last > 0)
            r3_buffer_printf(&target, "&lastId=%lld", (long long)last);
        int enough = ask(kucoin, &target, &reply, &answer, error);
        if (enough == 0)
            enough = read(&reply, &page, context, error);
        if (enough < 0)
            goto out;
        if (enough || page.items == 0 || page.last == 0 || (last > 0 && page.last >= last))
            break;
        last = page.last;
    }
    result = 0;
out:
    r3_kucoin_reply_release(&reply);
    r3_buffer_release(&target);
    return result;
}

int r3_kucoin_order(struct r3_kucoin *kucoin, const char *market, const char *id, struct r3_kucoin_order *out,
                    bool *found, struct r3_error *error) {
    struct r3_buffer target = R3_BUFFER_INIT;
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    *found = false;
    r3_buffer_printf(&target, "/api/v1/hf/orders/client-order/%s?symbol=%s", id, market);
    int result = ask(kucoin, &target, &reply, &answer, error);
    if (result == 0 && reply.data) {
        result = r3_kucoin_read_order(&reply, market, id, out, error);
        *found = result == 0;
    } else if (answer.outcome == R3_KUCOIN_REFUSED && answer.reason == R3_KUCOIN_GONE) {
        result = 0;
    }
    r3_kucoin_reply_release(&reply);
    r3_buffer_release(&target);
    return result;
}

/* ---- lists of orders ---- */

static int compare_orders(const void *a, const void *b) {
    const struct r3_kucoin_order *left = a, *right = b;
    if (left->updated != right->updated)
        return left->updated < right->updated ? -1 : 1;
    return strcmp(left->exchange_id, right->exchange_id);
}

/* By their last change, each once; those before `since` are left out. */
static int tell_orders(struct r3_kucoin_orders *orders, int64_t since, r3_kucoin_order_function *each, void *context,
                       struct r3_error *error) {
    if (orders->count > 1)
        qsort(orders->list, orders->count, sizeof orders->list[0], compare_orders);
    for (size_t i = 0; i < orders->count; i++) {
        const struct r3_kucoin_order *order = &orders->list[i];
        bool again = i > 0 && strcmp(order->exchange_id, order[-1].exchange_id) == 0;
        if (order->updated >= since && !again && each(order, context, error))
            return -1;
    }
    return 0;
}

int r3_kucoin_active(struct r3_kucoin *kucoin, const char *market, r3_kucoin_order_function *each, void *context,
                     struct r3_error *error) {
    struct r3_buffer target = R3_BUFFER_INIT;
    struct r3_kucoin_reply reply = { 0 };
    struct r3_kucoin_answer answer;
    struct r3_kucoin_orders orders = { 0 };
    struct r3_kucoin_page page;
    r3_buffer_printf(&target, "/api/v1/hf/orders/active?symbol=%s", market);
    int result = ask(kucoin, &target, &reply, &answer, error);
    if (result == 0)
        result = r3_kucoin_read_orders(&reply, market, &orders, &page, error);
    if (result == 0)
        result = tell_orders(&orders, 0, each, context, error);
    free(orders.list);
    r3_kucoin_reply_release(&reply);
    r3_buffer_release(&target);
    return result;
}

/* Whether all from `first` on were changed before `since`. */
static bool is_older(const struct r3_kucoin_orders *orders, size_t first, int64_t since) {
    for (size_t i = first; i < orders->count; i++)
        if (orders->list[i].updated >= since)
            return false;
    return true;
}

struct over {
    const char *market;
    int64_t since;
    struct r3_kucoin_orders orders;
};

static int read_over(const struct r3_kucoin_reply *reply, struct r3_kucoin_page *page, void *context,
                     struct r3_error *error) {
    struct over *over = context;
    size_t before = over->orders.count;
    if (r3_kucoin_read_orders(reply, over->market, &over->orders, page, error) < 0)
        return -1;
    return is_older(&over->orders, before, over->since);
}

int r3_kucoin_over(struct r3_kucoin *kucoin, const char *market, int64_t since, r3_kucoin_order_function *each,
                   void *context, struct r3_error *error) {
    struct over over = { .market = market, .since = since };
    struct r3_buffer question = R3_BUFFER_INIT;
    /* Without startAt: it is not said whether that is of the making or of the end of an order. */
    r3_buffer_printf(&question, "/api/v1/hf/orders/done?symbol=%s", market);
    int result = read_pages(kucoin, question.data, "orders", market, read_over, &over, error);
    if (result == 0)
        result = tell_orders(&over.orders, since, each, context, error);
    free(over.orders.list);
    r3_buffer_release(&question);
    return result;
}

/* ---- fills ---- */

static int compare_fills(const void *a, const void *b) {
    const struct r3_kucoin_fill *left = a, *right = b;
    if (left->time != right->time)
        return left->time < right->time ? -1 : 1;
    size_t left_length = strlen(left->id), right_length = strlen(right->id);
    if (left_length != right_length)
        return left_length < right_length ? -1 : 1;
    int order = strcmp(left->id, right->id);
    return order ? order : strcmp(left->exchange_id, right->exchange_id);
}

static int tell_fills(struct r3_kucoin_fills *fills, int64_t since, r3_kucoin_fill_function *each, void *context,
                      struct r3_error *error) {
    if (fills->count > 1)
        qsort(fills->list, fills->count, sizeof fills->list[0], compare_fills);
    for (size_t i = 0; i < fills->count; i++) {
        const struct r3_kucoin_fill *fill = &fills->list[i];
        bool again = i > 0 && compare_fills(fill, fill - 1) == 0;
        if (fill->time >= since && !again && each(fill, context, error))
            return -1;
    }
    return 0;
}

struct listing {
    const char *market, *exchange_id; /* of one order; NULL: of all */
    struct r3_kucoin_fills fills;
};

static int read_fills(const struct r3_kucoin_reply *reply, struct r3_kucoin_page *page, void *context,
                      struct r3_error *error) {
    struct listing *listing = context;
    return r3_kucoin_read_fills(reply, listing->market, listing->exchange_id, &listing->fills, page, error);
}

static int ask_fills(struct r3_kucoin *kucoin, struct listing *listing, const char *filter, struct r3_error *error) {
    struct r3_buffer question = R3_BUFFER_INIT;
    r3_buffer_printf(&question, "/api/v1/hf/fills?symbol=%s%s", listing->market, filter);
    int result = read_pages(kucoin, question.data, "fills", listing->market, read_fills, listing, error);
    r3_buffer_release(&question);
    return result;
}

/* A question may span seven days, and without an end it ends seven days after its start. */
static int ask_fills_since(struct r3_kucoin *kucoin, struct listing *listing, int64_t since, struct r3_error *error) {
    int64_t now;
    if (r3_kucoin_time(kucoin, &now, error) < 0)
        return -1;
    if (since < now - WINDOWS_MAX * (int64_t)WINDOW)
        since = now - WINDOWS_MAX * (int64_t)WINDOW;
    for (; since <= now; since += WINDOW) {
        char filter[64];
        snprintf(filter, sizeof filter, "&startAt=%lld", (long long)since);
        if (since + WINDOW <= now)
            snprintf(filter, sizeof filter, "&startAt=%lld&endAt=%lld", (long long)since, (long long)(since + WINDOW));
        if (ask_fills(kucoin, listing, filter, error) < 0)
            return -1;
    }
    return 0;
}

int r3_kucoin_fills(struct r3_kucoin *kucoin, const char *market, const char *exchange_id, int64_t since,
                    r3_kucoin_fill_function *each, void *context, struct r3_error *error) {
    struct listing listing = { .market = market, .exchange_id = exchange_id };
    struct r3_buffer filter = R3_BUFFER_INIT;
    int result;
    if (exchange_id) {
        since = 0;
        r3_buffer_printf(&filter, "&orderId=%s", exchange_id);
        result = ask_fills(kucoin, &listing, filter.data, error);
    } else {
        result = ask_fills_since(kucoin, &listing, since, error);
    }
    if (result == 0)
        result = tell_fills(&listing.fills, since, each, context, error);
    free(listing.fills.list);
    r3_buffer_release(&filter);
    return result;
}
