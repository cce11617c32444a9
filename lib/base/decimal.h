#ifndef R3_BASE_DECIMAL_H
#define R3_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

/* Exact decimals: value = coefficient / 10^scale.
 *
 * At most 34 significant digits in the coefficient, scale 0 to 18. What does not fit is an error (R3_DATA), never rounded and
 * never wrapped. Only the functions that name a rounding round. Values are plain structs: copy them with =. A decimal that
 * a record leaves out is `r3_decimal_absent`; arithmetic on it is an error (R3_BUG). */

__extension__ typedef __int128 r3_int128;
__extension__ typedef unsigned __int128 r3_uint128;

enum { R3_DECIMAL_SCALE_MAX = 18, R3_DECIMAL_DIGITS_MAX = 34, R3_DECIMAL_TEXT_SIZE = 40 };

struct r3_decimal {
    r3_int128 coefficient;
    int32_t scale; /* -1: absent */
};

/* A constant initialiser: R3_DECIMAL(15, 1) is 1.5. */
#define R3_DECIMAL(coefficient, scale) ((struct r3_decimal) { (coefficient), (scale) })

extern const struct r3_decimal r3_decimal_zero, r3_decimal_one, r3_decimal_absent;

extern const r3_uint128 r3_powers[39]; /* 10^0 to 10^38 */

enum r3_rounding {
    R3_ROUND_FLOOR,     /* towards -infinity */
    R3_ROUND_CEILING,   /* towards +infinity */
    R3_ROUND_DOWN,      /* towards zero */
    R3_ROUND_UP,        /* away from zero */
    R3_ROUND_HALF_EVEN, /* to nearest, ties to the even digit */
    R3_ROUND_HALF_UP    /* to nearest, ties away from zero */
};

static inline bool r3_decimal_is_present(const struct r3_decimal *value) {
    return value->scale >= 0;
}

/* Parse the whole of text[0..length): -?digits[.digits], no exponent, no plus sign, no spaces. Trailing zeros are
 * accepted beyond scale 18 ("1.5000000000000000000000" is 1.5). Error: R3_DATA, `not a decimal: "abc"`. */
int r3_decimal_parse(struct r3_decimal *out, const char *text, size_t length, struct r3_error *error);

/* As above, and also an exponent and a leading plus ("1e-8", as pandas writes): for CSV files and JSON numbers. Exact or an error. */
int r3_decimal_parse_number(struct r3_decimal *out, const char *text, size_t length, struct r3_error *error);

/* Write the canonical spelling: no needless zeros, no plus, "0" for zero ("-0" never). Returns the length; NUL-terminated. */
size_t r3_decimal_format(char out[R3_DECIMAL_TEXT_SIZE], const struct r3_decimal *value);

static inline int r3_decimal_sign(const struct r3_decimal *value) {      /* -1, 0, 1 */
    return (int)(value->coefficient >> 127) | (value->coefficient != 0); /* shorter than two comparisons of 128 bits */
}
/* Compare by value: <0, 0, >0. Never fails: any two present decimals can be compared ("1.50" equals "1.5"). Of one scale, or with
 * zero, the coefficients tell, without a call. */
int r3_decimal_compare_scaled(const struct r3_decimal *a, const struct r3_decimal *b);
static inline int r3_decimal_compare(const struct r3_decimal *a, const struct r3_decimal *b) {
    if (a->scale == b->scale || b->coefficient == 0 || a->coefficient == 0)
        return (a->coefficient > b->coefficient) - (a->coefficient < b->coefficient);
    return r3_decimal_compare_scaled(a, b);
}
/* a < b: half of what the compiler makes of a comparison's sign. */
static inline bool r3_decimal_is_less(const struct r3_decimal *a, const struct r3_decimal *b) {
    if (a->scale == b->scale || b->coefficient == 0 || a->coefficient == 0)
        return a->coefficient < b->coefficient;
    return r3_decimal_compare_scaled(a, b) < 0;
}
static inline bool r3_decimal_equal(const struct r3_decimal *a, const struct r3_decimal *b) {
    return a->scale == b->scale || b->coefficient == 0 || a->coefficient == 0 ? a->coefficient == b->coefficient
                                                                              : r3_decimal_compare_scaled(a, b) == 0;
}
static inline bool r3_decimal_is_zero(const struct r3_decimal *value) {
    return value->coefficient == 0;
}
static inline bool r3_decimal_is_positive(const struct r3_decimal *value) {
    return value->coefficient > 0;
}
static inline bool r3_decimal_is_negative(const struct r3_decimal *value) {
    return value->coefficient < 0;
}

/* Whether 64 bits hold the coefficient, as nearly always. */
static inline bool r3_decimal_is_narrow(const struct r3_decimal *value) {
    return value->coefficient == (int64_t)value->coefficient;
}

