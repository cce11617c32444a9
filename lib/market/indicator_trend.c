/* Trend: Wilder's directional movement and parabolic stop (New Concepts in Technical Trading Systems, 1978), and supertrend
 * (Seban). The first two begin as TA-Lib 0.6 does, so that they agree with it from their first value. */
#include <math.h>

#include "lib/market/indicator_exact.h"

struct directional_state {
    double high, low, close; /* of the candle before */
    double plus, minus, range;
    int32_t count; /* changes seen, up to length */
    bool started;
};

static size_t directional_size(const struct r3_indicator_setup *setup) {
    (void)setup;
    return sizeof(struct directional_state);
}

static void directional_start(void *state, const struct r3_indicator_setup *setup) {
    (void)setup;
    *(struct directional_state *)state = (struct directional_state) { 0 };
}

static double greater(double a, double b) {
    return a > b ? a : b;
}
static double lesser(double a, double b) {
    return a < b ? a : b;
}

static double true_range(double high, double low, double previous_close) {
    return greater(high - low, greater(__builtin_fabs(high - previous_close), __builtin_fabs(low - previous_close)));
}

struct range_state {
    double close; /* of the candle before */
    bool started;
};

static size_t range_size(const struct r3_indicator_setup *setup) {
    (void)setup;
    return sizeof(struct range_state);
}

static void range_start(void *state, const struct r3_indicator_setup *setup) {
    (void)setup;
    *(struct range_state *)state = (struct range_state) { 0 };
}

/* in: high, low, close. Wilder 1978, p. 21; the first candle has none, as in TA-Lib. */
static void range_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                      const struct r3_column *const *in, const struct r3_column *out) {
    (void)setup, (void)scale;
    struct range_state *range = state;
    const double *high = in[0]->value, *low = in[1]->value, *close = in[2]->value;
    r3_ready_all(out->ready, in, 3, count);
    size_t first = r3_ready_find(out->ready, true, 0, count);
    if (first == count)
        return;
    if (r3_ready_find(out->ready, false, first, count) == count) { /* all the others: no candle is passed over */
        out->value[first] = true_range(high[first], low[first], range->close);
        for (size_t i = first + 1; i < count; i++)
            out->value[i] = true_range(high[i], low[i], close[i - 1]);
        range->close = close[count - 1];
    } else {
        for (size_t i = first; i < count; i++) {
            if (!out->ready[i])
                continue;
            out->value[i] = true_range(high[i], low[i], range->close);
            range->close = close[i];
        }
    }
    if (!range->started)
        out->ready[first] = 0;
    range->started = true;
    r3_ready_finite(out, first, count);
}

/* value, or 0 where it is not to count: by a mask, since the processor cannot guess which way a price goes. */
static inline double counted(bool is, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits &= (uint64_t)0 - is;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The next candle. length - 1 changes are summed, then (`whole`) each new one replaces 1/length of the sum. */
static inline __attribute__((always_inline)) void
directional_candle(struct directional_state *move, bool whole, int32_t length, double high, double low, double close) {
    const double up = high - move->high, down = move->low - low;
    if (whole) {
        move->plus -= move->plus / length;
        move->minus -= move->minus / length;
        move->range -= move->range / length;
    }
    move->plus += counted((up > 0) & (up > down), up);
    move->minus += counted((down > 0) & (down > up), down);
    move->range += true_range(high, low, move->close);
    move->high = high;
    move->low = low;
    move->close = close;
}

/* Before that. */
static void directional_begin(struct directional_state *move, int32_t length, double high, double low, double close) {
    if (move->started) {
        directional_candle(move, false, length, high, low, close);
        move->count++;
    } else {
        *move = (struct directional_state) { .high = high, .low = low, .close = close, .started = true };
    }
}

/* in: high, low, close. out: smoothed +DM, -DM and true range. */
static void directional_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                            const struct r3_column *const *in, const struct r3_column *out) {
    (void)scale;
    const int32_t length = setup->length;
    struct directional_state *kept = state, move = *kept; /* a copy, so that it stays in registers */
    r3_ready_all(out[0].ready, in, 3, count);
    for (size_t i = 0; i < count; i++) {
        const double high = in[0]->value[i], low = in[1]->value[i], close = in[2]->value[i];
        if (!out[0].ready[i])
            continue;
        out[0].ready[i] = move.started && move.count == length - 1;
        if (out[0].ready[i])
            directional_candle(&move, true, length, high, low, close);
        else
            directional_begin(&move, length, high, low, close);
        out[0].value[i] = move.plus;
        out[1].value[i] = move.minus;
        out[2].value[i] = move.range;
    }
    *kept = move;
    memcpy(out[1].ready, out[0].ready, count);
    memcpy(out[2].ready, out[0].ready, count);
    for (int k = 0; k < 3; k++)
        r3_ready_finite(&out[k], 0, count);
}

struct psar_state {
    double high, low; /* of the candle before */
    double stop, extreme, acceleration;
    int32_t seen; /* 0, 1, 2 */
    bool rising;
};

