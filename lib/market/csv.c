/* One line into one candle. The usual field (digits, at most one point, 18 digits at most) is parsed where it stands, in one pass
 * that also finds the field's end; quotes, exponents, spaces and longer numbers take the slow way round, with the same result
 * (a test compares). */

#include "lib/market/csv.h"

#include <inttypes.h>
#include <stddef.h>
#include <strings.h>

static const char *const column_names[R3_CSV_COLUMNS] = { "-", "time", "open", "high", "low", "close", "volume" };

enum { FAST_DIGITS = 18 };

const char *r3_csv_quoted(char out[R3_CSV_QUOTED_SIZE], const char *text, size_t length) {
    size_t size = 0;
    for (; size < length && size + 4 < R3_CSV_QUOTED_SIZE; size++)
        out[size] = (unsigned char)text[size] < 0x20 || (unsigned char)text[size] >= 0x7f ? '?' : text[size];
    if (size < length) {
        memcpy(out + size, "...", 3);
        size += 3;
    }
    out[size] = '\0';
    return out;
}

const char *r3_csv_field_end(const char *at, const char *end, char separator) {
    const char *start = at;
    while (start < end && *start == ' ')
        start++;
    if (start < end && *start == '"') {
        start++;
        for (;;) {
            start = memchr(start, '"', (size_t)(end - start));
            if (!start)
                return NULL;
            start++;
            if (start == end || *start != '"')
                break;
            start++; /* "" within quotes */
        }
        at = start;
    }
    const char *found = memchr(at, separator, (size_t)(end - at));
    return found ? found : end;
}

static void trim_spaces(const char **at, const char **end) {
    while (*at < *end && **at == ' ')
        ++*at;
    while (*at < *end && (*end)[-1] == ' ')
        --*end;
}

void r3_csv_field_text(const char **text, size_t *length, const char *at, const char *field_end) {
    trim_spaces(&at, &field_end);
    if (field_end - at >= 2 && *at == '"' && field_end[-1] == '"') {
        at++;
        field_end--;
        trim_spaces(&at, &field_end);
    }
    *text = at;
    *length = (size_t)(field_end - at);
}

/* Put the run of digits at `at` behind those of *value, which wraps where they are more than it holds: count them. Returns the
 * run's end; the line's own end is no digit. (Eight digits at a time, without a branch a digit, was tried: fields are too short
 * for it, and a row took 70 ns in place of 55.) */
static inline const char *take_digits(const char *at, uint64_t *value) {
    unsigned digit;
    while ((digit = (unsigned)(unsigned char)*at - '0') < 10) {
        *value = *value * 10 + digit;
        at++;
    }
    return at;
}

/* The number at `at` as coefficient and scale, in fewest digits. Returns where it ends, or NULL when this is a case for the slow
 * way; what follows it is for the caller to check. */
static inline const char *fast_number(const char *at, struct r3_decimal *out) {
    uint64_t value = 0;
    const char *start = at;
    at = take_digits(at, &value);
    ptrdiff_t digits = at - start, scale = 0;
    if (*at == '.') {
        const char *point = at++;
        at = take_digits(at, &value);
        scale = at - point - 1;
        digits += scale;
        if (scale == 0)
            return NULL;
    }
    if (digits == 0 || digits > FAST_DIGITS || digits == scale)
        return NULL;
    if (scale > 0 && at[-1] == '0')
        while (scale > 0 && value % 10 == 0) {
            value /= 10;
            scale--;
        }
    *out = R3_DECIMAL((r3_int128)value, (int32_t)scale);
    return at;
}

static int slow_number(struct r3_decimal *out, const char *text, size_t length, struct r3_error *error) {
    if (r3_decimal_parse_number(out, text, length, error) < 0)
        return -1;
    r3_decimal_normalize(out);
    return 0;
}

/* How Yahoo, pandas and others write that there is no value. */
static bool is_missing(const char *text, size_t length) {
    return length == 0 || (length == 4 && strncasecmp(text, "null", 4) == 0) ||
           (length == 3 && strncasecmp(text, "nan", 3) == 0);
}

