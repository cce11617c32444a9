#ifndef R3_SESSION_MARKET_RETENTION_H
#define R3_SESSION_MARKET_RETENTION_H

#include "lib/record/record.h"
#include "lib/store/store.h"

/* How long the candles of a series are kept: so many ms before the close of the newest, which is the largest of `days`, in ms, and of the
 * warm-ups of the sessions on it that are not over. A session whose rules cannot be read: R3_TIME_ABSENT, and the reason in *error, since
 * nobody knows what it needs. `told`: somebody has said for how many days; otherwise it is for as many as r3-market keep was told last, where
 * those are more. Not inside `work`. */
int r3_market_retention(int64_t *span, struct r3_store *store, const char *platform, const char *market,
                        enum r3_timeframe timeframe, int64_t days, bool told, struct r3_error *error);

/* Delete what is older, and note for how long it is kept where that was told, in a transaction of its own. What opens before *cutoff is not kept; it is left as it was where nothing is so
 * old. 1; 0: nothing was deleted, since nobody knows what a session needs, and *error has the reason; -1. Not inside `work`. */
int r3_market_trim(int64_t *cutoff, struct r3_store *store, const char *platform, const char *market,
                   enum r3_timeframe timeframe, int64_t days, bool told, struct r3_error *error);

#endif
