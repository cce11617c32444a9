# r3-live: orders of live sessions and what becomes of them, against the fake exchange and its faults.
load helper
load postgresql
load stores
load kucoin
load live

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB R3_NOW R3_LEASE R3_KUCOIN_URL
    mkdir run
    export HOME=$PWD XDG_CONFIG_HOME=$PWD/config XDG_STATE_HOME=$PWD/run
}

teardown() {
    exchange_stop
}

wait_for() { # SECONDS COMMAND…
    local tries
    for ((tries = 0; tries < $1 * 20; tries++)); do
        "${@:2}" && return
        sleep 0.05
    done
    return 1
}
is_done() { [ "$(journal step | sort -u)" = DONE ]; }
has_step() { [ "$(journal step)" = "$1" ]; }
has_told() { [ -n "$(told "select($1)")" ]; }

# ---- the life of an order ----

@test "a market entry: journalled, sent, filled, told once" {
    live_begin
    entry s1-1-ENTRY-1 >line
    live <line >out
    head -n 1 out | cmp - line
    [ "$(journal 'id, step, attempts')" = 's1-1-ENTRY-1|DONE|1' ]
    [ "$(told '[.type, .event // .size] | join(" ")')" = $'update PLACED\ntrade 0.00149253\nupdate FILLED' ]
    [ "$(told 'select(.event == "FILLED") | [.status, .execution, .filled, .cost, .fee] | join(" ")')" = \
        'CLOSED FULLY_EXECUTED 0.00149253 99.99951 0.09999951' ]
    agree --done --printed out
    # Again: what is known changes nothing.
    live <line >again
    cmp line again
    agree --done --printed out
    [ "$(sql "SELECT count(*) FROM sessions WHERE owner IS NULL AND lease_until IS NULL")" = 1 ]
}

@test "a limit order rests from run to run, is filled in parts, and ends" {
    live_begin
    limit s1-1-ENTRY-1 60000 | live >out
    [ "$(journal)" = 's1-1-ENTRY-1|WORKING' ]
    live </dev/null >>out
    exchange_control fill '{"clientOid":"s1-1-ENTRY-1","size":"0.0004"}' >/dev/null
    live </dev/null >>out
    [ "$(told 'select(.event == "PARTIAL") | [.filled, .cost, .fee] | join(" ")')" = '0.0004 24 0.024' ]
    exchange_price 59000
    live </dev/null >>out
    [ "$(journal 'step, filled')" = 'DONE|0.001' ]
    [ "$(told 'select(.type == "trade") | .id' | sort)" = $'s1-1-ENTRY-1-t1\ns1-1-ENTRY-1-t2' ]
    agree --done --printed out
}

@test "a cancel is a request: before it was sent, at work, and when the order was filled meanwhile" {
    live_begin
    (limit s1-1-ENTRY-1 60000 && cancel s1-1-ENTRY-1 'not any more') | live >out
    [ "$(told '[.event, .reason] | join(" ")')" = 'CANCELED not any more' ]
    [ "$(jq -s 'map(select(.event == "accepted")) | length' "$R3_EXCHANGE_LEDGER")" = 0 ]
    limit s1-2-ENTRY-1 60000 | live >>out
    exchange_control fill '{"clientOid":"s1-2-ENTRY-1","size":"0.0004"}' >/dev/null
    cancel s1-2-ENTRY-1 | live >>out
    [ "$(told 'select(.order == "s1-2-ENTRY-1" and .event == "CANCELED") | [.status, .execution, .filled, .reason] | join(" ")')" = \
        'CANCELED PARTIALLY_EXECUTED 0.0004 by hand' ]
    limit s1-3-ENTRY-1 60000 | live >>out
    exchange_price 59000
    cancel s1-3-ENTRY-1 | live >>out
    [ "$(told 'select(.order == "s1-3-ENTRY-1" and .event == "FILLED").filled')" = 0.001 ]
    agree --done --printed out
    cancel s1-3-ENTRY-1 | live >again # it is over: nothing
    [ "$(wc -l <again)" = 1 ]
    cancel s1-9-ENTRY-1 | live 2>messages
    grep -q '1 cancel of orders that are not in the journal' messages
}

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

# ---- refusals ----

