#include "lib/base/option.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buffer.h"
#include "tests/unit/check.h"

static struct r3_error error;

static const struct r3_option own[] = {
    { "expression", 'e', R3_OPTION_TEXT, "TEXT", NULL, false, 0, "take the rules from TEXT" },
    { "set", 0, R3_OPTION_TEXT, "NAME=VALUE", NULL, true, 0, "set a parameter of the strategy; [may be repeated]" },
    { "count", 0, R3_OPTION_INTEGER, "N", "3", false, 1, "how many" },
    { "offset", 0, R3_OPTION_INTEGER, "N", NULL, false, INT64_MIN,
      "where to begin, which can be a long way before the first one there is" },
    { "cash", 0, R3_OPTION_DECIMAL, "AMOUNT", "10000", false, 0, "cash at the start" },
    { "shift", 0, R3_OPTION_DECIMAL, "AMOUNT", NULL, false, INT64_MIN, "shift of each price" },
    { "fee", 0, R3_OPTION_FRACTION, "RATE", "0.1%", false, 0, "fee of a fill" },
    { "from", 0, R3_OPTION_TIME, "TIME", NULL, false, 0, "leave out candles before TIME" },
    { "wait", 0, R3_OPTION_DURATION, "SPAN", NULL, false, 0, "how long to wait" },
    { "fill", 0, R3_OPTION_CHOICE, "next-open|close", "next-open", false, 0, "when a market order fills" },
    { "method", 0, R3_OPTION_CHOICE, "fraction|quote|base|risk|volatility|kelly", NULL, false, 0,
      "how the size is found" },
    { "trades", 0, R3_OPTION_TEXT, "FILE", NULL, false, 0, "write the trades to FILE" },
    { 0 },
};
static const struct r3_option common[] = {
    { "verbose", 'v', R3_OPTION_FLAG, NULL, NULL, false, 0, "say more" },
    { "quiet", 'q', R3_OPTION_FLAG, NULL, NULL, true, 0, "say less" },
    { "help", 0, R3_OPTION_FLAG, NULL, NULL, false, 0, "show this text and the trader's options" },
    { 0 },
};
static const struct r3_option *const tables[] = { own, common, NULL };

enum { WORDS_MAX = 16 };

/* Parse what follows; the words end with NULL. */
static struct r3_arguments *parse(const char *const *words) {
    char *argv[WORDS_MAX + 1] = { (char[]) { "r3-test" } };
    int argc = 1;
    struct r3_arguments *arguments = NULL;
    for (; *words && argc < WORDS_MAX; words++)
        argv[argc++] = (char *)(uintptr_t)*words;
    error = (struct r3_error) { 0 };
    int result = r3_arguments_parse(&arguments, tables, argc, argv, &error);
    CHECK_INT(result, arguments ? 0 : -1);
    return arguments;
}

#define PARSE(...) parse((const char *const[]) { __VA_ARGS__, NULL })

static void test_values(void) {
    struct r3_arguments *arguments = PARSE("--count", "7", "--offset=-5", "--shift", "-0.5", "a.csv", "--fee=0.25%",
                                           "--from", "2024-01-31", "-", "--wait=90s", "--fill", "close", "--trades=");
    CHECK(arguments != NULL);
    CHECK_INT(r3_arguments_get(arguments, "count", 0)->integer, 7);
    CHECK_INT(r3_arguments_get(arguments, "offset", 0)->integer, -5);
    CHECK(r3_decimal_equal(&r3_arguments_get(arguments, "shift", 0)->decimal, &R3_DECIMAL(-5, 1)));
    CHECK(r3_decimal_equal(&r3_arguments_get(arguments, "fee", 0)->decimal, &R3_DECIMAL(25, 4)));
    CHECK_INT(r3_arguments_get(arguments, "from", 0)->integer, 1706659200000);
    CHECK_INT(r3_arguments_get(arguments, "wait", 0)->integer, 90000);
    CHECK_INT(r3_arguments_get(arguments, "fill", 0)->integer, 1);
    CHECK_TEXT(r3_arguments_text(arguments, "fill"), "close");
    CHECK_TEXT(r3_arguments_text(arguments, "trades"), "");
    CHECK(r3_arguments_given(arguments, "trades") && !r3_arguments_given(arguments, "cash"));
    CHECK(r3_decimal_equal(&r3_arguments_get(arguments, "cash", 0)->decimal, &R3_DECIMAL(10000, 0)));
    CHECK_TEXT(r3_arguments_text(arguments, "cash"), "10000");
    CHECK(r3_arguments_get(arguments, "cash", 1) == NULL);
    CHECK(r3_arguments_get(arguments, "method", 0) == NULL);
    CHECK(r3_arguments_text(arguments, "expression") == NULL);
    CHECK(!r3_arguments_given(arguments, "verbose") && r3_arguments_get(arguments, "verbose", 0) == NULL);
    CHECK_INT(r3_arguments_operands(arguments), 2);
    CHECK_TEXT(r3_arguments_operand(arguments, 0), "a.csv");
    CHECK_TEXT(r3_arguments_operand(arguments, 1), "-");
    CHECK(r3_arguments_operand(arguments, 2) == NULL);
    r3_arguments_free(arguments);
    r3_arguments_free(NULL);
}

