#include "lib/record/candles.h"

#include <string.h>

struct r3_decimal r3_candles_decimal(int64_t coefficient, int32_t scale) {
    if (coefficient == 0)
        return R3_DECIMAL(0, 0);
    for (; scale > 0 && coefficient % 10 == 0; scale--)
        coefficient /= 10;
    return R3_DECIMAL(coefficient, scale);
}

void r3_candles_record(const struct r3_candles *candles, size_t index, struct r3_record *out) {
    struct r3_candle *candle = &out->candle;
    out->type = R3_CANDLE;
    memcpy(candle->platform, candles->platform, sizeof candle->platform);
    memcpy(candle->market, candles->market, sizeof candle->market);
    candle->timeframe = candles->timeframe;
    candle->time = candles->time[index];
    candle->open = r3_candles_decimal(candles->open[index], candles->price_scale);
    candle->high = r3_candles_decimal(candles->high[index], candles->price_scale);
    candle->low = r3_candles_decimal(candles->low[index], candles->price_scale);
    candle->close = r3_candles_decimal(candles->close[index], candles->price_scale);
    candle->volume = r3_candles_decimal(candles->volume[index], candles->volume_scale);
}

struct r3_candles r3_candles_part(const struct r3_candles *candles, size_t from, size_t to) {
    struct r3_candles part = *candles;
    part.count = to - from;
    part.time += from;
    part.open += from;
    part.high += from;
    part.low += from;
    part.close += from;
    part.volume += from;
    return part;
}
