#include "lib/live/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/store/dump.h"
#include "lib/trade/ledger.h"

#define PLATFORM "kucoin"
static const char PROGRAM[] = "r3-live", TO_SESSION[] = "r3-order"; /* whose records feed lets into the session */

void r3_live_session_release(struct r3_live_session *session) {
    free(session->holdings);
    session->holdings = NULL;
    session->holding_count = 0;
}

/* ---- sessions ---- */

struct sessions {
    struct r3_live_session *list;
    size_t count;
    const char *id;
};

static void copy(char *out, size_t size, const char *text) {
    snprintf(out, size, "%s", text);
}

static int take_session(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct sessions *sessions = context;
    sessions->list = r3_reallocate(sessions->list, (sessions->count + 1) * sizeof *sessions->list);
    struct r3_live_session *session = &sessions->list[sessions->count++];
    *session = (struct r3_live_session) { .refresh = row->columns[4].integer };
    copy(session->id, sizeof session->id, r3_store_row_text(row, 0));
    copy(session->market, sizeof session->market, r3_store_row_text(row, 1));
    copy(session->mode, sizeof session->mode, r3_store_row_text(row, 2));
    copy(session->state, sizeof session->state, r3_store_row_text(row, 3));
    copy(session->currency, sizeof session->currency, r3_store_row_text(row, 5));
    return r3_store_row_decimal(&session->start, row, 6, error);
}

static int read_sessions(struct r3_store *store, void *context, struct r3_error *error) {
    struct sessions *sessions = context;
    const struct r3_store_value id = r3_store_text(sessions->id ? sessions->id : "");
    return r3_store_run(store, sessions->id ? R3_QUERY_LIVE_SESSION : R3_QUERY_LIVE_SESSIONS, &id, sessions->id ? 1 : 0,
                        take_session, sessions, NULL, error);
}

static int check_live(struct r3_store *store, const struct sessions *sessions, struct r3_error *error) {
    if (!sessions->id)
        return 0;
    if (sessions->count == 0)
        return r3_fail(error, R3_DATA, "%s: no session %s", r3_store_name(store), sessions->id);
    if (strcmp(sessions->list[0].mode, "live") != 0)
        return r3_fail(error, R3_DATA, "session %s is a %s session: its orders are not for an exchange", sessions->id,
                       sessions->list[0].mode);
    return 0;
}

int r3_live_sessions(struct r3_live_session **out, size_t *count, struct r3_store *store, const char *id,
                     struct r3_error *error) {
    struct sessions sessions = { .id = id };
    int result = r3_store_read(store, read_sessions, &sessions, error);
    if (result == 0)
        result = check_live(store, &sessions, error);
    *out = sessions.list;
    *count = sessions.count;
    return result;
}

/* ---- leases ---- */

struct lease {
    struct r3_live_session *session;
    const char *owner;
    int64_t span, epoch;
};

static int take_lease(struct r3_store *store, void *context, struct r3_error *error) {
    struct lease *lease = context;
    struct r3_live_session *session = lease->session;
    return r3_store_lease(store, session->id, lease->owner, lease->span, &lease->epoch, error) < 0
               ? -1
               : r3_store_is_uncompared(&session->uncompared, store, session->id, error);
}

int r3_live_lease(struct r3_live_session *session, struct r3_store *store, const char *owner, int64_t span,
                  struct r3_error *error) {
    struct lease lease = { session, owner, span, 0 };
    if (r3_store_write(store, take_lease, &lease, error) < 0)
        return -1;
    session->owner = owner;
    session->epoch = lease.epoch;
    session->prolonged = r3_clock_monotonic();
    return 0;
}

static int prolong(struct r3_store *store, void *context, struct r3_error *error) {
    const struct lease *lease = context;
    struct r3_live_session *session = lease->session;
    return r3_store_prolong_lease(store, session->id, session->owner, session->epoch, lease->span, error) < 0
               ? -1
               : r3_store_is_uncompared(&session->uncompared, store, session->id, error);
}

static int end_lease(struct r3_store *store, void *context, struct r3_error *error) {
    const struct r3_live_session *session = ((const struct lease *)context)->session;
    int result = r3_store_end_lease(store, session->id, session->owner, session->epoch, error);
    return result < 0 && error->status == R3_RETRY ? 0 : result; /* who was overtaken has none to give back */
}

int r3_live_prolong(struct r3_live_session *session, struct r3_store *store, int64_t span, struct r3_error *error) {
    struct lease lease = { .session = session, .span = span };
    if (r3_clock_monotonic() - session->prolonged < span / 3)
        return 0;
    session->prolonged = r3_clock_monotonic();
    return r3_store_write(store, prolong, &lease, error);
}

