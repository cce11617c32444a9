/* Candles go to a stage several at a time, where their lines stand read already: a loop over a column costs a fraction of a step for
 * each record. Nothing waits for a block to fill up: before the next read, and before any other record, what was gathered is given. */

#include <inttypes.h>
#include <string.h>

#include "lib/record/scan.h"
#include "lib/stage/pipe.h"

/* Digits behind the point that candles which are only looked at and passed on may have, to be looked at several at a time. */
enum { USUAL_SCALE = 8 };

/* The value at the block's scale, which is not below its own. False: more than 64 bits. */
static inline bool bring(int64_t *out, const struct r3_decimal *value, int32_t scale) {
    int64_t coefficient = (int64_t)value->coefficient;
    return coefficient == value->coefficient &&
           !__builtin_mul_overflow(coefficient, r3_scan_power[scale - value->scale], out);
}

static inline int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

static inline int32_t price_scale(const struct r3_candle *candle) {
    return larger(larger(candle->open.scale, candle->high.scale), larger(candle->low.scale, candle->close.scale));
}

static void begin(struct r3_gather *gather, const struct r3_candle *candle) {
    struct r3_candles *block = &gather->block;
    memcpy(block->platform, candle->platform, sizeof block->platform);
    memcpy(block->market, candle->market, sizeof block->market);
    block->timeframe = candle->timeframe;
    block->time = gather->time;
    block->open = gather->open;
    block->high = gather->high;
    block->low = gather->low;
    block->close = gather->close;
    block->volume = gather->volume;
}

int r3_pipe_gather(struct r3_pipe *pipe, const struct r3_candle *candle, struct r3_error *error) {
    struct r3_gather *gather = &pipe->gather;
    struct r3_candles *block = &gather->block;
    int32_t price = price_scale(candle), volume = candle->volume.scale;
    bool finer = price > block->price_scale || volume > block->volume_scale, same = r3_candles_go_on(block, candle);
    if ((finer || !same) && r3_pipe_give(pipe, error) < 0)
        return -1;
    if (same && candle->time <= gather->last_time) /* out of order: what that means is for the stage to say */
        return r3_pipe_give(pipe, error) < 0 ? -1 : 0;
    if (finer) { /* and it stays so: the digits of a market do not change from candle to candle */
        block->price_scale = larger(block->price_scale, price);
        block->volume_scale = larger(block->volume_scale, volume);
    }
    size_t i = block->count;
    if (!bring(&gather->open[i], &candle->open, block->price_scale) ||
        !bring(&gather->high[i], &candle->high, block->price_scale) ||
        !bring(&gather->low[i], &candle->low, block->price_scale) ||
        !bring(&gather->close[i], &candle->close, block->price_scale) ||
        !bring(&gather->volume[i], &candle->volume, block->volume_scale))
        return r3_pipe_give(pipe, error) < 0 ? -1 : 0;
    gather->time[i] = gather->last_time = candle->time;
    if (i == 0) {
        begin(gather, candle);
        gather->lines = pipe->line;
        gather->first_line = pipe->in.line;
    }
    gather->ends[i] = (uint32_t)(pipe->line + pipe->length + 1 - gather->lines);
    block->count++;
    return block->count == R3_GATHER_MAX && r3_pipe_give(pipe, error) < 0 ? -1 : 1;
}

/* Where the next candles are put. Behind the head of a line the decoder writes them there at once. */
static struct r3_candle_room room_of(struct r3_gather *gather, bool in_order) {
    size_t i = gather->block.count;
    return (struct r3_candle_room) { .price_scale = gather->block.price_scale,
                                     .volume_scale = gather->block.volume_scale,
                                     .in_order = in_order,
                                     .after = gather->last_time,
                                     .most = R3_GATHER_MAX - i,
                                     .time = gather->time + i,
                                     .open = gather->open + i,
                                     .high = gather->high + i,
                                     .low = gather->low + i,
                                     .close = gather->close + i,
                                     .volume = gather->volume + i,
                                     .ends = gather->ends + i };
}

int r3_pipe_gather_ahead(struct r3_pipe *pipe, struct r3_error *error) {
    struct r3_gather *gather = &pipe->gather;
    struct r3_candles *block = &gather->block;
    size_t held, count, from = block->count;
    const char *text = r3_reader_held(&pipe->in, &held);
    if (!block->time || !r3_pipe_is_candle(text, held))
        return 0;
    struct r3_candle_room room = room_of(gather, true);
    count = r3_record_decode_candles(pipe->decoder, block, &room, text, held);
    if (count == 0)
        return 0;
    const uint32_t length = room.ends[count - 1];
    if (from == 0) {
        gather->lines = text;
        gather->first_line = pipe->in.line + 1;
    }
    for (size_t i = from; from > 0 && i < from + count; i++)
        gather->ends[i] += (uint32_t)(text - gather->lines);
    gather->last_time = room.time[count - 1];
    block->count += count;
    r3_reader_pass_lines(&pipe->in, count, length);
    return block->count == R3_GATHER_MAX ? r3_pipe_give(pipe, error) : 0;
}

int r3_pipe_pass_ahead(struct r3_pipe *pipe, struct r3_error *error) {
    size_t held, count;
    const char *text = r3_reader_held(&pipe->in, &held);
    if (!r3_pipe_is_candle(text, held))
        return 0;
    struct r3_candle_room room = room_of(&pipe->gather, false);
    room.price_scale = room.volume_scale = USUAL_SCALE;
    room.after = INT64_MIN;
    count = r3_record_decode_candles(pipe->decoder, NULL, &room, text, held);
    if (count == 0)
        return 0;
    r3_reader_pass_lines(&pipe->in, count, room.ends[count - 1]);
    return r3_pipe_pass(pipe, text, room.ends[count - 1], error);
}

int r3_pipe_pass_gathered(struct r3_pipe *pipe, size_t end, struct r3_error *error) {
    struct r3_gather *gather = &pipe->gather;
    uint32_t from = gather->passed > 0 ? gather->ends[gather->passed - 1] : 0;
    if (end <= gather->passed)
        return 0;
    gather->passed = end;
    return r3_pipe_pass(pipe, gather->lines + from, gather->ends[end - 1] - from, error);
}

int r3_pipe_give(struct r3_pipe *pipe, struct r3_error *error) {
    struct r3_gather *gather = &pipe->gather;
    size_t count = gather->block.count;
    if (count == 0)
        return 0;
    struct r3_error later = { 0 };
    gather->giving = true;
    gather->passed = gather->at = 0;
    int failed = pipe->stage->candles(pipe->state, &gather->block, 0, count, &gather->at, &later);
    if (!failed)
        failed = r3_pipe_pass_gathered(pipe, count, &later);
    else
        (void)r3_pipe_pass_gathered(pipe, gather->at, &(struct r3_error) { 0 }); /* what came before it */
    gather->giving = false;
    gather->block.count = 0;
    if (!failed)
        return 0;
    *error = later;
    pipe->placed = true;
    return error->status == R3_DATA
               ? r3_error_at(error, "%s:%" PRIu64 ": ", pipe->in.name, gather->first_line + gather->at)
               : -1;
}
