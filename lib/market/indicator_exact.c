#include "lib/market/indicator_exact.h"

#include <limits.h>
#include <math.h>

static int bits_of(r3_uint128 value) {
    uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value;
    return high ? 128 - __builtin_clzll(high) : low ? 64 - __builtin_clzll(low) : 0;
}

/* ldexp(value, exponent): one multiplication, where the power itself is a normal double; both round once. */
static inline double times_power(double value, int exponent) {
    if (exponent < -1022 || exponent > 1023)
        return ldexp(value, exponent);
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return value * power;
}

/* Powers of two leave the denominator, the numerator is shifted until the integer quotient has 56 or 57 bits, and what is cut or
 * remains is kept as a sticky last bit, so that the conversion of that integer to double is the only rounding. */
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
    bool sticky = false;
    if (shift > 0) {
        magnitude <<= shift;
    } else if (shift < 0) {
        sticky = magnitude << (128 + shift) != 0;
        magnitude >>= -shift;
    }
    uint64_t quotient;
    if (width + 56 <= 64) {
        quotient = (uint64_t)magnitude / (uint64_t)denominator;
        sticky |= quotient * (uint64_t)denominator != (uint64_t)magnitude;
    } else {
        quotient = (uint64_t)(magnitude / denominator);
        sticky |= quotient * denominator != magnitude;
    }
    double result = times_power((double)(int64_t)(quotient | sticky), exponent - shift);
    return numerator < 0 ? -result : result;
}

double r3_quotient_times_any(r3_int128 numerator, const struct r3_divisor *divisor, int exponent) {
    return times_power(r3_quotient(numerator, (r3_uint128)divisor->odd << divisor->zeros), exponent);
}

/* Two at a time, as every x86-64 can, which halves the time. A whole number of less than 51 bits becomes a double by what its bits
 * add to those of 2^52 + 2^51. Returns how many are done: all but the odd one, or none, where one is larger. */
static size_t quotients_by_pairs(double *out, const int64_t *numerators, size_t count, double denominator) {
    const r3_pair zero = { 0x1.8p52, 0x1.8p52 }, divisor = { denominator, denominator };
    const int64_t half = INT64_C(1) << 50;
    const r3_pair_integer offset = { half, half };
    r3_pair_integer seen = { 0, 0 };
    size_t i = 0;
    for (; i + 2 <= count; i += 2) {
        r3_pair_integer numerator;
        memcpy(&numerator, numerators + i, sizeof numerator);
        seen |= numerator + offset;
        r3_pair quotient = ((r3_pair)(numerator + (r3_pair_integer)zero) - zero) / divisor;
        memcpy(out + i, &quotient, sizeof quotient);
    }
    return (uint64_t)(seen[0] | seen[1]) >> 51 == 0 ? i : 0;
}

void r3_quotients_many(double *out, const int64_t *numerators, size_t count, r3_uint128 denominator) {
    size_t i = 0;
    if (denominator >> 53 == 0)
        i = quotients_by_pairs(out, numerators, count, (double)(int64_t)denominator);
    for (; i < count; i++)
        out[i] = r3_quotient(numerators[i], denominator);
}

