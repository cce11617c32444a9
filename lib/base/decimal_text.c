#include <math.h>
#include <string.h>

#include "lib/base/append.h"
#include "lib/base/decimal.h"
#include "lib/base/decimal_wide.h"

/* Decimals from and to text and binary floating point.
 *
 * Prices have few digits: up to 18 digits and scale 18 are read into 64 bits in one pass; up to 16 digits and scale 8 are printed eight
 * digits at a time, and up to 64 bits by pairs of digits.
 * Everything else takes the careful path, which is also the one that words the errors. */

/* ---- reading ---- */

enum { FAST_DIGITS = 18, QUOTED_MAX = 80 };

static int fail_text(struct r3_error *error, const char *reason, const char *text, size_t length) {
    int shown = length > QUOTED_MAX ? QUOTED_MAX : (int)length;
    return r3_fail(error, R3_DATA, "%s: \"%.*s%s\"", reason, shown, text, length > QUOTED_MAX ? "..." : "");
}

/* The usual case; false leaves the decision to the careful path. */
static inline bool parse_fast(struct r3_decimal *out, const char *text, size_t length) {
    const char *p = text, *end = text + length;
    if (length == 0 || length > FAST_DIGITS + 1)
        return false;
    bool negative = *p == '-';
    p += negative;
    const char *digits = p;
    uint64_t value = 0;
    unsigned digit;
    while (p < end && (digit = (unsigned)(unsigned char)*p - '0') < 10) {
        value = value * 10 + digit;
        p++;
    }
    size_t whole = (size_t)(p - digits);
    if (whole == 0 || (whole > 1 && *digits == '0'))
        return false;
    size_t scale = 0;
    if (p < end) {
        if (*p++ != '.')
            return false;
        const char *fraction = p;
        while (p < end && (digit = (unsigned)(unsigned char)*p - '0') < 10) {
            value = value * 10 + digit;
            p++;
        }
        scale = (size_t)(p - fraction);
        if (p < end || scale == 0)
            return false;
    }
    if (whole + scale > FAST_DIGITS)
        return false;
    *out = R3_DECIMAL(negative ? -(int64_t)value : (int64_t)value, (int32_t)scale);
    return true;
}

static inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The pieces of a number's text. */
struct number {
    bool negative;
    const char *whole, *fraction;
    size_t whole_length, fraction_length;
    int64_t exponent;
};

static const char *skip_digits(const char *p, const char *end) {
    while (p < end && is_digit(*p))
        p++;
    return p;
}

/* -?digits[.digits], where `loose` also admits what spreadsheets and pandas write: +1 007 5. .5 1e-8 */
static bool split_number(struct number *number, const char *text, size_t length, bool loose) {
    const char *p = text, *end = text + length;
    *number = (struct number) { .negative = p < end && *p == '-' };
    if (p < end && (*p == '-' || (loose && *p == '+')))
        p++;
    number->whole = p;
    p = skip_digits(p, end);
    number->whole_length = (size_t)(p - number->whole);
    bool point = p < end && *p == '.';
    p += point;
    number->fraction = p;
    p = skip_digits(p, end);
    number->fraction_length = (size_t)(p - number->fraction);
    if (number->whole_length + number->fraction_length == 0)
        return false;
    if (!loose) {
        bool leading_zero = number->whole_length > 1 && *number->whole == '0';
        return p == end && number->whole_length > 0 && point == (number->fraction_length > 0) && !leading_zero;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        bool negative = p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+'))
            p++;
        const char *digits = p;
        for (; p < end && is_digit(*p); p++)
            if (number->exponent < 1000000) /* more is out of range for every mantissa that a line can hold */
                number->exponent = number->exponent * 10 + (*p - '0');
        if (p == digits)
            return false;
        if (negative)
            number->exponent = -number->exponent;
    }
    return p == end;
}

static char digit_at(const struct number *number, size_t index) {
    return index < number->whole_length ? number->whole[index] : number->fraction[index - number->whole_length];
}