static int time_from_integer(int64_t *out, uint64_t value, struct r3_error *error) {
    return r3_csv_integer_time(out, value) ? 0 : r3_fail(error, R3_DATA, "not a whole millisecond: %" PRIu64, value);
}

/* 20131125 → the start of that day. */
static int compact_day(int64_t *out, const char *text, size_t length, struct r3_error *error) {
    enum { YEAR = 4, MONTH = 6, DAY = 8 };
    char dashed[16], quoted[R3_CSV_QUOTED_SIZE];
    if (length != DAY)
        return r3_fail(error, R3_DATA, "not a day like 20131125: \"%s\"", r3_csv_quoted(quoted, text, length));
    int size = snprintf(dashed, sizeof dashed, "%.4s-%.2s-%.2s", text, text + YEAR, text + MONTH);
    return r3_time_parse(out, dashed, (size_t)size, error);
}

static int time_from_decimal(int64_t *out, struct r3_decimal value, struct r3_error *error) {
    static const struct r3_decimal most = { INT64_MAX, 0 };
    struct r3_decimal thousand = R3_DECIMAL(1000, 0);
    r3_decimal_normalize(&value);
    if (r3_decimal_sign(&value) < 0 || r3_decimal_compare(&value, &most) > 0)
        return r3_fail(error, R3_DATA, "out of range");
    if (value.scale == 0)
        return time_from_integer(out, (uint64_t)value.coefficient, error);
    /* Seconds with a fraction. */
    if (r3_decimal_multiply(&value, &value, &thousand, error) < 0)
        return -1;
    r3_decimal_normalize(&value);
    if (value.scale != 0 || value.coefficient >= INT64_C(100000000000000))
        return r3_fail(error, R3_DATA, "not a whole millisecond");
    *out = (int64_t)value.coefficient;
    return 0;
}

int r3_csv_time(int64_t *out, const char *text, size_t length, struct r3_error *error) {
    char quoted[R3_CSV_QUOTED_SIZE];
    struct r3_decimal value;
    struct r3_error ignored;
    if (length && r3_decimal_parse_number(&value, text, length, &ignored) == 0)
        return time_from_decimal(out, value, error) < 0
                   ? r3_error_at(error, "not a time: \"%s\": ", r3_csv_quoted(quoted, text, length))
                   : 0;
    return r3_time_parse(out, text, length, error);
}

/* The time field at `at`; returns where it ends, NULL with the error filled in. */
static const char *parse_time(const struct r3_csv *csv, const char *at, const char *end, int64_t *out,
                              struct r3_error *error) {
    enum { INTEGER_DIGITS = 19 };
    uint64_t value = 0;
    const char *p = take_digits(at, &value);
    if (p - at > 0 && p - at <= INTEGER_DIGITS && !csv->compact_days && (p == end || *p == csv->separator))
        return time_from_integer(out, value, error) < 0 ? NULL : p;
    const char *text, *field_end = r3_csv_field_end(at, end, csv->separator);
    size_t length;
    if (!field_end) {
        r3_fail(error, R3_DATA, "a quote is not closed");
        return NULL;
    }
    r3_csv_field_text(&text, &length, at, field_end);
    int failed = csv->compact_days ? compact_day(out, text, length, error) : r3_csv_time(out, text, length, error);
    return failed ? NULL : field_end;
}

/* A price or volume the slow way; sets its bit in *missing where there is no value. */
static const char *parse_slowly(const char *at, const char *end, char separator, unsigned column,
                                struct r3_decimal *out, unsigned *missing, struct r3_error *error) {
    const char *text, *field_end = r3_csv_field_end(at, end, separator);
    size_t length;
    if (!field_end) {
        r3_fail(error, R3_DATA, "%s: a quote is not closed", column_names[column]);
        return NULL;
    }
    r3_csv_field_text(&text, &length, at, field_end);
    if (is_missing(text, length)) {
        *missing |= 1u << column;
    } else if (slow_number(out, text, length, error) < 0) {
        r3_error_at(error, "%s: ", column_names[column]);
        return NULL;
    }
    return field_end;
}

