# Sessions: made, started, paused, stopped, listed and deleted; everything on SQLite and on PostgreSQL.
load helper
load stores

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$DATA/btcusd-bitstamp-2013_1H.csv" btc.csv
    unset R3_DB R3_STRATEGIES
    export R3_NOW=2013-11-28T10:20:00Z
}

# ready KIND NAME: an empty store of that kind, with its tables.
ready() {
    place "$1" "$2"
    r3-session init
}
# is NAME STATE: what list says; clean: check finds nothing.
is() { [ "$(r3-session show "$1" --json | jq -r .state)" = "$2" ]; }
clean() {
    run -0 r3-session check
    [[ $output == *'nothing wrong' ]]
}

LABEL=sma-cross-Kucoin-BTCUSD-1H-refresh5mn

@test "start: rows, task and command in one transaction, and the command as a record" {
    for k in sqlite postgresql; do
        ready $k start
        run -0 r3-session start $LABEL --paper --cash 5000 --risk 1% --set fast=5 --fee 0.2% --stop-loss 5% --source btc.csv
        [ "${#lines[@]}" -eq 1 ]
        [ "$(jq -c '[.type, .time, .action, .label, .platform, .market, .timeframe, .refresh, .mode]' <<<"$output")" = \
            '["command",1385634000000,"start","'$LABEL'","kucoin","BTC-USD","1H",300000,"paper"]' ]
        [ "$(jq -r .pipeline <<<"$output")" = "r3-strategy sma-cross --market BTC-USD --timeframe 1H --set fast=5 | r3-track --protect tracker --stop-loss 5% | r3-size --risk 1% --fee 0.2% | r3-order --paper --cash 5000 --fee 0.2%" ]
        id=$(jq -r .session <<<"$output")
        [[ $id =~ ^s1[b-z]{3}$ ]]
        [ "$(jq -r .id <<<"$output")" = "$id-start-1" ]
        [ "$(sql "SELECT record FROM outbox WHERE program = 'r3-session' AND session = '$id'")" = "$output" ]
        [ "$(sql 'SELECT state, currency, cash, created, started, acts_from FROM sessions')" = 'ACTIVE|USD|5000|1385634000000|1385634000000|1385632800000' ]
        [ "$(sql 'SELECT source FROM sessions')" = "$(realpath btc.csv)" ]
        [ "$(sql 'SELECT session, name, state, since FROM strategies')" = "$id|sma-cross|ACTIVE|1385634000000" ]
        [ "$(sql 'SELECT session, every, state, due FROM tasks')" = "$id|300000|ACTIVE|1385634300000" ]
        [ "$(sql 'SELECT count(*) FROM collects')" = 0 ] # a file feeds it
        clean
    done
}

@test "the exchange's candles are collected while a session that is not over uses them" {
    for k in sqlite postgresql; do
        ready $k collect
        r3-session start $LABEL --paper >one
        r3-session start ema-cross-Kucoin-BTCUSD-1H-refresh1mn --paper >two
        r3-session start ema-cross-Kucoin-BTCUSD-4H-refresh1mn --paper >three
        [ "$(sql 'SELECT platform, market, timeframe, state FROM collects ORDER BY timeframe')" = $'kucoin|BTC-USD|1H|ACTIVE\nkucoin|BTC-USD|4H|ACTIVE' ]
        r3-session stop s1 >/dev/null
        [ "$(sql "SELECT state FROM collects WHERE timeframe = '1H'")" = ACTIVE ]
        r3-session stop s2 >/dev/null
        [ "$(sql "SELECT state FROM collects WHERE timeframe = '1H'")" = IDLE ]
        [ "$(sql "SELECT state FROM collects WHERE timeframe = '4H'")" = ACTIVE ]
        r3-session start $LABEL --paper >/dev/null
        [ "$(sql "SELECT state FROM collects WHERE timeframe = '1H'")" = ACTIVE ]
        clean
        run -0 r3-session show s4 --pipeline
        [[ $output == 'r3-collect kucoin '* ]]
    done
}

@test "labels: every usual spelling, a strategy's name with -, a file of rules" {
    ready sqlite labels
    want() { # LABEL STRATEGY PLATFORM MARKET TIMEFRAME REFRESH
        r3-session create "$1" --paper >id
        run -0 jq -r '[.label, .strategy, .platform, .market, .timeframe, .refresh] | join(" ")' < <(r3-session show "$(cat id)" --json)
        [ "$output" = "$*" ] || { echo "$output"; false; }
    }
    want sma-cross-Kucoin-BTCUSDT-1H-refresh5mn sma-cross kucoin BTC-USDT 1H 300000
    want sma-cross-KUCOIN-btc-usdt-60m-refresh90s sma-cross kucoin BTC-USDT 1H 90000
    want macd-Kucoin-BTC/USDT-M5-Refresh1h macd kucoin BTC-USDT 5m 3600000
    want donchian-breakout-binance-ETH_EUR-DAILY-refresh1d donchian-breakout binance ETH-EUR 1D 86400000
    mkdir rules
    cp "$TOP/lib/strategies/sma-cross.rules" rules/Strategy1.rules
    R3_STRATEGIES=$PWD/rules want Strategy1-Kucoin-BTCUSD-1H-refresh5mn Strategy1 kucoin BTC-USD 1H 300000
    # what runs it later needs no variable
    r3-session show s5 --json | jq -r .pipeline | grep -qF "r3-strategy $(realpath rules/Strategy1.rules) "
    r3-session create MyName-Kucoin-BTCUSD-1H-refresh5mn --paper --strategy rules/Strategy1.rules
    run -0 jq -r '[.label, .strategy] | join(" ")' < <(r3-session show s6 --json)
    [ "$output" = 'MyName-Kucoin-BTCUSD-1H-refresh5mn Strategy1' ]
    run -0 r3-session create --paper --strategy ema-cross --market btc/usdt --timeframe h4
    run -0 jq -r '[.label, .platform, .refresh] | join(" ")' < <(r3-session show s7 --json)
    [ "$output" = 'ema-cross-Kucoin-BTCUSDT-4H-refresh5mn kucoin 300000' ]
    run -0 r3-session create --paper --strategy ./rules/Strategy1.rules --market btcusd --timeframe 1D --platform Bitstamp --refresh 90s --source btc.csv
    [ "$(r3-session show s8 --json | jq -r .label)" = 'Strategy1-Bitstamp-BTCUSD-1D-refresh90s' ]
    clean
}

