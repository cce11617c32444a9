#include "lib/record/members.h"
#include "lib/record/scan.h"

/* Candles are nearly all of what r3-collect writes, so their line is written without walking the table of members: 450 of 1,350
 * instructions a line less. What is not usual (a wide price, a text that is not valid) is left to the table, which also words
 * the errors. */

#define PUT(TEXT) (memcpy(at, TEXT, sizeof TEXT - 1), at += sizeof TEXT - 1)

/* Append a text of word characters without its NUL; NULL when it is another. */
static inline char *put_word(char *at, const char *text, size_t size) {
    size_t length = 0;
    for (; length < size && r3_character_class[(unsigned char)text[length]] & R3_CLASS_WORD; length++)
        at[length] = text[length];
    return length > 0 && length < size && text[length] == '\0' ? at + length : NULL;
}

static inline bool is_usual(const struct r3_candle *candle) {
    return candle->time >= 0 && candle->time < R3_TIME_END && candle->timeframe > R3_TIMEFRAME_NONE &&
           candle->timeframe < R3_TIMEFRAME_COUNT && r3_decimal_is_present(&candle->volume) &&
           candle->volume.coefficient >= 0 && candle->low.coefficient > 0 && r3_candle_is_plainly_ordered(candle);
}

char *r3_record_encode_candle(char *at, const struct r3_candle *candle) {
    if (!is_usual(candle))
        return NULL;
    PUT("{\"type\":\"candle\",\"platform\":\"");
    at = put_word(at, candle->platform, sizeof candle->platform);
    if (!at)
        return NULL;
    PUT("\",\"market\":\"");
    at = put_word(at, candle->market, sizeof candle->market);
    if (!at)
        return NULL;
    PUT("\",\"timeframe\":\"");
    for (const char *name = r3_timeframe_name(candle->timeframe); *name; name++)
        *at++ = *name;
    PUT("\",\"time\":");
    at += r3_decimal_format(at, &R3_DECIMAL(candle->time, 0));
    PUT(",\"open\":\"");
    at += r3_decimal_format(at, &candle->open);
    PUT("\",\"high\":\"");
    at += r3_decimal_format(at, &candle->high);
    PUT("\",\"low\":\"");
    at += r3_decimal_format(at, &candle->low);
    PUT("\",\"close\":\"");
    at += r3_decimal_format(at, &candle->close);
    PUT("\",\"volume\":\"");
    at += r3_decimal_format(at, &candle->volume);
    PUT("\"}\n");
    *at = '\0';
    return at;
}
