/* Candles and bars in rows (lib/trade/statistics_candles.c, r3_statistics_bars) against the same ones by one: each figure is the same to
 * the last bit. Random prices, timeframes, gaps, positions, fills and sizes of blocks and ranges. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/random.h"
#include "lib/trade/statistics.h"
#include "lib/trade/statistics_rows.h"
#include "tests/unit/check.h"

enum { CANDLES = 3000, ROUNDS = 400 };

static struct r3_random source;

static int64_t below(int64_t limit) {
    return (int64_t)r3_random_below(&source, (uint64_t)limit);
}

struct run {
    struct r3_book book;
    struct r3_statistics *statistics;
    struct r3_bars bars;
    bool in_rows;
    uint64_t rows, singles; /* candles that were taken so */
    struct r3_error error;
};

static int64_t times[CANDLES], closes[CANDLES];

static enum r3_timeframe make_candles(void) {
    static const enum r3_timeframe timeframes[] = { R3_1m, R3_15m, R3_1H, R3_4H, R3_1D, R3_1W };
    enum r3_timeframe timeframe = timeframes[below(6)];
    int64_t time = r3_timeframe_open(timeframe, INT64_C(1385337600000)), close = 1000 + below(1000000);
    bool has_gaps = below(3) == 0;
    for (size_t i = 0; i < CANDLES; i++) {
        times[i] = time;
        closes[i] = close;
        time = r3_timeframe_close(timeframe, time);
        for (int64_t gap = has_gaps && below(40) == 0 ? below(30) : 0; gap > 0; gap--)
            time = r3_timeframe_close(timeframe, time);
        close += below(close / 50 + 3) - close / 100 - 1;
        close = close < 10 ? 10 : close;
    }
    return timeframe;
}

static void begin(struct run *run, enum r3_timeframe timeframe, const struct r3_decimal *cash, bool in_rows) {
    *run = (struct run) { .book = R3_BOOK_INIT, .in_rows = in_rows };
    CHECK(r3_book_open(&run->book, cash, &run->error) == 0);
    run->statistics = r3_statistics_new(timeframe, run->book.start);
}

static void take_bars(struct run *run) {
    if (run->bars.count == 0)
        return;
    r3_book_follow(&run->book, &run->bars);
    r3_statistics_bars(run->statistics, &run->bars);
    run->bars.count = 0;
}

static void close_bar(struct run *run) {
    if (run->book.in_bar)
        r3_statistics_bar(run->statistics, run->book.bar_open, r3_book_equity(&run->book),
                          r3_book_benchmark(&run->book), r3_book_exposed(&run->book));
}

static void take_one(struct run *run, const struct r3_candles *candles, size_t index) {
    struct r3_record record;
    take_bars(run);
    r3_candles_record(candles, index, &record);
    if (r3_book_begins_bar(&run->book, &record.candle))
        close_bar(run);
    CHECK(r3_book_candle(&run->book, &record.candle, &run->error) == 1);
    run->singles++;
}

static void take_range(struct run *run, const struct r3_candles *candles, size_t from, size_t to) {
    while (from < to) {
        size_t taken = run->in_rows ? r3_bars_more(&run->bars, candles, from, to) : 0;
        if (run->in_rows && taken == 0) {
            take_bars(run);
            taken = r3_book_candles(&run->book, &run->bars, candles, from, to);
        }
        run->rows += taken;
        if (taken == 0)
            take_one(run, candles, from);
        from += taken ? taken : 1;
    }
    if (to == candles->count) {
        take_bars(run);
        r3_statistics_measure(run->statistics);
    }
}

static void take_trade(struct run *run, const struct r3_trade *trade) {
    const struct r3_round_trip *trip = NULL;
    take_bars(run);
    int closed = r3_book_trade(&run->book, trade, &trip, &run->error);
    CHECK(closed >= 0);
    if (closed > 0)
        r3_statistics_trade(run->statistics, trip);
}

