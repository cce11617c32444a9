#include "lib/trade/ledger_state.h"

#include "lib/record/state_members.h"

enum { MARKETS_MAX = 4096 };

#define LEDGER(M)                                                                                                      \
    { R3_STATE_ROW(struct r3_ledger, M, R3_STATE_DECIMAL) }
static const struct r3_state_member ledger_members[] = { LEDGER(start), LEDGER(cash), LEDGER(reserved),
                                                         LEDGER(realized), LEDGER(fees) };
static const struct r3_state_member position_members[] = {
    { R3_STATE_ROW(struct r3_ledger_position, market, R3_STATE_WORD) },
    { R3_STATE_ROW(struct r3_ledger_position, size, R3_STATE_DECIMAL) },
    { R3_STATE_ROW(struct r3_ledger_position, cost, R3_STATE_DECIMAL) },
    { R3_STATE_ROW(struct r3_ledger_position, realized, R3_STATE_DECIMAL) },
    { R3_STATE_ROW(struct r3_ledger_position, price, R3_STATE_DECIMAL), .optional = true, .rule = R3_STATE_POSITIVE },
};
static const struct r3_state_table ledger_table = R3_STATE_TABLE(ledger_members),
                                   position_table = R3_STATE_TABLE(position_members);
static const char *const ledger_others[] = { "positions", NULL };

void r3_ledger_put(struct r3_buffer *out, const struct r3_ledger *ledger) {
    r3_state_open(out, "ledger", '{');
    r3_state_put_members(out, &ledger_table, ledger);
    r3_state_open(out, "positions", '[');
    for (size_t i = 0; i < ledger->count; i++) {
        struct r3_ledger_position position = ledger->positions[i];
        if (r3_decimal_is_zero(
                &position.size)) /* worth nothing at any price: the last one tells when somebody looked */
            position.price = r3_decimal_absent;
        r3_state_put_object(out, NULL, &position_table, &position);
    }
    r3_state_close(out, ']');
    r3_state_close(out, '}');
}

static int take_positions(struct r3_ledger *ledger, const struct r3_json *object, struct r3_error *error) {
    const struct r3_json *array;
    if (r3_state_take_array(&array, object, "positions", MARKETS_MAX, error) < 0)
        return -1;
    for (size_t i = 0; i < r3_json_count(array); i++) {
        struct r3_ledger_position position;
        int failed = r3_state_take_members(&position, r3_json_at(array, i), &position_table, NULL, error);
        if (!failed && r3_ledger_find(ledger, position.market))
            failed = r3_fail(error, R3_DATA, "market: a second %s", position.market);
        if (failed)
            return r3_error_at(error, "positions[%zu]: ", i);
        *r3_ledger_position(ledger, position.market) = position;
    }
    return 0;
}

int r3_ledger_take(struct r3_ledger *ledger, const struct r3_json *object, struct r3_error *error) {
    const struct r3_json *value = r3_json_member(object, "ledger");
    ledger->count = 0;
    if (!value)
        return r3_fail(error, R3_DATA, "ledger is missing");
    if (r3_state_take_members(ledger, value, &ledger_table, ledger_others, error) < 0 ||
        take_positions(ledger, value, error) < 0)
        return r3_error_at(error, "ledger: ");
    return r3_ledger_balanced(ledger) ? 0 : r3_fail(error, R3_DATA, "ledger: it does not add up");
}
