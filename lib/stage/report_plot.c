/* --plot: the run in one picture. The price with entries and exits and the lines that the strategy plots, equity beside buy and
 * hold, drawdown. However long the run, the picture is made from at most POINTS points, which keep the extremes. */
#include <math.h>

#include "lib/base/output_file.h"
#include "lib/stage/report.h"
#include "lib/stage/report_gnuplot.h"
#include "lib/trade/curve.h"

enum { POINTS = 2048, MARKS = 1024, VALUES = 8, CANDLES_DRAWN = 200, WIDTH = 1200, HEIGHT = 900 };
enum channel { PRICE, EQUITY, DRAWDOWN, BENCHMARK, FIRST_VALUE, CHANNELS = FIRST_VALUE + VALUES };

enum mark_kind { LONG_ENTRY, LONG_EXIT, SHORT_ENTRY, SHORT_EXIT, MARK_KINDS };

struct mark {
    int64_t time; /* open of the candle of the fill */
    double price;
    enum mark_kind kind;
};

struct r3_report_plot {
    struct r3_output_file file;
    bool png;
    char market[R3_MARKET_SIZE]; /* whose price is drawn: the first one's */
    struct r3_curve curve;
    struct r3_curve_point sample[CHANNELS]; /* of the bar that is open */
    char names[VALUES][R3_NAME_SIZE];
    size_t value_count;
    struct mark marks[MARKS];
    size_t mark_count;
    uint64_t fills, mark_stride; /* each mark_stride-th pair of fills is kept */
};

static void clear_sample(struct r3_report_plot *plot) {
    for (size_t i = 0; i < CHANNELS; i++)
        plot->sample[i] = r3_curve_value((double)NAN);
}

int r3_report_plot_new(struct r3_report_plot **out, const char *path, struct r3_error *error) {
    size_t length = strlen(path);
    bool png = length > 4 && strcmp(path + length - 4, ".png") == 0;
    if (!png && !(length > 4 && strcmp(path + length - 4, ".svg") == 0))
        return r3_fail(error, R3_USAGE, "--plot %s: the name must end in .svg or .png", path);
    if (r3_gnuplot_find(error) != 0)
        return -1;
    struct r3_report_plot *plot = r3_allocate(sizeof *plot);
    plot->file = (struct r3_output_file)R3_OUTPUT_FILE_INIT;
    if (r3_output_file_open(&plot->file, path, error) != 0) {
        free(plot);
        return -1;
    }
    plot->png = png;
    plot->mark_stride = 1;
    r3_curve_init(&plot->curve, CHANNELS, POINTS);
    clear_sample(plot);
    *out = plot;
    return 0;
}

void r3_report_plot_free(struct r3_report_plot *plot) {
    if (!plot)
        return;
    r3_output_file_abandon(&plot->file);
    r3_curve_release(&plot->curve);
    free(plot);
}

void r3_report_plot_candle(struct r3_report_plot *plot, const struct r3_candle *candle) {
    if (!plot->market[0])
        memcpy(plot->market, candle->market, sizeof plot->market);
    else if (strcmp(plot->market, candle->market) != 0)
        return;
    plot->sample[PRICE] = (struct r3_curve_point) { .first = r3_decimal_to_double(&candle->open),
                                                    .low = r3_decimal_to_double(&candle->low),
                                                    .high = r3_decimal_to_double(&candle->high),
                                                    .last = r3_decimal_to_double(&candle->close) };
}

void r3_report_plot_value(struct r3_report_plot *plot, const struct r3_value *value) {
    size_t i = 0;
    if (strcmp(value->market, plot->market) != 0)
        return;
    while (i < plot->value_count && strcmp(plot->names[i], value->name) != 0)
        i++;
    if (i == VALUES) /* the picture has no room for more lines: r3-report(1) says so */
        return;
    if (i == plot->value_count)
        memcpy(plot->names[plot->value_count++], value->name, sizeof value->name);
    plot->sample[FIRST_VALUE + i] = r3_curve_value(value->value);
}

/* Make room by dropping every second pair of fills: an entry stays with its exit. */
static void thin_marks(struct r3_report_plot *plot) {
    size_t kept = 0;
    for (size_t i = 0; i < plot->mark_count; i++)
        if (i / 2 % 2 == 0)
            plot->marks[kept++] = plot->marks[i];
    plot->mark_count = kept;
    plot->mark_stride *= 2;
}

