#include "lib/market/resample.h"

#include <inttypes.h>

#include "lib/market/gap.h"
#include "tests/unit/check.h"

static const int64_t day = INT64_C(1704067200000); /* 2024-01-01, a Monday */

static struct r3_candle candle_at(enum r3_timeframe timeframe, int64_t time, int open, int high, int low, int close,
                                  int volume) {
    struct r3_candle candle = { .market = "BTC-USD", .timeframe = timeframe, .time = time };
    candle.open = R3_DECIMAL(open, 0);
    candle.high = R3_DECIMAL(high, 0);
    candle.low = R3_DECIMAL(low, 0);
    candle.close = R3_DECIMAL(close, 0);
    candle.volume = R3_DECIMAL(volume, 1);
    return candle;
}

static char shown[4096];
static size_t shown_length;

static void show_ready(struct r3_resample *resample) {
    struct r3_candle candle;
    while (r3_resample_take(resample, &candle)) {
        const struct r3_decimal *const values[] = { &candle.open, &candle.high, &candle.low, &candle.close,
                                                    &candle.volume };
        shown_length += (size_t)snprintf(shown + shown_length, sizeof shown - shown_length, "%s+%" PRId64 "m",
                                         r3_timeframe_name(candle.timeframe), (candle.time - day) / R3_MINUTE);
        for (unsigned i = 0; i < 5; i++) {
            char text[R3_DECIMAL_TEXT_SIZE];
            r3_decimal_format(text, values[i]);
            shown_length += (size_t)snprintf(shown + shown_length, sizeof shown - shown_length, " %s", text);
        }
        shown_length += (size_t)snprintf(shown + shown_length, sizeof shown - shown_length, ";");
    }
}

/* Candles of 1m at these minutes of the day, -1 ends; the open is the minute. */
static const char *run(enum r3_timeframe target, const int *minutes, int64_t from, int64_t known_to,
                       struct r3_resample *resample) {
    struct r3_error error = { 0 };
    int64_t end = 0;
    shown_length = 0;
    shown[0] = '\0';
    CHECK_INT(r3_resample_init(resample, R3_1m, target, &error), 0);
    if (from != R3_TIME_ABSENT)
        r3_resample_known_from(resample, from);
    for (; *minutes >= 0; minutes++) {
        struct r3_candle candle = candle_at(R3_1m, day + (int64_t)*minutes * R3_MINUTE, *minutes + 10, *minutes + 20,
                                            *minutes + 1, *minutes + 11, 5);
        CHECK_INT(r3_resample_put(resample, &candle, &error), 0);
        show_ready(resample);
        end = candle.time + R3_MINUTE;
    }
    r3_resample_end(resample, known_to == R3_TIME_ABSENT ? end : known_to);
    show_ready(resample);
    return shown;
}

static int64_t minutes_of(int64_t time) {
    return time == R3_TIME_ABSENT ? -1 : (time - day) / R3_MINUTE;
}

