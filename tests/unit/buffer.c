#include "lib/base/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "tests/unit/check.h"

static void test_growth(void) {
    struct r3_buffer buffer = R3_BUFFER_INIT;
    CHECK(buffer.data == NULL);
    r3_buffer_reset(&buffer); /* an empty one may be reset and released */
    r3_buffer_append(&buffer, "", 0);
    CHECK_TEXT(buffer.data, "");
    for (int i = 0; i < 1000; i++) {
        r3_buffer_append_text(&buffer, "0123456789");
        CHECK(buffer.length < buffer.capacity && buffer.data[buffer.length] == '\0');
    }
    CHECK_INT(buffer.length, 10000);
    CHECK(memcmp(buffer.data + 9990, "0123456789", 10) == 0);
    r3_buffer_reset(&buffer);
    CHECK_TEXT(buffer.data, "");
    r3_buffer_printf(&buffer, "%s=%d", "a", 5);
    r3_buffer_printf(&buffer, "%0200d", 7);
    CHECK_INT(buffer.length, 203);
    CHECK(buffer.data[202] == '7' && buffer.data[203] == '\0');
    char *end = r3_buffer_reserve(&buffer, 5000);
    CHECK(end == buffer.data + 203 && buffer.capacity - buffer.length > 5000);
    r3_buffer_append(&buffer, "a\0b", 3);
    CHECK_INT(buffer.length, 206);
    r3_buffer_release(&buffer);
    CHECK(buffer.data == NULL && buffer.length == 0 && buffer.capacity == 0);
}

static void test_copy(void) {
    char out[4] = "xxx";
    CHECK_INT(r3_copy_text(out, sizeof out, "abc", 3), 0);
    CHECK_TEXT(out, "abc");
    CHECK_INT(r3_copy_text(out, sizeof out, "abcd", 4), -1);
    CHECK_TEXT(out, "");
    CHECK_INT(r3_copy_text(out, sizeof out, NULL, 0), 0);
    CHECK_TEXT(out, "");
    char *copy = r3_duplicate("text");
    CHECK_TEXT(copy, "text");
    free(copy);
    unsigned char *zeroed = r3_allocate(100);
    int sum = 0;
    for (int i = 0; i < 100; i++)
        sum += zeroed[i];
    CHECK_INT(sum, 0);
    free(zeroed);
}

/* Memory that runs out ends the program with 71. */
static void test_out_of_memory(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct r3_buffer buffer = R3_BUFFER_INIT;
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        r3_buffer_reserve(&buffer, (size_t)-1 / 2);
        _exit(0);
    }
    int status = 0;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), R3_SYSTEM);
}

static void test_errors(void) {
    struct r3_error error = { 0 };
    CHECK_INT(r3_fail(&error, R3_DATA, "not a %s: \"%s\"", "decimal", "a\nb\x7f\x01"), -1);
    CHECK_INT(error.status, R3_DATA);
    CHECK_TEXT(error.text, "not a decimal: \"a?b??\"");
    CHECK_INT(r3_error_at(&error, "%s:%d: ", "btc.csv", 17), -1);
    CHECK_INT(error.status, R3_DATA);
    CHECK_TEXT(error.text, "btc.csv:17: not a decimal: \"a?b??\"");
    errno = ENOENT;
    CHECK_INT(r3_fail_errno(&error, R3_IO, "%s", "btc.csv"), -1);
    CHECK_TEXT(error.text, "btc.csv: No such file or directory");
    CHECK_INT(r3_fail(NULL, R3_IO, "nobody asks"), -1);
    CHECK_INT(r3_fail_errno(NULL, R3_IO, "nobody asks"), -1);
    CHECK_INT(r3_error_at(NULL, "nobody asks"), -1);
}

/* What is too long is cut, never in the middle of a character. */
static void test_cut(void) {
    struct r3_error error = { 0 };
    char text[600];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    for (size_t lead = 474; lead < 480; lead++) {
        memcpy(text + lead, "\xe2\x82\xac", 3); /* a euro sign across the cut */
        r3_fail(&error, R3_DATA, "%s", text);
        size_t length = strlen(error.text);
        CHECK_INT(length, lead + 3 <= 479 ? 479 : lead < 479 ? lead : 479);
        text[lead] = text[lead + 1] = text[lead + 2] = 'a';
    }
    r3_error_at(&error, "%s", text);
    CHECK_INT(strlen(error.text), sizeof error.text - 1);
}

int main(void) {
    test_growth();
    test_copy();
    test_out_of_memory();
    test_errors();
    test_cut();
    return check_done();
}
