# r3-live where nobody knows what became of an order: faults of the exchange, of the network, of the store, and kills.
load helper
load postgresql
load stores
load kucoin
load live

# ---- nobody knows ----

# Each of these requests is not executed, and nobody says so.
@test "faults ahead of the exchange: asked for, and sent again under the same id when it is not there" {
    live_begin
    for i in {1..10}; do session_row "t$i" 200; done
    i=0
    for fault in drop-before reset-before 500-before 502-before 503-before 504-before busy-before html-before; do
        exchange_fault "$fault:place:1:skip=$i,status=502"
        i=$((i + 1))
        entry "t$i-1-ENTRY-1"
    done >lines
    live <lines >out
    [ "$(journal 'step' | sort -u)" = DONE ]
    [ "$(journal attempts | sort -u)" = 2 ]
    agree --done --printed out
}

# Each of these is executed, and nobody says so.
@test "faults behind the exchange: found by its client id, and never sent again" {
    live_begin
    for i in {1..10}; do session_row "t$i" 200; done
    i=0
    for fault in drop-reply reset-after 500-after 502-after 503-after 504-after busy-after html-after truncated cut-json; do
        exchange_fault "$fault:place:1:skip=$i"
        i=$((i + 1))
        entry "t$i-1-ENTRY-1"
    done >lines
    live <lines >out
    [ "$(journal 'step, attempts' | sort -u)" = 'DONE|1' ]
    agree --done --printed out
}

@test "rate limits and clocks: not looked at, so sent again when that makes sense" {
    live_begin
    for i in {1..10}; do session_row "t$i" 200; done
    i=0
    for fault in 429 429-bare 429-system timestamp; do
        exchange_fault "$fault:place:1:skip=$i"
        i=$((i + 1))
        entry "t$i-1-ENTRY-1"
    done >lines
    exchange_fault skew:time:1:ms=12000
    live <lines >out
    [ "$(journal step | sort -u)" = DONE ]
    agree --done --printed out
}

@test "a page of the network ahead of the exchange: nothing is asked for a while, and the order stays UNKNOWN" {
    live_begin
    exchange_fault 1015:place:1
    entry s1-1-ENTRY-1 >line
    run -75 live --wait 3s <line
    [ "$(journal)" = 's1-1-ENTRY-1|SENT' ]
    rm -r "$XDG_STATE_HOME"/r3 # where it is noted how long
    live </dev/null >out
    [ "$(journal 'step, attempts')" = 'DONE|2' ]
    agree --done
}

@test "an order that arrives behind its window is refused by the exchange, and sent again" {
    live_begin
    exchange_fault delay-before:place:1:ms=1400
    entry s1-1-ENTRY-1 | live >out
    [ "$(journal 'step, attempts')" = 'DONE|2' ]
    agree --done --printed out
}

# The order is on its way for longer than the process believes, whose clock was measured through a line that slow: `late` gives it to the
# exchange when the process has given it up. The exchange takes a client id again once its order is over.
@test "a clock that was measured badly sends nothing, and gives nothing up too soon" {
    live_begin --set duplicates=accept-done
    python3 "$TOP/tests/live/late" "$R3_KUCOIN_URL" 4.1 >port 3>&- &
    late=$!
    wait_for 5 test -s port
    exchange_fault delay-before:time:3:ms=7000
    entry s1-1-ENTRY-1 | R3_KUCOIN_URL=http://127.0.0.1:$(cat port) live --wait 30s >out
    sleep 2
    kill $late
    wait $late || true
    [ "$(journal step)" = DONE ]
    agree --done --printed out
    # A line that stays slow: it is said, and nothing leaves.
    exchange_fault delay-before:time:100:ms=1500
    entry s1-2-ENTRY-1 >line
    run -75 live --wait 1s <line
    [[ $output == *'its clock is known to '*' ms, and to 500 ms it must be'* ]]
    [ "$(journal "step, attempts")" = $'DONE|2\nINTENT|0' ]
}

@test "an order that cannot be seen for a while is not taken for absent" {
    live_begin
    exchange_fault drop-reply:place:1 absent:any:1:ms=2500
    entry s1-1-ENTRY-1 | live >out
    [ "$(journal step)" = DONE ]
    agree --done --printed out
}

