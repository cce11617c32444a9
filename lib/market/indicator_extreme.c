/* Highest and lowest of a window, by a monotonic deque: it holds the values that can still become the extreme, best first.
 * A new value throws out from the back those that it beats or equals, so each value enters and leaves once: O(1) a candle
 * on average. Of equal values the newest counts. */
#include "lib/market/indicator_exact.h"

struct candidate {
    double value;
    int64_t at;
};

struct extreme_state {
    int64_t now;         /* ready values seen in a row */
    int32_t first, held; /* in the ring of `length` candidates behind this */
    struct candidate ring[];
};

static size_t extreme_size(const struct r3_indicator_setup *setup) {
    return sizeof(struct extreme_state) + (size_t)setup->length * sizeof(struct candidate);
}

static void extreme_start(void *state, const struct r3_indicator_setup *setup) {
    memset(state, 0, extreme_size(setup));
}

static inline int32_t wrap(int32_t index, int32_t length) {
    return index >= length ? index - length : index;
}

/* outputs[0] the extreme, outputs[1] its place: 0 this candle, -1 the one before. `sign` 1: highest, -1: lowest. */
static inline void extreme_push(struct extreme_state *state, int32_t length, double sign, const struct r3_cell *in,
                                struct r3_cell *out) {
    out[0].ready = out[1].ready = false;
    if (!in->ready) {
        state->now = state->held = state->first = 0;
        return;
    }
    int64_t now = state->now++;
    if (state->held && state->ring[state->first].at <= now - length) {
        state->first = wrap(state->first + 1, length);
        state->held--;
    }
    while (state->held && state->ring[wrap(state->first + state->held - 1, length)].value * sign <= in->value * sign)
        state->held--;
    state->ring[wrap(state->first + state->held++, length)] = (struct candidate) { in->value, now };
    if (state->now < length)
        return;
    r3_cell_set(&out[0], state->ring[state->first].value);
    r3_cell_set(&out[1], (double)(state->ring[state->first].at - now));
}

static void highest_step(void *state, const struct r3_indicator_setup *setup, int scale,
                         const struct r3_cell *const *in, struct r3_cell *out) {
    (void)scale;
    extreme_push(state, setup->length, 1, in[0], out);
}

static void lowest_step(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                        struct r3_cell *out) {
    (void)scale;
    extreme_push(state, setup->length, -1, in[0], out);
}

const struct r3_indicator r3_indicator_extremes[] = {
    { "highest", 1, 1, 2, false, extreme_size, extreme_start, highest_step, NULL, r3_warm_up_window },
    { "lowest", 1, 1, 2, false, extreme_size, extreme_start, lowest_step, NULL, r3_warm_up_window },
    { 0 },
};
