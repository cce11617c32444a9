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
 *   paper_book.c      orders that are filled elsewhere
 */

struct paper_session {
    char name[R3_SESSION_SIZE];
    char currency[R3_CURRENCY_SIZE]; /* "" until the first market is known */
    struct r3_ledger ledger;
    struct r3_paper_ids ids;           /* of its orders */
    bool changed;                      /* cash, position or reservation, since the last account */
    bool filled;                       /* the same, and by a fill */
    const struct paper_market *agreed; /* one that is quoted in the currency, found so; NULL: not looked at yet */
    const struct paper_market *first;  /* of the ledger's first position; NULL: not looked for yet */
    bool named;                        /* the account has its names, for good */
    struct r3_record account;          /* the last one */
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

/* An order that came after the last close, by a tick or a command: it was not there at an open before its own time, so the candle
 * that first may fill it is known once it comes. */
#define PAPER_LATER ((UINT64_C(1) << 53) - 1) /* what a state can hold */
#define PAPER_NO_PLACE SIZE_MAX

struct paper_order {
    struct r3_order order; /* as it came, or as r3-order made it; a trailing stop's price moves */
    struct paper_session *session;
    struct paper_market *market;
    struct paper_bracket *bracket; /* a leg: what it protects; an entry: what it opened; else NULL */
    size_t place; /* of its market among the session's positions; PAPER_NO_PLACE: it was not there yet */
    bool leg;
    bool at_close;              /* a market order that fills at a close */
    bool triggered;             /* a stop that was touched: a market order from now on */
    bool against;               /* an entry that came while the opposite position was open */
    struct r3_decimal dust;     /* of that position, too little to be sold: the entry's fill closes it; else absent */
    bool done;                  /* terminal; swept when nobody walks the list */
    uint64_t first;             /* number of the first candle that may fill it; PAPER_LATER: not known yet */
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
    struct r3_decimal highest_fee;   /* of the two, and 0: what is reserved for */
    enum r3_timeframe timeframe;     /* of the last candle that counted; NONE: no candle yet */
    int64_t span;                    /* of that timeframe, ms; 0: months */
    int64_t time;                    /* open of the last candle */
    uint64_t candles;                /* how many counted */
    struct r3_decimal price;         /* the last known: a close; while a candle is worked through, its open */
    struct r3_decimal volume, taken; /* where --volume-share caps fills: of the last candle; what fills took of it */
    struct paper_order **orders;     /* in order of arrival */
    size_t count, capacity;
    struct paper_turn *turns; /* one a session */
    size_t turn_count, turn_capacity;
    struct paper_bracket **brackets;
    size_t bracket_count, bracket_capacity;
    uint32_t kinds;  /* paper_order_bit of its orders; there may be more bits, never fewer */
    uint64_t digest; /* of its name */
    /* Whose position of this market was looked for last, and its place in that ledger: 20 instructions of an order. NULL: none yet. */
    const struct paper_session *holder;
    size_t place;
    bool unswept;              /* some order is done, or some bracket ended */
    bool later;                /* some order's first candle is PAPER_LATER */
    struct paper_order *spare; /* memory for the next order; NULL */
};

struct r3_paper {
    struct r3_paper_options options;
    r3_paper_output *output;
    void *context;
    struct paper_market **markets, *last; /* last: the market of the last candle */
    size_t market_count, market_capacity;
    struct paper_session **sessions, *recent; /* recent: the one that was found last; NULL */
    size_t session_count, session_capacity;
    struct r3_decimal worsen; /* slippage + spread / 2 */
    struct r3_record update;  /* the last one: its texts mostly stay empty */
    bool changed;             /* some session did */
};

/* How the fill at hand comes about. */
struct paper_moment {
    int64_t time;
    enum r3_liquidity liquidity;
    uint64_t inside; /* the candle's number when it happens between its open and its close, else 0 */
};

/* paper.c. What is short and asked for several times a decision is here, to be a part of its callers. */
static inline int paper_emit(struct r3_paper *paper, const struct r3_record *record, struct r3_error *error) {
    return paper->output(paper->context, record, error);
}
/* By name; NULL: not known. */
struct paper_market *paper_market_search(const struct r3_paper *paper, const char *name);
static inline struct paper_market *paper_market(const struct r3_paper *paper, const char *name) {
    return paper->last && r3_same_name(paper->last->name, name) ? paper->last : paper_market_search(paper, name);
}
/* By name; NULL where there is none. _find is for names of records, of which 8 bytes can be read. */
struct paper_session *paper_session_search(struct r3_paper *paper, const char *name);
static inline struct paper_session *paper_session_find(struct r3_paper *paper, const char *name) {
    return paper->recent && r3_same_name(paper->recent->name, name) ? paper->recent : paper_session_search(paper, name);
}
/* The same, made where there is none. */
int paper_session_get(struct paper_session **out, struct r3_paper *paper, const char *name, struct r3_error *error);
static inline int64_t paper_close_time(const struct paper_market *market) {
    if (!market->candles)
        return 0;
    return market->span ? market->time + market->span : r3_timeframe_close(market->timeframe, market->time);
}
static inline void paper_set_timeframe(struct paper_market *market, enum r3_timeframe timeframe) {
    market->timeframe = timeframe;
    market->span = timeframe == R3_TIMEFRAME_NONE || timeframe == R3_1M ? 0 : r3_timeframe_span(timeframe);
}
static inline void paper_changed(struct r3_paper *paper, struct paper_session *session) {
    session->changed = paper->changed = true;
}
void paper_bracket_add_take(struct paper_market *market, struct paper_bracket *bracket);
/* Free what is done. */
void paper_sweep_all(struct paper_market *market);
static inline void paper_sweep(struct paper_market *market) {
    if (market->unswept)
        paper_sweep_all(market);
}
/* Mark what the session holds at its markets' last prices. What has no size is worth nothing at any price. (Mostly it holds one
 * market, of which the name is looked for once.) */
static inline void paper_mark_position(const struct r3_paper *paper, struct paper_session *session,
                                       struct r3_ledger_position *position) {
    const struct paper_market *market = session->first;

