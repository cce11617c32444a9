"""Markets: their rules, their candles, and the price that follows from candles or from a test."""
import bisect
import csv
import time
from calendar import timegm
from decimal import Decimal

from money import ONE, text
from refusals import Refusal

MINUTE, HOUR, DAY = 60, 3600, 86400
STEPS = {
    "1min": MINUTE, "3min": 3 * MINUTE, "5min": 5 * MINUTE, "15min": 15 * MINUTE, "30min": 30 * MINUTE, "1hour": HOUR, "2hour": 2 * HOUR,
    "4hour": 4 * HOUR, "6hour": 6 * HOUR, "8hour": 8 * HOUR, "12hour": 12 * HOUR, "1day": DAY, "1week": 7 * DAY, "1month": 0,
}
PAGE = 1500  # candles of one answer

# The shape is that of the official sample of GET /api/v2/symbols.
RULES = {
    "market": "USDS", "baseMinSize": "0.00001", "quoteMinSize": "0.1", "baseMaxSize": "10000000000", "quoteMaxSize": "99999999",
    "baseIncrement": "0.00000001", "quoteIncrement": "0.000001", "priceIncrement": "0.1", "priceLimitRate": "0.1", "minFunds": "0.1",
    "isMarginEnabled": True, "enableTrading": True, "feeCategory": 1, "makerFeeCoefficient": "1.00", "takerFeeCoefficient": "1.00",
    "st": False, "callauctionIsEnabled": False, "callauctionPriceFloor": None, "callauctionPriceCeiling": None,
    "callauctionFirstStageStartTime": None, "callauctionSecondStageStartTime": None, "callauctionThirdStageStartTime": None,
    "tradingStartTime": None,
}
MARKETS = {
    "BTC-USDT": ("67000", {}),
    "ETH-USDT": ("2500", {"baseMinSize": "0.0001", "baseIncrement": "0.0000001", "priceIncrement": "0.01"}),
    "LTC-USDT": ("70", {"baseMinSize": "0.001", "baseIncrement": "0.000001", "priceIncrement": "0.001"}),
    "KCS-USDT": ("10", {"baseMinSize": "0.1", "baseIncrement": "0.0001", "priceIncrement": "0.001"}),
    "ETH-BTC": ("0.037", {"market": "BTC", "baseMinSize": "0.0001", "baseIncrement": "0.0000001", "quoteIncrement": "0.00000001",
                          "quoteMinSize": "0.00001", "minFunds": "0.00001", "priceIncrement": "0.00001"}),
    "XRP-USDT": ("0.5", {"baseMinSize": "1", "baseIncrement": "0.0001", "priceIncrement": "0.00001", "enableTrading": False}),
}


def bucket(moment, step):
    """Start of the candle that holds the moment (s); months are the calendar's, weeks the epoch's."""
    if step:
        return moment - moment % step
    day = time.gmtime(moment)
    return timegm((day.tm_year, day.tm_mon, 1, 0, 0, 0))


def end_of(start, step):
    """When the candle that starts then is over (s)."""
    return start + step if step else bucket(start + 32 * DAY, 0)


def merged(rows, step):
    """Candles of the step out of finer ones, in the order of time."""
    out = []
    for moment, opened, high, low, close, volume in rows:
        start = bucket(moment, step)
        if out and out[-1][0] == start:
            last = out[-1]
            out[-1] = (start, last[1], max(last[2], high), min(last[3], low), close, last[5] + volume)
        else:
            out.append((start, opened, high, low, close, volume))
    return out


class Series:
    """Candles of one market and timeframe: (start in s, open, high, low, close, volume), in the order of time."""

    def __init__(self, step, rows):
        self.step, self.rows = step, []
        self.add(rows)

    def add(self, rows):
        """New candles; one that is there already is replaced."""
        known = {row[0]: row for row in self.rows}
        known.update({row[0]: row for row in rows})
        self.rows = [known[start] for start in sorted(known)]
        self.starts = [row[0] for row in self.rows]

    def between(self, first, last, now):
        """Rows that start in [first, last] and have begun; of one that is not over nothing but its open is known."""
        rows = self.rows[bisect.bisect_left(self.starts, first):bisect.bisect_right(self.starts, min(last, now))]
        if rows and end_of(rows[-1][0], self.step) > now:
            opened = rows[-1][1]
            rows[-1] = (rows[-1][0], opened, opened, opened, opened, Decimal(0))
        return rows


