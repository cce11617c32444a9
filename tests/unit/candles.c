/* Blocks of candles: one of them as a record. */
#include "lib/record/candles.h"
#include "tests/unit/check.h"

#include <string.h>

int main(void) {
    static const int64_t time[] = { 0, 60000 }, open[] = { 10050, 10100 }, high[] = { 10200, 10100 },
                         low[] = { 10000, 9999 }, close[] = { 10100, 10000 }, volume[] = { 0, 1500 };
    struct r3_candles candles = { .platform = "csv",
                                  .market = "BTC-USD",
                                  .timeframe = R3_1m,
                                  .price_scale = 2,
                                  .volume_scale = 3,
                                  .count = 2,
                                  .time = time,
                                  .open = open,
                                  .high = high,
                                  .low = low,
                                  .close = close,
                                  .volume = volume };
    struct r3_record record, decoded;
    struct r3_buffer line = R3_BUFFER_INIT;
    struct r3_error error = { 0 };
    struct r3_decoder *decoder = r3_decoder_new();
    static const char *const lines[] = {
        "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"BTC-USD\",\"timeframe\":\"1m\",\"time\":0,\"open\":\"100.5\","
        "\"high\":\"102\",\"low\":\"100\",\"close\":\"101\",\"volume\":\"0\"}\n",
        "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"BTC-USD\",\"timeframe\":\"1m\",\"time\":60000,\"open\":\"101\","
        "\"high\":\"101\",\"low\":\"99.99\",\"close\":\"100\",\"volume\":\"1.5\"}\n",
    };
    for (size_t i = 0; i < 2; i++) {
        r3_candles_record(&candles, i, &record);
        r3_buffer_reset(&line);
        CHECK_INT(r3_record_encode(&line, &record, &error), 0);
        CHECK_TEXT(line.data, lines[i]);
        /* The members are those that the decoder gives, not only values equal to them. */
        CHECK_INT(r3_record_decode(decoder, &decoded, line.data, line.length - 1, &error), 0);
        CHECK(decoded.candle.open.coefficient == record.candle.open.coefficient);
        CHECK_INT(decoded.candle.open.scale, record.candle.open.scale);
        CHECK(decoded.candle.volume.coefficient == record.candle.volume.coefficient);
        CHECK_INT(decoded.candle.volume.scale, record.candle.volume.scale);
        CHECK_INT(decoded.candle.close.scale, record.candle.close.scale);
    }
    r3_decoder_free(decoder);
    r3_buffer_release(&line);
    return check_done();
}
