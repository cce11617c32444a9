/* Series that evaluations share: with a cache rules answer what they answer without one, to the bit, whoever came first, however far it
 * came, however the stream was cut, and however little room there is; and what is shared is computed once. */
#include <pthread.h>

#include "lib/stage/series_cache.h"
#include "tests/unit/calls.h"
#include "tests/unit/check.h"
#include "tests/unit/streams.h"

enum { TEXTS_MAX = 200, TEXT_SIZE = 600 };
static char texts[TEXTS_MAX][TEXT_SIZE];
static size_t text_count;

/* A call of each function, alone and within others; rules that have some series in common; coarser timeframes. */
static void make_texts(void) {
    text_count = 0;
    for (const struct r3_function *function = r3_functions; function->name; function++) {
        char call[256];
        write_call(call, sizeof call, function);
        snprintf(texts[text_count++], TEXT_SIZE, "v = %s\nplot v", call);
    }
    for (int i = 0; i < 12; i++)
        snprintf(texts[text_count++], TEXT_SIZE,
                 "quick = sma(close, %d)\ncalm = ema(hlc3, %d)\nx = rsi(close, %d)\ny = stdev(volume, %d)\n"
                 "long = crossover(quick, calm)\nflat = x > 60\nshort = highest(close[2], 5) < calm\n"
                 "stop = close[3] - atr(%d)\nz = sma(x, 4) + ema(ema(close, 5) - ema(close, %d), 7)\nplot quick, y, z",
                 3 + i % 4, 9 + i % 3, 5 + i % 2, 8, 4 + i % 2, 6 + i % 5);
    for (int i = 0; i < 4; i++)
        snprintf(texts[text_count++], TEXT_SIZE,
                 "a = at(\"1H\", sma(close, %d))\nb = sma(a, 3) + wma(close, %d)\nc = at(\"4H\", close + volume)\n"
                 "long = crossover(close, a)\nplot a, b, c",
                 2 + i % 2, 5 + i % 2);
}

static size_t words_of(const struct run *run) {
    return made.count * (r3_rules_plots(run->rules) + R3_RULES_OUTPUTS + 1) + 1;
}

static bool are_same(const struct said *one, const struct said *other) {
    return one->candles == other->candles && one->count == other->count && strcmp(one->error, other->error) == 0 &&
           memcmp(one->words, other->words, one->count * sizeof *one->words) == 0;
}

/* One evaluation with the cache and one without. */
static bool is_same(const char *text, struct r3_series_cache *cache, uint64_t stream, int size, size_t most) {
    struct run run;
    struct said want, got;
    if (run_start(&run, text) < 0)
        return false;
    if (r3_rules_check_timeframe(run.rules, made.timeframe, &run.error) < 0) {
        run_end(&run);
        return true;
    }
    want.words = r3_allocate(words_of(&run) * sizeof *want.words);
    got.words = r3_allocate(words_of(&run) * sizeof *got.words);
    run_all(&want, &run, size, most);
    struct r3_rules_sharing *sharing = r3_rules_sharing_new(run.rules, cache, stream);
    r3_rules_block_share(run.block, sharing);
    run_all(&got, &run, size, most);
    r3_rules_sharing_free(sharing);
    bool same = are_same(&want, &got);
    r3_rules_block_share(run.block, NULL); /* and afterwards as before */
    run_all(&got, &run, size, most);
    same &= are_same(&want, &got);
    free(want.words);
    free(got.words);
    run_end(&run);
    return same;
}

