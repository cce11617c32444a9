#include "lib/session/status.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "lib/json/json.h"
#include "lib/market/market_name.h"

/* ---- rows ---- */

enum {
    DONE = R3_SESSION_COLUMNS,
    DUE,
    EQUITY,
    AVAILABLE,
    SIDE,
    SIZE,
    ENTRY_PRICE,
    PRICE,
    VALUE,
    UNREALIZED,
    REALIZED,
    TIME,
    LAST_RUN,
    LAST_STATUS,
    LAST_FAILURE,
    FAILURES
};

struct load {
    struct r3_session_status *statuses;
    size_t count, capacity;
};

static int take_position(struct r3_position *out, const struct r3_store_row *row, struct r3_error *error) {
    const char *side = r3_store_row_text(row, SIDE);
    for (out->side = R3_FLAT; out->side > R3_DIRECTION_NONE; out->side--)
        if (strcmp(r3_direction_name(out->side), side) == 0)
            break;
    out->time = r3_store_row_time(row, TIME);
    return r3_store_row_decimal(&out->size, row, SIZE, error) < 0 ||
                   r3_store_row_decimal(&out->entry_price, row, ENTRY_PRICE, error) < 0 ||
                   r3_store_row_decimal(&out->price, row, PRICE, error) < 0 ||
                   r3_store_row_decimal(&out->value, row, VALUE, error) < 0 ||
                   r3_store_row_decimal(&out->unrealized_pnl, row, UNREALIZED, error) < 0 ||
                   r3_store_row_decimal(&out->realized_pnl, row, REALIZED, error) < 0
               ? -1
               : 0;
}

/* A store of an older version had no time of a run: then that of its tick, or its last candle. */
static void take_last_run(struct r3_session_status *status, const struct r3_store_row *row) {
    status->last_run = status->ran = r3_store_row_time(row, LAST_RUN);
    if (status->last_run == R3_TIME_ABSENT)
        status->last_run = r3_store_row_time(row, DONE);
    if (status->last_run == R3_TIME_ABSENT)
        status->last_run = status->session.seen;
    status->last_status = row->columns[LAST_STATUS].integer;
    status->last_failure = r3_duplicate(r3_store_row_text(row, LAST_FAILURE));
    status->failures = row->columns[FAILURES].integer;
}

static int take(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct load *load = context;
    if (load->count == load->capacity) {
        load->capacity = load->capacity ? load->capacity * 2 : 16;
        load->statuses = r3_reallocate(load->statuses, load->capacity * sizeof *load->statuses);
    }
    struct r3_session_status *status = &load->statuses[load->count++];
    *status = (struct r3_session_status) { 0 };
    if (r3_session_read(&status->session, row, error) < 0)
        return -1;
    take_last_run(status, row);
    status->next_tick = r3_store_row_time(row, DUE);
    if (r3_store_row_decimal(&status->equity, row, EQUITY, error) < 0 ||
        r3_store_row_decimal(&status->available, row, AVAILABLE, error) < 0)
        return -1;
    if (!r3_decimal_is_present(&status->equity))
        status->equity = status->available = status->session.cash;
    return take_position(&status->position, row, error);
}

int r3_session_statuses_load(struct r3_session_status **out, size_t *count, struct r3_store *store, enum r3_query query,
                             const struct r3_store_value *values, size_t value_count, struct r3_error *error) {
    struct load load = { 0 };
    int result = r3_store_run(store, query, values, value_count, take, &load, NULL, error);
    *out = load.statuses;
    *count = load.count;
    return result;
}

void r3_session_statuses_free(struct r3_session_status *statuses, size_t count) {
    for (size_t i = 0; i < count; i++) {
        r3_session_release(&statuses[i].session);
        free(statuses[i].last_failure);
    }
    free(statuses);
}

/* ---- what is wrong ---- */

enum { TICK_WAITS = 10 * R3_MINUTE };

/* Since when its candles may be called old. */
static int64_t candles_old_from(const struct r3_session_status *status) {
    const struct r3_session *session = &status->session;
    int64_t last = session->seen != R3_TIME_ABSENT ? session->seen : session->started;
    return last + 2 * r3_timeframe_span(session->timeframe) + session->refresh;
}

