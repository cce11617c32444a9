/* A stage's port in the engine: records from node to node. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/stage/engine_private.h"
#include "lib/stage/pipe.h"

enum { KEPT_MEMORY = 1 << 20 }; /* what the answers to a barrier may hold on to once they are delivered */

/* ---- ends ---- */

int r3_node_stop(struct r3_node *node) {
    node->failed |= !node->cut;
    node->over = true;
    return -1;
}

/* A failure on account of what was given: bad data is told with its line, as the pipe loop does. */
static int stop_at(struct r3_node *node, uint64_t line) {
    if (!node->cut && node->error.status == R3_DATA)
        r3_error_at(&node->error, "standard input:%" PRIu64 ": ", line);
    return r3_node_stop(node);
}

static int cut(struct r3_node *node, struct r3_error *error) {
    node->cut = true;
    return r3_fail(error, R3_IO, "standard output: its reader is gone");
}

/* ---- to the next node, or out ---- */

static int pass(struct r3_node *node, const struct r3_record *record, const char *line, size_t length,
                struct r3_error *error) {
    struct r3_engine *engine = node->engine;
    if (node->index + 1 < engine->count)
        return r3_engine_deliver(engine, node->index + 1, record, line, length) < 0 ? cut(node, error) : 0;
    int result = r3_engine_put(engine, record, line, length, error);
    return result == R3_ENGINE_GONE ? cut(node, error) : result;
}

static int pass_candles(struct r3_node *node, const struct r3_candles *candles, size_t from, size_t to,
                        struct r3_error *error) {
    struct r3_engine *engine = node->engine;
    if (node->index + 1 < engine->count)
        return r3_engine_deliver_candles(engine, node->index + 1, candles, from, to) < 0 ? cut(node, error) : 0;
    int result = r3_engine_put_candles(engine, candles, from, to, error);
    return result == R3_ENGINE_GONE ? cut(node, error) : result;
}

/* Pass on the record that is worked on. */
static int pass_current(struct r3_node *node, struct r3_error *error) {
    const struct r3_record *record = node->record;
    node->record = NULL;
    if (!record || node->silent || node->stage->swallows & R3_BIT(record->type))
        return 0;
    return pass(node, record, node->line, node->length, error);
}

/* Pass on the candles of the block ahead of `end`. */
static int pass_block(struct r3_node *node, size_t end, struct r3_error *error) {
    size_t from = node->passed;
    if (from >= end)
        return 0;
    node->passed = end;
    if (node->silent || node->stage->swallows & R3_BIT(R3_CANDLE))
        return 0;
    return pass_candles(node, node->block, from, end, error);
}

/* ---- the port ---- */

static int emit_ahead(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_node *node = port->context;
    node->emitted++;
    if (node->block && pass_block(node, node->at, error) < 0)
        return -1;
    return pass(node, record, NULL, 0, error);
}

static int emit(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_node *node = port->context;
    node->emitted++;
    if (node->record && node->record->type != R3_END && pass_current(node, error) < 0)
        return -1;
    if (node->block && pass_block(node, node->at + 1, error) < 0)
        return -1;
    return pass(node, record, NULL, 0, error);
}

static int emit_candles(struct r3_port *port, const struct r3_candles *candles, struct r3_error *error) {
    struct r3_node *node = port->context;
    node->emitted += candles->count;
    return pass_candles(node, candles, 0, candles->count, error);
}

static size_t aligned_size(enum r3_record_type type) {
    size_t step = _Alignof(struct r3_record);
    return (r3_record_size(type) + step - 1) / step * step;
}

static int answer(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_node *node = port->context;
    (void)error;
    memcpy(r3_buffer_reserve(&node->engine->answers, aligned_size(record->type)), record, r3_record_size(record->type));
    node->engine->answers.length += aligned_size(record->type);
    return 0;
}

/* The sync goes down the row as any record; r3-order swallows it and answers before the call returns. */
static int sync(struct r3_port *port, struct r3_error *error) {
    struct r3_node *node = port->context;
    struct r3_engine *engine = node->engine;
    struct r3_record record = { .type = R3_SYNC };
    record.sync.id = node->next_sync++;
    engine->asking = node;
    engine->answered = false;
    r3_buffer_reset(&engine->answers);
    int failed = emit(port, &record, error);
    engine->asking = NULL;
    if (failed)
        return -1;
    if (!engine->answered)
        return r3_sync_unanswered(record.sync.id, engine->sync_timeout, error);
    for (size_t at = 0; at < engine->answers.length;) {
        enum r3_record_type type;
        memcpy(&type, engine->answers.data + at, sizeof type);
        memcpy(&record, engine->answers.data + at, r3_record_size(type));
        if (node->stage->update(node->state, &record, error) < 0)
            return -1;
        at += aligned_size(type);
    }
    if (engine->answers.capacity > KEPT_MEMORY)
        r3_buffer_release(&engine->answers);
    return 0;
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
                                    .print = print,
                                    .warn = warn,
                                    .progress = progress,
                                    .concurrent = node->engine->options.concurrent,
                                    .context = node };
}

/* ---- into a node ---- */

static int check_not_ended(struct r3_node *node) {
    return node->ended ? r3_fail(&node->error, R3_DATA, "a record after the end record") : 0;
}

/* A sync for r3-order; the one that r3-track sends, since nobody else reads what is answered. */
static int step(struct r3_node *node, const struct r3_record *record) {
    bool answers = record->type == R3_SYNC && node->stage->swallows & R3_BIT(R3_SYNC);
    if (answers && !node->engine->asking)
        return r3_fail(&node->error, R3_UNAVAILABLE,
                       "a sync came, and no r3-track of this pipeline waits for the answer");
    if (node->stage->step(node->state, record, &node->error) < 0 || pass_current(node, &node->error) < 0)
        return -1;
    node->engine->answered |= answers;
    return 0;
}

int r3_engine_deliver(struct r3_engine *engine, size_t k, const struct r3_record *record, const char *line,
                      size_t length) {
    struct r3_node *node = &engine->nodes[k];
    if (node->over)
        return -1;
    node->lines++;
    if (check_not_ended(node) < 0)
        return stop_at(node, node->lines);
    node->record = record;
    node->line = line;
    node->length = length;
    node->ended = record->type == R3_END;
    int failed = step(node, record);
    node->record = NULL;
    return failed ? stop_at(node, node->lines) : 0;
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

int r3_engine_deliver_candles(struct r3_engine *engine, size_t k, const struct r3_candles *candles, size_t from,
                              size_t to) {
    struct r3_node *node = &engine->nodes[k];
    struct r3_error later = { 0 };
    if (node->over)
        return -1;
    if (from >= to)
        return 0;
    if (check_not_ended(node) < 0)
        return stop_at(node, node->lines + 1);
    node->block = candles;
    node->passed = node->at = from;
    int failed = node->stage->candles ? node->stage->candles(node->state, candles, from, to, &node->at, &node->error)
                                      : step_each(node, candles, from, to);
    if (failed) {
        stop_at(node, node->lines + (node->at - from) + 1);
        if (node->failed)
            pass_block(node, node->at, &later); /* what came before it */
    } else if (pass_block(node, to, &node->error) < 0) {
        failed = stop_at(node, node->lines + (to - from));
    }
    node->block = NULL;
    node->lines += to - from;
    return failed ? -1 : 0;
}
