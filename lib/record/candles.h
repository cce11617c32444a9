#ifndef R3_RECORD_CANDLES_H
#define R3_RECORD_CANDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/record/record.h"

/* Consecutive closed candles of one series, column by column: what stages hand on in place of as many records, since a loop
 * over a column costs a fraction of a call for each record.
 *
 * All prices of a block have one scale and all its volumes another: value = coefficient / 10^scale. Every candle in it is one
 * that the decoder would accept (0 < low <= open, close <= high, volume >= 0) and comes after the one before it. What does
 * not fit 64 bits at a common scale travels as a record by itself. The columns belong to whoever made the block, and stay as
 * they are until the call that was given the block returns. */

enum { R3_CANDLES_MAX = 4096 };

struct r3_candles {
    char platform[R3_PLATFORM_SIZE], market[R3_MARKET_SIZE];
    enum r3_timeframe timeframe;
    int32_t price_scale, volume_scale; /* 0 to 18 */
    size_t count;                      /* at most R3_CANDLES_MAX */
    const int64_t *time;               /* of the opens, ms */
    const int64_t *open, *high, *low, *close, *volume;
};

/* Whether a candle is of the same series. */
static inline bool r3_candles_go_on(const struct r3_candles *candles, const struct r3_candle *candle) {
    return candle->timeframe == candles->timeframe &&
           memcmp(candle->market, candles->market, sizeof candles->market) == 0 &&
           memcmp(candle->platform, candles->platform, sizeof candles->platform) == 0;
}

/* Where the candles of lines are put, column by column, at these scales. */
struct r3_candle_room {
    int32_t price_scale, volume_scale;
    bool in_order; /* each is to come after the one before it, the first after `after`; else all after that */
    int64_t after;
    size_t most; /* so many fit */
    int64_t *time, *open, *high, *low, *close, *volume;
    uint32_t *ends; /* behind each one's newline, counted from the first line's start */
};

/* The candles of whole lines at the start of text[0..length), as many as are like the last one that this decoder was given, and
 * fit, and are of the series (NULL: any): how many. Behind them, also where it is 0, r3_record_decode must look. */
size_t r3_record_decode_candles(struct r3_decoder *decoder, const struct r3_candles *series,
                                const struct r3_candle_room *room, const char *text, size_t length);

/* One of them as a record; its decimals without needless zeros, as the decoder gives them. */
void r3_candles_record(const struct r3_candles *candles, size_t index, struct r3_record *out);

/* The same for whoever looks at no more of it than its names, its time and its close: what else there is would come from memory for this
 * alone. Its other prices, and its volume, are absent. */
void r3_candles_close_record(const struct r3_candles *candles, size_t index, struct r3_record *out);

/* The candles [from, to) of a block as a block of their own, over the same columns. */
struct r3_candles r3_candles_part(const struct r3_candles *candles, size_t from, size_t to);

/* coefficient / 10^scale without needless zeros; coefficient >= 0. Mostly there are none, which is seen in place. */
static inline void r3_candles_put(struct r3_decimal *out, int64_t coefficient, int32_t scale) {
    *out = R3_DECIMAL(coefficient, scale);
    if (scale > 0 && r3_turned_tenth((uint64_t)coefficient) <= UINT64_MAX / 10)
        r3_decimal_normalize_any(out);
}
static inline struct r3_decimal r3_candles_decimal(int64_t coefficient, int32_t scale) {
    struct r3_decimal value;
    r3_candles_put(&value, coefficient, scale);
    return value;
}

#endif
