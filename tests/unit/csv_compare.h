#ifndef R3_TESTS_UNIT_CSV_COMPARE_H
#define R3_TESTS_UNIT_CSV_COMPARE_H

/* Rows read many at a time against the same rows read one by one: for the unit test and the fuzzer. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/market/csv_rows.h"

static inline bool csv_same_decimal(struct r3_decimal a, struct r3_decimal b) {
    return a.coefficient == b.coefficient && a.scale == b.scale;
}

static inline bool csv_same_candle(const struct r3_candle *a, const struct r3_candle *b) {
    return a->time == b->time && csv_same_decimal(a->open, b->open) && csv_same_decimal(a->high, b->high) &&
           csv_same_decimal(a->low, b->low) && csv_same_decimal(a->close, b->close) &&
           csv_same_decimal(a->volume, b->volume);
}

/* The lines of text[0..length), which ends with a newline. R3_CSV_ROOM bytes behind it are readable. Reads the usual rows from each
 * place where there are some, by the wide loop or the other, and each of them again by r3_csv_row. Returns how many rows were
 * usual, or -1 with the reason in *why. */
static inline long csv_compare(bool wide, const struct r3_csv *csv, const char *text, size_t length, size_t capacity,
                               const char **why) {
    struct r3_csv_block block;
    struct r3_csv_walk walk = { .span = csv->spacing, .end = INT64_MAX };
    struct r3_candle candle, again;
    struct r3_error error;
    bool missing;
    long usual = 0;
    size_t at = 0;
    *why = NULL;
    r3_csv_block_init(&block, capacity);
    while (at < length && !*why) {
        size_t size = (size_t)((const char *)memchr(text + at, '\n', length - at) - (text + at));
        block.count = 0;
        if (r3_csv_row(csv, text + at, size, &candle, &missing, &error) != 1) {
            /* No time is right for a row that is wrong. */
            walk.next = 0;
            if (r3_csv_block_read_by(wide, &block, csv, &walk, text + at, size + 1) || block.count)
                *why = "a row was taken that r3_csv_row does not take";
            at += size + 1;
            continue;
        }
        walk.next = candle.time;
        size_t taken = r3_csv_block_read_by(wide, &block, csv, &walk, text + at, length - at), behind = at + taken;
        if (block.count == 0) {
            if (taken)
                *why = "bytes were taken without a row";
            at += size + 1;
            continue;
        }
        if (block.count > capacity)
            *why = "more rows than there is room for";
        for (size_t i = 0; i < block.count && !*why; i++) {
            size = (size_t)((const char *)memchr(text + at, '\n', length - at) - (text + at));
            if (r3_csv_row(csv, text + at, size, &candle, &missing, &error) != 1)
                *why = "r3_csv_row takes no such row";
            r3_csv_block_candle(&block, i, &again);
            if (!csv_same_candle(&candle, &again))
                *why = "r3_csv_row gives another candle";
            if (candle.time != walk.next - (int64_t)(block.count - i) * walk.span)
                *why = "the rows do not follow each other";
            at += size + 1;
        }
        if (at != behind)
            *why = "other bytes than the rows have";
        usual += (long)block.count;
    }
    r3_csv_block_release(&block);
    return *why ? -1 : usual;
}

#endif
