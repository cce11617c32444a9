#include "lib/fetch/kept.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/session/market_retention.h"
#include "lib/session/market_store.h"

enum {
    PATIENCE = 1000,  /* ms for the store, while candles wait */
    BATCH = 250,      /* candles in a transaction: others want to write too */
    RULES_AGE = 3600, /* s */
    DAYS = 10         /* as r3-market keep has it */
};

struct r3_fetch_kept {
    const struct r3_exchange *exchange;
    struct r3_port *port;
    struct r3_store *store; /* NULL: it is used no more */
    struct r3_fetch_turn turn;
};

/* ---- the store ---- */

static void give_up(struct r3_fetch_kept *kept, const struct r3_error *error) {
    kept->port->warn(kept->port, "%s; %s is asked for all", error->text, kept->exchange->name);
    r3_store_close(kept->store);
    kept->store = NULL;
    r3_fetch_turn_close(&kept->turn);
}

struct r3_fetch_kept *r3_fetch_kept_open(const struct r3_exchange *exchange, const char *market, struct r3_port *port) {
    struct r3_fetch_kept *kept = r3_allocate(sizeof *kept);
    struct r3_error error = { 0 };
    *kept = (struct r3_fetch_kept) { .exchange = exchange, .port = port, .turn.fd = -1 };
    if (r3_store_open_briefly(&kept->store, PATIENCE, &error) < 0 || r3_store_ready(kept->store, &error) < 0) {
        give_up(kept, &error);
    } else if (market) {
        struct r3_buffer key = R3_BUFFER_INIT;
        r3_buffer_printf(&key, "%s\n%s\n%s", r3_store_name(kept->store), exchange->name, market);
        r3_fetch_turn_open(&kept->turn, key.data);
        r3_buffer_release(&key);
    }
    return kept;
}

void r3_fetch_kept_close(struct r3_fetch_kept *kept) {
    if (!kept)
        return;
    r3_store_close(kept->store);
    r3_fetch_turn_close(&kept->turn);
    free(kept);
}

struct r3_fetch_turn *r3_fetch_kept_turn(struct r3_fetch_kept *kept) {
    return &kept->turn;
}

/* ---- rules ---- */

struct rules {
    struct r3_store_value key[2];
    struct r3_buffer record;
    int64_t time;
};

static int take_rules(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct rules *rules = context;
    (void)error;
    r3_buffer_reset(&rules->record);
    r3_buffer_append_text(&rules->record, r3_store_row_text(row, 0));
    rules->time = row->columns[1].integer;
    return 0;
}

static int load_rules(struct r3_store *store, void *context, struct r3_error *error) {
    struct rules *rules = context;
    rules->time = R3_TIME_ABSENT;
    return r3_store_run(store, R3_QUERY_INSTRUMENT, rules->key, 2, take_rules, rules, NULL, error);
}

static bool is_fresh(const struct rules *rules) {
    struct r3_error unused;
    int64_t now;
    return rules->time != R3_TIME_ABSENT && r3_clock_now(&now, &unused) == 0 && now >= rules->time &&
           now - rules->time < RULES_AGE * R3_SECOND;
}

static bool decode_rules(struct r3_instrument *out, const struct rules *rules, const char *market) {
    struct r3_decoder *decoder = r3_decoder_new();
    struct r3_record record;
    struct r3_error unused;
    bool sound = r3_record_decode(decoder, &record, rules->record.data, rules->record.length, &unused) == 0 &&
                 record.type == R3_INSTRUMENT && strcmp(record.instrument.market, market) == 0;
    if (sound)
        *out = record.instrument;
    r3_decoder_free(decoder);
    return sound;
}

bool r3_fetch_kept_instrument(struct r3_fetch_kept *kept, const char *market, struct r3_instrument *out) {
    struct rules rules = { .key = { r3_store_text(kept->exchange->name), r3_store_text(market) },
                           .record = R3_BUFFER_INIT };
    struct r3_error error = { 0 };
    if (!kept->store)
        return false;
    int result = r3_store_read(kept->store, load_rules, &rules, &error);
    if (result < 0)
        give_up(kept, &error);
    bool found = result == 0 && is_fresh(&rules) && decode_rules(out, &rules, market);
    r3_buffer_release(&rules.record);
    return found;
}

static int store_rules(struct r3_store *store, void *context, struct r3_error *error) {
    return r3_store_run(store, R3_QUERY_KEEP_INSTRUMENT, context, 4, NULL, NULL, NULL, error);
}

