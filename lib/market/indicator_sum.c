/* Moving sums and what is made of them: average, weighted average, regression, variance.
 *
 * Each candle adds one entry and removes one, in integers (indicator_exact.h), so a sum never drifts from its window. Each
 * indicator is written twice: `step` gives one result of the sums in 128 and 256 bits, which hold whatever can come; `narrow`,
 * where entries and sums have proved short enough, is a loop over a block of 64-bit entries, with the same result. */
#include "lib/market/indicator_exact.h"

#include <math.h>

struct sum_state {
    r3_int128 sum;
    r3_int128 weighted;     /* sum of (i + 1) × entry, i = 0 for the oldest in the window */
    struct r3_wide squares; /* sum of entry² */
    int32_t count;          /* ready values held, up to length */
    uint64_t bits;          /* no narrow entry held has a bit above these */
    union {
        struct r3_ring ring;     /* of a decimal series */
        struct r3_window window; /* of any other */
    };
};

enum { WITH_WEIGHTED = 1, WITH_SQUARES = 2 };

/* What an indicator makes of the sums. */
struct result {
    unsigned also; /* which sums beside the plain one */
    bool measured; /* fits or narrow asks for the entries' bits */
    void (*step)(const struct sum_state *sums, const struct r3_indicator_setup *setup, int scale, size_t candle,
                 double *const *out);
    bool (*fits)(const struct sum_state *sums, const struct r3_indicator_setup *setup); /* for narrow; NULL: always */
    /* `added` and `removed`: the entries of `count` candles. Those on which the window is not full get any value. */
    void (*narrow)(struct sum_state *sums, const struct r3_indicator_setup *setup, int scale, size_t count,
                   const int64_t *added, const int64_t *removed, double *const *out);
};

static size_t sum_size(const struct r3_indicator_setup *setup) {
    return setup->decimal ? offsetof(struct sum_state, ring) + r3_ring_size(setup->length)
                          : offsetof(struct sum_state, window) + r3_window_size(setup->length);
}

static void sum_clear(struct sum_state *state) {
    state->sum = state->weighted = 0;
    state->squares = (struct r3_wide) { 0 };
}

