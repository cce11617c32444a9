/* r3-live: orders of live sessions, to the exchange. Here its command line; see lib/live/live.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/time.h"
#include "lib/kucoin/credentials.h"
#include "lib/live/live.h"
#include "lib/session/lease.h"
#include "lib/stage/stage.h"

static const char NAME[] = "r3-live",
                  SUMMARY[] = "send the orders of live sessions to KuCoin, and tell what becomes of them";

static const struct r3_option options[] = {
    { .name = "session", .kind = R3_OPTION_TEXT, .argument = "ID", .help = "this one alone (else all live ones)" },
    { .name = "credentials", .kind = R3_OPTION_TEXT, .argument = "FILE", .help = "key, secret and passphrase" },
    { .name = "dry-run", .kind = R3_OPTION_FLAG, .help = "check, and say what would be sent" },
    { .name = "max-order",
      .kind = R3_OPTION_DECIMAL,
      .argument = "FUNDS",
      .help = "no entry of more, in quote currency" },
    { .name = "wait",
      .kind = R3_OPTION_DURATION,
      .argument = "DURATION",
      .fallback = "30s",
      .help = "for orders that are not final" },
    { .name = "window",
      .kind = R3_OPTION_DURATION,
      .argument = "DURATION",
      .fallback = "5s",
      .help = "an order may take to the exchange" },
    { .name = "reconcile",
      .kind = R3_OPTION_DURATION,
      .argument = "DURATION",
      .fallback = "15m",
      .help = "between two comparisons of all" },
    { .name = "reconcile-now", .kind = R3_OPTION_FLAG, .help = "compare all now" },
    { .name = "settle",
      .kind = R3_OPTION_TEXT,
      .argument = "ORDER",
      .repeat = true,
      .help = "the exchange never had it: it is over" },
    { .name = "follow", .letter = 'f', .kind = R3_OPTION_FLAG, .help = "stay, and work what comes" },
    { .name = "dead-man",
      .kind = R3_OPTION_INTEGER,
      .argument = "SECONDS",
      .minimum = 60,
      .help = "all orders go if this program does" },
    { .name = "exclusive-account", .kind = R3_OPTION_FLAG, .help = "nobody else trades on this account" },
    { .name = "last", .kind = R3_OPTION_FLAG, .help = "give the lease of --owner back at the end" },
    R3_HOLDER_OPTIONS,
    { .name = NULL },
};

/* What the options keep open. */
struct parts {
    struct r3_kucoin_credentials *credentials;
    struct r3_kucoin *kucoin;
    struct r3_store *store;
    struct r3_reader in;
    struct r3_writer reject;
    bool rejects;
    const char **settle;
    char owner[R3_LEASE_OWNER_SIZE];
};

static void say(const char *text) {
    fprintf(stderr, "%s: %s\n", NAME, text);
}

static int check(const struct r3_arguments *arguments, struct r3_error *error) {
    bool owner = r3_arguments_given(arguments, "owner"), follow = r3_arguments_given(arguments, "follow");
    if (r3_arguments_operands(arguments))
        return r3_fail(error, R3_USAGE, "no operand is expected, \"%.80s\" was given",
                       r3_arguments_operand(arguments, 0));
    if (owner != r3_arguments_given(arguments, "epoch") || (owner && !r3_arguments_given(arguments, "session")))
        return r3_fail(error, R3_USAGE, "--owner, --epoch and --session belong together");
    if (r3_arguments_given(arguments, "dead-man") && (!follow || !r3_arguments_given(arguments, "exclusive-account")))
        return r3_fail(error, R3_USAGE,
                       "--dead-man cancels every order of its markets: it wants --follow and --exclusive-account");
    if (follow && (owner || r3_arguments_given(arguments, "dry-run")))
        return r3_fail(error, R3_USAGE, "--follow goes with neither --owner nor --dry-run");
    if (r3_arguments_given(arguments, "last") && (!owner || r3_arguments_given(arguments, "dry-run")))
        return r3_fail(error, R3_USAGE,
                       "--last gives back the lease that --owner names: it wants that, and no --dry-run");
    return 0;
}

