# r3-live for the whole account, and --follow.
load helper
load postgresql
load stores
load kucoin
load live

# ---- the whole account ----

@test "allotments that do not fit the balance: 78 ahead of entries; exits go" {
    live_begin
    entry s1-1-ENTRY-1 | live >out
    session_row s2 9000
    (entry s1-2-ENTRY-1 && exit_of s1-1-EXIT-1 0.00149253) >lines
    run -78 live --wait 2s <lines
    [[ $output == *'the live sessions own '*' USDT, and the account has '* ]]
    [ "$(journal step | sort | uniq -c | tr -s ' ' | tr '\n' ';')" = ' 2 DONE; 1 INTENT;' ]
    sql "UPDATE sessions SET state = 'STOPPED', ended = 1 WHERE id = 's2'"
    live </dev/null >>out
    agree --done
}

@test "a balance that cannot be had says nothing: entries wait until it can, exits go" {
    live_begin --balance USDT=1000
    exchange_fault 500-before:accounts:4
    (entry s1-1-ENTRY-1 && exit_of s1-1-EXIT-1) >lines
    run -78 live <lines
    [[ $output == *'the live sessions own 5000 USDT, and the account has 1000'* ]]
    [ "$(journal)" = $'s1-1-ENTRY-1|INTENT\ns1-1-EXIT-1|DONE' ]
    sql "UPDATE sessions SET cash = '900'"
    exchange_fault 500-before:accounts:4
    live </dev/null >out # asked for again within the run
    [ "$(journal step | sort -u)" = DONE ]
    exchange_fault 500-before:accounts:100
    entry s1-2-ENTRY-1 >line
    run -75 live --wait 2s <line
    [[ $output == *'1 order is left for the next run: '*accounts* ]]
    [ "$(journal "step, attempts" | sort -u)" = $'DONE|1\nINTENT|0' ]
    exchange_control clear '{}' >/dev/null
    live </dev/null >>out
    agree --done
}

@test "--follow: allotments that did not fit stay so while the balance cannot be had" {
    live_begin
    sql "UPDATE sessions SET cash = '20000'"
    mkfifo lines
    background --follow <lines >out 2>messages 3>&- &
    follower=$!
    exec 8>lines
    entry s1-1-ENTRY-1 >&8
    wait_for 5 grep -q 'no entries until that fits' out
    exchange_fault 500-before:accounts:8
    sleep 9
    has_step INTENT
    kill -TERM $follower
    status=0
    wait $follower || status=$?
    exec 8>&-
    [ "$status" = 78 ]
}

@test "a balance of another currency that cannot be read does not matter" {
    live_begin
    exchange_control balance '{"ABCDEFGHIJKLMNOPQRS":"1"}' >/dev/null
    entry s1-1-ENTRY-1 | live >out
    [ "$(journal)" = 's1-1-ENTRY-1|DONE' ]
    sql "UPDATE sessions SET cash = '50000'"
    run -78 live --reconcile-now </dev/null # nor does it hide what does
    agree --done
}

@test "what cannot be sold any more is told as dust" {
    live_begin
    (entry s1-1-ENTRY-1 && exit_of s1-1-EXIT-1 0.00149) | live >out
    live </dev/null >>out
    exit_of s1-1-EXIT-2 0.00149 | live >>out
    live --reconcile-now </dev/null >>out
    [[ $(notices) == *'INFO|the session holds 0.00000253 of BTC-USDT: dust, below the minimum of 0.00001'* ]]
}

@test "foreign orders are told once and left alone; what differs is told" {
    live_begin
    exchange_control order '{"symbol":"BTC-USDT","side":"buy","type":"limit","price":"50000","size":"0.01"}' >/dev/null
    live </dev/null >out
    live --reconcile-now </dev/null >>out
    [ "$(notices | grep -c 'is none of ours: left alone')" = 1 ]
    entry s1-1-ENTRY-1 | live >>out
    sql "DELETE FROM exchange_fills"
    sql "UPDATE exchange_orders SET filled = '0', cost = '0', fee = '0'"
    live --reconcile-now </dev/null >>out
    notices | grep -q 'ERROR|order s1-1-ENTRY-1 is over in the journal, with 0 filled; the exchange has 0.00149253 filled'
}

@test "how far a market was compared cannot be read: the run fails" {
    live_begin
    sql 'ALTER TABLE consumer_positions RENAME TO mislaid'
    run -70 live </dev/null
    [[ $output == *consumer_positions* ]]
    sql 'ALTER TABLE mislaid RENAME TO consumer_positions'
    live </dev/null
}

