/* One buffer serves both directions. Forwards, data[start, end) are the bytes not yet taken and reading appends. Backwards,
 * data[0, end) are the file's bytes from `place` on, lines are cut off the end, and reading puts a block ahead of them. The
 * buffer has R3_LINES_ROOM bytes more than its capacity: in the first a newline is put behind a last line that has none, all are
 * zero at first and may be read. */

#include "lib/input/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "lib/base/io.h"

struct r3_lines {
    struct r3_input *input;
    char *data;
    size_t start, end, capacity, block;
    bool ended;     /* all bytes are in the buffer */
    bool leaves;    /* a last line without a newline */
    int64_t sought; /* bytes of the file ahead of what is read */
    uint64_t line;  /* number of the line taken last */
    /* Backwards */
    bool reversing, reversed;
    int fd;              /* read with pread */
    int spool;           /* the temporary file, or -1 */
    int64_t top, bottom; /* where line `first` starts, and where the file ends */
    int64_t place;       /* of data[0] */
    uint64_t counted;    /* newlines so far */
    char last;           /* the last byte that was counted */
};

enum { BLOCK_MIN = 16384 };

struct r3_lines *r3_lines_new_take(struct r3_input *input, size_t block) {
    struct r3_lines *lines = r3_allocate(sizeof *lines);
    lines->input = input;
    lines->block = block < BLOCK_MIN ? BLOCK_MIN : block;
    lines->capacity = lines->block;
    lines->data = r3_allocate(lines->capacity + R3_LINES_ROOM);
    lines->spool = -1;
    return lines;
}

void r3_lines_leave_unended(struct r3_lines *lines) {
    lines->leaves = true;
}

void r3_lines_free(struct r3_lines *lines) {
    if (!lines)
        return;
    r3_input_close(lines->input);
    if (lines->spool >= 0)
        close(lines->spool);
    free(lines->data);
    free(lines);
}

const char *r3_lines_name(const struct r3_lines *lines) {
    return r3_input_name(lines->input);
}

uint64_t r3_lines_number(const struct r3_lines *lines) {
    return lines->line;
}

static void enlarge(struct r3_lines *lines) {
    lines->capacity *= 2;
    lines->data = r3_reallocate(lines->data, lines->capacity + R3_LINES_ROOM);
    memset(lines->data + lines->capacity, 0, R3_LINES_ROOM);
}

static uint64_t count_newlines(const char *data, size_t length) {
    uint64_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += data[i] == '\n';
    return count;
}

uint64_t r3_lines_count(const char *path, int64_t bytes) {
    struct r3_input *input = NULL;
    struct r3_error unused;
    uint64_t count = 0;
    size_t got;
    if (bytes == 0 || r3_input_open(&input, path, &unused) < 0)
        return 0;
    char *text = r3_allocate(BLOCK_MIN);
    for (int result = R3_INPUT_MORE; bytes > 0 && (result == R3_INPUT_MORE || result == R3_INPUT_INTERRUPTED);) {
        result = r3_input_read(input, text, bytes < BLOCK_MIN ? (size_t)bytes : BLOCK_MIN, &got, &unused);
        if (result != R3_INPUT_MORE)
            continue;
        count += count_newlines(text, got);
        bytes -= (int64_t)got;
    }
    free(text);
    r3_input_close(input);
    return count;
}

static int too_long(const struct r3_lines *lines, uint64_t line, struct r3_error *error) {
    line += r3_lines_count(r3_lines_name(lines), lines->sought);
    return r3_fail(error, R3_DATA, "%s:%llu: the line is longer than %d bytes", r3_lines_name(lines),
                   (unsigned long long)line, R3_LINE_MAX);
}

/* One read behind what is there. */
static int fill(struct r3_lines *lines, struct r3_error *error) {
    size_t got = 0;
    if (lines->ended)
        return R3_INPUT_END;
    if (lines->start) {
        memmove(lines->data, lines->data + lines->start, lines->end - lines->start);
        lines->end -= lines->start;
        lines->start = 0;
    }
    if (lines->end == lines->capacity)
        enlarge(lines);
    int result = r3_input_read(lines->input, lines->data + lines->end, lines->capacity - lines->end, &got, error);
    if (result == R3_INPUT_MORE)
        lines->end += got;
    if (result == R3_INPUT_END)
        lines->ended = true;
    return result;
}

static void skip_byte_order_mark(struct r3_lines *lines) {
    static const char mark[] = "\xef\xbb\xbf";
    if (lines->line == 0 && !lines->sought && lines->end - lines->start >= 3 &&
        memcmp(lines->data + lines->start, mark, 3) == 0)
        lines->start += 3;
}

