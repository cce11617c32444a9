# r3-backtest against the pipe itself: the same text in pipelines/backtest has to give the same bytes, files, status and messages.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
    mkdir pipe here
    for side in pipe here; do
        ln -s "$DATA/btcusd-bitstamp-2013_1H.csv" $side/btc.csv
        ln -s "$DATA/btcusd-bitstamp-2013_5m.csv" $side/btcusd_5m.csv
        ln -s "$DATA/btcusd-bitstamp-2013_1m.csv" $side/btcusd_1m.csv
        ln -s "$DATA/csv" $side/csv
    done
    loop='r3-track | r3-size | r3-order --paper'
}

# same STATUS TEXT [INPUT]: run TEXT both ways, in a directory each. Warnings of several programs come in any order in a pipe, so
# the messages are compared as a set; r3-backtest's failures stand last, and the first of them has to be the pipe's.
same() {
    local input=${3-/dev/null} status=0
    (cd pipe && backtest "$2" <"$input" >out 2>err) || status=$?
    [ "$status" -eq "$1" ] || { echo "the pipe: status $status, not $1: $2"; cat pipe/err; return 1; }
    status=0
    (cd here && r3-backtest "$2" <"$input" >out 2>err) || status=$?
    [ "$status" -eq "$1" ] || { echo "r3-backtest: status $status, not $1: $2"; cat here/err; return 1; }
    sort -o pipe/err pipe/err
    sort -o here/err here/err
    diff -r pipe here || { echo "$2"; return 1; }
}

@test "every bundled strategy on candles of three sizes" {
    for rules in "$TOP"/lib/strategies/*.rules; do
        for candles in btc.csv btcusd_5m.csv; do
            same 0 "r3-collect $candles | r3-strategy $(basename "$rules" .rules) | $loop"
        done
    done
    same 0 "r3-collect btcusd_1m.csv --resample 3m --gaps fill | r3-strategy sma-cross | $loop | r3-report --json"
    same 0 "r3-collect btcusd_1m.csv | r3-strategy macd | $loop | r3-report --trades trades.csv --equity equity.csv"
    [ -s here/trades.csv ] && [ -s here/equity.csv ]
}

@test "files of several dialects" {
    for file in "$DATA"/csv/*.csv*; do
        status=0
        [[ $file != */named.csv ]] || status=65 # it wants --columns
        same $status "r3-collect --market BTC-USDT csv/$(basename "$file") | r3-strategy buy-and-hold | $loop"
    done
}

@test "options of r3-track" {
    for options in '--stop-loss 2% --take-profit 4%' '--trailing-stop 3% --break-even 1%' '--limit 0.5% --limit-candles 3' \
        '--short' '--short --stop-loss 1% --take-profit 1%' '--max-duration 3h' '--every 1h --close-at-end' \
        '--protect tracker --stop-loss 2% --take-profit 4%' '--protect tracker --trailing-stop 2% --every 2h' \
        '--protect tracker --short --max-duration 5h --break-even 1% --stop-loss 3% --close-at-end'; do
        same 0 "r3-collect btcusd_5m.csv | r3-strategy ema-cross | r3-track $options | r3-size | r3-order --paper"
    done
    same 76 "r3-collect btc.csv | r3-strategy sma-cross | r3-track -q | r3-size | r3-order --paper" # no signal comes to r3-order
}

@test "options of r3-size" {
    rule="-e 'long = crossover(sma(close,5), sma(close,20))' -e 'flat = crossunder(sma(close,5), sma(close,20))' -e 'volatility = atr(14)'"
    for options in '--fraction 0.5' '--quote 500 --max-order 300' '--base 0.5 --max-position 300' '--risk 1%' '--volatility 1%' \
        '--kelly 0.5 --kelly-after 3' '--max-daily-loss 1%' '--max-exposure 50% --fee 0.2%'; do
        same 0 "r3-collect btcusd_5m.csv | r3-strategy $rule | r3-track --stop-loss 2% | r3-size $options | r3-order --paper"
    done
    export R3_SYNC_TIMEOUT=1
    same 76 "r3-collect btc.csv | r3-strategy sma-cross | r3-track | r3-size -q | r3-order --paper" # no sync comes to r3-order
}

