# r3-tick: which ticks are due, once each; everything on SQLite and on PostgreSQL.
load helper
load stores
load clock

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB R3_NOW R3_LEASE
}

# start TIME [REFRESH]: a session that is started at that time of 2013-11-26; its id is in $id.
start() {
    id=$(R3_NOW=2013-11-26T$1Z r3-session start "sma-cross-Kucoin-BTCUSD-1H-refresh${2:-5mn}" --paper \
        --source "$DATA/btcusd-bitstamp-2013_5m.csv" | jq -r .session)
}
tick() { # TIME [OPTIONS]
    R3_NOW=2013-11-26T$1Z r3-tick "${@:2}"
}
# What is wanted: time of day, and how many were missed.
told() { jq -r '"\(.time / 1000 | strftime("%T")) \(.missed)"' <<<"$1"; }

@test "usage, and what is not there" {
    run -64 r3-tick now
    run -0 r3-tick --help
    [[ $output == *--follow* && $output == *--lease* ]]
    R3_DB=$PWD/none.db run -69 r3-tick
    sqlite3 empty.db 'CREATE TABLE t (a)'
    R3_DB=$PWD/empty.db run -78 r3-tick
    export R3_DB=$PWD/r3.db
    r3-session init
    run -0 r3-tick
    [ -z "$output" ]
    R3_LEASE=soon run -78 r3-tick
    [[ $output == *R3_LEASE* ]]
    R3_NOW=now run -78 r3-tick
    R3_NOW=2013-11-26 run -78 r3-tick --follow
    [[ $output == *'R3_NOW stands still'* ]]
    run -64 r3-tick --lease 0s
    run -64 r3-tick --lease 61m
    [[ $output == *'a lease is at most 1h'* ]]
    R3_LEASE=61m run -78 r3-tick
    [[ $output == *'R3_LEASE: a lease is at most 1h'* ]]
}

aligned() {
    start 00:02:30
    run -0 tick 00:04:59.999
    [ -z "$output" ]
    run -0 tick 00:05:00
    [ "$output" = "{\"type\":\"tick\",\"session\":\"$id\",\"every\":300000,\"time\":1385424300000,\"missed\":0}" ]
    run -0 tick 00:05:00 # it is handed out
    [ -z "$output" ]
    run -0 tick 00:10:00 # and not done
    [ -z "$output" ]
    start 00:00 1H
    [ "$(told "$(tick 01:30)")" = '01:00:00 0' ]
    start 00:00 1m
    [ "$(told "$(tick 00:01:07)")" = '00:01:00 0' ]
}
@test "ticks are aligned to the refresh, and handed out once" { on_both aligned; }

after_downtime() {
    start 00:00
    [ "$(told "$(tick 01:02)")" = '01:00:00 11' ]
}
@test "after downtime there is one tick, which tells how many were missed" { on_both after_downtime; }

lease_runs_out() {
    start 00:00
    [ "$(told "$(tick 00:05 --lease 1s)")" = '00:05:00 0' ]
    sleep 1.1
    [ "$(told "$(R3_LEASE=1s tick 00:11)")" = '00:10:00 1' ]
    run -0 tick 00:11
    [ -z "$output" ]
    sleep 1.1
    run -0 tick 00:11
    [ "$(told "$output")" = '00:10:00 1' ]
}
@test "a tick that nobody has done is due again when its lease has run out" { on_both lease_runs_out; }

# A run that takes longer than its tick was leased for: the tick stays where it is, as its session would be found at work.
long_run() {
    start 00:00
    R3_LEASE=1s tick 00:05 >ticks
    [ "$(told "$(cat ticks)")" = '00:05:00 0' ]
    text=$(R3_NOW=2013-11-26T00:05Z r3-session run --lease 1s "$id")
    R3_NOW=2013-11-26T00:05Z backtest "${text/| r3-track/| bash -c \"cat; sleep 3\" | r3-track}" >out 2>log 3>&- &
    for tries in {1..5}; do
        sleep 0.4
        run -0 tick 00:06 --lease 1s
        [ -z "$output" ] || [ "$tries" -eq 1 ] # a machine that is slow to begin it
    done
    wait $!
    run -0 tick 00:06
    [ -z "$output" ]
    [ "$(told "$(tick 00:10)")" = '00:10:00 0' ]
}
@test "a tick whose session is being run is not handed out again, however long that takes" { on_both long_run; }

at_once() {
    for i in {1..12}; do start 00:00; done
    for i in {1..4}; do tick 00:05 >"ticks.$i" & done
    for i in {1..4}; do wait "%$i"; done
    [ "$(cat ticks.* | jq -r .session | sort -u | wc -l)" -eq 12 ]
    [ "$(cat ticks.* | wc -l)" -eq 12 ]
    run ! grep -hv '"time":1385424300000' ticks.*
}
@test "several at once never hand out the same tick" { on_both at_once; }

