#include "lib/sweep/sweep.h"

#include <inttypes.h>
#include <math.h>

#include "lib/json/json.h"
#include "lib/sweep/columns.h"
#include "lib/sweep/heat_map.h"
#include "lib/sweep/pool.h"
#include "lib/sweep/result.h"
#include "lib/sweep/resume.h"
#include "lib/sweep/simulation.h"

enum { RESUMED = 1 }; /* tag of a run whose result was in the file */

struct sweep {
    const struct r3_sweep_settings *settings;
    char id[R3_SWEEP_ID_SIZE];
    struct r3_sweep_plan *plan;
    struct r3_sweep_ranking ranking;
    struct r3_sweep_resume *resume; /* NULL */
    struct r3_sweep_columns columns;
    struct r3_sweep_heat_map *map; /* NULL */
    struct r3_buffer line;
    bool begun, stopped;
};

void r3_sweep_command_write(struct r3_buffer *out, const char *text) {
    r3_buffer_append_text(out, "r3-backtest '");
    for (; *text; text++)
        r3_buffer_append(out, *text == '\'' ? "'\\''" : text, *text == '\'' ? 4 : 1);
    r3_buffer_append_text(out, "'");
}

/* ---- runs ---- */

/* A result from the file counts for these candles alone. 1: it does; 0: its candles could not be read then, so it is run again; -1. */
static int check_data(const struct sweep *sweep, const struct r3_sweep_run *run, struct r3_error *error) {
    const struct r3_sweep_pipeline *pipeline = sweep->settings->pipeline;
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    const struct r3_sweep_source *source;
    if (!run->data)
        return 0;
    r3_sweep_pipeline_fill(&text, pipeline, run->number);
    int result = r3_sweep_sources_get(pipeline->sources, &source, &text, error) == 0 ? 1 : -1;
    if (result > 0) {
        if (r3_sweep_source_hash(source) != run->data)
            result = r3_fail(error, R3_DATA, "%s: combination %" PRIu64 " was run over other candles",
                             sweep->settings->resume, run->number);
        r3_sweep_sources_put(pipeline->sources, source);
    }
    r3_pipeline_text_release(&text);
    return result;
}

static int next_run(void *context, struct r3_sweep_run *run, bool may_wait, bool *ready, struct r3_error *error) {
    struct sweep *sweep = context;
    (void)may_wait;
    int more = r3_sweep_plan_next(sweep->plan, &run->number, error);
    if (more <= 0)
        return more;
    int found = sweep->resume ? r3_sweep_resume_find(sweep->resume, run, error) : 0;
    if (found > 0)
        found = check_data(sweep, run, error);
    if (found < 0)
        return -1;
    *ready = found > 0;
    if (*ready) {
        run->tag = RESUMED;
        return 1;
    }
    r3_sweep_run_release(run);
    r3_sweep_parameters_write(&run->parameters, sweep->settings->space, run->number);
    run->wants_messages = !sweep->begun; /* one speaks for all */
    sweep->begun = true;
    return 1;
}

static int take_run(void *context, struct r3_sweep_run *run, struct r3_error *error) {
    struct sweep *sweep = context;
    const struct r3_sweep_settings *settings = sweep->settings;
    if (r3_sweep_ranking_add(&sweep->ranking, run, error) != 0 ||
        (settings->csv && r3_sweep_columns_add(&sweep->columns, run, error) != 0))
        return -1;
    if (sweep->map)
        r3_sweep_heat_map_add(sweep->map, run);
    if (!settings->json && (!sweep->resume || run->tag == RESUMED))
        return 0;
    r3_buffer_reset(&sweep->line);
    r3_sweep_result_write(&sweep->line, sweep->id, run);
    if (sweep->resume && run->tag != RESUMED &&
        r3_sweep_resume_append(sweep->resume, sweep->line.data, sweep->line.length, error) != 0)
        return -1;
    return settings->json ? r3_writer_put(settings->out, sweep->line.data, sweep->line.length, error) : 0;
}