/* Digits [first, last) are the significant ones; the value is they times 10^exponent. */
static int parse_careful(struct r3_decimal *out, const char *text, size_t length, bool loose, struct r3_error *error) {
    struct number number;
    if (!split_number(&number, text, length, loose))
        return fail_text(error, "not a decimal", text, length);
    size_t first = 0, last = number.whole_length + number.fraction_length;
    int64_t exponent = number.exponent - (int64_t)number.fraction_length;
    while (first < last && digit_at(&number, first) == '0')
        first++;
    while (last > first && digit_at(&number, last - 1) == '0') {
        last--;
        exponent++;
    }
    if (first == last) {
        *out = r3_decimal_zero;
        return 0;
    }
    size_t count = last - first, zeros = exponent > 0 ? (size_t)exponent : 0;
    if (count + zeros > R3_DECIMAL_DIGITS_MAX || exponent < -R3_DECIMAL_SCALE_MAX)
        return fail_text(error, "too many digits", text, length);
    r3_int128 coefficient = 0;
    for (size_t i = first; i < last; i++)
        coefficient = coefficient * 10 + (digit_at(&number, i) - '0');
    coefficient *= (r3_int128)r3_powers[zeros];
    *out = R3_DECIMAL(number.negative ? -coefficient : coefficient, exponent < 0 ? (int32_t)-exponent : 0);
    return 0;
}

int r3_decimal_parse(struct r3_decimal *out, const char *text, size_t length, struct r3_error *error) {
    if (__builtin_expect(parse_fast(out, text, length), 1))
        return 0;
    return parse_careful(out, text, length, false, error);
}

int r3_decimal_parse_number(struct r3_decimal *out, const char *text, size_t length, struct r3_error *error) {
    if (__builtin_expect(parse_fast(out, text, length), 1))
        return 0;
    return parse_careful(out, text, length, true, error);
}

/* ---- printing ---- */

