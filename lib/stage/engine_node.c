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
static int stop_at(struct r3_node *node, uint64_t line) {
    if (!node->cut && node->error.status == R3_DATA)
        r3_error_at(&node->error, "standard input:%" PRIu64 ": ", line);
    return r3_node_stop(node);
}

__attribute__((cold)) static int cut(struct r3_node *node, struct r3_error *error) {
    node->cut = true;
    return r3_fail(error, R3_IO, "standard output: its reader is gone");
}

/* ---- to the next node, or out ---- */

static int deliver(struct r3_node *first, const struct r3_record *record);
static int deliver_candles(struct r3_node *first, const struct r3_candles *candles, size_t from, size_t to);

static int pass_candles(struct r3_node *node, const struct r3_candles *candles, size_t from, size_t to,
                        struct r3_error *error) {
    if (!node->last)
        return deliver_candles(node + 1, candles, from, to) < 0 ? cut(node, error) : 0;
    int result = r3_engine_put_candles(node->engine, candles, from, to, error);
    return result == R3_ENGINE_GONE ? cut(node, error) : result;
}

static inline int pass(struct r3_node *node, const struct r3_record *record, struct r3_error *error) {
    if (!node->last)
        return deliver(node + 1, record) < 0 ? cut(node, error) : 0;
    int result = r3_engine_put(node->engine, record, error);
    return result == R3_ENGINE_GONE ? cut(node, error) : result;
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

/* ---- the port ---- */

static int emit_ahead(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_node *node = port->context;
    node->emitted++;
    if (node->block && pass_block(node, node->at, error) < 0)
        return -1;
    return pass(node, record, error);
}

static int emit(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_node *node = port->context;
    node->emitted++;
    if (node->given && pass_given(node, error) < 0)
        return -1;
    if (node->block && pass_block(node, node->at + 1, error) < 0)
        return -1;
    return pass(node, record, error);
}

static int emit_candles(struct r3_port *port, const struct r3_candles *candles, struct r3_error *error) {
    struct r3_node *node = port->context;
    node->emitted += candles->count;
    return pass_candles(node, candles, 0, candles->count, error);
}

/* r3-track hears it at once: it waits for nothing else, and answers nothing before the last of them. */
static int answer(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    const struct r3_node *node = port->context;
    struct r3_engine *engine = node->engine;
    const struct r3_node *asking = engine->asking;
    (void)error;
    if (!engine->refused && asking->stage->update(asking->state, record, &engine->refusal) < 0)
        engine->refused = true;
    return 0;
}

static int keep(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_node *node = port->context;
    (void)error;
    r3_kept_add(&node->kept, record);
    return 0;
}

static int emit_kept(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    return emit(port, record, error) < 0 ? -1 : keep(port, record, error);
}

static int answer_kept(struct r3_port *port, struct r3_error *error) {
    struct r3_node *node = port->context;
    for (const struct r3_record *record = NULL; (record = r3_kept_next(&node->kept, record));)
        if (answer(port, record, error) < 0)
            return -1;
    r3_kept_forget(&node->kept);
    return 0;
}

/* The sync goes down the row as any record; r3-order swallows it and answers before the call returns. */
static int sync(struct r3_port *port, struct r3_error *error) {
    struct r3_node *node = port->context;
    struct r3_engine *engine = node->engine;
    struct r3_record record; /* a barrier a decision: all of it need not be cleared */
    record.type = R3_SYNC;
    record.sync.id = node->next_sync++;
    engine->asking = node;
    engine->answered = engine->refused = false;
    int failed = emit(port, &record, error);
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
    if (node->ended)
        node->apart = UINT32_MAX; /* whatever comes now is one too many */
    if (record->type != R3_SYNC || !(node->stage->swallows & R3_BIT(R3_SYNC)))
        return 0;
    if (!node->engine->asking)
        return r3_fail(&node->error, R3_UNAVAILABLE,
                       "a sync came, and no r3-track of this pipeline waits for the answer");
    node->engine->answered = true;
    return 0;
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
    stop_at(node, node->lines);
    return cut_ahead(first, node);
}

/* Whether a node takes the record, where that is not plain: 0 or -1. */
__attribute__((noinline)) static int admit(struct r3_node *node, const struct r3_record *record) {
    if (node->over)
        return -1;
    if (check_not_ended(node) < 0 || prepare(node, record) < 0)
        return stop_at(node, node->lines + 1);
    return 0;
}

/* A record goes down the row until a node keeps it, or has passed it on itself. A decision takes ten of these calls, so that a node
 * is told by one word whether it takes the record as any other. */
static int deliver(struct r3_node *first, const struct r3_record *record) {
    const uint32_t bit = R3_BIT(record->type);
    struct r3_node *node = first;
    for (;; node++) {
        if (bit & node->apart && admit(node, record) < 0)
            return cut_ahead(first, node);
        node->lines++;
        if (!(bit & node->ignores)) {
            node->given = record;
            int failed = node->stage->step(node->state, record, &node->error);
            bool passed = !node->given;
            node->given = NULL;
            if (failed < 0) {
                stop_at(node, node->lines);
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
    struct r3_record record;
    for (size_t i = from; i < to; i++) {
        node->at = i;
        r3_candles_record(candles, i, &record);
        if (node->stage->step(node->state, &record, &node->error) < 0)
            return -1;
    }
    return 0;
}

/* It fails on account of the candle that it worked at; what came before goes on, where that is its own failure. */
__attribute__((cold)) static void fail_at(struct r3_node *node, size_t from) {
    struct r3_error later = { 0 };
    stop_at(node, node->lines + (node->at - from) + 1);
    if (node->failed)
        pass_block(node, node->at, &later);
}

/* Let a node work on candles; those from node->passed on are still to be passed on. */
static int take_candles(struct r3_node *node, const struct r3_candles *candles, size_t from, size_t to) {
    node->block = candles;
    node->passed = node->at = from;
    int failed = node->stage->candles ? node->stage->candles(node->state, candles, from, to, &node->at, &node->error)
                                      : step_each(node, candles, from, to);
    if (failed)
        fail_at(node, from);
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
            stop_at(node, node->lines + 1);
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
