/* The loops over rows of bars on x86-64 processors that have AVX2. */

#include "lib/base/avx2.h"

#if R3_AVX2

R3_TARGET_BEGIN("avx2")

#define LANES 4
#include "lib/trade/statistics_rows_loop.h"

const struct r3_rows r3_rows_wide = { rows_benchmarks, rows_equities, rows_usual, rows_between };

R3_TARGET_END

#else

#include "lib/trade/statistics_rows_loop.h"

const struct r3_rows r3_rows_wide = { rows_benchmarks, rows_equities, rows_usual, rows_between };

#endif
