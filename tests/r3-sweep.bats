# r3-sweep: every combination once, in order, with the statistics that the pipeline alone would give; killed and gone on; jobs.
load helper

setup() {
    mkdir "$BATS_TEST_TMPDIR/work" # bats keeps files of its own beside it
    cd "$BATS_TEST_TMPDIR/work"
    cp "$DATA/btcusd-bitstamp-2013_1H.csv" btc.csv
    averages='r3-collect btc.csv | r3-strategy sma-cross --set fast={fast} --set slow={slow} | r3-track | r3-size | r3-order --paper | r3-report'
    minutes="r3-collect $DATA/btcusd-bitstamp-2013_1m.csv --market BTC-USD | r3-strategy sma-cross --set fast={fast} --set slow={slow} | r3-track | r3-size | r3-order --paper | r3-report"
}

is_sanitized() { [[ $BIN == *address* ]]; }
results() { jq -c 'select(.type == "result")' "$1"; }
usage() { # MESSAGE ARGUMENTS…: a usage error that says so, and prints nothing
    local message=$1
    shift
    run -64 --separate-stderr r3-sweep "$@"
    [ -z "$output" ]
    [[ $stderr == *"$message"* ]] || { echo "$stderr"; false; }
}

# ---- combinations ----

@test "every combination in order, the last parameter varying fastest" {
    r3-sweep "$averages" --vary fast=2:6:2 --vary slow=10,5 --json >out
    [ "$(results out | jq -r '"\(.job) \(.parameters.fast) \(.parameters.slow) \(.status)"')" = "0 2 10 0
1 2 5 0
2 4 10 0
3 4 5 0
4 6 10 0
5 6 5 0" ]
    [ "$(tail -n 1 out | jq -r '"\(.type) \(.results) \(.failed)"')" = "summary 6 0" ]
    [ "$(wc -l <out)" -eq 7 ]
    # A pipeline without parameters is one combination.
    r3-sweep 'r3-collect btc.csv | r3-strategy sma-cross | r3-track | r3-size | r3-order --paper | r3-report' --json >one
    [ "$(results one | jq -c '[.job, .parameters]')" = '[0,{}]' ]
}

@test "--where leaves out, and its mistakes name their column" {
    r3-sweep "$averages" --vary fast=1:9:1 --vary slow=1:9:1 --where 'fast * 2 <= slow and not fast == 1' --json >out
    [ "$(results out | jq -r '"\(.parameters.fast)<\(.parameters.slow)"' | tr '\n' ' ')" = "$(for f in 2 3 4; do for s in 4 5 6 7 8 9; do [ $((f * 2)) -le $s ] && printf '%s<%s ' $f $s; done; done)" ]
    usage '--where: column 8: no --vary names slaw' "$averages" --vary fast=1 --vary slow=2 --where 'fast < slaw'
    usage '--where: no combination satisfies it' "$averages" --vary fast=1 --vary slow=2 --where 'fast > slow'
    usage '--where: column 3: division by 0 (for fast=2 slow=2)' "$averages" --vary fast=2 --vary slow=2 --where '1 / (fast - slow) < 1'
}

@test "placeholders and parameters must belong together" {
    usage '{slow} has no --vary slow=' "$averages" --vary fast=1
    usage '--vary risk: the pipeline has no {risk}' "$averages" --vary fast=1 --vary slow=2 --vary risk=1%
    usage 'ends with r3-report, not r3-order' "${averages% | r3-report}" --vary fast=1 --vary slow=2
    usage 'begins with r3-collect, not r3-strategy' "${averages#*| }" --vary fast=1 --vary slow=2
    usage 'only the shell can run it' "${averages/r3-size/jq .}" --vary fast=1 --vary slow=2
    usage 'every run would write this file' "$averages --trades trades.csv" --vary fast=1 --vary slow=2
    usage 'column ' "$averages >out" --vary fast=1 --vary slow=2
    usage '--vary fast: given twice' "$averages" --vary fast=1 --vary fast=2
    usage 'wants one argument' --vary fast=1
}

@test "options that would do nothing are refused" {
    usage '--seed does nothing without --sample' "$averages" --vary fast=1 --vary slow=2 --seed 3
    usage '--axes does nothing without --plot' "$averages" --vary fast=1 --vary slow=2 --axes fast,slow
    usage '--train does nothing without --test' "$averages" --vary fast=1 --vary slow=2 --train 1d
    usage '--test does nothing without --train' "$averages" --vary fast=1 --vary slow=2 --test 1d
    usage '--anchored does nothing without --train' "$averages" --vary fast=1 --vary slow=2 --anchored
    usage '--sample and --latin do not go together' "$averages" --vary fast=1 --vary slow=2 --sample 1 --latin 1
    usage '--json and --top do not go together' "$averages" --vary fast=1 --vary slow=2 --json --top 3
    usage '--jobs-out and --json do not go together' "$averages" --vary fast=1 --vary slow=2 --jobs-out --json
    usage '--jobs-in and --vary do not go together' "$averages" --vary fast=1 --jobs-in
    usage '--rank sharp: r3-report --json has no such number' "$averages" --vary fast=1 --vary slow=2 --rank sharp
    usage '--rank markets: r3-report' "$averages" --vary fast=1 --vary slow=2 --rank markets
}

@test "any word of any stage can vary: the rule, a size, a file, words with blanks and quotes" {
    cp btc.csv eth.csv
    text='r3-collect {file}.csv --market X-USD | r3-strategy {rule} | r3-track --stop-loss {stop} | r3-size --fraction {part} | r3-order --paper | r3-report --trades {file}-{rule}.csv'
    r3-sweep "$text" --vary file=btc,eth --vary rule=sma-cross,buy-and-hold --vary stop=2%,5% --vary part=50%,1 --json >out
    [ "$(results out | wc -l)" -eq 16 ]
    [ "$(ls ./*-*.csv | tr '\n' ' ')" = './btc-buy-and-hold.csv ./btc-sma-cross.csv ./eth-buy-and-hold.csv ./eth-sma-cross.csv ' ]
    # The same candles from another file are the same data.
    [ "$(results out | jq -r .data | sort -u | wc -l)" -eq 1 ]
    diff <(results out | jq -c 'select(.parameters.file == "btc") | .statistics') <(results out | jq -c 'select(.parameters.file == "eth") | .statistics')
    r3-sweep 'r3-collect btc.csv | r3-strategy -e "{rule}" | r3-track | r3-size | r3-order --paper | r3-report' \
        --vary "rule=long = close > 900 # it's \"high\",long = close > 1000" --json >out
    [ "$(results out | jq -r .status | sort -u)" = 0 ]
    [ "$(results out | jq -r '.parameters.rule' | head -1)" = "long = close > 900 # it's \"high\"" ]
}

@test "a random sample: reproducible, without repetition, within the condition" {
    sample() { r3-sweep "$averages" --vary fast=1:20:1 --vary slow=1:40:1 --where 'fast < slow' --jobs-out "$@"; }
    sample --sample 50 --seed 7 >a
    sample --sample 50 --seed 7 >b
    sample --sample 50 --seed 8 >c
    cmp a b
    run -1 cmp -s a c
    [ "$(wc -l <a)" -eq 50 ]
    [ "$(jq .job a | sort -nu | wc -l)" -eq 50 ]
    jq .job a | sort -nc
    [ "$(jq 'select((.parameters.fast | tonumber) >= (.parameters.slow | tonumber))' a)" = "" ]
    # More than there are: all of them.
    sample >all
    sample --sample 10000 | cmp - all
    # Fixed for good: the seed means the same on every machine and in every release.
    while read -r seed draws numbers; do
        [ "$(sample --sample "$draws" --seed "$seed" | jq .job | xargs)" = "$numbers" ]
    done <"$TOP/tests/vectors/sweep_sample.txt"
    python3 "$TOP/tests/vectors/sweep_sample.py" | cmp - "$TOP/tests/vectors/sweep_sample.txt"
}

@test "a Latin hypercube takes each value equally often" {
    r3-sweep "$averages" --vary fast=1:10:1 --vary slow=11:30:1 --latin 20 --seed 3 --jobs-out >out
    [ "$(wc -l <out)" -eq 20 ]
    [ "$(jq -r .parameters.slow out | sort | uniq -c | awk '{print $1}' | sort -u)" = 1 ]
    [ "$(jq -r .parameters.fast out | sort | uniq -c | awk '{print $1}' | sort -u)" = 2 ]
    run -0 --separate-stderr r3-sweep "$averages" --vary fast=1:3:1 --vary slow=11:13:1 --latin 30 --json
    [[ $stderr == *'--latin: '*' of 30 draws left out'* ]]
}

# ---- statistics ----

@test "a row alone, by r3-backtest and by the pipe, gives the same statistics: random rows" {
    text="r3-collect $DATA/btcusd-bitstamp-2013_5m.csv | r3-strategy {rule} | r3-track --stop-loss {stop} --take-profit {target} | r3-size --risk {risk} | r3-order --paper --slippage {slip} | r3-report"
    r3-sweep "$text" --vary rule=sma-cross,ema-cross,macd,rsi-reversion,donchian-breakout,bollinger-reversion,supertrend --vary stop=1%:5%:1% --vary target=2%,4% \
        --vary risk=0.5%,1%,2% --vary slip=0,0.05% --sample 12 --seed 5 --json >out
    [ "$(results out | wc -l)" -eq 12 ]
    rows=0
    while read -r row; do
        filled=$text
        while IFS=$'\t' read -r name value; do filled=${filled//\{$name\}/$value}; done < <(jq -r '.parameters | to_entries[] | [.key, .value] | @tsv' <<<"$row")
        jq -c .statistics <<<"$row" >want
        r3-backtest "$filled --json" | jq -c . >got
        cmp want got
        [ $rows -gt 2 ] || backtest "$filled --json" | jq -c . | cmp want -
        rows=$((rows + 1))
    done < <(results out)
    [ $rows -eq 12 ]
}

@test "the text of the best row, as it is printed, gives its statistics" {
    run -0 r3-sweep "$averages" --vary fast=2:20:2 --vary slow=5:60:5 --where 'fast < slow' --rank return
    command=$(sed -n "s/^  \(r3-backtest '.*\)/\1/p" <<<"$output")
    [ -n "$command" ]
    best=$(sed -n 's/^ *1 //p' <<<"$output" | awk '{print $3}')
    [ "$(eval "${command%\'} --json'" | jq '.return * 10000 | round / 100')" = "$best" ]
    # Quotes in it are for the shell.
    run -0 r3-sweep "r3-collect btc.csv | r3-strategy -e '{rule}' | r3-track | r3-size | r3-order --paper | r3-report" --vary "rule=long = close > 900 # it's,long = close > 1100" --rank return
    command=$(sed -n "s/^  \(r3-backtest '.*\)/\1/p" <<<"$output")
    run -0 bash -c "$command"
    [[ $output == *'# Trades'* ]]
}

@test "the names of r3-sweep's figures are those of r3-report --json" {
    r3-sweep "$averages" --vary fast=2 --vary slow=5 --csv out.csv >/dev/null
    diff <(head -1 out.csv | tr , '\n' | sed '1,4d;$d') <(r3-sweep "$averages" --vary fast=2 --vary slow=5 --json | results /dev/stdin | jq -r '.statistics | to_entries[] | select((.value | type) == "number" or .value == null) | .key')
}

@test "the same for one thread and for many" {
    r3-sweep "$minutes" --vary fast=5:30:5 --vary slow=40:120:20 --json --threads 1 >one
    r3-sweep "$minutes" --vary fast=5:30:5 --vary slow=40:120:20 --json --threads 7 >seven
    cmp one seven
    r3-sweep "$minutes" --vary fast=5:30:5 --vary slow=40:120:20 --json | cmp one -
}

@test "candles that vary are read for each set of words" {
    r3-sweep "r3-collect $DATA/btcusd-bitstamp-2013_1m.csv --market BTC-USD --resample {tf} | r3-strategy sma-cross --set fast={fast} | r3-track | r3-size | r3-order --paper | r3-report" \
        --vary fast=5,10 --vary tf=5m,15m,1H --json >out
    [ "$(results out | jq -r '"\(.parameters.tf) \(.statistics.timeframe)"' | sort -u | tr '\n' ' ')" = "15m 15m 1H 1H 5m 5m " ]
    [ "$(results out | jq -r .data | sort -u | wc -l)" -eq 3 ]
    [ "$(results out | jq -r 'select(.parameters.tf == "15m") | .statistics.candles' | sort -u)" = "$(r3-collect "$DATA/btcusd-bitstamp-2013_1m.csv" --market BTC-USD --resample 15m 2>/dev/null | grep -c '"candle"')" ]
    # One that cannot be read is that combination's failure.
    run -1 r3-sweep "${averages/btc.csv/\{file\}.csv}" --vary file=btc,none --vary fast=3 --vary slow=9 --json
    [ "$(jq -rc 'select(.type == "result") | [.parameters.file, .status, .message]' <<<"$output" | tail -1)" = '["none",74,"r3-collect: none.csv: No such file or directory"]' ]
}

# ---- what is shown ----

@test "the table: ranked, aligned, cut at --top, with the number of trials and the deflated Sharpe ratio" {
    run -0 --separate-stderr r3-sweep "$minutes" --vary fast=5:30:5 --vary slow=40:120:20 --rank return --top 5
    [[ ${lines[0]} == *'#  fast  slow  Return [%]  Sharpe Ratio  Max. Drawdown [%]  # Trades'*'Equity Final [USD]' ]]
    [ "$(sed -n 2,6p <<<"$output" | awk '{print $4}')" = "$(sed -n 2,6p <<<"$output" | awk '{print $4}' | sort -gr)" ]
    [ "$(head -6 <<<"$output" | awk '{print length}' | sort -u | wc -l)" -eq 1 ]
    [[ $output == *'30 combinations, the first 5 shown'* ]]
    [[ $output == *'Deflated Sharpe Ratio of the first row: 0.'*' after 30 trials'* ]]
    run -0 --separate-stderr r3-sweep "$minutes" --vary fast=5:30:5 --vary slow=40:120:20 --rank -return --top 30
    [ "$(sed -n 2,31p <<<"$output" | awk '{print $4}')" = "$(sed -n 2,31p <<<"$output" | awk '{print $4}' | sort -g)" ]
}

@test "undefined figures rank last, failures behind them, and the sweep goes on" {
    run -1 --separate-stderr r3-sweep "$averages" --vary fast=0,10,4 --vary slow=60,30
    [ "$(sed -n 2,7p <<<"$output" | awk '{print $2, $3, $4}')" = "10 30 0.968
4 30 -16.266
10 60 -
4 60 -
0 60 -
0 30 -" ] || { sed -n 2,7p <<<"$output"; false; }
    [[ $output == *"6 combinations, 2 failed (the first: r3-strategy: "*"sma wants a whole number from 1 to 5000 for n, not 0)"* ]]
    [ "$stderr" = "" ]
    run -1 r3-sweep "$averages" --vary fast=0,10 --vary slow=30 --json
    [ "$(jq -c 'select(.status == 65) | [has("statistics"), (.message | startswith("r3-strategy: "))]' <<<"$output")" = '[false,true]' ]
    run -65 --separate-stderr r3-sweep "$averages" --vary fast=0 --vary slow=30,60
    [[ $stderr == *'every combination failed; the first: r3-strategy: '* ]]
    run -74 --separate-stderr r3-sweep "${averages/btc.csv/none.csv}" --vary fast=1 --vary slow=2
    [ "$stderr" = "r3-sweep: r3-collect: none.csv: No such file or directory" ]
    [ "$output" = "" ]
}

@test "what the programs say is said once" {
    run -0 --separate-stderr r3-sweep "${averages/ | r3-size/}" --vary fast=2,3 --vary slow=8,9
    [ "$(grep -c 'is r3-size in the pipe' <<<"$stderr")" -eq 1 ]
    run -0 --separate-stderr r3-sweep "$minutes" --vary fast=2,3 --vary slow=8,9
    [ "$(grep -c 'r3-collect: .*candles missing' <<<"$stderr")" -eq 1 ]
}

@test "rows whose entries were all rejected are told once, with the first reason" {
    by_volatility=${averages/r3-size/r3-size --volatility 1%}
    run -0 --separate-stderr r3-sweep "$by_volatility" --vary fast=2,3 --vary slow=8,9
    [ "$stderr" = "r3-sweep: 4 of 4 combinations: every entry was rejected; the first: no volatility: --volatility sizes by it" ]
    # One that has a volatility is none of them; what a file of results brings counts as what was run.
    with_one=${by_volatility/r3-strategy sma-cross/r3-strategy {rule\}}
    with_one=${with_one/ --set fast={fast\} --set slow={slow\}/}
    printf 'long = crossover(sma(close, 3), sma(close, 9))\nflat = crossunder(sma(close, 3), sma(close, 9))\n' >without.rules
    { cat without.rules; echo 'volatility = atr(14)'; } >with.rules
    for turn in run resumed; do
        run -0 --separate-stderr r3-sweep "$with_one" --vary rule=with.rules,without.rules --resume results --json
        [ "$stderr" = "r3-sweep: 1 of 2 combinations: every entry was rejected; the first: no volatility: --volatility sizes by it" ] || { echo "$turn: $stderr"; false; }
    done
    [ "$(results <(echo "$output") | jq -c '[.parameters.rule, .statistics.trades > 0]')" = '["with.rules",true]
["without.rules",false]' ]
}

@test "--csv has every number with all its digits" {
    r3-sweep "$averages" --vary fast=2,10 --vary 'slow=30,60' --csv out.csv --json >out
    [ "$(wc -l <out.csv)" -eq 5 ]
    python3 - <<'PYTHON'
import csv, json
rows = list(csv.DictReader(open("out.csv")))
results = [json.loads(line, parse_float=str, parse_int=str) for line in open("out") if '"result"' in line]
assert len(rows) == len(results) == 4
for row, result in zip(rows, results):
    assert row["combination"] == result["job"] and row["status"] == "0" and row["message"] == ""
    assert row["fast"] == result["parameters"]["fast"] and row["slow"] == result["parameters"]["slow"]
    for name in list(row)[4:-1]:
        assert row[name] == (result["statistics"][name] or ""), name
PYTHON
    run -74 r3-sweep "$averages" --vary fast=2 --vary slow=9 --csv /none/out.csv
    run -74 r3-sweep "$averages" --vary fast=2 --vary slow=9 --csv /dev/full
    run -74 bash -c 'r3-sweep "$1" --vary fast=2 --vary slow=9 >/dev/full' bash "$averages"
}

@test "--plot draws a heat map" {
    r3-sweep "$averages" --vary fast=2:10:2 --vary part=x,y --vary slow=5:30:5 --where 'fast < slow' --rank return --plot map.svg --top 1 >/dev/null 2>&1 && false
    with_part=${averages/r3-size/r3-size --fraction \{part\}}
    r3-sweep "$with_part" --vary fast=2:10:2 --vary slow=5:30:5 --vary part=50%,1 --where 'fast < slow' --rank return --plot map.svg --top 1 >table
    grep -q '>Return \[%\]<' map.svg
    grep -q 'best 39.32 at fast=4 slow=25   52 combinations, each cell shows the best of its own' map.svg
    grep -q '>39.32<' map.svg
    run ! grep -qi nan map.svg
    # Without values: a few cells are blank, and all of them.
    r3-sweep "$averages" --vary fast=2,6,20 --vary slow=5,10,30 --where 'fast < slow' --rank return --plot map.svg >table
    [ "$(grep -cE '<text><tspan[^>]*>-?[0-9]+\.[0-9][0-9]</tspan></text>' map.svg)" -eq 6 ]
    run ! grep -qi nan map.svg
    r3-sweep "${averages/r3-size/r3-size --volatility 1%}" --vary fast=2,6 --vary slow=10,30 --plot map.svg >table
    run ! grep -qi nan map.svg
    r3-sweep "$with_part" --vary fast=2:10:2 --vary slow=5:30:5 --vary part=50%,1 --plot map.png --axes part,fast --top 1 >table
    [ "$(head -c 4 map.png | tail -c 3)" = PNG ]
    usage 'must end in .svg or .png' "$averages" --vary fast=2,3 --vary slow=9,10 --plot map.gif
    usage 'a heat map wants two parameters' "$averages" --vary fast=2,3 --vary slow=9 --plot map.svg
    usage '--axes wants two names of --vary' "$averages" --vary fast=2,3 --vary slow=9,10 --plot map.svg --axes fast,fast
    [ "$(ls | tr '\n' ' ')" = 'btc.csv map.png map.svg table ' ]
}

@test "the deflated Sharpe ratio is the one of the paper's formula, computed independently" {
    r3-sweep "$minutes" --vary fast=5:30:5 --vary slow=40:120:20 --rank sharpe_ratio_period --json >out
    python3 - <<'PYTHON'
import json, math
from statistics import NormalDist, variance
lines = [json.loads(line) for line in open("out")]
rows = [line["statistics"] for line in lines if line["type"] == "result"]
ratios = [row["sharpe_ratio_period"] for row in rows if row["sharpe_ratio_period"] is not None]
best = max((row for row in rows if row["sharpe_ratio_period"] is not None), key=lambda row: row["sharpe_ratio_period"])
normal, n, gamma = NormalDist(), len(ratios), 0.5772156649015329
expected = math.sqrt(variance(ratios)) * ((1 - gamma) * normal.inv_cdf(1 - 1 / n) + gamma * normal.inv_cdf(1 - 1 / (n * math.e)))
ratio, skewness, kurtosis = best["sharpe_ratio_period"], best["skewness"], best["kurtosis"]
want = normal.cdf((ratio - expected) * math.sqrt(best["returns"] - 1) / math.sqrt(1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2))
summary = lines[-1]
assert summary["trials"] == n == 30, summary["trials"]
assert abs(summary["deflated_sharpe_ratio"] - want) < 1e-9, (summary["deflated_sharpe_ratio"], want)
PYTHON
}

@test "--monte-carlo shows what the best combination's trades could have come to" {
    run -0 --separate-stderr r3-sweep "$minutes" --vary fast=5:15:5 --vary slow=40,60 --rank return --monte-carlo 500 --seed 4 --json
    echo "$output" >out
    [ "$(tail -1 out | jq -c '[.monte_carlo.trades, .monte_carlo.runs, .monte_carlo.seed]')" = "[$(results out | jq -s 'max_by(.statistics.return) | .statistics.trades'),500,4]" ]
    r3-sweep "$minutes" --vary fast=5:15:5 --vary slow=40,60 --rank return --monte-carlo 500 --seed 4 --json --threads 5 | cmp - out
    run -0 r3-sweep "$minutes" --vary fast=5:15:5 --vary slow=40,60 --rank return --monte-carlo 500
    [[ $output == *'Monte-Carlo: '*' trades, 500 runs, seed 1'* ]]
}

@test "--monte-carlo without trades, or without a first row, says so" {
    run -0 --separate-stderr r3-sweep "${averages/r3-size/r3-size --volatility 1%}" --vary fast=2,3 --vary slow=9 --monte-carlo 100
    [[ $stderr == *'r3-sweep: --monte-carlo: left out: no combination has a sharpe_ratio to rank by'* ]]
    [[ $output != *Monte-Carlo* ]]
    run -0 --separate-stderr r3-sweep "${averages/r3-size/r3-size --volatility 1%}" --vary fast=2,3 --vary slow=9 --rank trades --monte-carlo 100
    [[ $stderr == *'r3-sweep: --monte-carlo: no trade was closed, so there is nothing to reorder'* ]]
    [[ $output != *Monte-Carlo* ]]
    run -0 --separate-stderr r3-sweep "${averages/r3-size/r3-size --volatility 1%}" --vary fast=2,3 --vary slow=9 --train 3d --test 2d --monte-carlo 100
    [[ $stderr == *'r3-sweep: --monte-carlo: no trade was closed, so there is nothing to reorder'* ]]
    [[ $output != *Monte-Carlo* ]]
    # Where every combination failed, that alone is said.
    run -65 --separate-stderr r3-sweep "$averages" --vary fast=0 --vary slow=30,60 --monte-carlo 100
    [[ $stderr != *'--monte-carlo'* ]]
}

@test "--json and messages are silent without a terminal; records hold against their schemas" {
    run -0 --separate-stderr r3-sweep "$averages" --vary fast=2:6:1 --vary slow=8:20:1 --json
    [ "$stderr" = "" ]
    grep '"type":"result"' <<<"$output" | python3 "$TOP/tests/tools/check-records.py" lines result
    r3-sweep "$averages" --vary fast=0:2:1 --vary slow=8,20 --jobs-out | python3 "$TOP/tests/tools/check-records.py" lines job
    { r3-sweep "$averages" --vary fast=0:2:1 --vary slow=8,20 --json || true; } | grep '"type":"result"' | python3 "$TOP/tests/tools/check-records.py" lines result
}

@test "progress on a terminal: done, rate, time left, best so far" {
    is_sanitized && skip "slower, so another line"
    script -qec true /dev/null >/dev/null 2>&1 || skip "this system gives out no pseudo-terminal"
    long=${minutes/1m.csv/1m.csv --from 2013-11-25}
    script -qec "stty cols 160; r3-sweep '$long' --vary fast=2:40:1 --vary slow=41:140:1 --top 1 --threads 1" /dev/null >terminal </dev/null
    grep -aqE 'r3-sweep: [0-9]+/3900  [0-9.e+]+/s  [0-9.]+ (s|min) left  best sharpe_ratio -?[0-9.]+: fast=' terminal
}

@test "progress on a narrow terminal ends with a whole word and a mark" {
    is_sanitized && skip "slower, so another line"
    script -qec true /dev/null >/dev/null 2>&1 || skip "this system gives out no pseudo-terminal"
    long=${minutes/1m.csv/1m.csv --from 2013-11-25}
    for width in 62 80; do
        script -qec "stty cols $width; r3-sweep '$long' --vary fast=20:49:1 --vary slow=1041:1140:1 --top 1 --threads 1" /dev/null >terminal </dev/null
        tr '\r' '\n' <terminal | sed -n 's/^\x1b\[K\(r3-sweep: .*best\)/\1/p' >progress
        cat progress
        [ -s progress ]
        while IFS= read -r line; do
            [ "$(($(printf %s "$line" | wc -c) - 2 * $(grep -c … <<<"$line")))" -lt $width ] # the mark has three bytes
            if [[ $line != *': fast='[2-4][0-9]' slow=1'[01][0-9][0-9] ]]; then
                [[ $line =~ ' best '(sharpe_ratio' '(-?[0-9]+.[0-9][0-9][0-9]:' '('fast='[2-4][0-9]' ')?)?)?…$ ]]
            fi
        done <progress
        [ $width -gt 62 ] || grep -q '…$' progress
    done
}

# ---- going on ----

@test "--resume: killed at any place and gone on, the result is the same" {
    space=(--vary fast=2:40:1 --vary slow=41:100:1)
    ! is_sanitized || space=(--vary fast=2:12:1 --vary slow=41:60:1)
    r3-sweep "$minutes" "${space[@]}" --json 2>/dev/null >want
    for kill_at in 1 40 300 700; do
        r3-sweep "$minutes" "${space[@]}" --json --resume results.ndjson >/dev/null 2>&1 &
        pid=$!
        while kill -0 $pid 2>/dev/null && [ "$(wc -l <results.ndjson 2>/dev/null || echo 0)" -lt $kill_at ]; do sleep 0.005; done
        kill -9 $pid 2>/dev/null || true
        wait $pid 2>/dev/null || true
    done
    [ "$(wc -l <results.ndjson)" -ge 1 ]
    [ "$(wc -l <results.ndjson)" -lt "$(wc -l <want)" ] || echo "it was too fast to be killed"
    head -c -40 results.ndjson >torn && mv torn results.ndjson # as if a line was being written
    r3-sweep "$minutes" "${space[@]}" --json --resume results.ndjson 2>/dev/null | cmp want -
    # What is finished is not run again: no more lines, and the same outcome.
    lines=$(wc -l <results.ndjson)
    r3-sweep "$minutes" "${space[@]}" --json --resume results.ndjson 2>/dev/null | cmp want -
    [ "$(wc -l <results.ndjson)" -eq "$lines" ]
    cmp <(grep '"result"' want) results.ndjson
}

@test "--resume refuses results of another sweep, of other candles, and what is no result" {
    space=(--vary fast=2:6:2 --vary slow=10,20)
    r3-sweep "$averages" "${space[@]}" --resume results >table
    run -65 --separate-stderr r3-sweep "$averages --session main" "${space[@]}" --resume results
    [[ $stderr == *'results:1: a result of another sweep'* ]]
    run -65 r3-sweep "$averages" --vary fast=2:8:2 --vary slow=10,20 --resume results
    run -65 r3-sweep "$averages" "${space[@]}" --where 'fast < slow' --resume results
    # Another quotation of the same words is the same sweep; so is one that draws from it.
    r3-sweep "${averages//sma-cross/\'sma-cross\'}" "${space[@]}" --resume results | cmp - table
    r3-sweep "$averages" "${space[@]}" --sample 3 --json --resume results >drawn
    [ "$(results drawn | wc -l)" -eq 3 ]
    [ "$(wc -l <results)" -eq 6 ]
    cp btc.csv keep.csv
    sed -i '40s/,[0-9.]*$/,1/' btc.csv
    run -65 --separate-stderr r3-sweep "$averages" "${space[@]}" --resume results
    [[ $stderr == *'results: combination 0 was run over other candles'* ]]
    mv keep.csv btc.csv
    sed -i '3s/"status":0/"status":"0"/' results
    run -65 --separate-stderr r3-sweep "$averages" "${space[@]}" --resume results
    [[ $stderr == *'results:3: result: status: '* ]]
    # A statistic by another name would be undefined, and leave its row out of the ranking or a column empty.
    cp results keep
    for name in return sharpe_ratio warnings start months markets; do
        sed '2s/"'$name'":/"x'$name'":/; 3s/"status":"0"/"status":0/' keep >results
        run -65 --separate-stderr r3-sweep "$averages" "${space[@]}" --resume results
        [[ $stderr == *"results:2: result: statistics: $name: missing"* ]] || { echo "$stderr"; false; }
        [[ $output != *'"statistics"'* ]]
    done
    sed '2s/"trades":[0-9]*,"win_rate"/"trades":"4","win_rate"/; 3s/"status":"0"/"status":0/' keep >results
    run -65 --separate-stderr r3-sweep "$averages" "${space[@]}" --resume results
    [[ $stderr == *'results:2: result: statistics: trades: missing, or neither a number nor null'* ]]
    sed -i '3s/.*/{"type":"result"}/' results
    run -65 --separate-stderr r3-sweep "$averages" "${space[@]}" --resume results
    [[ $stderr == *'results:3: result: sweep: '* ]]
    run -64 r3-sweep "$averages" "${space[@]}" --resume /dev/null
    run -74 r3-sweep "$averages" "${space[@]}" --resume /none/results
}

@test "two sweeps do not share a --resume file" {
    exec 9>>results
    flock -x 9
    run -75 --separate-stderr r3-sweep "$averages" --vary fast=2 --vary slow=10 --resume results 9>&-
    [[ $stderr == *'another run has it open'* ]]
}

@test "an interrupt ends what is under way, shows what is done, and keeps it" {
    # What a shell puts in the background ignores the interrupt.
    env --default-signal=INT r3-sweep "$minutes" --vary fast=2:100:1 --vary slow=101:300:1 --resume results --csv out.csv >table 2>messages &
    pid=$!
    while [ "$(wc -l <results 2>/dev/null || echo 0)" -lt 20 ]; do sleep 0.01; done
    kill -INT $pid
    status=0
    wait $pid || status=$?
    [ $status -eq 75 ]
    done=$(wc -l <results)
    grep -q "stopped after $done of 19800 combinations" messages
    grep -q "^$done combinations" table
    [ ! -e out.csv ]
    [ "$(tail -c 1 results | od -An -c | tr -d ' ')" = '\n' ]
}

# ---- jobs ----

@test "jobs out, jobs in: the same results wherever they are computed" {
    space=(--vary fast=2:8:2 --vary slow=10:40:10)
    r3-sweep "$averages" "${space[@]}" --json >want
    r3-sweep "$averages" "${space[@]}" --jobs-out >jobs
    [ "$(head -1 jobs | jq -c '[.type, .job, .parameters]')" = '["job",0,{"fast":"2","slow":"10"}]' ]
    r3-sweep "$averages" --jobs-in <jobs >got
    cmp got <(grep '"result"' want)
    # Any share of them, in any order, in any spelling; records of other types are passed over.
    { shuf jobs | jq -c '. + {extra: [1]} | {parameters, type, job, sweep}' && echo '{"type":"end","source":"x","records":1}'; } | r3-sweep "$averages" --jobs-in --threads 3 >got
    sort got | cmp - <(sort <(grep '"result"' want))
    # Put together, they are the file to go on from.
    r3-sweep "$averages" "${space[@]}" --resume got --json | cmp - want
}

@test "a job is answered as soon as it is done, while the next one is waited for" {
    r3-sweep "$averages" --vary fast=2:4:1 --vary slow=10 --jobs-out >jobs
    mkfifo in out
    r3-sweep "$averages" --jobs-in <in >out &
    exec 7>in 8<out
    for line in 1 2 3; do
        sed -n ${line}p jobs >&7
        read -r -t 10 answer <&8
        [ "$(jq .job <<<"$answer")" -eq $((line - 1)) ]
    done
    exec 7>&-
    wait $!
}

@test "a job of another pipeline, or with other parameters, is refused with its line" {
    r3-sweep "$averages" --vary fast=2,3 --vary slow=10 --jobs-out >jobs
    run -65 --separate-stderr r3-sweep "$averages --session x" --jobs-in <jobs
    [[ $stderr == *'standard input:1: job: a job of another pipeline'* ]]
    sed '2s/"slow":"10"/"sloe":"10"/' jobs >wrong
    run -65 --separate-stderr r3-sweep "$averages" --jobs-in <wrong
    [[ $stderr == *"standard input:2: job: parameters: the pipeline's {slow} is missing"* ]]
    sed '1s/"slow":"10"/"slow":"10","more":"1"/' jobs >wrong
    run -65 --separate-stderr r3-sweep "$averages" --jobs-in <wrong
    [[ $stderr == *'standard input:1: job: parameters: 3 of them, but the pipeline has 2'* ]]
    sed '1s/"slow":"10"/"slow":10/' jobs >wrong
    run -65 --separate-stderr r3-sweep "$averages" --jobs-in <wrong
    [[ $stderr == *'standard input:1: job: parameters: slow: not a text'* ]]
    run -65 --separate-stderr r3-sweep "$averages" --jobs-in <<<'{"type":"job"'
    [[ $stderr == *'standard input:1: job: not JSON: '* ]]
    # A combination that fails is a result.
    r3-sweep "$averages" --vary fast=0,3 --vary slow=10 --jobs-out >jobs
    run -1 r3-sweep "$averages" --jobs-in <jobs
    [ "$(jq -c .status <<<"$output" | tr '\n' ' ')" = '65 0 ' ]
}

@test "pipelines/sweep-parallel: GNU parallel works the jobs off, and the ranking is that of one process" {
    command -v parallel >/dev/null || skip "GNU parallel is not installed"
    space=(--vary fast=2:12:2 --vary slow=10:40:10 --where 'fast < slow')
    r3-sweep "$averages" "${space[@]}" --rank return >want
    sweep-parallel "$averages" "${space[@]}" --rank return >got
    diff want got
    R3_SWEEP_JOBS=5 R3_SWEEP_RESULTS=results.ndjson sweep-parallel "$averages" "${space[@]}" --rank return | cmp - want
    [ "$(wc -l <results.ndjson)" -eq "$(r3-sweep "$averages" "${space[@]}" --jobs-out | wc -l)" ]
}

# ---- walk-forward ----

@test "--train and --test: windows that join, each test run repeated by its own text" {
    r3-sweep "$averages" --vary fast=2:6:2 --vary slow=8,16 --train 3d --test 1d --rank return --json >out
    [ "$(jq -r 'select(.type == "window") | .window' out | tr '\n' ' ')" = '1 2 3 4 ' ]
    jq -es 'map(select(.type == "window")) | [.[1:], .[:-1]] | transpose | all(.[0].train_to == .[1].test_to)' out
    jq -r 'select(.type == "window" and .pipeline != null) | .pipeline' out >texts
    [ -s texts ]
    jq -c 'select(.type == "window" and .pipeline != null) | .out_of_sample' out >want
    while read -r text; do r3-backtest "$text" | jq -c .; done <texts | cmp - want
    # The one that was chosen is the best of a sweep over the train span.
    read -r from to chosen < <(jq -r 'select(.window == 2) | "\(.train_from) \(.train_to) \(.job)"' out)
    r3-sweep "${averages/btc.csv/btc.csv --from $from --to $to}" --vary fast=2:6:2 --vary slow=8,16 --rank return --json >train
    [ "$(tail -1 train | jq .best.job)" -eq "$chosen" ]
    r3-sweep "$averages" --vary fast=2:6:2 --vary slow=8,16 --train 3d --test 1d --anchored --equity equity.csv --trades trades.csv --plot run.svg >table
    [ "$(grep -c '2013-11-25 00:00  2013' table)" -eq 4 ]
    [ "$(tail -n +2 equity.csv | wc -l)" -eq 89 ]
    [ -s run.svg ]
    [ "$(head -1 trades.csv | cut -d, -f1)" = position ]
}

# ---- memory ----

@test "memory does not grow with the combinations" {
    is_sanitized && skip "the sanitizers' own memory is not what is measured"
    peak() { /usr/bin/time -f %M r3-sweep "$averages" --vary fast=2:40:1 --vary slow="$1" --threads 2 --csv out.csv 2>&1 >/dev/null | tail -1; }
    few=$(peak 41:42:1)
    many=$(peak 41:240:1)
    echo "$few KiB for 78 combinations, $many KiB for 7800"
    [ $((many - few)) -lt 3000 ]
    [ "$many" -lt 40000 ]
}
