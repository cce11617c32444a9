# --state: a session's stream in many runs. The law, over random streams, is tests/unit/state.c; here it goes through the programs, by the
# text pipe and by r3-backtest, over real candles.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
    rules=(-e 'long = crossover(sma(close, 5), sma(close, 12))' -e 'flat = crossunder(sma(close, 5), sma(close, 12))' -e 'short = crossunder(sma(close, 5), sma(close, 20))' -e 'stop = close - 2 * atr(7)')
    printf -v quoted "'%s' " "${rules[@]}"
    tracker=' | r3-track --short --protect tracker --trailing-stop 3% --break-even 1% --state'
    exchange=' | r3-track --take-profit 2% --trailing-stop 2% --limit 0.1% --limit-candles 3 --state'
    limited=' | r3-track --short --protect tracker --stop-loss 0.7% --cooldown 10m --stop-guard 3 --guard-window 6h --guard-pause 40m --drawdown-guard 2% --end-losing-trades 55 --state'
    size=' | r3-size --risk 1% --max-position 4000'
    order=' | r3-order --paper --slippage 0.05% --volume-share 20% --session s7 --state'
}

# Files: the head of a stream, and 1,500 candles of five minutes.
candles() {
    r3-collect --market BTC-USD "$DATA/btcusd-bitstamp-2013_5m.csv" >all
    grep -v '"candle"\|"end"' all >beginning
    grep '"candle"' all | head -n 1500 >candles
}
end='{"type":"end","source":"test","records":1}'

# in_runs RUNNER TEXT CUT…: the candles in as many runs, each with the states of the one before: what all added, the states of the last.
in_runs() {
    local runner=$1 text=$2 from=0 to
    shift 2
    : >added
    : >states
    for to in "$@" "$(wc -l <candles)"; do
        { cat beginning states; sed -n "$((from + 1)),${to}p" candles; echo "$end"; } >in
        $runner "$text" <in >out || return
        # Ahead of the first state of its own is the stream; what follows is on account of the end.
        awk -v fed="$(wc -l <states)" '/"type":"state"/ && ++n > fed { exit } { print }' out |
            grep -v '"type":"\(stream\|instrument\|candle\|state\)"' >>added || true
        grep '"type":"state"' out | tail -n +"$(($(wc -l <states) + 1))" >new
        mv new states
        from=$to
    done
}

@test "many runs are one: by the pipe and by r3-backtest, protection here and at the exchange" {
    candles
    for middle in "$tracker" "$exchange" "$limited"; do
        text="r3-strategy $quoted --session s7 --state$middle$size$order"
        in_runs r3-backtest "$text"
        mv added one && mv states last
        [ "$(grep -c '"type":"trade"' one)" -gt 50 ]
        in_runs r3-backtest "$text" 0 1 2 311 312 700 1100
        cmp added one
        cmp states last
        in_runs backtest "$text" 233 234 900
        cmp added one
        cmp states last
    done
}

@test "the evaluator's bytes are the same, however the candles came: pipe, r3-backtest, line by line, in runs" {
    candles
    cat >all.rules <<'EOF'
averages = sma(close, 7) + ema(close, 9) + rma(close, 11) + wma(close, 20) + vwma(close, 21) + hma(close, 16) + tema(close, 6)
windows = sum(volume, 13) + stdev(close - open, 15) + linreg(close, 17) + slope(close, 18) + highest(high, 23) + highestbars(high, 19) + lowestbars(low, 31)
momenta = mom(close, 37) + rsi(close, 14) + stoch_d() + cci(hlc3, 20) + mfi() + willr() + sma(volume, 700)
trends = macd_hist(close) + bollinger_upper(close) + donchian_middle() + keltner_lower(close) + adx() + aroon_up() + supertrend() + psar() + obv() + vwap()
doubles = sma(rsi(close, 5), 40) + stdev(ema(close, 3), 33) + wma(close / open, 19) + cci(ema(close, 4), 8) + close[43] + ema(close, 2)[5]
coarse = at("30m", sma(close, 5) + ema(close, 3) + atr(4) + highest(high, 3)) + at("4H", close[2])
events = barssince(close > open) + valuewhen(close > open, close, 2)
long = averages + windows + momenta > trends + doubles + coarse + events and rising(close, 3)
short = since(crossover(close, open), falling(close, 2))
EOF
    for rules in all.rules sma-cross; do
        for count in 700 1499; do # the second ends within a candle of the coarser timeframes, the first behind one that has just begun
            { cat beginning; head -n $count candles; echo "$end"; } >in
            r3-strategy --state $rules <in | grep '"state"' >want
            r3-backtest "r3-strategy --state $rules" <in | grep '"state"' | cmp - want
            while IFS= read -r line; do echo "$line"; done <in | r3-strategy --state $rules | grep '"state"' | cmp - want
        done
        cp candles keep && head -n 1499 keep >candles
        in_runs r3-backtest "r3-strategy --state $rules" 1 2 3 47 200 201 900
        cmp states want
        mv keep candles
        head -n 1500 "$DATA/btcusd-bitstamp-2013_5m.csv" >head.csv
        backtest "r3-collect --quiet --market BTC-USD head.csv | r3-strategy --state $rules" | grep '"state"' | cmp - want
        r3-backtest "r3-collect --quiet --market BTC-USD head.csv | r3-strategy --state $rules" | grep '"state"' | cmp - want
    done
}

