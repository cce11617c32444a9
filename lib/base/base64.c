#include "lib/base/base64.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void r3_base64_append(struct r3_buffer *out, const void *data, size_t length) {
    const unsigned char *bytes = data;
    char *at = r3_buffer_reserve(out, (length + 2) / 3 * 4 + 1);
    out->length += (length + 2) / 3 * 4;
    for (; length > 0; bytes += 3) {
        size_t count = length < 3 ? length : 3;
        uint32_t three =
            (uint32_t)bytes[0] << 16 | (count > 1 ? (uint32_t)bytes[1] << 8 : 0) | (count > 2 ? bytes[2] : 0U);
        *at++ = letters[three >> 18];
        *at++ = letters[three >> 12 & 63];
        *at++ = '=';
        *at++ = '=';
        if (count > 1)
            at[-2] = letters[three >> 6 & 63];
        if (count > 2)
            at[-1] = letters[three & 63];
        length -= count;
    }
    *at = '\0';
}

/* 0 to 63; 64: not a letter of it. */
static unsigned value_of(char letter) {
    const char *found = letter ? strchr(letters, letter) : NULL;
    return found ? (unsigned)(found - letters) : 64;
}

static int refuse(struct r3_error *error, size_t place) {
    return r3_fail(error, R3_DATA, "not base64 at byte %zu", place + 1);
}

int r3_base64_parse(struct r3_buffer *out, const char *text, size_t length, struct r3_error *error) {
    size_t before = out->length;
    if (length % 4 != 0)
        return r3_fail(error, R3_DATA, "not base64: %zu bytes", length);
    unsigned char *at = (unsigned char *)r3_buffer_reserve(out, length / 4 * 3 + 1);
    for (size_t i = 0; i < length; i += 4) {
        bool last = i + 4 == length;
        size_t count = last && text[i + 3] == '=' ? text[i + 2] == '=' ? 1 : 2 : 3; /* bytes */
        uint32_t three = 0;
        for (size_t k = 0; k < count + 1; k++) {
            unsigned value = value_of(text[i + k]);
            if (value > 63)
                return out->length = before, refuse(error, i + k);
            three |= (uint32_t)value << (18 - 6 * k);
        }
        if (three & (UINT32_C(0xffffff) >> 8 * count)) /* bits that no byte has */
            return out->length = before, refuse(error, i + count);
        for (size_t k = 0; k < count; k++)
            *at++ = (unsigned char)(three >> (16 - 8 * k));
        out->length += count;
    }
    *at = '\0';
    return 0;
}
