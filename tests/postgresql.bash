# A PostgreSQL cluster of a test's own: made with initdb in a temporary directory, on a socket in it and nowhere else, by a user
# without privileges, who is nobody where the tests run as root.
#
#     postgresql_start          sets R3_PG (the directory), R3_PG_URL (an address for R3_DB) and R3_PG_PID
#     postgresql_restart MODE   INT: quickly, QUIT: as after a crash; returns when it answers again
#     postgresql_stop           by its own process, and removes the directory

# What libpq would take from the environment is not for it.
for name in "${!PG@}"; do unset "$name"; done
unset name

postgresql_programs() {
    local directory
    for directory in /usr/lib/postgresql/{15,16,17,18}/bin; do
        [ -x "$directory/initdb" ] && echo "$directory" && return
    done
    dirname "$(command -v initdb)"
}

postgresql_as_user() {
    if [ "$(id -u)" -eq 0 ]; then
        exec setpriv --reuid=nobody --regid=nogroup --clear-groups env -i PATH="$PATH" LC_ALL=C HOME="$R3_PG" "$@"
    fi
    exec env -i PATH="$PATH" LC_ALL=C HOME="$R3_PG" "$@"
}

postgresql_launch() {
    (cd "$R3_PG" && postgresql_as_user "$R3_PG_BIN/postgres" -D "$R3_PG/data" -k "$R3_PG" -c listen_addresses= -c fsync=off \
        >>"$R3_PG/log" 2>&1 3>&-) 3>&- &
    R3_PG_PID=$!
    local tries
    for tries in {1..300}; do
        "$R3_PG_BIN/pg_isready" -q -h "$R3_PG" -d postgres && return
        kill -0 "$R3_PG_PID" 2>/dev/null || break
        sleep 0.1
    done
    echo "no PostgreSQL after $tries tries" >&2
    cat "$R3_PG/log" >&2
    return 1
}

postgresql_start() {
    R3_PG_BIN=$(postgresql_programs)
    R3_PG=$(mktemp -d /tmp/r3-postgresql.XXXXXX)
    chmod 755 "$R3_PG"
    [ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$R3_PG"
    (cd "$R3_PG" && postgresql_as_user "$R3_PG_BIN/initdb" -D "$R3_PG/data" -U r3 -A trust --encoding=UTF8 --locale=C --no-sync) \
        >"$R3_PG/initdb.log" 2>&1 || {
        cat "$R3_PG/initdb.log" >&2
        return 1
    }
    postgresql_launch
    R3_PG_URL="postgresql://r3@/postgres?host=$R3_PG"
    export R3_PG R3_PG_BIN R3_PG_URL R3_PG_PID
}

# The process of the cluster, whoever started it: the first line of its own file.
postgresql_end() { # SIGNAL
    local pid
    pid=$(head -n 1 "$R3_PG/data/postmaster.pid") || return 0
    kill "-$1" "$pid"
    while kill -0 "$pid" 2>/dev/null && [ "$(ps -o stat= -p "$pid" | cut -c 1)" != Z ]; do sleep 0.05; done
}

postgresql_restart() {
    postgresql_end "$1"
    postgresql_launch
}

postgresql_stop() {
    [ -n "${R3_PG-}" ] || return 0
    [ ! -f "$R3_PG/data/postmaster.pid" ] || postgresql_end INT
    rm -rf "$R3_PG"
}

# An empty database for each test: prints its address.
postgresql_database() { # NAME
    "$R3_PG_BIN/createdb" -h "$R3_PG" -U r3 -T template0 "$1"
    echo "postgresql://r3@/$1?host=$R3_PG"
}
