/* r3-collect with a thread that reads ahead and without: the same records and blocks in the same order, the same errors. */
#include "lib/base/buffer.h"
#include "lib/stage/stage.h"
#include "tests/unit/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROWS = 40000 }; /* 1.9 MB, ten blocks: more than the least that is read ahead */

/* All that a run gives, as text. */
struct output {
    struct r3_buffer text;
    size_t largest; /* candles of a block */
    uint64_t done, total;
};

static int emit(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct output *output = port->context;
    return r3_record_encode(&output->text, record, error);
}

static int emit_candles(struct r3_port *port, const struct r3_candles *candles, struct r3_error *error) {
    struct output *output = port->context;
    struct r3_record record;
    if (candles->count > output->largest)
        output->largest = candles->count;
    for (size_t i = 0; i < candles->count; i++) {
        r3_candles_record(candles, i, &record);
        if (r3_record_encode(&output->text, &record, error) < 0)
            return -1;
    }
    return 0;
}

__attribute__((format(printf, 2, 3))) static void warn(struct r3_port *port, const char *format, ...) {
    struct output *output = port->context;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    r3_buffer_printf(&output->text, "warning: %s\n", text);
}

static void progress(struct r3_port *port, uint64_t done, uint64_t total) {
    struct output *output = port->context;
    CHECK(done >= output->done && done <= total);
    output->done = done;
    output->total = total;
}

/* Run it for at most `pulls` pulls, then stop as on an interrupt. */
static void run(struct output *output, char **words, int count, bool concurrent, unsigned pulls) {
    const struct r3_option *tables[] = { r3_collect_stage.options, r3_source_options, NULL };
    struct r3_port port = { .emit = emit,
                            .emit_ahead = emit,
                            .emit_candles = emit_candles,
                            .warn = warn,
                            .progress = progress,
                            .concurrent = concurrent,
                            .context = output };
    struct r3_arguments *arguments = NULL;
    struct r3_error error = { 0 };
    void *state = NULL;
    int result = 1;
    *output = (struct output) { .text = R3_BUFFER_INIT };
    CHECK_INT(r3_arguments_parse(&arguments, tables, count, words, &error), 0);
    CHECK_INT(r3_collect_stage.init(&state, arguments, &port, &error), 0);
    while (result > 0 && pulls--)
        result = r3_collect_stage.pull(state, &error);
    if (result < 0)
        r3_buffer_printf(&output->text, "%d: %s\n", error.status, error.text);
    else
        CHECK_INT(r3_collect_stage.finish(state, true, &error), 0);
    r3_collect_stage.free(state);
    r3_arguments_free(arguments);
}

/* A file of minutes, with a few rows that are not usual; `bad`: the number of a row that is wrong, 0: none. */
static void write_file(const char *path, int bad) {
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    if (!file)
        exit(1);
    fputs("time,open,high,low,close,volume\n", file);
    for (int i = 1; i <= ROWS; i++) {
        int price = 10000 + i * 37 % 1000;
        int64_t time = INT64_C(1483228800) + (int64_t)i * 60;
        if (i % 5000 == 17)
            continue; /* a gap */
        fprintf(file, "%" PRId64 ",%d.%d,%d.9,%d.0,%d.25,%d.%08d\n", time, price, i % 9 + 1, price + 3, price - 2,
                i == bad ? 1 : price, i % 7, i);
        if (i % 7000 == 99)
            fprintf(file, "%" PRId64 ",,,,,\n", time + 1); /* no values */
    }
    fclose(file);
}

static void compare(char **words, int count, unsigned pulls) {
    struct output plain, ahead;
    run(&plain, words, count, false, pulls);
    run(&ahead, words, count, true, pulls);
    CHECK(plain.text.length > 1000);
    CHECK_TEXT(ahead.text.data, plain.text.data);
    CHECK_INT((long)ahead.largest, (long)plain.largest);
    CHECK_INT((long)ahead.total, (long)plain.total);
    r3_buffer_release(&plain.text);
    r3_buffer_release(&ahead.text);
}

int main(void) {
    char path[] = "/tmp/r3-collect-ahead-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    close(fd);
    char *plain[] = { "r3-collect", "-m", "BTC-USD", path };
    char *resampled[] = { "r3-collect", "-m", "BTC-USD", "-r", "15m", "--gaps", "fill", path };
    char *both[] = { "r3-collect", "-m", "BTC-USD", "-r", "4H", "--both", "--from", "2017-01-03T01:00", path };
    char *bounds[] = { "r3-collect", "-m", "BTC-USD", "--from", "2017-01-03", "--to", "2017-01-20", path };
    write_file(path, 0);
    compare(plain, 4, 1000);
    compare(resampled, 8, 1000);
    compare(both, 9, 1000);
    compare(bounds, 8, 1000);
    write_file(path, 30000);
    compare(plain, 4, 1000);
    /* Left while the thread is reading: it ends, and nothing of it stays. What is said of gaps then may be some blocks further. */
    for (unsigned pulls = 0; pulls < 5; pulls++) {
        struct output output;
        run(&output, plain, 4, true, pulls);
        CHECK(strstr(output.text.data, "\"type\":\"end\"") != NULL);
        r3_buffer_release(&output.text);
    }
    unlink(path);
    return check_done();
}
