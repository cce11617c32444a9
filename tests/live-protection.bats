# What a live session holds is protected, by the real r3-live before the exchange of tests/kucoin: where an entry fills between runs, where
# the exchange refuses an exit, in the first candle, and where it is told a thing twice.
# shellcheck disable=SC2016  # programs of awk
load helper
load stores
load runs
load live-runs
load kucoin

setup() { live_home; }

teardown() {
    exchange_stop
}

# begin_on AWK [OPTIONS…]: a live session whose candles are those of the feed behind this program; $1 is their open in seconds.
begin_on() {
    awk -F, -v OFS=, "NR == 1 { print; next } $1 { print }" "$DATA/$FEED" >candles.csv
    exchange_of "$DATA/$FEED"
    begin_there --source "$PWD/candles.csv" "${RULES[@]}" --set fast=3 --set slow=8 --stop-loss 1% --fraction 0.5 "${@:2}"
}
# A run with a tick, as cron makes it.
due() { now "26T$1" run-due >>out 2>>log; }
orders() { sql "SELECT role || ' ' || status || ' ' || execution FROM orders ORDER BY time, id" | paste -sd,; }

@test "an entry that fills between two runs is protected in the run that learns of it" {
    # The candle from 02:30 on falls to 780, far below the stop; it passes before the fill is known.
    begin_on '$1 == 1385433000 { $4 = $5 = 780 } $1 > 1385433000 { $2 = $3 = $4 = $5 = 780 }' --limit 0.2% --limit-candles 9
    go 02:25 02:30
    [ "$(orders)" = 'ENTRY OPENED NOT_EXECUTED' ]
    exchange_clock 2013-11-26T02:31
    exchange_price 816
    exchange_price 780
    go 02:35
    [ "$(orders)" = 'ENTRY CLOSED FULLY_EXECUTED,SL CLOSED FULLY_EXECUTED' ]
    [ "$(position)" = 'FLAT 0' ]
    [ ! -s log ]
    run -0 r3-session check
}

@test "an exit that the exchange refuses is tried again at each tick, once, without a candle" {
    begin_on '$1 >= 1385446500 { exit }' # the last candle closes at 06:15
    go 02:25 02:30
    exchange_fault 'refuse:place:2:code=200004,msg=Balance insufficient!'
    due 06:15
    [ "$(orders)" = 'ENTRY CLOSED FULLY_EXECUTED,EXIT CANCELED NOT_EXECUTED' ]
    go 06:16 # a run by hand has no tick
    [ "$(count orders)" = 2 ]
    due 06:20
    [ "$(orders)" = 'ENTRY CLOSED FULLY_EXECUTED,EXIT CANCELED NOT_EXECUTED,EXIT CANCELED NOT_EXECUTED' ]
    [[ $(position) == LONG* ]]
    due 06:25
    [ "$(sql "SELECT id FROM orders WHERE status = 'CLOSED' AND role = 'EXIT'")" = "$id-1-EXIT-3" ]
    [ "$(position)" = 'FLAT 0' ]
    due 06:30
    [ "$(count orders)" = 4 ]
    run -0 r3-session check
}

@test "the target counts in the first candle, though the exchange fills after its open" {
    begin_on '$1 == 1385433000 { $3 = 900 }' --take-profit 3%
    go 02:25
    exchange_clock 1385433000007
    R3_NOW=1385433000007 live_run
    [ "$(sql 'SELECT time FROM trades')" = 1385433000007 ]
    go 02:35
    [ "$(orders)" = 'ENTRY CLOSED FULLY_EXECUTED,TP CLOSED FULLY_EXECUTED' ]
    # The backtest leaves there too.
    expected "$id" >want
    [ "$(jq -r 'select(.[0] == "orders") | .[1] | "\(.time) \(.role)"' want | sort | head -n 2 | paste -sd' ')" = '1385433000000 ENTRY 1385433300000 TP' ]
    [ "$(sql "SELECT time FROM orders WHERE role = 'TP'")" = 1385433300000 ]
}

@test "an entry by funds of which the exchange cancels the most is not told as filled" {
    begin_on ''
    go 02:25
    exchange_fault partial:place:1:fraction=0.3,times=1,rest=cancel
    go 02:30
    [ "$(orders)" = 'ENTRY CANCELED PARTIALLY_EXECUTED' ]
    [ "$(sql 'SELECT reason FROM orders')" = 'canceled at the exchange' ]
    [[ $(position) == LONG* ]]
    go 06:10 06:15 # all of that is sold
    [ "$(orders)" = 'ENTRY CANCELED PARTIALLY_EXECUTED,EXIT CLOSED FULLY_EXECUTED' ]
    [ "$(position)" = 'FLAT 0' ]
    go 07:10 07:15
    [ "$(orders)" = 'ENTRY CANCELED PARTIALLY_EXECUTED,EXIT CLOSED FULLY_EXECUTED,ENTRY CLOSED FULLY_EXECUTED' ] # what is left of that is dust
    run -0 r3-session check
}

@test "a trade that the session is told twice is one trade" {
    begin_on ''
    go 02:25 02:30
    size=$(position)
    sql "INSERT INTO outbox (program, session, number, record) VALUES ('r3-order', '$id', 100000, '$(grep -m 1 '"type":"trade"' out)')"
    go 02:35
    [ "$(position)" = "$size" ]
    [ "$(count outbox)" = 0 ]
    [ "$(sql "SELECT level FROM notices WHERE message LIKE '%it came before, and is not booked again'")" = INFO ]
    go 06:10 06:15
    [ "$(position)" = 'FLAT 0' ]
    run -0 r3-session check
}
