/* What each record asks of the positions that it concerns. */

#include "lib/trade/tracker_private.h"

/* Limit entries count candles of their signal's timeframe, and are cancelled when they have waited their number. */
static int count_limits(struct r3_tracker *tracker, struct r3_tracker_market *market, const struct r3_candle *candle,
                        struct r3_error *error) {
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        struct r3_tracker_request overdue = { .event = R3_TRACKER_OVERDUE,
                                              .role = R3_EXIT,
                                              .reason = "not filled in time" };
        bool counts = position->market == market && position->entry.working && position->entry.kind == R3_LIMIT &&
                      position->entry.timeframe == candle->timeframe;
        if (counts && ++position->entry.candles >= tracker->options.limit_candles &&
            r3_tracker_act(tracker, position, &overdue, error) < 0)
            return -1;
    }
    return 0;
}

/* One candle, for a position that it concerns. What was filled is known: a sync came before, where one was needed. */
static int watch_candle(struct r3_tracker *tracker, struct r3_tracker_position *position,
                        const struct r3_candle *candle, struct r3_error *error) {
    if (tracker->options.protect && !position->session->kept) {
        struct r3_tracker_request protect = { .event = R3_TRACKER_PROTECT,
                                              .role = r3_tracker_touched_by_candle(position, candle),
                                              .reason = "the position is left" };
        if (protect.role != R3_ROLE_NONE && r3_tracker_act(tracker, position, &protect, error) < 0)
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
    if ((needs && !tracker->fresh && r3_tracker_synchronize(tracker, error) < 0) ||
        count_limits(tracker, market, candle, error) < 0)
        return -1;
    for (size_t i = 0; i < tracker->position_count; i++)
        if (tracker->positions[i]->market == market && tracker->positions[i]->attentive &&
            watch_candle(tracker, tracker->positions[i], candle, error) < 0)
            return -1;
    return 0;
}

static int on_candle(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    const struct r3_candle *candle = &record->candle;
    struct r3_tracker_market *market = tracker->last;
    if (!market || !r3_same_name(market->name, candle->market))
        tracker->last = market = r3_tracker_find_market(tracker, candle->market);
    if (candle->timeframe != market->timeframe) {
        if (market->timeframe != R3_TIMEFRAME_NONE && candle->timeframe > market->timeframe &&
            candle->time < market->closed) /* finer ones have told what it tells */
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
    if (tracker->watching && ++tracker->candles >= R3_TRACKER_WATCH_CANDLES &&
        r3_tracker_synchronize(tracker, error) < 0)
        return -1;
    return market->attention ? attend(tracker, market, candle, error) : 0;
}

static int on_price(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    const struct r3_price *price = &record->price;
    struct r3_tracker_market *market = r3_tracker_find_market(tracker, price->market);
    if (price->time > tracker->now)
        tracker->now = price->time;
    r3_tracker_mark(tracker, market, price->time, &price->price);
    for (size_t i = 0; tracker->options.protect && i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        struct r3_tracker_request protect = { .event = R3_TRACKER_PROTECT, .reason = "the position is left" };
        if (position->market != market || position->session->kept)
            continue;
        protect.role = r3_tracker_touched_by_price(position, &price->price, price->time);
        if (protect.role != R3_ROLE_NONE && r3_tracker_act(tracker, position, &protect, error) < 0)
            return -1;
    }
    return 0;
}

/* The value at a tick has the tick's time, though the price is that of the last close. */
static int value_at(struct r3_tracker *tracker, struct r3_tracker_position *position, int64_t time,
                    struct r3_error *error) {
    const int64_t now = tracker->now;
    tracker->now = time > now ? time : now;
    int result = r3_tracker_emit_position(tracker, position, error);
    tracker->now = now;
    return result;
}

/* Leave, where the last price that is known is at a level. */
static int watch_last_price(struct r3_tracker *tracker, struct r3_tracker_position *position, struct r3_error *error) {
    struct r3_tracker_request protect = { .event = R3_TRACKER_PROTECT, .reason = "the position is left" };
    if (!tracker->options.protect || position->session->kept)
        return 0;
    protect.role = r3_tracker_touched_by_last_price(position);
    return protect.role == R3_ROLE_NONE ? 0 : r3_tracker_judge(tracker, position, &protect, error);
}

/* An exit that an exchange has refused, or has cancelled, is tried once at each tick, since the next candle may be long in coming. What
 * r3-order itself refuses, as on paper, it would refuse again. */
static int retry_exit(struct r3_tracker *tracker, struct r3_tracker_position *position, struct r3_error *error) {
    const struct r3_tracker_order *exit = &position->exit;
    struct r3_tracker_request rest = { .event = R3_TRACKER_REST_HELD, .role = exit->role, .again = true };
    bool over = position->state == R3_TRACKER_EXITING && !exit->working && exit->told;
    return over && !position->session->kept ? r3_tracker_judge(tracker, position, &rest, error) : 0;
}

/* A tick values what is held, and looks again at what is known of the market. Its own time moves nothing: that no candle has come
 * for a while does not tell at which price one could have left, and a session gives the same orders whenever it is run. */
static int on_tick(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    const struct r3_tick *tick = &record->tick;
    if (r3_tracker_synchronize(tracker, error) < 0)
        return -1;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        if (strcmp(position->session->name, tick->session) != 0)
            continue;
        if (retry_exit(tracker, position, error) < 0 || watch_last_price(tracker, position, error) < 0)
            return -1;
        if (r3_tracker_holds(position) && value_at(tracker, position, tick->time, error) < 0)
            return -1;
    }
    return 0;
}

/* A stop that keeps positions: what waits is taken back, and they are not touched from here on. */
static int keep_positions(struct r3_tracker *tracker, const struct r3_tracker_session *session,
                          struct r3_error *error) {
    bool waited = false;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        struct r3_tracker_order *orders[] = { &position->entry, &position->exit };
        if (position->session != session)
            continue;
        position->leaving = false;
        for (size_t k = 0; k < 2; k++) {
            orders[k]->withdrawn = true; /* nor is an exit that was refused tried again */
            if (!orders[k]->working)
                continue;
            waited = true;
            if (r3_tracker_cancel(tracker, position, orders[k], "the session was stopped", error) < 0)
                return -1;
        }
    }
    return waited ? r3_tracker_synchronize(tracker, error) : 0;
}

