#include "lib/record/state_members.h"

#include <string.h>

#include "lib/base/time.h"
#include "lib/record/members.h"

enum { WORD_MAX = 255 };
static const int64_t INTEGER_MAX = (INT64_C(1) << 53) - 1; /* what every JSON library reads exactly */

#define NAMES(array)                                                                                                   \
    { array, sizeof(array) / sizeof(array)[0] }
static const char *const timeframe_names[] = { "",   "1m", "3m", "5m",  "15m", "30m", "1H", "2H",
                                               "4H", "6H", "8H", "12H", "1D",  "1W",  "1M" };
static const char *const direction_names[] = { "", "LONG", "SHORT", "FLAT" };
static const char *const role_names[] = { "", "ENTRY", "EXIT", "TP", "SL", "MO" };
static const char *const side_names[] = { "", "BUY", "SELL" };
static const char *const kind_names[] = { "", "MARKET", "LIMIT", "STOP" };
static const char *const fill_names[] = { "", "NEXT_OPEN", "CLOSE" };
const struct r3_state_names r3_state_timeframes = NAMES(timeframe_names), r3_state_directions = NAMES(direction_names),
                            r3_state_roles = NAMES(role_names), r3_state_sides = NAMES(side_names),
                            r3_state_kinds = NAMES(kind_names), r3_state_fills = NAMES(fill_names);

/* ---- writing ---- */

static void begin_member(struct r3_buffer *out, const char *name) {
    char last = out->length ? out->data[out->length - 1] : '{';
    if (last != '{' && last != '[')
        r3_buffer_append(out, ",", 1);
    if (name)
        r3_buffer_printf(out, "\"%s\":", name);
}

void r3_state_open(struct r3_buffer *out, const char *name, char bracket) {
    begin_member(out, name);
    r3_buffer_append(out, &bracket, 1);
}

void r3_state_close(struct r3_buffer *out, char bracket) {
    r3_buffer_append(out, &bracket, 1);
}

void r3_state_put_text(struct r3_buffer *out, const char *name, const char *text, size_t length) {
    begin_member(out, name);
    r3_json_write_text(out, text, length);
}

void r3_state_put_integer(struct r3_buffer *out, const char *name, int64_t value) {
    begin_member(out, name);
    r3_buffer_printf(out, "%lld", (long long)value);
}

static void put_flag(struct r3_buffer *out, const char *name, bool value) {
    begin_member(out, name);
    r3_buffer_append_text(out, value ? "true" : "false");
}

static void put_decimal(struct r3_buffer *out, const char *name, const struct r3_decimal *value) {
    char text[R3_DECIMAL_TEXT_SIZE];
    r3_state_put_text(out, name, text, r3_decimal_format(text, value));
}

static void put_member(struct r3_buffer *out, const struct r3_state_member *member, const void *place) {
    const char *name = member->name;
    switch (member->kind) {
    case R3_STATE_WORD:
        if (*(const char *)place)
            r3_state_put_text(out, name, place, strlen(place));
        break;
    case R3_STATE_DECIMAL:
        if (r3_decimal_is_present(place))
            put_decimal(out, name, place);
        break;
    case R3_STATE_TIME:
        if (*(const int64_t *)place != R3_TIME_ABSENT)
            r3_state_put_integer(out, name, *(const int64_t *)place);
        break;
    case R3_STATE_INTEGER:
        r3_state_put_integer(out, name, *(const int64_t *)place);
        break;
    case R3_STATE_COUNT:
        r3_state_put_integer(out, name, (int64_t) * (const uint64_t *)place);
        break;
    case R3_STATE_SMALL:
        r3_state_put_integer(out, name, *(const int *)place);
        break;
    case R3_STATE_NATURAL:
        r3_state_put_integer(out, name, *(const unsigned *)place);
        break;
    case R3_STATE_FLAG:
        put_flag(out, name, *(const bool *)place);
        break;
    case R3_STATE_NAME: {
        const char *word = member->names->name[*(const unsigned *)place];
        if (*word)
            r3_state_put_text(out, name, word, strlen(word));
        break;
    }
    }
}

void r3_state_put_members(struct r3_buffer *out, const struct r3_state_table *table, const void *place) {
    for (size_t i = 0; i < table->count; i++)
        put_member(out, &table->members[i], (const char *)place + table->members[i].offset);
}

