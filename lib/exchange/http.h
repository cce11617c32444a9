#ifndef R3_EXCHANGE_HTTP_H
#define R3_EXCHANGE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* One HTTP connection that is reused, by libcurl. TLS is always verified; http without TLS is for loopback alone; redirects are not
 * followed. */

enum { R3_HTTP_BODY_MAX = 32 << 20 /* bytes of an answer */ };

struct r3_http;

/* `base`: "https://api.kucoin.com", without a slash at the end; targets are put behind it. timeout: of a whole call, ms. New in *out, freed with
 * r3_http_free, which accepts NULL. R3_USAGE: another scheme, or http beyond loopback. */
int r3_http_new(struct r3_http **out, const char *base, int64_t timeout, struct r3_error *error);
void r3_http_free(struct r3_http *http);
/* Of the calls from now on, ms. */
void r3_http_set_timeout(struct r3_http *http, int64_t timeout);

struct r3_http_reply {
    long status;           /* 0: no answer came, or half of one */
    struct r3_buffer body; /* owned; a NUL follows it */
    bool json;             /* by its Content-Type */
    /* Rate limit of the pool, by gw-ratelimit-*; -1: not told. reset: ms. retry_after: ms, by Retry-After. */
    int64_t limit, remaining, reset, retry_after;
    bool sent;      /* something of the request may have left: without an answer nobody knows what became of it */
    char text[256]; /* what went wrong, when status is 0 */
};
void r3_http_reply_release(struct r3_http_reply *reply);

/* method: "GET", "POST", "DELETE". headers: lines "Name: value", NULL at the end, or NULL. body: NULL for none; it is JSON. What *reply held
 * before is released. Always answers: see reply->status. */
void r3_http_call(struct r3_http *http, const char *method, const char *target, const char *const *headers,
                  const char *body, struct r3_http_reply *reply);

#endif
