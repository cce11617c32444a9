/* What a run of r3-live holds: sessions, their leases, and their orders in the journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/live/gateway.h"

enum {
    NEW_FOR = 60 * 1000,           /* ms of market time: an order that is older may have come before; */
    RESTORED_FOR = 60 * 60 * 1000, /* and a younger one, in a store that was restored since. Clocks may differ */
};

/* ---- sessions ---- */

void live_forget_sessions(struct r3_live *live) {
    for (size_t i = 0; i < live->session_count; i++)
        r3_live_session_release(&live->sessions[i]);
    free(live->sessions);
    live->sessions = NULL;
    live->session_count = 0;
}

bool live_is_first_of_market(const struct r3_live *live, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (strcmp(live->sessions[i].market, live->sessions[index].market) == 0)
            return false;
    return true;
}

/* What is known of a session from the round before. */
static void keep_books(struct r3_live_session *session, struct r3_live_session *before, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(before[i].id, session->id) == 0) {
            session->unaccounted = before[i].unaccounted;
            session->booked = before[i].booked;
            session->cash = before[i].cash;
            session->holdings = before[i].holdings;
            session->holding_count = before[i].holding_count;
            before[i].holdings = NULL;
        }
}

int live_load_sessions(struct r3_live *live, struct r3_error *error) {
    struct r3_live_session *before = live->sessions;
    size_t count = live->session_count;
    int result = r3_live_sessions(&live->sessions, &live->session_count, live->store, live->options->session, error);
    for (size_t i = 0; i < live->session_count; i++)
        keep_books(&live->sessions[i], before, count);
    for (size_t i = 0; i < count; i++)
        r3_live_session_release(&before[i]);
    free(before);
    for (size_t i = 0; i < live->order_count; i++)
        live->at_work[i].session = NULL; /* until they are read again */
    return result;
}

/* What an earlier run has told and perhaps not written goes out first. */
static int write_unwritten(struct r3_live *live, struct r3_live_session *session, struct r3_error *error) {
    return r3_live_unwritten(live->store, session, &live->lines, error) < 0 || live_write(live, &live->lines, error) < 0
               ? -1
               : 0;
}

static int has_rows(struct r3_live *live, const char *session, bool *has, struct r3_error *error) {
    struct r3_live_row *rows = NULL;
    size_t count = 0;
    int result = r3_live_rows(&rows, &count, live->store, session, error);
    *has = count > 0;
    for (size_t i = 0; i < count; i++)
        r3_live_row_release(&rows[i]);
    free(rows);
    return result;
}

/* One that another run has, which goes on with its orders: or that had it, and was ended a moment ago. */
static int tell_held(struct r3_live *live, const struct r3_live_session *session, struct r3_error *error) {
    bool has;
    if (has_rows(live, session->id, &has, error) < 0)
        return -1;
    if (has) {
        snprintf(live->trouble, sizeof live->trouble, "session %s is being run already, and has orders at work",
                 session->id);
        live->lost = true;
    }
    return 0;
}

static int lease_session(struct r3_live *live, struct r3_live_session *session, struct r3_error *error) {
    const struct r3_live_options *options = live->options;
    if (options->held) {
        session->owner = options->owner;
        session->epoch = options->epoch;
        session->prolonged = r3_clock_monotonic() - options->span; /* it is not known when that was */
        if (r3_live_prolong(session, live->store, options->span, error) < 0)
            return -1;
    } else if (r3_live_lease(session, live->store, options->owner, options->span, error) < 0) {
        return -1;
    }
    if (session->epoch)
        return write_unwritten(live, session, error);
    if (options->session && !options->follow)
        return r3_fail(error, R3_RETRY, "session %s is being run already", session->id);
    return options->follow ? 0 : tell_held(live, session, error);
}

