#ifndef R3_TESTS_UNIT_STREAMS_H
#define R3_TESTS_UNIT_STREAMS_H

/* Streams of candles in columns, real and made, and all that rules say of one. */

#include "tests/unit/candles.h"

enum { STREAM_MAX = 2100 };

static int64_t times[STREAM_MAX], opens[STREAM_MAX], highs[STREAM_MAX], lows[STREAM_MAX], closes[STREAM_MAX],
    volumes[STREAM_MAX];
static struct r3_candles made = { .platform = "csv",
                                  .market = "BTC-USD",
                                  .time = times,
                                  .open = opens,
                                  .high = highs,
                                  .low = lows,
                                  .close = closes,
                                  .volume = volumes };

static uint64_t seed;
static inline int64_t draw(int64_t below) { /* xorshift64, Marsaglia 2003 */
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed >> 1) % below;
}

static inline int64_t power(int exponent) {
    int64_t value = 1;
    while (exponent-- > 0)
        value *= 10;
    return value;
}

static inline void put(size_t i, int64_t open, int64_t close, int64_t spread, int64_t volume) {
    opens[i] = open;
    closes[i] = close;
    highs[i] = (open > close ? open : close) + (spread ? draw(spread) : 0);
    lows[i] = (open < close ? open : close) - (spread ? draw(spread) : 0);
    lows[i] = lows[i] < 1 ? 1 : lows[i];
    volumes[i] = volume;
}

/* A real file, at eight digits whatever its own. */
static inline void read_real(const char *name, enum r3_timeframe timeframe) {
    static struct r3_candle candles[STREAM_MAX];
    int count = read_candles(candles, STREAM_MAX, name, timeframe);
    made.timeframe = timeframe;
    made.price_scale = made.volume_scale = 8;
    made.count = (size_t)count;
    for (int i = 0; i < count; i++) {
        const struct r3_candle *candle = &candles[i];
        const struct r3_decimal *const members[] = { &candle->open, &candle->high, &candle->low, &candle->close,
                                                     &candle->volume };
        int64_t *const columns[] = { opens, highs, lows, closes, volumes };
        times[i] = candle->time;
        for (int k = 0; k < 5; k++)
            columns[k][i] = (int64_t)members[k]->coefficient * power(8 - members[k]->scale);
    }
}

enum { WALK, GAPS, FINER, HUGE_PRICES, ONCE_HUGE, TINY, FLAT, GROWING, MADE };
static const char *const made_names[] = { "walk", "gaps", "finer", "huge", "once huge", "tiny", "flat", "growing" };

static inline void make(int kind) {
    int64_t time = 1704067200000 + 7 * 5 * (int64_t)R3_MINUTE, price = kind == FLAT ? 100 : 4000000;
    made.timeframe = R3_5m;
    made.count = STREAM_MAX;
    made.price_scale = (const int32_t[]) { 2, 2, 8, 2, 4, 18, 1, 8 }[kind];
    made.volume_scale = (const int32_t[]) { 3, 3, 6, 1, 2, 0, 0, 8 }[kind];
    seed = 88172645463325252U + (uint64_t)kind;
    for (size_t i = 0; i < STREAM_MAX; i++) {
        int64_t open = price, unit = 1, factor = 1, volume = draw(1000000), spread = 500;
        price += draw(2001) - 1000;
        switch (kind) {
        case GAPS:
            time += draw(7) ? 0 : (1 + draw(90)) * 5 * (int64_t)R3_MINUTE;
            break;
        case FINER: /* more digits now and then, and always more candles that do not need them */
            unit = power(8 - (i < 60 ? 0 : i < 300 ? 1 : i < 900 ? 3 : i < 1100 ? 5 : 8));
            factor = 1000000;
            volume *= i < 1500 ? 1000000 : 1;
            break;
        case HUGE_PRICES:
            factor = 1000000000000;
            volume *= 1000000000000;
            break;
        case ONCE_HUGE:
            factor = i > 1000 && i < 1050 ? 1000000000000 : 1;
            break;
        case FLAT: /* ties, and no volume */
            price = open + (draw(3) && (i < 500 || i > 1300) ? 0 : draw(3) - 1);
            spread = i > 1700 ? 2 : 0;
            volume = draw(2) ? 0 : draw(4);
            break;
        case GROWING: /* past what 53 and 64 bits hold of sums, squares and slopes */
            factor = power((int)(i / 200));
            break;
        default:
            break;
        }
        times[i] = time;
        put(i, open * factor / unit * unit, (price * factor + (unit < factor ? draw(factor) : 0)) / unit * unit, spread,
            volume);
        time += 5 * (int64_t)R3_MINUTE;
    }
}

/* All that rules said of the candles of a stream: doubles as their bits, 1 for not ready. */
struct said {
    uint64_t *words;
    size_t count, candles;
    char error[sizeof((struct r3_error *)0)->text];
};

static inline void say(struct said *said, bool ready, double value) {
    uint64_t bits = 1;
    if (ready)
        memcpy(&bits, &value, sizeof bits);
    said->words[said->count++] = bits;
}

static inline void say_block(struct said *said, const struct run *run, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double value = 0;
        for (size_t k = 0; k < r3_rules_plots(run->rules); k++) {
            bool ready = r3_rules_plot_value(run->block, i, k, &value);
            say(said, ready, value);
        }
        for (int k = 0; k < R3_RULES_OUTPUTS; k++) {
            bool ready = r3_rules_value(run->block, i, (enum r3_rules_output)k, &value);
            say(said, ready, value);
        }
        said->words[said->count++] = r3_rules_turned(run->block)[i];
    }
    said->candles += count;
}

/* The first `most` candles. `size` 0: as records; -1: in blocks of sizes at random. */
static inline void run_all(struct said *said, struct run *run, int size, size_t most) {
    said->count = said->candles = 0;
    *said->error = '\0';
    r3_rules_start(run->rules, run->state);
    while (said->candles < most && !*said->error) {
        size_t from = said->candles, left = most - from, count = 1;
        size_t want = size == 0 ? 1 : size > 0 ? (size_t)size : (size_t)draw(70) + 1;
        struct r3_record record;
        int result;
        if (size == 0) {
            r3_record_init(&record, R3_CANDLE);
            r3_candles_record(&made, from, &record);
            result = r3_rules_step(run->block, run->state, &record.candle, &run->error);
        } else {
            result = r3_rules_candles(run->block, run->state, &made, from, from + (want < left ? want : left), &count,
                                      &run->error);
        }
        if (result < 0)
            snprintf(said->error, sizeof said->error, "%s", run->error.text);
        else
            say_block(said, run, count);
    }
}

#endif
