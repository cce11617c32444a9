#include "lib/sweep/joined.h"

#include "lib/base/time.h"
#include "lib/stage/engine.h"
#include "lib/sweep/words.h"
#include "lib/trade/statistics_book.h"

enum { JSON, TABLE, REPORTS };

struct report {
    struct r3_pipeline_text text; /* r3-report alone */
    struct r3_engine *engine;
    struct r3_buffer printed;
};

struct r3_sweep_joined {
    const struct r3_sweep_pipeline *pipeline;
    struct report reports[REPORTS];
    bool begun;             /* the head of the stream is in */
    bool ended;             /* the reports have had their end */
    struct r3_decimal cash; /* of the next run; absent: as the pipeline says */
    struct r3_record end;   /* the last one */
    double start;
    double *profits;
    size_t profit_count, profit_capacity;
};

/* One test run that is under way. */
struct test {
    struct r3_sweep_joined *joined;
    int64_t from;
    char *wanted;                    /* r3-report --session; NULL */
    char session[R3_SESSION_SIZE];   /* the one that is followed; "" before its first account */
    char currency[R3_CURRENCY_SIZE]; /* of its account */
    struct r3_book book;
    struct r3_engine *programs, *report; /* up to r3-order; r3-report of this window */
    struct r3_buffer *statistics;
};

/* ---- making ---- */

static int append_output(void *context, const char *data, size_t length, struct r3_error *error) {
    (void)error;
    r3_buffer_append(context, data, length);
    return 0;
}

static int find_program(size_t *out, const struct r3_pipeline_text *text, const char *name, struct r3_error *error) {
    for (*out = 0; *out < text->count; ++*out)
        if (strcmp(text->programs[*out].words[0], name) == 0)
            return 0;
    return r3_fail(error, R3_USAGE, "a walk-forward needs %s in the pipeline", name);
}

/* "r3-report" with the --session of the pipeline's, and what is asked for here. */
static int open_report(struct report *report, const struct r3_sweep_pipeline *pipeline, bool json,
                       const struct r3_sweep_joined_files *files, struct r3_error *error) {
    static const char program[] = "r3-report";
    const struct r3_pipeline_text *whole = &pipeline->text;
    struct r3_engine_options options = { .output = append_output, .context = &report->printed };
    char *session = NULL;
    int result = -1;
    if (r3_sweep_words_get(&session, &whole->programs[whole->count - 1], "session", error) != 0 ||
        r3_pipeline_text_parse(&report->text, program, sizeof program - 1, false, error) != 0)
        goto out;
    const struct {
        const char *name, *value;
        bool given;
    } words[] = { { "session", session, session },
                  { "json", NULL, json },
                  { "trades", files ? files->trades : NULL, files && files->trades },
                  { "equity", files ? files->equity : NULL, files && files->equity },
                  { "plot", files ? files->plot : NULL, files && files->plot } };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].given && r3_sweep_words_set(&report->text.programs[0], words[i].name, words[i].value, error) != 0)
            goto out;
    if (r3_engine_new(&report->engine, &report->text, &options, error) != 0)
        goto out;
    r3_engine_start(report->engine); /* what is wrong is told by finish */
    result = 0;
out:
    free(session);
    return result;
}

int r3_sweep_joined_new(struct r3_sweep_joined **out, const struct r3_sweep_pipeline *pipeline,
                        const struct r3_sweep_joined_files *files, struct r3_error *error) {
    static const char *const needed[] = { "r3-strategy", "r3-track", "r3-order" };
    size_t program;
    *out = NULL;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (find_program(&program, &pipeline->text, needed[i], error) != 0)
            return -1;
    struct r3_sweep_joined *joined = r3_allocate(sizeof *joined);
    joined->pipeline = pipeline;
    joined->cash = r3_decimal_absent;
    if (open_report(&joined->reports[JSON], pipeline, true, files, error) != 0 ||
        open_report(&joined->reports[TABLE], pipeline, false, NULL, error) != 0) {
        r3_sweep_joined_free(joined);
        return -1;
    }
    *out = joined;
    return 0;
}

