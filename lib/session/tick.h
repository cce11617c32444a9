#ifndef R3_SESSION_TICK_H
#define R3_SESSION_TICK_H

#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/io.h"
#include "lib/store/store.h"

/* Ticks: the moments at which sessions are to be run, as the tasks of the store say. A task is due at each multiple of its interval
 * (counted from 1970 UTC, so that those of five minutes are at :00, :05 …). */

/* Append a `tick` record for each task that is due at market time `now`, in the order of the sessions' ids. In the same transaction each is
 * leased to `owner` for `span` ms: it is handed out again only when that has passed and nobody has done it. Of the
 * moments that passed without one, the tick has the last, and the number of the others as `missed`. */
int r3_ticks_lease(struct r3_store *store, const char *owner, int64_t span, int64_t now, struct r3_buffer *lines,
                   struct r3_error *error);

/* When the next one is to be handed out: `now` where one is due, R3_TIME_ABSENT where there is no task. */
int r3_ticks_next(struct r3_store *store, int64_t now, int64_t *next, struct r3_error *error);

/* Write ticks when they are due, until INT or TERM comes. The tasks are read anew each second at least. */
int r3_ticks_follow(struct r3_store *store, const char *owner, int64_t span, struct r3_writer *out,
                    struct r3_error *error);

#endif
