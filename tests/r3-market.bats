# r3-market: candles kept in the store, and what is asked of them; everything on SQLite and on PostgreSQL.
load helper
load stores
load kucoin

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB R3_NOW
    hour=$DATA/btcusd-bitstamp-2013_1H.csv
    minute=$DATA/btcusd-bitstamp-2013_1m.csv
    export XDG_STATE_HOME=$PWD/state
}

teardown() {
    exchange_stop
}

# One with its tables.
store() {
    place "$@"
    r3-session init
}

only_candles() { grep '"type":"candle"'; }
hours() { r3-collect --platform kucoin -m BTC-USDT "$hour" "$@"; }

# COUNT hours from day DAY on, as a file; a cheap walk of prices.
walk() { # COUNT DAY
    awk -v count="$1" -v day="$2" 'BEGIN {
        print "time,open,high,low,close,volume"
        for (i = 0; i < count; i++) {
            print (day * 24 + i) * 3600 "," 1000 + i * 7 % 101 ",1200,900," 1000 + (i + 1) * 7 % 101 "," i % 13
        }
    }'
}

@test "usage: a word, and what it wants" {
    run -64 r3-market
    [[ $output == *'wants a word: history, indicator, symbols, keep or answer'* ]]
    run -64 r3-market remember
    [[ $output == *'no word remember'* ]]
    store sqlite usage
    run -64 r3-market history BTC-USDT
    [[ $output == *'history wants a market and a timeframe'* ]]
    run -64 r3-market indicator 'rsi(close, 14)' BTC-USDT
    run -64 r3-market history BTC-USDT 7H
    run -64 r3-market history BTC 1H
    run -64 r3-market history BTC-USDT 1H --last 0
    run -64 r3-market history BTC-USDT 1H --last 3 --from 2013-11-25
    run -64 r3-market history BTC-USDT 1H --from 2013-11-25 --to 2013-11-25
    run -64 r3-market history BTC-USDT 1H --days 3
    run -64 r3-market keep BTC-USDT </dev/null
    run -64 r3-market keep --days 0 </dev/null
    run -64 r3-market answer now </dev/null
    run -0 r3-market keep --help
    [[ $output == *'--days N'*'default 10'* ]]
}

@test "without a store, or without its tables" {
    R3_DB=none.db run -69 r3-market history BTC-USDT 1H
    R3_DB=none.db run -69 r3-market keep </dev/null
    [ ! -e none.db ]
    sqlite3 empty.db 'CREATE TABLE other (a)'
    R3_DB=empty.db run -78 r3-market answer </dev/null
    [[ $output == *'r3-session init makes them'* ]]
}

@test "keep passes its input on, and history gives the same candles back" {
    r3-collect --platform kucoin -m BTC-USDT "$minute" --resample 1H --both --to 2013-11-26T09:30 >stream 2>/dev/null
    for k in sqlite postgresql; do
        store $k same
        r3-market keep <stream | cmp - stream
        for timeframe in 1m 1H; do
            r3-market history BTC-USDT $timeframe 2>/dev/null | cmp - <(grep "\"$timeframe\"" stream)
        done
        # Again, and two at once: the same.
        r3-market keep -q <stream >out &
        r3-market keep -q <stream >>out
        wait $!
        [ ! -s out ]
        r3-market history btcusdt M1 2>/dev/null | cmp - <(grep '"1m"' stream)
        run -0 r3-session check
    done
}

@test "wide numbers, and candles that no block holds" {
    cat >wide <<'NDJSON'
{"type":"candle","platform":"kucoin","market":"BTC-USDT","timeframe":"1m","time":0,"open":"1","high":"1","low":"1","close":"1","volume":"0"}
{"type":"candle","platform":"kucoin","market":"BTC-USDT","timeframe":"1m","time":60000,"open":"9999999999999999.000000000000000001","high":"9999999999999999.000000000000000001","low":"0.000000000000000001","close":"1.5","volume":"1234567890123456789012345678901234"}
{"type":"candle","platform":"kucoin","market":"BTC-USDT","timeframe":"1m","time":120000,"open":"2","high":"2","low":"2","close":"2","volume":"0.1"}
NDJSON
    for k in sqlite postgresql; do
        store $k wide
        r3-market keep -q <wide
        r3-market history BTC-USDT 1m | cmp - wide
        r3-market keep -q <wide
        sed '2s/"1.5"/"1.6"/' wide >other
        run -65 --separate-stderr r3-market keep <other
        [[ $stderr == *'standard input:2: BTC-USDT 1m 1970-01-01T00:01:00Z of kucoin is kept with '*' close 1.5 '*', and comes with '*' close 1.6 '* ]]
        r3-market history BTC-USDT 1m | cmp - wide
    done
}

