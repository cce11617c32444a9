/* r3-fetch until it asks for candles: the exchange's clock, the rules of the markets, the head of the stream, and what --resume has. */
#include <inttypes.h>

#include "lib/fetch/fetch_private.h"

enum { TURN_PAUSE = 20 /* ms between two looks whether it has come */ };

/* ---- the store, and turns to ask ---- */

/* Who follows measures the exchange's clock again and again anyway. */
static bool recall(struct r3_fetch *fetch) {
    return fetch->kept && !fetch->plan.follow && r3_fetch_link_recall(&fetch->link);
}

static int begin_store(struct r3_fetch *fetch) {
    const struct r3_fetch_plan *plan = &fetch->plan;
    if (r3_arguments_given(fetch->arguments, "store"))
        fetch->kept =
            r3_fetch_kept_open(plan->exchange, plan->market_count == 1 ? plan->markets[0] : NULL, fetch->port);
    fetch->link.shared = fetch->kept != NULL;
    fetch->phase = recall(fetch) ? INSTRUMENTS : MEASURE;
    return 1;
}

int r3_fetch_await_turn(struct r3_fetch *fetch, struct r3_error *error) {
    if (!fetch->kept || r3_fetch_turn_take(r3_fetch_kept_turn(fetch->kept)))
        return 1;
    return r3_fetch_link_wait(&fetch->link, TURN_PAUSE, error) < 0 ? -1 : 0;
}

void r3_fetch_end_turn(struct r3_fetch *fetch) {
    if (fetch->kept)
        r3_fetch_turn_end(r3_fetch_kept_turn(fetch->kept));
    fetch->looked = false;
}

/* ---- clock and rules ---- */

static int measure(struct r3_fetch *fetch, struct r3_error *error) {
    int result = r3_fetch_await_turn(fetch, error);
    if (result <= 0)
        return result < 0 ? -1 : 1;
    result = recall(fetch) ? 1 : r3_fetch_link_measure(&fetch->link, error);
    if (result > 0)
        fetch->phase = INSTRUMENTS;
    else
        r3_fetch_end_turn(fetch);
    return result < 0 ? -1 : 1;
}

static void take_fees(struct r3_fetch *fetch, struct r3_instrument *instrument) {
    const struct r3_argument *taker = r3_arguments_get(fetch->arguments, "fee", 0),
                             *maker = r3_arguments_get(fetch->arguments, "maker-fee", 0);
    if (taker)
        instrument->taker_fee = taker->decimal;
    if (maker || taker)
        instrument->maker_fee = (maker ? maker : taker)->decimal;
}

static int next_instrument(struct r3_fetch *fetch, struct r3_instrument *instrument) {
    take_fees(fetch, instrument);
    if (++fetch->asked == fetch->plan.market_count)
        fetch->phase = HEAD;
    return 1;
}

/* The store is looked into once more when its turn has come. */
static int ask_instrument(struct r3_fetch *fetch, struct r3_error *error) {
    struct r3_fetch_link *link = &fetch->link;
    struct r3_instrument *out = &fetch->instruments[fetch->asked];
    const char *market = fetch->plan.markets[fetch->asked];
    if (fetch->kept && r3_fetch_kept_instrument(fetch->kept, market, out))
        return next_instrument(fetch, out);
    int result = r3_fetch_await_turn(fetch, error);
    if (result <= 0)
        return result < 0 ? -1 : 1;
    if (fetch->kept && r3_fetch_kept_instrument(fetch->kept, market, out))
        return next_instrument(fetch, out);
    result = link->exchange->instrument(link->client, market, out, error);
    if (result < 0 && error->status == R3_DATA) {
        fetch->refusal = *error;
        memcpy(fetch->near.market, market, sizeof fetch->near.market);
        fetch->phase = NEAR;
        return 1;
    }
    result = r3_fetch_link_take(link, result, error);
    if (result <= 0) {
        r3_fetch_end_turn(fetch);
        return result < 0 ? -1 : 1;
    }
    if (fetch->kept)
        r3_fetch_kept_set_instrument(fetch->kept, out);
    return next_instrument(fetch, out);
}

