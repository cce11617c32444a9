"""sma_backtesting.py FILE.csv: the benchmark's job in backtesting.py. Prints one line of JSON.

Averages are pandas' rolling means, as its users write them: their rounding makes or loses a cross where two averages are equal,
so the result differs a little from that of exact sums.
"""
import sys

from job import CASH, COINS, FAST, FEE, SLOW, Laps, say

laps = Laps()

import backtesting
import pandas as pd
from backtesting import Strategy
from backtesting.lib import FractionalBacktest

laps.end("import")

SIZE = round(COINS * 1e8)  # in hundred-millionths of a coin


def average(values, length):
    return pd.Series(values).rolling(length).mean()


class SmaCross(Strategy):
    def init(self):
        self.quick = self.I(average, self.data.Close, FAST)
        self.calm = self.I(average, self.data.Close, SLOW)

    def next(self):
        quick, calm = self.quick, self.calm
        if quick[-2] <= calm[-2] and quick[-1] > calm[-1]:
            if not self.position:
                self.buy(size=SIZE)
        elif quick[-2] >= calm[-2] and quick[-1] < calm[-1] and self.position:
            self.position.close()


def main():
    candles = pd.read_csv(sys.argv[1])
    candles.index = pd.to_datetime(candles.pop("time"), unit="s")
    candles.columns = ["Open", "High", "Low", "Close", "Volume"]
    laps.end("load")
    result = FractionalBacktest(candles, SmaCross, cash=CASH, commission=FEE).run()
    laps.end("engine")
    say("backtesting.py", backtesting.__version__, result["Equity Final [$]"], result["# Trades"], laps)


if __name__ == "__main__":
    main()
