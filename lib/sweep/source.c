#include "lib/sweep/source.h"

#include <endian.h>
#include <pthread.h>

#include "lib/base/buffer.h"
#include "lib/base/hash.h"
#include "lib/stage/engine.h"
#include "lib/sweep/messages.h"

enum { COLUMNS = 6, WORDS = 7, HASHED_AT_ONCE = 1024 };

/* A record, or a block whose columns are one allocation. */
struct item {
    struct r3_record *record; /* NULL: a block */
    struct r3_candles block;
    int64_t *columns;
};

struct r3_sweep_source {
    struct r3_sweep_messages messages; /* while it is read */
    uint64_t *words; /* of candles that wait to be hashed, so many at once wherever blocks end; NULL once it is read */
    size_t waiting;
    struct item *items;
    size_t count, capacity, bytes;
    uint64_t candles, hash;
    int64_t first, last;
    /* The series whose candle was hashed last. */
    char platform[R3_PLATFORM_SIZE], market[R3_MARKET_SIZE];
    enum r3_timeframe timeframe;
    uint64_t series;
};

/* ---- what it says ---- */

/* The same double whatever the scale it is written with: one rounding, of the exact value. */
static double value_of(int64_t coefficient, int32_t scale) {
    static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                     1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18 };
    if (coefficient < INT64_C(1) << 53)
        return (double)coefficient / powers[scale];
    struct r3_decimal decimal = R3_DECIMAL(coefficient, scale);
    return r3_decimal_to_double(&decimal);
}

static void enter_series(struct r3_sweep_source *source, const char *platform, const char *market,
                         enum r3_timeframe timeframe) {
    if (timeframe == source->timeframe && strcmp(platform, source->platform) == 0 &&
        strcmp(market, source->market) == 0)
        return;
    memset(source->platform, 0, sizeof source->platform);
    memset(source->market, 0, sizeof source->market);
    memcpy(source->platform, platform, strlen(platform));
    memcpy(source->market, market, strlen(market));
    source->timeframe = timeframe;
    const char *name = r3_timeframe_name(timeframe);
    source->series = r3_hash(source->platform, sizeof source->platform, 0);
    source->series = r3_hash(source->market, sizeof source->market, source->series);
    source->series = r3_hash(name, strlen(name), source->series);
}

static void hash_waiting(struct r3_sweep_source *source) {
    for (size_t i = 0; i < source->waiting * WORDS; i++)
        source->words[i] = htole64(source->words[i]); /* the same on every machine */
    source->hash = r3_hash(source->words, source->waiting * WORDS * sizeof source->words[0], source->hash);
    source->waiting = 0;
}

static void count_candle(struct r3_sweep_source *source, int64_t time, const double prices[5]) {
    uint64_t *words = source->words + source->waiting * WORDS;
    words[0] = source->series;
    words[1] = (uint64_t)time;
    memcpy(words + 2, prices, 5 * sizeof prices[0]);
    if (++source->waiting == HASHED_AT_ONCE)
        hash_waiting(source);
    if (source->candles++ == 0)
        source->first = time;
    source->last = time;
}

static void count_record(struct r3_sweep_source *source, const struct r3_candle *candle) {
    const double prices[5] = { r3_decimal_to_double(&candle->open), r3_decimal_to_double(&candle->high),
                               r3_decimal_to_double(&candle->low), r3_decimal_to_double(&candle->close),
                               r3_decimal_to_double(&candle->volume) };
    enter_series(source, candle->platform, candle->market, candle->timeframe);
    count_candle(source, candle->time, prices);
}

static void count_block(struct r3_sweep_source *source, const struct r3_candles *block) {
    enter_series(source, block->platform, block->market, block->timeframe);
    for (size_t i = 0; i < block->count; i++) {
        const double prices[5] = { value_of(block->open[i], block->price_scale),
                                   value_of(block->high[i], block->price_scale),
                                   value_of(block->low[i], block->price_scale),
                                   value_of(block->close[i], block->price_scale),
                                   value_of(block->volume[i], block->volume_scale) };
        count_candle(source, block->time[i], prices);
    }
}

/* ---- taking it in ---- */

static struct item *add_item(struct r3_sweep_source *source) {
    if (source->count == source->capacity) {
        source->capacity = source->capacity ? 2 * source->capacity : 16;
        source->items = r3_reallocate(source->items, source->capacity * sizeof source->items[0]);
    }
    source->bytes += sizeof source->items[0];
    source->items[source->count] = (struct item) { 0 };
    return &source->items[source->count++];
}

