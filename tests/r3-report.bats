# r3-report: statistics, files and plot of a whole stream.
load helper

setup() {
    mkdir "$BATS_TEST_TMPDIR/work" # bats keeps files of its own beside it
    cd "$BATS_TEST_TMPDIR/work"
}

head_records() { # [SESSION]: what a stream begins with
    cat <<'END'
{"type":"stream","version":1}
{"type":"instrument","platform":"csv","market":"BTC-USD","base":"BTC","quote":"USD","price_increment":"0.01","base_increment":"0.00000001","quote_increment":"0.01","minimum_size":"0","minimum_funds":"0","fee_currency":"USD"}
END
    account "${1:-main}" 0 1000
}
account() { # SESSION TIME EQUITY
    echo "{\"type\":\"account\",\"session\":\"$1\",\"time\":$2,\"currency\":\"USD\",\"equity\":\"$3\",\"available\":\"0\"}"
}
candle() { # DAY CLOSE [MARKET]
    echo "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"${3:-BTC-USD}\",\"timeframe\":\"1D\",\"time\":$(($1 * 86400000)),\"open\":\"$2\",\"high\":\"$2\",\"low\":\"$2\",\"close\":\"$2\",\"volume\":\"1\"}"
}
trade() { # DAY SIDE ROLE PRICE SIZE FEE [NUMBER] [SESSION]
    local order=${8:-main}-${7:-1}-$3-1
    echo "{\"type\":\"trade\",\"id\":\"$order-t1\",\"order\":\"$order\",\"session\":\"${8:-main}\",\"market\":\"BTC-USD\",\"time\":$(($1 * 86400000)),\"side\":\"$2\",\"role\":\"$3\",\"price\":\"$4\",\"size\":\"$5\",\"fee\":\"$6\",\"fee_currency\":\"USD\",\"liquidity\":\"TAKER\"}"
}
rejected() { # NUMBER REASON
    echo "{\"type\":\"update\",\"order\":\"main-$1-ENTRY-1\",\"session\":\"main\",\"time\":0,\"status\":\"CANCELED\",\"execution\":\"NOT_EXECUTED\",\"event\":\"REJECTED\",\"filled\":\"0\",\"cost\":\"0\",\"fee\":\"0\",\"reason\":\"$2\"}"
}
end() { echo '{"type":"end","source":"test","records":1}'; }

# Ten at 10, sold at 12 (+19.9 after a fee of 0.1), then four bought at 12.5 and stopped at 11.
small() {
    head_records
    candle 0 10
    candle 1 11
    trade 1 BUY ENTRY 10 10 0.05
    account main 172800000 1009.95
    candle 2 12
    trade 2 SELL EXIT 12 10 0.05
    account main 259200000 1019.9
    candle 3 12.5
    trade 3 BUY ENTRY 12.5 4 0 2
    account main 345600000 1019.9
    rejected 3 'below the minimum size'
    candle 4 11
    trade 4 SELL SL 11 4 0 2
    account main 432000000 1013.9
    end
}

real() { # REPORT-OPTIONS: a backtest of real candles with stop and target
    backtest "r3-collect $DATA/btcusd-bitstamp-2013_5m.csv --market BTC-USD | r3-strategy -e 'long = crossover(sma(close, 10), sma(close, 30))
flat = crossunder(sma(close, 10), sma(close, 30))
stop = close * 0.98
target = close * 1.03' | r3-track | r3-size --fraction 0.9 | r3-order --paper --fee 0.1% | r3-report $*"
}

is_sanitized() { [[ $BIN == *address* ]]; }