@test "fills that come late, matches that come late: it is over when they are told" {
    live_begin
    exchange_fault late-fills:place:1:ms=1500 late-match:place:1:skip=1,ms=1200 partial:place:1:skip=2,fraction=0.5,rest=cancel \
        partial:place:1:skip=3,fraction=0.5
    (entry s1-1-ENTRY-1 && entry s1-2-ENTRY-1 && order s1-3-ENTRY-1 ENTRY BUY MARKET '"size":"0.001"' && limit s1-4-ENTRY-1 68000) | live >out
    [ "$(journal)" = $'s1-1-ENTRY-1|DONE\ns1-2-ENTRY-1|DONE\ns1-3-ENTRY-1|DONE\ns1-4-ENTRY-1|WORKING' ]
    [ "$(told 'select(.order == "s1-3-ENTRY-1" and .event == "CANCELED") | [.execution, .filled] | join(" ")')" = 'PARTIALLY_EXECUTED 0.0005' ]
    exchange_price 66000
    live </dev/null >>out
    agree --done --printed out
}

@test "faults of looks and cancels: nothing is lost" {
    live_begin
    limit s1-1-ENTRY-1 60000 | live >out
    for fault in drop-before drop-reply 500-before 500-after html-before html-after truncated cut-json 429 429-bare busy-before; do
        exchange_fault "$fault:query:1"
        live </dev/null >>out
    done
    i=0
    for fault in drop-before drop-reply reset-after 500-before 503-after html-before truncated 429 429-bare busy-after late-cancel; do
        i=$((i + 1))
        limit "s1-2-ENTRY-$i" 60000 | live >>out
        exchange_fault "$fault:cancel:1"
        cancel "s1-2-ENTRY-$i" | live >>out
    done
    cancel s1-1-ENTRY-1 | live >>out
    [ "$(told 'select(.event == "CANCELED").order' | sort -u | wc -l)" = 12 ]
    agree --done --printed out
}

@test "the exchange is away for longer than --wait: 75, UNKNOWN is told, and the next run finds out" {
    live_begin
    exchange_fault drop-reply:place:1 500-before:query:100000
    entry s1-1-ENTRY-1 >line
    live --wait 2s <line >out 2>messages || status=$?
    [ "$status" = 75 ]
    [ "$(journal)" = 's1-1-ENTRY-1|SENT' ]
    grep -q 'open: s1-1-ENTRY-1 MARKET BUY funds 100 of BTC-USDT: UNKNOWN' messages
    [[ $(notices) == 'ERROR|order s1-1-ENTRY-1 was sent, and nobody knows yet'* ]]
    exchange_control clear '{}' >/dev/null
    live </dev/null >>out
    agree --done --printed out
}

@test "the exchange says that it knows the id: it is looked for, and never sent again" {
    live_begin
    entry s1-1-ENTRY-1 >line
    live <line >out
    # As after a store that was copied back: it does not know of it.
    sql "DELETE FROM exchange_fills"
    sql "DELETE FROM outbox"
    sql "UPDATE exchange_orders SET step = 'INTENT', sent = NULL, attempts = 0, absent = 0, exchange_id = NULL, filled = '0', cost = '0', fee = '0'"
    sql "CREATE TABLE copy AS SELECT * FROM exchange_orders"
    live </dev/null >out # by its client id, before it is sent
    agree --done --printed out
    [ "$(journal step)" = DONE ]
    notices | grep -q 'WARNING|order s1-1-ENTRY-1 was not sent as far as the journal knows, and is at the exchange'
    sql "DELETE FROM notices"
    sql "DELETE FROM exchange_fills"
    sql "DELETE FROM outbox"
    sql "DELETE FROM exchange_orders"
    sql "UPDATE consumer_positions SET next = $(date +%s%3N)"
    live <line >out # by the duplicate: it has just come, so it is not asked for
    agree --done --printed out
    [ "$(journal step)" = DONE ]
    sql "DELETE FROM exchange_fills"
    sql "DELETE FROM outbox"
    sql "DELETE FROM exchange_orders"
    sql "INSERT INTO exchange_orders SELECT * FROM copy"
    sql "DROP TABLE copy"
    exchange_fault 500-before:order-client:100
    live --reconcile-now --wait 2s </dev/null >out || true # by the lists, before it is sent
    exchange_control clear '{}' >/dev/null
    live </dev/null >>out
    agree --done --printed out
    notices | grep -q 'WARNING|order s1-1-ENTRY-1 was not sent as far as the journal knows, and is at the exchange'
    [ "$(jq -s 'map(select(.event == "refused")) | length' "$R3_EXCHANGE_LEDGER")" = 1 ]
}

