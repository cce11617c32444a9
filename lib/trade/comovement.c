#include "lib/trade/comovement.h"

#include "lib/base/avx2.h"
#include "lib/trade/comovement_loop.h"

enum { BLOCK = 1024 };

void r3_comovement_run(struct r3_comovement_running *running, const double *equity, const double *market,
                       size_t count) {
    add_changes(running, equity, market, count);
}

static void sums_add(struct r3_comovement_sums *sums, const struct r3_comovement_sums *more) {
    sums->equity += more->equity;
    sums->market += more->market;
    sums->products += more->products;
    sums->market_squares += more->market_squares;
}

static inline struct r3_comovement_running begin(const struct r3_comovement *moves) {
    const struct r3_comovement_sums *block = &moves->block;
    return (struct r3_comovement_running) { .equity = { block->equity, block->products },
                                            .market = { block->market, block->market_squares } };
}

/* `count` more changes are in the sums. */
static inline void end(struct r3_comovement *moves, const struct r3_comovement_running *running, size_t count) {
    moves->block = (struct r3_comovement_sums) { .equity = running->equity[0],
                                                 .products = running->equity[1],
                                                 .market = running->market[0],
                                                 .market_squares = running->market[1] };
    moves->broken = running->broken;
    moves->count += count;
    if (moves->count % BLOCK == 0) {
        sums_add(&moves->total, &moves->block);
        moves->block = (struct r3_comovement_sums) { 0 };
    }
}

/* Standing still for a while at the end changes no sum, and spares the values that fill no vector a way of their own. */
static void pad(double *values, size_t count) {
    for (size_t i = 0; i < R3_COMOVEMENT_SPARE; i++)
        values[count + i] = values[count - 1];
}

void r3_comovement_add(struct r3_comovement *moves, double *equity, double *market, size_t count) {
    const size_t changes = count - 1;
    bool wide = r3_has_avx2();
    pad(market, count);
    pad(equity, count);
    for (size_t from = 0, part; from < changes && !moves->broken; from += part) {
        struct r3_comovement_running running = begin(moves);
        size_t room = BLOCK - (size_t)(moves->count % BLOCK), left = changes - from;
        part = room < left ? room : left;
        size_t length = 1 + (part < left ? part : (part + R3_COMOVEMENT_SPARE) & ~(size_t)R3_COMOVEMENT_SPARE);
        (wide ? r3_comovement_run_wide : r3_comovement_run)(&running, equity + from, market + from, length);
        end(moves, &running, part);
    }
}

double r3_comovement_beta(const struct r3_comovement *moves) {
    struct r3_comovement_sums sums = moves->total;
    sums_add(&sums, &moves->block);
    double count = (double)moves->count;
    double covariance = sums.products - sums.equity * sums.market / count;
    double variance = sums.market_squares - sums.market * sums.market / count;
    return !moves->broken && moves->count > 1 && variance > 0 ? covariance / variance : (double)NAN;
}
