#ifndef R3_FETCH_KEPT_H
#define R3_FETCH_KEPT_H

#include "lib/fetch/series.h"
#include "lib/fetch/turn.h"

/* --store: candles and rules of markets that the store has need not be asked for, and those that are fetched are left there, as r3-market keep
 * would. Nothing here fails: where the store does, that is said once, and the exchange is asked as if there were none. */

struct r3_fetch_kept;

/* The store of R3_DB. `market`: the only one that is wanted, so that those who want the same take turns; NULL: there are several. New; freed
 * with r3_fetch_kept_close. */
struct r3_fetch_kept *r3_fetch_kept_open(const struct r3_exchange *exchange, const char *market, struct r3_port *port);
void r3_fetch_kept_close(struct r3_fetch_kept *kept); /* accepts NULL */

/* Its rules, where they were told within the hour: whether there are. Without fees. */
bool r3_fetch_kept_instrument(struct r3_fetch_kept *kept, const char *market, struct r3_instrument *out);
void r3_fetch_kept_set_instrument(struct r3_fetch_kept *kept, const struct r3_instrument *instrument);

/* Put what the store has of it into a series that wants something, and gave all that it had: whether that is any. */
bool r3_fetch_kept_read(struct r3_fetch_kept *kept, struct r3_fetch_series *series);
/* Keep the page that the exchange behind `link` gave. Where the store has another candle, that one takes its place. */
void r3_fetch_kept_write(struct r3_fetch_kept *kept, struct r3_fetch_series *series, const struct r3_fetch_link *link);

/* Whose turn it is to ask the exchange. After it came, what others were told is to be read first. */
struct r3_fetch_turn *r3_fetch_kept_turn(struct r3_fetch_kept *kept);

#endif