static void test_forms(void) {
    struct r3_arguments *arguments =
        PARSE("-vq", "-q", "-elong = 1", "--set", "a=1", "--set=b=2=3", "--from=1706659200000", "--", "--count", "-x");
    CHECK(arguments != NULL);
    CHECK(r3_arguments_given(arguments, "verbose"));
    CHECK_INT(r3_arguments_count(arguments, "quiet"), 2);
    CHECK_TEXT(r3_arguments_text(arguments, "expression"), "long = 1");
    CHECK_INT(r3_arguments_count(arguments, "set"), 2);
    CHECK_TEXT(r3_arguments_get(arguments, "set", 0)->text, "a=1");
    CHECK_TEXT(r3_arguments_get(arguments, "set", 1)->text, "b=2=3");
    CHECK(r3_arguments_get(arguments, "set", 2) == NULL);
    CHECK_INT(r3_arguments_get(arguments, "from", 0)->integer, 1706659200000);
    CHECK_INT(r3_arguments_operands(arguments), 2);
    CHECK_TEXT(r3_arguments_operand(arguments, 0), "--count");
    CHECK_INT(r3_arguments_count(arguments, "count"), 0);
    r3_arguments_free(arguments);

    arguments = PARSE("-e", "-1 < close", "--set=--x");
    CHECK(arguments != NULL);
    CHECK_TEXT(r3_arguments_text(arguments, "expression"), "-1 < close");
    CHECK_TEXT(r3_arguments_text(arguments, "set"), "--x");
    r3_arguments_free(arguments);

    arguments = PARSE("--unknown", "--help", "--count=x"); /* help is stronger than every mistake */
    CHECK(arguments != NULL && r3_arguments_given(arguments, "help"));
    r3_arguments_free(arguments);

    char *none[] = { NULL };
    CHECK_INT(r3_arguments_parse(&arguments, tables, 0, none, &error), 0);
    CHECK_INT(r3_arguments_operands(arguments), 0);
    r3_arguments_free(arguments);
}

static void check_refused(const char *first, const char *second, const char *want) {
    struct r3_arguments *arguments = parse((const char *const[]) { first, second, NULL });
    CHECK(arguments == NULL);
    CHECK_INT(error.status, R3_USAGE);
    CHECK_TEXT(error.text, want);
    r3_arguments_free(arguments);
}

