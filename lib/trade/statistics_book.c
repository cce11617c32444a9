#include "lib/trade/statistics_book.h"

#include "lib/base/buffer.h"
#include "lib/base/time.h"
#include "lib/trade/ledger.h"
#include "lib/trade/name.h"

/* clang-format off */
static const int64_t powers[R3_EQUITY_SCALE + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
    10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000
};
/* clang-format on */

/* 10^16 units at scale 18: two of them still add up without overflow. */
static r3_int128 limit(void) {
    return (r3_int128)powers[17] * powers[17];
}

/* The same at another scale. */
static r3_int128 limit_at(int scale) {
    return (r3_int128)powers[16] * powers[scale];
}

static int check_range(r3_int128 value, struct r3_error *error) {
    if (value >= limit() || value <= -limit())
        return r3_fail(error, R3_DATA, "an amount of 10^16 or more: too large for exact accounts");
    return 0;
}

__attribute__((noinline, cold)) static int to_units_any(r3_int128 *out, const struct r3_decimal *value,
                                                        struct r3_error *error) {
    r3_int128 bound = limit_at(value->scale);
    if (value->coefficient >= bound || value->coefficient <= -bound)
        return check_range(limit(), error);
    *out = value->coefficient * powers[R3_EQUITY_SCALE - value->scale];
    return 0;
}

/* 64 bits at three digits and more are always within the range. */
static inline int to_units(r3_int128 *out, const struct r3_decimal *value, struct r3_error *error) {
    if (!r3_decimal_is_narrow(value) || value->scale < 3)
        return to_units_any(out, value, error);
    *out = (r3_int128)(int64_t)value->coefficient * powers[R3_EQUITY_SCALE - value->scale];
    return 0;
}

/* size × close at scale 18. The quick way serves coefficients of 64 bits; the exact product of anything else is rounded
 * half to even. */
__attribute__((noinline)) static int value_of_any(r3_int128 *out, const struct r3_decimal *size,
                                                  const struct r3_decimal *close, struct r3_error *error) {
    int scale = size->scale + close->scale;
    r3_int128 a = size->coefficient, b = close->coefficient;
    if (scale <= R3_EQUITY_SCALE && a == (int64_t)a && b == (int64_t)b) {
        r3_int128 product = (r3_int128)(int64_t)a * (int64_t)b, bound = limit_at(scale);
        if (product < bound && product > -bound) {
            *out = product * powers[R3_EQUITY_SCALE - scale];
            return 0;
        }
        return check_range(limit(), error);
    }
    struct r3_decimal product;
    if (r3_decimal_multiply_round(&product, size, close, R3_EQUITY_SCALE, R3_ROUND_HALF_EVEN, error) != 0)
        return -1;
    return to_units(out, &product, error);
}

/* What the market's position is worth at its close. Mostly there is none, or 64 bits hold the product, which three digits and more keep
 * within the range. */
static inline int set_value(struct r3_book_market *market, struct r3_error *error) {
    const struct r3_decimal *size = &market->size, *close = &market->close;
    const int32_t scale = size->scale + close->scale;
    int64_t product;
    market->of_ledger = scale <= R3_LEDGER_SCALE || size->coefficient == 0;
    if (size->coefficient == 0) {
        market->value = 0;
        return 0;
    }
    if (scale < 3 || scale > R3_EQUITY_SCALE || !r3_decimal_is_narrow(size) || !r3_decimal_is_narrow(close) ||
        __builtin_mul_overflow((int64_t)size->coefficient, (int64_t)close->coefficient, &product))
        return value_of_any(&market->value, size, close, error);
    market->value = (r3_int128)product * powers[R3_EQUITY_SCALE - scale];
    return 0;
}

void r3_book_release(struct r3_book *book) {
    free(book->markets);
    *book = (struct r3_book)R3_BOOK_INIT;
}

int r3_book_open(struct r3_book *book, const struct r3_decimal *equity, struct r3_error *error) {
    if (to_units(&book->cash, equity, error) != 0)
        return -1;
    book->start = book->cash;
    book->opened = true;
    return 0;
}

__attribute__((noinline)) static struct r3_book_market *search(const struct r3_book *book, const char *name) {
    for (size_t i = 0; i < book->count; i++)
        if (strcmp(book->markets[i].name, name) == 0)
            return &book->markets[i];
    return NULL;
}

