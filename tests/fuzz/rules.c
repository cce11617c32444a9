/* Rules: any text is compiled or refused with a place; what compiles runs, and what it answers is finite. */
#include <math.h>

#include "lib/strategy/rules.h"
#include "tests/fuzz/fuzz.h"

static struct r3_candle made_candle(int k) {
    struct r3_candle candle = {
        .platform = "csv", .market = "BTC-USD", .timeframe = R3_1H, .time = (int64_t)k * R3_HOUR
    };
    int64_t price = 10000 + (k * 7919) % 400 - (k % 11 ? 0 : 350);
    candle.open = R3_DECIMAL(price, 2);
    candle.high = R3_DECIMAL(price * 10 + 55, 3);
    candle.low = R3_DECIMAL(price - 3, 2);
    candle.close = R3_DECIMAL(price + (k % 5) - 2, 2);
    candle.volume = R3_DECIMAL(k % 9 * 12345678, 8);
    return candle;
}

static void check(bool ready, double value) {
    if (ready && !isfinite(value))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct r3_rules *rules;
    struct r3_error error = { 0 };
    if (r3_rules_compile(&rules, "fuzz.rules", (const char *)data, size, NULL, 0, &error) < 0) {
        if (error.status != R3_DATA || strncmp(error.text, "fuzz.rules:", 11) != 0)
            abort();
        return 0;
    }
    size_t bytes = r3_rules_state_size(rules);
    bool possible = r3_rules_check_timeframe(rules, R3_1H, &error) == 0; /* at("3m", …) is not */
    if (!possible && (error.status != R3_DATA || strncmp(error.text, "fuzz.rules:", 11) != 0))
        abort();
    void *state = possible && bytes < 1 << 22 ? r3_allocate(bytes) : NULL;
    if (state)
        r3_rules_start(rules, state);
    for (int k = 0; state && k < 64; k++) {
        struct r3_candle candle = made_candle(k);
        if (r3_rules_step(rules, state, &candle, &error) < 0)
            abort();
        double value = 0;
        for (int i = 0; i < R3_RULES_OUTPUTS; i++)
            check(r3_rules_value(rules, state, (enum r3_rules_output)i, &value), value);
        for (size_t i = 0; i < r3_rules_plots(rules); i++)
            check(r3_rules_plot_value(rules, state, i, &value), value);
    }
    struct r3_buffer text = R3_BUFFER_INIT;
    r3_rules_describe(rules, &text);
    r3_buffer_release(&text);
    free(state);
    r3_rules_free(rules);
    return 0;
}
