#ifndef R3_SWEEP_PROGRESS_H
#define R3_SWEEP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* How far a sweep is, for a person at a terminal: nothing for the first second, then one line on standard error that is written over
 * itself: done, rate, time left, the best so far. Start from zeros. Nothing where standard error is no terminal. */

struct r3_sweep_progress {
    bool shown;
    int64_t start, next; /* monotonic ms */
    bool no_terminal;
    bool begun;
    uint64_t skipped; /* done before it began: they say nothing about the rate */
};

/* Whether it is time to show something again, or to flush: five times a second. Cheap; ask it often. */
bool r3_sweep_progress_due(struct r3_sweep_progress *progress);
/* done of total (0: not known). best: "sharpe_ratio 1.94: fast=5 slow=40", or "". The first is for when it is due, the second asks. */
void r3_sweep_progress_write(struct r3_sweep_progress *progress, uint64_t done, uint64_t total, const char *best);
void r3_sweep_progress_show(struct r3_sweep_progress *progress, uint64_t done, uint64_t total, const char *best);
/* Take the line away, ahead of a message and at the end. */
void r3_sweep_progress_clear(struct r3_sweep_progress *progress);

#endif
