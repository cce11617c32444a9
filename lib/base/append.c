#include "lib/base/append.h"

#include <endian.h>

const char r3_digit_pairs[201] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
    "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
    "9899";

/* How many digits: by the number of bits, of which 1233 / 4096 is the logarithm that is wanted, or one too few. */
static inline size_t count_digits(uint64_t value) {
    static const uint64_t powers[] = { 0,
                                       10,
                                       100,
                                       1000,
                                       10000,
                                       100000,
                                       1000000,
                                       10000000,
                                       100000000,
                                       1000000000,
                                       10000000000,
                                       100000000000,
                                       1000000000000,
                                       10000000000000,
                                       100000000000000,
                                       1000000000000000,
                                       10000000000000000,
                                       100000000000000000,
                                       1000000000000000000,
                                       UINT64_C(10000000000000000000) };
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1), least = bits * 1233 >> 12;
    return least + (value >= powers[least]);
}

/* Eight digits as text, the first one in the lowest byte: two halves of four, four pairs, eight digits, each step in all lanes of a
 * word at once. The multiplications are exact divisions by 100 and by 10 of what the lanes can hold. */
static inline uint64_t eight_digits(uint64_t value) {
    uint64_t halves = value / 10000 | value % 10000 << 32;
    uint64_t hundreds = halves * 10486 >> 20 & UINT64_C(0x0000007f0000007f);
    uint64_t pairs = hundreds | (halves - 100 * hundreds) << 16;
    uint64_t tens = pairs * 103 >> 10 & UINT64_C(0x000f000f000f000f);
    return (tens | (pairs - 10 * tens) << 8) + UINT64_C(0x3030303030303030);
}

/* Into their place, many at a time. Two at a time into an array, and copied from there, those of a time took twice as many
 * instructions. */
char *r3_append_digits(char *at, const char *end, int64_t value) {
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t length = count_digits(rest) + (value < 0);
    if (!at || (size_t)(end - at) <= length)
        return NULL;
    char *from = at + length;
    *from = '\0';
    if (rest >= 100000000) {
        uint64_t text = htole64(eight_digits(rest % 100000000));
        from -= sizeof text;
        memcpy(from, &text, sizeof text);
        rest /= 100000000;
    }
    for (; rest >= 100; rest /= 100) {
        from -= 2;
        memcpy(from, r3_digit_pairs + rest % 100 * 2, 2);
    }
    if (rest >= 10)
        memcpy(from - 2, r3_digit_pairs + rest * 2, 2);
    else
        from[-1] = (char)('0' + rest);
    if (value < 0)
        *at = '-';
    return at + length;
}
