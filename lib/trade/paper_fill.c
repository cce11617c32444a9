/* The paper exchange: one fill, from the price that a candle offers to the trade in the ledger. */
#include "lib/base/append.h"
#include "lib/base/buffer.h"
#include "lib/trade/paper_internal.h"

/* What is about to be booked. */
struct fill {
    struct r3_decimal price, size, cost, fee;
    const struct r3_decimal *rate;
    bool capped;  /* the candle's volume left something over */
    bool reduced; /* the account did, for good */
};

/* Slippage and half the spread, against the trader; then onto the market's grid, in the same direction. */
static int worsen(struct r3_decimal *price, const struct r3_paper *paper, const struct paper_order *order,
                  struct r3_error *error) {
    const struct r3_decimal *grid = &order->market->rules.price_increment;
    bool buys = order->order.side == R3_BUY;
    enum r3_rounding rounding = buys ? R3_ROUND_CEILING : R3_ROUND_FLOOR;
    struct r3_decimal factor, rounded;

    if (order->order.kind == R3_LIMIT || r3_decimal_is_zero(&paper->worsen))
        return 0;
    if (buys ? r3_decimal_add(&factor, &r3_decimal_one, &paper->worsen, error)
             : r3_decimal_subtract(&factor, &r3_decimal_one, &paper->worsen, error))
        return -1;
    if (r3_decimal_multiply_round(&rounded, price, &factor, R3_DECIMAL_SCALE_MAX, rounding, error) ||
        r3_decimal_round_to(&rounded, &rounded, grid, rounding, error))
        return -1;
    /* A price below one increment would sell for nothing. */
    *price = r3_decimal_is_positive(&rounded) ? rounded : *grid;
    return 0;
}

/* How much of `funds` buys at `price`, on the size's grid. */
static int size_of_funds(struct r3_decimal *out, const struct r3_decimal *funds, const struct r3_decimal *price,
                         const struct paper_market *market, struct r3_error *error) {
    return r3_decimal_divide_round(out, funds, price, R3_DECIMAL_SCALE_MAX, R3_ROUND_FLOOR, error) ||
                   r3_decimal_round_to(out, out, &market->rules.base_increment, R3_ROUND_FLOOR, error)
               ? -1
               : 0;
}

/* What the account can pay for this order, its own reservation included. */
static int budget_of(struct r3_decimal *out, struct r3_paper *paper, const struct paper_order *order,
                     struct r3_error *error) {
    paper_mark(paper, order->session);
    return r3_ledger_available(out, &order->session->ledger, error) || r3_decimal_add(out, out, &order->reserved, error)
               ? -1
               : 0;
}

/* An entry by size is held to what `funds` buy. */
static int reduce_size(struct fill *fill, const struct r3_decimal *funds, const struct paper_market *market,
                       struct r3_error *error) {
    struct r3_decimal most;

    if (size_of_funds(&most, funds, &fill->price, market, error))
        return -1;
    if (r3_decimal_is_less(&most, &fill->size)) {
        fill->size = most;
        fill->reduced = true;
    }
    return 0;
}

/* What an entry wants. One that turned the position is paid from what the exit before it left. */
static int entry_size(struct fill *fill, struct r3_paper *paper, const struct paper_order *order,
                      struct r3_error *error) {
    const struct paper_market *market = order->market;
    struct r3_decimal rest, budget, with_fee;

    if (paper_rest(&rest, order, error))
        return -1;
    fill->size = rest;
    if (order->against) {
        if (budget_of(&budget, paper, order, error) || r3_decimal_add(&with_fee, &r3_decimal_one, fill->rate, error))
            return -1;
        budget = *r3_decimal_maximum(&budget, &r3_decimal_zero);
        if (r3_decimal_divide_round(&budget, &budget, &with_fee, R3_DECIMAL_SCALE_MAX, R3_ROUND_FLOOR, error) ||
            r3_decimal_round_to(&budget, &budget, &market->rules.quote_increment, R3_ROUND_FLOOR, error))
            return -1;
        if (!paper_by_funds(order))
            return reduce_size(fill, &budget, market, error);
        rest = *r3_decimal_minimum(&rest, &budget);
    }
    return paper_by_funds(order) ? size_of_funds(&fill->size, &rest, &fill->price, market, error) : 0;
}

