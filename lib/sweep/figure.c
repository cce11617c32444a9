#include "lib/sweep/figure.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "lib/base/time.h"

const struct r3_sweep_figure r3_sweep_figures[] = {
    { "start", "Start", R3_SWEEP_TIME },
    { "end", "End", R3_SWEEP_TIME },
    { "duration", "Duration", R3_SWEEP_SPAN },
    { "candles", "Candles", R3_SWEEP_COUNT },
    { "exposure_time", "Exposure Time", R3_SWEEP_FRACTION },
    { "equity_start", "Equity Start", R3_SWEEP_MONEY },
    { "equity_final", "Equity Final", R3_SWEEP_MONEY },
    { "equity_peak", "Equity Peak", R3_SWEEP_MONEY },
    { "commissions", "Commissions", R3_SWEEP_MONEY },
    { "return", "Return", R3_SWEEP_FRACTION },
    { "buy_and_hold_return", "Buy & Hold Return", R3_SWEEP_FRACTION },
    { "return_ann", "Return (Ann.)", R3_SWEEP_FRACTION },
    { "volatility_ann", "Volatility (Ann.)", R3_SWEEP_FRACTION },
    { "cagr", "CAGR", R3_SWEEP_FRACTION },
    { "sharpe_ratio", "Sharpe Ratio", R3_SWEEP_RATIO },
    { "sortino_ratio", "Sortino Ratio", R3_SWEEP_RATIO },
    { "calmar_ratio", "Calmar Ratio", R3_SWEEP_RATIO },
    { "returns", "# Returns", R3_SWEEP_COUNT },
    { "sharpe_ratio_period", "Sharpe Ratio (Period)", R3_SWEEP_RATIO },
    { "skewness", "Skewness", R3_SWEEP_RATIO },
    { "kurtosis", "Kurtosis", R3_SWEEP_RATIO },
    { "alpha", "Alpha", R3_SWEEP_FRACTION },
    { "beta", "Beta", R3_SWEEP_RATIO },
    { "max_drawdown", "Max. Drawdown", R3_SWEEP_FRACTION },
    { "avg_drawdown", "Avg. Drawdown", R3_SWEEP_FRACTION },
    { "max_drawdown_duration", "Max. Drawdown Duration", R3_SWEEP_SPAN },
    { "avg_drawdown_duration", "Avg. Drawdown Duration", R3_SWEEP_SPAN },
    { "trades", "# Trades", R3_SWEEP_COUNT },
    { "win_rate", "Win Rate", R3_SWEEP_FRACTION },
    { "best_trade", "Best Trade", R3_SWEEP_FRACTION },
    { "worst_trade", "Worst Trade", R3_SWEEP_FRACTION },
    { "avg_trade", "Avg. Trade", R3_SWEEP_FRACTION },
    { "max_trade_duration", "Max. Trade Duration", R3_SWEEP_SPAN },
    { "avg_trade_duration", "Avg. Trade Duration", R3_SWEEP_SPAN },
    { "profit_factor", "Profit Factor", R3_SWEEP_RATIO },
    { "expectancy", "Expectancy", R3_SWEEP_FRACTION },
    { "sqn", "SQN", R3_SWEEP_RATIO },
    { "kelly_criterion", "Kelly Criterion", R3_SWEEP_RATIO },
    { "longest_losing_run", "Longest Losing Run", R3_SWEEP_COUNT },
    { "rejected_orders", "Rejected Orders", R3_SWEEP_COUNT },
    { "unfilled_entries", "Unfilled Entries", R3_SWEEP_COUNT },
    { "warnings", "Warnings", R3_SWEEP_COUNT },
    { NULL, NULL, R3_SWEEP_RATIO },
};
_Static_assert(sizeof r3_sweep_figures / sizeof r3_sweep_figures[0] == R3_SWEEP_FIGURES + 1, "");

const struct r3_sweep_figure *r3_sweep_figure_find(const char *name) {
    for (const struct r3_sweep_figure *figure = r3_sweep_figures; figure->name; figure++)
        if (strcmp(figure->name, name) == 0)
            return figure;
    return NULL;
}

/* By name, looked for from `next` on, where it mostly is; R3_SWEEP_FIGURES: there is none. */
static size_t find_from(size_t next, const char *name, size_t length) {
    for (size_t i = 0; i < R3_SWEEP_FIGURES; i++) {
        const size_t at = (next + i) % R3_SWEEP_FIGURES;
        if (strncmp(r3_sweep_figures[at].name, name, length) == 0 && r3_sweep_figures[at].name[length] == '\0')
            return at;
    }
    return R3_SWEEP_FIGURES;
}

/* Behind a text in quotes. */
static const char *skip_text(const char *at) {
    for (at++; *at && *at != '"'; at++)
        at += *at == '\\' && at[1];
    return *at ? at + 1 : at;
}

void r3_sweep_figures_read(double out[R3_SWEEP_FIGURES], const struct r3_buffer *statistics) {
    size_t next = 0;
    int depth = 0;
    for (size_t i = 0; i < R3_SWEEP_FIGURES; i++)
        out[i] = (double)NAN;
    for (const char *at = statistics->length ? statistics->data : ""; *at;) {
        if (*at != '"') {
            depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
            at++;
            continue;
        }
        const char *name = at + 1;
        at = skip_text(at);
        if (depth != 1 || *at != ':')
            continue;
        const size_t found = find_from(next, name, (size_t)(at - 1 - name));
        at++;
        if (found == R3_SWEEP_FIGURES || (*at != '-' && !isdigit((unsigned char)*at)))
            continue;
        out[found] = strtod(at, NULL);
        next = found + 1;
    }
}

double r3_sweep_figure_value(const struct r3_sweep_figure *figure, const struct r3_buffer *statistics) {
    double values[R3_SWEEP_FIGURES];
    r3_sweep_figures_read(values, statistics);
    return values[figure - r3_sweep_figures];
}

/* What rounds to zero is written without a sign. */
static void drop_sign(char *text) {
    if (text[0] == '-' && strspn(text + 1, "0.") == strlen(text + 1))
        memmove(text, text + 1, strlen(text));
}

void r3_sweep_figure_format(char *out, size_t size, const struct r3_sweep_figure *figure, double value) {
    char text[R3_TIME_TEXT_SIZE];
    if (!isfinite(value)) {
        snprintf(out, size, "-");
        return;
    }
    switch (figure->kind) {
    case R3_SWEEP_COUNT:
        snprintf(out, size, "%.0f", value);
        return;
    case R3_SWEEP_TIME:
        r3_time_format(text, (int64_t)value);
        snprintf(out, size, "%s", text);
        return;
    case R3_SWEEP_SPAN:
        r3_duration_format(text, (int64_t)value);
        snprintf(out, size, "%s", text);
        return;
    case R3_SWEEP_FRACTION:
        value *= 100;
        break;
    case R3_SWEEP_MONEY:
    case R3_SWEEP_RATIO:
        break;
    }
    if (fabs(value) >= 1e9) /* what a few days become in a year: its digits say nothing */
        snprintf(out, size, "%.2e", value);
    else
        snprintf(out, size, figure->kind == R3_SWEEP_RATIO ? "%.3f" : "%.2f", value);
    drop_sign(out);
}
