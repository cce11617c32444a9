/* However a stream is cut into blocks, rules answer the same to the bit: every function of the language and every bundled strategy,
 * on real candles and on made ones, a record at a time, one candle at a time, in blocks of odd sizes, and in whole ones. */
#include <glob.h>

#include "tests/unit/calls.h"
#include "tests/unit/check.h"
#include "tests/unit/streams.h"

static void compare(const char *data, const char *text) {
    static const int sizes[] = { 1, -1, 17, 511, R3_CANDLES_MAX };
    struct run run;
    struct said want, got;
    if (run_start(&run, text) < 0) {
        check_text(run.error.text, "", text, 0);
        return;
    }
    if (r3_rules_check_timeframe(run.rules, made.timeframe, &run.error) < 0) {
        run_end(&run);
        return;
    }
    size_t words = made.count * (r3_rules_plots(run.rules) + R3_RULES_OUTPUTS + 1);
    want.words = r3_allocate(words * sizeof *want.words);
    got.words = r3_allocate(words * sizeof *got.words);
    run_all(&want, &run, 0, made.count);
    size_t size = r3_rules_state_size(run.rules);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        run_all(&got, &run, sizes[i], made.count);
        bool same = got.candles == want.candles && got.count == want.count && strcmp(got.error, want.error) == 0 &&
                    memcmp(got.words, want.words, want.count * sizeof *want.words) == 0;
        if (!same)
            fprintf(stderr, "%s, %s, blocks of %d: %zu and %zu candles, \"%s\" and \"%s\"\n", data, text, sizes[i],
                    got.candles, want.candles, got.error, want.error);
        check_that(same, data, sizes[i], text);
    }
    CHECK(r3_rules_state_matches(run.rules, run.state, size));
    free(want.words);
    free(got.words);
    run_end(&run);
}

/* What a call of each function does not reach. */
static const char *const more[] = {
    "v = sma(close, 1000)\nw = linreg(close, 700)\nx = variance(close, 300)\nplot v, w, x",
    "v = sma(rsi(close, 5), 9)\nw = wma(1 / (close - open), 2)\nx = stdev(1 / (close - open), 2)\nplot v, w, x",
    "v = highest(1 / (close - open), 3)\nw = highestbars(1 / (close - open), 3)\nx = ema(1 / (close - open), 3)\nplot v, w, x",
    "v = close[600]\nw = (close - open)[3][4]\nx = (1 / (close - open))[5]\ny = sma(close[3], 5)\nplot v, w, x, y",
    "v = cci(close, 600)\nw = cci(rsi(close, 5), 20)\nx = sma(close / 7, 5)\ny = slope(volume, 30)\nplot v, w, x, y",
    "v = close > open ? close : close[1]\nw = nz(1 / (close - open), -1)\nx = close[1] > open and not (close == high)\n"
    "plot v, w, x",
    "v = at(\"1H\", open + high + low)\nw = at(\"4H\", ema(hlc3, 9)) - at(\"1H\", variance(close, 4))\n"
    "x = at(\"1D\", atr(3)) + sma(close, 3)\ny = at(\"1H\", volume)\nz = at(\"1H\", hour + day * 100)\nplot v, w, x, y, z",
    "a = at(\"1H\", rsi(close, 3))\nlong = crossover(close, sma(close, 5))\nflat = crossunder(close, sma(close, 5))\n"
    "short = a > 70\nstop = close - atr(14)\ntarget = close + 2\nplot a",
};

static void compare_files(const char *data) {
    glob_t files;
    CHECK_INT(glob("lib/strategies/*.rules", 0, NULL, &files), 0);
    CHECK(files.gl_pathc >= 8);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        static char text[R3_RULES_TEXT_MAX];
        FILE *file = fopen(files.gl_pathv[i], "r");
        size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
        text[length] = '\0';
        if (file)
            fclose(file);
        CHECK(length > 0);
        compare(data, text);
    }
    globfree(&files);
}

static void compare_all(const char *data) {
    CHECK(made.count > 0);
    for (const struct r3_function *function = r3_functions; function->name; function++) {
        char call[256], text[512];
        write_call(call, sizeof call, function);
        snprintf(text, sizeof text, "v = %s\nplot v", call);
        compare(data, text);
    }
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        compare(data, more[i]);
    compare_files(data);
}

/* Blocks and records one after the other, on one state; a record that 64 bits do not hold in the middle. */
static void test_mixed(void) {
    const char *text =
        "v = sma(close, 7)\nw = close[9]\nx = highest(high, 5)\ny = at(\"1H\", close + volume)\nplot v, w, x, y";
    struct run one, other;
    CHECK(run_start(&one, text) == 0);
    CHECK(run_start(&other, text) == 0);
    make(WALK);
    int wrong = 0;
    for (size_t at = 0, count; at < made.count; at += count) {
        struct r3_record record;
        r3_record_init(&record, R3_CANDLE);
        r3_candles_record(&made, at, &record);
        if (at == 600)
            record.candle.volume = R3_DECIMAL((r3_int128)INT64_MAX * 1000 + 1, 0);
        count = 1;
        if (at % 3 == 0 || at == 600)
            CHECK(r3_rules_step(one.block, one.state, &record.candle, &one.error) == 0);
        else
            CHECK(r3_rules_candles(one.block, one.state, &made, at,
                                   at < 600 && at + 40 > 600 ? 600
                                   : at + 40 < made.count    ? at + 40
                                                             : made.count,
                                   &count, &one.error) == 0);
        for (size_t i = 0; i < count; i++) {
            r3_candles_record(&made, at + i, &record);
            if (at + i == 600)
                record.candle.volume = R3_DECIMAL((r3_int128)INT64_MAX * 1000 + 1, 0);
            CHECK(r3_rules_step(other.block, other.state, &record.candle, &other.error) == 0);
            for (size_t k = 0; k < 4; k++) {
                double a = 0, b = 0;
                bool ready = r3_rules_plot_value(one.block, i, k, &a);
                wrong += r3_rules_plot_value(other.block, 0, k, &b) != ready || (ready && a != b);
            }
        }
    }
    CHECK_INT(wrong, 0);
    run_end(&one);
    run_end(&other);
}

int main(void) {
    read_real("btcusd-bitstamp-2013_1H.csv", R3_1H);
    compare_all("1H");
    read_real("btcusd-bitstamp-2013_5m.csv", R3_5m);
    compare_all("5m");
    for (int kind = 0; kind < MADE; kind++) {
        make(kind);
        compare_all(made_names[kind]);
    }
    test_mixed();
    return check_done();
}
