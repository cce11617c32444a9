#ifndef R3_RECORD_CANDLES_H
#define R3_RECORD_CANDLES_H

#include <stddef.h>
#include <stdint.h>

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

/* One of them as a record; its decimals without needless zeros, as the decoder gives them. */
void r3_candles_record(const struct r3_candles *candles, size_t index, struct r3_record *out);

/* The candles [from, to) of a block as a block of their own, over the same columns. */
struct r3_candles r3_candles_part(const struct r3_candles *candles, size_t from, size_t to);

/* coefficient / 10^scale without needless zeros. */
struct r3_decimal r3_candles_decimal(int64_t coefficient, int32_t scale);

#endif
