#ifndef R3_MARKET_MARKET_NAME_H
#define R3_MARKET_MARKET_NAME_H

#include <stddef.h>

#include "lib/base/error.h"
#include "lib/record/record.h"

/* Names of markets: BASE-QUOTE in upper case, "BTC-USDT". */

/* Any usual spelling → the wire's: btc-usdt BTC/USDT BTC_USDT BTCUSDT btcusd. Without a sign between the two, the quote is
 * a known currency at the end. R3_USAGE: `not a market: "abc"`. */
int r3_market_parse(char out[R3_MARKET_SIZE], const char *text, struct r3_error *error);

/* From a file's name: a pair of known currencies in it ("Binance_BTCUSDT_1h.csv"), else a word that ends in a known quote
 * ("linkusd-1m.csv"), else a name that is one word of 2 to 10 letters, against USD ("btc.csv"). R3_USAGE: none is there. */
int r3_market_guess(char out[R3_MARKET_SIZE], const char *path, struct r3_error *error);

/* The two currencies of a name that r3_market_parse made. -1 where there is no '-' or they are too long. */
int r3_market_split(char base[R3_CURRENCY_SIZE], char quote[R3_CURRENCY_SIZE], const char *market);

#endif
