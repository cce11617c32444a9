#include "lib/base/time.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Calendar arithmetic by Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013): days are counted in eras of 400 years
 * that begin on 1 March, so that a leap day is the last of its year. */

enum { YEAR_MIN = 1970, YEAR_MAX = 9999, QUOTED_MAX = 80 };

static int64_t floor_divide(int64_t value, int64_t divisor) {
    return value / divisor - (value % divisor < 0);
}

static int64_t days_from_civil(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = floor_divide(year, 400), year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

int64_t r3_time_from_civil(int year, int month, int day) {
    return days_from_civil(year, month, day) * R3_DAY;
}

void r3_time_civil(int64_t time, int *year, int *month, int *day, int *weekday) {
    int64_t days = floor_divide(time, R3_DAY), shifted = days + 719468;
    int64_t era = floor_divide(shifted, 146097), day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int)(shifted_month + (shifted_month < 10 ? 3 : -9));
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
    *weekday = (int)(days + 3 - floor_divide(days + 3, 7) * 7); /* 1970-01-01 was a Thursday */
}

static int days_in_month(int year, int month) {
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* ---- reading ---- */

struct cursor {
    const char *at, *end;
};

/* Exactly `count` digits within [low, high]. */
static bool take_number(struct cursor *cursor, int count, int low, int high, int *out) {
    if (cursor->end - cursor->at < count)
        return false;
    int value = 0;
    for (int i = 0; i < count; i++) {
        unsigned digit = (unsigned)(unsigned char)*cursor->at++ - '0';
        if (digit > 9)
            return false;
        value = value * 10 + (int)digit;
    }
    *out = value;
    return value >= low && value <= high;
}

static bool take_byte(struct cursor *cursor, char byte) {
    if (cursor->at == cursor->end || *cursor->at != byte)
        return false;
    cursor->at++;
    return true;
}

/* .123456…: to the millisecond, the rest is cut. */
static bool take_fraction(struct cursor *cursor, int *milliseconds) {
    int weight = 100, digits = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++, digits++) {
        *milliseconds += (*cursor->at - '0') * weight;
        weight /= 10;
    }
    return digits > 0;
}

/* Z, " UTC", +01:00, +0100 or +01; in ms ahead of UTC. */
static bool take_zone(struct cursor *cursor, int64_t *offset) {
    *offset = 0;
    if (cursor->at == cursor->end)
        return true;
    if (*cursor->at == 'Z') {
        cursor->at++;
        return true;
    }
    if (cursor->end - cursor->at == 4 && memcmp(cursor->at, " UTC", 4) == 0) {
        cursor->at += 4;
        return true;
    }
    bool west = *cursor->at == '-';
    if (!west && *cursor->at != '+')
        return false;
    cursor->at++;
    int hours, minutes = 0;
    if (!take_number(cursor, 2, 0, 23, &hours))
        return false;
    if (cursor->at < cursor->end) {
        take_byte(cursor, ':');
        if (!take_number(cursor, 2, 0, 59, &minutes))
            return false;
    }
    *offset = (int64_t)hours * R3_HOUR + (int64_t)minutes * R3_MINUTE;
    if (west)
        *offset = -*offset;
    return true;
}

/* 13:45[:59[.123]][zone], as ms since midnight UTC (which a zone may move out of the day). */
static bool take_clock(struct cursor *cursor, int64_t *out) {
    int hour, minute, second = 0, milliseconds = 0;
    int64_t offset;
    if (!take_number(cursor, 2, 0, 23, &hour) || !take_byte(cursor, ':') || !take_number(cursor, 2, 0, 59, &minute))
        return false;
    if (take_byte(cursor, ':')) {
        if (!take_number(cursor, 2, 0, 59, &second))
            return false;
        if (take_byte(cursor, '.') && !take_fraction(cursor, &milliseconds))
            return false;
    }
    if (!take_zone(cursor, &offset))
        return false;
    *out = (int64_t)hour * R3_HOUR + (int64_t)minute * R3_MINUTE + (int64_t)second * R3_SECOND + milliseconds - offset;
    return true;
}

static bool parse_time(struct cursor *cursor, int64_t *out) {
    int year, month = 1, day = 1;
    int64_t clock = 0;
    if (!take_number(cursor, 4, YEAR_MIN - 1, YEAR_MAX, &year)) /* 1969-12-31T23:30-01:00 is a time of 1970 */
        return false;
    if (take_byte(cursor, '-')) {
        if (!take_number(cursor, 2, 1, 12, &month))
            return false;
        if (take_byte(cursor, '-')) {
            if (!take_number(cursor, 2, 1, days_in_month(year, month), &day))
                return false;
            if ((take_byte(cursor, 'T') || take_byte(cursor, ' ')) && !take_clock(cursor, &clock))
                return false;
        }
    }
    *out = r3_time_from_civil(year, month, day) + clock;
    return cursor->at == cursor->end && *out >= 0 && *out < r3_time_from_civil(YEAR_MAX + 1, 1, 1);
}