@test "another candle for the same time is refused with both, and what came before is kept" {
    hours >stream
    for k in sqlite postgresql; do
        store $k conflict
        only_candles <stream | sed -n 5,6p | r3-market keep -q
        line=$(($(grep -n '"candle"' stream | head -n 1 | cut -d: -f1) + 4))
        sed "${line}s/\"volume\":\"[^\"]*\"/\"volume\":\"7.5\"/" stream >other
        run -65 --separate-stderr r3-market keep <other
        [ "$output" = "$(head -n $((line - 1)) other)" ]
        [[ $stderr == "r3-market: standard input:$line: BTC-USDT 1H 2013-11-25T04:00:00Z of kucoin is kept with open "*", and comes with open "*" volume 7.5" ]]
        r3-market history BTC-USDT 1H | cmp - <(only_candles <stream | head -n 6)
    done
}

@test "what has passed is kept, when the reader goes away and when the program is killed" {
    r3-collect --platform kucoin -m BTC-USDT "$minute" 2>/dev/null >stream
    for k in sqlite postgresql; do
        store $k gone
        (r3-market keep <stream || true) | head -n 1000 >read
        r3-market history BTC-USDT 1m 2>/dev/null >kept
        [ "$(wc -l <kept)" -ge 998 ]
        cmp <(head -n 998 kept) <(only_candles <read)
        store $k killed
        mkfifo "pipe_$k"
        r3-market keep <"pipe_$k" >passed 3>&- &
        keeper=$!
        { head -n 502 stream; for _ in {1..100}; do [ "$(grep -c candle passed)" -eq 500 ] && break; sleep 0.1; done; kill -9 $keeper; } >"pipe_$k"
        wait $keeper || true
        r3-market history BTC-USDT 1m 2>/dev/null | cmp - <(only_candles <passed)
        [ "$(only_candles <passed | wc -l)" -eq 500 ]
    done
}

@test "history: the last ones, or between two times" {
    hours | only_candles >want
    for k in sqlite postgresql; do
        store $k history
        hours | r3-market keep -q
        r3-market history BTC-USDT 1H --last 3 | cmp - <(tail -n 3 want)
        r3-market history btc/usdt h1 --last 3 --to 2013-11-26 | cmp - <(sed -n 22,24p want)
        r3-market history BTC-USDT 1H --from 2013-11-25T02:30 --to 2013-11-25T05:00 | cmp - <(sed -n 4,5p want)
        # A clock that is set sees what has closed by then.
        R3_NOW=2013-11-25T05:30:00Z run -0 --separate-stderr r3-market history BTC-USDT 1H
        [ "$output" = "$(head -n 5 want)" ]
        R3_NOW=2013-11-25T06:00:00Z run -0 --separate-stderr r3-market history BTC-USDT 1H --last 1
        [ "$output" = "$(sed -n 6p want)" ]
        R3_NOW=2013-11-25T00:59:59Z run -69 r3-market history BTC-USDT 1H
        [[ $output == *'no candle of BTC-USDT 1H on kucoin is kept up to then' ]]
        R3_NOW=now run -78 r3-market history BTC-USDT 1H
        run -0 --separate-stderr r3-market history BTC-USDT 1H --last 500
        [ "$output" = "$(cat want)" ]
        [ "$stderr" = "r3-market: BTC-USDT 1H: $(wc -l <want) of the 500 that were asked for: no more candles are kept" ]
        run -69 r3-market history BTC-USDT 4H
        [ "$output" = "r3-market: no candle of BTC-USDT 4H is kept" ]
        run -69 r3-market history BTC-USDT 1H --platform bitstamp
        sql "DELETE FROM candles WHERE time = 1385344800000"
        run -0 --separate-stderr r3-market history BTC-USDT 1H
        [ "$output" = "$(sed 3d want)" ]
        [ "$stderr" = "r3-market: BTC-USDT 1H: 1 candle missing, the first at 2013-11-25T02:00:00Z" ]
    done
}

@test "history --stream stands in r3-collect's place" {
    store sqlite stream
    hours | r3-market keep -q
    cmp <(r3-market history BTC-USDT 1H --stream | sed 's/r3-market/r3-collect/') <(hours)
    for source in "r3-market history BTC-USDT 1H --stream" "r3-collect --platform kucoin -m BTC-USDT $hour"; do
        backtest "$source | r3-strategy sma-cross | r3-track | r3-size | r3-order --paper | r3-report"
    done >reports
    cmp <(head -n $(($(wc -l <reports) / 2)) reports) <(tail -n $(($(wc -l <reports) / 2)) reports)
    grep -q '# Trades' reports
}