/* Hold the fill to the share of the candle's volume that is left. */
static inline int cap_volume(struct fill *fill, const struct r3_paper *paper, const struct paper_market *market,
                             struct r3_error *error) {
    const struct r3_decimal *share = &paper->options.volume_share;
    struct r3_decimal left;

    if (!r3_decimal_is_present(share))
        return 0;
    if (r3_decimal_multiply_round(&left, &market->volume, share, R3_DECIMAL_SCALE_MAX, R3_ROUND_FLOOR, error) ||
        r3_decimal_subtract(&left, &left, &market->taken, error) ||
        r3_decimal_round_to(&left, &left, &market->rules.base_increment, R3_ROUND_FLOOR, error))
        return -1;
    if (r3_decimal_is_less(&left, &fill->size)) {
        fill->size = left;
        fill->capped = true;
    }
    return 0;
}

/* End an order that this fill leaves without effect. */
static int drop(struct r3_paper *paper, struct paper_order *order, const struct paper_moment *moment,
                const char *reason, struct r3_error *error) {
    if (order->leg)
        paper_bracket_forget(order);
    return paper_order_cancel(paper, order, moment->time, reason, error);
}

/* A stop that was touched is a market order, whatever it got: the rest waits for the next candle's open. */
static int go_on(struct r3_paper *paper, struct paper_order *order, const struct paper_moment *moment,
                 struct r3_error *error) {
    if (order->order.kind != R3_STOP || order->triggered)
        return 0;
    if (order->leg)
        return paper_bracket_retry(paper, order, moment->time, error);
    order->triggered = true;
    order->market->kinds |= paper_order_bit(order);
    order->first = order->market->candles + 1;
    return 0;
}

/* "main-17-ENTRY-1-t1": NULL where it does not fit. */
static inline char *number_trade(char out[R3_ID_SIZE], const struct paper_order *order) {
    const char *end = out + R3_ID_SIZE;
    char *at = out + strlen(order->order.id);

    memcpy(out, order->order.id, R3_ID_SIZE);
    at = r3_append_text(at, end, order->trades == 1 ? "-t1" : "-t"); /* mostly the only one */
    return order->trades == 1 ? at : r3_append_integer(at, end, order->trades);
}

__attribute__((always_inline)) static inline int trade(struct r3_paper *paper, struct paper_order *order,
                                                       enum r3_role role, const struct fill *fill,
                                                       const struct paper_moment *moment, struct r3_error *error) {
    struct r3_record record;
    struct r3_trade *out = &record.trade;

    record.type = R3_TRADE;
    order->trades++;
    if (!number_trade(out->id, order))
        return r3_fail(error, R3_DATA, "order %s: too many trades to number", order->order.id);
    memcpy(out->order, order->order.id, sizeof out->order);
    memcpy(out->session, order->session->name, sizeof out->session);
    memcpy(out->market, order->market->name, sizeof out->market);
    out->time = moment->time;
    out->side = order->order.side;
    out->role = role;
    out->price = fill->price;
    out->size = fill->size;
    out->fee = fill->fee;
    memcpy(out->fee_currency, order->market->rules.quote, sizeof out->fee_currency);
    out->liquidity = moment->liquidity;
    return paper_emit(paper, &record, error);
}

/* Book it and say it. */
__attribute__((always_inline)) static inline int book(struct r3_paper *paper, struct paper_order *order,
                                                      enum r3_role role, const struct fill *fill,
                                                      const struct paper_moment *moment, struct r3_error *error) {
    struct paper_session *session = order->session;
    struct paper_market *market = order->market;
    struct r3_ledger_position *position = paper_position(order);

    if (!position)
        position = r3_ledger_add(&session->ledger, market->name);
    if (r3_ledger_fill_position(&session->ledger, position, order->order.side, &fill->size, &fill->cost, &fill->fee,
                                error) ||
        (r3_decimal_is_present(&paper->options.volume_share) &&
         r3_decimal_add(&market->taken, &market->taken, &fill->size, error)))
        return -1;
    if (!order->trades) { /* mostly the only one */
        order->filled = fill->size;
        order->cost = fill->cost;
        order->fee = fill->fee;
    } else if (r3_decimal_add(&order->filled, &order->filled, &fill->size, error) ||
               r3_decimal_add(&order->cost, &order->cost, &fill->cost, error) ||
               r3_decimal_add(&order->fee, &order->fee, &fill->fee, error))
        return -1;
    session->filled = true;
    paper_changed(paper, session);
    return trade(paper, order, role, fill, moment, error);
}

