#ifndef R3_RECORD_TIMEFRAME_H
#define R3_RECORD_TIMEFRAME_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

/* The timeframes of candles. Shorter ones compare less than longer ones. */

enum r3_timeframe {
    R3_TIMEFRAME_NONE, /* left out */
    R3_1m,
    R3_3m,
    R3_5m,
    R3_15m,
    R3_30m,
    R3_1H,
    R3_2H,
    R3_4H,
    R3_6H,
    R3_8H,
    R3_12H,
    R3_1D,
    R3_1W,
    R3_1M,
    R3_TIMEFRAME_COUNT
};

/* The wire's spelling, "1m" … "1M"; "" for R3_TIMEFRAME_NONE. */
const char *r3_timeframe_name(enum r3_timeframe timeframe);

/* The wire's spelling alone: 0 or -1 (no message: the caller names the place). */
int r3_timeframe_from_name(enum r3_timeframe *out, const char *text, size_t length);

/* Every usual spelling: 5m 5mn M5 5min 5minutes 1H 1h H1 1hour 60m DAILY 1day D1 W1 weekly MN1 1mo monthly … "1M" is a
 * month and "1m" a minute. R3_DATA otherwise. */
int r3_timeframe_parse(enum r3_timeframe *out, const char *text, size_t length, struct r3_error *error);

/* Length in ms; a month counts 30 days here: use r3_timeframe_close for real bounds. */
int64_t r3_timeframe_span(enum r3_timeframe timeframe);

/* Start of the interval that holds `time` (UTC; weeks start on Monday, months on the first), and its end (exclusive). */
int64_t r3_timeframe_open(enum r3_timeframe timeframe, int64_t time);
int64_t r3_timeframe_close(enum r3_timeframe timeframe, int64_t open);

#endif
