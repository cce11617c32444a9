/* The paper exchange: what is checked when an order or a cancel arrives, what an order reserves, what is said about it. */
#include <stdarg.h>

#include "lib/base/buffer.h"
#include "lib/trade/paper_internal.h"

/* An id leaves room for "-t" and four digits: the ids of its trades. */
enum { ID_LENGTH_MAX = R3_ID_SIZE - 1 - 6 };

static const enum r3_order_status status_after[] = {
    [R3_EVENT_NONE] = R3_OPENED,     [R3_EVENT_PLACED] = R3_OPENED,     [R3_EVENT_PARTIAL] = R3_OPENED,
    [R3_EVENT_FILLED] = R3_CLOSED,   [R3_EVENT_CANCELED] = R3_CANCELED, [R3_EVENT_REJECTED] = R3_CANCELED,
    [R3_EVENT_UNKNOWN] = R3_CANCELED
};

int paper_update(struct r3_paper *paper, const struct paper_order *order, enum r3_event event, int64_t time,
                 const char *reason, struct r3_error *error) {
    struct r3_update *update = &paper->update.update;

    paper->update.type =
        R3_UPDATE; /* all members are set here, which r3_record_init would do twice (and so in `trade` and `account`) */
    memcpy(update->order, order->order.id, sizeof update->order);
    memcpy(update->session, order->order.session, sizeof update->session);
    update->time = time;
    update->status = status_after[event];
    update->execution = event == R3_EVENT_FILLED             ? R3_FULLY_EXECUTED
                        : r3_decimal_is_zero(&order->filled) ? R3_NOT_EXECUTED
                                                             : R3_PARTIALLY_EXECUTED;
    update->event = event;
    update->filled = order->filled;
    update->cost = order->cost;
    update->fee = order->fee;
    update->reason[0] = update->exchange_id[0] = '\0';
    if (*reason)
        r3_copy_text(update->reason, sizeof update->reason, reason, strlen(reason));
    return paper_emit(paper, &paper->update, error);
}

/* out = amount x (1 + the higher of the two fees). */
static inline int with_fee(struct r3_decimal *out, const struct r3_decimal *amount, const struct paper_market *market,
                           struct r3_error *error) {
    struct r3_decimal fee, raised = *amount;

    if (r3_ledger_fee(&fee, amount, &market->highest_fee, error))
        return -1;
    r3_decimal_raise_scale(&raised, fee.scale);
    return r3_decimal_add(out, &raised, &fee, error);
}

/* What the rest of an entry may come to, fee included. */
static int needed(struct r3_decimal *out, const struct paper_order *order, struct r3_error *error) {
    struct r3_decimal rest;

    if (paper_rest(&rest, order, error))
        return -1;
    if (!paper_by_funds(order) && r3_ledger_cost(&rest, &order->estimate, &rest, error))
        return -1;
    return with_fee(out, &rest, order->market, error);
}

/* A part that filled above the estimate can leave less than the rest is reckoned at: no more is reserved than there is. */
static int hold_to_available(struct r3_decimal *wanted, struct r3_paper *paper, const struct paper_order *order,
                             struct r3_error *error) {
    struct r3_decimal most;

    paper_mark(paper, order->session);
    if (r3_ledger_available(&most, &order->session->ledger, error) ||
        r3_decimal_add(&most, &most, &order->reserved, error))
        return -1;
    *wanted = *r3_decimal_maximum(r3_decimal_minimum(wanted, &most), &r3_decimal_zero);
    return 0;
}

static int reserve(struct r3_paper *paper, struct paper_order *order, const struct r3_decimal *wanted,
                   struct r3_error *error) {
    struct r3_decimal change = *wanted;

    if ((!r3_decimal_is_zero(&order->reserved) && r3_decimal_subtract(&change, wanted, &order->reserved, error)) ||
        r3_ledger_reserve(&order->session->ledger, &change, error))
        return -1;
    order->reserved = *wanted;
    paper_changed(paper, order->session);
    return 0;
}

