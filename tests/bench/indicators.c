/* indicators [CANDLES]: what rules cost from memory, ns a candle. A table of each function of the rule language, called with its
 * usual arguments on a made walk of one-minute candles, and one of the bundled strategies: the whole of r3-strategy, with its
 * signals made and thrown away. Processor time, the least of five runs. To be run at the top of the source tree. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/record/candles.h"
#include "lib/stage/stage.h"
#include "lib/strategy/functions.h"
#include "lib/strategy/rules.h"
#include "tests/unit/calls.h"

enum { REPEATS = 5 };

static size_t total = 200000; /* candles */
static int64_t *columns[6];   /* time, open, high, low, close, volume */

static int64_t draw(int64_t below) {
    static uint64_t seed = 88172645463325252U; /* xorshift64, Marsaglia 2003 */
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed >> 1) % below;
}

/* Prices with two digits, volumes with five. */
static void make_candles(void) {
    int64_t price = 4000000;
    for (int k = 0; k < 6; k++)
        columns[k] = r3_allocate(total * sizeof(int64_t));
    for (size_t i = 0; i < total; i++) {
        int64_t open = price, close = price + draw(4001) - 2000;
        close = close < 100000 ? 100000 : close;
        columns[0][i] = 1704067200000 + (int64_t)i * R3_MINUTE;
        columns[1][i] = open;
        columns[2][i] = (open > close ? open : close) + draw(1000);
        columns[3][i] = (open < close ? open : close) - draw(1000);
        columns[4][i] = price = close;
        columns[5][i] = draw(1000000);
    }
}

static struct r3_candles block_at(size_t from) {
    size_t count = total - from < R3_CANDLES_MAX ? total - from : R3_CANDLES_MAX;
    return (struct r3_candles) { .platform = "csv",
                                 .market = "BTC-USDT",
                                 .timeframe = R3_1m,
                                 .price_scale = 2,
                                 .volume_scale = 5,
                                 .count = count,
                                 .time = columns[0] + from,
                                 .open = columns[1] + from,
                                 .high = columns[2] + from,
                                 .low = columns[3] + from,
                                 .close = columns[4] + from,
                                 .volume = columns[5] + from };
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static _Noreturn void fail(const char *what, const struct r3_error *error) {
    fprintf(stderr, "indicators: %s: %s\n", what, error->text);
    exit(70);
}

/* ns a candle of one plotted expression. */
static double time_expression(const char *call) {
    char text[1024];
    struct r3_rules *rules;
    struct r3_error error;
    double best = 0;
    snprintf(text, sizeof text, "v = %s\nplot v", call);
    if (r3_rules_compile(&rules, call, text, strlen(text), NULL, 0, &error) < 0)
        fail(call, &error);
    struct r3_rules_block *block = r3_rules_block_new(rules);
    void *state = r3_allocate(r3_rules_state_size(rules));
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        r3_rules_start(rules, state);
        double start = now();
        for (size_t at = 0; at < total;) {
            struct r3_candles candles = block_at(at);
            for (size_t from = 0, count; from < candles.count; from += count)
                if (r3_rules_candles(block, state, &candles, from, candles.count, &count, &error) < 0)
                    fail(call, &error);
            at += candles.count;
        }
        double took = (now() - start) / (double)total;
        best = repeat == 0 || took < best ? took : best;
    }
    free(state);
    r3_rules_block_free(block);
    r3_rules_free(rules);
    return best;
}

static int throw_away(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    (void)record, (void)error;
    ++*(size_t *)port->context;
    return 0;
}

/* ns a candle of r3-strategy FILE. */
static double time_strategy(const char *file, size_t *signals) {
    struct r3_port port = { .emit = throw_away, .context = signals };
    const struct r3_option *const tables[] = { r3_strategy_stage.options, NULL };
    char program[] = "r3-strategy", name[256];
    char *const words[] = { program, name, NULL };
    struct r3_arguments *arguments;
    struct r3_error error;
    double best = 0;
    snprintf(name, sizeof name, "%s", file);
    if (r3_arguments_parse(&arguments, tables, 2, words, &error) < 0)
        fail(file, &error);
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        void *state = NULL;
        *signals = 0;
        if (r3_strategy_stage.init(&state, arguments, &port, &error) < 0)
            fail(file, &error);
        double start = now();
        for (size_t from = 0; from < total;) {
            struct r3_candles candles = block_at(from);
            size_t at;
            if (r3_strategy_stage.candles(state, &candles, 0, candles.count, &at, &error) < 0)
                fail(file, &error);
            from += candles.count;
        }
        double took = (now() - start) / (double)total;
        best = repeat == 0 || took < best ? took : best;
        r3_strategy_stage.free(state);
    }
    r3_arguments_free(arguments);
    return best;
}

int main(int argc, char **argv) {
    if (argc > 1)
        total = strtoul(argv[1], NULL, 10);
    make_candles();
    printf("%-46s %10s\n", "function", "ns/candle");
    for (const struct r3_function *function = r3_functions; function->name; function++) {
        char call[256];
        write_call(call, sizeof call, function);
        printf("%-46s %10.2f\n", call, time_expression(call));
    }
    printf("\n%-46s %10s %10s\n", "strategy", "ns/candle", "signals");
    glob_t files;
    if (glob("lib/strategies/*.rules", 0, NULL, &files) != 0) {
        fputs("indicators: no lib/strategies/*.rules here\n", stderr);
        return 74;
    }
    for (size_t i = 0; i < files.gl_pathc; i++) {
        size_t signals;
        double took = time_strategy(files.gl_pathv[i], &signals);
        printf("%-46s %10.2f %10zu\n", strrchr(files.gl_pathv[i], '/') + 1, took, signals);
    }
    globfree(&files);
    return 0;
}
