/* The words create and start: a row for a session, and all that its runs need. */
#include "lib/session/create.h"

#include <inttypes.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "lib/session/command.h"
#include "lib/session/examine.h"
#include "lib/session/label.h"
#include "lib/session/options.h"
#include "lib/session/words.h"

struct creation {
    const char *name; /* of a session that is there; NULL: a new one */
    bool start, already;
    int64_t now;
    struct r3_session session;
    struct r3_buffer lines, remarks; /* remarks: a line each */
};

/* ---- rows ---- */

/* "s", a number that no other session of this store ever has, and three letters that keep those of two stores apart. */
static int draw_id(char out[R3_SESSION_SIZE], struct r3_store *store, struct r3_error *error) {
    static const char letters[] = "bcdfghjklmnpqrstvwxz"; /* no vowels: no words */
    unsigned char bytes[3];
    int64_t number;
    if (r3_store_numbers(store, "session", 1, &number, error) < 0)
        return -1;
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return r3_fail_errno(error, R3_SYSTEM, "random bytes");
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)letters[bytes[i] % (sizeof letters - 1)];
    if (snprintf(out, R3_SESSION_SIZE, "s%" PRId64 "%c%c%c", number, bytes[0], bytes[1], bytes[2]) >= R3_SESSION_SIZE)
        return r3_fail(error, R3_BUG, "session number %" PRId64 " is too long", number);
    return 0;
}

static int add_session(struct r3_store *store, struct creation *creation, struct r3_error *error) {
    struct r3_session *session = &creation->session;
    if (draw_id(session->id, store, error) < 0)
        return -1;
    session->state = R3_CREATED;
    session->created = creation->now;
    const struct r3_store_value row[] = {
        r3_store_text(session->id),         r3_store_text(session->label),
        r3_store_text(session->strategy),   r3_store_text(session->platform),
        r3_store_text(session->market),     r3_store_text(r3_timeframe_name(session->timeframe)),
        r3_store_integer(session->refresh), r3_store_text(session->mode),
        r3_store_text(session->currency),   r3_store_decimal(&session->cash),
        r3_store_text(session->pipeline),   *session->source ? r3_store_text(session->source) : r3_store_null(),
        r3_store_integer(session->created), *session->rule_hash ? r3_store_text(session->rule_hash) : r3_store_null(),
    };
    return r3_store_run(store, R3_QUERY_ADD_SESSION, row, sizeof row / sizeof row[0], NULL, NULL, NULL, error);
}

static int begin(struct r3_store *store, struct creation *creation, struct r3_error *error) {
    struct r3_session *session = &creation->session;
    const int64_t now = creation->now, due = (now / session->refresh + 1) * session->refresh;
    session->state = R3_ACTIVE;
    session->started = now;
    session->acts_from = r3_timeframe_open(session->timeframe, now); /* that candle closes after the start */
    const struct r3_store_value id = r3_store_text(session->id);
    const struct r3_store_value start[] = { id, r3_store_integer(now), r3_store_integer(session->acts_from) },
                                strategy[] = { id, r3_store_text(session->strategy), r3_store_integer(now) },
                                task[] = { id, r3_store_integer(session->refresh), r3_store_integer(due) },
                                collect[] = { r3_store_text(session->platform), r3_store_text(session->market),
                                              r3_store_text(r3_timeframe_name(session->timeframe)) };
    if (r3_store_run(store, R3_QUERY_START_SESSION, start, 3, NULL, NULL, NULL, error) < 0 ||
        r3_store_run(store, R3_QUERY_ADD_STRATEGY, strategy, 3, NULL, NULL, NULL, error) < 0 ||
        r3_store_run(store, R3_QUERY_ADD_TASK, task, 3, NULL, NULL, NULL, error) < 0)
        return -1;
    if (!*session->source && r3_store_run(store, R3_QUERY_USE_COLLECT, collect, 3, NULL, NULL, NULL, error) < 0)
        return -1;
    return r3_session_command(store, session, R3_START, R3_COMMAND_POSITION_NONE, now, &creation->lines, error);
}

static int take_created(struct r3_store *store, struct creation *creation, struct r3_error *error) {
    const struct r3_session *session = &creation->session;
    if (r3_session_find(&creation->session, store, creation->name, error) < 0)
        return -1;
    creation->already = session->state == R3_ACTIVE;
    if (session->state == R3_PAUSED)
        return r3_fail(error, R3_REFUSED, "%s is PAUSED: r3-session resume lets it go on", session->id);
    if (session->state == R3_STOPPING || session->state == R3_STOPPED)
        return r3_fail(error, R3_REFUSED, "%s is %s and does not begin again: start a new one by its label",
                       session->id, r3_session_state_name(session->state));
    return 0;
}

