/* r3-report: the end of a pipe. It follows one session through the whole stream, checks every account against its own
 * bookkeeping, and tells at the end how it went. Formulas: lib/trade/statistics.c and r3-report(1). */
#include "lib/stage/report.h"

#include <inttypes.h>
#include <unistd.h>

#include "lib/base/output_file.h"
#include "lib/base/time.h"
#include "lib/json/json.h"
#include "lib/stage/stage.h"

enum { SESSIONS_NAMED = 16, PRICE_SCALE = 14 };

static const struct r3_option report_options[] = {
    { .name = "json", .kind = R3_OPTION_FLAG, .help = "one JSON object in place of the table" },
    { .name = "trades", .kind = R3_OPTION_TEXT, .argument = "FILE", .help = "write closed positions as CSV" },
    { .name = "equity", .kind = R3_OPTION_TEXT, .argument = "FILE", .help = "write equity at each candle as CSV" },
    { .name = "plot", .kind = R3_OPTION_TEXT, .argument = "FILE", .help = "draw the run as .svg or .png (gnuplot)" },
    { .name = "session", .kind = R3_OPTION_TEXT, .argument = "NAME", .help = "the session, where there are several" },
    { .name = "from", .kind = R3_OPTION_TIME, .argument = "TIME", .help = "leave out candles that open before it" },
    { .name = NULL },
};

struct report {
    struct r3_port *port;
    const char *wanted; /* --session; NULL */
    bool json;
    int64_t from; /* candles that open before it do not count; R3_TIME_ABSENT: none */
    struct r3_book book;
    struct r3_statistics *statistics; /* NULL before the first candle */
    enum r3_timeframe timeframe;
    char session[R3_SESSION_SIZE], currency[R3_CURRENCY_SIZE];
    uint64_t session_words[2], session_bits[2];     /* the first 16 bytes of session, and which of their bits count */
    char sessions[SESSIONS_NAMED][R3_SESSION_SIZE]; /* seen in the stream */
    size_t session_count;
    struct r3_decimal commissions;
    uint64_t rejected, unfilled, warnings;
    char first_rejection[R3_TEXT_SIZE], first_unfilled[R3_TEXT_SIZE];
    uint64_t signals, raworders, orders; /* to enter; asked for; given a size */
    struct r3_candle candle;             /* the last one that counted; market "" before */
    struct r3_output_file trades, equity;
    struct r3_buffer row;
    struct r3_report_plot *plot;
    struct r3_bars bars; /* closed ones that the statistics have not seen yet, of a block that goes on */
};

static int open_files(struct report *report, const struct r3_arguments *arguments, struct r3_error *error) {
    static const char trades_head[] =
        "position,session,market,side,entry_time,exit_time,entry_price,exit_price,size,pnl,"
        "return,fees,exit,duration,entry_bar,exit_bar\n";
    static const char equity_head[] = "time,equity,drawdown,close,benchmark\n";
    const char *trades = r3_arguments_text(arguments, "trades"), *equity = r3_arguments_text(arguments, "equity");
    const char *plot = r3_arguments_text(arguments, "plot");
    const char *const names[] = { trades, equity, plot };
    for (size_t i = 1; i < 3; i++)
        for (size_t k = 0; k < i; k++)
            if (names[i] && names[k] && strcmp(names[i], names[k]) == 0)
                return r3_fail(error, R3_USAGE, "%s: two options name this file", names[i]);
    if (trades && (r3_output_file_open(&report->trades, trades, error) != 0 ||
                   r3_writer_put(&report->trades.writer, trades_head, sizeof trades_head - 1, error) != 0))
        return -1;
    if (equity && (r3_output_file_open(&report->equity, equity, error) != 0 ||
                   r3_writer_put(&report->equity.writer, equity_head, sizeof equity_head - 1, error) != 0))
        return -1;
    return plot ? r3_report_plot_new(&report->plot, plot, error) : 0;
}

static void report_free(void *state) {
    struct report *report = state;
    if (!report)
        return;
    r3_output_file_abandon(&report->trades);
    r3_output_file_abandon(&report->equity);
    r3_report_plot_free(report->plot);
    r3_statistics_free(report->statistics);
    r3_book_release(&report->book);
    r3_buffer_release(&report->row);
    free(report);
}

