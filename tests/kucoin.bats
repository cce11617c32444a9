# The fake exchange of tests/kucoin: its own tests, and an unmodified ccxt that takes it for KuCoin.
load helper
load kucoin

setup_file() {
    # One virtual environment for each requirements.txt, made once. Without PyPI its tests are skipped.
    CCXT=$TOP/build/ccxt-$(sha256sum "$TOP/tests/kucoin/requirements.txt" | cut -c 1-12)
    export CCXT PYTHONDONTWRITEBYTECODE=1
    mkdir -p "$TOP/build"
    (
        flock 9
        [ -f "$CCXT/complete" ] || { rm -rf "$CCXT" && python3 -m venv "$CCXT" &&
            "$CCXT/bin/pip" --quiet --disable-pip-version-check --timeout 10 --retries 1 install -r "$TOP/tests/kucoin/requirements.txt" &&
            touch "$CCXT/complete"; }
    ) 9>"$CCXT.lock" >"$BATS_FILE_TMPDIR/pip.log" 2>&1 || true
}

setup() { cd "$BATS_TEST_TMPDIR"; }
teardown() { exchange_stop; }

of_fake() { # FILE CASE
    run python3 "$TOP/tests/kucoin/$1" "$2"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"Ran "*[1-9]*" test"*OK ]]
}

of_ccxt() { # SCENARIO [OPTIONS OF THE FAKE]
    [ -f "$CCXT/complete" ] || skip "no ccxt: $(grep -m 1 -iE 'error' "$BATS_FILE_TMPDIR/pip.log" || echo 'pip could not install it')"
    exchange_start "${@:2}"
    run "$CCXT/bin/python" "$TOP/tests/kucoin/ccxt_test.py" "$R3_KUCOIN_URL" "$1"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "the fake: signatures, forms, permissions" { of_fake self_test.py Gate; }
@test "the fake: rate limits" { of_fake self_test.py Rates; }
@test "the fake: candles, and the price that follows them" { of_fake self_test.py Candles; }
@test "the fake: orders" { of_fake self_test.py Orders; }
@test "the fake: money is exact, and a killed exchange goes on from its ledger" { of_fake self_test.py Money; }
@test "the fake: answers as the official samples, refusals as reported, signatures as published" { of_fake shape_test.py Shape; }
@test "the fake: faults of the network" { of_fake fault_test.py Network; }
@test "the fake: faults of the engine" { of_fake fault_test.py Engine; }

@test "the fake: what other tests use of it" {
    exchange_start --balance USDT=500 --price 50000
    [ "$(stat -c %a "$R3_EXCHANGE_CREDENTIALS")" = 600 ]
    [ "$(exchange_control state | jq -r .balances.USDT.available)" = 500 ]
    exchange_price 51000.5
    [ "$(curl -s "$R3_KUCOIN_URL/api/v1/market/orderbook/level1?symbol=BTC-USDT" | jq -r .data.price)" = 51000.5 ]
    exchange_fault 503-before:time:1
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$R3_KUCOIN_URL/api/v1/timestamp")" = 503 ]
    exchange_set status=cancelonly "status_text=new engine"
    [ "$(curl -s "$R3_KUCOIN_URL/api/v1/status" | jq -r .data.msg)" = "new engine" ]
    exchange_clock 2024-01-01
    [ "$(curl -s "$R3_KUCOIN_URL/api/v1/timestamp" | jq '.data / 10000 | floor')" = 170406720 ]
    exchange_control balance '{"USDT":"700","BTC":"1.5"}'
    [ "$(exchange_control state | jq -c '[.balances[].balance]')" = '["700","1.5"]' ]
    exchange_control limits '{"Public":2,"window":60000}'
    [ "$(curl -s -o /dev/null -w '%{http_code}' "$R3_KUCOIN_URL/api/v1/timestamp")" = 429 ]
    [ "$(exchange_control requests | jq -c '[.endpoints.time, .faults["503-before"]]')" = "[3,1]" ]
    exchange_control ledger | diff - "$R3_EXCHANGE_LEDGER"
    [ "$(wc -l <"$R3_EXCHANGE_LEDGER")" = 3 ]
    run -22 exchange_control fault '{"kind":"flood"}'
    pid=$R3_EXCHANGE_PID
    exchange_stop KILL
    run ! kill -0 "$pid"
    run -7 curl -s "$R3_KUCOIN_URL/api/v1/timestamp"
}

@test "ccxt: markets, currencies, time, status, fees" { of_ccxt markets; }
@test "ccxt: candles of two timeframes, tickers" { of_ccxt candles --candles "$DATA/btcusd-bitstamp-2013_5m.csv"; }
@test "ccxt: orders of each kind, balances, trades" { of_ccxt trading --price 67000; }
@test "ccxt: cancelling in each way" { of_ccxt cancelling --price 67000; }
@test "ccxt: refusals are its own exceptions" { of_ccxt refusals --price 67000; }
@test "ccxt: the rate limit" { of_ccxt rate --quota Public=10 --window 1000; }
@test "ccxt: an outage" { of_ccxt outage --fault 503-before:time --fault html-before:time:1:skip=1,status=503 --fault drop-before:time:1:skip=2; }
