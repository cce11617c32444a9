#include <stdlib.h>
#include <string.h>

#include "lib/base/option.h"
#include "tests/fuzz/fuzz.h"

/* Any command line, its words divided by newlines, against a table with a row of each kind. What is accepted must keep to the table. */

static const struct r3_option options[] = {
    { "flag", 'f', R3_OPTION_FLAG, NULL, NULL, true, 0, "" },
    { "text", 't', R3_OPTION_TEXT, "TEXT", NULL, true, 0, "" },
    { "integer", 'i', R3_OPTION_INTEGER, "N", "5", false, 1, "" },
    { "signed", 0, R3_OPTION_INTEGER, "N", NULL, false, INT64_MIN, "" },
    { "decimal", 0, R3_OPTION_DECIMAL, "AMOUNT", NULL, false, 0, "" },
    { "fraction", 0, R3_OPTION_FRACTION, "RATE", "1%", false, 0, "" },
    { "time", 0, R3_OPTION_TIME, "TIME", NULL, false, 0, "" },
    { "duration", 0, R3_OPTION_DURATION, "SPAN", NULL, false, 0, "" },
    { "choice", 0, R3_OPTION_CHOICE, "next-open|close", "close", false, 0, "" },
    { "help", 'h', R3_OPTION_FLAG, NULL, NULL, false, 0, "" },
    { 0 },
};
static const struct r3_option *const tables[] = { options, NULL };

enum { WORDS_MAX = 64 };

static void require(bool holds) {
    if (!holds)
        abort();
}

static void check_accepted(const struct r3_arguments *arguments, int argc) {
    size_t words = r3_arguments_operands(arguments);
    for (const struct r3_option *option = options; option->name; option++) {
        size_t count = r3_arguments_count(arguments, option->name);
        words += option->kind == R3_OPTION_FLAG ? 0 : count; /* letters of flags may share a word */
        require(count <= 1 || option->repeat);
        require(r3_arguments_given(arguments, option->name) == (count > 0));
        for (size_t i = 0; i < count; i++)
            require(r3_arguments_get(arguments, option->name, i)->text != NULL);
        require(r3_arguments_get(arguments, option->name, count ? count : 1) == NULL);
    }
    require(words < (size_t)argc);
    require(r3_arguments_operand(arguments, r3_arguments_operands(arguments)) == NULL);
    require(r3_arguments_get(arguments, "integer", 0)->integer >= 1);
    require(r3_decimal_sign(&r3_arguments_get(arguments, "fraction", 0)->decimal) >= 0);
    int64_t choice = r3_arguments_get(arguments, "choice", 0)->integer;
    require(strcmp(r3_arguments_text(arguments, "choice"), choice == 0 ? "next-open" : "close") == 0 &&
            (choice == 0 || choice == 1));
    if (r3_arguments_given(arguments, "time"))
        require(r3_arguments_get(arguments, "time", 0)->integer >= 0);
    if (r3_arguments_given(arguments, "duration"))
        require(r3_arguments_get(arguments, "duration", 0)->integer > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1), *argv[WORDS_MAX + 1];
    int argc = 0;
    if (!text)
        abort();
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    argv[argc++] = (char[]) { "r3-test" };
    for (char *word = text, *end; word && argc < WORDS_MAX; word = end) {
        argv[argc++] = word;
        end = strchr(word, '\n');
        if (end)
            *end++ = '\0';
    }
    argv[argc] = NULL;
    struct r3_arguments *arguments;
    struct r3_error error = { 0 };
    if (r3_arguments_parse(&arguments, tables, argc, argv, &error) == 0)
        check_accepted(arguments, argc);
    else
        require(error.status == R3_USAGE && error.text[0] && arguments == NULL);
    r3_arguments_free(arguments);
    free(text);
    return 0;
}
