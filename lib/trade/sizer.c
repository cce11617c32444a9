/* The money manager.
 *
 * An entry's method gives an amount, as quote currency (fee included) or as a size; the limits and what is available cut it;
 * then it is rounded down on the market's increments. An exit is the whole position, rounded down, and no limit looks at it.
 * Intermediate results have scale 14 and are rounded towards the smaller order. */

#include "lib/trade/sizer.h"

#include <stdarg.h>

#include "lib/base/buffer.h"
#include "lib/trade/name.h"

enum { WORK_SCALE = 14 };

struct market {
    char name[R3_MARKET_SIZE];
    struct r3_instrument rules;
    struct r3_decimal with_fee; /* 1 + fee, once it was asked for: 45 instructions of an entry; absent before */
};

struct r3_sizer {
    struct r3_sizer_options options;
    struct market *markets;
    size_t count, capacity;
};

/* An entry while it is being sized. */
struct draft {
    const struct r3_raworder *raw;
    const struct r3_instrument *rules;
    struct r3_decimal price;    /* what one unit costs, as far as is known: the limit, else the reference */
    struct r3_decimal stop;     /* as the exchange will have it, on its increment; absent without one */
    struct r3_decimal with_fee; /* 1 + fee */
    struct r3_decimal value;    /* quote currency without the fee; absent where there is a size */
    struct r3_decimal size;     /* base currency; absent where there is a value */
    char reason[R3_TEXT_SIZE];  /* why it is refused; "" while it is not */
};

static const struct r3_instrument plain_rules = {
    .price_increment = { 1, 8 },
    .base_increment = { 1, 8 },
    .quote_increment = { 1, 8 },
    .minimum_size = { 0, 0 },
    .minimum_funds = { 0, 0 },
    .maker_fee = { 0, -1 },
    .taker_fee = { 0, -1 },
};
static const struct r3_decimal plain_fee = { 1, 3 };

struct r3_sizer *r3_sizer_new(const struct r3_sizer_options *options) {
    struct r3_sizer *sizer = r3_allocate(sizeof *sizer);
    sizer->options = *options;
    return sizer;
}

void r3_sizer_free(struct r3_sizer *sizer) {
    if (!sizer)
        return;
    free(sizer->markets);
    free(sizer);
}

static inline struct market *find(const struct r3_sizer *sizer, const char *name) {
    for (size_t i = 0; i < sizer->count; i++)
        if (r3_same_name(sizer->markets[i].name, name))
            return &sizer->markets[i];
    return NULL;
}

void r3_sizer_instrument(struct r3_sizer *sizer, const struct r3_instrument *instrument) {
    struct market *market = find(sizer, instrument->market);
    if (!market) {
        if (sizer->count == sizer->capacity) {
            sizer->capacity = sizer->capacity ? 2 * sizer->capacity : 4;
            sizer->markets = r3_reallocate(sizer->markets, sizer->capacity * sizeof *sizer->markets);
        }
        market = &sizer->markets[sizer->count++];
        memcpy(market->name, instrument->market, sizeof market->name);
    }
    market->rules = *instrument;
    market->with_fee = r3_decimal_absent;
}

__attribute__((format(printf, 2, 3))) static int refuse(struct draft *draft, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(draft->reason, sizeof draft->reason, format, arguments);
    va_end(arguments);
    return 0;
}

static int multiply_down(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                         struct r3_error *error) {
    return r3_decimal_multiply_round(out, a, b, WORK_SCALE, R3_ROUND_FLOOR, error);
}

static int divide_down(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                       struct r3_error *error) {
    return r3_decimal_divide_round(out, a, b, WORK_SCALE, R3_ROUND_FLOOR, error);
}

/* A budget holds the fee: value = budget / (1 + fee). */
static int set_budget(struct draft *draft, const struct r3_decimal *budget, struct r3_error *error) {
    return divide_down(&draft->value, budget, &draft->with_fee, error);
}

static int set_fraction(struct draft *draft, const struct r3_decimal *fraction, struct r3_error *error) {
    struct r3_decimal budget;
    return multiply_down(&budget, &draft->raw->equity, fraction, error) < 0 ? -1 : set_budget(draft, &budget, error);
}

/* size = equity x fraction / distance */
static int set_by_distance(struct draft *draft, const struct r3_decimal *fraction, const struct r3_decimal *distance,
                           struct r3_error *error) {
    struct r3_decimal risk;
    return multiply_down(&risk, &draft->raw->equity, fraction, error) < 0
               ? -1
               : divide_down(&draft->size, &risk, distance, error);
}

