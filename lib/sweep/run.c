#include "lib/sweep/run.h"

#include <math.h>

#include "lib/base/hash.h"
#include "lib/stage/engine.h"
#include "lib/sweep/messages.h"

/* ---- the pipeline ---- */

static int check_programs(struct r3_sweep_pipeline *pipeline, struct r3_error *error) {
    const struct r3_pipeline_text *text = &pipeline->text;
    if (strcmp(text->programs[0].words[0], "r3-collect") != 0)
        return r3_fail(error, R3_USAGE, "a sweep's pipeline begins with r3-collect, not %s",
                       text->programs[0].words[0]);
    if (strcmp(text->programs[text->count - 1].words[0], "r3-report") != 0)
        return r3_fail(error, R3_USAGE, "a sweep's pipeline ends with r3-report, not %s",
                       text->programs[text->count - 1].words[0]);
    for (size_t i = 0; i < text->count; i++)
        if (!r3_stage_find(text->programs[i].words[0]))
            return r3_fail(error, R3_USAGE, "%s is no program of r3: only the shell can run it, not a sweep",
                           text->programs[i].words[0]);
    return 0;
}

static int match_names(struct r3_sweep_pipeline *pipeline, struct r3_error *error) {
    const struct r3_pipeline_text *text = &pipeline->text;
    bool used[R3_SWEEP_PARAMETERS_MAX] = { false };
    if (text->name_count > R3_SWEEP_PARAMETERS_MAX)
        return r3_fail(error, R3_USAGE, "the pipeline has more than %d parameters", R3_SWEEP_PARAMETERS_MAX);
    if (!pipeline->space)
        return 0;
    for (size_t i = 0; i < text->name_count; i++) {
        int parameter = r3_sweep_space_find(pipeline->space, text->names[i], strlen(text->names[i]));
        if (parameter < 0)
            return r3_fail(error, R3_USAGE, "{%s} has no --vary %s=...", text->names[i], text->names[i]);
        pipeline->parameter_of[i] = (size_t)parameter;
        used[parameter] = true;
    }
    for (size_t i = 0; i < pipeline->space->count; i++)
        if (!used[i])
            return r3_fail(error, R3_USAGE, "--vary %s: the pipeline has no {%s}", pipeline->space->parameters[i].name,
                           pipeline->space->parameters[i].name);
    return 0;
}

static bool has_hole(const struct r3_pipeline_text *text, size_t program, size_t word) {
    for (size_t i = 0; i < text->hole_count; i++)
        if (text->holes[i].program == program && text->holes[i].word == word)
            return true;
    return false;
}

/* Each run would write the same file: --trades FILE, --trades=FILE and the like need a placeholder. */
static int check_files(const struct r3_pipeline_text *text, struct r3_error *error) {
    static const char *const options[] = { "--trades", "--equity", "--plot" };
    size_t last = text->count - 1;
    const struct r3_pipeline_program *report = &text->programs[last];
    for (size_t word = 1; word < report->count; word++)
        for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
            size_t length = strlen(options[i]);
            if (strncmp(report->words[word], options[i], length) != 0)
                continue;
            bool joined = report->words[word][length] == '=';
            if ((joined && !has_hole(text, last, word)) ||
                (!report->words[word][length] && !has_hole(text, last, word + 1)))
                return r3_fail(error, R3_USAGE,
                               "r3-report %s: every run would write this file: put a {name} in its name", options[i]);
        }
    return 0;
}

static void add_word(struct r3_pipeline_program *program, const char *word) {
    program->words = r3_reallocate(program->words, (program->count + 2) * sizeof program->words[0]);
    program->words[program->count++] = r3_duplicate(word);
    program->words[program->count] = NULL;
}

static void add_json(struct r3_sweep_pipeline *pipeline) {
    struct r3_pipeline_program *report = &pipeline->text.programs[pipeline->text.count - 1];
    for (size_t word = 1; word < report->count; word++)
        if (strcmp(report->words[word], "--json") == 0)
            return;
    add_word(report, "--json");
    pipeline->added_json = true;
}

int r3_sweep_pipeline_init(struct r3_sweep_pipeline *pipeline, const char *text, size_t length,
                           const struct r3_sweep_space *space, struct r3_error *error) {
    *pipeline = (struct r3_sweep_pipeline) { .text = R3_PIPELINE_TEXT_INIT, .space = space };
    if (r3_pipeline_text_parse(&pipeline->text, text, length, true, error) != 0 ||
        check_programs(pipeline, error) != 0 || match_names(pipeline, error) != 0 ||
        check_files(&pipeline->text, error) != 0)
        return -1;
    add_json(pipeline);
    return 0;
}

void r3_sweep_pipeline_release(struct r3_sweep_pipeline *pipeline) {
    r3_pipeline_text_release(&pipeline->text);
}

