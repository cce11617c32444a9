#ifndef R3_TRADE_TRACKER_PRIVATE_H
#define R3_TRADE_TRACKER_PRIVATE_H

#include "lib/trade/ledger.h"
#include "lib/trade/tracker.h"

/* What the files of the tracker share: tracker.c decides by its table, tracker_signals.c and tracker_records.c say what each record
 * asks of it, tracker_guard.c and tracker_end.c keep it from entering and end a session, tracker_candles.c passes over the candles that ask nothing, tracker_book.c knows what is held and what it is worth,
 * tracker_orders.c writes orders, tracker_protection.c watches stops, targets and time, tracker_told.c knows trades that came before. */

struct r3_buffer;
struct r3_json;

enum { R3_TRACKER_WATCH_CANDLES = 1024 }; /* at least one sync in so many candles while the exchange may act */
enum { R3_TRACKER_TOLD = 1024 };          /* so many trades are remembered, to know one that comes again */

enum r3_tracker_state { R3_TRACKER_FLAT, R3_TRACKER_ENTERING, R3_TRACKER_OPEN, R3_TRACKER_EXITING, R3_TRACKER_STATES };

/* What a record asks of a position, or what a sync showed of it. */
enum r3_tracker_event {
    /* What is asked for. */
    R3_TRACKER_ALONG,   /* a signal for the side that is held or entered; while FLAT, for either */
    R3_TRACKER_AGAINST, /* a signal for the other side, where it may be taken */
    R3_TRACKER_LEAVE, /* FLAT; SHORT without --short; the other side while paused; a session's stop; the end with --close-at-end */
    R3_TRACKER_PROTECT, /* stop, target or time was reached, with --protect tracker */
    R3_TRACKER_OVERDUE, /* a limit entry has waited its number of candles; any, where the session is paused */
    /* What a sync showed. */
    R3_TRACKER_ENTRY_WAITS, /* the entry works, nothing is on its way out */
    R3_TRACKER_EXIT_WAITS,  /* an exit works */
    R3_TRACKER_REST_HELD,   /* the exit ended, and something is left */
    R3_TRACKER_HELD,        /* a position, and no order works */
    R3_TRACKER_NOTHING,     /* no position, and no order works */
    R3_TRACKER_EVENTS
};

/* Why an event came. */
struct r3_tracker_request {
    enum r3_tracker_event event;
    enum r3_role role;              /* of the exit */
    const struct r3_signal *signal; /* NULL: none */
    const char *reason;             /* for a cancel */
    bool again;                     /* REST_HELD: try at once, though the last attempt was at this very market time */
};

/* Levels that protect a position; absent or R3_TIME_ABSENT where there is none. */
struct r3_tracker_levels {
    struct r3_decimal stop, target;      /* prices */
    struct r3_decimal trail, break_even; /* distances in price units */
    int64_t expiry;
};

struct r3_tracker_order {
    char id[R3_ID_SIZE]; /* "": none */
    char signal[R3_ID_SIZE];
    int64_t number; /* of the position that it belongs to */
    int attempt;
    enum r3_direction direction; /* of the position that it enters or leaves */
    enum r3_role role;
    enum r3_kind kind;
    int64_t time;                /* market time at which it was written */
    bool working;                /* not known to have ended */
    bool cancelling;             /* a cancel was written */
    bool withdrawn;              /* an exit that was taken back: what is left stays open */
    bool told;                   /* its end was told in the tracker's own input: an exchange has ended it */
    enum r3_timeframe timeframe; /* of the signal; candles of it are counted for a limit entry */
    int64_t candles;
    struct r3_tracker_levels levels; /* of an entry, for the position that it makes */
};

/* Entries are blocked until a moment; told: which of these a notice has said. R3_TIME_ABSENT: none. */
struct r3_tracker_block {
    int64_t until, told;
};
struct r3_tracker_stop {
    int64_t time; /* of a stop that lost */
};
/* A balance by closed results, fees included. */
struct r3_tracker_peak {
    int64_t since; /* when the first result behind it came */
    struct r3_decimal balance;
};

struct r3_tracker_session {
    char name[R3_SESSION_SIZE];
    struct r3_name_key key;              /* of the name */
    struct r3_decimal equity, available; /* absent before the first account */
    int64_t number;                      /* positions so far */
    int64_t wins, losses;
    struct r3_decimal total_win, total_loss;     /* both >= 0, after fees */
    struct r3_decimal average_win, average_loss; /* the totals over the counts, HALF_EVEN at scale 14 */
    bool paused, stopped;
    bool kept; /* stopped, and its positions are left as they are: they are the trader's */