@test "a session that another run has hears later of what differs" {
    live_begin
    session_row s2 1000
    entry s2-1-ENTRY-1 | live >out
    sql "UPDATE consumer_positions SET next = next - 3600000"
    sql "UPDATE exchange_orders SET filled = '0'"
    sql "DELETE FROM exchange_fills"
    # Its run goes on while r3-live compares for the other.
    sql "UPDATE sessions SET owner = 'run-1', epoch = 7, lease_until = $(($(date +%s%3N) + 60000)) WHERE id = 's2'"
    live </dev/null >>out
    run ! grep -q 'is over in the journal' out
    sql "UPDATE sessions SET lease_until = 1 WHERE id = 's2'"
    live </dev/null >>out
    [[ $(notices) == *'ERROR|order s2-1-ENTRY-1 is over in the journal, with 0 filled; the exchange has 0.00149253 filled'* ]]
}

@test "an order is found by the exchange's id without reading the journal" {
    live_begin
    [[ $(sql "EXPLAIN QUERY PLAN SELECT id FROM exchange_orders WHERE exchange_id = 'x'") == *'USING INDEX exchange_orders_exchange_id (exchange_id=?)'* ]]
}

# ---- --follow ----

@test "--follow: works what comes, what others commit and what rests; TERM tells what is open" {
    live_begin
    mkfifo lines
    background --follow <lines >out 2>messages 3>&- &
    follower=$!
    exec 8>lines
    entry s1-1-ENTRY-1 >&8
    wait_for 5 is_done
    limit s1-2-ENTRY-1 60000 >&8
    wait_for 5 has_told '.order == "s1-2-ENTRY-1" and .event == "PLACED"'
    line=$(exit_of s1-1-EXIT-1 0.00149253)
    sql "INSERT INTO exchange_orders (id, session, platform, market, record, step, filled, cost, fee) VALUES ('s1-1-EXIT-1', 's1', 'kucoin', 'BTC-USDT', '$line', 'INTENT', '0', '0', '0')"
    wait_for 5 has_told '.order == "s1-1-EXIT-1" and .event == "FILLED"'
    exchange_control fill '{"clientOid":"s1-2-ENTRY-1","size":"0.0004"}' >/dev/null
    wait_for 8 has_told '.event == "PARTIAL"'
    kill -TERM $follower
    wait $follower
    exec 8>&-
    grep -q 'open: s1-2-ENTRY-1 LIMIT BUY size 0.001 of BTC-USDT at 60000: WORKING, 0.0004 filled' messages
    [ "$(sql "SELECT count(*) FROM sessions WHERE owner IS NULL")" = 1 ]
    cancel s1-2-ENTRY-1 | live >>out
    agree --done --printed out
}

# follow_with_switch: r3-live --follow with a dead-man switch of a minute, and an order that rests; file descriptor 8 is its input.
follow_with_switch() {
    live_begin
    rm -f lines
    mkfifo lines
    background --follow --dead-man 60 --exclusive-account <lines >out 2>messages 3>&- &
    follower=$!
    exec 8>lines
    limit s1-1-ENTRY-1 60000 >&8
    wait_for 5 has_told '.event == "PLACED"'
}
pass() { exchange_clock $(($(date +%s%3N) + $1 * 1000)); } # SECONDS: from now
canceled() { jq -s 'map(select(.event == "canceled")) | length' "$R3_EXCHANGE_LEDGER"; }

@test "--dead-man: killed, all its orders go" {
    follow_with_switch
    sleep 1
    kill -9 $follower
    wait $follower || true
    exec 8>&-
    pass 30
    sleep 0.5
    [ "$(canceled)" = 0 ]
    pass 65
    wait_for 8 grep -q '"event":"canceled"' "$R3_EXCHANGE_LEDGER"
    sql 'UPDATE sessions SET lease_until = 1 WHERE lease_until IS NOT NULL'
    live </dev/null >>out
    agree --done
}

@test "--dead-man: taken off at a clean end, and at no other" {
    follow_with_switch
    kill -TERM $follower
    wait $follower
    exec 8>&-
    pass 65
    sleep 0.5
    [ "$(canceled)" = 0 ]
    exchange_stop
    rm live.db*
    follow_with_switch
    echo nonsense >&8
    status=0
    wait $follower || status=$?
    exec 8>&-
    [ "$status" = 65 ]
    pass 65
    wait_for 8 grep -q '"event":"canceled"' "$R3_EXCHANGE_LEDGER"
}
