/* r3-market keep: the candles that pass are stored before they go on, a block of them in one transaction. */
#include "lib/market/market_name.h"
#include "lib/session/market.h"
#include "lib/session/market_retention.h"
#include "lib/session/market_store.h"

static const struct r3_option options[] = { R3_MARKET_OPTION_DAYS, { .name = NULL } };

/* The candles of one platform, market and timeframe. */
struct series {
    char platform[R3_PLATFORM_SIZE], market[R3_MARKET_SIZE];
    enum r3_timeframe timeframe;
    int64_t newest;  /* open of the newest that came */
    int64_t trimmed; /* what that was when older ones were last deleted; R3_TIME_ABSENT: not yet */
    int64_t cutoff;  /* what opens before is not kept */
};

struct keep {
    struct r3_port *port;
    struct r3_store *store;
    int64_t days; /* ms */
    struct series *series;
    size_t count;
    bool warned;
};

static void keep_free(void *state) {
    struct keep *keep = state;
    if (!keep)
        return;
    r3_store_close(keep->store);
    free(keep->series);
    free(keep);
}

static int keep_init(void **state, const struct r3_arguments *arguments, struct r3_port *port, struct r3_error *error) {
    struct keep *keep = r3_allocate(sizeof *keep);
    int64_t days = r3_arguments_get(arguments, "days", 0)->integer;
    *state = keep;
    keep->port = port;
    keep->days = days < INT64_MAX / R3_DAY ? days * R3_DAY : INT64_MAX;
    if (r3_arguments_operands(arguments))
        return r3_fail(error, R3_USAGE, "keep takes no operands: \"%.80s\"", r3_arguments_operand(arguments, 0));
    return r3_store_open(&keep->store, NULL, false, error) < 0 ? -1 : r3_store_ready(keep->store, error);
}

static struct series *find_series(struct keep *keep, const char *platform, const char *market,
                                  enum r3_timeframe timeframe) {
    for (size_t i = 0; i < keep->count; i++) {
        struct series *series = &keep->series[i];
        if (series->timeframe == timeframe && strcmp(series->market, market) == 0 &&
            strcmp(series->platform, platform) == 0)
            return series;
    }
    keep->series = r3_reallocate(keep->series, (keep->count + 1) * sizeof *keep->series);
    struct series *series = &keep->series[keep->count++];
    *series = (struct series) {
        .timeframe = timeframe, .newest = R3_TIME_ABSENT, .trimmed = R3_TIME_ABSENT, .cutoff = R3_TIME_ABSENT
    };
    r3_copy_text(series->platform, sizeof series->platform, platform, strlen(platform));
    r3_copy_text(series->market, sizeof series->market, market, strlen(market));
    return series;
}

/* ---- a batch ---- */

/* Candles [from, to) of a block, or a single one, as one transaction. */
struct batch {
    const struct r3_candles *candles; /* NULL: `single` */
    const struct r3_candle *single;
    size_t from, to;
    int64_t cutoff;
    size_t at; /* the one that was stored last, or refused */
    bool refused;
};

static int store_batch(struct r3_store *store, void *context, struct r3_error *error) {
    struct batch *batch = context;
    struct r3_record record;
    batch->refused = false;
    for (batch->at = batch->from; batch->at < batch->to; batch->at++) {
        const struct r3_candle *candle = batch->single;
        if (batch->candles) {
            r3_candles_record(batch->candles, batch->at, &record);
            candle = &record.candle;
        }
        if (candle->time < batch->cutoff)
            continue;
        int result = r3_market_store_candle(store, candle, NULL, error);
        batch->refused = result == 0;
        if (result <= 0)
            return -1;
    }
    return 0;
}

/* Where one of them is refused, those ahead of it are stored all the same. */
static int run_batch(struct keep *keep, struct batch *batch, size_t *at, struct r3_error *error) {
    struct r3_error later = { 0 };
    if (batch->from < batch->to && r3_store_write(keep->store, store_batch, batch, error) < 0) {
        if (!batch->refused)
            return -1;
        *at = batch->to = batch->at;
        if (batch->from < batch->to && r3_store_write(keep->store, store_batch, batch, &later) < 0)
            *error = later;
        return -1;
    }
    return 0;
}

/* ---- what is too old ---- */

static int trim(struct keep *keep, struct series *series, struct r3_error *error) {
    series->trimmed = series->newest;
    int result = r3_market_trim(&series->cutoff, keep->store, series->platform, series->market, series->timeframe,
                                keep->days, true, error);
    if (result == 0 && !keep->warned)
        keep->port->warn(keep->port, "%s: so no candle is deleted (said once)", error->text);
    keep->warned |= result == 0;
    return result < 0 ? -1 : 0;
}

/* At the first candle of a series, and then once a day of market time. */
static int trim_daily(struct keep *keep, struct series *series, int64_t newest, struct r3_error *error) {
    series->newest = newest > series->newest ? newest : series->newest;
    if (series->trimmed != R3_TIME_ABSENT && series->newest < series->trimmed + R3_DAY)
        return 0;
    return trim(keep, series, error);
}

/* ---- the stage ---- */

static int keep_candles(void *state, const struct r3_candles *candles, size_t from, size_t to, size_t *at,
                        struct r3_error *error) {
    struct keep *keep = state;
    struct series *series = find_series(keep, candles->platform, candles->market, candles->timeframe);
    struct batch batch = { .candles = candles, .from = from, .to = to, .cutoff = series->cutoff };
    *at = from;
    if (run_batch(keep, &batch, at, error) < 0)
        return -1;
    *at = to - 1;
    return trim_daily(keep, series, candles->time[to - 1], error);
}

static int keep_step(void *state, const struct r3_record *record, struct r3_error *error) {
    struct keep *keep = state;
    const struct r3_candle *candle = &record->candle;
    size_t at;
    struct series *series = find_series(keep, candle->platform, candle->market, candle->timeframe);
    struct batch batch = { .single = candle, .from = 0, .to = 1, .cutoff = series->cutoff };
    if (run_batch(keep, &batch, &at, error) < 0)
        return -1;
    return trim_daily(keep, series, candle->time, error);
}

static int keep_finish(void *state, bool ended, struct r3_error *error) {
    struct keep *keep = state;
    (void)ended; /* what came is kept either way */
    for (size_t i = 0; i < keep->count; i++)
        if (keep->series[i].trimmed != keep->series[i].newest && trim(keep, &keep->series[i], error) < 0)
            return -1;
    return 0;
}

const struct r3_stage r3_market_keep_stage = {
    .name = "r3-market",
    .operands = "keep",
    .summary = "store the candles that pass",
    .options = options,
    .init = keep_init,
    .steps = { [R3_CANDLE] = keep_step },
    .candles = keep_candles,
    .finish = keep_finish,
    .free = keep_free,
};
