#include "lib/session/options.h"

#include <stdlib.h>
#include <string.h>

#include "lib/stage/engine.h"
#include "lib/stage/strategy_library.h"

enum { STAGES = 4, STRATEGY = 0, TRACK = 1, ORDER = 3, ROWS_MAX = 128 };

static const struct r3_stage *const stages[STAGES] = { &r3_strategy_stage, &r3_track_stage, &r3_size_stage,
                                                       &r3_order_stage };

/* What a session says by other means, or what makes no sense in one: plots, what ends with the run, files of one run. */
static const char *const left_out[STAGES][12] = {
    { "plot", "session", "market", "timeframe", "from", "list", "explain", "state" },
    { "protect", "close-at-end", "every", "updates", "state", "session" },
    { "state", "session" },
    { "paper", "book", "live", "cash", "session", "updates", "strict", "state", "entries-from", "max-order" },
};

/* Those of r3-collect that a source may need; its runs set the others. */
static const char *const of_source[] = { "columns",         "price-increment", "base-increment",
                                         "quote-increment", "minimum-size",    "minimum-funds" };

static bool is_of_source(const char *name) {
    for (size_t i = 0; i < sizeof of_source / sizeof of_source[0]; i++)
        if (strcmp(of_source[i], name) == 0)
            return true;
    return false;
}

static bool is_left_out(size_t stage, const char *name) {
    for (size_t i = 0; i < sizeof left_out[stage] / sizeof left_out[stage][0] && left_out[stage][i]; i++)
        if (strcmp(left_out[stage][i], name) == 0)
            return true;
    return false;
}