static void sum_start(void *state, const struct r3_indicator_setup *setup) {
    struct sum_state *sums = state;
    memset(sums, 0, sizeof *sums);
    if (setup->decimal)
        r3_ring_start(&sums->ring, setup->length);
    else
        r3_window_start(&sums->window, setup->length);
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

static r3_int128 entry_of(const struct sum_state *state, const struct r3_indicator_setup *setup, int32_t back) {
    return setup->decimal ? r3_ring_entry(&state->ring, back) : r3_window_entry(&state->window, back);
}

/* Sums from the entries held. */
static void sum_rebuild(struct sum_state *state, const struct r3_indicator_setup *setup) {
    sum_clear(state);
    for (int32_t back = state->count; back-- > 0;) {
        r3_int128 entry = entry_of(state, setup, back);
        state->sum += entry;
        state->weighted += entry * (state->count - back);
        state->squares = r3_wide_add(state->squares, square_of(entry));
        state->bits |= (uint64_t)r3_magnitude(entry);
    }
}

static void sum_rescale(void *state, const struct r3_indicator_setup *setup, r3_int128 factor) {
    struct sum_state *sums = state;
    if (!setup->decimal)
        return;
    r3_ring_rescale(&sums->ring, factor);
    sums->bits = 0;
    sum_rebuild(sums, setup);
}

/* A candle without a value: the window starts over. */
static void sum_reset(struct sum_state *state, const struct r3_indicator_setup *setup) {
    if (setup->decimal)
        r3_ring_clear(&state->ring, state->count);
    else
        r3_window_reset(&state->window);
    sum_clear(state);
    state->count = 0;
    state->bits = 0;
}

/* The sums after one entry more, whatever its size. */
static inline void sum_change(struct sum_state *state, const struct r3_indicator_setup *setup, unsigned also,
                              r3_int128 added, r3_int128 removed) {
    bool full = state->count == setup->length;
    state->count += !full;
    if (also &
        WITH_WEIGHTED) /* each weight falls by one as the oldest, of weight one, leaves: so the whole old sum goes */
        state->weighted += added * state->count - (full ? state->sum : 0);
    state->sum += added - removed;
    if (also & WITH_SQUARES)
        squares_change(&state->squares, added, removed);
}

/* One candle's results, of sums of any size. */
static inline __attribute__((always_inline)) void put(struct sum_state *state, const struct r3_indicator_setup *setup,
                                                      const struct result *result, int scale, size_t i, r3_int128 added,
                                                      r3_int128 removed, double *const *out) {
    sum_change(state, setup, result->also, added, removed);
    if (state->count == setup->length)
        result->step(state, setup, scale, i, out);
}

static void put_values(struct sum_state *state, const struct r3_indicator_setup *setup, const struct result *result,
                       int scale, size_t count, const double *in, double *const *out) {
    for (size_t i = 0; i < count; i++) {
        r3_int128 added, removed;
        if (r3_window_push(&state->window, in[i], &added, &removed) == R3_WINDOW_ADDED) {
            put(state, setup, result, scale, i, added, removed, out);
            continue;
        }
        state->count = state->window.count;
        sum_rebuild(state, setup);
        if (state->count == setup->length)
            result->step(state, setup, scale, i, out);
    }
}

/* One candle of a decimal series. */
static inline __attribute__((always_inline)) void put_one(struct sum_state *state,
                                                          const struct r3_indicator_setup *setup,
                                                          const struct result *result, int scale, size_t i,
                                                          const struct r3_column *in, size_t from, double *const *out) {
    if (in->fixed) {
        int64_t added = in->fixed[from + i];
        if (result->measured)
            state->bits |= (uint64_t)(added < 0 ? ~added : added);
        put(state, setup, result, scale, i, added, r3_ring_put(&state->ring, added), out);
    } else {
        r3_int128 removed;
        r3_ring_shift_wide(&state->ring, 1, &in->wide[from + i], &removed);
        put(state, setup, result, scale, i, in->wide[from + i], removed, out);
    }
}

/* Several that are narrow; false where the indicator has to have them one by one. */
static bool put_narrow(struct sum_state *state, const struct r3_indicator_setup *setup, const struct result *result,
                       int scale, size_t count, const int64_t *in, double *const *out) {
    int64_t removed[R3_BLOCK_MAX];
    uint64_t bits = state->bits;
    for (size_t i = 0; result->measured && i < count; i++)
        bits |= (uint64_t)(in[i] < 0 ? ~in[i] : in[i]); /* -x for a negative x, less one: of no more bits */
    state->bits = bits;
    if (result->fits && !result->fits(state, setup))
        return false;
    r3_ring_shift(&state->ring, count, in, removed);
    result->narrow(state, setup, scale, count, in, removed, out);
    int64_t held = state->count + (int64_t)count;
    state->count = held < setup->length ? (int32_t)held : setup->length;
    return true;
}

/* Candles [from, to), on all of which the series is ready. A block of one goes the short way. */
static void put_run(struct sum_state *state, const struct r3_indicator_setup *setup, const struct result *result,
                    int scale, size_t from, size_t to, const struct r3_column *in, double *const *out) {
    if (!setup->decimal)
        put_values(state, setup, result, scale, to - from, in->value + from, out);
    else if (to - from == 1 || !in->fixed || !put_narrow(state, setup, result, scale, to - from, in->fixed + from, out))
        for (size_t i = 0; i < to - from; i++)
            put_one(state, setup, result, scale, i, in, from, out);
}

/* A series that is not ready on candles [from, to). */
static void skip_run(struct sum_state *state, const struct r3_indicator_setup *setup, size_t from, size_t to,
                     const struct r3_column *out, int outputs) {
    sum_reset(state, setup);
    for (int k = 0; k < outputs; k++)
        r3_ready_fill(out[k].ready, false, from, to);
}

static void sum_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                    const struct r3_column *in, const struct r3_column *out, int outputs, const struct result *result) {
    struct sum_state *sums = state;
    for (size_t from = 0, to; from < count; from = to) {
        to = r3_ready_find(in->ready, true, from, count);
        if (to > from) {
            skip_run(sums, setup, from, to, out, outputs);
            continue;
        }
        to = r3_ready_find(in->ready, false, from, count);
        int32_t held = sums->count;
        size_t lacking = held < setup->length ? (size_t)(setup->length - held - 1) : 0;
        size_t first = lacking < to - from ? from + lacking : to;
        put_run(sums, setup, result, scale, from, to, in,
                (double *const[]) { out[0].value + from, outputs > 1 ? out[1].value + from : NULL });
        for (int k = 0; k < outputs; k++) {
            r3_ready_fill(out[k].ready, false, from, first);
            r3_ready_fill(out[k].ready, true, first, to);
            if (!setup->decimal)
                r3_ready_finite(&out[k], first, to);
        }
    }
}

