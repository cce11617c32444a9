#!/usr/bin/python3
"""storm.py [--rounds N] [--seed N] [--restart COMMAND] QUIET STORM…: sessions that are killed, against the same undisturbed.

Each operand is an address for R3_DB: of stores without rows, in which the same sessions are run over real candles, moment by moment
(R3_NOW, run-due), with pause, resume and stop in between. In QUIET nobody disturbs them. In each STORM a round is one such moment:
a process of the run, or all of them, are killed (SIGKILL) after a random time, mostly several times over, sometimes while what is left of
the run before still works; with COMMAND, PostgreSQL is sometimes stopped as by a crash, too. Every other run has a process for each
program. Then the moment is run until it succeeds, or (--onward) time just goes on. At the end each STORM must hold the rows of QUIET, byte for byte, and its runs must have written the same records in
the same order (again is allowed); sessions that nobody commanded must have the rows of the backtest that equals them; and r3-session check
must find nothing. The working directory keeps what was written. Status 1: something differs.
"""
import argparse
import collections
import json
import os
import random
import shlex
import signal
import sqlite3
import subprocess
import sys
import time

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from processes import choose, members, send

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "data")
BEGIN, END = 1385424000, 1385852400  # 2013-11-26 to 2013-11-30 23:00
RUN_LIMIT = 60  # seconds, after which a run hangs

MINUTES = os.path.join(DATA, "btcusd-bitstamp-2013_1m.csv")
FIVE_MINUTES = os.path.join(DATA, "btcusd-bitstamp-2013_5m.csv")
BUSY = ["--paper", "--cash", "10000", "--set", "fast=3", "--set", "slow=8"]
SESSIONS = [
    ["sma-cross-Kucoin-BTCUSD-1H-refresh1mn", "--source", MINUTES, "--stop-loss", "1%", "--take-profit", "2%", "--risk", "1%"],
    ["sma-cross-Kucoin-BTCUSD-15m-refresh5mn", "--source", FIVE_MINUTES, "--limit", "0.1%", "--limit-candles", "3",
     "--trailing-stop", "1.5%", "--break-even", "1%", "--volume-share", "5%", "--slippage", "0.05%", "--fraction", "0.9"],
    ["sma-cross-Kucoin-BTCUSD-15m-refresh1mn", "--source", MINUTES, "--stop-loss", "2%", "--trailing-stop", "2%", "--fee", "0.2%"],
]
COMMANDED = 2
DUE = ("run-due",)
PROGRAMS_DUE = (os.path.join(HERE, "programs-due"),)
PROGRAMS = {  # of a run
    DUE: ("bash", "r3-tick", "r3-session run", "r3-collect", "r3-session feed", "r3-backtest", "r3-session keep"),
    PROGRAMS_DUE: ("bash", "r3-collect", "r3-session feed", "r3-strategy", "r3-track", "r3-size", "r3-order", "r3-session keep"),
}


class Fault(Exception):
    """What the programs must not do."""


class Store:
    """A store, what the runs in it wrote, and what befell them."""

    def __init__(self, address, name):
        self.address, self.name = address, name
        self.out, self.log = name + ".out", name + ".log"
        self.kills, self.statuses = collections.Counter(), collections.Counter()
        self.runs = self.restarts = 0
        self.groups = []  # of runs whose leader has ended, that may still have members
        for path in (self.out, self.log):
            open(path, "wb").close()

    def environment(self, moment):
        # Who looks for leaks at the end of a process does it from another one, and waits for that one forever if it is killed.
        return dict(os.environ, R3_DB=self.address, R3_NOW=str(moment), TMPDIR=os.getcwd(), ASAN_OPTIONS="detect_leaks=0")

    def start(self, moment, *words):
        """A run as cron starts it, in a process group of its own."""
        with open(self.out, "ab") as out, open(self.log, "ab") as log:
            log.write(b"# %d %s\n" % (moment, " ".join(words).encode()))
            log.flush()
            return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=log, env=self.environment(moment),
                                    start_new_session=True)

    def ask(self, *words, text=None):
        """The output of a program that nobody disturbs."""
        return subprocess.run(words, input=text, stdout=subprocess.PIPE, env=self.environment(END * 1000), check=True).stdout

    def sql(self, text):
        """What a query finds, as text."""
        if self.address.startswith("postgresql:"):
            words = [os.environ["R3_PG_BIN"] + "/psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", text, self.address]
            return subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout.decode().strip()
        connection = sqlite3.connect(self.address, timeout=20)
        with connection:
            found = connection.execute(text).fetchall()
        connection.close()
        return "\n".join(str(row[0]) for row in found)

    def leases_run_out(self):
        for table in ("sessions", "tasks"):
            self.sql("UPDATE %s SET lease_until = 1 WHERE lease_until IS NOT NULL" % table)

    def waiting(self):
        """Sessions with records that were not written yet."""
        return self.sql("SELECT DISTINCT session FROM outbox WHERE program = 'r3-keep'").split()

    def leased(self):
        """Whether somebody holds what has not run out."""
        return self.sql("SELECT (SELECT count(*) FROM sessions WHERE lease_until > 1)"
                        " + (SELECT count(*) FROM tasks WHERE lease_until > 1)") != "0"

    def said(self):
        """What was last written on standard error."""
        with open(self.log, errors="replace") as log:
            return "".join(log.readlines()[-10:]).rstrip()

    def let_end(self):
        """Until no process is left of any run."""
        deadline = time.monotonic() + RUN_LIMIT
        while self.groups:
            self.groups = [group for group in self.groups if members(group)]
            if time.monotonic() > deadline:
                raise Fault("%s: processes that do not end: %s" % (self.name, [members(group) for group in self.groups]))
            time.sleep(0.002)