/* The `count` lowest digits of value, ending before `end`; returns what is left of value. */
static inline uint64_t put_digits(char *end, uint64_t value, int count) {
    for (; count >= 2; count -= 2) {
        end -= 2;
        memcpy(end, r3_digit_pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (count) {
        end[-1] = (char)('0' + value % 10);
        value /= 10;
    }
    return value;
}

static inline int count_digits(uint64_t value) {
    int bits = 64 - __builtin_clzll(value | 1);
    int guess = bits * 1233 >> 12; /* log10(2) */
    return guess + (value >= (uint64_t)r3_powers[guess]);
}

/* Take away the zeros at the end of a fraction, and a point that is left bare. */
static inline size_t finish(char *out, size_t length, int scale) {
    if (scale > 0) {
        while (out[length - 1] == '0')
            length--;
        if (out[length - 1] == '.')
            length--;
    }
    out[length] = '\0';
    return length;
}

/* More than 64 bits: the digits in two halves of up to 19 (34 digits at most). */
static size_t format_wide(char *out, r3_uint128 magnitude, bool negative, int scale) {
    char digits[40];
    const uint64_t half = UINT64_C(10000000000000000000);
    uint64_t high = (uint64_t)(magnitude / half), low = (uint64_t)(magnitude % half);
    int high_digits = count_digits(high), total = high_digits + 19;
    put_digits(digits + high_digits, high, high_digits);
    put_digits(digits + total, low, 19);
    size_t whole = (size_t)(total - scale), length = 0; /* scale is at most 18, so there is a whole part */
    if (negative)
        out[length++] = '-';
    memcpy(out + length, digits, whole);
    length += whole;
    if (scale > 0) {
        out[length++] = '.';
        memcpy(out + length, digits + whole, (size_t)scale);
        length += (size_t)scale;
    }
    return finish(out, length, scale);
}

/* ---- printing, the usual case: up to 16 digits, of them up to 8 behind the point; 88 instructions instead of 154 ---- */

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define USUAL_MAX UINT64_C(9999999999999999)
#else
#define USUAL_MAX 0 /* the words below count on the first character being the lowest byte */
#endif
enum { USUAL_SCALE = 8 };

/* The eight digits of value < 10^8 as the bytes of a word, the first digit lowest: halved three times, each half by one
 * multiplication for all parts at once (the reverse of lib/record/scan.h). */
static inline uint64_t eight_digits(uint64_t value) {
    uint64_t fours = value / 10000 | value % 10000 << 32;
    uint64_t hundreds = fours * 10486 >> 20 & UINT64_C(0x7f0000007f); /* 10486 / 2^20: 1 / 100 for all below 10,000 */
    uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    uint64_t tens = twos * 103 >> 10 & UINT64_C(0x000f000f000f000f); /* 103 / 2^10: 1 / 10 for all below 100 */
    return tens | (twos - tens * 10) << 8;
}

/* magnitude > 0. Words are written whole: what is behind their last digit is overwritten or lies behind the text, within 26 bytes.
 */
static inline size_t format_usual(char *out, uint64_t magnitude, unsigned scale) {
    const uint64_t zeros = UINT64_C(0x3030303030303030);
    char *at = out;
    uint64_t low;
    unsigned digits;
    if (magnitude < 100000000 && scale < 8) {
        low = eight_digits(magnitude);
        digits = 8 - (unsigned)__builtin_ctzll(low) / 8;
        digits = digits > scale ? digits : scale + 1;
    } else {
        uint64_t high = eight_digits(magnitude / 100000000);
        unsigned none = high ? (unsigned)__builtin_ctzll(high) / 8 : 7;
        high = (high | zeros) >> 8 * none;
        memcpy(at, &high, 8);
        at += 8 - none;
        low = eight_digits(magnitude % 100000000);
        digits = 8;
    }
    uint64_t text = (low | zeros) >> 8 * (8 - digits);
    memcpy(at, &text, 8);
    at += digits - scale;
    unsigned dropped = low ? (unsigned)__builtin_clzll(low) / 8 : 8; /* zeros at the end */
    if (dropped < scale) {
        uint64_t fraction = text >> 8 * (digits - scale);
        *at = '.';
        memcpy(at + 1, &fraction, 8);
        at += 1 + scale - dropped;
    }
    *at = '\0';
    return (size_t)(at - out);
}

/* Out of line, as it needs room on the stack. */
__attribute__((noinline)) static size_t format_unusual(char *out, const struct r3_decimal *value) {
    int scale = value->scale;
    if (scale < 0 || value->coefficient == 0) { /* absent: "" */
        memcpy(out, "0", 2);
        out[scale >= 0] = '\0';
        return scale >= 0;
    }
    bool negative = value->coefficient < 0;
    r3_uint128 magnitude = r3_magnitude(value->coefficient);
    if (magnitude > UINT64_MAX)
        return format_wide(out, magnitude, negative, scale);
    uint64_t rest = (uint64_t)magnitude;
    int digits = count_digits(rest), whole = digits > scale ? digits - scale : 1;
    char *p = out;
    *p = '-';
    p += negative + whole;
    if (scale > 0) {
        rest = put_digits(p + 1 + scale, rest, scale);
        *p = '.';
    }
    put_digits(p, rest, whole);
    return finish(out, (size_t)(p - out) + (scale > 0 ? (size_t)scale + 1 : 0), scale);
}

size_t r3_decimal_format(char out[R3_DECIMAL_TEXT_SIZE], const struct r3_decimal *value) {
    uint64_t magnitude = (uint64_t)value->coefficient;
    if (__builtin_expect(
            value->coefficient == magnitude && magnitude - 1 < USUAL_MAX && (uint32_t)value->scale <= USUAL_SCALE, 1))
        return format_usual(out, magnitude, (unsigned)value->scale);
    if (value->coefficient < 0 && value->coefficient >= -(r3_int128)USUAL_MAX &&
        (uint32_t)value->scale <= USUAL_SCALE) { /* a loss */
        *out = '-';
        return 1 + format_usual(out + 1, 0 - magnitude, (unsigned)value->scale);
    }
    return format_unusual(out, value);
}

/* ---- binary floating point ---- */

static const double double_powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                        1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18 };

static int bit_length(r3_uint128 value) {
    uint64_t high = (uint64_t)(value >> 64);
    return high ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)value | 1);
}

