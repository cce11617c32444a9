/* The loop over changes on x86-64 processors that have AVX2. */

#include "lib/base/avx2.h"

#if R3_AVX2

R3_TARGET_BEGIN("avx2")

#define LANES 4
#include "lib/trade/comovement_loop.h"

void r3_comovement_run_wide(struct r3_comovement_running *running, const double *equity, const double *market,
                            size_t count) {
    add_changes(running, equity, market, count);
}

R3_TARGET_END

#else

#include "lib/trade/comovement_private.h"

void r3_comovement_run_wide(struct r3_comovement_running *running, const double *equity, const double *market,
                            size_t count) {
    r3_comovement_run(running, equity, market, count);
}

#endif
