#include "lib/fetch/plan.h"

#include "lib/exchange/names.h"
#include "lib/market/market_name.h"

/* ---- operands ---- */

static int read_timeframe(enum r3_timeframe *out, const char *text, const char *name, struct r3_error *error) {
    if (r3_timeframe_parse(out, text, strlen(text), error) == 0)
        return 0;
    error->status = R3_USAGE;
    return r3_error_at(error, "%s", name);
}

static int read_exchange(const struct r3_exchange **out, const char *name, struct r3_error *error) {
    *out = r3_exchange_find(name);
    return *out ? 0 : r3_fail(error, R3_USAGE, "no exchange %.40s; it knows %s", name, r3_exchange_names());
}

static int add_market(struct r3_fetch_plan *plan, const char *text, struct r3_error *error) {
    char *market = plan->markets[plan->market_count];
    if (r3_market_parse(market, text, error) < 0)
        return -1;
    for (size_t i = 0; i < plan->market_count; i++)
        if (strcmp(plan->markets[i], market) == 0)
            return r3_fail(error, R3_USAGE, "%s twice", market);
    plan->market_count++;
    return 0;
}

static int read_operands(struct r3_fetch_plan *plan, enum r3_timeframe *timeframe, const struct r3_arguments *arguments,
                         struct r3_error *error) {
    size_t count = r3_arguments_operands(arguments);
    if (count > 0 && read_exchange(&plan->exchange, r3_arguments_operand(arguments, 0), error) < 0)
        return -1;
    if (count < 3)
        return r3_fail(error, R3_USAGE, "wants an exchange, markets and a timeframe, as in kucoin BTC-USDT 1H");
    if (read_timeframe(timeframe, r3_arguments_operand(arguments, count - 1), "the last operand: ", error) < 0)
        return -1;
    plan->markets = r3_allocate(count * sizeof plan->markets[0]);
    for (size_t i = 1; i + 1 < count; i++)
        if (add_market(plan, r3_arguments_operand(arguments, i), error) < 0)
            return -1;
    return 0;
}

/* ---- series ---- */

/* The timeframe itself, or the coarsest that the exchange has and that can be put together to it. */
static int choose_source(enum r3_timeframe *out, const struct r3_exchange *exchange, enum r3_timeframe timeframe,
                         struct r3_error *error) {
    struct r3_resample unused;
    struct r3_error reason;
    for (*out = timeframe; *out > R3_TIMEFRAME_NONE; (*out)--)
        if (exchange->has(*out) && r3_resample_init(&unused, *out, timeframe, &reason) == 0)
            return 0;
    return r3_fail(error, R3_USAGE, "%s has no candles of %s", exchange->name, r3_timeframe_name(timeframe));
}

static int add_series(struct r3_fetch_plan *plan, const struct r3_arguments *arguments, enum r3_timeframe source,
                      enum r3_timeframe timeframe, struct r3_error *error) {
    for (size_t i = 0; i < plan->market_count; i++) {
        struct r3_fetch_series *series = &plan->series[plan->series_count++];
        memcpy(series->market, plan->markets[i], sizeof series->market);
        series->policy = (enum r3_gap_policy)r3_arguments_get(arguments, "gaps", 0)->integer;
        series->follow = plan->follow;
        if (r3_fetch_series_start(series, plan->exchange->name, source, timeframe, error) < 0)
            return -1;
    }
    return 0;
}

/* `named` is the timeframe of the operands. */
static int add_main(struct r3_fetch_plan *plan, const struct r3_arguments *arguments, enum r3_timeframe named,
                    enum r3_timeframe *timeframe, struct r3_error *error) {
    const char *resample = r3_arguments_text(arguments, "resample");
    enum r3_timeframe source;
    *timeframe = named;
    if (resample && read_timeframe(timeframe, resample, "--resample: ", error) < 0)
        return -1;
    if (resample && !plan->exchange->has(named))
        return r3_fail(error, R3_USAGE, "%s has no candles of %s", plan->exchange->name, r3_timeframe_name(named));
    source = named;
    if (!resample && choose_source(&source, plan->exchange, named, error) < 0)
        return -1;
    return add_series(plan, arguments, source, *timeframe, error);
}

