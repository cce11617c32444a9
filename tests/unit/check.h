#ifndef R3_TESTS_UNIT_CHECK_H
#define R3_TESTS_UNIT_CHECK_H

/* The unit tests' few words. A test is a main that makes CHECKs and returns check_done(). A check that fails names its
 * place and goes on. */

#include <stdio.h>
#include <string.h>

static int check_passed, check_failed;

static inline void check_that(int holds, const char *file, int line, const char *what) {
    if (holds) {
        check_passed++;
        return;
    }
    check_failed++;
    fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
}

static inline void check_text(const char *got, const char *want, const char *file, int line) {
    if (strcmp(got, want) == 0) {
        check_passed++;
        return;
    }
    check_failed++;
    fprintf(stderr, "%s:%d: failed: got  %s\n%*swant %s\n", file, line, got, (int)strlen(file) + 14, "", want);
}

static inline void check_int(long long got, long long want, const char *file, int line) {
    if (got == want) {
        check_passed++;
        return;
    }
    check_failed++;
    fprintf(stderr, "%s:%d: failed: got %lld, want %lld\n", file, line, got, want);
}

static inline int check_done(void) {
    printf("%d passed, %d failed\n", check_passed, check_failed);
    return check_failed ? 1 : 0;
}

#define CHECK(condition) check_that(!!(condition), __FILE__, __LINE__, #condition)
#define CHECK_TEXT(got, want) check_text((got), (want), __FILE__, __LINE__)
#define CHECK_INT(got, want) check_int((long long)(got), (long long)(want), __FILE__, __LINE__)

#endif