static int set_by_risk(struct draft *draft, const struct r3_decimal *fraction, struct r3_error *error) {
    const struct r3_raworder *raw = draft->raw;
    struct r3_decimal distance = raw->stop_distance;
    if (r3_decimal_is_present(&draft->stop)) {
        const struct r3_decimal *upper = raw->side == R3_BUY ? &draft->price : &draft->stop;
        const struct r3_decimal *lower = raw->side == R3_BUY ? &draft->stop : &draft->price;
        if (r3_decimal_subtract(&distance, upper, lower, error) < 0)
            return -1;
    }
    /* Without a stop a price can fall to 0, and rise without end. */
    if (!r3_decimal_is_present(&distance) && raw->side == R3_SELL)
        return refuse(draft, "no stop: --risk sizes a short position by the distance to it");
    if (!r3_decimal_is_present(&distance))
        distance = draft->price;
    if (!r3_decimal_is_positive(&distance))
        return refuse(draft, "the stop is on the wrong side of the price");
    return set_by_distance(draft, fraction, &distance, error);
}

/* Kelly (1956, Bell System Technical Journal 35, 917-926), for trades with two outcomes: K = W - (1 - W) / R, where W is the
 * share of winning positions and R the average win over the average loss. With counts w and l and averages a and b that is
 * (w a - l b) / ((w + l) a). */
static int set_by_kelly(struct draft *draft, const struct r3_sizer_options *options, struct r3_error *error) {
    const struct r3_raworder *raw = draft->raw;
    struct r3_decimal wins = r3_decimal_from_integer(raw->wins), losses = r3_decimal_from_integer(raw->losses);
    struct r3_decimal count = r3_decimal_from_integer(raw->wins + raw->losses), won, lost, edge, most, kelly;
    if (raw->wins + raw->losses < options->kelly_after || raw->wins + raw->losses == 0)
        return set_fraction(draft, &options->kelly_before, error);
    if (r3_decimal_multiply_round(&won, &wins, &raw->average_win, WORK_SCALE, R3_ROUND_FLOOR, error) < 0 ||
        r3_decimal_multiply_round(&lost, &losses, &raw->average_loss, WORK_SCALE, R3_ROUND_CEILING, error) < 0 ||
        r3_decimal_subtract(&edge, &won, &lost, error) < 0 ||
        r3_decimal_multiply_round(&most, &count, &raw->average_win, WORK_SCALE, R3_ROUND_CEILING, error) < 0)
        return -1;
    if (!r3_decimal_is_positive(&edge))
        return refuse(draft, "Kelly's fraction is not above 0");
    return divide_down(&kelly, &edge, &most, error) < 0 || multiply_down(&kelly, &kelly, &options->amount, error) < 0 ||
                   set_fraction(draft, r3_decimal_minimum(&kelly, &r3_decimal_one), error) < 0
               ? -1
               : 0;
}

static int set_by_method(struct draft *draft, const struct r3_sizer_options *options, struct r3_error *error) {
    switch (options->method) {
    case R3_SIZE_FRACTION:
        return set_fraction(draft, &options->amount, error);
    case R3_SIZE_QUOTE:
        return set_budget(draft, &options->amount, error);
    case R3_SIZE_BASE:
        draft->size = options->amount;
        return 0;
    case R3_SIZE_RISK:
        return set_by_risk(draft, &options->amount, error);
    case R3_SIZE_VOLATILITY:
        if (!r3_decimal_is_present(&draft->raw->volatility) || !r3_decimal_is_positive(&draft->raw->volatility))
            return refuse(draft, "no volatility: --volatility sizes by it");
        return set_by_distance(draft, &options->amount, &draft->raw->volatility, error);
    case R3_SIZE_KELLY:
        return set_by_kelly(draft, options, error);
    }
    return r3_fail(error, R3_BUG, "sizer: method %d", (int)options->method);
}

/* Cut the order to `most`, quote currency without the fee. */
static int cut(struct draft *draft, const struct r3_decimal *most, struct r3_error *error) {
    if (r3_decimal_is_present(&draft->value)) {
        draft->value = *r3_decimal_minimum(&draft->value, most);
        return 0;
    }
    struct r3_decimal size;
    if (divide_down(&size, most, &draft->price, error) < 0)
        return -1;
    draft->size = *r3_decimal_minimum(&draft->size, &size);
    return 0;
}

/* Whether nothing is to be cut, seen by products instead of two divisions, which take 390 instructions. Both say the same, as the value
 * has no more decimals than a quotient: value <= floor(available / with_fee) where value x with_fee <= available. */
