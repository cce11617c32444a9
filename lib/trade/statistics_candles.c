/* Blocks of candles for the book: the bars that they close, column by column, with the very arithmetic of statistics_book.c. */

#include <string.h>

#include "lib/trade/statistics_book.h"
#include "lib/trade/statistics_pair.h"

/* clang-format off */
/* Powers of ten, all of them exact in both. */
static const int64_t powers[R3_EQUITY_SCALE + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
    10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000
};
/* clang-format on */

/* Whether the candle ahead of `from` in the block is the bar that is open. */
static bool is_open_bar(const struct r3_book *book, const struct r3_book_market *market,
                        const struct r3_candles *candles, size_t from) {
    if (from == 0 || candles->time[from - 1] != market->time || market->time != book->bar_open)
        return false;
    struct r3_decimal close = R3_DECIMAL(candles->close[from - 1], candles->price_scale);
    if (market->close.scale != close.scale)
        close = r3_candles_decimal(candles->close[from - 1], candles->price_scale);
    return market->close.scale == close.scale && market->close.coefficient == close.coefficient;
}

/* The market of a block, where its candles make bars in the usual way; else NULL. Markets behind it would have to be added to
 * the benchmark after it. */
static struct r3_book_market *market_of(const struct r3_book *book, const struct r3_candles *candles, size_t from) {
    if (!book->in_bar || book->last >= book->count || strcmp(book->markets[book->last].name, candles->market) != 0)
        return NULL;
    struct r3_book_market *market = &book->markets[book->last];
    for (const struct r3_book_market *other = market + 1; other < book->markets + book->count; other++)
        if (other->units > 0)
            return NULL;
    bool usual = market->timeframe == candles->timeframe && candles->timeframe < R3_1W && market->units > 0;
    return usual && is_open_bar(book, market, candles, from) ? market : NULL;
}

/* How many of the candles [from, to) each begin a bar at their own open; in *digits the binary ones that any of their closes has, or the one ahead. */
static size_t count_usual(uint64_t *digits, const struct r3_candles *candles, int64_t span, size_t from, size_t to) {
    const int64_t *time = candles->time, *close = candles->close;
    uint64_t closes = (uint64_t)close[from - 1], early = 0; /* early: its sign is set where one comes before its time */
    r3_twin_bits all_closes = { 0 }, all_early = { 0 };
    size_t i = from;
    for (; i + 1 < to; i += 2) {
        all_closes |= r3_twin_load_bits(close + i);
        all_early |= r3_twin_load_bits(time + i) - r3_twin_load_bits(time + i - 1) - (uint64_t)span;
    }
    for (; i < to; i++) {
        closes |= (uint64_t)close[i];
        early |= (uint64_t)(time[i] - time[i - 1] - span);
    }
    *digits = closes | all_closes[0] | all_closes[1];
    if ((int64_t)(early | all_early[0] | all_early[1]) >= 0)
        return to - from;
    for (i = from; time[i] - time[i - 1] >= span;)
        i++;
    return i - from;
}

/* What a close of 1 at this scale makes the position worth, in units of the equity. -1: the quick way is too narrow. */
static int unit_of(r3_int128 *out, const struct r3_decimal *size, int32_t scale, uint64_t digits) {
    const double half_range = 4.9e33; /* of the 10^34 that statistics_book.c allows */
    int places = R3_EQUITY_SCALE - size->scale - scale;
    *out = size->coefficient;
    if (size->coefficient == 0)
        return 0;
    if (places < 0 || size->coefficient != (int64_t)size->coefficient)
        return -1;
    *out = (r3_int128)(int64_t)size->coefficient * powers[places];
    double most = (double)(int64_t)size->coefficient * (double)powers[places] * (double)digits;
    return most < half_range && most > -half_range ? 0 : -1;
}

/* The last one is the bar that is open now. */
static void leave(struct r3_book *book, struct r3_book_market *market, const struct r3_candles *candles, size_t last,
                  size_t count, r3_int128 unit, int64_t span) {
    r3_int128 value = unit * candles->close[last];
    market->time = candles->time[last];
    market->close = R3_DECIMAL(candles->close[last], candles->price_scale);
    market->price = (double)candles->close[last] / (double)powers[candles->price_scale];
    book->holdings += value - market->value;
    market->value = value;
    book->bar += count;
    book->bar_open = market->time;
    book->bar_close = market->time + span;
    book->filled = false;
}

