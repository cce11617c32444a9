#include "lib/live/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/live/order.h"
#include "lib/trade/ledger.h"

__attribute__((format(printf, 2, 3))) static bool refuse(char reason[R3_TEXT_SIZE], const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, R3_TEXT_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

static bool refuse_values(char reason[R3_TEXT_SIZE], const char *name, const struct r3_decimal *value, const char *what,
                          const struct r3_decimal *rule) {
    char text[R3_DECIMAL_TEXT_SIZE], rule_text[R3_DECIMAL_TEXT_SIZE];
    struct r3_decimal short_value = *value, short_rule = *rule;
    r3_decimal_normalize(&short_value);
    r3_decimal_normalize(&short_rule);
    r3_decimal_format(text, &short_value);
    r3_decimal_format(rule_text, &short_rule);
    return refuse(reason, "%s %s is %s %s", name, text, what, rule_text);
}

static bool is_on_grid(char reason[R3_TEXT_SIZE], const char *name, const struct r3_decimal *value,
                       const struct r3_decimal *increment) {
    if (!r3_decimal_is_present(value) || !r3_decimal_is_positive(increment) || r3_decimal_is_multiple(value, increment))
        return true;
    return refuse_values(reason, name, value, "not a multiple of", increment);
}

static bool is_within(char reason[R3_TEXT_SIZE], const char *name, const struct r3_decimal *value,
                      const struct r3_decimal *least, const struct r3_decimal *most) {
    if (!r3_decimal_is_present(value))
        return true;
    if (r3_decimal_is_present(least) && r3_decimal_is_less(value, least))
        return refuse_values(reason, name, value, "below the market's minimum of", least);
    if (r3_decimal_is_present(most) && r3_decimal_is_positive(most) && r3_decimal_is_less(most, value))
        return refuse_values(reason, name, value, "above the market's maximum of", most);
    return true;
}

/* What the order itself says. */
static bool check_form(char reason[R3_TEXT_SIZE], const struct r3_order *order) {
    if (strlen(order->id) > R3_LIVE_ID_MAX)
        return refuse(reason, "the order id is longer than %d characters", R3_LIVE_ID_MAX);
    if (order->kind == R3_STOP)
        return refuse(reason, "stop orders are watched by r3-track: --protect tracker");
    if (order->kind == R3_LIMIT && !r3_decimal_is_present(&order->price))
        return refuse(reason, "a LIMIT order needs a price");
    if (order->kind == R3_LIMIT && !r3_decimal_is_present(&order->size))
        return refuse(reason, "a LIMIT order needs a size");
    if (order->role == R3_ENTRY && order->side == R3_SELL)
        return refuse(reason, "a short position cannot be opened on a spot market");
    if (order->role != R3_ENTRY && order->side == R3_BUY)
        return refuse(reason, "there are no short positions on a spot market, so no exit buys");
    if (order->role != R3_ENTRY && !r3_decimal_is_present(&order->size))
        return refuse(reason, "an exit needs a size");
    return true;
}

static bool check_rules(char reason[R3_TEXT_SIZE], const struct r3_order *order,
                        const struct r3_kucoin_symbol *symbol) {
    const struct r3_instrument *rules = &symbol->instrument;
    if (!symbol->trades)
        return refuse(reason, "%s is not traded now", order->market);
    if (order->kind == R3_LIMIT && !is_on_grid(reason, "price", &order->price, &rules->price_increment))
        return false;
    return is_on_grid(reason, "size", &order->size, &rules->base_increment) &&
           is_on_grid(reason, "funds", &order->funds, &rules->quote_increment) &&
           is_within(reason, "size", &order->size, &rules->minimum_size, &symbol->maximum_size) &&
           is_within(reason, "funds", &order->funds, &rules->minimum_funds, &symbol->maximum_funds);
}

int r3_live_value(struct r3_decimal *out, const struct r3_order *order, const struct r3_decimal *last,
                  struct r3_error *error) {
    const struct r3_decimal *price = order->kind == R3_LIMIT ? &order->price : last;
    *out = order->funds;
    if (r3_decimal_is_present(out) || !r3_decimal_is_present(price))
        return 0;
    return r3_ledger_cost(out, price, &order->size, error);
}

/* The exchange takes no purchase far above the last price, and no sale far below. */
static bool check_band(char reason[R3_TEXT_SIZE], const struct r3_order *order, const struct r3_live_facts *facts) {
    const struct r3_decimal *rate = &facts->symbol->price_limit_rate;
    struct r3_decimal share, edge;
    struct r3_error error;
    bool buys = order->side == R3_BUY;
    if (order->kind != R3_LIMIT || !r3_decimal_is_present(rate) || !r3_decimal_is_positive(rate) ||
        !r3_decimal_is_present(&facts->price))
        return true;
    int failed = buys ? r3_decimal_add(&share, &r3_decimal_one, rate, &error)
                      : r3_decimal_subtract(&share, &r3_decimal_one, rate, &error);
    if (failed < 0 ||
        r3_decimal_multiply_round(&edge, &facts->price, &share, R3_LEDGER_SCALE, R3_ROUND_HALF_EVEN, &error) < 0)
        return refuse(reason, "the price band cannot be computed: %.150s", error.text);
    if (buys ? r3_decimal_is_less(&edge, &order->price) : r3_decimal_is_less(&order->price, &edge))
        return refuse_values(reason, "price", &order->price,
                             buys ? "above the market's price band, which ends at"
                                  : "below the market's price band, which begins at",
                             &edge);
    return true;
}

/* An entry with its fee against what there is. */
static bool check_means(char reason[R3_TEXT_SIZE], const struct r3_decimal *value, const struct r3_live_facts *facts) {
    struct r3_decimal fee, needed;
    struct r3_error error;
    if (!r3_decimal_is_present(value))
        return refuse(reason, "no price is known to reckon with");
    if (r3_decimal_is_present(&facts->max_order) && r3_decimal_is_less(&facts->max_order, value))
        return refuse_values(reason, "an order of", value, "above --max-order", &facts->max_order);
    if (r3_ledger_fee(&fee, value, &facts->taker_fee, &error) < 0 || r3_decimal_add(&needed, value, &fee, &error) < 0)
        return refuse(reason, "the fee cannot be computed: %.150s", error.text);
    if (r3_decimal_is_present(&facts->cash) && r3_decimal_is_less(&facts->cash, &needed))
        return refuse_values(reason, "an order that with its fee needs", &needed, "above the session's cash of",
                             &facts->cash);
    if (r3_decimal_is_present(&facts->quote) && r3_decimal_is_less(&facts->quote, &needed))
        return refuse_values(reason, "an order that with its fee needs", &needed, "above the available balance of",
                             &facts->quote);
    return true;
}

static bool check_entry(char reason[R3_TEXT_SIZE], const struct r3_order *order, const struct r3_live_facts *facts) {
    struct r3_decimal value;
    struct r3_error unused;
    if (r3_live_value(&value, order, &facts->price, &unused) < 0)
        value = r3_decimal_absent; /* no decimal holds it */
    if (strcmp(facts->session_state, "ACTIVE") != 0)
        return refuse(reason, "session %s is %s: no entries", order->session, facts->session_state);
    if (r3_decimal_is_present(&order->size) &&
        !is_within(reason, "the order's value", &value, &facts->symbol->instrument.minimum_funds,
                   &facts->symbol->maximum_funds))
        return false;
    if (order->kind == R3_LIMIT && facts->active >= R3_LIVE_ACTIVE_MAX)
        return refuse(reason, "%lld orders work in %s: the exchange takes no more", (long long)facts->active,
                      order->market);
    return check_band(reason, order, facts) && check_means(reason, &value, facts);
}

bool r3_live_check(char reason[R3_TEXT_SIZE], const struct r3_order *order, const struct r3_live_facts *facts) {
    *reason = '\0';
    if (!check_form(reason, order) || (facts->symbol && !check_rules(reason, order, facts->symbol)))
        return false;
    return order->role != R3_ENTRY || check_entry(reason, order, facts);
}