@test "refused here: increments, minimums, maximums, band, means, limits, states" {
    live_begin
    refused() { # TEXT LINE
        echo "$2" | live "${@:3}" >out 2>>messages
        [[ $(jq -r 'select(.event == "REJECTED").reason' out) == *"$1"* ]] || { cat out; false; }
    }
    refused 'size 0.000000001 is not a multiple of' "$(exit_of s1-1-EXIT-1 0.000000001)"
    refused 'price 60000.05 is not a multiple of 0.1' "$(limit s1-1-ENTRY-2 60000.05)"
    refused 'is below the market'\''s minimum' "$(entry s1-1-ENTRY-3 0.01)"
    refused 'above the market'\''s maximum' "$(exit_of s1-1-EXIT-4 99999999999)"
    refused 'price band' "$(limit s1-1-ENTRY-5 90000)"
    refused 'above the session'\''s cash of 5000' "$(entry s1-1-ENTRY-6 5000)"
    refused 'above --max-order 50' "$(entry s1-1-ENTRY-7 51)" --max-order 50
    refused 'watched by r3-track' "$(order s1-1-ENTRY-8 ENTRY BUY STOP '"price":"70000","size":"0.001"')"
    refused 'short position' "$(order s1-1-ENTRY-9 ENTRY SELL MARKET '"size":"0.001"')"
    session_row n1
    session_row x1
    sql "UPDATE sessions SET market = 'NO-USDT', cash = '1' WHERE id = 'n1'"
    sql "UPDATE sessions SET market = 'XRP-USDT', cash = '1' WHERE id = 'x1'"
    refused 'symbol not exists' "$(entry n1-1-ENTRY-1 | sed s/BTC-USDT/NO-USDT/)"
    refused 'is not traded now' "$(entry x1-1-ENTRY-1 | sed s/BTC-USDT/XRP-USDT/)"
    session_row s2 1000 PAUSED
    refused 'session s2 is PAUSED' "$(entry s2-1-ENTRY-1)"
    session_row s3 9000
    exchange_control balance '{"currency":"USDT","amount":"5000"}' >/dev/null || true
    [ "$(jq -s 'map(select(.event == "accepted")) | length' "$R3_EXCHANGE_LEDGER")" = 0 ]
    agree --done
}

@test "one order that is refused stops no other; an account that may not trade: 77, and what waits is kept" {
    live_begin --balance BTC=1
    for code in 200009 400500; do
        exchange_fault refuse:place:1:code=$code
        (exit_of s1-$code-EXIT-1 && exit_of s1-$code-EXIT-2) | live >out
        [ "$(jq -r 'select(.event == "REJECTED" or .event == "FILLED") | .event' out | sort | tr '\n' ' ')" = 'FILLED REJECTED ' ]
    done
    exchange_fault refuse:place:1:code=411100
    (exit_of s1-3-EXIT-1 && exit_of s1-3-EXIT-2) >lines
    run -77 live <lines
    [[ $output == *'the exchange refuses the account: 411100'* ]]
    [ "$(journal step | sort | uniq -c | tr -s ' ' | tr '\n' ';')" = ' 5 DONE; 1 INTENT;' ]
    live </dev/null >>out
    [ "$(journal step | sort -u)" = DONE ]
    agree --done
}

@test "a bad reply to a question ends no order" {
    live_begin
    n=0
    for fault in refuse:symbol:1:code=400002 timestamp:accounts:2 'refuse:accounts:1:code=400100,msg=Too many'; do
        n=$((n + 1))
        rm -rf "$XDG_STATE_HOME"/r3 # limits that an answer told of
        exchange_fault "$fault"
        order s1-$n-ENTRY-1 ENTRY BUY MARKET '"size":"0.001"' | live >out
        [ "$(jq -r 'select(.event == "FILLED").event' out)" = FILLED ]
    done
    exchange_fault refuse:symbol:100:code=400100
    entry s1-8-ENTRY-1 >line
    run -75 live --wait 2s <line
    has_step_of() { [ "$(sql "SELECT step FROM exchange_orders WHERE id = '$1'")" = "$2" ]; }
    has_step_of s1-8-ENTRY-1 INTENT
    agree
}

@test "an exit waits for nothing that it can do without" {
    live_begin --balance BTC=1
    exchange_fault delay-before:status:100:ms=5000 delay-before:symbol:100:ms=5000 500-before:active:100 500-before:accounts:100
    SECONDS=0
    exit_of s1-1-EXIT-1 >line
    background <line >out 2>messages 3>&- &
    program=$!
    wait_for 6 has_told '.event == "PLACED"'
    [ "$SECONDS" -lt 6 ]
    exchange_control clear '{}' >/dev/null
    wait $program
    agree --done
}

