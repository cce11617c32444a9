/* Each function against TA-Lib or its textbook definition (tests/vectors/indicator.txt, made by indicator.py), from its first
 * value on; exactness of moving sums; and what the values are where a definition has none. */
#include <math.h>

#include "lib/market/indicator_exact.h"
#include "tests/unit/candles.h"
#include "tests/unit/check.h"

static struct r3_candle candles[CANDLES_MAX];
static double worst;
static char worst_name[128];

/* Where a value is small beside what it is the difference of (a MACD near zero), both sides have only rounding to show. */
static bool near(double got, double want, double scale) {
    double difference = fabs(got - want);
    if (difference <= 1e-14 * scale)
        return true;
    double relative = difference / fabs(want);
    if (relative > worst)
        worst = relative;
    return relative <= 1e-9;
}

/* `source file candles expression first count values…` */
static void check_line(char *line) {
    char *save, *fields[6];
    for (int i = 0; i < 6; i++)
        fields[i] = strtok_r(i ? NULL : line, "\t", &save);
    char *numbers = strtok_r(NULL, "\n", &save), text[512];
    if (!numbers) {
        check_that(0, "tests/vectors/indicator.txt", 0, "a line of seven fields");
        return;
    }
    int count = (int)strtol(fields[2], NULL, 10), first = (int)strtol(fields[4], NULL, 10),
        from = count - (int)strtol(fields[5], NULL, 10);
    int got = read_candles(candles, count, fields[1], strstr(fields[1], "1H") ? R3_1H : R3_5m);
    struct run run;
    CHECK_INT(got, count);
    snprintf(text, sizeof text, "v = %s\nplot v", fields[3]);
    if (run_start(&run, text) < 0) {
        check_text(run.error.text, "", fields[3], 0);
        return;
    }
    int wrong = 0, ready_wrong = 0;
    for (int i = 0; i < count; i++) {
        double value;
        CHECK(r3_rules_step(run.block, run.state, &candles[i], &run.error) == 0);
        bool ready = r3_rules_plot_value(run.block, 0, 0, &value);
        ready_wrong += ready != (i >= first);
        if (i < from)
            continue;
        double before = worst, want = strtod(numbers, &numbers);
        wrong += !ready || !near(value, want, 1000);
        if (worst > before)
            snprintf(worst_name, sizeof worst_name, "%s", fields[3]);
        if (ready && wrong == 1 && !near(value, want, 1000))
            fprintf(stderr, "%s at %d: got %.17g, want %.17g\n", fields[3], i, value, want);
    }
    run_end(&run);
    check_that(wrong == 0, fields[3], count, "values agree");
    check_that(ready_wrong == 0, fields[3], first, "ready from the first index on");
}

static void test_vectors(void) {
    static char line[65536];
    FILE *file = fopen("tests/vectors/indicator.txt", "r");
    CHECK(file != NULL);
    while (file && fgets(line, sizeof line, file))
        if (*line != '#')
            check_line(line);
    if (file)
        fclose(file);
    fprintf(stderr, "largest relative difference %.2g in %s\n", worst, worst_name);
}