@test "options of r3-order" {
    for options in '--fee 0.2% --maker-fee 0.05%' '--slippage 0.1% --spread 0.2%' '--fill close' '--latency 2' '--volume-share 0.1%' \
        '--cash 50 --session a' '--through 0.5' '-q'; do
        same 0 "r3-collect btcusd_5m.csv --price-increment 0.01 --minimum-funds 1 | r3-strategy sma-cross | r3-track --stop-loss 2% --limit 0.1% | r3-size | r3-order --paper $options"
    done
}

@test "options of r3-collect, r3-strategy and r3-report" {
    tail="r3-size --risk 2% | r3-order --paper"
    same 0 "r3-collect btcusd_5m.csv --from 2013-11-26 --to 2013-11-29T12:00 -r 1H | r3-strategy sma-cross --set fast=3 --set slow=8 --plot quick,calm | r3-track --stop-loss 5% | $tail | r3-report"
    same 0 "r3-collect btcusd_5m.csv -m ETH-EUR --platform kraken | r3-strategy macd -q"
    same 0 "r3-collect btcusd_5m.csv | r3-strategy -e 'long = at(\"1H\", rsi(close, 14)) < 40' -e 'flat = rsi(close, 14) > 70' | r3-track --stop-loss 5% | $tail | r3-report --json --trades t.csv --equity e.csv"
    same 0 "r3-collect btc.csv | r3-strategy sma-cross --plot quick | $loop | r3-report --plot run.svg"
    [ -s here/run.svg ]
    cp "$TOP/lib/strategies/rsi-reversion.rules" pipe/mine.rules
    cp pipe/mine.rules here/
    same 0 "r3-collect btcusd_5m.csv | r3-strategy ./mine.rules --session a | r3-strategy sma-cross --session b | $loop | r3-report --session b"
    same 64 "r3-collect btcusd_5m.csv | r3-strategy ./mine.rules --session a | r3-strategy sma-cross --session b | $loop | r3-report"
}

@test "a pipeline that ends at any program" {
    same 0 'r3-collect btc.csv'
    same 0 'r3-collect btc.csv | r3-strategy sma-cross'
    same 0 'r3-collect btc.csv | r3-size'
    same 0 "r3-collect btc.csv | $loop"
    same 0 "r3-collect btc.csv | r3-order --paper | r3-report --json"
    same 0 'r3-collect --help'
    same 0 'r3-size --version'
    same 0 'r3-collect btc.csv | r3-strategy --help'
    same 0 'r3-order --completion fish'
    run -64 --separate-stderr r3-backtest 'r3-collect --help | r3-size'
    [ "${stderr_lines[0]}" = "r3-collect: --help: only the last program of a pipeline can print it" ]
}

@test "without r3-order r3-track fails as in the pipe, and at once" {
    export R3_SYNC_TIMEOUT=1
    same 76 'r3-collect btc.csv | r3-strategy sma-cross | r3-track'
    same 76 'r3-collect btc.csv | r3-strategy sma-cross | r3-track | r3-size | r3-report'
    export R3_SYNC_TIMEOUT=86400
    run -76 r3-backtest 'r3-collect here/btc.csv | r3-strategy sma-cross | r3-track | r3-size'
    [[ $output == *'sync 0 was not answered within 86400 s'* ]]
    export R3_SYNC_TIMEOUT=ten
    same 78 "r3-collect btc.csv | r3-strategy sma-cross | $loop"
}

