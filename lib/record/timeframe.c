#include "lib/record/timeframe.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/time.h"

enum { NAME_SIZE = 4 };
static const struct {
    char name[NAME_SIZE]; /* zeros behind it */
    int64_t span;         /* ms */
} timeframes[R3_TIMEFRAME_COUNT] = {
    [R3_TIMEFRAME_NONE] = { "", 0 },   [R3_1m] = { "1m", R3_MINUTE },        [R3_3m] = { "3m", 3 * R3_MINUTE },
    [R3_5m] = { "5m", 5 * R3_MINUTE }, [R3_15m] = { "15m", 15 * R3_MINUTE }, [R3_30m] = { "30m", 30 * R3_MINUTE },
    [R3_1H] = { "1H", R3_HOUR },       [R3_2H] = { "2H", 2 * R3_HOUR },      [R3_4H] = { "4H", 4 * R3_HOUR },
    [R3_6H] = { "6H", 6 * R3_HOUR },   [R3_8H] = { "8H", 8 * R3_HOUR },      [R3_12H] = { "12H", 12 * R3_HOUR },
    [R3_1D] = { "1D", R3_DAY },        [R3_1W] = { "1W", 7 * R3_DAY },       [R3_1M] = { "1M", 30 * (int64_t)R3_DAY },
};

const char *r3_timeframe_name(enum r3_timeframe timeframe) {
    return timeframe > R3_TIMEFRAME_NONE && timeframe < R3_TIMEFRAME_COUNT ? timeframes[timeframe].name : "";
}

int64_t r3_timeframe_span(enum r3_timeframe timeframe) {
    return timeframe > R3_TIMEFRAME_NONE && timeframe < R3_TIMEFRAME_COUNT ? timeframes[timeframe].span : 0;
}

int r3_timeframe_from_name(enum r3_timeframe *out, const char *text, size_t length) {
    char name[NAME_SIZE] = "";
    if (length >= sizeof name || memchr(text, '\0', length))
        return -1;
    memcpy(name, text, length);
    for (int i = R3_TIMEFRAME_NONE + 1; i < R3_TIMEFRAME_COUNT; i++)
        if (memcmp(timeframes[i].name, name, sizeof name) == 0) {
            *out = (enum r3_timeframe)i;
            return 0;
        }
    return -1;
}

/* ---- other spellings ---- */

enum unit { UNIT_NONE, UNIT_SECOND, UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH };

static const int64_t unit_spans[] = { 0, R3_SECOND, R3_MINUTE, R3_HOUR, R3_DAY, 7 * R3_DAY, 30 * (int64_t)R3_DAY };

struct spelling {
    const char *text;
    enum unit unit;
};

/* Behind a number or alone, in lower case. One capital M is a month and one small m a minute, so these two are told apart before. */
static const struct spelling words[] = {
    { "s", UNIT_SECOND },       { "sec", UNIT_SECOND }, { "second", UNIT_SECOND }, { "seconds", UNIT_SECOND },
    { "mn", UNIT_MINUTE },      { "min", UNIT_MINUTE }, { "mins", UNIT_MINUTE },   { "minute", UNIT_MINUTE },
    { "minutes", UNIT_MINUTE }, { "t", UNIT_MINUTE },   { "h", UNIT_HOUR },        { "hr", UNIT_HOUR },
    { "hour", UNIT_HOUR },      { "hours", UNIT_HOUR }, { "hourly", UNIT_HOUR },   { "d", UNIT_DAY },
    { "day", UNIT_DAY },        { "days", UNIT_DAY },   { "daily", UNIT_DAY },     { "w", UNIT_WEEK },
    { "wk", UNIT_WEEK },        { "week", UNIT_WEEK },  { "weeks", UNIT_WEEK },    { "weekly", UNIT_WEEK },
    { "mo", UNIT_MONTH },       { "mon", UNIT_MONTH },  { "month", UNIT_MONTH },   { "months", UNIT_MONTH },
    { "monthly", UNIT_MONTH },
};

