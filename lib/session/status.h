#ifndef R3_SESSION_STATUS_H
#define R3_SESSION_STATUS_H

#include "lib/base/buffer.h"
#include "lib/session/session.h"

/* What `list` and `show` tell of a session: its row, and where its runs have brought it. */

struct r3_session_status {
    struct r3_session session;
    int64_t ran;                         /* when a run ended last, by hand too; R3_TIME_ABSENT: none did */
    int64_t last_run, next_tick;         /* R3_TIME_ABSENT: none */
    int64_t last_status, failures;       /* of the last run; runs in a row that failed, up to the last one */
    char *last_failure;                  /* what the last run said where it failed, its own; "" */
    struct r3_decimal equity, available; /* before the first run the cash that it begins with */
    struct r3_position position;         /* in its market; side NONE: it never had one */
};

/* What somebody should look after. */
enum r3_session_trouble {
    R3_TROUBLE_NONE,
    R3_TROUBLE_FAILING, /* its last run failed */
    R3_TROUBLE_NOT_RUN, /* its tick has been due for ten minutes, and nobody ran it otherwise */
    R3_TROUBLE_CANDLES  /* its last candle closed longer ago than two timeframes and a refresh */
};
/* The first of these that a session has which is not over. now: market time. */
enum r3_session_trouble r3_session_trouble(const struct r3_session_status *status, int64_t now);
/* Append its name for people, "FAILING 3", "NOT RUN", "OLD CANDLES", and a sentence on it. */
void r3_session_write_trouble(struct r3_buffer *out, const struct r3_session_status *status,
                              enum r3_session_trouble trouble);
void r3_session_explain_trouble(struct r3_buffer *out, const struct r3_session_status *status,
                                enum r3_session_trouble trouble, int64_t now);

/* Inside `work`. Those of R3_QUERY_SESSION_STATUS and its like; new in *out, *count of them, freed by r3_session_statuses_free (after
 * an error too). */
int r3_session_statuses_load(struct r3_session_status **out, size_t *count, struct r3_store *store, enum r3_query query,
                             const struct r3_store_value *values, size_t value_count, struct r3_error *error);
void r3_session_statuses_free(struct r3_session_status *statuses, size_t count);

/* Gain on the cash that it began with, as a fraction; false where it began with none. A ratio, no money. */
bool r3_session_return(double *out, const struct r3_session_status *status);

/* Append it as a JSON object without its closing brace, so that more members may follow. Times are ms, money is text, what there is not is
 * left out. */
void r3_session_write_json(struct r3_buffer *out, const struct r3_session_status *status, int64_t now);
/* Append ,"name":"text"; nothing for an empty one. */
void r3_session_json_text(struct r3_buffer *out, const char *name, const char *text);

/* Append an amount for people: to 2 decimals, below 1 to 8; "-" for an absent one. */
void r3_session_write_amount(struct r3_buffer *out, const struct r3_decimal *amount);
/* Append a time for people: "10:25Z" on the day of `now`, else "2024-01-31 10:25Z"; "-" for an absent one. */
void r3_session_write_time(struct r3_buffer *out, int64_t time, int64_t now);
/* Append "+1.25 %", or "-". */
void r3_session_write_return(struct r3_buffer *out, const struct r3_session_status *status);
/* Append "LONG 0.1 BTC", "FLAT", or "-". */
void r3_session_write_position(struct r3_buffer *out, const struct r3_session_status *status);

#endif
