/* Rounds of r3-live: one action after another, what is left at the end. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/live/gateway.h"
#include "lib/stage/signals.h"

enum {
    NEW_INTENTS = 1000, /* ms: how often --follow looks for what others have committed */
    LOOK_AT_RESTING = 3000,
    LONGEST_SLEEP = 1000,
    LONGEST_ROUND = 2000, /* of --follow, so that a run of the session can have its lease */
    BETWEEN_ROUNDS = 250,
    SWITCH_WAIT = 3000, /* for the dead-man switch, which can be set again, while exits may wait */
};

void live_say(const struct r3_live *live, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    live->say(text);
}

int live_write(struct r3_live *live, const struct r3_buffer *lines, struct r3_error *error) {
    if (lines->length == 0)
        return 0;
    if (r3_writer_put(live->out, lines->data, lines->length, error) == 0 && r3_writer_flush(live->out, error) == 0)
        return 0;
    live->write_failed = true;
    return -1;
}

/* ---- what is over by hand ---- */

static bool is_to_settle(const struct r3_live *live, const char *id) {
    for (size_t i = 0; i < live->options->settle_count; i++)
        if (strcmp(live->options->settle[i], id) == 0)
            return true;
    return false;
}

/* Of those that --settle names, the ones that the exchange surely does not have at work. */
static int settle(struct r3_live *live, struct live_order *order, struct r3_error *error) {
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    struct live_look look = { .fill_count = 0 };
    enum r3_live_step step = order->row.step;
    int64_t now;
    int found = live_look(live, &order->row, &look, error);
    free(look.fills);
    if (found < 0)
        return -1;
    if (found || step == R3_LIVE_INTENT || look.began < r3_live_shut(&order->row, live->options->window, look.unsure)) {
        live_say(live, "order %s is not settled by hand: %s", order->row.order.id,
                 found                    ? "the exchange tells of it"
                 : step == R3_LIVE_INTENT ? "it was not sent"
                                          : "it may still arrive");
        return 0;
    }
    int result = r3_clock_now(&now, error);
    if (result == 0)
        result = r3_live_settle(&order->row, now, &outcome, error);
    if (result == 0)
        result = live_commit(live, order, step, order->row.attempts, &outcome, error);
    r3_live_outcome_release(&outcome);
    return result;
}

static int settle_named(struct r3_live *live, struct r3_error *error) {
    for (size_t i = 0; i < live->order_count; i++)
        if (is_to_settle(live, live->at_work[i].row.order.id) && settle(live, &live->at_work[i], error) < 0)
            return -1;
    return 0;
}

/* ---- one action after another ---- */

/* What cannot wait goes first: cancels and exits, then looks, then entries. */
static int rank(const struct live_order *order, enum r3_live_action action) {
    if (action == R3_LIVE_WITHDRAW || action == R3_LIVE_CANCEL || action == R3_LIVE_EXPIRE)
        return 0;
    if (action == R3_LIVE_SEND)
        return order->row.order.role == R3_ENTRY ? 3 : 1;
    return 2;
}

enum { URGENT = 1 }; /* rank of what waits for nothing that it does not need */

struct choice {
    struct live_order *order;
    enum r3_live_action action;
    int64_t delay; /* ms; of the first that is not due */
};

/* No new entry while the allotments do not fit, or that is not known, or while it is not known what the session holds, or whether another
 * order of it has arrived. */
static bool is_held_back(const struct r3_live *live, const struct live_order *order) {
    const struct r3_live_session *session = order->session;
    if (order->row.order.role == R3_ENTRY &&
        (live->overdrawn || live->uncompared || session->unaccounted || session->uncompared))
        return true;
    for (size_t i = 0; order->row.order.role == R3_ENTRY && i < live->order_count; i++)
        if (live->at_work[i].session == order->session && live->at_work[i].row.step == R3_LIVE_SENT)
            return true;
    return false;
}

static bool can_be_urgent(const struct live_order *order) {
    return order->row.step == R3_LIVE_INTENT || order->row.cancel;
}

/* The next that is due, if any; of the urgent ones alone. 0, or -1 where the exchange's time cannot be had. */
static int choose(struct r3_live *live, bool urgent, struct choice *choice, struct r3_error *error) {
    *choice = (struct choice) { .delay = INT64_MAX };
    for (size_t i = 0; i < live->order_count; i++) {
        struct live_order *order = &live->at_work[i];
        struct r3_live_times now;
        int64_t delay;
        if (!order->session->epoch || order->row.step == R3_LIVE_DONE || (urgent && !can_be_urgent(order)))
            continue;
        if (live_times(live, order, &now, error) < 0)
            return -1;
        enum r3_live_action action = r3_live_next(&order->row, &order->memory, &now, &delay);
        if (action == R3_LIVE_NOTHING || action == R3_LIVE_REST || (urgent && rank(order, action) > URGENT))
            continue;
        if (action == R3_LIVE_SEND && is_held_back(live, order)) {
            if (!live->uncompared)
                continue;
            delay = live->compare_next - now.monotonic; /* it is asked for again then */
            delay = delay > 0 ? delay : 1;
        }
        if (delay <= 0 && (!choice->order || rank(order, action) < rank(choice->order, choice->action))) {
            choice->order = order;
            choice->action = action;
        } else if (delay > 0 && delay < choice->delay) {
            choice->delay = delay;
        }
    }
    return 0;
}

