/* The rule language: what it says to wrong rules, what right ones mean, coarser timeframes, and the state block. */
#include <math.h>

#include "lib/strategy/functions.h"
#include "tests/unit/candles.h"
#include "tests/unit/check.h"

static struct r3_candle candles[CANDLES_MAX];

static void wrong(const char *text, const char *message) {
    struct r3_rules *rules = NULL;
    struct r3_error error = { 0 };
    int result = r3_rules_compile(&rules, "mine.rules", text, strlen(text), NULL, 0, &error);
    CHECK(result < 0);
    CHECK_INT(error.status, R3_DATA);
    CHECK_TEXT(error.text, message);
    if (result == 0)
        r3_rules_free(rules);
}

static void test_errors(void) {
    wrong("", "mine.rules: defines neither long, short or flat, nor a plot");
    wrong("a = 1", "mine.rules: defines neither long, short or flat, nor a plot");
    wrong("long = close", "mine.rules:1:1: long wants a truth value, this is a number");
    wrong("stop = close > 1\nlong = true", "mine.rules:1:1: stop wants a number, this is a truth value");
    wrong("a = 1\nb = 2\nlong = sma(close > 1, 3) > 1", "mine.rules:3:18: sma wants a number, this is a truth value");
    wrong("long = close + true > 1", "mine.rules:1:16: + wants a number, this is a truth value");
    wrong("long = close and true", "mine.rules:1:8: and wants a truth value, this is a number");
    wrong("long = not close", "mine.rules:1:12: not wants a truth value, this is a number");
    wrong("long = (close ? 1 : 2) > 1", "mine.rules:1:9: ? : wants a truth value, this is a number");
    wrong("long = true ? 1 : false", "mine.rules:1:19: ? : wants a number, this is a truth value");
    wrong("long = true == 1", "mine.rules:1:16: the comparison wants a truth value, this is a number");
    wrong("long = 1 < close < 2", "mine.rules:1:18: comparisons do not chain: join them with \"and\"");
    wrong("long = fast > 1", "mine.rules:1:8: fast is not defined above this line");
    wrong("long = a > 1\na = 2", "mine.rules:1:8: a is not defined above this line");
    wrong("a = a + 1", "mine.rules:1:5: a is not defined above this line");
    wrong("long = foo(1) > 1", "mine.rules:1:8: foo is not defined: there is no such function");
    wrong("a = 1\nlong = a(1) > 1", "mine.rules:2:8: a is a name, not a function");
    wrong("a = 1\na = 2", "mine.rules:2:1: a is defined twice");
    wrong("close = 1", "mine.rules:1:1: close has its meaning already: choose another name");
    wrong("sma = 1", "mine.rules:1:1: sma has its meaning already: choose another name");
    wrong("at = 1", "mine.rules:1:1: at has its meaning already: choose another name");
    wrong("param long = 1", "mine.rules:1:7: long is what the rules answer, not a param");
    wrong("param n = close", "mine.rules:1:11: a number expected, not \"close\"");
    wrong("and = 1", "mine.rules:1:1: a name expected, not \"and\"");
    wrong("long = sma(close, 0) > 1", "mine.rules:1:19: sma wants a whole number from 1 to 5000 for n, not 0");
    wrong("long = sma(close, 2.5) > 1", "mine.rules:1:19: sma wants a whole number from 1 to 5000 for n, not 2.5");
    wrong("long = sma(close, 5001) > 1", "mine.rules:1:19: sma wants a whole number from 1 to 5000 for n, not 5001");
    wrong("long = sma(close, volume) > 1",
          "mine.rules:1:19: sma wants a constant for n: a number, a param, or made of these");
    wrong("long = sma(close) > 1", "mine.rules:1:8: sma wants its n: sma(number x, length n)");
    wrong("long = sma > 1", "mine.rules:1:8: sma wants its x: sma(number x, length n)");
    wrong("long = sma(close, 2, 3) > 1", "mine.rules:1:22: too many arguments: sma(number x, length n)");
    wrong("long = close(1) > 1", "mine.rules:1:14: too many arguments: close()");
    wrong("long = close[-1] > 1",
          "mine.rules:1:14: [n] wants a whole number from 0 to 5000, not -1: nothing looks ahead");
    wrong("long = close[0.5] > 1",
          "mine.rules:1:14: [n] wants a whole number from 0 to 5000, not 0.5: nothing looks ahead");
    wrong("long = close[volume] > 1", "mine.rules:1:14: [n] wants a constant: a number, a param, or made of these");
    wrong("long = (close > 1", "mine.rules:1:18: \")\" expected, and the line ends");
    wrong("long = close >", "mine.rules:1:15: a value expected, and the line ends");
    wrong("long = close > 1 2", "mine.rules:1:18: the end of the line expected, not \"2\"");
    wrong("long = close $ 1", "mine.rules:1:14: '$' means nothing here");
    wrong("long = @sma(close, 3) > 1", "mine.rules:1:8: '@' means nothing here");
    wrong("long = ta.sma(close, 3) > 1", "mine.rules:1:10: '.' means nothing here: Pine's ta.sma is sma");
    wrong("long = close > 1 && true", "mine.rules:1:18: '&' means nothing here: write and");
    wrong("long = !true", "mine.rules:1:8: '!' means nothing here: write not");
    wrong("long = true // yes", "mine.rules:1:13: '//' means nothing here: a comment begins with #");
    wrong("x := 1", "mine.rules:1:3: ':=' means nothing here: a name is defined once, with =");
    wrong("long = nz(close > open, 3)", "mine.rules:1:25: nz wants a truth value, this is a number");
    wrong("long = nz(close, true) > 1", "mine.rules:1:18: nz wants a number, this is a truth value");
    wrong("long = \x01", "mine.rules:1:8: the byte 0x01 means nothing here");
    wrong("long = 10x > 1", "mine.rules:1:8: not a number: \"10x\"");
    wrong("long = 1e999 > 1", "mine.rules:1:8: not a number: \"1e999\"");
    wrong("long = at(\"4H, close) > 1", "mine.rules:1:11: the quote is not closed");
    wrong("long = at(\"4X\", close) > 1", "mine.rules:1:11: not a timeframe: \"4X\"");
    wrong("long = at(close, close) > 1", "mine.rules:1:8: at wants a timeframe and an expression: at(\"4H\", close)");
    wrong("long = at(\"4H\") > 1", "mine.rules:1:8: at wants a timeframe and an expression: at(\"4H\", close)");
    wrong("long = at(\"4H\", at(\"1D\", close)) > 1", "mine.rules:1:17: at inside at");
    wrong("a = at(\"4H\", close)\nlong = at(\"1D\", a) > 1", "mine.rules:1:5: at inside at");
    wrong("long = \"4H\" > 1", "mine.rules:1:8: a text stands only in at(\"4H\", …)");
    wrong("plot nothing", "mine.rules:1:6: nothing is not defined above this line");
    wrong("plot", "mine.rules:1:5: a name expected, and the line ends");
    wrong("long true", "mine.rules:1:6: \"=\" expected, not \"true\"");
}

