# What r3-report tells of a run against tests/vectors/statistics.py: every figure once more, with pandas, from the files of trades
# and equity alone, to 1e-9.
load helper

setup() { cd "$BATS_TEST_TMPDIR"; }

# agrees FILE TIMEFRAME STRATEGY TRACK SIZE ORDER: run it, and compare. The options are words in one argument each.
agrees() {
    # shellcheck disable=SC2086  # options are split at blanks
    backtest "r3-collect -m BTC-USD -t $2 $DATA/$1 | r3-strategy $3 | r3-track $4 | r3-size $5 | r3-order --paper $6 |
        r3-report --json --trades trades.csv --equity equity.csv" >report.json || return
    run -0 python3 "$TOP/tests/vectors/statistics.py" trades.csv equity.csv report.json
    echo "$1 $3: $output, $(jq .trades report.json) trades"
    [[ $output == *'figures agree' ]] || return
    trades=$((trades + $(jq .trades report.json)))
}

@test "each bundled strategy on candles of 5 minutes" {
    trades=0
    for file in "$TOP"/lib/strategies/*.rules; do
        name=${file##*/}
        agrees btcusd-bitstamp-2013_5m.csv 5m "${name%.rules}" '' '--fraction 50%' ''
    done
    [ "$trades" -gt 100 ]
}

@test "short positions, stops, targets, trailing, limits, time, fees and slippage" {
    trades=0
    five=btcusd-bitstamp-2013_5m.csv
    agrees $five 5m ema-cross '--short --stop-loss 1% --take-profit 2%' '--risk 1%' '--slippage 0.05%'
    agrees $five 5m sma-cross '--short --trailing-stop 2% --break-even 1%' '--fraction 30%' '--fee 0.05%'
    agrees $five 5m macd '--limit 0.3% --limit-candles 5' '--fraction 1' '--maker-fee 0.02%'
    agrees $five 5m macd '--short --max-duration 2H --close-at-end' '--quote 1000' '--fill close'
    agrees $five 5m supertrend '--protect tracker --stop-loss 1%' '--fraction 1' '--volume-share 20%'
    [ "$trades" -gt 100 ]
}

@test "candles of a minute, with a position still open at the end; candles of an hour" {
    trades=0
    agrees btcusd-bitstamp-2013_1m.csv 1m buy-and-hold '' '--fraction 1' ''
    [ "$(jq '.open_positions | length' report.json)" -eq 1 ]
    agrees btcusd-bitstamp-2013_1m.csv 1m 'sma-cross --set fast=20 --set slow=60' '' '--base 0.5' ''
    agrees btcusd-bitstamp-2013_1H.csv 1H 'sma-cross --set fast=3 --set slow=8' '--short' '--fraction 1' ''
    [ "$trades" -gt 50 ]
}

@test "a figure that is off by a millionth is seen" {
    agrees btcusd-bitstamp-2013_5m.csv 5m sma-cross '' '--fraction 1' ''
    for figure in sharpe_ratio volatility_ann avg_drawdown expectancy beta kurtosis; do
        jq -c ".$figure *= 1.000001" report.json >wrong.json
        run -1 python3 "$TOP/tests/vectors/statistics.py" trades.csv equity.csv wrong.json
        [[ $output == "$figure: "* ]]
    done
    jq -c '.exits.EXIT += 1 | .months[0].trades += 1' report.json >wrong.json
    run -1 python3 "$TOP/tests/vectors/statistics.py" trades.csv equity.csv wrong.json
    [[ $output == *'exits EXIT: '* && $output == *'trades of '* ]]
}
