#!/usr/bin/env python3
"""parity.py: make tests/vectors/parity/*.json, the trades and the final equity of backtesting.py on the committed candles.

    python3 -m venv build/vectors && build/vectors/bin/pip install -r tests/tools/requirements.txt
    build/vectors/bin/python tests/vectors/parity.py

Source: backtesting.py 0.6.6 (FractionalBacktest, unit 1e-8), indicators by TA-Lib. Both sides do the same job: 10,000 of cash,
0.1 % a side, a market order of one candle's close fills at the next open, stop-loss and take-profit fill when touched (at the
open where it has gapped beyond), the stop first where one candle touches both, an open position is marked at the last close.

Averages are exact: backtesting.py is given integer window sums, scaled so that comparing the sums compares the averages, since
a running float sum makes or loses a cross where two averages are equal. A condition signals when it becomes true, and not
again while it stays true. No decision may hang on the last digits of an indicator: `decided` checks the distance.
"""
import json
import math
import os
import sys
import warnings
from decimal import Decimal

import backtesting
import numpy as np
import pandas as pd
import talib
from backtesting import Strategy
from backtesting.lib import FractionalBacktest

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "data")
OUT = os.path.join(HERE, "parity")
CASH, FEE = 10_000, 0.001
UNIT = 1 / 100e6  # FractionalBacktest counts in hundred-millionths of a coin and so scales each price
SPAN = {"1m": 60_000, "5m": 300_000, "1H": 3_600_000}  # ms


class Candles:
    def __init__(self, timeframe):
        self.timeframe = timeframe
        self.file = f"btcusd-bitstamp-2013_{timeframe}.csv"
        text = pd.read_csv(os.path.join(DATA, self.file), dtype=str)
        self.time = text.time.astype("int64").to_numpy()
        self.open, self.high, self.low, self.close = (
            text[name].astype(float).to_numpy() for name in ("open", "high", "low", "close"))
        self.cents = np.array([int(Decimal(price) * 100) for price in text.close], dtype=np.int64)
        assert all(Decimal(int(cent)) / 100 == Decimal(price) for cent, price in zip(self.cents, text.close))
        self.frame = pd.DataFrame(
            {"Open": self.open, "High": self.high, "Low": self.low, "Close": self.close, "Volume": text.volume.astype(float)})
        self.frame.index = pd.to_datetime(self.time, unit="s")


def decided(left, right, least=1e-9):
    """left > right, where no pair is so close that rounding could decide (exactly equal pairs are no rounding)."""
    distance = np.abs(left - right) / np.maximum(np.abs(left), np.abs(right)).clip(1e-300)
    close = (distance < least) & (left != right)
    assert not close.any(), f"{close.sum()} decisions hang on rounding, the first at {np.argmax(close)}"
    return left > right


def crossover(left, right):
    """Pine's: before <=, now >. Not ready (NaN) is no cross."""
    above = decided(left, right)
    ready = ~(np.isnan(left) | np.isnan(right))
    result = np.zeros(len(above), bool)
    result[1:] = above[1:] & ~above[:-1] & ready[1:] & ready[:-1]
    return result


def level(value, like):
    return np.full(len(like), float(value))


def before(series):
    return np.concatenate([[np.nan], series[:-1]])


def exact_average_times(cents, length, factor):
    """factor x the sum of the last `length` closes: integers that a double holds exactly."""
    total = np.concatenate([[0], np.cumsum(cents)])
    result = np.full(len(cents), np.nan)
    result[length - 1:] = (total[length:] - total[:-length]) * factor
    assert np.nanmax(result) < 2**53
    return result


# Each strategy: candles -> (long condition, flat condition), one boolean a candle.

def sma_cross(candles, fast=10, slow=30):
    quick = exact_average_times(candles.cents, fast, slow)
    calm = exact_average_times(candles.cents, slow, fast)
    return crossover(quick, calm), crossover(calm, quick)


def rsi_reversion(candles, length=14, low=30, high=70):
    rsi = talib.RSI(candles.close, length)
    return crossover(rsi, level(low, rsi)), crossover(rsi, level(high, rsi))


def donchian_breakout(candles, entry=20, leave=10):
    upper, lower = before(talib.MAX(candles.high, entry)), before(talib.MIN(candles.low, leave))
    return candles.close > upper, candles.close < lower


def macd_cross(candles, fast=12, slow=26, signal=9):
    line, average, _ = talib.MACD(candles.close, fast, slow, signal)
    return crossover(line, average), crossover(average, line)


def bollinger_reversion(candles, length=20, width=2):
    upper, middle, lower = talib.BBANDS(candles.close, length, width, width, talib.MA_Type.SMA)
    return crossover(lower, candles.close), crossover(candles.close, middle)