    struct r3_decimal first_equity, peak_equity; /* of the first account; the highest that was judged. Absent before */
    int ended;                                   /* stops that an end condition gave it */
    bool due;                                    /* its end conditions are to be judged when the record is done */
    struct r3_tracker_block stop_block, drawdown_block;
    struct r3_tracker_stop *stops; /* those that count still, in the order in which they were told */
    struct r3_tracker_peak *peaks; /* each is below the one before it */
    size_t stop_count, peak_count;
    int64_t last_close;   /* of a position, of those that guards and end conditions know; R3_TIME_ABSENT: none */
    int64_t fallen_since; /* when the latest peak stood from which the balance fell too far; R3_TIME_ABSENT: none */
};

struct r3_tracker_market {
    char name[R3_MARKET_SIZE];
    struct r3_name_key key;     /* of the name */
    char quote[R3_MARKET_SIZE]; /* currency: "USDT" of "BTC-USDT" */
    struct r3_name_key quote_key;
    bool quoted;                 /* the name has a '-', and so a quote */
    enum r3_timeframe timeframe; /* of the last candle; coarser ones count only where that has ended */
    int64_t span;
    int64_t closed, closed_before; /* closes of the last candle and of the one before it */
    struct r3_decimal price;       /* the last close, or price record; absent before the first */
    int64_t day;                   /* the 00:00 UTC that `midnight` is the price of */
    struct r3_decimal midnight;
    unsigned attention; /* positions that each candle concerns */
};

struct r3_tracker_position {
    struct r3_tracker_session *session;
    struct r3_tracker_market *market;
    char platform[R3_PLATFORM_SIZE];
    enum r3_tracker_state state;
    enum r3_direction direction; /* of what is held or entered; NONE while FLAT */

    struct r3_ledger ledger;     /* this market alone, beginning with no cash: everything that trades did */
    struct r3_decimal size;      /* held: the ledger's, signed */
    struct r3_decimal flat_cash; /* the ledger's cash when nothing was held last */
    struct r3_decimal midnight_cash, midnight_size; /* of the ledger at market->day */
    struct r3_decimal midnight_worth; /* midnight_cash + midnight_size x market->midnight, once it was asked for */
    bool midnight_known;              /* midnight_worth is that; else it is worked out anew */
    bool dust;                        /* what is held is below the market's minimum: it counts as nothing */

    int64_t number;       /* of the held position */
    int64_t opened;       /* time of its first fill */
    enum r3_kind entered; /* the kind of the entry that it began with */
    struct r3_tracker_levels levels;
    int attempts[R3_MO + 1]; /* exit orders so far, by role */
    struct r3_tracker_order entry, exit;

    bool leaving;                       /* leave what the entry still fills, as soon as it has ended */
    bool changed;                       /* a trade came since the last position record */
    bool foreign_fee, foreign_fee_told; /* a fee in another currency than the quote came; a notice said so */
    bool attentive, watched;            /* counted in market->attention, tracker->watching */
    int64_t signal_time;                /* directions seen at this time, as bits */
    unsigned seen;
    struct r3_tracker_block cooldown;
};

/* The last trades that came while an exchange tells of them. It may tell one twice. */
struct r3_tracker_told {
    bool begun;       /* it has told something in the tracker's own input */
    uint64_t *trades; /* hashes of their ids, in the order in which they came; NULL: none yet */
    size_t count;     /* at most R3_TRACKER_TOLD */
};

struct r3_tracker {
    struct r3_tracker_options options;
    struct r3_tracker_outlet outlet;
    struct r3_tracker_session **sessions;
    struct r3_tracker_market **markets;
    struct r3_tracker_position **positions;
    size_t session_count, market_count, position_count;
    struct r3_tracker_market *last;     /* the market of the last candle */
    struct r3_tracker_position *latest; /* the position of the last signal or trade */
    int64_t now;                        /* market time */
    bool opened, ending;
    bool fresh;                                    /* a sync came since this record began to be stepped */
    unsigned watching;                             /* positions whose orders or protection may act at the exchange */
    unsigned candles;                              /* since the last sync, while watching */
    bool guards, ends, ends_by_result;             /* whether protections block entries, end conditions are judged */
    bool unseen;                                   /* an order was written since the last sync */
    int64_t alarm;                                 /* --end-at, while a session may have to end then; else INT64_MAX */
    struct r3_record out;                          /* what is written, raw orders aside */
    struct r3_record raworder;                     /* the last raw order */
    const struct r3_tracker_position *raworder_of; /* whose it was: its names are in the record, and in its id */
    int64_t raworder_number;                       /* the number in its id; -1: none */
    bool raworder_leveled;                         /* it had a price or levels */
    size_t raworder_stem, raworder_numbered;       /* lengths of the id's beginning: "main-", "main-17" */
    struct r3_tracker_told told;
};

