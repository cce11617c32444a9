/* The paper exchange: markets, sessions, and the course of one candle.
 *
 * A candle tells four prices and not their order, so what is uncertain is decided against the trader. The tables of phases are
 * that decision, from the first thing that happens in a candle to the last; r3-order(1) states it in words. A candle that
 * meets no order and no protected position costs a few stores. */
#include "lib/trade/paper.h"

#include "lib/base/buffer.h"
#include "lib/trade/paper_internal.h"

enum when { AT_OPEN, INSIDE, AT_CLOSE };

/* The bits of the orders that a phase is for; see paper_order_bit. */
#define BIT(kind, entry, at_close) (1U << (kind) << ((entry) ? 4 : 0) << ((at_close) ? 8 : 0))
#define EXITS(kind) BIT(kind, false, false)
#define ENTRIES(kind) BIT(kind, true, false)

static const struct phase {
    enum when when;
    uint32_t bit;
} market_exits = { AT_OPEN, EXITS(R3_MARKET) }, market_entries = { AT_OPEN, ENTRIES(R3_MARKET) },
  phases[] = {
      /* Gaps. What was open leaves before new resting entries come in; their own legs are live from then on. */
      { AT_OPEN, EXITS(R3_STOP) },
      { AT_OPEN, EXITS(R3_LIMIT) },
      { AT_OPEN, ENTRIES(R3_STOP) },
      { AT_OPEN, ENTRIES(R3_LIMIT) },
      { AT_OPEN, EXITS(R3_STOP) },
      { AT_OPEN, EXITS(R3_LIMIT) },
      /* Between open and close: the stop before the target, whichever came first. */
      { INSIDE, EXITS(R3_STOP) },
      { INSIDE, EXITS(R3_LIMIT) },
      { INSIDE, ENTRIES(R3_STOP) },
      { INSIDE, ENTRIES(R3_LIMIT) },
      { INSIDE, EXITS(R3_STOP) },
      { INSIDE, EXITS(R3_LIMIT) },
  },
  at_close[] = { { AT_CLOSE, BIT(R3_MARKET, false, true) }, { AT_CLOSE, BIT(R3_MARKET, true, true) } };

/* The bits of a whole table: mostly a candle has orders for one of them. */
enum {
    RESTING = EXITS(R3_STOP) | EXITS(R3_LIMIT) | ENTRIES(R3_STOP) | ENTRIES(R3_LIMIT),
    CLOSING = BIT(R3_MARKET, false, true) | BIT(R3_MARKET, true, true)
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

int r3_paper_new(struct r3_paper **out, const struct r3_paper_options *options, r3_paper_output *output, void *context,
                 struct r3_error *error) {
    static const struct r3_decimal two = { 2, 0 };
    struct r3_paper *paper = r3_allocate(sizeof *paper);

    paper->options = *options;
    paper->output = output;
    paper->context = context;
    if (r3_decimal_divide_round(&paper->worsen, &options->spread, &two, R3_DECIMAL_SCALE_MAX, R3_ROUND_UP, error) ||
        r3_decimal_add(&paper->worsen, &paper->worsen, &options->slippage, error)) {
        r3_paper_free(paper);
        return -1;
    }
    r3_decimal_normalize(&paper->worsen);
    *out = paper;
    return 0;
}

static void free_market(struct paper_market *market) {
    for (size_t i = 0; i < market->count; i++)
        free(market->orders[i]);
    for (size_t i = 0; i < market->bracket_count; i++)
        free(market->brackets[i]);
    free(market->orders);
    free(market->brackets);
    free(market->turns);
    free(market->spare);
    free(market);
}

void r3_paper_free(struct r3_paper *paper) {
    if (!paper)
        return;
    for (size_t i = 0; i < paper->market_count; i++)
        free_market(paper->markets[i]);
    for (size_t i = 0; i < paper->session_count; i++) {
        r3_ledger_release(&paper->sessions[i]->ledger);
        r3_paper_ids_release(&paper->sessions[i]->ids);
        free(paper->sessions[i]);
    }
    free(paper->markets);
    free(paper->sessions);
    free(paper);
}

/* Room for one more in an array of pointers. */
static void *grow(void *array, size_t count, size_t *capacity) {
    if (count < *capacity)
        return array;
    *capacity = *capacity ? 2 * *capacity : 4;
    return r3_reallocate(array, *capacity * sizeof(void *));
}

struct paper_market *paper_market_search(const struct r3_paper *paper, const char *name) {
    for (size_t i = 0; i < paper->market_count; i++)
        if (r3_same_name(paper->markets[i]->name, name))
            return paper->markets[i];
    return NULL;
}

static struct paper_market *add_market(struct r3_paper *paper, const char *name) {
    struct paper_market *market = r3_allocate(sizeof *market);