@test "the table names what traders know, in groups" {
    small >stream
    run -0 r3-report <stream
    for name in Start End Duration 'Exposure Time' 'Equity Final' 'Equity Peak' Commissions Return 'Buy & Hold Return' 'Return (Ann.)' 'Volatility (Ann.)' \
        CAGR 'Sharpe Ratio' 'Sortino Ratio' 'Calmar Ratio' '# Returns' 'Sharpe Ratio (Period)' Skewness Kurtosis Alpha Beta 'Max. Drawdown' 'Avg. Drawdown' 'Max. Drawdown Duration' \
        'Avg. Drawdown Duration' '# Trades' 'Win Rate' 'Best Trade' 'Worst Trade' 'Avg. Trade' 'Max. Trade Duration' \
        'Avg. Trade Duration' 'Profit Factor' Expectancy SQN 'Kelly Criterion' 'Longest Losing Run' 'Rejected Orders'; do
        [[ $output == *$'\n'"  $name "* ]] || { echo "no line: $name"; false; }
    done
    [[ $output == *$'\nPeriod\n'*$'\nEquity\n'*$'\nRisk\n'*$'\nTrades\n'*$'\nMonth Return [%]\n'* ]]
    [[ $output == *'the first: below the minimum size'* ]]
    [[ $output == *'Exits by Stop-Loss (SL)                     1'* ]]
    [[ $output == *'Equity Final [USD]                       1013.90'* ]]
    # Numbers are aligned on the point.
    [ "$(grep -E '^  [A-Z#].*[0-9]\.[0-9]' <<<"$output" | grep -vE ':|the first' | sed 's/^  .\{28\}//' | awk '{print index($0, ".")}' | sort -u | wc -l)" -eq 1 ]
}

@test "figures by hand: exact money, fractions, milliseconds" {
    small | r3-report --json >report.json
    [ "$(wc -l <report.json)" -eq 1 ]
    check() { [ "$(jq -r "$1" report.json)" = "$2" ] || { echo "$1: $(jq -r "$1" report.json), not $2"; false; }; }
    check .session main
    check .currency USD
    check '.markets | join(",")' BTC-USD
    check .timeframe 1D
    check .start 0
    check .end $((4 * 86400000))
    check .duration $((4 * 86400000))
    check .candles 5
    check .exposure_time 0.8
    check .equity_final 1013.9
    check .equity_peak 1019.9
    check .commissions 0.1
    check .trades 2
    check .win_rate 0.5
    check .best_trade 0.199
    check .worst_trade -0.12
    check .longest_losing_run 1
    check '.exits | [.EXIT, .TP, .SL, .MO] | @csv' 1,0,1,0
    check .rejected_orders 1
    check .max_trade_duration 86400000
    check .max_drawdown_duration null
    check '.open_positions | length' 0
    check '.months[0].month' 1970-01
    check '.months[0].trades' 2
    check '(.return - 0.0139 | fabs) < 1e-12' true
    check '(.buy_and_hold_return - 0.1 | fabs) < 1e-12' true
    check '(.max_drawdown + 6 / 1019.9 | fabs) < 1e-12' true
    check '(.profit_factor - 0.199 / 0.12 | fabs) < 1e-12' true
    # The returns of four days and their moments, by their definitions.
    check '[1000, 1009.95, 1019.9, 1019.9, 1013.9] as $e | [range(1; 5) | $e[.] / $e[. - 1] - 1] as $r | ($r | add / 4) as $m |
        def moment(k): [$r[] - $m | pow(.; k)] | add / 4;
        [.returns == 4, (.sharpe_ratio_period - $m / (moment(2) * 4 / 3 | sqrt) | fabs) < 1e-12,
            (.skewness - moment(3) / pow(moment(2); 1.5) | fabs) < 1e-9, (.kurtosis - moment(4) / pow(moment(2); 2) | fabs) < 1e-9] | all' true
    check '(.expectancy - 0.0395 | fabs) < 1e-12' true
    check '(.kelly_criterion - (0.5 - 0.5 / (19.9 / 6)) | fabs) < 1e-12' true
    check '(.sqn - (13.9 / 2) * (2 | sqrt) / (25.9 / (2 | sqrt)) | fabs) < 1e-12' true
}

