/* The journal against what the exchange lists, both ways; and the allotments of the sessions against the balances. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/live/check.h"
#include "lib/live/gateway.h"
#include "lib/market/market_name.h"
#include "lib/trade/ledger.h"

enum {
    FIRST_REACH = 72 * 3600 * 1000, /* ms: its lists of orders go back no further, or little */
    OVERLAP = 60 * 1000,
    COMPARED_LASTS = 60 * 1000,
    COMPARE_AGAIN = 5000
};

/* The last digit of sums that the exchange rounds, and we do not. */
static const struct r3_decimal SLACK = { 1, 6 };

struct listed {
    struct r3_kucoin_order *orders;
    size_t order_count;
    struct r3_kucoin_fill *fills;
    size_t fill_count;
};

static int take_order(const struct r3_kucoin_order *order, void *context, struct r3_error *error) {
    struct listed *listed = context;
    (void)error;
    listed->orders = r3_reallocate(listed->orders, (listed->order_count + 1) * sizeof *listed->orders);
    listed->orders[listed->order_count++] = *order;
    return 0;
}

static int take_fill(const struct r3_kucoin_fill *fill, void *context, struct r3_error *error) {
    struct listed *listed = context;
    (void)error;
    listed->fills = r3_reallocate(listed->fills, (listed->fill_count + 1) * sizeof *listed->fills);
    listed->fills[listed->fill_count++] = *fill;
    return 0;
}

/* Who hears of what concerns a market and no order of ours: the first session there whose lease we have. */
static struct r3_live_session *listener(const struct r3_live *live, const char *market) {
    for (size_t i = 0; i < live->session_count; i++)
        if (live->sessions[i].epoch && strcmp(live->sessions[i].market, market) == 0)
            return &live->sessions[i];
    for (size_t i = 0; i < live->session_count; i++)
        if (live->sessions[i].epoch)
            return &live->sessions[i];
    return NULL;
}

static struct r3_live_session *session_of(const struct r3_live *live, const char *id) {
    for (size_t i = 0; i < live->session_count; i++)
        if (live->sessions[i].epoch && strcmp(live->sessions[i].id, id) == 0)
            return &live->sessions[i];
    return NULL;
}

static struct live_order *at_work(const struct r3_live *live, const char *id) {
    for (size_t i = 0; i < live->order_count; i++)
        if (strcmp(live->at_work[i].row.order.id, id) == 0)
            return &live->at_work[i];
    return NULL;
}

static int tell(struct r3_live *live, struct r3_live_session *session, const char *kind, const char *id,
                enum r3_level level, const char *text, struct r3_error *error) {
    char once[R3_NAME_SIZE + 32];
    snprintf(once, sizeof once, "%s/%s", kind, id);
    return session ? live_notice(live, session, once, level, text, error) : 0;
}

static int tell_foreign(struct r3_live *live, const struct r3_kucoin_order *order, struct r3_error *error) {
    char text[R3_TEXT_SIZE];
    snprintf(text, sizeof text, "order %s%s%s of %s works at the exchange and is none of ours: left alone",
             order->exchange_id, *order->id ? " named " : "", order->id, order->market);
    return tell(live, listener(live, order->market), "foreign", order->exchange_id, R3_INFO, text, error);
}

/* One that is over here. */
static int compare_done(struct r3_live *live, const struct r3_live_row *row, const struct r3_kucoin_order *order,
                        struct r3_error *error) {
    char text[R3_TEXT_SIZE], here[R3_DECIMAL_TEXT_SIZE], there[R3_DECIMAL_TEXT_SIZE];
    if (!order->active && r3_decimal_equal(&row->filled, &order->filled))
        return 0;
    r3_decimal_format(here, &row->filled);
    r3_decimal_format(there, &order->filled);
    snprintf(text, sizeof text,
             "order %s is over in the journal, with %s filled; the exchange has %s filled, and it %s", row->order.id,
             here, there, order->active ? "works" : "is over");
    return tell(live, session_of(live, row->order.session), "differs", row->order.id, R3_ERROR, text, error);
}

