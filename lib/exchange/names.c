#include "lib/exchange/names.h"

#include <stddef.h>
#include <string.h>

bool r3_exchange_is_known(const char *name) {
    static const char *const names[] = { "kucoin", "binance", "kraken" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

const char *r3_exchange_names(void) {
    return "kucoin, binance or kraken";
}
