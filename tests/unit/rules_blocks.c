/* However a stream is cut into blocks, rules answer the same to the bit: every function of the language and every bundled strategy,
 * on real candles and on made ones, a record at a time, one candle at a time, in blocks of odd sizes, and in whole ones. */
#include <glob.h>

#include "tests/unit/calls.h"
#include "tests/unit/candles.h"
#include "tests/unit/check.h"

enum { COUNT = 2100 };

static int64_t times[COUNT], opens[COUNT], highs[COUNT], lows[COUNT], closes[COUNT], volumes[COUNT];
static struct r3_candles made = { .platform = "csv",
                                  .market = "BTC-USD",
                                  .time = times,
                                  .open = opens,
                                  .high = highs,
                                  .low = lows,
                                  .close = closes,
                                  .volume = volumes };

static uint64_t seed;
static int64_t draw(int64_t below) { /* xorshift64, Marsaglia 2003 */
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed >> 1) % below;
}

static int64_t power(int exponent) {
    int64_t value = 1;
    while (exponent-- > 0)
        value *= 10;
    return value;
}

static void put(size_t i, int64_t open, int64_t close, int64_t spread, int64_t volume) {
    opens[i] = open;
    closes[i] = close;
    highs[i] = (open > close ? open : close) + (spread ? draw(spread) : 0);
    lows[i] = (open < close ? open : close) - (spread ? draw(spread) : 0);
    lows[i] = lows[i] < 1 ? 1 : lows[i];
    volumes[i] = volume;
}

/* A real file, at eight digits whatever its own. */
static void read_real(const char *name, enum r3_timeframe timeframe) {
    static struct r3_candle candles[COUNT];
    int count = read_candles(candles, COUNT, name, timeframe);
    made.timeframe = timeframe;
    made.price_scale = made.volume_scale = 8;
    made.count = (size_t)count;
    for (int i = 0; i < count; i++) {
        const struct r3_candle *candle = &candles[i];
        const struct r3_decimal *const members[] = { &candle->open, &candle->high, &candle->low, &candle->close,
                                                     &candle->volume };
        int64_t *const columns[] = { opens, highs, lows, closes, volumes };
        times[i] = candle->time;
        for (int k = 0; k < 5; k++)
            columns[k][i] = (int64_t)members[k]->coefficient * power(8 - members[k]->scale);
    }
}

enum { WALK, GAPS, FINER, HUGE_PRICES, ONCE_HUGE, TINY, FLAT, GROWING, MADE };
static const char *const made_names[] = { "walk", "gaps", "finer", "huge", "once huge", "tiny", "flat", "growing" };

static void make(int kind) {
    int64_t time = 1704067200000 + 7 * 5 * (int64_t)R3_MINUTE, price = kind == FLAT ? 100 : 4000000;
    made.timeframe = R3_5m;
    made.count = COUNT;
    made.price_scale = (const int32_t[]) { 2, 2, 8, 2, 4, 18, 1, 8 }[kind];
    made.volume_scale = (const int32_t[]) { 3, 3, 6, 1, 2, 0, 0, 8 }[kind];
    seed = 88172645463325252U + (uint64_t)kind;
    for (size_t i = 0; i < COUNT; i++) {
        int64_t open = price, unit = 1, factor = 1, volume = draw(1000000), spread = 500;
        price += draw(2001) - 1000;
        switch (kind) {
        case GAPS:
            time += draw(7) ? 0 : (1 + draw(90)) * 5 * (int64_t)R3_MINUTE;
            break;
        case FINER: /* more digits now and then, and always more candles that do not need them */
            unit = power(8 - (i < 60 ? 0 : i < 300 ? 1 : i < 900 ? 3 : i < 1100 ? 5 : 8));
            factor = 1000000;
            volume *= i < 1500 ? 1000000 : 1;
            break;
        case HUGE_PRICES:
            factor = 1000000000000;
            volume *= 1000000000000;
            break;
        case ONCE_HUGE:
            factor = i > 1000 && i < 1050 ? 1000000000000 : 1;
            break;
        case FLAT: /* ties, and no volume */
            price = open + (draw(3) && (i < 500 || i > 1300) ? 0 : draw(3) - 1);
            spread = i > 1700 ? 2 : 0;
            volume = draw(2) ? 0 : draw(4);
            break;
        case GROWING: /* past what 53 and 64 bits hold of sums, squares and slopes */
            factor = power((int)(i / 200));
            break;
        default:
            break;
        }
        times[i] = time;
        put(i, open * factor / unit * unit, (price * factor + (unit < factor ? draw(factor) : 0)) / unit * unit, spread,
            volume);
        time += 5 * (int64_t)R3_MINUTE;
    }
}

/* All that rules said of the candles of a stream: doubles as their bits, 1 for not ready. */
struct said {
    uint64_t *words;
    size_t count, candles;
    char error[sizeof((struct r3_error *)0)->text];
};

static void say(struct said *said, bool ready, double value) {
    uint64_t bits = 1;
    if (ready)
        memcpy(&bits, &value, sizeof bits);
    said->words[said->count++] = bits;
}

static void say_block(struct said *said, const struct run *run, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double value = 0;
        for (size_t k = 0; k < r3_rules_plots(run->rules); k++) {
            bool ready = r3_rules_plot_value(run->block, i, k, &value);
            say(said, ready, value);
        }
        for (int k = 0; k < R3_RULES_OUTPUTS; k++) {
            bool ready = r3_rules_value(run->block, i, (enum r3_rules_output)k, &value);
            say(said, ready, value);
        }
        said->words[said->count++] = r3_rules_turned(run->block)[i];
    }
    said->candles += count;
}

/* `size` 0: as records; -1: sizes at random. */
static void run_all(struct said *said, struct run *run, int size) {
    said->count = said->candles = 0;
    *said->error = '\0';
    r3_rules_start(run->rules, run->state);
    while (said->candles < made.count && !*said->error) {
        size_t from = said->candles, left = made.count - from, count = 1;
        size_t want = size == 0 ? 1 : size > 0 ? (size_t)size : (size_t)draw(70) + 1;
        struct r3_record record;
        int result;
        if (size == 0) {
            r3_record_init(&record, R3_CANDLE);
            r3_candles_record(&made, from, &record);
            result = r3_rules_step(run->block, run->state, &record.candle, &run->error);
        } else {
            result = r3_rules_candles(run->block, run->state, &made, from, from + (want < left ? want : left), &count,
                                      &run->error);
        }
        if (result < 0)
            snprintf(said->error, sizeof said->error, "%s", run->error.text);
        else
            say_block(said, run, count);
    }
}

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
    run_all(&want, &run, 0);
    size_t size = r3_rules_state_size(run.rules);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        run_all(&got, &run, sizes[i]);
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