int paper_reserve_rest(struct r3_paper *paper, struct paper_order *order, struct r3_error *error) {
    struct r3_decimal wanted;

    if (needed(&wanted, order, error) || hold_to_available(&wanted, paper, order, error))
        return -1;
    return r3_decimal_equal(&wanted, &order->reserved) ? 0 : reserve(paper, order, &wanted, error);
}

int paper_reserve_nothing(struct r3_paper *paper, struct paper_order *order, struct r3_error *error) {
    struct r3_ledger *ledger = &order->session->ledger;

    if (r3_decimal_subtract(&ledger->reserved, &ledger->reserved, &order->reserved, error))
        return -1;
    order->reserved = r3_decimal_zero;
    paper_changed(paper, order->session);
    return 0;
}

int paper_order_cancel(struct r3_paper *paper, struct paper_order *order, int64_t time, const char *reason,
                       struct r3_error *error) {
    order->done = order->market->unswept = true;
    if (paper_is_entry(order))
        paper_bracket_entry_done(order);
    return paper_reserve(paper, order, error) || paper_update(paper, order, R3_EVENT_CANCELED, time, reason, error) ? -1
                                                                                                                    : 0;
}

int paper_dust(struct r3_decimal *out, const struct paper_order *order, struct r3_error *error) {
    const struct r3_instrument *rules = &order->market->rules;
    struct r3_decimal held = paper_held(order), value;

    *out = r3_decimal_absent;
    if (r3_decimal_is_zero(&held) || !r3_decimal_is_present(&order->market->price))
        return 0;
    if (r3_ledger_cost(&value, &order->market->price, &held, error))
        return -1;
    if (r3_decimal_is_less(&held, &rules->minimum_size) || r3_decimal_is_less(&value, &rules->minimum_funds))
        *out = held;
    return 0;
}

static uint64_t latency_of(const struct r3_paper *paper, const struct r3_order *order) {
    return order->fill == R3_FILL_CLOSE ? 0 : (uint64_t)paper->options.latency;
}

void paper_find_first(const struct r3_paper *paper, struct paper_market *market, int64_t open) {
    market->later = false;
    for (size_t i = 0; i < market->count; i++) {
        struct paper_order *order = market->orders[i];
        if (order->first != PAPER_LATER)
            continue;
        if ((order->at_close ? paper_close_time(market) : open) >= order->order.time)
            order->first = market->candles + latency_of(paper, &order->order);
        else
            market->later = true;
    }
}

/* Where the session's position of this market is. */
__attribute__((noinline)) static size_t find_place(struct paper_market *market, const struct paper_session *session) {
    const struct r3_ledger_position *position = r3_ledger_find(&session->ledger, market->name);

    if (!position)
        return PAPER_NO_PLACE;
    market->holder = session;
    return market->place = (size_t)(position - session->ledger.positions);
}

static inline struct paper_order *new_order(const struct r3_paper *paper, struct paper_market *market,
                                            struct paper_session *session, const struct r3_order *order) {
    struct paper_order *new = market->spare ? market->spare : r3_allocate(sizeof *new);

    market->spare = NULL;
    /* By a call: a plain copy becomes `rep movs`, which is slow to start: 2 % of a run. An initializer of the whole clears it first. */
    memmove(&new->order, order, sizeof new->order);
    new->session = session;
    new->market = market;
    new->place = market->holder == session ? market->place : find_place(market, session);
    new->bracket = NULL;
    new->leg = new->triggered = new->against = new->done = false;
    new->filled = new->cost = new->fee = new->reserved = r3_decimal_zero;
    new->dust = r3_decimal_absent;
    new->touch = order->price;
    new->trades = 0;
    new->estimate = r3_decimal_is_present(&order->price) ? order->price : market->price;
    new->at_close = order->kind == R3_MARKET &&
                    (order->fill == R3_FILL_CLOSE || (order->fill == R3_FILL_NONE && paper->options.fill_close));
    new->first = market->candles && order->time > paper_close_time(market)
                     ? PAPER_LATER
                     : market->candles + latency_of(paper, order) + (new->at_close ? 0 : 1);
    return new;
}

