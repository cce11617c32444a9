/* r3-order: orders in, updates, trades and accounts out; here on paper, or as the book of a live session. The exchange itself is
 * lib/trade/paper.c; what r3-track is to hear is kept by the port until it asks with a sync. */
#include <ctype.h>

#include "lib/base/buffer.h"
#include "lib/record/state.h"
#include "lib/stage/stage.h"
#include "lib/trade/name.h"
#include "lib/trade/paper_state.h"

struct order_stage {
    struct r3_port *port;
    struct r3_paper *paper;
    const char *session;          /* the one that has an account before any order */
    char recent[R3_SESSION_SIZE]; /* "", or one that has an account */
    bool strict, opened, book;    /* book: --book */
    bool ahead;                   /* the first account goes ahead of the record that is being stepped */
    bool loop;                    /* a sync came: r3-track listens */
    bool keeps;                   /* --state */
    bool ready;                   /* with it: the first accounts could be written, and wait for a state that may come */
    struct r3_state_parts parts;
    uint64_t rejected;
};

static const struct r3_option order_options[] = {
    { .name = "paper", .kind = R3_OPTION_FLAG, .help = "fill on paper, from the candles" },
    { .name = "book", .kind = R3_OPTION_FLAG, .help = "keep the book of a live session; fill nothing" },
    { .name = "live", .kind = R3_OPTION_FLAG, .help = "be r3-live: send them to the exchange" },
    { .name = "cash",
      .kind = R3_OPTION_DECIMAL,
      .argument = "AMOUNT",
      .fallback = "10000",
      .help = "what each session starts with" },
    { .name = "session",
      .kind = R3_OPTION_TEXT,
      .argument = "NAME",
      .fallback = "main",
      .help = "session with an account from the start" },
    { .name = "fee",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "taker fee (else the market's, else 0.1%); r3-size --fee too" },
    { .name = "maker-fee",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "maker fee (else --fee, the market's, 0.1%)" },
    { .name = "slippage",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .fallback = "0",
      .help = "market and stop fills are that much worse" },
    { .name = "spread",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .fallback = "0",
      .help = "bid to ask; half of it is paid" },
    { .name = "fill",
      .kind = R3_OPTION_CHOICE,
      .argument = "next-open|close",
      .fallback = "next-open",
      .help = "where market orders fill" },
    { .name = "latency",
      .kind = R3_OPTION_INTEGER,
      .argument = "CANDLES",
      .fallback = "0",
      .help = "an order waits that many candles more" },
    { .name = "volume-share",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "fills take at most that of a candle" },
    { .name = "through",
      .kind = R3_OPTION_DECIMAL,
      .argument = "AMOUNT",
      .fallback = "0",
      .help = "price beyond a limit before it fills" },
    { .name = "max-order",
      .kind = R3_OPTION_DECIMAL,
      .argument = "AMOUNT",
      .help = "--book: refuse entries that come to more" },
    { .name = "entries-from",
      .kind = R3_OPTION_TEXT,
      .argument = "TIME|never",
      .help = "--book: refuse entries of before" },
    { .name = "state", .kind = R3_OPTION_FLAG, .help = "go on from a state record, and end with one" },
    { .name = "updates",
      .kind = R3_OPTION_TEXT,
      .argument = "FILE",
      .help = "FIFO back to r3-track (else R3_UPDATES)" },
    { .name = "strict", .kind = R3_OPTION_FLAG, .help = "exit 1 when any order was rejected" },
    { .name = NULL },
};

static int output(void *context, const struct r3_record *record, struct r3_error *error) {
    struct order_stage *stage = context;
    struct r3_port *port = stage->port;

    if (record->type == R3_UPDATE)
        stage->rejected += record->update.event == R3_EVENT_REJECTED;
    if (stage->loop && (record->type == R3_UPDATE || record->type == R3_TRADE))
        return port->emit_kept(port, record, error);
    return stage->ahead ? port->emit_ahead(port, record, error) : port->emit(port, record, error);
}

static int answer(void *context, const struct r3_record *record, struct r3_error *error) {
    struct order_stage *stage = context;

    return stage->port->answer(stage->port, record, error);
}

static int open_accounts(struct order_stage *stage, bool ahead, struct r3_error *error) {
    stage->opened = true;
    stage->ahead = ahead;
    int failed = r3_paper_accounts(stage->paper, output, stage, error);
    stage->ahead = false;
    return failed;
}

