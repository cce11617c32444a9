/* End conditions of a session: when one is met the tracker gives the session a stop, and obeys it.
 *
 * They are judged by what is known for certain: behind a barrier, where one was needed. The equity is the first account's and what the
 * session's trades have made of it, its positions at the last closes: what r3-order's account would say, without asking for it. */

#include <inttypes.h>

#include "lib/trade/tracker_private.h"

enum { MONEY_SCALE = 14, REASON_SIZE = 160 };

void r3_tracker_end_init(struct r3_tracker *tracker) {
    const struct r3_tracker_options *options = &tracker->options;
    tracker->ends_by_result = r3_decimal_is_positive(&options->end_loss) ||
                              r3_decimal_is_positive(&options->end_gain) ||
                              r3_decimal_is_positive(&options->end_drawdown) || options->end_losing_trades;
    tracker->ends = tracker->ends_by_result || options->end_at;
    tracker->guards = options->cooldown || options->stop_guard || r3_decimal_is_positive(&options->drawdown_guard);
    r3_tracker_set_alarm(tracker);
}

static int find_equity(struct r3_decimal *out, const struct r3_tracker *tracker,
                       const struct r3_tracker_session *session, struct r3_error *error) {
    *out = session->first_equity;
    for (size_t i = 0; i < tracker->position_count; i++) {
        const struct r3_tracker_position *position = tracker->positions[i];
        struct r3_decimal value;
        if (position->session != session)
            continue;
        if (r3_decimal_add(out, out, &position->ledger.cash, error) < 0)
            return -1;
        if (!r3_decimal_is_zero(&position->size) &&
            (r3_ledger_cost(&value, &position->market->price, &position->size, error) < 0 ||
             r3_decimal_add(out, out, &value, error) < 0))
            return -1;
    }
    return 0;
}

/* One that is a fraction of an equity. */
struct condition {
    const char *option;
    const struct r3_decimal *fraction, *from;
    bool gains;
};

static int is_reached(char reason[REASON_SIZE], const struct condition *condition, const struct r3_decimal *equity,
                      struct r3_error *error) {
    char texts[3][R3_DECIMAL_TEXT_SIZE];
    struct r3_decimal change, least;
    if (!r3_decimal_is_positive(condition->fraction))
        return 0;
    if (r3_decimal_subtract(&change, equity, condition->from, error) < 0 ||
        r3_decimal_multiply_round(&least, condition->from, condition->fraction, MONEY_SCALE, R3_ROUND_HALF_EVEN,
                                  error) < 0)
        return -1;
    if (!condition->gains)
        r3_decimal_negate(&change, &change);
    if (!r3_decimal_is_positive(&change) || r3_decimal_is_less(&change, &least))
        return 0;
    r3_decimal_format(texts[0], equity);
    r3_decimal_format(texts[1], condition->fraction);
    r3_decimal_format(texts[2], condition->from);
    snprintf(reason, REASON_SIZE, "equity %s, %s %s of %s", texts[0], condition->option, texts[1], texts[2]);
    return 1;
}

/* Whether a condition is met that follows from results, and which. 1, 0, -1. */
static int is_met_by_result(char reason[REASON_SIZE], const struct r3_tracker *tracker,
                            struct r3_tracker_session *session, struct r3_error *error) {
    const struct r3_tracker_options *options = &tracker->options;
    const struct condition conditions[] = {
        { "--end-loss", &options->end_loss, &session->first_equity, false },
        { "--end-gain", &options->end_gain, &session->first_equity, true },
        { "--end-drawdown", &options->end_drawdown, &session->peak_equity, false },
    };
    struct r3_decimal equity;
    int met = 0;
    if (!r3_decimal_is_present(&session->first_equity)) /* nothing was traded */
        return 0;
    if (find_equity(&equity, tracker, session, error) < 0)
        return -1;
    if (!r3_decimal_is_present(&session->peak_equity))
        session->peak_equity = session->first_equity;
    session->peak_equity = *r3_decimal_maximum(&session->peak_equity, &equity);
    for (size_t i = 0; met == 0 && i < sizeof conditions / sizeof conditions[0]; i++)
        met = is_reached(reason, &conditions[i], &equity, error);
    if (met != 0 || !options->end_losing_trades || session->losses < options->end_losing_trades)
        return met;
    snprintf(reason, REASON_SIZE, "losing trades %" PRId64 ", --end-losing-trades %" PRId64, session->losses,
             options->end_losing_trades);
    return 1;
}

