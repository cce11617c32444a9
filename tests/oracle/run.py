#!/usr/bin/python3
"""run.py ROUNDS SEED: random candles, signals, commands and options through r3-track | r3-size | r3-order --paper.

Every trade and the last equity are compared with what exchange.py and tracker.py, written from the man pages alone, make of
the same records, and the stream is checked on its own. The programs and `backtest` come from PATH. Each round's seed is
SEED + its number: `run.py 1 N` shows round N again, and keeps its input as ./oracle-N.ndjson when it differs.
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal as D

sys.dont_write_bytecode = True

from exchange import HOUR, ONE, ZERO, Exchange, Market, cost_of, grid, places
from tracker import Tracker

START = 1700000000000 // HOUR * HOUR
RULES = {
    "csv": ("0.00000001", "0.00000001", "0.00000001", "0", "0"),
    "btc": ("0.1", "0.00000001", "0.000001", "0.00001", "0.1"),
    "shib": ("0.000000001", "1", "0.000001", "1000", "0.1"),
    "coarse": ("0.5", "0.01", "0.01", "0.05", "5"),
}
NAMES = ("price_increment", "base_increment", "quote_increment", "minimum_size", "minimum_funds")


def maybe(r, chance, *choices):
    return D(str(r.choice(choices))) if r.random() < chance else None


def make_options(r):
    o = {"short": r.random() < 0.5, "protect": r.choice(["exchange", "tracker"]),
         "stop_loss": maybe(r, 0.5, "0.01", "0.03", "0.1"), "take_profit": maybe(r, 0.4, "0.01", "0.05"),
         "trailing_stop": maybe(r, 0.3, "0.02", "0.05"), "break_even": maybe(r, 0.2, "0.01", "0.03"),
         "max_duration": maybe(r, 0.2, 3 * HOUR, 5 * HOUR), "limit": maybe(r, 0.3, "0.005", "0.02"),
         "limit_candles": r.choice([1, 2, 4]), "close_at_end": r.random() < 0.4,
         "cash": D(r.choice(["10000", "10000", "1000", "100"])), "fee": D(r.choice(["0.001", "0", "0.0025"])),
         "slippage": D(r.choice(["0", "0", "0.0007", "0.05"])), "spread": D(r.choice(["0", "0", "0.0003"])),
         "fill": r.choice(["next-open", "next-open", "close"]), "latency": r.choice([0, 0, 0, 1, 3]),
         "volume_share": maybe(r, 0.25, "0.1", "0.5", "1"), "through": D("0"),
         "max_order": maybe(r, 0.1, "500"), "max_exposure": maybe(r, 0.15, "0.5", "0.9"),
         "max_daily_loss": maybe(r, 0.3, "0.01", "0.05"), "kelly_after": r.choice([1, 3])}
    o["maker_fee"] = r.choice([o["fee"], o["fee"] / 2, ZERO, o["fee"] * 2])
    o["worse"] = o["slippage"] + o["spread"] / 2
    o["size_fee"] = o["fee"]
    o["size"] = r.choice([("fraction", ONE), ("fraction", D("0.5")), ("quote", D("333.33")), ("base", D("0.7")),
                          ("risk", D("0.01")), ("risk", D("0.2")), ("kelly", D("0.5"))])
    if o["size"][0] == "kelly":
        o["volume_share"] = None
    o["dusty"] = r.random() < 0.2
    if o["dusty"]:
        o.update(short=True, volume_share=ONE, latency=0, max_daily_loss=None)
        if o["size"][0] in ("kelly", "risk"):
            o["size"] = ("fraction", ONE)
    if o["max_duration"] is not None:
        o["max_duration"] = int(o["max_duration"])
    return dict(o, **make_limits(r, o))


def make_limits(r, o):
    """Protections that block entries, and end conditions. Those that follow from closed positions only where nothing is left
    as dust, whose result this oracle does not know."""
    whole = not o["dusty"] and o["volume_share"] is None
    limits = {"cooldown": maybe(r, 0.2 * whole, HOUR, 5 * HOUR), "stop_guard": maybe(r, 0.2 * whole, 1, 2, 3),
              "drawdown_guard": maybe(r, 0.2 * whole, "0.001", "0.01", "0.05"), "end_at": maybe(r, 0.05, 9 * HOUR, 33 * HOUR),
              "end_loss": maybe(r, 0.1, "0.01", "0.1"), "end_gain": maybe(r, 0.1, "0.01", "0.1"),
              "end_drawdown": maybe(r, 0.1, "0.02", "0.1"), "end_losing_trades": maybe(r, 0.1 * whole, 1, 3)}
    guarded = limits["stop_guard"] is not None or limits["drawdown_guard"] is not None
    limits["guard_window"] = maybe(r, 0.5 * guarded, 4 * HOUR, 12 * HOUR)
    limits["guard_pause"] = maybe(r, 0.5 * guarded, HOUR, 9 * HOUR)
    if limits["end_at"] is not None:
        limits["end_at"] += START
    return limits


def say_limits(o):
    words = ["--%s %s" % (n.replace("_", "-"), o[n]) for n in (
        "stop_guard", "drawdown_guard", "end_loss", "end_gain", "end_drawdown", "end_losing_trades") if o[n] is not None]
    words += ["--%s %dh" % (n.replace("_", "-"), o[n] // HOUR) for n in ("cooldown", "guard_window", "guard_pause")
              if o[n] is not None]
    return " ".join(words + ([] if o["end_at"] is None else ["--end-at %d" % o["end_at"]]))


def command_line(o):
    def say(names):
        words = []
        for n in names:
            if o[n] is not None and o[n] is not False:
                words += ["--" + n.replace("_", "-")] + ([] if o[n] is True else [str(o[n])])
        return " ".join(words)
    duration = "" if o["max_duration"] is None else " --max-duration %dh" % (o["max_duration"] // HOUR)
    method, amount = o["size"]
    return "r3-track %s%s %s | r3-size --%s %s %s --fee %s | r3-order --paper %s" % (
        say(["short", "protect", "stop_loss", "take_profit", "trailing_stop", "break_even", "limit", "limit_candles",
             "close_at_end"]), duration, say_limits(o), method, amount,
        say(["max_order", "max_exposure", "max_daily_loss"] + (["kelly_after"] if method == "kelly" else [])), o["size_fee"],
        say(["cash", "fee", "maker_fee", "slippage", "spread", "fill", "latency", "volume_share", "through"]))


def make_stream(r, o):
    """Records as dictionaries of Decimals, in order."""
    kind = r.choice(list(RULES)[o["dusty"]:])  # the first has no minimum
    rules = dict(zip(NAMES, map(D, RULES[kind])))
    step = rules["price_increment"]
    names = ["AAA-USDT", "BBB-USDT"][:r.choice([1, 1, 2])]
    base = {"csv": 100, "btc": 40000, "shib": "0.00001", "coarse": 60}[kind]
    o["through"] = r.choice([ZERO, ZERO, step * 3])
    if o["size"][0] == "base":
        o["size"] = ("base", D(r.choice({"csv": ["3", "0.7"], "btc": ["0.012345678", "0.1"], "shib": ["1000000.5"],
                                         "coarse": ["1.234", "0.05"]}[kind])))
    records = [dict(type="instrument", market=n, **rules) for n in names]
    price = {n: D(base) for n in names}
    start = START
    volatility = r.choice([0.003, 0.02, 0.06, 0.15])
    on_grid = lambda p: max(grid(p, step, ROUND_HALF_EVEN), step * 20)
    for i in range(r.choice([12, 30, 60])):
        time = start + i * HOUR
        if r.random() < 0.05:
            continue
        for n in names:
            if r.random() < 0.05 or (n != names[0] and i > 40):
                continue
            jump = lambda p: on_grid(p * D(str(round(1 + r.gauss(0, volatility), 6))))
            o_ = jump(price[n]) if r.random() < 0.3 else price[n]
            c = jump(o_) if r.random() < 0.9 else o_
            h = max(o_, c, jump(max(o_, c))) if r.random() < 0.8 else max(o_, c)
            l = min(o_, c, jump(min(o_, c))) if r.random() < 0.8 else min(o_, c)
            price[n] = c
            volume = D(str(round(r.random() * 3, 3))) * (D(10000) / D(base)) / 100
            if r.random() < (0.5 if o["dusty"] else 0.1):  # nothing, or so little that what it fills is dust
                volume = rules["minimum_size"] * r.choice([0, D("0.8"), D("1.2")])
            records.append({"type": "candle", "market": n, "time": time, "open": o_, "high": h, "low": l, "close": c,
                            "volume": grid(volume, rules["base_increment"], ROUND_DOWN)})
            for _ in range(2 if r.random() < 0.05 else 1):
                if r.random() < 0.4:
                    d = r.choice(["LONG", "LONG", "SHORT", "FLAT"])
                    s = {"type": "signal", "market": n, "time": time + HOUR, "direction": d, "reference": c}
                    up = 1 if d == "LONG" else -1
                    if d != "FLAT" and r.random() < 0.3:
                        s["stop"] = places(c * (1 - up * D(str(round(r.random() * 0.05, 7)))), 12, ROUND_DOWN)
                    if d != "FLAT" and r.random() < 0.3:
                        s["target"] = places(c * (1 + up * D(str(round(r.random() * 0.05, 7)))), 12, ROUND_DOWN)
                    records.append(s)
        if r.random() < 0.03:
            records.append({"type": "command", "time": time + HOUR, "action": r.choice(["pause", "resume", "stop", "start"])})
    return names, records


def text(value):
    return format(value.normalize(), "f") if value else "0"


def wire(records):
    lines = ['{"type":"stream","version":1}']
    for n, r in enumerate(records):
        out = {k: text(v) if isinstance(v, D) else v for k, v in r.items()}
        if r["type"] == "instrument":
            b, q = r["market"].split("-")
            out = dict({"type": "instrument", "platform": "csv", "market": r["market"], "base": b, "quote": q},
                       **{k: out[k] for k in NAMES}, fee_currency=q)
        elif r["type"] == "candle":
            out = dict({"type": "candle", "platform": "csv", "market": r["market"], "timeframe": "1H"}, **out)
        elif r["type"] == "signal":
            out = dict({"type": "signal", "id": "main-%s-1H-%d-%s" % (r["market"], r["time"] // 1000, r["direction"][0]),
                        "session": "main", "strategy": "oracle", "platform": "csv", "market": r["market"],
                        "timeframe": "1H"}, **out)
        elif r["type"] == "command":
            out = {"type": "command", "id": "c%d" % n, "time": r["time"], "action": r["action"], "session": "main"}
        lines.append(json.dumps(out, separators=(",", ":")))
    lines.append('{"type":"end","source":"oracle","records":%d}' % len(lines))
    return "\n".join(lines) + "\n"


def simulate(o, records):
    x = Exchange(o)
    for r in records:
        if r["type"] == "instrument":
            x.markets[r["market"]] = Market(r["market"], r)
    t = Tracker(o, x)
    closes = {n: [] for n in x.markets}
    for r in records:
        if r["type"] == "candle":
            x.step(x.markets[r["market"]], r)
            closes[r["market"]].append((r["time"] + HOUR, r["close"]))
            t.candle(x.markets[r["market"]], r)
        elif r["type"] == "signal":
            t.now = r["time"]
            t.midnight = t.midnight_equity(closes)
            t.signal(r)
        elif r["type"] == "command":
            t.now = r["time"]
            t.command(r["action"])
        if r["type"] != "instrument":
            t.judge()
    t.end()
    said = ["blocked by %s until %d" % (name, until) for name, _, until in t.limits.told]
    return x.trades, said + ["ended at %d" % time for time in t.limits.ended] + ["equity " + text(x.equity())]


def run(directory, o, records):
    path = os.path.join(directory, "in")
    with open(path, "w") as f:
        f.write(wire(records))
    done = subprocess.run(["backtest", "cat %s | %s" % (path, command_line(o))], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError("status %d: %s" % (done.returncode, done.stderr))
    return [json.loads(line) for line in done.stdout.splitlines()]


def properties(o, out):
    """What holds of a stream whatever the orders were: a list of what does not."""
    broken, cash, size, candles, ended, filled, orders = [], o["cash"], {}, {}, set(), {}, {}
    rules = {r["market"]: r for r in out if r["type"] == "instrument"}
    for r in out:
        kind = r["type"]
        if kind == "candle":
            candles[r["market"]] = dict(r, taken=ZERO)
        elif kind == "order":
            if r["id"] in orders:
                broken.append("order %s came twice" % r["id"])
            orders[r["id"]] = r
        elif kind == "update":
            if r["order"] in ended:
                broken.append("an update of %s, which has ended" % r["order"])
            if r["status"] != "OPENED":
                ended.add(r["order"])
            if [D(r[k]) for k in ("filled", "cost", "fee")] != filled.setdefault(r["order"], [ZERO] * 3):
                broken.append("an update of %s does not add up" % r["order"])
        elif kind == "trade":
            market, sign = r["market"], 1 if r["side"] == "BUY" else -1
            price, amount, fee = (D(r[k]) for k in ("price", "size", "fee"))
            candle, held = candles[market], size.get(market, ZERO)
            slack = D(rules[market]["price_increment"]) if o["worse"] else ZERO
            low, high = D(candle["low"]) * (1 - o["worse"]), D(candle["high"]) * (1 + o["worse"])
            if not low - slack <= price <= high + slack:
                broken.append("%s at %s, which its candle never had" % (r["id"], price))
            if r["order"] not in filled or r["order"] in ended:
                broken.append("%s of an order that does not work" % r["id"])
            against = held * sign < 0
            if against == (r["role"] == "ENTRY") or (against and amount > abs(held)):
                broken.append("%s of %s, with %s held" % (r["id"], amount, held))
            candle["taken"] += amount
            if o["volume_share"] is not None and candle["taken"] > D(candle["volume"]) * o["volume_share"]:
                broken.append("%s takes more than its share of the volume" % r["id"])
            cost = cost_of(price, amount)
            size[market] = held + sign * amount
            cash -= sign * cost + fee
            filled[r["order"]] = [a + b for a, b in zip(filled[r["order"]], (amount, cost, fee))]
            if cash < 0 and not o["short"]:
                broken.append("%s leaves cash at %s" % (r["id"], cash))
        elif kind == "account":
            equity = cash + sum(cost_of(D(candles[m]["close"]), s) for m, s in size.items() if s)
            if equity != D(r["equity"]):
                broken.append("equity %s at %d, not %s" % (r["equity"], r["time"], equity))
    broken += ["%s never ended" % order for order in sorted(set(orders) | set(filled)) if order not in ended]
    return broken


def line(t):
    return " ".join(str(t[k]) for k in ("time", "id", "side", "role", "liquidity")) + \
        " " + " ".join(text(D(t[k])) for k in ("price", "size", "fee"))


def told(out):
    """What was blocked and ended, and the last equity."""
    blocked = [re.search(r"no entry until (\S+) \((--[a-z-]+)", n["text"]) for n in out if n["type"] == "notice"]
    moment = lambda t: round(datetime.fromisoformat(t.replace("Z", "+00:00")).timestamp() * 1000)
    ended = [c["time"] for c in out if c["type"] == "command" and "-end-" in c["id"]]
    return ["blocked by %s until %d" % (b[2], moment(b[1])) for b in blocked if b] + ["ended at %d" % t for t in ended] + \
        ["equity " + text(D([a for a in out if a["type"] == "account"][-1]["equity"]))]


def main():
    rounds, seed = int(sys.argv[1]), int(sys.argv[2])
    bad = fills = limited = 0
    with tempfile.TemporaryDirectory() as directory:
        for number in range(seed, seed + rounds):
            r = random.Random(number)
            o = make_options(r)
            names, records = make_stream(r, o)
            out = run(directory, o, records)
            got = [line(t) for t in out if t["type"] == "trade"]
            fills += len(got)
            limits = told(out)
            limited += len(limits) - 1
            got += limits
            trades, rest = simulate(o, records)
            want = [line(t) for t in trades] + rest
            broken = properties(o, out)
            bad += bool(broken or got != want)
            if broken:
                print("%d: %s\n  %s" % (number, command_line(o), "\n  ".join(broken)))
            if got != want:
                at = next(i for i in range(max(len(got), len(want))) if got[i:i + 1] != want[i:i + 1])
                shutil.copy(os.path.join(directory, "in"), "oracle-%d.ndjson" % number)
                print("%d: %s\n  at %d\n  got  %s\n  want %s" % (number, command_line(o), at, got[at:at + 1], want[at:at + 1]))
    print("%d streams, %d fills, %d blocks and ends, %d different" % (rounds, fills, limited, bad))
    return 1 if bad or not fills else 0


if __name__ == "__main__":
    sys.exit(main())
