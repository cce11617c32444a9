#ifndef R3_RECORD_SCAN_H
#define R3_RECORD_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Numbers of a canonical line by hand, for decode.c and decode_candle.c. Each function reads at `at` and returns where it
 * stopped, or NULL where the text has another form, which the JSON decoder then judges.
 *
 * `end` is the byte behind the line: a newline or NUL, readable, and no part of any number, so loops over single characters
 * need no bound. Where eight bytes are left, digits are taken eight at a time (Mula 2014, "SWAR parsing of decimals"; Lemire
 * 2018): a 64-bit word holds eight characters, one test finds the first that is no digit, three multiplications add the rest. */

enum { R3_SCAN_DIGITS = 18 /* as many digits as an int64_t surely holds */ };

static const int64_t r3_scan_power[19] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
                                           10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
                                           1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000 };

static inline bool r3_scan_is_digit(char c) { return (unsigned char)(c - '0') < 10; }

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Value of the digits at the start of eight readable bytes, and how many they are, 0 to 8. */
static inline int64_t r3_scan_eight(const char *at, unsigned *count) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    word ^= UINT64_C(0x3030303030303030); /* digits become 0 to 9 */
    uint64_t other = ((word + UINT64_C(0x7676767676767676)) | word) & UINT64_C(0x8080808080808080);
    *count = other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
    if (*count == 0)
        return 0;
    word <<= 64 - 8 * *count; /* leading zeros in the low bytes */
    word = (word * 10 + (word >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    word = (word * 100 + (word >> 16)) & UINT64_C(0x0000ffff0000ffff);
    return (int64_t)((word * 10000 + (word >> 32)) & UINT64_C(0xffffffff));
}
#define R3_SCAN_WIDE 1
#else
#define R3_SCAN_WIDE 0
static inline int64_t r3_scan_eight(const char *at, unsigned *count) {
    (void)at;
    return *count = 0;
}
#endif

/* 0, or digits without a leading zero. */
static inline const char *r3_scan_integer(const char *at, const char *end, int64_t *out) {
    const char *from = at;
    int64_t value = 0;
    if (R3_SCAN_WIDE && end - at >= 16) {
        unsigned high, low;
        value = r3_scan_eight(at, &high);
        at += high;
        if (high == 8) {
            int64_t rest = r3_scan_eight(at, &low);
            value = value * r3_scan_power[low] + rest;
            at += low;
        }
    }
    while (r3_scan_is_digit(*at) && at - from < R3_SCAN_DIGITS)
        value = value * 10 + (*at++ - '0');
    if (at == from || r3_scan_is_digit(*at) || (*from == '0' && at - from > 1))
        return NULL;
    *out = value;
    return at;
}

/* As r3_scan_decimal, `at` behind quote and sign, of any length up to 18 digits. */
__attribute__((noinline, unused)) static const char *r3_scan_decimal_slowly(const char *at, int64_t *coefficient, int32_t *scale) {
    const char *from = at;
    int64_t value = 0;
    int32_t places = 0;
    while (r3_scan_is_digit(*at) && at - from < R3_SCAN_DIGITS)
        value = value * 10 + (*at++ - '0');
    if (at == from || (*from == '0' && at - from > 1))
        return NULL;
    if (*at == '.') {
        const char *point = at++;
        while (r3_scan_is_digit(*at) && at - from <= R3_SCAN_DIGITS)
            value = value * 10 + (*at++ - '0');
        places = (int32_t)(at - point) - 1;
        if (places == 0)
            return NULL;
        for (; places > 0 && value % 10 == 0; places--)
            value /= 10;
    }
    if (*at != '"')
        return NULL;
    *coefficient = value;
    *scale = places;
    return at + 1;
}

/* The decimal between quotes, without needless zeros: coefficient / 10^scale. */
static inline const char *r3_scan_decimal(const char *at, const char *end, int64_t *coefficient, int32_t *scale) {
    if (*at++ != '"')
        return NULL;
    bool negative = *at == '-';
    at += negative;
    if (R3_SCAN_WIDE && end - at >= 8) {
        unsigned whole, places = 0;
        int64_t value = r3_scan_eight(at, &whole), fraction;
        const char *next = at + whole;
        bool point = *next == '.';
        if (point && end - next >= 9) {
            fraction = r3_scan_eight(next + 1, &places);
            value = value * r3_scan_power[places] + fraction;
        }
        if (next[point + places] == '"' && whole > 0 && point == (places > 0) && next[places] != '0' &&
            (*at != '0' || whole == 1)) {
            *coefficient = negative ? -value : value;
            *scale = (int32_t)places;
            return next + point + places + 1;
        }
    }
    at = r3_scan_decimal_slowly(at, coefficient, scale);
    if (negative)
        *coefficient = -*coefficient;
    return at;
}

#endif
