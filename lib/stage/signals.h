#ifndef R3_STAGE_SIGNALS_H
#define R3_STAGE_SIGNALS_H

#include <stdbool.h>

/* INT and TERM, as r3(7) says it: only a source stops, and ends its stream; the others let the first one pass and drain. The
 * second kills. For the main program alone. */

/* source: a read that waits is left when the signal comes. */
void r3_signals_prepare(bool source);
bool r3_signals_stop_asked(void);

#endif
