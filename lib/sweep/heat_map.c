#include "lib/sweep/heat_map.h"

#include <math.h>

#include "lib/stage/report_gnuplot.h"

enum { WIDTH = 1000, HEIGHT = 760, LABELS_MAX = 26, NUMBERS_MAX = 200 };

struct r3_sweep_heat_map {
    struct r3_output_file file;
    bool png;
    const struct r3_sweep_space *space;
    struct r3_sweep_order order;
    size_t x, y;   /* parameters */
    double *cells; /* [y][x]: the best rank; NAN: none */
    double best;
    size_t best_x, best_y;
};

static int find_axes(struct r3_sweep_heat_map *map, const char *axes, struct r3_error *error) {
    const struct r3_sweep_space *space = map->space;
    size_t found[2], count = 0;
    if (axes) {
        size_t comma = strcspn(axes, ",");
        int x = r3_sweep_space_find(space, axes, comma);
        int y = axes[comma] ? r3_sweep_space_find(space, axes + comma + 1, strlen(axes + comma + 1)) : -1;
        if (x < 0 || y < 0 || x == y)
            return r3_fail(error, R3_USAGE, "--axes wants two names of --vary as X,Y, not \"%.80s\"", axes);
        map->x = (size_t)x;
        map->y = (size_t)y;
        return 0;
    }
    for (size_t i = 0; i < space->count && count < 2; i++)
        if (space->parameters[i].count > 1)
            found[count++] = i;
    if (count < 2)
        return r3_fail(error, R3_USAGE, "--plot: a heat map wants two parameters with several values");
    map->x = found[0];
    map->y = found[1];
    return 0;
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

static const struct r3_sweep_parameter *axis(const struct r3_sweep_heat_map *map, size_t parameter) {
    return &map->space->parameters[parameter];
}

int r3_sweep_heat_map_new(struct r3_sweep_heat_map **out, const char *path, const char *axes,
                          const struct r3_sweep_space *space, const struct r3_sweep_order *order,
                          struct r3_error *error) {
    struct r3_sweep_heat_map *map = r3_allocate(sizeof *map);
    *map = (struct r3_sweep_heat_map) {
        .file = R3_OUTPUT_FILE_INIT, .png = ends_with(path, ".png"), .space = space, .order = *order
    };
    size_t cells = 0;
    map->best = (double)NAN;
    if (!map->png && !ends_with(path, ".svg")) {
        r3_fail(error, R3_USAGE, "--plot %s: the name must end in .svg or .png", path);
        goto failed;
    }
    if (find_axes(map, axes, error) != 0 || r3_gnuplot_find(error) != 0)
        goto failed;
    cells = axis(map, map->x)->count * axis(map, map->y)->count;
    if (cells > R3_SWEEP_CELLS_MAX) {
        r3_fail(error, R3_USAGE, "--plot: more than %d cells", R3_SWEEP_CELLS_MAX);
        goto failed;
    }
    if (r3_output_file_open(&map->file, path, error) != 0)
        goto failed;
    map->cells = r3_allocate(cells * sizeof map->cells[0]);
    for (size_t i = 0; i < cells; i++)
        map->cells[i] = (double)NAN;
    *out = map;
    return 0;
failed:
    free(map);
    return -1;
}

void r3_sweep_heat_map_free(struct r3_sweep_heat_map *map) {
    if (!map)
        return;
    r3_output_file_abandon(&map->file);
    free(map->cells);
    free(map);
}

void r3_sweep_heat_map_add(struct r3_sweep_heat_map *map, const struct r3_sweep_run *run) {
    uint32_t indices[R3_SWEEP_PARAMETERS_MAX];
    if (run->status || isnan(run->rank))
        return;
    r3_sweep_space_combination(map->space, run->number, indices);
    size_t x = indices[map->x], y = indices[map->y];
    double *cell = &map->cells[y * axis(map, map->x)->count + x];
    if (isnan(*cell) || run->rank > *cell)
        *cell = run->rank;
    if (isnan(map->best) || run->rank > map->best) {
        map->best = run->rank;
        map->best_x = x;
        map->best_y = y;
    }
}

/* ---- the picture ---- */

/* 'text' for gnuplot: nothing in it is special but the quote. */
static void put_quoted(struct r3_buffer *out, const char *text) {
    r3_buffer_append_text(out, "'");
    for (; *text; text++)
        r3_buffer_append(out, *text == '\'' ? "''" : text, *text == '\'' ? 2 : 1);
    r3_buffer_append_text(out, "'");
}

static double shown(const struct r3_sweep_heat_map *map, double rank) {
    double value = map->order.ascending ? -rank : rank;
    return map->order.figure->kind == R3_SWEEP_FRACTION ? 100 * value : value;
}

/* A label of an axis is a format to gnuplot. */
static void put_label(struct r3_buffer *out, const char *text) {
    struct r3_buffer escaped = R3_BUFFER_INIT;
    for (; *text; text++)
        r3_buffer_append(&escaped, *text == '%' ? "%%" : text, *text == '%' ? 2 : 1);
    put_quoted(out, escaped.data ? escaped.data : "");
    r3_buffer_release(&escaped);
}

/* The values along an axis, no more of them than can be read. */
static void put_tics(struct r3_buffer *out, char name, const struct r3_sweep_parameter *parameter) {
    size_t step = (parameter->count + LABELS_MAX - 1) / LABELS_MAX, longest = 0;
    for (size_t i = 0; i < parameter->count; i += step)
        longest = strlen(parameter->values[i].text) > longest ? strlen(parameter->values[i].text) : longest;
    bool turned = name == 'x' && longest * ((parameter->count + step - 1) / step) > 100;
    r3_buffer_printf(out, "set %ctics %s out nomirror scale 0.4 noenhanced tc rgb '#57606a' (", name,
                     turned ? "rotate by -60" : "norotate");
    for (size_t i = 0; i < parameter->count; i += step) {
        r3_buffer_append_text(out, i ? "," : "");
        put_label(out, parameter->values[i].text);
        r3_buffer_printf(out, " %zu", i);
    }
    r3_buffer_printf(out, ")\nset %crange [-0.5:%zu.5]\nset %clabel ", name, parameter->count - 1, name);
    put_quoted(out, parameter->name);
    r3_buffer_append_text(out, " noenhanced tc rgb '#57606a'\n");
}

/* All of them, and apart those that have a value: gnuplot 5.4 writes "NaN" for a label that has none, whatever its text. */
static void put_cells(struct r3_buffer *out, const struct r3_sweep_heat_map *map) {
    size_t width = axis(map, map->x)->count, height = axis(map, map->y)->count;
    struct r3_buffer values = R3_BUFFER_INIT;
    r3_buffer_append_text(out, "$cells << END\n");
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++) {
            double value = shown(map, map->cells[y * width + x]);
            if (!isfinite(value)) {
                r3_buffer_printf(out, "%zu %zu NaN\n", x, y);
                continue;
            }
            r3_buffer_printf(out, "%zu %zu %.10g\n", x, y, value);
            r3_buffer_printf(&values, "%zu %zu %.10g\n", x, y, value);
        }
    r3_buffer_append_text(out, "END\n$values << END\n");
    r3_buffer_append_text(out, values.length ? values.data : "");
    r3_buffer_append_text(out, "END\n");
    r3_buffer_release(&values);
}

