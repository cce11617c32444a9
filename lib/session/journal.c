#include "lib/session/journal.h"

#include "lib/store/dump.h"

static int change(struct r3_store *store, enum r3_query query, const char *id, const char *session, const char *reason,
                  struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(id), r3_store_text(session),
                                             r3_store_text(reason ? reason : "") };
    return r3_store_run(store, query, values, reason ? 3 : 2, NULL, NULL, NULL, error);
}

int r3_journal_order(struct r3_store *store, const struct r3_order *order, const char *line, size_t length,
                     struct r3_error *error) {
    struct r3_buffer record = R3_BUFFER_INIT;
    r3_buffer_append(&record, line, length);
    const struct r3_store_value values[] = { r3_store_text(order->id), r3_store_text(order->session),
                                             r3_store_text(order->platform), r3_store_text(order->market),
                                             r3_store_text(record.data) };
    int result =
        r3_store_run(store, R3_QUERY_JOURNAL_ADD, values, sizeof values / sizeof values[0], NULL, NULL, NULL, error);
    r3_buffer_release(&record);
    return result;
}

int r3_journal_update(struct r3_store *store, const struct r3_update *update, struct r3_error *error) {
    static const char stale[] = "STALE:";
    if (update->status == R3_OPENED)
        return 0;
    if (change(store, R3_QUERY_JOURNAL_TAKE_BACK, update->order, update->session, NULL, error) < 0)
        return -1;
    return strncmp(update->reason, stale, strlen(stale)) != 0
               ? 0
               : change(store, R3_QUERY_STALE_SIGNAL, update->order, update->session, NULL, error);
}

int r3_journal_cancel(struct r3_store *store, const struct r3_cancel *cancel, struct r3_error *error) {
    return change(store, R3_QUERY_JOURNAL_CANCEL, cancel->order, cancel->session, cancel->reason, error);
}

int r3_journal_give_up(struct r3_store *store, const char *session, const char *reason, struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(session), r3_store_text(reason) };
    return r3_store_run(store, R3_QUERY_JOURNAL_GIVE_UP, values, 2, NULL, NULL, NULL, error);
}

static int has(bool *out, struct r3_store *store, enum r3_query query, const char *session, struct r3_error *error) {
    const struct r3_store_value key = r3_store_text(session);
    *out = false;
    return r3_store_run(store, query, &key, 1, r3_store_take_any, out, NULL, error);
}

int r3_journal_has_open(bool *out, struct r3_store *store, const char *session, struct r3_error *error) {
    return has(out, store, R3_QUERY_JOURNAL_OPEN, session, error);
}

struct urgency {
    struct r3_decoder *decoder;
    bool urgent, entry;
};

static int look_at(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct urgency *urgency = context;
    const char *text = r3_store_row_text(row, 4);
    bool sent = strcmp(r3_store_row_text(row, 5), "INTENT") != 0, cancel = row->columns[6].kind != R3_STORE_NULL;
    struct r3_record record;
    if (r3_record_decode(urgency->decoder, &record, text, strlen(text), error) < 0)
        return 0; /* for r3-live to say */
    bool entry = record.type == R3_ORDER && record.order.role == R3_ENTRY;
    urgency->entry |= !sent && !cancel && entry;
    urgency->urgent |= cancel || sent || !entry;
    return 0;
}

int r3_journal_is_urgent(bool *out, struct r3_store *store, const char *session, struct r3_error *error) {
    const struct r3_store_value key = r3_store_text(session);
    struct urgency urgency = { .decoder = r3_decoder_new() };
    bool uncompared = false;
    int result = r3_store_run(store, R3_QUERY_JOURNAL_OPEN, &key, 1, look_at, &urgency, NULL, error) < 0
                     ? -1
                     : r3_store_is_uncompared(&uncompared, store, session, error);
    *out = (urgency.urgent || uncompared) && !urgency.entry;
    r3_decoder_free(urgency.decoder);
    return result;
}

int r3_journal_has_unknown(bool *out, struct r3_store *store, const char *session, struct r3_error *error) {
    return has(out, store, R3_QUERY_JOURNAL_SENT, session, error);
}

int r3_journal_has_sent(bool *out, struct r3_store *store, const char *session, struct r3_error *error) {
    return has(out, store, R3_QUERY_JOURNAL_WORKING, session, error);
}

int r3_journal_has_told(bool *out, struct r3_store *store, const char *session, struct r3_error *error) {
    return has(out, store, R3_QUERY_JOURNAL_TOLD, session, error);
}

int r3_journal_has_events(bool *out, struct r3_store *store, const char *session, struct r3_error *error) {
    *out = false;
    return r3_store_waiting(store, R3_JOURNAL_PROGRAM, session, r3_store_take_any, out, error);
}