@test "without trades nothing is invented: - in the table, null in JSON" {
    { head_records; candle 0 10; candle 1 11; end; } >stream
    run -0 r3-report <stream
    [[ $output == *'Win Rate [%]                                -'* ]]
    [[ $output != *nan* && $output != *inf* ]]
    run -0 r3-report --json <stream
    [ "$(jq -c '[.win_rate, .best_trade, .sharpe_ratio, .sharpe_ratio_period, .skewness, .kurtosis, .sqn, .kelly_criterion, .avg_drawdown, .profit_factor]' <<<"$output")" = '[null,null,null,null,null,null,null,null,null,null]' ]
    [ "$(jq -c '[.trades, .return, .exposure_time, .returns]' <<<"$output")" = '[0,0,0,1]' ]
}

@test "a position that is open at the end is marked, shown, and no trade" {
    { head_records; candle 0 10; trade 0 BUY ENTRY 10 5 0.5; candle 1 14; end; } >stream
    run -0 r3-report <stream
    [[ $output == *'Open at the end'*'not counted as a trade'*'BTC-USD LONG 5 at 14'*'70.00'*'19.50'* ]]
    run -0 r3-report --json <stream
    [ "$(jq -c '[.trades, .equity_final, .open_positions[0].unrealized_pnl, .exposure_time]' <<<"$output")" = '[0,1019.5,19.5,1]' ]
}

@test "a stream that is cut off is refused, prints nothing, and leaves no file" {
    small | grep -v '"end"' >stream
    echo before >trades.csv
    run -65 --separate-stderr r3-report --trades trades.csv --equity equity.csv --plot run.png <stream
    [ "$output" = "" ]
    [[ $stderr == "r3-report: the stream is cut off: no end record" ]]
    [ "$(cat trades.csv)" = before ]
    [ "$(ls)" = $'stream\ntrades.csv' ]
}

@test "an account that differs from trades and closes is refused with both amounts" {
    small | sed 's/"1019.9"/"1019.90000000000001"/' >stream
    run -65 --separate-stderr r3-report <stream
    [ "$output" = "" ]
    [ "$stderr" = "r3-report: standard input:10: account: equity at 1970-01-04T00:00:00Z is 1019.90000000000001, but the trades and closes before it give 1019.9" ]
}

@test "a stream without account, without candle, or with time going back is refused" {
    run -65 --separate-stderr r3-report < <(candle 0 10; end)
    [[ $stderr == *'no account record'* ]]
    run -65 --separate-stderr r3-report < <(head_records; end)
    [[ $stderr == *'no candle'* ]]
    run -65 --separate-stderr r3-report < <(head_records; candle 3 10; candle 2 10; end)
    [[ $stderr == *'standard input:5: candle: BTC-USD of 1970-01-03T00:00:00Z comes after 1970-01-04T00:00:00Z: time goes back' ]]
    run -65 --separate-stderr r3-report < <(head_records; candle 0 10; trade 0 BUY ENTRY 10 1 0; trade 0 SELL EXIT 10 2 0; end)
    [[ $stderr == *'turns the position of BTC-USD around'* ]]
    run -65 --separate-stderr r3-report < <(head_records; candle 0 10; trade 0 BUY ENTRY 10 1 1 | sed 's/"fee_currency":"USD"/"fee_currency":"KCS"/'; end)
    [[ $stderr == *'in KCS: only fees in USD'* ]]
    run -65 --separate-stderr r3-report </dev/null
    [[ $stderr == *'cut off'* ]]
}

@test "several sessions: one must be chosen" {
    {
        head_records
        account other 0 500
        candle 0 10
        trade 0 BUY ENTRY 10 1 0 1 other
        candle 1 20
        account other 172800000 510
        trade 1 SELL EXIT 20 1 0 1 other
        end
    } >stream
    run -64 --separate-stderr r3-report <stream
    [[ $stderr == *'several sessions (main, other): choose one with --session'* ]]
    run -0 r3-report --json --session other <stream
    [ "$(jq -c '[.session, .equity_final, .trades]' <<<"$output")" = '["other",510,1]' ]
    run -0 r3-report --json --session main <stream
    [ "$(jq -c '[.session, .equity_final, .trades]' <<<"$output")" = '["main",1000,0]' ]
    run -64 --separate-stderr r3-report --session third <stream
    [[ $stderr == *'--session third: not in the stream, which holds main, other'* ]]
}

