#include <errno.h>
#include <poll.h>

#include "lib/sweep/pool.h"
#include "lib/sweep/result.h"
#include "lib/sweep/resume.h"
#include "lib/sweep/sweep.h"

/* Jobs go out as lines, and come in as lines, perhaps on another machine. */

/* The next combination whose result is not in the file yet. */
static int next_missing(struct r3_sweep_plan *plan, struct r3_sweep_resume *resume, uint64_t *number,
                        struct r3_error *error) {
    int more, found = 1;
    while (found > 0 && (more = r3_sweep_plan_next(plan, number, error)) > 0) {
        struct r3_sweep_run run = { .number = *number, .from = R3_TIME_ABSENT, .to = R3_TIME_ABSENT };
        found = resume ? r3_sweep_resume_find(resume, &run, error) : 0;
        r3_sweep_run_release(&run);
    }
    return found < 0 ? -1 : more;
}

int r3_sweep_jobs_out(const struct r3_sweep_settings *settings, struct r3_error *error) {
    struct r3_sweep_plan *plan = NULL;
    struct r3_sweep_resume *resume = NULL;
    struct r3_buffer line = R3_BUFFER_INIT;
    char id[R3_SWEEP_ID_SIZE];
    uint64_t number;
    int more = -1;
    r3_sweep_id(id, settings->pipeline, settings->space, settings->where_text);
    if (r3_sweep_plan_new(&plan, settings->space, settings->where, settings->choice, settings->draws, settings->seed,
                          error) != 0 ||
        (settings->resume && r3_sweep_resume_open(&resume, settings->resume, id, error) != 0))
        goto out;
    while ((more = next_missing(plan, resume, &number, error)) > 0 && !settings->stopped()) {
        r3_buffer_reset(&line);
        r3_sweep_job_write(&line, id, number, settings->space);
        if (r3_writer_put(settings->out, line.data, line.length, error) != 0) {
            more = -1;
            break;
        }
    }
    if (more > 0)
        more = r3_fail(error, R3_RETRY, "stopped before all jobs were written");
out:
    r3_buffer_release(&line);
    r3_sweep_resume_free(resume);
    r3_sweep_plan_free(plan);
    return more;
}

struct worker {
    const struct r3_sweep_settings *settings;
    struct r3_reader in;
    char id[R3_SWEEP_ID_SIZE]; /* of the last job */
    struct r3_buffer line;
    uint64_t done, failed;
    bool begun;
};

/* Whether a line, or the end of the input, can be read without waiting for longer than the rest of a line takes. With `may_wait` it is
 * waited for: false then where a signal came. */
static bool is_ready(const struct worker *worker, bool may_wait) {
    struct pollfd input = { .fd = worker->in.fd, .events = POLLIN };
    const char *data = worker->in.data;
    if (data && memchr(data + worker->in.start, '\n', worker->in.end - worker->in.start))
        return true;
    return poll(&input, 1, may_wait ? -1 : 0) > 0;
}

static int next_job(void *context, struct r3_sweep_run *run, bool may_wait, bool *ready, struct r3_error *error) {
    struct worker *worker = context;
    const char *line;
    size_t length;
    int result = 0;
    (void)ready;
    while (result == 0) {
        if (!is_ready(worker, false)) {
            if (r3_writer_flush(worker->settings->out, error) != 0)
                return -1;
            if (!may_wait)
                return 2;
            if (!is_ready(worker, true))
                return worker->settings->stopped() ? 0 : 2;
        }
        int got = r3_reader_line(&worker->in, &line, &length, error);
        if (got == 0)
            return 0;
        result = got < 0 ? -1 : r3_sweep_job_read(run, worker->id, line, length, worker->settings->pipeline, error);
    }
    if (result < 0)
        return error->status == R3_DATA
                   ? r3_error_at(error, "%s:%llu: ", worker->in.name, (unsigned long long)worker->in.line)
                   : -1;
    r3_buffer_append_text(&run->sweep, worker->id);
    run->wants_messages = !worker->begun;
    worker->begun = true;
    return 1;
}

static int take_job(void *context, struct r3_sweep_run *run, struct r3_error *error) {
    struct worker *worker = context;
    worker->done++;
    worker->failed += run->status != 0;
    r3_buffer_reset(&worker->line);
    r3_sweep_result_write(&worker->line, run->sweep.data, run);
    return r3_writer_put(worker->settings->out, worker->line.data, worker->line.length, error);
}

static void tick(void *context) {
    struct worker *worker = context;
    struct r3_error ignored = { 0 };
    if (!r3_sweep_progress_due(worker->settings->progress))
        return;
    r3_writer_flush(worker->settings->out, &ignored); /* told when more is written, or at the end */
    r3_sweep_progress_write(worker->settings->progress, worker->done, 0, "");
}

static bool is_stopped(void *context) {
    const struct worker *worker = context;
    return worker->settings->stopped();
}

int r3_sweep_jobs_in(const struct r3_sweep_settings *settings, int fd, int *status, struct r3_error *error) {
    struct worker worker = { .settings = settings };
    const struct r3_sweep_pool pool = { .pipeline = settings->pipeline,
                                        .threads = settings->threads,
                                        .next = next_job,
                                        .take = take_job,
                                        .tick = tick,
                                        .stopped = is_stopped,
                                        .context = &worker };
    r3_reader_init(&worker.in, fd, "standard input");
    int result = r3_sweep_pool_run(&pool, error);
    r3_sweep_progress_clear(settings->progress);
    if (result == 0 && settings->stopped())
        result = r3_fail(error, R3_RETRY, "stopped after %llu jobs", (unsigned long long)worker.done);
    *status = worker.failed ? R3_REFUSED : R3_DONE;
    r3_reader_release(&worker.in);
    r3_buffer_release(&worker.line);
    return result;
}
