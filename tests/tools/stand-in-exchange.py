#!/usr/bin/env python3
"""In place of r3-order --live, for tests: works the journal of a session whose market is a file of candles.

    stand-in-exchange.py --live --session ID --owner NAME --epoch N [--lease SPAN] [--last]

A market order fills at the open of the candle behind its time, a limit at its price or a better open once a candle has touched it; the fee
is 0.1 %. That is as on paper, so a live session comes to the very rows of its backtest. The store is the SQLite file that R3_DB names, the candles are the file in STAND_IN_CANDLES. STAND_IN says what goes wrong:

    late      an order that was sent is only taken; it fills when this is called again
    parts     a market order fills in two trades, the second when this is called again
    unknown   what was sent stays SENT, as if no answer came; when this is called without it, all is found
    refuse    each order is refused
    crash     it is killed behind the first commit

Each step is a transaction that looks whether the lease is still held.
"""
import csv
import json
import os
import signal
import sqlite3
import sys
from datetime import datetime, timezone
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, getcontext

getcontext().prec = 60
FEE = Decimal("0.001")
STEP = Decimal("1e-8")


def text(value):
    out = format(value.normalize(), "f")
    return "0" if out in ("-0", "") else out


class Lost(Exception):
    pass


class Journal:
    def __init__(self, words):
        options = dict(zip(words[::2], words[1::2]))
        self.session, self.owner, self.epoch = options["--session"], options["--owner"], int(options["--epoch"])
        where = os.environ["R3_DB"]
        self.db = sqlite3.connect(where.removeprefix("sqlite:"), isolation_level=None, timeout=10)
        self.events = []

    def begin(self):
        self.db.execute("BEGIN IMMEDIATE")
        held = self.db.execute("SELECT 1 FROM sessions WHERE id = ? AND owner = ? AND epoch = ?",
                               (self.session, self.owner, self.epoch)).fetchone()
        if not held:
            raise Lost

    def tell(self, **record):
        record = {"type": record.pop("type"), **record}
        name = f"outbox/r3-order/{self.session}"
        number = self.db.execute("INSERT INTO counters (name, last) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1"
                                 " RETURNING last", (name,)).fetchone()[0]
        line = json.dumps(record, separators=(",", ":"))
        self.db.execute("INSERT INTO outbox (program, session, number, record) VALUES ('r3-order', ?, ?, ?)",
                        (self.session, number, line))
        self.events.append(line)

    def commit(self):
        self.db.execute("COMMIT")
        for line in self.events:
            print(line, flush=True)
        self.events = []
        if "crash" in MODE:
            os.kill(os.getpid(), signal.SIGKILL)

    def open(self):
        rows = self.db.execute("SELECT id, record, step, cancel, filled, cost, fee FROM exchange_orders"
                               " WHERE session = ? AND step <> 'DONE' ORDER BY id", (self.session,)).fetchall()
        return [dict(zip(("id", "record", "step", "cancel", "filled", "cost", "fee"), row)) for row in rows]

    def change(self, row, **values):
        row.update(values)
        names = ", ".join(f"{name} = ?" for name in values)
        self.db.execute(f"UPDATE exchange_orders SET {names} WHERE id = ?", (*values.values(), row["id"]))


