#include "lib/live/order.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/market/market_name.h"
#include "lib/trade/ledger.h"

enum { PRICE_SCALE = 14 };

const char *r3_live_step_name(enum r3_live_step step) {
    static const char *const names[R3_LIVE_STEPS] = { "INTENT", "SENT", "WORKING", "DONE" };
    return names[step];
}

void r3_live_row_release(struct r3_live_row *row) {
    free(row->fills);
    row->fills = NULL;
    row->fill_count = 0;
}

void r3_live_outcome_release(struct r3_live_outcome *outcome) {
    r3_buffer_release(&outcome->events);
    free(outcome->fills);
    free(outcome->notices);
    *outcome = (struct r3_live_outcome)R3_LIVE_OUTCOME_INIT;
}

void r3_live_tell(struct r3_live_outcome *outcome, enum r3_level level, const char *format, ...) {
    outcome->notices = r3_reallocate(outcome->notices, (outcome->notice_count + 1) * sizeof *outcome->notices);
    struct r3_live_notice *notice = &outcome->notices[outcome->notice_count++];
    va_list arguments;
    notice->level = level;
    va_start(arguments, format);
    vsnprintf(notice->text, sizeof notice->text, format, arguments);
    va_end(arguments);
}

/* ---- what is to be done next ---- */

static bool is_stale(const struct r3_live_row *row, const struct r3_live_times *now) {
    return row->order.role == R3_ENTRY && now->market - row->order.time > now->refresh;
}

/* Looks come soon at first, and then each second. */
static int64_t until_next_look(const struct r3_live_memory *memory, const struct r3_live_times *now) {
    if (memory->looks == 0)
        return 0;
    int64_t pause = memory->looks > 4 ? R3_LIVE_LOOK_SPACE + 10 : INT64_C(50) << memory->looks;
    int64_t rest = memory->last_look + pause - now->monotonic;
    return rest > 0 ? rest : 0;
}

int64_t r3_live_shut(const struct r3_live_row *row, int64_t window, int64_t unsure) {
    return row->sent + window + R3_LIVE_MARGIN + unsure + 1;
}

static enum r3_live_action next_of_sent(const struct r3_live_row *row, const struct r3_live_memory *memory,
                                        const struct r3_live_times *now, int64_t *delay) {
    int64_t passed = r3_live_shut(row, now->window, now->unsure) - now->exchange;
    int64_t space = row->looked == R3_TIME_ABSENT ? 0 : row->looked + R3_LIVE_LOOK_SPACE - now->exchange;
    *delay = until_next_look(memory, now);
    if (passed > 0 && passed < *delay)
        *delay = passed; /* from then on looks count */
    if (row->absent > 0 && passed <= 0)
        *delay = space > 0 ? space : 0;
    return R3_LIVE_LOOK;
}

static enum r3_live_action next_of_working(const struct r3_live_row *row, const struct r3_live_memory *memory,
                                           const struct r3_live_times *now, int64_t *delay) {
    if (row->cancel && (memory->cancel_asked == 0 || now->monotonic - memory->cancel_asked >= R3_LIVE_CANCEL_AGAIN))
        return R3_LIVE_CANCEL;
    *delay = until_next_look(memory, now);
    if (memory->looks == 0 || memory->unfinished || row->cancel || row->order.kind == R3_MARKET)
        return R3_LIVE_LOOK;
    return R3_LIVE_REST;
}

enum r3_live_action r3_live_next(const struct r3_live_row *row, const struct r3_live_memory *memory,
                                 const struct r3_live_times *now, int64_t *delay) {
    enum r3_live_action action = R3_LIVE_NOTHING;
    *delay = 0;
    switch (row->step) {
    case R3_LIVE_INTENT:
        if (row->cancel)
            return R3_LIVE_WITHDRAW;
        if (is_stale(row, now))
            return R3_LIVE_EXPIRE;
        action = R3_LIVE_SEND;
        break;
    case R3_LIVE_SENT:
        action = next_of_sent(row, memory, now, delay);
        break;
    case R3_LIVE_WORKING:
        action = next_of_working(row, memory, now, delay);
        break;
    default:
        return action;
    }
    if (memory->not_before - now->monotonic > *delay)
        *delay = memory->not_before - now->monotonic;
    return action;
}

/* ---- events ---- */

static enum r3_execution execution_of(const struct r3_live_row *row, enum r3_event event) {
    if (event == R3_EVENT_FILLED)
        return R3_FULLY_EXECUTED;
    return r3_decimal_is_zero(&row->filled) ? R3_NOT_EXECUTED : R3_PARTIALLY_EXECUTED;
}

