#include "lib/base/io.h"
#include "lib/json/json.h"
#include "lib/record/members.h"

/* The general decoder: any spelling that JSON allows, members in any order, unknown members passed over. It judges every line
 * that the canonical decoder (decode.c) does not know at sight, and so it is the one that words the errors. */

enum { DIGITS_OF_A_DOUBLE = 15 /* DBL_DIG: that many decimal digits survive a double */ };

static int fail_value(struct r3_error *error, const struct r3_member *member, const char *what, const char *text,
                      size_t length) {
    int shown = length > 60 ? 60 : (int)length;
    return r3_fail(error, R3_DATA, "%s: %s: \"%.*s\"", member->name, what, shown, text);
}

static int fail_kind(struct r3_error *error, const struct r3_member *member, const char *what) {
    return r3_fail(error, R3_DATA, "%s: not %s", member->name, what);
}

static int take_text(struct r3_record *record, const struct r3_member *member, const struct r3_json *value,
                     struct r3_error *error) {
    size_t length = 0;
    const char *text = r3_json_text(value, &length);
    if (!text)
        return fail_kind(error, member, "a text");
    if (length >= member->size)
        return r3_fail(error, R3_DATA, "%s: longer than %d bytes", member->name, member->size - 1);
    if (length == 0 && member->required)
        return r3_fail(error, R3_DATA, "%s: empty", member->name);
    if (!r3_member_text_fits(member, text, length))
        return fail_value(error, member, "not allowed", text, length);
    memcpy(r3_member_in(record, member), text, length + 1);
    return 0;
}

static int take_borrowed(struct r3_decoder *decoder, struct r3_record *record, const struct r3_member *member,
                         const struct r3_json *value, struct r3_error *error) {
    size_t length = 0;
    const char *text = r3_json_text(value, &length);
    if (!text)
        return fail_kind(error, member, "a text");
    if (member->size > 0 && length >= member->size)
        return r3_fail(error, R3_DATA, "%s: longer than %d bytes", member->name, member->size - 1);
    if (length == 0 && member->required)
        return r3_fail(error, R3_DATA, "%s: empty", member->name);
    if (length == 0)
        return 0;
    /* r3_record_decode_json made room for the whole line, so the texts that stand here do not move. */
    const char *place = decoder->borrowed.data + decoder->borrowed.length;
    r3_buffer_append(&decoder->borrowed, text, length + 1);
    *(const char **)r3_member_in(record, member) = place;
    return 0;
}

static int take_name(struct r3_record *record, const struct r3_member *member, const struct r3_json *value,
                     struct r3_error *error) {
    size_t length = 0;
    const char *text = r3_json_text(value, &length);
    if (!text)
        return fail_kind(error, member, "a text");
    unsigned *place = r3_member_in(record, member);
    if (member->kind == R3_MEMBER_TIMEFRAME) {
        enum r3_timeframe timeframe;
        if (r3_timeframe_from_name(&timeframe, text, length) || timeframe == R3_TIMEFRAME_NONE)
            return fail_value(error, member, "not a timeframe", text, length);
        *place = timeframe;
        return 0;
    }
    for (unsigned i = 1; i < member->names->count; i++)
        if (member->names->name[i].length == length && memcmp(member->names->name[i].text, text, length) == 0) {
            *place = i;
            return 0;
        }
    return fail_value(error, member, "not one of its names", text, length);
}

/* Significant digits of a JSON number's mantissa: zeros at either end do not count. */
static int significant_digits(const char *text, size_t length) {
    int count = 0, zeros = 0;
    for (size_t i = 0; i < length && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] < '0' || text[i] > '9' || (text[i] == '0' && count == 0))
            continue;
        zeros = text[i] == '0' ? zeros + 1 : 0;
        count++;
    }
    return count - zeros;
}

static int take_decimal(const struct r3_json_document *document, struct r3_record *record,
                        const struct r3_member *member, const struct r3_json *value, struct r3_error *error) {
    size_t length = 0;
    struct r3_decimal decimal;
    const char *text = r3_json_text(value, &length);
    if (text) {
        if (r3_decimal_parse(&decimal, text, length, error))
            return r3_error_at(error, "%s: ", member->name);
    } else {
        text = r3_json_number_text(document, value, &length);
        if (!text)
            return fail_kind(error, member, "a decimal");
        if (significant_digits(text, length) > DIGITS_OF_A_DOUBLE)
            return fail_value(error, member, "a plain number of more than 15 digits is not exact, write it as a string",
                              text, length);
        if (r3_decimal_parse_number(&decimal, text, length, error))
            return r3_error_at(error, "%s: ", member->name);
    }
    r3_decimal_normalize(&decimal);
    if (!r3_member_allows(member, &decimal))
        return r3_fail(error, R3_DATA, "%s: %.*s is not %s", member->name, length > 60 ? 60 : (int)length, text,
                       r3_member_rule_text(member));
    struct r3_decimal *place = r3_member_in(record, member);
    place->coefficient = decimal.coefficient;
    place->scale = decimal.scale;
    return 0;
}

