#ifndef R3_SESSION_LATE_H
#define R3_SESSION_LATE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/record/record.h"
#include "lib/record/timeframe.h"
#include "lib/store/store.h"

/* Candles that come too late: where the finest candles of a session's stream lack some, and later ones were seen, those are not used any
 * more, and somebody should know. What is missing is remembered from one run to the next as a state of this program, in the stream
 * as those of the others; only newer gaps are, and a run begins to read where the oldest of them began. */

enum {
    R3_LATE_GAPS = 16,
    R3_LATE_CANDLES = 100 /* a gap is remembered while not so many candles have come behind it */
};

struct r3_late {
    enum r3_timeframe timeframe; /* the finest so far; R3_TIMEFRAME_NONE: none came */
    int64_t seen, expected;      /* closes: of the runs before; of the last candle. R3_TIME_ABSENT: none */
    struct r3_late_gap {
        int64_t from, to;
    } gaps[R3_LATE_GAPS]; /* in order of time, oldest first */
    size_t count;
    bool stored;         /* the store has a state that this one replaces */
    int64_t late, first; /* how many came too late, and the open of the first */
};

/* Begin a run. */
void r3_late_begin(struct r3_late *late, int64_t seen);
/* Whether a line of the store is a state of this program, which is then taken. 1; 0; -1, R3_DATA. */
int r3_late_take(struct r3_late *late, struct r3_decoder *decoder, const char *line, struct r3_error *error);
/* Each candle of the stream, those behind `seen` too, in its order. */
void r3_late_look(struct r3_late *late, const struct r3_candle *candle);
/* The records at the end: a notice where some came too late, and the state. now: market time. */
int r3_late_put(struct r3_late *late, const char *session, int64_t now,
                int (*put)(void *context, const struct r3_record *record, struct r3_error *error), void *context,
                struct r3_error *error);

/* Inside `work`: where the oldest gap of the session begins; R3_TIME_ABSENT: it has none. */
int r3_late_from(int64_t *from, struct r3_store *store, const char *session, struct r3_error *error);

#endif
