#ifndef R3_SWEEP_FIGURE_H
#define R3_SWEEP_FIGURE_H

#include <stddef.h>

#include "lib/base/buffer.h"

/* The numbers of r3-report --json that a sweep can be ranked by, shown in a table and written as columns. */

enum r3_sweep_figure_kind {
    R3_SWEEP_RATIO,
    R3_SWEEP_FRACTION, /* shown as percent */
    R3_SWEEP_MONEY,
    R3_SWEEP_COUNT,
    R3_SWEEP_TIME, /* ms since 1970 */
    R3_SWEEP_SPAN  /* ms */
};

struct r3_sweep_figure {
    const char *name;  /* "sharpe_ratio" */
    const char *title; /* "Sharpe Ratio": as the report's table has it */
    enum r3_sweep_figure_kind kind;
};

enum { R3_SWEEP_FIGURES = 42 };

/* In the order of r3-report --json; ended by a NULL name. */
extern const struct r3_sweep_figure r3_sweep_figures[];

/* By name; NULL: there is none. */
const struct r3_sweep_figure *r3_sweep_figure_find(const char *name);

/* The values of all of them in the text of an object of r3-report --json, which this release wrote: it is not checked. Parsing it takes 5
 * times as long. NAN: it is null or missing. */
void r3_sweep_figures_read(double out[R3_SWEEP_FIGURES], const struct r3_buffer *statistics);
/* The value of one. */
double r3_sweep_figure_value(const struct r3_sweep_figure *figure, const struct r3_buffer *statistics);
/* As it is shown in a table: "12.34" for a fraction of 0.1234; "-" where it is undefined. */
void r3_sweep_figure_format(char *out, size_t size, const struct r3_sweep_figure *figure, double value);

#endif