@test "what is refused when a session is made, with a sentence" {
    ready sqlite refused
    no() { # STATUS TEXT ARGUMENTS…
        run "-$1" r3-session create "${@:3}"
        [[ $output == *"$2"* ]] || { echo "$*: $output"; false; }
        [ "$(sql 'SELECT count(*) FROM sessions')" = 0 ]
    }
    no 64 'say --paper' $LABEL
    no 64 '--live wants --cash' $LABEL --live
    no 64 '--paper or --live, one of them' $LABEL --live --paper
    no 78 'no candles of bitstamp can be had: --source FILE' sma-cross-Bitstamp-BTCUSD-1H-refresh5mn --paper
    no 64 'wants a LABEL' --paper
    no 64 'wants a LABEL' --paper --strategy sma-cross --market BTCUSD
    no 64 'no refreshTIME at its end' sma-cross --paper
    no 64 'no refreshTIME at its end' sma-cross-Kucoin-BTCUSD-1H-5mn --paper
    no 64 'refresh0m: not a time' sma-cross-Kucoin-BTCUSD-1H-refresh0m --paper
    no 64 'timeframe' sma-cross-Kucoin-BTCUSD-7H-refresh5mn --paper
    no 64 'not a market: "XYZ"' sma-cross-Kucoin-XYZ-1H-refresh5mn --paper
    no 64 'not a platform: "Ku coin"' 'sma-cross-Ku coin-BTCUSD-1H-refresh5mn' --paper
    no 64 'no market' BTCUSD-1H-refresh5mn --paper
    no 64 'no strategy and platform' Kucoin-BTCUSD-1H-refresh5mn --paper
    no 64 'not the name of a strategy' ' -Kucoin-BTCUSD-1H-refresh5mn' --paper
    no 64 'no strategy none' none-Kucoin-BTCUSD-1H-refresh5mn --paper
    no 64 '--market: the label says it already' $LABEL --paper --market ETHUSD
    no 64 '--strategy: ./none.rules' $LABEL --paper --strategy ./none.rules
    no 64 '--source: none.csv' $LABEL --paper --source none.csv
    no 64 'is no file' $LABEL --paper --source .
    no 64 '--cash wants an amount above 0' $LABEL --paper --cash 0
    no 64 'r3-size: ' $LABEL --paper --risk 1% --kelly 0.5
    no 64 'r3-track: --stop-loss' $LABEL --paper --stop-loss 200%
    no 64 'r3-strategy: ' $LABEL --paper --set none=1
    no 64 'unknown option --nonsense' $LABEL --paper --nonsense x
    # Options of the programs that are not a session's are refused with the reason.
    for option in plot session state updates protect close-at-end every strict list explain from to resample both gaps pace quiet book entries-from; do
        no 64 "--$option is not for a session: " $LABEL --paper --source btc.csv --$option
    done
    no 64 "--resample is not for a session: candles of the session's timeframe are made" $LABEL --paper --resample=5m
    no 64 '--columns: only with --source FILE' $LABEL --paper --columns time,close
    no 64 '--strategy or -e, one of them' $LABEL --paper --strategy ema-cross -e 'long = close > 1'
    no 65 'r3-strategy: -e:1:' $LABEL --paper -e 'long = close >'
    # The source is read as far as its first candles.
    echo hello >bad.csv
    no 65 "$PWD/bad.csv:1: neither a header" $LABEL --paper --source bad.csv
    : >empty.csv
    no 65 "$PWD/empty.csv: it holds no candle" $LABEL --paper --source empty.csv
    sed '20s/,.*/,x,y,z,1,1/' btc.csv >wrong.csv
    no 65 "$PWD/wrong.csv:20: " $LABEL --paper --source wrong.csv
    no 78 "$PWD/btc.csv: candles of 1H cannot be put together to 15m" sma-cross-Kucoin-BTCUSD-15m-refresh5mn --paper --source btc.csv
    no 64 'create wants [LABEL]' $LABEL $LABEL --paper
    echo 'long = crossover(close, at("1D", close' >bad.rules
    no 65 'r3-strategy: ' $LABEL --paper --strategy bad.rules
    echo 'long = close > at("5m", close)' >fine.rules
    no 65 'cannot be made of 1H candles' $LABEL --paper --strategy fine.rules
    run -64 r3-session start $LABEL
    [[ $output == *'say --paper to start a new one'* ]]
    run -64 r3-session start --paper s1
    run -64 r3-session start s1
    [[ $output == *'no session s1: '* ]]
    [ "$(sql 'SELECT count(*) FROM sessions')" = 0 ]
    clean
}