static int read_holder(struct r3_live_options *out, struct parts *parts, const struct r3_arguments *arguments,
                       struct r3_error *error) {
    const char *owner = r3_arguments_text(arguments, "owner");
    out->held = owner != NULL;
    out->owner = parts->owner;
    if (r3_lease_span(&out->span, arguments, error) < 0)
        return -1;
    if (!owner)
        return r3_lease_owner(parts->owner, error);
    out->epoch = r3_arguments_get(arguments, "epoch", 0)->integer;
    if (!*owner || r3_copy_text(parts->owner, sizeof parts->owner, owner, strlen(owner)) < 0)
        return r3_fail(error, R3_USAGE, "--owner: wants 1 to %d characters", R3_LEASE_OWNER_SIZE - 1);
    return 0;
}

static int read_options(struct r3_live_options *out, struct parts *parts, const struct r3_arguments *arguments,
                        struct r3_error *error) {
    const struct r3_argument *most = r3_arguments_get(arguments, "max-order", 0);
    *out = (struct r3_live_options) {
        .session = r3_arguments_text(arguments, "session"),
        .max_order = most ? most->decimal : r3_decimal_absent,
        .reconcile = r3_arguments_get(arguments, "reconcile", 0)->integer,
        .reconcile_now = r3_arguments_given(arguments, "reconcile-now"),
        .wait = r3_arguments_get(arguments, "wait", 0)->integer,
        .window = r3_arguments_get(arguments, "window", 0)->integer,
        .follow = r3_arguments_given(arguments, "follow"),
        .dry_run = r3_arguments_given(arguments, "dry-run"),
        .dead_man = r3_arguments_given(arguments, "dead-man") ? r3_arguments_get(arguments, "dead-man", 0)->integer : 0,
        .quiet = r3_arguments_given(arguments, "quiet-input"),
        .input = !isatty(STDIN_FILENO),
        .settle_count = r3_arguments_count(arguments, "settle"),
    };
    if (out->window > R3_MINUTE)
        return r3_fail(error, R3_USAGE, "--window: wants 60s at most");
    parts->settle = r3_allocate((out->settle_count + 1) * sizeof *parts->settle);
    for (size_t i = 0; i < out->settle_count; i++)
        parts->settle[i] = r3_arguments_get(arguments, "settle", i)->text;
    out->settle = parts->settle;
    return read_holder(out, parts, arguments, error);
}

static int open_reject(struct parts *parts, const char *path, struct r3_live_options *out, struct r3_error *error) {
    if (!path)
        return 0;
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return r3_fail_errno(error, R3_IO, "%s", path);
    r3_writer_init(&parts->reject, file, path);
    parts->rejects = true;
    out->reject = &parts->reject;
    return 0;
}

/* Time that stands still is for tests, and these never meet the exchange: over http a client speaks to this machine alone. */
static int check_clock(struct r3_error *error) {
    const char *url = getenv("R3_KUCOIN_URL");
    if (!r3_clock_is_set() || (url && strncmp(url, "http://", 7) == 0))
        return 0;
    return r3_fail(error, R3_CONFIG, "R3_NOW sets the time, and the exchange is a real one: unset it");
}

/* Without a key, and without one that the user names, --dry-run does with the public calls. */
static int open_exchange(struct parts *parts, struct r3_live_options *out, const char *path, struct r3_error *error) {
    if (check_clock(error) < 0)
        return -1;
    if (r3_kucoin_credentials_read(&parts->credentials, path, error) < 0) {
        if (!out->dry_run || path || r3_kucoin_credentials_exist())
            return -1;
        say("no key: only what everybody may ask is checked");
        *error = (struct r3_error) { 0 };
    }
    out->key = parts->credentials != NULL;
    return r3_kucoin_new(&parts->kucoin, &(struct r3_kucoin_options) { .credentials = parts->credentials }, error);
}

/* A dry run does without a store, where none was ever made. */
static int open_store(struct parts *parts, const struct r3_live_options *live, struct r3_error *error) {
    if (r3_store_open(&parts->store, NULL, false, error) == 0)
        return r3_store_ready(parts->store, error);
    if (!live->dry_run || error->status != R3_UNAVAILABLE || live->session)
        return -1;
    say("no store: the limits of no session are checked");
    *error = (struct r3_error) { 0 };
    return 0;
}

