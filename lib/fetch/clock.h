#ifndef R3_FETCH_CLOCK_H
#define R3_FETCH_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* What the clock of an exchange is ahead of this machine's, as one process measured it, for those that come in the next minutes. Neither
 * depends on how the clock of the machine is set. */

/* ms that the clock of the exchange at `url` is ahead of r3_clock_monotonic; false: nobody has measured it lately. */
bool r3_fetch_clock_load(int64_t *ahead, const char *url);
void r3_fetch_clock_save(int64_t ahead, const char *url);

#endif