void r3_fetch_kept_set_instrument(struct r3_fetch_kept *kept, const struct r3_instrument *instrument) {
    struct r3_buffer line = R3_BUFFER_INIT;
    struct r3_error error = { 0 };
    struct r3_record record;
    int64_t now;
    if (!kept->store)
        return;
    r3_record_init(&record, R3_INSTRUMENT);
    record.instrument = *instrument;
    int result = r3_clock_now(&now, &error) < 0 ? -1 : r3_record_encode(&line, &record, &error);
    if (result == 0) {
        if (line.data[line.length - 1] == '\n')
            line.data[line.length - 1] = '\0';
        struct r3_store_value values[] = { r3_store_text(kept->exchange->name), r3_store_text(instrument->market),
                                           r3_store_text(line.data), r3_store_integer(now) };
        result = r3_store_write(kept->store, store_rules, values, &error);
    }
    if (result < 0)
        give_up(kept, &error);
    r3_buffer_release(&line);
}

/* ---- candles out of it ---- */

static struct r3_market_reader reader_of(struct r3_fetch_kept *kept, const struct r3_fetch_series *series) {
    struct r3_market_reader reader = {
        .store = kept->store, .query = { .timeframe = series->source }, .next = series->ask_from, .end = series->until
    };
    const char *platform = kept->exchange->name;
    r3_copy_text(reader.query.platform, sizeof reader.query.platform, platform, strlen(platform));
    memcpy(reader.query.market, series->market, sizeof reader.query.market);
    return reader;
}

static int find_asked(struct r3_store *store, void *context, struct r3_error *error) {
    struct r3_fetch_series *series = context;
    return r3_market_asked(&series->asked_from, &series->asked_to, store, series->head.candle.platform, series->market,
                           series->source, error);
}

/* What was asked for is looked at first: what is told later is more. */
bool r3_fetch_kept_read(struct r3_fetch_kept *kept, struct r3_fetch_series *series) {
    struct r3_error error = { 0 };
    bool further = false;
    if (!kept->store || series->kept_to == series->until)
        return false;
    struct r3_market_reader reader = reader_of(kept, series);
    if (r3_store_read(kept->store, find_asked, series, &error) < 0 || r3_market_reader_page(&reader, &error) < 0)
        give_up(kept, &error);
    else
        further = r3_fetch_series_put(series, reader.page, reader.count, reader.next >= reader.end);
    if (!further || reader.next >= reader.end)
        series->kept_to = series->until;
    r3_market_reader_release(&reader);
    return further;
}

/* ---- candles into it ---- */

/* One transaction: some of a page. What it finds to be different is noted, and acted on when it is done. */
struct batch {
    const struct r3_fetch_series *series;
    size_t from, to;
    int64_t cutoff;  /* what opens before is too old */
    int64_t settled; /* what opens before and did not come is not there */
    int64_t newest;  /* open of the newest that was kept before; R3_TIME_ABSENT: none */
    struct other {
        size_t at;
        struct r3_candle kept;
    } others[BATCH];
    size_t count;
    struct r3_error first; /* what it says of the first of them */
};

static int store_batch(struct r3_store *store, void *context, struct r3_error *error) {
    struct batch *batch = context;
    batch->count = 0;
    for (size_t i = batch->from; i < batch->to; i++) {
        const struct r3_candle *candle = &batch->series->page[i];
        struct other *other = &batch->others[batch->count];
        if (candle->time < batch->cutoff)
            continue;
        int result = r3_market_store_candle(store, candle, &other->kept, error);
        if (result < 0)
            return -1;
        if (result > 0)
            continue;
        if (batch->count++ == 0)
            batch->first = *error;
        other->at = i;
    }
    return 0;
}

/* A session has acted on what is kept. */
static void take_kept(struct r3_fetch_kept *kept, struct r3_fetch_series *series, const struct batch *batch) {
    if (batch->count == 0)
        return;
    if (batch->count == 1)
        kept->port->warn(kept->port, "%s; the one that is kept stays", batch->first.text);
    else
        kept->port->warn(kept->port, "%s, and %zu more differ; those that are kept stay", batch->first.text,
                         batch->count - 1);
    for (size_t i = 0; i < batch->count; i++) {
        const struct other *other = &batch->others[i];
        if (r3_fetch_series_sound(series, &other->kept))
            series->page[other->at] = other->kept;
    }
}

