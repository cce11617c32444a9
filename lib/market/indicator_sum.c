/* Moving sums and what is made of them: average, weighted average, regression, variance.
 *
 * Each candle adds one entry and removes one, in integers (indicator_exact.h), so a sum never drifts from its window. */
#include "lib/market/indicator_exact.h"

#include <math.h>

struct sum_state {
    r3_int128 sum;
    r3_int128 weighted;     /* sum of (i + 1) × entry, i = 0 for the oldest in the window */
    struct r3_wide squares; /* sum of entry² */
    struct r3_window window;
};

enum { WITH_WEIGHTED = 1, WITH_SQUARES = 2 };

static size_t sum_size(const struct r3_indicator_setup *setup) {
    return offsetof(struct sum_state, window) + r3_window_size(setup->length, setup->decimal);
}

static void sum_clear(struct sum_state *state) {
    state->sum = state->weighted = 0;
    state->squares = (struct r3_wide) { 0 };
}

static void sum_start(void *state, const struct r3_indicator_setup *setup) {
    struct sum_state *sums = state;
    sum_clear(sums);
    r3_window_start(&sums->window, setup->length, setup->decimal);
}

static struct r3_wide square_of(r3_int128 value) {
    return r3_wide_multiply(r3_magnitude(value), r3_magnitude(value));
}

/* Entries of less than 63 bits, the usual ones: their squares fit 128 bits. */
static inline bool is_short(r3_int128 value) {
    return value == (int64_t)value && value > INT64_MIN / 2 && value < INT64_MAX / 2;
}

/* squares += added² − removed². */
static inline void squares_change(struct r3_wide *squares, r3_int128 added, r3_int128 removed) {
    if (is_short(added) && is_short(removed) && r3_wide_fits(squares)) {
        r3_uint128 old = r3_wide_low(squares),
                   new = old + (r3_uint128)(added * added) - (r3_uint128)(removed * removed);
        if (old >> 127 == 0 && new >> 127 == 0) { /* each square is below 2^125, so that neither step wrapped */
            *squares = r3_wide_from(new);
            return;
        }
    }
    *squares = r3_wide_subtract(r3_wide_add(*squares, square_of(added)), square_of(removed));
}

/* Sums from the entries that the window holds. */
static void sum_rebuild(struct sum_state *state) {
    sum_clear(state);
    for (int32_t back = state->window.count; back-- > 0;) {
        r3_int128 entry = r3_window_entry(&state->window, back);
        state->sum += entry;
        state->weighted += entry * (state->window.count - back);
        state->squares = r3_wide_add(state->squares, square_of(entry));
    }
}

static void sum_rescale(void *state, const struct r3_indicator_setup *setup, r3_int128 factor) {
    (void)setup;
    struct sum_state *sums = state;
    r3_window_rescale(&sums->window, factor);
    sum_rebuild(sums);
}

/* True when the window is full. `also`: which sums beside the plain one are wanted. */
static inline bool sum_push(struct sum_state *state, const struct r3_cell *in, unsigned also) {
    struct r3_window *window = &state->window;
    if (!in->ready) {
        r3_window_reset(window);
        sum_clear(state);
        return false;
    }
    r3_int128 added, removed = 0;
    enum r3_window_change change = r3_window_push(window, in, &added, &removed);
    if (change == R3_WINDOW_REBUILD) {
        sum_rebuild(state);
        return window->count == window->length;
    }
    if (also &
        WITH_WEIGHTED) /* each weight falls by one as the oldest, of weight one, leaves: so the whole old sum goes */
        state->weighted += added * window->count - (change == R3_WINDOW_ADDED_REMOVED ? state->sum : 0);
    state->sum += added - removed;
    if (also & WITH_SQUARES) {
        squares_change(&state->squares, added, removed);
    }
    return window->count == window->length;
}

/* What one unit of an entry is worth: for results that are rounded more than once. */
static double entry_unit(const struct sum_state *state, const struct r3_indicator_setup *setup, int scale) {
    return state->window.decimal ? 1 / ((double)setup->divisor * (double)r3_powers[scale])
                                 : ldexp(1, state->window.shift);
}

static void sum_step(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                     struct r3_cell *out) {
    struct sum_state *sums = state;
    out->ready = sum_push(sums, in[0], 0);
    if (out->ready)
        r3_cell_set(out, r3_window_quotient(&sums->window, sums->sum, 1, setup, scale));
}

static void average_step(void *state, const struct r3_indicator_setup *setup, int scale,
                         const struct r3_cell *const *in, struct r3_cell *out) {
    struct sum_state *sums = state;
    out->ready = sum_push(sums, in[0], 0);
    if (out->ready)
        r3_cell_set(out, r3_window_quotient(&sums->window, sums->sum, (uint64_t)setup->length, setup, scale));
}

static void weighted_step(void *state, const struct r3_indicator_setup *setup, int scale,
                          const struct r3_cell *const *in, struct r3_cell *out) {
    struct sum_state *sums = state;
    out->ready = sum_push(sums, in[0], WITH_WEIGHTED);
    uint64_t n = (uint64_t)setup->length;
    if (out->ready)
        r3_cell_set(out, r3_window_quotient(&sums->window, sums->weighted, n * (n + 1) / 2, setup, scale));
}

