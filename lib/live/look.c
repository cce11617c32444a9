/* What the exchange says about an order. By its client id first; where that finds nothing, in the lists: an order may be in one of them
 * before the other way finds it, and absence is believed only where all agree. */
#include <stdlib.h>
#include <string.h>

#include "lib/live/gateway.h"

enum { LIST_OVERLAP = 60 * 1000 /* ms that lists begin before the order was sent */ };

struct search {
    const char *id; /* of the client */
    struct r3_kucoin_order *out;
    bool found;
    char (*named)[R3_NAME_SIZE]; /* the exchange's ids of all orders that were listed */
    size_t count;
};

static int search_order(const struct r3_kucoin_order *order, void *context, struct r3_error *error) {
    struct search *search = context;
    (void)error;
    search->named = r3_reallocate(search->named, (search->count + 1) * sizeof *search->named);
    memcpy(search->named[search->count++], order->exchange_id, sizeof *search->named);
    if (strcmp(order->id, search->id) == 0) {
        *search->out = *order;
        search->found = true;
    }
    return 0;
}

struct fills {
    struct r3_kucoin_fill *list;
    size_t count;
};

static int take_fill(const struct r3_kucoin_fill *fill, void *context, struct r3_error *error) {
    struct fills *fills = context;
    (void)error;
    fills->list = r3_reallocate(fills->list, (fills->count + 1) * sizeof *fills->list);
    fills->list[fills->count++] = *fill;
    return 0;
}

static bool is_named(const struct search *search, const char *exchange_id) {
    for (size_t i = 0; i < search->count; i++)
        if (strcmp(search->named[i], exchange_id) == 0)
            return true;
    return false;
}

/* A fill of an order that no list names: the lists are behind, and it may be ours. Orders that the journal knows are not. */
static int check_fills(struct r3_live *live, const struct r3_live_row *row, const struct search *search, int64_t since,
                       struct r3_error *error) {
    struct fills fills = { 0 };
    int result = r3_kucoin_fills(live->kucoin, row->order.market, NULL, since, take_fill, &fills, error);
    for (size_t i = 0; result == 0 && i < fills.count; i++) {
        struct r3_live_row known;
        bool found = false;
        if (fills.list[i].side != row->order.side || is_named(search, fills.list[i].exchange_id))
            continue;
        result = r3_live_find(&known, &found, live->store, NULL, fills.list[i].exchange_id, error);
        if (found)
            r3_live_row_release(&known);
        else if (result == 0)
            result =
                r3_fail(error, R3_UNAVAILABLE, "there is a fill of order %s, which the lists of orders do not have",
                        fills.list[i].exchange_id);
    }
    free(fills.list);
    return result;
}

static int search_lists(struct r3_live *live, const struct r3_live_row *row, struct live_look *look,
                        struct r3_error *error) {
    struct search search = { .id = row->order.id, .out = &look->order };
    const char *market = row->order.market;
    int64_t since = (row->sent == R3_TIME_ABSENT ? look->began : row->sent) - LIST_OVERLAP;
    int result = r3_kucoin_active(live->kucoin, market, search_order, &search, error);
    if (result == 0 && !search.found)
        result = r3_kucoin_over(live->kucoin, market, since, search_order, &search, error);
    if (result == 0 && !search.found)
        result = check_fills(live, row, &search, since, error);
    free(search.named);
    return result < 0 ? -1 : search.found;
}

/* Asked only where there are more than were told. */
static int ask_fills(struct r3_live *live, const struct r3_live_row *row, struct live_look *look,
                     struct r3_error *error) {
    struct fills fills = { 0 };
    if (r3_decimal_equal(&look->order.filled, &row->filled))
        return 0;
    int64_t since = (look->order.created > 0 ? look->order.created : look->began) - LIST_OVERLAP;
    int result =
        r3_kucoin_fills(live->kucoin, row->order.market, look->order.exchange_id, since, take_fill, &fills, error);
    look->fills = fills.list;
    look->fill_count = fills.count;
    return result;
}

int live_look(struct r3_live *live, const struct r3_live_row *row, struct live_look *look, struct r3_error *error) {
    bool found = false;
    look->fills = NULL;
    look->fill_count = 0;
    if (r3_kucoin_clock(live->kucoin, INT64_MAX, &look->began, &look->unsure, error) < 0 ||
        r3_kucoin_order(live->kucoin, row->order.market, row->order.id, &look->order, &found, error) < 0)
        return -1;
    if (!found && row->step == R3_LIVE_SENT && row->absent != R3_LIVE_EXISTS &&
        look->began < r3_live_shut(row, live->options->window, look->unsure))
        return 0; /* too early to say anything */
    if (!found) {
        int listed = search_lists(live, row, look, error);
        if (listed <= 0)
            return listed;
    }
    return ask_fills(live, row, look, error) < 0 ? -1 : 1;
}
