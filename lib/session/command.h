#ifndef R3_SESSION_COMMAND_H
#define R3_SESSION_COMMAND_H

#include "lib/base/buffer.h"
#include "lib/session/session.h"

/* Inside `work` of a write. Store the `command` record for a change of a session, to be fed to its next run, and append its line. now:
 * market time. position: of a stop. A start tells all of the session. */
int r3_session_command(struct r3_store *store, const struct r3_session *session, enum r3_action action,
                       enum r3_command_position position, int64_t now, struct r3_buffer *lines, struct r3_error *error);
/* Inside `work`. What the last stop that no run has carried out yet does with the session's position; R3_COMMAND_POSITION_NONE: there is none. */
int r3_session_waiting_stop(enum r3_command_position *out, struct r3_store *store, const char *id,
                            struct r3_error *error);

#endif