static void test_depth(void) {
    static char text[R3_RULES_TEXT_MAX + 100];
    struct r3_rules *rules;
    struct r3_error error;
    size_t length = (size_t)snprintf(text, sizeof text, "long = ");
    memset(text + length, '(', 30000);
    CHECK(r3_rules_compile(&rules, "t", text, length + 30000, NULL, 0, &error) < 0);
    CHECK(strstr(error.text, "too deep") != NULL);
    memset(text + length, '-', 30000);
    CHECK(r3_rules_compile(&rules, "t", text, length + 30000, NULL, 0, &error) < 0);
    for (size_t i = length; i + 1 < 60000; i += 2)
        memcpy(text + i, "1+", 2);
    CHECK(r3_rules_compile(&rules, "t", text, 60000, NULL, 0, &error) < 0);
    CHECK(strstr(error.text, "too long") != NULL);
    memset(text, ' ', sizeof text);
    CHECK(r3_rules_compile(&rules, "t", text, sizeof text, NULL, 0, &error) < 0);
    CHECK_TEXT(error.text, "t: more than 65536 bytes");
    /* names that build on each other are no depth, until at() has to go down them all */
    length = (size_t)snprintf(text, sizeof text, "a0 = close\n");
    for (int i = 1; i <= 2000; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "a%d = a%d + 1\n", i, i - 1);
    size_t plain = length + (size_t)snprintf(text + length, sizeof text - length, "long = a2000 > 1\n");
    CHECK(r3_rules_compile(&rules, "t", text, plain, NULL, 0, &error) == 0);
    r3_rules_free(rules);
    plain = length + (size_t)snprintf(text + length, sizeof text - length, "long = at(\"4H\", a2000) > 1\n");
    CHECK(r3_rules_compile(&rules, "t", text, plain, NULL, 0, &error) < 0);
    length = 0;
    for (int i = 0; i < 1200; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "b%d = sma(close[%d], 4999)\nplot b%d\n", i, i, i);
    CHECK(r3_rules_compile(&rules, "t", text, length, NULL, 0, &error) < 0);
    CHECK_TEXT(error.text, "t: the lengths are too great: more than 64 MiB of history");
}

