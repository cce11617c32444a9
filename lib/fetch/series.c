#include "lib/fetch/series.h"

#include "lib/base/clock.h"

enum {
    FIRST_LOOK = 500, /* ms between two looks for a candle that is late; twice as much each time */
    LONGEST_LOOK = 4000
};

int r3_fetch_series_start(struct r3_fetch_series *series, const char *platform, enum r3_timeframe source,
                          enum r3_timeframe timeframe, struct r3_error *error) {
    struct r3_candle *candle = &series->head.candle;
    series->source = source;
    series->timeframe = timeframe;
    series->resampling = source != timeframe;
    r3_record_init(&series->head, R3_CANDLE);
    r3_copy_text(candle->platform, sizeof candle->platform, platform, strlen(platform));
    memcpy(candle->market, series->market, sizeof candle->market);
    r3_gap_init(&series->gap, source);
    return series->resampling ? r3_resample_init(&series->resample, source, timeframe, error) : 0;
}

void r3_fetch_series_from(struct r3_fetch_series *series, int64_t from) {
    int64_t open = r3_timeframe_open(series->timeframe, from);
    if (open < from)
        open = r3_timeframe_close(series->timeframe, open);
    series->from = series->known = series->ask_from = open;
    if (series->resampling) /* all that there is from then on will be seen */
        r3_resample_known_from(&series->resample, open);
}

int r3_fetch_series_resume(struct r3_fetch_series *series, const struct r3_candle *last, struct r3_error *error) {
    if (series->any && last->time <= series->last.time)
        return r3_fail(error, R3_DATA, "a candle that does not come after the one before it");
    r3_fetch_series_from(series, r3_timeframe_close(series->timeframe, last->time));
    series->last = *last;
    series->last.timeframe = series->source; /* what stands in for a missing one is like it */
    series->any = true;
    series->gap.expected = series->from;
    series->received++;
    return 0;
}

void r3_fetch_series_release(struct r3_fetch_series *series) {
    free(series->page);
    series->page = NULL;
}

/* ---- candles ---- */

static int fail_place(const struct r3_fetch_series *series, int64_t time, struct r3_error *error) {
    char text[R3_TIME_TEXT_SIZE];
    r3_time_format(text, time);
    return r3_error_at(error, "%s %s %s: ", series->market, r3_timeframe_name(series->source), text);
}

static int check(const struct r3_fetch_series *series, const struct r3_candle *candle, struct r3_error *error) {
    const struct r3_decimal *low = &candle->low, *high = &candle->high;
    if (r3_timeframe_open(series->source, candle->time) != candle->time)
        return r3_fail(error, R3_DATA, "no %s candle opens then", r3_timeframe_name(series->source));
    if (!r3_decimal_is_positive(low) || r3_decimal_is_negative(&candle->volume))
        return r3_fail(error, R3_DATA, "a price that is not above 0, or a negative volume");
    if (r3_decimal_is_less(&candle->open, low) || r3_decimal_is_less(&candle->close, low) ||
        r3_decimal_is_less(high, &candle->open) || r3_decimal_is_less(high, &candle->close))
        return r3_fail(error, R3_DATA, "open and close are not between low and high");
    return 0;
}

struct window {
    struct r3_fetch_series *series;
    int64_t from, to;
};

static void insert(struct r3_fetch_series *series, size_t place, const struct r3_candle *candle) {
    if (series->count == series->capacity) {
        series->capacity = series->capacity ? series->capacity * 2 : 64;
        series->page = r3_reallocate(series->page, series->capacity * sizeof series->page[0]);
    }
    struct r3_candle *out = &series->page[place];
    memmove(out + 1, out, (series->count++ - place) * sizeof *out);
    *out = *candle;
    memcpy(out->platform, series->head.candle.platform, sizeof out->platform);
    memcpy(out->market, series->market, sizeof out->market);
    out->timeframe = series->source;
}

/* Mostly they come in order, and each goes to the end. */
static int take_candle(const struct r3_candle *candle, void *context, struct r3_error *error) {
    const struct window *window = context;
    struct r3_fetch_series *series = window->series;
    if (candle->time < window->from || candle->time >= window->to)
        return 0;
    if (check(series, candle, error) < 0)
        return fail_place(series, candle->time, error);
    size_t place = series->count;
    while (place > 0 && series->page[place - 1].time > candle->time)
        place--;
    if (place > 0 && series->page[place - 1].time == candle->time) {
        if (r3_candle_same_values(&series->page[place - 1], candle))
            return 0;
        r3_fail(error, R3_DATA, "it came twice, with other values");
        return fail_place(series, candle->time, error);
    }
    insert(series, place, candle);
    return 0;
}