def path(row):
    """Prices that a candle goes through after its open."""
    _, opened, high, low, close, _ = row
    return (low, high, close) if close >= opened else (high, low, close)


class Market:
    """A pair: its rules as the exchange lists them, and its price."""

    def __init__(self, name, rules, price):
        base, quote = name.split("-")
        self.name, self.base, self.quote = name, base, quote
        self.listed = {"symbol": name, "name": name, "baseCurrency": base, "quoteCurrency": quote, "feeCurrency": quote, **RULES, **rules}
        self.rule = {key: Decimal(value) for key, value in self.listed.items()
                     if key.endswith(("Increment", "Size")) or key in ("minFunds", "priceLimitRate")}
        self.series, self.price, self.scripted = {}, Decimal(price), False
        self.finest, self.index, self.opened, self.seen = None, 0, False, 0

    def load(self, rows, now, step=None):
        """Candles, whose timeframe is the least distance of two where none is told."""
        step = step or min((b[0] - a[0] for a, b in zip(rows, rows[1:])), default=MINUTE)
        if step in self.series:
            self.series[step].add(rows)
        else:
            self.series[step] = Series(step, rows)
            self.finest = self.series[min(self.series)]
            self.restart(now)

    def restart(self, now):
        """The price is that of the candles at this time (s), and walks on from there."""
        self.seen = now
        if not self.finest or self.scripted:
            return
        index = bisect.bisect_right(self.finest.starts, now) - 1
        self.opened = index >= 0 and end_of(self.finest.starts[index], self.finest.step) > now
        self.index = index if self.opened else index + 1
        if index >= 0:
            self.price = self.finest.rows[index][1 if self.opened else 4]

    def walk(self, now):
        """The prices since the last walk, with the time (s) of each."""
        if not self.finest or self.scripted:
            return
        if now < self.seen:
            self.restart(now)
            yield now, self.price
        self.seen = now
        while self.index < len(self.finest.rows) and self.finest.starts[self.index] <= now:
            row = self.finest.rows[self.index]
            if not self.opened:
                self.opened = True
                yield row[0], row[1]
            if end_of(row[0], self.finest.step) > now:
                return
            for price in path(row):
                yield end_of(row[0], self.finest.step), price
            self.index, self.opened = self.index + 1, False

    def candles(self, step, first, last, now):
        """At most a page of candles that start in [first, last], the youngest, newest first, each as the exchange writes it."""
        steps = [each for each in self.series if each == step or not step or (each < step and step % each == 0)]
        if not steps:
            return []
        source = self.series[step if step in self.series else max(steps)]
        if source.step == step:
            rows = source.between(first, last, now)
        else:
            rows = [row for row in merged(source.between(bucket(first, step), end_of(bucket(last, step), step) - 1, now), step) if row[0] >= first]
        return [self.written(row) for row in reversed(rows[-PAGE:])]

    @staticmethod
    def written(row):
        """Start, open, close, high, low, volume, turnover; the turnover is the volume at the close, since the files have none."""
        start, opened, high, low, close, volume = row
        return [str(start), text(opened), text(close), text(high), text(low), text(volume), text(volume * close)]

    def day(self, now):
        """Open, high, low, last, volume and turnover of the last 24 hours."""
        rows = self.finest.between(now - DAY, now, now) if self.finest else []
        if not rows:
            return self.price, self.price, self.price, self.price, Decimal(0), Decimal(0)
        return (rows[0][1], max(row[2] for row in rows), min(row[3] for row in rows), self.price, sum(row[5] for row in rows),
                sum(row[5] * row[4] for row in rows))

    def limits(self):
        """The band that a limit order's price must keep: above it nobody may buy, below it nobody may sell."""
        rate = self.rule["priceLimitRate"]
        return self.price * (ONE + rate), self.price * (ONE - rate)


def read_candles(name):
    """Rows of a CSV file: time (s or ms), open, high, low, close, volume."""
    with open(name, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row and row[0].isdigit()]
    scale = 1000 if rows and int(rows[0][0]) > 10**11 else 1
    return [(int(row[0]) // scale, *map(Decimal, row[1:6])) for row in rows]


def all_markets():
    """Those that the fake lists."""
    return {name: Market(name, rules, price) for name, (price, rules) in MARKETS.items()}


def step_of(name):
    """Seconds of a timeframe by its name; 0 is a month."""
    if name not in STEPS:
        raise Refusal("parameter")
    return STEPS[name]
