#ifndef R3_FETCH_FETCH_PRIVATE_H
#define R3_FETCH_FETCH_PRIVATE_H

#include "lib/fetch/fetch.h"
#include "lib/fetch/kept.h"
#include "lib/fetch/near.h"
#include "lib/fetch/plan.h"
#include "lib/fetch/resume.h"

/* The state of r3-fetch, for the files that it is made of: head.c until the first candle, fetch.c from then on. */

enum {
    R3_FETCH_BATCH = 1000,
    R3_FETCH_FLUSH_FIRST = 2 /* what pull returns when the next call may have to wait */
};

enum r3_fetch_phase { STORE, MEASURE, INSTRUMENTS, NEAR, HEAD, OLD, RUN, LAST_PRICES, OVER };

struct r3_fetch {
    struct r3_port *port;
    const struct r3_arguments *arguments;
    struct r3_fetch_plan plan;
    struct r3_fetch_link link;
    struct r3_fetch_kept *kept; /* NULL: without --store */
    bool looked;                /* into the store, since its turn came */
    enum r3_fetch_phase phase;
    struct r3_instrument *instruments; /* one a market */
    size_t asked;                      /* markets of which there is an instrument, or a price in this round */
    struct r3_near near;
    struct r3_error refusal; /* what the exchange said of a market that may not exist */
    struct r3_fetch_resume *resume;
    int64_t last;   /* close of the last candle, or time of the last price, that was given; R3_TIME_ABSENT: none */
    int64_t prices; /* monotonic ms when they are due; R3_TIME_ABSENT: not wanted */
    uint64_t written, late;
    bool moved; /* candles were asked for since its time was measured */
};

static inline int r3_fetch_emit(struct r3_fetch *fetch, const struct r3_record *record, struct r3_error *error) {
    fetch->written++;
    return fetch->port->emit(fetch->port, record, error);
}

/* Its turn to ask the exchange, where there are turns: 1; 0: not yet, and a moment has passed; -1. */
int r3_fetch_await_turn(struct r3_fetch *fetch, struct r3_error *error);
void r3_fetch_end_turn(struct r3_fetch *fetch);

/* stream and instrument records. */
int r3_fetch_emit_head(struct r3_fetch *fetch, struct r3_error *error);
/* What a pull does in the phases MEASURE to OLD. */
int r3_fetch_pull_head(struct r3_fetch *fetch, struct r3_error *error);
/* Where each series ends, by the time that it is. */
void r3_fetch_limit_all(struct r3_fetch *fetch);

#endif
