#ifndef R3_RECORD_RECORD_H
#define R3_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/decimal.h"
#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/record/timeframe.h"

/* The records that programs exchange, as structs. r3-records(5) states the wire; lib/record/members.c has one table a
 * type, in the canonical order, from which encoding, decoding and the schema check follow.
 *
 * Texts are NUL-terminated in arrays of their greatest length plus one; "" is absent. Decimals: r3_decimal_absent. Times:
 * R3_TIME_ABSENT. Enumerations: their first value, NONE, is absent. Records are plain bytes: copy them with =, or
 * r3_record_size bytes of them. Only `label` and `pipeline` of a command, `expression` of a request and `data` of a state are
 * pointers, borrowed from the decoder until its next record. */

enum {
    R3_ID_SIZE = 41,      /* A-Za-z0-9_- */
    R3_SESSION_SIZE = 17, /* A-Za-z0-9_ */
    R3_NAME_SIZE = 65,    /* strategy, value name, program */
    R3_PLATFORM_SIZE = 17,
    R3_MARKET_SIZE = 33, /* BTC-USDT */
    R3_CURRENCY_SIZE = 17,
    R3_TEXT_SIZE = 256,    /* reason, notice text, source */
    R3_STATE_SIZE = 49153, /* data of a state */
    R3_STREAM_VERSION = 1,
    R3_DEPTH_MAX = 16 /* nesting of a JSON line */
};

enum r3_record_type {
    R3_UNKNOWN, /* a type that this version does not know: echoed */
    R3_STREAM,
    R3_INSTRUMENT,
    R3_CANDLE,
    R3_PRICE,
    R3_SIGNAL,
    R3_RAWORDER,
    R3_ORDER,
    R3_CANCEL,
    R3_UPDATE,
    R3_TRADE,
    R3_POSITION,
    R3_ACCOUNT,
    R3_COMMAND,
    R3_TICK,
    R3_REQUEST,
    R3_VALUE,
    R3_NOTICE,
    R3_STATE,
    R3_SYNC,
    R3_END,
    R3_RECORD_TYPES
};
#define R3_BIT(type) (UINT32_C(1) << (type))

enum r3_direction { R3_DIRECTION_NONE, R3_LONG, R3_SHORT, R3_FLAT };
enum r3_role { R3_ROLE_NONE, R3_ENTRY, R3_EXIT, R3_TP, R3_SL, R3_MO };
enum r3_side { R3_SIDE_NONE, R3_BUY, R3_SELL };
enum r3_kind { R3_KIND_NONE, R3_MARKET, R3_LIMIT, R3_STOP };
enum r3_fill { R3_FILL_NONE, R3_FILL_NEXT_OPEN, R3_FILL_CLOSE }; /* "NEXT_OPEN", "CLOSE" */
enum r3_order_status { R3_STATUS_NONE, R3_OPENED, R3_CLOSED, R3_CANCELED };
enum r3_execution { R3_EXECUTION_NONE, R3_NOT_EXECUTED, R3_PARTIALLY_EXECUTED, R3_FULLY_EXECUTED };
enum r3_event {
    R3_EVENT_NONE,
    R3_EVENT_PLACED,
    R3_EVENT_PARTIAL,
    R3_EVENT_FILLED,
    R3_EVENT_CANCELED,
    R3_EVENT_REJECTED,
    R3_EVENT_UNKNOWN
};
enum r3_liquidity { R3_LIQUIDITY_NONE, R3_MAKER, R3_TAKER };
enum r3_action { R3_ACTION_NONE, R3_START, R3_STOP_SESSION, R3_PAUSE, R3_RESUME }; /* "start" "stop" "pause" "resume" */
/* What becomes of an open position when a session stops: "close" "keep". */
enum r3_command_position { R3_COMMAND_POSITION_NONE, R3_CLOSE_POSITION, R3_KEEP_POSITION };
enum r3_level { R3_LEVEL_NONE, R3_INFO, R3_WARNING, R3_ERROR };

struct r3_stream {
    int64_t version;
};

struct r3_instrument {
    char platform[R3_PLATFORM_SIZE], market[R3_MARKET_SIZE], base[R3_CURRENCY_SIZE], quote[R3_CURRENCY_SIZE];
    struct r3_decimal price_increment, base_increment, quote_increment;
    struct r3_decimal minimum_size, minimum_funds; /* "0": none */
    struct r3_decimal maker_fee, taker_fee;        /* fractions; optional: absent leaves r3-order's own options */
    char fee_currency[R3_CURRENCY_SIZE];
};

struct r3_candle {
    char platform[R3_PLATFORM_SIZE], market[R3_MARKET_SIZE];
    enum r3_timeframe timeframe;
    int64_t time; /* of the open */
    struct r3_decimal open, high, low, close, volume;
};
/* Whether two candles say the same, whatever they are of. */
static inline bool r3_candle_same_values(const struct r3_candle *a, const struct r3_candle *b) {
    return r3_decimal_equal(&a->open, &b->open) && r3_decimal_equal(&a->high, &b->high) &&
           r3_decimal_equal(&a->low, &b->low) && r3_decimal_equal(&a->close, &b->close) &&
           r3_decimal_equal(&a->volume, &b->volume);
}

