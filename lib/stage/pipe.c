/* The shared main of the programs: options, the pipe around one stage, the exit status. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/base/write_behind.h"
#include "lib/stage/pipe.h"
#include "lib/stage/signals.h"

/* The programs between r3-track and r3-order take turns, so on one CPU they hand over without waking another (measured: 1.2 s
 * for a million candles with 38,400 barriers, 5 s and more without). pipelines/backtest chooses it and says so in R3_LOOP_CPU. Which
 * others there are. */
static cpu_set_t prepare_processor(const struct r3_stage *stage) {
    const char *text = getenv("R3_LOOP_CPU");
    cpu_set_t one, others;
    CPU_ZERO(&one);
    CPU_ZERO(&others);
    if (!stage->in_loop || !text)
        return others;
    char *end;
    errno = 0;
    long cpu = strtol(text, &end, 10);
    if (errno || end == text || *end || cpu < 0 || cpu >= CPU_SETSIZE)
        return others; /* a hint only: results do not depend on it */
    CPU_SET((size_t)cpu, &one);
    if (sched_getaffinity(0, sizeof others, &others) == 0)
        CPU_CLR((size_t)cpu, &others);
    sched_setaffinity(0, sizeof one, &one);
    return others;
}

__attribute__((format(printf, 2, 3))) static void pipe_warn(struct r3_port *port, const char *format, ...) {
    struct r3_pipe *pipe = port->context;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    r3_progress_clear(&pipe->progress);
    fprintf(stderr, "%s: %s\n", pipe->stage->name, text);
}

static void pipe_progress(struct r3_port *port, uint64_t done, uint64_t total) {
    struct r3_pipe *pipe = port->context;
    r3_progress_show(&pipe->progress, pipe->stage->name, pipe->records, done, total);
}

/* Put the lines that are passing to `out`. */
static int settle(struct r3_pipe *pipe, struct r3_error *error) {
    size_t length = pipe->passing_length;
    pipe->passing_length = 0;
    return length > 0 ? r3_writer_put(&pipe->out, pipe->passing, length, error) : 0;
}

int r3_pipe_pass(struct r3_pipe *pipe, const char *text, size_t length, struct r3_error *error) {
    if (pipe->quiet || pipe->stage->sink)
        return 0;
    /* Not where a line between them was refused or swallowed. */
    if (pipe->passing_length > 0 && pipe->passing + pipe->passing_length != text && settle(pipe, error) < 0)
        return -1;
    if (pipe->passing_length == 0)
        pipe->passing = text;
    pipe->passing_length += length;
    return 0;
}

static inline int echo(struct r3_pipe *pipe, struct r3_error *error) {
    if (pipe->echoed)
        return 0;
    pipe->echoed = true;
    return pipe->stage->swallows & R3_BIT(pipe->type) ? 0 : r3_pipe_pass(pipe, pipe->line, pipe->length + 1, error);
}

static int put_record(struct r3_pipe *pipe, const struct r3_record *record, struct r3_error *error) {
    r3_buffer_reset(&pipe->encoded);
    if (r3_record_encode(&pipe->encoded, record, error) < 0)
        return -1;
    pipe->records++;
    if (settle(pipe, error) < 0)
        return -1;
    return r3_writer_put(&pipe->out, pipe->encoded.data, pipe->encoded.length, error);
}

static int pipe_emit_ahead(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_pipe *pipe = port->context;
    if (pipe->gather.giving && r3_pipe_pass_gathered(pipe, pipe->gather.at, error) < 0)
        return -1;
    return put_record(pipe, record, error);
}

static int pipe_emit(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_pipe *pipe = port->context;
    if (pipe->gather.giving) {
        if (r3_pipe_pass_gathered(pipe, pipe->gather.at + 1, error) < 0)
            return -1;
    } else if (pipe->type != R3_END && echo(pipe, error) < 0) {
        return -1;
    }
    return put_record(pipe, record, error);
}

static int pipe_emit_kept(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_pipe *pipe = port->context;
    if (pipe_emit(port, record, error) < 0)
        return -1;
    r3_buffer_append(&pipe->kept, pipe->encoded.data, pipe->encoded.length);
    return 0;
}

static int pipe_emit_candles(struct r3_port *port, const struct r3_candles *candles, struct r3_error *error) {
    struct r3_record record;
    for (size_t i = 0; i < candles->count; i++) {
        r3_candles_record(candles, i, &record);
        if (pipe_emit(port, &record, error) < 0)
            return -1;
    }
    return 0;
}

