/* The one transaction of a run. */
#include "lib/session/journal.h"
#include "lib/session/keep.h"
#include "lib/session/keep_rows.h"
#include "lib/session/notice.h"
#include "lib/session/pipeline.h"
#include "lib/session/rules.h"
#include "lib/store/dump.h"

#define PROGRAM "r3-keep"

/* ---- lines ---- */

static int decode(struct r3_keep *keep, struct r3_record *record, const char *line, size_t length,
                  struct r3_error *error) {
    return r3_record_decode(keep->decoder, record, line, length, error);
}

static void send_line(struct r3_keep *keep, const char *line, size_t length) {
    r3_buffer_append(&keep->out, line, length + 1);
}

static int send_record(struct r3_keep *keep, const struct r3_record *record, struct r3_error *error) {
    return r3_record_encode(&keep->out, record, error);
}

/* The raw order of this name in *record; mostly the last one. 1; 0: there is none; -1. */
static int find_raworder(struct r3_keep *keep, struct r3_record *record, const char *id, struct r3_error *error) {
    for (size_t i = keep->raworder_count; i-- > 0;) {
        const char *line = keep->lines.data + keep->raworders[i];
        if (decode(keep, record, line, strcspn(line, "\n"), error) < 0)
            return -1;
        if (strcmp(record->raworder.id, id) == 0)
            return 1;
    }
    return 0;
}

/* r3-size refused it, so there is a raw order and no order. */
static int keep_first_update(struct r3_store *store, struct r3_keep *keep, const struct r3_update *update,
                             struct r3_error *error) {
    struct r3_record raw;
    bool known;
    int found = update->event == R3_EVENT_REJECTED ? find_raworder(keep, &raw, update->order, error) : 0;
    if (found < 0)
        return -1;
    if (!found)
        return r3_fail(error, R3_DATA,
                       "update of order %s, which did not come: does r3-track of session %s watch protection itself "
                       "(--protect tracker)?",
                       update->order, update->session);
    return r3_keep_refused(store, &raw.raworder, error) < 0 || r3_keep_update(store, update, &known, error) < 0 ? -1
                                                                                                                : 0;
}

static int keep_update(struct r3_store *store, struct r3_keep *keep, const struct r3_update *update,
                       struct r3_error *error) {
    bool known;
    if (r3_keep_update(store, update, &known, error) < 0 ||
        (!known && keep_first_update(store, keep, update, error) < 0))
        return -1;
    return keep->live ? r3_journal_update(store, update, error) : 0;
}

static int keep_line(struct r3_store *store, struct r3_keep *keep, const char *line, size_t length,
                     struct r3_error *error) {
    struct r3_record record;
    bool fresh = true;
    int result = decode(keep, &record, line, length, error);
    if (result < 0)
        return -1;
    switch (record.type) {
    case R3_SIGNAL:
        result = r3_keep_signal(store, &record.signal, &fresh, error);
        break;
    case R3_RAWORDER:
        keep->raworders = r3_reallocate(keep->raworders, (keep->raworder_count + 1) * sizeof *keep->raworders);
        keep->raworders[keep->raworder_count++] = (size_t)(line - keep->lines.data);
        fresh = false; /* what becomes of it goes out */
        break;
    case R3_ORDER:
        result = r3_keep_order(store, &record.order, &fresh, error);
        if (result == 0)
            result = r3_keep_acted(store, record.order.session, record.order.signal, error);
        if (result == 0 && fresh && keep->live)
            result = r3_journal_order(store, &record.order, line, length, error);
        break;
    case R3_CANCEL: /* the order's update answers it */
        result = keep->live ? r3_journal_cancel(store, &record.cancel, error) : 0;
        break;
    case R3_UPDATE:
        result = keep_update(store, keep, &record.update, error);
        break;
    case R3_TRADE:
        result = r3_keep_trade(store, &record.trade, &fresh, error);
        break;
    case R3_NOTICE:
        result = r3_keep_notice(store, keep->stream.lease.session, &record.notice, error);
        break;
    default:
        break;
    }
    if (result == 0 && fresh)
        send_line(keep, line, length);
    return result;
}

static int keep_lines(struct r3_store *store, struct r3_keep *keep, struct r3_error *error) {
    const char *at = keep->lines.data, *end = at ? at + keep->lines.length : NULL;
    size_t length;
    for (; at < end; at += length + 1) {
        length = strcspn(at, "\n");
        if (keep_line(store, keep, at, length, error) < 0)
            return -1;
    }
    return 0;
}

