#include "lib/sweep/ranking.h"

#include <math.h>

#include "lib/base/io.h"
#include "lib/json/json.h"
#include "lib/trade/deflated_sharpe.h"

int r3_sweep_order_parse(struct r3_sweep_order *out, const char *text, struct r3_error *error) {
    out->ascending = *text == '-';
    out->figure = r3_sweep_figure_find(text + out->ascending);
    if (!out->figure)
        return r3_fail(error, R3_USAGE, "--rank %.64s: r3-report --json has no such number", text);
    return 0;
}

static double worth(const struct r3_sweep_order *order, double value) {
    return order->ascending ? -value : value;
}

double r3_sweep_order_value(const struct r3_sweep_order *order, const struct r3_buffer *statistics) {
    return worth(order, r3_sweep_figure_value(order->figure, statistics));
}

void r3_sweep_ranking_init(struct r3_sweep_ranking *ranking, const struct r3_sweep_order *order, size_t top) {
    static const char *const shown[] = { "sharpe_ratio", "return",        "max_drawdown", "trades",
                                         "win_rate",     "profit_factor", "equity_final" };
    *ranking = (struct r3_sweep_ranking) { .order = *order, .top = top };
    ranking->columns[ranking->column_count++] = order->figure;
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        const struct r3_sweep_figure *figure = r3_sweep_figure_find(shown[i]);
        if (figure != order->figure)
            ranking->columns[ranking->column_count++] = figure;
    }
}

void r3_sweep_ranking_release(struct r3_sweep_ranking *ranking) {
    for (size_t i = 0; i < ranking->count; i++)
        free(ranking->rows[i].message);
    free(ranking->rows);
    r3_buffer_release(&ranking->failure);
    ranking->rows = NULL;
    ranking->count = 0;
}

/* Whether a stands above b. */
static bool is_above(const struct r3_sweep_row *a, const struct r3_sweep_row *b) {
    int left = a->status ? 2 : isnan(a->rank), right = b->status ? 2 : isnan(b->rank);
    if (left != right)
        return left < right;
    if (left == 0 && a->rank != b->rank)
        return a->rank > b->rank;
    return a->number < b->number;
}

/* Put a row in its place among those that are kept; false: it is not among them. */
static bool insert(struct r3_sweep_ranking *ranking, const struct r3_sweep_row *row) {
    size_t low = 0, high = ranking->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_above(row, &ranking->rows[middle]))
            high = middle;
        else
            low = middle + 1;
    }
    if (low == ranking->top)
        return false;
    if (ranking->count == ranking->top)
        free(ranking->rows[--ranking->count].message);
    if ((ranking->count & (ranking->count - 1)) == 0)
        ranking->rows =
            r3_reallocate(ranking->rows, (ranking->count ? 2 * ranking->count : 1) * sizeof ranking->rows[0]);
    memmove(&ranking->rows[low + 1], &ranking->rows[low], (ranking->count - low) * sizeof ranking->rows[0]);
    ranking->rows[low] = *row;
    ranking->count++;
    return true;
}

static double figure(const double values[R3_SWEEP_FIGURES], const char *name) {
    return values[r3_sweep_figure_find(name) - r3_sweep_figures];
}

/* Mean and variance of all Sharpe ratios, in one pass (Welford, Technometrics 4, 1962, p. 419). */
static void count_trial(struct r3_sweep_ranking *ranking, double ratio) {
    if (!isfinite(ratio))
        return;
    double difference = ratio - ranking->mean;
    ranking->mean += difference / (double)++ranking->trials;
    ranking->squares += difference * (ratio - ranking->mean);
}

static void take_failure(struct r3_sweep_ranking *ranking, struct r3_sweep_row *row, const struct r3_sweep_run *run) {
    const char *message = run->message.length ? run->message.data : "failed";
    row->message = r3_duplicate(message);
    if (ranking->failed++ == 0) {
        r3_buffer_append_text(&ranking->failure, message);
        ranking->failure_status = run->status;
    }
}

/* A rule without a stop and a size by risk, for one, gives rows that look like a rule that waits. */
static void count_rejected(struct r3_sweep_ranking *ranking, uint64_t number, const double values[R3_SWEEP_FIGURES]) {
    if (figure(values, "rejected_orders") > 0 && figure(values, "exposure_time") == 0 &&
        figure(values, "unfilled_entries") == 0 && ranking->rejected++ == 0)
        ranking->first_rejected = number;
}

static int take_currency(struct r3_sweep_ranking *ranking, const struct r3_buffer *statistics, struct r3_error *error) {
    struct r3_json_document *document = NULL;
    size_t length;
    if (r3_json_parse(&document, statistics->data, statistics->length, R3_LINE_MAX, error) != 0)
        return -1;
    const char *currency = r3_json_text(r3_json_member(r3_json_root(document), "currency"), &length);
    if (currency && length < sizeof ranking->currency)
        memcpy(ranking->currency, currency, length + 1);
    r3_json_free(document);
    return 0;
}

int r3_sweep_ranking_add(struct r3_sweep_ranking *ranking, struct r3_sweep_run *run, struct r3_error *error) {
    struct r3_sweep_row row = { .number = run->number, .status = run->status, .rank = (double)NAN };
    double values[R3_SWEEP_FIGURES];
    ranking->total++;
    if (run->status) {
        take_failure(ranking, &row, run);
    } else {
        if (!ranking->currency[0] && take_currency(ranking, &run->statistics, error) != 0)
            return r3_error_at(error, "statistics of combination %llu: ", (unsigned long long)run->number);
        r3_sweep_figures_read(values, &run->statistics);
        for (size_t i = 0; i < ranking->column_count; i++)
            row.figures[i] = values[ranking->columns[i] - r3_sweep_figures];
        row.rank = worth(&ranking->order, row.figures[0]);
        count_trial(ranking, figure(values, "sharpe_ratio_period"));
        count_rejected(ranking, run->number, values);
    }
    run->rank = row.rank;
    if (!insert(ranking, &row)) {
        free(row.message);
    } else if (!run->status && ranking->rows[0].number == row.number) {
        ranking->best_sharpe = figure(values, "sharpe_ratio_period");
        ranking->best_returns = figure(values, "returns");
        ranking->best_skewness = figure(values, "skewness");
        ranking->best_kurtosis = figure(values, "kurtosis");
    }
    return 0;
}

const struct r3_sweep_row *r3_sweep_ranking_best(const struct r3_sweep_ranking *ranking) {
    return ranking->count && !ranking->rows[0].status && !isnan(ranking->rows[0].rank) ? &ranking->rows[0] : NULL;
}

double r3_sweep_ranking_deflated(const struct r3_sweep_ranking *ranking) {
    if (!r3_sweep_ranking_best(ranking) || !isfinite(ranking->best_sharpe) || !(ranking->best_returns >= 0))
        return (double)NAN;
    const struct r3_sharpe_sample sample = { .ratio = ranking->best_sharpe,
                                             .count = (uint64_t)ranking->best_returns,
                                             .skewness = ranking->best_skewness,
                                             .kurtosis = ranking->best_kurtosis };
    double variance = ranking->trials > 1 ? ranking->squares / (double)(ranking->trials - 1) : 0;
    return r3_deflated_sharpe(&sample, ranking->trials, variance);
}
