/* What a run leaves: told, and told apart from what is done. */
#include <stdio.h>

#include "lib/live/gateway.h"
#include "lib/stage/signals.h"

void live_describe(struct r3_buffer *out, const struct r3_order *order) {
    char amount[R3_DECIMAL_TEXT_SIZE], price[R3_DECIMAL_TEXT_SIZE] = "";
    bool by_size = r3_decimal_is_present(&order->size);
    r3_decimal_format(amount, by_size ? &order->size : &order->funds);
    if (order->kind == R3_LIMIT)
        r3_decimal_format(price, &order->price);
    r3_buffer_printf(out, "%s %s %s %s %s of %s%s%s", order->id, r3_kind_name(order->kind), r3_side_name(order->side),
                     by_size ? "size" : "funds", amount, order->market, *price ? " at " : "", price);
}

static void say_open(const struct r3_live *live, const struct r3_live_row *row) {
    char filled[R3_DECIMAL_TEXT_SIZE];
    struct r3_buffer text = R3_BUFFER_INIT;
    live_describe(&text, &row->order);
    r3_decimal_format(filled, &row->filled);
    live_say(live, "open: %s: %s, %s filled", text.data,
             row->step == R3_LIVE_SENT ? "UNKNOWN" : r3_live_step_name(row->step), filled);
    r3_buffer_release(&text);
}

/* Of one that is not known to have arrived, and of one that the exchange had and does not tell of any more. */
static int tell_unknown(struct r3_live *live, struct live_order *order, struct r3_error *error) {
    char text[R3_TEXT_SIZE], once[R3_ID_SIZE + 40];
    const char *id = order->row.order.id;
    bool sent = order->row.step == R3_LIVE_SENT;
    snprintf(once, sizeof once, "%s/%s/%lld", sent ? "unknown" : "gone", id, (long long)order->row.attempts);
    if (sent)
        snprintf(text, sizeof text,
                 "order %s was sent, and nobody knows yet whether it arrived: no new entries until then", id);
    else
        snprintf(text, sizeof text, "order %s works as far as the journal knows, and the exchange tells nothing of it",
                 id);
    return live_notice(live, order->session, once, R3_ERROR, text, error);
}

/* How many are left that the next run must go on with; each is told. */
int live_tell_rest(struct r3_live *live, size_t *left, size_t *unknown, struct r3_error *error) {
    *left = *unknown = 0;
    for (size_t i = 0; i < live->order_count; i++) {
        struct live_order *order = &live->at_work[i];
        if (order->row.step == R3_LIVE_DONE || !order->session || !order->session->epoch)
            continue;
        bool settled = live_is_settled(order);
        if (!settled || live->options->follow || r3_signals_stop_asked())
            say_open(live, &order->row);
        if (settled)
            continue;
        ++*left;
        if (order->row.step != R3_LIVE_SENT && !order->memory.absent)
            continue;
        ++*unknown;
        if (tell_unknown(live, order, error) < 0)
            return -1;
    }
    return 0;
}

/* Whether more may have become of an order of the session than was told. */
static bool has_untold(const struct r3_live *live, const struct r3_live_session *session) {
    for (size_t i = 0; i < live->order_count; i++) {
        const struct live_order *order = &live->at_work[i];
        if (order->session == session && order->row.step != R3_LIVE_INTENT && !live_is_settled(order))
            return true;
    }
    return false;
}

void live_note_told(struct r3_live *live) {
    struct r3_error unused;
    for (size_t i = 0; i < live->session_count; i++) {
        const struct r3_live_session *session = &live->sessions[i];
        if (session->epoch && !has_untold(live, session))
            r3_live_note_told(live->store, session, &unused);
    }
}

int live_end(const struct r3_live *live, size_t left, size_t unknown, struct r3_error *error) {
    const char *trouble = live->trouble;
    if (live->input_error.status) {
        *error = live->input_error;
        return -1;
    }
    for (size_t i = 0; i < live->session_count; i++)
        if (live->sessions[i].unaccounted)
            return r3_fail(error, R3_CONFIG, "%s", *trouble ? trouble : "an order of the session is not in the store");
    if (live->overdrawn)
        return r3_fail(error, R3_CONFIG, "%s", *trouble ? trouble : "the allotments do not fit the balance");
    if (live->account_refused && left)
        return r3_fail(error, R3_PERMISSION, "the exchange refuses the account: %s", trouble);
    if (unknown)
        return r3_fail(error, R3_RETRY, "%zu order%s UNKNOWN%s%s", unknown, unknown == 1 ? " is" : "s are",
                       *trouble ? ": " : "", trouble);
    for (size_t i = 0; i < live->session_count; i++)
        if (live->sessions[i].epoch && live->sessions[i].uncompared)
            return r3_fail(error, R3_RETRY, "%s: the store was restored, and the exchange could not be asked yet%s%s",
                           live->sessions[i].id, *trouble ? ": " : "", trouble);
    if (live->lost)
        return r3_fail(error, R3_RETRY, "%s", trouble);
    if (left)
        return r3_fail(error, R3_RETRY, "%zu order%s left for the next run%s%s", left, left == 1 ? " is" : "s are",
                       *trouble ? ": " : "", trouble);
    return 0;
}
