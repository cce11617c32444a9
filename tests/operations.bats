# The service: units of systemd, the crontab, and that r3-operations(7) holds. Its examples are run by man.bats.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB R3_NOW R3_LEASE XDG_STATE_HOME
}

# What make install would put under PREFIX, as far as the units name it.
prefix() {
    prefix=$PWD/prefix
    mkdir -p "$prefix"/bin "$prefix"/share/r3/pipelines "$prefix"/share/man/man{1,7}
    ln -s "$BIN"/r3-* "$prefix/bin/"
    cp "$TOP"/pipelines/{backtest,run-due,session} "$prefix/share/r3/pipelines/"
    cp "$TOP"/man/*.1 "$prefix/share/man/man1/"
    cp "$TOP"/man/*.7 "$prefix/share/man/man7/"
    for file in r3-run-due.service r3-run-due.timer r3.crontab; do
        sed "s|/usr/local/|$prefix/|g" "$TOP/pipelines/$file" >$file
    done
}

@test "the units name only what is installed" {
    installed=$(make -C "$TOP" -n PREFIX=/usr/local DESTDIR=/nowhere install)
    for path in $(grep -ho '/usr/local/[A-Za-z0-9/_-]*' "$TOP"/pipelines/r3-run-due.* "$TOP/pipelines/r3.crontab" | sort -u); do
        case $path in
        /usr/local/bin) ;;
        /usr/local/bin/*) [ -e "$TOP/bin/${path##*/}.c" ] ;;
        *) [[ $installed == *" pipelines/${path##*/} "* ]] || { echo "$path"; false; } ;;
        esac
    done
    for path in $(sed -n 's|^\.It Pa \(/usr/local/share/r3/.*\)|\1|p' "$TOP/man/r3-operations.7"); do
        [[ $installed == *"${path##*/}"* ]] || { echo "$path"; false; }
    done
}

@test "systemd-analyze verifies the units, and finds them closed" {
    command -v systemd-analyze >/dev/null || skip "systemd is not here"
    prefix
    MANPATH=$prefix/share/man run -0 systemd-analyze verify "$PWD/r3-run-due.service" "$PWD/r3-run-due.timer"
    [ "$output" = "" ]
    # It is a check: what is wrong is told.
    sed 's/^OnCalendar=.*/OnCalendar=sometimes/' r3-run-due.timer >other.timer
    sed 's|^ExecStart=.*|ExecStart=/nowhere/run-due|' r3-run-due.service >other.service
    run systemd-analyze verify --man=no "$PWD/other.timer"
    [[ $status -ne 0 || -n $output ]]
    systemd-analyze --version | grep -q '^systemd 2[0-4]' || run -0 systemd-analyze security --offline=yes --threshold=20 "$PWD/r3-run-due.service"
    systemd-analyze calendar minutely >/dev/null
}

@test "the service needs no privilege, and writes where it may" {
    for line in User=r3 StateDirectory=r3 NoNewPrivileges=yes CapabilityBoundingSet= ProtectSystem=strict PrivateTmp=yes \
        RestrictSUIDSGID=yes MemoryDenyWriteExecute=yes 'SystemCallFilter=@system-service' Type=oneshot SuccessExitStatus=75 TimeoutStartSec=1h; do
        grep -qx "$line" "$TOP/pipelines/r3-run-due.service" || { echo "$line"; false; }
    done
}

@test "the calls that a run makes are those that the service allows" {
    command -v strace >/dev/null && command -v systemd-analyze >/dev/null || skip "strace or systemd is not here"
    [[ $BIN != *address* ]] || skip "a sanitizer makes calls of its own"
    prefix
    cp "$DATA/btcusd-bitstamp-2013_1H.csv" btc.csv
    export R3_DB=$PWD/r3.db PATH=$prefix/bin:$PATH
    r3-session init
    R3_NOW=2013-11-26T00:00:00Z r3-session start sma-cross-Kucoin-BTCUSD-1H-refresh5mn --paper --source btc.csv
    R3_NOW=2013-11-28T00:00:00Z run -0 strace -f -qq -o calls "$prefix/share/r3/pipelines/run-due"
    R3_DB=postgresql://nobody@127.0.0.1:1/none run -69 strace -f -qq -A -o calls "$prefix/bin/r3-session" list
    cat >names.py <<'PYTHON'
import os, re, subprocess, sys
def expand(name, seen):
    if name in seen:
        return set()
    seen.add(name)
    out = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    words = [line.strip() for line in out.splitlines()[1:]]
    calls = {word for word in words if word and word[0] not in "#@"}
    for word in words:
        if word.startswith("@"):
            calls |= expand(word, seen)
    return calls
allowed = expand("@system-service", set()) - expand("@privileged", set())
if os.getuid() == 0:
    allowed.add("fchown")  # SQLite makes it where root writes a database of another user, and nowhere else
made = {match.group(1) for line in open("calls") if (match := re.match(r"\d+ +(?:<\.\.\. )?([a-z0-9_]+)[ (]", line))}
print("made", len(made), "not allowed", sorted(made - allowed))
sys.exit(0 if made and made <= allowed else 1)
PYTHON
    run -0 python3 names.py || { echo "$output"; false; }
}

