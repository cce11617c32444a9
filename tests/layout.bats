# The layout: what a newcomer may rely on when guessing where a thing is.
load helper

setup() { cd "$TOP"; }

@test "each program has a source, a page and a test" {
    missing=
    for source in bin/r3-*.c bin/r3-*.sh; do
        [ -e "$source" ] || continue
        name=$(basename "${source%.*}")
        [ -e "man/$name.1" ] || missing+=" man/$name.1"
        [ -e "tests/$name.bats" ] || missing+=" tests/$name.bats"
    done
    for page in man/r3-*.1; do
        name=$(basename "${page%.1}")
        ls "bin/$name."* >/dev/null 2>&1 || missing+=" bin/$name.c"
    done
    echo "missing:$missing"
    [ -z "$missing" ]
}

@test "imports point leftwards only: base json record, then market strategy trade, then input store exchange, then kucoin and stage, then live session sweep, then fetch, then bin" {
    declare -A floor=([base]=0 [json]=1 [record]=2 [market]=3 [trade]=3 [strategy]=4 [input]=5 [store]=5 [exchange]=5 [kucoin]=6 [stage]=6 [fetch]=8 [live]=7 [session]=7 [sweep]=7)
    bad=
    for file in lib/*/*.[ch]; do
        from=$(cut -d/ -f2 <<<"$file")
        [ -n "${floor[$from]-}" ] || { bad+=" $from: an unknown module"; continue; }
        while read -r to; do
            [ "$to" = "$from" ] && continue
            # market and trade are on one floor and do not know each other
            [ -n "${floor[$to]-}" ] && [ "${floor[$to]}" -lt "${floor[$from]}" ] || bad+=$'\n'"$file includes lib/$to"
        done < <(sed -n 's/^ *# *include *"lib\/\([a-z]*\)\/.*/\1/p' "$file")
    done
    echo "$bad"
    [ -z "$bad" ]
}

@test "the pure modules touch no file, clock, process or environment" {
    run grep -nE '#include <(fcntl|unistd|sys/[a-z]+|poll|signal|pthread)\.h>|\b(fopen|fread|fwrite|printf|fprintf|puts|getenv|time|clock_gettime|exit|abort) *\(' lib/market/*.[ch] lib/strategy/*.[ch] lib/trade/*.[ch]
    [ "$status" -le 1 ] # 2: something could not be read
    # A number may be written into memory; comments speak freely.
    bad=$(grep -vE 'snprintf|r3_buffer_printf|^[^:]*:[0-9]+: *(/\*|\*) ' <<<"$output" || true)
    echo "$bad"
    [ -z "$bad" ]
}

@test "jansson has one user" {
    run -0 grep -lE '#include <jansson.h>' -r bin lib
    for file in $output; do
        [[ $file == lib/json/* ]]
    done
}

@test "each header compiles alone" {
    for header in lib/*/*.h; do
        gcc -std=gnu17 -I. -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -x c "$header"
    done
}

@test "a program's main is short" {
    for source in bin/*.c; do
        [ "$(wc -l <"$source")" -lt 300 ]
    done
    [ "$(wc -l <Makefile)" -lt 150 ]
}

@test "the plain filters are linked without network, database or exchange libraries" {
    for program in r3-collect r3-strategy r3-track r3-size r3-order r3-report r3-backtest r3-sweep; do
        run -0 ldd "$BIN/$program"
        [[ $output != *libcurl* && $output != *libcrypto* && $output != *libpq* && $output != *libsqlite* ]]
    done
}