void r3_sweep_joined_free(struct r3_sweep_joined *joined) {
    if (!joined)
        return;
    for (size_t i = 0; i < REPORTS; i++) {
        if (joined->reports[i].engine && !joined->ended)
            r3_engine_finish(joined->reports[i].engine);
        r3_engine_free(joined->reports[i].engine);
        r3_buffer_release(&joined->reports[i].printed);
        r3_pipeline_text_release(&joined->reports[i].text);
    }
    free(joined->profits);
    free(joined);
}

void r3_sweep_test_release(struct r3_sweep_test *test) {
    r3_buffer_release(&test->text);
    r3_buffer_release(&test->statistics);
}

/* ---- one window ---- */

static int set_time(struct r3_pipeline_program *program, const char *name, int64_t time, struct r3_error *error) {
    char text[R3_TIME_TEXT_SIZE];
    r3_time_format(text, time);
    return r3_sweep_words_set(program, name, text, error);
}

static int change_words(struct r3_pipeline_text *text, const struct r3_sweep_joined *joined, bool trade,
                        const struct r3_sweep_window *window, struct r3_error *error) {
    char cash[R3_DECIMAL_TEXT_SIZE];
    for (size_t i = 0; i < text->count; i++) {
        struct r3_pipeline_program *program = &text->programs[i];
        const char *name = program->words[0];
        int result = 0;
        if (i == 0) {
            result = set_time(program, "to", window->test_to, error) != 0 ||
                     set_time(program, "from", window->train_from, error) != 0;
        } else if (strcmp(name, "r3-strategy") == 0) {
            result = set_time(program, "from", trade ? window->train_to : window->test_to, error);
        } else if (strcmp(name, "r3-report") == 0) {
            result = set_time(program, "from", window->train_to, error);
        } else if (strcmp(name, "r3-track") == 0) {
            result = r3_sweep_words_set(program, "close-at-end", NULL, error);
        } else if (strcmp(name, "r3-order") == 0 && r3_decimal_is_present(&joined->cash)) {
            r3_decimal_format(cash, &joined->cash);
            result = r3_sweep_words_set(program, "cash", cash, error);
        }
        if (result != 0)
            return -1;
    }
    return 0;
}

static void forward(struct test *test, const struct r3_record *record) {
    for (size_t i = 0; i < REPORTS; i++)
        r3_engine_give(test->joined->reports[i].engine, record);
}

static void add_profit(struct r3_sweep_joined *joined, const struct r3_round_trip *trip) {
    if (joined->profit_count == joined->profit_capacity) {
        joined->profit_capacity = joined->profit_capacity ? 2 * joined->profit_capacity : 256;
        joined->profits = r3_reallocate(joined->profits, joined->profit_capacity * sizeof joined->profits[0]);
    }
    joined->profits[joined->profit_count++] = r3_decimal_to_double(&trip->pnl);
}

static int follow_account(struct test *test, const struct r3_account *account, struct r3_error *error) {
    if (test->book.opened || (test->wanted && strcmp(test->wanted, account->session) != 0))
        return 0;
    memcpy(test->session, account->session, sizeof test->session);
    memcpy(test->currency, account->currency, sizeof test->currency);
    if (!test->joined->begun)
        test->joined->start = r3_decimal_to_double(&account->equity);
    return r3_book_open(&test->book, &account->equity, error);
}

static int follow_trade(struct test *test, const struct r3_trade *trade, struct r3_error *error) {
    const struct r3_round_trip *trip = NULL;
    if (strcmp(trade->session, test->session) != 0)
        return 0;
    int closed = r3_book_trade(&test->book, trade, &trip, error);
    if (closed > 0)
        add_profit(test->joined, trip);
    return closed < 0 ? -1 : 0;
}