/* "sharpe_ratio 1.940: fast=5 slow=40" of the best row; "" while there is none. */
static void describe_best(struct r3_buffer *out, const struct sweep *sweep) {
    const struct r3_sweep_row *best = r3_sweep_ranking_best(&sweep->ranking);
    const struct r3_sweep_space *space = sweep->settings->space;
    uint32_t indices[R3_SWEEP_PARAMETERS_MAX];
    char figure[64];
    r3_buffer_append_text(out, "");
    if (!best)
        return;
    r3_sweep_figure_format(figure, sizeof figure, sweep->ranking.order.figure, best->figures[0]);
    r3_buffer_printf(out, "%s %s:", sweep->ranking.order.figure->name, figure);
    r3_sweep_space_combination(space, best->number, indices);
    for (size_t i = 0; i < space->count; i++)
        r3_buffer_printf(out, " %s=%s", space->parameters[i].name, space->parameters[i].values[indices[i]].text);
}

static void tick(void *context) {
    struct sweep *sweep = context;
    const struct r3_sweep_settings *settings = sweep->settings;
    struct r3_buffer best = R3_BUFFER_INIT;
    struct r3_error ignored = { 0 };
    if (!r3_sweep_progress_due(settings->progress))
        return;
    describe_best(&best, sweep);
    r3_sweep_progress_write(settings->progress, sweep->ranking.total, r3_sweep_plan_count(sweep->plan), best.data);
    r3_buffer_release(&best);
    if (settings->json)
        r3_writer_flush(settings->out, &ignored); /* told when more is written, or at the end */
}

static bool is_stopped(void *context) {
    struct sweep *sweep = context;
    sweep->stopped = sweep->stopped || sweep->settings->stopped();
    return sweep->stopped;
}

/* ---- what is shown ---- */

/* A combination once more, with its history; to be released. `what` it is for stands ahead of what fails. */
static int run_again(struct r3_sweep_run *run, const struct sweep *sweep, uint64_t number, const char *what,
                     struct r3_error *error) {
    *run =
        (struct r3_sweep_run) { .number = number, .from = R3_TIME_ABSENT, .to = R3_TIME_ABSENT, .wants_history = true };
    int result = r3_sweep_run(run, sweep->settings->pipeline, error);
    if (result == 0 && run->status)
        result = r3_fail(error, (enum r3_status)run->status, "%s: %s", what, run->message.data);
    return result;
}

static int simulate(struct r3_monte_carlo_figures *out, const struct sweep *sweep, uint64_t number,
                    struct r3_error *error) {
    const struct r3_sweep_settings *settings = sweep->settings;
    struct r3_sweep_run run;
    int result = run_again(&run, sweep, number, "--monte-carlo", error);
    if (result == 0)
        r3_sweep_simulate(out, run.history.profits, run.history.count, run.history.start, settings->monte_carlo,
                          settings->seed, settings->threads);
    r3_sweep_run_release(&run);
    return result;
}

/* Rows without a trade, and no word of a program why: each of them says it in its records alone. */
static int tell_rejections(const struct sweep *sweep, struct r3_error *error) {
    const struct r3_sweep_ranking *ranking = &sweep->ranking;
    struct r3_sweep_run run;
    char text[R3_TEXT_SIZE + 128];
    if (!ranking->rejected || sweep->stopped)
        return 0;
    int result = run_again(&run, sweep, ranking->first_rejected, "rejected entries", error);
    if (result == 0) {
        snprintf(text, sizeof text, "%" PRIu64 " of %" PRIu64 " combinations: every entry was rejected; the first: %s",
                 ranking->rejected, ranking->total, run.history.first_rejection);
        sweep->settings->message(text);
    }
    r3_sweep_run_release(&run);
    return result;
}

static void put_real(struct r3_buffer *out, const char *name, double value) {
    char text[R3_JSON_REAL_SIZE] = "null";
    if (isfinite(value))
        r3_json_format_real(text, value);
    r3_buffer_printf(out, ",\"%s\":%s", name, text);
}

