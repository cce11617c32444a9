#ifndef R3_EXCHANGE_PUBLIC_H
#define R3_EXCHANGE_PUBLIC_H

#include "lib/exchange/exchange.h"
#include "lib/exchange/http.h"
#include "lib/json/json.h"
#include "lib/record/record.h"

/* What the modules for public data have in common: a question by GET, its answer as JSON, and numbers in it. */

struct r3_public {
    struct r3_http *http;
    struct r3_http_reply reply;
    struct r3_json_document *document; /* of the last answer */
    int64_t wait;                      /* ms that the last refusal asked for; 0: none */
};

/* As members of struct r3_exchange: new in *client, a struct r3_public, which r3_public_close frees. */
int r3_public_open(void **client, const char *url, struct r3_error *error);
void r3_public_close(void *client); /* accepts NULL */
int64_t r3_public_wait(const void *client);

/* Ask for a target, "/api/v3/time": *root is the answer, which lives until the next question, and the HTTP status comes back: 200, or another
 * of 4xx whose answer was JSON. -1: R3_RETRY too often, R3_UNAVAILABLE no answer or none that makes sense. */
int r3_public_get(struct r3_public *client, const char *target, const struct r3_json **root, struct r3_error *error);

/* A decimal that is a text or a number; R3_DATA with its name where it is neither. */
int r3_public_decimal(struct r3_decimal *out, const struct r3_public *client, const struct r3_json *value,
                      const char *name, struct r3_error *error);
/* Where rows have what, and the unit of their times, ms. */
struct r3_public_columns {
    int64_t unit;
    size_t open, high, low, close, volume; /* the time stands first */
};
/* Rows of candles, an array of arrays: those that open in [from, to). */
int r3_public_candles(const struct r3_public *client, const struct r3_json *rows,
                      const struct r3_public_columns *columns, int64_t from, int64_t to, r3_exchange_candle *each,
                      void *context, struct r3_error *error);
/* The text of a value; "" where it is none. */
const char *r3_public_text(const struct r3_json *value);
/* The first member that is an object or an array; NULL: there is none. */
const struct r3_json *r3_public_first(const struct r3_json *object);
/* 10^-digits; R3_DATA where that is no integer of 0 to 18. */
int r3_public_increment(struct r3_decimal *out, const struct r3_json *digits, const char *name, struct r3_error *error);
/* A market of these two currencies, its fees in the quote, without minimums. R3_DATA: their names are too long, or of other characters than records
 * have. */
int r3_public_instrument(struct r3_instrument *out, const char *platform, const char *base, const char *quote,
                         struct r3_error *error);

/* All markets of a list, an array or the members of an object, as far as `read` understands them; the others are left out. */
typedef int r3_public_read(struct r3_instrument *out, const struct r3_public *client, const struct r3_json *market,
                           struct r3_error *error);
int r3_public_markets(const struct r3_public *client, const struct r3_json *list, r3_public_read *read,
                      r3_exchange_instrument *each, void *context, struct r3_error *error);

#endif
