# r3-track within the whole loop. Its decisions one by one are in tests/unit/tracker.c.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
    candles=$DATA/btcusd-bitstamp-2013_5m.csv
    head="r3-collect $candles --gaps warn | r3-strategy sma-cross"
}

# loop TRACK SIZE ORDER: the stream of a backtest with these options.
loop() {
    backtest "$head | r3-track $1 | r3-size ${2-} | r3-order --paper ${3-}" 2>messages
}

# Members of the records of one type, a line each.
members() {
    grep "\"type\":\"$1\"" | jq -r "$2"
}

@test "the table of the page is the table of the code" {
    awk '
        /^    \[R3_TRACKER_[A-Z]+\] = \{/ { state = $1; gsub(/[][]|R3_TRACKER_/, "", state) }
        /^        \[R3_TRACKER_[A-Z_]+\] *= \{ [A-Z_]+, *R3_TRACKER_[A-Z]+ \}/ {
            event = $1; gsub(/[][]|R3_TRACKER_/, "", event)
            action = $4; sub(/,/, "", action)
            after = $5; sub(/R3_TRACKER_/, "", after)
            if (!(event in seen)) { seen[event] = 1; events[++count] = event }
            moves = after == state ? "" : after
            cell[event, state] = action != "IGNORE" ? action (moves == "" ? "" : " " moves) : moves == "" ? "-" : "to " moves
        }
        END {
            print "FLAT ENTERING OPEN EXITING"
            for (i = 1; i <= count; i++)
                print events[i], cell[events[i], "FLAT"], cell[events[i], "ENTERING"], cell[events[i], "OPEN"], cell[events[i], "EXITING"]
        }' "$TOP/lib/trade/tracker.c" >code
    [ "$(wc -l <code)" -eq 11 ]
    mandoc -Tascii "$TOP/man/r3-track.1" | col -bx | awk '/FLAT +ENTERING +OPEN/ {on = 1} on && !NF {exit} on' | tr -s ' ' | sed 's/^ //' >page
    diff code page
}

@test "long and flat take turns, one order each, the whole position out" {
    loop '' >out
    members raworder .role <out | uniq -c | awk '$1 != 1 {bad = 1} END {exit bad}'
    [ "$(members raworder '.id' <out | head -3 | tr '\n' ' ')" = 'main-1-ENTRY-1 main-1-EXIT-1 main-2-ENTRY-1 ' ]
    [ "$(members signal .direction <out | wc -l)" -ge "$(members raworder .id <out | wc -l)" ]
    # What each exit sells is what the entry before it bought.
    members trade '[.side, .size] | @tsv' <out | awk '$1 == "BUY" {size = $2} $1 == "SELL" && $2 != size {exit 1}'
}

@test "SHORT without --short means FLAT; with it the position turns" {
    head="r3-collect $candles | r3-strategy -e 'long = crossover(sma(close,10), sma(close,30))
short = crossunder(sma(close,10), sma(close,30))'"
    loop '' >spot
    [ "$(members raworder 'select(.role == "ENTRY").side' <spot | sort -u)" = BUY ]
    loop '--short' '--fraction 50%' >both
    [ "$(members raworder 'select(.role == "ENTRY").side' <both | sort -u | tr '\n' ' ')" = 'BUY SELL ' ]
    # EXIT and ENTRY of a reversal fill at the same open.
    members trade '[.role, .time] | @tsv' <both | awk 'NR > 1 && $1 == "ENTRY" && before == "EXIT" && $2 != time {exit 1} {before = $1; time = $2}'
    [ "$(members trade 'select(.role == "EXIT").id' <both | wc -l)" -gt 50 ]
}

@test "protection by the tracker leaves on the same candles as by the exchange" {
    for protection in '--stop-loss 1% --take-profit 2%' '--trailing-stop 1%' '--stop-loss 2% --break-even 0.5%' '--max-duration 2h'; do
        loop "$protection" '--base 0.5' >exchange
        loop "$protection --protect tracker" '--base 0.5' >tracker
        [ "$(grep '"type":"raworder"' tracker | grep -cE '"(stop|target|trail|break_even|expiry)":')" -eq 0 ]
        for who in exchange tracker; do
            members trade 'select(.role != "ENTRY" and .role != "EXIT") | .order + " " + (.time / 300000 | floor | tostring)' <$who >$who.left
        done
        [ "$(wc -l <exchange.left)" -gt 5 ]
        # A gap fills at an open; the tracker sees it at that candle's close, one later. Then a signal may come first: rarely.
        awk 'NR == FNR {left[$1] = $2; next}
            $1 in left && $2 - left[$1] <= 1 && $2 >= left[$1] {same++}
            END {print same " of " length(left); exit same < 0.9 * length(left)}' exchange.left tracker.left
    done
}

@test "a limit entry waits its candles, is cancelled then, and what it filled is kept" {
    loop '--limit 0.3% --limit-candles 2' '' '--volume-share 5%' >out
    [ "$(members raworder 'select(.role == "ENTRY").kind' <out | sort -u)" = LIMIT ]
    [ "$(members cancel .reason <out | sort -u | head -1)" != '' ]
    members cancel '[.order, .time] | @tsv' <out >cancelled
    members raworder '[.id, .time] | @tsv' <out >asked
    join <(sort cancelled) <(sort asked) | awk '$2 - $3 != 600000 {exit 1}'
    # Nobody stays in: what was bought was sold, apart from the last position.
    members trade '[.side, .size] | @tsv' <out | awk '{held += $1 == "BUY" ? $2 : -$2} END {exit held < -0.000001}'
}

@test "--close-at-end leaves at the last close, before the end line" {
    head="r3-collect $candles | r3-strategy buy-and-hold"
    loop '--close-at-end' >out
    last=$(members candle .close <out | tail -1)
    [ "$(members raworder 'select(.role == "EXIT") | .fill + " " + .reference' <out)" = "CLOSE $last" ]
    [ "$(members trade 'select(.role == "EXIT").price' <out)" = "$last" ]
    [ "$(tail -1 out | jq -r .type)" = end ]
    loop '' >out
    [ "$(members trade .role <out)" = ENTRY ]
}

# signal HOUR DIRECTION: one at the end of that hour of the candles below, at their close.
signal() {
    printf '{"type":"signal","id":"main-BTC-USD-1H-%d-%.1s","session":"main","strategy":"own","platform":"csv","market":"BTC-USD","timeframe":"1H","time":%d,"direction":"%s","reference":"100"}\n' \
        $((3600 * $1)) "$2" $((3600000 * $1)) "$2"
}

@test "a signal that comes again, at once or behind a later one, is not traded twice" {
    hours='{"type":"candle","platform":"csv","market":"BTC-USD","timeframe":"1H","time":%d,"open":"100","high":"101","low":"99","close":"100","volume":"10"}\n'
    # shellcheck disable=SC2059 # the format is the candle
    {
        printf "$hours" 0 && signal 1 LONG && signal 1 LONG && printf "$hours" 3600000 && signal 2 FLAT && printf "$hours" 7200000
        signal 1 LONG && printf "$hours" 10800000 && echo '{"type":"end","source":"own","records":8}'
    } >own
    head='cat own'
    loop '' '--base 1' >out
    [ "$(members trade .id <out | tr '\n' ' ')" = 'main-1-ENTRY-1-t1 main-1-EXIT-1-t1 ' ]
    [ "$(members notice '[.level, .text] | @tsv' <out)" = "$(printf 'WARNING\tmain-BTC-USD-1H-3600-L: left alone: it is older than the signal before it')" ]
}

@test "a signal that is dated years ahead is left alone, and those behind it are not" {
    hours='{"type":"candle","platform":"csv","market":"BTC-USD","timeframe":"1H","time":%d,"open":"100","high":"101","low":"99","close":"100","volume":"10"}\n'
    # shellcheck disable=SC2059 # the format is the candle
    {
        printf "$hours" 0 && signal 3600000 LONG && signal 1 LONG && printf "$hours" 3600000 && signal 2 FLAT && printf "$hours" 7200000
        signal 170 LONG && printf "$hours" 10800000 && echo '{"type":"end","source":"own","records":8}'
    } >own
    head='cat own'
    loop '' '--base 1' >out
    [ "$(members raworder .id <out | tr '\n' ' ')" = 'main-1-ENTRY-1 main-1-EXIT-1 main-2-ENTRY-1 ' ] # a week ahead may be
    [ "$(members notice '[.level, .text] | @tsv' <out)" = "$(printf "WARNING\tmain-BTC-USD-1H-12960000000-L: left alone: its time is more than 7 days ahead of the market's")" ]
}

@test "a signal within the month whose candle is not over is none that is dated years ahead" {
    months='{"type":"candle","platform":"csv","market":"BTC-USD","timeframe":"1M","time":%d,"open":"100","high":"101","low":"99","close":"100","volume":"10"}\n'
    # shellcheck disable=SC2059 # the format is the candle
    {
        printf "$months" 0 && signal $((31 * 24)) LONG && signal $((50 * 24)) FLAT && signal $((67 * 24)) LONG && printf "$months" 2678400000
        echo '{"type":"end","source":"own","records":5}'
    } >own
    head='cat own'
    loop '' '--base 1' >out
    [ "$(members notice .text <out)" = "main-BTC-USD-1H-5788800-L: left alone: its time is more than 7 days ahead of the market's" ]
}

@test "--every writes positions at its boundaries and after each change" {
    loop '--every 6h' >out
    members position '[.side, .time] | @tsv' <out >positions
    grep -q FLAT positions
    awk '$1 == "LONG" && $2 % 21600000 == 0 {n++} END {exit n < 10}' positions
    # Each closing trade is followed by a record that says FLAT.
    [ "$(grep -c FLAT positions)" -eq "$(members trade 'select(.side == "SELL").id' <out | wc -l)" ]
    # The last realized result is the account's, while nothing is held.
    run -0 jq -rs 'map(select(.type == "position" and .side == "FLAT"))[-1].realized_pnl' out
    realized=$output
    run -0 jq -rs --arg time "$(grep FLAT positions | tail -1 | cut -f2)" \
        'map(select(.type == "account" and (.time | tostring) == $time))[-1].equity' out
    python3 -c 'import sys; from decimal import Decimal; sys.exit(Decimal(sys.argv[1]) - 10000 != Decimal(sys.argv[2]))' "$output" "$realized"
}

@test "commands: pause keeps out, stop leaves" {
    cat >pausing <<'EOF'
#!/usr/bin/awk -f
function tell(action) {
    printf "{\"type\":\"command\",\"id\":\"c%d\",\"time\":%.0f,\"action\":\"%s\",\"session\":\"main\"}\n", ++n, time, action
}
{ print }
/"type":"candle"/ { match($0, /"time":[0-9]+/); time = substr($0, RSTART + 7, RLENGTH - 7) + 300000; candles++ }
/"type":"candle"/ && candles == 500 { tell("pause") }
/"type":"candle"/ && candles == 1000 { tell("resume") }
/"type":"candle"/ && candles == 1500 { tell("stop") }
EOF
    chmod +x pausing
    head+=' | ./pausing'
    loop '' >out
    members candle .time <out >times
    from=$(sed -n 500p times) to=$(sed -n 1000p times) stop=$(sed -n 1500p times)
    members raworder '[.role, .time] | @tsv' <out | awk -v from="$from" -v to="$to" -v stop="$stop" '
        $1 == "ENTRY" && ($2 > from + 300000 && $2 <= to || $2 > stop + 300000) {exit 1}
        $1 == "ENTRY" && $2 > to && $2 < stop {between++}
        END {exit between < 3}'
}

@test "an end condition is a stop from outside at its place, by the pipe and by r3-backtest" {
    # The commands of a stream, put into another without end conditions.
    cat >stopping <<'EOF'
#!/usr/bin/awk -f
FNR == NR { if (/"type":"command"/) command[$0] = 1; next }
{ print }
/"type":"candle"/ {
    match($0, /"time":[0-9]+/)
    time = substr($0, RSTART + 7, RLENGTH - 7) + 300000
    for (line in command)
        if (index(line, sprintf("\"time\":%.0f,", time)))
            print line
}
EOF
    chmod +x stopping
    for ending in '--end-at 2013-11-27T10:00' '--end-loss 1%' '--end-gain 2%' '--end-drawdown 1.5%' '--end-losing-trades 7'; do
        for protection in '' '--stop-loss 1% --protect tracker' '--limit 0.1% --limit-candles 5 --short --trailing-stop 2%'; do
            echo "$protection $ending"
            loop "$protection $ending" >ended
            [ "$(members command '[.id, .action] | @tsv' <ended)" = $'main-end-1\tstop' ]
            [ "$(members notice .text <ended | grep -c -- "the session ends: .*${ending%% *}")" -eq 1 ]
            r3-backtest "$head | r3-track $protection $ending | r3-size | r3-order --paper" >engine
            cmp ended engine
            plain=$head
            head+=' | ./stopping ended -'
            loop "$protection" >stopped
            head=$plain
            cmp <(grep -v '"type":"\(notice\|end\)"' ended) <(grep -v '"type":"\(notice\|end\)"' stopped)
            time=$(members command .time <ended)
            members raworder 'select(.role == "ENTRY").time' <ended | awk -v time="$time" '$1 >= time {exit 1}'
            # Nothing is held at the end.
            members trade '[.side, .size] | @tsv' <ended | awk '{held += $1 == "BUY" ? $2 : -$2; n++} END {exit held < -0.000001 || held > 0.000001 || !n}'
        done
    done
}

@test "protections keep from entering and never from leaving" {
    loop '--stop-loss 1%' >free
    for guard in '--cooldown 2h' '--stop-guard 2 --guard-window 12h --guard-pause 3h' '--drawdown-guard 0.5% --guard-window 12h'; do
        loop "--stop-loss 1% $guard" >guarded
        r3-backtest "$head | r3-track --stop-loss 1% $guard | r3-size | r3-order --paper" >engine
        cmp guarded engine
        [ "$(grep -c '"role":"ENTRY"' guarded)" -lt "$(grep -c '"role":"ENTRY"' free)" ]
        # The first position is the same.
        cmp <(grep '"type":"trade"' free | head -n 2) <(grep '"type":"trade"' guarded | head -n 2)
        # Each block is told once, and no entry comes before it is over.
        members notice .text <guarded | sed -n 's/.*no entry until \([^ ]*\) .*/\1/p' >until
        [ -s until ]
        [ -z "$(sort until | uniq -d)" ]
        grep '"type":"\(notice\|raworder\)"' guarded | jq -r 'if .type == "notice" then "until", (.text | capture("until (?<t>[^ ]*)").t | fromdate * 1000) else .role, .time end' |
            paste - - | awk '$1 == "until" {until = $2} $1 == "ENTRY" && $2 < until {exit 1}'
    done
    # Two hours after each position that was closed.
    loop '--stop-loss 1% --cooldown 2h' >guarded
    grep '"type":"\(trade\|raworder\)"' guarded | jq -r '[.type, .role, .time] | @tsv' |
        awk '$1 == "trade" && $2 != "ENTRY" {closed = $3} $1 == "raworder" && $2 == "ENTRY" && closed && $3 < closed + 7200000 {exit 1}'
}

@test "usage" {
    run -64 --separate-stderr r3-track --stop-loss 0
    [[ $stderr == *"--stop-loss"* ]]
    run -64 --separate-stderr r3-track --stop-loss 100%
    [[ $stderr == *"--stop-loss"* ]]
    run -64 --separate-stderr r3-track --protect nobody
    [[ $stderr == *"--protect"* ]]
    run -64 --separate-stderr r3-track --limit-candles 0
    [[ $stderr == *"--limit-candles"* ]]
    for words in '--stop-guard 0' '--end-losing-trades 0' '--end-loss 100%' '--end-gain 0' '--end-drawdown 2' '--drawdown-guard 0' '--end-at noon' '--end-at 1970' '--cooldown 0m' '--guard-window 1h' '--cooldown 1h --guard-pause 1h'; do
        # shellcheck disable=SC2086  # the words of a command line
        run -64 --separate-stderr r3-track $words
        option=${words##*--}
        [[ $stderr == *"--${option%% *}"* ]]
    done
    run -64 --separate-stderr r3-track file
    [[ $stderr == *"file"* ]]
}

@test "a session for which r3-order keeps no account is an error that says so" {
    printf '%s\n' '#!/bin/bash' 'exec grep --line-buffered -v "\"type\":\"signal\""' >drop
    chmod +x drop
    run -76 --separate-stderr backtest "r3-collect $candles | r3-strategy sma-cross --session other | r3-track | r3-size | ./drop | r3-order --paper"
    [[ $stderr == *'no account for session "other"'* ]]
    run -0 --separate-stderr backtest "r3-collect $candles | r3-strategy sma-cross --session other | r3-track | r3-size | r3-order --paper"
}