static int report_init(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                       struct r3_error *error) {
    if (r3_arguments_operands(arguments) > 0)
        return r3_fail(error, R3_USAGE, "%s: r3-report reads standard input alone", r3_arguments_operand(arguments, 0));
    struct report *report = r3_allocate(sizeof *report);
    report->port = port;
    report->wanted = r3_arguments_text(arguments, "session");
    report->json = r3_arguments_given(arguments, "json");
    report->from =
        r3_arguments_given(arguments, "from") ? r3_arguments_get(arguments, "from", 0)->integer : R3_TIME_ABSENT;
    report->book = (struct r3_book)R3_BOOK_INIT;
    report->commissions = r3_decimal_zero;
    report->trades = report->equity = (struct r3_output_file)R3_OUTPUT_FILE_INIT;
    if (open_files(report, arguments, error) != 0) {
        report_free(report);
        return -1;
    }
    *state = report;
    return 0;
}

/* Before a session is known no name is the same as it. */
static void set_session(struct report *report, const char *name) {
    size_t length = strlen(name);
    char bits[sizeof report->session_bits] = { 0 };
    memset(report->session, 0, sizeof report->session);
    memcpy(report->session, name, length);
    memset(bits, 0xff, length < sizeof bits ? length + 1 : sizeof bits);
    memcpy(report->session_bits, bits, sizeof bits);
    memcpy(report->session_words, report->session, sizeof report->session_words);
}

/* A session that is not ours, or the first one that is seen, which is taken where none was asked for. */
__attribute__((noinline, cold)) static bool note_session(struct report *report, const char *name) {
    size_t i = 0;
    while (i < report->session_count && strcmp(report->sessions[i], name) != 0)
        i++;
    if (i == report->session_count && i < SESSIONS_NAMED)
        memcpy(report->sessions[report->session_count++], name, strlen(name) + 1);
    if (report->session[0] || (report->wanted && strcmp(report->wanted, name) != 0))
        return false;
    set_session(report, name);
    return true;
}

/* Whether a record of session `name` is for this report. Six records of a decision ask, so two words tell: a name of 16 letters, or a
 * shorter one with its NUL. */
static inline bool is_ours(struct report *report, const char name[R3_SESSION_SIZE]) {
    uint64_t words[2];
    memcpy(words, name, sizeof words);
    uint64_t different = ((words[0] ^ report->session_words[0]) & report->session_bits[0]) |
                         ((words[1] ^ report->session_words[1]) & report->session_bits[1]);
    return (different == 0 && report->session[0]) || note_session(report, name);
}

static int write_equity(struct report *report, double benchmark, struct r3_error *error) {
    char time[R3_TIME_TEXT_SIZE], equity[R3_DECIMAL_TEXT_SIZE], close[R3_DECIMAL_TEXT_SIZE];
    char below[R3_JSON_REAL_SIZE], held[R3_JSON_REAL_SIZE];
    struct r3_decimal value = r3_book_decimal(r3_book_equity(&report->book));
    r3_time_format(time, report->book.bar_open);
    r3_decimal_format(equity, &value);
    r3_decimal_format(close, &report->book.markets[0].close);
    r3_json_format_real(below, r3_statistics_drawdown(report->statistics));
    r3_json_format_real(held, benchmark);
    r3_buffer_reset(&report->row);
    r3_buffer_printf(&report->row, "%s,%s,%s,%s,%s\n", time, equity, below, close, held);
    return r3_writer_put(&report->equity.writer, report->row.data, report->row.length, error);
}

/* Before anything else is done with the book. */
static void take_bars(struct report *report) {
    if (report->bars.count == 0)
        return;
    r3_book_follow(&report->book, &report->bars);
    r3_statistics_bars(report->statistics, &report->bars);
    report->bars.count = 0;
}

/* The bar that is open has all its candles and trades. */
static int close_bar(struct report *report, struct r3_error *error) {
    if (!report->book.in_bar)
        return 0;
    r3_int128 equity = r3_book_equity(&report->book);
    double benchmark = r3_book_benchmark(&report->book);
    r3_statistics_bar(report->statistics, report->book.bar_open, equity, benchmark, r3_book_exposed(&report->book));
    if (report->plot)
        r3_report_plot_bar(report->plot, report->book.bar_open, r3_book_double(equity),
                           r3_statistics_drawdown(report->statistics), benchmark);
    return report->equity.path ? write_equity(report, benchmark, error) : 0;
}

