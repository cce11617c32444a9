#ifndef R3_EXCHANGE_NAMES_H
#define R3_EXCHANGE_NAMES_H

#include <stdbool.h>

/* Which exchanges r3-fetch asks, for programs that do not ask themselves. */

bool r3_exchange_is_known(const char *name);
/* "kucoin, binance or kraken". */
const char *r3_exchange_names(void);

#endif