@test "time never goes back: a coarser market closes bars in a gap of the finer one" {
    awk 'BEGIN {print "time,open,high,low,close,volume"
        for (i = 0; i < 60; i++) if (i < 20 || i > 25) print 1385337600 + 300 * i ",100,102,99,101,1"}' >ethusd.csv
    awk 'BEGIN {print "time,open,high,low,close,volume"
        for (i = 0; i < 5; i++) print 1385337600 + 3600 * i ",1000,1002,999,1001,1"}' >btcusd.csv
    backtest "r3-collect ethusd.csv btcusd.csv | r3-strategy buy-and-hold | r3-track | r3-size --fraction 40% | r3-order --paper | r3-report --equity equity.csv"
    tail -n +2 equity.csv | cut -d, -f1 >times
    sort -c times
    [ "$(wc -l <times)" -eq 55 ]
    [ "$(sed -n 21p times)" = 2013-11-25T01:40:00Z ] # closed at 02:00 by the hour alone
    [ "$(sed -n 22p times)" = 2013-11-25T02:10:00Z ]
}

@test "several markets: one equity, one bar for candles that close together" {
    {
        head_records
        candle 0 10
        candle 0 100 ETH-USD
        candle 1 12
        trade 1 BUY ENTRY 10 10 0
        candle 1 100 ETH-USD
        account main 172800000 1020
        end
    } >stream
    run -0 r3-report --json <stream
    [ "$(jq -c '[.candles, .equity_final, (.markets | join(" "))]' <<<"$output")" = '[2,1020,"BTC-USD ETH-USD"]' ]
    [ "$(jq '(.buy_and_hold_return - 0.1 | fabs) < 1e-12' <<<"$output")" = true ]
}

