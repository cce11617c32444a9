/* Trend: Wilder's directional movement and parabolic stop (New Concepts in Technical Trading Systems, 1978), and supertrend
 * (Seban). The first two begin as TA-Lib 0.6 does, so that they agree with it from their first value. */
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
static void range_step(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                       struct r3_cell *out) {
    (void)setup, (void)scale;
    struct range_state *range = state;
    out->ready = false;
    if (!in[0]->ready || !in[1]->ready || !in[2]->ready)
        return;
    if (range->started)
        r3_cell_set(out, true_range(in[0]->value, in[1]->value, range->close));
    *range = (struct range_state) { in[2]->value, true };
}

/* in: high, low, close. out: smoothed +DM, -DM and true range. length - 1 changes are summed, then each new one replaces
 * 1/length of the sum. */
static void directional_step(void *state, const struct r3_indicator_setup *setup, int scale,
                             const struct r3_cell *const *in, struct r3_cell *out) {
    (void)scale;
    struct directional_state *move = state;
    out[0].ready = out[1].ready = out[2].ready = false;
    if (!in[0]->ready || !in[1]->ready || !in[2]->ready)
        return;
    double high = in[0]->value, low = in[1]->value;
    double up = high - move->high, down = move->low - low;
    double range = true_range(high, low, move->close);
    bool first = !move->started;
    *move =
        (struct directional_state) { high, low, in[2]->value, move->plus, move->minus, move->range, move->count, true };
    if (first)
        return;
    if (move->count == setup->length - 1) {
        move->plus -= move->plus / setup->length;
        move->minus -= move->minus / setup->length;
        move->range -= move->range / setup->length;
    } else {
        move->count++;
        first = true; /* still summing */
    }
    move->plus += up > 0 && up > down ? up : 0;
    move->minus += down > 0 && down > up ? down : 0;
    move->range += range;
    if (first)
        return;
    r3_cell_set(&out[0], move->plus);
    r3_cell_set(&out[1], move->minus);
    r3_cell_set(&out[2], move->range);
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

/* in: high, low. numbers: step of the acceleration, its maximum. */
static void psar_step(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                      struct r3_cell *out) {
    (void)scale;
    struct psar_state *psar = state;
    double most = setup->numbers[1], step = lesser(setup->numbers[0], most);
    double high = in[0]->value, low = in[1]->value;
    out->ready = false;
    if (!in[0]->ready || !in[1]->ready)
        return;
    if (psar->seen == 0) {
        *psar = (struct psar_state) { .high = high, .low = low, .seen = 1 };
        return;
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
    r3_cell_set(out, psar->stop);
    if (!turns && (psar->rising ? high > psar->extreme : low < psar->extreme)) {
        psar->extreme = psar->rising ? high : low;
        psar->acceleration = lesser(psar->acceleration + step, most);
    }
    psar->stop += psar->acceleration * (psar->extreme - psar->stop);
    psar->stop = psar_clamp(psar, psar->rising, psar->stop, high, low);
    psar->high = high;
    psar->low = low;
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

/* in: middle, range, close. numbers: factor. out: the line; 1 rising or -1 falling. Pine's ta.supertrend, which starts falling. */
static void supertrend_step(void *state, const struct r3_indicator_setup *setup, int scale,
                            const struct r3_cell *const *in, struct r3_cell *out) {
    (void)scale;
    struct supertrend_state *trend = state;
    out[0].ready = out[1].ready = false;
    if (!in[0]->ready || !in[1]->ready || !in[2]->ready)
        return;
    double close = in[2]->value;
    double upper = in[0]->value + setup->numbers[0] * in[1]->value,
           lower = in[0]->value - setup->numbers[0] * in[1]->value;
    if (trend->started) {
        if (!(lower > trend->lower || trend->close < trend->lower))
            lower = trend->lower;
        if (!(upper < trend->upper || trend->close > trend->upper))
            upper = trend->upper;
        trend->rising = trend->rising ? close >= lower : close > upper;
    }
    *trend = (struct supertrend_state) { upper, lower, close, true, trend->rising };
    r3_cell_set(&out[0], trend->rising ? lower : upper);
    r3_cell_set(&out[1], trend->rising ? 1 : -1);
}

const struct r3_indicator r3_indicator_trends[] = {
    { "true_range", 3, 0, 1, false, range_size, range_start, range_step, NULL, r3_warm_up_one },
    { "directional", 3, 1, 3, false, directional_size, directional_start, directional_step, NULL, r3_warm_up_length },
    { "psar", 2, 2, 1, false, psar_size, psar_start, psar_step, NULL, r3_warm_up_one },
    { "supertrend", 3, 1, 2, false, supertrend_size, supertrend_start, supertrend_step, NULL, r3_warm_up_none },
    { 0 },
};
