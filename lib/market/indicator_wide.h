#ifndef R3_MARKET_INDICATOR_WIDE_H
#define R3_MARKET_INDICATOR_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Private to lib/market/indicator*.c and lib/strategy: loops over columns, four values at a time, on x86-64 processors that have AVX2, as
 * is found at run time. Each returns how many values it has done, from the first on: all but the last ones that fill no vector, or none,
 * where the processor has no AVX2 or a value is too large. The caller does the rest; the results are the same. */

/* out[i] = (*sum += added[i] - removed[i]) / denominator, for sums of less than 51 bits: 5 instructions each in place of 12. */
size_t r3_wide_averages(double *out, int64_t *sum, const int64_t *added, const int64_t *removed, size_t count,
                        double denominator);
/* up[i]: 1 where a > b and not on the candle before, else 0; down[i]: the same of a < b. over, under: those of the candle before the
 * first. 4 instructions in place of 10. */
size_t r3_wide_crosses(double *up, double *down, const double *a, const double *b, size_t count, bool over, bool under);
/* turned[i] gets `bit` where value[i] is a ready truth (not 0) and the one before was none; *was: that one, and at last the last. Where few
 * are true: 0.8 instructions each in place of 2.5. */
size_t r3_wide_turns(uint8_t *turned, uint8_t bit, const double *value, const uint8_t *ready, size_t count, bool *was);
/* The largest of values that all are at least 0 and below 2^52; 1.5 instructions each in place of 4.5. */
size_t r3_wide_largest(uint64_t *largest, const int64_t *values, size_t count);

#endif