static int add_update(struct r3_live_outcome *outcome, const struct r3_live_row *row, enum r3_event event, int64_t time,
                      const char *reason, struct r3_error *error) {
    struct r3_record record;
    struct r3_update *update = &record.update;
    r3_record_init(&record, R3_UPDATE);
    memcpy(update->order, row->order.id, sizeof update->order);
    memcpy(update->session, row->order.session, sizeof update->session);
    memcpy(update->exchange_id, row->exchange_id, sizeof update->exchange_id);
    update->time = time;
    update->event = event;
    update->status = event == R3_EVENT_FILLED                                   ? R3_CLOSED
                     : event == R3_EVENT_CANCELED || event == R3_EVENT_REJECTED ? R3_CANCELED
                                                                                : R3_OPENED;
    update->execution = execution_of(row, event);
    update->filled = row->filled;
    update->cost = row->cost;
    update->fee = row->fee;
    r3_decimal_normalize(&update->filled);
    r3_decimal_normalize(&update->cost);
    r3_decimal_normalize(&update->fee);
    snprintf(update->reason, sizeof update->reason, "%s", reason);
    return r3_record_encode(&outcome->events, &record, error);
}

static int finish(struct r3_live_row *row, enum r3_event event, int64_t time, const char *reason,
                  struct r3_live_outcome *outcome, struct r3_error *error) {
    row->step = R3_LIVE_DONE;
    return add_update(outcome, row, event, time, reason, error);
}

int r3_live_withdraw(struct r3_live_row *row, int64_t time, struct r3_live_outcome *outcome, struct r3_error *error) {
    return finish(row, R3_EVENT_CANCELED, time, row->reason, outcome, error);
}

int r3_live_expire(struct r3_live_row *row, int64_t time, int64_t refresh, struct r3_live_outcome *outcome,
                   struct r3_error *error) {
    char reason[R3_TEXT_SIZE], age[R3_TIME_TEXT_SIZE], limit[R3_TIME_TEXT_SIZE];
    r3_duration_format(age, time - row->order.time);
    r3_duration_format(limit, refresh);
    snprintf(reason, sizeof reason, "STALE: the entry is %s old, more than the session's refresh of %s", age, limit);
    return finish(row, R3_EVENT_CANCELED, time, reason, outcome, error);
}

int r3_live_reject(struct r3_live_row *row, int64_t time, const char *reason, struct r3_live_outcome *outcome,
                   struct r3_error *error) {
    if (row->order.role != R3_ENTRY)
        r3_live_tell(outcome, R3_ERROR, "%s %s: REJECTED: %.150s", r3_role_name(row->order.role), row->order.id,
                     reason);
    return finish(row, R3_EVENT_REJECTED, time, reason, outcome, error);
}

void r3_live_send(struct r3_live_row *row, int64_t sent) {
    row->step = R3_LIVE_SENT;
    row->sent = sent;
    row->looked = R3_TIME_ABSENT;
    row->absent = 0;
    row->attempts++;
}

void r3_live_unsend(struct r3_live_row *row) {
    row->step = R3_LIVE_INTENT;
    row->sent = row->looked = R3_TIME_ABSENT;
    row->absent = 0;
}

/* ---- answers to a request ---- */

static int arrived(struct r3_live_row *row, const char *exchange_id, int64_t time, struct r3_live_outcome *outcome,
                   struct r3_error *error) {
    row->step = R3_LIVE_WORKING;
    row->absent = R3_LIVE_EXISTS;
    if (*exchange_id)
        snprintf(row->exchange_id, sizeof row->exchange_id, "%s", exchange_id);
    return add_update(outcome, row, R3_EVENT_PLACED, time, "", error);
}

int r3_live_answered(struct r3_live_row *row, const struct r3_kucoin_answer *answer, int64_t time,
                     struct r3_live_outcome *outcome, bool *changed, struct r3_error *error) {
    char reason[R3_TEXT_SIZE];
    *changed = answer->outcome != R3_KUCOIN_UNKNOWN;
    if (answer->outcome == R3_KUCOIN_UNKNOWN)
        return 0;
    if (answer->outcome == R3_KUCOIN_DONE)
        return arrived(row, answer->exchange_id, time, outcome, error);
    switch (answer->reason) {
    case R3_KUCOIN_DUPLICATE: /* it is there, or was: only a look can tell what became of it */
        row->absent = R3_LIVE_EXISTS;
        return 0;
    case R3_KUCOIN_BUSY:
    case R3_KUCOIN_TIME:
    case R3_KUCOIN_KEY:
    case R3_KUCOIN_ACCOUNT:
        r3_live_unsend(row);
        return 0;
    default:
        snprintf(reason, sizeof reason, "%s%s%.200s", answer->code, *answer->code ? ": " : "", answer->text);
        return r3_live_reject(row, time, reason, outcome, error);
    }
}

/* ---- looks ---- */