struct paper_order *paper_order_new(const struct r3_paper *paper, struct paper_market *market,
                                    struct paper_session *session, const struct r3_order *order) {
    return new_order(paper, market, session, order);
}

/* Why an order cannot be taken: text in out, or "" when it can. */
static void say(char out[R3_TEXT_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(char out[R3_TEXT_SIZE], const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(out, R3_TEXT_SIZE, format, arguments);
    va_end(arguments);
}

/* The words of the two checks below are apart, so that these are short enough to become a part of their caller. */
static void say_values(char reason[R3_TEXT_SIZE], const char *name, const struct r3_decimal *value, const char *what,
                       const struct r3_decimal *rule) {
    char text[R3_DECIMAL_TEXT_SIZE], rule_text[R3_DECIMAL_TEXT_SIZE];

    r3_decimal_format(text, value);
    r3_decimal_format(rule_text, rule);
    say(reason, "%s %s is %s %s", name, text, what, rule_text);
}

static inline bool check_grid(char reason[R3_TEXT_SIZE], const char *name, const struct r3_decimal *value,
                              const struct r3_decimal *increment) {
    if (!r3_decimal_is_present(value) || r3_decimal_is_multiple(value, increment))
        return true;
    say_values(reason, name, value, "not a multiple of", increment);
    return false;
}

static inline bool check_minimum(char reason[R3_TEXT_SIZE], const char *name, const struct r3_decimal *value,
                                 const struct r3_decimal *minimum) {
    if (!r3_decimal_is_present(value) || !r3_decimal_is_less(value, minimum))
        return true;
    say_values(reason, name, value, "below the minimum of", minimum);
    return false;
}

/* What the order itself says, against its market's rules. */
static bool check_form(char reason[R3_TEXT_SIZE], const struct r3_order *order, const struct r3_instrument *rules) {
    bool entry = order->role == R3_ENTRY;
    size_t length = strlen(order->id), leg = paper_bracket_id_length(order);

    if ((leg > length ? leg : length) > ID_LENGTH_MAX)
        return say(reason, "the order id is longer than %d characters, with its legs", ID_LENGTH_MAX), false;
    if (order->kind != R3_MARKET && !r3_decimal_is_present(&order->price))
        return say(reason, "a %s order needs a price", r3_kind_name(order->kind)), false;
    if (!entry && !r3_decimal_is_present(&order->size))
        return say(reason, "an exit needs a size"), false;
    if (!check_grid(reason, "price", &order->price, &rules->price_increment) ||
        !check_grid(reason, "size", &order->size, &rules->base_increment) ||
        !check_grid(reason, "funds", &order->funds, &rules->quote_increment) ||
        !check_minimum(reason, "size", &order->size, &rules->minimum_size) ||
        !check_minimum(reason, "funds", &order->funds, &rules->minimum_funds))
        return false;
    if (!entry)
        return true;
    if (!check_grid(reason, "stop", &order->stop, &rules->price_increment) ||
        !check_grid(reason, "target", &order->target, &rules->price_increment))
        return false;
    if (r3_decimal_is_present(&order->stop) && r3_decimal_is_present(&order->target)) {
        int sign = r3_decimal_compare(&order->stop, &order->target);
        if (order->side == R3_BUY ? sign >= 0 : sign <= 0)
            return say(reason, "the stop is on the target's side"), false;
    }
    return true;
}

/* Whether size x price may be below the market's least funds. */
static bool may_lack_funds(const struct paper_order *order) {
    return !paper_by_funds(order) && r3_decimal_is_present(&order->estimate) &&
           (!r3_decimal_is_zero(&order->market->rules.minimum_funds) || r3_decimal_is_negative(&order->estimate));
}

/* What the entry of a reversal takes beyond what its exit frees: the value of what is held against it. No more than there is. */
static int needed_beyond_held(struct r3_decimal *out, struct r3_paper *paper, const struct paper_order *order,
                              struct r3_error *error) {
    const struct r3_ledger_position *held = paper_position(order);
    struct r3_decimal value;

    paper_mark(paper, order->session);
    if (needed(out, order, error))
        return -1;
    if (held && !r3_decimal_is_zero(&held->size)) {
        if (r3_ledger_value(&value, held, error))
            return -1;
        r3_decimal_absolute(&value, &value);
        if (r3_decimal_subtract(out, out, &value, error))
            return -1;
    }
    return hold_to_available(out, paper, order, error);
}

/* What it comes to, against the last price and the account. *need: what it will reserve. */
static int check_funds(char reason[R3_TEXT_SIZE], struct r3_decimal *need, struct r3_paper *paper,
                       const struct paper_order *order, struct r3_error *error) {
    struct r3_decimal value, available;

    *need = r3_decimal_zero;
    if ((order->at_close && order->first <= order->market->candles) ||
        (paper_is_entry(order) && !paper_by_funds(order)))
        if (!r3_decimal_is_present(&order->estimate)) {
            say(reason, "no price is known yet");
            return 0;
        }
    if (may_lack_funds(order)) {
        if (r3_ledger_cost(&value, &order->order.size, &order->estimate, error))
            return -1;
        if (!check_minimum(reason, "size x price", &value, &order->market->rules.minimum_funds))
            return 0;
    }
    if (!paper_is_entry(order))
        return 0;
    if (order->against)
        return needed_beyond_held(need, paper, order, error);
    paper_mark(paper, order->session);
    if (needed(need, order, error) || r3_ledger_available(&available, &order->session->ledger, error))
        return -1;
    if (r3_decimal_is_less(&available, need)) {
        char needed_text[R3_DECIMAL_TEXT_SIZE], available_text[R3_DECIMAL_TEXT_SIZE];
        r3_decimal_format(needed_text, need);
        r3_decimal_format(available_text, &available);
        say(reason, "insufficient funds: %s needed with the fee, %s available", needed_text, available_text);
    }
    return 0;
}

static bool entry_works(const struct paper_order *exit) {
    for (size_t i = 0; i < exit->market->count; i++) {
        const struct paper_order *other = exit->market->orders[i];
        if (!other->done && other->session == exit->session && paper_is_entry(other) &&
            other->order.side != exit->order.side)
            return true;
    }
    return false;
}

/* A market exit with nothing to close, now or by an entry that still works. */
static bool is_void(const struct paper_order *order) {
    return !paper_is_entry(order) && order->order.kind == R3_MARKET && !paper_opposite(order) && !entry_works(order);
}

static struct paper_turn *turn_of(const struct paper_order *order) {
    for (size_t i = 0; i < order->market->turn_count; i++)
        if (order->market->turns[i].session == order->session)
            return &order->market->turns[i];
    return NULL;
}

static void note_turn(const struct paper_order *exit) {
    struct paper_market *market = exit->market;
    struct paper_turn *turn = turn_of(exit);

    if (!turn) {
        if (market->turn_count == market->turn_capacity) {
            market->turn_capacity = market->turn_capacity ? 2 * market->turn_capacity : 2;
            market->turns = r3_reallocate(market->turns, market->turn_capacity * sizeof *market->turns);
        }
        turn = &market->turns[market->turn_count++];
    }
    *turn = (struct paper_turn) { .session = exit->session, .side = exit->order.side, .candle = market->candles };
}

/* Whether an entry turns the position: against one that is still open, or at the very close at which its exit filled. */
static bool turns_position(const struct paper_order *entry) {
    if (!paper_is_entry(entry))
        return false;
    if (paper_opposite(entry))
        return true;
    const struct paper_turn *turn = entry->at_close ? turn_of(entry) : NULL;
    return turn && turn->side == entry->order.side && turn->candle == entry->market->candles;
}

/* Fill at the last close, on arrival. */
static int fill_at_once(struct r3_paper *paper, struct paper_order *order, struct r3_error *error) {
    struct paper_market *market = order->market;
    struct paper_moment moment = { .time = paper_close_time(market), .liquidity = R3_TAKER };
    bool held = !paper_is_entry(order) && paper_opposite(order);

    if (paper_fill(paper, order, &market->price, &moment, error))
        return -1;
    if (held && !paper_opposite(order))
        note_turn(order);
    paper_sweep(market);
    return paper_report(paper, true, error);
}

/* need: as check_funds found it, which is available. */
static int place_take(struct r3_paper *paper, struct paper_order *order, const struct r3_decimal *need,
                      struct r3_error *error) {
    paper_add_take(order->market, order);
    if ((r3_decimal_is_positive(need) && reserve(paper, order, need, error)) ||
        paper_update(paper, order, R3_EVENT_PLACED, order->order.time, "", error))
        return -1;
    return order->at_close && order->first <= order->market->candles ? fill_at_once(paper, order, error) : 0;
}

int paper_limit_touch(const struct r3_paper *paper, struct paper_order *order, struct r3_error *error) {
    if (order->order.kind != R3_LIMIT)
        return 0;
    return order->order.side == R3_BUY
               ? r3_decimal_subtract(&order->touch, &order->order.price, &paper->options.through, error)
               : r3_decimal_add(&order->touch, &order->order.price, &paper->options.through, error);
}

static int refuse(struct r3_paper *paper, const struct r3_order *order, const char *reason, struct r3_error *error) {
    struct paper_order refused = {
        .order = *order, .filled = r3_decimal_zero, .cost = r3_decimal_zero, .fee = r3_decimal_zero
    };

    return paper_update(paper, &refused, R3_EVENT_REJECTED, order->time, reason, error);
}

static int notice(struct r3_paper *paper, const char *session, int64_t time, const char *id, const char *what,
                  struct r3_error *error) {
    struct r3_record record;

    r3_record_init(&record, R3_NOTICE);
    record.notice.time = time;
    record.notice.level = R3_INFO;
    r3_copy_text(record.notice.program, sizeof record.notice.program, "r3-order", strlen("r3-order"));
    r3_copy_text(record.notice.session, sizeof record.notice.session, session, strlen(session));
    snprintf(record.notice.text, sizeof record.notice.text, "order %s: %s", id, what);
    return paper_emit(paper, &record, error);
}

/* `place` tells a decimal from the same one in another place. */
static inline uint64_t mix_decimal(uint64_t hash, unsigned place, const struct r3_decimal *value) {
    if (!r3_decimal_is_present(value))
        return hash;
    struct r3_decimal least = *value;
    r3_decimal_normalize(&least);
    hash = r3_paper_mix(hash ^ place, (uint64_t)least.coefficient);
    return r3_paper_mix(hash, (uint64_t)(least.coefficient >> 64) << 8 ^ (uint64_t)least.scale);
}

/* A digest of all that an order says beside its session and id, by which it is looked up: orders whose records have the same bytes
 * have the same. (To encode the record would take many times as long.) `market`: NULL, or the order's. */
static uint64_t digest(const struct r3_order *order, const struct paper_market *market) {
    uint64_t hash =
        (uint64_t)order->role | (uint64_t)order->side << 8 | (uint64_t)order->kind << 16 | (uint64_t)order->fill << 24;

    hash = r3_paper_mix_text(r3_paper_mix_text(hash, order->signal), order->platform);
    hash = r3_paper_mix(hash, market ? market->digest : r3_paper_mix_text(0, order->market));
    const bool priced =
        (order->price.scale & order->stop.scale & order->target.scale) >= 0; /* a scale below 0: absent */
    if (priced) {
        hash = mix_decimal(hash, 0, &order->price);
        hash = mix_decimal(hash, 1, &order->stop);
        hash = mix_decimal(hash, 2, &order->target);
    }
    hash = mix_decimal(hash, 3, &order->size);
    hash = mix_decimal(hash, 4, &order->trail);
    hash = mix_decimal(hash, 5, &order->break_even);
    hash = mix_decimal(hash, 6, &order->funds);
    return r3_paper_mix(r3_paper_mix(hash, (uint64_t)order->time), (uint64_t)order->expiry);
}

/* Note the order's id and what it says. */
static enum r3_paper_seen recognise(struct paper_session *session, const struct paper_market *market,
                                    const struct r3_order *order) {
    return r3_paper_ids_add(&session->ids, session->name, order->id, digest(order, market));
}

static int check_session(char reason[R3_TEXT_SIZE], struct paper_session *session, const struct paper_market *market) {
    const char *quote = market->rules.quote;

    if (session->agreed == market)
        return true;
    if (!session->currency[0])
        memcpy(session->currency, quote, sizeof session->currency);
    if (r3_same_name(session->currency, quote)) {
        session->agreed = market;
        return true;
    }
    say(reason, "%s is quoted in %s, the account holds %s", market->name, quote, session->currency);
    return false;
}

int r3_paper_order(struct r3_paper *paper, const struct r3_order *order, struct r3_error *error) {
    struct paper_market *market = paper_market(paper, order->market);
    struct paper_session *session = paper_session_find(paper, order->session);
    struct r3_decimal need;
    char reason[R3_TEXT_SIZE];

    reason[0] = '\0';
    if (!session && paper_session_get(&session, paper, order->session, error))
        return -1;
    enum r3_paper_seen seen = recognise(session, market, order);
    if (seen == R3_PAPER_SAME)
        return notice(paper, order->session, order->time, order->id, "it came before, and is not placed again", error);
    if (seen == R3_PAPER_DIFFERENT)
        return refuse(paper, order, "duplicate order id", error);
    if (seen == R3_PAPER_OLD && order->role == R3_ENTRY) /* an exit may be that of a position held for long */
        return refuse(paper, order, "its number is far below the newest: a repetition", error);
    if (!market) {
        say(reason, "unknown market %s", order->market);
        return refuse(paper, order, reason, error);
    }
    if (!check_session(reason, session, market) || !check_form(reason, order, &market->rules))
        return refuse(paper, order, reason, error);

    struct paper_order *new = new_order(paper, market, session, order);
    int failed = paper_limit_touch(paper, new, error);
    new->against = turns_position(new);
    if (!failed && paper_is_entry(new) && new->against)
        failed = paper_dust(&new->dust, new, error);
    if (!failed && paper->options.book)
        failed = paper_book_check(reason, paper, new, error);
    if (!failed && !reason[0])
        failed = check_funds(reason, &need, paper, new, error);
    if (!failed && !reason[0] && !is_void(new))
        return place_take(paper, new, &need, error);
    if (!failed)
        failed = reason[0] ? refuse(paper, order, reason, error)
                           : paper_update(paper, new, R3_EVENT_CANCELED, order->time, "nothing to close", error);
    free(new);
    return failed;
}

struct paper_order *paper_order_find(const struct r3_paper *paper, const char *id, const char *session) {
    for (size_t i = 0; i < paper->market_count; i++)
        for (size_t k = 0; k < paper->markets[i]->count; k++) {
            struct paper_order *order = paper->markets[i]->orders[k];
            if (!order->done && strcmp(order->order.id, id) == 0 && strcmp(order->order.session, session) == 0)
                return order;
        }
    return NULL;
}

int r3_paper_cancel(struct r3_paper *paper, const struct r3_cancel *cancel, struct r3_error *error) {
    struct paper_order *order = paper_order_find(paper, cancel->order, cancel->session);

    if (order && paper->options.book) /* it is asked for; nothing is over until an update says so */
        return 0;
    if (order) {
        struct paper_market *market = order->market;
        if (paper_order_cancel(paper, order, cancel->time, cancel->reason, error))
            return -1;
        if (order->leg)
            paper_bracket_forget(order);
        paper_sweep(market);
        return 0;
    }
    const struct paper_session *session = paper_session_find(paper, cancel->session);
    if (session && r3_paper_ids_has(&session->ids, session->name, cancel->order))
        return notice(paper, cancel->session, cancel->time, cancel->order, "nothing to cancel, it is done", error);

    struct paper_order unknown = { .filled = r3_decimal_zero, .cost = r3_decimal_zero, .fee = r3_decimal_zero };
    memcpy(unknown.order.id, cancel->order, sizeof unknown.order.id);
    memcpy(unknown.order.session, cancel->session, sizeof unknown.order.session);
    return paper_update(paper, &unknown, R3_EVENT_UNKNOWN, cancel->time, "no such order", error);
}
