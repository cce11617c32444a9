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

/* The market's position, made when it is not there (its name: as in lib/trade/name.h, here and below). Borrowed until the next call that makes one. */
struct r3_ledger_position *r3_ledger_position(struct r3_ledger *ledger, const char *market);
/* The same, or NULL. */
const struct r3_ledger_position *r3_ledger_find(const struct r3_ledger *ledger, const char *market);

/* cost = price x size, in quote currency: exact, or rounded half to even at scale 14 where it has more decimals. */
int r3_ledger_cost(struct r3_decimal *out, const struct r3_decimal *price, const struct r3_decimal *size,
                   struct r3_error *error);
/* fee = cost x rate, rounded half up at scale 14. */
int r3_ledger_fee(struct r3_decimal *out, const struct r3_decimal *cost, const struct r3_decimal *rate,
                  struct r3_error *error);

/* Book a fill: `size` (> 0) bought or sold for `cost` in all, with `fee`. It opens, adds to, reduces, closes or turns the
 * market's position. A part that is closed takes its share of the cost with it: cost x (closed / size). Where it fails
 * (more digits than a decimal holds) the ledger is unchanged. */
int r3_ledger_fill(struct r3_ledger *ledger, const char *market, enum r3_side side, const struct r3_decimal *size,
                   const struct r3_decimal *cost, const struct r3_decimal *fee, struct r3_error *error);

/* The market's last price, for value and equity. A market that the session does not hold is left out. */
void r3_ledger_mark(struct r3_ledger *ledger, const char *market, const struct r3_decimal *price);

/* Change what open orders reserve by `amount`, which may be negative. */
int r3_ledger_reserve(struct r3_ledger *ledger, const struct r3_decimal *amount, struct r3_error *error);

/* size x mark, signed, at scale 14; the cost while there is no mark. */
int r3_ledger_value(struct r3_decimal *out, const struct r3_ledger_position *position, struct r3_error *error);
/* cash + the value of all positions. */
int r3_ledger_equity(struct r3_decimal *out, const struct r3_ledger *ledger, struct r3_error *error);
/* The sum of value - cost. */
int r3_ledger_unrealized(struct r3_decimal *out, const struct r3_ledger *ledger, struct r3_error *error);
/* cash - reserved - twice the value of short positions (what their sale brought, and as much again as margin). It can be
 * below zero when a short position has lost more than there was. */
int r3_ledger_available(struct r3_decimal *out, const struct r3_ledger *ledger, struct r3_error *error);
/* Whether cash = start + realized - fees - sum of cost. */
bool r3_ledger_balanced(const struct r3_ledger *ledger);

#endif
