/* What the tracker writes: raw orders with the figures that sizing needs, cancels, notices. */

#include <inttypes.h>
#include <stdarg.h>

#include "lib/base/append.h"
#include "lib/base/buffer.h"
#include "lib/trade/tracker_private.h"

enum { MONEY_SCALE = 14 };

static int emit(struct r3_tracker *tracker, struct r3_error *error) {
    return tracker->outlet.emit(tracker->outlet.context, &tracker->out, error);
}

#define COPY(out, text) r3_copy_text(out, sizeof(out), text, strlen(text))

int r3_tracker_notice(struct r3_tracker *tracker, enum r3_level level, const struct r3_tracker_position *position,
                      struct r3_error *error, const char *format, ...) {
    struct r3_notice *notice = &tracker->out.notice;
    va_list arguments;
    r3_record_init(&tracker->out, R3_NOTICE);
    notice->time = tracker->now;
    notice->level = level;
    COPY(notice->program, "r3-track");
    COPY(notice->session, position->session->name);
    va_start(arguments, format);
    vsnprintf(notice->text, sizeof notice->text, format, arguments);
    va_end(arguments);
    return emit(tracker, error);
}

int r3_tracker_cancel(struct r3_tracker *tracker, struct r3_tracker_position *position, struct r3_tracker_order *order,
                      const char *reason, struct r3_error *error) {
    struct r3_cancel *cancel = &tracker->out.cancel;
    if (!order->working || order->cancelling)
        return 0;
    order->cancelling = true;
    r3_record_init(&tracker->out, R3_CANCEL);
    COPY(cancel->order, order->id);
    COPY(cancel->session, position->session->name);
    cancel->time = tracker->now;
    COPY(cancel->reason, reason);
    return emit(tracker, error);
}

/* Everything of a raw order that does not depend on what it is for. */
static int begin(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct r3_tracker_order *order,
                 const struct r3_signal *signal, struct r3_error *error) {
    struct r3_raworder *raw = &tracker->out.raworder;
    struct r3_tracker_session *session = position->session;
    if (!r3_decimal_is_present(&session->equity))
        return r3_fail(error, R3_PROTOCOL, "r3-order keeps no account for session \"%s\" (its signals must reach it)",
                       session->name);
    r3_record_init(&tracker->out, R3_RAWORDER);
    memcpy(raw->id, order->id, sizeof raw->id);
    memcpy(raw->session, session->name, sizeof raw->session);
    memcpy(raw->signal, order->signal, sizeof raw->signal);
    memcpy(raw->platform, position->platform, sizeof raw->platform);
    memcpy(raw->market, position->market->name, sizeof raw->market);
    raw->time = tracker->now;
    raw->role = order->role;
    raw->kind = order->kind;
    raw->side = (order->direction == R3_LONG) == (order->role == R3_ENTRY) ? R3_BUY : R3_SELL;
    raw->reference = signal && !tracker->ending ? signal->reference : position->market->price;
    raw->equity = session->equity;
    raw->available = session->available;
    raw->wins = session->wins;
    raw->losses = session->losses;
    raw->average_win = session->average_win;
    raw->average_loss = session->average_loss;
    return r3_tracker_exposure(&raw->exposure, tracker, session, error) < 0 ||
                   r3_tracker_day_pnl(&raw->day_pnl, tracker, session, tracker->now, error) < 0
               ? -1
               : 0;
}

/* The order's id, and that it works from now on. */
static int name(struct r3_tracker *tracker, struct r3_tracker_position *position, struct r3_tracker_order *order,
                struct r3_error *error) {
    const char *end = order->id + sizeof order->id;
    char *at = r3_append_text(order->id, end, position->session->name);
    at = r3_append_text(at, end, "-");
    at = r3_append_integer(at, end, order->number);
    at = r3_append_text(at, end, "-");
    at = r3_append_text(at, end, r3_role_name(order->role));
    at = r3_append_text(at, end, "-");
    at = r3_append_integer(at, end, order->attempt);
    if (!at)
        return r3_fail(error, R3_DATA,
                       "session \"%s\": order number %" PRId64 " makes an id of more than %d characters",
                       position->session->name, order->number, R3_ID_SIZE - 1);
    order->time = tracker->now;
    order->working = true;
    return 0;
}

/* A stop at or beyond the price of the entry would leave at once; so would a target at or behind the reference. */
static const char *misplaced(const struct r3_tracker_levels *levels, const struct r3_raworder *raw) {
    int wrong = raw->side == R3_BUY ? 1 : -1;
    const struct r3_decimal *price = r3_decimal_is_present(&raw->price) ? &raw->price : &raw->reference;
    if (r3_decimal_is_present(&levels->stop) && wrong * r3_decimal_compare(&levels->stop, price) >= 0)
        return wrong > 0 ? "stop is not below the price" : "stop is not above the price";
    if (r3_decimal_is_present(&levels->target) && wrong * r3_decimal_compare(&levels->target, &raw->reference) <= 0)
        return wrong > 0 ? "target is not above the reference" : "target is not below the reference";
    return NULL;
}

