#ifndef R3_SWEEP_RESULT_H
#define R3_SWEEP_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/sweep/run.h"

/* The records of a sweep on the wire: `job`, a combination to be run, and `result`, what came out. r3-records(5) states them, man/schema
 * has a schema of each. Their parameters have names of the user's own, so they are read and written as JSON here and not by the table of
 * lib/record. */

/* "TEXT-SPACE", two hashes in hexadecimal: of the pipeline's text, and of --vary and --where. */
enum { R3_SWEEP_ID_SIZE = 34, R3_SWEEP_HASH_LENGTH = 16 };

void r3_sweep_id(char out[R3_SWEEP_ID_SIZE], const struct r3_sweep_pipeline *pipeline,
                 const struct r3_sweep_space *space, const char *where);

/* Append the parameters of a combination as a JSON object, in the order of the space. */
void r3_sweep_parameters_write(struct r3_buffer *out, const struct r3_sweep_space *space, uint64_t number);

/* Append the line of a job. */
void r3_sweep_job_write(struct r3_buffer *out, const char *sweep, uint64_t number, const struct r3_sweep_space *space);
/* Append the line of a run's result. */
void r3_sweep_result_write(struct r3_buffer *out, const char *sweep, const struct r3_sweep_run *run);

/* A job's line → number, values, parameters of the run, and its sweep. R3_DATA: no job, one of another pipeline, or one without a parameter
 * of it (or with one too many). 0 for a record of another type, which is none of ours; 1 for a job. */
int r3_sweep_job_read(struct r3_sweep_run *run, char sweep[R3_SWEEP_ID_SIZE], const char *line, size_t length,
                      const struct r3_sweep_pipeline *pipeline, struct r3_error *error);

/* What identifies a result. */
struct r3_sweep_result_key {
    char sweep[R3_SWEEP_ID_SIZE];
    uint64_t number;
    int64_t from, to; /* R3_TIME_ABSENT: the whole */
};

/* A result's line → its key and (where `run` is not NULL) all of the run. R3_DATA. 0 for a record of another type. */
int r3_sweep_result_read(struct r3_sweep_result_key *key, struct r3_sweep_run *run, const char *line, size_t length,
                         struct r3_error *error);

#endif
