#ifndef R3_LIVE_GATEWAY_H
#define R3_LIVE_GATEWAY_H

#include "lib/live/journal.h"
#include "lib/live/live.h"

/* What a run of r3-live holds. Private to lib/live:
 *   gateway.c     rounds, the end
 *   sessions.c    sessions, their leases and their orders
 *   intake.c      standard input
 *   work.c        one order's next action, committed
 *   look.c        what the exchange says about an order
 *   facts.c       what is known of markets and balances before an order is sent
 *   reconcile.c   the journal against the exchange's lists
 *   dry_run.c     what would be sent
 *   rest.c        what is left at the end */

/* An order that is worked on. */
struct live_order {
    struct r3_live_row row;
    struct r3_live_memory memory;
    struct r3_live_session *session;
};

/* What was asked of a market, and when (r3_clock_monotonic; 0: never). */
struct live_market {
    char name[R3_MARKET_SIZE];
    struct r3_kucoin_symbol symbol;
    struct r3_decimal taker_fee, price;
    int64_t rules_asked, rules_tried, fee_asked, price_asked, active_asked;
    int64_t active; /* orders that work; -1: not known */
};

struct live_balance {
    char currency[R3_CURRENCY_SIZE];
    struct r3_decimal total, available; /* absent: what the exchange said cannot be read */
};

struct r3_live {
    const struct r3_live_options *options;
    struct r3_store *store;
    struct r3_kucoin *kucoin;
    struct r3_reader *in;
    struct r3_writer *out;
    void (*say)(const char *text);
    /* standard input */
    struct r3_decoder *decoder;
    struct r3_buffer orders, cancels; /* that came, and are not in the journal yet */
    struct r3_buffer added;           /* ids of those that this process has put there, and has not seen in it yet */
    bool input_ended;
    struct r3_error input_error; /* that ended it; status 0: none */
    /* the journal */
    struct r3_live_session *sessions;
    size_t session_count;
    struct live_order *at_work;
    size_t order_count;
    struct r3_buffer lines; /* to be written */
    /* the exchange */
    struct live_market *markets;
    size_t market_count;
    struct live_balance *balances;
    size_t balance_count;
    int64_t balances_asked, status_asked; /* r3_clock_monotonic; 0: never */
    bool may_send, may_cancel;            /* by its status */
    int64_t compare_next;                 /* when the allotments are to be compared again; r3_clock_monotonic */
    bool overdrawn;                       /* the allotments do not fit: no entries */
    bool uncompared;                      /* it is not known whether they fit: no entries */
    bool key_refused;                     /* no request makes sense any more */
    bool account_refused;                 /* an order was, by what the account may not */
    bool write_failed;                    /* what was told may not have been written */
    bool lost;                            /* another run has taken a session over */
    char trouble[R3_TEXT_SIZE];           /* what the exchange did not answer last; "" */
    int64_t dead_man;                     /* when the switch was set last */
};

__attribute__((format(printf, 2, 3))) void live_say(const struct r3_live *live, const char *format, ...);
/* Remember what did not work, and when to try again. */
void live_trouble(struct r3_live *live, struct live_order *order, const struct r3_error *error);

/* Sessions as the store has them now; what is known of them from the round before stays known. */
int live_load_sessions(struct r3_live *live, struct r3_error *error);
void live_forget_sessions(struct r3_live *live);
/* Whether no session before this one is of its market: so each market is met once. */
bool live_is_first_of_market(const struct r3_live *live, size_t index);
/* Of --follow only those that have something to do, unless `all`: the others are to be run by whom it may concern. */
int live_lease_sessions(struct r3_live *live, bool all, struct r3_error *error);
/* What was not written is not acknowledged: the next run writes it. */
int live_give_back(struct r3_live *live, struct r3_error *error);
/* Another run has it now, and goes on with its orders. */
void live_lose_session(struct r3_live *live, struct r3_live_session *session, const struct r3_error *error);
/* Orders of the sessions whose leases are held; what is remembered of them stays remembered. */
int live_load_orders(struct r3_live *live, struct r3_error *error);
void live_forget_orders(struct r3_live *live);