int r3_tracker_obey(struct r3_tracker *tracker, const struct r3_tracker_session *session, struct r3_error *error) {
    struct r3_tracker_request request = { .event = R3_TRACKER_OVERDUE,
                                          .role = R3_EXIT,
                                          .reason = "the session was paused" };
    if (session->stopped)
        request = (struct r3_tracker_request) { .event = R3_TRACKER_LEAVE,
                                                .role = R3_EXIT,
                                                .reason = "the session was stopped" };
    for (size_t i = 0; i < tracker->position_count; i++)
        if (tracker->positions[i]->session == session &&
            r3_tracker_judge(tracker, tracker->positions[i], &request, error) < 0)
            return -1;
    return 0;
}

static int on_command(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    const struct r3_command *command = &record->command;
    struct r3_tracker_session *session = r3_tracker_find_session(tracker, command->session);
    if (command->time > tracker->now)
        tracker->now = command->time;
    if (r3_tracker_synchronize(tracker, error) < 0)
        return -1;
    if (command->action == R3_PAUSE || command->action == R3_RESUME)
        session->paused = command->action == R3_PAUSE;
    else
        session->stopped = command->action == R3_STOP_SESSION;
    if (command->action == R3_START || command->action == R3_STOP_SESSION)
        session->kept = session->stopped && command->position == R3_KEEP_POSITION;
    if (session->kept)
        return keep_positions(tracker, session, error);
    r3_tracker_set_alarm(tracker);
    return session->paused || session->stopped ? r3_tracker_obey(tracker, session, error) : 0;
}