static int too_few(unsigned got, unsigned wanted, struct r3_error *error) {
    return r3_fail(error, R3_DATA, "%u fields where %u are expected", got, wanted);
}

/* Fields behind the last one that is read: their number is checked. */
static int check_rest(const struct r3_csv *csv, const char *at, const char *end, struct r3_error *error) {
    unsigned fields = csv->needed;
    if (csv->fields == 0)
        return 0;
    while (at < end) {
        at = r3_csv_field_end(at + 1, end, csv->separator);
        if (!at)
            return r3_fail(error, R3_DATA, "a quote is not closed");
        fields++;
    }
    return fields == csv->fields ? 0 : too_few(fields, csv->fields, error);
}

static const uint64_t powers[FAST_DIGITS + 1] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
};

static inline int compare(const struct r3_decimal *a, const struct r3_decimal *b) {
    const r3_int128 most = (r3_int128)powers[FAST_DIGITS];
    if (a->coefficient > most || b->coefficient > most) /* prices: none is negative */
        return r3_decimal_compare(a, b);
    r3_int128 left = a->coefficient, right = b->coefficient;
    if (a->scale < b->scale)
        left *= (r3_int128)powers[b->scale - a->scale];
    else if (b->scale < a->scale)
        right *= (r3_int128)powers[a->scale - b->scale];
    return left < right ? -1 : left > right;
}

static int fail_prices(const struct r3_candle *candle, const char *what, struct r3_error *error) {
    char open[R3_DECIMAL_TEXT_SIZE], high[R3_DECIMAL_TEXT_SIZE], low[R3_DECIMAL_TEXT_SIZE], close[R3_DECIMAL_TEXT_SIZE];
    r3_decimal_format(open, &candle->open);
    r3_decimal_format(high, &candle->high);
    r3_decimal_format(low, &candle->low);
    r3_decimal_format(close, &candle->close);
    return r3_fail(error, R3_DATA, "%s (open %s, high %s, low %s, close %s)", what, open, high, low, close);
}

static int check_values(const struct r3_candle *candle, struct r3_error *error) {
    if (candle->open.coefficient <= 0 || candle->high.coefficient <= 0 || candle->low.coefficient <= 0 ||
        candle->close.coefficient <= 0)
        return fail_prices(candle, "a price is not above 0", error);
    if (compare(&candle->high, &candle->low) < 0)
        return fail_prices(candle, "high is below low", error);
    if (compare(&candle->high, &candle->open) < 0 || compare(&candle->high, &candle->close) < 0)
        return fail_prices(candle, "high is not the highest price", error);
    if (compare(&candle->low, &candle->open) > 0 || compare(&candle->low, &candle->close) > 0)
        return fail_prices(candle, "low is not the lowest price", error);
    if (candle->volume.coefficient < 0)
        return r3_fail(error, R3_DATA, "volume is below 0");
    return 0;
}

/* Some fields hold no value: no candle where that is so of all four prices, an error otherwise. */
static int settle_missing(unsigned bits, bool *missing, struct r3_error *error) {
    const unsigned prices = 1u << R3_CSV_OPEN | 1u << R3_CSV_HIGH | 1u << R3_CSV_LOW | 1u << R3_CSV_CLOSE;
    if ((bits & prices) == prices) {
        *missing = true;
        return 0;
    }
    unsigned column = R3_CSV_OPEN;
    while (!(bits & 1u << column))
        column++;
    return r3_fail(error, R3_DATA, "%s is missing", column_names[column]);
}

static bool is_blank(const char *line, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (line[i] != ' ' && line[i] != '\t')
            return false;
    return true;
}

