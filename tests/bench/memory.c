/* memory REPEATS TEXT: how fast a pipeline runs when its candles are already in memory.
 *
 * The first program of the text, r3-collect, runs once, and what it emits is kept. Then the others run that often on what was
 * kept, in one thread, each time from new. Prints the number of candles and the seconds of each run as one line of JSON, then
 * what the last run printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/buffer.h"
#include "lib/stage/engine.h"

enum { REPEATS_MAX = 100 };

/* What was emitted: a record, or a block with its columns. */
struct item {
    struct r3_record record;
    struct r3_candles candles;
    int64_t *columns; /* NULL: it is a record */
};

struct kept {
    struct item *items;
    size_t count, size, candles;
    struct r3_buffer printed;
};

static struct item *new_item(struct kept *kept) {
    if (kept->count == kept->size) {
        kept->size = kept->size ? 2 * kept->size : 64;
        kept->items = r3_reallocate(kept->items, kept->size * sizeof *kept->items);
    }
    return memset(&kept->items[kept->count++], 0, sizeof *kept->items);
}

static int take(void *context, const struct r3_record *record, struct r3_error *error) {
    (void)error;
    struct kept *kept = context;
    new_item(kept)->record = *record;
    kept->candles += record->type == R3_CANDLE;
    return 0;
}

static int take_candles(void *context, const struct r3_candles *candles, size_t from, size_t to,
                        struct r3_error *error) {
    (void)error;
    struct kept *kept = context;
    struct item *item = new_item(kept);
    size_t count = to - from;
    const int64_t *const columns[] = { candles->time, candles->open,  candles->high,
                                       candles->low,  candles->close, candles->volume };
    item->columns = r3_allocate((sizeof columns / sizeof *columns) * count * sizeof(int64_t));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        memcpy(item->columns + i * count, columns[i] + from, count * sizeof(int64_t));
    item->candles = *candles;
    item->candles.count = count;
    item->candles.time = item->columns;
    item->candles.open = item->columns + count;
    item->candles.high = item->columns + 2 * count;
    item->candles.low = item->columns + 3 * count;
    item->candles.close = item->columns + 4 * count;
    item->candles.volume = item->columns + 5 * count;
    kept->candles += count;
    return 0;
}

static int print(void *context, const char *data, size_t length, struct r3_error *error) {
    (void)error;
    struct kept *kept = context;
    r3_buffer_append(&kept->printed, data, length);
    return 0;
}

static void message(void *context, const char *program, const char *text) {
    (void)context;
    fprintf(stderr, "memory: %s%s%s\n", program ? program : "", program ? ": " : "", text);
}

/* The status of a run; the reason in *error where it is not 0. */
static int ended(struct r3_engine *engine, int status, struct r3_error *error) {
    const char *program = "";
    const struct r3_error *failure = engine ? r3_engine_failure(engine, &program) : NULL;
    if (failure) {
        *error = *failure;
        r3_error_at(error, "%s: ", program);
    }
    r3_engine_free(engine);
    return status;
}

static int read_all(struct kept *kept, const struct r3_pipeline_text *text, struct r3_error *error) {
    const struct r3_engine_options options = {
        .count = 1, .take = take, .take_candles = take_candles, .message = message, .context = kept
    };
    struct r3_engine *engine = NULL;
    int status = r3_engine_new(&engine, text, &options, error) < 0 ? error->status : r3_engine_run(engine);
    return ended(engine, status, error);
}

static int give_all(struct r3_engine *engine, const struct kept *kept) {
    for (size_t i = 0; i < kept->count; i++) {
        const struct item *item = &kept->items[i];
        if ((item->columns ? r3_engine_give_candles(engine, &item->candles) : r3_engine_give(engine, &item->record)) <
            0)
            return -1;
    }
    return 0;
}

/* The seconds of one run, its making included; below 0 when it failed. */
static double run_once(struct kept *kept, const struct r3_pipeline_text *text, struct r3_error *error) {
    const struct r3_engine_options options = { .first = 1, .output = print, .message = message, .context = kept };
    struct timespec start, end;
    struct r3_engine *engine = NULL;
    r3_buffer_reset(&kept->printed);
    clock_gettime(CLOCK_MONOTONIC, &start);
    int status = r3_engine_new(&engine, text, &options, error) < 0 ? error->status : 0;
    if (status == 0) {
        if (r3_engine_start(engine) == 0)
            give_all(engine, kept);
        status = r3_engine_finish(engine);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    return ended(engine, status, error)
               ? -1
               : (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9;
}

int main(int argc, char **argv) {
    long repeats = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    if (repeats < 1 || repeats > REPEATS_MAX) {
        fputs("usage: memory REPEATS TEXT\n", stderr);
        return 64;
    }
    struct kept kept = { .printed = R3_BUFFER_INIT };
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    struct r3_error error = { 0 };
    double seconds[REPEATS_MAX];
    int status = r3_pipeline_text_parse(&text, argv[2], strlen(argv[2]), false, &error) < 0
                     ? error.status
                     : read_all(&kept, &text, &error);
    for (long i = 0; i < repeats && status == 0; i++)
        if ((seconds[i] = run_once(&kept, &text, &error)) < 0)
            status = error.status ? error.status : 70;
    if (status == 0) {
        printf("{\"candles\":%zu,\"seconds\":[", kept.candles);
        for (long i = 0; i < repeats; i++)
            printf("%s%.6f", i ? "," : "", seconds[i]);
        printf("]}\n%.*s", (int)kept.printed.length, kept.printed.data);
    } else {
        fprintf(stderr, "memory: %s\n", error.text);
    }
    for (size_t i = 0; i < kept.count; i++)
        free(kept.items[i].columns);
    free(kept.items);
    r3_buffer_release(&kept.printed);
    r3_pipeline_text_release(&text);
    return status;
}