@test "in one run or in many, it is the backtest without --state" {
    candles
    for middle in "$tracker" "$exchange" "$limited"; do
        text="r3-strategy $quoted --session s7 --state$middle$size$order"
        { cat beginning candles; echo "$end"; } | r3-backtest "${text//--state/}" >plain
        in_runs r3-backtest "$text" 77 800 1203
        for type in signal raworder trade notice command; do
            cmp <(grep "\"type\":\"$type\"" plain || true) <(grep "\"type\":\"$type\"" added || true)
        done
        cmp <(grep '"type":"update"' plain | grep -v '"reason":"end of stream"') <(grep '"type":"update"' added)
    done
}

@test "a run without candles passes the states on, and writes the same" {
    candles
    text="r3-strategy $quoted --session s7 --state$tracker$size$order"
    in_runs r3-backtest "$text" 500
    cp states before
    { cat beginning states; echo "$end"; } | r3-backtest "$text" >out
    cmp <(grep '"type":"state"' out | head -n 3) before
    cmp <(grep '"type":"state"' out | tail -n +4) before
    run ! grep -q '"type":"\(trade\|update\|order\|signal\)"' out
}

@test "states hold against the schema, and one takes as many records as it needs" {
    candles
    { cat beginning candles; echo "$end"; } | r3-strategy -q --state -e 'long = close > sma(close, 5000)' -e 'long' 2>err && false
    { cat beginning candles; echo "$end"; } | r3-strategy -q --state -e 'long = close > sma(close, 5000) and close > sma(open, 4000)' >states
    [ "$(grep -c '"type":"state"' states)" -gt 2 ]
    python3 "$TOP/tests/tools/check-records.py" lines state <states
    { cat beginning states; echo "$end"; } | r3-strategy -q --state -e 'long = close > sma(close, 5000) and close > sma(open, 4000)' >again
    cmp states again
    # A part is missing, or comes twice.
    status=0
    { cat beginning; sed 1d states; echo "$end"; } | r3-strategy --state -e 'long = close > sma(close, 5000) and close > sma(open, 4000)' >out 2>err || status=$?
    [ $status -eq 65 ]
    grep -q 'state: part 2 of .*, where part 1 was to come' err
    status=0
    { cat beginning; sed '$d' states; echo "$end"; } | r3-strategy --state -e 'long = close > sma(close, 5000) and close > sma(open, 4000)' >out 2>err || status=$?
    [ $status -eq 65 ]
    grep -q 'state: part .* is missing' err
    run ! grep -q '"end"' out
}

@test "a state of other rules, parameters or of another release is a matter of configuration" {
    candles
    { cat beginning candles; echo "$end"; } | r3-strategy -q --state sma-cross | grep '"state"' >state
    for words in 'sma-cross --set fast=9' 'ema-cross' 'sma-cross --timeframe 1H'; do
        status=0
        # shellcheck disable=SC2086  # the words of a command line
        { cat beginning state; echo "$end"; } | r3-strategy --state $words >out 2>err || status=$?
        echo "$words: $status $(cat err)"
        [ $status -eq 78 ]
        grep -q 'start the session anew' err
    done
    for program in 'r3-strategy --state sma-cross' 'r3-order --paper --state'; do
        name=${program%% *}
        status=0
        # shellcheck disable=SC2086
        { cat beginning; echo '{"type":"state","session":"main","program":"'"$name"'","version":99,"part":1,"parts":1,"data":"{}"}'; } |
            $program >out 2>err || status=$?
        [ $status -eq 78 ]
        grep -q 'state: version 99 is another release' err
    done
    run -78 r3-backtest 'r3-track --state | r3-size | r3-order --paper' < <(echo '{"type":"state","session":"main","program":"r3-track","version":99,"part":1,"parts":1,"data":"{}"}')
}

@test "a damaged state is refused with its place" {
    candles
    text="r3-strategy $quoted --session s7 --state$tracker$size$order"
    in_runs r3-backtest "$text" 500
    bad() { # FROM TO MESSAGE
        { cat beginning; sed "s/$1/$2/" states; echo "$end"; } >in
        cmp -s <(sed "s/$1/$2/" states) states && return 1
        run -65 r3-backtest "$text" <in
        [[ $output == *"$3"* ]]
    }
    bad '\\"rules\\":\\"[0-9a-f]*' '\\"rules\\":\\"xyz' 'r3-strategy: standard input:3: state: rules: not 16 of 0-9a-f'
    bad '\\"memory\\":\\"....' '\\"memory\\":\\"AAAA' 'r3-strategy: standard input:3: state: markets[0]: memory: damaged, its digest is another'
    bad '\\"wins\\":[0-9]*' '\\"wins\\":-1' 'r3-track: standard input:4: state: sessions[0]: wins: -1 is not 0 to '
    bad '\\"taken\\":' '\\"token\\":' 'r3-order: standard input:6: state: markets[0]: token: not a member of it'
    # Behind candles it is too late.
    { cat beginning; head -n 1 candles; cat states; } >in
    run -65 r3-backtest "$text" <in
    [[ $output == *'state: it comes behind candles'* ]]
}

