#ifndef R3_MARKET_CSV_H
#define R3_MARKET_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/record/record.h"

/* Candles in delimited text: which column is what, and one line into one candle. Pure: lines in, candles out.
 *
 * A dialect is found from the head of a file (r3_csv_sniff), from the header's words where there is a header, else from the
 * number of columns and from what the first rows allow. */

enum r3_csv_column {
    R3_CSV_SKIP,
    R3_CSV_TIME,
    R3_CSV_OPEN,
    R3_CSV_HIGH,
    R3_CSV_LOW,
    R3_CSV_CLOSE,
    R3_CSV_VOLUME,
    R3_CSV_COLUMNS
};

enum { R3_CSV_FIELDS_MAX = 64, R3_CSV_SNIFF_ROWS = 1000 };

struct r3_csv {
    char separator;                          /* ',' ';' or tab; 0: not known yet */
    unsigned char column[R3_CSV_FIELDS_MAX]; /* enum r3_csv_column of each field */
    unsigned needed;                         /* fields up to the last that is read */
    unsigned fields;                         /* fields that every row must have; 0: at least `needed` */
    bool named;                              /* the columns were named by the user */
    bool has_volume;
    bool compact_days;   /* times are days like 20131125 */
    uint64_t first_line; /* number of the first line that is a row */
    /* Found from the first rows: */
    bool newest_first;
    int64_t first_time; /* R3_TIME_ABSENT: there is no row */
    int64_t spacing;    /* ms: the most usual distance of rows that follow each other; 0: fewer than two */
};

/* Names of the columns in order, "time,open,high,low,close,volume"; '-' skips one, case does not matter. NULL: found by
 * r3_csv_sniff. R3_USAGE. */
int r3_csv_init(struct r3_csv *csv, const char *columns, struct r3_error *error);

/* Look at the head of a file, text[0..length), lines ended by newlines; `whole`: it is all of the file. text[length] must be
 * readable and '\n' or '\0'. 1: found; 0: more text is
 * wanted (only when not `whole` and not `enough`); -1: R3_DATA, with "LINE: " ahead of the text. `spaced`: the caller wants
 * `spacing`, hence up to R3_CSV_SNIFF_ROWS rows; otherwise two rows will do. */
int r3_csv_sniff(struct r3_csv *csv, const char *text, size_t length, bool whole, bool enough, bool spaced,
                 struct r3_error *error);

/* One row → time, open, high, low, close and volume of *candle; the rest of it is left alone. 1: a candle; 0: none on this line
 * (it is blank, or its prices are "null", "NaN" or empty: *missing is then set); -1: R3_DATA. Prices are above zero, high is
 * the highest and low the lowest, volume is not negative, and decimals are in fewest digits.
 * line[length] must be readable and '\n' or '\0'. */
int r3_csv_row(const struct r3_csv *csv, const char *line, size_t length, struct r3_candle *candle, bool *missing,
               struct r3_error *error);

/* The line without its carriage return. */
static inline size_t r3_csv_trim(const char *line, size_t length) {
    return length && line[length - 1] == '\r' ? length - 1 : length;
}

/* A time as files spell it: seconds, ms, µs or ns since 1970 by their magnitude (also "1385337600.0"), or ISO 8601.
 * → ms. R3_DATA. */
int r3_csv_time(int64_t *out, const char *text, size_t length, struct r3_error *error);

/* The order of candles in time. 1: `next` follows `last`; 0: it is an equal copy of it; -1, R3_DATA: it comes before, or has the
 * same time and other values; the text names `place` (of last), as in "line 16". */
int r3_csv_follows(const struct r3_candle *last, const struct r3_candle *next, const char *place,
                   struct r3_error *error);

/* Private to csv*.c: whole seconds, ms, µs or ns by their magnitude: each unit spans 1973 to 5138, and seconds all before. False:
 * not a whole millisecond. */
static inline bool r3_csv_integer_time(int64_t *out, uint64_t value) {
    const uint64_t seconds = UINT64_C(100000000000), milliseconds = seconds * 1000, microseconds = milliseconds * 1000;
    uint64_t unit = value < milliseconds ? 1 : value < microseconds ? 1000 : 1000000;
    *out = value < seconds ? (int64_t)value * 1000 : (int64_t)(value / unit);
    return value < seconds || value % unit == 0;
}

/* Private to csv*.c: where the field that starts at `at` ends (its separator, or end); quotes are honoured. NULL: an open quote. */
const char *r3_csv_field_end(const char *at, const char *end, char separator);
/* The field's text without spaces around it and without quotes. */
void r3_csv_field_text(const char **text, size_t *length, const char *at, const char *field_end);
/* For messages: printable, cut, NUL-terminated. */
enum { R3_CSV_QUOTED_SIZE = 48 };
const char *r3_csv_quoted(char out[R3_CSV_QUOTED_SIZE], const char *text, size_t length);

#endif