@test "refused by the exchange: the code and its words; a protective exit is told as an ERROR" {
    live_begin
    exit_of s1-1-SL-1 0.5 SL | live >out
    [[ $(jq -r 'select(.event == "REJECTED").reason' out) == 200004:* ]]
    [[ $(notices) == 'ERROR|SL s1-1-SL-1: REJECTED: 200004'* ]]
    exchange_fault refuse:place:1:code=300000
    entry s1-2-ENTRY-1 | live >>out
    [[ $(told 'select(.order == "s1-2-ENTRY-1" and .event == "REJECTED").reason') == 300000* ]]
    agree --done --printed out
}

@test "an entry that is older than a refresh is never sent; an exit is" {
    live_begin
    old=$(($(date +%s%3N) - 400000))
    (order s1-1-ENTRY-1 ENTRY BUY MARKET '"funds":"100"' $old && order s1-1-EXIT-1 EXIT SELL MARKET '"size":"0.001"' $old) | live >out
    [[ $(told 'select(.order == "s1-1-ENTRY-1") | [.event, .reason] | join(" ")') == 'CANCELED STALE: '* ]]
    [[ $(told 'select(.order == "s1-1-EXIT-1").reason') == 200004* ]] # nothing there to sell: but it was sent
    agree --done --printed out
}

@test "the key is refused: 77, and the order waits; a file that others can read: 78" {
    live_begin
    printf 'key: %s\nsecret: %s\npassphrase: wrong\n' "$exchange_key" "$exchange_secret" >wrong
    chmod 600 wrong
    entry s1-1-ENTRY-1 >line
    run -77 r3-live --credentials wrong <line
    [ "$(journal)" = 's1-1-ENTRY-1|INTENT' ]
    chmod 644 wrong
    run -78 r3-live --credentials wrong </dev/null
}

@test "maintenance: nothing is sent, cancels go where they are taken; then all goes on" {
    live_begin
    limit s1-1-ENTRY-1 60000 | live >out
    exchange_set status=cancelonly
    (entry s1-2-ENTRY-1 && cancel s1-1-ENTRY-1) >lines
    run -75 live --wait 2s <lines
    [[ $output == *'the exchange is not open (cancelonly)'* ]]
    [ "$(journal)" = $'s1-1-ENTRY-1|DONE\ns1-2-ENTRY-1|INTENT' ]
    exchange_set status=open
    live </dev/null >>out
    [ "$(journal step | sort -u)" = DONE ]
    agree --done
}

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

# ---- one at a time ----

@test "somebody else has the session: 75 and nothing is touched; --owner and --epoch work under a run's lease" {
    live_begin
    sql "UPDATE sessions SET owner = 'run-1', epoch = 7, lease_until = $(($(date +%s%3N) + 60000))"
    entry s1-1-ENTRY-1 >line
    run -75 live --session s1 <line
    [[ $output == *'session s1 is being run already'* ]]
    [ "$(journal)" = 's1-1-ENTRY-1|INTENT' ]
    run -75 live --session s1 --owner run-1 --epoch 6 </dev/null
    [[ $output == *'taken over by another run'* ]]
    live --session s1 --owner run-1 --epoch 7 </dev/null >out
    [ "$(journal)" = 's1-1-ENTRY-1|DONE' ]
    [ "$(sql 'SELECT owner, epoch FROM sessions')" = 'run-1|7' ]
    # Lines of a run are the run's business: it has put into the journal what is to be sent.
    entry s1-2-ENTRY-1 >line
    live --session s1 --owner run-1 --epoch 7 <line >out
    [ "$(journal id)" = s1-1-ENTRY-1 ]
    agree --done
}

@test "an order that something ahead has refused is not for the exchange" {
    live_begin
    (entry s1-1-ENTRY-1 && echo '{"type":"update","order":"s1-1-ENTRY-1","session":"s1","time":1,"status":"CANCELED","execution":"NOT_EXECUTED","event":"REJECTED","filled":"0","cost":"0","fee":"0","reason":"no"}') | live >out
    [ -z "$(journal)" ]
}

