/* The loop over changes on x86-64 processors that have AVX2. */

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif

#define LANES 4
#include "lib/trade/comovement_loop.h"

bool r3_comovement_has_wide(void) {
    return __builtin_cpu_supports("avx2");
}

void r3_comovement_run_wide(struct r3_comovement_running *running, const double *equity, const double *market,
                            size_t count) {
    add_changes(running, equity, market, count);
}

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#else

#include "lib/trade/comovement_private.h"

bool r3_comovement_has_wide(void) {
    return false;
}

void r3_comovement_run_wide(struct r3_comovement_running *running, const double *equity, const double *market,
                            size_t count) {
    r3_comovement_run(running, equity, market, count);
}

#endif
