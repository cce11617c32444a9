# Parity with backtesting.py: its trades and final equity, committed in tests/vectors/parity (made by parity.py there), are those
# of the pipeline that each file names.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
    ln -s "$DATA"/*.csv .
}

# same COUNT NAME: run the pipelines of the COUNT vectors whose names begin so; compare fills and final equity.
same() {
    local vector text count=0 bad=0
    for vector in "$TOP/tests/vectors/parity/$2"*.json; do
        text=$(jq -r .pipeline "$vector")
        backtest "$text | tee stream | r3-report --json" >report
        printf '%s: ' "$(basename "$vector" .json)"
        python3 "$TOP/tests/tools/compare-parity.py" "$vector" stream report || bad=$((bad + 1))
        count=$((count + 1))
    done
    [ "$bad" -eq 0 ]
    [ "$count" -eq "$1" ]
}

@test "sma-cross equals backtesting.py, with and without stop and target" { same 7 sma-cross; }
@test "rsi-reversion equals backtesting.py, with and without stop and target" { same 4 rsi-reversion; }
@test "donchian-breakout equals backtesting.py, with and without stop and target" { same 4 donchian-breakout; }
@test "macd equals backtesting.py, with and without stop and target" { same 2 macd; }
@test "bollinger-reversion equals backtesting.py, with and without target" { same 2 bollinger-reversion; }

@test "the comparison sees a difference" {
    vector=$TOP/tests/vectors/parity/sma-cross-5m-bracket.json
    jq -c '.fills[] | {type: "trade"} + .' "$vector" >stream
    jq '{equity_final: .equity | tonumber}' "$vector" >report
    run -0 python3 "$TOP/tests/tools/compare-parity.py" "$vector" stream report
    sed '3s/"time":/"time":1/' stream >changed
    run -1 python3 "$TOP/tests/tools/compare-parity.py" "$vector" changed report
    sed '4s/SELL/BUY/' stream >changed
    run -1 python3 "$TOP/tests/tools/compare-parity.py" "$vector" changed report
    sed '5s/"price":"\([0-9.]*\)"/"price":"\10001"/' stream >changed
    run -1 python3 "$TOP/tests/tools/compare-parity.py" "$vector" changed report
    sed '$d' stream >changed
    run -1 python3 "$TOP/tests/tools/compare-parity.py" "$vector" changed report
    jq '.equity_final *= 1.000001' report >changed
    run -1 python3 "$TOP/tests/tools/compare-parity.py" "$vector" stream changed
}
