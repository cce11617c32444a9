#include "lib/sweep/words.h"

#include <stdint.h>

#include "lib/stage/engine.h"

/* The arguments point into the words: a value that was given is found by its address. */
static int parse(struct r3_arguments **out, const struct r3_pipeline_program *program, struct r3_error *error) {
    const struct r3_stage *stage = r3_stage_find(program->words[0]);
    const struct r3_option *tables[3];
    if (!stage)
        return r3_fail(error, R3_USAGE, "%s: only the shell can run this", program->words[0]);
    r3_stage_tables(tables, stage);
    if (r3_arguments_parse(out, tables, (int)program->count, program->words, error) < 0)
        return r3_error_at(error, "%s: ", program->words[0]);
    return 0;
}

int r3_sweep_words_get(char **out, const struct r3_pipeline_program *program, const char *name,
                       struct r3_error *error) {
    struct r3_arguments *arguments = NULL;
    *out = NULL;
    if (parse(&arguments, program, error) < 0)
        return -1;
    if (r3_arguments_given(arguments, name))
        *out = r3_duplicate(r3_arguments_text(arguments, name));
    r3_arguments_free(arguments);
    return 0;
}

/* `text` lies in the word number `word`, whole or behind "--name=": put the value in its place. */
static void replace(struct r3_pipeline_program *program, size_t word, const char *text, const char *value) {
    struct r3_buffer changed = R3_BUFFER_INIT;
    r3_buffer_append(&changed, program->words[word], (size_t)(text - program->words[word]));
    r3_buffer_append_text(&changed, value);
    free(program->words[word]);
    program->words[word] = r3_duplicate(changed.data ? changed.data : "");
    r3_buffer_release(&changed);
}

static void insert(struct r3_pipeline_program *program, const char *name, const char *value) {
    size_t more = value ? 2 : 1;
    struct r3_buffer option = R3_BUFFER_INIT;
    r3_buffer_printf(&option, "--%s", name);
    program->words = r3_reallocate(program->words, (program->count + more + 1) * sizeof program->words[0]);
    memmove(program->words + 1 + more, program->words + 1, program->count * sizeof program->words[0]);
    program->words[1] = r3_duplicate(option.data);
    if (value)
        program->words[2] = r3_duplicate(value);
    program->count += more;
    r3_buffer_release(&option);
}

int r3_sweep_words_set(struct r3_pipeline_program *program, const char *name, const char *value,
                       struct r3_error *error) {
    struct r3_arguments *arguments = NULL;
    if (parse(&arguments, program, error) < 0)
        return -1;
    const char *text = r3_arguments_given(arguments, name) ? r3_arguments_text(arguments, name) : NULL;
    bool given = r3_arguments_given(arguments, name);
    r3_arguments_free(arguments);
    if (!given)
        insert(program, name, value);
    for (size_t i = 1; value && text && i < program->count; i++)
        if ((uintptr_t)text - (uintptr_t)program->words[i] <= strlen(program->words[i])) {
            replace(program, i, text, value);
            break;
        }
    return 0;
}