/* Shades of one family from dark to bright (viridis), which keep their order in print and for the colour-blind; the colour bar spans the
 * values. Better is brighter. */
static void put_palette(struct r3_buffer *out, const struct r3_sweep_heat_map *map) {
    size_t cells = axis(map, map->x)->count * axis(map, map->y)->count;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < cells; i++)
        if (isfinite(map->cells[i])) {
            low = fmin(low, shown(map, map->cells[i]));
            high = fmax(high, shown(map, map->cells[i]));
        }
    r3_buffer_printf(
        out,
        "set palette defined (0 '#440154', 1 '#472c7a', 2 '#3b518b', 3 '#2c718e', 4 '#21908d', 5 '#27ad81', "
        "6 '#5cc863', 7 '#aadc32', 8 '#fde725')%s\n",
        map->order.ascending ? " negative" : "");
    if (!(low < high)) {
        low = low == high ? low - 0.5 : 0;
        high = low + 1;
    }
    r3_buffer_printf(out, "set cbrange [%.10g:%.10g]\n", low, high);
    r3_buffer_printf(out, "brightness(value) = %s(value - (%.10g)) / %.10g\n", map->order.ascending ? "1 - " : "", low,
                     high - low);
}

static void put_title(struct r3_buffer *out, const struct r3_sweep_heat_map *map, uint64_t total) {
    const struct r3_sweep_figure *figure = map->order.figure;
    bool more = false;
    for (size_t i = 0; i < map->space->count; i++)
        more = more || (i != map->x && i != map->y && map->space->parameters[i].count > 1);
    struct r3_buffer text = R3_BUFFER_INIT;
    char best[64];
    r3_buffer_append_text(out, "set label 1 ");
    r3_buffer_printf(&text, "%s%s", figure->title, figure->kind == R3_SWEEP_FRACTION ? " [%]" : "");
    put_quoted(out, text.data);
    r3_buffer_append_text(out, " at screen 0.09,0.955 left noenhanced font ',16' tc rgb '#1f2328'\nset label 2 ");
    r3_buffer_reset(&text);
    if (!isnan(map->best)) {
        r3_sweep_figure_format(best, sizeof best, figure, map->order.ascending ? -map->best : map->best);
        r3_buffer_printf(&text, "best %s at %s=%s %s=%s   ", best, axis(map, map->x)->name,
                         axis(map, map->x)->values[map->best_x].text, axis(map, map->y)->name,
                         axis(map, map->y)->values[map->best_y].text);
    }
    r3_buffer_printf(&text, "%llu combinations%s", (unsigned long long)total,
                     more ? ", each cell shows the best of its own" : "");
    put_quoted(out, text.data);
    r3_buffer_append_text(out, " at screen 0.09,0.915 left noenhanced font ',11' tc rgb '#57606a'\n");
    r3_buffer_release(&text);
}

