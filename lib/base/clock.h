#ifndef R3_BASE_CLOCK_H
#define R3_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

/* The one clock of all programs. */

/* Market time, ms since 1970 UTC: R3_NOW where that is set, so that hours can be replayed in seconds, else the system's clock.
 * R3_CONFIG where R3_NOW is not a number of ms or a time as r3_time_parse reads it. */
int r3_clock_now(int64_t *now, struct r3_error *error);
/* Whether R3_NOW sets it. */
bool r3_clock_is_set(void);
/* For time-outs: ms since the machine was started that only grow, whatever is done to the clock, and also while it sleeps. */
int64_t r3_clock_monotonic(void);

#endif
