# r3-fetch --store, and the sessions that are fed so.
load helper
load kucoin
load fetch

# ---- --store ----

# as_without WORDS…: what r3-fetch writes, its messages and its status are the same with --store: with nothing kept, with all of it, with
# a hole in the middle, with an end or the beginning alone; and where all was kept, no candle was asked for.
as_without() {
    local before status=0
    r3-fetch "$@" >want 2>want.said || status=$?
    new_store
    for kept in none all hole end begin all; do
        case $kept in
        hole) sqlite3 r3.db "DELETE FROM candles WHERE time % 7200000 BETWEEN 1800000 AND 3600000; DELETE FROM consumer_positions" ;;
        end) sqlite3 r3.db "DELETE FROM candles WHERE time < (SELECT max(time) - 7200000 FROM candles); DELETE FROM consumer_positions" ;;
        begin) sqlite3 r3.db "DELETE FROM candles WHERE time > (SELECT min(time) + 7200000 FROM candles); DELETE FROM consumer_positions" ;;
        esac
        before=$(requests .candles)
        run "-$status" --separate-stderr r3-fetch "$@" --store
        diff <(echo "$output") want
        diff <(echo -n "${stderr:+$stderr
}") want.said
        if [ $kept = all ] && [ $status = 0 ]; then
            [ "$(requests .candles)" = "$before" ]
        fi
    done
}

@test "--store: byte for byte what it would be without, whatever is kept" {
    exchange_start --now 2013-12-02T16:00 --speed 0 --candles "$minutes"
    as_without kucoin BTC-USDT 1H --from 2013-11-26 --to 2013-11-27
    as_without kucoin BTC-USDT 1H --with 1m --from 2013-11-26 --with-from 2013-11-26T09:30 --to 2013-11-26T12:30
    as_without kucoin BTC-USDT 1m --from 2013-11-26T01:00 --to 2013-11-26T06:00 --gaps fill
    as_without kucoin BTC-USDT 1m --from 2013-11-26T01:00 --to 2013-11-26T06:00 --gaps fail
    as_without kucoin BTC-USDT 1m --from 2013-11-26T01:10 --to 2013-11-26T06:00 --resample 15m --fee 0.1%
    as_without kucoin ETH-USDT BTC-USDT 15m --with 5m --from 2013-11-26 --to 2013-11-26T12:00
    as_without kucoin BTC-USDT 1m --from 2013-11-28 --to 2013-11-30T04:00 --quiet
    as_without kucoin BTC-USDT 1W --from 2013-11-25
    R3_NOW=2013-11-26T10:03:30 as_without kucoin BTC-USDT 1m
    as_without kucoin BTC-USDT 5m --from 2013-11-25 --to 2013-11-25T02:00 # the first are of 00:00
    as_without kucoin BTC-USDT 1m --from 2013-11-24T23:00 --to 2013-11-25T02:00
    R3_NOW=2013-11-26T10:03:30 as_without kucoin BTC-USDT 15m --with 1m --from 2013-11-26
    R3_NOW=2013-11-26T10:03:30 as_without kucoin BTC-USDT 15m --from 2013-11-26 --with 1m --with-from 2013-11-26T08:00 --gaps fill
    head -n 40 want >old
    R3_NOW=2013-11-26T10:03:30 as_without kucoin BTC-USDT 15m --from 2013-11-26 --with 1m --with-from 2013-11-26T08:00 --gaps fill --resume old
}

@test "--store: of what is kept nothing is asked, neither the time nor the market's rules" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    new_store
    export R3_NOW=2013-11-26T10:00
    r3-collect kucoin --store BTC-USDT 1H --with 1m --from 2013-11-25 >want
    [ "$(requests)" = '{"time":1,"symbol":1,"candles":2}' ] || [ "$(requests '|tojson')" = '"{\"time\":1,\"symbol\":1,\"candles\":3}"' ]
    before=$(requests)
    r3-fetch kucoin BTC-USDT 1H --with 1m --from 2013-11-25 --store >out
    cmp out want
    [ "$(requests)" = "$before" ]
    exchange_stop
    r3-fetch kucoin BTC-USDT 1H --with 1m --from 2013-11-25 --store >out # nobody is there to answer
    cmp out want
    # Rules that are older than an hour are asked for again; so is a candle that has closed since.
    R3_NOW=2013-11-26T11:00 run -69 r3-fetch kucoin BTC-USDT 1H --from 2013-11-25 --to 2013-11-26T10:00 --store
    # r3-market knows the candles, and its list of markets is not this one.
    diff <(r3-market history BTC-USDT 1H | candles) <(candles want | grep '"1H"')
    diff <(r3-market history BTC-USDT 1m 2>/dev/null | candles) <(candles want | grep '"1m"')
    run -69 r3-market symbols
    [ "$(sqlite3 r3.db 'SELECT market, trades FROM instruments')" = 'BTC-USDT|0' ]
    run -0 r3-session check
}

