#ifndef R3_STAGE_STRATEGY_LIBRARY_H
#define R3_STAGE_STRATEGY_LIBRARY_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/base/option.h"
#include "lib/record/record.h"
#include "lib/strategy/rules.h"

/* Where rules come from: a file, a bundled strategy, or the command line. */

/* The rules that the arguments of r3-strategy ask for (NAME, FILE or -e TEXT, with each --set), compiled. New in *out.
 * label: the strategy's name in signals: the file's name without directory and ".rules", "inline" for -e. */
int r3_strategy_rules(struct r3_rules **out, char label[R3_NAME_SIZE], const struct r3_arguments *arguments,
                      struct r3_error *error);

/* Whether r3-strategy can go on from a session's state: it is this release's, of these rules, and whole. lines: its records, each with its
 * newline; "": it left none. */
bool r3_strategy_state_fits(struct r3_rules *rules, const char *session, const char *lines);

/* The text of a rule file. A NAME with a slash or ending in ".rules" is a path; any other is looked up in $R3_STRATEGIES, or
 * in what came with the program. label as above; file: the path, for messages. R3_USAGE when there is none, R3_IO. */
int r3_strategy_read(struct r3_buffer *text, struct r3_buffer *file, char label[R3_NAME_SIZE], const char *name,
                     struct r3_error *error);

/* The bundled strategies, one a line: name and first comment line. */
int r3_strategy_list(struct r3_buffer *out, struct r3_error *error);

/* A strategy's text, and what r3_rules_describe says of it with these arguments' --set. */
int r3_strategy_explain(struct r3_buffer *out, const char *name, const struct r3_arguments *arguments,
                        struct r3_error *error);

#endif
