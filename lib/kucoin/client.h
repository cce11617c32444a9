#ifndef R3_KUCOIN_CLIENT_H
#define R3_KUCOIN_CLIENT_H

#include "lib/base/buffer.h"
#include "lib/exchange/http.h"
#include "lib/exchange/shared_clock.h"
#include "lib/kucoin/kucoin.h"
#include "lib/kucoin/rate.h"
#include "lib/kucoin/reply.h"

/* How lib/kucoin sends. For itself and its tests. */

struct r3_kucoin {
    struct r3_http *http;
    char *url;
    const struct r3_kucoin_credentials *credentials; /* borrowed */
    int64_t timeout;
    struct r3_kucoin_rate *public_rate, *private_rate; /* the second NULL without a key */
    bool has_clock;
    struct r3_exchange_clock clock;
    int64_t measure_next; /* not before: the last time it could not be had */
    struct r3_buffer target, key, signature, timestamp, passphrase, version;
};

struct r3_kucoin_call {
    const char *method, *target, *body; /* target: not encoded */
    enum r3_kucoin_pool pool;
    int weight;
    bool with_key, urgent;
};

/* The address with bytes that a target may not hold as %XX: what is signed is the text before that. */
void r3_kucoin_encode_target(struct r3_buffer *out, const char *target);

/* Ask: repeated, where that makes sense, for as long as the time-out of one call. 0: reply->data is what it said. -1: *answer has the
 * exchange's reason, where it gave one. R3_PERMISSION: the key; R3_RETRY: the rate limit; R3_UNAVAILABLE: no answer; R3_DATA: the rest. */
int r3_kucoin_ask(struct r3_kucoin *kucoin, const struct r3_kucoin_call *call, struct r3_kucoin_reply *reply,
                  struct r3_kucoin_answer *answer, struct r3_error *error);

/* Send once, with the exchange's time `now` in it. -1: nothing has left. Otherwise *reply is what came. */
int r3_kucoin_send(struct r3_kucoin *kucoin, const struct r3_kucoin_call *call, int64_t now,
                   struct r3_kucoin_reply *reply, struct r3_error *error);

/* Take the call's weight. 0, or ms that it must wait. */
int64_t r3_kucoin_take(struct r3_kucoin *kucoin, const struct r3_kucoin_call *call);
/* What the answer says of the rate limit, for this and other processes. */
void r3_kucoin_heed(struct r3_kucoin *kucoin, const struct r3_kucoin_call *call, const struct r3_kucoin_reply *reply,
                    const struct r3_kucoin_answer *answer);

/* Measure the clock's offset now. */
int r3_kucoin_measure(struct r3_kucoin *kucoin, struct r3_error *error);

/* Fill *error in with why a call failed; returns -1. */
int r3_kucoin_fail(const struct r3_kucoin_answer *answer, const struct r3_kucoin_call *call, struct r3_error *error);

#endif
