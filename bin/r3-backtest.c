/* r3-backtest: a pipeline in one process, see lib/stage/engine.h. Here its options, and where bytes and messages go. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/io.h"
#include "lib/base/program.h"
#include "lib/exchange/names.h"
#include "lib/stage/engine.h"
#include "lib/stage/progress.h"
#include "lib/stage/signals.h"

enum { TEXT_MAX = 1 << 20, SIGNALLED = 128 };

static const char NAME[] = "r3-backtest", OPERANDS[] = "TEXT",
                  SUMMARY[] = "run a pipeline of r3 programs in one process";

static const struct r3_option options[] = {
    { .name = "file",
      .letter = 'f',
      .kind = R3_OPTION_TEXT,
      .argument = "FILE",
      .help = "read the text from it, - for standard input" },
    { .name = NULL },
};

struct terminal {
    struct r3_writer out;
    struct r3_progress progress;
};

/* A reader that has read enough is no failure, as for the last program of a pipe, which SIGPIPE ends. */
static int written(int failed) {
    return failed < 0 && errno == EPIPE ? R3_ENGINE_GONE : failed;
}

static int put(void *context, const char *data, size_t length, struct r3_error *error) {
    struct terminal *terminal = context;
    return written(r3_writer_put(&terminal->out, data, length, error));
}

static int flush(void *context, struct r3_error *error) {
    struct terminal *terminal = context;
    return written(r3_writer_flush(&terminal->out, error));
}

static void message(void *context, const char *program, const char *text) {
    struct terminal *terminal = context;
    r3_progress_clear(&terminal->progress);
    fprintf(stderr, "%s%s%s\n", program ? program : "", program ? ": " : "", text);
}

static void progress(void *context, const char *program, uint64_t records, uint64_t done, uint64_t total) {
    struct terminal *terminal = context;
    r3_progress_show(&terminal->progress, program, records, done, total);
}

static bool stopped(void *context) {
    (void)context;
    return r3_signals_stop_asked();
}

static void ignore(int signal_number) {
    (void)signal_number;
}

/* SIGPIPE does nothing here, so that a write tells; a handler, since what is ignored stays so in the programs that are started. */
static void prepare_signals(bool source) {
    struct sigaction action = { .sa_handler = ignore, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    sigaction(SIGPIPE, &action, NULL);
    r3_signals_prepare(source);
}

static int read_file(struct r3_buffer *text, const char *path, struct r3_error *error) {
    bool input = strcmp(path, "-") == 0;
    int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && text->length <= TEXT_MAX) {
        got = read(fd, r3_buffer_reserve(text, 4096), 4096);
        text->length += got > 0 ? (size_t)got : 0;
    }
    int failed = got < 0 ? r3_fail_errno(error, R3_IO, "%s", input ? "standard input" : path) : 0;
    if (!failed && text->length > TEXT_MAX)
        failed = r3_fail(error, R3_USAGE, "%s: longer than %d bytes", path, TEXT_MAX);
    if (!input && fd >= 0)
        close(fd);
    return failed;
}

static int read_text(struct r3_buffer *text, const struct r3_arguments *arguments, struct r3_error *error) {
    const char *file = r3_arguments_text(arguments, "file");
    if (r3_arguments_operands(arguments) != (file ? 0 : 1))
        return r3_fail(error, R3_USAGE, "wants one argument, the text of a pipeline, or -f FILE in its place");
    if (file)
        return read_file(text, file, error);
    r3_buffer_append_text(text, r3_arguments_operand(arguments, 0));
    return 0;
}

static bool has_second_processor(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 1;
}

/* ---- candles of an exchange ---- */

/* r3-fetch gets them, as it does in the pipe: this program has no network. */
struct source {
    pid_t process; /* 0: there is none */
    int in;
};

static int become_source(const struct r3_pipeline_program *program) {
    r3_program_execute("r3-fetch", program->words);
    perror("r3-collect: r3-fetch");
    return R3_UNAVAILABLE;
}

