/* Where a run has to begin so that its rules are ready at a time: as late as that, and no later. */
#include <string.h>

#include "lib/base/time.h"
#include "lib/strategy/rules.h"
#include "tests/unit/check.h"

static struct r3_rules *compiled(const char *text) {
    struct r3_rules *rules = NULL;
    struct r3_error error = { 0 };
    CHECK_INT(r3_rules_compile(&rules, "test", text, strlen(text), NULL, 0, &error), 0);
    return rules;
}

/* Whether the plot has a value on the candle that opens at `time`, where the candles begin at `from`. */
static bool is_ready(const struct r3_rules *rules, enum r3_timeframe timeframe, int64_t from, int64_t time) {
    struct r3_rules_block *block = r3_rules_block_new(rules);
    void *state = r3_allocate(r3_rules_state_size(rules));
    struct r3_candle candle = { .platform = "csv", .market = "BTC-USD", .timeframe = timeframe };
    struct r3_error error = { 0 };
    double value;
    r3_rules_start(rules, state);
    for (int64_t open = from; open <= time; open = r3_timeframe_close(timeframe, open)) {
        candle.time = open;
        candle.open = candle.high = candle.low = candle.close = candle.volume = R3_DECIMAL(open / 1000 % 997 + 1, 0);
        CHECK_INT(r3_rules_step(block, state, &candle, &error), 0);
    }
    bool ready = r3_rules_plot_value(block, 0, 0, &value);
    free(state);
    r3_rules_block_free(block);
    return ready;
}

static void check(const char *text, enum r3_timeframe timeframe) {
    struct r3_rules *rules = compiled(text);
    const int64_t first = r3_time_from_civil(2024, 5, 15);
    for (int64_t at = first; at < first + 5 * (int64_t)R3_DAY; at += 7 * (int64_t)R3_HOUR) {
        int64_t time = r3_timeframe_open(timeframe, at), before = r3_timeframe_open(timeframe, time - 1);
        int64_t from = r3_rules_warm_up_from(rules, timeframe, time);
        CHECK(from < time);
        CHECK_INT(r3_timeframe_open(timeframe, from), from);
        CHECK(is_ready(rules, timeframe, from, time));
        CHECK(is_ready(rules, timeframe, from, before));
    }
    r3_rules_free(rules);
}

/* Without at() it is exact: one candle later, the one before would not be ready. */
static void exact(const char *text, enum r3_timeframe timeframe) {
    struct r3_rules *rules = compiled(text);
    const int64_t time = r3_timeframe_open(timeframe, r3_time_from_civil(2024, 5, 15));
    int64_t from = r3_rules_warm_up_from(rules, timeframe, time), before = r3_timeframe_open(timeframe, time - 1);
    CHECK(!is_ready(rules, timeframe, r3_timeframe_close(timeframe, from), before));
    check(text, timeframe);
    r3_rules_free(rules);
}

int main(void) {
    exact("long = close > 1\nx = sma(close, 20)\nplot x", R3_1H);
    exact("long = close > 1\nx = sma(close, 3)[4]\nplot x", R3_5m);
    exact("long = close > 1\nx = rsi(close, 14)\nplot x", R3_1D);
    exact("long = close > 1\nx = ema(close, 5)\nplot x", R3_1M);
    check("long = close > 1\nx = at(\"4H\", sma(close, 10))\nplot x", R3_1H);
    check("long = close > 1\nx = sma(at(\"1D\", ema(close, 3)), 30)\nplot x", R3_1H);
    check("long = close > 1\nx = at(\"1W\", close) + at(\"4H\", sma(close, 7)) + sma(close, 50)\nplot x", R3_30m);
    struct r3_rules *rules = compiled("long = close > 1\nx = sma(close, 500)\nplot x");
    CHECK_INT(r3_rules_warm_up_from(rules, R3_1D, 3 * (int64_t)R3_DAY), 0); /* no time before 1970 */
    r3_rules_free(rules);
    return check_done();
}
