#ifndef R3_INPUT_INPUT_H
#define R3_INPUT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

/* One file, or standard input, as a stream of bytes: plain, gzip (any number of members) or zstd (any number of frames),
 * told apart by their first bytes and not by the file's name. */

struct r3_input;

/* What reading can say besides -1, an error. */
enum r3_input_result {
    R3_INPUT_END = 0,
    R3_INPUT_MORE = 1,
    R3_INPUT_INTERRUPTED = 2 /* a signal came while it waited: nothing is lost, call again or stop */
};

/* "-" is standard input. New in *out, closed with r3_input_close. R3_IO, R3_PERMISSION. */
int r3_input_open(struct r3_input **out, const char *path, struct r3_error *error);
void r3_input_close(struct r3_input *input); /* accepts NULL; leaves standard input open */

/* Up to `size` unpacked bytes: an enum r3_input_result, with *got > 0 for R3_INPUT_MORE; -1: R3_IO, or R3_DATA for
 * packed data that is damaged or cut off. */
int r3_input_read(struct r3_input *input, void *out, size_t size, size_t *got, struct r3_error *error);

const char *r3_input_name(const struct r3_input *input); /* for messages: the path, or "standard input" */
bool r3_input_regular(const struct r3_input *input);     /* a regular file: reading it does not wait for anybody */

/* The descriptor where the unpacked bytes can be read at any place with pread, and the place of the first; -1 where they
 * cannot (packed, or no regular file). Known after the first read. */
int r3_input_seekable(const struct r3_input *input, int64_t *start);

/* Go on at that many bytes behind the place of the first; only where r3_input_seekable gives a descriptor. 0; R3_IO. */
int r3_input_seek(struct r3_input *input, int64_t offset, struct r3_error *error);

/* Bytes taken so far from the file, and its size (0: not known). */
void r3_input_progress(const struct r3_input *input, uint64_t *done, uint64_t *total);

#endif