/* The session that an order is named for, where we have its lease. */
static struct r3_live_session *named_for(const struct r3_live *live, const char *id) {
    for (size_t i = 0; i < live->session_count; i++) {
        const size_t length = strlen(live->sessions[i].id);
        if (live->sessions[i].epoch && strncmp(id, live->sessions[i].id, length) == 0 && id[length] == '-')
            return &live->sessions[i];
    }
    return NULL;
}

/* One that the journal does not have. A session whose name it bears has placed it, and knows nothing of it: an older backup was restored. What
 * it holds is not what the store says, so nothing is bought until somebody has looked. */
static int compare_unknown(struct r3_live *live, const struct r3_kucoin_order *order, struct r3_error *error) {
    struct r3_live_session *session = named_for(live, order->id);
    char text[R3_TEXT_SIZE], filled[R3_DECIMAL_TEXT_SIZE];
    if (!session)
        return order->active ? tell_foreign(live, order, error) : 0;
    if (!order->active && r3_decimal_is_zero(&order->filled))
        return 0;
    r3_decimal_format(filled, &order->filled);
    snprintf(text, sizeof text,
             "order %s is the session's and not in the store: an older one was restored; %s filled%s; no entries",
             order->id, filled, order->active ? ", works" : "");
    snprintf(live->trouble, sizeof live->trouble, "%s", text);
    session->unaccounted = true;
    return tell(live, session, "unaccounted", order->id, R3_ERROR, text, error);
}

static int compare_order(struct r3_live *live, const struct r3_kucoin_order *order, struct r3_error *error) {
    struct live_order *known = *order->id ? at_work(live, order->id) : NULL;
    struct r3_live_row row;
    bool found = false;
    if (known && known->row.step == R3_LIVE_INTENT)
        return live_take_seen(live, known, order, error);
    if (known)
        return 0; /* it is looked at anyway */
    if (*order->id && r3_live_find(&row, &found, live->store, order->id, NULL, error) < 0)
        return -1;
    if (!found)
        return compare_unknown(live, order, error);
    int result = row.step == R3_LIVE_DONE ? compare_done(live, &row, order, error) : 0;
    r3_live_row_release(&row);
    return result;
}

static int compare_fill(struct r3_live *live, const struct r3_kucoin_fill *fill, struct r3_error *error) {
    struct r3_live_row row;
    char text[R3_TEXT_SIZE];
    bool found = false, told = false;
    if (r3_live_find(&row, &found, live->store, NULL, fill->exchange_id, error) < 0)
        return -1;
    if (!found)
        return 0;
    for (size_t i = 0; i < row.fill_count; i++)
        told |= strcmp(row.fills[i], fill->id) == 0;
    int result = 0;
    if (!told && row.step == R3_LIVE_DONE) {
        snprintf(text, sizeof text, "order %s is over in the journal, and the exchange has a fill %s of it more",
                 row.order.id, fill->id);
        result = tell(live, session_of(live, row.order.session), "fill", fill->id, R3_ERROR, text, error);
    }
    r3_live_row_release(&row);
    return result;
}

static bool is_ours(const struct r3_live_session *session, const char *market) {
    return session->epoch && strcmp(session->market, market) == 0;
}

/* From where on the sessions of a market that we have the lease of want to hear: what concerns others is for the runs of these. */
static int reach_of(struct r3_live *live, const char *market, int64_t now, int64_t *since, struct r3_error *error) {
    *since = now;
    for (size_t i = 0; i < live->session_count; i++) {
        int64_t reach;
        if (!is_ours(&live->sessions[i], market))
            continue;
        if (r3_live_reconciled(live->store, &live->sessions[i], &reach, error) < 0)
            return -1;
        if (reach == R3_TIME_ABSENT || reach - OVERLAP < now - FIRST_REACH)
            reach = now - FIRST_REACH + OVERLAP;
        if (reach - OVERLAP < *since)
            *since = reach - OVERLAP;
    }
    return 0;
}