static int take_record(void *context, const struct r3_record *record, struct r3_error *error) {
    struct r3_sweep_source *source = context;
    struct item *item = add_item(source);
    size_t size = r3_record_size(record->type);
    (void)error;
    item->record = r3_allocate(size);
    memcpy(item->record, record, size);
    source->bytes += size;
    if (record->type == R3_CANDLE)
        count_record(source, &record->candle);
    return 0;
}

static int take_block(void *context, const struct r3_candles *candles, size_t from, size_t to, struct r3_error *error) {
    struct r3_sweep_source *source = context;
    const int64_t *const given[COLUMNS] = { candles->time, candles->open,  candles->high,
                                            candles->low,  candles->close, candles->volume };
    struct item *item = add_item(source);
    size_t count = to - from;
    (void)error;
    item->columns = r3_allocate(COLUMNS * count * sizeof(int64_t));
    for (size_t i = 0; i < COLUMNS; i++)
        memcpy(item->columns + i * count, given[i] + from, count * sizeof(int64_t));
    item->block = *candles;
    item->block.count = count;
    item->block.time = item->columns;
    item->block.open = item->columns + count;
    item->block.high = item->columns + 2 * count;
    item->block.low = item->columns + 3 * count;
    item->block.close = item->columns + 4 * count;
    item->block.volume = item->columns + 5 * count;
    source->bytes += COLUMNS * count * sizeof(int64_t);
    count_block(source, &item->block);
    return 0;
}

static void source_free(struct r3_sweep_source *source) {
    if (!source)
        return;
    for (size_t i = 0; i < source->count; i++) {
        free(source->items[i].record);
        free(source->items[i].columns);
    }
    free(source->items);
    r3_sweep_messages_release(&source->messages);
    free(source);
}

/* ---- showing it ---- */

