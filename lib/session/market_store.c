#include "lib/session/market_store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/clock.h"

enum { PLATFORM, MARKET, TIMEFRAME, SERIES_VALUES };
enum { TOPIC_SIZE = R3_PLATFORM_SIZE + R3_MARKET_SIZE + 16 };

static void set_series(struct r3_store_value values[SERIES_VALUES], const char *platform, const char *market,
                       enum r3_timeframe timeframe) {
    values[PLATFORM] = r3_store_text(platform);
    values[MARKET] = r3_store_text(market);
    values[TIMEFRAME] = r3_store_text(r3_timeframe_name(timeframe));
}

/* Columns from `first` on: time, open, high, low, close, volume. */
static int take_numbers(struct r3_candle *candle, const struct r3_store_row *row, struct r3_error *error) {
    struct r3_decimal *const numbers[] = { &candle->open, &candle->high, &candle->low, &candle->close,
                                           &candle->volume };
    candle->time = row->columns[0].integer;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (r3_store_row_decimal(numbers[i], row, i + 1, error) < 0)
            return -1;
    return 0;
}

/* ---- one candle ---- */

static void write_candle(char *out, size_t size, const struct r3_candle *candle) {
    char numbers[5][R3_DECIMAL_TEXT_SIZE];
    const struct r3_decimal *const values[] = { &candle->open, &candle->high, &candle->low, &candle->close,
                                                &candle->volume };
    for (size_t i = 0; i < 5; i++)
        r3_decimal_format(numbers[i], values[i]);
    snprintf(out, size, "open %s high %s low %s close %s volume %s", numbers[0], numbers[1], numbers[2], numbers[3],
             numbers[4]);
}

static int take_stored(const struct r3_store_row *row, void *context, struct r3_error *error) {
    return take_numbers(context, row, error);
}

static int compare_stored(struct r3_store *store, const struct r3_store_value *values, const struct r3_candle *candle,
                          struct r3_candle *kept, struct r3_error *error) {
    struct r3_candle stored = *candle;
    char there[240], new[240], time[R3_TIME_TEXT_SIZE];
    if (r3_store_run(store, R3_QUERY_CANDLE, values, SERIES_VALUES + 1, take_stored, &stored, NULL, error) < 0)
        return -1;
    if (kept)
        *kept = stored;
    if (r3_candle_same_values(&stored, candle))
        return 1;
    write_candle(there, sizeof there, &stored);
    write_candle(new, sizeof new, candle);
    r3_time_format(time, candle->time);
    r3_fail(error, R3_DATA, "%s %s %s of %s is kept with %s, and comes with %s", candle->market,
            r3_timeframe_name(candle->timeframe), time, candle->platform, there, new);
    return 0;
}

int r3_market_store_candle(struct r3_store *store, const struct r3_candle *candle, struct r3_candle *kept,
                           struct r3_error *error) {
    struct r3_store_value values[SERIES_VALUES + 6];
    int64_t changed = 0;
    set_series(values, candle->platform, candle->market, candle->timeframe);
    values[SERIES_VALUES] = r3_store_integer(candle->time);
    values[SERIES_VALUES + 1] = r3_store_decimal(&candle->open);
    values[SERIES_VALUES + 2] = r3_store_decimal(&candle->high);
    values[SERIES_VALUES + 3] = r3_store_decimal(&candle->low);
    values[SERIES_VALUES + 4] = r3_store_decimal(&candle->close);
    values[SERIES_VALUES + 5] = r3_store_decimal(&candle->volume);
    if (r3_store_run(store, R3_QUERY_ADD_CANDLE, values, SERIES_VALUES + 6, NULL, NULL, &changed, error) < 0)
        return -1;
    return changed ? 1 : compare_stored(store, values, candle, kept, error);
}

int r3_market_newest(int64_t *time, struct r3_store *store, const char *platform, const char *market,
                     enum r3_timeframe timeframe, struct r3_error *error) {
    struct r3_store_value values[SERIES_VALUES + 2];
    *time = R3_TIME_ABSENT;
    set_series(values, platform, market, timeframe);
    values[SERIES_VALUES] = r3_store_integer(INT64_MAX);
    values[SERIES_VALUES + 1] = r3_store_integer(0);
    return r3_store_run(store, R3_QUERY_LAST_CANDLE, values, SERIES_VALUES + 2, r3_store_take_integer, time, NULL,
                        error);
}

/* ---- what is noted of a series: rows of consumer_positions ---- */

static int get_note(int64_t *value, struct r3_store *store, const char *platform, const char *market,
                    enum r3_timeframe timeframe, const char *name, struct r3_error *error) {
    char topic[TOPIC_SIZE];
    snprintf(topic, sizeof topic, "%s/%s/%s/%s", platform, market, r3_timeframe_name(timeframe), name);
    *value = 0;
    return r3_store_mark(value, store, "candles", topic, error);
}

static int set_note(struct r3_store *store, const char *platform, const char *market, enum r3_timeframe timeframe,
                    const char *name, int64_t value, struct r3_error *error) {
    char topic[TOPIC_SIZE];
    snprintf(topic, sizeof topic, "%s/%s/%s/%s", platform, market, r3_timeframe_name(timeframe), name);
    return r3_store_set_mark(store, "candles", topic, value, error);
}

