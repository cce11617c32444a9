/* What the tracker writes: raw orders with the figures that sizing needs, cancels, notices. */

#include <inttypes.h>
#include <stdarg.h>

#include "lib/base/append.h"
#include "lib/base/buffer.h"
#include "lib/trade/tracker_private.h"

enum { MONEY_SCALE = 14 };

static int emit(const struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    return tracker->outlet.emit(tracker->outlet.context, record, error);
}

#define COPY(out, text) r3_copy_text(out, sizeof(out), text, strlen(text))

int r3_tracker_notice(struct r3_tracker *tracker, enum r3_level level, const struct r3_tracker_session *session,
                      struct r3_error *error, const char *format, ...) {
    struct r3_notice *notice = &tracker->out.notice;
    va_list arguments;
    r3_record_init(&tracker->out, R3_NOTICE);
    notice->time = tracker->now;
    notice->level = level;
    COPY(notice->program, "r3-track");
    COPY(notice->session, session->name);
    va_start(arguments, format);
    vsnprintf(notice->text, sizeof notice->text, format, arguments);
    va_end(arguments);
    return emit(tracker, &tracker->out, error);
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
    return emit(tracker, &tracker->out, error);
}

static const struct r3_tracker_levels no_levels = { { 0, -1 }, { 0, -1 }, { 0, -1 }, { 0, -1 }, R3_TIME_ABSENT };

static inline void copy_levels(struct r3_raworder *raw, const struct r3_tracker_levels *levels) {
    raw->stop = levels->stop;
    raw->target = levels->target;
    raw->trail = levels->trail;
    raw->break_even = levels->break_even;
    raw->expiry = levels->expiry;
}

/* The record and the beginning of its id, for orders of this position. They stay from one order to the next: all that, made anew, was
 * 105 instructions an order. */
__attribute__((noinline)) static void prepare(struct r3_tracker *tracker, const struct r3_tracker_position *position) {
    struct r3_raworder *raw = &tracker->raworder.raworder;
    const char *end = raw->id + sizeof raw->id;
    r3_record_init(&tracker->raworder, R3_RAWORDER);
    memcpy(raw->session, position->session->name, sizeof raw->session);
    memcpy(raw->market, position->market->name, sizeof raw->market);
    char *at = r3_append_text(r3_append_text(raw->id, end, position->session->name), end, "-");
    tracker->raworder_stem = (size_t)(at - raw->id);
    tracker->raworder_number = -1;
    tracker->raworder_of = position;
}

static inline char *append_role(char *at, const char *end, enum r3_role role) {
    switch (role) {
    case R3_ENTRY:
        return r3_append_text(at, end, "-ENTRY-");
    case R3_EXIT:
        return r3_append_text(at, end, "-EXIT-");
    default: /* the others leave too, for a reason of their own */
        at = r3_append_text(r3_append_text(at, end, "-"), end, r3_role_name(role));
        return r3_append_text(at, end, "-");
    }
}

/* The order's id. Its beginning stays in the record: an exit has the number of the entry before it. */
static inline int name(struct r3_tracker *tracker, const struct r3_tracker_position *position, int64_t number,
                       enum r3_role role, int attempt, struct r3_error *error) {
    struct r3_raworder *raw = &tracker->raworder.raworder;
    const char *end = raw->id + sizeof raw->id;
    char *at = raw->id + tracker->raworder_numbered;
    if (number != tracker->raworder_number) {
        at = r3_append_integer(raw->id + tracker->raworder_stem, end, number);
        tracker->raworder_numbered = (size_t)(at - raw->id); /* at is not NULL: 17 characters and a number fit */
        tracker->raworder_number = number;
    }
    if (!r3_append_integer(append_role(at, end, role), end, attempt))
        return r3_fail(error, R3_DATA,
                       "session \"%s\": order number %" PRId64 " makes an id of more than %d characters",
                       position->session->name, number, R3_ID_SIZE - 1);
    return 0;
}

/* What the position was worth at midnight. */
__attribute__((noinline)) static int work_out_midnight(struct r3_tracker_position *position, struct r3_error *error) {
    struct r3_decimal value;
    position->midnight_worth = position->midnight_cash;
    if (!r3_decimal_is_zero(&position->midnight_size) &&
        (r3_ledger_cost(&value, &position->market->midnight, &position->midnight_size, error) < 0 ||
         r3_decimal_add(&position->midnight_worth, &position->midnight_cash, &value, error) < 0))
        return -1;
    position->midnight_known = true;
    return 0;
}

