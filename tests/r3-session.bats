# r3-session: the store made, verified, written out and read back; everything on SQLite and on PostgreSQL.
load helper
load stores

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB
}

row() { printf '{"type":"row","table":"%s","values":{%s}}\n' "$1" "$2"; }

# A session that bought 0.1 BTC at 42000.5 with a fee of 4.20005, now worth 43000: 10000 - 4200.05 - 4.20005 + 4300. Every table has a row.
sample() {
    echo '{"type":"store","version":4}'
    row sessions '"id":"s0","label":"old","strategy":"sma-cross","platform":"Kucoin","market":"ETH-USDT","timeframe":"4H","refresh":300000,"mode":"paper","state":"STOPPED","currency":"USDT","cash":"12345678901234567890.12345678901234","pipeline":"r3-collect \"a b\" |\n\u0009r3-strategy","source":null,"owner":null,"epoch":9223372036854775807,"lease_until":null,"created":1,"started":2,"ended":3,"seen":4,"acts_from":5,"reason":"stopped","last_run":6,"last_status":69,"last_failure":"r3-collect: it is gone","failures":9223372036854775807,"rule_hash":"0123456789abcdef"'
    row sessions '"id":"s1","label":"Strategy1-Kucoin-BTCUSD-1H-refresh5mn","strategy":"sma-cross","platform":"Kucoin","market":"BTC-USDT","timeframe":"1H","refresh":300000,"mode":"paper","state":"ACTIVE","currency":"USDT","cash":"10000","pipeline":null,"source":null,"owner":"host","epoch":3,"lease_until":1700000000000,"created":1700000000000,"started":1700000000001,"ended":null,"seen":1700000000000,"acts_from":1699999200000,"reason":null,"last_run":null,"last_status":null,"last_failure":null,"failures":0,"rule_hash":null'
    row strategies '"session":"s1","name":"sma-cross","state":"ACTIVE","since":1700000000001'
    row collects '"platform":"Kucoin","market":"BTC-USDT","timeframe":"1H","state":"ACTIVE","owner":null,"epoch":0,"lease_until":null'
    row tasks '"session":"s1","every":300000,"state":"ACTIVE","due":1700000300000,"done":null,"owner":null,"epoch":0,"lease_until":null,"leased":null,"missed":null'
    row candles '"platform":"Kucoin","market":"BTC-USDT","timeframe":"1H","time":1699999200000,"open":"41990","high":"42100.5","low":"41900.000000000000000001","close":"42000","volume":"0"'
    row signals '"id":"s1-sig","session":"s1","strategy":"sma-cross","platform":"Kucoin","market":"BTC-USDT","timeframe":"1H","time":1700000000002,"direction":"LONG","reference":"42000","confidence":null,"stop":"41000","target":null,"volatility":null,"reason":"Grüße, \u0007 \\ 上涨","state":"ACTED"'
    row orders '"id":"s1-1-ENTRY-1","session":"s1","signal":"s1-sig","platform":"Kucoin","market":"BTC-USDT","time":1700000000003,"role":"ENTRY","side":"BUY","kind":"MARKET","fill":null,"price":null,"stop":"41000","target":null,"trail":null,"break_even":null,"expiry":null,"size":"0.1","funds":null,"status":"CLOSED","execution":"FULLY_EXECUTED","filled":"0.1","cost":"4200.05","fee":"4.20005","reason":null,"exchange_id":null,"updated":1700000000004'
    row trades '"id":"t1","order_id":"s1-1-ENTRY-1","session":"s1","market":"BTC-USDT","time":1700000000004,"side":"BUY","role":"ENTRY","price":"42000.5","size":"0.04","fee":"1.68002","fee_currency":"USDT","liquidity":"TAKER"'
    row trades '"id":"t2","order_id":"s1-1-ENTRY-1","session":"s1","market":"BTC-USDT","time":1700000000004,"side":"BUY","role":"ENTRY","price":"42000.5","size":"0.06","fee":"2.52003","fee_currency":"USDT","liquidity":"TAKER"'
    row positions '"session":"s1","market":"BTC-USDT","time":1700000000005,"side":"LONG","size":"0.1","cost":"4200.05","entry_price":"42000.5","price":"43000","value":"4300","unrealized_pnl":"99.95","realized_pnl":"0"'
    row accounts '"session":"s1","time":1700000000005,"currency":"USDT","equity":"10095.74995","available":"5795.74995"'
    row consumer_positions '"consumer":"r3-track","topic":"signals","part":0,"next":17'
    row notices '"session":"","program":"r3-session","number":1,"time":1,"level":"INFO","message":""'
    row seen_inputs '"consumer":"r3-track","session":"s1","input":"s1-sig","time":1700000000003'
    row outbox '"program":"r3-track","session":"s1","number":1,"record":"{\"type\":\"order\",\"id\":\"'"$(printf '%060000d' 7)"'\"}","acknowledged":0'
    row states '"session":"s1","program":"r3-track","part":1,"record":"{\"type\":\"state\"}"'
    row counters '"name":"outbox/r3-track/s1","last":1'
    row counters '"name":"session","last":1'
    row exchange_orders '"id":"s1-1-ENTRY-1","session":"s1","platform":"kucoin","market":"BTC-USDT","record":"{\"type\":\"order\"}","step":"DONE","cancel":null,"sent":1700000000003,"attempts":1,"absent":-1,"looked":1700000000004,"exchange_id":"670fd33bf9406e0007ab3945","filled":"0.1","cost":"4200.05","fee":"4.20005","epoch":3'
    row exchange_fills '"id":"11029373945659392","platform":"kucoin","order_id":"s1-1-ENTRY-1","record":"{\"type\":\"trade\"}"'
    row instruments '"platform":"kucoin","market":"BTC-USDT","record":"{\"type\":\"instrument\"}","trades":1,"time":1700000000000'
    echo '{"type":"end","rows":22}'
}
# The same as the versions before dumped it.
sample_of_version_3() {
    sample | sed -E '1s/4/3/; /"table":"exchange_orders"/s/,"epoch":3//'
}
sample_of_version_2() {
    sample_of_version_3 | sed -E '1s/3/2/; /"table":"(exchange_orders|exchange_fills|instruments)"/d; /"table":"sessions"/s/,"(last_run|last_status|last_failure|failures|rule_hash)":[^,}]*//g; $s/22/19/'
}
sample_of_version_1() {
    sample_of_version_2 | sed -E '1s/2/1/; /"table":"(states|counters)"/d; /"table":"(sessions|tasks)"/s/,"(seen|acts_from|reason|leased|missed)":[^,}]*//g; $s/19/16/'
}