static int check_session_name(const char *name, struct r3_error *error) {
    size_t length = strlen(name);

    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_')
            length = 0;
    if (length < 1 || length >= R3_SESSION_SIZE)
        return r3_fail(error, R3_USAGE, "--session: \"%s\" is not 1 to 16 of A-Za-z0-9_", name);
    return 0;
}

static struct r3_decimal optional(const struct r3_arguments *arguments, const char *name) {
    const struct r3_argument *argument = r3_arguments_get(arguments, name, 0);

    return argument ? argument->decimal : r3_decimal_absent;
}

/* A time as R3_OPTION_TIME has it, or "never". */
static int read_entries_from(int64_t *out, const struct r3_arguments *arguments, struct r3_error *error) {
    const char *text = r3_arguments_text(arguments, "entries-from");

    *out = 0;
    if (!text)
        return 0;
    if (strcmp(text, "never") == 0)
        *out = R3_PAPER_NEVER;
    else if (r3_option_parse_time(out, text, strlen(text)))
        return r3_fail(error, R3_USAGE, "--entries-from: wants a time, or never, not \"%.60s\"", text);
    return 0;
}

/* One way to have orders filled, and what goes with it. */
static int check_mode(const struct r3_arguments *arguments, struct r3_error *error) {
    static const char *const of_paper[] = { "slippage", "spread", "fill", "latency", "volume-share", "through" };
    static const char *const of_book[] = { "max-order", "entries-from" };
    bool paper = r3_arguments_given(arguments, "paper"), book = r3_arguments_given(arguments, "book");

    if (r3_arguments_given(arguments, "live")) /* as a program of its own it has become r3-live before this */
        return r3_fail(error, R3_USAGE, "--live: no order is sent from here: that is done in a pipe, by r3-live");
    if (paper == book)
        return r3_fail(error, R3_USAGE,
                       book ? "--paper or --book, one of them" : "say --paper, which fills orders from the candles");
    for (size_t i = 0; book && i < sizeof of_paper / sizeof of_paper[0]; i++)
        if (r3_arguments_given(arguments, of_paper[i]))
            return r3_fail(error, R3_USAGE, "--%s: with --paper alone", of_paper[i]);
    for (size_t i = 0; paper && i < sizeof of_book / sizeof of_book[0]; i++)
        if (r3_arguments_given(arguments, of_book[i]))
            return r3_fail(error, R3_USAGE, "--%s: with --book alone", of_book[i]);
    return 0;
}

static int read_options(struct r3_paper_options *out, const struct r3_arguments *arguments, struct r3_error *error) {
    static const struct r3_decimal two = { 2, 0 };
    struct r3_decimal half;
    int64_t entries_from;

    if (check_mode(arguments, error) || read_entries_from(&entries_from, arguments, error))
        return -1;
    if (r3_arguments_operands(arguments))
        return r3_fail(error, R3_USAGE, "no operand is wanted: \"%s\"", r3_arguments_operand(arguments, 0));
    *out = (struct r3_paper_options) {
        .cash = optional(arguments, "cash"),
        .taker_fee = optional(arguments, "fee"),
        .maker_fee = optional(arguments, r3_arguments_given(arguments, "maker-fee") ? "maker-fee" : "fee"),
        .slippage = optional(arguments, "slippage"),
        .spread = optional(arguments, "spread"),
        .volume_share = optional(arguments, "volume-share"),
        .through = optional(arguments, "through"),
        .latency = r3_arguments_get(arguments, "latency", 0)->integer,
        .fill_close = r3_arguments_get(arguments, "fill", 0)->integer == 1,
        .book = r3_arguments_given(arguments, "book"),
        .entries_from = entries_from,
        .largest_order = optional(arguments, "max-order"),
    };
    static const char *const fees[] = { "fee", "maker-fee" };
    static const struct r3_decimal high = { 5, 2 };
    for (size_t k = 0; k < sizeof fees / sizeof fees[0]; k++) {
        const struct r3_argument *fee = r3_arguments_get(arguments, fees[k], 0);
        if (fee && r3_decimal_compare(&fee->decimal, &high) > 0)
            return r3_fail(error, R3_USAGE,
                           "--%s: wants at most 0.05, which is 5%%, not \"%s\" (0.1%% or 0.001 is usual)", fees[k],
                           fee->text);
    }
    if (r3_decimal_sign(&out->cash) <= 0)
        return r3_fail(error, R3_USAGE, "--cash: wants more than 0");
    if (r3_decimal_is_present(&out->largest_order) && r3_decimal_is_zero(&out->largest_order))
        return r3_fail(error, R3_USAGE, "--max-order: wants more than 0");
    if (r3_decimal_is_present(&out->volume_share) &&
        (r3_decimal_is_zero(&out->volume_share) || r3_decimal_compare(&out->volume_share, &r3_decimal_one) > 0))
        return r3_fail(error, R3_USAGE, "--volume-share: wants more than 0 and at most 1");
    if (r3_decimal_divide_round(&half, &out->spread, &two, R3_DECIMAL_SCALE_MAX, R3_ROUND_UP, error) ||
        r3_decimal_add(&half, &half, &out->slippage, error))
        return -1;
    if (r3_decimal_compare(&half, &r3_decimal_one) >= 0)
        return r3_fail(error, R3_USAGE, "--slippage and half of --spread: want less than 1 together");
    return 0;
}