static int step_candle(void *state, const struct r3_record *record, struct r3_error *error) {
    struct report *report = state;
    const struct r3_candle *candle = &record->candle;
    if (!report->book.opened || candle->time < report->from) /* before the session began */
        return 0;
    take_bars(report);
    if (r3_book_begins_bar(&report->book, candle) && close_bar(report, error) != 0)
        return -1;
    int counts = r3_book_candle(&report->book, candle, error);
    if (counts <= 0)
        return counts;
    if (!report->statistics) {
        report->statistics = r3_statistics_new(candle->timeframe, report->book.start);
        report->timeframe = candle->timeframe;
    }
    if (report->plot) {
        report->candle = *candle;
        r3_report_plot_candle(report->plot, candle);
    }
    return 0;
}

/* As many candles as the quick way takes. Book and statistics get the bars of several ranges together, up to a trade or the end of the
 * block: there are two ranges a decision. */
static size_t follow_candles(struct report *report, const struct r3_candles *candles, size_t from, size_t to) {
    size_t taken = r3_bars_more(&report->bars, candles, from, to);
    if (taken == 0) {
        take_bars(report);
        taken = r3_book_candles(&report->book, &report->bars, candles, from, to);
    }
    return taken;
}

/* A candle by itself. Where no plot shows it, no more of it is looked at than its close. */
__attribute__((noinline)) static int step_at(struct report *report, const struct r3_candles *candles, size_t index,
                                             struct r3_error *error) {
    struct r3_record record;
    (report->plot ? r3_candles_record : r3_candles_close_record)(candles, index, &record);
    return step_candle(report, &record, error);
}

/* Files and plots show each bar: for them candles go one by one. */
__attribute__((noinline)) static int step_range(struct report *report, const struct r3_candles *candles, size_t from,
                                                size_t to, size_t *at, struct r3_error *error) {
    while (from < to && candles->time[from] < report->from)
        from++;
    while (from < to) {
        bool quick = report->statistics && !report->plot && !report->equity.path;
        size_t taken = quick ? follow_candles(report, candles, from, to) : 0;
        from += taken;
        if (taken)
            continue;
        *at = from++;
        if (step_at(report, candles, *at, error) != 0)
            return -1;
    }
    if (to == candles->count && report->statistics) { /* its columns go */
        take_bars(report);
        r3_statistics_measure(report->statistics);
    }
    return 0;
}

/* Half of the ranges go on with the bars of the one before, and need nothing else. */
static int report_candles(void *state, const struct r3_candles *candles, size_t from, size_t to, size_t *at,
                          struct r3_error *error) {
    struct report *report = state;
    from += r3_bars_more(&report->bars, candles, from, to);
    return from < to || to == candles->count ? step_range(report, candles, from, to, at, error) : 0;
}

/* An average price for people: derived from what was paid and the size, never used again. */
static int average_price(char out[R3_DECIMAL_TEXT_SIZE], const struct r3_decimal *amount, const struct r3_decimal *size,
                         struct r3_error *error) {
    struct r3_decimal price;
    if (r3_decimal_divide_round(&price, amount, size, PRICE_SCALE, R3_ROUND_HALF_EVEN, error) != 0)
        return -1;
    r3_decimal_format(out, &price);
    return 0;
}

