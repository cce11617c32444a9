# Sessions that trade with real money, in front of something that stands in for the exchange: what they decide and when, what is on its
# way, and that nothing of it is lost, sent twice or sold twice.
load helper
load stores
load runs
load live-runs

setup_file() {
    # Who looks for leaks at the end of a process does it from another one, and waits for that one forever if it is killed.
    export ASAN_OPTIONS=detect_leaks=0
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB R3_NOW R3_LEASE STAND_IN
    export R3_KUCOIN_URL=http://127.0.0.1:1 STAND_IN_CANDLES=$DATA/$FEED
    place sqlite live
    r3-session init
}

# In place of r3-order --live a program that fills each order as the paper exchange does, and goes wrong where $STAND_IN asks for it.
stand_in() {
    mkdir -p stand-in
    printf '#!/bin/bash\n[ "$1" = --live ] || exec %q "$@"\nexec python3 %q "$@"\n' "$BIN/r3-order" \
        "$TOP/tests/tools/stand-in-exchange.py" >stand-in/r3-order
    chmod +x stand-in/r3-order
    PATH=$PWD/stand-in:$PATH
}

# ---- made, shown ----

@test "what is refused when a live session is made, with a sentence" {
    no() { # STATUS TEXT ARGUMENTS…
        run "-$1" r3-session create sma-cross-Kucoin-BTCUSDT-1H-refresh5mn "${@:3}"
        [[ $output == *"$2"* ]] || { echo "$*: $output"; false; }
    }
    no 64 '--paper or --live, one of them' --paper --live --cash 100
    no 64 '--live wants --cash' --live
    no 64 '--cash wants an amount above 0' --live --cash 0
    no 64 '--short: nothing is sold short with --live' --live --cash 100 --short
    no 64 'r3-order: --slippage: with --paper alone' --live --cash 100 --slippage 0.1%
    no 64 '--book is not for a session' --live --cash 100 --book
    no 64 '--entries-from is not for a session' --live --cash 100 --entries-from never
    R3_KUCOIN_URL='' no 64 '--source: a live session trades on the exchange' --live --cash 100 --source "$DATA/$FEED"
    R3_KUCOIN_URL=https://api.kucoin.com no 64 '--source: a live session' --live --cash 100 --source "$DATA/$FEED"
    run -64 r3-session create sma-cross-Binance-BTCUSDT-1H-refresh5mn --live --cash 100
    [[ $output == *'orders go to kucoin alone, not to binance'* ]]
    [ "$(count sessions)" = 0 ]
    unset R3_KUCOIN_URL
    run -0 r3-session create sma-cross-Kucoin-BTCUSDT-1H-refresh5mn --live --cash 100 --max-order 50
    [ "$(sql "SELECT mode || ' ' || cash || ' ' || pipeline FROM sessions")" = \
        'live 100 r3-strategy sma-cross --market BTC-USDT --timeframe 1H | r3-track --protect tracker | r3-size --max-order 50 | r3-order --book --cash 100 --max-order 50' ]
}

@test "the text of a run, its backtest, and what show tells" {
    begin_live --max-order 500
    run -0 at 26T03:00 r3-session run "$id"
    [[ $output == *" | r3-order --book --cash 10000 --max-order 500 --entries-from 2013-11-26T02:55:00Z --session $id --state | r3-session keep $id --owner "*" | r3-order --live --session $id --owner "* ]]
    owner=$(grep -o -- '--owner.*$' <<<"${output##*|}")
    [[ $owner == *' --last' ]]
    owner=${owner% --last}
    [[ $output == *"feed $id $owner |"*"keep $id $owner |"* ]]
    sql "UPDATE sessions SET owner = NULL, lease_until = NULL"
    run -0 r3-session show "$id" --pipeline
    [[ $output == *"| r3-size --max-order 500 | r3-order --paper --cash 10000 --session $id | r3-report"* ]]
    run -0 r3-session show "$id"
    [[ $output == *'state       ACTIVE, live'* ]]
    [ "$(r3-session list --json | jq -r .mode)" = live ]
    [[ $(r3-session list) == *'  ACTIVE, live'* ]]
}

# ---- decisions ----

