/* r3-size: the money manager of lib/trade/sizer.h as a stage. */

#include "lib/base/buffer.h"
#include "lib/stage/stage.h"
#include "lib/trade/sizer.h"

static const struct r3_option options[] = {
    { .name = "fraction",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "of the equity (the default method, 1)" },
    { .name = "quote",
      .kind = R3_OPTION_DECIMAL,
      .argument = "AMOUNT",
      .help = "quote currency an entry, fee included" },
    { .name = "base", .kind = R3_OPTION_DECIMAL, .argument = "SIZE", .help = "base currency an entry" },
    { .name = "risk",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "of the equity, lost when the stop is hit" },
    { .name = "volatility",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "of the equity, moved by one volatility" },
    { .name = "kelly",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "of Kelly's fraction of the equity" },
    { .name = "kelly-after",
      .kind = R3_OPTION_INTEGER,
      .argument = "N",
      .fallback = "20",
      .minimum = 1,
      .help = "closed positions before Kelly counts" },
    { .name = "kelly-before",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .fallback = "10%",
      .help = "of the equity until then" },
    { .name = "max-order",
      .kind = R3_OPTION_DECIMAL,
      .argument = "AMOUNT",
      .help = "largest entry order, quote currency" },
    { .name = "max-position",
      .kind = R3_OPTION_DECIMAL,
      .argument = "AMOUNT",
      .help = "largest position, quote currency" },
    { .name = "max-exposure",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "largest share of the equity held" },
    { .name = "max-daily-loss",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "loss a day that stops entries" },
    { .name = "fee",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "taker fee (the instrument's, else 0.1%)" },
    { .name = NULL },
};

/* In the order of enum r3_sizer_method. */
static const char *const methods[] = { "fraction", "quote", "base", "risk", "volatility", "kelly" };
enum { METHODS = sizeof methods / sizeof methods[0] };

struct size {
    struct r3_sizer *sizer;
    struct r3_port *port;
    struct r3_record out;
};

/* The number of an option, above 0; absent when not given. */
static int positive(struct r3_decimal *out, const struct r3_arguments *arguments, const char *name,
                    struct r3_error *error) {
    const struct r3_argument *argument = r3_arguments_get(arguments, name, 0);
    *out = argument ? argument->decimal : r3_decimal_absent;
    if (argument && r3_decimal_sign(out) <= 0)
        return r3_fail(error, R3_USAGE, "--%s: wants a number above 0, not \"%s\"", name, argument->text);
    return 0;
}

static int choose_method(struct r3_sizer_options *chosen, const struct r3_arguments *arguments,
                         struct r3_error *error) {
    const char *given = NULL;
    chosen->method = R3_SIZE_FRACTION;
    chosen->amount = r3_decimal_one;
    for (size_t i = 0; i < METHODS; i++) {
        if (!r3_arguments_given(arguments, methods[i]))
            continue;
        if (given)
            return r3_fail(error, R3_USAGE, "--%s and --%s: give one method", given, methods[i]);
        given = methods[i];
        chosen->method = (enum r3_sizer_method)i;
        if (positive(&chosen->amount, arguments, given, error) < 0)
            return -1;
        bool share = chosen->method != R3_SIZE_QUOTE && chosen->method != R3_SIZE_BASE;
        if (share && r3_decimal_compare(&chosen->amount, &r3_decimal_one) > 0)
            return r3_fail(error, R3_USAGE, "--%s: wants at most 1, which is 100%%, not \"%s\" (50%% or 0.5 is half)",
                           given, r3_arguments_text(arguments, given));
    }
    bool kelly = chosen->method == R3_SIZE_KELLY;
    if (!kelly && (r3_arguments_given(arguments, "kelly-after") || r3_arguments_given(arguments, "kelly-before")))
        return r3_fail(error, R3_USAGE, "--kelly-after and --kelly-before go with --kelly");
    return 0;
}

static int init(void **state, const struct r3_arguments *arguments, struct r3_port *port, struct r3_error *error) {
    struct r3_sizer_options chosen = { .kelly_after = r3_arguments_get(arguments, "kelly-after", 0)->integer };
    if (r3_arguments_operands(arguments) > 0)
        return r3_fail(error, R3_USAGE, "no operand is expected, \"%s\" was given", r3_arguments_operand(arguments, 0));
    if (choose_method(&chosen, arguments, error) < 0 ||
        positive(&chosen.kelly_before, arguments, "kelly-before", error) < 0 ||
        positive(&chosen.max_order, arguments, "max-order", error) < 0 ||
        positive(&chosen.max_position, arguments, "max-position", error) < 0 ||
        positive(&chosen.max_exposure, arguments, "max-exposure", error) < 0 ||
        positive(&chosen.max_daily_loss, arguments, "max-daily-loss", error) < 0)
        return -1;
    const struct r3_argument *fee = r3_arguments_get(arguments, "fee", 0);
    chosen.fee = fee ? fee->decimal : r3_decimal_absent;

    struct size *size = r3_allocate(sizeof *size);
    size->sizer = r3_sizer_new(&chosen);
    size->port = port;
    *state = size;
    return 0;
}

/* A position too small to be sold is no order's fault: say so where a person reads. */
static int tell_dust(struct size *size, const struct r3_raworder *raw, struct r3_error *error) {
    char reason[R3_TEXT_SIZE], left[R3_DECIMAL_TEXT_SIZE];
    memcpy(reason, size->out.update.reason, sizeof reason);
    r3_decimal_format(left, &raw->size);
    r3_record_init(&size->out, R3_NOTICE);
    struct r3_notice *notice = &size->out.notice;
    notice->time = raw->time;
    notice->level = R3_WARNING;
    r3_copy_text(notice->program, sizeof notice->program, "r3-size", strlen("r3-size"));
    memcpy(notice->session, raw->session, sizeof notice->session);
    snprintf(notice->text, sizeof notice->text, "%.40s: %.39s held, the position counts as closed: %.120s", raw->market,
             left, reason);
    return size->port->emit(size->port, &size->out, error);
}

static int step_instrument(void *state, const struct r3_record *record, struct r3_error *error) {
    const struct size *size = state;
    (void)error;
    r3_sizer_instrument(size->sizer, &record->instrument);
    return 0;
}

static int step_raworder(void *state, const struct r3_record *record, struct r3_error *error) {
    struct size *size = state;
    const struct r3_raworder *raw = &record->raworder;
    int sized = r3_sizer_size(size->sizer, &size->out, raw, error);
    if (sized < 0 || size->port->emit(size->port, &size->out, error) < 0)
        return -1;
    return sized == 0 && raw->role != R3_ENTRY ? tell_dust(size, raw, error) : 0;
}

static void release(void *state) {
    struct size *size = state;
    if (!size)
        return;
    r3_sizer_free(size->sizer);
    free(size);
}

const struct r3_stage r3_size_stage = {
    .name = "r3-size",
    .operands = "",
    .summary = "give each raw order its size, or refuse it",
    .options = options,
    .in_loop = true,
    .init = init,
    .steps = { [R3_INSTRUMENT] = step_instrument, [R3_RAWORDER] = step_raworder },
    .free = release,
};