/* Commit an outcome, and write it out. */
int live_commit(struct r3_live *live, struct live_order *order, enum r3_live_step step, int64_t attempts,
                struct r3_live_outcome *outcome, struct r3_error *error);
/* Notices alone, of the session; once: as in r3_live_commit. */
int live_notice(struct r3_live *live, struct r3_live_session *session, const char *once, enum r3_level level,
                const char *text, struct r3_error *error);

/* Do what is next for an order. -1: the run must end. */
int live_act(struct r3_live *live, struct live_order *order, enum r3_live_action action, struct r3_error *error);
int live_times(struct r3_live *live, const struct live_order *order, struct r3_live_times *times,
               struct r3_error *error);
/* Whether it is done, or rests at the exchange, as far as this run goes. */
bool live_is_settled(const struct live_order *order);

/* 1: *found is filled in, fills new and to be freed; 0: it is nowhere; -1: that could not be asked. */
struct live_look {
    struct r3_kucoin_order order;
    struct r3_kucoin_fill *fills;
    size_t fill_count;
    int64_t began, unsure; /* by the exchange's clock, and what that may be off by */
};
int live_look(struct r3_live *live, const struct r3_live_row *row, struct live_look *look, struct r3_error *error);

/* One that is not sent as far as the journal knows, and is at the exchange, as after a store was copied back: it is looked at from now on like
 * one that was sent. */
int live_take_seen(struct r3_live *live, struct live_order *order, const struct r3_kucoin_order *seen,
                   struct r3_error *error);

/* What is known for a check of this order: asked where it is not, or too old. -1: it could not be asked. 1: it is an entry, and the
 * exchange says that there is no such market; its words are in *error. */
struct r3_live_facts;
int live_facts(struct r3_live *live, const struct r3_order *order, struct r3_live_session *session,
               struct r3_live_facts *facts, struct r3_error *error);
int live_ask_balances(struct r3_live *live, struct r3_error *error);
/* What a purchase that was placed takes of the balances that were asked, so that they need not be asked again for a few seconds. */
void live_spend(struct r3_live *live, const struct r3_order *order);
int live_fail_balance(const char *currency, struct r3_error *error);
const struct live_balance *live_balance(const struct r3_live *live, const char *currency);
struct live_market *live_market(struct r3_live *live, const char *name);
/* 0; 1: there is no such market, and its words are in *error; -1. */
int live_ask_rules(struct r3_live *live, struct live_market *market, struct r3_error *error);
/* Sets may_send and may_cancel. */
void live_ask_status(struct r3_live *live);

/* Read what is there, all of it up to the end where `wait`; into the journal with it. */
int live_take_input(struct r3_live *live, bool wait, struct r3_error *error);

/* Where it is due; with `entries` the allotments alone are compared where it is not. */
int live_reconcile(struct r3_live *live, bool entries, struct r3_error *error);
/* The allotments alone: sets overdrawn, uncompared and compare_next. */
int live_compare(struct r3_live *live, struct r3_error *error);
/* "main-1-ENTRY-1 LIMIT BUY size 0.5 of BTC-USDT at 100", appended. */
void live_describe(struct r3_buffer *out, const struct r3_order *order);
/* Say what is not over; *left: what the next run must go on with, *unknown: of which it is not known whether it arrived. */
int live_tell_rest(struct r3_live *live, size_t *left, size_t *unknown, struct r3_error *error);
/* Of a run that does not end with 0: note in which sessions it has learnt all the same what became of every order that was at the exchange.
 * Where that cannot be noted, candles wait for the next run. */
void live_note_told(struct r3_live *live);
/* 0, or what the run ends with. */
int live_end(const struct r3_live *live, size_t left, size_t unknown, struct r3_error *error);
int live_dry_run(struct r3_live *live, struct r3_error *error);
int live_write(struct r3_live *live, const struct r3_buffer *lines, struct r3_error *error);

#endif
