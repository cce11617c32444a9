# r3-fetch: candles of an exchange, from the fakes of tests/kucoin (KuCoin) and tests/fetch (Binance, Kraken) on 127.0.0.1.
load helper
load kucoin

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

# ---- what is asked for ----

@test "candles of KuCoin are byte for byte those that r3-collect writes of the same file" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    r3-fetch kucoin BTC-USDT 1m --from 2013-11-25 --to 2013-12-01 >out 2>said
    file kucoin "$minutes" --from 2013-11-25 --to 2013-12-01 >want 2>want.said
    same_candles out want 8452
    diff <(sed s/r3-fetch/r3-collect/ said) want.said
    [ "$(head -1 out)" = '{"type":"stream","version":1}' ]
    [ "$(sed -n 2p out)" = '{"type":"instrument","platform":"kucoin","market":"BTC-USDT","base":"BTC","quote":"USDT","price_increment":"0.1","base_increment":"0.00000001","quote_increment":"0.000001","minimum_size":"0.00001","minimum_funds":"0.1","fee_currency":"USDT"}' ]
    [ "$(tail -1 out)" = '{"type":"end","source":"r3-fetch","records":8454}' ]
    [ "$(exchange_control requests | jq .endpoints.candles)" = 6 ]
}

@test "and those of Binance and Kraken; their increments and minimums" {
    other 2013-12-02T16:00:20
    file binance "$hours" >want
    r3-fetch binance btcusdt 1h --from 2013-11-25 >out
    same_candles out want 161
    [ "$(jq -r 'select(.type == "instrument") | [.market, .price_increment, .base_increment, .quote_increment, .minimum_size, .minimum_funds] | join(" ")' out)" = \
        'BTC-USDT 0.01 0.00001 0.00000001 0.00001 5' ]
    file kraken "$hours" >want
    r3-fetch kraken BTC-USDT 1H --from 2013-11-25 >out
    same_candles out want 161
    [ "$(jq -r 'select(.type == "instrument") | [.market, .price_increment, .base_increment, .quote_increment, .minimum_size, .minimum_funds] | join(" ")' out)" = \
        'BTC-USDT 0.1 0.00000001 0.00001 0.0001 0.5' ]
    r3-fetch kraken DOGE-USDT 1H --from 2013-11-25 | candles | head -1 | grep -q '"market":"DOGE-USDT"'
    grep -q 'pair=XDGUSDT' asked
}

@test "an answer in any order comes out in order" {
    other 2013-12-02T16:00:20
    control order=1
    file binance "$minutes" --to 2013-11-27 >want
    r3-fetch binance BTC-USDT 1m --from 2013-11-25 --to 2013-11-27 >out
    same_candles out want 2795
}

@test "r3-collect with an exchange's name is r3-fetch; a file may have such a name" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    r3-fetch kucoin BTC-USDT 1H --from 2013-11-25 --to 2013-11-26 >want
    r3-collect kucoin BTC-USDT 1H --from 2013-11-25 --to 2013-11-26 >out
    cmp out want
    r3-collect --from 2013-11-25 --quiet --to=2013-11-26 kucoin BTC-USDT 1H >out
    cmp out want
    cp "$hours" kucoin
    r3-collect -m BTC-USDT ./kucoin | candles | wc -l | grep -qx 161
    r3-collect --platform kucoin -m BTC-USDT "$hours" | candles | wc -l | grep -qx 161
    PATH=/usr/bin:/bin run -0 "$BIN/r3-collect" kucoin BTC-USDT 1H --from 2013-11-25 --to 2013-11-26
    [ "${#lines[@]}" = 27 ]
}

@test "a candle that has not closed by the exchange's clock, or by R3_NOW, is left out" {
    exchange_start --now 2013-11-26T10:00:30 --speed 0 --candles "$minutes"
    r3-fetch kucoin BTC-USDT 1m --from 2013-11-26T09:55 >out
    [ "$(times out | tail -1)" = $'1385460000000\t1m\tBTC-USDT' ]
    r3-fetch kucoin BTC-USDT 15m --from 2013-11-26T09:00 >out
    [ "$(times out | tail -1)" = $'1385460000000\t15m\tBTC-USDT' ]
    R3_NOW=2013-11-26T09:59:59.999 r3-fetch kucoin BTC-USDT 15m --from 2013-11-26T09:00 >out
    [ "$(times out | tail -1)" = $'1385459100000\t15m\tBTC-USDT' ]
    run -78 env R3_NOW=soon r3-fetch kucoin BTC-USDT 15m
}

@test "the youngest candle is waited for, as a run of cron at the full minute wants it" {
    other 2013-11-26T10:01:00
    control "hide=$(ms 2013-11-26T10:00)&hidden=2"
    r3-fetch binance BTC-USDT 1m --from 2013-11-26T09:59 >out
    [ "$(times out | tail -1)" = $'1385460060000\t1m\tBTC-USDT' ]
    [ "$(candles out | wc -l)" = 2 ]
    # Not with R3_NOW, when no time passes.
    control "hide=$(ms 2013-11-26T10:00)&hidden=1000"
    before=$SECONDS
    R3_NOW=2013-11-26T10:01 r3-fetch binance BTC-USDT 1m --from 2013-11-26T09:59 >out
    [ $((SECONDS - before)) -lt 3 ]
    [ "$(candles out | wc -l)" = 1 ]
}

@test "without --from: as many as one call gives" {
    other 2013-12-01T12:00
    r3-fetch binance BTC-USDT 1m >out
    file binance "$minutes" --from 2013-11-30T19:21 --to 2013-12-01T12:00 >want
    same_candles out want 981
    [ "$(grep -c klines asked)" = 1 ]
}

