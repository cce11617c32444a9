#ifndef R3_TESTS_UNIT_TRACKER_SCRIPT_H
#define R3_TESTS_UNIT_TRACKER_SCRIPT_H

/* The tracker against a scripted exchange, for its tests. */

#include "lib/base/buffer.h"
#include "lib/trade/tracker.h"
#include "tests/unit/check.h"

enum { QUEUE = 32 };
#define DAY INT64_C(1385337600000) /* 2013-11-25 00:00 UTC */

/* What the exchange answers to the next syncs, and what the tracker wrote, a short line each. */
struct script {
    struct r3_tracker *tracker;
    struct r3_record queue[QUEUE];
    size_t queued, taken;
    size_t due[QUEUE]; /* the sync, counted from now, that brings queue[i] */
    size_t syncs;
    struct r3_buffer out;
    struct r3_raworder last; /* the last raw order */
    struct r3_position position;
    int64_t time; /* close of the last candle */
    const char *session, *market;
    enum r3_timeframe timeframe;
    struct r3_error error;
};

static inline struct r3_decimal decimal(const char *text) {
    struct r3_decimal value = r3_decimal_absent;
    struct r3_error error;
    if (text)
        CHECK(r3_decimal_parse(&value, text, strlen(text), &error) == 0);
    return value;
}

static inline const char *text_of(const struct r3_decimal *value) {
    static char texts[8][R3_DECIMAL_TEXT_SIZE];
    static unsigned next;
    char *text = texts[next++ % 8];
    if (!r3_decimal_is_present(value))
        return "-";
    r3_decimal_format(text, value);
    return text;
}

static inline void write_raworder(struct script *script, const struct r3_raworder *raw) {
    script->last = *raw;
    r3_buffer_printf(&script->out, "%s %s %s", raw->id, r3_side_name(raw->side), r3_kind_name(raw->kind));
    if (r3_decimal_is_present(&raw->size))
        r3_buffer_printf(&script->out, " %s", text_of(&raw->size));
    if (r3_decimal_is_present(&raw->price))
        r3_buffer_printf(&script->out, " at %s", text_of(&raw->price));
    r3_buffer_append_text(&script->out, raw->fill == R3_FILL_CLOSE ? " CLOSE\n" : "\n");
}

static inline int emit(void *context, const struct r3_record *record, struct r3_error *error) {
    struct script *script = context;
    struct r3_buffer line = R3_BUFFER_INIT;
    CHECK_INT(r3_record_encode(&line, record, error), 0); /* every record keeps the page's rules */
    r3_buffer_release(&line);
    if (record->type == R3_RAWORDER)
        write_raworder(script, &record->raworder);
    else if (record->type == R3_CANCEL)
        r3_buffer_printf(&script->out, "cancel %s: %s\n", record->cancel.order, record->cancel.reason);
    else if (record->type == R3_NOTICE)
        r3_buffer_printf(&script->out, "notice %s\n", record->notice.text);
    else if (record->type == R3_POSITION) {
        script->position = record->position;
        r3_buffer_printf(&script->out, "position %s %s\n", r3_direction_name(record->position.side),
                         text_of(&record->position.size));
    } else if (record->type == R3_COMMAND && record->command.action == R3_STOP_SESSION)
        r3_buffer_printf(&script->out, "stop %s\n", record->command.id);
    else
        CHECK_INT(record->type, R3_RAWORDER); /* it writes no others */
    return 0;
}

static inline int sync(void *context, struct r3_error *error) {
    struct script *script = context;
    script->syncs++;
    r3_buffer_append_text(&script->out, "sync\n");
    for (; script->taken < script->queued && script->due[script->taken] <= script->syncs; script->taken++)
        if (r3_tracker_update(script->tracker, &script->queue[script->taken], error) < 0)
            return -1;
    if (script->taken == script->queued)
        script->taken = script->queued = 0;
    return 0;
}

/* Queue a record for the `in`th sync from now on. */
static inline struct r3_record *queue(struct script *script, enum r3_record_type type, size_t in) {
    struct r3_record *record = &script->queue[script->queued];
    script->due[script->queued++] = script->syncs + in;
    r3_record_init(record, type);
    return record;
}

#define COPY(out, text) r3_copy_text(out, sizeof(out), text, strlen(text))

static inline void account(struct script *script, const char *equity, const char *available) {
    struct r3_account *record = &queue(script, R3_ACCOUNT, 1)->account;
    COPY(record->session, script->session);
    COPY(record->currency, "USD");
    record->time = script->time;
    record->equity = decimal(equity);
    record->available = decimal(available);
}

static inline void ended(struct script *script, const char *order, enum r3_event event, const char *reason, size_t in) {
    struct r3_update *record = &queue(script, R3_UPDATE, in)->update;
    COPY(record->order, order);
    COPY(record->session, script->session);
    COPY(record->reason, reason);
    record->time = script->time;
    record->event = event;
    record->status = event == R3_EVENT_FILLED                                ? R3_CLOSED
                     : event == R3_EVENT_PARTIAL || event == R3_EVENT_PLACED ? R3_OPENED
                                                                             : R3_CANCELED;
    record->execution = event == R3_EVENT_FILLED ? R3_FULLY_EXECUTED : R3_NOT_EXECUTED;
    record->filled = record->cost = record->fee = r3_decimal_zero;
}

