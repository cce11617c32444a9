#include "lib/sweep/walk_forward.h"

#include <math.h>

#include "lib/base/time.h"
#include "lib/sweep/figure.h"
#include "lib/sweep/pool.h"

/* The train runs of all windows, one window after the other. */
struct training {
    struct r3_walk_forward *walk;
    const struct r3_walk_forward_options *options;
    struct r3_sweep_plan *plan; /* of the window that runs are begun in */
    size_t window;
    bool begun;
};

static int next_run(void *context, struct r3_sweep_run *run, bool may_wait, bool *ready, struct r3_error *error) {
    struct training *training = context;
    const struct r3_walk_forward_options *options = training->options;
    (void)may_wait;
    while (training->window < training->walk->count) {
        if (!training->plan && options->plan(options->context, &training->plan, error) != 0)
            return -1;
        int more = r3_sweep_plan_next(training->plan, &run->number, error);
        if (more < 0)
            return -1;
        if (more > 0) {
            const struct r3_sweep_window *window = &training->walk->rows[training->window].window;
            run->from = window->train_from;
            run->to = window->train_to;
            int found = options->find ? options->find(options->context, run, error) : 0;
            *ready = found > 0;
            run->wants_messages = !training->begun && !*ready; /* one speaks for all */
            training->begun = training->begun || !*ready;
            run->tag = training->window << 1 | *ready;
            return found < 0 ? -1 : 1;
        }
        r3_sweep_plan_free(training->plan);
        training->plan = NULL;
        training->window++;
    }
    return 0;
}

static int take_run(void *context, struct r3_sweep_run *run, struct r3_error *error) {
    struct training *training = context;
    const struct r3_walk_forward_options *options = training->options;
    struct r3_walk_forward *walk = training->walk;
    struct r3_walk_forward_row *row = &walk->rows[run->tag >> 1];
    bool was_found = run->tag & 1;
    walk->runs++;
    if (!was_found && options->done && options->done(options->context, run, error) != 0)
        return -1;
    if (run->status != 0) {
        if (walk->failed++ == 0) {
            r3_buffer_append_text(&walk->failure, run->message.length ? run->message.data : "failed");
            walk->failure_status = run->status;
        }
        return 0;
    }
    run->rank = options->rank(options->context, &run->statistics);
    if (isnan(run->rank) || (row->chosen && !(run->rank > row->rank)))
        return 0;
    row->chosen = true;
    row->number = run->number;
    row->rank = run->rank;
    r3_buffer_reset(&row->in_sample);
    r3_buffer_append(&row->in_sample, run->statistics.data, run->statistics.length);
    return 0;
}

static void tick(void *context) {
    const struct training *training = context;
    const struct r3_walk_forward_options *options = training->options;
    uint64_t total =
        training->plan ? r3_sweep_plan_count(training->plan) * training->walk->count : training->walk->runs;
    if (options->progress)
        options->progress(options->context, training->walk->runs, total);
}

static bool is_stopped(void *context) {
    struct training *training = context;
    const struct r3_walk_forward_options *options = training->options;
    if (options->stopped && options->stopped(options->context))
        training->walk->stopped = true;
    return training->walk->stopped;
}

static int train(struct r3_walk_forward *walk, const struct r3_walk_forward_options *options, struct r3_error *error) {
    struct training training = { .walk = walk, .options = options };
    const struct r3_sweep_pool pool = { .pipeline = options->pipeline,
                                        .threads = options->threads,
                                        .next = next_run,
                                        .take = take_run,
                                        .tick = tick,
                                        .stopped = is_stopped,
                                        .context = &training };
    int result = r3_sweep_pool_run(&pool, error);
    r3_sweep_plan_free(training.plan);
    if (result == 0 && !walk->stopped && walk->failed > 0 && walk->failed == walk->runs)
        return r3_fail(error, (enum r3_status)walk->failure_status, "every train run failed; the first: %s",
                       walk->failure.data);
    return result;
}

/* ---- windows ---- */

struct span {
    enum r3_timeframe timeframe;
};

static int see_record(void *context, const struct r3_record *record) {
    struct span *span = context;
    if (record->type == R3_CANDLE)
        span->timeframe = record->candle.timeframe;
    return span->timeframe != R3_TIMEFRAME_NONE;
}
static int see_candles(void *context, const struct r3_candles *candles) {
    ((struct span *)context)->timeframe = candles->timeframe;
    return 1;
}

/* A span that is no multiple would cut a candle that r3-collect --resample makes, and the text of a run would not
 * say what was run. */
static int check_multiple(const char *option, int64_t span, enum r3_timeframe timeframe, struct r3_error *error) {
    if (timeframe == R3_1M)
        return r3_fail(error, R3_USAGE, "%s: months differ in length: a walk-forward wants shorter candles", option);
    if (span % r3_timeframe_span(timeframe) != 0)
        return r3_fail(error, R3_USAGE, "%s: wants a multiple of the candles' %s", option,
                       r3_timeframe_name(timeframe));
    return 0;
}

