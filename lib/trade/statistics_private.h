#ifndef R3_TRADE_STATISTICS_PRIVATE_H
#define R3_TRADE_STATISTICS_PRIVATE_H

#include <math.h>

#include "lib/trade/comovement.h"
#include "lib/trade/statistics.h"

/* Private to lib/trade/statistics.c, where bars and trades come in, and statistics_figures.c, where figures come out. */

/* Bars whose changes the comovement has not taken yet, which it takes together: a row of them costs a call and a loop's beginning and
 * end, and a run that trades makes two short rows a round trip (125 instructions of a decision). */
enum { R3_STATISTICS_HELD_MAX = 2 * R3_BARS_MAX };

struct r3_moments {
    uint64_t count;
    double mean, squares; /* squares: sum of squared differences from the mean */
};

struct r3_drawdowns {
    r3_int128 peak, trough; /* trough: the lowest of the one that is under way; the peak itself where there is none */
    double peak_value, trough_value;
    double worst;      /* of the finished ones. A fraction, positive */
    uint64_t peak_bar; /* the last bar at the peak */
    int64_t peak_time;
    uint64_t count; /* finished ones */
    double sum;
    int64_t longest, total; /* ms */
};

/* Returns over days (weeks, months). */
struct r3_periods {
    enum r3_timeframe length;
    int64_t ends;
    double first, last; /* equity at the close of the first and the last finished period */
    uint64_t closed;
    struct r3_moments returns;
    double cubes, fourths; /* sums of the third and fourth powers of the returns' differences from their mean */
    double losses;         /* sum of the squares of negative returns */
    bool broken;
};

struct r3_closed_trades {
    struct r3_moments pnl, returns, winners, losers; /* winners, losers: pnl of those above and below 0 */
    double gains, losses;                            /* sums of the positive and of the negative returns */
    double logarithms;
    bool ruined; /* one lost everything: no geometric mean */
    double best, worst;
    int64_t longest, total; /* ms */
    uint64_t exits[R3_MO + 1], run, longest_run, pending;
};

struct r3_statistics {
    r3_int128 start, equity;
    double benchmark_first;
    uint64_t bars, exposed;
    int64_t first_time, last_time, month_ends, resolution;
    int64_t ends; /* of the day, week or month, whichever comes first */
    struct r3_comovement comovement;
    /* Equity and the benchmark at the last bar that the comovement has taken, and at `held` more. */
    size_t held;
    double values[1 + R3_STATISTICS_HELD_MAX + R3_COMOVEMENT_SPARE],
        benchmarks[1 + R3_STATISTICS_HELD_MAX + R3_COMOVEMENT_SPARE];
    /* Bars whose benchmarks are not worked out yet, beginning at `unmeasured_place`: rows of a block that join are measured as one. */
    struct r3_bars unmeasured;
    size_t unmeasured_place;
    struct r3_drawdowns drawdowns;
    struct r3_periods periods;
    struct r3_closed_trades trades;
    struct r3_month *months;
    size_t month_count, month_capacity;
};

/* Sample variance (n - 1). */
static inline double r3_moments_variance(const struct r3_moments *moments) {
    return moments->count > 1 ? moments->squares / (double)(moments->count - 1) : (double)NAN;
}

/* Equity at the last bar. */
static inline double r3_statistics_last_value(const struct r3_statistics *statistics) {
    return statistics->values[statistics->held];
}

/* The worst that the one under way has seen, as a fraction; 0: none is. */
double r3_drawdowns_deepest(const struct r3_drawdowns *drawdowns);
/* It ends at the bar `bar`. It counts where one bar below the peak at least lies between the two. */
void r3_drawdowns_close(struct r3_drawdowns *drawdowns, uint64_t bar, int64_t time);
/* A day, week or month ends with this equity. */
void r3_periods_close(struct r3_periods *periods, double equity);
/* What the month has come to so far. */
void r3_statistics_close_month(struct r3_statistics *statistics);
/* Trades that were closed in the bar that is taken now belong to its month. */
void r3_statistics_place_trades(struct r3_statistics *statistics);
/* Give the comovement what is held. */
void r3_statistics_take_held(struct r3_statistics *statistics);

#endif
