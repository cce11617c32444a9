/* What is made of moving sums: average, weighted average, regression, variance. */
#include "lib/market/indicator_sum.h"

/* Whether entry × length² × 2^4 stays below 2^62: no line's numerator is larger. */
static bool is_small(const struct r3_sums *state, const struct r3_indicator_setup *setup) {
    return r3_bits_of(state->bits) + 2 * r3_bits_of((uint64_t)setup->length) + 4 <= 62;
}

/* ---- sum, average ---- */

static void plain_narrow(struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                         const int64_t *added, const int64_t *removed, double *out, uint64_t divisor) {
    int64_t sums[R3_BLOCK_MAX], sum = (int64_t)state->sum;
    for (size_t i = 0; i < count; i++)
        sums[i] = sum += added[i] - removed[i];
    state->sum = sum;
    r3_quotients(out, sums, count, r3_sum_unit(setup, scale, divisor));
}

static void total_step(const struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t i,
                       double *const *out) {
    out[0][i] = r3_sums_quotient(state, setup, scale, state->sum, 1);
}

static void total_narrow(struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                         const int64_t *added, const int64_t *removed, double *const *out) {
    plain_narrow(state, setup, scale, count, added, removed, out[0], 1);
}

static void average_step(const struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t i,
                         double *const *out) {
    out[0][i] = r3_sums_quotient(state, setup, scale, state->sum, (uint64_t)setup->length);
}

static void average_narrow(struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                           const int64_t *added, const int64_t *removed, double *const *out) {
    plain_narrow(state, setup, scale, count, added, removed, out[0], (uint64_t)setup->length);
}

/* ---- weighted average, regression ---- */

/* The plain and the weighted sum on each candle; is_small() holds. */
static void weighted_sums(struct r3_sums *state, const struct r3_indicator_setup *setup, size_t count,
                          const int64_t *added, const int64_t *removed, int64_t *sums, int64_t *weighted) {
    int64_t sum = (int64_t)state->sum, weight = (int64_t)state->weighted;
    size_t i = 0;
    for (int32_t held = state->count; held < setup->length && i < count; i++) {
        weighted[i] = weight += added[i] * ++held;
        sums[i] = sum += added[i];
    }
    for (; i < count; i++) {
        weighted[i] = weight += added[i] * setup->length - sum;
        sums[i] = sum += added[i] - removed[i];
    }
    state->sum = sum;
    state->weighted = weight;
}

static void weighted_step(const struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t i,
                          double *const *out) {
    uint64_t n = (uint64_t)setup->length;
    out[0][i] = r3_sums_quotient(state, setup, scale, state->weighted, n * (n + 1) / 2);
}

static void weighted_narrow(struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                            const int64_t *added, const int64_t *removed, double *const *out) {
    int64_t sums[R3_BLOCK_MAX], weighted[R3_BLOCK_MAX];
    uint64_t n = (uint64_t)setup->length;
    weighted_sums(state, setup, count, added, removed, sums, weighted);
    r3_quotients(out[0], weighted, count, r3_sum_unit(setup, scale, n * (n + 1) / 2));
}

/* Least squares over x = 1 (oldest) … n: outputs[0] the line at the newest candle, outputs[1] its slope a candle.
 * slope = (n·Σxy − Σx·Σy) / (n·Σx² − (Σx)²) with n·Σx² − (Σx)² = n²(n² − 1)/12 and Σx = n(n + 1)/2, so
 * slope = (12·Σxy − 6(n + 1)·Σy) / (n(n² − 1)); the line's end is Σy/n + slope·(n − 1)/2. Numerators are exact integers:
 * rise = slope × n(n² − 1)/6, and the end Σy/n + rise·6/(n(n² − 1))·(n − 1)/2 = (Σy·(n + 1) + 3·rise) / (n(n + 1)). */
static uint64_t run_of(int64_t n) {
    return n == 1 ? 1 : (uint64_t)(n * (n * n - 1) / 6); /* a single point: its own value, and level */
}

static void regression_step(const struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t i,
                            double *const *out) {
    int64_t n = setup->length;
    r3_int128 rise = 2 * state->weighted - (n + 1) * state->sum;
    out[0][i] = r3_sums_quotient(state, setup, scale, state->sum * (n + 1) + 3 * rise, (uint64_t)(n * (n + 1)));
    out[1][i] = r3_sums_quotient(state, setup, scale, rise, run_of(n));
}

static void regression_narrow(struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                              const int64_t *added, const int64_t *removed, double *const *out) {
    int64_t sums[R3_BLOCK_MAX], rises[R3_BLOCK_MAX], n = setup->length;
    weighted_sums(state, setup, count, added, removed, sums, rises);
    for (size_t i = 0; i < count; i++) {
        rises[i] = 2 * rises[i] - (n + 1) * sums[i];
        sums[i] = sums[i] * (n + 1) + 3 * rises[i];
    }
    r3_quotients(out[0], sums, count, r3_sum_unit(setup, scale, (uint64_t)(n * (n + 1))));
    r3_quotients(out[1], rises, count, r3_sum_unit(setup, scale, run_of(n)));
}