@test "ids: never given twice, short where they are clear, labels where one alone has it" {
    for k in sqlite postgresql; do
        ready $k ids
        for i in {1..11}; do r3-session create $LABEL --paper --cash $i; done >ids
        [ "$(sort -u ids | wc -l)" -eq 11 ]
        diff <(seq 1 11) <(tr -dc '0-9\n' <ids)
        [ "$(r3-session show s1 --json | jq -r .cash)" = 1 ] # not s10, s11
        [ "$(r3-session show s11 --json | jq -r .cash)" = 11 ]
        [ "$(r3-session show "$(sed -n 7p ids)" --json | jq -r .cash)" = 7 ]
        run -64 r3-session show $LABEL
        [[ $output == *"11 sessions are $LABEL; name one by its id: $(sed -n 1p ids) (CREATED), "* ]]
        run -64 r3-session stop $LABEL
        [[ $output == *"name one by its id"* ]]
        r3-session list --json | jq -r .id | diff - ids # in the order of their numbers
        r3-session delete $(sed -n '2,11p' ids)
        [ "$(r3-session show $LABEL --json | jq -r .cash)" = 1 ]
        r3-session create $LABEL --paper | grep -q '^s12'
        sql "UPDATE sessions SET id = 's1' || 'zzz' WHERE id LIKE 's12%'" # as if it came from another store
        run -64 r3-session show s1
        [[ $output == *'2 sessions are s1; '* ]]
        run -64 r3-session show s
        run -64 r3-session show ''
        run -64 r3-session show "s1' OR 1=1 --"
    done
}

@test "a label is found however it is spelled" {
    for k in sqlite postgresql; do
        ready $k spelled
        one=$(r3-session create sma-cross-Kucoin-BTCUSDT-1H-refresh5mn --paper)
        r3-session create sma-cross-Kucoin-BTCUSDT-1H-refresh6mn --paper
        r3-session create ema-cross-Kucoin-BTCUSDT-1H-refresh5mn --paper
        r3-session create sma-cross-Kucoin-BTCUSDT-4H-refresh5mn --paper
        r3-session create sma-cross-Kucoin-BTCUSD-1H-refresh5mn --paper
        for label in sma-cross-Kucoin-BTCUSDT-1H-refresh5mn sma-cross-kucoin-BTC-USDT-60m-refresh5m SMA-Cross-KUCOIN-btc/usdt-H1-Refresh300s; do
            [ "$(r3-session show $label --json | jq -r .id)" = "$one" ]
        done
        for label in sma-cross-Kucoin-BTCUSDT-1H-refresh7mn sma-cross-Binance-BTCUSDT-1H-refresh5mn sma-cross-Kucoin-ETHUSDT-1H-refresh5mn sma-cross-Kucoin-BTCUSDT-30m-refresh5mn macd-Kucoin-BTCUSDT-1H-refresh5mn; do
            run -64 r3-session show $label
            [[ $output == *"no session $label"* ]]
        done
        # Two spellings of the same are two sessions of that label.
        two=$(r3-session create sma-cross-Kucoin-BTC-USDT-60m-refresh5m --paper)
        run -64 r3-session show sma-cross-Kucoin-BTCUSDT-1H-refresh5mn
        [[ $output == *"2 sessions are sma-cross-Kucoin-BTCUSDT-1H-refresh5mn; name one by its id: $one (CREATED), $two (CREATED)"* ]]
        r3-session start $one >/dev/null
        r3-session stop $one >/dev/null
        [ "$(r3-session show sma-cross-Kucoin-BTCUSDT-1H-refresh5mn --json | jq -r .id)" = "$two" ]
    done
}

@test "an ambiguous name with many choices is still one line" {
    ready sqlite many
    for i in {1..40}; do echo "r3-session create $LABEL --paper"; done | bash >/dev/null
    run -64 --separate-stderr r3-session pause $LABEL
    [ "${#stderr_lines[@]}" -eq 2 ]
    [[ ${stderr_lines[0]} == *'40 sessions are '*' …' ]]
}

@test "pause, resume, stop: states, commands, and what each word refuses" {
    for k in sqlite postgresql; do
        ready $k change
        id=$(r3-session create $LABEL --paper --source btc.csv)
        is s1 CREATED
        [ "$(sql 'SELECT count(*) FROM tasks')" = 0 ]
        run -1 r3-session pause s1
        [[ $output == *"$id is CREATED and cannot be paused" ]]
        run -1 r3-session resume s1
        run -0 r3-session start s1
        [ "$(jq -r .id <<<"$output")" = "$id-start-1" ]
        is s1 ACTIVE
        run -0 r3-session start s1
        [ "$output" = "r3-session: $id is ACTIVE already" ]
        run -0 r3-session resume s1
        [[ $output == *'is ACTIVE already' ]]

        R3_NOW=2013-11-28T11:00:00Z run -0 r3-session suspend $LABEL
        [ "$output" = '{"type":"command","id":"'$id'-pause-2","time":1385636400000,"action":"pause","session":"'$id'","label":"'$LABEL'"}' ]
        is s1 PAUSED
        [ "$(sql 'SELECT state, since FROM strategies')" = 'PAUSED|1385636400000' ]
        [ "$(sql 'SELECT state FROM tasks')" = ACTIVE ] # what it holds stays protected
        clean
        run -1 r3-session start s1
        [[ $output == *'r3-session resume lets it go on' ]]
        run -1 r3-session delete s1
        run -0 r3-session recover s1
        is s1 ACTIVE
        clean

        sql 'UPDATE sessions SET seen = 1385636400000' # as if it had run
        run -0 r3-session OFF s1
        [ "$(jq -r '[.action, .position] | join(" ")' <<<"$output")" = 'stop close' ]
        is s1 STOPPING
        [ "$(sql 'SELECT s.state, t.state FROM strategies s JOIN tasks t ON t.session = s.session')" = 'PAUSED|ACTIVE' ]
        clean
        run -0 r3-session stop s1
        [[ $output == *'is STOPPING already' ]]
        run -0 r3-session stop s1 --keep-position
        [[ $output == *'is STOPPING already, and its position is being closed' ]]
        for word in pause resume start delete; do run -1 r3-session $word s1; done
        [ "$(sql 'SELECT count(*) FROM outbox')" = 4 ]
        run -0 r3-session check
    done
}

