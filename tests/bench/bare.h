#ifndef R3_TESTS_BENCH_BARE_H
#define R3_TESTS_BENCH_BARE_H

/* For parse.c and bare.c, the limits that the benchmark compares with: a file of candles in memory, read by the shortest code there
 * is. Nothing is checked: it is for files of time (s), open, high, low, close, volume under a header, and has nothing of r3's. */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BARE_SCALE = 8 }; /* decimals of each number */

struct bare_file {
    const char *at, *end;
};

struct bare_candle {
    int64_t time, open, high, low, close, volume;
};

static inline struct bare_file bare_open(int argc, char **argv) {
    struct stat status;
    int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    if (fd < 0 || fstat(fd, &status) < 0) {
        fprintf(stderr, "usage: %s FILE.csv\n", argv[0]);
        exit(64);
    }
    size_t size = (size_t)status.st_size;
    const char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (text == MAP_FAILED) {
        perror(argv[1]);
        exit(74);
    }
    close(fd);
    struct bare_file file = { text, text + size };
    while (file.at < file.end && *file.at++ != '\n')
        ;
    return file;
}

static inline int64_t bare_integer(const char **at) {
    int64_t value = 0;
    while ((unsigned char)(**at - '0') < 10)
        value = value * 10 + (*(*at)++ - '0');
    return value;
}

/* value x 10^BARE_SCALE, and the separator behind it. */
static inline int64_t bare_number(const char **at) {
    static const int64_t power[] = { 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1 };
    int64_t value = bare_integer(at);
    if (**at != '.')
        return ++*at, value * power[0];
    const char *point = ++*at;
    while ((unsigned char)(**at - '0') < 10)
        value = value * 10 + (*(*at)++ - '0');
    value *= power[*at - point];
    ++*at;
    return value;
}

static inline int bare_next(struct bare_file *file, struct bare_candle *candle) {
    if (file->at >= file->end)
        return 0;
    candle->time = bare_integer(&file->at) * 1000;
    file->at++;
    candle->open = bare_number(&file->at);
    candle->high = bare_number(&file->at);
    candle->low = bare_number(&file->at);
    candle->close = bare_number(&file->at);
    candle->volume = bare_number(&file->at);
    return 1;
}

static inline double bare_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

#endif
