#ifndef R3_TRADE_TRACKER_H
#define R3_TRADE_TRACKER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/decimal.h"
#include "lib/base/error.h"
#include "lib/record/candles.h"
#include "lib/record/record.h"

/* The position tracker: signals and market data in, raw orders, cancels, positions and notices out.
 *
 * It follows one position a (session, market) through FLAT, ENTERING, OPEN and EXITING by the table in tracker.c. What was
 * filled it knows from trade records alone, and those arrive only while it asks for them: inside `sync`. */

struct r3_tracker_options {
    bool allow_short;  /* otherwise SHORT means FLAT */
    bool protect;      /* watch stop, target and time here (else they travel with the entry to the exchange) */
    bool close_at_end; /* leave at the last close when the stream ends */
    struct r3_decimal stop_loss, take_profit, trailing_stop, break_even; /* fractions of the reference; absent: none */
    struct r3_decimal
        limit;             /* enter with a limit order this fraction better than the reference; absent: market orders */
    int64_t limit_candles; /* cancel an unfilled limit entry after so many candles, > 0 */
    int64_t max_duration;  /* ms from the signal to the time exit; 0: none */
    int64_t every;         /* ms between position records; 0: none */

    /* Protections that block entries (lib/trade/tracker_guard.c); 0, and fractions that are not above 0: none. */
    int64_t cooldown;                  /* ms behind the close of a position, in its market */
    int64_t stop_guard;                /* so many stops that lost within guard_window */
    struct r3_decimal drawdown_guard;  /* closed results fell by more than this fraction within guard_window */
    int64_t guard_window, guard_pause; /* ms */
    /* End conditions of a session (lib/trade/tracker_end.c); likewise. */
    int64_t end_at;                       /* market time */
    struct r3_decimal end_loss, end_gain; /* fractions of the first account's equity */
    struct r3_decimal end_drawdown;       /* fraction of the highest equity */
    int64_t end_losing_trades;            /* closed positions that lost, in all */
};

/* Where records go, and how fills are fetched: sync returns after every record that was kept for the tracker has gone through
 * r3_tracker_update. */
struct r3_tracker_outlet {
    int (*emit)(void *context, const struct r3_record *record, struct r3_error *error);
    int (*sync)(void *context, struct r3_error *error);
    void *context;
};

struct r3_tracker;

/* New; freed with r3_tracker_free, which accepts NULL. */
struct r3_tracker *r3_tracker_new(const struct r3_tracker_options *options, const struct r3_tracker_outlet *outlet);
void r3_tracker_free(struct r3_tracker *tracker);

/* One record of the stream. Errors: of emit and sync; R3_PROTOCOL where no account came back for a session that trades;
 * R3_DATA where a number or an order's id does not fit. */
int r3_tracker_step(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error);

/* Candles [from, to) of a block in place of as many steps. *at is set to a candle's index before it causes a call of the outlet. */
int r3_tracker_candles(struct r3_tracker *tracker, const struct r3_candles *candles, size_t from, size_t to, size_t *at,
                       struct r3_error *error);

/* One record that came back: account, update or trade; others are left alone. It changes what is known and emits nothing: the
 * tracker acts on it when sync returns. */
int r3_tracker_update(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error);

#endif
