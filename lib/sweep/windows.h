#ifndef R3_SWEEP_WINDOWS_H
#define R3_SWEEP_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

/* The windows of a walk-forward: a span to choose parameters in, and right behind it a span to try them in. From one
 * window to the next both move on by the length of the latter, so the test spans join without a gap and without
 * overlap. Anchored, every train span begins with the first candle and grows. All spans hold the candles that open
 * in [from, to). */

enum { R3_SWEEP_WINDOWS_MAX = 10000 };

struct r3_sweep_window {
    int64_t train_from, train_to; /* ms; train_to is where the test begins */
    int64_t test_to;              /* the last one ends with the data, and may be shorter */
};

/* New in *out, freed by free. first: the open of the first candle; end: the close of the last. All spans in ms,
 * above 0. R3_USAGE: the data hold no test span, or there are too many windows. */
int r3_sweep_windows(struct r3_sweep_window **out, size_t *count, int64_t first, int64_t end, int64_t train,
                     int64_t test, bool anchored, struct r3_error *error);

#endif
