/* Highest and lowest of a window, and where they were. Of equal values the newest counts.
 *
 * The value: van Herk 1992, Gil and Werman 1993. The series is cut into segments of the window's length. A window is the end of
 * one segment and the beginning of the next, so its extreme is the greater of two: that of the beginning, carried along, and
 * that of the end, from a row that is filled backwards when its segment is whole. Three comparisons a candle, whatever the
 * length, and none that the processor has to guess.
 *
 * The place: a monotonic deque, which holds the values that can still become the extreme, best first. A new value throws out
 * from the back those that it beats or equals, so each value enters and leaves once: O(1) a candle on average. */
#include <math.h>

#include "lib/market/indicator_exact.h"

struct extreme_state {
    double best;  /* of the segment in the making */
    int32_t seen; /* ready values in a row, up to the window's length */
    int32_t held; /* values of the segment in the making */
    double rows
        []; /* these values; from each of the segment before to its end, the extreme, and behind them the worst value */
};

static size_t extreme_size(const struct r3_indicator_setup *setup) {
    return sizeof(struct extreme_state) + (2 * (size_t)setup->length + 1) * sizeof(double);
}

static void extreme_start(struct extreme_state *state, const struct r3_indicator_setup *setup, double worst) {
    memset(state, 0, extreme_size(setup));
    state->best = worst;
    for (int32_t i = 0; i <= setup->length; i++)
        state->rows[setup->length + i] = worst;
}

/* The better one, b where they are equal. */
static inline double better(bool highest, double a, double b) {
    return highest ? (a > b ? a : b) : (a < b ? a : b);
}

/* Ready candles. */
static inline __attribute__((always_inline)) void
extreme_push(struct extreme_state *state, bool highest, int32_t length, size_t count, const double *in, double *out) {
    double *values = state->rows, *ends = state->rows + length, best = state->best;
    for (size_t i = 0; i < count;) {
        size_t at = (size_t)state->held, part = (size_t)length - at < count - i ? (size_t)length - at : count - i;
        for (size_t k = 0; k < part; k++, i++) {
            double value = in[i];
            values[at + k] = value;
            best = better(highest, best, value);
            out[i] = better(highest, ends[at + k + 1], best);
        }
        state->held += (int32_t)part;
        if (state->held < length)
            break;
        for (int32_t k = length - 1; k >= 0; k--)
            ends[k] = better(highest, values[k], ends[k + 1]);
        state->held = 0;
        best = ends[length];
    }
    state->best = best;
}

static inline __attribute__((always_inline)) void extreme_run(struct extreme_state *state, bool highest, int32_t length,
                                                              size_t count, const struct r3_column *in,
                                                              const struct r3_column *out) {
    for (size_t from = 0, to; from < count; from = to) {
        to = r3_ready_find(in->ready, true, from, count);
        if (to > from) { /* the window starts over, and is not ready before it has a segment of its own */
            r3_ready_fill(out->ready, false, from, to);
            state->seen = state->held = 0;
            state->best = state->rows[2 * length];
            continue;
        }
        to = r3_ready_find(in->ready, false, from, count);
        extreme_push(state, highest, length, to - from, in->value + from, out->value + from);
        size_t lacking = (size_t)(state->seen < length ? length - 1 - state->seen : 0);
        lacking = lacking < to - from ? lacking : to - from;
        r3_ready_fill(out->ready, false, from, from + lacking);
        r3_ready_fill(out->ready, true, from + lacking, to);
        state->seen = (int64_t)(to - from) < length - state->seen ? state->seen + (int32_t)(to - from) : length;
    }
}

static void highest_start(void *state, const struct r3_indicator_setup *setup) {
    extreme_start(state, setup, -INFINITY);
}

static void highest_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                        const struct r3_column *const *in, const struct r3_column *out) {
    (void)scale;
    extreme_run(state, true, setup->length, count, in[0], out);
}

static void lowest_start(void *state, const struct r3_indicator_setup *setup) {
    extreme_start(state, setup, INFINITY);
}

static void lowest_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                       const struct r3_column *const *in, const struct r3_column *out) {
    (void)scale;
    extreme_run(state, false, setup->length, count, in[0], out);
}

struct candidate {
    double value;
    int64_t at;
};

struct place_state {
    int64_t now;         /* ready values seen in a row */
    int32_t first, held; /* in the ring of `length` candidates behind this */
    struct candidate ring[];
};

static size_t place_size(const struct r3_indicator_setup *setup) {
    return sizeof(struct place_state) + (size_t)setup->length * sizeof(struct candidate);
}

static void place_start(void *state, const struct r3_indicator_setup *setup) {
    memset(state, 0, place_size(setup));
}

static inline int32_t wrap(int32_t index, int32_t length) {
    return index >= length ? index - length : index;
}

/* 0 this candle, -1 the one before. */
static inline __attribute__((always_inline)) void place_run(struct place_state *state, bool highest, int32_t length,
                                                            size_t count, const struct r3_column *in,
                                                            const struct r3_column *out) {
    struct candidate *ring = state->ring;
    int64_t now = state->now;
    int32_t first = state->first, held = state->held;
    for (size_t i = 0; i < count; i++) {
        out->ready[i] = 0;
        if (!in->ready[i]) {
            now = held = first = 0;
            continue;
        }
        double value = in->value[i];
        if (held && ring[first].at <= now - length) {
            first = wrap(first + 1, length);
            held--;
        }
        while (held) {
            double last = ring[wrap(first + held - 1, length)].value;
            if (highest ? last > value : last < value)
                break;
            held--;
        }
        ring[wrap(first + held++, length)] = (struct candidate) { value, now++ };
        if (now < length)
            continue;
        out->value[i] = (double)(ring[first].at - now + 1);
        out->ready[i] = 1;
    }
    state->now = now;
    state->first = first;
    state->held = held;
}

static void highest_place_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                              const struct r3_column *const *in, const struct r3_column *out) {
    (void)scale;
    place_run(state, true, setup->length, count, in[0], out);
}

static void lowest_place_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                             const struct r3_column *const *in, const struct r3_column *out) {
    (void)scale;
    place_run(state, false, setup->length, count, in[0], out);
}

const struct r3_indicator r3_indicator_extremes[] = {
    { "highest", 1, 1, 1, false, extreme_size, highest_start, highest_run, NULL, r3_warm_up_window },
    { "lowest", 1, 1, 1, false, extreme_size, lowest_start, lowest_run, NULL, r3_warm_up_window },
    { "highest_place", 1, 1, 1, false, place_size, place_start, highest_place_run, NULL, r3_warm_up_window },
    { "lowest_place", 1, 1, 1, false, place_size, place_start, lowest_place_run, NULL, r3_warm_up_window },
    { 0 },
};