static double constant(const char *expression) {
    char text[512];
    double value = NAN;
    struct run run;
    snprintf(text, sizeof text, "v = %s\nplot v", expression);
    struct r3_candle candle = flat_candle(0, "5");
    if (run_start(&run, text) < 0) {
        fprintf(stderr, "%s: %s\n", expression, run.error.text);
        return NAN;
    }
    CHECK(r3_rules_step(run.block, run.state, &candle, &run.error) == 0);
    bool ready = r3_rules_plot_value(run.block, 0, 0, &value);
    run_end(&run);
    return ready ? value : NAN;
}

/* An arithmetic expression over the prices C, H and L and some constants, written to text; its end. */
static char *random_expression(char *text, int depth) {
    static const char *const constants[] = { "1", "2", "3", "7", "0.5", "-4", "256", "1.25" };
    static uint64_t seed = 88172645463325252U;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    unsigned kind = (unsigned)(seed >> 20) % (depth ? 6 : 1), which = (unsigned)(seed >> 40);
    *text++ = '(';
    if (kind == 0) {
        *text++ = "CHL"[which % 3];
    } else if (kind == 1) {
        *text++ = '-';
        text = random_expression(text, depth - 1);
    } else if (kind == 2) {
        text = stpcpy(text, constants[which % 8]);
        *text++ = '*';
        text = random_expression(text, depth - 1);
    } else {
        text = random_expression(text, depth - 1);
        *text++ = "+-*/"[which % 4];
        if (which % 4 < 2)
            text = random_expression(text, depth - 1);
        else
            text = stpcpy(text, constants[which / 4 % 8]);
    }
    *text++ = ')';
    return text;
}

/* Prices and their multiples and fractions are computed in integers, constants in doubles: an expression over prices is what it
 * is over the prices' numbers. Many stand in one text, as equal ones are computed once, and no others may be. */
static void test_arithmetic(void) {
    static const char *const names[] = { "close", "high", "low" }, *const numbers[] = { "5", "8.75", "3.1" };
    enum { EXPRESSIONS = 40 };
    for (int round = 0; round < 25; round++) {
        struct r3_buffer text = R3_BUFFER_INIT;
        for (int i = 0; i < EXPRESSIONS; i++) {
            char expression[4096];
            *random_expression(expression, 1 + i % 4) = '\0';
            for (int side = 0; side < 2; side++) {
                r3_buffer_printf(&text, "%c%d = ", "xy"[side], i);
                for (const char *at = expression; *at; at++) {
                    if (*at == 'C' || *at == 'H' || *at == 'L')
                        r3_buffer_append_text(&text, (side ? numbers : names)[*at == 'C' ? 0 : *at == 'H' ? 1 : 2]);
                    else
                        r3_buffer_append(&text, at, 1);
                }
                r3_buffer_printf(&text, "\nplot %c%d\n", "xy"[side], i);
            }
        }
        struct run run;
        CHECK(run_start(&run, text.data) == 0);
        struct r3_candle candle = flat_candle(0, "5");
        candle.high = decimal_of("8.75", 4);
        candle.low = decimal_of("3.1", 3);
        CHECK(r3_rules_step(run.block, run.state, &candle, &run.error) == 0);
        for (size_t i = 0; i < EXPRESSIONS; i++) {
            double x = 0, y = 1;
            CHECK(r3_rules_plot_value(run.block, 0, 2 * i, &x));
            CHECK(r3_rules_plot_value(run.block, 0, 2 * i + 1, &y));
            CHECK(fabs(x - y) <= 1e-9 + 1e-12 * fabs(y));
        }
        run_end(&run);
        r3_buffer_release(&text);
    }
}

