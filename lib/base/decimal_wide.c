#include "lib/base/decimal_wide.h"

/* 256-bit integers by the schoolbook methods: the paths that use them are rare, so plainness comes first. */

#define POWER(high, low) ((r3_uint128)(high)*UINT64_C(10000000000000000000) + (low))

const r3_uint128 r3_powers[39] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    POWER(1, 0),
    POWER(10, 0),
    POWER(100, 0),
    POWER(1000, 0),
    POWER(10000, 0),
    POWER(100000, 0),
    POWER(1000000, 0),
    POWER(10000000, 0),
    POWER(100000000, 0),
    POWER(1000000000, 0),
    POWER(10000000000, 0),
    POWER(100000000000, 0),
    POWER(1000000000000, 0),
    POWER(10000000000000, 0),
    POWER(100000000000000, 0),
    POWER(1000000000000000, 0),
    POWER(10000000000000000, 0),
    POWER(100000000000000000, 0),
    POWER(1000000000000000000, 0),
    POWER(UINT64_C(10000000000000000000), 0),
};

struct r3_wide r3_wide_from(r3_uint128 value) {
    return (struct r3_wide) { { (uint64_t)value, (uint64_t)(value >> 64), 0, 0 } };
}

struct r3_wide r3_wide_multiply(r3_uint128 a, r3_uint128 b) {
    const uint64_t x[2] = { (uint64_t)a, (uint64_t)(a >> 64) }, y[2] = { (uint64_t)b, (uint64_t)(b >> 64) };
    struct r3_wide product = { { 0 } };
    for (int i = 0; i < 2; i++) {
        uint64_t carry = 0;
        for (int j = 0; j < 2; j++) {
            r3_uint128 sum =
                (r3_uint128)x[i] * y[j] + product.limb[i + j] + carry; /* cannot overflow: (2^64-1)^2 + 2(2^64-1) */
            product.limb[i + j] = (uint64_t)sum;
            carry = (uint64_t)(sum >> 64);
        }
        product.limb[i + 2] = carry;
    }
    return product;
}

struct r3_wide r3_wide_add(struct r3_wide a, struct r3_wide b) {
    uint64_t carry = 0;
    for (int i = 0; i < 4; i++) {
        r3_uint128 sum = (r3_uint128)a.limb[i] + b.limb[i] + carry;
        a.limb[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    return a;
}

struct r3_wide r3_wide_subtract(struct r3_wide a, struct r3_wide b) {
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        r3_uint128 difference = (r3_uint128)a.limb[i] - b.limb[i] - borrow;
        a.limb[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1;
    }
    return a;
}

int r3_wide_compare(const struct r3_wide *a, const struct r3_wide *b) {
    for (int i = 3; i >= 0; i--)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

bool r3_wide_is_zero(const struct r3_wide *a) {
    return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]) == 0;
}

uint64_t r3_wide_divide_small(struct r3_wide *value, uint64_t divisor) {
    uint64_t remainder = 0;
    for (int i = 3; i >= 0; i--) {
        r3_uint128 part = (r3_uint128)remainder << 64 | value->limb[i];
        value->limb[i] = (uint64_t)(part / divisor);
        remainder = (uint64_t)(part % divisor);
    }
    return remainder;
}

/* Shift and subtract, a bit at a time. */
static void divide_bits(struct r3_wide *quotient, struct r3_wide *remainder, const struct r3_wide *a,
                        const struct r3_wide *b) {
    struct r3_wide q = { { 0 } }, r = { { 0 } };
    for (int bit = 255; bit >= 0; bit--) {
        r = r3_wide_add(r, r);
        r.limb[0] |= a->limb[bit / 64] >> (bit % 64) & 1;
        if (r3_wide_compare(&r, b) >= 0) {
            r = r3_wide_subtract(r, *b);
            q.limb[bit / 64] |= UINT64_C(1) << (bit % 64);
        }
    }
    *quotient = q;
    *remainder = r;
}

void r3_wide_divide(struct r3_wide *quotient, struct r3_wide *remainder, const struct r3_wide *a,
                    const struct r3_wide *b) {
    if (r3_wide_fits(a) && r3_wide_fits(b)) {
        r3_uint128 x = r3_wide_low(a), y = r3_wide_low(b);
        r3_uint128 q =
            (x | y) >> 64 ? x / y : (uint64_t)x / (uint64_t)y; /* the processor's own division where it does */
        *quotient = r3_wide_from(q);
        *remainder = r3_wide_from(x - q * y);
    } else if ((b->limb[1] | b->limb[2] | b->limb[3]) == 0) {
        struct r3_wide q = *a;
        uint64_t rest = r3_wide_divide_small(&q, b->limb[0]);
        *quotient = q;
        *remainder = r3_wide_from(rest);
    } else {
        divide_bits(quotient, remainder, a, b);
    }
}
