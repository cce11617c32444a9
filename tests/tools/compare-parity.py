#!/usr/bin/env python3
"""compare-parity.py VECTOR STREAM REPORT: compare a run with a vector of tests/vectors/parity.

STREAM holds the records of the run, REPORT what `r3-report --json` made of them. Times, sides and roles must be equal;
prices, sizes and the final equity to 1e-9 of themselves. Prints the first differences; status 1 when there is any.
"""
import json
import sys
from decimal import Decimal

TOLERANCE = Decimal("1e-9")


def near(got, want):
    got, want = Decimal(got), Decimal(want)
    return abs(got - want) <= TOLERANCE * abs(want)


def differences(want, got):
    for number, (left, right) in enumerate(zip(want, got), 1):
        for name in ("time", "side", "role"):
            if left[name] != right[name]:
                yield f"fill {number}: {name} {right[name]}, wants {left[name]}"
        for name in ("price", "size"):
            if not near(right[name], left[name]):
                yield f"fill {number}: {name} {right[name]}, wants {left[name]}"
    if len(want) != len(got):
        yield f"{len(got)} fills, wants {len(want)}"


def main():
    vector_path, stream_path, report_path = sys.argv[1:]
    with open(vector_path, encoding="ascii") as file:
        vector = json.load(file)
    with open(stream_path, encoding="utf-8") as file:
        trades = [json.loads(line) for line in file if '"type":"trade"' in line]
    with open(report_path, encoding="utf-8") as file:
        equity = json.load(file, parse_float=Decimal)["equity_final"]
    bad = list(differences(vector["fills"], trades))
    if not near(equity, vector["equity"]):
        bad.append(f"final equity {equity}, wants {vector['equity']}")
    for line in bad[:10]:
        print(line)
    print(f"{len(trades)} fills, final equity {equity}: {'DIFFERS' if bad else 'equal'} to {vector['source']}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