void r3_quotients_wide(double *out, const r3_int128 *numerators, size_t count, r3_uint128 denominator) {
    for (size_t i = 0; i < count; i++)
        out[i] = r3_quotient(numerators[i], denominator);
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

int32_t r3_places_shift(void *places, int32_t length, int32_t next, size_t size, size_t count, const void *in,
                        void *left) {
    char *ring = places, *out = left;
    const char *from = in;
    size_t whole = (size_t)length, at = (size_t)next, old = count < whole ? count : whole;
    size_t first = old < whole - at ? old : whole - at; /* up to the end of the places; the rest from their start */
    memcpy(out, ring + at * size, first * size);
    memcpy(out + first * size, ring, (old - first) * size);
    memcpy(out + old * size, from, (count - old) * size);
    /* Of more than there are places the last stay, where they would if each had come alone: so a state is the same however its
     * candles came. */
    if (count > whole) {
        from += (count - old) * size;
        at = (at + count) % whole;
        first = whole - at;
    }
    memcpy(ring + at * size, from, first * size);
    memcpy(ring, from + first * size, (old - first) * size);
    at += old;
    return (int32_t)(at >= whole ? at - whole : at);
}

size_t r3_ring_size(int32_t length) {
    return sizeof(struct r3_ring) + (size_t)length * sizeof(r3_int128);
}

void r3_ring_start(struct r3_ring *ring, int32_t length) {
    memset(ring, 0, r3_ring_size(length));
    ring->length = length;
}

void r3_ring_shift(struct r3_ring *ring, size_t count, const int64_t *in, int64_t *left) {
    if (count == 1)
        left[0] = r3_ring_put(ring, in[0]);
    else
        ring->next = r3_places_shift(ring + 1, ring->length, ring->next, sizeof *in, count, in, left);
}

static void widen(struct r3_ring *ring) {
    const int64_t *narrow = (const int64_t *)(ring + 1);
    r3_int128 *wide = (r3_int128 *)(ring + 1);
    if (ring->wide)
        return;
    for (int32_t i = ring->length; i-- > 0;) { /* from the end: a wide one covers two narrow ones */
        int64_t entry;
        memcpy(&entry, &narrow[i], sizeof entry);
        r3_int128 extended = entry;
        memcpy(&wide[i], &extended, sizeof extended);
    }
    ring->wide = true;
}

void r3_ring_shift_wide(struct r3_ring *ring, size_t count, const r3_int128 *in, r3_int128 *left) {
    widen(ring);
    ring->next = r3_places_shift(ring + 1, ring->length, ring->next, sizeof *in, count, in, left);
}

void r3_ring_clear(struct r3_ring *ring, int32_t held) {
    for (int32_t back = 0; back < held; back++) {
        int32_t at = ring->next - 1 - back;
        at = at < 0 ? at + ring->length : at;
        if (ring->wide)
            ((r3_int128 *)(ring + 1))[at] = 0;
        else
            ((int64_t *)(ring + 1))[at] = 0;
    }
    ring->wide = false; /* zeros are zeros in both */
}

void r3_ring_rescale(struct r3_ring *ring, r3_int128 factor) {
    const int64_t *narrow = (const int64_t *)(ring + 1);
    const r3_int128 limit = (r3_int128)1 << R3_NARROW_BITS;
    for (int32_t i = 0; !ring->wide && i < ring->length; i++)
        if ((r3_int128)r3_magnitude(narrow[i]) * factor >= limit)
            widen(ring);
    for (int32_t i = 0; i < ring->length; i++) {
        if (ring->wide)
            ((r3_int128 *)(ring + 1))[i] *= factor;
        else
            ((int64_t *)(ring + 1))[i] *= (int64_t)factor;
    }
}

static double *values_of(struct r3_window *window) {
    return (double *)(window + 1);
}
static const double *values_in(const struct r3_window *window) {
    return (const double *)(window + 1);
}

size_t r3_window_size(int32_t length) {
    return sizeof(struct r3_window) + (size_t)length * sizeof(double);
}

void r3_window_start(struct r3_window *window, int32_t length) {
    memset(window, 0, r3_window_size(length));
    window->length = length;
}

void r3_window_reset(struct r3_window *window) {
    window->count = window->next = window->large = window->nonzero = 0;
}

/* The whole number nearest to value / 2^shift. */
static r3_int128 on_grid(double value, int shift) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int biased = (int)(bits >> 52 & 0x7ff), left = biased - 1075 - shift;
    if (biased == 0 || left < 0 || left > 70)
        return (r3_int128)rint(ldexp(value, -shift));
    r3_int128 magnitude = (r3_int128)((bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52) << left;
    return bits >> 63 ? -magnitude : magnitude;
}

/* |value| < 2^exponent, as close as that goes; not for zero. */
static int exponent_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int biased = (int)(bits >> 52 & 0x7ff), exponent;
    if (biased)
        return biased - 1022;
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
    const double *values = values_in(window);
    int largest = INT_MIN;
    for (int32_t i = 0; i < window->count; i++) /* whether full or not, these are the ones that count */
        if (values[i] != 0 && exponent_of(values[i]) > largest)
            largest = exponent_of(values[i]);
    window->shift = largest - R3_GRID_BITS;
    window->large = window->nonzero = 0;
    for (int32_t i = 0; i < window->count; i++)
        count_value(window, values[i], 1);
}

enum r3_window_change r3_window_push(struct r3_window *window, double value, r3_int128 *added, r3_int128 *removed) {
    double *place = &values_of(window)[window->next];
    *removed = 0;
    if (window->count == window->length) {
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
    return R3_WINDOW_ADDED;
}

r3_int128 r3_window_entry(const struct r3_window *window, int32_t back) {
    int32_t at = window->next - 1 - back;
    at = at < 0 ? at + window->length : at;
    return on_grid(values_in(window)[at], window->shift);
}

double r3_window_quotient(const struct r3_window *window, r3_int128 sum, uint64_t divisor) {
    return times_power(r3_quotient(sum, divisor), window->shift);
}
