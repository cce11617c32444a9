/* Orders and cancels that came as records, on their way into the journal. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/live/journal.h"

struct lines {
    const struct r3_buffer *orders, *cancels;
    struct r3_decoder *decoder;
    struct r3_buffer *added;
    size_t unknown;
};

static int take_text(const struct r3_store_row *row, void *context, struct r3_error *error) {
    (void)error;
    r3_buffer_append_text(context, r3_store_row_text(row, 4));
    return 0;
}

/* Of the order's session. */
struct place {
    char mode[16], market[R3_MARKET_SIZE];
    bool found;
};

static int take_place(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct place *place = context;
    (void)error;
    snprintf(place->market, sizeof place->market, "%s", r3_store_row_text(row, 1));
    snprintf(place->mode, sizeof place->mode, "%s", r3_store_row_text(row, 2));
    place->found = true;
    return 0;
}

bool r3_live_is_for(const struct r3_order *order, const char *market) {
    return strcasecmp(order->platform, "kucoin") == 0 && strcmp(order->market, market) == 0;
}

static int check_session(struct r3_store *store, const struct r3_order *order, struct r3_error *error) {
    struct place place = { .found = false };
    const struct r3_store_value value = r3_store_text(order->session);
    if (r3_store_run(store, R3_QUERY_LIVE_SESSION, &value, 1, take_place, &place, NULL, error) < 0)
        return -1;
    if (!place.found)
        return r3_fail(error, R3_DATA, "no session %s", order->session);
    if (strcmp(place.mode, "live") != 0)
        return r3_fail(error, R3_DATA, "session %s is a %s session: its orders are not for an exchange", order->session,
                       place.mode);
    if (!r3_live_is_for(order, place.market))
        return r3_fail(error, R3_DATA, "it is for %s on %s, and session %s trades %s on kucoin", order->market,
                       order->platform, order->session, place.market);
    return 0;
}

/* One that is there already must be this very order. */
static int check_known(struct r3_store *store, struct lines *lines, const char *id, const char *line,
                       struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT, known = R3_BUFFER_INIT;
    const struct r3_store_value value = r3_store_text(id);
    struct r3_record record;
    int result = r3_store_run(store, R3_QUERY_JOURNAL_ROW, &value, 1, take_text, &text, NULL, error);
    if (result == 0 && text.length == 0)
        result = r3_fail(error, R3_DATA, "its row is gone");
    if (result == 0)
        result = r3_record_decode(lines->decoder, &record, text.data, text.length, error);
    if (result == 0)
        result = r3_record_encode(&known, &record, error);
    if (result == 0 && (known.length != strlen(line) + 1 || memcmp(known.data, line, known.length - 1) != 0))
        result = r3_fail(error, R3_DATA, "another order of this id is in the journal");
    r3_buffer_release(&text);
    r3_buffer_release(&known);
    return result;
}

static int add_order(struct r3_store *store, struct lines *lines, const char *line, struct r3_error *error) {
    struct r3_record record;
    if (r3_record_decode(lines->decoder, &record, line, strlen(line), error) < 0)
        return -1;
    const struct r3_order *order = &record.order;
    const struct r3_store_value values[] = { r3_store_text(order->id), r3_store_text(order->session),
                                             r3_store_text(order->platform), r3_store_text(order->market),
                                             r3_store_text(line) };
    int64_t changed = 0;
    if (check_session(store, order, error) < 0 ||
        r3_store_run(store, R3_QUERY_JOURNAL_ADD, values, 5, NULL, NULL, &changed, error) < 0 ||
        (!changed && check_known(store, lines, order->id, line, error) < 0))
        return r3_error_at(error, "order %s: ", order->id);
    if (changed)
        r3_buffer_printf(lines->added, "%s\n", order->id);
    return 0;
}

static int add_cancel(struct r3_store *store, struct lines *lines, const char *line, struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    struct r3_record record;
    if (r3_record_decode(lines->decoder, &record, line, strlen(line), error) < 0)
        return -1;
    const struct r3_cancel *cancel = &record.cancel;
    const struct r3_store_value values[] = { r3_store_text(cancel->order), r3_store_text(cancel->session),
                                             r3_store_text(*cancel->reason ? cancel->reason : "canceled") };
    int64_t changed = 0;
    int result = r3_store_run(store, R3_QUERY_JOURNAL_CANCEL, values, 3, NULL, NULL, &changed, error);
    if (result == 0 && !changed)
        result = r3_store_run(store, R3_QUERY_JOURNAL_ROW, values, 1, take_text, &text, NULL, error);
    if (result == 0 && !changed && text.length == 0)
        lines->unknown++;
    r3_buffer_release(&text);
    return result;
}

/* Each line of the text without its newline, which is put back. */
static int each_line(struct r3_store *store, struct lines *lines, const struct r3_buffer *text,
                     int (*add)(struct r3_store *, struct lines *, const char *, struct r3_error *),
                     struct r3_error *error) {
    int result = 0;
    for (char *at = text->data, *end; result == 0 && at && *at; at = end + 1) {
        end = strchr(at, '\n');
        *end = '\0';
        result = add(store, lines, at, error);
        *end = '\n';
    }
    return result;
}

static int write_lines(struct r3_store *store, void *context, struct r3_error *error) {
    struct lines *lines = context;
    lines->unknown = 0;
    r3_buffer_reset(lines->added); /* it may be tried again */
    return each_line(store, lines, lines->orders, add_order, error) < 0 ||
                   each_line(store, lines, lines->cancels, add_cancel, error) < 0
               ? -1
               : 0;
}

int r3_live_journal(struct r3_store *store, const struct r3_buffer *orders, const struct r3_buffer *cancels,
                    struct r3_buffer *added, size_t *unknown, struct r3_error *error) {
    struct r3_buffer names = R3_BUFFER_INIT;
    struct lines lines = { orders, cancels, r3_decoder_new(), &names, 0 };
    int result = r3_store_write(store, write_lines, &lines, error);
    if (result == 0 && names.length)
        r3_buffer_append(added, names.data, names.length);
    r3_buffer_release(&names);
    r3_decoder_free(lines.decoder);
    *unknown = lines.unknown;
    return result;
}

static int look_for_any(struct r3_store *store, void *context, struct r3_error *error) {
    return r3_store_run(store, R3_QUERY_JOURNAL_ANY, NULL, 0, r3_store_take_any, context, NULL, error);
}

int r3_live_any(struct r3_store *store, bool *any, struct r3_error *error) {
    *any = false;
    return r3_store_read(store, look_for_any, any, error);
}