@test "stop of a session that never ran ends it at once, unless a run is at work" {
    for k in sqlite postgresql; do
        ready $k never
        r3-session create $LABEL --paper
        r3-session start ema-cross-Kucoin-ETHUSD-1H-refresh5mn --paper --source btc.csv >/dev/null
        r3-session start macd-Kucoin-ETHUSD-1H-refresh5mn --paper --source btc.csv >/dev/null
        r3-session run s3 >run
        run -0 r3-session stop s1 s2 s3 --keep-position
        [ "${#lines[@]}" -eq 3 ]
        [ "$(jq -r .position <<<"$output" | sort -u)" = keep ]
        is s1 STOPPED
        is s2 STOPPED
        is s3 STOPPING
        [ "$(sql "SELECT count(*) FROM tasks")" = 1 ]
        [ "$(sql "SELECT count(*) FROM strategies")" = 1 ]
        [ "$(sql "SELECT count(*) FROM outbox WHERE session NOT LIKE 's3%'")" = 0 ] # nobody will fetch them
        [ "$(r3-session show s2 --json | jq -r '[.ended, .reason] | join(" ")')" = '1385634000000 stopped before its first run' ]
        clean
        run -0 r3-session stop s1
        [[ $output == *'is STOPPED already' ]]
    done
}

@test "stop --all stops each one that acts, and several at once go as a whole or not at all" {
    for k in sqlite postgresql; do
        ready $k all
        for i in 1 2 3; do r3-session start $LABEL --paper --source btc.csv >/dev/null; done
        r3-session create $LABEL --paper --source btc.csv
        r3-session pause s2 >/dev/null
        run -64 r3-session stop
        run -64 r3-session stop s1 --all
        run -1 r3-session pause s1 s3 s4
        is s1 ACTIVE
        run -64 r3-session pause s1 s9
        is s1 ACTIVE
        r3-session start $LABEL --paper --source btc.csv >/dev/null
        sql "UPDATE sessions SET state = 'STOPPING', seen = 1385632800000 WHERE id LIKE 's5%'; UPDATE strategies SET state = 'PAUSED' WHERE session LIKE 's5%'"
        run -0 r3-session stop --all
        [ "${#lines[@]}" -eq 4 ]
        [[ $output == *"r3-session: s5"???' is STOPPING already'* ]]
        sql "UPDATE sessions SET seen = NULL WHERE id LIKE 's5%'"
        r3-session stop --force s5 >/dev/null
        [ "$(sql 'SELECT state FROM sessions ORDER BY id')" = $'STOPPED\nSTOPPED\nSTOPPED\nCREATED\nSTOPPED' ]
        run -0 r3-session stop --all
        [ "$output" = "" ]
        clean
    done
}

@test "delete takes a session that is over, with all it did, and nothing of others" {
    for k in sqlite postgresql; do
        ready $k delete
        for i in 1 2; do
            id=$(r3-session start $LABEL --paper --source btc.csv | jq -r .session)
            sql "INSERT INTO signals (id, session, strategy, platform, market, timeframe, time, direction, reference, state) VALUES ('g$i', '$id', 'a', 'k', 'BTC-USD', '1H', 1, 'LONG', '1', 'ACTED');
                INSERT INTO orders (id, session, signal, platform, market, time, role, side, kind, size, status, execution, filled, cost, fee, updated) VALUES ('o$i', '$id', 'g$i', 'k', 'BTC-USD', 1, 'ENTRY', 'BUY', 'MARKET', '2', 'CLOSED', 'FULLY_EXECUTED', '2', '20', '0.5', 1);
                INSERT INTO trades (id, order_id, session, market, time, side, role, price, size, fee, fee_currency, liquidity) VALUES ('t$i', 'o$i', '$id', 'BTC-USD', 1, 'BUY', 'ENTRY', '10', '2', '0.5', 'USD', 'TAKER');
                INSERT INTO positions (session, market, time, side, size, cost, entry_price, price, value, unrealized_pnl, realized_pnl) VALUES ('$id', 'BTC-USD', 1, 'LONG', '2', '20', '10', '11', '22', '2', '0');
                INSERT INTO accounts (session, time, currency, equity, available) VALUES ('$id', 1, 'USD', '10001.5', '9979.5');
                INSERT INTO states (session, program, part, record) VALUES ('$id', 'r3-track', 1, '{}');
                INSERT INTO notices (session, program, number, time, level, message) VALUES ('$id', 'r3-track', 1, 1, 'INFO', 'a');
                INSERT INTO seen_inputs (consumer, session, input, time) VALUES ('c', '$id', 'i', 1);"
        done
        clean
        run -1 r3-session delete s1
        r3-session stop s1 >/dev/null
        is s1 STOPPED
        r3-session delete s1
        r3-session dump >dump
        run ! grep -E '"s1[b-z]{3}|/s1[b-z]{3}|"(g|o|t)1"' dump
        [ "$(jq -r 'select(.table) | .table' dump | sort | uniq -c | sort -rn | head -n 3 | awk '{print $1, $2}')" = $'3 counters\n1 trades\n1 tasks' ]
        clean
        run -64 r3-session delete s1
        run -0 r3-session list --all
        [ "${#lines[@]}" -eq 2 ]
    done
}

