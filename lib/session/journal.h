#ifndef R3_SESSION_JOURNAL_H
#define R3_SESSION_JOURNAL_H

#include <stdbool.h>

#include "lib/record/record.h"
#include "lib/store/store.h"

/* The journal of a live session: its orders on their way to the exchange (table exchange_orders). A run decides and writes down, in its
 * one transaction; r3-live, behind it, sends what is written there, and what becomes of it comes back as events: records that it puts into
 * the outbox (program R3_JOURNAL_PROGRAM), and that the next run begins with. All of these inside `work`. */

#define R3_JOURNAL_PROGRAM "r3-order"

/* Inside `work` of a write. An order that r3-order --book took: it is to be sent. line[0..length): its record. */
int r3_journal_order(struct r3_store *store, const struct r3_order *order, const char *line, size_t length,
                     struct r3_error *error);
/* What r3-order --book refused is not; where it was too late for an entry, its signal is STALE. */
int r3_journal_update(struct r3_store *store, const struct r3_update *update, struct r3_error *error);
/* It is to be cancelled, as far as it is not over. */
int r3_journal_cancel(struct r3_store *store, const struct r3_cancel *cancel, struct r3_error *error);

/* Whether an order of the session is not over; whether it is unknown what became of one; whether one may be at the exchange; whether
 * events wait; whether there are such that tell what became of an order. */
int r3_journal_has_open(bool *out, struct r3_store *store, const char *session, struct r3_error *error);
int r3_journal_has_unknown(bool *out, struct r3_store *store, const char *session, struct r3_error *error);
int r3_journal_has_sent(bool *out, struct r3_store *store, const char *session, struct r3_error *error);
int r3_journal_has_events(bool *out, struct r3_store *store, const char *session, struct r3_error *error);
int r3_journal_has_told(bool *out, struct r3_store *store, const char *session, struct r3_error *error);
/* Whether r3-live is to be run ahead of the decisions: an order was sent and is not over as far as is known, an exit waits to be sent, or a
 * cancel, or the store was restored and the exchange was not asked since; and no entry waits, which the decisions may take back. */
int r3_journal_is_urgent(bool *out, struct r3_store *store, const char *session, struct r3_error *error);
/* Inside `work` of a write. What was not sent will not be. */
int r3_journal_give_up(struct r3_store *store, const char *session, const char *reason, struct r3_error *error);

#endif
