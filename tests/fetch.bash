# r3-fetch before the fakes of tests/kucoin (KuCoin) and tests/fetch (Binance, Kraken) on 127.0.0.1: loaded behind helper and kucoin.
#
#     other TIME [OPTIONS]         the fake of Binance and Kraken, whose clock begins with TIME; control QUERY
#     requests [.ENDPOINT]         that the fake KuCoin has had
#     new_store; asked_of COLUMNS  of its candles
#     file PLATFORM WORDS…; candles, times, in_order, same_candles: of what was fetched

# shellcheck disable=SC2034  # for who loads this
setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB R3_NOW R3_KUCOIN_URL R3_BINANCE_URL R3_KRAKEN_URL
    # Nothing may reach a real one.
    export R3_KUCOIN_URL=http://127.0.0.1:1 R3_BINANCE_URL=http://127.0.0.1:1 R3_KRAKEN_URL=http://127.0.0.1:1
    export XDG_STATE_HOME=$PWD/state
    hours=$DATA/btcusd-bitstamp-2013_1H.csv
    minutes=$DATA/btcusd-bitstamp-2013_1m.csv
}

teardown() {
    exchange_stop
    [ -z "${fake-}" ] || kill "$fake" 2>/dev/null || true
}

ms() { echo $(($(date -u -d "$1" +%s) * 1000)); }

# other TIME [OPTIONS]: the fake of Binance and Kraken, whose clock begins with TIME.
other() {
    local port
    mkfifo port
    "$TOP/tests/fetch/fake-exchange" --now "$(ms "$1")" --candles 1h="$hours" --candles 1m="$minutes" --log asked "${@:2}" >port 2>fake.log 3>&- &
    fake=$!
    read -r port <port
    export R3_BINANCE_URL=http://127.0.0.1:$port R3_KRAKEN_URL=http://127.0.0.1:$port
}
control() { curl -sSf "$R3_BINANCE_URL/control?$1" >/dev/null; }

candles() { grep '"type":"candle"' "$@"; }
file() { r3-collect --platform "$1" -m BTC-USDT "${@:2}"; }
same_candles() { # FILE FILE COUNT
    diff <(candles "$1") <(candles "$2")
    [ "$(candles "$1" | wc -l)" = "$3" ]
}
# times FILE: close, timeframe and market of each candle, time of each price.
times() {
    jq -r 'if .type == "candle" then [.time + {"1m": 60, "15m": 900, "1H": 3600, "1D": 86400}[.timeframe] * 1000, .timeframe, .market]
        elif .type == "price" then [.time, "price", .market] else empty end | @tsv' "$1"
}
in_order() { times "$1" | cut -f 1 | sort -n -c; }

requests() { exchange_control requests | jq -c ".endpoints$1 // 0"; }
asked_of() { sqlite3 r3.db "SELECT $1 FROM candles"; }
new_store() {
    export R3_DB=$PWD/r3.db
    rm -f r3.db*
    r3-session init
}
