# The programs under valgrind, on a few hundred candles: no read of what was never written, nor beyond what is there, no leak, and the
# output of the run without it. The sanitizers look at everything; what was never written they do not see.
load helper

setup() {
    [[ $BIN != *address* ]] || skip "the address sanitizer and valgrind exclude each other"
    cd "$BATS_TEST_TMPDIR" || return
    head -n 301 "$DATA/btcusd-bitstamp-2013_5m.csv" >btc.csv
    collect='r3-collect --quiet --market BTC-USD btc.csv'
    report='r3-order --paper --slippage 0.05% | r3-report --json'
}

under_valgrind() { valgrind -q --error-exitcode=99 --leak-check=full "$@"; }

# same COMMAND…: nothing to object to, and the same status, output and messages. Input is `in`; the output stays in `out`.
same() {
    local status=0 found=0
    "$@" <in >out 2>messages || status=$?
    under_valgrind "$@" <in >got 2>found || found=$?
    echo "$*: status $status, under valgrind $found:"
    cat found
    [ $found -eq $status ] && cmp got out && cmp found messages
}

@test "what it looks for is found: a leak, and a branch on what was never written" {
    printf '%s\n' '#include <stdlib.h>' 'int main(int argc, char **argv) { (void)argv; int *p = malloc(8); if (argc > 1) { int is = p[1] > 3; free(p); return is ? 5 : 4; } p = NULL; return p != NULL; }' >bad.c
    gcc -O0 -o bad bad.c
    run -0 ./bad
    run -99 under_valgrind ./bad
    [[ $output == *'definitely lost'* ]]
    run -99 under_valgrind ./bad branch
    [[ $output == *'uninitialised value'* ]]
}

@test "r3-backtest, other rules, sizes and protection" {
    : >in
    same r3-backtest "$collect | r3-strategy sma-cross | r3-track --short --protect tracker --trailing-stop 2% | r3-size --fraction 50% | $report"
    [ "$(jq .trades out)" -gt 2 ]
    same r3-backtest "$collect | r3-strategy rsi-reversion | r3-track --stop-loss 1% --take-profit 2% | r3-size --risk 1% | $report"
    [ "$(jq .trades out)" -gt 1 ]
    same r3-backtest "$collect | r3-strategy --state -e 'long = at(\"30m\", close > ema(close, 3)) and close > highest(close[1], 20) or mfi() < 20' | r3-track --state | r3-size --base 0.1 | r3-order --paper --state"
    [ "$(grep -c '"type":"state"' out)" -eq 3 ]
    # One that fails leaves nothing behind either.
    sed '200s/,/,x/' btc.csv >bad.csv
    same r3-backtest "${collect/btc/bad} | r3-strategy sma-cross | r3-track | r3-size | $report"
    grep -q 'bad.csv:200: ' messages
}

@test "r3-sweep, with one thread and with two, and going on" {
    : >in
    text="$collect | r3-strategy sma-cross --set fast={fast} --set slow={slow} | r3-track --short | r3-size --fraction {part} | $report"
    space=(--vary 'fast=3,5' --vary slow=10:20:5 --vary 'part=50%,100%' --where 'fast < slow')
    same r3-sweep "$text" "${space[@]}" --threads 1 --json
    [ "$(grep -c '"status":0' out)" -eq 12 ]
    mv out one
    same r3-sweep "$text" "${space[@]}" --threads 2 --json
    cmp out one
    grep '"type":"result"' one | head -n 5 >results
    same r3-sweep "$text" "${space[@]}" --threads 2 --resume results --monte-carlo 20
}

@test "the text pipe, each program under valgrind, and candles that are not written in the usual way" {
    text="$collect | r3-strategy sma-cross | r3-track --short --protect tracker --trailing-stop 2% | r3-size --risk 1% | r3-order --paper | tee orders | r3-report --json"
    backtest "$text" >want
    mv orders wanted
    [ "$(grep -c '"type":"trade"' wanted)" -gt 5 ]
    checked="valgrind -q --error-exitcode=99 --leak-check=full --log-file=found.%p r3-"
    run -0 --separate-stderr backtest "${text//r3-/$checked}"
    cmp - want <<<"$output"
    cmp orders wanted
    cat found.*
    [ "$(cat found.* | wc -c)" -eq 0 ]
    [ "$(find . -name 'found.*' | wc -l)" -eq 6 ]
    $collect | sed 's/":/" : /g; s/,"/, "/g' >in
    same r3-strategy -q sma-cross
    cmp <(grep '"type":"signal"' out) <($collect | r3-strategy -q sma-cross | grep '"type":"signal"')
    [ "$(grep -c '"type":"signal"' out)" -gt 5 ]
}

# Where the processor has AVX2 the programs above use it; these call the loops for it and the plain ones, and compare them.
@test "loops for AVX2 and the plain ones" {
    cd "$TOP" || return # where it finds its data
    for unit in comovement indicator_wide csv_block; do
        run -0 under_valgrind "$BIN/tests/unit/$unit"
        [[ $output == *' passed, 0 failed' ]]
    done
}