@test "--store: a candle that differs from the one that is kept: both are named, and that one stays" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    new_store
    r3-fetch kucoin BTC-USDT 1H --from 2013-11-26 --to 2013-11-27 --store >want
    sqlite3 r3.db "UPDATE candles SET close = '829.5' WHERE time = $(ms 2013-11-26T05:00)
        ; DELETE FROM candles WHERE time = $(ms 2013-11-26T03:00); DELETE FROM consumer_positions"
    run -0 --separate-stderr r3-fetch kucoin BTC-USDT 1H --from 2013-11-26 --to 2013-11-27 --store
    close=$(candles want | jq -r "select(.time == $(ms 2013-11-26T05:00)).close")
    [[ $stderr == "r3-fetch: BTC-USDT 1H 2013-11-26T05:00:00Z of kucoin is kept with open "*" close 829.5 volume "*", and comes with open "*" close $close volume "*'; the one that is kept stays' ]]
    diff <(echo "$output") <(sed "/\"time\":$(ms 2013-11-26T05:00)/s/\"close\":\"$close\"/\"close\":\"829.5\"/" want)
    [ "$(sqlite3 r3.db "SELECT close FROM candles WHERE time = $(ms 2013-11-26T05:00)")" = 829.5 ]
    # More than one: one line. One that no exchange can have meant is not given.
    sqlite3 r3.db "UPDATE candles SET low = '9999' WHERE time IN ($(ms 2013-11-26T06:00), $(ms 2013-11-26T07:00))"
    run -0 --separate-stderr r3-fetch kucoin BTC-USDT 1H --from 2013-11-26T06:00 --to 2013-11-26T09:00 --store
    [[ $stderr == *'2013-11-26T06:00:00Z of kucoin is kept with'*', and 1 more differ; those that are kept stay' ]]
    diff <(candles <<<"$output") <(candles want | sed -n 7,9p)
}

@test "--store: one that is not there, has no tables, is busy or cannot be written does not keep the candles away" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    words=(kucoin BTC-USDT 1H --from 2013-11-26 --to 2013-11-27)
    r3-fetch "${words[@]}" >want
    without() { # MESSAGE
        run -0 --separate-stderr r3-fetch "${words[@]}" --store
        diff <(echo "$output") want
        [[ $stderr == "r3-fetch: "*"$1"*'; kucoin is asked for all' ]]
    }
    R3_DB=$PWD/none.db without 'none.db is not there'
    : >empty.db
    R3_DB=$PWD/empty.db without 'has no tables'
    R3_DB=postgresql://127.0.0.1:1/r3 without 'store postgresql 127.0.0.1:1/r3: '
    R3_DB=mysql://x without 'R3_DB: '
    new_store
    mkfifo hold
    sqlite3 r3.db <hold >/dev/null &
    holder=$!
    exec 8>hold
    echo 'BEGIN IMMEDIATE; INSERT INTO counters VALUES ("x", 1);' >&8
    sleep 0.5
    before=$SECONDS
    without 'database is locked'
    [ $((SECONDS - before)) -lt 15 ]
    exec 8>&-
    wait $holder
    sqlite3 r3.db "CREATE TRIGGER full BEFORE INSERT ON candles BEGIN SELECT RAISE(FAIL, 'disk is full, says the test'); END"
    without 'disk is full, says the test'
    sqlite3 r3.db 'DROP TRIGGER full'
    run -0 --separate-stderr r3-fetch "${words[@]}" --store
    [ -z "$stderr" ]
    run -0 r3-session check
}

