#ifndef R3_SESSION_MARKET_STORE_H
#define R3_SESSION_MARKET_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/record/record.h"
#include "lib/store/store.h"

/* The candles of the store, for r3-market. */

enum { R3_MARKET_PAGE = 1000 /* candles read at a time */ };

/* Which candles are wanted. */
struct r3_market_query {
    char platform[R3_PLATFORM_SIZE]; /* "": the only one that has candles of this market and timeframe */
    char market[R3_MARKET_SIZE];
    enum r3_timeframe timeframe;
    int64_t from, to; /* opens in [from, to); R3_TIME_ABSENT: no bound */
    int64_t last;     /* 0: all of them */
};

/* Candles on their way out of the store, the oldest first, a page at a time. */
struct r3_market_reader {
    struct r3_store *store;
    struct r3_market_query query;
    int64_t next, end,
        wanted_from; /* opens: of the next page's first, behind the last, of the first that was asked for */
    struct r3_candle *page;
    size_t count;
};

/* Find out what the query stands for. With `all`, reading begins with the oldest candle that is kept, so that an indicator is warm at
 * reader->wanted_from. Where R3_NOW sets the clock, candles that close after it are not there. 1: go on; 0: it cannot be served, for
 * the reason in *error; -1. Needs r3_market_reader_release in any case. */
int r3_market_reader_start(struct r3_market_reader *reader, struct r3_store *store, const struct r3_market_query *query,
                           bool all, struct r3_error *error);
/* The next page, at most R3_MARKET_PAGE: reader->count is 0 at the end. */
int r3_market_reader_page(struct r3_market_reader *reader, struct r3_error *error);
void r3_market_reader_release(struct r3_market_reader *reader);

/* Inside `work` of a write: keep a candle. 1: done, or it is there already; 0: there is another one for that time, *error (R3_DATA) says
 * both, and *kept (may be NULL) is that one; -1. */
int r3_market_store_candle(struct r3_store *store, const struct r3_candle *candle, struct r3_candle *kept,
                           struct r3_error *error);
/* Inside `work`: open of the newest candle that is kept; R3_TIME_ABSENT: none. */
int r3_market_newest(int64_t *time, struct r3_store *store, const char *platform, const char *market,
                     enum r3_timeframe timeframe, struct r3_error *error);
/* Inside `work` of a write: delete those that open before `time`. */
int r3_market_forget(struct r3_store *store, const char *platform, const char *market, enum r3_timeframe timeframe,
                     int64_t time, struct r3_error *error);

/* Inside `work`: for how long, ms, r3-market keep was told to keep them; 0: it was not. And of a write: it is told now. */
int r3_market_days(int64_t *days, struct r3_store *store, const char *platform, const char *market,
                   enum r3_timeframe timeframe, struct r3_error *error);
int r3_market_set_days(struct r3_store *store, const char *platform, const char *market, enum r3_timeframe timeframe,
                       int64_t days, struct r3_error *error);

/* Candles that are missing among those that are kept: whether there are none, or nobody asked. Inside `work`: of the intervals that open in
 * [*from, *to) an exchange was asked, and what there is of them is kept. from == to: nobody knows of any. */
int r3_market_asked(int64_t *from, int64_t *to, struct r3_store *store, const char *platform, const char *market,
                    enum r3_timeframe timeframe, struct r3_error *error);
/* Inside `work` of a write: so it is of [from, to) too, and `first` (R3_TIME_ABSENT: there is none) is the oldest candle of these. */
int r3_market_add_asked(struct r3_store *store, const char *platform, const char *market, enum r3_timeframe timeframe,
                        int64_t from, int64_t to, int64_t first, struct r3_error *error);

#endif
