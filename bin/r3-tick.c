/* r3-tick: the ticks that are due. Here its command line; see lib/session/tick.h. */
#include <stdio.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/io.h"
#include "lib/session/lease.h"
#include "lib/session/tick.h"
#include "lib/stage/stage.h"

static const char NAME[] = "r3-tick", SUMMARY[] = "write the ticks of the sessions that are due";

static const struct r3_option options[] = {
    { .name = "follow", .letter = 'f', .kind = R3_OPTION_FLAG, .help = "stay, and write each when it is due" },
    { .name = "lease",
      .kind = R3_OPTION_DURATION,
      .argument = "DURATION",
      .help = "until one is due again (else R3_LEASE, else 60s)" },
    { .name = NULL },
};

static int write_due(struct r3_store *store, const char *owner, int64_t span, struct r3_writer *out,
                     struct r3_error *error) {
    struct r3_buffer lines = R3_BUFFER_INIT;
    int64_t now;
    int result = r3_clock_now(&now, error);
    if (result == 0)
        result = r3_ticks_lease(store, owner, span, now, &lines, error);
    if (result == 0)
        result = r3_writer_put(out, lines.data, lines.length, error);
    r3_buffer_release(&lines);
    return result;
}

static int run(const struct r3_arguments *arguments, struct r3_writer *out, struct r3_error *error) {
    char owner[R3_LEASE_OWNER_SIZE];
    struct r3_store *store = NULL;
    int64_t span;
    if (r3_arguments_operands(arguments))
        return r3_fail(error, R3_USAGE, "no operand is expected, \"%.80s\" was given",
                       r3_arguments_operand(arguments, 0));
    if (r3_lease_span(&span, arguments, error) < 0 || r3_lease_owner(owner, error) < 0)
        return -1;
    int result = r3_store_open(&store, NULL, false, error);
    if (result == 0)
        result = r3_store_ready(store, error);
    if (result == 0)
        result = r3_arguments_given(arguments, "follow") ? r3_ticks_follow(store, owner, span, out, error)
                                                         : write_due(store, owner, span, out, error);
    r3_store_close(store);
    return result;
}

static int inform(const struct r3_arguments *arguments, const struct r3_option *const *tables, struct r3_writer *out,
                  struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    int result = r3_stage_inform(&text, NAME, "", SUMMARY, arguments, tables, error);
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
