/* lib/exchange/names.h tells of the exchanges, to programs that are linked without them, what they say themselves. */
#include "lib/exchange/names.h"

#include "lib/fetch/fetch.h"
#include "lib/kucoin/history.h"
#include "tests/unit/check.h"

static bool is_asked(const char *a, const char *b, const char *c) {
    char *const words[] = { "r3-collect", (char *)(uintptr_t)a, (char *)(uintptr_t)b, (char *)(uintptr_t)c };
    return r3_exchange_is_asked(c ? 4 : 3, words);
}

/* What is the first operand depends on which options have a value in the next word. */
static void check_option(const struct r3_option *option) {
    char name[40], letter[3] = { '-', option->letter, '\0' };
    snprintf(name, sizeof name, "--%s", option->name);
    for (int i = 0; i < (option->letter ? 2 : 1); i++) {
        const char *word = i ? letter : name;
        if (option->kind == R3_OPTION_FLAG) {
            CHECK(is_asked(word, "kucoin", NULL));
            CHECK(!is_asked(word, "btc.csv", "kucoin"));
        } else {
            CHECK(is_asked(word, "value", "kucoin"));
            CHECK(!is_asked(word, "kucoin", "btc.csv"));
        }
    }
}

static void check_options(const struct r3_stage *stage) {
    const struct r3_option *tables[3];
    r3_stage_tables(tables, stage);
    for (size_t i = 0; tables[i]; i++)
        for (const struct r3_option *option = tables[i]; option->name; option++)
            check_option(option);
}

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
    check_options(&r3_collect_stage);
    check_options(&r3_fetch_stage);
    CHECK(is_asked("-r1H", "kucoin", NULL));
    CHECK(is_asked("-fr", "1H", "kucoin"));
    CHECK(is_asked("--resample=1H", "kucoin", NULL));
    CHECK(!r3_exchange_is_known("mtgox"));
    CHECK(!r3_exchange_has("mtgox", R3_1m));
    CHECK_INT(r3_exchange_depth("mtgox"), 0);
    return check_done();
}
