#include "lib/trade/statistics_rows.h"

#include "lib/base/avx2.h"
#include "lib/trade/statistics_rows_loop.h"

const struct r3_rows r3_rows_plain = { rows_benchmarks, rows_equities, rows_usual, rows_between };

const struct r3_rows *r3_rows(void) {
    return r3_has_avx2() ? &r3_rows_wide : &r3_rows_plain;
}