static int bits_of(uint64_t value) {
    return value ? 64 - __builtin_clzll(value) : 0;
}

/* Whether entry × length² × 2^4 stays below 2^62: no line's numerator is larger. */
static bool is_small(const struct sum_state *state, const struct r3_indicator_setup *setup) {
    return bits_of(state->bits) + 2 * bits_of((uint64_t)setup->length) + 4 <= 62;
}

/* What a sum is divided by to give `divisor` times fewer values. */
static r3_uint128 unit_of(const struct r3_indicator_setup *setup, int scale, uint64_t divisor) {
    return (r3_uint128)divisor * (uint32_t)setup->divisor * r3_powers[scale];
}

/* sum / divisor in values. */
static double quotient(const struct sum_state *state, const struct r3_indicator_setup *setup, int scale, r3_int128 sum,
                       uint64_t divisor) {
    return setup->decimal ? r3_quotient(sum, unit_of(setup, scale, divisor))
                          : r3_window_quotient(&state->window, sum, divisor);
}

/* What one unit of an entry is worth: for results that are rounded more than once. */
static double entry_unit(const struct sum_state *state, const struct r3_indicator_setup *setup, int scale) {
    return setup->decimal ? 1 / ((double)setup->divisor * (double)r3_powers[scale]) : ldexp(1, state->window.shift);
}

/* ---- sum, average ---- */

static void plain_narrow(struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                         const int64_t *added, const int64_t *removed, double *out, uint64_t divisor) {
    int64_t sums[R3_BLOCK_MAX], sum = (int64_t)state->sum;
    for (size_t i = 0; i < count; i++)
        sums[i] = sum += added[i] - removed[i];
    state->sum = sum;
    r3_quotients(out, sums, count, unit_of(setup, scale, divisor));
}

static void total_step(const struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t i,
                       double *const *out) {
    out[0][i] = quotient(state, setup, scale, state->sum, 1);
}

static void total_narrow(struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                         const int64_t *added, const int64_t *removed, double *const *out) {
    plain_narrow(state, setup, scale, count, added, removed, out[0], 1);
}

static void average_step(const struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t i,
                         double *const *out) {
    out[0][i] = quotient(state, setup, scale, state->sum, (uint64_t)setup->length);
}

static void average_narrow(struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                           const int64_t *added, const int64_t *removed, double *const *out) {
    plain_narrow(state, setup, scale, count, added, removed, out[0], (uint64_t)setup->length);
}

/* ---- weighted average, regression ---- */

