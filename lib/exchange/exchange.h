#ifndef R3_EXCHANGE_EXCHANGE_H
#define R3_EXCHANGE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/record/record.h"

/* Public market data of an exchange: what r3-fetch asks it. A module an exchange: lib/kucoin/history.c, lib/exchange/binance.c, kraken.c. */

typedef int r3_exchange_candle(const struct r3_candle *candle, void *context, struct r3_error *error);
typedef int r3_exchange_instrument(const struct r3_instrument *instrument, void *context, struct r3_error *error);

struct r3_exchange {
    const char *name; /* the platform: "kucoin" */
    const char *url;  /* where it is; R3_KUCOIN_URL and its like name another */
    int64_t page;     /* candles that one call gives at most */
    int64_t pause;    /* ms between two calls that its rate limit asks for */
    int64_t depth;    /* candles of a timeframe that it has at all, up to the newest; 0: all that there were */
    /* New in *client. */
    int (*open)(void **client, const char *url, struct r3_error *error);
    void (*close)(void *client);
    /* Whether it has candles of this timeframe. */
    bool (*has)(enum r3_timeframe timeframe);
    /* Its client tells other processes of its clock itself (lib/exchange/shared_clock.h), and its time is that of the end of the call. */
    bool tells_clock;
    /* Its time, ms; of some moment between the question and the answer. */
    int (*time)(void *client, int64_t *now, struct r3_error *error);
    /* A market's rules; fees absent. R3_DATA: there is no such market. */
    int (*instrument)(void *client, const char *market, struct r3_instrument *out, struct r3_error *error);
    /* Candles that open in [from, to), in the order of time: from `from` on, at most a page. The last may be unfinished. R3_RETRY: it was asked too
     * often, or is overloaded; the text says how long to wait. R3_UNAVAILABLE: not there. */
    int (*candles)(void *client, const char *market, enum r3_timeframe timeframe, int64_t from, int64_t to,
                   r3_exchange_candle *each, void *context, struct r3_error *error);
    int (*price)(void *client, const char *market, struct r3_price *out, struct r3_error *error);
    /* All markets that trade now, in any order. */
    int (*symbols)(void *client, r3_exchange_instrument *each, void *context, struct r3_error *error);
    /* After R3_RETRY: ms that it asked to wait; 0: it did not say. NULL: it never says. */
    int64_t (*wait)(const void *client);
};

/* Those that need no key at all: lib/exchange/binance.c, kraken.c. KuCoin's is in lib/kucoin/history.h. */
extern const struct r3_exchange r3_binance_exchange, r3_kraken_exchange;

#endif
