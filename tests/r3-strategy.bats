# r3-strategy: rules over candles, signals and values out.
load helper

setup() {
    mkdir "$BATS_TEST_TMPDIR/work" # bats keeps files of its own beside it
    cd "$BATS_TEST_TMPDIR/work"
}

BUNDLED="bollinger-reversion buy-and-hold donchian-breakout ema-cross macd rsi-reversion sma-cross supertrend"

instrument() { # [INCREMENT [MARKET]]
    echo "{\"type\":\"instrument\",\"platform\":\"csv\",\"market\":\"${2:-BTC-USD}\",\"base\":\"BTC\",\"quote\":\"USD\",\"price_increment\":\"${1:-0.01}\",\"base_increment\":\"0.00000001\",\"quote_increment\":\"0.01\",\"minimum_size\":\"0\",\"minimum_funds\":\"0\",\"fee_currency\":\"USD\"}"
}
candle() { # HOUR CLOSE [MARKET [TIMEFRAME]]
    echo "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"${3:-BTC-USD}\",\"timeframe\":\"${4:-1H}\",\"time\":$(($1 * 3600000)),\"open\":\"$2\",\"high\":\"$2\",\"low\":\"$2\",\"close\":\"$2\",\"volume\":\"1\"}"
}
candles() { # CLOSE…: one an hour, with the end
    local hour=0 close
    for close; do
        candle $hour "$close"
        hour=$((hour + 1))
    done
    echo '{"type":"end","source":"test","records":1}'
}
real() { # TIMEFRAME [LINES]: the real candles as a stream
    awk -F, -v tf="$1" -v most="${2:-100000}" '
        function short(x) { if (x ~ /[.]/) { sub(/0+$/, "", x); sub(/[.]$/, "", x) } return x }
        NR == 1 { print "{\"type\":\"stream\",\"version\":1}"; next }
        NR > most + 1 { exit }
        { printf "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"BTC-USD\",\"timeframe\":\"%s\",\"time\":%s000,\"open\":\"%s\",\"high\":\"%s\",\"low\":\"%s\",\"close\":\"%s\",\"volume\":\"%s\"}\n",
            tf, $1, short($2), short($3), short($4), short($5), short($6) }
        END { print "{\"type\":\"end\",\"source\":\"test\",\"records\":1}" }' "$DATA/btcusd-bitstamp-2013_$1.csv"
}

@test "a signal follows the candle that made it, with all its members" {
    run -0 r3-strategy -e $'long = close > 2\nstop = close - 1.234567\ntarget = close * 2\nconfidence = 0.5\nvolatility = 0.125' <<<"$(instrument && candles 1 3)"
    [ "${#lines[@]}" -eq 5 ]
    [ "${lines[1]}" = "$(candle 0 1)" ]
    [ "${lines[2]}" = "$(candle 1 3)" ]
    [ "${lines[3]}" = '{"type":"signal","id":"main-BTC-USD-1H-7200-L","session":"main","strategy":"inline","platform":"csv","market":"BTC-USD","timeframe":"1H","time":7200000,"direction":"LONG","reference":"3","confidence":"0.5","stop":"1.77","target":"6","volatility":"0.12"}' ]
    [[ ${lines[4]} == '{"type":"end",'* ]]
}

@test "a condition that stays true is one signal; FLAT has neither stop nor target, and comes first" {
    run -0 r3-strategy -q -e $'long = close > 2\nshort = close < 2\nflat = close < 2\nstop = 1' <<<"$(candles 2 3 4 5 1 0.5 3)"
    directions=$(grep -o '"direction":"[A-Z]*"' <<<"$output" | cut -d'"' -f4 | tr '\n' ' ')
    [ "$directions" = "LONG FLAT SHORT LONG " ]
    [[ $(grep FLAT <<<"$output") != *stop* ]]
    [[ $(grep SHORT <<<"$output") == *'"stop":"1"'* ]]
}

