/* The loops over rows of bars on x86-64 processors that have AVX2. */

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif

#define LANES 4
#include "lib/trade/statistics_rows_loop.h"

const struct r3_rows r3_rows_wide = { rows_benchmarks, rows_equities, rows_usual, rows_between };

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#else

#include "lib/trade/statistics_rows_loop.h"

const struct r3_rows r3_rows_wide = { rows_benchmarks, rows_equities, rows_usual, rows_between };

#endif
