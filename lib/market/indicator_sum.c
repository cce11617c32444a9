#include "lib/market/indicator_sum.h"

size_t r3_sums_size(const struct r3_indicator_setup *setup) {
    return setup->decimal ? offsetof(struct r3_sums, ring) + r3_ring_size(setup->length)
                          : offsetof(struct r3_sums, window) + r3_window_size(setup->length);
}

static void sum_clear(struct r3_sums *state) {
    state->sum = state->weighted = 0;
    state->squares = (struct r3_wide) { 0 };
}

void r3_sums_start(void *state, const struct r3_indicator_setup *setup) {
    struct r3_sums *sums = state;
    memset(sums, 0, sizeof *sums);
    if (setup->decimal)
        r3_ring_start(&sums->ring, setup->length);
    else
        r3_window_start(&sums->window, setup->length);
}

r3_int128 r3_sums_entry(const struct r3_sums *state, const struct r3_indicator_setup *setup, int32_t back) {
    return setup->decimal ? r3_ring_entry(&state->ring, back) : r3_window_entry(&state->window, back);
}

/* Sums from the entries held. */
static void sum_rebuild(struct r3_sums *state, const struct r3_indicator_setup *setup) {
    sum_clear(state);
    for (int32_t back = state->count; back-- > 0;) {
        r3_int128 entry = r3_sums_entry(state, setup, back);
        state->sum += entry;
        state->weighted += entry * (state->count - back);
        state->squares = r3_wide_add(state->squares, r3_square_of(entry));
        state->bits |= (uint64_t)r3_magnitude(entry);
    }
}

void r3_sums_rescale(void *state, const struct r3_indicator_setup *setup, r3_int128 factor) {
    struct r3_sums *sums = state;
    if (!setup->decimal)
        return;
    r3_ring_rescale(&sums->ring, factor);
    sums->bits = 0;
    sum_rebuild(sums, setup);
}

/* A candle without a value: the window starts over. */
static void sum_reset(struct r3_sums *state, const struct r3_indicator_setup *setup) {
    if (setup->decimal)
        r3_ring_clear(&state->ring, state->count);
    else
        r3_window_reset(&state->window);
    sum_clear(state);
    state->count = 0;
    state->bits = 0;
}

/* Values of usual size for a full window, up to the first that is not; how many. A third of the time of one by one. */
static inline __attribute__((always_inline)) size_t put_usual(struct r3_sums *state, bool weighted, int64_t length,
                                                              uint64_t divisor, size_t count, const double *in,
                                                              double *out) {
    const struct r3_divisor parts = r3_divisor_of(divisor);
    struct r3_window window = state->window; /* copies, so that they stay in registers */
    double *values = (double *)(&state->window + 1);
    r3_int128 sum = state->sum, weight = state->weighted;
    size_t i = 0;
    for (r3_int128 added, removed; i < count && r3_window_replace(&window, values, in[i], &added, &removed); i++) {
        if (weighted)
            weight += added * length - sum;
        sum += added - removed;
        out[i] = r3_quotient_times(weighted ? weight : sum, &parts, window.shift);
    }
    state->window = window;
    state->sum = sum;
    state->weighted = weight;
    return i;
}

static void put_values(struct r3_sums *state, const struct r3_indicator_setup *setup,
                       const struct r3_sum_result *result, int scale, size_t count, const double *in,
                       double *const *out) {
    const int32_t n = setup->length;
    for (size_t i = 0; i < count; i++) {
        r3_int128 added, removed;
        if (result->divisor && state->count == n) {
            i += result->also & R3_SUM_WEIGHTED
                     ? put_usual(state, true, n, result->divisor((uint64_t)n), count - i, in + i, out[0] + i)
                     : put_usual(state, false, n, result->divisor((uint64_t)n), count - i, in + i, out[0] + i);
            if (i == count)
                return;
        }
        if (r3_window_push(&state->window, in[i], &added, &removed) == R3_WINDOW_ADDED) {
            put(state, setup, result, scale, i, added, removed, out);
            continue;
        }
        state->count = state->window.count;
        sum_rebuild(state, setup);
        if (state->count == n)
            result->step(state, setup, scale, i, out);
    }
}

/* Several that are narrow; false where the indicator has to have them one by one. */
static bool put_narrow(struct r3_sums *state, const struct r3_indicator_setup *setup,
                       const struct r3_sum_result *result, int scale, size_t count, const int64_t *in,
                       double *const *out) {
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
static void put_run(struct r3_sums *state, const struct r3_indicator_setup *setup, const struct r3_sum_result *result,
                    int scale, size_t from, size_t to, const struct r3_column *in, double *const *out) {
    if (!setup->decimal)
        put_values(state, setup, result, scale, to - from, in->value + from, out);
    else if (to - from == 1 || !in->fixed || !put_narrow(state, setup, result, scale, to - from, in->fixed + from, out))
        for (size_t i = 0; i < to - from; i++)
            r3_sums_put_one(state, setup, result, scale, i, in, from, out);
}

/* A series that is not ready on candles [from, to). */
static void skip_run(struct r3_sums *state, const struct r3_indicator_setup *setup, size_t from, size_t to,
                     const struct r3_column *out, int outputs) {
    sum_reset(state, setup);
    for (int k = 0; k < outputs; k++)
        r3_ready_fill(out[k].ready, false, from, to);
}

void r3_sums_run_any(struct r3_sums *sums, const struct r3_indicator_setup *setup, size_t count, int scale,
                     const struct r3_column *in, const struct r3_column *out, int outputs,
                     const struct r3_sum_result *result) {
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
