/* One order's next action: ask or tell the exchange, decide, commit, write out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/live/check.h"
#include "lib/live/gateway.h"

enum {
    TRY_AGAIN = 1000, /* ms */
    TRY_ACCOUNT_AGAIN = 60 * 1000,
    LEAST_WAIT = 100,
    EXITS_WAIT = 1000,    /* for what an exit or a cancel can do without */
    SIGNED_WITHIN = 5000, /* what a signature's time may be off by */
};

void live_trouble(struct r3_live *live, struct live_order *order, const struct r3_error *error) {
    snprintf(live->trouble, sizeof live->trouble, "%.250s", error->text);
    live->key_refused |= error->status == R3_PERMISSION;
    if (order)
        order->memory.not_before = r3_clock_monotonic() + TRY_AGAIN;
}

int live_times(struct r3_live *live, const struct live_order *order, struct r3_live_times *times,
               struct r3_error *error) {
    *times = (struct r3_live_times) { .monotonic = r3_clock_monotonic(),
                                      .window = live->options->window,
                                      .refresh = order->session->refresh };
    return r3_clock_now(&times->market, error) < 0 ||
                   r3_kucoin_clock(live->kucoin, INT64_MAX, &times->exchange, &times->unsure, error) < 0
               ? -1
               : 0;
}

bool live_is_settled(const struct live_order *order) {
    const struct r3_live_row *row = &order->row;
    if (row->step == R3_LIVE_DONE)
        return true;
    return row->step == R3_LIVE_WORKING && row->order.kind == R3_LIMIT && !row->cancel && order->memory.looks > 0 &&
           !order->memory.unfinished;
}

/* ---- commits ---- */

int live_commit(struct r3_live *live, struct live_order *order, enum r3_live_step step, int64_t attempts,
                struct r3_live_outcome *outcome, struct r3_error *error) {
    struct r3_live_commit commit = { order->session, &order->row, step, attempts, outcome, 0, NULL };
    if (r3_clock_now(&commit.now, error) < 0 || r3_live_store(live->store, &commit, &live->lines, error) < 0)
        return -1;
    return live_write(live, &live->lines, error);
}

int live_notice(struct r3_live *live, struct r3_live_session *session, const char *once, enum r3_level level,
                const char *text, struct r3_error *error) {
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    struct r3_live_commit commit = { .session = session, .outcome = &outcome, .once = once };
    r3_live_tell(&outcome, level, "%s", text);
    int result = r3_clock_now(&commit.now, error);
    if (result == 0)
        result = r3_live_store(live->store, &commit, &live->lines, error);
    if (result == 0)
        result = live_write(live, &live->lines, error);
    r3_live_outcome_release(&outcome);
    return result;
}

/* ---- orders that never leave ---- */

static int end_here(struct r3_live *live, struct live_order *order, enum r3_live_action action, const char *reason,
                    struct r3_error *error) {
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    enum r3_live_step step = order->row.step;
    int64_t now;
    int result = r3_clock_now(&now, error);
    if (result == 0)
        result = action == R3_LIVE_WITHDRAW ? r3_live_withdraw(&order->row, now, &outcome, error)
                 : action == R3_LIVE_EXPIRE ? r3_live_expire(&order->row, now, order->session->refresh, &outcome, error)
                                            : r3_live_reject(&order->row, now, reason, &outcome, error);
    if (result == 0)
        result = live_commit(live, order, step, order->row.attempts, &outcome, error);
    r3_live_outcome_release(&outcome);
    return result;
}

/* ---- orders that somebody else may have sent ---- */

int live_take_seen(struct r3_live *live, struct live_order *order, const struct r3_kucoin_order *seen,
                   struct r3_error *error) {
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    int64_t attempts = order->row.attempts;
    r3_live_send(&order->row, seen->created > 0 ? seen->created : 1);
    order->row.absent = R3_LIVE_EXISTS;
    r3_live_tell(&outcome, R3_WARNING, "order %s was not sent as far as the journal knows, and is at the exchange",
                 order->row.order.id);
    int result = live_commit(live, order, R3_LIVE_INTENT, attempts, &outcome, error);
    r3_live_outcome_release(&outcome);
    return result;
}

