/* The mean absolute distance from the mean against its definition, entry by entry in whole numbers: short windows and long ones, which
 * are kept in a tree, with ties, gaps, a scale that grows, numbers of more than 64 bits, and series that are no decimal. */
#include <math.h>

#include "lib/base/buffer.h"
#include "lib/market/indicator_exact.h"
#include "tests/unit/check.h"

enum { CANDLES = 2500, SCALE_GROWS_AT = 1200, WIDE_FROM = 1800 };

enum series { NARROW, TIES, GROWS, WIDE, BINARY, BINARY_STEPS };

static uint64_t seed = 88172645463325252U;
static int64_t draw(int64_t below) { /* xorshift64, Marsaglia 2003 */
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed >> 1) % below;
}

static r3_int128 entries[CANDLES];
static uint8_t ready[CANDLES];

static void make(enum series series) {
    for (int i = 0; i < CANDLES; i++) {
        int64_t most = series == TIES ? 7 : series == BINARY_STEPS ? INT64_C(1) << (i / 300 % 2 ? 40 : 18) : 1000000;
        entries[i] = draw(most) - (series == NARROW ? most / 2 : 0);
        if (series == WIDE && i >= WIDE_FROM)
            entries[i] <<= 60;
        ready[i] = draw(700) != 0;
    }
}

/* Of the `n` entries up to and with candle i, at that candle's scale: n × the sum of the distances. */
static r3_int128 distance_at(int i, int n, enum series series) {
    r3_int128 sum = 0, distance = 0;
    for (int k = i - n + 1; k <= i; k++)
        sum += entries[k];
    for (int k = i - n + 1; k <= i; k++) {
        r3_int128 apart = entries[k] * n - sum;
        distance += apart < 0 ? -apart : apart;
    }
    return series == GROWS && i >= SCALE_GROWS_AT ? distance * 100 : distance;
}

static bool is_whole(int i, int n) {
    for (int k = i - n + 1; k <= i; k++)
        if (k < 0 || !ready[k])
            return false;
    return true;
}

struct columns {
    double value[R3_BLOCK_MAX], out[R3_BLOCK_MAX];
    int64_t fixed[R3_BLOCK_MAX];
    r3_int128 wide[R3_BLOCK_MAX];
    uint8_t ready[R3_BLOCK_MAX], out_ready[R3_BLOCK_MAX];
};

static int compare(enum series series, int n, int block) {
    static struct columns columns;
    const struct r3_indicator *row = r3_indicator_find("deviation", 9);
    const bool decimal = series < BINARY;
    struct r3_indicator_setup setup = { .numbers = { n }, .length = n, .divisor = 3, .decimal = decimal };
    void *state = r3_allocate(row->size(&setup));
    int wrong = 0, seen = 0;
    row->start(state, &setup);
    for (int at = 0, count; at < CANDLES; at += count) {
        const int stop = at < SCALE_GROWS_AT ? SCALE_GROWS_AT : at < WIDE_FROM ? WIDE_FROM : CANDLES;
        const bool grown = series == GROWS && at >= SCALE_GROWS_AT, wide = series == WIDE && at >= WIDE_FROM;
        const int scale = grown ? 4 : 2;
        count = stop - at < block ? stop - at : block;
        if (grown && at == SCALE_GROWS_AT)
            row->rescale(state, &setup, 100);
        for (int i = 0; i < count; i++) {
            columns.wide[i] = entries[at + i] * (grown ? 100 : 1);
            columns.fixed[i] = (int64_t)columns.wide[i];
            columns.value[i] = ldexp((double)(int64_t)entries[at + i], -20);
            columns.ready[i] = ready[at + i];
        }
        const struct r3_column in = { .value = decimal ? NULL : columns.value,
                                      .ready = columns.ready,
                                      .fixed = decimal && !wide ? columns.fixed : NULL,
                                      .wide = decimal && wide ? columns.wide : NULL };
        const struct r3_column out = { .value = columns.out, .ready = columns.out_ready };
        row->run(state, &setup, (size_t)count, scale, &(const struct r3_column *) { &in }, &out);
        for (int i = 0; i < count; i++) {
            const bool whole = is_whole(at + i, n);
            const r3_uint128 squared = (r3_uint128)(n * n);
            wrong += columns.out_ready[i] != whole;
            if (!whole || !columns.out_ready[i])
                continue;
            seen++;
            r3_int128 distance = distance_at(at + i, n, series);
            double want = decimal ? r3_quotient(distance, squared * 3 * r3_powers[scale])
                                  : ldexp(r3_quotient(distance, squared), -20);
            wrong += memcmp(&want, &columns.out[i], sizeof want) != 0;
        }
    }
    free(state);
    CHECK(seen > 0 || n > 600);
    return wrong;
}

int main(void) {
    static const int lengths[] = { 1, 2, 3, 16, 17, 20, 63, 399, 400, 401, 640 };
    static const int blocks[] = { 1, 13, R3_BLOCK_MAX };
    for (int series = NARROW; series <= BINARY_STEPS; series++) {
        make((enum series)series);
        for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++)
            for (size_t b = 0; b < sizeof blocks / sizeof blocks[0]; b++) {
                int wrong = compare((enum series)series, lengths[k], blocks[b]);
                if (wrong)
                    fprintf(stderr, "series %d, length %d, blocks of %d\n", series, lengths[k], blocks[b]);
                CHECK_INT(wrong, 0);
            }
    }
    return check_done();
}