/* Divide to at least 66 bits, mark in the last bit whether anything is below, and let the conversion of the upper 64 bits round once,
 * to nearest even. */
static double to_double_wide(r3_uint128 magnitude, int scale) {
    int shift = 127 - bit_length(magnitude);
    r3_uint128 power = r3_powers[scale], numerator = magnitude << shift; /* power is below 2^60 */
    r3_uint128 quotient = numerator / power;
    bool inexact = quotient * power != numerator;
    int excess = bit_length(quotient) - 64;
    uint64_t top = (uint64_t)(quotient >> excess);
    if ((quotient & (((r3_uint128)1 << excess) - 1)) != 0 || inexact)
        top |= 1;
    return ldexp((double)top, excess - shift);
}

double r3_decimal_to_double(const struct r3_decimal *value) {
    if (__builtin_expect(value->scale < 0, 0))
        return (double)NAN;
    /* Both operands are exact in a double, so the division is the one rounding (Clinger 1990, "How to read floating point numbers
     * accurately"). */
    const int64_t exact = INT64_C(1) << 53;
    if (__builtin_expect(value->coefficient >= -exact && value->coefficient <= exact, 1))
        return (double)(int64_t)value->coefficient / double_powers[value->scale];
    double result = to_double_wide(r3_magnitude(value->coefficient), value->scale);
    return value->coefficient < 0 ? -result : result;
}

/* magnitude / 2^bits as a whole number, rounded; bits > 0. */
static r3_uint128 shift_round(r3_uint128 magnitude, int bits, bool negative, enum r3_rounding rounding) {
    r3_uint128 quotient = bits < 128 ? magnitude >> bits : 0;
    r3_uint128 rest = bits < 128 ? magnitude & (((r3_uint128)1 << bits) - 1) : magnitude;
    if (rest == 0)
        return quotient;
    int half = -1; /* from 128 bits on the rest is below a half, since magnitude < 2^113 */
    if (bits < 128) {
        r3_uint128 middle = (r3_uint128)1 << (bits - 1);
        half = (rest > middle) - (rest < middle);
    }
    return quotient + r3_decimal_grows(rounding, negative, half, quotient & 1);
}

int r3_decimal_from_double(struct r3_decimal *out, double value, int scale, enum r3_rounding rounding,
                           struct r3_error *error) {
    if (scale < 0 || scale > R3_DECIMAL_SCALE_MAX)
        return r3_fail(error, R3_BUG, "rounding to %d decimals", scale);
    if (!isfinite(value))
        return r3_fail(error, R3_DATA, "not a finite number: %g", value);
    int exponent;
    bool negative = value < 0;
    double fraction = frexp(fabs(value), &exponent);
    uint64_t mantissa = (uint64_t)ldexp(fraction, 53); /* value = mantissa * 2^exponent, exactly */
    exponent -= 53;
    if (mantissa == 0) {
        *out = r3_decimal_zero;
        return 0;
    }
    r3_uint128 magnitude;
    if (exponent < 0) { /* mantissa * 10^scale is below 2^113 */
        magnitude = shift_round((r3_uint128)mantissa * r3_powers[scale], -exponent, negative, rounding);
    } else if (exponent <= 127 - 53) {
        magnitude = (r3_uint128)mantissa << exponent;
        scale = 0;
    } else {
        return r3_decimal_fail_wide(error);
    }
    while (magnitude >= R3_DECIMAL_LIMIT && scale > 0 && magnitude % 10 == 0) {
        magnitude /= 10;
        scale--;
    }
    if (magnitude >= R3_DECIMAL_LIMIT)
        return r3_decimal_fail_wide(error);
    *out = R3_DECIMAL(negative ? -(r3_int128)magnitude : (r3_int128)magnitude, scale);
    return 0;
}
