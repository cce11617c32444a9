#ifndef R3_RECORD_SCAN_WIDE_H
#define R3_RECORD_SCAN_WIDE_H

/* Numbers on x86-64 processors that have AVX2: the 16 characters that hold a number are
 * judged and converted together, without a branch for how long it is or where its point stands. For decode_candle_wide.c and for the
 * rows of CSV files; both have another way for other processors, and ask r3_scan_has_wide() which to take. */

#include "lib/base/avx2.h"

#if R3_AVX2

#include <stddef.h>
#include <stdint.h>

#define R3_SCAN_TARGET __attribute__((target("avx2,bmi,popcnt")))

static inline bool r3_scan_has_wide(void) {
    return r3_has_avx2() && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
}

/* A window of 16 of these bytes, from where it begins. From 0 to 16: as many at the end are kept. From 16 to 32: so many fewer than 16 at
 * the beginning are. */
static const int8_t r3_scan_kept[48] = { [16] = -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 };

R3_SCAN_TARGET static inline __m128i r3_scan_load(const void *at) {
    return _mm_loadu_si128((const __m128i *)at);
}

/* 16 bytes from here and 16 from there. */
R3_SCAN_TARGET static inline __m256i r3_scan_load_two(const void *low, const void *high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(r3_scan_load(low)), r3_scan_load(high), 1);
}

/* Two times sixteen digits to two times four numbers of four digits, and four times sixteen to as many of eight: the first of each
 * half of `a`, then of `b`. The method is Mula's (2018, "Parsing series of integers with SIMD"). */
R3_SCAN_TARGET static inline __m256i r3_scan_fours(__m256i digits) {
    const __m256i tens = _mm256_set1_epi16(1 << 8 | 10), hundreds = _mm256_set1_epi32(1 << 16 | 100);
    return _mm256_madd_epi16(_mm256_maddubs_epi16(digits, tens), hundreds);
}

R3_SCAN_TARGET static inline __m256i r3_scan_eights(__m256i a, __m256i b) {
    const __m256i myriads = _mm256_set1_epi32(1 << 16 | 10000);
    return _mm256_madd_epi16(_mm256_packus_epi32(r3_scan_fours(a), r3_scan_fours(b)), myriads);
}

/* Values of four texts of sixteen digits each, the highest first: of the low half of `a`, the low of `b`, the high of `a`, the high
 * of `b`. */
R3_SCAN_TARGET static inline __m256i r3_scan_sixteens(__m256i a, __m256i b) {
    __m256i eights = r3_scan_eights(a, b);
    return _mm256_add_epi64(_mm256_mul_epu32(eights, _mm256_set1_epi64x(100000000)), _mm256_srli_epi64(eights, 32));
}

#else

static inline bool r3_scan_has_wide(void) {
    return false;
}

#endif

#endif