int r3_csv_row(const struct r3_csv *csv, const char *line, size_t length, struct r3_candle *candle, bool *missing,
               struct r3_error *error) {
    static const size_t places[R3_CSV_COLUMNS] = {
        [R3_CSV_OPEN] = offsetof(struct r3_candle, open),     [R3_CSV_HIGH] = offsetof(struct r3_candle, high),
        [R3_CSV_LOW] = offsetof(struct r3_candle, low),       [R3_CSV_CLOSE] = offsetof(struct r3_candle, close),
        [R3_CSV_VOLUME] = offsetof(struct r3_candle, volume),
    };
    const char *at = line, *end = line + r3_csv_trim(line, length);
    const char separator = csv->separator;
    unsigned bits = 0;
    *missing = false;
    if ((at == end || *at == ' ' || *at == '\t') && is_blank(at, (size_t)(end - at)))
        return 0;
    for (unsigned i = 0; i < csv->needed; i++) {
        if (i) {
            if (at == end)
                return too_few(i, csv->fields ? csv->fields : csv->needed, error);
            at++;
        }
        unsigned column = csv->column[i];
        if (column >= R3_CSV_OPEN) {
            struct r3_decimal *out = (struct r3_decimal *)(void *)((char *)candle + places[column]);
            const char *next = fast_number(at, out);
            at = next && (next == end || *next == separator)
                     ? next
                     : parse_slowly(at, end, separator, column, out, &bits, error);
            if (!at)
                return -1;
        } else if (column == R3_CSV_TIME) {
            at = parse_time(csv, at, end, &candle->time, error);
            if (!at)
                return r3_error_at(error, "time: ");
        } else {
            at = r3_csv_field_end(at, end, separator);
            if (!at)
                return r3_fail(error, R3_DATA, "a quote is not closed");
        }
    }
    if ((at != end || csv->fields != csv->needed) && check_rest(csv, at, end, error) < 0)
        return -1;
    if (bits)
        return settle_missing(bits, missing, error);
    if (!csv->has_volume)
        candle->volume = r3_decimal_zero;
    return check_values(candle, error) < 0 ? -1 : 1;
}

int r3_csv_follows(const struct r3_candle *last, const struct r3_candle *next, const char *place,
                   struct r3_error *error) {
    char last_time[R3_TIME_TEXT_SIZE], next_time[R3_TIME_TEXT_SIZE];
    if (next->time > last->time)
        return 1;
    r3_time_format(last_time, last->time);
    r3_time_format(next_time, next->time);
    if (next->time < last->time)
        return r3_fail(error, R3_DATA, "out of order: %s comes after %s of %s", next_time, last_time, place);
    if (r3_candle_same_values(last, next))
        return 0;
    return r3_fail(error, R3_DATA, "%s again with other values: %s has it too", next_time, place);
}

int r3_csv_init(struct r3_csv *csv, const char *columns, struct r3_error *error) {
    *csv = (struct r3_csv) { .first_time = R3_TIME_ABSENT };
    if (!columns)
        return 0;
    unsigned seen = 0, field = 0;
    for (const char *at = columns;; field++) {
        size_t length = strcspn(at, ",");
        unsigned column = 0;
        while (column < R3_CSV_COLUMNS &&
               (strlen(column_names[column]) != length || strncasecmp(column_names[column], at, length) != 0))
            column++;
        if (column == R3_CSV_COLUMNS || field == R3_CSV_FIELDS_MAX)
            return r3_fail(error, R3_USAGE, "--columns: \"%.*s\" is not one of time open high low close volume -",
                           (int)(length > 40 ? 40 : length), at);
        if (column != R3_CSV_SKIP && seen & 1u << column)
            return r3_fail(error, R3_USAGE, "--columns: %s is there twice", column_names[column]);
        seen |= 1u << column;
        csv->column[field] = (unsigned char)column;
        if (column != R3_CSV_SKIP)
            csv->needed = field + 1;
        if (!at[length])
            break;
        at += length + 1;
    }
    for (unsigned column = R3_CSV_TIME; column <= R3_CSV_CLOSE; column++)
        if (!(seen & 1u << column))
            return r3_fail(error, R3_USAGE, "--columns: %s is missing", column_names[column]);
    csv->named = true;
    csv->has_volume = seen & 1u << R3_CSV_VOLUME;
    return 0;
}
