/* The loops of statistics_rows.h for LANES numbers at a time: included by statistics_rows.c and statistics_rows_wide.c. */

#include "lib/trade/statistics_lanes.h"
#include "lib/trade/statistics_rows.h"

/* Of closes there is one more than bars, and of what is written: so the last bars go two by two. */

static void rows_benchmarks(double *out, const struct r3_bars *bars) {
    const double power = bars->power, units = bars->units, others = bars->others;
    size_t k = 0;
    for (; k + LANES <= bars->count + 1; k += LANES)
        store(out + k, others + units * (convert(bars->close + k) / power));
    for (; k < bars->count; k += 2)
        r3_twin_store(out + k, others + units * (r3_twin_convert(bars->close + k) / power));
}

/* rest + unit × close without whole numbers of 128 bits: each is cut at the same digit, both halves of the sum are exact, and so the
 * sum of the two is rounded once, as in r3_book_double. */
static void rows_equities(double *out, const struct r3_bars *bars, int cut) {
    const r3_int128 low = ((r3_int128)1 << cut) - 1, rest_low = bars->rest & low, unit_low = bars->unit & low;
    const double rest_high = r3_int128_to_double(bars->rest - rest_low),
                 unit_high = r3_int128_to_double(bars->unit - unit_low), rest_rest = (double)(int64_t)rest_low,
                 unit_rest = (double)(int64_t)unit_low, scale = 1e18;
    size_t k = 0;
    for (; k + LANES <= bars->count + 1; k += LANES) {
        lanes close = convert(bars->close + k);
        store(out + k, ((rest_high + unit_high * close) + (rest_rest + unit_rest * close)) / scale);
    }
    for (; k < bars->count; k += 2) {
        r3_twin close = r3_twin_convert(bars->close + k);
        r3_twin_store(out + k, ((rest_high + unit_high * close) + (rest_rest + unit_rest * close)) / scale);
    }
}

static size_t rows_usual(uint64_t *digits, const struct r3_candles *candles, int64_t span, size_t from, size_t to) {
    const int64_t *time = candles->time, *close = candles->close;
    uint64_t closes = (uint64_t)close[from - 1], early = 0; /* early: its sign is set where one comes before its time */
    lanes_bits all_closes = { 0 }, all_early = { 0 };
    size_t i = from;
    for (; i + LANES <= to; i += LANES) {
        all_closes |= load_bits(close + i);
        all_early |= load_bits(time + i) - load_bits(time + i - 1) - (uint64_t)span;
    }
    for (; i < to; i++) {
        closes |= (uint64_t)close[i];
        early |= (uint64_t)(time[i] - time[i - 1] - span);
    }
    for (size_t k = 0; k < LANES; k++) {
        closes |= all_closes[k];
        early |= all_early[k];
    }
    *digits = closes;
    if ((int64_t)early >= 0)
        return to - from;
    for (i = from; time[i] - time[i - 1] >= span;)
        i++;
    return i - from;
}

static size_t rows_between(const double *value, size_t k, size_t count, double low, double high) {
    while (k < count && all_of((load(value + k) > low) & (load(value + k) < high)))
        k += LANES;
    while (k < count && value[k] > low && value[k] < high)
        k++;
    return k < count ? k : count;
}