@test "--store: no more is kept than r3-market keep keeps, nor less than a session's warm-up, and the rest is asked for again" {
    awk 'BEGIN { print "time,open,high,low,close,volume"
        for (i = 0; i < 960; i++) print 1388534400 + i * 3600 "," 1000 + i * 7 % 101 ",1200,900," 1000 + (i + 1) * 7 % 101 "," i % 13 }' >long.csv
    exchange_start --now 2014-02-09 --candles long.csv
    new_store
    keeps() { # COUNT FROM TO
        r3-fetch kucoin BTC-USDT 1H --from "2014-01-$2" --to "2014-01-$3" --store >out
        diff <(candles out) <(file kucoin long.csv --from "2014-01-$2" --to "2014-01-$3" | candles)
        [ "$(asked_of 'count(*)')" = "$1" ]
    }
    keeps 240 01 13
    keeps 240 13 13T05:00 # a new day: what is older goes
    keeps 259 13T05:00 14
    keeps 240 14 15
    keeps 240 01 02
    keeps 240 03 15
    [ "$(asked_of 'min(time)')" = "$(ms 2014-01-05)" ]
    R3_NOW=2014-01-31 r3-session start sma-cross-Kucoin-BTCUSDT-1H-refresh5mn --paper --cash 10000 --set slow=400 >started
    R3_NOW=2014-01-31T02:00 r3-session run "$(jq -r .session started)" --execute >/dev/null
    [ "$(asked_of "count(*)")" -ge 400 ]
    [ "$(asked_of "count(*)")" -lt 500 ]
    [ "$(asked_of "max(time)")" = "$(ms 2014-01-31T01:00)" ]
    # As many days as r3-market keep was told.
    new_store
    r3-market keep --days 12 -q <out
    keeps 288 01 13
    keeps 288 15 16
}

@test "--store: several at once ask once, and nobody waits for one who was killed" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    new_store
    words=(kucoin BTC-USDT 15m --with 1m --from 2013-11-26 --to 2013-11-26T12:00)
    r3-fetch "${words[@]}" >want 2>/dev/null
    exchange_fault delay-after:candles:1.0:ms=200
    before=$(requests .candles)
    for i in 1 2 3 4 5 6; do r3-fetch "${words[@]}" --store >out.$i 2>said.$i & done
    wait $(jobs -p | grep -vx "$R3_EXCHANGE_PID")
    for i in 1 2 3 4 5 6; do cmp out.$i want; done
    [ $(($(requests .candles) - before)) = 2 ]
    [ "$(requests .time)" -lt 4 ] # a machine that is slow may ask it twice
    # The one whose turn it is, in the middle of its question.
    new_store
    exchange_control clear '{}' >/dev/null
    exchange_fault delay-before:candles:1:ms=3000
    r3-fetch "${words[@]}" --store >/dev/null 2>&1 &
    first=$!
    sleep 1
    r3-fetch "${words[@]}" --store >out 2>/dev/null &
    second=$!
    sleep 0.5
    [ "$(candles out | wc -l)" = 0 ]
    kill -9 $first
    wait $second
    cmp out want
}

@test "--store: killed at any moment, the next one has the same" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    new_store
    words=(kucoin BTC-USDT 1H --with 1m --from 2013-11-26 --to 2013-11-28)
    r3-fetch "${words[@]}" >want 2>/dev/null
    for ((i = 0; i < 12; i++)); do
        setsid r3-fetch "${words[@]}" --store >out 2>/dev/null 3>&- &
        sleep "0.$(printf %03d $((RANDOM % 250)))"
        kill -9 $! 2>/dev/null || true
        wait $! || true
        cmp -n "$(stat -c %s out)" out want
        [ $((i % 4)) != 3 ] || { rm -f r3.db* && r3-session init; }
    done
    r3-fetch "${words[@]}" --store >out 2>/dev/null
    cmp out want
    r3-fetch "${words[@]}" --store >out 2>/dev/null
    cmp out want
    run -0 r3-session check
}

# ---- sessions ----

@test "a session without --source is fed by its exchange; its trades are those of the backtest that equals it" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    export R3_DB=$PWD/r3.db
    r3-session init
    R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSDT-15m-refresh5mn --paper --cash 10000 --set fast=3 --set slow=8 --stop-loss 1% --take-profit 3% --risk 1% >started
    id=$(jq -r .session started)
    for now in 26T00:05 26T00:20 26T04:07 26T04:10 26T12:00 27T00:00 27T06:33; do
        R3_NOW=2013-11-$now r3-session run "$id" --execute >>out 2>>said
    done
    text=$(R3_NOW=2013-11-27T06:33 r3-session show "$id" --pipeline)
    [[ $text == 'r3-collect kucoin BTC-USDT 15m --with 1m --with-from 2013-11-26T00:00:00Z --from '* ]]
    "$TOP/pipelines/backtest" "${text% | r3-report*}" >backtest 2>/dev/null
    r3-backtest "${text% | r3-report*}" 2>/dev/null | cmp backtest -
    diff <(grep '"type":"trade"' out) <(grep '"type":"trade"' backtest)
    [ "$(grep -c '"type":"trade"' out)" -gt 15 ]
    run -0 r3-session check
}

