#include "lib/kucoin/history.h"

#include "lib/kucoin/kucoin.h"

enum { PAGE = 1500 };

static int history_open(void **client, const char *url, struct r3_error *error) {
    const struct r3_kucoin_options options = { .url = url };
    struct r3_kucoin *kucoin;
    int result = r3_kucoin_new(&kucoin, &options, error);
    *client = kucoin;
    return result;
}

static void history_close(void *client) {
    r3_kucoin_free(client);
}

/* Its weeks begin on Thursday, and when its months do is not said: both are put together from days. */
static bool history_has(enum r3_timeframe timeframe) {
    return timeframe >= R3_1m && timeframe <= R3_1D;
}

static int history_time(void *client, int64_t *now, struct r3_error *error) {
    return r3_kucoin_time(client, now, error);
}

static int history_instrument(void *client, const char *market, struct r3_instrument *out, struct r3_error *error) {
    struct r3_kucoin_symbol symbol;
    bool found;
    if (r3_kucoin_market(client, market, &symbol, &found, error) < 0 || !found)
        return -1;
    *out = symbol.instrument;
    return 0;
}

struct listing {
    r3_exchange_instrument *each;
    void *context;
};

static int list_symbol(const struct r3_kucoin_symbol *symbol, void *context, struct r3_error *error) {
    const struct listing *listing = context;
    return symbol->trades ? listing->each(&symbol->instrument, listing->context, error) : 0;
}

static int history_symbols(void *client, r3_exchange_instrument *each, void *context, struct r3_error *error) {
    struct listing listing = { each, context };
    return r3_kucoin_symbols(client, list_symbol, &listing, error);
}

/* It gives the youngest where there are more than a page, so no more are asked for. */
static int history_candles(void *client, const char *market, enum r3_timeframe timeframe, int64_t from, int64_t to,
                           r3_exchange_candle *each, void *context, struct r3_error *error) {
    int64_t end = from + PAGE * r3_timeframe_span(timeframe);
    return r3_kucoin_candles(client, market, timeframe, from, end < to ? end : to, each, context, error);
}

static int history_price(void *client, const char *market, struct r3_price *out, struct r3_error *error) {
    return r3_kucoin_price(client, market, out, error);
}

const struct r3_exchange r3_kucoin_exchange = {
    .name = "kucoin",
    .url = "https://api.kucoin.com",
    .page = PAGE,
    .pause = 50, /* 2,000 of weight in 30 s; candles weigh 3 */
    .open = history_open,
    .close = history_close,
    .has = history_has,
    .tells_clock = true,
    .time = history_time,
    .instrument = history_instrument,
    .candles = history_candles,
    .price = history_price,
    .symbols = history_symbols,
};
