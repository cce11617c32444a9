/* r3-fetch: candles of an exchange. Each market's series are asked for a page at a time, whichever is the furthest behind, and
 * given in the order in which they close, as soon as no other can come before. */

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/fetch/fetch_private.h"
#include "lib/stage/collect_tell.h"

enum {
    MEASURE_AGAIN = 30000, /* ms after which the exchange's clock is looked at again, since this one may have slept */
    REST = 1000            /* ms without anything to do at a time */
};

static const struct r3_option options[] = {
    { .name = "from", .kind = R3_OPTION_TIME, .argument = "TIME", .help = "first open to write" },
    { .name = "to", .kind = R3_OPTION_TIME, .argument = "TIME", .help = "write only opens before it" },
    { .name = "resample",
      .letter = 'r',
      .kind = R3_OPTION_TEXT,
      .argument = "TF",
      .help = "put complete candles of TF together" },
    { .name = "with", .kind = R3_OPTION_TEXT, .argument = "TF", .help = "finer candles too, merged" },
    { .name = "with-from", .kind = R3_OPTION_TIME, .argument = "TIME", .help = "first open of those (else --from)" },
    { .name = "follow", .letter = 'f', .kind = R3_OPTION_FLAG, .help = "go on: each candle when it has closed" },
    { .name = "ticker",
      .kind = R3_OPTION_INTEGER,
      .argument = "SECONDS",
      .minimum = 1,
      .help = "prices between candles, or one at the end" },
    { .name = "resume", .kind = R3_OPTION_TEXT, .argument = "FILE", .help = "what FILE has first, then what is new" },
    { .name = "store",
      .kind = R3_OPTION_FLAG,
      .help = "candles that the store has are not asked for; new ones are kept" },
    { .name = "gaps",
      .kind = R3_OPTION_CHOICE,
      .argument = "warn|fill|fail",
      .fallback = "warn",
      .help = "what to do about missing candles" },
    { .name = "quiet", .kind = R3_OPTION_FLAG, .help = "say nothing of what is missing, only of what is wrong" },
    { .name = "fee",
      .kind = R3_OPTION_FRACTION,
      .argument = "FRACTION",
      .help = "taker fee, for the instrument record" },
    { .name = "maker-fee", .kind = R3_OPTION_FRACTION, .argument = "FRACTION", .help = "maker fee (else --fee)" },
    { .name = NULL },
};

static void fetch_free(void *state) {
    struct r3_fetch *fetch = state;
    if (!fetch)
        return;
    r3_fetch_resume_free(fetch->resume);
    r3_fetch_kept_close(fetch->kept);
    r3_fetch_link_close(&fetch->link);
    r3_fetch_plan_release(&fetch->plan);
    free(fetch->instruments);
    free(fetch);
}

static int fetch_init(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                      struct r3_error *error) {
    struct r3_fetch *fetch = r3_allocate(sizeof *fetch);
    const char *file = r3_arguments_text(arguments, "resume");
    *state = fetch;
    fetch->port = port;
    fetch->arguments = arguments;
    fetch->last = R3_TIME_ABSENT;
    fetch->prices = r3_arguments_given(arguments, "ticker") ? 0 : R3_TIME_ABSENT;
    if (r3_fetch_plan_make(&fetch->plan, arguments, error) < 0)
        return -1;
    if (fetch->plan.follow && r3_clock_is_set())
        return r3_fail(error, R3_USAGE, "--follow: no time passes while R3_NOW is set");
    fetch->instruments = r3_allocate(fetch->plan.market_count * sizeof fetch->instruments[0]);
    if (file && r3_fetch_resume_open(&fetch->resume, file, error) < 0)
        return -1;
    return r3_fetch_link_open(&fetch->link, fetch->plan.exchange, port, error);
}

/* ---- candles ---- */

static bool precedes(int64_t close, const struct r3_fetch_series *a, int64_t other_close,
                     const struct r3_fetch_series *b) {
    if (close != other_close)
        return close < other_close;
    return a->timeframe != b->timeframe ? a->timeframe < b->timeframe : a < b;
}

/* The series whose candle goes next; NULL: there is none yet. */
static struct r3_fetch_series *first_ready(const struct r3_fetch_plan *plan) {
    struct r3_fetch_series *first = NULL;
    for (size_t i = 0; i < plan->series_count; i++) {
        struct r3_fetch_series *series = &plan->series[i];
        if (series->ready && (!first || precedes(series->close, series, first->close, first)))
            first = series;
    }
    for (size_t i = 0; first && i < plan->series_count; i++) {
        const struct r3_fetch_series *series = &plan->series[i];
        if (!series->ready && precedes(r3_fetch_series_next_close(series), series, first->close, first))
            return NULL;
    }
    return first;
}

