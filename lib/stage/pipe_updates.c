/* The way back from r3-order to r3-track: a FIFO, and the barrier that makes its order certain.
 *
 * The tracker writes `sync N` down the pipe and reads the FIFO until `sync N` comes back. r3-order writes into the FIFO only in
 * answer to a sync, when the tracker is reading, so neither can wait for the other with a full buffer. Opening never blocks:
 * the tracker opens for reading, without blocking, before it writes its first sync; r3-order opens for writing when that sync
 * arrives, so the reader is there by then. Nothing comes after the answer to the last sync, so at the end nobody waits for the
 * other (a program that wraps one of them, as time(1) does, holds its pipe open: waiting for an end of file would be for ever).
 *
 * The tracker waits in slices of 100 ms and counts slices, not seconds: a job that was stopped and continued has used one. Only
 * the first answer has a time limit, which finds a pipe that is put together wrongly. After it r3-order is known to be there, its
 * end closes the FIFO, and a late answer means that something stands still, as r3-order does while a pager behind it is not
 * scrolled: that is told once, and waited for. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/stage/pipe.h"

enum { SLICE_MS = 100, KEPT_MEMORY = 1 << 20 /* what an empty buffer of kept lines may hold on to */ };

int r3_sync_timeout(unsigned *seconds, struct r3_error *error) {
    const char *text = getenv("R3_SYNC_TIMEOUT");
    *seconds = 10;
    if (!text)
        return 0;
    char *end;
    errno = 0;
    unsigned long given = strtoul(text, &end, 10);
    if (errno || end == text || *end || given < 1 || given > 86400)
        return r3_fail(error, R3_CONFIG, "R3_SYNC_TIMEOUT: wants whole seconds, 1 to 86400, not \"%s\"", text);
    *seconds = (unsigned)given;
    return 0;
}

int r3_sync_unanswered(int64_t id, unsigned seconds, struct r3_error *error) {
    return r3_fail(error, R3_PROTOCOL,
                   "sync %" PRId64
                   " was not answered within %u s: is r3-order further down this pipe with the same R3_UPDATES, "
                   "and does every program between pass unknown records and flush?",
                   id, seconds);
}

/* Before each read: wait until the FIFO can be read, and see whether an answer can still come. */
static int before_sync_read(void *context, struct r3_error *error) {
    struct r3_pipe *pipe = context;
    struct pollfd watched[2] = {
        { .fd = pipe->updates_fd, .events = POLLIN },
        { .fd = pipe->out.fd, .events = 0 },
    };
    if (pipe->sync_answered && r3_pipe_reads_at_once(pipe))
        return 0;
    for (unsigned slices = 0;;) {
        int ready = poll(watched, 2, SLICE_MS);
        if (ready < 0 && errno != EINTR)
            return r3_fail_errno(error, R3_IO, "%s: poll", pipe->updates_name);
        if (ready < 0)
            r3_pipe_tick(pipe, false); /* a slice is to pass whole */
        if (ready > 0 && watched[0].revents & (POLLIN | POLLHUP | POLLERR)) {
            r3_pipe_tick(pipe, true);
            return 0;
        }
        if (ready > 0 && watched[1].revents & (POLLERR | POLLHUP | POLLNVAL))
            return r3_pipe_reader_gone(error);
        if (ready == 0 && ++slices == pipe->sync_slices) {
            const unsigned seconds = pipe->sync_slices / (1000 / SLICE_MS);
            if (!pipe->sync_answered)
                return r3_sync_unanswered(pipe->next_sync - 1, seconds, error);
            if (!pipe->sync_waited)
                pipe->port.warn(&pipe->port,
                                "sync %" PRId64 " was not answered within %u s, still waiting: "
                                "is the end of the pipe read, and does every program between flush?",
                                pipe->next_sync - 1, seconds);
            pipe->sync_waited = true;
        }
    }
}

int r3_pipe_updates_open(struct r3_pipe *pipe, const char *name, struct r3_error *error) {
    pipe->updates_name = name && *name ? name : NULL;
    if (!pipe->updates_name || !pipe->stage->update)
        return 0; /* r3-order opens when the first sync arrives */
    unsigned seconds;
    if (r3_sync_timeout(&seconds, error) < 0)
        return -1;
    pipe->sync_slices = seconds * (1000 / SLICE_MS);
    pipe->updates_fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (pipe->updates_fd < 0)
        return r3_fail_errno(error, R3_UNAVAILABLE, "%s", name);
    struct stat status;
    if (fstat(pipe->updates_fd, &status) < 0 || !S_ISFIFO(status.st_mode))
        return r3_fail(error, R3_CONFIG,
                       "%s: not a FIFO (make one with mkfifo, or run the pipe with pipelines/backtest)", name);
    if (fcntl(pipe->updates_fd, F_SETFL, 0) < 0) /* only opening it must not wait */
        return r3_fail_errno(error, R3_IO, "%s", name);
    r3_reader_init(&pipe->updates_in, pipe->updates_fd, name);
    pipe->updates_in.before_read = before_sync_read;
    pipe->updates_in.context = pipe;
    pipe->updates_decoder = r3_decoder_new();
    return 0;
}

