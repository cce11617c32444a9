/* The loops over columns on x86-64 processors that have AVX2. */

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif

#define LANES 4
#include "lib/market/column_loops_lanes.h"

const struct r3_column_loops r3_column_loops_wide = { sums, quotients, edges, turns, largest };

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#else

#include "lib/market/column_loops_lanes.h"

const struct r3_column_loops r3_column_loops_wide = { sums, quotients, edges, turns, largest };

#endif
