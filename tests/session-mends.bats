# Sessions that something went wrong with beside them: a clock, an upgrade, rules that were changed, a source or a database that says nothing.
load helper
load stores
load runs
load live-runs
load kucoin

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB R3_NOW R3_LEASE
}

teardown() {
    exchange_stop
}

# ---- a clock ahead ----

# What was told by a clock that was a month ahead holds at once: nothing is opened any more.
told_ahead() {
    begin "${RISKY[@]}"
    at 26T03:00 session "$id" >out 2>log
    [ "$(sql 'SELECT side FROM positions')" = LONG ]
    before=$(sql "SELECT count(*) FROM orders WHERE role = 'ENTRY'")
    R3_NOW=2013-12-26T03:00 r3-session stop --all >command
    [ "$(jq .time command)" = 1388026800000 ]
    for step in 26T12:00:01 26T12:06; do at $step session "$id" >>out 2>>log || break; done
    [ "$(state)" = STOPPED ]
    [ "$(sql "SELECT count(*) FROM orders WHERE role = 'ENTRY'")" -eq "$before" ]
    [ "$(sql 'SELECT side FROM positions')" = FLAT ]
    [ "$(sql 'SELECT max(time) FROM orders')" = 1385434800000 ] # the close that was seen before
    [ "$(count outbox)" = 0 ]
    run -0 r3-session check
}
@test "a stop that was given by a clock ahead acts in the next run" { on_both told_ahead; }

# Commands stay in their order, and one that keeps the position is fed again until that is done.
more_ahead() {
    begin "${RISKY[@]}"
    at 26T03:00 session "$id" >out 2>log
    R3_NOW=2013-12-26T03:00 r3-session pause "$id" >command
    at 26T03:02 r3-session resume "$id" >command
    at 26T12:00 session "$id" >>out 2>>log
    [ "$(state) $(count outbox)" = 'ACTIVE 0' ]
    [ "$(sql "SELECT count(*) FROM signals WHERE state = 'ACTED' AND time > 1385434800000")" -gt 1 ]
    R3_NOW=2013-12-26T03:00 r3-session stop --keep-position "$id" >command
    at 26T12:35 session "$id" >>out 2>>log
    [ "$(state) $(count outbox)" = 'STOPPED 0' ]
    run -0 r3-session check
}
@test "a pause that was given by a clock ahead does not keep what follows it waiting" { on_both more_ahead; }

# ---- the end by its own condition ----

# A session that ends by itself is none that gives entries, from that run on; the backup of the night looks at that.
ends_by_itself() {
    cp "$DATA/$FEED" all.csv
    head -n 324 all.csv >feed.csv
    id=$(R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSD-15m-refresh5mn --paper --source feed.csv --set fast=3 --set slow=8 --end-gain 0.3% | jq -r .session)
    stopping=''
    for step in 26T02:30 26T03:00 26T03:15 26T03:45; do
        at $step run-due >>out 2>>log
        run -0 r3-session check
        [ "$(state)" != STOPPING ] || stopping=$(sql 'SELECT state FROM strategies')
    done
    [ "$stopping" = PAUSED ]
    # What an older release left is mended by the next run.
    sql "UPDATE strategies SET state = 'ACTIVE'"
    run -65 r3-session check
    at 26T03:50 run-due >>out 2>>log
    [ "$(state)" = STOPPING ]
    run -0 r3-session check
}
@test "a session that ends by its own condition passes the check at any time" { on_both ends_by_itself; }

# ---- a source that is being written ----

# half COLUMNS CUT: the file as its writer has it while the candle that opens at 03:00 is written, CUT of its bytes so far.
half() {
    head -n 321 "$DATA/$FEED" | cut -d, -f"1-$1" >feed.csv
    row=$(sed -n 322p "$DATA/$FEED" | cut -d, -f"1-$1")
    printf '%s' "${row:0:$2}" >>feed.csv
}

