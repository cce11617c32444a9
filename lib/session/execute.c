/* The pipe of a run, made by r3-session itself: what a shell would do with the text of it, but feed and keep are this program already, so
 * they need not be started, and have one connection to the store. keep is this process; feed is a copy of it, which has looked into
 * the store beforehand and leaves the lease to keep. */
#include "lib/session/execute.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/session/feed.h"
#include "lib/session/messages.h"
#include "lib/session/stream.h"
#include "lib/stage/pipeline_text.h"
#include "lib/stage/stage.h"

enum { PROGRAMS_MAX = 64, NOT_STARTED = 127, SIGNALLED = 128 };
enum { GRACE = 10 * 1000, PAUSE = 2 * 1000, REPEATS_MAX = 5 }; /* ms; how often those that stay are ended */

struct execution {
    const struct r3_session_call *call;
    struct r3_pipeline_text text;
    pid_t processes[PROGRAMS_MAX]; /* all but the last program */
    size_t count;
    int in; /* what the next program reads */
    struct r3_messages *messages;
};

static const struct r3_session_word *word_of(const struct r3_pipeline_program *program) {
    return strcmp(program->words[0], "r3-session") == 0 ? r3_session_find_word(program->words[1]) : NULL;
}

/* The call that the words of the program stand for; its arguments are new. */
static int make_call(struct r3_session_call *out, struct r3_arguments **arguments, const struct execution *execution,
                     const struct r3_pipeline_program *program, struct r3_error *error) {
    const struct r3_option *const tables[] = { word_of(program)->options, NULL };
    *out = *execution->call;
    if (r3_arguments_parse(arguments, tables, (int)program->count - 1, program->words + 1, error) < 0)
        return -1;
    out->arguments = *arguments;
    out->inner = true;
    return 0;
}

/* ---- in the new process ---- */

static void say_failed(const struct execution *execution, const struct r3_error *error) {
    execution->call->say(error->text);
}

static int pass_feed(const struct execution *execution, struct r3_feed *feed) {
    struct r3_error error = { 0 };
    int result = r3_feed_pass(feed, &error);
    if (result == 0)
        result = r3_writer_flush(execution->call->out, &error);
    if (result < 0)
        say_failed(execution, &error);
    return result < 0 ? error.status : R3_DONE;
}

static int be_program(const struct execution *execution, const struct r3_pipeline_program *program) {
    struct r3_error error = { 0 };
    execvp(program->words[0], program->words);
    r3_fail_errno(&error, R3_UNAVAILABLE, "%s", program->words[0]);
    say_failed(execution, &error);
    return NOT_STARTED;
}

/* ---- in this one ---- */

static void close_one(int fd) {
    if (fd >= 0)
        close(fd);
}

/* Start a program between what the one before it writes and a new pipe; the last one writes where this process does. */
static int start(struct execution *execution, const struct r3_pipeline_program *program, struct r3_feed *feed,
                 struct r3_error *error) {
    bool last = program == &execution->text.programs[execution->text.count - 1];
    int ends[2] = { -1, -1 }, said = r3_messages_add(execution->messages, error);
    if (said < 0)
        return -1;
    if (!last && pipe2(ends, O_CLOEXEC) < 0) {
        close(said);
        return r3_fail_errno(error, R3_SYSTEM, "pipe");
    }
    pid_t process = fork();
    if (process == 0) {
        if (last && execution->in < 0) /* alone: there is nothing to read */
            execution->in = open("/dev/null", O_RDONLY | O_CLOEXEC);
        bool ready = (execution->in < 0 || dup2(execution->in, STDIN_FILENO) >= 0) &&
                     (last || dup2(ends[1], STDOUT_FILENO) >= 0) && dup2(said, STDERR_FILENO) >= 0;
        close_one(execution->in);
        close_one(said);
        close_one(ends[0]);
        close_one(ends[1]);
        /* The store is the other process's. */
        _exit(!ready ? R3_SYSTEM : feed ? pass_feed(execution, feed) : be_program(execution, program));
    }
    close_one(said);
    close_one(ends[1]);
    close_one(execution->in);
    execution->in = ends[0];
    if (process < 0)
        return r3_fail_errno(error, R3_SYSTEM, "fork");
    execution->processes[execution->count++] = process;
    return 0;
}

static int start_feed(struct execution *execution, const struct r3_pipeline_program *program, struct r3_error *error) {
    struct r3_session_call call;
    struct r3_arguments *arguments = NULL;
    struct r3_feed *feed = NULL;
    int result = make_call(&call, &arguments, execution, program, error);
    if (result == 0)
        result = r3_feed_begin(&feed, &call, error);
    if (result == 0) {
        r3_feed_leave_lease(feed);
        result = start(execution, program, feed, error);
    }
    r3_feed_end(feed);
    r3_arguments_free(arguments);
    return result;
}

/* 1 where the last program is a word of this one: keep; 0 where it is to be started too. */
static size_t ends_here(const struct execution *execution) {
    return word_of(&execution->text.programs[execution->text.count - 1]) ? 1 : 0;
}

