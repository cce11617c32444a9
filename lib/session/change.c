/* The words pause, resume and stop: from one state to another, and a command for the session's next run. */
#include "lib/base/clock.h"
#include "lib/base/time.h"
#include "lib/session/command.h"
#include "lib/session/journal.h"
#include "lib/session/words.h"
#include "lib/store/dump.h"

struct change {
    enum r3_action action;
    enum r3_command_position position;
    const struct r3_arguments *arguments;
    bool all, force; /* force: at once, without a run */
    int64_t now;
    struct r3_buffer lines, remarks; /* remarks: a line each */
};

static const char *verb(enum r3_action action) {
    return action == R3_PAUSE ? "paused" : action == R3_RESUME ? "resumed" : "stopped";
}

/* Where a session that is in `state` gets by the action; the same state: it is there already; R3_SESSION_STATES: nowhere. */
static enum r3_session_state target(enum r3_action action, enum r3_session_state state) {
    static const enum r3_session_state none = R3_SESSION_STATES;
    switch (action) {
    case R3_PAUSE:
        return state == R3_ACTIVE || state == R3_PAUSED ? R3_PAUSED : none;
    case R3_RESUME:
        return state == R3_ACTIVE || state == R3_PAUSED ? R3_ACTIVE : none;
    default:
        return state == R3_CREATED || state == R3_STOPPED ? R3_STOPPED : R3_STOPPING;
    }
}

static int take_lease(const struct r3_store_row *row, void *context, struct r3_error *error) {
    (void)error;
    *(int64_t *)context = row->columns[2].integer; /* 0 where nobody has it */
    return 0;
}

/* What a live session did since the dump that was restored is known to the exchange alone. */
static int is_uncompared(bool *out, struct r3_store *store, const struct r3_session *session, struct r3_error *error) {
    *out = false;
    return r3_session_is_live(session) ? r3_store_is_uncompared(out, store, session->id, error) : 0;
}

static int check_compared(struct r3_store *store, const struct r3_session *session, struct r3_error *error) {
    bool uncompared;
    if (is_uncompared(&uncompared, store, session, error) < 0)
        return -1;
    return !uncompared ? 0
                       : r3_fail(error, R3_REFUSED,
                                 "%s: the store was restored, and it is not known what the session did since the dump: "
                                 "r3-order --live --session %s asks the exchange",
                                 session->id, session->id);
}

/* No run of it has ended, and none is at work: nothing can be held, so there is nothing to wait for. */
static int never_ran(bool *out, struct r3_store *store, const struct r3_session *session, struct r3_error *error) {
    const struct r3_store_value id = r3_store_text(session->id);
    int64_t until = 0, now = 0;
    bool uncompared = false;
    *out = false;
    if (session->state == R3_CREATED) { /* it has no run that could wait */
        *out = true;
        return check_compared(store, session, error);
    }
    if (session->seen != R3_TIME_ABSENT)
        return 0;
    if (r3_store_run(store, R3_QUERY_LEASE, &id, 1, take_lease, &until, NULL, error) < 0 ||
        r3_store_now(store, &now, error) < 0 || is_uncompared(&uncompared, store, session, error) < 0)
        return -1;
    *out = until <= now && !uncompared;
    return 0;
}

/* The strategy of a session that stops gives no entries, as that of one that is paused. */
static int set_state(struct r3_store *store, const struct r3_session *session, enum r3_session_state state, int64_t now,
                     struct r3_error *error) {
    const char *strategy = state == R3_ACTIVE ? "ACTIVE" : "PAUSED";
    const struct r3_store_value row[] = { r3_store_text(session->id), r3_store_text(r3_session_state_name(state)) },
                                active[] = { row[0], r3_store_text(strategy), r3_store_integer(now) };
    return r3_store_run(store, R3_QUERY_SET_STATE, row, 2, NULL, NULL, NULL, error) < 0 ||
                   r3_store_run(store, R3_QUERY_SET_STRATEGY_STATE, active, 3, NULL, NULL, NULL, error) < 0
               ? -1
               : 0;
}

