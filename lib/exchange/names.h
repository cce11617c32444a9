#ifndef R3_EXCHANGE_NAMES_H
#define R3_EXCHANGE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/record/timeframe.h"

/* Which exchanges r3-fetch asks, for programs that do not ask themselves. */

bool r3_exchange_is_known(const char *name);
/* Whether the words of an r3-collect, its name the first, want candles of an exchange: then its operands and options are those of r3-fetch. */
bool r3_exchange_is_asked(size_t count, char *const *words);
/* "kucoin, binance or kraken". */
const char *r3_exchange_names(void);
/* What struct r3_exchange says of those: `has`, and `depth`. */
bool r3_exchange_has(const char *name, enum r3_timeframe timeframe);
int64_t r3_exchange_depth(const char *name);

#endif
