# Live sessions before the fake exchange, killed at any moment while it has faults: its ledger, the store and what was printed agree, nothing was
# sent twice, and a stop that was crossed was obeyed. This is the short form of tests/live/sessions (make torture); tests/live/round says
# what befalls them.
load helper
load stores

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset R3_DB R3_NOW R3_LEASE
}

# one_round DIRECTORY ADDRESS OPTIONS…: in that directory, which becomes the current one, on that store.
one_round() {
    mkdir "$1"
    cd "$1" || return
    export R3_DB=$2
    r3-session init
    "$TOP/tests/live/round" "${@:3}" 3>&-
}
examine() { "$TOP/tests/live/agree" --session session --state state --printed out ledger; }
protected() { "$TOP/tests/live/protected" session candles.csv ledger "${1:-runs}"; }

@test "killed at any moment while the exchange has faults: ledger, store and records agree, on both databases" {
    local seed=$((RANDOM * 32768 + RANDOM)) rounds=()
    echo "seeds from $seed on"
    address=$(postgresql_database live_torture)
    for store in r3.db r3.db "$address"; do
        one_round "${#rounds[@]}" "$store" --seed $((seed + ${#rounds[@]})) --steps 5 &
        rounds+=($!)
    done
    for each in "${rounds[@]}"; do wait "$each"; done
}

@test "what is lost, doubled, not printed or not left is seen" {
    one_round round r3.db --seed 14 --steps 5 --quiet
    seen() { # TEXT COMMAND…: it fails, and says that
        run -1 "${@:2}"
        [[ $output == *"$1"* ]] || { echo "$output" && false; }
    }
    [ "$(jq -s 'map(select(.event == "fill")) | length' ledger)" -ge 2 ]
    examine
    protected
    # The store.
    cp r3.db whole.db
    sqlite3 r3.db 'DELETE FROM trades WHERE id = (SELECT max(id) FROM trades)'
    seen 'no trade of the store' examine
    cp whole.db r3.db
    sqlite3 r3.db "UPDATE positions SET size = '1.5', side = 'LONG'"
    seen 'the position is LONG 1.5' examine
    cp whole.db r3.db
    sqlite3 r3.db "UPDATE exchange_orders SET step = 'SENT' WHERE filled <> '0'"
    seen 'is SENT, at the exchange' examine
    cp whole.db r3.db
    # The records.
    cp out whole.out
    for type in order trade; do
        id=$(jq -r "select(.type == \"$type\").id" whole.out | head -n 1)
        jq -c "select(.type != \"$type\" or .id != \"$id\")" whole.out >out
        seen "$type $id was not printed" examine
        jq -c "if .type == \"$type\" and .id == \"$id\" then .size = \"0.5\" else . end" whole.out >out
        seen "$type $id was printed otherwise" examine
        jq -c "., (select(.type == \"$type\" and .id == \"$id\") | .id = \"x\")" whole.out >out
        seen "$type x was printed, and is not stored" examine
    done
    cp whole.out out
    # The ledger.
    cp ledger whole.ledger
    jq -c '., select(.event == "accepted")' whole.ledger >ledger
    seen 'was accepted 2 times' examine
    jq -c 'if .event == "fill" then .fill.fee = "0.5" else . end' whole.ledger >ledger
    seen 'in the store' examine
    jq -c 'select(.event != "balance" or .currency != "USDT")' whole.ledger >ledger
    seen 'the exchange has' examine
    # A position that nobody sells.
    jq -c 'select((.event == "fill" and .fill.side == "sell") | not)' whole.ledger >ledger
    jq -c '.alone = true' runs >tampered
    seen 'are held after the run of' protected tampered
}
