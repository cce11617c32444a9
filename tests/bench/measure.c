/* measure FILE COMMAND…: run the command, and append a line to FILE: its name, status, wall, user and system time in seconds,
 * largest resident set in KiB, voluntary and involuntary context switches. The status is the command's. Times include those
 * of its descendants; the resident set is that of the largest process. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(const struct timeval *time) {
    return (double)time->tv_sec + (double)time->tv_usec * 1e-6;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fputs("usage: measure FILE COMMAND...\n", stderr);
        return 64;
    }
    double start = now();
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        fprintf(stderr, "measure: %s: %s\n", argv[2], strerror(errno));
        _exit(127);
    }
    /* The pipe is the command's alone: what it closes must be closed. */
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        fprintf(stderr, "measure: %s: %s\n", argv[2], strerror(errno));
        return 71;
    }
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    FILE *file = fopen(argv[1], "a");
    if (!file) {
        fprintf(stderr, "measure: %s: %s\n", argv[1], strerror(errno));
        return 74;
    }
    const char *slash = strrchr(argv[2], '/');
    fprintf(file, "%s %d %.6f %.6f %.6f %ld %ld %ld\n", slash ? slash + 1 : argv[2], code, now() - start,
            seconds(&usage.ru_utime), seconds(&usage.ru_stime), usage.ru_maxrss, usage.ru_nvcsw, usage.ru_nivcsw);
    return fclose(file) == 0 ? code : 74;
}