static void order_free(void *state) {
    struct order_stage *stage = state;

    if (!stage)
        return;
    r3_paper_free(stage->paper);
    r3_state_parts_release(&stage->parts);
    free(stage);
}

static int order_init(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                      struct r3_error *error) {
    struct r3_paper_options options;
    struct order_stage *stage = NULL;

    if (read_options(&options, arguments, error))
        return -1;
    stage = r3_allocate(sizeof *stage);
    stage->port = port;
    stage->session = r3_arguments_text(arguments, "session");
    stage->strict = r3_arguments_given(arguments, "strict");
    stage->book = options.book;
    stage->keeps = r3_arguments_given(arguments, "state");
    int failed =
        check_session_name(stage->session, error) || r3_paper_new(&stage->paper, &options, output, stage, error);
    if (!failed && r3_paper_session(stage->paper, stage->session, error)) { /* the ledger does not take the amount */
        error->status = R3_USAGE;
        failed = r3_error_at(error, "--cash: ");
    }
    if (failed) {
        order_free(stage);
        return -1;
    }
    *state = stage;
    return 0;
}

static int emit_plainly(void *context, const struct r3_record *record, struct r3_error *error) {
    struct order_stage *stage = context;

    return stage->port->emit(stage->port, record, error);
}

__attribute__((cold)) static int take_state(struct order_stage *stage, const struct r3_state *state,
                                            struct r3_error *error) {
    if (strcmp(state->program, r3_order_stage.name) != 0 || strcmp(state->session, stage->session) != 0)
        return 0;
    int whole = r3_state_join(&stage->parts, state, R3_PAPER_STATE_VERSION, error);
    if (whole <= 0)
        return whole;
    return r3_paper_load(stage->paper, &stage->opened, stage->parts.text.data, stage->parts.text.length, error);
}

/* The end of a run: what works goes on working in the next one. */
__attribute__((cold)) static int rest(struct order_stage *stage, struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;

    if (r3_state_check_whole(&stage->parts, error))
        return -1;
    int failed = stage->opened && r3_paper_accounts(stage->paper, output, stage, error) ? -1 : 0;
    if (!failed) {
        r3_paper_save(stage->paper, stage->opened, &text);
        failed = r3_state_emit(stage->session, r3_order_stage.name, R3_PAPER_STATE_VERSION, &text, emit_plainly, stage,
                               error);
    }
    r3_buffer_release(&text);
    return failed;
}

static int step_candle(void *state, const struct r3_record *record, struct r3_error *error) {
    struct order_stage *stage = state;

    if (!stage->opened && (r3_paper_market(stage->paper, &record->candle, error) || open_accounts(stage, true, error)))
        return -1;
    return r3_paper_candle(stage->paper, &record->candle, error);
}

static int order_candles(void *state, const struct r3_candles *candles, size_t from, size_t to, size_t *at,
                         struct r3_error *error) {
    struct order_stage *stage = state;
    struct r3_record record;

    if (!stage->opened && from < to) {
        r3_candles_record(candles, from, &record);
        *at = from++;
        if (step_candle(stage, &record, error))
            return -1;
    }
    return r3_paper_candles(stage->paper, candles, from, to, at, error);
}

__attribute__((noinline)) static int open_unknown(struct order_stage *stage, const char *session, const char *market,
                                                  struct r3_error *error) {
    if (stage->ready && !stage->opened && open_accounts(stage, true, error)) /* no state came that knows of them */
        return -1;
    if (stage->opened ? r3_paper_open(stage->paper, session, market, error)
                      : r3_paper_session(stage->paper, session, error))
        return -1;
    if (stage->opened)
        memcpy(stage->recent, session, sizeof stage->recent);
    return 0;
}

