#ifndef R3_TRADE_STATISTICS_BOOK_H
#define R3_TRADE_STATISTICS_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/decimal.h"
#include "lib/base/error.h"
#include "lib/record/candles.h"
#include "lib/record/record.h"

/* One session's cash and positions, followed from the outside: from the first account, the trades and the closes in a
 * stream. It is written apart from the ledger of the paper exchange on purpose: the report checks every account record
 * against it, so that neither can be wrong alone.
 *
 * Money is exact. Cash and equity are integers of 10^-18 quote units (R3_EQUITY_SCALE), below 10^16 units. A fill's price × size is
 * rounded half to even at 14 digits where it is wider, as in r3-order(1). Memory grows with the number of markets alone. */

enum { R3_EQUITY_SCALE = 18 };

/* A closed position, from flat to flat. Partial fills are added up. */
struct r3_round_trip {
    const char *market;            /* borrowed from the book until it has one more market */
    enum r3_direction side;        /* R3_LONG or R3_SHORT */
    enum r3_role exit;             /* of the fill that closed it */
    int64_t number;                /* the tracker's position number, from the order's id; else a count from 1 */
    int64_t entry_time, exit_time; /* of the first and the last fill */
    int64_t entry_open, exit_open; /* opens of the candles in which they happened */
    uint64_t entry_bar, exit_bar;  /* the same candles, counted from 0 */
    struct r3_decimal size;        /* bought (long) or sold (short) in all, base currency */
    struct r3_decimal cost;        /* price × size of the entry fills, quote currency */
    struct r3_decimal proceeds;    /* the same of the exit fills */
    struct r3_decimal fees;        /* of all fills */
    struct r3_decimal pnl;         /* after fees */
    struct r3_decimal change;      /* pnl / cost, at 18 digits: its return */
};

struct r3_book_market {
    char name[R3_MARKET_SIZE], platform[R3_PLATFORM_SIZE], base[R3_CURRENCY_SIZE], quote[R3_CURRENCY_SIZE];
    struct r3_decimal base_increment, minimum_size; /* absent without an instrument */
    enum r3_timeframe timeframe;                    /* of the last candle that counted */
    int64_t time;                                   /* open of the last candle; R3_TIME_ABSENT before the first */
    struct r3_decimal close;
    double price;           /* the close */
    double units;           /* held by the benchmark */
    struct r3_decimal size; /* held by the session, negative when short */
    r3_int128 value;        /* size × close, scale 18 */
    bool of_ledger; /* it has no more decimals than the ledger's amounts, and so needs no rounding beside those */
    struct r3_decimal dust_cost; /* of what is held where no round trip is under way */
    bool open;                   /* a round trip is under way */
    struct r3_round_trip trip;   /* it, or the one before */
};

struct r3_book {
    struct r3_book_market *markets;
    size_t count, last; /* last: the market looked up last */
    r3_int128 cash, holdings;
    r3_int128 start; /* equity of the first account */
    uint64_t positions;
    bool opened, filled;      /* filled: a fill since the bar began */
    enum r3_timeframe finest; /* of all candles so far */
    uint64_t bar;             /* number of the bar that is open, from 0 */
    int64_t bar_open, bar_close;
    bool in_bar;
    /* Of the block whose candles come: those up to `end` each begin a bar at their own open; the binary ones that any of their closes has.
     * Looked for once a block; time NULL: not yet. The candle ahead of `next` is the bar that is open. */
    struct {
        const int64_t *time;
        size_t next, end;
        uint64_t digits;
    } block;
};

#define R3_BOOK_INIT                                                                                                   \
    { .bar_open = R3_TIME_ABSENT }

void r3_book_release(struct r3_book *book);
int r3_book_open(struct r3_book *book, const struct r3_decimal *equity, struct r3_error *error);
void r3_book_instrument(struct r3_book *book, const struct r3_instrument *instrument);

/* Whether this candle begins a new bar. A bar is all candles that close at the same moment: close the bar that is open
 * (read equity and benchmark) before r3_book_candle. False too for a candle of a coarser timeframe than its market's. */
