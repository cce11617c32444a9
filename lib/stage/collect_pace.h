#ifndef R3_STAGE_COLLECT_PACE_H
#define R3_STAGE_COLLECT_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/stage/stage.h"

/* Private to r3-collect: --pace. The first candle comes at once; each other so long after it as their closes are apart, divided by
 * the pace. */

struct r3_collect_pace {
    double times; /* 0: as fast as it goes */
    bool started;
    int64_t market, wall; /* close of the first candle, and the monotonic time at which it was given, ms */
};

static inline bool r3_collect_paces(const struct r3_collect_pace *pace) {
    return pace->times > 0;
}

/* "60x", "60", "0.5x"; NULL: no pace. R3_USAGE. */
int r3_collect_pace_start(struct r3_collect_pace *pace, const char *text, struct r3_error *error);
/* 0: the candle that closes at `close` is due. 1: some time has passed, and it is to be asked again, since the source may have been
 * asked to stop. -1: as the port's. */
int r3_collect_pace_wait(struct r3_collect_pace *pace, struct r3_port *port, int64_t close, struct r3_error *error);

#endif