/* The value of what the position holds, without its side, and its result since the day of `time` began. */
__attribute__((always_inline)) static inline int stand(struct r3_decimal *exposure, struct r3_decimal *day_pnl,
                                                       struct r3_tracker *tracker, struct r3_tracker_position *position,
                                                       int64_t time, struct r3_error *error) {
    struct r3_tracker_market *market = position->market;
    const struct r3_decimal *worth = &position->ledger.cash;
    if (market->day == R3_TIME_ABSENT || time - market->day >= R3_DAY)
        r3_tracker_begin_day(tracker, market, time, &market->price);
    if (r3_decimal_is_zero(&position->size)) {
        *exposure = r3_decimal_zero;
    } else {
        if (r3_ledger_cost(exposure, &market->price, &position->size, error) < 0)
            return -1;
        r3_decimal_raise_scale(exposure, worth->scale);
        if (r3_decimal_add(day_pnl, worth, exposure, error) < 0)
            return -1;
        r3_decimal_absolute(exposure, exposure);
        worth = day_pnl;
    }
    if (!position->midnight_known && work_out_midnight(position, error) < 0)
        return -1;
    return r3_decimal_subtract(day_pnl, worth, &position->midnight_worth, error);
}

/* The same of all positions of the session. */
__attribute__((noinline)) static int stand_all(struct r3_decimal *exposure, struct r3_decimal *day_pnl,
                                               struct r3_tracker *tracker, const struct r3_tracker_session *session,
                                               int64_t time, struct r3_error *error) {
    struct r3_decimal value, pnl;
    *exposure = *day_pnl = r3_decimal_zero;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        if (position->session != session || !r3_decimal_is_present(&position->market->price))
            continue;
        if (stand(&value, &pnl, tracker, position, time, error) < 0 ||
            r3_decimal_add(exposure, exposure, &value, error) < 0 || r3_decimal_add(day_pnl, day_pnl, &pnl, error) < 0)
            return -1;
    }
    return 0;
}

/* Everything of a raw order that does not depend on what it is for. */
static int begin(struct r3_tracker *tracker, struct r3_tracker_position *position, enum r3_role role, int64_t number,
                 int attempt, const struct r3_signal *signal, struct r3_error *error) {
    static const char none[R3_ID_SIZE] = "";
    struct r3_raworder *raw = &tracker->raworder.raworder;
    const struct r3_tracker_session *session = position->session;
    if (tracker->raworder_of != position)
        prepare(tracker, position);
    if (name(tracker, position, number, role, attempt, error) < 0)
        return -1;
    if (!r3_decimal_is_present(&session->equity))
        return r3_fail(error, R3_PROTOCOL, "r3-order keeps no account for session \"%s\" (its signals must reach it)",
                       session->name);
    memcpy(raw->platform, position->platform, sizeof raw->platform);
    memcpy(raw->signal, signal ? signal->id : none, sizeof raw->signal);
    raw->time = tracker->now;
    raw->role = role;
    raw->kind = R3_MARKET;
    raw->fill = R3_FILL_NONE;
    raw->reference = signal && !tracker->ending ? signal->reference : position->market->price;
    raw->volatility = raw->size = r3_decimal_absent;
    if (tracker->raworder_leveled) { /* the last one was */
        raw->price = raw->stop_distance = r3_decimal_absent;
        copy_levels(raw, &no_levels);
        tracker->raworder_leveled = false;
    }
    raw->equity = session->equity;
    raw->available = session->available;
    raw->wins = session->wins;
    raw->losses = session->losses;
    raw->average_win = session->average_win;
    raw->average_loss = session->average_loss;
    if (tracker->position_count > 1 || !r3_decimal_is_present(&position->market->price))
        return stand_all(&raw->exposure, &raw->day_pnl, tracker, session, tracker->now, error);
    return stand(&raw->exposure, &raw->day_pnl, tracker, position, tracker->now, error);
}

