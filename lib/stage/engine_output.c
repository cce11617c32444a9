/* What the last program writes. */

#include "lib/stage/engine_private.h"

enum { PIECE = 1 << 16 };

static int put_out(struct r3_engine *engine, struct r3_error *error) {
    int result = 0;
    if (engine->out.length)
        result = engine->options.output(engine->options.context, engine->out.data, engine->out.length, error);
    r3_buffer_reset(&engine->out);
    return result;
}

static int put_out_pieces(struct r3_engine *engine, struct r3_error *error) {
    return engine->out.length < PIECE ? 0 : put_out(engine, error);
}

int r3_engine_flush(struct r3_engine *engine, struct r3_error *error) {
    int result = put_out(engine, error);
    if (result == 0 && engine->options.flush)
        result = engine->options.flush(engine->options.context, error);
    return result;
}

int r3_engine_put_text(struct r3_engine *engine, const char *text, size_t length, struct r3_error *error) {
    if (!engine->options.output)
        return 0;
    r3_buffer_append(&engine->out, text, length);
    return put_out_pieces(engine, error);
}

int r3_engine_put(struct r3_engine *engine, const struct r3_record *record, struct r3_error *error) {
    if (engine->options.take)
        return engine->options.take(engine->options.context, record, error);
    if (engine->line.record == record)
        return r3_engine_put_text(engine, engine->line.text, engine->line.length + 1, error);
    if (!engine->options.output)
        return 0;
    return r3_record_encode(&engine->out, record, error) < 0 ? -1 : put_out_pieces(engine, error);
}

int r3_engine_put_candles(struct r3_engine *engine, const struct r3_candles *candles, size_t from, size_t to,
                          struct r3_error *error) {
    struct r3_record record;
    int result = 0;
    if (engine->options.take_candles)
        return engine->options.take_candles(engine->options.context, candles, from, to, error);
    if (!engine->options.output)
        return 0;
    for (size_t i = from; i < to && result == 0; i++) {
        r3_candles_record(candles, i, &record);
        result = r3_engine_put(engine, &record, error);
    }
    return result;
}