@test "what a live session decides and fills is what its backtest does: entries, exits, stops, targets" {
    stand_in
    begin_live
    runs 00:05 02:25 02:30 02:35 06:10 06:15 06:20 07:10 07:15 07:20 07:25 08:10 08:15 08:20 08:55 09:00 09:05 09:10
    [ ! -s log ]
    equals_backtest_live 6
    [ -n "$(sql "SELECT 1 FROM orders WHERE role = 'SL' LIMIT 1")" ]
    # What was sent is in the journal, and was decided beforehand.
    [ "$(sql 'SELECT count(*) FROM exchange_orders e JOIN orders o ON o.id = e.id WHERE e.attempts = 1')" = "$(count orders)" ]
    # It goes from store to store with its orders.
    r3-session dump >dump
    R3_DB=$PWD/other.db r3-session restore <dump
    R3_DB=$PWD/other.db r3-session dump | cmp - dump
    R3_DB=$PWD/other.db run -0 r3-session check
}

@test "limit entries that wait over runs, are cancelled in time, and entered anew" {
    stand_in
    begin_live --set fast=3 --set slow=8 --limit 0.2% --limit-candles 2
    runs 02:25 02:30 02:35 02:40 02:45 02:50 02:55 03:00 03:05 07:10 07:15 07:20 07:25 07:30 07:35 07:40 07:45 07:50 \
        08:10 08:15 08:20 08:25 08:30 08:35 08:40 08:45 08:50 08:55 09:00 09:05 09:10
    [ ! -s log ]
    [ "$(sql "SELECT count(*) FROM orders WHERE kind = 'LIMIT' AND status = 'CANCELED'")" -ge 1 ]
    equals_backtest_live 2
}

@test "fills that come late, and in parts: the position is what was filled" {
    stand_in
    begin_live
    export STAND_IN='late parts'
    : >out
    runs 02:25
    [ "$(position)" = 'FLAT 0' ] || [ "$(count positions)" = 0 ]
    at 26T02:30 live_run # decided and sent; taken; part of it; the rest
    [ "$(steps)" = 'DONE|1' ]
    [[ $(position) == LONG\ * ]]
    [ "$(count trades)" = 2 ]
    [ "$(jq -r 'select(.type == "update" and .order == "'"$id"'-1-ENTRY-1").event' out | sort -u | paste -sd' ')" = 'FILLED PARTIAL PLACED' ]
    runs 02:35 06:10 06:15 06:20
    [ ! -s log ]
    run -0 r3-session check
    [ "$(steps)" = "DONE|$(count orders)" ]
}

@test "an order that the exchange refuses: an entry is over, an exit is tried again" {
    stand_in
    begin_live
    runs 02:25
    STAND_IN=refuse at 26T02:30 live_run
    [ "$(sql "SELECT status || ' ' || reason FROM orders")" = 'CANCELED 200004: Balance insufficient!' ]
    [ "$(steps)" = 'DONE|1' ]
    runs 02:35 07:10 07:15
    [[ $(position) == LONG* ]]
    # The exit at market is refused, until the exchange takes it.
    at 26T07:16 r3-session stop "$id" >command
    STAND_IN=refuse runs 07:17 07:20 07:25
    [ "$(state)" = STOPPING ]
    [ "$(sql "SELECT count(*) FROM orders WHERE role <> 'ENTRY' AND reason LIKE '200004%'")" -ge 2 ]
    runs 07:30
    [ "$(state) $(position)" = 'STOPPED FLAT 0' ]
    run -0 r3-session check
}

@test "what became of an order is not known: no entries, until it is; protection goes on" {
    stand_in
    begin_live
    runs 02:25
    STAND_IN=unknown at 26T02:30 live_run
    [ "$(steps)" = 'SENT|1' ]
    [[ $(at 26T02:35 r3-session run "$id") == *' --entries-from never '* ]]
    leases_run_out
    STAND_IN=unknown runs 02:35 02:40 02:50
    [ "$(steps)" = 'SENT|1' ]
    run -0 r3-session check
    runs 02:55 # it is found, with what it filled
    [ "$(steps)" = 'DONE|1' ]
    [[ $(position) == LONG\ * ]]
    [[ $(at 26T03:00 r3-session run "$id") == *' --entries-from 2013-11-26T02:55:00Z '* ]]
    leases_run_out
    runs 03:00 06:10 06:15 06:20
    [ ! -s log ]
    equals_backtest_live 2
}

@test "after an outage: entries that are too old are STALE and go nowhere" {
    stand_in
    begin_live
    runs 02:25
    at 26T02:40 live_run # the entry of 02:30 is two refreshes old
    [ "$(sql "SELECT state FROM signals ORDER BY time DESC LIMIT 1")" = STALE ]
    [[ $(sql "SELECT status || reason FROM orders") == CANCELEDSTALE:* ]]
    at 27T12:00 live_run
    [ "$(sql "SELECT count(*) FROM orders WHERE reason LIKE 'STALE:%'")" -gt 3 ]
    [ "$(count exchange_orders) $(count trades)" = '0 0' ]
    run -0 r3-session check
}