# In the middle of the prices; behind a whole price, in the volume; in a last column that is the close; the whole row but its newline.
half_rows() {
    for columns_cut in '6 15' '6 29' '6 37' '5 29' '5 32' '6 200'; do
        read -r columns cut <<<"$columns_cut"
        head -n 321 "$DATA/$FEED" | cut -d, -f"1-$columns" >feed.csv
        id=$(R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSD-5m-refresh5mn --paper --source feed.csv --set fast=3 --set slow=8 --stop-loss 1% | jq -r .session)
        at 26T03:00 session "$id" >>out 2>>log
        seen=$(sql "SELECT seen FROM sessions WHERE id = '$id'")
        half "$columns" "$cut"
        at 26T03:05 run -0 --separate-stderr session "$id"
        [ -z "$stderr" ]
        [ "$(sql "SELECT seen FROM sessions WHERE id = '$id'")" = "$seen" ]
        cut -d, -f"1-$columns" "$DATA/$FEED" >feed.csv
        at 26T09:00 session "$id" >>out 2>>log
        equals_backtest 2
        # What is written now is no part of the backtest either.
        half "$columns" "$cut"
        run -0 expected "$id"
    done
}
@test "a row that is being written waits until it is whole" { on_both half_rows; }

# ---- another release, other rules ----

# What r3-strategy left, as another release would find it: laid out in another way, of another form, not there; and as a bad disk leaves it: other
# bytes, no record.
spoil() {
    case $1 in
    layout) sql "UPDATE states SET record = replace(record, '{\\\"rules\\\":\\\"', '{\\\"rules\\\":\\\"f84cb4424e9b29d7') WHERE program = 'r3-strategy'" ;;
    form) sql "UPDATE states SET record = replace(record, '\"version\":1', '\"version\":99') WHERE program = 'r3-strategy'" ;;
    all) sql "DELETE FROM states WHERE program = 'r3-strategy'" ;;
    bytes) sql "UPDATE states SET record = replace(record, 'AAAA', 'BAAA') WHERE program = 'r3-strategy'" ;;
    line) sql "UPDATE states SET record = substr(record, 2) WHERE program = 'r3-strategy'" ;;
    esac
}
memory() { sql "SELECT record FROM states WHERE program = 'r3-strategy' ORDER BY part"; }

# Warmed up again it is byte for byte what it was, and no signal comes twice; the rules here remember each candle they have seen.
other_release() {
    R3_NOW=2013-11-26 r3-session start macd-Kucoin-BTCUSD-15m-refresh5mn --paper --cash 10000 --source "$DATA/$FEED" --stop-loss 1% >started
    id=$(jq -r .session started)
    : >out
    for step in 26T00:07 26T12:07 26T18:00 27T03:10; do
        at $step run-due >>out 2>>log
        memory >before
        for how in layout form all bytes line; do
            spoil $how
            run ! cmp -s before <(memory)
            at $step run -0 --separate-stderr session "$id"
            [[ $stderr =~ ^"r3-session: session $id: its rules were warmed up again, over "[0-9]+" candles from 2013-11-2"[^$'\n']*$ ]]
            memory | cmp before -
        done
        spoil layout
    done
    # Said in another way, and printed.
    at 27T12:00 run -0 --separate-stderr r3-session run "$id"
    [[ $stderr == *'warmed up again'* ]]
    at 27T12:00 backtest "$output" >>out 2>>log
    finish
    delivered out
    equals_backtest 15
}
@test "another release, a damaged memory: the rules of a session are warmed up again, and it goes on as if nothing had happened" { on_both other_release; }