int r3_live_give_back(struct r3_live_session *session, struct r3_store *store, struct r3_error *error) {
    struct lease lease = { .session = session };
    if (session->epoch == 0)
        return 0;
    int result = r3_store_write(store, end_lease, &lease, error);
    session->epoch = 0;
    return result;
}

/* ---- rows ---- */

struct rows {
    struct r3_decoder *decoder;
    struct r3_live_row *list;
    size_t count, first; /* first: of those that this call reads */
    const char *key;     /* session, or id */
    enum r3_query query;
};

static enum r3_live_step step_of(const char *name) {
    enum r3_live_step step = R3_LIVE_INTENT;
    while (step < R3_LIVE_DONE && strcmp(name, r3_live_step_name(step)) != 0)
        step++;
    return step;
}

static int take_row(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct rows *rows = context;
    struct r3_record record;
    const char *id = r3_store_row_text(row, 0), *line = r3_store_row_text(row, 4);
    if (r3_record_decode(rows->decoder, &record, line, strlen(line), error) < 0)
        return r3_error_at(error, "journal: order %s: ", id);
    if (record.type != R3_ORDER || strcmp(record.order.id, id) != 0)
        return r3_fail(error, R3_DATA, "journal: order %s: its record is none of it", id);
    rows->list = r3_reallocate(rows->list, (rows->count + 1) * sizeof *rows->list);
    struct r3_live_row *out = &rows->list[rows->count++];
    *out = (struct r3_live_row) { .order = record.order,
                                  .step = step_of(r3_store_row_text(row, 5)),
                                  .cancel = row->columns[6].kind != R3_STORE_NULL,
                                  .sent = r3_store_row_time(row, 7),
                                  .attempts = row->columns[8].integer,
                                  .absent = row->columns[9].integer,
                                  .looked = r3_store_row_time(row, 10),
                                  .epoch = row->columns[15].integer };
    copy(out->reason, sizeof out->reason, r3_store_row_text(row, 6));
    copy(out->exchange_id, sizeof out->exchange_id, r3_store_row_text(row, 11));
    return r3_store_row_decimal(&out->filled, row, 12, error) < 0 ||
                   r3_store_row_decimal(&out->cost, row, 13, error) < 0 ||
                   r3_store_row_decimal(&out->fee, row, 14, error) < 0
               ? -1
               : 0;
}

static int take_fill(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct r3_live_row *order = context;
    (void)error;
    order->fills = r3_reallocate(order->fills, (order->fill_count + 1) * sizeof *order->fills);
    copy(order->fills[order->fill_count++], sizeof *order->fills, r3_store_row_text(row, 0));
    return 0;
}

static int read_rows(struct r3_store *store, void *context, struct r3_error *error) {
    struct rows *rows = context;
    const struct r3_store_value key = r3_store_text(rows->key);
    if (r3_store_run(store, rows->query, &key, 1, take_row, rows, NULL, error) < 0)
        return -1;
    for (size_t i = rows->first; i < rows->count; i++) {
        struct r3_live_row *row = &rows->list[i];
        const struct r3_store_value id = r3_store_text(row->order.id);
        if (!r3_decimal_is_zero(&row->filled) &&
            r3_store_run(store, R3_QUERY_JOURNAL_FILLS, &id, 1, take_fill, row, NULL, error) < 0)
            return -1;
    }
    return 0;
}

int r3_live_rows(struct r3_live_row **rows, size_t *count, struct r3_store *store, const char *session,
                 struct r3_error *error) {
    struct rows read = { r3_decoder_new(), *rows, *count, *count, session, R3_QUERY_JOURNAL_OPEN };
    int result = r3_store_read(store, read_rows, &read, error);
    r3_decoder_free(read.decoder);
    *rows = read.list;
    *count = read.count;
    return result;
}

int r3_live_find(struct r3_live_row *row, bool *found, struct r3_store *store, const char *id, const char *exchange_id,
                 struct r3_error *error) {
    struct rows read = {
        r3_decoder_new(), NULL, 0, 0, id ? id : exchange_id, id ? R3_QUERY_JOURNAL_ROW : R3_QUERY_JOURNAL_BY_EXCHANGE_ID
    };
    int result = r3_store_read(store, read_rows, &read, error);
    r3_decoder_free(read.decoder);
    *found = result == 0 && read.count > 0;
    if (*found)
        *row = read.list[0];
    for (size_t i = *found ? 1 : 0; i < read.count; i++)
        r3_live_row_release(&read.list[i]);
    free(read.list);
    return result;
}

/* ---- what a session owns ---- */

static struct r3_live_holding *holding_of(struct r3_live_session *session, const char *market) {
    for (size_t i = 0; i < session->holding_count; i++)
        if (strcmp(session->holdings[i].market, market) == 0)
            return &session->holdings[i];
    session->holdings = r3_reallocate(session->holdings, (session->holding_count + 1) * sizeof *session->holdings);
    struct r3_live_holding *holding = &session->holdings[session->holding_count++];
    copy(holding->market, sizeof holding->market, market);
    holding->size = r3_decimal_zero;
    return holding;
}

