#include "lib/base/buffer.h"
#include "lib/base/time.h"
#include "lib/trade/statistics_private.h"
#include "lib/trade/statistics_rows.h"

/* Everything is kept as running moments, never as a list. Mean and variance follow Welford (Technometrics 4, 1962, p. 419).
 * Geometric means are sums of logarithms. Each figure is backtesting.py's (_stats.py of 0.6.6), in the order of its
 * compute_stats. */

static void moments_add(struct r3_moments *moments, double value) {
    double difference = value - moments->mean;
    moments->count++;
    moments->mean += difference / (double)moments->count;
    moments->squares += difference * (value - moments->mean);
}

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

double r3_drawdowns_deepest(const struct r3_drawdowns *drawdowns) {
    return drawdowns->trough < drawdowns->peak ? 1 - drawdowns->trough_value / drawdowns->peak_value : 0;
}

void r3_drawdowns_close(struct r3_drawdowns *drawdowns, uint64_t bar, int64_t time) {
    double deepest = r3_drawdowns_deepest(drawdowns);
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

static void drawdowns_add(struct r3_drawdowns *drawdowns, uint64_t bar, int64_t time, r3_int128 equity, double value) {
    if (equity < drawdowns->peak && bar > 0) {
        if (equity < drawdowns->trough) {
            drawdowns->trough = equity;
            drawdowns->trough_value = value;
        }
        return;
    }
    if (bar > drawdowns->peak_bar + 1)
        r3_drawdowns_close(drawdowns, bar, time);
    drawdowns->peak = drawdowns->trough = equity;
    drawdowns->peak_value = drawdowns->trough_value = value;
    drawdowns->peak_bar = bar;
    drawdowns->peak_time = time;
}

/* Mean, variance, and the third and fourth moments in one pass: Pebay, "Formulas for robust, one-pass parallel computation of
 * covariances and arbitrary-order statistical moments", Sandia report SAND2008-6212 (2008), equations 1.5 and 1.6 for one more
 * value. */
static void periods_add(struct r3_periods *periods, double change) {
    struct r3_moments *returns = &periods->returns;
    double before = (double)returns->count, count = before + 1;
    double difference = change - returns->mean, part = difference / count, term = difference * part * before;
    periods->fourths += term * part * part * (count * count - 3 * count + 3) + 6 * part * part * returns->squares -
                        4 * part * periods->cubes;
    periods->cubes += term * part * (count - 2) - 3 * part * returns->squares;
    moments_add(returns, change);
}

void r3_periods_close(struct r3_periods *periods, double equity) {
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

void r3_statistics_close_month(struct r3_statistics *statistics) {
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

/* What changes with days, weeks and months, ahead of the bar that begins one; value: the equity before it. */
static void begin_periods(struct r3_statistics *statistics, int64_t time, double value) {
    if (time >= statistics->periods.ends) {
        if (statistics->bars > 0)
            r3_periods_close(&statistics->periods, value);
        enum r3_timeframe length = statistics->periods.length;
        statistics->periods.ends = r3_timeframe_close(length, r3_timeframe_open(length, time));
    }
    if (time >= statistics->month_ends) {
        r3_statistics_close_month(statistics);
        month_open(statistics, time);
    }
    int64_t days = statistics->periods.ends, months = statistics->month_ends;
    statistics->ends = days < months ? days : months;
}

void r3_statistics_place_trades(struct r3_statistics *statistics) {
    statistics->months[statistics->month_count - 1].trades += statistics->trades.pending;
    statistics->trades.pending = 0;
}

void r3_statistics_measure(struct r3_statistics *statistics) {
    if (statistics->unmeasured.count)
        r3_bars_benchmarks(statistics->benchmarks + statistics->unmeasured_place, &statistics->unmeasured);
    statistics->unmeasured.count = 0;
}

void r3_statistics_take_held(struct r3_statistics *statistics) {
    size_t held = statistics->held;
    r3_statistics_measure(statistics);
    if (held == 0)
        return;
    r3_comovement_add(&statistics->comovement, statistics->values, statistics->benchmarks, held + 1);
    statistics->values[0] = statistics->values[held];
    statistics->benchmarks[0] = statistics->benchmarks[held];
    statistics->held = 0;
}

/* The place of the next of `count` bars, which may be the first one of all. */
static size_t place_of(struct r3_statistics *statistics, size_t count) {
    if (statistics->bars == 0)
        return 0;
    if (statistics->held + count > R3_STATISTICS_HELD_MAX)
        r3_statistics_take_held(statistics);
    return statistics->held + 1;
}

/* What the very first bar sets. */
static void begin(struct r3_statistics *statistics, int64_t time) {
    double value = statistics->values[0], benchmark = statistics->benchmarks[0];
    statistics->first_time = time;
    statistics->benchmark_first = benchmark;
    statistics->comovement.broken = value <= 0 || benchmark <= 0; /* nothing is before the first one */
}

void r3_statistics_bar(struct r3_statistics *statistics, int64_t time, r3_int128 equity, double benchmark,
                       bool exposed) {
    size_t place = place_of(statistics, 1);
    double value = r3_book_double(equity);
    r3_statistics_measure(statistics);
    if (time >= statistics->ends)
        begin_periods(statistics, time, r3_statistics_last_value(statistics));
    if (statistics->trades.pending)
        r3_statistics_place_trades(statistics);
    statistics->values[place] = value;
    statistics->benchmarks[place] = benchmark;
    statistics->held = place;
    if (statistics->bars == 0)
        begin(statistics, time);
    drawdowns_add(&statistics->drawdowns, statistics->bars, time, equity, value);
    statistics->equity = equity;
    statistics->last_time = time;
    statistics->bars++;
    statistics->exposed += exposed;
}

/* Ends of days, weeks and months within a row of bars; value: their equities. */
static void follow_periods(struct r3_statistics *statistics, const struct r3_bars *bars, const double *value) {
    for (size_t k = 1; k < bars->count; k++) {
        if (bars->time[k] < statistics->ends)
            continue;
        statistics->equity = r3_bars_equity(bars, k - 1);
        begin_periods(statistics, bars->time[k], value[k - 1]);
    }
}

/* Most bars lie between the trough and the peak, which two doubles tell where they differ; equal ones need not come from equal
 * amounts. */
static void follow_drawdowns(struct r3_statistics *statistics, const struct r3_bars *bars, const double *value) {
    struct r3_drawdowns *drawdowns = &statistics->drawdowns;
    const struct r3_rows *rows = r3_rows();
    size_t k = 0;
    for (;; k++) {
        k = rows->between(value, k, bars->count, drawdowns->trough_value, drawdowns->peak_value);
        if (k == bars->count)
            return;
        drawdowns_add(drawdowns, statistics->bars + k, bars->time[k], r3_bars_equity(bars, k), value[k]);
    }
}

/* The same where equity stands still from the first of them on: at the peak, which lasts, or below it. */
static void stay(struct r3_statistics *statistics, const struct r3_bars *bars, double value) {
    struct r3_drawdowns *drawdowns = &statistics->drawdowns;
    size_t last = bars->count - 1;
    if (bars->rest != statistics->equity)
        drawdowns_add(drawdowns, statistics->bars, bars->time[0], bars->rest, value);
    if (bars->rest < drawdowns->peak)
        return;
    drawdowns->peak_bar = statistics->bars + last;
    drawdowns->peak_time = bars->time[last];
}

/* Leave the benchmarks of bars for later. */
static void measure_later(struct r3_statistics *statistics, const struct r3_bars *bars, size_t place) {
    struct r3_bars *before = &statistics->unmeasured;
    if (before->count && before->close + before->count == bars->close && before->power == bars->power &&
        before->units == bars->units && before->others == bars->others) {
        before->count += bars->count;
        return;
    }
    r3_statistics_measure(statistics);
    *before = *bars;
    statistics->unmeasured_place = place;
}

static void take_bars(struct r3_statistics *statistics, const struct r3_bars *bars) {
    const size_t place = place_of(statistics, bars->count), last = bars->count - 1;
    double *value = statistics->values + place;
    if (bars->time[0] >= statistics->ends)
        begin_periods(statistics, bars->time[0], r3_statistics_last_value(statistics));
    if (statistics->trades.pending)
        r3_statistics_place_trades(statistics);
    measure_later(statistics, bars, place);
    r3_bars_equities(value, bars);
    statistics->held = place + last;
    if (bars->unit != 0)
        follow_drawdowns(statistics, bars, value);
    else
        stay(statistics, bars, value[0]);
    if (bars->time[last] >= statistics->ends)
        follow_periods(statistics, bars, value);
    statistics->equity = r3_bars_equity(bars, last);
    statistics->last_time = bars->time[last];
    statistics->bars += bars->count;
}

/* The very first bar of all alone. */
static struct r3_bars take_first(struct r3_statistics *statistics, const struct r3_bars *bars) {
    struct r3_bars rest = *bars;
    double benchmark = bars->others + bars->units * ((double)bars->close[0] / bars->power);
    r3_statistics_bar(statistics, bars->time[0], r3_bars_equity(bars, 0), benchmark, false);
    rest.count--;
    rest.time++;
    rest.close++;
    return rest;
}

void r3_statistics_bars(struct r3_statistics *statistics, const struct r3_bars *bars) {
    statistics->exposed += bars->exposed;
    if (statistics->bars > 0) {
        take_bars(statistics, bars);
        return;
    }
    struct r3_bars rest = take_first(statistics, bars);
    if (rest.count)
        take_bars(statistics, &rest);
}

double r3_statistics_drawdown(const struct r3_statistics *statistics) {
    const struct r3_drawdowns *drawdowns = &statistics->drawdowns;
    return statistics->equity < drawdowns->peak ? r3_statistics_last_value(statistics) / drawdowns->peak_value - 1 : 0;
}

void r3_statistics_trade(struct r3_statistics *statistics, const struct r3_round_trip *trip) {
    struct r3_closed_trades *trades = &statistics->trades;
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
