#ifndef R3_SWEEP_HISTORY_H
#define R3_SWEEP_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/record/candles.h"
#include "lib/record/record.h"

/* What is asked of few runs and no row holds: the profits of the trades that it closed, in order, for Monte-Carlo (they are those of
 * r3-report, by the same book), and why its first order was rejected. */

struct r3_sweep_history {
    double start;    /* equity before the first candle, quote currency */
    double *profits; /* after fees */
    size_t count;
    char first_rejection[R3_TEXT_SIZE]; /* "": none */
};

void r3_sweep_history_release(struct r3_sweep_history *history);

/* Fills a history from the records ahead of r3-report; of several sessions it follows the first. */
struct r3_sweep_recorder; /* opaque */
struct r3_sweep_recorder *r3_sweep_recorder_new(void);
void r3_sweep_recorder_free(struct r3_sweep_recorder *recorder);
int r3_sweep_recorder_take(struct r3_sweep_recorder *recorder, const struct r3_record *record, struct r3_error *error);
/* Closed candles [from, to) of a block. */
int r3_sweep_recorder_take_candles(struct r3_sweep_recorder *recorder, const struct r3_candles *candles, size_t from,
                                   size_t to, struct r3_error *error);
/* The stream has ended: the history is the caller's. */
void r3_sweep_recorder_finish(struct r3_sweep_recorder *recorder, struct r3_sweep_history *out);

#endif