/* --close-at-end: what waits is cancelled, what is held goes at the last close. */
static int close_all(struct r3_tracker *tracker, struct r3_error *error) {
    if (r3_tracker_synchronize(tracker, error) < 0) /* what has ended meanwhile is not to be cancelled */
        return -1;
    tracker->ending = true;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        if (r3_tracker_cancel(tracker, position, &position->entry, "end of the stream", error) < 0 ||
            r3_tracker_cancel(tracker, position, &position->exit, "end of the stream", error) < 0)
            return -1;
    }
    if (r3_tracker_synchronize(tracker, error) < 0)
        return -1;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_request leave = { .event = R3_TRACKER_LEAVE, .role = R3_EXIT, .reason = "end of the stream" };
        if (!tracker->positions[i]->session->kept &&
            r3_tracker_judge(tracker, tracker->positions[i], &leave, error) < 0)
            return -1;
    }
    if (r3_tracker_synchronize(tracker, error) < 0)
        return -1;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        if (r3_tracker_holds(position) && r3_tracker_notice(tracker, R3_WARNING, position->session, error,
                                                            "%s: still held at the end", position->market->name) < 0)
            return -1;
    }
    return 0;
}

static int on_end(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    (void)record;
    bool active = false;
    for (size_t i = 0; i < tracker->position_count; i++)
        active |= tracker->positions[i]->state != R3_TRACKER_FLAT;
    if (!active)
        return 0;
    if (tracker->options.close_at_end)
        return close_all(tracker, error);
    return tracker->options.every ? r3_tracker_synchronize(tracker, error) : 0;
}

/* What the exchange filled is known late, behind candles of that time: what it holds now is compared with the last price. */
static int on_told_update(struct r3_tracker *tracker, const struct r3_update *update, struct r3_error *error) {
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        if (strcmp(position->session->name, update->session) != 0)
            continue;
        if (update->status != R3_OPENED && r3_same_id(position->exit.id, update->order))
            position->exit.told = true;
        if (watch_last_price(tracker, position, error) < 0)
            return -1;
    }
    return 0;
}

/* The exchange has told something of an order, ahead of this program: r3-order books it, and gives it back. Trades come ahead of the
 * update that counts them; before that the order would seem to work still, though it may be over. */
static int on_told(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    tracker->told.begun = true;
    if (r3_tracker_synchronize(tracker, error) < 0)
        return -1;
    bool fills =
        record->type == R3_UPDATE && (record->update.status != R3_OPENED || record->update.event == R3_EVENT_PARTIAL);
    return fills ? on_told_update(tracker, &record->update, error) : 0;
}

/* What each type asks; NULL: nothing. A table, since a switch takes the functions into one, which then saves the registers of all. */
static int (*const steps[R3_RECORD_TYPES])(struct r3_tracker *tracker, const struct r3_record *record,
                                           struct r3_error *error) = {
    [R3_CANDLE] = on_candle,
    [R3_PRICE] = on_price,
    [R3_SIGNAL] = r3_tracker_signal,
    [R3_COMMAND] = on_command,
    [R3_TICK] = on_tick,
    [R3_ACCOUNT] = r3_tracker_update, /* where it comes as a topic, not by the barrier */
    [R3_UPDATE] = on_told,
    [R3_TRADE] = on_told,
    [R3_END] = on_end,
};

/* The first record: ask what is there. */
static int open_up(struct r3_tracker *tracker, struct r3_error *error) {
    tracker->opened = true;
    return r3_tracker_synchronize(tracker, error);
}

int r3_tracker_step(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    tracker->fresh = false;
    if (!tracker->opened && open_up(tracker, error) < 0)
        return -1;
    int (*const step)(struct r3_tracker *, const struct r3_record *, struct r3_error *) = steps[record->type];
    if (!tracker->ends)
        return step ? step(tracker, record, error) : 0;
    return step && step(tracker, record, error) < 0 ? -1 : r3_tracker_judge_ends(tracker, record, error);
}