/* tracker.c */
/* The barrier: fetch what was filled, and put each position into the state that its orders and trades show. */
int r3_tracker_synchronize(struct r3_tracker *tracker, struct r3_error *error);
/* Do what the table says of the event, by what is known. */
int r3_tracker_judge(struct r3_tracker *tracker, struct r3_tracker_position *position,
                     const struct r3_tracker_request *request, struct r3_error *error);
/* Whether the event could do anything, as far as is known without a sync: where the exchange cannot have acted, what is known
 * is what is. */
bool r3_tracker_could_act(const struct r3_tracker_position *position, enum r3_tracker_event event);
/* Judge the event by what is known at this record: with a sync before it, where it could act and none came since the record. */
int r3_tracker_act(struct r3_tracker *tracker, struct r3_tracker_position *position,
                   const struct r3_tracker_request *request, struct r3_error *error);

/* tracker_signals.c */
int r3_tracker_signal(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error);

/* tracker_book.c */
void r3_tracker_forget_sessions(struct r3_tracker *tracker);
/* By name, made where they are not there. */
struct r3_tracker_session *r3_tracker_find_session(struct r3_tracker *tracker, const char *name);
struct r3_tracker_market *r3_tracker_find_market(struct r3_tracker *tracker, const char *name);
struct r3_tracker_position *r3_tracker_find_position(struct r3_tracker *tracker, struct r3_tracker_session *session,
                                                     struct r3_tracker_market *market);
struct r3_tracker_position *r3_tracker_find_named(struct r3_tracker *tracker, const char *session, const char *market);
/* The same, of which mostly it is the one that was wanted last. */
static inline struct r3_tracker_position *r3_tracker_position_of(struct r3_tracker *tracker, const char *session,
                                                                 const char *market) {
    struct r3_tracker_position *latest = tracker->latest;
    if (latest && r3_name_has_key(market, &latest->market->key) && r3_name_has_key(session, &latest->session->key))
        return latest;
    return r3_tracker_find_named(tracker, session, market);
}
/* The day of `time` has begun, at this price. */
void r3_tracker_begin_day(struct r3_tracker *tracker, struct r3_tracker_market *market, int64_t time,
                          const struct r3_decimal *price);
/* A candle of the market closed at `time`: remember the price, and the price of midnight where a day ended. */
void r3_tracker_mark(struct r3_tracker *tracker, struct r3_tracker_market *market, int64_t time,
                     const struct r3_decimal *price);
/* Whether anything is held that counts. */
static inline bool r3_tracker_holds(const struct r3_tracker_position *position) {
    return !r3_decimal_is_zero(&position->size) && !position->dust;
}
/* Its ledger's one position; NULL before the first fill. */
static inline const struct r3_ledger_position *r3_tracker_held(const struct r3_tracker_position *position) {
    return position->ledger.count ? &position->ledger.positions[0] : NULL;
}
/* Count the position as closed by an order of this role: its result goes into wins or losses. */
int r3_tracker_count_result(const struct r3_tracker *tracker, struct r3_tracker_position *position, int64_t time,
                            enum r3_role role, struct r3_error *error);
/* |size| x price, and the price that a level stands for: HALF_EVEN at scale 14. */
int r3_tracker_value(struct r3_decimal *out, const struct r3_decimal *size, const struct r3_decimal *price,
                     struct r3_error *error);
int r3_tracker_emit_position(struct r3_tracker *tracker, struct r3_tracker_position *position, struct r3_error *error);

/* tracker_orders.c */
/* Ask for a position. 1: asked; 0: the signal's levels forbid it, which a notice says. reversal: what is held is on its way
 * out, so its value counts as available. again: the entry before this one was cancelled unfilled, this is its next attempt. */
