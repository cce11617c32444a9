/* The tracker's decisions.
 *
 * A record that may need a decision becomes an event; before it is judged, a sync brings what was filled, and `settle` puts
 * each position into the state that its orders and trades show. Then the table says what to do. Nothing else changes a state:
 * read the table, and the tracker is read. */

#include "lib/base/buffer.h"
#include "lib/trade/tracker_private.h"

enum event {
    /* What is asked for. */
    ALONG,   /* a signal for the side that is held or entered; while FLAT, for either */
    AGAINST, /* a signal for the other side, where it may be taken */
    LEAVE, /* FLAT; SHORT without --short; the other side while paused; a session's stop; the end with --close-at-end */
    PROTECT, /* stop, target or time was reached, with --protect tracker */
    OVERDUE, /* a limit entry has waited its number of candles; any, where the session is paused */
    /* What a sync showed. */
    ENTRY_WAITS, /* the entry works, nothing is on its way out */
    EXIT_WAITS,  /* an exit works */
    REST_HELD,   /* the exit ended, and something is left */
    HELD,        /* a position, and no order works */
    NOTHING,     /* no position, and no order works */
    EVENTS
};

enum action {
    IGNORE,
    ENTER,        /* ENTRY */
    REPLACE,      /* a limit entry: cancel, re-read, enter again at the new price; a market entry is left alone */
    CANCEL_FIRST, /* cancel the entry, re-read, then judge the event again */
    EXIT,         /* the whole position at market */
    REVERSE,      /* EXIT, and an ENTRY for the other side at the same open */
    ENTER_BEHIND, /* the ENTRY of a reversal, where the exit is on its way already */
    EXIT_REST,    /* the same exit's next attempt, once a candle */
    DROP_ENTRY    /* cancel the entry of a reversal */
};

/* What each event does in each state, and the state after it. r3-track(1) prints this table. */
/* clang-format off */
static const struct rule {
    enum action action;
    enum r3_tracker_state next;
} rules[R3_TRACKER_STATES][EVENTS] = {
    [R3_TRACKER_FLAT] = {
        [ALONG]       = { ENTER,        R3_TRACKER_ENTERING },
        [AGAINST]     = { ENTER,        R3_TRACKER_ENTERING },
        [LEAVE]       = { IGNORE,       R3_TRACKER_FLAT },
        [PROTECT]     = { IGNORE,       R3_TRACKER_FLAT },
        [OVERDUE]     = { IGNORE,       R3_TRACKER_FLAT },
        [ENTRY_WAITS] = { IGNORE,       R3_TRACKER_ENTERING },
        [EXIT_WAITS]  = { IGNORE,       R3_TRACKER_EXITING },
        [REST_HELD]   = { IGNORE,       R3_TRACKER_OPEN },
        [HELD]        = { IGNORE,       R3_TRACKER_OPEN },
        [NOTHING]     = { IGNORE,       R3_TRACKER_FLAT },
    },
    [R3_TRACKER_ENTERING] = {
        [ALONG]       = { REPLACE,      R3_TRACKER_ENTERING },
        [AGAINST]     = { CANCEL_FIRST, R3_TRACKER_ENTERING },
        [LEAVE]       = { CANCEL_FIRST, R3_TRACKER_ENTERING },
        [PROTECT]     = { CANCEL_FIRST, R3_TRACKER_ENTERING },
        [OVERDUE]     = { CANCEL_FIRST, R3_TRACKER_ENTERING },
        [ENTRY_WAITS] = { IGNORE,       R3_TRACKER_ENTERING },
        [EXIT_WAITS]  = { IGNORE,       R3_TRACKER_EXITING },
        [REST_HELD]   = { IGNORE,       R3_TRACKER_OPEN },
        [HELD]        = { IGNORE,       R3_TRACKER_OPEN },
        [NOTHING]     = { IGNORE,       R3_TRACKER_FLAT },
    },
    [R3_TRACKER_OPEN] = {
        [ALONG]       = { IGNORE,       R3_TRACKER_OPEN }, /* no pyramiding */
        [AGAINST]     = { REVERSE,      R3_TRACKER_EXITING },
        [LEAVE]       = { EXIT,         R3_TRACKER_EXITING },
        [PROTECT]     = { EXIT,         R3_TRACKER_EXITING },
        [OVERDUE]     = { IGNORE,       R3_TRACKER_OPEN },
        [ENTRY_WAITS] = { IGNORE,       R3_TRACKER_ENTERING },
        [EXIT_WAITS]  = { IGNORE,       R3_TRACKER_EXITING },
        [REST_HELD]   = { IGNORE,       R3_TRACKER_OPEN },
        [HELD]        = { IGNORE,       R3_TRACKER_OPEN },
        [NOTHING]     = { IGNORE,       R3_TRACKER_FLAT },
    },
    [R3_TRACKER_EXITING] = {
        [ALONG]       = { IGNORE,       R3_TRACKER_EXITING },
        [AGAINST]     = { ENTER_BEHIND, R3_TRACKER_EXITING },
        [LEAVE]       = { DROP_ENTRY,   R3_TRACKER_EXITING },
        [PROTECT]     = { IGNORE,       R3_TRACKER_EXITING },
        [OVERDUE]     = { DROP_ENTRY,   R3_TRACKER_EXITING },
        [ENTRY_WAITS] = { IGNORE,       R3_TRACKER_ENTERING },
        [EXIT_WAITS]  = { IGNORE,       R3_TRACKER_EXITING },
        [REST_HELD]   = { EXIT_REST,    R3_TRACKER_EXITING },
        [HELD]        = { IGNORE,       R3_TRACKER_OPEN },
        [NOTHING]     = { IGNORE,       R3_TRACKER_FLAT },
    },
};
/* clang-format on */