# ---- processes ----

def kill_one(store, victim, name):
    if not send(victim):
        return False
    store.kills[name] += 1
    return True


def kill_any(store, draw, pid):
    """One process of the group."""
    there = members(pid)
    victim = choose(there, draw)
    return victim is not None and kill_one(store, victim, there[victim])


def kill_when_there(store, draw, process, name):
    """This program, soon after it has begun."""
    while process.poll() is None:
        victims = [victim for victim, other in members(process.pid).items() if other == name]
        if victims:
            time.sleep(draw.random() ** 2 * 0.04)
            return kill_one(store, draw.choice(victims), name)
        time.sleep(0.001)
    return False


def kill_all(store, pid, number):
    if not members(pid):
        return False
    os.killpg(pid, number)
    store.kills["whole run" if number == signal.SIGKILL else "whole run (TERM)"] += 1
    return True


def strike(store, draw, span, process, insist, words):
    """True if something was killed: a certain program, whatever there is after some time, two of that, or all."""
    if words in PROGRAMS and draw.random() < 0.5:  # those first that were not hit yet
        missed = [name for name in PROGRAMS[words] if not store.kills[name]]
        return kill_when_there(store, draw, process, draw.choice(missed or PROGRAMS[words]))
    time.sleep(draw.random() * span * 0.9)
    chance = draw.random()
    if chance < 0.25:  # what is ended by TERM may store a part, which is to be seen where a moment is not repeated
        return kill_all(store, process.pid, signal.SIGKILL if insist or chance < 0.1 else signal.SIGTERM)
    struck = kill_any(store, draw, process.pid)
    if chance < 0.5:
        time.sleep(draw.random() * 0.03)
        struck = kill_any(store, draw, process.pid) or struck
    return struck


def wait(store, process):
    try:
        status = process.wait(RUN_LIMIT)
    except subprocess.TimeoutExpired:
        there = members(process.pid)
        os.killpg(process.pid, signal.SIGKILL)
        raise Fault("%s: a run hangs: %s" % (store.name, there))
    store.runs += 1
    store.statuses[status] += 1
    store.groups.append(process.pid)
    return status


# ---- runs ----

def quietly(store, moment, *words):
    status = wait(store, store.start(moment, *words))
    store.let_end()
    if status != 0:
        raise Fault("%s: %s at %d: status %d; it said:\n%s" % (store.name, " ".join(words), moment, status, store.said()))


def disturbed(store, draw, span, restart, insist, moment, *words):
    """One run, and what befalls it. False: nothing did, as it had ended before."""
    process = store.start(moment, *words)
    if restart and draw.random() < 0.1:
        time.sleep(draw.random() * span * 0.9)
        subprocess.run(restart, check=True, stdout=subprocess.DEVNULL)
        store.restarts += 1
        struck = True
    else:
        struck = strike(store, draw, span, process, insist, words)
    wait(store, process)
    if words[0] == "r3-session" or draw.random() < 0.75:
        store.let_end()  # else the next run overtakes what is left of this one
    store.leases_run_out()
    return struck