@test "list: a table for people, lines of JSON for programs" {
    for k in sqlite postgresql; do
        ready $k list
        run -0 r3-session list
        [ "$output" = 'ID  LABEL  STATE  POSITION  EQUITY  RETURN  LAST RUN  NEXT TICK' ]
        run -0 r3-session list --json
        [ "$output" = "" ]
        one=$(r3-session start $LABEL --paper --source btc.csv | jq -r .session)
        two=$(r3-session start ema-cross-Kucoin-ETHUSDT-4H-refresh1h --paper --cash 0.5 | jq -r .session)
        three=$(r3-session create macd-Kucoin-ETHUSDT-4H-refresh1h --paper)
        sql "UPDATE sessions SET seen = 1385632800000 WHERE state = 'ACTIVE';
            UPDATE sessions SET last_run = 1385634000000, last_status = 65, last_failure = 'r3-collect: btc.csv:60: no price', failures = 3 WHERE id = '$one';
            UPDATE tasks SET done = 1385634000000 WHERE session = '$one';
            INSERT INTO positions (session, market, time, side, size, cost, entry_price, price, value, unrealized_pnl, realized_pnl) VALUES ('$one', 'BTC-USD', 1, 'LONG', '2', '20', '10', '11', '22', '2', '0'), ('$two', 'ETH-USDT', 1, 'FLAT', '0', '0', '0', '11', '0', '0', '0');
            INSERT INTO accounts (session, time, currency, equity, available) VALUES ('$one', 1, 'USD', '10125.555', '9979.5'), ('$two', 1, 'USDT', '0.4990000049', '0.499')"
        R3_NOW=2013-11-28T11:09:59Z r3-session list >table
        diff table - <<END
ID     LABEL                                  STATE              POSITION          EQUITY   RETURN  LAST RUN  NEXT TICK
$one  sma-cross-Kucoin-BTCUSD-1H-refresh5mn  ACTIVE, FAILING 3  LONG 2 BTC  10125.56 USD  +1.26 %  10:20Z    10:25Z
$two  ema-cross-Kucoin-ETHUSDT-4H-refresh1h  ACTIVE             FLAT          0.499 USDT  -0.20 %  10:00Z    11:00Z
$three  macd-Kucoin-ETHUSDT-4H-refresh1h       CREATED            -             10000 USDT  +0.00 %  -         -
END
        # Nobody ran it for ten minutes; it is run, and the last candle closed more than two timeframes and a refresh ago.
        R3_NOW=2013-11-28T11:10:01Z r3-session list | grep -q "^$two.* ACTIVE, NOT RUN  *FLAT"
        sql "UPDATE sessions SET last_run = 1385636400000 WHERE id = '$two'" # by hand, at 11:00
        R3_NOW=2013-11-28T12:10:00Z r3-session list | grep -q "^$two.* ACTIVE  *FLAT"
        R3_NOW=2013-11-28T12:10:01Z r3-session list | grep -q "^$two.* ACTIVE, NOT RUN  *FLAT"
        sql "UPDATE tasks SET due = 1385683200000 WHERE session = '$two'" # midnight
        R3_NOW=2013-11-28T19:00:00Z r3-session list | grep -q "^$two.* ACTIVE  *FLAT"
        R3_NOW=2013-11-28T19:00:01Z r3-session list | grep -q "^$two.* ACTIVE, OLD CANDLES  *FLAT"
        [ "$(R3_NOW=2013-11-28T19:00:01Z r3-session list --json | jq -r '.trouble // "-"' | xargs)" = 'FAILING OLD_CANDLES -' ]
        sql "UPDATE tasks SET due = 1385636400000 WHERE session = '$two'"
        R3_NOW=2013-11-29T00:00:00Z r3-session list | grep -q "^$one.*2013-11-28 10:20Z  2013-11-28 10:25Z$"
        r3-session list --json >lines
        [ "$(wc -l <lines)" -eq 3 ]
        diff <(jq -cS . <lines | head -n 1) <(jq -cS . <<END
{"id":"$one","label":"$LABEL","state":"ACTIVE","mode":"paper","strategy":"sma-cross","platform":"kucoin","market":"BTC-USD","timeframe":"1H","refresh":300000,
 "source":"$PWD/btc.csv","created":1385634000000,"started":1385634000000,"acts_from":1385632800000,"seen":1385632800000,"trouble":"FAILING","last_run":1385634000000,"last_status":65,"last_failure":"r3-collect: btc.csv:60: no price","failures":3,"next_tick":1385634300000,
 "currency":"USD","cash":"10000","equity":"10125.555","available":"9979.5","return":0.0125555,
 "position":{"side":"LONG","size":"2","entry_price":"10","price":"11","value":"22","unrealized_pnl":"2","realized_pnl":"0","time":1}}
END
        )
        r3-session stop "$three" >/dev/null
        [ "$(r3-session list --json | wc -l)" -eq 2 ]
        [ "$(r3-session list --json --all | wc -l)" -eq 3 ]
    done
}

@test "list is coloured on a terminal alone, and not against the user's wish" {
    script -qec true /dev/null >/dev/null 2>&1 || skip "this system gives out no pseudo-terminal"
    ready sqlite colour
    r3-session start $LABEL --paper --source btc.csv >/dev/null
    shown() { env "$@" TERM=xterm script -qec 'r3-session list' /dev/null </dev/null; }
    shown X=1 | grep -qF $'\033[32mACTIVE\033[0m'
    shown R3_NOW=2013-11-28T23:00:00Z | grep -qF $'\033[31mACTIVE, NOT RUN\033[0m'
    run ! grep -q $'\033' < <(shown NO_COLOR=1)
    run ! grep -q $'\033' < <(TERM=xterm r3-session list)
    [ "$(shown NO_COLOR=1 | tr -d '\r')" = "$(r3-session list)" ]
}