# Protective prices as of the candle that signals: candles -> one price a candle. As r3 does, they are rounded once to the
# market's price increment, 1e-8.

def share_of_close(share):
    return lambda candles: np.array([float((Decimal(int(cent)) / 100 * Decimal(share)).quantize(Decimal("1e-8")))
                                     for cent in candles.cents])


def atr_from_close(multiple, length=14):
    return lambda candles: np.round(candles.close + multiple * talib.ATR(candles.high, candles.low, candles.close, length), 8)


class Mirror(Strategy):
    """What r3-track does with edge-triggered signals: FLAT outranks LONG, LONG while in a position is nothing."""
    long = flat = stop = target = units = None

    def init(self):
        self.asked_to_leave = set()

    def next(self):
        candle = len(self.data) - 1
        if self.flat[candle] and not self.flat[candle - 1]:
            if self.position:
                self.position.close()
                self.asked_to_leave.add(candle)
        elif self.long[candle] and not self.long[candle - 1] and not self.position:
            prices = {}
            if self.stop is not None:
                prices["sl"] = self.stop[candle] * UNIT
            if self.target is not None:
                prices["tp"] = self.target[candle] * UNIT
            if self.units:
                prices["size"] = self.units
            self.buy(**prices)


def fill(candles, candle, side, role, price, size):
    """A fill at the candle's open carries the candle's time; one inside the candle, its close."""
    at_open = math.isclose(price, candles.open[candle], rel_tol=1e-12)
    time = int(candles.time[candle]) * 1000 + (0 if at_open else SPAN[candles.timeframe])
    return {"time": time, "side": side, "role": role, "price": f"{price:.12g}", "size": f"{size:.8f}"}


def exit_role(mirror, trade, candle, candles):
    if candle - 1 in mirror.asked_to_leave and trade.entry_bar < candle:
        return "EXIT"  # Trade.close() puts its order ahead of the stop
    stopped = trade.sl is not None and candles.low[candle] * UNIT <= trade.sl
    gained = trade.tp is not None and candles.open[candle] * UNIT >= trade.tp
    # The one known difference: a candle that opens beyond the target and falls to the stop later leaves at the open in r3, since
    # the open is certain to come first, and at the stop in backtesting.py. The cases are chosen to be without.
    assert not (stopped and gained), f"candle {candle} opens beyond the target and reaches the stop"
    return "SL" if stopped else "TP"


def run(case):
    candles = Candles(case["timeframe"])
    long, flat = case["conditions"](candles)
    assert not (long & flat).any() and not long[0] and not flat[0]
    mirror = type("Case", (Mirror,), {
        "long": long, "flat": flat, "units": case.get("units"),
        "stop": case["stop"](candles) if "stop" in case else None,
        "target": case["target"](candles) if "target" in case else None})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message=".*Broker canceled|.*A contingent SL/TP")
        test = FractionalBacktest(candles.frame, mirror, cash=CASH, commission=FEE, trade_on_close=False)
        result = test.run()
    mirror = result._strategy
    fills = []
    for trade in sorted([*mirror.closed_trades, *mirror.trades], key=lambda trade: trade.entry_bar):
        size = trade.size * UNIT
        fills.append(fill(candles, trade.entry_bar, "BUY", "ENTRY", trade.entry_price / UNIT, size))
        if trade.exit_bar is not None:
            role = exit_role(mirror, trade, trade.exit_bar, candles)
            fills.append(fill(candles, trade.exit_bar, "SELL", role, trade.exit_price / UNIT, size))
    return candles, fills, result["Equity Final [$]"]


RSI = ("strength = rsi(close, 14)", "long = crossover(strength, 30)", "flat = crossover(strength, 70)")
DONCHIAN = ("long = close > highest(high, 20)[1]", "flat = close < lowest(low, 10)[1]")
MACD = ("long = crossover(macd(close, 12, 26, 9), macd_signal(close, 12, 26, 9))",
        "flat = crossunder(macd(close, 12, 26, 9), macd_signal(close, 12, 26, 9))")
BOLLINGER = ("long = crossunder(close, bollinger_lower(close, 20, 2))", "flat = crossover(close, bollinger_middle(close, 20, 2))")
SMA = ("quick = sma(close, 10)", "calm = sma(close, 30)", "long = crossover(quick, calm)", "flat = crossunder(quick, calm)")


def bracket(stop, target):
    return (f"stop = close * {stop}", f"target = close * {target}")


def prices(stop, target):
    return {"stop": share_of_close(stop), "target": share_of_close(target)}


def atr_bracket(stop, target):
    return (f"stop = close - {stop} * atr(14)", f"target = close + {target} * atr(14)")