static int add_with(struct r3_fetch_plan *plan, const struct r3_arguments *arguments, enum r3_timeframe coarser,
                    struct r3_error *error) {
    const char *text = r3_arguments_text(arguments, "with");
    enum r3_timeframe timeframe, source;
    if (!text)
        return r3_arguments_given(arguments, "with-from") ? r3_fail(error, R3_USAGE, "--with-from: only with --with")
                                                          : 0;
    if (read_timeframe(&timeframe, text, "--with: ", error) < 0)
        return -1;
    if (timeframe >= coarser)
        return r3_fail(error, R3_USAGE, "--with: %s is not finer than %s", r3_timeframe_name(timeframe),
                       r3_timeframe_name(coarser));
    return choose_source(&source, plan->exchange, timeframe, error) < 0
               ? -1
               : add_series(plan, arguments, source, timeframe, error);
}

static int64_t time_option(const struct r3_arguments *arguments, const char *name) {
    const struct r3_argument *argument = r3_arguments_get(arguments, name, 0);
    return argument ? argument->integer : R3_TIME_ABSENT;
}

int r3_fetch_plan_make(struct r3_fetch_plan *plan, const struct r3_arguments *arguments, struct r3_error *error) {
    enum r3_timeframe named, timeframe;
    plan->from = time_option(arguments, "from");
    plan->with_from = time_option(arguments, "with-from");
    plan->to = time_option(arguments, "to");
    plan->follow = r3_arguments_given(arguments, "follow");
    if (plan->from != R3_TIME_ABSENT && plan->to != R3_TIME_ABSENT && plan->from >= plan->to)
        return r3_fail(error, R3_USAGE, "--to: it must be after --from");
    if (read_operands(plan, &named, arguments, error) < 0)
        return -1;
    plan->series = r3_allocate(2 * plan->market_count * sizeof plan->series[0]);
    return add_main(plan, arguments, named, &timeframe, error) < 0 || add_with(plan, arguments, timeframe, error) < 0
               ? -1
               : 0;
}

void r3_fetch_plan_release(struct r3_fetch_plan *plan) {
    for (size_t i = 0; i < plan->series_count; i++)
        r3_fetch_series_release(&plan->series[i]);
    free(plan->series);
    free(plan->markets);
}

/* ---- times ---- */

static bool is_main(const struct r3_fetch_plan *plan, const struct r3_fetch_series *series) {
    return series < plan->series + plan->market_count;
}

/* Candles that open before --to are wanted; but beside finer ones, those that close behind it would tell of what the finer ones do not
 * show yet. */
static int64_t bound(const struct r3_fetch_plan *plan, const struct r3_fetch_series *series) {
    int64_t open = r3_timeframe_open(series->timeframe, plan->to);
    bool finer = is_main(plan, series) && plan->series_count > plan->market_count;
    return finer || open == plan->to ? open : r3_timeframe_close(series->timeframe, open);
}

void r3_fetch_plan_limit(const struct r3_fetch_plan *plan, struct r3_fetch_series *series, int64_t now) {
    /* What is followed is put together while it comes; otherwise nothing is asked for of a candle that is not complete. */
    int64_t until = r3_timeframe_open(plan->follow ? series->source : series->timeframe, now);
    if (plan->to != R3_TIME_ABSENT && bound(plan, series) < until)
        until = bound(plan, series);
    series->until = until > series->from ? until : series->from;
}

bool r3_fetch_plan_over(const struct r3_fetch_plan *plan) {
    bool over = plan->to != R3_TIME_ABSENT;
    for (size_t i = 0; over && i < plan->series_count; i++)
        over = plan->series[i].until >= bound(plan, &plan->series[i]);
    return over;
}

bool r3_fetch_plan_begin(const struct r3_fetch_plan *plan, struct r3_fetch_series *series, int64_t now) {
    const struct r3_exchange *exchange = plan->exchange;
    const int64_t span = r3_timeframe_span(series->source), newest = r3_timeframe_open(series->source, now);
    int64_t from = plan->from, oldest = newest - (exchange->depth - 1) * span, end = newest;
    if (!is_main(plan, series) && plan->with_from != R3_TIME_ABSENT)
        from = plan->with_from;
    if (plan->to != R3_TIME_ABSENT && plan->to < end)
        end = plan->to;
    if (from == R3_TIME_ABSENT)
        from = plan->follow ? r3_timeframe_open(series->timeframe, now) : end - (exchange->page - 1) * span;
    from = from > 0 ? from : 0;
    bool gone = exchange->depth > 0 && from < oldest;
    r3_fetch_series_from(series, gone ? oldest : from);
    return gone;
}
