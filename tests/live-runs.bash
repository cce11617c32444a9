# Live sessions over real candles: loaded behind stores and runs.
#
#     begin_live [OPTIONS…]        a session of 15 minutes that is started at midnight of 2013-11-26; its id is in $id. $feed: other candles
#     live_run                     one run of it; what it writes is in ./out and ./log
#     runs TIME…                   runs at these times of 2013-11-26
#     steps; position              of its orders on their way, counted; "LONG 6.1"
#     equals_backtest_live TRADES  rows and orders are those of the backtest that equals it, which has so many trades at least
#     killed_at DAYTIME [MODES…]   a run in which some process is killed at some moment
#
# The same by the real r3-live, before the exchange of tests/kucoin: loaded behind kucoin, too.
#
#     live_home                    a directory to work in, with an SQLite store, and a place for the key
#     exchange_of CANDLES [NOW]    the exchange, whose price is that of these candles; $speed: of its clock
#     begin_there OPTIONS…         a session there that is started at midnight, as begin_live makes it
#     now DAYTIME COMMAND…         with that time, which is the exchange's, too
#     go TIME…                     runs at these times of 2013-11-26

# shellcheck disable=SC2034  # for who loads this
LIVE=(--set fast=3 --set slow=8 --stop-loss 1% --take-profit 3% --fraction 0.5)

# What its strategy says: LONG 02:30, FLAT 06:15, LONG 07:15, at 07:20 its stop; LONG 08:15, FLAT 09:00, LONG 09:15, FLAT 10:15, LONG 12:30.
begin_live() {
    R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSD-15m-refresh5mn --live --cash 10000 --source "${feed:-$DATA/$FEED}" "${@:-${LIVE[@]}}" >started
    id=$(jq -r .session started)
}

live_home() {
    cd "$BATS_TEST_TMPDIR" || return
    unset R3_DB R3_NOW R3_LEASE
    mkdir -p config/r3 run
    export HOME=$PWD XDG_CONFIG_HOME=$PWD/config XDG_STATE_HOME=$PWD/run
    place sqlite live
    r3-session init
}
exchange_of() {
    exchange_start --candles "$1" --now "${2:-2013-11-26}" --speed "${speed:-0}" --balance USDT=10000
    cp -p "$R3_EXCHANGE_CREDENTIALS" "$XDG_CONFIG_HOME/r3/kucoin"
}
# Of candles in a file there are no rules of the market.
# shellcheck disable=SC2034  # for who loads this
RULES=(--price-increment 0.1 --base-increment 0.00000001 --quote-increment 0.000001 --minimum-size 0.00001 --minimum-funds 0.1)
begin_there() {
    R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSDT-15m-refresh5mn --live --cash 10000 "$@" >started
    id=$(jq -r .session started)
    : >out
    : >log
}
now() {
    exchange_clock "2013-11-$1"
    at "$1" "${@:2}"
}
go() {
    local time
    for time; do now "26T$time" live_run; done
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
