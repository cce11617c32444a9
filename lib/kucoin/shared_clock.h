#ifndef R3_KUCOIN_SHARED_CLOCK_H
#define R3_KUCOIN_SHARED_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* The exchange's clock as a process of this user has measured it last, beside what is left of the public quota: where that is used up, nobody
 * may ask for the time, and nothing can be signed without it. */

/* offset: of the exchange's clock from the monotonic one, ms; trip: of the question; measured: r3_clock_monotonic. fd: -1 is no file. */
void r3_kucoin_clock_save(int fd, int64_t offset, int64_t trip, int64_t measured);
/* False: there is none, or it is of before the machine was started, or older than `most` ms. */
bool r3_kucoin_clock_load(int fd, int64_t most, int64_t *offset, int64_t *trip, int64_t *measured);

#endif
