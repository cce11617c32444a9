#ifndef R3_STAGE_SERIES_CACHE_H
#define R3_STAGE_SERIES_CACHE_H

#include "lib/strategy/series.h"

/* A cache of series, for the runs of a sweep (the `series` of a port). Only what is asked for a second time is kept, so that
 * series which belong to one parameter set alone cost no memory. */

/* New; freed when no evaluation uses it any more. `bytes`: of the series that nobody uses at the moment those used longest ago give
 * way when there are more; those in use stay, whatever they take. */
struct r3_series_cache *r3_series_cache_new(size_t bytes);
void r3_series_cache_free(struct r3_series_cache *cache); /* accepts NULL */

struct r3_series_figures {
    size_t series, bytes;    /* held now */
    uint64_t read, computed; /* values, in candles */
};
struct r3_series_figures r3_series_cache_figures(struct r3_series_cache *cache);

#endif