bool r3_sweep_pipeline_varies(const struct r3_sweep_pipeline *pipeline, size_t program) {
    for (size_t i = 0; i < pipeline->text.hole_count; i++)
        if (pipeline->text.holes[i].program == program)
            return true;
    return false;
}

/* Words with their NULs, and each placeholder's place and name. */
uint64_t r3_sweep_pipeline_hash(const struct r3_sweep_pipeline *pipeline) {
    const struct r3_pipeline_text *text = &pipeline->text;
    struct r3_buffer all = R3_BUFFER_INIT;
    for (size_t i = 0; i < text->count; i++) {
        for (size_t word = 0; word < text->programs[i].count; word++)
            r3_buffer_append(&all, text->programs[i].words[word], strlen(text->programs[i].words[word]) + 1);
        r3_buffer_append(&all, "|", 2);
    }
    for (size_t i = 0; i < text->hole_count; i++) {
        const struct r3_pipeline_hole *hole = &text->holes[i];
        r3_buffer_printf(&all, "%zu %zu %zu %s\n", hole->program, hole->word, hole->offset, text->names[hole->name]);
    }
    uint64_t hash = r3_hash(all.data, all.length, 0);
    r3_buffer_release(&all);
    return hash;
}

void r3_sweep_pipeline_fill(struct r3_pipeline_text *out, const struct r3_sweep_pipeline *pipeline, uint64_t number) {
    const char *values[R3_SWEEP_PARAMETERS_MAX];
    uint32_t indices[R3_SWEEP_PARAMETERS_MAX];
    r3_sweep_space_combination(pipeline->space, number, indices);
    for (size_t i = 0; i < pipeline->text.name_count; i++) {
        size_t parameter = pipeline->parameter_of[i];
        values[i] = pipeline->space->parameters[parameter].values[indices[parameter]].text;
    }
    r3_pipeline_text_fill(out, &pipeline->text, values);
}

/* With the values of a run, wherever they come from. */
static void fill_run(struct r3_pipeline_text *out, const struct r3_sweep_pipeline *pipeline,
                     const struct r3_sweep_run *run) {
    const char *values[R3_SWEEP_PARAMETERS_MAX], *next = run->values.data;
    if (pipeline->space) {
        r3_sweep_pipeline_fill(out, pipeline, run->number);
        return;
    }
    for (size_t i = 0; i < pipeline->text.name_count; i++, next += strlen(next) + 1)
        values[i] = next;
    r3_pipeline_text_fill(out, &pipeline->text, values);
}

void r3_sweep_pipeline_write(struct r3_buffer *out, const struct r3_sweep_pipeline *pipeline, uint64_t number) {
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    r3_sweep_pipeline_fill(&text, pipeline, number);
    if (pipeline->added_json) {
        struct r3_pipeline_program *report = &text.programs[text.count - 1];
        free(report->words[--report->count]);
        report->words[report->count] = NULL;
    }
    r3_pipeline_text_write(out, &text);
    r3_pipeline_text_release(&text);
}

/* ---- one run ---- */

/* The programs behind r3-collect as a row of engines. One is enough, but for a history, which is taken ahead of r3-report. */
enum { LINKS_MAX = 2 };

struct link {
    struct chain *chain;
    struct r3_engine *engine;
    struct link *next; /* NULL: the last, which prints */
};

struct chain {
    struct r3_sweep_run *run;
    const struct r3_sweep_pipeline *pipeline;
    struct r3_sweep_recorder *recorder;
    struct r3_sweep_messages messages;
    uint64_t stream; /* stands for the candles that are given, from the first on */
    struct link links[LINKS_MAX];
    size_t count;
};

static int take_output(void *context, const char *data, size_t length, struct r3_error *error) {
    const struct link *link = context;
    (void)error;
    r3_buffer_append(&link->chain->run->statistics, data, length);
    return 0;
}

static void keep_message(void *context, const char *program, const char *text) {
    const struct link *link = context;
    if (link->chain->run->wants_messages)
        r3_sweep_messages_add(&link->chain->messages, program, text);
}

static int take_record(void *context, const struct r3_record *record, struct r3_error *error) {
    const struct link *link = context;
    if (r3_sweep_recorder_take(link->chain->recorder, record, error) != 0)
        return -1;
    return r3_engine_give(link->next->engine, record) == 0 ? 0 : R3_ENGINE_GONE;
}

static int take_candles(void *context, const struct r3_candles *candles, size_t from, size_t to,
                        struct r3_error *error) {
    const struct link *link = context;
    if (r3_sweep_recorder_take_candles(link->chain->recorder, candles, from, to, error) != 0)
        return -1;
    struct r3_candles part = r3_candles_part(candles, from, to);
    return r3_engine_give_candles(link->next->engine, &part) == 0 ? 0 : R3_ENGINE_GONE;
}