static int book_trade(struct r3_live_session *session, const struct r3_trade *trade, struct r3_error *error) {
    struct r3_live_holding *holding = holding_of(session, trade->market);
    struct r3_decimal cost;
    bool buys = trade->side == R3_BUY;
    if (r3_ledger_cost(&cost, &trade->price, &trade->size, error) < 0 ||
        (buys ? r3_decimal_subtract : r3_decimal_add)(&session->cash, &session->cash, &cost, error) < 0 ||
        (buys ? r3_decimal_add : r3_decimal_subtract)(&holding->size, &holding->size, &trade->size, error) < 0)
        return -1;
    if (strcmp(trade->fee_currency, session->currency) != 0)
        return 0;
    return r3_decimal_subtract(&session->cash, &session->cash, &trade->fee, error);
}

struct booking {
    struct r3_live_session *session;
    struct r3_decoder *decoder;
};

static int take_trade(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct booking *booking = context;
    struct r3_record record;
    const char *line = r3_store_row_text(row, 0);
    if (r3_record_decode(booking->decoder, &record, line, strlen(line), error) < 0)
        return r3_error_at(error, "journal: a fill of session %s: ", booking->session->id);
    return record.type == R3_TRADE ? book_trade(booking->session, &record.trade, error) : 0;
}

static int read_trades(struct r3_store *store, void *context, struct r3_error *error) {
    struct booking *booking = context;
    const struct r3_store_value id = r3_store_text(booking->session->id);
    booking->session->holding_count = 0;
    booking->session->cash = booking->session->start;
    return r3_store_run(store, R3_QUERY_JOURNAL_TRADES, &id, 1, take_trade, booking, NULL, error);
}

int r3_live_book(struct r3_store *store, struct r3_live_session *session, struct r3_error *error) {
    struct booking booking = { session, NULL };
    if (session->booked && (session->epoch == session->booked || session->epoch == session->booked + 1)) {
        session->booked = session->epoch; /* nobody else had the lease meanwhile */
        return 0;
    }
    booking.decoder = r3_decoder_new();
    int result = r3_store_read(store, read_trades, &booking, error);
    r3_decoder_free(booking.decoder);
    session->booked = result == 0 ? session->epoch : 0;
    return result;
}

/* ---- steps ---- */

struct step {
    const struct r3_live_commit *commit;
    struct r3_buffer *lines;
    int64_t told;
};

static int add_notice(struct r3_store *store, struct step *step, const struct r3_live_notice *notice,
                      struct r3_error *error) {
    const char *session = step->commit->session->id;
    struct r3_record record;
    r3_record_init(&record, R3_NOTICE);
    record.notice.time = step->commit->now;
    record.notice.level = notice->level;
    copy(record.notice.program, sizeof record.notice.program, PROGRAM);
    copy(record.notice.session, sizeof record.notice.session, session);
    copy(record.notice.text, sizeof record.notice.text, notice->text);
    return r3_store_add_notice(store, session, PROGRAM, record.notice.time, r3_level_name(notice->level), notice->text,
                               error) < 0 ||
                   r3_record_encode(step->lines, &record, error) < 0
               ? -1
               : 0;
}

static int write_row(struct r3_store *store, const struct r3_live_commit *commit, struct r3_error *error) {
    const struct r3_live_row *row = commit->row;
    int64_t changed = 0;
    struct r3_decimal sums[3] = { row->filled, row->cost, row->fee };
    for (size_t i = 0; i < 3; i++)
        r3_decimal_normalize(&sums[i]);
    const struct r3_store_value values[] = {
        r3_store_text(row->order.id),
        r3_store_text(r3_live_step_name(commit->step)),
        r3_store_integer(commit->attempts),
        r3_store_text(r3_live_step_name(row->step)),
        r3_store_time(row->sent),
        r3_store_integer(row->attempts),
        r3_store_integer(row->absent),
        r3_store_time(row->looked),
        *row->exchange_id ? r3_store_text(row->exchange_id) : r3_store_null(),
        r3_store_decimal(&sums[0]),
        r3_store_decimal(&sums[1]),
        r3_store_decimal(&sums[2]),
    };
    if (r3_store_run(store, R3_QUERY_JOURNAL_STEP, values, sizeof values / sizeof values[0], NULL, NULL, &changed,
                     error) < 0)
        return -1;
    return changed ? 0 : r3_fail(error, R3_RETRY, "order %s: another run has changed it meanwhile", row->order.id);
}