@test "years without a trade, before the market begins, cost few calls" {
    other 2013-12-02T16:00:20
    r3-fetch binance BTC-USDT 1m --from 2001-01-01 --to 2013-11-25T12:00 >out
    file binance "$minutes" --to 2013-11-25T12:00 >want
    same_candles out want 695
    [ "$(wc -l <asked)" -lt 12 ]
    # KuCoin gives nothing where nothing was in the window.
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    r3-fetch kucoin BTC-USDT 1m --from 2001-01-01 --to 2013-11-25T12:00 >out
    same_candles out <(sed s/binance/kucoin/ want) 695
    [ "$(exchange_control requests | jq .endpoints.candles)" -lt 12 ]
}

@test "--resample and timeframes that the exchange lacks, as r3-collect puts them together" {
    other 2013-12-02T16:20
    for gaps in warn fill; do
        for timeframe in 15m 4H 1D; do
            r3-fetch binance BTC-USDT 1m --from 2013-11-25 --to 2013-12-01 --gaps $gaps --resample $timeframe >out
            file binance "$minutes" --from 2013-11-25 --to 2013-12-01 --gaps $gaps --resample $timeframe >want
            diff <(candles out) <(candles want)
        done
    done
    # Kraken has no 2H, and its weeks and KuCoin's do not begin on Monday.
    r3-fetch kraken BTC-USDT 2H --from 2013-11-25 --to 2013-12-01T16:00 >out
    file kraken "$hours" --resample 2H --to 2013-12-01T16:00 >want
    same_candles out want 80
    r3-fetch kraken BTC-USDT 1W --from 2013-11-19 >out
    [ "$(jq -c 'select(.type == "candle") | [.timeframe, .time / 1000, .open]' out)" = '["1W",1385337600,"800.01"]' ]
    # --from and --to are about what is written.
    r3-fetch binance BTC-USDT 1m --resample 1H --from 2013-11-25T00:30 --to 2013-11-25T03:30 >out
    file binance "$hours" --from 2013-11-25T00:30 --to 2013-11-25T03:30 >want
    diff <(candles out | jq -c '[.time, .open, .high, .low, .close]') <(candles want | jq -c '[.time, .open, .high, .low, .close]')
    [ "$(candles out | wc -l)" = 3 ]
}

@test "several markets and --with are merged by their closes, the finer first" {
    other 2013-12-02T16:00:20
    r3-fetch binance BTC-USDT ETH-USDT 1H --from 2013-11-25 --to 2013-11-27 --with 1m --with-from 2013-11-26T10:30 >out
    in_order out
    [ "$(jq -r 'select(.type == "instrument").market' out | paste -sd' ')" = 'BTC-USDT ETH-USDT' ]
    (
        file binance "$hours" --from 2013-11-25 --to 2013-11-27
        file binance "$minutes" --from 2013-11-26T10:30 --to 2013-11-27
    ) 2>/dev/null >want
    for market in BTC-USDT ETH-USDT; do
        diff <(candles out | grep -F "$market" | sort) <(candles want | sed "s/BTC-USDT/$market/" | sort)
    done
    # At equal times: by timeframe, then by operand.
    [ "$(times out | awk '$1 == 1385463600000 { print $2, $3 }' | paste -sd,)" = '1m BTC-USDT,1m ETH-USDT,1H BTC-USDT,1H ETH-USDT' ]
    # An hour that closes behind --to would tell more than the minutes.
    r3-fetch binance BTC-USDT 1H --from 2013-11-25 --to 2013-11-25T02:30 --with 1m >out
    [ "$(times out | tail -1)" = $'1385346600000\t1m\tBTC-USDT' ]
    [ "$(times out | grep -c 1H)" = 2 ]
}

@test "gaps: counted, filled, or the end" {
    other 2013-12-02T16:00:20
    run -65 r3-fetch binance BTC-USDT 1m --from 2013-11-25 --to 2013-11-26 --gaps fail
    [[ $output == *'binance: BTC-USDT 1m 2013-11-25T03:04:00Z: 1 candle is missing ahead of it, from 2013-11-25T03:03:00Z on'* ]]
    [[ $output != *'"type":"end"'* ]]
    r3-fetch binance BTC-USDT 1m --from 2013-11-25 --to 2013-12-01 --gaps fill >out
    file binance "$minutes" --from 2013-11-25 --to 2013-12-01 --gaps fill >want
    same_candles out want 8640
    run -0 --separate-stderr r3-fetch binance BTC-USDT 1m --from 2013-11-25 --to 2013-11-26 --quiet
    [ -z "$stderr" ]
    run -0 --separate-stderr r3-fetch binance BTC-USDT 1H --from 2013-01-01 --to 2013-01-02
    [ "$stderr" = 'r3-fetch: BTC-USDT 1H: no candle lies between --from and --to' ]
}

@test "Kraken has 720 candles of each timeframe: what is older is said to be gone" {
    other 2013-11-27T12:00:20
    r3-fetch kraken BTC-USDT 1m --from 2013-11-25 >out 2>said
    grep -qx 'r3-fetch: BTC-USDT 1m: kraken has the last 720 candles alone: from 2013-11-27T00:01:00Z on' said
    file kraken "$minutes" --from 2013-11-27T00:01 --to 2013-11-27T12:00 >want
    same_candles out want 684
}

@test "fees are what the options say, else left out" {
    other 2013-12-02T16:00:20
    fees() { r3-fetch binance BTC-USDT 1D "$@" | jq -r 'select(.type == "instrument") | "\(.maker_fee) \(.taker_fee)"'; }
    [ "$(fees)" = 'null null' ]
    [ "$(fees --fee 0.1%)" = '0.001 0.001' ]
    [ "$(fees --fee 0.001 --maker-fee 0.08%)" = '0.0008 0.001' ]
}

@test "--ticker: a price at the end" {
    exchange_start --now 2013-11-26T10:00 --price 812.5 --candles "$minutes"
    r3-fetch kucoin BTC-USDT 1H --from 2013-11-26 --ticker 5 >out
    [ "$(tail -2 out | head -1 | jq -r '.type, .price' | paste -sd' ')" = 'price 812.5' ]
    in_order out
}

