#include <math.h>

#include "lib/base/random.h"
#include "lib/json/json.h"
#include "lib/sweep/ranking.h"
#include "tests/unit/check.h"

/* The rows that are kept are the first of a full sort, however they come in. */

static struct r3_error error;

enum { ROWS = 300, TOP = 25 };

static double given[ROWS]; /* INFINITY: failed; NAN: undefined */

static int group(double value) {
    return isinf(value) ? 2 : isnan(value);
}

static int by_rank(const void *a, const void *b) {
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    int groups = group(given[left]) - group(given[right]);
    if (groups)
        return groups;
    if (group(given[left]) == 0 && given[left] != given[right])
        return given[left] > given[right] ? -1 : 1;
    return (left > right) - (left < right);
}

static void add(struct r3_sweep_ranking *ranking, uint64_t number, double value) {
    struct r3_sweep_run run = { .number = number, .status = isinf(value) ? 65 : 0 };
    if (isinf(value))
        r3_buffer_append_text(&run.message, "r3-size: no");
    else if (isnan(value))
        r3_buffer_append_text(&run.statistics,
                              "{\"currency\":\"USD\",\"sharpe_ratio\":null,\"sharpe_ratio_period\":null}");
    else
        r3_buffer_printf(&run.statistics,
                         "{\"currency\":\"USD\",\"sharpe_ratio\":%.17g,\"sharpe_ratio_period\":%.17g,\"returns\":100,"
                         "\"skewness\":0,\"kurtosis\":3}",
                         value, value / 20);
    CHECK_INT(r3_sweep_ranking_add(ranking, &run, &error), 0);
    CHECK(isfinite(value) ? run.rank == value : isnan(run.rank));
    r3_sweep_run_release(&run);
}

static void test_order(uint64_t seed, size_t count) {
    struct r3_sweep_order order;
    struct r3_sweep_ranking ranking;
    struct r3_random random;
    size_t places[ROWS];
    uint64_t failed = 0, trials = 0;
    CHECK_INT(r3_sweep_order_parse(&order, "sharpe_ratio", &error), 0);
    r3_sweep_ranking_init(&ranking, &order, TOP);
    r3_random_seed(&random, seed);
    for (size_t i = 0; i < count; i++) {
        uint64_t kind = r3_random_below(&random, 10);
        given[i] = kind == 0   ? (double)INFINITY
                   : kind == 1 ? (double)NAN
                               : (double)r3_random_below(&random, 40) / 8 - 2;
        failed += kind == 0;
        trials += kind > 1;
        places[i] = i;
        add(&ranking, i, given[i]);
    }
    qsort(places, count, sizeof places[0], by_rank);
    CHECK_INT(ranking.count, count < TOP ? count : TOP);
    for (size_t i = 0; i < ranking.count; i++)
        CHECK_INT(ranking.rows[i].number, places[i]);
    CHECK_INT(ranking.total, count);
    CHECK_INT(ranking.failed, failed);
    CHECK_INT(ranking.trials, trials);
    const struct r3_sweep_row *best = r3_sweep_ranking_best(&ranking);
    CHECK(best && isfinite(given[places[0]]) ? best->number == places[0] : !best && count < 3);
    double deflated = r3_sweep_ranking_deflated(&ranking);
    CHECK(best ? deflated > 0 && deflated < 1 : isnan(deflated));
    r3_sweep_ranking_release(&ranking);
}

static void test_ascending(void) {
    struct r3_sweep_order order;
    struct r3_buffer statistics = R3_BUFFER_INIT;
    CHECK_INT(r3_sweep_order_parse(&order, "-trades", &error), 0);
    r3_buffer_append_text(&statistics, "{\"trades\":17}");
    CHECK(r3_sweep_order_value(&order, &statistics) == -17);
    r3_buffer_reset(&statistics);
    r3_buffer_append_text(&statistics, "{\"trades\":null}");
    CHECK(isnan(r3_sweep_order_value(&order, &statistics)));
    r3_buffer_release(&statistics);
    CHECK_INT(r3_sweep_order_parse(&order, "--trades", &error), -1);
    CHECK_INT(r3_sweep_order_parse(&order, "session", &error), -1);
    CHECK_INT(error.status, R3_USAGE);
}

