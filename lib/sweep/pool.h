#ifndef R3_SWEEP_POOL_H
#define R3_SWEEP_POOL_H

#include "lib/sweep/run.h"

/* Worker threads that do runs, and hand the results over in the order in which the runs were asked for, whoever was done first. No
 * more than a few runs a thread are under way or waiting to be taken, so memory is bounded. */

struct r3_sweep_pool {
    const struct r3_sweep_pipeline *pipeline;
    unsigned threads;
    /* Called on the thread that runs the pool, one after the other. */
    /* The next run's first part filled in: 1; 0: no more; 2: none yet, ask again, unless may_wait, when nothing else is going on; -1.
     * A run whose results are filled in too (resumed) has *ready set. */
    int (*next)(void *context, struct r3_sweep_run *run, bool may_wait, bool *ready, struct r3_error *error);
    /* A run that is done, in order. It is released after the call. */
    int (*take)(void *context, struct r3_sweep_run *run, struct r3_error *error);
    /* After each take, and every 200 ms or so while results are waited for: progress. NULL: nothing. */
    void (*tick)(void *context);
    /* Asked often: no more runs are begun; those under way are finished and taken. NULL: never. */
    bool (*stopped)(void *context);
    void *context;
};

/* Returns 0 when all that were begun are taken; -1 with the first error of next, take or the candles. */
int r3_sweep_pool_run(const struct r3_sweep_pool *pool, struct r3_error *error);

/* The CPUs that this process may use. */
unsigned r3_sweep_cpus(void);

#endif
