#include "lib/market/column_loops.h"

#include "lib/market/column_loops_lanes.h"

const struct r3_column_loops r3_column_loops_plain = { sums, quotients, edges, turns, largest };

const struct r3_column_loops *r3_column_loops(void) {
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx2"))
        return &r3_column_loops_wide;
#endif
    return &r3_column_loops_plain;
}
