#ifndef R3_LIVE_ORDER_H
#define R3_LIVE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/kucoin/kucoin.h"
#include "lib/record/record.h"

/* An order on its way to the exchange: its row in the journal (table exchange_orders), and what may become of it. Nothing here does
 * anything: each function takes what is known and what has happened, changes the row, and says what is to be told of it. The
 * rest of lib/live asks the exchange and commits.
 *
 *     INTENT   committed, and not sent; or sent, and known not to have arrived
 *     SENT     it may be at the exchange: from the moment before it leaves until that is known
 *     WORKING  the exchange has it
 *     DONE     over, and all that it filled was told */

enum r3_live_step { R3_LIVE_INTENT, R3_LIVE_SENT, R3_LIVE_WORKING, R3_LIVE_DONE, R3_LIVE_STEPS };
/* "INTENT" … */
const char *r3_live_step_name(enum r3_live_step step);

enum {
    R3_LIVE_MARGIN = 500,      /* ms that the exchange's own clocks may be apart by */
    R3_LIVE_LOOKS = 3,         /* an order that was absent so often, */
    R3_LIVE_LOOK_SPACE = 1000, /* so many ms apart, after its window has passed, is not there */
    R3_LIVE_MEMORY =
        24 * 3600000,    /* for how long the exchange surely tells of every order, ms: it promises two or three days */
    R3_LIVE_EXISTS = -1, /* `absent` of an order that the exchange has said it knows */
    R3_LIVE_CANCEL_AGAIN = 5000,     /* ms after which a cancel that had no effect is asked for again */
    R3_LIVE_ID_MAX = R3_ID_SIZE - 7, /* room for "-t" and four digits: the ids of its trades */
};

struct r3_live_row {
    struct r3_order order;
    enum r3_live_step step;
    bool cancel;               /* is wanted */
    char reason[R3_TEXT_SIZE]; /* of the cancel */
    int64_t sent, looked; /* by the exchange's clock; R3_TIME_ABSENT. looked: the last look that counts in `absent` */
    int64_t attempts;     /* how often it was about to be sent */
    int64_t epoch;        /* of the session's lease when it was put into the journal; 0: not known */
    int64_t absent;       /* looks that count, or R3_LIVE_EXISTS */
    char exchange_id[R3_NAME_SIZE];
    struct r3_decimal filled, cost, fee; /* of the fills that were told: base, quote, quote */
    char (*fills)[R3_ID_SIZE];           /* the exchange's ids of these; its own */
    size_t fill_count;
};
void r3_live_row_release(struct r3_live_row *row);

/* What is to be committed with a changed row, and then told. */
struct r3_live_outcome {
    struct r3_buffer events; /* update and trade records, a line each */
    struct r3_live_fill {    /* those that are new, with the place of their trade's line in `events` */
        char id[R3_ID_SIZE];
        size_t at, length;
    } * fills;
    size_t fill_count;
    struct r3_live_notice {
        enum r3_level level;
        char text[R3_TEXT_SIZE];
    } * notices;
    size_t notice_count;
};
#define R3_LIVE_OUTCOME_INIT                                                                                           \
    { .fill_count = 0 }
void r3_live_outcome_release(struct r3_live_outcome *outcome);
void r3_live_tell(struct r3_live_outcome *outcome, enum r3_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- what is to be done next ---- */

enum r3_live_action {
    R3_LIVE_NOTHING,  /* it is over */
    R3_LIVE_REST,     /* it works at the exchange, and may for long */
    R3_LIVE_WITHDRAW, /* it is to be cancelled, and was never sent */
    R3_LIVE_EXPIRE,   /* an entry that is too old to be sent */
    R3_LIVE_SEND,
    R3_LIVE_LOOK,
    R3_LIVE_CANCEL
};

/* What this process remembers of an order; the next one begins with zeros. Times: r3_clock_monotonic. */
struct r3_live_memory {
    int64_t not_before;       /* the exchange asks to wait */
    int64_t cancel_asked;     /* 0: not yet */
    int64_t looks, last_look; /* since something changed */
    bool unfinished;          /* the last look said that there is more to come, */
    bool absent;              /* or nothing of an order that the exchange had */
    bool first;               /* nobody else can have sent it: it is new here, or the exchange was asked for it */
};

struct r3_live_times {
    int64_t market, exchange, monotonic; /* now, ms */
    int64_t unsure;                      /* what `exchange` may be off by */
    int64_t window;  /* the exchange takes no order that arrives later than that after it was sent */
    int64_t refresh; /* of its session: an entry that is older is not sent */
};

/* The exchange's time, as far as it is known, from which on it surely does not take the order that was sent any more. */
int64_t r3_live_shut(const struct r3_live_row *row, int64_t window, int64_t unsure);

/* *delay: ms until then. */
enum r3_live_action r3_live_next(const struct r3_live_row *row, const struct r3_live_memory *memory,
                                 const struct r3_live_times *now, int64_t *delay);

/* ---- what happens ---- */

/* Each changes the row as it must be committed. time: of the update. R3_BUG, or numbers that no decimal holds: R3_DATA. */

/* It is over without ever having been at the exchange: CANCELED, or REJECTED for a reason. */
int r3_live_withdraw(struct r3_live_row *row, int64_t time, struct r3_live_outcome *outcome, struct r3_error *error);
int r3_live_expire(struct r3_live_row *row, int64_t time, int64_t refresh, struct r3_live_outcome *outcome,
                   struct r3_error *error);
int r3_live_reject(struct r3_live_row *row, int64_t time, const char *reason, struct r3_live_outcome *outcome,
                   struct r3_error *error);
/* It is about to leave. */
void r3_live_send(struct r3_live_row *row, int64_t sent);
/* It did not leave after all. */
void r3_live_unsend(struct r3_live_row *row);
/* The exchange has answered, or has not. *changed: there is something to commit. */
int r3_live_answered(struct r3_live_row *row, const struct r3_kucoin_answer *answer, int64_t time,
                     struct r3_live_outcome *outcome, bool *changed, struct r3_error *error);

/* The exchange has told of the order, and of these fills of it. local: no event is later than that, whatever the exchange's clock says
 * (R3_TIME_ABSENT: they have its times). increment: the market's of the base currency; where it is not positive, it is not known. *unfinished:
 * it is over, but fills are still to be told, or the answer is not to be believed. */
struct r3_live_found {
    const struct r3_kucoin_order *order;
    const struct r3_kucoin_fill *fills;
    size_t fill_count;
    int64_t now, local;
    struct r3_decimal increment;
};
int r3_live_found(struct r3_live_row *row, const struct r3_live_found *found, struct r3_live_outcome *outcome,
                  bool *changed, bool *unfinished, struct r3_error *error);
/* It was not to be found anywhere, in a look that began at `looked`, which may be off by `unsure`. */
void r3_live_absent(struct r3_live_row *row, int64_t looked, int64_t unsure, int64_t window, bool *changed);
/* Somebody has decided by hand that an order of which the exchange tells nothing (SENT or WORKING) is over. */
int r3_live_settle(struct r3_live_row *row, int64_t time, struct r3_live_outcome *outcome, struct r3_error *error);

#endif