@test "--resume: the file's candles first, then the new ones; a cut line, another file" {
    other 2013-12-02T16:00:20
    fetch() { r3-fetch binance BTC-USDT 1H --with 1m --with-from 2013-11-26 "$@" 2>/dev/null; }
    fetch --from 2013-11-25 --to 2013-11-27 >want
    # Nothing to go on from yet.
    fetch --from 2013-11-25 --to 2013-11-27 --resume none >out
    cmp out want
    # From any place; a run that was killed leaves half a line.
    for lines in 2 3 40 1200; do
        head -n $lines want >old
        sed -n "$((lines + 1))p" want | head -c 50 >>old
        run -0 --separate-stderr r3-fetch binance BTC-USDT 1H --with 1m --with-from 2013-11-26 --from 2013-11-25 --to 2013-11-27 --resume old
        diff <(echo "$output") want
        [[ $stderr == *'old: its last line is cut off, and asked for again'* ]]
    done
    # All is there: one question after the head of the stream, and the end.
    fetch --from 2013-11-25 --to 2013-11-27 --resume want >out
    cmp out want
    fetch --from 2013-11-25 --to 2013-11-28 >more
    fetch --from 2013-11-25 --to 2013-11-28 --resume want >out
    cmp out more
    run -65 r3-fetch binance BTC-USDT 1H --resume want
    [[ $output == *'want:'*': a candle of BTC-USDT 1m from binance, which is not asked for'* ]]
    sed -n '3p;3p' want >old
    run -65 r3-fetch binance BTC-USDT 1H --resume old
    [[ $output == *'old:2: a candle that does not come after the one before it'* ]]
    run -74 r3-fetch binance BTC-USDT 1H --resume .
}

@test "a backtest over it, and the rules of markets, as other programs take them" {
    other 2013-12-02T16:00:20
    pipelines=$TOP/pipelines
    text='r3-strategy sma-cross --set fast=3 --set slow=8 | r3-track | r3-size | r3-order --paper'
    r3-fetch binance BTC-USDT 1H --from 2013-11-25 >btc.ndjson
    "$pipelines/backtest" "$text" <btc.ndjson >one
    "$pipelines/backtest" "r3-collect binance BTC-USDT 1H --from 2013-11-25 | $text" >two
    r3-backtest "$text" <btc.ndjson >three
    cmp one two
    cmp one three
    [ "$(grep -c '"type":"trade"' one)" -gt 5 ]
    r3-backtest "r3-collect binance BTC-USDT 1H --from 2013-11-25 | $text" >five
    cmp one five
    r3-backtest 'r3-collect binance BTC-USDT 1H --from 2013-11-25' | cmp btc.ndjson -
    for by in "$pipelines/backtest" r3-backtest; do
        run -64 --separate-stderr "$by" "r3-collect binance BTC-USDT 7H | $text"
        [[ $stderr == *'r3-fetch: '*7H* ]]
        run -64 "$by" "r3-collect binance BTC-USDT 1H --from 2013-11-25 | r3-strategy no-such | r3-track"
    done
    R3_BINANCE_URL=http://127.0.0.1:1 run -69 r3-backtest 'r3-collect binance --from 2013-11-25 BTC-USDT 1H | r3-strategy sma-cross | r3-report'
    # r3-sweep reads files of r3-collect.
    run -64 r3-sweep "r3-collect binance BTC-USDT 1H --with 1m | r3-strategy sma-cross --set fast={fast} | r3-track | r3-size | r3-order --paper | r3-report" --vary fast=5,10
    [[ $output == *'r3-sweep: r3-collect: an exchange is not asked from here: write its candles to a file, with r3-fetch'* ]]
    jq -r 'select(.type == "candle") | [.time, .open, .high, .low, .close, .volume] | join(",")' btc.ndjson >btc-usdt.csv
    r3-collect --platform binance btc-usdt.csv >four
    same_candles btc.ndjson four 161
    "$BIN/r3-fetch" symbols binance >all
    [ "$(jq -r .market all | paste -sd' ')" = 'BTC-USDC BTC-USDT DOGE-USDT ETH-USDT' ]
    run -0 r3-fetch symbols kraken ethusdt doge/usdt
    [ "$(jq -r .market <<<"$output" | paste -sd' ')" = 'DOGE-USDT ETH-USDT' ]
    run -65 r3-fetch symbols kraken BTC-EUR
    [[ $output == *'kraken has no market BTC-EUR that trades now'* ]]
}

# ---- --store ----

requests() { exchange_control requests | jq -c ".endpoints$1 // 0"; }
asked_of() { sqlite3 r3.db "SELECT $1 FROM candles"; }
new_store() {
    export R3_DB=$PWD/r3.db
    rm -f r3.db*
    r3-session init
}
# as_without WORDS…: what r3-fetch writes, its messages and its status are the same with --store: with nothing kept, with all of it, with
# a hole in the middle, with an end or the beginning alone; and where all was kept, no candle was asked for.
as_without() {
    local before status=0
    r3-fetch "$@" >want 2>want.said || status=$?
    new_store
    for kept in none all hole end begin all; do
        case $kept in
        hole) sqlite3 r3.db "DELETE FROM candles WHERE time % 7200000 BETWEEN 1800000 AND 3600000; DELETE FROM consumer_positions" ;;
        end) sqlite3 r3.db "DELETE FROM candles WHERE time < (SELECT max(time) - 7200000 FROM candles); DELETE FROM consumer_positions" ;;
        begin) sqlite3 r3.db "DELETE FROM candles WHERE time > (SELECT min(time) + 7200000 FROM candles); DELETE FROM consumer_positions" ;;
        esac
        before=$(requests .candles)
        run "-$status" --separate-stderr r3-fetch "$@" --store
        diff <(echo "$output") want
        diff <(echo -n "${stderr:+$stderr
}") want.said
        if [ $kept = all ] && [ $status = 0 ]; then
            [ "$(requests .candles)" = "$before" ]
        fi
    done
}