/* ---- what there is one of ---- */

static int keep_latest(struct r3_store *store, struct r3_keep *keep, struct r3_error *error) {
    bool fresh;
    for (size_t i = 0; i < keep->position_count; i++)
        if (r3_keep_position(store, &keep->positions[i].position, &fresh, error) < 0 ||
            (fresh && send_record(keep, &keep->positions[i], error) < 0))
            return -1;
    if (keep->account.type != R3_ACCOUNT)
        return 0;
    return r3_keep_account(store, &keep->account.account, &fresh, error) < 0 ||
                   (fresh && send_record(keep, &keep->account, error) < 0)
               ? -1
               : 0;
}

static int keep_state(struct r3_store *store, const char *session, struct r3_keep_state *state,
                      struct r3_error *error) {
    struct r3_store_value values[] = { r3_store_text(session), r3_store_text(state->program), r3_store_integer(0),
                                       r3_store_null() };
    if (r3_store_run(store, R3_QUERY_FORGET_STATE, values, 2, NULL, NULL, NULL, error) < 0)
        return -1;
    int result = 0;
    for (char *at = state->lines.data, *end; result == 0 && *at; at = end + 1) {
        end = strchr(at, '\n');
        *end = '\0'; /* rows hold lines without their newline */
        values[2].integer++;
        values[3] = r3_store_text(at);
        result = r3_store_run(store, R3_QUERY_KEEP_STATE, values, 4, NULL, NULL, NULL, error);
        *end = '\n';
    }
    return result;
}

static int keep_states(struct r3_store *store, struct r3_keep *keep, struct r3_error *error) {
    for (size_t i = 0; i < keep->state_count; i++)
        if (keep_state(store, keep->stream.lease.session, &keep->states[i], error) < 0)
            return -1;
    return 0;
}

/* What a live session decides is sent behind this: until that has ended well (R3_QUERY_TICK_OVER) it is due again a minute later, so that an
 * exit which was not sent does not wait for the next tick. */
static int64_t due_behind(const struct r3_keep *keep, const struct r3_tick *tick) {
    int64_t next = tick->time + tick->every, soon = keep->now + R3_MINUTE;
    return keep->live && soon < next ? soon : next;
}

static int keep_tick(struct r3_store *store, const struct r3_keep *keep, struct r3_error *error) {
    const struct r3_tick *tick = &keep->tick.tick;
    const struct r3_store_value values[] = { r3_store_text(keep->stream.lease.session), r3_store_integer(tick->time),
                                             r3_store_integer(due_behind(keep, tick)) };
    if (keep->tick.type != R3_TICK)
        return 0;
    return r3_store_run(store, R3_QUERY_TICK_DONE, values, 3, NULL, NULL, NULL, error) < 0 ||
                   r3_store_run(store, R3_QUERY_FREE_TICK, values, 2, NULL, NULL, NULL, error) < 0
               ? -1
               : 0;
}

/* ---- commands, and the end of a session ---- */

/* The line of the stream that is the command `id`, with the newlines ahead and behind; NULL: it was not fed. */
static const char *fed_line(const struct r3_keep *keep, const char *id, size_t *length) {
    struct r3_buffer head = R3_BUFFER_INIT;
    r3_buffer_printf(&head, "\n{\"type\":\"command\",\"id\":\"%s\",", id);
    const char *line = keep->commands.length ? strstr(keep->commands.data, head.data) : NULL;
    r3_buffer_release(&head);
    *length = line ? strcspn(line + 1, "\n") + 2 : 0;
    return line;
}

/* By its id: feed may have set its time right. */
static int find_command(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct r3_keep *keep = context;
    struct r3_record record;
    const char *text = r3_store_row_text(row, 1);
    size_t length = 0;
    if (decode(keep, &record, text, strlen(text), error) < 0)
        return -1;
    const char *line = record.type == R3_COMMAND ? fed_line(keep, record.command.id, &length) : NULL;
    if (line) {
        keep->acknowledged = row->columns[0].integer;
        r3_buffer_append(&keep->fed, line, length);
    } else {
        keep->commands_wait = true;
    }
    return 0;
}

/* Whether the stream had this line, which has its newline. */
static bool has_line(const struct r3_buffer *lines, const struct r3_buffer *line) {
    const char *at = lines->data, *end = at ? at + lines->length : NULL;
    while (at && (at = memmem(at, (size_t)(end - at), line->data, line->length)) != NULL) {
        if (at == lines->data || at[-1] == '\n')
            return true;
        at++;
    }
    return false;
}

