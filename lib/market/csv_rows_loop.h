#ifndef R3_MARKET_CSV_ROWS_LOOP_H
#define R3_MARKET_CSV_ROWS_LOOP_H

#include "lib/market/csv_rows.h"

/* Private to csv_rows.c and csv_rows_wide.c. The latter defines R3_CSV_WIDE, and ahead of this its own read_number (the number
 * [at, end) at the scale of its column, as r3_csv_read_slowly) and read_time. */
#ifndef R3_CSV_WIDE

#include "lib/record/scan.h"

/* The digits behind the point are moved to where the scale wants them, and the bytes that are missing there are zeros, so no number
 * costs more than two conversions, and a short one costs one. */
static inline bool read_number(const char *at, const char *end, struct r3_csv_scale scale, int64_t *out) {
    uint64_t word = r3_scan_word(at), others = r3_scan_others(word);
    if (others == 0 || scale.places > R3_CSV_WORD_DIGITS)
        return r3_csv_read_any(at, end, scale, out);
    unsigned whole = (unsigned)__builtin_ctzll(others) / 8;
    bool point = at[whole] == '.';
    size_t places = (size_t)(end - at) - whole - point;
    if (whole == 0 || places > scale.places || point != (places > 0))
        return false;
    uint64_t behind = r3_scan_word(at + whole + 1), kept = places < 8 ? (UINT64_C(1) << 8 * places) - 1 : UINT64_MAX;
    if (r3_scan_others(behind) & kept)
        return false;
    behind = (behind & kept) << scale.shift;
    word <<= 64 - 8 * whole;
    if (whole + scale.places <= R3_CSV_WORD_DIGITS)
        *out = r3_scan_value(word >> 8 * scale.places | behind, 8);
    else
        *out = r3_scan_value(word, 8) * scale.power + r3_scan_value(behind, 8);
    return true;
}

/* Two overlapping words. */
static inline bool read_time(struct r3_csv_walk *walk, const char *at, const char *end, int64_t *out) {
    size_t length = (size_t)(end - at);
    if (length > R3_CSV_WORD_DIGITS && length <= 2 * R3_CSV_WORD_DIGITS) {
        uint64_t first = r3_scan_word(at), last = r3_scan_word(end - 8);
        if ((r3_scan_others(first) | r3_scan_others(last)) == 0) {
            size_t rest = length - R3_CSV_WORD_DIGITS, drop = 64 - 8 * rest;
            int64_t value = r3_scan_value(first, 8) * r3_scan_power[rest] + r3_scan_value(last >> drop << drop, 8);
            return r3_csv_integer_time(out, (uint64_t)value);
        }
    }
    return r3_csv_read_clock(walk, at, end, out);
}

#endif

static inline bool is_usual(const int64_t row[R3_CSV_COLUMNS], int64_t next) {
    int64_t open = row[R3_CSV_OPEN], high = row[R3_CSV_HIGH], low = row[R3_CSV_LOW], close = row[R3_CSV_CLOSE];
    return row[R3_CSV_TIME] == next && low > 0 && high >= open && high >= close && low <= open && low <= close;
}

/* The row at `at`, whose fields end at text + places[0], text + places[1], …; returns how many fields it has, or 0: it is no usual
 * one. `plain` (a constant) as in the loop. */
__attribute__((always_inline)) static inline size_t read_row(struct r3_csv_loop *loop, int64_t row[R3_CSV_COLUMNS],
                                                             struct r3_csv_scale price, struct r3_csv_scale volume,
                                                             const char *text, const char *at, const uint16_t *places,
                                                             size_t left, bool plain) {
    const struct r3_csv *csv = loop->csv;
    const char separator = csv->separator;
    size_t needed = plain ? R3_CSV_VOLUME : csv->needed, fields = needed;
    if (left < needed)
        return 0;
#pragma GCC unroll 6
    for (size_t i = 0; i < needed; i++) {
        const char *end = text + places[i], *next = end + 1;
        unsigned column = plain ? (unsigned)i + 1 : csv->column[i];
        if (i + 1 < needed ? *end != separator : *end == '\n' && end > at && end[-1] == '\r') {
            if (i + 1 < needed)
                return 0;
            end--;
        }
        if (column == R3_CSV_TIME && !read_time(loop->walk, at, end, &row[R3_CSV_TIME]))
            return 0;
        if (column == R3_CSV_VOLUME && !read_number(at, end, volume, &row[R3_CSV_VOLUME]))
            return 0;
        if (column >= R3_CSV_OPEN && column <= R3_CSV_CLOSE && !read_number(at, end, price, &row[column]))
            return 0;
        at = next;
    }
    while (!plain && fields < left && text[places[fields - 1]] == separator)
        fields++;
    return text[places[fields - 1]] == '\n' && (csv->fields == 0 || fields == csv->fields) ? fields : 0;
}

__attribute__((always_inline)) static inline size_t read_rows(struct r3_csv_loop *loop, const char *text,
                                                              const uint16_t *places, size_t count, bool plain) {
    const struct r3_csv_scale price = loop->price, volume = loop->volume;
    const struct r3_csv_block block = *loop->block;
    const int64_t span = loop->walk->span, end = loop->walk->end;
    int64_t next = loop->walk->next;
    const char *line = text;
    size_t k = block.count;
    for (size_t i = 0; k < block.capacity && next < end; k++) {
        int64_t row[R3_CSV_COLUMNS] = { 0 };
        size_t fields = read_row(loop, row, price, volume, text, line, places + i, count - i, plain);
        if (fields == 0 || !is_usual(row, next))
            break;
        block.time[k] = next;
        block.open[k] = row[R3_CSV_OPEN];
        block.high[k] = row[R3_CSV_HIGH];
        block.low[k] = row[R3_CSV_LOW];
        block.close[k] = row[R3_CSV_CLOSE];
        block.volume[k] = row[R3_CSV_VOLUME];
        next += span;
        i += fields;
        line = text + places[i - 1] + 1;
    }
    loop->walk->next = next;
    loop->block->count = k;
    return (size_t)(line - text);
}

static inline size_t read_rows_of(struct r3_csv_loop *loop, const char *text, const uint16_t *places, size_t count) {
    return loop->plain ? read_rows(loop, text, places, count, true) : read_rows(loop, text, places, count, false);
}

#endif
