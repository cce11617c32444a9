# Runs of a session over real candles: loaded behind stores.
#
#     begin [OPTIONS]             a session of 15 minutes that is started at midnight of 2013-11-26; its id is in $id
#     at DAYTIME COMMAND…         with that market time, "26T04:05" of November 2013
#     leases_run_out              those of who was killed, and of all others
#     finish                      the last run; what it and those before had to write is in ./out then
#     state; count TABLE          of the session; rows
#     kill_one LEADER             some process of a run, at some moment
#     delivered FILE [at-least-once]   what the runs wrote has each signal, order and trade of the store, once
#     equals_backtest TRADES      rows of the session are those of the backtest that equals it, which has so many trades at least

FEED=btcusd-bitstamp-2013_5m.csv
# shellcheck disable=SC2034  # for who loads this
RISKY=(--set fast=3 --set slow=8 --stop-loss 1% --take-profit 3% --risk 1%)

begin() {
    R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSD-15m-refresh5mn --paper --cash 10000 --source "$DATA/$FEED" "$@" >started
    id=$(jq -r .session started)
}

at() {
    R3_NOW=2013-11-$1 "${@:2}"
}

leases_run_out() {
    sql 'UPDATE sessions SET lease_until = 1 WHERE lease_until IS NOT NULL'
    sql 'UPDATE tasks SET lease_until = 1 WHERE lease_until IS NOT NULL'
}

finish() {
    leases_run_out
    at 30T23:00 run-due >>out 2>>log
    [ "$(count outbox)" = 0 ]
}

state() { sql "SELECT state FROM sessions WHERE id = '$id'"; }
count() { sql "SELECT count(*) FROM $1"; }

delivered() {
    local table type
    for type in signal order trade; do
        table=${type}s
        jq -r "select(.type == \"$type\").id" "$1" | sort ${2:+-u} >"ids.$type"
        sql "SELECT id FROM $table WHERE session = '$id'" | sort >"ids.$table"
        diff "ids.$type" "ids.$table"
    done
}

equals_backtest() {
    # shellcheck disable=SC2094  # a function, and a file
    rows "$id" >rows
    expected "$id" >want
    [ "$(grep -c '^."trades"' want)" -ge "$1" ]
    diff rows want
    run -0 r3-session check
}

# members LEADER: the processes of a run that setsid began.
members() { pgrep -g "$1" || true; }

# kill_one LEADER: some process of a run that setsid began, at some moment within $span ms of its begin; then wait for the others. $killed
# counts those that were hit, and $span follows how long runs take here.
kill_one() {
    local victims
    while [ -z "$(members "$1")" ] && kill -0 "$1" 2>/dev/null; do sleep 0.005; done
    sleep "0.$(printf %03d $((RANDOM % span)))"
    mapfile -t victims < <(members "$1")
    if [ ${#victims[@]} -gt 0 ]; then
        kill -9 "${victims[RANDOM % ${#victims[@]}]}" 2>/dev/null && killed=$((killed + 1))
        span=$((span < 600 ? span * 5 / 4 : span))
    else
        span=$((span > 8 ? span * 2 / 3 : span))
    fi
    wait "$1" || true
    while [ -n "$(members "$1")" ]; do sleep 0.01; done
    leases_run_out
}
