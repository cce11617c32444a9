#include "lib/base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/write_behind.h"

/* A descriptor that someone set to non-blocking (a terminal shared with another program) is waited for as a blocking one would be. */
static bool wait_again(int fd, short events) {
    if (errno == EINTR)
        return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return false;
    struct pollfd watched = { .fd = fd, .events = events };
    return poll(&watched, 1, -1) >= 0 || errno == EINTR;
}

/* ---- writer ---- */

void r3_writer_init(struct r3_writer *writer, int fd, const char *name) {
    *writer =
        (struct r3_writer) { .fd = fd, .name = name, .data = r3_allocate(R3_BUFFER_SIZE), .capacity = R3_BUFFER_SIZE };
}

static int write_all(struct r3_writer *writer, const char *data, size_t length, struct r3_error *error) {
    while (length > 0) {
        ssize_t count = write(writer->fd, data, length);
        if (count < 0) {
            if (wait_again(writer->fd, POLLOUT))
                continue;
            return r3_fail_errno(error, R3_IO, "%s", writer->name);
        }
        data += count;
        length -= (size_t)count;
    }
    return 0;
}

static int hand_over(struct r3_writer *writer, size_t length, struct r3_error *error) {
    errno = length > 0 ? r3_write_behind_hand(writer->behind, &writer->data, length, writer->capacity) : 0;
    return errno ? r3_fail_errno(error, R3_IO, "%s", writer->name) : 0;
}

int r3_writer_flush(struct r3_writer *writer, struct r3_error *error) {
    size_t length = writer->length;
    writer->length = 0; /* after an error too: it is reported once, and what was lost is lost */
    if (writer->behind)
        return hand_over(writer, length, error);
    return write_all(writer, writer->data, length, error);
}

int r3_writer_check(struct r3_writer *writer, bool wait, struct r3_error *error) {
    if (!writer->behind)
        return 0;
    errno = wait ? r3_write_behind_wait(writer->behind) : r3_write_behind_look(writer->behind);
    return errno ? r3_fail_errno(error, R3_IO, "%s", writer->name) : 0;
}

/* So many bytes at once are worth a write of their own. */
enum { WITHOUT_COPY = R3_BUFFER_SIZE / 4 };

int r3_writer_put(struct r3_writer *writer, const char *data, size_t length, struct r3_error *error) {
    for (size_t room; writer->behind && length > (room = writer->capacity - writer->length);) {
        memcpy(writer->data + writer->length, data, room);
        writer->length = writer->capacity;
        data += room;
        length -= room;
        if (r3_writer_flush(writer, error) != 0)
            return -1;
    }
    if (length > writer->capacity - writer->length) {
        if (r3_writer_flush(writer, error) != 0)
            return -1;
    }
    if (writer->length == 0 && length >= WITHOUT_COPY && !writer->behind)
        return write_all(writer, data, length, error);
    if (length)
        memcpy(writer->data + writer->length, data, length);
    writer->length += length;
    return 0;
}

/* The byte ahead of what is written next, where that is in a file. */
static char byte_ahead(int fd) {
    struct stat status;
    char path[40], last = '\n';
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return last;
    off_t at = fcntl(fd, F_GETFL) & O_APPEND ? status.st_size : lseek(fd, 0, SEEK_CUR);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd); /* it is open for writing alone */
    int again = at > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (again >= 0) {
        if (pread(again, &last, 1, at - 1) != 1)
            last = '\n';
        close(again);
    }
    return last;
}

int r3_writer_begin_line(struct r3_writer *writer, struct r3_error *error) {
    return writer->length || byte_ahead(writer->fd) == '\n' ? 0 : r3_writer_put(writer, "\n", 1, error);
}

int r3_writer_close(struct r3_writer *writer, struct r3_error *error) {
    int result = r3_writer_flush(writer, error);
    if (writer->behind && (errno = r3_write_behind_wait(writer->behind)) != 0 && result == 0)
        result = r3_fail_errno(error, R3_IO, "%s", writer->name);
    r3_write_behind_free(writer->behind);
    if (close(writer->fd) != 0 && errno != EINTR && result == 0)
        result = r3_fail_errno(error, R3_IO, "%s", writer->name);
    free(writer->data);
    *writer = (struct r3_writer) { .fd = -1, .name = writer->name };
    return result;
}