    if (!market || position != session->ledger.positions) {
        market = paper_market(paper, position->market);
        if (position == session->ledger.positions)
            session->first = market;
    }
    if (market && r3_decimal_is_present(&market->price))
        position->price = market->price;
}
static inline void paper_mark(const struct r3_paper *paper, struct paper_session *session) {
    for (struct r3_ledger_position *position = session->ledger.positions, *end = r3_ledger_end(&session->ledger);
         position != end; position++)
        if (!r3_decimal_is_zero(&position->size))
            paper_mark_position(paper, session, position);
}
/* A candle of this market; its names are not looked at. */
int paper_candle(struct r3_paper *paper, struct paper_market *market, const struct r3_candle *candle,
                 struct r3_error *error);
/* An account of each session that changed (by a fill alone, when `filled`). */
int paper_report(struct r3_paper *paper, bool filled, struct r3_error *error);

/* paper_order.c */
int paper_update(struct r3_paper *paper, const struct paper_order *order, enum r3_event event, int64_t time,
                 const char *reason, struct r3_error *error);
/* End an order: release what it reserves, say so. */
int paper_order_cancel(struct r3_paper *paper, struct paper_order *order, int64_t time, const char *reason,
                       struct r3_error *error);
/* Reserve for what is still to be bought; nothing for exits and for orders that are done. */
int paper_reserve_rest(struct r3_paper *paper, struct paper_order *order, struct r3_error *error);
int paper_reserve_nothing(struct r3_paper *paper, struct paper_order *order, struct r3_error *error);
/* What the session holds against this order, whatever its role, where the market does not sell so little; absent otherwise. */
int paper_dust(struct r3_decimal *out, const struct paper_order *order, struct r3_error *error);
/* A limit fills when a candle reaches this price: its own, and --through beyond it. */
int paper_limit_touch(const struct r3_paper *paper, struct paper_order *order, struct r3_error *error);
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

/* The bit in `kinds`: a kind, of exits or entries, at an open or inside a candle or at its close. */
static inline uint32_t paper_order_bit(const struct paper_order *order) {
    return UINT32_C(1) << ((unsigned)paper_kind(order) | (paper_is_entry(order) ? 4U : 0U) |
                           (order->at_close ? 8U : 0U));
}
/* The bits of all market orders. */
#define PAPER_MARKET_BITS (UINT32_C(0x1111) << R3_MARKET)
/* What is still to be filled; an order by funds: of its funds. */
static inline int paper_rest(struct r3_decimal *out, const struct paper_order *order, struct r3_error *error) {
    bool funds = paper_by_funds(order);
    const struct r3_decimal *wanted = funds ? &order->order.funds : &order->order.size;

    if (order->trades)
        return r3_decimal_subtract(out, wanted, funds ? &order->cost : &order->filled, error);
    *out = *wanted;
    return 0;
}
static inline int paper_reserve(struct r3_paper *paper, struct paper_order *order, struct r3_error *error) {
    if (!order->done && paper_is_entry(order) && !order->against)
        return paper_reserve_rest(paper, order, error);
    return r3_decimal_is_zero(&order->reserved) ? 0 : paper_reserve_nothing(paper, order, error);
}
/* What the session holds of the order's market; NULL: it never held any. It is asked four times an order, and the name is looked for
 * once. */
static inline struct r3_ledger_position *paper_position(const struct paper_order *order) {
    const struct r3_ledger *ledger = &order->session->ledger;
    return order->place != PAPER_NO_PLACE ? &ledger->positions[order->place]
                                          : r3_ledger_find(ledger, order->market->name);
}
/* What the session holds on the side that this order's side takes from; NULL: nothing. */
static inline const struct r3_ledger_position *paper_opposite(const struct paper_order *order) {
    const struct r3_ledger_position *position = paper_position(order);
    int sign = position ? r3_decimal_sign(&position->size) : 0;

    return sign != 0 && (sign > 0) == (order->order.side == R3_SELL) ? position : NULL;
}
/* The size of it, >= 0. */
static inline struct r3_decimal paper_held(const struct paper_order *order) {
    const struct r3_ledger_position *position = paper_opposite(order);
    struct r3_decimal held = r3_decimal_zero;

    if (position)
        r3_decimal_absolute(&held, &position->size);
    return held;
}
/* Whether the session holds the other side of what this entry would open. */
static inline bool paper_is_against(const struct paper_order *entry) {
    return paper_is_entry(entry) && paper_opposite(entry);
}

/* Take an order into its market's list: from now on the market's. */
void paper_grow_orders(struct paper_market *market);
static inline void paper_add_take(struct paper_market *market, struct paper_order *order) {
    market->later = market->later || order->first == PAPER_LATER;
    if (market->count == market->capacity)
        paper_grow_orders(market);
    market->orders[market->count++] = order;
    market->kinds |= paper_order_bit(order);
}

/* A candle that opens at `open` is the market's last now: it may be the first for orders whose was PAPER_LATER. */
void paper_find_first(const struct r3_paper *paper, struct paper_market *market, int64_t open);

/* A new order of this market, as the caller's until paper_add_take. */
struct paper_order *paper_order_new(const struct r3_paper *paper, struct paper_market *market,
                                    struct paper_session *session, const struct r3_order *order);

/* The one of that id that works; NULL: there is none. */
struct paper_order *paper_order_find(const struct r3_paper *paper, const char *id, const char *session);

/* paper_book.c */
/* Whether the book takes an order that keeps the market's rules: `reason` is left alone, or says why not. */
int paper_book_check(char reason[R3_TEXT_SIZE], const struct r3_paper *paper, struct paper_order *order,
                     struct r3_error *error);

/* paper_fill.c */
/* Fill what can be filled at `price`. Market and stop orders pay slippage and spread. The order may be done afterwards, and
 * others with it (the rest of a bracket); what the volume cap leaves stays working. */
int paper_fill(struct r3_paper *paper, struct paper_order *order, const struct r3_decimal *price,
               const struct paper_moment *moment, struct r3_error *error);

/* paper_bracket.c */
static inline bool paper_wants_bracket(const struct r3_order *order) {
    /* a scale is negative where the decimal is absent */
    bool levels = (order->stop.scale & order->target.scale & order->trail.scale & order->break_even.scale) >= 0;

    return order->role == R3_ENTRY && (levels || order->expiry != R3_TIME_ABSENT);
}
/* Length of the longest id that the bracket of this order gives to a leg. */
size_t paper_bracket_id_length(const struct r3_order *entry);
/* An entry that wants a bracket bought `size` for `cost` at `price`. */
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
