#ifndef R3_STORE_QUERIES_H
#define R3_STORE_QUERIES_H

#include <stddef.h>

/* Every query of the store but the schema's own statements, with parameters $1, $2 … in the order of their first use, which
 * SQLite and PostgreSQL read alike. */

enum r3_query {
    /* transactions and inputs */
    R3_QUERY_CLAIM_TOKEN,       /* token, time */
    R3_QUERY_FORGET_TOKEN,      /* token */
    R3_QUERY_FORGET_OLD_TOKENS, /* time */
    R3_QUERY_NOTE_INPUT,        /* consumer, session, input, time */
    /* schema */
    R3_QUERY_VERSION,
    R3_QUERY_FIRST_VERSION, /* version */
    R3_QUERY_NEW_VERSION,   /* version */
    /* records on their way out */
    R3_QUERY_LAST_SENT,   /* program, session → number */
    R3_QUERY_SEND,        /* program, session, number, record */
    R3_QUERY_WAITING,     /* program, session → number, record */
    R3_QUERY_ACKNOWLEDGE, /* program, session, number */
    /* leases */
    R3_QUERY_LEASE,       /* session → owner, epoch, lease_until */
    R3_QUERY_TAKE_LEASE,  /* session, owner, epoch, lease_until */
    R3_QUERY_LEASE_HOLDS, /* session, owner, epoch → 1 */
    /* what r3_store_check looks for: rows that should not be there, and sessions with what they own */
    R3_QUERY_TRADES_WITHOUT_ORDER,
    R3_QUERY_TRADES_OF_OTHER_SESSION,
    R3_QUERY_ORDERS_WITHOUT_SESSION,
    R3_QUERY_ORDERS_WITHOUT_SIGNAL,
    R3_QUERY_SIGNALS_WITHOUT_SESSION,
    R3_QUERY_POSITIONS_WITHOUT_SESSION,
    R3_QUERY_ACCOUNTS_WITHOUT_SESSION,
    R3_QUERY_SESSIONS_WITHOUT_TASK,
    R3_QUERY_SESSIONS_WITHOUT_STRATEGY,
    R3_QUERY_SESSIONS_WITHOUT_COLLECT,
    R3_QUERY_TASKS_WITHOUT_SESSION,
    R3_QUERY_STRATEGIES_WITHOUT_SESSION,
    R3_QUERY_SESSIONS,  /* → id, currency, cash */
    R3_QUERY_ORDERS,    /* session → id, filled, cost, fee */
    R3_QUERY_TRADES,    /* session → id, order, market, side, price, size, fee, fee_currency */
    R3_QUERY_POSITIONS, /* session → market, side, size, price */
    R3_QUERY_ACCOUNT,   /* session → currency, equity */
    R3_QUERY_COUNT
};

/* Borrowed, for good. */
const char *r3_query_text(enum r3_query query);

/* Every table that r3_store_dump writes, those that others refer to first. NULL ends the list. */
struct r3_store_table {
    const char *name, *rows; /* rows: the query for all of them, in the order of their key */
};
extern const struct r3_store_table r3_store_tables[];

#endif
