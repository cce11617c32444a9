#include <inttypes.h>

#include "lib/json/json.h"
#include "lib/store/dump.h"
#include "lib/store/schema.h"

struct restore {
    struct r3_reader *in;
    int64_t version; /* of the schema that was dumped */
    bool started;
    size_t table; /* of the row that was read last */
    bool described;
    struct r3_dump_columns columns;
    struct r3_buffer line, insert; /* the row as it should be written; the statement that stores it */
    uint64_t rows;
};

static int at_line(const struct restore *restore, struct r3_error *error) {
    return r3_error_at(error, "%s:%" PRIu64 ": ", restore->in->name, restore->in->line);
}

/* The next line as an object: 0, or -1. The end of input is an error, since a dump says itself where it ends. */
static int read_object(struct restore *restore, struct r3_json_document **document, const char **text, size_t *length,
                       struct r3_error *error) {
    *document = NULL;
    int got = r3_reader_line(restore->in, text, length, error);
    if (got == 0)
        return r3_fail(error, R3_DATA, "%s: cut off: no {\"type\":\"end\"} after %" PRIu64 " lines", restore->in->name,
                       restore->in->line);
    if (got < 0)
        return error->status == R3_IO ? -1 : at_line(restore, error);
    if (r3_json_parse(document, *text, *length, R3_DUMP_LINE_MAX, error) < 0)
        return at_line(restore, error);
    return 0;
}

static int not_as_written(const struct restore *restore, struct r3_error *error) {
    r3_fail(error, R3_DATA, "not as r3-session dump writes it");
    return at_line(restore, error);
}

static bool same_line(const struct r3_buffer *want, const char *text, size_t length) {
    return want->length == length + 1 && memcmp(want->data, text, length) == 0;
}

static int read_version(struct restore *restore, struct r3_error *error) {
    struct r3_json_document *document = NULL;
    const char *text;
    size_t length;
    int result = read_object(restore, &document, &text, &length, error);
    if (result == 0) {
        restore->version = r3_json_integer(r3_json_member(r3_json_root(document), "version"));
        r3_buffer_reset(&restore->line);
        r3_buffer_printf(&restore->line, "{\"type\":\"store\",\"version\":%" PRId64 "}\n", restore->version);
        if (!same_line(&restore->line, text, length) || restore->version < 1)
            result = not_as_written(restore, error);
        else if (restore->version > r3_schema.version)
            result = r3_fail(error, R3_PROTOCOL, "%s: a dump of version %lld, this r3 knows %lld", restore->in->name,
                             (long long)restore->version, (long long)r3_schema.version);
    }
    r3_json_free(document);
    return result;
}

/* Go on to the table of the row, never back. */
static int find_table(struct restore *restore, struct r3_store *store, const char *name, struct r3_error *error) {
    size_t table = restore->table;
    while (r3_store_tables[table].name && strcmp(r3_store_tables[table].name, name) != 0)
        table++;
    if (!r3_store_tables[table].name || r3_store_tables[table].version > restore->version)
        return not_as_written(restore, error);
    if (restore->described && table == restore->table)
        return 0;
    restore->table = table;
    restore->described = true;
    if (r3_dump_describe(&restore->columns, store, table, error) < 0)
        return -1;
    r3_buffer_reset(&restore->insert);
    r3_buffer_printf(&restore->insert, "INSERT INTO %s VALUES (", r3_store_tables[table].name);
    for (size_t i = 0; i < restore->columns.count; i++)
        r3_buffer_printf(&restore->insert, "%s$%zu", i ? ", " : "", i + 1);
    r3_buffer_append_text(&restore->insert, ")");
    return 0;
}

/* Take each column by its name. What is not there, and what is there beside them, shows when the row is written again. */
static void take_values(struct r3_store_value *values, const struct r3_dump_columns *columns,
                        const struct r3_json *object) {
    for (size_t i = 0; i < columns->count; i++) {
        const struct r3_json *value = r3_json_member(object, columns->names[i]);
        enum r3_json_kind kind = value ? r3_json_kind(value) : R3_JSON_NULL;
        size_t length;
        values[i] = kind == R3_JSON_INTEGER && columns->integer[i] ? r3_store_integer(r3_json_integer(value))
                    : kind == R3_JSON_TEXT && !columns->integer[i] ? r3_store_text(r3_json_text(value, &length))
                                                                   : r3_store_null();
    }
}

static int store_row(struct restore *restore, struct r3_store *store, const struct r3_json *root, const char *text,
                     size_t length, struct r3_error *error) {
    struct r3_store_value values[R3_DUMP_COLUMNS_MAX];
    size_t name_length;
    const char *name = r3_json_text(r3_json_member(root, "table"), &name_length);
    if (!name)
        return not_as_written(restore, error);
    if (find_table(restore, store, name, error) < 0)
        return -1;
    take_values(values, &restore->columns, r3_json_member(root, "values"));
    r3_buffer_reset(&restore->line);
    if (r3_dump_row(&restore->line, restore->table, &restore->columns, values, error) < 0)
        return at_line(restore, error);
    if (!same_line(&restore->line, text, length))
        return not_as_written(restore, error);
    restore->rows++;
    if (r3_store_statement(store, restore->insert.data, values, restore->columns.count, NULL, NULL, NULL, error) < 0)
        return at_line(restore, error);
    return 0;
}

