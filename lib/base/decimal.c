#include "lib/base/decimal.h"

#include "lib/base/decimal_wide.h"

/* Arithmetic of exact decimals.
 *
 * Each operation has a path for coefficients of 64 bits, which prices, sizes and balances nearly always are, and a path
 * that works out the exact result in 256 bits and then sees whether it fits. A result that is too wide as it stands is
 * tried again without its trailing zeros, so that only a value that truly needs more than 34 digits or scale 18 fails. */

const struct r3_decimal r3_decimal_zero = { 0, 0 }, r3_decimal_one = { 1, 0 }, r3_decimal_absent = { 0, -1 };

static bool is_small(r3_int128 value) {
    return value == (int64_t)value;
}

static int fail_absent(struct r3_error *error) {
    return r3_fail(error, R3_BUG, "arithmetic on a decimal that is absent");
}

int r3_decimal_fail_wide(struct r3_error *error) {
    return r3_fail(error, R3_DATA, "a result needs more than %d digits or %d decimals", R3_DECIMAL_DIGITS_MAX,
                   R3_DECIMAL_SCALE_MAX);
}

/* magnitude / 10^scale with its sign; the scale may be up to 36, the magnitude anything. Zeros are dropped as needed. */
static int store_wide(struct r3_decimal *out, struct r3_wide magnitude, int scale, bool negative,
                      struct r3_error *error) {
    while (scale > R3_DECIMAL_SCALE_MAX || !r3_wide_fits(&magnitude) || r3_wide_low(&magnitude) >= R3_DECIMAL_LIMIT) {
        if (scale == 0 || r3_wide_divide_small(&magnitude, 10) != 0)
            return r3_decimal_fail_wide(error);
        scale--;
    }
    r3_int128 coefficient = (r3_int128)r3_wide_low(&magnitude);
    *out = R3_DECIMAL(negative ? -coefficient : coefficient, scale);
    return 0;
}

static int store(struct r3_decimal *out, r3_int128 coefficient, int scale, struct r3_error *error) {
    if (__builtin_expect(scale <= R3_DECIMAL_SCALE_MAX && r3_magnitude(coefficient) < R3_DECIMAL_LIMIT, 1)) {
        *out = R3_DECIMAL(coefficient, scale);
        return 0;
    }
    return store_wide(out, r3_wide_from(r3_magnitude(coefficient)), scale, coefficient < 0, error);
}

void r3_decimal_normalize(struct r3_decimal *value) {
    if (value->coefficient == 0 && value->scale > 0)
        value->scale = 0;
    if (is_small(value->coefficient)) {
        int64_t small = (int64_t)value->coefficient;
        while (value->scale > 0 && small % 10 == 0) {
            small /= 10;
            value->scale--;
        }
        value->coefficient = small;
        return;
    }
    while (value->scale > 0 && value->coefficient % 10 == 0) {
        value->coefficient /= 10;
        value->scale--;
    }
}

static int larger_scale(const struct r3_decimal *a, const struct r3_decimal *b) {
    return a->scale > b->scale ? a->scale : b->scale;
}

/* Both as whole numbers of the unit 10^-scale, whatever their width. */
static void align(struct r3_wide *x, struct r3_wide *y, const struct r3_decimal *a, const struct r3_decimal *b,
                  int scale) {
    *x = r3_wide_multiply(r3_magnitude(a->coefficient), r3_powers[scale - a->scale]);
    *y = r3_wide_multiply(r3_magnitude(b->coefficient), r3_powers[scale - b->scale]);
}

/* ---- comparison ---- */

int r3_decimal_sign(const struct r3_decimal *value) {
    return (value->coefficient > 0) - (value->coefficient < 0);
}

static int compare_wide(const struct r3_decimal *a, const struct r3_decimal *b) {
    int sign = r3_decimal_sign(a);
    if (sign != r3_decimal_sign(b))
        return sign < r3_decimal_sign(b) ? -1 : 1;
    struct r3_wide x, y;
    align(&x, &y, a, b, larger_scale(a, b));
    return sign * r3_wide_compare(&x, &y);
}

int r3_decimal_compare(const struct r3_decimal *a, const struct r3_decimal *b) {
    r3_int128 x = a->coefficient, y = b->coefficient;
    int shift = a->scale - b->scale;
    if (shift != 0) {
        if (!is_small(x) || !is_small(y))
            return compare_wide(a, b);
        if (shift < 0) /* below 2^63 times at most 10^18: below 2^123 */
            x *= (r3_int128)r3_powers[-shift];
        else
            y *= (r3_int128)r3_powers[shift];
    }
    return (x > y) - (x < y);
}

bool r3_decimal_equal(const struct r3_decimal *a, const struct r3_decimal *b) {
    return r3_decimal_compare(a, b) == 0;
}

const struct r3_decimal *r3_decimal_minimum(const struct r3_decimal *a, const struct r3_decimal *b) {
    return r3_decimal_compare(b, a) < 0 ? b : a;
}

