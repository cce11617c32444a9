#ifndef R3_SESSION_MARKET_ANSWER_H
#define R3_SESSION_MARKET_ANSWER_H

#include "lib/session/market_store.h"
#include "lib/stage/stage.h"
#include "lib/strategy/rules.h"

/* What r3-market gives: candles of the store, or values of an expression over them. */

struct r3_market_answer {
    struct r3_market_reader reader;
    struct r3_rules *rules; /* NULL: the candles themselves */
    struct r3_rules_block *block;
    void *state;
    struct r3_record record; /* on its way out */
    int64_t given;           /* records so far */
};

/* `expression` (NULL: candles) is of r3-strategy-rules(5); `session` ("": none) is for the values. 1: call next; 0: refused, *error says
 * why; -1. Needs r3_market_answer_release in any case. */
int r3_market_answer_start(struct r3_market_answer *answer, struct r3_store *store, const struct r3_market_query *query,
                           const char *expression, const char *session, struct r3_error *error);
/* Emit some more: 1: call again; 0: all is out; -1. */
int r3_market_answer_next(struct r3_market_answer *answer, struct r3_port *port, struct r3_error *error);
void r3_market_answer_release(struct r3_market_answer *answer);

#endif