static int start_source(struct source *source, const struct r3_pipeline_program *program, struct r3_error *error) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return r3_fail_errno(error, R3_SYSTEM, "pipe");
    source->process = fork();
    if (source->process == 0)
        _exit(dup2(ends[1], STDOUT_FILENO) < 0 ? R3_SYSTEM : become_source(program));
    close(ends[1]);
    source->in = ends[0];
    return source->process < 0 ? r3_fail_errno(error, R3_SYSTEM, "fork") : 0;
}

/* Of the pipe so far: the source is its leftmost program. One whose reader has ended did not fail. */
static int end_source(const struct source *source, int status) {
    int ended = 0;
    if (source->process <= 0)
        return status;
    close(source->in);
    while (waitpid(source->process, &ended, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(ended))
        return WTERMSIG(ended) == SIGPIPE ? status : SIGNALLED + WTERMSIG(ended);
    return WEXITSTATUS(ended) ? WEXITSTATUS(ended) : status;
}

/* The error of this program itself, as against those of the programs that it runs: 0, or its status. */
static int run(const struct r3_buffer *text, int *status, struct r3_error *error) {
    struct r3_pipeline_text pipeline = R3_PIPELINE_TEXT_INIT;
    struct r3_engine *engine = NULL;
    struct source source = { 0 };
    struct terminal terminal = { 0 };
    struct r3_engine_options chosen = { .output = put,
                                        .flush = flush,
                                        .message = message,
                                        .progress = progress,
                                        .stopped = stopped,
                                        .watch = STDOUT_FILENO,
                                        .concurrent = has_second_processor(),
                                        .context = &terminal };
    int failed = r3_pipeline_text_parse(&pipeline, text->data ? text->data : "", text->length, false, error);
    if (failed)
        goto out;
    const struct r3_pipeline_program *first = &pipeline.programs[0];
    if (r3_stage_find(first->words[0]) == &r3_collect_stage && r3_exchange_is_asked(first->count, first->words)) {
        if (pipeline.count == 1) {
            *status = become_source(first);
            goto out;
        }
        if ((failed = start_source(&source, first, error)) < 0)
            goto out;
        chosen.first = 1;
        chosen.input = source.in;
    }
    if ((failed = r3_engine_new(&engine, &pipeline, &chosen, error)) < 0)
        goto out;
    prepare_signals(r3_stage_find(pipeline.programs[chosen.first].words[0])->pull);
    r3_writer_init(&terminal.out, STDOUT_FILENO, "standard output");
    r3_pipe_enlarge(STDOUT_FILENO);
    *status = r3_engine_run(engine);
    r3_progress_clear(&terminal.progress);
    errno = 0;
    if (written(r3_writer_close(&terminal.out, error)) < 0 && *status == R3_DONE)
        failed = -1;
out:
    *status = end_source(&source, *status);
    r3_engine_free(engine);
    r3_pipeline_text_release(&pipeline);
    return failed;
}

int main(int argc, char **argv) {
    const struct r3_option *const tables[] = { options, r3_source_options, NULL };
    struct r3_error error = { 0 };
    struct r3_arguments *arguments = NULL;
    struct r3_buffer text = R3_BUFFER_INIT;
    int status = R3_DONE;
    int failed =
        r3_reserve_standard_descriptors(&error) < 0 || r3_arguments_parse(&arguments, tables, argc, argv, &error) < 0;
    if (!failed) {
        int done = r3_stage_print_information(NAME, OPERANDS, SUMMARY, arguments, tables, &error);
        failed =
            done < 0 || (done == 0 && (read_text(&text, arguments, &error) < 0 || run(&text, &status, &error) < 0));
    }
    if (failed) {
        status = error.status;
        fprintf(stderr, "%s: %s\n", NAME, error.text);
        if (status == R3_USAGE)
            fprintf(stderr, "%s --help shows the options\n", NAME);
    }
    r3_buffer_release(&text);
    r3_arguments_free(arguments);
    return status;
}
