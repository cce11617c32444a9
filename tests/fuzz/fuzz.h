#ifndef R3_TESTS_FUZZ_FUZZ_H
#define R3_TESTS_FUZZ_FUZZ_H

/* A fuzzer defines LLVMFuzzerTestOneInput. Under clang -fsanitize=fuzzer the engine drives it. Built plainly, the main here does
 * the short form: it runs each file named on the command line, then COUNT seeded mutations of each
 * (R3_FUZZ_RUNS, default 2000; R3_FUZZ_SEED, default 1), so that every check run repeats the same inputs. */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifndef R3_FUZZ_ENGINE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t fuzz_state;

static inline uint64_t fuzz_random(void) { /* xorshift64*, Vigna 2016 */
    fuzz_state ^= fuzz_state >> 12;
    fuzz_state ^= fuzz_state << 25;
    fuzz_state ^= fuzz_state >> 27;
    return fuzz_state * UINT64_C(2685821657736338717);
}

/* The input is copied to a block of its exact size, so that the address sanitizer sees a read past its end. */
static inline void fuzz_one(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    if (size)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static inline size_t fuzz_mutate(uint8_t *data, size_t size, size_t capacity) {
    static const char *const pieces[] = { "\"",
                                          "{",
                                          "}",
                                          "[",
                                          ",",
                                          ":",
                                          "\\u0000",
                                          "\xff",
                                          "1e999",
                                          "NaN",
                                          "-",
                                          ".",
                                          "0",
                                          "\n",
                                          "\r",
                                          "\xef\xbb\xbf",
                                          "99999999999999999999999999999999999999",
                                          ";",
                                          "\t",
                                          "(",
                                          ")",
                                          "9",
                                          "true",
                                          "null" };
    for (unsigned changes = 1 + (unsigned)(fuzz_random() % 4); changes; changes--) {
        size_t at = size ? (size_t)(fuzz_random() % size) : 0;
        switch (fuzz_random() % 5) {
        case 0:
            if (size)
                data[at] = (uint8_t)fuzz_random();
            break;
        case 1:
            if (size) {
                size_t cut = 1 + (size_t)(fuzz_random() % 8);
                if (cut > size - at)
                    cut = size - at;
                memmove(data + at, data + at + cut, size - at - cut);
                size -= cut;
            }
            break;
        case 2:
            if (size)
                size = at;
            break;
        case 3:
            if (size) {
                size_t length = 1 + (size_t)(fuzz_random() % 16);
                if (length > size - at)
                    length = size - at;
                if (size + length <= capacity) {
                    memmove(data + at + length, data + at, size - at);
                    size += length;
                }
            }
            break;
        default: {
            const char *piece = pieces[fuzz_random() % (sizeof pieces / sizeof pieces[0])];
            size_t length = strlen(piece);
            if (size + length <= capacity) {
                memmove(data + at + length, data + at, size - at);
                memcpy(data + at, piece, length);
                size += length;
            }
        }
        }
    }
    return size;
}

int main(int argc, char **argv) {
    const char *runs_text = getenv("R3_FUZZ_RUNS"), *seed_text = getenv("R3_FUZZ_SEED");
    long runs = runs_text ? strtol(runs_text, NULL, 10) : 2000;
    fuzz_state = seed_text ? strtoull(seed_text, NULL, 10) * 2 + 1 : 1;
    long done = 0;
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) {
            perror(argv[i]);
            return 74;
        }
        enum { CAPACITY = 1 << 17 };
        uint8_t *seed = malloc(CAPACITY), *work = malloc(CAPACITY);
        if (!seed || !work)
            abort();
        size_t size = fread(seed, 1, CAPACITY / 2, file);
        fclose(file);
        fuzz_one(seed, size);
        done++;
        for (long k = 0; k < runs; k++, done++) {
            memcpy(work, seed, size);
            fuzz_one(work, fuzz_mutate(work, size, CAPACITY));
        }
        free(seed);
        free(work);
    }
    printf("%s: %ld inputs\n", argv[0], done);
    return done ? 0 : 1;
}

#endif
#endif
