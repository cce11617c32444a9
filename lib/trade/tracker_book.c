/* What the tracker knows: sessions, markets and their prices, positions as their trades made them.
 *
 * A position is a ledger of one market that begins with no cash. So its cash is all that its trades paid and earned, fees
 * included; cash + size x price is its whole result so far, and the same sum at midnight gives the day's. A fill is often
 * learned candles later: one that happened before the last midnight is booked into the midnight's figures too. */

#include "lib/base/buffer.h"
#include "lib/trade/tracker_private.h"

enum { MONEY_SCALE = 14 };
/* What is called once, but kept out of its caller, since that does not need its registers and its stack. */
#define APART __attribute__((noinline))

struct r3_tracker *r3_tracker_new(const struct r3_tracker_options *options, const struct r3_tracker_outlet *outlet) {
    struct r3_tracker *tracker = r3_allocate(sizeof *tracker);
    tracker->options = *options;
    tracker->outlet = *outlet;
    r3_tracker_end_init(tracker);
    return tracker;
}

void r3_tracker_forget_sessions(struct r3_tracker *tracker) {
    for (size_t i = 0; i < tracker->session_count; i++) {
        free(tracker->sessions[i]->stops);
        free(tracker->sessions[i]->peaks);
        free(tracker->sessions[i]);
    }
    tracker->session_count = 0;
}

void r3_tracker_free(struct r3_tracker *tracker) {
    if (!tracker)
        return;
    r3_tracker_forget_sessions(tracker);
    for (size_t i = 0; i < tracker->market_count; i++)
        free(tracker->markets[i]);
    for (size_t i = 0; i < tracker->position_count; i++) {
        r3_ledger_release(&tracker->positions[i]->ledger);
        free(tracker->positions[i]);
    }
    free(tracker->told.trades);
    free(tracker->sessions);
    free(tracker->markets);
    free(tracker->positions);
    free(tracker);
}

/* Room for one more pointer in an array that grows by doubling from 4. */
static void *grown(void *array, size_t count) {
    bool full = count == 0 || (count >= 4 && (count & (count - 1)) == 0);
    return full ? r3_reallocate(array, (count ? 2 * count : 4) * sizeof(void *)) : array;
}

static const struct r3_tracker_block no_block = { R3_TIME_ABSENT, R3_TIME_ABSENT };

static struct r3_tracker_session *add_session(struct r3_tracker *tracker, const char *name) {
    struct r3_tracker_session *session = r3_allocate(sizeof *session);
    r3_copy_text(session->name, sizeof session->name, name, strlen(name));
    session->key = r3_name_key_of(session->name);
    session->equity = session->available = session->first_equity = session->peak_equity = r3_decimal_absent;
    session->stop_block = session->drawdown_block = no_block;
    session->last_close = session->fallen_since = R3_TIME_ABSENT;
    r3_tracker_set_alarm(tracker);
    session->total_win = session->total_loss = session->average_win = session->average_loss = r3_decimal_zero;
    tracker->sessions = grown(tracker->sessions, tracker->session_count);
    return tracker->sessions[tracker->session_count++] = session;
}

struct r3_tracker_session *r3_tracker_find_session(struct r3_tracker *tracker, const char *name) {
    for (size_t i = 0; i < tracker->session_count; i++)
        if (r3_same_name(tracker->sessions[i]->name, name))
            return tracker->sessions[i];
    return add_session(tracker, name);
}

struct r3_tracker_market *r3_tracker_find_market(struct r3_tracker *tracker, const char *name) {
    if (tracker->last && r3_same_name(tracker->last->name, name))
        return tracker->last;
    for (size_t i = 0; i < tracker->market_count; i++)
        if (r3_same_name(tracker->markets[i]->name, name))
            return tracker->markets[i];
    struct r3_tracker_market *market = r3_allocate(sizeof *market);
    r3_copy_text(market->name, sizeof market->name, name, strlen(name));
    const char *dash = strrchr(market->name, '-');
    market->quoted = dash != NULL;
    if (dash)
        r3_copy_text(market->quote, sizeof market->quote, dash + 1, strlen(dash + 1));
    market->key = r3_name_key_of(market->name);
    market->quote_key = r3_name_key_of(market->quote);
    market->price = market->midnight = r3_decimal_absent;
    market->closed = market->closed_before = market->day = R3_TIME_ABSENT;
    tracker->markets = grown(tracker->markets, tracker->market_count);
    return tracker->markets[tracker->market_count++] = market;
}