/* ---- what comes from elsewhere ---- */

bool r3_fetch_series_sound(const struct r3_fetch_series *series, const struct r3_candle *candle) {
    struct r3_error unused;
    return check(series, candle, &unused) == 0;
}

/* ---- what comes from the exchange ---- */

static int ask(struct r3_fetch_series *series, struct r3_fetch_link *link, enum r3_timeframe timeframe, int64_t from,
               int64_t to, r3_exchange_candle *each, void *context, struct r3_error *error) {
    const struct r3_exchange *exchange = link->exchange;
    series->count = series->at = 0;
    int result = exchange->candles(link->client, series->market, timeframe, from, to, each, context, error);
    result = r3_fetch_link_take(link, result, error);
    if (result <= 0)
        series->count = 0;
    return result;
}

/* ---- windows without a candle ---- */

static int take_first(const struct r3_candle *candle, void *context, struct r3_error *error) {
    int64_t *first = context;
    (void)error;
    if (*first == R3_TIME_ABSENT || candle->time < *first)
        *first = candle->time;
    return 0;
}

/* The first day with a trade. Before a market begins, and while it is closed, there may be years without one. */
static int search(struct r3_fetch_series *series, struct r3_fetch_link *link, struct r3_error *error) {
    int64_t day = r3_timeframe_open(R3_1D, series->known), first = R3_TIME_ABSENT,
            end = day + link->exchange->page * R3_DAY;
    end = end < series->until ? end : series->until;
    int result = ask(series, link, R3_1D, day, end, take_first, &first, error);
    if (result <= 0)
        return result;
    series->search = first == R3_TIME_ABSENT; /* then it goes on in the next days */
    if (series->search)
        first = end;
    if (first > series->known)
        series->known = series->ask_from = first < series->until ? first : series->until;
    return 1;
}

/* ---- the youngest candle ---- */

int64_t r3_fetch_series_pause(const struct r3_fetch_series *series, const struct r3_fetch_link *link) {
    int64_t late = series->retry - r3_clock_monotonic(), young = 0;
    if (link->fixed == R3_TIME_ABSENT &&
        series->known + link->exchange->page * r3_timeframe_span(series->source) >= series->until)
        young = series->until + R3_FETCH_SETTLE - r3_fetch_link_now(link);
    late = late > young ? late : young;
    return late > 0 ? late : 0;
}

/* An interval at the end in which nothing was traded, as far as anybody can tell by now. */
static void give_up(struct r3_fetch_series *series) {
    bool fills = series->follow && series->policy == R3_GAPS_FILL;
    series->known = series->until;
    if (series->resampling || fills)
        series->ask_from = series->until;
    if (fills)
        series->fill_up_to = series->until;
}

/* Whether nothing is missing in [from, to) that an exchange has. */
static bool is_empty(const struct r3_fetch_series *series, int64_t from, int64_t to) {
    return from == to || (series->asked_from <= from && to <= series->asked_to);
}

bool r3_fetch_series_put(struct r3_fetch_series *series, const struct r3_candle *candles, size_t count, bool all) {
    int64_t end = series->ask_from, known = series->known;
    size_t taken = 0;
    series->count = series->at = 0;
    for (; taken < count && is_empty(series, end, candles[taken].time); taken++) {
        if (!r3_fetch_series_sound(series, &candles[taken]))
            break;
        insert(series, taken, &candles[taken]);
        end = series->ask_from = r3_timeframe_close(series->source, candles[taken].time);
    }
    if (all && taken == count && series->asked_from <= end && end < series->asked_to)
        end = series->asked_to < series->until ? series->asked_to : series->until;
    if (taken == 0 && end <= known)
        return false;
    series->known = known > end ? known : end;
    series->search = false;
    series->looks = 0;
    series->retry = 0;
    if (end == series->until && series->ask_from < end)
        give_up(series);
    else
        series->ask_from = end;
    return true;
}

/* The last window was asked for. */
static void settle(struct r3_fetch_series *series, const struct r3_fetch_link *link) {
    if (series->count > 0)
        series->ask_from = r3_timeframe_close(series->source, series->page[series->count - 1].time);
    series->known = series->known > series->ask_from ? series->known : series->ask_from;
    if (series->ask_from >= series->until)
        return;
    /* With R3_NOW no time passes. */
    if (link->fixed != R3_TIME_ABSENT || r3_fetch_link_now(link) >= series->until + R3_FETCH_LATE) {
        series->looks = 0;
        give_up(series);
        return;
    }
    int64_t wait = (int64_t)FIRST_LOOK << (series->looks < 8 ? series->looks : 8);
    series->retry = r3_clock_monotonic() + (wait < LONGEST_LOOK ? wait : LONGEST_LOOK);
    series->looks++;
}

