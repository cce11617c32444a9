#include "lib/session/examine.h"

#include <stdarg.h>
#include <string.h>

#include "lib/session/pipeline.h"
#include "lib/stage/pipeline_text.h"

/* ---- rules ---- */

/* The sizer refuses an entry that lacks what it sizes by, or takes the worst case; a run would say so in the rows of the orders alone. */
static void warn_of_size(struct r3_buffer *remarks, const struct r3_session *session, const struct r3_rules *rules) {
    if (r3_session_has_option(session, &r3_size_stage, "risk") && !r3_rules_defines(rules, R3_RULES_STOP) &&
        !r3_session_has_option(session, &r3_track_stage, "stop-loss"))
        r3_buffer_printf(
            remarks,
            "--risk sizes by the distance to a stop, and %s gives none: all of a position counts as what can be "
            "lost, so entries are small, and short ones refused; --stop-loss 5%% gives one\n",
            session->strategy);
    if (r3_session_has_option(session, &r3_size_stage, "volatility") && !r3_rules_defines(rules, R3_RULES_VOLATILITY))
        r3_buffer_printf(remarks,
                         "--volatility sizes by the volatility of a signal, and %s gives none: every entry will be "
                         "refused; define volatility in the rules, or size by --fraction\n",
                         session->strategy);
}

static int examine_rules(struct r3_session *session, struct r3_buffer *remarks, struct r3_error *error) {
    struct r3_rules *rules = NULL;
    int result = r3_session_rules(&rules, session, error);
    if (result == 0 && *session->id)
        result = r3_session_check_rules(session, rules, error);
    if (result == 0 && rules) {
        if (!*session->id)
            r3_session_rules_hash(session->rule_hash, rules);
        warn_of_size(remarks, session, rules);
    }
    r3_rules_free(rules);
    return result;
}

/* ---- the source ---- */

struct look {
    struct r3_buffer *remarks;
    bool candles; /* one came */
};

static int take_record(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct look *look = port->context;
    (void)error;
    look->candles |= record->type == R3_CANDLE;
    return 0;
}

static int take_candles(struct r3_port *port, const struct r3_candles *candles, struct r3_error *error) {
    struct look *look = port->context;
    (void)error;
    look->candles |= candles->count > 0;
    return 0;
}

__attribute__((format(printf, 2, 3))) static void take_warning(struct r3_port *port, const char *format, ...) {
    struct look *look = port->context;
    char text[sizeof((struct r3_error *)NULL)->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    r3_buffer_printf(look->remarks, "%s\n", text);
}

static void take_progress(struct r3_port *port, uint64_t done, uint64_t total) {
    (void)port;
    (void)done;
    (void)total;
}

static int read_head(const struct r3_arguments *arguments, struct r3_buffer *remarks, struct r3_error *error) {
    struct look look = { .remarks = remarks };
    struct r3_port port = { .emit = take_record,
                            .emit_candles = take_candles,
                            .warn = take_warning,
                            .progress = take_progress,
                            .context = &look };
    void *state = NULL;
    int more = r3_collect_stage.init(&state, arguments, &port, error) < 0 ? -1 : 1;
    while (more > 0 && !look.candles)
        more = r3_collect_stage.pull(state, error);
    r3_collect_stage.free(state);
    return more < 0 ? -1 : 0;
}

/* What is wrong with a file is one thing, that its candles do not make those of the session is another. */
static int blame(const struct r3_session *session, struct r3_error *error) {
    if (error->status != R3_DATA && error->status != R3_PERMISSION)
        error->status = R3_CONFIG;
    return strstr(error->text, session->source) ? -1 : r3_error_at(error, "%.200s: ", session->source);
}

static int examine_source(const struct r3_session *session, struct r3_buffer *remarks, struct r3_error *error) {
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    struct r3_buffer source = R3_BUFFER_INIT;
    struct r3_arguments *arguments = NULL;
    const struct r3_option *tables[3];
    r3_stage_tables(tables, &r3_collect_stage);
    int result = r3_session_write_source(&source, session, R3_TIME_ABSENT, R3_TIME_ABSENT, R3_TIME_ABSENT, error);
    if (result == 0)
        result = r3_pipeline_text_parse(&text, source.data, source.length, false, error);
    if (result == 0)
        result = r3_arguments_parse(&arguments, tables, (int)text.programs[0].count, text.programs[0].words, error);
    if (result == 0)
        result = read_head(arguments, remarks, error);
    r3_arguments_free(arguments);
    r3_pipeline_text_release(&text);
    r3_buffer_release(&source);
    return result < 0 ? blame(session, error) : 0;
}

int r3_session_examine(struct r3_session *session, struct r3_buffer *remarks, struct r3_error *error) {
    if (examine_rules(session, remarks, error) < 0)
        return -1;
    if (*session->source)
        return examine_source(session, remarks, error);
    return r3_session_knows_exchange(session)
               ? 0
               : r3_fail(error, R3_CONFIG, "no candles of %s can be had: --source FILE feeds a session from a file",
                         session->platform);
}