@test "indicator: what the rules plot over the same candles" {
    hours >stream
    for k in sqlite postgresql; do
        store $k indicator
        r3-market keep -q <stream
        for expression in 'rsi(close, 14)' 'ema(close, 50)' 'at("4H", sma(close, 5))' 'close > open' 'close[3] - close'; do
            r3-strategy -q -e "x = $expression" --plot x <stream | jq -c '[.time, .value]' >want
            r3-market indicator "$expression" BTC-USDT 1H --last 100 2>/dev/null | jq -c '[.time, .value]' | cmp - <(tail -n 100 want)
            r3-market indicator "$expression" BTC-USDT 1H | jq -c '[.time, .value]' | cmp - <(tail -n 1 want)
        done
        run -0 r3-market indicator 'sma(close, 2)' BTC-USDT 1H --to 2013-11-25T02:00Z
        [ "$output" = '{"type":"value","market":"BTC-USDT","timeframe":"1H","time":1385341200000,"name":"sma(close, 2)","value":'"$(sed -n 3,4p stream | jq -s 'map(.close | tonumber) | add / 2')"'}' ]
        run -0 --separate-stderr r3-market indicator "sma(close, $(($(only_candles <stream | wc -l) - 2)))" BTC-USDT 1H --last 100
        [ "${#lines[@]}" -eq 3 ]
        [ "$stderr" = "r3-market: BTC-USDT 1H: 3 of the 100 that were asked for: no more candles with a value are kept" ]
    done
}

@test "an expression that is wrong is told with its place" {
    store sqlite wrong
    hours | r3-market keep -q
    run -65 r3-market indicator 'rsi(close, fourteen)' BTC-USDT 1H
    [ "$output" = "r3-market: expression:1:12: fourteen is not defined above this line" ]
    run -65 r3-market indicator 'rsi(close, 14' BTC-USDT 1H
    [[ $output == "r3-market: expression, at its end: "* ]]
    run -65 r3-market indicator $'close +\nclsoe' BTC-USDT 1H
    [[ $output == "r3-market: expression:2:1: clsoe "* ]]
    run -65 r3-market indicator '' BTC-USDT 1H
    run -65 r3-market indicator 'close) long = (close' BTC-USDT 1H
    run -65 r3-market indicator 'at("30m", close)' BTC-USDT 1H
}

@test "several platforms: the one that is named" {
    for k in sqlite postgresql; do
        store $k platforms
        hours | r3-market keep -q
        r3-collect --platform Bitstamp -m BTC-USDT "$hour" --to 2013-11-26 | r3-market keep -q
        r3-collect --platform aside -m ETH-USDT "$hour" | r3-market keep -q
        run -64 r3-market history BTC-USDT 1H
        [ "${lines[0]}" = "r3-market: BTC-USDT 1H is kept of several platforms, choose one: Bitstamp, kucoin" ]
        run -0 r3-market history BTC-USDT 1H --platform Bitstamp
        [ "${#lines[@]}" -eq 24 ]
        run -0 r3-market indicator close BTC-USDT 1H --platform kucoin
        [ "${#lines[@]}" -eq 1 ]
        run -0 r3-market history ETH-USDT 1H --last 2
        [ "${#lines[@]}" -eq 2 ]
    done
}

@test "old candles are deleted: ten days, or --days" {
    walk 1000 100 >btc.csv
    r3-collect --platform kucoin -m BTC-USDT btc.csv >stream
    for k in sqlite postgresql; do
        store $k days
        r3-market keep -q <stream
        r3-market history BTC-USDT 1H | cmp - <(only_candles <stream | tail -n 240)
        r3-market keep -q --days 20 <stream
        r3-market history BTC-USDT 1H | cmp - <(only_candles <stream | tail -n 480)
        r3-market keep -q --days 5 < <(tail -n 2 stream)
        r3-market history BTC-USDT 1H | cmp - <(only_candles <stream | tail -n 120)
        # Each series by its own newest candle.
        r3-collect --platform kucoin -m ETH-USDT "$hour" --to 2013-11-26 | r3-market keep -q
        [ "$(r3-market history ETH-USDT 1H | wc -l)" -eq 24 ]
        [ "$(r3-market history BTC-USDT 1H | wc -l)" -eq 120 ]
    done
}

