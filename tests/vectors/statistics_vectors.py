#!/usr/bin/env python3
"""Vectors for lib/trade/statistics.c, from backtesting.py 0.6.6 (FractionalBacktest, units of 1e-8) on real candles.

usage: statistics_vectors.py > statistics.txt

Each run is printed as the fills that backtesting.py made and the statistics that it computed from them:

    run NAME CSV CASH
    fill BAR SIDE ROLE PRICE SIZE FEE
    want NAME VALUE          (fractions; durations in ms; - for undefined)

The strategies close what they hold before the end and register no indicator (so that buy and hold counts from the first
close), which is where r3 and backtesting.py differ on purpose: see r3-report(1).
"""
import math
import os
import warnings

import numpy as np
import pandas as pd
from backtesting import Strategy
from backtesting.lib import FractionalBacktest

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'data')
UNIT = 1e-8
FEE = 0.001


def candles(name):
    frame = pd.read_csv(os.path.join(DATA, name))
    frame.index = pd.to_datetime(frame.pop('time'), unit='s')
    frame.columns = ['Open', 'High', 'Low', 'Close', 'Volume']
    return frame


def cross(frame, fast, slow):
    """1 where the fast average is above the slow one, -1 below, 0 before there are both."""
    difference = frame.Close.rolling(fast).mean() - frame.Close.rolling(slow).mean()
    return np.sign(difference.round(9).fillna(0)).to_numpy()


def make(frame, fast, slow, size, short, stop, target):
    state, length = cross(frame, fast, slow), len(frame)

    class Cross(Strategy):
        def init(self):
            pass

        def next(self):
            i = len(self.data) - 1
            if i >= length - 3:
                self.position.close()
                return
            if i == 0 or state[i] == 0 or state[i] == state[i - 1]:
                return
            close = self.data.Close[-1]
            levels = lambda sign: {
                'sl': round(close / UNIT * (1 - sign * stop), 2) * UNIT if stop else None,
                'tp': round(close / UNIT * (1 + sign * target), 2) * UNIT if target else None}
            self.position.close()
            if state[i] > 0:
                self.buy(size=size, **levels(1))
            elif short:
                self.sell(size=size, **levels(-1))

    return Cross


def number(value):
    if value is None or not np.isfinite(float(value)):
        return '-'
    return repr(float(value))


def duration(value):
    return '-' if value is pd.NaT or value != value else str(round(pd.Timedelta(value).total_seconds() * 1000))


def exact(value, digits=8):
    text = f'{value:.{digits}f}'.rstrip('0').rstrip('.')
    return text or '0'


FRACTIONS = {'Exposure Time [%]': 'exposure_time', 'Return [%]': 'return', 'Buy & Hold Return [%]': 'buy_and_hold_return',
             'Return (Ann.) [%]': 'return_ann', 'Volatility (Ann.) [%]': 'volatility_ann', 'CAGR [%]': 'cagr', 'Alpha [%]': 'alpha',
             'Max. Drawdown [%]': 'max_drawdown', 'Avg. Drawdown [%]': 'avg_drawdown', 'Win Rate [%]': 'win_rate',
             'Best Trade [%]': 'best_trade', 'Worst Trade [%]': 'worst_trade', 'Avg. Trade [%]': 'avg_trade', 'Expectancy [%]': 'expectancy'}
NUMBERS = {'Equity Final [$]': 'equity_final', 'Equity Peak [$]': 'equity_peak', 'Commissions [$]': 'commissions', 'Sharpe Ratio': 'sharpe_ratio',
           'Sortino Ratio': 'sortino_ratio', 'Calmar Ratio': 'calmar_ratio', 'Beta': 'beta', '# Trades': 'trades',
           'Profit Factor': 'profit_factor', 'SQN': 'sqn', 'Kelly Criterion': 'kelly_criterion'}
DURATIONS = {'Duration': 'duration', 'Max. Drawdown Duration': 'max_drawdown_duration', 'Avg. Drawdown Duration': 'avg_drawdown_duration',
             'Max. Trade Duration': 'max_trade_duration', 'Avg. Trade Duration': 'avg_trade_duration'}


def run(name, csv, cash, **settings):
    frame = candles(csv)
    test = FractionalBacktest(frame, make(frame, **settings), cash=cash, commission=FEE, fractional_unit=UNIT)
    stats = test.run()
    assert math.isclose(stats['_equity_curve'].Equity.iloc[0], cash)
    print(f'run {name} {csv} {cash}')
    trades = stats['_trades'].sort_values(['EntryBar', 'ExitBar'], kind='stable')
    fees = 0.0
    for trade in trades.itertuples():
        size, long = exact(abs(trade.Size)), trade.Size > 0
        role = 'EXIT'
        if trade.SL == trade.SL and trade.SL is not None and math.isclose(trade.ExitPrice, trade.SL, rel_tol=1e-12):
            role = 'SL'
        elif trade.TP == trade.TP and trade.TP is not None and math.isclose(trade.ExitPrice, trade.TP, rel_tol=1e-12):
            role = 'TP'
        for bar, side, what, price in ((trade.EntryBar, 'BUY' if long else 'SELL', 'ENTRY', trade.EntryPrice),
                                       (trade.ExitBar, 'SELL' if long else 'BUY', role, trade.ExitPrice)):
            fee = abs(trade.Size) * price * FEE
            fees += fee
            print(f'fill {bar} {side} {what} {exact(price)} {size} {exact(fee, 12)}')
    assert math.isclose(fees, stats['Commissions [$]'], rel_tol=1e-9), 'every fill is in the list'
    for source, target in FRACTIONS.items():
        print(f'want {target} {number(stats[source] / 100)}')
    for source, target in NUMBERS.items():
        print(f'want {target} {number(stats[source])}')
    for source, target in DURATIONS.items():
        print(f'want {target} {duration(stats[source])}')


warnings.simplefilter('ignore')
print('# Made by statistics_vectors.py from backtesting.py 0.6.6. Candles: Bitstamp BTC/USD, 2013-11-25 to 2013-12-01.')
run('hourly-long', 'btcusd-bitstamp-2013_1H.csv', 10000, fast=5, slow=15, size=0.95, short=False, stop=0, target=0)
run('minutes-long', 'btcusd-bitstamp-2013_5m.csv', 10000, fast=10, slow=30, size=0.9, short=False, stop=0, target=0)
run('minutes-both-brackets', 'btcusd-bitstamp-2013_5m.csv', 25000, fast=20, slow=50, size=0.5, short=True, stop=0.02, target=0.04)
run('minute-long-brackets', 'btcusd-bitstamp-2013_1m.csv', 1000000, fast=50, slow=200, size=0.8, short=False, stop=0.03, target=0.05)
run('one-trade', 'btcusd-bitstamp-2013_1H.csv', 1000, fast=30, slow=150, size=0.9, short=False, stop=0, target=0)