/* The last line of --json. */
static void put_summary(struct r3_buffer *out, const struct sweep *sweep, const struct r3_sweep_row *best,
                        const char *pipeline, const struct r3_monte_carlo_figures *simulated) {
    const struct r3_sweep_ranking *ranking = &sweep->ranking;
    r3_buffer_printf(out, "{\"type\":\"summary\",\"sweep\":\"%s\",\"results\":%" PRIu64 ",\"failed\":%" PRIu64,
                     sweep->id, ranking->total, ranking->failed);
    r3_buffer_printf(out, ",\"rank\":\"%s%s\",\"best\":", ranking->order.ascending ? "-" : "",
                     ranking->order.figure->name);
    if (best) {
        r3_buffer_printf(out, "{\"job\":%" PRIu64 ",\"parameters\":", best->number);
        r3_sweep_parameters_write(out, sweep->settings->space, best->number);
        put_real(out, ranking->order.figure->name, best->figures[0]);
        r3_buffer_append_text(out, ",\"pipeline\":");
        r3_json_write_text(out, pipeline, strlen(pipeline));
        r3_buffer_append_text(out, "}");
    } else {
        r3_buffer_append_text(out, "null");
    }
    r3_buffer_printf(out, ",\"trials\":%" PRIu64, ranking->trials);
    put_real(out, "deflated_sharpe_ratio", r3_sweep_ranking_deflated(ranking));
    if (simulated) {
        r3_buffer_append_text(out, ",\"monte_carlo\":");
        r3_sweep_simulation_json(out, simulated);
    }
    r3_buffer_append_text(out, "}\n");
}

static void put_table(struct r3_buffer *out, const struct sweep *sweep, const struct r3_sweep_row *best,
                      const char *pipeline, const struct r3_monte_carlo_figures *simulated) {
    r3_sweep_ranking_table(out, &sweep->ranking, sweep->settings->space);
    if (best) {
        r3_buffer_append_text(out, "The first row again:\n  ");
        r3_sweep_command_write(out, pipeline);
        r3_buffer_append_text(out, "\n");
    }
    if (simulated) {
        r3_buffer_append_text(out, "\n");
        r3_sweep_simulation_table(out, simulated);
    }
}

static void tell_undefined(const struct sweep *sweep) {
    char text[128];
    snprintf(text, sizeof text, "--monte-carlo: left out: no combination has a %s to rank by",
             sweep->ranking.order.figure->name);
    sweep->settings->message(text);
}

static int show(struct sweep *sweep, struct r3_error *error) {
    const struct r3_sweep_settings *settings = sweep->settings;
    const struct r3_sweep_row *best = r3_sweep_ranking_best(&sweep->ranking);
    struct r3_buffer text = R3_BUFFER_INIT, pipeline = R3_BUFFER_INIT;
    struct r3_monte_carlo_figures figures, *simulated = NULL;
    int result = 0;
    if (best)
        r3_sweep_pipeline_write(&pipeline, settings->pipeline, best->number);
    if (settings->monte_carlo && best && !sweep->stopped) {
        simulated = &figures;
        result = simulate(&figures, sweep, best->number, error);
        if (result == 0 && !r3_sweep_simulation_told(&figures, settings->message) && !settings->json)
            simulated = NULL;
    } else if (settings->monte_carlo && sweep->ranking.failed < sweep->ranking.total && !sweep->stopped) {
        tell_undefined(sweep);
    }
    if (result == 0) {
        (settings->json ? put_summary : put_table)(&text, sweep, best, pipeline.data, simulated);
        result = r3_writer_put(settings->out, text.data, text.length, error);
    }
    r3_buffer_release(&text);
    r3_buffer_release(&pipeline);
    return result;
}

/* The files, whole or not at all. */
static int commit(struct sweep *sweep, struct r3_error *error) {
    if (sweep->settings->csv && r3_output_file_commit(&sweep->columns.file, error) != 0)
        return -1;
    return sweep->map ? r3_sweep_heat_map_draw(sweep->map, sweep->ranking.total, error) : 0;
}

/* ---- the whole ---- */