int r3_fetch_series_ask(struct r3_fetch_series *series, struct r3_fetch_link *link, struct r3_error *error) {
    const int64_t page = link->exchange->page * r3_timeframe_span(series->source);
    series->window_from = series->window_to = 0;
    if (series->search)
        return search(series, link, error);
    int64_t end = r3_timeframe_open(series->source, series->known + page);
    end = end < series->until ? end : series->until;
    struct window window = { series, end - page > series->ask_from ? end - page : series->ask_from, end };
    int result = ask(series, link, series->source, window.from, end, take_candle, &window, error);
    if (result <= 0)
        return result;
    series->window_from = window.from;
    series->window_to = end;
    if (end == series->until) {
        settle(series, link);
        return 1;
    }
    series->known = series->ask_from = end;
    series->search = series->count == 0 && series->source < R3_1D && link->exchange->has(R3_1D);
    return 1;
}

/* ---- what goes out ---- */

static int meet_gap(struct r3_fetch_series *series, int64_t expected, uint64_t missing, int64_t time,
                    struct r3_error *error) {
    if (r3_gap_check(series->policy, expected, missing, error) < 0)
        return fail_place(series, time, error);
    if (series->policy == R3_GAPS_FILL) {
        series->fill_next = expected;
        series->fill_end = time;
    }
    return 0;
}

/* Behind the last candle that was given. */
static void fill_tail(struct r3_fetch_series *series) {
    struct r3_gap *gap = &series->gap;
    uint64_t before = gap->missing;
    if (!series->any || gap->expected >= series->fill_up_to)
        return;
    series->fill_next = gap->expected;
    series->fill_end = series->fill_up_to;
    if (gap->gaps++ == 0)
        gap->first = gap->expected;
    for (; gap->expected < series->fill_up_to; gap->missing++)
        gap->expected = r3_timeframe_close(series->source, gap->expected);
    if (gap->gaps == 1)
        gap->first_missing = gap->missing - before;
}

/* The next candle of the source, stand-ins included: 1, 0: there is none, -1. */
static int next_of_source(struct r3_fetch_series *series, struct r3_candle *out, struct r3_error *error) {
    bool more = series->at < series->count;
    if (more && !series->met && series->fill_next >= series->fill_end) {
        int64_t expected = series->gap.expected, time = series->page[series->at].time;
        uint64_t missing = r3_gap_step(&series->gap, time);
        series->met = true;
        if (missing && meet_gap(series, expected, missing, time, error) < 0)
            return -1;
    }
    if (!more && series->fill_next >= series->fill_end)
        fill_tail(series);
    if (series->fill_next < series->fill_end) {
        r3_gap_fill(out, &series->last, series->fill_next);
        series->fill_next = r3_timeframe_close(series->source, series->fill_next);
        return 1;
    }
    if (!more)
        return 0;
    *out = series->last = series->page[series->at++];
    series->met = false;
    series->any = true;
    series->received++;
    return 1;
}

static void be_ready(struct r3_fetch_series *series, const struct r3_candle *candle) {
    series->head.candle = *candle;
    series->close = r3_timeframe_close(series->timeframe, candle->time);
    series->ready = true;
}

int r3_fetch_series_look(struct r3_fetch_series *series, struct r3_error *error) {
    struct r3_resample *resample = &series->resample;
    struct r3_candle candle;
    while (!series->ready) {
        if (series->resampling && r3_resample_take(resample, &candle)) {
            be_ready(series, &candle);
            break;
        }
        int more = next_of_source(series, &candle, error);
        if (more < 0)
            return -1;
        if (more == 0) {
            if (!series->resampling || !resample->open || series->known < resample->close)
                return 0;
            r3_resample_end(resample, series->known);
        } else if (!series->resampling) {
            be_ready(series, &candle);
        } else if (r3_resample_put(resample, &candle, error) < 0) {
            return fail_place(series, candle.time, error);
        }
    }
    return 0;
}

int64_t r3_fetch_series_next_close(const struct r3_fetch_series *series) {
    if (!series->follow && !r3_fetch_series_wants(series))
        return INT64_MAX;
    if (series->resampling && series->resample.open)
        return series->resample.close;
    return r3_timeframe_close(series->timeframe, r3_timeframe_open(series->timeframe, series->known));
}