static void test_expressions(void) {
    CHECK(constant("1 + 2 * 3") == 7);
    CHECK(constant("(1 + 2) * 3") == 9);
    CHECK(constant("2 - 3 - 4") == -5);
    CHECK(constant("-2 * -3 + +1") == 7);
    CHECK(constant("7 % 4 + 8 / 2 / 2") == 5);
    CHECK(constant("-7 % 4") == -3);
    CHECK(constant("1 < 2 and 2 >= 2 or 1 == 2 ? 10 : 20") == 10);
    CHECK(constant("not 1 > 2 ? 1 : 0") == 1);
    CHECK(constant("not (true and false) == true ? 1 : 0") == 1);
    CHECK(constant("true or false and false ? 1 : 0") == 1);
    CHECK(constant("false ? 1 : true ? 2 : 3") == 2);
    CHECK(constant("1 !=\n 2 ?\n 5 :\n 6") == 5);
    CHECK(constant("max(1,\n  7, # the greatest\n  3)") == 7);
    CHECK(constant("min(4, 2, 3) + max(1, 2)") == 4);
    CHECK(constant("round(2.5) + round(-2.5) + floor(-0.5) + ceil(0.2) + sign(-3)") == -1);
    CHECK(constant("abs(-2) + sqrt(9) + pow(2, 10) + exp(0)") == 1030);
    CHECK(constant("1.5e3 + .5 + 2E-1") == 1500.7);
    CHECK(constant("close / 2 + close / 4") == 3.75);
    CHECK(constant("true") == 1);
    CHECK(constant("nz(close[1], 3)") == 3);
    CHECK(constant("nz(close > close[1]) ? 1 : 2") == 2);
    CHECK(constant("ready(close[1]) ? 1 : 0") == 0);
    CHECK(isnan(constant("close[1] > 1")));
    CHECK(isnan(constant("close[1] > 1 or true")));
    CHECK(isnan(constant("false and close[1] > 1")));
    CHECK(isnan(constant("close[1] > 1 ? 1 : 2")));
    CHECK(constant("true ? close : close[1]") == 5);
    CHECK(constant("close[0]") == 5);
    CHECK(constant("hour + minute + weekday * 100 + day * 1000 + month * 10000") == 11100); /* Monday, 1 January 2024 */
    CHECK(constant("3[7]") == 3);
    struct run run;
    CHECK(run_start(&run, "\xef\xbb\xbf# by a Windows editor\r\nlong = \\\r\n") < 0);
    CHECK_TEXT(run.error.text, "t.rules:2:8: '\\' means nothing here");
    CHECK(run_start(&run, "\xef\xbb\xbf# by a Windows editor\r\nlong = close >\r\n 1\r\n") == 0);
    run_end(&run);
    CHECK(constant("open + high + low + close - 4 * close + volume") == 1);
    CHECK(constant("(close * 3 - close / 2) / -5") == -2.5);
}

/* Equal sub-expressions share a cell and a state. */
static void test_sharing(void) {
    struct run one, two, other;
    CHECK(run_start(&one, "long = sma(close, 100) > 1") == 0);
    CHECK(run_start(&two, "a = sma(close, 50 * 2)\nlong = sma(close, 100) > 1 and a > 0 + 1") == 0);
    CHECK(run_start(&other, "long = sma(close, 100) > sma(close, 99)") == 0);
    CHECK(r3_rules_state_size(two.rules) < r3_rules_state_size(one.rules) + 200);
    CHECK(r3_rules_state_size(other.rules) > r3_rules_state_size(one.rules) + 1500);
    run_end(&one);
    run_end(&two);
    run_end(&other);
    CHECK(run_start(&one, "a = close\nplot a, close, a\nplot close") == 0); /* plotted once each */
    CHECK_INT(r3_rules_plots(one.rules), 2);
    run_end(&one);
    CHECK(run_start(&one, "unused = sma(close, 5000)\nlong = true") == 0); /* what nothing needs costs nothing */
    CHECK(r3_rules_state_size(one.rules) < 1000);
    run_end(&one);
}

