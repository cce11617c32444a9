#ifndef R3_EXCHANGE_SHARED_CLOCK_H
#define R3_EXCHANGE_SHARED_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* The clock of an exchange as one process has measured it, for others of the same user on the same machine: r3-fetch need not ask for it in
 * each, and r3-live has it where the quota for such questions is used up. How the machine's own clock is set is of no matter. */

struct r3_exchange_clock {
    int64_t ahead;    /* ms that it is ahead of r3_clock_monotonic */
    int64_t trip;     /* ms that the question took: `ahead` may be off by half of it */
    int64_t measured; /* r3_clock_monotonic */
};

/* That of the exchange at `url`. False: nobody has measured it within `most` ms, or since the machine was started. */
bool r3_exchange_clock_load(struct r3_exchange_clock *out, const char *url, int64_t most);
void r3_exchange_clock_save(const struct r3_exchange_clock *clock, const char *url);

#endif