/* Mostly the one that was looked up last. */
static inline struct r3_book_market *find(const struct r3_book *book, const char *name) {
    if (book->last < book->count && r3_same_name(book->markets[book->last].name, name))
        return &book->markets[book->last];
    return search(book, name);
}

static struct r3_book_market *find_or_add(struct r3_book *book, const char *name) {
    struct r3_book_market *market = find(book, name);
    if (!market) {
        book->markets = r3_reallocate(book->markets, (book->count + 1) * sizeof *book->markets);
        market = &book->markets[book->count++];
        memset(market, 0, sizeof *market);
        memcpy(market->name, name, strlen(name) + 1);
        market->time = R3_TIME_ABSENT;
        market->base_increment = market->minimum_size = r3_decimal_absent;
        market->close = market->size = market->dust_cost = r3_decimal_zero;
    }
    book->last = (size_t)(market - book->markets);
    return market;
}

void r3_book_instrument(struct r3_book *book, const struct r3_instrument *instrument) {
    struct r3_book_market *market = find_or_add(book, instrument->market);
    book->block.time = NULL;
    memcpy(market->platform, instrument->platform, sizeof market->platform);
    memcpy(market->base, instrument->base, sizeof market->base);
    memcpy(market->quote, instrument->quote, sizeof market->quote);
    market->base_increment = instrument->base_increment;
    market->minimum_size = instrument->minimum_size;
}

static int64_t closes_at(const struct r3_candle *candle) {
    if (candle->timeframe >= R3_1W)
        return r3_timeframe_close(candle->timeframe, candle->time);
    return candle->time + r3_timeframe_span(candle->timeframe);
}

/* Finer ones have told what it tells. */
static bool is_told(const struct r3_book_market *market, const struct r3_candle *candle) {
    return market->timeframe != R3_TIMEFRAME_NONE && candle->timeframe > market->timeframe &&
           candle->time < r3_timeframe_close(market->timeframe, market->time);
}

static bool is_coarser(const struct r3_book *book, const struct r3_candle *candle) {
    const struct r3_book_market *market = find(book, candle->market);
    return market && is_told(market, candle);
}

bool r3_book_begins_bar(const struct r3_book *book, const struct r3_candle *candle) {
    if (book->in_bar && closes_at(candle) <= book->bar_close)
        return false;
    return candle->timeframe <= book->finest || !is_coarser(book, candle);
}

/* Let the benchmark buy its equal share of one more market. */
static void join_benchmark(struct r3_book *book, struct r3_book_market *market) {
    size_t count = 1;
    double total = 0;
    for (size_t i = 0; i < book->count; i++)
        if (book->markets[i].units > 0) {
            count++;
            total += book->markets[i].units * book->markets[i].price;
        }
    double share = 1.0 / (double)count;
    for (size_t i = 0; i < book->count; i++)
        book->markets[i].units *= 1 - share;
    market->units = (count == 1 ? 1 : total * share) / market->price;
}

int r3_book_candle(struct r3_book *book, const struct r3_candle *candle, struct r3_error *error) {
    struct r3_book_market *market = find_or_add(book, candle->market);
    book->block.time = NULL;
    if (is_told(market, candle))
        return 0;
    int64_t close = closes_at(candle);
    if ((book->in_bar && close < book->bar_close) ||
        (market->time != R3_TIME_ABSENT && candle->time <= market->time && candle->timeframe == market->timeframe)) {
        char now[R3_TIME_TEXT_SIZE], before[R3_TIME_TEXT_SIZE];
        r3_time_format(now, candle->time);
        r3_time_format(before, market->time != R3_TIME_ABSENT ? market->time : book->bar_open);
        return r3_fail(error, R3_DATA, "candle: %s of %s comes after %s: time goes back", candle->market, now, before);
    }
    if (!book->in_bar || close > book->bar_close) {
        /* A coarser candle of another market may close a bar alone, where the finer ones have a gap: its own open lies in bars
         * that are past, so the bar begins where the one before it ended. */
        book->bar_open = book->in_bar && candle->time < book->bar_close ? book->bar_close : candle->time;
        book->bar += book->in_bar;
        book->in_bar = true;
        book->filled = false;
        book->bar_close = close;
    }
    market->time = candle->time;
    market->timeframe = candle->timeframe;
    if (book->finest == R3_TIMEFRAME_NONE || candle->timeframe < book->finest)
        book->finest = candle->timeframe;
    market->close = candle->close;
    market->price = r3_decimal_to_double(&candle->close);
    if (market->units == 0 && market->price > 0)
        join_benchmark(book, market);
    if (market->size.coefficient != 0) {
        book->holdings -= market->value;
        if (set_value(market, error) != 0)
            return r3_error_at(error, "candle: ");
        book->holdings += market->value;
        if (check_range(r3_book_equity(book), error) != 0)
            return r3_error_at(error, "candle: ");
    }
    return 1;
}

