#ifndef R3_MARKET_INDICATOR_H
#define R3_MARKET_INDICATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/decimal.h"

/* Indicators, one candle at a time. A row of the table describes one: what it takes, what it gives, how many bytes its
 * state has, and the functions that start and step it. States are plain bytes without pointers, 16-byte aligned, owned by
 * the caller; nothing allocates. Everything that the rule language calls a function is built of these (lib/strategy/
 * functions.c); r3-strategy-rules(5) has the formulas and where they come from. */

/* One value of a series on one candle. */
struct r3_cell {
    r3_int128 fixed; /* decimal series only: the value is fixed / (divisor × 10^scale), exactly */
    double value;    /* finite; truth values are 0 and 1. Of no meaning while not ready */
    bool ready;      /* false in the warm-up, and where the value is not defined (a division by zero) */
};

enum { R3_INDICATOR_INPUTS = 4, R3_INDICATOR_OUTPUTS = 3, R3_INDICATOR_NUMBERS = 3 };

struct r3_indicator_setup {
    double numbers[R3_INDICATOR_NUMBERS]; /* the constants after the series; a length is numbers[0] */
    int32_t length;                       /* numbers[0] as an integer */
    int32_t divisor;                      /* of the first series, where it is a decimal one */
    bool decimal;                         /* the first series comes with `fixed` */
};

struct r3_indicator {
    const char *name;
    uint8_t series, numbers, outputs;
    bool exact; /* takes `fixed` of a decimal first series, and then needs no `value` */
    /* State bytes; start fills them. */
    size_t (*size)(const struct r3_indicator_setup *setup);
    void (*start)(void *state, const struct r3_indicator_setup *setup);
    /* One candle. `scale` is the decimal scale of every `fixed`; when it grows, rescale is called before the next step. */
    void (*step)(void *state, const struct r3_indicator_setup *setup, int scale, const struct r3_cell *const *in,
                 struct r3_cell *out);
    void (*rescale)(void *state, const struct r3_indicator_setup *setup, r3_int128 factor); /* NULL: holds no `fixed` */
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

static inline void r3_cell_set(struct r3_cell *cell, double value) {
    cell->value = value;
    cell->ready = __builtin_isfinite(value);
}

#endif
