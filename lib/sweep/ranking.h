#ifndef R3_SWEEP_RANKING_H
#define R3_SWEEP_RANKING_H

#include <stdbool.h>

#include "lib/sweep/figure.h"
#include "lib/sweep/run.h"

/* The best rows of a sweep, and what has to be known of all rows to judge them. Memory: the rows that are kept, however many there
 * were. */

/* --rank NAME, the highest first, or -NAME, the lowest first. */
struct r3_sweep_order {
    const struct r3_sweep_figure *figure;
    bool ascending;
};

/* R3_USAGE: no figure has this name. */
int r3_sweep_order_parse(struct r3_sweep_order *out, const char *text, struct r3_error *error);
/* What statistics (an object of r3-report --json) are worth: higher is better; NAN where the figure is undefined. */
double r3_sweep_order_value(const struct r3_sweep_order *order, const struct r3_buffer *statistics);

enum { R3_SWEEP_COLUMNS_MAX = 8, R3_SWEEP_TOP_MAX = 1000000 };

struct r3_sweep_row {
    uint64_t number;
    int status;
    double rank; /* as of r3_sweep_order_value */
    double figures[R3_SWEEP_COLUMNS_MAX];
    char *message; /* NULL: nothing failed */
};

struct r3_sweep_ranking {
    struct r3_sweep_order order;
    const struct r3_sweep_figure *columns[R3_SWEEP_COLUMNS_MAX]; /* of the table: what is ranked by comes first */
    size_t column_count;
    struct r3_sweep_row *rows; /* best first; among equals the lower number; then undefined ones, then failed ones */
    size_t count, top;
    uint64_t total, failed;
    struct r3_buffer failure; /* what the first that failed said */
    int failure_status;
    uint64_t rejected,
        first_rejected; /* rows without a position, since every entry was rejected; the number of the first */
    char currency[R3_CURRENCY_SIZE]; /* of the first that did not fail */
    /* Sharpe ratios a period of all rows that have one: their number, mean and sum of squared differences from it. */
    uint64_t trials;
    double mean, squares;
    /* Of the best row, for the deflated ratio. */
    double best_sharpe, best_returns, best_skewness, best_kurtosis;
};

void r3_sweep_ranking_init(struct r3_sweep_ranking *ranking, const struct r3_sweep_order *order, size_t top);
void r3_sweep_ranking_release(struct r3_sweep_ranking *ranking);

/* Take a run that is done; sets its rank. */
int r3_sweep_ranking_add(struct r3_sweep_ranking *ranking, struct r3_sweep_run *run, struct r3_error *error);

/* The best row; NULL where none has a rank. */
const struct r3_sweep_row *r3_sweep_ranking_best(const struct r3_sweep_ranking *ranking);
/* Of the best row, over all rows (lib/trade/deflated_sharpe.h); NAN: undefined. */
double r3_sweep_ranking_deflated(const struct r3_sweep_ranking *ranking);

/* Append the table for people, and below it how many rows there were and the deflated Sharpe ratio. */
void r3_sweep_ranking_table(struct r3_buffer *out, const struct r3_sweep_ranking *ranking,
                            const struct r3_sweep_space *space);

#endif