@test "the first LONG of sma-cross is where the averages, kept in whole cents, first cross" {
    want=$(awk -F, 'NR > 1 {
        sub(/^[0-9]+$/, "&.00", $5); split($5, p, "."); c[n++] = p[1] * 100 + substr(p[2] "00", 1, 2)
        if (n < 30) next
        a = b = 0
        for (i = 1; i <= 10; i++) a += c[n - i]
        for (i = 1; i <= 30; i++) b += c[n - i]
        above = 3 * a > b
        if (n > 30 && above && was <= 0) { print $1 + 3600; exit }
        was = 3 * a - b }' "$DATA/btcusd-bitstamp-2013_1H.csv")
    run -0 r3-strategy -q sma-cross < <(real 1H)
    [[ $(grep -m 1 LONG <<<"$output") == *"\"id\":\"main-BTC-USD-1H-$want-L\""*'"strategy":"sma-cross"'* ]]
}

@test "a price is left out while it is not ready or not above zero, and the latter is said once" {
    run -0 --separate-stderr r3-strategy -q -e $'long = close > close[1]\nstop = close - 2\ntarget = sma(close, 4)' <<<"$(candles 1 2 1 2 1 5)"
    [[ ${lines[0]} != *stop* && ${lines[0]} != *target* ]]
    [[ ${lines[1]} != *stop* && ${lines[1]} == *'"target":"1.5"'* ]]
    [[ ${lines[2]} == *'"stop":"3","target":"2.25"'* ]]
    [ "$stderr" = "r3-strategy: BTC-USD 1H: stop is not above zero and left out (said once)" ]
}

@test "plots are values at the candle's open, ahead of its signals; --plot adds to the rules' own" {
    run -0 r3-strategy -q -e $'a = sma(close, 2)\nlong = close > 1\nplot a' --plot long,close --session s1 <<<"$(candles 1 2.5)"
    [ "${lines[0]}" = '{"type":"value","session":"s1","market":"BTC-USD","timeframe":"1H","time":0,"name":"long","value":0}' ]
    [ "${lines[1]}" = '{"type":"value","session":"s1","market":"BTC-USD","timeframe":"1H","time":0,"name":"close","value":1}' ]
    [ "${lines[2]}" = '{"type":"value","session":"s1","market":"BTC-USD","timeframe":"1H","time":3600000,"name":"a","value":1.75}' ]
    [[ ${lines[5]} == *'"id":"s1-BTC-USD-1H-7200-L"'* ]]
}

@test "each market has its own state; of a market's timeframes the first one, or --timeframe" {
    {
        candle 0 1 AAA-USD && candle 0 5 BBB-USD && candle 0 1 AAA-USD 4H
        candle 1 2 AAA-USD && candle 1 4 BBB-USD && candle 4 9 AAA-USD 4H && candle 8 1 AAA-USD 4H
        echo '{"type":"end","source":"test","records":1}'
    } >stream
    run -0 r3-strategy -q -e 'long = close > close[1]' <stream
    [ "${#lines[@]}" -eq 1 ]
    [[ ${lines[0]} == *'"id":"main-AAA-USD-1H-7200-L"'* ]]
    run -0 r3-strategy -q -e 'long = close > close[1]' --timeframe 4h <stream
    [ "${#lines[@]}" -eq 1 ]
    [[ ${lines[0]} == *'"id":"main-AAA-USD-4H-28800-L"'* ]]
    run -0 r3-strategy -q -e 'flat = close < close[1]' --market bbbusd <stream
    [ "${#lines[@]}" -eq 1 ]
    [[ ${lines[0]} == *'"id":"main-BBB-USD-1H-7200-F"'* ]]
    run -0 --separate-stderr r3-strategy -q -e 'long = true' --market CCC-USD --timeframe 1D <stream
    [ -z "$output" ]
    [ "$stderr" = "r3-strategy: no candle of CCC-USD 1D came" ]
}

@test "a repeated candle changes nothing; an older one is an error with its line" {
    run -0 r3-strategy -q -e 'long = close > close[1]' < <(candle 0 1 && candle 0 1 && candle 1 2 && candle 1 2 && candle 2 1 && candle 3 2)
    [ "${#lines[@]}" -eq 2 ]
    run -65 r3-strategy -q -e 'long = true' < <(candle 1 1 && candle 0 1)
    [[ $output == *"r3-strategy: standard input:2: the BTC-USD candle is older than the one before"* ]]
}

