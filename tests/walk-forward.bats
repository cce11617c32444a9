# r3-sweep --train, --monte-carlo and the deflated Sharpe ratio: each against the same done by hand, without r3-sweep.
load helper

setup() {
    mkdir "$BATS_TEST_TMPDIR/work" # bats keeps files of its own beside it
    cd "$BATS_TEST_TMPDIR/work"
    cp "$DATA/btcusd-bitstamp-2013_1H.csv" btcusd-1h.csv
    cp "$DATA/btcusd-bitstamp-2013_5m.csv" btcusd-5m.csv
}

# {collect} and the like are where the options of a window go when it is done by hand; r3-sweep has to put them in itself.
CROSS='r3-strategy sma-cross {strategy} --set fast={fast} --set slow={slow} | r3-track {track}'
HOURS="r3-collect {collect} btcusd-1h.csv | $CROSS | r3-size | r3-order --paper {order} | r3-report {report}"
bare() { # TEXT without those places
    local text=$1 place
    for place in collect strategy track order report; do text=${text//"{$place}"/}; done
    echo "$text"
}
vary() { printf -- '--vary\n%s\n' "$@"; }

# both TRAIN TEST RANK TEXT NAME=VALUES... [-- OPTIONS OF BOTH]: sweep.ndjson and hand.ndjson, in days; the joined files of each.
both() {
    local train=$1 test=$2 rank=$3 text=$4 space=()
    shift 4
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        space+=(--vary "$1")
        shift
    done
    [ $# -eq 0 ] || shift
    r3-sweep "$(bare "$text")" "${space[@]}" --rank "$rank" --train "${train}d" --test "${test}d" --json --trades joined-trades.csv --equity joined-equity.csv "$@" >sweep.ndjson
    python3 "$TOP/tests/tools/walk-forward.py" --train "$train" --test "$test" --rank "$rank" "${space[@]}" "$@" "$text" >hand.ndjson
    python3 "$TOP/tests/tools/compare-walk-forward.py" sweep.ndjson hand.ndjson
}
# The whole, against pandas over the files of the windows that were run by hand.
check_joined() {
    tail -n 1 sweep.ndjson | jq -c .out_of_sample >joined.json
    run -0 python3 "$TOP/tests/vectors/statistics.py" walk-trades.csv walk-equity.csv joined.json
    echo "$output"
    [[ $output == *'figures agree' ]]
    diff <(cut -d, -f1,2,4 walk-equity.csv) <(cut -d, -f1,2,4 joined-equity.csv)
    diff <(cut -d, -f2- walk-trades.csv) <(cut -d, -f2- joined-trades.csv)
}

@test "rolling windows: every choice, both reports of each window and the whole are those of r3-backtest by hand" {
    run -0 --separate-stderr both 2 1 return "$HOURS" fast=2,4,6,8 slow=10,15,20
    [ "$output" = '5 windows agree' ]
    check_joined
    [ "$(jq -s 'map(.parameters | tojson) | unique | length' sweep.ndjson)" -gt 2 ] # not one choice for all
}

@test "anchored windows, stops, shorts, another fill and a resampled market" {
    text="r3-collect {collect} btcusd-5m.csv --resample 15m | $CROSS --short --stop-loss {stop} --trailing-stop 2% | r3-size --risk 1% | r3-order --paper --fill close --slippage 0.01% {order} | r3-report {report}"
    run -0 --separate-stderr both 2 1 sharpe_ratio "$text" fast=5,10 slow=20,60 stop=1%,3% -- --anchored
    [ "$output" = '5 windows agree' ]
    check_joined
    [ "$(jq -s '[.[].train_from // empty] | unique | length' sweep.ndjson)" -eq 1 ]
}

@test "limit entries and stops that the tracker watches" {
    text="r3-collect {collect} btcusd-5m.csv | $CROSS --limit 0.2% --limit-candles 4 --protect tracker --stop-loss 1% | r3-size | r3-order --paper {order} | r3-report {report}"
    run -0 --separate-stderr both 1 1 return "$text" fast=5,10 slow=15,60
    [ "$output" = '6 windows agree' ]
    check_joined
}

@test "the last window ends with the data, and the equity goes on from window to window" {
    r3-sweep "$(bare "$HOURS")" --vary fast=2,4 --vary slow=10,15 --rank return --train 2d --test 1d --json >sweep.ndjson
    [ "$(jq -s '.[0:-1] | map([.train_from, .train_to, .test_to]) | [.[0], .[-1]]' -c sweep.ndjson)" = '[[1385337600000,1385510400000,1385596800000],[1385683200000,1385856000000,1385917200000]]' ]
    [ "$(jq -s '.[0:-1] | [.[1:], .[0:-1]] | transpose | all(.[0].train_to == .[1].test_to and .[0].out_of_sample.equity_start == .[1].out_of_sample.equity_final)' sweep.ndjson)" = true ]
    [ "$(jq -s '.[-1].out_of_sample.equity_final == .[-2].out_of_sample.equity_final and .[-1].out_of_sample.equity_start == 10000' sweep.ndjson)" = true ]
    [ "$(jq -s '.[-1].windows == 5 and .[-1].train_runs == 20' sweep.ndjson)" = true ]
}

@test "the pipeline in a row does the same again, as r3-backtest and as a pipe" {
    r3-sweep "$(bare "$HOURS")" --vary fast=2,4 --vary slow=10,15 --rank return --train 2d --test 1d --json >sweep.ndjson
    for row in 1 2 3; do
        text=$(sed -n ${row}p sweep.ndjson | jq -r .pipeline)
        diff <(sed -n ${row}p sweep.ndjson | jq -S .out_of_sample) <(r3-backtest "$text" | jq -S .)
    done
    cmp <(r3-backtest "$text") <(backtest "$text")
    # In sample it is the pipeline as it stands, between the train span's times.
    IFS=$'\t' read -r from to fast slow < <(sed -n 2p sweep.ndjson | jq -r '[.train_from, .train_to, .parameters.fast, .parameters.slow] | @tsv')
    r3-backtest "r3-collect btcusd-1h.csv --from 0$from --to 0$to | r3-strategy sma-cross --set fast=$fast --set slow=$slow | r3-track | r3-size | r3-order --paper | r3-report --json" >train.json
    diff <(sed -n 2p sweep.ndjson | jq -S .in_sample) <(jq -S . train.json)
}

@test "one thread or three: the same bytes" {
    for threads in 1 2 3; do
        r3-sweep "$(bare "$HOURS")" --vary fast=2,4,6 --vary slow=10,15 --rank return --train 2d --test 1d --monte-carlo 700 --seed 5 --json --threads $threads >out-$threads
    done
    cmp out-1 out-2
    cmp out-1 out-3
}

@test "where no combination has a rank nothing is traded" {
    text="r3-collect {collect} btcusd-1h.csv | r3-strategy {strategy} -e 'long = close > {level}' | r3-track {track} | r3-size | r3-order --paper {order} | r3-report {report}"
    run -0 --separate-stderr both 1 1 sharpe_ratio "$text" level=1080,1090
    [ "$output" = '6 windows agree' ]
    [ "$(jq -c 'select(.window == 1) | [.parameters, .in_sample, .out_of_sample.trades, .efficiency]' sweep.ndjson)" = '[null,null,0,null]' ]
    run -0 r3-sweep "$(bare "$text")" --vary level=5000 --train 1d --test 1d
    [[ ${lines[2]} == *' 0.00           -      -' && $output == *'In 6 windows no combination has a rank: nothing is traded there.'* ]]
}

@test "what a market is too small to sell goes at the last close, and the whole stays exact" {
    text="r3-collect {collect} btcusd-5m.csv --minimum-size 2 --base-increment 0.5 | $CROSS | r3-size | r3-order --paper --volume-share 3% {order} | r3-report {report}"
    run -0 --separate-stderr both 1 1 return "$text" fast=5,10 slow=15,60
    [ "$output" = '6 windows agree' ]
    [ "$(jq -s 'map(.out_of_sample.open_positions | length) | add > 0' sweep.ndjson)" = true ] # there was something
    [ "$(tail -n 1 sweep.ndjson | jq -c .out_of_sample.open_positions)" = '[]' ]
    diff <(cut -d, -f1,2,4 walk-equity.csv) <(cut -d, -f1,2,4 joined-equity.csv)
}

@test "the table: windows, efficiency, and the report of the whole" {
    run -0 --separate-stderr r3-sweep "$(bare "$HOURS")" --vary fast=2,4 --vary slow=10,15 --train 2d --test 1d --rank return --monte-carlo 100
    [[ ${lines[0]} == 'Walk-forward by return: 5 windows, rolling, train 2 days 00:00:00, test 1 day 00:00:00; 20 train runs, 0 of them failed' ]]
    [[ ${lines[1]} =~ Train\ from.*Test\ from.*Test\ to.*In.*Out.*Efficiency.*fast.*slow$ ]]
    [[ ${lines[2]} == *'     1  2013-11-25 00:00  2013-11-27 00:00  2013-11-28 00:00  '* ]]
    [[ $output == *'Efficiency '*'The test spans joined, out of sample'*'Session main: BTC-USD 1H'*'Equity Final'*'Monte-Carlo: '*' trades, 100 runs, seed 1'* ]]
    r3-sweep "$(bare "$HOURS")" --vary fast=2,4 --vary slow=10,15 --train 2d --test 1d --plot walk.svg >/dev/null
    grep -q '</svg>' walk.svg
}

@test "spans that do not fit, and pipelines that have no walk-forward, are usage errors" {
    sweep() { run -64 --separate-stderr r3-sweep "$@"; [ -z "$output" ]; }
    text=$(bare "$HOURS")
    space=(--vary fast=2,4 --vary slow=10,15)
    sweep "$text" "${space[@]}" --train 7d --test 1d
    [[ $stderr == *'r3-sweep: --train: the candles span 6 days 17:00:00: nothing is left to test behind 7 days 00:00:00'* ]]
    sweep "$text" "${space[@]}" --train 90m --test 1d
    [[ $stderr == *"--train: wants a multiple of the candles' 1H"* ]]
    sweep "$text" "${space[@]}" --train 1d --test 30m
    [[ $stderr == *"--test: wants a multiple of the candles' 1H"* ]]
    sweep "${text/btcusd-1h.csv/btcusd-{fast\}h.csv}" "${space[@]}" --train 1d --test 1d
    [[ $stderr == *'the same candles for each combination'* ]]
    for program in r3-strategy r3-track r3-order; do
        sweep "$(sed "s/| $program [^|]*//" <<<"r3-collect btcusd-1h.csv | r3-strategy sma-cross | r3-track | r3-size --base {size} | r3-order --paper | r3-report")" --vary size=1,2 --train 1d --test 1d
        [[ $stderr == *"a walk-forward needs $program in the pipeline"* ]]
    done
    sweep "$text" "${space[@]}" --train 1d
    sweep "$text" "${space[@]}" --test 1d
    run -64 --separate-stderr r3-sweep "${text/r3-size/r3-size --fraction 1 --base 1}" "${space[@]}" --train 1d --test 1d
    [[ $stderr == *'every train run failed; the first: r3-size: '* ]]
}

@test "--monte-carlo: Python finds the same in the trades, whatever the number of threads" {
    text="r3-collect btcusd-5m.csv | r3-strategy sma-cross --set fast={fast} --set slow=40 | r3-track | r3-size | r3-order --paper | r3-report"
    for threads in 1 3; do
        r3-sweep "$text" --vary fast=5,10 --rank trades --monte-carlo 300 --seed 99 --json --threads $threads | tail -n 1 >summary-$threads
    done
    cmp summary-1 summary-3
    fast=$(jq -r .best.parameters.fast summary-1)
    r3-backtest "${text/'{fast}'/$fast} --trades trades.csv" >/dev/null
    [ "$(wc -l <trades.csv)" -gt 20 ]
    python3 "$TOP/tests/vectors/monte_carlo.py" trades.csv 10000 300 99 >want
    near='def near($a; $b): if ($a | type) == "array" then [$a, $b] | transpose | all(near(.[0]; .[1])) else ($a - $b | fabs) < 1e-9 end;'
    [ "$(jq -n --slurpfile got summary-1 --slurpfile want want "$near"' $want[0] | keys | all(. as $key | near($got[0].monte_carlo[$key]; $want[0][$key]))')" = true ]
    r3-sweep "$text" --vary fast=5,10 --rank trades --monte-carlo 300 --seed 98 --json | tail -n 1 >other
    [ "$(jq -c .monte_carlo.bootstrap_return other)" != "$(jq -c .monte_carlo.bootstrap_return summary-1)" ]
}

@test "the deflated Sharpe ratio is that of Python over all results" {
    r3-sweep "r3-collect btcusd-5m.csv | r3-strategy sma-cross --set fast={fast} --set slow={slow} | r3-track | r3-size | r3-order --paper | r3-report" \
        --vary fast=5:30:5 --vary slow=20:60:20 --where 'fast < slow' --json >sweep.ndjson 2>/dev/null
    run -0 python3 "$TOP/tests/tools/deflated-sharpe.py" sweep.ndjson
    [[ $output == *' after 15 trials, want '*' after 15' ]] || { echo "$output"; false; }
    r3-sweep "r3-collect btcusd-5m.csv | r3-strategy sma-cross --set fast={fast} | r3-track | r3-size | r3-order --paper | r3-report" --vary fast=5 --json >sweep.ndjson 2>/dev/null
    run -0 python3 "$TOP/tests/tools/deflated-sharpe.py" sweep.ndjson # one trial: nothing was selected
}

@test "--resume: what was killed goes on, and comes to the same" {
    walk() { r3-sweep "$(bare "$HOURS")" --vary fast=2,4,6 --vary slow=10,15 --rank return --train 2d --test 1d --json "$@"; }
    walk >want
    walk --resume results >got
    cmp want got
    [ "$(wc -l <results)" -eq 30 ]
    [ "$(jq -s 'map([.from, .to]) | unique | length' results)" -eq 5 ]
    head -n 17 results >half
    sed -n 18p results | head -c 50 >>half # as a kill leaves it
    walk --resume half >got
    cmp want got
    cmp <(sort results) <(sort half)
    walk --resume half >got # all of it is there
    cmp want got
    [ "$(wc -l <half)" -eq 30 ]
    sed -i '2s/,[0-9.]*,\([0-9.]*\)$/,800.5,\1/' btcusd-1h.csv # another close
    run -65 --separate-stderr walk --resume half
    [[ $stderr == *'was run over other candles'* ]]
}

@test "stopped by a signal: status 75, nothing is shown, what was done is kept" {
    text=$(bare "$HOURS" | sed 's/btcusd-1h.csv/btcusd-5m.csv/')
    r3-sweep "$text" --vary fast=2:40:1 --vary slow=50:200:1 --rank return --train 3d --test 1d --json --threads 1 --resume results >out 2>err &
    pid=$!
    while [ ! -s results ] && kill -0 $pid; do sleep 0.01; done
    kill -TERM $pid # a shell lets its background jobs ignore INT
    status=0
    wait $pid || status=$?
    [ "$status" -eq 75 ]
    grep -q 'r3-sweep: stopped after [0-9]* train runs$' err
    [ "$(jq -s 'map(select(.type == "summary")) | length' out)" -eq 0 ]
    [ "$(tail -c 1 results | od -An -c | tr -d ' ')" = '\n' ]
}

@test "several markets, a higher timeframe inside the rules, options that were there already" {
    awk -F, 'NR == 1 {print; next} {printf "%s,%.2f,%.2f,%.2f,%.2f,%s\n", $1, $2 * 0.3 + NR % 7, $3 * 0.3 + NR % 7 + 3, $4 * 0.3 + NR % 7 - 3, $5 * 0.3 + NR % 7, $6}' btcusd-5m.csv >ethusd-5m.csv
    text="r3-collect btcusd-5m.csv ethusd-5m.csv --from=2013-11-26 -r 15m | r3-strategy --from 2013-01-01 -e 'param f = 3' -e 'long = close > sma(close, f)' -e 'flat = close < at(\"4H\", sma(close, 2))' --set f={fast} |
        r3-track --close-at-end | r3-size --fraction 40% | r3-order --paper --cash=5000.123 | r3-report --session main"
    r3-sweep "$text" --vary fast=5,10,20 --rank return --train 2d --test 1d --json >sweep.ndjson
    [ "$(wc -l <sweep.ndjson)" -eq 5 ]
    for row in 1 2 3 4; do
        text=$(sed -n ${row}p sweep.ndjson | jq -r .pipeline)
        diff <(sed -n ${row}p sweep.ndjson | jq -S .out_of_sample) <(r3-backtest "$text" | jq -S .)
    done
    [ "$(tail -n 1 sweep.ndjson | jq -c '[.out_of_sample.equity_start, (.out_of_sample.markets | length), .out_of_sample.trades > 5]')" = '[5000.123,2,true]' ]
}

@test "where nothing is left of the equity the windows that follow are not tested" {
    # A short position, and the price goes to four times what it was.
    awk 'BEGIN {print "time,open,high,low,close,volume"
        for (i = 0; i < 24 * 5; i++) {p = i % 6 < 3 ? 100 - i % 3 : 90 + i % 3; if (i >= 24 * 2 + 8) p *= 4
            printf "%d,%d,%d,%d,%d,1\n", 1385337600 + 3600 * i, p, p, p, p}}' >abcusd.csv
    text="r3-collect abcusd.csv | r3-strategy -e 'short = crossunder(close, {x})' | r3-track --short | r3-size | r3-order --paper | r3-report"
    r3-sweep "$text" --vary x=92,95 --rank return --train 2d --test 1d --json --monte-carlo 10 >sweep.ndjson
    [ "$(jq -s -c 'map(.out_of_sample.equity_final // 0 | . < 0)' sweep.ndjson)" = '[true,false,false,true]' ]
    [ "$(jq -s -c '.[1] | [.pipeline, .out_of_sample, .efficiency]' sweep.ndjson)" = '[null,null,null]' ]
    [ "$(tail -n 1 sweep.ndjson | jq -c '[.out_of_sample.candles, .monte_carlo.losing, .monte_carlo.return]')" = '[24,1,-1]' ]
}