    r3_copy_text(market->name, sizeof market->name, name, strlen(name));
    market->digest = r3_paper_mix_text(0, market->name);
    market->price = r3_decimal_absent;
    market->volume = market->taken = r3_decimal_zero;
    paper->markets = grow(paper->markets, paper->market_count, &paper->market_capacity);
    return paper->markets[paper->market_count++] = market;
}

/* The fees in force: an option, else the instrument's, else 0.1 %. */
static void settle_fees(const struct r3_paper *paper, struct paper_market *market) {
    struct r3_instrument *rules = &market->rules;
    static const struct r3_decimal usual = { 1, 3 };
    const struct r3_paper_options *options = &paper->options;

    if (r3_decimal_is_present(&options->taker_fee))
        rules->taker_fee = options->taker_fee;
    if (r3_decimal_is_present(&options->maker_fee))
        rules->maker_fee = options->maker_fee;
    if (!r3_decimal_is_present(&rules->taker_fee))
        rules->taker_fee = usual;
    if (!r3_decimal_is_present(&rules->maker_fee))
        rules->maker_fee = usual;
    market->highest_fee =
        *r3_decimal_maximum(r3_decimal_maximum(&rules->maker_fee, &rules->taker_fee), &r3_decimal_zero);
}

int r3_paper_instrument(struct r3_paper *paper, const struct r3_instrument *instrument, struct r3_error *error) {
    struct paper_market *market = paper_market(paper, instrument->market);

    (void)error;
    if (!market)
        market = add_market(paper, instrument->market);
    market->rules = *instrument;
    settle_fees(paper, market);
    for (size_t i = 0; i < paper->session_count; i++)
        paper->sessions[i]->agreed = NULL; /* the quote may be another */
    return 0;
}

/* The rules of a market that only its candles tell of. */
static int guess_rules(struct r3_paper *paper, struct paper_market *market, const struct r3_candle *candle,
                       struct r3_error *error) {
    struct r3_record record;
    struct r3_instrument *rules = &record.instrument;
    const char *dash = strchr(candle->market, '-');

