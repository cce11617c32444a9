#ifndef R3_BASE_OPTION_H
#define R3_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/decimal.h"
#include "lib/base/error.h"

/* Option tables: one array of rows describes a program's options. From it come parsing, --help, the shells' completions
 * and the check that the manual page names each option. Long options only (`--name VALUE`, `--name=VALUE`), an
 * abbreviation is refused, `--` ends options, operands and options may mix; a short letter where a row gives one. */

enum r3_option_kind {
    R3_OPTION_FLAG, /* no argument */
    R3_OPTION_TEXT,
    R3_OPTION_INTEGER,  /* >= minimum */
    R3_OPTION_DECIMAL,  /* exact; "1%" is refused */
    R3_OPTION_FRACTION, /* exact; "1%" is 0.01, "0.01" is 0.01 */
    R3_OPTION_TIME,     /* ISO 8601, or ms since 1970 when 11 or more digits; parsed to ms */
    R3_OPTION_DURATION, /* 5m, 2D; parsed to ms */
    R3_OPTION_CHOICE    /* one of choices, "next-open|close" */
};

struct r3_option {
    const char *name; /* without dashes; NULL ends the table */
    char letter;      /* 0: none */
    enum r3_option_kind kind;
    const char *argument; /* "FILE", shown in --help; choices for R3_OPTION_CHOICE; NULL for flags */
    const char *
        fallback; /* the default as it would be typed, shown in --help; NULL: none, and the option is then "not given" */
    bool repeat;  /* may be given more than once; otherwise a second time is an error */
    int64_t
        minimum; /* R3_OPTION_INTEGER; decimals and fractions below 0 are refused when 0 or more, so use INT64_MIN for signed */
    const char *help; /* one line, at most 50 characters or so */
};

struct r3_argument {
    const char *text;          /* as typed; borrowed from argv or the table */
    struct r3_decimal decimal; /* R3_OPTION_DECIMAL, R3_OPTION_FRACTION */
    int64_t integer;           /* R3_OPTION_INTEGER, TIME and DURATION (ms), CHOICE (index) */
};

struct r3_arguments; /* opaque; what a command line said */

/* Parse argv[1..argc). `tables` is a NULL-ended list of option tables (a program's own, then the common ones).
 * New in *out; freed with r3_arguments_free. Keeps pointers into argv. Error: R3_USAGE with the option's name.
 * "--help" is an ordinary flag here: callers look for it; where it was given, nothing else is checked. */
int r3_arguments_parse(struct r3_arguments **out, const struct r3_option *const *tables, int argc, char *const *argv,
                       struct r3_error *error);
void r3_arguments_free(struct r3_arguments *arguments);

/* Look up by name; a name that no table has is a bug and aborts. */
bool r3_arguments_given(const struct r3_arguments *arguments, const char *name);   /* typed by the user */
size_t r3_arguments_count(const struct r3_arguments *arguments, const char *name); /* times given, repeatables */
/* The value (typed or fallback); NULL when not given and no fallback. index for repeatables, in order typed, else 0. */
const struct r3_argument *r3_arguments_get(const struct r3_arguments *arguments, const char *name, size_t index);
const char *r3_arguments_text(const struct r3_arguments *arguments, const char *name); /* NULL when absent */

size_t r3_arguments_operands(const struct r3_arguments *arguments);
const char *r3_arguments_operand(const struct r3_arguments *arguments, size_t index);

/* A time as one of R3_OPTION_TIME is read. 0, or -1 without a message: the caller names the option. */
int r3_option_parse_time(int64_t *out, const char *text, size_t length);

struct r3_buffer;
/* The --help text: "usage: NAME [options] OPERANDS", the summary, aligned options with their defaults, "See man NAME". */
void r3_option_help(struct r3_buffer *out, const char *name, const char *operands, const char *summary,
                    const struct r3_option *const *tables);
/* A completion script; shell is "bash", "zsh" or "fish". */
int r3_option_completion(struct r3_buffer *out, const char *shell, const char *name,
                         const struct r3_option *const *tables, struct r3_error *error);

#endif