@test "the lines of the crontab run as cron runs them" {
    prefix
    cp "$DATA/btcusd-bitstamp-2013_1H.csv" btc.csv
    mkdir home
    cron() { # NUMBER: that line of commands, with the environment that the crontab and cron give
        local command environment
        command=$(grep '^[0-9*]' r3.crontab | sed -n "$1p" | cut -d' ' -f6-)
        mapfile -t environment < <(grep -E '^[A-Z0-9_]+=' r3.crontab)
        [[ $command != *%* ]] # cron's newline
        env -i HOME="$PWD/home" R3_NOW="$2" "${environment[@]}" /bin/sh -c "$command"
    }
    [ "$(grep -c '^[0-9*]' r3.crontab)" -eq 2 ]
    export HOME=$PWD/home PATH=$prefix/bin:$PATH
    r3-session init
    R3_NOW=2013-11-26T00:00:00Z r3-session start sma-cross-Kucoin-BTCUSD-1H-refresh5mn --paper --source btc.csv
    cron 1 2013-11-28T00:00:00Z
    log=home/.local/state/r3
    cat $log/run-due.log
    grep -q '"type":"trade"' $log/run-due.ndjson
    cron 2 2013-11-28T00:00:00Z
    r3-session dump | cmp - $log/backup.ndjson
    # A store that is damaged does not replace the backup.
    cp $log/backup.ndjson before
    sqlite3 $log/r3.db 'PRAGMA foreign_keys = OFF; DELETE FROM orders'
    run cron 2 2013-11-28T00:00:00Z
    [ "$status" -eq 65 ]
    cmp before $log/backup.ndjson
}

# A session of a file, started at 2013-11-26; at TIME: its due runs, with the output in records and err.
begin() {
    cp "$DATA/btcusd-bitstamp-2013_1H.csv" btc.csv
    export R3_DB=$PWD/r3.db R3_LEASE=1s
    r3-session init
    R3_NOW=2013-11-26T00:00:00Z r3-session start sma-cross-Kucoin-BTCUSD-1H-refresh5mn --paper --source btc.csv --set fast=3 --set slow=8 >command
    id=$(jq -r .session command)
}
at() {
    local status=0
    R3_NOW=$1 run-due >>records 2>err || status=$?
    cat err
    return $status
}
# All that the session did, by the store, against the backtest that equals it.
same_as_backtest() {
    r3-backtest "$(r3-session show "$id" --pipeline)" >report 2>/dev/null
    text=$(r3-session show "$id" --pipeline)
    r3-backtest "${text% | r3-report*}" 2>/dev/null | grep '"type":"trade"' >want
    r3-session dump | jq -c 'select(.table == "trades").values | [.id, .time, .side, .price, .size, .fee]' | sort >got
    jq -c '[.id, .time, .side, .price, .size, .fee]' want | sort | diff - got
    [ -s got ]
    r3-session check
}

@test "what to do when: the clock was wrong" {
    begin
    at 2013-11-26T12:00:00Z
    # Behind: nothing is done twice. Ahead, past all data: nothing comes that is not there. Right again.
    before=$(r3-session dump | grep '"trades"\|"signals"')
    at 2013-11-26T05:00:00Z
    [ "$(r3-session dump | grep '"trades"\|"signals"')" = "$before" ]
    at 2013-11-26T12:05:00Z
    at 2020-01-01T00:00:00Z
    at 2013-11-28T00:00:00Z
    same_as_backtest
}

