#ifndef R3_STAGE_STAGE_H
#define R3_STAGE_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/option.h"
#include "lib/record/candles.h"
#include "lib/record/record.h"

/* A stage is one program's work without its pipe: records in, records out. lib/stage/pipe.c runs one stage between stdin
 * and stdout; the in-process engine runs a whole row of them, handing records on as structs. Both show a stage the same
 * records in the same order, so both print the same bytes.
 *
 * A stage never reads or writes a descriptor for records, never exits and never prints: it calls its port. */

struct r3_series_cache;

struct r3_port {
    /* Give a record to the next program. The record that is being stepped goes first: its line is echoed ahead of the first
     * record that it causes (except `end`, which goes last). The record is read at once and stays the caller's. */
    int (*emit)(struct r3_port *port, const struct r3_record *record, struct r3_error *error);
    /* The same, ahead of the record that is being stepped (an account before the first candle). */
    int (*emit_ahead)(struct r3_port *port, const struct r3_record *record, struct r3_error *error);
    /* Sources: the same for several candles at once. */
    int (*emit_candles)(struct r3_port *port, const struct r3_candles *candles, struct r3_error *error);
    /* r3-track: the barrier of r3(7). On return every record that r3-order kept for the tracker has gone through
     * stage->update, in order. */
    int (*sync)(struct r3_port *port, struct r3_error *error);
    /* r3-order, only while it steps a `sync`: a record for the tracker, which is read at once. The loop sends the sync itself back
     * after step returns. */
    int (*answer)(struct r3_port *port, const struct r3_record *record, struct r3_error *error);
    /* r3-order, for what r3-track is to hear at the next sync: emit a record and keep it; keep it alone; and, only while a `sync` is
     * stepped, answer with all that was kept, in order, which is then forgotten. In a pipe a record is encoded once for both. */
    int (*emit_kept)(struct r3_port *port, const struct r3_record *record, struct r3_error *error);
    int (*keep)(struct r3_port *port, const struct r3_record *record, struct r3_error *error);
    int (*answer_kept)(struct r3_port *port, struct r3_error *error);
    /* r3-report: text on standard output. */
    int (*print)(struct r3_port *port, const char *text, size_t length, struct r3_error *error);
    /* A message for people, "gap of 3 candles before …": goes to stderr with the program's name ahead. */
    void (*warn)(struct r3_port *port, const char *format, ...) __attribute__((format(printf, 2, 3)));
    /* Sources: progress for a terminal. done and total in the same unit (bytes); total 0 when unknown. Cheap; call it often. */
    void (*progress)(struct r3_port *port, uint64_t done, uint64_t total);
    /* Sources: let so many ms pass, or fewer, where a signal comes; what was emitted should be on its way before. -1: nobody reads what comes
     * out any more. NULL: nobody looks on, and no time is to be spent. */
    int (*wait)(struct r3_port *port, int64_t milliseconds, struct r3_error *error);
    /* r3-track, in init: it has to hear of all that r3-order keeps. Else it may be spared the updates of orders that go on working, which
     * change nothing that it knows. */
    bool hears_all;
    /* Sources: there is a processor to spare, so the source may read ahead in a thread of its own. It calls its port as without. */
    bool concurrent;
    /* r3-strategy: where it finds and leaves series that other runs over the same candles have too (lib/stage/series_cache.h),
     * and a number that stands for these candles, from the first on. NULL: none. */
    struct r3_series_cache *series;
    uint64_t stream;
    void *context;
};

/* What a stage does with a record. */
typedef int r3_stage_step(void *state, const struct r3_record *record, struct r3_error *error);

struct r3_stage {
    const char *name;     /* "r3-track" */
    const char *operands; /* "FILE…", "" for none */
    const char *summary;  /* one line for --help and the manual's first line */
    const struct r3_option *options;
    uint32_t swallows; /* R3_BIT of the types that are not passed on: r3-order's sync */
    bool sink;         /* r3-report: nothing is passed on */
    bool in_loop;      /* r3-track, r3-size, r3-order: between them every barrier goes around */
    /* New state in *state. The arguments live longer than the state. The port must not be used yet. */
    int (*init)(void **state, const struct r3_arguments *arguments, struct r3_port *port, struct r3_error *error);
    /* A source, in place of step: produce some records. 1: call again; 2: the same, but the
     * next call may have to wait, so what is out must be on its way; 0: the last is out; -1. */
    int (*pull)(void *state, struct r3_error *error);
    /* A filter: one record in. By type, and for the types that have none of their own; NULL: it has nothing to do with them, and is not
     * called. By type, since a switch on it in each stage took 130 instructions of a decision. */
    r3_stage_step *steps[R3_RECORD_TYPES], *step;
    /* Closed candles [from, to) of a block in place of as many steps, with the same result. Before the stage calls its port on
     * account of candle i, or fails, it sets *at = i: those up to it are passed on first. NULL: they are stepped one by one. The
     * columns stay until the last range of the block was given. */
    int (*candles)(void *state, const struct r3_candles *candles, size_t from, size_t to, size_t *at,
                   struct r3_error *error);
    /* r3-track: one record that came back from r3-order. Called inside sync(). */
    int (*update)(void *state, const struct r3_record *record, struct r3_error *error);
    /* After the end of input. `ended`: an `end` record was seen. May be NULL. */
    int (*finish)(void *state, bool ended, struct r3_error *error);
    void (*free)(void *state); /* accepts NULL */
};

/* What it does with records of the type; NULL: nothing. */
static inline r3_stage_step *r3_stage_step_of(const struct r3_stage *stage, enum r3_record_type type) {
    return stage->steps[type] ? stage->steps[type] : stage->step;
}

extern const struct r3_stage r3_collect_stage, r3_strategy_stage, r3_track_stage, r3_size_stage, r3_order_stage,
    r3_report_stage;

/* Options that every stage has: --help --version, and for filters --quiet-input and --reject FILE. */
extern const struct r3_option r3_source_options[], r3_filter_options[], r3_sink_options[];

/* The tables of a stage's options, its own and then the common ones; NULL-ended. */
void r3_stage_tables(const struct r3_option *tables[3], const struct r3_stage *stage);
/* What --help, --version and --completion print, appended to *out: 1 where one of them was given, 0 where none, -1. */
int r3_stage_inform(struct r3_buffer *out, const char *name, const char *operands, const char *summary,
                    const struct r3_arguments *arguments, const struct r3_option *const *tables,
                    struct r3_error *error);
/* The same, on standard output, which is then closed. */
int r3_stage_print_information(const char *name, const char *operands, const char *summary,
                               const struct r3_arguments *arguments, const struct r3_option *const *tables,
                               struct r3_error *error);

/* The main of a stage's program: options, pipe loop, close; returns the exit status. Prints errors. */
int r3_stage_main(const struct r3_stage *stage, int argc, char **argv);

#endif
