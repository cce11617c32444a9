#ifndef R3_TRADE_PAPER_INTERNAL_H
#define R3_TRADE_PAPER_INTERNAL_H

#include "lib/trade/ledger.h"
#include "lib/trade/paper.h"
#include "lib/trade/paper_ids.h"

/* The inside of the paper exchange, private to lib/trade/paper*.c:
 *   paper.c           markets, sessions, accounts, the course of one candle
 *   paper_order.c     what is checked when an order or a cancel arrives; reservations; updates
 *   paper_fill.c      one fill: price, size, cash, ledger, trade
 *   paper_bracket.c   protective legs: made, moved, ended
 *   paper_ids.c       the ids that were seen
 *   paper_candles.c   blocks of candles
 */

struct paper_session {
    char name[R3_SESSION_SIZE];
    char currency[R3_CURRENCY_SIZE]; /* "" until the first market is known */
    struct r3_ledger ledger;
    struct r3_paper_ids ids; /* of its orders */
    bool changed;            /* cash, position or reservation, since the last account */
    bool filled;             /* the same, and by a fill */
};

struct paper_order;

/* The protection of one entry: it begins with the entry's first fill, and ends when what that bought is sold. */
struct paper_bracket {
    char prefix[R3_ID_SIZE]; /* of the legs' ids */
    struct paper_session *session;
    struct paper_order *entry;                     /* NULL once that is filled or canceled */
    struct paper_order *stop, *target, *time_exit; /* NULL when there is none, or no more */
    enum r3_side side;                             /* of the entry */
    struct r3_decimal size;                        /* what the legs protect */
    struct r3_decimal bought, cost;                /* by the entry, in all: its price for break-even */
    struct r3_decimal trail, break_even;           /* absent when not asked for */
    int64_t expiry;
    int stop_attempt, target_attempt, time_attempt; /* the last number given */
    bool ended;
    uint64_t inside;        /* the candle inside which the entry filled first; 0: at an open or a close */
    struct r3_decimal from; /* that first fill's price */
};

struct paper_order {
    struct r3_order order; /* as it came, or as r3-order made it; a trailing stop's price moves */
    struct paper_session *session;
    struct paper_market *market;
    struct paper_bracket *bracket; /* a leg: what it protects; an entry: what it opened; else NULL */
    bool leg;
    bool at_close;              /* a market order that fills at a close */
    bool triggered;             /* a stop that was touched: a market order from now on */
    bool against;               /* an entry that came while the opposite position was open */
    struct r3_decimal dust;     /* of that position, too little to be sold: the entry's fill closes it; else absent */
    bool done;                  /* terminal; swept when nobody walks the list */
    uint64_t first;             /* number of the first candle that may fill it */
    struct r3_decimal touch;    /* LIMIT: the price that the candle must reach; STOP: order.price */
    struct r3_decimal estimate; /* entries by size: the price that the reservation reckons with */
    struct r3_decimal filled, cost, fee, reserved;
    unsigned trades;
};

/* A session's last exit that left a market flat on arrival, at a close: an entry on its side at the same close turns the position. */
struct paper_turn {
    const struct paper_session *session;
    enum r3_side side;
    uint64_t candle;
};

struct paper_market {
    char name[R3_MARKET_SIZE];
    struct r3_instrument rules;      /* maker_fee and taker_fee are present: what is in force */
    enum r3_timeframe timeframe;     /* the finest seen; NONE: no candle yet */
    int64_t time;                    /* open of the last candle */
    uint64_t candles;                /* how many counted */
    struct r3_decimal price;         /* the last known: a close; while a candle is worked through, its open */
    struct r3_decimal volume, taken; /* of the last candle; what fills took of it, where --volume-share caps that */
    struct paper_order **orders;     /* in order of arrival */
    size_t count, capacity;
    struct paper_turn *turns; /* one a session */
    size_t turn_count, turn_capacity;
    struct paper_bracket **brackets;
    size_t bracket_count, bracket_capacity;
    bool unswept;              /* some order is done, or some bracket ended */
    struct paper_order *spare; /* memory for the next order; NULL */
};

struct r3_paper {
    struct r3_paper_options options;
    r3_paper_output *output;
    void *context;
    struct paper_market **markets, *last; /* last: the market of the last candle */
    size_t market_count, market_capacity;
    struct paper_session **sessions;
    size_t session_count, session_capacity;
    struct r3_decimal worsen; /* slippage + spread / 2 */
    bool changed;             /* some session did */
};

/* How the fill at hand comes about. */
struct paper_moment {
    int64_t time;
    enum r3_liquidity liquidity;
    uint64_t inside; /* the candle's number when it happens between its open and its close, else 0 */
};

