#include "lib/record/timeframe.h"

#include "lib/base/time.h"
#include "tests/unit/check.h"

static struct r3_error error;

static const char *read_name(const char *text) {
    enum r3_timeframe timeframe = R3_TIMEFRAME_NONE;
    return r3_timeframe_parse(&timeframe, text, strlen(text), &error) == 0 ? r3_timeframe_name(timeframe) : "refused";
}

static void test_spellings(void) {
    static const char *const spellings[][2] = {
        { "1m", "1m" },      { "M1", "1m" },       { "m1", "1m" },        { "1min", "1m" },   { "60s", "1m" },
        { "1minute", "1m" }, { "3m", "3m" },       { "5m", "5m" },        { "5mn", "5m" },    { "M5", "5m" },
        { "5min", "5m" },    { "5minutes", "5m" }, { "5 minutes", "5m" }, { "5MIN", "5m" },   { "5T", "5m" },
        { "15m", "15m" },    { "M15", "15m" },     { "30m", "30m" },      { "1H", "1H" },     { "1h", "1H" },
        { "H1", "1H" },      { "h1", "1H" },       { "1hour", "1H" },     { "60m", "1H" },    { "60min", "1H" },
        { "hourly", "1H" },  { "1-hour", "1H" },   { "2h", "2H" },        { "120m", "2H" },   { "4h", "4H" },
        { "H4", "4H" },      { "240m", "4H" },     { "4hours", "4H" },    { "6h", "6H" },     { "8h", "8H" },
        { "12h", "12H" },    { "1D", "1D" },       { "1d", "1D" },        { "D1", "1D" },     { "DAILY", "1D" },
        { "daily", "1D" },   { "1day", "1D" },     { "24h", "1D" },       { "1440m", "1D" },  { "D", "1D" },
        { "1W", "1W" },      { "1w", "1W" },       { "W1", "1W" },        { "weekly", "1W" }, { "1week", "1W" },
        { "7d", "1W" },      { "1M", "1M" },       { "MN1", "1M" },       { "1mo", "1M" },    { "monthly", "1M" },
        { "1month", "1M" },  { "M", "1M" },        { "H", "1H" },
    };
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        CHECK_TEXT(read_name(spellings[i][0]), spellings[i][1]);
    static const char *const bad[] = { "",    "5M",  "3M",           "2M",  "7m",   "0m",   "5",
                                       "60",  "m5m", "1x",           "5mm", "30d",  "1y",   "-5m",
                                       "5m ", " 5m", "99999999999m", "1 ",  "5..m", "min5", "99999999999999999999999H",
                                       "1440" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_TEXT(read_name(bad[i]), "refused");
        CHECK_INT(error.status, R3_DATA);
    }
}

static void test_names(void) {
    enum r3_timeframe timeframe;
    for (int i = R3_1m; i < R3_TIMEFRAME_COUNT; i++) {
        const char *name = r3_timeframe_name((enum r3_timeframe)i);
        CHECK_INT(r3_timeframe_from_name(&timeframe, name, strlen(name)), 0);
        CHECK_INT(timeframe, i);
        CHECK_TEXT(read_name(name), name);
        if (i > R3_1m)
            CHECK(r3_timeframe_span((enum r3_timeframe)i) > r3_timeframe_span((enum r3_timeframe)(i - 1)));
    }
    CHECK_INT(r3_timeframe_from_name(&timeframe, "1h", 2), -1);
    CHECK_INT(r3_timeframe_from_name(&timeframe, "", 0), -1);
    CHECK_INT(r3_timeframe_from_name(&timeframe, "15m", 2), -1);
    CHECK_TEXT(r3_timeframe_name(R3_TIMEFRAME_NONE), "");
    CHECK_INT(r3_timeframe_span(R3_1H), 3600000);
    CHECK_INT(r3_timeframe_span(R3_1M), 2592000000);
}

static int64_t at(const char *text) {
    int64_t time = -1;
    CHECK_INT(r3_time_parse(&time, text, strlen(text), &error), 0);
    return time;
}

static void check_bounds(enum r3_timeframe timeframe, const char *time, const char *open, const char *close) {
    CHECK_INT(r3_timeframe_open(timeframe, at(time)), at(open));
    CHECK_INT(r3_timeframe_close(timeframe, at(open)), at(close));
}

static void test_bounds(void) {
    check_bounds(R3_1m, "2024-01-31T13:45:59.999", "2024-01-31T13:45", "2024-01-31T13:46");
    check_bounds(R3_5m, "2024-01-31T13:49:59", "2024-01-31T13:45", "2024-01-31T13:50");
    check_bounds(R3_4H, "2024-01-31T23:59", "2024-01-31T20:00", "2024-02-01");
    check_bounds(R3_1D, "2024-02-29T23:59", "2024-02-29", "2024-03-01");
    check_bounds(R3_1W, "2024-01-31T13:45", "2024-01-29", "2024-02-05"); /* a Wednesday */
    check_bounds(R3_1W, "2024-01-29", "2024-01-29", "2024-02-05");
    check_bounds(R3_1W, "2024-01-28T23:59:59", "2024-01-22", "2024-01-29");
    check_bounds(R3_1M, "2024-02-29T12:00", "2024-02-01", "2024-03-01");
    check_bounds(R3_1M, "2023-12-31T23:59", "2023-12-01", "2024-01-01");
    CHECK_INT(r3_timeframe_open(R3_1W, 0), -3 * (int64_t)R3_DAY); /* Monday, 1969-12-29 */
    CHECK_INT(r3_timeframe_open(R3_1H, -1), -R3_HOUR);
    for (int i = R3_1m; i < R3_TIMEFRAME_COUNT; i++)
        for (int64_t time = at("2019-12-30"); time < at("2025"); time += 7 * R3_HOUR + 12345) {
            enum r3_timeframe timeframe = (enum r3_timeframe)i;
            int64_t open = r3_timeframe_open(timeframe, time), close = r3_timeframe_close(timeframe, open);
            CHECK(open <= time && time < close);
            CHECK_INT(r3_timeframe_open(timeframe, open), open);
            CHECK_INT(r3_timeframe_open(timeframe, close), close);
            CHECK_INT(r3_timeframe_open(timeframe, close - 1), open);
        }
}

int main(void) {
    test_spellings();
    test_names();
    test_bounds();
    return check_done();
}
