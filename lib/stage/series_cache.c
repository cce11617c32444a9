#include "lib/stage/series_cache.h"

#include <pthread.h>

#include "lib/base/buffer.h"
#include "lib/base/decimal_wide.h"

/* A table of series by their keys under one lock, taken when an evaluation begins and ends. Each series has a lock of its own, taken
 * once a block, within which it is read or computed: the second thread that wants the same candles waits until the first
 * has computed them. Lock order: the cache, then a series. */

enum { BUCKETS = 1024, ASKED = 1 << 16 };

struct r3_series {
    struct cache *cache;
    struct r3_series_key key;
    const struct r3_indicator *indicator;
    struct r3_indicator_setup setup;
    struct r3_series *next; /* of the same bucket */
    unsigned users;
    uint64_t last; /* when it was detached, in the cache's count */
    pthread_mutex_t lock;
    /* Under its own lock: */
    uint64_t length; /* candles computed */
    char **parts;    /* of R3_SERIES_PART candles: the values of each output, then whether they are ready */
    size_t part_count, part_capacity, bytes;
    void *state;
    int scale; /* of the integers in the state */
    uint64_t read;
};

struct cache {
    struct r3_series_cache calls;
    pthread_mutex_t lock;
    size_t limit, bytes, count;
    uint64_t clock, longest; /* longest: candles of the longest evaluation so far */
    uint64_t read, computed; /* of series that are gone */
    struct r3_series *buckets[BUCKETS];
    uint64_t asked[ASKED]; /* keys that were asked for; a newer one takes the place of an older one */
};

static void series_free(struct r3_series *series) {
    for (size_t i = 0; i < series->part_count; i++)
        free(series->parts[i]);
    free(series->parts);
    free(series->state);
    pthread_mutex_destroy(&series->lock);
    free(series);
}

void r3_series_cache_free(struct r3_series_cache *calls) {
    struct cache *cache = (struct cache *)calls;
    if (!cache)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct r3_series *series = cache->buckets[i], *next; series; series = next) {
            next = series->next;
            series_free(series);
        }
    }
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

struct r3_series_figures r3_series_cache_figures(struct r3_series_cache *calls) {
    struct cache *cache = (struct cache *)calls;
    pthread_mutex_lock(&cache->lock);
    struct r3_series_figures figures = { cache->count, cache->bytes, cache->read, cache->computed };
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct r3_series *series = cache->buckets[i]; series; series = series->next) {
            pthread_mutex_lock(&series->lock);
            figures.read += series->read;
            figures.computed += series->length;
            pthread_mutex_unlock(&series->lock);
        }
    }
    pthread_mutex_unlock(&cache->lock);
    return figures;
}

/* ---- which are kept; the cache is locked ---- */

static size_t part_size(const struct r3_indicator *indicator) {
    return indicator->outputs * (sizeof(double) + 1) * R3_SERIES_PART;
}

static size_t size_of(const struct r3_indicator *indicator, const struct r3_indicator_setup *setup, uint64_t length) {
    size_t parts = (size_t)(length / R3_SERIES_PART) + 1;
    return sizeof(struct r3_series) + indicator->size(setup) + parts * (part_size(indicator) + sizeof(char *));
}

static struct r3_series **bucket_of(struct cache *cache, const struct r3_series_key *key) {
    return &cache->buckets[key->words[0] % BUCKETS];
}

/* Let go of the one that was used longest ago; false where all are in use. */
static bool let_go(struct cache *cache) {
    struct r3_series **oldest = NULL;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct r3_series **at = &cache->buckets[i]; *at; at = &(*at)->next)
            if ((*at)->users == 0 && (!oldest || (*at)->last < (*oldest)->last))
                oldest = at;
    if (!oldest)
        return false;
    struct r3_series *series = *oldest;
    *oldest = series->next;
    cache->bytes -= series->bytes;
    cache->count--;
    cache->read += series->read;
    cache->computed += series->length;
    series_free(series);
    return true;
}

static struct r3_series *add(struct cache *cache, const struct r3_series_key *key, const struct r3_indicator *indicator,
                             const struct r3_indicator_setup *setup) {
    while (cache->bytes + size_of(indicator, setup, cache->longest) > cache->limit)
        if (!let_go(cache))
            return NULL;
    struct r3_series *series = r3_allocate(sizeof *series), **bucket = bucket_of(cache, key);
    series->cache = cache;
    series->key = *key;
    series->indicator = indicator;
    series->setup = *setup;
    series->state = r3_allocate(indicator->size(setup));
    indicator->start(series->state, setup);
    pthread_mutex_init(&series->lock, NULL);
    series->next = *bucket;
    *bucket = series;
    series->bytes = size_of(indicator, setup, cache->longest); /* what it will come to */
    cache->bytes += series->bytes;
    cache->count++;
    return series;
}

