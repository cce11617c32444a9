#include "lib/trade/comovement.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 1024 };

/* Two at a time, as every x86-64 can. The arithmetic of each is that of one alone. */
typedef double pair __attribute__((vector_size(2 * sizeof(double))));
typedef int64_t pair_mask __attribute__((vector_size(2 * sizeof(int64_t))));

/* log(1 + x) for |x| < SMALL: most moves are small, and the series to x^7 then leaves less than one unit in the last place (its next
 * term is x^8 / 8). For doubles and pairs. */
static const double SMALL = 0x1p-7;
#define SERIES_END(x) (-1.0 / 4 + (x) * (1.0 / 5 + (x) * (-1.0 / 6 + (x) * (1.0 / 7))))
#define SERIES(x) ((x) * (1 + (x) * (-1.0 / 2 + (x) * (1.0 / 3 + (x)*SERIES_END(x)))))

/* log(now / before). */
static double change(double now, double before) {
    double x = (now - before) / before;
    return fabs(x) < SMALL ? SERIES(x) : log1p(x);
}

/* The changes from one value to the next. Returns how many there are ahead of a value of 0 or less. */
static size_t changes(double *out, const double *values, double before, size_t count) {
    const pair limit = { SMALL * SMALL, SMALL * SMALL };
    pair_mask small = { -1, -1 };
    size_t k = 1;
    if (count == 0)
        return 0;
    out[0] = change(values[0], before);
    for (; k + 1 < count; k += 2) {
        pair now, last, x;
        memcpy(&now, values + k, sizeof now);
        memcpy(&last, values + k - 1, sizeof last);
        x = (now - last) / last;
        small &= x * x < limit;
        x = SERIES(x);
        memcpy(out + k, &x, sizeof x);
    }
    if (k < count)
        out[k] = change(values[k], values[k - 1]);
    /* From a value above 0 no small change leads to another one. */
    if (small[0] & small[1] && values[0] > 0 && values[count - 1] > 0)
        return count;
    for (k = 0; k < count && values[k] > 0; k++)
        out[k] = change(values[k], k > 0 ? values[k - 1] : before);
    return k;
}

static void sums_add(struct r3_comovement_sums *sums, const struct r3_comovement_sums *more) {
    sums->equity += more->equity;
    sums->market += more->market;
    sums->products += more->products;
    sums->market_squares += more->market_squares;
}

/* Changes within one block. Where equity stood still, adding its zeros would change no sum. */
static void block_add(struct r3_comovement_sums *block, const double *equity, const double *market, size_t count) {
    struct r3_comovement_sums sums = *block;
    for (size_t k = 0; equity && k < count; k++) {
        sums.equity += equity[k];
        sums.products += equity[k] * market[k];
    }
    for (size_t k = 0; k < count; k++) {
        sums.market += market[k];
        sums.market_squares += market[k] * market[k];
    }
    *block = sums;
}

/* Changes into their blocks. */
static void add_changes(struct r3_comovement *moves, const double *equity, const double *market, size_t count) {
    for (size_t from = 0, part; from < count; from += part) {
        part = BLOCK - (size_t)(moves->count % BLOCK);
        part = part < count - from ? part : count - from;
        block_add(&moves->block, equity ? equity + from : NULL, market + from, part);
        moves->count += part;
        if (moves->count % BLOCK == 0) {
            sums_add(&moves->total, &moves->block);
            moves->block = (struct r3_comovement_sums) { 0 };
        }
    }
}

/* One alone, as it comes in a pipe: for it the arrays are a detour. */
static void add_one(struct r3_comovement *moves, const double *equity, double equity_before, double market,
                    double market_before) {
    moves->broken = market <= 0 || (equity && *equity <= 0);
    if (moves->broken)
        return;
    double market_change = change(market, market_before), equity_change = equity ? change(*equity, equity_before) : 0;
    add_changes(moves, equity ? &equity_change : NULL, &market_change, 1);
}

void r3_comovement_add(struct r3_comovement *moves, const double *equity, double equity_before, const double *market,
                       double market_before, size_t count) {
    double equity_changes[R3_COMOVEMENT_MAX], market_changes[R3_COMOVEMENT_MAX];
    if (moves->broken)
        return;
    if (count == 1) {
        add_one(moves, equity, equity_before, *market, market_before);
        return;
    }
    size_t usable = changes(market_changes, market, market_before, count);
    if (equity)
        usable = changes(equity_changes, equity, equity_before, usable);
    moves->broken = usable < count;
    add_changes(moves, equity ? equity_changes : NULL, market_changes, usable);
}

double r3_comovement_beta(const struct r3_comovement *moves) {
    struct r3_comovement_sums sums = moves->total;
    sums_add(&sums, &moves->block);
    double count = (double)moves->count;
    double covariance = sums.products - sums.equity * sums.market / count;
    double variance = sums.market_squares - sums.market * sums.market / count;
    return !moves->broken && moves->count > 1 && variance > 0 ? covariance / variance : (double)NAN;
}