def candles(time):
    """Those that open at `time` or later: open time in ms, open, low, high."""
    with open(os.environ["STAND_IN_CANDLES"], encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if int(row["time"]) * 1000 >= time:
                yield int(row["time"]) * 1000, Decimal(row["open"]), Decimal(row["low"]), Decimal(row["high"])


def fill_of(order):
    """When the order fills, and at which price; (None, None): it has not."""
    if order["kind"] == "MARKET":
        return next(((time, price) for time, price, _, _ in candles(order["time"])), (None, None))
    now = datetime.fromisoformat(os.environ["R3_NOW"]).replace(tzinfo=timezone.utc).timestamp() * 1000
    limit, buys = Decimal(order["price"]), order["side"] == "BUY"
    for time, opened, low, high in candles(order["time"]):
        if time + 300000 > now:
            break
        if low <= limit if buys else high >= limit:
            return time + 300000, min(limit, opened) if buys else max(limit, opened)
    return None, None


def update(journal, row, order, event, time, **more):
    done = event in ("FILLED", "CANCELED", "REJECTED")
    filled = Decimal(row["filled"])
    journal.tell(type="update", order=row["id"], session=journal.session, time=time,
                 status=("CLOSED" if event == "FILLED" else "CANCELED") if done else "OPENED",
                 execution="FULLY_EXECUTED" if event == "FILLED" else "PARTIALLY_EXECUTED" if filled else "NOT_EXECUTED",
                 event=event, filled=row["filled"], cost=row["cost"], fee=row["fee"], **more)


def fill(journal, row, order, number, size, price, time):
    cost = size * price
    fee = (cost * FEE).quantize(Decimal("1e-14"), ROUND_HALF_UP)
    journal.tell(type="trade", id=f"{row['id']}-t{number}", order=row["id"], session=journal.session, market=order["market"], time=time,
                 side=order["side"], role=order["role"], price=text(price), size=text(size), fee=text(fee),
                 fee_currency=order["market"].split("-")[1], liquidity="MAKER" if order["kind"] == "LIMIT" else "TAKER")
    journal.change(row, filled=text(Decimal(row["filled"]) + size), cost=text(Decimal(row["cost"]) + cost),
                   fee=text(Decimal(row["fee"]) + fee))


def send(journal, row, order):
    """True: it may be worked on."""
    journal.begin()
    journal.change(row, step="DONE" if row["cancel"] else "SENT", attempts=1)
    if row["cancel"]:
        update(journal, row, order, "CANCELED", order["time"], reason=row["cancel"])
    journal.commit()
    return not row["cancel"]


def match(journal, row, order, time, price):
    size = Decimal(order["size"]) if "size" in order else (Decimal(order["funds"]) / price).quantize(STEP, ROUND_FLOOR)
    if "parts" in MODE and row["filled"] == "0":
        fill(journal, row, order, 1, (size / 3).quantize(STEP, ROUND_FLOOR), price, time)
        journal.change(row, step="WORKING")
        update(journal, row, order, "PARTIAL", time)
        return
    fill(journal, row, order, 1 if row["filled"] == "0" else 2, size - Decimal(row["filled"]), price, time)
    journal.change(row, step="DONE")
    update(journal, row, order, "FILLED", time)


def work(journal, row):
    order = json.loads(row["record"])
    if row["step"] == "INTENT" and not send(journal, row, order):
        return
    if row["step"] == "SENT" and "unknown" in MODE:
        return
    time, price = fill_of(order)
    journal.begin()
    if "refuse" in MODE:
        journal.change(row, step="DONE")
        update(journal, row, order, "REJECTED", order["time"], reason="200004: Balance insufficient!")
    elif row["step"] == "SENT" and ("late" in MODE or price is None):
        journal.change(row, step="WORKING")
        update(journal, row, order, "PLACED", order["time"])
    elif row["cancel"]:
        journal.change(row, step="DONE")
        update(journal, row, order, "CANCELED", order["time"], reason=row["cancel"])
    elif price is not None:
        match(journal, row, order, time, price)
    journal.commit()


def main(words):
    for line in sys.stdin:  # passed on; its end says that all is decided
        print(line, end="", flush=True)
    journal = Journal(words)
    for row in journal.open():
        work(journal, row)
    if "--last" in words:
        journal.begin()
        journal.db.execute("UPDATE sessions SET owner = NULL, lease_until = NULL WHERE id = ?", (journal.session,))
        journal.commit()


MODE = os.environ.get("STAND_IN", "").split()
try:
    main(sys.argv[2:])
except Lost:
    print("stand-in-exchange: the session was taken over by another run", file=sys.stderr)
    sys.exit(75)