static int give_record(void *context, const struct r3_record *record) {
    const struct chain *chain = context;
    return r3_engine_give(chain->links[0].engine, record);
}
static int give_candles(void *context, const struct r3_candles *candles) {
    const struct chain *chain = context;
    return r3_engine_give_candles(chain->links[0].engine, candles);
}

/* Cut the programs [1, …) into links. ends[i]: the program behind link i. */
static void plan_links(struct chain *chain, size_t ends[LINKS_MAX]) {
    size_t report = chain->pipeline->text.count - 1;
    if (chain->run->wants_history && report > 1)
        ends[chain->count++] = report;
    ends[chain->count++] = report + 1;
}

static int start(struct chain *chain, const struct r3_pipeline_text *text, struct r3_error *error) {
    size_t ends[LINKS_MAX], first = 1;
    plan_links(chain, ends);
    for (size_t i = 0; i < chain->count; i++) {
        struct link *link = &chain->links[i];
        bool last = i + 1 == chain->count;
        struct r3_engine_options options = { .first = first,
                                             .count = ends[i] - first,
                                             .output = last ? take_output : NULL,
                                             .take = last ? NULL : take_record,
                                             .take_candles = last ? NULL : take_candles,
                                             .message = keep_message,
                                             .series = chain->pipeline->series,
                                             .stream = chain->stream,
                                             .context = link };
        link->chain = chain;
        link->next = last ? NULL : link + 1;
        if (r3_engine_new(&link->engine, text, &options, error) != 0)
            return -1;
        first = ends[i];
    }
    /* One that cannot start is told by its status, and the others see the end of their input. */
    for (size_t i = 0; i < chain->count; i++)
        r3_engine_start(chain->links[i].engine);
    return 0;
}

/* End the input of each link, the first one first; the status of the leftmost program that failed. */
static void finish(struct chain *chain) {
    struct r3_sweep_run *run = chain->run;
    for (size_t i = 0; i < chain->count; i++) {
        const char *program = NULL;
        int status = r3_engine_finish(chain->links[i].engine);
        const struct r3_error *failure = r3_engine_failure(chain->links[i].engine, &program);
        if (status == 0 || run->status != 0)
            continue;
        run->status = status;
        if (failure)
            r3_buffer_printf(&run->message, "%s: %s", program, failure->text);
    }
}

static void run_chain(struct chain *chain, const struct r3_pipeline_text *text, const struct r3_sweep_source *source) {
    struct r3_sweep_run *run = chain->run;
    struct r3_error error = { 0 };
    if (start(chain, text, &error) != 0) {
        run->status = error.status;
        r3_buffer_append_text(&run->message, error.text);
        return;
    }
    r3_sweep_source_each(source, chain->run->from, run->to, give_record, give_candles, chain);
    finish(chain);
    while (run->statistics.length && run->statistics.data[run->statistics.length - 1] == '\n')
        run->statistics.data[--run->statistics.length] = '\0';
}

int r3_sweep_run(struct r3_sweep_run *run, const struct r3_sweep_pipeline *pipeline, struct r3_error *error) {
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    struct chain chain = { .run = run, .pipeline = pipeline };
    const struct r3_sweep_source *source;
    struct r3_error reason = { 0 };
    int result = 0;
    run->status = 0;
    run->rank = (double)NAN;
    run->data = 0;
    fill_run(&text, pipeline, run);
    if (r3_sweep_sources_get(pipeline->sources, &source, &text, &reason) != 0) {
        run->status = reason.status;
        r3_buffer_append_text(&run->message, reason.text);
        if (!r3_sweep_pipeline_varies(pipeline, 0)) {
            *error = reason;
            result = -1;
        }
        goto out;
    }
    run->data = r3_sweep_source_hash(source);
    chain.stream = r3_hash(&run->from, sizeof run->from, run->data);
    if (run->wants_history)
        chain.recorder = r3_sweep_recorder_new();
    run_chain(&chain, &text, source);
    if (run->status == 0 && run->wants_history)
        r3_sweep_recorder_finish(chain.recorder, &run->history);
    r3_sweep_sources_put(pipeline->sources, source);
out:
    if (run->status != 0)
        r3_buffer_reset(&run->statistics);
    else
        r3_sweep_messages_pass(&chain.messages, pipeline->message, pipeline->context);
    r3_sweep_messages_release(&chain.messages);
    for (size_t i = 0; i < chain.count; i++)
        r3_engine_free(chain.links[i].engine);
    r3_sweep_recorder_free(chain.recorder);
    r3_pipeline_text_release(&text);
    return result;
}

void r3_sweep_run_release(struct r3_sweep_run *run) {
    r3_buffer_release(&run->values);
    r3_buffer_release(&run->parameters);
    r3_buffer_release(&run->sweep);
    r3_buffer_release(&run->message);
    r3_buffer_release(&run->statistics);
    r3_sweep_history_release(&run->history);
    run->status = 0;
}
