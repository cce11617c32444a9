#!/usr/bin/env python3
"""bars.py DIRECTORY: generated candles for the benchmarks, the same bytes each time.

Writes bars_100k.csv, bars_1m.csv and bars_5m.csv, prefixes of one path of 5,000,000 candles of one minute, and
bars_100k_notie.csv, the first with a few closes nudged by one tick so that no average of 10 equals one of 30: there every
engine decides alike, however it adds up. A file whose sum is not the one below is an error.

  volatility  its logarithm is an AR(1) with a half-life of one day, with a daily season
  close       a geometric random walk with Student-t(5) steps, on a grid of 0.1
  open        the last close and a small gap
  high, low   from the law of the maximum of a Brownian bridge between open and close, rounded outwards
  volume      log-normal, larger where volatility and the step are large, 8 decimals

Prices are integers, in ticks of 0.1, until they are written.
"""
import hashlib
import os
import sys

import numpy as np

SEED = 11
CANDLES = 5_000_000
FIRST_TIME = 1_483_228_800  # 2017-01-01T00:00:00Z
FIRST_PRICE = 20_000.0
DAY = 1440  # minutes
VOLATILITY = 0.00055  # of one minute
VOLATILITY_OF_VOLATILITY = 0.55

FILES = {
    "bars_100k.csv": (100_000, "43c3b2524bbdadf7dd5085645c406b41e3690fd4676f958f3b9d1e804603ce4b"),
    "bars_1m.csv": (1_000_000, "a46a30f5446bf978c6ab087b166da7539ad00f59621ca13acacf7aa61781ed10"),
    "bars_5m.csv": (5_000_000, "27f7ea8b51e28b44d2c0edfbea3ffd6d9e585f2ffe72790a7b705d6d2c708ee6"),
}
NO_TIE = ("bars_100k_notie.csv", "d2effc7fc4adb52e4e806e13e4a51b8a4e46548c6c833021ff816be2303ed8c8")


def log_volatility(random, count):
    decay = 0.5 ** (1 / DAY)
    shocks = random.standard_normal(count) * VOLATILITY_OF_VOLATILITY * np.sqrt(1 - decay * decay)
    result = np.empty(count)
    level = 0.0
    for index, shock in enumerate(shocks.tolist()):
        level = decay * level + shock
        result[index] = level
    return result


def bridge_extreme(random_uniform, first, last, variance, sign):
    """The maximum (sign 1) or minimum (sign -1) of a Brownian bridge from first to last."""
    return (first + last + sign * np.sqrt((last - first) ** 2 - 2 * variance * np.log1p(-random_uniform))) / 2


def make(count=CANDLES):
    """time (s), open, high, low, close (ticks), volume (1e-8). The order of the draws is part of the result."""
    random = np.random.Generator(np.random.PCG64(SEED))
    logarithm = log_volatility(random, count)
    season = 0.25 * np.sin(2 * np.pi * (np.arange(count) % DAY - 540) / DAY)
    volatility = VOLATILITY * np.exp(logarithm + season - 0.5 * VOLATILITY_OF_VOLATILITY**2)
    step = np.clip(random.standard_t(5, count) / np.sqrt(5 / 3), -8, 8)
    path = np.log(FIRST_PRICE) + np.cumsum(volatility * step - 0.5 * volatility * volatility)
    close = np.maximum(np.rint(np.exp(path) * 10).astype(np.int64), 10)

    gap = random.choice(np.array([-3, -2, -1, 0, 1, 2, 3]), count, p=[0.01, 0.03, 0.11, 0.70, 0.11, 0.03, 0.01])
    opening = np.empty(count, np.int64)
    opening[0] = round(FIRST_PRICE * 10)
    opening[1:] = close[:-1]
    opening = np.maximum(opening + gap, 10)

    first, last = opening.astype(float), close.astype(float)
    variance = (volatility * (first + last) / 2) ** 2
    upper_draw, lower_draw = random.random(count), random.random(count)
    high = np.floor(bridge_extreme(upper_draw, first, last, variance, 1)).astype(np.int64)
    low = np.ceil(bridge_extreme(lower_draw, first, last, variance, -1)).astype(np.int64)
    high = np.maximum(np.maximum(opening, close), high)
    low = np.maximum(np.minimum(np.minimum(opening, close), low), 1)

    volume = np.exp(1.2 + 0.9 * random.standard_normal(count) + 0.6 * (logarithm + season) + 0.35 * np.abs(step))
    time = FIRST_TIME + 60 * np.arange(count, dtype=np.int64)
    return time, opening, high, low, close, np.rint(volume * 1e8).astype(np.int64)


def without_ties(columns, count):
    """Add one tick to the first close where the average of 10 equals that of 30, until there is none."""
    time, opening, high, low, close, volume = (column[:count].copy() for column in columns)
    nudged = set()
    while True:
        total = np.concatenate([[0], np.cumsum(close)])
        end = np.arange(30, count + 1)
        difference = 30 * (total[end] - total[end - 10]) - 10 * (total[end] - total[end - 30])
        ties = end[difference == 0] - 1
        if not len(ties):
            break
        close[ties[0]] += 1
        nudged.add(int(ties[0]))
    where = sorted(nudged)
    high[where] = np.maximum(high[where], close[where])
    low[where] = np.minimum(low[where], close[where])
    return time, opening, high, low, close, volume


def text_of(columns, start, stop):
    price = "%d.%d"
    line = f"%d,{price},{price},{price},{price},%d.%08d\n"
    rows = zip(*(column[start:stop].tolist() for column in columns))
    return "".join(
        line % (time, *divmod(opening, 10), *divmod(high, 10), *divmod(low, 10), *divmod(close, 10), *divmod(volume, 10**8))
        for time, opening, high, low, close, volume in rows)


def write(path, columns, count, want):
    digest = hashlib.sha256()
    temporary = path + ".new"
    with open(temporary, "wb") as file:
        pieces = [b"time,open,high,low,close,volume\n"]
        for start in range(0, count, 100_000):
            pieces.append(text_of(columns, start, min(start + 100_000, count)).encode("ascii"))
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
            pieces = []
    if digest.hexdigest() != want:
        sys.exit(f"bars.py: {path}: sha256 {digest.hexdigest()}, wants {want}: another numpy draws otherwise")
    os.replace(temporary, path)
    print(f"{path}  {count} candles  sha256 {want}")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: bars.py DIRECTORY")
    columns = make()
    for name, (count, want) in FILES.items():
        write(os.path.join(sys.argv[1], name), columns, count, want)
    name, want = NO_TIE
    count = FILES["bars_100k.csv"][0]
    write(os.path.join(sys.argv[1], name), without_ties(columns, count), count, want)


if __name__ == "__main__":
    main()