struct r3_tracker_position *r3_tracker_find_position(struct r3_tracker *tracker, struct r3_tracker_session *session,
                                                     struct r3_tracker_market *market) {
    for (size_t i = 0; i < tracker->position_count; i++)
        if (tracker->positions[i]->session == session && tracker->positions[i]->market == market)
            return tracker->positions[i];
    struct r3_tracker_position *position = r3_allocate(sizeof *position);
    struct r3_error never;
    position->session = session;
    position->market = market;
    r3_ledger_init(&position->ledger, &r3_decimal_zero, &never);
    position->size = position->flat_cash = position->midnight_cash = position->midnight_size = r3_decimal_zero;
    position->signal_time = position->opened = R3_TIME_ABSENT;
    position->cooldown = no_block;
    position->levels = (struct r3_tracker_levels) { r3_decimal_absent, r3_decimal_absent, r3_decimal_absent,
                                                    r3_decimal_absent, R3_TIME_ABSENT };
    tracker->positions = grown(tracker->positions, tracker->position_count);
    return tracker->positions[tracker->position_count++] = position;
}

struct r3_tracker_position *r3_tracker_find_named(struct r3_tracker *tracker, const char *session, const char *market) {
    struct r3_tracker_session *owner = r3_tracker_find_session(tracker, session);
    return tracker->latest = r3_tracker_find_position(tracker, owner, r3_tracker_find_market(tracker, market));
}

void r3_tracker_begin_day(struct r3_tracker *tracker, struct r3_tracker_market *market, int64_t time,
                          const struct r3_decimal *price) {
    market->day = time - time % R3_DAY;
    market->midnight = *price;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        if (position->market != market)
            continue;
        position->midnight_cash = position->ledger.cash;
        position->midnight_size = position->size;
        position->midnight_known = false;
    }
}

void r3_tracker_mark(struct r3_tracker *tracker, struct r3_tracker_market *market, int64_t time,
                     const struct r3_decimal *price) {
    if (market->day == R3_TIME_ABSENT || time - market->day >= R3_DAY) {
        bool at_midnight = time % R3_DAY == 0 || !r3_decimal_is_present(&market->price);
        r3_tracker_begin_day(tracker, market, time, at_midnight ? price : &market->price);
    } else if (time <=
               market->day) { /* another market's record began the day ahead of this one's last candle before it */
        market->midnight = *price;
        for (size_t i = 0; i < tracker->position_count; i++)
            if (tracker->positions[i]->market == market)
                tracker->positions[i]->midnight_known = false;
    }
    market->price = *price;
}

int r3_tracker_value(struct r3_decimal *out, const struct r3_decimal *size, const struct r3_decimal *price,
                     struct r3_error *error) {
    struct r3_decimal absolute;
    r3_decimal_absolute(&absolute, size);
    return r3_ledger_cost(out, price, &absolute, error);
}

static int add_result(struct r3_tracker_session *session, const struct r3_decimal *result, struct r3_error *error) {
    int sign = r3_decimal_sign(result);
    if (sign == 0)
        return 0;
    struct r3_decimal *total = sign > 0 ? &session->total_win : &session->total_loss;
    struct r3_decimal count = r3_decimal_from_integer(sign > 0 ? ++session->wins : ++session->losses), absolute;
    r3_decimal_absolute(&absolute, result);
    return r3_decimal_add(total, total, &absolute, error) < 0 ||
                   r3_decimal_divide_round(sign > 0 ? &session->average_win : &session->average_loss, total, &count,
                                           MONEY_SCALE, R3_ROUND_HALF_EVEN, error) < 0
               ? -1
               : 0;
}

