/* lib/trade/statistics*.c against backtesting.py (tests/vectors/statistics.txt, made by statistics_vectors.py), and by hand. */
#include <math.h>

#include "lib/base/buffer.h"
#include "lib/base/time.h"
#include "lib/trade/statistics.h"
#include "tests/unit/check.h"

enum { LINE = 512 };

struct run {
    struct r3_book book;
    struct r3_statistics *statistics;
    struct r3_figures figures;
    struct r3_decimal fees;
    struct r3_error error;
};

static struct r3_decimal decimal(const char *text) {
    struct r3_decimal value;
    struct r3_error error = { 0 };
    CHECK(r3_decimal_parse(&value, text, strlen(text), &error) == 0);
    return value;
}

static struct r3_candle candle_of(const char *market, enum r3_timeframe timeframe, int64_t time, const char *close) {
    struct r3_record record;
    r3_record_init(&record, R3_CANDLE);
    struct r3_candle *candle = &record.candle;
    CHECK(r3_copy_text(candle->market, sizeof candle->market, market, strlen(market)) == 0);
    candle->timeframe = timeframe;
    candle->time = time;
    candle->open = candle->high = candle->low = candle->close = decimal(close);
    candle->volume = r3_decimal_zero;
    return *candle;
}

static struct r3_trade fill_of(const char *order, const char *market, int64_t time, enum r3_side side,
                               enum r3_role role, const char *price, const char *size, const char *fee) {
    struct r3_record record;
    r3_record_init(&record, R3_TRADE);
    struct r3_trade *trade = &record.trade;
    CHECK(r3_copy_text(trade->id, sizeof trade->id, order, strlen(order)) == 0);
    CHECK(r3_copy_text(trade->order, sizeof trade->order, order, strlen(order)) == 0);
    CHECK(r3_copy_text(trade->session, sizeof trade->session, "main", 4) == 0);
    CHECK(r3_copy_text(trade->market, sizeof trade->market, market, strlen(market)) == 0);
    CHECK(r3_copy_text(trade->fee_currency, sizeof trade->fee_currency, "USD", 3) == 0);
    trade->time = time;
    trade->side = side;
    trade->role = role;
    trade->price = decimal(price);
    trade->size = decimal(size);
    trade->fee = decimal(fee);
    return *trade;
}

static void begin(struct run *run, const char *cash) {
    *run = (struct run) { .book = R3_BOOK_INIT, .fees = r3_decimal_zero };
    struct r3_decimal equity = decimal(cash);
    CHECK(r3_book_open(&run->book, &equity, &run->error) == 0);
}

static void close_bar(struct run *run) {
    if (run->book.in_bar)
        r3_statistics_bar(run->statistics, run->book.bar_open, r3_book_equity(&run->book),
                          r3_book_benchmark(&run->book), r3_book_exposed(&run->book));
}

static int take_candle(struct run *run, const struct r3_candle *candle) {
    if (!run->statistics)
        run->statistics = r3_statistics_new(candle->timeframe, run->book.start);
    if (r3_book_begins_bar(&run->book, candle))
        close_bar(run);
    return r3_book_candle(&run->book, candle, &run->error);
}

static int take_fill(struct run *run, const struct r3_trade *trade) {
    const struct r3_round_trip *trip = NULL;
    int closed = r3_book_trade(&run->book, trade, &trip, &run->error);
    if (closed >= 0)
        CHECK(r3_decimal_add(&run->fees, &run->fees, &trade->fee, &run->error) == 0);
    if (closed == 1)
        r3_statistics_trade(run->statistics, trip);
    return closed;
}

static void finish(struct run *run) {
    close_bar(run);
    r3_statistics_figures(run->statistics, &run->figures);
}

static void end(struct run *run) {
    r3_statistics_free(run->statistics);
    r3_book_release(&run->book);
}

/* --- The vectors ------------------------------------------------------------------------------------------------------- */