def stormily(store, draw, spans, restart, insist, moment, *words):
    """A moment under fire; with `insist`, and a command always, it is run until it succeeds."""
    if words[0] == "r3-session":
        # By the clock of a run of a moment before it would be one that a clock ahead has given, and hold from that run's first candle on.
        store.let_end()
    for _ in range(draw.choice([1, 1, 2, 3])):
        if words[0] != "r3-session":
            words = draw.choice([DUE, PROGRAMS_DUE])
        if not disturbed(store, draw, spans[words], restart, insist, moment, *words):
            break
    if not insist and words[0] != "r3-session":
        return
    now = words
    for _ in range(9):
        status = wait(store, store.start(moment, *now))
        if status not in (0, 75):
            break
        # What is left of a run that was killed may have the session, or the tick, and may have stored what it did not write any more.
        store.let_end()
        waiting = store.waiting() if words[0] != "r3-session" else []
        if now == words and status == 0 and not waiting and (words[0] == "r3-session" or not store.leased()):
            return
        store.leases_run_out()
        now = ("session", waiting[0]) if waiting else words
    raise Fault("%s: %s at %d: status %d; it said:\n%s" % (store.name, " ".join(words), moment, status, store.said()))


def plan(draw, rounds, ids, insist):
    """(moment, words): runs, and among them the commands of one session."""
    moments = sorted(draw.randrange(BEGIN * 1000, (END - 600) * 1000, 1000) for _ in range(rounds - 1))
    moments.append(END * 1000)
    spots = sorted(draw.sample(range(1, rounds - 1), 3))
    if not insist:  # a stop is over with the first run behind it, which is to be the same
        spots[2] = rounds - 1
    commands = dict(zip(spots, ("pause", "resume", "stop")))
    steps = []
    for i, moment in enumerate(moments):
        if i in commands:
            steps.append((moment - draw.randrange(1, 200000), ("r3-session", commands[i], ids[COMMANDED])))
        steps.append((moment, DUE))
    return steps


# ---- what must hold ----

LEASES = ("owner", "epoch", "lease_until")
LATEST = (b'{"type":"position"', b'{"type":"account"')  # written once a run: fewer where moments were passed over
LATEST_COUNTER = "outbox/r3-keep/"


def rows_of(store):
    """The dump without what leases leave."""
    rows = []
    for line in store.ask("r3-session", "dump").decode().splitlines():
        record = json.loads(line)
        for name in LEASES if record["type"] == "row" and record["table"] in ("sessions", "tasks") else ():
            record["values"].pop(name)
        rows.append(json.dumps(record, sort_keys=True))
    return rows