@test "bad lines: 65 with the line, after what came before was worked; --reject goes on" {
    live_begin
    (entry s1-1-ENTRY-1 && echo nonsense && entry s1-2-ENTRY-1) >lines
    run -65 live <lines
    [[ $output == *'standard input:2: not JSON'* ]]
    [ "$(journal)" = 's1-1-ENTRY-1|DONE' ]
    live --reject bad <lines >out
    [ "$(cat bad)" = nonsense ]
    [ "$(journal step | sort -u)" = DONE ]
    session_row s2 100 ACTIVE paper
    entry s2-1-ENTRY-1 >paper
    run -65 live <paper
    [[ $output == *'session s2 is a paper session'* ]]
    entry nobody-1-ENTRY-1 >paper
    run -65 live <paper
    entry s1-1-ENTRY-1 200 >other
    run -65 live <other
    [[ $output == *'another order of this id is in the journal'* ]]
    run -65 live --session s2 </dev/null
}

@test "orders of another exchange or market than their session's are bad lines" {
    live_begin
    entry s1-1-ENTRY-1 | sed s/BTC-USDT/ETH-USDT/ >market
    entry s1-2-ENTRY-1 | sed s/kucoin/binance/ >platform
    run -65 live <market
    [[ $output == *'order s1-1-ENTRY-1: it is for ETH-USDT on kucoin, and session s1 trades BTC-USDT on kucoin'* ]]
    run -65 live <platform
    [ -z "$(journal)" ]
    live --dry-run <platform >out
    grep -q 'would be refused: session s1 trades BTC-USDT on kucoin' out
    live --reject bad <platform >out
    cmp bad platform
}

@test "what could not be written is written by the next run" {
    live_begin
    entry s1-1-ENTRY-1 >line
    run -74 bash -c 'r3-live --credentials "$R3_EXCHANGE_CREDENTIALS" -q <line >/dev/full'
    live -q </dev/null >out
    agree --done --printed out
    [ "$(jq -r 'select(.event).event' out | tr '\n' ' ')" = 'PLACED FILLED ' ]
}

# ---- options ----

@test "--dry-run changes nothing, and says what would be" {
    live_begin
    (entry s1-1-ENTRY-1 && entry s1-2-ENTRY-1 6000) >lines
    live --dry-run <lines >out
    [[ $(jq -r 'select(.type == "notice").text' out | sed -n 1p) == 's1-1-ENTRY-1 MARKET BUY funds 100 of BTC-USDT: would be sent; the exchange would take it' ]]
    [[ $(jq -r 'select(.type == "notice").text' out | sed -n 2p) == *'would be refused: '*"above the session's cash"* ]]
    [ -z "$(journal)" ]
    r3-live --dry-run <lines >out 2>messages # without a key
    grep -q 'no key: only what everybody may ask is checked' messages
    grep -q 'no key: the exchange was not asked' out
    [ "$(jq -s 'map(select(.event == "accepted")) | length' "$R3_EXCHANGE_LEDGER")" = 0 ]
}

@test "--dry-run: a key that others can read is no missing key" {
    live_begin
    mkdir -p config/r3
    cp "$R3_EXCHANGE_CREDENTIALS" config/r3/kucoin
    chmod 644 config/r3/kucoin
    run -78 r3-live --dry-run </dev/null
    [[ $output == *'others can read or change it: chmod 600'* ]]
    printf 'key\n' >config/r3/kucoin
    chmod 600 config/r3/kucoin
    run -78 r3-live --dry-run </dev/null
    rm config/r3/kucoin
    run -0 r3-live --dry-run </dev/null
    [[ $output == *'no key: only what everybody may ask is checked'* ]]
}

@test "usage: 64; R3_NOW is for exchanges of this machine; no store, no key" {
    live_begin
    run -64 timeout 20 r3-live --credentials "$R3_EXCHANGE_CREDENTIALS" --dead-man 59 --follow --exclusive-account </dev/null
    run -64 live --dead-man 60 </dev/null
    run -64 live --dead-man 60 --follow </dev/null
    run -64 live --owner me </dev/null
    run -64 live --window 2m </dev/null
    run -64 live operand </dev/null
    R3_KUCOIN_URL=https://api.kucoin.com R3_NOW=2024-01-01 run -78 live </dev/null
    R3_KUCOIN_URL='' R3_NOW=2024-01-01 run -78 live </dev/null
    run -78 r3-live --credentials nowhere </dev/null
    run -78 r3-live </dev/null
    R3_DB=$PWD/none.db run -69 live </dev/null
}