static void test_settings(void) {
    const char *text = "param n = 3\nparam level = -1.5\nv = sma(close, n) + level\nplot v";
    const char *const good[] = { "n=2", "level=0.25" }, *const unknown[] = { "m=2" }, *const bad[] = { "n=two" },
                      *const twice[] = { "n=2", "n=3" }, *const bare[] = { "n" }, *const range[] = { "n=0" };
    struct r3_rules *plain, *set;
    struct r3_error error = { 0 };
    size_t length = strlen(text);
    CHECK(r3_rules_compile(&plain, "t", text, length, NULL, 0, &error) == 0);
    CHECK(r3_rules_compile(&set, "t", text, length, good, 2, &error) == 0);
    CHECK(r3_rules_hash(plain) != r3_rules_hash(set));
    struct r3_buffer out = R3_BUFFER_INIT;
    r3_rules_describe(set, &out);
    CHECK(strstr(out.data, "  n                2  (set)\n") != NULL);
    CHECK(strstr(out.data, "  level            0.25  (set)\n") != NULL);
    CHECK(strstr(out.data, "Warm-up:\n  1 candles\n") != NULL);
    r3_buffer_release(&out);
    r3_rules_free(plain);
    r3_rules_free(set);
    CHECK(r3_rules_compile(&set, "t", text, length, unknown, 1, &error) < 0 && error.status == R3_USAGE);
    CHECK_TEXT(error.text, "--set m=2: t has no such param; it has n level");
    CHECK(r3_rules_compile(&set, "t", text, length, bad, 1, &error) < 0 && error.status == R3_USAGE);
    CHECK(r3_rules_compile(&set, "t", text, length, twice, 2, &error) < 0 && error.status == R3_USAGE);
    CHECK_TEXT(error.text, "--set n is given twice");
    CHECK(r3_rules_compile(&set, "t", text, length, bare, 1, &error) < 0 && error.status == R3_USAGE);
    CHECK_TEXT(error.text, "--set n: NAME=NUMBER expected");
    CHECK(r3_rules_compile(&set, "t", text, length, range, 1, &error) < 0 && error.status == R3_DATA);
}

static bool same_rules(const char *one, const char *other) {
    struct run a, b;
    CHECK(run_start(&a, one) == 0);
    CHECK(run_start(&b, other) == 0);
    bool same = r3_rules_meaning(a.rules) == r3_rules_meaning(b.rules);
    CHECK((r3_rules_hash(a.rules) == r3_rules_hash(b.rules)) == same);
    run_end(&a);
    run_end(&b);
    return same;
}

/* What may change under a session that runs, and what may not. */
static void test_meaning(void) {
    const char *text = "param n = 3\nlong = sma(close, n) > 1\nflat = close < 1";
    CHECK(same_rules(
        text, "# a title\n\n\nparam n=3 # three\n\n  long = sma( close,n ) > 1\r\n#\nflat = close < 1\n\n# end"));
    CHECK(same_rules(text, "param n = 3\nlong = sma(close,\n  n) >\n 1\nflat = close < 1\n"));
    CHECK(!same_rules(text, "param n = 4\nlong = sma(close, n) > 1\nflat = close < 1"));
    CHECK(!same_rules(text, "param n = 3\nlong = ema(close, n) > 1\nflat = close < 1"));
    CHECK(!same_rules(text, "param n = 3\nlong = sma(close, n) > 11\nflat = close < 1"));
    CHECK(!same_rules(text, "param n = 3\nlong = sma(close, n) > 1\nflat = close <= 1"));
    CHECK(!same_rules(text, "param n = 3\nflat = close < 1\nlong = sma(close, n) > 1"));
    CHECK(!same_rules(text, "param n = 3\nlong = sma(close, n) > 1"));
    CHECK(!same_rules("ab = close\nlong = ab > 1", "a = close\nb = close\nlong = b > 1"));
    CHECK(!same_rules("long = at(\"1H\", close) > 1", "long = at(\"4H\", close) > 1"));
}

/* A condition that stays true is one signal. */
static void test_turned(void) {
    static const char *const closes[] = { "1", "3", "4", "1", "5", "5", "0" };
    static const bool turns[] = { false, true, false, false, true, false, false };
    struct run run;
    CHECK(run_start(&run, "long = close > 2 and close[1] > 0\nflat = close < 2") == 0);
    for (int k = 0; k < 7; k++) {
        struct r3_candle candle = flat_candle(k, closes[k]);
        CHECK(r3_rules_step(run.block, run.state, &candle, &run.error) == 0);
        CHECK_INT(r3_rules_turned(run.block)[0] >> R3_RULES_LONG & 1, turns[k]);
        CHECK_INT(r3_rules_turned(run.block)[0] >> R3_RULES_FLAT & 1, k == 0 || k == 3 || k == 6);
        CHECK_INT(r3_rules_turned(run.block)[0] >> R3_RULES_SHORT & 1, false);
    }
    run_end(&run);
}

