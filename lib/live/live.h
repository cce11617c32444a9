#ifndef R3_LIVE_LIVE_H
#define R3_LIVE_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/decimal.h"
#include "lib/base/error.h"
#include "lib/base/io.h"
#include "lib/kucoin/kucoin.h"
#include "lib/store/store.h"

/* r3-live: the gateway between the journal of orders and the exchange. An order is sent only after that was committed, and what became of
 * it is told only in the transaction that commits it; so whoever is killed, and whenever, no order is lost, and none is sent twice.
 * r3-live(1) tells the rules. */

struct r3_live_options {
    const char *session;         /* NULL: all live ones */
    const char *owner;           /* of the lease: that of a run where held, else a name of its own */
    bool held;                   /* the session's run has the lease, with this epoch */
    int64_t epoch, span;         /* span: ms */
    struct r3_decimal max_order; /* quote currency; absent: none */
    int64_t reconcile;           /* ms between two */
    bool reconcile_now;
    int64_t wait, window; /* ms */
    bool follow, dry_run, key;
    int64_t dead_man;          /* s; 0: no */
    bool quiet;                /* do not echo */
    bool input;                /* there is something on standard input */
    struct r3_writer *reject;  /* bad lines; NULL: they are errors */
    const char *const *settle; /* orders that are over, by hand */
    size_t settle_count;
};

/* All are borrowed. say: a sentence for people. 0: nothing is left to be done now. R3_RETRY: something is. R3_CONFIG: the allotments do
 * not fit. R3_PERMISSION: the key is refused. */
int r3_live_run(const struct r3_live_options *options, struct r3_store *store, struct r3_kucoin *kucoin,
                struct r3_reader *in, struct r3_writer *out, void (*say)(const char *text), struct r3_error *error);

#endif