@test "after an outage: a stop that was crossed is sent at once" {
    stand_in
    begin_live
    at 26T07:10 live_run
    at 26T07:15 live_run
    [[ $(position) == LONG* ]]
    at 27T12:00 live_run
    [ "$(position)" = 'FLAT 0' ]
    [ "$(sql "SELECT role FROM orders WHERE reason IS NULL" | paste -sd' ')" = 'ENTRY SL' ]
    run -0 r3-session check
}

# ---- commands ----

@test "pause: no entries, the position stays protected" {
    stand_in
    begin_live
    runs 02:25 02:30
    [[ $(position) == LONG* ]]
    at 26T02:31 r3-session pause "$id" >command
    runs 02:35 06:10 06:15 06:20 07:10 07:15 07:20
    [ "$(position)" = 'FLAT 0' ]
    [ "$(sql "SELECT count(*) FROM orders WHERE role = 'ENTRY'")" = 1 ]
    at 26T07:21 r3-session resume "$id" >command
    runs 08:10 08:15
    [ "$(sql "SELECT count(*) FROM orders WHERE role = 'ENTRY'")" -gt 1 ]
    run -0 r3-session check
}

@test "stop: the position is sold at once, at today's price, and STOPPED is what the exchange has confirmed" {
    stand_in
    begin_live
    runs 02:25 02:30
    [[ $(position) == LONG* ]]
    at 26T02:31 r3-session stop "$id" >command
    STAND_IN=late at 26T02:32 live_run # between two candles; it is taken, and fills in the third round
    [ "$(state)" = STOPPED ]
    [ "$(position)" = 'FLAT 0' ]
    [ "$(sql "SELECT time FROM orders WHERE role = 'EXIT'")" = 1385433060000 ]
    [ "$(steps) $(count tasks) $(count outbox)" = 'DONE|2 0 0' ]
    [ -z "$(sql 'SELECT owner FROM sessions')" ]
    [ "$(grep -c 'is STOPPED' out)" = 1 ]
    run -0 r3-session check
    run -78 session "$id"
    run -0 r3-session delete "$id"
    [ "$(count exchange_orders) $(count sessions)" = '0 0' ]
}

@test "stop: it is not over while it is unknown what became of the exit; stop --all is for all of them" {
    stand_in
    begin_live
    runs 02:25 02:30
    at 26T02:31 r3-session stop --all >command
    STAND_IN=unknown at 26T02:32 live_run
    [ "$(state) $(steps)" = 'STOPPING DONE|1 SENT|1' ]
    run -1 r3-session stop --force "$id"
    [[ $output == *'orders that may be at the exchange: r3-order --live --session '* ]]
    at 26T02:33 live_run
    [ "$(state)" = STOPPED ]
    [ "$(position)" = 'FLAT 0' ]
    run -0 r3-session check
}

@test "stop cancels what waits at the exchange; --keep-position sells nothing" {
    stand_in
    export STAND_IN=late
    begin_live --set fast=3 --set slow=8 --limit 5% --limit-candles 9
    runs 02:25
    STAND_IN=unknown at 26T02:30 live_run
    STAND_IN=unknown at 26T02:31 r3-session stop --keep-position "$id" >command
    STAND_IN=unknown at 26T02:32 live_run
    [ "$(state)" = STOPPING ]
    [ "$(sql "SELECT cancel FROM exchange_orders")" = 'the session was stopped' ]
    STAND_IN='' at 26T02:33 live_run
    [ "$(state) $(steps)" = 'STOPPED DONE|1' ]
    [ "$(sql 'SELECT status FROM orders')" = CANCELED ]
    [ "$(count trades)" = 0 ]
    run -0 r3-session check
}

@test "stop --force ends a session that nobody feeds any more, with nothing at the exchange" {
    stand_in
    cp "$DATA/$FEED" feed.csv
    feed=feed.csv begin_live
    runs 02:25 02:30
    rm feed.csv
    at 26T02:35 run ! session "$id"
    at 26T02:36 r3-session stop --force "$id" >command
    [ "$(state)" = STOPPED ]
    [[ $(position) == LONG* ]]
    run -0 r3-session check
}