/* at() shows the last completed coarser candle, from the close of its last part on, and never one in the making. */
static void test_coarser(void) {
    static struct r3_candle fine[CANDLES_MAX];
    struct run run;
    int count = read_candles(fine, CANDLES_MAX, "btcusd-bitstamp-2013_5m.csv", R3_5m);
    int hours = read_candles(candles, CANDLES_MAX, "btcusd-bitstamp-2013_1H.csv", R3_1H);
    CHECK(
        run_start(
            &run,
            "a = sma(close, 3)\no = at(\"1H\", open)\nh = at(\"1H\", high)\nl = at(\"1H\", low)\nc = at(\"1H\", close)\n"
            "v = at(\"1H\", volume)\ns = at(\"1H\", a)\np = at(\"1H\", close[1])\nplot o, h, l, c, v, s, p") == 0);
    CHECK(r3_rules_check_timeframe(run.rules, R3_5m, &run.error) == 0);
    CHECK(r3_rules_check_timeframe(run.rules, R3_1H, &run.error) == 0);
    CHECK(r3_rules_check_timeframe(run.rules, R3_4H, &run.error) < 0);
    CHECK_TEXT(run.error.text, "t.rules:2:5: at(\"1H\", …) cannot be made of 4H candles");
    int hour = -1, wrong_values = 0;
    for (int k = 0; k < count; k++) {
        CHECK(r3_rules_step(run.block, run.state, &fine[k], &run.error) == 0);
        while (hour + 1 < hours && fine[k].time + 5 * R3_MINUTE >= candles[hour + 1].time + R3_HOUR)
            hour++; /* complete as of this candle's close */
        double value = 0;
        if (hour < 0) {
            wrong_values += r3_rules_plot_value(run.block, 0, 0, &value);
            continue;
        }
        const struct r3_candle *want = &candles[hour];
        const struct r3_decimal *members[] = { &want->open, &want->high, &want->low, &want->close, &want->volume };
        for (size_t i = 0; i < 5; i++)
            wrong_values += !r3_rules_plot_value(run.block, 0, i, &value) ||
                            fabs(value / r3_decimal_to_double(members[i]) - 1) > 1e-12;
        bool ready = r3_rules_plot_value(run.block, 0, 5, &value);
        double sum = 0;
        for (int i = 0; i < 3 && hour >= 2; i++)
            sum += r3_decimal_to_double(&candles[hour - i].close);
        wrong_values += hour < 2 ? ready : !ready || fabs(value / (sum / 3) - 1) > 1e-12;
        ready = r3_rules_plot_value(run.block, 0, 6, &value);
        wrong_values += hour < 1 ? ready : value != r3_decimal_to_double(&candles[hour - 1].close);
    }
    CHECK(hour > 150);
    CHECK_INT(wrong_values, 0);
    run_end(&run);
}

/* A stream that begins inside an interval, and one with holes at an interval's end. */
static void test_coarser_edges(void) {
    struct run run;
    double value = 0;
    CHECK(run_start(&run, "c = at(\"4H\", close)\nplot c") == 0);
    static const struct {
        int hour;
        const char *close;
        double want; /* 0: not ready */
    } steps[] = { { 2, "1", 0 },  { 3, "2", 0 },  { 4, "3", 0 },  { 5, "4", 0 }, { 8, "5", 4 },
                  { 11, "6", 6 }, { 12, "7", 6 }, { 21, "8", 7 }, { 30, "9", 8 } };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct r3_candle candle = flat_candle(steps[i].hour, steps[i].close);
        CHECK(r3_rules_step(run.block, run.state, &candle, &run.error) == 0);
        bool ready = r3_rules_plot_value(run.block, 0, 0, &value);
        CHECK(steps[i].want == 0 ? !ready : ready && value == steps[i].want);
    }
    run_end(&run);
    static const struct {
        enum r3_timeframe fine;
        const char *coarse;
        bool nests;
    } pairs[] = { { R3_1m, "1M", true },  { R3_1W, "1M", false }, { R3_1D, "1W", true }, { R3_8H, "12H", false },
                  { R3_6H, "12H", true }, { R3_3m, "5m", false }, { R3_1M, "1M", true }, { R3_1D, "1H", false },
                  { R3_1M, "1W", false }, { R3_12H, "1W", true } };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "c = at(\"%s\", close)\nplot c", pairs[i].coarse);
        CHECK(run_start(&run, text) == 0);
        CHECK_INT(r3_rules_check_timeframe(run.rules, pairs[i].fine, &run.error) == 0, pairs[i].nests);
        run_end(&run);
    }
}

