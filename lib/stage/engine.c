/* The row of stages: its making, its run from end to end, its status. */

#include "lib/stage/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/exchange/names.h"
#include "lib/stage/engine_private.h"
#include "lib/stage/pipe.h"

static const struct r3_stage *const stages[] = { &r3_collect_stage, &r3_strategy_stage, &r3_track_stage,
                                                 &r3_size_stage,    &r3_order_stage,    &r3_report_stage };

const struct r3_stage *r3_stage_find(const char *name) {
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        if (strcmp(stages[i]->name, name) == 0)
            return stages[i];
    return NULL;
}

/* ---- making ---- */

int r3_engine_new(struct r3_engine **out, const struct r3_pipeline_text *text, const struct r3_engine_options *options,
                  struct r3_error *error) {
    size_t first = options->first;
    struct r3_engine *engine = r3_allocate(sizeof *engine);
    engine->options = *options;
    engine->text = text;
    engine->count = options->count ? options->count : text->count - first;
    engine->nodes = r3_allocate(engine->count * sizeof engine->nodes[0]);
    *out = engine;
    for (size_t k = 0; k < engine->count; k++) {
        struct r3_node *node = &engine->nodes[k];
        const char *name = text->programs[first + k].words[0];
        node->engine = engine;
        node->index = k;
        node->last = k + 1 == engine->count;
        node->stage = r3_stage_find(name);
        node->apart = R3_BIT(R3_END) | (node->stage ? node->stage->swallows & R3_BIT(R3_SYNC) : 0);
        r3_node_open(node);
        if (!node->stage) {
            r3_engine_free(engine);
            *out = NULL;
            return r3_fail(error, R3_USAGE, "%s: only the shell can run this program: use pipelines/backtest", name);
        }
    }
    return 0;
}

static void release_node(struct r3_node *node) {
    struct r3_error ignored; /* told by finish, if it was reached */
    if (node->state)
        node->stage->free(node->state);
    r3_kept_release(&node->kept);
    if (node->reject.data)
        r3_writer_close(&node->reject, &ignored);
    r3_arguments_free(node->arguments);
}

void r3_engine_free(struct r3_engine *engine) {
    if (!engine)
        return;
    for (size_t k = 0; k < engine->count; k++)
        release_node(&engine->nodes[k]);
    free(engine->nodes);
    r3_buffer_release(&engine->out);
    r3_decoder_free(engine->decoder);
    free(engine);
}

/* ---- options ---- */

/* --help and the like: printed by the last program of a pipeline. 1: done; 0: not asked for; -1. */
static int inform(struct r3_node *node, const struct r3_option *const *tables) {
    static const char *const names[] = { "help", "version", "completion" };
    struct r3_buffer text = R3_BUFFER_INIT;
    const struct r3_stage *stage = node->stage;
    if (node->index + 1 < node->engine->count) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (r3_arguments_given(node->arguments, names[i]))
                return r3_fail(&node->error, R3_USAGE, "--%s: only the last program of a pipeline can print it",
                               names[i]);
        return 0;
    }
    int result =
        r3_stage_inform(&text, stage->name, stage->operands, stage->summary, node->arguments, tables, &node->error);
    if (result > 0 && r3_engine_put_text(node->engine, text.data, text.length, &node->error) < 0)
        result = -1;
    r3_buffer_release(&text);
    return result;
}

