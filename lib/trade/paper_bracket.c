/* The paper exchange: protective legs. An entry that carries a stop, a target, a trailing distance, a break-even distance or
 * an expiry is protected from its first fill on, by legs that only reduce and of which one cancels the other. */
#include "lib/base/append.h"
#include "lib/base/buffer.h"
#include "lib/trade/paper_internal.h"

/* How much of an entry's id names its position: "main-12" of "main-12-ENTRY-1"; all of an id of another form. */
static size_t prefix_length(const struct r3_order *entry) {
    const char *id = entry->id, *role = r3_role_name(entry->role);
    size_t length = strlen(id), role_length = strlen(role), end = length;

    while (end > 0 && id[end - 1] >= '0' && id[end - 1] <= '9')
        end--;
    if (end == length || end < role_length + 3)
        return length;
    size_t start = end - role_length - 2; /* of "-ENTRY-" */
    if (id[start] != '-' || id[end - 1] != '-' || memcmp(id + start + 1, role, role_length) != 0)
        return length;
    return start;
}

size_t paper_bracket_id_length(const struct r3_order *entry) {
    return paper_wants_bracket(entry) ? prefix_length(entry) + strlen("-SL-1") : 0;
}

/* A leg with the next id that is free, working from this candle on; its PLACED update is out. */
static int add_leg(struct paper_order **out, struct r3_paper *paper, struct paper_market *market,
                   struct paper_bracket *bracket, enum r3_role role, enum r3_kind kind, const struct r3_decimal *price,
                   int64_t time, struct r3_error *error) {
    struct r3_record record;
    struct r3_order *order = &record.order;
    int *attempt = role == R3_SL   ? &bracket->stop_attempt
                   : role == R3_TP ? &bracket->target_attempt
                                   : &bracket->time_attempt;
    enum r3_paper_seen seen;

    r3_record_init(&record, R3_ORDER);
    do {
        const char *end = order->id + sizeof order->id;
        char *at = r3_append_text(order->id, end, bracket->prefix);
        at = r3_append_text(at, end, "-");
        at = r3_append_text(at, end, r3_role_name(role));
        at = r3_append_text(at, end, "-");
        at = r3_append_integer(at, end, ++*attempt);
        if (!at)
            return r3_fail(error, R3_DATA, "%s: no room for the id of another %s order", bracket->prefix,
                           r3_role_name(role));
        seen = r3_paper_ids_add(&bracket->session->ids, bracket->session->name, order->id, 0);
    } while (seen == R3_PAPER_SAME || seen == R3_PAPER_DIFFERENT);
    memcpy(order->session, bracket->session->name, sizeof order->session);
    memcpy(order->platform, market->rules.platform, sizeof order->platform);
    memcpy(order->market, market->name, sizeof order->market);
    order->time = time;
    order->role = role;
    order->side = bracket->side == R3_BUY ? R3_SELL : R3_BUY;
    order->kind = kind;
    order->price = *price;

    struct paper_order *leg = paper_order_new(paper, market, bracket->session, order);
    leg->bracket = bracket;
    leg->leg = true;
    leg->at_close = false;
    leg->first = market->candles;
    if (paper_limit_touch(paper, leg, error)) {
        free(leg);
        return -1;
    }
    paper_add_take(market, leg);
    *out = leg;
    return paper_update(paper, leg, R3_EVENT_PLACED, time, "", error);
}

/* The price less a distance that lies behind a position: below for a long one. On the grid, away from the price. */
static int behind(struct r3_decimal *out, const struct r3_decimal *price, const struct r3_decimal *distance,
                  enum r3_side side, const struct paper_market *market, struct r3_error *error) {
    bool buys = side == R3_BUY;

    if (buys ? r3_decimal_subtract(out, price, distance, error) : r3_decimal_add(out, price, distance, error))
        return -1;
    return r3_decimal_round_to(out, out, &market->rules.price_increment, buys ? R3_ROUND_FLOOR : R3_ROUND_CEILING,
                               error);
}