/* With one that is unaccounted for it is as if that were long ago, so that each run looks, and finds it again. */
static int set_reach(struct r3_live *live, const char *market, int64_t now, struct r3_error *error) {
    for (size_t i = 0; i < live->session_count; i++) {
        struct r3_live_session *session = &live->sessions[i];
        if (!is_ours(session, market))
            continue;
        if (r3_live_set_reconciled(live->store, session, session->unaccounted ? 0 : now, error) < 0)
            return -1;
        session->uncompared = false;
    }
    return 0;
}

static int reconcile_market(struct r3_live *live, const char *market, int64_t now, struct r3_error *error) {
    struct listed listed = { 0 };
    struct r3_error trouble = { 0 };
    int64_t since;
    int result = reach_of(live, market, now, &since, error);
    if (result < 0)
        return -1;
    bool asked = r3_kucoin_active(live->kucoin, market, take_order, &listed, &trouble) == 0 &&
                 r3_kucoin_over(live->kucoin, market, since, take_order, &listed, &trouble) == 0 &&
                 r3_kucoin_fills(live->kucoin, market, NULL, since, take_fill, &listed, &trouble) == 0;
    if (!asked)
        live_trouble(live, NULL, &trouble);
    for (size_t i = 0; asked && result == 0 && i < listed.order_count; i++)
        result = compare_order(live, &listed.orders[i], error);
    for (size_t i = 0; asked && result == 0 && i < listed.fill_count; i++)
        result = compare_fill(live, &listed.fills[i], error);
    if (asked && result == 0)
        result = set_reach(live, market, now, error);
    free(listed.orders);
    free(listed.fills);
    return result;
}

/* ---- allotments ---- */

/* What sessions own of a currency by what was told, and what orders that work, or may, may have taken of it untold. */
struct total {
    char currency[R3_CURRENCY_SIZE];
    struct r3_decimal sum, open;
};
struct totals {
    struct total *list;
    size_t count;
};

static struct total *total_of(struct totals *totals, const char *currency) {
    for (size_t i = 0; i < totals->count; i++)
        if (strcmp(totals->list[i].currency, currency) == 0)
            return &totals->list[i];
    totals->list = r3_reallocate(totals->list, (totals->count + 1) * sizeof *totals->list);
    struct total *total = &totals->list[totals->count++];
    *total = (struct total) { .sum = r3_decimal_zero, .open = r3_decimal_zero };
    snprintf(total->currency, sizeof total->currency, "%s", currency);
    return total;
}

static int add_to(struct r3_decimal *sum, const struct r3_decimal *amount, struct r3_error *error) {
    return r3_decimal_add(sum, sum, amount, error);
}

static int add_holdings(struct totals *totals, const struct r3_live_session *session, struct r3_error *error) {
    char base[R3_CURRENCY_SIZE], quote[R3_CURRENCY_SIZE];
    if (add_to(&total_of(totals, session->currency)->sum, &session->cash, error) < 0)
        return -1;
    for (size_t i = 0; i < session->holding_count; i++)
        if (r3_market_split(base, quote, session->holdings[i].market) == 0 &&
            add_to(&total_of(totals, base)->sum, &session->holdings[i].size, error) < 0)
            return -1;
    return 0;
}

/* A purchase may have taken its rest, and a fee that is surely below a hundredth; a sale what it did not sell yet. */
static int add_open(struct r3_live *live, struct totals *totals, const struct r3_live_row *row,
                    struct r3_error *error) {
    static const struct r3_decimal with_fee = { 101, 2 };
    char base[R3_CURRENCY_SIZE], quote[R3_CURRENCY_SIZE];
    const struct r3_order *order = &row->order;
    struct r3_decimal rest;
    if (r3_market_split(base, quote, order->market) < 0)
        return 0;
    if (order->side == R3_SELL)
        return r3_decimal_subtract(&rest, &order->size, &row->filled, error) < 0 ||
                       add_to(&total_of(totals, base)->open, &rest, error) < 0
                   ? -1
                   : 0;
    if (r3_live_value(&rest, order, &live_market(live, order->market)->price, error) < 0)
        return -1;
    if (!r3_decimal_is_present(&rest))
        return 0;
    return r3_decimal_subtract(&rest, &rest, &row->cost, error) < 0 ||
                   r3_decimal_multiply_round(&rest, &rest, &with_fee, R3_LEDGER_SCALE, R3_ROUND_UP, error) < 0 ||
                   add_to(&total_of(totals, quote)->open, &rest, error) < 0
               ? -1
               : 0;
}

