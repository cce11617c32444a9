# r3-collect: files in, candle records out.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
    hour=$DATA/btcusd-bitstamp-2013_1H.csv
    minute=$DATA/btcusd-bitstamp-2013_1m.csv
    csv=$DATA/csv
}

# The candle records that awk makes of a plain file: MARKET TIMEFRAME <FILE
candles() {
    awk -F, -v market="$1" -v timeframe="$2" 'NR > 1 {
        printf "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"%s\",\"timeframe\":\"%s\",\"time\":%d000,\"open\":\"%s\",\"high\":\"%s\",\"low\":\"%s\",\"close\":\"%s\",\"volume\":\"%s\"}\n",
            market, timeframe, $1, $2, $3, $4, $5, $6}'
}

only_candles() { grep '"type":"candle"'; }

# A file of flat candles at these times: FILE TIME…
flat() {
    local file=$1 time
    shift
    echo time,open,high,low,close,volume >"$file"
    for time; do echo "$time,1,1,1,1,1"; done >>"$file"
}

@test "a stream: its version, the instrument, the candles, the end" {
    run -0 --separate-stderr r3-collect "$hour"
    [ -z "$stderr" ]
    [ "${lines[0]}" = '{"type":"stream","version":1}' ]
    [ "${lines[1]}" = '{"type":"instrument","platform":"csv","market":"BTC-USD","base":"BTC","quote":"USD","price_increment":"0.00000001","base_increment":"0.00000001","quote_increment":"0.00000001","minimum_size":"0","minimum_funds":"0","fee_currency":"USD"}' ]
    [ "${lines[-1]}" = '{"type":"end","source":"r3-collect","records":163}' ]
    r3-collect "$hour" | only_candles | cmp - <(candles BTC-USD 1H <"$hour")
}

@test "each dialect gives the same records, from a file and from a pipe" {
    r3-collect --market BTC-USD "$csv/bitstamp.csv" >want
    [ "$(wc -l <want)" -eq 27 ]
    count=0
    for file in "$csv"/*.csv "$csv"/*.gz "$csv"/*.zst; do
        options=()
        [[ $file == */named.csv ]] && options=(--columns -,volume,close,low,high,open,time)
        r3-collect -m BTC-USD "${options[@]}" "$file" 2>err | cmp - want || { echo "$file"; cat err; false; }
        r3-collect -m BTC-USD "${options[@]}" < <(dd bs=1 status=none if="$file") 2>err | cmp - want || { echo "piped: $file"; cat err; false; }
        r3-collect -m BTC-USD "${options[@]}" - <"$file" 2>err | cmp - want || { echo "stdin: $file"; cat err; false; }
        count=$((count + 1))
    done
    [ "$count" -ge 20 ]
}

@test "a day without values is skipped and said" {
    run -0 --separate-stderr r3-collect -m BTC-USD "$csv/yahoo.csv"
    [ "$stderr" = "r3-collect: $csv/yahoo.csv: 1 row without values, the first in line 26" ]
}

@test "--market, --platform and the increments reach the records" {
    run -0 r3-collect --market eth/usdt --platform kraken --price-increment 0.1 --base-increment 1e-4 --quote-increment 0.01 \
        --minimum-size 0.001 --minimum-funds 5 "$hour"
    [ "${lines[1]}" = '{"type":"instrument","platform":"kraken","market":"ETH-USDT","base":"ETH","quote":"USDT","price_increment":"0.1","base_increment":"0.0001","quote_increment":"0.01","minimum_size":"0.001","minimum_funds":"5","fee_currency":"USDT"}' ]
    [[ ${lines[2]} == '{"type":"candle","platform":"kraken","market":"ETH-USDT","timeframe":"1H",'* ]]
}

@test "wrong options are usage errors" {
    cp "$hour" 1.csv
    run -64 r3-collect 1.csv
    [[ $output == *"its name does not tell the market: say --market"* ]]
    run -64 r3-collect <"$hour"
    [[ $output == *"standard input has no name that tells the market"* ]]
    run -64 r3-collect --market BTC "$hour"
    [[ $output == *'--market: not a market: "BTC"'* ]]
    run -64 r3-collect --market BTC-USD --market ETH-USD "$hour"
    [[ $output == *"--market: 2 of them for 1 files"* ]]
    run -64 r3-collect --timeframe 7m "$hour"
    [[ $output == *"--timeframe: "* ]]
    run -64 r3-collect --resample 30m "$hour"
    [[ $output == *"candles of 1H cannot be put together to 30m"* ]]
    run -64 r3-collect --from 2014 --to 2013 "$hour"
    [[ $output == *"--to: it must be after --from"* ]]
    run -64 r3-collect --price-increment 0 "$hour"
    [[ $output == *"--price-increment: it must be above 0"* ]]
    run -64 r3-collect --columns time,open "$hour"
    [[ $output == *"--columns: high is missing"* ]]
    run -64 r3-collect --platform 'a b' "$hour"
    run -64 r3-collect --gaps maybe "$hour"
    run -64 r3-collect -m BTC-USD - -
    [[ $output == *"standard input can be read once only"* ]]
}

@test "files that cannot be read" {
    run -74 r3-collect btc.csv
    [[ $output == "r3-collect: btc.csv: No such file or directory" ]]
    mkdir eth.csv
    run -74 r3-collect eth.csv
    [[ $output == *"it is a directory"* ]]
    : >btc.csv
    run -65 r3-collect btc.csv
    [[ $output == "r3-collect: btc.csv: it holds no candle" ]]
    head -n 1 "$hour" >btc.csv
    run -65 r3-collect btc.csv --timeframe 1H
    [[ $output == "r3-collect: btc.csv: it holds no candle" ]]
    gzip -c "$minute" | head -c 50000 >btc.csv
    run -65 --separate-stderr r3-collect btc.csv
    [[ $stderr == "r3-collect: btc.csv: the packed data is cut off" ]]
    [ "$(grep -c '"type":"end"' <<<"$output")" -eq 0 ]
}

