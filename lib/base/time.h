#ifndef R3_BASE_TIME_H
#define R3_BASE_TIME_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

/* Times are milliseconds since 1970-01-01T00:00:00 UTC, 64-bit, years 1970 to 9999. Nothing here reads a clock. */

#define R3_TIME_TEXT_SIZE 32
#define R3_TIME_ABSENT INT64_MIN
enum { R3_SECOND = 1000, R3_MINUTE = 60 * R3_SECOND, R3_HOUR = 60 * R3_MINUTE, R3_DAY = 24 * R3_HOUR };

/* ISO 8601: 2024, 2024-01, 2024-01-31, 2024-01-31T13:45[:59[.123456]][Z|+01:00|+0100|+01| UTC], 'T' or a space; no zone
 * means UTC. Strict: the whole text, real dates, or R3_DATA. Digits beyond the millisecond must be zeros or are cut (floor). */
int r3_time_parse(int64_t *out, const char *text, size_t length, struct r3_error *error);

/* "2024-01-31T13:45:00Z", or with ".123" where there are milliseconds. Returns the length. */
size_t r3_time_format(char out[R3_TIME_TEXT_SIZE], int64_t time);

/* Civil date of a time, UTC. month 1-12, day 1-31, weekday 0 = Monday. */
void r3_time_civil(int64_t time, int *year, int *month, int *day, int *weekday);
int64_t r3_time_from_civil(int year, int month, int day);

/* A span: 90s 5m 5mn 4h 4H 2d 2D 1w 3M(30 days: no) … number and unit s m h d w, any case but M; result in ms, > 0. */
int r3_duration_parse(int64_t *out, const char *text, size_t length, struct r3_error *error);
/* That of the environment's variable `name`, at most `longest` ms; `usual` where it is not set, or empty. R3_CONFIG. */
int r3_duration_from_environment(int64_t *out, const char *name, int64_t usual, int64_t longest,
                                 struct r3_error *error);
/* "3 days 04:05:00", as in the report. Returns the length. */
size_t r3_duration_format(char out[R3_TIME_TEXT_SIZE], int64_t span);

#endif
