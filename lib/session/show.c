/* The word show: all of one session, for people or for programs, or the backtest that equals it. */
#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/json/json.h"
#include "lib/session/label.h"
#include "lib/session/pipeline.h"
#include "lib/session/status.h"
#include "lib/session/words.h"

/* What is told of a session beyond its status. Each row of the store is put down in both forms as it is read: `lines` for people, `orders` and
 * `notices` as JSON. */
struct view {
    const char *name;
    int64_t now;
    struct r3_session_status *status;
    size_t count;
    int64_t signals, orders, trades, rejected;
    struct r3_buffer rejection, rejection_json, signal, signal_json, order_lines, order_json, notice_lines, notice_json;
};

/* ---- rows ---- */

static int take_counts(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct view *view = context;
    (void)error;
    view->signals = row->columns[0].integer;
    view->orders = row->columns[1].integer;
    view->trades = row->columns[2].integer;
    return 0;
}

/* Columns: how many, time and reason of the last. */
static int take_rejected(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct view *view = context;
    (void)error;
    view->rejected = row->columns[0].integer;
    r3_buffer_printf(&view->rejection, "%" PRId64 " order%s, the last at ", view->rejected,
                     view->rejected == 1 ? "" : "s");
    r3_session_write_time(&view->rejection, row->columns[1].integer, view->now);
    r3_buffer_printf(&view->rejection, ": %s", r3_store_row_text(row, 2));
    r3_buffer_printf(&view->rejection_json, ",\"last_rejection\":{\"time\":%" PRId64, row->columns[1].integer);
    r3_session_json_text(&view->rejection_json, "reason", r3_store_row_text(row, 2));
    r3_buffer_append_text(&view->rejection_json, "}");
    return 0;
}

/* Columns: time, direction, reference, state. */
static int take_signal(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct view *view = context;
    (void)error;
    r3_buffer_printf(&view->signal, "%s at %s (%s), ", r3_store_row_text(row, 1), r3_store_row_text(row, 2),
                     r3_store_row_text(row, 3));
    r3_session_write_time(&view->signal, row->columns[0].integer, view->now);
    r3_buffer_printf(&view->signal_json, ",\"last_signal\":{\"time\":%" PRId64, row->columns[0].integer);
    r3_session_json_text(&view->signal_json, "direction", r3_store_row_text(row, 1));
    r3_session_json_text(&view->signal_json, "reference", r3_store_row_text(row, 2));
    r3_session_json_text(&view->signal_json, "state", r3_store_row_text(row, 3));
    r3_buffer_append_text(&view->signal_json, "}");
    return 0;
}

/* Columns: id, market, role, side, kind, price, size, funds, filled, time. */
static int take_order(const struct r3_store_row *row, void *context, struct r3_error *error) {
    static const char *const names[] = { "id", "market", "role", "side", "kind", "price", "size", "funds", "filled" };
    struct view *view = context;
    const char *size = r3_store_row_text(row, 6), *funds = r3_store_row_text(row, 7),
               *price = r3_store_row_text(row, 5);
    (void)error;
    r3_buffer_printf(&view->order_lines, "  %s  %s %s %s %s%s%s%s, filled %s, ", r3_store_row_text(row, 0),
                     r3_store_row_text(row, 2), r3_store_row_text(row, 4), r3_store_row_text(row, 3),
                     *size ? size : funds, *size ? "" : " of quote", *price ? " at " : "", price,
                     r3_store_row_text(row, 8));
    r3_session_write_time(&view->order_lines, row->columns[9].integer, view->now);
    r3_buffer_append_text(&view->order_lines, "\n");
    r3_buffer_printf(&view->order_json, "%s{\"time\":%" PRId64, view->order_json.length ? "," : "",
                     row->columns[9].integer);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        r3_session_json_text(&view->order_json, names[i], r3_store_row_text(row, i));
    r3_buffer_append_text(&view->order_json, "}");
    return 0;
}

/* Columns: time, level, program, message. */
static int take_notice(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct view *view = context;
    (void)error;
    r3_buffer_append_text(&view->notice_lines, "  ");
    r3_session_write_time(&view->notice_lines, row->columns[0].integer, view->now);
    r3_buffer_printf(&view->notice_lines, "  %s  %s: %s\n", r3_store_row_text(row, 1), r3_store_row_text(row, 2),
                     r3_store_row_text(row, 3));
    r3_buffer_printf(&view->notice_json, "%s{\"time\":%" PRId64, view->notice_json.length ? "," : "",
                     row->columns[0].integer);
    r3_session_json_text(&view->notice_json, "level", r3_store_row_text(row, 1));
    r3_session_json_text(&view->notice_json, "program", r3_store_row_text(row, 2));
    r3_session_json_text(&view->notice_json, "text", r3_store_row_text(row, 3));
    r3_buffer_append_text(&view->notice_json, "}");
    return 0;
}