/* What the order is: it works from now on. */
static inline void keep(struct r3_tracker_order *order, const struct r3_raworder *raw, int64_t number, int attempt,
                        enum r3_direction direction) {
    memcpy(order->id, raw->id, sizeof order->id);
    memcpy(order->signal, raw->signal, sizeof order->signal);
    order->number = number;
    order->attempt = attempt;
    order->direction = direction;
    order->role = raw->role;
    order->kind = raw->kind;
    order->time = raw->time;
    order->working = true;
    order->cancelling = order->withdrawn = order->told = false;
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

static int set_limit(const struct r3_tracker *tracker, struct r3_raworder *raw, struct r3_error *error) {
    struct r3_decimal better;
    raw->kind = R3_LIMIT;
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
        copy_levels(raw, levels);
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

/* The levels of an entry that has some, and what they make of its raw order. 1; 0: they forbid it, which a notice says. */
static int protect(struct r3_tracker *tracker, struct r3_tracker_position *position,
                   const struct r3_tracker_levels *levels, const struct r3_signal *signal, struct r3_error *error) {
    struct r3_raworder *raw = &tracker->raworder.raworder;
    const char *wrong = misplaced(levels, raw);
    if (wrong)
        return r3_tracker_notice(tracker, R3_WARNING, position->session, error, "%s: no entry: its %s", signal->id,
                                 wrong);
    return set_levels(tracker, levels, raw, error) < 0 ? -1 : 1;
}

int r3_tracker_enter(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct r3_signal *signal,
                     bool reversal, bool again, struct r3_error *error) {
    struct r3_tracker_order *entry = &position->entry;
    struct r3_raworder *raw = &tracker->raworder.raworder;
    const bool bare = r3_tracker_is_bare(&tracker->options, signal);
    struct r3_tracker_levels levels;
    int64_t number = again ? entry->number : position->session->number + 1;
    int attempt = again ? entry->attempt + 1 : 1;
    if (tracker->guards || tracker->ends) {
        int may = r3_tracker_may_enter(tracker, position, signal, reversal, again, error);
        if (may <= 0)
            return may;
    }
    if (!bare && r3_tracker_levels_of(&levels, &tracker->options, signal, error) < 0)
        return -1;
    if (begin(tracker, position, R3_ENTRY, number, attempt, signal, error) < 0)
        return -1;
    raw->side = signal->direction == R3_LONG ? R3_BUY : R3_SELL;
    bool limited = r3_decimal_is_present(&tracker->options.limit);
    tracker->raworder_leveled = limited || !bare;
    if (limited && set_limit(tracker, raw, error) < 0)
        return -1;
    int allowed = bare ? 1 : protect(tracker, position, &levels, signal, error);
    if (allowed <= 0)
        return allowed;
    raw->volatility = signal->volatility;
    if (reversal && free_held(position, raw, error) < 0)
        return -1;
    keep(entry, raw, number, attempt, signal->direction);
    entry->timeframe = signal->timeframe;
    entry->candles = 0;
    if (!bare)
        entry->levels = levels;
    else if (r3_tracker_levels_any(&entry->levels))
        entry->levels = no_levels;
    position->leaving = false; /* that was the entry before this one, which has ended */
    if (!again)                /* a next attempt keeps its number; another market may have taken higher ones since */
        position->session->number = number;
    if (!reversal)
        position->direction = signal->direction;
    tracker->unseen = true;
    return emit(tracker, &tracker->raworder, error) < 0 ? -1 : 1;
}

int r3_tracker_exit(struct r3_tracker *tracker, struct r3_tracker_position *position, enum r3_role role,
                    const struct r3_signal *signal, struct r3_error *error) {
    struct r3_raworder *raw = &tracker->raworder.raworder;
    bool is_long = r3_decimal_sign(&position->size) > 0;
    int attempt = ++position->attempts[role];
    if (begin(tracker, position, role, position->number, attempt, signal, error) < 0)
        return -1;
    raw->side = is_long ? R3_SELL : R3_BUY;
    r3_decimal_absolute(&raw->size, &position->size);
    if (tracker->ending)
        raw->fill = R3_FILL_CLOSE;
    keep(&position->exit, raw, position->number, attempt, is_long ? R3_LONG : R3_SHORT);
    tracker->unseen = true;
    return emit(tracker, &tracker->raworder, error);
}