/* A session that signals, orders or is started has an account from then on; before any currency is known, with the others. */
__attribute__((always_inline)) static inline int open_session(struct order_stage *stage, const char *session,
                                                              const char *market, struct r3_error *error) {
    return r3_same_name(stage->recent, session) ? 0 : open_unknown(stage, session, market, error);
}

/* Of r3-size: what it refused. Or of the exchange, where this is the book; r3-track hears of both from here. */
static int step_update(void *state, const struct r3_record *record, struct r3_error *error) {
    struct order_stage *stage = state;

    stage->rejected += record->update.event == R3_EVENT_REJECTED;
    if (stage->book && r3_paper_told_update(stage->paper, &record->update, error))
        return -1;
    return stage->loop ? stage->port->keep(stage->port, record, error) : 0;
}

__attribute__((cold)) static int step_trade(void *state, const struct r3_record *record, struct r3_error *error) {
    struct order_stage *stage = state;

    if (!stage->book)
        return 0;
    if (r3_paper_told_trade(stage->paper, &record->trade, error))
        return -1;
    return stage->loop ? stage->port->keep(stage->port, record, error) : 0;
}

__attribute__((cold)) static int step_end(void *state, const struct r3_record *record, struct r3_error *error) {
    struct order_stage *stage = state;

    (void)record;
    if (stage->keeps)
        return rest(stage, error);
    return stage->book ? r3_paper_accounts(stage->paper, output, stage, error) : r3_paper_end(stage->paper, error);
}

static int step_instrument(void *state, const struct r3_record *record, struct r3_error *error) {
    struct order_stage *stage = state;

    if (r3_paper_instrument(stage->paper, &record->instrument, error))
        return -1;
    stage->ready = stage->keeps;
    return stage->opened || stage->keeps ? 0 : open_accounts(stage, false, error);
}

static int step_state(void *state, const struct r3_record *record, struct r3_error *error) {
    struct order_stage *stage = state;

    return stage->keeps ? take_state(stage, &record->state, error) : 0;
}

static int step_signal(void *state, const struct r3_record *record, struct r3_error *error) {
    return open_session(state, record->signal.session, record->signal.market, error);
}

static int step_command(void *state, const struct r3_record *record, struct r3_error *error) {
    const struct r3_command *command = &record->command;

    return command->action == R3_START ? open_session(state, command->session, command->market, error) : 0;
}

static int step_order(void *state, const struct r3_record *record, struct r3_error *error) {
    struct order_stage *stage = state;

    if (open_session(stage, record->order.session, record->order.market, error))
        return -1;
    return r3_paper_order(stage->paper, &record->order, error);
}

static int step_cancel(void *state, const struct r3_record *record, struct r3_error *error) {
    const struct order_stage *stage = state;

    return r3_paper_cancel(stage->paper, &record->cancel, error);
}

/* The account as of the last candle first, then what was kept, in its order. */
static int step_sync(void *state, const struct r3_record *record, struct r3_error *error) {
    struct order_stage *stage = state;

    (void)record;
    stage->loop = true;
    bool known = stage->opened || stage->ready; /* the currency is */
    if (known && r3_paper_accounts(stage->paper, answer, stage, error))
        return -1;
    return stage->port->answer_kept(stage->port, error);
}

static int order_finish(void *state, bool ended, struct r3_error *error) {
    struct order_stage *stage = state;

    (void)ended;
    if (stage->strict && stage->rejected)
        return r3_fail(error, R3_REFUSED, "%llu order%s rejected (--strict)", (unsigned long long)stage->rejected,
                       stage->rejected == 1 ? " was" : "s were");
    return 0;
}

const struct r3_stage r3_order_stage = {
    .name = "r3-order",
    .operands = "",
    .summary = "fill orders on paper, or keep the book of those that an exchange fills",
    .options = order_options,
    .swallows = R3_BIT(R3_SYNC),
    .in_loop = true,
    .init = order_init,
    .steps = { [R3_CANDLE] = step_candle,
               [R3_INSTRUMENT] = step_instrument,
               [R3_STATE] = step_state,
               [R3_SIGNAL] = step_signal,
               [R3_COMMAND] = step_command,
               [R3_ORDER] = step_order,
               [R3_CANCEL] = step_cancel,
               [R3_UPDATE] = step_update,
               [R3_TRADE] = step_trade,
               [R3_SYNC] = step_sync,
               [R3_END] = step_end },
    .candles = order_candles,
    .finish = order_finish,
    .free = order_free,
};