/* Of a live session nothing may be at the exchange, and what that has told is to be taken in first: a fill is not to be forgotten. */
static int may_force(struct r3_store *store, const struct r3_session *session, struct r3_error *error) {
    bool sent, told;
    if (check_compared(store, session, error) < 0 || r3_journal_has_sent(&sent, store, session->id, error) < 0 ||
        r3_journal_has_told(&told, store, session->id, error) < 0)
        return -1;
    if (sent)
        return r3_fail(error, R3_REFUSED,
                       "%s has orders that may be at the exchange: r3-order --live --session %s "
                       "brings them to their end",
                       session->id, session->id);
    return !told ? 0
                 : r3_fail(error, R3_REFUSED,
                           "%s: no run has taken in yet what the exchange told of its orders: "
                           "r3-session run --execute %s does, without candles too",
                           session->id, session->id);
}

/* On paper nothing is out there: what works is given up in the store. Of a live session the same goes for what was not sent. */
static int force_end(struct r3_store *store, const struct change *change, const struct r3_session *session,
                     struct r3_error *error) {
    static const char reason[] = "stopped by force: what it held is left as it was";
    if (r3_session_is_live(session) &&
        (may_force(store, session, error) < 0 || r3_journal_give_up(store, session->id, reason, error) < 0))
        return -1;
    const struct r3_store_value orders[] = { r3_store_text(session->id), r3_store_integer(change->now),
                                             r3_store_text(reason) };
    return r3_store_run(store, R3_QUERY_GIVE_UP_ORDERS, orders, 3, NULL, NULL, NULL, error) < 0
               ? -1
               : r3_session_end(store, session, change->now, reason, error);
}

/* Of a session that is STOPPING already: a stop that keeps the position waits until that is done, and one that closes it may follow
 * it. It goes no other way: what closes may be on its way. */
static int stop_again(struct r3_store *store, struct change *change, const struct r3_session *session,
                      struct r3_error *error) {
    enum r3_command_position stop;
    if (r3_session_waiting_stop(&stop, store, session->id, error) < 0)
        return -1;
    bool keeps = stop == R3_KEEP_POSITION;
    if (keeps && change->position == R3_CLOSE_POSITION)
        return r3_session_command(store, session, change->action, change->position, change->now, &change->lines, error);
    r3_buffer_printf(&change->remarks, "%s is STOPPING already%s\n", session->id,
                     keeps                                  ? ", and keeps its position"
                     : change->position == R3_KEEP_POSITION ? ", and its position is being closed"
                                                            : "");
    return 0;
}

static int change_one(struct r3_store *store, struct change *change, const struct r3_session *session,
                      struct r3_error *error) {
    enum r3_session_state state = target(change->action, session->state);
    bool over = false;
    if (state == R3_SESSION_STATES)
        return r3_fail(error, R3_REFUSED, "%s is %s and cannot be %s", session->id,
                       r3_session_state_name(session->state), verb(change->action));
    if (change->force && session->state != R3_STOPPED)
        return r3_session_command(store, session, change->action, R3_KEEP_POSITION, change->now, &change->lines,
                                  error) < 0
                   ? -1
                   : force_end(store, change, session, error);
    if (state == session->state && state == R3_STOPPING)
        return stop_again(store, change, session, error);
    if (state == session->state) {
        r3_buffer_printf(&change->remarks, "%s is %s already\n", session->id, r3_session_state_name(state));
        return 0;
    }
    if (change->action == R3_STOP_SESSION && never_ran(&over, store, session, error) < 0)
        return -1;
    if (r3_session_command(store, session, change->action, change->position, change->now, &change->lines, error) < 0)
        return -1;
    return over ? r3_session_end(store, session, change->now, "stopped before its first run", error)
                : set_state(store, session, state, change->now, error);
}