other_release_on_exchange() {
    exchange_start --now 2013-12-02T16:00 --candles "$DATA/btcusd-bitstamp-2013_1m.csv"
    R3_NOW=2013-11-26 r3-session start ema-cross-Kucoin-BTCUSDT-15m-refresh5mn --paper --cash 10000 --stop-loss 1% --set fast=3 --set slow=8 >started
    id=$(jq -r .session started)
    : >out
    for step in 26T04:07 26T12:03 27T06:33; do
        at $step session "$id" >>out 2>>log
        memory >before
        spoil layout
        at $step session "$id" >>out 2>>said
        memory | cmp before -
        spoil layout
    done
    [ "$(grep -c 'warmed up again' said)" = 3 ]
    text=$(r3-session show "$id" --pipeline)
    "$TOP/pipelines/backtest" "${text% | r3-report*}" >backtest 2>/dev/null
    diff <(grep '"type":"trade"' out) <(grep '"type":"trade"' backtest)
    [ "$(grep -c '"type":"trade"' out)" -gt 4 ]
    run -0 r3-session check
    exchange_stop
}
@test "the same where the candles are an exchange's" { on_both other_release_on_exchange; }

# What the programs left, of a release whose tables were of version 2: tests/vectors/store-2.bash.
real_upgrade() {
    place "$kind" "older_$$"
    sed "s|FEED|$DATA/$FEED|g" "$TOP/tests/vectors/store-2.ndjson" | r3-session restore
    [ "$(sql "SELECT status || ' ' || execution FROM orders ORDER BY id" | sort | paste -sd' ')" = \
        'CLOSED FULLY_EXECUTED OPENED NOT_EXECUTED OPENED PARTIALLY_EXECUTED' ]
    run -0 r3-session check
    for step in 26T03:05 26T03:20 26T12:20 28T07:05 30T23:00; do at $step run-due >>out 2>>log; done
    [ "$(grep -c 'warmed up again' log)" = 3 ]
    [ "$(wc -l <log)" = 3 ]
    for id in $(sql 'SELECT id FROM sessions'); do equals_backtest 20; done
    [ "$(sql 'SELECT count(*) FROM sessions WHERE rule_hash IS NULL')" = 0 ]
}
@test "sessions of an older release go on after the upgrade, with what they held and what worked" { on_both real_upgrade; }

# A session of rules of one's own: $id, LONG at 03:00.
of_own_rules() {
    cp "$TOP/lib/strategies/sma-cross.rules" mine.rules
    R3_NOW=2013-11-26 r3-session start --paper --cash 10000 --strategy ./mine.rules --market BTCUSD --timeframe 15m --refresh 5m --source "$DATA/$FEED" \
        --set fast=3 --set slow=8 "$@" >started
    id=$(jq -r .session started)
    at 26T03:00 session "$id" >out 2>log
    [[ $(position) == LONG* ]]
}
change_rules() { sed 's/sma(close, fast)/ema(close, fast)/' "$TOP/lib/strategies/sma-cross.rules" >mine.rules; }
entries() { sql "SELECT count(*) FROM orders WHERE role = 'ENTRY'"; }

# Rules that are not those any more: what is held is protected, nothing is entered; put back, all is as it was.
changed_rules() {
    of_own_rules --take-profit 1%
    change_rules
    before=$(entries)
    at 26T03:05 run -78 --separate-stderr session "$id"
    [[ $stderr == *"session $id is run without its rules, and enters nothing: the rules mine were changed since session $id was created: put them back, or stop it"* ]]
    [[ $(r3-session show "$id") == *'FAILING 1'*'is run without its rules'* ]]
    at 26T12:00 run -78 session "$id"
    [[ $(r3-session show "$id") == *'FAILING 2'*'as 2 runs in a row'*'is run without its rules'* ]]
    [ "$(entries) $(position)" = "$before FLAT 0" ]
    [ "$(sql "SELECT role FROM trades ORDER BY time DESC LIMIT 1")" = TP ]
    # With nothing to protect nothing is done, so that nothing is missed.
    seen=$(sql 'SELECT seen FROM sessions')
    at 26T14:00 run -78 session "$id"
    [ "$(sql 'SELECT seen FROM sessions')" = "$seen" ]
    cp "$TOP/lib/strategies/sma-cross.rules" mine.rules
    at 27T12:00 run -0 session "$id"
    [[ $(r3-session show "$id") != *FAILING* ]]
    [ "$(entries)" -gt "$before" ]
    memory >after
    run -0 r3-session check
    # What the rules remember is what they would have seen.
    spoil all
    at 27T12:00 session "$id" >out 2>>log
    memory | cmp after -
}
@test "rules that were changed: what is held is protected, and nothing is entered" { on_both changed_rules; }

