#ifndef R3_SWEEP_RESUME_H
#define R3_SWEEP_RESUME_H

#include "lib/sweep/result.h"

/* --resume FILE: the results that are there already, and the file to which new ones are appended. It holds `result` records, a line
 * each, in any order: what earlier runs left, or what other machines have worked off. Memory: 40 bytes a result. */

struct r3_sweep_resume; /* opaque */

/* New in *out, freed with r3_sweep_resume_free. The file is made where there is none; a last line that was not written whole is cut off.
 * R3_DATA: a line that is no result, or one of another sweep. R3_RETRY: another run has the file open. R3_IO. */
int r3_sweep_resume_open(struct r3_sweep_resume **out, const char *path, const char *sweep, struct r3_error *error);
/* Write the rest to the disk and close. */
int r3_sweep_resume_close(struct r3_sweep_resume *resume, struct r3_error *error);
void r3_sweep_resume_free(struct r3_sweep_resume *resume); /* accepts NULL */

/* Whether run->number over [run->from, run->to) is there; then what came out is filled in. 1, 0, -1. */
int r3_sweep_resume_find(struct r3_sweep_resume *resume, struct r3_sweep_run *run, struct r3_error *error);

/* Append a result's line. It is in the file when this returns, so that a process that is killed leaves it; each second or so it is
 * on the disk too. */
int r3_sweep_resume_append(struct r3_sweep_resume *resume, const char *line, size_t length, struct r3_error *error);

#endif
