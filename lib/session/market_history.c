/* r3-market history and indicator: the words that ask once. */
#include <inttypes.h>

#include "lib/market/gap.h"
#include "lib/market/market_name.h"
#include "lib/session/market.h"
#include "lib/session/market_answer.h"

static const struct r3_option history_options[] = { R3_MARKET_OPTION_LAST,   R3_MARKET_OPTION_FROM,
                                                    R3_MARKET_OPTION_TO,     R3_MARKET_OPTION_PLATFORM,
                                                    R3_MARKET_OPTION_STREAM, { .name = NULL } };
static const struct r3_option indicator_options[] = {
    R3_MARKET_OPTION_LAST, R3_MARKET_OPTION_TO, R3_MARKET_OPTION_PLATFORM, { .name = NULL }
};
static const struct r3_option all_options[] = { R3_MARKET_OPTION_LAST,    R3_MARKET_OPTION_FROM,
                                                R3_MARKET_OPTION_TO,      R3_MARKET_OPTION_PLATFORM,
                                                R3_MARKET_OPTION_STREAM,  R3_MARKET_OPTION_DAYS,
                                                R3_MARKET_OPTION_MAX_AGE, { .name = NULL } };

struct history {
    struct r3_port port; /* the answer's: counts gaps, and hands on to `out` */
    struct r3_port *out;
    struct r3_store *store;
    struct r3_market_query query;
    const char *expression; /* NULL: history */
    struct r3_market_answer answer;
    struct r3_gap gap;
    bool stream, started, done;
    int64_t written;
};

static void history_free(void *state) {
    struct history *history = state;
    if (!history)
        return;
    r3_market_answer_release(&history->answer);
    r3_store_close(history->store);
    free(history);
}

/* MARKET and TIMEFRAME, the operands from `first` on, in any usual spelling. */
static int read_series(struct r3_market_query *query, const struct r3_arguments *arguments, size_t first,
                       struct r3_error *error) {
    const char *timeframe = r3_arguments_operand(arguments, first + 1);
    char base[R3_CURRENCY_SIZE], quote[R3_CURRENCY_SIZE];
    if (r3_market_parse(query->market, r3_arguments_operand(arguments, first), error) < 0)
        return -1;
    if (r3_market_split(base, quote, query->market) < 0)
        return r3_fail(error, R3_USAGE, "not a market: \"%s\"", query->market);
    if (r3_timeframe_parse(&query->timeframe, timeframe, strlen(timeframe), error) == 0)
        return 0;
    error->status = R3_USAGE;
    return -1;
}

static int read_platform(struct r3_market_query *query, const struct r3_arguments *arguments, struct r3_error *error) {
    const char *platform = r3_arguments_text(arguments, "platform");
    if (!platform)
        return 0;
    if (!*platform || r3_copy_text(query->platform, sizeof query->platform, platform, strlen(platform)) < 0)
        return r3_fail(error, R3_USAGE, "--platform: not 1 to %d characters: \"%.40s\"", R3_PLATFORM_SIZE - 1,
                       platform);
    return 0;
}

static int64_t bound(const struct r3_arguments *arguments, const char *name) {
    const struct r3_argument *argument = r3_arguments_get(arguments, name, 0);
    return argument ? argument->integer : R3_TIME_ABSENT;
}

static int start(struct history *history, const struct r3_arguments *arguments, size_t first, struct r3_error *error) {
    struct r3_market_query *query = &history->query;
    query->to = bound(arguments, "to");
    if (r3_arguments_given(arguments, "last"))
        query->last = r3_arguments_get(arguments, "last", 0)->integer;
    if (query->from != R3_TIME_ABSENT && query->last)
        return r3_fail(error, R3_USAGE, "--last: not with --from");
    if (query->from != R3_TIME_ABSENT && query->to != R3_TIME_ABSENT && query->from >= query->to)
        return r3_fail(error, R3_USAGE, "--to: it must be after --from");
    if (read_series(query, arguments, first, error) < 0 || read_platform(query, arguments, error) < 0)
        return -1;
    r3_gap_init(&history->gap, query->timeframe);
    if (r3_store_open(&history->store, NULL, false, error) < 0 || r3_store_ready(history->store, error) < 0)
        return -1;
    return r3_market_answer_start(&history->answer, history->store, query, history->expression, "", error) > 0 ? 0 : -1;
}

static int history_init(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                        struct r3_error *error) {
    struct history *history = r3_allocate(sizeof *history);
    *state = history;
    history->out = port;
    history->query.from = bound(arguments, "from");
    history->stream = r3_arguments_given(arguments, "stream");
    if (r3_arguments_operands(arguments) != 2)
        return r3_fail(error, R3_USAGE, "history wants a market and a timeframe, as in BTC-USDT 1H");
    return start(history, arguments, 0, error);
}

