#include "lib/trade/statistics_rows.h"

#include "lib/trade/comovement_private.h"
#include "lib/trade/statistics_rows_loop.h"

const struct r3_rows r3_rows_plain = { rows_benchmarks, rows_equities, rows_usual, rows_between };

const struct r3_rows *r3_rows(void) {
    return r3_comovement_has_wide() ? &r3_rows_wide : &r3_rows_plain;
}
