# Runs of a session that are killed, that meet each other, whose database goes away; everything on SQLite and on PostgreSQL.
load helper
load stores
load runs

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB R3_NOW R3_LEASE
}

# ---- crashes ----

# storm DAYTIME: a run in which something is killed at some moment.
storm() {
    R3_NOW=2013-11-$1 setsid run-due -j 1 >>out 2>>log 3>&- </dev/null &
    kill_one $!
}
killed_at_any_moment() {
    begin "${RISKY[@]}"
    : >out
    killed=0 span=120
    for ((round = 1; round <= ${R3_CRASH_ROUNDS:-15}; round++)); do
        storm "$((26 + round * 4 / ${R3_CRASH_ROUNDS:-15}))T$(printf %02d:%02d $((RANDOM % 24)) $((RANDOM % 60)))"
    done
    at 30T23:00 run-due >>out
    [ "$(count outbox)" = 0 ]
    delivered out at-least-once
    equals_backtest 20
}
@test "whatever is killed, at whatever moment: the rows are those of the backtest, and every record was delivered" {
    on_both killed_at_any_moment
    [ "$killed" -gt 0 ] || skip "all is equal, and no process was hit: the machine is too busy"
}

# keep has committed and cannot write: nobody reads, and a pipe holds 4 KiB.
killed_behind_the_commit() {
    begin "${RISKY[@]}"
    mkfifo stuck
    exec 8<>stuck
    head -c 65536 /dev/zero | tr '\0' '\n' >&8
    R3_NOW=2013-11-27T12:00 setsid session "$id" >stuck 2>log 3>&- 8>&- &
    leader=$!
    for tries in {1..200}; do
        [ "$(count outbox)" -lt 5 ] || break
        sleep 0.05
    done
    [ "$(count trades)" -gt 3 ]
    for victim in $(members "$leader"); do kill -9 "$victim" 2>/dev/null || true; done
    wait "$leader" || true
    exec 8>&-
    before=$(count outbox)
    [ "$before" -gt 5 ]
    sql 'SELECT record FROM outbox ORDER BY number' >waiting
    leases_run_out
    at 27T12:00 session "$id" >out
    head -n "$before" out | cmp - waiting
    [ "$(count outbox)" = 0 ]
    delivered out
    equals_at_27
}
equals_at_27() { # as far as the candles of then go
    rows "$id" | grep -v '^."accounts"' >rows
    expected "$id" | jq -c 'select(.[0] != "accounts" and ((.[1].updated // .[1].time) <= 1385553600000))' | jq -cS . >want
    diff rows want
}
@test "killed between the commit and the writing: the next run writes the same bytes first" {
    on_both killed_behind_the_commit
}

# ---- leases ----

# Somebody holds the session: run says so, and what was overtaken changes nothing.
overtaken() {
    begin "${RISKY[@]}"
    first=$(at 27T00:00 r3-session run "$id")
    at 27T00:00 run -75 session "$id"
    [[ $output == *"session $id is being run already"* ]]
    leases_run_out
    at 28T00:00 session "$id" >out 2>log
    rows "$id" >before
    [ -s before ]
    R3_NOW=2013-11-27 run -75 backtest "$first" # by hand, an old text
    [[ $output == *"session $id was taken over by another run"* ]]
    rows "$id" | cmp - before
    second=$(at 29T00:00 r3-session run "$id")
    leases_run_out
    at 29T00:00 run -0 backtest "$second" # late, and yet nobody came between
    at 30T23:00 session "$id" >>out 2>log
    equals_backtest 20
}
@test "one at a time runs a session: 75, and the fencing epoch" { on_both overtaken; }

prolonged() {
    begin "${RISKY[@]}"
    text=$(at 30T00:00 r3-session run --lease 1s "$id")
    # A program in the middle that is slow: the lease is longer held than it was taken for.
    at 30T00:00 backtest "${text/| r3-track/| bash -c \"cat; sleep 2.5\" | r3-track}" >out 2>log &
    slow=$!
    sleep 2
    at 30T00:00 run -75 session "$id"
    wait "$slow"
    delivered out
}
@test "feed and keep prolong the lease while they work" { on_both prolonged; }

two_at_once() {
    begin "${RISKY[@]}"
    : >out
    for step in 26T03:00 26T12:00 27T12:00 28T04:00 29T20:00 30T23:00; do
        at $step run-due >>out 2>>log &
        at $step session "$id" >>out 2>>log &
        wait %1 || [ $? = 75 ]
        wait %2 || [ $? = 75 ]
    done
    at 30T23:00 session "$id" >>out 2>>log
    delivered out
    equals_backtest 20
}
@test "two runs at once: one does the work, the other leaves it" { on_both two_at_once; }

# ---- the database goes wrong ----

@test "PostgreSQL crashes and comes back while runs work: nothing is lost, nothing done twice" {
    place postgresql restarted
    r3-session init
    begin "${RISKY[@]}"
    : >out
    for step in 26T12:00 27T12:00 28T12:00 29T12:00; do
        at $step run-due >>out 2>>log &
        run_due=$!
        sleep "0.0$((RANDOM % 10))"
        postgresql_restart QUIT
        wait $run_due || true
        leases_run_out
    done
    at 30T23:00 run-due >>out
    [ "$(count outbox)" = 0 ]
    delivered out at-least-once
    equals_backtest 20
}

@test "a store that cannot be written: status 74 or 77, and the next run makes up for it" {
    place sqlite r3
    r3-session init
    begin "${RISKY[@]}"
    at 26T12:00 session "$id" >out 2>log
    # The disk is full: no file may hold more than 40 KiB.
    text=$(at 28T00:00 r3-session run "$id")
    at 28T00:00 run -74 bash -c "ulimit -f 40; trap '' XFSZ; exec backtest \"\$1\"" bash "$text"
    [[ $output == *'r3-session: store '*r3.db* ]]
    leases_run_out
    if [ "$(id -u)" -ne 0 ]; then # nothing is read-only for root
        chmod a-w r3.db
        at 28T00:00 run -77 session "$id"
        chmod u+w r3.db
    fi
    # The records cannot be written: they wait.
    text=$(at 28T00:00 r3-session run "$id")
    at 28T00:00 run -74 bash -c 'backtest "$1" >/dev/full' bash "$text"
    [ "$(count outbox)" -gt 5 ]
    leases_run_out
    at 30T23:00 session "$id" >>out 2>>log
    [ "$(count outbox)" = 0 ]
    delivered out
    equals_backtest 20
}