/* The state is bytes: copied elsewhere in mid-stream, it goes on as if nothing had been. */
static void test_state(void) {
    const char *text =
        "a = sma(close, 7)\nb = highest(high, 9)\nc = at(\"30m\", ema(close, 5))\nd = valuewhen(crossover(close, a), low)\n"
        "e = supertrend(3, 10)\nf = sma(rsi(close, 14), 5)\ng = vwap\nlong = crossover(close, a)\nplot a, b, c, d, e, f, g";
    struct run run;
    int count = read_candles(candles, 600, "btcusd-bitstamp-2013_5m.csv", R3_5m);
    CHECK(run_start(&run, text) == 0);
    size_t size = r3_rules_state_size(run.rules);
    void *copy = r3_allocate(size);
    for (int k = 0; k < count; k++) {
        if (k == 300)
            memcpy(copy, run.state, size);
        CHECK(r3_rules_step(run.block, run.state, &candles[k], &run.error) == 0);
    }
    CHECK(r3_rules_state_matches(run.rules, copy, size));
    CHECK(!r3_rules_state_matches(run.rules, copy, size - 1));
    struct r3_rules *again;
    CHECK(r3_rules_compile(&again, "t.rules", text, strlen(text), NULL, 0, &run.error) == 0);
    CHECK(r3_rules_state_matches(again, copy, size));
    struct r3_rules_block *block = r3_rules_block_new(again);
    for (int k = 300; k < count; k++)
        CHECK(r3_rules_step(block, copy, &candles[k], &run.error) == 0);
    for (size_t i = 0; i < r3_rules_plots(again); i++) {
        double x = 0, y = 1;
        CHECK(r3_rules_plot_value(run.block, 0, i, &x) && r3_rules_plot_value(block, 0, i, &y));
        CHECK(x == y);
    }
    struct r3_rules *other;
    CHECK(r3_rules_compile(&other, "t.rules", "long = true", 11, NULL, 0, &run.error) == 0);
    CHECK(!r3_rules_state_matches(other, copy, size));
    r3_rules_free(other);
    r3_rules_block_free(block);
    r3_rules_free(again);
    free(copy);
    run_end(&run);
}

/* r3-strategy-rules(5) has each function with its parameters, as the table has them. */
static void test_page(void) {
    static char page[100000];
    FILE *file = fopen("man/r3-strategy-rules.5", "r");
    size_t length = file ? fread(page, 1, sizeof page - 1, file) : 0;
    if (file)
        fclose(file);
    CHECK(length > 0);
    for (const struct r3_function *row = r3_functions; row->name; row++) {
        char heading[256], parameters[128] = "";
        for (const char *at = row->parameters; *at;) { /* "number x, length n = 2" → "x, n = 2" */
            size_t word = *at & 0x80 ? 0 : strcspn(at, " ") + 1, rest = strcspn(at + word, ",");
            snprintf(parameters + strlen(parameters), sizeof parameters - strlen(parameters), "%s%.*s",
                     *parameters ? ", " : "", *at & 0x80 ? 3 : (int)rest, *at & 0x80 ? "..." : at + word);
            at += word + rest;
            at += *at ? 2 : 0;
        }
        if (*parameters)
            snprintf(heading, sizeof heading, "\n.It Li \"%s(%s)\"\n", row->name, parameters);
        else
            snprintf(heading, sizeof heading, "%s", row->name);
        check_that(strstr(page, heading) != NULL, heading, 0, "is in the page");
    }
}

int main(void) {
    test_page();
    test_errors();
    test_depth();
    test_arithmetic();
    test_expressions();
    test_sharing();
    test_settings();
    test_meaning();
    test_turned();
    test_coarser();
    test_coarser_edges();
    test_state();
    return check_done();
}
