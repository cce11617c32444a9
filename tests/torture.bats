# What may happen to sessions on a machine: kills, a database that goes away or cannot be written, many runs at once, clocks that are set.
# Nothing is lost, nothing is done twice, and who looks is told why. The kills are the short form of tests/torture (make torture).
load helper
load stores
load runs
load clock

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB R3_NOW R3_LEASE
}

teardown() {
    cd /
    for directory in "$BATS_TEST_TMPDIR" ${shared:+"$shared"}; do
        if mountpoint -q "$directory/disk"; then umount -l "$directory/disk"; fi
    done
    [ -z "${shared-}" ] || rm -rf "$shared"
}

# share: go to a directory that others may look into.
share() {
    shared=$(mktemp -d /tmp/r3-torture.XXXXXX)
    chmod 755 "$shared"
    cd "$shared"
}
# slow TEXT: the run of that text waits in its middle, until somebody opens ./gate and closes it.
slow() {
    [ -p gate ] || mkfifo gate
    echo "${1/| r3-track/| bash -c \"cat; cat gate\" | r3-track}"
}

# ---- kills ----

storm() { # OPTIONS…
    local address
    address=$(postgresql_database "storm_$BATS_TEST_NUMBER")
    for place in "$PWD/quiet.db" "$PWD/storm.db" "$address"; do R3_DB=$place r3-session init; done
    run "$TOP/tests/torture/storm.py" "$@" quiet.db storm.db "$address"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *'all equal' ]]
}
@test "killed at any moment, on both databases: rows, records and backtest are those of the undisturbed run" {
    storm --rounds 8
}
@test "the same where time goes on" {
    storm --rounds 5 --onward
}

