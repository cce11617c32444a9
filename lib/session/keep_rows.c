#include "lib/session/keep_rows.h"

#include "lib/base/buffer.h"

/* ---- values ---- */

static struct r3_store_value text(const char *value) {
    return *value ? r3_store_text(value) : r3_store_null();
}

/* In the spelling that the tables ask for: no zeros at the end. */
static struct r3_store_value amount(const struct r3_decimal *value) {
    struct r3_decimal normal = *value;
    if (r3_decimal_is_present(value))
        r3_decimal_normalize(&normal);
    return r3_store_decimal(&normal);
}

/* ---- rows ---- */

struct wanted {
    const struct r3_store_value *values;
    size_t count;
    bool found, differs;
};

static bool same(const struct r3_store_value *is, const struct r3_store_value *wanted) {
    switch (wanted->kind) {
    case R3_STORE_NULL:
        return is->kind == R3_STORE_NULL;
    case R3_STORE_INTEGER:
        return is->kind == R3_STORE_INTEGER && is->integer == wanted->integer;
    case R3_STORE_TEXT:
        return is->kind == R3_STORE_TEXT && strcmp(is->text, wanted->text) == 0;
    case R3_STORE_DECIMAL:
        return is->kind == R3_STORE_TEXT && strcmp(is->text, wanted->digits) == 0;
    }
    return false;
}

static int compare(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct wanted *wanted = context;
    (void)error;
    wanted->found = true;
    for (size_t i = 0; i < wanted->count; i++)
        wanted->differs |= i >= row->count || !same(&row->columns[i], &wanted->values[i]);
    return 0;
}

/* Rows that never change. The first value is the id. */
static int add(struct r3_store *store, const char *what, enum r3_query insert, enum r3_query select,
               const struct r3_store_value *values, size_t count, bool *fresh, struct r3_error *error) {
    struct wanted wanted = { .values = values, .count = count };
    int64_t inserted = 0;
    *fresh = false;
    if (r3_store_run(store, insert, values, count, NULL, NULL, &inserted, error) < 0)
        return r3_error_at(error, "%s %s: ", what, values[0].text);
    if (inserted) {
        *fresh = true;
        return 0;
    }
    if (r3_store_run(store, select, values, 1, compare, &wanted, NULL, error) < 0)
        return -1;
    return wanted.differs ? r3_fail(error, R3_DATA, "%s %s: %s has another one of that name", what, values[0].text,
                                    r3_store_name(store))
                          : 0;
}

/* Rows of which there is one for the first `keys` values. */
static int set(struct r3_store *store, enum r3_query change, enum r3_query select, const struct r3_store_value *values,
               size_t count, size_t keys, bool *fresh, struct r3_error *error) {
    struct wanted wanted = { .values = values, .count = count };
    if (r3_store_run(store, select, values, keys, compare, &wanted, NULL, error) < 0)
        return -1;
    *fresh = !wanted.found || wanted.differs;
    return *fresh ? r3_store_run(store, change, values, count, NULL, NULL, NULL, error) : 0;
}

/* ---- records ---- */

int r3_keep_signal(struct r3_store *store, const struct r3_signal *signal, bool *fresh, struct r3_error *error) {
    const struct r3_store_value values[] = {
        r3_store_text(signal->id),       r3_store_text(signal->session),
        r3_store_text(signal->strategy), r3_store_text(signal->platform),
        r3_store_text(signal->market),   r3_store_text(r3_timeframe_name(signal->timeframe)),
        r3_store_integer(signal->time),  r3_store_text(r3_direction_name(signal->direction)),
        amount(&signal->reference),      amount(&signal->confidence),
        amount(&signal->stop),           amount(&signal->target),
        amount(&signal->volatility),     text(signal->reason)
    };
    return add(store, "signal", R3_QUERY_ADD_SIGNAL, R3_QUERY_SIGNAL, values, sizeof values / sizeof values[0], fresh,
               error);
}

int r3_keep_acted(struct r3_store *store, const char *session, const char *signal, struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(signal), r3_store_text(session) };
    return *signal ? r3_store_run(store, R3_QUERY_ACT_ON_SIGNAL, values, 2, NULL, NULL, NULL, error) : 0;
}

