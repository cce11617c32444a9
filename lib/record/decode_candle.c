#include "lib/record/members.h"
#include "lib/record/scan.h"

/* Candles are nearly all of a stream, and all but their numbers is the same on each line of a market. So the decoder keeps the
 * beginning of the last candle lines, up to the time, and compares it as a whole. */

/* Whether high and low bound open and close. False also where the four have no common scale within 64 bits: the general decoder
 * then judges. */
static inline bool is_ordered(const int64_t coefficient[4], const int32_t scale[4]) {
    int32_t first = scale[0] > scale[1] ? scale[0] : scale[1], last = scale[2] > scale[3] ? scale[2] : scale[3];
    int32_t common = first > last ? first : last;
    int64_t open, high, low, close;
    if (__builtin_mul_overflow(coefficient[0], r3_scan_power[common - scale[0]], &open) ||
        __builtin_mul_overflow(coefficient[1], r3_scan_power[common - scale[1]], &high) ||
        __builtin_mul_overflow(coefficient[2], r3_scan_power[common - scale[2]], &low) ||
        __builtin_mul_overflow(coefficient[3], r3_scan_power[common - scale[3]], &close))
        return false;
    return high >= open && high >= close && low <= open && low <= close;
}

static inline bool expect(const char **at, const char *end, const char *text, size_t length) {
    if ((size_t)(end - *at) <= length || memcmp(*at, text, length) != 0)
        return false;
    *at += length;
    return true;
}
#define EXPECT(TEXT) expect(&at, end, TEXT, sizeof TEXT - 1)

static inline void put_decimal(struct r3_decimal *out, int64_t coefficient, int32_t scale) {
    out->coefficient = coefficient;
    out->scale = scale;
}

/* Read the decimal at *at, and the text that follows it. */
static inline bool read_price(const char **at, const char *end, int64_t *coefficient, int32_t *scale, const char *then,
                              size_t length) {
    *at = r3_scan_decimal(*at, end, coefficient, scale);
    return *at && *coefficient > 0 && expect(at, end, then, length);
}
#define READ_PRICE(I, THEN) read_price(&at, end, &coefficient[I], &scale[I], THEN, sizeof THEN - 1)

/* Behind the head: the time and the five numbers, then the end of the line. */
static inline int read_numbers(struct r3_candle *candle, const char *at, const char *end) {
    int64_t coefficient[4], volume;
    int32_t scale[4], volume_scale;
    at = r3_scan_integer(at, end, &candle->time);
    if (!at || candle->time >= R3_TIME_END)
        return 0;
    if (!EXPECT(",\"open\":") || !READ_PRICE(0, ",\"high\":") || !READ_PRICE(1, ",\"low\":") ||
        !READ_PRICE(2, ",\"close\":") || !READ_PRICE(3, ",\"volume\":"))
        return 0;
    at = r3_scan_decimal(at, end, &volume, &volume_scale);
    if (!at || volume < 0 || *at != '}' || at + 1 != end || !is_ordered(coefficient, scale))
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
        memcpy(record->candle.platform, head->platform, sizeof head->platform);
        memcpy(record->candle.market, head->market, sizeof head->market);
        record->candle.timeframe = head->timeframe;
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
    memcpy(head->platform, candle->platform, sizeof head->platform);
    memcpy(head->market, candle->market, sizeof head->market);
    head->timeframe = candle->timeframe;
    decoder->head = decoder->replace;
    decoder->replace = (decoder->replace + 1) % R3_CANDLE_HEADS;
}