static bool is_paid_for(const struct draft *draft) {
    struct r3_error error;
    struct r3_decimal value = draft->value, need;
    if (!r3_decimal_is_present(&value) && r3_decimal_multiply(&value, &draft->size, &draft->price, &error) < 0)
        return false;
    return value.scale <= WORK_SCALE && r3_decimal_multiply(&need, &value, &draft->with_fee, &error) == 0 &&
           !r3_decimal_is_less(&draft->raw->available, &need);
}

/* Cut the order to what is available. A market order by size that this cuts goes on by value: what the reference price just
 * paid for, the next open may not, and an order by funds is always paid for. */
static int cut_to_available(struct draft *draft, struct r3_error *error) {
    struct r3_decimal most, size = draft->size;
    if (!r3_decimal_is_positive(&draft->raw->available))
        return refuse(draft, "nothing is available");
    if (is_paid_for(draft))
        return 0;
    if (divide_down(&most, &draft->raw->available, &draft->with_fee, error) < 0 || cut(draft, &most, error) < 0)
        return -1;
    if (draft->raw->kind == R3_MARKET && r3_decimal_is_present(&size) && r3_decimal_is_less(&draft->size, &size)) {
        draft->size = r3_decimal_absent;
        draft->value = most;
    }
    return 0;
}

static int check_daily_loss(struct draft *draft, const struct r3_decimal *limit, struct r3_error *error) {
    const struct r3_raworder *raw = draft->raw;
    struct r3_decimal start, loss, most;
    if (!r3_decimal_is_present(limit))
        return 0;
    r3_decimal_negate(&loss, &raw->day_pnl);
    if (r3_decimal_subtract(&start, &raw->equity, &raw->day_pnl, error) < 0 ||
        multiply_down(&most, &start, limit, error) < 0)
        return -1;
    if (!r3_decimal_is_positive(&loss) || r3_decimal_is_less(&loss, &most))
        return 0;
    char lost[R3_DECIMAL_TEXT_SIZE], allowed[R3_DECIMAL_TEXT_SIZE];
    r3_decimal_format(lost, &loss);
    r3_decimal_format(allowed, &most);
    return refuse(draft, "daily loss: %s lost today, %s allowed", lost, allowed);
}

/* The exposure is what was filled. What is not available counts too: that is the value of what is held, and what entries that are on their
 * way may still take, as when several markets signal at the same close. It is less than the exposure where r3-order last
 * knew other prices. */
static int cut_to_exposure(struct draft *draft, const struct r3_decimal *limit, struct r3_error *error) {
    const struct r3_raworder *raw = draft->raw;
    struct r3_decimal room, taken;
    if (!r3_decimal_is_present(limit))
        return 0;
    if (multiply_down(&room, &raw->equity, limit, error) < 0 ||
        r3_decimal_subtract(&taken, &raw->equity, &raw->available, error) < 0 ||
        r3_decimal_subtract(&room, &room, r3_decimal_maximum(&raw->exposure, &taken), error) < 0)
        return -1;
    if (!r3_decimal_is_positive(&room))
        return refuse(draft, "exposure: the limit is reached");
    return cut(draft, &room, error);
}

static int cut_to_limits(struct draft *draft, const struct r3_sizer_options *options, struct r3_error *error) {
    if (r3_decimal_is_present(&options->max_order) && cut(draft, &options->max_order, error) < 0)
        return -1;
    if (r3_decimal_is_present(&options->max_position) && cut(draft, &options->max_position, error) < 0)
        return -1;
    if (cut_to_exposure(draft, &options->max_exposure, error) < 0)
        return -1;
    return draft->reason[0] ? 0 : cut_to_available(draft, error);
}

static int refuse_small(struct draft *draft, const char *what, const struct r3_decimal *have,
                        const struct r3_decimal *minimum) {
    char have_text[R3_DECIMAL_TEXT_SIZE], minimum_text[R3_DECIMAL_TEXT_SIZE];
    r3_decimal_format(have_text, have);
    r3_decimal_format(minimum_text, minimum);
    return refuse(draft, "%s %s is below the minimum %s", what, have_text, minimum_text);
}

/* The amount on the market's increments: a market order by funds where it is a value, so that the size follows from the price
 * of the fill and is always paid for; else by size. */