int r3_tracker_count_result(const struct r3_tracker *tracker, struct r3_tracker_position *position, int64_t time,
                            enum r3_role role, struct r3_error *error) {
    struct r3_decimal result, flat_cash = position->ledger.cash;
    if (!r3_decimal_is_zero(&position->size)) { /* dust: it keeps its cost */
        const struct r3_ledger_position *held = r3_tracker_held(position);
        if (r3_decimal_add(&flat_cash, &flat_cash, &held->cost, error) < 0)
            return -1;
    }
    if (r3_decimal_subtract(&result, &flat_cash, &position->flat_cash, error) < 0)
        return -1;
    position->flat_cash = flat_cash;
    if (add_result(position->session, &result, error) < 0)
        return -1;
    return tracker->guards || tracker->ends ? r3_tracker_note_result(tracker, position, &result, time, role, error) : 0;
}

/* The first fill of an entry begins a position: its number and its levels are the entry's from here on. A trailing stop alone
 * begins behind the price of that fill. */
static int begin_position(struct r3_tracker_position *position, const struct r3_trade *trade, struct r3_error *error) {
    struct r3_tracker_levels *levels = &position->levels;
    position->number = position->entry.number;
    *levels = position->entry.levels;
    position->opened = trade->time;
    position->entered = position->entry.kind;
    memset(position->attempts, 0, sizeof position->attempts);
    if (r3_decimal_is_present(&levels->stop) || !r3_decimal_is_present(&levels->trail))
        return 0;
    return (trade->side == R3_BUY ? r3_decimal_subtract : r3_decimal_add)(&levels->stop, &trade->price, &levels->trail,
                                                                          error);
}

/* Whether the fee is in the market's quote currency; a name without '-' tells nothing. */
static bool is_quote_fee(const struct r3_tracker_market *market, const struct r3_trade *trade) {
    return r3_name_has_key(trade->fee_currency, &market->quote_key) || !market->quoted ||
           strcmp(market->quote, trade->fee_currency) == 0 || r3_decimal_is_zero(&trade->fee);
}

/* Book the trade into the position's ledger. */
static inline int book(struct r3_tracker_position *position, const struct r3_trade *trade, struct r3_error *error) {
    const struct r3_decimal *fee = &trade->fee;
    struct r3_decimal cost;
    if (!is_quote_fee(position->market, trade)) {
        fee = &r3_decimal_zero;
        position->foreign_fee = true;
    }
    if (r3_ledger_cost(&cost, &trade->price, &trade->size, error) < 0)
        return -1;
    r3_decimal_raise_scale(&cost, position->ledger.cash.scale);
    if (!position->ledger.count)
        r3_ledger_add(&position->ledger, position->market->name);
    struct r3_ledger_position *held = position->ledger.positions; /* its only one */
    if (r3_ledger_fill_position(&position->ledger, held, trade->side, &trade->size, &cost, fee, error) < 0)
        return -1;
    position->size = held->size;
    position->changed = true;
    return 0;
}

/* What the ledger knows, added to the figures of midnight or taken from them. */
APART static int move_midnight(struct r3_tracker_position *position, bool add, struct r3_error *error) {
    const struct r3_decimal *cash = &position->ledger.cash, *size = &position->size;
    struct r3_decimal *midnight_cash = &position->midnight_cash, *midnight_size = &position->midnight_size;
    position->midnight_known = false;
    if (add)
        return r3_decimal_add(midnight_cash, midnight_cash, cash, error) < 0
                   ? -1
                   : r3_decimal_add(midnight_size, midnight_size, size, error);
    return r3_decimal_subtract(midnight_cash, midnight_cash, cash, error) < 0
               ? -1
               : r3_decimal_subtract(midnight_size, midnight_size, size, error);
}

