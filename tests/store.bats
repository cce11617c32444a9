# The store: its unit tests on both databases, and what only a real server shows.
load helper
load stores

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB
}

unit() { R3_STORE_TEST=$R3_DB "$BIN/tests/unit/$1" "${@:2}"; }

# All of a unit test's checks hold, and there were some.
all_hold() {
    echo "$output"
    [[ ${lines[-1]} =~ ^([0-9]+)\ passed,\ 0\ failed$ ]]
    [ "${BASH_REMATCH[1]}" -gt 100 ]
}

@test "transactions: SQLite" {
    R3_DB=sqlite:$PWD/r3.db run -0 unit store
    all_hold
}

@test "transactions: PostgreSQL, whose server is restarted between two calls, and crashes in the middle of one" {
    cat >restart <<EOF2
#!/bin/bash
. "$TOP/tests/postgresql.bash"
postgresql_restart "\${1:-INT}"
EOF2
    chmod +x restart
    R3_DB=$(postgresql_database transactions) R3_STORE_RESTART=./restart run -0 unit store
    all_hold
}

@test "schema, migrations and decimals: SQLite" {
    R3_DB=sqlite:$PWD/r3.db run -0 unit store_schema
    all_hold
}

@test "schema, migrations and decimals: PostgreSQL" {
    R3_DB=$(postgresql_database schema) run -0 unit store_schema
    all_hold
}

# A proxy between the program and the server cuts the first connection at its COMMIT.
commit_lost() { # before|after
    local address directory=$R3_PG/proxy-$1 proxy
    address=$(postgresql_database "lost_$1")
    R3_DB=$address r3-session init
    mkdir -p "$directory"
    python3 "$TOP/tests/tools/lose-commit.py" "$1" "$directory/.s.PGSQL.5432" "$R3_PG/.s.PGSQL.5432" >ready 3>&- &
    proxy=$!
    until [ -s ready ]; do sleep 0.05; done
    R3_DB="postgresql://r3@/lost_$1?host=$directory" run -0 unit store an-input
    kill "$proxy"
    R3_DB=$address r3-session dump >dump
    [ "$(grep -c '"table":"seen_inputs"' dump)" -eq 1 ]
    [ "$(grep -c '"table":"outbox"' dump)" -eq 1 ]
}

@test "a commit that never arrived is made again" {
    commit_lost before
    [ "$output" = "0 2 " ]
}

@test "a commit whose answer got lost is found, not repeated" {
    commit_lost after
    [ "$output" = "0 1 " ]
}

@test "the server crashes and comes back: what was committed is there" {
    address=$(postgresql_database crashed)
    export R3_DB=$address
    r3-session init
    unit store first >/dev/null
    postgresql_restart QUIT
    run -0 unit store second
    [ "$output" = "0 1 " ]
    run -0 r3-session check
    run -0 r3-session dump
    [ "$(grep -c seen_inputs <<<"$output")" -eq 2 ]
}

@test "SQLite: killed while it writes, the file is whole" {
    export R3_DB=$PWD/r3.db
    r3-session init
    killed=0
    for i in {1..40}; do
        R3_STORE_TEST=$R3_DB "$BIN/tests/unit/store" "input-$i" >/dev/null 3>&- &
        victim=$!
        sleep "0.00$((RANDOM % 9))"
        kill -9 "$victim" 2>/dev/null || true
        wait "$victim" || killed=$((killed + 1))
    done
    [ $killed -gt 0 ]
    run -0 r3-session check
    [ "$(sqlite3 r3.db 'SELECT (SELECT count(*) FROM seen_inputs) - (SELECT count(*) FROM outbox)')" = 0 ]
}

@test "another process holds the database for too long: try again later" {
    export R3_DB=$PWD/r3.db
    r3-session init
    mkfifo hold
    sqlite3 r3.db <hold >held 2>&1 3>&- &
    holder=$!
    exec 7>hold
    printf 'BEGIN IMMEDIATE;\nSELECT 1;\n' >&7
    until [ -s held ]; do sleep 0.05; done
    run -0 unit store waits
    [[ $output == "-1 0 store $PWD/r3.db: database is locked" ]] || { echo "$output"; false; }
    exec 7>&-
    wait "$holder"
    run -0 unit store waits
    [ "$output" = "0 1 " ]
}

@test "the queries are one list: no SQL elsewhere but the schema and what a driver needs" {
    cd "$TOP"
    run -0 grep -lE '"(SELECT|INSERT|UPDATE|DELETE) ' -r lib bin
    for file in $output; do
        [[ $file == lib/store/@(queries|sqlite|postgresql|restore).c ]] || { echo "$file"; false; }
    done
    run -1 grep -nE 'PQexec *\(|PQprepare|PQexecPrepared|sqlite3_exec' -r lib bin
}
