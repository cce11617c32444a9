/* r3-fetch: candles of an exchange. Each market's series are asked for a page at a time, whichever is the furthest behind, and
 * given in the order in which they close, as soon as no other can come before. */

#include "lib/fetch/fetch.h"

#include <inttypes.h>

#include "lib/base/clock.h"
#include "lib/fetch/near.h"
#include "lib/fetch/plan.h"
#include "lib/fetch/resume.h"
#include "lib/market/market_name.h"
#include "lib/stage/collect_tell.h"

enum {
    BATCH = 1000,
    FLUSH_FIRST = 2,       /* what pull returns when the next call may have to wait */
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

enum phase { MEASURE, INSTRUMENTS, NEAR, HEAD, OLD, RUN, LAST_PRICES, OVER };

struct fetch {
    struct r3_port *port;
    const struct r3_arguments *arguments;
    struct r3_fetch_plan plan;
    struct r3_fetch_link link;
    enum phase phase;
    struct r3_instrument *instruments; /* one a market */
    size_t asked;                      /* markets of which there is an instrument, or a price in this round */
    struct r3_near near;
    struct r3_error refusal; /* what the exchange said of a market that may not exist */
    struct r3_fetch_resume *resume;
    int64_t last;   /* close of the last candle, or time of the last price, that was given; R3_TIME_ABSENT: none */
    int64_t prices; /* monotonic ms when they are due; R3_TIME_ABSENT: not wanted */
    uint64_t written, late;
    bool moved; /* candles were asked for since its time was measured */
};

static void fetch_free(void *state) {
    struct fetch *fetch = state;
    if (!fetch)
        return;
    r3_fetch_resume_free(fetch->resume);
    r3_fetch_link_close(&fetch->link);
    r3_fetch_plan_release(&fetch->plan);
    free(fetch->instruments);
    free(fetch);
}

static int fetch_init(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                      struct r3_error *error) {
    struct fetch *fetch = r3_allocate(sizeof *fetch);
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

static int emit(struct fetch *fetch, const struct r3_record *record, struct r3_error *error) {
    fetch->written++;
    return fetch->port->emit(fetch->port, record, error);
}

/* ---- until the first record ---- */

static int measure(struct fetch *fetch, struct r3_error *error) {
    int result = r3_fetch_link_measure(&fetch->link, error);
    if (result > 0)
        fetch->phase = INSTRUMENTS;
    return result < 0 ? -1 : 1;
}

static void take_fees(struct fetch *fetch, struct r3_instrument *instrument) {
    const struct r3_argument *taker = r3_arguments_get(fetch->arguments, "fee", 0),
                             *maker = r3_arguments_get(fetch->arguments, "maker-fee", 0);
    if (taker)
        instrument->taker_fee = taker->decimal;
    if (maker || taker)
        instrument->maker_fee = (maker ? maker : taker)->decimal;
}

static int ask_instrument(struct fetch *fetch, struct r3_error *error) {
    struct r3_fetch_link *link = &fetch->link;
    struct r3_instrument *out = &fetch->instruments[fetch->asked];
    const char *market = fetch->plan.markets[fetch->asked];
    int result = link->exchange->instrument(link->client, market, out, error);
    if (result < 0 && error->status == R3_DATA) {
        fetch->refusal = *error;
        memcpy(fetch->near.market, market, sizeof fetch->near.market);
        fetch->phase = NEAR;
        return 1;
    }
    result = r3_fetch_link_take(link, result, error);
    if (result <= 0)
        return result < 0 ? -1 : 1;
    take_fees(fetch, out);
    if (++fetch->asked == fetch->plan.market_count)
        fetch->phase = HEAD;
    return 1;
}

static int look_near(const struct r3_instrument *instrument, void *context, struct r3_error *error) {
    (void)error;
    r3_near_look(context, instrument->market);
    return 0;
}

/* The market was refused. Is it a wrong name? */
static int ask_near(struct fetch *fetch, struct r3_error *error) {
    struct r3_fetch_link *link = &fetch->link;
    struct r3_near *near = &fetch->near;
    struct r3_buffer names = R3_BUFFER_INIT;
    near->count = 0;
    int result = link->exchange->symbols(link->client, look_near, near, error);
    result = r3_fetch_link_take(link, result, error);
    if (result <= 0)
        return result < 0 ? -1 : 1;
    if (near->exists) {
        *error = fetch->refusal;
        return r3_error_at(error, "%s (%s): %s: ", link->exchange->name, link->url, near->market);
    }
    for (size_t i = 0; i < near->count; i++)
        r3_buffer_printf(&names, "%s%s", i ? ", " : "; near it: ", near->found[i].name);
    r3_fail(error, R3_DATA, "%s has no market %s%s (r3-fetch symbols %s lists them)", link->exchange->name,
            near->market, names.length ? names.data : "", link->exchange->name);
    r3_buffer_release(&names);
    return -1;
}

static int emit_head(struct fetch *fetch, struct r3_error *error) {
    struct r3_record record;
    r3_record_init(&record, R3_STREAM);
    record.stream.version = R3_STREAM_VERSION;
    if (emit(fetch, &record, error) < 0)
        return -1;
    for (size_t i = 0; i < fetch->asked; i++) {
        r3_record_init(&record, R3_INSTRUMENT);
        record.instrument = fetch->instruments[i];
        if (emit(fetch, &record, error) < 0)
            return -1;
    }
    return 0;
}

static void tell_depth(struct fetch *fetch, const struct r3_fetch_series *series) {
    char time[R3_TIME_TEXT_SIZE];
    r3_time_format(time, series->from);
    fetch->port->warn(fetch->port, "%s %s: %s has the last %" PRId64 " candles alone: from %s on", series->market,
                      r3_timeframe_name(series->source), fetch->plan.exchange->name, fetch->plan.exchange->depth, time);
}

static int begin(struct fetch *fetch, struct r3_error *error) {
    const struct r3_fetch_plan *plan = &fetch->plan;
    int64_t now = r3_fetch_link_now(&fetch->link);
    for (size_t i = 0; i < plan->series_count; i++) {
        struct r3_fetch_series *series = &plan->series[i];
        bool gone = r3_fetch_plan_begin(plan, series, now);
        if (gone && (plan->from != R3_TIME_ABSENT || plan->with_from != R3_TIME_ABSENT))
            tell_depth(fetch, series);
        r3_fetch_plan_limit(plan, series, now);
    }
    fetch->link.patient = plan->follow;
    fetch->phase = fetch->resume ? OLD : RUN;
    int result = emit_head(fetch, error) < 0 ? -1 : FLUSH_FIRST;
    fetch->asked = 0;
    return result;
}

/* Records of the file that an earlier run left, some at a time. */
static int pass_old(struct fetch *fetch, struct r3_error *error) {
    struct r3_record record;
    int64_t now = r3_fetch_link_now(&fetch->link);
    for (int i = 0; i < BATCH; i++) {
        int result = r3_fetch_resume_next(fetch->resume, &fetch->plan, &record, error);
        if (result < 0)
            return -1;
        if (result == 0) {
            for (size_t k = 0; k < fetch->plan.series_count; k++)
                r3_fetch_plan_limit(&fetch->plan, &fetch->plan.series[k], now);
            if (r3_fetch_resume_is_cut(fetch->resume))
                fetch->port->warn(fetch->port, "%s: its last line is cut off, and asked for again",
                                  r3_arguments_text(fetch->arguments, "resume"));
            fetch->phase = RUN;
            return 1;
        }
        fetch->last = record.type == R3_PRICE ? record.price.time
                                              : r3_timeframe_close(record.candle.timeframe, record.candle.time);
        if (emit(fetch, &record, error) < 0)
            return -1;
    }
    return 1;
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
static int give(struct fetch *fetch, struct r3_error *error) {
    for (int given = 0; given < BATCH; given++) {
        for (size_t i = 0; i < fetch->plan.series_count; i++)
            if (r3_fetch_series_look(&fetch->plan.series[i], error) < 0)
                return r3_error_at(error, "%s: ", fetch->plan.exchange->name);
        struct r3_fetch_series *series = first_ready(&fetch->plan);
        if (!series)
            return given;
        series->ready = false;
        if (series->close < fetch->last) {
            fetch->late++;
            continue;
        }
        fetch->last = series->close;
        if (emit(fetch, &series->head, error) < 0)
            return -1;
    }
    return BATCH;
}

/* What is to be asked for next, and *pause, ms until then. NULL: nothing now. */
static struct r3_fetch_series *choose(struct fetch *fetch, int64_t *pause) {
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

static void tell_progress(struct fetch *fetch) {
    uint64_t done = 0, total = 0;
    for (size_t i = 0; i < fetch->plan.series_count; i++) {
        const struct r3_fetch_series *series = &fetch->plan.series[i];
        const int64_t span = r3_timeframe_span(series->source);
        done += (uint64_t)((series->known - series->from) / span);
        total += (uint64_t)((series->until - series->from) / span);
    }
    if (!fetch->plan.follow)
        fetch->port->progress(fetch->port, done, total);
}

/* ---- prices ---- */

/* The time at which the next candle of any series closes. */
static int64_t next_boundary(const struct fetch *fetch) {
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < fetch->plan.series_count; i++) {
        const struct r3_fetch_series *series = &fetch->plan.series[i];
        int64_t close = r3_timeframe_close(series->source, series->until);
        next = close < next ? close : next;
    }
    return next;
}

/* One that is older than what was given, or younger than a candle that is still to come, would break the order of time. */
static int ask_price(struct fetch *fetch, int64_t before, struct r3_error *error) {
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
    return emit(fetch, &record, error) < 0 ? -1 : FLUSH_FIRST;
}

static int ask_last_prices(struct fetch *fetch, struct r3_error *error) {
    if (fetch->asked == fetch->plan.market_count) {
        fetch->phase = OVER;
        return 0;
    }
    return ask_price(fetch, INT64_MAX, error);
}

/* ---- --follow ---- */

/* All that has closed was given: prices, the exchange's clock, and a rest until the next close. */
static int follow(struct fetch *fetch, struct r3_error *error) {
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

static int run(struct fetch *fetch, struct r3_error *error) {
    int64_t pause;
    int given = give(fetch, error);
    tell_progress(fetch);
    if (given != 0)
        return given < 0 ? -1 : given == BATCH ? 1 : FLUSH_FIRST;
    if (fetch->plan.follow)
        for (size_t i = 0; i < fetch->plan.series_count; i++)
            r3_fetch_plan_limit(&fetch->plan, &fetch->plan.series[i], r3_fetch_link_now(&fetch->link));
    struct r3_fetch_series *series = choose(fetch, &pause);
    if (series && pause > 0)
        return r3_fetch_link_wait(&fetch->link, pause, error);
    if (series) {
        fetch->moved = true;
        return r3_fetch_series_ask(series, &fetch->link, error) < 0 ? -1 : 1;
    }
    if (fetch->plan.follow)
        return follow(fetch, error);
    fetch->asked = 0;
    fetch->phase = fetch->prices == R3_TIME_ABSENT ? OVER : LAST_PRICES;
    return fetch->phase != OVER;
}

static int fetch_pull(void *state, struct r3_error *error) {
    struct fetch *fetch = state;
    int64_t pause = r3_fetch_link_pause(&fetch->link);
    if (pause > 0)
        return r3_fetch_link_wait(&fetch->link, pause, error);
    switch (fetch->phase) {
    case MEASURE:
        return measure(fetch, error);
    case INSTRUMENTS:
        return ask_instrument(fetch, error);
    case NEAR:
        return ask_near(fetch, error);
    case HEAD:
        return begin(fetch, error);
    case OLD:
        return pass_old(fetch, error);
    case RUN:
        return run(fetch, error);
    case LAST_PRICES:
        return ask_last_prices(fetch, error);
    case OVER:
        break;
    }
    return 0;
}

static void tell(struct fetch *fetch, struct r3_fetch_series *series, bool ended) {
    const char *timeframe = r3_timeframe_name(series->timeframe);
    r3_collect_tell_gaps(fetch->port, series->market, &series->gap, series->policy);
    if (ended && series->received == 0 && series->until > series->from)
        fetch->port->warn(fetch->port, "%s %s: no candle lies between --from and --to", series->market, timeframe);
}

static int fetch_finish(void *state, bool ended, struct r3_error *error) {
    struct fetch *fetch = state;
    struct r3_record record;
    const struct r3_fetch_plan *plan = &fetch->plan;
    (void)ended; /* a source's own end */
    if (fetch->written == 0 && emit_head(fetch, error) < 0)
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
