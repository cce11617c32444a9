#include "tests/fuzz/fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/market/csv.h"
#include "lib/market/market_name.h"
#include "tests/unit/csv_compare.h"

/* A file of candles: found or refused, then row by row. What is accepted keeps the promises of csv.h, and a row that is written
 * out in the plain way and read again gives the same candle. Then the usual rows many at a time, by both loops: each gives the
 * candles that the rows give one by one. */

static void require(int holds, const char *what) {
    if (holds)
        return;
    fprintf(stderr, "csv: %s\n", what);
    abort();
}

static void check_candle(const struct r3_candle *candle) {
    struct r3_decimal const *const values[] = { &candle->open, &candle->high, &candle->low, &candle->close,
                                                &candle->volume };
    char texts[5][R3_DECIMAL_TEXT_SIZE], line[320];
    for (int i = 0; i < 5; i++) {
        struct r3_decimal fewest = *values[i];
        r3_decimal_normalize(&fewest);
        require(fewest.scale == values[i]->scale, "a decimal is not in fewest digits");
        require(r3_decimal_sign(values[i]) >= (i < 4), "a value is below its bound");
        require(i == 4 || (r3_decimal_compare(values[i], &candle->high) <= 0 &&
                           r3_decimal_compare(values[i], &candle->low) >= 0),
                "a price is outside of high and low");
        r3_decimal_format(texts[i], values[i]);
    }
    require(candle->time >= 0, "a time before 1970");
    struct r3_csv csv = { .separator = ';',
                          .column = { R3_CSV_VOLUME, R3_CSV_LOW, R3_CSV_HIGH, R3_CSV_CLOSE, R3_CSV_OPEN, R3_CSV_TIME },
                          .needed = 6,
                          .fields = 6,
                          .has_volume = true };
    struct r3_candle again;
    struct r3_error error;
    bool missing;
    char time[R3_TIME_TEXT_SIZE];
    r3_time_format(time, candle->time);
    int length =
        snprintf(line, sizeof line, "%s;\"%s\";%s; %s;%s;%s\n", texts[4], texts[2], texts[1], texts[3], texts[0], time);
    require(length > 0 && (size_t)length < sizeof line, "the row is too long");
    require(r3_csv_row(&csv, line, (size_t)length - 1, &again, &missing, &error) == 1, error.text);
    require(r3_csv_follows(candle, &again, "it", &error) == 0, "not the same candle");
}

static void read_rows(const struct r3_csv *csv, const char *text, size_t length) {
    const char *at = text, *end = text + length;
    for (uint64_t line = 1; at < end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t size = (size_t)((newline ? newline : end) - at);
        struct r3_candle candle;
        struct r3_error error = { 0 };
        bool missing;
        if (line >= csv->first_line) {
            int result = r3_csv_row(csv, at, size, &candle, &missing, &error);
            require(result != -1 || (error.status == R3_DATA && error.text[0]), "an error without a reason");
            if (result == 1)
                check_candle(&candle);
        }
        at += size + 1;
    }
}

/* The whole lines, in memory that ends with the room that r3_csv_block_read asks for. */
static void read_blocks(struct r3_csv *csv, const char *text, size_t length) {
    const char *why, *last = length ? memrchr(text, '\n', length) : NULL;
    size_t size = last ? (size_t)(last + 1 - text) : 0;
    char *copy = r3_allocate(size + R3_CSV_ROOM);
    memcpy(copy, text, size);
    if (csv->spacing == 0)
        csv->spacing = R3_MINUTE;
    for (size_t capacity = 1; capacity <= 4096; capacity *= 64) {
        require(csv_compare(false, csv, copy, size, capacity, &why) >= 0, why);
        require(!r3_csv_has_wide() || csv_compare(true, csv, copy, size, capacity, &why) >= 0, why);
    }
    free(copy);
}

static void read_file(const char *columns, const char *text, size_t length, bool whole) {
    struct r3_csv csv;
    struct r3_error error = { 0 };
    require(r3_csv_init(&csv, columns, &error) == 0, error.text);
    int result = r3_csv_sniff(&csv, text, length, whole, whole, true, &error);
    require(result != 0 || !whole, "more is wanted of a whole file");
    require(result != -1 || error.status == R3_DATA, "an error without a reason");
    if (result == 1 && csv.separator) {
        read_rows(&csv, text, length);
        read_blocks(&csv, text, length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1), market[R3_MARKET_SIZE];
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = '\n';
    read_file(NULL, text, size, true);
    read_file(NULL, text, size, false);
    read_file("time,open,high,low,close", text, size, true);
    text[size] = '\0';
    read_file(NULL, text, size, true);
    r3_market_guess(market, text, NULL);
    r3_market_parse(market, text, NULL);
    free(text);
    return 0;
}
