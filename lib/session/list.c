/* The word list: a line a session, for people or for programs. */
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/session/status.h"
#include "lib/session/words.h"

struct listing {
    bool all;
    struct r3_session_status *statuses;
    size_t count;
};

static int work(struct r3_store *store, void *context, struct r3_error *error) {
    struct listing *listing = context;
    return r3_session_statuses_load(&listing->statuses, &listing->count, store,
                                    listing->all ? R3_QUERY_STATUS_OF_ALL : R3_QUERY_STATUS_NOT_OVER, NULL, 0, error);
}

/* ---- the table ---- */

enum { ID, LABEL, STATE, POSITION, EQUITY, RETURN, LAST_RUN, NEXT_TICK, COLUMNS };

static const char *const titles[COLUMNS] = { "ID",     "LABEL",  "STATE",    "POSITION",
                                             "EQUITY", "RETURN", "LAST RUN", "NEXT TICK" };

static bool is_number(size_t column) {
    return column == EQUITY || column == RETURN;
}

static void write_cell(struct r3_buffer *out, const struct r3_session_status *status, size_t column, int64_t now) {
    const struct r3_session *session = &status->session;
    switch (column) {
    case ID:
        r3_buffer_append_text(out, session->id);
        break;
    case LABEL:
        r3_buffer_append_text(out, session->label);
        break;
    case STATE:
        r3_buffer_append_text(out, r3_session_state_name(session->state));
        if (r3_session_is_live(session))
            r3_buffer_append_text(out, ", live");
        if (r3_session_trouble(status, now) != R3_TROUBLE_NONE) {
            r3_buffer_append_text(out, ", ");
            r3_session_write_trouble(out, status, r3_session_trouble(status, now));
        }
        break;
    case POSITION:
        r3_session_write_position(out, status);
        break;
    case EQUITY:
        r3_session_write_amount(out, &status->equity);
        r3_buffer_printf(out, " %s", session->currency);
        break;
    case RETURN:
        r3_session_write_return(out, status);
        break;
    case LAST_RUN:
        r3_session_write_time(out, status->last_run, now);
        break;
    default:
        r3_session_write_time(out, status->next_tick, now);
    }
}

/* Green for what goes well, red for what does not, yellow for what waits for somebody. */
static const char *colour_of(const struct r3_session_status *status, size_t column, int64_t now) {
    static const char red[] = "\033[31m", green[] = "\033[32m", yellow[] = "\033[33m";
    double gain;
    if (column == STATE && r3_session_trouble(status, now) != R3_TROUBLE_NONE)
        return red;
    if (column == STATE)
        return status->session.state == R3_ACTIVE                                           ? green
               : status->session.state == R3_PAUSED || status->session.state == R3_STOPPING ? yellow
                                                                                            : NULL;
    if (column == RETURN && r3_session_return(&gain, status) && gain != 0)
        return gain > 0 ? green : red;
    return NULL;
}

static void put_cell(struct r3_buffer *out, const char *text, size_t width, size_t column, const char *colour) {
    size_t length = r3_columns(text, strlen(text));
    int pad = width > length ? (int)(width - length) : 0;
    if (is_number(column))
        r3_buffer_printf(out, "%*s", pad, "");
    r3_buffer_printf(out, "%s%s%s", colour ? colour : "", text, colour ? "\033[0m" : "");
    if (column + 1 < COLUMNS)
        r3_buffer_printf(out, "%*s", (is_number(column) ? 0 : pad) + 2, "");
}

static void write_table(struct r3_buffer *out, const struct listing *listing, int64_t now, bool colour) {
    struct r3_buffer cell = R3_BUFFER_INIT;
    size_t widths[COLUMNS];
    for (size_t column = 0; column < COLUMNS; column++) {
        widths[column] = strlen(titles[column]);
        for (size_t i = 0; i < listing->count; i++) {
            r3_buffer_reset(&cell);
            write_cell(&cell, &listing->statuses[i], column, now);
            size_t width = r3_columns(cell.data, cell.length);
            widths[column] = width > widths[column] ? width : widths[column];
        }
    }
    for (size_t column = 0; column < COLUMNS; column++)
        put_cell(out, titles[column], widths[column], column, NULL);
    r3_buffer_append_text(out, "\n");
    for (size_t i = 0; i < listing->count; i++) {
        for (size_t column = 0; column < COLUMNS; column++) {
            r3_buffer_reset(&cell);
            write_cell(&cell, &listing->statuses[i], column, now);
            put_cell(out, cell.data, widths[column], column,
                     colour ? colour_of(&listing->statuses[i], column, now) : NULL);
        }
        r3_buffer_append_text(out, "\n");
    }
    r3_buffer_release(&cell);
}

static int run(const struct r3_session_call *call, struct r3_error *error) {
    struct listing listing = { .all = r3_arguments_given(call->arguments, "all") };
    struct r3_buffer text = R3_BUFFER_INIT;
    int64_t now;
    int result = r3_clock_now(&now, error);
    if (result == 0)
        result = r3_store_read(call->store, work, &listing, error);
    if (result == 0 && r3_arguments_given(call->arguments, "json"))
        for (size_t i = 0; i < listing.count; i++) {
            r3_session_write_json(&text, &listing.statuses[i], now);
            r3_buffer_append_text(&text, "}\n");
        }
    else if (result == 0)
        write_table(&text, &listing, now, call->colour);
    if (result == 0 && text.length)
        result = r3_writer_put(call->out, text.data, text.length, error);
    r3_session_statuses_free(listing.statuses, listing.count);
    r3_buffer_release(&text);
    return result;
}

static const struct r3_option options[] = {
    { .name = "all", .kind = R3_OPTION_FLAG, .help = "sessions that are over too" },
    { .name = "json", .kind = R3_OPTION_FLAG, .help = "a JSON object a line" },
    { .name = NULL },
};

const struct r3_session_word r3_session_list_word = { .name = "list",
                                                      .synonyms = "",
                                                      .operands = "",
                                                      .summary = "show the sessions that are not over",
                                                      .options = options,
                                                      .run = run };
