#!/usr/bin/env python3
"""Compare what r3-sweep --train and walk-forward.py say, line by line. Prints each difference and ends with status 1, else `N windows agree`.

usage: compare-walk-forward.py SWEEP.ndjson HAND.ndjson
"""
import json
import sys


def same(a, b):
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1e-3)
    return a == b


def read(name):
    with open(name) as file:
        return [json.loads(line) for line in file]


got, want = read(sys.argv[1]), read(sys.argv[2])
bad = []
if len(got) != len(want):
    bad.append(f'{len(got)} lines, not {len(want)}')
for number, (row, hand) in enumerate(zip(got, want), 1):
    last = hand.pop('equity_final', None)
    if last is not None and not same(float(row['out_of_sample']['equity_final']), float(last)):
        bad.append(f"line {number}: equity_final {row['out_of_sample']['equity_final']}, not {last}")
    for name, value in hand.items():
        # A report is the same run, so the same text: every figure, not just nearly.
        if not (row[name] == value if isinstance(value, dict) else same(row[name], value)):
            bad.append(f'line {number}: {name}: {row[name]!r}, not {value!r}')
print('\n'.join(bad) if bad else f'{len(want) - 1} windows agree')
sys.exit(bool(bad))
