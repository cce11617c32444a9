#ifndef R3_BASE_OUTPUT_FILE_H
#define R3_BASE_OUTPUT_FILE_H

#include "lib/base/error.h"
#include "lib/base/io.h"

/* A file that appears whole or not at all: it is written under a temporary name in the same directory and renamed by
 * commit. A path that exists and is no regular file (/dev/stdout, a FIFO) is written in place.
 *
 * Life: r3_output_file_open … write through .writer … r3_output_file_commit; r3_output_file_abandon at any time ends it
 * without a trace, and does nothing to a file that was never opened or is already committed. Start from R3_OUTPUT_FILE_INIT. */

struct r3_output_file {
    struct r3_writer writer;
    char *path;      /* where it ends up; NULL while closed */
    char *temporary; /* what is being written; NULL when written in place */
};

#define R3_OUTPUT_FILE_INIT                                                                                            \
    {                                                                                                                  \
        .writer = {.fd = -1 }                                                                                          \
    }

/* Status R3_IO where the file cannot be made; R3_USAGE where it is the regular file that standard output goes to. */
int r3_output_file_open(struct r3_output_file *file, const char *path, struct r3_error *error);
/* The name under which it is being written (for a child process that writes it itself). Borrowed. */
const char *r3_output_file_name(const struct r3_output_file *file);
/* Flush, close, rename. On an error the temporary file is gone. */
int r3_output_file_commit(struct r3_output_file *file, struct r3_error *error);
void r3_output_file_abandon(struct r3_output_file *file);

#endif