static int prolong_leases(struct r3_live *live, struct r3_error *error) {
    for (size_t i = 0; i < live->session_count; i++) {
        struct r3_live_session *session = &live->sessions[i];
        if (!session->epoch || r3_live_prolong(session, live->store, live->options->span, error) == 0)
            continue;
        if (error->status != R3_RETRY)
            return -1;
        live_lose_session(live, session, error);
    }
    return 0;
}

/* So many ms, or until a signal or input comes. */
static int sleep_for(struct r3_live *live, int64_t span, struct r3_error *error) {
    struct pollfd watched[2] = { { .fd = live->input_ended || !live->options->follow ? -1 : live->in->fd,
                                   .events = POLLIN },
                                 { .fd = live->out->fd, .events = 0 } };
    int ready = poll(watched, 2, (int)(span < LONGEST_SLEEP ? span : LONGEST_SLEEP));
    if (ready < 0 && errno != EINTR)
        return r3_fail_errno(error, R3_IO, "poll");
    if (ready > 0 && watched[1].revents & (POLLERR | POLLHUP | POLLNVAL)) {
        raise(SIGPIPE);
        return r3_fail(error, R3_IO, "standard output: its reader is gone");
    }
    return ready > 0 && watched[0].revents ? 1 : 0;
}

static void keep_alive(struct r3_live *live, bool end);

static bool has_entries(const struct r3_live *live) {
    for (size_t i = 0; i < live->order_count; i++)
        if (live->at_work[i].row.step == R3_LIVE_INTENT && live->at_work[i].row.order.role == R3_ENTRY)
            return true;
    return false;
}

/* What could not be compared is compared again, where entries wait for it. */
static int compare_again(struct r3_live *live, struct r3_error *error) {
    return live->uncompared && r3_clock_monotonic() >= live->compare_next && has_entries(live)
               ? live_compare(live, error)
               : 0;
}

/* Work until all is settled, or `until` (r3_clock_monotonic), or a signal or input comes. `urgent`: what is due of cancels and exits, and no
 * more. */
static int work(struct r3_live *live, bool urgent, int64_t until, struct r3_error *error) {
    while (!r3_signals_stop_asked()) {
        struct r3_error trouble = { 0 };
        struct choice choice;
        int64_t now = r3_clock_monotonic();
        if (live->key_refused)
            return r3_fail(error, R3_PERMISSION, "%s", live->trouble);
        if (prolong_leases(live, error) < 0)
            return -1;
        keep_alive(live, false);
        if (!urgent && compare_again(live, error) < 0)
            return -1;
        if (choose(live, urgent, &choice, &trouble) < 0) {
            live_trouble(live, NULL, &trouble);
            choice = (struct choice) { .delay = NEW_INTENTS };
        }
        bool idle = choice.delay == INT64_MAX || (!live->options->follow && choice.delay > until - now);
        if (!choice.order && (urgent || idle || now >= until))
            return 0; /* nothing is due before the end */
        if (!choice.order) {
            int woken = sleep_for(live, choice.delay < until - now ? choice.delay : until - now, error);
            if (woken != 0)
                return woken < 0 ? -1 : 0;
            continue;
        }
        if (live_act(live, choice.order, choice.action, error) < 0) {
            if (error->status != R3_RETRY)
                return -1;
            live_lose_session(live, choice.order->session, error);
        }
        if (now >= until + live->options->wait) /* always something to do, and never an end */
            return 0;
    }
    return 0;
}

static int round_of(struct r3_live *live, bool all, int64_t until, struct r3_error *error) {
    if (live_load_sessions(live, error) < 0 || live_lease_sessions(live, all, error) < 0 ||
        live_load_orders(live, error) < 0 || work(live, true, until, error) < 0 || settle_named(live, error) < 0 ||
        live_reconcile(live, has_entries(live), error) < 0)
        return -1;
    return work(live, false, until, error);
}

/* ---- the dead-man switch ---- */

static void join_markets(const struct r3_live *live, struct r3_buffer *out) {
    for (size_t i = 0; i < live->session_count; i++)
        if (live_is_first_of_market(live, i))
            r3_buffer_printf(out, "%s%s", out->length ? "," : "", live->sessions[i].market);
}

/* Set the switch anew when a third of its time has passed; at a clean end, and no other, it is taken off, since what works is meant to. */
static void keep_alive(struct r3_live *live, bool end) {
    struct r3_buffer markets = R3_BUFFER_INIT;
    struct r3_error trouble = { 0 };
    int64_t now = r3_clock_monotonic(), seconds = live->options->dead_man;
    if (seconds == 0 || (!end && live->dead_man && now - live->dead_man < seconds * 1000 / 3))
        return;
    join_markets(live, &markets);
    int64_t before = r3_kucoin_set_timeout(live->kucoin, SWITCH_WAIT);
    if (markets.length && r3_kucoin_dead_man(live->kucoin, markets.data, end ? 0 : seconds, &trouble) < 0) {
        live_say(live, "the dead-man switch: %.200s", trouble.text);
        now = r3_clock_monotonic() - seconds * 1000 / 3 + NEW_INTENTS; /* try again in a second */
    }
    r3_kucoin_set_timeout(live->kucoin, before);
    if (markets.length)
        live->dead_man = now;
    r3_buffer_release(&markets);
}

