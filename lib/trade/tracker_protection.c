/* Stops, targets, trailing, break-even and time, where the tracker watches them itself.
 *
 * The rules are the paper exchange's, so that a position is left on the same candle in either mode: a candle that touches both
 * stop and target counts as the stop; a moved stop takes effect from the next candle; inside the candle in which a position
 * began, its target counts at the close alone, since the high may have come before the fill.
 *
 * An exchange fills a market order a moment after the open at which a backtest does. Where that was decided at the open, the candle is the
 * backtest's: its target counts. What was decided earlier or later, as by a run that was late, is inside the candle. The stop
 * counts with the whole candle in any case: on the safe side. */

#include "lib/trade/tracker_private.h"

enum { LEVEL_SCALE = 14 };

static bool reached(const struct r3_decimal *level, const struct r3_decimal *price, bool from_below) {
    if (!r3_decimal_is_present(level))
        return false;
    int order = r3_decimal_compare(price, level);
    return from_below ? order >= 0 : order <= 0;
}

static bool expired(const struct r3_tracker_position *position, int64_t time) {
    return position->levels.expiry != R3_TIME_ABSENT && time >= position->levels.expiry;
}

static enum r3_role touched(const struct r3_tracker_position *position, const struct r3_decimal *worst,
                            const struct r3_decimal *best, int64_t time) {
    bool is_long = r3_decimal_sign(&position->size) > 0;
    if (reached(&position->levels.stop, worst, !is_long))
        return R3_SL;
    if (reached(&position->levels.target, best, is_long))
        return R3_TP;
    return expired(position, time) ? R3_MO : R3_ROLE_NONE;
}

enum r3_role r3_tracker_touched_by_candle(const struct r3_tracker_position *position, const struct r3_candle *candle) {
    bool is_long = r3_decimal_sign(&position->size) > 0;
    int64_t close = position->market->closed;
    if (!r3_tracker_holds(position))
        return R3_ROLE_NONE;
    /* A fill of the time of the close: a limit's came inside the candle, a market order's at the very close. */
    if (position->opened > close || (position->opened == close && position->entered != R3_LIMIT))
        return expired(position, close) ? R3_MO : R3_ROLE_NONE;
    const struct r3_tracker_order *entry = &position->entry;
    bool at_open = position->entered == R3_MARKET && entry->number == position->number && entry->time == candle->time;
    bool inside = position->opened > candle->time && !at_open;
    const struct r3_decimal *best = inside ? &candle->close : is_long ? &candle->high : &candle->low;
    return touched(position, is_long ? &candle->low : &candle->high, best, close);
}

enum r3_role r3_tracker_touched_by_price(const struct r3_tracker_position *position, const struct r3_decimal *price,
                                         int64_t time) {
    return r3_tracker_holds(position) ? touched(position, price, price, time) : R3_ROLE_NONE;
}

/* A price that is older than the fill reaches no target: it was never to be had. It does reach a stop, since nothing better is known. */
enum r3_role r3_tracker_touched_by_last_price(const struct r3_tracker_position *position) {
    const struct r3_tracker_market *market = position->market;
    if (!r3_decimal_is_present(&market->price))
        return R3_ROLE_NONE;
    enum r3_role role = r3_tracker_touched_by_price(position, &market->price, market->closed);
    if (role == R3_TP && market->closed < position->opened)
        return expired(position, market->closed) ? R3_MO : R3_ROLE_NONE;
    return role;
}

/* The better of the stop that is there and `level`. */
static void raise_stop(struct r3_tracker_position *position, const struct r3_decimal *level, bool is_long) {
    struct r3_decimal *stop = &position->levels.stop;
    if (!r3_decimal_is_present(stop) || (r3_decimal_compare(level, stop) > 0) == is_long)
        *stop = *level;
}

int r3_tracker_move_stop(struct r3_tracker_position *position, const struct r3_decimal *close, struct r3_error *error) {
    struct r3_tracker_levels *levels = &position->levels;
    bool is_long = r3_decimal_sign(&position->size) > 0;
    struct r3_decimal level = r3_decimal_zero, entry;
    if (!r3_tracker_holds(position))
        return 0;
    if (r3_decimal_is_present(&levels->break_even)) {
        const struct r3_ledger_position *held = r3_tracker_held(position);
        if (r3_decimal_divide_round(&entry, &held->cost, &held->size, LEVEL_SCALE, R3_ROUND_HALF_EVEN, error) < 0 ||
            (is_long ? r3_decimal_add : r3_decimal_subtract)(&level, &entry, &levels->break_even, error) < 0)
            return -1;
        if (reached(&level, close, is_long)) {
            raise_stop(position, &entry, is_long);
            levels->break_even = r3_decimal_absent;
        }
    }
    if (r3_decimal_is_present(&levels->trail)) {
        if ((is_long ? r3_decimal_subtract : r3_decimal_add)(&level, close, &levels->trail, error) < 0)
            return -1;
        raise_stop(position, &level, is_long);
    }
    return 0;
}

static int distance(struct r3_decimal *out, const struct r3_decimal *reference, const struct r3_decimal *fraction,
                    struct r3_error *error) {
    if (!r3_decimal_is_present(fraction)) {
        *out = r3_decimal_absent;
        return 0;
    }
    return r3_decimal_multiply_round(out, reference, fraction, LEVEL_SCALE, R3_ROUND_HALF_EVEN, error);
}

/* reference +- reference x fraction; absent without a fraction. */
static int level_at(struct r3_decimal *out, const struct r3_decimal *reference, const struct r3_decimal *fraction,
                    bool above, struct r3_error *error) {
    if (distance(out, reference, fraction, error) < 0)
        return -1;
    if (!r3_decimal_is_present(out))
        return 0;
    return (above ? r3_decimal_add : r3_decimal_subtract)(out, reference, out, error);
}

int r3_tracker_levels_of(struct r3_tracker_levels *out, const struct r3_tracker_options *options,
                         const struct r3_signal *signal, struct r3_error *error) {
    bool is_long = signal->direction == R3_LONG;
    out->stop = signal->stop;
    out->target = signal->target;
    if (!r3_decimal_is_present(&out->stop) &&
        level_at(&out->stop, &signal->reference, &options->stop_loss, !is_long, error) < 0)
        return -1;
    if (!r3_decimal_is_present(&out->target) &&
        level_at(&out->target, &signal->reference, &options->take_profit, is_long, error) < 0)
        return -1;
    out->expiry = options->max_duration ? signal->time + options->max_duration : R3_TIME_ABSENT;
    return distance(&out->trail, &signal->reference, &options->trailing_stop, error) < 0 ||
                   distance(&out->break_even, &signal->reference, &options->break_even, error) < 0
               ? -1
               : 0;
}