static int take_candle(struct test *test, const struct r3_candle *candle, struct r3_error *error) {
    return test->book.opened && candle->time >= test->from && r3_book_candle(&test->book, candle, error) < 0 ? -1 : 0;
}

static int take_record(void *context, const struct r3_record *record, struct r3_error *error) {
    struct test *test = context;
    bool early = false;
    int result = 0;
    if (r3_engine_give(test->report, record) != 0)
        return R3_ENGINE_GONE;
    switch (record->type) {
    case R3_STREAM:
        early = test->joined->begun;
        break;
    case R3_INSTRUMENT:
        early = test->joined->begun;
        r3_book_instrument(&test->book, &record->instrument);
        break;
    case R3_CANDLE:
        early = record->candle.time < test->from;
        result = take_candle(test, &record->candle, error);
        break;
    case R3_VALUE:
        early = record->value.time < test->from;
        break;
    case R3_ACCOUNT:
        result = follow_account(test, &record->account, error);
        break;
    case R3_TRADE:
        result = follow_trade(test, &record->trade, error);
        break;
    case R3_END:
        memcpy(&test->joined->end, record, r3_record_size(record->type)); /* it may be no longer than that */
        return 0;
    default:
        break;
    }
    if (result == 0 && !early)
        forward(test, record);
    return result;
}

static int take_candles(void *context, const struct r3_candles *candles, size_t from, size_t to,
                        struct r3_error *error) {
    struct test *test = context;
    struct r3_candles part = r3_candles_part(candles, from, to);
    struct r3_record record;
    if (r3_engine_give_candles(test->report, &part) != 0)
        return R3_ENGINE_GONE;
    while (from < to && candles->time[from] < test->from)
        from++;
    if (from == to)
        return 0;
    for (size_t i = from; i < to; i++) {
        r3_candles_record(candles, i, &record);
        if (take_candle(test, &record.candle, error) != 0)
            return -1;
    }
    part = r3_candles_part(candles, from, to);
    for (size_t i = 0; i < REPORTS; i++)
        r3_engine_give_candles(test->joined->reports[i].engine, &part);
    return 0;
}

static int give_record(void *context, const struct r3_record *record) {
    return r3_engine_give(((struct test *)context)->programs, record);
}
static int give_candles(void *context, const struct r3_candles *candles) {
    return r3_engine_give_candles(((struct test *)context)->programs, candles);
}

/* What is left of a market is sold (bought back) at its last close in the stream of the whole, whose next part
 * begins flat. */
static int clear_market(struct test *test, const struct r3_book_market *market, struct r3_error *error) {
    struct r3_record record;
    r3_record_init(&record, R3_TRADE);
    struct r3_trade *trade = &record.trade;
    int length = snprintf(trade->order, sizeof trade->order, "%s-rest", test->session);
    memcpy(trade->id, trade->order, (size_t)length + 1);
    memcpy(trade->session, test->session, sizeof trade->session);
    memcpy(trade->market, market->name, sizeof trade->market);
    memcpy(trade->fee_currency, test->currency, sizeof trade->fee_currency);
    trade->time = test->book.bar_close;
    trade->side = r3_decimal_sign(&market->size) > 0 ? R3_SELL : R3_BUY;
    trade->role = R3_EXIT;
    trade->price = market->close;
    r3_decimal_absolute(&trade->size, &market->size);
    trade->fee = r3_decimal_zero;
    trade->liquidity = R3_TAKER;
    forward(test, &record);
    return follow_trade(test, trade, error);
}

static int start_programs(struct test *test, const struct r3_pipeline_text *text, struct r3_error *error) {
    size_t report = text->count - 1;
    const struct r3_engine_options programs = {
        .first = 1, .count = report - 1, .take = take_record, .take_candles = take_candles, .context = test
    };
    const struct r3_engine_options reports = { .first = report, .output = append_output, .context = test->statistics };
    if (r3_engine_new(&test->programs, text, &programs, error) != 0 ||
        r3_engine_new(&test->report, text, &reports, error) != 0)
        return -1;
    r3_engine_start(test->programs);
    r3_engine_start(test->report);
    return 0;
}

