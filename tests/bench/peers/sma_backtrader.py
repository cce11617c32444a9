"""sma_backtrader.py FILE.csv: the benchmark's job in backtrader. Prints one line of JSON.

Its averages are correctly rounded sums and its cross remembers the last inequality, so a cross after a tie is seen as in r3.
"""
import sys

from job import CASH, COINS, FAST, FEE, SLOW, Laps, say

laps = Laps()

import backtrader

laps.end("import")


class SmaCross(backtrader.Strategy):
    def __init__(self):
        average = backtrader.ind.SMA
        self.cross = backtrader.ind.CrossOver(average(self.data.close, period=FAST), average(self.data.close, period=SLOW))
        self.closed = 0

    def notify_trade(self, trade):
        self.closed += trade.isclosed

    def next(self):
        if self.cross[0] > 0 and not self.position:
            self.buy(size=COINS)
        elif self.cross[0] < 0 and self.position:
            self.close()


def main():
    engine = backtrader.Cerebro(stdstats=False)
    engine.addstrategy(SmaCross)
    engine.broker.setcash(CASH)
    engine.broker.setcommission(commission=FEE)
    engine.adddata(backtrader.feeds.GenericCSVData(
        dataname=sys.argv[1], dtformat=1, timeframe=backtrader.TimeFrame.Minutes, datetime=0, open=1, high=2, low=3, close=4,
        volume=5, openinterest=-1))
    strategy = engine.run()[0]
    laps.end("load and engine")
    say("backtrader", backtrader.__version__, engine.broker.getvalue(), strategy.closed, laps)


main()