void r3_state_put_object(struct r3_buffer *out, const char *name, const struct r3_state_table *table,
                         const void *place) {
    r3_state_open(out, name, '{');
    r3_state_put_members(out, table, place);
    r3_state_close(out, '}');
}

int r3_state_put_record(struct r3_buffer *out, const char *name, const struct r3_record *record,
                        struct r3_error *error) {
    begin_member(out, name);
    if (r3_record_encode(out, record, error) < 0)
        return -1;
    out->data[--out->length] = '\0'; /* the newline */
    return 0;
}

/* ---- reading ---- */

static int refuse_kind(struct r3_error *error, const char *name, const char *what) {
    return r3_fail(error, R3_DATA, "%s: not %s", name, what);
}

static bool is_word(const char *text, size_t length) {
    return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == length;
}

static int read_word(const char **out, const char *name, const struct r3_json *value, size_t size,
                     struct r3_error *error) {
    size_t length = 0;
    const char *text = r3_json_text(value, &length);
    if (!text || length == 0 || !is_word(text, length))
        return refuse_kind(error, name, "a word of A-Za-z0-9_-");
    if (length >= size)
        return r3_fail(error, R3_DATA, "%s: longer than %zu bytes", name, size - 1);
    *out = text;
    return 0;
}

static int read_decimal(struct r3_decimal *out, const struct r3_state_member *member, const struct r3_json *value,
                        struct r3_error *error) {
    size_t length = 0;
    const char *text = r3_json_text(value, &length);
    if (!text)
        return refuse_kind(error, member->name, "a decimal");
    if (r3_decimal_parse(out, text, length, error) < 0)
        return r3_error_at(error, "%s: ", member->name);
    r3_decimal_normalize(out);
    int sign = r3_decimal_sign(out);
    if (member->rule == R3_STATE_POSITIVE && sign <= 0)
        return refuse_kind(error, member->name, "above 0");
    if (member->rule == R3_STATE_NOT_NEGATIVE && sign < 0)
        return refuse_kind(error, member->name, "0 or more");
    return 0;
}

static int read_integer(int64_t *out, const char *name, const struct r3_json *value, int64_t most,
                        struct r3_error *error) {
    if (r3_json_kind(value) != R3_JSON_INTEGER)
        return refuse_kind(error, name, "an integer");
    *out = r3_json_integer(value);
    if (*out < 0 || *out > most)
        return r3_fail(error, R3_DATA, "%s: %lld is not 0 to %lld", name, (long long)*out, (long long)most);
    return 0;
}

static int read_name(unsigned *out, const struct r3_state_member *member, const struct r3_json *value,
                     struct r3_error *error) {
    const char *text = r3_json_text(value, NULL);
    for (unsigned i = 0; text && *text && i < member->names->count; i++)
        if (strcmp(member->names->name[i], text) == 0) {
            *out = i;
            return 0;
        }
    return refuse_kind(error, member->name, "one of its names");
}

static int64_t most_of(const struct r3_state_member *member) {
    if (member->most)
        return member->most;
    if (member->kind == R3_STATE_TIME)
        return R3_TIME_END - 1;
    return member->kind == R3_STATE_SMALL || member->kind == R3_STATE_NATURAL ? INT32_MAX : INTEGER_MAX;
}

static int take_member(void *place, const struct r3_state_member *member, const struct r3_json *value,
                       struct r3_error *error) {
    int64_t integer;
    const char *word;
    switch (member->kind) {
    case R3_STATE_WORD:
        if (read_word(&word, member->name, value, member->size, error) < 0)
            return -1;
        return r3_copy_text(place, member->size, word, strlen(word));
    case R3_STATE_DECIMAL:
        return read_decimal(place, member, value, error);
    case R3_STATE_FLAG:
        if (r3_json_kind(value) != R3_JSON_BOOLEAN)
            return refuse_kind(error, member->name, "true or false");
        *(bool *)place = r3_json_is_true(value);
        return 0;
    case R3_STATE_NAME:
        return read_name(place, member, value, error);
    default:
        break;
    }
    if (read_integer(&integer, member->name, value, most_of(member), error) < 0)
        return -1;
    if (member->kind == R3_STATE_SMALL)
        *(int *)place = (int)integer;
    else if (member->kind == R3_STATE_NATURAL)
        *(unsigned *)place = (unsigned)integer;
    else if (member->kind == R3_STATE_COUNT)
        *(uint64_t *)place = (uint64_t)integer;
    else
        *(int64_t *)place = integer;
    return 0;
}

