/* The tracker's decisions.
 *
 * A record that may need a decision becomes an event; before it is judged, a sync brings what was filled, and `settle` puts
 * each position into the state that its orders and trades show. Then the table says what to do. Nothing else changes a state:
 * read the table, and the tracker is read. */

#include "lib/trade/tracker_private.h"

enum action {
    IGNORE,
    ENTER,        /* ENTRY */
    REPLACE,      /* a limit entry: cancel, re-read, enter again at the new price; a market entry is left alone */
    CANCEL_FIRST, /* cancel the entry, re-read, then judge the event again */
    EXIT,         /* the whole position at market */
    REVERSE,      /* EXIT, and an ENTRY for the other side at the same open */
    ENTER_BEHIND, /* the ENTRY of a reversal, where the exit is on its way already */
    EXIT_REST,    /* the same exit's next attempt, once a candle; see r3_tracker_request */
    DROP_ENTRY    /* cancel the entry of a reversal */
};

/* What each event does in each state, and the state after it. r3-track(1) prints this table. */
/* clang-format off */
static const struct rule {
    enum action action;
    enum r3_tracker_state next;
} rules[R3_TRACKER_STATES][R3_TRACKER_EVENTS] = {
    [R3_TRACKER_FLAT] = {
        [R3_TRACKER_ALONG]       = { ENTER,        R3_TRACKER_ENTERING },
        [R3_TRACKER_AGAINST]     = { ENTER,        R3_TRACKER_ENTERING },
        [R3_TRACKER_LEAVE]       = { IGNORE,       R3_TRACKER_FLAT },
        [R3_TRACKER_PROTECT]     = { IGNORE,       R3_TRACKER_FLAT },
        [R3_TRACKER_OVERDUE]     = { IGNORE,       R3_TRACKER_FLAT },
        [R3_TRACKER_ENTRY_WAITS] = { IGNORE,       R3_TRACKER_ENTERING },
        [R3_TRACKER_EXIT_WAITS]  = { IGNORE,       R3_TRACKER_EXITING },
        [R3_TRACKER_REST_HELD]   = { IGNORE,       R3_TRACKER_OPEN },
        [R3_TRACKER_HELD]        = { IGNORE,       R3_TRACKER_OPEN },
        [R3_TRACKER_NOTHING]     = { IGNORE,       R3_TRACKER_FLAT },
    },
    [R3_TRACKER_ENTERING] = {
        [R3_TRACKER_ALONG]       = { REPLACE,      R3_TRACKER_ENTERING },
        [R3_TRACKER_AGAINST]     = { CANCEL_FIRST, R3_TRACKER_ENTERING },
        [R3_TRACKER_LEAVE]       = { CANCEL_FIRST, R3_TRACKER_ENTERING },
        [R3_TRACKER_PROTECT]     = { CANCEL_FIRST, R3_TRACKER_ENTERING },
        [R3_TRACKER_OVERDUE]     = { CANCEL_FIRST, R3_TRACKER_ENTERING },
        [R3_TRACKER_ENTRY_WAITS] = { IGNORE,       R3_TRACKER_ENTERING },
        [R3_TRACKER_EXIT_WAITS]  = { IGNORE,       R3_TRACKER_EXITING },
        [R3_TRACKER_REST_HELD]   = { IGNORE,       R3_TRACKER_OPEN },
        [R3_TRACKER_HELD]        = { IGNORE,       R3_TRACKER_OPEN },
        [R3_TRACKER_NOTHING]     = { IGNORE,       R3_TRACKER_FLAT },
    },
    [R3_TRACKER_OPEN] = {
        [R3_TRACKER_ALONG]       = { IGNORE,       R3_TRACKER_OPEN }, /* no pyramiding */
        [R3_TRACKER_AGAINST]     = { REVERSE,      R3_TRACKER_EXITING },
        [R3_TRACKER_LEAVE]       = { EXIT,         R3_TRACKER_EXITING },
        [R3_TRACKER_PROTECT]     = { EXIT,         R3_TRACKER_EXITING },
        [R3_TRACKER_OVERDUE]     = { IGNORE,       R3_TRACKER_OPEN },
        [R3_TRACKER_ENTRY_WAITS] = { IGNORE,       R3_TRACKER_ENTERING },
        [R3_TRACKER_EXIT_WAITS]  = { IGNORE,       R3_TRACKER_EXITING },
        [R3_TRACKER_REST_HELD]   = { IGNORE,       R3_TRACKER_OPEN },
        [R3_TRACKER_HELD]        = { IGNORE,       R3_TRACKER_OPEN },
        [R3_TRACKER_NOTHING]     = { IGNORE,       R3_TRACKER_FLAT },
    },
    [R3_TRACKER_EXITING] = {
        [R3_TRACKER_ALONG]       = { IGNORE,       R3_TRACKER_EXITING },
        [R3_TRACKER_AGAINST]     = { ENTER_BEHIND, R3_TRACKER_EXITING },
        [R3_TRACKER_LEAVE]       = { DROP_ENTRY,   R3_TRACKER_EXITING },
        [R3_TRACKER_PROTECT]     = { IGNORE,       R3_TRACKER_EXITING },
        [R3_TRACKER_OVERDUE]     = { DROP_ENTRY,   R3_TRACKER_EXITING },
        [R3_TRACKER_ENTRY_WAITS] = { IGNORE,       R3_TRACKER_ENTERING },
        [R3_TRACKER_EXIT_WAITS]  = { IGNORE,       R3_TRACKER_EXITING },
        [R3_TRACKER_REST_HELD]   = { EXIT_REST,    R3_TRACKER_EXITING },
        [R3_TRACKER_HELD]        = { IGNORE,       R3_TRACKER_OPEN },
        [R3_TRACKER_NOTHING]     = { IGNORE,       R3_TRACKER_FLAT },
    },
};
/* clang-format on */