void r3_report_plot_trade(struct r3_report_plot *plot, const struct r3_trade *trade, const struct r3_candle *candle) {
    if (strcmp(trade->market, plot->market) != 0)
        return;
    bool entry = trade->role == R3_ENTRY, buys = trade->side == R3_BUY;
    if (plot->mark_count == MARKS)
        thin_marks(plot);
    if (plot->fills++ / 2 % plot->mark_stride != 0)
        return;
    plot->marks[plot->mark_count++] =
        (struct mark) { .time = candle->time,
                        .price = r3_decimal_to_double(&trade->price),
                        .kind = entry ? (buys ? LONG_ENTRY : SHORT_ENTRY) : (buys ? SHORT_EXIT : LONG_EXIT) };
}

void r3_report_plot_bar(struct r3_report_plot *plot, int64_t time, double equity, double drawdown, double benchmark) {
    plot->sample[EQUITY] = r3_curve_value(equity);
    plot->sample[DRAWDOWN] = r3_curve_value(100 * drawdown);
    plot->sample[BENCHMARK] = r3_curve_value(benchmark);
    r3_curve_add(&plot->curve, time, plot->sample);
    clear_sample(plot);
}

struct range {
    double low, high;
};

static struct range range_of(const struct r3_curve *curve, size_t channel) {
    struct range range = { INFINITY, -INFINITY };
    for (size_t i = 0; i < curve->count; i++) {
        const struct r3_curve_point *point = r3_curve_at(curve, i, channel);
        if (!r3_curve_is_present(point))
            continue;
        range.low = fmin(range.low, point->low);
        range.high = fmax(range.high, point->high);
    }
    return range;
}

/* 'text' for gnuplot: nothing in it is special but the quote. */
static void put_quoted(struct r3_buffer *out, const char *text) {
    r3_buffer_append_text(out, "'");
    for (; *text; text++)
        r3_buffer_printf(out, *text == '\'' ? "''" : "%c", *text);
    r3_buffer_append_text(out, "'");
}

/* Blocks of data. Columns: 1 time (s), 2-5 price open low high close, 6-8 equity low high last, 9 worst drawdown,
 * 10 buy and hold in money, 11… values. */
static void put_data(struct r3_buffer *out, const struct r3_report_plot *plot, double start) {
    static const char *const names[MARK_KINDS] = { "long_entry", "long_exit", "short_entry", "short_exit" };
    const struct r3_curve *curve = &plot->curve;
    r3_buffer_append_text(out, "$curve << END\n");
    for (size_t i = 0; i < curve->count; i++) {
        const struct r3_curve_point *price = r3_curve_at(curve, i, PRICE), *equity = r3_curve_at(curve, i, EQUITY);
        r3_buffer_printf(out, "%lld %.10g %.10g %.10g %.10g %.10g %.10g %.10g %.6g %.10g",
                         (long long)(curve->times[i] / R3_SECOND), price->first, price->low, price->high, price->last,
                         equity->low, equity->high, equity->last, r3_curve_at(curve, i, DRAWDOWN)->low,
                         start * r3_curve_at(curve, i, BENCHMARK)->last);
        for (size_t k = 0; k < plot->value_count; k++) {
            const struct r3_curve_point *value = r3_curve_at(curve, i, FIRST_VALUE + k);
            r3_buffer_printf(out, r3_curve_is_present(value) ? " %.10g" : " NaN", value->last);
        }
        r3_buffer_append_text(out, "\n");
    }
    r3_buffer_append_text(out, "END\n");
    for (size_t kind = 0; kind < MARK_KINDS; kind++) {
        r3_buffer_printf(out, "$%s << END\n", names[kind]);
        for (size_t i = 0; i < plot->mark_count; i++)
            if (plot->marks[i].kind == kind)
                r3_buffer_printf(out, "%lld %.10g\n", (long long)(plot->marks[i].time / R3_SECOND),
                                 plot->marks[i].price);
        r3_buffer_append_text(out, "END\n");
    }
}

