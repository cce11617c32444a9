#ifndef R3_TRADE_SIZER_H
#define R3_TRADE_SIZER_H

#include <stdint.h>

#include "lib/base/decimal.h"
#include "lib/base/error.h"
#include "lib/record/record.h"

/* The money manager: a raw order in, an order with its size out, or the reason why there is none.
 *
 * It keeps nothing of a session: all figures come with the raw order. It remembers the markets' instruments. r3-size(1) states
 * every formula and rounding. */

enum r3_sizer_method {
    R3_SIZE_FRACTION,   /* of the equity, in quote currency */
    R3_SIZE_QUOTE,      /* an amount of quote currency */
    R3_SIZE_BASE,       /* a size in base currency */
    R3_SIZE_RISK,       /* the fraction of the equity that is lost at the stop */
    R3_SIZE_VOLATILITY, /* the fraction of the equity that one volatility moves */
    R3_SIZE_KELLY       /* this fraction of Kelly's, from the session's record */
};

struct r3_sizer_options {
    enum r3_sizer_method method;
    struct r3_decimal amount;         /* what the method takes, > 0 */
    int64_t kelly_after;              /* closed positions before Kelly's fraction is trusted */
    struct r3_decimal kelly_before;   /* the fraction of the equity until then */
    struct r3_decimal fee;            /* taker fee, a fraction; absent: the instrument's, else 0.001 */
    struct r3_decimal max_order;      /* quote currency; absent: no limit, like those below */
    struct r3_decimal max_position;   /* quote currency */
    struct r3_decimal max_exposure;   /* fraction of the equity */
    struct r3_decimal max_daily_loss; /* fraction of the equity at the day's start */
};

struct r3_sizer;

/* New; freed with r3_sizer_free, which accepts NULL. */
struct r3_sizer *r3_sizer_new(const struct r3_sizer_options *options);
void r3_sizer_free(struct r3_sizer *sizer);

/* Remember a market's increments, minimums and fee. A market without one has increments of 0.00000001 and no minimum. */
void r3_sizer_instrument(struct r3_sizer *sizer, const struct r3_instrument *instrument);

/* 1: *out is the order. 0: it is refused, and *out is the update that says so. -1: R3_DATA, a raw order that breaks the rules
 * (an exit without size) or a number that does not fit. */
int r3_sizer_size(struct r3_sizer *sizer, struct r3_record *out, const struct r3_raworder *raw, struct r3_error *error);

#endif
