#ifndef R3_FETCH_FETCH_H
#define R3_FETCH_FETCH_H

#include "lib/stage/stage.h"

/* r3-fetch: candles of an exchange as they are asked for by name; and `r3-fetch symbols`, its markets. */
extern const struct r3_stage r3_fetch_stage, r3_fetch_symbols_stage;

#endif