static int is_met(char reason[REASON_SIZE], const struct r3_tracker *tracker, struct r3_tracker_session *session,
                  struct r3_error *error) {
    char time[R3_TIME_TEXT_SIZE];
    if (!tracker->options.end_at || tracker->now < tracker->options.end_at)
        return tracker->ends_by_result ? is_met_by_result(reason, tracker, session, error) : 0;
    r3_time_format(time, tracker->options.end_at);
    snprintf(reason, REASON_SIZE, "--end-at %s has come", time);
    return 1;
}

int r3_tracker_end_allows(struct r3_tracker *tracker, struct r3_tracker_session *session, struct r3_error *error) {
    char reason[REASON_SIZE];
    int met = is_met(reason, tracker, session, error);
    session->due |= met > 0; /* the stop follows at the end of this record */
    return met < 0 ? -1 : !met;
}

/* The stop, as if a trader had given it here. */
static int end_session(struct r3_tracker *tracker, struct r3_tracker_session *session, const char *reason,
                       struct r3_error *error) {
    struct r3_command *command = &tracker->out.command;
    if (r3_tracker_notice(tracker, R3_INFO, session, error, "the session ends: %s", reason) < 0)
        return -1;
    r3_record_init(&tracker->out, R3_COMMAND);
    snprintf(command->id, sizeof command->id, "%s-end-%d", session->name, ++session->ended);
    r3_copy_text(command->session, sizeof command->session, session->name, strlen(session->name));
    command->time = tracker->now;
    command->action = R3_STOP_SESSION;
    if (tracker->outlet.emit(tracker->outlet.context, &tracker->out, error) < 0 ||
        (!tracker->fresh && r3_tracker_synchronize(tracker, error) < 0))
        return -1;
    session->stopped = true;
    session->kept = false;
    return r3_tracker_obey(tracker, session, error);
}

/* Sessions whose conditions this record may have met. */
static void mark_due(struct r3_tracker *tracker, const struct r3_record *record) {
    const char *name = record->type == R3_TICK      ? record->tick.session
                       : record->type == R3_COMMAND ? record->command.session
                                                    : NULL;
    for (size_t i = 0; record->type == R3_CANDLE && i < tracker->position_count; i++)
        if (tracker->positions[i]->market == tracker->last && !r3_decimal_is_zero(&tracker->positions[i]->size))
            tracker->positions[i]->session->due = true;
    for (size_t i = 0; name && i < tracker->session_count; i++)
        tracker->sessions[i]->due |= strcmp(tracker->sessions[i]->name, name) == 0;
}

/* 1: a session was ended, and the barriers of that may have told something of others. */
static int judge_due(struct r3_tracker *tracker, bool all, struct r3_error *error) {
    char reason[REASON_SIZE];
    int ended = 0;
    for (size_t i = 0; i < tracker->session_count; i++) {
        struct r3_tracker_session *session = tracker->sessions[i];
        bool due = session->due || all;
        session->due = false;
        int met = due && !session->stopped ? is_met(reason, tracker, session, error) : 0;
        if (met < 0 || (met > 0 && end_session(tracker, session, reason, error) < 0))
            return -1;
        ended |= met;
    }
    return ended;
}

int r3_tracker_judge_ends(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    int ended;
    if (record->type == R3_END)
        return 0;
    mark_due(tracker, record);
    if (tracker->now >= tracker->alarm && tracker->session_count == 0 && !tracker->fresh &&
        r3_tracker_synchronize(tracker, error) < 0) /* r3-order tells which there is */
        return -1;
    do {
        bool all = tracker->unseen || tracker->now >= tracker->alarm;
        if (tracker->unseen && r3_tracker_synchronize(tracker, error) < 0) /* an order may fill at once */
            return -1;
        ended = judge_due(tracker, all, error);
    } while (ended > 0 || (ended == 0 && tracker->unseen));
    if (ended == 0 && tracker->now >= tracker->alarm)
        tracker->alarm = INT64_MAX; /* all of them have ended */
    return ended;
}