@test "stop --force forgets no fill: it is refused until a run has taken it in, though there are no candles; check finds one" {
    stand_in
    cp "$DATA/$FEED" feed.csv
    feed=feed.csv begin_live
    runs 02:25
    STAND_IN=unknown runs 02:30
    sql "UPDATE sessions SET owner = 'me', epoch = 99, lease_until = 1"
    at 26T02:31 r3-order --live --session "$id" --owner me --epoch 99 </dev/null >>out
    [ "$(steps) $(count outbox) $(count trades)" = 'DONE|1 2 0' ]
    rm feed.csv
    at 26T02:32 run -1 r3-session stop --force "$id"
    [[ $output == *"r3-session run --execute $id does"* ]]
    [ "$(state)" = ACTIVE ]
    r3-session dump >dump
    R3_DB=$PWD/other.db
    r3-session restore <dump
    sql "DELETE FROM tasks; DELETE FROM strategies; UPDATE orders SET status = 'CANCELED'; UPDATE sessions SET state = 'STOPPED', ended = 9"
    run -65 r3-session check
    [[ $output == *"session $id: no run has taken in what the exchange told of its orders, and it is STOPPED"* ]]
    sql "DELETE FROM outbox WHERE record NOT LIKE '%notice%'"
    sql "INSERT INTO outbox (program, session, number, record) VALUES ('r3-order', '$id', 99, '{\"type\":\"notice\"}')"
    run -65 r3-session check # a notice tells of no order; the fill is in no row now
    [[ $output != *'no run has taken in'* && $output == *"order $id-1-ENTRY-1: filled is 0, the exchange told of "* ]]
    R3_DB=$PWD/live.db
    sql 'UPDATE sessions SET owner = NULL, lease_until = NULL'
    at 26T02:32 run -74 session "$id"
    [[ $(position) == LONG* ]]
    at 26T02:33 run -0 r3-session stop --force "$id"
    [ "$(state) $(count trades)" = 'STOPPED 1' ]
    run -0 r3-session check
}

@test "what is too small to be sold counts as closed, and check has nothing against it" {
    stand_in
    begin_live --base-increment 0.1 --minimum-size 1 "${LIVE[@]}" # the stand-in fills to the eighth digit
    runs 02:25 02:30 06:10 06:15 06:20 06:30
    [ "$(position)" = 'FLAT 0.00479582' ]
    run -0 r3-session check
    at 26T06:31 r3-session stop "$id" >command
    runs 06:32
    [ "$(state)" = STOPPED ]
    run -0 r3-session check
    sql "UPDATE positions SET size = '0.0048'"
    run -65 r3-session check
}

# ---- kills ----

@test "what was decided and is not sent is due again within a minute, not at the next tick" {
    stand_in
    begin_live
    for minute in 00:05 02:25; do at "26T$minute" run-due >>out 2>>log; done
    [ "$(sql 'SELECT due FROM tasks')" = 1385433000000 ] # 02:30
    STAND_IN=crash at 26T02:30 run ! run-due
    [ "$(sql 'SELECT due FROM tasks')" = 1385433060000 ]
    leases_run_out
    [ -z "$(at 26T02:30:59 r3-tick)" ]
    at 26T02:31 run-due >>out 2>>log
    [ "$(steps)" = 'DONE|1' ]
    [[ $(position) == LONG* ]]
    [ "$(sql 'SELECT due FROM tasks')" = 1385433300000 ] # 02:35
    run -0 r3-session check
}

@test "candles fail: what was decided before is brought to its end all the same" {
    stand_in
    cp "$DATA/$FEED" feed.csv
    feed=feed.csv begin_live
    runs 02:25
    STAND_IN=unknown at 26T02:30 live_run
    mv feed.csv gone.csv
    at 26T02:35 run -74 session "$id"
    [ "$(steps) $(sql "SELECT count(*) FROM outbox WHERE program = 'r3-order'")" = 'DONE|1 0' ]
    [[ $(position) == LONG* ]]
    [ -z "$(sql 'SELECT owner FROM sessions')" ]
    [ "$(sql 'SELECT last_status || failures FROM sessions')" = 741 ]
    mv gone.csv feed.csv
    at 26T02:40 live_run
    [ "$(sql 'SELECT failures FROM sessions')" = 0 ]
    runs 06:10 06:15 06:20
    [ "$(position) $(sql "SELECT count(*) FROM signals WHERE state = 'ACTED'")" = 'FLAT 0 2' ]
    run -0 r3-session check
}