static double figure(const struct run *run, const char *name) {
    const struct r3_figures *figures = &run->figures;
    const struct {
        const char *name;
        double value;
    } table[] = {
        { "exposure_time", figures->exposure_time },
        { "return", figures->total_return },
        { "buy_and_hold_return", figures->buy_and_hold_return },
        { "return_ann", figures->annual_return },
        { "volatility_ann", figures->annual_volatility },
        { "cagr", figures->cagr },
        { "alpha", figures->alpha },
        { "max_drawdown", figures->max_drawdown },
        { "avg_drawdown", figures->average_drawdown },
        { "win_rate", figures->win_rate },
        { "best_trade", figures->best_trade },
        { "worst_trade", figures->worst_trade },
        { "avg_trade", figures->average_trade },
        { "expectancy", figures->expectancy },
        { "equity_final", r3_book_double(figures->equity_final) },
        { "equity_peak", r3_book_double(figures->equity_peak) },
        { "commissions", r3_decimal_to_double(&run->fees) },
        { "sharpe_ratio", figures->sharpe_ratio },
        { "sortino_ratio", figures->sortino_ratio },
        { "calmar_ratio", figures->calmar_ratio },
        { "beta", figures->beta },
        { "trades", (double)figures->trades },
        { "profit_factor", figures->profit_factor },
        { "sqn", figures->sqn },
        { "kelly_criterion", figures->kelly_criterion },
        { "duration", (double)figures->duration },
        { "max_drawdown_duration", (double)figures->max_drawdown_duration },
        { "avg_drawdown_duration", (double)figures->average_drawdown_duration },
        { "max_trade_duration", (double)figures->max_trade_duration },
        { "avg_trade_duration", (double)figures->average_trade_duration },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0)
            return table[i].value;
    fprintf(stderr, "no figure %s\n", name);
    CHECK(0);
    return 0;
}

static void check_figure(const struct run *run, const char *name, const char *want) {
    double got = figure(run, name);
    if (strcmp(want, "-") == 0) {
        CHECK(!isfinite(got) || got == -1);
        return;
    }
    double wanted = strtod(want, NULL);
    if (!(fabs(got - wanted) <= 1e-9 * fmax(fabs(wanted), 1e-3)))
        fprintf(stderr, "%s: got %.17g, want %.17g\n", name, got, wanted);
    CHECK(fabs(got - wanted) <= 1e-9 * fmax(fabs(wanted), 1e-3));
}

/* The candles of a run, with the fills that fall into each. */
static void replay(struct run *run, const char *csv, char fills[][LINE], size_t fill_count) {
    char path[256], line[LINE];
    enum r3_timeframe timeframe = strstr(csv, "_1H") ? R3_1H : strstr(csv, "_5m") ? R3_5m : R3_1m;
    snprintf(path, sizeof path, "tests/data/%s", csv);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    if (!file || !fgets(line, sizeof line, file))
        return;
    size_t fill = 0, order = 0;
    for (size_t bar = 0; fgets(line, sizeof line, file); bar++) {
        long long seconds;
        char close[64], id[48];
        CHECK(sscanf(line, "%lld,%*[^,],%*[^,],%*[^,],%63[^,]", &seconds, close) == 2);
        struct r3_candle candle = candle_of("BTC-USD", timeframe, seconds * R3_SECOND, close);
        CHECK(take_candle(run, &candle) == 1);
        for (; fill < fill_count; fill++) {
            unsigned long long at;
            char side[8], role[8], price[64], size[64], fee[64];
            CHECK(sscanf(fills[fill], "fill %llu %7s %7s %63s %63s %63s", &at, side, role, price, size, fee) == 6);
            if (at != bar)
                break;
            enum r3_role what = strcmp(role, "ENTRY") == 0 ? R3_ENTRY
                                : strcmp(role, "SL") == 0  ? R3_SL
                                : strcmp(role, "TP") == 0  ? R3_TP
                                                           : R3_EXIT;
            order += what == R3_ENTRY;
            snprintf(id, sizeof id, "main-%zu-%s-1", order, role);
            struct r3_trade trade =
                fill_of(id, "BTC-USD", candle.time, side[0] == 'B' ? R3_BUY : R3_SELL, what, price, size, fee);
            CHECK_INT(take_fill(run, &trade), what != R3_ENTRY);
        }
    }
    CHECK_INT(fill, fill_count);
    fclose(file);
}

