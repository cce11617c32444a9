#ifndef R3_FETCH_NEAR_H
#define R3_FETCH_NEAR_H

#include "lib/exchange/exchange.h"

/* Names that were perhaps meant by one that is none. */

enum { R3_NEAR_MAX = 5 };

struct r3_near {
    char market[R3_MARKET_SIZE];
    struct {
        char name[R3_MARKET_SIZE];
        unsigned score; /* the less, the nearer */
    } found[R3_NEAR_MAX];
    size_t count;
    bool exists; /* it is among the names that were looked at */
};

/* Look at one name. */
void r3_near_look(struct r3_near *near, const char *name);

#endif
