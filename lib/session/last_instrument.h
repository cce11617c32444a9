#ifndef R3_SESSION_LAST_INSTRUMENT_H
#define R3_SESSION_LAST_INSTRUMENT_H

#include <stdbool.h>

#include "lib/record/record.h"

/* The instrument that the exchange or the book of a session knows, out of its state: for a run whose source gives none. `lines`: the
 * session's state records, a line each; NULL: none. *found: *out is an instrument record. R3_DATA: a state is damaged. */
int r3_last_instrument(struct r3_record *out, bool *found, struct r3_decoder *decoder, const char *lines,
                       struct r3_error *error);

#endif