static int add_session(struct r3_live *live, struct totals *totals, struct r3_live_session *session,
                       struct r3_error *error) {
    struct r3_live_row *rows = NULL;
    size_t count = 0;
    int result = r3_live_rows(&rows, &count, live->store, session->id, error);
    if (result == 0)
        result = r3_live_book(live->store, session, error);
    if (result == 0)
        result = add_holdings(totals, session, error);
    for (size_t i = 0; i < count; i++) {
        /* Nobody else sends what waits in a session that is ours. */
        if (result == 0 && (rows[i].step != R3_LIVE_INTENT || session->epoch == 0))
            result = add_open(live, totals, &rows[i], error);
        r3_live_row_release(&rows[i]);
    }
    free(rows);
    return result;
}

static int tell_dust(struct r3_live *live, struct r3_live_session *session, struct r3_error *error) {
    char text[R3_TEXT_SIZE], size[R3_DECIMAL_TEXT_SIZE], minimum[R3_DECIMAL_TEXT_SIZE], id[R3_MARKET_SIZE + 48];
    for (size_t i = 0; i < session->holding_count; i++) {
        const struct r3_live_holding *holding = &session->holdings[i];
        const struct live_market *market = live_market(live, holding->market);
        const struct r3_decimal *least = &market->symbol.instrument.minimum_size;
        if (market->rules_asked == 0 || !r3_decimal_is_positive(&holding->size) ||
            !r3_decimal_is_less(&holding->size, least))
            continue;
        r3_decimal_format(size, &holding->size);
        r3_decimal_format(minimum, least);
        snprintf(text, sizeof text, "the session holds %s of %s: dust, below the minimum of %s", size, holding->market,
                 minimum);
        snprintf(id, sizeof id, "%s/%s", holding->market, size);
        if (tell(live, session, "dust", id, R3_INFO, text, error) < 0)
            return -1;
    }
    return 0;
}

static bool takes_part(const struct r3_live_session *session) {
    return strcmp(session->state, "STOPPED") != 0 && strcmp(session->state, "CREATED") != 0;
}

/* Those of all live sessions: also of those that others run. */
static int add_sessions(struct r3_live *live, struct totals *totals, struct r3_error *error) {
    struct r3_live_session *sessions = NULL;
    size_t count = 0;
    int result = r3_live_sessions(&sessions, &count, live->store, NULL, error);
    for (size_t i = 0; result == 0 && i < count; i++) {
        struct r3_live_session *own = session_of(live, sessions[i].id), *session = own ? own : &sessions[i];
        if (takes_part(session))
            result = add_session(live, totals, session, error);
        if (result == 0 && own && takes_part(own))
            result = tell_dust(live, own, error);
    }
    for (size_t i = 0; i < count; i++)
        r3_live_session_release(&sessions[i]);
    free(sessions);
    return result;
}

enum { OVERDRAWN, FITS, UNKNOWN };

/* Or -1. */
static int fits(struct r3_live *live, const struct total *total, struct r3_error *error) {
    const struct live_balance *balance = live_balance(live, total->currency);
    struct r3_error trouble = { 0 };
    struct r3_decimal most;
    if (!r3_decimal_is_present(&balance->total)) {
        live_fail_balance(total->currency, &trouble);
        live_trouble(live, NULL, &trouble);
        return UNKNOWN;
    }
    if (r3_decimal_add(&most, &balance->total, &SLACK, error) < 0 ||
        r3_decimal_add(&most, &most, &total->open, error) < 0)
        return -1;
    return r3_decimal_is_less(&most, &total->sum) ? OVERDRAWN : FITS;
}

