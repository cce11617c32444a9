#!/usr/bin/env python3
"""Vectors for lib/trade/deflated_sharpe.c and the moments in lib/trade/statistics.c, from scipy 1.17.1.

usage: deflated_sharpe.py > deflated_sharpe.txt

    quantile PROBABILITY VALUE
    distribution VALUE PROBABILITY
    probabilistic RATIO COUNT SKEWNESS KURTOSIS THRESHOLD PROBABILITY
    maximum TRIALS VARIANCE RATIO
    deflated RATIO COUNT SKEWNESS KURTOSIS TRIALS VARIANCE PROBABILITY
    moments COUNT RATIO SKEWNESS KURTOSIS EQUITY...

The last lines are the worked example of Bailey and Lopez de Prado (2014), "A numerical example", and its variations, which print
0.1132, 0.9004 and 0.9505: they are checked here first.
"""
import math

import numpy as np
from scipy import special, stats

GAMMA = np.euler_gamma


def probabilistic(ratio, count, skewness, kurtosis, threshold):
    spread = math.sqrt(1 - skewness * ratio + (kurtosis - 1) / 4 * ratio ** 2)
    return stats.norm.cdf((ratio - threshold) * math.sqrt(count - 1) / spread)


def maximum(trials, variance):
    if trials == 1:
        return 0.0
    return math.sqrt(variance) * ((1 - GAMMA) * stats.norm.isf(1 / trials) + GAMMA * stats.norm.isf(1 / (trials * math.e)))


def deflated(ratio, count, skewness, kurtosis, trials, variance):
    return probabilistic(ratio, count, skewness, kurtosis, maximum(trials, variance))


def put(kind, *values):
    print(kind, *(repr(float(value)) if isinstance(value, (float, np.floating)) else value for value in values))


print('# Made by deflated_sharpe.py with scipy. The last lines: the worked example of Bailey and Lopez de Prado (2014).')
random = np.random.default_rng(2014)
for p in (1e-300, 1e-100, 1e-20, 1e-11, 1e-6, 0.001, 0.02, 0.0749999, 0.0750001, 0.2, 0.5, 0.7, 0.925, 0.9251, 0.975, 0.999999, 1 - 2.0 ** -40):
    put('quantile', p, special.ndtri(p))
for x in (-37.0, -8.5, -3.0, -1.0, -1e-9, 0.0, 0.5, 1.6448536269514722, 4.0, 8.0):
    put('distribution', x, special.ndtr(x))
for _ in range(60):
    ratio, count = random.normal(0, 0.15), int(random.integers(2, 3000))
    skewness = random.normal(0, 2)
    kurtosis = 1.01 + skewness ** 2 + random.exponential(4)
    trials, variance = int(10 ** random.uniform(0, 7)), random.exponential(0.003)
    threshold = random.normal(0, 0.1)
    put('probabilistic', ratio, count, skewness, kurtosis, threshold, probabilistic(ratio, count, skewness, kurtosis, threshold))
    put('maximum', trials, variance, maximum(trials, variance))
    put('deflated', ratio, count, skewness, kurtosis, trials, variance, deflated(ratio, count, skewness, kurtosis, trials, variance))
for size, spread in ((3, 0.1), (5, 0.01), (40, 0.02), (200, 0.03), (60, 1e-6)):
    equity = [10000]
    for change in random.standard_t(4, size) * spread:
        equity.append(round(equity[-1] * (1 + change), 2))
    returns = np.diff(equity) / np.array(equity[:-1])
    put('moments', size, np.mean(returns) / np.std(returns, ddof=1), stats.skew(returns), stats.kurtosis(returns, fisher=False),
        *(f'{value:.2f}' for value in equity))
ratio, variance = 2.5 / math.sqrt(250), 1 / (2 * 250)
assert round(maximum(100, variance), 4) == 0.1132
assert round(deflated(ratio, 1250, -3, 10, 100, variance), 4) == 0.9004
assert round(deflated(ratio, 1250, -3, 10, 46, variance), 4) == 0.9505
assert round(deflated(ratio, 1250, 0, 3, 88, variance), 4) == 0.9505
put('maximum', 100, variance, maximum(100, variance))
for skewness, kurtosis, trials in ((-3, 10, 100), (-3, 10, 46), (0, 3, 88)):
    put('deflated', ratio, 1250, skewness, kurtosis, trials, variance, deflated(ratio, 1250, skewness, kurtosis, trials, variance))
