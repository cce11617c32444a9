/* Blocks of candles for the book: the bars that they close, column by column, with the very arithmetic of statistics_book.c. */

#include <string.h>

#include "lib/trade/statistics_book.h"

/* clang-format off */
/* Powers of ten, all of them exact in both. */
static const int64_t powers[R3_EQUITY_SCALE + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
    10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000
};
/* clang-format on */

/* The market of a block, where its candles make bars in the usual way; else NULL. */
static struct r3_book_market *market_of(const struct r3_book *book, const struct r3_candles *candles) {
    if (!book->in_bar || book->last >= book->count || strcmp(book->markets[book->last].name, candles->market) != 0)
        return NULL;
    struct r3_book_market *market = &book->markets[book->last];
    bool usual = market->timeframe == candles->timeframe && candles->timeframe < R3_1W && market->units > 0;
    return usual ? market : NULL;
}

/* How many of the candles [from, to) each begin a bar at their own open. */
static size_t count_usual(const struct r3_book *book, const struct r3_candles *candles, int64_t span, size_t from,
                          size_t to) {
    const int64_t *time = candles->time;
    if (time[from] < book->bar_close)
        return 0;
    size_t end = from + 1;
    while (end < to && time[end] - time[end - 1] >= span)
        end++;
    return end - from;
}

/* A bound of their closes. */
static int64_t bound_of(const int64_t *close, size_t count) {
    int64_t bits = 0;
    for (size_t k = 0; k < count; k++)
        bits |= close[k];
    return bits;
}

/* What a close of 1 at this scale makes the position worth, in units of the equity. -1: the quick way is too narrow. */
static int unit_of(r3_int128 *out, const struct r3_decimal *size, int32_t scale, int64_t bound) {
    const double half_range = 4.9e33; /* of the 10^34 that statistics_book.c allows */
    int places = R3_EQUITY_SCALE - size->scale - scale;
    *out = size->coefficient;
    if (size->coefficient == 0)
        return 0;
    if (places < 0 || size->coefficient != (int64_t)size->coefficient)
        return -1;
    *out = (r3_int128)(int64_t)size->coefficient * powers[places];
    double most = (double)*out * (double)bound;
    return most < half_range && most > -half_range ? 0 : -1;
}

static void fill_equity(r3_int128 *out, r3_int128 rest, r3_int128 unit, const int64_t *close, size_t count) {
    if (unit == 0)
        for (size_t k = 0; k < count; k++)
            out[k] = rest;
    else if (unit == (int64_t)unit) /* one multiplication, not three */
        for (size_t k = 0; k < count; k++)
            out[k] = rest + (r3_int128)(int64_t)unit * close[k];
    else
        for (size_t k = 0; k < count; k++)
            out[k] = rest + unit * close[k];
}

/* r3_book_benchmark at each of the closes, its sum in the same order. */
static void fill_benchmark(double *out, const struct r3_book *book, const struct r3_book_market *market,
                           const struct r3_candles *candles, size_t from, size_t count) {
    const struct r3_book_market *other = book->markets, *end = book->markets + book->count;
    double power = (double)powers[candles->price_scale], units = market->units, before = 0;
    for (; other < market; other++)
        before += other->units * other->price;
    for (size_t k = 0; k < count; k++)
        out[k] = before + units * ((double)candles->close[from + k] / power);
    for (other++; other < end; other++)
        for (size_t k = 0; k < count; k++)
            out[k] += other->units * other->price;
}

/* The last one is the bar that is open now. */
static void leave(struct r3_book *book, struct r3_book_market *market, const struct r3_candles *candles, size_t from,
                  size_t count, r3_int128 unit, int64_t span) {
    size_t last = from + count - 1;
    r3_int128 value = unit * candles->close[last];
    market->time = candles->time[last];
    market->close = r3_candles_decimal(candles->close[last], candles->price_scale);
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
    const int64_t exact = INT64_C(1) << 53; /* closes that a double holds */
    struct r3_book_market *market = market_of(book, candles);
    r3_int128 unit;
    if (!market)
        return 0;
    const int64_t span = r3_timeframe_span(candles->timeframe);
    size_t count = count_usual(book, candles, span, from, to - from > R3_BARS_MAX ? from + R3_BARS_MAX : to);
    int64_t bound = bound_of(candles->close + from, count);
    r3_int128 rest = r3_book_equity(book) - market->value; /* all but this market's position */
    if (count == 0 || bound >= exact || rest >= half_range || rest <= -half_range ||
        unit_of(&unit, &market->size, candles->price_scale, bound) != 0)
        return 0;
    bars->count = count;
    bars->exposed = r3_book_exposed(book);
    book->filled = false;
    bars->exposed += r3_book_exposed(book) ? count - 1 : 0;
    bars->time[0] = book->bar_open;
    memcpy(bars->time + 1, candles->time + from, (count - 1) * sizeof *bars->time);
    bars->equity[0] = r3_book_equity(book);
    fill_equity(bars->equity + 1, rest, unit, candles->close + from, count - 1);
    bars->benchmark[0] = r3_book_benchmark(book);
    fill_benchmark(bars->benchmark + 1, book, market, candles, from, count - 1);
    leave(book, market, candles, from, count, unit, span);
    return count;
}
