#ifndef R3_SWEEP_RUN_H
#define R3_SWEEP_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/stage/pipeline_text.h"
#include "lib/sweep/history.h"
#include "lib/sweep/source.h"
#include "lib/sweep/space.h"

/* One run of the pipeline with the values of one combination, over all candles or a part of them. Many runs may go on at the same
 * time, each in its own thread: lib/sweep/pool.h. */

struct r3_sweep_run;
struct r3_series_cache;

/* What all runs share; it stays as it is while they go on. */
struct r3_sweep_pipeline {
    struct r3_pipeline_text text;                 /* its last program is r3-report with --json */
    const struct r3_sweep_space *space;           /* NULL: the values come with each run (--jobs-in) */
    size_t parameter_of[R3_SWEEP_PARAMETERS_MAX]; /* the parameter of each placeholder of the text */
    bool added_json;                              /* the user had not written it */
    struct r3_sweep_sources *sources;
    struct r3_series_cache *series; /* lib/stage/series_cache.h; NULL: each run computes its own */
    /* A line for people of a program. NULL: dropped. Asked for the runs that want messages alone. */
    void (*message)(void *context, const char *program, const char *text);
    void *context;
};

struct r3_sweep_run {
    /* What is to be run. */
    uint64_t number;         /* of the combination, or of the job */
    struct r3_buffer values; /* where the pipeline has no space: of each placeholder of the text, with its NUL */
    /* The caller's own: the parameters as a JSON object, the sweep that a job belongs to. */
    struct r3_buffer parameters, sweep;
    /* Candles that open in [from, to); R3_TIME_ABSENT: no bound. */
    int64_t from, to;
    bool wants_history, wants_messages;
    uint64_t tag; /* the caller's own */

    /* What came out. */
    uint64_t data;               /* the hash of the candles; 0: they could not be read */
    int status;                  /* of the pipe: 0, or of the leftmost program that failed */
    struct r3_buffer message;    /* what that program says: "r3-size: …" */
    struct r3_buffer statistics; /* the object of r3-report --json; empty where the pipe failed */
    double rank;                 /* the figure that is ranked by, set by the pool's caller; NAN: undefined, or failed */
    struct r3_sweep_history history; /* where it was wanted and nothing failed */
};

/* text[0..length) is a pipeline with placeholders; `space` has all names that may stand in it; NULL: any name may. R3_USAGE: a placeholder that no
 * parameter names or the reverse; a program that only a shell can run; no r3-collect first or r3-report last; a file that all runs
 * would write. Needs r3_sweep_pipeline_release also after an error. */
int r3_sweep_pipeline_init(struct r3_sweep_pipeline *pipeline, const char *text, size_t length,
                           const struct r3_sweep_space *space, struct r3_error *error);
void r3_sweep_pipeline_release(struct r3_sweep_pipeline *pipeline);
/* Whether a word of this program varies. */
bool r3_sweep_pipeline_varies(const struct r3_sweep_pipeline *pipeline, size_t program);
/* Tells pipelines apart by their words and placeholders, not by how they are quoted. */
uint64_t r3_sweep_pipeline_hash(const struct r3_sweep_pipeline *pipeline);
/* The text with the values of a combination put in; new, r3_pipeline_text_release. */
void r3_sweep_pipeline_fill(struct r3_pipeline_text *out, const struct r3_sweep_pipeline *pipeline, uint64_t number);

/* Do it. What fails inside the pipe is the run's status; -1: the candles could not be read and no combination can change that. */
int r3_sweep_run(struct r3_sweep_run *run, const struct r3_sweep_pipeline *pipeline, struct r3_error *error);
/* Free what came out; the run may be used again. */
void r3_sweep_run_release(struct r3_sweep_run *run);

/* Append the text of a combination's pipeline as r3-backtest takes it (without the --json that the sweep added). */
void r3_sweep_pipeline_write(struct r3_buffer *out, const struct r3_sweep_pipeline *pipeline, uint64_t number);

#endif