/* ---- variance: n·Σx² − (Σx)² in whole entries, over n² ---- */

static void variance_step(const struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t i,
                          double *const *out) {
    r3_uint128 squares = r3_wide_low(&state->squares);
    double unit = r3_sums_entry_unit(state, setup, scale) / setup->length, numerator;
    if (r3_wide_fits(&state->squares) && squares >> 114 == 0 &&
        r3_is_short(state->sum)) { /* times 5000 is below 2^127 */
        numerator = (double)(squares * (uint32_t)setup->length - (r3_uint128)(state->sum * state->sum));
    } else {
        struct r3_wide product = r3_wide_times(&state->squares, (uint64_t)setup->length);
        product = r3_wide_subtract(product, r3_square_of(state->sum));
        numerator = r3_wide_to_double(&product);
    }
    out[0][i] = numerator * unit * unit;
}

static void variance_narrow(struct r3_sums *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                            const int64_t *added, const int64_t *removed, double *const *out) {
    const double unit = r3_sums_entry_unit(state, setup, scale) / setup->length;
    int64_t sum = (int64_t)state->sum, n = setup->length;
    if (2 * (r3_bits_of(state->bits) + r3_bits_of((uint64_t)n)) <= 62) { /* all of it fits 64 bits */
        int64_t squares = (int64_t)r3_wide_low(&state->squares);
        for (size_t i = 0; i < count; i++) {
            sum += added[i] - removed[i];
            squares += added[i] * added[i] - removed[i] * removed[i];
            out[0][i] = (double)(squares * n - sum * sum) * unit * unit;
        }
        state->squares = r3_wide_from((uint64_t)squares);
    } else { /* 2^(2 × 50) × 5000² is below 2^126 */
        r3_int128 squares = (r3_int128)r3_wide_low(&state->squares);
        for (size_t i = 0; i < count; i++) {
            sum += added[i] - removed[i];
            squares += (r3_int128)added[i] * added[i] - (r3_int128)removed[i] * removed[i];
            r3_int128 numerator = squares * n - (r3_int128)sum * sum;
            double rounded = numerator >> 63 ? (double)numerator : (double)(int64_t)numerator;
            out[0][i] = rounded * unit * unit;
        }
        state->squares = r3_wide_from((r3_uint128)squares);
    }
    state->sum = sum;
}

static uint64_t one(uint64_t length) {
    (void)length;
    return 1;
}
static uint64_t as_many(uint64_t length) {
    return length;
}
static uint64_t all_weights(uint64_t length) {
    return length * (length + 1) / 2;
}

static const struct r3_sum_result total = { 0, one, false, total_step, NULL, total_narrow },
                                  average = { 0, as_many, false, average_step, NULL, average_narrow },
                                  weighted_average = { R3_SUM_WEIGHTED, all_weights, true,
                                                       weighted_step,   is_small,    weighted_narrow },
                                  regression = { R3_SUM_WEIGHTED, NULL,     true,
                                                 regression_step, is_small, regression_narrow },
                                  variance = { R3_SUM_SQUARES, NULL, true, variance_step, NULL, variance_narrow };

static void total_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                      const struct r3_column *const *in, const struct r3_column *out) {
    r3_sums_run(state, setup, count, scale, in[0], out, 1, &total);
}
static void average_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                        const struct r3_column *const *in, const struct r3_column *out) {
    r3_sums_run(state, setup, count, scale, in[0], out, 1, &average);
}
static void weighted_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                         const struct r3_column *const *in, const struct r3_column *out) {
    r3_sums_run(state, setup, count, scale, in[0], out, 1, &weighted_average);
}
static void regression_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                           const struct r3_column *const *in, const struct r3_column *out) {
    r3_sums_run(state, setup, count, scale, in[0], out, 2, &regression);
}
static void variance_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                         const struct r3_column *const *in, const struct r3_column *out) {
    r3_sums_run(state, setup, count, scale, in[0], out, 1, &variance);
}

const struct r3_indicator r3_indicator_sums[] = {
    { "sum", 1, 1, 1, true, r3_sums_size, r3_sums_start, total_run, r3_sums_rescale, r3_warm_up_window },
    { "sma", 1, 1, 1, true, r3_sums_size, r3_sums_start, average_run, r3_sums_rescale, r3_warm_up_window },
    { "wma", 1, 1, 1, true, r3_sums_size, r3_sums_start, weighted_run, r3_sums_rescale, r3_warm_up_window },
    { "variance", 1, 1, 1, true, r3_sums_size, r3_sums_start, variance_run, r3_sums_rescale, r3_warm_up_window },
    { "regression", 1, 1, 2, true, r3_sums_size, r3_sums_start, regression_run, r3_sums_rescale, r3_warm_up_window },
    { "deviation", 1, 1, 1, true, r3_deviation_size, r3_deviation_start, r3_deviation_run, r3_deviation_rescale,
      r3_warm_up_window },
    { 0 },
};