@test "show: one session for people, for programs, and as the backtest that equals it" {
    for k in sqlite postgresql; do
        ready $k show
        run -64 r3-session show
        id=$(r3-session start $LABEL --paper --source btc.csv --set fast=5 --set slow=20 --fraction 0.5 | jq -r .session)
        run -0 r3-session show s1 --pipeline
        [ "$output" = "r3-collect $PWD/btc.csv --platform kucoin --market BTC-USD --resample 1H --both --growing --from 2013-11-27T13:00:00Z | r3-strategy sma-cross --market BTC-USD --timeframe 1H --set fast=5 --set slow=20 --session $id --from 2013-11-28T10:00:00Z | r3-track --protect tracker | r3-size --fraction 0.5 | r3-order --paper --cash 10000 --session $id | r3-report --session $id" ]
        sql 'UPDATE sessions SET seen = 1385812800000'
        run -0 r3-session show s1 --pipeline
        [[ $output == *' --from 2013-11-27T13:00:00Z --to 2013-11-30T12:00:00Z | '* ]]
        run -0 r3-backtest "$output"
        [[ $output == *'2013-11-30'* ]]
        run -64 r3-session show s1 --pipeline --json

        sql "INSERT INTO signals (id, session, strategy, platform, market, timeframe, time, direction, reference, state) VALUES ('g1', '$id', 'a', 'k', 'BTC-USD', '1H', 1385636400000, 'LONG', '950.5', 'ACTED');
            INSERT INTO orders (id, session, signal, platform, market, time, role, side, kind, price, size, status, execution, filled, cost, fee, updated) VALUES ('o1', '$id', 'g1', 'k', 'BTC-USD', 1385636400000, 'ENTRY', 'BUY', 'LIMIT', '949', '2', 'OPENED', 'NOT_EXECUTED', '0', '0', '0', 1);
            INSERT INTO notices (session, program, number, time, level, message) VALUES ('$id', 'r3-track', 1, 1385636400000, 'WARNING', 'two signals at once')"
        R3_NOW=2013-11-28T23:00:00Z run -0 r3-session show s1
        diff - <(echo "$output") <<END
$id  $LABEL

state       ACTIVE, paper
NOT RUN     nobody has done its tick of 10:25Z: is run-due called each minute, by cron or the timer?
market      BTC-USD of kucoin, 1H, every 5m
candles     $PWD/btc.csv
created     10:20Z
started     10:20Z
acts from   10:00Z
candles to  2013-11-30 12:00Z
last run    2013-11-30 12:00Z
next tick   10:25Z
position    -
equity      10000 USD (+0.00 %), available 10000, began with 10000 USD
so far      signals 1, orders 1, trades 0
last signal LONG at 950.5 (ACTED), 11:00Z
pipeline    r3-strategy sma-cross --market BTC-USD --timeframe 1H --set fast=5 --set slow=20 | r3-track --protect tracker | r3-size --fraction 0.5 | r3-order --paper --cash 10000

working orders
  o1  ENTRY LIMIT BUY 2 at 949, filled 0, 11:00Z

last notices
  11:00Z  WARNING  r3-track: two signals at once
END
        run -0 r3-session show s1 --json
        [ "$(jq -c '[.id, .signals, .orders, .trades, .last_signal, .working_orders, .last_notices]' <<<"$output")" = '["'$id'",1,1,0,{"time":1385636400000,"direction":"LONG","reference":"950.5","state":"ACTED"},[{"time":1385636400000,"id":"o1","market":"BTC-USD","role":"ENTRY","side":"BUY","kind":"LIMIT","price":"949","size":"2","filled":"0"}],[{"time":1385636400000,"level":"WARNING","program":"r3-track","text":"two signals at once"}]]' ]
        sql "INSERT INTO accounts (session, time, currency, equity, available) VALUES ('$id', 1, 'USD', '9990', '9000'); INSERT INTO positions (session, market, time, side, size, cost, entry_price, price, value, unrealized_pnl, realized_pnl) VALUES ('$id', 'BTC-USD', 1, 'SHORT', '2', '20', '10', '15', '-30', '-10', '0')"
        run -0 r3-session show s1
        # What is wrong with it, in the place of that.
        sql "UPDATE sessions SET last_run = 1385634300000, last_status = 74, last_failure = 'r3-collect: btc.csv: gone', failures = 1"
        R3_NOW=2013-11-28T23:00:00Z run -0 r3-session show s1
        [ "${lines[2]}" = 'FAILING 1   status 74 at 10:25Z: r3-collect: btc.csv: gone' ]
        sql "UPDATE sessions SET failures = 2"
        R3_NOW=2013-11-28T23:00:00Z run -0 r3-session show s1
        [ "${lines[2]}" = 'FAILING 2   status 74 at 10:25Z, as 2 runs in a row: r3-collect: btc.csv: gone' ]
        sql "UPDATE sessions SET failures = 0; UPDATE tasks SET due = 1385856000000"
        R3_NOW=2013-11-30T23:00:00Z run -0 r3-session show s1
        [ "${lines[2]}" = 'OLD CANDLES the last one closed at 12:00Z: does its source go on?' ]
        # Orders that were refused.
        sql "INSERT INTO orders (id, session, signal, platform, market, time, role, side, kind, size, status, execution, filled, cost, fee, updated, reason) VALUES
            ('o2', '$id', 'g1', 'k', 'BTC-USD', 1385640000000, 'ENTRY', 'BUY', 'MARKET', '0', 'CANCELED', 'NOT_EXECUTED', '0', '0', '0', 1385640000000, 'no stop'),
            ('o3', '$id', 'g1', 'k', 'BTC-USD', 1385643600000, 'ENTRY', 'BUY', 'MARKET', '0', 'CANCELED', 'NOT_EXECUTED', '0', '0', '0', 1385643600000, 'too small'),
            ('o4', '$id', 'g1', 'k', 'BTC-USD', 1385643600000, 'ENTRY', 'BUY', 'LIMIT', '1', 'CANCELED', 'NOT_EXECUTED', '0', '0', '0', 1385643900000, 'it has waited')"
        R3_NOW=2013-11-28T23:00:00Z run -0 r3-session show s1
        [[ $output == *$'\nrejected    2 orders, the last at 13:00Z: too small\n'* ]]
        [ "$(r3-session show s1 --json | jq -c '[.rejected_orders, .last_rejection]')" = '[2,{"time":1385643600000,"reason":"too small"}]' ]
        R3_NOW=2013-11-28T10:20:00Z run -0 r3-session show s1
        [[ $output == *$'\nposition    SHORT 2 BTC at 10, now 15, unrealized -10\nequity      9990 USD (-0.10 %), available 9000, began with 10000 USD\n'* ]]
    done
}

