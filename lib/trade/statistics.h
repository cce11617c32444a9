#ifndef R3_TRADE_STATISTICS_H
#define R3_TRADE_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/record/record.h"
#include "lib/trade/statistics_book.h"

/* Performance statistics of one session, in one pass: bars and closed positions in, figures out. Names and definitions are those of
 * backtesting.py 0.6.6 (_stats.py, compute_stats), with 365 days a year since these markets never close; r3-report(1) has each
 * formula and the few differences. Memory grows with the months alone (a row each). */

struct r3_statistics; /* opaque */

/* New; freed with r3_statistics_free. `timeframe` sets the periods that returns are taken over: days, or weeks or months
 * for candles that long. `start` is the equity to begin with, scale 18. */
struct r3_statistics *r3_statistics_new(enum r3_timeframe timeframe, r3_int128 start);
void r3_statistics_free(struct r3_statistics *statistics);

/* A closed bar: open time, equity at its close (scale 18), the benchmark's value, whether a position was open in it. */
void r3_statistics_bar(struct r3_statistics *statistics, int64_t time, r3_int128 equity, double benchmark,
                       bool exposed);
/* The same for one or more of them. Their columns stay until r3_statistics_measure, which looks at them once more. */
void r3_statistics_bars(struct r3_statistics *statistics, const struct r3_bars *bars);
void r3_statistics_measure(struct r3_statistics *statistics);
/* How far equity was below its peak at the last bar: 0, or a negative fraction. */
double r3_statistics_drawdown(const struct r3_statistics *statistics);
/* A position that was closed in the bar that comes next. */
void r3_statistics_trade(struct r3_statistics *statistics, const struct r3_round_trip *trip);

struct r3_month {
    int year, month;
    r3_int128 equity; /* at its last close, scale 18 */
    double change;    /* against the month before; the first: against the start */
    uint64_t trades;  /* closed in it */
};

/* Fractions, not percent. A figure that is undefined is NAN; a duration, -1. */
struct r3_figures {
    int64_t start, end, duration; /* ms; opens of the first and the last candle */
    uint64_t bars;
    double exposure_time;
    r3_int128 equity_start, equity_final, equity_peak; /* scale 18 */
    double total_return, buy_and_hold_return, annual_return, annual_volatility, cagr;
    double sharpe_ratio, sortino_ratio, calmar_ratio, alpha, beta;
    uint64_t returns; /* of periods: days, weeks or months; the ones that the three below are taken over */
    double period_sharpe_ratio, skewness, kurtosis; /* not annualised; moments over n; a normal kurtosis is 3 */
    double max_drawdown, average_drawdown;          /* 0 or negative */
    int64_t max_drawdown_duration, average_drawdown_duration;
    uint64_t trades, wins, losses;
    double win_rate, best_trade, worst_trade, average_trade;
    int64_t max_trade_duration, average_trade_duration;
    double profit_factor, expectancy, sqn, kelly_criterion;
    uint64_t exits[R3_MO + 1]; /* by role */
    uint64_t longest_losing_run;
    const struct r3_month *months; /* borrowed from the statistics until the next call */
    size_t month_count;
};

/* What the bars and trades so far amount to. It may be asked at any time; the statistics go on. */
void r3_statistics_figures(struct r3_statistics *statistics, struct r3_figures *out);

#endif
