#ifndef R3_STAGE_COLLECT_TELL_H
#define R3_STAGE_COLLECT_TELL_H

#include "lib/market/gap.h"
#include "lib/stage/stage.h"

/* Say in one line which candles were missing, where any were: of r3-collect, and of r3-fetch. */
void r3_collect_tell_gaps(struct r3_port *port, const char *market, const struct r3_gap *gap,
                          enum r3_gap_policy policy);

#endif