/* 1: a row is stored; 0: that was the end; -1. */
static int restore_line(struct restore *restore, struct r3_store *store, struct r3_error *error) {
    struct r3_json_document *document = NULL;
    const char *text;
    size_t length, type_length;
    int result = read_object(restore, &document, &text, &length, error);
    if (result == 0) {
        const struct r3_json *root = r3_json_root(document);
        const char *type = r3_json_text(r3_json_member(root, "type"), &type_length);
        if (type && strcmp(type, "row") == 0) {
            result = store_row(restore, store, root, text, length, error) < 0 ? -1 : 1;
        } else {
            r3_buffer_reset(&restore->line);
            r3_buffer_printf(&restore->line, "{\"type\":\"end\",\"rows\":%" PRIu64 "}\n", restore->rows);
            result = same_line(&restore->line, text, length) ? 0 : not_as_written(restore, error);
        }
    }
    r3_json_free(document);
    return result;
}

static int refuse_row(const struct r3_store_row *row, void *context, struct r3_error *error) {
    (void)row;
    const struct r3_store *store = context;
    return r3_fail(error, R3_CONFIG, "%s has rows already: a dump is restored into an empty store", store->name);
}

/* Until it is known what was done since the dump, that it is an older one must be known. */
static int note_restored(struct r3_store *store, struct r3_error *error) {
    int64_t now;
    if (r3_store_now(store, &now, error) < 0)
        return -1;
    const struct r3_store_value row[] = { r3_store_text(R3_STORE_RESTORED), r3_store_integer(now) };
    return r3_store_run(store, R3_QUERY_FORGET_TOKEN, row, 1, NULL, NULL, NULL, error) < 0 ||
                   r3_store_run(store, R3_QUERY_CLAIM_TOKEN, row, 2, NULL, NULL, NULL, error) < 0
               ? -1
               : 0;
}

static int restore_rows(struct r3_store *store, void *context, struct r3_error *error) {
    struct restore *restore = context;
    int result = 1;
    if (restore->started) /* the input cannot be read a second time */
        return r3_fail(error, R3_UNAVAILABLE, "%s: interrupted, nothing is restored: start again", store->name);
    restore->started = true;
    for (size_t i = 0; r3_store_tables[i].name; i++) {
        struct r3_buffer first = R3_BUFFER_INIT;
        if (r3_store_tables[i].version > restore->version)
            continue;
        r3_buffer_printf(&first, "%s LIMIT 1", r3_store_tables[i].rows);
        int failed = r3_store_statement(store, first.data, NULL, 0, refuse_row, store, NULL, error);
        r3_buffer_release(&first);
        if (failed < 0)
            return -1;
    }
    while (result > 0)
        result = restore_line(restore, store, error);
    const char *text;
    size_t length;
    if (result == 0 && (result = r3_reader_line(restore->in, &text, &length, error)) > 0)
        result = not_as_written(restore, error);
    return result < 0 ? -1 : note_restored(store, error);
}

/* Tables of the version that was dumped, whose rows then fit. */
static int make_tables(struct r3_store *store, void *context, struct r3_error *error) {
    const struct restore *restore = context;
    int64_t found;
    if (r3_schema_version(store, &found, error) < 0)
        return -1;
    if (found != 0 && found != restore->version)
        return r3_fail(error, R3_CONFIG, "%s has version %lld, the dump %lld: restore into a database without tables",
                       store->name, (long long)found, (long long)restore->version);
    return r3_schema_advance(store, &r3_schema, restore->version, error);
}

/* R3_TIME_ABSENT: it was not. */
static int restored_at(int64_t *out, struct r3_store *store, int64_t span, struct r3_error *error) {
    int64_t now;
    *out = R3_TIME_ABSENT;
    if (r3_store_now(store, &now, error) < 0)
        return -1;
    const struct r3_store_value since = r3_store_integer(now - span);
    return r3_store_run(store, R3_QUERY_RESTORED, &since, 1, r3_store_take_integer, out, NULL, error);
}

int r3_store_restored(bool *out, struct r3_store *store, int64_t span, struct r3_error *error) {
    int64_t when;
    int result = restored_at(&when, store, span, error);
    *out = when != R3_TIME_ABSENT;
    return result;
}

/* A mark of each session: which restoring it was compared after. No two clocks are compared by it. */
static const char COMPARED[] = "compared";

int r3_store_is_uncompared(bool *out, struct r3_store *store, const char *session, struct r3_error *error) {
    int64_t when, compared = R3_TIME_ABSENT;
    *out = false;
    if (restored_at(&when, store, R3_DAY, error) < 0 ||
        (when != R3_TIME_ABSENT && r3_store_mark(&compared, store, COMPARED, session, error) < 0))
        return -1;
    *out = when != R3_TIME_ABSENT && when != compared;
    return 0;
}

int r3_store_note_compared(struct r3_store *store, const char *session, struct r3_error *error) {
    int64_t when;
    if (restored_at(&when, store, R3_DAY, error) < 0)
        return -1;
    return when == R3_TIME_ABSENT ? 0 : r3_store_set_mark(store, COMPARED, session, when, error);
}

int r3_store_restore(struct r3_store *store, struct r3_reader *in, uint64_t *rows, struct r3_error *error) {
    struct restore *restore = r3_allocate(sizeof *restore);
    restore->in = in;
    int result = -1;
    if (read_version(restore, error) == 0 && r3_store_change_schema(store, make_tables, restore, error) == 0 &&
        r3_store_write(store, restore_rows, restore, error) == 0)
        result = r3_store_upgrade(store, error);
    *rows = restore->rows;
    r3_buffer_release(&restore->line);
    r3_buffer_release(&restore->insert);
    free(restore);
    return result;
}
