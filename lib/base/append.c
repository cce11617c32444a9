#include "lib/base/append.h"

#include <stddef.h>
#include <string.h>

static char *append(char *at, const char *end, const char *text, size_t length) {
    if (!at || (size_t)(end - at) <= length)
        return NULL;
    memcpy(at, text, length);
    at[length] = '\0';
    return at + length;
}

char *r3_append_text(char *at, const char *end, const char *text) {
    return append(at, end, text, strlen(text));
}

char *r3_append_integer(char *at, const char *end, int64_t value) {
    char digits[20], *from = digits + sizeof digits; /* -9223372036854775808 */
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--from = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--from = '-';
    return append(at, end, from, (size_t)(digits + sizeof digits - from));
}