/* The journal of a store that was copied back does not know what was sent since: one that was not decided on just now is asked for before
 * anything is done with it. 1: it was never sent; 0: it was, or that is not known now; -1. */
static int ask_first(struct r3_live *live, struct live_order *order, struct r3_error *error) {
    struct r3_kucoin_order seen;
    struct r3_error trouble = { 0 };
    bool found = false;
    if (order->memory.first)
        return 1;
    if (r3_kucoin_order(live->kucoin, order->row.order.market, order->row.order.id, &seen, &found, &trouble) < 0) {
        live_trouble(live, order, &trouble);
        return 0;
    }
    if (found)
        return live_take_seen(live, order, &seen, error);
    order->memory.first = true;
    return 1;
}

/* ---- sending ---- */

/* 1: it may be sent; 0: not now; -1. A refusal is committed. */
static int check_facts(struct r3_live *live, struct live_order *order, struct r3_error *error) {
    struct r3_live_facts facts;
    struct r3_error trouble = { 0 };
    char reason[R3_TEXT_SIZE];
    bool entry = order->row.order.role == R3_ENTRY;
    live_ask_status(live);
    if (!live->may_send) {
        order->memory.not_before = r3_clock_monotonic() + TRY_AGAIN;
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        int64_t asked = live->balances_asked;
        int known = live_facts(live, &order->row.order, order->session, &facts, &trouble);
        if (known < 0) { /* whatever it was: only the order itself can be a reason to end it */
            live_trouble(live, order, &trouble);
            return 0;
        }
        if (known > 0)
            return end_here(live, order, R3_LIVE_SEND, trouble.text, error);
        if (r3_live_check(reason, &order->row.order, &facts))
            return 1;
        if (!entry || asked == 0 || live->balances_asked != asked)
            break;
        live->balances_asked = 0; /* they were a few seconds old: once more with new ones */
    }
    return end_here(live, order, R3_LIVE_SEND, reason, error);
}

/* An exit goes without what is not told soon. */
static int check(struct r3_live *live, struct live_order *order, struct r3_error *error) {
    if (order->row.order.role == R3_ENTRY)
        return check_facts(live, order, error);
    int64_t before = r3_kucoin_set_timeout(live->kucoin, EXITS_WAIT);
    int result = check_facts(live, order, error);
    r3_kucoin_set_timeout(live->kucoin, before);
    return result;
}

/* What the answer changes is committed. */
static int take_answer(struct r3_live *live, struct live_order *order, const struct r3_kucoin_answer *answer,
                       struct r3_error *error) {
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    enum r3_live_step step = order->row.step;
    int64_t now;
    bool changed = false;
    struct r3_error unused;
    int result = r3_clock_now(&now, error);
    /* Told by the exchange's clock: it was placed when it was sent, since its fills may be older than the answer. */
    if (result == 0 && !r3_clock_is_set() && answer->outcome == R3_KUCOIN_DONE)
        now = order->row.sent;
    else if (result == 0 && !r3_clock_is_set() && r3_kucoin_time(live->kucoin, &now, &unused) < 0)
        result = r3_clock_now(&now, error);
    if (result == 0)
        result = r3_live_answered(&order->row, answer, now, &outcome, &changed, error);
    if (result == 0 && changed)
        result = live_commit(live, order, step, order->row.attempts, &outcome, error);
    r3_live_outcome_release(&outcome);
    return result;
}

