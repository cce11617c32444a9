#ifndef R3_SESSION_KEEP_H
#define R3_SESSION_KEEP_H

#include "lib/session/session.h"
#include "lib/session/stream.h"

/* What keep reads of a run, and what its transaction makes of it. Private to lib/session/keep*.c. */

/* The state of one program: its last whole set of records. */
struct r3_keep_state {
    char program[R3_NAME_SIZE];
    int64_t part, parts; /* read so far, and of how many */
    struct r3_buffer lines;
};

struct r3_keep {
    struct r3_session_stream stream;
    struct r3_decoder *decoder; /* of lines that are read again */
    bool inner;                 /* who runs it notes how the run ends */
    bool no_candles;            /* the tick is still due: another run is to look for candles */
    bool no_rules;              /* the run is to be known as one that failed */
    bool ended;
    int64_t first; /* open of the first candle, */
    int64_t seen;  /* close of the last one; R3_TIME_ABSENT: none came */
    int64_t candles;
    /* Signals, raw orders, orders, cancels, updates, trades and notices, each line with its newline. */
    struct r3_buffer lines;
    struct r3_buffer commands;   /* the same, a newline ahead of the first too */
    bool stops;                  /* a stop came, */
    bool keeps_position;         /* which leaves the position as it is */
    char reason[R3_TEXT_SIZE];   /* why the session ended by itself */
    struct r3_record *positions; /* the last of each market */
    size_t position_count;
    struct r3_record account; /* the last one; R3_UNKNOWN: none */
    struct r3_record tick;    /* R3_UNKNOWN: none */
    struct r3_keep_state *states;
    size_t state_count;

    /* Of the transaction, set anew on each attempt. */
    struct r3_session session;
    int64_t now;              /* market time */
    struct r3_buffer out;     /* records that the run caused */
    int64_t sent;             /* number of the last of them */
    size_t *raworders;        /* where their lines begin, */
    size_t raworder_count;    /* of which these are known so far */
    int64_t acknowledged;     /* the last command that was fed; 0: none */
    bool commands_wait, over; /* a command was not fed; the session is to be STOPPED */
    bool live;                /* the session is; then */
    int64_t told;             /* the last event that was fed, 0: none, */
    bool events_wait;         /* and whether one was not */
    struct r3_buffer fed;     /* commands that were, a newline ahead and behind */
};

/* Take in the record of the stream. R3_DATA, R3_PROTOCOL. */
int r3_keep_take(struct r3_keep *keep, struct r3_error *error);
/* The stream has ended: whether it is whole. */
int r3_keep_whole(const struct r3_keep *keep, struct r3_error *error);
void r3_keep_release(struct r3_keep *keep);

/* The transaction: all that the run did, and what it caused in the outbox. A r3_store_work; context: a struct r3_keep. */
int r3_keep_commit(struct r3_store *store, void *context, struct r3_error *error);
/* That of a warm-up: what r3-strategy is to go on from, and nothing else. */
int r3_keep_memory(struct r3_store *store, void *context, struct r3_error *error);
/* The end of the lease, which a live session keeps for r3-live behind the run, and of a session that is over. Inside `work` of a write. */
int r3_keep_finish(struct r3_store *store, struct r3_keep *keep, struct r3_error *error);

#endif
