#ifndef R3_STAGE_ENGINE_H
#define R3_STAGE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/record/candles.h"
#include "lib/record/record.h"
#include "lib/stage/pipeline_text.h"
#include "lib/stage/stage.h"

/* The programs of a pipeline as one row of stages in this process: records go from one to the next as structs, and come out as
 * the bytes that the pipe would print. What a stage does (print, warn, fail, ask r3-order) ends where the pipe would let it end:
 * a stage that fails has passed on what it emitted before, those after it see the end of input, those ahead of it stop.
 *
 * An engine uses nothing but its own memory, so several may run at once, each in its own thread; the text may be shared.
 *
 * Life: r3_engine_new, then r3_engine_run (the first program is a source, or reads standard input); or, where the caller is
 * the source: r3_engine_start, r3_engine_give and r3_engine_give_candles as often as wanted, r3_engine_finish. Then
 * r3_engine_status, r3_engine_free. */

struct r3_engine;

enum { R3_ENGINE_GONE = 1 };

struct r3_engine_options {
    /* Which programs of the text run: [first, first + count). With count 0: all from first on. */
    size_t first, count;
    /* What the last program writes. Returns 0; -1 with the error, which counts as that program's own; R3_ENGINE_GONE: nobody reads
     * any more, so the run ends without a word. NULL: it is not wanted, and records are not encoded. Bytes come in large pieces;
     * flush (may be NULL) is called when the input has to be waited for, and at the end. */
    int (*output)(void *context, const char *data, size_t length, struct r3_error *error);
    int (*flush)(void *context, struct r3_error *error);
    /* In place of output: the records of the last program as they are; each is the caller's until take returns. A block is the
     * closed candles [from, to) of it, in place of as many records. Both or none. Results as of output. */
    int (*take)(void *context, const struct r3_record *record, struct r3_error *error);
    int (*take_candles)(void *context, const struct r3_candles *candles, size_t from, size_t to,
                        struct r3_error *error);
    /* A line for people of that program ("r3-collect", "gap of 3 candles …"), or one that names its program itself (NULL). Failures
     * come last, leftmost first. NULL: dropped. */
    void (*message)(void *context, const char *program, const char *text);
    /* Progress of the source; records: what it has emitted so far. NULL: none. */
    void (*progress)(void *context, const char *program, uint64_t records, uint64_t done, uint64_t total);
    /* Asked between two pulls: the source is to end its stream. NULL: never. */
    bool (*stopped)(void *context);
    /* The first program, where it is a filter, reads this descriptor; 0 is standard input. While it waits, it watches another,
     * whose reader may go away; 0: none. */
    int input, watch;
    /* There is a processor to spare: the source may read ahead in a thread of its own. The results are the same. */
    bool concurrent;
    /* The port's: series of the rules that runs over the same candles share. NULL: none. */
    struct r3_series_cache *series;
    uint64_t stream;
    void *context;
};

/* The stage of that name; NULL: there is none. */
const struct r3_stage *r3_stage_find(const char *name);

/* New in *out. Text and options live longer; the text has no placeholders. R3_USAGE where a program is none of r3's, which only a
 * shell can run. Options of the programs are not looked at yet: what is wrong with them is their own failure. */
int r3_engine_new(struct r3_engine **out, const struct r3_pipeline_text *text, const struct r3_engine_options *options,
                  struct r3_error *error);
void r3_engine_free(struct r3_engine *engine);

/* Run it from the first record to the last. Returns the status. */
int r3_engine_run(struct r3_engine *engine);

/* The caller is the source. Options are read and stages made by start. Each returns 0, or -1 once nobody takes records any more;
 * finish (always to be called) ends the input, whether the `end` record was given or not, and returns the status. */
int r3_engine_start(struct r3_engine *engine);
int r3_engine_give(struct r3_engine *engine, const struct r3_record *record);
int r3_engine_give_candles(struct r3_engine *engine, const struct r3_candles *candles);
int r3_engine_finish(struct r3_engine *engine);

/* The exit status of the pipe so far: of the leftmost program that failed, else 0. */
int r3_engine_status(const struct r3_engine *engine);
/* The leftmost failure and (may be NULL) the name of its program; NULL: none failed. */
const struct r3_error *r3_engine_failure(const struct r3_engine *engine, const char **program);

#endif