/* Read one record of the FIFO and hand it to the tracker. 1: an update; 2: a sync, its id in *id; 0: end. */
static int read_update(struct r3_pipe *pipe, int64_t *id, struct r3_error *error) {
    const char *line;
    size_t length;
    int got = r3_reader_line(&pipe->updates_in, &line, &length, error);
    if (got < 0 && error->status == R3_DATA)
        return r3_error_at(error, "%s:%" PRIu64 ": ", pipe->updates_name, pipe->updates_in.line);
    if (got <= 0)
        return got;
    struct r3_record record;
    if (r3_record_decode(pipe->updates_decoder, &record, line, length, error) < 0)
        return r3_error_at(error, "%s:%" PRIu64 ": ", pipe->updates_name, pipe->updates_in.line);
    if (record.type == R3_SYNC) {
        *id = record.sync.id;
        return 2;
    }
    return pipe->stage->update(pipe->state, &record, error) < 0 ? -1 : 1;
}

/* r3-order has ended. Mostly the pipe to it breaks with it, at once or when the programs between have noticed; what made it end
 * tells its own status then (it failed, or somebody further on did, or had read enough). */
static int order_ended(struct r3_pipe *pipe, struct r3_error *error) {
    struct pollfd watched = { .fd = pipe->out.fd, .events = 0 };
    r3_pipe_tick(pipe, false);
    for (unsigned slices = 0; slices < 1000 / SLICE_MS; slices++)
        if (poll(&watched, 1, SLICE_MS) > 0)
            return r3_pipe_reader_gone(error);
    return r3_fail(error, R3_PROTOCOL, "r3-order ended before it answered sync %" PRId64, pipe->next_sync - 1);
}

int r3_pipe_sync(struct r3_port *port, struct r3_error *error) {
    struct r3_pipe *pipe = port->context;
    if (!pipe->updates_name)
        return r3_fail(
            error, R3_CONFIG,
            "R3_UPDATES is not set, so fills cannot come back: run the pipe with pipelines/backtest, or name a FIFO with --updates");
    struct r3_record sync = { .type = R3_SYNC };
    sync.sync.id = pipe->next_sync++;
    if (port->emit(port, &sync, error) < 0 || r3_writer_flush(&pipe->out, error) < 0)
        return -1;
    for (;;) {
        int64_t id = -1;
        switch (read_update(pipe, &id, error)) {
        case 1:
            continue;
        case 2:
            if (id != sync.sync.id)
                return r3_fail(error, R3_PROTOCOL, "%s:%" PRIu64 ": sync %" PRId64 " came back, not %" PRId64,
                               pipe->updates_name, pipe->updates_in.line, id, sync.sync.id);
            pipe->sync_answered = true;
            return 0;
        case 0:
            return order_ended(pipe, error);
        default:
            return -1;
        }
    }
}

int r3_pipe_answer_begin(struct r3_pipe *pipe, struct r3_error *error) {
    if (r3_writer_check(&pipe->out, false, error) < 0) /* r3-track is not to hear of what nobody will read */
        return -1;
    if (pipe->updates_fd >= 0)
        return 0;
    if (!pipe->updates_name)
        return r3_fail(error, R3_CONFIG,
                       "a sync came, but R3_UPDATES is not set here: give both r3-track and r3-order the same FIFO");
    int fd = open(pipe->updates_name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return r3_fail_errno(error, R3_UNAVAILABLE, "%s: r3-track is not reading it", pipe->updates_name);
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
        close(fd);
        return r3_fail_errno(error, R3_IO, "%s", pipe->updates_name);
    }
    r3_pipe_enlarge(fd);
    pipe->updates_fd = fd;
    r3_writer_init(&pipe->updates_out, fd, pipe->updates_name);
    return 0;
}

int r3_pipe_answer(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_pipe *pipe = port->context;
    r3_buffer_reset(&pipe->encoded);
    if (r3_record_encode(&pipe->encoded, record, error) < 0)
        return -1;
    return r3_writer_put(&pipe->updates_out, pipe->encoded.data, pipe->encoded.length, error);
}

int r3_pipe_keep(struct r3_port *port, const struct r3_record *record, struct r3_error *error) {
    struct r3_pipe *pipe = port->context;
    return r3_record_encode(&pipe->kept, record, error);
}

int r3_pipe_answer_kept(struct r3_port *port, struct r3_error *error) {
    struct r3_pipe *pipe = port->context;
    if (pipe->kept.length == 0)
        return 0;
    if (r3_writer_put(&pipe->updates_out, pipe->kept.data, pipe->kept.length, error) < 0)
        return -1;
    r3_buffer_reset(&pipe->kept);
    if (pipe->kept.capacity > KEPT_MEMORY)
        r3_buffer_release(&pipe->kept);
    return 0;
}

int r3_pipe_answer_end(struct r3_pipe *pipe, const struct r3_record *sync, struct r3_error *error) {
    return r3_pipe_answer(&pipe->port, sync, error) < 0 ? -1 : r3_writer_flush(&pipe->updates_out, error);
}

void r3_pipe_updates_close(struct r3_pipe *pipe) {
    if (pipe->updates_out.data) {
        struct r3_error ignored; /* all of it was flushed in answer to a sync */
        r3_writer_close(&pipe->updates_out, &ignored);
    } else if (pipe->updates_fd >= 0) {
        close(pipe->updates_fd);
    }
    r3_buffer_release(&pipe->kept);
    r3_reader_release(&pipe->updates_in);
    r3_decoder_free(pipe->updates_decoder);
}
