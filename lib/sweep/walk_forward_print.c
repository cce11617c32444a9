#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "lib/base/time.h"
#include "lib/json/json.h"
#include "lib/sweep/result.h"
#include "lib/sweep/walk_forward.h"

/* How a walk-forward is shown. */

/* ---- JSON ---- */

static void put_number(struct r3_buffer *out, const char *name, double value) {
    char text[R3_JSON_REAL_SIZE] = "null";
    if (isfinite(value))
        r3_json_format_real(text, value);
    r3_buffer_printf(out, ",\"%s\":%s", name, text);
}

static void put_object(struct r3_buffer *out, const char *name, const struct r3_buffer *object) {
    r3_buffer_printf(out, ",\"%s\":%s", name, object->length ? object->data : "null");
}

static const char *value_text(const struct r3_sweep_space *space, uint64_t number, size_t parameter) {
    uint32_t indices[R3_SWEEP_PARAMETERS_MAX];
    r3_sweep_space_combination(space, number, indices);
    return space->parameters[parameter].values[indices[parameter]].text;
}

static void put_parameters(struct r3_buffer *out, const struct r3_sweep_space *space,
                           const struct r3_walk_forward_row *row) {
    if (!row->chosen) {
        r3_buffer_append_text(out, ",\"job\":null,\"parameters\":null");
        return;
    }
    r3_buffer_printf(out, ",\"job\":%" PRIu64 ",\"parameters\":", row->number);
    r3_sweep_parameters_write(out, space, row->number);
}

static void put_row(struct r3_buffer *out, const struct r3_walk_forward_row *row, size_t number,
                    const struct r3_sweep_space *space) {
    r3_buffer_printf(out,
                     "{\"type\":\"window\",\"window\":%zu,\"train_from\":%" PRId64 ",\"train_to\":%" PRId64
                     ",\"test_to\":%" PRId64,
                     number, row->window.train_from, row->window.train_to, row->window.test_to);
    put_parameters(out, space, row);
    put_number(out, "efficiency", row->efficiency);
    r3_buffer_append_text(out, ",\"pipeline\":");
    if (row->tested)
        r3_json_write_text(out, row->test.text.data, row->test.text.length);
    else
        r3_buffer_append_text(out, "null");
    put_object(out, "in_sample", &row->in_sample);
    put_object(out, "out_of_sample", &row->test.statistics);
    r3_buffer_append_text(out, "}\n");
}

void r3_walk_forward_json(struct r3_buffer *out, const struct r3_walk_forward *walk,
                          const struct r3_walk_forward_options *options, const char *extra) {
    for (size_t i = 0; i < walk->count; i++)
        put_row(out, &walk->rows[i], i + 1, options->pipeline->space);
    r3_buffer_printf(
        out, "{\"type\":\"summary\",\"rank\":\"%s\",\"windows\":%zu,\"train_runs\":%" PRIu64 ",\"failed\":%" PRIu64,
        options->ranked_by, walk->count, walk->runs, walk->failed);
    put_number(out, "return_ann_in_sample", walk->in_return_ann);
    put_number(out, "return_ann_out_of_sample", walk->out_return_ann);
    put_number(out, "efficiency", walk->efficiency);
    put_object(out, "out_of_sample", &walk->joined);
    r3_buffer_append_text(out, extra ? extra : "");
    r3_buffer_append_text(out, "}\n");
}

/* ---- the table ---- */

enum { COLUMN_MAX = 20 };

/* A number right-aligned behind two spaces; "-" where it is undefined, no sign where it rounds to zero. */
static void put_cell(struct r3_buffer *out, int width, int digits, double value) {
    char text[64] = "-";
    if (isfinite(value))
        snprintf(text, sizeof text, fabs(value) < 1e9 ? "%.*f" : "%.*e", digits, value);
    if (text[0] == '-' && text[1] && strspn(text + 1, "0.") == strlen(text + 1))
        memmove(text, text + 1, strlen(text));
    r3_buffer_printf(out, "  %*s", width, text);
}

