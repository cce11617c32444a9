# The pages: clean, complete, and their examples run.
load helper

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$DATA/btcusd-bitstamp-2013_1H.csv" btc.csv
    cp "$DATA/btcusd-bitstamp-2013_1m.csv" btc-1m.csv
    ln -sfn "$TOP/pipelines" pipelines
}

@test "mandoc finds nothing wrong" {
    cd "$TOP"
    run mandoc -Tlint -Wwarning man/*.[1-8]
    bad=$(grep -v 'referenced manual not found' <<<"$output" || true)
    echo "$bad"
    [ -z "$bad" ]
}

# Everything that --help says of a program, and of each word that it lists.
all_help() {
    local word
    "$1" --help
    for word in $("$1" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'); do "$1" "$word" --help; done
}

@test "each option is in its page, and each option of a page exists" {
    bad=
    for page in "$TOP"/man/r3-*.1; do
        name=$(basename "${page%.1}")
        help=$(all_help "$name" | grep -oE -- '--[a-z][a-z-]+' | sort -u)
        page_options=$(sed -n 's/^\.It .*Fl -\([a-z][a-z-]*\).*/--\1/p' "$page" | sort -u)
        diff=$(diff <(echo "$help") <(echo "$page_options") || true)
        [ -z "$diff" ] || bad+=$'\n'"$name: < only in --help, > only in the page"$'\n'"$diff"
    done
    echo "$bad"
    [ -z "$bad" ]
}

@test "--help fits a screen of 80 columns" {
    for page in "$TOP"/man/r3-*.1; do
        name=$(basename "${page%.1}")
        run -0 "$name" --help
        [ "${#lines[@]}" -le 36 ]
        for line in "${lines[@]}"; do
            [ "${#line}" -le 80 ] || { echo "$name: $line"; false; }
        done
    done
}

@test "each example of each page runs" {
    shopt -s nullglob
    count=0
    for page in "$TOP"/man/*.[1-8]; do
        # Lines that begin with "$ " inside EXAMPLES; a line that ends with a backslash goes on.
        mkdir -p "work/$(basename "$page")"
        cp -a btc.csv btc-1m.csv pipelines "work/$(basename "$page")"
        script=$(mandoc -Tutf8 -O width=400 "$page" | col -bx | awk '
            /^EXAMPLES/ {on = 1; next}
            /^[A-Z]/ {on = 0}
            on && /^ *\$ / {sub(/^ *\$ /, ""); print; more = /\\$/; next}
            on && more {print; more = /\\$/}')
        [ -n "$script" ] || continue
        while IFS= read -r line; do
            command=$line
            while [[ $command == *\\ ]]; do
                IFS= read -r line
                command=${command%\\}$line
            done
            count=$((count + 1))
            (cd "work/$(basename "$page")" && env -u R3_DB -u XDG_STATE_HOME HOME="$PWD" bash -o pipefail -c "$command" >out 2>err </dev/null) || {
                echo "$(basename "$page"): $command"
                cat "work/$(basename "$page")/err"
                false
            }
        done <<<"$script"
    done
    echo "$count examples"
    [ "$count" -gt 10 ]
}
