#ifndef R3_SESSION_STREAM_H
#define R3_SESSION_STREAM_H

#include "lib/base/io.h"
#include "lib/record/record.h"
#include "lib/session/lease.h"

/* The records on standard input of feed and keep, which prolong their lease while they wait for them. */

struct r3_session_stream {
    struct r3_session_lease lease;
    struct r3_reader in;
    struct r3_writer *out; /* flushed before each wait, and watched: its reader may go away */
    struct r3_decoder *decoder;
    struct r3_record record;
    const char *line; /* of the record, without its newline, which stands behind it */
    size_t length;
    int64_t silence; /* ms: the longest wait for input, then it is given up: R3_RETRY */
};

/* Begin, with the silence that R3_RUN_TIMEOUT says; also what r3(7) says of signals: INT and TERM are for the source, PIPE ends the program. r3_session_stream_release in
 * any case. */
int r3_session_stream_open(struct r3_session_stream *stream, const struct r3_session_call *call,
                           struct r3_error *error);
void r3_session_stream_release(struct r3_session_stream *stream);
/* R3_RUN_TIMEOUT, or the default. R3_CONFIG: it is no span of time. */
int r3_session_silence(int64_t *out, struct r3_error *error);
/* The next record: 1; 0: the input has ended; -1, R3_DATA with its place. */
int r3_session_stream_next(struct r3_session_stream *stream, struct r3_error *error);

#endif