/* "2013-11-25 00:00", UTC. */
static void put_time(struct r3_buffer *out, int64_t time) {
    char text[R3_TIME_TEXT_SIZE];
    r3_time_format(text, time);
    text[10] = ' ';
    r3_buffer_printf(out, "  %.16s", text);
}

static int column_width(const struct r3_walk_forward *walk, const struct r3_sweep_space *space, size_t parameter) {
    size_t width = strlen(space->parameters[parameter].name);
    for (size_t i = 0; i < walk->count; i++) {
        size_t length = walk->rows[i].chosen ? strlen(value_text(space, walk->rows[i].number, parameter)) : 1;
        width = length > width ? length : width;
    }
    return width < COLUMN_MAX ? (int)width : COLUMN_MAX;
}

static void put_windows(struct r3_buffer *out, const struct r3_walk_forward *walk, const struct r3_sweep_space *space) {
    r3_buffer_printf(out, "  %4s  %-16s  %-16s  %-16s  %10s  %10s  %10s", "#", "Train from", "Test from", "Test to",
                     "In [%]", "Out [%]", "Efficiency");
    for (size_t k = 0; k < space->count; k++)
        r3_buffer_printf(out, "  %*.*s", column_width(walk, space, k), COLUMN_MAX, space->parameters[k].name);
    r3_buffer_append_text(out, "\n");
    for (size_t i = 0; i < walk->count; i++) {
        const struct r3_walk_forward_row *row = &walk->rows[i];
        r3_buffer_printf(out, "  %4zu", i + 1);
        put_time(out, row->window.train_from);
        put_time(out, row->window.train_to);
        put_time(out, row->window.test_to);
        put_cell(out, 10, 2, 100 * row->in_return);
        put_cell(out, 10, 2, 100 * row->out_return);
        put_cell(out, 10, 2, row->efficiency);
        for (size_t k = 0; k < space->count; k++)
            r3_buffer_printf(out, "  %*.*s", column_width(walk, space, k), COLUMN_MAX,
                             row->chosen ? value_text(space, row->number, k) : "-");
        r3_buffer_append_text(out, "\n");
    }
}

/* A ratio may need more days than a short train span has, which no one would guess from the zeros. */
static void put_unchosen(struct r3_buffer *out, const struct r3_walk_forward *walk) {
    size_t unchosen = 0;
    for (size_t i = 0; i < walk->count; i++)
        unchosen += !walk->rows[i].chosen;
    if (unchosen)
        r3_buffer_printf(out, "\n  In %zu windows no combination has a rank: nothing is traded there.\n", unchosen);
}

void r3_walk_forward_table(struct r3_buffer *out, const struct r3_walk_forward *walk,
                           const struct r3_walk_forward_options *options) {
    char train[R3_TIME_TEXT_SIZE], test[R3_TIME_TEXT_SIZE];
    r3_duration_format(train, options->train);
    r3_duration_format(test, options->test);
    r3_buffer_printf(out,
                     "Walk-forward by %s: %zu windows, %s, train %s, test %s; %" PRIu64 " train runs, %" PRIu64
                     " of them failed\n\n",
                     options->ranked_by, walk->count, options->anchored ? "anchored" : "rolling", train, test,
                     walk->runs, walk->failed);
    put_windows(out, walk, options->pipeline->space);
    put_unchosen(out, walk);
    r3_buffer_append_text(out, "\n  Return a year, in sample [%]      ");
    put_cell(out, 10, 2, 100 * walk->in_return_ann);
    r3_buffer_append_text(out, "\n  Return a year, out of sample [%]  ");
    put_cell(out, 10, 2, 100 * walk->out_return_ann);
    r3_buffer_append_text(out, "\n  Efficiency                        ");
    put_cell(out, 10, 2, walk->efficiency);
    r3_buffer_append_text(out, "\n\nThe test spans joined, out of sample\n\n");
    r3_buffer_append(out, walk->table.data, walk->table.length);
}
