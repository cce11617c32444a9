# r3-order --paper as a program. The rules one by one are in tests/unit/paper*.c; here is what a pipe sees.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_UPDATES
}

# candle HOUR OPEN HIGH LOW CLOSE [VOLUME [MARKET]]
candle() {
    printf '{"type":"candle","platform":"csv","market":"%s","timeframe":"1H","time":%d,"open":"%s","high":"%s","low":"%s","close":"%s","volume":"%s"}\n' \
        "${7-BTC-USD}" $(($1 * 3600000)) "$2" "$3" "$4" "$5" "${6-10}"
}
# order ID HOUR ROLE SIDE KIND MEMBERS: MEMBERS as JSON, in the canonical order
order() {
    printf '{"type":"order","id":"main-1-%s","session":"%s","platform":"csv","market":"%s","time":%d,"role":"%s","side":"%s","kind":"%s",%s}\n' \
        "$1" "${SESSION-main}" "${MARKET-BTC-USD}" $(($2 * 3600000)) "$3" "$4" "$5" "$6"
}
instrument() {
    echo '{"type":"instrument","platform":"csv","market":"BTC-USD","base":"BTC","quote":"USD","price_increment":"0.01","base_increment":"0.001","quote_increment":"0.1","minimum_size":"0.01","minimum_funds":"5","maker_fee":"0.0005","taker_fee":"0.002","fee_currency":"USD"}'
}
end() { echo '{"type":"end","source":"test","records":1}'; }

# The trades as "ORDER SIDE SIZE@PRICE FEE", the updates as "ORDER EVENT REASON".
trades() { jq -r 'select(.type == "trade") | "\(.order[7:]) \(.side) \(.size)@\(.price) \(.fee)"'; }
updates() { jq -r 'select(.type == "update") | "\(.order[7:]) \(.event) \(.reason // "")"' | sed 's/ $//'; }

# golden MEMBERS OPEN HIGH LOW CLOSE: a position of 1 from 105, then the bar; the trade that leaves it
golden() {
    { candle 0 105 105 105 105 && order ENTRY-1 1 ENTRY BUY MARKET "$1,\"size\":\"1\"" && candle 1 105 105 105 105 &&
        candle 2 "$2" "$3" "$4" "$5" && end; } | r3-order --paper --fee 0 | trades | tail -n +2
}

@test "the five bars of the page" {
    both='"stop":"100","target":"115"'
    run -0 golden '"stop":"100"' 95 101 90 92
    [ "$output" = "SL-1 SELL 1@95 0" ]
    run -0 golden '"stop":"100"' 104 106 90 98
    [ "$output" = "SL-1 SELL 1@100 0" ]
    run -0 golden "$both" 105 117 95 110
    [ "$output" = "SL-1 SELL 1@100 0" ]
    run -0 golden '"stop":"100"' 95 97 90 92
    [ "$output" = "SL-1 SELL 1@95 0" ]
    run -0 golden "$both" 118 120 117 119
    [ "$output" = "TP-1 SELL 1@118 0" ]
}

