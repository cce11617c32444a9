/* The schema: one text for both databases, in lib/store/schema/N.sql, put into the program by the assembler. A line that declares
 * a column (blanks, a name, a type in capitals) is spelled anew for the database; the end of a table loses STRICT for PostgreSQL;
 * the rest is SQL that both read alike. */
#include "lib/store/schema.h"

#include <ctype.h>

#define STEP(number)                                                                                                   \
    __asm__(".pushsection .rodata\n"                                                                                   \
            "r3_schema_step_" #number ":\n"                                                                            \
            ".incbin \"lib/store/schema/" #number ".sql\"\n"                                                           \
            ".byte 0\n"                                                                                                \
            ".popsection\n");                                                                                          \
    extern const char r3_schema_step_##number[] __attribute__((visibility("hidden")))

STEP(1);
STEP(2);
STEP(3);
STEP(4);

static const char *const steps[] = { r3_schema_step_1, r3_schema_step_2, r3_schema_step_3, r3_schema_step_4 };
const struct r3_schema r3_schema = { steps, sizeof steps / sizeof steps[0] };

static bool is_word(const char *text, size_t length, const char *word) {
    return length == strlen(word) && memcmp(text, word, length) == 0;
}

/* A check that names the column in each place of '@'. */
static void append_check(struct r3_buffer *out, const char *check, const char *name, size_t length) {
    for (; *check; check++) {
        if (*check == '@')
            r3_buffer_append(out, name, length);
        else
            r3_buffer_append(out, check, 1);
    }
}

/* The line as a column: true, and it is appended. */
static bool spell_column(struct r3_buffer *out, const char *line, size_t length, const struct r3_store_driver *driver) {
    size_t name = 0, name_end, type, type_end;
    while (name < length && line[name] == ' ')
        name++;
    for (name_end = name; name_end < length && (islower((unsigned char)line[name_end]) || line[name_end] == '_');)
        name_end++;
    if (name == 0 || name_end == name || name_end == length || line[name_end] != ' ')
        return false;
    for (type = type_end = name_end + 1; type_end < length && isupper((unsigned char)line[type_end]);)
        type_end++;
    bool decimal = is_word(line + type, type_end - type, "DECIMAL");
    const char *spelled = decimal                                            ? ""
                          : is_word(line + type, type_end - type, "TEXT")    ? driver->text
                          : is_word(line + type, type_end - type, "INTEGER") ? driver->integer
                                                                             : NULL;
    if (!spelled)
        return false;
    r3_buffer_append(out, line, type);
    r3_buffer_append_text(out, spelled);
    if (decimal)
        append_check(out, driver->decimal_check, line + name, name_end - name);
    r3_buffer_append(out, line + type_end, length - type_end);
    return true;
}

int r3_schema_spell(struct r3_buffer *out, const char *step, const struct r3_store_driver *driver,
                    struct r3_error *error) {
    static const char strict[] = ") STRICT;";
    while (*step) {
        const char *newline = strchr(step, '\n');
        if (!newline)
            return r3_fail(error, R3_BUG, "schema: no newline at its end");
        size_t length = (size_t)(newline - step);
        if (is_word(step, length, strict)) {
            r3_buffer_printf(out, "%s;\n", driver->table_end);
        } else if (length && strncmp(step, "--", 2) != 0) {
            if (!spell_column(out, step, length, driver))
                r3_buffer_append(out, step, length);
            r3_buffer_append_text(out, "\n");
        }
        step = newline + 1;
    }
    return 0;
}

int r3_schema_version(struct r3_store *store, int64_t *version, struct r3_error *error) {
    const struct r3_store_value table = r3_store_text("r3_schema");
    bool there = false;
    *version = 0;
    if (r3_store_statement(store, store->driver->has_table, &table, 1, r3_store_take_any, &there, NULL, error) < 0)
        return -1;
    return there ? r3_store_run(store, R3_QUERY_VERSION, NULL, 0, r3_store_take_integer, version, NULL, error) : 0;
}

static int run_step(struct r3_store *store, const char *step, struct r3_error *error) {
    struct r3_buffer text = R3_BUFFER_INIT;
    int result = r3_schema_spell(&text, step, store->driver, error);
    for (char *at = text.data; result == 0 && at && *at;) {
        char *end = strstr(at, ";\n");
        if (!end) {
            result = r3_fail(error, R3_BUG, "schema: a statement has no end");
            break;
        }
        *end = '\0';
        result = r3_store_statement(store, at, NULL, 0, NULL, NULL, NULL, error);
        at = end + 2;
    }
    r3_buffer_release(&text);
    return result;
}

int r3_schema_advance(struct r3_store *store, const struct r3_schema *schema, int64_t version, struct r3_error *error) {
    int64_t found;
    if ((store->driver->lock_schema &&
         r3_store_statement(store, store->driver->lock_schema, NULL, 0, NULL, NULL, NULL, error) < 0) ||
        r3_schema_version(store, &found, error) < 0)
        return -1;
    if (found > version)
        return r3_fail(error, R3_CONFIG, "%s has version %lld, this r3 knows %lld: a newer r3 has to be used",
                       r3_store_name(store), (long long)found, (long long)version);
    for (int64_t next = found; next < version; next++) {
        const struct r3_store_value number = r3_store_integer(next + 1);
        if (run_step(store, schema->steps[next], error) < 0 ||
            r3_store_run(store, next ? R3_QUERY_NEW_VERSION : R3_QUERY_FIRST_VERSION, &number, 1, NULL, NULL, NULL,
                         error) < 0)
            return -1;
    }
    return 0;
}

static int advance_to_newest(struct r3_store *store, void *context, struct r3_error *error) {
    const struct r3_schema *schema = context;
    return r3_schema_advance(store, schema, schema->version, error);
}

int r3_schema_upgrade(struct r3_store *store, const struct r3_schema *schema, struct r3_error *error) {
    struct r3_schema chosen = *schema;
    return r3_store_change_schema(store, advance_to_newest, &chosen, error);
}
