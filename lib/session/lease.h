#ifndef R3_SESSION_LEASE_H
#define R3_SESSION_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/option.h"
#include "lib/session/words.h"
#include "lib/store/store.h"

/* The lease of a session during a run: `r3-session run` takes it, and prints who has it as options of feed and keep, which prolong
 * it while they work. It keeps runs apart; what protects the rows is that keep looks, in its own transaction, whether it is still the
 * holder. */

enum { R3_LEASE_OWNER_SIZE = 64, R3_LEASE_SPAN = 60 * 1000 /* ms */ };

struct r3_session_lease {
    struct r3_store *store;
    const char *session;
    char owner[R3_LEASE_OWNER_SIZE];
    int64_t epoch, span; /* span: ms */
    int64_t prolonged;   /* by r3_clock_monotonic */
};

/* The option rows that name the holder; --lease alone for `run`. Each ends with a comma. */
#define R3_LEASE_OPTION                                                                                                \
    {                                                                                                                  \
        .name = "lease", .kind = R3_OPTION_DURATION, .argument = "DURATION",                                           \
        .help = "how long it is held (else R3_LEASE, else 60s)"                                                        \
    }
#define R3_HOLDER_OPTIONS                                                                                              \
    { .name = "owner", .kind = R3_OPTION_TEXT, .argument = "NAME", .help = "holder of the lease, as run printed it" }, \
        { .name = "epoch",                                                                                             \
          .kind = R3_OPTION_INTEGER,                                                                                   \
          .argument = "N",                                                                                             \
          .minimum = 1,                                                                                                \
          .help = "number of the lease, as run printed it" },                                                          \
        R3_LEASE_OPTION
/* Of feed and keep: a run of which the source has failed. */
#define R3_NO_CANDLES_OPTION                                                                                           \
    { .name = "no-candles", .kind = R3_OPTION_FLAG, .help = "the run has none: its source has failed" }
/* Of keep: a run which r3-strategy is not part of, although it has candles. */
#define R3_NO_RULES_OPTION                                                                                             \
    { .name = "no-rules", .kind = R3_OPTION_FLAG, .help = "the run is without its rules: it has not succeeded" }

/* --lease, R3_LEASE or the default. R3_CONFIG: R3_LEASE is no duration. */
int r3_lease_span(int64_t *span, const struct r3_arguments *arguments, struct r3_error *error);
/* A name for a holder that no other has: the machine and a random number. */
int r3_lease_owner(char owner[R3_LEASE_OWNER_SIZE], struct r3_error *error);
/* The lease that --owner and --epoch name. It keeps pointers into call and arguments. R3_USAGE: they are not given. */
int r3_session_lease_open(struct r3_session_lease *lease, const struct r3_session_call *call, struct r3_error *error);

/* How many ms may pass until the lease has to be prolonged. */
int64_t r3_session_lease_rest(const struct r3_session_lease *lease);
/* Prolong it where a third of its span has passed, and that of the session's tick. R3_RETRY: another has it. */
int r3_session_lease_prolong(struct r3_session_lease *lease, struct r3_error *error);
/* Inside `work` of a write: each is R3_RETRY where another has the lease. What the run did is about to be committed, and `seen` is the
 * close of the last candle that it took (R3_TIME_ABSENT: none); now: market time. It is called first, so that whoever is overtaken
 * changes nothing. */
int r3_session_lease_done(struct r3_store *store, const struct r3_session_lease *lease, int64_t seen, int64_t now,
                          struct r3_error *error);
/* The run has succeeded, so the session is not FAILING. */
int r3_session_lease_succeeded(struct r3_store *store, const struct r3_session_lease *lease, struct r3_error *error);
/* The run has failed, for that reason: noted with the session, unless somebody has taken the lease since. now: market time; text: what
 * people were told. Outside of a transaction; where the store cannot take it, it is left. */
void r3_session_lease_failed(struct r3_store *store, const struct r3_session_lease *lease, int64_t now, int status,
                             const char *text);
/* Nobody has it from now on. */
int r3_session_lease_end(struct r3_store *store, const struct r3_session_lease *lease, struct r3_error *error);

#endif