@test "no candles come, and no rules are there: a command acts, the run has failed; a stop sells the position and ends the session" {
    stand_in
    sed 's,fast *= *[0-9]*,fast = 3,; s,slow *= *[0-9]*,slow = 8,' "$TOP/lib/strategies/sma-cross.rules" >mine.rules
    cp "$DATA/$FEED" feed.csv
    R3_NOW=2013-11-26 r3-session start --strategy ./mine.rules --market BTC-USD --timeframe 15m --live --cash 10000 --source feed.csv \
        --base-increment 0.1 --minimum-size 1 --stop-loss 1% --base 2 >started
    id=$(jq -r .session started)
    runs 02:25 02:30
    [ "$(position)" = 'LONG 2' ]
    seen=$(sql 'SELECT seen FROM sessions')
    rm feed.csv
    at 26T02:31 r3-session pause "$id" >command
    at 26T02:32 run -74 session "$id"
    [ "$(count outbox) $(sql 'SELECT seen FROM sessions')" = "0 $seen" ] # it was taken in
    [ "$(sql 'SELECT last_status || failures FROM sessions')" = 741 ]
    [[ $(sql 'SELECT last_failure FROM sessions') == 'r3-collect: '*'feed.csv: No such file'* ]]
    rm mine.rules
    at 26T02:33 r3-session stop --all >command
    at 26T02:34 run -0 session "$id" # that wants neither
    [ "$(state) $(position) $(steps) $(count outbox)" = 'STOPPED FLAT 0 DONE|2 0' ]
    [ "$(sql "SELECT filled || ' ' || time FROM orders WHERE role = 'EXIT'")" = '2 1385433180000' ]
    [ "$(sql 'SELECT last_status || failures FROM sessions')" = 00 ]
    run -0 r3-session check
}

@test "a stop that fails without candles is carried out with them" {
    stand_in
    feed=$DATA/$FEED begin_live "${LIVE[@]}"
    runs 02:25 02:30
    [[ $(position) == LONG* ]]
    printf '#!/bin/bash\n[ -e failed ] && exec %q "$@"\ntouch failed\nexit 70\n' "$BIN/r3-backtest" >stand-in/r3-backtest
    chmod +x stand-in/r3-backtest
    at 26T02:33 r3-session stop "$id" >command
    at 26T02:34 run -70 session "$id"
    [ "$(state) $(position)" = 'STOPPED FLAT 0' ]
    run -0 r3-session check
}

@test "the rules are a FIFO that nobody writes to: the run does not wait for it, and protects what is held" {
    stand_in
    sed 's,fast *= *[0-9]*,fast = 3,; s,slow *= *[0-9]*,slow = 8,' "$TOP/lib/strategies/sma-cross.rules" >mine.rules
    R3_NOW=2013-11-26 r3-session start --strategy ./mine.rules --market BTC-USD --timeframe 15m --live --cash 10000 --source "$DATA/$FEED" \
        --base-increment 0.1 --minimum-size 1 --stop-loss 1% --base 2 >started
    id=$(jq -r .session started)
    runs 02:25 02:30
    [ "$(position)" = 'LONG 2' ]
    rm mine.rules
    mkfifo mine.rules
    at 26T02:35 run -74 timeout 60 session "$id"
    [[ $(sql 'SELECT last_failure FROM sessions') == *'is run without its rules'*'mine.rules: Connection timed out'* ]]
    [ "$(sql 'SELECT seen FROM sessions')" = 1385433300000 ]
}

@test "no candles come: what the run is fed with instead, and the tick, which stays due" {
    stand_in
    cp "$DATA/$FEED" feed.csv
    feed=feed.csv begin_live --base-increment 0.0001 "${LIVE[@]}"
    runs 02:25 02:30
    mv feed.csv all.csv
    at 26T02:35 run -74 run-due
    [ "$(sql 'SELECT leased FROM tasks') $(sql 'SELECT done IS NULL FROM tasks')" = '1385433300000 1' ]
    leases_run_out
    text=$(at 26T02:35 r3-session run "$id")
    [[ $text =~ --owner\ [^\ ]*\ --epoch\ [0-9]* ]]
    # shellcheck disable=SC2086  # words
    at 26T02:35 run -0 r3-session feed "$id" --no-candles ${BASH_REMATCH[0]} </dev/null
    [ "$(jq -r .type <<<"$output" | paste -sd' ')" = 'stream instrument state state state tick end' ]
    [ "$(jq -r 'select(.type == "instrument").base_increment' <<<"$output")" = 0.0001 ]
    mv all.csv feed.csv
    leases_run_out
    at 26T02:35 run -0 run-due
    [ "$(sql "SELECT seen || ' ' || done FROM sessions, tasks")" = '1385433300000 1385433300000' ]
    run -0 r3-session check
}

