#include <math.h>

#include "lib/base/time.h"
#include "lib/stage/report.h"

/* The table for people: groups of lines, numbers aligned on the decimal point, "-" for what is undefined. */

enum { NAME_WIDTH = 28, POINT_COLUMN = 45, MONTH_WIDTH = 6 };

struct table {
    struct r3_buffer *out;
    bool colour;
    const char *currency;
    int money_digits;
};

static const char plain[] = "\033[0m", bold[] = "\033[1m", red[] = "\033[31m", green[] = "\033[32m";

static void paint(const struct table *table, const char *code) {
    if (table->colour)
        r3_buffer_append_text(table->out, code);
}

static void group(const struct table *table, const char *name) {
    paint(table, bold);
    r3_buffer_append_text(table->out, name);
    paint(table, plain);
    r3_buffer_append_text(table->out, "\n");
}

/* "  Name [unit]      123.45": what stands before the point ends at its column. sign: for the colour. */
static void line(const struct table *table, const char *name, const char *unit, const char *value, int sign) {
    char label[64];
    snprintf(label, sizeof label, unit ? "%s [%s]" : "%s", name, unit);
    const char *point = strchr(value, '.');
    int before = (int)(point && !strchr(value, ':') ? (size_t)(point - value) : strlen(value));
    int room = POINT_COLUMN - NAME_WIDTH - before;
    r3_buffer_printf(table->out, "  %-*s%*s", NAME_WIDTH, label, room > 1 ? room : 1, "");
    if (sign)
        paint(table, sign > 0 ? green : red);
    r3_buffer_append_text(table->out, value);
    if (sign)
        paint(table, plain);
    r3_buffer_append_text(table->out, "\n");
}

/* A number with so many decimals; "-" when undefined. What rounds to zero is written without a sign. */
static void format_number(char *out, size_t size, double value, int digits) {
    if (!isfinite(value)) {
        snprintf(out, size, "-");
        return;
    }
    if (fabs(value) >= 1e9) /* what a few days become in a year: its digits say nothing */
        snprintf(out, size, "%.2e", value);
    else
        snprintf(out, size, "%.*f", digits, value);
    if (out[0] == '-' && strspn(out + 1, "0.") == strlen(out + 1))
        memmove(out, out + 1, strlen(out));
}

static void number(const struct table *table, const char *name, double value, int digits) {
    char text[64];
    format_number(text, sizeof text, value, digits);
    line(table, name, NULL, text, 0);
}

static void percent(const struct table *table, const char *name, double value, int digits, bool coloured) {
    char text[64];
    format_number(text, sizeof text, 100 * value, digits);
    int sign = coloured && isfinite(value) ? (value > 0) - (value < 0) : 0;
    line(table, name, "%", text, sign);
}

static void money(const struct table *table, const char *name, const struct r3_decimal *value) {
    char text[R3_DECIMAL_TEXT_SIZE + 16];
    struct r3_decimal rounded;
    struct r3_error ignored = { 0 };
    if (r3_decimal_round(&rounded, value, table->money_digits, R3_ROUND_HALF_EVEN, &ignored) != 0)
        rounded = *value;
    size_t length = r3_decimal_format(text, &rounded);
    const char *point = strchr(text, '.');
    int digits = point ? (int)strlen(point + 1) : 0;
    if (!point)
        text[length++] = '.';
    for (; digits < table->money_digits && length < sizeof text - 1; digits++)
        text[length++] = '0';
    text[length] = '\0';
    line(table, name, table->currency, text, 0);
}

static void amount(const struct table *table, const char *name, r3_int128 value) {
    struct r3_decimal decimal = r3_book_decimal(value);
    money(table, name, &decimal);
}

static void count(const struct table *table, const char *name, uint64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    line(table, name, NULL, text, 0);
}

static void duration(const struct table *table, const char *name, int64_t span) {
    char text[R3_TIME_TEXT_SIZE] = "-";
    if (span >= 0)
        r3_duration_format(text, span);
    line(table, name, NULL, text, 0);
}

/* "2013-11-25 00:00" without seconds where they are zero, UTC. */
static void moment(const struct table *table, const char *name, int64_t time) {
    char text[R3_TIME_TEXT_SIZE];
    size_t length = r3_time_format(text, time);
    text[10] = ' ';
    if (length == 20)
        text[strcmp(text + 16, ":00Z") == 0 ? 16 : 19] = '\0';
    line(table, name, NULL, text, 0);
}