/* paper.c */
int paper_emit(struct r3_paper *paper, const struct r3_record *record, struct r3_error *error);
struct paper_market *paper_market(const struct r3_paper *paper, const char *name); /* NULL: not known */
/* NULL where there is none. */
struct paper_session *paper_session_find(const struct r3_paper *paper, const char *name);
int paper_session_get(struct paper_session **out, struct r3_paper *paper, const char *name, struct r3_error *error);
int64_t paper_close_time(const struct paper_market *market);
void paper_changed(struct r3_paper *paper, struct paper_session *session);
/* Take an order into its market's list: from now on the market's. */
void paper_add_take(struct paper_market *market, struct paper_order *order);
void paper_bracket_add_take(struct paper_market *market, struct paper_bracket *bracket);
/* Free what is done. */
void paper_sweep(struct paper_market *market);
/* Mark what the session holds at its markets' last prices. */
void paper_mark(struct r3_paper *paper, struct paper_session *session);
/* An account of each session that changed (by a fill alone, when `filled`). */
int paper_report(struct r3_paper *paper, bool filled, struct r3_error *error);

/* paper_order.c */
int paper_update(struct r3_paper *paper, const struct paper_order *order, enum r3_event event, int64_t time,
                 const char *reason, struct r3_error *error);
/* End an order: release what it reserves, say so. */
int paper_order_cancel(struct r3_paper *paper, struct paper_order *order, int64_t time, const char *reason,
                       struct r3_error *error);
/* Reserve for what is still to be bought; nothing for exits and for orders that are done. */
int paper_reserve(struct r3_paper *paper, struct paper_order *order, struct r3_error *error);
/* out = amount x (1 + the higher of the two fees). */
int paper_with_fee(struct r3_decimal *out, const struct r3_decimal *amount, const struct paper_market *market,
                   struct r3_error *error);
/* What is still to be filled; an order by funds: of its funds. */
int paper_rest(struct r3_decimal *out, const struct paper_order *order, struct r3_error *error);
/* Whether the session holds the other side of what this entry would open. */
bool paper_is_against(const struct paper_order *entry);
/* What the session holds against this order, whatever its role, where the market does not sell so little; absent otherwise. */
int paper_dust(struct r3_decimal *out, const struct paper_order *order, struct r3_error *error);
/* A limit fills when a candle reaches this price: its own, and --through beyond it. */
int paper_limit_touch(const struct r3_paper *paper, struct paper_order *order, struct r3_error *error);
/* The size that the session holds against this order, >= 0. */
struct r3_decimal paper_held(const struct paper_order *order);
static inline bool paper_is_entry(const struct paper_order *order) {
    return order->order.role == R3_ENTRY;
}
static inline bool paper_by_funds(const struct paper_order *order) {
    return r3_decimal_is_present(&order->order.funds);
}
/* A triggered stop is a market order. */
static inline enum r3_kind paper_kind(const struct paper_order *order) {
    return order->triggered ? R3_MARKET : order->order.kind;
}
/* Whether a stop or limit is met by a falling price. */
static inline bool paper_meets_below(const struct paper_order *order) {
    return (order->order.kind == R3_STOP) == (order->order.side == R3_SELL);
}

/* A new order of this market, as the caller's until paper_add_take. */
struct paper_order *paper_order_new(const struct r3_paper *paper, struct paper_market *market,
                                    struct paper_session *session, const struct r3_order *order);

/* paper_fill.c */
/* Fill what can be filled at `price`. Market and stop orders pay slippage and spread. The order may be done afterwards, and
 * others with it (the rest of a bracket); what the volume cap leaves stays working. */
int paper_fill(struct r3_paper *paper, struct paper_order *order, const struct r3_decimal *price,
               const struct paper_moment *moment, struct r3_error *error);

/* paper_bracket.c */
bool paper_wants_bracket(const struct r3_order *order);
/* Length of the longest id that the bracket of this order gives to a leg. */
size_t paper_bracket_id_length(const struct r3_order *entry);
/* An entry bought `size` for `cost` at `price`. */
int paper_bracket_entered(struct r3_paper *paper, struct paper_order *entry, const struct r3_decimal *price,
                          const struct r3_decimal *size, const struct r3_decimal *cost,
                          const struct paper_moment *moment, struct r3_error *error);
/* A leg sold `size`. */
int paper_bracket_left(struct r3_paper *paper, struct paper_order *leg, const struct r3_decimal *size,
                       const struct paper_moment *moment, struct r3_error *error);
/* The session holds no more of the market: end every exit and bracket there. */
int paper_position_closed(struct r3_paper *paper, struct paper_market *market, struct paper_session *session,
                          int64_t time, struct r3_error *error);
/* At a candle's open: the time exits that are due. */
int paper_bracket_expire(struct r3_paper *paper, struct paper_market *market, const struct r3_candle *candle,
                         struct r3_error *error);
/* Whether a candle's close can move its stop. */
bool paper_bracket_moves(const struct paper_bracket *bracket);
/* At a candle's close: move trailing and break-even stops. */
int paper_bracket_move(struct r3_paper *paper, struct paper_market *market, int64_t time, struct r3_error *error);
/* A triggered stop whose rest goes on as a new market order. */
int paper_bracket_retry(struct r3_paper *paper, struct paper_order *stop, int64_t time, struct r3_error *error);
/* The entry is filled or canceled: the bracket no longer names it. */
void paper_bracket_entry_done(struct paper_order *entry);
/* Somebody canceled this leg. */
void paper_bracket_forget(struct paper_order *leg);

#endif