def records_of(store):
    """Lines of each session, the first time that each was written."""
    lines = collections.defaultdict(dict)
    with open(store.out, "rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                raise Fault("%s: %s: a line without an end: %r" % (store.name, store.out, line))
            if b'{"type":"command"' in line:  # r3-session wrote it
                continue
            if line == b"\n":  # a run ends the line that it finds cut off, and it was another one's, just being written
                continue
            try:
                lines[json.loads(line)["session"]].setdefault(line)
            except (ValueError, KeyError):
                raise Fault("%s: %s: no record: %r" % (store.name, store.out, line))
    return {session: list(found) for session, found in lines.items()}


def differ(what, want, got):
    """None, or the first differences in words."""
    if want == got:
        return
    missing, more = [row for row in want if row not in set(got)], [row for row in got if row not in set(want)]
    text = "%s: %d missing, %d too many%s" % (what, len(missing), len(more), "" if missing or more else ", another order")
    raise Fault("\n".join([text] + ["- %s" % row for row in missing[:5]] + ["+ %s" % row for row in more[:5]]))


def compare(quiet, storm, insist):
    differ(storm.name + ": rows", *[[row for row in rows if insist or LATEST_COUNTER not in row] for rows in (quiet.rows, rows_of(storm))])
    want, got = records_of(quiet), records_of(storm)
    for session in sorted(set(want) | set(got)):
        pair = [[line for line in records.get(session, []) if insist or not line.startswith(LATEST)] for records in (want, got)]
        differ("%s: records of %s in %s" % (storm.name, session, storm.out), *pair)
    storm.ask("r3-session", "check")


def equal_to_backtest(store, session):
    """As tests/stores.bash does it."""
    filters = os.path.join(HERE, "..", "tools", "session-rows.jq")
    text = store.ask("r3-session", "show", session, "--pipeline").decode().split(" | r3-report ")[0].strip()
    with open("backtest.log", "wb") as log:
        records = subprocess.run(["r3-backtest", text], stdout=subprocess.PIPE, stderr=log, check=True).stdout
    want = subprocess.run(["jq", "-sc", "-f", filters], input=records, stdout=subprocess.PIPE, check=True).stdout
    want = sorted(json.dumps(json.loads(line), sort_keys=True) for line in want.decode().splitlines())
    got = []
    for row in map(json.loads, store.rows):
        if row.get("table") in ("signals", "orders", "trades", "accounts") and row["values"]["session"] == session:
            row["values"].pop("available", None)
            got.append(json.dumps([row["table"], row["values"]], sort_keys=True))
    differ("%s: session %s and its backtest" % (store.name, session), want, sorted(got))
    return sum('["trades"' in row for row in want)


# ---- all of it ----

def run_quietly(store, steps):
    """How long its programs take, in seconds."""
    spans = collections.defaultdict(list)
    for i, (moment, words) in enumerate(steps):
        if words == DUE and i % 2:
            words = PROGRAMS_DUE
        begin = time.monotonic()
        quietly(store, moment, *words)
        spans[words].append(time.monotonic() - begin)
    return {words: sorted(found)[len(found) // 2] for words, found in spans.items()}


def run_stormily(store, draw, steps, spans, restart, insist):
    for i, (moment, words) in enumerate(steps[:-1]):  # the first is run in any case: a session without a run is stopped at once
        stormily(store, draw, spans, restart, insist or i == 0, moment, *words)
    store.let_end()
    store.leases_run_out()
    quietly(store, *(steps[-1][:1] + steps[-1][1]))
    # What had been stored and not written by the last run's first try comes with the next one.
    quietly(store, steps[-1][0] + 3600000, *steps[-1][1])


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1000000))
    parser.add_argument("--onward", action="store_true", help="do not repeat a moment whose run was killed")
    parser.add_argument("--restart", type=shlex.split, help="ends and restarts PostgreSQL")
    parser.add_argument("quiet", metavar="QUIET")
    parser.add_argument("storms", metavar="STORM", nargs="+")
    arguments = parser.parse_args()
    print("seed %d, %d rounds%s" % (arguments.seed, arguments.rounds, ", onward" if arguments.onward else ""), flush=True)
    draw = random.Random(arguments.seed)
    quiet = Store(arguments.quiet, "quiet")
    ids = []
    for label, *options in SESSIONS:
        started = subprocess.run(["r3-session", "start", label, *BUSY, *options], stdout=subprocess.PIPE, check=True,
                                 env=quiet.environment(BEGIN * 1000)).stdout
        ids.append(json.loads(started)["session"])
    beginning = quiet.ask("r3-session", "dump")
    steps = plan(draw, arguments.rounds, ids, not arguments.onward)
    spans = run_quietly(quiet, steps)
    quietly(quiet, END * 1000 + 3600000, *DUE)
    quiet.rows = rows_of(quiet)
    trades = [equal_to_backtest(quiet, session) for i, session in enumerate(ids) if i != COMMANDED]
    print("undisturbed: %d runs of %.0f ms, or %.0f ms in programs; trades of the sessions that equal their backtests: %s" %
          (quiet.runs, spans[DUE] * 1000, spans[PROGRAMS_DUE] * 1000, trades), flush=True)
    if min(trades) < 5:
        raise Fault("too few trades to show anything")
    for i, address in enumerate(arguments.storms):
        kind = "postgresql" if address.startswith("postgresql:") else "sqlite"
        storm = Store(address, "storm-%d-%s" % (i + 1, kind))
        storm.ask("r3-session", "restore", text=beginning)
        run_stormily(storm, draw, steps, spans, arguments.restart if kind == "postgresql" else None, not arguments.onward)
        compare(quiet, storm, not arguments.onward)
        print("%s: %d runs, %d restarts; killed: %s; statuses: %s" %
              (storm.name, storm.runs, storm.restarts,
               ", ".join("%s %d" % pair for pair in sorted(storm.kills.items())),
               ", ".join("%d %d times" % pair for pair in sorted(storm.statuses.items()))), flush=True)
        never = {name for names in PROGRAMS.values() for name in names} - set(storm.kills)
        few = arguments.rounds / (3 if arguments.rounds >= 100 else 5)  # a machine that is busy is hard to hit
        if sum(storm.kills.values()) < few or (arguments.rounds >= 100 and never):
            raise Fault("%s: too few were killed to show anything; never: %s" % (storm.name, ", ".join(sorted(never))))
    print("all equal")


if __name__ == "__main__":
    try:
        main()
    except (Fault, subprocess.CalledProcessError) as fault:
        print(fault, file=sys.stderr)
        sys.exit(1)
