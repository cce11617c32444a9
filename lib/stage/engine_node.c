/* A stage's port in the engine: records from node to node. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/stage/engine_private.h"
#include "lib/stage/pipe.h"

/* ---- ends ---- */

/* It takes nothing any more. */
void r3_node_close(struct r3_node *node) {
    node->over = true;
    node->apart = UINT32_MAX;
    r3_engine_close_ways(node->engine);
}

void r3_node_cut(struct r3_node *node) {
    node->cut = true;
    r3_node_close(node);
}

int r3_node_stop(struct r3_node *node) {
    node->failed |= !node->cut;
    r3_node_close(node);
    return -1;
}

/* A failure on account of what was given: bad data is told with its line, as the pipe loop does. */
__attribute__((cold)) static int stop_at(struct r3_node *node, uint64_t line) {
    if (!node->cut && node->error.status == R3_DATA)
        r3_error_at(&node->error, "standard input:%" PRIu64 ": ", line);
    return r3_node_stop(node);
}

__attribute__((cold)) static int cut(struct r3_node *node, struct r3_error *error) {
    node->cut = true;
    return r3_fail(error, R3_IO, "standard output: its reader is gone");
}

/* Those from `first` on were to pass something on to a node that takes nothing. */
__attribute__((cold)) static int cut_ahead(struct r3_node *first, struct r3_node *node) {
    while (node-- > first) {
        cut(node, &node->error);
        r3_node_stop(node);
    }
    return -1;
}

/* The last node could not pass on what it was given. */
__attribute__((cold)) static int cut_last(struct r3_engine *engine, struct r3_node *first, int result) {
    struct r3_node *node = &engine->nodes[engine->count - 1];
    if (result == R3_ENGINE_GONE)
        cut(node, &node->error);
    stop_at(node, r3_node_lines(node));
    return cut_ahead(first, node);
}

/* ---- to the next node, or out ---- */

static int deliver(struct r3_node *first, const struct r3_record *record);
static int deliver_candles(struct r3_node *first, const struct r3_candles *candles, size_t from, size_t to);
static void fail_at(struct r3_node *node, size_t from);

/* A node that `node` has something for fails on account of it. */
__attribute__((cold)) static int taker_failed(struct r3_node *node, struct r3_node *taker, struct r3_error *error) {
    stop_at(taker, r3_node_lines(taker));
    cut_ahead(node + 1, taker);
    return cut(node, error);
}

/* What `node` passes on has come as far as `at`, from which no way leads on. */
__attribute__((noinline)) static int ask_each(struct r3_node *node, struct r3_node *at, const struct r3_record *record,
                                              struct r3_error *error) {
    if (!at->last) {
        if (deliver(at + 1, record) == 0)
            return 0;
        cut_ahead(node + 1, at + 1);
        return cut(node, error);
    }
    int result = r3_engine_put(node->engine, record, at == node ? error : &at->error);
    if (result == 0)
        return 0;
    if (at != node)
        cut_last(node->engine, node + 1, result);
    return at != node || result == R3_ENGINE_GONE ? cut(node, error) : result;
}

/* Along the ways, until a node keeps the record, or has passed it on itself. */
__attribute__((noinline)) static int go_on(struct r3_node *node, const struct r3_record *record,
                                           struct r3_error *error) {
    struct r3_node *at = node;
    for (struct r3_way *way; (way = &at->ways[record->type])->step;) {
        struct r3_node *taker = way->taker;
        way->count++;
        taker->given = record;
        int failed = way->step(way->state, record, &taker->error);
        bool passed = !taker->given;
        taker->given = NULL;
        if (failed < 0)
            return taker_failed(node, taker, error);
        if (passed || way->ends)
            return 0;
        at = taker;
    }
    return ask_each(node, at, record, error);
}

/* The last step of a way: whoever passes nothing on need not know what it was given. */
static inline int end_way(struct r3_node *node, struct r3_way *way, const struct r3_record *record,
                          struct r3_error *error) {
    way->count++;
    return way->step(way->state, record, &way->taker->error) < 0 ? taker_failed(node, way->taker, error) : 0;
}