bool r3_book_begins_bar(const struct r3_book *book, const struct r3_candle *candle);
/* Take a candle: 1 when it counts, 0 when finer ones of its market have told what it tells. R3_DATA where
 * time goes back or the value leaves the range. */
int r3_book_candle(struct r3_book *book, const struct r3_candle *candle, struct r3_error *error);

/* Bars that are closed one after the other, with the same position: of the plain kind, each of them one candle. Their columns
 * are borrowed from a block. */
enum { R3_BARS_MAX = 256 };
struct r3_bars {
    size_t count, most;          /* most: as many as there can be of them in this row */
    size_t begin;                /* of the candle in the block that closes the first one */
    uint64_t exposed;            /* in how many of them a position was open; set by r3_book_follow */
    size_t market;               /* of the book */
    int32_t scale;               /* of the closes */
    bool begun_exposed, open;    /* a position was open within the first one; is open in the others */
    uint64_t close_digits;       /* binary ones that any close has */
    const int64_t *time, *close; /* below 2^R3_BARS_CLOSE_BITS. One more behind the last: of the bar that is open */
    r3_int128 rest, unit;        /* equity: rest + unit × close, at scale 18 */
    double power, units, others; /* benchmark: others + units × (close / power) */
};
enum { R3_BARS_CLOSE_BITS = 52 };
/* Candles of a block in place of as many r3_book_candle, each of which closes the bar before it: *bars is those bars. Returns how many of
 * [from, to) it took: 0 where the next one is not of the plain kind, and must go alone; the first of a block always does. Before
 * anything else is done with the book, r3_book_follow brings it to where the bars end. */
size_t r3_book_candles(struct r3_book *book, struct r3_bars *bars, const struct r3_candles *candles, size_t from,
                       size_t to);
void r3_book_follow(struct r3_book *book, struct r3_bars *bars);
/* The same for candles that come right after those that made *bars: their bars are added. 0 too where they lie elsewhere, or *bars
 * is empty or full. */
static inline size_t r3_bars_more(struct r3_bars *bars, const struct r3_candles *candles, size_t from, size_t to) {
    if (bars->count == 0 || bars->close + bars->count + 1 != candles->close + from)
        return 0;
    size_t room = bars->most - bars->count, count = to - from < room ? to - from : room;
    bars->count += count;
    return count;
}
static inline r3_int128 r3_bars_equity(const struct r3_bars *bars, size_t k) {
    return bars->rest + bars->unit * bars->close[k];
}
/* What r3_book_double gives of each bar's equity, and r3_book_benchmark at each bar's close. There is room for three more, which
 * may be written. */
void r3_bars_equities(double *out, const struct r3_bars *bars);
void r3_bars_benchmarks(double *out, const struct r3_bars *bars);

/* Take a fill. 1: it closed a position, *trip is that one until the next fill; 0: it did not; -1: R3_DATA (a fee in another currency than the
 * quote, a fill that turns a position around, a fill before the first candle). */
int r3_book_trade(struct r3_book *book, const struct r3_trade *trade, const struct r3_round_trip **trip,
                  struct r3_error *error);

/* Check an account of the session against the book. R3_DATA names both amounts when they differ. The value of a position is
 * rounded half to even at 14 digits here, as the account's is. */
int r3_book_check(const struct r3_book *book, const struct r3_account *account, struct r3_error *error);

static inline r3_int128 r3_book_equity(const struct r3_book *book) {
    return book->cash + book->holdings;
}
/* Whether a position is open now, or was within the bar that is open. */
bool r3_book_exposed(const struct r3_book *book);
/* Value of the benchmark, 1 at the first close: the same amount bought in each market and held. A market whose candles
 * begin later is bought then, with its equal share taken from the others. */
double r3_book_benchmark(const struct r3_book *book);

/* Scale 18 to a decimal without trailing zeros, and to the nearest double. */
struct r3_decimal r3_book_decimal(r3_int128 value);
static inline double r3_book_double(r3_int128 value) {
    return r3_int128_to_double(value) / 1e18;
}

#endif
