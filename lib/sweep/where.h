#ifndef R3_SWEEP_WHERE_H
#define R3_SWEEP_WHERE_H

#include <stdbool.h>

#include "lib/sweep/space.h"

/* --where: a condition over the parameters of a combination.
 *
 *     condition:   comparison | not condition | condition and condition | condition or condition | ( condition )
 *     comparison:  sum < sum     also <= > >= == !=
 *     sum:         numbers, names and "texts" with + - * / and ( )
 *
 * `not` binds tightest, then `and`, then `or`. Numbers are exact, "1%" is 0.01, and a quotient is kept as a fraction, so that
 * 1 / 3 * 3 == 1. Texts and values that are no numbers are compared by == and != alone. */

struct r3_sweep_where; /* opaque */

/* New in *out, freed with r3_sweep_where_free; keeps `space`. R3_USAGE: "--where: column 7: …". */
int r3_sweep_where_parse(struct r3_sweep_where **out, const char *text, const struct r3_sweep_space *space,
                         struct r3_error *error);
void r3_sweep_where_free(struct r3_sweep_where *where); /* accepts NULL */

/* Whether the combination of these values satisfies it: 1 or 0; -1 (R3_USAGE) where it makes no sense for them: a word is added
 * to, a division by 0, a number beyond 34 digits. The message names the column; the caller knows the combination. */
int r3_sweep_where_holds(const struct r3_sweep_where *where, const uint32_t *indices, struct r3_error *error);

#endif
