#ifndef R3_SESSION_EXECUTE_H
#define R3_SESSION_EXECUTE_H

#include <stdbool.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/session/words.h"

/* Run the text of a run, as r3-session run prints it, as a pipe of processes, the last of which is this one where that is r3-session keep. *kept:
 * keep was begun, which gives the lease back where it fails. Standard input is used up. -1: the status is that of the leftmost program that failed; the text
 * is empty where that one has told the reason itself, and what it told is appended to *said. */
int r3_session_execute(const struct r3_session_call *call, const char *text, bool *kept, struct r3_buffer *said,
                       struct r3_error *error);

#endif