static void test_completeness(void) {
    struct r3_resample resample;
    const int64_t none = R3_TIME_ABSENT;
    static const int six[] = { 0, 1, 2, 3, 4, 5, -1 };
    CHECK_TEXT(run(R3_3m, six, none, none, &resample), "3m+0m 10 22 1 13 1.5;3m+3m 13 25 4 16 1.5;");
    CHECK_INT(minutes_of(resample.dropped_first), -1);
    CHECK_INT(minutes_of(resample.dropped_last), -1);
    /* Begins within an interval, ends within one. */
    static const int middle[] = { 1, 2, 3, 4, 5, 6, -1 };
    CHECK_TEXT(run(R3_3m, middle, none, none, &resample), "3m+3m 13 25 4 16 1.5;");
    CHECK_INT(minutes_of(resample.dropped_first), 0);
    CHECK_INT(minutes_of(resample.dropped_last), 6);
    /* Gaps inside do not matter, at the end of an interval neither, once a later candle shows it. */
    static const int gaps[] = { 0, 2, 3, 6, 7, 8, -1 };
    CHECK_TEXT(run(R3_3m, gaps, none, none, &resample),
               "3m+0m 10 22 1 13 1;3m+3m 13 23 4 14 0.5;3m+6m 16 28 7 19 1.5;");
    /* A whole interval is missing, and the next candle fills its own at once: two come out of one candle. */
    static const int jump[] = { 0, 1, 8, -1 };
    CHECK_TEXT(run(R3_3m, jump, none, none, &resample), "3m+0m 10 21 1 12 1;3m+6m 18 28 9 19 0.5;");
    /* Known from the interval's start, by candles before --from; known to its end, by candles from --to on. */
    static const int inside[] = { 1, 2, 4, -1 };
    CHECK_TEXT(run(R3_3m, inside, none, none, &resample), "");
    CHECK_TEXT(run(R3_3m, inside, day, day + 6 * R3_MINUTE, &resample), "3m+0m 11 22 2 13 1;3m+3m 14 24 5 15 0.5;");
    CHECK_TEXT(run(R3_3m, inside, day + R3_MINUTE, day + 5 * R3_MINUTE, &resample), "");
    CHECK_INT(minutes_of(resample.dropped_first), 0);
    CHECK_INT(minutes_of(resample.dropped_last), 3);
    CHECK_TEXT(run(R3_1m, inside, none, none, &resample),
               "1m+1m 11 21 2 12 0.5;1m+2m 12 22 3 13 0.5;1m+4m 14 24 5 15 0.5;");
    static const int nothing[] = { -1 };
    CHECK_TEXT(run(R3_3m, nothing, none, none, &resample), "");
}

static void test_calendar(void) {
    struct r3_resample resample;
    struct r3_error error = { 0 };
    shown_length = 0;
    CHECK_INT(r3_resample_init(&resample, R3_1D, R3_1M, &error), 0);
    for (int i = 0; i < 31 + 29 + 30; i++) { /* the last day of March is not there */
        struct r3_candle candle = candle_at(R3_1D, day + (int64_t)i * R3_DAY, 10 + i, 200, 1, 10, 10);
        CHECK_INT(r3_resample_put(&resample, &candle, &error), 0);
        show_ready(&resample);
    }
    r3_resample_end(&resample, day + 90 * (int64_t)R3_DAY);
    show_ready(&resample);
    CHECK_TEXT(shown, "1M+0m 10 200 1 10 31;1M+44640m 41 200 1 10 29;");
    CHECK_INT(minutes_of(resample.dropped_last), 60 * 1440);

    shown_length = 0;
    CHECK_INT(r3_resample_init(&resample, R3_12H, R3_1W, &error), 0);
    for (int i = 0; i < 16; i++) {
        struct r3_candle candle = candle_at(R3_12H, day + (int64_t)i * 12 * R3_HOUR, 10 + i, 200, 1, 10, 10);
        CHECK_INT(r3_resample_put(&resample, &candle, &error), 0);
        show_ready(&resample);
    }
    CHECK_TEXT(shown, "1W+0m 10 200 1 10 14;");
}

