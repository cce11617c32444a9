# Sessions that something went wrong with beside them: a clock, an upgrade, rules that were changed, a source or a database that says nothing.
load helper
load postgresql
load stores
load runs

setup_file() {
    load postgresql
    postgresql_start
}

teardown_file() {
    load postgresql
    postgresql_stop
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB R3_NOW R3_LEASE
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