/* What the order still wants after a fill, and the update. */
static inline int settle(struct r3_paper *paper, struct paper_order *order, const struct fill *fill,
                         const struct paper_moment *moment, struct r3_error *error) {
    if (fill->reduced && !fill->capped)
        return paper_order_cancel(paper, order, moment->time, "insufficient funds for the rest", error);

    bool whole =
        order->leg || paper_by_funds(order) ? !fill->capped : r3_decimal_equal(&order->filled, &order->order.size);
    if (whole) {
        order->done = order->market->unswept = true;
        if (paper_is_entry(order))
            paper_bracket_entry_done(order);
    }
    return paper_reserve(paper, order, error) ||
                   paper_update(paper, order, whole ? R3_EVENT_FILLED : R3_EVENT_PARTIAL, moment->time, "", error)
               ? -1
               : 0;
}

__attribute__((noinline)) static int reckon_any(struct fill *fill, struct r3_error *error) {
    return r3_ledger_cost(&fill->cost, &fill->price, &fill->size, error) ||
                   r3_ledger_fee(&fill->fee, &fill->cost, fill->rate, error)
               ? -1
               : 0;
}

/* Cost and fee as products of 64 bits that are exact, as they mostly are. The cost gets the decimals that the cash has, from the fees
 * before it: so the sums that both go into are of one scale. False: something is wider. */
static inline bool reckon_usual(struct fill *fill, int32_t cash_scale) {
    const struct r3_decimal *price = &fill->price, *size = &fill->size, *rate = fill->rate;
    const int32_t scale = price->scale + size->scale, more = cash_scale - scale;
    int64_t cost, fee;

    if ((price->scale | size->scale | rate->scale) < 0 || scale + rate->scale > R3_LEDGER_SCALE ||
        more > R3_DECIMAL_SCALE_MAX || !r3_decimal_is_narrow(price) || !r3_decimal_is_narrow(size) ||
        !r3_decimal_is_narrow(rate) ||
        __builtin_mul_overflow((int64_t)price->coefficient, (int64_t)size->coefficient, &cost) ||
        __builtin_mul_overflow(cost, (int64_t)rate->coefficient, &fee))
        return false;
    fill->fee = R3_DECIMAL(fee, scale + rate->scale);
    const r3_int128 raised = (r3_int128)cost * (int64_t)r3_powers[more > 0 ? more : 0];
    fill->cost =
        r3_decimal_is_short(raised) ? R3_DECIMAL(raised, more > 0 ? cash_scale : scale) : R3_DECIMAL(cost, scale);
    return true;
}

static inline int reckon(struct fill *fill, const struct paper_order *order, struct r3_error *error) {
    return reckon_usual(fill, order->session->ledger.cash.scale) ? 0 : reckon_any(fill, error);
}

/* What is held against the entry is dust, which no exit can sell: the first part of its fill closes it, as a trade of its own
 * and of the role EXIT. fill->size becomes what is left to open a position with. */
__attribute__((cold)) static int take_dust(struct r3_paper *paper, struct paper_order *order, struct fill *fill,
                                           const struct paper_moment *moment, struct r3_error *error) {
    struct fill part = *fill;
    struct r3_decimal held = paper_held(order);

    part.size = *r3_decimal_minimum(&fill->size, &held);
    if (reckon(&part, order, error) || book(paper, order, R3_EXIT, &part, moment, error) ||
        r3_decimal_subtract(&fill->size, &fill->size, &part.size, error))
        return -1;
    if (paper_is_against(order)) /* the volume was not enough for it */
        return 0;
    if (paper_position_closed(paper, order->market, order->session, moment->time, error))
        return -1;
    order->dust = r3_decimal_absent;
    return reckon(fill, order, error);
}

/* Whether `held` against the entry is what it found as dust, or less. */
static bool is_over_dust(const struct paper_order *entry, const struct r3_ledger_position *held) {
    struct r3_decimal size;

    r3_decimal_absolute(&size, &held->size);
    return r3_decimal_is_present(&entry->dust) && !r3_decimal_is_less(&entry->dust, &size);
}

