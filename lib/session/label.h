#ifndef R3_SESSION_LABEL_H
#define R3_SESSION_LABEL_H

#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/base/error.h"
#include "lib/record/record.h"
#include "lib/record/timeframe.h"

/* A session in one word: STRATEGY-PLATFORM-MARKET-TIMEFRAME-refreshTIME, "sma-cross-Kucoin-BTCUSDT-1H-refresh5mn". It is read from
 * its end, so that a strategy's name may hold '-'. */

enum { R3_LABEL_MAX = 256 };

struct r3_session_label {
    char strategy[R3_NAME_SIZE], platform[R3_PLATFORM_SIZE],
        market[R3_MARKET_SIZE]; /* platform: lower case; market: BTC-USDT */
    enum r3_timeframe timeframe;
    int64_t refresh; /* ms */
};

/* Every usual spelling of market, timeframe and time; the market may have a '-' itself where that stands between known currencies. R3_USAGE, with what is wrong and how it is spelled. */
int r3_session_label_parse(struct r3_session_label *out, const char *text, struct r3_error *error);

/* A platform's name in lower case: 1 to 16 of A-Z a-z 0-9 _. R3_USAGE. */
int r3_session_platform(char out[R3_PLATFORM_SIZE], const char *text, size_t length, struct r3_error *error);

/* Append the word for it. */
void r3_session_label_write(struct r3_buffer *out, const struct r3_session_label *label);

/* Append a span in its largest whole unit: "5m", "90s", "1d"; `minute` is what stands for minutes. */
void r3_session_write_span(struct r3_buffer *out, int64_t span, const char *minute);

#endif