static int open_reject(struct r3_node *node) {
    node->reject_name = r3_arguments_text(node->arguments, "reject");
    if (!node->reject_name)
        return 0;
    int fd = open(node->reject_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return r3_fail_errno(&node->error, R3_IO, "%s", node->reject_name);
    r3_writer_init(&node->reject, fd, node->reject_name);
    return 0;
}

/* The way back is inside the engine, so a file for it would be ignored. */
static int check_updates(struct r3_node *node) {
    const struct r3_stage *stage = node->stage;
    if (!stage->update && !(stage->swallows & R3_BIT(R3_SYNC)))
        return 0;
    if (r3_arguments_given(node->arguments, "updates"))
        return r3_fail(&node->error, R3_USAGE, "--updates: only the shell can run this: the way back is made here");
    return stage->update ? r3_sync_timeout(&node->engine->sync_timeout, &node->error) : 0;
}

static int start_node(struct r3_node *node) {
    const struct r3_option *tables[3];
    const struct r3_pipeline_program *program =
        &node->engine->text->programs[node->engine->options.first + node->index];
    const struct r3_stage *stage = node->stage;
    r3_stage_tables(tables, stage);
    if (stage == &r3_collect_stage && r3_exchange_is_asked(program->count, program->words)) {
        r3_fail(&node->error, R3_USAGE,
                "an exchange is not asked from here: write its candles to a file, with r3-fetch");
        return r3_node_stop(node);
    }
    if (r3_arguments_parse(&node->arguments, tables, (int)program->count, program->words, &node->error) < 0)
        return r3_node_stop(node);
    int informed = inform(node, tables);
    if (informed > 0)
        r3_node_close(node);
    if (informed != 0)
        return informed < 0 ? r3_node_stop(node) : 0;
    if (stage->pull && node->index + node->engine->options.first > 0)
        r3_fail(&node->error, R3_USAGE, "it reads no records, so it must be the first program");
    else if (stage->init(&node->state, node->arguments, &node->port, &node->error) == 0 &&
             (stage->pull || (open_reject(node) == 0 && check_updates(node) == 0))) {
        bool silent = stage->sink || (!stage->pull && r3_arguments_given(node->arguments, "quiet-input"));
        node->stops = silent ? UINT32_MAX : stage->swallows;
        for (int type = 0; type < R3_RECORD_TYPES; type++)
            node->ignores |= r3_stage_step_of(stage, (enum r3_record_type)type) ? 0 : R3_BIT(type);
        return 0;
    }
    return r3_node_stop(node);
}

int r3_engine_start(struct r3_engine *engine) {
    int result = 0;
    engine->started = true;
    engine->decoder = r3_decoder_new();
    for (size_t k = 0; k < engine->count; k++)
        start_node(&engine->nodes[k]);
    for (size_t k = 0; k < engine->count; k++)
        if (engine->nodes[k].over)
            result = -1;
    if (result == 0)
        r3_engine_find_ways(engine);
    return result;
}

/* ---- running ---- */

static void finish_node(struct r3_node *node, bool ended) {
    if (node->over)
        return;
    if (node->stage->finish && node->stage->finish(node->state, ended, &node->error) < 0)
        r3_node_stop(node);
    r3_node_close(node);
}

/* A source runs also where a later program has failed with its options, up to the first record that would reach that one: what is
 * wrong with its own files comes first. */
static void run_source(struct r3_engine *engine) {
    struct r3_node *node = &engine->nodes[0];
    struct r3_node *last = &engine->nodes[engine->count - 1];
    const struct r3_engine_options *options = &engine->options;
    int more = 1;
    while (more > 0 && !(options->stopped && options->stopped(options->context))) {
        more = node->stage->pull(node->state, &node->error);
        if (more < 0) {
            r3_node_stop(node);
            return;
        }
        if (more < 2 || last->over)
            continue;
        int result = r3_engine_flush(engine, &last->error);
        if (result == 0)
            continue;
        last->cut = result == R3_ENGINE_GONE;
        r3_node_stop(last);
        for (size_t k = 0; k + 1 < engine->count; k++)
            r3_node_cut(&engine->nodes[k]);
        return;
    }
    finish_node(node, true);
}

int r3_engine_give(struct r3_engine *engine, const struct r3_record *record) {
    return r3_engine_deliver(engine, 0, record);
}

int r3_engine_give_candles(struct r3_engine *engine, const struct r3_candles *candles) {
    return r3_engine_deliver_candles(engine, 0, candles, 0, candles->count);
}

static void tell_node(struct r3_node *node) {
    const struct r3_engine_options *options = &node->engine->options;
    char text[sizeof node->error.text + 512];
    if (node->rejected) {
        snprintf(text, sizeof text, "%" PRIu64 " bad line%s in %s", node->rejected, node->rejected == 1 ? "" : "s",
                 node->reject_name);
        r3_node_message(node, text);
    }
    if (!node->failed)
        return;
    r3_node_message(node, node->error.text);
    if (node->error.status == R3_USAGE && options->message) {
        snprintf(text, sizeof text, "%s --help shows the options", node->stage->name);
        options->message(options->context, NULL, text);
    }
}

int r3_engine_finish(struct r3_engine *engine) {
    struct r3_node *last = &engine->nodes[engine->count - 1];
    struct r3_error error = { 0 };
    if (engine->finished)
        return r3_engine_status(engine);
    engine->finished = true;
    for (size_t k = 0; k < engine->count; k++)
        finish_node(&engine->nodes[k], engine->nodes[k].ended);
    int written = r3_engine_flush(engine, &error);
    if (written < 0 && !last->failed) {
        last->error = error;
        last->failed = true;
    }
    for (size_t k = 0; k < engine->count; k++) {
        struct r3_node *node = &engine->nodes[k];
        error = (struct r3_error) { 0 };
        if (node->reject.data && r3_writer_close(&node->reject, &error) < 0 && !node->failed) {
            node->error = error;
            node->failed = true;
        }
        tell_node(node);
    }
    return r3_engine_status(engine);
}

int r3_engine_run(struct r3_engine *engine) {
    int ready = r3_engine_start(engine);
    struct r3_node *node = &engine->nodes[0];
    if (node->stage->pull && !node->over)
        run_source(engine);
    else if (ready == 0)
        r3_engine_read(engine);
    else
        for (size_t k = 0; !engine->nodes[k].over; k++)
            r3_node_close(&engine->nodes[k]); /* a filter's input is left alone where no program takes it */
    return r3_engine_finish(engine);
}

int r3_engine_status(const struct r3_engine *engine) {
    const struct r3_error *failure = r3_engine_failure(engine, NULL);
    return failure ? failure->status : R3_DONE;
}

const struct r3_error *r3_engine_failure(const struct r3_engine *engine, const char **program) {
    for (size_t k = 0; k < engine->count; k++)
        if (engine->nodes[k].failed) {
            if (program)
                *program = engine->nodes[k].stage->name;
            return &engine->nodes[k].error;
        }
    return NULL;
}