/* Why an event came. */
struct request {
    enum event event;
    enum r3_role role;              /* of the exit */
    const struct r3_signal *signal; /* NULL: none */
    const char *reason;             /* for a cancel */
};

static int judge(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct request *request,
                 struct r3_error *error);

/* Whether fills or protection may happen at the exchange without our doing. */
static bool is_watched(const struct r3_tracker *tracker, const struct r3_tracker_position *position) {
    bool rests = !tracker->options.protect && r3_tracker_holds(position) && r3_tracker_levels_any(&position->levels);
    return position->entry.working || position->exit.working || rests;
}

/* Whether each candle of its market concerns it. */
static bool is_attentive(const struct r3_tracker *tracker, const struct r3_tracker_position *position) {
    if (position->state == R3_TRACKER_FLAT)
        return false;
    if (tracker->options.protect || tracker->options.every || position->leaving)
        return true;
    bool limit_waits = position->entry.working && position->entry.kind == R3_LIMIT;
    bool rest = position->state == R3_TRACKER_EXITING && !position->exit.working;
    return limit_waits || rest || position->entry.cancelling || position->exit.cancelling;
}

static void refresh(struct r3_tracker *tracker, struct r3_tracker_position *position) {
    bool watched = is_watched(tracker, position), attentive = is_attentive(tracker, position);
    tracker->watching += (unsigned)watched - (unsigned)position->watched;
    position->market->attention += (unsigned)attentive - (unsigned)position->attentive;
    position->watched = watched;
    position->attentive = attentive;
}

static enum event fact(const struct r3_tracker_position *position) {
    bool holds = r3_tracker_holds(position);
    const struct r3_tracker_order *exit = &position->exit;
    if (exit->working)
        return EXIT_WAITS;
    if (holds && exit->id[0] && !exit->withdrawn && exit->number == position->number)
        return REST_HELD;
    if (position->entry.working)
        return ENTRY_WAITS;
    return holds ? HELD : NOTHING;
}

/* Put the position into the state that its orders and trades show. */
static int settle(struct r3_tracker *tracker, struct r3_tracker_position *position, struct r3_error *error) {
    struct request request = { .event = fact(position), .role = position->exit.role };
    if (position->leaving && request.event == NOTHING)
        position->leaving = false;
    if (judge(tracker, position, &request, error) < 0)
        return -1;
    if (position->foreign_fee && !position->foreign_fee_told) {
        position->foreign_fee_told = true;
        if (r3_tracker_notice(tracker, R3_WARNING, position, error,
                              "%s: fees in another currency are not counted in results", position->market->name) < 0)
            return -1;
    }
    if (position->changed && tracker->options.every && r3_tracker_emit_position(tracker, position, error) < 0)
        return -1;
    if (position->leaving && position->state == R3_TRACKER_OPEN) {
        position->leaving = false;
        struct request leave = { .event = LEAVE, .role = R3_EXIT };
        return judge(tracker, position, &leave, error);
    }
    return 0;
}

