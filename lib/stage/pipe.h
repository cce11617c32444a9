#ifndef R3_STAGE_PIPE_H
#define R3_STAGE_PIPE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/io.h"
#include "lib/stage/progress.h"
#include "lib/stage/stage.h"

/* The pipe around one stage. Private to lib/stage/pipe*.c.
 *
 * One line in, decoded, stepped; the line itself goes on ahead of what it causes (`end` after it). Output is flushed when the
 * buffer is full, on a `sync`, and before the program waits for input. */

enum { R3_GATHER_MAX = 256 };

/* Candles that were read and not given to the stage yet, and where their lines stand. */
struct r3_gather {
    struct r3_candles block; /* its scales are the largest so far; count 0: none */
    int64_t time[R3_GATHER_MAX], open[R3_GATHER_MAX], high[R3_GATHER_MAX], low[R3_GATHER_MAX], close[R3_GATHER_MAX],
        volume[R3_GATHER_MAX];
    int64_t last_time;
    const char *lines;            /* the first line; the others follow without a gap */
    uint32_t ends[R3_GATHER_MAX]; /* behind each line's newline, counted from there */
    uint64_t first_line;          /* its number */
    bool giving;                  /* the stage works on them: at candle `at`, lines ahead of `passed` have gone on */
    size_t at, passed;
};

struct r3_pipe {
    struct r3_port port; /* context points back here */
    const struct r3_stage *stage;
    void *state;
    struct r3_decoder *decoder;
    struct r3_reader in;
    struct r3_writer out;
    struct r3_buffer encoded; /* one record on its way out */
    bool quiet;               /* --quiet-input: what was read is not written again */

    /* The line that is being stepped. */
    const char *line;
    size_t length;
    enum r3_record_type type;
    bool echoed;
    /* Lines that go on and were not put to `out` yet: they stand one behind another where they were read, so that they are copied
     * together, or written from there. To be settled ahead of anything else for `out`, and of another read. */
    const char *passing;
    size_t passing_length;
    struct r3_gather gather;
    bool placed; /* the error's text tells its place */
    /* In the loop of the barrier a program reads without asking first whether it would wait; a timer interrupts a read that
     * waits for longer, and only then it looks around (measured: 7 % off a run with a barrier every 26 candles). */
    bool ticking;
    int ticks; /* seen when it last looked around */

    int64_t pending_since; /* monotonic ms; 0: nothing waits to be flushed */
    bool patient;          /* the last wait for input was short: wait a moment before flushing */

    /* --reject */
    const char *reject_name;
    int reject_fd;
    uint64_t rejected;

    /* The way back from r3-order to r3-track (R3_UPDATES). */
    const char *updates_name;
    int updates_fd;
    struct r3_reader updates_in; /* r3-track */
    struct r3_decoder *updates_decoder;
    struct r3_writer updates_out; /* r3-order */
    struct r3_buffer kept;        /* r3-order: lines for the next answer */
    int64_t next_sync;
    unsigned sync_slices; /* of 100 ms: how long the first answer may take, and a later one before it is told */
    bool sync_answered;   /* one was: r3-order is there */
    bool sync_waited;     /* a late answer was told */

    /* Progress on a terminal. */
    struct r3_progress progress;
    uint64_t records;
};

/* The reader of standard output has ended: end as a write would make it end, by SIGPIPE, so that the status of the pipe is that
 * of the program that failed, if one did. Returns -1 where SIGPIPE is held back. */
int r3_pipe_reader_gone(struct r3_error *error);

/* Lines that go on as they are: text[0..length), which stays where it is until they are settled. */
int r3_pipe_pass(struct r3_pipe *pipe, const char *text, size_t length, struct r3_error *error);

/* lib/stage/pipe_candles.c: the candle of the line that was just read. 1: taken; 0: it does not fit a block and is to be stepped
 * by itself, those before it have been given; -1. */
int r3_pipe_gather(struct r3_pipe *pipe, const struct r3_candle *candle, struct r3_error *error);
/* The same for whole lines ahead that are candles of the same series: as many as are there and fit. They are counted as read. */
int r3_pipe_gather_ahead(struct r3_pipe *pipe, struct r3_error *error);
/* Candles ahead that the stage does not take are checked and passed on. */
int r3_pipe_pass_ahead(struct r3_pipe *pipe, struct r3_error *error);
/* Whether a line that begins here may be one. */
static inline bool r3_pipe_is_candle(const char *text, size_t length) {
    static const char head[] = "{\"type\":\"candle\"";
    return length >= sizeof head && memcmp(text, head, sizeof head - 1) == 0;
}
/* Give the stage what was gathered, if anything was. *error is left alone unless that fails. */
int r3_pipe_give(struct r3_pipe *pipe, struct r3_error *error);
/* While they are given: pass on the lines of those ahead of `end`. */
int r3_pipe_pass_gathered(struct r3_pipe *pipe, size_t end, struct r3_error *error);

/* Whether a read may be tried at once, since a tick will end it should it wait. */
bool r3_pipe_reads_at_once(struct r3_pipe *pipe);
void r3_pipe_tick(struct r3_pipe *pipe, bool on);

/* lib/stage/pipe_updates.c */
int r3_pipe_updates_open(struct r3_pipe *pipe, const char *name, struct r3_error *error);
int r3_pipe_sync(struct r3_port *port, struct r3_error *error);
int r3_pipe_answer(struct r3_port *port, const struct r3_record *record, struct r3_error *error);
int r3_pipe_keep(struct r3_port *port, const struct r3_record *record, struct r3_error *error);
int r3_pipe_answer_kept(struct r3_port *port, struct r3_error *error);
/* r3-order: open the way back if it is not, and after the step send the sync itself. */
int r3_pipe_answer_begin(struct r3_pipe *pipe, struct r3_error *error);
int r3_pipe_answer_end(struct r3_pipe *pipe, const struct r3_record *sync, struct r3_error *error);
void r3_pipe_updates_close(struct r3_pipe *pipe);

/* How long the answer to the first sync may take, in seconds: R3_SYNC_TIMEOUT, else 10. R3_CONFIG. */
int r3_sync_timeout(unsigned *seconds, struct r3_error *error);
/* The first sync was not answered: fills the error in, returns -1. */
int r3_sync_unanswered(int64_t id, unsigned seconds, struct r3_error *error);

#endif
