# A live session against the fake exchange: loaded behind helper, kucoin and stores.
#
#     live_begin [OPTIONS…]       a store, the exchange (with these options), and session s1 with 5000 USDT
#     session_row ID [CASH [STATE [MODE]]]
#     order ID ROLE SIDE KIND MEMBERS [TIME]   the record; ID begins with the session's
#     cancel ID [REASON]
#     live [OPTIONS…]             r3-live with the exchange's credentials and a window of a second
#     background [OPTIONS…] &     the same, as $!
#     journal [COLUMNS]           rows of the journal
#     told JQ                     what was told, through jq -r
#     agree [OPTIONS]             the exchange's ledger against the store

session_row() {
    sql "INSERT INTO sessions (id, label, strategy, platform, market, timeframe, refresh, mode, state, currency, cash, created, started, acts_from)
        VALUES ('$1', 'l', 'sma', 'Kucoin', 'BTC-USDT', '1H', 300000, '${4:-live}', '${3:-ACTIVE}', 'USDT', '${2:-5000}', 1, 1, 1)"
}

live_begin() {
    [ -n "${R3_DB-}" ] || place sqlite live
    r3-session init
    exchange_start --balance USDT=10000 --price 67000 "$@"
    session_row s1
}

order() {
    printf '{"type":"order","id":"%s","session":"%s","platform":"kucoin","market":"BTC-USDT","time":%s,"role":"%s","side":"%s","kind":"%s",%s}\n' \
        "$1" "${1%%-*}" "${6:-$(date +%s%3N)}" "$2" "$3" "$4" "$5"
}
entry() { order "$1" ENTRY BUY MARKET '"funds":"'"${2:-100}"'"'; }
limit() { order "$1" ENTRY BUY LIMIT '"price":"'"$2"'","size":"'"${3:-0.001}"'"'; }
exit_of() { order "$1" "${3:-EXIT}" SELL MARKET '"size":"'"${2:-0.001}"'"'; }
cancel() { printf '{"type":"cancel","order":"%s","session":"%s","time":1,"reason":"%s"}\n' "$1" "${1%%-*}" "${2:-by hand}"; }

live() { r3-live --credentials "$R3_EXCHANGE_CREDENTIALS" --window 1s "$@"; }
background() { exec r3-live --credentials "$R3_EXCHANGE_CREDENTIALS" --window 1s "$@"; } # & it, and $! is the program
journal() { sql "SELECT ${1:-id, step} FROM exchange_orders ORDER BY id"; }
told() { sql "SELECT record FROM outbox WHERE program = 'r3-order' ORDER BY session, number" | jq -r "$@"; }
notices() { sql "SELECT level, message FROM notices ORDER BY number"; }
agree() { "$TOP/tests/live/agree" "$@" "$R3_EXCHANGE_LEDGER"; }

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
