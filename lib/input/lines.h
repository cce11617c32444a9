#ifndef R3_INPUT_LINES_H
#define R3_INPUT_LINES_H

#include "lib/input/input.h"

/* The lines of an input, first to last or last to first, with bounded memory and true line numbers.
 *
 * Unlike r3_reader, which reads records, a last line without a newline is a line, and a byte-order mark at the start is
 * taken off. Reading backwards wants a file with seek; what is packed or piped is first copied to a temporary file without
 * a name (in $TMPDIR, else /tmp), in the same pass that counts the lines. */

struct r3_lines;

/* `block` bytes are read at a time (16 KiB at least). Takes the input over, also where it fails. New. */
struct r3_lines *r3_lines_new_take(struct r3_input *input, size_t block);
void r3_lines_free(struct r3_lines *lines); /* accepts NULL; closes the input */
/* A last line without a newline is still being written: it is left alone, as if it were not there. Called before anything is read. */
void r3_lines_leave_unended(struct r3_lines *lines);

/* The first bytes, before any line was taken: at least `wanted` of them, or a whole block, or all there are, in which case
 * *whole is set. text[length] is '\n'. Borrowed until the next call. Results as r3_input_read, R3_INPUT_MORE for bytes given. */
int r3_lines_peek(struct r3_lines *lines, size_t wanted, const char **text, size_t *length, bool *whole,
                  struct r3_error *error);

/* Turn round: after it the lines come last to first, down to line `first`. Only before any line was taken, and after a peek
 * that showed line `first`'s start. May give R3_INPUT_INTERRUPTED (call again); R3_INPUT_MORE when done. */
int r3_lines_reverse(struct r3_lines *lines, uint64_t first, struct r3_error *error);

/* As r3_input_seekable, after a peek. */
int r3_lines_seekable(const struct r3_lines *lines, int64_t *start);
/* Begin with the line that begins at that many bytes behind the file's first one, in place of its first line; only before any line was
 * taken, and where r3_lines_seekable gives a descriptor. What is skipped is not counted: that line has number 1. R3_INPUT_MORE; -1, R3_IO. */
int r3_lines_seek(struct r3_lines *lines, int64_t offset, struct r3_error *error);
/* How many lines that is, for messages: the newlines in so many bytes at the beginning of a file that is not packed. */
uint64_t r3_lines_count(const char *path, int64_t bytes);

/* The next line, without its newline: R3_INPUT_MORE, *text borrowed until the next call, and text[length] is '\n'.
 * Errors have the place ahead. A line of more than R3_LINE_MAX bytes is R3_DATA. */
int r3_lines_next(struct r3_lines *lines, const char **text, size_t *length, struct r3_error *error);

/* The whole lines that are there without reading, forwards and once a line was taken; 0 bytes where there are none. Borrowed until
 * the next call; R3_LINES_ROOM bytes behind them are readable. r3_lines_skip then takes the first `count` of them, `length`
 * bytes with their newlines. */
enum { R3_LINES_ROOM = 64 };
size_t r3_lines_held(const struct r3_lines *lines, const char **text);
void r3_lines_skip(struct r3_lines *lines, size_t length, uint64_t count);
uint64_t
r3_lines_number(const struct r3_lines *lines); /* of the line that was taken last, from 1 at the top of the file */
const char *r3_lines_name(const struct r3_lines *lines);

bool r3_lines_regular(const struct r3_lines *lines); /* as r3_input_regular */

/* Whether the next line can be had without waiting for another process. */
bool r3_lines_ready(const struct r3_lines *lines);
/* Bytes done of bytes in all (0: not known); reading backwards counts a file twice. */
void r3_lines_progress(const struct r3_lines *lines, uint64_t *done, uint64_t *total);

#endif
