/* R3_NOW and the system's clocks. */
#include "lib/base/clock.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/time.h"
#include "tests/unit/check.h"

static struct r3_error error;

static int64_t set(const char *text) {
    int64_t now = R3_TIME_ABSENT;
    setenv("R3_NOW", text, 1);
    CHECK(r3_clock_is_set());
    CHECK_INT(r3_clock_now(&now, &error), 0);
    return now;
}

static void refuse(const char *text) {
    int64_t now = 42;
    setenv("R3_NOW", text, 1);
    CHECK_INT(r3_clock_now(&now, &error), -1);
    CHECK_INT(error.status, R3_CONFIG);
    CHECK(strstr(error.text, "R3_NOW: ") == error.text);
    CHECK(strstr(error.text, text) != NULL);
}

static void test_set(void) {
    CHECK_INT(set("1385337600000"), 1385337600000);
    CHECK_INT(set("86400000"), 86400000);
    CHECK_INT(set("2013-11-25T00:00:00Z"), 1385337600000);
    CHECK_INT(set("2013-11-25"), 1385337600000);
    CHECK_INT(set("2013-11-25T01:00+01:00"), 1385337600000);
    CHECK_INT(set("2013"), 1356998400000); /* a year, not two seconds after 1970 */
    CHECK_INT(set("00001"), 1);
    CHECK_INT(set("999999999999999999"), INT64_C(999999999999999999));
    refuse("now");
    refuse("1385337600000 ");
    refuse("-1385337600000");
    refuse("1e12");
    refuse("1385337600.5");
    refuse("9999999999999999999");
    refuse("2013-02-30");
}

static int64_t real(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void test_system(void) {
    int64_t before, now, after;
    unsetenv("R3_NOW");
    CHECK(!r3_clock_is_set());
    before = real();
    CHECK_INT(r3_clock_now(&now, &error), 0);
    after = real();
    CHECK(before <= now && now <= after);
    setenv("R3_NOW", "", 1); /* as good as not set */
    CHECK(!r3_clock_is_set());
    CHECK_INT(r3_clock_now(&now, &error), 0);
    CHECK(now >= after);
}

/* It runs on whatever R3_NOW says. */
static void test_monotonic(void) {
    const struct timespec span = { .tv_nsec = 20000000 };
    setenv("R3_NOW", "1385337600000", 1);
    int64_t first = r3_clock_monotonic(), last = first;
    for (int i = 0; i < 1000; i++) {
        int64_t next = r3_clock_monotonic();
        CHECK(next >= last);
        last = next;
    }
    nanosleep(&span, NULL);
    CHECK(r3_clock_monotonic() >= first + 19);
}

enum { ASLEEP = 1000, CANNOT = 77 }; /* s */

/* In a process for which the machine has slept for so long: 0 where the clock went on, 1, or CANNOT where such a process may not be made. */
static int sleep_there(int64_t before) {
    char text[32];
    int length = snprintf(text, sizeof text, "boottime %d 0\n", ASLEEP), status = 0;
    int fd = unshare(CLONE_NEWUSER | CLONE_NEWTIME) < 0 ? -1 : open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, (size_t)length) != length)
        return CANNOT;
    pid_t child = fork();
    if (child == 0)
        _exit(r3_clock_monotonic() - before < ASLEEP * R3_SECOND);
    return child > 0 && waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : CANNOT;
}

static void test_sleep(void) {
    int64_t before = r3_clock_monotonic();
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(sleep_there(before));
    CHECK(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == CANNOT);
}

int main(void) {
    test_set();
    test_system();
    test_monotonic();
    test_sleep();
    return check_done();
}