static void check_vectors(void) {
    static char fills[1024][LINE];
    char line[LINE], name[64] = "", csv[64] = "", cash[32] = "", member[64], value[64];
    size_t fill_count = 0, runs = 0;
    struct run run;
    bool played = false;
    FILE *file = fopen("tests/vectors/statistics.txt", "r");
    CHECK(file != NULL);
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "run ", 4) == 0) {
            if (played)
                end(&run);
            CHECK(sscanf(line, "run %63s %63s %31s", name, csv, cash) == 3);
            fill_count = 0;
            played = false;
            runs++;
        } else if (strncmp(line, "fill ", 5) == 0) {
            memcpy(fills[fill_count++], line, sizeof line);
        } else if (strncmp(line, "want ", 5) == 0) {
            if (!played) {
                begin(&run, cash);
                replay(&run, csv, fills, fill_count);
                finish(&run);
                played = true;
            }
            CHECK(sscanf(line, "want %63s %63s", member, value) == 2);
            int failed = check_failed;
            check_figure(&run, member, value);
            if (check_failed != failed)
                fprintf(stderr, "    in run %s\n", name);
        }
    }
    if (played)
        end(&run);
    if (file)
        fclose(file);
    CHECK(runs >= 5);
}

/* --- By hand ------------------------------------------------------------------------------------------------------------ */

static const int64_t day = R3_DAY;

static void candles_at(struct run *run, int64_t *time, const char *const *closes, size_t count) {
    for (size_t i = 0; i < count; i++, *time += day) {
        struct r3_candle candle = candle_of("BTC-USD", R3_1D, *time, closes[i]);
        CHECK(take_candle(run, &candle) == 1);
    }
}

static void fill(struct run *run, int64_t time, const char *order, enum r3_side side, enum r3_role role,
                 const char *price, const char *size, const char *fee, int want) {
    struct r3_trade trade = fill_of(order, "BTC-USD", time, side, role, price, size, fee);
    CHECK_INT(take_fill(run, &trade), want);
}

/* Nothing happens: what has no value is undefined, never 0 or NaN in disguise. */
static void check_idle(void) {
    struct run run;
    int64_t time = 0;
    begin(&run, "100");
    candles_at(&run, &time, (const char *const[]) { "10", "11", "12" }, 3);
    finish(&run);
    CHECK_INT(run.figures.trades, 0);
    CHECK(run.figures.exposure_time == 0);
    CHECK(run.figures.total_return == 0);
    CHECK(fabs(run.figures.buy_and_hold_return - 0.2) < 1e-15);
    CHECK(run.figures.max_drawdown == 0 && !signbit(run.figures.max_drawdown));
    CHECK(isnan(run.figures.average_drawdown));
    CHECK_INT(run.figures.max_drawdown_duration, -1);
    CHECK(isnan(run.figures.sharpe_ratio));
    CHECK(isnan(run.figures.win_rate));
    CHECK(isnan(run.figures.kelly_criterion));
    CHECK(isnan(run.figures.profit_factor));
    CHECK_INT(run.figures.max_trade_duration, -1);
    CHECK(run.figures.beta == 0);
    end(&run);
}

/* One candle, and no candle: no division by zero. */
static void check_short(void) {
    struct run run;
    int64_t time = 0;
    begin(&run, "100");
    candles_at(&run, &time, (const char *const[]) { "10" }, 1);
    finish(&run);
    CHECK_INT(run.figures.bars, 1);
    CHECK_INT(run.figures.duration, 0);
    CHECK(isnan(run.figures.cagr));
    CHECK(isnan(run.figures.beta));
    CHECK(isnan(run.figures.annual_return));
    end(&run);
    struct r3_statistics *statistics = r3_statistics_new(R3_1H, 5);
    struct r3_figures figures;
    r3_statistics_figures(statistics, &figures);
    CHECK_INT(figures.bars, 0);
    CHECK(isnan(figures.total_return));
    r3_statistics_free(statistics);
}

