#include "lib/record/members.h"
#include "lib/record/scan.h"

/* The canonical decoder: reads at sight what r3_record_encode writes, and leaves everything else, right or wrong, to the JSON
 * decoder. So it needs no messages, and it may be strict for the sake of speed: any escape, space, other order, unknown
 * member or byte above 127 makes it step aside (return 0, or NULL in the helpers).
 *
 * Scanning needs no bounds check: the byte behind the line ends it (a newline or NUL, r3_record_decode asks for it), and
 * both stop every loop here, since neither is a character that a value may hold. */

enum { HEAD_LENGTH = 9 /* of {"type":" */ };

/* A text of `class` characters alone, copied with its NUL, eight bytes at a time as long as line and array have so many (what is
 * written behind the NUL is 0). `at` stands on the opening quote. */
static inline const char *read_text(const char *at, const char *end, char *out, size_t size, uint8_t class) {
    if (*at++ != '"')
        return NULL;
    size_t length = 0;
    for (; R3_SCAN_WIDE && length + 8 < size && end - at >= 8; length += 8, at += 8) {
        uint64_t word = r3_scan_bytes(at);
        unsigned count = r3_scan_ahead_of(word, '"');
        word = r3_scan_first(word, count);
        if (!r3_scan_is_class(word, count, class))
            return NULL;
        memcpy(out + length, &word, sizeof word);
        if (count < 8)
            return at + count + 1;
    }
    for (; r3_character_class[(unsigned char)*at] & class; at++) {
        if (length + 1 >= size)
            return NULL;
        out[length++] = *at;
    }
    if (*at != '"')
        return NULL;
    out[length] = '\0';
    return at + 1;
}

static inline const char *read_name(const char *at, const char *end, const struct r3_names *names, unsigned *out) {
    if (*at++ != '"')
        return NULL;
    for (unsigned i = 1; i < names->count; i++) {
        const struct r3_name *name = &names->name[i];
        /* The first character settles most. */
        if (*at == *name->text && (size_t)(end - at) > name->length && r3_scan_same(at, name->text, name->length) &&
            at[name->length] == '"') {
            *out = i;
            return at + name->length + 1;
        }
    }
    return NULL;
}

static inline const char *read_timeframe(const char *at, enum r3_timeframe *out) {
    if (*at++ != '"')
        return NULL;
    size_t length = 0;
    while (r3_character_class[(unsigned char)at[length]] & R3_CLASS_WORD)
        length++;
    if (at[length] != '"' || length == 0 || r3_timeframe_from_name(out, at, length) || *out == R3_TIMEFRAME_NONE)
        return NULL;
    return at + length + 1;
}

/* A JSON number; plain ones of up to 15 digits exactly by one division (Clinger 1990), others by strtod. */
static const char *read_double(const char *at, double *out) {
    static const double power[] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
    };
    const char *start = at;
    bool negative = *at == '-', wide = false;
    at += negative;
    const char *from = at;
    int64_t value = 0;
    int digits = 0, places = 0;
    for (; r3_scan_is_digit(*at); at++, digits++)
        value = digits < R3_SCAN_DIGITS ? value * 10 + (*at - '0') : value;
    if (digits == 0 || digits > R3_SCAN_DIGITS || (*from == '0' && digits > 1))
        return NULL;
    if (*at == '.') {
        for (at++; r3_scan_is_digit(*at); at++, places++)
            value = digits + places < R3_SCAN_DIGITS ? value * 10 + (*at - '0') : value;
        if (places == 0)
            return NULL;
    }
    wide = digits + places > 15;
    if (*at == 'e' || *at == 'E') {
        wide = true;
        at++;
        at += *at == '-' || *at == '+';
        if (!r3_scan_is_digit(*at))
            return NULL;
        while (r3_scan_is_digit(*at))
            at++;
    }
    double number = wide ? strtod(start, NULL) : (double)(negative ? -value : value) / power[places];
    if (!(number - number == 0)) /* infinite */
        return NULL;
    *out = number == 0 ? 0 : number;
    return at;
}

/* A decimal of more than 18 digits: equity and cost have 14 behind the point. */
static const char *read_long_decimal(const char *at, struct r3_decimal *out) {
    struct r3_error unused;
    const char *from = ++at;
    while (r3_scan_is_digit(*at) || *at == '.' || *at == '-')
        at++;
    if (*at != '"' || r3_decimal_parse(out, from, (size_t)(at - from), &unused))
        return NULL;
    r3_decimal_normalize(out);
    return at + 1;
}