@test "the prefix law: what the first lines give never depends on what follows" {
    for timeframe in 1H 5m; do
        real $timeframe 700 >stream
        for name in $BUNDLED; do
            r3-strategy $name --plot close <stream >whole
            for k in 1 2 31 60 137 161 400 699; do
                head -n $k stream | r3-strategy $name --plot close >part 2>/dev/null
                cmp -n "$(stat -c %s part)" part whole
                [ "$(grep -c candle part)" -eq "$(head -n $k stream | grep -c candle)" ]
            done
        done
    done
}

@test "at() changes nothing in the prefix law" {
    rules=$'slow = at("1H", ema(close, 5))\nlong = crossover(close, slow)\nflat = crossunder(close, slow)\nplot slow'
    real 5m 300 >stream
    r3-strategy -e "$rules" <stream >whole
    grep -q '"name":"slow"' whole
    for k in 13 50 61 62 150 299; do
        head -n $k stream | r3-strategy -e "$rules" >part
        cmp -n "$(stat -c %s part)" part whole
    done
}

@test "each bundled strategy signals on the real candles, says where it comes from, and is listed" {
    run -0 r3-strategy --list
    [ "${#lines[@]}" -eq 8 ]
    [[ ${lines[6]} == "sma-cross            Trend following: "* ]]
    real 5m >stream
    i=0
    for name in $BUNDLED; do
        [[ ${lines[i]} == "$name "* ]]
        i=$((i + 1))
        [ "$(r3-strategy -q $name <stream | grep -c LONG)" -ge 1 ]
        r3-strategy --explain $name >explained
        head -n 3 explained | grep -q '^#'
        grep -q '^Warm-up:' explained
    done
}

@test "--explain shows the text, the parameters as set, the warm-up and the functions" {
    run -0 r3-strategy --explain sma-cross --set fast=5
    [[ $output == *"long = crossover(quick, calm)"* ]]
    [[ $output == *"  fast             5  (set)"* ]]
    [[ $output == *"  slow             30"* ]]
    [[ $output == *$'Warm-up:\n  30 candles'* ]] # 29 for the slow average, and one before a cross can be told
    [[ $output == *"  sma(number x, length n)"* ]]
    run -64 r3-strategy --explain sma-cross --set quick=5
    [[ $output == *"--set quick=5: sma-cross.rules has no such param; it has fast slow"* ]]
    run -64 r3-strategy --explain nothing
    run -64 r3-strategy --list sma-cross
}

@test "rules come from a file, a directory in R3_STRATEGIES, or the command line: one of them" {
    printf 'param n = 2\nlong = close > n\n' >mine.rules
    run -0 r3-strategy -q mine.rules --set n=0 <<<"$(candles 1)"
    [[ $output == *'"strategy":"mine"'* ]]
    mkdir other
    sed 's/n = 2/n = 0/' mine.rules >other/special.rules
    R3_STRATEGIES=$PWD/other run -0 r3-strategy -q special <<<"$(candles 1)"
    [[ $output == *'"strategy":"special"'* ]]
    R3_STRATEGIES=$PWD/other run -64 r3-strategy sma-cross </dev/null
    [[ $output == *"no strategy sma-cross"* ]]
    run -0 r3-strategy -q other/special.rules <<<"$(candles 1)"
    run -64 r3-strategy </dev/null
    run -64 r3-strategy mine.rules -e 'long = true' </dev/null
    run -64 r3-strategy mine.rules other/special.rules </dev/null
    run -64 r3-strategy nothing </dev/null
    run -74 r3-strategy nothing.rules </dev/null
    [[ $output == *"nothing.rules: No such file or directory"* ]]
}

