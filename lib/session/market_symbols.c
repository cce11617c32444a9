/* r3-market symbols: the rules of an exchange's markets, kept in the store. r3-fetch asks the exchange, so that this program needs no
 * network. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/io.h"
#include "lib/base/program.h"
#include "lib/market/market_name.h"
#include "lib/session/market.h"
#include "lib/store/store.h"

enum { NOT_STARTED = 127 };

static const struct r3_option options[] = {
    { .name = "platform",
      .kind = R3_OPTION_TEXT,
      .argument = "NAME",
      .fallback = "kucoin",
      .help = "kucoin, binance or kraken" },
    R3_MARKET_OPTION_MAX_AGE,
    { .name = NULL },
};

struct row {
    char market[R3_MARKET_SIZE];
    char *record; /* a line without its newline */
};

struct rows {
    struct row *list;
    size_t count, capacity;
    int64_t time; /* when they were told; R3_TIME_ABSENT: never */
};

struct symbols {
    struct r3_port *port;
    const struct r3_arguments *arguments;
    const char *platform;
    struct r3_store *store;
    struct rows rows;
    int64_t now;
};

static void forget(struct rows *rows) {
    while (rows->count > 0)
        free(rows->list[--rows->count].record);
    rows->time = R3_TIME_ABSENT;
}

static int add(struct rows *rows, const char *market, const char *record, struct r3_error *error) {
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity ? rows->capacity * 2 : 64;
        rows->list = r3_reallocate(rows->list, rows->capacity * sizeof rows->list[0]);
    }
    struct row *row = &rows->list[rows->count];
    if (r3_copy_text(row->market, sizeof row->market, market, strlen(market)) < 0)
        return r3_fail(error, R3_DATA, "market: \"%.40s\" is too long", market);
    row->record = r3_duplicate(record);
    rows->count++;
    return 0;
}

static void symbols_free(void *state) {
    struct symbols *symbols = state;
    if (!symbols)
        return;
    forget(&symbols->rows);
    free(symbols->rows.list);
    r3_store_close(symbols->store);
    free(symbols);
}

static int symbols_init(void **state, const struct r3_arguments *arguments, struct r3_port *port,
                        struct r3_error *error) {
    struct symbols *symbols = r3_allocate(sizeof *symbols);
    *state = symbols;
    symbols->port = port;
    symbols->arguments = arguments;
    symbols->platform = r3_arguments_text(arguments, "platform");
    symbols->rows.time = R3_TIME_ABSENT;
    return r3_clock_now(&symbols->now, error) < 0 || r3_store_open(&symbols->store, NULL, false, error) < 0 ||
                   r3_store_ready(symbols->store, error) < 0
               ? -1
               : 0;
}

/* ---- the store ---- */

static int take_row(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct rows *rows = context;
    int64_t time = row->columns[2].integer;
    rows->time = rows->count == 0 || time < rows->time ? time : rows->time;
    return add(rows, r3_store_row_text(row, 0), r3_store_row_text(row, 1), error);
}

static int load(struct r3_store *store, void *context, struct r3_error *error) {
    struct symbols *symbols = context;
    const struct r3_store_value platform = r3_store_text(symbols->platform);
    forget(&symbols->rows);
    return r3_store_run(store, R3_QUERY_INSTRUMENTS, &platform, 1, take_row, &symbols->rows, NULL, error);
}

static int keep(struct r3_store *store, void *context, struct r3_error *error) {
    const struct symbols *symbols = context;
    const struct r3_store_value platform = r3_store_text(symbols->platform), now = r3_store_integer(symbols->now);
    for (size_t i = 0; i < symbols->rows.count; i++) {
        const struct row *row = &symbols->rows.list[i];
        const struct r3_store_value values[] = { platform, r3_store_text(row->market), r3_store_text(row->record),
                                                 now };
        if (r3_store_run(store, R3_QUERY_SET_INSTRUMENT, values, 4, NULL, NULL, NULL, error) < 0)
            return -1;
    }
    const struct r3_store_value gone[] = { platform, now };
    return r3_store_run(store, R3_QUERY_INSTRUMENTS_GONE, gone, 2, NULL, NULL, NULL, error);
}

/* ---- the exchange ---- */

static void be_fetch(const char *platform, const int ends[2]) {
    char name[] = "r3-fetch", word[] = "symbols", *copy = r3_duplicate(platform);
    char *const words[] = { name, word, copy, NULL };
    if (dup2(ends[1], STDOUT_FILENO) >= 0) {
        close(ends[0]);
        close(ends[1]);
        r3_program_execute(name, words);
        perror("r3-market: r3-fetch");
    }
    _exit(NOT_STARTED);
}

