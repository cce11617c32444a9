#ifndef R3_MARKET_INDICATOR_H
#define R3_MARKET_INDICATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/decimal.h"

/* Indicators, a block of consecutive candles at a time. A row of the table describes one: what it takes, what it gives, how
 * many bytes its state has, and the functions that start and run it. States are plain bytes without pointers, 16-byte aligned,
 * owned by the caller; nothing allocates. However a history is cut into blocks, down to one candle each, the results are the
 * same to the bit. Everything that the rule language calls a function is built of these (lib/strategy/functions.c);
 * r3-strategy-rules(5) has the formulas and where they come from. */

enum { R3_BLOCK_MAX = 512 }; /* candles: a few columns of doubles stay in the first-level cache */

/* A series over the candles of a block. Where a candle is not ready its value is any number. */
struct r3_column {
    double *
        value; /* finite where ready; truth values are 0 and 1. A decimal series has none where nobody reads it: NULL */
    uint8_t *ready; /* 1, or 0 in the warm-up and where the value is not defined (a division by zero) */
    int64_t
        *fixed; /* decimal series: the value is fixed / (divisor × 10^scale), exactly, and |fixed| < 2^R3_NARROW_BITS */
    r3_int128 *
        wide; /* the same from the block on in which one is larger; then `fixed` is NULL. NULL both: no decimal series */
};

enum { R3_INDICATOR_INPUTS = 4, R3_INDICATOR_OUTPUTS = 3, R3_INDICATOR_NUMBERS = 3 };

struct r3_indicator_setup {
    double numbers[R3_INDICATOR_NUMBERS]; /* the constants after the series; a length is numbers[0] */
    int32_t length;                       /* numbers[0] as an integer */
    int32_t divisor;                      /* of the first series, where it is a decimal one */
    bool decimal;                         /* the first series is a decimal one */
};

struct r3_indicator {
    const char *name;
    uint8_t series, numbers, outputs;
    bool exact; /* takes the integers of a decimal first series, and then needs no `value` */
    /* State bytes; start fills them. */
    size_t (*size)(const struct r3_indicator_setup *setup);
    void (*start)(void *state, const struct r3_indicator_setup *setup);
    /* 1 to R3_BLOCK_MAX candles. `scale` is the decimal scale of every integer; when it grows, rescale is called before the
     * next run. */
    void (*run)(void *state, const struct r3_indicator_setup *setup, size_t count, int scale,
                const struct r3_column *const *in, const struct r3_column *out);
    void (*rescale)(void *state, const struct r3_indicator_setup *setup,
                    r3_int128 factor); /* NULL: holds no integers */
    /* Candles on which the result is not ready although the series were. */
    int32_t (*warm_up)(const struct r3_indicator_setup *setup);
};

/* NULL when there is none of this name. */
const struct r3_indicator *r3_indicator_find(const char *name, size_t length);

/* The families, each a table ended by a row without a name. */
extern const struct r3_indicator r3_indicator_sums[], r3_indicator_averages[], r3_indicator_extremes[],
    r3_indicator_trends[], r3_indicator_flows[], r3_indicator_events[];

/* What most rows share. */
int32_t r3_warm_up_none(const struct r3_indicator_setup *setup);
int32_t r3_warm_up_one(const struct r3_indicator_setup *setup);    /* needs the candle before */
int32_t r3_warm_up_window(const struct r3_indicator_setup *setup); /* length - 1 */
int32_t r3_warm_up_length(const struct r3_indicator_setup *setup);

void r3_ready_all_of(uint8_t *out, const struct r3_column *const *in, int series, size_t count);
/* Where all `series` columns are ready. Like those below, a block of one candle costs no call. */
static inline void r3_ready_all(uint8_t *out, const struct r3_column *const *in, int series, size_t count) {
    if (count > 1) {
        r3_ready_all_of(out, in, series, count);
        return;
    }
    out[0] = in[0]->ready[0];
    for (int k = 1; k < series; k++)
        out[0] &= in[k]->ready[0];
}
size_t r3_ready_search(const uint8_t *ready, bool is, size_t from, size_t count);
/* The first candle from `from` on that is ready, or is not; `count` when there is none. */
static inline size_t r3_ready_find(const uint8_t *ready, bool is, size_t from, size_t count) {
    if (from < count && ready[from] == is)
        return from;
    return from + 1 < count ? r3_ready_search(ready, is, from + 1, count) : count;
}
/* Candles [from, to) are ready or not. */
static inline void r3_ready_fill(uint8_t *ready, bool is, size_t from, size_t to) {
    if (to - from == 1)
        ready[from] = is;
    else if (to > from)
        memset(ready + from, is, to - from);
}
void r3_ready_finite_many(const struct r3_column *out, size_t from, size_t to);
/* Candles [from, to) of a result stay ready only where the value is finite. */
static inline void r3_ready_finite(const struct r3_column *out, size_t from, size_t to) {
    if (to - from == 1)
        out->ready[from] &= __builtin_isfinite(out->value[from]) != 0;
    else if (to > from)
        r3_ready_finite_many(out, from, to);
}

#endif