/* Give what is ready: how many, or -1. */
static int give(struct r3_fetch *fetch, struct r3_error *error) {
    for (int given = 0; given < R3_FETCH_BATCH; given++) {
        for (size_t i = 0; i < fetch->plan.series_count; i++)
            if (r3_fetch_series_look(&fetch->plan.series[i], error) < 0)
                return r3_error_at(error, "%s: ", fetch->plan.exchange->name);
        struct r3_fetch_series *series = first_ready(&fetch->plan);
        if (!series)
            return given;
        series->ready = false;
        if (series->close < fetch->last) {
            if (fetch->late++ == 0)
                fetch->port->warn(fetch->port, "%s: a candle came behind younger records, and is left out",
                                  series->market);
            continue;
        }
        fetch->last = series->close;
        if (r3_fetch_emit(fetch, &series->head, error) < 0)
            return -1;
    }
    return R3_FETCH_BATCH;
}

/* What is to be asked for next, and *pause, ms until then. NULL: nothing now. */
static struct r3_fetch_series *choose(struct r3_fetch *fetch, int64_t *pause) {
    struct r3_fetch_series *chosen = NULL;
    *pause = 0;
    for (size_t i = 0; i < fetch->plan.series_count; i++) {
        struct r3_fetch_series *series = &fetch->plan.series[i];
        if (series->ready || !r3_fetch_series_wants(series))
            continue;
        int64_t wait = r3_fetch_series_pause(series, &fetch->link);
        if (!chosen || wait < *pause || (wait == *pause && series->known < chosen->known)) {
            chosen = series;
            *pause = wait;
        }
    }
    return chosen;
}

static void tell_progress(struct r3_fetch *fetch) {
    uint64_t done = 0, total = 0;
    if (fetch->plan.follow)
        return;
    for (size_t i = 0; i < fetch->plan.series_count; i++) {
        const struct r3_fetch_series *series = &fetch->plan.series[i];
        const int64_t span = r3_timeframe_span(series->source);
        done += (uint64_t)((series->known - series->from) / span);
        total += (uint64_t)((series->until - series->from) / span);
    }
    fetch->port->progress(fetch->port, done, total);
}

/* ---- prices ---- */

/* The time at which the next candle of any series closes. */
static int64_t next_boundary(const struct r3_fetch *fetch) {
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < fetch->plan.series_count; i++) {
        const struct r3_fetch_series *series = &fetch->plan.series[i];
        int64_t close = r3_timeframe_close(series->source, series->until);
        next = close < next ? close : next;
    }
    return next;
}

/* One that is older than what was given, or younger than a candle that is still to come, would break the order of time. */
static int ask_price(struct r3_fetch *fetch, int64_t before, struct r3_error *error) {
    struct r3_fetch_link *link = &fetch->link;
    struct r3_record record;
    struct r3_price *price = &record.price;
    const char *market = fetch->plan.markets[fetch->asked], *platform = fetch->plan.exchange->name;
    r3_record_init(&record, R3_PRICE);
    int result = r3_fetch_link_take(link, link->exchange->price(link->client, market, price, error), error);
    if (result <= 0)
        return result < 0 ? -1 : 1;
    fetch->asked++;
    if (price->time == R3_TIME_ABSENT)
        price->time = r3_fetch_link_now(link);
    r3_copy_text(price->platform, sizeof price->platform, platform, strlen(platform));
    r3_copy_text(price->market, sizeof price->market, market, strlen(market));
    if (price->time < fetch->last || price->time >= before)
        return 1;
    fetch->last = price->time;
    return r3_fetch_emit(fetch, &record, error) < 0 ? -1 : R3_FETCH_FLUSH_FIRST;
}

static int ask_last_prices(struct r3_fetch *fetch, struct r3_error *error) {
    if (fetch->asked == fetch->plan.market_count) {
        fetch->phase = OVER;
        return 0;
    }
    return ask_price(fetch, INT64_MAX, error);
}

/* ---- --follow ---- */

/* All that has closed was given: prices, the exchange's clock, and a rest until the next close. */
static int follow(struct r3_fetch *fetch, struct r3_error *error) {
    const struct r3_fetch_plan *plan = &fetch->plan;
    int64_t monotonic = r3_clock_monotonic(),
            wait = next_boundary(fetch) + R3_FETCH_SETTLE - r3_fetch_link_now(&fetch->link);
    if (r3_fetch_plan_over(plan)) {
        fetch->phase = OVER;
        return 0;
    }
    if (fetch->moved || monotonic - fetch->link.timed > MEASURE_AGAIN) {
        int result = r3_fetch_link_measure(&fetch->link, error);
        fetch->moved &= result <= 0;
        return result < 0 ? -1 : 1;
    }
    if (fetch->prices != R3_TIME_ABSENT && fetch->prices <= monotonic) {
        if (fetch->asked < plan->market_count)
            return ask_price(fetch, next_boundary(fetch), error);
        fetch->asked = 0;
        fetch->prices = monotonic + r3_arguments_get(fetch->arguments, "ticker", 0)->integer * R3_SECOND;
    }
    wait = wait < REST ? wait : REST;
    if (fetch->prices != R3_TIME_ABSENT && fetch->prices - monotonic < wait)
        wait = fetch->prices - monotonic;
    return r3_fetch_link_wait(&fetch->link, wait > 1 ? wait : 1, error);
}

/* ---- the stage ---- */