/* Ahead of a number, as MetaTrader has it: M5 H1 D1 W1 MN1. */
static const struct spelling prefixes[] = {
    { "m", UNIT_MINUTE }, { "h", UNIT_HOUR }, { "d", UNIT_DAY }, { "w", UNIT_WEEK }, { "mn", UNIT_MONTH },
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static enum unit find_unit(const struct spelling *spellings, size_t count, const char *text, size_t length) {
    char lower[8];
    if (length == 0 || length >= sizeof lower)
        return UNIT_NONE;
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
    lower[length] = '\0';
    for (size_t i = 0; i < count; i++)
        if (strcmp(spellings[i].text, lower) == 0)
            return spellings[i].unit;
    return UNIT_NONE;
}

static enum unit find_word(const char *text, size_t length) {
    if (length == 1 && *text == 'M')
        return UNIT_MONTH;
    if (length == 1 && *text == 'm')
        return UNIT_MINUTE;
    return find_unit(words, sizeof words / sizeof words[0], text, length);
}

/* The digits from *at on; 0 where there are none or too many to mean a timeframe. */
static int64_t take_number(const char *text, size_t length, size_t *at) {
    size_t first = *at;
    int64_t number = 0;
    for (; *at < length && is_digit(text[*at]); (*at)++)
        if (*at - first < 8)
            number = number * 10 + (text[*at] - '0');
    return *at - first <= 8 ? number : 0;
}

static bool split(const char *text, size_t length, int64_t *number, enum unit *unit) {
    size_t at = 0;
    if (length > 0 && is_digit(text[0])) {
        *number = take_number(text, length, &at);
        if (at < length && (text[at] == ' ' || text[at] == '-' || text[at] == '_'))
            at++;
        *unit = find_word(text + at, length - at);
        return true;
    }
    while (at < length && !is_digit(text[at]))
        at++;
    size_t letters = at;
    if (at == length) {
        *number = 1;
        *unit = find_word(text, length);
        return true;
    }
    *number = take_number(text, length, &at);
    *unit = find_unit(prefixes, sizeof prefixes / sizeof prefixes[0], text, letters);
    return at == length;
}

int r3_timeframe_parse(enum r3_timeframe *out, const char *text, size_t length, struct r3_error *error) {
    int64_t number = 0;
    enum unit unit = UNIT_NONE;
    if (split(text, length, &number, &unit) && unit != UNIT_NONE && number > 0) {
        if (unit == UNIT_MONTH && number == 1) {
            *out = R3_1M;
            return 0;
        }
        /* A whole number of any smaller unit: 60m is 1H, 7D is 1W; 30 days are no month. */
        for (int i = R3_1m; unit != UNIT_MONTH && i < R3_1M; i++)
            if (timeframes[i].span == number * unit_spans[unit]) {
                *out = (enum r3_timeframe)i;
                return 0;
            }
    }
    int shown = length > 40 ? 40 : (int)length;
    return r3_fail(error, R3_DATA, "not a timeframe (1m 3m 5m 15m 30m 1H 2H 4H 6H 8H 12H 1D 1W 1M): \"%.*s\"", shown,
                   text);
}

/* ---- bounds ---- */

static int64_t floor_to(int64_t value, int64_t step) {
    int64_t rest = value % step;
    return value - rest - (rest < 0 ? step : 0);
}

static int64_t month_start(int64_t time, int months_later) {
    int year, month, day, weekday;
    r3_time_civil(time, &year, &month, &day, &weekday);
    month += months_later;
    if (month > 12) {
        month -= 12;
        year++;
    }
    return r3_time_from_civil(year, month, 1);
}

int64_t r3_timeframe_open(enum r3_timeframe timeframe, int64_t time) {
    const int64_t monday = 4 * (int64_t)R3_DAY; /* 1970-01-05 */
    switch (timeframe) {
    case R3_TIMEFRAME_NONE:
    case R3_TIMEFRAME_COUNT:
        return time;
    case R3_1M:
        return month_start(time, 0);
    case R3_1W:
        return floor_to(time - monday, timeframes[R3_1W].span) + monday;
    default:
        return floor_to(time, timeframes[timeframe].span);
    }
}

int64_t r3_timeframe_close(enum r3_timeframe timeframe, int64_t open) {
    if (timeframe == R3_1M)
        return month_start(open, 1);
    return open + r3_timeframe_span(timeframe);
}