static int work(struct r3_store *store, void *context, struct r3_error *error) {
    struct view *view = context;
    struct r3_session session = R3_SESSION_INIT;
    int result = r3_session_find(&session, store, view->name, error);
    const struct r3_store_value id = r3_store_text(session.id);
    if (result == 0)
        result = r3_session_statuses_load(&view->status, &view->count, store, R3_QUERY_SESSION_STATUS, &id, 1, error);
    if (result == 0)
        result = r3_store_run(store, R3_QUERY_COUNTS, &id, 1, take_counts, view, NULL, error);
    if (result == 0)
        result = r3_store_run(store, R3_QUERY_REJECTED, &id, 1, take_rejected, view, NULL, error);
    if (result == 0)
        result = r3_store_run(store, R3_QUERY_LAST_SIGNAL, &id, 1, take_signal, view, NULL, error);
    if (result == 0)
        result = r3_store_run(store, R3_QUERY_WORKING_ORDERS, &id, 1, take_order, view, NULL, error);
    if (result == 0)
        result = r3_store_run(store, R3_QUERY_LAST_NOTICES, &id, 1, take_notice, view, NULL, error);
    r3_session_release(&session);
    return result;
}

/* ---- texts ---- */

static void write_json(struct r3_buffer *out, const struct view *view) {
    r3_session_write_json(out, view->status, view->now);
    r3_session_json_text(out, "pipeline", view->status->session.pipeline);
    r3_buffer_printf(
        out, ",\"signals\":%" PRId64 ",\"orders\":%" PRId64 ",\"trades\":%" PRId64 ",\"rejected_orders\":%" PRId64,
        view->signals, view->orders, view->trades, view->rejected);
    r3_buffer_append(out, view->rejection_json.data, view->rejection_json.length);
    r3_buffer_append(out, view->signal_json.data, view->signal_json.length);
    r3_buffer_append_text(out, ",\"working_orders\":[");
    r3_buffer_append(out, view->order_json.data, view->order_json.length);
    r3_buffer_append_text(out, "],\"last_notices\":[");
    r3_buffer_append(out, view->notice_json.data, view->notice_json.length);
    r3_buffer_append_text(out, "]}\n");
}

static void write_times(struct r3_buffer *out, const struct view *view) {
    const struct r3_session *session = &view->status->session;
    const struct {
        const char *name;
        int64_t time;
    } times[] = { { "created", session->created },
                  { "started", session->started },
                  { "acts from", session->acts_from },
                  { "candles to", session->seen },
                  { "last run", view->status->last_run },
                  { "next tick", view->status->next_tick },
                  { "ended", session->ended } };
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (times[i].time != R3_TIME_ABSENT) {
            r3_buffer_printf(out, "%-12s", times[i].name);
            r3_session_write_time(out, times[i].time, view->now);
            r3_buffer_append_text(out, "\n");
        }
    if (*session->reason)
        r3_buffer_printf(out, "%-12s%s\n", "because", session->reason);
}

static void write_money(struct r3_buffer *out, const struct view *view) {
    const struct r3_session_status *status = view->status;
    const struct r3_position *position = &status->position;
    r3_buffer_printf(out, "%-12s", "position");
    r3_session_write_position(out, status);
    if (position->side == R3_LONG || position->side == R3_SHORT) {
        r3_buffer_append_text(out, " at ");
        r3_session_write_amount(out, &position->entry_price);
        r3_buffer_append_text(out, ", now ");
        r3_session_write_amount(out, &position->price);
        r3_buffer_append_text(out, ", unrealized ");
        r3_session_write_amount(out, &position->unrealized_pnl);
    }
    r3_buffer_printf(out, "\n%-12s", "equity");
    r3_session_write_amount(out, &status->equity);
    r3_buffer_printf(out, " %s (", status->session.currency);
    r3_session_write_return(out, status);
    r3_buffer_append_text(out, "), available ");
    r3_session_write_amount(out, &status->available);
    r3_buffer_append_text(out, ", began with ");
    r3_session_write_amount(out, &status->session.cash);
    r3_buffer_printf(out, " %s\n", status->session.currency);
}

