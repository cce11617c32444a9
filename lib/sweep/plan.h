#ifndef R3_SWEEP_PLAN_H
#define R3_SWEEP_PLAN_H

#include "lib/sweep/space.h"
#include "lib/sweep/where.h"

/* Which combinations are worked off, in ascending order of their numbers. */

enum r3_sweep_choice {
    R3_SWEEP_ALL,
    /* So many that satisfy --where, each set of that many as likely as any other; all of them where there are no more. */
    R3_SWEEP_RANDOM,
    /* A Latin hypercube (M. McKay, R. Beckman and W. Conover, Technometrics 21, 1979, pp. 239-245): the range of each parameter is cut
     * into as many equal parts as there are draws, and each part is drawn once. Draws that --where refuses, and repeats (a parameter has
     * fewer values than there are draws), are left out. */
    R3_SWEEP_LATIN
};

enum { R3_SWEEP_DRAWS_MAX = 1 << 22 };

struct r3_sweep_plan; /* opaque */

/* New in *out, freed with r3_sweep_plan_free; keeps `space` and `where` (NULL: no condition). `draws`: 1 to R3_SWEEP_DRAWS_MAX. R3_USAGE:
 * --where makes no sense for a combination; nothing satisfies it (found out here or by the first call of next); too few of a huge
 * space do. */
int r3_sweep_plan_new(struct r3_sweep_plan **out, const struct r3_sweep_space *space,
                      const struct r3_sweep_where *where, enum r3_sweep_choice choice, uint64_t draws, uint64_t seed,
                      struct r3_error *error);
void r3_sweep_plan_free(struct r3_sweep_plan *plan); /* accepts NULL */

/* How many there are; 0: not known yet (a condition over more combinations than are worth counting). */
uint64_t r3_sweep_plan_count(const struct r3_sweep_plan *plan);
/* Latin hypercube: draws that were left out. */
uint64_t r3_sweep_plan_omitted(const struct r3_sweep_plan *plan);

/* The next one: 1; 0: no more; -1. */
int r3_sweep_plan_next(struct r3_sweep_plan *plan, uint64_t *number, struct r3_error *error);

#endif