const struct r3_decimal *r3_decimal_maximum(const struct r3_decimal *a, const struct r3_decimal *b) {
    return r3_decimal_compare(b, a) > 0 ? b : a;
}

/* ---- exact arithmetic ---- */

void r3_decimal_negate(struct r3_decimal *out, const struct r3_decimal *a) {
    *out = R3_DECIMAL(-a->coefficient, a->scale);
}

void r3_decimal_absolute(struct r3_decimal *out, const struct r3_decimal *a) {
    *out = R3_DECIMAL(a->coefficient < 0 ? -a->coefficient : a->coefficient, a->scale);
}

static int add_wide(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                    struct r3_error *error) {
    struct r3_wide x, y;
    int scale = larger_scale(a, b);
    align(&x, &y, a, b, scale);
    bool negative = a->coefficient < 0;
    if (negative == (b->coefficient < 0))
        return store_wide(out, r3_wide_add(x, y), scale, negative, error);
    if (r3_wide_compare(&x, &y) >= 0)
        return store_wide(out, r3_wide_subtract(x, y), scale, negative, error);
    return store_wide(out, r3_wide_subtract(y, x), scale, !negative, error);
}

int r3_decimal_add(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                   struct r3_error *error) {
    if (__builtin_expect((a->scale | b->scale) < 0, 0))
        return fail_absent(error);
    if (a->scale == b->scale)
        return store(out, a->coefficient + b->coefficient, a->scale, error);
    if (!is_small(a->coefficient) || !is_small(b->coefficient))
        return add_wide(out, a, b, error);
    if (a->scale > b->scale)
        return store(out, a->coefficient + b->coefficient * (r3_int128)r3_powers[a->scale - b->scale], a->scale, error);
    return store(out, a->coefficient * (r3_int128)r3_powers[b->scale - a->scale] + b->coefficient, b->scale, error);
}

int r3_decimal_subtract(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                        struct r3_error *error) {
    struct r3_decimal negative = { -b->coefficient, b->scale };
    return r3_decimal_add(out, a, &negative, error);
}

int r3_decimal_multiply(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                        struct r3_error *error) {
    if (__builtin_expect((a->scale | b->scale) < 0, 0))
        return fail_absent(error);
    if (__builtin_expect(is_small(a->coefficient) && is_small(b->coefficient), 1))
        return store(out, a->coefficient * b->coefficient, a->scale + b->scale, error);
    return store_wide(out, r3_wide_multiply(r3_magnitude(a->coefficient), r3_magnitude(b->coefficient)),
                      a->scale + b->scale, (a->coefficient < 0) != (b->coefficient < 0), error);
}

/* ---- rounded arithmetic ---- */

static bool grows_wide(enum r3_rounding rounding, bool negative, const struct r3_wide *remainder,
                       const struct r3_wide *divisor, bool odd) {
    struct r3_wide twice = r3_wide_add(*remainder, *remainder);
    return !r3_wide_is_zero(remainder) && r3_decimal_grows(rounding, negative, r3_wide_compare(&twice, divisor), odd);
}

/* The quotient of two magnitudes rounded to a whole number, as the coefficient of `scale` decimals. */
static int store_quotient(struct r3_decimal *out, const struct r3_wide *numerator, const struct r3_wide *denominator,
                          int scale, bool negative, enum r3_rounding rounding, struct r3_error *error) {
    struct r3_wide quotient, remainder;
    r3_wide_divide(&quotient, &remainder, numerator, denominator);
    if (grows_wide(rounding, negative, &remainder, denominator, quotient.limb[0] & 1))
        quotient = r3_wide_add(quotient, r3_wide_from(1));
    return store_wide(out, quotient, scale, negative, error);
}

static int check_rounding(const struct r3_decimal *a, const struct r3_decimal *b, int scale, struct r3_error *error) {
    if (__builtin_expect((a->scale | b->scale) < 0, 0))
        return fail_absent(error);
    if (__builtin_expect(scale < 0 || scale > R3_DECIMAL_SCALE_MAX, 0))
        return r3_fail(error, R3_BUG, "rounding to %d decimals", scale);
    return 0;
}

/* Quotient and remainder; by the processor's own division where 64 bits hold both. */
static inline r3_uint128 divide(r3_uint128 *remainder, r3_uint128 magnitude, r3_uint128 divisor) {
    r3_uint128 quotient = (magnitude | divisor) >> 64 ? magnitude / divisor : (uint64_t)magnitude / (uint64_t)divisor;
    *remainder = magnitude - quotient * divisor;
    return quotient;
}

static inline bool grows(enum r3_rounding rounding, bool negative, r3_uint128 remainder, r3_uint128 divisor, bool odd) {
    r3_uint128 rest = divisor - remainder;
    return remainder != 0 && r3_decimal_grows(rounding, negative, (remainder > rest) - (remainder < rest), odd);
}

