#include "lib/session/pipeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stage/engine.h"
#include "lib/stage/strategy_library.h"

static int parse(struct r3_pipeline_text *out, const struct r3_session *session, struct r3_error *error) {
    if (!*session->pipeline)
        return r3_fail(error, R3_CONFIG, "session %s has no pipeline", session->id);
    if (r3_pipeline_text_parse(out, session->pipeline, strlen(session->pipeline), false, error) < 0)
        return r3_error_at(error, "pipeline of session %s: ", session->id);
    return 0;
}

static bool is_program(const struct r3_pipeline_program *program, const struct r3_stage *stage) {
    return strcmp(program->words[0], stage->name) == 0;
}

/* ---- where it begins ---- */

static int rules_of(struct r3_rules **out, const struct r3_pipeline_program *program, struct r3_error *error) {
    const struct r3_option *tables[3];
    struct r3_arguments *arguments = NULL;
    char label[R3_NAME_SIZE];
    r3_stage_tables(tables, &r3_strategy_stage);
    int result = r3_arguments_parse(&arguments, tables, (int)program->count, program->words, error);
    if (result == 0)
        result = r3_strategy_rules(out, label, arguments, error);
    r3_arguments_free(arguments);
    return result < 0 ? r3_error_at(error, "r3-strategy: ") : 0;
}

int r3_session_warm_up_from(int64_t *from, const struct r3_session *session, struct r3_error *error) {
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    struct r3_rules *rules = NULL;
    *from = R3_TIME_ABSENT;
    if (session->acts_from == R3_TIME_ABSENT)
        return 0;
    int result = parse(&text, session, error);
    for (size_t i = 0; result == 0 && i < text.count; i++)
        if (!rules && is_program(&text.programs[i], &r3_strategy_stage))
            result = rules_of(&rules, &text.programs[i], error);
    if (result == 0)
        *from = rules ? r3_rules_warm_up_from(rules, session->timeframe, session->acts_from) : session->acts_from;
    r3_rules_free(rules);
    r3_pipeline_text_release(&text);
    return result;
}

/* ---- texts ---- */

static void add_option(struct r3_pipeline_program *program, const char *name, const char *value) {
    r3_pipeline_program_add(program, name);
    r3_pipeline_program_add(program, value);
}

static void add_time(struct r3_pipeline_program *program, const char *name, int64_t time) {
    char text[R3_TIME_TEXT_SIZE];
    r3_time_format(text, time);
    add_option(program, name, text);
}

static bool has_option(const struct r3_stage *stage, const char *name) {
    for (const struct r3_option *option = stage->options; option->name; option++)
        if (strcmp(option->name, name) == 0)
            return true;
    return false;
}

int r3_session_write_source(struct r3_buffer *out, const struct r3_session *session, int64_t from, int64_t to,
                            struct r3_error *error) {
    struct r3_pipeline_text text = { .programs = r3_allocate(sizeof text.programs[0]), .count = 1 };
    struct r3_pipeline_program *program = &text.programs[0];
    int result = 0;
    if (!*session->source)
        result =
            r3_fail(error, R3_CONFIG,
                    "session %s is fed by the exchange %s, which nothing collects from yet: --source FILE feeds one",
                    session->id, session->platform);
    r3_pipeline_program_add(program, r3_collect_stage.name);
    r3_pipeline_program_add(program, session->source);
    add_option(program, "--platform", session->platform);
    add_option(program, "--market", session->market);
    add_option(program, "--resample", r3_timeframe_name(session->timeframe));
    if (has_option(&r3_collect_stage, "both"))
        r3_pipeline_program_add(program, "--both");
    if (from != R3_TIME_ABSENT)
        add_time(program, "--from", from);
    if (to != R3_TIME_ABSENT)
        add_time(program, "--to", to);
    if (to == R3_TIME_ABSENT && session->seen != R3_TIME_ABSENT) /* the first run has told what the file lacks */
        r3_pipeline_program_add(program, "--quiet");
    if (result == 0)
        r3_pipeline_text_write(out, &text);
    r3_pipeline_text_release(&text);
    return result;
}

int r3_session_write_stages(struct r3_buffer *out, const struct r3_session *session, bool state,
                            struct r3_error *error) {
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    int result = parse(&text, session, error);
    for (size_t i = 0; result == 0 && i < text.count; i++) {
        struct r3_pipeline_program *program = &text.programs[i];
        const struct r3_stage *stage = r3_stage_find(program->words[0]);
        if (stage && has_option(stage, "session"))
            add_option(program, "--session", session->id);
        if (stage == &r3_strategy_stage && session->acts_from != R3_TIME_ABSENT)
            add_time(program, "--from", session->acts_from);
        if (stage && state && has_option(stage, "state"))
            r3_pipeline_program_add(program, "--state");
    }
    if (result == 0)
        r3_pipeline_text_write(out, &text);
    r3_pipeline_text_release(&text);
    return result;
}
