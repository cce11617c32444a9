#include "lib/market/csv_block.h"

#include "lib/market/csv_rows.h"
#include "lib/record/candles.h"
#include "lib/record/scan.h"

enum { PIECE_MIN = 512 /* bytes whose marks are found first, since the next row may be no usual one */ };

struct r3_csv_scale r3_csv_scale_of(int32_t places) {
    enum { WHOLE_MAX = 15 }; /* with the point 16 */
    unsigned count = (unsigned)places, behind = count < WHOLE_MAX ? count : WHOLE_MAX;
    return (struct r3_csv_scale) { .places = count,
                                   .shift = count && count <= R3_CSV_WORD_DIGITS ? 64 - 8 * count : 0,
                                   .power = r3_scan_power[count],
                                   .most = WHOLE_MAX - behind,
                                   .remainder = 1 | ((1u << behind) - 1) << 2 };
}

bool r3_csv_read_slowly(const char *at, const char *end, int32_t scale, int64_t *out) {
    const char *from = at;
    int64_t value = 0;
    ptrdiff_t places = 0;
    while (at < end && r3_scan_is_digit(*at) && at - from < R3_SCAN_DIGITS)
        value = value * 10 + (*at++ - '0');
    if (at == from)
        return false;
    if (at < end && *at == '.') {
        const char *point = at++;
        while (at < end && r3_scan_is_digit(*at) && at - from <= R3_SCAN_DIGITS)
            value = value * 10 + (*at++ - '0');
        places = at - point - 1;
        if (places == 0)
            return false;
    }
    return at == end && places <= scale && !__builtin_mul_overflow(value, r3_scan_power[scale - places], out);
}

/* Two digits up to `most`. */
static inline bool read_two(const char *at, int64_t most, int64_t *out) {
    *out = (at[0] - '0') * 10 + (at[1] - '0');
    return r3_scan_is_digit(at[0]) && r3_scan_is_digit(at[1]) && *out <= most;
}

/* A time in words. Where day and zone are those of the row before, only the clock between them is read; else all of it by the
 * general code. */
bool r3_csv_read_words(struct r3_csv_walk *walk, const char *at, const char *end, int64_t *out) {
    enum { CLOCK = 8, HEAD = R3_CSV_DATE_SIZE + 1 + CLOCK }; /* 2013-11-25T13:45:00 */
    int64_t hour, minute, second;
    size_t length = (size_t)(end - at);
    bool shaped = length >= HEAD && length - HEAD <= R3_CSV_ZONE_SIZE &&
                  (at[R3_CSV_DATE_SIZE] == ' ' || at[R3_CSV_DATE_SIZE] == 'T') && read_two(at + 11, 23, &hour) &&
                  at[13] == ':' && read_two(at + 14, 59, &minute) && at[16] == ':' && read_two(at + 17, 59, &second);
    int64_t clock = shaped ? hour * R3_HOUR + minute * R3_MINUTE + second * R3_SECOND : 0;
    if (shaped && walk->dated && memcmp(at, walk->date, sizeof walk->date) == 0 && length - HEAD == walk->zone_length &&
        memcmp(at + HEAD, walk->zone, walk->zone_length) == 0) {
        *out = walk->day + clock;
        return true;
    }
    if (r3_csv_time(out, at, length, NULL) < 0)
        return false;
    walk->dated = shaped && at[4] == '-'; /* the rest of the form was just checked */
    if (walk->dated) {
        memcpy(walk->date, at, sizeof walk->date);
        memcpy(walk->zone, at + HEAD, length - HEAD);
        walk->zone_length = length - HEAD;
        walk->day = *out - clock;
    }
    return true;
}

static bool is_plain(const struct r3_csv *csv) {
    bool plain = csv->needed == R3_CSV_VOLUME && csv->fields == csv->needed;
    for (unsigned i = 0; plain && i < csv->needed; i++)
        plain = csv->column[i] == i + 1;
    return plain;
}

/* An empty block has room for the decimals of its first row. */
static void widen(struct r3_csv_block *block, const struct r3_csv *csv, const char *text, const uint16_t *places,
                  size_t count) {
    const char *at = text;
    for (size_t i = 0; i < csv->needed && i < count; i++) {
        const char *end = text + places[i];
        const char *point = memchr(at, '.', (size_t)(end - at));
        int32_t *scale = csv->column[i] == R3_CSV_VOLUME ? &block->volume_scale : &block->price_scale;
        ptrdiff_t digits = 0;
        while (point && r3_scan_is_digit(point[digits + 1]))
            digits++;
        if (csv->column[i] >= R3_CSV_OPEN && digits > *scale && digits <= R3_SCAN_DIGITS)
            *scale = (int32_t)digits;
        at = end + 1;
    }
}