@test "the whole of a small stream, to the byte" {
    { instrument && candle 0 105 105 105 105 && order ENTRY-1 1 ENTRY BUY MARKET '"stop":"100","funds":"1000"' &&
        candle 1 105 106 104 106 && candle 2 104 106 90 98 && end; } >in
    r3-order --paper <in >out
    cat >added <<'EOF'
{"type":"account","session":"main","time":0,"currency":"USD","equity":"10000","available":"10000"}
{"type":"update","order":"main-1-ENTRY-1","session":"main","time":3600000,"status":"OPENED","execution":"NOT_EXECUTED","event":"PLACED","filled":"0","cost":"0","fee":"0"}
{"type":"trade","id":"main-1-ENTRY-1-t1","order":"main-1-ENTRY-1","session":"main","market":"BTC-USD","time":3600000,"side":"BUY","role":"ENTRY","price":"105","size":"9.523","fee":"1.99983","fee_currency":"USD","liquidity":"TAKER"}
{"type":"update","order":"main-1-ENTRY-1","session":"main","time":3600000,"status":"CLOSED","execution":"FULLY_EXECUTED","event":"FILLED","filled":"9.523","cost":"999.915","fee":"1.99983"}
{"type":"update","order":"main-1-SL-1","session":"main","time":3600000,"status":"OPENED","execution":"NOT_EXECUTED","event":"PLACED","filled":"0","cost":"0","fee":"0"}
{"type":"account","session":"main","time":7200000,"currency":"USD","equity":"10007.52317","available":"8998.08517"}
{"type":"trade","id":"main-1-SL-1-t1","order":"main-1-SL-1","session":"main","market":"BTC-USD","time":10800000,"side":"SELL","role":"SL","price":"100","size":"9.523","fee":"1.9046","fee_currency":"USD","liquidity":"TAKER"}
{"type":"update","order":"main-1-SL-1","session":"main","time":10800000,"status":"CLOSED","execution":"FULLY_EXECUTED","event":"FILLED","filled":"9.523","cost":"952.3","fee":"1.9046"}
{"type":"account","session":"main","time":10800000,"currency":"USD","equity":"9948.48057","available":"9948.48057"}
{"type":"account","session":"main","time":10800000,"currency":"USD","equity":"9948.48057","available":"9948.48057"}
EOF
    # What is added stands behind the line that caused it; what the end causes, before it.
    { sed -n 1p in && sed -n 1p added && sed -n 2,3p in && sed -n 2p added && sed -n 4p in && sed -n 3,6p added &&
        sed -n 5p in && sed -n 7,9p added && sed -n 10p added && sed -n 6p in; } >want
    diff out want
    r3-order --paper --quiet-input <in | diff - added
}

@test "without an instrument the account goes ahead of the first candle, and sizes have eight decimals" {
    { candle 0 3 3 3 3 && order ENTRY-1 1 ENTRY BUY MARKET '"funds":"100"' && candle 1 3 3 3 3 && end; } | r3-order --paper >out
    [ "$(jq -r .type out | head -n 2 | tr '\n' ' ')" = "account candle " ]
    [ "$(trades <out)" = "ENTRY-1 BUY 33.33333333@3 0.09999999999" ] # 0.1 % of 99.99999999
    run -65 --separate-stderr r3-order --paper <<<"$(candle 0 3 3 3 3 10 XBTUSD)"
    [ "$stderr" = "r3-order: standard input:1: market XBTUSD: no instrument record came, and the name does not tell base and quote (BTC-USDT does)" ]
}

@test "fees: the options, else the instrument's, else 0.1 %" {
    stream() {
        instrument && candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY BUY LIMIT '"price":"90","size":"1"' && candle 1 100 100 90 90 &&
            order ENTRY-2 2 ENTRY BUY MARKET '"size":"1"' && candle 2 100 100 100 100 && end
    }
    fees() { stream | r3-order --paper "$@" | jq -r 'select(.type == "trade").fee' | tr '\n' ' '; }
    [ "$(fees)" = "0.045 0.2 " ]
    [ "$(fees --fee 1%)" = "0.9 1 " ]
    [ "$(fees --fee 1% --maker-fee 0)" = "0 1 " ]
    [ "$(fees --maker-fee 0.01)" = "0.9 0.2 " ]
    run -64 r3-order --paper --fee 0.1 </dev/null
    [[ $output == *'--fee: wants at most 0.05, which is 5%, not "0.1" (0.1% or 0.001 is usual)'* ]]
    stream() { candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY BUY MARKET '"size":"1"' && candle 1 100 100 100 100 && end; }
    [ "$(fees)" = "0.1 " ]
}

