#ifndef R3_MARKET_INDICATOR_SUM_H
#define R3_MARKET_INDICATOR_SUM_H

#include <math.h>

#include "lib/market/indicator_exact.h"

/* Moving sums: what indicator_mean.c and indicator_deviation.c make their results of.
 *
 * Each candle adds one entry and removes one, in integers (indicator_exact.h), so a sum never drifts from its window. Each
 * indicator is written twice: `step` gives one result of the sums in 128 and 256 bits, which hold whatever can come; `narrow`,
 * where entries and sums have proved short enough, is a loop over a block of 64-bit entries, with the same result. */

struct r3_sums {
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

enum { R3_SUM_WEIGHTED = 1, R3_SUM_SQUARES = 2 };

/* What an indicator makes of the sums. */
struct r3_sum_result {
    unsigned also; /* which sums beside the plain one */
    /* Where it is the weighted sum, or if there is none the plain one, over a number: that for this length. NULL: it is not. */
    uint64_t (*divisor)(uint64_t length);
    bool measured; /* fits or narrow asks for the entries' bits */
    void (*step)(const struct r3_sums *sums, const struct r3_indicator_setup *setup, int scale, size_t candle,
                 double *const *out);
    bool (*fits)(const struct r3_sums *sums, const struct r3_indicator_setup *setup); /* for narrow; NULL: always */
    /* `added` and `removed`: the entries of `count` candles. Those on which the window is not full get any value. */
    void (*narrow)(struct r3_sums *sums, const struct r3_indicator_setup *setup, int scale, size_t count,
                   const int64_t *added, const int64_t *removed, double *const *out);
};

static inline struct r3_wide r3_square_of(r3_int128 value) {
    return r3_wide_multiply(r3_magnitude(value), r3_magnitude(value));
}

/* Entries of less than 63 bits, the usual ones: their squares fit 128 bits. */
static inline bool r3_is_short(r3_int128 value) {
    return value == (int64_t)value && value > INT64_MIN / 2 && value < INT64_MAX / 2;
}

/* squares += added² − removed². */
static inline void r3_squares_change(struct r3_wide *squares, r3_int128 added, r3_int128 removed) {
    if (r3_is_short(added) && r3_is_short(removed) && r3_wide_fits(squares)) {
        r3_uint128 old = r3_wide_low(squares),
                   new = old + (r3_uint128)(added * added) - (r3_uint128)(removed * removed);
        if (old >> 127 == 0 && new >> 127 == 0) { /* each square is below 2^125, so that neither step wrapped */
            *squares = r3_wide_from(new);
            return;
        }
    }
    *squares = r3_wide_subtract(r3_wide_add(*squares, r3_square_of(added)), r3_square_of(removed));
}

/* The sums after one entry more, whatever its size. */
static inline void r3_sums_change(struct r3_sums *state, const struct r3_indicator_setup *setup, unsigned also,
                                  r3_int128 added, r3_int128 removed) {
    bool full = state->count == setup->length;
    state->count += !full;
    if (also &
        R3_SUM_WEIGHTED) /* each weight falls by one as the oldest, of weight one, leaves: so the whole old sum goes */
        state->weighted += added * state->count - (full ? state->sum : 0);
    state->sum += added - removed;
    if (also & R3_SUM_SQUARES)
        r3_squares_change(&state->squares, added, removed);
}

/* One candle's results, of sums of any size. */
static inline __attribute__((always_inline)) void put(struct r3_sums *state, const struct r3_indicator_setup *setup,
                                                      const struct r3_sum_result *result, int scale, size_t i,
                                                      r3_int128 added, r3_int128 removed, double *const *out) {
    r3_sums_change(state, setup, result->also, added, removed);
    if (state->count == setup->length)
        result->step(state, setup, scale, i, out);
}

/* One candle of a decimal series. */
static inline __attribute__((always_inline)) void
r3_sums_put_one(struct r3_sums *state, const struct r3_indicator_setup *setup, const struct r3_sum_result *result,
                int scale, size_t i, const struct r3_column *in, size_t from, double *const *out) {
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

static inline int r3_bits_of(uint64_t value) {
    return value ? 64 - __builtin_clzll(value) : 0;
}

/* What a sum is divided by to give `divisor` times fewer values. */
static inline r3_uint128 r3_sum_unit(const struct r3_indicator_setup *setup, int scale, uint64_t divisor) {
    return (r3_uint128)divisor * (uint32_t)setup->divisor * r3_powers[scale];
}

/* sum / divisor in values. */
static inline double r3_sums_quotient(const struct r3_sums *state, const struct r3_indicator_setup *setup, int scale,
                                      r3_int128 sum, uint64_t divisor) {
    return setup->decimal ? r3_quotient(sum, r3_sum_unit(setup, scale, divisor))
                          : r3_window_quotient(&state->window, sum, divisor);
}

/* What one unit of an entry is worth: for results that are rounded more than once. */
static inline double r3_sums_entry_unit(const struct r3_sums *state, const struct r3_indicator_setup *setup,
                                        int scale) {
    return setup->decimal ? 1 / ((double)setup->divisor * (double)r3_powers[scale]) : ldexp(1, state->window.shift);
}

size_t r3_sums_size(const struct r3_indicator_setup *setup);
void r3_sums_start(void *state, const struct r3_indicator_setup *setup);
void r3_sums_rescale(void *state, const struct r3_indicator_setup *setup, r3_int128 factor);
/* Entry k back (0: the newest). */
r3_int128 r3_sums_entry(const struct r3_sums *state, const struct r3_indicator_setup *setup, int32_t back);
void r3_sums_run_any(struct r3_sums *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                     const struct r3_column *in, const struct r3_column *out, int outputs,
                     const struct r3_sum_result *result);

/* One candle of short integers, which is what a pipe of text brings, makes no calls beyond this one. */
static inline __attribute__((always_inline)) void r3_sums_run(void *state, const struct r3_indicator_setup *setup,
                                                              size_t count, int scale, const struct r3_column *in,
                                                              const struct r3_column *out, int outputs,
                                                              const struct r3_sum_result *result) {
    struct r3_sums *sums = state;
    if (count > 1 || !in->fixed || !in->ready[0]) {
        r3_sums_run_any(sums, setup, count, scale, in, out, outputs, result);
        return;
    }
    r3_sums_put_one(sums, setup, result, scale, 0, in, 0,
                    (double *const[]) { out[0].value, outputs > 1 ? out[1].value : NULL });
    for (int k = 0; k < outputs; k++)
        out[k].ready[0] = sums->count == setup->length;
}

/* indicator_deviation.c */
size_t r3_deviation_size(const struct r3_indicator_setup *setup);
void r3_deviation_start(void *state, const struct r3_indicator_setup *setup);
void r3_deviation_run(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                      const struct r3_column *const *in, const struct r3_column *out);
void r3_deviation_rescale(void *state, const struct r3_indicator_setup *setup, r3_int128 factor);

#endif
