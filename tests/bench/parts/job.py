"""The benchmark's job, who does it, and what is known of the result."""
import json
import os
import shlex
from decimal import Decimal

from parts.harness import HERE, LOG, MEASURE, TOP, WORK, environment, program

SIZES = {"100k": 100_000, "1m": 1_000_000, "5m": 5_000_000}
RULES = {"sma-cross": "sma-cross --set fast=10 --set slow=30", "buy-and-hold": "buy-and-hold"}

# File, size of an order, final equity, closed trades. Averages 10 and 30, next open, 0.1 % a side, 10,000 of cash; an open
# position is marked without the fee of closing it. From an independent computation with integers; on the file without ties
# backtesting.py, backtrader, vectorbt and plain numpy agree with it.
KNOWN = (
    ("100k", "--base 0.001", "9924.3481217", 1_915),
    ("1m", "--base 0.001", "8478.9839455", 19_186),
    ("5m", "--base 0.001", "1868.1580608", 96_915),
    ("100k_notie", "--base 0.001", "9924.2868631", 1_916),
    ("100k_notie", "--fraction 1", "230.2800242393", 1_916),
)


class Peer:
    """An engine that others use. `equity` on the file without ties, where it is not that of everybody, and why."""

    def __init__(self, name, title, slow=False, equity=Decimal("9924.2868631"), why=None):
        self.name, self.title, self.slow, self.equity, self.why = name, title, slow, equity, why
        self.all_cash = name == "raptorbt"

    def command(self, size, script="sma"):
        """Or None and why it cannot be had."""
        python, reason = environment(self.name)
        if not python:
            return None, reason
        return [python, "-W", "ignore", os.path.join(HERE, "peers", f"{script}_{self.name}.py"), bars(size)], None


# `slow` ones step a Python object a candle: with --quick they run at 100,000 candles alone.
PEERS = (
    Peer("polars", "polars + numpy by hand"),
    Peer("raptorbt", "raptorbt", equity=Decimal("230.2800242393"), why="buys with all cash, in unrounded sizes"),
    Peer("vectorbt", "vectorbt"),
    Peer("backtesting", "backtesting.py"),
    Peer("jesse", "jesse", slow=True, equity=Decimal("9924.3170027408"),
         why="fills at the close that caused the order, and takes the fee of a buy in coins"),
    Peer("freqtrade", "freqtrade", slow=True),
    Peer("backtrader", "backtrader", slow=True),
    Peer("nautilus", "nautilus_trader", slow=True, equity=Decimal("9924.2797656"),
         why="fills at the close that caused the order; what exceeds a quarter of the candle's volume one tick worse"),
)


def bars(size):
    return os.path.join(WORK, "bars", f"bars_{size}.csv")


def stages(size, rule, sizing="--base 0.001"):
    return (f"r3-collect --market BTC-USDT --timeframe 1m {shlex.quote(bars(size))}", f"r3-strategy {RULES[rule]}", "r3-track",
            f"r3-size {sizing}", "r3-order --paper --cash 10000 --fee 0.1%", "r3-report --json")


def text_pipe(*texts):
    return [os.path.join(TOP, "pipelines", "backtest"), " | ".join(texts)]


def wrapped(text):
    """The same with a line of measure.c for this program."""
    return f"{shlex.quote(MEASURE)} {shlex.quote(LOG)} {text}"


def in_process(size, rule="sma-cross", sizing="--base 0.001"):
    return [program("r3-backtest"), " | ".join(stages(size, rule, sizing))]


def outcome(output):
    """Final equity and closed trades: of a report, or of the last line of a peer, that has members of the same meaning."""
    result = json.loads(output.splitlines()[-1], parse_float=Decimal)
    return Decimal(result["equity_final" if "equity_final" in result else "equity"]), int(result["trades"])


def version(output):
    return json.loads(output.splitlines()[-1])["version"]


def near(one, other, relative):
    return abs(one - other) <= Decimal(relative) * abs(other)
