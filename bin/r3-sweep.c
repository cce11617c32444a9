/* r3-sweep: a pipeline with many sets of parameters, see lib/sweep/sweep.h. Here its options, and what they must not be together. */
#include <stdio.h>
#include <unistd.h>

#include "lib/stage/series_cache.h"
#include "lib/stage/signals.h"
#include "lib/stage/stage.h"
#include "lib/sweep/pool.h"
#include "lib/sweep/sweep.h"
#include "lib/trade/monte_carlo.h"

/* Bytes of candles, and of series, that no run uses just now. */
enum { THREADS_MAX = 1024, SOURCES_KEPT = 64 << 20, SERIES_KEPT = 64 << 20 };

static const char NAME[] = "r3-sweep", OPERANDS[] = "TEXT",
                  SUMMARY[] = "run a pipeline with many sets of parameters, and rank them";

#define TEXT_OPTION(NAME_, ARGUMENT, HELP)                                                                             \
    { .name = (NAME_), .kind = R3_OPTION_TEXT, .argument = (ARGUMENT), .help = (HELP) }
#define NUMBER_OPTION(NAME_, FALLBACK, MINIMUM, HELP)                                                                  \
    {                                                                                                                  \
        .name = (NAME_), .kind = R3_OPTION_INTEGER, .argument = "N", .fallback = (FALLBACK), .minimum = (MINIMUM),     \
        .help = (HELP)                                                                                                 \
    }
static const struct r3_option options[] = {
    { .name = "vary",
      .kind = R3_OPTION_TEXT,
      .argument = "NAME=VALUES",
      .repeat = true,
      .help = "{NAME} is FIRST:LAST:STEP, or a,b,c" },
    TEXT_OPTION("where", "CONDITION", "only combinations that satisfy it"),
    NUMBER_OPTION("sample", NULL, 1, "so many combinations, drawn at random"),
    NUMBER_OPTION("latin", NULL, 1, "so many draws of a Latin hypercube"),
    NUMBER_OPTION("seed", "1", 0, "of what is drawn"),
    { .name = "rank",
      .kind = R3_OPTION_TEXT,
      .argument = "[-]NAME",
      .fallback = "sharpe_ratio",
      .help = "rank by it, - for the lowest" },
    NUMBER_OPTION("top", "20", 1, "rows of the table"),
    { .name = "json", .kind = R3_OPTION_FLAG, .help = "a record a combination, no table" },
    TEXT_OPTION("csv", "FILE", "write a line a combination"),
    TEXT_OPTION("plot", "FILE", "draw a heat map, or what --train gave"),
    TEXT_OPTION("axes", "X,Y", "parameters of the heat map"),
    TEXT_OPTION("resume", "FILE", "keep results there, and go on from them"),
    NUMBER_OPTION("threads", NULL, 1, "at the same time (default: every CPU)"),
    { .name = "train", .kind = R3_OPTION_DURATION, .argument = "SPAN", .help = "walk forward: choose over this span" },
    { .name = "test", .kind = R3_OPTION_DURATION, .argument = "SPAN", .help = "and try the choice over the next" },
    { .name = "anchored", .kind = R3_OPTION_FLAG, .help = "every --train begins with the first candle" },
    TEXT_OPTION("trades", "FILE", "write the trades of all --test spans"),
    TEXT_OPTION("equity", "FILE", "write the equity of all --test spans"),
    NUMBER_OPTION("monte-carlo", NULL, 1, "so many runs with the trades reordered"),
    { .name = "jobs-out", .kind = R3_OPTION_FLAG, .help = "write the combinations as records" },
    { .name = "jobs-in", .kind = R3_OPTION_FLAG, .help = "run those that standard input brings" },
    { .name = NULL },
};

