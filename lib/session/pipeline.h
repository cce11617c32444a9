#ifndef R3_SESSION_PIPELINE_H
#define R3_SESSION_PIPELINE_H

#include <stdbool.h>

#include "lib/base/buffer.h"
#include "lib/session/session.h"

/* The texts of pipelines that a session's row stands for. Words are quoted where a shell needs it. */

/* Open of the first candle that the session wants, so that its rules are ready when it begins to act; R3_TIME_ABSENT before it is started. The rules are read anew;
 * R3_USAGE, R3_DATA, R3_IO where they cannot be. */
int r3_session_warm_up_from(int64_t *from, const struct r3_session *session, struct r3_error *error);

/* Append "r3-collect FILE …": the session's candles that open in [from, to); `to` R3_TIME_ABSENT: to the end. R3_CONFIG where no file
 * feeds it. */
int r3_session_write_source(struct r3_buffer *out, const struct r3_session *session, int64_t from, int64_t to,
                            struct r3_error *error);

/* Append "r3-strategy … | r3-track … | r3-size … | r3-order …": the stages of its row, r3-strategy with --session ID and --from the time
 * that it acts from, r3-order with --session ID; with `state`, --state for each program that has that option. */
int r3_session_write_stages(struct r3_buffer *out, const struct r3_session *session, bool state,
                            struct r3_error *error);

#endif
