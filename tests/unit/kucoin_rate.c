/* The rate limit: the arithmetic of a quota at given times, and the file that processes share. */
#include "lib/kucoin/rate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/unit/check.h"

static char directory[] = "/tmp/r3-rate-XXXXXX";

/* ---- arithmetic ---- */

static void check_window(void) {
    struct r3_kucoin_limits limits;
    const int64_t start = 1000000;
    r3_kucoin_limits_init(&limits);
    for (int i = 0; i < 3600; i++) /* 4,000 without the tenth for urgent calls */
        CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, false, start + i), 0);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, false, start + 4000), 26000);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 30, false, start + 29999), 1);
    /* Other pools have their own. */
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_PUBLIC, 3, false, start + 4000), 0);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_MANAGEMENT, 20, false, start + 4000), 0);
    for (int i = 0; i < 400; i++)
        CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, true, start + 5000), 0);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, true, start + 5000), 25000);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, false, start + 30000), 0);
}

static void check_told(void) {
    struct r3_kucoin_limits limits;
    struct r3_kucoin_quota *spot = &limits.pools[R3_KUCOIN_SPOT];
    r3_kucoin_limits_init(&limits);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 2, false, 5000), 0);
    CHECK_INT(spot->remaining, 3998);
    /* Others use it too. */
    r3_kucoin_limits_told(&limits, R3_KUCOIN_SPOT, 6000, 2500, 20000, 6000);
    CHECK_INT(spot->limit, 6000);
    CHECK_INT(spot->remaining, 2500);
    CHECK_INT(spot->until, 26000);
    /* Two calls are under way when an answer to neither comes. */
    r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 2, false, 6100);
    r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 2, false, 6100);
    r3_kucoin_limits_told(&limits, R3_KUCOIN_SPOT, 6000, 2499, 19800, 6200);
    CHECK_INT(spot->remaining, 2496);
    /* A new window. */
    r3_kucoin_limits_told(&limits, R3_KUCOIN_SPOT, 6000, 5990, 29000, 27000);
    CHECK_INT(spot->remaining, 5990);
    CHECK_INT(spot->until, 56000);
    /* Not told, or nonsense. */
    r3_kucoin_limits_told(&limits, R3_KUCOIN_SPOT, -1, -1, -1, 27000);
    r3_kucoin_limits_told(&limits, R3_KUCOIN_SPOT, 0, 0, 0, 27000);
    r3_kucoin_limits_told(&limits, R3_KUCOIN_SPOT, 6000, 0, 3600000, 27000);
    r3_kucoin_limits_told(&limits, R3_KUCOIN_SPOT, INT64_C(1) << 60, 5, 5, 27000);
    CHECK_INT(spot->remaining, 5990);
    r3_kucoin_limits_told(&limits, R3_KUCOIN_SPOT, 10, 500, 1000, 90000);
    CHECK_INT(spot->remaining, 10);
    /* Used up, as a 429 says it. */
    r3_kucoin_limits_told(&limits, R3_KUCOIN_SPOT, 4000, 0, 1489, 90500);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, true, 90600), 1389);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, true, 91989), 0);
}

static void check_small_quota(void) {
    struct r3_kucoin_limits limits;
    r3_kucoin_limits_init(&limits);
    r3_kucoin_limits_told(&limits, R3_KUCOIN_SPOT, 10, 10, 0, 100);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 30, false, 100), 0); /* more than there is: once */
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, true, 100), 30000);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 9, false, 30100), 0);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, false, 30100), 30000);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, true, 30100), 0);
}