int r3_market_days(int64_t *days, struct r3_store *store, const char *platform, const char *market,
                   enum r3_timeframe timeframe, struct r3_error *error) {
    return get_note(days, store, platform, market, timeframe, "days", error);
}

int r3_market_set_days(struct r3_store *store, const char *platform, const char *market, enum r3_timeframe timeframe,
                       int64_t days, struct r3_error *error) {
    return set_note(store, platform, market, timeframe, "days", days, error);
}

int r3_market_asked(int64_t *from, int64_t *to, struct r3_store *store, const char *platform, const char *market,
                    enum r3_timeframe timeframe, struct r3_error *error) {
    if (get_note(from, store, platform, market, timeframe, "from", error) < 0 ||
        get_note(to, store, platform, market, timeframe, "to", error) < 0)
        return -1;
    *to = *to > *from ? *to : *from;
    return 0;
}

/* Both, so that of two who change them at once one sees what the other did. */
static int set_asked(struct r3_store *store, const char *platform, const char *market, enum r3_timeframe timeframe,
                     int64_t from, int64_t to, struct r3_error *error) {
    return set_note(store, platform, market, timeframe, "from", from, error) < 0
               ? -1
               : set_note(store, platform, market, timeframe, "to", to, error);
}

int r3_market_add_asked(struct r3_store *store, const char *platform, const char *market, enum r3_timeframe timeframe,
                        int64_t from, int64_t to, int64_t first, struct r3_error *error) {
    struct r3_store_value values[SERIES_VALUES + 1];
    int64_t there_from, there_to, there = R3_TIME_ABSENT;
    set_series(values, platform, market, timeframe);
    values[SERIES_VALUES] = r3_store_integer(first);
    if (r3_market_asked(&there_from, &there_to, store, platform, market, timeframe, error) < 0 ||
        (first != R3_TIME_ABSENT && r3_store_run(store, R3_QUERY_CANDLE, values, SERIES_VALUES + 1,
                                                 r3_store_take_integer, &there, NULL, error) < 0))
        return -1;
    /* Somebody has deleted them meanwhile, the oldest ones first; or an older span that does not touch the newer one. */
    if (there != first || to <= from || (to < there_from && there_to > there_from))
        return 0;
    if (from <= there_to && there_to > there_from) {
        from = there_from < from ? there_from : from;
        to = there_to > to ? there_to : to;
    }
    return set_asked(store, platform, market, timeframe, from, to, error);
}

/* Of what is deleted nobody knows any more. */
int r3_market_forget(struct r3_store *store, const char *platform, const char *market, enum r3_timeframe timeframe,
                     int64_t time, struct r3_error *error) {
    struct r3_store_value values[SERIES_VALUES + 1];
    int64_t from, to;
    set_series(values, platform, market, timeframe);
    values[SERIES_VALUES] = r3_store_integer(time);
    if (r3_store_run(store, R3_QUERY_FORGET_CANDLES, values, SERIES_VALUES + 1, NULL, NULL, NULL, error) < 0 ||
        r3_market_asked(&from, &to, store, platform, market, timeframe, error) < 0)
        return -1;
    return from == to || from >= time
               ? 0
               : set_asked(store, platform, market, timeframe, time, to > time ? to : time, error);
}

/* ---- reading ---- */

/* What the first transaction of a reader finds out. */
struct start {
    struct r3_market_reader *reader;
    bool all;
    struct r3_error refusal;         /* status 0: none */
    char platform[R3_PLATFORM_SIZE]; /* row by row */
    bool found;
};

static int take_platform(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct start *start = context;
    const char *text = r3_store_row_text(row, 0);
    start->found = true;
    if (r3_copy_text(start->platform, sizeof start->platform, text, strlen(text)) < 0)
        return r3_fail(error, R3_DATA, "platform: \"%.40s\" is too long", text);
    return 0;
}

/* Each platform that has candles at all is asked for these: there are few, and each question is one look into the index. */
static int choose_platform(struct r3_store *store, struct start *start, struct r3_error *error) {
    struct r3_market_query *query = &start->reader->query;
    struct r3_buffer names = R3_BUFFER_INIT;
    unsigned count = 0;
    int result = 0;
    start->platform[0] = '\0';
    while (result == 0) {
        const struct r3_store_value after = r3_store_text(start->platform);
        char before[R3_PLATFORM_SIZE];
        int64_t newest;
        memcpy(before, start->platform, sizeof before);
        start->found = false;
        result = r3_store_run(store, R3_QUERY_NEXT_PLATFORM, &after, 1, take_platform, start, NULL, error);
        if (result < 0 || !start->found || strcmp(before, start->platform) == 0)
            break;
        result = r3_market_newest(&newest, store, start->platform, query->market, query->timeframe, error);
        if (result < 0 || newest == R3_TIME_ABSENT)
            continue;
        r3_buffer_printf(&names, "%s%s", count++ ? ", " : "", start->platform);
        memcpy(query->platform, start->platform, sizeof query->platform);
    }
    if (result == 0 && count > 1)
        r3_fail(&start->refusal, R3_USAGE, "%s %s is kept of several platforms, choose one: %s", query->market,
                r3_timeframe_name(query->timeframe), names.data);
    if (result == 0 && count == 0)
        r3_fail(&start->refusal, R3_UNAVAILABLE, "no candle of %s %s is kept", query->market,
                r3_timeframe_name(query->timeframe));
    r3_buffer_release(&names);
    return result;
}