@test "usage: one word, of those there are" {
    run -64 r3-session
    [[ $output == *'wants a word, as start, stop or list'* ]]
    run -64 r3-session begin
    [[ $output == *'no word begin'* ]]
    run -64 r3-session --json list
    run -64 r3-session -- list
    run -64 r3-session init check
    [[ $output == *'init takes no operands: "check"'* ]]
    run -64 r3-session init --force
    run -0 r3-session --help
    [ "${lines[0]}" = 'usage: r3-session WORD [options] [OPERANDS]' ]
    words=$(sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' <<<"$output")
    [ "$(wc -w <<<"$words")" -eq 16 ]
    for word in $words; do
        run -0 r3-session "$word" --help
        [[ ${lines[0]} == "usage: r3-session $word [options]"* && $output == *'See man r3-session.' ]]
        [ "${#lines[@]}" -le 28 ]
        for line in "${lines[@]}"; do [ "${#line}" -le 80 ]; done
        run -0 r3-session "$word" --version
        grep -qx "\.It Cm $word" "$TOP/man/r3-session.1"
    done
    run -0 r3-session start --help
    [[ ${output//$'\n'/ } == *'(also: ON on); takes the options of r3-strategy, r3-track, r3-size and r3-order too'* ]]
}

@test "where the store is: R3_DB, XDG_STATE_HOME, HOME" {
    HOME=$PWD/home run -0 env -u XDG_STATE_HOME r3-session init
    [ -f home/.local/state/r3/r3.db ]
    [ "$(stat -c %a home/.local/state/r3)" = 700 ]
    HOME=$PWD/home XDG_STATE_HOME=$PWD/state run -0 r3-session init
    [ -f state/r3/r3.db ]
    HOME=$PWD/other XDG_STATE_HOME=relative run -0 r3-session init
    [ -f other/.local/state/r3/r3.db ]
    R3_DB=sqlite:one.db run -0 r3-session init
    [ -f one.db ]
    R3_DB=two.db run -0 r3-session init
    cmp <(R3_DB=one.db r3-session dump) <(R3_DB=sqlite:$PWD/two.db r3-session dump)
    run -78 env -u HOME -u XDG_STATE_HOME r3-session init
    R3_DB=mysql://u:secret@host/db run -78 r3-session init
    [[ $output != *secret* ]]
    R3_DB=sqlite: run -78 r3-session init
}

@test "what is not there, or is something else, is said" {
    R3_DB=none.db run -69 r3-session check
    [ "$output" = "r3-session: store none.db is not there: r3-session init makes it" ]
    [ ! -e none.db ]
    R3_DB=no/such/directory.db run -69 r3-session init
    seq 1000 >numbers
    R3_DB=numbers run -65 r3-session init
    [ "$(wc -l <numbers)" -eq 1000 ]
    sqlite3 empty.db 'CREATE TABLE other (a)'
    R3_DB=empty.db run -78 r3-session dump
    [[ $output == *'has no tables: r3-session init makes them' ]]
    R3_DB="postgresql://r3:secret@/none?host=$R3_PG" run -69 r3-session init
    [[ $output == *none* && $output != *secret* ]]
    R3_DB=postgresql://r3:secret@127.0.0.1:1/none run -69 r3-session init
    [[ $output == *'store postgresql 127.0.0.1:1/none: '* && $output != *secret* ]]
    for address in postgresql://r3:s?cr3t@127.0.0.1:1/none 'postgresql://127.0.0.1:1/none?user=r3&password=a@s?cr3t'; do
        R3_DB=$address run -69 r3-session init
        [[ $output != *cr3t* && $output != *a@s* ]]
    done
}

@test "a PostgreSQL database that will not do: encoding, right to write" {
    "$R3_PG_BIN/createdb" -h "$R3_PG" -U r3 -T template0 -E LATIN1 latin
    R3_DB="postgresql://r3@/latin?host=$R3_PG" run -78 r3-session init
    [[ $output == *'encoding is LATIN1, not UTF8'* ]]
    place postgresql readonly
    r3-session init
    R3_DB="$R3_DB&options=-c%20default_transaction_read_only%3Don" run -77 r3-session restore < <(sample)
    run -0 r3-session dump
    [ "${lines[1]}" = '{"type":"end","rows":0}' ]
}

@test "init twice, and two at once" {
    for k in sqlite postgresql; do
        place $k twice
        r3-session init &
        r3-session init &
        wait %1
        wait %2
        run -0 r3-session init
        [ "$output" = "" ]
        [ "$(sql 'SELECT version FROM r3_schema')" = 4 ]
    done
}

@test "every table is in a dump, and the same in both databases" {
    for k in sqlite postgresql; do
        place $k tables
        r3-session init
        if [ $k = sqlite ]; then
            sql "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'" | sort >$k.tables
            sql "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid" >$k.columns
        else
            sql "SELECT tablename FROM pg_tables WHERE schemaname = 'public'" | sort >$k.tables
            sql "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name COLLATE \"C\", ordinal_position" >$k.columns
        fi
        diff $k.tables <(sample | jq -r 'select(.table).table' | cat - <(echo r3_schema; echo transactions) | sort -u)
    done
    diff sqlite.columns postgresql.columns
}

@test "dump, restore, dump: the same bytes, within and between both databases" {
    sample >want
    for first in sqlite postgresql; do
        place $first "first_$first"
        [ $first = sqlite ] || r3-session init # with tables and without
        run -0 r3-session restore <want
        [ "$output" = "" ]
        r3-session dump | cmp - want
        run -0 r3-session check
        [[ $output == *'sessions 2, orders 1, trades 2, nothing wrong' ]]
        for second in sqlite postgresql; do
            r3-session dump >dump
            (
                place $second "second_${first}_$second"
                r3-session restore <dump
                r3-session dump | cmp - want
                run -0 r3-session check
            )
        done
        run -78 r3-session restore <want
        [[ $output == *'has rows already: a dump is restored into an empty store' ]]
        r3-session dump | cmp - want
    done
}

@test "a dump of an older version is restored, and brought up" {
    sample | jq -c 'def brought: {last_run: null, last_status: null, last_failure: null, failures: 0, rule_hash: null};
        if .table == "sessions" then .values += brought else . end
        | select(.table | IN("exchange_orders", "exchange_fills", "instruments") | not) | if .type == "end" then .rows = 19 else . end' >want.2
    jq -c 'if .table == "sessions" then .values += {seen: null, acts_from: null, reason: null} else . end
        | select(.table != "states" and .values.name != "session") | if .type == "end" then .rows = 17 else . end' want.2 >want.1
    sample | jq -c 'if .table == "exchange_orders" then .values.epoch = null else . end' >want.3
    for k in sqlite postgresql; do
        for version in 1 2 3; do
            "sample_of_version_$version" >old
            place $k "old_$version"
            run -0 r3-session restore <old
            r3-session dump | jq -c . | diff - want.$version
            [ "$(sql 'SELECT version FROM r3_schema')" = 4 ]
        done
    done
}

@test "a dump with many rows" {
    { echo '{"type":"store","version":4}'
        seq -f %05g 1 3500 | sed 's/.*/{"type":"row","table":"seen_inputs","values":{"consumer":"c","session":"","input":"i&","time":1}}/'
        echo '{"type":"end","rows":3500}'; } >want
    for k in sqlite postgresql; do
        place $k many
        r3-session restore <want
        r3-session dump | cmp - want
    done
}

# refused STATUS TEXT: the dump in the file `bad` is refused so, and nothing is restored.
refused() {
    run "-$1" r3-session restore <bad
    [[ $output == *"$2"* ]] || { echo "$kind: $output"; false; }
    [ "$(sql 'SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM seen_inputs)')" = 0 ]
}

@test "restore takes nothing else than a dump, and all of it or nothing" {
    sample >good
    for k in sqlite postgresql; do
        place $k strict
        r3-session init
        : >bad
        refused 65 'cut off'
        head -n 9 good >bad
        refused 65 'standard input: cut off: no {"type":"end"} after 9 lines'
        head -c 3000 good >bad
        refused 65 'line is cut off'
        sed 's/"version":4/"version":5/' good >bad
        refused 76 'a dump of version 5, this r3 knows 4'
        sed 1d good >bad
        refused 65 'standard input:1: not as r3-session dump writes it'
        sed '$s/22/21/' good >bad
        refused 65 'standard input:24: not as'
        { cat good; tail -n 1 good; } >bad
        refused 65 'standard input:25: not as'
        sed '5d' good >bad
        refused 65 'not as'
        sed '4s/,"state"/, "state"/' good >bad
        refused 65 'standard input:4: not as'
        sed '4s/"since":1700000000001/"since":"1700000000001"/' good >bad
        refused 65 'standard input:4: not as'
        sed '4s/"since":1700000000001/"since":1.7e12/' good >bad
        refused 65 'standard input:4: not as'
        sed '4s/}}/,"more":1}}/' good >bad
        refused 65 'standard input:4: not as'
        sed '4s/"name":"sma-cross",//' good >bad
        refused 65 'standard input:4: not as'
        sed '4s/"name":"sma-cross","state":"ACTIVE"/"state":"ACTIVE","name":"sma-cross"/' good >bad
        refused 65 'standard input:4: not as'
        sed '4s/strategies/strategies; DROP TABLE sessions/' good >bad
        refused 65 'standard input:4: not as'
        sed '4s/strategies/transactions/' good >bad
        refused 65 'standard input:4: not as'
        { sed -n 1p good; sed -n 5p good; sed -n 2p good; echo '{"type":"end","rows":2}'; } >bad
        refused 65 'standard input:3: not as'
        { sed -n 1p good; sed -n 2p good; sed -n 2p good; echo '{"type":"end","rows":2}'; } >bad
        refused 65 'standard input:3: '
        { sed -n 1p good; sed -n 4p good; echo '{"type":"end","rows":1}'; } >bad
        refused 65 'standard input:2: ' # a strategy without its session
        for wrong in NaN Infinity -Infinity 1.50 1e5x ''; do
            sed "3s/\"cash\":\"10000\"/\"cash\":\"$wrong\"/" good >bad
            refused 65 'standard input:3: '
        done
        sed '3s/"ACTIVE"/"RUNNING"/' good >bad
        refused 65 'standard input:3: '
        sed '3s/"id":"s1"/"id":"s\\u0000"/' good >bad
        refused 65 'standard input:3: '
        { head -n 1 good; head -c 1100000 /dev/zero | tr '\0' ' '; echo; } >bad
        refused 65 'standard input:2: line is longer than 1048576 bytes'
        r3-session restore <good
        r3-session dump | cmp - good
    done
}

# broken SQL TEXT…: after SQL, check says each TEXT, and no more lines than these and the last.
broken() {
    sql "$1"
    run -65 r3-session check
    for text in "${@:2}"; do
        [[ $output == *"r3-session: $text"* ]] || { printf '%s: %s\n%s\n' "$kind" "$1" "$output"; false; }
    done
    [ "${#lines[@]}" -eq $# ] || { printf '%s: %s\n%s\n' "$kind" "$1" "$output"; false; }
    if [ $kind = sqlite ]; then
        rm -f "$R3_DB"*
    else
        sql 'TRUNCATE sessions, strategies, collects, tasks, candles, signals, orders, trades, positions, accounts, consumer_positions, notices, seen_inputs, outbox, states, counters, exchange_orders, exchange_fills, instruments'
    fi
    r3-session restore <good
}

@test "check names what is wrong" {
    sample >good
    for k in sqlite postgresql; do
        place $k wrong
        r3-session restore <good
        broken "DELETE FROM orders" 'trade t1: its order is not there: s1-1-ENTRY-1' 'trade t2: its order is not there: s1-1-ENTRY-1' 'order s1-1-ENTRY-1: on its way to the exchange, and not there: s1-1-ENTRY-1'
        broken "UPDATE accounts SET equity = '10095.74995000000001'" 'session s1: equity is 10095.74995000000001, its trades make 10095.74995'
        broken "UPDATE orders SET filled = '0.2'" 'order s1-1-ENTRY-1: filled is 0.2, its trades make 0.1' 'order s1-1-ENTRY-1: filled is 0.2, the exchange told of 0.1'
        broken "UPDATE orders SET cost = '4200', fee = '4'" 'order s1-1-ENTRY-1: cost is 4200, its trades make 4200.05' 'order s1-1-ENTRY-1: fee is 4, its trades make 4.20005' \
            'order s1-1-ENTRY-1: cost is 4200, the exchange told of 4200.05' 'order s1-1-ENTRY-1: fee is 4, the exchange told of 4.20005'
        broken "UPDATE exchange_orders SET filled = '0.2'" 'order s1-1-ENTRY-1: filled is 0.1, the exchange told of 0.2'
        # A notice that waits says nothing of an order.
        broken "UPDATE exchange_orders SET filled = '0.2'; INSERT INTO outbox (program, session, number, record) VALUES ('r3-order', 's1', 1, '{\"type\":\"notice\"}')" \
            'order s1-1-ENTRY-1: filled is 0.1, the exchange told of 0.2'
        broken "UPDATE exchange_orders SET step = 'WORKING'" 'order s1-1-ENTRY-1: its status does not fit that of its way to the exchange: WORKING'
        broken "DELETE FROM exchange_orders" 'fill 11029373945659392: its order is not there: s1-1-ENTRY-1'
        broken "UPDATE sessions SET state = 'STOPPED', ended = 9 WHERE id = 's1'; DELETE FROM tasks; DELETE FROM strategies; UPDATE exchange_orders SET step = 'INTENT'" \
            'order s1-1-ENTRY-1: of a session that is STOPPED, and on its way to the exchange: INTENT' \
            'order s1-1-ENTRY-1: its status does not fit that of its way to the exchange: INTENT'
        broken "UPDATE positions SET size = '0.11'" 'session s1: BTC-USDT is 0.11, its trades make 0.1'
        broken "UPDATE positions SET side = 'SHORT'" 'session s1: BTC-USDT is -0.1, its trades make 0.1'
        broken "UPDATE positions SET side = 'FLAT', size = '0'" 'session s1: BTC-USDT is 0, its trades make 0.1'
        broken "UPDATE positions SET market = 'ETH-USDT'" 'session s1: ETH-USDT is 0.1, its trades make 0' 'session s1: no position in BTC-USDT' 'session s1: equity is '
        broken "DELETE FROM accounts" 'session s1: it has trades and no account'
        broken "UPDATE accounts SET currency = 'EUR'" 'session s1: its account is in EUR'
        broken "DELETE FROM tasks" 'session s1: no active task for a session that is ACTIVE'
        broken "UPDATE tasks SET state = 'PAUSED'" 'session s1: no active task for a session that is ACTIVE'
        broken "UPDATE strategies SET name = 'other'" 'session s1: no strategy in that state for a session that is ACTIVE'
        broken "UPDATE collects SET state = 'IDLE'" 'session s1: no active collect of its candles for a session that is ACTIVE'
        broken "UPDATE sessions SET state = 'STOPPED', ended = 9" 'task s1: left over from a session that is STOPPED' 'strategy s1: left over from a session that is STOPPED'
        broken "UPDATE sessions SET state = 'STOPPED', ended = 9 WHERE id = 's1'; DELETE FROM tasks; DELETE FROM strategies; UPDATE orders SET status = 'OPENED'" 'order s1-1-ENTRY-1: it works, for a session that is STOPPED' 'order s1-1-ENTRY-1: its status does not fit'
        broken "UPDATE sessions SET ended = NULL" 'session s0: its times of start, first action or end do not fit one that is STOPPED'
        broken "UPDATE sessions SET ended = 9" 'session s1: its times of start, first action or end do not fit one that is ACTIVE'
        broken "UPDATE sessions SET acts_from = NULL" 'session s1: its times'
        broken "UPDATE sessions SET state = 'PAUSED'; DELETE FROM tasks WHERE session = 's1'; UPDATE sessions SET state = 'STOPPED' WHERE id = 's0'" 'session s1: no active task for a session that is PAUSED' 'session s1: no strategy in that state for a session that is PAUSED'
        broken "UPDATE sessions SET state = 'STOPPING' WHERE id = 's1'; UPDATE collects SET state = 'IDLE'" 'session s1: no strategy in that state for a session that is STOPPING' 'session s1: no active collect of its candles for a session that is STOPPING'
        broken "DELETE FROM signals" 'order s1-1-ENTRY-1: its signal is not there: s1-sig'
        broken "DELETE FROM sessions WHERE id = 's1'" 'order s1-1-ENTRY-1: its session is not there: s1' 'signal s1-sig: its session' \
            'position BTC-USDT: its session' 'account s1: its session' 'task s1: left over from a session that is gone' 'strategy s1: left over'
        broken "UPDATE trades SET price = '0' WHERE id = 't1'" 'trade t1: its price and size are not above zero' 'order ' 'order ' 'order ' 'session s1: BTC-USDT' 'session s1: equity'
        broken "UPDATE sessions SET cash = '0.000000000000001' WHERE id = 's0'" 'session s0: cash has more than 14 decimals'
        sql "UPDATE trades SET session = 's0' WHERE id = 't2'"
        run -65 r3-session check
        [[ $output == *'trade t2: its order is of another session: s1-1-ENTRY-1'* ]]
    done
}

@test "a damaged file is told" {
    place sqlite damaged
    seq -f %05g 1 3000 | sed 's/.*/{"type":"row","table":"outbox","values":{"program":"x","session":"","number":1&,"record":"x","acknowledged":0}}/' >rows
    sample | sed -e '/"table":"outbox"/r rows' -e 's/"rows":22/"rows":3022/' | r3-session restore
    printf 'damage damage damage damage' | dd of="$R3_DB" bs=1 seek=$(($(stat -c %s "$R3_DB") / 8192 * 4096)) conv=notrunc status=none # a page's head
    run -65 r3-session check
    [[ $output == *damaged.db* ]]
}

@test "a full disk: an error, and nothing is lost" {
    place sqlite full
    sample | r3-session restore
    r3-session dump >want
    run -74 bash -c 'r3-session dump >/dev/full'
    place sqlite small
    r3-session init
    run -74 bash -c 'trap "" XFSZ; ulimit -f 150; r3-session restore <want'
    run -0 r3-session dump
    [ "${lines[1]}" = '{"type":"end","rows":0}' ]
    run -0 r3-session restore <want
}

@test "a dump shows one moment while others write" {
    for k in sqlite postgresql; do
        place $k moment
        r3-session init
        (for i in {1..30}; do R3_STORE_TEST=$R3_DB "$BIN/tests/unit/store" "input-$i" >/dev/null; done) 3>&- &
        writer=$!
        for i in {1..15}; do
            r3-session dump >dump
            [ "$(grep -c '"table":"seen_inputs"' dump)" -eq "$(grep -c '"table":"outbox"' dump)" ]
        done
        wait $writer
        [ "$(r3-session dump | grep -c '"table":"outbox"')" -eq 30 ]
    done
}