static int start_all(struct execution *execution, struct r3_error *error) {
    for (size_t i = 0; i < execution->text.count - ends_here(execution); i++) {
        const struct r3_pipeline_program *program = &execution->text.programs[i];
        if (i == PROGRAMS_MAX)
            return r3_fail(error, R3_USAGE, "more than %d programs", PROGRAMS_MAX);
        if ((word_of(program) ? start_feed(execution, program, error) : start(execution, program, NULL, error)) < 0)
            return -1;
    }
    return 0;
}

static int be_keep(struct execution *execution, struct r3_error *error) {
    struct r3_session_call call;
    struct r3_arguments *arguments = NULL;
    const struct r3_pipeline_program *program = &execution->text.programs[execution->text.count - 1];
    int result = make_call(&call, &arguments, execution, program, error);
    if (result == 0)
        result = word_of(program)->run(&call, error);
    r3_arguments_free(arguments);
    return result;
}

/* ---- those that do not end ---- */

static volatile sig_atomic_t rings;

static void ring(int number) {
    (void)number;
    rings++;
}

/* SIGALRM after so many ms, and then again and again, so that none is lost between a look at `rings` and a wait; 0: no more. */
static void set_alarm(int64_t after) {
    const struct sigaction action = { .sa_handler = after ? ring : SIG_DFL }; /* without SA_RESTART: it ends a wait */
    const struct itimerval timer = { .it_value = { after / 1000, after % 1000 * 1000 },
                                     .it_interval = { after ? PAUSE / 1000 : 0, 0 } };
    if (after)
        sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    if (!after)
        sigaction(SIGALRM, &action, NULL);
}

/* Wait for a process. False: it had to be ended, or even that did not help, as with a file whose disk does not answer. */
static bool wait_for_one(pid_t process, int *status) {
    for (int sent = 0; sent <= REPEATS_MAX;) {
        if (waitpid(process, status, 0) >= 0)
            return sent == 0;
        if (errno != EINTR)
            return true;
        if (rings > sent)
            kill(process, sent++ == 0 ? SIGTERM : SIGKILL);
    }
    return false;
}

/* The status of the leftmost that failed, and which it is; one whose reader had read enough did not, nor one that had to be ended, `patience`
 * ms after the end of the last program; 0: as long as it takes. */
static int wait_for_all(const struct execution *execution, int64_t patience, size_t *failed) {
    int first = R3_DONE;
    rings = 0;
    if (patience)
        set_alarm(patience);
    for (size_t i = 0; i < execution->count; i++) {
        int status = 0;
        bool itself = wait_for_one(execution->processes[i], &status);
        status = WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
        if (first == R3_DONE && itself && status != SIGNALLED + SIGPIPE) {
            first = status;
            *failed = i;
        }
    }
    if (patience)
        set_alarm(0);
    return first;
}

/* What it said, or that it said nothing. */
static void tell_failure(struct r3_buffer *said, const struct execution *execution, size_t failed, int status) {
    const char *text = r3_messages_last(execution->messages, failed);
    if (*text)
        r3_buffer_append_text(said, text);
    else
        r3_buffer_printf(said, "%s: %s %d", execution->text.programs[failed].words[0],
                         status > SIGNALLED ? "ended by signal" : "status",
                         status > SIGNALLED ? status - SIGNALLED : status);
}

int r3_session_execute(const struct r3_session_call *call, const char *text, bool *kept, struct r3_buffer *said,
                       struct r3_error *error) {
    struct execution execution = {
        .call = call, .text = R3_PIPELINE_TEXT_INIT, .in = -1, .messages = r3_messages_new()
    };
    struct r3_error unused;
    size_t failed = 0;
    int64_t patience = 0;
    int status, result = r3_pipeline_text_parse(&execution.text, text, strlen(text), false, error);
    *kept = false;
    if (result == 0)
        result = start_all(&execution, error);
    if (r3_messages_begin(execution.messages, result == 0 ? error : &unused) < 0)
        result = -1;
    if (execution.in >= 0 && dup2(execution.in, STDIN_FILENO) < 0 && result == 0)
        result = r3_fail_errno(error, R3_SYSTEM, "standard input");
    close_one(execution.in);
    if (result == 0 && ends_here(&execution)) {
        *kept = true;
        result = be_keep(&execution, error);
        if (result < 0 || r3_session_silence(&patience, &unused) < 0)
            patience = GRACE;
    }
    close(STDIN_FILENO); /* who still writes need not wait */
    r3_reserve_standard_descriptors(error);
    status = wait_for_all(&execution, patience, &failed);
    r3_messages_finish(execution.messages);
    if (status != R3_DONE) {
        tell_failure(said, &execution, failed, status);
        if (result == 0)
            error->text[0] = '\0'; /* it has told the reason itself */
        error->status = status;
        result = -1;
    }
    r3_messages_end(execution.messages);
    r3_pipeline_text_release(&execution.text);
    return result;
}