static int synchronize(struct r3_tracker *tracker, struct r3_error *error) {
    tracker->candles = 0;
    tracker->fresh = true;
    if (tracker->outlet.sync(tracker->outlet.context, error) < 0)
        return -1;
    for (size_t i = 0; i < tracker->position_count; i++)
        if (settle(tracker, tracker->positions[i], error) < 0)
            return -1;
    return 0;
}

static int cancel_first(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct request *request,
                        struct r3_error *error) {
    if (r3_tracker_cancel(tracker, position, &position->entry, request->reason, error) < 0 ||
        synchronize(tracker, error) < 0)
        return -1;
    if (position->state != R3_TRACKER_ENTERING)
        return judge(tracker, position, request, error);
    position->leaving = request->event != OVERDUE; /* the exchange has not ended it yet */
    return 0;
}

static int replace(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct request *request,
                   struct r3_error *error) {
    if (position->entry.kind != R3_LIMIT || position->entry.cancelling || position->session->paused ||
        position->session->stopped)
        return 0;
    if (r3_tracker_cancel(tracker, position, &position->entry, request->reason, error) < 0 ||
        synchronize(tracker, error) < 0)
        return -1;
    if (position->state != R3_TRACKER_FLAT)
        return 0; /* it was filled after all, or is not ended yet */
    int entered = r3_tracker_enter(tracker, position, request->signal, false, true, error);
    if (entered > 0)
        position->state = R3_TRACKER_ENTERING;
    return entered < 0 ? -1 : 0;
}

/* The exit may fill at once (r3-order --fill close): ask before the entry is sized. */
static int reverse(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct request *request,
                   struct r3_error *error) {
    if (r3_tracker_exit(tracker, position, R3_EXIT, request->signal, error) < 0)
        return -1;
    position->state = R3_TRACKER_EXITING;
    if (synchronize(tracker, error) < 0)
        return -1;
    bool waits = position->exit.working;
    if (!waits && position->state != R3_TRACKER_FLAT)
        return 0; /* it was refused: the next candle tries again */
    int entered = r3_tracker_enter(tracker, position, request->signal, waits, false, error);
    if (entered > 0 && !waits)
        position->state = R3_TRACKER_ENTERING;
    return entered < 0 ? -1 : 0;
}

static int exit_rest(struct r3_tracker *tracker, struct r3_tracker_position *position, struct r3_error *error) {
    if (position->exit.time >= tracker->now && !tracker->ending)
        return 0; /* tried at this very moment: again with the next candle */
    if (r3_tracker_cancel(tracker, position, &position->entry, "the exit before it was not filled", error) < 0)
        return -1;
    return r3_tracker_exit(tracker, position, position->exit.role, NULL, error);
}

static int drop_entry(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct request *request,
                      struct r3_error *error) {
    if (!position->entry.working)
        return 0;
    position->leaving |= request->event == LEAVE;
    return r3_tracker_cancel(tracker, position, &position->entry, request->reason, error);
}

/* Do what the table says. */
static int judge(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct request *request,
                 struct r3_error *error) {
    const struct rule *rule = &rules[position->state][request->event];
    int failed = 0;
    bool moves = true;
    switch (rule->action) {
    case IGNORE:
        break;
    case ENTER:
        if (position->session->paused || position->session->stopped) {
            moves = false;
            break;
        }
        failed = r3_tracker_enter(tracker, position, request->signal, false, false, error);
        moves = failed > 0;
        break;
    case REPLACE:
        failed = replace(tracker, position, request, error);
        moves = false;
        break;
    case CANCEL_FIRST:
        failed = cancel_first(tracker, position, request, error);
        moves = false;
        break;
    case EXIT:
        failed = r3_tracker_exit(tracker, position, request->role, request->signal, error);
        break;
    case REVERSE:
        failed = reverse(tracker, position, request, error);
        moves = false;
        break;
    case ENTER_BEHIND:
        if (!position->entry.working)
            failed = r3_tracker_enter(tracker, position, request->signal, true, false, error);
        break;
    case EXIT_REST:
        failed = exit_rest(tracker, position, error);
        break;
    case DROP_ENTRY:
        failed = drop_entry(tracker, position, request, error);
        break;
    }
    if (failed < 0)
        return -1;
    if (moves)
        position->state = rule->next;
    if (position->state == R3_TRACKER_OPEN || position->state == R3_TRACKER_FLAT)
        position->exit.id[0] = '\0'; /* its work is done */
    if (r3_tracker_holds(position))
        position->direction = r3_decimal_sign(&position->size) > 0 ? R3_LONG : R3_SHORT;
    else
        position->direction = position->entry.working ? position->entry.direction : R3_DIRECTION_NONE;
    refresh(tracker, position);
    return 0;
}