# In place of r3-collect one that notes which steps the orders are at when it is run, and how often r3-live was.
watch_collect() {
    printf '#!/bin/bash\nsqlite3 %q "SELECT step, count(*) FROM exchange_orders GROUP BY step" | paste -sd" " >>looks\nexec %q "$@"\n' "$R3_DB" \
        "$BIN/r3-collect" >stand-in/r3-collect
    sed -i 's/^exec/echo live >>looks\nexec/' stand-in/r3-order
    chmod +x stand-in/r3-collect
}
@test "an exit that was not sent, an order that is unknown: before candles are asked for; an entry waits for the decisions" {
    stand_in
    begin_live
    runs 02:25 02:30 06:10
    [[ $(position) == LONG* ]]
    cp stand-in/r3-order works
    printf '#!/bin/bash\n[ "$1" = --live ] && exit 69 || exec %q "$@"\n' "$BIN/r3-order" >stand-in/r3-order
    at 26T06:15 run -69 session "$id"
    [ "$(steps)" = 'DONE|1 INTENT|1' ]
    cp works stand-in/r3-order
    watch_collect
    runs 06:20
    [ "$(paste -sd, looks)" = 'live,DONE|2,live' ]
    [ "$(position)" = 'FLAT 0' ]
    : >looks
    runs 07:10
    [ "$(paste -sd, looks)" = 'DONE|2,live' ] # nothing is open
    : >looks
    STAND_IN=unknown runs 07:15 07:15
    [ "$(paste -sd, looks)" = 'DONE|2,live,live,DONE|2 SENT|1,live' ]
    : >looks
    runs 07:16
    [ "$(paste -sd, looks)" = 'live,DONE|3,live' ]
    [[ $(position) == LONG* ]]
    : >looks
    sql "UPDATE exchange_orders SET step = 'SENT' WHERE id LIKE '%-EXIT-1'"
    sql "INSERT INTO exchange_orders (id, session, platform, market, record, step, filled, cost, fee) SELECT id || '-2', session, platform,
        market, record, 'INTENT', '0', '0', '0' FROM exchange_orders WHERE id LIKE '%-1-ENTRY-1'"
    at 26T07:17 session "$id" >>out 2>>log || true
    [ "$(head -n 1 looks)" = 'DONE|2 INTENT|1 SENT|1' ]
}

@test "who was overtaken changes nothing, and sends nothing" {
    stand_in
    begin_live
    runs 02:25
    text=$(at 26T02:30 r3-session run "$id")
    at 26T02:30 run -75 session "$id"
    leases_run_out
    at 26T02:30 live_run
    rows "$id" >before
    at 26T02:30 run -75 backtest "$text"
    rows "$id" | cmp - before
    [ "$(steps)" = 'DONE|1' ]
    run -0 r3-session check
}

@test "a run by hand: the text does what the run does" {
    stand_in
    begin_live
    for minute in 00:05 02:25 02:30 02:30 02:35; do
        text=$(at "26T$minute" r3-session run "$id")
        at "26T$minute" backtest "$text" >>out 2>>log
        [ -z "$(sql 'SELECT owner FROM sessions')" ] # r3-live has given the lease back
    done
    [ "$(steps)" = 'DONE|1' ]
    [[ $(position) == LONG* ]]
    run -0 r3-session check
}

# Runs of which some process is killed at some moment, then one that is left alone.
storm() {
    for ((try = 0; try < tries; try++)); do
        killed_at "$1" "$([ $((RANDOM % 6)) -gt 0 ] || echo crash)"
    done
    at "$1" session "$id" >>out 2>>log
}
@test "whatever is killed, at whatever moment: decisions, orders and fills are those of the backtest, none twice" {
    stand_in
    begin_live
    runs 02:25
    killed=0 span=120 tries=${R3_CRASH_TRIES:-2}
    for time in 02:30 02:35 06:15 06:20 07:15 07:20 07:25 08:15 08:20 09:00 09:10; do storm "26T$time"; done
    equals_backtest_live 6
    [ "$(sql 'SELECT count(*) FROM exchange_orders WHERE attempts <> 1')" = 0 ]
    delivered out at-least-once
    [ "$killed" -gt 0 ] || skip "all is equal, and no process was hit: the machine is too busy"
}