/* Eleven times a decision, and seven of these end at once in r3-report: 45 instructions less for each than by asking each node. */
static inline int pass(struct r3_node *node, const struct r3_record *record, struct r3_error *error) {
    struct r3_way *way = &node->ways[record->type];
    return way->ends ? end_way(node, way, record, error) : go_on(node, record, error);
}

static int ask_each_for_candles(struct r3_node *node, struct r3_node *at, const struct r3_candles *candles, size_t from,
                                size_t to, struct r3_error *error) {
    if (!at->last) {
        if (deliver_candles(at + 1, candles, from, to) == 0)
            return 0;
        cut_ahead(node + 1, at + 1);
        return cut(node, error);
    }
    int result =
        from < to ? r3_engine_put_candles(node->engine, candles, from, to, at == node ? error : &at->error) : 0;
    if (result == 0)
        return 0;
    if (at != node)
        cut_last(node->engine, node + 1, result);
    return at != node || result == R3_ENGINE_GONE ? cut(node, error) : result;
}

static int pass_candles(struct r3_node *node, const struct r3_candles *candles, size_t from, size_t to,
                        struct r3_error *error) {
    struct r3_node *at = node;
    for (struct r3_block_way *way; (way = &at->blocks)->candles;) {
        struct r3_node *taker = way->taker;
        if (from >= to)
            return 0;
        taker->block = candles;
        taker->passed = taker->at = from;
        if (way->candles(way->state, candles, from, to, &taker->at, &taker->error) < 0) {
            fail_at(taker, from);
            cut_ahead(node + 1, taker);
            return cut(node, error);
        }
        taker->block = NULL;
        way->count += to - from;
        if (way->ends)
            return 0;
        from = taker->passed;
        at = taker;
    }
    return ask_each_for_candles(node, at, candles, from, to, error);
}

/* Pass on the candles of the block ahead of `end`. */
static int pass_block(struct r3_node *node, size_t end, struct r3_error *error) {
    size_t from = node->passed;
    if (from >= end)
        return 0;
    node->passed = end;
    if (node->stops & R3_BIT(R3_CANDLE))
        return 0;
    return pass_candles(node, node->block, from, end, error);
}

/* Pass on the record that is worked on. */
static int pass_given(struct r3_node *node, struct r3_error *error) {
    const struct r3_record *given = node->given;
    if (given->type == R3_END) /* goes last */
        return 0;
    node->given = NULL;
    return node->stops & R3_BIT(given->type) ? 0 : pass(node, given, error);
}

/* What is worked on, ahead of what it causes. */
static inline int pass_held(struct r3_node *node, struct r3_error *error) {
    if (node->given)
        return pass_given(node, error);
    return node->block ? pass_block(node, node->at + 1, error) : 0;
}

/* ---- the port ---- */

static int emit_ahead(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_node *node = port->context;
    node->emitted++;
    if (node->block && pass_block(node, node->at, error) < 0)
        return -1;
    return pass(node, record, error);
}

__attribute__((always_inline)) static inline int send(struct r3_node *node, const struct r3_record *record,
                                                      struct r3_error *error) {
    node->emitted++;
    return pass_held(node, error) < 0 ? -1 : pass(node, record, error);
}

static int emit(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    return send(port->context, record, error);
}

static int emit_candles(struct r3_port *port, const struct r3_candles *candles, struct r3_error *error) {
    struct r3_node *node = port->context;
    node->emitted += candles->count;
    return pass_candles(node, candles, 0, candles->count, error);
}

/* r3-track hears it at once: it waits for nothing else, and answers nothing before the last of them. */
static inline void hear(struct r3_engine *engine, const struct r3_record *record) {
    const struct r3_node *asking = engine->asking;
    if (!engine->refused && asking->stage->update(asking->state, record, &engine->refusal) < 0)
        engine->refused = true;
}

static int answer(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    const struct r3_node *node = port->context;
    (void)error;
    hear(node->engine, record);
    return 0;
}

static int keep(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_node *node = port->context;
    (void)error;
    r3_kept_add(&node->kept, record);
    return 0;
}

/* Each order begins with an update that it works: to keep that, and to have it heard, took 70 instructions of a decision. */
static inline bool is_heard(const struct r3_node *node, const struct r3_record *record) {
    return record->type != R3_UPDATE || record->update.status != R3_OPENED || !node->spares;
}

