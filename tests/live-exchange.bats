# Sessions that trade with real money, by the real r3-live, before the exchange of tests/kucoin: its ledger, the store and what was printed say
# the same, and that is what the backtest decides.
load helper
load stores
load runs
load live-runs
load kucoin

setup() { live_home; }

teardown() {
    exchange_stop
}

# The exchange, whose price is that of the candles, and a session on it as begin_live makes it.
begin_exchange() {
    exchange_of "$DATA/$FEED"
    begin_there --source "$DATA/$FEED" "${RULES[@]}" "${@:-${LIVE[@]}}"
}

# What the exchange did is what the store has, and what was printed: each order once, each fill once.
equals_ledger() {
    jq -r 'select(.event == "accepted") | .order.clientOid' "$R3_EXCHANGE_LEDGER" | sort >ledger.orders
    [ -z "$(uniq -d ledger.orders)" ]
    sql "SELECT id FROM exchange_orders WHERE attempts > 0 AND (exchange_id IS NOT NULL OR filled <> '0')" | sort >store.orders
    diff ledger.orders store.orders
    jq -r 'select(.event == "fill") | [.clientOid, .fill.side, .fill.price, .fill.size, .fill.fee] | join(" ")' "$R3_EXCHANGE_LEDGER" | sort >ledger.fills
    sql "SELECT order_id || ' ' || lower(side) || ' ' || price || ' ' || size || ' ' || fee FROM trades" | sort >store.fills
    diff ledger.fills store.fills
    delivered out at-least-once
    run -0 r3-session check
}
real_equality() {
    begin_exchange
    go 02:25 02:30 02:35 06:10 06:15 06:20 07:10 07:15 07:20 07:25 08:10 08:15 08:20 08:55 09:00 09:05 09:10
    [ ! -s log ]
    equals_backtest_live 6
    equals_ledger
    [ "$(sql 'SELECT count(*) FROM orders WHERE exchange_id IS NULL')" = 0 ]
    exchange_stop
}
@test "a live session decides and fills as its backtest; ledger, store and records agree" {
    on_both real_equality
}

begin_on_minutes() {
    exchange_of "$DATA/btcusd-bitstamp-2013_1m.csv"
    begin_there "${LIVE[@]}"
}
@test "its candles decide, minutes protect" {
    begin_on_minutes
    go 02:25 02:30 02:35 06:10 06:15 06:20 07:10 07:15 07:20 07:25
    [ "$(sql 'SELECT role FROM orders ORDER BY time, id' | paste -sd' ')" = 'ENTRY EXIT ENTRY SL' ]
    [ "$(position)" = 'FLAT 0' ]
    equals_ledger
}

@test "a limit entry rests from run to run, is cancelled in time, and filled" {
    begin_exchange --set fast=3 --set slow=8 --limit 0.2% --limit-candles 2
    go 02:25 02:30 02:35 02:40 02:45 02:50 02:55 03:00 03:05 07:10 07:15 07:20 07:25 07:30 07:35 07:40 07:45 07:50 08:10 08:15 08:20 08:25
    [ ! -s log ]
    [ "$(sql "SELECT count(*) FROM orders WHERE kind = 'LIMIT'")" -ge 3 ]
    [ "$(sql "SELECT count(*) FROM orders WHERE kind = 'LIMIT' AND status = 'CANCELED' AND filled = '0'")" -ge 1 ]
    [ "$(count trades)" -ge 1 ]
    equals_ledger
}

# minutes FROM COUNT OPEN HIGH LOW CLOSE: of 2013-11-26, from so many past midnight on.
minutes() {
    local i
    for ((i = $1; i < $1 + $2; i++)); do echo "$((1385424000 + 60 * i)),$3,$4,$5,$6,1"; done
}
# The session's entry works at 01:05, at 99.9 at most, fills in the next minute, and its stop is crossed in the one behind.
begin_crossed() {
    {
        echo time,open,high,low,close,volume
        minutes 0 64 100 100 100 100
        minutes 64 1 100 101 100 101 # LONG at 01:05, at 99.99 at most; its stop is 98.98
        minutes 65 1 101 101 99.5 100
        minutes 66 1 100 100 98 99
        minutes 67 20 100 100 100 100
    } >candles.csv
    exchange_of candles.csv 2013-11-26T01:00
    at 26T01:00 r3-session start --live --cash 5000 --market BTC-USDT --timeframe 5m --refresh 5m -e $'long = close > 100.5\nflat = close < 1' \
        --limit 1% --stop-loss 2% >started
    id=$(jq -r .session started)
    go 01:00
    r3-session dump >backup
    go 01:05
    [ "$(sql "SELECT kind || price || status FROM orders")" = LIMIT99.9OPENED ]
}
@test "a limit entry that fills, and whose stop is crossed, between two runs: the next one leaves" {
    begin_crossed
    go 01:10
    [ "$(sql 'SELECT role FROM orders ORDER BY time' | paste -sd' ') $(position)" = 'ENTRY SL FLAT 0' ]
    [ "$(sql "SELECT time FROM trades WHERE role = 'ENTRY'")" = 1385427960000 ] # when it was filled, not when that was learned
    equals_ledger
}