@test "a full disk is an error" {
    run -74 bash -c 'r3-collect "$1" >/dev/full' _ "$hour"
}

# LINE TEXT: put it in the place of that line of the hour file, and see what r3-collect says about it.
damaged() {
    awk -v at="$1" -v text="$2" 'NR == at {print text; next} {print}' "$hour" >btc.csv
    run -65 --separate-stderr r3-collect btc.csv
    [ "$(tail -n 1 <<<"$output" | grep -c '"type":"end"')" -eq 0 ]
    message=$stderr
    # All that came before was written.
    [ "$(only_candles <<<"$output" | wc -l)" -eq $(($1 - 2)) ]
}

@test "bad rows are errors that name the line" {
    damaged 17 1385391600,abc,812,800,810,1
    [ "$message" = 'r3-collect: btc.csv:17: open: not a decimal: "abc"' ]
    damaged 17 1385391600,805,812,813,810,1
    [ "$message" = 'r3-collect: btc.csv:17: high is below low (open 805, high 812, low 813, close 810)' ]
    damaged 17 1385391600,805,812,0,810,1
    [ "$message" = 'r3-collect: btc.csv:17: a price is not above 0 (open 805, high 812, low 0, close 810)' ]
    damaged 17 1385391600,805,812,800,810,-1
    [ "$message" = 'r3-collect: btc.csv:17: volume is below 0' ]
    damaged 17 1385391600,805,812,800,810
    [ "$message" = 'r3-collect: btc.csv:17: 5 fields where 6 are expected' ]
    damaged 17 yesterday,805,812,800,810,1
    [[ $message == 'r3-collect: btc.csv:17: time: not a time'* ]]
    damaged 17 1385391600,805,812,800,null,1
    [ "$message" = 'r3-collect: btc.csv:17: close is missing' ]
    damaged 17 1385391600,805,812,800,810,0.0000000000000000001
    [[ $message == 'r3-collect: btc.csv:17: volume: '* ]]
    damaged 17 1385391601,805,812,800,810,1
    [ "$message" = 'r3-collect: btc.csv:17: time: 2013-11-25T15:00:01Z is not where a 1H candle opens (the timeframe was guessed: say --timeframe)' ]
    damaged 17 "$(printf '%s,805,812,800,810,1\0' 1385391600 | tr '\0' '\001')"
    [[ $message == 'r3-collect: btc.csv:17: volume: not a decimal'* ]]
}

@test "rows out of order, and the same time with other values: both lines are named" {
    damaged 17 1385384400,805,812,800,810,1
    [ "$message" = 'r3-collect: btc.csv:17: out of order: 2013-11-25T13:00:00Z comes after 2013-11-25T14:00:00Z of line 16' ]
    damaged 17 1385388000,805,812,800,810,1
    [ "$message" = 'r3-collect: btc.csv:17: 2013-11-25T14:00:00Z again with other values: line 16 has it too' ]
}

@test "equal copies are dropped, and counted" {
    awk '{print} NR == 9 || NR == 20 {print; print}' "$hour" >btc.csv
    run -0 --separate-stderr r3-collect btc.csv
    [ "$stderr" = "r3-collect: btc.csv:10: an equal copy of the candle before it; 4 such rows dropped" ]
    [ "$output" = "$(r3-collect "$hour")" ]
}

@test "newest first: the same records, and true line numbers" {
    { head -n 1 "$minute"; tail -n +2 "$minute" | tac; } >btc.csv
    r3-collect "$minute" >want 2>/dev/null
    r3-collect btc.csv 2>/dev/null | cmp - want
    printf '%s' "$(cat btc.csv)" >unended.csv # no newline at the end
    r3-collect -m BTC-USD unended.csv 2>/dev/null | cmp - want
    r3-collect -m BTC-USD 2>/dev/null < <(cat btc.csv) | cmp - want
    gzip -c btc.csv >btc.csv.gz
    r3-collect btc.csv.gz 2>/dev/null | cmp - want
    sed -i '4000s/.*/1,2,3/' btc.csv
    for file in btc.csv -; do
        run -65 --separate-stderr r3-collect -m BTC-USD "$file" < <(cat btc.csv)
        [[ $stderr == *":4000: 3 fields where 6 are expected" ]]
        [ "$(only_candles <<<"$output" | wc -l)" -eq 5400 ]
    done
    # Out of order the other way round.
    { head -n 1 "$hour"; tail -n +2 "$hour" | tac; } | awk 'NR == 50 {held = $0; next} {print} NR == 51 {print held}' >btc.csv
    run -65 --separate-stderr r3-collect btc.csv
    [[ $stderr == "r3-collect: btc.csv:50: out of order: "*" of line 51" ]]
}

@test "without header and ambiguous: the message says what to do, and doing it helps" {
    for i in 0 1 2 3; do echo "$((60 * i)),5,5,5,5,1,1"; done >btc.csv
    run -65 r3-collect btc.csv
    [ "$output" = "r3-collect: btc.csv:1: no header, and the rows fit the columns of Kraken and of KuCoin: name them with --columns" ]
    run -0 r3-collect btc.csv --columns time,open,close,high,low,volume
    [ "${#lines[@]}" -eq 7 ]
}

@test "a file without volume" {
    cut -d, -f1-5 "$hour" >btc.csv
    run -0 --separate-stderr r3-collect btc.csv
    [ "$stderr" = "r3-collect: btc.csv: it has no volume column: every volume is 0" ]
    [ "$(only_candles <<<"$output" | grep -vc '"volume":"0"}$' || true)" -eq 0 ]
}

