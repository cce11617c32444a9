#ifndef R3_SESSION_FEED_H
#define R3_SESSION_FEED_H

#include "lib/base/error.h"
#include "lib/session/words.h"

/* The head of a run in its two parts: look into the store, then pass the stream on, from standard input to call->out. */

struct r3_feed;

/* New in *out, ended with r3_feed_end, also after an error. The call lives as long. */
int r3_feed_begin(struct r3_feed **out, const struct r3_session_call *call, struct r3_error *error);
/* Somebody else prolongs the lease: from now on the store is not used. */
void r3_feed_leave_lease(struct r3_feed *feed);
/* All of the stream. */
int r3_feed_pass(struct r3_feed *feed, struct r3_error *error);
void r3_feed_end(struct r3_feed *feed); /* accepts NULL */

#endif