/* The next fill: in, or out of what is held. */
static struct r3_trade make_trade(bool *held, bool *short_side, int64_t close) {
    struct r3_record record;
    struct r3_trade *trade = &record.trade;
    r3_record_init(&record, R3_TRADE);
    memcpy(trade->market, "BTC-USD", sizeof "BTC-USD");
    memcpy(trade->session, "main", sizeof "main");
    memcpy(trade->order, "main-1-ENTRY-1", sizeof "main-1-ENTRY-1");
    if (!*held)
        *short_side = below(3) == 0;
    trade->side = *held == *short_side ? R3_BUY : R3_SELL;
    trade->role = *held ? R3_EXIT : R3_ENTRY;
    trade->price = R3_DECIMAL(close * 100 + below(200), 4);
    trade->size = R3_DECIMAL(25, 2);
    trade->fee = R3_DECIMAL(below(5000), 6);
    *held = !*held;
    return *trade;
}

static bool is_same(struct run *a, struct run *b) {
    struct r3_figures x, y;
    r3_statistics_figures(a->statistics, &x);
    r3_statistics_figures(b->statistics, &y);
    bool same = x.month_count == y.month_count;
    for (size_t i = 0; same && i < x.month_count; i++)
        same = x.months[i].equity == y.months[i].equity && x.months[i].trades == y.months[i].trades &&
               memcmp(&x.months[i].change, &y.months[i].change, sizeof x.months[i].change) == 0;
    x.months = y.months = NULL;
    const double *const figures[][2] = {
        { &x.exposure_time, &y.exposure_time },
        { &x.total_return, &y.total_return },
        { &x.buy_and_hold_return, &y.buy_and_hold_return },
        { &x.annual_return, &y.annual_return },
        { &x.annual_volatility, &y.annual_volatility },
        { &x.sortino_ratio, &y.sortino_ratio },
        { &x.alpha, &y.alpha },
        { &x.beta, &y.beta },
        { &x.skewness, &y.skewness },
        { &x.kurtosis, &y.kurtosis },
        { &x.max_drawdown, &y.max_drawdown },
        { &x.average_drawdown, &y.average_drawdown },
        { &x.average_trade, &y.average_trade },
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        same = same && memcmp(figures[i][0], figures[i][1], sizeof(double)) == 0;
    return same && x.equity_final == y.equity_final && x.equity_peak == y.equity_peak && x.bars == y.bars &&
           x.start == y.start && x.end == y.end && x.returns == y.returns && x.trades == y.trades &&
           x.max_drawdown_duration == y.max_drawdown_duration &&
           x.average_drawdown_duration == y.average_drawdown_duration && a->book.cash == b->book.cash &&
           a->book.holdings == b->book.holdings && a->book.bar == b->book.bar;
}

static void end(struct run *run) {
    r3_statistics_free(run->statistics);
    r3_book_release(&run->book);
}

static void check_runs(void) {
    uint64_t rows = 0, singles = 0;
    int differences = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct run one, other;
        const struct r3_decimal cash = R3_DECIMAL(1 + below(100000000000), 2);
        const int64_t between = 1 + below(80);
        bool held = false, short_side = false;
        enum r3_timeframe timeframe = make_candles();
        begin(&one, timeframe, &cash, false);
        begin(&other, timeframe, &cash, true);
        for (size_t at = 0, count; at < CANDLES; at += count) {
            count = (size_t)(1 + below(1000));
            count = at + count < CANDLES ? count : CANDLES - at;
            struct r3_candles block = { .market = "BTC-USD",
                                        .timeframe = timeframe,
                                        .price_scale = 2,
                                        .count = count,
                                        .time = times + at,
                                        .open = closes + at,
                                        .high = closes + at,
                                        .low = closes + at,
                                        .close = closes + at,
                                        .volume = closes + at };
            for (size_t from = 0, to; from < count; from = to) {
                to = from + (size_t)(1 + below(between));
                to = to < count ? to : count;
                take_range(&one, &block, from, to);
                take_range(&other, &block, from, to);
                if (below(3) == 0)
                    continue;
                struct r3_trade trade = make_trade(&held, &short_side, closes[at + to - 1]);
                take_trade(&one, &trade);
                take_trade(&other, &trade);
            }
        }
        close_bar(&one);
        close_bar(&other);
        differences += !is_same(&one, &other);
        rows += other.rows;
        singles += other.singles;
        end(&one);
        end(&other);
    }
    CHECK_INT(differences, 0);
    CHECK(rows > singles);
}

