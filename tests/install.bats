# make install and uninstall, into a directory of the test's own.
load helper

@test "what is installed works where it stands, and uninstall leaves no file" {
    root=$BATS_TEST_TMPDIR/root
    # PREFIX is compiled in: a build of its own, kept between runs.
    run make -C "$TOP" --no-print-directory -j2 PREFIX=/opt/r3 DESTDIR="$root" install
    [ "$status" -eq 0 ] || { echo "$output"; false; }
    share=$root/opt/r3/share
    for program in "$TOP"/bin/r3-*.c; do
        name=$(basename "${program%.c}")
        [ -x "$root/opt/r3/bin/$name" ]
        [ -s "$share/man/man1/$name.1" ]
        bash -n "$share/bash-completion/completions/$name"
        [ -s "$share/zsh/site-functions/_$name" ]
        [ -s "$share/fish/vendor_completions.d/$name.fish" ]
    done
    [ -s "$share/man/man7/r3.7" ]
    [ -s "$share/man/man5/r3-records.5" ]
    [ -s "$share/r3/schema/candle.json" ]
    [ -s "$share/man/man7/r3-operations.7" ]
    for pipeline in backtest run-due session sweep-parallel; do [ -x "$share/r3/pipelines/$pipeline" ]; done
    grep -qx 'ExecStart=/opt/r3/share/r3/pipelines/run-due' "$share/r3/systemd/r3-run-due.service"
    grep -q '^OnCalendar=' "$share/r3/systemd/r3-run-due.timer"
    grep -q ' /opt/r3/share/r3/pipelines/run-due ' "$share/r3/crontab"
    run ! grep -r /usr/local "$share/r3/systemd" "$share/r3/crontab"
    cd "$BATS_TEST_TMPDIR"
    cp "$DATA/btcusd-bitstamp-2013_1H.csv" btc.csv
    text='r3-collect btc.csv | r3-strategy sma-cross | r3-track | r3-size | r3-order --paper'
    run -0 env PATH=/usr/bin:/bin "$share/r3/pipelines/backtest" "$text"
    [ "$(jq -r .type <<<"${lines[-1]}")" = end ]
    run -0 env PATH="/usr/bin:/bin" "$root/opt/r3/bin/r3-strategy" --list
    [[ $output == *sma-cross* ]]
    make -C "$TOP" --no-print-directory PREFIX=/opt/r3 DESTDIR="$root" uninstall
    [ -z "$(find "$root" -type f -o -type l)" ]
}

@test "bash completes options and their choices" {
    run -0 bash -c 'eval "$(r3-order --completion bash)"; COMP_WORDS=(r3-order --fil); COMP_CWORD=1; $(complete -p r3-order | sed "s/.*-F \([^ ]*\).*/\1/") r3-order --fil r3-order; echo "${COMPREPLY[@]}"'
    [[ $output == *--fill* ]]
}

@test "zsh and fish read the completions of every program, and complete options and their choices" {
    cd "$BATS_TEST_TMPDIR"
    for source in "$TOP"/bin/r3-*.c; do
        name=$(basename "${source%.c}")
        "$name" --completion zsh >"_$name"
        zsh -n "_$name"
        "$name" --completion fish >"$name.fish"
        fish --no-execute "$name.fish"
    done
    # What zsh's own _arguments would be given.
    run -0 zsh -fc '_arguments() { print -rl -- "$@" }; source ./_r3-order'
    [[ $output == *"--fill=[where market orders fill]:fill:(next-open close)"* ]]
    run -0 env HOME="$BATS_TEST_TMPDIR" fish -c 'source r3-order.fish; complete -C "r3-order --fi"; complete -C "r3-order --fill "'
    [[ $output == *--fill*close*next-open* ]]
}
