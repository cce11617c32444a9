#include "lib/base/decimal.h"

#include "lib/base/decimal_wide.h"

/* Arithmetic of exact decimals.
 *
 * Each operation has a path for coefficients of 64 bits, which prices, sizes and balances nearly always are, and a path
 * that works out the exact result in 256 bits and then sees whether it fits. A result that is too wide as it stands is
 * tried again without its trailing zeros, so that only a value that truly needs more than 34 digits or scale 18 fails. */

const struct r3_decimal r3_decimal_zero = { 0, 0 }, r3_decimal_one = { 1, 0 }, r3_decimal_absent = { 0, -1 };

#define POWER_17 INT64_C(100000000000000000)
/* The wide path is kept out of its callers: the registers and the stack that it needs doubled what the usual path costs. */
#define RARE __attribute__((noinline, cold))

static inline bool is_small(r3_int128 value) {
    return value == (int64_t)value;
}

RARE static int fail_absent(struct r3_error *error) {
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

/* A value that does not fit as it stands. Apart, so that `store` is short enough to become a part of its callers. */
RARE static int store_trimmed(struct r3_decimal *out, r3_int128 coefficient, int scale, struct r3_error *error) {
    return store_wide(out, r3_wide_from(r3_magnitude(coefficient)), scale, coefficient < 0, error);
}

static inline int store(struct r3_decimal *out, r3_int128 coefficient, int scale, struct r3_error *error) {
    const r3_int128 limit = (r3_int128)(POWER_17) * (POWER_17); /* R3_DECIMAL_LIMIT, as a constant */
    if (__builtin_expect(scale <= R3_DECIMAL_SCALE_MAX && coefficient < limit && coefficient > -limit, 1)) {
        *out = R3_DECIMAL(coefficient, scale);
        return 0;
    }
    return store_trimmed(out, coefficient, scale, error);
}

/* value x 10^places, places 0 to 18: one multiplication, since both factors have 64 bits. */
static inline r3_int128 shifted(r3_int128 value, int places) {
    return (r3_int128)(int64_t)value * (int64_t)r3_powers[places];
}

/* Five zeros are dropped in 74 instructions instead of the 120 of divisions. */
static inline void normalize_small(struct r3_decimal *value) {
    bool negative = value->coefficient < 0;
    uint64_t rest = negative ? 0 - (uint64_t)value->coefficient : (uint64_t)value->coefficient;
    int32_t scale = value->scale;
    while (scale > 0) {
        uint64_t tenth = r3_turned_tenth(rest);
        if (tenth > UINT64_MAX / 10)
            break;
        rest = tenth;
        scale--;
    }
    *value = R3_DECIMAL(negative ? -(r3_int128)rest : (r3_int128)rest, scale);
}

void r3_decimal_normalize_any(struct r3_decimal *value) {
    if (value->coefficient == 0 && value->scale > 0)
        value->scale = 0;
    if (is_small(value->coefficient)) {
        normalize_small(value);
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

RARE static int compare_wide(const struct r3_decimal *a, const struct r3_decimal *b) {
    int sign = r3_decimal_sign(a);
    if (sign != r3_decimal_sign(b))
        return sign < r3_decimal_sign(b) ? -1 : 1;
    struct r3_wide x, y;
    align(&x, &y, a, b, larger_scale(a, b));
    return sign * r3_wide_compare(&x, &y);
}

int r3_decimal_compare_scaled(const struct r3_decimal *a, const struct r3_decimal *b) {
    r3_int128 x = a->coefficient, y = b->coefficient;
    int shift = a->scale - b->scale;
    if (shift != 0) {
        if (!is_small(x) || !is_small(y))
            return compare_wide(a, b);
        if (shift < 0) /* below 2^63 times at most 10^18: below 2^123 */
            x = shifted(x, -shift);
        else
            y = shifted(y, shift);
    }
    return (x > y) - (x < y);
}

/* ---- exact arithmetic ---- */

RARE static int add_wide(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
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

/* x / 10^scale and y / 10^other as 64-bit numbers of the larger scale. False where that is wider. */
static inline bool align_small(int64_t *x, int64_t *y, int32_t *scale, const struct r3_decimal *a,
                               const struct r3_decimal *b) {
    int32_t shift = a->scale - b->scale;
    *x = (int64_t)a->coefficient;
    *y = (int64_t)b->coefficient;
    *scale = a->scale;
    if ((a->scale | b->scale) < 0 || !r3_decimal_is_narrow(a) || !r3_decimal_is_narrow(b))
        return false;
    if (shift >= 0)
        return !__builtin_mul_overflow(*y, (int64_t)r3_powers[shift], y);
    *scale = b->scale;
    return !__builtin_mul_overflow(*x, (int64_t)r3_powers[-shift], x);
}

RARE static int add_any(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                        struct r3_error *error) {
    if (__builtin_expect((a->scale | b->scale) < 0, 0))
        return fail_absent(error);
    if (a->scale == b->scale)
        return store(out, a->coefficient + b->coefficient, a->scale, error);
    if (!is_small(a->coefficient) || !is_small(b->coefficient))
        return add_wide(out, a, b, error);
    if (a->scale > b->scale)
        return store(out, a->coefficient + shifted(b->coefficient, a->scale - b->scale), a->scale, error);
    return store(out, shifted(a->coefficient, b->scale - a->scale) + b->coefficient, b->scale, error);
}

RARE static int subtract_any(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                             struct r3_error *error) {
    struct r3_decimal negative = { -b->coefficient, b->scale };
    return add_any(out, a, &negative, error);
}

int r3_decimal_add_scaled(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                          struct r3_error *error) {
    int64_t x, y, sum;
    int32_t scale;
    if (__builtin_expect(!align_small(&x, &y, &scale, a, b) || __builtin_add_overflow(x, y, &sum), 0))
        return add_any(out, a, b, error);
    *out = R3_DECIMAL(sum, scale);
    return 0;
}

int r3_decimal_subtract_scaled(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                               struct r3_error *error) {
    int64_t x, y, difference;
    int32_t scale;
    if (__builtin_expect(!align_small(&x, &y, &scale, a, b) || __builtin_sub_overflow(x, y, &difference), 0))
        return subtract_any(out, a, b, error);
    *out = R3_DECIMAL(difference, scale);
    return 0;
}

RARE static int multiply_wide(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                              struct r3_error *error) {
    return store_wide(out, r3_wide_multiply(r3_magnitude(a->coefficient), r3_magnitude(b->coefficient)),
                      a->scale + b->scale, (a->coefficient < 0) != (b->coefficient < 0), error);
}

int r3_decimal_multiply_any(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                            struct r3_error *error) {
    if (__builtin_expect((a->scale | b->scale) < 0, 0))
        return fail_absent(error);
    if (__builtin_expect(is_small(a->coefficient) && is_small(b->coefficient), 1))
        return store(out, (r3_int128)(int64_t)a->coefficient * (int64_t)b->coefficient, a->scale + b->scale, error);
    return multiply_wide(out, a, b, error);
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

RARE static int multiply_round_wide(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                                    int scale, enum r3_rounding rounding, struct r3_error *error) {
    struct r3_wide product = r3_wide_multiply(r3_magnitude(a->coefficient), r3_magnitude(b->coefficient));
    struct r3_wide power = r3_wide_from(r3_powers[a->scale + b->scale - scale]);
    return store_quotient(out, &product, &power, scale, (a->coefficient < 0) != (b->coefficient < 0), rounding, error);
}

int r3_decimal_multiply_round_any(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                                  int scale, enum r3_rounding rounding, struct r3_error *error) {
    if (check_rounding(a, b, scale, error) != 0)
        return -1;
    int drop = a->scale + b->scale - scale;
    if (drop <= 0)
        return r3_decimal_multiply(out, a, b, error);
    bool negative = (a->coefficient < 0) != (b->coefficient < 0);
    if (is_small(a->coefficient) && is_small(b->coefficient))
        return store_divided(out, r3_magnitude(a->coefficient) * r3_magnitude(b->coefficient), r3_powers[drop], scale,
                             negative, rounding, error);
    return multiply_round_wide(out, a, b, scale, rounding, error);
}

RARE static int divide_round_wide(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                                  int scale, enum r3_rounding rounding, struct r3_error *error) {
    int shift = scale - a->scale + b->scale;
    struct r3_wide numerator = r3_wide_multiply(r3_magnitude(a->coefficient), r3_powers[shift > 0 ? shift : 0]);
    struct r3_wide denominator = r3_wide_multiply(r3_magnitude(b->coefficient), r3_powers[shift < 0 ? -shift : 0]);
    bool negative = (a->coefficient < 0) != (b->coefficient < 0);
    return store_quotient(out, &numerator, &denominator, scale, negative, rounding, error);
}

/* The usual quotient: of 64 bits by 64 bits, with so many digits behind the point that the numerator may have 112, as where a gain is
 * divided by what was paid: 120 instructions in place of 220. False where something is wider, or is not to be divided by. */
static inline bool divide_small(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b,
                                int scale, enum r3_rounding rounding) {
    int64_t x = (int64_t)a->coefficient, y = (int64_t)b->coefficient;
    uint64_t magnitude = x < 0 ? 0 - (uint64_t)x : (uint64_t)x, divisor = (uint64_t)y;
    int shift = scale - a->scale + b->scale;
    if (a->coefficient != x || b->coefficient != y || y <= 0 || (a->scale | b->scale | scale | shift) < 0 ||
        scale > R3_DECIMAL_SCALE_MAX || shift > R3_DECIMAL_SCALE_MAX)
        return false;
    const r3_uint128 numerator = (r3_uint128)magnitude * (uint64_t)r3_powers[shift];
    if (numerator >> 112 != 0) /* else the quotient has at most 34 digits */
        return false;
    r3_uint128 quotient = numerator >> 64 ? numerator / divisor : (uint64_t)numerator / divisor;
    const uint64_t remainder = (uint64_t)numerator - (uint64_t)quotient * divisor, rest = divisor - remainder;
    if (remainder && r3_decimal_grows(rounding, x < 0, (remainder > rest) - (remainder < rest), quotient & 1))
        quotient++;
    *out = R3_DECIMAL(x < 0 ? -(r3_int128)quotient : (r3_int128)quotient, scale);
    return true;
}

int r3_decimal_divide_round(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *b, int scale,
                            enum r3_rounding rounding, struct r3_error *error) {
    if (divide_small(out, a, b, scale, rounding))
        return 0;
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
    return divide_round_wide(out, a, b, scale, rounding, error);
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

RARE static int round_to_wide(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *increment,
                              enum r3_rounding rounding, struct r3_error *error) {
    struct r3_wide value, step, quotient, remainder;
    bool negative = a->coefficient < 0;
    int scale = larger_scale(a, increment);
    align(&value, &step, a, increment, scale);
    r3_wide_divide(&quotient, &remainder, &value, &step);
    struct r3_wide result = r3_wide_subtract(value, remainder);
    if (grows_wide(rounding, negative, &remainder, &step, quotient.limb[0] & 1))
        result = r3_wide_add(result, step);
    return store_wide(out, result, scale, negative, error);
}

int r3_decimal_round_to_any(struct r3_decimal *out, const struct r3_decimal *a, const struct r3_decimal *increment,
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
    return round_to_wide(out, a, increment, rounding, error);
}

RARE static bool is_multiple_wide(const struct r3_decimal *a, const struct r3_decimal *increment) {
    struct r3_wide value, step, quotient, remainder;
    align(&value, &step, a, increment, larger_scale(a, increment));
    r3_wide_divide(&quotient, &remainder, &value, &step);
    return r3_wide_is_zero(&remainder);
}

bool r3_decimal_is_multiple_any(const struct r3_decimal *a, const struct r3_decimal *increment) {
    if ((a->scale | increment->scale) < 0 || increment->coefficient == 0)
        return false;
    if (!is_small(a->coefficient) || !is_small(increment->coefficient))
        return is_multiple_wide(a, increment);
    int scale = larger_scale(a, increment);
    r3_int128 value = shifted(a->coefficient, scale - a->scale);
    r3_int128 step = shifted(increment->coefficient, scale - increment->scale);
    if (!is_small(value) || !is_small(step) || step == -1)
        return step == -1 || value % step == 0;
    return (int64_t)value % (int64_t)step == 0;
}
