#ifndef R3_SESSION_CREATE_H
#define R3_SESSION_CREATE_H

#include <stdbool.h>

#include "lib/base/option.h"
#include "lib/session/session.h"

/* The options that say what a new session is; those of the stages come on top (lib/session/options.h). */
extern const struct r3_option r3_session_create_options[];
bool r3_session_create_options_given(const struct r3_arguments *arguments);

/* The session that a command line asks for: LABEL as its operand, or options in its place. It has no id yet. */
int r3_session_describe(struct r3_session *out, const struct r3_arguments *arguments, struct r3_error *error);

#endif
