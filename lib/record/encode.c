#include <math.h>

#include "lib/base/io.h"
#include "lib/json/json.h"
#include "lib/record/members.h"

/* Records → canonical lines. A record that would give a line which the decoder refuses is a defect of the program that made
 * it, R3_BUG: nothing of it is written. */

enum {
    NUMBER_ROOM = 48, /* of a decimal with its quotes, an integer or a double */
    LINE_ROOM =
        8192 /* of a whole line but its borrowed texts: 32 members, and texts of less than 1,000 bytes, each escaped */
};
_Static_assert(R3_MEMBERS_MAX *(R3_KEY_SIZE + NUMBER_ROOM) + 5 * 6 * R3_ID_SIZE +
                       6 * (R3_TEXT_SIZE + 2 * R3_NAME_SIZE) <
                   LINE_ROOM,
               "a line must fit its room");

static int fail_member(struct r3_error *error, const struct r3_record_table *table, const struct r3_member *member,
                       const char *what) {
    return r3_fail(error, R3_BUG, "%s: %s: %s", table->name, member->name, what);
}

/* Append a text of `class` characters alone: they need no escapes. */
static char *put_word(char *out, const struct r3_record_table *table, const struct r3_member *member, const char *text,
                      struct r3_error *error) {
    const char *end = text + member->size;
    *out++ = '"';
    while (text < end && r3_character_class[(unsigned char)*text] & member->class)
        *out++ = *text++;
    if (text == end || *text != '\0') {
        fail_member(error, table, member, text == end ? "no end" : "characters that are not allowed");
        return NULL;
    }
    *out++ = '"';
    return out;
}

/* Append any text; NULL on error. */
static char *put_text(char *out, const struct r3_record_table *table, const struct r3_member *member, const char *text,
                      struct r3_error *error) {
    if (member->class != R3_CLASS_PLAIN && !member->names)
        return put_word(out, table, member, text, error);
    size_t length = strnlen(text, member->size);
    if (length < member->size && r3_member_text_fits(member, text, length))
        return r3_json_put_text(out, text, length);
    fail_member(error, table, member, length == member->size ? "no end" : "characters that are not allowed");
    return NULL;
}

static char *put_name(char *out, const struct r3_record_table *table, const struct r3_member *member, unsigned index,
                      struct r3_error *error) {
    const char *text;
    size_t length;
    if (index >= (member->kind == R3_MEMBER_TIMEFRAME ? (unsigned)R3_TIMEFRAME_COUNT : member->names->count)) {
        fail_member(error, table, member, "not one of its names");
        return NULL;
    }
    if (member->kind == R3_MEMBER_TIMEFRAME) {
        text = r3_timeframe_name((enum r3_timeframe)index);
        length = strlen(text);
    } else {
        text = member->names->name[index].text;
        length = member->names->name[index].length;
    }
    *out++ = '"';
    memcpy(out, text, length);
    out += length;
    *out++ = '"';
    return out;
}

static char *put_decimal(char *out, const struct r3_record_table *table, const struct r3_member *member,
                         const struct r3_decimal *value, struct r3_error *error) {
    if (!r3_member_allows(member, value)) {
        fail_member(error, table, member, member->rule == R3_SIGN_POSITIVE ? "not above 0" : "below 0");
        return NULL;
    }
    *out++ = '"';
    out += r3_decimal_format(out, value);
    *out++ = '"';
    return out;
}

static bool is_present(const struct r3_record *record, const struct r3_member *member) {
    const void *place = r3_member_of(record, member);
    switch ((enum r3_member_kind)member->kind) {
    case R3_MEMBER_TEXT:
        return *(const char *)place != '\0';
    case R3_MEMBER_BORROWED:
        return *(const char *const *)place && **(const char *const *)place;
    case R3_MEMBER_ENUM:
    case R3_MEMBER_TIMEFRAME:
        return *(const unsigned *)place != 0;
    case R3_MEMBER_DECIMAL:
        return r3_decimal_is_present(place);
    case R3_MEMBER_INTEGER:
        return member->required || *(const int64_t *)place != 0;
    case R3_MEMBER_TIME:
        return *(const int64_t *)place != R3_TIME_ABSENT;
    case R3_MEMBER_DOUBLE:
        break;
    }
    return true;
}

