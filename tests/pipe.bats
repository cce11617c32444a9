# The pipe itself: the barrier, deaths, full disks, bad lines. The programs' own behaviour is in their own files.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
    candles=$DATA/btcusd-bitstamp-2013_5m.csv
    text="r3-collect $candles | r3-strategy sma-cross | r3-track | r3-size | r3-order --paper"
}

# A long stream of real candles' shape, made by shifting the week again and again: COUNT candles of 1 minute.
long_csv() {
    awk -F, -v want="$1" 'NR == 1 {print; next} {row[n++] = $2 "," $3 "," $4 "," $5 "," $6}
        END {for (i = 0; i < want; i++) print 1385337600 + 60 * i "," row[i % n]}' "$DATA/btcusd-bitstamp-2013_1m.csv"
}

@test "a backtest ends with end, and its status is 0" {
    run -0 --separate-stderr backtest "$text"
    [[ $stderr == "r3-collect: BTC-USD 5m: 4 candles missing in 2 gaps"* ]]
    [ "${#stderr_lines[@]}" -eq 1 ]
    [ "$(jq -r .type <<<"${lines[0]}")" = stream ]
    [ "$(jq -r .type <<<"${lines[-1]}")" = end ]
    [ "$(grep -c '"type":"trade"' <<<"$output")" -gt 20 ]
    [ "$(grep -c '"type":"sync"' <<<"$output")" -eq 0 ]
}

@test "the same bytes 200 times under load" {
    backtest "$text" >want
    (while :; do :; done) 3>&- &
    busy=$!
    for ((i = 0; i < 200; i++)); do
        R3_LOOP_CPU= backtest "$text" | cmp - want || { kill $busy; false; }
    done
    kill $busy
}

@test "30 MB of updates between two syncs" {
    # 120,000 updates reach r3-order before the tracker's next barrier, which comes with the first signal.
    cat >flood <<'EOF'
#!/usr/bin/env python3
import sys
for line in iter(sys.stdin.readline, ""):
    sys.stdout.write(line)
    if '"type":"instrument"' in line:
        for i in range(1, 120001):
            sys.stdout.write(f'{{"type":"update","order":"other-{i}-ENTRY-1","session":"other","time":1385337600000,"status":"CANCELED",'
                             '"execution":"NOT_EXECUTED","event":"REJECTED","filled":"0","cost":"0","fee":"0",'
                             '"reason":"a reason that takes some room, as an exchange may well give: insufficient funds in the account"}\n')
    if '"type":"sync"' in line:
        sys.stdout.flush()
EOF
    chmod +x flood
    backtest "$text" >want
    run -0 bash -o pipefail -c "backtest 'r3-collect $candles | r3-strategy sma-cross | r3-track | r3-size | ./flood | r3-order --paper' >got"
    [ "$(grep -c '"session":"other"' got)" -eq 120000 ]
    [ "$(grep '"session":"other"' got | wc -c)" -gt 30000000 ]
    cmp <(grep -v '"session":"other"' got) want
}