/* Leave it out. */
static void clear(void *place, const struct r3_state_member *member) {
    if (member->kind == R3_STATE_DECIMAL)
        *(struct r3_decimal *)place = r3_decimal_absent;
    else if (member->kind == R3_STATE_TIME)
        *(int64_t *)place = R3_TIME_ABSENT;
    else
        memset(place, 0, member->size);
}

struct known {
    const struct r3_state_table *table;
    const char *const *others;
    const char *unknown;
};

static int check_name(void *context, const char *name, const struct r3_json *value) {
    struct known *known = context;
    (void)value;
    for (size_t i = 0; i < known->table->count; i++)
        if (strcmp(known->table->members[i].name, name) == 0)
            return 0;
    for (size_t i = 0; known->others && known->others[i]; i++)
        if (strcmp(known->others[i], name) == 0)
            return 0;
    known->unknown = name;
    return 1;
}

int r3_state_take_members(void *place, const struct r3_json *object, const struct r3_state_table *table,
                          const char *const *others, struct r3_error *error) {
    struct known known = { table, others, NULL };
    if (!object || r3_json_kind(object) != R3_JSON_OBJECT)
        return r3_fail(error, R3_DATA, "not an object");
    if (r3_json_each(object, check_name, &known))
        return r3_fail(error, R3_DATA, "%.60s: not a member of it", known.unknown);
    for (size_t i = 0; i < table->count; i++) {
        const struct r3_state_member *member = &table->members[i];
        const struct r3_json *value = r3_json_member(object, member->name);
        void *at = (char *)place + member->offset;
        if (!value && !member->optional)
            return r3_fail(error, R3_DATA, "%s is missing", member->name);
        if (!value)
            clear(at, member);
        else if (take_member(at, member, value, error) < 0)
            return -1;
    }
    return 0;
}

int r3_state_take_object(void *place, const struct r3_json *object, const char *name,
                         const struct r3_state_table *table, struct r3_error *error) {
    const struct r3_json *value = r3_json_member(object, name);
    if (!value)
        return r3_fail(error, R3_DATA, "%s is missing", name);
    return r3_state_take_members(place, value, table, NULL, error) < 0 ? r3_error_at(error, "%s: ", name) : 0;
}

int r3_state_take_array(const struct r3_json **out, const struct r3_json *object, const char *name, size_t most,
                        struct r3_error *error) {
    *out = r3_json_member(object, name);
    if (!*out)
        return r3_fail(error, R3_DATA, "%s is missing", name);
    if (r3_json_kind(*out) != R3_JSON_ARRAY)
        return refuse_kind(error, name, "an array");
    if (r3_json_count(*out) > most)
        return r3_fail(error, R3_DATA, "%s: more than %zu", name, most);
    return 0;
}

int r3_state_take_word(const char **out, const struct r3_json *object, const char *name, struct r3_error *error) {
    const struct r3_json *value = r3_json_member(object, name);
    return value ? read_word(out, name, value, WORD_MAX + 1, error) : r3_fail(error, R3_DATA, "%s is missing", name);
}

int r3_state_take_integer(int64_t *out, const struct r3_json *object, const char *name, int64_t most,
                          struct r3_error *error) {
    const struct r3_json *value = r3_json_member(object, name);
    return value ? read_integer(out, name, value, most, error) : r3_fail(error, R3_DATA, "%s is missing", name);
}

int r3_state_take_record(struct r3_record *record, const struct r3_json_document *document, const struct r3_json *value,
                         struct r3_error *error) {
    struct r3_decoder *decoder = r3_decoder_new();
    struct r3_buffer line = R3_BUFFER_INIT;
    r3_json_write(&line, document, value);
    int result = r3_record_decode(decoder, record, line.data, line.length, error);
    r3_buffer_release(&line);
    r3_decoder_free(decoder);
    return result;
}
