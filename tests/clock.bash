# The machine's clock, set for single programs by libfaketime: loaded behind helper. The program faketime is not used: it names what its
# processes share after its own id, and fails where one that was killed has left that name.
#
#     clock DAYTIME COMMAND…      from that time on, "26T04:05:00" of November 2013
#     ${faked[@]}                 what env needs for programs whose clock is off by what the file ./clock says
#     clock_end                   remove what libfaketime left; for teardown_file

LIBFAKETIME=$(compgen -G '/usr/lib/*/faketime/libfaketime.so.1') # Debian's
faked=(LD_PRELOAD="$LIBFAKETIME" FAKETIME_DONT_FAKE_MONOTONIC=1 ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0)

clock() {
    local set
    set=$(date -u -d "2013-11-${1/T/ }" +%s)
    env -u R3_NOW TZ=UTC "${faked[@]}" FAKETIME=$((set - $(date +%s))) "${@:2}"
}

clock_end() {
    local file
    for file in /dev/shm/*faketime_*; do
        [ ! -O "$file" ] || [ -e "/proc/${file##*_}" ] || rm -f "$file"
    done
}