static int begin(struct r3_paper *paper, struct paper_order *entry, const struct r3_decimal *price,
                 const struct paper_moment *moment, struct r3_error *error) {
    const struct r3_order *order = &entry->order;
    struct paper_bracket *bracket = r3_allocate(sizeof *bracket);
    struct r3_decimal stop = order->stop;

    paper_bracket_add_take(entry->market, bracket);
    entry->bracket = bracket;
    memcpy(bracket->prefix, order->id, prefix_length(order));
    bracket->session = entry->session;
    bracket->side = order->side;
    bracket->size = bracket->bought = bracket->cost = r3_decimal_zero;
    bracket->trail = order->trail;
    bracket->break_even = order->break_even;
    bracket->expiry = order->expiry;
    bracket->inside = moment->inside;
    bracket->from = *price;
    if (!r3_decimal_is_present(&stop) && r3_decimal_is_present(&order->trail) &&
        behind(&stop, price, &order->trail, order->side, entry->market, error))
        return -1;
    /* A level at or below zero can never be met by a falling price: nothing to place. */
    if (r3_decimal_is_present(&stop) && r3_decimal_sign(&stop) > 0 &&
        add_leg(&bracket->stop, paper, entry->market, bracket, R3_SL, R3_STOP, &stop, moment->time, error))
        return -1;
    if (r3_decimal_is_present(&order->target) && r3_decimal_sign(&order->target) > 0 &&
        add_leg(&bracket->target, paper, entry->market, bracket, R3_TP, R3_LIMIT, &order->target, moment->time, error))
        return -1;
    return 0;
}

int paper_bracket_entered(struct r3_paper *paper, struct paper_order *entry, const struct r3_decimal *price,
                          const struct r3_decimal *size, const struct r3_decimal *cost,
                          const struct paper_moment *moment, struct r3_error *error) {
    if (!entry->bracket && begin(paper, entry, price, moment, error))
        return -1;

    struct paper_bracket *bracket = entry->bracket;
    bracket->entry = entry->done ? NULL : entry;
    return r3_decimal_add(&bracket->size, &bracket->size, size, error) ||
                   r3_decimal_add(&bracket->bought, &bracket->bought, size, error) ||
                   r3_decimal_add(&bracket->cost, &bracket->cost, cost, error)
               ? -1
               : 0;
}

void paper_bracket_entry_done(struct paper_order *entry) {
    if (entry->bracket)
        entry->bracket->entry = NULL;
}

void paper_bracket_forget(struct paper_order *leg) {
    struct paper_bracket *bracket = leg->bracket;

    if (bracket->stop == leg) {
        /* A stop that was taken away does not come back by trailing. */
        bracket->stop = NULL;
        bracket->trail = bracket->break_even = r3_decimal_absent;
    }
    if (bracket->target == leg)
        bracket->target = NULL;
    if (bracket->time_exit == leg) {
        bracket->time_exit = NULL;
        bracket->expiry = R3_TIME_ABSENT;
    }
}

static int cancel_if_working(struct r3_paper *paper, struct paper_order *order, int64_t time, const char *reason,
                             struct r3_error *error) {
    return order && !order->done ? paper_order_cancel(paper, order, time, reason, error) : 0;
}

static int end_bracket(struct r3_paper *paper, struct paper_market *market, struct paper_bracket *bracket, int64_t time,
                       const char *reason, struct r3_error *error) {
    bracket->ended = market->unswept = true;
    return cancel_if_working(paper, bracket->stop, time, reason, error) ||
                   cancel_if_working(paper, bracket->target, time, reason, error) ||
                   cancel_if_working(paper, bracket->time_exit, time, reason, error) ||
                   cancel_if_working(paper, bracket->entry, time, reason, error)
               ? -1
               : 0;
}

int paper_bracket_left(struct r3_paper *paper, struct paper_order *leg, const struct r3_decimal *size,
                       const struct paper_moment *moment, struct r3_error *error) {
    struct paper_bracket *bracket = leg->bracket;

    if (r3_decimal_subtract(&bracket->size, &bracket->size, size, error))
        return -1;
    if (r3_decimal_sign(&bracket->size) > 0)
        return 0;
    return end_bracket(paper, leg->market, bracket, moment->time, "the other leg filled", error);
}

int paper_position_closed(struct r3_paper *paper, struct paper_market *market, struct paper_session *session,
                          int64_t time, struct r3_error *error) {
    static const char reason[] = "position closed";

    for (size_t i = 0; i < market->bracket_count; i++) {
        struct paper_bracket *bracket = market->brackets[i];
        if (bracket->session == session && !bracket->ended && end_bracket(paper, market, bracket, time, reason, error))
            return -1;
    }
    for (size_t i = 0; i < market->count; i++) {
        struct paper_order *order = market->orders[i];
        /* An entry that is just taking the dust of the other side along is no part of that. */
        bool part_of_it =
            !paper_is_entry(order) || (!r3_decimal_is_zero(&order->filled) && !r3_decimal_is_present(&order->dust));
        if (order->session == session && part_of_it && cancel_if_working(paper, order, time, reason, error))
            return -1;
    }
    return 0;
}

