#include "lib/base/append.h"

const char r3_digit_pairs[201] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
    "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
    "9899";

char *r3_append_integer(char *at, const char *end, int64_t value) {
    char digits[20], *from = digits + sizeof digits; /* -9223372036854775808 */
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    for (; rest >= 10; rest /= 100) { /* two digits at a time: 41 instructions a number instead of 51 */
        from -= 2;
        memcpy(from, r3_digit_pairs + rest % 100 * 2, 2);
    }
    if (rest || from == digits + sizeof digits)
        *--from = (char)('0' + rest);
    if (value < 0)
        *--from = '-';
    return r3_append_piece(at, end, from, (size_t)(digits + sizeof digits - from));
}
