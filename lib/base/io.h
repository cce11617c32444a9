#ifndef R3_BASE_IO_H
#define R3_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

/* The one line reader and the one writer of every program. Both work on file descriptors with 256 KiB buffers
 * (measured: with 1 MiB pipes the fastest relay of those tried). */

enum { R3_LINE_MAX = 65536, R3_BUFFER_SIZE = 262144, R3_PIPE_SIZE = 1048576 };

struct r3_write_behind;

struct r3_writer {
    int fd;
    const char *name; /* for messages: "standard output" or the file; borrowed */
    char *data;
    size_t length, capacity;
    struct r3_write_behind
        *behind; /* NULL: it writes itself. Else its own; a write that failed is told by a later call */
};

void r3_writer_init(struct r3_writer *writer, int fd, const char *name);
int r3_writer_put(struct r3_writer *writer, const char *data, size_t length, struct r3_error *error);
int r3_writer_flush(struct r3_writer *writer, struct r3_error *error);
/* Where another thread writes: whether what was flushed has failed, as far as that is known by now, or with `wait` once all is written. */
int r3_writer_check(struct r3_writer *writer, bool wait, struct r3_error *error);
/* Where the writer stands at the end of a file that ends within a line, as a full disk leaves it, that line is ended by what is put next.
 * Whether it does so is not known where the file may not be read. */
int r3_writer_begin_line(struct r3_writer *writer, struct r3_error *error);
/* Flush, close the descriptor and report what either says: a full disk is an error, not a success. Memory is freed
 * either way. Status R3_IO. */
int r3_writer_close(struct r3_writer *writer, struct r3_error *error);

struct r3_reader {
    int fd;
    const char *name; /* "standard input" or the file; borrowed */
    char *data;
    size_t start, end, capacity, limit;
    uint64_t line; /* number of the line that was returned last, from 1 */
    bool at_end;
    /* Called before each read that could block, and again where a signal interrupted it: flush output, watch others. NULL:
     * nothing to do. Returns 0 or -1. */
    int (*before_read)(void *context, struct r3_error *error);
    void *context;
};

void r3_reader_init(struct r3_reader *reader, int fd, const char *name);
/* With another greatest length of a line than R3_LINE_MAX, for what is no stream of records. */
void r3_reader_init_limit(struct r3_reader *reader, int fd, const char *name, size_t limit);
void r3_reader_release(struct r3_reader *reader); /* frees memory; does not close fd */
/* The next line without its newline: 1, *text (borrowed until the next call; text[length] is '\n') and *length set;
 * 0 at the end of input; -1 on error. A line over the limit (R3_LINE_MAX bytes), and a last line without newline, are R3_DATA; the
 * over-long line is skipped, so that a caller may go on. Their messages name no place: the caller puts name and line ahead,
 * as it does for what the line holds. A read that fails is R3_IO, with the name. */
int r3_reader_line(struct r3_reader *reader, const char **text, size_t *length, struct r3_error *error);

/* What was read behind the last line and not yet returned, *length bytes: for a caller who sees the end of a line while reading what it
 * says. r3_reader_pass then counts that line of `length` bytes and a newline as returned. */
static inline const char *r3_reader_held(const struct r3_reader *reader, size_t *length) {
    *length = reader->end - reader->start;
    return reader->data + reader->start;
}
static inline void r3_reader_pass(struct r3_reader *reader, size_t length) {
    reader->start += length + 1;
    reader->line++;
}
/* The same for several lines of `length` bytes, their newlines among them. */
static inline void r3_reader_pass_lines(struct r3_reader *reader, size_t lines, size_t length) {
    reader->start += length;
    reader->line += lines;
}

/* Where descriptor 0, 1 or 2 is closed, put something there that can be neither read nor written, so that a file which is opened
 * later cannot take its place and receive records or messages. R3_SYSTEM. Call it first in main. */
int r3_reserve_standard_descriptors(struct r3_error *error);

/* Whether text on this descriptor may be coloured: a terminal, unless NO_COLOR (no-color.org) or a dumb one says no. */
bool r3_wants_colour(int fd);

/* Make a pipe hold R3_PIPE_SIZE bytes where the system allows; anything else is left as it is. */
void r3_pipe_enlarge(int fd);

#endif