@test "rules as text, and options of r3-collect" {
    for k in sqlite postgresql; do
        ready $k texts
        id=$(r3-session start --paper -e 'param n = 9' -e $'long = close > sma(close, n)\nflat = close < sma(close, n)' --set n=4 --market btcusd --timeframe 1h --source btc.csv | jq -r .session)
        [ "$(r3-session show s1 --json | jq -r '[.label, .strategy] | join(" ")')" = 'inline-Kucoin-BTCUSD-1H-refresh5mn inline' ]
        R3_NOW=2013-11-30T12:00:00Z run -0 "$TOP/pipelines/session" s1
        [[ $output == *'"strategy":"inline"'* && $output == *'"type":"trade"'* ]]
        for runner in r3-backtest "$TOP/pipelines/backtest"; do
            text=$(r3-session show s1 --pipeline)
            diff <("$runner" "${text% | r3-report*}" 2>/dev/null | jq -r 'select(.type == "trade").id') <(sql "SELECT id FROM trades WHERE session = '$id' ORDER BY time")
        done
        run -0 r3-session create mine-Kucoin-BTCUSD-1H-refresh5mn --paper -e 'long = close > 1' --source btc.csv
        # A file whose columns have to be named, and a market's rules.
        tail -n +2 btc.csv | awk -F, -v OFS=, '{ print $5, $1, $2, $3, $4, $6 }' >columns.csv
        run -65 r3-session start $LABEL --paper --source columns.csv
        [[ $output == *"$PWD/columns.csv:1: no header, and the rows fit the columns of most and of Bitfinex: name them with --columns"* ]]
        id=$(r3-session start $LABEL --paper --source columns.csv --columns close,time,open,high,low,volume --price-increment 0.01 --minimum-funds 10 --set fast=3 --set slow=8 | jq -r .session)
        [[ $(r3-session show $id --json | jq -r .pipeline) == 'r3-collect --columns close,time,open,high,low,volume --price-increment 0.01 --minimum-funds 10 | r3-strategy '* ]]
        R3_NOW=2013-11-30T12:00:00Z run -0 "$TOP/pipelines/session" $id
        text=$(r3-session show $id --pipeline)
        [[ $text == "r3-collect $PWD/columns.csv "*' --columns close,'*' --minimum-funds 10 | r3-strategy '* ]]
        diff <(r3-backtest "${text% | r3-report*}" 2>/dev/null | jq -r 'select(.type == "trade").id') <(sql "SELECT id FROM trades WHERE session = '$id' ORDER BY time")
        [ "$(sql "SELECT count(*) FROM trades WHERE session = '$id'")" -gt 2 ]
        clean
    done
}

@test "a size that the rules give nothing for is warned of" {
    ready sqlite sizes
    warned() { # TEXT OPTIONS…: all that is said on standard error
        run -0 --separate-stderr r3-session create $LABEL --paper --source btc.csv "${@:2}"
        [ "$stderr" = "$1" ] || { echo "$*: $stderr"; false; }
    }
    risk='r3-session: --risk sizes by the distance to a stop, and sma-cross gives none: all of a position counts as what can be lost, so entries are small, and short ones refused; --stop-loss 5% gives one'
    volatility='r3-session: --volatility sizes by the volatility of a signal, and sma-cross gives none: every entry will be refused; define volatility in the rules, or size by --fraction'
    warned "$risk" --risk 1% --set fast=3 --set slow=8
    warned "$risk" --risk=1% --trailing-stop 2%
    warned '' --risk 1% --stop-loss 5%
    warned '' --fraction 1
    warned "$volatility" --volatility 1% --set fast=3 --set slow=8
    echo 'long = close > 1
stop = close - 10
volatility = atr(14)' >both.rules
    warned '' --risk 1% --strategy ./both.rules
    warned '' --volatility 1% --strategy ./both.rules
    # Also when one that was created starts, and the order that is refused is told.
    run -0 --separate-stderr r3-session start s5
    [ "$stderr" = "$volatility" ]
    R3_NOW=2013-11-30T12:00:00Z run -0 "$TOP/pipelines/session" s5
    run -0 r3-session show s5
    [[ $output == *$'\nrejected    '*' order'*': no volatility: --volatility sizes by it'* ]]
    [ "$(sql "SELECT count(*) FROM signals WHERE direction = 'LONG' AND state = 'ACTED'")" = 0 ]
    [ "$(sql "SELECT count(*) FROM signals WHERE direction = 'LONG' AND state = 'IGNORED'")" -gt 0 ]
}