static struct r3_series *attach(struct r3_series_cache *calls, const struct r3_series_key *key,
                                const struct r3_indicator *indicator, const struct r3_indicator_setup *setup) {
    struct cache *cache = (struct cache *)calls;
    pthread_mutex_lock(&cache->lock);
    struct r3_series *series = *bucket_of(cache, key);
    while (series && (series->key.words[0] != key->words[0] || series->key.words[1] != key->words[1]))
        series = series->next;
    uint64_t *asked = &cache->asked[key->words[1] % ASKED];
    if (!series && *asked == key->words[0])
        series = add(cache, key, indicator, setup);
    *asked = key->words[0];
    if (series)
        series->users++;
    pthread_mutex_unlock(&cache->lock);
    return series;
}

static void detach(struct r3_series *series, uint64_t length) {
    struct cache *cache = series->cache;
    pthread_mutex_lock(&cache->lock);
    if (length > cache->longest)
        cache->longest = length;
    if (--series->users == 0) { /* nobody else looks at it: what it has come to */
        size_t bytes = size_of(series->indicator, &series->setup, series->length);
        cache->bytes += bytes - series->bytes;
        series->bytes = bytes;
    }
    series->last = ++cache->clock;
    while (cache->bytes > cache->limit && let_go(cache))
        continue;
    pthread_mutex_unlock(&cache->lock);
}

/* ---- values; the series is locked ---- */

static void point(const struct r3_series *series, uint64_t at, struct r3_column *out) {
    char *part = series->parts[at / R3_SERIES_PART];
    size_t place = (size_t)(at % R3_SERIES_PART), outputs = series->indicator->outputs;
    for (size_t k = 0; k < outputs; k++) {
        out[k].value = (double *)(void *)part + k * R3_SERIES_PART + place;
        out[k].ready = (uint8_t *)part + outputs * R3_SERIES_PART * sizeof(double) + k * R3_SERIES_PART + place;
    }
}

static bool take(struct r3_series *series, uint64_t at, size_t count, struct r3_column *out) {
    pthread_mutex_lock(&series->lock);
    bool has = series->length >= at + count;
    if (has) {
        point(series, at, out);
        series->read += count;
    }
    pthread_mutex_unlock(&series->lock);
    return has;
}

static void add_part(struct r3_series *series) {
    if (series->part_count == series->part_capacity) {
        series->part_capacity = series->part_capacity ? 2 * series->part_capacity : 64;
        series->parts = r3_reallocate(series->parts, series->part_capacity * sizeof *series->parts);
    }
    series->parts[series->part_count++] = r3_allocate(part_size(series->indicator));
}

/* What is lacking, the last `count` candles of the inputs' columns. */
static void compute(struct r3_series *series, size_t skip, size_t count, int scale, const struct r3_column *const *in) {
    const struct r3_indicator *indicator = series->indicator;
    struct r3_column inputs[R3_INDICATOR_INPUTS], outputs[R3_INDICATOR_OUTPUTS] = { 0 };
    const struct r3_column *places[R3_INDICATOR_INPUTS];
    if (scale > series->scale && series->setup.decimal && indicator->rescale)
        indicator->rescale(series->state, &series->setup, (r3_int128)r3_powers[scale - series->scale]);
    series->scale = scale;
    for (int k = 0; k < indicator->series; k++) {
        inputs[k] = (struct r3_column) { .value = in[k]->value ? in[k]->value + skip : NULL,
                                         .ready = in[k]->ready + skip,
                                         .fixed = in[k]->fixed ? in[k]->fixed + skip : NULL,
                                         .wide = in[k]->wide ? in[k]->wide + skip : NULL };
        places[k] = &inputs[k];
    }
    if (series->length / R3_SERIES_PART == series->part_count)
        add_part(series);
    point(series, series->length, outputs);
    indicator->run(series->state, &series->setup, count, scale, places, outputs);
    series->length += count;
}

static void extend(struct r3_series *series, uint64_t at, size_t count, int scale, const struct r3_column *const *in,
                   struct r3_column *out) {
    pthread_mutex_lock(&series->lock);
    if (series->length < at + count) {
        size_t skip = (size_t)(series->length - at);
        compute(series, skip, count - skip, scale, in);
    } else {
        series->read += count;
    }
    point(series, at, out);
    pthread_mutex_unlock(&series->lock);
}

struct r3_series_cache *r3_series_cache_new(size_t bytes) {
    struct cache *cache = r3_allocate(sizeof *cache);
    cache->calls = (struct r3_series_cache) { attach, detach, take, extend };
    pthread_mutex_init(&cache->lock, NULL);
    cache->limit = bytes;
    return &cache->calls;
}
