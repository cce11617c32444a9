#ifndef R3_SWEEP_SOURCE_H
#define R3_SWEEP_SOURCE_H

#include <stdint.h>

#include "lib/base/error.h"
#include "lib/record/candles.h"
#include "lib/stage/pipeline_text.h"

/* The candles of a sweep: what r3-collect emits, read once and kept in memory (48 bytes a candle) for all runs. Where a word of
 * r3-collect varies, there is one source for each set of its words; those used last are kept, up to a number of bytes. */

struct r3_sweep_source; /* opaque: the records and blocks of one r3-collect, in order */

/* Show all of it, or the candles that open in [from, to) with the records about them (R3_TIME_ABSENT: no bound); stops where a
 * call returns other than 0, and returns that. Safe from several threads at once. */
int r3_sweep_source_each(const struct r3_sweep_source *source, int64_t from, int64_t to,
                         int (*give)(void *context, const struct r3_record *record),
                         int (*give_candles)(void *context, const struct r3_candles *candles), void *context);
/* Open times of the first and the last candle; R3_TIME_ABSENT where there is none. */
int64_t r3_sweep_source_first(const struct r3_sweep_source *source);
int64_t r3_sweep_source_last(const struct r3_sweep_source *source);
/* Tells candles apart by what they say: markets, times, prices, volumes. The same wherever and from whichever file they were read. */
uint64_t r3_sweep_source_hash(const struct r3_sweep_source *source);

struct r3_sweep_sources; /* opaque */

/* New; freed with r3_sweep_sources_free. `bytes`: what is kept beyond the sources in use. message: a line of r3-collect for people. */
struct r3_sweep_sources *r3_sweep_sources_new(size_t bytes,
                                              void (*message)(void *context, const char *program, const char *text),
                                              void *context);
void r3_sweep_sources_free(struct r3_sweep_sources *sources);

/* The source that the first program of the text (filled in) makes; it is read where it is not there yet, and others who want the same
 * one wait. Give it back with r3_sweep_sources_put. What r3-collect says is the error, its status too: "r3-collect: …". */
int r3_sweep_sources_get(struct r3_sweep_sources *sources, const struct r3_sweep_source **out,
                         const struct r3_pipeline_text *text, struct r3_error *error);
void r3_sweep_sources_put(struct r3_sweep_sources *sources, const struct r3_sweep_source *source);

#endif