def atr_prices(stop, target):
    return {"stop": atr_from_close(-stop), "target": atr_from_close(target)}


CASES = [
    {"name": "sma-cross-1H", "timeframe": "1H", "conditions": sma_cross, "rules": "sma-cross --set fast=10 --set slow=30"},
    {"name": "sma-cross-5m", "timeframe": "5m", "conditions": sma_cross, "rules": "sma-cross --set fast=10 --set slow=30"},
    {"name": "sma-cross-1m", "timeframe": "1m", "conditions": sma_cross, "rules": "sma-cross --set fast=10 --set slow=30"},
    {"name": "sma-cross-5m-base", "timeframe": "5m", "conditions": sma_cross, "rules": SMA, "units": 50_000_000, "size": "--base 0.5"},
    {"name": "sma-cross-5m-bracket", "timeframe": "5m", "conditions": sma_cross, "rules": SMA + bracket("0.98", "1.03"),
     **prices("0.98", "1.03")},
    {"name": "sma-cross-1m-bracket", "timeframe": "1m", "conditions": sma_cross, "rules": SMA + bracket("0.995", "1.01"),
     **prices("0.995", "1.01")},
    {"name": "sma-cross-1m-tight", "timeframe": "1m", "conditions": sma_cross, "rules": SMA + bracket("0.997", "1.008"),
     **prices("0.997", "1.008")},
    {"name": "rsi-reversion-5m", "timeframe": "5m", "conditions": rsi_reversion, "rules": RSI},
    {"name": "rsi-reversion-1m", "timeframe": "1m", "conditions": rsi_reversion, "rules": RSI},
    {"name": "rsi-reversion-5m-bracket", "timeframe": "5m", "conditions": rsi_reversion, "rules": RSI + bracket("0.98", "1.03"),
     **prices("0.98", "1.03")},
    {"name": "rsi-reversion-1m-atr", "timeframe": "1m", "conditions": rsi_reversion, "rules": RSI + atr_bracket(2, 3),
     **atr_prices(2, 3)},
    {"name": "donchian-breakout-1H", "timeframe": "1H", "conditions": donchian_breakout, "rules": DONCHIAN},
    {"name": "donchian-breakout-5m", "timeframe": "5m", "conditions": donchian_breakout, "rules": DONCHIAN},
    {"name": "donchian-breakout-1m-stop", "timeframe": "1m", "conditions": donchian_breakout,
     "rules": DONCHIAN + ("stop = close - 2 * atr(14)",), "stop": atr_from_close(-2)},
    {"name": "donchian-breakout-5m-bracket", "timeframe": "5m", "conditions": donchian_breakout,
     "rules": DONCHIAN + bracket("0.985", "1.02"), **prices("0.985", "1.02")},
    {"name": "macd-5m", "timeframe": "5m", "conditions": macd_cross, "rules": MACD},
    {"name": "macd-1m-atr", "timeframe": "1m", "conditions": macd_cross, "rules": MACD + atr_bracket(1, 2), **atr_prices(1, 2)},
    {"name": "bollinger-reversion-5m", "timeframe": "5m", "conditions": bollinger_reversion, "rules": BOLLINGER},
    {"name": "bollinger-reversion-5m-target", "timeframe": "5m", "conditions": bollinger_reversion,
     "rules": BOLLINGER + ("target = close * 1.01",), "target": share_of_close("1.01")},
]


def pipeline(case, candles):
    rules = case["rules"]
    if not isinstance(rules, str):
        rules = "-e '" + "\n".join(rules) + "'"
    return (f"r3-collect {candles.file} | r3-strategy {rules} | r3-track | r3-size {case.get('size', '--fraction 1')}"
            f" | r3-order --paper --cash {CASH} --fee {FEE * 100:g}%")


def main():
    assert backtesting.__version__ == "0.6.6", backtesting.__version__
    os.makedirs(OUT, exist_ok=True)
    for case in CASES:
        candles, fills, equity = run(case)
        roles = {role: sum(one["role"] == role for one in fills) for role in ("ENTRY", "EXIT", "SL", "TP")}
        print(f"{case['name']:32s} {roles} equity {equity:.10f}", file=sys.stderr)
        vector = {"source": f"backtesting.py {backtesting.__version__}", "pipeline": pipeline(case, candles),
                  "equity": f"{equity:.12g}", "fills": []}
        head = json.dumps(vector, indent=1)
        lines = ",\n  ".join(json.dumps(one) for one in fills)
        with open(os.path.join(OUT, case["name"] + ".json"), "w", encoding="ascii") as file:
            file.write(head.replace('"fills": []', f'"fills": [\n  {lines}\n ]') + "\n")


if __name__ == "__main__":
    main()