enum r3_session_trouble r3_session_trouble(const struct r3_session_status *status, int64_t now) {
    enum r3_session_state state = status->session.state;
    if (state != R3_ACTIVE && state != R3_PAUSED && state != R3_STOPPING)
        return R3_TROUBLE_NONE;
    if (status->failures > 0)
        return R3_TROUBLE_FAILING;
    if (status->next_tick != R3_TIME_ABSENT && now > status->next_tick + TICK_WAITS &&
        (status->ran == R3_TIME_ABSENT || now > status->ran + status->session.refresh + TICK_WAITS))
        return R3_TROUBLE_NOT_RUN;
    return now > candles_old_from(status) ? R3_TROUBLE_CANDLES : R3_TROUBLE_NONE;
}

void r3_session_write_trouble(struct r3_buffer *out, const struct r3_session_status *status,
                              enum r3_session_trouble trouble) {
    if (trouble == R3_TROUBLE_FAILING)
        r3_buffer_printf(out, "FAILING %" PRId64, status->failures);
    else if (trouble != R3_TROUBLE_NONE)
        r3_buffer_append_text(out, trouble == R3_TROUBLE_NOT_RUN ? "NOT RUN" : "OLD CANDLES");
}

void r3_session_explain_trouble(struct r3_buffer *out, const struct r3_session_status *status,
                                enum r3_session_trouble trouble, int64_t now) {
    switch (trouble) {
    case R3_TROUBLE_FAILING:
        r3_buffer_printf(out, "status %" PRId64 " at ", status->last_status);
        r3_session_write_time(out, status->last_run, now);
        if (status->failures > 1)
            r3_buffer_printf(out, ", as %" PRId64 " runs in a row", status->failures);
        r3_buffer_printf(out, ": %s", status->last_failure);
        break;
    case R3_TROUBLE_NOT_RUN:
        r3_buffer_append_text(out, "nobody has done its tick of ");
        r3_session_write_time(out, status->next_tick, now);
        r3_buffer_append_text(out, ": is run-due called each minute, by cron or the timer?");
        break;
    case R3_TROUBLE_CANDLES:
        if (status->session.seen == R3_TIME_ABSENT) {
            r3_buffer_append_text(out, "no candle has come since its start: does its source go on?");
            break;
        }
        r3_buffer_append_text(out, "the last one closed at ");
        r3_session_write_time(out, status->session.seen, now);
        r3_buffer_append_text(out, ": does its source go on?");
        break;
    case R3_TROUBLE_NONE:
        break;
    }
}

bool r3_session_return(double *out, const struct r3_session_status *status) {
    const struct r3_decimal *cash = &status->session.cash;
    struct r3_decimal gain;
    struct r3_error unused;
    if (!r3_decimal_is_present(&status->equity) || r3_decimal_sign(cash) <= 0 ||
        r3_decimal_subtract(&gain, &status->equity, cash, &unused) < 0)
        return false;
    *out = r3_decimal_to_double(&gain) / r3_decimal_to_double(cash);
    return true;
}

/* ---- JSON ---- */

void r3_session_json_text(struct r3_buffer *out, const char *name, const char *text) {
    if (!*text)
        return;
    r3_buffer_printf(out, ",\"%s\":", name);
    r3_json_write_text(out, text, strlen(text));
}

static void json_time(struct r3_buffer *out, const char *name, int64_t time) {
    if (time != R3_TIME_ABSENT)
        r3_buffer_printf(out, ",\"%s\":%" PRId64, name, time);
}

static void json_decimal(struct r3_buffer *out, const char *name, const struct r3_decimal *decimal) {
    char text[R3_DECIMAL_TEXT_SIZE];
    if (!r3_decimal_is_present(decimal))
        return;
    r3_decimal_format(text, decimal);
    r3_session_json_text(out, name, text);
}

static void write_position_json(struct r3_buffer *out, const struct r3_position *position) {
    if (position->side == R3_DIRECTION_NONE)
        return;
    r3_buffer_printf(out, ",\"position\":{\"side\":\"%s\"", r3_direction_name(position->side));
    json_decimal(out, "size", &position->size);
    json_decimal(out, "entry_price", &position->entry_price);
    json_decimal(out, "price", &position->price);
    json_decimal(out, "value", &position->value);
    json_decimal(out, "unrealized_pnl", &position->unrealized_pnl);
    json_decimal(out, "realized_pnl", &position->realized_pnl);
    json_time(out, "time", position->time);
    r3_buffer_append_text(out, "}");
}