commands() {
    start 00:00
    first=$id
    start 00:00
    R3_NOW=2013-11-26T00:01:00Z r3-session pause "$first" >commands # its position stays protected
    R3_NOW=2013-11-26T00:01:00Z r3-session create sma-cross-Kucoin-BTCUSD-1H-refresh5mn --paper --source "$DATA/btcusd-bitstamp-2013_5m.csv"
    tick 00:05 --lease 1s >ticks
    diff <(jq -r .session ticks) <(printf '%s\n' "$first" "$id" | sort)
    sql "DELETE FROM tasks WHERE session = '$first'"
    sleep 1.1
    tick 00:05 >ticks
    [ "$(jq -r .session ticks)" = "$id" ]
}
@test "which sessions have ticks is read from the store" { on_both commands; }

set_back() {
    start 00:00
    sql "UPDATE tasks SET due = 1900000200000, done = 1900000000000"
    run -0 tick 00:07
    [ "$(told "$output")" = '00:05:00 0' ]
    sql "UPDATE tasks SET owner = NULL, lease_until = NULL, leased = NULL, missed = NULL, due = 1385424900000"
    run -0 tick 00:10:01 # a moment early is no clock that was set
    [ -z "$output" ]
}
@test "a clock that was set back far does not silence a session" { on_both set_back; }

# ticks_of FILE COUNT: wait until it has so many lines.
ticks_of() {
    for tries in {1..100}; do
        [ "$(wc -l <"$1")" -lt "$2" ] || return 0
        sleep 0.1
    done
    return 1
}

follow() {
    : >ticks
    r3-tick --follow --lease 1s >ticks 3>&- &
    follower=$!
    id=$(r3-session start sma-cross-Kucoin-BTCUSD-1H-refresh1s --paper --source "$DATA/btcusd-bitstamp-2013_5m.csv" | jq -r .session)
    ticks_of ticks 3
    [ "$(jq -r .session ticks | sort -u)" = "$id" ]
    [ "$(jq '.time % 1000' ticks | sort -u)" = 0 ]
    sql "DELETE FROM tasks"
    sleep 1.2
    before=$(wc -l <ticks)
    sleep 1.5
    [ "$(wc -l <ticks)" -eq "$before" ]
    kill "$follower"
    wait "$follower"
}
@test "--follow stays: sessions come and go, TERM ends it with status 0" { on_both follow; }

on_time() {
    r3-session start sma-cross-Kucoin-BTCUSD-1H-refresh2s --paper --source "$DATA/btcusd-bitstamp-2013_5m.csv" >started
    mkfifo ticks
    r3-tick --follow >ticks 3>&- &
    follower=$!
    read -r line <ticks
    late=$(($(date +%s%3N) - $(jq .time <<<"$line")))
    kill "$follower" || true
    wait "$follower" || true
    echo "$late ms"
    [ "$late" -ge 0 ]
    [ "$late" -lt 900 ]
}
@test "--follow writes a tick when it is due" { on_both on_time; }

# set_clock SECONDS: the clock of what is run with the environment `faked` is so far ahead of the machine's.
set_clock() {
    echo "$1" >clock.new
    mv clock.new clock
}
run_ticks() { # each session as its tick comes
    while read -r tick; do
        echo "$tick" >>ticks
        env "${faked[@]}" session "$(jq -r .session <<<"$tick")" >>out 2>>log </dev/null
    done
}
@test "--follow where the clock is set forward and back: no tick twice, none lost" {
    place sqlite r3
    r3-session init
    : >ticks
    faked+=(FAKETIME_TIMESTAMP_FILE="$PWD/clock" FAKETIME_NO_CACHE=1)
    set_clock +0
    env "${faked[@]}" r3-session start sma-cross-Kucoin-BTCUSD-1H-refresh1s --paper --source "$DATA/btcusd-bitstamp-2013_5m.csv" >started
    mkfifo pipe
    env "${faked[@]}" r3-tick --follow >pipe 3>&- &
    follower=$!
    run_ticks <pipe 3>&- &
    runner=$!
    ticks_of ticks 3
    for seconds in +3600 -1800 -1801 -1800 +7200; do # an hour forward, one and a half back, a little back and forward, more forward
        set_clock $seconds
        ticks_of ticks $(($(wc -l <ticks) + 4))
    done
    kill "$follower"
    wait "$follower" "$runner"
    run ! grep -Ev '^r3-collect: .*: no candle lies between|^libfaketime: ' log
    [ "$(jq .time ticks | sort | uniq -d)" = '' ]
    # From each tick to the next there are as many as were missed, but where the clock went back.
    jq -s '[range(1; length) as $i | {step: ((.[$i].time - .[$i - 1].time) / 1000), missed: .[$i].missed}]' ticks >steps
    [ "$(jq '[.[] | select(.step > 0 and .step != .missed + 1)] | length' steps)" = 0 ]
    [ "$(jq '[.[] | select(.missed > 3000)] | length' steps)" = 2 ]
    [ "$(jq -c '[.[] | select(.step < 0)] | [length, (.[0] | .missed, .step < -5000)]' steps)" = '[1,0,true]' ]
}

@test "--follow ends when its reader has gone" {
    export R3_DB=$PWD/r3.db
    r3-session init
    set +o pipefail
    r3-session start sma-cross-Kucoin-BTCUSD-1H-refresh1s --paper --source "$DATA/btcusd-bitstamp-2013_5m.csv" >started
    timeout 10 bash -c 'r3-tick --follow --lease 1s | head -n 1; echo "${PIPESTATUS[0]}"' >out
    [ "$(tail -n 1 out)" = 141 ]
}
