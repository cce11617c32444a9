#ifndef R3_TRADE_STATISTICS_ROWS_H
#define R3_TRADE_STATISTICS_ROWS_H

#include "lib/trade/statistics_book.h"

/* Private to lib/trade/statistics*.c: loops over rows of bars, once for any processor and once for those with AVX2, as is found at run
 * time. With AVX2 they take 14 instructions a bar less. */

struct r3_rows {
    /* As r3_bars_benchmarks. */
    void (*benchmarks)(double *out, const struct r3_bars *bars);
    /* As r3_bars_equities, each of rest, unit and sum cut in two at the binary digit `cut`. */
    void (*equities)(double *out, const struct r3_bars *bars, int cut);
    /* How many of the candles [from, to) each begin a bar at their own open, which lies a `span` or more behind the one before; in
     * *digits the binary ones that any of their closes has, or the one ahead. */
    size_t (*usual)(uint64_t *digits, const struct r3_candles *candles, int64_t span, size_t from, size_t to);
    /* The first of value[k … count) that does not lie between the two, or count. Behind the last there are three more to be read. */
    size_t (*between)(const double *value, size_t k, size_t count, double low, double high);
};

extern const struct r3_rows r3_rows_plain, r3_rows_wide;

const struct r3_rows *r3_rows(void);

#endif