static void check_block(void) {
    struct r3_kucoin_limits limits;
    r3_kucoin_limits_init(&limits);
    r3_kucoin_limits_block(&limits, 30000, 1000);
    r3_kucoin_limits_block(&limits, 10000, 1000); /* the longer one holds */
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, true, 2000), 29000);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_PUBLIC, 1, false, 30999), 1);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, false, 31000), 0);
    r3_kucoin_limits_block(&limits, INT64_C(1) << 40, 40000);
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, false, 40000), 300000);
    /* Times of before the machine started anew lie in the future: they hold nothing up. */
    CHECK_INT(r3_kucoin_limits_take(&limits, R3_KUCOIN_SPOT, 1, false, 10), 0);
    CHECK_INT(limits.pools[R3_KUCOIN_SPOT].until, 30010);
}

/* ---- the file ---- */

static char *file_name(char *out, size_t size) {
    char command[128];
    snprintf(command, sizeof command, "ls %s/r3/kucoin-*", directory);
    FILE *list = popen(command, "r");
    out[0] = '\0';
    if (list && fgets(out, (int)size, list))
        out[strcspn(out, "\n")] = '\0';
    if (list)
        pclose(list);
    return out;
}

static void forget_files(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -f %s/r3/kucoin-*", directory);
    CHECK_INT(system(command), 0);
}

static void check_shared(void) {
    struct r3_kucoin_rate *a = r3_kucoin_rate_new("http://127.0.0.1:1", "a-key-that-is-told-nowhere"),
                          *b = r3_kucoin_rate_new("http://127.0.0.1:1", "a-key-that-is-told-nowhere"),
                          *other = r3_kucoin_rate_new("http://127.0.0.1:1", "another"),
                          *elsewhere = r3_kucoin_rate_new("http://127.0.0.1:2", "a-key-that-is-told-nowhere");
    char name[160];
    struct stat state;
    CHECK(r3_kucoin_rate_is_shared(a));
    r3_kucoin_rate_told(a, R3_KUCOIN_SPOT, 4000, 0, 5000);
    CHECK(r3_kucoin_rate_take(b, R3_KUCOIN_SPOT, 1, true) > 4000);
    CHECK_INT(r3_kucoin_rate_take(other, R3_KUCOIN_SPOT, 1, false), 0);
    CHECK_INT(r3_kucoin_rate_take(elsewhere, R3_KUCOIN_SPOT, 1, false), 0);
    r3_kucoin_rate_block(b, 9000);
    CHECK(r3_kucoin_rate_take(a, R3_KUCOIN_PUBLIC, 1, false) > 8000);
    CHECK_INT(stat(file_name(name, sizeof name), &state), 0);
    CHECK_INT(state.st_mode & 0777, 0600);
    CHECK(!strstr(name, "a-key"));
    r3_kucoin_rate_free(a);
    r3_kucoin_rate_free(b);
    r3_kucoin_rate_free(other);
    r3_kucoin_rate_free(elsewhere);
    r3_kucoin_rate_free(NULL);
}

/* Four processes take at once: no more than there is, and no less. */
static void check_processes(void) {
    enum { PROCESSES = 4, TRIES = 400 };
    struct r3_kucoin_rate *rate = r3_kucoin_rate_new("http://127.0.0.1:3", NULL);
    r3_kucoin_rate_told(rate, R3_KUCOIN_PUBLIC, 600, 600, 0);
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            struct r3_kucoin_rate *own = r3_kucoin_rate_new("http://127.0.0.1:3", NULL);
            int taken = 0;
            for (int k = 0; k < TRIES; k++)
                taken += r3_kucoin_rate_take(own, R3_KUCOIN_PUBLIC, 3, false) == 0;
            r3_kucoin_rate_free(own);
            _exit(taken);
        }
    int taken = 0, status;
    for (int i = 0; i < PROCESSES; i++)
        if (wait(&status) > 0)
            taken += WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
    CHECK_INT(taken, 180); /* of 600, a tenth kept back, three each */
    r3_kucoin_rate_free(rate);
}

