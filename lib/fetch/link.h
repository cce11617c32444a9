#ifndef R3_FETCH_LINK_H
#define R3_FETCH_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/exchange/exchange.h"
#include "lib/stage/stage.h"

/* The way to an exchange: when it may be asked again, what becomes of a question that failed, and what time it is there. Nothing here waits; the
 * caller does, by r3_fetch_link_wait, a little at a time, so that a signal is seen. */

struct r3_fetch_link {
    const struct r3_exchange *exchange;
    struct r3_port *port;
    void *client;
    const char *url; /* borrowed */
    bool shared;     /* what is measured is told to other processes */
    bool patient;    /* it is asked until it answers, however long that takes: --follow */
    int64_t next;    /* monotonic ms: no question before */
    int64_t ahead;   /* of the exchange's clock: ahead of the monotonic one */
    int64_t timed;   /* monotonic ms when that was measured; R3_TIME_ABSENT: never */
    int64_t fixed;   /* R3_NOW; R3_TIME_ABSENT: not set */
    unsigned failures;
    int64_t failing; /* monotonic ms when the first of them was */
    bool told;       /* of an outage */
};

/* The exchange of that name; NULL: there is none. */
const struct r3_exchange *r3_exchange_find(const char *name);

/* Start from zeros. R3_USAGE: its address, R3_<NAME>_URL, is none. R3_CONFIG: R3_NOW. */
int r3_fetch_link_open(struct r3_fetch_link *link, const struct r3_exchange *exchange, struct r3_port *port,
                       struct r3_error *error);
void r3_fetch_link_close(struct r3_fetch_link *link);

/* ms until it may be asked; 0: now. */
int64_t r3_fetch_link_pause(const struct r3_fetch_link *link);
/* Let some time pass, `milliseconds` at most, and no more than a signal may have to wait. 2, as a stage's pull returns it, or -1. */
int r3_fetch_link_wait(struct r3_fetch_link *link, int64_t milliseconds, struct r3_error *error);

/* To be called with what a question returned. 1: it was answered. 0: it was not, and is to be asked again after the pause. -1: that is the
 * end; the text names the exchange. */
int r3_fetch_link_take(struct r3_fetch_link *link, int result, struct r3_error *error);

/* Measure its time. As r3_fetch_link_take. */
int r3_fetch_link_measure(struct r3_fetch_link *link, struct r3_error *error);
/* Know it as others have measured it a short while ago; false: none has. */
bool r3_fetch_link_recall(struct r3_fetch_link *link);
/* Its time, once it was measured or recalled; R3_NOW where that is set, and for a real exchange is in its past. */
int64_t r3_fetch_link_now(const struct r3_fetch_link *link);

#endif
