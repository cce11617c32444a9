"""Sessions: what a due run costs a session, by the number of sessions and by the length of their history, on both databases.

As cron does it: each run begins five minutes after the last one by R3_NOW, once with a candle more in the file that feeds the
sessions, once without. The time of PostgreSQL's own processes counts.
"""
import contextlib
import json
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

from parts.harness import BUILD, TOP, WORK, Failed, measured, table

MINUTES = 5 * 60 * 1000
START = 1704067200000  # 2024-01-01
SESSIONS = (10, 100, 1000)
HISTORIES = (100, 100000)
LABEL = "sma-cross-Kucoin-BTCUSD-15m-refresh5mn"
OPTIONS = ["--paper", "--cash", "10000", "--risk", "1%", "--stop-loss", "1%", "--set", "fast=3", "--set", "slow=8"]
DATABASES = ("SQLite", "PostgreSQL")


class Feed:
    """A file of candles of five minutes that grows by one at a time: a random walk, the same in each run of the benchmark."""

    def __init__(self, path):
        self.path, self.count, self.price, self.chance = path, 0, 4000000, random.Random(1)
        with open(path, "w", encoding="ascii") as file:
            file.write("time,open,high,low,close,volume\n")

    now = property(lambda self: START + self.count * MINUTES)  # when the last one closes

    def grow(self, count=1):
        lines = []
        for _ in range(count):
            last, self.price = self.price, max(1000, self.price + round(self.chance.gauss(0, self.price / 500)))
            high, low = max(last, self.price) + self.chance.randrange(2000), min(last, self.price) - self.chance.randrange(900)
            prices = ",".join(f"{value // 100}.{value % 100:02}" for value in (last, high, low, self.price))
            lines.append(f"{self.now // 1000},{prices},{self.chance.randrange(1, 99999) / 1000}\n")
            self.count += 1
        with open(self.path, "a", encoding="ascii") as file:
            file.writelines(lines)


class SQLite:
    def __init__(self, directory):
        self.address = os.path.join(directory, "r3.db")

    def processor(self):
        return 0.0

    def close(self):
        pass


class PostgreSQL:
    """The private cluster of the tests: a server without fsync, as for them."""
    SCRIPT = '. "$0" && trap postgresql_stop EXIT && postgresql_start && echo "$R3_PG_URL" && head -n 1 "$R3_PG/data/postmaster.pid" && read -r'

    def __init__(self, _):
        self.keeper = subprocess.Popen(["bash", "-c", self.SCRIPT, os.path.join(TOP, "tests", "postgresql.bash")],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self.keeper.stdout.readline().strip()
        number = self.keeper.stdout.readline().strip()
        if not number:
            raise Failed("no PostgreSQL")
        self.server = int(number)

    def processor(self):
        """Of the server and of those of its processes that have ended, s: a connection has a process."""
        with open(f"/proc/{self.server}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait()
        self.keeper.stdout.close()


@contextlib.contextmanager
def opened(name, directory):
    database = {"SQLite": SQLite, "PostgreSQL": PostgreSQL}[name](directory)
    os.environ["R3_DB"] = database.address
    try:
        yield database
    finally:
        database.close()
        del os.environ["R3_DB"]


def session(*words):
    result = subprocess.run([os.path.join(BUILD, "r3-session"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        raise Failed(f"r3-session {' '.join(words)}: {result.stderr.strip()}")
    return result.stdout


def begin(feed, count):
    """Start so many sessions, which act from now on."""
    os.environ["R3_NOW"] = str(feed.now)
    for _ in range(count):
        session("start", LABEL, *OPTIONS, "--source", feed.path)


RUN_DUE = [os.path.join(TOP, "pipelines", "run-due")]


def due(feed, minutes=1):
    """One due run; `minutes` past the last candle's close, so that each has its own tick."""
    os.environ["R3_NOW"] = str(feed.now + minutes)
    return measured(RUN_DUE, discard=True)[0][-1]


class Peak(threading.Thread):
    """The largest sum of the proportional memory of all processes below one, looked at again and again."""

    def __init__(self, group):
        super().__init__()
        self.group, self.peak, self.most, self.over = group, 0, 0, False

    def look(self):
        total = count = 0
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    if int(file.read().rsplit(")", 1)[1].split()[2]) != self.group:
                        continue
                with open(f"/proc/{name}/smaps_rollup", encoding="ascii") as file:
                    total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
                    count += 1
        self.peak, self.most = max(self.peak, total), max(self.most, count)

    def run(self):
        while not self.over:
            self.look()
            time.sleep(0.02)


def memory(feed):
    """MiB of all processes of a due run together, at most; and how many there were at once. The server's are not among them."""
    os.environ["R3_NOW"] = str(feed.now + 1)
    process = subprocess.Popen(RUN_DUE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    watch = Peak(process.pid)
    watch.start()
    process.wait()
    watch.over = True
    watch.join()
    return watch.peak / 1024, watch.most


class Case:
    """What is measured of one number of sessions with one history."""

    def __init__(self, database, sessions, text):
        self.database, self.sessions, self.text = database, sessions, text
        self.runs = {"a new candle": [], "none": []}

    def measure(self, server, feed, times):
        due(feed)
        for _ in range(times):
            for kind, runs in self.runs.items():
                if kind == "none":
                    # the next tick, without a candle
                    feed_now = feed.now + MINUTES
                    os.environ["R3_NOW"] = str(feed_now + 1)
                else:
                    feed.grow(2 if runs else 1)
                    os.environ["R3_NOW"] = str(feed.now + 1)
                before = server.processor()
                line = measured(RUN_DUE, discard=True)[0][-1]
                runs.append((line.wall, line.processor + server.processor() - before, line.mebibytes))
        feed.grow(1)

    def wall(self, kind):
        return statistics.median(run[0] for run in self.runs[kind])

    def processor(self, kind):
        return statistics.median(run[1] for run in self.runs[kind])

    def each(self, kind):
        """ms of processor time a session."""
        return 1000 * self.processor(kind) / self.sessions