/* Whether each candle of its market concerns a position that is not FLAT. (| in place of ||: mostly all of it has to be asked.) */
static inline bool is_attentive(const struct r3_tracker *tracker, const struct r3_tracker_position *position) {
    const struct r3_tracker_order *entry = &position->entry, *exit = &position->exit;
    bool rest = (position->state == R3_TRACKER_EXITING) & !exit->working;
    bool limit_waits = entry->working & (entry->kind == R3_LIMIT);
    return tracker->options.protect | (tracker->options.every != 0) | tracker->ends_by_result | position->leaving |
           rest | limit_waits | entry->cancelling | exit->cancelling;
}

/* What follows from state, orders and what is held. */
static void conclude(struct r3_tracker *tracker, struct r3_tracker_position *position) {
    const bool entering = position->entry.working;
    bool watched = entering | position->exit.working; /* the exchange may fill or protect without our doing */
    if (r3_tracker_holds(position)) {
        position->direction = position->size.coefficient < 0 ? R3_SHORT : R3_LONG;
        watched = watched || (!tracker->options.protect && r3_tracker_levels_any(&position->levels));
    } else {
        position->direction = entering ? position->entry.direction : R3_DIRECTION_NONE;
    }
    if (position->state == R3_TRACKER_OPEN || position->state == R3_TRACKER_FLAT)
        position->exit.id[0] = '\0'; /* its work is done */
    bool attentive = position->state != R3_TRACKER_FLAT
                         ? is_attentive(tracker, position)
                         : tracker->ends_by_result && !r3_decimal_is_zero(&position->size); /* dust has a price */
    tracker->watching += (unsigned)watched - (unsigned)position->watched;
    position->watched = watched;
    if (attentive != position->attentive)
        position->market->attention += (unsigned)attentive - (unsigned)position->attentive;
    position->attentive = attentive;
}

static inline enum r3_tracker_event fact(const struct r3_tracker_position *position) {
    bool holds = r3_tracker_holds(position);
    const struct r3_tracker_order *exit = &position->exit;
    if (exit->working)
        return R3_TRACKER_EXIT_WAITS;
    if (holds && exit->id[0] && !exit->withdrawn && exit->number == position->number)
        return R3_TRACKER_REST_HELD;
    if (position->entry.working)
        return R3_TRACKER_ENTRY_WAITS;
    return holds ? R3_TRACKER_HELD : R3_TRACKER_NOTHING;
}