static bool is_told(const struct r3_live_row *row, const char *id) {
    for (size_t i = 0; i < row->fill_count; i++)
        if (strcmp(row->fills[i], id) == 0)
            return true;
    return false;
}

static int add_to(struct r3_decimal *sum, const struct r3_decimal *value, struct r3_error *error) {
    return r3_decimal_add(sum, sum, value, error);
}

/* The sums of the row, with a fill more. A fee in another currency than the market's second is told, and not in the sum. */
static int add_sums(struct r3_live_row *row, const struct r3_kucoin_fill *fill, struct r3_live_outcome *outcome,
                    struct r3_error *error) {
    char base[R3_CURRENCY_SIZE], quote[R3_CURRENCY_SIZE] = "", fee[R3_DECIMAL_TEXT_SIZE];
    struct r3_decimal cost;
    r3_market_split(base, quote, row->order.market);
    if (r3_ledger_cost(&cost, &fill->price, &fill->size, error) < 0 || add_to(&row->filled, &fill->size, error) < 0 ||
        add_to(&row->cost, &cost, error) < 0)
        return -1;
    if (strcmp(fill->fee_currency, quote) == 0)
        return add_to(&row->fee, &fill->fee, error);
    r3_decimal_format(fee, &fill->fee);
    r3_live_tell(outcome, R3_WARNING, "order %s: a fee of %s %s, which the session's account does not count",
                 row->order.id, fee, fill->fee_currency);
    return 0;
}

static int add_trade(struct r3_live_row *row, const struct r3_kucoin_fill *fill, int64_t time,
                     struct r3_live_outcome *outcome, struct r3_error *error) {
    struct r3_record record;
    struct r3_trade *trade = &record.trade;
    size_t at = outcome->events.length;
    r3_record_init(&record, R3_TRADE);
    if (snprintf(trade->id, sizeof trade->id, "%s-t%zu", row->order.id, row->fill_count + 1) >= (int)sizeof trade->id)
        return r3_fail(error, R3_BUG, "order %s: no room for the id of its trade", row->order.id);
    memcpy(trade->order, row->order.id, sizeof trade->order);
    memcpy(trade->session, row->order.session, sizeof trade->session);
    memcpy(trade->market, row->order.market, sizeof trade->market);
    memcpy(trade->fee_currency, fill->fee_currency, sizeof trade->fee_currency);
    trade->time = time;
    trade->side = row->order.side;
    trade->role = row->order.role;
    trade->price = fill->price;
    trade->size = fill->size;
    trade->fee = fill->fee;
    trade->liquidity = fill->liquidity == R3_LIQUIDITY_NONE ? R3_TAKER : fill->liquidity;
    r3_decimal_normalize(&trade->price);
    r3_decimal_normalize(&trade->size);
    r3_decimal_normalize(&trade->fee);
    if (r3_record_encode(&outcome->events, &record, error) < 0 || add_sums(row, fill, outcome, error) < 0)
        return -1;
    outcome->fills = r3_reallocate(outcome->fills, (outcome->fill_count + 1) * sizeof *outcome->fills);
    struct r3_live_fill *told = &outcome->fills[outcome->fill_count++];
    memcpy(told->id, fill->id, sizeof told->id);
    told->at = at;
    told->length = outcome->events.length - at;
    row->fills = r3_reallocate(row->fills, (row->fill_count + 1) * sizeof *row->fills);
    memcpy(row->fills[row->fill_count++], fill->id, sizeof *row->fills);
    return 0;
}

/* What came by this name is another order, as when two stores of one account gave out the same id. */
static bool is_other(const struct r3_live_row *row, const struct r3_kucoin_order *order) {
    const struct r3_decimal *size = &row->order.size;
    if (strcmp(order->market, row->order.market) != 0 || order->side != row->order.side ||
        order->kind != row->order.kind)
        return true;
    return r3_decimal_is_present(size) && r3_decimal_is_present(&order->size) && r3_decimal_is_positive(&order->size) &&
           !r3_decimal_equal(size, &order->size);
}

/* The highest price of the fills at hand, which is the last one of a purchase; or what all of it cost on average. */
static int highest_price(struct r3_decimal *out, const struct r3_live_row *row, const struct r3_live_found *found,
                         struct r3_error *error) {
    *out = r3_decimal_zero;
    for (size_t i = 0; i < found->fill_count; i++)
        *out = *r3_decimal_maximum(out, &found->fills[i].price);
    if (r3_decimal_is_positive(out))
        return 0;
    return r3_decimal_divide_round(out, &row->cost, &row->filled, PRICE_SCALE, R3_ROUND_UP, error);
}

/* Funds are spent where what is left of them buys no more: it is less than an increment of the market costs. Where that is not known, the
 * least that there is on the exchange. 1, 0, -1. */
