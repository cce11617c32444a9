#include "lib/trade/deflated_sharpe.h"

#include <math.h>

double r3_normal_distribution(double value) {
    return erfc(-value * M_SQRT1_2) / 2;
}

enum { TERMS = 8 };

/* a[0] + a[1] x + ... + a[7] x^7 over the same of b. */
static double rational(const double *a, const double *b, double x) {
    double above = 0, below = 0;
    for (int i = TERMS - 1; i >= 0; i--) {
        above = above * x + a[i];
        below = below * x + b[i];
    }
    return above / below;
}

/* AS 241's coefficients: about the middle, in the tails, and far out in them. */
static const double middle_above[TERMS] = { 3.3871328727963666080e0,  1.3314166789178437745e+2,
                                            1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                            4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                            3.3430575583588128105e+4, 2.5090809287301226727e+3 };
static const double middle_below[TERMS] = { 1.0,
                                            4.2313330701600911252e+1,
                                            6.8718700749205790830e+2,
                                            5.3941960214247511077e+3,
                                            2.1213794301586595867e+4,
                                            3.9307895800092710610e+4,
                                            2.8729085735721942674e+4,
                                            5.2264952788528545610e+3 };
static const double tail_above[TERMS] = { 1.42343711074968357734e0,  4.63033784615654529590e0,
                                          5.76949722146069140550e0,  3.64784832476320460504e0,
                                          1.27045825245236838258e0,  2.41780725177450611770e-1,
                                          2.27238449892691845833e-2, 7.74545014278341407640e-4 };
static const double tail_below[TERMS] = { 1.0,
                                          2.05319162663775882187e0,
                                          1.67638483018380384940e0,
                                          6.89767334985100004550e-1,
                                          1.48103976427480074590e-1,
                                          1.51986665636164571966e-2,
                                          5.47593808499534494600e-4,
                                          1.05075007164441684324e-9 };
static const double far_above[TERMS] = { 6.65790464350110377720e0,  5.46378491116411436990e0,
                                         1.78482653991729133580e0,  2.96560571828504891230e-1,
                                         2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                         2.71155556874348757815e-5, 2.01033439929228813265e-7 };
static const double far_below[TERMS] = { 1.0,
                                         5.99832206555887937690e-1,
                                         1.36929880922735805310e-1,
                                         1.48753612908506148525e-2,
                                         7.86869131145613259100e-4,
                                         1.84631831751005468180e-5,
                                         1.42151175831644588870e-7,
                                         2.04426310338993978564e-15 };

double r3_normal_quantile(double probability) {
    double q = probability - 0.5;
    if (!(probability >= 0 && probability <= 1))
        return (double)NAN;
    if (fabs(q) <= 0.425)
        return q * rational(middle_above, middle_below, 0.180625 - q * q);
    double tail = q < 0 ? probability : 1 - probability;
    if (tail == 0)
        return q < 0 ? -(double)INFINITY : (double)INFINITY;
    double r = sqrt(-log(tail));
    double value = r <= 5 ? rational(tail_above, tail_below, r - 1.6) : rational(far_above, far_below, r - 5);
    return q < 0 ? -value : value;
}

double r3_probabilistic_sharpe(const struct r3_sharpe_sample *sample, double threshold) {
    double ratio = sample->ratio;
    double spread = 1 - sample->skewness * ratio + (sample->kurtosis - 1) / 4 * ratio * ratio;
    if (sample->count < 2 || !isfinite(threshold) || !isfinite(spread) || spread <= 0)
        return (double)NAN;
    return r3_normal_distribution((ratio - threshold) * sqrt((double)(sample->count - 1)) / sqrt(spread));
}

double r3_expected_maximum_sharpe(uint64_t trials, double variance) {
    static const double euler_mascheroni = 0.57721566490153286061;
    if (trials == 0 || !isfinite(variance) || variance < 0)
        return (double)NAN;
    if (trials == 1)
        return 0;
    /* Z^-1[1 - p] is -Z^-1[p], and keeps its digits for a small p. */
    double first = -r3_normal_quantile(1 / (double)trials), second = -r3_normal_quantile(1 / ((double)trials * M_E));
    return sqrt(variance) * ((1 - euler_mascheroni) * first + euler_mascheroni * second);
}

double r3_deflated_sharpe(const struct r3_sharpe_sample *sample, uint64_t trials, double variance) {
    return r3_probabilistic_sharpe(sample, r3_expected_maximum_sharpe(trials, variance));
}
