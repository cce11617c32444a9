"""sma_raptorbt.py FILE.csv: the benchmark's job in raptorbt. Prints one line of JSON.

It buys with all cash, since its sizes are shares of the equity; so its equity is another, its crosses and trades are the same.
Its averages are running floating-point sums: some crosses at equal averages differ.
"""
import os
import sys

from job import CASH, FAST, FEE, SLOW, Laps, say

laps = Laps()
os.environ["RAPTORBT_NO_VERSION_CHECK"] = "1"

import numpy as np
import pandas as pd
import raptorbt

laps.end("import")

COLUMNS = ("open", "high", "low", "close", "volume")


def crosses(short, long):
    entries, exits = np.zeros(len(short), bool), np.zeros(len(short), bool)
    entries[1:] = (short[1:] > long[1:]) & (short[:-1] <= long[:-1])
    exits[1:] = (short[1:] < long[1:]) & (short[:-1] >= long[:-1])
    return entries, exits


def load(path):
    """Times in nanoseconds, then the five columns."""
    frame = pd.read_csv(path)
    return frame["time"].to_numpy(np.int64) * 10**9, *(np.ascontiguousarray(frame[name].to_numpy(np.float64)) for name in COLUMNS)


def run(candles, entries, exits):
    settings = raptorbt.BacktestConfig(initial_capital=CASH, fees=FEE, fill_timing="next_bar_open")
    return raptorbt.run_single_backtest(*candles, entries, exits, 1, 1.0, "BTC-USDT", settings).metrics


def main():
    candles = load(sys.argv[1])
    laps.end("load")
    close = candles[4]
    result = run(candles, *crosses(np.asarray(raptorbt.sma(close, FAST)), np.asarray(raptorbt.sma(close, SLOW))))
    laps.end("engine")
    say("raptorbt", raptorbt.__version__, result.end_value, result.total_closed_trades, laps)


if __name__ == "__main__":
    main()