static int make_windows(struct r3_walk_forward *walk, const struct r3_walk_forward_options *options,
                        struct r3_error *error) {
    const struct r3_sweep_source *source = NULL;
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    struct r3_sweep_window *windows = NULL;
    struct span span = { R3_TIMEFRAME_NONE };
    int result = -1;
    if (r3_sweep_pipeline_varies(options->pipeline, 0))
        return r3_fail(error, R3_USAGE,
                       "a walk-forward wants the same candles for each combination: r3-collect varies");
    r3_sweep_pipeline_fill(&text, options->pipeline, 0);
    if (r3_sweep_sources_get(options->pipeline->sources, &source, &text, error) != 0)
        goto out;
    r3_sweep_source_each(source, R3_TIME_ABSENT, R3_TIME_ABSENT, see_record, see_candles, &span);
    if (span.timeframe == R3_TIMEFRAME_NONE) {
        r3_fail(error, R3_DATA, "no candle came");
        goto out;
    }
    if (check_multiple("--train", options->train, span.timeframe, error) != 0 ||
        check_multiple("--test", options->test, span.timeframe, error) != 0 ||
        r3_sweep_windows(&windows, &walk->count, r3_sweep_source_first(source),
                         r3_sweep_source_last(source) + r3_timeframe_span(span.timeframe), options->train,
                         options->test, options->anchored, error) != 0)
        goto out;
    walk->rows = r3_allocate(walk->count * sizeof walk->rows[0]);
    for (size_t i = 0; i < walk->count; i++)
        walk->rows[i] = (struct r3_walk_forward_row) { .window = windows[i],
                                                       .rank = (double)NAN,
                                                       .in_return = (double)NAN,
                                                       .out_return = (double)NAN,
                                                       .efficiency = (double)NAN };
    result = 0;
out:
    if (source)
        r3_sweep_sources_put(options->pipeline->sources, source);
    free(windows);
    r3_pipeline_text_release(&text);
    return result;
}

/* ---- tests ---- */

/* The return in r3-report's JSON. */
static double return_of(const struct r3_buffer *statistics) {
    return r3_sweep_figure_value(r3_sweep_figure_find("return"), statistics);
}

/* Returns a year out of sample over those in sample; undefined where the latter lost. */
static double efficiency(double in_rate, double out_rate) {
    return in_rate > 0 ? out_rate / in_rate : (double)NAN;
}

static void rate_rows(struct r3_walk_forward *walk) {
    double in_sum = 0, out_sum = 0, in_span = 0, out_span = 0;
    const double year = 365.0 * R3_DAY;
    for (size_t i = 0; i < walk->count && walk->rows[i].tested; i++) {
        struct r3_walk_forward_row *row = &walk->rows[i];
        double train = (double)(row->window.train_to - row->window.train_from) / year;
        double test = (double)(row->window.test_to - row->window.train_to) / year;
        row->in_return = row->chosen ? return_of(&row->in_sample) : 0;
        row->out_return = return_of(&row->test.statistics);
        row->efficiency = efficiency(row->in_return / train, row->out_return / test);
        in_sum += row->in_return;
        out_sum += row->out_return;
        in_span += train;
        out_span += test;
    }
    walk->in_return_ann = in_sum / in_span;
    walk->out_return_ann = out_sum / out_span;
    walk->efficiency = efficiency(walk->in_return_ann, walk->out_return_ann);
}

static int test_windows(struct r3_walk_forward *walk, struct r3_sweep_joined *joined,
                        const struct r3_walk_forward_options *options, struct r3_error *error) {
    for (size_t i = 0; i < walk->count; i++) {
        struct r3_walk_forward_row *row = &walk->rows[i];
        if (options->stopped && options->stopped(options->context)) {
            walk->stopped = true;
            return 0;
        }
        int done = r3_sweep_joined_run(joined, &row->test, row->number, row->chosen, &row->window, error);
        if (done < 0)
            return r3_error_at(error, "test window %zu: ", i + 1);
        if (done == 0)
            break;
        row->tested = true;
    }
    if (r3_sweep_joined_finish(joined, &walk->joined, &walk->table, error) != 0)
        return r3_error_at(error, "test windows joined: ");
    size_t count;
    const double *profits = r3_sweep_joined_profits(joined, &count, &walk->start);
    walk->profits = r3_allocate((count + 1) * sizeof walk->profits[0]);
    if (count)
        memcpy(walk->profits, profits, count * sizeof walk->profits[0]);
    walk->profit_count = count;
    rate_rows(walk);
    return 0;
}

int r3_walk_forward_run(struct r3_walk_forward *out, const struct r3_walk_forward_options *options,
                        struct r3_error *error) {
    struct r3_sweep_joined *joined = NULL;
    *out = (struct r3_walk_forward) { .in_return_ann = (double)NAN,
                                      .out_return_ann = (double)NAN,
                                      .efficiency = (double)NAN };
    int result = r3_sweep_joined_new(&joined, options->pipeline, &options->files, error);
    if (result == 0)
        result = make_windows(out, options, error);
    if (result == 0)
        result = train(out, options, error);
    if (result == 0 && !out->stopped)
        result = test_windows(out, joined, options, error);
    r3_sweep_joined_free(joined);
    return result;
}

void r3_walk_forward_release(struct r3_walk_forward *walk) {
    for (size_t i = 0; i < walk->count; i++) {
        r3_buffer_release(&walk->rows[i].in_sample);
        r3_sweep_test_release(&walk->rows[i].test);
    }
    free(walk->rows);
    free(walk->profits);
    r3_buffer_release(&walk->failure);
    r3_buffer_release(&walk->joined);
    r3_buffer_release(&walk->table);
    *walk = (struct r3_walk_forward) { 0 };
}
