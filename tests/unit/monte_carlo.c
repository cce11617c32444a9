/* lib/trade/monte_carlo.c against the same simulation in Python (tests/vectors/monte_carlo.py), and its invariants. */
#include <math.h>
#include <stdlib.h>

#include "lib/trade/monte_carlo.h"
#include "tests/unit/check.h"

enum { LINE = 16384, TRADES = 1024 };

static void check_near(double got, double want, const char *line) {
    if (!(fabs(got - want) <= 1e-12))
        fprintf(stderr, "got %.17g, want %.17g: %s", got, want, line);
    CHECK(fabs(got - want) <= 1e-12);
}

static struct r3_monte_carlo *make(char *line, struct r3_monte_carlo_figures *figures) {
    static double profits[TRADES];
    char *at = line + 4;
    size_t count = strtoull(at, &at, 10);
    uint64_t runs = strtoull(at, &at, 10), seed = strtoull(at, &at, 10);
    double equity = strtod(at, &at);
    for (size_t i = 0; i < count; i++)
        profits[i] = strtod(at, &at);
    struct r3_monte_carlo *monte_carlo = r3_monte_carlo_new(profits, count, equity, runs, seed);
    /* In parts, the last first, as threads might. */
    r3_monte_carlo_part(monte_carlo, runs / 2, runs);
    r3_monte_carlo_part(monte_carlo, 0, runs / 3);
    r3_monte_carlo_part(monte_carlo, runs / 3, runs / 2);
    r3_monte_carlo_summarize(monte_carlo, figures);
    CHECK_INT(figures->trades, count);
    CHECK_INT(figures->runs, runs);
    CHECK(figures->seed == seed);
    return monte_carlo;
}

static void check_want(const struct r3_monte_carlo_figures *figures, char *line) {
    char name[64];
    const double *values = NULL;
    size_t count = 1;
    CHECK(sscanf(line, "want %63s", name) == 1);
    if (strcmp(name, "return") == 0)
        values = &figures->total_return;
    else if (strcmp(name, "drawdown") == 0)
        values = &figures->max_drawdown;
    else if (strcmp(name, "losing") == 0)
        values = &figures->losing;
    else {
        count = R3_MONTE_CARLO_BANDS;
        values = strcmp(name, "bootstrap_return") == 0     ? figures->bootstrap_return
                 : strcmp(name, "bootstrap_drawdown") == 0 ? figures->bootstrap_drawdown
                 : strcmp(name, "reshuffle_drawdown") == 0 ? figures->reshuffle_drawdown
                                                           : NULL;
    }
    CHECK(values != NULL);
    char *at = line + 5 + strlen(name);
    for (size_t i = 0; values && i < count; i++)
        check_near(values[i], strtod(at, &at), line);
}

static void check_vectors(void) {
    static char line[LINE];
    struct r3_monte_carlo *monte_carlo = NULL;
    struct r3_monte_carlo_figures figures;
    size_t wants = 0;
    FILE *file = fopen("tests/vectors/monte_carlo.txt", "r");
    CHECK(file != NULL);
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "run ", 4) == 0) {
            r3_monte_carlo_free(monte_carlo);
            monte_carlo = make(line, &figures);
        } else if (strncmp(line, "want ", 5) == 0) {
            check_want(&figures, line);
            wants++;
        }
    }
    r3_monte_carlo_free(monte_carlo);
    if (file)
        fclose(file);
    CHECK_INT(wants, 30);
}

/* No trade, equal trades, ruin. */
static void check_edges(void) {
    struct r3_monte_carlo_figures figures;
    struct r3_monte_carlo *monte_carlo = r3_monte_carlo_new(NULL, 0, 1000, 10, 1);
    r3_monte_carlo_part(monte_carlo, 0, 10);
    r3_monte_carlo_summarize(monte_carlo, &figures);
    CHECK(figures.total_return == 0 && figures.max_drawdown == 0);
    CHECK(isnan(figures.losing) && isnan(figures.bootstrap_return[0]) && isnan(figures.reshuffle_drawdown[4]));
    r3_monte_carlo_free(monte_carlo);

    const double doubled[] = { 100, 200, 400 };
    monte_carlo = r3_monte_carlo_new(doubled, 3, 100, 50, 1);
    r3_monte_carlo_part(monte_carlo, 0, 50);
    r3_monte_carlo_summarize(monte_carlo, &figures);
    CHECK(figures.total_return == 7 && figures.losing == 0);
    for (int i = 0; i < R3_MONTE_CARLO_BANDS; i++)
        CHECK(figures.bootstrap_return[i] == 7 && figures.bootstrap_drawdown[i] == 0 &&
              figures.reshuffle_drawdown[i] == 0);
    r3_monte_carlo_free(monte_carlo);

    const double ruin[] = { 100, -250, 60 }; /* more than everything is lost; what follows has nothing to work with */
    monte_carlo = r3_monte_carlo_new(ruin, 3, 100, 50, 1);
    r3_monte_carlo_part(monte_carlo, 0, 50);
    r3_monte_carlo_summarize(monte_carlo, &figures);
    CHECK(figures.total_return == -1 && figures.max_drawdown == -1);
    CHECK(figures.reshuffle_drawdown[0] == -1 && figures.reshuffle_drawdown[4] == -1);
    CHECK(figures.bootstrap_return[0] == -1 && figures.losing > 0.5);
    r3_monte_carlo_free(monte_carlo);
}

int main(void) {
    check_vectors();
    check_edges();
    return check_done();
}
