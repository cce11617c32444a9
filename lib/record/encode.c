#include <math.h>

#include "lib/base/io.h"
#include "lib/json/json.h"
#include "lib/record/members.h"
#include "lib/record/scan.h"

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

/* What put_… say in place of the end of what they wrote: NULL, and in *wrong why the value has no place in a line. */

/* Append a text of `class` characters alone, which need no escapes, eight at a time (what is written behind the last is overwritten).
 * NULL, *wrong as it was: it has others. */
static inline char *put_word(char *out, const char *text, size_t size, uint8_t class, const char **wrong) {
    const char *end = text + size;
    *out++ = '"';
    for (; R3_SCAN_WIDE && end - text >= 8; text += 8) {
        uint64_t word = r3_scan_bytes(text);
        unsigned count = r3_scan_ahead_of(word, '\0');
        word = r3_scan_first(word, count);
        if (!r3_scan_is_class(word, count, class))
            return NULL;
        memcpy(out, &word, sizeof word);
        out += count;
        if (count < 8) {
            *out++ = '"';
            return out;
        }
    }
    while (text < end && r3_character_class[(unsigned char)*text] & class)
        *out++ = *text++;
    if (text == end)
        *wrong = "no end";
    if (text == end || *text != '\0')
        return NULL;
    *out++ = '"';
    return out;
}

static char *put_text(char *out, const struct r3_member *member, const char *text, const char **wrong) {
    *wrong = NULL;
    char *end = member->names ? NULL : put_word(out, text, member->size, member->class, wrong);
    if (end || *wrong)
        return end;
    *wrong = "characters that are not allowed";
    if (member->class != R3_CLASS_PLAIN && !member->names)
        return NULL;
    size_t length = strnlen(text, member->size);
    if (length < member->size && r3_member_text_fits(member, text, length))
        return r3_json_put_text(out, text, length);
    if (length == member->size)
        *wrong = "no end";
    return NULL;
}

static char *put_borrowed(char *out, const struct r3_member *member, const char *text, const char **wrong) {
    size_t length = strlen(text);
    if ((member->size == 0 || length < member->size) && r3_json_is_utf8(text, length))
        return r3_json_put_text(out, text, length);
    *wrong = member->size > 0 && length >= member->size ? "too long" : "characters that are not allowed";
    return NULL;
}

static inline char *put_name(char *out, const struct r3_member *member, unsigned index, const char **wrong) {
    struct r3_name name;
    if (index >= (member->kind == R3_MEMBER_TIMEFRAME ? (unsigned)R3_TIMEFRAME_COUNT : member->names->count)) {
        *wrong = "not one of its names";
        return NULL;
    }
    if (member->kind == R3_MEMBER_TIMEFRAME) {
        name.text = r3_timeframe_name((enum r3_timeframe)index);
        name.length = strlen(name.text);
    } else {
        name = member->names->name[index];
    }
    *out++ = '"';
    memcpy(out, name.text, name.length);
    out += name.length;
    *out++ = '"';
    return out;
}

static inline char *put_decimal(char *out, const struct r3_member *member, const struct r3_decimal *value,
                                const char **wrong) {
    if (!r3_member_allows(member, value)) {
        *wrong = member->rule == R3_SIGN_POSITIVE ? "not above 0" : "below 0";
        return NULL;
    }
    *out++ = '"';
    out += r3_decimal_format(out, value);
    *out++ = '"';
    return out;
}

static inline char *put_integer(char *out, const struct r3_member *member, int64_t value, const char **wrong) {
    if (member->kind == R3_MEMBER_TIME ? value >= 0 && value < R3_TIME_END : value >= member->minimum)
        return out + r3_decimal_format(out, &R3_DECIMAL(value, 0));
    *wrong = "out of range";
    return NULL;
}

/* Append key and value of a member; nothing where it is absent and may be. The caller has made room. */
static inline char *put_member(char *out, const struct r3_record *record, const struct r3_member *member,
                               const char **wrong) {
    const void *place = r3_member_of(record, member);
    char *at = out + member->key_length;
    memcpy(out, member->key, R3_KEY_SIZE); /* the whole array: a fixed size is faster, and there is room */
    switch ((enum r3_member_kind)member->kind) {
    case R3_MEMBER_TEXT:
        if (*(const char *)place == '\0')
            break;
        return put_text(at, member, place, wrong);
    case R3_MEMBER_BORROWED:
        if (!*(const char *const *)place || !**(const char *const *)place)
            break;
        return put_borrowed(at, member, *(const char *const *)place, wrong);
    case R3_MEMBER_ENUM:
    case R3_MEMBER_TIMEFRAME:
        if (*(const unsigned *)place == 0)
            break;
        return put_name(at, member, *(const unsigned *)place, wrong);
    case R3_MEMBER_DECIMAL:
        if (!r3_decimal_is_present(place))
            break;
        return put_decimal(at, member, place, wrong);
    case R3_MEMBER_INTEGER:
        if (!member->required && *(const int64_t *)place == 0)
            break;
        return put_integer(at, member, *(const int64_t *)place, wrong);
    case R3_MEMBER_TIME:
        if (*(const int64_t *)place == R3_TIME_ABSENT)
            break;
        return put_integer(at, member, *(const int64_t *)place, wrong);
    case R3_MEMBER_DOUBLE:
        if (isfinite(*(const double *)place))
            return at + r3_json_format_real(at, *(const double *)place);
        *wrong = "not finite";
        return NULL;
    }
    *wrong = "missing";
    return member->required ? NULL : out;
}

/* Bytes that the line can need at most. */
static size_t room_for(const struct r3_record *record) {
    size_t room = LINE_ROOM;
    if (record->type == R3_COMMAND) { /* these three borrow longer texts */
        room += record->command.label ? 6 * strlen(record->command.label) : 0;
        room += record->command.pipeline ? 6 * strlen(record->command.pipeline) : 0;
    } else if (record->type == R3_REQUEST) {
        room += record->request.expression ? 6 * strlen(record->request.expression) : 0;
    } else if (record->type == R3_STATE) {
        room += record->state.data ? 6 * strlen(record->state.data) : 0;
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
        const char *wrong = NULL;
        at = put_member(at, record, &table->members[i], &wrong);
        if (!at)
            return fail_member(error, table, &table->members[i], wrong);
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