@test "options that are wrong, at each program" {
    same 64 "r3-collect btc.csv --gaps nope | r3-strategy sma-cross | $loop | r3-report"
    same 64 "r3-collect btc.csv | r3-strategy nosuch | $loop | r3-report"
    same 64 "r3-collect btc.csv | r3-strategy sma-cross --set nosuch=1 | $loop | r3-report"
    same 64 "r3-collect btc.csv | r3-strategy sma-cross | r3-track --stop-loss 200% | r3-size | r3-order --paper | r3-report"
    same 64 "r3-collect btc.csv | r3-strategy sma-cross | r3-track | r3-size --risk 1% --base 1 | r3-order --paper | r3-report"
    same 64 "r3-collect btc.csv | r3-strategy sma-cross | r3-track | r3-size | r3-order | r3-report"
    same 64 "r3-collect btc.csv | r3-strategy sma-cross | $loop | r3-report --nosuch"
    same 74 "r3-collect btc.csv | r3-strategy sma-cross | $loop | r3-report --trades nowhere/t.csv"
    # Two that fail: the leftmost tells the status, and its message is the first.
    same 64 "r3-collect btc.csv | r3-strategy sma-cross --set fast=x | r3-track | r3-size | r3-order --paper | r3-report --trades nowhere/t.csv"
    run -64 --separate-stderr r3-backtest 'r3-collect here/btc.csv | r3-size --fee x | r3-report --nosuch'
    [[ ${stderr_lines[0]} == 'r3-size: --fee wants'* && ${stderr_lines[1]} == 'r3-size --help'* && ${stderr_lines[2]} == 'r3-report: '* ]]
    # The source's own files come first, as they do in the pipe.
    same 74 "r3-collect nowhere.csv | r3-strategy nosuch | $loop | r3-report --nosuch"
}

@test "bad candles: what came before is written, and the rest of the row ends" {
    for side in pipe here; do
        sed '100s/,/,x/' "$DATA/btcusd-bitstamp-2013_5m.csv" >$side/bad.csv
        sed '1500s/,[^,]*/,-1/' "$DATA/btcusd-bitstamp-2013_5m.csv" >$side/later.csv
        { cat "$DATA/btcusd-bitstamp-2013_5m.csv"; sed -n 3p "$DATA/btcusd-bitstamp-2013_5m.csv"; } >$side/back.csv
    done
    for file in bad later back; do
        same 65 "r3-collect -m BTC-USD -t 5m $file.csv | r3-strategy sma-cross"
        same 65 "r3-collect -m BTC-USD -t 5m $file.csv | r3-strategy sma-cross | $loop"
        same 65 "r3-collect -m BTC-USD -t 5m $file.csv | r3-strategy sma-cross | $loop | r3-report --trades trades.csv"
        [ ! -e here/trades.csv ]
    done
    same 65 "r3-collect btcusd_5m.csv --gaps fail | r3-strategy sma-cross | $loop | r3-report"
}

@test "a program that fails on a record: the line, what came before, the ends of the others" {
    r3-collect here/btcusd_5m.csv >stream 2>/dev/null
    { head -n 600 stream; sed -n 500p stream; tail -n +601 stream; } >older
    same 65 'r3-strategy sma-cross' "$PWD/older"
    same 65 "r3-size | r3-strategy sma-cross | $loop" "$PWD/older"
    same 65 "r3-strategy sma-cross | $loop | r3-report" "$PWD/older"
    { cat stream; tail -n 1 stream; } >twice
    same 65 'r3-size | r3-strategy sma-cross' "$PWD/twice"
    same 65 'r3-report | r3-size' "$PWD/stream"
    same 1 "r3-collect btcusd_5m.csv --minimum-funds 100000 | r3-strategy sma-cross | r3-track | r3-size | r3-order --paper --strict | r3-report"
}