/* The open of the last candle but `skip` ahead of reader->end; left alone where there are not so many. */
static int find_last(struct r3_store *store, const struct r3_market_reader *reader, int64_t skip, int64_t *time,
                     struct r3_error *error) {
    struct r3_store_value values[SERIES_VALUES + 2];
    set_series(values, reader->query.platform, reader->query.market, reader->query.timeframe);
    values[SERIES_VALUES] = r3_store_integer(reader->end);
    values[SERIES_VALUES + 1] = r3_store_integer(skip);
    return r3_store_run(store, R3_QUERY_LAST_CANDLE, values, SERIES_VALUES + 2, r3_store_take_integer, time, NULL,
                        error);
}

static int find_start(struct r3_store *store, void *context, struct r3_error *error) {
    struct start *start = context;
    struct r3_market_reader *reader = start->reader;
    const struct r3_market_query *query = &reader->query;
    int64_t newest = R3_TIME_ABSENT;
    start->refusal.status = 0;
    if (!query->platform[0] && choose_platform(store, start, error) < 0)
        return -1;
    if (start->refusal.status)
        return 0;
    if (find_last(store, reader, 0, &newest, error) < 0)
        return -1;
    if (newest == R3_TIME_ABSENT) {
        r3_fail(&start->refusal, R3_UNAVAILABLE, "no candle of %s %s on %s is kept%s", query->market,
                r3_timeframe_name(query->timeframe), query->platform, reader->end < INT64_MAX ? " up to then" : "");
        return 0;
    }
    reader->wanted_from = query->from != R3_TIME_ABSENT ? query->from : 0;
    if (query->last && find_last(store, reader, query->last - 1, &reader->wanted_from, error) < 0)
        return -1;
    reader->next = start->all ? 0 : reader->wanted_from;
    return 0;
}

int r3_market_reader_start(struct r3_market_reader *reader, struct r3_store *store, const struct r3_market_query *query,
                           bool all, struct r3_error *error) {
    struct start start = { .reader = reader, .all = all };
    *reader = (struct r3_market_reader) { .store = store, .query = *query };
    reader->end = query->to != R3_TIME_ABSENT ? query->to : INT64_MAX;
    if (r3_clock_is_set()) {
        int64_t now;
        if (r3_clock_now(&now, error) < 0)
            return -1;
        now = r3_timeframe_open(query->timeframe, now); /* what opens from then on closes later */
        reader->end = now < reader->end ? now : reader->end;
    }
    if (r3_store_read(store, find_start, &start, error) < 0)
        return -1;
    if (start.refusal.status)
        *error = start.refusal;
    return start.refusal.status ? 0 : 1;
}

static int take_candle(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct r3_market_reader *reader = context;
    const struct r3_market_query *query = &reader->query;
    if (reader->count == R3_MARKET_PAGE)
        return r3_fail(error, R3_BUG, "a page of more than %d candles", R3_MARKET_PAGE);
    struct r3_candle *candle = &reader->page[reader->count++];
    memcpy(candle->platform, query->platform, sizeof candle->platform);
    memcpy(candle->market, query->market, sizeof candle->market);
    candle->timeframe = query->timeframe;
    return take_numbers(candle, row, error);
}

static int read_page(struct r3_store *store, void *context, struct r3_error *error) {
    struct r3_market_reader *reader = context;
    struct r3_store_value values[SERIES_VALUES + 3];
    set_series(values, reader->query.platform, reader->query.market, reader->query.timeframe);
    values[SERIES_VALUES] = r3_store_integer(reader->next);
    values[SERIES_VALUES + 1] = r3_store_integer(reader->end);
    values[SERIES_VALUES + 2] = r3_store_integer(R3_MARKET_PAGE);
    reader->count = 0;
    return r3_store_run(store, R3_QUERY_CANDLES, values, SERIES_VALUES + 3, take_candle, reader, NULL, error);
}

int r3_market_reader_page(struct r3_market_reader *reader, struct r3_error *error) {
    if (!reader->page)
        reader->page = r3_allocate(R3_MARKET_PAGE * sizeof reader->page[0]);
    reader->count = 0;
    if (reader->next >= reader->end)
        return 0;
    if (r3_store_read(reader->store, read_page, reader, error) < 0)
        return -1;
    reader->next = reader->count == R3_MARKET_PAGE ? reader->page[reader->count - 1].time + 1 : reader->end;
    return 0;
}

void r3_market_reader_release(struct r3_market_reader *reader) {
    free(reader->page);
    reader->page = NULL;
}
