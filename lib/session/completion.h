#ifndef R3_SESSION_COMPLETION_H
#define R3_SESSION_COMPLETION_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* Append the completion script of r3-session: its words, the options of each, and the ids of the sessions that there are. shell: "bash",
 * "zsh" or "fish". */
int r3_session_completion(struct r3_buffer *out, const char *shell, struct r3_error *error);

#endif
