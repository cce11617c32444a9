/* What is said of a series at its end. */

#include <inttypes.h>

#include "lib/stage/collect_series.h"
#include "lib/stage/collect_tell.h"

void r3_collect_tell_gaps(struct r3_port *port, const char *market, const struct r3_gap *gap,
                          enum r3_gap_policy policy) {
    char time[R3_TIME_TEXT_SIZE];
    if (gap->gaps == 0)
        return;
    r3_time_format(time, gap->first);
    port->warn(port, "%s %s: %" PRIu64 " candle%s missing in %" PRIu64 " gap%s%s; the first: %" PRIu64 " from %s on",
               market, r3_timeframe_name(gap->timeframe), gap->missing, gap->missing == 1 ? "" : "s", gap->gaps,
               gap->gaps == 1 ? "" : "s", policy == R3_GAPS_FILL ? ", filled" : "", gap->first_missing, time);
}

static void warn_dropped(struct r3_port *port, const struct r3_collect_series *series,
                         const struct r3_resample *resample) {
    const int64_t times[] = { resample->dropped_first, resample->dropped_last };
    for (unsigned i = 0; i < 2; i++) {
        char time[R3_TIME_TEXT_SIZE];
        if (times[i] == R3_TIME_ABSENT)
            continue;
        r3_time_format(time, times[i]);
        port->warn(port, "%s %s: the %s candle, %s, is not complete: dropped", series->files[0]->market,
                   r3_timeframe_name(resample->timeframe), i == 0 ? "first" : "last", time);
    }
}

void r3_collect_tell(struct r3_port *port, const struct r3_collect_series *series, struct r3_resample *resample,
                     bool ended) {
    if (resample && !ended) /* interrupted: what is being put together will not be complete */
        r3_resample_end(resample, INT64_MIN);
    for (size_t i = 0; i < series->file_count; i++)
        if (series->files[i]->missing)
            port->warn(port, "%s: %" PRIu64 " row%s without values, the first in line %" PRIu64, series->files[i]->name,
                       series->files[i]->missing, series->files[i]->missing == 1 ? "" : "s",
                       r3_collect_line(series->files[i], series->files[i]->first_missing));
    if (series->duplicates)
        port->warn(port, "%s:%" PRIu64 ": an equal copy of the candle before it; %" PRIu64 " such row%s dropped",
                   series->duplicate_file->name, r3_collect_line(series->duplicate_file, series->first_duplicate),
                   series->duplicates, series->duplicates == 1 ? "" : "s");
    r3_collect_tell_gaps(port, series->files[0]->market, &series->gap, series->policy);
    if (resample)
        warn_dropped(port, series, resample);
    if (ended && series->candles == 0)
        port->warn(port, "%s %s: no candle lies between --from and --to", series->files[0]->market,
                   r3_timeframe_name(series->timeframe));
}
