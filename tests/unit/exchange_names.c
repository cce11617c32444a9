/* lib/exchange/names.h tells of the exchanges, to programs that are linked without them, what they say themselves. */
#include "lib/exchange/names.h"

#include "lib/kucoin/history.h"
#include "tests/unit/check.h"

int main(void) {
    const struct r3_exchange *const all[] = { &r3_kucoin_exchange, &r3_binance_exchange, &r3_kraken_exchange };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        CHECK(r3_exchange_is_known(all[i]->name));
        CHECK(strstr(r3_exchange_names(), all[i]->name) != NULL);
        CHECK_INT(r3_exchange_depth(all[i]->name), all[i]->depth);
        for (int timeframe = R3_1m; timeframe < R3_TIMEFRAME_COUNT; timeframe++)
            CHECK_INT(r3_exchange_has(all[i]->name, (enum r3_timeframe)timeframe),
                      all[i]->has((enum r3_timeframe)timeframe));
    }
    CHECK(!r3_exchange_is_known("mtgox"));
    CHECK(!r3_exchange_has("mtgox", R3_1m));
    CHECK_INT(r3_exchange_depth("mtgox"), 0);
    return check_done();
}