@test "--store: byte for byte what it would be without, whatever is kept" {
    exchange_start --now 2013-12-02T16:00 --speed 0 --candles "$minutes"
    as_without kucoin BTC-USDT 1H --from 2013-11-26 --to 2013-11-27
    as_without kucoin BTC-USDT 1H --with 1m --from 2013-11-26 --with-from 2013-11-26T09:30 --to 2013-11-26T12:30
    as_without kucoin BTC-USDT 1m --from 2013-11-26T01:00 --to 2013-11-26T06:00 --gaps fill
    as_without kucoin BTC-USDT 1m --from 2013-11-26T01:00 --to 2013-11-26T06:00 --gaps fail
    as_without kucoin BTC-USDT 1m --from 2013-11-26T01:10 --to 2013-11-26T06:00 --resample 15m --fee 0.1%
    as_without kucoin ETH-USDT BTC-USDT 15m --with 5m --from 2013-11-26 --to 2013-11-26T12:00
    as_without kucoin BTC-USDT 1m --from 2013-11-28 --to 2013-11-30T04:00 --quiet
    as_without kucoin BTC-USDT 1W --from 2013-11-25
    R3_NOW=2013-11-26T10:03:30 as_without kucoin BTC-USDT 1m
    as_without kucoin BTC-USDT 5m --from 2013-11-25 --to 2013-11-25T02:00 # the first are of 00:00
    as_without kucoin BTC-USDT 1m --from 2013-11-24T23:00 --to 2013-11-25T02:00
    R3_NOW=2013-11-26T10:03:30 as_without kucoin BTC-USDT 15m --with 1m --from 2013-11-26
    R3_NOW=2013-11-26T10:03:30 as_without kucoin BTC-USDT 15m --from 2013-11-26 --with 1m --with-from 2013-11-26T08:00 --gaps fill
    head -n 40 want >old
    R3_NOW=2013-11-26T10:03:30 as_without kucoin BTC-USDT 15m --from 2013-11-26 --with 1m --with-from 2013-11-26T08:00 --gaps fill --resume old
}

@test "--store: of what is kept nothing is asked, neither the time nor the market's rules" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    new_store
    export R3_NOW=2013-11-26T10:00
    r3-collect kucoin --store BTC-USDT 1H --with 1m --from 2013-11-25 >want
    [ "$(requests)" = '{"time":1,"symbol":1,"candles":2}' ] || [ "$(requests '|tojson')" = '"{\"time\":1,\"symbol\":1,\"candles\":3}"' ]
    before=$(requests)
    r3-fetch kucoin BTC-USDT 1H --with 1m --from 2013-11-25 --store >out
    cmp out want
    [ "$(requests)" = "$before" ]
    exchange_stop
    r3-fetch kucoin BTC-USDT 1H --with 1m --from 2013-11-25 --store >out # nobody is there to answer
    cmp out want
    # Rules that are older than an hour are asked for again; so is a candle that has closed since.
    R3_NOW=2013-11-26T11:00 run -69 r3-fetch kucoin BTC-USDT 1H --from 2013-11-25 --to 2013-11-26T10:00 --store
    # r3-market knows the candles, and its list of markets is not this one.
    diff <(r3-market history BTC-USDT 1H | candles) <(candles want | grep '"1H"')
    diff <(r3-market history BTC-USDT 1m 2>/dev/null | candles) <(candles want | grep '"1m"')
    run -69 r3-market symbols
    [ "$(sqlite3 r3.db 'SELECT market, trades FROM instruments')" = 'BTC-USDT|0' ]
    run -0 r3-session check
}

@test "--store: a candle that differs from the one that is kept: both are named, and that one stays" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    new_store
    r3-fetch kucoin BTC-USDT 1H --from 2013-11-26 --to 2013-11-27 --store >want
    sqlite3 r3.db "UPDATE candles SET close = '829.5' WHERE time = $(ms 2013-11-26T05:00)
        ; DELETE FROM candles WHERE time = $(ms 2013-11-26T03:00); DELETE FROM consumer_positions"
    run -0 --separate-stderr r3-fetch kucoin BTC-USDT 1H --from 2013-11-26 --to 2013-11-27 --store
    close=$(candles want | jq -r "select(.time == $(ms 2013-11-26T05:00)).close")
    [[ $stderr == "r3-fetch: BTC-USDT 1H 2013-11-26T05:00:00Z of kucoin is kept with open "*" close 829.5 volume "*", and comes with open "*" close $close volume "*'; the one that is kept stays' ]]
    diff <(echo "$output") <(sed "/\"time\":$(ms 2013-11-26T05:00)/s/\"close\":\"$close\"/\"close\":\"829.5\"/" want)
    [ "$(sqlite3 r3.db "SELECT close FROM candles WHERE time = $(ms 2013-11-26T05:00)")" = 829.5 ]
    # More than one: one line. One that no exchange can have meant is not given.
    sqlite3 r3.db "UPDATE candles SET low = '9999' WHERE time IN ($(ms 2013-11-26T06:00), $(ms 2013-11-26T07:00))"
    run -0 --separate-stderr r3-fetch kucoin BTC-USDT 1H --from 2013-11-26T06:00 --to 2013-11-26T09:00 --store
    [[ $stderr == *'2013-11-26T06:00:00Z of kucoin is kept with'*', and 1 more differ; those that are kept stay' ]]
    diff <(candles <<<"$output") <(candles want | sed -n 7,9p)
}

