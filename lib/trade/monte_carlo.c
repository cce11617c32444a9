#include "lib/trade/monte_carlo.h"

#include <math.h>

#include "lib/base/buffer.h"
#include "lib/base/random.h"

const double r3_monte_carlo_bands[R3_MONTE_CARLO_BANDS] = { 0.05, 0.25, 0.5, 0.75, 0.95 };

struct r3_monte_carlo {
    double *factors; /* 1 + return of each trade */
    size_t count;
    uint64_t runs, seed;
    double *returns, *drawdowns, *shuffled; /* a number for each run; the first two bootstrapped */
    double total_return, max_drawdown;
};

/* The equity of a run, beginning with 1, from trade to trade. Multiplications and comparisons alone: the same bits
 * everywhere. */
struct path {
    double equity, peak, lowest; /* lowest: equity over its peak so far, at the worst */
};

#define PATH_INIT                                                                                                      \
    { 1, 1, 1 }

static inline void path_add(struct path *path, double factor) {
    path->equity *= factor > 0 ? factor : 0;
    if (path->equity > path->peak)
        path->peak = path->equity;
    double below = path->equity / path->peak;
    if (below < path->lowest)
        path->lowest = below;
}

struct r3_monte_carlo *r3_monte_carlo_new(const double *profits, size_t count, double equity, uint64_t runs,
                                          uint64_t seed) {
    struct r3_monte_carlo *monte_carlo = r3_allocate(sizeof *monte_carlo);
    struct path path = PATH_INIT;
    monte_carlo->factors = r3_allocate((count + 1) * sizeof(double));
    monte_carlo->returns = r3_allocate(runs * sizeof(double));
    monte_carlo->drawdowns = r3_allocate(runs * sizeof(double));
    monte_carlo->shuffled = r3_allocate(runs * sizeof(double));
    monte_carlo->count = count;
    monte_carlo->runs = runs;
    monte_carlo->seed = seed;
    for (size_t i = 0; i < count; i++) {
        monte_carlo->factors[i] = equity > 0 ? 1 + profits[i] / equity : 0;
        equity += profits[i];
        path_add(&path, monte_carlo->factors[i]);
    }
    monte_carlo->total_return = path.equity - 1;
    monte_carlo->max_drawdown = path.lowest - 1;
    return monte_carlo;
}

void r3_monte_carlo_free(struct r3_monte_carlo *monte_carlo) {
    if (!monte_carlo)
        return;
    free(monte_carlo->factors);
    free(monte_carlo->returns);
    free(monte_carlo->drawdowns);
    free(monte_carlo->shuffled);
    free(monte_carlo);
}

static void bootstrap(struct r3_monte_carlo *monte_carlo, struct r3_random *random, uint64_t run) {
    struct path path = PATH_INIT;
    for (size_t i = 0; i < monte_carlo->count; i++)
        path_add(&path, monte_carlo->factors[r3_random_below(random, monte_carlo->count)]);
    monte_carlo->returns[run] = path.equity - 1;
    monte_carlo->drawdowns[run] = path.lowest - 1;
}

/* From the last place to the first, each takes one of those that are left. */
static void reshuffle(struct r3_monte_carlo *monte_carlo, struct r3_random *random, uint64_t run, double *order) {
    struct path path = PATH_INIT;
    memcpy(order, monte_carlo->factors, monte_carlo->count * sizeof *order);
    for (size_t left = monte_carlo->count; left > 0; left--) {
        size_t at = (size_t)r3_random_below(random, left);
        path_add(&path, order[at]);
        order[at] = order[left - 1];
    }
    monte_carlo->shuffled[run] = path.lowest - 1;
}

void r3_monte_carlo_part(struct r3_monte_carlo *monte_carlo, uint64_t first, uint64_t end) {
    double *order = r3_allocate((monte_carlo->count + 1) * sizeof *order);
    for (uint64_t run = first; run < end; run++) {
        struct r3_random random;
        r3_random_seed_stream(&random, monte_carlo->seed, run);
        bootstrap(monte_carlo, &random, run);
        reshuffle(monte_carlo, &random, run, order);
    }
    free(order);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void find_bands(double *out, double *values, uint64_t count) {
    qsort(values, count, sizeof *values, compare);
    for (size_t i = 0; i < R3_MONTE_CARLO_BANDS; i++) {
        double place = r3_monte_carlo_bands[i] * (double)(count - 1), below = floor(place);
        uint64_t at = (uint64_t)below;
        double next = at + 1 < count ? values[at + 1] : values[at];
        out[i] = values[at] + (next - values[at]) * (place - below);
    }
}

void r3_monte_carlo_summarize(struct r3_monte_carlo *monte_carlo, struct r3_monte_carlo_figures *out) {
    uint64_t losing = 0;
    *out = (struct r3_monte_carlo_figures) { .trades = monte_carlo->count,
                                             .runs = monte_carlo->runs,
                                             .seed = monte_carlo->seed,
                                             .total_return = monte_carlo->total_return,
                                             .max_drawdown = monte_carlo->max_drawdown,
                                             .losing = (double)NAN };
    if (monte_carlo->count == 0) {
        for (size_t i = 0; i < R3_MONTE_CARLO_BANDS; i++)
            out->bootstrap_return[i] = out->bootstrap_drawdown[i] = out->reshuffle_drawdown[i] = (double)NAN;
        return;
    }
    for (uint64_t run = 0; run < monte_carlo->runs; run++)
        losing += monte_carlo->returns[run] < 0;
    out->losing = (double)losing / (double)monte_carlo->runs;
    find_bands(out->bootstrap_return, monte_carlo->returns, monte_carlo->runs);
    find_bands(out->bootstrap_drawdown, monte_carlo->drawdowns, monte_carlo->runs);
    find_bands(out->reshuffle_drawdown, monte_carlo->shuffled, monte_carlo->runs);
}