@test "the state of another session or program is passed over" {
    candles
    { cat beginning candles; echo "$end"; } | r3-strategy -q --state --session other sma-cross | grep '"state"' >state
    { cat beginning state candles; echo "$end"; } | r3-strategy -q --state --session s7 sma-cross | grep '"signal"' >with
    { cat beginning candles; echo "$end"; } | r3-strategy -q --session s7 sma-cross >without
    cmp with without
    # Without --state nobody looks at any.
    { cat beginning state candles; echo "$end"; } | r3-strategy -q --session other sma-cross >with
    { cat beginning candles; echo "$end"; } | r3-strategy -q --session other sma-cross >without
    cmp with without
}

@test "--close-at-end and --state do not go together" {
    run -64 r3-track --state --close-at-end
    [[ $output == *"--close-at-end and --state: a run that goes on later has no end"* ]]
}

# hour N LOW HIGH: a candle.
hour() { printf '{"type":"candle","platform":"csv","market":"BTC-USD","timeframe":"1H","time":%d,"open":"100","high":"%s","low":"%s","close":"100","volume":"9"}\n' $(($1 * 3600000)) "$3" "$2"; }
signal() { printf '{"type":"signal","id":"main-%d-%s","session":"main","strategy":"hand","platform":"csv","market":"BTC-USD","timeframe":"1H","time":%d,"direction":"%s","reference":"100"}\n' "$1" "$2" $(($1 * 3600000)) "$2"; }
stop() { printf '{"type":"command","id":"c%d","time":%d,"action":"stop","session":"main"%s}\n' "$1" $(($1 * 3600000)) "$2"; }

@test "a stop closes the position, or with keep leaves it alone" {
    text='r3-track --protect tracker --stop-loss 10% | r3-size --base 1 | r3-order --paper'
    rest() { signal 4 FLAT; hour 4 50 101; hour 5 99 101; signal 6 LONG; hour 6 99 101; echo "$end"; }
    { hour 0 99 101; signal 1 LONG; hour 1 99 101; hour 2 99 101; } >begun
    { cat begun; stop 3 ''; hour 3 99 101; rest; } | r3-backtest "$text" >closed
    [ "$(jq -r 'select(.type == "trade").role' closed | tr '\n' ' ')" = 'ENTRY EXIT ' ]
    { cat begun; stop 3 ',"position":"close"'; hour 3 99 101; rest; } | r3-backtest "$text" >closed
    [ "$(jq -r 'select(.type == "trade").role' closed | tr '\n' ' ')" = 'ENTRY EXIT ' ]
    { cat begun; stop 3 ',"position":"keep"'; hour 3 99 101; rest; } | r3-backtest "$text" >kept
    [ "$(jq -r 'select(.type == "trade").role' kept | tr '\n' ' ')" = 'ENTRY ' ]
    [ "$(grep -c '"type":"raworder"' kept)" -eq 1 ]
    # That it was stopped so goes on in the next run.
    { cat begun; stop 3 ',"position":"keep"'; hour 3 99 101; echo "$end"; } | r3-backtest "${text/tracker/tracker --state} --state" >first
    { grep '"type":"state"' first; rest; } | r3-backtest "${text/tracker/tracker --state} --state" >second
    run ! grep -q '"type":"raworder"' second
    grep -q '"type":"position".*"side":"LONG","size":"1"' second
    # A start ends it.
    { cat begun; stop 3 ',"position":"keep"'; stop 3 '' | sed 's/stop/start/; s/c3/c4/'; hour 3 99 101; rest; } | r3-backtest "$text" >started
    [ "$(jq -r 'select(.type == "trade").role' started | tr '\n' ' ')" = 'ENTRY EXIT ENTRY ' ]
}

@test "a stop with keep takes back what waits, entry and exit" {
    text='r3-track --limit 5% --limit-candles 9 | r3-size --base 1 | r3-order --paper'
    { hour 0 99 101; signal 1 LONG; hour 1 99 101; stop 2 ',"position":"keep"'; hour 2 50 101; echo "$end"; } | r3-backtest "$text" >out
    run ! grep -q '"type":"trade"' out
    grep -q '"type":"cancel".*"reason":"the session was stopped"' out
    text='r3-track | r3-size --base 1 | r3-order --paper'
    { hour 0 99 101; signal 1 LONG; hour 1 99 101; signal 2 FLAT; stop 2 ',"position":"keep"'; hour 2 99 101; hour 3 99 101; echo "$end"; } | r3-backtest "$text" >out
    [ "$(jq -r 'select(.type == "trade").role' out)" = ENTRY ]
    [ "$(jq -r 'select(.type == "raworder").role' out | tr '\n' ' ')" = 'ENTRY EXIT ' ]
}
