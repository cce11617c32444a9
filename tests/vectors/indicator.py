#!/usr/bin/env python3
"""Values that tests/unit/indicator.c expects: writes indicator.txt beside this file.

TA-Lib (the PyPI wheel; the version is in tests/tools/requirements.txt) on the real candles of tests/data, where TA-Lib has
the function; else the textbook or Pine definition, written out plainly below, over the whole history at each candle.

A line: source, file, candles read, expression in the rule language, index of the first value, count of values that follow,
and the values, which are the last ones when there are fewer than candles. 17 digits, so doubles are exact.
"""

import os
import sys
from fractions import Fraction

import numpy as np
import pandas as pd
import talib

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "data")
HOUR, FIVE = "btcusd-bitstamp-2013_1H.csv", "btcusd-bitstamp-2013_5m.csv"
NAN = float("nan")


def read(name, count):
    table = pd.read_csv(os.path.join(DATA, name), nrows=count)
    return {c: table[c].to_numpy(float) for c in ("open", "high", "low", "close", "volume")} | {"time": table["time"].to_numpy()}


def from_talib(d):
    o, h, l, c, v = d["open"], d["high"], d["low"], d["close"], d["volume"]
    ema, sma = talib.EMA, talib.SMA
    line, trigger, hist = talib.MACD(c, 12, 26, 9)
    line2, trigger2, hist2 = talib.MACD(c, 5, 35, 5)
    upper, middle, lower = talib.BBANDS(c, 20, 2, 2)
    slow_k, slow_d = talib.STOCH(h, l, c, 14, 3, 0, 3, 0)
    slow_k2, slow_d2 = talib.STOCH(h, l, c, 5, 2, 0, 4, 0)
    aroon_down, aroon_up = talib.AROON(h, l, 14)
    typical = (h + l + c) / 3
    return {
        "sma(close, 10)": sma(c, 10), "sma(close, 30)": sma(c, 30), "sma(volume, 7)": sma(v, 7),
        "sma(hlc3, 20)": sma(typical, 20), "sma(rsi(close, 14), 5)": sma(talib.RSI(c, 14)[14:], 5),
        "wma(rsi(close, 14), 5)": talib.WMA(talib.RSI(c, 14)[14:], 5), "stdev(rsi(close, 14), 10)": talib.STDDEV(talib.RSI(c, 14)[14:], 10),
        "linreg(rsi(close, 14), 10)": talib.LINEARREG(talib.RSI(c, 14)[14:], 10),
        "ema(close, 12)": ema(c, 12), "ema(close, 50)": ema(c, 50), "wma(close, 9)": talib.WMA(c, 9),
        "dema(close, 10)": talib.DEMA(c, 10), "tema(close, 10)": talib.TEMA(c, 10),
        "sum(volume, 12)": talib.SUM(v, 12), "stdev(close, 20)": talib.STDDEV(c, 20), "variance(close, 20)": talib.VAR(c, 20),
        "linreg(close, 14)": talib.LINEARREG(c, 14), "slope(close, 14)": talib.LINEARREG_SLOPE(c, 14),
        "highest(high, 20)": talib.MAX(h, 20), "lowest(low, 20)": talib.MIN(l, 20),
        "mom(close, 10)": talib.MOM(c, 10), "roc(close, 10)": talib.ROC(c, 10),
        "rsi(close, 14)": talib.RSI(c, 14), "rsi(close, 2)": talib.RSI(c, 2),
        "stoch_k(14, 3, 3)": slow_k, "stoch_d(14, 3, 3)": slow_d, "stoch_k(5, 2, 4)": slow_k2, "stoch_d(5, 2, 4)": slow_d2,
        "cci(hlc3, 20)": talib.CCI(h, l, c, 20), "mfi(14)": talib.MFI(h, l, c, v, 14), "willr(14)": talib.WILLR(h, l, c, 14),
        "macd(close, 12, 26, 9)": line, "macd_signal(close, 12, 26, 9)": trigger, "macd_hist(close, 12, 26, 9)": hist,
        "macd(close, 5, 35, 5)": line2, "macd_signal(close, 5, 35, 5)": trigger2, "macd_hist(close, 5, 35, 5)": hist2,
        "bollinger_upper(close, 20, 2)": upper, "bollinger_middle(close, 20, 2)": middle, "bollinger_lower(close, 20, 2)": lower,
        "tr": talib.TRANGE(h, l, c), "atr(14)": talib.ATR(h, l, c, 14), "natr(14)": talib.NATR(h, l, c, 14),
        "plus_di(14)": talib.PLUS_DI(h, l, c, 14), "minus_di(14)": talib.MINUS_DI(h, l, c, 14), "adx(14)": talib.ADX(h, l, c, 14),
        "aroon_up(14)": aroon_up, "aroon_down(14)": aroon_down, "psar(0.02, 0.2)": talib.SAR(h, l, 0.02, 0.2),
        "psar(0.05, 0.3)": talib.SAR(h, l, 0.05, 0.3), "obv": talib.OBV(c, v), "hl2": talib.MEDPRICE(h, l),
        "hlc3": talib.TYPPRICE(h, l, c), "ohlc4": talib.AVGPRICE(o, h, l, c),
    }