/* About `count` tics: a step of 1, 2 or 5 times a power of ten. */
static double nice_step(double span, int count) {
    double step = span / count, power = pow(10, floor(log10(step))), digit = step / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

/* The tics of an axis that spans `range`: no more decimals than the step needs; logarithmic where it spans a factor of 8. */
static void put_axis(struct r3_buffer *out, struct range range, int tics, bool may_be_logarithmic) {
    double span = range.high - range.low;
    if (may_be_logarithmic && range.low > 0 && range.high > 8 * range.low) {
        r3_buffer_append_text(out, "set logscale y\nset ytics auto\nset format y '%.4g'\n");
        return;
    }
    r3_buffer_append_text(out, "unset logscale y\n");
    if (!(span > 0) || !isfinite(span)) {
        r3_buffer_append_text(out, "set ytics auto\nset format y '%g'\n");
        return;
    }
    double step = nice_step(span, tics);
    int digits = (int)ceil(-log10(step) - 1e-9);
    r3_buffer_printf(out, "set ytics %.10g\n", step);
    if (fabs(range.high) >= 1e6)
        r3_buffer_append_text(out, "set format y '%.2s%c'\n");
    else
        r3_buffer_printf(out, "set format y '%%.%df'\n", digits < 0 ? 0 : digits > 10 ? 10 : digits);
}

struct panel {
    double top, bottom;
    bool last;   /* it shows the times */
    double room; /* above the curves, for the key */
};

static void put_panel(struct r3_buffer *out, const struct panel *panel, const char *label, const char *time_format) {
    r3_buffer_printf(out, "set tmargin at screen %.4f\nset bmargin at screen %.4f\n", panel->top, panel->bottom);
    r3_buffer_printf(out, "set label 3 '%s' at screen 0.016,%.4f center rotate by 90 tc rgb '#57606a'\n", label,
                     (panel->top + panel->bottom) / 2);
    r3_buffer_printf(out, "set autoscale yfix\nset offsets 0,0,graph %.2f,graph 0.04\n", panel->room);
    r3_buffer_printf(out, "set format x \"%s\"\n", panel->last ? time_format : "");
}

/* How times are written depends on how much time there is. */
static const char *time_format(int64_t span) {
    if (span <= 2 * (int64_t)R3_DAY)
        return "%H:%M\\n%d %b";
    if (span <= 120 * (int64_t)R3_DAY)
        return "%d %b\\n%Y";
    return span <= 4 * 365 * (int64_t)R3_DAY ? "%b\\n%Y" : "%Y";
}

static void put_marks(struct r3_buffer *out, const struct r3_report_plot *plot) {
    static const struct {
        const char *block, *title, *colour;
        int shape;
    } kinds[MARK_KINDS] = { { "$long_entry", "entry", "#1a7f37", 9 },
                            { "$long_exit", "exit", "#cf222e", 11 },
                            { "$short_entry", "short entry", "#8250df", 9 },
                            { "$short_exit", "short exit", "#bf8700", 11 } };
    bool crowded = plot->mark_count > 250;
    double scale = plot->png ? 1 : 0.6; /* gnuplot's SVG draws the same size larger */
    double size = scale * (plot->mark_count <= 60    ? 1.5
                           : plot->mark_count <= 250 ? 1.1
                           : plot->mark_count <= 800 ? 0.8
                                                     : 0.5);
    bool present[MARK_KINDS] = { false };
    for (size_t i = 0; i < plot->mark_count; i++)
        present[plot->marks[i].kind] = true;
    /* A white rim lifts them off the candles; all rims first, so that none covers a mark. */
    for (size_t kind = 0; kind < MARK_KINDS; kind++)
        if (present[kind] && !crowded)
            r3_buffer_printf(out, ", %s using 1:2 with points pt %d ps %.2f lc rgb '#ffffff' notitle",
                             kinds[kind].block, kinds[kind].shape, size + 0.5 * scale);
    for (size_t kind = 0; kind < MARK_KINDS; kind++)
        if (present[kind])
            r3_buffer_printf(out, ", %s using 1:2 with points pt %d ps %.2f lc rgb '%s' title '%s'", kinds[kind].block,
                             kinds[kind].shape, size, kinds[kind].colour, kinds[kind].title);
}

static void put_values(struct r3_buffer *out, const struct r3_report_plot *plot, bool on_price,
                       const bool *beside_price) {
    static const char *const colours[VALUES] = { "#0969da", "#d4730b", "#8250df", "#0f8a8a",
                                                 "#bf3989", "#7d4e00", "#4d7c0f", "#57606a" };
    size_t drawn = 0;
    const char *before = on_price ? ", " : "plot ";
    for (size_t k = 0; k < plot->value_count; k++) {
        if (beside_price[k] == on_price)
            continue;
        r3_buffer_printf(out, "%s$curve using 1:%zu with lines lw 1.4 lc rgb '%s' title ", before, 11 + k,
                         colours[drawn++]);
        put_quoted(out, plot->names[k]);
        before = ", ";
    }
    if (!on_price)
        r3_buffer_append_text(out, "\n");
}

static void put_price(struct r3_buffer *out, const struct r3_report_plot *plot, const bool *beside_price) {
    const struct r3_curve *curve = &plot->curve;
    r3_buffer_append_text(out, "set key top left horizontal Left reverse samplen 2 spacing 1.1 width 1\nplot ");
    if (curve->count <= CANDLES_DRAWN) {
        r3_buffer_append_text(
            out, "$curve using 1:($5>=$2?$2:NaN):3:4:5 with candlesticks lc rgb '#2da44e' fs solid 0.85 notitle, "
                 "$curve using 1:($5<$2?$2:NaN):3:4:5 with candlesticks lc rgb '#e5534b' fs solid 0.85 notitle");
    } else {
        r3_buffer_append_text(out,
                              "$curve using 1:3:4 with filledcurves fc rgb '#d0d7de' fs solid 0.6 noborder notitle, "
                              "$curve using 1:5 with lines lw 1 lc rgb '#57606a' title 'close'");
    }
    put_values(out, plot, true, beside_price);
    put_marks(out, plot);
    r3_buffer_append_text(out, "\n");
}

static void put_equity(struct r3_buffer *out, bool with_benchmark) {
    r3_buffer_append_text(
        out, "plot $curve using 1:6:7 with filledcurves fc rgb '#0969da' fs transparent solid 0.25 noborder notitle, ");
    if (with_benchmark)
        r3_buffer_append_text(out,
                              "$curve using 1:10 with lines lw 1.2 dt (6,4) lc rgb '#8c959f' title 'buy and hold', ");
    r3_buffer_append_text(out, "$curve using 1:8 with lines lw 1.6 lc rgb '#0969da' title 'equity'\n");
}

static void put_title(struct r3_buffer *out, const struct r3_report_plot *plot,
                      const struct r3_report_summary *summary) {
    const struct r3_figures *figures = &summary->figures;
    struct r3_buffer text = R3_BUFFER_INIT;
    r3_buffer_printf(&text, "%s  %s", plot->market, r3_timeframe_name(summary->timeframe));
    r3_buffer_append_text(out, "set label 1 ");
    put_quoted(out, text.data);
    r3_buffer_append_text(out, " at screen 0.075,0.965 left noenhanced font ',16' tc rgb '#1f2328'\n");
    r3_buffer_reset(&text);
    r3_buffer_printf(&text, "%s:  return %.2f %%   buy and hold %.2f %%   max. drawdown %.2f %%   ", summary->session,
                     100 * figures->total_return, 100 * figures->buy_and_hold_return, 100 * figures->max_drawdown);
    if (isfinite(figures->sharpe_ratio))
        r3_buffer_printf(&text, "Sharpe %.2f   ", figures->sharpe_ratio);
    r3_buffer_printf(&text, "%llu trades", (unsigned long long)figures->trades);
    if (plot->mark_stride > 1)
        r3_buffer_printf(&text, " (1 in %llu marked)", (unsigned long long)plot->mark_stride);
    r3_buffer_append_text(out, "set label 2 ");
    put_quoted(out, text.data);
    r3_buffer_append_text(out, " at screen 0.97,0.965 right noenhanced font ',11' tc rgb '#57606a'\n");
    r3_buffer_release(&text);
}

static void put_head(struct r3_buffer *out, const struct r3_report_plot *plot) {
    const struct r3_curve *curve = &plot->curve;
    int64_t step = r3_timeframe_span(R3_1m), first = curve->times[0], last = curve->times[curve->count - 1];
    if (curve->count > 1)
        step = (last - first) / (int64_t)(curve->count - 1);
    r3_buffer_printf(out,
                     plot->png ? "set terminal pngcairo size %d,%d font 'Sans,10' background '#ffffff'\n"
                               : "set terminal svg size %d,%d dynamic font 'Sans,12' background '#ffffff'\n",
                     WIDTH, HEIGHT);
    r3_buffer_append_text(out, "set output ");
    put_quoted(out, r3_output_file_name(&plot->file));
    r3_buffer_printf(
        out,
        "\nset encoding utf8\nset datafile missing 'NaN'\nset xdata time\nset timefmt '%%s'\nset xrange ['%lld':'%lld']\n"
        "set boxwidth %.1f absolute\n",
        (long long)((first - step) / R3_SECOND), (long long)((last + 2 * step) / R3_SECOND),
        0.66 * (double)step / R3_SECOND);
    r3_buffer_append_text(out,
                          "set lmargin at screen 0.075\nset rmargin at screen 0.97\n"
                          "set border 3 lc rgb '#8c959f'\nset tics nomirror out scale 0.5 tc rgb '#57606a'\n"
                          "set grid back lc rgb '#d0d7de' lw 0.8 lt 1\nset key noenhanced opaque tc rgb '#1f2328'\n");
}

/* A plotted value is drawn with the price where their ranges are of one kind; an oscillator gets a panel of its own. */
static bool separate_values(const struct r3_report_plot *plot, bool *beside_price) {
    struct range price = range_of(&plot->curve, PRICE);
    bool any = false;
    for (size_t k = 0; k < plot->value_count; k++) {
        struct range value = range_of(&plot->curve, FIRST_VALUE + k);
        double slack = price.high - price.low;
        beside_price[k] = value.high < price.low - slack || value.low > price.high + slack;
        any = any || (beside_price[k] && value.low <= value.high);
    }
    return any;
}

static struct range oscillator_range(const struct r3_report_plot *plot, const bool *beside_price) {
    struct range all = { INFINITY, -INFINITY };
    for (size_t k = 0; k < plot->value_count; k++) {
        struct range value = range_of(&plot->curve, FIRST_VALUE + k);
        if (!beside_price[k])
            continue;
        all.low = fmin(all.low, value.low);
        all.high = fmax(all.high, value.high);
    }
    return all;
}

static void put_script(struct r3_buffer *out, const struct r3_report_plot *plot,
                       const struct r3_report_summary *summary) {
    const struct r3_curve *curve = &plot->curve;
    double start = r3_book_double(summary->figures.equity_start);
    bool beside_price[VALUES] = { false }, oscillators = separate_values(plot, beside_price);
    struct range equity = range_of(curve, EQUITY), market = range_of(curve, BENCHMARK);
    bool with_benchmark = market.low > 0 && start > 0;
    if (with_benchmark)
        equity = (struct range) { fmin(equity.low, start * market.low), fmax(equity.high, start * market.high) };
    const char *times = time_format(curve->times[curve->count - 1] - curve->times[0]);
    double price_bottom = oscillators ? 0.56 : 0.45;

    put_head(out, plot);
    put_data(out, plot, start);
    put_title(out, plot, summary);
    r3_buffer_append_text(out, "set multiplot\n");
    put_panel(out, &(struct panel) { .top = 0.94, .bottom = price_bottom, .room = 0.13 }, "price", times);
    put_axis(out, range_of(curve, PRICE), 8, true);
    put_price(out, plot, beside_price);
    r3_buffer_append_text(out, "unset label 1\nunset label 2\n");
    if (oscillators) {
        put_panel(out, &(struct panel) { .top = price_bottom - 0.02, .bottom = 0.43, .room = 0.2 }, "", times);
        put_axis(out, oscillator_range(plot, beside_price), 4, false);
        put_values(out, plot, false, beside_price);
    }
    put_panel(out, &(struct panel) { .top = oscillators ? 0.41 : 0.43, .bottom = 0.2, .room = 0.12 }, "equity", times);
    put_axis(out, equity, 5, true);
    put_equity(out, with_benchmark);
    put_panel(out, &(struct panel) { .top = 0.18, .bottom = 0.06, .last = true }, "drawdown %", times);
    put_axis(out, range_of(curve, DRAWDOWN), 4, false);
    r3_buffer_append_text(
        out, "set offsets 0,0,0,graph 0.05\nset yrange [*:0]\nunset key\n"
             "plot $curve using 1:9 with filledcurves y1=0 fc rgb '#cf222e' fs transparent solid 0.35 noborder, "
             "$curve using 1:9 with lines lw 1 lc rgb '#cf222e'\n"
             "unset multiplot\nset output\n");
}

int r3_report_plot_draw(struct r3_report_plot *plot, const struct r3_report_summary *summary, struct r3_error *error) {
    struct r3_buffer script = R3_BUFFER_INIT;
    put_script(&script, plot, summary);
    int result = r3_gnuplot_run(&script, error);
    r3_buffer_release(&script);
    return result == 0 ? r3_output_file_commit(&plot->file, error) : -1;
}