/* Those that were fed are the first of those that wait. */
static int find_event(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct r3_keep *keep = context;
    struct r3_record record;
    struct r3_buffer line = R3_BUFFER_INIT;
    const char *text = r3_store_row_text(row, 1);
    int result = decode(keep, &record, text, strlen(text), error);
    if (result == 0)
        result = r3_record_encode(&line, &record, error);
    if (result == 0 && !keep->events_wait && has_line(&keep->lines, &line))
        keep->told = row->columns[0].integer;
    else
        keep->events_wait = true;
    r3_buffer_release(&line);
    return result;
}

/* Events that the run has taken in are forgotten; nothing may be left of what is on its way. *works: something is, or may
 * be, in a restored store, until the exchange was asked. */
static int keep_events(struct r3_store *store, struct r3_keep *keep, bool *works, struct r3_error *error) {
    const char *session = keep->stream.lease.session;
    bool open, uncompared;
    keep->told = 0;
    keep->events_wait = false;
    if (r3_store_waiting(store, R3_JOURNAL_PROGRAM, session, find_event, keep, error) < 0 ||
        r3_journal_has_open(&open, store, session, error) < 0 ||
        r3_store_is_uncompared(&uncompared, store, session, error) < 0)
        return -1;
    *works |= open || keep->events_wait || uncompared;
    return keep->told ? r3_store_acknowledge(store, R3_JOURNAL_PROGRAM, session, keep->told, error) : 0;
}

struct told {
    const char *text;
    bool already;
};

static int find_notice(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct told *told = context;
    (void)error;
    told->already |= strcmp(r3_store_row_text(row, 3), told->text) == 0;
    return 0;
}

/* Once, also where the run before this one was killed behind its commit. */
static int tell_end(struct r3_store *store, struct r3_keep *keep, struct r3_error *error) {
    struct r3_record record;
    const char *id = keep->stream.lease.session;
    const struct r3_store_value key = r3_store_text(id);
    struct told told = { .text = record.notice.text };
    r3_session_notice(&record, R3_INFO, id, keep->now, "session %s is STOPPED", id);
    if (r3_store_run(store, R3_QUERY_LAST_NOTICES, &key, 1, find_notice, &told, NULL, error) < 0)
        return -1;
    if (told.already)
        return 0;
    return r3_keep_notice(store, id, &record.notice, error) < 0 ? -1 : send_record(keep, &record, error);
}

/* A stop that came from within the pipe, as r3-track gives it when a condition of the session's end is met. Others are to hear of it. */
static int keep_own_stop(struct r3_store *store, struct r3_keep *keep, struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(keep->stream.lease.session),
                                             r3_store_text(*keep->reason ? keep->reason : "stop") };
    struct r3_buffer line = R3_BUFFER_INIT;
    for (const char *at = keep->commands.data ? keep->commands.data : "\n", *end; at[1]; at = end) {
        end = at + 1 + strcspn(at + 1, "\n");
        r3_buffer_reset(&line);
        r3_buffer_append(&line, at, (size_t)(end + 1 - at));
        if (!keep->fed.length || !strstr(keep->fed.data, line.data))
            r3_buffer_append(&keep->out, at + 1, (size_t)(end - at));
    }
    r3_buffer_release(&line);
    if (!keep->stops || (keep->session.state != R3_ACTIVE && keep->session.state != R3_PAUSED))
        return 0;
    keep->session.state = R3_STOPPING;
    return r3_store_run(store, R3_QUERY_END_BY_ITSELF, values, 2, NULL, NULL, NULL, error);
}

/* As r3-session stop does. Also that of a session which an older release left without it. */
static int pause_strategy(struct r3_store *store, const struct r3_keep *keep, struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(keep->stream.lease.session), r3_store_integer(keep->now) };
    if (keep->session.state != R3_STOPPING)
        return 0;
    return r3_store_run(store, R3_QUERY_PAUSE_STRATEGY, values, 2, NULL, NULL, NULL, error);
}

/* A session that is STOPPING is over when nothing works and, unless it is to be kept, nothing is held. A stop that keeps the position
 * is fed again until then. */
