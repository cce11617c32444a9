#ifndef R3_RECORD_SCAN_H
#define R3_RECORD_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/record/members.h"

/* Numbers and texts of a canonical line by hand, for decode.c, decode_candle.c and encode.c. Each function reads at `at` and returns where it
 * stopped, or NULL where the text has another form, which the JSON decoder then judges.
 *
 * `end` is the byte behind the line: a newline or NUL, readable, and no part of any number, so loops over single characters
 * need no bound. Where eight bytes are left, digits are taken eight at a time (Lemire 2018, "Quickly parsing eight digits"): a
 * 64-bit word holds eight characters, one test finds the first that is no digit, three multiplications add up those before it. */

enum { R3_SCAN_DIGITS = 18 /* as many digits as an int64_t surely holds */ };

/* clang-format off */
static const int64_t r3_scan_power[R3_SCAN_DIGITS + 1] = {
    1, 10, 100, 1000, 10000,
    100000, 1000000, 10000000, 100000000, 1000000000,
    10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
    1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
};
/* clang-format on */

static inline bool r3_scan_is_digit(char c) {
    return (unsigned char)(c - '0') < 10;
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define R3_SCAN_WIDE 1
#else
#define R3_SCAN_WIDE 0 /* single characters: the words below count on the first character being the lowest byte */
#endif

/* Eight characters, digits as 0 to 9. */
static inline uint64_t r3_scan_word(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word ^ UINT64_C(0x3030303030303030);
}

/* The top bit of each byte that is no digit. (A byte above 127 may carry into the one behind it and mark that too; the marked
 * byte is then looked at, and is found to be no quote.) */
static inline uint64_t r3_scan_others(uint64_t word) {
    return ((word + UINT64_C(0x7676767676767676)) | word) & UINT64_C(0x8080808080808080);
}

/* Value of the first `count` bytes of the word, 1 to 8 digits. */
static inline int64_t r3_scan_value(uint64_t word, unsigned count) {
    word <<= 64 - 8 * count; /* leading zeros in the low bytes */
    word = (word * 10 + (word >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
    word = (word * 100 + (word >> 16)) & UINT64_C(0x0000ffff0000ffff);
    return (int64_t)((word * 10000 + (word >> 32)) & UINT64_C(0xffffffff));
}

/* Value of the digits at the start of eight readable bytes, and how many they are, 0 to 8. */
static inline int64_t r3_scan_eight(const char *at, unsigned *count) {
    uint64_t word = r3_scan_word(at), others = r3_scan_others(word);
    *count = others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
    return *count ? r3_scan_value(word, *count) : 0;
}

/* ---- texts ---- */

/* Eight bytes as they stand. */
static inline uint64_t r3_scan_bytes(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Bytes of the word ahead of the first that is `stop`, 0 to 8. */
static inline unsigned r3_scan_ahead_of(uint64_t word, char stop) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t other = word ^ ones * (unsigned char)stop, found = (other - ones) & ~other & ones << 7;
    return found ? (unsigned)__builtin_ctzll(found) / 8 : 8;
}

/* The first `count` bytes of the word, 0 to 8; the others 0. */
static inline uint64_t r3_scan_first(uint64_t word, unsigned count) {
    return count < 8 ? word & ~(~UINT64_C(0) << 8 * count) : word;
}

/* Whether the first `count` bytes of the word are all of `class`; the others are 0. Eight looks into the table, none of which waits for
 * another, and no branch for each; what is not asked for counts as '0', which is of every class. */
static inline bool r3_scan_is_class(uint64_t word, unsigned count, uint8_t class) {
    const uint8_t *of = r3_character_class;
    word |= count < 8 ? UINT64_C(0x3030303030303030) << 8 * count : 0;
    return of[word & 0xff] & of[word >> 8 & 0xff] & of[word >> 16 & 0xff] & of[word >> 24 & 0xff] &
           of[word >> 32 & 0xff] & of[word >> 40 & 0xff] & of[word >> 48 & 0xff] & of[word >> 56] & class;
}

/* Whether the two are equal, as memcmp tells; for short texts by words that overlap. */
static inline bool r3_scan_same(const char *a, const char *b, size_t length) {
    if (length >= 8 && length <= 16)
        return r3_scan_bytes(a) == r3_scan_bytes(b) && r3_scan_bytes(a + length - 8) == r3_scan_bytes(b + length - 8);
    if (length >= 4 && length < 8)
        return memcmp(a, b, 4) == 0 && memcmp(a + length - 4, b + length - 4, 4) == 0;
    return memcmp(a, b, length) == 0;
}

/* ---- numbers ---- */

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
static inline const char *r3_scan_decimal_slowly(const char *at, int64_t *coefficient, int32_t *scale) {
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

/* The same, up to eight digits ahead of the point and sixteen behind it, 18 in all. */
static inline const char *r3_scan_decimal_wide(const char *at, const char *end, int64_t *coefficient, int32_t *scale) {
    unsigned whole, places = 0;
    int64_t value = r3_scan_eight(at, &whole);
    const char *next = at + whole;
    bool point = *next == '.';
    if (point && end - next >= 9) {
        int64_t fraction = r3_scan_eight(next + 1, &places);
        value = value * r3_scan_power[places] + fraction;
        if (places == 8 && end - next >= 17) { /* a mean has 14 */
            unsigned more;
            fraction = r3_scan_eight(next + 9, &more);
            if (whole + 8 + more > R3_SCAN_DIGITS)
                return r3_scan_decimal_slowly(at, coefficient, scale);
            value = value * r3_scan_power[more] + fraction;
            places += more;
        }
    }
    if (next[point + places] != '"' || whole == 0 || point != (places > 0) || next[places] == '0' ||
        (*at == '0' && whole > 1))
        return r3_scan_decimal_slowly(at, coefficient, scale);
    *coefficient = value;
    *scale = (int32_t)places;
    return next + point + places + 1;
}

/* The same, where number and quote fit one word. */
static inline const char *r3_scan_decimal_short(const char *at, const char *end, int64_t *coefficient, int32_t *scale) {
    uint64_t word = r3_scan_word(at), others = r3_scan_others(word), behind = others & (others - 1);
    if (behind == 0)
        return r3_scan_decimal_wide(at, end, coefficient, scale);
    unsigned whole = (unsigned)__builtin_ctzll(others) / 8, length = whole;
    bool point = at[whole] == '.';
    if (point) {
        length = (unsigned)__builtin_ctzll(behind) / 8;
        if (at[length - 1] == '0' || length == whole + 1)
            return r3_scan_decimal_slowly(at, coefficient, scale);
        uint64_t before = (UINT64_C(1) << 8 * whole) - 1;
        word = (word & before) | (word >> 8 & ~before); /* without the point */
    }
    if (at[length] != '"' || whole == 0 || (*at == '0' && whole > 1))
        return r3_scan_decimal_slowly(at, coefficient, scale);
    *coefficient = r3_scan_value(word, length - point);
    *scale = (int32_t)(length - whole - point);
    return at + length + 1;
}

/* The decimal between quotes, without needless zeros: coefficient / 10^scale. */
static inline const char *r3_scan_decimal(const char *at, const char *end, int64_t *coefficient, int32_t *scale) {
    if (*at++ != '"')
        return NULL;
    bool negative = *at == '-';
    at += negative;
    at = R3_SCAN_WIDE && end - at >= 8 ? r3_scan_decimal_short(at, end, coefficient, scale)
                                       : r3_scan_decimal_slowly(at, coefficient, scale);
    if (negative && at)
        *coefficient = -*coefficient;
    return at;
}

/* Eight characters as r3_scan_word, of which those at `end` and behind it come out as no digits. at < end, and eight readable
 * characters are before `end`. */
static inline uint64_t r3_scan_word_before(const char *at, const char *end) {
    const char *from = at < end - 8 ? at : end - 8;
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return word >> 8 * (at - from) ^ UINT64_C(0x3030303030303030);
}

enum { R3_SCAN_PRICE_ROOM = 16 /* readable bytes from `at` that r3_scan_price needs where it is not `bounded` */ };

/* The usual price, `at` behind its opening quote: up to seven digits, perhaps a point and up to eight more. Returns the closing
 * quote, or NULL where r3_scan_decimal must look. `bounded` (a constant): the line may end soon, and what r3_scan_word_before
 * asks for holds. Only for R3_SCAN_WIDE.
 *
 * Two words, one from the first digit and one from behind the point, and no case for where in a word the number ends; both
 * sides of the point are shifted into one word where it holds them, which saves the second conversion. */
__attribute__((always_inline)) static inline const char *r3_scan_price(const char *at, const char *end, bool bounded,
                                                                       int64_t *coefficient, int32_t *scale) {
    uint64_t word = bounded ? r3_scan_word_before(at, end) : r3_scan_word(at), others = r3_scan_others(word);
    if (others == 0)
        return NULL;
    unsigned whole = (unsigned)__builtin_ctzll(others) / 8;
    if (whole == 0 || ((word & 0xff) == 0 && whole > 1))
        return NULL;
    const char *behind = at + whole;
    if (*behind == '"') {
        *coefficient = r3_scan_value(word, whole);
        *scale = 0;
        return behind;
    }
    if (*behind++ != '.' || (bounded && behind >= end))
        return NULL;
    uint64_t fraction = bounded ? r3_scan_word_before(behind, end) : r3_scan_word(behind);
    uint64_t ends = r3_scan_others(fraction);
    unsigned places = ends ? (unsigned)__builtin_ctzll(ends) / 8 : 8;
    behind += places;
    if (places == 0 || *behind != '"' || behind[-1] == '0')
        return NULL;
    *scale = (int32_t)places;
    if (whole + places <= 8)
        *coefficient = r3_scan_value(word << (64 - 8 * whole) >> 8 * places | fraction << (64 - 8 * places), 8);
    else
        *coefficient = r3_scan_value(word, whole) * r3_scan_power[places] + r3_scan_value(fraction, places);
    return behind;
}

/* Whether high and low bound open and close. False also where the four have no common scale within 64 bits: exact comparison
 * then judges. The scales are 0 to R3_SCAN_DIGITS. */
static inline bool r3_scan_is_ordered(const int64_t coefficient[4], const int32_t scale[4]) {
    int32_t first = scale[0] > scale[1] ? scale[0] : scale[1], last = scale[2] > scale[3] ? scale[2] : scale[3];
    int32_t common = first > last ? first : last;
    int64_t open, high, low, close;
    if (__builtin_mul_overflow(coefficient[0], r3_scan_power[(uint32_t)(common - scale[0])], &open) ||
        __builtin_mul_overflow(coefficient[1], r3_scan_power[(uint32_t)(common - scale[1])], &high) ||
        __builtin_mul_overflow(coefficient[2], r3_scan_power[(uint32_t)(common - scale[2])], &low) ||
        __builtin_mul_overflow(coefficient[3], r3_scan_power[(uint32_t)(common - scale[3])], &close))
        return false;
    return high >= open && high >= close && low <= open && low <= close;
}

/* The same for a whole candle: false, too, where a price is absent or has more than 64 bits. */
static inline bool r3_candle_is_plainly_ordered(const struct r3_candle *candle) {
    const struct r3_decimal *price[4] = { &candle->open, &candle->high, &candle->low, &candle->close };
    int64_t coefficient[4];
    int32_t scale[4];
    for (int i = 0; i < 4; i++) {
        coefficient[i] = (int64_t)price[i]->coefficient;
        scale[i] = price[i]->scale;
        if (coefficient[i] != price[i]->coefficient || (uint32_t)scale[i] > R3_SCAN_DIGITS)
            return false;
    }
    return r3_scan_is_ordered(coefficient, scale);
}

#endif
