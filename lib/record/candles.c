#include "lib/record/candles.h"

#include <string.h>

void r3_candles_close_record(const struct r3_candles *candles, size_t index, struct r3_record *out) {
    struct r3_candle *candle = &out->candle;
    out->type = R3_CANDLE;
    memcpy(candle->platform, candles->platform, sizeof candle->platform);
    memcpy(candle->market, candles->market, sizeof candle->market);
    candle->timeframe = candles->timeframe;
    candle->time = candles->time[index];
    candle->open = candle->high = candle->low = candle->volume = r3_decimal_absent;
    r3_candles_put(&candle->close, candles->close[index], candles->price_scale);
}

void r3_candles_record(const struct r3_candles *candles, size_t index, struct r3_record *out) {
    struct r3_candle *candle = &out->candle;
    r3_candles_close_record(candles, index, out);
    r3_candles_put(&candle->open, candles->open[index], candles->price_scale);
    r3_candles_put(&candle->high, candles->high[index], candles->price_scale);
    r3_candles_put(&candle->low, candles->low[index], candles->price_scale);
    r3_candles_put(&candle->volume, candles->volume[index], candles->volume_scale);
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