static void title(const struct table *table, const struct r3_report_summary *summary) {
    struct r3_buffer *out = table->out;
    paint(table, bold);
    r3_buffer_printf(out, "Session %s", summary->session);
    paint(table, plain);
    const char *before = ": ";
    for (size_t i = 0; i < summary->book->count; i++) {
        const struct r3_book_market *market = &summary->book->markets[i];
        if (market->time == R3_TIME_ABSENT)
            continue;
        r3_buffer_printf(out, "%s%s %s", before, market->name, r3_timeframe_name(market->timeframe));
        if (market->platform[0])
            r3_buffer_printf(out, " (%s)", market->platform);
        before = ", ";
    }
    r3_buffer_append_text(out, "\n\n");
}

static void period_group(const struct table *table, const struct r3_figures *figures) {
    group(table, "Period");
    moment(table, "Start", figures->start);
    moment(table, "End", figures->end);
    duration(table, "Duration", figures->duration);
    count(table, "Candles", figures->bars);
    percent(table, "Exposure Time", figures->exposure_time, 2, false);
}

static void equity_group(const struct table *table, const struct r3_report_summary *summary) {
    const struct r3_figures *figures = &summary->figures;
    group(table, "\nEquity");
    amount(table, "Equity Start", figures->equity_start);
    amount(table, "Equity Final", figures->equity_final);
    amount(table, "Equity Peak", figures->equity_peak);
    money(table, "Commissions", &summary->commissions);
    percent(table, "Return", figures->total_return, 2, true);
    percent(table, "Buy & Hold Return", figures->buy_and_hold_return, 2, true);
    percent(table, "Return (Ann.)", figures->annual_return, 2, true);
    percent(table, "Volatility (Ann.)", figures->annual_volatility, 2, false);
    percent(table, "CAGR", figures->cagr, 2, true);
}

static void risk_group(const struct table *table, const struct r3_figures *figures) {
    group(table, "\nRisk");
    number(table, "Sharpe Ratio", figures->sharpe_ratio, 2);
    number(table, "Sortino Ratio", figures->sortino_ratio, 2);
    number(table, "Calmar Ratio", figures->calmar_ratio, 2);
    count(table, "# Returns", figures->returns);
    number(table, "Sharpe Ratio (Period)", figures->period_sharpe_ratio, 3);
    number(table, "Skewness", figures->skewness, 2);
    number(table, "Kurtosis", figures->kurtosis, 2);
    percent(table, "Alpha", figures->alpha, 2, true);
    number(table, "Beta", figures->beta, 2);
    percent(table, "Max. Drawdown", figures->max_drawdown, 2, true);
    percent(table, "Avg. Drawdown", figures->average_drawdown, 2, true);
    duration(table, "Max. Drawdown Duration", figures->max_drawdown_duration);
    duration(table, "Avg. Drawdown Duration", figures->average_drawdown_duration);
}

static void trades_group(const struct table *table, const struct r3_report_summary *summary) {
    static const struct {
        enum r3_role role;
        const char *name;
    } exits[] = { { R3_EXIT, "Exits by Signal (EXIT)" },
                  { R3_TP, "Exits by Take-Profit (TP)" },
                  { R3_SL, "Exits by Stop-Loss (SL)" },
                  { R3_MO, "Exits by Time (MO)" } };
    const struct r3_figures *figures = &summary->figures;
    group(table, "\nTrades");
    count(table, "# Trades", figures->trades);
    percent(table, "Win Rate", figures->win_rate, 2, false);
    percent(table, "Best Trade", figures->best_trade, 2, true);
    percent(table, "Worst Trade", figures->worst_trade, 2, true);
    percent(table, "Avg. Trade", figures->average_trade, 3, true);
    duration(table, "Max. Trade Duration", figures->max_trade_duration);
    duration(table, "Avg. Trade Duration", figures->average_trade_duration);
    number(table, "Profit Factor", figures->profit_factor, 2);
    percent(table, "Expectancy", figures->expectancy, 3, true);
    number(table, "SQN", figures->sqn, 2);
    number(table, "Kelly Criterion", figures->kelly_criterion, 3);
    count(table, "Longest Losing Run", figures->longest_losing_run);
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++)
        count(table, exits[i].name, figures->exits[exits[i].role]);
    count(table, "Rejected Orders", summary->rejected);
    if (summary->first_rejection[0])
        r3_buffer_printf(table->out, "    the first: %s\n", summary->first_rejection);
    count(table, "Unfilled Entries", summary->unfilled);
    if (summary->first_unfilled[0])
        r3_buffer_printf(table->out, "    the first: %s\n", summary->first_unfilled);
    if (summary->warnings)
        count(table, "Warnings", summary->warnings);
}