static inline void trade_at(struct script *script, const char *order, enum r3_role role, enum r3_side side,
                            const char *price, const char *size, int64_t time, size_t in) {
    struct r3_trade *record = &queue(script, R3_TRADE, in)->trade;
    snprintf(record->id, sizeof record->id, "%.36s-t1", order);
    COPY(record->order, order);
    COPY(record->session, script->session);
    COPY(record->market, script->market);
    COPY(record->fee_currency, "USD");
    record->time = time;
    record->role = role;
    record->side = side;
    record->price = decimal(price);
    record->size = decimal(size);
    record->fee = r3_decimal_zero;
    record->liquidity = R3_TAKER;
}

static inline void fill(struct script *script, const char *order, enum r3_role role, enum r3_side side,
                        const char *price, const char *size) {
    trade_at(script, order, role, side, price, size, script->time, 1);
    ended(script, order, R3_EVENT_FILLED, "", 1);
}

static inline void step(struct script *script, const struct r3_record *record) {
    int failed = r3_tracker_step(script->tracker, record, &script->error);
    if (failed)
        r3_buffer_printf(&script->out, "error %d: %s\n", script->error.status, script->error.text);
}

static inline void candle(struct script *script, const char *open, const char *high, const char *low,
                          const char *close) {
    struct r3_record record;
    r3_record_init(&record, R3_CANDLE);
    COPY(record.candle.platform, "csv");
    COPY(record.candle.market, script->market);
    record.candle.timeframe = script->timeframe;
    record.candle.time = script->time;
    record.candle.open = decimal(open);
    record.candle.high = decimal(high);
    record.candle.low = decimal(low);
    record.candle.close = decimal(close);
    record.candle.volume = r3_decimal_one;
    script->time += r3_timeframe_span(script->timeframe);
    step(script, &record);
}

static inline void flat_candle(struct script *script, const char *price) {
    candle(script, price, price, price, price);
}

static inline void signal_with(struct script *script, enum r3_direction direction, const char *reference,
                               const char *stop, const char *target) {
    struct r3_record record;
    r3_record_init(&record, R3_SIGNAL);
    snprintf(record.signal.id, sizeof record.signal.id, "%s-%lld-%c", script->session, (long long)(script->time / 1000),
             r3_direction_name(direction)[0]);
    COPY(record.signal.session, script->session);
    COPY(record.signal.strategy, "test");
    COPY(record.signal.platform, "csv");
    COPY(record.signal.market, script->market);
    record.signal.timeframe = R3_1H;
    record.signal.time = script->time;
    record.signal.direction = direction;
    record.signal.reference = decimal(reference);
    record.signal.stop = decimal(stop);
    record.signal.target = decimal(target);
    step(script, &record);
}

static inline void signal(struct script *script, enum r3_direction direction, const char *reference) {
    signal_with(script, direction, reference, NULL, NULL);
}

static inline void command(struct script *script, enum r3_action action) {
    struct r3_record record;
    r3_record_init(&record, R3_COMMAND);
    COPY(record.command.id, "c1");
    COPY(record.command.session, script->session);
    record.command.time = script->time;
    record.command.action = action;
    step(script, &record);
}

static inline void end(struct script *script) {
    struct r3_record record;
    r3_record_init(&record, R3_END);
    step(script, &record);
}

static inline struct r3_tracker_options plain(void) {
    return (struct r3_tracker_options) { .stop_loss = r3_decimal_absent,
                                         .take_profit = r3_decimal_absent,
                                         .trailing_stop = r3_decimal_absent,
                                         .break_even = r3_decimal_absent,
                                         .limit = r3_decimal_absent,
                                         .limit_candles = 1 };
}

/* A stream that has begun, with 10,000 in the account and one candle at 100. */
static inline void begin(struct script *script, const struct r3_tracker_options *options) {
    struct r3_tracker_outlet outlet = { emit, sync, script };
    struct r3_record record;
    memset(script, 0, sizeof *script);
    script->session = "main";
    script->market = "BTC-USD";
    script->time = DAY;
    script->timeframe = R3_1H;
    script->tracker = r3_tracker_new(options, &outlet);
    account(script, "10000", "10000");
    r3_record_init(&record, R3_STREAM);
    record.stream.version = 1;
    step(script, &record);
    CHECK_TEXT(script->out.data, "sync\n");
    r3_buffer_reset(&script->out);
    flat_candle(script, "100");
}

static inline void finish(struct script *script) {
    r3_tracker_free(script->tracker);
    r3_buffer_release(&script->out);
}

/* What was written since the last look. */
static inline void check_written(struct script *script, const char *want, int line) {
    check_text(script->out.data ? script->out.data : "", want, __FILE__, line);
    r3_buffer_reset(&script->out);
}
#define WRITTEN(want) check_written(&script, want, __LINE__)

#endif
