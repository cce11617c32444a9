#include "lib/sweep/simulation.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "lib/json/json.h"

enum { PART = 64, THREADS_MAX = 64 }; /* runs that a thread takes at a time */

struct work {
    struct r3_monte_carlo *monte_carlo;
    uint64_t runs;
    atomic_uint_fast64_t next;
};

static void *worker(void *context) {
    struct work *work = context;
    for (;;) {
        uint64_t first = atomic_fetch_add(&work->next, PART);
        if (first >= work->runs)
            return NULL;
        r3_monte_carlo_part(work->monte_carlo, first, first + PART < work->runs ? first + PART : work->runs);
    }
}

void r3_sweep_simulate(struct r3_monte_carlo_figures *out, const double *profits, size_t count, double equity,
                       uint64_t runs, uint64_t seed, unsigned threads) {
    struct work work = { .monte_carlo = r3_monte_carlo_new(profits, count, equity, runs, seed), .runs = runs };
    pthread_t helpers[THREADS_MAX];
    unsigned begun = 0;
    /* A thread that cannot be had is done without: this one works too. */
    while (begun + 1 < threads && begun < THREADS_MAX && pthread_create(&helpers[begun], NULL, worker, &work) == 0)
        begun++;
    worker(&work);
    for (unsigned i = 0; i < begun; i++)
        pthread_join(helpers[i], NULL);
    r3_monte_carlo_summarize(work.monte_carlo, out);
    r3_monte_carlo_free(work.monte_carlo);
}

bool r3_sweep_simulation_told(const struct r3_monte_carlo_figures *figures, void (*message)(const char *text)) {
    if (figures->trades > 0)
        return true;
    message("--monte-carlo: no trade was closed, so there is nothing to reorder");
    return false;
}

static void put_percent(struct r3_buffer *out, double value) {
    if (isfinite(value)) /* what rounds to zero goes without a sign */
        r3_buffer_printf(out, "%10.2f", fabs(value) < 0.5e-4 ? 0 : 100 * value);
    else
        r3_buffer_printf(out, "%10s", "-");
}

static void put_row(struct r3_buffer *out, const char *name, const double *bands, double original) {
    r3_buffer_printf(out, "  %-28s", name);
    for (size_t i = 0; i < R3_MONTE_CARLO_BANDS; i++)
        put_percent(out, bands[i]);
    put_percent(out, original);
    r3_buffer_append_text(out, "\n");
}

void r3_sweep_simulation_table(struct r3_buffer *out, const struct r3_monte_carlo_figures *figures) {
    r3_buffer_printf(out, "Monte-Carlo: %" PRIu64 " trades, %" PRIu64 " runs, seed %" PRIu64 "\n  %-28s",
                     figures->trades, figures->runs, figures->seed, "");
    for (size_t i = 0; i < R3_MONTE_CARLO_BANDS; i++)
        r3_buffer_printf(out, "%8.0f %%", 100 * r3_monte_carlo_bands[i]);
    r3_buffer_append_text(out, "  original\n");
    put_row(out, "Return, bootstrap [%]", figures->bootstrap_return, figures->total_return);
    put_row(out, "Drawdown, bootstrap [%]", figures->bootstrap_drawdown, figures->max_drawdown);
    put_row(out, "Drawdown, reshuffle [%]", figures->reshuffle_drawdown, figures->max_drawdown);
    r3_buffer_printf(out, "  %-28s", "Runs that lose [%]");
    put_percent(out, figures->losing);
    r3_buffer_append_text(out, "\n  Assumed: trades that do not depend on one another, and sizes that follow equity. "
                               "Drawdowns are those at the closes of trades.\n");
}

static void put_number(struct r3_buffer *out, double value) {
    char text[R3_JSON_REAL_SIZE] = "null";
    if (isfinite(value))
        r3_json_format_real(text, value);
    r3_buffer_append_text(out, text);
}

static void put_bands(struct r3_buffer *out, const char *name, const double *bands) {
    r3_buffer_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < R3_MONTE_CARLO_BANDS; i++) {
        r3_buffer_append_text(out, i ? "," : "");
        put_number(out, bands[i]);
    }
    r3_buffer_append_text(out, "]");
}

void r3_sweep_simulation_json(struct r3_buffer *out, const struct r3_monte_carlo_figures *figures) {
    r3_buffer_printf(out,
                     "{\"trades\":%" PRIu64 ",\"runs\":%" PRIu64 ",\"seed\":%" PRIu64 ",\"return\":", figures->trades,
                     figures->runs, figures->seed);
    put_number(out, figures->total_return);
    r3_buffer_append_text(out, ",\"max_drawdown\":");
    put_number(out, figures->max_drawdown);
    put_bands(out, "bands", r3_monte_carlo_bands);
    put_bands(out, "bootstrap_return", figures->bootstrap_return);
    put_bands(out, "bootstrap_drawdown", figures->bootstrap_drawdown);
    put_bands(out, "reshuffle_drawdown", figures->reshuffle_drawdown);
    r3_buffer_append_text(out, ",\"losing\":");
    put_number(out, figures->losing);
    r3_buffer_append_text(out, "}");
}