int r3_keep_order(struct r3_store *store, const struct r3_order *order, bool *fresh, struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(order->id),
                                             r3_store_text(order->session),
                                             text(order->signal),
                                             r3_store_text(order->platform),
                                             r3_store_text(order->market),
                                             r3_store_integer(order->time),
                                             r3_store_text(r3_role_name(order->role)),
                                             r3_store_text(r3_side_name(order->side)),
                                             r3_store_text(r3_kind_name(order->kind)),
                                             text(r3_fill_name(order->fill)),
                                             amount(&order->price),
                                             amount(&order->stop),
                                             amount(&order->target),
                                             amount(&order->trail),
                                             amount(&order->break_even),
                                             r3_store_time(order->expiry),
                                             amount(&order->size),
                                             amount(&order->funds) };
    return add(store, "order", R3_QUERY_ADD_ORDER, R3_QUERY_ORDER, values, sizeof values / sizeof values[0], fresh,
               error);
}

int r3_keep_refused(struct r3_store *store, const struct r3_raworder *raw, struct r3_error *error) {
    struct r3_record record;
    struct r3_order *order = &record.order;
    bool fresh;
    r3_record_init(&record, R3_ORDER);
    memcpy(order->id, raw->id, sizeof order->id);
    memcpy(order->session, raw->session, sizeof order->session);
    memcpy(order->signal, raw->signal, sizeof order->signal);
    memcpy(order->platform, raw->platform, sizeof order->platform);
    memcpy(order->market, raw->market, sizeof order->market);
    order->time = raw->time;
    order->role = raw->role;
    order->side = raw->side;
    order->kind = raw->kind;
    order->fill = raw->fill;
    order->price = raw->price;
    order->stop = raw->stop;
    order->target = raw->target;
    order->trail = raw->trail;
    order->break_even = raw->break_even;
    order->expiry = raw->expiry;
    order->size = r3_decimal_is_present(&raw->size) ? raw->size : r3_decimal_zero;
    return r3_keep_order(store, order, &fresh, error);
}

int r3_keep_update(struct r3_store *store, const struct r3_update *update, bool *known, struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(update->order),
                                             r3_store_text(update->session),
                                             r3_store_text(r3_order_status_name(update->status)),
                                             r3_store_text(r3_execution_name(update->execution)),
                                             amount(&update->filled),
                                             amount(&update->cost),
                                             amount(&update->fee),
                                             text(update->reason),
                                             text(update->exchange_id),
                                             r3_store_integer(update->time) };
    int64_t changed = 0;
    int result = r3_store_run(store, R3_QUERY_UPDATE_ORDER, values, sizeof values / sizeof values[0], NULL, NULL,
                              &changed, error);
    *known = changed > 0;
    return result;
}

int r3_keep_trade(struct r3_store *store, const struct r3_trade *trade, bool *fresh, struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(trade->id),
                                             r3_store_text(trade->order),
                                             r3_store_text(trade->session),
                                             r3_store_text(trade->market),
                                             r3_store_integer(trade->time),
                                             r3_store_text(r3_side_name(trade->side)),
                                             r3_store_text(r3_role_name(trade->role)),
                                             amount(&trade->price),
                                             amount(&trade->size),
                                             amount(&trade->fee),
                                             r3_store_text(trade->fee_currency),
                                             r3_store_text(r3_liquidity_name(trade->liquidity)) };
    return add(store, "trade", R3_QUERY_ADD_TRADE, R3_QUERY_TRADE, values, sizeof values / sizeof values[0], fresh,
               error);
}

int r3_keep_position(struct r3_store *store, const struct r3_position *position, bool *fresh, struct r3_error *error) {
    const struct r3_store_value values[] = {
        r3_store_text(position->session), r3_store_text(position->market),
        r3_store_integer(position->time), r3_store_text(r3_direction_name(position->side)),
        amount(&position->size),          amount(&position->cost),
        amount(&position->entry_price),   amount(&position->price),
        amount(&position->value),         amount(&position->unrealized_pnl),
        amount(&position->realized_pnl)
    };
    return set(store, R3_QUERY_SET_POSITION, R3_QUERY_POSITION, values, sizeof values / sizeof values[0], 2, fresh,
               error);
}

int r3_keep_account(struct r3_store *store, const struct r3_account *account, bool *fresh, struct r3_error *error) {
    const struct r3_store_value values[] = { r3_store_text(account->session), r3_store_integer(account->time),
                                             r3_store_text(account->currency), amount(&account->equity),
                                             amount(&account->available) };
    return set(store, R3_QUERY_SET_ACCOUNT, R3_QUERY_WHOLE_ACCOUNT, values, sizeof values / sizeof values[0], 1, fresh,
               error);
}

int r3_keep_notice(struct r3_store *store, const char *session, const struct r3_notice *notice,
                   struct r3_error *error) {
    return r3_store_add_notice(store, session, notice->program, notice->time, r3_level_name(notice->level),
                               notice->text, error);
}
