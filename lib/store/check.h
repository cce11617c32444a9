#ifndef R3_STORE_CHECK_H
#define R3_STORE_CHECK_H

#include "lib/store/store.h"

/* What must hold in a store at any moment between two transactions; r3-session(1) lists it. Sums are made here, with exact
 * decimals, by the ledger that fills are booked in. */

struct r3_store_findings {
    /* One sentence for each thing that is wrong, which names the row by its id. */
    void (*say)(void *context, const char *text);
    void *context;
    int64_t sessions, orders, trades, problems; /* how many were looked at, and found */
};

/* 0 where the store could be read, whatever was found. */
int r3_store_check(struct r3_store *store, struct r3_store_findings *findings, struct r3_error *error);

#endif
