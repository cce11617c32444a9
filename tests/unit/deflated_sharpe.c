/* lib/trade/deflated_sharpe.c and the moments that it takes from lib/trade/statistics.c, against scipy and the
 * paper's worked example (tests/vectors/deflated_sharpe.py). */
#include <math.h>
#include <stdlib.h>

#include "lib/base/time.h"
#include "lib/trade/deflated_sharpe.h"
#include "lib/trade/statistics.h"
#include "tests/unit/check.h"

enum { LINE = 8192, NUMBERS = 512 };

static double numbers[NUMBERS];
static size_t count;

static void split(char *text) {
    char *end;
    for (count = 0; count < NUMBERS; count++, text = end) {
        numbers[count] = strtod(text, &end);
        if (end == text)
            return;
    }
}

static void check_near(double got, double want, double tolerance, const char *line) {
    if (!(fabs(got - want) <= tolerance * fmax(fabs(want), 1e-300)))
        fprintf(stderr, "got %.17g, want %.17g: %s", got, want, line);
    CHECK(fabs(got - want) <= tolerance * fmax(fabs(want), 1e-300));
}

static struct r3_sharpe_sample sample(void) {
    return (struct r3_sharpe_sample) {
        .ratio = numbers[0], .count = (uint64_t)numbers[1], .skewness = numbers[2], .kurtosis = numbers[3]
    };
}

/* COUNT RATIO SKEWNESS KURTOSIS EQUITY...: a bar a day. */
static void check_moments(const char *line) {
    struct r3_figures figures;
    struct r3_statistics *statistics = r3_statistics_new(R3_1D, 1);
    for (size_t i = 4; i < count; i++)
        r3_statistics_bar(statistics, (int64_t)(i - 4) * R3_DAY,
                          (r3_int128)llround(numbers[i] * 100) * 10000000000000000, 1, false);
    r3_statistics_figures(statistics, &figures);
    CHECK_INT(figures.returns, numbers[0]);
    check_near(figures.period_sharpe_ratio, numbers[1], 1e-9, line);
    check_near(figures.skewness, numbers[2], 1e-9, line);
    check_near(figures.kurtosis, numbers[3], 1e-9, line);
    r3_statistics_free(statistics);
}

static void check_line(char *line) {
    char *space = strchr(line, ' ');
    split(space);
    struct r3_sharpe_sample taken = { 0 };
    if (line[0] == 'p' || strncmp(line, "deflated ", 9) == 0)
        taken = sample();
    if (strncmp(line, "quantile ", 9) == 0) {
        check_near(r3_normal_quantile(numbers[0]), numbers[1], 4e-15, line);
    } else if (strncmp(line, "distribution ", 13) == 0) {
        check_near(r3_normal_distribution(numbers[0]), numbers[1], 1e-13, line);
    } else if (strncmp(line, "probabilistic ", 14) == 0) {
        check_near(r3_probabilistic_sharpe(&taken, numbers[4]), numbers[5], 1e-10, line);
    } else if (strncmp(line, "maximum ", 8) == 0) {
        check_near(r3_expected_maximum_sharpe((uint64_t)numbers[0], numbers[1]), numbers[2], 1e-13, line);
    } else if (strncmp(line, "deflated ", 9) == 0) {
        check_near(r3_deflated_sharpe(&taken, (uint64_t)numbers[4], numbers[5]), numbers[6], 1e-10, line);
    } else {
        CHECK(strncmp(line, "moments ", 8) == 0);
        check_moments(line);
    }
}

static void check_vectors(void) {
    static char line[LINE];
    size_t lines = 0;
    FILE *file = fopen("tests/vectors/deflated_sharpe.txt", "r");
    CHECK(file != NULL);
    while (file && fgets(line, sizeof line, file))
        if (line[0] != '#') {
            check_line(line);
            lines++;
        }
    if (file)
        fclose(file);
    CHECK(lines > 200);
}

/* What has no value says so. */
static void check_undefined(void) {
    struct r3_sharpe_sample taken = { .ratio = 0.1, .count = 1, .skewness = 0, .kurtosis = 3 };
    CHECK(isnan(r3_probabilistic_sharpe(&taken, 0)));
    taken.count = 100;
    CHECK(isfinite(r3_probabilistic_sharpe(&taken, 0)));
    taken.skewness = (double)NAN;
    CHECK(isnan(r3_probabilistic_sharpe(&taken, 0)));
    taken = (struct r3_sharpe_sample) {
        .ratio = 1, .count = 10, .skewness = 2, .kurtosis = 5
    }; /* two values alone: no spread */
    CHECK(isnan(r3_probabilistic_sharpe(&taken, 0)));
    CHECK(isnan(r3_expected_maximum_sharpe(0, 0.1)));
    CHECK(isnan(r3_expected_maximum_sharpe(10, -0.1)));
    CHECK(isnan(r3_expected_maximum_sharpe(10, (double)NAN)));
    CHECK(r3_expected_maximum_sharpe(1, 0.1) == 0);
    CHECK(isnan(r3_normal_quantile(-0.1)) && isnan(r3_normal_quantile(1.1)) && isnan(r3_normal_quantile((double)NAN)));
    CHECK(isinf(r3_normal_quantile(0)) && r3_normal_quantile(0) < 0);
    CHECK(isinf(r3_normal_quantile(1)) && r3_normal_quantile(1) > 0);
}

int main(void) {
    check_vectors();
    check_undefined();
    return check_done();
}