int r3_lines_peek(struct r3_lines *lines, size_t wanted, const char **text, size_t *length, bool *whole,
                  struct r3_error *error) {
    if (wanted > lines->block)
        wanted = lines->block;
    while (!lines->ended && lines->end < wanted) {
        int result = fill(lines, error);
        if (result != R3_INPUT_MORE && result != R3_INPUT_END)
            return result;
    }
    lines->start = 0;
    skip_byte_order_mark(lines);
    *text = lines->data + lines->start;
    *length = lines->end - lines->start;
    lines->start = 0;
    if (lines->ended && lines->leaves) {
        const char *last = memrchr(*text, '\n', *length);
        *text = last ? *text : lines->data + lines->end;
        *length = last ? (size_t)(last - *text) : 0; /* text[*length] is that newline */
    }
    lines->data[lines->end] = '\n'; /* as next_forwards will do for a last line */
    *whole = lines->ended;
    return R3_INPUT_MORE;
}

int r3_lines_seekable(const struct r3_lines *lines, int64_t *start) {
    return r3_input_seekable(lines->input, start);
}

int r3_lines_seek(struct r3_lines *lines, int64_t offset, struct r3_error *error) {
    lines->start = lines->end = 0;
    lines->ended = false;
    lines->sought = offset;
    return r3_input_seek(lines->input, offset, error) < 0 ? -1 : R3_INPUT_MORE;
}

static int next_forwards(struct r3_lines *lines, const char **text, size_t *length, struct r3_error *error) {
    size_t searched = 0;
    if (lines->line == 0)
        skip_byte_order_mark(lines);
    for (;;) {
        char *line = lines->data + lines->start;
        size_t held = lines->end - lines->start;
        char *newline = memchr(line + searched, '\n', held - searched);
        if (!newline && lines->ended && held && !lines->leaves) {
            newline = line + held;
            *newline = '\n';
        }
        if (newline) {
            *text = line;
            *length = (size_t)(newline - line);
            lines->line++;
            lines->start += *length + 1;
            if (lines->start > lines->end)
                lines->start = lines->end;
            return *length > R3_LINE_MAX ? too_long(lines, lines->line, error) : R3_INPUT_MORE;
        }
        if (held > R3_LINE_MAX)
            return too_long(lines, lines->line + 1, error);
        if (lines->ended)
            return R3_INPUT_END;
        searched = held;
        int result = fill(lines, error);
        if (result != R3_INPUT_MORE && result != R3_INPUT_END)
            return result;
        if (lines->line == 0) {
            skip_byte_order_mark(lines);
            searched = 0;
        }
    }
}

size_t r3_lines_held(const struct r3_lines *lines, const char **text) {
    if (lines->reversing || lines->line == 0 || lines->start == lines->end)
        return 0;
    *text = lines->data + lines->start;
    const char *last = memrchr(*text, '\n', lines->end - lines->start);
    return last ? (size_t)(last + 1 - *text) : 0;
}

void r3_lines_skip(struct r3_lines *lines, size_t length, uint64_t count) {
    lines->start += length;
    lines->line += count;
}

/* A temporary file that vanishes with its descriptor. */
static int open_spool(struct r3_error *error) {
    const char *directory = getenv("TMPDIR");
    if (!directory || !*directory)
        directory = "/tmp";
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (fd >= 0)
        return fd;
    struct r3_buffer path = R3_BUFFER_INIT;
    r3_buffer_printf(&path, "%s/r3-collect-XXXXXX", directory);
    fd = mkostemp(path.data, O_CLOEXEC);
    if (fd >= 0)
        unlink(path.data);
    else
        r3_fail_errno(error, R3_IO, "%s: no temporary file", path.data);
    r3_buffer_release(&path);
    return fd;
}

static int write_all(int fd, const char *data, size_t length, struct r3_error *error) {
    while (length) {
        ssize_t count = write(fd, data, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return r3_fail_errno(error, R3_IO, "temporary file");
        data += count;
        length -= (size_t)count;
    }
    return 0;
}

static int64_t start_of_line(const char *data, size_t length, uint64_t line) {
    const char *at = data, *end = data + length;
    for (uint64_t number = 1; number < line; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline)
            return (int64_t)length;
        at = newline + 1;
    }
    return at - data;
}

