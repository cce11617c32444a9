# The fake exchange of tests/kucoin: loaded behind helper.
#
#     exchange_start [OPTIONS…]     starts one: R3_KUCOIN_URL names it, R3_EXCHANGE_CREDENTIALS is a file for --credentials, its ledger is
#                                   R3_EXCHANGE_LEDGER, its process R3_EXCHANGE_PID; all of that is in a directory of its own
#     exchange_stop [SIGNAL]        ends it, by its process
#     exchange_price PRICE [MARKET]
#     exchange_clock NOW            ms, or ISO 8601; it goes on from there at the speed that it has
#     exchange_fault SPEC…          KIND[:ENDPOINT[:COUNT-OR-PROBABILITY[:NAME=VALUE,…]]]: tests/kucoin/faults.py
#     exchange_set NAME=VALUE…      settings: tests/kucoin/exchange.py
#     exchange_control NAME [JSON]  any other of its own: tests/kucoin/control.py; prints the answer
#     exchange_key, exchange_secret, exchange_passphrase   what its credentials are, in variables of these names

exchange_key=67a1b2c3d4e5f60001234567
exchange_secret=01234567-89ab-cdef-0123-456789abcdef
exchange_passphrase=r3-test-pass

exchange_start() {
    local port
    R3_EXCHANGE=$(mktemp -d "${BATS_TEST_TMPDIR:-${BATS_FILE_TMPDIR:-/tmp}}/exchange.XXXXXX")
    R3_EXCHANGE_LEDGER=$R3_EXCHANGE/ledger R3_EXCHANGE_CREDENTIALS=$R3_EXCHANGE/credentials
    (
        umask 077
        printf 'key: %s\nsecret: %s\npassphrase: %s\n' "$exchange_key" "$exchange_secret" "$exchange_passphrase" >"$R3_EXCHANGE_CREDENTIALS"
    )
    mkfifo "$R3_EXCHANGE/port"
    "$TOP/tests/kucoin/fake-exchange" --key "$exchange_key" --secret "$exchange_secret" --passphrase "$exchange_passphrase" \
        --ledger "$R3_EXCHANGE_LEDGER" "$@" >"$R3_EXCHANGE/port" 2>"$R3_EXCHANGE/log" 3>&- &
    R3_EXCHANGE_PID=$!
    if ! read -r port <"$R3_EXCHANGE/port"; then
        cat "$R3_EXCHANGE/log" >&2
        return 1
    fi
    R3_KUCOIN_URL=http://127.0.0.1:$port
    export R3_EXCHANGE R3_EXCHANGE_PID R3_EXCHANGE_LEDGER R3_EXCHANGE_CREDENTIALS R3_KUCOIN_URL
}

exchange_stop() {
    [ -n "${R3_EXCHANGE_PID-}" ] || return 0
    kill "-${1:-TERM}" "$R3_EXCHANGE_PID" 2>/dev/null || true
    wait "$R3_EXCHANGE_PID" 2>/dev/null || true
    R3_EXCHANGE_PID=
}

exchange_control() { # NAME [JSON]
    if [ $# -gt 1 ]; then
        curl -sSf -H 'Content-Type: application/json' -d "$2" "$R3_KUCOIN_URL/fake/$1"
    else
        curl -sSf "$R3_KUCOIN_URL/fake/$1"
    fi
}

exchange_price() { # PRICE [MARKET]
    exchange_control price "{\"symbol\":\"${2:-BTC-USDT}\",\"price\":\"$1\"}" >/dev/null
}

exchange_clock() { # NOW
    exchange_control clock "{\"now\":\"$1\"}" >/dev/null
}

exchange_fault() { # SPEC…
    local spec
    for spec; do exchange_control fault "{\"spec\":\"$spec\"}" >/dev/null || return; done
}

exchange_set() { # NAME=VALUE…
    local each
    for each; do exchange_control settings "{\"${each%%=*}\":\"${each#*=}\"}" >/dev/null || return; done
}