/* n·Σx² − (Σx)² in whole entries, over n². */
static void variance_step(void *state, const struct r3_indicator_setup *setup, int scale,
                          const struct r3_cell *const *in, struct r3_cell *out) {
    struct sum_state *sums = state;
    out->ready = sum_push(sums, in[0], WITH_SQUARES);
    if (!out->ready)
        return;
    r3_uint128 squares = r3_wide_low(&sums->squares);
    double numerator;
    if (r3_wide_fits(&sums->squares) && squares >> 114 == 0 && is_short(sums->sum)) { /* times 5000 is below 2^127 */
        numerator = (double)(squares * (uint32_t)setup->length - (r3_uint128)(sums->sum * sums->sum));
    } else {
        struct r3_wide product = r3_wide_times(&sums->squares, (uint64_t)setup->length);
        product = r3_wide_subtract(product, square_of(sums->sum));
        numerator = r3_wide_to_double(&product);
    }
    double unit = entry_unit(sums, setup, scale) / setup->length;
    r3_cell_set(out, numerator * unit * unit);
}

/* Least squares over x = 1 (oldest) … n: outputs[0] the line at the newest candle, outputs[1] its slope a candle.
 * slope = (n·Σxy − Σx·Σy) / (n·Σx² − (Σx)²) with n·Σx² − (Σx)² = n²(n² − 1)/12 and Σx = n(n + 1)/2, so
 * slope = (12·Σxy − 6(n + 1)·Σy) / (n(n² − 1)); the line's end is Σy/n + slope·(n − 1)/2. Numerators are exact integers. */
static void regression_step(void *state, const struct r3_indicator_setup *setup, int scale,
                            const struct r3_cell *const *in, struct r3_cell *out) {
    struct sum_state *sums = state;
    out[0].ready = out[1].ready = sum_push(sums, in[0], WITH_WEIGHTED);
    if (!out[0].ready)
        return;
    int64_t n = setup->length;
    r3_int128 rise = 2 * sums->weighted - (n + 1) * sums->sum; /* slope × n(n² − 1)/6 */
    uint64_t run = (uint64_t)(n * (n * n - 1) / 6);
    if (n == 1)
        run = 1; /* a single point: its own value, and level */
    r3_cell_set(&out[1], r3_window_quotient(&sums->window, rise, run, setup, scale));
    /* Σy/n + rise·6/(n(n² − 1))·(n − 1)/2 = (Σy·(n + 1) + 3·rise) / (n(n + 1)) */
    r3_int128 end = sums->sum * (n + 1) + 3 * rise;
    r3_cell_set(&out[0], r3_window_quotient(&sums->window, end, (uint64_t)(n * (n + 1)), setup, scale));
}

/* Mean absolute distance from the window's mean: n steps a candle, the one indicator that has no shorter way. Distances above
 * the mean add up to what those below do, so it is enough to count and add the entries above: Σ|n·x − Σx| = 2·Σ(n·x − Σx)
 * over x > Σx/n, in integers x > ⌊Σx/n⌋. */
static void deviation_step(void *state, const struct r3_indicator_setup *setup, int scale,
                           const struct r3_cell *const *in, struct r3_cell *out) {
    struct sum_state *sums = state;
    out->ready = sum_push(sums, in[0], 0);
    if (!out->ready)
        return;
    int64_t n = setup->length, count = 0;
    r3_int128 mean = sums->sum / n - (sums->sum % n < 0), above = 0;
    const r3_int128 *entries = sums->window.decimal ? r3_window_entries(&sums->window) : NULL;
    for (int32_t i = 0; i < setup->length; i++) {
        r3_int128 entry = entries ? entries[i] : r3_window_value_entry(&sums->window, i);
        bool is = entry > mean;
        above += is ? entry : 0;
        count += is;
    }
    r3_int128 distance = 2 * (above * n - sums->sum * count); /* × n */
    r3_cell_set(out, r3_window_quotient(&sums->window, distance, (uint64_t)(n * n), setup, scale));
}

const struct r3_indicator r3_indicator_sums[] = {
    { "sum", 1, 1, 1, true, sum_size, sum_start, sum_step, sum_rescale, r3_warm_up_window },
    { "sma", 1, 1, 1, true, sum_size, sum_start, average_step, sum_rescale, r3_warm_up_window },
    { "wma", 1, 1, 1, true, sum_size, sum_start, weighted_step, sum_rescale, r3_warm_up_window },
    { "variance", 1, 1, 1, true, sum_size, sum_start, variance_step, sum_rescale, r3_warm_up_window },
    { "regression", 1, 1, 2, true, sum_size, sum_start, regression_step, sum_rescale, r3_warm_up_window },
    { "deviation", 1, 1, 1, true, sum_size, sum_start, deviation_step, sum_rescale, r3_warm_up_window },
    { 0 },
};
