#ifndef R3_TRADE_COMOVEMENT_PRIVATE_H
#define R3_TRADE_COMOVEMENT_PRIVATE_H

#include <math.h>

#include "lib/trade/comovement.h"
#include "lib/trade/statistics_pair.h"

/* Private to comovement*.c: the loop over changes, once for any processor and once for those with AVX2, as r3_comovement_add finds
 * at run time: 17 and 9 instructions a change. */

/* log(1 + x) for |x| < SMALL: most moves are small, and the series to x^7 then leaves less than one unit in the last place (its next
 * term is x^8 / 8). For doubles and vectors of them. */
#define R3_COMOVEMENT_SMALL 0x1p-7
#define R3_COMOVEMENT_SERIES_END(x) (-1.0 / 4 + (x) * (1.0 / 5 + (x) * (-1.0 / 6 + (x) * (1.0 / 7))))
#define R3_COMOVEMENT_SERIES(x) ((x) * (1 + (x) * (-1.0 / 2 + (x) * (1.0 / 3 + (x)*R3_COMOVEMENT_SERIES_END(x)))))

/* log(now / before). */
static inline double r3_comovement_change(double now, double before) {
    double x = (now - before) / before;
    return fabs(x) < R3_COMOVEMENT_SMALL ? R3_COMOVEMENT_SERIES(x) : log1p(x);
}

/* What a loop keeps in registers: the sums of a market's changes and of their squares side by side; so those of equity's changes
 * and of the products. */
struct r3_comovement_running {
    r3_twin equity, market;
    bool broken;
};

/* From equity[-1] to equity[0], and of the market. */
static inline void r3_comovement_add_change(struct r3_comovement_running *running, const double *equity,
                                            const double *market) {
    bool moved = *equity != equity[-1];
    running->broken |= *market <= 0 || (moved && *equity <= 0);
    if (running->broken)
        return;
    double market_change = r3_comovement_change(*market, market[-1]);
    running->market += (r3_twin) { market_change, market_change * market_change };
    if (!moved)
        return;
    double equity_change = r3_comovement_change(*equity, equity[-1]);
    running->equity += (r3_twin) { equity_change, equity_change * market_change };
}

/* The changes to each of `count` values but the first one, which is above 0. */
void r3_comovement_run(struct r3_comovement_running *running, const double *equity, const double *market, size_t count);
void r3_comovement_run_wide(struct r3_comovement_running *running, const double *equity, const double *market,
                            size_t count);

#endif