static int change_all(struct r3_store *store, struct change *change, struct r3_error *error) {
    struct r3_session *sessions = NULL;
    size_t count = 0;
    int result = r3_sessions_load(&sessions, &count, store, R3_QUERY_SESSIONS_AT_WORK, NULL, 0, error);
    for (size_t i = 0; result == 0 && i < count; i++)
        result = change_one(store, change, &sessions[i], error);
    r3_sessions_free(sessions, count);
    return result;
}

/* All of those that are named, or none. */
static int work(struct r3_store *store, void *context, struct r3_error *error) {
    struct change *change = context;
    struct r3_session session = R3_SESSION_INIT;
    int result = 0;
    r3_buffer_reset(&change->lines);
    r3_buffer_reset(&change->remarks);
    if (change->all)
        return change_all(store, change, error);
    for (size_t i = 0; result == 0 && i < r3_arguments_operands(change->arguments); i++) {
        result = r3_session_find(&session, store, r3_arguments_operand(change->arguments, i), error);
        if (result == 0)
            result = change_one(store, change, &session, error);
    }
    r3_session_release(&session);
    return result;
}

static int run(const struct r3_session_call *call, struct change *change, struct r3_error *error) {
    change->arguments = call->arguments;
    int result = r3_clock_now(&change->now, error);
    if (result == 0)
        result = r3_store_write(call->store, work, change, error);
    if (result == 0) {
        r3_session_say_lines(call, &change->remarks);
        result = r3_writer_put(call->out, change->lines.data, change->lines.length, error);
    }
    r3_buffer_release(&change->lines);
    r3_buffer_release(&change->remarks);
    return result;
}

static int pause_sessions(const struct r3_session_call *call, struct r3_error *error) {
    struct change change = { .action = R3_PAUSE };
    return run(call, &change, error);
}

static int resume_sessions(const struct r3_session_call *call, struct r3_error *error) {
    struct change change = { .action = R3_RESUME };
    return run(call, &change, error);
}

static int stop_sessions(const struct r3_session_call *call, struct r3_error *error) {
    bool keep = r3_arguments_given(call->arguments, "keep-position");
    struct change change = { .action = R3_STOP_SESSION,
                             .position = keep ? R3_KEEP_POSITION : R3_CLOSE_POSITION,
                             .all = r3_arguments_given(call->arguments, "all"),
                             .force = r3_arguments_given(call->arguments, "force") };
    if (change.force && change.all)
        return r3_fail(error, R3_USAGE, "--force wants the sessions named");
    if (change.all != (r3_arguments_operands(call->arguments) == 0))
        return r3_fail(error, R3_USAGE, change.all ? "--all stands alone, without ID" : "stop wants ID…, or --all");
    return run(call, &change, error);
}

static const struct r3_option stop_options[] = {
    { .name = "all", .kind = R3_OPTION_FLAG, .help = "each session that was started and is not over" },
    { .name = "force", .kind = R3_OPTION_FLAG, .help = "at once, without a run; positions are left alone" },
    { .name = "keep-position", .kind = R3_OPTION_FLAG, .help = "leave an open position alone" },
    { .name = NULL },
};

const struct r3_session_word r3_session_pause_word = { .name = "pause",
                                                       .synonyms = "suspend",
                                                       .operands = "ID…",
                                                       .summary = "no new entries; positions stay protected",
                                                       .least = 1,
                                                       .most = SIZE_MAX,
                                                       .run = pause_sessions };
const struct r3_session_word r3_session_resume_word = { .name = "resume",
                                                        .synonyms = "recover",
                                                        .operands = "ID…",
                                                        .summary = "let a paused session go on",
                                                        .least = 1,
                                                        .most = SIZE_MAX,
                                                        .run = resume_sessions };
const struct r3_session_word r3_session_stop_word = { .name = "stop",
                                                      .synonyms = "OFF off",
                                                      .operands = "ID…",
                                                      .summary = "cancel its orders, close its position, end it",
                                                      .options = stop_options,
                                                      .most = SIZE_MAX,
                                                      .run = stop_sessions };
