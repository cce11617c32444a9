/* Usual rows on x86-64 processors that have AVX2, as those since 2013 have (2015 by AMD): 16 characters of a number are judged
 * and converted together, without a branch for where the point is. csv_rows.c does the same for others; a test compares. */

#include "lib/market/csv_rows.h"

#include "lib/base/avx2.h"
#include "lib/record/scan_wide.h"

bool r3_csv_has_wide(void) {
    return r3_scan_has_wide();
}

#if R3_AVX2

R3_TARGET_BEGIN("avx2,bmi,popcnt")

static inline uint32_t marks_of(const char *text, __m256i separator) {
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)text);
    __m256i ends =
        _mm256_or_si256(_mm256_cmpeq_epi8(bytes, separator), _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\n')));
    return (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(ends, _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'))));
}

/* Eight places are written at a time, needed or not: how many marks are in 64 bytes cannot be foretold. */
size_t r3_csv_marks_wide(uint16_t places[R3_CSV_MARKS_MAX], const char *text, size_t length, char separator) {
    const __m256i wanted = _mm256_set1_epi8(separator);
    size_t count = 0;
    for (size_t base = 0; base < length; base += 64) {
        uint64_t marks = marks_of(text + base, wanted) | (uint64_t)marks_of(text + base + 32, wanted) << 32;
        if (length - base < 64)
            marks &= (UINT64_C(1) << (length - base)) - 1;
        size_t found = (size_t)_mm_popcnt_u64(marks);
        for (size_t written = 0; written < found; written += 8) {
#pragma GCC unroll 8
            for (size_t i = 0; i < 8; i++) {
                places[count + written + i] = (uint16_t)(base + _tzcnt_u64(marks));
                marks = _blsr_u64(marks);
            }
        }
        count += found;
    }
    return count;
}

/* A window of 16 of these bytes, from where it begins: numbers from n on, below zero and above 15 as -128; */
#define NONE -128
static const int8_t counting[48] = { NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
                                     NONE, NONE, NONE, NONE, 0,    1,    2,    3,    4,    5,    6,    7,
                                     8,    9,    10,   11,   12,   13,   14,   15,   NONE, NONE, NONE, NONE,
                                     NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE };
/* the last n are 1. */
static const int8_t last_ones[32] = { [16] = 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };

/* Sixteen digits, the first the highest. */
static inline int64_t value_of(__m128i digits) {
    __m256i low = _mm256_castsi128_si256(digits);
    return _mm_cvtsi128_si64(_mm256_castsi256_si128(r3_scan_sixteens(low, low)));
}

/* One shuffle moves the digits behind the point to where the scale wants them, and those ahead of it to just before: digit k of
 * the text becomes digit k + (16 - places - whole), the point left out. */
static inline bool read_number(const char *at, const char *end, struct r3_csv_scale scale, int64_t *out) {
    size_t length = (size_t)(end - at);
    __m128i text = r3_scan_load(at), digits = _mm_sub_epi8(text, _mm_set1_epi8('0'));
    __m128i other = _mm_cmpeq_epi8(_mm_max_epu8(digits, _mm_set1_epi8(10)), digits);
    unsigned points = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8('.')));
    if (length > 16)
        return r3_csv_read_any(at, end, scale, out);
    unsigned others = (unsigned)_mm_movemask_epi8(other) & ((1u << length) - 1);
    unsigned whole = _tzcnt_u32(others | 1u << length), behind = (unsigned)length - whole;
    bool odd =
        (others & ~points) || (others & (others - 1)) || whole - 1 >= scale.most || !(scale.remainder >> behind & 1);
    if (odd)
        return r3_csv_read_any(at, end, scale, out);
    __m128i order = _mm_add_epi8(r3_scan_load(counting + scale.places + whole), r3_scan_load(last_ones + scale.places));
    *out = value_of(_mm_shuffle_epi8(_mm_and_si128(digits, r3_scan_load(r3_scan_kept + 32 - length)), order));
    return true;
}

static inline bool read_time(struct r3_csv_walk *walk, const char *at, const char *end, int64_t *out) {
    size_t length = (size_t)(end - at);
    __m128i digits = _mm_sub_epi8(r3_scan_load(at), _mm_set1_epi8('0'));
    __m128i other = _mm_cmpeq_epi8(_mm_max_epu8(digits, _mm_set1_epi8(10)), digits);
    if (length - 1 < 16 && ((unsigned)_mm_movemask_epi8(other) & ((1u << length) - 1)) == 0)
        return r3_csv_integer_time(out, (uint64_t)value_of(_mm_shuffle_epi8(digits, r3_scan_load(counting + length))));
    return r3_csv_read_clock(walk, at, end, out);
}

#define R3_CSV_WIDE
#include "lib/market/csv_rows_loop.h"

size_t r3_csv_rows_wide(struct r3_csv_loop *loop, const char *text, const uint16_t *places, size_t count) {
    return read_rows_of(loop, text, places, count);
}

R3_TARGET_END

#else

size_t r3_csv_marks_wide(uint16_t places[R3_CSV_MARKS_MAX], const char *text, size_t length, char separator) {
    return r3_csv_marks(places, text, length, separator);
}

size_t r3_csv_rows_wide(struct r3_csv_loop *loop, const char *text, const uint16_t *places, size_t count) {
    return r3_csv_rows(loop, text, places, count);
}

#endif