struct r3_price {
    char platform[R3_PLATFORM_SIZE], market[R3_MARKET_SIZE];
    int64_t time;
    struct r3_decimal price;
};

struct r3_signal {
    char id[R3_ID_SIZE], session[R3_SESSION_SIZE], strategy[R3_NAME_SIZE], platform[R3_PLATFORM_SIZE],
        market[R3_MARKET_SIZE];
    enum r3_timeframe timeframe;
    int64_t time; /* the close of the candle that made it */
    enum r3_direction direction;
    struct r3_decimal reference;                            /* that candle's close */
    struct r3_decimal confidence, stop, target, volatility; /* optional */
    char reason[R3_TEXT_SIZE];                              /* optional */
};

/* What r3-track asks for, before it has a size. */
struct r3_raworder {
    char id[R3_ID_SIZE], session[R3_SESSION_SIZE], signal[R3_ID_SIZE]; /* signal optional */
    char platform[R3_PLATFORM_SIZE], market[R3_MARKET_SIZE];
    int64_t time;
    enum r3_role role;
    enum r3_side side;
    enum r3_kind kind;
    enum r3_fill fill; /* optional */
    struct r3_decimal reference;
    struct r3_decimal price, stop, target;         /* optional; prices */
    struct r3_decimal trail, break_even;           /* optional; distances in price units */
    struct r3_decimal stop_distance;               /* optional; for sizing, where r3-track watches the stop itself */
    int64_t expiry;                                /* optional: when the position is left at market */
    struct r3_decimal volatility, size;            /* optional; size: exits, the whole position */
    struct r3_decimal equity, available, exposure; /* quote currency */
    struct r3_decimal day_pnl;                     /* quote currency, since 00:00 UTC */
    int64_t wins, losses;                          /* closed positions so far */
    struct r3_decimal average_win, average_loss;   /* quote currency, both >= 0 */
};

struct r3_order {
    char id[R3_ID_SIZE], session[R3_SESSION_SIZE], signal[R3_ID_SIZE]; /* signal optional */
    char platform[R3_PLATFORM_SIZE], market[R3_MARKET_SIZE];
    int64_t time;
    enum r3_role role;
    enum r3_side side;
    enum r3_kind kind;
    enum r3_fill fill;                     /* optional */
    struct r3_decimal price, stop, target; /* optional; price: of a LIMIT, or the trigger of a STOP */
    struct r3_decimal trail, break_even;   /* optional */
    int64_t expiry;                        /* optional */
    struct r3_decimal size, funds;         /* one of the two: base currency, or quote currency without the fee */
};

struct r3_cancel {
    char order[R3_ID_SIZE], session[R3_SESSION_SIZE];
    int64_t time;
    char reason[R3_TEXT_SIZE];
};

struct r3_update {
    char order[R3_ID_SIZE], session[R3_SESSION_SIZE];
    int64_t time;
    enum r3_order_status status;
    enum r3_execution execution;
    enum r3_event event;
    struct r3_decimal filled, cost, fee; /* so far: base, quote, quote */
    char reason[R3_TEXT_SIZE];           /* optional */
    char exchange_id[R3_NAME_SIZE];      /* optional */
};

struct r3_trade {
    char id[R3_ID_SIZE], order[R3_ID_SIZE], session[R3_SESSION_SIZE], market[R3_MARKET_SIZE];
    int64_t time; /* paper: the open of the candle for a fill at its open, otherwise its close */
    enum r3_side side;
    enum r3_role role;
    struct r3_decimal price, size, fee;
    char fee_currency[R3_CURRENCY_SIZE];
    enum r3_liquidity liquidity;
};

struct r3_position {
    char session[R3_SESSION_SIZE], market[R3_MARKET_SIZE];
    int64_t time;
    enum r3_direction side;
    struct r3_decimal size, cost, entry_price, price, value, unrealized_pnl, realized_pnl;
};

struct r3_account {
    char session[R3_SESSION_SIZE];
    int64_t time;
    char currency[R3_CURRENCY_SIZE];
    struct r3_decimal equity, available;
};

struct r3_command {
    char id[R3_ID_SIZE];
    int64_t time;
    enum r3_action action;
    char session[R3_SESSION_SIZE];
    const char *label, *pipeline;                            /* optional; borrowed */
    char platform[R3_PLATFORM_SIZE], market[R3_MARKET_SIZE]; /* optional, like all below */
    enum r3_timeframe timeframe;
    int64_t refresh;                   /* ms */
    char mode[R3_NAME_SIZE];           /* "paper" or "live" */
    enum r3_command_position position; /* of a stop; absent: it is closed */
};

