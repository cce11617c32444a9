/* States: any text is refused with a place, or taken up; what was taken up is written as a text that says the same, and works on
 * without harm, whatever it says. Both parsers see each input. */
#include "lib/trade/paper_state.h"
#include "lib/trade/tracker_state.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#define COPY(out, text) r3_copy_text(out, sizeof(out), text, strlen(text))

static int ignore(void *context, const struct r3_record *record, struct r3_error *error) {
    struct r3_buffer line = R3_BUFFER_INIT;
    (void)context;
    (void)r3_record_encode(&line, record, error); /* a price of 10^18 makes records that have no line */
    r3_buffer_release(&line);
    return 0;
}

static int no_answer(void *context, struct r3_error *error) {
    (void)context, (void)error;
    return 0;
}

static void check_refusal(const struct r3_error *error) {
    if (error->status != R3_DATA || strncmp(error->text, "state: ", 7) != 0)
        abort();
}

static void require_same(const struct r3_buffer *a, const struct r3_buffer *b) {
    if (a->length != b->length || memcmp(a->data, b->data, a->length) != 0)
        abort();
}

/* Some candles, a signal and commands: what a stream goes on with. */
static size_t make_records(struct r3_record *out) {
    static const int64_t closes[] = { 10400, 9000, 12500, 9900 };
    size_t count = 0;
    for (size_t i = 0; i < sizeof closes / sizeof closes[0]; i++) {
        int64_t time = (int64_t)(6 + i) * R3_HOUR;
        r3_record_init(&out[count], R3_CANDLE);
        struct r3_candle *candle = &out[count++].candle;
        COPY(candle->platform, "csv");
        COPY(candle->market, "BTC-USD");
        candle->timeframe = R3_1H;
        candle->time = time;
        candle->open = R3_DECIMAL(10000, 2);
        candle->high = R3_DECIMAL(12500, 2);
        candle->low = R3_DECIMAL(8000, 2);
        candle->close = R3_DECIMAL(closes[i], 2);
        candle->volume = R3_DECIMAL(5, 0);
        r3_record_init(&out[count], R3_SIGNAL);
        struct r3_signal *signal = &out[count++].signal;
        COPY(signal->session, "main");
        COPY(signal->id, "main-x");
        COPY(signal->strategy, "fuzz");
        COPY(signal->platform, "csv");
        COPY(signal->market, "BTC-USD");
        signal->timeframe = R3_1H;
        signal->time = time + R3_HOUR;
        signal->direction = i % 2 ? R3_FLAT : R3_LONG;
        signal->reference = candle->close;
    }
    static const enum r3_action actions[] = { R3_PAUSE, R3_RESUME, R3_STOP_SESSION, R3_START };
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        r3_record_init(&out[count], R3_COMMAND);
        COPY(out[count].command.session, "main");
        out[count].command.time = 12 * R3_HOUR;
        out[count++].command.action = actions[i];
    }
    r3_record_init(&out[count], R3_TICK);
    COPY(out[count].tick.session, "main");
    out[count++].tick.time = 13 * R3_HOUR;
    r3_record_init(&out[count++], R3_END);
    return count;
}

enum { RECORDS_MAX = 16 };