@test "--store: one that is not there, has no tables, is busy or cannot be written does not keep the candles away" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    words=(kucoin BTC-USDT 1H --from 2013-11-26 --to 2013-11-27)
    r3-fetch "${words[@]}" >want
    without() { # MESSAGE
        run -0 --separate-stderr r3-fetch "${words[@]}" --store
        diff <(echo "$output") want
        [[ $stderr == "r3-fetch: "*"$1"*'; kucoin is asked for all' ]]
    }
    R3_DB=$PWD/none.db without 'none.db is not there'
    : >empty.db
    R3_DB=$PWD/empty.db without 'has no tables'
    R3_DB=postgresql://127.0.0.1:1/r3 without 'store postgresql 127.0.0.1:1/r3: '
    R3_DB=mysql://x without 'R3_DB: '
    new_store
    mkfifo hold
    sqlite3 r3.db <hold >/dev/null &
    holder=$!
    exec 8>hold
    echo 'BEGIN IMMEDIATE; INSERT INTO counters VALUES ("x", 1);' >&8
    sleep 0.5
    before=$SECONDS
    without 'database is locked'
    [ $((SECONDS - before)) -lt 15 ]
    exec 8>&-
    wait $holder
    sqlite3 r3.db "CREATE TRIGGER full BEFORE INSERT ON candles BEGIN SELECT RAISE(FAIL, 'disk is full, says the test'); END"
    without 'disk is full, says the test'
    sqlite3 r3.db 'DROP TRIGGER full'
    run -0 --separate-stderr r3-fetch "${words[@]}" --store
    [ -z "$stderr" ]
    run -0 r3-session check
}

@test "--store: no more is kept than r3-market keep keeps, nor less than a session's warm-up, and the rest is asked for again" {
    awk 'BEGIN { print "time,open,high,low,close,volume"
        for (i = 0; i < 960; i++) print 1388534400 + i * 3600 "," 1000 + i * 7 % 101 ",1200,900," 1000 + (i + 1) * 7 % 101 "," i % 13 }' >long.csv
    exchange_start --now 2014-02-09 --candles long.csv
    new_store
    keeps() { # COUNT FROM TO
        r3-fetch kucoin BTC-USDT 1H --from "2014-01-$2" --to "2014-01-$3" --store >out
        diff <(candles out) <(file kucoin long.csv --from "2014-01-$2" --to "2014-01-$3" | candles)
        [ "$(asked_of 'count(*)')" = "$1" ]
    }
    keeps 240 01 13
    keeps 240 13 13T05:00 # a new day: what is older goes
    keeps 259 13T05:00 14
    keeps 240 14 15
    keeps 240 01 02
    keeps 240 03 15
    [ "$(asked_of 'min(time)')" = "$(ms 2014-01-05)" ]
    R3_NOW=2014-01-31 r3-session start sma-cross-Kucoin-BTCUSDT-1H-refresh5mn --paper --cash 10000 --set slow=400 >started
    R3_NOW=2014-01-31T02:00 r3-session run "$(jq -r .session started)" --execute >/dev/null
    [ "$(asked_of "count(*)")" -ge 400 ]
    [ "$(asked_of "count(*)")" -lt 500 ]
    [ "$(asked_of "max(time)")" = "$(ms 2014-01-31T01:00)" ]
    # As many days as r3-market keep was told.
    new_store
    r3-market keep --days 12 -q <out
    keeps 288 01 13
    keeps 288 15 16
}

@test "--store: several at once ask once, and nobody waits for one who was killed" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    new_store
    words=(kucoin BTC-USDT 15m --with 1m --from 2013-11-26 --to 2013-11-26T12:00)
    r3-fetch "${words[@]}" >want 2>/dev/null
    exchange_fault delay-after:candles:1.0:ms=200
    before=$(requests .candles)
    for i in 1 2 3 4 5 6; do r3-fetch "${words[@]}" --store >out.$i 2>said.$i & done
    wait $(jobs -p | grep -vx "$R3_EXCHANGE_PID")
    for i in 1 2 3 4 5 6; do cmp out.$i want; done
    [ $(($(requests .candles) - before)) = 2 ]
    [ "$(requests .time)" -lt 4 ] # a machine that is slow may ask it twice
    # The one whose turn it is, in the middle of its question.
    new_store
    exchange_control clear '{}' >/dev/null
    exchange_fault delay-before:candles:1:ms=3000
    r3-fetch "${words[@]}" --store >/dev/null 2>&1 &
    first=$!
    sleep 1
    r3-fetch "${words[@]}" --store >out 2>/dev/null &
    second=$!
    sleep 0.5
    [ "$(candles out | wc -l)" = 0 ]
    kill -9 $first
    wait $second
    cmp out want
}

@test "--store: killed at any moment, the next one has the same" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    new_store
    words=(kucoin BTC-USDT 1H --with 1m --from 2013-11-26 --to 2013-11-28)
    r3-fetch "${words[@]}" >want 2>/dev/null
    for ((i = 0; i < 12; i++)); do
        setsid r3-fetch "${words[@]}" --store >out 2>/dev/null 3>&- &
        sleep "0.$(printf %03d $((RANDOM % 250)))"
        kill -9 $! 2>/dev/null || true
        wait $! || true
        cmp -n "$(stat -c %s out)" out want
        [ $((i % 4)) != 3 ] || { rm -f r3.db* && r3-session init; }
    done
    r3-fetch "${words[@]}" --store >out 2>/dev/null
    cmp out want
    r3-fetch "${words[@]}" --store >out 2>/dev/null
    cmp out want
    run -0 r3-session check
}

# ---- what goes wrong ----

@test "usage" {
    no() { run -64 r3-fetch "${@:2}" && [[ $output == *"$1"* ]]; }
    no 'wants an exchange, markets and a timeframe'
    no 'wants an exchange, markets and a timeframe' kucoin 1H
    no 'no exchange kukoin; it knows kucoin, binance or kraken' kukoin BTC-USDT 1H
    no 'the last operand: not a timeframe' kucoin BTC-USDT ETH-USDT
    no 'not a market: "..."' kucoin ... 1H
    no 'BTC-USDT twice' kucoin BTC-USDT btcusdt 1H
    no '--to: it must be after --from' kucoin BTC-USDT 1H --from 2024 --to 2023
    no '--with: 1H is not finer than 1H' kucoin BTC-USDT 1H --with 60m
    no '--with-from: only with --with' kucoin BTC-USDT 1H --with-from 2024
    no 'kraken has no candles of 2H' kraken BTC-USDT 2H --resample 4H
    no 'candles of 4H cannot be put together to 1H' kucoin BTC-USDT 4H --resample 1H
    no 'symbols wants an exchange' symbols
    R3_NOW=2024 no 'no time passes while R3_NOW is set' kucoin BTC-USDT 1H --follow
    R3_KUCOIN_URL=http://10.0.0.1 run -64 r3-fetch kucoin BTC-USDT 1H
    R3_KUCOIN_URL=ftp://127.0.0.1 run -64 r3-fetch kucoin BTC-USDT 1H
}

