#include <math.h>

#include "lib/json/json.h"
#include "lib/stage/report.h"

/* --json: the table's names in snake case, fractions in place of percent, times and durations in ms, null for what is undefined.
 * Money is written with all its digits. */

static void put_name(struct r3_buffer *out, const char *name) {
    r3_buffer_printf(out, ",\"%s\":", name);
}

static void put_text(struct r3_buffer *out, const char *name, const char *text) {
    put_name(out, name);
    r3_json_write_text(out, text, strlen(text));
}

static void put_double(struct r3_buffer *out, const char *name, double value) {
    char text[R3_JSON_REAL_SIZE] = "null";
    if (isfinite(value))
        r3_json_format_real(text, value);
    put_name(out, name);
    r3_buffer_append_text(out, text);
}

static void put_decimal(struct r3_buffer *out, const char *name, const struct r3_decimal *value) {
    char text[R3_DECIMAL_TEXT_SIZE];
    r3_decimal_format(text, value);
    put_name(out, name);
    r3_buffer_append_text(out, text);
}

static void put_money(struct r3_buffer *out, const char *name, r3_int128 value) {
    struct r3_decimal decimal = r3_book_decimal(value);
    put_decimal(out, name, &decimal);
}

static void put_count(struct r3_buffer *out, const char *name, uint64_t value) {
    put_name(out, name);
    r3_buffer_printf(out, "%llu", (unsigned long long)value);
}

static void put_time(struct r3_buffer *out, const char *name, int64_t value) {
    put_name(out, name);
    if (value < 0)
        r3_buffer_append_text(out, "null");
    else
        r3_buffer_printf(out, "%lld", (long long)value);
}

static void put_markets(struct r3_buffer *out, const struct r3_report_summary *summary) {
    put_name(out, "markets");
    const char *before = "[";
    for (size_t i = 0; i < summary->book->count; i++) {
        if (summary->book->markets[i].time == R3_TIME_ABSENT)
            continue;
        r3_buffer_append_text(out, before);
        r3_json_write_text(out, summary->book->markets[i].name, strlen(summary->book->markets[i].name));
        before = ",";
    }
    r3_buffer_append_text(out, "]");
}

static void put_open_positions(struct r3_buffer *out, const struct r3_report_summary *summary) {
    put_name(out, "open_positions");
    const char *before = "[";
    for (size_t i = 0; i < summary->book->count; i++) {
        const struct r3_book_market *market = &summary->book->markets[i];
        struct r3_error ignored = { 0 };
        struct r3_decimal size, pnl;
        if (!market->open)
            continue;
        r3_decimal_absolute(&size, &market->size);
        r3_buffer_printf(out, "%s{\"market\":", before);
        r3_json_write_text(out, market->name, strlen(market->name));
        put_text(out, "side", r3_direction_name(market->trip.side));
        put_decimal(out, "size", &size);
        put_decimal(out, "price", &market->close);
        put_money(out, "value", market->value);
        if (r3_report_unrealized(&pnl, market, &ignored) == 0)
            put_decimal(out, "unrealized_pnl", &pnl);
        put_time(out, "entry_time", market->trip.entry_time);
        put_count(out, "entry_bar", market->trip.entry_bar);
        r3_buffer_append_text(out, "}");
        before = ",";
    }
    r3_buffer_append_text(out, before[0] == '[' ? "[]" : "]");
}

static void put_months(struct r3_buffer *out, const struct r3_figures *figures) {
    put_name(out, "months");
    const char *before = "[";
    for (size_t i = 0; i < figures->month_count; i++) {
        const struct r3_month *month = &figures->months[i];
        r3_buffer_printf(out, "%s{\"month\":\"%04d-%02d\"", before, month->year, month->month);
        put_money(out, "equity", month->equity);
        put_double(out, "return", month->change);
        put_count(out, "trades", month->trades);
        r3_buffer_append_text(out, "}");
        before = ",";
    }
    r3_buffer_append_text(out, "]");
}

static void put_exits(struct r3_buffer *out, const struct r3_figures *figures) {
    put_name(out, "exits");
    r3_buffer_printf(out, "{\"EXIT\":%llu,\"TP\":%llu,\"SL\":%llu,\"MO\":%llu}",
                     (unsigned long long)figures->exits[R3_EXIT], (unsigned long long)figures->exits[R3_TP],
                     (unsigned long long)figures->exits[R3_SL], (unsigned long long)figures->exits[R3_MO]);
}

void r3_report_json(struct r3_buffer *out, const struct r3_report_summary *summary) {
    const struct r3_figures *figures = &summary->figures;
    r3_buffer_append_text(out, "{\"session\":");
    r3_json_write_text(out, summary->session, strlen(summary->session));
    put_text(out, "currency", summary->currency);
    put_markets(out, summary);
    put_text(out, "timeframe", r3_timeframe_name(summary->timeframe));
    put_time(out, "start", figures->start);
    put_time(out, "end", figures->end);
    put_time(out, "duration", figures->duration);
    put_count(out, "candles", figures->bars);
    put_double(out, "exposure_time", figures->exposure_time);
    put_money(out, "equity_start", figures->equity_start);
    put_money(out, "equity_final", figures->equity_final);
    put_money(out, "equity_peak", figures->equity_peak);
    put_decimal(out, "commissions", &summary->commissions);
    put_double(out, "return", figures->total_return);
    put_double(out, "buy_and_hold_return", figures->buy_and_hold_return);
    put_double(out, "return_ann", figures->annual_return);
    put_double(out, "volatility_ann", figures->annual_volatility);
    put_double(out, "cagr", figures->cagr);
    put_double(out, "sharpe_ratio", figures->sharpe_ratio);
    put_double(out, "sortino_ratio", figures->sortino_ratio);
    put_double(out, "calmar_ratio", figures->calmar_ratio);
    put_count(out, "returns", figures->returns);
    put_double(out, "sharpe_ratio_period", figures->period_sharpe_ratio);
    put_double(out, "skewness", figures->skewness);
    put_double(out, "kurtosis", figures->kurtosis);
    put_double(out, "alpha", figures->alpha);
    put_double(out, "beta", figures->beta);
    put_double(out, "max_drawdown", figures->max_drawdown);
    put_double(out, "avg_drawdown", figures->average_drawdown);
    put_time(out, "max_drawdown_duration", figures->max_drawdown_duration);
    put_time(out, "avg_drawdown_duration", figures->average_drawdown_duration);
    put_count(out, "trades", figures->trades);
    put_double(out, "win_rate", figures->win_rate);
    put_double(out, "best_trade", figures->best_trade);
    put_double(out, "worst_trade", figures->worst_trade);
    put_double(out, "avg_trade", figures->average_trade);
    put_time(out, "max_trade_duration", figures->max_trade_duration);
    put_time(out, "avg_trade_duration", figures->average_trade_duration);
    put_double(out, "profit_factor", figures->profit_factor);
    put_double(out, "expectancy", figures->expectancy);
    put_double(out, "sqn", figures->sqn);
    put_double(out, "kelly_criterion", figures->kelly_criterion);
    put_count(out, "longest_losing_run", figures->longest_losing_run);
    put_exits(out, figures);
    put_count(out, "rejected_orders", summary->rejected);
    put_count(out, "unfilled_entries", summary->unfilled);
    put_count(out, "warnings", summary->warnings);
    put_open_positions(out, summary);
    put_months(out, figures);
    r3_buffer_append_text(out, "}\n");
}
