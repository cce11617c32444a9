#include "lib/session/pipeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/exchange/names.h"
#include "lib/session/finer.h"
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

static int compile(struct r3_rules **out, const struct r3_pipeline_program *program, struct r3_error *error) {
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

int r3_session_rules(struct r3_rules **out, const struct r3_session *session, struct r3_error *error) {
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    *out = NULL;
    int result = parse(&text, session, error);
    for (size_t i = 0; result == 0 && i < text.count; i++)
        if (!*out && is_program(&text.programs[i], &r3_strategy_stage))
            result = compile(out, &text.programs[i], error);
    r3_pipeline_text_release(&text);
    return result;
}

void r3_session_rules_hash(char out[R3_RULE_HASH_SIZE], const struct r3_rules *rules) {
    snprintf(out, R3_RULE_HASH_SIZE, "%016" PRIx64, r3_rules_meaning(rules));
}

int r3_session_check_rules(const struct r3_session *session, const struct r3_rules *rules, struct r3_error *error) {
    char hash[R3_RULE_HASH_SIZE];
    if (!rules || !*session->rule_hash)
        return 0;
    r3_session_rules_hash(hash, rules);
    return strcmp(hash, session->rule_hash) == 0
               ? 0
               : r3_fail(error, R3_CONFIG,
                         "the rules %s were changed since session %s was created: put them back, or stop it and start "
                         "a new one",
                         session->strategy, session->id);
}

int r3_session_warm_up_from(int64_t *from, const struct r3_session *session, struct r3_error *error) {
    struct r3_rules *rules = NULL;
    *from = R3_TIME_ABSENT;
    if (session->acts_from == R3_TIME_ABSENT)
        return 0;
    int result = r3_session_rules(&rules, session, error);
    if (result == 0)
        *from = rules ? r3_rules_warm_up_from(rules, session->timeframe, session->acts_from) : session->acts_from;
    r3_rules_free(rules);
    return result;
}

bool r3_session_has_option(const struct r3_session *session, const struct r3_stage *stage, const char *name) {
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    struct r3_error unused;
    const size_t length = strlen(name);
    bool found = false;
    if (parse(&text, session, &unused) < 0)
        return false;
    for (size_t i = 0; i < text.count; i++)
        for (size_t k = 1; is_program(&text.programs[i], stage) && k < text.programs[i].count; k++) {
            const char *word = text.programs[i].words[k];
            found |= strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, length) == 0 &&
                     (word[2 + length] == '\0' || word[2 + length] == '=');
        }
    r3_pipeline_text_release(&text);
    return found;
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

/* Those of r3-collect that the session was created with. */
static int add_own_options(struct r3_pipeline_program *program, const struct r3_session *session,
                           struct r3_error *error) {
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    int result = *session->pipeline ? parse(&text, session, error) : 0;
    for (size_t i = 0; result == 0 && i < text.count; i++)
        for (size_t k = 1; is_program(&text.programs[i], &r3_collect_stage) && k < text.programs[i].count; k++)
            r3_pipeline_program_add(program, text.programs[i].words[k]);
    r3_pipeline_text_release(&text);
    return result;
}

/* Later runs go on where the first one has begun, and what is missing was told by that. */
static bool goes_on(const struct r3_session *session, int64_t to) {
    return to == R3_TIME_ABSENT && session->seen != R3_TIME_ABSENT;
}

static void add_file(struct r3_pipeline_program *program, const struct r3_session *session) {
    r3_pipeline_program_add(program, session->source);
    add_option(program, "--platform", session->platform);
    add_option(program, "--market", session->market);
    add_option(program, "--resample", r3_timeframe_name(session->timeframe));
    r3_pipeline_program_add(program, "--both");
    r3_pipeline_program_add(program, "--growing"); /* who writes it may be in the middle of a row */
}

/* Minutes are for what happens between two closes: they are needed from the time on at which the session may hold something, and was not
 * shown yet. */
static void add_exchange(struct r3_pipeline_program *program, const struct r3_session *session, int64_t to,
                         int64_t now) {
    struct r3_finer finer = { .timeframe = R3_1m };
    int64_t from = to == R3_TIME_ABSENT && session->seen > session->acts_from ? session->seen : session->acts_from;
    r3_pipeline_program_add(program, session->platform);
    r3_pipeline_program_add(program, session->market);
    r3_pipeline_program_add(program, r3_timeframe_name(session->timeframe));
    if (session->timeframe == R3_1m || session->acts_from == R3_TIME_ABSENT)
        return;
    if (to == R3_TIME_ABSENT)
        finer = r3_finer_choose(session->platform, session->timeframe, from, now);
    add_option(program, "--with", r3_timeframe_name(finer.timeframe));
    add_time(program, "--with-from", from);
}

bool r3_session_knows_exchange(const struct r3_session *session) {
    return r3_exchange_is_known(session->platform);
}

int r3_session_write_source(struct r3_buffer *out, const struct r3_session *session, int64_t from, int64_t to,
                            int64_t now, struct r3_error *error) {
    if (!*session->source && !r3_session_knows_exchange(session))
        return r3_fail(error, R3_CONFIG,
                       "session %s is on %s, whose candles r3-fetch does not know: --source FILE feeds one",
                       session->id, session->platform);
    struct r3_pipeline_text text = { .programs = r3_allocate(sizeof text.programs[0]), .count = 1 };
    struct r3_pipeline_program *program = &text.programs[0];
    r3_pipeline_program_add(program, r3_collect_stage.name);
    if (*session->source)
        add_file(program, session);
    else
        add_exchange(program, session, to, now);
    if (from != R3_TIME_ABSENT)
        add_time(program, "--from", from);
    if (to != R3_TIME_ABSENT)
        add_time(program, "--to", to);
    else if (!*session->source)
        r3_pipeline_program_add(program, "--store");
    if (!*session->source && goes_on(session, to))
        r3_pipeline_program_add(program, "--quiet");
    int result = add_own_options(program, session, error);
    if (result == 0)
        r3_pipeline_text_write(out, &text);
    r3_pipeline_text_release(&text);
    return result;
}

static void drop_program(struct r3_pipeline_text *text, size_t index) {
    struct r3_pipeline_program *program = &text->programs[index];
    r3_pipeline_program_release(program);
    text->count--;
    memmove(program, program + 1, (text->count - index) * sizeof *program);
}

int r3_session_write_past(struct r3_buffer *out, const struct r3_session *session, struct r3_error *error) {
    struct r3_session plain = *session;
    int64_t from, to = r3_timeframe_open(session->timeframe, session->seen);
    if (r3_session_warm_up_from(&from, session, error) < 0)
        return -1;
    if (from == R3_TIME_ABSENT || from >= to)
        return 0;
    plain.acts_from = R3_TIME_ABSENT; /* the minutes of an exchange are for what happens behind that */
    if (r3_session_write_source(out, &plain, from, to, R3_TIME_ABSENT, error) < 0)
        return -1;
    r3_buffer_append_text(out, " --quiet"); /* the first run has told what is missing */
    return 1;
}

/* Options of r3-collect stand ahead of the stages: they are the source's. */
static void drop_source(struct r3_pipeline_text *text) {
    if (text->count > 0 && is_program(&text->programs[0], &r3_collect_stage))
        drop_program(text, 0);
}

/* The book of a live session as the paper exchange of a backtest. */
static void make_paper(struct r3_pipeline_program *program) {
    struct r3_pipeline_program paper = { 0 };
    for (size_t i = 0; i < program->count; i++) {
        if (strcmp(program->words[i], "--max-order") == 0) /* r3-size keeps to it */
            i++;
        else
            r3_pipeline_program_add(&paper, strcmp(program->words[i], "--book") == 0 ? "--paper" : program->words[i]);
    }
    r3_pipeline_program_release(program);
    *program = paper;
}

/* Keep r3-strategy alone, or all the others. */
static void choose(struct r3_pipeline_text *text, bool rules) {
    for (size_t i = 0; i < text->count;)
        if (is_program(&text->programs[i], &r3_strategy_stage) == rules)
            i++;
        else
            drop_program(text, i);
}

int r3_session_write_stages(struct r3_buffer *out, const struct r3_session *session, enum r3_session_stages stages,
                            const char *entries_from, struct r3_error *error) {
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    const bool state = stages != R3_STAGES_OF_BACKTEST;
    int result = parse(&text, session, error);
    if (result == 0)
        drop_source(&text);
    if (result == 0 && (stages == R3_STAGES_WITHOUT_RULES || stages == R3_STAGES_RULES_ALONE))
        choose(&text, stages == R3_STAGES_RULES_ALONE);
    for (size_t i = 0; result == 0 && i < text.count; i++) {
        struct r3_pipeline_program *program = &text.programs[i];
        const struct r3_stage *stage = r3_stage_find(program->words[0]);
        if (stage == &r3_order_stage && !state)
            make_paper(program);
        if (stage == &r3_order_stage && entries_from)
            add_option(program, "--entries-from", entries_from);
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