@test "r3-order --live is r3-live" {
    live_begin
    entry s1-1-ENTRY-1 | r3-order --live --credentials "$R3_EXCHANGE_CREDENTIALS" --window 1s >out
    [ "$(journal)" = 's1-1-ENTRY-1|DONE' ]
    run -0 r3-order --help
    [[ $output == *--live* ]]
}

@test "market time: records carry the exchange's, and none is later than R3_NOW" {
    live_begin --now 2013-11-26 --speed 1
    export R3_NOW=2013-11-26T00:00:10Z
    order s1-1-ENTRY-1 ENTRY BUY MARKET '"funds":"100"' 1385424000000 | live >out
    [ "$(told '.time >= 1385424000000 and .time <= 1385424010000' | sort -u)" = true ]
    order s1-2-ENTRY-1 ENTRY BUY MARKET '"funds":"100"' 1385424000000 | R3_NOW=2013-11-25T23:59:00Z live >>out
    [ "$(told 'select(.order == "s1-2-ENTRY-1").time' | sort -u)" = 1385423940000 ]
    agree --done --printed out
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

# ---- crashes ----

# The exchange takes a client id as often as it comes, as the real one may: what keeps orders from being there twice is here alone.
@test "killed at any moment, with faults: no order is lost, none is sent twice" {
    export ASAN_OPTIONS=detect_leaks=0
    live_begin --set duplicates=accept
    "$TOP/tests/live/torture" --rounds "${R3_LIVE_ROUNDS:-30}" --credentials "$R3_EXCHANGE_CREDENTIALS" --printed out
    agree --done --printed out
}

# ---- secrets ----

@test "the secret and the passphrase appear nowhere" {
    live_begin
    exchange_fault delay-before:place:1:ms=800
    entry s1-1-ENTRY-1 >line
    background <line >out 2>messages 3>&- &
    program=$!
    sleep 0.4
    tr '\0' '\n' <"/proc/$program/cmdline" >seen
    grep -q credentials seen
    # A process that leaves no core dump does not show its environment either, but to root.
    tr '\0' '\n' <"/proc/$program/environ" >>seen || [ "$(id -u)" -ne 0 ]
    grep -q '^Max core file size  *0  *0 ' "/proc/$program/limits"
    wait $program
    printf 'key: %s\nsecret: %s\npassphrase: wrong %s\n' "$exchange_key" "$exchange_secret" "$exchange_passphrase" >wrong
    chmod 600 wrong
    entry s1-2-ENTRY-1 >line
    r3-live --credentials wrong --wait 1s <line >>out 2>>messages || true
    r3-session dump >dump
    for secret in "$exchange_secret" "$exchange_passphrase"; do
        run ! grep -rlF "$secret" seen out messages dump live.db
    done
}

# dumps_core COMMAND…: after 0.4 s it is aborted; yes or no.
dumps_core() {
    python3 - "$@" <<'END'
import os, resource, signal, subprocess, sys, time
def unlimited():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
child = subprocess.Popen(sys.argv[1:], stdin=open("line"), stdout=open("out", "a"), stderr=open("messages", "a"), preexec_fn=unlimited)
time.sleep(0.4)
os.kill(child.pid, signal.SIGABRT)
status = os.waitpid(child.pid, 0)[1]
assert os.WTERMSIG(status) == signal.SIGABRT, status
print("yes" if os.WCOREDUMP(status) else "no")
END
}

@test "what holds the key leaves no core dump" {
    live_begin
    exchange_fault delay-before:place:9:ms=5000
    entry s1-1-ENTRY-1 >line
    [ "$(dumps_core sleep 9)" = yes ] || skip "no process of this machine leaves one"
    grep -qaF sleep core* || skip "core dumps of this machine go elsewhere"
    rm core*
    [ "$(dumps_core r3-live --credentials "$R3_EXCHANGE_CREDENTIALS" --window 1s --wait 9s)" = no ]
    grep -rq s1-1-ENTRY-1 live.db* # it was at work
    run ! ls core*
}

# ---- the other database ----

@test "the journal on PostgreSQL" {
    postgresql_start
    place postgresql "live_$$"
    live_begin
    exchange_fault drop-reply:place:1 500-before:place:1:skip=1
    (entry s1-1-ENTRY-1 && entry s1-2-ENTRY-1 && limit s1-3-ENTRY-1 60000 && cancel s1-8-ENTRY-1) | live >out
    cancel s1-3-ENTRY-1 | live >>out
    agree --done --printed out
    postgresql_stop
}