crossed_meanwhile() { # FAULT STATUS TIMES…: of the runs that cannot ask
    local time
    begin_crossed
    exchange_fault "$1"
    for time in "${@:3}"; do now "26T$time" run "-$2" session "$id"; done
    [ "$(position)" = '' ]
    exchange_control clear '{}' >/dev/null
    go 01:12
    [ "$(sql 'SELECT role FROM orders ORDER BY time' | paste -sd' ') $(position)" = 'ENTRY SL FLAT 0' ]
    equals_ledger
}
@test "the same where that cannot be asked for at first: the candles since then are looked at when it can" {
    crossed_meanwhile 500-before:query:1.0 75 01:10 # which tries for half a minute
}
@test "the same where the key is refused meanwhile" {
    crossed_meanwhile refuse:query:1.0:code=400003 77 01:10 01:11
}

no_funds() { # and that is looked at
    sql "UPDATE sessions SET cash = '1000000'; DELETE FROM consumer_positions"
}
@test "the same where r3-live ends with another status, for another reason: it does not say whether it could ask" {
    begin_crossed
    exchange_fault 500-before:query:1.0
    no_funds
    now 26T01:10 run -78 session "$id"
    [[ $output == *'the live sessions own '* ]]
    [ "$(position)" = '' ]
    sql "UPDATE sessions SET cash = '5000'"
    exchange_control clear '{}' >/dev/null
    chmod o+r "$XDG_CONFIG_HOME/r3/kucoin"
    now 26T01:11 run -78 session "$id"
    [[ $output == *"$XDG_CONFIG_HOME/r3/kucoin"* ]]
    [ "$(position)" = '' ]
    chmod o-r "$XDG_CONFIG_HOME/r3/kucoin"
    go 01:12
    [ "$(sql 'SELECT role FROM orders ORDER BY time' | paste -sd' ') $(position)" = 'ENTRY SL FLAT 0' ]
    equals_ledger
}

@test "the same where the allotments do not fit, and all could be asked: candles go on" {
    begin_crossed
    no_funds
    now 26T01:10 run session "$id" # the look ahead of the candles has ended with 78, the last one perhaps
    [ "$status" = 0 ] || [ "$status" = 78 ]
    [ "$(sql 'SELECT role FROM orders ORDER BY time' | paste -sd' ') $(position)" = 'ENTRY SL FLAT 0' ]
}

@test "the same where it can be asked for behind the decisions: the candles are looked at in the same run" {
    begin_crossed
    exchange_fault 500-before:query:14
    go 01:10
    [ "$(sql 'SELECT role FROM orders ORDER BY time' | paste -sd' ') $(position)" = 'ENTRY SL FLAT 0' ]
    equals_ledger
}

@test "replies that get lost, fills in parts and late: nothing is sent twice" {
    speed=1 begin_exchange
    go 02:25
    exchange_fault drop-reply:place:1
    go 02:30
    [[ $(position) == LONG* ]]
    exchange_fault partial:place:1:fraction=0.4,times=2,rest=fill late-fills:fills:2:ms=900
    go 06:10 06:15 06:20
    [ "$(position)" = 'FLAT 0' ]
    exchange_fault 503-after:place:1 html-before:order-client:1
    go 07:10 07:15 07:20 07:25
    equals_ledger
    [ "$(steps)" = 'DONE|4' ]
    [ "$(sql "SELECT status || ' ' || execution FROM orders" | sort -u)" = 'CLOSED FULLY_EXECUTED' ]
}

