#ifndef R3_KUCOIN_KUCOIN_H
#define R3_KUCOIN_KUCOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/decimal.h"
#include "lib/base/error.h"
#include "lib/record/record.h"

/* KuCoin's spot market by REST, on the `hf` endpoints: https://www.kucoin.com/docs-new/rest/spot-trading. One client is one connection
 * that is reused; it is no thread's but its maker's.
 *
 * A call that asks is repeated, within its time-out, where that makes sense, and returns 0 or -1 with an error: R3_UNAVAILABLE (no answer),
 * R3_RETRY (the rate limit; the text says how long), R3_PERMISSION (the key), R3_DATA (refused, or not understood). What is read is exact or an
 * error. A call that wants something done is never repeated, but for a cancellation that came at a wrong time. It has three ends, and the
 * third is the reason for all the care of r3-live: done, refused, or nobody knows. */

struct r3_kucoin_credentials; /* credentials.h */

struct r3_kucoin_options {
    const char *url;                                 /* NULL: R3_KUCOIN_URL, else https://api.kucoin.com */
    const struct r3_kucoin_credentials *credentials; /* NULL: public calls only */
    int64_t timeout;                                 /* of one call, ms; 0: 10 s */
};

struct r3_kucoin;

/* New in *out, freed with r3_kucoin_free, which accepts NULL. Nothing is sent yet. R3_USAGE: a URL that is neither https nor http to
 * loopback. */
int r3_kucoin_new(struct r3_kucoin **out, const struct r3_kucoin_options *options, struct r3_error *error);
void r3_kucoin_free(struct r3_kucoin *kucoin);

/* What became of a call that wants something done. */
enum r3_kucoin_outcome {
    R3_KUCOIN_DONE,
    R3_KUCOIN_REFUSED, /* the exchange has answered, and nothing was or will be done */
    R3_KUCOIN_UNKNOWN  /* no answer, half of one, or one that does not say: it may have been done, or may yet be */
};

/* Why it was refused, as far as it changes what to do next. */
enum r3_kucoin_reason {
    R3_KUCOIN_NO_REASON,
    R3_KUCOIN_BALANCE,   /* not enough of it */
    R3_KUCOIN_PARAMETER, /* increments, minimums, price band */
    R3_KUCOIN_DUPLICATE, /* the client id was seen before: ask for that order, never send again */
    R3_KUCOIN_GONE,      /* not there, or not to be cancelled any more: filled, as often as not */
    R3_KUCOIN_SYMBOL,    /* not traded, or not now */
    R3_KUCOIN_LIMIT,     /* too many orders */
    R3_KUCOIN_KEY,       /* key, passphrase, signature, permission, address */
    R3_KUCOIN_ACCOUNT,   /* the key is right, and its account may not: frozen, of another mode, not identified */
    R3_KUCOIN_TIME,      /* clocks apart, or past its time window */
    R3_KUCOIN_BUSY,      /* rate limit: not looked at, so it may be sent again later */
    R3_KUCOIN_OTHER
};

struct r3_kucoin_answer {
    enum r3_kucoin_outcome outcome;
    enum r3_kucoin_reason reason;
    char code[16], text[R3_TEXT_SIZE]; /* the exchange's own, or what curl said */
    char exchange_id[R3_NAME_SIZE];    /* of an order that was placed; "": not told */
    int64_t wait;                      /* R3_KUCOIN_BUSY: ms until it makes sense to try again */
};

/* ---- public ---- */

/* The exchange's time now, ms: the monotonic clock and an offset, which is measured on the first call and again when it is old. */
int r3_kucoin_time(struct r3_kucoin *kucoin, int64_t *now, struct r3_error *error);
/* The same, with how much it may be off by, ms, either way: half of the round trip that it was measured by, and drift since. Where that is
 * more than `most` it is measured again, and where it is still, that is R3_UNAVAILABLE. */
int r3_kucoin_clock(struct r3_kucoin *kucoin, int64_t most, int64_t *now, int64_t *unsure, struct r3_error *error);

/* How long one call may take from now on, ms. Returns what it was before. */
int64_t r3_kucoin_set_timeout(struct r3_kucoin *kucoin, int64_t timeout);

/* Whether trading is open: "open", "close", "cancelonly" with the exchange's words. */
int r3_kucoin_status(struct r3_kucoin *kucoin, char status[16], char text[R3_TEXT_SIZE], struct r3_error *error);

/* A market's rules. */
struct r3_kucoin_symbol {
    struct r3_instrument instrument; /* platform "kucoin"; fees absent unless the account's were asked */
    struct r3_decimal maximum_size, maximum_funds, price_limit_rate; /* absent: none told */
    bool trades;                                                     /* enableTrading */
};
typedef int r3_kucoin_symbol_function(const struct r3_kucoin_symbol *symbol, void *context, struct r3_error *error);
/* All markets. */
int r3_kucoin_symbols(struct r3_kucoin *kucoin, r3_kucoin_symbol_function *each, void *context, struct r3_error *error);
/* One market, in *out. *found is false when the exchange says that there is no such market: *error has its words then, and 0 is returned. */
int r3_kucoin_market(struct r3_kucoin *kucoin, const char *market, struct r3_kucoin_symbol *out, bool *found,
                     struct r3_error *error);

/* Candles that open in [from, to), ms, of a timeframe that the exchange has: in the order of time, at most 1,500, the youngest of them where there
 * are more. Prices and volume are exact. The last may be unfinished: the caller knows the time. */
