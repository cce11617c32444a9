/* Protections that block entries and never an exit: a cooldown behind each position of a market, a pause of the session after stops
 * that lost, and one after closed results that fell too far.
 *
 * All of it follows from closed positions: each result sets until when it blocks, and an entry only compares times. The largest
 * drawdown of a window needs no look back over its results: of the balances ahead of them only those matter that no later one
 * reaches, and from which the balance has not fallen too far yet; once it has, the moment of the latest such peak says it all. */

#include "lib/base/buffer.h"
#include "lib/trade/tracker_private.h"

enum { MONEY_SCALE = 14 };

/* So long after a moment, or the last one that there is. */
static int64_t later(int64_t time, int64_t span) {
    const int64_t last = r3_time_from_civil(10000, 1, 1) - 1;
    return time > last - span ? last : time + span;
}

static void block_until(struct r3_tracker_block *block, int64_t until) {
    if (until > block->until)
        block->until = until;
}

static void note_stop(struct r3_tracker_session *session, const struct r3_tracker_options *options, int64_t time) {
    size_t kept = 0, most = (size_t)options->stop_guard;
    for (size_t i = 0; i < session->stop_count; i++)
        if (session->stops[i].time > time - options->guard_window && session->stop_count - i < most)
            session->stops[kept++] = session->stops[i];
    session->stops = r3_reallocate(session->stops, (kept + 1) * sizeof *session->stops);
    session->stops[kept++].time = time;
    session->stop_count = kept;
    if (kept >= most)
        block_until(&session->stop_block, later(time, options->guard_pause));
}

/* Whether the fall from the peak is more than the fraction of it. 1, 0, -1. */
static int fell_too_far(const struct r3_decimal *peak, const struct r3_decimal *balance,
                        const struct r3_decimal *fraction, struct r3_error *error) {
    struct r3_decimal fall, most;
    return r3_decimal_subtract(&fall, peak, balance, error) < 0 ||
                   r3_decimal_multiply_round(&most, peak, fraction, MONEY_SCALE, R3_ROUND_HALF_EVEN, error) < 0
               ? -1
               : r3_decimal_is_less(&most, &fall);
}

/* The balance ahead of a result may be a peak: those before it that it reaches are none any more. */
static void add_peak(struct r3_tracker_session *session, const struct r3_decimal *balance, int64_t time) {
    while (session->peak_count > 0 && !r3_decimal_is_less(balance, &session->peaks[session->peak_count - 1].balance))
        session->peak_count--;
    session->peaks = r3_reallocate(session->peaks, (session->peak_count + 1) * sizeof *session->peaks);
    session->peaks[session->peak_count++] = (struct r3_tracker_peak) { time, *balance };
}

static int note_balance(struct r3_tracker_session *session, const struct r3_tracker_options *options,
                        const struct r3_decimal *result, int64_t time, struct r3_error *error) {
    const int64_t begin = time - options->guard_window; /* results after it count */
    struct r3_decimal balance, before;
    size_t gone = 0;
    int fell = 1;
    if (r3_decimal_add(&balance, &session->first_equity, &session->total_win, error) < 0 ||
        r3_decimal_subtract(&balance, &balance, &session->total_loss, error) < 0 ||
        r3_decimal_subtract(&before, &balance, result, error) < 0)
        return -1;
    add_peak(session, &before, time);
    while (gone < session->peak_count && session->peaks[gone].since <= begin)
        gone++;
    for (; gone < session->peak_count; gone++) { /* the first is the highest */
        fell = fell_too_far(&session->peaks[gone].balance, &balance, &options->drawdown_guard, error);
        if (fell <= 0)
            break;
        session->fallen_since = session->peaks[gone].since;
    }
    session->peak_count -= gone;
    memmove(session->peaks, session->peaks + gone, session->peak_count * sizeof *session->peaks);
    if (session->fallen_since != R3_TIME_ABSENT && session->fallen_since > begin)
        block_until(&session->drawdown_block, later(time, options->guard_pause));
    return fell < 0 ? -1 : 0;
}

int r3_tracker_note_result(const struct r3_tracker *tracker, struct r3_tracker_position *position,
                           const struct r3_decimal *result, int64_t time, enum r3_role role, struct r3_error *error) {
    const struct r3_tracker_options *options = &tracker->options;
    struct r3_tracker_session *session = position->session;
    session->due = true;
    if (options->cooldown)
        block_until(&position->cooldown, later(time, options->cooldown));
    if (time <
        session->last_close) /* of two markets' candles of one time the one goes first, whatever happened inside */
        time = session->last_close;
    session->last_close = time;
    if (options->stop_guard && role == R3_SL && r3_decimal_is_negative(result))
        note_stop(session, options, time);
    if (!r3_decimal_is_positive(&options->drawdown_guard) || !r3_decimal_is_present(&session->first_equity))
        return 0;
    return note_balance(session, options, result, time, error);
}

/* 1: it does not block; 0: it does, which is said where it was not; -1. */
static int pass(struct r3_tracker *tracker, const struct r3_tracker_position *position, struct r3_tracker_block *block,
                const struct r3_signal *signal, const char *reason, struct r3_error *error) {
    char until[R3_TIME_TEXT_SIZE];
    if (tracker->now >= block->until)
        return 1;
    if (block->told == block->until)
        return 0;
    block->told = block->until;
    r3_time_format(until, block->until);
    return r3_tracker_notice(tracker, R3_INFO, position->session, error, "%s: no entry until %s (%s)", signal->id,
                             until, reason);
}

int r3_tracker_may_enter(struct r3_tracker *tracker, struct r3_tracker_position *position,
                         const struct r3_signal *signal, bool reversal, bool again, struct r3_error *error) {
    struct r3_tracker_session *session = position->session;
    int may = tracker->ends ? r3_tracker_end_allows(tracker, session, error) : 1;
    if (may <= 0 || again || !tracker->guards)
        return may;
    if (reversal && tracker->options.cooldown && position->cooldown.until <= tracker->now)
        position->cooldown.until = later(tracker->now, tracker->options.cooldown); /* what is held closes just now */
    may = pass(tracker, position, &position->cooldown, signal, "--cooldown, a position was closed", error);
    if (may > 0)
        may = pass(tracker, position, &session->stop_block, signal, "--stop-guard, so many stops lost", error);
    if (may > 0)
        may = pass(tracker, position, &session->drawdown_block, signal, "--drawdown-guard, closed results fell by more",
                   error);
    return may;
}