/* Its reader may go away in the meantime. */
static int pipe_wait(struct r3_port *port, int64_t milliseconds, struct r3_error *error) {
    const struct r3_pipe *pipe = port->context;
    struct pollfd watched = { .fd = pipe->out.fd, .events = 0 };
    int ready = poll(&watched, 1, milliseconds < INT_MAX ? (int)milliseconds : INT_MAX);
    if (ready > 0 && watched.revents & (POLLERR | POLLHUP | POLLNVAL))
        return r3_pipe_reader_gone(error);
    return ready < 0 && errno != EINTR ? r3_fail_errno(error, R3_IO, "poll") : 0;
}

static int pipe_print(struct r3_port *port, const char *text, size_t length, struct r3_error *error) {
    struct r3_pipe *pipe = port->context;
    return settle(pipe, error) < 0 ? -1 : r3_writer_put(&pipe->out, text, length, error);
}

int r3_pipe_reader_gone(struct r3_error *error) {
    raise(SIGPIPE);
    return r3_fail(error, R3_IO, "standard output: its reader is gone");
}

enum { PATIENCE_MS = 20 };

static volatile sig_atomic_t ticks;

static void on_tick(int signal_number) {
    (void)signal_number;
    ticks = (ticks + 1) & 0xffff;
}

void r3_pipe_tick(struct r3_pipe *pipe, bool on) {
    struct itimerval timer = { .it_interval.tv_usec = on ? PATIENCE_MS * 1000 : 0 };
    struct sigaction action = { .sa_handler = on_tick }; /* without SA_RESTART: it is there to interrupt */
    if (pipe->ticking == on || !pipe->stage->in_loop)
        return;
    timer.it_value = timer.it_interval;
    sigemptyset(&action.sa_mask);
    if (on) {
        sigset_t alarm;
        sigemptyset(&alarm);
        sigaddset(&alarm, SIGALRM);
        sigprocmask(SIG_UNBLOCK, &alarm, NULL);
    }
    pipe->ticking = sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &timer, NULL) == 0 && on;
}

bool r3_pipe_reads_at_once(struct r3_pipe *pipe) {
    if (!pipe->ticking)
        return false;
    bool quiet = pipe->ticks == ticks;
    pipe->ticks = ticks;
    return quiet;
}

static int64_t coarse_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How long the wait for input may take before what was written is flushed. While lines keep coming the flush is left to them
 * (fewer, larger writes), up to PATIENCE_MS after the oldest was written; a program that was idle flushes at once. The limit is
 * well above the kernel's tick, so that the waits of a barrier, a few microseconds each, need no timer to be set for them. */
static int flush_timeout(struct r3_pipe *pipe, bool flushed) {
    if (pipe->out.length == 0) {
        pipe->pending_since = 0;
        return -1;
    }
    int64_t milliseconds = coarse_milliseconds();
    if (!pipe->pending_since)
        pipe->pending_since = milliseconds;
    if (flushed || !pipe->patient || milliseconds - pipe->pending_since >= PATIENCE_MS)
        return 0;
    return PATIENCE_MS;
}

/* Before each read: what was written must be on its way when this program has to wait. */
static int before_read(void *context, struct r3_error *error) {
    struct r3_pipe *pipe = context;
    struct pollfd watched[2] = { { .fd = pipe->in.fd, .events = POLLIN }, { .fd = pipe->out.fd, .events = 0 } };
    int64_t flushed = 0; /* when; 0: not yet */
    if (r3_pipe_give(pipe, error) < 0 || settle(pipe, error) < 0)
        return -1;
    if (pipe->patient && r3_pipe_reads_at_once(pipe))
        return 0;
    for (;;) {
        int ready = poll(watched, 2, flush_timeout(pipe, flushed != 0));
        if (ready < 0 && errno != EINTR)
            return r3_fail_errno(error, R3_IO, "poll");
        if (ready < 0) {
            r3_pipe_tick(pipe, false); /* a long wait: no need to be woken in it */
            continue;
        }
        if (watched[0].revents) {
            pipe->patient = !flushed || coarse_milliseconds() - flushed < PATIENCE_MS;
            r3_pipe_tick(pipe, pipe->patient);
            return 0;
        }
        /* The reader is gone: as a write would tell. A pipe says it with POLLERR, a socket or a terminal with POLLHUP. */
        if (ready > 0 && watched[1].revents & (POLLERR | POLLHUP | POLLNVAL))
            return r3_pipe_reader_gone(error);
        if (ready == 0) {
            if (r3_writer_flush(&pipe->out, error) < 0 || r3_writer_check(&pipe->out, true, error) < 0)
                return -1;
            flushed = coarse_milliseconds();
        }
    }
}

static int reject(struct r3_pipe *pipe, struct r3_error *error) {
    fprintf(stderr, "%s: %s:%" PRIu64 ": %s (put in %s)\n", pipe->stage->name, pipe->in.name, pipe->in.line,
            error->text, pipe->reject_name);
    error->status = 0;
    pipe->rejected++;
    for (size_t done = 0; done < pipe->length + 1;) {
        ssize_t wrote = write(pipe->reject_fd, pipe->line + done, pipe->length + 1 - done);
        if (wrote < 0 && errno != EINTR)
            return r3_fail_errno(error, R3_IO, "%s", pipe->reject_name);
        if (wrote > 0)
            done += (size_t)wrote;
    }
    return 0;
}

