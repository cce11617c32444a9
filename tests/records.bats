# The records on the wire: real output against the JSON Schemas, by a validator that is not ours (python3-jsonschema); the page
# against the schemas; and the corpus of damaged lines against every program that reads records.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
    hours=$DATA/btcusd-bitstamp-2013_1H.csv
    check=$TOP/tests/tools/check-records.py
}

# refused NAME COMMAND…: feed it each damaged file; it must end with 65 (76 for a newer version) and name the line.
refused() {
    local name=$1 bad='' count=0 file line want status
    shift
    for file in "$DATA"/damaged/*.ndjson; do
        line=${file%.ndjson} line=${line##*.} want=65
        [[ $file != */newer-version.* ]] || want=76
        status=0
        timeout 10 "$@" <"$file" >out 2>err || status=$?
        count=$((count + 1))
        if [ $status -ne $want ] || ! grep -aqF "$name: standard input:$line: " err || [ "$(wc -l <err)" -ne 1 ]; then
            bad+=$'\n'"$(basename "$file"): status $status, want $want; $(head -c 300 err)"
        fi
    done
    echo "$name: $count files$bad"
    [ -z "$bad" ] && [ $count -gt 80 ]
}

@test "the validator itself refuses what is wrong" {
    good='{"type":"sync","id":1}'
    run -0 python3 "$check" lines sync <<<"$good"
    [ "$output" = "sync=1" ]
    run -1 python3 "$check" lines candle <<<"$good"
    for bad in '{"type":"sync"}' '{"type":"sync","id":-1}' '{"type":"sync","id":"1"}' '{"type":"sync", "id":1}' \
        '{"id":1,"type":"sync"}' '{"type":"sync","id":1,"x":2}' '{"type":"sync","id":1,"id":1}'; do
        run -1 python3 "$check" lines <<<"$bad"
    done
    run -1 python3 "$check" lines <<<'{"type":"price","platform":"a","market":"A-B","time":0,"price":"1.50"}'
    run -1 python3 "$check" lines <<<'{"type":"price","platform":"a","market":"A-B","time":0,"price":"0"}'
    run -0 python3 "$check" lines <<<'{"type":"price","platform":"a","market":"A-B","time":0,"price":"1.5"}'
}

@test "the page lists the members of the schemas, kind for kind" {
    run -0 python3 "$check" page "$TOP/man/r3-records.5"
    [[ $output == "22 types, "* ]]
}

@test "the page's examples hold against the schemas, and every type has one" {
    python3 "$check" examples "$TOP/man/r3-records.5" >examples
    types=$(cd "$TOP/man/schema" && for file in *.json; do [ "$file" = record.json ] || echo "${file%.json}"; done)
    # shellcheck disable=SC2086  # one word a type
    run -0 python3 "$check" lines $types <examples
}

@test "a backtest's records hold against the schemas" {
    cat >plot.rules <<'RULES'
quick = sma(close, 10)
calm  = sma(close, 30)
long  = crossover(quick, calm)
flat  = crossunder(quick, calm)
stop  = close - 2 * atr(14)
target = close + 4 * atr(14)
volatility = atr(14)
plot quick, calm
RULES
    backtest "r3-collect $hours | r3-strategy ./plot.rules | r3-track --every 1D | tee tracked | r3-size --risk 1% | r3-order --paper" >stream
    run -0 python3 "$check" lines stream instrument candle signal value raworder order update trade position account end <stream
    echo "$output"
    run -0 python3 "$check" lines sync raworder <tracked
}

@test "a backtest with protection by the tracker, shorts and percent stops holds too" {
    backtest "r3-collect $DATA/btcusd-bitstamp-2013_5m.csv | r3-strategy sma-cross | r3-track --short --protect tracker --stop-loss 1% --take-profit 2% --close-at-end | r3-size --fraction 0.5 | r3-order --paper --slippage 0.1%" >stream
    run -0 python3 "$check" lines signal raworder order update trade account end <stream
    [ "$(grep -c '"role":"SL"' stream)" -gt 0 ]
}

@test "r3-strategy refuses each damaged line" { refused r3-strategy r3-strategy sma-cross; }
@test "r3-track refuses each damaged line" {
    # It needs somebody who answers its barrier.
    cat >track <<'SCRIPT'
rm -f way && mkfifo way && export R3_UPDATES=way
r3-track 2>&3 | r3-order --paper >answered 2>&1
exit "${PIPESTATUS[0]}"
SCRIPT
    refused r3-track bash -c 'exec 3>&2; . ./track'
}
@test "r3-size refuses each damaged line" { refused r3-size r3-size; }
@test "r3-order refuses each damaged line" { refused r3-order r3-order --paper; }
@test "r3-report refuses each damaged line" { refused r3-report r3-report; }

@test "the corpus is what its script writes" {
    python3 "$TOP/tests/vectors/damaged.py" again
    diff -r again "$DATA/damaged"
}

@test "what came before a damaged line is written" {
    status=0
    r3-size <"$DATA/damaged/high-below-low.5.ndjson" >out 2>err || status=$?
    [ $status -eq 65 ]
    cmp out <(head -n 4 "$DATA/damaged/high-below-low.5.ndjson")
    [ "$(cat err)" = "r3-size: standard input:5: candle: high 99 is below low 99.25" ]
}

@test "--reject keeps the damaged lines, and work goes on" {
    {
        head -n 4 "$DATA/damaged/nan.5.ndjson"
        sed -n 5p "$DATA/damaged/duplicate-key.5.ndjson"
        sed -n 5p "$DATA/damaged/invalid-utf8.5.ndjson"
        echo '{"type":"end","source":"r3-collect","records":6}'
    } >in
    run -0 bash -c 'r3-size --reject bad <in >out 2>err'
    [ "$(wc -l <out)" -eq 5 ]
    cmp bad <(sed -n 5,6p in)
}

@test "--reject does not keep a stream alive that is no stream: cut off, over-long, of a higher version, behind its end" {
    for damage in cut-in-the-middle:65 too-long:65 newer-version:76 behind-the-end:65; do
        run -"${damage#*:}" bash -c 'r3-size --reject bad <"$1" >out' - "$DATA/damaged/${damage%:*}".[0-9].ndjson
        [ ! -s bad ]
    done
}