@test "a session on an exchange that has the youngest minutes alone: after an outage coarser ones protect it, and it is told" {
    kraken() { # DAYTIME: its clock, and a run
        curl -sSf "$R3_KRAKEN_URL/control?now=$(ms "2013-11-$1")&speed=0" >/dev/null
        R3_NOW=2013-11-$1 r3-session run "$id" --execute >>out 2>>said
    }
    : >said
    fives=$BATS_TEST_TMPDIR/fives.csv hours=$BATS_TEST_TMPDIR/hours.csv
    cp "$DATA/btcusd-bitstamp-2013_5m.csv" "$fives"
    cp "$DATA/btcusd-bitstamp-2013_1H.csv" "$hours"
    other 2013-11-25T06:00 --candles "5m=$fives" --candles "1h=$hours"
    export R3_DB=$PWD/r3.db
    r3-session init
    R3_NOW=2013-11-25T06:00 r3-session start sma-cross-Kraken-BTCUSDT-1H-refresh5mn --paper --cash 10000 --set fast=2 --set slow=4 --stop-loss 1% >started
    id=$(jq -r .session started)
    kraken 25T07:00
    kraken 25T12:00
    [ ! -s said ]
    [ "$(sqlite3 r3.db 'SELECT count(*) FROM notices')" = 0 ]
    kraken 27T00:30 # it has the minutes of the last twelve hours
    [ ! -s said ]
    [ "$(sqlite3 r3.db 'SELECT level, message FROM notices')" = \
        'INFO|kraken has the last 720 candles alone: in place of minutes there are those of 5m from 2013-11-25T12:00:00Z on' ]
    trades() { sqlite3 r3.db "SELECT strftime('%dT%H:%M', time / 1000, 'unixepoch'), role, price FROM trades WHERE $1 ORDER BY time"; }
    [ "$(trades 'time BETWEEN 1385380800000 AND 1385427600000')" = $'25T14:00|EXIT|821.47\n25T17:00|ENTRY|810.23\n25T18:00|EXIT|813\n26T00:00|ENTRY|811.95' ]
    # From there on as over a file of those five minutes.
    R3_DB='' file kraken "$fives" --resample 1H --both --quiet --from 2013-11-25T00:00 --to 2013-11-27T01:00 | r3-backtest "$(r3-session show "$id" --pipeline |
        sed 's/^[^|]*| //; s/ | r3-report.*//')" >backtest
    [ "$(trades 'time >= 1385388000000')" = "$(jq -r 'select(.type == "trade" and .time >= 1385388000000 and .time < 1385512200000) |
        [(.time / 1000 | strftime("%dT%H:%M")), .role, .price] | join("|")' backtest)" ]
    [ "$(trades 'role = '"'SL'" | wc -l)" -ge 2 ]
    # Minutes again, and no further notice.
    kraken 27T06:00
    [ "$(sqlite3 r3.db 'SELECT count(*) FROM notices')" = 1 ]
    grep -q 'from=\|since=' asked
    # So long that nothing finer reaches back: its own candles are all there is, and that is said aloud.
    rm -f r3.db*
    r3-session init
    R3_NOW=2013-11-25T06:00 r3-session start sma-cross-Kraken-BTCUSDT-5m-refresh5mn --paper --cash 10000 --set fast=2 --set slow=4 --stop-loss 1% >started
    id=$(jq -r .session started)
    kraken 25T12:00
    kraken 27T00:30
    [ "$(sqlite3 r3.db 'SELECT level, message FROM notices')" = \
        'WARNING|kraken has the last 720 candles alone: there are not even those of 1m from 2013-11-25T12:00:00Z on' ]
    [ "$(trades 'time BETWEEN 1385380800000 AND 1385424000000' | wc -l)" -gt 3 ]
    run -0 r3-session check
}