static void test_refused(void) {
    check_refused("--bogus", NULL, "unknown option --bogus");
    check_refused("--cahs=5", NULL, "unknown option --cahs (did you mean --cash?)");
    check_refused("--trade", "x", "unknown option --trade (did you mean --trades?)");
    check_refused("--expr", "x", "unknown option --expr (did you mean --expression?)");
    check_refused("--Cash=5", NULL, "unknown option --Cash (did you mean --cash?)");
    check_refused("-x", NULL, "unknown option -x");
    check_refused("-5", NULL, "unknown option -5");
    check_refused("--=5", NULL, "unknown option --");
    check_refused("--cash", NULL, "--cash needs an argument: AMOUNT");
    check_refused("-e", NULL, "--expression needs an argument: TEXT");
    check_refused(
        "--trades", "--verbose",
        "--trades needs an argument (FILE) ahead of --verbose; if that is the argument, write --trades=--verbose");
    check_refused("--verbose=yes", NULL, "--verbose takes no argument");
    check_refused("--cash=5", "--cash=6", "--cash is given twice");
    check_refused("--verbose", "-v", "--verbose is given twice");
    check_refused("--count=0", NULL, "--count wants a whole number of at least 1, not \"0\"");
    check_refused("--count", "-1", "--count wants a whole number of at least 1, not \"-1\"");
    check_refused("--count=1.0", NULL, "--count wants a whole number of at least 1, not \"1.0\"");
    check_refused("--offset=", NULL, "--offset wants a whole number, not \"\"");
    check_refused("--offset=9223372036854775808", NULL, "--offset wants a whole number, not \"9223372036854775808\"");
    check_refused("--cash=1%", NULL, "--cash wants a decimal number of at least 0, not \"1%\"");
    check_refused("--cash=-1", NULL, "--cash wants a decimal number of at least 0, not \"-1\"");
    check_refused("--shift=abc", NULL, "--shift wants a decimal number, not \"abc\"");
    check_refused("--fee=%", NULL, "--fee wants a fraction (like 0.01 or 1%) of at least 0, not \"%\"");
    check_refused("--fee=1%%", NULL, "--fee wants a fraction (like 0.01 or 1%) of at least 0, not \"1%%\"");
    check_refused("--fee=0.00000000000000001%", NULL,
                  "--fee wants a fraction (like 0.01 or 1%) of at least 0, not \"0.00000000000000001%\"");
    check_refused("--from=tomorrow", NULL,
                  "--from wants a time (like 2024-01-31T13:45, or ms since 1970), not \"tomorrow\"");
    check_refused("--from=999999999999999", NULL,
                  "--from wants a time (like 2024-01-31T13:45, or ms since 1970), not \"999999999999999\"");
    check_refused("--wait=5", NULL, "--wait wants a span of time (like 90s, 5m, 4h, 2d or 1w), not \"5\"");
    check_refused("--fill=open", NULL, "--fill wants one of next-open, close, not \"open\"");
    check_refused("--fill=", NULL, "--fill wants one of next-open, close, not \"\"");
    check_refused("--fill=next-open|close", NULL, "--fill wants one of next-open, close, not \"next-open|close\"");
    char longest[64];
    snprintf(longest, sizeof longest, "--offset=%lld", (long long)INT64_MIN);
    struct r3_arguments *arguments = PARSE(longest);
    CHECK(arguments && r3_arguments_get(arguments, "offset", 0)->integer == INT64_MIN);
    r3_arguments_free(arguments);
}