@test "slippage, spread, latency, fill at close, share of volume, through" {
    stream() {
        instrument && candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY BUY MARKET '"size":"2"' && candle 1 101 102 101 102 &&
            candle 2 103 104 103 104 && candle 3 105 106 105 106 && end
    }
    of() { stream | r3-order --paper --fee 0 "$@" | jq -r 'select(.type == "trade") | "\(.size)@\(.price)"' | tr '\n' ' '; }
    [ "$(of)" = "2@101 " ]
    [ "$(of --slippage 0.1%)" = "2@101.11 " ] # 101.101, up to the next 0.01
    [ "$(of --spread 0.2%)" = "2@101.11 " ]
    [ "$(of --slippage 0.1% --spread 0.2%)" = "2@101.21 " ]
    [ "$(of --latency 1)" = "2@103 " ]
    [ "$(of --fill close)" = "2@100 " ]
    [ "$(of --fill close --latency 1)" = "2@102 " ]
    [ "$(of --volume-share 8%)" = "0.8@101 0.8@103 0.4@105 " ]
    stream() {
        instrument && candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY BUY LIMIT '"price":"99","size":"1"' && candle 1 100 100 98.5 100 &&
            candle 2 100 100 98 100 && end
    }
    [ "$(of)" = "1@99 " ]
    [ "$(of --through 1)" = "1@99 " ]
    [ "$(of --through 1.01)" = "" ]
}

# 0.5 sold at 99: cash 149.5, less 2 x 50 at the open of 100 leaves 49.5 for the rest, which is reckoned at 50. At the close of
# 99: 149.5 - 49.5 - 2 x 49.5.
@test "no more is reserved than there is, at the market's price" {
    { candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY SELL MARKET '"size":"1"' && candle 1 100 100 99 99 0.5; } |
        r3-order --paper --cash 100 --fee 0 --slippage 1% --volume-share 1 |
        jq -r 'select(.type == "account") | .available' | tail -n 1 >available
    [ "$(cat available)" = 1 ]
}

@test "refused as the exchange would: REJECTED with the reason; --strict ends with 1" {
    { instrument && candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY BUY MARKET '"size":"0.0105"' && order ENTRY-2 1 ENTRY BUY MARKET '"size":"0.009"' &&
        order ENTRY-3 1 ENTRY BUY LIMIT '"price":"99.999","size":"1"' && order ENTRY-4 1 ENTRY BUY MARKET '"funds":"4"' &&
        order ENTRY-5 1 ENTRY BUY MARKET '"funds":"9999"' && MARKET=ETH-USD order ENTRY-6 1 ENTRY BUY MARKET '"size":"1"' && end; } >in
    run -0 --separate-stderr r3-order --paper <in
    [ -z "$stderr" ]
    updates <<<"$output" >got
    diff got - <<'EOF'
ENTRY-1 REJECTED size 0.0105 is not a multiple of 0.001
ENTRY-2 REJECTED size 0.009 is below the minimum of 0.01
ENTRY-3 REJECTED price 99.999 is not a multiple of 0.01
ENTRY-4 REJECTED funds 4 is below the minimum of 5
ENTRY-5 REJECTED insufficient funds: 10018.998 needed with the fee, 10000 available
ENTRY-6 REJECTED unknown market ETH-USD
EOF
    r3-order --paper <in >want
    run -1 --separate-stderr r3-order --paper --strict <in
    [ "$stderr" = "r3-order: 6 orders were rejected (--strict)" ]
    [ "$output" = "$(cat want)" ] # everything is passed on all the same
    run -0 r3-order --paper --strict < <(candle 0 1 1 1 1 && end)
    # What r3-size refused counts too.
    run -1 --separate-stderr r3-order --paper --strict <<<'{"type":"update","order":"main-1-ENTRY-1","session":"main","time":1,"status":"CANCELED","execution":"NOT_EXECUTED","event":"REJECTED","filled":"0","cost":"0","fee":"0","reason":"largest order"}'
    [ "$stderr" = "r3-order: 1 order was rejected (--strict)" ]
}

