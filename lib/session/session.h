#ifndef R3_SESSION_SESSION_H
#define R3_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/decimal.h"
#include "lib/base/error.h"
#include "lib/record/record.h"
#include "lib/record/timeframe.h"
#include "lib/store/store.h"

/* A session as its row in the store has it. States: CREATED → ACTIVE ⇄ PAUSED → STOPPING → STOPPED; r3-session(1). */

enum r3_session_state { R3_CREATED, R3_ACTIVE, R3_PAUSED, R3_STOPPING, R3_STOPPED, R3_SESSION_STATES };
/* "CREATED" … */
const char *r3_session_state_name(enum r3_session_state state);

enum { R3_RULE_HASH_SIZE = 17 }; /* 16 digits */

struct r3_session {
    enum r3_session_state state;
    char id[R3_SESSION_SIZE], strategy[R3_NAME_SIZE], platform[R3_PLATFORM_SIZE], market[R3_MARKET_SIZE],
        currency[R3_CURRENCY_SIZE], mode[R3_NAME_SIZE];
    char *label, *pipeline, *source, *reason; /* its own; "" where there is none */
    char rule_hash[R3_RULE_HASH_SIZE];        /* of the rules that it was created with; "": not known */
    enum r3_timeframe timeframe;
    int64_t refresh; /* ms */
    struct r3_decimal cash;
    /* Market times, ms; R3_TIME_ABSENT: none. seen: close of the last candle that it has taken; acts_from: candles that open
     * from then on act, those before are warm-up. */
    int64_t created, started, ended, seen, acts_from;
};

bool r3_session_is_live(const struct r3_session *session);

#define R3_SESSION_INIT                                                                                                \
    { 0 }
void r3_session_release(struct r3_session *session);

/* Inside `work`. The session that a user means: by its id; by the beginning of an id, "s12" of "s12bkq", where one session alone
 * has it; by its label in any spelling, where one alone that is not STOPPED has it. What *out held before is released. R3_USAGE: there
 * is none, or several, which the text lists. */
int r3_session_find(struct r3_session *out, struct r3_store *store, const char *name, struct r3_error *error);

/* Columns of R3_QUERY_SESSION_BY_ID and its like. */
enum { R3_SESSION_COLUMNS = 20 };
/* Read the first of the row's columns; what *out held before is released. */
int r3_session_read(struct r3_session *out, const struct r3_store_row *row, struct r3_error *error);

/* Inside `work`. Those that a query with these columns finds, in its order; new in *out, *count of them, freed by r3_sessions_free (after an
 * error too). */
int r3_sessions_load(struct r3_session **out, size_t *count, struct r3_store *store, enum r3_query query,
                     const struct r3_store_value *values, size_t value_count, struct r3_error *error);
void r3_sessions_free(struct r3_session *sessions, size_t count);

/* Inside `work` of a write. Make it STOPPED: its task and its row among the strategies go, commands that wait for it are acknowledged,
 * the collect turns IDLE where no other session that is not over uses it, and nobody's lease holds any more. now: market time.
 * reason: why. */
int r3_session_end(struct r3_store *store, const struct r3_session *session, int64_t now, const char *reason,
                   struct r3_error *error);
/* The same, and the lease stays with whoever holds it. */
int r3_session_end_leased(struct r3_store *store, const struct r3_session *session, int64_t now, const char *reason,
                          struct r3_error *error);

#endif