static void write_text(struct r3_buffer *out, const struct view *view) {
    struct r3_buffer name = R3_BUFFER_INIT;
    const struct r3_session *session = &view->status->session;
    const enum r3_session_trouble trouble = r3_session_trouble(view->status, view->now);
    r3_buffer_printf(out, "%s  %s\n\n%-12s%s, %s\n", session->id, session->label, "state",
                     r3_session_state_name(session->state), session->mode);
    if (trouble != R3_TROUBLE_NONE) {
        r3_session_write_trouble(&name, view->status, trouble);
        r3_buffer_printf(out, "%-12s", name.data);
        r3_session_explain_trouble(out, view->status, trouble, view->now);
        r3_buffer_append_text(out, "\n");
    }
    r3_buffer_printf(out, "%-12s%s of %s, %s, every ", "market", session->market, session->platform,
                     r3_timeframe_name(session->timeframe));
    r3_session_write_span(out, session->refresh, "m");
    r3_buffer_printf(out, "\n%-12s%s\n", "candles", *session->source ? session->source : "of the exchange");
    write_times(out, view);
    write_money(out, view);
    r3_buffer_printf(out, "%-12ssignals %" PRId64 ", orders %" PRId64 ", trades %" PRId64 "\n", "so far", view->signals,
                     view->orders, view->trades);
    if (view->rejection.length)
        r3_buffer_printf(out, "%-12s%s\n", "rejected", view->rejection.data);
    if (view->signal.length)
        r3_buffer_printf(out, "%-12s%s\n", "last signal", view->signal.data);
    r3_buffer_printf(out, "%-12s%s\n", "pipeline", session->pipeline);
    if (view->order_lines.length)
        r3_buffer_printf(out, "\nworking orders\n%s", view->order_lines.data);
    if (view->notice_lines.length)
        r3_buffer_printf(out, "\nlast notices\n%s", view->notice_lines.data);
    r3_buffer_release(&name);
}

/* The candles that it has seen, from where its rules need them. */
static int write_backtest(struct r3_buffer *out, const struct r3_session *session, struct r3_error *error) {
    int64_t from = R3_TIME_ABSENT;
    if (r3_session_warm_up_from(&from, session, error) < 0 ||
        r3_session_write_source(out, session, from, session->seen, R3_TIME_ABSENT, error) < 0)
        return -1;
    r3_buffer_append_text(out, " | ");
    if (r3_session_write_stages(out, session, R3_STAGES_OF_BACKTEST, NULL, error) < 0)
        return -1;
    r3_buffer_printf(out, " | r3-report --session %s\n", session->id);
    return 0;
}

static void release(struct view *view) {
    r3_session_statuses_free(view->status, view->count);
    r3_buffer_release(&view->rejection);
    r3_buffer_release(&view->rejection_json);
    r3_buffer_release(&view->signal);
    r3_buffer_release(&view->signal_json);
    r3_buffer_release(&view->order_lines);
    r3_buffer_release(&view->order_json);
    r3_buffer_release(&view->notice_lines);
    r3_buffer_release(&view->notice_json);
}

static int run(const struct r3_session_call *call, struct r3_error *error) {
    bool json = r3_arguments_given(call->arguments, "json"), pipeline = r3_arguments_given(call->arguments, "pipeline");
    struct view view = { .name = r3_arguments_operand(call->arguments, 0) };
    struct r3_buffer text = R3_BUFFER_INIT;
    if (json && pipeline)
        return r3_fail(error, R3_USAGE, "--json or --pipeline, one of them");
    int result = r3_clock_now(&view.now, error);
    if (result == 0)
        result = r3_store_read(call->store, work, &view, error);
    if (result == 0 && pipeline)
        result = write_backtest(&text, &view.status->session, error);
    else if (result == 0 && json)
        write_json(&text, &view);
    else if (result == 0)
        write_text(&text, &view);
    if (result == 0)
        result = r3_writer_put(call->out, text.data, text.length, error);
    r3_buffer_release(&text);
    release(&view);
    return result;
}

static const struct r3_option options[] = {
    { .name = "json", .kind = R3_OPTION_FLAG, .help = "a JSON object" },
    { .name = "pipeline", .kind = R3_OPTION_FLAG, .help = "the backtest that equals the session" },
    { .name = NULL },
};

const struct r3_session_word r3_session_show_word = { .name = "show",
                                                      .synonyms = "",
                                                      .operands = "ID",
                                                      .summary = "show one session, or the backtest that equals it",
                                                      .options = options,
                                                      .least = 1,
                                                      .most = 1,
                                                      .run = run };