@test "TERM in the middle of a run: it ends at once, and says what is open" {
    live_begin
    exchange_fault drop-reply:place:1 500-before:query:100000
    entry s1-1-ENTRY-1 >line
    background <line >out 2>messages 3>&- &
    program=$!
    wait_for 10 has_step SENT
    sleep 0.5
    kill -TERM $program
    status=0
    wait $program || status=$?
    [ "$status" = 75 ]
    grep -q 'open: s1-1-ENTRY-1 .*: UNKNOWN' messages
    [ "$(sql "SELECT count(*) FROM sessions WHERE owner IS NULL")" = 1 ]
    exchange_control clear '{}' >/dev/null
    live </dev/null >>out
    agree --done --printed out
}

@test "a day later absence proves nothing: UNKNOWN until it is settled by hand" {
    live_begin
    limit s1-2-ENTRY-1 60000 | live >out
    sql "INSERT INTO exchange_orders (id, session, platform, market, record, step, sent, attempts, filled, cost, fee)
        VALUES ('s1-1-ENTRY-1', 's1', 'kucoin', 'BTC-USDT', '$(entry s1-1-ENTRY-1)', 'SENT', $(($(date +%s%3N) - 172800000)), 1, '0', '0', '0')"
    run -75 live --wait 4s </dev/null
    [ "$(journal)" = $'s1-1-ENTRY-1|SENT\ns1-2-ENTRY-1|WORKING' ]
    # It holds back entries of its session, and no exits.
    (entry s1-3-ENTRY-1 && exit_of s1-2-EXIT-1) >lines
    run -75 live --wait 1s <lines
    [ "$(journal step | tr '\n' ' ')" = 'SENT WORKING DONE INTENT ' ]
    live --settle s1-1-ENTRY-1 --settle s1-2-ENTRY-1 </dev/null >>out 2>messages
    grep -q 'order s1-2-ENTRY-1 is not settled by hand: the exchange tells of it' messages
    [ "$(told 'select(.order == "s1-1-ENTRY-1") | [.event, .reason] | join(" ")')" = 'CANCELED settled by hand' ]
    [ "$(journal step | tr '\n' ' ')" = 'DONE WORKING DONE DONE ' ]
}

@test "an order that was at work, and of which the exchange tells nothing: 75 and an ERROR" {
    live_begin
    sql "INSERT INTO exchange_orders (id, session, platform, market, record, step, sent, attempts, filled, cost, fee)
        VALUES ('s1-1-ENTRY-1', 's1', 'kucoin', 'BTC-USDT', '$(limit s1-1-ENTRY-1 60000)', 'WORKING', 1, 1, '0', '0', '0')"
    run -75 live --wait 1s </dev/null
    [[ $(notices) == *'ERROR|order s1-1-ENTRY-1 works as far as the journal knows, and the exchange tells nothing of it'* ]]
}

@test "the public quota is used up, as by candles: an exit is signed by the time that others have measured" {
    live_begin --balance BTC=1
    exchange_fault 429:candles:100:ms=25000
    run -124 timeout 2 r3-fetch kucoin BTC-USDT 1H --from 2013-11-20
    before=$SECONDS
    exit_of s1-1-EXIT-1 | live >out
    [ $((SECONDS - before)) -lt 10 ]
    is_done
    agree --done --printed out
}

# ---- a store that was copied back ----

bring_back() {
    rm live.db*
    r3-session restore <old
}
accepted() { jq -s 'map(select(.event == "accepted")) | length' "$R3_EXCHANGE_LEDGER"; }

@test "a store that was copied back sends nothing again, even when it was compared a moment ago" {
    live_begin --balance BTC=1 --set duplicates=accept-done
    (exit_of s1-1-EXIT-1 && limit s1-1-ENTRY-1 60000) >lines
    live </dev/null >out
    exchange_fault refuse:place:1:code=400003
    run -77 live <lines
    r3-session dump >old
    live </dev/null >>out
    [ "$(journal)" = $'s1-1-ENTRY-1|WORKING\ns1-1-EXIT-1|DONE' ]
    bring_back
    [ "$(journal step | sort -u)" = INTENT ]
    live </dev/null >out
    [ "$(journal)" = $'s1-1-ENTRY-1|WORKING\ns1-1-EXIT-1|DONE' ]
    [ "$(accepted)" = 2 ]
    [ "$(notices | grep -c 'was not sent as far as the journal knows, and is at the exchange')" = 2 ]
    # Nor is it told as withdrawn what is there.
    bring_back
    cancel s1-1-ENTRY-1 | live >out
    [ "$(told 'select(.order == "s1-1-ENTRY-1") | .event' | tr '\n' ' ')" = 'PLACED CANCELED ' ]
    [ "$(accepted)" = 2 ]
    agree --done --printed out
}