/* Partial fills are one trade; a long, then a short; fees; drawdown and its length; a losing run. */
static void check_by_hand(void) {
    struct run run;
    int64_t time = 0;
    begin(&run, "1000");
    candles_at(&run, &time, (const char *const[]) { "10", "10" }, 2);
    fill(&run, day, "main-1-ENTRY-1", R3_BUY, R3_ENTRY, "10", "4", "1", 0);
    fill(&run, day, "main-1-ENTRY-1", R3_BUY, R3_ENTRY, "11", "6", "1", 0); /* cost 106 */
    candles_at(&run, &time, (const char *const[]) { "12", "9" }, 2);        /* 1000-108+120 = 1012; 982 */
    fill(&run, 3 * day, "main-1-TP-1", R3_SELL, R3_TP, "12", "5", "0.5", 0);
    candles_at(&run, &time, (const char *const[]) { "8" }, 1);
    fill(&run, 4 * day, "main-1-SL-1", R3_SELL, R3_SL, "8", "5", "0.5", 1); /* 100 - 106 - 3 = -9 */
    fill(&run, 4 * day, "main-2-ENTRY-1", R3_SELL, R3_ENTRY, "8", "10", "0", 0);
    candles_at(&run, &time, (const char *const[]) { "10" }, 1); /* short 10 at 8: -20 */
    fill(&run, 5 * day, "main-2-EXIT-1", R3_BUY, R3_EXIT, "10", "10", "0", 1);
    finish(&run);
    const struct r3_figures *figures = &run.figures;
    CHECK(figures->equity_final == (r3_int128)971 * 1000000000000000000);
    CHECK(figures->equity_peak == (r3_int128)1012 * 1000000000000000000);
    CHECK_INT(figures->trades, 2);
    CHECK_INT(figures->wins, 0);
    CHECK_INT(figures->losses, 2);
    CHECK_INT(figures->longest_losing_run, 2);
    CHECK_INT(figures->exits[R3_SL], 1);
    CHECK_INT(figures->exits[R3_EXIT], 1);
    CHECK_INT(figures->exits[R3_TP], 0);
    CHECK(fabs(figures->best_trade - -9.0 / 106) < 1e-15);
    CHECK(fabs(figures->worst_trade - -20.0 / 80) < 1e-15);
    CHECK(fabs(figures->max_drawdown - -(1 - 971.0 / 1012)) < 1e-15);
    CHECK_INT(figures->max_drawdown_duration, 3 * day);
    CHECK_INT(figures->max_trade_duration, 3 * day);
    CHECK(fabs(figures->exposure_time - 5.0 / 6) < 1e-15);
    CHECK(figures->profit_factor == 0);
    CHECK_INT(figures->month_count, 1);
    CHECK_INT(figures->months[0].trades, 2);
    end(&run);
}

/* The rest that is too small to sell stays, is part of the next position, and keeps no trade open. */
static void check_dust(void) {
    struct run run;
    struct r3_record record;
    int64_t time = 0;
    begin(&run, "1000");
    r3_record_init(&record, R3_INSTRUMENT);
    CHECK(r3_copy_text(record.instrument.market, sizeof record.instrument.market, "BTC-USD", 7) == 0);
    CHECK(r3_copy_text(record.instrument.quote, sizeof record.instrument.quote, "USD", 3) == 0);
    record.instrument.base_increment = decimal("0.01");
    record.instrument.minimum_size = decimal("1");
    r3_book_instrument(&run.book, &record.instrument);
    candles_at(&run, &time, (const char *const[]) { "10" }, 1);
    fill(&run, 0, "main-1-ENTRY-1", R3_BUY, R3_ENTRY, "10", "5", "0", 0);
    fill(&run, 0, "main-1-EXIT-1", R3_SELL, R3_EXIT, "11", "4.5", "0", 1); /* 49.5 - 45 */
    CHECK(r3_book_equity(&run.book) == ((r3_int128)10045 * 100000000000000000));
    candles_at(&run, &time, (const char *const[]) { "10", "10" }, 2);
    fill(&run, 2 * day, "main-2-ENTRY-1", R3_BUY, R3_ENTRY, "10", "5", "0", 0);
    fill(&run, 2 * day, "main-2-EXIT-1", R3_SELL, R3_EXIT, "12", "5.5", "0", 1); /* 66 - 55 */
    finish(&run);
    CHECK_INT(run.figures.trades, 2);
    CHECK(fabs(run.figures.best_trade - 0.2) < 1e-15);
    CHECK(fabs(run.figures.worst_trade - 0.1) < 1e-15);
    CHECK(fabs(run.figures.exposure_time - 2.0 / 3) < 1e-15);
    CHECK(run.figures.equity_final == (r3_int128)10155 * 100000000000000000);
    end(&run);
}