@test "rules that are changed before the first run are noticed; comments and blanks may change" {
    for k in sqlite postgresql; do
        ready $k rules
        cp "$TOP/lib/strategies/sma-cross.rules" mine.rules
        make() { r3-session create --paper --strategy ./mine.rules --market btcusd --timeframe 1h --source btc.csv; }
        one=$(make)
        two=$(make)
        three=$(make)
        r3-session start $one >/dev/null
        { echo '# another title'; echo; sed 's/ *= */   =  /; s/$/  # why/' mine.rules; } >new.rules
        mv new.rules mine.rules
        r3-session start $two >/dev/null
        for id in $one $two; do R3_NOW=2013-11-29T12:00:00Z run -0 "$TOP/pipelines/session" $id; done
        echo '# once more' >>mine.rules # the state of a session that runs is not another either
        R3_NOW=2013-11-29T13:00:00Z run -0 "$TOP/pipelines/session" $two
        four=$(make)
        r3-session start $four >/dev/null
        sed -i 's/sma(/ema(/' mine.rules
        run -78 r3-session start $three
        [ "$output" = "r3-session: the rules mine were changed since session $three was created: put them back, or stop it and start a new one" ]
        R3_NOW=2013-11-29T12:00:00Z run -78 "$TOP/pipelines/session" $four
        [[ $output == *"the rules mine were changed since session $four was created"* ]]
        [[ $(r3-session show $four --json | jq -r .last_failure) == 'r3-session: the rules mine were changed since '* ]]
        # A source that is gone.
        mv btc.csv away.csv
        run -78 r3-session start $three
        mv away.csv btc.csv
        sed -i 's/ema(/sma(/' mine.rules
        mv btc.csv away.csv
        run -78 r3-session start $three
        [[ $output == *"$PWD/btc.csv: No such file"* ]]
        mv away.csv btc.csv
        r3-session start $three >/dev/null
        clean
    done
}

@test "files and options with blanks and quotes come through as they are" {
    ready sqlite quotes
    mkdir "a b'c \$d" $'not utf \xff'
    mv btc.csv "a b'c \$d/"
    echo 'param name = 3
long = close > sma(close, name)
flat = close < sma(close, name)' >"a b'c \$d/x y.rules"
    r3-session start '--market=btc/usd' --timeframe 1h --paper --strategy "a b'c \$d/x y.rules" --source "a b'c \$d/btc.csv" --set 'name=5' >record
    [ "$(jq -r .label record)" = 'x y-Kucoin-BTCUSD-1H-refresh5mn' ]
    [ "$(r3-session show s1 --json | jq -r .source)" = "$(realpath "a b'c \$d/btc.csv")" ]
    sql 'UPDATE sessions SET seen = 1385812800000'
    for runner in r3-backtest "$TOP/pipelines/backtest"; do
        run -0 "$runner" "$(r3-session show s1 --pipeline)"
        [[ $output == *'# Trades'* ]]
    done
    cp "a b'c \$d/btc.csv" $'not utf \xff/'
    run -64 r3-session start $LABEL --paper --source $'not utf \xff/btc.csv'
    run -64 r3-session start $LABEL --paper --set $'name=\xff'
}

@test "where the store is not there, or full, or another's, nothing is started" {
    R3_DB=none/none.db run -69 r3-session start $LABEL --paper
    for word in list 'show s1' 'stop s1' 'delete s1' 'run s1' check; do
        R3_DB=none.db run -69 r3-session $word
        [[ $output == *'r3-session init makes it' && ! -e none.db ]]
    done
    ready sqlite readonly
    R3_DB=$PWD/readonly.db run -0 r3-session start $LABEL --paper
    run -74 bash -c 'r3-session list >/dev/full'
    if [ "$(id -u)" -ne 0 ]; then
        chmod a-w readonly.db
        run -77 r3-session start $LABEL --paper
    fi
    sql 'UPDATE r3_schema SET version = 1'
    run -78 r3-session list
    [[ $output == *'r3-session init upgrades it'* ]]
}

@test "the first start makes the store, where there is none" {
    for k in sqlite postgresql; do
        place $k first
        run -0 r3-session start $LABEL --paper --source btc.csv
        clean
        run -0 r3-session list --json
        [ "${#lines[@]}" -eq 1 ]
    done
    HOME=$PWD/home run -0 env -u XDG_STATE_HOME -u R3_DB r3-session create $LABEL --paper
    [ -f home/.local/state/r3/r3.db ]
}

@test "starts at once, each its own number" {
    for k in sqlite postgresql; do
        ready $k together
        for i in {1..8}; do r3-session start $LABEL --paper --source btc.csv >"$i.$k" & done
        wait
        [ "$(cat ./*.$k | jq -r .session | tr -dc '0-9\n' | sort -n | xargs)" = '1 2 3 4 5 6 7 8' ]
        clean
    done
}

@test "the shells complete words, their options, and ids" {
    ready sqlite completion
    id=$(r3-session create $LABEL --paper)
    for shell in bash zsh fish; do r3-session --completion $shell >complete.$shell; done
    run -0 r3-session list --completion fish
    diff - complete.fish <<<"$output"
    cat >ask <<'END'
source ./complete.bash
COMP_WORDS=(r3-session "$@") COMP_CWORD=$#
_r3_session
echo "${COMPREPLY[@]}"
END
    [ "$(bash ask st)" = 'start stop' ]
    [[ $(bash ask start --stop) == *--stop-loss* ]]
    [ "$(bash ask OFF --k)" = --keep-position ]
    [ "$(bash ask list --j)" = --json ]
    [ "$(bash ask show s)" = "$id" ]
    [[ " $(bash ask start x --source comp) " == *' complete.fish '* ]]
    run -0 zsh -fc 'words=(r3-session show ""); CURRENT=3; _arguments() { print -rl -- "$@" }; shift() { builtin shift "$@" }; source ./complete.zsh'
    [[ $output == *"--pipeline[the backtest that equals the session]"* && $output == *"*:session:($id)"* ]]
    run -0 env HOME="$PWD" fish -c 'source complete.fish; complete -C "r3-session st"; complete -C "r3-session stop --ke"; complete -C "r3-session show s"'
    [[ $output == *start*stop*--keep-position*"$id"* ]]
}
