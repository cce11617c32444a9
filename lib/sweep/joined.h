#ifndef R3_SWEEP_JOINED_H
#define R3_SWEEP_JOINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/sweep/run.h"
#include "lib/sweep/windows.h"

/* Test runs one behind the other, as one account: each begins with the equity that the one before ended with, and an
 * r3-report sees them as a single stream.
 *
 * A test run is the pipeline with some options put into its words, which is also the text that does the same by hand:
 *
 *     r3-collect  --from TRAIN --to END   the train span's candles first: indicators are as they were there
 *     r3-strategy --from TEST             no signal on them
 *     r3-track    --close-at-end          nothing is carried over: what is held goes at the last close
 *     r3-order    --cash EQUITY           that of the run before
 *     r3-report   --from TEST             only candles of the test span count
 *
 * What a run still holds then, since it is too small to sell, is worth its last close to the run behind it, without
 * a fee. */

struct r3_sweep_joined; /* opaque */

struct r3_sweep_joined_files {
    const char *trades, *equity, *plot; /* of the whole, as r3-report writes them; NULL: not wanted */
};

/* New in *out, freed with r3_sweep_joined_free. Keeps what it is given. R3_USAGE: no r3-strategy, r3-track or
 * r3-order in the pipeline. */
int r3_sweep_joined_new(struct r3_sweep_joined **out, const struct r3_sweep_pipeline *pipeline,
                        const struct r3_sweep_joined_files *files, struct r3_error *error);
void r3_sweep_joined_free(struct r3_sweep_joined *joined); /* accepts NULL */

struct r3_sweep_test {
    struct r3_buffer text;       /* the pipeline, for r3-backtest */
    struct r3_buffer statistics; /* r3-report --json of the window alone */
};
void r3_sweep_test_release(struct r3_sweep_test *test);

/* Do the test run of a window with the values of a combination; trade false: nothing is traded in it. 1: done; 0:
 * not done, since nothing is left of the equity; -1: what failed. */
int r3_sweep_joined_run(struct r3_sweep_joined *joined, struct r3_sweep_test *out, uint64_t number, bool trade,
                        const struct r3_sweep_window *window, struct r3_error *error);

/* The last was run: what r3-report has to say of the whole, as an object of --json (without the newline) and as the
 * table. Writes the files. */
int r3_sweep_joined_finish(struct r3_sweep_joined *joined, struct r3_buffer *json, struct r3_buffer *table,
                           struct r3_error *error);

/* Profits of all closed trades in their order, and the equity before the first: for r3_sweep_simulate. Borrowed. */
const double *r3_sweep_joined_profits(const struct r3_sweep_joined *joined, size_t *count, double *equity);

#endif