/* Choose what to read with pread. */
static int start_reversing(struct r3_lines *lines, uint64_t first, struct r3_error *error) {
    int64_t start;
    lines->fd = r3_input_seekable(lines->input, &start);
    if (lines->fd < 0) {
        lines->spool = open_spool(error);
        if (lines->spool < 0)
            return -1;
        lines->fd = lines->spool;
        start = 0;
    }
    skip_byte_order_mark(lines); /* moves start: line 1 begins behind the mark */
    size_t mark = lines->start;
    lines->start = 0;
    int64_t offset = start_of_line(lines->data + mark, lines->end - mark, first) + (int64_t)mark;
    lines->last = '\n';
    lines->top = start + offset;
    lines->bottom = start;
    lines->reversing = true;
    return 0;
}

int r3_lines_reverse(struct r3_lines *lines, uint64_t first, struct r3_error *error) {
    int result = R3_INPUT_MORE;
    if (!lines->reversing && start_reversing(lines, first, error) < 0)
        return -1;
    while (result != R3_INPUT_END) {
        if (lines->end) {
            lines->counted += count_newlines(lines->data, lines->end);
            lines->bottom += (int64_t)lines->end;
            lines->last = lines->data[lines->end - 1];
            if (lines->spool >= 0 && write_all(lines->spool, lines->data, lines->end, error) < 0)
                return -1;
            lines->end = 0;
        }
        result = fill(lines, error);
        if (result != R3_INPUT_MORE && result != R3_INPUT_END)
            return result;
    }
    uint64_t total = lines->counted + (lines->last != '\n');
    lines->line = total + 1;
    lines->place = lines->bottom;
    lines->reversed = true;
    return R3_INPUT_MORE;
}

/* A block ahead of what is there. */
static int fill_ahead(struct r3_lines *lines, struct r3_error *error) {
    int64_t left = lines->place - lines->top;
    size_t size = left < (int64_t)lines->block ? (size_t)left : lines->block;
    while (lines->end + size > lines->capacity)
        enlarge(lines);
    memmove(lines->data + size, lines->data, lines->end);
    for (size_t done = 0; done < size;) {
        ssize_t count = pread(lines->fd, lines->data + done, size - done, lines->place - (int64_t)size + (int64_t)done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return r3_fail_errno(error, R3_IO, "%s", r3_lines_name(lines));
        if (count == 0)
            return r3_fail(error, R3_IO, "%s: it was made shorter while it was read", r3_lines_name(lines));
        done += (size_t)count;
    }
    lines->place -= (int64_t)size;
    lines->end += size;
    return 0;
}

static int next_backwards(struct r3_lines *lines, const char **text, size_t *length, struct r3_error *error) {
    if (lines->end == 0 && lines->place == lines->top)
        return R3_INPUT_END;
    if (lines->end == 0 && fill_ahead(lines, error) < 0)
        return -1;
    lines->line--;
    /* data[end - 1] is this line's newline, except for a last line that has none. */
    size_t close = lines->end;
    if (lines->data[close - 1] == '\n')
        close--;
    for (;;) {
        char *newline = memrchr(lines->data, '\n', close);
        if (newline || lines->place == lines->top) {
            char *line = newline ? newline + 1 : lines->data;
            *text = line;
            *length = (size_t)(lines->data + close - line);
            lines->data[close] = '\n';
            lines->end = (size_t)(line - lines->data);
            return *length > R3_LINE_MAX ? too_long(lines, lines->line, error) : R3_INPUT_MORE;
        }
        if (close > R3_LINE_MAX)
            return too_long(lines, lines->line, error);
        size_t before = lines->end;
        if (fill_ahead(lines, error) < 0)
            return -1;
        close += lines->end - before;
    }
}

int r3_lines_next(struct r3_lines *lines, const char **text, size_t *length, struct r3_error *error) {
    if (!lines->reversed)
        return next_forwards(lines, text, length, error);
    int result = next_backwards(lines, text, length, error);
    bool unended = lines->last != '\n';
    lines->last = '\n';
    return result == R3_INPUT_MORE && unended && lines->leaves ? next_backwards(lines, text, length, error) : result;
}

bool r3_lines_regular(const struct r3_lines *lines) {
    return r3_input_regular(lines->input);
}

bool r3_lines_ready(const struct r3_lines *lines) {
    return lines->reversed || lines->ended || r3_input_regular(lines->input) ||
           memchr(lines->data + lines->start, '\n', lines->end - lines->start);
}

void r3_lines_progress(const struct r3_lines *lines, uint64_t *done, uint64_t *total) {
    r3_input_progress(lines->input, done, total);
    if (!lines->reversing)
        return;
    uint64_t span = (uint64_t)(lines->bottom - lines->top);
    uint64_t given = lines->reversed && span ? (uint64_t)(lines->bottom - lines->place) : 0;
    *done += span ? (uint64_t)((double)*total * ((double)given / (double)span)) : 0;
    *total *= 2;
}