/* Take what the store has: whether that is anything. */
static bool read_kept(struct r3_fetch *fetch) {
    bool any = false;
    for (size_t i = 0; fetch->kept && i < fetch->plan.series_count; i++) {
        struct r3_fetch_series *series = &fetch->plan.series[i];
        if (!series->ready && r3_fetch_series_wants(series))
            any |= r3_fetch_kept_read(fetch->kept, series);
    }
    return any;
}

/* Right before the exchange is asked: others may have asked it meanwhile. 1: it is to be asked; 0: not now; -1. */
static int look_again(struct r3_fetch *fetch, struct r3_error *error) {
    if (!fetch->kept || fetch->looked)
        return 1;
    int result = r3_fetch_await_turn(fetch, error);
    if (result <= 0)
        return result;
    for (size_t i = 0; i < fetch->plan.series_count; i++)
        fetch->plan.series[i].kept_to = 0;
    fetch->looked = true;
    return 0;
}

/* It was not the last page, or there was none: others may go on. */
static void asked(struct r3_fetch *fetch, const struct r3_fetch_series *series, int result) {
    if (!fetch->kept || (result > 0 && (series->looks > 0 || !r3_fetch_series_wants(series))))
        return;
    r3_fetch_end_turn(fetch);
}

static int ask(struct r3_fetch *fetch, struct r3_fetch_series *series, struct r3_error *error) {
    int result = look_again(fetch, error);
    if (result <= 0)
        return result < 0 ? -1 : R3_FETCH_FLUSH_FIRST;
    fetch->moved = true;
    result = r3_fetch_series_ask(series, &fetch->link, error);
    if (result > 0 && fetch->kept)
        r3_fetch_kept_write(fetch->kept, series, &fetch->link);
    asked(fetch, series, result);
    return result < 0 ? -1 : 1;
}

static int run(struct r3_fetch *fetch, struct r3_error *error) {
    int64_t pause;
    int given = give(fetch, error);
    tell_progress(fetch);
    if (given != 0)
        return given < 0 ? -1 : given == R3_FETCH_BATCH ? 1 : R3_FETCH_FLUSH_FIRST;
    if (fetch->plan.follow)
        r3_fetch_limit_all(fetch);
    if (read_kept(fetch))
        return 1;
    struct r3_fetch_series *series = choose(fetch, &pause);
    if (series && pause > 0)
        return r3_fetch_link_wait(&fetch->link, pause, error);
    if (series)
        return ask(fetch, series, error);
    r3_fetch_end_turn(fetch);
    if (fetch->plan.follow)
        return follow(fetch, error);
    fetch->asked = 0;
    fetch->phase = fetch->prices == R3_TIME_ABSENT ? OVER : LAST_PRICES;
    return fetch->phase != OVER;
}

static int fetch_pull(void *state, struct r3_error *error) {
    struct r3_fetch *fetch = state;
    int64_t pause = r3_fetch_link_pause(&fetch->link);
    if (pause > 0)
        return r3_fetch_link_wait(&fetch->link, pause, error);
    switch (fetch->phase) {
    case RUN:
        return run(fetch, error);
    case LAST_PRICES:
        return ask_last_prices(fetch, error);
    case OVER:
        return 0;
    default:
        return r3_fetch_pull_head(fetch, error);
    }
}

static void tell(struct r3_fetch *fetch, struct r3_fetch_series *series, bool ended) {
    const char *timeframe = r3_timeframe_name(series->timeframe);
    r3_collect_tell_gaps(fetch->port, series->market, &series->gap, series->policy);
    if (ended && series->received == 0 && series->until > series->from)
        fetch->port->warn(fetch->port, "%s %s: no candle lies between --from and --to", series->market, timeframe);
}

static int fetch_finish(void *state, bool ended, struct r3_error *error) {
    struct r3_fetch *fetch = state;
    struct r3_record record;
    const struct r3_fetch_plan *plan = &fetch->plan;
    (void)ended; /* a source's own end */
    if (fetch->written == 0 && r3_fetch_emit_head(fetch, error) < 0)
        return -1;
    for (size_t i = 0; !r3_arguments_given(fetch->arguments, "quiet") && i < plan->series_count; i++)
        tell(fetch, &plan->series[i], fetch->phase == OVER);
    if (fetch->late)
        fetch->port->warn(fetch->port, "%" PRIu64 " candle%s came too late, and w%s left out", fetch->late,
                          fetch->late == 1 ? "" : "s", fetch->late == 1 ? "as" : "ere");
    r3_record_init(&record, R3_END);
    memcpy(record.end.source, "r3-fetch", sizeof "r3-fetch");
    record.end.records = (int64_t)fetch->written;
    return fetch->port->emit(fetch->port, &record, error);
}

const struct r3_stage r3_fetch_stage = {
    .name = "r3-fetch",
    .operands = "EXCHANGE MARKET… TIMEFRAME",
    .summary = "write the candles of an exchange as records",
    .options = options,
    .init = fetch_init,
    .pull = fetch_pull,
    .finish = fetch_finish,
    .free = fetch_free,
};
