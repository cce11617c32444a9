#ifndef R3_STAGE_COLLECT_AHEAD_H
#define R3_STAGE_COLLECT_AHEAD_H

#include "lib/stage/collect_series.h"

/* Private to r3-collect. A thread that reads the next candles of a series while the last ones are given: they are the same, and
 * come in the same order, as without it. While it lives the series is its own. Only for regular files: nothing stops it while it
 * waits for input. */

struct r3_collect_ahead;

/* New; NULL where there is no thread to be had. */
struct r3_collect_ahead *r3_collect_ahead_new(struct r3_collect_series *series);
/* As r3_collect_series_fill. What was in *out is exchanged for what was read. */
int r3_collect_ahead_fill(struct r3_collect_ahead *ahead, struct r3_collect_output *out, struct r3_error *error);
/* Waits for the thread. Accepts NULL. The series is the caller's again, perhaps some blocks further than what was given. */
void r3_collect_ahead_free(struct r3_collect_ahead *ahead);

#endif