static int find_newest(struct r3_store *store, void *context, struct r3_error *error) {
    struct batch *batch = context;
    const struct r3_fetch_series *series = batch->series;
    return r3_market_newest(&batch->newest, store, series->head.candle.platform, series->market, series->source, error);
}

/* r3-market keep would delete it again. That the sessions' rules cannot be read is said where something is deleted. */
static int find_cutoff(struct r3_fetch_kept *kept, struct batch *batch, struct r3_error *error) {
    const struct r3_fetch_series *series = batch->series;
    int64_t span = DAYS * R3_DAY, end = series->until;
    if (batch->newest != R3_TIME_ABSENT && r3_timeframe_close(series->source, batch->newest) > end)
        end = r3_timeframe_close(series->source, batch->newest);
    batch->cutoff = end - span;
    if (series->count == 0 || series->page[0].time >= batch->cutoff)
        return 0;
    if (r3_market_retention(&span, kept->store, series->head.candle.platform, series->market, series->source, span,
                            false, error) < 0)
        return -1;
    batch->cutoff = span == R3_TIME_ABSENT ? batch->cutoff : end - span;
    return 0;
}

/* Once a day of market time. */
static int trim(struct r3_fetch_kept *kept, const struct batch *batch, struct r3_error *error) {
    const struct r3_fetch_series *series = batch->series;
    int64_t unused, newest = series->count ? series->page[series->count - 1].time : INT64_MIN;
    if (newest < batch->cutoff || (batch->newest != R3_TIME_ABSENT &&
                                   r3_timeframe_open(R3_1D, newest) <= r3_timeframe_open(R3_1D, batch->newest)))
        return 0;
    int result = r3_market_trim(&unused, kept->store, series->head.candle.platform, series->market, series->source,
                                DAYS * R3_DAY, false, error);
    if (result == 0)
        kept->port->warn(kept->port, "%s: so no candle is deleted", error->text);
    return result < 0 ? -1 : 0;
}

/* By the exchange's own clock, whatever R3_NOW says: an interval of which there is no candle so long after its close had no trade. */
static int64_t settled(const struct r3_fetch_series *series, const struct r3_fetch_link *link) {
    int64_t end = r3_timeframe_open(series->source, r3_clock_monotonic() + link->ahead - R3_FETCH_LATE);
    return end < series->window_to ? end : series->window_to;
}

static int add_asked(struct r3_store *store, void *context, struct r3_error *error) {
    const struct batch *batch = context;
    const struct r3_fetch_series *series = batch->series;
    int64_t first = R3_TIME_ABSENT, from = series->window_from;
    for (size_t i = 0; first == R3_TIME_ABSENT && i < series->count; i++)
        if (series->page[i].time >= batch->cutoff)
            first = series->page[i].time;
    if (from < batch->cutoff) {
        from = r3_timeframe_open(series->source, batch->cutoff);
        from = from < batch->cutoff ? r3_timeframe_close(series->source, from) : from;
    }
    return r3_market_add_asked(store, series->head.candle.platform, series->market, series->source, from,
                               batch->settled, first, error);
}

static int write_page(struct r3_fetch_kept *kept, struct r3_fetch_series *series, struct batch *batch,
                      struct r3_error *error) {
    if (r3_store_read(kept->store, find_newest, batch, error) < 0 || find_cutoff(kept, batch, error) < 0)
        return -1;
    for (batch->from = 0; batch->from < series->count; batch->from = batch->to) {
        batch->to = batch->from + BATCH < series->count ? batch->from + BATCH : series->count;
        if (series->page[batch->to - 1].time < batch->cutoff)
            continue;
        if (r3_store_write(kept->store, store_batch, batch, error) < 0)
            return -1;
        take_kept(kept, series, batch);
    }
    if (batch->settled > batch->cutoff && r3_store_write(kept->store, add_asked, batch, error) < 0)
        return -1;
    return trim(kept, batch, error);
}

void r3_fetch_kept_write(struct r3_fetch_kept *kept, struct r3_fetch_series *series, const struct r3_fetch_link *link) {
    struct r3_error error = { 0 };
    if (!kept->store || series->window_to == 0)
        return;
    struct batch *batch = r3_allocate(sizeof *batch);
    batch->series = series;
    batch->settled = settled(series, link);
    if (write_page(kept, series, batch, &error) < 0)
        give_up(kept, &error);
    free(batch);
}
