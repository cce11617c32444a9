#include "lib/base/time.h"

#include "tests/unit/check.h"

/* Expected milliseconds are those of GNU date -u -d TEXT +%s. */

static struct r3_error error;

static int64_t parse(const char *text) {
    int64_t time = R3_TIME_ABSENT;
    if (r3_time_parse(&time, text, strlen(text), &error) != 0)
        fprintf(stderr, "%s\n", error.text);
    return time;
}

static const char *spell(int64_t time) {
    static char text[R3_TIME_TEXT_SIZE];
    size_t length = r3_time_format(text, time);
    CHECK_INT(length, strlen(text));
    return text;
}

static void test_parse(void) {
    CHECK_INT(parse("1970"), 0);
    CHECK_INT(parse("2024"), 1704067200000);
    CHECK_INT(parse("2024-02"), 1706745600000);
    CHECK_INT(parse("2024-02-29"), 1709164800000);
    CHECK_INT(parse("2024-01-31T13:45"), 1706708700000);
    CHECK_INT(parse("2024-01-31 13:45"), 1706708700000);
    CHECK_INT(parse("2024-01-31T13:45:59"), 1706708759000);
    CHECK_INT(parse("2024-01-31T13:45:59.1"), 1706708759100);
    CHECK_INT(parse("2024-01-31T13:45:59.123456789"), 1706708759123);
    CHECK_INT(parse("2024-01-31T13:45:59.9999Z"), 1706708759999);
    CHECK_INT(parse("2024-01-31T13:45Z"), 1706708700000);
    CHECK_INT(parse("2024-01-31 13:45:00 UTC"), 1706708700000);
    CHECK_INT(parse("2024-01-31T13:45:00+00:00"), 1706708700000);
    CHECK_INT(parse("2024-01-31T13:45:00+01:00"), 1706705100000);
    CHECK_INT(parse("2024-01-31T13:45:00+0100"), 1706705100000);
    CHECK_INT(parse("2024-01-31T13:45:00+01"), 1706705100000);
    CHECK_INT(parse("2024-01-31T13:45:00-05:30"), 1706728500000);
    CHECK_INT(parse("1969-12-31T23:30-01:00"), 1800000);
    CHECK_INT(parse("9999-12-31T23:59:59.999Z"), 253402300799999);
}

static void test_refused(void) {
    static const char *const bad[] = { "",
                                       "24",
                                       "20240131",
                                       "2024-1-31",
                                       "2024-13",
                                       "2024-00",
                                       "2024-01-32",
                                       "2023-02-29",
                                       "2100-02-29",
                                       "2024-01-31T",
                                       "2024-01-31T13",
                                       "2024-01-31T24:00",
                                       "2024-01-31T13:60",
                                       "2024-01-31T13:45:60",
                                       "2024-01-31T13:45:59.",
                                       "2024-01-31T13:45x",
                                       "2024-01-31T13:45z",
                                       "2024-01-31T13:45+1",
                                       "2024-01-31T13:45+24:00",
                                       "2024-01-31T13:45+01:60",
                                       "2024-01-31T13:45+01:0",
                                       "2024-01-31T13:45 UTC ",
                                       "2024-01-31  13:45",
                                       " 2024",
                                       "2024 ",
                                       "1969-12-31",
                                       "1970-01-01T00:00+00:01",
                                       "9999-12-31T23:59-00:01",
                                       "2024-01-31Z",
                                       "-2024",
                                       "2024-",
                                       "2024-01-",
                                       "2024-01-31T13:45:59,5",
                                       "2024/01/31",
                                       "0000" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t time = 42;
        error.status = 0;
        CHECK_INT(r3_time_parse(&time, bad[i], strlen(bad[i]), &error), -1);
        CHECK_INT(error.status, R3_DATA);
        CHECK_INT(time, 42);
        if (error.status == 0)
            fprintf(stderr, "  accepted: %s\n", bad[i]);
    }
    r3_time_parse(&(int64_t) { 0 }, "yesterday", 9, &error);
    CHECK_TEXT(error.text, "not a time (like 2024-01-31T13:45:00Z): \"yesterday\"");
}

static void test_format(void) {
    CHECK_TEXT(spell(0), "1970-01-01T00:00:00Z");
    CHECK_TEXT(spell(1706708759123), "2024-01-31T13:45:59.123Z");
    CHECK_TEXT(spell(253402300799999), "9999-12-31T23:59:59.999Z");
    CHECK_TEXT(spell(-1), "1969-12-31T23:59:59.999Z");
    CHECK(strlen(spell(INT64_MIN)) < R3_TIME_TEXT_SIZE); /* out of range, but within bounds */
    CHECK(strlen(spell(INT64_MAX)) < R3_TIME_TEXT_SIZE);
    for (int64_t time = 0; time < 253402300800000; time += 12345678987) {
        int64_t back = parse(spell(time));
        CHECK_INT(back, time);
    }
}