static int write_trade(struct report *report, const struct r3_round_trip *trip, struct r3_error *error) {
    char entered[R3_TIME_TEXT_SIZE], left[R3_TIME_TEXT_SIZE], duration[R3_TIME_TEXT_SIZE];
    char entry[R3_DECIMAL_TEXT_SIZE], leave[R3_DECIMAL_TEXT_SIZE], size[R3_DECIMAL_TEXT_SIZE];
    char pnl[R3_DECIMAL_TEXT_SIZE], fees[R3_DECIMAL_TEXT_SIZE], change[R3_JSON_REAL_SIZE];
    if (average_price(entry, &trip->cost, &trip->size, error) != 0 ||
        average_price(leave, &trip->proceeds, &trip->size, error) != 0)
        return -1;
    r3_time_format(entered, trip->entry_time);
    r3_time_format(left, trip->exit_time);
    r3_duration_format(duration, trip->exit_open - trip->entry_open);
    r3_decimal_format(size, &trip->size);
    r3_decimal_format(pnl, &trip->pnl);
    r3_decimal_format(fees, &trip->fees);
    r3_json_format_real(change, r3_decimal_to_double(&trip->change));
    r3_buffer_reset(&report->row);
    r3_buffer_printf(&report->row, "%lld,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%llu,%llu\n", (long long)trip->number,
                     report->session, trip->market, r3_direction_name(trip->side), entered, left, entry, leave, size,
                     pnl, change, fees, r3_role_name(trip->exit), duration, (unsigned long long)trip->entry_bar,
                     (unsigned long long)trip->exit_bar);
    return r3_writer_put(&report->trades.writer, report->row.data, report->row.length, error);
}

static int step_trade(void *state, const struct r3_record *record, struct r3_error *error) {
    struct report *report = state;
    const struct r3_trade *trade = &record->trade;
    const struct r3_round_trip *trip = NULL;
    if (!is_ours(report, trade->session))
        return 0;
    take_bars(report);
    int closed = r3_book_trade(&report->book, trade, &trip, error);
    if (closed < 0 || r3_decimal_add(&report->commissions, &report->commissions, &trade->fee, error) != 0)
        return -1;
    if (report->plot)
        r3_report_plot_trade(report->plot, trade, &report->candle);
    if (closed == 0)
        return 0;
    r3_statistics_trade(report->statistics, trip);
    return report->trades.path ? write_trade(report, trip, error) : 0;
}

__attribute__((noinline, cold)) static int open_book(struct report *report, const struct r3_account *account,
                                                     struct r3_error *error) {
    memcpy(report->currency, account->currency, sizeof report->currency);
    return r3_book_open(&report->book, &account->equity, error) != 0 ? r3_error_at(error, "account: ") : 0;
}

static int step_account(void *state, const struct r3_record *record, struct r3_error *error) {
    struct report *report = state;
    const struct r3_account *account = &record->account;
    if (!is_ours(report, account->session))
        return 0;
    take_bars(report);
    return report->book.opened ? r3_book_check(&report->book, account, error) : open_book(report, account, error);
}

/* A rejected or canceled order. */
__attribute__((noinline, cold)) static int note_refusal(struct report *report, const struct r3_update *update) {
    bool entry_gone = update->event == R3_EVENT_CANCELED && update->execution == R3_NOT_EXECUTED &&
                      strstr(update->order, "-ENTRY-") != NULL;
    if ((update->event != R3_EVENT_REJECTED && !entry_gone) || !is_ours(report, update->session))
        return 0;
    char *first = entry_gone ? report->first_unfilled : report->first_rejection;
    if ((entry_gone ? report->unfilled++ : report->rejected++) == 0)
        memcpy(first, update->reason, sizeof update->reason);
    return 0;
}

static int step_update(void *state, const struct r3_record *record, struct r3_error *error) {
    (void)error;
    bool refused = record->update.event == R3_EVENT_REJECTED || record->update.event == R3_EVENT_CANCELED;
    return refused ? note_refusal(state, &record->update) : 0;
}

static int step_instrument(void *state, const struct r3_record *record, struct r3_error *error) {
    struct report *report = state;
    (void)error;
    take_bars(report);
    r3_book_instrument(&report->book, &record->instrument);
    return 0;
}

static int step_value(void *state, const struct r3_record *record, struct r3_error *error) {
    struct report *report = state;
    (void)error;
    if (report->plot && record->value.time >= report->from)
        r3_report_plot_value(report->plot, &record->value);
    return 0;
}

static int step_signal(void *state, const struct r3_record *record, struct r3_error *error) {
    struct report *report = state;
    (void)error;
    report->signals += record->signal.direction == R3_LONG && is_ours(report, record->signal.session);
    return 0;
}

static int step_raworder(void *state, const struct r3_record *record, struct r3_error *error) {
    struct report *report = state;
    (void)error;
    report->raworders += is_ours(report, record->raworder.session);
    return 0;
}

