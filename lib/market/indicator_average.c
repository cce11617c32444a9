/* Averages that remember everything: EMA and Wilder's. Both start from the simple average of their first `length` values,
 * as TA-Lib does, and pass over a candle on which their series is not ready. */
#include <math.h>

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

/* Values up to the seed's, on candles from *from on; *from moves behind the seed's candle, where the average begins. numbers[1]:
 * values passed over before (TA-Lib's MACD starts its fast average late, so that both end their seed on the same candle). */
static void average_seed(struct average_state *state, const struct r3_indicator_setup *setup, size_t *from,
                         size_t count, const struct r3_column *in, const struct r3_column *out) {
    int32_t skip = (int32_t)setup->numbers[1], enough = skip + setup->length;
    size_t i = *from;
    for (; i < count && state->count < enough; i++) {
        out->ready[i] = 0;
        if (!in->ready[i])
            continue;
        if (state->count++ >= skip)
            state->sum += in->value[i];
        if (state->count == enough) {
            out->value[i] = state->value = state->sum / setup->length;
            out->ready[i] = isfinite(state->value) != 0;
        }
    }
    *from = i;
}

/* EMA: value + (x − value) × 2 / (n + 1). Wilder 1978, p. 23: (value × (n − 1) + x) / n. Each waits for the one before it, and
 * for no more than that where no candle has to be passed over. */
static inline __attribute__((always_inline)) void average_run(struct average_state *average, bool wilder,
                                                              const struct r3_indicator_setup *setup, size_t count,
                                                              const struct r3_column *in, const struct r3_column *out) {
    const double n = setup->length, less = setup->length - 1, weight = 2.0 / (setup->length + 1.0);
    size_t from = 0;
    average_seed(average, setup, &from, count, in, out);
    bool whole = r3_ready_find(in->ready, false, from, count) == count;
    double value = average->value;
    for (size_t i = from; i < count; i++) {
        double x = in->value[i];
        if (whole || in->ready[i])
            value = wilder ? (value * less + x) / n : value + (x - value) * weight;
        out->value[i] = value;
    }
    average->value = value;
    memcpy(out->ready + from, in->ready + from, count - from);
    r3_ready_finite(out, from, count);
}

static void ema_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                    const struct r3_column *const *in, const struct r3_column *out) {
    (void)scale;
    average_run(state, false, setup, count, in[0], out);
}

static void rma_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                    const struct r3_column *const *in, const struct r3_column *out) {
    (void)scale;
    average_run(state, true, setup, count, in[0], out);
}

static int32_t ema_warm_up(const struct r3_indicator_setup *setup) {
    return (int32_t)setup->numbers[1] + setup->length - 1;
}

const struct r3_indicator r3_indicator_averages[] = {
    { "ema", 1, 2, 1, false, average_size, average_start, ema_run, NULL, ema_warm_up },
    { "rma", 1, 1, 1, false, average_size, average_start, rma_run, NULL, r3_warm_up_window },
    { 0 },
};
