#ifndef R3_LIVE_CHECK_H
#define R3_LIVE_CHECK_H

#include <stdbool.h>

#include "lib/kucoin/kucoin.h"
#include "lib/record/record.h"

/* What is checked before an order is sent. What the exchange would refuse anyway is refused here in the same words for every
 * market; what the exchange cannot know, the limits of a session, is known only here. */

/* What is known of the market and the account; a decimal that is absent is not known, and then not checked. */
struct r3_live_facts {
    const struct r3_kucoin_symbol *symbol; /* NULL: not known; exits alone may do without */
    struct r3_decimal price;               /* the last one */
    struct r3_decimal taker_fee;           /* a fraction */
    struct r3_decimal quote;               /* available on the account */
    int64_t active;                        /* orders that work in the market; -1: not known */
    struct r3_decimal max_order;           /* --max-order */
    struct r3_decimal cash;                /* of the session's own */
    const char *session_state;             /* "ACTIVE" …: the others send no entries */
};

enum { R3_LIVE_ACTIVE_MAX = 200 }; /* orders a market, docs-new "order limits" */

/* What a purchase comes to in quote currency, by the market's last price where it has none of its own; absent where that is not known either.
 * R3_DATA: no decimal holds it. */
int r3_live_value(struct r3_decimal *out, const struct r3_order *order, const struct r3_decimal *last,
                  struct r3_error *error);

/* Whether the order may be sent; if not, why. Exits are held against what the market's rules make impossible alone. */
bool r3_live_check(char reason[R3_TEXT_SIZE], const struct r3_order *order, const struct r3_live_facts *facts);

#endif