static int finish_entry(struct draft *draft, struct r3_order *order, struct r3_error *error) {
    const struct r3_instrument *rules = draft->rules;
    if (r3_decimal_is_present(&draft->value) && draft->raw->kind == R3_MARKET) {
        if (r3_decimal_round_to(&order->funds, &draft->value, &rules->quote_increment, R3_ROUND_FLOOR, error) < 0)
            return -1;
        if (!r3_decimal_is_positive(&order->funds))
            return refuse(draft, "the amount rounds to nothing");
        if (r3_decimal_is_less(&order->funds, &rules->minimum_funds))
            return refuse_small(draft, "funds", &order->funds, &rules->minimum_funds);
        return 0;
    }
    struct r3_decimal size = draft->size, value;
    if (r3_decimal_is_present(&draft->value) && divide_down(&size, &draft->value, &draft->price, error) < 0)
        return -1;
    if (r3_decimal_round_to(&order->size, &size, &rules->base_increment, R3_ROUND_FLOOR, error) < 0)
        return -1;
    if (!r3_decimal_is_positive(&order->size))
        return refuse(draft, "the amount rounds to nothing");
    if (r3_decimal_is_less(&order->size, &rules->minimum_size))
        return refuse_small(draft, "size", &order->size, &rules->minimum_size);
    if (r3_decimal_is_zero(&rules->minimum_funds)) /* a price is above 0 */
        return 0;
    if (multiply_down(&value, &order->size, &draft->price, error) < 0)
        return -1;
    if (r3_decimal_is_less(&value, &rules->minimum_funds))
        return refuse_small(draft, "funds", &value, &rules->minimum_funds);
    return 0;
}

/* A price on its increment; absent stays absent. */
static int round_price(struct r3_decimal *out, const struct r3_decimal *price, const struct r3_instrument *rules,
                       enum r3_rounding rounding, struct r3_error *error) {
    *out = *price;
    return r3_decimal_is_present(price) ? r3_decimal_round_to(out, price, &rules->price_increment, rounding, error) : 0;
}

/* The same, but at least one increment. */
static int round_distance(struct r3_decimal *out, const struct r3_decimal *distance, const struct r3_instrument *rules,
                          struct r3_error *error) {
    if (round_price(out, distance, rules, R3_ROUND_HALF_EVEN, error) < 0)
        return -1;
    if (r3_decimal_is_present(out) && r3_decimal_is_zero(out))
        *out = rules->price_increment;
    return 0;
}

/* A limit never becomes worse by rounding: a buy's goes down, a sale's up. */
static int round_prices(struct r3_order *order, const struct r3_raworder *raw, const struct r3_instrument *rules,
                        struct r3_error *error) {
    enum r3_rounding rounding = raw->side == R3_BUY ? R3_ROUND_FLOOR : R3_ROUND_CEILING;
    return round_price(&order->price, &raw->price, rules, rounding, error) < 0 ||
                   round_price(&order->stop, &raw->stop, rules, R3_ROUND_HALF_EVEN, error) < 0 ||
                   round_price(&order->target, &raw->target, rules, R3_ROUND_HALF_EVEN, error) < 0 ||
                   round_distance(&order->trail, &raw->trail, rules, error) < 0 ||
                   round_distance(&order->break_even, &raw->break_even, rules, error) < 0
               ? -1
               : 0;
}

/* Most orders are market orders without stop and target: to see that takes 20 instructions, and to go through all five 70. */
static inline int set_prices(struct r3_order *order, const struct r3_raworder *raw, const struct r3_instrument *rules,
                             struct r3_error *error) {
    bool any = (raw->price.scale & raw->stop.scale & raw->target.scale & raw->trail.scale & raw->break_even.scale) >= 0;
    if (any)
        return round_prices(order, raw, rules, error);
    order->price = order->stop = order->target = order->trail = order->break_even = r3_decimal_absent;
    return 0;
}

/* What a unit of value costs with the fee. `market`: NULL, or the one whose rules these are. */
static int set_with_fee(struct draft *draft, const struct r3_sizer_options *options, struct market *market,
                        struct r3_error *error) {
    const struct r3_decimal *fee = &options->fee;
    if (market && r3_decimal_is_present(&market->with_fee)) {
        draft->with_fee = market->with_fee;
        return 0;
    }
    if (!r3_decimal_is_present(fee))
        fee = r3_decimal_is_present(&draft->rules->taker_fee) ? &draft->rules->taker_fee : &plain_fee;
    if (r3_decimal_add(&draft->with_fee, &r3_decimal_one, r3_decimal_maximum(fee, &r3_decimal_zero), error) < 0)
        return -1;
    if (market)
        market->with_fee = draft->with_fee;
    return 0;
}