/* ---- runs ---- */

static int run_once(struct r3_live *live, struct r3_error *error) {
    size_t left = 0, unknown = 0;
    struct r3_error later = { 0 };
    if (live_take_input(live, true, error) < 0)
        return -1;
    int result = round_of(live, true, r3_clock_monotonic() + live->options->wait, error);
    if (live_tell_rest(live, &left, &unknown, result < 0 ? &later : error) < 0)
        result = -1;
    if (result == 0 && (result = live_end(live, left, unknown, error)) < 0)
        live_note_told(live);
    return live_give_back(live, result < 0 ? &later : error) < 0 ? -1 : result;
}

/* Orders that rest are looked at again from time to time: whether it is now. */
static bool look_again(struct r3_live *live, int64_t *last) {
    int64_t now = r3_clock_monotonic();
    if (now - *last < LOOK_AT_RESTING)
        return false;
    *last = now;
    for (size_t i = 0; i < live->order_count; i++)
        if (live_is_settled(&live->at_work[i]))
            live->at_work[i].memory.looks = 0;
    return true;
}

static bool has_due(const struct r3_live *live) {
    for (size_t i = 0; i < live->order_count; i++)
        if (live->at_work[i].row.step != R3_LIVE_DONE && !live_is_settled(&live->at_work[i]))
            return true;
    return false;
}

static int follow(struct r3_live *live, struct r3_error *error) {
    int64_t looked = r3_clock_monotonic(), reconciled = 0;
    while (!r3_signals_stop_asked()) {
        int64_t now = r3_clock_monotonic();
        bool any, due = reconciled == 0 || now - reconciled >= live->options->reconcile;
        if (live_take_input(live, false, error) < 0)
            return -1;
        if (r3_live_any(live->store, &any, error) < 0)
            return -1;
        if (look_again(live, &looked) || due || any || has_due(live)) {
            int result = round_of(live, due, r3_clock_monotonic() + LONGEST_ROUND, error);
            reconciled = due ? now : reconciled;
            struct r3_error later = { 0 };
            if (live_give_back(live, result < 0 ? &later : error) < 0)
                result = -1;
            if (result < 0 && error->status != R3_RETRY)
                return -1;
        }
        keep_alive(live, false);
        if (r3_signals_stop_asked())
            break;
        int woken = sleep_for(live, has_due(live) ? BETWEEN_ROUNDS : NEW_INTENTS, error);
        if (woken < 0)
            return -1;
        if (live->input_error.status)
            break;
    }
    return 0;
}

static int run_and_follow(struct r3_live *live, struct r3_error *error) {
    size_t left = 0, unknown = 0;
    struct r3_error later = { 0 };
    int result = follow(live, error);
    if (result == 0) {
        result = round_of(live, false, 0, error); /* the leases, to tell what remains */
        if (result == 0)
            result = live_tell_rest(live, &left, &unknown, error);
    }
    if (result == 0 && live->input_error.status == 0)
        keep_alive(live, true);
    if (live_give_back(live, result < 0 ? &later : error) < 0)
        result = -1;
    return result < 0 ? -1 : live_end(live, 0, unknown, error);
}

static int dry_run(struct r3_live *live, struct r3_error *error) {
    if (live_take_input(live, true, error) < 0 || (live->store && live_load_sessions(live, error) < 0) ||
        live_dry_run(live, error) < 0)
        return -1;
    return live->key_refused ? r3_fail(error, R3_PERMISSION, "%s", live->trouble) : live_end(live, 0, 0, error);
}

int r3_live_run(const struct r3_live_options *options, struct r3_store *store, struct r3_kucoin *kucoin,
                struct r3_reader *in, struct r3_writer *out, void (*say)(const char *text), struct r3_error *error) {
    struct r3_live live = { .options = options,
                            .store = store,
                            .kucoin = kucoin,
                            .in = in,
                            .out = out,
                            .say = say,
                            .decoder = r3_decoder_new(),
                            .input_ended = !options->input,
                            .may_send = true,
                            .may_cancel = true,
                            .uncompared = true };
    r3_signals_prepare(options->follow);
    signal(SIGPIPE, SIG_DFL);
    int result = options->dry_run  ? dry_run(&live, error)
                 : options->follow ? run_and_follow(&live, error)
                                   : run_once(&live, error);
    live_forget_orders(&live);
    live_forget_sessions(&live);
    r3_buffer_release(&live.orders);
    r3_buffer_release(&live.cancels);
    r3_buffer_release(&live.added);
    r3_buffer_release(&live.lines);
    free(live.markets);
    free(live.balances);
    r3_decoder_free(live.decoder);
    return result;
}
