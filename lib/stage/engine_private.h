#ifndef R3_STAGE_ENGINE_PRIVATE_H
#define R3_STAGE_ENGINE_PRIVATE_H

#include "lib/base/io.h"
#include "lib/stage/engine.h"
#include "lib/stage/kept.h"

/* Private to lib/stage/engine*.c.
 *
 * A node is a stage with its own port. What is given to a node is passed on to the next one when the node emits something (first
 * what caused it, as a pipe's program echoes its line first), and at the latest when its step returns. So a block of candles goes
 * on in as few pieces as there are candles that caused something. */

/* The line that a record came as, until the row has taken it. */
struct r3_given_line {
    const struct r3_record *record;
    const char *text;
    size_t length;
};

struct r3_node;

/* The way of a record of some type from a node to the next one that takes it. They are found out once, when all nodes have started, so
 * that a record goes along one without a question to the nodes that it passes. Once a node takes nothing any more, or an `end` was
 * given to one, there are no more ways, and each node is asked (r3_engine_deliver). */
struct r3_way {
    r3_stage_step *step; /* the taker's; NULL: there is no way */
    void *state;
    struct r3_node *taker;
    uint64_t count; /* of records: lines of the nodes behind the first, up to the taker */
    bool ends;      /* it goes no further */
};

/* The same for blocks of candles, which are counted one by one. */
struct r3_block_way {
    int (*candles)(void *state, const struct r3_candles *candles, size_t from, size_t to, size_t *at,
                   struct r3_error *error);
    void *state;
    struct r3_node *taker;
    uint64_t count;
    bool ends;
};

struct r3_node {
    struct r3_port port; /* context points back here */
    struct r3_engine *engine;
    size_t index;
    bool last; /* of the row */
    const struct r3_stage *stage;
    struct r3_arguments *arguments;
    void *state;

    struct r3_error error;
    bool failed;             /* for a reason of its own, in error */
    bool cut;                /* nobody takes what it emits, which ends it as SIGPIPE ends a program: without a word */
    bool over;               /* takes nothing any more: failed, cut or done */
    bool ended;              /* an `end` was the last record given to it */
    uint32_t stops, ignores; /* R3_BIT of the types that it does not pass on; that it has nothing to do with */
    uint32_t
        apart; /* of those that it does not simply take: end, its own sync; all of them where it is over, or has ended */
    uint64_t lines; /* those that came by no way: see r3_node_lines */
    uint64_t emitted;
    struct r3_way ways[R3_RECORD_TYPES];
    struct r3_way barrier; /* r3-track: of its syncs */
    struct r3_block_way blocks;

    /* What it is working on: a record that is not passed on yet (NULL: none, or it is); or a block, passed on up to `passed`, and
     * worked on at `at`. */
    const struct r3_record *given;
    const struct r3_candles *block;
    size_t passed, at;

    int64_t next_sync;   /* r3-track */
    struct r3_kept kept; /* r3-order: what r3-track is to hear */
    bool spares;         /* of that, updates of orders that go on working: nobody needs them */
    const char *reject_name;
    struct r3_writer reject;
    uint64_t rejected;
};

struct r3_engine {
    struct r3_engine_options options;
    struct r3_node *nodes;
    size_t count;
    const struct r3_pipeline_text *text;
    bool started, finished;
    unsigned sync_timeout; /* for the message */

    /* The barrier: the r3-track that asks, what it thinks of an answer of r3-order, and whether all of them came. */
    struct r3_node *asking;
    struct r3_error refusal;
    bool refused, answered;

    struct r3_given_line line; /* record NULL: none is on its way */

    struct r3_buffer out; /* on its way to options.output */
    struct r3_decoder *decoder;
};

/* lib/stage/engine_way.c. All nodes have started. */
void r3_engine_find_ways(struct r3_engine *engine);
void r3_engine_close_ways(struct r3_engine *engine);
/* How many lines a pipe would have given to this program. */
uint64_t r3_node_lines(const struct r3_node *node);

/* lib/stage/engine_node.c. `k` is the index of a node. Each returns 0, or -1 once that node takes nothing any more; why is in the
 * node. */
void r3_node_open(struct r3_node *node);
int r3_engine_deliver(struct r3_engine *engine, size_t k, const struct r3_record *record);
int r3_engine_deliver_candles(struct r3_engine *engine, size_t k, const struct r3_candles *candles, size_t from,
                              size_t to);
/* It takes nothing any more; nor do those that it passes things on to. */
void r3_node_close(struct r3_node *node);
void r3_node_cut(struct r3_node *node);
/* The node's own failure, its error filled in; or its end, if it was cut. Returns -1. */
int r3_node_stop(struct r3_node *node);
void r3_node_message(struct r3_node *node, const char *text);

/* lib/stage/engine_input.c: lines, as the pipe loop takes them. */
int r3_engine_read(struct r3_engine *engine);
/* The port's: where somebody may be looking on. */
int r3_engine_wait(struct r3_port *port, int64_t milliseconds, struct r3_error *error);
/* Text that a program prints for the next one, which has to be records. -1 once the next takes nothing any more. */
int r3_engine_read_text(struct r3_engine *engine, size_t k, const char *text, size_t length);

/* lib/stage/engine_output.c: what the last node gives. Results as of options.output. */
int r3_engine_put(struct r3_engine *engine, const struct r3_record *record, struct r3_error *error);
int r3_engine_put_candles(struct r3_engine *engine, const struct r3_candles *candles, size_t from, size_t to,
                          struct r3_error *error);
int r3_engine_put_text(struct r3_engine *engine, const char *text, size_t length, struct r3_error *error);
/* Hand over what is held back, and flush. */
int r3_engine_flush(struct r3_engine *engine, struct r3_error *error);

#endif
