#ifndef R3_TRADE_MONTE_CARLO_H
#define R3_TRADE_MONTE_CARLO_H

#include <stddef.h>
#include <stdint.h>

/* What else the same trades could have come to. Each run takes the closed trades of a backtest in two ways:
 *
 * - reshuffled: the same trades in another order (a permutation; Durstenfeld, Communications of the ACM 7, 1964, p.
 *   420). The final equity stays what it was; the way to it, and its drawdown, do not;
 * - bootstrapped: as many trades, each drawn from all of them with replacement (Efron, Annals of Statistics 7, 1979,
 *   pp. 1-26).
 *
 * A run multiplies the equity by 1 + return of one trade after the other. A trade's return is its profit over the
 * equity that the closed trades before it had left, so the original order gives the original equity. Assumed are:
 * trades that do not depend on one another, sizes that follow equity, and drawdowns seen at the closes of trades
 * alone. Equity that reaches 0 stays there.
 *
 * Run number k draws from a generator of its own (stream k of the seed), so the result does not depend on who
 * computes which runs. Memory: 24 bytes a run and 8 a trade, and 8 a trade for each part that is under way. */

enum { R3_MONTE_CARLO_BANDS = 5, R3_MONTE_CARLO_RUNS_MAX = 1000000 };

/* 0.05, 0.25, 0.5, 0.75, 0.95 */
extern const double r3_monte_carlo_bands[R3_MONTE_CARLO_BANDS];

struct r3_monte_carlo; /* opaque */

/* New; freed with r3_monte_carlo_free. `profits` of the closed trades, after fees, in the order in which they
 * closed; `equity` before the first. runs: 1 to R3_MONTE_CARLO_RUNS_MAX. */
struct r3_monte_carlo *r3_monte_carlo_new(const double *profits, size_t count, double equity, uint64_t runs,
                                          uint64_t seed);
void r3_monte_carlo_free(struct r3_monte_carlo *monte_carlo);

/* Do the runs [first, end). Parts that do not overlap may be done at the same time. */
void r3_monte_carlo_part(struct r3_monte_carlo *monte_carlo, uint64_t first, uint64_t end);

struct r3_monte_carlo_figures {
    uint64_t trades, runs, seed;
    double total_return, max_drawdown; /* of the original order, at the closes of trades; the latter 0 or negative */
    /* Quantiles over the runs at r3_monte_carlo_bands, linear between the two nearest runs (type 7 of Hyndman and
     * Fan, American Statistician 50, 1996, pp. 361-365). Fractions. Of returns as of drawdowns, the first band is
     * the bad end. NAN without trades. */
    double bootstrap_return[R3_MONTE_CARLO_BANDS];
    double bootstrap_drawdown[R3_MONTE_CARLO_BANDS];
    double reshuffle_drawdown[R3_MONTE_CARLO_BANDS];
    double losing; /* share of the bootstrapped runs that end below where they began */
};

/* Once all runs are done: what they came to. It sorts them: no part may follow. */
void r3_monte_carlo_summarize(struct r3_monte_carlo *monte_carlo, struct r3_monte_carlo_figures *out);

#endif
