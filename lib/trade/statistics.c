#include "lib/trade/statistics.h"

#include <math.h>

#include "lib/base/buffer.h"
#include "lib/base/time.h"
#include "lib/trade/comovement.h"

/* Everything is kept as running moments, never as a list. Mean and variance follow Welford (Technometrics 4, 1962, p. 419).
 * Geometric means are sums of logarithms. Each figure is backtesting.py's (_stats.py of 0.6.6), in the order of its
 * compute_stats. */

struct moments {
    uint64_t count;
    double mean, squares; /* squares: sum of squared differences from the mean */
};

static void moments_add(struct moments *moments, double value) {
    double difference = value - moments->mean;
    moments->count++;
    moments->mean += difference / (double)moments->count;
    moments->squares += difference * (value - moments->mean);
}

/* Sample variance (n - 1). */
static double moments_variance(const struct moments *moments) {
    return moments->count > 1 ? moments->squares / (double)(moments->count - 1) : (double)NAN;
}

struct drawdowns {
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
struct periods {
    enum r3_timeframe length;
    int64_t ends;
    double first, last; /* equity at the close of the first and the last finished period */
    uint64_t closed;
    struct moments returns;
    double cubes, fourths; /* sums of the third and fourth powers of the returns' differences from their mean */
    double losses;         /* sum of the squares of negative returns */
    bool broken;
};

struct trades {
    struct moments pnl, returns, winners, losers; /* winners, losers: pnl of those above and below 0 */
    double gains, losses;                         /* sums of the positive and of the negative returns */
    double logarithms;
    bool ruined; /* one lost everything: no geometric mean */
    double best, worst;
    int64_t longest, total; /* ms */
    uint64_t exits[R3_MO + 1], run, longest_run, pending;
};

struct r3_statistics {
    r3_int128 start, equity;
    double value, benchmark, benchmark_first; /* value: the equity as a double */
    uint64_t bars, exposed;
    int64_t first_time, last_time, month_ends, resolution;
    int64_t ends; /* of the day, week or month, whichever comes first */
    struct r3_comovement comovement;
    struct drawdowns drawdowns;
    struct periods periods;
    struct trades trades;
    struct r3_month *months;
    size_t month_count, month_capacity;
};

struct r3_statistics *r3_statistics_new(enum r3_timeframe timeframe, r3_int128 start) {
    struct r3_statistics *statistics = r3_allocate(sizeof *statistics);
    int64_t span = r3_timeframe_span(timeframe);
    statistics->start = start;
    statistics->periods.length = timeframe == R3_1M ? R3_1M : timeframe == R3_1W ? R3_1W : R3_1D;
    statistics->periods.ends = statistics->month_ends = statistics->ends = INT64_MIN;
    statistics->resolution = span % R3_DAY == 0 ? R3_DAY : span % R3_HOUR == 0 ? R3_HOUR : R3_MINUTE;
    return statistics;
}

void r3_statistics_free(struct r3_statistics *statistics) {
    if (!statistics)
        return;
    free(statistics->months);
    free(statistics);
}

static double drawdowns_deepest(const struct drawdowns *drawdowns) {
    return drawdowns->trough < drawdowns->peak ? 1 - drawdowns->trough_value / drawdowns->peak_value : 0;
}

/* The drawdown ends at the bar `bar`. It counts where one bar below the peak at least lies between the two. */
static void drawdowns_close(struct drawdowns *drawdowns, uint64_t bar, int64_t time) {
    double deepest = drawdowns_deepest(drawdowns);
    if (bar > drawdowns->peak_bar + 1) {
        int64_t duration = time - drawdowns->peak_time;
        drawdowns->count++;
        drawdowns->sum += deepest;
        drawdowns->total += duration;
        if (duration > drawdowns->longest)
            drawdowns->longest = duration;
    }
    if (deepest > drawdowns->worst)
        drawdowns->worst = deepest;
}

static void drawdowns_add(struct drawdowns *drawdowns, uint64_t bar, int64_t time, r3_int128 equity, double value) {
    if (equity < drawdowns->peak && bar > 0) {
        if (equity < drawdowns->trough) {
            drawdowns->trough = equity;
            drawdowns->trough_value = value;
        }
        return;
    }
    if (bar > drawdowns->peak_bar + 1)
        drawdowns_close(drawdowns, bar, time);
    drawdowns->peak = drawdowns->trough = equity;
    drawdowns->peak_value = drawdowns->trough_value = value;
    drawdowns->peak_bar = bar;
    drawdowns->peak_time = time;
}

/* Mean, variance, and the third and fourth moments in one pass: Pebay, "Formulas for robust, one-pass parallel computation of
 * covariances and arbitrary-order statistical moments", Sandia report SAND2008-6212 (2008), equations 1.5 and 1.6 for one more
 * value. */
static void periods_add(struct periods *periods, double change) {
    struct moments *returns = &periods->returns;
    double before = (double)returns->count, count = before + 1;
    double difference = change - returns->mean, part = difference / count, term = difference * part * before;
    periods->fourths += term * part * part * (count * count - 3 * count + 3) + 6 * part * part * returns->squares -
                        4 * part * periods->cubes;
    periods->cubes += term * part * (count - 2) - 3 * part * returns->squares;
    moments_add(returns, change);
}

static void periods_close(struct periods *periods, double equity) {
    if (equity <= 0)
        periods->broken = true;
    if (periods->closed++ == 0) {
        periods->first = periods->last = equity;
        return;
    }
    if (!periods->broken) {
        double change = equity / periods->last - 1;
        periods_add(periods, change);
        if (change < 0)
            periods->losses += change * change;
    }
    periods->last = equity;
}

static void month_close(struct r3_statistics *statistics) {
    if (statistics->month_count == 0)
        return;
    struct r3_month *month = &statistics->months[statistics->month_count - 1];
    r3_int128 before = statistics->month_count > 1 ? month[-1].equity : statistics->start;
    month->equity = statistics->equity;
    month->change = before > 0 ? r3_book_double(month->equity) / r3_book_double(before) - 1 : (double)NAN;
}

static void month_open(struct r3_statistics *statistics, int64_t time) {
    int year, month, day, weekday;
    if (statistics->month_count == statistics->month_capacity) {
        statistics->month_capacity = statistics->month_capacity ? 2 * statistics->month_capacity : 64;
        statistics->months = r3_reallocate(statistics->months, statistics->month_capacity * sizeof *statistics->months);
    }
    r3_time_civil(time, &year, &month, &day, &weekday);
    statistics->months[statistics->month_count++] = (struct r3_month) { .year = year, .month = month };
    statistics->month_ends = r3_timeframe_close(R3_1M, r3_timeframe_open(R3_1M, time));
}

/* What changes with days, weeks and months, ahead of the bar that begins one. */
static void begin_periods(struct r3_statistics *statistics, int64_t time) {
    if (time >= statistics->periods.ends) {
        if (statistics->bars > 0)
            periods_close(&statistics->periods, statistics->value);
        enum r3_timeframe length = statistics->periods.length;
        statistics->periods.ends = r3_timeframe_close(length, r3_timeframe_open(length, time));
    }
    if (time >= statistics->month_ends) {
        month_close(statistics);
        month_open(statistics, time);
    }
    int64_t days = statistics->periods.ends, months = statistics->month_ends;
    statistics->ends = days < months ? days : months;
}

/* Trades that were closed in the bar that is taken now belong to its month. */
static void place_trades(struct r3_statistics *statistics) {
    statistics->months[statistics->month_count - 1].trades += statistics->trades.pending;
    statistics->trades.pending = 0;
}

void r3_statistics_bar(struct r3_statistics *statistics, int64_t time, r3_int128 equity, double benchmark,
                       bool exposed) {
    struct r3_comovement *moves = &statistics->comovement;
    bool first = statistics->bars == 0, moved = first || equity != statistics->equity;
    double value = moved ? r3_book_double(equity) : statistics->value;
    if (time >= statistics->ends)
        begin_periods(statistics, time);
    if (statistics->trades.pending)
        place_trades(statistics);
    if (first) {
        statistics->first_time = time;
        statistics->benchmark_first = benchmark;
        moves->broken = value <= 0 || benchmark <= 0; /* nothing is before the first one */
    } else {
        r3_comovement_one(moves, (const double[]) { statistics->value, value },
                          (const double[]) { statistics->benchmark, benchmark });
    }
    drawdowns_add(&statistics->drawdowns, statistics->bars, time, equity, value);
    statistics->equity = equity;
    statistics->value = value;
    statistics->benchmark = benchmark;
    statistics->last_time = time;
    statistics->bars++;
    statistics->exposed += exposed;
}

/* Ends of days, weeks and months in a row of bars; value: their equities, NULL where it stood still. */
static void follow_periods(struct r3_statistics *statistics, const struct r3_bars *bars, const double *value) {
    for (size_t k = 0; k < bars->count; k++) {
        if (bars->time[k] < statistics->ends)
            continue;
        if (k > 0 && value) {
            statistics->equity = r3_bars_equity(bars, k - 1);
            statistics->value = value[k - 1];
        }
        begin_periods(statistics, bars->time[k]);
    }
}

/* Equity stood still: at the peak, which lasts, or below it. */
static void stay(struct drawdowns *drawdowns, r3_int128 equity, uint64_t last_bar, int64_t last_time) {
    if (equity < drawdowns->peak)
        return;
    drawdowns->peak_bar = last_bar;
    drawdowns->peak_time = last_time;
}

/* Most bars lie between the trough and the peak, which two doubles tell where they differ; equal ones need not come from equal
 * amounts. */
static void follow_drawdowns(struct r3_statistics *statistics, const struct r3_bars *bars, const double *value) {
    struct drawdowns *drawdowns = &statistics->drawdowns;
    double peak = drawdowns->peak_value, trough = drawdowns->trough_value;
    for (size_t k = 0; k < bars->count; k++) {
        if (value[k] < peak && value[k] > trough)
            continue;
        drawdowns_add(drawdowns, statistics->bars + k, bars->time[k], r3_bars_equity(bars, k), value[k]);
        peak = drawdowns->peak_value;
        trough = drawdowns->trough_value;
    }
}

/* The first bar alone, for what only a single one can bring: a trade, and the beginning of the statistics. */
static void take_first(struct r3_statistics *statistics, struct r3_bars *bars, const double *benchmark) {
    r3_statistics_bar(statistics, bars->time[0], r3_bars_equity(bars, 0), benchmark[0], false);
    bars->count--;
    bars->time++;
    bars->close++;
}

void r3_statistics_bars(struct r3_statistics *statistics, struct r3_bars *bars) {
    double values[1 + R3_BARS_MAX + R3_COMOVEMENT_SPARE], benchmarks[1 + R3_BARS_MAX + R3_COMOVEMENT_SPARE];
    double *value = NULL, *benchmark = benchmarks + 1;
    statistics->exposed += bars->exposed;
    r3_bars_benchmarks(benchmark, bars);
    if (bars->count == 1 || (bars->unit == 0 && bars->rest != statistics->equity) || statistics->trades.pending ||
        statistics->bars == 0)
        take_first(statistics, bars, benchmark++);
    size_t last = bars->count - 1;
    if (bars->count == 0)
        return;
    benchmark[-1] = statistics->benchmark;
    if (bars->unit != 0) {
        value = values + 1;
        value[-1] = statistics->value;
        r3_bars_equities(value, bars);
        follow_drawdowns(statistics, bars, value);
    } else {
        stay(&statistics->drawdowns, statistics->equity, statistics->bars + last, bars->time[last]);
    }
    r3_comovement_add(&statistics->comovement, value ? value - 1 : NULL, benchmark - 1, bars->count + 1);
    if (bars->time[last] >= statistics->ends)
        follow_periods(statistics, bars, value);
    statistics->equity = r3_bars_equity(bars, last);
    statistics->value = value ? value[last] : statistics->value;
    statistics->benchmark = benchmark[last];
    statistics->last_time = bars->time[last];
    statistics->bars += bars->count;
}

double r3_statistics_drawdown(const struct r3_statistics *statistics) {
    const struct drawdowns *drawdowns = &statistics->drawdowns;
    return statistics->equity < drawdowns->peak ? statistics->value / drawdowns->peak_value - 1 : 0;
}

void r3_statistics_trade(struct r3_statistics *statistics, const struct r3_round_trip *trip) {
    struct trades *trades = &statistics->trades;
    double pnl = r3_decimal_to_double(&trip->pnl), change = r3_decimal_to_double(&trip->change);
    int64_t duration = trip->exit_open - trip->entry_open;
    bool first = trades->pnl.count == 0;
    moments_add(&trades->pnl, pnl);
    moments_add(&trades->returns, change);
    if (pnl > 0) {
        moments_add(&trades->winners, pnl);
        trades->gains += change;
    } else if (pnl < 0) {
        moments_add(&trades->losers, pnl);
        trades->losses += change;
    }
    trades->run = pnl < 0 ? trades->run + 1 : 0;
    if (trades->run > trades->longest_run)
        trades->longest_run = trades->run;
    if (change > -1)
        trades->logarithms += log1p(change);
    else
        trades->ruined = true;
    if (first || change > trades->best)
        trades->best = change;
    if (first || change < trades->worst)
        trades->worst = change;
    trades->total += duration;
    if (first || duration > trades->longest)
        trades->longest = duration;
    trades->exits[trip->exit]++;
    trades->pending++;
}

/* A mean of durations, up to the next whole minute, hour or day, as the candles are long. */
static int64_t mean_duration(int64_t total, uint64_t count, int64_t resolution) {
    int64_t unit = (int64_t)count * resolution;
    return (total + unit - 1) / unit * resolution;
}

static double quotient(double a, double b) {
    return b != 0 ? a / b : (double)NAN;
}

/* The shape of the periods' returns, as the deflated Sharpe ratio takes it: not annualised, moments over n. */
static void figure_returns(const struct periods *periods, struct r3_figures *out) {
    double count = (double)periods->returns.count, squares = periods->returns.squares;
    out->returns = periods->returns.count;
    if (periods->broken || !(squares > 0))
        return;
    out->period_sharpe_ratio = periods->returns.mean / sqrt(moments_variance(&periods->returns));
    out->skewness = sqrt(count) * periods->cubes / (squares * sqrt(squares));
    out->kurtosis = count * periods->fourths / (squares * squares);
}

static void figure_risk(const struct r3_statistics *statistics, struct r3_figures *out) {
    struct periods periods = statistics->periods;
    periods_close(&periods, statistics->value); /* the last one, as far as it got */
    figure_returns(&periods, out);
    double year = periods.length == R3_1M ? 12 : periods.length == R3_1W ? 52 : 365;
    double count = (double)periods.returns.count;
    if (count > 0 && !periods.broken) {
        /* The mean return is the n-th root of the whole change; the annual one is compounded from it. */
        double rate = log(periods.last / periods.first) / count;
        out->annual_return = expm1(rate * year);
        /* sqrt((var + g^2)^N - g^2N) with g = 1 + mean, without the cancellation. */
        double variance = moments_variance(&periods.returns);
        out->annual_volatility = sqrt(exp(2 * year * rate) * expm1(year * log1p(variance / exp(2 * rate))));
        out->sharpe_ratio = quotient(out->annual_return, out->annual_volatility);
        out->sortino_ratio = quotient(out->annual_return, sqrt(periods.losses / count) * sqrt(year));
        out->calmar_ratio = quotient(out->annual_return, -out->max_drawdown);
    }
    double years = (double)out->duration / (365.25 * R3_DAY), start = r3_book_double(statistics->start);
    if (years > 0 && start > 0 && statistics->value >= 0)
        out->cagr = pow(statistics->value / start, 1 / years) - 1;
    out->beta = r3_comovement_beta(&statistics->comovement);
    out->alpha = out->total_return - out->beta * out->buy_and_hold_return; /* Jensen, without a risk-free rate */
}

static void figure_drawdowns(const struct r3_statistics *statistics, struct r3_figures *out) {
    struct drawdowns drawdowns = statistics->drawdowns;
    uint64_t last = statistics->bars - 1;
    double deepest = drawdowns_deepest(&drawdowns);
    if (drawdowns.peak_bar != last)
        drawdowns_close(&drawdowns, last, statistics->last_time);
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
    const struct trades *trades = &statistics->trades;
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
    out->sqn = quotient(sqrt((double)count) * trades->pnl.mean, sqrt(moments_variance(&trades->pnl)));
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
    month_close(statistics);
    place_trades(statistics);
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
        out->buy_and_hold_return = statistics->benchmark / statistics->benchmark_first - 1;
    figure_drawdowns(statistics, out);
    figure_risk(statistics, out);
    out->months = statistics->months;
    out->month_count = statistics->month_count;
}
