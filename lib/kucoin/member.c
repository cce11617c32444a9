#include "lib/kucoin/member.h"

static bool is_none(const struct r3_json *value) {
    return !value || r3_json_kind(value) == R3_JSON_NULL;
}

static int fail(const struct r3_kucoin_object *object, const char *name, const char *why, struct r3_error *error) {
    return r3_fail(error, R3_DATA, "%s: %s: %s", object->what, name, why);
}

/* ---- decimals ---- */

/* The digits behind the point of text[0..length), -?digits.digits; 0: of another form. */
static size_t count_decimals(const char *text, size_t length) {
    size_t at = length > 0 && *text == '-', whole = 0, decimals = 0;
    for (; at < length && text[at] >= '0' && text[at] <= '9'; at++)
        whole++;
    if (whole == 0 || at == length || text[at++] != '.')
        return 0;
    for (; at < length && text[at] >= '0' && text[at] <= '9'; at++)
        decimals++;
    return at == length ? decimals : 0;
}

static int parse_amount(struct r3_decimal *out, const char *text, size_t length, struct r3_error *error) {
    size_t decimals = count_decimals(text, length);
    if (decimals <= R3_DECIMAL_SCALE_MAX)
        return r3_decimal_parse_number(out, text, length, error);
    size_t kept = length - (decimals - R3_DECIMAL_SCALE_MAX);
    bool more = false;
    for (size_t i = kept; i < length; i++)
        more = more || text[i] != '0';
    if (r3_decimal_parse(out, text, kept, error) < 0)
        return -1;
    /* What is below zero was rounded up when it was cut. */
    return more && *text != '-' ? r3_decimal_add(out, out, &R3_DECIMAL(1, R3_DECIMAL_SCALE_MAX), error) : 0;
}

int r3_kucoin_value_decimal(const struct r3_json_document *document, const struct r3_json *value, unsigned flags,
                            struct r3_decimal *out, struct r3_error *error) {
    size_t length = 0;
    *out = r3_decimal_absent;
    if (is_none(value))
        return flags & R3_KUCOIN_OPTIONAL ? 0 : r3_fail(error, R3_DATA, "is missing");
    const char *text = r3_json_text(value, &length);
    if (!text)
        text = r3_json_number_text(document, value, &length);
    if (!text)
        return r3_fail(error, R3_DATA, "not a number");
    struct r3_decimal read = r3_decimal_zero;
    if (flags & R3_KUCOIN_AMOUNT ? parse_amount(&read, text, length, error) < 0
                                 : r3_decimal_parse_number(&read, text, length, error) < 0)
        return -1;
    if (r3_decimal_is_negative(&read) && !(flags & R3_KUCOIN_MAY_BE_NEGATIVE))
        return r3_fail(error, R3_DATA, "below zero");
    if (r3_decimal_is_zero(&read) && flags & R3_KUCOIN_ZERO_IS_NONE)
        return 0;
    if (flags & R3_KUCOIN_ABOVE_ZERO && !r3_decimal_is_positive(&read))
        return r3_fail(error, R3_DATA, "not above zero");
    r3_decimal_normalize(&read);
    *out = read;
    return 0;
}

int r3_kucoin_member_decimal(const struct r3_kucoin_object *object, const char *name, unsigned flags,
                             struct r3_decimal *out, struct r3_error *error) {
    if (r3_kucoin_value_decimal(object->document, r3_json_member(object->value, name), flags, out, error) < 0)
        return r3_error_at(error, "%s: %s: ", object->what, name);
    return 0;
}

/* ---- others ---- */

int r3_kucoin_member_integer(const struct r3_kucoin_object *object, const char *name, unsigned flags, int64_t *out,
                             struct r3_error *error) {
    const struct r3_json *value = r3_json_member(object->value, name);
    *out = 0;
    if (is_none(value))
        return flags & R3_KUCOIN_OPTIONAL ? 0 : fail(object, name, "is missing", error);
    if (r3_json_kind(value) != R3_JSON_INTEGER || r3_json_integer(value) < 0)
        return fail(object, name, "not a whole number", error);
    *out = r3_json_integer(value);
    return 0;
}

int r3_kucoin_member_boolean(const struct r3_kucoin_object *object, const char *name, bool *out,
                             struct r3_error *error) {
    const struct r3_json *value = r3_json_member(object->value, name);
    if (is_none(value) || r3_json_kind(value) != R3_JSON_BOOLEAN)
        return fail(object, name, "neither true nor false", error);
    *out = r3_json_is_true(value);
    return 0;
}

int r3_kucoin_member_text(const struct r3_kucoin_object *object, const char *name, unsigned flags, char *out,
                          size_t size, struct r3_error *error) {
    const struct r3_json *value = r3_json_member(object->value, name);
    size_t length = 0;
    out[0] = '\0';
    if (is_none(value))
        return flags & R3_KUCOIN_OPTIONAL ? 0 : fail(object, name, "is missing", error);
    const char *text = r3_json_text(value, &length);
    if (!text)
        return fail(object, name, "not a text", error);
    if (length == 0 && !(flags & R3_KUCOIN_OPTIONAL))
        return fail(object, name, "is empty", error);
    return r3_copy_text(out, size, text, length) == 0 ? 0 : fail(object, name, "too long", error);
}

int r3_kucoin_member_digits(const struct r3_kucoin_object *object, const char *name, char *out, size_t size,
                            struct r3_error *error) {
    const struct r3_json *value = r3_json_member(object->value, name);
    size_t length = 0;
    out[0] = '\0';
    if (is_none(value))
        return fail(object, name, "is missing", error);
    const char *text = r3_json_kind(value) == R3_JSON_INTEGER ? r3_json_number_text(object->document, value, &length)
                                                              : r3_json_text(value, &length);
    if (!text || length == 0 || strspn(text, "0123456789") < length)
        return fail(object, name, "not a number's digits", error);
    return r3_copy_text(out, size, text, length) == 0 ? 0 : fail(object, name, "too long", error);
}