@test "a stage killed in the middle ends the pipe within seconds, with an error, at every stage" {
    long_csv 3000000 >long.csv
    for victim in r3-collect r3-strategy r3-track r3-size r3-order r3-report; do
        backtest 'r3-collect --market BTC-USD long.csv | r3-strategy sma-cross | r3-track | r3-size | r3-order --paper | r3-report' >out 2>err 3>&- &
        runner=$!
        pid=
        for ((i = 0; i < 100 && ${#pid} == 0; i++)); do
            sleep 0.05
            pid=$(pgrep -P "$runner" -x "$victim" || true)
        done
        [ -n "$pid" ]
        sleep 0.3
        kill -9 "$pid"
        start=$SECONDS
        status=0
        wait "$runner" || status=$?
        echo "$victim: status $status after $((SECONDS - start)) s: $(cat err)"
        [ "$status" -ne 0 ]
        [ $((SECONDS - start)) -le 5 ]
    done
}

@test "INT to the pipe ends the stream whole: the source stops, the others drain" {
    long_csv 3000000 >long.csv
    backtest 'r3-collect --market BTC-USD long.csv | r3-strategy sma-cross | r3-track | r3-size | r3-order --paper' >out 2>err 3>&- &
    runner=$!
    pid=
    for ((i = 0; i < 100 && ${#pid} == 0; i++)); do
        sleep 0.05
        pid=$(pgrep -P "$runner" -x r3-collect || true)
    done
    sleep 0.3
    for program in r3-strategy r3-track r3-size r3-order r3-collect; do kill -TERM "$(pgrep -P "$runner" -x $program)"; done
    wait "$runner"
    tail -n 1 out | jq -e '.type == "end"'
    [ "$(wc -l <out)" -lt 3000000 ]
}

@test "without R3_UPDATES the tracker says how to get it" {
    run -78 bash -c "set -o pipefail; r3-collect $candles | r3-strategy sma-cross | r3-track"
    [[ $output == *"pipelines/backtest"* ]]
    run -78 env R3_UPDATES= bash -c "set -o pipefail; r3-collect $candles | r3-strategy sma-cross | r3-track" # empty is not set
    [[ $output == *"pipelines/backtest"* ]]
}

@test "a pipe that ends before r3-order ends with 76 and a reason" {
    run -76 env R3_SYNC_TIMEOUT=1 bash -c "backtest 'r3-collect $candles | r3-strategy sma-cross | r3-track | r3-size'"
    [[ $output == *"sync 0 was not answered within 1 s"* ]]
}

@test "the status is that of the leftmost program that failed" {
    run -65 backtest "cat $DATA/damaged/market-as-number.5.ndjson | r3-strategy sma-cross | r3-track | r3-size | r3-order --paper"
    run -7 backtest "r3-collect $candles | r3-strategy sma-cross | sh -c 'cat >/dev/null; exit 7' | sh -c 'cat; exit 9'"
    run -0 backtest "r3-collect $candles | head -n 3"
}

@test "a reader that stands still, as a pager does, is waited for, and that is said once" {
    long_csv 100000 >long.csv
    export R3_SYNC_TIMEOUT=1
    backtest 'r3-collect --market BTC-USD long.csv | r3-strategy sma-cross | r3-track | r3-size | r3-order --paper' 2>err |
        (sleep 2.5 && cat >out)
    tail -n 1 out | jq -e '.type == "end"'
    [ "$(grep -c 'was not answered within 1 s, still waiting' err)" -eq 1 ]
}

@test "a reader that has read enough is no failure; one that fails tells its own status" {
    long_csv 100000 >long.csv
    loop='r3-collect --market BTC-USD long.csv | r3-strategy sma-cross | r3-track | r3-size | r3-order --paper'
    for round in 1 2 3 4 5; do # (run has an i of its own)
        run -0 --separate-stderr backtest "$loop | head -n 500"
        [ "$stderr" = '' ]
        [ "${#lines[@]}" -eq 500 ]
        run -74 --separate-stderr backtest "$loop | r3-report --trades nowhere/trades.csv"
        [ "${#stderr_lines[@]}" -eq 1 ]
        run -9 backtest "$loop | sh -c 'head -n 500; exit 9'"
    done
}

@test "a descriptor that is closed at the start is not taken over by a file" {
    backtest "$text" >whole
    run -74 bash -c 'r3-size --reject rejected <whole >&-'
    [ ! -s rejected ]
    run -74 bash -c 'r3-report --trades trades.csv --equity equity.csv <whole >&-'
    [ "$(head -c 9 trades.csv)" = position, ]
    run ! grep -q Session trades.csv equity.csv
    sed '9s/"close":"[^"]*"/"close":"abc"/' whole >bad
    run -0 bash -c 'r3-strategy sma-cross --reject rejected <bad 2>&- >out'
    cmp rejected <(sed -n 9p bad)
    r3-collect "$candles" >want
    r3-collect "$candles" <&- | cmp - want
    run -74 bash -c 'r3-size <&-'
}

@test "a program whose output is a socket ends when the other side hangs up" {
    cat >hang-up.pl <<'EOF'
use Socket;
socketpair(my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die;
pipe(my $input, my $silent) or die; # stays open and says nothing
my $child = fork();
if (!$child) {
    open(STDIN, "<&", $input) && open(STDOUT, ">&", $theirs) or die;
    close $_ for $ours, $theirs, $input, $silent;
    exec "r3-size";
}
close $theirs;
select(undef, undef, undef, 0.2);
close $ours;
for (1 .. 30) {
    select(undef, undef, undef, 0.1);
    if (waitpid($child, 1) == $child) { print $? & 127; exit }
}
kill 9, $child;
print "it goes on";
EOF
    run -0 perl hang-up.pl
    [ "$output" = 13 ]
}

@test "what a killed backtest left is removed by the next one, and nothing that is in use" {
    mkdir tmp
    TMPDIR=$PWD/tmp setsid backtest "r3-collect $candles | r3-strategy sma-cross | sh -c 'cat; sleep 60' | r3-track | r3-size | r3-order --paper" >/dev/null 2>&1 3>&- &
    leader=$!
    for tries in {1..100}; do
        if ps -o pgid=,args= -A | grep -q "^ *$leader r3-order"; then break; fi
        sleep 0.05
    done
    left=$(echo tmp/r3-backtest.*)
    kill -9 "$leader"
    mkdir tmp/r3-backtest.other tmp/r3-backtest.just-made
    : >tmp/r3-backtest.other/file
    # The shell is gone, and the programs are not.
    touch -d '2 minutes ago' "$left" tmp/r3-backtest.other
    TMPDIR=$PWD/tmp run -0 --separate-stderr backtest "$text"
    [ "${#stderr_lines[@]}" -eq 1 ] # the gaps
    [ -p "$left/updates" ]
    kill -9 -- "-$leader"
    while ps -o pgid=,stat= -A | grep -q "^ *$leader [^Z]"; do sleep 0.05; done
    touch -d '2 minutes ago' tmp/r3-backtest.other
    TMPDIR=$PWD/tmp run -0 --separate-stderr backtest "$text"
    [ "${#stderr_lines[@]}" -eq 1 ] # the gaps
    [ "$(ls tmp)" = $'r3-backtest.just-made\nr3-backtest.other' ]
}

@test "backtest refuses what only a shell can run, with its column" {
    run -64 backtest "r3-collect $candles > out"
    [[ $output == *"column "*"only the shell can run this"* ]]
    run -64 backtest 'r3-collect "$HOME/btc.csv"'
    [[ $output == *"column 13"* ]]
    run -64 backtest "r3-collect x |"
    for word in if done '!' time; do
        run -64 backtest "cat x | $word cat"
        [[ $output == *"column 9: $word as a program: only the shell"* ]]
    done
    run -64 backtest "A='b' r3-collect x"
    [[ $output == *"column 1: an assignment"* ]]
    run -64 backtest $'r3-collect nowhere.csv\nr3-collect nowhere.csv'
    [[ $output == *"column 23: the pipeline ends with this newline"* ]]
    run -64 backtest $'r3-collect nowhere.csv\n| cat'
    run -64 backtest $'printf x\n\r' # blanks are space, tab and newline, as to the shell
    [[ $output == *"column 9: the pipeline ends with this newline"* ]]
    run -127 backtest $'\v'
    run -0 backtest $'printf %s a\r\fb\vc'
    [ "$output" = $'a\r\fb\vc' ]
    run -0 backtest $'\n  printf \'%s\\n\' if A=b |\n\n cat \\\n - \n\n'
    [ "$output" = $'if\nA=b' ]
    run -64 backtest "r3-collect 'x"
    run -64 backtest
    run -0 backtest "printf '%s\n' '\$HOME > x; y'"
    [ "$output" = '$HOME > x; y' ]
}

@test "each program refuses each damaged line with 65 (a newer version: 76), its name and the line's number, having written what came before" {
    mkfifo updates
    for program in r3-strategy r3-track r3-size r3-order r3-report; do
        case $program in
        r3-strategy) command=(r3-strategy -e 'long = close > 1') ;;
        r3-order) command=(r3-order --paper) ;;
        *) command=("$program") ;;
        esac
        for file in "$DATA"/damaged/*.ndjson; do
            want=65
            [[ $file == *newer-version* ]] && want=76
            number=${file%.ndjson}
            number=${number##*.}
            if [ "$program" = r3-track ]; then
                run -$want --separate-stderr bash -o pipefail -c 'backtest "cat $1 | r3-track | r3-size | r3-order --paper"' bash "$file"
            else
                run -$want --separate-stderr "${command[@]}" <"$file"
            fi
            echo "$program $file: $stderr"
            [[ $stderr == *"$program: standard input:$number: "* ]]
        done
    done
}

@test "--reject puts a bad line aside and goes on" {
    r3-collect "$candles" | sed '10s/"close":"[^"]*"/"close":"abc"/' >bad.ndjson
    run -0 --separate-stderr bash -c "r3-strategy sma-cross --reject rejected <bad.ndjson >out"
    [[ $stderr == *":10: "*'not a decimal: "abc"'* ]]
    [ "$(wc -l <rejected)" -eq 1 ]
    cmp rejected <(sed -n 10p bad.ndjson)
    tail -n 1 out | jq -e '.type == "end"'
}

@test "each program ends with 74 on a full output" {
    r3-collect "$candles" >stream
    for command in "r3-collect $candles" "r3-strategy sma-cross" "r3-size" "r3-order --paper"; do
        run -74 bash -c "$command <stream >/dev/full"
        [[ $output == *"standard output"* ]]
    done
    backtest "$text" >whole
    run -74 bash -c "r3-report <whole >/dev/full"
    run -74 bash -c "R3_UPDATES=f; export R3_UPDATES; mkfifo f; r3-track <stream >/dev/full"
}

@test "a reader fed one byte at a time gives the same" {
    r3-collect "$candles" | head -n 400 >stream
    for command in "r3-strategy sma-cross" "r3-size" "r3-order --paper"; do
        $command <stream >want
        dd if=stream bs=1 status=none | $command | cmp - want
    done
}

@test "where reads cut the stream does not matter: candles go to a stage several at a time, and give what each by itself gives" {
    r3-collect "$candles" 2>err >stream
    backtest "$text" 2>err >whole
    for command in "r3-strategy sma-cross" "r3-strategy -q supertrend" "r3-size" "r3-order --paper"; do
        $command <stream >want
        for size in 97 4093 70001; do
            dd if=stream bs=$size status=none | $command | cmp - want
        done
    done
    r3-report --json <whole >want
    dd if=whole bs=97 status=none | r3-report --json | cmp - want
    # A candle out of order in the midst of others is named by its line, and what came before it goes out.
    awk 'NR == 500 { held = $0; next } { print } NR == 700 { print held }' stream >mixed
    run -65 --separate-stderr r3-strategy -q sma-cross <mixed
    [ "$stderr" = "r3-strategy: standard input:700: the BTC-USD candle is older than the one before" ]
    [ "$output" = "$(head -n 699 mixed | r3-strategy -q sma-cross 2>err)" ]
}

@test "a program whose reader has ended ends too, even while it waits for input" {
    mkfifo in
    exec 5<>in # an input that stays open and says nothing
    (r3-size <in || echo $? >status) 3>&- | true
    for ((i = 0; i < 40; i++)); do
        [ -s status ] && break
        sleep 0.05
    done
    exec 5>&-
    [ "$(cat status)" -eq 141 ]
}
