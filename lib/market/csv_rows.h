#ifndef R3_MARKET_CSV_ROWS_H
#define R3_MARKET_CSV_ROWS_H

#include "lib/market/csv_block.h"

/* Private to csv_rows*.c and csv_block.c: the loop over usual rows, once for any processor (csv_rows.c) and once for those with
 * AVX2 (csv_rows_wide.c), as csv_block.c finds at run time: 52 and 27 ns for a row of 54 bytes that is in memory.
 *
 * All ends of fields of a piece of text are found first, 64 bytes at a time (Langdale and Lemire 2019, "Parsing gigabytes of
 * JSON per second"). So the place of a field does not depend on having read the one before it, and the processor works on
 * several at once. */

enum {
    R3_CSV_PIECE = 8192, /* bytes whose marks are found at a time, at most */
    R3_CSV_MARKS_MAX =
        R3_CSV_PIECE + 64, /* marks that a piece may have, and room for those that are written needlessly */
    R3_CSV_WORD_DIGITS = 8 /* of which a 64-bit word holds the text */
};

/* The digits behind the point that a column keeps, ready for use on each of its numbers. */
struct r3_csv_scale {
    unsigned places;
    unsigned shift;     /* moves that many bytes to the end of a word */
    int64_t power;      /* 10^places */
    unsigned most;      /* digits ahead of the point, for 16 in all with the point */
    unsigned remainder; /* a bit for each length that the point and what is behind it may have */
};

struct r3_csv_loop {
    struct r3_csv_block *block;
    const struct r3_csv *csv;
    struct r3_csv_walk *walk;
    struct r3_csv_scale price, volume;
    bool plain; /* time, open, high, low, close, volume, and nothing behind them */
};

struct r3_csv_scale r3_csv_scale_of(int32_t places);

/* Any number [at, end) of at most 18 digits, and at most `scale` of them behind the point; false: another text. */
bool r3_csv_read_slowly(const char *at, const char *end, int32_t scale, int64_t *out);
/* A time that is not plain digits. */
bool r3_csv_read_words(struct r3_csv_walk *walk, const char *at, const char *end, int64_t *out);

/* The same for the loops: nobody takes the address of what they keep in registers. */
static inline bool r3_csv_read_any(const char *at, const char *end, struct r3_csv_scale scale, int64_t *out) {
    int64_t value;
    bool read = r3_csv_read_slowly(at, end, (int32_t)scale.places, &value);
    *out = read ? value : 0;
    return read;
}

static inline bool r3_csv_read_clock(struct r3_csv_walk *walk, const char *at, const char *end, int64_t *out) {
    int64_t value;
    bool read = r3_csv_read_words(walk, at, end, &value);
    *out = read ? value : 0;
    return read;
}

/* The places of separators, newlines and quotes in text[0..length), length <= R3_CSV_PIECE. Returns how many they are. */
size_t r3_csv_marks(uint16_t places[R3_CSV_MARKS_MAX], const char *text, size_t length, char separator);
size_t r3_csv_marks_wide(uint16_t places[R3_CSV_MARKS_MAX], const char *text, size_t length, char separator);
/* Append the usual rows of a text with these marks. Returns their bytes. */
size_t r3_csv_rows(struct r3_csv_loop *loop, const char *text, const uint16_t *places, size_t count);
size_t r3_csv_rows_wide(struct r3_csv_loop *loop, const char *text, const uint16_t *places, size_t count);
bool r3_csv_has_wide(void);

/* As r3_csv_block_read, by the wide loop or the other. */
size_t r3_csv_block_read_by(bool wide, struct r3_csv_block *block, const struct r3_csv *csv, struct r3_csv_walk *walk,
                            const char *text, size_t length);

#endif
