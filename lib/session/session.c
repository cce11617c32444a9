#include "lib/session/session.h"

#include <stdlib.h>
#include <strings.h>

#include "lib/session/label.h"

static const char *const state_names[R3_SESSION_STATES] = { "CREATED", "ACTIVE", "PAUSED", "STOPPING", "STOPPED" };

const char *r3_session_state_name(enum r3_session_state state) {
    return state_names[state];
}

bool r3_session_is_live(const struct r3_session *session) {
    return strcmp(session->mode, "live") == 0;
}

void r3_session_release(struct r3_session *session) {
    free(session->label);
    free(session->pipeline);
    free(session->source);
    free(session->reason);
    *session = (struct r3_session)R3_SESSION_INIT;
}

/* ---- a row ---- */

static int take_text(char *out, size_t size, const struct r3_store_row *row, size_t index, struct r3_error *error) {
    const char *text = r3_store_row_text(row, index);
    if (r3_copy_text(out, size, text, strlen(text)) < 0)
        return r3_fail(error, R3_DATA, "session %s: \"%.60s\" is longer than %zu bytes", r3_store_row_text(row, 0),
                       text, size - 1);
    return 0;
}

static int take_state(struct r3_session *out, const char *text, struct r3_error *error) {
    for (out->state = R3_CREATED; out->state < R3_SESSION_STATES; out->state++)
        if (strcmp(state_names[out->state], text) == 0)
            return 0;
    return r3_fail(error, R3_DATA, "session %s: no state %s", out->id, text);
}

int r3_session_read(struct r3_session *out, const struct r3_store_row *row, struct r3_error *error) {
    const char *timeframe = r3_store_row_text(row, 5);
    r3_session_release(out);
    if (take_text(out->id, sizeof out->id, row, 0, error) < 0 ||
        take_text(out->strategy, sizeof out->strategy, row, 2, error) < 0 ||
        take_text(out->platform, sizeof out->platform, row, 3, error) < 0 ||
        take_text(out->market, sizeof out->market, row, 4, error) < 0 ||
        take_text(out->mode, sizeof out->mode, row, 7, error) < 0 ||
        take_text(out->currency, sizeof out->currency, row, 9, error) < 0 ||
        take_text(out->rule_hash, sizeof out->rule_hash, row, 19, error) < 0 ||
        take_state(out, r3_store_row_text(row, 8), error) < 0 || r3_store_row_decimal(&out->cash, row, 10, error) < 0)
        return -1;
    if (r3_timeframe_from_name(&out->timeframe, timeframe, strlen(timeframe)) < 0)
        return r3_fail(error, R3_DATA, "session %s: no timeframe %s", out->id, timeframe);
    out->label = r3_duplicate(r3_store_row_text(row, 1));
    out->refresh = row->columns[6].integer;
    out->pipeline = r3_duplicate(r3_store_row_text(row, 11));
    out->source = r3_duplicate(r3_store_row_text(row, 12));
    out->reason = r3_duplicate(r3_store_row_text(row, 13));
    out->created = r3_store_row_time(row, 14);
    out->started = r3_store_row_time(row, 15);
    out->ended = r3_store_row_time(row, 16);
    out->seen = r3_store_row_time(row, 17);
    out->acts_from = r3_store_row_time(row, 18);
    return 0;
}

/* ---- several ---- */

struct load {
    struct r3_session *sessions;
    size_t count, capacity;
};

static int add_row(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct load *load = context;
    if (load->count == load->capacity) {
        load->capacity = load->capacity ? load->capacity * 2 : 16;
        load->sessions = r3_reallocate(load->sessions, load->capacity * sizeof *load->sessions);
    }
    load->sessions[load->count] = (struct r3_session)R3_SESSION_INIT;
    return r3_session_read(&load->sessions[load->count++], row, error);
}

int r3_sessions_load(struct r3_session **out, size_t *count, struct r3_store *store, enum r3_query query,
                     const struct r3_store_value *values, size_t value_count, struct r3_error *error) {
    struct load load = { 0 };
    int result = r3_store_run(store, query, values, value_count, add_row, &load, NULL, error);
    *out = load.sessions;
    *count = load.count;
    return result;
}

void r3_sessions_free(struct r3_session *sessions, size_t count) {
    for (size_t i = 0; i < count; i++)
        r3_session_release(&sessions[i]);
    free(sessions);
}

/* ---- the one that a user means ---- */

enum { CHOICES_MAX = 360 }; /* bytes of a message that lists them */

struct search {
    struct r3_session found;
    size_t count, digits;                 /* digits: of the number that an id has to have, 0: any */
    const struct r3_session_label *label; /* that it has to have, however it is spelled; NULL: any */
    size_t listed;
    struct r3_buffer choices;
};

/* Market, platform and timeframe are the same already. */
static bool has_label(const struct r3_store_row *row, const struct r3_session_label *wanted) {
    struct r3_session_label label;
    struct r3_error unused;
    return r3_session_label_parse(&label, r3_store_row_text(row, 1), &unused) == 0 &&
           label.refresh == wanted->refresh && strcasecmp(label.strategy, wanted->strategy) == 0;
}