# A store that knows less than the exchange.
back() {
    rm -f live.db*
    r3-session restore <backup
}
@test "a backup from before an exit: what is decided again is found, and not sent again" {
    begin_exchange
    go 02:25 02:30 02:35 06:10
    r3-session dump >backup
    go 06:15 06:20
    back
    go 06:25 06:30
    [ "$(position)" = 'FLAT 0' ]
    [ "$(steps)" = 'DONE|2' ]
    equals_ledger
}

@test "a backup from before an entry: what it bought is in no session, and no more is bought" {
    begin_exchange
    exchange_control balance '{"USDT":"50000"}' >state # that it fits the account tells nothing
    go 02:25
    r3-session dump >backup
    go 02:30 02:35
    back
    for minute in 02:50 07:15; do
        now "26T$minute" run -78 session "$id"
        [[ $output == *"r3-live: order $id-1-ENTRY-1 is the session's and not in the store: an older one was restored; 6.10479582 filled; no entries"* ]]
    done
    [ "$(jq -r 'select(.event == "accepted") | .order.clientOid' "$R3_EXCHANGE_LEDGER" | wc -l)" = 1 ]
    run -0 r3-session check
}

@test "a backup from before an entry, and a stop: no session ends before the exchange was asked what it has" {
    begin_crossed
    back
    at 26T01:06 r3-session stop --all >command
    exchange_fault 500-before:query:1.0
    now 26T01:06 run -75 session "$id"
    [ "$(sql 'SELECT state FROM sessions')" = STOPPING ]
    exchange_control clear '{}' >/dev/null
    now 26T01:07 run -78 session "$id"
    [[ $output == *"order $id-1-ENTRY-1 is the session's and not in the store: an older one was restored; "* ]]
    [ "$(sql 'SELECT state FROM sessions')" = STOPPED ]
}

@test "an entry it refuses, the rest of one that it cancels" {
    begin_exchange
    go 02:25
    exchange_fault 'refuse:place:1:code=200004,msg=Balance insufficient!'
    go 02:30 02:35
    [[ $(sql 'SELECT status || reason FROM orders') == CANCELED*'Balance insufficient'* ]]
    exchange_fault partial:place:1:fraction=0.25,times=1,rest=cancel
    go 07:10 07:15
    [[ $(position) == LONG* ]]
    go 07:20 07:25 # its stop sells what there is
    [ "$(position)" = 'FLAT 0' ]
    equals_ledger
}

@test "pause, stop with an open position, and the kill switch" {
    begin_exchange
    go 02:25 02:30
    [[ $(position) == LONG* ]]
    at 26T02:31 r3-session pause "$id" >command
    go 02:35 06:10 06:15 06:20 07:10 07:15 07:20
    [ "$(position) $(count orders)" = 'FLAT 0 2' ]
    at 26T07:21 r3-session resume "$id" >command
    go 08:10 08:15
    [[ $(position) == LONG* ]]
    now 26T08:16 r3-session stop --all >command
    go 08:17
    [ "$(state) $(position)" = 'STOPPED FLAT 0' ]
    [ "$(sql "SELECT count(*) FROM orders WHERE role = 'EXIT' AND time = 1385453760000")" = 1 ]
    equals_ledger
    [ "$(exchange_control state | jq -r '.balances.BTC.balance // "0"')" = 0 ]
}

@test "no candles come, whatever is wrong with them, and orders work: the kill switch sells, and fills are taken in" {
    begin_on_minutes
    go 02:25 02:30
    [[ $(position) == LONG* ]]
    exchange_fault 500-before:candles:1.0
    now 26T02:31 r3-session stop --all >command
    exchange_clock 2013-11-26T02:32
    at 26T02:32 live_run
    [ "$(state) $(position) $(steps)" = 'STOPPED FLAT 0 DONE|2' ]
    [[ $(r3-session list --all) == *'STOPPED, live'* ]]
    [ "$(exchange_control state | jq -r '.balances.BTC.balance // "0"')" = 0 ]
    equals_ledger
}

# A minute and more went by before it was given up: too long for who wants to be out.
@test "too many calls for candles: a stop does not wait for them" {
    begin_on_minutes
    go 02:25 02:30
    [[ $(position) == LONG* ]]
    exchange_fault 429:candles:1.0
    at 26T02:31 r3-session stop "$id" >command
    exchange_clock 2013-11-26T02:32
    asked=$(exchange_control requests | jq .endpoints.candles)
    at 26T02:32 live_run
    [ "$(exchange_control requests | jq .endpoints.candles)" = "$asked" ]
    [ "$(state) $(position) $(steps)" = 'STOPPED FLAT 0 DONE|2' ]
    equals_ledger
}

