#ifndef R3_BASE_AVX2_H
#define R3_BASE_AVX2_H

#include <stdbool.h>

/* Loops for x86-64 processors that have AVX2, as those since 2013 have (2015 by AMD). What stands between R3_TARGET_BEGIN("avx2") and
 * R3_TARGET_END is compiled for these alone, where R3_AVX2 is 1, and called where r3_has_avx2(). */

#if defined(__x86_64__) && defined(__GNUC__)

#define R3_AVX2 1
#include <immintrin.h>

static inline bool r3_has_avx2(void) {
    return __builtin_cpu_supports("avx2");
}

#define R3_PRAGMA(words) _Pragma(#words)
#ifdef __clang__
#define R3_TARGET_BEGIN(names) R3_PRAGMA(clang attribute push(__attribute__((target(names))), apply_to = function))
#define R3_TARGET_END R3_PRAGMA(clang attribute pop)
#else
#define R3_TARGET_BEGIN(names) R3_PRAGMA(GCC push_options) R3_PRAGMA(GCC target(names))
#define R3_TARGET_END R3_PRAGMA(GCC pop_options)
#endif

#else

#define R3_AVX2 0

static inline bool r3_has_avx2(void) {
    return false;
}

#endif

#endif