/* Options that make sense beside another one alone, or not beside it. An option that would do nothing is refused. */
static int check_together(const struct r3_arguments *arguments, struct r3_error *error) {
    static const struct {
        const char *option, *needs[3]; /* one of these */
    } needs[] = { { "seed", { "sample", "latin", "monte-carlo" } },
                  { "axes", { "plot" } },
                  { "train", { "test" } },
                  { "test", { "train" } },
                  { "anchored", { "train" } },
                  { "trades", { "train" } },
                  { "equity", { "train" } } };
    static const struct {
        const char *option, *not_with[13];
    } clashes[] = { { "sample", { "latin" } },
                    { "json", { "top" } },
                    { "train", { "top", "csv", "axes" } },
                    { "jobs-out",
                      { "jobs-in", "rank", "top", "json", "csv", "plot", "threads", "train", "monte-carlo" } },
                    { "jobs-in",
                      { "vary", "where", "sample", "latin", "rank", "top", "json", "csv", "plot", "resume", "train",
                        "monte-carlo" } } };
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        bool has = !r3_arguments_given(arguments, needs[i].option);
        for (size_t k = 0; k < 3 && needs[i].needs[k]; k++)
            has = has || r3_arguments_given(arguments, needs[i].needs[k]);
        if (!has)
            return r3_fail(error, R3_USAGE, "--%s does nothing without --%s", needs[i].option, needs[i].needs[0]);
    }
    for (size_t i = 0; i < sizeof clashes / sizeof clashes[0]; i++)
        for (size_t k = 0; k < 13 && clashes[i].not_with[k]; k++)
            if (r3_arguments_given(arguments, clashes[i].option) &&
                r3_arguments_given(arguments, clashes[i].not_with[k]))
                return r3_fail(error, R3_USAGE, "--%s and --%s do not go together", clashes[i].option,
                               clashes[i].not_with[k]);
    return 0;
}

static void say(const char *text) {
    fprintf(stderr, "%s: %s\n", NAME, text);
}
static void say_of_program(void *context, const char *program, const char *text) {
    r3_sweep_progress_clear(context);
    fprintf(stderr, "%s%s%s\n", program ? program : "", program ? ": " : "", text);
}

static int integer(int64_t *out, const struct r3_arguments *arguments, const char *name, int64_t fallback,
                   int64_t maximum, struct r3_error *error) {
    const struct r3_argument *argument = r3_arguments_get(arguments, name, 0);
    *out = argument ? argument->integer : fallback;
    return *out > maximum ? r3_fail(error, R3_USAGE, "--%s: at most %lld", name, (long long)maximum) : 0;
}

static int read_numbers(struct r3_sweep_settings *settings, const struct r3_arguments *arguments,
                        struct r3_error *error) {
    int64_t sample, latin, seed, top, threads, monte_carlo;
    if (integer(&sample, arguments, "sample", 0, R3_SWEEP_DRAWS_MAX, error) < 0 ||
        integer(&latin, arguments, "latin", 0, R3_SWEEP_DRAWS_MAX, error) < 0 ||
        integer(&seed, arguments, "seed", 0, INT64_MAX, error) < 0 ||
        integer(&top, arguments, "top", 0, R3_SWEEP_TOP_MAX, error) < 0 ||
        integer(&threads, arguments, "threads", r3_sweep_cpus(), THREADS_MAX, error) < 0 ||
        integer(&monte_carlo, arguments, "monte-carlo", 0, R3_MONTE_CARLO_RUNS_MAX, error) < 0)
        return -1;
    settings->choice = sample ? R3_SWEEP_RANDOM : latin ? R3_SWEEP_LATIN : R3_SWEEP_ALL;
    settings->draws = (uint64_t)(sample ? sample : latin);
    settings->seed = (uint64_t)seed;
    settings->top = (size_t)top;
    settings->threads = (unsigned)threads;
    settings->monte_carlo = (uint64_t)monte_carlo;
    settings->train = r3_arguments_given(arguments, "train") ? r3_arguments_get(arguments, "train", 0)->integer : 0;
    settings->test = r3_arguments_given(arguments, "test") ? r3_arguments_get(arguments, "test", 0)->integer : 0;
    return 0;
}

static int read_settings(struct r3_sweep_settings *settings, const struct r3_arguments *arguments,
                         struct r3_error *error) {
    if (r3_arguments_operands(arguments) != 1)
        return r3_fail(error, R3_USAGE, "wants one argument, the text of a pipeline");
    if (check_together(arguments, error) < 0 || read_numbers(settings, arguments, error) < 0 ||
        r3_sweep_order_parse(&settings->order, r3_arguments_text(arguments, "rank"), error) < 0)
        return -1;
    settings->json = r3_arguments_given(arguments, "json");
    settings->anchored = r3_arguments_given(arguments, "anchored");
    settings->where_text = r3_arguments_text(arguments, "where");
    settings->csv = r3_arguments_text(arguments, "csv");
    settings->axes = r3_arguments_text(arguments, "axes");
    settings->resume = r3_arguments_text(arguments, "resume");
    settings->files.trades = r3_arguments_text(arguments, "trades");
    settings->files.equity = r3_arguments_text(arguments, "equity");
    *(settings->train ? &settings->files.plot : &settings->plot) = r3_arguments_text(arguments, "plot");
    return 0;
}

