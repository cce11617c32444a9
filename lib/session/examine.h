#ifndef R3_SESSION_EXAMINE_H
#define R3_SESSION_EXAMINE_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/session/session.h"

/* A look at what a session is going to run on, before it does: its rules are compiled, and the head of its source is read with the options
 * of its runs. One that is made now is given the hash of its rules; with one that was made before they are compared, R3_CONFIG where
 * they were changed. What is odd and no error is appended to *remarks, a line each. R3_DATA, R3_CONFIG …, with the file named. */
int r3_session_examine(struct r3_session *session, struct r3_buffer *remarks, struct r3_error *error);

#endif
