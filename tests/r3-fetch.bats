# r3-fetch: candles of an exchange, and what goes wrong.
load helper
load kucoin
load fetch

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