static size_t psar_size(const struct r3_indicator_setup *setup) {
    (void)setup;
    return sizeof(struct psar_state);
}

static void psar_start(void *state, const struct r3_indicator_setup *setup) {
    (void)setup;
    *(struct psar_state *)state = (struct psar_state) { 0 };
}

/* The stop may not lie inside this candle or the one before. */
static double psar_clamp(const struct psar_state *psar, bool rising, double stop, double high, double low) {
    return rising ? lesser(stop, lesser(psar->low, low)) : greater(stop, greater(psar->high, high));
}

/* The next candle; its stop, or NaN on the first. */
static inline double psar_candle(struct psar_state *psar, double step, double most, double high, double low) {
    if (psar->seen == 0) {
        *psar = (struct psar_state) { .high = high, .low = low, .seen = 1 };
        return NAN;
    }
    if (psar->seen == 1) { /* the direction: down when the second candle's -DM is positive */
        double down = psar->low - low;
        psar->rising = !(down > 0 && down > high - psar->high);
        psar->extreme = psar->rising ? high : low;
        psar->stop = psar->rising ? psar->low : psar->high;
        psar->acceleration = step;
        psar->high = high;
        psar->low = low;
        psar->seen = 2;
    }
    bool turns = psar->rising ? low <= psar->stop : high >= psar->stop;
    if (turns) {
        psar->rising = !psar->rising;
        psar->stop = psar_clamp(psar, psar->rising, psar->extreme, high, low);
        psar->extreme = psar->rising ? high : low;
        psar->acceleration = step;
    }
    double stop = psar->stop;
    if (!turns && (psar->rising ? high > psar->extreme : low < psar->extreme)) {
        psar->extreme = psar->rising ? high : low;
        psar->acceleration = lesser(psar->acceleration + step, most);
    }
    psar->stop += psar->acceleration * (psar->extreme - psar->stop);
    psar->stop = psar_clamp(psar, psar->rising, psar->stop, high, low);
    psar->high = high;
    psar->low = low;
    return stop;
}

/* in: high, low. numbers: step of the acceleration, its maximum. */
static void psar_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                     const struct r3_column *const *in, const struct r3_column *out) {
    (void)scale;
    struct psar_state *kept = state, psar = *kept;
    double most = setup->numbers[1], step = lesser(setup->numbers[0], most);
    r3_ready_all(out->ready, in, 2, count);
    for (size_t i = 0; i < count; i++)
        if (out->ready[i])
            out->value[i] = psar_candle(&psar, step, most, in[0]->value[i], in[1]->value[i]);
    *kept = psar;
    r3_ready_finite(out, 0, count);
}

struct supertrend_state {
    double upper, lower, close; /* of the candle before */
    bool started, rising;
};

static size_t supertrend_size(const struct r3_indicator_setup *setup) {
    (void)setup;
    return sizeof(struct supertrend_state);
}

static void supertrend_start(void *state, const struct r3_indicator_setup *setup) {
    (void)setup;
    *(struct supertrend_state *)state = (struct supertrend_state) { 0 };
}

/* The next candle; its line. */
static inline double supertrend_candle(struct supertrend_state *trend, double upper, double lower, double close) {
    if (trend->started) {
        if (!(lower > trend->lower || trend->close < trend->lower))
            lower = trend->lower;
        if (!(upper < trend->upper || trend->close > trend->upper))
            upper = trend->upper;
        trend->rising = trend->rising ? close >= lower : close > upper;
    }
    trend->upper = upper;
    trend->lower = lower;
    trend->close = close;
    trend->started = true;
    return trend->rising ? lower : upper;
}

/* in: middle, range, close. numbers: factor. out: the line; 1 rising or -1 falling. Pine's ta.supertrend, which starts falling. */
static void supertrend_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                           const struct r3_column *const *in, const struct r3_column *out) {
    (void)scale;
    struct supertrend_state *kept = state, trend = *kept;
    double factor = setup->numbers[0];
    r3_ready_all(out[0].ready, in, 3, count);
    memcpy(out[1].ready, out[0].ready, count);
    for (size_t i = 0; i < count; i++) {
        if (!out[0].ready[i])
            continue;
        double middle = in[0]->value[i], width = factor * in[1]->value[i];
        out[0].value[i] = supertrend_candle(&trend, middle + width, middle - width, in[2]->value[i]);
        out[1].value[i] = trend.rising ? 1 : -1;
    }
    *kept = trend;
    r3_ready_finite(&out[0], 0, count);
}

const struct r3_indicator r3_indicator_trends[] = {
    { "true_range", 3, 0, 1, false, range_size, range_start, range_run, NULL, r3_warm_up_one },
    { "directional", 3, 1, 3, false, directional_size, directional_start, directional_run, NULL, r3_warm_up_length },
    { "psar", 2, 2, 1, false, psar_size, psar_start, psar_run, NULL, r3_warm_up_one },
    { "supertrend", 3, 1, 2, false, supertrend_size, supertrend_start, supertrend_run, NULL, r3_warm_up_none },
    { 0 },
};