static int indicator_init(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                          struct r3_error *error) {
    struct history *history = r3_allocate(sizeof *history);
    *state = history;
    history->out = port;
    history->query.from = R3_TIME_ABSENT;
    history->query.last = 1;
    if (r3_arguments_operands(arguments) != 3)
        return r3_fail(error, R3_USAGE,
                       "indicator wants an expression, a market and a timeframe, as in 'rsi(close, 14)' BTC-USDT 1H");
    history->expression = r3_arguments_operand(arguments, 0);
    return start(history, arguments, 1, error);
}

static int emit(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct history *history = port->context;
    history->written++;
    return history->out->emit(history->out, record, error);
}

/* What r3-collect writes ahead of the candles of a file. */
static int emit_head(struct history *history, struct r3_error *error) {
    struct r3_record record;
    struct r3_instrument *instrument = &record.instrument;
    const struct r3_market_query *query = &history->answer.reader.query;
    r3_record_init(&record, R3_STREAM);
    record.stream.version = R3_STREAM_VERSION;
    if (emit(&history->port, &record, error) < 0)
        return -1;
    r3_record_init(&record, R3_INSTRUMENT);
    memcpy(instrument->platform, query->platform, sizeof instrument->platform);
    memcpy(instrument->market, query->market, sizeof instrument->market);
    r3_market_split(instrument->base, instrument->quote, query->market);
    memcpy(instrument->fee_currency, instrument->quote, sizeof instrument->fee_currency);
    instrument->price_increment = instrument->base_increment = instrument->quote_increment = R3_DECIMAL(1, 8);
    instrument->minimum_size = instrument->minimum_funds = r3_decimal_zero;
    return emit(&history->port, &record, error);
}

static int history_pull(void *state, struct r3_error *error) {
    struct history *history = state;
    struct r3_market_reader *reader = &history->answer.reader;
    if (!history->started) {
        history->started = true;
        history->port = (struct r3_port) { .emit = emit, .context = history };
        if (history->stream && emit_head(history, error) < 0)
            return -1;
    }
    int more = r3_market_answer_next(&history->answer, &history->port, error);
    for (size_t i = 0; more > 0 && i < reader->count; i++)
        r3_gap_step(&history->gap, reader->page[i].time);
    history->done = more == 0;
    return more;
}

static void tell(struct history *history) {
    const struct r3_market_query *query = &history->query;
    const struct r3_gap *gap = &history->gap;
    const char *timeframe = r3_timeframe_name(query->timeframe);
    char time[R3_TIME_TEXT_SIZE];
    if (gap->missing) {
        r3_time_format(time, gap->first);
        history->out->warn(history->out, "%s %s: %" PRIu64 " candle%s missing, the first at %s", query->market,
                           timeframe, gap->missing, gap->missing == 1 ? "" : "s", time);
    }
    if (history->answer.given < query->last)
        history->out->warn(history->out, "%s %s: %" PRId64 " of the %" PRId64 " that were asked for: no more %s",
                           query->market, timeframe, history->answer.given, query->last,
                           history->expression ? "candles with a value are kept" : "candles are kept");
}

static int history_finish(void *state, bool ended, struct r3_error *error) {
    struct history *history = state;
    struct r3_record record;
    (void)ended; /* a source's own end */
    if (history->done)
        tell(history);
    if (!history->stream)
        return 0;
    r3_record_init(&record, R3_END);
    memcpy(record.end.source, "r3-market", sizeof "r3-market");
    record.end.records = history->written;
    return emit(&history->port, &record, error);
}

const struct r3_stage r3_market_history_stage = {
    .name = "r3-market",
    .operands = "history MARKET TIMEFRAME",
    .summary = "print candles of the store",
    .options = history_options,
    .init = history_init,
    .pull = history_pull,
    .finish = history_finish,
    .free = history_free,
};

const struct r3_stage r3_market_indicator_stage = {
    .name = "r3-market",
    .operands = "indicator EXPRESSION MARKET TIMEFRAME",
    .summary = "print values of an expression over candles of the store",
    .options = indicator_options,
    .init = indicator_init,
    .pull = history_pull,
    .finish = history_finish,
    .free = history_free,
};

static int refuse_word(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                       struct r3_error *error) {
    *state = NULL;
    (void)port;
    if (r3_arguments_operands(arguments))
        return r3_fail(error, R3_USAGE, "no word %.80s", r3_arguments_operand(arguments, 0));
    return r3_fail(error, R3_USAGE, "wants a word: history, indicator, symbols, keep or answer");
}

const struct r3_stage r3_market_stage = {
    .name = "r3-market",
    .operands = "history|indicator|symbols|keep|answer …",
    .summary = "keep candles in the store, and answer for their history and indicators",
    .options = all_options,
    .init = refuse_word,
};