/* The first candle of the block that opens at `time` or later. */
static size_t lower_bound(const struct r3_candles *block, int64_t time) {
    size_t low = 0, high = block->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (block->time[middle] < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int r3_sweep_source_each(const struct r3_sweep_source *source, int64_t from, int64_t to,
                         int (*give)(void *context, const struct r3_record *record),
                         int (*give_candles)(void *context, const struct r3_candles *candles), void *context) {
    for (size_t i = 0; i < source->count; i++) {
        const struct item *item = &source->items[i];
        int result = 0;
        if (item->record) {
            bool candle = item->record->type == R3_CANDLE;
            int64_t time = candle ? item->record->candle.time : 0;
            if (!candle || ((from == R3_TIME_ABSENT || time >= from) && (to == R3_TIME_ABSENT || time < to)))
                result = give(context, item->record);
        } else {
            size_t first = from == R3_TIME_ABSENT ? 0 : lower_bound(&item->block, from);
            size_t end = to == R3_TIME_ABSENT ? item->block.count : lower_bound(&item->block, to);
            struct r3_candles part = r3_candles_part(&item->block, first, end > first ? end : first);
            if (part.count)
                result = give_candles(context, &part);
        }
        if (result != 0)
            return result;
    }
    return 0;
}

int64_t r3_sweep_source_first(const struct r3_sweep_source *source) {
    return source->first;
}
int64_t r3_sweep_source_last(const struct r3_sweep_source *source) {
    return source->last;
}
uint64_t r3_sweep_source_hash(const struct r3_sweep_source *source) {
    return source->hash;
}

/* ---- several of them ---- */

struct entry {
    struct r3_buffer words; /* of r3-collect, each with its NUL */
    struct r3_sweep_source *source;
    struct r3_error error; /* it could not be read */
    bool loading;
    unsigned users;
    uint64_t used; /* larger: later */
};

struct r3_sweep_sources {
    pthread_mutex_t lock;
    pthread_cond_t loaded;
    struct entry **entries;
    size_t count, capacity, limit;
    uint64_t clock;
    void (*message)(void *context, const char *program, const char *text);
    void *context;
};

struct r3_sweep_sources *r3_sweep_sources_new(size_t bytes,
                                              void (*message)(void *context, const char *program, const char *text),
                                              void *context) {
    struct r3_sweep_sources *sources = r3_allocate(sizeof *sources);
    pthread_mutex_init(&sources->lock, NULL);
    pthread_cond_init(&sources->loaded, NULL);
    sources->limit = bytes;
    sources->message = message;
    sources->context = context;
    return sources;
}

static void entry_free(struct entry *entry) {
    r3_buffer_release(&entry->words);
    source_free(entry->source);
    free(entry);
}

void r3_sweep_sources_free(struct r3_sweep_sources *sources) {
    if (!sources)
        return;
    for (size_t i = 0; i < sources->count; i++)
        entry_free(sources->entries[i]);
    free(sources->entries);
    pthread_cond_destroy(&sources->loaded);
    pthread_mutex_destroy(&sources->lock);
    free(sources);
}

static struct entry *find(const struct r3_sweep_sources *sources, const struct r3_buffer *words) {
    for (size_t i = 0; i < sources->count; i++) {
        const struct r3_buffer *other = &sources->entries[i]->words;
        if (other->length == words->length && memcmp(other->data, words->data, words->length) == 0)
            return sources->entries[i];
    }
    return NULL;
}

/* Let go of the sources that were used longest ago, while those that nobody uses are too large together. */
static void evict(struct r3_sweep_sources *sources) {
    for (;;) {
        size_t bytes = 0, oldest = sources->count;
        for (size_t i = 0; i < sources->count; i++) {
            const struct entry *entry = sources->entries[i];
            if (entry->users || entry->loading || !entry->source)
                continue;
            bytes += entry->source->bytes;
            if (oldest == sources->count || entry->used < sources->entries[oldest]->used)
                oldest = i;
        }
        if (bytes <= sources->limit)
            return;
        entry_free(sources->entries[oldest]);
        sources->entries[oldest] = sources->entries[--sources->count];
    }
}

static void keep_message(void *context, const char *program, const char *text) {
    struct r3_sweep_source *source = context;
    r3_sweep_messages_add(&source->messages, program, text);
}

static int load(struct r3_sweep_sources *sources, struct r3_sweep_source **out, const struct r3_pipeline_text *text,
                struct r3_error *error) {
    struct r3_sweep_source *source = r3_allocate(sizeof *source);
    struct r3_engine *engine = NULL;
    struct r3_engine_options options = {
        .count = 1, .take = take_record, .take_candles = take_block, .message = keep_message, .context = source
    };
    source->first = source->last = R3_TIME_ABSENT;
    source->words = r3_allocate(HASHED_AT_ONCE * WORDS * sizeof source->words[0]);
    int status = r3_engine_new(&engine, text, &options, error) == 0 ? r3_engine_run(engine) : error->status;
    hash_waiting(source);
    free(source->words);
    source->words = NULL;
    if (status == 0) {
        r3_sweep_messages_pass(&source->messages, sources->message, sources->context);
        *out = source;
    } else {
        const char *program = NULL;
        const struct r3_error *failure = engine ? r3_engine_failure(engine, &program) : NULL;
        if (failure)
            r3_fail(error, (enum r3_status)failure->status, "%s: %s", program, failure->text);
        source_free(source);
    }
    r3_engine_free(engine);
    return status == 0 ? 0 : -1;
}

static struct entry *add_entry(struct r3_sweep_sources *sources, const struct r3_buffer *words) {
    struct entry *entry = r3_allocate(sizeof *entry);
    if (sources->count == sources->capacity) {
        sources->capacity = sources->capacity ? 2 * sources->capacity : 4;
        sources->entries = r3_reallocate(sources->entries, sources->capacity * sizeof sources->entries[0]);
    }
    r3_buffer_append(&entry->words, words->data, words->length);
    entry->loading = true;
    sources->entries[sources->count++] = entry;
    return entry;
}

int r3_sweep_sources_get(struct r3_sweep_sources *sources, const struct r3_sweep_source **out,
                         const struct r3_pipeline_text *text, struct r3_error *error) {
    struct r3_buffer words = R3_BUFFER_INIT;
    for (size_t i = 0; i < text->programs[0].count; i++)
        r3_buffer_append(&words, text->programs[0].words[i], strlen(text->programs[0].words[i]) + 1);
    pthread_mutex_lock(&sources->lock);
    struct entry *entry = find(sources, &words);
    if (!entry) {
        entry = add_entry(sources, &words);
        entry->users++;
        pthread_mutex_unlock(&sources->lock);
        struct r3_sweep_source *source = NULL;
        struct r3_error reason = { 0 };
        load(sources, &source, text, &reason);
        pthread_mutex_lock(&sources->lock);
        entry->source = source;
        entry->error = reason;
        entry->loading = false;
        pthread_cond_broadcast(&sources->loaded);
    } else {
        entry->users++;
        while (entry->loading)
            pthread_cond_wait(&sources->loaded, &sources->lock);
    }
    entry->used = ++sources->clock;
    if (!entry->source) {
        *error = entry->error;
        entry->users--;
    }
    evict(sources);
    *out = entry->source;
    pthread_mutex_unlock(&sources->lock);
    r3_buffer_release(&words);
    return *out ? 0 : -1;
}

void r3_sweep_sources_put(struct r3_sweep_sources *sources, const struct r3_sweep_source *source) {
    pthread_mutex_lock(&sources->lock);
    for (size_t i = 0; i < sources->count; i++)
        if (sources->entries[i]->source == source)
            sources->entries[i]->users--;
    evict(sources);
    pthread_mutex_unlock(&sources->lock);
}