@test "cancel, and cancel and replace" {
    { candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY BUY LIMIT '"price":"95","size":"1"' &&
        echo '{"type":"cancel","order":"main-1-ENTRY-1","session":"main","time":3600000,"reason":"replaced"}' &&
        order ENTRY-2 1 ENTRY BUY LIMIT '"price":"99","size":"1"' && candle 1 100 100 90 98 &&
        echo '{"type":"cancel","order":"main-1-ENTRY-2","session":"main","time":7200000,"reason":"late"}' &&
        echo '{"type":"cancel","order":"main-1-ENTRY-9","session":"main","time":7200000,"reason":"none"}' && end; } | r3-order --paper --fee 0 >out
    [ "$(trades <out)" = "ENTRY-2 BUY 1@99 0" ]
    updates <out >got
    diff got - <<'EOF'
ENTRY-1 PLACED
ENTRY-1 CANCELED replaced
ENTRY-2 PLACED
ENTRY-2 FILLED
ENTRY-9 UNKNOWN no such order
EOF
    [ "$(jq -r 'select(.type == "notice").text' out)" = "order main-1-ENTRY-2: nothing to cancel, it is done" ]
}

@test "an order that comes twice is placed once" {
    { candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY BUY MARKET '"size":"1"' && order ENTRY-1 1 ENTRY BUY MARKET '"size":"1.0"' &&
        candle 1 100 100 100 100 && order ENTRY-1 1 ENTRY BUY MARKET '"size":"1"' && order ENTRY-1 1 ENTRY BUY MARKET '"size":"2"' &&
        candle 2 100 100 100 100 && end; } | r3-order --paper --fee 0 >out
    [ "$(trades <out)" = "ENTRY-1 BUY 1@100 0" ]
    [ "$(updates <out | tail -n 1)" = "ENTRY-1 REJECTED duplicate order id" ]
    [ "$(jq -r 'select(.type == "notice").text' out | wc -l)" -eq 2 ]
}

@test "a reversal: exit and entry at the same open, the entry held to what is left" {
    { instrument && candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY BUY MARKET '"funds":"9900"' && candle 1 100 100 100 100 &&
        order EXIT-1 2 EXIT SELL MARKET '"size":"99"' && order ENTRY-2 2 ENTRY SELL MARKET '"funds":"9900"' && candle 2 90 90 90 90 && end; } |
        r3-order --paper --fee 1% >out
    # 1 + 8910 - 89.1 = 8821.9 are left, 8734.5 without the fee
    trades <out >got
    diff got - <<'EOF'
ENTRY-1 BUY 99@100 99
EXIT-1 SELL 99@90 89.1
ENTRY-2 SELL 97.05@90 87.345
EOF
}

@test "each session has its own allotment and ledger" {
    { candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY BUY MARKET '"size":"1"' && SESSION=other order X-1 1 ENTRY BUY MARKET '"size":"40"' &&
        candle 1 100 110 100 110 && end; } | r3-order --paper --fee 0 --cash 5000 >out
    [ "$(jq -r 'select(.type == "account" and .time == 7200000) | "\(.session) \(.equity) \(.available)"' out | head -n 2 | tr '\n' ' ')" = "main 5010 4900 other 5400 1000 " ]
    run -0 jq -r 'select(.type == "account").session' < <(candle 0 1 1 1 1 | r3-order --paper --session s1f3)
    [ "$output" = s1f3 ]
}

# signal SESSION HOUR
signal() {
    printf '{"type":"signal","id":"%s-BTC-USD-1H-%d-L","session":"%s","strategy":"x","platform":"csv","market":"BTC-USD","timeframe":"1H","time":%d,"direction":"LONG","reference":"100"}\n' \
        "$1" $(($2 * 3600)) "$1" $(($2 * 3600000))
}