/* Kept first, so that nothing of it has to be remembered while it is emitted. Where that fails nobody asks for it any more. */
static int emit_kept(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_node *node = port->context;
    if (is_heard(node, record))
        r3_kept_add(&node->kept, record);
    return send(node, record, error);
}

static int answer_kept(struct r3_port *port, struct r3_error *error) {
    struct r3_node *node = port->context;
    const struct r3_record *record;
    (void)error;
    for (size_t at = 0; (record = r3_kept_next(&node->kept, &at));)
        hear(node->engine, record);
    r3_kept_forget(&node->kept);
    return 0;
}

/* The sync to r3-order, which swallows it and answers before the call returns. */
static inline int send_sync(struct r3_node *node, const struct r3_record *sync, struct r3_error *error) {
    struct r3_engine *engine = node->engine;
    node->emitted++;
    if (pass_held(node, error) < 0)
        return -1;
    if (!node->barrier.step)
        return go_on(node, sync, error);
    engine->answered = true;
    return end_way(node, &node->barrier, sync, error);
}

static int sync(struct r3_port *port, struct r3_error *error) {
    struct r3_node *node = port->context;
    struct r3_engine *engine = node->engine;
    struct r3_record record; /* a barrier a decision: all of it need not be cleared */
    record.type = R3_SYNC;
    record.sync.id = node->next_sync++;
    engine->asking = node;
    engine->answered = engine->refused = false;
    int failed = send_sync(node, &record, error);
    engine->asking = NULL;
    if (failed)
        return -1;
    if (!engine->answered)
        return r3_sync_unanswered(record.sync.id, engine->sync_timeout, error);
    if (engine->refused)
        *error = engine->refusal;
    return engine->refused ? -1 : 0;
}

static int print(struct r3_port *port, const char *text, size_t length, struct r3_error *error) {
    struct r3_node *node = port->context;
    if (node->index + 1 < node->engine->count)
        return r3_engine_read_text(node->engine, node->index + 1, text, length) < 0 ? cut(node, error) : 0;
    int result = r3_engine_put_text(node->engine, text, length, error);
    return result == R3_ENGINE_GONE ? cut(node, error) : result;
}

void r3_node_message(struct r3_node *node, const char *text) {
    const struct r3_engine_options *options = &node->engine->options;
    if (options->message)
        options->message(options->context, node->stage->name, text);
}

__attribute__((format(printf, 2, 3))) static void warn(struct r3_port *port, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    r3_node_message(port->context, text);
}

static void progress(struct r3_port *port, uint64_t done, uint64_t total) {
    const struct r3_node *node = port->context;
    const struct r3_engine_options *options = &node->engine->options;
    if (options->progress)
        options->progress(options->context, node->stage->name, node->emitted, done, total);
}

void r3_node_open(struct r3_node *node) {
    node->port = (struct r3_port) { .emit = emit,
                                    .emit_ahead = emit_ahead,
                                    .emit_candles = emit_candles,
                                    .sync = sync,
                                    .answer = answer,
                                    .emit_kept = emit_kept,
                                    .keep = keep,
                                    .answer_kept = answer_kept,
                                    .print = print,
                                    .warn = warn,
                                    .progress = progress,
                                    .wait = node->engine->options.watch ? r3_engine_wait : NULL,
                                    .concurrent = node->engine->options.concurrent,
                                    .series = node->engine->options.series,
                                    .stream = node->engine->options.stream,
                                    .context = node };
}

/* ---- into a node ---- */

static int check_not_ended(struct r3_node *node) {
    return node->ended ? r3_fail(&node->error, R3_DATA, "a record after the end record") : 0;
}

/* What an end and a sync mean to a node. A sync for r3-order: the one that r3-track sends, since nobody else reads what is
 * answered. */
static int prepare(struct r3_node *node, const struct r3_record *record) {
    node->ended = record->type == R3_END;
    if (node->ended) {
        node->apart = UINT32_MAX; /* whatever comes now is one too many */
        r3_engine_close_ways(node->engine);
    }
    if (record->type != R3_SYNC || !(node->stage->swallows & R3_BIT(R3_SYNC)))
        return 0;
    if (!node->engine->asking)
        return r3_fail(&node->error, R3_UNAVAILABLE,
                       "a sync came, and no r3-track of this pipeline waits for the answer");
    node->engine->answered = true;
    return 0;
}

