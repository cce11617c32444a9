"""sma_jesse.py FILE.csv: the benchmark's job in jesse. Prints one line of JSON.

It fills at the close that caused the order, and takes the fee of a buy in coins; so equity and, at equal averages, a few trades
differ. Its averages run over a window of 30 candles, as its own examples do it.
"""
import os
import sys
import tempfile

from job import CASH, COINS, FAST, FEE, SLOW, Laps, say

laps = Laps()
path = os.path.abspath(sys.argv[1])
scratch = tempfile.TemporaryDirectory()  # it writes a storage directory where it is started
os.chdir(scratch.name)

from importlib.metadata import version

import jesse.indicators
import numpy as np
import pandas as pd
from jesse.research import backtest
from jesse.strategies import Strategy

laps.end("import")

EXCHANGE, SYMBOL = "Binance Spot", "BTC-USDT"


class SmaCross(Strategy):
    last = side = 0  # of the candle before and of this: 1 where the short average was last above the long one, -1 below

    def before(self):
        window = self.candles[-SLOW:]
        short, long = jesse.indicators.sma(window, FAST), jesse.indicators.sma(window, SLOW)
        self.last = self.side
        if short > long:
            self.side = 1
        elif short < long:
            self.side = -1

    def should_long(self):
        return self.last < 0 < self.side

    def should_short(self):
        return False

    def go_long(self):
        self.buy = COINS, self.price

    def update_position(self):
        if self.side < 0:
            self.liquidate()

    def should_cancel_entry(self):
        return True


def main():
    frame = pd.read_csv(path)
    candles = np.column_stack([frame["time"] * 1000, *(frame[name] for name in ("open", "close", "high", "low", "volume"))])
    laps.end("load")
    settings = {"starting_balance": CASH, "fee": FEE, "type": "spot", "simulation_model": "spot", "annualization": 365,
                "exchange": EXCHANGE, "warm_up_candles": 0}
    route = {"exchange": EXCHANGE, "strategy": SmaCross, "symbol": SYMBOL, "timeframe": "1m"}
    data = {"exchange": EXCHANGE, "symbol": SYMBOL, "candles": candles.astype(float)}
    result = backtest(settings, [route], [], {f"{EXCHANGE}-{SYMBOL}": data})["metrics"]
    laps.end("engine")
    say("jesse", version("jesse"), result["finishing_balance"], result["total"], laps)


main()