static void remember_answer(struct r3_live *live, struct live_order *order, const struct r3_kucoin_answer *answer) {
    int64_t wait = answer->wait > LEAST_WAIT ? answer->wait : LEAST_WAIT, now = r3_clock_monotonic();
    order->memory.looks = 0;
    order->memory.unfinished = false;
    if (answer->outcome == R3_KUCOIN_DONE)
        live_spend(live, &order->row.order);
    else
        snprintf(live->trouble, sizeof live->trouble, "%s%s%.200s", answer->code, *answer->code ? ": " : "",
                 answer->text);
    if (answer->outcome != R3_KUCOIN_REFUSED)
        return;
    if (answer->reason == R3_KUCOIN_BUSY)
        order->memory.not_before = now + wait;
    else if (answer->reason == R3_KUCOIN_TIME)
        order->memory.not_before = now + TRY_AGAIN;
    else if (answer->reason == R3_KUCOIN_ACCOUNT) {
        live->account_refused = true;
        order->memory.not_before = now + TRY_ACCOUNT_AGAIN;
    }
}

static int fail_key(const struct r3_kucoin_answer *answer, struct r3_error *error) {
    return r3_fail(error, R3_PERMISSION, "the exchange refuses the key: %s%s%.200s", answer->code,
                   *answer->code ? ": " : "", answer->text);
}

/* It did not leave: so that nobody need look for it. */
static int take_back(struct r3_live *live, struct live_order *order, struct r3_error *error) {
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    enum r3_live_step step = order->row.step;
    r3_live_unsend(&order->row);
    return live_commit(live, order, step, order->row.attempts, &outcome, error);
}

static int place(struct r3_live *live, struct live_order *order, struct r3_error *error) {
    struct r3_kucoin_answer answer = { .outcome = R3_KUCOIN_UNKNOWN };
    struct r3_error trouble = { 0 };
    int64_t sent = order->row.sent;
    if (r3_kucoin_place(live->kucoin, &order->row.order, live->options->window, false, sent, &answer, &trouble) < 0) {
        live_trouble(live, order, &trouble);
        if (take_back(live, order, error) < 0)
            return -1;
        if (trouble.status == R3_BUG || trouble.status == R3_CONFIG || trouble.status == R3_SYSTEM) {
            *error = trouble;
            return -1;
        }
        return 0;
    }
    remember_answer(live, order, &answer);
    if (take_answer(live, order, &answer, error) < 0)
        return -1;
    return answer.outcome == R3_KUCOIN_REFUSED && answer.reason == R3_KUCOIN_KEY ? fail_key(&answer, error) : 0;
}

/* A clock that is off by half of the window is none to say by when an order has arrived. */
static int ask_time(struct r3_live *live, int64_t *sent, struct r3_error *error) {
    int64_t most = live->options->window < SIGNED_WITHIN ? live->options->window : SIGNED_WITHIN, unsure;
    return r3_kucoin_clock(live->kucoin, most / 2, sent, &unsure, error);
}

static int send(struct r3_live *live, struct live_order *order, struct r3_error *error) {
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    struct r3_error trouble = { 0 };
    enum r3_live_step step = order->row.step;
    int64_t attempts = order->row.attempts, sent;
    int checked = check(live, order, error);
    if (checked <= 0)
        return checked;
    if (ask_time(live, &sent, &trouble) < 0) {
        live_trouble(live, order, &trouble);
        return 0;
    }
    r3_live_send(&order->row, sent);
    if (live_commit(live, order, step, attempts, &outcome, error) < 0)
        return -1;
    return place(live, order, error);
}

/* ---- looking ---- */

/* The market's increment tells whether an order by funds has spent them. Without it the least one counts. */
static struct r3_decimal ask_increment(struct r3_live *live, const struct r3_live_row *row,
                                       const struct r3_kucoin_order *order) {
    struct r3_error unused;
    struct live_market *market = live_market(live, row->order.market);
    bool asks = !order->active && !r3_decimal_is_present(&row->order.size);
    return asks && live_ask_rules(live, market, &unused) == 0 ? market->symbol.instrument.base_increment
                                                              : r3_decimal_absent;
}