static int finish_engine(struct r3_engine *engine, struct r3_error *error) {
    const char *program = NULL;
    int status = r3_engine_finish(engine);
    if (status == 0)
        return 0;
    const struct r3_error *failure = r3_engine_failure(engine, &program);
    return r3_fail(error, (enum r3_status)status, "%s: %s", program ? program : "the pipeline",
                   failure ? failure->text : "failed");
}

/* The candles through the programs, then the end, which makes r3-track close what it holds. */
static int run_programs(struct test *test, const struct r3_sweep_source *source, const struct r3_sweep_window *window,
                        struct r3_error *error) {
    r3_sweep_source_each(source, window->train_from, window->test_to, give_record, give_candles, test);
    if (finish_engine(test->programs, error) != 0)
        return -1;
    if (finish_engine(test->report, error) != 0)
        return -1;
    for (size_t i = 0; i < test->book.count; i++)
        if (!r3_decimal_is_zero(&test->book.markets[i].size) && clear_market(test, &test->book.markets[i], error) != 0)
            return -1;
    test->joined->begun = true;
    test->joined->cash = r3_book_decimal(r3_book_equity(&test->book));
    return 0;
}

int r3_sweep_joined_run(struct r3_sweep_joined *joined, struct r3_sweep_test *out, uint64_t number, bool trade,
                        const struct r3_sweep_window *window, struct r3_error *error) {
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    struct test test = {
        .joined = joined, .from = window->train_to, .book = R3_BOOK_INIT, .statistics = &out->statistics
    };
    const struct r3_sweep_source *source = NULL;
    int result = -1;
    if (r3_decimal_is_present(&joined->cash) && r3_decimal_sign(&joined->cash) <= 0)
        return 0;
    r3_sweep_pipeline_fill(&text, joined->pipeline, number);
    /* The candles are those of the words as they were: they are in memory, and the window is cut out of them. */
    if (r3_sweep_sources_get(joined->pipeline->sources, &source, &text, error) != 0)
        goto out;
    if (change_words(&text, joined, trade, window, error) != 0 ||
        r3_sweep_words_get(&test.wanted, &text.programs[text.count - 1], "session", error) != 0)
        goto out;
    r3_pipeline_text_write(&out->text, &text);
    if (start_programs(&test, &text, error) != 0)
        goto out;
    result = run_programs(&test, source, window, error) == 0 ? 1 : -1;
    struct r3_buffer *statistics = &out->statistics;
    while (statistics->length && statistics->data[statistics->length - 1] == '\n')
        statistics->data[--statistics->length] = '\0';
out:
    if (source)
        r3_sweep_sources_put(joined->pipeline->sources, source);
    r3_engine_free(test.programs);
    r3_engine_free(test.report);
    r3_book_release(&test.book);
    free(test.wanted);
    r3_pipeline_text_release(&text);
    return result;
}

/* ---- the whole ---- */

int r3_sweep_joined_finish(struct r3_sweep_joined *joined, struct r3_buffer *json, struct r3_buffer *table,
                           struct r3_error *error) {
    struct r3_buffer *const outs[REPORTS] = { json, table };
    int result = 0;
    joined->ended = true;
    for (size_t i = 0; i < REPORTS; i++) {
        struct report *report = &joined->reports[i];
        struct r3_error reason = { 0 };
        r3_engine_give(report->engine, &joined->end);
        if (finish_engine(report->engine, &reason) != 0 && result == 0) {
            *error = reason;
            result = -1;
        }
        size_t length = report->printed.length;
        while (i == JSON && length && report->printed.data[length - 1] == '\n')
            length--;
        r3_buffer_append(outs[i], report->printed.data, length);
    }
    return result;
}

const double *r3_sweep_joined_profits(const struct r3_sweep_joined *joined, size_t *count, double *equity) {
    *count = joined->profit_count;
    *equity = joined->start;
    return joined->profits;
}