/* Whether the value is far below 34 digits: less than 2^95 = 3.9 * 10^28, which three instructions tell. */
static inline bool r3_decimal_is_short(r3_int128 coefficient) {
    const int64_t high = (int64_t)(coefficient >> 64);
    return high == (int32_t)high;
}

/* For sums of several decimals in one go, where to check each step would take most of the time: below 2^31 where the coefficient is
 * below 2^94. The excess of many, joined with |, is below 2^31 where all of them are; a dozen of these add up to few enough digits. */
static inline uint64_t r3_decimal_excess(const struct r3_decimal *value) {
    return (uint64_t)(value->coefficient >> 64) + (UINT64_C(1) << 30);
}
static inline bool r3_decimal_is_excessive(uint64_t excess) {
    return excess >> 31 != 0;
}

/* Exact. The result is an error when it needs more than 34 digits or scale 18. `out` may be an argument. Sums of one scale, and products
 * that 64 bits hold, are made in place, in half the instructions of a call; the functions with longer names, which are not for
 * callers, do the rest. (A sum that is short has few enough digits, whatever its terms: to ask that of it alone takes 14 instructions,
 * and to ask 64 bits of each term and of the sum took 23.) */
int r3_decimal_add_scaled(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                          struct r3_error *error);
int r3_decimal_subtract_scaled(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                               struct r3_error *error);
static inline int r3_decimal_add(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                                 struct r3_error *error) {
    const r3_int128 sum = a->coefficient + b->coefficient; /* of 34 digits: it does not overflow */
    if (__builtin_expect(a->scale == b->scale && a->scale >= 0 && r3_decimal_is_short(sum), 1)) {
        *out = R3_DECIMAL(sum, a->scale);
        return 0;
    }
    return r3_decimal_add_scaled(out, a, b, error);
}
static inline int r3_decimal_subtract(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                                      struct r3_error *error) {
    const r3_int128 difference = a->coefficient - b->coefficient;
    if (__builtin_expect(a->scale == b->scale && a->scale >= 0 && r3_decimal_is_short(difference), 1)) {
        *out = R3_DECIMAL(difference, a->scale);
        return 0;
    }
    return r3_decimal_subtract_scaled(out, a, b, error);
}
int r3_decimal_multiply_any(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                            struct r3_error *error);
static inline int r3_decimal_multiply(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                                      struct r3_error *error) {
    int64_t product;
    if (__builtin_expect((a->scale | b->scale) >= 0 && a->scale + b->scale <= R3_DECIMAL_SCALE_MAX &&
                             r3_decimal_is_narrow(a) && r3_decimal_is_narrow(b) &&
                             !__builtin_mul_overflow((int64_t)a->coefficient, (int64_t)b->coefficient, &product),
                         1)) {
        *out = R3_DECIMAL(product, a->scale + b->scale);
        return 0;
    }
    return r3_decimal_multiply_any(out, a, b, error);
}
static inline void r3_decimal_negate(struct r3_decimal *out, const struct r3_decimal *a) {
    *out = R3_DECIMAL(-a->coefficient, a->scale);
}
static inline void r3_decimal_absolute(struct r3_decimal *out, const struct r3_decimal *a) {
    *out = R3_DECIMAL(a->coefficient < 0 ? -a->coefficient : a->coefficient, a->scale);
}
/* Borrowed: a or b. */
static inline const struct r3_decimal *r3_decimal_minimum(const struct r3_decimal *a, const struct r3_decimal *b) {
    return r3_decimal_is_less(b, a) ? b : a;
}
static inline const struct r3_decimal *r3_decimal_maximum(const struct r3_decimal *a, const struct r3_decimal *b) {
    return r3_decimal_is_less(a, b) ? b : a;
}

/* Rounded once, from the exact (up to 256-bit) product or quotient, to `scale` digits after the point.
 * Division by zero: R3_DATA. */
int r3_decimal_multiply_round_any(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                                  int scale, enum r3_rounding rounding, struct r3_error *error);
static inline int r3_decimal_multiply_round(struct r3_decimal *out, const struct r3_decimal *a,
                                            const struct r3_decimal *b, int scale, enum r3_rounding rounding,
                                            struct r3_error *error) {
    int64_t product;
    int32_t sum = a->scale + b->scale;
    /* Mostly the product has few digits, and is exact. */
    if (__builtin_expect(sum <= scale && scale <= R3_DECIMAL_SCALE_MAX && (a->scale | b->scale) >= 0 &&
                             r3_decimal_is_narrow(a) && r3_decimal_is_narrow(b) &&
                             !__builtin_mul_overflow((int64_t)a->coefficient, (int64_t)b->coefficient, &product),
                         1)) {
        *out = R3_DECIMAL(product, sum);
        return 0;
    }
    return r3_decimal_multiply_round_any(out, a, b, scale, rounding, error);
}
int r3_decimal_divide_round(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b, int scale,
                            enum r3_rounding rounding, struct r3_error *error);
