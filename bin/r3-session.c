/* r3-session: the sessions, and the store that they live in. Here its command line: the words are in lib/session/. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/io.h"
#include "lib/session/completion.h"
#include "lib/session/words.h"
#include "lib/stage/stage.h"

static const char NAME[] = "r3-session",
                  SUMMARY[] = "start, watch and stop sessions, and look after the store that they live in";

static const struct r3_option none[] = { { .name = NULL } };

static void say(const char *text) {
    fprintf(stderr, "%s: %s\n", NAME, text);
}

/* ---- --help ---- */

/* Put the words between the summary and the options. */
static void write_help(struct r3_buffer *out, const struct r3_option *const *tables) {
    struct r3_buffer help = R3_BUFFER_INIT;
    r3_option_help(&help, NAME, "", SUMMARY, tables);
    const char *summary = strchr(help.data, '\n') + 1, *options = strstr(summary, "\n\n") + 2;
    r3_buffer_printf(out, "usage: %s WORD [options] [OPERANDS]\n", NAME);
    r3_buffer_append(out, summary, (size_t)(options - summary));
    for (const struct r3_session_word *const *word = r3_session_words; *word; word++)
        r3_buffer_printf(out, "  %-8s  %s\n", (*word)->name, (*word)->summary);
    r3_buffer_printf(out, "\n%s WORD --help shows what a word takes.\n\n", NAME);
    r3_buffer_append_text(out, options);
    r3_buffer_release(&help);
}

/* There is one completion script, for all words. 1: it was asked for; 0; -1. */
static int complete(struct r3_buffer *text, const struct r3_arguments *arguments, struct r3_error *error) {
    if (!r3_arguments_given(arguments, "completion") || r3_arguments_given(arguments, "help"))
        return 0;
    return r3_session_completion(text, r3_arguments_text(arguments, "completion"), error) < 0 ? -1 : 1;
}

/* What `r3-session WORD --help` and the like print; options of other programs are not listed. */
static int inform_word(struct r3_buffer *text, const struct r3_session_word *word, const struct r3_arguments *arguments,
                       struct r3_error *error) {
    const struct r3_option *const tables[] = { word->options ? word->options : none, r3_source_options, NULL };
    struct r3_buffer name = R3_BUFFER_INIT, summary = R3_BUFFER_INIT;
    r3_buffer_printf(&name, "%s %s", NAME, word->name);
    r3_buffer_append_text(&summary, word->summary);
    if (*word->synonyms)
        r3_buffer_printf(&summary, " (also: %s)", word->synonyms);
    if (word->more)
        r3_buffer_printf(&summary, "; takes the options of %s too", word->more);
    int result = complete(text, arguments, error);
    if (result == 0)
        result = r3_stage_inform(text, name.data, word->operands, summary.data, arguments, tables, error);
    r3_buffer_release(&name);
    r3_buffer_release(&summary);
    return result;
}

/* ---- words ---- */

/* Outside of any word only --help and the like are understood. */
static int run_none(struct r3_buffer *text, int argc, char **argv, struct r3_error *error) {
    const struct r3_option *const tables[] = { none, r3_source_options, NULL };
    struct r3_arguments *arguments = NULL;
    int result = r3_arguments_parse(&arguments, tables, argc, argv, error);
    if (result == 0)
        result = complete(text, arguments, error);
    if (result == 0 && r3_arguments_given(arguments, "help"))
        write_help(text, tables);
    else if (result == 0 && (result = r3_stage_inform(text, NAME, "WORD", SUMMARY, arguments, tables, error)) == 0)
        result = r3_fail(error, R3_USAGE, "wants a word, as start, stop or list");
    r3_arguments_free(arguments);
    return result < 0 ? -1 : 0;
}

static int check_operands(const struct r3_session_word *word, const struct r3_arguments *arguments,
                          struct r3_error *error) {
    size_t count = r3_arguments_operands(arguments);
    if (count >= word->least && count <= word->most)
        return 0;
    if (word->most == 0)
        return r3_fail(error, R3_USAGE, "%s takes no operands: \"%.80s\"", word->name,
                       r3_arguments_operand(arguments, 0));
    return r3_fail(error, R3_USAGE, "%s wants %s", word->name, word->operands);
}

static int run_word(struct r3_writer *out, struct r3_buffer *text, const struct r3_session_word *word, int argc,
                    char **argv, struct r3_error *error) {
    const struct r3_option *const tables[] = { word->options ? word->options : none, r3_source_options,
                                               word->more_options ? word->more_options() : NULL, NULL };
    struct r3_session_call call = { .out = out, .colour = r3_wants_colour(STDOUT_FILENO), .say = say };
    struct r3_arguments *arguments = NULL;
    int result = r3_arguments_parse(&arguments, tables, argc, argv, error);
    if (result < 0 && word->explain)
        word->explain(error);
    if (result < 0 || (result = inform_word(text, word, arguments, error)) != 0)
        goto out;
    call.arguments = arguments;
    result = check_operands(word, arguments, error);
    if (result == 0)
        result = r3_store_open(&call.store, NULL, word->store != R3_SESSION_STORE_READY, error);
    if (result == 0 && word->store != R3_SESSION_STORE_OPENED)
        result = (word->store == R3_SESSION_STORE_MADE ? r3_store_prepare : r3_store_ready)(call.store, error);
    if (result == 0)
        result = word->run(&call, error);
out:
    r3_store_close(call.store);
    r3_arguments_free(arguments);
    return result < 0 ? -1 : 0;
}

static int run(struct r3_writer *out, int argc, char **argv, struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    const struct r3_session_word *word = NULL;
    int result = 0;
    if (argc > 1 && argv[1][0] != '-') {
        word = r3_session_find_word(argv[1]);
        result = word ? run_word(out, &text, word, argc - 1, argv + 1, error)
                      : r3_fail(error, R3_USAGE, "no word %.80s", argv[1]);
    } else {
        result = run_none(&text, argc, argv, error);
    }
    if (result == 0 && text.length)
        result = r3_writer_put(out, text.data, text.length, error);
    r3_buffer_release(&text);
    return result;
}

int main(int argc, char **argv) {
    struct r3_error error = { 0 }, later = { 0 };
    struct r3_writer out;
    int failed = r3_reserve_standard_descriptors(&error);
    r3_writer_init(&out, STDOUT_FILENO, "standard output");
    if (!failed)
        failed = run(&out, argc, argv, &error);
    if (r3_writer_close(&out, &later) < 0 && !failed) {
        failed = -1;
        error = later;
    }
    if (failed) {
        if (*error.text)
            say(error.text);
        if (*error.text && error.status == R3_USAGE)
            fprintf(stderr, "%s --help shows the words and options\n", NAME);
    }
    return failed ? error.status : R3_DONE;
}