static bool has_row(const struct r3_option *rows, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

const struct r3_option *r3_session_stage_options(void) {
    static struct r3_option rows[ROWS_MAX + 1]; /* a row without a name ends it */
    size_t count = 0;
    if (rows[0].name)
        return rows;
    for (size_t i = 0; i < STAGES; i++)
        for (const struct r3_option *option = stages[i]->options; option->name && count < ROWS_MAX; option++)
            if (!is_left_out(i, option->name) && !has_row(rows, count, option->name))
                rows[count++] = *option;
    for (const struct r3_option *option = r3_collect_stage.options; option->name && count < ROWS_MAX; option++)
        if (is_of_source(option->name)) {
            rows[count] = *option;
            rows[count++].fallback = NULL; /* what is not given is not written down */
        }
    return rows;
}

/* Why those that the programs have are not a session's. */
static const struct {
    const char *name, *why;
} refusals[] = {
    { "plot", "plots are made by the backtest that r3-session show ID --pipeline prints" },
    { "session", "a session is given its id" },
    { "state", "its runs keep their states in the store" },
    { "updates", "its runs have a loop of their own" },
    { "protect", "r3-track watches a session's protection, always" },
    { "close-at-end", "a session does not end with its candles: r3-session stop closes its position" },
    { "every", "its positions are valued at each --refresh" },
    { "strict", "an order that is refused is noted, and r3-session show tells it" },
    { "list", "r3-strategy --list shows the bundled strategies" },
    { "explain", "r3-strategy --explain NAME shows what rules do" },
    { "from", "a session acts from its start on; what its rules want ahead of that is read" },
    { "to", "--end-at TIME ends a session" },
    { "resample", "candles of the session's timeframe are made of the finer ones of --source" },
    { "both", "its runs have the source's own candles too, always" },
    { "gaps", "a run begins where the last one ended, and cannot see what is missing ahead of that" },
    { "pace", "a session runs at its --refresh" },
    { "quiet", "its runs are, and their failures are noted" },
    { "book", "--live says it" },
    { "entries-from", "--live sessions send no entry that is older than their --refresh" },
};

int r3_session_explain_option(struct r3_error *error) {
    static const char unknown[] = "unknown option --";
    const char *name = error->text + strlen(unknown);
    if (error->status != R3_USAGE || strncmp(error->text, unknown, strlen(unknown)) != 0)
        return -1;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (strcspn(name, " ") == strlen(refusals[i].name) &&
            strncmp(name, refusals[i].name, strlen(refusals[i].name)) == 0)
            return r3_fail(error, R3_USAGE, "--%s is not for a session: %s", refusals[i].name, refusals[i].why);
    return -1;
}

bool r3_session_stage_options_given(const struct r3_arguments *arguments) {
    for (const struct r3_option *option = r3_session_stage_options(); option->name; option++)
        if (r3_arguments_given(arguments, option->name))
            return true;
    return false;
}

/* ---- the text ---- */

static void add_option(struct r3_pipeline_program *program, const char *name, const char *value) {
    struct r3_buffer word = R3_BUFFER_INIT;
    bool joined = value && value[0] == '-'; /* as a word of its own it would look like an option */
    r3_buffer_printf(&word, "--%s%s%s", name, joined ? "=" : "", joined ? value : "");
    r3_pipeline_program_add(program, word.data);
    if (value && !joined)
        r3_pipeline_program_add(program, value);
    r3_buffer_release(&word);
}

static void add_given(struct r3_pipeline_program *program, size_t stage, const struct r3_arguments *arguments) {
    for (const struct r3_option *option = stages[stage]->options; option->name; option++) {
        if (is_left_out(stage, option->name))
            continue;
        for (size_t i = 0; i < r3_arguments_count(arguments, option->name); i++)
            add_option(program, option->name,
                       option->kind == R3_OPTION_FLAG ? NULL : r3_arguments_get(arguments, option->name, i)->text);
    }
}

static int check_rules(const struct r3_arguments *arguments, enum r3_timeframe timeframe, struct r3_error *error) {
    struct r3_rules *rules = NULL;
    char label[R3_NAME_SIZE];
    int result = r3_strategy_rules(&rules, label, arguments, error);
    if (result == 0)
        result = r3_rules_check_timeframe(rules, timeframe, error);
    r3_rules_free(rules);
    return result;
}

/* The program takes its words: what it would say at the start of each run it says now. */
static int check_program(const struct r3_pipeline_program *program, size_t index, enum r3_timeframe timeframe,
                         struct r3_error *error) {
    const struct r3_option *tables[3];
    struct r3_arguments *arguments = NULL;
    struct r3_port port = { 0 };
    void *state = NULL;
    r3_stage_tables(tables, stages[index]);
    int result = r3_arguments_parse(&arguments, tables, (int)program->count, program->words, error);
    if (result == 0 && index == STRATEGY) {
        result = check_rules(arguments, timeframe, error);
    } else if (result == 0) {
        result = stages[index]->init(&state, arguments, &port, error);
        stages[index]->free(state);
    }
    r3_arguments_free(arguments);
    return result < 0 ? r3_error_at(error, "%s: ", program->words[0]) : 0;
}

/* "r3-collect --columns … | ", where such options were given. */
static int write_source_options(struct r3_buffer *out, const struct r3_arguments *arguments, struct r3_error *error) {
    struct r3_pipeline_text text = { .programs = r3_allocate(sizeof text.programs[0]), .count = 1 };
    int result = 0;
    r3_pipeline_program_add(&text.programs[0], r3_collect_stage.name);
    for (size_t i = 0; result == 0 && i < sizeof of_source / sizeof of_source[0]; i++) {
        if (!r3_arguments_given(arguments, of_source[i]))
            continue;
        add_option(&text.programs[0], of_source[i], r3_arguments_text(arguments, of_source[i]));
        if (!r3_arguments_given(arguments, "source"))
            result = r3_fail(error, R3_USAGE, "--%s: only with --source FILE", of_source[i]);
    }
    if (result == 0 && text.programs[0].count > 1) {
        r3_pipeline_text_write(out, &text);
        r3_buffer_append_text(out, " | ");
    }
    r3_pipeline_text_release(&text);
    return result;
}

int r3_session_write_pipeline(struct r3_buffer *out, const struct r3_arguments *arguments, const char *strategy,
                              const char *market, enum r3_timeframe timeframe, bool live, const char *cash,
                              struct r3_error *error) {
    struct r3_pipeline_text text = { .programs = r3_allocate(STAGES * sizeof text.programs[0]), .count = STAGES };
    int result = write_source_options(out, arguments, error);
    for (size_t i = 0; i < STAGES; i++)
        r3_pipeline_program_add(&text.programs[i], stages[i]->name);
    if (strategy)
        r3_pipeline_program_add(&text.programs[STRATEGY], strategy);
    add_option(&text.programs[STRATEGY], "market", market);
    add_option(&text.programs[STRATEGY], "timeframe", r3_timeframe_name(timeframe));
    add_option(&text.programs[TRACK], "protect", "tracker");
    add_option(&text.programs[ORDER], live ? "book" : "paper", NULL);
    add_option(&text.programs[ORDER], "cash", cash);
    if (live && r3_arguments_given(arguments, "max-order")) /* r3-size keeps to it, and this looks that it has */
        add_option(&text.programs[ORDER], "max-order", r3_arguments_text(arguments, "max-order"));
    for (size_t i = 0; i < STAGES; i++)
        add_given(&text.programs[i], i, arguments);
    for (size_t i = 0; result == 0 && i < STAGES; i++)
        result = check_program(&text.programs[i], i, timeframe, error);
    if (result == 0)
        r3_pipeline_text_write(out, &text);
    r3_pipeline_text_release(&text);
    return result;
}
