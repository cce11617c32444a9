#ifndef R3_SWEEP_WORDS_H
#define R3_SWEEP_WORDS_H

#include "lib/base/error.h"
#include "lib/stage/pipeline_text.h"

/* Options of a program in a pipeline's text, read and changed as its own option table has them, so that the changed
 * text says what was run and can be typed again. */

/* The program's option as it was given, new in *out (freed by free); NULL: it was not. R3_USAGE: the program's words
 * are wrong. */
int r3_sweep_words_get(char **out, const struct r3_pipeline_program *program, const char *name, struct r3_error *error);

/* Give an option, which must not be a repeatable one, that value in place of another that was given. value NULL: a
 * flag. */
int r3_sweep_words_set(struct r3_pipeline_program *program, const char *name, const char *value,
                       struct r3_error *error);

#endif