def window(x, n, f):
    """f over the n last values, NaN while one is missing."""
    return np.array([NAN if i + 1 < n or np.isnan(x[i + 1 - n:i + 1]).any() else f(x[i + 1 - n:i + 1]) for i in range(len(x))])


def wma(x, n):
    return window(x, n, lambda w: float(sum(Fraction(y) * (i + 1) for i, y in enumerate(w)) / (n * (n + 1) // 2)))


def rma(x, n):
    out, value, seed = np.full(len(x), NAN), None, []
    for i, y in enumerate(x):
        if np.isnan(y):
            continue
        if value is None:
            seed.append(y)
            if len(seed) < n:
                continue
            value = sum(seed) / n
        else:
            value = (value * (n - 1) + y) / n
        out[i] = value
    return out


def ema(x, n):
    first = int(np.argmax(~np.isnan(x)))
    return np.concatenate([np.full(first, NAN), talib.EMA(x[first:], n)])


def shift(x, n):
    return np.concatenate([np.full(n, NAN), x[:-n]])


def supertrend(d, factor, n):
    """Pine's reference code for ta.supertrend, with TA-Lib's ATR; direction 1 is up here."""
    h, l, c = d["high"], d["low"], d["close"]
    middle, atr = (h + l) / 2, talib.ATR(h, l, c, n)
    line, direction, upper, lower, up = np.full(len(c), NAN), np.full(len(c), NAN), None, None, False
    for i in range(len(c)):
        if np.isnan(atr[i]):
            continue
        new_upper, new_lower = middle[i] + factor * atr[i], middle[i] - factor * atr[i]
        if upper is not None:
            new_lower = new_lower if new_lower > lower or c[i - 1] < lower else lower
            new_upper = new_upper if new_upper < upper or c[i - 1] > upper else upper
            up = not c[i] < new_lower if up else c[i] > new_upper
        upper, lower = new_upper, new_lower
        line[i], direction[i] = (lower, 1) if up else (upper, -1)
    return line, direction


def vwap(d):
    price, out = (d["high"] + d["low"] + d["close"]) / 3, []
    for i, t in enumerate(d["time"]):
        day = [k for k in range(i + 1) if d["time"][k] // 86400 == t // 86400]
        total = sum(Fraction(d["volume"][k]) for k in day)
        out.append(float(sum(Fraction(price[k]) * Fraction(d["volume"][k]) for k in day) / total))
    return np.array(out)


def from_textbook(d):
    h, l, c, v = d["high"], d["low"], d["close"], d["volume"]
    n = len(c)
    tr = talib.TRANGE(h, l, c)
    line, direction = supertrend(d, 3, 10)
    hull = wma(2 * wma(c, 8) - wma(c, 16), 4)
    above = c > talib.SMA(c, 10)
    last = [max((k for k in range(i + 1) if above[k]), default=None) for i in range(n)]
    times = [[k for k in range(i + 1) if above[k]] for i in range(n)]
    return {
        "rma(close, 14)": rma(c, 14), "vwma(close, 20)": window(c * v, 20, sum) / window(v, 20, sum), "hma(close, 16)": hull,
        "change(close, 3)": c - shift(c, 3), "change(close)": c - shift(c, 1),
        "highestbars(high, 10)": window(h, 10, lambda w: max(i - 9 for i in range(10) if w[i] == max(w))),
        "lowestbars(low, 10)": window(l, 10, lambda w: max(i - 9 for i in range(10) if w[i] == min(w))),
        "stoch(close, high, low, 14)": 100 * (c - window(l, 14, min)) / (window(h, 14, max) - window(l, 14, min)),
        "donchian_upper(20)": window(h, 20, max), "donchian_lower(20)": window(l, 20, min),
        "donchian_middle(20)": (window(h, 20, max) + window(l, 20, min)) / 2,
        "keltner_upper(close, 20, 1.5)": talib.EMA(c, 20) + 1.5 * ema(tr, 20), "keltner_middle(close, 20)": talib.EMA(c, 20),
        "keltner_lower(close, 20, 1.5)": talib.EMA(c, 20) - 1.5 * ema(tr, 20),
        "supertrend(3, 10)": line, "supertrend_direction(3, 10)": direction, "vwap": vwap(d),
        "barssince(close > sma(close, 10))": np.array([NAN if k is None else i - k for i, k in enumerate(last)]),
        "valuewhen(close > sma(close, 10), low)": np.array([NAN if k is None else l[k] for k in last]),
        "valuewhen(close > sma(close, 10), low, 2)": np.array([l[k[-3]] if len(k) > 2 else NAN for k in times]),
        "rising(close, 3) ? 1 : 0": np.array([NAN if i < 3 else float(c[i] > max(c[i - 3:i])) for i in range(n)]),
        "falling(close, 3) ? 1 : 0": np.array([NAN if i < 3 else float(c[i] < min(c[i - 3:i])) for i in range(n)]),
        "variance(close, 7)": window(c, 7, lambda w: float(sum((Fraction(str(y)) - sum(Fraction(str(z)) for z in w) / 7) ** 2 for y in w) / 7)),
        "log(close / close[1])": np.log(c / shift(c, 1)), "pow(close, 0.5) - sqrt(close)": np.zeros(n),
        "min(open, low, close[1])": np.minimum(l, shift(c, 1)), "abs(close - open)": np.abs(c - d["open"]),
    }


def write(out, source, name, candles, rows, tail):
    for expression, values in rows.items():
        if len(values) < candles:  # computed on the part that was ready
            values = np.concatenate([np.full(candles - len(values), NAN), values])
        ready = np.flatnonzero(~np.isnan(values))
        first = int(ready[0])
        assert not np.isnan(values[first:]).any(), expression
        start = max(first, candles - tail)
        numbers = " ".join("%.17g" % x for x in values[start:])
        print(source, name, candles, expression, first, candles - start, numbers, sep="\t", file=out)


def main():
    with open(os.path.join(HERE, "indicator.txt"), "w", encoding="ascii") as out:
        print("# made by indicator.py with TA-Lib", talib.__version__, "(library", talib.__ta_version__.decode().split()[0] + ")", file=out)
        for name, candles, tail in ((HOUR, 161, 161), (FIVE, 900, 24)):
            data = read(name, candles)
            write(out, "talib", name, candles, from_talib(data), tail)
            write(out, "textbook", name, candles, from_textbook(data), tail)


if __name__ == "__main__":
    sys.exit(main())