static int cancel_first(struct r3_tracker *tracker, struct r3_tracker_position *position,
                        const struct r3_tracker_request *request, struct r3_error *error) {
    if (r3_tracker_cancel(tracker, position, &position->entry, request->reason, error) < 0 ||
        r3_tracker_synchronize(tracker, error) < 0)
        return -1;
    if (position->state != R3_TRACKER_ENTERING)
        return r3_tracker_judge(tracker, position, request, error);
    position->leaving = request->event != R3_TRACKER_OVERDUE; /* the exchange has not ended it yet */
    return 0;
}

static int replace(struct r3_tracker *tracker, struct r3_tracker_position *position,
                   const struct r3_tracker_request *request, struct r3_error *error) {
    if (position->entry.kind != R3_LIMIT || position->entry.cancelling || position->session->paused ||
        position->session->stopped)
        return 0;
    if (r3_tracker_cancel(tracker, position, &position->entry, request->reason, error) < 0 ||
        r3_tracker_synchronize(tracker, error) < 0)
        return -1;
    if (position->state != R3_TRACKER_FLAT)
        return 0; /* it was filled after all, or is not ended yet */
    int entered = r3_tracker_enter(tracker, position, request->signal, false, true, error);
    if (entered > 0)
        position->state = R3_TRACKER_ENTERING;
    return entered < 0 ? -1 : 0;
}

/* The exit may fill at once (r3-order --fill close): ask before the entry is sized. */
static int reverse(struct r3_tracker *tracker, struct r3_tracker_position *position,
                   const struct r3_tracker_request *request, struct r3_error *error) {
    if (r3_tracker_exit(tracker, position, R3_EXIT, request->signal, error) < 0)
        return -1;
    position->state = R3_TRACKER_EXITING;
    if (r3_tracker_synchronize(tracker, error) < 0)
        return -1;
    bool waits = position->exit.working;
    if (!waits && position->state != R3_TRACKER_FLAT)
        return 0; /* it was refused: the next candle tries again */
    int entered = r3_tracker_enter(tracker, position, request->signal, waits, false, error);
    if (entered > 0 && !waits)
        position->state = R3_TRACKER_ENTERING;
    return entered < 0 ? -1 : 0;
}

static int exit_rest(struct r3_tracker *tracker, struct r3_tracker_position *position,
                     const struct r3_tracker_request *request, struct r3_error *error) {
    if (position->exit.time >= tracker->now && !tracker->ending && !request->again)
        return 0; /* tried at this very moment: again with the next candle */
    if (r3_tracker_cancel(tracker, position, &position->entry, "the exit before it was not filled", error) < 0)
        return -1;
    return r3_tracker_exit(tracker, position, position->exit.role, NULL, error);
}

static int drop_entry(struct r3_tracker *tracker, struct r3_tracker_position *position,
                      const struct r3_tracker_request *request, struct r3_error *error) {
    if (!position->entry.working)
        return 0;
    position->leaving |= request->event == R3_TRACKER_LEAVE;
    return r3_tracker_cancel(tracker, position, &position->entry, request->reason, error);
}

/* Do what the table says. False in *moves: the state after it is not the table's. */
static inline int carry_out(struct r3_tracker *tracker, struct r3_tracker_position *position, enum action action,
                            const struct r3_tracker_request *request, bool *moves, struct r3_error *error) {
    int entered;
    switch (action) {
    case IGNORE:
        return 0;
    case ENTER:
        *moves = false;
        if (position->session->paused || position->session->stopped)
            return 0;
        entered = r3_tracker_enter(tracker, position, request->signal, false, false, error);
        *moves = entered > 0;
        return entered < 0 ? -1 : 0;
    case REPLACE:
        *moves = false;
        return replace(tracker, position, request, error);
    case CANCEL_FIRST:
        *moves = false;
        return cancel_first(tracker, position, request, error);
    case EXIT:
        return r3_tracker_exit(tracker, position, request->role, request->signal, error);
    case REVERSE:
        *moves = false;
        return reverse(tracker, position, request, error);
    case ENTER_BEHIND:
        if (position->entry.working)
            return 0;
        return r3_tracker_enter(tracker, position, request->signal, true, false, error) < 0 ? -1 : 0;
    case EXIT_REST:
        return exit_rest(tracker, position, request, error);
    case DROP_ENTRY:
        return drop_entry(tracker, position, request, error);
    }
    return 0;
}