@test "a session has an account from its first signal, order or start on" {
    { instrument && candle 0 100 100 100 100 && signal main 1 && signal a 1 && signal a 1 && candle 1 100 100 100 100 &&
        echo '{"type":"command","id":"c1","time":7200000,"action":"pause","session":"b"}' &&
        echo '{"type":"command","id":"c2","time":7200000,"action":"start","session":"c","market":"BTC-USD"}' &&
        SESSION=d order ENTRY-1 2 ENTRY BUY MARKET '"size":"1"' && end; } | r3-order --paper --cash 500 >out
    [ "$(jq -r '.type + " " + (.session // "")' out | sed 's/ $//' | head -n 13 | tr '\n' ',')" = \
        "instrument,account main,candle,signal main,signal a,account a,signal a,candle,command b,command c,account c,order d,account d," ]
    [ "$(jq -c 'select(.type == "account" and .session == "c") | [.time, .currency, .equity, .available]' out | head -n 1)" = '[7200000,"USD","500","500"]' ]
    # Ahead of any market no currency is known: with the others, then.
    run -0 jq -r '.type + " " + (.session // "")' < <({ signal a 0 && instrument && candle 0 100 100 100 100; } | r3-order --paper)
    [ "${lines[*]}" = "signal a instrument  account main account a candle " ]
}

@test "two sessions in one pipe, each as if it were alone" {
    candles=$DATA/btcusd-bitstamp-2013_1H.csv
    rest='r3-track | r3-size | r3-order --paper'
    backtest "r3-collect $candles | r3-strategy sma-cross --session a | r3-strategy ema-cross --session b | $rest" >both
    for run in a:sma-cross b:ema-cross; do
        session=${run%:*}
        backtest "r3-collect $candles | r3-strategy ${run#*:} --session $session | $rest" >alone
        [ "$(jq -c 'select(.type == "trade")' alone | wc -l)" -gt 0 ]
        diff <(jq -c "select(.session == \"$session\")" both) <(jq -c "select(.session == \"$session\")" alone)
        r3-report --session $session <both >report
        diff report <(r3-report --session $session <alone)
        grep -q "^Session $session" report
    done
    run -64 r3-report <both
}