@test "a store that was copied back, and the same is decided at once: it is not sent again" {
    live_begin --balance BTC=1 --set duplicates=accept-done
    live </dev/null >out
    r3-session dump >old
    exit_of s1-1-EXIT-1 >line
    live <line >>out
    [ "$(journal)" = 's1-1-EXIT-1|DONE' ]
    bring_back
    live <line >out
    [ "$(journal)" = 's1-1-EXIT-1|DONE' ]
    [ "$(accepted)" = 1 ]
    agree --done --printed out
    bring_back
    r3-session dump | cmp - old
}

@test "a store that was copied back: stop --force gives up no order that may be at the exchange" {
    live_begin --balance BTC=1
    limit s1-1-ENTRY-1 60000 >line
    live </dev/null >out
    exchange_fault refuse:place:1:code=400003
    run -77 live <line
    r3-session dump >old
    live </dev/null >>out
    bring_back
    [ "$(journal)" = 's1-1-ENTRY-1|INTENT' ]
    run -1 r3-session stop --force s1
    [[ $output == *'s1: the store was restored, and it is not known what the session did since the dump: r3-order --live --session s1 asks the exchange'* ]]
    live </dev/null >out
    [ "$(journal)" = 's1-1-ENTRY-1|WORKING' ]
    [ "$(accepted)" = 1 ]
    run -1 r3-session stop --force s1
    [[ $output == *'s1 has orders that may be at the exchange: r3-order --live --session s1 brings them to their end'* ]]
    # One that was not restored knows what it has sent.
    sql "UPDATE exchange_orders SET step = 'INTENT'; DELETE FROM outbox; DELETE FROM transactions"
    run -0 r3-session stop --force s1
}

# An order of which the dump does not have even the decision: it is found by the session's name.
@test "a store that was copied back: no session ends before the exchange was asked what it did since" {
    local how
    live_begin
    live </dev/null >out # it is compared
    r3-session dump >old
    limit s1-1-ENTRY-1 60000 | live >>out
    for how in --force s1; do
        bring_back
        [ $how = --force ] || sql "UPDATE sessions SET state = 'CREATED'"
        [ "$(journal)" = '' ]
        run -1 r3-session stop $how s1
        [[ $output == *'s1: the store was restored, and'* ]]
    done
    sql "UPDATE sessions SET state = 'ACTIVE', seen = NULL"
    r3-session stop --all >command # which a run carries out
    [ "$(sql 'SELECT state FROM sessions')" = STOPPING ]
    bring_back
    sql "UPDATE sessions SET state = 'CREATED'"
    run -78 live </dev/null # at once, though it was compared a moment before the dump
    [[ $output == *"order s1-1-ENTRY-1 is the session's and not in the store"* ]]
    r3-session stop s1 >command # who stops it has been told
    [ "$(sql 'SELECT state FROM sessions')" = STOPPED ]
}

@test "a store that was copied back, with an order that it does not know: each run finds it again, and none enters" {
    live_begin
    live </dev/null >out # it is compared
    r3-session dump >old
    entry s1-1-ENTRY-1 | live >>out
    bring_back
    run -78 live </dev/null
    entry s1-2-ENTRY-1 >line
    run -78 live <line
    run -78 live </dev/null
    [[ $output == *"order s1-1-ENTRY-1 is the session's and not in the store"* ]]
    [ "$(journal) $(accepted)" = 's1-2-ENTRY-1|INTENT 1' ]
}

