/* What is known of markets and balances before an order is sent. */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/live/check.h"
#include "lib/live/gateway.h"
#include "lib/market/market_name.h"
#include "lib/trade/ledger.h"

enum {
    RULES_LAST = 10 * 60 * 1000, /* ms */
    FEES_LAST = 60 * 60 * 1000,
    PRICE_LASTS = 1000,
    BALANCES_LAST = 5000,
    ACTIVE_LASTS = 60 * 1000,
    STATUS_LASTS = 30 * 1000,
    STATUS_AGAIN = 5000,
    RULES_AGAIN = 30 * 1000, /* for exits, which do without */
};

/* Of an account of the lowest level, for common currencies. */
static const struct r3_decimal USUAL_FEE = { 1, 3 };

static bool is_old(int64_t asked, int64_t lasts) {
    return asked == 0 || r3_clock_monotonic() - asked > lasts;
}

struct live_market *live_market(struct r3_live *live, const char *name) {
    for (size_t i = 0; i < live->market_count; i++)
        if (strcmp(live->markets[i].name, name) == 0)
            return &live->markets[i];
    live->markets = r3_reallocate(live->markets, (live->market_count + 1) * sizeof *live->markets);
    struct live_market *market = &live->markets[live->market_count++];
    *market = (struct live_market) { .active = -1, .price = r3_decimal_absent, .taker_fee = r3_decimal_absent };
    r3_copy_text(market->name, sizeof market->name, name, strlen(name));
    return market;
}

int live_ask_rules(struct r3_live *live, struct live_market *market, struct r3_error *error) {
    bool found;
    if (!is_old(market->rules_asked, RULES_LAST))
        return 0;
    market->rules_tried = r3_clock_monotonic();
    if (r3_kucoin_market(live->kucoin, market->name, &market->symbol, &found, error) < 0)
        return -1;
    if (!found)
        return 1;
    market->rules_asked = r3_clock_monotonic();
    return 0;
}

/* The exchange judges for itself, so it is no error where it does not say. */
static void ask_fee(struct r3_live *live, struct live_market *market) {
    struct r3_decimal maker;
    struct r3_error unused;
    if (!is_old(market->fee_asked, FEES_LAST))
        return;
    market->fee_asked = r3_clock_monotonic();
    if (!live->options->key || r3_kucoin_fees(live->kucoin, market->name, &maker, &market->taker_fee, &unused) < 0 ||
        !r3_decimal_is_present(&market->taker_fee))
        market->taker_fee = USUAL_FEE;
}

static int ask_price(struct r3_live *live, struct live_market *market, struct r3_error *error) {
    struct r3_price price;
    if (!is_old(market->price_asked, PRICE_LASTS))
        return 0;
    if (r3_kucoin_price(live->kucoin, market->name, &price, error) < 0)
        return -1;
    market->price = price.price;
    market->price_asked = r3_clock_monotonic();
    return 0;
}

static int take_balance(const struct r3_kucoin_balance *balance, void *context, struct r3_error *error) {
    struct r3_live *live = context;
    (void)error;
    for (size_t i = 0; i < live->balance_count; i++) {
        struct live_balance *other = &live->balances[i];
        if (strcmp(other->currency, balance->currency) != 0)
            continue;
        other->total = other->available = r3_decimal_absent; /* which of the two rows it is, is not said */
        return 0;
    }
    live->balances = r3_reallocate(live->balances, (live->balance_count + 1) * sizeof *live->balances);
    struct live_balance *out = &live->balances[live->balance_count++];
    memcpy(out->currency, balance->currency, sizeof out->currency);
    out->total = balance->balance;
    out->available = balance->available;
    return 0;
}

int live_ask_balances(struct r3_live *live, struct r3_error *error) {
    if (!is_old(live->balances_asked, BALANCES_LAST))
        return 0;
    live->balance_count = 0;
    live->balances_asked = 0;
    if (r3_kucoin_balances(live->kucoin, take_balance, live, error) < 0)
        return -1;
    live->balances_asked = r3_clock_monotonic();
    return 0;
}

const struct live_balance *live_balance(const struct r3_live *live, const char *currency) {
    static const struct live_balance none = { "", { 0, 0 }, { 0, 0 } };
    for (size_t i = 0; i < live->balance_count; i++)
        if (strcmp(live->balances[i].currency, currency) == 0)
            return &live->balances[i];
    return &none;
}

int live_fail_balance(const char *currency, struct r3_error *error) {
    return r3_fail(error, R3_DATA, "the exchange's answer does not say how much %s there is", currency);
}

void live_spend(struct r3_live *live, const struct r3_order *order) {
    char base[R3_CURRENCY_SIZE], quote[R3_CURRENCY_SIZE];
    const struct live_market *market = live_market(live, order->market);
    struct r3_decimal cost, fee, *left = NULL;
    struct r3_error unused;
    if (order->side != R3_BUY || r3_market_split(base, quote, order->market) < 0)
        return;
    for (size_t i = 0; i < live->balance_count; i++)
        if (strcmp(live->balances[i].currency, quote) == 0)
            left = &live->balances[i].available;
    bool known = left && r3_decimal_is_present(left) && r3_decimal_is_present(&market->taker_fee) &&
                 r3_live_value(&cost, order, &market->price, &unused) == 0 && r3_decimal_is_present(&cost) &&
                 r3_ledger_fee(&fee, &cost, &market->taker_fee, &unused) == 0 &&
                 r3_decimal_subtract(left, left, &cost, &unused) == 0 &&
                 r3_decimal_subtract(left, left, &fee, &unused) == 0;
    if (!known)
        live->balances_asked = 0;
}