# A long of 0.04 that no exit can sell, and a short: LONG, FLAT, SHORT, FLAT, LONG through the whole pipe.
@test "dust is closed by an entry on the other side, to the report" {
    signal() {
        printf '{"type":"signal","id":"main-BTC-USD-1H-%d-%s","session":"main","strategy":"x","platform":"csv","market":"BTC-USD","timeframe":"1H","time":%d,"direction":"%s","reference":"%s"}\n' \
            $(($1 * 3600)) "${2:0:1}" $(($1 * 3600000)) "$2" "$3"
    }
    { echo '{"type":"stream","version":1}' && instrument | sed 's/"0.01","minimum_funds":"5"/"0.05","minimum_funds":"0"/' && candle 0 100 100 100 100 &&
        signal 1 LONG 100 && candle 1 100 100 100 100 0.04 && signal 2 FLAT 100 && candle 2 110 110 110 110 &&
        signal 3 SHORT 110 && candle 3 110 110 110 110 && signal 4 FLAT 110 && candle 4 105 105 105 105 &&
        signal 5 LONG 105 && candle 5 105 105 105 105 && end; } >in
    backtest 'cat in | r3-track --short --stop-loss 20% | r3-size --base 1 | r3-order --paper --fee 0 --volume-share 1' >out
    [ "$(jq -r 'select(.type == "trade") | "\(.id) \(.side) \(.role) \(.size)@\(.price)"' out)" = "main-1-ENTRY-1-t1 BUY ENTRY 0.04@100
main-2-ENTRY-1-t1 SELL EXIT 0.04@110
main-2-ENTRY-1-t2 SELL ENTRY 0.96@110
main-2-EXIT-1-t1 BUY EXIT 0.96@105
main-3-ENTRY-1-t1 BUY ENTRY 1@105" ]
    [ "$(jq -r 'select(.type == "update" and .order == "main-1-SL-1" and .event == "CANCELED").reason' out)" = "position closed" ]
    [ "$(jq -r 'select(.type == "account").equity' out | tail -n 1)" = 10005.2 ] # 0.04 x 10 + 0.96 x 5
    [ "$(r3-report --json <out | jq -c '[.equity_final, .trades]')" = '[10005.2,2]' ]
}

@test "the finest timeframe fills" {
    { candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY BUY MARKET '"size":"1"' && candle 1 101 101 101 101 | sed 's/"1H"/"5m"/' &&
        order EXIT-1 2 EXIT SELL MARKET '"size":"1"' && candle 1 99 99 99 99 && candle 2 102 102 102 102 | sed 's/"1H"/"5m"/' && end; } |
        r3-order --paper --fee 0 >out
    trades <out >got
    diff got <(printf 'ENTRY-1 BUY 1@101 0\nEXIT-1 SELL 1@102 0\n')
}

@test "at the end what still works is canceled, before the end" {
    { candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY BUY MARKET '"stop":"90","size":"1"' && candle 1 100 100 100 100 &&
        order ENTRY-2 2 ENTRY BUY MARKET '"size":"1"' && end; } | r3-order --paper --fee 0 >out
    [ "$(updates <out | tail -n 2)" = "$(printf 'SL-1 CANCELED end of stream\nENTRY-2 CANCELED end of stream')" ]
    [ "$(tail -n 2 out | jq -r '.type, .available // empty' | tr '\n' ' ')" = "account 9900 end " ]
}

@test "a sync is answered with the account, then all that was kept, in order; and is swallowed" {
    mkfifo back
    exec 5<>back # a reader, so that the other end opens
    { candle 0 100 100 100 100 && echo '{"type":"sync","id":0}' && order ENTRY-1 1 ENTRY BUY MARKET '"size":"1"' &&
        echo '{"type":"update","order":"main-9-ENTRY-1","session":"main","time":1,"status":"CANCELED","execution":"NOT_EXECUTED","event":"REJECTED","filled":"0","cost":"0","fee":"0","reason":"largest order"}' &&
        candle 1 100 110 100 110 && echo '{"type":"sync","id":1}' && echo '{"type":"sync","id":2}' && end; } >in
    r3-order --paper --fee 0 --updates back <in >out
    run -0 timeout 5 sed -u '/"id":2}/q' <&5
    jq -r '"\(.type) \(.id // .order // .equity) \(.event // "")"' <<<"$output" | sed 's/ $//' >got
    diff got - <<'EOF'
account 10000
sync 0
account 10010
update main-1-ENTRY-1 PLACED
update main-9-ENTRY-1 REJECTED
trade main-1-ENTRY-1-t1
update main-1-ENTRY-1 FILLED
sync 1
account 10010
sync 2
EOF
    run -1 grep '"sync"' out
    exec 5<&-
}

@test "usage" {
    run -64 --separate-stderr r3-order
    [[ "$stderr" == "r3-order: say --paper"* ]]
    run -64 r3-order --paper file
    run -64 r3-order --paper --cash 0
    run -64 r3-order --paper --cash ten
    run -64 --separate-stderr r3-order --paper --cash 0.000000000000001
    [[ "$stderr" == "r3-order: --cash: cash has more than 14 decimals"* ]]
    run -64 r3-order --paper --volume-share 0
    run -64 r3-order --paper --volume-share 101%
    run -64 r3-order --paper --slippage 60% --spread 80%
    run -64 r3-order --paper --fee -1%
    run -64 r3-order --paper --latency -1
    run -64 r3-order --paper --fill middle
    run -64 r3-order --paper --session a-b
    run -64 r3-order --paper --session seventeen_letters
}

@test "bad lines, a full disk" {
    run -65 --separate-stderr r3-order --paper < <(candle 0 1 1 1 1 && echo '{"type":"order"}')
    [[ "$stderr" == "r3-order: standard input:2: "* ]]
    run -0 --separate-stderr r3-order --paper --reject bad < <(candle 0 1 1 1 1 && echo nonsense && end)
    [ "$(cat bad)" = nonsense ]
    run -74 bash -c "r3-order --paper >/dev/full" < <(candle 0 1 1 1 1)
    [ ${#lines[@]} -eq 1 ]
}

@test "an order between two closes fills at the first open, or close, of its own time or later" {
    candle() { printf '{"type":"candle","platform":"p","market":"BTC-USD","timeframe":"1m","time":%s,"open":"%s","high":"%s","low":"%s","close":"%s","volume":"1"}\n' "$1" "$2" "$2" "$2" "$2"; }
    order() { printf '{"type":"order","id":"main-1-ENTRY-1","session":"main","platform":"p","market":"BTC-USD","time":%s,"role":"ENTRY","side":"BUY","kind":"MARKET"%s,"size":"1"}\n' "$1" "${2-}"; }
    # fill FIRST-ORDER-TIME OPTIONS: time and price of the trade, for candles at the times that follow in $candles
    fill() {
        { candle 1700000040000 100; order "$1" "${2-}"; price=100; for time in $candles; do candle "$time" $((price += 10)); done; } >in
        r3-order --paper --quiet-input "${@:3}" <in | jq -r 'select(.type == "trade") | "\(.time) \(.price)"'
    }
    candles='1700000100000 1700000160000 1700000220000'
    [ "$(fill 1700000100000)" = '1700000100000 110' ]             # at the close
    [ "$(fill 1700000130000)" = '1700000160000 120' ]             # inside the candle that follows
    [ "$(fill 1700000210000)" = '1700000220000 130' ]             # candles come late
    [ "$(fill 1700000130000 '' --latency 1)" = '1700000220000 130' ]
    [ "$(fill 1700000130000 ',"fill":"CLOSE"')" = '1700000160000 110' ]
    candles='1700000400000 1700000460000'
    [ "$(fill 1700000130000)" = '1700000400000 110' ]             # a gap
}

# ---- --book ----

# What the exchange tells of an order: told TRADE-NUMBER ROLE SIDE SIZE PRICE MINUTE
told() {
    printf '{"type":"trade","id":"main-1-%s-1-t%s","order":"main-1-%s-1","session":"main","market":"BTC-USD","time":%d,"side":"%s","role":"%s","price":"%s","size":"%s","fee":"0.1","fee_currency":"USD","liquidity":"TAKER"}\n' \
        "$2" "$1" "$2" $(($6 * 60000)) "$3" "$2" "$5" "$4"
}
over() { # ROLE FILLED COST MINUTE
    printf '{"type":"update","order":"main-1-%s-1","session":"main","time":%d,"status":"CLOSED","execution":"FULLY_EXECUTED","event":"FILLED","filled":"%s","cost":"%s","fee":"0.2"}\n' "$1" $(($4 * 60000)) "$2" "$3"
}
decides() { # HOUR DIRECTION MEMBERS
    printf '{"type":"signal","id":"main-%s","session":"main","strategy":"s","platform":"csv","market":"BTC-USD","timeframe":"1H","time":%d,"direction":"%s","reference":"100"%s}\n' "$1" $(($1 * 3600000)) "$2" "${3-}"
}

@test "--book: no candle fills anything, r3-track learns of a fill when it is told, in a pipe as in one process" {
    { candle 0 100 100 100 100 && decides 1 LONG ',"stop":"90"' && candle 1 100 120 80 100 && decides 2 FLAT && told 1 ENTRY BUY 1 101 130 &&
        told 2 ENTRY BUY 1 102 131 && over ENTRY 2 203 131 && candle 2 100 101 99 100 && candle 3 100 100 89 95 && told 1 EXIT SELL 2 94 241 &&
        over EXIT 2 188 241 && decides 5 LONG && end; } >in
    stages='r3-track --protect tracker | r3-size --base 2 | r3-order --book --cash 1000'
    backtest "$stages" <in >out
    r3-backtest "$stages" <in | cmp - out
    # FLAT while the entry was on its way: a cancel that the exchange did not hear in time, and so what it filled goes again.
    run -0 jq -r 'select(.type | IN("order", "cancel", "account")) | .id // (if .order then "cancel " + .order else .equity + " " + .available end)' out
    [ "$output" = "1000 1000
main-1-ENTRY-1
1000 799.8
cancel main-1-ENTRY-1
main-1-EXIT-1
996.8 796.8
main-2-ENTRY-1
984.7 794.51" ] || { echo "$output"; false; }
}

@test "--book: a trade that comes twice is one trade, in r3-order and in r3-track, in this run and in the next" {
    stages='r3-track --state | r3-size --base 5 | r3-order --book --cash 1000 --state'
    { candle 0 100 100 100 100 && decides 1 LONG && told 1 ENTRY BUY 5 100 61 && told 1 ENTRY BUY 5 100 61 && end; } >first
    { told 1 ENTRY BUY 5 100 61 && over ENTRY 5 500 62 && candle 1 100 100 100 100 && decides 2 FLAT && end; } >second
    : >state
    for part in first second; do
        { cat state && cat $part; } >in
        r3-backtest "$stages" <in >out.$part
        backtest "$stages" <in | cmp - out.$part
        jq -c 'select(.type == "state")' out.$part | tail -n +$(($(wc -l <state) + 1)) >state.new
        mv state.new state
        [ "$(jq -r 'select(.type == "account") | .equity' out.$part | tail -n 1)" = 999.9 ]
        [ "$(jq -r 'select(.type == "position") | .side + " " + .size' out.$part)" = 'LONG 5' ]
        [ "$(jq -r 'select(.type == "notice") | .level + " " + .text' out.$part)" = 'INFO trade main-1-ENTRY-1-t1: it came before, and is not booked again' ]
    done
    [ "$(jq -r 'select(.type == "order" and .role == "EXIT") | .size' out.second)" = 5 ]
}

@test "--book: one session in many runs" {
    stages='r3-track --protect tracker --state | r3-size --base 2 | r3-order --book --cash 1000 --state'
    { candle 0 100 100 100 100 && decides 1 LONG ',"stop":"90"' && end; } >first
    { told 1 ENTRY BUY 2 101 61 && over ENTRY 2 202 61 && end; } >second
    { candle 1 100 100 89 95 && end; } >third
    { told 1 SL SELL 2 94 121 && over SL 2 188 121 && candle 2 94 94 94 94 && end; } >fourth
    : >state
    for part in first second third fourth; do
        { cat state && cat $part; } >in
        r3-backtest "$stages" <in >out.$part
        backtest "$stages" <in | cmp - out.$part
        states=$(wc -l <state)
        jq -c 'select(.type == "state")' out.$part | tail -n +$((states + 1)) >state.new
        mv state.new state
    done
    [ "$(cat out.* | jq -r 'select(.type == "order").id' | sort | paste -sd' ')" = 'main-1-ENTRY-1 main-1-SL-1' ]
    [ "$(jq -r 'select(.type == "position") | "\(.side) \(.realized_pnl)"' out.fourth)" = 'FLAT -14.2' ]
    [ "$(jq -r 'select(.type == "account").equity' out.fourth | tail -n 1)" = 985.8 ]
}

@test "--book: usage" {
    run -64 --separate-stderr r3-order --paper --book
    [[ "$stderr" == 'r3-order: --paper or --book, one of them'* ]]
    for option in --slippage=1% --spread=1% --fill=close --latency=1 --volume-share=1% --through=1; do
        run -64 --separate-stderr r3-order --book $option
        [[ "$stderr" == "r3-order: ${option%=*}: with --paper alone"* ]]
    done
    for option in --max-order=5 --entries-from=never; do
        run -64 --separate-stderr r3-order --paper $option
        [[ "$stderr" == "r3-order: ${option%=*}: with --book alone"* ]]
    done
    run -64 r3-order --book --max-order 0
    run -64 r3-order --book --entries-from soon
    run -64 r3-order --book --entries-from 999999999999999999 # no year of four digits
    for time in 2013-11-26 2013-11-26T10:00 1385433060000 never; do r3-order --book --entries-from $time </dev/null; done
    { candle 0 100 100 100 100 && order ENTRY-1 1 ENTRY BUY MARKET '"funds":"100"'; } >in
    run -1 r3-order --book --entries-from never --strict <in
}