int r3_tracker_enter(struct r3_tracker *tracker, struct r3_tracker_position *position, const struct r3_signal *signal,
                     bool reversal, bool again, struct r3_error *error);
/* Leave the whole position at market. signal: NULL where none asked for it. */
int r3_tracker_exit(struct r3_tracker *tracker, struct r3_tracker_position *position, enum r3_role role,
                    const struct r3_signal *signal, struct r3_error *error);
int r3_tracker_cancel(struct r3_tracker *tracker, struct r3_tracker_position *position, struct r3_tracker_order *order,
                      const char *reason, struct r3_error *error);
int r3_tracker_notice(struct r3_tracker *tracker, enum r3_level level, const struct r3_tracker_session *session,
                      struct r3_error *error, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* tracker_told.c */
/* Whether this trade came before; it is remembered now. Where no exchange has begun to tell, none comes twice. */
bool r3_tracker_came_before(struct r3_tracker *tracker, const struct r3_trade *trade);
/* In a state, as its member "told"; left out where nothing was told. */
void r3_tracker_put_told(const struct r3_tracker *tracker, struct r3_buffer *out);
int r3_tracker_take_told(struct r3_tracker *tracker, const struct r3_json *object, struct r3_error *error);

/* tracker_guard.c */
/* A position was closed: what that blocks. `result`: after fees, counted already. */
int r3_tracker_note_result(const struct r3_tracker *tracker, struct r3_tracker_position *position,
                           const struct r3_decimal *result, int64_t time, enum r3_role role, struct r3_error *error);
/* Whether protections and end conditions leave room for an entry; the arguments of r3_tracker_enter. 1, 0, -1. */
int r3_tracker_may_enter(struct r3_tracker *tracker, struct r3_tracker_position *position,
                         const struct r3_signal *signal, bool reversal, bool again, struct r3_error *error);

/* tracker_end.c */
void r3_tracker_end_init(struct r3_tracker *tracker);
/* There is a session that --end-at may have to end. */
static inline void r3_tracker_set_alarm(struct r3_tracker *tracker) {
    tracker->alarm = tracker->options.end_at ? tracker->options.end_at : INT64_MAX;
}
/* Whether no end condition is met by now. 1, 0, -1. */
int r3_tracker_end_allows(struct r3_tracker *tracker, struct r3_tracker_session *session, struct r3_error *error);
/* The record is done: judge the end conditions of the sessions that it concerns. */
int r3_tracker_judge_ends(struct r3_tracker *tracker, const struct r3_record *record, struct r3_error *error);

/* tracker_records.c */
/* What a session that is paused or stopped has to withdraw. */
int r3_tracker_obey(struct r3_tracker *tracker, const struct r3_tracker_session *session, struct r3_error *error);

/* tracker_protection.c: the role of the exit that is due, or R3_ROLE_NONE. */
enum r3_role r3_tracker_touched_by_candle(const struct r3_tracker_position *position, const struct r3_candle *candle);
enum r3_role r3_tracker_touched_by_price(const struct r3_tracker_position *position, const struct r3_decimal *price,
                                         int64_t time);
/* By the last price that is known of its market. */
enum r3_role r3_tracker_touched_by_last_price(const struct r3_tracker_position *position);
/* Move the stop at the close of a candle: break-even, then the trailing stop. It never moves back. */
int r3_tracker_move_stop(struct r3_tracker_position *position, const struct r3_decimal *close, struct r3_error *error);
/* The levels of an entry: the signal's own, otherwise by the options. */
int r3_tracker_levels_of(struct r3_tracker_levels *out, const struct r3_tracker_options *options,
                         const struct r3_signal *signal, struct r3_error *error);
/* Whether it has none. */
static inline bool r3_tracker_is_bare(const struct r3_tracker_options *options, const struct r3_signal *signal) {
    int32_t all_absent = signal->stop.scale & signal->target.scale & options->stop_loss.scale &
                         options->take_profit.scale & options->trailing_stop.scale & options->break_even.scale;
    return all_absent < 0 && options->max_duration == 0; /* a scale below 0 is what absent means */
}
/* Whether the exchange may act by them. */
static inline bool r3_tracker_levels_any(const struct r3_tracker_levels *levels) {
    int32_t all_absent = levels->stop.scale & levels->target.scale & levels->trail.scale & levels->break_even.scale;
    return all_absent >= 0 || levels->expiry != R3_TIME_ABSENT;
}

#endif
