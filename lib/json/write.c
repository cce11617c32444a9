#include "lib/json/json.h"

static const char digits[] = "0123456789abcdef";

char *r3_json_put_text(char *out, const char *text, size_t length) {
    *out++ = '"';
    for (const char *end = text + length; text < end; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c != '"' && c != '\\') {
            *out++ = *text;
        } else if (c >= 0x20) {
            *out++ = '\\';
            *out++ = *text;
        } else if (c == '\n') {
            *out++ = '\\';
            *out++ = 'n';
        } else {
            memcpy(out, "\\u00", 4);
            out[4] = digits[c >> 4];
            out[5] = digits[c & 15];
            out += 6;
        }
    }
    *out++ = '"';
    return out;
}

void r3_json_write_text(struct r3_buffer *out, const char *text, size_t length) {
    char *start = r3_buffer_reserve(out, 6 * length + 3);
    char *end = r3_json_put_text(start, text, length);
    *end = '\0';
    out->length += (size_t)(end - start);
}

struct writing {
    struct r3_buffer *out;
    const struct r3_json_document *document;
    bool first;
};

static int write_member(void *context, const char *name, const struct r3_json *value) {
    struct writing *writing = context;
    if (!writing->first)
        r3_buffer_append(writing->out, ",", 1);
    writing->first = false;
    r3_json_write_text(writing->out, name, strlen(name));
    r3_buffer_append(writing->out, ":", 1);
    r3_json_write(writing->out, writing->document, value);
    return 0;
}

void r3_json_write(struct r3_buffer *out, const struct r3_json_document *document, const struct r3_json *value) {
    size_t length = 0;
    const char *text;
    switch (r3_json_kind(value)) {
    case R3_JSON_NULL:
        r3_buffer_append(out, "null", 4);
        break;
    case R3_JSON_BOOLEAN:
        r3_buffer_append_text(out, r3_json_is_true(value) ? "true" : "false");
        break;
    case R3_JSON_INTEGER:
    case R3_JSON_REAL:
        text = r3_json_number_text(document, value, &length);
        r3_buffer_append(out, text, length);
        break;
    case R3_JSON_TEXT:
        text = r3_json_text(value, &length);
        r3_json_write_text(out, text, length);
        break;
    case R3_JSON_ARRAY:
        r3_buffer_append(out, "[", 1);
        for (size_t i = 0; i < r3_json_count(value); i++) {
            if (i)
                r3_buffer_append(out, ",", 1);
            r3_json_write(out, document, r3_json_at(value, i));
        }
        r3_buffer_append(out, "]", 1);
        break;
    case R3_JSON_OBJECT: {
        struct writing writing = { out, document, true };
        r3_buffer_append(out, "{", 1);
        r3_json_each(value, write_member, &writing);
        r3_buffer_append(out, "}", 1);
        break;
    }
    }
}

bool r3_json_is_utf8(const char *text, size_t length) {
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    while (at < end) {
        unsigned char c = *at++;
        if (c < 0x80)
            continue;
        /* How many bytes follow, and the bounds of the first of them, which rule out longer forms and surrogates. */
        unsigned more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
        unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
        if (c < 0xc2 || c > 0xf4 || (size_t)(end - at) < more || at[0] < low || at[0] > high)
            return false;
        for (unsigned i = 1; i < more; i++)
            if (at[i] < 0x80 || at[i] > 0xbf)
                return false;
        at += more;
    }
    return true;
}
