#include <math.h>

#include "lib/sweep/ranking.h"

/* The ranked table: a column for each parameter and each figure, as wide as its widest cell; numbers stand at the right. */

enum { CELL = 64, GAP = 2 };

struct column {
    char title[CELL];
    size_t width;
    bool left; /* words */
};

static void put_cell(struct r3_buffer *out, const struct column *column, const char *text, bool last) {
    size_t width = r3_columns(text, strlen(text)), pad = column->width > width ? column->width - width : 0;
    if (!column->left)
        r3_buffer_printf(out, "%*s", (int)pad, "");
    r3_buffer_append_text(out, text);
    if (column->left && !last)
        r3_buffer_printf(out, "%*s", (int)pad, "");
    if (!last)
        r3_buffer_printf(out, "%*s", GAP, "");
}

static void widen(struct column *column, const char *text) {
    size_t width = r3_columns(text, strlen(text));
    if (width > column->width)
        column->width = width;
}

static const char *value_text(const struct r3_sweep_space *space, uint64_t number, size_t parameter) {
    uint32_t indices[R3_SWEEP_PARAMETERS_MAX];
    r3_sweep_space_combination(space, number, indices);
    return space->parameters[parameter].values[indices[parameter]].text;
}

/* The text of cell k of a row: place, parameters, figures. Borrowed, or in `cell`. */
static const char *cell_text(char cell[CELL], const struct r3_sweep_ranking *ranking,
                             const struct r3_sweep_space *space, size_t row, size_t k) {
    const struct r3_sweep_row *shown = &ranking->rows[row];
    if (k == 0) {
        snprintf(cell, CELL, "%zu", row + 1);
        return cell;
    }
    if (k <= space->count)
        return value_text(space, shown->number, k - 1);
    size_t figure = k - 1 - space->count;
    r3_sweep_figure_format(cell, CELL, ranking->columns[figure], shown->status ? (double)NAN : shown->figures[figure]);
    return cell;
}

static void put_titles(struct column *columns, const struct r3_sweep_ranking *ranking,
                       const struct r3_sweep_space *space) {
    snprintf(columns[0].title, CELL, "#");
    for (size_t i = 0; i < space->count; i++) {
        const struct r3_sweep_parameter *parameter = &space->parameters[i];
        snprintf(columns[1 + i].title, CELL, "%.*s", CELL - 1, parameter->name);
        for (size_t k = 0; k < parameter->count; k++)
            columns[1 + i].left = columns[1 + i].left || !r3_decimal_is_present(&parameter->values[k].number);
    }
    for (size_t i = 0; i < ranking->column_count; i++) {
        const struct r3_sweep_figure *figure = ranking->columns[i];
        const char *unit = figure->kind == R3_SWEEP_FRACTION ? "%"
                           : figure->kind == R3_SWEEP_MONEY  ? ranking->currency
                                                             : "";
        snprintf(columns[1 + space->count + i].title, CELL, *unit ? "%s [%s]" : "%s", figure->title, unit);
    }
}

static void put_rows(struct r3_buffer *out, const struct r3_sweep_ranking *ranking,
                     const struct r3_sweep_space *space) {
    struct column columns[1 + R3_SWEEP_PARAMETERS_MAX + R3_SWEEP_COLUMNS_MAX] = { 0 };
    size_t count = 1 + space->count + ranking->column_count;
    char cell[CELL];
    put_titles(columns, ranking, space);
    for (size_t k = 0; k < count; k++) {
        widen(&columns[k], columns[k].title);
        for (size_t row = 0; row < ranking->count; row++)
            widen(&columns[k], cell_text(cell, ranking, space, row, k));
    }
    for (size_t k = 0; k < count; k++)
        put_cell(out, &columns[k], columns[k].title, k + 1 == count);
    r3_buffer_append_text(out, "\n");
    for (size_t row = 0; row < ranking->count; row++) {
        for (size_t k = 0; k < count; k++)
            put_cell(out, &columns[k], cell_text(cell, ranking, space, row, k), k + 1 == count);
        if (ranking->rows[row].message)
            r3_buffer_printf(out, "  %s", ranking->rows[row].message);
        r3_buffer_append_text(out, "\n");
    }
}

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

void r3_sweep_ranking_table(struct r3_buffer *out, const struct r3_sweep_ranking *ranking,
                            const struct r3_sweep_space *space) {
    double deflated = r3_sweep_ranking_deflated(ranking);
    put_rows(out, ranking, space);
    r3_buffer_printf(out, "\n%llu combination%s", (unsigned long long)ranking->total, plural(ranking->total));
    if (ranking->count < ranking->total)
        r3_buffer_printf(out, ", the first %zu shown", ranking->count);
    if (ranking->failed)
        r3_buffer_printf(out, ", %llu failed (the first: %s)", (unsigned long long)ranking->failed,
                         ranking->failure.data);
    r3_buffer_append_text(out, "\n");
    if (isfinite(deflated))
        r3_buffer_printf(out,
                         "Deflated Sharpe Ratio of the first row: %.3f after %llu trial%s "
                         "(0.95 and more: hardly luck alone)\n",
                         deflated, (unsigned long long)ranking->trials, plural(ranking->trials));
    else
        r3_buffer_printf(out, "Deflated Sharpe Ratio of the first row: undefined (%llu trial%s with a Sharpe ratio)\n",
                         (unsigned long long)ranking->trials, plural(ranking->trials));
}
