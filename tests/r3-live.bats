# r3-live: orders of live sessions and what becomes of them, against the fake exchange.
load helper
load postgresql
load stores
load kucoin
load live

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
    [[ $(jq -r 'select(.type == "notice") | "\(.level) \(.session) \(.text)"' out | head -n 1) == 'INFO null key: it may trade, and no more (General,Spot)' ]]
    [[ $(jq -r 'select(.type == "notice").text' out | sed -n 2p) == 's1-1-ENTRY-1 MARKET BUY funds 100 of BTC-USDT: would be sent; the exchange would take it' ]]
    [[ $(jq -r 'select(.type == "notice").text' out | sed -n 3p) == *'would be refused: '*"above the session's cash"* ]]
    [ -z "$(journal)" ]
    r3-live --dry-run <lines >out 2>messages # without a key
    grep -q 'no key: only what everybody may ask is checked' messages
    grep -q 'no key: the exchange was not asked' out
    [ "$(jq -s 'map(select(.event == "accepted")) | length' "$R3_EXCHANGE_LEDGER")" = 0 ]
}

@test "--dry-run says what the key may do" {
    live_begin
    for rights in General,Spot,Transfer General Spot,General ''; do
        exchange_set permission="$rights"
        live --dry-run </dev/null | jq -r '"\(.level) \(.text)"' >>out
    done
    diff out - <<'EOF'
WARNING key: it may do more than trade (General,Spot,Transfer): make one with General and Spot alone
WARNING key: it may not trade (General): give it the permission Spot
INFO key: it may trade, and no more (Spot,General)
WARNING key: could not be asked for: KuCoin: /api/v1/user/api-key: Access denied, require more permission. (400007)
EOF
}

@test "--dry-run takes orders of a backtest and of a paper session, without a store too; their limits are not known" {
    live_begin
    entry main-1-ENTRY-1 1000000 | sed 's/"session":"s1"/"session":"main"/; s/"time":[0-9]*/"time":1385337600000/' >line
    r3-live --dry-run -q <line >out
    [[ $(jq -r .text out) == 'main-1-ENTRY-1 MARKET BUY funds 1000000 of BTC-USDT: would be sent (no key: the exchange was not asked); of no live session: no limit was checked' ]]
    sql "UPDATE sessions SET mode = 'paper'"
    entry s1-1-ENTRY-1 1000000 | r3-live --dry-run -q >out
    [[ $(jq -r .text out) == *'of no live session: no limit was checked' ]]
    R3_DB=$PWD/none.db r3-live --dry-run -q <line >out 2>messages
    grep -q 'no store: the limits of no session are checked' messages
    [[ $(jq -r .text out) == *'would be sent'* ]]
    [ ! -e none.db ]
    R3_DB=$PWD/none.db run -69 r3-live --session s1 --dry-run <line
    R3_DB=$PWD/none.db run -69 live <line
}

@test "an order of a session that another run has, or had a moment ago: it is that run's, and 75" {
    live_begin
    sql "UPDATE sessions SET owner = 'other', epoch = 7, lease_until = $(($(date +%s) + 60))000"
    live </dev/null >out
    entry s1-1-ENTRY-1 >line
    run -75 live <line
    [[ $output == *'session s1 is being run already, and has orders at work'* ]]
    has_step INTENT
    sql "UPDATE sessions SET owner = NULL, lease_until = NULL"
    live </dev/null >>out
    has_step DONE
}

@test "--dry-run: what is too old, and what waits for another order" {
    live_begin
    entry s1-1-ENTRY-1 | sed -E 's/"time":[0-9]*/"time":1385337600000/' | live --dry-run -q >out
    [[ $(tail -n 1 out | jq -r .text) == *": would be STALE: it is older than the session's refresh" ]]
    exchange_fault drop-reply:place:1
    exchange_fault 500-before:query:1.0
    entry s1-1-ENTRY-1 >line
    run -75 live --wait 1s <line
    has_step SENT
    (entry s1-2-ENTRY-1 && exit_of s1-1-EXIT-1) | live --dry-run -q >out
    [[ $(jq -r .text out) == *$'of BTC-USDT: would wait until it is known what became of order s1-1-ENTRY-1\ns1-1-EXIT-1 '* ]]
    [[ $(tail -n 1 out | jq -r .text) != *'would wait'* ]]
}

@test "--dry-run: a key that the exchange refuses is 77, once all is told" {
    live_begin
    printf 'key: %s\nsecret: %s\npassphrase: wrong\n' "$exchange_key" "$exchange_secret" >wrong
    chmod 600 wrong
    entry s1-1-ENTRY-1 >line
    run -77 r3-live --credentials wrong --dry-run -q <line
    [[ $output == *'key: could not be asked for: KuCoin: /api/v1/user/api-key: Invalid KC-API-PASSPHRASE (400004)'* ]]
    [[ $output == *'s1-1-ENTRY-1 MARKET BUY funds 100 of BTC-USDT: could not be checked: '* ]]
}

@test "a key of version 2 signs as such" {
    live_begin
    (cat "$R3_EXCHANGE_CREDENTIALS" && echo version: 2) >older
    chmod 600 older
    entry s1-1-ENTRY-1 | r3-live --credentials older >out
    has_step DONE
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