/* Whether a node takes the record, where that is not plain: 0 or -1. */
__attribute__((noinline)) static int admit(struct r3_node *node, const struct r3_record *record) {
    if (node->over)
        return -1;
    if (check_not_ended(node) < 0 || prepare(node, record) < 0)
        return stop_at(node, r3_node_lines(node) + 1);
    return 0;
}

/* A record goes down the row, each node asked, until one keeps it, or has passed it on itself. */
static int deliver(struct r3_node *first, const struct r3_record *record) {
    const uint32_t bit = R3_BIT(record->type);
    struct r3_node *node = first;
    for (;; node++) {
        if (bit & node->apart && admit(node, record) < 0)
            return cut_ahead(first, node);
        node->lines++;
        if (!(bit & node->ignores)) {
            node->given = record;
            int failed = r3_stage_step_of(node->stage, record->type)(node->state, record, &node->error);
            bool passed = !node->given;
            node->given = NULL;
            if (failed < 0) {
                stop_at(node, r3_node_lines(node));
                return cut_ahead(first, node);
            }
            if (passed)
                return 0;
        }
        if (bit & node->stops)
            return 0;
        if (node->last)
            break;
    }
    int result = r3_engine_put(node->engine, record, &node->error);
    return result == 0 ? 0 : cut_last(node->engine, first, result);
}

int r3_engine_deliver(struct r3_engine *engine, size_t first, const struct r3_record *record) {
    return deliver(engine->nodes + first, record);
}

static int step_each(struct r3_node *node, const struct r3_candles *candles, size_t from, size_t to) {
    r3_stage_step *const step = r3_stage_step_of(node->stage, R3_CANDLE);
    struct r3_record record;
    for (size_t i = from; i < to; i++) {
        node->at = i;
        r3_candles_record(candles, i, &record);
        if (step(node->state, &record, &node->error) < 0)
            return -1;
    }
    return 0;
}

/* It fails on account of the candle that it worked at; what came before goes on, where that is its own failure. */
__attribute__((cold)) static void fail_at(struct r3_node *node, size_t from) {
    struct r3_error later = { 0 };
    stop_at(node, r3_node_lines(node) + (node->at - from) + 1);
    if (node->failed)
        pass_block(node, node->at, &later);
    node->block = NULL;
}

/* Let a node work on candles; those from node->passed on are still to be passed on. */
static int take_candles(struct r3_node *node, const struct r3_candles *candles, size_t from, size_t to) {
    node->block = candles;
    node->passed = node->at = from;
    int failed = node->stage->candles ? node->stage->candles(node->state, candles, from, to, &node->at, &node->error)
                                      : step_each(node, candles, from, to);
    if (failed)
        fail_at(node, from);
    else
        node->block = NULL;
    return failed ? -1 : 0;
}

static int deliver_candles(struct r3_node *first, const struct r3_candles *candles, size_t from, size_t to) {
    const uint32_t bit = R3_BIT(R3_CANDLE);
    struct r3_node *node = first;
    for (;; node++) {
        if (node->over)
            return cut_ahead(first, node);
        if (from >= to)
            return 0;
        if (node->ended && check_not_ended(node) < 0) {
            stop_at(node, r3_node_lines(node) + 1);
            return cut_ahead(first, node);
        }
        size_t next = from;
        if (!(node->ignores & bit)) {
            if (take_candles(node, candles, from, to) < 0)
                return cut_ahead(first, node);
            next = node->passed;
        }
        node->lines += to - from;
        if (node->stops & bit)
            return 0;
        from = next;
        if (node->last)
            break;
    }
    int result = from < to ? r3_engine_put_candles(node->engine, candles, from, to, &node->error) : 0;
    return result == 0 ? 0 : cut_last(node->engine, first, result);
}

int r3_engine_deliver_candles(struct r3_engine *engine, size_t first, const struct r3_candles *candles, size_t from,
                              size_t to) {
    return deliver_candles(engine->nodes + first, candles, from, to);
}