static int shown(size_t length) {
    return length > QUOTED_MAX ? QUOTED_MAX : (int)length;
}

int r3_time_parse(int64_t *out, const char *text, size_t length, struct r3_error *error) {
    struct cursor cursor = { text, text + length };
    int64_t time;
    if (!parse_time(&cursor, &time))
        return r3_fail(error, R3_DATA, "not a time (like 2024-01-31T13:45:00Z): \"%.*s\"", shown(length), text);
    *out = time;
    return 0;
}

/* ---- printing ---- */

size_t r3_time_format(char out[R3_TIME_TEXT_SIZE], int64_t time) {
    int year, month, day, weekday;
    r3_time_civil(time, &year, &month, &day, &weekday);
    int clock = (int)(time % R3_DAY);
    clock += clock < 0 ? R3_DAY : 0;
    int milliseconds = clock % 1000;
    int length = snprintf(out, R3_TIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, clock / R3_HOUR,
                          clock / R3_MINUTE % 60, clock / R3_SECOND % 60);
    if (milliseconds)
        length += snprintf(out + length, R3_TIME_TEXT_SIZE - (size_t)length, ".%03d", milliseconds);
    out[length++] = 'Z';
    out[length] = '\0';
    return (size_t)length;
}

/* ---- spans ---- */

/* The unit at the end of a span in ms, 0 where it is none. 'M' is a month elsewhere, so minutes are written small. */
static int64_t unit_span(const char *text, size_t length) {
    if (length == 1) {
        switch (*text) {
        case 's':
        case 'S':
            return R3_SECOND;
        case 'm':
            return R3_MINUTE;
        case 'h':
        case 'H':
            return R3_HOUR;
        case 'd':
        case 'D':
            return R3_DAY;
        case 'w':
        case 'W':
            return 7 * (int64_t)R3_DAY;
        default:
            return 0;
        }
    }
    bool minutes = (length == 2 && memcmp(text, "mn", 2) == 0) || (length == 3 && memcmp(text, "min", 3) == 0);
    return minutes ? R3_MINUTE : 0;
}

int r3_duration_parse(int64_t *out, const char *text, size_t length, struct r3_error *error) {
    const int64_t longest = r3_time_from_civil(YEAR_MAX + 1, 1, 1);
    int64_t number = 0;
    size_t digits = 0;
    for (; digits < length && digits < 16 && text[digits] >= '0' && text[digits] <= '9'; digits++)
        number = number * 10 + (text[digits] - '0');
    int64_t unit = unit_span(text + digits, length - digits);
    if (digits == 0 || unit == 0 || number == 0 || number > longest / unit)
        return r3_fail(error, R3_DATA, "not a span of time (like 90s, 5m, 4h, 2d or 1w): \"%.*s\"", shown(length),
                       text);
    *out = number * unit;
    return 0;
}

int r3_duration_from_environment(int64_t *out, const char *name, int64_t usual, int64_t longest,
                                 struct r3_error *error) {
    const char *text = getenv(name);
    *out = usual;
    if (!text || !*text)
        return 0;
    if (r3_duration_parse(out, text, strlen(text), error) == 0 && *out <= longest)
        return 0;
    return r3_fail(error, R3_CONFIG, "%s: wants a span of time as 60s or 5m, not \"%s\"", name, text);
}

size_t r3_duration_format(char out[R3_TIME_TEXT_SIZE], int64_t span) {
    uint64_t magnitude = span < 0 ? -(uint64_t)span : (uint64_t)span;
    uint64_t days = magnitude / R3_DAY;
    int clock = (int)(magnitude % R3_DAY), milliseconds = clock % 1000;
    int length = 0;
    if (span < 0)
        out[length++] = '-';
    if (days)
        length += snprintf(out + length, R3_TIME_TEXT_SIZE - (size_t)length, "%" PRIu64 " day%s ", days,
                           days == 1 ? "" : "s");
    length += snprintf(out + length, R3_TIME_TEXT_SIZE - (size_t)length, "%02d:%02d:%02d", clock / R3_HOUR,
                       clock / R3_MINUTE % 60, clock / R3_SECOND % 60);
    if (milliseconds)
        length += snprintf(out + length, R3_TIME_TEXT_SIZE - (size_t)length, ".%03d", milliseconds);
    return (size_t)length;
}
