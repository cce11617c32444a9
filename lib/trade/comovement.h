#ifndef R3_TRADE_COMOVEMENT_H
#define R3_TRADE_COMOVEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How equity moves with the market: sums of the logarithmic changes of both, bar by bar, and beta from them. Their means are small
 * beside their spread, so plain sums do; taken block by block, so that a long run does not lose the digits of a short one. */

struct r3_comovement_sums {
    double equity, market, products, market_squares;
};

struct r3_comovement {
    uint64_t count;
    struct r3_comovement_sums block, total; /* total: without the block that is under way */
    bool broken;                            /* a value of 0 or less has no logarithm */
};

/* count - 1 more bars in a row: the first values are those before them, above 0 unless moves->broken, and the others those at their
 * closes. Behind the last one there is room for R3_COMOVEMENT_SPARE more, which are written. */
enum { R3_COMOVEMENT_SPARE = 3 };
void r3_comovement_add(struct r3_comovement *moves, double *equity, double *market, size_t count);

/* Covariance of the two over the variance of the market; NAN where the market stood still. */
double r3_comovement_beta(const struct r3_comovement *moves);

#endif
