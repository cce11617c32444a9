#include <inttypes.h>
#include <stdio.h>

#include "lib/sweep/result.h"
#include "lib/sweep/resume.h"
#include "lib/sweep/simulation.h"
#include "lib/sweep/sweep.h"
#include "lib/sweep/walk_forward.h"

/* --train: what the walk-forward of lib/sweep/walk_forward.h wants to know, and what it says. */

struct walk {
    const struct r3_sweep_settings *settings;
    char id[R3_SWEEP_ID_SIZE];
    struct r3_sweep_resume *resume; /* NULL */
    uint64_t data;                  /* hash of the candles */
    struct r3_buffer line;
};

static int make_plan(void *context, struct r3_sweep_plan **out, struct r3_error *error) {
    const struct r3_sweep_settings *settings = ((struct walk *)context)->settings;
    return r3_sweep_plan_new(out, settings->space, settings->where, settings->choice, settings->draws, settings->seed,
                             error);
}

static double rank(void *context, const struct r3_buffer *statistics) {
    return r3_sweep_order_value(&((struct walk *)context)->settings->order, statistics);
}

static void show_progress(void *context, uint64_t done, uint64_t total) {
    r3_sweep_progress_show(((struct walk *)context)->settings->progress, done, total, "");
}

static bool is_stopped(void *context) {
    return ((struct walk *)context)->settings->stopped();
}

/* ---- --resume: train runs, told apart by their span ---- */

static int open_resume(struct walk *walk, struct r3_error *error) {
    const struct r3_sweep_settings *settings = walk->settings;
    struct r3_pipeline_text text = R3_PIPELINE_TEXT_INIT;
    const struct r3_sweep_source *source;
    if (!settings->resume || r3_sweep_pipeline_varies(settings->pipeline, 0)) /* the walk itself refuses the latter */
        return 0;
    r3_sweep_pipeline_fill(&text, settings->pipeline, 0);
    int result = r3_sweep_sources_get(settings->pipeline->sources, &source, &text, error);
    r3_pipeline_text_release(&text);
    if (result != 0)
        return -1;
    walk->data = r3_sweep_source_hash(source);
    r3_sweep_sources_put(settings->pipeline->sources, source);
    return r3_sweep_resume_open(&walk->resume, settings->resume, walk->id, error);
}

static int find_run(void *context, struct r3_sweep_run *run, struct r3_error *error) {
    struct walk *walk = context;
    int found = walk->resume ? r3_sweep_resume_find(walk->resume, run, error) : 0;
    if (found < 0)
        return -1;
    if (found > 0 && run->data == walk->data)
        return 1;
    if (found > 0 && run->data)
        return r3_fail(error, R3_DATA, "%s: combination %" PRIu64 " was run over other candles", walk->settings->resume,
                       run->number);
    r3_sweep_run_release(run);
    r3_sweep_parameters_write(&run->parameters, walk->settings->space, run->number);
    return 0;
}

static int keep_run(void *context, const struct r3_sweep_run *run, struct r3_error *error) {
    struct walk *walk = context;
    if (!walk->resume)
        return 0;
    r3_buffer_reset(&walk->line);
    r3_sweep_result_write(&walk->line, walk->id, run);
    return r3_sweep_resume_append(walk->resume, walk->line.data, walk->line.length, error);
}

/* ---- what it says ---- */

static int show(const struct r3_sweep_settings *settings, const struct r3_walk_forward *walk,
                const struct r3_walk_forward_options *options, struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT, extra = R3_BUFFER_INIT;
    struct r3_monte_carlo_figures figures;
    bool told = false; /* there is something to tell */
    if (settings->monte_carlo) {
        r3_sweep_simulate(&figures, walk->profits, walk->profit_count, walk->start, settings->monte_carlo,
                          settings->seed, settings->threads);
        told = r3_sweep_simulation_told(&figures, settings->message);
    }
    if (settings->json) {
        r3_buffer_append_text(&extra, settings->monte_carlo ? ",\"monte_carlo\":" : "");
        if (settings->monte_carlo)
            r3_sweep_simulation_json(&extra, &figures);
        r3_walk_forward_json(&text, walk, options, extra.data);
    } else {
        r3_walk_forward_table(&text, walk, options);
        if (told) {
            r3_buffer_append_text(&text, "\n");
            r3_sweep_simulation_table(&text, &figures);
        }
    }
    int result = r3_writer_put(settings->out, text.data, text.length, error);
    r3_buffer_release(&text);
    r3_buffer_release(&extra);
    return result;
}

int r3_sweep_walk(const struct r3_sweep_settings *settings, int *status, struct r3_error *error) {
    struct walk walk = { .settings = settings };
    struct r3_walk_forward forward = { 0 };
    char ranked_by[80];
    snprintf(ranked_by, sizeof ranked_by, "%s%s", settings->order.ascending ? "-" : "", settings->order.figure->name);
    const struct r3_walk_forward_options options = { .pipeline = settings->pipeline,
                                                     .train = settings->train,
                                                     .test = settings->test,
                                                     .anchored = settings->anchored,
                                                     .threads = settings->threads,
                                                     .files = settings->files,
                                                     .plan = make_plan,
                                                     .rank = rank,
                                                     .ranked_by = ranked_by,
                                                     .find = find_run,
                                                     .done = keep_run,
                                                     .progress = show_progress,
                                                     .stopped = is_stopped,
                                                     .context = &walk };
    r3_sweep_id(walk.id, settings->pipeline, settings->space, settings->where_text);
    int result = open_resume(&walk, error);
    if (result == 0)
        result = r3_walk_forward_run(&forward, &options, error);
    r3_sweep_progress_clear(settings->progress);
    if (result == 0 && walk.resume)
        result = r3_sweep_resume_close(walk.resume, error);
    if (result == 0 && forward.stopped)
        result = r3_fail(error, R3_RETRY, "stopped after %" PRIu64 " train runs%s", forward.runs,
                         walk.resume ? "" : " (with --resume FILE it could go on from there)");
    if (result == 0)
        result = show(settings, &forward, &options, error);
    *status = forward.failed ? R3_REFUSED : R3_DONE;
    r3_sweep_resume_free(walk.resume);
    r3_buffer_release(&walk.line);
    r3_walk_forward_release(&forward);
    return result;
}