@test "what to do when: a run was killed; status 75" {
    begin
    at 2013-11-26T12:00:00Z
    # A run that took the lease and is gone.
    R3_NOW=2013-11-27T00:00:00Z r3-session run --lease 4s "$id" >text
    R3_NOW=2013-11-27T00:00:00Z run -75 "$TOP/pipelines/session" "$id"
    [[ $output == *"session $id is being run already"* ]]
    sleep 4.1
    at 2013-11-28T00:00:00Z
    same_as_backtest
}

@test "what to do when: status 65, 69, 74, 77, 78" {
    begin
    at 2013-11-26T12:00:00Z
    r3-session dump >before
    # A bad row: nothing of the run is kept, and it is named; when it is right again the session goes on.
    cp btc.csv good.csv
    sed '60s/,[^,]*/,abc/' good.csv >btc.csv
    run -65 at 2013-11-28T00:00:00Z
    [[ $output == *btc.csv:60:* ]]
    for table in trades orders positions accounts states; do
        diff <(grep "\"table\":\"$table\"" before) <(r3-session dump | grep "\"table\":\"$table\"")
    done
    cp good.csv btc.csv
    sleep 1.1
    at 2013-11-28T00:00:00Z
    same_as_backtest
    # No such store; one that is nobody's to write; one of another version.
    R3_DB=$PWD/none.db run -69 at 2013-11-28T00:00:00Z
    cp r3.db other.db
    sqlite3 other.db 'UPDATE r3_schema SET version = 999'
    R3_DB=$PWD/other.db run -78 at 2013-11-28T00:00:00Z
    [[ $output == *'a newer r3 has to be used'* ]]
    R3_LEASE=soon run -78 at 2013-11-29T00:00:00Z
}

@test "what to do when: status 77, a store that is another user's" {
    [ "$(id -u)" -eq 0 ] || skip "only root can be two users"
    foreign=$(mktemp -d /tmp/r3-operations.XXXXXX)
    chmod 755 "$foreign"
    cp "$BIN"/r3-session "$foreign/"
    export R3_DB=$foreign/r3.db
    r3-session init
    for mode in 644 600; do
        chmod $mode "$R3_DB"
        status=0
        setpriv --reuid=nobody --regid=nogroup --clear-groups "$foreign/r3-session" init 2>err || status=$?
        cat err
        [ "$status" -eq 77 ] || break
    done
    rm -rf "$foreign"
    [ "$status" -eq 77 ]
    grep -q 'Permission denied' err
}

@test "what to do when: the disk is full" {
    begin
    at 2013-11-26T12:00:00Z
    r3-session dump >before
    # No file may grow.
    status=0
    (trap '' XFSZ; ulimit -f 1; R3_NOW=2013-11-28T00:00:00Z "$TOP/pipelines/session" "$id" >/dev/null 2>err) || status=$?
    cat err
    [ "$status" -eq 74 ]
    r3-session dump | diff before -
    at 2013-11-28T00:00:00Z
    same_as_backtest
}

@test "a backup in the middle goes on to the same end" {
    begin
    at 2013-11-26T12:00:00Z
    r3-session dump >backup
    at 2013-11-28T00:00:00Z
    same_as_backtest
    cp got first
    rm r3.db*
    r3-session restore <backup
    at 2013-11-27T00:00:00Z
    at 2013-11-28T00:00:00Z
    same_as_backtest
    cmp first got
}

# What was committed and is in the file beside the store alone goes along with it.
@test "restore, to the letter: the old store is put aside whole" {
    begin
    at 2013-11-26T12:00:00Z
    r3-session dump >r3-backup.ndjson
    mkfifo ask
    sqlite3 r3.db <ask >answer &
    holder=$!
    exec 8>ask
    echo "UPDATE sessions SET reason = 'committed'; SELECT 'done';" >&8
    for ((tries = 0; tries < 500; tries++)); do [ ! -s answer ] || break; sleep 0.01; done
    kill -9 $holder
    wait $holder || true
    exec 8>&-
    [ -s r3.db-wal ]
    sed -n '/^\.Sh RESTORE/,/^\.Ed/p' "$TOP/man/r3-operations.7" | grep -v '^\.\|systemctl\|^Stop what' >lines
    [ "$(grep -c r3-session lines)" -eq 2 ]
    sh -e ./lines
    r3-session dump | cmp - r3-backup.ndjson
    R3_DB=$PWD/r3.old/r3.db r3-session dump >old
    [ "$(grep -c '"reason":"committed"' old)" -eq 1 ]
    at 2013-11-28T00:00:00Z
    same_as_backtest
}
