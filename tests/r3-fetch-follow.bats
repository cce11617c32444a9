# r3-fetch --follow: each candle soon after its close.
load helper
load kucoin
load fetch

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
    first=$!
    r3-fetch "${words[@]}" --store >two 2>/dev/null 3>&- &
    second=$!
    r3-fetch "${words[@]}" >want
    wait "$first" "$second"
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
