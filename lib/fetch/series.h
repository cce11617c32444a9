#ifndef R3_FETCH_SERIES_H
#define R3_FETCH_SERIES_H

#include "lib/fetch/link.h"
#include "lib/market/gap.h"
#include "lib/market/resample.h"

/* The candles of one market and timeframe: asked for a page at a time, put in order, gaps met, put together to a coarser timeframe where
 * that is wanted, and given one by one.
 *
 * A candle is there once it was traded in, and exchanges need a moment for it. So the youngest that should be there is waited for, up to
 * R3_FETCH_LATE after its close; then its interval counts as one without a trade. Should it come later after all, it is given when the next
 * is asked for, unless something took its place (a filled gap, a coarser candle). */

enum {
    R3_FETCH_SETTLE = 1000, /* ms after its close: no candle is asked for before */
    R3_FETCH_LATE = 10000
};

struct r3_fetch_series {
    char market[R3_MARKET_SIZE];
    enum r3_timeframe source, timeframe; /* as asked for, as given */
    enum r3_gap_policy policy;
    bool follow;
    int64_t from, until; /* opens of the source in [from, until) are wanted; `until` is the caller's, and has closed */
    int64_t known;       /* all that open before it were received, or do not exist */
    int64_t ask_from;    /* up to there nothing more can come: at most `known` */
    int64_t retry;       /* monotonic ms: the youngest was not there, and is not asked for before */
    unsigned looks;
    bool search;                    /* nothing was in the last window: days tell where it goes on */
    int64_t window_from, window_to; /* what the last page was asked for; 0: days */
    int64_t asked_from, asked_to;   /* --store: others have asked; what is not kept of these is not there */
    int64_t kept_to; /* --store: what `until` was when the store was seen to have nothing at `ask_from` */

    struct r3_candle *page; /* received, in order of time */
    size_t count, at, capacity;
    struct r3_candle last; /* given, or what a resampler took */
    bool any;
    struct r3_gap gap;
    int64_t fill_next, fill_end; /* stand-ins still to give */
    int64_t fill_up_to;          /* and behind the page's last candle, up to there; 0: none */
    bool met;                    /* the gap ahead of page[at] */
    uint64_t received;
    bool resampling;
    struct r3_resample resample;

    bool ready; /* `head` comes next, and closes at `close` */
    struct r3_record head;
    int64_t close;
};

/* `source` is `timeframe`, or is put together to it. R3_USAGE: it cannot be. The other options are set by the caller first. */
int r3_fetch_series_start(struct r3_fetch_series *series, const char *platform, enum r3_timeframe source,
                          enum r3_timeframe timeframe, struct r3_error *error);
/* Candles of its timeframe that open at `from` or later. */
void r3_fetch_series_from(struct r3_fetch_series *series, int64_t from);
/* It was given up to and with this candle in an earlier run. R3_DATA: that comes not behind the one before it. */
int r3_fetch_series_resume(struct r3_fetch_series *series, const struct r3_candle *last, struct r3_error *error);
void r3_fetch_series_release(struct r3_fetch_series *series);

/* Whether there is something to ask for, when the time is come: monotonic ms, or the exchange's clock's. */
static inline bool r3_fetch_series_wants(const struct r3_fetch_series *series) {
    return series->known < series->until;
}
/* ms until it may be asked for. */
int64_t r3_fetch_series_pause(const struct r3_fetch_series *series, const struct r3_fetch_link *link);
/* Ask for the next page; all that was received before was given. As r3_fetch_link_take. */
int r3_fetch_series_ask(struct r3_fetch_series *series, struct r3_fetch_link *link, struct r3_error *error);
/* Candles that were received earlier, in order of time, from `ask_from` on; all that were received before were given. `all`: there are no more
 * of them ahead of `until`. They are taken up to the first that is missing where nobody asked for it, or that is unsound: whether that
 * leads any further. */
bool r3_fetch_series_put(struct r3_fetch_series *series, const struct r3_candle *candles, size_t count, bool all);
/* Whether an exchange can have meant it. */
bool r3_fetch_series_sound(const struct r3_fetch_series *series, const struct r3_candle *candle);
/* See whether a candle is ready. */
int r3_fetch_series_look(struct r3_fetch_series *series, struct r3_error *error);
/* The earliest close of a candle that is not ready yet; INT64_MAX: there is none. */
int64_t r3_fetch_series_next_close(const struct r3_fetch_series *series);

#endif