static int look_near(const struct r3_instrument *instrument, void *context, struct r3_error *error) {
    (void)error;
    r3_near_look(context, instrument->market);
    return 0;
}

/* The market was refused. Is it a wrong name? */
static int ask_near(struct r3_fetch *fetch, struct r3_error *error) {
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

int r3_fetch_emit_head(struct r3_fetch *fetch, struct r3_error *error) {
    struct r3_record record;
    r3_record_init(&record, R3_STREAM);
    record.stream.version = R3_STREAM_VERSION;
    if (r3_fetch_emit(fetch, &record, error) < 0)
        return -1;
    for (size_t i = 0; i < fetch->asked; i++) {
        r3_record_init(&record, R3_INSTRUMENT);
        record.instrument = fetch->instruments[i];
        if (r3_fetch_emit(fetch, &record, error) < 0)
            return -1;
    }
    return 0;
}

void r3_fetch_limit_all(struct r3_fetch *fetch) {
    int64_t now = r3_fetch_link_now(&fetch->link);
    for (size_t i = 0; i < fetch->plan.series_count; i++)
        r3_fetch_plan_limit(&fetch->plan, &fetch->plan.series[i], now);
}

static void tell_depth(struct r3_fetch *fetch, const struct r3_fetch_series *series) {
    char time[R3_TIME_TEXT_SIZE];
    r3_time_format(time, series->from);
    fetch->port->warn(fetch->port, "%s %s: %s has the last %" PRId64 " candles alone: from %s on", series->market,
                      r3_timeframe_name(series->source), fetch->plan.exchange->name, fetch->plan.exchange->depth, time);
}

static int begin(struct r3_fetch *fetch, struct r3_error *error) {
    const struct r3_fetch_plan *plan = &fetch->plan;
    int64_t now = r3_fetch_link_now(&fetch->link);
    for (size_t i = 0; i < plan->series_count; i++) {
        struct r3_fetch_series *series = &plan->series[i];
        bool gone = r3_fetch_plan_begin(plan, series, now);
        if (gone && (plan->from != R3_TIME_ABSENT || plan->with_from != R3_TIME_ABSENT))
            tell_depth(fetch, series);
        r3_fetch_plan_limit(plan, series, now);
    }
    r3_fetch_end_turn(fetch);
    fetch->link.patient = plan->follow;
    fetch->phase = fetch->resume ? OLD : RUN;
    int result = r3_fetch_emit_head(fetch, error) < 0 ? -1 : R3_FETCH_FLUSH_FIRST;
    fetch->asked = 0;
    return result;
}

/* Records of the file that an earlier run left, some at a time. */
static int pass_old(struct r3_fetch *fetch, struct r3_error *error) {
    struct r3_record record;
    for (int i = 0; i < R3_FETCH_BATCH; i++) {
        int result = r3_fetch_resume_next(fetch->resume, &fetch->plan, &record, error);
        if (result < 0)
            return -1;
        if (result == 0) {
            r3_fetch_limit_all(fetch);
            if (r3_fetch_resume_is_cut(fetch->resume))
                fetch->port->warn(fetch->port, "%s: its last line is cut off, and asked for again",
                                  r3_arguments_text(fetch->arguments, "resume"));
            fetch->phase = RUN;
            return 1;
        }
        fetch->last = record.type == R3_PRICE ? record.price.time
                                              : r3_timeframe_close(record.candle.timeframe, record.candle.time);
        if (r3_fetch_emit(fetch, &record, error) < 0)
            return -1;
    }
    return 1;
}

int r3_fetch_pull_head(struct r3_fetch *fetch, struct r3_error *error) {
    switch (fetch->phase) {
    case STORE:
        return begin_store(fetch);
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
    default:
        return 0;
    }
}
