"""What the project aims at, beside what was measured in this run."""
from parts.harness import TIMEOUT, table
from parts.job import SIZES
from parts.whole import BARE_PARSE, BARE_PROGRAM, OURS, PIPE


DUE = {"SQLite": 25, "PostgreSQL": 40}  # ms; of PostgreSQL with the server's own work


class Aims:
    def __init__(self):
        self.rows, self.missing = [], []

    def at_least(self, what, wanted, got, unit=""):
        self.add(what, f"at least {wanted:,}{unit}", got, unit, got is not None and got >= wanted)

    def below(self, what, wanted, got, unit=""):
        self.add(what, f"below {wanted:,}{unit}", got, unit, got is not None and got < wanted)

    def add(self, what, wanted, got, unit, met):
        if got is None:
            self.missing.append(what)
        else:
            shown = f"{got:,.2f}{unit}" if abs(got) < 100 else f"{got:,.0f}{unit}"
            self.rows.append((what, wanted, shown, "met" if met else "not met"))

    def faster(self, times, entries, ours, peer, size):
        """The peer's wall time in ours; one that was stopped took the limit or more."""
        got, what = None, f"{ours} faster than {peer}, {SIZES[size]:,} candles"
        one, other = entries.get(ours), entries.get(peer)
        if one and other:
            got = (TIMEOUT if other.failure else other.wall) / one.wall
            what += f" (which was stopped after {TIMEOUT} s)" if other.failure else ""
        self.at_least(what, times, got, " x")

    def show(self):
        notes = ["not measured in this run: " + "; ".join(self.missing)] if self.missing else []
        table("Aims", ("", "aim", "measured", ""), self.rows, notes)


def collect(speeds, rates, texts, echo, sweeps, grown, due, order, with_peers):
    """speeds: entries by name, by size; rates: from memory; texts: candles a second of the pipe by rule, and MiB, by size; grown:
    of sweep.growth; due: of sessions.show; order: of live.show."""
    aims = Aims()
    one, five = speeds.get("1m", {}), speeds.get("5m", {})
    if with_peers:
        aims.faster(5, one, OURS, "polars + numpy by hand", "1m")
        aims.faster(4, five, OURS, "polars + numpy by hand", "5m")
        for size, entries in (("1m", one), ("5m", five)):
            aims.faster(8, entries, OURS, "raptorbt", size)
        for peer in ("vectorbt", "backtesting.py"):
            aims.faster(80, one, OURS, peer, "1m")
        for peer in ("jesse", "freqtrade", "backtrader", "nautilus_trader"):
            aims.faster(300, one, OURS, peer, "1m")
    ours, parse, bare = (five.get(name) for name in (OURS, BARE_PARSE, BARE_PROGRAM))
    above = (ours.wall - parse.wall) * 1e9 / SIZES["5m"] if ours and parse else None
    aims.below("r3-backtest above the bare parse, 5,000,000 candles", 60, above, " ns a candle")
    ratio = ours.wall / bare.wall if ours and bare else None
    aims.below("r3-backtest in the bare program's time, 5,000,000 candles", 1.5, ratio, " x")
    aims.at_least("from memory, sma-cross, 5,000,000 candles", 50, rates["5m"] / 1e6 if "5m" in rates else None, " M candles/s")
    swept = sweeps.get("r3-sweep")
    aims.below("r3-sweep, 1,000 sets, 100,000 candles", 1, swept.wall if swept else None, " s")
    if with_peers:
        for peer, name, times in (("raptorbt", "r3-sweep, all cash", 10), ("vectorbt", "r3-sweep", 30)):
            own, other = sweeps.get(name), sweeps.get(peer)
            aims.at_least(f"{name} faster than {peer}", times, other.wall / own.wall if own and other else None, " x")
    aims.below("r3-sweep, 1,000 sets, 100,000 candles, peak memory", 100, swept.mebibytes if swept else None, " MiB")
    aims.below("r3-sweep, dearest set and candle in the cheapest, as both grow", 1.25, grown, " x")
    pipe_rates, largest = texts.get("5m", ({}, None))
    for rule, wanted in (("sma-cross", 1), ("buy-and-hold", 2)):
        got = pipe_rates.get(rule)
        aims.at_least(f"the text pipe, {rule}, 5,000,000 candles", wanted, got / 1e6 if got else None, " M candles/s")
    aims.below("the text pipe, largest program, 5,000,000 candles", 16, largest, " MiB")
    if with_peers:
        aims.faster(7, five, PIPE, "backtesting.py", "5m")
        for peer in ("jesse", "backtrader", "nautilus_trader"):
            aims.faster(25, five, PIPE, peer, "5m")
    aims.below("decoding and echoing a candle, a stage", 100, echo, " ns")
    for database, (milliseconds, ratio) in due.items():
        aims.below(f"a due run, {database}, CPU a session, 1,000 sessions", DUE[database], milliseconds, " ms")
        aims.below(f"the same, dearest number of sessions or history in the cheapest, {database}", 1.25, ratio, " x")
    aims.below("r3-live, an order's line in to its request out, median", 1, order, " ms")
    aims.show()