stopped_without_rules() {
    for how in changed gone broken; do
        [ $how = changed ] || { r3-session delete "$id"; rm -f mine.rules; }
        of_own_rules
        before=$(entries)
        at 26T03:01 r3-session stop "$id" >command
        case $how in
        changed) change_rules && want=78 ;;
        gone) rm mine.rules && want=74 ;;
        broken) echo 'long = (' >mine.rules && want=65 ;;
        esac
        for step in 26T03:05 26T03:10 26T03:15; do
            [ "$(state)" = STOPPED ] || at $step run "-$want" session "$id"
        done
        [ "$(state) $(position) $(entries)" = "STOPPED FLAT 0 $before" ]
        run -0 r3-session check
    done
}
@test "a stop closes what is held, whatever became of the rules: changed, gone, broken" { on_both stopped_without_rules; }

# They cannot be warmed up again: the same.
cold_rules() {
    begin "${RISKY[@]}"
    at 26T03:05 session "$id" >out 2>log
    [[ $(position) == LONG* ]]
    spoil layout
    at 26T03:06 r3-session stop "$id" >command
    mkdir -p path
    printf '#!/bin/sh\ncat >/dev/null\necho "r3-strategy: no more" >&2\nexit 71\n' >path/r3-strategy
    chmod +x path/r3-strategy
    for step in 26T03:10 26T03:15 26T03:20; do
        [ "$(state)" != STOPPED ] || break
        PATH=$PWD/path:$PATH at $step run -71 session "$id"
        [[ $output == *"session $id is run without its rules, and enters nothing: r3-strategy: no more"* ]]
    done
    [ "$(state) $(position)" = 'STOPPED FLAT 0' ]
    run -0 r3-session check
}
@test "a stop closes what is held, though the rules cannot be warmed up again" { on_both cold_rules; }

# A live session, too, by the real programs: another release, and then a stop with rules that were changed.
live_release() {
    mkdir -p config/r3 run
    export HOME=$PWD XDG_CONFIG_HOME=$PWD/config XDG_RUNTIME_DIR=$PWD/run
    cp "$TOP/lib/strategies/sma-cross.rules" mine.rules
    exchange_of "$DATA/$FEED"
    R3_NOW=2013-11-26 r3-session start --live --cash 10000 --strategy ./mine.rules --platform kucoin --market BTCUSDT --timeframe 15m --refresh 5m \
        --source "$DATA/$FEED" "${RULES[@]}" --set fast=3 --set slow=8 --stop-loss 1% --fraction 0.3 >started
    id=$(jq -r .session started)
    go 02:25 02:30
    [[ $(position) == LONG* ]]
    memory >before
    spoil layout
    go 02:30
    memory | cmp before -
    change_rules
    spoil layout
    at 26T02:35 r3-tick >tick
    for count in 1 2; do
        run -78 go 02:35
        [[ $(r3-session list) == *"FAILING $count"* ]]
    done
    [ "$(sql 'SELECT due FROM tasks')" = 1385433360000 ] # a minute later, not at 02:40
    at 26T02:36 r3-session stop --all >command
    run -0 go 02:40 # that wants no rules
    [ "$(state) $(position)" = 'STOPPED FLAT 0' ]
    [ "$(jq -r 'select(.event == "fill").fill.side' "$R3_EXCHANGE_LEDGER" | sort -u | paste -sd' ')" = 'buy sell' ]
    run -0 r3-session check
    exchange_stop
}
@test "a live session after an upgrade, and with rules that were changed: it goes on, and a stop sells" { on_both live_release; }

# ---- what says nothing ----