/* What is left of an entry's funds buys nothing more. */
static int finish_entry(struct r3_paper *paper, struct paper_order *order, const struct paper_moment *moment,
                        struct r3_error *error) {
    order->done = order->market->unswept = true;
    paper_bracket_entry_done(order);
    return paper_reserve(paper, order, error) || paper_update(paper, order, R3_EVENT_FILLED, moment->time, "", error)
               ? -1
               : 0;
}

/* fill->size as the order wants it, `held` being what the session holds against it. 1: it is above 0; 0: the order has ended; -1. */
static inline int size_entry(struct fill *fill, struct r3_paper *paper, struct paper_order *order,
                             const struct r3_ledger_position *held, const struct paper_moment *moment,
                             struct r3_error *error) {
    bool first = r3_decimal_is_zero(&order->filled);

    if (!held)
        order->dust = r3_decimal_absent;
    else if (!is_over_dust(order, held))
        return drop(paper, order, moment, "exit did not fill", error);
    if (entry_size(fill, paper, order, error))
        return -1;
    bool some = r3_decimal_is_positive(&fill->size);
    if (first && (!some || r3_decimal_is_less(&fill->size, &order->market->rules.minimum_size)))
        return drop(paper, order, moment,
                    order->against ? "insufficient funds after the exit" : "the funds buy less than the minimum size",
                    error);
    return some ? 1 : finish_entry(paper, order, moment, error);
}

static inline int size_exit(struct fill *fill, struct r3_paper *paper, struct paper_order *order,
                            const struct r3_ledger_position *held, const struct paper_moment *moment,
                            struct r3_error *error) {
    struct r3_decimal size, rest;

    if (!order->leg && paper_rest(&rest, order, error))
        return -1;
    if (!held)
        return drop(paper, order, moment, "nothing to close", error);
    r3_decimal_absolute(&size, &held->size);
    fill->size = *r3_decimal_minimum(order->leg ? &order->bracket->size : &rest, &size);
    return 1;
}

/* Whether the account pays for the entry; what is held against it is closed by its first part. 1; 0: the order has ended; -1. */
static inline int pay_entry(struct fill *fill, struct r3_paper *paper, struct paper_order *order, bool against,
                            const struct paper_moment *moment, struct r3_error *error) {
    struct r3_decimal budget, need;

    if (budget_of(&budget, paper, order, error) || r3_decimal_add(&need, &fill->cost, &fill->fee, error))
        return -1;
    if (r3_decimal_is_less(&budget, &need))
        return drop(paper, order, moment, "insufficient funds", error);
    return against && take_dust(paper, order, fill, moment, error) ? -1 : 1;
}

int paper_fill(struct r3_paper *paper, struct paper_order *order, const struct r3_decimal *price,
               const struct paper_moment *moment, struct r3_error *error) {
    const struct r3_instrument *rules = &order->market->rules;
    const struct r3_ledger_position *held = paper_opposite(order);
    bool entry = paper_is_entry(order);
    struct fill fill; /* its decimals are set where they are known: to clear them took 20 instructions */

    fill.price = *price;
    fill.rate = moment->liquidity == R3_MAKER ? &rules->maker_fee : &rules->taker_fee;
    fill.capped = fill.reduced = false;
    if (worsen(&fill.price, paper, order, error))
        return -1;
    int more = entry ? size_entry(&fill, paper, order, held, moment, error)
                     : size_exit(&fill, paper, order, held, moment, error);
    if (more <= 0)
        return more;
    if (cap_volume(&fill, paper, order->market, error))
        return -1;
    if (!r3_decimal_is_positive(&fill.size))
        return go_on(paper, order, moment, error);
    if (reckon(&fill, order, error))
        return -1;
    more = entry ? pay_entry(&fill, paper, order, held, moment, error) : 1;
    if (more <= 0)
        return more;
    bool some = r3_decimal_is_positive(&fill.size); /* dust may have taken all of it */
    if ((some && book(paper, order, order->order.role, &fill, moment, error)) ||
        settle(paper, order, &fill, moment, error))
        return -1;
    if (entry && some && paper_wants_bracket(&order->order) &&
        paper_bracket_entered(paper, order, &fill.price, &fill.size, &fill.cost, moment, error))
        return -1;
    if (!entry && r3_decimal_is_zero(&held->size))
        return paper_position_closed(paper, order->market, order->session, moment->time, error);
    if (!entry && order->leg && paper_bracket_left(paper, order, &fill.size, moment, error))
        return -1;
    return order->done ? 0 : go_on(paper, order, moment, error);
}