static int read_lines(struct rows *rows, int fd, struct r3_error *error) {
    struct r3_decoder *decoder = r3_decoder_new();
    struct r3_reader reader;
    struct r3_buffer text = R3_BUFFER_INIT;
    const char *line;
    size_t length;
    int result;
    r3_reader_init(&reader, fd, "r3-fetch");
    while ((result = r3_reader_line(&reader, &line, &length, error)) > 0) {
        struct r3_record record;
        if (r3_record_decode(decoder, &record, line, length, error) < 0) {
            result = -1;
            break;
        }
        r3_buffer_reset(&text);
        r3_buffer_append(&text, line, length);
        if (record.type == R3_INSTRUMENT && (result = add(rows, record.instrument.market, text.data, error)) < 0)
            break;
    }
    r3_buffer_release(&text);
    r3_reader_release(&reader);
    r3_decoder_free(decoder);
    return result < 0 ? r3_error_at(error, "r3-fetch: ") : 0;
}

/* Why the exchange was not asked r3-fetch says itself; the status is its own. */
static int ask(struct symbols *symbols, struct rows *rows, struct r3_error *error) {
    int ends[2], status = 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return r3_fail_errno(error, R3_SYSTEM, "pipe");
    pid_t process = fork();
    if (process == 0)
        be_fetch(symbols->platform, ends);
    close(ends[1]);
    int result = process < 0 ? r3_fail_errno(error, R3_SYSTEM, "fork") : read_lines(rows, ends[0], error);
    close(ends[0]);
    while (process > 0 && waitpid(process, &status, 0) < 0 && errno == EINTR)
        continue;
    if (status != 0) {
        result = r3_fail(error, R3_UNAVAILABLE, "%s was not asked", symbols->platform);
        error->status = WIFEXITED(status) && WEXITSTATUS(status) != NOT_STARTED ? WEXITSTATUS(status) : R3_UNAVAILABLE;
    }
    return result;
}

/* ---- both ---- */

static void tell_age(const struct symbols *symbols, const char *why) {
    char time[R3_TIME_TEXT_SIZE], age[R3_TIME_TEXT_SIZE];
    r3_time_format(time, symbols->rows.time);
    r3_duration_format(age, symbols->now > symbols->rows.time ? symbols->now - symbols->rows.time : 0);
    symbols->port->warn(symbols->port, "%s%s: %zu markets as of %s, %s ago", why, symbols->platform,
                        symbols->rows.count, time, age);
}

static int find(struct symbols *symbols, struct r3_error *error) {
    const int64_t longest = r3_arguments_get(symbols->arguments, "max-age", 0)->integer;
    struct rows *rows = &symbols->rows, fresh = { .time = symbols->now };
    if (r3_store_read(symbols->store, load, symbols, error) < 0)
        return -1;
    if (rows->count > 0 && symbols->now - rows->time < longest && symbols->now >= rows->time) {
        tell_age(symbols, "");
        return 0;
    }
    int result = ask(symbols, &fresh, error);
    if (result < 0 && rows->count > 0 && error->status != R3_USAGE) {
        tell_age(symbols, "these are kept from earlier: ");
        forget(&fresh);
        free(fresh.list);
        return 0;
    }
    forget(rows);
    free(rows->list);
    *rows = fresh;
    return result < 0 ? -1 : r3_store_write(symbols->store, keep, symbols, error);
}

static int emit(struct symbols *symbols, const struct row *row, struct r3_error *error) {
    struct r3_decoder *decoder = r3_decoder_new();
    struct r3_record record;
    int result = r3_record_decode(decoder, &record, row->record, strlen(row->record), error);
    if (result == 0)
        result = symbols->port->emit(symbols->port, &record, error);
    r3_decoder_free(decoder);
    return result;
}

static int emit_named(struct symbols *symbols, const char *text, struct r3_error *error) {
    char market[R3_MARKET_SIZE];
    if (r3_market_parse(market, text, error) < 0)
        return -1;
    for (size_t i = 0; i < symbols->rows.count; i++)
        if (strcmp(symbols->rows.list[i].market, market) == 0)
            return emit(symbols, &symbols->rows.list[i], error);
    return r3_fail(error, R3_DATA, "%s has no market %s that trades now", symbols->platform, market);
}

static int symbols_pull(void *state, struct r3_error *error) {
    struct symbols *symbols = state;
    size_t named = r3_arguments_operands(symbols->arguments);
    int result = find(symbols, error);
    for (size_t i = 0; result == 0 && i < named; i++)
        result = emit_named(symbols, r3_arguments_operand(symbols->arguments, i), error);
    for (size_t i = 0; result == 0 && named == 0 && i < symbols->rows.count; i++)
        result = emit(symbols, &symbols->rows.list[i], error);
    return result;
}

const struct r3_stage r3_market_symbols_stage = {
    .name = "r3-market",
    .operands = "symbols [MARKET…]",
    .summary = "print the rules of an exchange's markets",
    .options = options,
    .init = symbols_init,
    .pull = symbols_pull,
    .free = symbols_free,
};
