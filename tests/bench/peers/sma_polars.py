"""sma_polars.py FILE.csv: the benchmark's job without an engine, as one would write it by hand. Prints one line of JSON.

polars reads the two columns that matter, numpy finds the crosses with whole numbers (sums of ticks, so that equal averages are
equal), and a loop over the crosses alone keeps the ledger. It can do nothing but this job: no stop, no statistics, no trades.
"""
import sys

from job import CASH, COINS, FAST, FEE, SLOW, Laps, say

laps = Laps()

import numpy as np
import polars

laps.end("import")


def ticks(column):
    return np.rint(column.to_numpy() * 10).astype(np.int64)


def crosses(close):
    """Candles on which the short average was at or below the long one before and is above now, and the reverse."""
    total = np.concatenate([[0], np.cumsum(close)])
    end = np.arange(SLOW, len(close) + 1)
    difference = SLOW * (total[end] - total[end - FAST]) - FAST * (total[end] - total[end - SLOW])
    before, now = difference[:-1], difference[1:]
    return np.flatnonzero((before <= 0) & (now > 0)) + SLOW, np.flatnonzero((before >= 0) & (now < 0)) + SLOW


def main():
    frame = polars.read_csv(sys.argv[1], columns=["open", "close"])
    opening, close = ticks(frame["open"]), ticks(frame["close"])
    laps.end("load")
    up, down = crosses(close)
    events = sorted([(index, True) for index in up.tolist()] + [(index, False) for index in down.tolist()])
    cash, coins, trades = float(CASH), 0.0, 0
    for index, rising in events:
        if index + 1 == len(opening) or rising == (coins > 0):
            continue
        price = int(opening[index + 1]) / 10
        if rising:
            cash -= COINS * price * (1 + FEE)
            coins = COINS
        else:
            cash += COINS * price * (1 - FEE)
            coins, trades = 0.0, trades + 1
    laps.end("engine")
    say("polars + numpy by hand", polars.__version__, cash + coins * int(close[-1]) / 10, trades, laps)


main()
