# The machine's clock, set for single programs by libfaketime: loaded behind helper.
#
#     clock DAYTIME COMMAND…      from that time on, "26T04:05:00" of November 2013, for it and all that it starts
#     clock_end                   remove what libfaketime left; for teardown_file
#
# libfaketime names what its processes share after the first one's id. It leaves that behind where they are killed, and fails where it finds it.

# shellcheck disable=SC2034  # for who loads this: what env needs for programs that read their clock as FAKETIME… says
faked=(LD_PRELOAD="$(compgen -G '/usr/lib/*/faketime/libfaketime.so.1')" FAKETIME_DONT_FAKE_MONOTONIC=1
    ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0)

clock() {
    clock_end
    env -u R3_NOW TZ=UTC ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 faketime --exclude-monotonic -f "@2013-11-${1/T/ }" "${@:2}"
}

clock_end() {
    local file
    for file in /dev/shm/*faketime_*; do
        [ ! -O "$file" ] || [ -e "/proc/${file##*_}" ] || rm -f "$file"
    done
}