struct r3_tick {
    char session[R3_SESSION_SIZE];
    int64_t every, time, missed;
};

/* What is asked of r3-market: the last candles of a market, or an indicator over them. */
struct r3_request {
    char id[R3_ID_SIZE];
    char session[R3_SESSION_SIZE], platform[R3_PLATFORM_SIZE]; /* optional */
    char market[R3_MARKET_SIZE];
    enum r3_timeframe timeframe;
    int64_t last;           /* how many */
    const char *expression; /* optional; borrowed; without it: the candles themselves */
};

struct r3_value {
    char session[R3_SESSION_SIZE]; /* optional */
    char market[R3_MARKET_SIZE];
    enum r3_timeframe timeframe;
    int64_t time; /* of the candle's open, as in the candle */
    char name[R3_NAME_SIZE];
    double value; /* shortest decimal that reads back as the same double, a JSON number: an indicator is no money */
};

struct r3_notice {
    int64_t time;
    enum r3_level level;
    char program[R3_NAME_SIZE], session[R3_SESSION_SIZE]; /* session optional */
    char text[R3_TEXT_SIZE];
};

/* What a program needs to go on where it was, from the end of one run to the beginning of the next. */
struct r3_state {
    char session[R3_SESSION_SIZE], program[R3_NAME_SIZE];
    int64_t version;     /* of that program's form of `data` */
    int64_t part, parts; /* 1 to parts, in this order */
    const char *data;    /* borrowed; the parts joined are the whole */
};

struct r3_sync {
    int64_t id;
};

struct r3_end {
    char source[R3_TEXT_SIZE]; /* the program that ends the stream */
    int64_t records;           /* lines that it wrote before this one */
};

struct r3_record {
    enum r3_record_type type;
    union {
        struct r3_stream stream;
        struct r3_instrument instrument;
        struct r3_candle candle;
        struct r3_price price;
        struct r3_signal signal;
        struct r3_raworder raworder;
        struct r3_order order;
        struct r3_cancel cancel;
        struct r3_update update;
        struct r3_trade trade;
        struct r3_position position;
        struct r3_account account;
        struct r3_command command;
        struct r3_tick tick;
        struct r3_request request;
        struct r3_value value;
        struct r3_notice notice;
        struct r3_state state;
        struct r3_sync sync;
        struct r3_end end;
    };
};

/* "candle" …; "unknown" for R3_UNKNOWN. */
const char *r3_record_type_name(enum r3_record_type type);
/* Bytes of a record of this type from the start of struct r3_record: what a copy needs. */
size_t r3_record_size(enum r3_record_type type);
/* Make *record an empty one of `type`: every member absent, integers that are not times 0. */
void r3_record_init(struct r3_record *record, enum r3_record_type type);

/* Names on the wire of the enumerations; "" for NONE. */
const char *r3_direction_name(enum r3_direction direction);
const char *r3_role_name(enum r3_role role);
const char *r3_side_name(enum r3_side side);
const char *r3_kind_name(enum r3_kind kind);
const char *r3_event_name(enum r3_event event);
const char *r3_fill_name(enum r3_fill fill);
const char *r3_order_status_name(enum r3_order_status status);
const char *r3_execution_name(enum r3_execution execution);
const char *r3_liquidity_name(enum r3_liquidity liquidity);
const char *r3_level_name(enum r3_level level);

/* The decoder keeps what makes the next line fast (the last candle's head) and the storage of borrowed texts. */
struct r3_decoder;
struct r3_decoder *r3_decoder_new(void);
void r3_decoder_free(struct r3_decoder *decoder);

/* One line without its newline → *record. Tries the canonical form by hand, then jansson: the same result either way.
 * Errors, R3_DATA: `not JSON: …`, `price: not a decimal: "abc"`, `candle: close is missing`. A `stream` of a higher
 * version: R3_PROTOCOL. A type that is not known gives R3_UNKNOWN, after the line was checked to be strict JSON.
 * line[length] must be readable and not part of the text ('\n' or '\0'). */
int r3_record_decode(struct r3_decoder *decoder, struct r3_record *record, const char *line, size_t length,
                     struct r3_error *error);
/* The same for a line of which the end was not looked for: where text[0..length) begins with a candle line like those before it,
 * and holds its newline, returns its length without that. 0: this must be found out, and r3_record_decode be asked. */
size_t r3_record_decode_ahead(struct r3_decoder *decoder, struct r3_record *record, const char *text, size_t length);
/* The jansson way alone, for tests. */
int r3_record_decode_json(struct r3_decoder *decoder, struct r3_record *record, const char *line, size_t length,
                          struct r3_error *error);

/* Append the canonical line, with its newline. A record that breaks the page's own rules (a required member absent) is R3_BUG. */
int r3_record_encode(struct r3_buffer *out, const struct r3_record *record, struct r3_error *error);

#endif