static inline const char *read_value(const char *at, const char *end, struct r3_record *record,
                                     const struct r3_member *member) {
    void *place = r3_member_in(record, member);
    int64_t coefficient;
    int32_t scale;
    switch ((enum r3_member_kind)member->kind) {
    case R3_MEMBER_TEXT:
        if (member->names)
            return NULL;
        at = read_text(at, end, place, member->size, member->class);
        return at && (!member->required || *(char *)place) ? at : NULL;
    case R3_MEMBER_BORROWED:
        return NULL; /* commands are rare: the JSON decoder keeps their texts */
    case R3_MEMBER_ENUM:
        return read_name(at, end, member->names, place);
    case R3_MEMBER_TIMEFRAME:
        return read_timeframe(at, place);
    case R3_MEMBER_DECIMAL: {
        struct r3_decimal *decimal = place;
        const char *behind = r3_scan_decimal(at, end, &coefficient, &scale);
        if (behind) {
            decimal->coefficient = coefficient;
            decimal->scale = scale;
        } else if (*at == '"') {
            behind = read_long_decimal(at, decimal);
        }
        return behind && r3_member_allows(member, decimal) ? behind : NULL;
    }
    case R3_MEMBER_INTEGER:
        at = r3_scan_integer(at, end, place);
        return at && *(int64_t *)place >= member->minimum ? at : NULL;
    case R3_MEMBER_TIME:
        at = r3_scan_integer(at, end, place);
        return at && *(int64_t *)place < R3_TIME_END ? at : NULL;
    case R3_MEMBER_DOUBLE:
        return read_double(at, place);
    }
    return NULL;
}

static const char *read_members(const char *at, const char *end, struct r3_record *record,
                                const struct r3_record_table *table) {
    for (size_t i = 0; i < table->count; i++) {
        const struct r3_member *member = &table->members[i];
        if ((size_t)(end - at) > member->key_length && r3_scan_same(at, member->key, member->key_length)) {
            at = read_value(at + member->key_length, end, record, member);
            if (!at)
                return NULL;
        } else if (member->required) {
            return NULL;
        } else {
            r3_member_clear(record, member);
        }
    }
    return at;
}

/* The type whose name and closing quote stand at `at`; R3_UNKNOWN: none, or not found so. */
static inline enum r3_record_type read_type(const struct r3_decoder *decoder, const char *at, const char *end) {
    enum r3_record_type type = decoder->types[r3_type_slot(at)];
    const struct r3_record_table *table = &r3_record_tables[type];
    return (size_t)(end - at) > table->name_length && r3_scan_same(at, table->name, table->name_length) &&
                   at[table->name_length] == '"'
               ? type
               : R3_UNKNOWN;
}

static int decode_any(const struct r3_decoder *decoder, struct r3_record *record, const char *line, size_t length) {
    const char *end = line + length, *at = line + HEAD_LENGTH;
    enum r3_record_type type = read_type(decoder, at, end);
    if (type == R3_UNKNOWN)
        return 0;
    const struct r3_record_table *table = &r3_record_tables[type];
    struct r3_error unused;
    record->type = type;
    at = read_members(at + table->name_length + 1, end, record, table);
    if (!at || *at != '}' || at + 1 != end)
        return 0;
    if (type == R3_STREAM && record->stream.version > R3_STREAM_VERSION)
        return 0;
    return !table->check || table->check(record, &unused) == 0;
}

int r3_record_decode_canonical(struct r3_decoder *decoder, struct r3_record *record, const char *line, size_t length) {
    if (length < HEAD_LENGTH + 4 || memcmp(line, "{\"type\":\"", HEAD_LENGTH) != 0)
        return 0;
    if (line[HEAD_LENGTH] == 'c' &&
        ((decoder->wide && r3_record_decode_candle_wide(decoder, record, line, length + 1, line + length - 1)) ||
         r3_record_decode_candle(decoder, record, line, length)))
        return 1;
    if (!decode_any(decoder, record, line, length))
        return 0;
    if (record->type == R3_CANDLE)
        r3_record_remember_candle(decoder, &record->candle, line, length);
    return 1;
}
