#ifndef R3_SWEEP_HISTORY_H
#define R3_SWEEP_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/record/candles.h"
#include "lib/record/record.h"

/* What one run went through: its equity at each bar, and the trades that it closed, for joining runs and for Monte-Carlo. The
 * figures are those of r3-report, by the same book. */

struct r3_sweep_bar {
    int64_t time;  /* of the open, ms */
    double equity; /* at its close, quote currency */
};

struct r3_sweep_trade {
    int64_t entry_time, exit_time; /* of the first and the last fill */
    double profit;                 /* after fees, quote currency */
    double change;                 /* the profit over what the entry cost */
};

struct r3_sweep_history {
    double start; /* equity before the first bar */
    struct r3_sweep_bar *bars;
    size_t bar_count;
    struct r3_sweep_trade *trades; /* in the order in which they were closed */
    size_t trade_count;
};

void r3_sweep_history_release(struct r3_sweep_history *history);

/* Fills a history from the records ahead of r3-report; of several sessions it follows the first. */
struct r3_sweep_recorder; /* opaque */
/* Candles that open before `from` are a warm-up, in which nothing is traded; R3_TIME_ABSENT: none. */
struct r3_sweep_recorder *r3_sweep_recorder_new(int64_t from);
void r3_sweep_recorder_free(struct r3_sweep_recorder *recorder);
int r3_sweep_recorder_take(struct r3_sweep_recorder *recorder, const struct r3_record *record, struct r3_error *error);
/* Closed candles [from, to) of a block. */
int r3_sweep_recorder_take_candles(struct r3_sweep_recorder *recorder, const struct r3_candles *candles, size_t from,
                                   size_t to, struct r3_error *error);
/* The stream has ended: the history is the caller's. */
void r3_sweep_recorder_finish(struct r3_sweep_recorder *recorder, struct r3_sweep_history *out);

#endif
