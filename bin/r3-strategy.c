/* r3-strategy: see lib/stage/strategy.c. Here only --list and --explain, which print and end. */
#include <unistd.h>

#include "lib/base/io.h"
#include "lib/stage/stage.h"
#include "lib/stage/strategy_library.h"

/* 1: one of the two was asked for and is done; 0: neither; -1. Wrong options are left to the stage's main to tell. */
static int inform(int argc, char **argv, struct r3_error *error) {
    const struct r3_option *const tables[] = { r3_strategy_stage.options, r3_filter_options, NULL };
    struct r3_arguments *arguments = NULL;
    struct r3_buffer text = R3_BUFFER_INIT;
    struct r3_error unused = { 0 };
    struct r3_writer out;
    int result = 0;
    if (r3_arguments_parse(&arguments, tables, argc, argv, &unused) < 0 || r3_arguments_given(arguments, "help"))
        goto out;
    const char *name = r3_arguments_text(arguments, "explain");
    bool list = r3_arguments_given(arguments, "list");
    if (!name && !list)
        goto out;
    if (r3_arguments_operands(arguments) || (name && list)) {
        result = r3_fail(error, R3_USAGE, "--list and --explain NAME stand alone");
        goto out;
    }
    result = list ? r3_strategy_list(&text, error) : r3_strategy_explain(&text, name, arguments, error);
    if (result < 0)
        goto out;
    r3_writer_init(&out, STDOUT_FILENO, "standard output");
    result = r3_writer_put(&out, text.data ? text.data : "", text.length, error);
    if (r3_writer_close(&out, result < 0 ? &unused : error) < 0)
        result = -1;
    if (result == 0)
        result = 1;
out:
    r3_buffer_release(&text);
    r3_arguments_free(arguments);
    return result;
}

int main(int argc, char **argv) {
    struct r3_error error = { 0 };
    int informed = inform(argc, argv, &error);
    if (informed < 0)
        fprintf(stderr, "r3-strategy: %s\n", error.text);
    return informed ? error.status : r3_stage_main(&r3_strategy_stage, argc, argv);
}
