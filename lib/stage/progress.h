#ifndef R3_STAGE_PROGRESS_H
#define R3_STAGE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Progress of a source, for a person at a terminal: nothing for the first second, then one line on standard error that is written
 * over itself five times a second. Start from zeros. */

struct r3_progress {
    bool shown;
    int64_t start, next; /* monotonic ms; start -1: standard error is no terminal */
};

/* done and total in the same unit; total 0 when unknown. Cheap; call it often. */
void r3_progress_show(struct r3_progress *progress, const char *program, uint64_t records, uint64_t done,
                      uint64_t total);
/* Take the line away, ahead of a message and at the end. */
void r3_progress_clear(struct r3_progress *progress);

#endif
