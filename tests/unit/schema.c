#include <errno.h>

#include "lib/base/buffer.h"
#include "lib/record/members.h"
#include "tests/unit/check.h"

/* man/schema/TYPE.json says in JSON Schema (draft 2020-12) what lib/record/members.c says in C: what r3 writes, in its canonical
 * spelling. This test makes each schema from the table and compares it with the committed file, so the two cannot drift apart.
 * `schema --write`, from the top of the source, writes the files anew after a table has changed. */

#define DIALECT "https://json-schema.org/draft/2020-12/schema"
#define ABOVE "0\\\\.[0-9]{0,17}[1-9]|[1-9][0-9]*(\\\\.[0-9]{0,17}[1-9])?"

static void put_text_rule(struct r3_buffer *out, const struct r3_member *member) {
    r3_buffer_printf(out, "\"type\": \"string\", \"minLength\": 1");
    if (member->size)
        r3_buffer_printf(out, ", \"maxLength\": %d", member->size - 1);
    if (member->class == R3_CLASS_WORD)
        r3_buffer_printf(out, ", \"pattern\": \"^[A-Za-z0-9_-]+$\"");
    else if (member->class == R3_CLASS_SESSION)
        r3_buffer_printf(out, ", \"pattern\": \"^[A-Za-z0-9_]+$\"");
}

static void put_names(struct r3_buffer *out, const struct r3_member *member) {
    unsigned count = member->kind == R3_MEMBER_TIMEFRAME ? (unsigned)R3_TIMEFRAME_COUNT : member->names->count;
    r3_buffer_printf(out, "\"enum\": [");
    for (unsigned i = 1; i < count; i++)
        r3_buffer_printf(out, "%s\"%s\"", i > 1 ? ", " : "",
                         member->kind == R3_MEMBER_TIMEFRAME ? r3_timeframe_name((enum r3_timeframe)i)
                                                             : member->names->name[i].text);
    r3_buffer_printf(out, "]");
}

static void put_decimal_rule(struct r3_buffer *out, const struct r3_member *member) {
    static const char *const patterns[] = { [R3_SIGN_ANY] = "^(0|-?(" ABOVE "))$",
                                            [R3_SIGN_NOT_NEGATIVE] = "^(0|" ABOVE ")$",
                                            [R3_SIGN_POSITIVE] = "^(" ABOVE ")$" };
    r3_buffer_printf(out, "\"type\": \"string\", \"maxLength\": %d, \"pattern\": \"%s\"", R3_DECIMAL_DIGITS_MAX + 3,
                     patterns[member->rule]);
}

static void put_rule(struct r3_buffer *out, const struct r3_member *member) {
    switch ((enum r3_member_kind)member->kind) {
    case R3_MEMBER_TEXT:
        if (member->names)
            put_names(out, member);
        else
            put_text_rule(out, member);
        break;
    case R3_MEMBER_BORROWED:
        put_text_rule(out, member);
        break;
    case R3_MEMBER_ENUM:
    case R3_MEMBER_TIMEFRAME:
        put_names(out, member);
        break;
    case R3_MEMBER_DECIMAL:
        put_decimal_rule(out, member);
        break;
    case R3_MEMBER_INTEGER:
        r3_buffer_printf(out, "\"type\": \"integer\", \"minimum\": %d, \"maximum\": %lld", member->minimum,
                         (long long)INT64_MAX);
        break;
    case R3_MEMBER_TIME:
        r3_buffer_printf(out, "\"type\": \"integer\", \"minimum\": 0, \"maximum\": %lld", (long long)R3_TIME_END - 1);
        break;
    case R3_MEMBER_DOUBLE:
        r3_buffer_printf(out, "\"type\": \"number\"");
        break;
    }
}

static void put_schema(struct r3_buffer *out, enum r3_record_type type) {
    const struct r3_record_table *table = &r3_record_tables[type];
    r3_buffer_printf(out,
                     "{\n  \"$schema\": \"" DIALECT "\",\n  \"$id\": \"%s.json\",\n  \"title\": \"r3 record: %s\",\n",
                     table->name, table->name);
    r3_buffer_printf(out, "  \"type\": \"object\",\n  \"properties\": {\n    \"type\": { \"const\": \"%s\" }",
                     table->name);
    for (size_t i = 0; i < table->count; i++) {
        r3_buffer_printf(out, ",\n    \"%s\": { ", table->members[i].name);
        put_rule(out, &table->members[i]);
        r3_buffer_printf(out, " }");
    }
    r3_buffer_printf(out, "\n  },\n  \"required\": [\"type\"");
    for (size_t i = 0; i < table->count; i++)
        if (table->members[i].required)
            r3_buffer_printf(out, ", \"%s\"", table->members[i].name);
    r3_buffer_printf(out, "]");
    if (type == R3_ORDER)
        r3_buffer_printf(out, ",\n  \"oneOf\": [{ \"required\": [\"size\"] }, { \"required\": [\"funds\"] }]");
    r3_buffer_printf(out, "\n}\n");
}

/* Those whose members bear names of the user's own have no table: lib/sweep/result.c reads and writes them, and their schemas are written by
 * hand. */
static const char *const written_by_hand[] = { "job", "result" };

/* Every record that r3 knows: one of the types. */
static void put_index(struct r3_buffer *out) {
    r3_buffer_printf(out, "{\n  \"$schema\": \"" DIALECT "\",\n  \"$id\": \"record.json\",\n"
                          "  \"title\": \"r3 record: a line of any type in r3-records(5)\",\n  \"oneOf\": [");
    for (unsigned type = R3_UNKNOWN + 1; type < R3_RECORD_TYPES; type++)
        r3_buffer_printf(out, "%s\n    { \"$ref\": \"%s.json\" }", type > R3_UNKNOWN + 1 ? "," : "",
                         r3_record_tables[type].name);
    for (size_t i = 0; i < sizeof written_by_hand / sizeof written_by_hand[0]; i++)
        r3_buffer_printf(out, ",\n    { \"$ref\": \"%s.json\" }", written_by_hand[i]);
    r3_buffer_printf(out, "\n  ]\n}\n");
}

static void make(struct r3_buffer *out, char path[64], unsigned type) {
    r3_buffer_reset(out);
    snprintf(path, 64, "man/schema/%s.json", type == R3_UNKNOWN ? "record" : r3_record_tables[type].name);
    if (type == R3_UNKNOWN)
        put_index(out);
    else
        put_schema(out, (enum r3_record_type)type);
}

static int write_file(const char *path, const struct r3_buffer *text) {
    FILE *file = fopen(path, "w");
    size_t written = file ? fwrite(text->data, 1, text->length, file) : 0;
    if (!file || fclose(file) != 0 || written != text->length) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 74;
    }
    return 0;
}

static void compare_file(const char *path, const struct r3_buffer *text) {
    static char data[65536];
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(data, 1, sizeof data - 1, file) : 0;
    data[length] = '\0';
    if (file)
        fclose(file);
    CHECK(file != NULL);
    CHECK_TEXT(data, text->data);
}

int main(int argc, char **argv) {
    struct r3_buffer text = R3_BUFFER_INIT;
    char path[64];
    int status = 0;
    for (unsigned type = 0; type < R3_RECORD_TYPES && status == 0; type++) {
        make(&text, path, type);
        if (argc > 1 && strcmp(argv[1], "--write") == 0)
            status = write_file(path, &text);
        else
            compare_file(path, &text);
    }
    r3_buffer_release(&text);
    return status ? status : check_done();
}