/* Candles that do not vary are read ahead of all runs, so that what is wrong with them is told once. */
static int read_candles(const struct sweep *sweep, const struct r3_sweep_source **source, struct r3_error *error) {
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    const struct r3_sweep_pipeline *pipeline = sweep->settings->pipeline;
    if (r3_sweep_pipeline_varies(pipeline, 0))
        return 0;
    r3_sweep_pipeline_fill(&text, pipeline, 0);
    int result = r3_sweep_sources_get(pipeline->sources, source, &text, error);
    r3_pipeline_text_release(&text);
    return result;
}

static int open_all(struct sweep *sweep, struct r3_error *error) {
    const struct r3_sweep_settings *settings = sweep->settings;
    if (r3_sweep_plan_new(&sweep->plan, settings->space, settings->where, settings->choice, settings->draws,
                          settings->seed, error) != 0)
        return -1;
    if (r3_sweep_plan_omitted(sweep->plan)) {
        char text[128];
        snprintf(text, sizeof text, "--latin: %" PRIu64 " of %" PRIu64 " draws left out (repeats, or against --where)",
                 r3_sweep_plan_omitted(sweep->plan), settings->draws);
        settings->message(text);
    }
    if ((settings->csv && r3_sweep_columns_open(&sweep->columns, settings->csv, settings->space, error) != 0) ||
        (settings->plot && r3_sweep_heat_map_new(&sweep->map, settings->plot, settings->axes, settings->space,
                                                 &settings->order, error) != 0))
        return -1;
    return settings->resume ? r3_sweep_resume_open(&sweep->resume, settings->resume, sweep->id, error) : 0;
}

static int fail_stopped(const struct sweep *sweep, struct r3_error *error) {
    uint64_t count = r3_sweep_plan_count(sweep->plan);
    char of[32] = "";
    if (count)
        snprintf(of, sizeof of, " of %" PRIu64, count);
    return r3_fail(error, R3_RETRY, "stopped after %" PRIu64 "%s combinations%s", sweep->ranking.total, of,
                   sweep->resume ? "" : " (with --resume FILE it could go on from there)");
}

int r3_sweep_all(const struct r3_sweep_settings *settings, int *status, struct r3_error *error) {
    struct sweep sweep = { .settings = settings, .columns = { .file = R3_OUTPUT_FILE_INIT } };
    const struct r3_sweep_pool pool = { .pipeline = settings->pipeline,
                                        .threads = settings->threads,
                                        .next = next_run,
                                        .take = take_run,
                                        .tick = tick,
                                        .stopped = is_stopped,
                                        .context = &sweep };
    const struct r3_sweep_source *source = NULL;
    r3_sweep_id(sweep.id, settings->pipeline, settings->space, settings->where_text);
    r3_sweep_ranking_init(&sweep.ranking, &settings->order, settings->top);
    int result = open_all(&sweep, error);
    if (result == 0)
        result = read_candles(&sweep, &source, error);
    if (result == 0)
        result = r3_sweep_pool_run(&pool, error);
    r3_sweep_progress_clear(settings->progress);
    if (result == 0 && sweep.resume)
        result = r3_sweep_resume_close(sweep.resume, error);
    if (result == 0)
        result = tell_rejections(&sweep, error);
    if (result == 0)
        result = show(&sweep, error);
    if (result == 0 && sweep.stopped)
        result = fail_stopped(&sweep, error);
    if (result == 0)
        result = commit(&sweep, error);
    if (result == 0 && sweep.ranking.failed == sweep.ranking.total)
        result = r3_fail(error, (enum r3_status)sweep.ranking.failure_status, "every combination failed; the first: %s",
                         sweep.ranking.failure.data);
    *status = sweep.ranking.failed ? R3_REFUSED : R3_DONE;
    if (source)
        r3_sweep_sources_put(settings->pipeline->sources, source);
    r3_sweep_columns_release(&sweep.columns);
    r3_sweep_heat_map_free(sweep.map);
    r3_sweep_resume_free(sweep.resume);
    r3_sweep_ranking_release(&sweep.ranking);
    r3_sweep_plan_free(sweep.plan);
    r3_buffer_release(&sweep.line);
    return result;
}
