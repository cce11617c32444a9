/* Labels of sessions: each usual spelling in, one spelling out. */
#include "lib/session/label.h"

#include <string.h>

#include "tests/unit/check.h"

static void reads(const char *text, const char *strategy, const char *platform, const char *market,
                  enum r3_timeframe timeframe, int64_t refresh, const char *again) {
    struct r3_session_label label, second;
    struct r3_buffer out = R3_BUFFER_INIT;
    struct r3_error error = { 0 };
    CHECK_INT(r3_session_label_parse(&label, text, &error), 0);
    CHECK_TEXT(label.strategy, strategy);
    CHECK_TEXT(label.platform, platform);
    CHECK_TEXT(label.market, market);
    CHECK_INT(label.timeframe, timeframe);
    CHECK_INT(label.refresh, refresh);
    r3_session_label_write(&out, &label);
    CHECK_TEXT(out.data, again);
    CHECK_INT(r3_session_label_parse(&second, out.data, &error), 0);
    r3_buffer_reset(&out);
    r3_session_label_write(&out, &second);
    CHECK_TEXT(out.data, again);
    r3_buffer_release(&out);
}

static void refuses(const char *text, const char *reason) {
    struct r3_session_label label;
    struct r3_error error = { 0 };
    CHECK_INT(r3_session_label_parse(&label, text, &error), -1);
    CHECK_INT(error.status, R3_USAGE);
    CHECK(strstr(error.text, reason));
    CHECK(strstr(error.text, "a label is STRATEGY-PLATFORM-MARKET-TIMEFRAME-refreshTIME"));
}

static void labels(void) {
    static const int64_t minute = 60000;
    reads("Strategy1-Kucoin-BTCUSD-1H-refresh5mn", "Strategy1", "kucoin", "BTC-USD", R3_1H, 5 * minute,
          "Strategy1-Kucoin-BTCUSD-1H-refresh5mn");
    reads("sma-cross-KUCOIN-btcusdt-60m-REFRESH300s", "sma-cross", "kucoin", "BTC-USDT", R3_1H, 5 * minute,
          "sma-cross-Kucoin-BTCUSDT-1H-refresh5mn");
    reads("a-b-c-x-BTC/USDT-M5-refresh90s", "a-b-c", "x", "BTC-USDT", R3_5m, 90000, "a-b-c-X-BTCUSDT-5m-refresh90s");
    reads("a-p_1-eth_eur-DAILY-refresh24h", "a", "p_1", "ETH-EUR", R3_1D, 1440 * minute, "a-P_1-ETHEUR-1D-refresh1d");
    /* '-' within the market, where the two are currencies */
    reads("sma-cross-Kucoin-BTC-USDT-1H-refresh1h", "sma-cross", "kucoin", "BTC-USDT", R3_1H, 60 * minute,
          "sma-cross-Kucoin-BTCUSDT-1H-refresh1h");
    reads("sma-Kucoin-BTC-FDUSD-1M-refresh1m", "sma", "kucoin", "BTC-FDUSD", R3_1M, minute,
          "sma-Kucoin-BTCFDUSD-1M-refresh1mn");
    reads("größe-Kucoin-BTCUSD-1H-refresh5m", "größe", "kucoin", "BTC-USD", R3_1H, 5 * minute,
          "größe-Kucoin-BTCUSD-1H-refresh5mn");

    refuses("", "no refreshTIME at its end");
    refuses("-", "no refreshTIME at its end");
    refuses("refresh5mn", "no refreshTIME at its end");
    refuses("a-b-BTCUSD-1H-5mn", "no refreshTIME at its end");
    refuses("a-b-BTCUSD-1H-refresh", "no refreshTIME at its end");
    refuses("a-b-BTCUSD-1H-refresh5", "refresh5: not a time");
    refuses("a-b-BTCUSD-1H-refresh0s", "refresh0s: not a time");
    refuses("a-b-BTCUSD-1H-refresh-5m", "no refreshTIME at its end");
    refuses("-refresh5mn", "no timeframe");
    refuses("1H-refresh5mn", "no timeframe");
    refuses("a-b-BTCUSD-7H-refresh5mn", "not a timeframe");
    refuses("a-b-XYZ-1H-refresh5mn", "not a market: \"XYZ\"");
    refuses("a-b--1H-refresh5mn", "not a market");
    refuses("BTCUSD-1H-refresh5mn", "no market");
    refuses("Kucoin-BTCUSD-1H-refresh5mn", "no strategy and platform");
    refuses("-Kucoin-BTCUSD-1H-refresh5mn", "not the name of a strategy");
    refuses("--Kucoin-BTCUSD-1H-refresh5mn", "not the name of a strategy");
    refuses("a b-Kucoin-BTCUSD-1H-refresh5mn", "not the name of a strategy");
    refuses("a/b-Kucoin-BTCUSD-1H-refresh5mn", "not the name of a strategy");
    refuses("\xff-Kucoin-BTCUSD-1H-refresh5mn", "not the name of a strategy");
    refuses("a-Ku.coin-BTCUSD-1H-refresh5mn", "not a platform");
    refuses("a--BTCUSD-1H-refresh5mn", "not a platform");
    refuses("a-abcdefghijklmnopq-BTCUSD-1H-refresh5mn", "not a platform");
}

static void lengths(void) {
    struct r3_session_label label;
    struct r3_error error = { 0 };
    char text[400];
    static const char end[] = "-Kucoin-BTCUSD-1H-refresh5mn";
    for (size_t length = 1; length + sizeof end <= sizeof text; length++) {
        memset(text, 'a', length);
        memcpy(text + length, end, sizeof end);
        CHECK_INT(r3_session_label_parse(&label, text, &error), length < R3_NAME_SIZE ? 0 : -1);
    }
}

static void spans(void) {
    static const struct {
        int64_t span;
        const char *text;
    } rows[] = { { 1, "1ms" },      { 1000, "1s" },     { 90000, "90s" },   { 60000, "1m" },     { 300000, "5m" },
                 { 3600000, "1h" }, { 5400000, "90m" }, { 86400000, "1d" }, { 90000000, "25h" }, { 604800000, "7d" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct r3_buffer out = R3_BUFFER_INIT;
        r3_session_write_span(&out, rows[i].span, "m");
        CHECK_TEXT(out.data, rows[i].text);
        r3_buffer_release(&out);
    }
}

int main(void) {
    labels();
    lengths();
    spans();
    return check_done();
}