@test "sessions on one market ask once a refresh; a new one begins with what is kept" {
    exchange_start --now 2013-12-02T16:00 --candles "$minutes"
    new_store
    for ((i = 0; i < 12; i++)); do
        R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSDT-15m-refresh5mn --paper --cash $((10000 + i)) --set fast=3 --set slow=8 --stop-loss 1% >>started
    done
    run -0 r3-session run "$(head -1 started | jq -r .session)"
    [[ $output == 'r3-collect kucoin BTC-USDT 15m '*' --store '* ]]
    sqlite3 r3.db 'UPDATE sessions SET owner = NULL, lease_until = NULL'
    R3_NOW=2013-11-26T00:05 run-due -j 4 >>out 2>>said
    # The first time a page of each timeframe, beside the clock and the rules.
    [ "$(requests .candles)" = 2 ]
    for now in 00:10 00:15 00:20 00:25; do R3_NOW=2013-11-26T$now run-due -j 4 >>out 2>>said; done
    [ ! -s said ]
    # Four times the minutes, and the quarter that closed at 00:15.
    [ "$(requests .candles)" = 7 ]
    [ "$(requests .time)" -lt 4 ] # a machine that is slow may ask it twice
    [ "$(requests .symbol)" -lt 4 ]
    before=$(requests)
    R3_NOW=2013-11-26T00:25 r3-session start sma-cross-Kucoin-BTCUSDT-15m-refresh5mn --paper --cash 10000 --set fast=4 --set slow=8 >new
    R3_NOW=2013-11-26T00:25 session "$(jq -r .session new)" >>out
    [ "$(requests)" = "$before" ]
    [ "$(sqlite3 r3.db 'SELECT count(*) FROM sessions WHERE seen = 1385425500000')" = 13 ]
    # The backtest that equals it asks the exchange.
    run -0 r3-session show "$(jq -r .session new)" --pipeline
    [[ $output != *--store* ]]
    run -0 r3-session check
}

@test "a session on an exchange that r3-fetch does not know wants a source" {
    export R3_DB=$PWD/r3.db
    r3-session init
    R3_NOW=2013-11-26 run -78 r3-session start sma-cross-Bitstamp-BTCUSD-15m-refresh5mn --paper
    [[ $output == *'--source FILE feeds '* ]]
    # One that an earlier version has let through.
    R3_NOW=2013-11-26 r3-session start sma-cross-Kucoin-BTCUSD-15m-refresh5mn --paper >started
    sqlite3 r3.db "UPDATE sessions SET platform = 'bitstamp'"
    R3_NOW=2013-11-26T01:00 run -78 r3-session run "$(jq -r .session started)" --execute
    [[ $output == *'is on bitstamp, whose candles r3-fetch does not know: --source FILE feeds one'* ]]
}

@test "r3-market symbols: kept in the store, with their age; asked for again when they are old" {
    exchange_start --price 812
    export R3_DB=$PWD/r3.db
    r3-session init
    export R3_NOW=2024-01-01
    run -0 --separate-stderr r3-market symbols
    diff <(echo "$output") <(r3-fetch symbols kucoin)
    [ -z "$stderr" ]
    R3_NOW=2024-01-01T03:00 run -0 --separate-stderr r3-market symbols ethusdt
    [ "$(jq -r .market <<<"$output")" = ETH-USDT ]
    [ "$stderr" = 'r3-market: kucoin: 5 markets as of 2024-01-01T00:00:00Z, 03:00:00 ago' ]
    [ "$(exchange_control requests | jq .endpoints.symbols)" = 2 ]
    run -65 r3-market symbols BTC-EUR
    [[ $output == *'kucoin has no market BTC-EUR that trades now'* ]]
    # One that trades no more is kept, and not listed.
    sqlite3 r3.db "INSERT INTO instruments SELECT platform, 'OLD-USDT', record, 1, time FROM instruments WHERE market = 'BTC-USDT'"
    [ "$(r3-market symbols 2>/dev/null | wc -l)" = 6 ]
    R3_NOW=2024-01-03 run -0 r3-market symbols
    [ "${#lines[@]}" = 5 ]
    [ "$(sqlite3 r3.db 'SELECT market FROM instruments WHERE trades = 0')" = OLD-USDT ]
    # It cannot be asked: what is there is better than nothing.
    exchange_stop
    R3_NOW=2024-01-05 run -0 --separate-stderr r3-market symbols
    [ "${#lines[@]}" = 5 ]
    [[ $stderr == *'these are kept from earlier: kucoin: 5 markets as of 2024-01-03T00:00:00Z, 2 days 00:00:00 ago'* ]]
    run -69 r3-market symbols --platform kraken
    run -64 r3-market symbols --platform nowhere
}

# Its client makes several questions, of which the quickest tells most: what all of them took says nothing of that one.
@test "the clock that r3-fetch tells others of KuCoin is as good as its client knows it" {
    exchange_start --now 2013-12-02T16:00 --speed 0 --candles "$minutes"
    exchange_fault delay-before:time:1:ms=1500
    new_store
    r3-fetch kucoin BTC-USDT 1H --from 2013-11-26 --to 2013-11-26T03:00 --store >out
    [ "$(requests .time)" = 2 ]
    trip=$(od -An -v -td8 -w80 "${XDG_STATE_HOME:-$HOME/.local/state}/r3/exchange-clock" | awk '$1 != 0 { print $8 }') # of one exchange
    [ "$trip" -lt 1000 ]
}