@test "--trades and --equity: every digit, whole or not at all" {
    small >stream
    r3-report --trades trades.csv --equity equity.csv <stream >/dev/null
    diff trades.csv - <<'END'
position,session,market,side,entry_time,exit_time,entry_price,exit_price,size,pnl,return,fees,exit,duration,entry_bar,exit_bar
1,main,BTC-USD,LONG,1970-01-02T00:00:00Z,1970-01-03T00:00:00Z,10,12,10,19.9,0.199,0.1,EXIT,1 day 00:00:00,1,2
2,main,BTC-USD,LONG,1970-01-04T00:00:00Z,1970-01-05T00:00:00Z,12.5,11,4,-6,-0.12,0,SL,1 day 00:00:00,3,4
END
    [ "$(cut -d, -f1,2,4 equity.csv)" = "time,equity,close
1970-01-01T00:00:00Z,1000,10
1970-01-02T00:00:00Z,1009.95,11
1970-01-03T00:00:00Z,1019.9,12
1970-01-04T00:00:00Z,1019.9,12.5
1970-01-05T00:00:00Z,1013.9,11" ]
    [ "$(ls)" = $'equity.csv\nstream\ntrades.csv' ]
    r3-report --trades /dev/stdout <stream | head -1 | grep -q ^position,
    run -74 --separate-stderr r3-report --trades /none/trades.csv <stream
    [[ $stderr == *'/none/trades.csv: No such file or directory'* ]]
    run -74 r3-report --equity /dev/full <stream
    run -74 bash -c 'r3-report <stream >/dev/full'
}

@test "two options that name one file, and a file that is standard output too, are usage errors" {
    r3-collect -m BTC-USD -t 5m "$DATA/btcusd-bitstamp-2013_5m.csv" | r3-order --paper >stream
    run -64 bash -c 'r3-report --trades x.csv --equity x.csv <stream'
    [[ $output == *"x.csv: two options name this file"* ]]
    run -64 bash -c 'r3-report --equity x.svg --plot x.svg <stream'
    for name in out /dev/stdout; do
        run -64 bash -c "r3-report --trades $name <stream >out"
        [[ $output == *"$name: standard output goes there"* ]]
    done
}

@test "real candles: pandas computes the same from the files" {
    real --json --trades trades.csv --equity equity.csv >report.json
    [ "$(jq .trades report.json)" -gt 10 ]
    [ "$(jq '.exits.SL > 0 and .exits.TP > 0' report.json)" = true ]
    [ "$(wc -l <trades.csv)" -eq $(($(jq .trades report.json) + 1)) ]
    [ "$(wc -l <equity.csv)" -eq 1918 ]
    grep -q "\"equity_final\":$(tail -n 1 equity.csv | cut -d, -f2)," report.json # digit for digit: jq would round
    run -0 python3 "$TOP/tests/vectors/statistics.py" trades.csv equity.csv report.json
    echo "$output"
    [[ $output == *'figures agree' ]]
}

@test "--plot draws PNG and SVG" {
    real --plot run.png >/dev/null
    real --plot run.svg >/dev/null
    [ "$(head -c 4 run.png | tail -c 3)" = PNG ]
    [ "$(od -An -tu1 -j16 -N8 run.png | tr -s ' ')" = ' 0 0 4 176 0 0 3 132' ] # 1200 by 900
    grep -q '</svg>' run.svg
    for word in 'BTC-USD  5m' price equity 'drawdown %' entry exit 'buy and hold'; do
        grep -q "$word" run.svg || { echo "no $word in the picture"; false; }
    done
    [ "$(ls)" = $'run.png\nrun.svg' ]
}

@test "--plot: quotes in a name, one candle, no trade" {
    { head_records; candle 0 10; end; } >stream
    r3-report --plot "a 'b' \$(c).png" <stream >/dev/null
    [ "$(head -c 4 "a 'b' \$(c).png" | tail -c 3)" = PNG ]
}

@test "--plot without gnuplot, with a broken one, with another ending" {
    small >stream
    mkdir none broken
    run -64 --separate-stderr r3-report --plot run.pdf <stream
    [[ $stderr == *'--plot run.pdf: the name must end in .svg or .png'* ]]
    report=$(command -v r3-report)
    run -69 --separate-stderr env PATH="$PWD/none" "$report" --plot run.png <stream
    [[ $stderr == *'gnuplot is not installed'*'apt install gnuplot-nox'* ]]
    printf '#!/bin/sh\necho "no terminal here" >&2\nexit 3\n' >broken/gnuplot
    chmod +x broken/gnuplot
    run -69 --separate-stderr env PATH="$PWD/broken:$PATH" r3-report --plot run.png --trades trades.csv <stream
    [[ $stderr == *'gnuplot failed: no terminal here'* ]]
    [ "$output" = "" ]
    [ "$(ls)" = $'broken\nnone\nstream' ]
}

@test "colour on a terminal alone, and not with NO_COLOR" {
    small >stream
    [[ $(r3-report <stream) != *$'\033'* ]]
    script -qec true /dev/null >/dev/null 2>&1 || skip "this system gives out no pseudo-terminal"
    [[ $(TERM=xterm NO_COLOR='' script -qec 'r3-report <stream' /dev/null) == *$'\033[32m'* ]]
    [[ $(TERM=xterm NO_COLOR=1 script -qec 'r3-report <stream' /dev/null) != *$'\033'* ]]
    [[ $(TERM=dumb script -qec 'r3-report <stream' /dev/null) != *$'\033'* ]]
}

@test "a reader fed byte by byte, unknown records and another order of members give the same" {
    small >stream
    r3-report <stream >want
    dd if=stream bs=1 status=none | r3-report | diff - want
    sed 's/^{"type":"candle",\(.*\),"volume":"1"}$/{"type":"candle","volume":1.0,\1,"more":[1]}/; 3a {"type":"weather","rain":true}' stream >other
    grep -q '"volume":1.0,"platform"' other
    r3-report <other | diff - want
}

@test "an operand is a usage error" {
    run -64 --separate-stderr r3-report stream.ndjson </dev/null
    [[ $stderr == *'stream.ndjson: r3-report reads standard input alone'* ]]
}

@test "memory does not grow with the candles" {
    is_sanitized && skip "the sanitizers' own memory is not what is measured"
    long() {
        head_records
        awk -v n="$1" 'BEGIN {
            for (i = 0; i < n; i++) {
                c = 1000 + i % 977
                printf "{\"type\":\"candle\",\"platform\":\"csv\",\"market\":\"BTC-USD\",\"timeframe\":\"1m\",\"time\":%.0f,\"open\":\"%d\",\"high\":\"%d\",\"low\":\"%d\",\"close\":\"%d\",\"volume\":\"1\"}\n", i * 60000, c, c + 1, c - 1, c
                if (i % 50 == 10 || i % 50 == 35)
                    printf "{\"type\":\"trade\",\"id\":\"t%d\",\"order\":\"main-%d-X-1\",\"session\":\"main\",\"market\":\"BTC-USD\",\"time\":%.0f,\"side\":\"%s\",\"role\":\"%s\",\"price\":\"%d\",\"size\":\"0.1\",\"fee\":\"0\",\"fee_currency\":\"USD\",\"liquidity\":\"TAKER\"}\n", i, i / 50 + 1, i * 60000, i % 50 == 10 ? "BUY" : "SELL", i % 50 == 10 ? "ENTRY" : "EXIT", c
            }
        }'
        end
    }
    # 16 MiB of data and heap are enough for 200,000 candles with plot and files.
    run -0 bash -c 'ulimit -d 16384; r3-report --json --trades trades.csv --equity equity.csv --plot run.svg' < <(long 200000)
    [ "$(jq -c '[.candles, .trades]' <<<"$output")" = '[200000,4000]' ]
}