/* Every day of 1970 to 2400 by counting, apart from the algorithm. */
static void test_civil(void) {
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int64_t time = 0;
    int weekday = 3; /* 1970-01-01 was a Thursday */
    for (int year = 1970; year <= 2400; year++)
        for (int month = 1; month <= 12; month++) {
            int leap = month == 2 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0);
            for (int day = 1; day <= lengths[month - 1] + leap; day++, time += R3_DAY, weekday = (weekday + 1) % 7) {
                int y, m, d, w;
                r3_time_civil(time + R3_DAY - 1, &y, &m, &d, &w);
                if (y != year || m != month || d != day || w != weekday ||
                    r3_time_from_civil(year, month, day) != time) {
                    CHECK_INT(y * 10000 + m * 100 + d, year * 10000 + month * 100 + day);
                    CHECK_INT(w, weekday);
                    CHECK_INT(r3_time_from_civil(year, month, day), time);
                    return;
                }
            }
        }
    CHECK_INT(time, r3_time_from_civil(2401, 1, 1));
}

static int64_t duration(const char *text) {
    int64_t span = -1;
    return r3_duration_parse(&span, text, strlen(text), &error) == 0 ? span : -1;
}

static const char *spell_span(int64_t span) {
    static char text[R3_TIME_TEXT_SIZE];
    size_t length = r3_duration_format(text, span);
    CHECK_INT(length, strlen(text));
    return text;
}

static void test_durations(void) {
    CHECK_INT(duration("90s"), 90000);
    CHECK_INT(duration("5m"), 300000);
    CHECK_INT(duration("5mn"), 300000);
    CHECK_INT(duration("5min"), 300000);
    CHECK_INT(duration("4h"), 14400000);
    CHECK_INT(duration("4H"), 14400000);
    CHECK_INT(duration("2d"), 172800000);
    CHECK_INT(duration("2D"), 172800000);
    CHECK_INT(duration("1w"), 604800000);
    static const char *const bad[] = { "",
                                       "5",
                                       "m",
                                       "0m",
                                       "-5m",
                                       "5M",
                                       "3MN",
                                       "1.5h",
                                       "5 m",
                                       "5mm",
                                       "5x",
                                       "1h30m",
                                       "99999999999999999999s",
                                       "9999999999999999w",
                                       "5y",
                                       "+5m" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_INT(duration(bad[i]), -1);
        CHECK_INT(error.status, R3_DATA);
    }
    CHECK_TEXT(spell_span(0), "00:00:00");
    CHECK_TEXT(spell_span(3 * (int64_t)R3_DAY + 4 * R3_HOUR + 5 * R3_MINUTE), "3 days 04:05:00");
    CHECK_TEXT(spell_span(R3_DAY), "1 day 00:00:00");
    CHECK_TEXT(spell_span(R3_HOUR + 250), "01:00:00.250");
    CHECK_TEXT(spell_span(-R3_MINUTE), "-00:01:00");
    CHECK(strlen(spell_span(INT64_MIN)) < R3_TIME_TEXT_SIZE);
}

static int from_environment(int64_t *span, const char *text) {
    *span = -1;
    setenv("R3_SPAN", text, 1);
    return r3_duration_from_environment(span, "R3_SPAN", 7, 5 * R3_MINUTE, &error);
}

static void test_durations_of_the_environment(void) {
    int64_t span = -1;
    unsetenv("R3_SPAN");
    CHECK_INT(r3_duration_from_environment(&span, "R3_SPAN", 7, 1, &error), 0);
    CHECK_INT(span, 7);
    CHECK(from_environment(&span, "") == 0 && span == 7);
    CHECK(from_environment(&span, "5m") == 0 && span == 5 * R3_MINUTE);
    CHECK_INT(from_environment(&span, "301s"), -1);
    CHECK_INT(error.status, R3_CONFIG);
    CHECK_INT(from_environment(&span, "soon"), -1);
    CHECK_INT(error.status, R3_CONFIG);
    CHECK_TEXT(error.text, "R3_SPAN: wants a span of time as 60s or 5m, not \"soon\"");
}

int main(void) {
    test_parse();
    test_refused();
    test_format();
    test_civil();
    test_durations();
    test_durations_of_the_environment();
    return check_done();
}
