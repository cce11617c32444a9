/* What the tracker knows: sessions, markets and their prices, positions as their trades made them.
 *
 * A position is a ledger of one market that begins with no cash. So its cash is all that its trades paid and earned, fees
 * included; cash + size x price is its whole result so far, and the same sum at midnight gives the day's. A fill is often
 * learned candles later: one that happened before the last midnight is booked into the midnight's figures too. */

#include "lib/base/buffer.h"
#include "lib/trade/tracker_private.h"

enum { MONEY_SCALE = 14 };

struct r3_tracker *r3_tracker_new(const struct r3_tracker_options *options, const struct r3_tracker_outlet *outlet) {
    struct r3_tracker *tracker = r3_allocate(sizeof *tracker);
    tracker->options = *options;
    tracker->outlet = *outlet;
    return tracker;
}

void r3_tracker_free(struct r3_tracker *tracker) {
    if (!tracker)
        return;
    for (size_t i = 0; i < tracker->session_count; i++)
        free(tracker->sessions[i]);
    for (size_t i = 0; i < tracker->market_count; i++)
        free(tracker->markets[i]);
    for (size_t i = 0; i < tracker->position_count; i++) {
        r3_ledger_release(&tracker->positions[i]->ledger);
        free(tracker->positions[i]);
    }
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

static struct r3_tracker_session *add_session(struct r3_tracker *tracker, const char *name) {
    struct r3_tracker_session *session = r3_allocate(sizeof *session);
    r3_copy_text(session->name, sizeof session->name, name, strlen(name));
    session->equity = session->available = r3_decimal_absent;
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
    market->quote = dash ? dash + 1 : NULL;
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
    position->levels = (struct r3_tracker_levels) { r3_decimal_absent, r3_decimal_absent, r3_decimal_absent,
                                                    r3_decimal_absent, R3_TIME_ABSENT };
    tracker->positions = grown(tracker->positions, tracker->position_count);
    return tracker->positions[tracker->position_count++] = position;
}

static int64_t day_of(int64_t time) {
    return time - time % R3_DAY;
}

/* The day that begins at `day` has begun, at this price. */
static void begin_day(struct r3_tracker *tracker, struct r3_tracker_market *market, int64_t day,
                      const struct r3_decimal *price) {
    market->day = day;
    market->midnight = *price;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        if (position->market != market)
            continue;
        position->midnight_cash = position->ledger.cash;
        position->midnight_size = position->size;
    }
}

void r3_tracker_mark(struct r3_tracker *tracker, struct r3_tracker_market *market, int64_t time,
                     const struct r3_decimal *price) {
    if (market->day == R3_TIME_ABSENT || time - market->day >= R3_DAY) {
        int64_t day = day_of(time);
        bool at_midnight = time == day || !r3_decimal_is_present(&market->price);
        begin_day(tracker, market, day, at_midnight ? price : &market->price);
    } else if (time <=
               market->day) { /* another market's record began the day ahead of this one's last candle before it */
        market->midnight = *price;
    }
    market->price = *price;
}

bool r3_tracker_holds(const struct r3_tracker_position *position) {
    return !position->dust && !r3_decimal_is_zero(&position->size);
}

const struct r3_ledger_position *r3_tracker_held(const struct r3_tracker_position *position) {
    return position->ledger.count ? &position->ledger.positions[0] : NULL;
}

int r3_tracker_value(struct r3_decimal *out, const struct r3_decimal *size, const struct r3_decimal *price,
                     struct r3_error *error) {
    struct r3_decimal absolute;
    r3_decimal_absolute(&absolute, size);
    return r3_ledger_cost(out, price, &absolute, error);
}

int r3_tracker_count_result(struct r3_tracker_position *position, struct r3_error *error) {
    struct r3_tracker_session *session = position->session;
    struct r3_decimal result;
    if (r3_decimal_subtract(&result, &position->ledger.cash, &position->flat_cash, error) < 0)
        return -1;
    if (!r3_decimal_is_zero(&position->size)) { /* dust: it keeps its cost */
        const struct r3_ledger_position *held = r3_tracker_held(position);
        if (r3_decimal_add(&result, &result, &held->cost, error) < 0)
            return -1;
    }
    int sign = r3_decimal_sign(&result);
    if (r3_decimal_add(&position->flat_cash, &position->flat_cash, &result, error) < 0)
        return -1;
    if (sign == 0)
        return 0;
    struct r3_decimal *total = sign > 0 ? &session->total_win : &session->total_loss;
    struct r3_decimal count = r3_decimal_from_integer(sign > 0 ? ++session->wins : ++session->losses);
    r3_decimal_absolute(&result, &result);
    return r3_decimal_add(total, total, &result, error) < 0 ||
                   r3_decimal_divide_round(sign > 0 ? &session->average_win : &session->average_loss, total, &count,
                                           MONEY_SCALE, R3_ROUND_HALF_EVEN, error) < 0
               ? -1
               : 0;
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
    return !market->quote || strcmp(market->quote, trade->fee_currency) == 0 || r3_decimal_is_zero(&trade->fee);
}

