#!/usr/bin/env python3
"""Vectors for lib/base/random.c and lib/trade/monte_carlo.c: the same generators and simulation written again, with numpy's quantiles.

usage: monte_carlo.py > monte_carlo.txt
       monte_carlo.py TRADES.csv EQUITY RUNS SEED     (the same simulation of a file of r3-report --trades, as JSON)

    split SEED OUTPUT...                 splitmix64
    state A B C D OUTPUT...              xoshiro256** from that state
    seed SEED OUTPUT...                  xoshiro256** seeded by splitmix64
    stream SEED STREAM OUTPUT...
    below SEED BOUND OUTPUT...
    run TRADES RUNS SEED EQUITY PROFIT...
    want NAME VALUE...                   of the run before it

Checked here first: the outputs of splitmix64 for seed 1234567 (https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64) and
those of xoshiro256** for the state 1 2 3 4 (the reference implementation's, as in the tests of Rust's rand_xoshiro).
"""
import csv
import json
import sys

import numpy as np

MASK = 2 ** 64 - 1


class Split:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9e3779b97f4a7c15) & MASK
        value = self.state
        value = ((value ^ (value >> 30)) * 0xbf58476d1ce4e5b9) & MASK
        value = ((value ^ (value >> 27)) * 0x94d049bb133111eb) & MASK
        return value ^ (value >> 31)


def rotate(value, bits):
    return ((value << bits) | (value >> (64 - bits))) & MASK


class Xoshiro:
    def __init__(self, state):
        self.s = list(state)

    @classmethod
    def seeded(cls, seed):
        split = Split(seed)
        return cls(split.next() for _ in range(4))

    @classmethod
    def stream(cls, seed, stream):
        return cls.seeded(Split((Split(seed).next() + stream) & MASK).next())

    def next(self):
        s = self.s
        result = (rotate((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)
        return result

    def below(self, bound):
        """Lemire 2019, as a rejection of the low words that would make some numbers more likely."""
        while True:
            high, low = divmod(self.next() * bound, 2 ** 64)
            if low >= 2 ** 64 % bound:
                return high


def walk(factors):
    """(final return, deepest drawdown) of a row of factors."""
    equity = np.concatenate(([1.0], np.cumprod(np.maximum(factors, 0.0))))
    return equity[-1] - 1, (equity / np.maximum.accumulate(equity)).min() - 1


def simulate(profits, equity, runs, seed):
    before = equity + np.concatenate(([0.0], np.cumsum(profits)[:-1]))
    factors = np.where(before > 0, 1 + profits / np.where(before > 0, before, 1), 0.0)
    total, deepest = walk(factors)
    finals, drawdowns, shuffled = [], [], []
    for run in range(runs):
        random = Xoshiro.stream(seed, run)
        drawn = np.array([factors[random.below(len(factors))] for _ in factors])
        final, drawdown = walk(drawn)
        finals.append(final)
        drawdowns.append(drawdown)
        left, order = list(factors), []
        while left:
            at = random.below(len(left))
            order.append(left[at])
            left[at] = left[-1]
            left.pop()
        shuffled.append(walk(np.array(order))[1])
    bands = [0.05, 0.25, 0.5, 0.75, 0.95]
    return {'return': [total], 'drawdown': [deepest], 'losing': [np.mean(np.array(finals) < 0)], 'bootstrap_return': np.quantile(finals, bands),
            'bootstrap_drawdown': np.quantile(drawdowns, bands), 'reshuffle_drawdown': np.quantile(shuffled, bands)}


def outputs(generator, count=10):
    return [generator.next() for _ in range(count)]


def check_published():
    assert outputs(Split(1234567), 5) == [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]
    assert outputs(Xoshiro([1, 2, 3, 4])) == [11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600,
                                              16172922978634559625, 8476171486693032832, 10595114339597558777, 2904607092377533576]


def write_vectors():
    print('# Made by monte_carlo.py. The first two lines are published values.')
    print('split', 1234567, *outputs(Split(1234567), 5))
    print('state', 1, 2, 3, 4, *outputs(Xoshiro([1, 2, 3, 4])))
    for seed in (0, 1, 42, MASK):
        print('seed', seed, *outputs(Xoshiro.seeded(seed)))
        for stream in (0, 1, 12345678901234567890):
            print('stream', seed, stream, *outputs(Xoshiro.stream(seed, stream), 4))
    for bound in (1, 2, 3, 7, 1000, 2 ** 32 + 1, 3 * 2 ** 62, 2 ** 63 + 1, MASK):
        random = Xoshiro.seeded(7)
        print('below', 7, bound, *(random.below(bound) for _ in range(12)))
    for trades, runs, seed, equity, spread, drift in ((1, 10, 1, 1000, 50, 5), (2, 7, 2, 1000, 300, -10), (25, 500, 3, 10000, 250, 20),
                                                      (120, 400, 12345678901234567890, 10000, 120, 8), (40, 300, 5, 100, 60, -5)):
        source = np.random.default_rng(trades)
        profits = np.round(source.standard_t(4, trades) * spread + drift, 2)
        print('run', trades, runs, seed, equity, *(repr(float(profit)) for profit in profits))
        for name, values in simulate(profits, equity, runs, seed).items():
            print('want', name, *(repr(float(value)) for value in values))


def from_trades(path, equity, runs, seed):
    """What r3-sweep --monte-carlo has to say of the trades in a file of r3-report --trades."""
    with open(path, newline='') as file:
        profits = np.array([float(row['pnl']) for row in csv.DictReader(file)])
    names = {'return': 'return', 'drawdown': 'max_drawdown'}
    found = {names.get(name, name): [float(value) for value in values] for name, values in simulate(profits, equity, runs, seed).items()}
    print(json.dumps({'trades': len(profits), 'runs': runs, 'seed': seed} | {name: v if len(v) > 1 else v[0] for name, v in found.items()}))


check_published()
if len(sys.argv) > 1:
    from_trades(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
else:
    write_vectors()
