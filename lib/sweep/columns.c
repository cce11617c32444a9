#include "lib/sweep/columns.h"

#include "lib/json/json.h"
#include "lib/sweep/figure.h"

/* A field as RFC 4180 has it: in quotes where it holds a comma, a quote or a line's end. */
static void put_field(struct r3_buffer *out, const char *text) {
    if (!text[strcspn(text, ",\"\r\n")]) {
        r3_buffer_append_text(out, text);
        return;
    }
    r3_buffer_append_text(out, "\"");
    for (; *text; text++)
        r3_buffer_append(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    r3_buffer_append_text(out, "\"");
}

static int put_row(struct r3_sweep_columns *columns, struct r3_error *error) {
    r3_buffer_append_text(&columns->row, "\n");
    return r3_writer_put(&columns->file.writer, columns->row.data, columns->row.length, error);
}

int r3_sweep_columns_open(struct r3_sweep_columns *columns, const char *path, const struct r3_sweep_space *space,
                          struct r3_error *error) {
    *columns = (struct r3_sweep_columns) { .file = R3_OUTPUT_FILE_INIT, .space = space };
    if (r3_output_file_open(&columns->file, path, error) != 0)
        return -1;
    r3_buffer_append_text(&columns->row, "combination");
    for (size_t i = 0; i < space->count; i++)
        r3_buffer_printf(&columns->row, ",%s", space->parameters[i].name);
    r3_buffer_append_text(&columns->row, ",status");
    for (const struct r3_sweep_figure *figure = r3_sweep_figures; figure->name; figure++)
        r3_buffer_printf(&columns->row, ",%s", figure->name);
    r3_buffer_append_text(&columns->row, ",message");
    return put_row(columns, error);
}

void r3_sweep_columns_release(struct r3_sweep_columns *columns) {
    r3_output_file_abandon(&columns->file);
    r3_buffer_release(&columns->row);
}

int r3_sweep_columns_add(struct r3_sweep_columns *columns, const struct r3_sweep_run *run, struct r3_error *error) {
    struct r3_buffer *row = &columns->row;
    struct r3_json_document *document = NULL;
    uint32_t indices[R3_SWEEP_PARAMETERS_MAX];
    r3_sweep_space_combination(columns->space, run->number, indices);
    r3_buffer_reset(row);
    r3_buffer_printf(row, "%llu", (unsigned long long)run->number);
    for (size_t i = 0; i < columns->space->count; i++) {
        r3_buffer_append_text(row, ",");
        put_field(row, columns->space->parameters[i].values[indices[i]].text);
    }
    r3_buffer_printf(row, ",%d", run->status);
    if (run->status == 0 &&
        r3_json_parse(&document, run->statistics.data, run->statistics.length, R3_LINE_MAX, error) != 0)
        return -1;
    for (const struct r3_sweep_figure *figure = r3_sweep_figures; figure->name; figure++) {
        const struct r3_json *value = document ? r3_json_member(r3_json_root(document), figure->name) : NULL;
        size_t length = 0;
        const char *number = value ? r3_json_number_text(document, value, &length) : NULL;
        r3_buffer_append_text(row, ",");
        r3_buffer_append(row, number ? number : "", length);
    }
    r3_json_free(document);
    r3_buffer_append_text(row, ",");
    if (run->status)
        put_field(row, run->message.length ? run->message.data : "failed");
    return put_row(columns, error);
}
