#!/usr/bin/env python3
"""The deflated Sharpe ratio of a sweep once more, from the lines of r3-sweep --json. Prints both and ends with status 1 where they differ.

usage: deflated-sharpe.py SWEEP.ndjson

The normal distribution is that of Python's own statistics module, the variance its exact one.
"""
import json
import math
import statistics
import sys

GAMMA = 0.5772156649015328606
NORMAL = statistics.NormalDist()

with open(sys.argv[1]) as file:
    *results, summary = map(json.loads, file)
reports = {result['job']: result['statistics'] for result in results if result['status'] == 0}
ratios = [report['sharpe_ratio_period'] for report in reports.values() if report['sharpe_ratio_period'] is not None]
best = reports[summary['best']['job']]
threshold, trials = 0, len(ratios)
if trials > 1:
    spread = math.sqrt(statistics.variance(ratios))
    threshold = spread * ((1 - GAMMA) * NORMAL.inv_cdf(1 - 1 / trials) + GAMMA * NORMAL.inv_cdf(1 - 1 / (trials * math.e)))
ratio = best['sharpe_ratio_period']
error = math.sqrt(1 - best['skewness'] * ratio + (best['kurtosis'] - 1) / 4 * ratio ** 2)
want = NORMAL.cdf((ratio - threshold) * math.sqrt(best['returns'] - 1) / error)
print(f"{summary['deflated_sharpe_ratio']} after {summary['trials']} trials, want {want} after {trials}")
sys.exit(summary['trials'] != trials or abs(summary['deflated_sharpe_ratio'] - want) > 1e-9)
