#ifndef R3_SESSION_AWAITED_H
#define R3_SESSION_AWAITED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/record/record.h"
#include "lib/record/timeframe.h"

/* A candle of a session's timeframe that is late. Its exchange gives finer ones beside it, and where one of these came there was a trade, so
 * that the session's own candle exists too. What closes with it or behind it has to wait for it: once that was seen, the late one would not be
 * used any more. Finer candles come ahead of a coarser one that closes with them. All times are closes. */

struct r3_awaited {
    enum r3_timeframe timeframe; /* the session's; R3_TIMEFRAME_NONE: nothing is awaited */
    int64_t wait;                /* ms behind its close until it is given up */
    int64_t due;                 /* of the one that is awaited; R3_TIME_ABSENT: none */
};

enum r3_awaited_answer {
    R3_AWAITED_PASS,   /* the candle may go on */
    R3_AWAITED_HOLD,   /* if the next one is the awaited one, which closes with it */
    R3_AWAITED_MISSING /* the awaited one has not come, and this one would overtake it */
};

/* seen: the last candle of the runs before, R3_TIME_ABSENT: none. refresh: ms. */
void r3_awaited_begin(struct r3_awaited *awaited, enum r3_timeframe timeframe, int64_t refresh, int64_t seen);
/* The next candle of the stream; after R3_AWAITED_MISSING, and r3_awaited_give_up, it is asked again. */
enum r3_awaited_answer r3_awaited_look(struct r3_awaited *awaited, const struct r3_candle *candle);
/* Whether it is given up by now, market time. */
bool r3_awaited_is_over(const struct r3_awaited *awaited, int64_t now);
/* The notice that tells of it; nothing is awaited then. */
void r3_awaited_give_up(struct r3_awaited *awaited, struct r3_record *notice, const char *session, int64_t now);

#endif
