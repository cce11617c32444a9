/* Blocks of candles for the book: the bars that they close, column by column, with the very arithmetic of statistics_book.c. */

#include <string.h>

#include "lib/trade/ledger.h"
#include "lib/trade/name.h"
#include "lib/trade/statistics_book.h"
#include "lib/trade/statistics_pair.h"
#include "lib/trade/statistics_rows.h"

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
    if (!book->in_bar || book->last >= book->count || !r3_same_name(book->markets[book->last].name, candles->market))
        return NULL;
    struct r3_book_market *market = &book->markets[book->last];
    for (const struct r3_book_market *other = market + 1; other < book->markets + book->count; other++)
        if (other->units > 0)
            return NULL;
    bool usual = market->timeframe == candles->timeframe && candles->timeframe < R3_1W && market->units > 0;
    return usual && is_open_bar(book, market, candles, from) ? market : NULL;
}

/* Whether a position's value at a close can have more decimals than the equity, for which the quick way is too narrow. To see it here spares
 * the look at a block that is left again at once. */
static bool is_too_fine(const struct r3_decimal *size, int32_t scale) {
    return size->coefficient != 0 && size->scale + scale > R3_EQUITY_SCALE;
}

/* The market of the candles from `from` on, if they make bars in the usual way. What it takes to know is looked at once a block: in the
 * midst of one, after bars of the same block, it still holds, and that saves 60 instructions of a decision. */
static struct r3_book_market *look_at(struct r3_book *book, const struct r3_candles *candles, size_t from) {
    if (book->block.time == candles->time && book->block.next == from)
        return &book->markets[book->last];
    struct r3_book_market *market = market_of(book, candles, from);
    if (!market || is_too_fine(&market->size, candles->price_scale))
        return NULL;
    book->block.time = candles->time;
    book->block.next = from;
    book->block.end = from + r3_rows()->usual(&book->block.digits, candles, r3_timeframe_span(candles->timeframe), from,
                                              candles->count);
    return market;
}

/* What a close of 1 at this scale makes the position worth, in units of the equity. -1: the quick way is too narrow. */
static int unit_of(r3_int128 *out, const struct r3_decimal *size, int32_t scale, uint64_t digits) {
    const double half_range = 4.9e33; /* of the 10^34 that statistics_book.c allows */
    int places = R3_EQUITY_SCALE - size->scale - scale;
    *out = size->coefficient;
    if (size->coefficient == 0)
        return 0;
    if (is_too_fine(size, scale) || size->coefficient != (int64_t)size->coefficient)
        return -1;
    *out = (r3_int128)(int64_t)size->coefficient * powers[places];
    double most = (double)(int64_t)size->coefficient * (double)powers[places] * (double)digits;
    return most < half_range && most > -half_range ? 0 : -1;
}

static inline size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t r3_book_candles(struct r3_book *book, struct r3_bars *bars, const struct r3_candles *candles, size_t from,
                       size_t to) {
    const r3_int128 half_range = (r3_int128)4900000000000000 * 1000000000000000000;
    struct r3_book_market *market = from < to ? look_at(book, candles, from) : NULL;
    if (!market)
        return 0;
    const uint64_t digits = book->block.digits;
    r3_int128 rest = r3_book_equity(book) - market->value; /* all but this market's position */
    if (from >= book->block.end || digits >> R3_BARS_CLOSE_BITS || rest >= half_range || rest <= -half_range ||
        unit_of(&bars->unit, &market->size, candles->price_scale, digits) != 0)
        return 0;
    bars->begun_exposed = r3_book_exposed(book);
    book->filled = false;
    bars->open = r3_book_exposed(book);
    bars->most = least(book->block.end - from, R3_BARS_MAX);
    bars->count = least(to - from, bars->most);
    bars->begin = from;
    bars->market = book->last;
    bars->scale = candles->price_scale;
    bars->time = candles->time + from - 1;
    bars->close = candles->close + from - 1;
    bars->close_digits = digits;
    bars->rest = rest;
    bars->power = (double)powers[candles->price_scale];
    bars->units = market->units;
    bars->others = 0;
    for (const struct r3_book_market *other = book->markets; other < market; other++)
        bars->others += other->units * other->price;
    return bars->count;
}

/* The candle behind the last bar is the bar that is open now. */
void r3_book_follow(struct r3_book *book, struct r3_bars *bars) {
    struct r3_book_market *market = &book->markets[bars->market];
    const int64_t close = bars->close[bars->count], span = book->bar_close - book->bar_open;
    r3_int128 value = bars->unit * close;
    bars->exposed = bars->begun_exposed + (bars->open ? bars->count - 1 : 0);
    market->time = bars->time[bars->count];
    market->close = R3_DECIMAL(close, bars->scale);
    market->price = (double)close / bars->power;
    book->holdings += value - market->value;
    market->value = value;
    market->of_ledger = market->size.scale + bars->scale <= R3_LEDGER_SCALE || bars->unit == 0;
    book->block.next = bars->begin + bars->count;
    book->bar += bars->count;
    book->bar_open = market->time;
    book->bar_close = market->time + span;
}

void r3_bars_benchmarks(double *out, const struct r3_bars *bars) {
    r3_rows()->benchmarks(out, bars);
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

void r3_bars_equities(double *out, const struct r3_bars *bars) {
    const bool moves = bars->unit != 0;
    const double rest = moves ? 0 : r3_book_double(bars->rest);
    int cut = moves ? cut_of(bars) : -1;
    if (cut >= 0)
        r3_rows()->equities(out, bars, cut);
    else if (!moves)
        for (size_t k = 0; k < bars->count; k += 2)
            r3_twin_store(out + k, r3_twin_of(rest));
    else
        for (size_t k = 0; k < bars->count; k++)
            out[k] = r3_book_double(r3_bars_equity(bars, k));
}