@test "a market that is not there: names like it" {
    other 2013-12-02T16:00:20
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    for exchange in kucoin binance kraken; do
        run -65 --separate-stderr r3-fetch $exchange ETH-USDT BTC-USD 1H
        [ -z "$output" ]
        [[ $stderr == *"$exchange has no market BTC-USD; near it: BTC-USD"?", "* ]]
    done
}

@test "an exchange that does not answer: some tries, then 69 with its address" {
    other 2013-12-02T16:00:20
    control 'fail=4&status=0'
    r3-fetch binance BTC-USDT 1H --from 2013-11-25 >out # the fifth is answered
    [ "$(candles out | wc -l)" = 161 ]
    control 'fail=1000&status=503'
    run -69 --separate-stderr r3-fetch binance BTC-USDT 1H --from 2013-11-25
    [ "$stderr" = "r3-fetch: binance ($R3_BINANCE_URL): HTTP 503" ]
    control 'fail=1&status=451'
    run -77 --separate-stderr r3-fetch binance BTC-USDT 1H --from 2013-11-25
    [ "$stderr" = "r3-fetch: binance ($R3_BINANCE_URL): HTTP 451: as was asked for" ]
    kill "$fake"
    run -69 --separate-stderr r3-fetch kraken BTC-USDT 1H --from 2013-11-25
    [[ $stderr == "r3-fetch: kraken ($R3_KRAKEN_URL): "* ]]
}

@test "asked too often: it waits as long as it is told, and not for an hour" {
    other 2013-12-02T16:00:20
    control 'fail=1&status=429&retry=2'
    before=$SECONDS
    r3-fetch binance BTC-USDT 1H --from 2013-11-25 >out
    [ "$(candles out | wc -l)" = 161 ]
    [ $((SECONDS - before)) -ge 2 ]
    control 'fail=1&status=418&retry=3600'
    run -75 r3-fetch binance BTC-USDT 1H --from 2013-11-25
    [[ $output == *'it was asked too often (HTTP 418)'* ]]
}

@test "whatever befalls KuCoin's answers on their way, the candles are the same" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    file kucoin "$minutes" --to 2013-11-28 >want
    for fault in 429:candles:1 503-before:candles:2 html-after:candles:1 cut-json:candles:2 truncated:candles:1 reset-after:candles:2 drop-reply:time:1 busy-before:symbol:1; do
        exchange_fault "$fault"
    done
    exchange_set shuffle=1
    r3-fetch kucoin BTC-USDT 1m --from 2013-11-25 --to 2013-11-28 >out
    same_candles out want 4198
}

@test "what is no sound answer is an error, and names the place" {
    sed 's/^1385341200,.*/1385341200,808,809.9,810,803.5,265.25018153/' "$hours" >bad.csv
    sed 's/^1385341200,/1385341201,/' "$hours" >off.csv
    for file in bad off; do
        hours=$PWD/$file.csv other 2013-12-02T16:00:20
        run -65 --separate-stderr r3-fetch binance BTC-USDT 1H --from 2013-11-25
        [[ $stderr == *"binance"*"BTC-USDT 1H 2013-11-25T01:00:0"?"Z: "* ]]
        kill "$fake"
        rm port
    done
}

# ---- --follow ----

# await PATTERN COUNT SECONDS: until so many lines of `out` have it.
await() {
    local i
    for ((i = 0; i < $3 * 10; i++)); do
        [ "$(grep -c "$1" out)" -ge "$2" ] && return
        sleep 0.1
    done
    echo "not $2 of $1 in $3 s:"
    cat out said
    false
}
follow() { # words of r3-fetch
    : >out
    r3-fetch "$@" --follow >out 2>said 3>&- &
    follower=$!
}
end_follow() {
    kill -TERM "$follower"
    wait "$follower"
    [ "$(tail -1 out | jq .records)" = "$(($(wc -l <out) - 1))" ]
}

@test "--follow: each candle once, soon after its close; prices between; the end on a signal" {
    other 2013-11-26T10:00:57
    control jump=2500 # when a candle was given, the next one closes in 2.5 s
    follow binance BTC-USDT ETH-USDT 1m --from 2013-11-26T09:58 --ticker 1
    await '"candle"' 10 30
    end_follow
    in_order out
    diff <(candles out | grep BTC) <(file binance "$minutes" --from 2013-11-26T09:58 2>/dev/null | candles | head -n "$(candles out | grep -c BTC)")
    [ "$(grep -c '"price"' out)" -ge 4 ]
    # Once a candle and market; and not more often than that.
    [ "$(grep -c 'klines?symbol=BTCUSDT' asked)" -le $(($(candles out | grep -c BTC) + 1)) ]
}

@test "--follow: a candle that is late is waited for, an outage survived, and nothing is missing then" {
    other 2013-11-26T10:00:58
    control "jump=1500&hide=$(ms 2013-11-26T10:00)&hidden=3"
    follow binance BTC-USDT 1m
    await '"candle"' 1 15
    control 'fail=5&status=0'
    await '"candle"' 4 40
    end_follow
    diff <(candles out) <(file binance "$minutes" --from 2013-11-26T10:00 2>/dev/null | candles | head -n "$(candles out | wc -l)")
    grep -q 'it goes on when it answers again' said
    grep -q 'binance: it answers again, after' said
}

