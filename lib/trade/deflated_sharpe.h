#ifndef R3_TRADE_DEFLATED_SHARPE_H
#define R3_TRADE_DEFLATED_SHARPE_H

#include <stdint.h>

/* How much of a Sharpe ratio is luck. The best of many trials looks good even when none of them is: here its ratio
 * is held against the one that the best of as many worthless trials would be expected to show.
 *
 * D. H. Bailey and M. Lopez de Prado, "The Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest
 * Overfitting, and Non-Normality", Journal of Portfolio Management 40 (5), 2014, pp. 94-107,
 * https://doi.org/10.3905/jpm.2014.40.5.094.
 *
 * Every Sharpe ratio here is the one of a single period (a day for candles below a week): the mean of the periods'
 * returns over their sample standard deviation, risk-free rate 0. It is not annualised. */

struct r3_sharpe_sample {
    double ratio;    /* per period */
    uint64_t count;  /* returns it was computed from */
    double skewness; /* of those returns: third standardised moment; 0 for a normal distribution */
    double kurtosis; /* fourth standardised moment; 3 for a normal distribution */
};

/* The probability that the true ratio is above `threshold`: the probabilistic Sharpe ratio,
 *     Z[(SR - threshold) sqrt(T - 1) / sqrt(1 - skewness SR + (kurtosis - 1) / 4 SR^2)]
 * (Bailey and Lopez de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15 (2), 2012). NAN where
 * undefined: fewer than two returns, or a sample that is not finite. */
double r3_probabilistic_sharpe(const struct r3_sharpe_sample *sample, double threshold);

/* What the highest ratio of that many independent trials is expected to be when the true ratio of each is 0:
 *     sqrt(V) ((1 - g) Z^-1[1 - 1/N] + g Z^-1[1 - 1/(N e)])
 * with V the sample variance of the trials' ratios and g the Euler-Mascheroni constant. 0 for a single trial:
 * nothing was selected. NAN for no trial, or a variance that is negative or not finite. */
double r3_expected_maximum_sharpe(uint64_t trials, double variance);

/* The deflated Sharpe ratio: the probabilistic one with the expected maximum as its threshold. 0.95 and more is what
 * the paper asks of a discovery at 5 % significance. */
double r3_deflated_sharpe(const struct r3_sharpe_sample *sample, uint64_t trials, double variance);

/* The standard normal distribution, and its inverse to about 1 part in 10^16 (M. J. Wichura, "Algorithm AS 241",
 * Applied Statistics 37, 1988, pp. 477-484, PPND16). -INFINITY and INFINITY for 0 and 1, NAN beyond. */
double r3_normal_distribution(double value);
double r3_normal_quantile(double probability);

#endif
