#include "lib/session/market_retention.h"

#include "lib/session/market_store.h"
#include "lib/session/pipeline.h"

struct load {
    struct r3_session *sessions;
    size_t count;
    const char *platform, *market;
    enum r3_timeframe timeframe;
    int64_t days; /* as r3-market keep was told */
};

static int load_sessions(struct r3_store *store, void *context, struct r3_error *error) {
    struct load *load = context;
    const struct r3_store_value series[] = { r3_store_text(load->platform), r3_store_text(load->market),
                                             r3_store_text(r3_timeframe_name(load->timeframe)) };
    if (r3_market_days(&load->days, store, load->platform, load->market, load->timeframe, error) < 0)
        return -1;
    return r3_sessions_load(&load->sessions, &load->count, store, R3_QUERY_SESSIONS_ON_SERIES, series, 3, error);
}

int r3_market_retention(int64_t *span, struct r3_store *store, const char *platform, const char *market,
                        enum r3_timeframe timeframe, int64_t days, bool told, struct r3_error *error) {
    struct load load = { .platform = platform, .market = market, .timeframe = timeframe };
    int result = r3_store_read(store, load_sessions, &load, error);
    *span = told || load.days < days ? days : load.days;
    for (size_t i = 0; result == 0 && *span != R3_TIME_ABSENT && i < load.count; i++) {
        const struct r3_session *session = &load.sessions[i];
        int64_t from;
        /* Not started yet: its start is to come, and so are the candles ahead of it. */
        if (session->acts_from == R3_TIME_ABSENT)
            continue;
        if (r3_session_warm_up_from(&from, session, error) < 0) {
            r3_error_at(error, "session %s: ", session->id);
            *span = R3_TIME_ABSENT;
        } else if (session->acts_from - from > *span) {
            *span = session->acts_from - from;
        }
    }
    r3_sessions_free(load.sessions, load.count);
    return result;
}

struct trim {
    const char *platform, *market;
    enum r3_timeframe timeframe;
    int64_t span;
    int64_t days; /* to be noted; 0: nothing is */
    int64_t *cutoff;
};

static int trim_series(struct r3_store *store, void *context, struct r3_error *error) {
    const struct trim *trim = context;
    int64_t newest, days = trim->days;
    if (days && r3_market_days(&days, store, trim->platform, trim->market, trim->timeframe, error) < 0)
        return -1;
    if (days != trim->days &&
        r3_market_set_days(store, trim->platform, trim->market, trim->timeframe, trim->days, error) < 0)
        return -1;
    if (r3_market_newest(&newest, store, trim->platform, trim->market, trim->timeframe, error) < 0)
        return -1;
    int64_t close = newest == R3_TIME_ABSENT ? 0 : r3_timeframe_close(trim->timeframe, newest);
    if (close <= trim->span)
        return 0;
    *trim->cutoff = close - trim->span;
    return r3_market_forget(store, trim->platform, trim->market, trim->timeframe, *trim->cutoff, error);
}

int r3_market_trim(int64_t *cutoff, struct r3_store *store, const char *platform, const char *market,
                   enum r3_timeframe timeframe, int64_t days, bool told, struct r3_error *error) {
    struct trim work = {
        .platform = platform, .market = market, .timeframe = timeframe, .days = told ? days : 0, .cutoff = cutoff
    };
    if (r3_market_retention(&work.span, store, platform, market, timeframe, days, told, error) < 0)
        return -1;
    if (work.span == R3_TIME_ABSENT)
        return 0;
    return r3_store_write(store, trim_series, &work, error) < 0 ? -1 : 1;
}