# A source that nobody writes: its session is given up, the others run, one after the other too, and nothing is left behind.
silent_source() {
    cp "$DATA/$FEED" other.csv
    cp other.csv silent.csv
    for file in silent.csv other.csv; do
        R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSD-15m-refresh5mn --paper --source "$PWD/$file" --set fast=3 --set slow=8
    done | jq -r .session >ids
    { read -r id && read -r second; } <ids
    rm silent.csv
    mkfifo silent.csv
    export R3_RUN_TIMEOUT=2s
    at 26T03:00 run -75 --separate-stderr run-due -j 1
    [[ $stderr == *'r3-session: nothing has come for 2s (R3_RUN_TIMEOUT): the run is given up'* ]]
    [[ $stderr == *"run-due: session $id: status 75"* && $stderr != *"session $second: "* ]]
    [ "$(sql "SELECT seen FROM sessions WHERE id = '$second'")" = 1385434800000 ]
    [[ $(at 26T03:00 r3-session show "$id") == *'FAILING 1   status 75 '*'nothing has come for 2s'* ]]
    [ "$(sql 'SELECT count(*) FROM sessions WHERE owner IS NOT NULL')" = 0 ]
    run ! pgrep -f "r3-collect $PWD/silent.csv"
    # Somebody has it open, has written some rows, and writes no more.
    (head -n 300 other.csv && sleep 60) >silent.csv 3>&- &
    writer=$!
    at 26T03:00 run -75 session "$id"
    kill $writer
    run ! pgrep -f "r3-collect $PWD/silent.csv"
    # What came late is taken by the next run.
    rm silent.csv
    mv other.csv silent.csv
    leases_run_out
    unset R3_RUN_TIMEOUT
    at 26T12:00 session "$id" >out 2>log
    equals_backtest 2
    R3_RUN_TIMEOUT=soon at 26T12:00 run -78 session "$id"
    [[ $output == *'R3_RUN_TIMEOUT: wants a span of time'* ]]
}
@test "a source that says nothing ends its session's run, and keeps no other from its own" { on_both silent_source; }

# The way to the server goes silent in the middle.
@test "a database that says nothing any more: status 69, and the next run goes on" {
    place postgresql silent
    r3-session init
    begin "${RISKY[@]}"
    real=$R3_DB
    export R3_DB_TIMEOUT=1s
    : >out
    for bytes in 1500 6000 20000; do
        coproc proxy { exec "$TOP/tests/tools/silent-proxy.py" "$R3_PG/.s.PGSQL.5432" "$bytes" 3>&-; }
        read -r port <&"${proxy[0]}"
        before=$SECONDS
        R3_DB=postgresql://r3@127.0.0.1:$port/silent at 26T12:00 run --separate-stderr run-due
        echo "$bytes: $status after $((SECONDS - before)) s: $stderr"
        [ "$status" -eq 69 ] || [ "$bytes" -gt 1500 ]
        [ "$status" -ne 69 ] || [[ $stderr == *'the server has not answered for 1s (R3_DB_TIMEOUT)'* ]]
        [ $((SECONDS - before)) -lt 60 ]
        [ -z "$output" ] || echo "$output" >>out
        exec {proxy[1]}>&-
        wait "$proxy_PID" || true
    done
    export R3_DB=$real
    finish
    delivered out at-least-once
    equals_backtest 20
    R3_DB_TIMEOUT=soon run -78 r3-session list
    [[ $output == *'R3_DB_TIMEOUT: wants a span of time'* ]]
}

@test "a statement that takes too long is ended by the server" {
    place postgresql long
    r3-session init
    export R3_DB_TIMEOUT=2s
    # Somebody holds a table for longer than that.
    "$R3_PG_BIN/psql" -qAtX -c "BEGIN; LOCK TABLE sessions; SELECT pg_sleep(20)" "$R3_DB" >/dev/null 3>&- &
    holder=$!
    sleep 0.5
    run -69 r3-session list
    [[ $output == *'statement timeout'* ]]
    "$R3_PG_BIN/psql" -qAtX -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%'" "$R3_DB"
    wait $holder || true
    run -0 r3-session list
}