/* magnitude / divisor rounded to a whole number, as the coefficient of `scale` decimals. */
static int store_divided(struct r3_decimal *out, r3_uint128 magnitude, r3_uint128 divisor, int scale, bool negative,
                         enum r3_rounding rounding, struct r3_error *error) {
    r3_uint128 remainder, quotient = divide(&remainder, magnitude, divisor);
    quotient += grows(rounding, negative, remainder, divisor, quotient & 1);
    return store(out, negative ? -(r3_int128)quotient : (r3_int128)quotient, scale, error);
}

int r3_decimal_multiply_round(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b, int scale,
                              enum r3_rounding rounding, struct r3_error *error) {
    if (check_rounding(a, b, scale, error) != 0)
        return -1;
    int drop = a->scale + b->scale - scale;
    if (drop <= 0)
        return r3_decimal_multiply(out, a, b, error);
    bool negative = (a->coefficient < 0) != (b->coefficient < 0);
    if (is_small(a->coefficient) && is_small(b->coefficient))
        return store_divided(out, r3_magnitude(a->coefficient) * r3_magnitude(b->coefficient), r3_powers[drop], scale,
                             negative, rounding, error);
    struct r3_wide product = r3_wide_multiply(r3_magnitude(a->coefficient), r3_magnitude(b->coefficient));
    struct r3_wide power = r3_wide_from(r3_powers[drop]);
    return store_quotient(out, &product, &power, scale, negative, rounding, error);
}

int r3_decimal_divide_round(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b, int scale,
                            enum r3_rounding rounding, struct r3_error *error) {
    if (check_rounding(a, b, scale, error) != 0)
        return -1;
    if (b->coefficient == 0)
        return r3_fail(error, R3_DATA, "division by zero");
    bool negative = (a->coefficient < 0) != (b->coefficient < 0);
    r3_uint128 x = r3_magnitude(a->coefficient), y = r3_magnitude(b->coefficient);
    int shift = scale - a->scale + b->scale; /* -18 to 36 */
    r3_uint128 x_power = r3_powers[shift > 0 ? shift : 0], y_power = r3_powers[shift < 0 ? -shift : 0];
    if (is_small(a->coefficient) && is_small(b->coefficient) && shift <= 19) /* 2^63 times 10^19 is below 2^127 */
        return store_divided(out, x * x_power, y * y_power, scale, negative, rounding, error);
    struct r3_wide numerator = r3_wide_multiply(x, x_power), denominator = r3_wide_multiply(y, y_power);
    return store_quotient(out, &numerator, &denominator, scale, negative, rounding, error);
}

int r3_decimal_round(struct r3_decimal *out, const struct r3_decimal *a, int scale, enum r3_rounding rounding,
                     struct r3_error *error) {
    if (check_rounding(a, a, scale, error) != 0)
        return -1;
    if (a->scale <= scale) {
        *out = *a;
        return 0;
    }
    return store_divided(out, r3_magnitude(a->coefficient), r3_powers[a->scale - scale], scale, a->coefficient < 0,
                         rounding, error);
}

int r3_decimal_round_to(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *increment,
                        enum r3_rounding rounding, struct r3_error *error) {
    if (check_rounding(a, increment, 0, error) != 0)
        return -1;
    if (increment->coefficient <= 0)
        return r3_fail(error, R3_DATA, "an increment must be more than 0");
    bool negative = a->coefficient < 0;
    int scale = larger_scale(a, increment);
    if (is_small(a->coefficient) && is_small(increment->coefficient)) { /* 2^63 times 10^18 is below 2^123 */
        r3_uint128 value = r3_magnitude(a->coefficient) * r3_powers[scale - a->scale], rest;
        r3_uint128 step = (r3_uint128)increment->coefficient * r3_powers[scale - increment->scale],
                   steps = divide(&rest, value, step);
        value = value - rest + (grows(rounding, negative, rest, step, steps & 1) ? step : 0);
        return store(out, negative ? -(r3_int128)value : (r3_int128)value, scale, error);
    }
    struct r3_wide value, step, quotient, remainder;
    align(&value, &step, a, increment, scale);
    r3_wide_divide(&quotient, &remainder, &value, &step);
    struct r3_wide result = r3_wide_subtract(value, remainder);
    if (grows_wide(rounding, negative, &remainder, &step, quotient.limb[0] & 1))
        result = r3_wide_add(result, step);
    return store_wide(out, result, scale, negative, error);
}

bool r3_decimal_is_multiple(const struct r3_decimal *a, const struct r3_decimal *increment) {
    if ((a->scale | increment->scale) < 0 || increment->coefficient == 0)
        return false;
    struct r3_wide value, step, quotient, remainder;
    align(&value, &step, a, increment, larger_scale(a, increment));
    r3_wide_divide(&quotient, &remainder, &value, &step);
    return r3_wide_is_zero(&remainder);
}
