#include "lib/base/append.h"

#include <inttypes.h>
#include <stddef.h>

#include "tests/unit/check.h"

/* Texts built piece by piece: what printf would write, and nothing beyond the array. */

static void check_integers(void) {
    static const int64_t values[] = {
        0, 1, -1, 9, 10, 99, 100, -100, INT64_MAX, INT64_MIN, 1483232700000, INT64_MIN + 1
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char text[32], expected[32];
        snprintf(expected, sizeof expected, "%" PRId64, values[i]);
        char *end = r3_append_integer(text, text + sizeof text, values[i]);
        CHECK(end == text + strlen(expected));
        CHECK_TEXT(text, expected);
    }
}

/* Each number of digits, and the digits of each place. */
static void check_lengths(void) {
    int64_t power = 1;
    for (int digits = 1; digits <= 18; digits++, power *= 10) {
        int64_t values[] = { power, power - 1, power + 1, 9 * power, power / 3 * 7, -power, 2 * power - 1 };
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            char text[32], expected[32];
            memset(text, '~', sizeof text);
            size_t length = (size_t)snprintf(expected, sizeof expected, "%" PRId64, values[i]);
            CHECK(r3_append_integer(text, text + length, values[i]) == NULL); /* no room for the NUL */
            CHECK(text[0] == '~');
            CHECK(r3_append_integer(text, text + length + 1, values[i]) == text + length);
            CHECK_TEXT(text, expected);
            CHECK(text[length + 1] == '~');
        }
    }
}

static void check_pieces(void) {
    char text[16];
    const char *end = text + sizeof text;
    char *at = r3_append_text(text, end, "main");
    at = r3_append_text(at, end, "-");
    at = r3_append_integer(at, end, -12);
    at = r3_append_text(at, end, "");
    at = r3_append_text(at, end, "-ENTRY");
    CHECK(at == text + 14);
    CHECK_TEXT(text, "main--12-ENTRY");
    CHECK(r3_append_text(at, end, "x") == text + 15); /* the array is full: 15 characters and the NUL */
    CHECK_TEXT(text, "main--12-ENTRYx");
}

static void check_full(void) {
    char text[] = "abcd|";
    const char *end = text + 5;
    CHECK(r3_append_text(text, end, "12345") == NULL);
    CHECK(r3_append_integer(text + 3, end, 10) == NULL);
    CHECK_TEXT(text, "abcd|"); /* nothing was written */
    CHECK(r3_append_text(NULL, end, "") == NULL);
    CHECK(r3_append_integer(NULL, end, 1) == NULL);
    CHECK(r3_append_integer(text + 3, end, 7) == text + 4);
    CHECK(memcmp(text, "abc7\0", 6) == 0);
}

int main(void) {
    check_integers();
    check_lengths();
    check_pieces();
    check_full();
    return check_done();
}