/* A table with a default that its own kind refuses is a bug, and so is a name that no table has. */
static void test_bugs(void) {
    static const struct r3_option wrong[] = { { "count", 0, R3_OPTION_INTEGER, "N", "x", false, 0, "" }, { 0 } };
    static const struct r3_option *const wrong_tables[] = { wrong, NULL };
    struct r3_arguments *arguments;
    CHECK_INT(r3_arguments_parse(&arguments, wrong_tables, 0, NULL, &error), -1);
    CHECK_INT(error.status, R3_BUG);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        arguments = PARSE("x");
        _exit(r3_arguments_given(arguments, "nothing") ? 1 : 2);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void test_help(void) {
    struct r3_buffer text = R3_BUFFER_INIT;
    r3_option_help(&text, "r3-test", "FILE…", "Try the options.", tables);
    CHECK_TEXT(text.data, "usage: r3-test [options] FILE…\n"
                          "Try the options.\n"
                          "\n"
                          "  -e, --expression TEXT       take the rules from TEXT\n"
                          "      --set NAME=VALUE        set a parameter of the strategy; [may be repeated]\n"
                          "      --count N               how many (default 3)\n"
                          "      --offset N              where to begin, which can be a long way before the\n"
                          "                              first one there is\n"
                          "      --cash AMOUNT           cash at the start (default 10000)\n"
                          "      --shift AMOUNT          shift of each price\n"
                          "      --fee RATE              fee of a fill (default 0.1%)\n"
                          "      --from TIME             leave out candles before TIME\n"
                          "      --wait SPAN             how long to wait\n"
                          "      --fill next-open|close  when a market order fills (default next-open)\n"
                          "      --method CHOICE         how the size is found: fraction, quote, base,\n"
                          "                              risk, volatility, kelly\n"
                          "      --trades FILE           write the trades to FILE\n"
                          "  -v, --verbose               say more\n"
                          "  -q, --quiet                 say less\n"
                          "      --help                  show this text and the trader's options\n"
                          "\n"
                          "See man r3-test.\n");
    r3_buffer_release(&text);
}

/* Run the shell over a script; its output in `out`. */
static void run_shell(struct r3_buffer *out, const char *script) {
    struct r3_buffer command = R3_BUFFER_INIT;
    char path[] = "/tmp/r3-option-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs(script, file);
    fclose(file);
    r3_buffer_printf(&command, "bash %s 2>&1", path);
    FILE *pipe = popen(command.data, "r");
    char block[256];
    for (size_t count; pipe && (count = fread(block, 1, sizeof block, pipe)) > 0;)
        r3_buffer_append(out, block, count);
    CHECK(pipe && pclose(pipe) == 0);
    unlink(path);
    r3_buffer_release(&command);
}

static void check_bash(const char *words, const char *want) {
    struct r3_buffer script = R3_BUFFER_INIT, got = R3_BUFFER_INIT;
    CHECK_INT(r3_option_completion(&script, "bash", "r3-test", tables, &error), 0);
    r3_buffer_printf(
        &script,
        "COMP_WORDS=(r3-test %s)\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_r3_test\nprintf '%%s\\n' \"${COMPREPLY[*]}\"\n",
        words);
    run_shell(&got, script.data);
    CHECK_TEXT(got.data, want);
    r3_buffer_release(&script);
    r3_buffer_release(&got);
}

static void test_completion(void) {
    check_bash("--f", "--fee --from --fill\n");
    check_bash("--fill c", "close\n");
    check_bash("--fill = n", "next-open\n");
    check_bash("--fill =", "next-open close\n");
    check_bash("--trades /dev/nul", "/dev/null\n");
    check_bash("/dev/nul", "/dev/null\n");
    check_bash("--cash ''", "\n");
    struct r3_buffer text = R3_BUFFER_INIT;
    CHECK_INT(r3_option_completion(&text, "zsh", "r3-test", tables, &error), 0);
    CHECK(strncmp(text.data, "#compdef r3-test\n", 17) == 0);
    CHECK(strstr(text.data, "    '--fill=[when a market order fills]:fill:(next-open close)' \\\n") != NULL);
    CHECK(strstr(text.data,
                 "    '*--set=[set a parameter of the strategy; \\[may be repeated\\]]:NAME=VALUE: ' \\\n") != NULL);
    CHECK(strstr(text.data, "    '(-e --expression)'{-e+,--expression=}'[take the rules from TEXT]:TEXT: ' \\\n") !=
          NULL);
    CHECK(strstr(text.data, "    '--trades=[write the trades to FILE]:FILE:_files' \\\n") != NULL);
    CHECK(strstr(text.data, "    '--help[show this text and the trader'\\''s options]' \\\n") != NULL);
    r3_buffer_reset(&text);
    CHECK_INT(r3_option_completion(&text, "fish", "r3-test", tables, &error), 0);
    CHECK(strstr(text.data, "complete -c r3-test -l fill -x -a 'next-open close' -d 'when a market order fills'\n") !=
          NULL);
    CHECK(strstr(text.data, "complete -c r3-test -l expression -s e -x -d 'take the rules from TEXT'\n") != NULL);
    CHECK(strstr(text.data, "complete -c r3-test -l trades -r -F -d 'write the trades to FILE'\n") != NULL);
    CHECK(strstr(text.data, "complete -c r3-test -l help -d 'show this text and the trader\\'s options'\n") != NULL);
    CHECK_INT(r3_option_completion(&text, "tcsh", "r3-test", tables, &error), -1);
    CHECK_INT(error.status, R3_USAGE);
    r3_buffer_release(&text);
}

int main(void) {
    test_values();
    test_forms();
    test_refused();
    test_bugs();
    test_help();
    test_completion();
    return check_done();
}