/* Dust that is sold, in parts, is no position, and one of the other side begins with nothing of it. */
static void check_dust_sold(void) {
    struct run run;
    struct r3_record record;
    int64_t time = 0;
    begin(&run, "1000");
    r3_record_init(&record, R3_INSTRUMENT);
    CHECK(r3_copy_text(record.instrument.market, sizeof record.instrument.market, "BTC-USD", 7) == 0);
    record.instrument.base_increment = decimal("0.01");
    record.instrument.minimum_size = decimal("1");
    r3_book_instrument(&run.book, &record.instrument);
    candles_at(&run, &time, (const char *const[]) { "10" }, 1);
    fill(&run, 0, "main-1-ENTRY-1", R3_BUY, R3_ENTRY, "10", "5", "0", 0);
    fill(&run, 0, "main-1-EXIT-1", R3_SELL, R3_EXIT, "11", "4.5", "0", 1);
    fill(&run, 0, "main-1-SL-1", R3_SELL, R3_SL, "8", "0.2", "0", 0);       /* 1.6 - 2 */
    fill(&run, 0, "main-2-ENTRY-1", R3_SELL, R3_EXIT, "12", "0.3", "0", 0); /* 3.6 - 3 */
    fill(&run, 0, "main-2-ENTRY-1", R3_SELL, R3_ENTRY, "12", "2", "0", 0);
    fill(&run, 0, "main-2-EXIT-1", R3_BUY, R3_EXIT, "9", "2", "0", 1); /* 24 - 18 */
    finish(&run);
    CHECK_INT(run.figures.trades, 2);
    CHECK(fabs(run.figures.best_trade - 0.25) < 1e-15); /* of 24: nothing of the dust is in it */
    CHECK(run.figures.equity_final == ((r3_int128)10107 * 100000000000000000));
    end(&run);
}

/* What cannot be right is refused, and the account is checked to the last digit. */
static void check_refusals(void) {
    struct run run;
    int64_t time = 0;
    begin(&run, "1000");
    fill(&run, 0, "main-1-ENTRY-1", R3_BUY, R3_ENTRY, "10", "5", "0", -1);
    CHECK_TEXT(run.error.text, "trade: main-1-ENTRY-1 comes before the first candle of BTC-USD");
    candles_at(&run, &time, (const char *const[]) { "10", "10" }, 2);
    fill(&run, day, "main-1-ENTRY-1", R3_BUY, R3_ENTRY, "10", "5", "0.00000000000001", 0);
    fill(&run, day, "main-1-EXIT-1", R3_SELL, R3_EXIT, "10", "6", "0", -1);
    CHECK_INT(run.error.status, R3_DATA);
    struct r3_candle candle = candle_of("BTC-USD", R3_1D, day, "10");
    CHECK_INT(take_candle(&run, &candle), -1);
    CHECK_TEXT(run.error.text,
               "candle: BTC-USD of 1970-01-02T00:00:00Z comes after 1970-01-02T00:00:00Z: time goes back");
    struct r3_record record;
    r3_record_init(&record, R3_ACCOUNT);
    record.account.time = 2 * day;
    record.account.equity = decimal("999.99999999999999");
    CHECK_INT(r3_book_check(&run.book, &record.account, &run.error), 0);
    record.account.equity = decimal("1000");
    CHECK_INT(r3_book_check(&run.book, &record.account, &run.error), -1);
    CHECK_TEXT(
        run.error.text,
        "account: equity at 1970-01-03T00:00:00Z is 1000, but the trades and closes before it give 999.99999999999999");
    candle = candle_of("BTC-USD", R3_1D, 2 * day, "9999999999999999");
    CHECK_INT(take_candle(&run, &candle), -1);
    CHECK_INT(run.error.status, R3_DATA);
    end(&run);
}

