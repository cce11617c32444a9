#ifndef R3_TESTS_UNIT_CANDLES_H
#define R3_TESTS_UNIT_CANDLES_H

/* Candles for the tests of indicators and rules: the real files, and made ones. */

#include "lib/record/record.h"
#include "lib/strategy/rules.h"

enum { CANDLES_MAX = 10000 };

static inline struct r3_decimal decimal_of(const char *text, size_t length) {
    struct r3_decimal value;
    struct r3_error error;
    return r3_decimal_parse_number(&value, text, length, &error) < 0 ? r3_decimal_absent : value;
}

/* tests/data/NAME, whose columns are time (s), open, high, low, close, volume. Returns how many; 0 when it cannot be read. */
static inline int read_candles(struct r3_candle *out, int most, const char *name, enum r3_timeframe timeframe) {
    char path[256], line[512];
    snprintf(path, sizeof path, "tests/data/%s", name);
    FILE *file = fopen(path, "r");
    int count = 0;
    if (!file || !fgets(line, sizeof line, file))
        most = 0;
    while (count < most && fgets(line, sizeof line, file)) {
        struct r3_candle *candle = &out[count++];
        struct r3_decimal *const members[] = { &candle->open, &candle->high, &candle->low, &candle->close,
                                               &candle->volume };
        char *at;
        *candle = (struct r3_candle) { .platform = "csv", .market = "BTC-USD", .timeframe = timeframe };
        candle->time = strtoll(line, &at, 10) * R3_SECOND;
        for (int i = 0; i < 5; i++) {
            size_t length = strcspn(++at, ",\n");
            *members[i] = decimal_of(at, length);
            at += length;
        }
    }
    if (file)
        fclose(file);
    return count;
}

/* A candle of 1 hour whose four prices are `close`; the k-th since 2024-01-01. */
static inline struct r3_candle flat_candle(int k, const char *close) {
    struct r3_candle candle = { .platform = "csv", .market = "BTC-USD", .timeframe = R3_1H };
    candle.time = r3_time_from_civil(2024, 1, 1) + (int64_t)k * R3_HOUR;
    candle.open = candle.high = candle.low = candle.close = decimal_of(close, strlen(close));
    candle.volume = r3_decimal_one;
    return candle;
}

/* A running program; value() after each step. */
struct run {
    struct r3_rules *rules;
    struct r3_rules_block *block;
    void *state;
    struct r3_error error;
};

static inline int run_start(struct run *run, const char *text) {
    *run = (struct run) { 0 };
    if (r3_rules_compile(&run->rules, "t.rules", text, strlen(text), NULL, 0, &run->error) < 0)
        return -1;
    run->block = r3_rules_block_new(run->rules);
    run->state = r3_allocate(r3_rules_state_size(run->rules));
    r3_rules_start(run->rules, run->state);
    return 0;
}

static inline void run_end(struct run *run) {
    r3_rules_block_free(run->block);
    r3_rules_free(run->rules);
    free(run->state);
}

#endif
