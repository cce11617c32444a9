# The store on both databases: loaded behind helper. The file has a PostgreSQL of its own.
#
#     place KIND NAME     an empty database of that kind (sqlite, postgresql) in R3_DB, and KIND in $kind
#     sql TEXT            goes behind the program's back; checks of references are off
#     on_both COMMAND     calls it once on each, with the tables made and a directory of its own to work in

. "${BASH_SOURCE[0]%/*}/postgresql.bash"

setup_file() {
    # Who looks for leaks at the end of a process does it from another one, and waits for that one forever if it is killed.
    export ASAN_OPTIONS=detect_leaks=0
    postgresql_start
}

teardown_file() {
    postgresql_stop
    if declare -F clock_end >/dev/null; then clock_end; fi
}

place() {
    kind=$1
    if [ "$kind" = sqlite ]; then
        export R3_DB=$PWD/$2.db
    else
        R3_DB=$(postgresql_database "$2")
        export R3_DB
    fi
}

sql() {
    if [ "$kind" = sqlite ]; then
        sqlite3 -cmd '.timeout 5000' "$R3_DB" "$1"
    else
        PGOPTIONS='-c session_replication_role=replica' "$R3_PG_BIN/psql" -qAtX -v ON_ERROR_STOP=1 -c "$1" "$R3_DB"
    fi
}

on_both() {
    local top=$PWD each
    for each in sqlite postgresql; do
        mkdir -p "$top/$each"
        cd "$top/$each" || return
        place $each "t${BATS_TEST_NUMBER}_$$"
        r3-session init
        "$@"
        cd "$top" || return
    done
}

# rows ID: what the runs of a session left, a line a row; expected ID: what the backtest that equals it makes of the same candles.
rows() {
    r3-session dump | jq -sc --arg id "$1" 'map(select(.values.session == $id and (.table | IN("signals", "orders", "trades", "accounts"))))
        | map([.table, (.values | del(.available))]) | sort | .[]' | jq -cS .
}
expected() {
    local text
    text=$(r3-session show "$1" --pipeline)
    r3-backtest "${text% | r3-report *}" 2>backtest.log | jq -sc -f "$TOP/tests/tools/session-rows.jq" | jq -cS .
}