/* Several markets and timeframes: candles that close together are one bar, the finest timeframe counts, the benchmark holds the
 * same amount of each. */
static void check_markets(void) {
    struct run run;
    begin(&run, "1000");
    struct r3_candle a = candle_of("BTC-USD", R3_1H, 0, "100"), b = candle_of("ETH-USD", R3_1H, 0, "10");
    CHECK_INT(take_candle(&run, &a), 1);
    CHECK_INT(take_candle(&run, &b), 1);
    CHECK(fabs(r3_book_benchmark(&run.book) - 1) < 1e-15);
    CHECK_INT(run.book.bar, 0);
    struct r3_candle coarse = candle_of("BTC-USD", R3_4H, 0, "500");
    CHECK(!r3_book_begins_bar(&run.book, &coarse));
    CHECK_INT(take_candle(&run, &coarse), 0);
    a = candle_of("BTC-USD", R3_1H, R3_HOUR, "150");
    b = candle_of("ETH-USD", R3_1H, R3_HOUR, "10");
    CHECK(r3_book_begins_bar(&run.book, &a));
    CHECK_INT(take_candle(&run, &a), 1);
    CHECK(!r3_book_begins_bar(&run.book, &b));
    CHECK_INT(take_candle(&run, &b), 1);
    CHECK(fabs(r3_book_benchmark(&run.book) - 1.25) < 1e-15);
    coarse = candle_of("BTC-USD", R3_4H, 4 * R3_HOUR, "200"); /* of a gap of the finer ones */
    CHECK(r3_book_begins_bar(&run.book, &coarse));
    CHECK_INT(take_candle(&run, &coarse), 1);
    a = candle_of("BTC-USD", R3_1H, 8 * R3_HOUR, "150");
    CHECK_INT(take_candle(&run, &a), 1);
    finish(&run);
    CHECK_INT(run.figures.bars, 4);
    CHECK(fabs(run.figures.buy_and_hold_return - 0.25) < 1e-15);
    end(&run);
}

/* Months and years: each against the one before. */
static void check_months(void) {
    struct run run;
    struct r3_error error = { 0 };
    int64_t january = r3_time_from_civil(2020, 1, 30);
    begin(&run, "100");
    candles_at(&run, &january, (const char *const[]) { "10", "20" }, 2);
    fill(&run, january - day, "main-1-ENTRY-1", R3_BUY, R3_ENTRY, "10", "10", "0", 0); /* 200 at the close */
    candles_at(&run, &january, (const char *const[]) { "30", "15" }, 2);               /* February: 150 */
    fill(&run, january - day, "main-1-EXIT-1", R3_SELL, R3_EXIT, "15", "10", "0", 1);
    finish(&run);
    CHECK_INT(error.status, 0);
    CHECK_INT(run.figures.month_count, 2);
    CHECK_INT(run.figures.months[0].year * 100 + run.figures.months[0].month, 202001);
    CHECK(fabs(run.figures.months[0].change - 1) < 1e-15);
    CHECK_INT(run.figures.months[0].trades, 0);
    CHECK(fabs(run.figures.months[1].change - -0.25) < 1e-15);
    CHECK_INT(run.figures.months[1].trades, 1);
    end(&run);
}

int main(void) {
    check_vectors();
    check_idle();
    check_short();
    check_by_hand();
    check_dust();
    check_dust_sold();
    check_refusals();
    check_markets();
    check_months();
    return check_done();
}