@test "a program left out of the pipe is asked for" {
    candles=$DATA/btcusd-bitstamp-2013_5m.csv
    run -0 --separate-stderr backtest "r3-collect $candles | r3-strategy sma-cross | r3-track | r3-order --paper | r3-report"
    [[ $stderr == *"raw orders, and no order: is r3-size in the pipe?"* ]]
    run -0 --separate-stderr backtest "r3-collect $candles | r3-strategy sma-cross | r3-order --paper | r3-report"
    [[ $stderr == *"signals to enter, and no raw order: is r3-track in the pipe?"* ]]
}

@test "entries that were canceled unfilled are counted, with the first reason" {
    candles=$DATA/btcusd-bitstamp-2013_5m.csv
    backtest "r3-collect $candles | r3-strategy sma-cross | r3-track --limit 1% | r3-size | r3-order --paper" >stream 2>/dev/null
    want=$(jq -s 'map(select(.type == "update" and .event == "CANCELED" and .execution == "NOT_EXECUTED" and (.order | contains("ENTRY")))) | length' stream)
    [ "$want" -gt 5 ]
    [ "$(r3-report --json <stream | jq .unfilled_entries)" -eq "$want" ]
    run -0 r3-report <stream
    [[ $output == *"Unfilled Entries"*"$want"*"the first: not filled in time"* ]]
}

@test "--from: candles before it do not count" {
    later() { jq -c 'if .time then .time += 172800000 else . end'; }
    small | later | tail -n +4 >shifted
    { head_records; cat shifted; } >plain
    { head_records; candle 0 5; candle 1 20; cat shifted; } >warm
    r3-report --json --trades plain-trades.csv --equity plain-equity.csv <plain >want
    r3-report --json --trades trades.csv --equity equity.csv --from 1970-01-03 <warm | diff want -
    cmp plain-trades.csv trades.csv
    cmp plain-equity.csv equity.csv
    [ "$(r3-report --json <warm | jq .candles)" -eq 7 ]
    run -65 --separate-stderr r3-report --from 1970-01-05 <warm
    [[ $stderr == *'comes before the first candle of BTC-USD'* ]]
    run -65 --separate-stderr r3-report --from 1971 < <(head_records; candle 0 5; end)
    [[ $stderr == *'no candle'* ]]
}