static void write_health(struct r3_buffer *out, const struct r3_session_status *status, int64_t now) {
    static const char *const names[] = { "", "FAILING", "NOT_RUN", "OLD_CANDLES" };
    r3_session_json_text(out, "trouble", names[r3_session_trouble(status, now)]);
    json_time(out, "last_run", status->last_run);
    if (status->last_run != R3_TIME_ABSENT)
        r3_buffer_printf(out, ",\"last_status\":%" PRId64, status->last_status);
    r3_session_json_text(out, "last_failure", status->last_failure);
    r3_buffer_printf(out, ",\"failures\":%" PRId64, status->failures);
    json_time(out, "next_tick", status->next_tick);
}

void r3_session_write_json(struct r3_buffer *out, const struct r3_session_status *status, int64_t now) {
    const struct r3_session *session = &status->session;
    char number[R3_JSON_REAL_SIZE];
    double gain;
    r3_buffer_printf(out, "{\"id\":\"%s\"", session->id);
    r3_session_json_text(out, "label", session->label);
    r3_session_json_text(out, "state", r3_session_state_name(session->state));
    r3_session_json_text(out, "mode", session->mode);
    r3_session_json_text(out, "strategy", session->strategy);
    r3_session_json_text(out, "platform", session->platform);
    r3_session_json_text(out, "market", session->market);
    r3_session_json_text(out, "timeframe", r3_timeframe_name(session->timeframe));
    json_time(out, "refresh", session->refresh);
    r3_session_json_text(out, "source", session->source);
    json_time(out, "created", session->created);
    json_time(out, "started", session->started);
    json_time(out, "acts_from", session->acts_from);
    json_time(out, "ended", session->ended);
    r3_session_json_text(out, "reason", session->reason);
    json_time(out, "seen", session->seen);
    write_health(out, status, now);
    r3_session_json_text(out, "currency", session->currency);
    json_decimal(out, "cash", &session->cash);
    json_decimal(out, "equity", &status->equity);
    json_decimal(out, "available", &status->available);
    if (r3_session_return(&gain, status)) {
        r3_json_format_real(number, gain);
        r3_buffer_printf(out, ",\"return\":%s", number);
    }
    write_position_json(out, &status->position);
}

/* ---- for people ---- */

void r3_session_write_amount(struct r3_buffer *out, const struct r3_decimal *amount) {
    char text[R3_DECIMAL_TEXT_SIZE];
    struct r3_decimal size, rounded;
    struct r3_error unused;
    if (!r3_decimal_is_present(amount)) {
        r3_buffer_append_text(out, "-");
        return;
    }
    r3_decimal_absolute(&size, amount);
    bool small = r3_decimal_compare(&size, &r3_decimal_one) < 0;
    if (r3_decimal_round(&rounded, amount, small ? 8 : 2, R3_ROUND_HALF_EVEN, &unused) < 0)
        rounded = *amount;
    r3_decimal_normalize(&rounded);
    r3_decimal_format(text, &rounded);
    r3_buffer_append_text(out, text);
}

void r3_session_write_time(struct r3_buffer *out, int64_t time, int64_t now) {
    char text[R3_TIME_TEXT_SIZE];
    if (time == R3_TIME_ABSENT) {
        r3_buffer_append_text(out, "-");
        return;
    }
    r3_time_format(text, time); /* 2024-01-31T10:25:00Z */
    if (time / R3_DAY != now / R3_DAY)
        r3_buffer_printf(out, "%.10s ", text);
    r3_buffer_printf(out, "%.5sZ", text + 11);
}

void r3_session_write_return(struct r3_buffer *out, const struct r3_session_status *status) {
    double gain;
    if (r3_session_return(&gain, status))
        r3_buffer_printf(out, "%+.2f %%", fabs(gain) < 0.00005 ? 0 : gain * 100); /* no -0.00 */
    else
        r3_buffer_append_text(out, "-");
}

void r3_session_write_position(struct r3_buffer *out, const struct r3_session_status *status) {
    const struct r3_position *position = &status->position;
    char text[R3_DECIMAL_TEXT_SIZE], base[R3_CURRENCY_SIZE], quote[R3_CURRENCY_SIZE];
    r3_buffer_append_text(out, position->side ? r3_direction_name(position->side) : "-");
    if (position->side != R3_LONG && position->side != R3_SHORT)
        return;
    r3_decimal_format(text, &position->size);
    r3_buffer_printf(out, " %s %s", text,
                     r3_market_split(base, quote, status->session.market) == 0 ? base : status->session.market);
}