/* Whether the event could do anything, as far as is known without a sync: where the exchange cannot have acted, what is known
 * is what is. */
static bool could_act(const struct r3_tracker_position *position, enum event event) {
    if (position->watched)
        return true;
    bool refused = event == ALONG && (position->session->paused || position->session->stopped);
    return !refused && rules[position->state][event].action != IGNORE;
}

/* Judge the event by what is known at this record. */
static int act(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct request *request,
               struct r3_error *error) {
    if (!could_act(position, request->event))
        return 0;
    return !tracker->fresh && synchronize(tracker, error) < 0 ? -1 : judge(tracker, position, request, error);
}

/* Whether a signal of this time asked for the order, and it still works. An exit that protection asked for is no signal's. */
static bool is_asked_by(const struct r3_tracker_order *order, int64_t time) {
    return order->working && order->time == time && order->signal[0];
}

/* LONG and SHORT of one candle are neither: take back what the first one of them asked for, where it still works. */
static int withdraw(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct r3_signal *signal,
                    struct r3_error *error) {
    struct r3_tracker_order *orders[] = { &position->entry, &position->exit };
    bool asked = false;
    for (size_t i = 0; i < 2; i++)
        asked |= is_asked_by(orders[i], signal->time);
    if (asked && synchronize(tracker, error) < 0)
        return -1;
    asked = false;
    for (size_t i = 0; i < 2; i++) {
        if (!is_asked_by(orders[i], signal->time))
            continue;
        asked = orders[i]->withdrawn = true;
        if (r3_tracker_cancel(tracker, position, orders[i], "LONG and SHORT on one candle", error) < 0)
            return -1;
    }
    if (r3_tracker_notice(tracker, R3_WARNING, position, error, "%s: LONG and SHORT on one candle: neither is taken",
                          signal->market) < 0)
        return -1;
    return asked ? synchronize(tracker, error) : 0;
}

/* Where signals of one candle disagree: FLAT outranks, and LONG with SHORT is neither. 1: go on with this one; 0: it is done. */
static int outranked(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct r3_signal *signal,
                     struct r3_error *error) {
    unsigned own = 1U << signal->direction, both = 1U << R3_LONG | 1U << R3_SHORT, flat = 1U << R3_FLAT;
    if (position->signal_time != signal->time)
        position->seen = 0;
    position->signal_time = signal->time;
    unsigned before = position->seen;
    position->seen |= own;
    if (before & own)
        return 0; /* seen before */
    if (own == flat)
        return 1;
    if (before & flat)
        return 0;
    if (before & both)
        return withdraw(tracker, position, signal, error);
    return 1;
}

/* What a signal asks of the position as it is known now. */
static enum event event_of(const struct r3_tracker *tracker, const struct r3_tracker_position *position,
                           enum r3_direction direction) {
    const struct r3_tracker_session *session = position->session;
    if (direction == R3_FLAT || (direction == R3_SHORT && !tracker->options.allow_short))
        return LEAVE;
    if (position->direction == R3_DIRECTION_NONE || position->direction == direction)
        return ALONG;
    return session->paused || session->stopped ? LEAVE : AGAINST;
}

static int on_signal(struct r3_tracker *tracker, const struct r3_signal *signal, struct r3_error *error) {
    struct r3_tracker_session *session = r3_tracker_find_session(tracker, signal->session);
    struct r3_tracker_market *market = r3_tracker_find_market(tracker, signal->market);
    struct r3_tracker_position *position = r3_tracker_find_position(tracker, session, market);
    struct request request = { .role = R3_EXIT, .signal = signal, .reason = "a signal replaced it" };
    if (signal->time > tracker->now)
        tracker->now = signal->time;
    if (!r3_decimal_is_present(&market->price))
        r3_tracker_mark(tracker, market, signal->time, &signal->reference);
    memcpy(position->platform, signal->platform, sizeof position->platform);
    int goes_on = outranked(tracker, position, signal, error);
    if (goes_on <= 0)
        return goes_on;

    request.event = event_of(tracker, position, signal->direction);
    if (!could_act(position, request.event))
        return 0;
    if (synchronize(tracker, error) < 0)
        return -1;
    request.event = event_of(tracker, position, signal->direction); /* it may have turned, or ended, meanwhile */
    return judge(tracker, position, &request, error);
}