int paper_bracket_retry(struct r3_paper *paper, struct paper_order *stop, int64_t time, struct r3_error *error) {
    struct paper_bracket *bracket = stop->bracket;

    if (paper_order_cancel(paper, stop, time, "the volume was not enough: the rest goes on as a market order", error) ||
        add_leg(&bracket->stop, paper, stop->market, bracket, R3_SL, R3_MARKET, &r3_decimal_absent, time, error))
        return -1;
    bracket->stop->first = stop->market->candles + 1;
    if (cancel_if_working(paper, bracket->target, time, "the stop was triggered", error) ||
        cancel_if_working(paper, bracket->entry, time, "the stop was triggered", error))
        return -1;
    bracket->target = NULL;
    return 0;
}

int paper_bracket_expire(struct r3_paper *paper, struct paper_market *market, const struct r3_candle *candle,
                         struct r3_error *error) {
    struct paper_moment open = { .time = candle->time, .liquidity = R3_TAKER };

    for (size_t i = 0; i < market->bracket_count; i++) {
        struct paper_bracket *bracket = market->brackets[i];
        if (bracket->ended || bracket->expiry == R3_TIME_ABSENT || bracket->expiry > candle->time)
            continue;
        bracket->expiry = R3_TIME_ABSENT;
        if (bracket->stop && bracket->stop->order.kind == R3_MARKET)
            continue; /* a triggered stop is on its way out already */
        if (add_leg(&bracket->time_exit, paper, market, bracket, R3_MO, R3_MARKET, &r3_decimal_absent, candle->time,
                    error) ||
            paper_fill(paper, bracket->time_exit, &candle->open, &open, error))
            return -1;
    }
    return 0;
}

/* The tighter of two levels for a stop behind a position of this side; `a` may be absent. */
static const struct r3_decimal *tighter(const struct r3_decimal *a, const struct r3_decimal *b, enum r3_side side) {
    if (!r3_decimal_is_present(a))
        return b;
    return side == R3_BUY ? r3_decimal_maximum(a, b) : r3_decimal_minimum(a, b);
}

/* Where trailing and break-even want the stop after a close at `close`; absent when they want nothing. */
static int wanted_stop(struct r3_decimal *out, const struct paper_bracket *bracket, const struct paper_market *market,
                       const struct r3_decimal *close, struct r3_error *error) {
    bool buys = bracket->side == R3_BUY;
    struct r3_decimal level, entry, distance;

    *out = r3_decimal_absent;
    if (r3_decimal_is_present(&bracket->trail) && behind(out, close, &bracket->trail, bracket->side, market, error))
        return -1;
    if (!r3_decimal_is_present(&bracket->break_even))
        return 0;
    if (r3_decimal_divide_round(&entry, &bracket->cost, &bracket->bought, R3_DECIMAL_SCALE_MAX,
                                buys ? R3_ROUND_FLOOR : R3_ROUND_CEILING, error) ||
        (buys ? r3_decimal_subtract(&distance, close, &entry, error)
              : r3_decimal_subtract(&distance, &entry, close, error)))
        return -1;
    if (r3_decimal_compare(&distance, &bracket->break_even) < 0)
        return 0;
    if (behind(&level, &entry, &r3_decimal_zero, bracket->side, market, error))
        return -1;
    *out = *tighter(out, &level, bracket->side);
    return 0;
}

bool paper_bracket_moves(const struct paper_bracket *bracket) {
    bool wants = r3_decimal_is_present(&bracket->trail) || r3_decimal_is_present(&bracket->break_even);
    bool triggered = bracket->stop && bracket->stop->order.kind == R3_MARKET; /* it is on its way out already */

    return wants && !triggered && !bracket->ended;
}

int paper_bracket_move(struct r3_paper *paper, struct paper_market *market, int64_t time, struct r3_error *error) {
    for (size_t i = 0; i < market->bracket_count; i++) {
        struct paper_bracket *bracket = market->brackets[i];
        struct r3_decimal level;
        if (!paper_bracket_moves(bracket))
            continue;
        if (wanted_stop(&level, bracket, market, &market->price, error))
            return -1;
        if (!r3_decimal_is_present(&level) || r3_decimal_sign(&level) <= 0)
            continue;
        if (!bracket->stop) {
            if (add_leg(&bracket->stop, paper, market, bracket, R3_SL, R3_STOP, &level, time, error))
                return -1;
            bracket->stop->first = market->candles + 1;
        } else if (tighter(&bracket->stop->order.price, &level, bracket->side) == &level) {
            bracket->stop->order.price = bracket->stop->touch = level;
        }
    }
    return 0;
}