static void test_nesting(void) {
    static const struct {
        enum r3_timeframe source, target;
        int result;
    } cases[] = {
        { R3_1m, R3_5m, 0 },   { R3_3m, R3_5m, -1 }, { R3_5m, R3_3m, -1 }, { R3_3m, R3_15m, 0 },
        { R3_8H, R3_12H, -1 }, { R3_4H, R3_12H, 0 }, { R3_1D, R3_1W, 0 },  { R3_1W, R3_1M, -1 },
        { R3_1D, R3_1M, 0 },   { R3_1M, R3_1M, 0 },  { R3_1H, R3_1m, -1 }, { R3_1m, R3_1M, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct r3_resample resample;
        struct r3_error error = { 0 };
        CHECK_INT(r3_resample_init(&resample, cases[i].source, cases[i].target, &error), cases[i].result);
        CHECK_INT(error.status, cases[i].result ? R3_USAGE : 0);
    }
}

static void test_volume_overflow(void) {
    struct r3_resample resample;
    struct r3_error error = { 0 };
    struct r3_candle candle = candle_at(R3_1m, day, 1, 1, 1, 1, 1);
    CHECK_INT(r3_decimal_parse(&candle.volume, "9999999999999999999999999999999999", 34, &error), 0);
    CHECK_INT(r3_resample_init(&resample, R3_1m, R3_3m, &error), 0);
    CHECK_INT(r3_resample_put(&resample, &candle, &error), 0);
    candle.time += R3_MINUTE;
    CHECK_INT(r3_resample_put(&resample, &candle, &error), -1);
    CHECK_INT(error.status, R3_DATA);
}

static void test_gaps(void) {
    struct r3_gap gap;
    r3_gap_init(&gap, R3_1m);
    CHECK_INT(r3_gap_step(&gap, day), 0);
    CHECK_INT(r3_gap_step(&gap, day + R3_MINUTE), 0);
    CHECK_INT(r3_gap_step(&gap, day + 5 * R3_MINUTE), 3);
    CHECK_INT(r3_gap_step(&gap, day + 6 * R3_MINUTE), 0);
    CHECK_INT(r3_gap_step(&gap, day + 8 * R3_MINUTE), 1);
    CHECK_INT(gap.gaps, 2);
    CHECK_INT(gap.missing, 4);
    CHECK_INT(gap.first, day + 2 * R3_MINUTE);
    CHECK_INT(gap.first_missing, 3);
    r3_gap_init(&gap, R3_1M);
    CHECK_INT(r3_gap_step(&gap, day), 0);
    CHECK_INT(r3_gap_step(&gap, day + 31 * (int64_t)R3_DAY), 0);
    CHECK_INT(r3_gap_step(&gap, day + (31 + 29 + 31 + 30) * (int64_t)R3_DAY), 2);

    struct r3_candle last = candle_at(R3_1m, day, 1, 4, 1, 3, 5), filler;
    r3_gap_fill(&filler, &last, day + R3_MINUTE);
    CHECK_INT(filler.time, day + R3_MINUTE);
    CHECK_TEXT(filler.market, "BTC-USD");
    CHECK(r3_decimal_equal(&filler.open, &last.close) && r3_decimal_equal(&filler.high, &last.close));
    CHECK(r3_decimal_equal(&filler.low, &last.close) && r3_decimal_equal(&filler.close, &last.close));
    CHECK(r3_decimal_is_zero(&filler.volume));
}

/* Candles put together before give the same as one by one, wherever the pieces are cut within the intervals. */
static void test_runs(void) {
    for (int cut = 1; cut <= 5; cut++) {
        struct r3_resample resample;
        struct r3_error error = { 0 };
        char one_by_one[sizeof shown];
        static const int minutes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1 };
        snprintf(one_by_one, sizeof one_by_one, "%s", run(R3_5m, minutes, R3_TIME_ABSENT, R3_TIME_ABSENT, &resample));
        shown_length = 0;
        shown[0] = '\0';
        CHECK_INT(r3_resample_init(&resample, R3_1m, R3_5m, &error), 0);
        for (int first = 0, next; first < 12; first = next) {
            int interval = first - first % 5 + 5;
            next = first + cut < interval ? first + cut : interval;
            next = next < 12 ? next : 12;
            struct r3_candle piece = candle_at(R3_1m, day + (int64_t)first * R3_MINUTE, first + 10, next - 1 + 20,
                                               first + 1, next - 1 + 11, 5 * (next - first));
            CHECK_INT(r3_resample_put_run(&resample, &piece, day + (int64_t)next * R3_MINUTE, &error), 0);
            show_ready(&resample);
        }
        r3_resample_end(&resample, day + 12 * (int64_t)R3_MINUTE);
        show_ready(&resample);
        CHECK_TEXT(shown, one_by_one);
        CHECK_INT(resample.dropped_last, day + 10 * (int64_t)R3_MINUTE);
    }
}

int main(void) {
    test_runs();
    test_completeness();
    test_calendar();
    test_nesting();
    test_volume_overflow();
    test_gaps();
    return check_done();
}
