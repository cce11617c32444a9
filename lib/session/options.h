#ifndef R3_SESSION_OPTIONS_H
#define R3_SESSION_OPTIONS_H

#include "lib/base/buffer.h"
#include "lib/base/option.h"
#include "lib/record/timeframe.h"

/* The options of r3-collect, r3-strategy, r3-track, r3-size and r3-order on the command line of r3-session: those tables are read, so no
 * option is described twice. */

/* All that make sense for a session; one that two programs have is there once, and meant for both. */
const struct r3_option *r3_session_stage_options(void);
/* Whether any of them was given. */
bool r3_session_stage_options_given(const struct r3_arguments *arguments);

/* The error of a command line: where it is an option of these programs that is not a session's, it says why. Returns -1. */
int r3_session_explain_option(struct r3_error *error);

/* Append "r3-strategy NAME --timeframe TF … | r3-track … | r3-size … | r3-order --paper --cash N …" with the options that were given; --book
 * in place of --paper for a live session; "r3-collect … | " ahead of it where there are options of the source. strategy: a name or an
 * absolute path, NULL where the rules were given as text; cash: as typed. Each program reads its part, and the rules are compiled for
 * the timeframe: what is wrong there is the error. */
int r3_session_write_pipeline(struct r3_buffer *out, const struct r3_arguments *arguments, const char *strategy,
                              const char *market, enum r3_timeframe timeframe, bool live, const char *cash,
                              struct r3_error *error);

#endif