size_t r3_csv_block_read_by(bool wide, struct r3_csv_block *block, const struct r3_csv *csv, struct r3_csv_walk *walk,
                            const char *text, size_t length) {
    uint16_t places[R3_CSV_MARKS_MAX];
    struct r3_csv_loop loop = { .block = block, .csv = csv, .walk = walk, .plain = is_plain(csv) };
    size_t done = 0, piece = PIECE_MIN;
    while (done < length && !csv->compact_days) {
        const char *at = text + done;
        size_t size = length - done < piece ? length - done : piece;
        size_t count =
            wide ? r3_csv_marks_wide(places, at, size, csv->separator) : r3_csv_marks(places, at, size, csv->separator);
        if (block->count == 0)
            widen(block, csv, at, places, count);
        loop.price = r3_csv_scale_of(block->price_scale);
        loop.volume = r3_csv_scale_of(block->volume_scale);
        size_t taken = wide ? r3_csv_rows_wide(&loop, at, places, count) : r3_csv_rows(&loop, at, places, count);
        done += taken;
        if (taken == 0 || taken < size / 2)
            break;
        piece = R3_CSV_PIECE;
    }
    return done;
}

size_t r3_csv_block_read(struct r3_csv_block *block, const struct r3_csv *csv, struct r3_csv_walk *walk,
                         const char *text, size_t length) {
    return r3_csv_block_read_by(r3_csv_has_wide(), block, csv, walk, text, length);
}

void r3_csv_block_candle(const struct r3_csv_block *block, size_t index, struct r3_candle *candle) {
    candle->time = block->time[index];
    candle->open = r3_candles_decimal(block->open[index], block->price_scale);
    candle->high = r3_candles_decimal(block->high[index], block->price_scale);
    candle->low = r3_candles_decimal(block->low[index], block->price_scale);
    candle->close = r3_candles_decimal(block->close[index], block->price_scale);
    candle->volume = r3_candles_decimal(block->volume[index], block->volume_scale);
}

/* At the scale; false where 64 bits do not hold it. */
static bool rescale(const struct r3_decimal *value, int32_t scale, int64_t *out) {
    return value->scale >= 0 && value->scale <= scale && value->coefficient >= 0 && value->coefficient <= INT64_MAX &&
           !__builtin_mul_overflow((int64_t)value->coefficient, r3_scan_power[scale - value->scale], out);
}

bool r3_csv_block_append(struct r3_csv_block *block, const struct r3_candle *candle) {
    const struct r3_decimal *const values[] = { &candle->open, &candle->high, &candle->low, &candle->close };
    int64_t *const columns[] = { block->open, block->high, block->low, block->close };
    int32_t price = block->price_scale, volume = block->volume_scale;
    size_t at = block->count;
    if (at == block->capacity)
        return false;
    for (size_t i = 0; at == 0 && i < 4; i++)
        price = values[i]->scale > price ? values[i]->scale : price;
    if (at == 0 && candle->volume.scale > volume)
        volume = candle->volume.scale;
    for (size_t i = 0; i < 4; i++)
        if (!rescale(values[i], price, &columns[i][at]))
            return false;
    if (!rescale(&candle->volume, volume, &block->volume[at]))
        return false;
    block->time[at] = candle->time;
    block->price_scale = price;
    block->volume_scale = volume;
    block->count++;
    return true;
}

void r3_csv_block_init(struct r3_csv_block *block, size_t capacity) {
    int64_t *columns = r3_allocate(6 * capacity * sizeof *columns);
    *block = (struct r3_csv_block) { .capacity = capacity,
                                     .time = columns,
                                     .open = columns + capacity,
                                     .high = columns + 2 * capacity,
                                     .low = columns + 3 * capacity,
                                     .close = columns + 4 * capacity,
                                     .volume = columns + 5 * capacity };
}

void r3_csv_block_release(struct r3_csv_block *block) {
    free(block->time);
    *block = (struct r3_csv_block) { 0 };
}
