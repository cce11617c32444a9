/* relay: the least that a pipe of candles can cost, as the yardstick of the benchmark.
 *
 *   relay candles FILE.csv | relay parse | relay parse | relay parse | relay count
 *
 * `candles` reads a CSV file and writes candle records, copying the digits; `parse` reads every number of every line, and
 * passes the bytes on; `count` reads every number and prints how many lines there were. No decision, no barrier, no checks
 * beyond the shape of the line: what no engine of filters in this form can beat. */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 256 << 10, PIPE = 1 << 20, LINE_MAX_BYTES = 512, NUMBERS = 5, DECIMALS = 8 };

static const char head[] =
    "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"BTC-USDT\",\"timeframe\":\"1m\",\"time\":";
static const char *const keys[NUMBERS] = { ",\"open\":\"", "\",\"high\":\"", "\",\"low\":\"", "\",\"close\":\"",
                                           "\",\"volume\":\"" };
static const uint64_t powers[DECIMALS + 1] = { 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1 };

static char buffer[BUFFER + LINE_MAX_BYTES];

static void die(const char *what) {
    fprintf(stderr, "relay: %s: %s\n", what, errno ? strerror(errno) : "not a candle");
    exit(74);
}

static void put(const char *from, size_t length) {
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, from, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            die("standard output");
        from += written;
        length -= (size_t)written;
    }
}

static char *append(char *out, const char *text, size_t length) {
    memcpy(out, text, length);
    return out + length;
}

/* time in seconds and five numbers, each ended by a comma or the newline. */
static const char *write_candle(char **out, const char *in) {
    char *at = append(*out, head, sizeof head - 1);
    const char *comma = strchr(in, ',');
    at = append(at, in, (size_t)(comma - in));
    at = append(at, "000", 3);
    in = comma + 1;
    for (int i = 0; i < NUMBERS; i++) {
        at = append(at, keys[i], strlen(keys[i]));
        while (*in != ',' && *in != '\n')
            *at++ = *in++;
        in++;
    }
    *out = append(at, "\"}\n", 3);
    return in;
}

static void candles(const char *path) {
    static char in[BUFFER];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t have = 0;
    ssize_t got = -1;
    bool titled = false;
    char *out = buffer;
    while (file >= 0 && (got = read(file, in + have, BUFFER - have)) > 0) {
        have += (size_t)got;
        const char *last = memrchr(in, '\n', have), *at = in;
        if (!titled && last)
            at = (const char *)memchr(in, '\n', have) + 1;
        titled = titled || last;
        while (last && at <= last) {
            at = write_candle(&out, at);
            if (out - buffer >= BUFFER) {
                put(buffer, (size_t)(out - buffer));
                out = buffer;
            }
        }
        have -= (size_t)(at - in);
        memmove(in, at, have);
    }
    if (got < 0)
        die(path);
    put(buffer, (size_t)(out - buffer));
}

static inline unsigned digit(char c) {
    return (unsigned)(unsigned char)c - '0';
}

/* A decimal of up to 8 places, in units of 1e-8; modulo 2^64. */
static uint64_t number(const char **at) {
    const char *text = *at;
    uint64_t value = 0;
    int places = 0;
    for (; digit(*text) < 10; text++)
        value = value * 10 + digit(*text);
    if (*text == '.')
        for (text++; digit(*text) < 10; text++, places++)
            value = value * 10 + digit(*text);
    *at = text;
    return places <= DECIMALS ? value * powers[places] : 0;
}

static const char *expect(const char *at, const char *text) {
    size_t length = strlen(text);
    errno = 0;
    if (memcmp(at, text, length) != 0)
        die("standard input");
    return at + length;
}

static const char *parse_candle(const char *at, uint64_t *sum) {
    at = expect(at, head);
    *sum += number(&at);
    for (int i = 0; i < NUMBERS; i++) {
        at = expect(at, keys[i]);
        *sum += number(&at);
    }
    return expect(at, "\"}\n");
}

static void parse(bool pass) {
    size_t have = 0, lines = 0;
    uint64_t sum = 0;
    ssize_t got;
    while ((got = read(STDIN_FILENO, buffer + have, BUFFER - have)) > 0) {
        have += (size_t)got;
        const char *last = memrchr(buffer, '\n', have);
        if (!last)
            continue;
        const char *at = buffer;
        for (; at <= last; lines++)
            at = parse_candle(at, &sum);
        size_t whole = (size_t)(at - buffer);
        if (pass)
            put(buffer, whole);
        have -= whole;
        memmove(buffer, at, have);
    }
    if (got < 0)
        die("standard input");
    if (!pass)
        printf("%zu candles, sum %llu\n", lines, (unsigned long long)sum);
}

int main(int argc, char **argv) {
    /* No error when they are no pipes. */
    fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE);
    fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE);
    if (argc == 3 && strcmp(argv[1], "candles") == 0)
        candles(argv[2]);
    else if (argc == 2 && strcmp(argv[1], "parse") == 0)
        parse(true);
    else if (argc == 2 && strcmp(argv[1], "count") == 0)
        parse(false);
    else {
        fputs("usage: relay candles FILE | relay parse | relay count\n", stderr);
        return 64;
    }
    return 0;
}