/* What is read without parsing is what parsing finds: of nested members of the same name none, of texts nothing. */
static void test_figures(void) {
    static const char text[] =
        "{\"session\":\"a\\\"trades\\\":7\",\"markets\":[\"trades\",\"return\"],\"start\":1483228800000,"
        "\"equity_final\":9924.3481217,\"return\":-0.007565187829999999,\"cagr\":null,\"sharpe_ratio\":-41.81785689636356,"
        "\"alpha\":1e-7,\"trades\":1915,\"sqn\":\"5\",\"exits\":{\"trades\":1,\"beta\":2},\"warnings\":0,"
        "\"months\":[{\"return\":0.5,\"trades\":873}],\"candles\":100000,\"tradesx\":3,\"trade\":4}";
    struct r3_json_document *document = NULL;
    struct r3_buffer statistics = R3_BUFFER_INIT;
    double values[R3_SWEEP_FIGURES];
    CHECK_INT(r3_json_parse(&document, text, sizeof text - 1, 1 << 16, &error), 0);
    r3_buffer_append_text(&statistics, text);
    r3_sweep_figures_read(values, &statistics);
    int present = 0;
    for (size_t i = 0; i < R3_SWEEP_FIGURES; i++) {
        const struct r3_json *value = r3_json_member(r3_json_root(document), r3_sweep_figures[i].name);
        const bool number = value && (r3_json_kind(value) == R3_JSON_INTEGER || r3_json_kind(value) == R3_JSON_REAL);
        CHECK(number ? values[i] == r3_json_real(value) : isnan(values[i]));
        const double one = r3_sweep_figure_value(&r3_sweep_figures[i], &statistics);
        CHECK(number ? one == values[i] : isnan(one));
        present += !isnan(values[i]);
    }
    CHECK_INT(present, 8);
    r3_json_free(document);
    r3_buffer_reset(&statistics);
    r3_sweep_figures_read(values, &statistics);
    CHECK(isnan(values[0]));
    for (size_t length = 0; length < sizeof text; length++) { /* cut off anywhere, it ends */
        r3_buffer_reset(&statistics);
        r3_buffer_append(&statistics, text, length);
        r3_sweep_figures_read(values, &statistics);
    }
    r3_buffer_release(&statistics);
}

static void test_table(void) {
    struct r3_sweep_order order;
    struct r3_sweep_ranking ranking;
    struct r3_sweep_space space;
    struct r3_buffer out = R3_BUFFER_INIT;
    r3_sweep_space_init(&space);
    CHECK_INT(r3_sweep_space_add(&space, "fast=5,10,200", &error), 0);
    CHECK_INT(r3_sweep_space_add(&space, "rule=sma,\xc3\xa9t\xc3\xa9", &error), 0);
    CHECK_INT(r3_sweep_order_parse(&order, "sharpe_ratio", &error), 0);
    r3_sweep_ranking_init(&ranking, &order, 10);
    ranking.column_count = 2;
    add(&ranking, 1, 1.5);
    add(&ranking, 4, (double)INFINITY);
    add(&ranking, 2, (double)NAN);
    add(&ranking, 5, -0.0001);
    r3_sweep_ranking_table(&out, &ranking, &space);
    CHECK(strstr(out.data, "#  fast  rule  Sharpe Ratio  Return [%]\n"
                           "1     5  \xc3\xa9t\xc3\xa9          1.500           -\n"
                           "2   200  \xc3\xa9t\xc3\xa9          0.000           -\n"
                           "3    10  sma              -           -\n"
                           "4   200  sma              -           -  r3-size: no\n"
                           "\n"
                           "4 combinations, 1 failed (the first: r3-size: no)\n"
                           "Deflated Sharpe Ratio of the first row: 0.") == out.data);
    r3_buffer_release(&out);
    r3_sweep_ranking_release(&ranking);
    r3_sweep_space_release(&space);
}

int main(void) {
    for (uint64_t seed = 0; seed < 20; seed++)
        test_order(seed, ROWS);
    test_order(1, 1);
    test_order(2, 7);
    test_order(3, TOP);
    test_order(4, TOP + 1);
    test_ascending();
    test_figures();
    test_table();
    return check_done();
}
