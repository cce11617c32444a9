#include "lib/base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/time.h"

static const char NAME[] = "R3_NOW";

bool r3_clock_is_set(void) {
    const char *text = getenv(NAME);
    return text && *text;
}

/* Up to 18 digits are ms; four of them would be a year as well, which nobody means by a clock. */
static int parse(int64_t *now, const char *text, struct r3_error *error) {
    size_t length = strlen(text), digits = strspn(text, "0123456789");
    if (digits == length && length > 4 && length <= 18) {
        *now = strtoll(text, NULL, 10);
        return 0;
    }
    if (r3_time_parse(now, text, length, error) < 0)
        return r3_fail(error, R3_CONFIG, "%s: wants ms since 1970 or a time as 2024-01-31T13:45:00Z, not \"%s\"", NAME,
                       text);
    return 0;
}

int r3_clock_now(int64_t *now, struct r3_error *error) {
    struct timespec time;
    if (r3_clock_is_set())
        return parse(now, getenv(NAME), error);
    clock_gettime(CLOCK_REALTIME, &time);
    *now = (int64_t)time.tv_sec * R3_SECOND + time.tv_nsec / 1000000;
    return 0;
}

int64_t r3_clock_monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_BOOTTIME, &time);
    return (int64_t)time.tv_sec * R3_SECOND + time.tv_nsec / 1000000;
}