/* The best cell has a frame; few cells have their numbers in them. */
static void put_marks(struct r3_buffer *out, const struct r3_sweep_heat_map *map) {
    size_t cells = axis(map, map->x)->count * axis(map, map->y)->count;
    if (!isnan(map->best))
        r3_buffer_printf(out,
                         "set object 1 rectangle from first %zu-0.5,%zu-0.5 to first %zu+0.5,%zu+0.5 front fillstyle "
                         "empty border lc rgb '#cf222e' lw 2.5\n",
                         map->best_x, map->best_y, map->best_x, map->best_y);
    r3_buffer_append_text(out, "plot $cells using 1:2:3 with image pixels notitle");
    if (!isnan(map->best) && cells <= NUMBERS_MAX && axis(map, map->x)->count <= 14) {
        const char *format = map->order.figure->kind == R3_SWEEP_COUNT ? "%.0f" : "%.2f";
        /* White on the dark part of the palette, black on the bright one. */
        static const char *const shades[2][2] = { { "<", "#ffffff" }, { ">=", "#1f2328" } };
        for (size_t i = 0; i < 2; i++)
            r3_buffer_printf(
                out,
                ", $values using 1:2:(brightness($3) %s 0.6 ? sprintf('%s', $3) : '') with labels font ',10' "
                "tc rgb '%s' notitle",
                shades[i][0], format, shades[i][1]);
    }
    r3_buffer_append_text(out, "\nset output\n");
}

static void put_script(struct r3_buffer *out, const struct r3_sweep_heat_map *map, uint64_t total) {
    r3_buffer_printf(out,
                     map->png ? "set terminal pngcairo size %d,%d font 'Sans,10' background '#ffffff'\n"
                              : "set terminal svg size %d,%d dynamic font 'Sans,12' background '#ffffff'\n",
                     WIDTH, HEIGHT);
    r3_buffer_append_text(out, "set output ");
    put_quoted(out, r3_output_file_name(&map->file));
    r3_buffer_append_text(out, "\nset encoding utf8\nset lmargin at screen 0.09\n"
                               "set rmargin at screen 0.87\nset tmargin at screen 0.88\nset bmargin at screen 0.12\n"
                               "set border 0\nunset key\nset cbtics out scale 0.4 tc rgb '#57606a'\n"
                               "set style fill solid\n");
    put_cells(out, map);
    put_title(out, map, total);
    put_tics(out, 'x', axis(map, map->x));
    put_tics(out, 'y', axis(map, map->y));
    put_palette(out, map);
    put_marks(out, map);
}

int r3_sweep_heat_map_draw(struct r3_sweep_heat_map *map, uint64_t total, struct r3_error *error) {
    struct r3_buffer script = R3_BUFFER_INIT;
    put_script(&script, map, total);
    int result = r3_gnuplot_run(&script, error);
    r3_buffer_release(&script);
    return result == 0 ? r3_output_file_commit(&map->file, error) : -1;
}