static void try_tracker(const char *text, size_t length, bool protect) {
    const struct r3_tracker_options options = { .allow_short = protect,
                                                .protect = protect,
                                                .close_at_end = true,
                                                .limit_candles = 1,
                                                .every = protect ? R3_HOUR : 0,
                                                .stop_loss = R3_DECIMAL(1, 2),
                                                .take_profit = r3_decimal_absent,
                                                .trailing_stop = R3_DECIMAL(2, 2),
                                                .break_even = R3_DECIMAL(1, 2),
                                                .limit = r3_decimal_absent,
                                                .cooldown = R3_HOUR,
                                                .stop_guard = 2,
                                                .drawdown_guard = R3_DECIMAL(1, 2),
                                                .guard_window = R3_DAY,
                                                .guard_pause = R3_HOUR,
                                                .end_loss = protect ? R3_DECIMAL(5, 1) : r3_decimal_absent,
                                                .end_losing_trades = protect ? 3 : 0 };
    const struct r3_tracker_outlet outlet = { ignore, no_answer, NULL };
    struct r3_tracker *tracker = r3_tracker_new(&options, &outlet), *again = r3_tracker_new(&options, &outlet);
    struct r3_tracker_heard heard = { 0 }, heard_again = { 0 };
    struct r3_buffer first = R3_BUFFER_INIT, second = R3_BUFFER_INIT;
    struct r3_record records[RECORDS_MAX];
    struct r3_error error = { 0 };
    if (r3_tracker_load(tracker, &heard, text, length, &error) < 0) {
        check_refusal(&error);
        goto out;
    }
    r3_tracker_save(tracker, &first);
    if (r3_tracker_save_heard(&heard, &first, &error) < 0 ||
        r3_tracker_load(again, &heard_again, first.data, first.length, &error) < 0)
        abort();
    r3_tracker_save(again, &second);
    if (r3_tracker_save_heard(&heard_again, &second, &error) < 0)
        abort();
    require_same(&first, &second);
    for (size_t i = 0; i < heard.count; i++)
        (void)r3_tracker_update(tracker, &heard.records[i], &error);
    (void)r3_tracker_emit_positions(tracker, &error);
    for (size_t i = 0, count = make_records(records); i < count; i++)
        (void)r3_tracker_step(tracker, &records[i], &error);
out:
    r3_tracker_heard_release(&heard);
    r3_tracker_heard_release(&heard_again);
    r3_tracker_free(tracker);
    r3_tracker_free(again);
    r3_buffer_release(&first);
    r3_buffer_release(&second);
}

static void work_on(struct r3_paper *paper) {
    struct r3_record records[RECORDS_MAX], order;
    struct r3_cancel cancel = { .order = "main-1-SL-1", .session = "main", .reason = "fuzz" };
    struct r3_error error = { 0 };
    r3_record_init(&order, R3_ORDER);
    COPY(order.order.id, "main-9-EXIT-1");
    COPY(order.order.session, "main");
    COPY(order.order.platform, "csv");
    COPY(order.order.market, "BTC-USD");
    order.order.role = R3_EXIT;
    order.order.side = R3_SELL;
    order.order.kind = R3_MARKET;
    order.order.size = R3_DECIMAL(1, 1);
    (void)r3_paper_accounts(paper, ignore, NULL, &error);
    for (size_t i = 0, count = make_records(records); i < count; i++) {
        if (records[i].type == R3_CANDLE)
            (void)r3_paper_candle(paper, &records[i].candle, &error);
        if (i == 2)
            (void)r3_paper_order(paper, &order.order, &error);
        if (i == 4)
            (void)r3_paper_cancel(paper, &cancel, &error);
    }
    (void)r3_paper_end(paper, &error);
}

static void try_paper(const char *text, size_t length, bool capped) {
    const struct r3_paper_options options = { .cash = R3_DECIMAL(1000, 0),
                                              .taker_fee = r3_decimal_absent,
                                              .maker_fee = r3_decimal_absent,
                                              .slippage = r3_decimal_zero,
                                              .spread = r3_decimal_zero,
                                              .volume_share = capped ? R3_DECIMAL(1, 1) : r3_decimal_absent,
                                              .through = r3_decimal_zero,
                                              .fill_close = capped };
    struct r3_paper *paper = NULL, *again = NULL;
    struct r3_buffer first = R3_BUFFER_INIT, second = R3_BUFFER_INIT;
    struct r3_error error = { 0 };
    bool opened = false;
    if (r3_paper_new(&paper, &options, ignore, NULL, &error) < 0 ||
        r3_paper_new(&again, &options, ignore, NULL, &error) < 0)
        abort();
    if (r3_paper_load(paper, &opened, text, length, &error) < 0) {
        check_refusal(&error);
        goto out;
    }
    r3_paper_save(paper, opened, &first);
    if (r3_paper_load(again, &opened, first.data, first.length, &error) < 0)
        abort();
    r3_paper_save(again, opened, &second);
    require_same(&first, &second);
    work_on(paper);
out:
    r3_paper_free(paper);
    r3_paper_free(again);
    r3_buffer_release(&first);
    r3_buffer_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (int turn = 0; turn < 2; turn++) {
        try_tracker((const char *)data, size, turn);
        try_paper((const char *)data, size, turn);
    }
    return 0;
}