static int is_spent(const struct r3_live_row *row, const struct r3_live_found *found, struct r3_error *error) {
    static const struct r3_decimal least = { 1, 8 };
    const struct r3_decimal *increment = r3_decimal_is_positive(&found->increment) ? &found->increment : &least;
    struct r3_decimal rest, price, cost;
    if (!r3_decimal_is_positive(&row->filled))
        return 0;
    if (r3_decimal_subtract(&rest, &row->order.funds, &row->cost, error) < 0 ||
        highest_price(&price, row, found, error) < 0 ||
        r3_decimal_multiply_round(&cost, &price, increment, R3_DECIMAL_SCALE_MAX, R3_ROUND_UP, error) < 0)
        return -1;
    return !r3_decimal_is_positive(&rest) || r3_decimal_is_less(&rest, &cost);
}

static int is_filled(const struct r3_live_row *row, const struct r3_live_found *found, struct r3_error *error) {
    if (!r3_decimal_is_present(&row->order.size))
        return is_spent(row, found, error);
    return r3_decimal_compare(&row->filled, &row->order.size) >= 0;
}

static int end_of(struct r3_live_row *row, const struct r3_live_found *found, int64_t time,
                  struct r3_live_outcome *outcome, struct r3_error *error) {
    int filled = is_filled(row, found, error);
    if (filled < 0)
        return -1;
    if (filled)
        return finish(row, R3_EVENT_FILLED, time, "", outcome, error);
    return finish(row, R3_EVENT_CANCELED, time, row->cancel ? row->reason : "canceled at the exchange", outcome, error);
}

/* When it happened by the exchange's clock, where that is known, and not later than is told at all. */
static int64_t time_of(const struct r3_live_found *found, int64_t time) {
    if (time <= 0)
        time = found->now;
    return found->local != R3_TIME_ABSENT && found->local < time ? found->local : time;
}

static int take_fills(struct r3_live_row *row, const struct r3_live_found *found, int64_t *last,
                      struct r3_live_outcome *outcome, struct r3_error *error) {
    for (size_t i = 0; i < found->fill_count; i++) {
        const struct r3_kucoin_fill *fill = &found->fills[i];
        int64_t time = time_of(found, fill->time);
        if (is_told(row, fill->id))
            continue;
        if (add_trade(row, fill, time, outcome, error) < 0)
            return -1;
        if (time > *last)
            *last = time;
    }
    return 0;
}

int r3_live_found(struct r3_live_row *row, const struct r3_live_found *found, struct r3_live_outcome *outcome,
                  bool *changed, bool *unfinished, struct r3_error *error) {
    const struct r3_kucoin_order *order = found->order;
    int64_t time = time_of(found, order->updated);
    *changed = *unfinished = false;
    if (is_other(row, order)) {
        *unfinished = true;
        r3_live_tell(outcome, R3_ERROR, "order %s: the exchange has another order by this name (%s)", row->order.id,
                     order->exchange_id);
        return 0;
    }
    if (row->step == R3_LIVE_INTENT || row->step == R3_LIVE_SENT) {
        if (arrived(row, order->exchange_id, order->created > 0 ? time_of(found, order->created) : time, outcome,
                    error) < 0)
            return -1;
        *changed = true;
    }
    if (take_fills(row, found, &time, outcome, error) < 0)
        return -1;
    *changed |= outcome->fill_count > 0;
    if (!order->active && r3_decimal_equal(&row->filled, &order->filled)) {
        *changed = true;
        return end_of(row, found, time, outcome, error);
    }
    *unfinished = !order->active || !r3_decimal_equal(&row->filled, &order->filled);
    return outcome->fill_count ? add_update(outcome, row, R3_EVENT_PARTIAL, time, "", error) : 0;
}

void r3_live_absent(struct r3_live_row *row, int64_t looked, int64_t unsure, int64_t window, bool *changed) {
    *changed = false;
    if (row->step != R3_LIVE_SENT || row->absent == R3_LIVE_EXISTS || looked < r3_live_shut(row, window, unsure) ||
        looked > row->sent + R3_LIVE_MEMORY ||
        (row->looked != R3_TIME_ABSENT && looked < row->looked + R3_LIVE_LOOK_SPACE))
        return;
    *changed = true;
    row->looked = looked;
    if (++row->absent >= R3_LIVE_LOOKS)
        r3_live_unsend(row);
}

int r3_live_settle(struct r3_live_row *row, int64_t time, struct r3_live_outcome *outcome, struct r3_error *error) {
    r3_live_tell(outcome, R3_WARNING, "order %s: taken as over, by hand", row->order.id);
    return finish(row, R3_EVENT_CANCELED, time, "settled by hand", outcome, error);
}
