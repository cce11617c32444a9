#include "lib/record/members.h"
#include "lib/record/scan.h"

/* Candles are nearly all of a stream, and all but their numbers is the same on each line of a market. So the decoder keeps the
 * beginning of the last candle lines, up to the time, and compares it as a whole. The numbers behind it are read by code that is
 * laid out for the one order of members and the usual length of numbers: 750 instructions a line instead of 960. Where the
 * processor allows, decode_candle_wide.c comes first. */

/* A decimal that is not of the usual form, `at` behind its opening quote; kept out of line for the sake of the usual one. */
__attribute__((noinline)) static const char *read_unusual(const char *at, const char *end, int64_t *coefficient,
                                                          int32_t *scale) {
    const char *behind = r3_scan_decimal(at - 1, end, coefficient, scale);
    return behind ? behind - 1 : NULL;
}

/* The text `before`, ending with a quote, and the decimal behind it; returns its closing quote or NULL. A price has more of the
 * line behind it, so one test of the bounds is enough; the `last` number has not. */
__attribute__((always_inline)) static inline const char *read_decimal(const char *at, const char *end,
                                                                      const char *before, size_t length, bool last,
                                                                      int64_t *coefficient, int32_t *scale) {
    const char *number = at + length, *behind = NULL;
    size_t left = (size_t)(end - at);
    if (left <= length || memcmp(at, before, length) != 0)
        return NULL;
    if (R3_SCAN_WIDE && (last || left >= length + R3_SCAN_PRICE_ROOM))
        behind = r3_scan_price(number, end, last, coefficient, scale);
    return __builtin_expect(behind != NULL, 1) ? behind : read_unusual(number, end, coefficient, scale);
}
#define READ(BEFORE, LAST, COEFFICIENT, SCALE)                                                                         \
    (at = read_decimal(at, end, BEFORE, sizeof BEFORE - 1, LAST, COEFFICIENT, SCALE))

/* A time of 13 digits (2001 to 2286) in two overlapping words, so that nothing behind it waits for its length: 3 of 64 ns.
 * Others as any integer. */
static inline const char *read_time(const char *at, const char *end, int64_t *out) {
    if (R3_SCAN_WIDE && end - at >= 16) {
        uint64_t first = r3_scan_word(at), last = r3_scan_word(at + 5);
        if ((r3_scan_others(first) | r3_scan_others(last)) == 0 && at[13] == ',' && *at != '0') {
            *out = r3_scan_value(first, 8) * 100000 + r3_scan_value(last >> 24, 5);
            return at + 13;
        }
    }
    return r3_scan_integer(at, end, out);
}

static inline void put_decimal(struct r3_decimal *out, int64_t coefficient, int32_t scale) {
    out->coefficient = coefficient;
    out->scale = scale;
}

/* Behind the head: the time and the five numbers, then the end of the line. */
static inline int read_numbers(struct r3_candle *candle, const char *at, const char *end) {
    int64_t coefficient[4], volume;
    int32_t scale[4], volume_scale;
    at = read_time(at, end, &candle->time);
    if (!at || candle->time >= R3_TIME_END)
        return 0;
    if (!READ(",\"open\":\"", false, &coefficient[0], &scale[0]) ||
        !READ("\",\"high\":\"", false, &coefficient[1], &scale[1]) ||
        !READ("\",\"low\":\"", false, &coefficient[2], &scale[2]) ||
        !READ("\",\"close\":\"", false, &coefficient[3], &scale[3]) ||
        !READ("\",\"volume\":\"", true, &volume, &volume_scale))
        return 0;
    /* With the low, which none of the others is below, all prices are above 0. */
    if (at + 2 != end || at[1] != '}' || volume < 0 || coefficient[2] <= 0 || !r3_scan_is_ordered(coefficient, scale))
        return 0;
    put_decimal(&candle->open, coefficient[0], scale[0]);
    put_decimal(&candle->high, coefficient[1], scale[1]);
    put_decimal(&candle->low, coefficient[2], scale[2]);
    put_decimal(&candle->close, coefficient[3], scale[3]);
    put_decimal(&candle->volume, volume, volume_scale);
    return 1;
}

int r3_record_decode_candle(struct r3_decoder *decoder, struct r3_record *record, const char *line, size_t length) {
    for (unsigned tried = 0; tried < R3_CANDLE_HEADS; tried++) {
        unsigned index = (decoder->head + tried) % R3_CANDLE_HEADS;
        const struct r3_candle_head *head = &decoder->heads[index];
        if (head->length == 0 || head->length >= length || memcmp(line, head->text, head->length) != 0)
            continue;
        decoder->head = index;
        record->type = R3_CANDLE;
        r3_candle_copy_head(&record->candle, &head->candle);
        return read_numbers(&record->candle, line + head->length, line + length);
    }
    return 0;
}

void r3_record_remember_candle(struct r3_decoder *decoder, const struct r3_candle *candle, const char *line,
                               size_t length) {
    static const char last[] = ",\"time\":";
    const char *found = memmem(line, length, last, sizeof last - 1);
    size_t head_length = found ? (size_t)(found - line) + sizeof last - 1 : 0;
    struct r3_candle_head *head = &decoder->heads[decoder->replace];
    if (head_length == 0 || head_length > sizeof head->text)
        return;
    memcpy(head->text, line, head_length);
    head->length = head_length;
    head->candle = *candle;
    decoder->head = decoder->replace;
    decoder->replace = (decoder->replace + 1) % R3_CANDLE_HEADS;
}
