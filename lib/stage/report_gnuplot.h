#ifndef R3_STAGE_REPORT_GNUPLOT_H
#define R3_STAGE_REPORT_GNUPLOT_H

#include "lib/base/buffer.h"
#include "lib/base/error.h"

/* gnuplot as a child process, for --plot of r3-report and of r3-sweep. No shell takes part. */

/* R3_UNAVAILABLE with what to install where PATH has no gnuplot. */
int r3_gnuplot_find(struct r3_error *error);
/* Run a script to its end. R3_UNAVAILABLE with gnuplot's own first message when it fails. */
int r3_gnuplot_run(const struct r3_buffer *script, struct r3_error *error);

#endif
