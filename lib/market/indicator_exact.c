#include "lib/market/indicator_exact.h"

#include <math.h>

static int bits_of(r3_uint128 value) {
    uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value;
    return high ? 128 - __builtin_clzll(high) : low ? 64 - __builtin_clzll(low) : 0;
}

/* Powers of two leave the denominator, the numerator is shifted until the integer quotient has 55 bits or more, and a remainder
 * is kept as a sticky last bit, so that the conversion of that integer to double is the only rounding. */
double r3_quotient_wide(r3_int128 numerator, r3_uint128 denominator) {
    r3_uint128 magnitude = r3_magnitude(numerator);
    if (!magnitude)
        return 0;
    int exponent = 0;
    while (!(denominator & 1)) {
        uint64_t low = (uint64_t)denominator;
        int zeros = low ? __builtin_ctzll(low) : 63;
        denominator >>= zeros;
        exponent -= zeros;
    }
    int width = bits_of(denominator);
    if (width > 70) { /* only a regression over thousands of candles of 18 digits comes here */
        double inexact = ldexp((double)magnitude / (double)denominator, exponent);
        return numerator < 0 ? -inexact : inexact;
    }
    int shift = width + 56 - bits_of(magnitude);
    if (shift > 0) {
        magnitude <<= shift;
        exponent -= shift;
    }
    r3_uint128 quotient = magnitude / denominator;
    if (quotient * denominator != magnitude)
        quotient |= 1;
    double result = ldexp((double)quotient, exponent);
    return numerator < 0 ? -result : result;
}

struct r3_wide r3_wide_times(const struct r3_wide *value, uint64_t factor) {
    struct r3_wide product;
    r3_uint128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (r3_uint128)value->limb[i] * factor;
        product.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return product;
}

double r3_wide_to_double(const struct r3_wide *value) {
    r3_uint128 high = (r3_uint128)value->limb[3] << 64 | value->limb[2];
    return high ? ldexp((double)high, 128) + (double)r3_wide_low(value) : (double)r3_wide_low(value);
}

size_t r3_window_size(int32_t length) {
    return sizeof(struct r3_window) + (size_t)length * sizeof(r3_int128);
}

void r3_window_start(struct r3_window *window, int32_t length, bool decimal) {
    memset(window, 0, r3_window_size(length));
    window->length = length;
    window->decimal = decimal;
    window->started = decimal; /* a decimal's grid is given */
}

void r3_window_reset(struct r3_window *window) {
    window->count = window->next = 0;
}

/* value / 2^shift to the nearest integer; |result| < 2^127 is the caller's care. */
static r3_int128 shift_right_rounded(r3_int128 value, int shift) {
    if (shift <= 0)
        return value;
    if (shift > 126)
        return 0;
    return (value + ((r3_int128)1 << (shift - 1))) >> shift;
}

static r3_int128 on_grid(double value, int shift) {
    return (r3_int128)rint(ldexp(value, -shift));
}

/* Make room for a value of this binary exponent (|value| < 2^exponent). */
static void coarsen(struct r3_window *window, int exponent) {
    int shift = exponent - R3_GRID_BITS;
    r3_int128 *entries = r3_window_entries(window);
    for (int32_t i = 0; i < window->length; i++)
        entries[i] = shift_right_rounded(entries[i], shift - window->shift);
    window->shift = shift;
}

bool r3_window_entry_of(struct r3_window *window, double value, r3_int128 *entry) {
    bool changed = false;
    int exponent;
    frexp(value, &exponent); /* zero counts as 2^0 */
    if (!window->started) {
        window->started = true;
        window->shift = exponent - R3_GRID_BITS;
    } else if (exponent - window->shift > R3_FIXED_BITS) {
        coarsen(window, exponent);
        changed = true;
    }
    *entry = on_grid(value, window->shift);
    return changed;
}

void r3_window_rescale(struct r3_window *window, r3_int128 factor) {
    if (!window->decimal)
        return;
    r3_int128 *entries = r3_window_entries(window);
    for (int32_t i = 0; i < window->length; i++)
        entries[i] *= factor;
}

double r3_window_quotient_binary(const struct r3_window *window, r3_int128 sum, uint64_t divisor) {
    return ldexp(r3_quotient(sum, divisor), window->shift);
}