static int tell_overdrawn(struct r3_live *live, const struct total *total, struct r3_error *error) {
    char text[R3_TEXT_SIZE], wanted[R3_DECIMAL_TEXT_SIZE], there[R3_DECIMAL_TEXT_SIZE];
    struct r3_live_session *session = listener(live, "");
    struct r3_decimal sum = total->sum;
    r3_decimal_normalize(&sum);
    r3_decimal_format(wanted, &sum);
    r3_decimal_format(there, &live_balance(live, total->currency)->total);
    snprintf(text, sizeof text, "the live sessions own %s %s, and the account has %s: no entries until that fits",
             wanted, total->currency, there);
    snprintf(live->trouble, sizeof live->trouble, "%s", text);
    return session ? live_notice(live, session, NULL, R3_ERROR, text, error) : 0;
}

/* What is owned is read ahead of the balances, so that what is told meanwhile makes these no smaller than it. *wrong: the first that does
 * not fit. OVERDRAWN where one surely does not; UNKNOWN where that can be said of none, and not that all do; or -1. */
static int compare_once(struct r3_live *live, struct total *wrong, struct r3_error *error) {
    struct totals totals = { 0 };
    struct r3_error trouble = { 0 };
    int result = add_sessions(live, &totals, error) < 0 ? -1 : FITS;
    live->balances_asked = 0;
    if (result == FITS && live_ask_balances(live, &trouble) < 0) {
        live_trouble(live, NULL, &trouble);
        result = UNKNOWN;
        totals.count = 0;
    }
    for (size_t i = 0; result > OVERDRAWN && i < totals.count; i++) {
        int one = fits(live, &totals.list[i], error);
        result = one == FITS ? result : one;
        *wrong = totals.list[i];
    }
    free(totals.list);
    return result;
}

/* Twice, since an order of another run may come in between. Where it cannot be said, it stays what it was, and no entry goes either. */
int live_compare(struct r3_live *live, struct r3_error *error) {
    struct total wrong;
    int result = compare_once(live, &wrong, error);
    if (result == OVERDRAWN)
        result = compare_once(live, &wrong, error);
    if (result < 0)
        return -1;
    bool before = live->overdrawn;
    live->compare_next = r3_clock_monotonic() + (result == FITS ? COMPARED_LASTS : COMPARE_AGAIN);
    live->uncompared = result == UNKNOWN;
    if (result != UNKNOWN)
        live->overdrawn = result == OVERDRAWN;
    return live->overdrawn && !before ? tell_overdrawn(live, &wrong, error) : 0;
}

/* ---- both ---- */

/* 1, 0, or -1. */
static int is_due(struct r3_live *live, const char *market, int64_t now, struct r3_error *error) {
    for (size_t i = 0; i < live->session_count; i++) {
        int64_t last;
        if (!is_ours(&live->sessions[i], market))
            continue;
        if (live->options->reconcile_now)
            return 1;
        if (live->sessions[i].unaccounted && r3_clock_monotonic() < live->compare_next)
            continue; /* this process knows already */
        if (r3_live_reconciled(live->store, &live->sessions[i], &last, error) < 0)
            return -1;
        if (last == R3_TIME_ABSENT || now - last >= live->options->reconcile || last > now)
            return 1;
    }
    return 0;
}

int live_reconcile(struct r3_live *live, bool entries, struct r3_error *error) {
    struct r3_error trouble = { 0 };
    int64_t now;
    bool any = false;
    if (r3_kucoin_time(live->kucoin, &now, &trouble) < 0) {
        live_trouble(live, NULL, &trouble);
        return 0;
    }
    for (size_t i = 0; i < live->session_count; i++) {
        const char *market = live->sessions[i].market;
        int due = live_is_first_of_market(live, i) ? is_due(live, market, now, error) : 0;
        if (due < 0)
            return -1;
        if (!due)
            continue;
        any = true;
        live_ask_rules(live, live_market(live, market), &trouble);
        if (reconcile_market(live, market, now, error) < 0)
            return -1;
    }
    return any || (entries && r3_clock_monotonic() >= live->compare_next) ? live_compare(live, error) : 0;
}