/* Four times over: nothing kept, kept, cut short, and read. */
static void test_same(const char *data, size_t bytes) {
    static const int sizes[] = { 511, R3_CANDLES_MAX, -1, 17, 0 };
    struct r3_series_cache *cache = r3_series_cache_new(bytes);
    for (size_t pass = 0; pass < 5; pass++) {
        for (size_t i = 0; i < text_count; i++) {
            size_t most = (pass + i) % 3 == 0 ? made.count / 2 + i : made.count;
            bool same = is_same(texts[i], cache, 1, sizes[(pass + i) % 5], most);
            if (!same)
                fprintf(stderr, "%s, pass %zu, %zu bytes: %s\n", data, pass, bytes, texts[i]);
            check_that(same, data, (int)pass, texts[i]);
        }
    }
    CHECK(r3_series_cache_figures(cache).bytes <= bytes);
    r3_series_cache_free(cache);
}

static void test_figures(void) {
    struct r3_series_cache *cache = r3_series_cache_new(64 << 20);
    const char *text = "a = sma(close, 10)\nb = ema(close, 20)\nplot a, b";
    CHECK(is_same(text, cache, 1, 511, made.count));
    CHECK_INT(r3_series_cache_figures(cache).series, 0); /* asked for once */
    CHECK(is_same(text, cache, 1, 511, made.count));
    CHECK_INT(r3_series_cache_figures(cache).series, 2);
    CHECK_INT(r3_series_cache_figures(cache).computed, 2 * made.count);
    CHECK_INT(r3_series_cache_figures(cache).read, 0);
    CHECK(is_same("n = sma(close, 5 + 5)\nplot n", cache, 1, 17, made.count)); /* the same series by another name */
    CHECK_INT(r3_series_cache_figures(cache).read, made.count);
    CHECK_INT(r3_series_cache_figures(cache).computed, 2 * made.count);
    CHECK(is_same("n = sma(close, 10)\nplot n", cache, 2, 17, made.count)); /* another stream */
    CHECK_INT(r3_series_cache_figures(cache).read, made.count);
    CHECK(is_same("n = sma(close, 11)\nm = sma(open, 10)\no = wma(close, 10)\nplot n, m, o", cache, 1, 17, made.count));
    CHECK_INT(r3_series_cache_figures(cache).read, made.count);
    r3_series_cache_free(cache);
    cache = r3_series_cache_new(30000); /* room for one or two series */
    for (int pass = 0; pass < 3; pass++)
        for (int n = 2; n < 12; n++) {
            char one[64];
            snprintf(one, sizeof one, "v = sma(close, %d)\nplot v", n);
            for (int twice = 0; twice < 2; twice++)
                CHECK(is_same(one, cache, 1, 511, made.count));
            CHECK(r3_series_cache_figures(cache).bytes <= 30000);
            CHECK(r3_series_cache_figures(cache).series <= 2);
        }
    CHECK(r3_series_cache_figures(cache).computed > 20 * made.count); /* most were let go of again */
    r3_series_cache_free(cache);
}

struct worker {
    pthread_t thread;
    struct r3_series_cache *cache;
    size_t first;
    int wrong;
};

static void *work(void *context) {
    struct worker *worker = context;
    for (size_t i = 0; i < 3 * text_count; i++)
        worker->wrong += !is_same(texts[(worker->first + i) % text_count], worker->cache, 1, i % 2 ? 511 : 100,
                                  i % 5 ? made.count : made.count / 3);
    return NULL;
}

static void test_threads(size_t bytes) {
    struct r3_series_cache *cache = r3_series_cache_new(bytes);
    struct worker workers[4] = { 0 };
    for (size_t i = 0; i < 4; i++) {
        workers[i].cache = cache;
        workers[i].first = i / 2 * 40; /* two of them side by side */
        CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(workers[i].thread, NULL);
        CHECK_INT(workers[i].wrong, 0);
    }
    r3_series_cache_free(cache);
}

int main(void) {
    make_texts();
    read_real("btcusd-bitstamp-2013_5m.csv", R3_5m);
    test_same("5m", 64 << 20);
    for (int kind = 0; kind < MADE; kind++) {
        make(kind);
        test_same(made_names[kind], kind % 2 ? 64 << 20 : 200000);
    }
    make(WALK);
    test_figures();
    test_threads(64 << 20);
    test_threads(300000);
    return check_done();
}
