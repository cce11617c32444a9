#include "lib/store/dump.h"

#include <inttypes.h>

#include "lib/json/json.h"
#include "lib/store/schema.h"

static int take_column(void *context, const char *name, bool integer, struct r3_error *error) {
    struct r3_dump_columns *columns = context;
    if (columns->count == R3_DUMP_COLUMNS_MAX || strlen(name) >= sizeof columns->names[0])
        return r3_fail(error, R3_BUG, "too many columns, or too long a name of one: %s", name);
    r3_copy_text(columns->names[columns->count], sizeof columns->names[0], name, strlen(name));
    columns->integer[columns->count++] = integer;
    return 0;
}

int r3_dump_describe(struct r3_dump_columns *columns, struct r3_store *store, size_t table, struct r3_error *error) {
    columns->count = 0;
    return r3_store_describe(store, r3_store_tables[table].rows, take_column, columns, error);
}

int r3_dump_row(struct r3_buffer *out, size_t table, const struct r3_dump_columns *columns,
                const struct r3_store_value *values, struct r3_error *error) {
    r3_buffer_printf(out, "{\"type\":\"row\",\"table\":\"%s\",\"values\":{", r3_store_tables[table].name);
    for (size_t i = 0; i < columns->count; i++) {
        r3_buffer_printf(out, "%s\"%s\":", i ? "," : "", columns->names[i]);
        if (values[i].kind == R3_STORE_NULL) {
            r3_buffer_append_text(out, "null");
        } else if (values[i].kind == R3_STORE_INTEGER) {
            r3_buffer_printf(out, "%" PRId64, values[i].integer);
        } else {
            size_t length = strlen(values[i].text);
            if (!r3_json_is_utf8(values[i].text, length))
                return r3_fail(error, R3_DATA, "%s: %s: a text that is not UTF-8", r3_store_tables[table].name,
                               columns->names[i]);
            r3_json_write_text(out, values[i].text, length);
        }
    }
    r3_buffer_append_text(out, "}}\n");
    if (out->length > R3_DUMP_LINE_MAX)
        return r3_fail(error, R3_DATA, "%s: a row of more than %d bytes", r3_store_tables[table].name,
                       R3_DUMP_LINE_MAX);
    return 0;
}

struct dump {
    struct r3_writer *out;
    struct r3_dump_columns columns;
    struct r3_buffer line;
    size_t table;
    uint64_t rows;
};

static int write_row(const struct r3_store_row *row, void *context, struct r3_error *error) {
    struct dump *dump = context;
    dump->rows++;
    r3_buffer_reset(&dump->line);
    if (r3_dump_row(&dump->line, dump->table, &dump->columns, row->columns, error) < 0)
        return -1;
    return r3_writer_put(dump->out, dump->line.data, dump->line.length, error);
}

static int write_all(struct r3_store *store, void *context, struct r3_error *error) {
    struct dump *dump = context;
    r3_buffer_printf(&dump->line, "{\"type\":\"store\",\"version\":%" PRId64 "}\n", r3_schema.version);
    if (r3_writer_put(dump->out, dump->line.data, dump->line.length, error) < 0)
        return -1;
    for (dump->table = 0; r3_store_tables[dump->table].name; dump->table++)
        if (r3_dump_describe(&dump->columns, store, dump->table, error) < 0 ||
            r3_store_stream(store, r3_store_tables[dump->table].rows, write_row, dump, error) < 0)
            return -1;
    r3_buffer_reset(&dump->line);
    r3_buffer_printf(&dump->line, "{\"type\":\"end\",\"rows\":%" PRIu64 "}\n", dump->rows);
    return r3_writer_put(dump->out, dump->line.data, dump->line.length, error);
}

int r3_store_dump(struct r3_store *store, struct r3_writer *out, struct r3_error *error) {
    struct dump *dump = r3_allocate(sizeof *dump);
    dump->out = out;
    int result = r3_store_read(store, write_all, dump, error);
    r3_buffer_release(&dump->line);
    free(dump);
    return result;
}
