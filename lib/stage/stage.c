/* What the pipe loop and the in-process engine both ask of a stage's options. */

#include <unistd.h>

#include "lib/base/io.h"
#include "lib/stage/stage.h"

#define COMMON_OPTIONS                                                                                                 \
    { .name = "help", .letter = 'h', .kind = R3_OPTION_FLAG, .help = "show this help" },                               \
        { .name = "version", .letter = 'V', .kind = R3_OPTION_FLAG, .help = "show the version" }, {                    \
        .name = "completion", .kind = R3_OPTION_CHOICE, .argument = "bash|zsh|fish",                                   \
        .help = "print a completion script"                                                                            \
    }
#define REJECT_OPTION                                                                                                  \
    { .name = "reject", .kind = R3_OPTION_TEXT, .argument = "FILE", .help = "put bad lines there and go on" }

const struct r3_option r3_source_options[] = { COMMON_OPTIONS, { .name = NULL } };
const struct r3_option r3_filter_options[] = {
    { .name = "quiet-input", .letter = 'q', .kind = R3_OPTION_FLAG, .help = "write only what this program adds" },
    REJECT_OPTION,
    COMMON_OPTIONS,
    { .name = NULL },
};
const struct r3_option r3_sink_options[] = { REJECT_OPTION, COMMON_OPTIONS, { .name = NULL } };

void r3_stage_tables(const struct r3_option *tables[3], const struct r3_stage *stage) {
    tables[0] = stage->options;
    tables[1] = stage->pull ? r3_source_options : stage->sink ? r3_sink_options : r3_filter_options;
    tables[2] = NULL;
}

int r3_stage_inform(struct r3_buffer *out, const char *name, const char *operands, const char *summary,
                    const struct r3_arguments *arguments, const struct r3_option *const *tables,
                    struct r3_error *error) {
    if (r3_arguments_given(arguments, "help"))
        r3_option_help(out, name, operands, summary, tables);
    else if (r3_arguments_given(arguments, "version"))
        r3_buffer_printf(out, "%s (r3) %s\n", name, R3_VERSION);
    else if (r3_arguments_given(arguments, "completion"))
        return r3_option_completion(out, r3_arguments_text(arguments, "completion"), name, tables, error) < 0 ? -1 : 1;
    else
        return 0;
    return 1;
}

int r3_stage_print_information(const char *name, const char *operands, const char *summary,
                               const struct r3_arguments *arguments, const struct r3_option *const *tables,
                               struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    struct r3_writer out;
    int result = r3_stage_inform(&text, name, operands, summary, arguments, tables, error);
    if (result > 0) {
        r3_writer_init(&out, STDOUT_FILENO, "standard output");
        if (r3_writer_put(&out, text.data, text.length, error) < 0)
            result = -1;
        if (r3_writer_close(&out, error) < 0)
            result = -1;
    }
    r3_buffer_release(&text);
    return result;
}
