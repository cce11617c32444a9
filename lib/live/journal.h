#ifndef R3_LIVE_JOURNAL_H
#define R3_LIVE_JOURNAL_H

#include "lib/live/order.h"
#include "lib/store/store.h"

/* The journal in the store: exchange_orders and exchange_fills, and what is told of them. Each function but the r3_live_read_… is one
 * transaction. */

/* A session as r3-live sees it. */
struct r3_live_session {
    char id[R3_SESSION_SIZE], market[R3_MARKET_SIZE], mode[16], state[16], currency[R3_CURRENCY_SIZE];
    int64_t refresh;
    struct r3_decimal start; /* its allotment */
    /* The lease; epoch 0: not held. */
    const char *owner; /* borrowed */
    int64_t epoch, prolonged;
    bool
        unaccounted; /* the exchange has filled an order, or works one, that has its name and is not in the store: no entries */
    bool uncompared; /* the store was restored, and it is not known what the exchange has of it: no entries */
    int64_t told;    /* number of the last record that was written out, and not acknowledged; 0: none */
    /* What it owns by its fills, as of the lease `booked`; 0: not reckoned yet. */
    int64_t booked;
    struct r3_decimal cash;
    struct r3_live_holding {
        char market[R3_MARKET_SIZE];
        struct r3_decimal size;
    } * holdings;
    size_t holding_count;
};
void r3_live_session_release(struct r3_live_session *session);

/* Those that are live, or one by its id: R3_DATA where there is none, or it is none of these. New in *out. */
int r3_live_sessions(struct r3_live_session **out, size_t *count, struct r3_store *store, const char *id,
                     struct r3_error *error);

/* Take the lease: session->epoch stays 0 where somebody else has it. */
int r3_live_lease(struct r3_live_session *session, struct r3_store *store, const char *owner, int64_t span,
                  struct r3_error *error);
/* Hold it longer, where a third of the span has passed. R3_RETRY: another has it. */
int r3_live_prolong(struct r3_live_session *session, struct r3_store *store, int64_t span, struct r3_error *error);
int r3_live_give_back(struct r3_live_session *session, struct r3_store *store, struct r3_error *error);

/* Rows of a session that are not DONE; appended to *rows. */
int r3_live_rows(struct r3_live_row **rows, size_t *count, struct r3_store *store, const char *session,
                 struct r3_error *error);
/* By client id; by the exchange's where `id` is NULL. *found. */
int r3_live_find(struct r3_live_row *row, bool *found, struct r3_store *store, const char *id, const char *exchange_id,
                 struct r3_error *error);

/* Commit a changed row and what is told of it, under the session's lease. before: step and attempts that the row had. *lines gets what is to
 * be written out, which waits in the outbox until r3_live_acknowledge. The row may be NULL: notices alone. R3_RETRY: overtaken. */
struct r3_live_commit {
    struct r3_live_session *session;
    const struct r3_live_row *row;
    enum r3_live_step step; /* before */
    int64_t attempts;
    struct r3_live_outcome *outcome;
    int64_t now;      /* of notices */
    const char *once; /* a word: what is told once under this word is not told again. NULL: always */
};
int r3_live_store(struct r3_store *store, const struct r3_live_commit *commit, struct r3_buffer *lines,
                  struct r3_error *error);
/* What was told and perhaps not written. */
int r3_live_unwritten(struct r3_store *store, struct r3_live_session *session, struct r3_buffer *lines,
                      struct r3_error *error);
int r3_live_acknowledge(struct r3_store *store, struct r3_live_session *session, struct r3_error *error);

/* Reckon cash and holdings from the fills, where they are not known any more. */
int r3_live_book(struct r3_store *store, struct r3_live_session *session, struct r3_error *error);

/* Whether an order is for this exchange, and of the session's market. */
bool r3_live_is_for(const struct r3_order *order, const char *market);
/* Put orders and cancels that came as records into the journal: each line with its newline. Where an order is there already with another
 * content, or is for another exchange or of another market than its session, or that is no live one: R3_DATA. *added gets the ids of orders that
 * were not there, a line each; *unknown: how many cancels were of no order in the journal. */
int r3_live_journal(struct r3_store *store, const struct r3_buffer *orders, const struct r3_buffer *cancels,
                    struct r3_buffer *added, size_t *unknown, struct r3_error *error);
/* Whether any order wants something done: all but those that are over, or rest. */
int r3_live_any(struct r3_store *store, bool *any, struct r3_error *error);

/* Whether the store was restored from a dump within the last `span` ms of its clock. */
int r3_live_restored(struct r3_store *store, int64_t span, bool *restored, struct r3_error *error);

/* How far a session was reconciled in its market, ms; R3_TIME_ABSENT: never, or not since the store was restored. */
int r3_live_reconciled(struct r3_store *store, const struct r3_live_session *session, int64_t *time,
                       struct r3_error *error);
int r3_live_set_reconciled(struct r3_store *store, const struct r3_live_session *session, int64_t time,
                           struct r3_error *error);
/* That it is known what became of all orders of the session that were at the exchange, whatever else has failed: for the run whose lease it is. */
int r3_live_note_told(struct r3_store *store, const struct r3_live_session *session, struct r3_error *error);

#endif