static int step(struct r3_pipe *pipe, const struct r3_record *record, struct r3_error *error) {
    const struct r3_stage *stage = pipe->stage;
    r3_stage_step *const takes = r3_stage_step_of(stage, record->type);
    bool answers = record->type == R3_SYNC && stage->swallows & R3_BIT(R3_SYNC);
    if (answers && r3_pipe_answer_begin(pipe, error) < 0)
        return -1;
    if ((takes && takes(pipe->state, record, error) < 0) || echo(pipe, error) < 0)
        return -1;
    if (answers)
        return r3_pipe_answer_end(pipe, record, error);
    if (record->type != R3_SYNC)
        return 0;
    return settle(pipe, error) < 0 ? -1 : r3_writer_flush(&pipe->out, error);
}

/* The next line and its record, in one pass where the decoder sees the line's end. As r3_reader_line, and *decoded as
 * r3_record_decode. */
static inline int next_record(struct r3_pipe *pipe, struct r3_record *record, int *decoded, struct r3_error *error) {
    size_t held;
    pipe->line = r3_reader_held(&pipe->in, &held);
    pipe->length = r3_record_decode_ahead(pipe->decoder, record, pipe->line, held);
    *decoded = 0;
    if (pipe->length > 0) {
        r3_reader_pass(&pipe->in, pipe->length);
        return 1;
    }
    int got = r3_reader_line(&pipe->in, &pipe->line, &pipe->length, error);
    if (got > 0)
        *decoded = r3_record_decode(pipe->decoder, record, pipe->line, pipe->length, error);
    return got;
}

static int run_filter(struct r3_pipe *pipe, struct r3_error *error) {
    struct r3_record record;
    bool ended = false, in_blocks = pipe->stage->candles && r3_stage_step_of(pipe->stage, R3_CANDLE);
    int got, decoded;
    /* Several candle lines at a time: a sixth to a quarter of a filter's instructions less. */
    int (*ahead)(struct r3_pipe *, struct r3_error *) = in_blocks ? r3_pipe_gather_ahead : NULL;
    if (!r3_stage_step_of(pipe->stage, R3_CANDLE))
        ahead = r3_pipe_pass_ahead;
    for (;;) {
        if (ahead && !ended && ahead(pipe, error) < 0)
            return -1;
        got = next_record(pipe, &record, &decoded, error);
        if (got <= 0)
            break;
        if (decoded == 0 && record.type == R3_CANDLE && in_blocks && !ended) {
            int taken = r3_pipe_gather(pipe, &record.candle, error);
            if (taken > 0)
                continue;
            if (taken < 0)
                return -1;
        } else if (r3_pipe_give(pipe, error) < 0) {
            return -1;
        }
        if (decoded < 0 && error->status == R3_DATA && pipe->reject_name) {
            if (reject(pipe, error) < 0)
                return -1;
            continue;
        }
        if (decoded == 0 && ended)
            decoded = r3_fail(error, R3_DATA, "a record after the end record");
        pipe->echoed = false;
        pipe->type = record.type;
        if (decoded < 0 || step(pipe, &record, error) < 0) {
            /* Messages about the way back name their own place. */
            return error->status == R3_DATA || decoded < 0
                       ? r3_error_at(error, "%s:%" PRIu64 ": ", pipe->in.name, pipe->in.line)
                       : -1;
        }
        ended = record.type == R3_END;
    }
    if (r3_pipe_give(pipe, error) < 0)
        return -1;
    if (got < 0)
        return error->status == R3_DATA && !pipe->placed
                   ? r3_error_at(error, "%s:%" PRIu64 ": ", pipe->in.name, pipe->in.line)
                   : -1;
    pipe->echoed = true; /* what finish adds follows the last line */
    return pipe->stage->finish ? pipe->stage->finish(pipe->state, ended, error) : 0;
}

static int run_source(struct r3_pipe *pipe, struct r3_error *error) {
    int more = 1;
    pipe->echoed = true;
    while (more > 0 && !r3_signals_stop_asked()) {
        more = pipe->stage->pull(pipe->state, error);
        if (more == 2 && r3_writer_flush(&pipe->out, error) < 0)
            return -1;
    }
    if (more < 0)
        return -1;
    return pipe->stage->finish ? pipe->stage->finish(pipe->state, true, error) : 0;
}