@test "--follow asks the exchange once for all of the order that the store does not know, not in each round" {
    local follower
    live_begin
    r3-session dump >old
    entry s1-1-ENTRY-1 | live >out
    bring_back
    mkfifo lines
    background --follow <lines >out 2>messages 3>&- &
    follower=$!
    exec 8>lines
    entry s1-2-ENTRY-1 >&8
    wait_for 5 grep -q 'no entries' out
    exchange_control requests >before
    sleep 2
    [ $(($(exchange_control requests | jq .endpoints.active) - $(jq .endpoints.active before))) -le 1 ]
    has_step INTENT
    kill -TERM $follower
    status=0
    wait $follower || status=$?
    exec 8>&-
    [ "$status" = 78 ]
}

@test "a store that was copied back, and the balances are told, not the orders: none enters before these are" {
    live_begin
    live </dev/null >out
    r3-session dump >old
    bring_back
    exchange_fault 500-before:done:1.0
    entry s1-1-ENTRY-1 >line
    run -75 live --wait 2s <line
    [ "$(journal) $(accepted)" = 's1-1-ENTRY-1|INTENT 0' ]
    run -75 live --wait 2s </dev/null
    exchange_control clear '{}' >/dev/null
    live </dev/null >out
    [ "$(journal) $(accepted)" = 's1-1-ENTRY-1|DONE 1' ]
}

@test "a store that was copied back, and the orders are not told: that is what the run ends with" {
    live_begin
    r3-session dump >old
    bring_back
    exchange_fault 500-before:done:1.0
    run -75 live --wait 2s </dev/null
    [[ $output == *'r3-live: s1: the store was restored, and the exchange could not be asked yet: '* ]]
    exchange_control clear '{}' >/dev/null
    run -0 live </dev/null
}

@test "a store that was copied back, and nobody answers: nothing is sent" {
    live_begin --balance BTC=1 --set duplicates=accept-done
    exit_of s1-1-EXIT-1 >lines
    live </dev/null >out
    exchange_fault refuse:place:1:code=400003
    run -77 live <lines
    r3-session dump >old
    live </dev/null >>out
    bring_back
    exchange_fault 500-before:query:100
    run -75 live --reconcile-now --wait 3s </dev/null
    [ "$(journal)" = 's1-1-EXIT-1|INTENT' ]
    exchange_control clear '{}' >/dev/null
    live </dev/null >out
    [ "$(journal)" = 's1-1-EXIT-1|DONE' ]
    [ "$(accepted)" = 1 ]
    agree --done --printed out
}

@test "what was decided just now is sent without being asked for" {
    live_begin --balance BTC=1
    live </dev/null >out
    asked() { exchange_control requests | jq '[.endpoints | to_entries[] | select(.key == "order-client") | .value] | add // 0'; }
    # is_asked TIMES OPTIONS…: so often before it leaves; the refusal of the key is the end of the run.
    is_asked() {
        local before
        before=$(asked)
        exchange_fault refuse:place:1:code=400003
        run -77 live "${@:2}" <line
        [ $(($(asked) - before)) = "$1" ] || { asked; false; }
        sql "DELETE FROM exchange_orders"
    }
    exit_of s1-1-EXIT-1 >line
    is_asked 0
    order s1-1-EXIT-2 EXIT SELL MARKET '"size":"0.001"' $(($(date +%s%3N) - 70000)) >line
    is_asked 1
    # By a run of the session, under its lease; by an earlier one; by this one, about a candle of long ago.
    sql "UPDATE sessions SET owner = 'run-1', epoch = 7, lease_until = $(($(date +%s%3N) + 90000))"
    for each in '7 0 0' '6 0 1' '7 70000 1'; do
        read -r epoch age times <<<"$each"
        order s1-2-EXIT-1 EXIT SELL MARKET '"size":"0.001"' $(($(date +%s%3N) - age)) >line
        sql "INSERT INTO exchange_orders (id, session, platform, market, record, step, filled, cost, fee, epoch)
            VALUES ('s1-2-EXIT-1', 's1', 'kucoin', 'BTC-USDT', '$(cat line)', 'INTENT', '0', '0', '0', $epoch)"
        is_asked "$times" --session s1 --owner run-1 --epoch 7
    done
}

# ---- crashes ----

# The exchange takes a client id as often as it comes, as the real one may: what keeps orders from being there twice is here alone.
@test "killed at any moment, with faults: no order is lost, none is sent twice" {
    export ASAN_OPTIONS=detect_leaks=0
    live_begin --set duplicates=accept
    "$TOP/tests/live/torture" --rounds "${R3_LIVE_ROUNDS:-30}" --credentials "$R3_EXCHANGE_CREDENTIALS" --printed out
    agree --done --printed out
}
