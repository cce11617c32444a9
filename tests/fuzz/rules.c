/* Rules: any text is compiled or refused with a place; what compiles runs, what it answers is finite, and blocks of candles are
 * answered as the same candles one by one, to the bit. */
#include <math.h>

#include "lib/strategy/rules.h"
#include "tests/fuzz/fuzz.h"

enum { CANDLES = 96 };

/* Prices of two or three digits, volumes of up to eight; digits come and go. */
static struct r3_candles made_candles(void) {
    static int64_t time[CANDLES], open[CANDLES], high[CANDLES], low[CANDLES], close[CANDLES], volume[CANDLES];
    for (int k = 0; k < CANDLES; k++) {
        int64_t price = 10000 + (k * 7919) % 400 - (k % 11 ? 0 : 350);
        time[k] = (int64_t)(k + k / 50 * 7) * R3_HOUR;
        open[k] = price * 10;
        high[k] = price * 10 + (k < 40 ? 60 : 55);
        low[k] = (price - 3) * 10;
        close[k] = (price + (k % 5) - 2) * 10;
        volume[k] = k % 9 * (k < 60 ? 12000000 : 12345678);
    }
    return (struct r3_candles) { "csv", "BTC-USD", R3_1H, 3, 8, CANDLES, time, open, high, low, close, volume };
}

struct answer {
    bool ready;
    double value;
};

/* What the rules say of candle `index` of the block evaluated last; returns how many answers. */
static size_t answers(struct answer *out, const struct r3_rules *rules, const struct r3_rules_block *block,
                      size_t index) {
    size_t count = 0;
    for (int i = 0; i < R3_RULES_OUTPUTS; i++, count++)
        out[count].ready = r3_rules_value(block, index, (enum r3_rules_output)i, &out[count].value);
    for (size_t i = 0; i < r3_rules_plots(rules); i++, count++)
        out[count].ready = r3_rules_plot_value(block, index, i, &out[count].value);
    out[count++] = (struct answer) { true, r3_rules_turned(block)[index] };
    for (size_t i = 0; i < count; i++)
        if (out[i].ready && !isfinite(out[i].value))
            abort();
    return count;
}

/* Each candle by itself in one state, blocks of all sizes in the other. */
static void run(const struct r3_rules *rules) {
    struct r3_candles candles = made_candles();
    struct r3_rules_block *single = r3_rules_block_new(rules), *block = r3_rules_block_new(rules);
    size_t size = r3_rules_state_size(rules), most = r3_rules_plots(rules) + R3_RULES_OUTPUTS + 1;
    void *state = r3_allocate(size), *other = r3_allocate(size);
    struct answer *one = r3_allocate(most * sizeof *one), *same = r3_allocate(most * sizeof *same);
    struct r3_error error;
    r3_rules_start(rules, state);
    r3_rules_start(rules, other);
    for (size_t from = 0, count, turn = 1; from < CANDLES; from += count, turn = turn * 3 % 31) {
        size_t to = from + turn < CANDLES ? from + turn : CANDLES;
        if (r3_rules_candles(block, other, &candles, from, to, &count, &error) < 0 || count < 1 || count > to - from)
            abort();
        for (size_t i = 0; i < count; i++) {
            struct r3_record record = { .type = R3_CANDLE };
            r3_candles_record(&candles, from + i, &record);
            if (r3_rules_step(single, state, &record.candle, &error) < 0)
                abort();
            answers(one, rules, single, 0);
            size_t got = answers(same, rules, block, i);
            for (size_t k = 0; k < got; k++)
                if (one[k].ready != same[k].ready ||
                    (one[k].ready && memcmp(&one[k].value, &same[k].value, sizeof one[k].value) != 0))
                    abort();
        }
    }
    free(one);
    free(same);
    free(state);
    free(other);
    r3_rules_block_free(single);
    r3_rules_block_free(block);
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
    if (possible && bytes < 1 << 22)
        run(rules);
    struct r3_buffer text = R3_BUFFER_INIT;
    r3_rules_describe(rules, &text);
    r3_buffer_release(&text);
    r3_rules_free(rules);
    return 0;
}