static int take_candidate(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct search *search = context;
    const char *id = r3_store_row_text(row, 0);
    if (search->digits && strspn(id + 1, "0123456789") != search->digits)
        return 0; /* s12… is not meant by s1 */
    if (search->label && !has_label(row, search->label))
        return 0;
    search->count++;
    if (search->choices.length < CHOICES_MAX) {
        r3_buffer_printf(&search->choices, "%s%s (%s", search->listed ? ", " : "", id, r3_store_row_text(row, 8));
        r3_buffer_printf(&search->choices, search->digits ? ", %s)" : ")", r3_store_row_text(row, 1));
        search->listed++;
    }
    return search->count == 1 ? r3_session_read(&search->found, row, error) : 0;
}

static int search_by(struct search *search, struct r3_store *store, enum r3_query query, const char *first,
                     const char *behind, struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(first), r3_store_text(behind ? behind : "") };
    return r3_store_run(store, query, values, behind ? 2 : 1, take_candidate, search, NULL, error);
}

/* "s12" stands for the id that goes on with letters. */
static int search_by_number(struct search *search, struct r3_store *store, const char *name, struct r3_error *error) {
    struct r3_buffer behind = R3_BUFFER_INIT;
    size_t digits = name[0] == 's' ? strspn(name + 1, "0123456789") : 0;
    if (!digits || name[1 + digits])
        return 0;
    search->digits = digits;
    r3_buffer_printf(&behind, "%s~", name); /* '~' sorts behind all that an id may hold */
    int result = search_by(search, store, R3_QUERY_SESSIONS_BY_ID_RANGE, name, behind.data, error);
    search->digits = search->count ? digits : 0;
    r3_buffer_release(&behind);
    return result;
}

/* Whatever the spelling, so that two which mean the same are not taken for one. */
static int search_by_label(struct search *search, struct r3_store *store, const char *name, struct r3_error *error) {
    struct r3_session_label label;
    struct r3_error unused;
    if (r3_session_label_parse(&label, name, &unused) < 0)
        return search_by(search, store, R3_QUERY_SESSIONS_BY_LABEL, name, NULL, error);
    const struct r3_store_value series[] = { r3_store_text(label.platform), r3_store_text(label.market),
                                             r3_store_text(r3_timeframe_name(label.timeframe)) };
    search->label = &label;
    int result = r3_store_run(store, R3_QUERY_SESSIONS_ON_SERIES, series, 3, take_candidate, search, NULL, error);
    search->label = NULL;
    return result;
}

int r3_session_find(struct r3_session *out, struct r3_store *store, const char *name, struct r3_error *error) {
    struct search search = { 0 };
    int result = search_by(&search, store, R3_QUERY_SESSION_BY_ID, name, NULL, error);
    if (result == 0 && search.count == 0)
        result = search_by_number(&search, store, name, error);
    if (result == 0 && search.count == 0)
        result = search_by_label(&search, store, name, error);
    if (result == 0 && search.count == 0)
        result = r3_fail(error, R3_USAGE, "no session %.100s: r3-session list shows those that are not over", name);
    if (result == 0 && search.count > 1)
        result = r3_fail(error, R3_USAGE, "%zu sessions are %.60s; name one by its id: %s%s", search.count, name,
                         search.choices.data, search.listed < search.count ? " …" : "");
    r3_session_release(out);
    if (result == 0)
        *out = search.found;
    else
        r3_session_release(&search.found);
    r3_buffer_release(&search.choices);
    return result;
}

/* ---- its end ---- */

static int run_with(struct r3_store *store, enum r3_query query, const struct r3_store_value *values, size_t count,
                    struct r3_error *error) {
    return r3_store_run(store, query, values, count, NULL, NULL, NULL, error);
}

static int end_session(struct r3_store *store, const struct r3_session *session, enum r3_query query, int64_t now,
                       const char *reason, struct r3_error *error) {
    const struct r3_store_value end[] = { r3_store_text(session->id), r3_store_integer(now), r3_store_text(reason) };
    const struct r3_store_value collect[] = { r3_store_text(session->platform), r3_store_text(session->market),
                                              r3_store_text(r3_timeframe_name(session->timeframe)) };
    if (run_with(store, query, end, 3, error) < 0 || run_with(store, R3_QUERY_DELETE_TASK, end, 1, error) < 0 ||
        run_with(store, R3_QUERY_DELETE_STRATEGY, end, 1, error) < 0 ||
        r3_store_acknowledge(store, "r3-session", session->id, INT64_MAX, error) < 0)
        return -1;
    return *session->source ? 0 : run_with(store, R3_QUERY_FREE_COLLECT, collect, 3, error);
}

int r3_session_end(struct r3_store *store, const struct r3_session *session, int64_t now, const char *reason,
                   struct r3_error *error) {
    return end_session(store, session, R3_QUERY_END_SESSION, now, reason, error);
}

int r3_session_end_leased(struct r3_store *store, const struct r3_session *session, int64_t now, const char *reason,
                          struct r3_error *error) {
    return end_session(store, session, R3_QUERY_END_LEASED_SESSION, now, reason, error);
}
