"""The benchmark's job, as every peer's script has it, and the line that they print.

The average of 10 closes crosses that of 30 on one-minute candles of BTC-USDT; 0.001 BTC at the next open; 0.1 % a side; 10,000
of cash; an open position is marked at the last close. Where a peer cannot do just that, its script says what it does.
"""
import json
import sys
import time

FAST, SLOW = 10, 30
COINS, FEE, CASH = 0.001, 0.001, 10_000

START = time.perf_counter()


class Laps:
    """Seconds from the start of the script to the end of each part."""

    def __init__(self):
        self.last, self.parts = START, {}

    def end(self, part):
        now = time.perf_counter()
        self.parts[part] = round(now - self.last, 4)
        self.last = now


def say(name, version, equity, trades, laps, **more):
    """One line of JSON on standard output: final equity and closed trades, and where the time went."""
    print(json.dumps({"name": name, "version": version, "equity": float(equity), "trades": int(trades),
                      "python": sys.version.split()[0], **laps.parts, **more}))


def sets():
    """The sweep's 1,000 sets: fast 5 to 29, slow 31 to 70."""
    return [(fast, slow) for fast in range(5, 30) for slow in range(31, 71)]
