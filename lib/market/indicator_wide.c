/* Columns on x86-64 processors that have AVX2. */

#include "lib/market/indicator_wide.h"

#include "lib/base/avx2.h"

#if R3_AVX2

#include <string.h>

R3_TARGET_BEGIN("avx2")

static inline __m256i load(const int64_t *from) {
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

/* Whether none has any of these bits. */
static inline bool all_below(__m256i values, __m256i bits) {
    return _mm256_testz_si256(values, bits);
}

/* Each with those before it added. */
static inline __m256i running(__m256i values) {
    const __m256i zero = _mm256_setzero_si256();
    values = _mm256_add_epi64(values, _mm256_blend_epi32(_mm256_permute4x64_epi64(values, 0x90), zero, 0x03));
    return _mm256_add_epi64(values, _mm256_permute2x128_si256(values, values, 0x08));
}

/* A whole number of less than 51 bits becomes a double by what its bits add to those of 2^52 + 2^51. */
size_t r3_wide_averages(double *out, int64_t *sum, const int64_t *added, const int64_t *removed, size_t count,
                        double denominator) {
    const __m256d base = _mm256_set1_pd(0x1.8p52), divisor = _mm256_set1_pd(denominator);
    const __m256i half = _mm256_set1_epi64x(INT64_C(1) << 50), above = _mm256_set1_epi64x(-(INT64_C(1) << 51));
    __m256i last = _mm256_set1_epi64x(*sum), seen = _mm256_setzero_si256();
    size_t i = 0;
    if (!r3_has_avx2())
        return 0;
    for (; i + 4 <= count; i += 4) {
        __m256i sums = _mm256_add_epi64(running(_mm256_sub_epi64(load(added + i), load(removed + i))), last);
        last = _mm256_permute4x64_epi64(sums, 0xff);
        seen = _mm256_or_si256(seen, _mm256_add_epi64(sums, half));
        __m256d values = _mm256_castsi256_pd(_mm256_add_epi64(sums, _mm256_castpd_si256(base)));
        _mm256_storeu_pd(out + i, _mm256_div_pd(_mm256_sub_pd(values, base), divisor));
    }
    if (!all_below(seen, above))
        return 0;
    *sum = _mm256_extract_epi64(last, 0);
    return i;
}

/* Each place has what stood before that of `now`; `last`: the four before. */
static inline __m256d behind(__m256d last, __m256d now) {
    return _mm256_shuffle_pd(_mm256_permute2f128_pd(last, now, 0x21), now, 0x5);
}

size_t r3_wide_crosses(double *up, double *down, const double *a, const double *b, size_t count, bool over,
                       bool under) {
    const __m256d one = _mm256_set1_pd(1);
    __m256d last_over = _mm256_castsi256_pd(_mm256_set1_epi64x(-(int64_t)over)),
            last_under = _mm256_castsi256_pd(_mm256_set1_epi64x(-(int64_t)under));
    size_t i = 0;
    if (!r3_has_avx2())
        return 0;
    for (; i + 4 <= count; i += 4) {
        const __m256d x = _mm256_loadu_pd(a + i), y = _mm256_loadu_pd(b + i);
        const __m256d is_over = _mm256_cmp_pd(x, y, _CMP_GT_OQ), is_under = _mm256_cmp_pd(x, y, _CMP_LT_OQ);
        const __m256d rose = _mm256_andnot_pd(behind(last_over, is_over), is_over),
                      fell = _mm256_andnot_pd(behind(last_under, is_under), is_under);
        _mm256_storeu_pd(up + i, _mm256_and_pd(rose, one));
        _mm256_storeu_pd(down + i, _mm256_and_pd(fell, one));
        last_over = is_over;
        last_under = is_under;
    }
    return i;
}

static inline unsigned nonzero(const double *four) {
    return (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(_mm256_loadu_pd(four), _mm256_setzero_pd(), _CMP_NEQ_UQ));
}

/* Bytes of 0 or 1 as bits, the first one lowest. */
static inline unsigned bits_of(const uint8_t *sixteen) {
    return (unsigned)_mm_movemask_epi8(_mm_slli_epi64(_mm_loadu_si128((const __m128i *)(const void *)sixteen), 7));
}

static inline __m256i bits_at(const double *from) {
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

size_t r3_wide_turns(uint8_t *turned, uint8_t bit, const double *value, const uint8_t *ready, size_t count, bool *was) {
    bool last = *was;
    size_t i = 0;
    if (!r3_has_avx2())
        return 0;
    for (; i + 16 <= count; i += 16) {
        const __m256i any = _mm256_or_si256(_mm256_or_si256(bits_at(value + i), bits_at(value + i + 4)),
                                            _mm256_or_si256(bits_at(value + i + 8), bits_at(value + i + 12)));
        if (_mm256_testz_si256(any, any)) { /* all are +0, as those of a condition mostly are */
            last = false;
            continue;
        }
        const unsigned is = bits_of(ready + i) & (nonzero(value + i) | nonzero(value + i + 4) << 4 |
                                                  nonzero(value + i + 8) << 8 | nonzero(value + i + 12) << 12);
        for (unsigned turns = is & ~(is << 1 | last); turns; turns &= turns - 1)
            turned[i + (unsigned)__builtin_ctz(turns)] |= bit;
        last = is >> 15;
    }
    *was = last;
    return i;
}

/* Whole numbers below 2^52 stand in the order of the doubles whose last bits they are, and of two of these the larger is one
 * instruction. */
size_t r3_wide_largest(uint64_t *largest, const int64_t *values, size_t count) {
    const __m256d base = _mm256_set1_pd(0x1p52);
    const __m256i above = _mm256_set1_epi64x(-(INT64_C(1) << 52));
    __m256d most[2] = { base, base };
    __m256i seen = _mm256_setzero_si256();
    double each[4];
    size_t i = 0;
    if (!r3_has_avx2())
        return 0;
    for (; i + 8 <= count; i += 8) {
        for (size_t k = 0; k < 2; k++) {
            const __m256i four = load(values + i + 4 * k);
            seen = _mm256_or_si256(seen, four);
            most[k] = _mm256_max_pd(_mm256_or_pd(_mm256_castsi256_pd(four), base), most[k]);
        }
    }
    if (!all_below(seen, above))
        return 0;
    _mm256_storeu_pd(each, _mm256_max_pd(most[0], most[1]));
    for (size_t k = 1; k < 4; k++)
        each[0] = each[k] > each[0] ? each[k] : each[0];
    *largest = (uint64_t)(each[0] - 0x1p52);
    return i;
}

R3_TARGET_END

#else

size_t r3_wide_averages(double *out, int64_t *sum, const int64_t *added, const int64_t *removed, size_t count,
                        double denominator) {
    (void)out, (void)sum, (void)added, (void)removed, (void)count, (void)denominator;
    return 0;
}

size_t r3_wide_crosses(double *up, double *down, const double *a, const double *b, size_t count, bool over,
                       bool under) {
    (void)up, (void)down, (void)a, (void)b, (void)count, (void)over, (void)under;
    return 0;
}

size_t r3_wide_turns(uint8_t *turned, uint8_t bit, const double *value, const uint8_t *ready, size_t count, bool *was) {
    (void)turned, (void)bit, (void)value, (void)ready, (void)count, (void)was;
    return 0;
}

size_t r3_wide_largest(uint64_t *largest, const int64_t *values, size_t count) {
    (void)largest, (void)values, (void)count;
    return 0;
}

#endif
