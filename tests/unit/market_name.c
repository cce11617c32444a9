#include "lib/market/market_name.h"

#include "tests/unit/check.h"

static const char *parsed(const char *text) {
    static char market[R3_MARKET_SIZE];
    struct r3_error error = { 0 };
    if (r3_market_parse(market, text, &error) == 0)
        return market;
    CHECK_INT(error.status, R3_USAGE);
    return "error";
}

static const char *guessed(const char *path) {
    static char market[R3_MARKET_SIZE];
    struct r3_error error = { 0 };
    if (r3_market_guess(market, path, &error) == 0)
        return market;
    CHECK_INT(error.status, R3_USAGE);
    return "error";
}

int main(void) {
    CHECK_TEXT(parsed("BTC-USDT"), "BTC-USDT");
    CHECK_TEXT(parsed("btc/usd"), "BTC-USD");
    CHECK_TEXT(parsed("eth_btc"), "ETH-BTC");
    CHECK_TEXT(parsed("BTCUSD"), "BTC-USD");
    CHECK_TEXT(parsed("btcusdt"), "BTC-USDT");
    CHECK_TEXT(parsed("ETHBTC"), "ETH-BTC");
    CHECK_TEXT(parsed("1INCHUSDT"), "1INCH-USDT");
    CHECK_TEXT(parsed("BTCFDUSD"), "BTC-FDUSD");
    CHECK_TEXT(parsed("DOTUSD"), "DOT-USD");
    CHECK_TEXT(parsed("SHIBUSD"), "SHIB-USD");
    CHECK_TEXT(parsed("BTCTUSD"), "BTC-TUSD");
    CHECK_TEXT(parsed("BNTUSD"), "BNT-USD");
    CHECK_TEXT(parsed("ETHWBTC"), "ETH-WBTC");
    CHECK_TEXT(parsed("GOOG-USD"), "GOOG-USD");
    CHECK_TEXT(parsed("ABC-XYZ"), "ABC-XYZ");
    CHECK_TEXT(parsed(""), "error");
    CHECK_TEXT(parsed("-"), "error");
    CHECK_TEXT(parsed("BTC-"), "error");
    CHECK_TEXT(parsed("-USD"), "error");
    CHECK_TEXT(parsed("USD"), "error");
    CHECK_TEXT(parsed("GOOG"), "error");
    CHECK_TEXT(parsed("A-B-C"), "error");
    CHECK_TEXT(parsed("BTC USD"), "error");
    CHECK_TEXT(parsed("BTC-USD\n"), "error");
    CHECK_TEXT(parsed("ABCDEFGHIJKLMNOP-USD"), "ABCDEFGHIJKLMNOP-USD");
    CHECK_TEXT(parsed("ABCDEFGHIJKLMNOPQ-USD"), "error");
    CHECK_TEXT(parsed("ABCDEFGHIJKLMNOP-ABCDEFGHIJKLMNO"), "ABCDEFGHIJKLMNOP-ABCDEFGHIJKLMNO");
    CHECK_TEXT(parsed("ABCDEFGHIJKLMNOP-ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "error");

    CHECK_TEXT(guessed("btc.csv"), "BTC-USD");
    CHECK_TEXT(guessed("/data/btcusd-bitstamp-2013_1H.csv"), "BTC-USD");
    CHECK_TEXT(guessed("Binance_BTCUSDT_1h.csv.gz"), "BTC-USDT");
    CHECK_TEXT(guessed("BTCUSDT-1m-2024-01.csv"), "BTC-USDT");
    CHECK_TEXT(guessed("ETH_BTC-1h.csv"), "ETH-BTC");
    CHECK_TEXT(guessed("Bitfinex_ETHUSD_d.csv"), "ETH-USD");
    CHECK_TEXT(guessed("XBTUSD_60.csv"), "XBT-USD");
    CHECK_TEXT(guessed("wifusdt-1m.csv"), "WIF-USDT");
    CHECK_TEXT(guessed("goog.csv"), "GOOG-USD");
    CHECK_TEXT(guessed("bars_100k.csv"), "error");
    CHECK_TEXT(guessed("a.csv"), "error");
    CHECK_TEXT(guessed("elevenchars.csv"), "error");
    CHECK_TEXT(guessed("bitstampUSD_1-min_data.csv"), "error");
    CHECK_TEXT(guessed(""), "error");
    CHECK_TEXT(guessed("/"), "error");
    CHECK_TEXT(guessed("a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t-btcusd"), "error");
    CHECK_TEXT(guessed("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzbtcusd"), "error");

    char base[R3_CURRENCY_SIZE], quote[R3_CURRENCY_SIZE];
    CHECK_INT(r3_market_split(base, quote, "BTC-USDT"), 0);
    CHECK_TEXT(base, "BTC");
    CHECK_TEXT(quote, "USDT");
    CHECK_INT(r3_market_split(base, quote, "BTC"), -1);
    return check_done();
}