static int open_pipe(struct r3_pipe *pipe, const struct r3_arguments *arguments, const cpu_set_t *others,
                     struct r3_error *error) {
    const struct r3_stage *stage = pipe->stage;
    r3_writer_init(&pipe->out, STDOUT_FILENO, "standard output");
    /* Nobody in the loop waits for what r3-order writes there, so that another processor can do it. */
    if (stage->swallows & R3_BIT(R3_SYNC) && CPU_COUNT(others) > 0)
        pipe->out.behind = r3_write_behind_new(STDOUT_FILENO, others);
    r3_pipe_enlarge(STDOUT_FILENO);
    if (stage->pull)
        return 0;
    pipe->decoder = r3_decoder_new();
    r3_reader_init(&pipe->in, STDIN_FILENO, "standard input");
    pipe->in.before_read = before_read;
    pipe->in.context = pipe;
    r3_pipe_enlarge(STDIN_FILENO);
    pipe->quiet = !stage->sink && r3_arguments_given(arguments, "quiet-input");
    pipe->reject_name = r3_arguments_text(arguments, "reject");
    if (pipe->reject_name) {
        pipe->reject_fd = open(pipe->reject_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (pipe->reject_fd < 0)
            return r3_fail_errno(error, R3_IO, "%s", pipe->reject_name);
    }
    if (stage->update || stage->swallows & R3_BIT(R3_SYNC)) {
        const char *updates = r3_arguments_text(arguments, "updates");
        return r3_pipe_updates_open(pipe, updates ? updates : getenv("R3_UPDATES"), error);
    }
    return 0;
}

/* What was written goes out even after an error. The first error is the one that is told. */
static int close_pipe(struct r3_pipe *pipe, int failed, struct r3_error *error) {
    struct r3_error later = { 0 }, unused = { 0 };
    r3_pipe_tick(pipe, false);
    int settled = settle(pipe, &later);
    if (pipe->out.data && (r3_writer_close(&pipe->out, settled < 0 ? &unused : &later) < 0 || settled < 0) && !failed) {
        *error = later;
        failed = -1;
    }
    r3_pipe_updates_close(pipe);
    if (pipe->reject_fd >= 0 && close(pipe->reject_fd) < 0 && !failed)
        failed = r3_fail_errno(error, R3_IO, "%s", pipe->reject_name);
    r3_reader_release(&pipe->in);
    r3_decoder_free(pipe->decoder);
    r3_buffer_release(&pipe->encoded);
    return failed;
}

int r3_stage_main(const struct r3_stage *stage, int argc, char **argv) {
    struct r3_error error = { 0 };
    struct r3_arguments *arguments = NULL;
    const struct r3_option *tables[3];
    cpu_set_t others;
    struct r3_pipe pipe = { .stage = stage, .reject_fd = -1, .updates_fd = -1, .patient = true };
    r3_stage_tables(tables, stage);
    pipe.port = (struct r3_port) { .emit = pipe_emit,
                                   .emit_ahead = pipe_emit_ahead,
                                   .emit_candles = pipe_emit_candles,
                                   .sync = r3_pipe_sync,
                                   .answer = r3_pipe_answer,
                                   .emit_kept = pipe_emit_kept,
                                   .keep = r3_pipe_keep,
                                   .answer_kept = r3_pipe_answer_kept,
                                   .print = pipe_print,
                                   .warn = pipe_warn,
                                   .progress = pipe_progress,
                                   .wait = pipe_wait,
                                   .context = &pipe };
    int failed =
        r3_reserve_standard_descriptors(&error) < 0 || r3_arguments_parse(&arguments, tables, argc, argv, &error) < 0;
    if (!failed) {
        int done = r3_stage_print_information(stage->name, stage->operands, stage->summary, arguments, tables, &error);
        if (done != 0) {
            failed = done < 0 ? -1 : 0;
            goto out;
        }
        r3_signals_prepare(stage->pull);
        signal(SIGPIPE, SIG_DFL); /* a reader that is gone ends a filter, as everywhere in a shell */
        others = prepare_processor(stage);
        failed = stage->init(&pipe.state, arguments, &pipe.port, &error);
    }
    if (!failed) {
        failed = open_pipe(&pipe, arguments, &others, &error);
        if (!failed)
            failed = stage->pull ? run_source(&pipe, &error) : run_filter(&pipe, &error);
        failed = close_pipe(&pipe, failed, &error);
    }
    r3_progress_clear(&pipe.progress);
    if (pipe.rejected)
        fprintf(stderr, "%s: %" PRIu64 " bad line%s in %s\n", stage->name, pipe.rejected, pipe.rejected == 1 ? "" : "s",
                pipe.reject_name);
out:
    if (failed) {
        fprintf(stderr, "%s: %s\n", stage->name, error.text);
        if (error.status == R3_USAGE)
            fprintf(stderr, "%s --help shows the options\n", stage->name);
    }
    if (stage->free)
        stage->free(pipe.state);
    r3_arguments_free(arguments);
    return failed ? error.status : R3_DONE;
}
