# Live sessions over real candles: loaded behind stores and runs.
#
#     begin_live [OPTIONS…]        a session of 15 minutes that is started at midnight of 2013-11-26; its id is in $id. $feed: other candles
#     live_run                     one run of it; what it writes is in ./out and ./log
#     runs TIME…                   runs at these times of 2013-11-26
#     steps; position              of its orders on their way, counted; "LONG 6.1"
#     equals_backtest_live TRADES  rows and orders are those of the backtest that equals it, which has so many trades at least
#     killed_at DAYTIME [MODES…]   a run in which some process is killed at some moment

# shellcheck disable=SC2034  # for who loads this
LIVE=(--set fast=3 --set slow=8 --stop-loss 1% --take-profit 3% --fraction 0.5)

# What its strategy says: LONG 02:30, FLAT 06:15, LONG 07:15, at 07:20 its stop; LONG 08:15, FLAT 09:00, LONG 09:15, FLAT 10:15, LONG 12:30.
begin_live() {
    R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSD-15m-refresh5mn --live --cash 10000 --source "${feed:-$DATA/$FEED}" "${@:-${LIVE[@]}}" >started
    id=$(jq -r .session started)
}

live_run() { session "$id" >>out 2>>log; }
runs() {
    local time
    for time; do at "26T$time" live_run; done
}

steps() { sql "SELECT step, count(*) FROM exchange_orders GROUP BY step ORDER BY step" | paste -sd' '; }
position() { sql "SELECT side || ' ' || size FROM positions"; }

# What the exchange alone tells is not in a backtest.
without_exchange() { jq -c 'if .[0] == "orders" then .[1] |= del(.exchange_id, .updated) else . end'; }
# shellcheck disable=SC2094  # a function, and a file
equals_backtest_live() {
    rows "$id" | without_exchange >rows
    expected "$id" | without_exchange >want
    [ "$(grep -c '^."trades"' want)" -ge "$1" ]
    diff rows want
    run -0 r3-session check
    [ "$(steps)" = "DONE|$(count orders)" ]
    [ "$(count outbox)" = 0 ]
}

killed_at() {
    STAND_IN=${2-} R3_NOW=2013-11-$1 setsid session "$id" >>out 2>>log 3>&- </dev/null &
    kill_one $!
}
