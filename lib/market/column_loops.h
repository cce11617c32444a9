#ifndef R3_MARKET_COLUMN_LOOPS_H
#define R3_MARKET_COLUMN_LOOPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Loops over columns of candles that most rules need, once for any processor and once for those with AVX2, as is found at run time. The
 * results are the same to the last bit. */

struct r3_column_loops {
    /* out[i] = sum with added[0] - removed[0] to added[i] - removed[i] added, none of which leaves 64 bits. Returns the last. */
    int64_t (*sums)(int64_t *out, const int64_t *added, const int64_t *removed, size_t count, int64_t sum);
    /* Numerators over a denominator below 2^53, each rounded once. How many are done: as many as fill vectors, or none, where one of
     * these is 2^50 or more. */
    size_t (*quotients)(double *out, const int64_t *numerators, size_t count, double denominator);
    /* Of candles [1, count): up[i] is 1 where a > b and was not on the candle before, else 0; down[i] so where a < b. */
    void (*edges)(double *up, double *down, const double *a, const double *b, size_t count);
    /* Set `bit` in turned[i] where a truth turns true: ready, not 0, and not so on the candle before; `was`: before the first one.
     * Returns whether the last one is true. */
    bool (*turns)(uint8_t *turned, uint8_t bit, const double *value, const uint8_t *ready, size_t count, bool was);
    /* The largest of values, none of them negative; 0 of none. */
    uint64_t (*largest)(const int64_t *values, size_t count);
};

extern const struct r3_column_loops r3_column_loops_plain, r3_column_loops_wide;

const struct r3_column_loops *r3_column_loops(void);

#endif