@test "the timeframe is guessed from the most usual spacing, or given" {
    flat btc.csv 0 60 180 240 300 600
    [ "$(r3-collect btc.csv 2>/dev/null | jq -r 'select(.type == "candle").timeframe' | sort -u)" = 1m ]
    run -0 r3-collect btc.csv --timeframe M1
    flat btc.csv 0 300 600
    [ "$(r3-collect btc.csv | jq -r 'select(.type == "candle").timeframe' | sort -u)" = 5m ]
    [ "$(r3-collect btc.csv --timeframe 1min --gaps fill 2>/dev/null | only_candles | wc -l)" -eq 11 ]
    run -65 r3-collect btc.csv --timeframe 15m
    [ "${lines[-1]}" = "r3-collect: btc.csv:3: time: 1970-01-01T00:05:00Z is not where a 15m candle opens" ]
    flat btc.csv 0 600 1200
    run -65 r3-collect btc.csv
    [ "$output" = "r3-collect: btc.csv: its rows are 600 seconds apart, which is no timeframe: say --timeframe" ]
    flat btc.csv 0
    run -65 r3-collect btc.csv
    [ "$output" = "r3-collect: btc.csv: the rows do not tell how far they are apart: say --timeframe" ]
    run -0 r3-collect btc.csv --timeframe 1D
    # A bad row is told before the guess that it prevents.
    echo bad >>btc.csv
    run -65 r3-collect btc.csv
    [ "$output" = "r3-collect: btc.csv:3: time: not a time (like 2024-01-31T13:45:00Z): \"bad\"" ] || [[ $output == "r3-collect: btc.csv:3: "* ]]
    printf 'date,open,high,low,close\n2023-12-01,1,1,1,1\n2024-01-01,1,1,1,1\n2024-02-01,1,1,1,1\n2024-03-01,1,1,1,1\n' >btc.csv
    run -0 --separate-stderr r3-collect btc.csv --gaps fail
    [ "$(only_candles <<<"$output" | jq -r .timeframe | sort -u)" = 1M ]
}

@test "--from is the first, --to is not any more" {
    run -0 --separate-stderr r3-collect "$hour" --from 2013-11-26T02:00 --to 2013-11-26T05:00Z
    [ "$(only_candles <<<"$output" | jq -c .time)" = $'1385431200000\n1385434800000\n1385438400000' ]
    [ -z "$stderr" ]
    [ "$(r3-collect "$hour" --from 1385431200000 --to 1385442000000)" = "$output" ]
    run -0 --separate-stderr r3-collect "$hour" --from 2020-01-01
    [ "$stderr" = "r3-collect: BTC-USD 1H: no candle lies between --from and --to" ]
    [ "${#lines[@]}" -eq 3 ]
    # What comes after --to is not read: it may be damaged.
    { head -n 50 "$hour"; echo damaged; } >btc.csv
    run -0 r3-collect btc.csv --to 2013-11-26T05:00
    run -65 r3-collect btc.csv --to 2013-11-28
}