@test "wrong rules name file, line and column, before anything is read" {
    printf 'a = 1\n\nlong = sma(close > 1, 3) > 2\n' >mine.rules
    run -65 r3-strategy mine.rules < <(candles 1)
    [ "$output" = "r3-strategy: mine.rules:3:18: sma wants a number, this is a truth value" ]
    run -65 r3-strategy -e 'long = ' </dev/null
    [ "$output" = "r3-strategy: -e:1:8: a value expected, and the line ends" ]
    run -65 r3-strategy -e 'long = at("1H", close) > 1' < <(candle 0 1 X-USD 4H)
    [[ $output == *'-e:1:8: at("1H", …) cannot be made of 4H candles'* ]]
    run -65 r3-strategy -e 'long = sma(close, 2) > 1' < <(candle 0 1 && candle 1 9234567890123456789012345678)
    [[ $output == *"standard input:2: close: too many digits for exact sums"* ]]
}

@test "options are checked" {
    run -64 r3-strategy -e 'long = true' --session 'a-b' </dev/null
    run -64 r3-strategy -e 'long = true' --session abcdefghijklmnopq </dev/null
    run -64 r3-strategy -e 'long = true' --timeframe 4X </dev/null
    run -64 r3-strategy -e 'long = true' --set n </dev/null
    run -65 r3-strategy -q -e 'long = true' --session abcdefghijklmnop < <(candle 475000 1 LONGBASE-LONGQUOTE)
    [[ $output == *"too long for a signal's id"* ]]
}

@test "any indicator can be read from a pipe" {
    run -0 r3-strategy -q -e $'v = rsi(close, 14)\nplot v' < <(real 1H)
    [ "${#lines[@]}" -eq 147 ]
    [[ ${lines[0]} == *'"time":1385388000000,"name":"v","value":'* ]]
}

@test "several -e are lines of one text" {
    run -0 r3-strategy -q -e 'n = 2' -e 'long = close > n' <<<"$(candles 1 3)"
    [ "${#lines[@]}" -eq 1 ]
    run -65 r3-strategy -q -e 'n = 2' -e 'long = close > ' <<<"$(candles 1 3)"
    [ "$output" = "r3-strategy: -e:2:16: a value expected, and the line ends" ]
}

@test "a wrong --plot is told as such, without a line that is in no file" {
    run -64 r3-strategy sma-cross --plot nothing </dev/null
    [ "${lines[0]}" = "r3-strategy: --plot: nothing is not defined above this line" ]
    run -64 r3-strategy -e 'long = true' --plot 'close,' </dev/null
    [ "${lines[0]}" = "r3-strategy: --plot: a name expected, and the line ends" ]
    run -65 r3-strategy -e 'long = tru' --plot close </dev/null
    [ "${lines[0]}" = "r3-strategy: -e:1:8: tru is not defined above this line" ]
}

@test "a stream that ends within the warm-up is told" {
    candles() { r3-collect "$DATA/btcusd-bitstamp-2013_1H.csv" --to 2013-11-2"$1" 2>/dev/null; }
    run -0 --separate-stderr r3-strategy -q sma-cross < <(candles 6T06:00) # 30 candles
    [ "$stderr" = "r3-strategy: BTC-USD 1H: no signal: the rules are ready after 30 candles, and 30 came" ]
    run -0 --separate-stderr r3-strategy -q sma-cross < <(candles 6T07:00)
    [ -z "$stderr" ]
    run -0 --separate-stderr r3-strategy -q sma-cross --plot quick < <(candles 6T06:00)
    [ -z "$stderr" ]
}

@test "--from: what comes before is warm-up, and what follows is what a run without it says from there on" {
    answers() { r3-collect "$DATA/btcusd-bitstamp-2013_5m.csv" | r3-strategy -q sma-cross --plot quick "$@"; }
    from=1385596800000 # 2013-11-28: a signal's time is the close of its candle, a value's the open
    answers | jq -c "select(if .type == \"signal\" then .time - 300000 >= $from else .type != \"value\" or .time >= $from end)" >want
    answers --from 2013-11-28 | jq -c . | diff want -
    [ "$(grep -c '"signal"' want)" -gt 10 ]
    [ "$(answers --from 2013-11-28 --set fast=10 | grep -m 1 '"value"' | jq .time)" -eq $from ] # ready from the first candle on
    answers --from $from | jq -c . | diff want -
    run -64 r3-strategy sma-cross --from noon </dev/null
    [[ ${lines[0]} == 'r3-strategy: --from'* ]]
}
