#ifndef R3_TRADE_LEDGER_H
#define R3_TRADE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/decimal.h"
#include "lib/base/error.h"
#include "lib/record/record.h"
#include "lib/trade/name.h"

/* The ledger of one session: cash, what is held, what was earned and what fees took, in one quote currency.
 *
 * Cash, cost, proceeds and fees are kept at scale 14, each rounded once, when a fill is booked. Two equations hold after
 * every call, to the last decimal:
 *
 *     cash   = start + realized - fees - sum of cost
 *     equity = start + realized + unrealized - fees        where unrealized = sum of (value - cost)
 *
 * A long position has a positive size and cost. A short one has a negative size, and a negative cost: what its sale
 * brought, which is in the cash. */

enum { R3_LEDGER_SCALE = 14 };

struct r3_ledger_position {
    char market[R3_MARKET_SIZE];
    struct r3_decimal size;     /* base currency; below zero: short */
    struct r3_decimal cost;     /* quote currency, of the size that is open, fees aside; the sign of size */
    struct r3_decimal realized; /* quote currency, fees aside */
    struct r3_decimal price;    /* the last mark; absent before the first */
};

struct r3_ledger {
    struct r3_decimal start, cash, reserved, realized, fees; /* quote currency */
    struct r3_ledger_position *positions;                    /* one a market, in the order of their first use */
    size_t count, capacity;
};

/* `cash` is what the session starts with, at most 14 decimals. Released with r3_ledger_release. */
int r3_ledger_init(struct r3_ledger *ledger, const struct r3_decimal *cash, struct r3_error *error);
void r3_ledger_release(struct r3_ledger *ledger);

/* Behind the last position; NULL where there is none yet, as `positions` is. */
static inline struct r3_ledger_position *r3_ledger_end(const struct r3_ledger *ledger) {
    return ledger->count ? ledger->positions + ledger->count : ledger->positions;
}

/* The market's position, or NULL (the market's name: as in lib/trade/name.h, here and below). */
static inline struct r3_ledger_position *r3_ledger_find(const struct r3_ledger *ledger, const char *market) {
    for (size_t i = 0; i < ledger->count; i++)
        if (r3_same_name(ledger->positions[i].market, market))
            return &ledger->positions[i];
    return NULL;
}
/* Make one for a market that has none. */
struct r3_ledger_position *r3_ledger_add(struct r3_ledger *ledger, const char *market);
/* The market's position, made when it is not there. Borrowed until the next call that makes one. */
static inline struct r3_ledger_position *r3_ledger_position(struct r3_ledger *ledger, const char *market) {
    struct r3_ledger_position *position = r3_ledger_find(ledger, market);
    return position ? position : r3_ledger_add(ledger, market);
}

/* cost = price x size, in quote currency: exact, or rounded half to even at scale 14 where it has more decimals. */
static inline int r3_ledger_cost(struct r3_decimal *out, const struct r3_decimal *price, const struct r3_decimal *size,
                                 struct r3_error *error) {
    return r3_decimal_multiply_round(out, price, size, R3_LEDGER_SCALE, R3_ROUND_HALF_EVEN, error);
}
/* fee = cost x rate, rounded half up at scale 14. */
static inline int r3_ledger_fee(struct r3_decimal *out, const struct r3_decimal *cost, const struct r3_decimal *rate,
                                struct r3_error *error) {
    return r3_decimal_multiply_round(out, cost, rate, R3_LEDGER_SCALE, R3_ROUND_HALF_UP, error);
}

/* Book a fill: `size` (> 0) bought or sold for `cost` in all, with `fee`. It opens, adds to, reduces, closes or turns the
 * market's position. A part that is closed takes its share of the cost with it: cost x (closed / size). Where it fails
 * (more digits than a decimal holds) the ledger is unchanged. _position: for who knows the position, one of
 * this ledger's. */
int r3_ledger_fill_position(struct r3_ledger *ledger, struct r3_ledger_position *position, enum r3_side side,
                            const struct r3_decimal *size, const struct r3_decimal *cost, const struct r3_decimal *fee,
                            struct r3_error *error);
static inline int r3_ledger_fill(struct r3_ledger *ledger, const char *market, enum r3_side side,
                                 const struct r3_decimal *size, const struct r3_decimal *cost,
                                 const struct r3_decimal *fee, struct r3_error *error) {
    return r3_ledger_fill_position(ledger, r3_ledger_position(ledger, market), side, size, cost, fee, error);
}

/* The market's last price, for value and equity. A market that the session does not hold is left out. */
void r3_ledger_mark(struct r3_ledger *ledger, const char *market, const struct r3_decimal *price);

/* Change what open orders reserve by `amount`, which may be negative. */
static inline int r3_ledger_reserve(struct r3_ledger *ledger, const struct r3_decimal *amount, struct r3_error *error) {
    return r3_decimal_add(&ledger->reserved, &ledger->reserved, amount, error);
}

/* size x mark, signed, at scale 14; the cost while there is no mark. */
static inline int r3_ledger_value(struct r3_decimal *out, const struct r3_ledger_position *position,
                                  struct r3_error *error) {
    if (r3_decimal_is_present(&position->price))
        return r3_ledger_cost(out, &position->price, &position->size, error);
    *out = position->cost;
    return 0;
}
/* cash + the value of all positions. */
static inline int r3_ledger_equity(struct r3_decimal *out, const struct r3_ledger *ledger, struct r3_error *error) {
    struct r3_decimal value;

    *out = ledger->cash;
    for (const struct r3_ledger_position *position = ledger->positions, *end = r3_ledger_end(ledger); position != end;
         position++)
        if (!r3_decimal_is_zero(&position->size) &&
            (r3_ledger_value(&value, position, error) || r3_decimal_add(out, out, &value, error)))
            return -1;
    return 0;
}
/* The sum of value - cost. */
int r3_ledger_unrealized(struct r3_decimal *out, const struct r3_ledger *ledger, struct r3_error *error);
/* cash - reserved - twice the value of short positions (what their sale brought, and as much again as margin). It can be
 * below zero when a short position has lost more than there was. */
int r3_ledger_subtract_margin(struct r3_decimal *available, const struct r3_ledger *ledger, struct r3_error *error);
static inline int r3_ledger_available(struct r3_decimal *out, const struct r3_ledger *ledger, struct r3_error *error) {
    *out = ledger->cash;
    if (!r3_decimal_is_zero(&ledger->reserved) && r3_decimal_subtract(out, out, &ledger->reserved, error))
        return -1;
    for (const struct r3_ledger_position *position = ledger->positions, *end = r3_ledger_end(ledger); position != end;
         position++)
        if (r3_decimal_is_negative(&position->size))
            return r3_ledger_subtract_margin(out, ledger, error);
    return 0;
}
/* Whether cash = start + realized - fees - sum of cost. */
bool r3_ledger_balanced(const struct r3_ledger *ledger);

#endif
