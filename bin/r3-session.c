/* r3-session: the sessions, and the store that they live in. Here the words of its command line; see lib/store/. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/io.h"
#include "lib/stage/stage.h"
#include "lib/store/check.h"
#include "lib/store/dump.h"
#include "lib/store/store.h"

static const char NAME[] = "r3-session", OPERANDS[] = "init|check|dump|restore",
                  SUMMARY[] = "make, verify, back up and restore the store of sessions";

static const struct r3_option options[] = { { .name = NULL } };

static void say(void *context, const char *text) {
    (void)context;
    fprintf(stderr, "%s: %s\n", NAME, text);
}

static int initialize(struct r3_store *store, struct r3_writer *out, struct r3_error *error) {
    (void)out;
    return r3_store_upgrade(store, error);
}

static int check(struct r3_store *store, struct r3_writer *out, struct r3_error *error) {
    struct r3_store_findings findings = { .say = say };
    struct r3_buffer text = R3_BUFFER_INIT;
    int result = r3_store_ready(store, error) < 0 || r3_store_check(store, &findings, error) < 0 ? -1 : 0;
    if (result == 0 && findings.problems)
        result = r3_fail(error, R3_DATA, "%s: %" PRId64 " thing%s wrong", r3_store_name(store), findings.problems,
                         findings.problems == 1 ? "" : "s");
    if (result == 0) {
        r3_buffer_printf(&text, "%s: sessions %" PRId64 ", orders %" PRId64 ", trades %" PRId64 ", nothing wrong\n",
                         r3_store_name(store), findings.sessions, findings.orders, findings.trades);
        result = r3_writer_put(out, text.data, text.length, error);
    }
    r3_buffer_release(&text);
    return result;
}

static int dump(struct r3_store *store, struct r3_writer *out, struct r3_error *error) {
    return r3_store_ready(store, error) < 0 ? -1 : r3_store_dump(store, out, error);
}

static int restore(struct r3_store *store, struct r3_writer *out, struct r3_error *error) {
    struct r3_reader in;
    uint64_t rows;
    (void)out;
    r3_reader_init_limit(&in, STDIN_FILENO, "standard input", R3_DUMP_LINE_MAX);
    int result = r3_store_restore(store, &in, &rows, error);
    r3_reader_release(&in);
    return result;
}

static const struct word {
    const char *name;
    bool create; /* the database may not be there yet */
    int (*run)(struct r3_store *store, struct r3_writer *out, struct r3_error *error);
} words[] = {
    { "init", true, initialize }, { "check", false, check }, { "dump", false, dump }, { "restore", true, restore }
};

static const struct word *find_word(const struct r3_arguments *arguments, struct r3_error *error) {
    const char *name = r3_arguments_operands(arguments) ? r3_arguments_operand(arguments, 0) : NULL;
    if (r3_arguments_operands(arguments) == 1)
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (strcmp(words[i].name, name) == 0)
                return &words[i];
    if (!name)
        r3_fail(error, R3_USAGE, "wants a word: %s", OPERANDS);
    else if (r3_arguments_operands(arguments) > 1)
        r3_fail(error, R3_USAGE, "wants one word: %s", OPERANDS);
    else
        r3_fail(error, R3_USAGE, "no word %s: %s", name, OPERANDS);
    return NULL;
}

static int run(const struct r3_arguments *arguments, struct r3_writer *out, struct r3_error *error) {
    struct r3_store *store = NULL;
    const struct word *word = find_word(arguments, error);
    int result = -1;
    if (word && r3_store_open(&store, NULL, word->create, error) == 0)
        result = word->run(store, out, error);
    r3_store_close(store);
    return result;
}

static int inform(const struct r3_arguments *arguments, const struct r3_option *const *tables, struct r3_writer *out,
                  struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    int result = r3_stage_inform(&text, NAME, OPERANDS, SUMMARY, arguments, tables, error);
    if (result > 0 && r3_writer_put(out, text.data, text.length, error) < 0)
        result = -1;
    r3_buffer_release(&text);
    return result;
}

int main(int argc, char **argv) {
    const struct r3_option *const tables[] = { options, r3_source_options, NULL };
    struct r3_error error = { 0 }, later = { 0 };
    struct r3_arguments *arguments = NULL;
    struct r3_writer out;
    int failed =
        r3_reserve_standard_descriptors(&error) < 0 || r3_arguments_parse(&arguments, tables, argc, argv, &error) < 0;
    r3_writer_init(&out, STDOUT_FILENO, "standard output");
    if (!failed) {
        int done = inform(arguments, tables, &out, &error);
        failed = done < 0 || (done == 0 && run(arguments, &out, &error) < 0);
    }
    if (r3_writer_close(&out, &later) < 0 && !failed) {
        failed = true;
        error = later;
    }
    if (failed) {
        fprintf(stderr, "%s: %s\n", NAME, error.text);
        if (error.status == R3_USAGE)
            fprintf(stderr, "%s --help shows the options\n", NAME);
    }
    r3_arguments_free(arguments);
    return failed ? error.status : R3_DONE;
}