/* Limit entries count candles of their signal's timeframe, and are cancelled when they have waited their number. */
static int count_limits(struct r3_tracker *tracker, struct r3_tracker_market *market, const struct r3_candle *candle,
                        struct r3_error *error) {
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        struct request overdue = { .event = OVERDUE, .role = R3_EXIT, .reason = "not filled in time" };
        bool counts = position->market == market && position->entry.working && position->entry.kind == R3_LIMIT &&
                      position->entry.timeframe == candle->timeframe;
        if (counts && ++position->entry.candles >= tracker->options.limit_candles &&
            act(tracker, position, &overdue, error) < 0)
            return -1;
    }
    return 0;
}

/* One candle, for a position that it concerns. What was filled is known: a sync came before, where one was needed. */
static int watch_candle(struct r3_tracker *tracker, struct r3_tracker_position *position,
                        const struct r3_candle *candle, struct r3_error *error) {
    if (tracker->options.protect) {
        struct request protect = { .event = PROTECT,
                                   .role = r3_tracker_touched_by_candle(position, candle),
                                   .reason = "the position is left" };
        if (protect.role != R3_ROLE_NONE && act(tracker, position, &protect, error) < 0)
            return -1;
        if (r3_tracker_move_stop(position, &candle->close, error) < 0)
            return -1;
    }
    int64_t every = tracker->options.every, before = position->market->closed_before;
    if (every && r3_tracker_holds(position) &&
        (before == R3_TIME_ABSENT || position->market->closed / every > before / every))
        return r3_tracker_emit_position(tracker, position, error);
    return 0;
}

/* A candle that concerns some position of its market. */
static int attend(struct r3_tracker *tracker, struct r3_tracker_market *market, const struct r3_candle *candle,
                  struct r3_error *error) {
    bool needs = false;
    for (size_t i = 0; i < tracker->position_count; i++) {
        const struct r3_tracker_position *position = tracker->positions[i];
        bool rest = position->state == R3_TRACKER_EXITING && !position->exit.working;
        needs |= position->market == market && position->attentive && (position->watched || rest);
    }
    if ((needs && !tracker->fresh && synchronize(tracker, error) < 0) ||
        count_limits(tracker, market, candle, error) < 0)
        return -1;
    for (size_t i = 0; i < tracker->position_count; i++)
        if (tracker->positions[i]->market == market && tracker->positions[i]->attentive &&
            watch_candle(tracker, tracker->positions[i], candle, error) < 0)
            return -1;
    return 0;
}

static int on_candle(struct r3_tracker *tracker, const struct r3_candle *candle, struct r3_error *error) {
    struct r3_tracker_market *market = tracker->last;
    if (!market || !r3_same_name(market->name, candle->market))
        tracker->last = market = r3_tracker_find_market(tracker, candle->market);
    if (candle->timeframe != market->timeframe) {
        if (market->timeframe != R3_TIMEFRAME_NONE && candle->timeframe > market->timeframe) /* it tells no new price */
            return market->attention ? count_limits(tracker, market, candle, error) : 0;
        market->timeframe = candle->timeframe;
        market->span = candle->timeframe == R3_1M ? 0 : r3_timeframe_span(candle->timeframe);
    }
    market->closed_before = market->closed;
    market->closed = market->span ? candle->time + market->span : r3_timeframe_close(R3_1M, candle->time);
    tracker->now = market->closed;
    if (market->day != R3_TIME_ABSENT && market->closed > market->day && market->closed - market->day < R3_DAY)
        market->price = candle->close;
    else
        r3_tracker_mark(tracker, market, market->closed, &candle->close);
    if (tracker->watching && ++tracker->candles >= R3_TRACKER_WATCH_CANDLES && synchronize(tracker, error) < 0)
        return -1;
    return market->attention ? attend(tracker, market, candle, error) : 0;
}

static int on_price(struct r3_tracker *tracker, const struct r3_price *price, struct r3_error *error) {
    struct r3_tracker_market *market = r3_tracker_find_market(tracker, price->market);
    if (price->time > tracker->now)
        tracker->now = price->time;
    r3_tracker_mark(tracker, market, price->time, &price->price);
    for (size_t i = 0; tracker->options.protect && i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        struct request protect = { .event = PROTECT, .reason = "the position is left" };
        if (position->market != market)
            continue;
        protect.role = r3_tracker_touched_by_price(position, &price->price, price->time);
        if (protect.role != R3_ROLE_NONE && act(tracker, position, &protect, error) < 0)
            return -1;
    }
    return 0;
}