static int work(const struct r3_arguments *arguments, struct parts *parts, struct r3_writer *out,
                struct r3_error *error) {
    struct r3_live_options live;
    if (check(arguments, error) < 0 || read_options(&live, parts, arguments, error) < 0 ||
        open_reject(parts, r3_arguments_text(arguments, "reject"), &live, error) < 0 ||
        open_exchange(parts, &live, r3_arguments_text(arguments, "credentials"), error) < 0 ||
        open_store(parts, &live, error) < 0)
        return -1;
    r3_reader_init(&parts->in, STDIN_FILENO, "standard input");
    if (live.held)
        r3_store_one_of_many(parts->store);
    return r3_live_run(&live, parts->store, parts->kucoin, &parts->in, out, say, error);
}

static int give_back(struct r3_store *store, void *context, struct r3_error *error) {
    return r3_session_lease_end(store, context, error);
}

/* --last: the next run need not wait until the lease has run out, however this one ends; it is noted with the session where that is badly. */
static void end_run(const struct r3_arguments *arguments, struct parts *parts, const struct r3_error *failure) {
    struct r3_session_lease lease = { .session = r3_arguments_text(arguments, "session"),
                                      .epoch = r3_arguments_get(arguments, "epoch", 0)->integer };
    struct r3_error unused;
    char text[sizeof failure->text + sizeof NAME + 2];
    int64_t now;
    memcpy(lease.owner, parts->owner, sizeof lease.owner);
    if (!parts->store &&
        (r3_store_open(&parts->store, NULL, false, &unused) < 0 || r3_store_ready(parts->store, &unused) < 0))
        return;
    if (failure && r3_clock_now(&now, &unused) == 0) {
        snprintf(text, sizeof text, "%s: %s", NAME, failure->text);
        r3_session_lease_failed(parts->store, &lease, now, failure->status, text);
    }
    r3_store_write(parts->store, give_back, &lease, &unused);
}

/* The programs ahead of this one work under the lease until their output ends; what they tell goes on. */
static void pass_input(struct r3_writer *out) {
    char text[4096];
    struct r3_error unused;
    ssize_t got = isatty(STDIN_FILENO) ? 0 : 1;
    while (got > 0) {
        while ((got = read(STDIN_FILENO, text, sizeof text)) < 0 && errno == EINTR)
            continue;
        if (got > 0 && out && r3_writer_put(out, text, (size_t)got, &unused) < 0)
            return;
    }
}

static int run(const struct r3_arguments *arguments, struct parts *parts, struct r3_writer *out,
               struct r3_error *error) {
    int result = work(arguments, parts, out, error);
    if (!r3_arguments_given(arguments, "last") || !*parts->owner)
        return result;
    if (result < 0)
        pass_input(r3_arguments_given(arguments, "quiet-input") ? NULL : out);
    end_run(arguments, parts, result < 0 ? error : NULL);
    return result;
}

static int close_parts(struct parts *parts, struct r3_error *error) {
    int result = parts->rejects ? r3_writer_close(&parts->reject, error) : 0;
    r3_reader_release(&parts->in);
    r3_store_close(parts->store);
    r3_kucoin_free(parts->kucoin);
    r3_kucoin_credentials_free(parts->credentials);
    free(parts->settle);
    return result;
}

int main(int argc, char **argv) {
    const struct r3_option *const tables[] = { options, r3_filter_options, NULL };
    struct r3_error error = { 0 }, later = { 0 };
    struct r3_arguments *arguments = NULL;
    struct parts parts = { .rejects = false };
    struct r3_writer out;
    int failed =
        r3_reserve_standard_descriptors(&error) < 0 || r3_arguments_parse(&arguments, tables, argc, argv, &error) < 0;
    if (!failed) {
        int done = r3_stage_print_information(NAME, "", SUMMARY, arguments, tables, &error);
        if (done > 0) {
            r3_arguments_free(arguments);
            return R3_DONE;
        }
        failed = done < 0;
    }
    r3_writer_init(&out, STDOUT_FILENO, "standard output");
    if (!failed)
        failed = run(arguments, &parts, &out, &error) < 0;
    int unclosed = close_parts(&parts, &later);
    if (r3_writer_close(&out, &later) < 0)
        unclosed = -1;
    if (unclosed && !failed) {
        failed = true;
        error = later;
    }
    if (failed) {
        say(error.text);
        if (error.status == R3_USAGE)
            fprintf(stderr, "%s --help shows the options\n", NAME);
    }
    r3_arguments_free(arguments);
    return failed ? error.status : R3_DONE;
}