/* Append the value; NULL on error. The caller has made room. */
static char *put_value(char *out, const struct r3_record_table *table, const struct r3_member *member,
                       const struct r3_record *record, struct r3_error *error) {
    const void *place = r3_member_of(record, member);
    int64_t integer;
    switch ((enum r3_member_kind)member->kind) {
    case R3_MEMBER_TEXT:
        return put_text(out, table, member, place, error);
    case R3_MEMBER_BORROWED: {
        const char *text = *(const char *const *)place;
        if (r3_json_is_utf8(text, strlen(text)))
            return r3_json_put_text(out, text, strlen(text));
        fail_member(error, table, member, "characters that are not allowed");
        return NULL;
    }
    case R3_MEMBER_ENUM:
    case R3_MEMBER_TIMEFRAME:
        return put_name(out, table, member, *(const unsigned *)place, error);
    case R3_MEMBER_DECIMAL:
        return put_decimal(out, table, member, place, error);
    case R3_MEMBER_INTEGER:
    case R3_MEMBER_TIME:
        integer = *(const int64_t *)place;
        if (member->kind == R3_MEMBER_TIME ? integer >= 0 && integer < R3_TIME_END : integer >= member->minimum)
            return out + r3_decimal_format(out, &R3_DECIMAL(integer, 0));
        fail_member(error, table, member, "out of range");
        return NULL;
    case R3_MEMBER_DOUBLE:
        if (isfinite(*(const double *)place))
            return out + r3_json_format_real(out, *(const double *)place);
        fail_member(error, table, member, "not finite");
        return NULL;
    }
    fail_member(error, table, member, "unknown kind");
    return NULL;
}

/* Bytes that the line can need at most. */
static size_t room_for(const struct r3_record *record) {
    size_t room = LINE_ROOM;
    if (record->type == R3_COMMAND) { /* the one that borrows texts of any length */
        room += record->command.label ? 6 * strlen(record->command.label) : 0;
        room += record->command.pipeline ? 6 * strlen(record->command.pipeline) : 0;
    }
    return room;
}

int r3_record_encode_members(struct r3_buffer *out, const struct r3_record *record, struct r3_error *error) {
    const struct r3_record_table *table = &r3_record_tables[record->type];
    if (!table->members)
        return r3_fail(error, R3_BUG, "a record of unknown type has no line");
    if (table->check && table->check(record, error)) {
        error->status = R3_BUG;
        return -1;
    }
    char *start = r3_buffer_reserve(out, room_for(record)), *at = start;
    memcpy(at, "{\"type\":\"", 9);
    at += 9;
    memcpy(at, table->name, table->name_length);
    at += table->name_length;
    *at++ = '"';
    for (size_t i = 0; i < table->count; i++) {
        const struct r3_member *member = &table->members[i];
        if (!is_present(record, member)) {
            if (member->required)
                return fail_member(error, table, member, "missing");
            continue;
        }
        memcpy(at, member->key, R3_KEY_SIZE); /* the whole array: a fixed size is faster, and there is room */
        at = put_value(at + member->key_length, table, member, record, error);
        if (!at)
            return -1;
    }
    if (at - start > R3_LINE_MAX - 2)
        return r3_fail(error, R3_BUG, "%s: a line longer than %d bytes", table->name, R3_LINE_MAX);
    *at++ = '}';
    *at++ = '\n';
    *at = '\0';
    out->length += (size_t)(at - start);
    return 0;
}

int r3_record_encode(struct r3_buffer *out, const struct r3_record *record, struct r3_error *error) {
    if (record->type == R3_CANDLE) {
        char *start = r3_buffer_reserve(out, LINE_ROOM), *end = r3_record_encode_candle(start, &record->candle);
        if (end) {
            out->length += (size_t)(end - start);
            return 0;
        }
    }
    return r3_record_encode_members(out, record, error);
}