static int take_found(struct r3_live *live, struct live_order *order, const struct live_look *look,
                      struct r3_error *error) {
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    struct r3_live_found found = { .order = &look->order, .fills = look->fills, .fill_count = look->fill_count };
    enum r3_live_step step = order->row.step;
    bool changed = false;
    order->memory.absent = false;
    int result = r3_clock_now(&found.now, error);
    found.increment = ask_increment(live, &order->row, &look->order);
    found.local = r3_clock_is_set() ? found.now : R3_TIME_ABSENT;
    if (result == 0)
        result = r3_live_found(&order->row, &found, &outcome, &changed, &order->memory.unfinished, error);
    if (result == 0 && changed)
        result = live_commit(live, order, step, order->row.attempts, &outcome, error);
    else if (result == 0 && outcome.notice_count) { /* another order by this name */
        char once[R3_ID_SIZE + 16];
        snprintf(once, sizeof once, "other/%s", order->row.order.id);
        result = live_notice(live, order->session, once, outcome.notices[0].level, outcome.notices[0].text, error);
    }
    r3_live_outcome_release(&outcome);
    return result;
}

static int take_absent(struct r3_live *live, struct live_order *order, const struct live_look *seen,
                       struct r3_error *error) {
    struct r3_live_outcome outcome = R3_LIVE_OUTCOME_INIT;
    enum r3_live_step step = order->row.step;
    bool changed;
    order->memory.unfinished = true;
    order->memory.absent = order->row.step == R3_LIVE_WORKING;
    r3_live_absent(&order->row, seen->began, seen->unsure, live->options->window, &changed);
    if (!changed)
        return 0;
    if (order->row.step == R3_LIVE_INTENT)
        order->memory = (struct r3_live_memory) { .first = true };
    return live_commit(live, order, step, order->row.attempts, &outcome, error);
}

static int look(struct r3_live *live, struct live_order *order, struct r3_error *error) {
    struct r3_error trouble = { 0 };
    struct live_look seen = { .fill_count = 0 };
    int found = live_look(live, &order->row, &seen, &trouble), result = 0;
    order->memory.looks++;
    order->memory.last_look = r3_clock_monotonic();
    if (found < 0) {
        order->memory.unfinished = true;
        live_trouble(live, NULL, &trouble);
    } else {
        result = found > 0 ? take_found(live, order, &seen, error) : take_absent(live, order, &seen, error);
    }
    free(seen.fills);
    return result;
}

/* ---- cancelling ---- */

static int cancel(struct r3_live *live, struct live_order *order, struct r3_error *error) {
    struct r3_kucoin_answer answer = { .outcome = R3_KUCOIN_UNKNOWN };
    struct r3_error trouble = { 0 };
    int64_t before = r3_kucoin_set_timeout(live->kucoin, EXITS_WAIT);
    live_ask_status(live);
    r3_kucoin_set_timeout(live->kucoin, before);
    order->memory.looks = 0; /* whatever the answer: what became of it is seen by looking */
    order->memory.cancel_asked = r3_clock_monotonic();
    if (!live->may_cancel)
        return 0;
    if (r3_kucoin_cancel(live->kucoin, order->row.order.market, order->row.order.id, &answer, &trouble) < 0) {
        live_trouble(live, NULL, &trouble);
        return 0;
    }
    if (answer.outcome != R3_KUCOIN_REFUSED)
        return 0;
    if (answer.reason == R3_KUCOIN_KEY)
        return fail_key(&answer, error);
    if (answer.reason == R3_KUCOIN_BUSY) {
        order->memory.cancel_asked = 0;
        order->memory.not_before = r3_clock_monotonic() + (answer.wait > LEAST_WAIT ? answer.wait : LEAST_WAIT);
    }
    return 0;
}

int live_act(struct r3_live *live, struct live_order *order, enum r3_live_action action, struct r3_error *error) {
    int first = order->row.step == R3_LIVE_INTENT ? ask_first(live, order, error) : 1;
    if (first <= 0)
        return first;
    switch (action) {
    case R3_LIVE_WITHDRAW:
    case R3_LIVE_EXPIRE:
        return end_here(live, order, action, "", error);
    case R3_LIVE_SEND:
        return send(live, order, error);
    case R3_LIVE_LOOK:
        return look(live, order, error);
    case R3_LIVE_CANCEL:
        return cancel(live, order, error);
    default:
        return 0;
    }
}