@test "--follow --gaps fill: an interval without a trade is filled after 10 seconds" {
    sed '/^1385460000,/d' "$minutes" >holes.csv
    minutes=$PWD/holes.csv other 2013-11-26T10:00:59
    follow binance BTC-USDT 1m --from 2013-11-26T09:59 --gaps fill
    await '"candle"' 1 5
    sleep 5
    [ "$(candles out | wc -l)" = 1 ]
    await '"candle"' 2 10
    end_follow
    [ "$(candles out | tail -1 | jq -r '[.time, .open, .close, .volume] | @tsv')" = $'1385460000000\t833.22\t833.22\t0' ]
    grep -q '1 candle missing in 1 gap, filled' said
}

@test "--follow --store: what came is kept, and a second one is told by the store" {
    exchange_start --now 2013-11-26T09:59:56 --candles "$minutes"
    export R3_DB=$PWD/r3.db
    r3-session init
    words=(kucoin BTC-USDT 15m --with 1m --from 2013-11-26T09:00 --to 2013-11-26T10:00 --follow)
    r3-fetch "${words[@]}" --store >one 2>/dev/null 3>&- &
    r3-fetch "${words[@]}" --store >two 2>/dev/null 3>&- &
    second=$!
    r3-fetch "${words[@]}" >want
    wait $! $second
    cmp one want
    cmp two want
    [ "$(sqlite3 r3.db 'SELECT count(*) FROM candles')" = 63 ]
    before=$(exchange_control requests | jq .endpoints.candles)
    r3-fetch "${words[@]}" --store >two
    cmp two want
    [ "$(exchange_control requests | jq .endpoints.candles)" = "$before" ]
}

@test "--follow ends at --to, and of KuCoin" {
    exchange_start --now 2013-11-26T09:59:57 --candles "$minutes"
    before=$SECONDS
    r3-fetch kucoin BTC-USDT 15m --with 1m --from 2013-11-26T09:00 --to 2013-11-26T10:00 --follow >out
    [ $((SECONDS - before)) -lt 15 ]
    in_order out
    [ "$(times out | tail -2 | cut -f 2 | paste -sd' ')" = '1m 15m' ]
    [ "$(candles out | wc -l)" = 63 ]
    [ "$(tail -1 out | jq .records)" = 65 ]
}

@test "--follow: a reader that goes away ends it" {
    other 2013-11-26T10:00:30
    before=$SECONDS
    r3-fetch binance BTC-USDT 1m --from 2013-11-26T09:00 --follow | head -3 >out
    [ "$(wc -l <out)" = 3 ]
    [ $((SECONDS - before)) -lt 10 ]
}

# ---- sessions ----

@test "a session without --source is fed by its exchange; its trades are those of the backtest that equals it" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    export R3_DB=$PWD/r3.db
    r3-session init
    R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSDT-15m-refresh5mn --paper --cash 10000 --set fast=3 --set slow=8 --stop-loss 1% --take-profit 3% --risk 1% >started
    id=$(jq -r .session started)
    for now in 26T00:05 26T00:20 26T04:07 26T04:10 26T12:00 27T00:00 27T06:33; do
        R3_NOW=2013-11-$now r3-session run "$id" --execute >>out 2>>said
    done
    text=$(R3_NOW=2013-11-27T06:33 r3-session show "$id" --pipeline)
    [[ $text == 'r3-collect kucoin BTC-USDT 15m --with 1m --with-from 2013-11-26T00:00:00Z --from '* ]]
    "$TOP/pipelines/backtest" "${text% | r3-report*}" >backtest 2>/dev/null
    r3-backtest "${text% | r3-report*}" 2>/dev/null | cmp backtest -
    diff <(grep '"type":"trade"' out) <(grep '"type":"trade"' backtest)
    [ "$(grep -c '"type":"trade"' out)" -gt 15 ]
    run -0 r3-session check
}

@test "a session on an exchange that has the youngest minutes alone: after an outage coarser ones protect it, and it is told" {
    kraken() { # DAYTIME: its clock, and a run
        curl -sSf "$R3_KRAKEN_URL/control?now=$(ms "2013-11-$1")&speed=0" >/dev/null
        R3_NOW=2013-11-$1 r3-session run "$id" --execute >>out 2>>said
    }
    : >said
    fives=$BATS_TEST_TMPDIR/fives.csv hours=$BATS_TEST_TMPDIR/hours.csv
    cp "$DATA/btcusd-bitstamp-2013_5m.csv" "$fives"
    cp "$DATA/btcusd-bitstamp-2013_1H.csv" "$hours"
    other 2013-11-25T06:00 --candles "5m=$fives" --candles "1h=$hours"
    export R3_DB=$PWD/r3.db
    r3-session init
    R3_NOW=2013-11-25T06:00 r3-session start sma-cross-Kraken-BTCUSDT-1H-refresh5mn --paper --cash 10000 --set fast=2 --set slow=4 --stop-loss 1% >started
    id=$(jq -r .session started)
    kraken 25T07:00
    kraken 25T12:00
    [ ! -s said ]
    [ "$(sqlite3 r3.db 'SELECT count(*) FROM notices')" = 0 ]
    kraken 27T00:30 # it has the minutes of the last twelve hours
    [ ! -s said ]
    [ "$(sqlite3 r3.db 'SELECT level, message FROM notices')" = \
        'INFO|kraken has the last 720 candles alone: in place of minutes there are those of 5m from 2013-11-25T12:00:00Z on' ]
    trades() { sqlite3 r3.db "SELECT strftime('%dT%H:%M', time / 1000, 'unixepoch'), role, price FROM trades WHERE $1 ORDER BY time"; }
    [ "$(trades 'time BETWEEN 1385380800000 AND 1385427600000')" = $'25T14:00|EXIT|821.47\n25T17:00|ENTRY|810.23\n25T18:00|EXIT|813\n26T00:00|ENTRY|811.95' ]
    # From there on as over a file of those five minutes.
    R3_DB='' file kraken "$fives" --resample 1H --both --quiet --from 2013-11-25T00:00 --to 2013-11-27T01:00 | r3-backtest "$(r3-session show "$id" --pipeline |
        sed 's/^[^|]*| //; s/ | r3-report.*//')" >backtest
    [ "$(trades 'time >= 1385388000000')" = "$(jq -r 'select(.type == "trade" and .time >= 1385388000000 and .time < 1385512200000) |
        [(.time / 1000 | strftime("%dT%H:%M")), .role, .price] | join("|")' backtest)" ]
    [ "$(trades 'role = '"'SL'" | wc -l)" -ge 2 ]
    # Minutes again, and no further notice.
    kraken 27T06:00
    [ "$(sqlite3 r3.db 'SELECT count(*) FROM notices')" = 1 ]
    grep -q 'from=\|since=' asked
    # So long that nothing finer reaches back: its own candles are all there is, and that is said aloud.
    rm -f r3.db*
    r3-session init
    R3_NOW=2013-11-25T06:00 r3-session start sma-cross-Kraken-BTCUSDT-5m-refresh5mn --paper --cash 10000 --set fast=2 --set slow=4 --stop-loss 1% >started
    id=$(jq -r .session started)
    kraken 25T12:00
    kraken 27T00:30
    [ "$(sqlite3 r3.db 'SELECT level, message FROM notices')" = \
        'WARNING|kraken has the last 720 candles alone: there are not even those of 1m from 2013-11-25T12:00:00Z on' ]
    [ "$(trades 'time BETWEEN 1385380800000 AND 1385424000000' | wc -l)" -gt 3 ]
    run -0 r3-session check
}

