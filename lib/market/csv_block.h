#ifndef R3_MARKET_CSV_BLOCK_H
#define R3_MARKET_CSV_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/market/csv.h"

/* Usual rows of a file, many at a time, straight into columns: a few times as fast as r3_csv_row.
 *
 * A row is usual when it has the fields that the dialect says, without quotes, spaces or exponents, numbers of at most 18
 * digits, and the time that follows the row before it. What r3_csv_block_read takes, r3_csv_row takes too, with the same
 * values (a test and a fuzzer compare); it stops ahead of any other row, which r3_csv_row then judges. */

enum {
    R3_CSV_ROOM = 64,      /* bytes behind a text that are readable */
    R3_CSV_DATE_SIZE = 10, /* 2013-11-25 */
    R3_CSV_ZONE_SIZE = 16  /* what may follow the seconds: Z +00:00 .000 */
};

/* Columns in memory of the caller. value = coefficient / 10^scale. */
struct r3_csv_block {
    int64_t *time, *open, *high, *low, *close, *volume;
    size_t count, capacity;
    int32_t price_scale, volume_scale; /* 0 to 18 */
};

/* What the rows of a file have in common, from call to call. Zeroed at first. */
struct r3_csv_walk {
    int64_t next; /* the time that the next row must have, ms */
    int64_t span; /* from there to the one behind it */
    int64_t end;  /* rows from this time on are left */
    /* Day and time zone of the last time in words. */
    char date[R3_CSV_DATE_SIZE], zone[R3_CSV_ZONE_SIZE];
    size_t zone_length;
    int64_t day; /* its 00:00:00; meaningful where `dated` */
    bool dated;
};

/* Append the usual rows at the start of text[0..length), which ends with a newline, to the block, as far as it has room; walk->next
 * goes on with them. Returns how many bytes they have. The scales of the block become greater only while it is empty. */
size_t r3_csv_block_read(struct r3_csv_block *block, const struct r3_csv *csv, struct r3_csv_walk *walk,
                         const char *text, size_t length);

/* Append a candle; false where there is no room, or where it does not fit 64 bits at the scales of the block (which become greater
 * only while it is empty). */
bool r3_csv_block_append(struct r3_csv_block *block, const struct r3_candle *candle);

/* Time and values of a row into *candle, in fewest digits; the rest of it is left alone. */
void r3_csv_block_candle(const struct r3_csv_block *block, size_t index, struct r3_candle *candle);

/* Memory for `capacity` rows. */
void r3_csv_block_init(struct r3_csv_block *block, size_t capacity);
void r3_csv_block_release(struct r3_csv_block *block);

#endif