@test "what a session needs to be warm is kept longer" {
    walk 1000 100 >btc.csv
    r3-collect --platform kucoin -m BTC-USDT btc.csv >stream
    columns='id, label, strategy, platform, market, timeframe, refresh, mode, state, currency, cash, pipeline, created, acts_from'
    for k in sqlite postgresql; do
        store $k warm
        pipeline="r3-strategy sma-cross --set fast=5 --set slow=500 | r3-track | r3-size | r3-order --paper"
        sql "INSERT INTO sessions ($columns) VALUES ('s1', 'l', 'sma-cross', 'kucoin', 'BTC-USDT', '1H', 300000, 'paper', 'ACTIVE', 'USDT', 10000, '$pipeline', 1, 12240000000)"
        r3-market keep -q <stream
        count=$(r3-market history BTC-USDT 1H | wc -l)
        echo "$k: $count"
        [ "$count" -ge 500 ]
        [ "$count" -le 502 ]
        # Another market is none of its business, nor is a session that is over.
        sed 's/BTC-USDT/ETH-USDT/' stream | r3-market keep -q
        [ "$(r3-market history ETH-USDT 1H | wc -l)" -eq 240 ]
        # Rules that cannot be read: nobody knows what they need, so nothing is deleted, and that is said.
        sql "UPDATE sessions SET pipeline = 'r3-strategy ./gone.rules | r3-track | r3-size | r3-order --paper'"
        tail -n 2 stream >last
        run -0 --separate-stderr r3-market keep -q <last
        [[ $stderr == *'session s1: '*'so no candle is deleted (said once)' ]]
        [ "$(r3-market history BTC-USDT 1H | wc -l)" -eq "$count" ]
        sql "UPDATE sessions SET state = 'STOPPED'"
        r3-market keep -q <last
        [ "$(r3-market history BTC-USDT 1H | wc -l)" -eq 240 ]
    done
}

@test "answer: each request, its candles or values behind it" {
    hours >stream
    cat >requests <<'NDJSON'
{"type":"request","id":"q1","market":"BTC-USDT","timeframe":"1H","last":2}
{"type":"request","id":"q2","session":"s1","platform":"kucoin","market":"BTC-USDT","timeframe":"1H","last":2,"expression":"sma(close, 3)"}
{"type":"request","id":"q3","session":"s1","market":"BTC-USDT","timeframe":"1H","last":1,"expression":"sma(clsoe, 3)"}
{"type":"request","id":"q4","market":"BTC-USDT","timeframe":"4H","last":1}
{"type":"sync","id":4}
{"type":"request","id":"q5","market":"BTC-USDT","timeframe":"1H","last":1000}
{"type":"request","id":"q6","market":"BTC-USDT","timeframe":"1H","last":1,"expression":"close"}
NDJSON
    for k in sqlite postgresql; do
        store $k answer
        r3-market keep -q <stream
        R3_NOW=2013-12-02 run -0 --separate-stderr r3-market answer <requests
        [ "$stderr" = "" ]
        grep -v '"candle"' <<<"$output" >rest
        {
            sed -n 1,2p requests
            r3-market indicator 'sma(close, 3)' BTC-USDT 1H --last 2 | sed 's/"value",/&"session":"s1",/'
            sed -n 3p requests
            echo '{"type":"notice","time":1385942400000,"level":"ERROR","program":"r3-market","session":"s1","text":"q3: expression:1:5: clsoe is not defined above this line"}'
            sed -n 4p requests
            echo '{"type":"notice","time":1385942400000,"level":"ERROR","program":"r3-market","text":"q4: no candle of BTC-USDT 4H is kept"}'
            sed -n 5,6p requests
            echo '{"type":"notice","time":1385942400000,"level":"WARNING","program":"r3-market","text":"q5: '"$(only_candles <stream | wc -l)"' of 1000, no more are kept"}'
            sed -n 7p requests
            r3-market indicator close BTC-USDT 1H
        } | diff - rest
        [ "${lines[1]}" = "$(only_candles <stream | tail -n 2 | head -n 1)" ]
        [ "${lines[2]}" = "$(only_candles <stream | tail -n 1)" ]
        run -0 python3 "$TOP/tests/tools/check-records.py" lines request candle value notice sync <<<"$output"
        r3-market answer -q <requests | grep -c '"request"' | grep -qx 0
        run -65 --separate-stderr r3-market answer <<<'{"type":"request","id":"q1","market":"BTC-USDT","timeframe":"1H"}'
        [ "$stderr" = "r3-market: standard input:1: request: last is missing" ]
        run -65 r3-market answer <<<'{"type":"request","id":"q1","market":"BTC-USDT","timeframe":"1H","last":0}'
    done
}

