#ifndef R3_SWEEP_HEAT_MAP_H
#define R3_SWEEP_HEAT_MAP_H

#include "lib/base/output_file.h"
#include "lib/sweep/ranking.h"

/* --plot FILE: the ranked figure over two parameters. Where there are more, a cell shows the best of its combinations. Memory: 8 bytes a
 * cell. */

struct r3_sweep_heat_map; /* opaque */

enum { R3_SWEEP_CELLS_MAX = 1000000 };

/* New in *out, freed with r3_sweep_heat_map_free. `axes`: "X,Y", two names; NULL: the first two parameters that have several values. R3_USAGE: a
 * bad name or ending, no two parameters, more than R3_SWEEP_CELLS_MAX cells. R3_UNAVAILABLE: gnuplot is not installed. */
int r3_sweep_heat_map_new(struct r3_sweep_heat_map **out, const char *path, const char *axes,
                          const struct r3_sweep_space *space, const struct r3_sweep_order *order,
                          struct r3_error *error);
void r3_sweep_heat_map_free(struct r3_sweep_heat_map *map);

/* A run whose rank is set. */
void r3_sweep_heat_map_add(struct r3_sweep_heat_map *map, const struct r3_sweep_run *run);
/* Draw it; the file appears. `total`: how many combinations it shows. */
int r3_sweep_heat_map_draw(struct r3_sweep_heat_map *map, uint64_t total, struct r3_error *error);

#endif