static int count_order(const struct r3_kucoin_order *order, void *context, struct r3_error *error) {
    (void)order;
    (void)error;
    ++*(int64_t *)context;
    return 0;
}

static int ask_active(struct r3_live *live, struct live_market *market, struct r3_error *error) {
    int64_t count = 0;
    if (!live->options->key || !is_old(market->active_asked, ACTIVE_LASTS))
        return 0;
    if (r3_kucoin_active(live->kucoin, market->name, count_order, &count, error) < 0)
        return -1;
    market->active = count;
    market->active_asked = r3_clock_monotonic();
    return 0;
}

/* What the session's other entries may still take of its cash. */
static int subtract_open_entries(struct r3_live *live, const struct r3_order *order,
                                 const struct r3_live_session *session, struct r3_live_facts *facts,
                                 struct r3_error *error) {
    for (size_t i = 0; i < live->order_count; i++) {
        const struct r3_live_row *row = &live->at_work[i].row;
        struct r3_decimal rest;
        if (live->at_work[i].session != session || row->order.role != R3_ENTRY ||
            strcmp(row->order.id, order->id) == 0 || (row->step != R3_LIVE_SENT && row->step != R3_LIVE_WORKING))
            continue;
        if (r3_live_value(&rest, &row->order, &facts->price, error) < 0)
            return -1;
        if (!r3_decimal_is_present(&rest))
            continue;
        if (r3_decimal_subtract(&rest, &rest, &row->cost, error) < 0 ||
            (r3_decimal_is_positive(&rest) && r3_decimal_subtract(&facts->cash, &facts->cash, &rest, error) < 0))
            return -1;
    }
    return 0;
}

static int ask_for_entry(struct r3_live *live, const struct r3_order *order, struct r3_live_session *session,
                         struct live_market *market, struct r3_live_facts *facts, struct r3_error *error) {
    char base[R3_CURRENCY_SIZE], quote[R3_CURRENCY_SIZE];
    bool by_size = r3_decimal_is_present(&order->size);
    if ((by_size && ask_price(live, market, error) < 0) ||
        (order->kind == R3_LIMIT && ask_active(live, market, error) < 0) ||
        r3_live_book(live->store, session, error) < 0)
        return -1;
    ask_fee(live, market);
    facts->price = market->price;
    facts->active = market->active;
    facts->taker_fee = market->taker_fee;
    facts->cash = session->cash;
    if (subtract_open_entries(live, order, session, facts, error) < 0)
        return -1;
    if (!live->options->key || r3_market_split(base, quote, order->market) < 0)
        return 0;
    if (live_ask_balances(live, error) < 0)
        return -1;
    facts->quote = live_balance(live, quote)->available;
    return r3_decimal_is_present(&facts->quote) ? 0 : live_fail_balance(quote, error);
}

int live_facts(struct r3_live *live, const struct r3_order *order, struct r3_live_session *session,
               struct r3_live_facts *facts, struct r3_error *error) {
    struct live_market *market = live_market(live, order->market);
    bool entry = order->role == R3_ENTRY;
    *facts = (struct r3_live_facts) { .price = r3_decimal_absent,
                                      .taker_fee = USUAL_FEE,
                                      .quote = r3_decimal_absent,
                                      .active = -1,
                                      .max_order = live->options->max_order,
                                      .cash = r3_decimal_absent,
                                      .session_state = session->state };
    bool again = is_old(market->rules_tried, RULES_AGAIN);
    int known = entry || again || !is_old(market->rules_asked, RULES_LAST) ? live_ask_rules(live, market, error) : -1;
    if (known != 0)
        return entry ? known : 0; /* an exit goes without */
    facts->symbol = &market->symbol;
    return entry ? ask_for_entry(live, order, session, market, facts, error) : 0;
}

void live_ask_status(struct r3_live *live) {
    char status[16] = "", text[R3_TEXT_SIZE] = "";
    struct r3_error unused;
    if (!is_old(live->status_asked, live->may_send ? STATUS_LASTS : STATUS_AGAIN))
        return;
    bool asked = r3_kucoin_status(live->kucoin, status, text, &unused) == 0, could = live->may_send;
    live->may_send = !asked || strcmp(status, "open") == 0; /* no answer says nothing */
    live->may_cancel = live->may_send || strcmp(status, "cancelonly") == 0;
    if (!live->may_send && (could || live->status_asked == 0)) {
        live_say(live, "the exchange is not open (%s): %.150s", status, text);
        snprintf(live->trouble, sizeof live->trouble, "the exchange is not open (%s): %.150s", status, text);
    }
    live->status_asked = r3_clock_monotonic();
}