int live_lease_sessions(struct r3_live *live, bool all, struct r3_error *error) {
    for (size_t i = 0; i < live->session_count; i++) {
        bool has = true;
        if (!all && has_rows(live, live->sessions[i].id, &has, error) < 0)
            return -1;
        if (has && lease_session(live, &live->sessions[i], error) < 0)
            return -1;
    }
    return 0;
}

int live_give_back(struct r3_live *live, struct r3_error *error) {
    int result = 0;
    for (size_t i = 0; i < live->session_count; i++) {
        struct r3_live_session *session = &live->sessions[i];
        if (session->epoch && !live->write_failed && r3_live_acknowledge(live->store, session, error) < 0)
            result = -1;
        if (!live->options->held && r3_live_give_back(session, live->store, error) < 0)
            result = -1;
    }
    return result;
}

void live_lose_session(struct r3_live *live, struct r3_live_session *session, const struct r3_error *error) {
    live_say(live, "%s", error->text);
    session->epoch = 0;
    live->lost = true;
    snprintf(live->trouble, sizeof live->trouble, "%.250s", error->text);
}

/* ---- orders ---- */

void live_forget_orders(struct r3_live *live) {
    for (size_t i = 0; i < live->order_count; i++)
        r3_live_row_release(&live->at_work[i].row);
    free(live->at_work);
    live->at_work = NULL;
    live->order_count = 0;
}

static void keep_memory(struct live_order *order, const struct live_order *before, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(before[i].row.order.id, order->row.order.id) == 0)
            order->memory = before[i].memory;
}

/* Whether this process has put it into the journal since it looked last. */
static bool take_added(struct r3_live *live, const char *id) {
    size_t length = strlen(id);
    for (char *at = live->added.length ? live->added.data : NULL; at && *at; at += strcspn(at, "\n") + 1) {
        if (strncmp(at, id, length) != 0 || at[length] != '\n')
            continue;
        live->added.length -= length + 1;
        memmove(at, at + length + 1, live->added.length - (size_t)(at - live->added.data) + 1);
        return true;
    }
    return false;
}

/* One that the run whose lease this is has just decided on, or that has just come on standard input, was sent by nobody else. It is not new
 * because the journal does not have it: the store may be an old copy, and the run may decide again what was sent long ago. */
static int know_new(struct r3_live *live, struct live_order *order, struct r3_error *error) {
    const struct r3_live_row *row = &order->row;
    bool restored;
    int64_t now;
    if (row->step != R3_LIVE_INTENT || order->memory.first || row->attempts > 0)
        return 0;
    if (r3_clock_now(&now, error) < 0)
        return -1;
    bool ours = live->options->held ? row->epoch == live->options->epoch : take_added(live, row->order.id);
    if (!ours || now - row->order.time >= NEW_FOR)
        return 0;
    if (r3_live_restored(live->store, RESTORED_FOR, &restored, error) < 0)
        return -1;
    order->memory.first = !restored;
    return 0;
}

int live_load_orders(struct r3_live *live, struct r3_error *error) {
    struct live_order *before = live->at_work;
    size_t before_count = live->order_count;
    int result = 0;
    live->at_work = NULL;
    live->order_count = 0;
    for (size_t i = 0; result == 0 && i < live->session_count; i++) {
        struct r3_live_session *session = &live->sessions[i];
        struct r3_live_row *rows = NULL;
        size_t count = 0;
        if (!session->epoch)
            continue;
        result = r3_live_rows(&rows, &count, live->store, session->id, error);
        if (count)
            live->at_work = r3_reallocate(live->at_work, (live->order_count + count) * sizeof *live->at_work);
        for (size_t j = 0; j < count; j++) {
            struct live_order *order = &live->at_work[live->order_count++];
            *order = (struct live_order) { .row = rows[j], .session = session };
            keep_memory(order, before, before_count);
            if (result == 0)
                result = know_new(live, order, error);
        }
        free(rows);
    }
    for (size_t i = 0; i < before_count; i++)
        r3_live_row_release(&before[i].row);
    free(before);
    return result;
}