int r3_tracker_judge(struct r3_tracker *tracker, struct r3_tracker_position *position,
                     const struct r3_tracker_request *request, struct r3_error *error) {
    const struct rule *rule = &rules[position->state][request->event];
    bool moves = true;
    if (rule->action != IGNORE && carry_out(tracker, position, rule->action, request, &moves, error) < 0)
        return -1;
    if (moves)
        position->state = rule->next;
    conclude(tracker, position);
    return 0;
}

/* What is seldom left to do then. */
static int settle_rest(struct r3_tracker *tracker, struct r3_tracker_position *position, struct r3_error *error) {
    if (position->foreign_fee && !position->foreign_fee_told) {
        position->foreign_fee_told = true;
        if (r3_tracker_notice(tracker, R3_WARNING, position->session, error,
                              "%s: fees in another currency are not counted in results", position->market->name) < 0)
            return -1;
    }
    if (position->changed && tracker->options.every && r3_tracker_emit_position(tracker, position, error) < 0)
        return -1;
    if (position->leaving && position->state == R3_TRACKER_OPEN) {
        position->leaving = false;
        struct r3_tracker_request leave = { .event = R3_TRACKER_LEAVE, .role = R3_EXIT };
        return r3_tracker_judge(tracker, position, &leave, error);
    }
    return 0;
}

static int judge_fact(struct r3_tracker *tracker, struct r3_tracker_position *position, enum r3_tracker_event event,
                      struct r3_error *error) {
    struct r3_tracker_request request = { .event = event, .role = position->exit.role };
    return r3_tracker_judge(tracker, position, &request, error);
}

/* Put the position into the state that its orders and trades show. Mostly the table says nothing but the state. */
static inline int settle(struct r3_tracker *tracker, struct r3_tracker_position *position, struct r3_error *error) {
    enum r3_tracker_event event = fact(position);
    const struct rule *rule = &rules[position->state][event];
    if (position->leaving && event == R3_TRACKER_NOTHING)
        position->leaving = false;
    if (rule->action == IGNORE) {
        position->state = rule->next;
        conclude(tracker, position);
    } else if (judge_fact(tracker, position, event, error) < 0) {
        return -1;
    }
    return position->foreign_fee || position->leaving || tracker->options.every ? settle_rest(tracker, position, error)
                                                                                : 0;
}

int r3_tracker_synchronize(struct r3_tracker *tracker, struct r3_error *error) {
    tracker->candles = 0;
    tracker->fresh = true;
    tracker->unseen = false;
    if (tracker->outlet.sync(tracker->outlet.context, error) < 0)
        return -1;
    for (size_t i = 0; i < tracker->position_count; i++)
        if (settle(tracker, tracker->positions[i], error) < 0)
            return -1;
    return 0;
}

bool r3_tracker_could_act(const struct r3_tracker_position *position, enum r3_tracker_event event) {
    if (position->watched)
        return true;
    bool refused = event == R3_TRACKER_ALONG && (position->session->paused || position->session->stopped);
    return !refused && rules[position->state][event].action != IGNORE;
}

int r3_tracker_act(struct r3_tracker *tracker, struct r3_tracker_position *position,
                   const struct r3_tracker_request *request, struct r3_error *error) {
    if (!r3_tracker_could_act(position, request->event))
        return 0;
    return !tracker->fresh && r3_tracker_synchronize(tracker, error) < 0
               ? -1
               : r3_tracker_judge(tracker, position, request, error);
}