int r3_decimal_round(struct r3_decimal *out, const struct r3_decimal *a, int scale, enum r3_rounding rounding,
                     struct r3_error *error);

/* An increment such as 0.01 and a value of no more decimals: it lies on the grid, and neither division nor multiplication is needed
 * to see it. */
static inline bool r3_decimal_is_on_decimal_grid(const struct r3_decimal *a, const struct r3_decimal *increment) {
    return increment->coefficient == 1 && a->scale <= increment->scale && a->scale >= 0;
}
/* Round to a whole multiple of `increment` (> 0): a price or a size on its market's grid. */
int r3_decimal_round_to_any(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *increment,
                            enum r3_rounding rounding, struct r3_error *error);
static inline int r3_decimal_round_to(struct r3_decimal *out, const struct r3_decimal *a,
                                      const struct r3_decimal *increment, enum r3_rounding rounding,
                                      struct r3_error *error) {
    if (!r3_decimal_is_on_decimal_grid(a, increment))
        return r3_decimal_round_to_any(out, a, increment, rounding, error);
    *out = *a;
    return 0;
}
bool r3_decimal_is_multiple_any(const struct r3_decimal *a, const struct r3_decimal *increment);
static inline bool r3_decimal_is_multiple(const struct r3_decimal *a, const struct r3_decimal *increment) {
    return r3_decimal_is_on_decimal_grid(a, increment) || r3_decimal_is_multiple_any(a, increment);
}

/* Fewest digits: the same value with no trailing zeros in the fraction. Mostly there are none, which is seen without a call: a multiple
 * of 10 times the inverse of 5 modulo 2^64, turned right by one bit, is a tenth of it, and what another number gives is larger than
 * all of those (Granlund and Montgomery, "Division by Invariant Integers using Multiplication", 1994, section 9). */
void r3_decimal_normalize_any(struct r3_decimal *value);
static inline uint64_t r3_turned_tenth(uint64_t value) {
    uint64_t product = value * UINT64_C(0xcccccccccccccccd);
    return product >> 1 | product << 63;
}
static inline void r3_decimal_normalize(struct r3_decimal *value) {
    int64_t narrow = (int64_t)value->coefficient;
    if (value->scale <= 0 || (value->coefficient == narrow &&
                              r3_turned_tenth(narrow < 0 ? 0 - (uint64_t)narrow : (uint64_t)narrow) > UINT64_MAX / 10))
        return;
    r3_decimal_normalize_any(value);
}

/* The same value with as many decimals as the sum that it goes into: several sums of one scale cost less than one of two scales. Left
 * as it is where it has more, or would be long. */
static inline void r3_decimal_raise_scale(struct r3_decimal *value, int32_t scale) {
    if (value->scale < 0 || value->scale >= scale || scale > R3_DECIMAL_SCALE_MAX || !r3_decimal_is_narrow(value))
        return;
    const r3_int128 raised = (r3_int128)(int64_t)value->coefficient * (int64_t)r3_powers[scale - value->scale];
    if (r3_decimal_is_short(raised))
        *value = R3_DECIMAL(raised, scale);
}

static inline struct r3_decimal r3_decimal_from_integer(int64_t value) {
    return R3_DECIMAL(value, 0);
}

/* (double)value, rounded the same way, in half the time of the compiler's own: a shift that leaves 62 bits, of which the last one
 * stands for all that were cut off, leaves one rounding to the conversion of 64 bits. |value| below 2^124. */
static inline double r3_int128_to_double(r3_int128 value) {
    uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value, magnitude = (int64_t)high < 0 ? ~high : high;
    if (value == (int64_t)value)
        return (double)(int64_t)value;
    int shift = magnitude ? 66 - __builtin_clzll(magnitude) : 2; /* 2 to 62 */
    uint64_t kept = high << (64 - shift) | low >> shift | (low << (64 - shift) != 0);
    union {
        uint64_t bits;
        double power;
    } scale = { .bits = (uint64_t)(1023 + shift) << 52 };
    return (double)(int64_t)kept * scale.power;
}

/* To binary: correctly rounded. For indicators, statistics and plots; money never comes back from it. */
double r3_decimal_to_double(const struct r3_decimal *value);
/* From binary, for a price that an indicator computed: the exact binary value rounded once to `scale` digits.
 * NaN, infinity and overflow: R3_DATA. */
int r3_decimal_from_double(struct r3_decimal *out, double value, int scale, enum r3_rounding rounding,
                           struct r3_error *error);

#endif