    r3_record_init(&record, R3_INSTRUMENT);
    if (!dash || r3_copy_text(rules->base, sizeof rules->base, candle->market, (size_t)(dash - candle->market)) ||
        r3_copy_text(rules->quote, sizeof rules->quote, dash + 1, strlen(dash + 1)) || !rules->base[0] ||
        !rules->quote[0])
        return r3_fail(
            error, R3_DATA,
            "market %s: no instrument record came, and the name does not tell base and quote (BTC-USDT does)",
            candle->market);
    memcpy(rules->platform, candle->platform, sizeof rules->platform);
    memcpy(rules->market, candle->market, sizeof rules->market);
    memcpy(rules->fee_currency, rules->quote, sizeof rules->fee_currency);
    rules->price_increment = rules->base_increment = rules->quote_increment = R3_DECIMAL(1, 8);
    rules->minimum_size = rules->minimum_funds = r3_decimal_zero;
    market->rules = *rules;
    settle_fees(paper, market);
    return 0;
}

int r3_paper_market(struct r3_paper *paper, const struct r3_candle *candle, struct r3_error *error) {
    struct paper_market *market = paper_market(paper, candle->market);

    if (!market)
        market = add_market(paper, candle->market);
    paper->last = market;
    return market->rules.market[0] ? 0 : guess_rules(paper, market, candle, error);
}

struct paper_session *paper_session_search(struct r3_paper *paper, const char *name) {
    for (size_t i = 0; i < paper->session_count; i++)
        if (strcmp(paper->sessions[i]->name, name) == 0)
            return paper->recent = paper->sessions[i];
    return NULL;
}

int r3_paper_session(struct r3_paper *paper, const char *name, struct r3_error *error) {
    struct r3_ledger ledger;

    if (paper_session_search(paper, name))
        return 0;
    if (r3_ledger_init(&ledger, &paper->options.cash, error))
        return -1;
    struct paper_session *session = r3_allocate(sizeof *session);
    session->ledger = ledger;
    r3_copy_text(session->name, sizeof session->name, name, strlen(name));
    paper->sessions = grow(paper->sessions, paper->session_count, &paper->session_capacity);
    paper->sessions[paper->session_count++] = session;
    return 0;
}

int paper_session_get(struct paper_session **out, struct r3_paper *paper, const char *name, struct r3_error *error) {
    *out = paper_session_search(paper, name);
    if (*out)
        return 0;
    if (r3_paper_session(paper, name, error))
        return -1;
    *out = paper_session_search(paper, name);
    paper_changed(paper, *out);
    return 0;
}

void paper_grow_orders(struct paper_market *market) {
    market->orders = grow(market->orders, market->count, &market->capacity);
}

void paper_bracket_add_take(struct paper_market *market, struct paper_bracket *bracket) {
    market->brackets = grow(market->brackets, market->bracket_count, &market->bracket_capacity);
    market->brackets[market->bracket_count++] = bracket;
}

void paper_sweep_all(struct paper_market *market) {
    size_t kept = 0;

    market->kinds = 0;
    for (size_t i = 0; i < market->count; i++) {
        if (market->orders[i]->done) {
            free(market->spare);
            market->spare = market->orders[i];
        } else {
            market->kinds |= paper_order_bit(market->orders[i]);
            market->orders[kept++] = market->orders[i];
        }
    }
    market->count = kept;
    kept = 0;
    for (size_t i = 0; i < market->bracket_count; i++) {
        if (market->brackets[i]->ended)
            free(market->brackets[i]);
        else
            market->brackets[kept++] = market->brackets[i];
    }
    market->bracket_count = kept;
    market->unswept = false;
}

/* Equity and what is available at the last prices, at which what is held is marked on the way: each position is looked at once. */
static inline int mark_worth(struct r3_account *out, const struct r3_paper *paper, struct paper_session *session,
                             struct r3_error *error) {
    const struct r3_ledger *ledger = &session->ledger;
    struct r3_decimal value;
    bool sold = false;

    out->equity = out->available = ledger->cash;
    for (struct r3_ledger_position *position = ledger->positions, *end = r3_ledger_end(ledger); position != end;
         position++) {
        if (r3_decimal_is_zero(&position->size))
            continue;
        paper_mark_position(paper, session, position);
        sold = sold || r3_decimal_is_negative(&position->size);
        if (r3_ledger_value(&value, position, error))
            return -1;
        r3_decimal_raise_scale(&value, out->equity.scale);
        if (r3_decimal_add(&out->equity, &out->equity, &value, error))
            return -1;
    }
    if (!r3_decimal_is_zero(&ledger->reserved) &&
        r3_decimal_subtract(&out->available, &ledger->cash, &ledger->reserved, error))
        return -1;
    return sold ? r3_ledger_subtract_margin(&out->available, ledger, error) : 0;
}

/* The names of an account, which stay in its record once they are known: of the two a decision, both were 20 instructions each. */
__attribute__((noinline)) static void name_account(const struct r3_paper *paper, struct paper_session *session) {
    struct r3_account *out = &session->account.account;
    const char *currency = session->currency;

    session->account.type = R3_ACCOUNT;
    session->named = currency[0];
    if (!currency[0] && paper->market_count)
        currency = paper->markets[0]->rules.quote;
    memcpy(out->session, session->name, sizeof out->session);
    memcpy(out->currency, currency, sizeof out->currency);
}

static int account(const struct r3_paper *paper, struct paper_session *session, r3_paper_output *output, void *context,
                   struct r3_error *error) {
    struct r3_account *out = &session->account.account;