@test "the storm sees a row and a record that are lost" {
    mkdir bin
    for place in quiet storm; do R3_DB=$PWD/$place.db r3-session init; done
    # One who forgets: runs in storm.db lose trades, of the rows or of the records.
    cat >bin/run-due <<'EOF2'
#!/bin/bash
[[ $R3_DB == *storm* ]] || exec "$TOP/pipelines/run-due"
"$TOP/pipelines/run-due" | eval "$FORGET"
EOF2
    chmod +x bin/run-due
    FORGET='cat; sqlite3 "$R3_DB" "DELETE FROM trades WHERE id = (SELECT max(id) FROM trades)"' PATH=$PWD/bin:$PATH \
        run -1 "$TOP/tests/torture/storm.py" --rounds 5 --seed 1 "$PWD/quiet.db" "$PWD/storm.db"
    echo "$output"
    [[ $output == *'rows: '*' missing'* || $output == *"status"* ]]
    rm ./*.db*
    for place in quiet storm; do R3_DB=$PWD/$place.db r3-session init; done
    FORGET="sed -u '/\"type\":\"trade\"/d'" PATH=$PWD/bin:$PATH \
        run -1 "$TOP/tests/torture/storm.py" --rounds 5 --seed 1 "$PWD/quiet.db" "$PWD/storm.db"
    echo "$output"
    [[ $output == *'records of '*' missing'* ]]
}

@test "the storm gives no command while a run of a moment before works, which would take it for one of a clock ahead" {
    R3_DB=$PWD/storm.db r3-session init
    mkdir bin
    printf '#!/bin/sh\necho command >>order\n' >bin/r3-session
    chmod +x bin/r3-session
    PATH=$PWD/bin:$PATH run -0 python3 - "$TOP/tests/torture" <<'EOF2'
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import storm

store = storm.Store("storm.db", "storm")
run = store.start(0, "sh", "-c", "(sleep 3; echo run >>order) &")
storm.wait(store, run)
storm.stormily(store, random.Random(1), {("r3-session",): 2}, None, False, 0, "r3-session")
EOF2
    echo "$output"
    [ "$(head -n 1 order)" = run ]
    [ "$(tail -n 1 order)" = command ]
}

# ---- the database goes away ----

@test "PostgreSQL is stopped (pg_ctl stop -m immediate) and started while runs work" {
    place postgresql stopped
    r3-session init
    begin "${RISKY[@]}"
    : >out
    for step in 26T12:00 27T12:00 28T12:00 29T12:00 30T12:00; do
        at $step run-due >>out 2>>log &
        run_due=$!
        sleep "0.0$((RANDOM % 10))"
        "$TOP/tests/torture/crash-postgresql"
        status=0
        wait $run_due || status=$?
        cat log
        echo "status $status"
        [[ $status =~ ^(0|69|75)$ ]]
        leases_run_out
    done
    # While it is away: what could not be reached, and where.
    postgresql_end QUIT
    at 30T13:00 run -69 run-due
    [[ $output == "r3-tick: "*stopped*"connection to server on socket"* ]]
    at 30T13:00 run -69 r3-session pause "$id"
    at 30T13:00 run -69 session "$id"
    postgresql_launch
    finish
    delivered out at-least-once
    equals_backtest 20
}

# ---- the disk is full ----

# small_disk SIZE: one at ./disk, or the test is skipped where nobody may mount.
small_disk() {
    mkdir -p disk
    mount -t tmpfs -o "size=$1" small disk 2>/dev/null || skip "nothing can be mounted here"
}
fill() { # KIB: that much is left
    local free
    rm -f disk/filler
    free=$(df -k --output=avail disk | tail -n 1)
    head -c $(((free - $1) * 1024)) /dev/zero >disk/filler
}

@test "SQLite on a disk that is full at any moment of a run: status 74 says so, and nothing of it is kept" {
    small_disk 2m
    place sqlite disk/r3
    r3-session init
    begin "${RISKY[@]}"
    at 26T12:00 run-due >out
    failed=0
    for room in 0 8 16 24 32 40 48 56 64 80 96 128 160 240; do
        fill $room
        status=0
        at "27T12:0$((failed % 10))" run-due >>out 2>message || status=$?
        [ $status -eq 0 ] || [ $status -eq 74 ]
        if [ $status -eq 74 ]; then
            ((++failed))
            grep -qE '^r3-(tick|session): store .*r3.db: .*(No space left on device|disk is full)' message
        fi
        # Who only looks is told why, where there is not even room for SQLite's own small file.
        for word in list check "show $id" dump; do
            status=0
            # shellcheck disable=SC2086  # words
            r3-session $word >looked 2>message || status=$?
            [ $status -eq 0 ] || { [ $status -eq 74 ] && grep -qE '^r3-session: store .*r3.db: .*(No space left on device|disk is full)' message; }
        done
        rm -f disk/filler
        leases_run_out
        run -0 r3-session check
    done
    echo "$failed failed"
    [ $failed -ge 4 ]
    # So it is with commands.
    fill 0
    at 28T00:00 run -74 r3-session pause "$id"
    rm disk/filler
    [ "$(state)" = ACTIVE ]
    finish
    delivered out at-least-once
    equals_backtest 20
}

@test "PostgreSQL on a disk that is full: status 74, and the next run makes up for it" {
    share
    small_disk 24m
    mkdir disk/space
    [ "$(id -u)" -ne 0 ] || chown nobody:nogroup disk/space
    "$R3_PG_BIN/psql" -qX -v ON_ERROR_STOP=1 -c "CREATE TABLESPACE small LOCATION '$PWD/disk/space'" "$R3_PG_URL"
    "$R3_PG_BIN/psql" -qX -v ON_ERROR_STOP=1 -c "CREATE DATABASE small TEMPLATE template0 TABLESPACE small" "$R3_PG_URL"
    kind=postgresql
    export R3_DB="postgresql://r3@/small?host=$R3_PG"
    r3-session init
    begin "${RISKY[@]}"
    at 26T12:00 run-due >out
    fill 0
    at 28T00:00 run -74 session "$id"
    [[ $output == *'No space left on device'* ]]
    rm disk/filler
    [ "$(sql 'SELECT seen FROM sessions')" = 1385467200000 ]
    leases_run_out
    finish
    delivered out at-least-once
    equals_backtest 20
    "$R3_PG_BIN/psql" -qX -v ON_ERROR_STOP=1 -c "DROP DATABASE small" -c "DROP TABLESPACE small" "$R3_PG_URL"
}

output_full() {
    begin "${RISKY[@]}"
    at 27T12:00 run -74 bash -c 'run-due >/dev/full'
    [[ $output == *'r3-session: standard output: No space left on device'*"run-due: session $id: status 74"* ]]
    [ "$(count outbox)" -gt 5 ]
    : >out
    finish
    delivered out
    equals_backtest 20
}
@test "standard output is full: the records wait for the next run" { on_both output_full; }

# The first record, or a later one: what comes behind it begins a line, of the same session or of another one.
fills_up() { # BYTES that the file has already, KIB that are left
    small_disk 1m
    place sqlite r3
    r3-session init
    begin "${RISKY[@]}"
    first=$id
    begin --set fast=2 --set slow=5
    other=$id
    head -c "$1" /dev/zero | tr '\0' '\n' >disk/out
    fill "$2"
    at 28T12:00 run -74 bash -c 'session "$1" >>disk/out' bash "$first"
    [ "$(tail -c 1 disk/out)" != '' ]
    rm disk/filler
    at 28T12:00 session "$other" >>disk/out
    cp disk/out out
    finish
    jq -cR 'fromjson? // empty' out >whole
    [ "$(($(grep -c . out) - $(wc -l <whole)))" -eq 1 ]
    for id in $first $other; do
        grep "\"session\":\"$id\"" whole >mine
        delivered mine at-least-once
        equals_backtest 20
    done
    umount disk
}
@test "standard output fills up in the middle of a record: all come again, and only that line is broken" {
    fills_up 0 12
    rm -f r3.db* out log
    fills_up 4000 0 # within the first record
}

# ---- the database may only be read ----

# unprivileged COMMAND…: as nobody, where the tests run as root.
unprivileged() {
    if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; else "$@"; fi
}
@test "SQLite: a file that may not be written: status 77" {
    for words in run-due session r3-session; do
        unprivileged "$words" --help >help 2>&1 || skip "nobody cannot run $words where it is"
    done
    share
    place sqlite r3
    r3-session init
    begin "${RISKY[@]}"
    at 26T12:00 run-due >out
    chmod a-w r3.db
    chmod a-w .
    for words in run-due "session $id" "r3-session pause $id" "r3-session run $id"; do
        # shellcheck disable=SC2086  # words
        at 28T00:00 run -77 unprivileged $words
        [[ $output == *'r3.db: attempt to write a readonly database'* ]]
    done
    chmod u+w . r3.db
    [ "$(state)" = ACTIVE ]
    finish
    delivered out
    equals_backtest 20
}

@test "PostgreSQL: a server that only reads, a user without rights: status 77" {
    place postgresql readonly
    r3-session init
    begin "${RISKY[@]}"
    at 26T12:00 run-due >out
    psql() { "$R3_PG_BIN/psql" -qX -v ON_ERROR_STOP=1 "$@" "$R3_PG_URL"; }
    psql -c 'ALTER DATABASE readonly SET default_transaction_read_only = on'
    for words in run-due "session $id" "r3-session pause $id"; do
        # shellcheck disable=SC2086  # words
        at 28T00:00 run -77 $words
        [[ $output == *'store postgresql readonly: '*'in a read-only transaction'* ]]
    done
    psql -c 'ALTER DATABASE readonly RESET default_transaction_read_only' -c 'CREATE ROLE guest LOGIN'
    for words in run-due "session $id" "r3-session pause $id"; do
        # shellcheck disable=SC2086
        R3_DB=${R3_DB/r3@/guest@} at 28T00:00 run -77 $words
        [[ $output == *'permission denied'* ]]
    done
    [ "$(state)" = ACTIVE ]
    finish
    delivered out
    equals_backtest 20
}

# ---- many at once ----

eight_at_once() {
    local ids=()
    for options in '--stop-loss 1% --risk 1%' '--trailing-stop 2%' '--take-profit 1%'; do
        # shellcheck disable=SC2086  # options
        begin --set fast=3 --set slow=8 $options
        ids+=("$id")
    done
    : >out
    for step in 26T03:00 27T12:00 28T04:00 30T23:00; do
        runs=()
        for ((k = 0; k < 8; k++)); do
            at $step run-due >>out 2>>log &
            runs+=($!)
        done
        for each in "${runs[@]}"; do wait "$each"; done
    done
    [ "$(jq -r 'select(.type | IN("signal", "order", "trade")) | .id' out | sort | uniq -d)" = '' ]
    for id in "${ids[@]}"; do
        grep "\"session\":\"$id\"" out >mine
        delivered mine
        equals_backtest 20
    done
}
@test "eight run-due at once, four times: each session is run once" { on_both eight_at_once; }

overlapping() {
    begin "${RISKY[@]}"
    : >out
    for step in 26T03:00 27T12:00 28T04:00 29T20:00; do
        # One that is slow, and others that come upon it.
        text=$(at $step r3-session run "$id")
        at $step backtest "$(slow "$text")" >>out 2>>log &
        at $step run -75 session "$id"
        [ "$output" = "r3-session: session $id is being run already" ]
        at $step run -75 run-due
        [[ $output == *"run-due: session $id: status 75" ]]
        : >gate
        wait
        leases_run_out
    done
    finish
    delivered out
    equals_backtest 20
}
@test "a run that comes upon another one leaves it alone: status 75" { on_both overlapping; }

# ---- clocks ----

now_goes_back() {
    begin "${RISKY[@]}"
    : >out
    for step in 27T00:00 26T06:00 26T06:05 28T12:00 25T00:00 28T12:05 28T12:04 27T12:00 29T03:00 29T02:00; do
        at $step run-due >>out 2>>log
        run -0 r3-session check
    done
    finish
    delivered out
    equals_backtest 20
}
@test "R3_NOW goes back and forth" { on_both now_goes_back; }

# A command that is given while the clock is behind holds from the next candle on all the same.
commanded_behind() {
    begin "${RISKY[@]}"
    at 28T00:00 run-due >out 2>log
    at 26T12:00 r3-session pause "$id" >command
    entries=$(sql "SELECT count(*) FROM orders WHERE role = 'ENTRY'")
    at 27T00:00 run-due >>out 2>>log
    at 29T12:00 run-due >>out 2>>log
    [ "$(sql "SELECT count(*) FROM orders WHERE role = 'ENTRY'")" -eq "$entries" ]
    at 27T00:00 r3-session stop "$id" >command
    at 27T00:05 run-due >>out 2>>log
    at 30T00:00 run-due >>out 2>>log
    [ "$(state)" = STOPPED ]
    delivered out
    run -0 r3-session check
}
@test "pause and stop are obeyed though the clock is behind the candles" { on_both commanded_behind; }

clock_is_set() {
    begin "${RISKY[@]}"
    : >out
    for step in 26T12:00:00 28T00:00:00 26T18:00:00 26T18:05:00 28T00:05:00 27T00:00:00 29T12:00:00 29T11:59:00; do
        clock $step run-due >>out 2>>log
        run -0 r3-session check
    done
    [ "$(sql 'SELECT seen FROM sessions')" = 1385726400000 ] # 29T12:00
    finish
    delivered out
    equals_backtest 20
}
@test "the machine's clock is set forward and back (libfaketime)" { on_both clock_is_set; }

# The head of a run has asked for the time and then comes to look into the store, where a command was given in between: none of a clock ahead.
@test "a command that is given while a run begins holds from its own time on (libfaketime)" {
    place sqlite r3 # libpq asks for the time too
    r3-session init
    begin "${RISKY[@]}"
    at 26T12:00 run-due >out 2>log
    text=$(at 27T12:00 r3-session run "$id")
    sh -c "${text%% | *}" >candles
    feed=${text#* | }
    read -ra feed <<<"${feed%% | *}"
    clock '27T12:00:00 i3600' "${feed[@]}" <candles >before # an hour passes each time that it asks
    closed=$(jq -s 'map(select(.type == "candle") | .time) | max' before)
    [ "$closed" -ge 1385552100000 ] && [ "$(tail -n 1 before | jq -r .type)" = end ]
    R3_NOW=$((closed + 1800000)) r3-session pause "$id" >command
    clock '27T12:00:00 i3600' "${feed[@]}" <candles >behind
    diff before behind # it waits for its time
    leases_run_out
    at 29T12:00 run-due >>out 2>>log
    [ "$(count outbox)" = 0 ]
    [ "$(sql "SELECT count(*) FROM signals WHERE state = 'ACTED' AND time <= $((closed + 1800000)) AND time > 1385467200000")" -gt 0 ]
    [ "$(sql "SELECT count(*) FROM orders WHERE role = 'ENTRY' AND time > $((closed + 1800000))")" = 0 ]
}

# The database's clock is that of the program with SQLite: leases are of the time before.
clock_is_set_while_leased() {
    begin "${RISKY[@]}"
    clock 27T12:00:00 run-due >out 2>log
    clock 28T12:00:00 r3-tick >tick # who took these was killed
    clock 28T12:00:00 r3-session run "$id" >text
    run -75 clock 28T12:00:01 session "$id"
    run -0 clock 27T18:00:00 run-due # a long way back: the leases are not to be believed
    printf '%s\n' "$output" | grep '^{' >>out
    [ "$(sql 'SELECT seen FROM sessions')" = 1385575200000 ]
    run -75 backtest "$(cat text)"
    [[ $output == *"session $id was taken over by another run"* ]]
    # Forward: a run that works is overtaken, and its work is not stored.
    text=$(clock 28T00:00:00 r3-session run "$id")
    clock 28T00:00:00 backtest "$(slow "$text")" >>out 2>overtaken &
    clock 29T12:00:00 session "$id" >>out 2>>log
    : >gate
    status=0
    wait $! || status=$?
    [ $status -eq 75 ]
    grep -q "session $id was taken over by another run" overtaken
    finish
    delivered out
    equals_backtest 20
}
@test "the machine's clock is set while a session is leased: neither a standstill nor two runs" {
    place sqlite r3
    r3-session init
    clock_is_set_while_leased
}