/* What a reversal's exit frees: the value of what is held, either side. */
static int free_held(struct r3_tracker_position *position, struct r3_raworder *raw, struct r3_error *error) {
    struct r3_decimal value;
    return r3_tracker_value(&value, &position->size, &position->market->price, error) < 0 ||
                   r3_decimal_add(&raw->available, &raw->available, &value, error) < 0 ||
                   r3_decimal_subtract(&raw->exposure, &raw->exposure, &value, error) < 0
               ? -1
               : 0;
}

static int set_limit(struct r3_tracker *tracker, struct r3_raworder *raw, struct r3_error *error) {
    if (!r3_decimal_is_present(&tracker->options.limit))
        return 0;
    struct r3_decimal better;
    return r3_decimal_multiply_round(&better, &raw->reference, &tracker->options.limit, MONEY_SCALE, R3_ROUND_HALF_EVEN,
                                     error) < 0 ||
                   (raw->side == R3_BUY ? r3_decimal_subtract : r3_decimal_add)(&raw->price, &raw->reference, &better,
                                                                                error) < 0
               ? -1
               : 0;
}

/* The protection goes with the order where the exchange executes it; sizing by risk needs the stop in either case. */
static int set_levels(struct r3_tracker *tracker, const struct r3_tracker_levels *levels, struct r3_raworder *raw,
                      struct r3_error *error) {
    if (!tracker->options.protect) {
        raw->stop = levels->stop;
        raw->target = levels->target;
        raw->trail = levels->trail;
        raw->break_even = levels->break_even;
        raw->expiry = levels->expiry;
        return 0;
    }
    if (!r3_decimal_is_present(&levels->stop))
        return 0;
    const struct r3_decimal *from = r3_decimal_is_present(&raw->price) ? &raw->price : &raw->reference;
    if (r3_decimal_subtract(&raw->stop_distance, from, &levels->stop, error) < 0)
        return -1;
    r3_decimal_absolute(&raw->stop_distance, &raw->stop_distance);
    if (r3_decimal_is_zero(&raw->stop_distance))
        raw->stop_distance = r3_decimal_absent;
    return 0;
}

int r3_tracker_enter(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct r3_signal *signal,
                     bool reversal, bool again, struct r3_error *error) {
    struct r3_raworder *raw = &tracker->out.raworder;
    struct r3_tracker_order order = {
        .direction = signal->direction,
        .role = R3_ENTRY,
        .kind = r3_decimal_is_present(&tracker->options.limit) ? R3_LIMIT : R3_MARKET,
        .timeframe = signal->timeframe,
        .number = again ? position->entry.number : position->session->number + 1,
        .attempt = again ? position->entry.attempt + 1 : 1,
    };
    memcpy(order.signal, signal->id, sizeof order.signal);
    if (r3_tracker_levels_of(&order.levels, &tracker->options, signal, error) < 0)
        return -1;
    if (name(tracker, position, &order, error) < 0 || begin(tracker, position, &order, signal, error) < 0 ||
        set_limit(tracker, raw, error) < 0)
        return -1;
    const char *wrong = misplaced(&order.levels, raw);
    if (wrong)
        return r3_tracker_notice(tracker, R3_WARNING, position, error, "%s: no entry: its %s", signal->id, wrong);
    raw->volatility = signal->volatility;
    if (set_levels(tracker, &order.levels, raw, error) < 0 || (reversal && free_held(position, raw, error) < 0))
        return -1;
    position->entry = order;
    position->leaving = false; /* that was the entry before this one, which has ended */
    if (!again)                /* a next attempt keeps its number; another market may have taken higher ones since */
        position->session->number = order.number;
    if (!reversal)
        position->direction = order.direction;
    return emit(tracker, error) < 0 ? -1 : 1;
}

int r3_tracker_exit(struct r3_tracker *tracker, struct r3_tracker_position *position, enum r3_role role,
                    const struct r3_signal *signal, struct r3_error *error) {
    struct r3_tracker_order order = {
        .direction = r3_decimal_sign(&position->size) > 0 ? R3_LONG : R3_SHORT,
        .role = role,
        .kind = R3_MARKET,
        .number = position->number,
        .attempt = ++position->attempts[role],
    };
    if (signal)
        memcpy(order.signal, signal->id, sizeof order.signal);
    if (name(tracker, position, &order, error) < 0 || begin(tracker, position, &order, signal, error) < 0)
        return -1;
    r3_decimal_absolute(&tracker->out.raworder.size, &position->size);
    if (tracker->ending)
        tracker->out.raworder.fill = R3_FILL_CLOSE;
    position->exit = order;
    return emit(tracker, error);
}