/* The tracker's number out of SESSION-NUMBER-ROLE-ATTEMPT; `otherwise` for ids of another form. */
static int64_t position_number(const struct r3_trade *trade, int64_t otherwise) {
    const char *digit = trade->order, *session = trade->session;
    while (*session && *digit == *session) {
        session++;
        digit++;
    }
    if (*session || *digit != '-')
        return otherwise;
    int64_t number = 0;
    for (digit++; *digit >= '0' && *digit <= '9' && number < INT64_MAX / 100; digit++)
        number = number * 10 + (*digit - '0');
    return *digit == '-' && number > 0 ? number : otherwise;
}

/* Whether what is left of a position can never be sold: less than one increment or the market's minimum. */
static bool is_dust(const struct r3_book_market *market) {
    struct r3_decimal size;
    if (r3_decimal_is_zero(&market->size))
        return true;
    r3_decimal_absolute(&size, &market->size);
    return (r3_decimal_is_present(&market->base_increment) && r3_decimal_compare(&size, &market->base_increment) < 0) ||
           (r3_decimal_is_present(&market->minimum_size) && r3_decimal_compare(&size, &market->minimum_size) < 0);
}

static void begin_trip(struct r3_book *book, struct r3_book_market *market, const struct r3_trade *trade) {
    struct r3_round_trip *trip = &market->trip;
    book->positions++;
    trip->market = market->name;
    trip->side = trade->side == R3_BUY ? R3_LONG : R3_SHORT;
    trip->number = position_number(trade, (int64_t)book->positions);
    trip->entry_time = trade->time;
    trip->entry_open = market->time;
    trip->entry_bar = book->bar;
    /* Dust of the position before stays in. */
    r3_decimal_absolute(&trip->size, &market->size);
    trip->cost = market->dust_cost;
    trip->proceeds = trip->fees = r3_decimal_zero;
    market->open = true;
}

/* The part of the cost that `part` of the size has, rounded. */
static int share_cost(struct r3_decimal *out, const struct r3_decimal *cost, const struct r3_decimal *part,
                      const struct r3_decimal *size, struct r3_error *error) {
    struct r3_decimal product;
    return r3_decimal_multiply_round(&product, cost, part, R3_DECIMAL_SCALE_MAX, R3_ROUND_HALF_EVEN, error) != 0
               ? -1
               : r3_decimal_divide_round(out, &product, size, R3_LEDGER_SCALE, R3_ROUND_HALF_EVEN, error);
}

/* The position is finished; what dust remains keeps its part of the cost for the next one. */
static int close_trip(struct r3_book_market *market, struct r3_error *error) {
    struct r3_round_trip *trip = &market->trip;
    struct r3_decimal rest, rest_cost = r3_decimal_zero;
    if (!r3_decimal_is_zero(&market->size)) {
        r3_decimal_absolute(&rest, &market->size);
        if (share_cost(&rest_cost, &trip->cost, &rest, &trip->size, error) != 0 ||
            r3_decimal_subtract(&trip->size, &trip->size, &rest, error) != 0 ||
            r3_decimal_subtract(&trip->cost, &trip->cost, &rest_cost, error) != 0)
            return -1;
    }
    const struct r3_decimal *gain = trip->side == R3_LONG ? &trip->proceeds : &trip->cost;
    const struct r3_decimal *spent = trip->side == R3_LONG ? &trip->cost : &trip->proceeds;
    if (r3_decimal_sign(&trip->cost) <= 0)
        return r3_fail(error, R3_DATA, "trade: position %lld of %s cost nothing: it has no return",
                       (long long)trip->number, trip->market);
    if (r3_decimal_subtract(&trip->pnl, gain, spent, error) != 0 ||
        r3_decimal_subtract(&trip->pnl, &trip->pnl, &trip->fees, error) != 0 ||
        r3_decimal_divide_round(&trip->change, &trip->pnl, &trip->cost, R3_DECIMAL_SCALE_MAX, R3_ROUND_HALF_EVEN,
                                error) != 0)
        return -1;
    market->dust_cost = rest_cost;
    market->open = false;
    return 0;
}

