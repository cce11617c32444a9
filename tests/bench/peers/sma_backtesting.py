"""sma_backtesting.py FILE.csv sma-cross|buy-and-hold: the benchmark's job in backtesting.py. Prints one line of JSON.

The average of 10 closes crosses that of 30; 0.001 BTC at the next open; 0.1 % a side; 10,000 of cash; an open position is
marked at the last close. Averages are pandas' rolling means, as its users write them: their rounding makes or loses a cross
where two averages are equal, so the result differs a little from that of exact sums.
"""
import json
import sys
import time

START = time.perf_counter()

import backtesting
import pandas as pd
from backtesting import Strategy
from backtesting.lib import FractionalBacktest

SIZE = 100_000  # hundred-millionths of a coin


def average(values, length):
    return pd.Series(values).rolling(length).mean()


class SmaCross(Strategy):
    def init(self):
        self.quick = self.I(average, self.data.Close, 10)
        self.calm = self.I(average, self.data.Close, 30)

    def next(self):
        quick, calm = self.quick, self.calm
        if quick[-2] <= calm[-2] and quick[-1] > calm[-1]:
            if not self.position:
                self.buy(size=SIZE)
        elif quick[-2] >= calm[-2] and quick[-1] < calm[-1] and self.position:
            self.position.close()


class BuyAndHold(Strategy):
    def init(self):
        pass

    def next(self):
        if not self.position and not self.orders:
            self.buy(size=SIZE)


def main():
    path, rule = sys.argv[1], {"sma-cross": SmaCross, "buy-and-hold": BuyAndHold}[sys.argv[2]]
    candles = pd.read_csv(path)
    candles.index = pd.to_datetime(candles.pop("time"), unit="s")
    candles.columns = ["Open", "High", "Low", "Close", "Volume"]
    loaded = time.perf_counter()
    result = FractionalBacktest(candles, rule, cash=10_000, commission=0.001).run()
    print(json.dumps({"name": "backtesting.py", "version": backtesting.__version__, "equity": float(result["Equity Final [$]"]),
                      "trades": int(result["# Trades"]), "engine": time.perf_counter() - loaded, "load": loaded - START}))


if __name__ == "__main__":
    main()
