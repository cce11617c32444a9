#include "lib/session/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/time.h"
#include "lib/stage/signals.h"

int r3_session_silence(int64_t *out, struct r3_error *error) {
    return r3_duration_from_environment(out, "R3_RUN_TIMEOUT", 2 * R3_MINUTE, INT_MAX - 1, error);
}

static int before_read(void *context, struct r3_error *error) {
    struct r3_session_stream *stream = context;
    struct pollfd watched[2] = { { .fd = stream->in.fd, .events = POLLIN }, { .fd = stream->out->fd, .events = 0 } };
    if (r3_writer_flush(stream->out, error) < 0)
        return -1;
    const int64_t end = r3_clock_monotonic() + stream->silence;
    for (;;) {
        if (r3_session_lease_prolong(&stream->lease, error) < 0)
            return -1;
        int64_t rest = r3_session_lease_rest(&stream->lease), silence = end - r3_clock_monotonic();
        if (silence <= 0)
            return r3_fail(error, R3_RETRY, "nothing has come for %llds (R3_RUN_TIMEOUT): the run is given up",
                           (long long)(stream->silence / R3_SECOND));
        rest = rest < silence ? rest : silence;
        int ready = poll(watched, 2, rest < INT_MAX ? (int)rest : INT_MAX);
        if (ready < 0 && errno != EINTR)
            return r3_fail_errno(error, R3_IO, "poll");
        if (ready > 0 && watched[0].revents)
            return 0;
        if (ready > 0 && watched[1].revents & (POLLERR | POLLHUP | POLLNVAL)) {
            raise(SIGPIPE);
            return r3_fail(error, R3_IO, "standard output: its reader is gone");
        }
    }
}

int r3_session_stream_open(struct r3_session_stream *stream, const struct r3_session_call *call,
                           struct r3_error *error) {
    *stream = (struct r3_session_stream) { .out = call->out };
    if (r3_session_lease_open(&stream->lease, call, error) < 0 || r3_session_silence(&stream->silence, error) < 0)
        return -1;
    r3_signals_prepare(false);
    signal(SIGPIPE, SIG_DFL);
    stream->decoder = r3_decoder_new();
    r3_reader_init(&stream->in, STDIN_FILENO, "standard input");
    stream->in.before_read = before_read;
    stream->in.context = stream;
    r3_pipe_enlarge(STDIN_FILENO);
    return 0;
}

void r3_session_stream_release(struct r3_session_stream *stream) {
    r3_reader_release(&stream->in);
    r3_decoder_free(stream->decoder);
}

int r3_session_stream_next(struct r3_session_stream *stream, struct r3_error *error) {
    int got = r3_reader_line(&stream->in, &stream->line, &stream->length, error);
    if (got > 0 && r3_record_decode(stream->decoder, &stream->record, stream->line, stream->length, error) < 0)
        got = -1;
    if (got < 0 && (error->status == R3_DATA || error->status == R3_PROTOCOL))
        return r3_error_at(error, "%s:%" PRIu64 ": ", stream->in.name, stream->in.line);
    return got;
}