int r3_report_unrealized(struct r3_decimal *out, const struct r3_book_market *market, struct r3_error *error) {
    const struct r3_round_trip *trip = &market->trip;
    struct r3_decimal value = r3_book_decimal(market->value), in = trip->proceeds, spent = trip->cost;
    if (trip->side == R3_SHORT) {
        in = trip->cost;
        spent = trip->proceeds;
    }
    return r3_decimal_add(out, &in, &value, error) != 0 || r3_decimal_subtract(out, out, &spent, error) != 0 ||
                   r3_decimal_subtract(out, out, &trip->fees, error) != 0
               ? -1
               : 0;
}

static void open_group(const struct table *table, const struct r3_report_summary *summary) {
    for (size_t i = 0; i < summary->book->count; i++) {
        const struct r3_book_market *market = &summary->book->markets[i];
        struct r3_error ignored = { 0 };
        struct r3_decimal size, pnl;
        char text[R3_DECIMAL_TEXT_SIZE];
        if (!market->open)
            continue;
        group(table, "\nOpen at the end (marked at the last close, not counted as a trade)");
        r3_decimal_absolute(&size, &market->size);
        r3_decimal_format(text, &size);
        r3_buffer_printf(table->out, "  %s %s %s", market->name, r3_direction_name(market->trip.side), text);
        r3_decimal_format(text, &market->close);
        r3_buffer_printf(table->out, " at %s\n", text);
        amount(table, "Value", market->value);
        if (r3_report_unrealized(&pnl, market, &ignored) == 0)
            money(table, "Unrealized PnL", &pnl);
    }
}

/* One cell of the months, right-aligned; empty where there is no month. */
static void cell(const struct table *table, double change, int width) {
    char text[32] = "";
    if (isfinite(change))
        format_number(text, sizeof text, 100 * change, fabs(change) < 9.995 ? 1 : 0);
    r3_buffer_printf(table->out, "%*s", width > (int)strlen(text) ? width - (int)strlen(text) : 1, "");
    if (text[0] && strcmp(text, "0.0") != 0)
        paint(table, change > 0 ? green : red);
    r3_buffer_append_text(table->out, text);
    if (text[0] && strcmp(text, "0.0") != 0)
        paint(table, plain);
}

static void months_group(const struct table *table, const struct r3_figures *figures) {
    static const char head[] =
        "Month Return [%]\n          Jan   Feb   Mar   Apr   May   Jun   Jul   Aug   Sep   Oct   Nov   Dec    Year";
    r3_buffer_append_text(table->out, "\n");
    group(table, head);
    r3_int128 before = figures->equity_start;
    for (size_t i = 0; i < figures->month_count;) {
        int year = figures->months[i].year;
        r3_int128 last = before;
        r3_buffer_printf(table->out, "  %04d ", year);
        for (int month = 1; month <= 12; month++) {
            bool there =
                i < figures->month_count && figures->months[i].year == year && figures->months[i].month == month;
            cell(table, there ? figures->months[i].change : (double)NAN, MONTH_WIDTH);
            if (there)
                last = figures->months[i++].equity;
        }
        cell(table, before > 0 ? r3_book_double(last) / r3_book_double(before) - 1 : (double)NAN, MONTH_WIDTH + 2);
        r3_buffer_append_text(table->out, "\n");
        before = last;
    }
}

void r3_report_table(struct r3_buffer *out, const struct r3_report_summary *summary, bool colour) {
    const struct r3_figures *figures = &summary->figures;
    /* Two digits after the point, but eight for an account in a currency of great value. */
    struct table table = { .out = out,
                           .colour = colour,
                           .currency = summary->currency,
                           .money_digits = r3_book_double(figures->equity_start) < 10 ? 8 : 2 };
    title(&table, summary);
    period_group(&table, figures);
    equity_group(&table, summary);
    risk_group(&table, figures);
    trades_group(&table, summary);
    open_group(&table, summary);
    months_group(&table, figures);
}
