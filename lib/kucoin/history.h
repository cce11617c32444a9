#ifndef R3_KUCOIN_HISTORY_H
#define R3_KUCOIN_HISTORY_H

#include "lib/exchange/exchange.h"

/* KuCoin's public data, as r3-fetch asks for it. */
extern const struct r3_exchange r3_kucoin_exchange;

#endif
