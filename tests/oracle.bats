# The paper exchange, the tracker and the money manager against a second writing of their man pages (tests/oracle).
load helper

setup() { cd "$BATS_TEST_TMPDIR"; }

@test "random streams: every trade and the equity are the oracle's, and each stream adds up" {
    run python3 "$TOP/tests/oracle/run.py" 60 1
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "the oracle sees a difference, and a stream that does not add up" {
    mkdir bin
    printf '%s\n' '#!/bin/bash' '"$REAL" "$@" | sed "/\"type\":\"trade\"/s/\"size\":\"/&1/"' >bin/r3-order
    chmod +x bin/r3-order
    REAL=$BIN/r3-order PATH=$PWD/bin:$PATH run python3 "$TOP/tests/oracle/run.py" 5 1
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"does not add up"*"want ["*"5 streams"* ]]
}
