#ifndef R3_SESSION_FINER_H
#define R3_SESSION_FINER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/record/record.h"
#include "lib/record/timeframe.h"

/* Finer candles that a session on an exchange is fed with beside its own, for what happens between two closes: minutes; where the exchange has
 * the youngest of a timeframe alone, and they begin behind `from`, the finest that go back so far. */

struct r3_finer {
    enum r3_timeframe timeframe; /* R3_TIMEFRAME_NONE: the session's is the finest there is */
    bool reaches;                /* they begin at `from`, or before */
};

/* timeframe: the session's. from: ms, what it has not seen; now: market time. */
struct r3_finer r3_finer_choose(const char *platform, enum r3_timeframe timeframe, int64_t from, int64_t now);
/* The notice where these are not minutes, or do not reach back; false: there is nothing to tell. */
bool r3_finer_tell(struct r3_record *notice, struct r3_finer finer, const char *platform, const char *session,
                   int64_t from, int64_t now);

#endif