/* Whether the fill sells what a position left as dust (buys it back, if short): no position of its own. */
static bool takes_dust(const struct r3_book_market *market, const struct r3_trade *trade,
                       const struct r3_decimal *size_after) {
    int before = r3_decimal_sign(&market->size), after = r3_decimal_sign(size_after);
    return !market->open && before == (trade->side == R3_BUY ? -1 : 1) && (after == 0 || after == before);
}

/* In its fewest digits: a size that comes from funds has eighteen decimals, most of them 0, and r3_book_candles is quick only where size and
 * close have no more than that together. */
static void set_size(struct r3_book_market *market, const struct r3_decimal *size) {
    market->size = *size;
    r3_decimal_normalize(&market->size);
}

/* What is left of the dust keeps its share of the cost. */
static int reduce_dust(struct r3_book_market *market, const struct r3_decimal *size_after, struct r3_error *error) {
    struct r3_decimal dust, rest;
    r3_decimal_absolute(&dust, &market->size);
    r3_decimal_absolute(&rest, size_after);
    if (share_cost(&market->dust_cost, &market->dust_cost, &rest, &dust, error) != 0)
        return -1;
    set_size(market, size_after);
    return 0;
}

/* Whether the fill would turn a long position short or the reverse. */
static bool turns_around(const struct r3_book_market *market, const struct r3_trade *trade,
                         const struct r3_decimal *size_after) {
    bool is_long = market->open ? market->trip.side == R3_LONG : trade->side == R3_BUY;
    int sign = r3_decimal_sign(size_after);
    return sign != 0 && (sign > 0) != is_long;
}

/* sum + more; mostly nothing is there yet, and what comes is the sum. */
static inline int add_first(struct r3_decimal *sum, const struct r3_decimal *more, struct r3_error *error) {
    if (sum->coefficient != 0 || sum->scale != 0 || !r3_decimal_is_present(more))
        return r3_decimal_add(sum, sum, more, error);
    *sum = *more;
    return 0;
}

/* Add the fill to the round trip of its market. 1: it closed it. */
static int follow_trip(struct r3_book *book, struct r3_book_market *market, const struct r3_trade *trade,
                       const struct r3_decimal *amount, const struct r3_decimal *size_after, struct r3_error *error) {
    if (takes_dust(market, trade, size_after))
        return reduce_dust(market, size_after, error);
    if (!market->open)
        begin_trip(book, market, trade);
    struct r3_round_trip *trip = &market->trip;
    bool enters = (trade->side == R3_BUY) == (trip->side == R3_LONG);
    if (add_first(&trip->fees, &trade->fee, error) != 0)
        return -1;
    set_size(market, size_after);
    if (enters)
        return add_first(&trip->size, &trade->size, error) != 0 || add_first(&trip->cost, amount, error) != 0 ? -1 : 0;
    if (add_first(&trip->proceeds, amount, error) != 0)
        return -1;
    if (!is_dust(market))
        return 0;
    trip->exit = trade->role;
    trip->exit_time = trade->time;
    trip->exit_open = market->time;
    trip->exit_bar = book->bar;
    return close_trip(market, error) != 0 ? -1 : 1;
}

/* Cash after the fill: less what was paid or plus what came in, less the fee. */
static int move_cash(struct r3_book *book, const struct r3_trade *trade, const struct r3_decimal *amount,
                     struct r3_error *error) {
    r3_int128 moved = 0, fee = 0;
    if (to_units(&moved, amount, error) != 0 || to_units(&fee, &trade->fee, error) != 0)
        return -1;
    book->cash += (trade->side == R3_BUY ? -moved : moved) - fee;
    return check_range(book->cash, error);
}

