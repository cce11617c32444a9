/* Averages that remember everything: EMA and Wilder's. Both start from the simple average of their first `length` values,
 * as TA-Lib does, and pass over a candle on which their series is not ready. */
#include "lib/market/indicator_exact.h"

struct average_state {
    double value, sum;
    int32_t count; /* ready values seen, up to the seed */
};

static size_t average_size(const struct r3_indicator_setup *setup) {
    (void)setup;
    return sizeof(struct average_state);
}

static void average_start(void *state, const struct r3_indicator_setup *setup) {
    (void)setup;
    *(struct average_state *)state = (struct average_state) { 0 };
}

/* numbers[1]: values passed over before the seed's (TA-Lib's MACD starts its fast average late, so that both end their seed
 * on the same candle). True when the average has already begun, so that the caller continues it. */
static inline bool average_seed(struct average_state *state, const struct r3_indicator_setup *setup,
                                const struct r3_cell *in, struct r3_cell *out) {
    int32_t skip = (int32_t)setup->numbers[1];
    out->ready = false;
    if (!in->ready)
        return false;
    if (state->count == skip + setup->length)
        return true;
    if (state->count++ >= skip)
        state->sum += in->value;
    if (state->count == skip + setup->length) {
        state->value = state->sum / setup->length;
        r3_cell_set(out, state->value);
    }
    return false;
}

static void ema_step(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                     struct r3_cell *out) {
    (void)scale;
    struct average_state *average = state;
    if (!average_seed(average, setup, in[0], out))
        return;
    average->value += (in[0]->value - average->value) * (2.0 / (setup->length + 1.0));
    r3_cell_set(out, average->value);
}

/* Wilder 1978, p. 23: (previous × (n − 1) + value) / n. */
static void rma_step(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                     struct r3_cell *out) {
    (void)scale;
    struct average_state *average = state;
    if (!average_seed(average, setup, in[0], out))
        return;
    average->value = (average->value * (setup->length - 1) + in[0]->value) / setup->length;
    r3_cell_set(out, average->value);
}

static int32_t ema_warm_up(const struct r3_indicator_setup *setup) {
    return (int32_t)setup->numbers[1] + setup->length - 1;
}

const struct r3_indicator r3_indicator_averages[] = {
    { "ema", 1, 2, 1, false, average_size, average_start, ema_step, NULL, ema_warm_up },
    { "rma", 1, 1, 1, false, average_size, average_start, rma_step, NULL, r3_warm_up_window },
    { 0 },
};