static int step_order(void *state, const struct r3_record *record, struct r3_error *error) {
    struct report *report = state;
    (void)error;
    report->orders += is_ours(report, record->order.session);
    return 0;
}

static int step_notice(void *state, const struct r3_record *record, struct r3_error *error) {
    struct report *report = state;
    (void)error;
    report->warnings += record->notice.level == R3_WARNING || record->notice.level == R3_ERROR;
    return 0;
}

/* A program left out of the pipe gives a run without trades that looks like a rule without luck. */
static void warn_of_gaps(struct report *report) {
    if (report->signals && !report->raworders)
        report->port->warn(report->port, "%" PRIu64 " signals to enter, and no raw order: is r3-track in the pipe?",
                           report->signals);
    else if (report->raworders && !report->orders && !report->rejected)
        report->port->warn(report->port, "%" PRIu64 " raw orders, and no order: is r3-size in the pipe?",
                           report->raworders);
}

/* The session must be certain: one in the stream, or the one that was asked for. */
static int check_session(struct report *report, struct r3_error *error) {
    r3_buffer_reset(&report->row);
    for (size_t i = 0; i < report->session_count; i++)
        r3_buffer_printf(&report->row, "%s%s", i ? ", " : "", report->sessions[i]);
    if (report->session_count == SESSIONS_NAMED)
        r3_buffer_append_text(&report->row, " ...");
    if (report->wanted && !report->session[0])
        return r3_fail(error, R3_USAGE, "--session %s: not in the stream, which holds %s", report->wanted,
                       report->session_count ? report->row.data : "no session");
    if (!report->wanted && report->session_count > 1)
        return r3_fail(error, R3_USAGE, "the stream holds several sessions (%s): choose one with --session",
                       report->row.data);
    if (!report->book.opened)
        return r3_fail(error, R3_DATA, "the stream holds no account record: there is no r3-order before r3-report");
    if (!report->statistics)
        return r3_fail(error, R3_DATA, "the stream holds no candle");
    return 0;
}

static int report_finish(void *state, bool ended, struct r3_error *error) {
    struct report *report = state;
    if (!ended)
        return r3_fail(error, R3_DATA, "the stream is cut off: no end record");
    if (check_session(report, error) != 0)
        return -1;
    take_bars(report);
    if (close_bar(report, error) != 0)
        return -1;
    struct r3_report_summary summary = { .session = report->session,
                                         .currency = report->currency,
                                         .book = &report->book,
                                         .timeframe = report->timeframe,
                                         .commissions = report->commissions,
                                         .rejected = report->rejected,
                                         .unfilled = report->unfilled,
                                         .first_unfilled = report->first_unfilled,
                                         .warnings = report->warnings,
                                         .first_rejection = report->first_rejection };
    warn_of_gaps(report);
    r3_statistics_figures(report->statistics, &summary.figures);
    if (report->plot && r3_report_plot_draw(report->plot, &summary, error) != 0)
        return -1;
    if ((report->trades.path && r3_output_file_commit(&report->trades, error) != 0) ||
        (report->equity.path && r3_output_file_commit(&report->equity, error) != 0))
        return -1;
    r3_buffer_reset(&report->row);
    if (report->json)
        r3_report_json(&report->row, &summary);
    else
        r3_report_table(&report->row, &summary, r3_wants_colour(STDOUT_FILENO));
    return report->port->print(report->port, report->row.data, report->row.length, error);
}

const struct r3_stage r3_report_stage = { .name = "r3-report",
                                          .operands = "",
                                          .summary = "performance of a session: statistics, files, a plot",
                                          .options = report_options,
                                          .sink = true,
                                          .init = report_init,
                                          .steps = { [R3_CANDLE] = step_candle,
                                                     [R3_TRADE] = step_trade,
                                                     [R3_ACCOUNT] = step_account,
                                                     [R3_UPDATE] = step_update,
                                                     [R3_INSTRUMENT] = step_instrument,
                                                     [R3_VALUE] = step_value,
                                                     [R3_SIGNAL] = step_signal,
                                                     [R3_RAWORDER] = step_raworder,
                                                     [R3_ORDER] = step_order,
                                                     [R3_NOTICE] = step_notice },
                                          .candles = report_candles,
                                          .finish = report_finish,
                                          .free = report_free };