size_t r3_book_candles(struct r3_book *book, struct r3_bars *bars, const struct r3_candles *candles, size_t from,
                       size_t to) {
    const r3_int128 half_range = (r3_int128)4900000000000000 * 1000000000000000000;
    struct r3_book_market *market = market_of(book, candles, from);
    uint64_t digits;
    if (!market || from >= to)
        return 0;
    const int64_t span = r3_timeframe_span(candles->timeframe);
    size_t count = count_usual(&digits, candles, span, from, to - from > R3_BARS_MAX ? from + R3_BARS_MAX : to);
    r3_int128 rest = r3_book_equity(book) - market->value; /* all but this market's position */
    if (count == 0 || digits >> R3_BARS_CLOSE_BITS || rest >= half_range || rest <= -half_range ||
        unit_of(&bars->unit, &market->size, candles->price_scale, digits) != 0)
        return 0;
    bool exposed = r3_book_exposed(book);
    book->filled = false;
    bars->open = r3_book_exposed(book);
    bars->count = count;
    bars->exposed = exposed + (bars->open ? count - 1 : 0);
    bars->market = book->last;
    bars->time = candles->time + from - 1;
    bars->close = candles->close + from - 1;
    bars->close_digits = digits;
    bars->rest = rest;
    bars->power = (double)powers[candles->price_scale];
    bars->units = market->units;
    bars->others = 0;
    for (const struct r3_book_market *other = book->markets; other < market; other++)
        bars->others += other->units * other->price;
    leave(book, market, candles, from + count - 1, count, bars->unit, span);
    return count;
}

size_t r3_book_more(struct r3_book *book, struct r3_bars *bars, const struct r3_candles *candles, size_t from,
                    size_t to) {
    uint64_t digits;
    size_t room = R3_BARS_MAX - bars->count;
    if (bars->count == 0 || room == 0 || from >= to || bars->time + bars->count + 1 != candles->time + from ||
        bars->close + bars->count + 1 != candles->close + from)
        return 0;
    struct r3_book_market *market = &book->markets[bars->market];
    const int64_t span = book->bar_close - book->bar_open;
    size_t count = count_usual(&digits, candles, span, from, to - from > room ? from + room : to);
    r3_int128 unit;
    digits |= bars->close_digits;
    if (count == 0 || digits >> R3_BARS_CLOSE_BITS ||
        (digits != bars->close_digits && unit_of(&unit, &market->size, candles->price_scale, digits) != 0))
        return 0;
    bars->count += count;
    bars->exposed += bars->open ? count : 0;
    bars->close_digits = digits;
    leave(book, market, candles, from + count - 1, count, bars->unit, span);
    return count;
}

void r3_bars_benchmarks(double *out, const struct r3_bars *bars) {
    const r3_twin power = r3_twin_of(bars->power), units = r3_twin_of(bars->units), others = r3_twin_of(bars->others);
    size_t k = 0;
    for (; k + 1 < bars->count; k += 2)
        r3_twin_store(out + k, others + units * (r3_twin_convert(bars->close + k) / power));
    if (k < bars->count)
        out[k] = bars->others + bars->units * ((double)bars->close[k] / bars->power);
}

/* Where whole numbers are cut in two, so that the upper halves of all equities are exact as doubles: below 2^53, counted from the
 * cut. -1 where the lower ones may not be: below 2^53, counted from the first digit that is not 0 in all of them. */
static int cut_of(const struct r3_bars *bars) {
    const int close_bits = bars->close_digits ? 64 - __builtin_clzll(bars->close_digits) : 0;
    r3_uint128 unit = (r3_uint128)(bars->unit < 0 ? -bars->unit : bars->unit);
    r3_uint128 most = (r3_uint128)(bars->rest < 0 ? -bars->rest : bars->rest) + (unit << close_bits);
    uint64_t high = (uint64_t)(most >> 64), low = (uint64_t)most;
    int length = high ? 128 - __builtin_clzll(high) : low ? 64 - __builtin_clzll(low) : 0;
    int cut = length > 51 ? length - 51 : 0;
    uint64_t ends = ((uint64_t)bars->rest | (uint64_t)bars->unit) & ((UINT64_C(1) << (cut < 62 ? cut : 62)) - 1);
    int zeros = ends ? __builtin_ctzll(ends) : cut;
    return cut < 62 && cut + close_bits <= 52 + zeros ? cut : -1;
}

/* rest + unit × close without whole numbers of 128 bits: each is cut at the same digit, both halves of the sum are exact, and so the
 * sum of the two is rounded once, as in r3_book_double. */
static void equities_by_halves(double *out, const struct r3_bars *bars, int cut) {
    const r3_int128 low = ((r3_int128)1 << cut) - 1, rest_low = bars->rest & low, unit_low = bars->unit & low;
    const r3_twin rest_high = r3_twin_of(r3_int128_to_double(bars->rest - rest_low)),
                  unit_high = r3_twin_of(r3_int128_to_double(bars->unit - unit_low)),
                  rest_rest = r3_twin_of((double)(int64_t)rest_low), unit_rest = r3_twin_of((double)(int64_t)unit_low),
                  scale = r3_twin_of(1e18);
    size_t k = 0;
    for (; k + 1 < bars->count; k += 2) {
        r3_twin close = r3_twin_convert(bars->close + k);
        r3_twin_store(out + k, ((rest_high + unit_high * close) + (rest_rest + unit_rest * close)) / scale);
    }
    if (k < bars->count)
        out[k] = r3_book_double(r3_bars_equity(bars, k));
}

void r3_bars_equities(double *out, const struct r3_bars *bars) {
    int cut = bars->count > 2 ? cut_of(bars) : -1;
    if (cut >= 0)
        equities_by_halves(out, bars, cut);
    else
        for (size_t k = 0; k < bars->count; k++)
            out[k] = r3_book_double(r3_bars_equity(bars, k));
}