/* ---- reader ---- */

/* A part of a line (at most limit + 1 bytes) and behind it room for a whole read. */
void r3_reader_init_limit(struct r3_reader *reader, int fd, const char *name, size_t limit) {
    size_t capacity = limit + 1 + R3_BUFFER_SIZE;
    *reader = (struct r3_reader) {
        .fd = fd, .name = name, .data = r3_allocate(capacity), .capacity = capacity, .limit = limit
    };
}

void r3_reader_init(struct r3_reader *reader, int fd, const char *name) {
    r3_reader_init_limit(reader, fd, name, R3_LINE_MAX);
}

void r3_reader_release(struct r3_reader *reader) {
    free(reader->data);
    reader->data = NULL;
    reader->start = reader->end = reader->capacity = 0;
}

/* Read more behind `end`; the part of a line that is there moves to the front when the room gets short. 0 or -1; sets at_end. */
static int fill(struct r3_reader *reader, struct r3_error *error) {
    for (;;) {
        if (reader->before_read && reader->before_read(reader->context, error) != 0)
            return -1;
        if (reader->start == reader->end) {
            reader->start = reader->end = 0;
        } else if (reader->capacity - reader->end < R3_BUFFER_SIZE) {
            memmove(reader->data, reader->data + reader->start, reader->end - reader->start);
            reader->end -= reader->start;
            reader->start = 0;
        }
        ssize_t count = read(reader->fd, reader->data + reader->end, R3_BUFFER_SIZE);
        if (count >= 0) {
            reader->end += (size_t)count;
            reader->at_end = count == 0;
            return 0;
        }
        if (!wait_again(reader->fd, POLLIN))
            return r3_fail_errno(error, R3_IO, "%s", reader->name);
    }
}

/* Drop the line that is too long, as far as its newline or the end of input. */
static int skip_line(struct r3_reader *reader, struct r3_error *error) {
    for (;;) {
        const char *from = reader->data + reader->start, *newline = memchr(from, '\n', reader->end - reader->start);
        if (newline) {
            reader->start += (size_t)(newline - from) + 1;
            break;
        }
        reader->start = reader->end = 0;
        if (reader->at_end)
            break;
        if (fill(reader, error) != 0)
            return -1;
    }
    return r3_fail(error, R3_DATA, "line is longer than %zu bytes", reader->limit);
}

int r3_reader_line(struct r3_reader *reader, const char **text, size_t *length, struct r3_error *error) {
    size_t seen = 0; /* bytes of this line that hold no newline */
    for (;;) {
        const char *from = reader->data + reader->start;
        size_t held = reader->end - reader->start;
        const char *newline = held > seen ? memchr(from + seen, '\n', held - seen) : NULL;
        if (newline && (size_t)(newline - from) <= reader->limit) {
            *text = from;
            *length = (size_t)(newline - from);
            reader->start += *length + 1;
            reader->line++;
            return 1;
        }
        if (newline || held > reader->limit) {
            reader->line++;
            return skip_line(reader, error);
        }
        if (reader->at_end) {
            if (held == 0)
                return 0;
            reader->line++;
            reader->start = reader->end;
            return r3_fail(error, R3_DATA, "line is cut off: no newline at its end");
        }
        seen = held;
        if (fill(reader, error) != 0)
            return -1;
    }
}

int r3_reserve_standard_descriptors(struct r3_error *error) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        /* open gives the lowest free descriptor, which is this one. */
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            return r3_fail_errno(error, R3_SYSTEM, "/dev/null");
    }
    return 0;
}

bool r3_wants_colour(int fd) {
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(fd) && !(no_colour && no_colour[0]) && terminal && strcmp(terminal, "dumb") != 0;
}

void r3_pipe_enlarge(int fd) {
    (void)fcntl(fd, F_SETPIPE_SZ, (int)R3_PIPE_SIZE);
}