static void spoil(const char *name, const void *bytes, size_t length) {
    int fd = open(name, O_WRONLY | O_TRUNC);
    CHECK(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
    close(fd);
}

static void check_damaged(void) {
    char name[160], noise[512], whole[512];
    forget_files();
    struct r3_kucoin_rate *rate = r3_kucoin_rate_new("http://127.0.0.1:4", NULL);
    CHECK_INT(r3_kucoin_rate_take(rate, R3_KUCOIN_PUBLIC, 1, false), 0);
    file_name(name, sizeof name);
    int fd = open(name, O_RDONLY);
    ssize_t length = read(fd, whole, sizeof whole);
    close(fd);
    CHECK(length > 8);
    for (ssize_t cut = 0; cut < length; cut++) {
        spoil(name, whole, (size_t)cut);
        CHECK_INT(r3_kucoin_rate_take(rate, R3_KUCOIN_PUBLIC, 1, false), 0);
    }
    for (int seed = 0; seed < 64; seed++) {
        memcpy(noise, whole, sizeof noise);
        for (ssize_t i = 8; i < length; i++)
            noise[i] = (char)(seed * 37 + i * 101 + (i * seed >> 3));
        spoil(name, noise, (size_t)length);
        CHECK(r3_kucoin_rate_take(rate, R3_KUCOIN_PUBLIC, 1, true) <= 300000);
    }
    r3_kucoin_rate_free(rate);
    /* What is no file of ours is left alone. */
    unlink(name);
    CHECK_INT(symlink("/dev/null", name), 0);
    rate = r3_kucoin_rate_new("http://127.0.0.1:4", NULL);
    CHECK(!r3_kucoin_rate_is_shared(rate));
    CHECK_INT(r3_kucoin_rate_take(rate, R3_KUCOIN_PUBLIC, 1, false), 0);
    r3_kucoin_rate_free(rate);
    unlink(name);
}

/* Somebody holds the lock and does not give it back. */
static void check_held(void) {
    char name[160];
    forget_files();
    struct r3_kucoin_rate *rate = r3_kucoin_rate_new("http://127.0.0.1:5", NULL);
    file_name(name, sizeof name);
    int fd = open(name, O_RDWR);
    CHECK_INT(flock(fd, LOCK_EX), 0);
    int64_t before = r3_clock_monotonic();
    CHECK_INT(r3_kucoin_rate_take(rate, R3_KUCOIN_PUBLIC, 1, true), 0);
    CHECK(r3_clock_monotonic() - before < 3000);
    close(fd);
    r3_kucoin_rate_free(rate);
}

static void check_places(void) {
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    struct r3_kucoin_rate *rate = r3_kucoin_rate_new("http://127.0.0.1:6", NULL);
    CHECK(!r3_kucoin_rate_is_shared(rate));
    r3_kucoin_rate_told(rate, R3_KUCOIN_PUBLIC, 2000, 0, 5000);
    CHECK(r3_kucoin_rate_take(rate, R3_KUCOIN_PUBLIC, 1, true) > 0);
    r3_kucoin_rate_free(rate);
    setenv("HOME", directory, 1);
    rate = r3_kucoin_rate_new("http://127.0.0.1:6", NULL);
    CHECK(r3_kucoin_rate_is_shared(rate));
    char path[160];
    snprintf(path, sizeof path, "%s/.local/state/r3", directory);
    CHECK_INT(access(path, F_OK), 0);
    r3_kucoin_rate_free(rate);
    setenv("XDG_STATE_HOME", "/proc/nowhere", 1);
    rate = r3_kucoin_rate_new("http://127.0.0.1:6", NULL);
    CHECK(!r3_kucoin_rate_is_shared(rate));
    r3_kucoin_rate_free(rate);
}

int main(void) {
    CHECK(mkdtemp(directory));
    setenv("XDG_STATE_HOME", directory, 1);
    check_window();
    check_told();
    check_small_quota();
    check_block();
    check_shared();
    check_processes();
    check_damaged();
    check_held();
    check_places();
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    CHECK_INT(system(command), 0);
    return check_done();
}
