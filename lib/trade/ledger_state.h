#ifndef R3_TRADE_LEDGER_STATE_H
#define R3_TRADE_LEDGER_STATE_H

#include "lib/json/json.h"
#include "lib/trade/ledger.h"

/* A ledger as the member "ledger" of a state's object (lib/record/state_members.h). */
void r3_ledger_put(struct r3_buffer *out, const struct r3_ledger *ledger);
/* In place of what the ledger holds. R3_DATA, with the place; also where it does not add up. */
int r3_ledger_take(struct r3_ledger *ledger, const struct r3_json *object, struct r3_error *error);

#endif
