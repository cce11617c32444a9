#ifndef R3_SESSION_RULES_H
#define R3_SESSION_RULES_H

#include <stdbool.h>

#include "lib/base/buffer.h"
#include "lib/session/lease.h"
#include "lib/session/session.h"

/* What a run finds of its session's rules: whether they can be had and are those that it was created with, and whether r3-strategy can go
 * on from what it left. That is the evaluator's memory, which another release may lay out in another way; then, and where there is none,
 * or it is damaged, the rules are warmed up again: they see all candles of the runs before once more, from which the same memory comes, and what they say
 * meanwhile goes nowhere. Where the rules themselves are not those any more, a session that has something to protect or to close is run without them. */

struct r3_session_memory {
    struct r3_buffer lines; /* r3-strategy's state; empty: it left none */
    bool needs_run;         /* it is STOPPING, or something is held, works or is on its way */
    bool warms_up;          /* the rules are to be warmed up again */
};

/* Inside `work`. What was read before is released. */
int r3_session_memory_read(struct r3_session_memory *memory, struct r3_store *store, const struct r3_session *session,
                           struct r3_error *error);
/* Behind it, outside of a transaction: compiles the rules. R3_CONFIG where they were changed; R3_IO or the like where they cannot be
 * had. */
int r3_session_memory_check(struct r3_session_memory *memory, const struct r3_session *session, struct r3_error *error);
void r3_session_memory_release(struct r3_session_memory *memory);

/* Inside `work` of a write, by the holder of the lease: r3-strategy begins anew. */
int r3_session_memory_forget(struct r3_store *store, const struct r3_session_lease *lease, struct r3_error *error);

#endif