@test "sessions on one market ask once a refresh; a new one begins with what is kept" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    new_store
    for ((i = 0; i < 12; i++)); do
        R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSDT-15m-refresh5mn --paper --cash $((10000 + i)) --set fast=3 --set slow=8 --stop-loss 1% >>started
    done
    run -0 r3-session run "$(head -1 started | jq -r .session)"
    [[ $output == 'r3-collect kucoin BTC-USDT 15m '*' --store '* ]]
    sqlite3 r3.db 'UPDATE sessions SET owner = NULL, lease_until = NULL'
    R3_NOW=2013-11-26T00:05 run-due -j 4 >>out 2>>said
    # The first time a page of each timeframe, beside the clock and the rules.
    [ "$(requests .candles)" = 2 ]
    for now in 00:10 00:15 00:20 00:25; do R3_NOW=2013-11-26T$now run-due -j 4 >>out 2>>said; done
    [ ! -s said ]
    # Four times the minutes, and the quarter that closed at 00:15.
    [ "$(requests .candles)" = 7 ]
    [ "$(requests .time)" -lt 4 ] # a machine that is slow may ask it twice
    [ "$(requests .symbol)" -lt 4 ]
    before=$(requests)
    R3_NOW=2013-11-26T00:25 r3-session start sma-cross-Kucoin-BTCUSDT-15m-refresh5mn --paper --cash 10000 --set fast=4 --set slow=8 >new
    R3_NOW=2013-11-26T00:25 session "$(jq -r .session new)" >>out
    [ "$(requests)" = "$before" ]
    [ "$(sqlite3 r3.db 'SELECT count(*) FROM sessions WHERE seen = 1385425500000')" = 13 ]
    # The backtest that equals it asks the exchange.
    run -0 r3-session show "$(jq -r .session new)" --pipeline
    [[ $output != *--store* ]]
    run -0 r3-session check
}

@test "a session on an exchange that r3-fetch does not know wants a source" {
    export R3_DB=$PWD/r3.db
    r3-session init
    R3_NOW=2013-11-26 run -78 r3-session start sma-cross-Bitstamp-BTCUSD-15m-refresh5mn --paper
    [[ $output == *'--source FILE feeds '* ]]
    # One that an earlier version has let through.
    R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSD-15m-refresh5mn --paper >started
    sqlite3 r3.db "UPDATE sessions SET platform = 'bitstamp'"
    R3_NOW=2013-11-26T01:00 run -78 r3-session run "$(jq -r .session started)" --execute
    [[ $output == *'is on bitstamp, whose candles r3-fetch does not know: --source FILE feeds one'* ]]
}

@test "r3-market symbols: kept in the store, with their age; asked for again when they are old" {
    exchange_start --price 812
    export R3_DB=$PWD/r3.db
    r3-session init
    export R3_NOW=2024-01-01
    run -0 --separate-stderr r3-market symbols
    diff <(echo "$output") <(r3-fetch symbols kucoin)
    [ -z "$stderr" ]
    R3_NOW=2024-01-01T03:00 run -0 --separate-stderr r3-market symbols ethusdt
    [ "$(jq -r .market <<<"$output")" = ETH-USDT ]
    [ "$stderr" = 'r3-market: kucoin: 5 markets as of 2024-01-01T00:00:00Z, 03:00:00 ago' ]
    [ "$(exchange_control requests | jq .endpoints.symbols)" = 2 ]
    run -65 r3-market symbols BTC-EUR
    [[ $output == *'kucoin has no market BTC-EUR that trades now'* ]]
    # One that trades no more is kept, and not listed.
    sqlite3 r3.db "INSERT INTO instruments SELECT platform, 'OLD-USDT', record, 1, time FROM instruments WHERE market = 'BTC-USDT'"
    [ "$(r3-market symbols 2>/dev/null | wc -l)" = 6 ]
    R3_NOW=2024-01-03 run -0 r3-market symbols
    [ "${#lines[@]}" = 5 ]
    [ "$(sqlite3 r3.db 'SELECT market FROM instruments WHERE trades = 0')" = OLD-USDT ]
    # It cannot be asked: what is there is better than nothing.
    exchange_stop
    R3_NOW=2024-01-05 run -0 --separate-stderr r3-market symbols
    [ "${#lines[@]}" = 5 ]
    [[ $stderr == *'these are kept from earlier: kucoin: 5 markets as of 2024-01-03T00:00:00Z, 2 days 00:00:00 ago'* ]]
    run -69 r3-market symbols --platform kraken
    run -64 r3-market symbols --platform nowhere
}