static uint64_t seed = 88172645463325252U;
static uint64_t next_random(void) { /* xorshift64, Marsaglia 2003 */
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Correct rounding, told by exact integers: |numerator − q·denominator| is least for q among its neighbours. */
static void test_quotient(void) {
    CHECK(r3_quotient(1, 3) == 1.0 / 3);
    CHECK(r3_quotient(-7, 2) == -3.5);
    CHECK(r3_quotient(0, r3_powers[30]) == 0);
    CHECK(r3_quotient((r3_int128)r3_powers[36], r3_powers[18]) == 1e18);
    int wrong = 0;
    for (int i = 0; i < 20000; i++) {
        /* a/b, scaled so that the slow way is taken, is the double a/b, which IEEE rounds once */
        int64_t a = (int64_t)(next_random() >> 12), b = (int64_t)(next_random() >> 40) + 1;
        r3_int128 numerator = (r3_int128)a * (r3_int128)r3_powers[18];
        r3_uint128 denominator = (r3_uint128)b * r3_powers[18];
        wrong += r3_quotient(numerator, denominator) != (double)a / (double)b ||
                 r3_quotient(-numerator, denominator) != -(double)a / (double)b;
    }
    CHECK_INT(wrong, 0);
}

/* The promise that crossings rest on: two averages of different lengths over the same repeated values are equal, always. */
static void test_ties(void) {
    struct run run;
    CHECK(
        run_start(
            &run,
            "a = sma(close, 10)\nb = sma(close, 30)\nc = wma(close, 10)\nx = a == b ? 1 : 0\ny = cross(a, b) ? 1 : 0\n"
            "z = stdev(close, 12)\nplot x, y, z") == 0);
    /* a period of ten prices: each window of 10 or 30 holds the same mean. Noise before it must leave no trace. */
    int ties = 0, crosses = 0, k = 0;
    double value;
    for (; k < 5000; k++) {
        char close[32];
        snprintf(close, sizeof close, "%d.%08d", (int)(next_random() % 100000), (int)(next_random() % 100000000));
        struct r3_candle candle = flat_candle(k, close);
        CHECK(r3_rules_step(run.block, run.state, &candle, &run.error) == 0);
    }
    static const char *const period[] = { "0.1", "0.2", "0.7", "12345.67891234", "3.3", "0.00000001", "99999.99",
                                          "1",   "2.5", "8" };
    for (int i = 0; i < 1000; i++, k++) {
        struct r3_candle candle = flat_candle(k, period[i % 10]);
        CHECK(r3_rules_step(run.block, run.state, &candle, &run.error) == 0);
        if (i >= 30) {
            ties += r3_rules_plot_value(run.block, 0, 0, &value) && value == 1;
            crosses += r3_rules_plot_value(run.block, 0, 1, &value) && value != 0;
        }
    }
    CHECK_INT(ties, 970);
    CHECK_INT(crosses, 0);
    for (int i = 0; i < 12; i++, k++) {
        struct r3_candle candle = flat_candle(k, "0.3");
        r3_rules_step(run.block, run.state, &candle, &run.error);
    }
    CHECK(r3_rules_plot_value(run.block, 0, 2, &value) && value == 0); /* a flat window has no deviation at all */
    run_end(&run);
}

/* A window over a series that is no decimal leaves no trace either: its sum equals that of a fresh run. */
static void test_binary_windows(void) {
    struct run old, fresh;
    const char *text =
        "x = exp(close / 1000)\na = sma(x, 7)\nb = variance(x, 7)\nc = wma(x, 7)\nd = slope(x, 7)\nplot a, b, c, d";
    CHECK(run_start(&old, text) == 0);
    CHECK(run_start(&fresh, text) == 0);
    for (int k = 0; k < 3000; k++) {
        char close[32];
        snprintf(close, sizeof close, "%d.%02d", (int)(next_random() % 30000), (int)(next_random() % 100));
        struct r3_candle candle = flat_candle(k, close);
        CHECK(r3_rules_step(old.block, old.state, &candle, &old.error) == 0);
        if (k >= 2990)
            CHECK(r3_rules_step(fresh.block, fresh.state, &candle, &fresh.error) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        double a = 0, b = 1;
        CHECK(r3_rules_plot_value(old.block, 0, i, &a) && r3_rules_plot_value(fresh.block, 0, i, &b));
        CHECK(fabs(a - b) <= 1e-12 * fabs(b));
    }
    run_end(&old);
    run_end(&fresh);
}

/* Nor does what was a thousand million million times larger, at the beginning or in the middle: once it has left the window
 * the small values have all their digits again. */
static void test_binary_grid(void) {
    struct run run;
    CHECK(run_start(&run, "x = 1 / close\na = sum(x, 3)\nb = wma(x, 3)\nplot a, b") == 0);
    for (int k = 0; k < 40; k++) {
        static const char *const spikes[] = { "0.000000000000001", "0.000000000000003", "0.7" };
        char close[32];
        snprintf(close, sizeof close, "%d.%d", 3 + k * k % 11, k);
        struct r3_candle candle = flat_candle(k, k % 20 < 3 ? spikes[k % 20] : close);
        CHECK(r3_rules_step(run.block, run.state, &candle, &run.error) == 0);
        static double x[40];
        x[k] = 1 / r3_decimal_to_double(&candle.close);
        double a = 0, b = 0;
        if (k < 2)
            continue;
        CHECK(r3_rules_plot_value(run.block, 0, 0, &a) && r3_rules_plot_value(run.block, 0, 1, &b));
        CHECK(fabs(a / (x[k] + x[k - 1] + x[k - 2]) - 1) < 1e-15);
        CHECK(fabs(b * 6 / (3 * x[k] + 2 * x[k - 1] + x[k - 2]) - 1) < 1e-15);
    }
    run_end(&run);
}

/* Closes in, the last value of the expression out; NAN stands for not ready. */
static double last_value(const char *expression, const char *const *closes, int count) {
    char text[512];
    struct run run;
    double value = NAN;
    snprintf(text, sizeof text, "v = %s\nplot v", expression);
    if (run_start(&run, text) < 0) {
        fprintf(stderr, "%s\n", run.error.text);
        return INFINITY;
    }
    bool ready = false;
    for (int k = 0; k < count; k++) {
        struct r3_candle candle = flat_candle(k, closes[k]);
        CHECK(r3_rules_step(run.block, run.state, &candle, &run.error) == 0);
        ready = r3_rules_plot_value(run.block, 0, 0, &value);
        CHECK(isfinite(value) || !ready);
    }
    run_end(&run);
    return ready ? value : NAN;
}

static void test_undefined(void) {
    static const char *const flat[] = { "5", "5", "5", "5", "5", "5", "5", "5", "5", "5", "5", "5" };
    static const char *const up[] = { "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12" };
    CHECK(isnan(last_value("rsi(close, 3)", flat, 12))); /* no gain and no loss: the definition divides zero by zero */
    CHECK(last_value("rsi(close, 3)", up, 12) == 100);
    CHECK(isnan(last_value("stoch(close, high, low, 3)", flat, 12)));
    CHECK(isnan(last_value("cci(close, 3)", flat, 12)));
    CHECK(isnan(last_value("adx(3)", flat, 12)));
    CHECK(isnan(last_value("1 / (close - 5)", flat, 12)));
    CHECK(isnan(last_value("log(0 - close)", flat, 12)));
    CHECK(isnan(last_value("sqrt(-1)", flat, 12)));
    CHECK(isnan(last_value("exp(close * 1000)", flat, 12)));
    CHECK(isnan(last_value("close % 0", flat, 12)));
    CHECK(last_value("nz(1 / 0, 7)", flat, 12) == 7);
    CHECK(last_value("mom(close, 3)", up, 12) == 3);
    CHECK(isnan(last_value("close[12]", up, 12)));
    CHECK(last_value("close[11]", up, 12) == 1);
    CHECK(last_value("slope(close, 5)", up, 12) == 1);
    CHECK(last_value("linreg(close, 1)", up, 12) == 12);
    CHECK(last_value("variance(close, 1)", up, 12) == 0);
    /* a window that meets a gap starts over: sma over 1 / (close - 6) is ready again three candles after close was 6 */
    CHECK(isnan(last_value("sma(1 / (close - 6), 3)", up, 8)));
    CHECK(fabs(last_value("sma(1 / (close - 6), 3)", up, 9) - 11.0 / 18) < 1e-15);
    /* an exponential average passes over it */
    CHECK(isnan(last_value("ema(1 / (close - 6), 2)", up, 6)));
    CHECK(!isnan(last_value("ema(1 / (close - 6), 2)", up, 7)));
}

/* More digits may come at any time: all sums move to the new scale, and nothing changes but the digits. */
static void test_scales(void) {
    static const char *const closes[] = { "1", "2", "3.5", "4.000000000000000001", "5", "6.25" };
    CHECK(last_value("sum(close, 3)", closes, 3) == 6.5);
    CHECK(last_value("sum(close, 4) - 10.5", closes, 4) == 0); /* the double nearest to 10.500000000000000001 */
    CHECK(last_value("sum(close - close[1], 1)", closes, 4) == 0.500000000000000001);
    CHECK(last_value("sma(close, 6)", closes, 6) == 21.75 / 6);
    CHECK(last_value("close[5]", closes, 6) == 1);
    static const char *const wide[] = { "123456789.000000000000000001", "123456790.000000000000000001",
                                        "123456791.000000000000000001", "123456792.000000000000000001",
                                        "123456793.000000000000000001" };
    CHECK(last_value("variance(close, 5)", wide, 5) == 2); /* squares of 180 bits */
    CHECK(last_value("stdev(close, 4)", wide, 5) == sqrt(1.25));
    CHECK(last_value("slope(close, 5)", wide, 5) == 1);
    CHECK(last_value("linreg(close, 5)", wide, 5) == 123456793);
    CHECK(last_value("wma(close - close[2], 3)", wide, 5) == 2);
    struct run run;
    CHECK(run_start(&run, "v = sma(close, 2)\nplot v") == 0);
    struct r3_candle big = flat_candle(0, "123456789012345678901234567890"),
                     fine = flat_candle(1, "0.000000000000000001");
    CHECK(r3_rules_step(run.block, run.state, &big, &run.error) <
          0); /* no room for exact sums: an error, not a wrong sum */
    CHECK_INT(run.error.status, R3_DATA);
    r3_rules_start(run.rules, run.state);
    big = flat_candle(0, "12345678901234567890");
    CHECK(r3_rules_step(run.block, run.state, &big, &run.error) == 0);
    CHECK(r3_rules_step(run.block, run.state, &fine, &run.error) < 0);
    CHECK_TEXT(run.error.text, "close: too many digits, beside the greatest value so far, for exact sums");
    run_end(&run);
}

int main(void) {
    test_vectors();
    test_quotient();
    test_ties();
    test_binary_windows();
    test_binary_grid();
    test_undefined();
    test_scales();
    return check_done();
}
