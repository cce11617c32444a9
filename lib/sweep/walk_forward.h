#ifndef R3_SWEEP_WALK_FORWARD_H
#define R3_SWEEP_WALK_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/sweep/joined.h"
#include "lib/sweep/plan.h"
#include "lib/sweep/run.h"
#include "lib/sweep/windows.h"

/* Walk-forward analysis (R. Pardo, "The Evaluation and Optimization of Trading Strategies", 2nd edition, Wiley 2008,
 * chapter 11): in each window the combination that ranks first on the train span is tried on the test span behind
 * it, which it was not chosen on.
 *
 * A train run is the pipeline as it stands over the candles that open in [train_from, train_to), beginning with its
 * own --cash. The highest rank wins, the lower number among equals; where no combination has a rank, nothing is
 * traded in the test. A test run is told in lib/sweep/joined.h.
 *
 * Efficiency (Pardo's walk-forward efficiency) is the return a year out of sample over the return a year in sample,
 * both as sums of the windows' returns over sums of their lengths; undefined where the latter is not above 0. */

struct r3_walk_forward_options {
    const struct r3_sweep_pipeline *pipeline;
    int64_t train, test; /* ms; multiples of the candles' timeframe */
    bool anchored;
    unsigned threads;
    struct r3_sweep_joined_files files;
    /* A new plan of the combinations to try, the same each time. */
    int (*plan)(void *context, struct r3_sweep_plan **out, struct r3_error *error);
    /* What a run's statistics (r3-report --json) are worth: the higher the better; NAN: undefined. */
    double (*rank)(void *context, const struct r3_buffer *statistics);
    const char *ranked_by; /* its name, to be shown */
    /* Whether this train run (number, from and to are filled in) was done before: 1, with what came out of it; 0;
     * -1. NULL: none was. */
    int (*find)(void *context, struct r3_sweep_run *run, struct r3_error *error);
    /* A train run that was not found is done. NULL: not wanted. */
    int (*done)(void *context, const struct r3_sweep_run *run, struct r3_error *error);
    /* So many train runs are done, of so many (0: not known). NULL: not wanted. */
    void (*progress)(void *context, uint64_t done, uint64_t total);
    /* NULL: never. */
    bool (*stopped)(void *context);
    void *context;
};

struct r3_walk_forward_row {
    struct r3_sweep_window window;
    bool chosen;                /* false: no combination has a rank */
    uint64_t number;            /* the one that was chosen */
    double rank;                /* its, in sample */
    struct r3_buffer in_sample; /* r3-report --json; empty where none was chosen */
    bool tested;                /* false: nothing was left of the equity */
    struct r3_sweep_test test;
    double in_return, out_return, efficiency; /* NAN: undefined */
};

struct r3_walk_forward {
    struct r3_walk_forward_row *rows;
    size_t count;
    bool stopped;             /* asked to: there are rows alone, some without a result, and no whole */
    uint64_t runs, failed;    /* train runs, and those of them in which a program failed */
    struct r3_buffer failure; /* what the first of them said, and its status */
    int failure_status;
    struct r3_buffer joined, table; /* r3-report of the test spans joined, as JSON and for people */
    double in_return_ann, out_return_ann, efficiency;
    double start;    /* equity before the first test span */
    double *profits; /* of the trades in the test spans, in their order */
    size_t profit_count;
};

/* Do it; needs r3_walk_forward_release also after an error. R3_USAGE: spans that do not fit the candles, an
 * r3-collect that varies. Otherwise: every train run failed, with the status of the first, or a test run. */
int r3_walk_forward_run(struct r3_walk_forward *out, const struct r3_walk_forward_options *options,
                        struct r3_error *error);
void r3_walk_forward_release(struct r3_walk_forward *walk);

/* A JSON object a window, each on a line, then one for the whole; `extra` (may be NULL) is appended to the latter as
 * members, ",\"name\":value". */
void r3_walk_forward_json(struct r3_buffer *out, const struct r3_walk_forward *walk,
                          const struct r3_walk_forward_options *options, const char *extra);
/* For people: the windows, what they come to, and r3-report's table of the test spans joined. */
void r3_walk_forward_table(struct r3_buffer *out, const struct r3_walk_forward *walk,
                           const struct r3_walk_forward_options *options);

#endif