typedef int r3_kucoin_candle_function(const struct r3_candle *candle, void *context, struct r3_error *error);
int r3_kucoin_candles(struct r3_kucoin *kucoin, const char *market, enum r3_timeframe timeframe, int64_t from,
                      int64_t to, r3_kucoin_candle_function *each, void *context, struct r3_error *error);

/* The last price. */
int r3_kucoin_price(struct r3_kucoin *kucoin, const char *market, struct r3_price *out, struct r3_error *error);

/* ---- with a key ---- */

/* Balances of the trading account; all else that the user has is not told. The amounts of a row that cannot be read are absent: it concerns
 * who asks for that currency alone. */
struct r3_kucoin_balance {
    char currency[R3_CURRENCY_SIZE];
    struct r3_decimal balance, available, holds;
};
typedef int r3_kucoin_balance_function(const struct r3_kucoin_balance *balance, void *context, struct r3_error *error);
int r3_kucoin_balances(struct r3_kucoin *kucoin, r3_kucoin_balance_function *each, void *context,
                       struct r3_error *error);

/* What the key may do, as the exchange spells it ("General,Spot"), and the account's fees of a market. */
int r3_kucoin_permissions(struct r3_kucoin *kucoin, char out[R3_TEXT_SIZE], struct r3_error *error);
int r3_kucoin_fees(struct r3_kucoin *kucoin, const char *market, struct r3_decimal *maker, struct r3_decimal *taker,
                   struct r3_error *error);

/* Send an order, once; its id is the client id. MARKET and LIMIT alone. `sent` is the exchange's time, ms, that the caller has committed to (0: the
 * time now): it is signed and is the order's clientTimestamp, so the exchange refuses what arrives much later (400002) or more than `window`
 * ms later, and a process that was stopped in between cannot place an order that others have given up. Where the window has passed
 * already, nothing leaves. Either is R3_KUCOIN_REFUSED, R3_KUCOIN_TIME, and r3_kucoin_time measures anew. With `test` the exchange checks it and does
 * nothing. -1: it was not sent at all (no key, no time, no connection, R3_BUG); otherwise see *answer. */
int r3_kucoin_place(struct r3_kucoin *kucoin, const struct r3_order *order, int64_t window, bool test, int64_t sent,
                    struct r3_kucoin_answer *answer, struct r3_error *error);
/* By client id. R3_KUCOIN_DONE: the request was taken, which says nothing about the order: look at it again. */
int r3_kucoin_cancel(struct r3_kucoin *kucoin, const char *market, const char *id, struct r3_kucoin_answer *answer,
                     struct r3_error *error);

/* An order as the exchange has it. What it says as 0 or not at all of price, size and funds is absent. Cost and fee of more than 18 decimals are
 * rounded up at the 18th. */
struct r3_kucoin_order {
    char id[R3_ID_SIZE]; /* the client id; "": none */
    char exchange_id[R3_NAME_SIZE], market[R3_MARKET_SIZE], fee_currency[R3_CURRENCY_SIZE];
    enum r3_side side;
    enum r3_kind kind; /* MARKET or LIMIT; NONE: of a kind that r3 does not send */
    struct r3_decimal price, size, funds, filled, cost, fee;
    bool active;   /* it may still fill */
    bool canceled; /* some of it, or all, was cancelled, by whomever */
    int64_t created, updated;
};
/* *found is false when the exchange says that there is no such order. By client id. -1: it could not be asked. */
int r3_kucoin_order(struct r3_kucoin *kucoin, const char *market, const char *id, struct r3_kucoin_order *out,
                    bool *found, struct r3_error *error);
typedef int r3_kucoin_order_function(const struct r3_kucoin_order *order, void *context, struct r3_error *error);
/* All that are active in a market; and all that are over and were changed from `since` on (ms), by pages. They are told once all are there, each
 * once, in the order of their last change. */
int r3_kucoin_active(struct r3_kucoin *kucoin, const char *market, r3_kucoin_order_function *each, void *context,
                     struct r3_error *error);
int r3_kucoin_over(struct r3_kucoin *kucoin, const char *market, int64_t since, r3_kucoin_order_function *each,
                   void *context, struct r3_error *error);

/* Fills, by pages: of one order (by the exchange's id), or of a market from `since` on where exchange_id is NULL, half a year back at most. They are
 * told once all are there, each once, in the order of time. */
struct r3_kucoin_fill {
    char id[R3_ID_SIZE]; /* the exchange's trade id, of 64 bits, as text */
    char exchange_id[R3_NAME_SIZE];
    int64_t time;
    enum r3_side side;
    struct r3_decimal price, size, funds, fee;
    char fee_currency[R3_CURRENCY_SIZE];
    enum r3_liquidity liquidity;
};
typedef int r3_kucoin_fill_function(const struct r3_kucoin_fill *fill, void *context, struct r3_error *error);
int r3_kucoin_fills(struct r3_kucoin *kucoin, const char *market, const char *exchange_id, int64_t since,
                    r3_kucoin_fill_function *each, void *context, struct r3_error *error);

/* All orders of these markets ("BTC-USDT,ETH-USDT") are cancelled unless this is called again within so many seconds (5 to 86,400); 0: no more. */
int r3_kucoin_dead_man(struct r3_kucoin *kucoin, const char *markets, int64_t seconds, struct r3_error *error);

#endif