static int size_entry(const struct r3_sizer_options *options, struct market *market, struct draft *draft,
                      struct r3_order *order, struct r3_error *error) {
    if (set_with_fee(draft, options, market, error) < 0 || set_prices(order, draft->raw, draft->rules, error) < 0)
        return -1;
    draft->price = r3_decimal_is_present(&order->price) ? order->price : draft->raw->reference;
    draft->stop = order->stop;
    if (!r3_decimal_is_positive(&draft->price))
        return refuse(draft, "the limit price rounds to nothing");
    if (!r3_decimal_is_positive(&draft->raw->equity))
        return refuse(draft, "no equity is left");
    if (check_daily_loss(draft, &options->max_daily_loss, error) < 0)
        return -1;
    if (draft->reason[0])
        return 0;
    if (set_by_method(draft, options, error) < 0)
        return -1;
    if (draft->reason[0])
        return 0;
    if (cut_to_limits(draft, options, error) < 0)
        return -1;
    return draft->reason[0] ? 0 : finish_entry(draft, order, error);
}

/* The whole position, rounded down. What the market does not trade in so small an amount is dust. */
static int size_exit(struct draft *draft, struct r3_order *order, struct r3_error *error) {
    const struct r3_instrument *rules = draft->rules;
    char minimum[R3_DECIMAL_TEXT_SIZE];
    struct r3_decimal value;
    if (!r3_decimal_is_present(&draft->raw->size))
        return r3_fail(error, R3_DATA, "raworder: an order of role %s needs a size", r3_role_name(draft->raw->role));
    if (set_prices(order, draft->raw, rules, error) < 0 ||
        r3_decimal_round_to(&order->size, &draft->raw->size, &rules->base_increment, R3_ROUND_FLOOR, error) < 0)
        return -1;
    if (r3_decimal_is_zero(&order->size)) {
        r3_decimal_format(minimum, &rules->base_increment);
        return refuse(draft, "dust: below the size increment %s", minimum);
    }
    if (r3_decimal_is_less(&order->size, &rules->minimum_size)) {
        r3_decimal_format(minimum, &rules->minimum_size);
        return refuse(draft, "dust: below the minimum size %s", minimum);
    }
    if (r3_decimal_is_zero(&rules->minimum_funds) && !r3_decimal_is_negative(&draft->raw->reference))
        return 0;
    if (multiply_down(&value, &order->size, &draft->raw->reference, error) < 0)
        return -1;
    if (r3_decimal_is_less(&value, &rules->minimum_funds)) {
        r3_decimal_format(minimum, &rules->minimum_funds);
        return refuse(draft, "dust: below the minimum funds %s", minimum);
    }
    return 0;
}

static void begin_order(struct r3_record *out, const struct r3_raworder *raw) {
    struct r3_order *order = &out->order;
    out->type = R3_ORDER; /* set_prices sets the rest, so that r3_record_init would do it twice */
    memcpy(order->id, raw->id, sizeof order->id);
    memcpy(order->session, raw->session, sizeof order->session);
    memcpy(order->signal, raw->signal, sizeof order->signal);
    memcpy(order->platform, raw->platform, sizeof order->platform);
    memcpy(order->market, raw->market, sizeof order->market);
    order->time = raw->time;
    order->role = raw->role;
    order->side = raw->side;
    order->kind = raw->kind;
    order->fill = raw->fill;
    order->expiry = raw->expiry;
    order->size = order->funds = r3_decimal_absent;
}

static void make_refusal(struct r3_record *out, const struct r3_raworder *raw, const char *reason) {
    struct r3_update *update = &out->update;
    r3_record_init(out, R3_UPDATE);
    memcpy(update->order, raw->id, sizeof update->order);
    memcpy(update->session, raw->session, sizeof update->session);
    update->time = raw->time;
    update->status = R3_CANCELED;
    update->execution = R3_NOT_EXECUTED;
    update->event = R3_EVENT_REJECTED;
    update->filled = update->cost = update->fee = r3_decimal_zero;
    r3_copy_text(update->reason, sizeof update->reason, reason, strlen(reason));
}

int r3_sizer_size(struct r3_sizer *sizer, struct r3_record *out, const struct r3_raworder *raw,
                  struct r3_error *error) {
    struct market *market = find(sizer, raw->market);
    struct draft draft;
    draft.raw = raw;
    draft.rules = market ? &market->rules : &plain_rules;
    draft.value = draft.size = r3_decimal_absent;
    draft.reason[0] = '\0'; /* to clear all of it took 67 instructions */
    begin_order(out, raw);
    int failed = raw->role == R3_ENTRY ? size_entry(&sizer->options, market, &draft, &out->order, error)
                                       : size_exit(&draft, &out->order, error);
    if (failed < 0)
        return -1;
    if (!draft.reason[0])
        return 1;
    make_refusal(out, raw, draft.reason);
    return 0;
}