/* Parameters and their condition. */
static int read_space(struct r3_sweep_space *space, struct r3_sweep_where **where, const struct r3_arguments *arguments,
                      struct r3_error *error) {
    const char *condition = r3_arguments_text(arguments, "where");
    for (size_t i = 0; i < r3_arguments_count(arguments, "vary"); i++)
        if (r3_sweep_space_add(space, r3_arguments_get(arguments, "vary", i)->text, error) < 0)
            return -1;
    return condition ? r3_sweep_where_parse(where, condition, space, error) : 0;
}

static int run(const struct r3_arguments *arguments, int *status, struct r3_error *error) {
    struct r3_sweep_space space;
    struct r3_sweep_where *where = NULL;
    struct r3_sweep_pipeline pipeline = { .text = R3_PIPELINE_TEXT_INIT };
    struct r3_sweep_progress progress = { 0 };
    struct r3_writer out = { .fd = -1 };
    struct r3_sweep_settings settings = { .pipeline = &pipeline,
                                          .space = &space,
                                          .out = &out,
                                          .progress = &progress,
                                          .stopped = r3_signals_stop_asked,
                                          .message = say };
    bool jobs_in = r3_arguments_given(arguments, "jobs-in");
    int result = -1;
    r3_sweep_space_init(&space);
    if (read_settings(&settings, arguments, error) < 0 || read_space(&space, &where, arguments, error) < 0)
        goto out;
    settings.where = where;
    const char *text = r3_arguments_operand(arguments, 0);
    if (r3_sweep_pipeline_init(&pipeline, text, strlen(text), jobs_in ? NULL : &space, error) < 0)
        goto out;
    pipeline.message = say_of_program;
    pipeline.context = &progress;
    pipeline.sources = r3_sweep_sources_new(SOURCES_KEPT, say_of_program, &progress);
    pipeline.series = r3_series_cache_new(SERIES_KEPT);
    r3_signals_prepare(true);
    r3_writer_init(&out, STDOUT_FILENO, "standard output");
    if (jobs_in)
        result = r3_sweep_jobs_in(&settings, STDIN_FILENO, status, error);
    else if (r3_arguments_given(arguments, "jobs-out"))
        result = r3_sweep_jobs_out(&settings, error);
    else
        result = (settings.train ? r3_sweep_walk : r3_sweep_all)(&settings, status, error);
    struct r3_error later = { 0 };
    if (r3_writer_close(&out, &later) < 0 && result == 0) {
        *error = later;
        result = -1;
    }
out:
    r3_sweep_sources_free(pipeline.sources);
    r3_series_cache_free(pipeline.series);
    r3_sweep_pipeline_release(&pipeline);
    r3_sweep_where_free(where);
    r3_sweep_space_release(&space);
    return result;
}

int main(int argc, char **argv) {
    const struct r3_option *const tables[] = { options, r3_source_options, NULL };
    struct r3_error error = { 0 };
    struct r3_arguments *arguments = NULL;
    int status = R3_DONE;
    int failed =
        r3_reserve_standard_descriptors(&error) < 0 || r3_arguments_parse(&arguments, tables, argc, argv, &error) < 0;
    if (!failed) {
        int done = r3_stage_print_information(NAME, OPERANDS, SUMMARY, arguments, tables, &error);
        failed = done < 0 || (done == 0 && run(arguments, &status, &error) < 0);
    }
    if (failed) {
        status = error.status;
        fprintf(stderr, "%s: %s\n", NAME, error.text);
        if (status == R3_USAGE && strncmp(error.text, "r3-", 3) != 0) /* not of a program in the pipeline */
            fprintf(stderr, "%s --help shows the options\n", NAME);
    }
    r3_arguments_free(arguments);
    return status;
}