static int keep_commands(struct r3_store *store, struct r3_keep *keep, struct r3_error *error) {
    const struct r3_store_value key = r3_store_text(keep->stream.lease.session);
    bool works = false, holds = false;
    keep->acknowledged = 0;
    keep->commands_wait = false;
    r3_buffer_reset(&keep->fed);
    if (r3_store_waiting(store, "r3-session", keep->stream.lease.session, find_command, keep, error) < 0 ||
        keep_own_stop(store, keep, error) < 0 || pause_strategy(store, keep, error) < 0 ||
        r3_store_run(store, R3_QUERY_OPEN_ORDER, &key, 1, r3_store_take_any, &works, NULL, error) < 0 ||
        r3_store_run(store, R3_QUERY_OPEN_POSITION, &key, 1, r3_store_take_any, &holds, NULL, error) < 0 ||
        (keep->live && keep_events(store, keep, &works, error) < 0))
        return -1;
    keep->over =
        keep->session.state == R3_STOPPING && !keep->commands_wait && !works && (!holds || keep->keeps_position);
    if (keep->over)
        return tell_end(store, keep, error);
    if (!keep->acknowledged || keep->keeps_position)
        return 0;
    return r3_store_acknowledge(store, "r3-session", keep->stream.lease.session, keep->acknowledged, error);
}

int r3_keep_finish(struct r3_store *store, struct r3_keep *keep, struct r3_error *error) {
    if (!keep->live && r3_session_lease_end(store, &keep->stream.lease, error) < 0)
        return -1;
    if (!keep->over)
        return 0;
    const char *reason = *keep->reason ? keep->reason : *keep->session.reason ? keep->session.reason : "stop";
    return (keep->live ? r3_session_end_leased : r3_session_end)(store, &keep->session, keep->now, reason, error);
}

static int find_session(struct r3_store *store, struct r3_keep *keep, struct r3_error *error) {
    int result = r3_session_find(&keep->session, store, keep->stream.lease.session, error);
    keep->live = result == 0 && r3_session_is_live(&keep->session);
    return result;
}

/* That of a live session is not at its end: r3-live is behind it, and who runs both notes how that ends. One without its rules has failed. */
static int note_success(struct r3_store *store, const struct r3_keep *keep, struct r3_error *error) {
    return keep->no_rules || (keep->live && keep->inner)
               ? 0
               : r3_session_lease_succeeded(store, &keep->stream.lease, error);
}

/* A session of before the hash was noted is of these rules from now on. */
static int know_rules(struct r3_store *store, struct r3_keep *keep, struct r3_error *error) {
    char hash[R3_RULE_HASH_SIZE];
    struct r3_rules *rules = NULL;
    if (find_session(store, keep, error) < 0 || r3_session_rules(&rules, &keep->session, error) < 0)
        return -1;
    if (!rules)
        return 0;
    r3_session_rules_hash(hash, rules);
    r3_rules_free(rules);
    const struct r3_store_value values[] = { r3_store_text(keep->session.id), r3_store_text(hash) };
    return r3_store_run(store, R3_QUERY_KNOW_RULES, values, 2, NULL, NULL, NULL, error);
}

int r3_keep_memory(struct r3_store *store, void *context, struct r3_error *error) {
    struct r3_keep *keep = context;
    const struct r3_session_lease *lease = &keep->stream.lease;
    if (r3_session_memory_forget(store, lease, error) < 0)
        return -1;
    for (size_t i = 0; i < keep->state_count; i++)
        if (strcmp(keep->states[i].program, r3_strategy_stage.name) == 0 &&
            keep_state(store, lease->session, &keep->states[i], error) < 0)
            return -1;
    return know_rules(store, keep, error);
}

int r3_keep_commit(struct r3_store *store, void *context, struct r3_error *error) {
    struct r3_keep *keep = context;
    const char *session = keep->stream.lease.session;
    r3_buffer_reset(&keep->out);
    keep->raworder_count = 0;
    keep->sent = 0;
    if (r3_session_lease_done(store, &keep->stream.lease, keep->seen, keep->now, error) < 0 ||
        find_session(store, keep, error) < 0 || note_success(store, keep, error) < 0 ||
        keep_lines(store, keep, error) < 0 || keep_latest(store, keep, error) < 0 ||
        keep_states(store, keep, error) < 0 || keep_tick(store, keep, error) < 0 ||
        keep_commands(store, keep, error) < 0 ||
        r3_store_send_lines(store, PROGRAM, session, &keep->out, &keep->sent, error) < 0)
        return -1;
    return keep->sent ? 0 : r3_keep_finish(store, keep, error); /* else when they have arrived */
}
