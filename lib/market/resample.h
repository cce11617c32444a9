#ifndef R3_MARKET_RESAMPLE_H
#define R3_MARKET_RESAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/record/record.h"

/* Finer candles into coarser ones: first open, highest high, lowest low, last close, sum of the volumes.
 *
 * Only complete candles come out. The source is known from a time on (its first candle's open, or --from where there were
 * candles before it) and up to a time (its last candle's close, or --to where there were candles after it); an interval that
 * reaches beyond either is dropped and counted. Candles missing inside an interval do not make it incomplete. */

struct r3_resample {
    enum r3_timeframe timeframe;
    int64_t known_from;
    bool open;     /* `building` holds something */
    int64_t close; /* where the interval of `building` ends */
    struct r3_candle building;
    struct r3_candle ready[2];
    unsigned ready_count;
    int64_t dropped_first, dropped_last; /* opens of the incomplete ones; R3_TIME_ABSENT: none */
};

/* Whether each interval of `source` lies within one of `target`; R3_USAGE where not, or where target is the finer one. */
int r3_resample_init(struct r3_resample *resample, enum r3_timeframe source, enum r3_timeframe target,
                     struct r3_error *error);

/* The source is known from `time` on; without it, from the open of the first candle that is put in. */
void r3_resample_known_from(struct r3_resample *resample, int64_t time);

/* Put in the next candle of the source. Then take what is ready until there is none. A volume that outgrows its digits: R3_DATA. */
int r3_resample_put(struct r3_resample *resample, const struct r3_candle *candle, struct r3_error *error);
/* The same for several that follow each other within one interval, put together in *candle: its time is the first one's open,
 * `end` the last one's close. */
int r3_resample_put_run(struct r3_resample *resample, const struct r3_candle *candle, int64_t end,
                        struct r3_error *error);
/* The source is known up to `time`, and ends. */
void r3_resample_end(struct r3_resample *resample, int64_t time);
/* Take a complete candle; false where there is none. */
bool r3_resample_take(struct r3_resample *resample, struct r3_candle *out);
/* Where nothing is left to take: the bytes become those of any other that says the same, however its candles came. The names of what
 * the candles are of go; nothing here reads them. */
void r3_resample_clean(struct r3_resample *resample);

#endif