    if (!session->named)
        name_account(paper, session);
    out->time = 0;
    for (size_t i = 0; i < paper->market_count; i++) {
        int64_t time = paper_close_time(paper->markets[i]);
        if (time > out->time)
            out->time = time;
    }
    if (mark_worth(out, paper, session, error))
        return -1;
    if (r3_decimal_is_negative(&out->available))
        out->available = r3_decimal_zero;
    return output(context, &session->account, error);
}

int r3_paper_accounts(struct r3_paper *paper, r3_paper_output *output, void *context, struct r3_error *error) {
    for (size_t i = 0; i < paper->session_count; i++)
        if (account(paper, paper->sessions[i], output, context, error))
            return -1;
    return 0;
}

int r3_paper_open(struct r3_paper *paper, const char *name, const char *market_name, struct r3_error *error) {
    if (paper_session_search(paper, name))
        return 0;
    if (r3_paper_session(paper, name, error))
        return -1;
    const struct paper_market *market = *market_name ? paper_market(paper, market_name) : NULL;
    struct paper_session *session = paper_session_search(paper, name);
    if (market)
        memcpy(session->currency, market->rules.quote, sizeof session->currency);
    return account(paper, session, paper->output, paper->context, error);
}

int paper_report(struct r3_paper *paper, bool filled, struct r3_error *error) {
    bool left = false;

    for (size_t i = 0; i < paper->session_count; i++) {
        struct paper_session *session = paper->sessions[i];
        if (filled ? session->filled : session->changed) {
            if (account(paper, session, paper->output, paper->context, error))
                return -1;
            session->changed = session->filled = false;
        }
        left = left || session->changed;
    }
    paper->changed = left;
    return 0;
}

const struct r3_ledger *r3_paper_ledger(struct r3_paper *paper, const char *name) {
    struct paper_session *session = paper_session_search(paper, name);

    if (!session)
        return NULL;
    paper_mark(paper, session);
    return &session->ledger;
}

size_t r3_paper_working(const struct r3_paper *paper) {
    size_t working = 0;

    for (size_t i = 0; i < paper->market_count; i++)
        for (size_t k = 0; k < paper->markets[i]->count; k++)
            working += !paper->markets[i]->orders[k]->done;
    return working;
}

/* Whether a path from `from` that reaches `low` and `high` meets the order; a leg of an entry that filled inside this very
 * candle takes its target from the close alone, which is certain to come after it. */
static bool meets(const struct paper_order *order, const struct r3_decimal *low, const struct r3_decimal *high) {
    return paper_meets_below(order) ? r3_decimal_compare(low, &order->touch) <= 0
                                    : r3_decimal_compare(high, &order->touch) >= 0;
}

static bool meets_inside(const struct paper_order *order, const struct r3_candle *candle, bool fresh) {
    if (fresh && order->order.kind == R3_LIMIT)
        return meets(order, &candle->close, &candle->close);
    return meets(order, &candle->low, &candle->high);
}

/* The order's own price, or the path's beginning where that lies beyond it: better for a limit, worse for a stop. */
static struct r3_decimal price_from(const struct paper_order *order, const struct r3_decimal *from) {
    return paper_meets_below(order) ? *r3_decimal_minimum(&order->order.price, from)
                                    : *r3_decimal_maximum(&order->order.price, from);
}

static inline bool in_phase(const struct paper_order *order, const struct phase *phase, uint64_t candle) {
    return !order->done && order->first <= candle && paper_order_bit(order) == phase->bit;
}

static int try_order(struct r3_paper *paper, struct paper_market *market, struct paper_order *order,
                     const struct r3_candle *candle, enum when when, struct r3_error *error) {
    struct paper_moment moment = { .time = when == AT_OPEN ? candle->time : paper_close_time(market),
                                   .liquidity = R3_TAKER };

    if (paper_kind(order) == R3_MARKET)
        return paper_fill(paper, order, when == AT_CLOSE ? &candle->close : &candle->open, &moment, error);

    bool fresh = order->leg && order->bracket->inside == market->candles;
    const struct r3_decimal *from = fresh ? &order->bracket->from : &candle->open;
    if (when == AT_OPEN ? !meets(order, from, from) : !meets_inside(order, candle, fresh))
        return 0;
    struct r3_decimal price = price_from(order, from);
    /* A limit that the market stands beyond when it becomes live takes; one that waited makes. */
    if (order->order.kind == R3_LIMIT && !(when == AT_OPEN && order->first == market->candles))
        moment.liquidity = R3_MAKER;
    if (when == INSIDE)
        moment.inside = market->candles;
    return paper_fill(paper, order, &price, &moment, error);
}

static int run_phase(struct r3_paper *paper, struct paper_market *market, const struct r3_candle *candle,
                     const struct phase *phase, struct r3_error *error) {
    for (size_t i = 0; i < market->count; i++)
        if (in_phase(market->orders[i], phase, market->candles) &&
            try_order(paper, market, market->orders[i], candle, phase->when, error))
            return -1;
    return 0;
}

static int run_phases(struct r3_paper *paper, struct paper_market *market, const struct r3_candle *candle,
                      const struct phase *phase, size_t count, struct r3_error *error) {
    for (const struct phase *end = phase + count; phase < end; phase++)
        if (market->kinds & phase->bit && run_phase(paper, market, candle, phase, error))
            return -1;
    return 0;
}

/* Whether anything can happen in this candle ahead of its close. */
static bool is_touched(const struct paper_market *market, const struct r3_candle *candle) {
    for (size_t i = 0; i < market->count; i++) {
        const struct paper_order *order = market->orders[i];
        if (order->first <= market->candles &&
            (paper_kind(order) == R3_MARKET || meets(order, &candle->low, &candle->high)))
            return true;
    }
    for (size_t i = 0; i < market->bracket_count; i++)
        if (market->brackets[i]->expiry != R3_TIME_ABSENT && market->brackets[i]->expiry <= candle->time)
            return true;
    return false;
}

static int work_candle(struct r3_paper *paper, struct paper_market *market, const struct r3_candle *candle,
                       struct r3_error *error) {
    market->taken = r3_decimal_zero;
    if (is_touched(market, candle)) {
        market->price = candle->open;
        if ((market->kinds & EXITS(R3_MARKET) && run_phase(paper, market, candle, &market_exits, error)) ||
            (market->bracket_count && paper_bracket_expire(paper, market, candle, error)) ||
            (market->kinds & ENTRIES(R3_MARKET) && run_phase(paper, market, candle, &market_entries, error)) ||
            (market->kinds & RESTING && run_phases(paper, market, candle, phases, COUNT(phases), error)))
            return -1;
        market->price = candle->close;
    }
    if (market->bracket_count && paper_bracket_move(paper, market, paper_close_time(market), error))
        return -1;
    if (market->kinds & CLOSING && run_phases(paper, market, candle, at_close, COUNT(at_close), error))
        return -1;
    paper_sweep(market);
    return paper->changed ? paper_report(paper, false, error) : 0;
}

int r3_paper_candle(struct r3_paper *paper, const struct r3_candle *candle, struct r3_error *error) {
    if ((!paper->last || !r3_same_name(paper->last->name, candle->market)) && r3_paper_market(paper, candle, error))
        return -1;
    return paper_candle(paper, paper->last, candle, error);
}

int paper_candle(struct r3_paper *paper, struct paper_market *market, const struct r3_candle *candle,
                 struct r3_error *error) {
    if (market->timeframe != candle->timeframe) {
        if (market->timeframe != R3_TIMEFRAME_NONE && candle->timeframe > market->timeframe &&
            candle->time < paper_close_time(market))
            return 0;
        paper_set_timeframe(market, candle->timeframe);
    }
    if (market->candles && candle->time <= market->time)
        return 0;
    market->time = candle->time;
    market->price = candle->close;
    if (r3_decimal_is_present(&paper->options.volume_share))
        market->volume = candle->volume;
    market->candles++;
    if (!market->count && !market->bracket_count && !paper->changed) {
        market->taken = r3_decimal_zero;
        return 0;
    }
    if (paper->options.book)
        return paper->changed ? paper_report(paper, false, error) : 0;
    if (market->later)
        paper_find_first(paper, market, candle->time);
    return work_candle(paper, market, candle, error);
}

int r3_paper_end(struct r3_paper *paper, struct r3_error *error) {
    for (size_t i = 0; i < paper->market_count; i++) {
        struct paper_market *market = paper->markets[i];
        int64_t time = paper_close_time(market);
        for (size_t k = 0; k < market->bracket_count; k++)
            market->brackets[k]->ended = market->unswept = true;
        for (size_t k = 0; k < market->count; k++) {
            struct paper_order *order = market->orders[k];
            if (!order->done && paper_order_cancel(paper, order, time > order->order.time ? time : order->order.time,
                                                   "end of stream", error))
                return -1;
        }
        paper_sweep(market);
    }
    for (size_t i = 0; i < paper->session_count; i++)
        paper->sessions[i]->changed = true;
    return paper_report(paper, false, error);
}