int r3_tracker_book_trade(struct r3_tracker *tracker, const struct r3_trade *trade, struct r3_error *error) {
    struct r3_tracker_session *session = r3_tracker_find_session(tracker, trade->session);
    struct r3_tracker_market *market = r3_tracker_find_market(tracker, trade->market);
    struct r3_tracker_position *position = r3_tracker_find_position(tracker, session, market);
    if (market->day == R3_TIME_ABSENT || trade->time - market->day >= R3_DAY)
        begin_day(tracker, market, day_of(trade->time),
                  r3_decimal_is_present(&market->price) ? &market->price : &trade->price);

    const struct r3_decimal *fee = is_quote_fee(market, trade) ? &trade->fee : &r3_decimal_zero;
    struct r3_decimal cost, cash = position->ledger.cash;
    position->foreign_fee |= fee != &trade->fee;
    bool held = r3_tracker_holds(position);
    if (r3_ledger_cost(&cost, &trade->price, &trade->size, error) < 0 ||
        r3_ledger_fill(&position->ledger, market->name, trade->side, &trade->size, &cost, fee, error) < 0)
        return -1;
    struct r3_decimal size = r3_tracker_held(position)->size;
    if (trade->time < market->day) { /* learned today, done before */
        struct r3_decimal flow;
        if (r3_decimal_subtract(&flow, &position->ledger.cash, &cash, error) < 0 ||
            r3_decimal_add(&position->midnight_cash, &position->midnight_cash, &flow, error) < 0 ||
            r3_decimal_subtract(&flow, &size, &position->size, error) < 0 ||
            r3_decimal_add(&position->midnight_size, &position->midnight_size, &flow, error) < 0)
            return -1;
    }
    position->size = size;
    position->changed = true;
    if (trade->role == R3_ENTRY) {
        position->dust = false;
        if (!held && strcmp(trade->order, position->entry.id) == 0 && begin_position(position, trade, error) < 0)
            return -1;
    }
    if (r3_decimal_is_zero(&size)) {
        bool counted = position->dust; /* what was left as dust is gone too: its result was counted before */
        position->dust = false;
        return counted ? 0 : r3_tracker_count_result(position, error);
    }
    return 0;
}

static int on_update(struct r3_tracker *tracker, const struct r3_update *update, struct r3_error *error) {
    if (update->status == R3_OPENED)
        return 0;
    for (size_t i = 0; i < tracker->position_count; i++) {
        struct r3_tracker_position *position = tracker->positions[i];
        struct r3_tracker_order *orders[] = { &position->entry, &position->exit };
        for (size_t j = 0; j < 2; j++) {
            if (!orders[j]->working || strcmp(orders[j]->id, update->order) != 0)
                continue;
            orders[j]->working = orders[j]->cancelling = false;
            bool dust = update->event == R3_EVENT_REJECTED && strncmp(update->reason, "dust", 4) == 0;
            if (j == 0 || !dust || !r3_tracker_holds(position))
                return 0;
            position->dust = position->changed = true;
            return r3_tracker_count_result(position, error);
        }
    }
    return 0;
}

int r3_tracker_update(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error) {
    struct r3_tracker_session *session;
    switch (record->type) {
    case R3_ACCOUNT:
        session = r3_tracker_find_session(tracker, record->account.session);
        session->equity = record->account.equity;
        session->available = record->account.available;
        return 0;
    case R3_UPDATE:
        return on_update(tracker, &record->update, error);
    case R3_TRADE:
        return r3_tracker_book_trade(tracker, &record->trade, error);
    default:
        return 0;
    }
}

/* cash + size x price; often nothing is held. */
static int worth(struct r3_decimal *out, const struct r3_decimal *cash, const struct r3_decimal *size,
                 const struct r3_decimal *price, struct r3_error *error) {
    struct r3_decimal value;
    if (r3_decimal_is_zero(size)) {
        *out = *cash;
        return 0;
    }
    return r3_ledger_cost(&value, price, size, error) < 0 ? -1 : r3_decimal_add(out, cash, &value, error);
}

int r3_tracker_day_pnl(struct r3_decimal *out, struct r3_tracker *tracker, const struct r3_tracker_session *session,
                       int64_t time, struct r3_error *error) {
    bool any = false;
    *out = r3_decimal_zero;
    for (size_t i = 0; i < tracker->position_count; i++) {
        const struct r3_tracker_position *position = tracker->positions[i];
        struct r3_tracker_market *market = position->market;
        if (position->session != session || !r3_decimal_is_present(&market->price))
            continue;
        if (market->day == R3_TIME_ABSENT || time - market->day >= R3_DAY)
            begin_day(tracker, market, day_of(time), &market->price);
        struct r3_decimal now, then;
        if (worth(&now, &position->ledger.cash, &position->size, &market->price, error) < 0 ||
            worth(&then, &position->midnight_cash, &position->midnight_size, &market->midnight, error) < 0 ||
            r3_decimal_subtract(&now, &now, &then, error) < 0 || (any && r3_decimal_add(&now, out, &now, error) < 0))
            return -1;
        *out = now;
        any = true;
    }
    return 0;
}

int r3_tracker_exposure(struct r3_decimal *out, const struct r3_tracker *tracker,
                        const struct r3_tracker_session *session, struct r3_error *error) {
    *out = r3_decimal_zero;
    for (size_t i = 0; i < tracker->position_count; i++) {
        const struct r3_tracker_position *position = tracker->positions[i];
        struct r3_decimal value;
        if (position->session != session || r3_decimal_is_zero(&position->size) ||
            !r3_decimal_is_present(&position->market->price))
            continue;
        if (r3_tracker_value(&value, &position->size, &position->market->price, error) < 0 ||
            r3_decimal_add(out, out, &value, error) < 0)
            return -1;
    }
    return 0;
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