@test "what the exchange gives is no candle: a stop acts all the same" {
    begin_on_minutes
    go 02:25 02:30
    [[ $(position) == LONG* ]]
    exchange_fault 'refuse:candles:1.0:code=400100,msg=This candle is broken'
    exchange_clock 2013-11-26T02:31
    at 26T02:31 live_run || status=$?
    [ "$status" = 65 ]
    at 26T02:31 r3-session stop "$id" >command
    exchange_clock 2013-11-26T02:32
    at 26T02:32 live_run
    [ "$(state) $(position) $(steps)" = 'STOPPED FLAT 0 DONE|2' ]
    equals_ledger
}

@test "a run by hand gives its lease back, and says with the session how it failed; FAILING counts what r3-live did" {
    begin_exchange
    go 02:25
    now 26T02:30 backtest "$(at 26T02:30 r3-session run "$id")" >>out
    [ "$(sql "SELECT count(*) FROM sessions WHERE owner IS NULL AND lease_until IS NULL")" = 1 ]
    [ "$(steps) $(count trades)" = 'DONE|1 0' ]
    go 02:31
    [ "$(count trades)" = 1 ]
    mv "$XDG_CONFIG_HOME/r3/kucoin" key
    failures() { sql 'SELECT failures || coalesce(last_failure, 1) FROM sessions'; }
    now 26T02:32 run -78 backtest "$(at 26T02:32 r3-session run "$id")"
    [[ $(failures) == '1r3-live: '*kucoin* ]]
    [ -z "$(sql "SELECT owner FROM sessions")" ]
    now 26T02:33 run -78 session "$id"
    now 26T02:35 run -78 session "$id"
    [[ $(failures) == '3r3-live: '*kucoin* ]]
    [[ $(R3_NOW=2013-11-26T02:36 r3-session list) == *'FAILING 3'* ]]
    mv key "$XDG_CONFIG_HOME/r3/kucoin"
    go 02:40
    [ "$(failures)" = 01 ]
    run -64 r3-live --last
    [[ $output == *'--last gives back the lease that --owner names'* ]]
    equals_ledger
}

@test "the exchange is away: what was decided is sent when it is back, if it is not too old" {
    speed=1 begin_exchange
    go 02:25
    exchange_fault reset-before:any:1.0
    exchange_clock 2013-11-26T02:30
    if at 26T02:30 live_run; then false; fi
    [[ $(steps) == *'|1' && $(steps) != DONE* ]]
    [ "$(state)" = ACTIVE ]
    run -0 r3-session check
    exchange_control clear '{}' >/dev/null
    go 02:34
    [[ $(position) == LONG* ]] || [[ $(sql 'SELECT reason FROM orders') == STALE:* ]]
    equals_ledger
}

# Runs of which some process is killed at some moment, r3-live among them.
real_storm() {
    local tries
    exchange_clock "2013-11-$1"
    for ((tries = 0; tries < ${R3_CRASH_TRIES:-2}; tries++)); do
        [ $((RANDOM % 4)) -gt 0 ] || exchange_fault "$(shuf -n 1 -e drop-reply:place:1 reset-after:place:1 503-after:place:1 truncated:place:1 429:query:1 late-fills:fills:1:ms=300)"
        killed_at "$1"
    done
    exchange_control clear '{}' >/dev/null
    for ((tries = 0; tries < 5; tries++)); do
        exchange_control clock '{"add": 5000}' >/dev/null
        ! at "$1" session "$id" >>out 2>>log || return 0
    done
    tail -n 5 log
    return 1
}
killed_at_the_exchange() {
    speed=1 begin_exchange
    go 02:25
    killed=0 span=250
    for time in 02:30 06:15 07:15 07:20 08:15 09:00; do
        real_storm "26T$time"
        go "$(printf %s:%02d "${time%:*}" $((10#${time#*:} + 5)))"
    done
    equals_ledger
    equals_backtest_live 6
    exchange_stop
}
@test "whatever is killed, at whatever moment: ledger, store, records and backtest are the same" {
    on_both killed_at_the_exchange
    [ "$killed" -gt 0 ] || skip "all is equal, and no process was hit: the machine is too busy"
}
