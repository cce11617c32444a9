#ifndef R3_FETCH_RESUME_H
#define R3_FETCH_RESUME_H

#include "lib/fetch/plan.h"

/* --resume: the candles and prices of a file that r3-fetch wrote earlier, and where each series goes on. */

struct r3_fetch_resume;

/* New in *out; NULL where there is no such file yet. R3_IO. */
int r3_fetch_resume_open(struct r3_fetch_resume **out, const char *path, struct r3_error *error);
void r3_fetch_resume_free(struct r3_fetch_resume *resume); /* accepts NULL */

/* The next candle or price: 1; 0 at the end; -1. The series of the plan begin behind the last candle of theirs. R3_DATA, with the line: it is
 * no record, or of a series that the plan does not have. */
int r3_fetch_resume_next(struct r3_fetch_resume *resume, struct r3_fetch_plan *plan, struct r3_record *out,
                         struct r3_error *error);
/* At the end: whether the last line was cut off, as by a full disk or a power cut. */
bool r3_fetch_resume_is_cut(const struct r3_fetch_resume *resume);

#endif