@test "an answer is out before the next request is there" {
    store sqlite prompt
    hours | r3-market keep -q
    run -0 timeout 20 perl -e '
        use IPC::Open2;
        my $pid = open2(my $out, my $in, "r3-market", "answer");
        $in->autoflush(1);
        for my $i (1 .. 20) {
            print $in qq({"type":"request","id":"q$i","market":"BTC-USDT","timeframe":"1H","last":1}\n);
            <$out> =~ /"q$i"/ or exit 1;
            <$out> =~ /"candle"/ or exit 2;
        }
        close $in;
        waitpid $pid, 0;
        exit $? >> 8;'
}

@test "a database that goes away in the middle is asked again; a read-only one is told" {
    hours >stream
    store postgresql away
    r3-market keep -q <stream
    mkfifo way
    r3-market answer <way >answers 2>err 3>&- &
    answering=$!
    exec 5>way
    echo '{"type":"request","id":"q1","market":"BTC-USDT","timeframe":"1H","last":1}' >&5
    for _ in {1..100}; do [ "$(wc -l <answers)" -eq 2 ] && break; sleep 0.1; done
    "$R3_PG_BIN/psql" -qAtX -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'away' AND pid <> pg_backend_pid()" "$R3_DB"
    echo '{"type":"request","id":"q2","market":"BTC-USDT","timeframe":"1H","last":1}' >&5
    exec 5>&-
    wait $answering
    [ "$(wc -l <answers)" -eq 4 ]
    [ ! -s err ]
    R3_DB="$R3_DB&options=-c%20default_transaction_read_only%3Don" run -77 r3-market keep -q < <(sed 's/BTC-USDT/ETH-USDT/' stream)
}

@test "what r3-fetch --store has fetched is kept as keep would keep it; several at once, one killed" {
    exchange_start --now 2013-12-02T16:00 --candles "$minute"
    words=(kucoin BTC-USDT 15m --with 1m --from 2013-11-26 --to 2013-11-27)
    r3-fetch "${words[@]}" >want 2>/dev/null
    for kind in sqlite postgresql; do
        store $kind kept
        before=$(exchange_control requests | jq .endpoints.candles)
        fetchers=()
        for i in 1 2 3; do
            r3-fetch "${words[@]}" --store >out.$i 2>/dev/null 3>&- &
            fetchers+=($!)
        done
        wait "${fetchers[@]}"
        for i in 1 2 3; do cmp out.$i want; done
        [ "$(exchange_control requests | jq .endpoints.candles)" = $((before + 2)) ]
        for timeframe in 15m 1m; do
            diff <(r3-market history BTC-USDT $timeframe 2>/dev/null) <(only_candles <want | grep "\"$timeframe\"")
        done
        r3-market keep <want >/dev/null
        [ "$(r3-market indicator 'sma(close, 3)' BTC-USDT 15m --last 5 | wc -l)" = 5 ]
        # With --days keep deletes more: what is gone is asked for again, what was missing among the rest is not.
        jq -c 'select(.type != "candle" or .timeframe == "1m")' want | r3-market keep --days 1 >/dev/null
        sql "DELETE FROM candles WHERE timeframe = '15m' AND time >= 1385500000000; UPDATE consumer_positions SET next = 1385500000000 WHERE topic LIKE '%/15m/to' AND next > 1385500000000"
        r3-fetch "${words[@]}" --store >out 2>/dev/null
        cmp out want
        [ "$(exchange_control requests | jq .endpoints.candles)" = $((before + 3)) ]
        for ((i = 0; i < 4; i++)); do
            sql 'DELETE FROM candles; DELETE FROM consumer_positions'
            r3-fetch "${words[@]}" --store >out 2>/dev/null 3>&- &
            sleep "0.$(printf %03d $((RANDOM % 200)))"
            kill -9 $! 2>/dev/null || true
            wait $! || true
            r3-fetch "${words[@]}" --store >out 2>/dev/null
            cmp out want
        done
        # No candle that was deleted counts as one that does not exist.
        r3-fetch kucoin BTC-USDT 1m --from 2013-11-26 --to 2013-11-30 --store >/dev/null 2>&1
        r3-collect --platform kucoin -m BTC-USDT "$minute" --from 2013-11-30 --quiet | r3-market keep --days 1 -q
        r3-fetch kucoin BTC-USDT 1m --from 2013-11-26 --to 2013-11-26T06:00 --store >/dev/null 2>&1
        r3-fetch kucoin BTC-USDT 1m --from 2013-11-26 --to 2013-11-30 --store 2>/dev/null | only_candles >out
        diff out <(r3-collect --platform kucoin -m BTC-USDT "$minute" --from 2013-11-26 --to 2013-11-30 --quiet | only_candles)
        run -0 r3-session check
    done
}