APART static int on_trade(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    const struct r3_trade *trade = &record->trade;
    if (tracker->told.begun && r3_tracker_came_before(tracker, trade))
        return 0;
    struct r3_tracker_position *position = r3_tracker_position_of(tracker, trade->session, trade->market);
    struct r3_tracker_market *market = position->market;
    if (market->day == R3_TIME_ABSENT || trade->time - market->day >= R3_DAY)
        r3_tracker_begin_day(tracker, market, trade->time,
                             r3_decimal_is_present(&market->price) ? &market->price : &trade->price);

    const bool held = r3_tracker_holds(position),
               late = trade->time < market->day; /* late: learned today, done before */
    if ((late && move_midnight(position, false, error) < 0) || book(position, trade, error) < 0 ||
        (late && move_midnight(position, true, error) < 0))
        return -1;
    if (trade->role == R3_ENTRY) {
        position->dust = false;
        if (!held && r3_same_id(trade->order, position->entry.id) && begin_position(position, trade, error) < 0)
            return -1;
    }
    if (!r3_decimal_is_zero(&position->size))
        return 0;
    bool counted = position->dust; /* what was left as dust is gone too: its result was counted before */
    position->dust = false;
    return counted ? 0 : r3_tracker_count_result(tracker, position, trade->time, trade->role, error);
}

/* Whether the update tells the end of this order. */
static bool ends(struct r3_tracker_order *order, const struct r3_update *update) {
    if (!order->working || !r3_same_id(order->id, update->order))
        return false;
    order->working = order->cancelling = false;
    return true;
}

APART static int on_update(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    const struct r3_update *update = &record->update;
    if (update->status == R3_OPENED)
        return 0;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        if (ends(&position->entry, update))
            return 0;
        if (!ends(&position->exit, update))
            continue;
        bool dust = update->event == R3_EVENT_REJECTED && strncmp(update->reason, "dust", 4) == 0;
        if (!dust || !r3_tracker_holds(position))
            return 0;
        position->dust = position->changed = true;
        return r3_tracker_count_result(tracker, position, update->time, position->exit.role, error);
    }
    return 0;
}

APART static int on_account(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    (void)error;
    const struct r3_account *account = &record->account;
    struct r3_tracker_session *session = tracker->latest ? tracker->latest->session : NULL;
    if (!session || !r3_name_has_key(account->session, &session->key))
        session = r3_tracker_find_session(tracker, account->session);
    session->equity = account->equity;
    if (!r3_decimal_is_present(&session->first_equity))
        session->first_equity = account->equity;
    session->available = account->available;
    return 0;
}

int r3_tracker_update(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    switch (record->type) {
    case R3_ACCOUNT:
        return on_account(tracker, record, error);
    case R3_UPDATE:
        return on_update(tracker, record, error);
    case R3_TRADE:
        return on_trade(tracker, record, error);
    default:
        return 0;
    }
}

int r3_tracker_emit_position(struct r3_tracker *tracker, struct r3_tracker_position *position, struct r3_error *error) {
    const struct r3_ledger_position *held = r3_tracker_held(position);
    struct r3_position *out = &tracker->out.position;
    position->changed = false;
    if (!held)
        return 0; /* nothing was ever filled */
    int sign = r3_decimal_sign(&held->size);
    r3_record_init(&tracker->out, R3_POSITION);
    r3_copy_text(out->session, sizeof out->session, position->session->name, strlen(position->session->name));
    r3_copy_text(out->market, sizeof out->market, position->market->name, strlen(position->market->name));
    out->time = tracker->now;
    out->side = !r3_tracker_holds(position) ? R3_FLAT : sign < 0 ? R3_SHORT : R3_LONG;
    r3_decimal_absolute(&out->size, &held->size);
    r3_decimal_absolute(&out->cost, &held->cost);
    out->entry_price = r3_decimal_zero;
    out->price = r3_decimal_is_present(&position->market->price) ? position->market->price : r3_decimal_zero;
    if (sign != 0 &&
        r3_decimal_divide_round(&out->entry_price, &out->cost, &out->size, MONEY_SCALE, R3_ROUND_HALF_EVEN, error) < 0)
        return -1;
    if (r3_tracker_value(&out->value, &held->size, &out->price, error) < 0 ||
        r3_decimal_subtract(&out->unrealized_pnl, sign < 0 ? &out->cost : &out->value,
                            sign < 0 ? &out->value : &out->cost, error) < 0 ||
        r3_decimal_subtract(&out->realized_pnl, &position->ledger.realized, &position->ledger.fees, error) < 0)
        return -1;
    return tracker->outlet.emit(tracker->outlet.context, &tracker->out, error);
}
