#ifndef R3_STAGE_REPORT_H
#define R3_STAGE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buffer.h"
#include "lib/record/record.h"
#include "lib/trade/statistics.h"

/* The parts of r3-report, private to lib/stage/report*.c. */

/* What the table and --json show. */
struct r3_report_summary {
    const char *session, *currency;
    const struct r3_book *book; /* markets, and what is open at the end */
    enum r3_timeframe timeframe;
    struct r3_figures figures;
    struct r3_decimal commissions;
    uint64_t rejected, unfilled, warnings;        /* unfilled: entries that were canceled without a fill */
    const char *first_rejection, *first_unfilled; /* its reason; "" */
};

void r3_report_table(struct r3_buffer *out, const struct r3_report_summary *summary, bool colour);
void r3_report_json(struct r3_buffer *out, const struct r3_report_summary *summary);

/* A position that is still open: what it would bring at the last close, the fees paid so far taken off. */
int r3_report_unrealized(struct r3_decimal *out, const struct r3_book_market *market, struct r3_error *error);

/* --plot: a bounded picture of the run, drawn by gnuplot at the end. */
struct r3_report_plot;
/* New in *out. R3_USAGE: the name ends in neither .svg nor .png. R3_UNAVAILABLE: gnuplot is not installed. */
int r3_report_plot_new(struct r3_report_plot **out, const char *path, struct r3_error *error);
void r3_report_plot_free(struct r3_report_plot *plot);
void r3_report_plot_candle(struct r3_report_plot *plot, const struct r3_candle *candle);
void r3_report_plot_value(struct r3_report_plot *plot, const struct r3_value *value);
void r3_report_plot_trade(struct r3_report_plot *plot, const struct r3_trade *trade, const struct r3_candle *candle);
/* The bar that the candles, values and trades since the last call belong to is closed. */
void r3_report_plot_bar(struct r3_report_plot *plot, int64_t time, double equity, double drawdown, double benchmark);
int r3_report_plot_draw(struct r3_report_plot *plot, const struct r3_report_summary *summary, struct r3_error *error);

#endif