/* The plain and the weighted sum on each candle; is_small() holds. */
static void weighted_sums(struct sum_state *state, const struct r3_indicator_setup *setup, size_t count,
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

static void weighted_step(const struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t i,
                          double *const *out) {
    uint64_t n = (uint64_t)setup->length;
    out[0][i] = quotient(state, setup, scale, state->weighted, n * (n + 1) / 2);
}

static void weighted_narrow(struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                            const int64_t *added, const int64_t *removed, double *const *out) {
    int64_t sums[R3_BLOCK_MAX], weighted[R3_BLOCK_MAX];
    uint64_t n = (uint64_t)setup->length;
    weighted_sums(state, setup, count, added, removed, sums, weighted);
    r3_quotients(out[0], weighted, count, unit_of(setup, scale, n * (n + 1) / 2));
}

/* Least squares over x = 1 (oldest) … n: outputs[0] the line at the newest candle, outputs[1] its slope a candle.
 * slope = (n·Σxy − Σx·Σy) / (n·Σx² − (Σx)²) with n·Σx² − (Σx)² = n²(n² − 1)/12 and Σx = n(n + 1)/2, so
 * slope = (12·Σxy − 6(n + 1)·Σy) / (n(n² − 1)); the line's end is Σy/n + slope·(n − 1)/2. Numerators are exact integers:
 * rise = slope × n(n² − 1)/6, and the end Σy/n + rise·6/(n(n² − 1))·(n − 1)/2 = (Σy·(n + 1) + 3·rise) / (n(n + 1)). */
static uint64_t run_of(int64_t n) {
    return n == 1 ? 1 : (uint64_t)(n * (n * n - 1) / 6); /* a single point: its own value, and level */
}

static void regression_step(const struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t i,
                            double *const *out) {
    int64_t n = setup->length;
    r3_int128 rise = 2 * state->weighted - (n + 1) * state->sum;
    out[0][i] = quotient(state, setup, scale, state->sum * (n + 1) + 3 * rise, (uint64_t)(n * (n + 1)));
    out[1][i] = quotient(state, setup, scale, rise, run_of(n));
}

static void regression_narrow(struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                              const int64_t *added, const int64_t *removed, double *const *out) {
    int64_t sums[R3_BLOCK_MAX], rises[R3_BLOCK_MAX], n = setup->length;
    weighted_sums(state, setup, count, added, removed, sums, rises);
    for (size_t i = 0; i < count; i++) {
        rises[i] = 2 * rises[i] - (n + 1) * sums[i];
        sums[i] = sums[i] * (n + 1) + 3 * rises[i];
    }
    r3_quotients(out[0], sums, count, unit_of(setup, scale, (uint64_t)(n * (n + 1))));
    r3_quotients(out[1], rises, count, unit_of(setup, scale, run_of(n)));
}

/* ---- variance: n·Σx² − (Σx)² in whole entries, over n² ---- */

static void variance_step(const struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t i,
                          double *const *out) {
    r3_uint128 squares = r3_wide_low(&state->squares);
    double unit = entry_unit(state, setup, scale) / setup->length, numerator;
    if (r3_wide_fits(&state->squares) && squares >> 114 == 0 && is_short(state->sum)) { /* times 5000 is below 2^127 */
        numerator = (double)(squares * (uint32_t)setup->length - (r3_uint128)(state->sum * state->sum));
    } else {
        struct r3_wide product = r3_wide_times(&state->squares, (uint64_t)setup->length);
        product = r3_wide_subtract(product, square_of(state->sum));
        numerator = r3_wide_to_double(&product);
    }
    out[0][i] = numerator * unit * unit;
}

static void variance_narrow(struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                            const int64_t *added, const int64_t *removed, double *const *out) {
    const double unit = entry_unit(state, setup, scale) / setup->length;
    int64_t sum = (int64_t)state->sum, n = setup->length;
    if (2 * (bits_of(state->bits) + bits_of((uint64_t)n)) <= 62) { /* all of it fits 64 bits */
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

/* ---- mean absolute distance from the window's mean ----
 *
 * n steps a candle, the one indicator that has no shorter way. Distances above the mean add up to what those below do, so it is
 * enough to count and add the entries above: Σ|n·x − Σx| = 2·Σ(n·x − Σx) over x > Σx/n, in integers x > ⌊Σx/n⌋. */

static void deviation_step(const struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t i,
                           double *const *out) {
    int64_t n = setup->length, count = 0;
    r3_int128 mean = state->sum / n - (state->sum % n < 0), above = 0;
    for (int32_t back = 0; back < setup->length; back++) {
        r3_int128 entry = entry_of(state, setup, back);
        bool is = entry > mean;
        above += is ? entry : 0;
        count += is;
    }
    r3_int128 distance = 2 * (above * n - state->sum * count); /* × n */
    out[0][i] = quotient(state, setup, scale, distance, (uint64_t)(n * n));
}

/* Two at a time: sums of these doubles are whole numbers below 2^53, so their order does not matter. */
static r3_int128 distance_of(const double *entries, int64_t n, int64_t sum) {
    double mean = (double)(sum / n - (sum % n < 0)), above_last = 0;
    const r3_pair means = { mean, mean };
    r3_pair above = { 0, 0 };
    r3_pair_integer minus = { 0, 0 };
    int64_t at = 0, count = 0;
    for (; at + 2 <= n; at += 2) {
        r3_pair entry;
        memcpy(&entry, entries + at, sizeof entry);
        r3_pair_integer is = (r3_pair_integer)(entry > means);
        above += (r3_pair)((r3_pair_integer)entry & is);
        minus += is; /* -1 where it is */
    }
    if (at < n && entries[at] > mean) {
        above_last = entries[at];
        count = 1;
    }
    count -= minus[0] + minus[1];
    return 2 * ((r3_int128)(above[0] + above[1] + above_last) * n - (r3_int128)sum * count);
}

/* Whether entry × length stays below 2^52. */
static bool adds_exactly(const struct sum_state *state, const struct r3_indicator_setup *setup) {
    return bits_of(state->bits) + bits_of((uint64_t)setup->length) <= 52;
}

static void deviation_narrow(struct sum_state *state, const struct r3_indicator_setup *setup, int scale, size_t count,
                             const int64_t *added, const int64_t *removed, double *const *out) {
    double history[R3_INDICATOR_LENGTH_MAX + R3_BLOCK_MAX]; /* what fell out, and what stayed or came */
    size_t n = (size_t)setup->length, old = count < n ? count : n;
    for (size_t i = 0; i < old; i++)
        history[i] = (double)removed[i];
    for (size_t i = old; i < n; i++)
        history[i] = (double)r3_ring_entry(&state->ring, (int32_t)(n + count - 1 - i));
    for (size_t i = 0; i < count; i++)
        history[n + i] = (double)added[i];
    int64_t sum = (int64_t)state->sum;
    for (size_t i = 0; i < count; i++) {
        sum += added[i] - removed[i];
        out[0][i] =
            r3_quotient(distance_of(history + i + 1, (int64_t)n, sum), unit_of(setup, scale, (uint64_t)(n * n)));
    }
    state->sum = sum;
}

static const struct result total = { 0, false, total_step, NULL, total_narrow },
                           average = { 0, false, average_step, NULL, average_narrow },
                           weighted_average = { WITH_WEIGHTED, true, weighted_step, is_small, weighted_narrow },
                           regression = { WITH_WEIGHTED, true, regression_step, is_small, regression_narrow },
                           variance = { WITH_SQUARES, true, variance_step, NULL, variance_narrow },
                           deviation = { 0, true, deviation_step, adds_exactly, deviation_narrow };

/* One candle of short integers, which is what a pipe of text brings, makes no calls beyond this one. */
static inline __attribute__((always_inline)) void run(void *state, const struct r3_indicator_setup *setup, size_t count,
                                                      int scale, const struct r3_column *in,
                                                      const struct r3_column *out, int outputs,
                                                      const struct result *result) {
    struct sum_state *sums = state;
    if (count > 1 || !in->fixed || !in->ready[0]) {
        sum_run(sums, setup, count, scale, in, out, outputs, result);
        return;
    }
    put_one(sums, setup, result, scale, 0, in, 0,
            (double *const[]) { out[0].value, outputs > 1 ? out[1].value : NULL });
    for (int k = 0; k < outputs; k++)
        out[k].ready[0] = sums->count == setup->length;
}

static void total_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                      const struct r3_column *const *in, const struct r3_column *out) {
    run(state, setup, count, scale, in[0], out, 1, &total);
}
static void average_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                        const struct r3_column *const *in, const struct r3_column *out) {
    run(state, setup, count, scale, in[0], out, 1, &average);
}
static void weighted_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                         const struct r3_column *const *in, const struct r3_column *out) {
    run(state, setup, count, scale, in[0], out, 1, &weighted_average);
}
static void regression_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                           const struct r3_column *const *in, const struct r3_column *out) {
    run(state, setup, count, scale, in[0], out, 2, &regression);
}
static void variance_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                         const struct r3_column *const *in, const struct r3_column *out) {
    run(state, setup, count, scale, in[0], out, 1, &variance);
}
static void deviation_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                          const struct r3_column *const *in, const struct r3_column *out) {
    run(state, setup, count, scale, in[0], out, 1, &deviation);
}

const struct r3_indicator r3_indicator_sums[] = {
    { "sum", 1, 1, 1, true, sum_size, sum_start, total_run, sum_rescale, r3_warm_up_window },
    { "sma", 1, 1, 1, true, sum_size, sum_start, average_run, sum_rescale, r3_warm_up_window },
    { "wma", 1, 1, 1, true, sum_size, sum_start, weighted_run, sum_rescale, r3_warm_up_window },
    { "variance", 1, 1, 1, true, sum_size, sum_start, variance_run, sum_rescale, r3_warm_up_window },
    { "regression", 1, 1, 2, true, sum_size, sum_start, regression_run, sum_rescale, r3_warm_up_window },
    { "deviation", 1, 1, 1, true, sum_size, sum_start, deviation_run, sum_rescale, r3_warm_up_window },
    { 0 },
};
