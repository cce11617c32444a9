#ifndef R3_SESSION_KEEP_ROWS_H
#define R3_SESSION_KEEP_ROWS_H

#include <stdbool.h>

#include "lib/record/record.h"
#include "lib/store/store.h"

/* Records as rows of the store; all inside `work` of a write. *fresh: the store did not have it so before. A row that is there already
 * stays; one of the same name that says something else is R3_DATA. */

int r3_keep_signal(struct r3_store *store, const struct r3_signal *signal, bool *fresh, struct r3_error *error);
/* An order came of it, which r3-size did not refuse. "": nothing is done. */
int r3_keep_acted(struct r3_store *store, const char *session, const char *signal, struct r3_error *error);
int r3_keep_order(struct r3_store *store, const struct r3_order *order, bool *fresh, struct r3_error *error);
/* A raw order that got no size: the row of an order that never was one, which the update then ends. */
int r3_keep_refused(struct r3_store *store, const struct r3_raworder *raw, struct r3_error *error);
/* *known: the order is there, and is brought up to this. */
int r3_keep_update(struct r3_store *store, const struct r3_update *update, bool *known, struct r3_error *error);
int r3_keep_trade(struct r3_store *store, const struct r3_trade *trade, bool *fresh, struct r3_error *error);
/* These two replace what was there. */
int r3_keep_position(struct r3_store *store, const struct r3_position *position, bool *fresh, struct r3_error *error);
int r3_keep_account(struct r3_store *store, const struct r3_account *account, bool *fresh, struct r3_error *error);
int r3_keep_notice(struct r3_store *store, const char *session, const struct r3_notice *notice, struct r3_error *error);

#endif
