#ifndef R3_BASE_DECIMAL_WIDE_H
#define R3_BASE_DECIMAL_WIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/decimal.h"

/* Private to lib/base/decimal*.c: unsigned 256-bit integers, for the products and quotients that 128 bits do not hold.
 *
 * The greatest numbers that arise are a 34-digit coefficient times 10^36 (below 2^233), so nothing here can overflow;
 * the limbs are little-endian. */

struct r3_wide {
    uint64_t limb[4];
};

#define R3_DECIMAL_LIMIT (r3_powers[R3_DECIMAL_DIGITS_MAX]) /* the first coefficient that is too great */

static inline r3_uint128 r3_magnitude(r3_int128 value) {
    return value < 0 ? -(r3_uint128)value : (r3_uint128)value;
}

struct r3_wide r3_wide_from(r3_uint128 value);
struct r3_wide r3_wide_multiply(r3_uint128 a, r3_uint128 b);
struct r3_wide r3_wide_add(struct r3_wide a, struct r3_wide b);
struct r3_wide r3_wide_subtract(struct r3_wide a, struct r3_wide b);
int r3_wide_compare(const struct r3_wide *a, const struct r3_wide *b);
bool r3_wide_is_zero(const struct r3_wide *a);
static inline bool r3_wide_fits(const struct r3_wide *a) {
    return (a->limb[2] | a->limb[3]) == 0;
}
static inline r3_uint128 r3_wide_low(const struct r3_wide *a) {
    return (r3_uint128)a->limb[1] << 64 | a->limb[0];
}
/* *quotient = a / b, *remainder = a % b; b is not zero. */
void r3_wide_divide(struct r3_wide *quotient, struct r3_wide *remainder, const struct r3_wide *a,
                    const struct r3_wide *b);
/* value /= divisor in place; returns the remainder. */
uint64_t r3_wide_divide_small(struct r3_wide *value, uint64_t divisor);

/* Whether a magnitude that was cut must grow by one: `half` is the sign of (remainder - half the divisor), `odd` whether the last
 * digit kept is odd. The remainder is not zero. */
static inline bool r3_decimal_grows(enum r3_rounding rounding, bool negative, int half, bool odd) {
    switch (rounding) {
    case R3_ROUND_FLOOR:
        return negative;
    case R3_ROUND_CEILING:
        return !negative;
    case R3_ROUND_DOWN:
        return false;
    case R3_ROUND_UP:
        return true;
    case R3_ROUND_HALF_EVEN:
        return half > 0 || (half == 0 && odd);
    case R3_ROUND_HALF_UP:
        return half >= 0;
    }
    return false;
}

/* R3_DATA, and its words. */
int r3_decimal_fail_wide(struct r3_error *error);

#endif