@test "--gaps warn, fill, fail" {
    flat btc.csv 0 60 300 360 420 600
    sed -i 's/^60,.*/60,1,9,1,7,1/' btc.csv
    run -0 --separate-stderr r3-collect btc.csv
    [ "$stderr" = "r3-collect: BTC-USD 1m: 5 candles missing in 2 gaps; the first: 3 from 1970-01-01T00:02:00Z on" ]
    [ "$(only_candles <<<"$output" | wc -l)" -eq 6 ]
    run -0 --separate-stderr r3-collect btc.csv --gaps fill
    [ "$stderr" = "r3-collect: BTC-USD 1m: 5 candles missing in 2 gaps, filled; the first: 3 from 1970-01-01T00:02:00Z on" ]
    [ "$(only_candles <<<"$output" | jq -c '[.time / 60000, .open, .high, .low, .close, .volume]' | sed -n 2,6p)" = \
'[1,"1","9","1","7","1"]
[2,"7","7","7","7","0"]
[3,"7","7","7","7","0"]
[4,"7","7","7","7","0"]
[5,"1","1","1","1","1"]' ]
    [ "$(only_candles <<<"$output" | wc -l)" -eq 11 ]
    run -65 --separate-stderr r3-collect btc.csv --gaps fail
    [ "$stderr" = "r3-collect: btc.csv:4: 3 candles are missing ahead of it, from 1970-01-01T00:02:00Z on" ]
    [ "$(only_candles <<<"$output" | wc -l)" -eq 2 ]
}

@test "--resample gives the exchange's own coarser candles, complete ones only" {
    # The 5m and 1H files were made from the same trades as the 1m one.
    r3-collect "$DATA/btcusd-bitstamp-2013_5m.csv" --resample 1H 2>/dev/null | only_candles >got
    r3-collect "$hour" | only_candles | head -n 160 | cmp - got
    r3-collect "$minute" --resample 1H --gaps fill 2>/dev/null | only_candles >got
    r3-collect "$hour" | only_candles | head -n 160 | cmp - got
    run -0 --separate-stderr r3-collect "$hour" --from 2013-11-25T01:00 --resample 4H
    [ "$stderr" = "r3-collect: BTC-USD 4H: the first candle, 2013-11-25T00:00:00Z, is not complete: dropped
r3-collect: BTC-USD 4H: the last candle, 2013-12-01T16:00:00Z, is not complete: dropped" ]
    [ "$(only_candles <<<"$output" | wc -l)" -eq 39 ]
    run -0 --separate-stderr r3-collect "$hour" --resample 4H --from 2013-11-26 --to 2013-11-27
    [ -z "$stderr" ]
    [ "$(only_candles <<<"$output" | wc -l)" -eq 6 ]
}

@test "several markets and timeframes are merged by the time of the close" {
    flat eth-usd.csv 0 60 120 180 240 300 360
    flat btc-usd.csv 0 300
    flat ltc-usd.csv 60 120 180 240
    run -0 --separate-stderr r3-collect btc-usd.csv eth-usd.csv ltc-usd.csv
    [ "$(jq -r 'select(.type == "instrument").market' <<<"$output" | xargs)" = "BTC-USD ETH-USD LTC-USD" ]
    [ "$(only_candles <<<"$output" | jq -r '"\(.market[0:3])\(.time / 60000)"' | xargs)" = \
"ETH0 ETH1 LTC1 ETH2 LTC2 ETH3 LTC3 ETH4 LTC4 BTC0 ETH5 ETH6 BTC5" ]
    run -0 r3-collect -m A-USD -m B-USD btc-usd.csv eth-usd.csv
    [ "$(jq -r 'select(.type == "instrument").market' <<<"$output" | xargs)" = "A-USD B-USD" ]
    # One market in two timeframes is one instrument.
    run -0 r3-collect -m A-USD btc-usd.csv eth-usd.csv
    [ "$(jq -r 'select(.type == "instrument").market' <<<"$output" | xargs)" = "A-USD" ]
    [ "$(jq -r 'select(.type == "end").records' <<<"$output")" -eq $((${#lines[@]} - 1)) ]
}

@test "several files of one market follow each other, whatever their order" {
    head -n 50 "$hour" >btc-1.csv
    { head -n 1 "$hour"; sed -n '51,100p' "$hour" | tac; } >btc-2.csv
    { head -n 1 "$hour"; tail -n +101 "$hour"; } | gzip >btc-3.csv.gz
    r3-collect "$hour" >want
    r3-collect -m BTC-USD btc-1.csv btc-2.csv btc-3.csv.gz | cmp - want
    r3-collect -m BTC-USD btc-3.csv.gz btc-1.csv btc-2.csv | cmp - want
    r3-collect -m BTC-USD btc-2.csv - btc-1.csv < <(zcat btc-3.csv.gz) | cmp - want
    r3-collect -m BTC-USD - btc-1.csv btc-3.csv.gz <btc-2.csv | cmp - want
    r3-collect -m BTC-USD btc-2.csv <(zcat btc-3.csv.gz) btc-1.csv | cmp - want
    # A row that both have, equal, is dropped; an overlap is an error.
    { head -n 1 "$hour"; tail -n +100 "$hour"; } >btc-3.csv
    run -0 --separate-stderr r3-collect -m BTC-USD btc-3.csv btc-1.csv btc-2.csv
    [ "$output" = "$(cat want)" ]
    [ "$stderr" = "r3-collect: btc-3.csv:2: an equal copy of the candle before it; 1 such row dropped" ]
    { head -n 1 "$hour"; tail -n +49 "$hour"; } >btc-3.csv
    run -65 --separate-stderr r3-collect -m BTC-USD btc-3.csv btc-1.csv
    [[ $stderr == "r3-collect: btc-3.csv:2: out of order: "*" of btc-1.csv:50" ]]
    { head -n 1 "$hour"; tail -n +99 "$hour"; } >btc-3.csv
    # A gap between two files is a gap.
    run -65 --separate-stderr r3-collect -m BTC-USD btc-1.csv btc-3.csv --gaps fail
    [[ $stderr == "r3-collect: btc-3.csv:2: 48 candles are missing ahead of it"* ]]
}

@test "TERM ends the stream with end; INT does not where the shell lets a background job ignore it" {
    mkfifo fifo
    r3-collect -m BTC-USD --timeframe 1H fifo >out 2>err 3>&- &
    pid=$!
    exec 5>fifo
    head -n 5 "$hour" >&5
    for ((i = 0; i < 50; i++)); do [ "$(only_candles <out | wc -l)" -eq 4 ] && break; sleep 0.1; done
    cat out
    [ "$(only_candles <out | wc -l)" -eq 4 ]
    kill -INT $pid
    sed -n 6p "$hour" >&5
    for ((i = 0; i < 50; i++)); do [ "$(only_candles <out | wc -l)" -eq 5 ] && break; sleep 0.1; done
    [ "$(only_candles <out | wc -l)" -eq 5 ]
    kill -TERM $pid
    wait $pid
    exec 5>&-
    [ "$(tail -n 1 out)" = '{"type":"end","source":"r3-collect","records":7}' ]
}

@test "standard input that someone set to non-blocking is waited for" {
    r3-collect -m BTC-USD "$hour" >want
    (head -n 50 "$hour"; sleep 0.5; tail -n +51 "$hour") |
        perl -MFcntl -e 'fcntl(STDIN, F_SETFL, O_NONBLOCK) or die; exec "r3-collect", "-m", "BTC-USD"' >got
    cmp got want
}

@test "INT ends the stream with end" {
    (head -n 5 "$hour"; sleep 2) | perl -e '
        $SIG{INT} = "DEFAULT";
        my $child = fork();
        exec "r3-collect", "-m", "BTC-USD", "--timeframe", "1H" if !$child;
        select(undef, undef, undef, 1);
        kill "INT", $child;
        waitpid($child, 0);
        exit($? ? 1 : 0);' >out
    [ "$(tail -n 1 out)" = '{"type":"end","source":"r3-collect","records":6}' ]
}

@test "memory does not grow with the file, backwards and packed neither" {
    awk 'BEGIN {print "time,open,high,low,close,volume"; for (i = 600000; i > 0; i--) print 60 * i ",1234.5,1235.5,1233.5,1234.75,12.25"}' >btc.csv
    gzip -1 -c btc.csv >btc.csv.gz
    [ "$(stat -c %s btc.csv)" -gt 20000000 ]
    for file in btc.csv btc.csv.gz; do
        run -0 --separate-stderr bash -c "/usr/bin/time -f %M r3-collect $file --to 1980 >/dev/null"
        echo "$file: $stderr KiB"
        [ "$(tail -n 1 <<<"$stderr")" -lt 16384 ]
    done
}

@test "--gaps fill refuses a gap that only a wrong time explains" {
    cd "$BATS_TEST_TMPDIR"
    printf 'time,open,high,low,close,volume\n1385337600,1,1,1,1,1\n1385337660,1,1,1,1,1\n4102444800,1,1,1,1,1\n' >far.csv
    run -65 --separate-stderr r3-collect --market BTC-USD --timeframe 1m --gaps fill far.csv
    [[ $stderr == *"far.csv:4: "*"too many to fill"* ]]
}

# 20,000 minutes with all that interrupts a run of usual rows: gaps, copies, blank lines, quotes, exponents, more decimals, none.
mixed() {
    awk 'BEGIN {
        print "time,open,high,low,close,volume"
        for (i = 1; i <= 20000; i++) {
            row = sprintf("%d,%.1f,%.1f,%.1f,%.1f,%.4f", 1483228800 + 60 * i, 1000 + i % 77, 1100 + i % 7, 900, 1001, i / 7)
            if (i % 501 == 0) continue
            if (i % 701 == 0) sub(/,[^,]*$/, ",1.5e2", row)
            if (i % 801 == 0) sub(/,/, ",\"", row) sub(/\.[0-9],/, ".1\",", row)
            if (i % 901 == 0) sub(/,900\.0,/, ",899." i ",", row)
            if (i % 997 == 0) sub(/,900\.0,/, ",900,", row)
            if (i % 1009 == 0) row = row "\r"
            print row
            if (i % 1103 == 0) print row
            if (i % 1201 == 0) print ""
            if (i % 1301 == 0) print 1483228800 + 60 * i + 1 ",null,null,null,null,null"
        }
    }'
}

@test "runs of rows and rows one by one are the same: a file, and a pipe that brings a few bytes at a time" {
    mixed >btc.csv
    for options in "" "--gaps fill" "--resample 15m" "--resample 1H --gaps fill" "--from 2017-01-03T07:13 --to 2017-01-09T03:21" \
        "--resample 4H --from 2017-01-02T01:00"; do
        # shellcheck disable=SC2086
        r3-collect -m BTC-USD $options btc.csv >whole 2>whole.err
        # shellcheck disable=SC2086
        dd status=none bs=61 if=btc.csv | r3-collect -m BTC-USD $options >piped 2>piped.err
        cmp whole piped
        diff <(sed 's/btc.csv/standard input/' whole.err) piped.err
    done
    [ "$(r3-collect -m BTC-USD btc.csv 2>/dev/null | grep -c '"type":"candle"')" -eq $((20000 - 39)) ]
    [[ $(<whole.err) == *"14 rows without values"*"17 such rows dropped"*"missing in 37 gaps"* ]]
}

@test "a block never waits: each line of a pipe comes out before the next goes in" {
    run -0 timeout 20 perl -e '
        use IPC::Open2;
        my $pid = open2(my $out, my $in, "r3-collect", "-m", "BTC-USD", "-t", "1m");
        $in->autoflush(1);
        print $in "time,open,high,low,close,volume\n0,1,1,1,1,1\n60,1,1,1,1,1\n";
        for (1 .. 4) { my $head = <$out>; }
        for my $i (2 .. 50) {
            print $in $i * 60, ",1,1,1,1,1\n";
            my $line = <$out>;
            exit 1 if $line !~ /"time":@{[$i * 60000]},/;
        }
        close $in;
        <$out> =~ /"end"/ or exit 2;
        waitpid $pid, 0;
        exit $? >> 8;'
}

# both OPTIONS…: r3-collect --both gives what it gives with --resample and without it, in the order of their closes, finer ones first.
both() {
    r3-collect "$@" >fine 2>/dev/null
    r3-collect "$@" --resample "$coarse" >coarse 2>coarse.err
    r3-collect "$@" --resample "$coarse" --both >got 2>got.err
    cat >merge.py <<'PYTHON'
import json, sys
span = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1H": 60, "4H": 240, "12H": 720, "1D": 1440}
rows = []
for name in sys.argv[1:]:
    for line in open(name):
        row = json.loads(line)
        if row["type"] == "candle":
            minutes = span[row["timeframe"]]
            rows.append((row["time"] + minutes * 60000, minutes, line))
rows.sort(key=lambda row: row[:2])  # stable: the files' order stays
sys.stdout.write("".join(row[2] for row in rows))
PYTHON
    python3 merge.py fine coarse | cmp - <(only_candles <got)
    diff coarse.err got.err
    head -n 2 got | cmp - <(head -n 2 fine)
    [ "$(tail -n 1 got)" = '{"type":"end","source":"r3-collect","records":'$(($(wc -l <got) - 1))'}' ]
}

@test "--both: the files' own candles and the coarser ones in one stream" {
    run -64 r3-collect --both "$hour"
    [[ $output == *"--both: only with --resample"* ]]
    # Candles that have the timeframe already come once.
    r3-collect --both --resample 1H "$hour" | cmp - <(r3-collect "$hour")
    run -64 r3-collect --both --resample 30m "$hour"
    coarse=1H
    both -m BTC-USD "$minute"
    both -m BTC-USD "$minute" --gaps fill
    both -m BTC-USD "$DATA/btcusd-bitstamp-2013_5m.csv"
    both -m BTC-USD "$minute" --from 2013-11-25T01:30 --to 2013-11-26T02:10
    [ "$(grep -c '"1H"' got)" -eq 24 ]
    coarse=4H
    both "$hour"
    both "$hour" --from 2013-11-25T01:00 --to 2013-11-26
    coarse=1D
    both "$hour"
    mixed >btc.csv
    for coarse in 15m 4H 1D; do
        both -m BTC-USD btc.csv
        r3-collect -m BTC-USD --resample $coarse --both < <(dd status=none bs=61 if=btc.csv) 2>/dev/null | cmp - got
        both -m BTC-USD btc.csv --from 2017-01-03T07:13 --to 2017-01-09T03:21 --gaps fill
    done
    [ "$(sed -n '3,4p' got | jq -c '[.timeframe, .time]' | xargs)" = "[1m,1483427580000] [1m,1483427640000]" ]
}

@test "--both: several files of one market, and several markets" {
    { head -n 1 "$hour"; sed -n 2,50p "$hour"; } >btc-1.csv
    { head -n 1 "$hour"; sed -n '51,$p' "$hour" | tac; } >btc-2.csv
    coarse=4H
    both -m BTC-USD btc-2.csv btc-1.csv
    r3-collect -m BTC-USD --resample 4H --both "$hour" | cmp - got
    # Two markets: at each close the hours of both, then the four hours of both.
    r3-collect -m BTC-USD -m ETH-USD --resample 4H --both "$hour" "$hour" >got
    jq -r 'select(.type == "candle") | "\(.market[0:1])\(.timeframe)"' got | sed -n 1,20p | xargs >order
    [ "$(cat order)" = "B1H E1H B1H E1H B1H E1H B1H E1H B4H E4H B1H E1H B1H E1H B1H E1H B1H E1H B4H E4H" ]
    for market in BTC-USD ETH-USD; do
        only_candles <got | grep "$market" | cmp - <(r3-collect -m $market --resample 4H --both "$hour" | only_candles)
    done
    # Files of two timeframes.
    r3-collect -m BTC-USD -m ETH-USD --resample 1H --both "$minute" "$hour" 2>/dev/null >got
    grep BTC-USD got | cmp - <(r3-collect -m BTC-USD --resample 1H --both "$minute" 2>/dev/null | grep BTC-USD)
    grep ETH-USD got | cmp - <(r3-collect -m ETH-USD "$hour" | grep ETH-USD)
}

@test "--both: a volume that outgrows its digits names the candle; a wide candle goes by itself" {
    printf '%s\n' time,open,high,low,close,volume 0,1,1,1,1,9999999999999999999999999999999999 60,1,1,1,1,9999999999999999999999999999999999 >btc.csv
    run -65 --separate-stderr r3-collect btc.csv --timeframe 1m --resample 5m --both
    [ "$stderr" = "r3-collect: BTC-USD 5m 1970-01-01T00:00:00Z: volume: a result needs more than 34 digits or 18 decimals" ]
    [ "$(only_candles <<<"$output" | wc -l)" -eq 2 ]
    printf '%s\n' time,open,high,low,close,volume 0,1,1,1,1,0.5 60,1,9999999999999999.000000000000000001,1,1,1 120,1,1,1,1,1 180,1,1,1,1,1 240,1,1,1,1,1 300,1,1,1,1,1 >btc.csv
    coarse=5m
    both btc.csv
    [ "$(grep -c '"high":"9999999999999999.000000000000000001"' got)" -eq 2 ]
}

@test "--both: a coarser candle does not wait for the line behind it" {
    run -0 timeout 20 perl -e '
        use IPC::Open2;
        my $pid = open2(my $out, my $in, "r3-collect", "-m", "BTC-USD", "-t", "1m", "-r", "5m", "--both");
        $in->autoflush(1);
        print $in "time,open,high,low,close,volume\n0,1,1,1,1,1\n60,1,1,1,1,1\n";
        for (1 .. 4) { my $head = <$out>; }
        for my $i (2 .. 50) {
            print $in $i * 60, ",1,1,1,1,1\n";
            my $line = <$out>;
            exit 1 if $line !~ /"1m","time":@{[$i * 60000]},/;
            next if $i % 5 != 4;
            $line = <$out>;
            exit 2 if $line !~ /"5m","time":@{[($i - 4) * 60000]},/;
        }
        close $in;
        <$out> =~ /"end"/ or exit 3;
        waitpid $pid, 0;
        exit $? >> 8;'
}

@test "--both: the rules run on the coarser timeframe, paper fills on the finer, and r3-backtest gives the same" {
    text="r3-collect -m BTC-USD $minute --resample 15m --both | r3-strategy sma-cross --timeframe 15m | r3-track --protect tracker --stop-loss 1% --take-profit 2% | r3-size | r3-order --paper"
    backtest "$text" >stream 2>err
    r3-backtest "$text" 2>err.one | cmp - stream
    diff err err.one
    other=${text/--protect tracker/--protect exchange --trailing-stop 3%}
    backtest "$other" 2>/dev/null >resting
    r3-backtest "$other" 2>/dev/null | cmp - resting
    grep -q '"type":"trade".*"role":"SL"' resting
    # The signals are those of the coarser candles alone.
    grep '"signal"' stream | grep '"type":"signal"' >signals
    [ "$(wc -l <signals)" -gt 5 ]
    r3-collect -m BTC-USD "$minute" --resample 15m 2>/dev/null | r3-strategy -q sma-cross | grep '"type":"signal"' | cmp - signals
    # Each stands behind its own candle, and an entry is filled at the open of a minute that no later one opens before.
    python3 - stream <<'PYTHON'
import json, sys
last, minute, entries, wanted, stops = None, None, 0, None, 0
for line in open(sys.argv[1]):
    row = json.loads(line)
    if row["type"] == "candle":
        if row["timeframe"] == "1m":
            if wanted and wanted["time"] <= row["time"]:
                wanted["fill"] = row
        last = row
    elif row["type"] == "signal":
        assert last["timeframe"] == "15m" and row["time"] == last["time"] + 900000, line
    elif row["type"] == "order" and row["role"] == "ENTRY":
        wanted = {"time": row["time"]}
    elif row["type"] == "trade" and row["role"] == "ENTRY":
        assert row["time"] == wanted["fill"]["time"] and row["price"] == wanted["fill"]["open"], line
        assert row["time"] - wanted["time"] < 900000
        wanted = None
        entries += 1
    elif row["type"] == "trade" and row["role"] in ("SL", "TP"):
        assert last["timeframe"] == "1m", line  # watched on the minutes
        stops += 1
assert entries > 3 and stops > 0, (entries, stops)
PYTHON
    # The report counts the finest, its statistics are finite.
    backtest "$text | r3-report --json" 2>/dev/null >report
    r3-backtest "$text | r3-report --json" 2>/dev/null | cmp - report
    [ "$(jq .trades report)" -gt 3 ]
    # So does a sweep.
    r3-sweep "${text/sma-cross/sma-cross --set fast=\{fast\}} | r3-report" --vary fast=10 --json 2>/dev/null | jq -S 'select(.type == "result").statistics' | diff - <(jq -S . report)
    # Without --timeframe the rules would run on the first that comes.
    r3-collect -m BTC-USD "$minute" --resample 15m --both 2>/dev/null | r3-strategy -q sma-cross | grep -c '"timeframe":"15m"' | grep -qx 0
}

@test "--pace: the same candles, as time goes by" {
    head -n 12 "$hour" >btc.csv
    run -64 r3-collect btc.csv --pace fast
    [[ $output == *'--pace: wants a number above 0, as in 60x, not "fast"'* ]]
    run -64 r3-collect btc.csv --pace 0x
    run -64 r3-collect btc.csv --pace -1
    run -64 r3-collect btc.csv --pace x
    # Ten hours pass in a second.
    started=$(date +%s%N)
    r3-collect btc.csv --pace 36000x >got
    took=$((($(date +%s%N) - started) / 1000000))
    echo "$took ms"
    [ "$took" -ge 995 ]
    r3-collect btc.csv | cmp - got
    started=$(date +%s%N)
    r3-backtest 'r3-collect btc.csv --pace 72000 | r3-strategy -e "long = close > 0"' >/dev/null
    took=$((($(date +%s%N) - started) / 1000000))
    [ "$took" -ge 495 ]
    # A sweep has nobody who looks on.
    run -0 timeout 20 r3-sweep 'r3-collect btc.csv --pace 1x | r3-strategy -e "long = close > {n}" | r3-track | r3-size | r3-order --paper | r3-report' --vary n=1,2
}

@test "--pace: each candle is out when it is due, and INT ends the stream" {
    head -n 12 "$hour" >btc.csv
    perl -e '
        use Time::HiRes "time";
        open(my $out, "-|", "r3-collect", "btc.csv", "--pace", "18000x") or die;
        my $head = <$out> . <$out>;
        my $first = <$out>;
        my $start = time;
        for my $i (1 .. 5) {
            my $line = <$out>;
            my $late = time - $start - $i * 0.2;
            exit 1 if $late < -0.01 || $late > 1; # not all of them at the end, after two seconds
        }
        exit 0;'
    perl -e '
        $SIG{INT} = "DEFAULT";
        my $child = fork();
        exec "r3-collect", "btc.csv", "--pace", "1x" if !$child;
        select(undef, undef, undef, 1);
        kill "INT", $child;
        waitpid($child, 0);
        exit($? ? 1 : 0);' >out
    [ "$(tail -n 1 out)" = '{"type":"end","source":"r3-collect","records":3}' ]
    [ "$(wc -l <out)" -eq 4 ]
    # A reader that goes away is noticed, not only when the next candle is due.
    run -0 timeout 10 bash -c 'r3-collect btc.csv --pace 1x | head -n 3 >/dev/null; exit 0'
    run -0 timeout 10 bash -c 'r3-backtest "r3-collect btc.csv --pace 1x | r3-strategy -q -e \"long = close > 0\"" | head -n 1 >/dev/null; exit 0'
}

@test "reading ahead in a thread has no data race" {
    cd "$TOP"
    gcc -std=gnu17 -I. -D_GNU_SOURCE -DR3_VERSION='"0"' -DR3_DATADIR='""' -include lib/base/banned.h -O1 -g -fsanitize=thread \
        -o "$BATS_TEST_TMPDIR/ahead" tests/unit/collect_ahead.c lib/{base,json,record,market,input}/*.c lib/exchange/names.c lib/stage/{collect*,stage}.c \
        -ljansson -lzstd -lz -lm
    run -0 "$BATS_TEST_TMPDIR/ahead"
    [[ $output != *"data race"* ]]
}

# long FIRST LAST: rows of minutes by number, 0 is the first of 2017.
long() {
    awk -v first="$1" -v last="$2" 'BEGIN { for (i = first; i <= last; i++)
        printf "%d,%.1f,%.1f,%.1f,%.1f,%.3f\n", 1483228800 + 60 * i, 1000 + i % 77, 1100 + i % 7, 900, 1001 + i % 13, i / 8 }'
}
# minute NUMBER: its time as --from wants it.
minute() { date -u -d "@$((1483228800 + 60 * $1))" +%FT%TZ; }

@test "a long file is not read from its beginning to --from: same candles, same words" {
    { printf '\xef\xbb\xbftime,open,high,low,close,volume\r\n'; long 0 9999 | sed '5000s/^\(.*\),.*/\1,1.123456789012/'; long 10003 19000; echo
        long 19001 29999 | sed 's/$/\r/'; } >btc.csv
    for from in "$(minute 1)" "$(minute 9999)" "$(minute 10001)" "$(minute 20011)" 2017-01-14T13:00:30Z "$(minute 29999)" 2018-01-01; do
        for options in "" "--gaps fill" "--resample 15m --both" "--timeframe 1m --resample 4H --to 2019-01-21"; do
            # shellcheck disable=SC2086
            r3-collect -m BTC-USD $options --from "$from" btc.csv >sought 2>sought.err
            # shellcheck disable=SC2086
            cat btc.csv | r3-collect -m BTC-USD $options --from "$from" >whole 2>whole.err
            cmp sought whole
            diff sought.err <(sed 's/standard input/btc.csv/' whole.err)
        done
    done
    # What is far ahead of --from is not looked at; in what cannot be read from its middle it is.
    sed -i '3000s/,.*/,x/' btc.csv
    r3-collect -m BTC-USD --from "$(minute 29000)" btc.csv >sought
    cat btc.csv | run -65 r3-collect -m BTC-USD --from "$(minute 29000)"
    gzip -k btc.csv
    run -65 r3-collect -m BTC-USD --from "$(minute 29000)" btc.csv.gz
    run -65 r3-collect -m BTC-USD --from "$(minute 2990)" btc.csv # it is near
    # Several files of one series, the first of which ends ahead of it.
    long 0 9999 >a.csv && long 10000 29999 >b.csv && long 30000 30009 >c.csv
    r3-collect -m BTC-USD --from "$(minute 25000)" c.csv b.csv a.csv >several
    [ "$(grep -c '"type":"candle"' several)" -eq 5010 ]
}

@test "a message about a long file that was begun in its middle has the line of the file" {
    long 0 29999 >good.csv
    from=$(minute 29900)
    sed '29950s/,.*/,x,1,1,1,1/' good.csv >btc.csv
    run -65 r3-collect -m BTC-USD --from "$from" btc.csv
    [[ ${lines[-1]} == *'btc.csv:29950: '* ]]
    sed '29950s/^[0-9]*/1483228800/' good.csv >btc.csv
    run -65 r3-collect -m BTC-USD --from "$from" btc.csv
    [[ ${lines[-1]} == *'btc.csv:29950: '*'line 29949'* ]]
    sed '29950p; 29960s/,.*/,null,null,null,null,null/' good.csv >btc.csv
    run -0 --separate-stderr r3-collect -m BTC-USD --from "$from" btc.csv
    [[ $stderr == *'1 row without values, the first in line 29961'* && $stderr == *'btc.csv:29951: an equal copy'* ]]
    { cat good.csv && printf '%070000d\n' 1; } >btc.csv
    run -65 r3-collect -m BTC-USD --from "$from" btc.csv
    [[ ${lines[-1]} == *'btc.csv:30001: the line is longer than 65536 bytes'* ]]
}

@test "a long file that is out of order is told so where the search or the reading meets it" {
    { long 0 9999; long 20000 29999; long 10000 19999; } >btc.csv
    for number in 10500 15000 21000 29000; do
        run -65 r3-collect -m BTC-USD --from "$(minute $number)" btc.csv
        [[ ${lines[-1]} == *'btc.csv:20001: '* ]]
    done
    # Newest first: read backwards, from its end.
    long 0 29999 | tac >btc.csv
    r3-collect -m BTC-USD --from "$(minute 29990)" btc.csv >out
    [ "$(grep -c '"type":"candle"' out)" -eq 10 ]
}

@test "--quiet: what is missing is not told, what is wrong is" {
    { long 0 99 | cut -d, -f 1-5; long 110 119 | cut -d, -f 1-5; } >btc.csv
    options=(-m BTC-USD --columns time,open,high,low,close --resample 1H --from "$(minute 30)" btc.csv)
    run -0 --separate-stderr r3-collect "${options[@]}"
    [[ $stderr == *'no volume column'* && $stderr == *'missing in 1 gap'* && $stderr == *'is not complete: dropped'* ]]
    loud=$output
    run -0 --separate-stderr r3-collect --quiet "${options[@]}"
    [ -z "$stderr" ]
    [ "$output" = "$loud" ]
    run -0 --separate-stderr r3-collect -m BTC-USD --columns time,open,high,low,close --from 2018-01-01 btc.csv
    [[ $stderr == *'no candle lies between --from and --to'* ]]
    run -0 --separate-stderr r3-collect -m BTC-USD --columns time,open,high,low,close --from 2018-01-01 --quiet btc.csv
    [ -z "$stderr" ]
    echo rubbish >>btc.csv
    run -65 --separate-stderr r3-collect --quiet "${options[@]}"
    [[ $stderr == *'btc.csv:111: '* ]]
}

@test "a last line without its newline is a row, and with --growing none yet" {
    printf '1385424000,800,801,799,800.5,1\n1385424300,800,801,799,800.5,1\n1385424600,800,801,799,800' >rows.csv
    printf '1385424600,800,801,799,800.5,1\n1385424300,800,801,799,800.5,1\n1385424000,800,801,799,800.5,1' >newest.csv
    for file in rows.csv newest.csv; do
        cp $file feed.csv
        run -0 --separate-stderr r3-collect -m BTC-USD -t 5m --columns time,open,high,low,close,volume --growing feed.csv
        [ "$(grep -c '"type":"candle"' <<<"$output")" = 2 ]
        run -0 --separate-stderr r3-collect -m BTC-USD -t 5m --growing - <feed.csv
        [ "$(grep -c '"type":"candle"' <<<"$output")" = 2 ]
    done
    run -0 --separate-stderr r3-collect -m BTC-USD -t 5m feed.csv
    [ "$(grep -c '"type":"candle"' <<<"$output")" = 3 ]
    # Nothing is whole yet.
    printf '1385424000,800,801,7' >feed.csv
    run -65 r3-collect -m BTC-USD -t 5m --growing feed.csv
    [[ $output == *'feed.csv: it holds no candle'* ]]
}