static int on_tick(struct r3_tracker *tracker, const struct r3_tick *tick, struct r3_error *error) {
    if (tick->time > tracker->now)
        tracker->now = tick->time;
    if (synchronize(tracker, error) < 0)
        return -1;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        struct request protect = { .event = PROTECT, .reason = "the position is left" };
        if (strcmp(position->session->name, tick->session) != 0)
            continue;
        if (tracker->options.protect && r3_decimal_is_present(&position->market->price))
            protect.role = r3_tracker_touched_by_price(position, &position->market->price, tick->time);
        if (protect.role != R3_ROLE_NONE && judge(tracker, position, &protect, error) < 0)
            return -1;
        if (r3_tracker_holds(position) && r3_tracker_emit_position(tracker, position, error) < 0)
            return -1;
    }
    return 0;
}

static int on_command(struct r3_tracker *tracker, const struct r3_command *command, struct r3_error *error) {
    struct r3_tracker_session *session = r3_tracker_find_session(tracker, command->session);
    if (command->time > tracker->now)
        tracker->now = command->time;
    if (synchronize(tracker, error) < 0)
        return -1;
    if (command->action == R3_PAUSE || command->action == R3_RESUME)
        session->paused = command->action == R3_PAUSE;
    else
        session->stopped = command->action == R3_STOP_SESSION;
    if (!session->paused && !session->stopped)
        return 0;
    struct request request = { .event = OVERDUE, .role = R3_EXIT, .reason = "the session was paused" };
    if (session->stopped)
        request = (struct request) { .event = LEAVE, .role = R3_EXIT, .reason = "the session was stopped" };
    for (size_t i = 0; i < tracker->position_count; i++)
        if (tracker->positions[i]->session == session && judge(tracker, tracker->positions[i], &request, error) < 0)
            return -1;
    return 0;
}

/* --close-at-end: what waits is cancelled, what is held goes at the last close. */
static int close_all(struct r3_tracker *tracker, struct r3_error *error) {
    if (synchronize(tracker, error) < 0) /* what has ended meanwhile is not to be cancelled */
        return -1;
    tracker->ending = true;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        if (r3_tracker_cancel(tracker, position, &position->entry, "end of the stream", error) < 0 ||
            r3_tracker_cancel(tracker, position, &position->exit, "end of the stream", error) < 0)
            return -1;
    }
    if (synchronize(tracker, error) < 0)
        return -1;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct request leave = { .event = LEAVE, .role = R3_EXIT, .reason = "end of the stream" };
        if (judge(tracker, tracker->positions[i], &leave, error) < 0)
            return -1;
    }
    if (synchronize(tracker, error) < 0)
        return -1;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        if (r3_tracker_holds(position) && r3_tracker_notice(tracker, R3_WARNING, position, error,
                                                            "%s: still held at the end", position->market->name) < 0)
            return -1;
    }
    return 0;
}

static int on_end(struct r3_tracker *tracker, struct r3_error *error) {
    bool active = false;
    for (size_t i = 0; i < tracker->position_count; i++)
        active |= tracker->positions[i]->state != R3_TRACKER_FLAT;
    if (!active)
        return 0;
    if (tracker->options.close_at_end)
        return close_all(tracker, error);
    return tracker->options.every ? synchronize(tracker, error) : 0;
}

int r3_tracker_step(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    tracker->fresh = false;
    if (!tracker->opened) {
        tracker->opened = true;
        if (synchronize(tracker, error) < 0)
            return -1;
    }
    switch (record->type) {
    case R3_CANDLE:
        return on_candle(tracker, &record->candle, error);
    case R3_SIGNAL:
        return on_signal(tracker, &record->signal, error);
    case R3_PRICE:
        return on_price(tracker, &record->price, error);
    case R3_TICK:
        return on_tick(tracker, &record->tick, error);
    case R3_COMMAND:
        return on_command(tracker, &record->command, error);
    case R3_ACCOUNT:
    case R3_UPDATE:
    case R3_TRADE: /* where they come as topics, not by the barrier */
        return r3_tracker_update(tracker, record, error);
    case R3_END:
        return on_end(tracker, error);
    default:
        return 0;
    }
}