/* Candles that are taken one by one while a position is held: few, whatever the scale at which its size is told. What is bought for funds has
 * a size with eighteen decimals, the last of them 0. What the values need more decimals for than there are is taken one by one. */
static void check_scale(struct r3_decimal size, bool in_rows) {
    const struct r3_decimal cash = R3_DECIMAL(100000000, 2);
    struct r3_candles block = { .market = "BTC-USD", .price_scale = 2, .count = CANDLES };
    bool held = false, short_side = false;
    struct run run;
    block.timeframe = make_candles();
    while (block.timeframe == R3_1W) /* never in rows */
        block.timeframe = make_candles();
    for (size_t i = 1; i < CANDLES; i++) /* without gaps */
        times[i] = r3_timeframe_close(block.timeframe, times[i - 1]);
    block.time = times;
    block.open = block.high = block.low = block.close = block.volume = closes;
    begin(&run, block.timeframe, &cash, true);
    take_range(&run, &block, 0, 1);
    for (size_t at = 1; at < CANDLES; at += 100) { /* held for 100, and not for 100 */
        struct r3_trade trade = make_trade(&held, &short_side, closes[at - 1]);
        trade.size = size;
        take_trade(&run, &trade);
        take_range(&run, &block, at, at + 100 < CANDLES ? at + 100 : CANDLES);
    }
    CHECK_INT(run.rows + run.singles, CANDLES);
    CHECK(in_rows ? run.singles < 10 : run.singles > CANDLES / 3);
    end(&run);
}

static void check_scales(void) {
    check_scale(R3_DECIMAL(25, 2), true);
    check_scale(R3_DECIMAL(INT64_C(498481100000000000), 18), true);
    check_scale(R3_DECIMAL((r3_int128)INT64_C(123456789) * 100000000000000000, 18), true);
    check_scale(R3_DECIMAL(INT64_C(498481100000000001), 18), false);
    check_scale(R3_DECIMAL(INT64_C(4984811000000001), 16), true);
    check_scale(R3_DECIMAL(INT64_C(49848110000000001), 17), false);
}

/* Two numbers at a time and four give the same. */
static void check_widths(void) {
    const struct r3_rows *const widths[] = { &r3_rows_plain, r3_rows() };
    double values[2][300], benchmarks[2][300];
    int differences = 0;
    for (int round = 0; round < ROUNDS; round++) {
        make_candles();
        const int cut = (int)below(30);
        const struct r3_bars bars = { .count = (size_t)(1 + below(R3_BARS_MAX)),
                                      .time = times,
                                      .close = closes,
                                      .rest = (r3_int128)below(INT64_C(1) << 40) * 1000003,
                                      .unit = below(INT64_C(1) << 30),
                                      .power = 100,
                                      .units = 1 / (1 + (double)below(1000)),
                                      .others = (double)below(3) };
        const struct r3_candles candles = { .count = CANDLES, .time = times, .close = closes };
        const size_t from = (size_t)(1 + below(CANDLES - 1)), to = from + (size_t)below((int64_t)(CANDLES - from) + 1);
        size_t usual[2], between[2];
        uint64_t digits[2];
        for (int k = 0; k < 2; k++) {
            widths[k]->benchmarks(benchmarks[k], &bars);
            widths[k]->equities(values[k], &bars, cut);
            usual[k] = widths[k]->usual(&digits[k], &candles, times[1] - times[0], from, to);
            between[k] = widths[k]->between(values[0], 0, bars.count, values[0][0] * 0.9, values[0][0] * 1.1);
        }
        differences += memcmp(values[0], values[1], bars.count * sizeof(double)) != 0 ||
                       memcmp(benchmarks[0], benchmarks[1], bars.count * sizeof(double)) != 0 || usual[0] != usual[1] ||
                       digits[0] != digits[1] || between[0] != between[1];
    }
    CHECK_INT(differences, 0);
}

int main(int argc, char **argv) {
    r3_random_seed(&source, argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
    check_runs();
    check_scales();
    check_widths();
    return check_done();
}
