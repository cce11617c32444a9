#ifndef R3_SWEEP_SWEEP_H
#define R3_SWEEP_SWEEP_H

#include "lib/base/io.h"
#include "lib/sweep/joined.h"
#include "lib/sweep/plan.h"
#include "lib/sweep/progress.h"
#include "lib/sweep/ranking.h"
#include "lib/sweep/run.h"

/* What r3-sweep does, by its options: all combinations and their ranking, a walk-forward, or jobs. */

struct r3_sweep_settings {
    struct r3_sweep_pipeline *pipeline;
    const struct r3_sweep_space *space;
    const char *where_text; /* NULL */
    const struct r3_sweep_where *where;
    enum r3_sweep_choice choice;
    uint64_t draws, seed;
    struct r3_sweep_order order;
    size_t top;
    unsigned threads;
    bool json;
    const char *csv, *plot, *axes, *resume; /* NULL */
    uint64_t monte_carlo;                   /* runs; 0: not wanted */
    int64_t train, test;                    /* ms; 0: no walk-forward */
    bool anchored;
    struct r3_sweep_joined_files files; /* of the walk-forward */
    struct r3_writer *out;
    struct r3_sweep_progress *progress;
    /* Asked often. */
    bool (*stopped)(void);
    /* A line for people. */
    void (*message)(const char *text);
};

/* Each returns 0, with the status in *status: R3_REFUSED where combinations failed; or -1. Where it was stopped what is done is told, and
 * the error is R3_RETRY. */

/* Run all combinations, rank them, and show what came out. */
int r3_sweep_all(const struct r3_sweep_settings *settings, int *status, struct r3_error *error);
/* --train: lib/sweep/walk_forward.h. */
int r3_sweep_walk(const struct r3_sweep_settings *settings, int *status, struct r3_error *error);
/* --jobs-out: write the combinations. */
int r3_sweep_jobs_out(const struct r3_sweep_settings *settings, struct r3_error *error);
/* --jobs-in: work off the jobs that descriptor `fd` brings, and write a result for each, in their order. */
int r3_sweep_jobs_in(const struct r3_sweep_settings *settings, int fd, int *status, struct r3_error *error);

/* Append "r3-backtest 'TEXT'" as a shell takes it. */
void r3_sweep_command_write(struct r3_buffer *out, const char *text);

#endif
