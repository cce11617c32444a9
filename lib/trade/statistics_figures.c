/* What the bars and trades so far amount to: the figures of statistics.c. */

#include "lib/base/time.h"
#include "lib/trade/statistics_private.h"

/* A mean of durations, up to the next whole minute, hour or day, as the candles are long. */
static int64_t mean_duration(int64_t total, uint64_t count, int64_t resolution) {
    int64_t unit = (int64_t)count * resolution;
    return (total + unit - 1) / unit * resolution;
}

static double quotient(double a, double b) {
    return b != 0 ? a / b : (double)NAN;
}

/* The shape of the periods' returns, as the deflated Sharpe ratio takes it: not annualised, moments over n. */
static void figure_returns(const struct r3_periods *periods, struct r3_figures *out) {
    double count = (double)periods->returns.count, squares = periods->returns.squares;
    out->returns = periods->returns.count;
    if (periods->broken || !(squares > 0))
        return;
    out->period_sharpe_ratio = periods->returns.mean / sqrt(r3_moments_variance(&periods->returns));
    out->skewness = sqrt(count) * periods->cubes / (squares * sqrt(squares));
    out->kurtosis = count * periods->fourths / (squares * squares);
}

static void figure_risk(const struct r3_statistics *statistics, struct r3_figures *out) {
    struct r3_periods periods = statistics->periods;
    double value = r3_statistics_last_value(statistics);
    r3_periods_close(&periods, value); /* the last one, as far as it got */
    figure_returns(&periods, out);
    double year = periods.length == R3_1M ? 12 : periods.length == R3_1W ? 52 : 365;
    double count = (double)periods.returns.count;
    if (count > 0 && !periods.broken) {
        /* The mean return is the n-th root of the whole change; the annual one is compounded from it. */
        double rate = log(periods.last / periods.first) / count;
        out->annual_return = expm1(rate * year);
        /* sqrt((var + g^2)^N - g^2N) with g = 1 + mean, without the cancellation. */
        double variance = r3_moments_variance(&periods.returns);
        out->annual_volatility = sqrt(exp(2 * year * rate) * expm1(year * log1p(variance / exp(2 * rate))));
        out->sharpe_ratio = quotient(out->annual_return, out->annual_volatility);
        out->sortino_ratio = quotient(out->annual_return, sqrt(periods.losses / count) * sqrt(year));
        out->calmar_ratio = quotient(out->annual_return, -out->max_drawdown);
    }
    double years = (double)out->duration / (365.25 * R3_DAY), start = r3_book_double(statistics->start);
    if (years > 0 && start > 0 && value >= 0)
        out->cagr = pow(value / start, 1 / years) - 1;
    out->beta = r3_comovement_beta(&statistics->comovement);
    out->alpha = out->total_return - out->beta * out->buy_and_hold_return; /* Jensen, without a risk-free rate */
}

static void figure_drawdowns(const struct r3_statistics *statistics, struct r3_figures *out) {
    struct r3_drawdowns drawdowns = statistics->drawdowns;
    uint64_t last = statistics->bars - 1;
    double deepest = r3_drawdowns_deepest(&drawdowns);
    if (drawdowns.peak_bar != last)
        r3_drawdowns_close(&drawdowns, last, statistics->last_time);
    out->max_drawdown = drawdowns.worst > 0 ? -drawdowns.worst : 0;
    if (drawdowns.count > 0) {
        out->average_drawdown = -(drawdowns.sum / (double)drawdowns.count);
        out->max_drawdown_duration = drawdowns.longest;
        out->average_drawdown_duration = mean_duration(drawdowns.total, drawdowns.count, statistics->resolution);
    } else if (deepest > 0) {
        out->average_drawdown = -deepest; /* the only one began with the last candle */
    }
}

static void figure_trades(const struct r3_statistics *statistics, struct r3_figures *out) {
    const struct r3_closed_trades *trades = &statistics->trades;
    uint64_t count = trades->pnl.count;
    out->trades = count;
    out->wins = trades->winners.count;
    out->losses = trades->losers.count;
    out->longest_losing_run = trades->longest_run;
    memcpy(out->exits, trades->exits, sizeof out->exits);
    if (count == 0)
        return;
    out->win_rate = (double)out->wins / (double)count;
    out->best_trade = trades->best;
    out->worst_trade = trades->worst;
    out->average_trade = trades->ruined ? 0 : expm1(trades->logarithms / (double)count);
    out->max_trade_duration = trades->longest;
    out->average_trade_duration = mean_duration(trades->total, count, statistics->resolution);
    out->profit_factor = quotient(trades->gains, -trades->losses);
    out->expectancy = trades->returns.mean;
    out->sqn = quotient(sqrt((double)count) * trades->pnl.mean, sqrt(r3_moments_variance(&trades->pnl)));
    if (out->wins > 0 && out->losses > 0)
        out->kelly_criterion = out->win_rate - (1 - out->win_rate) / (trades->winners.mean / -trades->losers.mean);
}

void r3_statistics_figures(struct r3_statistics *statistics, struct r3_figures *out) {
    *out = (struct r3_figures) { .start = R3_TIME_ABSENT, .end = R3_TIME_ABSENT, .duration = -1 };
    double *const undefined[] = { &out->exposure_time,
                                  &out->total_return,
                                  &out->buy_and_hold_return,
                                  &out->annual_return,
                                  &out->annual_volatility,
                                  &out->cagr,
                                  &out->sharpe_ratio,
                                  &out->sortino_ratio,
                                  &out->calmar_ratio,
                                  &out->period_sharpe_ratio,
                                  &out->skewness,
                                  &out->kurtosis,
                                  &out->alpha,
                                  &out->beta,
                                  &out->max_drawdown,
                                  &out->average_drawdown,
                                  &out->win_rate,
                                  &out->best_trade,
                                  &out->worst_trade,
                                  &out->average_trade,
                                  &out->profit_factor,
                                  &out->expectancy,
                                  &out->sqn,
                                  &out->kelly_criterion };
    for (size_t i = 0; i < sizeof undefined / sizeof undefined[0]; i++)
        *undefined[i] = (double)NAN;
    out->max_drawdown_duration = out->average_drawdown_duration = -1;
    out->max_trade_duration = out->average_trade_duration = -1;
    out->equity_start = out->equity_final = out->equity_peak = statistics->start;
    figure_trades(statistics, out);
    if (statistics->bars == 0)
        return;
    r3_statistics_take_held(statistics);
    r3_statistics_close_month(statistics);
    r3_statistics_place_trades(statistics);
    out->start = statistics->first_time;
    out->end = statistics->last_time;
    out->duration = out->end - out->start;
    out->bars = statistics->bars;
    out->exposure_time = (double)statistics->exposed / (double)statistics->bars;
    out->equity_final = statistics->equity;
    out->equity_peak = statistics->drawdowns.peak;
    if (statistics->start > 0)
        out->total_return = (double)(statistics->equity - statistics->start) / (double)statistics->start;
    if (statistics->benchmark_first > 0)
        out->buy_and_hold_return = statistics->benchmarks[0] / statistics->benchmark_first - 1;
    figure_drawdowns(statistics, out);
    figure_risk(statistics, out);
    out->months = statistics->months;
    out->month_count = statistics->month_count;
}
