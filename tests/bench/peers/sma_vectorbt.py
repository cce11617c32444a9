"""sma_vectorbt.py FILE.csv: the benchmark's job in vectorbt. Prints one line of JSON.

Its averages come from floating-point cumulative sums: some crosses at equal averages differ.
"""
import sys
import warnings

from job import CASH, COINS, FAST, FEE, SLOW, Laps, say

laps = Laps()
warnings.filterwarnings("ignore")

import pandas as pd
import vectorbt

laps.end("import")


def load(path):
    frame = pd.read_csv(path)
    frame.index = pd.to_datetime(frame.pop("time"), unit="s")
    return frame


def portfolio(frame, fast, slow):
    """Of one pair of lengths or of two lists of them. Signals move on by one candle and fill at its open."""
    short = vectorbt.MA.run(frame["close"], fast, short_name="short")
    long = vectorbt.MA.run(frame["close"], slow, short_name="long")
    entries = short.ma_crossed_above(long).vbt.signals.fshift(1)
    exits = short.ma_crossed_below(long).vbt.signals.fshift(1)
    if isinstance(fast, list):
        entries, exits = entries.values, exits.values
    return vectorbt.Portfolio.from_signals(frame["close"], entries, exits, price=frame["open"], fees=FEE, init_cash=CASH,
                                           size=COINS, freq="1min")


def main():
    frame = load(sys.argv[1])
    laps.end("load")
    result = portfolio(frame, FAST, SLOW)
    equity, closed = result.final_value(), int((result.trades.records_arr["status"] == 1).sum())
    laps.end("engine")
    say("vectorbt", vectorbt.__version__, equity, closed, laps)


if __name__ == "__main__":
    main()
