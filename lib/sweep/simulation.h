#ifndef R3_SWEEP_SIMULATION_H
#define R3_SWEEP_SIMULATION_H

#include <stdbool.h>

#include "lib/base/buffer.h"
#include "lib/trade/monte_carlo.h"

/* Monte-Carlo of a run's trades on several threads, and how it is shown. */

/* As r3_monte_carlo_new and what follows it; the figures are the same for any number of threads. */
void r3_sweep_simulate(struct r3_monte_carlo_figures *out, const double *profits, size_t count, double equity,
                       uint64_t runs, uint64_t seed, unsigned threads);

/* Whether there was a trade to reorder; where not, `message` is told. */
bool r3_sweep_simulation_told(const struct r3_monte_carlo_figures *figures, void (*message)(const char *text));

/* A table for people: the bands side by side, and what they assume. */
void r3_sweep_simulation_table(struct r3_buffer *out, const struct r3_monte_carlo_figures *figures);
/* One JSON object without a newline; null for what is undefined. */
void r3_sweep_simulation_json(struct r3_buffer *out, const struct r3_monte_carlo_figures *figures);

#endif
