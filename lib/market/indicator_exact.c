#include "lib/market/indicator_exact.h"

#include <limits.h>
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

size_t r3_window_size(int32_t length, bool decimal) {
    return sizeof(struct r3_window) + (size_t)length * (decimal ? sizeof(r3_int128) : sizeof(double));
}

void r3_window_start(struct r3_window *window, int32_t length, bool decimal) {
    memset(window, 0, r3_window_size(length, decimal));
    window->length = length;
    window->decimal = decimal;
}

void r3_window_reset(struct r3_window *window) {
    window->count = window->next = window->large = window->nonzero = 0;
}

static r3_int128 on_grid(double value, int shift) {
    return (r3_int128)rint(ldexp(value, -shift));
}

/* |value| < 2^exponent, as close as that goes; not for zero. */
static int exponent_of(double value) {
    int exponent;
    frexp(value, &exponent);
    return exponent;
}

/* A value comes (1) or leaves (-1): how many of the window are not zero, and how many of these have bits enough. */
static void count_value(struct r3_window *window, double value, int32_t change) {
    if (value == 0)
        return;
    window->nonzero += change;
    if (exponent_of(value) - window->shift >= R3_GRID_LEAST_BITS)
        window->large += change;
}

/* The grid that suits the largest value held. */
static void choose_grid(struct r3_window *window) {
    const double *values = r3_window_values(window);
    int largest = INT_MIN;
    for (int32_t i = 0; i < window->count; i++) /* whether full or not, these are the ones that count */
        if (values[i] != 0 && exponent_of(values[i]) > largest)
            largest = exponent_of(values[i]);
    window->shift = largest - R3_GRID_BITS;
    window->large = window->nonzero = 0;
    for (int32_t i = 0; i < window->count; i++)
        count_value(window, values[i], 1);
}

enum r3_window_change r3_window_push_value(struct r3_window *window, double value, r3_int128 *added,
                                           r3_int128 *removed) {
    double *place = &r3_window_values(window)[window->next];
    enum r3_window_change change = R3_WINDOW_ADDED;
    if (window->count == window->length) {
        change = R3_WINDOW_ADDED_REMOVED;
        *removed = on_grid(*place, window->shift);
        count_value(window, *place, -1);
    } else {
        window->count++;
    }
    *place = value;
    count_value(window, value, 1);
    window->next = window->next + 1 == window->length ? 0 : window->next + 1;
    if (window->nonzero && (!window->large || (value != 0 && exponent_of(value) - window->shift > R3_FIXED_BITS))) {
        choose_grid(window);
        return R3_WINDOW_REBUILD;
    }
    *added = on_grid(value, window->shift);
    return change;
}

r3_int128 r3_window_value_entry(struct r3_window *window, int32_t at) {
    return on_grid(r3_window_values(window)[at], window->shift);
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