@test "standard input as the source: lines come out byte for byte, bad ones are told or put aside" {
    r3-collect here/btcusd_5m.csv 2>/dev/null >stream
    # Spelled otherwise, with unknown members, a type that is not known, and a session of another program.
    jq -c 'if .type == "candle" and .time % 7 == 0 then {type, note: "café", close, time, platform, market, high, low, open, volume, timeframe} else . end' stream |
        sed '50i{"type":"weather", "sky" : "blue"}
            60i {"type":"tick","session":"main","every":1,"time":1385337600000,"missed":0}' >odd
    same 0 "r3-strategy sma-cross | $loop" "$PWD/odd"
    same 0 "r3-strategy sma-cross | $loop | r3-report --json" "$PWD/odd"
    same 0 'r3-size | r3-size -q | r3-size' "$PWD/odd"
    for damaged in "$DATA"/damaged/*.ndjson; do
        status=65
        [[ $damaged != *newer-version* ]] || status=76
        same $status 'r3-size | r3-strategy sma-cross' "$damaged"
    done
    sed '10s/"close":"[^"]*"/"close":"abc"/; 20s/^{//' stream >bad
    same 0 "r3-strategy --reject rejected sma-cross | r3-track --reject none | r3-size | r3-order --paper" "$PWD/bad"
    [ "$(wc -l <here/rejected)" -eq 2 ]
    [ -e here/none ]
    [ ! -s here/none ]
    same 65 'r3-report --reject nowhere' "$PWD/bad"
    same 74 'r3-size --reject nowhere/rejected | r3-report' "$PWD/bad"
    head -n 300 odd >cut
    same 65 "r3-strategy sma-cross | $loop | r3-report" "$PWD/cut"
    same 0 "r3-collect -m BTC-USD | r3-strategy sma-cross | $loop" "$DATA/btcusd-bitstamp-2013_5m.csv"
}

@test "a session's command and tick records from standard input" {
    r3-collect here/btcusd_5m.csv 2>/dev/null |
        sed '300i{"type":"command","id":"c1","time":1385430000000,"action":"pause","session":"main"}
            900i{"type":"command","id":"c2","time":1385600000000,"action":"resume","session":"main"}
            901i{"type":"tick","session":"main","every":300000,"time":1385610000000,"missed":0}' >commands
    same 0 "r3-strategy sma-cross | r3-track --protect tracker --stop-loss 1% --every 1h | r3-size | r3-order --paper" "$PWD/commands"
}

# Of a stream whose entries go by funds: the most that is held, what is about to be left aside, and on its way once an entry is sized, in the
# equity then; how many entries are sized while others are on their way; how many the limit refuses.
most_invested() {
    jq -n -c 'reduce inputs as $r ({size: {}, close: {}, way: {}, leaves: {}, most: 0, beside: 0, refused: 0};
        if $r.type == "candle" then .close[$r.market] = ($r.close | tonumber)
        elif $r.type == "raworder" then .equity = ($r.equity | tonumber)
        elif $r.type == "trade" then del(.way[$r.order]) |
            .size[$r.market] += ($r.size | tonumber) * (if $r.side == "BUY" then 1 else -1 end) |
            if $r.role == "ENTRY" then . else del(.leaves[$r.market]) end
        elif $r.type == "order" and $r.role == "EXIT" then .leaves[$r.market] = true
        elif $r.type == "update" and $r.status == "CANCELED" then del(.way[$r.order]) |
            .refused += if $r.reason // "" | startswith("exposure") then 1 else 0 end
        elif $r.type == "order" and $r.role == "ENTRY" then
            .beside += (.way | if length > 0 then 1 else 0 end) | .way[$r.id] = ($r.funds | tonumber) | . as $now |
            .most = ([.most, ([$now.size | to_entries[] | select($now.leaves[.key] | not) | .value * $now.close[.key] | fabs] + [$now.way[]] | add) / .equity] | max)
        else . end) | [.most, .beside, .refused]' "$1"
}

@test "several markets on one account, a file each, merged by time" {
    for side in pipe here; do
        awk -F, -v OFS=, 'NR > 1 {for (i = 2; i <= 5; i++) $i = $i * 2} {print}' "$DATA/btcusd-bitstamp-2013_5m.csv" >$side/eth.csv
        awk -F, -v OFS=, 'NR > 1 {for (i = 2; i <= 5; i++) $i = 2000 - $i} NR > 1 {t = $3; $3 = $4; $4 = t} {print}' "$DATA/btcusd-bitstamp-2013_5m.csv" >$side/ltc.csv
    done
    markets='r3-collect -m BTC-USD -m ETH-USD -m LTC-USD btcusd_5m.csv eth.csv ltc.csv --gaps fill'
    same 0 "$markets | r3-strategy sma-cross | r3-track | r3-size --fraction 40% | r3-order --paper"
    # Cash is shared: three entries of 40% do not fit one account, so some buy less or are refused.
    [ "$(jq -r 'select(.type == "account") | .session' here/out | sort -u)" = main ]
    [ "$(jq -r 'select(.type == "trade") | .market' here/out | sort -u | wc -l)" -eq 3 ]
    jq -e -s 'map(select(.type == "account") | .available | tonumber) | min >= 0 and min < 4000' here/out
    # So is the exposure.
    same 0 "$markets | r3-strategy sma-cross | r3-track | r3-size --fraction 40% --max-exposure 50% | r3-order --paper"
    jq -e -s 'map(select(.type == "raworder" and .role == "ENTRY") | (.exposure | tonumber)) | max > 0' here/out
    jq -e -s '[.[] | select(.type == "order" and .role == "ENTRY" and .funds != null) | .funds | tonumber] | min < 2000' here/out
    same 0 "$markets | r3-strategy sma-cross | r3-track --stop-loss 1% | r3-size --risk 1% | r3-order --paper | r3-report --json --trades t.csv --equity e.csv"
    # Entries of the same close count before they fill. Nearly the limit is reached, and entries are sized beside others.
    for limit in 60 50 35; do
        same 0 "$markets | r3-strategy ema-cross | r3-track | r3-size --fraction 50% --max-exposure $limit% | r3-order --paper"
        most_invested here/out | tee most
        jq -e --argjson limit $limit '.[0] <= $limit / 100 + 1e-9 and .[0] > $limit / 100 - 0.001 and .[1] + .[2] > 20' most
    done
    # Positions that turn count by the larger of what is left and what comes.
    turns="r3-strategy -e 'long = crossover(close, sma(close, 20))' -e 'short = crossunder(close, sma(close, 20))' | r3-track --short"
    same 0 "$markets | $turns | r3-size --fraction 50% --max-exposure 60% | r3-order --paper"
    most_invested here/out | tee most
    jq -e '.[0] <= 0.6 + 1e-9 and .[0] > 0.599 and .[1] > 100' most
    # Without the limit the same entries take all.
    same 0 "$markets | r3-strategy ema-cross | r3-track | r3-size --fraction 50% | r3-order --paper"
    most_invested here/out | tee most
    jq -e '.[0] > 0.9' most
    # The manual's two markets.
    same 0 "r3-collect -m BTC-USD -m ETH-USD btcusd_5m.csv eth.csv | r3-strategy ema-cross | r3-track | r3-size --fraction 50% --max-exposure 60% | r3-order --paper"
    most_invested here/out | tee most
    jq -e '.[0] <= 0.6 + 1e-9 and .[0] > 0.599 and .[1] > 0' most
    same 0 "r3-collect btcusd_5m.csv btcusd_1m.csv | r3-strategy sma-cross --timeframe 5m | $loop"
}

@test "a random walk of ten thousand candles, with many barriers" {
    awk 'BEGIN {srand(7); p = 100; print "time,open,high,low,close,volume"; for (i = 0; i < 10000; i++) {o = p; p = p * (1 + (rand() - 0.5) / 50); h = (o > p ? o : p) * 1.003; l = (o < p ? o : p) * 0.997; printf "%d,%.2f,%.2f,%.2f,%.2f,%.3f\n", 1385337600 + 60 * i, o, h, l, p, 1 + rand() * 10}}' >pipe/walk.csv
    cp pipe/walk.csv here/
    walk='r3-collect -m BTC-USD walk.csv'
    same 0 "$walk | r3-strategy sma-cross --set fast=2 --set slow=5 | r3-track --trailing-stop 1% --limit 0.2% | r3-size --risk 1% | r3-order --paper --volume-share 5% | r3-report --trades t.csv --equity e.csv"
    same 0 "$walk | r3-strategy rsi-reversion | r3-track --protect tracker --short --take-profit 1% | r3-size | r3-order --paper --latency 1"
}

@test "messages of the text: the same as of pipelines/backtest, which is the authority" {
    texts=('a $b' 'a "$b"' 'a "`b`"' 'a `b`' 'a ~' 'a *' 'a b?' 'a [b' 'a < b' 'a > b' 'a & b' 'a ; b' 'a (b' 'a )b' 'a {b' 'a }b' 'a #b' 'é é$' 'a || b'
        '| a' ' | a' 'a | | b' 'a |' $'a |\n' '' ' ' $'\n' "a 'b" 'a "b' 'a "b\"' 'a \' 'if' 'a | if b' '! a' 'a | time' 'a | ti\
me' 'b=c' ' B+=c d' 'a | _9=' '9=$' 'b-=$' "'b'=\$" 'b\==$' $'a\nb' $'a\n | b' $'a\n\\\nb' $'a |\n\n b\n\nc' "''| \$" "a'\$'\"x\\\$\"\\\$ \$" 'a \|| b$' "é'" 'a "é\' 'coproc a' '"if" $'
        'a b\ $')
    for text in "${texts[@]}"; do
        run -64 --separate-stderr env LC_ALL=C.UTF-8 backtest "$text"
        want=${stderr_lines[0]#backtest: }
        run -64 --separate-stderr r3-backtest "$text"
        [ "${stderr_lines[0]}" = "r3-backtest: $want" ] || { printf '%s:\n' "$text"; echo "${stderr_lines[0]}"; echo "$want"; false; }
    done
}

# A file is named by the word, so that each byte of it counts.
@test "words: the same as bash splits them" {
    texts=('a' "'a b'" '"a b"' 'a\ b' "a'b'\"c\"d" '"a\"b"' '"a\\b"' '"a\nb"' '"\$x\`"' "'a\\b'" 'a\\b' '""' "''" $'a\\\nb' $'"a\\\nb"' '\a' '"\a"' "x'y z'w" '"é à"' 'é\é' 'a=b' 'a!b' 'a^b%c' "'\$*?[<>&;(){}#~\`|'" '"*?[<>&;(){}#~|"' 'a\|b' "\\'" '\"'
        $'a\rb' $'"a\tb"' $'\'a\nb\'')
    for word in "${texts[@]}"; do
        same 0 "r3-size --reject x$word"
        same 64 "r3-size -- y $word z"
    done
    same 0 $'\n r3-collect \\\n btc.csv |\n\n\tr3-strategy "sma-cross" |\n '"$loop"$'\n\n'
}

@test "a program that is none of r3's is named, with what can run it" {
    for program in jq ./r3-size cat 'my prog' r3-backtest; do
        run -64 --separate-stderr r3-backtest "r3-collect here/btc.csv | '$program' | r3-size"
        [ "${stderr_lines[0]}" = "r3-backtest: $program: only the shell can run this program: use pipelines/backtest" ]
    done
    run -64 --separate-stderr r3-backtest "r3-size | r3-collect here/btc.csv" </dev/null
    [[ ${stderr_lines[0]} == 'r3-collect: it reads no records'* ]]
    run -64 --separate-stderr r3-backtest "r3-collect here/btc.csv | r3-track --updates x | r3-size | r3-order --paper"
    [[ ${stderr_lines[0]} == 'r3-track: --updates: '* ]]
    for mode in --live '--paper --live' '--book --live'; do
        run -64 --separate-stderr r3-backtest "r3-collect here/btc.csv | r3-track | r3-size | r3-order $mode"
        [[ ${stderr_lines[0]} == 'r3-order: --live: no order is sent from here'* ]]
    done
}

@test "-f FILE, -f -, and how it is called" {
    text="r3-collect here/btc.csv | r3-strategy sma-cross | $loop | r3-report"
    r3-backtest "$text" >want
    printf '%s\n' "$text" | sed 's/ | / |\n  /g' >text
    r3-backtest -f text | cmp - want
    r3-backtest --file - <text | cmp - want
    run -64 r3-backtest
    run -64 r3-backtest a b
    run -64 r3-backtest -f text a
    run -64 r3-backtest --nosuch
    [[ $output == *'r3-backtest --help shows the options'* ]]
    run -74 r3-backtest -f nowhere
    printf 'r3-size\0' >nul
    run -64 r3-backtest -f nul
    [[ $output == *'column 8: a NUL byte'* ]]
    head -c 1100000 /dev/zero | tr '\0' a >long
    run -64 r3-backtest -f long
    run -64 r3-backtest -f /dev/null
    [[ $output == *'the text ends without a program'* ]]
    run -0 r3-backtest --version
    [[ $output == 'r3-backtest (r3) '* ]]
}

@test "a full disk is an error, a reader that has read enough is none" {
    for text in "r3-collect here/btcusd_1m.csv" "r3-collect here/btcusd_5m.csv | r3-strategy sma-cross | $loop | r3-report" 'r3-size --help'; do
        run -74 bash -c "r3-backtest '$text' >/dev/full"
        [[ $output == *"standard output: No space left on device"* ]]
        run -0 --separate-stderr bash -o pipefail -c "r3-backtest '$text' 2>err | head -c 10"
        [ "${#output}" -eq 10 ]
        run ! grep -v 'missing in' err
    done
    run -74 bash -c "r3-backtest 'r3-collect here/btc.csv' >&-"
    same 74 "r3-collect btcusd_5m.csv | r3-strategy sma-cross | $loop | r3-report --trades /dev/full"
}

@test "INT and TERM end the stream of a source whole; the second kills" {
    awk 'BEGIN {for (i = 0; i < 3000000; i++) print 60 * i + 1385337600 ",100,101,99,100,1"}' >flat.csv
    r3-backtest "r3-collect -m BTC-USD flat.csv | r3-strategy -e 'long = close > 1' | $loop" >out 3>&- &
    child=$!
    for ((i = 0; i < 100; i++)); do
        [ ! -s out ] || break
        sleep 0.05
    done
    kill -TERM $child
    wait $child
    tail -n 1 out | jq -e '.type == "end"'
    [ "$(wc -l <out)" -lt 3000000 ]
    # A filter lets the first one pass, and drains.
    mkfifo in
    r3-backtest 'r3-size | r3-order --paper' <in >out 3>&- &
    child=$!
    exec 5>in
    r3-collect here/btc.csv | head -n 50 >&5
    for ((i = 0; i < 100; i++)); do # what has come is written before more is waited for
        [ "$(wc -l <out)" -lt 50 ] || break
        sleep 0.05
    done
    [ "$(wc -l <out)" -eq 51 ] # and an account
    kill -INT $child
    sleep 0.1
    kill -0 $child
    exec 5>&-
    wait $child
    r3-backtest 'r3-size' <in >out 3>&- &
    child=$!
    exec 5>in
    sleep 0.1
    kill -TERM $child
    sleep 0.1
    kill -TERM $child
    status=0
    wait $child || status=$?
    [ "$status" -eq 143 ]
    exec 5>&-
}

@test "it ends when its reader has ended, even while it waits for input" {
    mkfifo in
    exec 5<>in
    (r3-backtest 'r3-size | r3-order --paper' <in; echo $? >status) 3>&- | true
    for ((i = 0; i < 40; i++)); do
        [ -s status ] && break
        sleep 0.05
    done
    exec 5>&-
    [ "$(cat status)" -eq 0 ]
}

@test "progress on a terminal, and none elsewhere" {
    script -qec true /dev/null >/dev/null 2>&1 || skip "this system gives out no pseudo-terminal"
    cat >run.sh <<'END'
(cat here/btc.csv; sleep 1.2; seq -f %.0f 1400000400 3600 1410000000 | sed 's/$/,100,101,99,100,1/') |
    r3-backtest 'r3-collect -m BTC-USD -t 1H | r3-order --paper' >out
END
    run -0 script -qec 'bash run.sh' /dev/null
    [[ $output == *$'\r\033[Kr3-collect: '*' records  '*'/s'*$'\r\033[K'* ]]
    run -0 --separate-stderr r3-backtest "r3-collect here/btcusd_1m.csv -m BTC-USD | r3-order --paper | r3-report"
    [[ $stderr != *'%'* ]]
}

@test "it is linked without network, database or exchange libraries" {
    run -0 ldd "$BIN/r3-backtest"
    [[ $output == *libc.so* && $output != *libcurl* && $output != *libpq* && $output != *libsqlite* ]]
}