int r3_book_trade(struct r3_book *book, const struct r3_trade *trade, const struct r3_round_trip **trip,
                  struct r3_error *error) {
    struct r3_book_market *market = find(book, trade->market);
    if (!book->opened)
        return r3_fail(error, R3_DATA, "trade: %s comes before the first account", trade->id);
    if (!market || market->time == R3_TIME_ABSENT)
        return r3_fail(error, R3_DATA, "trade: %s comes before the first candle of %s", trade->id, trade->market);
    if (market->quote[0] && trade->fee_currency[0] && !r3_decimal_is_zero(&trade->fee) &&
        !r3_same_name(market->quote, trade->fee_currency))
        return r3_fail(error, R3_DATA, "trade: the fee of %s is in %s: only fees in %s can be accounted for", trade->id,
                       trade->fee_currency, market->quote);
    struct r3_decimal amount, size;
    if (r3_decimal_multiply_round(&amount, &trade->price, &trade->size, R3_LEDGER_SCALE, R3_ROUND_HALF_EVEN, error) !=
        0)
        return r3_error_at(error, "trade: ");
    int result = trade->side == R3_BUY ? r3_decimal_add(&size, &market->size, &trade->size, error)
                                       : r3_decimal_subtract(&size, &market->size, &trade->size, error);
    if (result == 0 && !takes_dust(market, trade, &size) && turns_around(market, trade, &size))
        return r3_fail(error, R3_DATA, "trade: %s turns the position of %s around: an exit closes no more than is held",
                       trade->id, trade->market);
    if (result != 0 || move_cash(book, trade, &amount, error) != 0)
        return r3_error_at(error, "trade: ");
    result = follow_trip(book, market, trade, &amount, &size, error);
    if (result < 0)
        return -1;
    *trip = &market->trip;
    book->filled = true;
    book->holdings -= market->value;
    if (set_value(market, error) != 0)
        return r3_error_at(error, "trade: ");
    book->holdings += market->value;
    return result;
}

/* value modulo 10^4, the unit of the ledger's last digit: by 64 bits at a time, which takes no call. */
static inline uint64_t below_ledger(r3_uint128 value) {
    const uint64_t step = 10000, word = UINT64_MAX % step + 1; /* word: 2^64 modulo step */
    return ((uint64_t)(value >> 64) % step * word + (uint64_t)value % step) % step;
}
_Static_assert(R3_EQUITY_SCALE - R3_LEDGER_SCALE == 4, "the step of below_ledger");

/* Scale 18 rounded half to even at the ledger's scale. */
static r3_int128 ledger_rounded(r3_int128 value) {
    const int64_t step = powers[R3_EQUITY_SCALE - R3_LEDGER_SCALE];
    if (value == 0)
        return 0;
    r3_uint128 magnitude = (r3_uint128)(value < 0 ? -value : value);
    int64_t rest = (int64_t)below_ledger(magnitude);
    if (rest == 0)
        return value;
    r3_int128 whole = (r3_int128)magnitude - rest;
    if (2 * rest > step || (2 * rest == step && (whole / step) % 2 != 0))
        whole += step;
    return value < 0 ? -whole : whole;
}

static int tell_difference(const struct r3_account *account, r3_int128 ours, struct r3_error *error) {
    char said[R3_DECIMAL_TEXT_SIZE], found[R3_DECIMAL_TEXT_SIZE], time[R3_TIME_TEXT_SIZE];
    struct r3_decimal mine = r3_book_decimal(ours);
    r3_decimal_format(said, &account->equity);
    r3_decimal_format(found, &mine);
    r3_time_format(time, account->time);
    return r3_fail(error, R3_DATA, "account: equity at %s is %s, but the trades and closes before it give %s", time,
                   said, found);
}

int r3_book_check(const struct r3_book *book, const struct r3_account *account, struct r3_error *error) {
    r3_int128 theirs = 0, ours = book->cash;
    for (size_t i = 0; i < book->count; i++)
        ours += book->markets[i].of_ledger ? book->markets[i].value : ledger_rounded(book->markets[i].value);
    if (to_units(&theirs, &account->equity, error) != 0)
        return r3_error_at(error, "account: ");
    if (theirs == ours)
        return 0;
    return tell_difference(account, ours, error);
}

bool r3_book_exposed(const struct r3_book *book) {
    if (book->filled)
        return true;
    for (size_t i = 0; i < book->count; i++)
        if (book->markets[i].open)
            return true;
    return false;
}

double r3_book_benchmark(const struct r3_book *book) {
    double total = 0;
    for (size_t i = 0; i < book->count; i++)
        total += book->markets[i].units * book->markets[i].price;
    return total;
}

struct r3_decimal r3_book_decimal(r3_int128 value) {
    struct r3_decimal decimal = R3_DECIMAL(value, R3_EQUITY_SCALE);
    r3_decimal_normalize(&decimal);
    return decimal;
}