static int take_integer(struct r3_record *record, const struct r3_member *member, const struct r3_json *value,
                        struct r3_error *error) {
    if (r3_json_kind(value) != R3_JSON_INTEGER)
        return fail_kind(error, member, "an integer");
    int64_t integer = r3_json_integer(value);
    if (member->kind == R3_MEMBER_TIME && (integer < 0 || integer >= R3_TIME_END))
        return r3_fail(error, R3_DATA, "%s: %lld is outside 1970 to 9999", member->name, (long long)integer);
    if (member->kind == R3_MEMBER_INTEGER && integer < member->minimum)
        return r3_fail(error, R3_DATA, "%s: %lld is below %d", member->name, (long long)integer, member->minimum);
    *(int64_t *)r3_member_in(record, member) = integer;
    return 0;
}

static int take_double(struct r3_record *record, const struct r3_member *member, const struct r3_json *value,
                       struct r3_error *error) {
    enum r3_json_kind kind = r3_json_kind(value);
    if (kind != R3_JSON_INTEGER && kind != R3_JSON_REAL)
        return fail_kind(error, member, "a number");
    double number = r3_json_real(value);
    *(double *)r3_member_in(record, member) = number == 0 ? 0 : number; /* no -0 */
    return 0;
}

static int take_member(struct r3_decoder *decoder, const struct r3_json_document *document, struct r3_record *record,
                       const struct r3_member *member, const struct r3_json *value, struct r3_error *error) {
    switch ((enum r3_member_kind)member->kind) {
    case R3_MEMBER_TEXT:
        return take_text(record, member, value, error);
    case R3_MEMBER_BORROWED:
        return take_borrowed(decoder, record, member, value, error);
    case R3_MEMBER_ENUM:
    case R3_MEMBER_TIMEFRAME:
        return take_name(record, member, value, error);
    case R3_MEMBER_DECIMAL:
        return take_decimal(document, record, member, value, error);
    case R3_MEMBER_INTEGER:
    case R3_MEMBER_TIME:
        return take_integer(record, member, value, error);
    case R3_MEMBER_DOUBLE:
        return take_double(record, member, value, error);
    }
    return r3_fail(error, R3_BUG, "%s: kind %d", member->name, member->kind);
}

static int read_type(enum r3_record_type *type, const struct r3_json *root, struct r3_error *error) {
    if (r3_json_kind(root) != R3_JSON_OBJECT)
        return r3_fail(error, R3_DATA, "not a JSON object");
    const char *first = r3_json_first_name(root);
    if (!first || strcmp(first, "type") != 0)
        return r3_fail(error, R3_DATA, "type: not the first member");
    size_t length = 0;
    const char *name = r3_json_text(r3_json_member(root, "type"), &length);
    if (!name)
        return r3_fail(error, R3_DATA, "type: not a text");
    *type = r3_record_type_from_name(name, length);
    return 0;
}

int r3_record_decode_json(struct r3_decoder *decoder, struct r3_record *record, const char *line, size_t length,
                          struct r3_error *error) {
    struct r3_json_document *document = NULL;
    int result = -1;
    enum r3_record_type type = R3_UNKNOWN;
    if (r3_json_parse(&document, line, length, R3_LINE_MAX, error))
        goto out;
    const struct r3_json *root = r3_json_root(document);
    if (read_type(&type, root, error))
        goto out;
    const struct r3_record_table *table = &r3_record_tables[type];
    r3_record_init(record, type);
    r3_buffer_reset(&decoder->borrowed);
    r3_buffer_reserve(&decoder->borrowed, length + 2);
    for (size_t i = 0; i < table->count; i++) {
        const struct r3_member *member = &table->members[i];
        const struct r3_json *value = r3_json_member(root, member->name);
        if (!value && member->required) {
            r3_fail(error, R3_DATA, "%s: %s is missing", table->name, member->name);
            goto out;
        }
        if (value && take_member(decoder, document, record, member, value, error))
            goto out;
    }
    if (table->check && table->check(record, error))
        goto out;
    if (type == R3_STREAM && record->stream.version > R3_STREAM_VERSION) {
        r3_fail(error, R3_PROTOCOL, "stream: version %lld is newer than this program's %d",
                (long long)record->stream.version, R3_STREAM_VERSION);
        goto out;
    }
    result = 0;
out:
    r3_json_free(document);
    return result;
}