static int write_fills(struct r3_store *store, const struct r3_live_commit *commit, struct r3_error *error) {
    const struct r3_live_outcome *outcome = commit->outcome;
    struct r3_buffer line = R3_BUFFER_INIT;
    int result = 0;
    for (size_t i = 0; result == 0 && i < outcome->fill_count; i++) {
        const struct r3_live_fill *fill = &outcome->fills[i];
        r3_buffer_reset(&line);
        r3_buffer_append(&line, outcome->events.data + fill->at, fill->length - 1);
        const struct r3_store_value values[] = { r3_store_text(fill->id), r3_store_text(PLATFORM),
                                                 r3_store_text(commit->row->order.id), r3_store_text(line.data) };
        int64_t changed = 0;
        result = r3_store_run(store, R3_QUERY_JOURNAL_ADD_FILL, values, 4, NULL, NULL, &changed, error);
        if (result == 0 && !changed)
            result = r3_fail(error, R3_BUG, "order %s: fill %s was told before", commit->row->order.id, fill->id);
    }
    r3_buffer_release(&line);
    return result;
}

static int write_step(struct r3_store *store, void *context, struct r3_error *error) {
    struct step *step = context;
    const struct r3_live_commit *commit = step->commit;
    const struct r3_live_session *session = commit->session;
    struct r3_live_outcome *outcome = commit->outcome;
    bool fresh = true;
    int64_t unused;
    r3_buffer_reset(step->lines);
    step->told = 0;
    if (r3_store_lease_holds(store, session->id, session->owner, session->epoch, error) < 0 ||
        (commit->once &&
         r3_store_note_input(store, PROGRAM, session->id, commit->once, commit->now, &fresh, error) < 0))
        return -1;
    if (!fresh)
        return 0;
    if (commit->row && (write_row(store, commit, error) < 0 || write_fills(store, commit, error) < 0))
        return -1;
    if (r3_store_send_lines(store, TO_SESSION, session->id, &outcome->events, &unused, error) < 0)
        return -1;
    r3_buffer_append(step->lines, outcome->events.data ? outcome->events.data : "", outcome->events.length);
    for (size_t i = 0; i < outcome->notice_count; i++)
        if (add_notice(store, step, &outcome->notices[i], error) < 0)
            return -1;
    return r3_store_send_lines(store, PROGRAM, session->id, step->lines, &step->told, error);
}

/* The fills are booked here too, so that they need not be read again. */
static int book_outcome(const struct r3_live_commit *commit, struct r3_error *error) {
    struct r3_decoder *decoder;
    struct r3_record record;
    int result = 0;
    if (!commit->session->booked || !commit->outcome->fill_count)
        return 0;
    decoder = r3_decoder_new();
    for (size_t i = 0; result == 0 && i < commit->outcome->fill_count; i++) {
        const struct r3_live_fill *fill = &commit->outcome->fills[i];
        result = r3_record_decode(decoder, &record, commit->outcome->events.data + fill->at, fill->length - 1, error);
        if (result == 0)
            result = book_trade(commit->session, &record.trade, error);
    }
    r3_decoder_free(decoder);
    return result;
}

int r3_live_store(struct r3_store *store, const struct r3_live_commit *commit, struct r3_buffer *lines,
                  struct r3_error *error) {
    struct step step = { .commit = commit, .lines = lines };
    if (r3_store_write(store, write_step, &step, error) < 0)
        return -1;
    if (book_outcome(commit, error) < 0) { /* the caller does not write it then */
        commit->session->told = 0;
        return -1;
    }
    if (step.told)
        commit->session->told = step.told;
    return 0;
}

struct unwritten {
    struct r3_live_session *session;
    struct r3_buffer *lines;
};

static int take_unwritten(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct unwritten *unwritten = context;
    (void)error;
    unwritten->session->told = row->columns[0].integer;
    r3_buffer_printf(unwritten->lines, "%s\n", r3_store_row_text(row, 1));
    return 0;
}

static int read_unwritten(struct r3_store *store, void *context, struct r3_error *error) {
    struct unwritten *unwritten = context;
    return r3_store_waiting(store, PROGRAM, unwritten->session->id, take_unwritten, unwritten, error);
}

int r3_live_unwritten(struct r3_store *store, struct r3_live_session *session, struct r3_buffer *lines,
                      struct r3_error *error) {
    struct unwritten unwritten = { session, lines };
    r3_buffer_reset(lines);
    return r3_store_read(store, read_unwritten, &unwritten, error);
}

static int acknowledge(struct r3_store *store, void *context, struct r3_error *error) {
    const struct r3_live_session *session = context;
    return r3_store_acknowledge(store, PROGRAM, session->id, session->told, error);
}

int r3_live_acknowledge(struct r3_store *store, struct r3_live_session *session, struct r3_error *error) {
    if (!session->told)
        return 0;
    int result = r3_store_write(store, acknowledge, session, error);
    if (result == 0)
        session->told = 0;
    return result;
}
