#ifndef R3_STAGE_PIPELINE_TEXT_H
#define R3_STAGE_PIPELINE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* The text of a pipeline, split as a shell splits it: programs between |, each a row of words.
 *
 * The grammar is the part of the shell's language that means the same everywhere (r3(7), The text of a pipeline): words, '…', "…",
 * backslash, | and newline. What only a shell can run is refused with its column, in the words of pipelines/backtest. Columns
 * count characters (UTF-8), from 1.
 *
 * With placeholders (r3-sweep), {name} in a word other than a program's name stands for a value, in quotes too; {{ and }} are
 * braces. A value is put into a word that is already split, and is never parsed: a space or a quote in it is just that. */

struct r3_pipeline_program {
    char **words; /* words[0] names the program; words[count] is NULL */
    size_t count;
};

/* A place in a word where a value is put in. */
struct r3_pipeline_hole {
    size_t program, word, offset; /* offset: bytes of the word ahead of it */
    size_t name;                  /* index into names */
};

struct r3_pipeline_text {
    struct r3_pipeline_program *programs;
    size_t count;
    char **names; /* of the placeholders, each once, in the order of their first use */
    size_t name_count;
    struct r3_pipeline_hole *holes; /* in the order of the text */
    size_t hole_count;
};

#define R3_PIPELINE_TEXT_INIT                                                                                          \
    { 0 }

/* text[length] → *out, which needs r3_pipeline_text_release also after an error. R3_USAGE: "column 7: $ outside quotes: …". */
int r3_pipeline_text_parse(struct r3_pipeline_text *out, const char *text, size_t length, bool placeholders,
                           struct r3_error *error);
/* A copy with values[i] put in for names[i]; the copy has no placeholders. */
void r3_pipeline_text_fill(struct r3_pipeline_text *out, const struct r3_pipeline_text *text,
                           const char *const *values);
void r3_pipeline_text_release(struct r3_pipeline_text *text);

/* Append a word, which is copied, to a program that may be { 0 }. */
void r3_pipeline_program_add(struct r3_pipeline_program *program, const char *word);
/* Of one alone that is left out of its text. */
void r3_pipeline_program_release(struct r3_pipeline_program *program);

/* Append the text that is split into these words again, quoted where that is needed: for messages and for running it elsewhere.
 * Only for one without placeholders. */
void r3_pipeline_text_write(struct r3_buffer *out, const struct r3_pipeline_text *text);

#endif
