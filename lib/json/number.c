#include <float.h>
#include <math.h>

#include "lib/base/decimal.h"
#include "lib/json/json.h"

/* The shortest of 15, 16 and 17 significant digits that reads back as the same double, spelled as printf's %g does.
 *
 * printf and strtod would do (slowly, below), but a plotted indicator writes one such number for each candle. For the usual size
 * of a price the arithmetic is exact in 128 bits: value = m / 2^s with m < 2^53, so the digits are round(m * 10^q / 2^s), and
 * they read back as the value where |digits * 2^s - m * 10^q| < 10^q / 2, half the distance to the next double. */

enum { SIGNIFICAND_BITS = 53 };

static size_t put_slowly(char *out, double value) {
    int length = 0;
    for (int precision = DBL_DIG; precision <= DBL_DECIMAL_DIG; precision++) {
        length = snprintf(out, R3_JSON_REAL_SIZE, "%.*g", precision, value);
        if (strtod(out, NULL) == value)
            break;
    }
    return (size_t)length;
}

static char *put_digits(char *out, uint64_t value, unsigned least) {
    char text[24];
    unsigned count = 0;
    for (; value || count < least; value /= 10)
        text[sizeof text - ++count] = (char)('0' + value % 10);
    memcpy(out, text + sizeof text - count, count);
    return out + count;
}

static uint64_t power_of_ten(int exponent) {
    uint64_t power = 1;
    for (; exponent > 0; exponent--)
        power *= 10;
    return power;
}

/* digits / 10^places without the zeros at the end; returns the length. */
static size_t put_fixed(char *out, uint64_t digits, int places) {
    char *at = out;
    for (; places > 0 && digits % 10 == 0; places--)
        digits /= 10;
    uint64_t unit = places > 19 ? 0 : power_of_ten(places); /* 0: beyond 64 bits, and so beyond `digits` */
    at = put_digits(at, unit ? digits / unit : 0, 1);
    if (places > 0) {
        *at++ = '.';
        at = put_digits(at, unit ? digits % unit : digits, (unsigned)places);
    }
    return (size_t)(at - out);
}

/* 0.0001 <= value < 10^15. The length; 0 where it does not come out at once. */
static size_t put_exactly(char *out, double value) {
    static const double bound[] = { 1e-3, 1e-2, 1e-1, 1e0, 1e1,  1e2,  1e3,  1e4,  1e5,
                                    1e6,  1e7,  1e8,  1e9, 1e10, 1e11, 1e12, 1e13, 1e14 };
    int exponent, whole = -3; /* digits ahead of the point: 0 for 0.1 to 1, below zero for less */
    uint64_t m = (uint64_t)ldexp(frexp(value, &exponent), SIGNIFICAND_BITS);
    int shift = SIGNIFICAND_BITS - exponent; /* 3 to 66 */
    /* The doubles nearest to 0.1, 0.01 and 0.001 lie above them, so comparing with them is exact. */
    for (size_t i = 0; i < sizeof bound / sizeof bound[0] && value >= bound[i]; i++)
        whole++;
    if (m == UINT64_C(1) << (SIGNIFICAND_BITS - 1))
        return 0; /* a power of two: the next double below is nearer than the one above */
    r3_uint128 power = power_of_ten(DBL_DIG - whole), half = (r3_uint128)1 << (shift - 1);
    for (int precision = DBL_DIG; precision <= DBL_DECIMAL_DIG; precision++, power *= 10) {
        r3_uint128 scaled = m * power, rest = scaled & (2 * half - 1);
        uint64_t digits = (uint64_t)(scaled >> shift);
        bool up = rest > half || (rest == half && digits & 1);
        r3_uint128 distance = up ? 2 * half - rest : rest;
        digits += up;
        if (2 * distance < power)
            return digits < power_of_ten(precision) ? put_fixed(out, digits, precision - whole) : 0;
    }
    return 0;
}

size_t r3_json_format_real(char out[R3_JSON_REAL_SIZE], double value) {
    size_t length = 0;
    if (value == 0) /* and no -0 */
        value = 0;
    bool negative = value < 0;
    double size = negative ? -value : value;
    if (size >= 1e-4 && size < 1e15)
        length = put_exactly(out + negative, size);
    if (length == 0)
        return put_slowly(out, value);
    if (negative)
        out[0] = '-';
    out[negative + length] = '\0';
    return negative + length;
}