static int work(struct r3_store *store, void *context, struct r3_error *error) {
    struct creation *creation = context;
    r3_buffer_reset(&creation->lines);
    if ((creation->name ? take_created(store, creation, error) : add_session(store, creation, error)) < 0)
        return -1;
    return creation->start && !creation->already ? begin(store, creation, error) : 0;
}

/* ---- words ---- */

/* A name alone is that of a session that was created. Where there is none, it may be a label that lacks options. */
static int explain_missing(const char *name, struct r3_error *error) {
    struct r3_session_label label;
    struct r3_error reason;
    if (name[0] == 's' && name[1] >= '0' && name[1] <= '9' && !strchr(name, '-'))
        return -1;
    if (r3_session_label_parse(&label, name, &reason) < 0)
        return r3_fail(error, R3_USAGE, "%s", reason.text);
    return r3_fail(error, R3_USAGE, "no session %.100s was created; say --paper to start a new one", name);
}

static int find(struct r3_store *store, void *context, struct r3_error *error) {
    struct creation *creation = context;
    return r3_session_find(&creation->session, store, creation->name, error);
}

/* The session that the command line asks for, and a look at what it is to run on. */
static int prepare(const struct r3_session_call *call, struct creation *creation, struct r3_error *error) {
    int result = creation->name ? r3_store_read(call->store, find, creation, error)
                                : r3_session_describe(&creation->session, call->arguments, error);
    if (result == 0 && creation->session.state == R3_CREATED)
        result = r3_session_examine(&creation->session, &creation->remarks, error);
    return result;
}

static int run(const struct r3_session_call *call, bool start, struct r3_error *error) {
    struct creation creation = { .start = start };
    const char *operand = r3_arguments_operand(call->arguments, 0);
    struct r3_buffer said = R3_BUFFER_INIT;
    int result = r3_clock_now(&creation.now, error);
    if (result == 0 && start && operand && !r3_session_create_options_given(call->arguments))
        creation.name = operand;
    if (result == 0)
        result = prepare(call, &creation, error);
    if (result == 0)
        result = r3_store_write(call->store, work, &creation, error);
    if (result < 0 && creation.name && error->status == R3_USAGE && strncmp(error->text, "no session", 10) == 0)
        result = explain_missing(creation.name, error);
    if (result == 0 && !start)
        r3_buffer_printf(&creation.lines, "%s\n", creation.session.id);
    if (result == 0 && creation.already) {
        r3_buffer_printf(&said, "%s is ACTIVE already", creation.session.id);
        call->say(said.data);
    } else if (result == 0) {
        r3_session_say_lines(call, &creation.remarks);
        result = r3_writer_put(call->out, creation.lines.data, creation.lines.length, error);
    }
    r3_session_release(&creation.session);
    r3_buffer_release(&creation.lines);
    r3_buffer_release(&creation.remarks);
    r3_buffer_release(&said);
    return result;
}

static int create(const struct r3_session_call *call, struct r3_error *error) {
    return run(call, false, error);
}

static int start(const struct r3_session_call *call, struct r3_error *error) {
    return run(call, true, error);
}

static const char MORE[] = "r3-strategy, r3-track, r3-size and r3-order";

const struct r3_session_word r3_session_create_word = { .name = "create",
                                                        .synonyms = "",
                                                        .operands = "[LABEL]",
                                                        .summary =
                                                            "make a session that does not run yet; prints its id",
                                                        .options = r3_session_create_options,
                                                        .more_options = r3_session_stage_options,
                                                        .more = MORE,
                                                        .explain = r3_session_explain_option,
                                                        .most = 1,
                                                        .store = R3_SESSION_STORE_MADE,
                                                        .run = create };
const struct r3_session_word r3_session_start_word = { .name = "start",
                                                       .synonyms = "ON on",
                                                       .operands = "[LABEL|ID]",
                                                       .summary = "start a new session, or one that was created",
                                                       .options = r3_session_create_options,
                                                       .more_options = r3_session_stage_options,
                                                       .more = MORE,
                                                       .explain = r3_session_explain_option,
                                                       .most = 1,
                                                       .store = R3_SESSION_STORE_MADE,
                                                       .run = start };
