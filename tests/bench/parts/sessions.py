"""Sessions: what a due run costs a session, by the number of sessions and by the length of their history, on both databases.

As cron does it: sessions of a minute on a file that gets a candle each five, so a run has a candle more than the last one, and
the next, a minute later by R3_NOW, has none. The time of PostgreSQL's own processes counts.
"""
import contextlib
import json
import os
import random
import statistics
import subprocess
import tempfile
import threading
import time

from parts.harness import BUILD, TOP, WORK, Failed, measured, table

MINUTES = 5 * 60 * 1000
START = 1704067200000  # 2024-01-01
SESSIONS = (10, 100, 1000)
HISTORIES = {"SQLite": (100, 100000), "PostgreSQL": (100, 20000)}  # a round trip to the server for each row of the first run
HISTORY_SESSIONS = 4
LABEL = "sma-cross-Kucoin-BTCUSD-15m-refresh1m"
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

    def settle(self):
        pass

    def statements(self, _):
        return None

    def close(self):
        pass


class PostgreSQL:
    """The private cluster of the tests: a server without fsync, as for them."""
    SCRIPT = '. "$0" && trap postgresql_stop EXIT && postgresql_start && echo "$R3_PG_URL" && echo "$R3_PG_BIN" && echo "$R3_PG/log" && head -n 1 "$R3_PG/data/postmaster.pid" && read -r'

    def __init__(self, _):
        self.keeper = subprocess.Popen(["bash", "-c", self.SCRIPT, os.path.join(TOP, "tests", "postgresql.bash")],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self.keeper.stdout.readline().strip()
        self.programs = self.keeper.stdout.readline().strip()
        self.log = self.keeper.stdout.readline().strip()
        number = self.keeper.stdout.readline().strip()
        if not number:
            raise Failed("no PostgreSQL")
        self.server = int(number)

    def processor(self):
        """Of the server and of those of its processes that have ended, s: a connection has a process."""
        with open(f"/proc/{self.server}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def settle(self):
        """What the server would do some time later by itself, after many rows were written."""
        self.command("VACUUM ANALYZE")

    def command(self, *texts):
        words = [word for text in texts for word in ("-c", text)]
        subprocess.run([os.path.join(self.programs, "psql"), "-q", *words, self.address], check=True, stdout=subprocess.DEVNULL)

    def statements(self, action):
        """How many the programs send meanwhile, BEGIN and COMMIT among them."""
        self.command("ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
        time.sleep(0.5)
        with open(self.log, encoding="utf-8") as file:
            file.seek(0, os.SEEK_END)
            action()
            count = sum("LOG:  execute" in line for line in file)
        self.command("ALTER SYSTEM RESET log_statement", "SELECT pg_reload_conf()")
        return count

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


def due(feed, minutes=0, jobs=2):
    """One due run, so many minutes after the last candle's close."""
    os.environ["R3_NOW"] = str(feed.now + minutes * 60000)
    return measured([*RUN_DUE, "-j", str(jobs)], discard=True)[0][-1]


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


CANDLE, NONE = "with a candle", "without"


class Case:
    """What is measured of one number of sessions with one history."""

    def __init__(self, sessions, history=0):
        self.sessions, self.history = sessions, history
        self.runs = {CANDLE: [], NONE: []}
        self.statements = None

    def measure(self, server, feed, times):
        for _ in range(times):
            feed.grow()
            for minutes, kind in enumerate(self.runs):
                before = server.processor()
                line = due(feed, minutes)
                self.runs[kind].append((line.wall, line.processor + server.processor() - before, line.mebibytes))
        if self.sessions <= 100:
            feed.grow()
            count = server.statements(lambda: due(feed))
            self.statements = count and count / self.sessions

    def wall(self, kind):
        return statistics.median(run[0] for run in self.runs[kind])

    def each(self, kind):
        """ms of processor time a session."""
        return 1000 * statistics.median(run[1] for run in self.runs[kind]) / self.sessions

    def mebibytes(self):
        return max(run[2] for runs in self.runs.values() for run in runs)


def by_number(name, directory, times, most):
    """One store whose sessions become more, `most` at the end. Returns the cases, and the memory of the last."""
    cases = []
    feed = Feed(os.path.join(directory, "feed.csv"))
    feed.grow(100)
    with opened(name, directory) as server:
        have = 0
        for count in (*filter(lambda count: count < most, SESSIONS), most):
            begin(feed, count - have)
            have = count
            feed.grow()
            due(feed)  # the first run of a session reads its warm-up
            cases.append(Case(count))
            cases[-1].measure(server, feed, times if count <= 100 else 1)
        feed.grow()
        return cases, memory(feed)


def by_history(name, directory, times):
    """Sessions that have seen so many candles, and what they traded meanwhile."""
    cases = []
    for count in HISTORIES[name]:
        place = os.path.join(directory, str(count))
        os.mkdir(place)
        feed = Feed(os.path.join(place, "feed.csv"))
        with opened(name, place) as server:
            feed.grow(10)  # a session looks at its file when it begins
            begin(feed, HISTORY_SESSIONS)
            feed.grow(count)
            due(feed, jobs=1)  # all of the history, in a transaction a session
            case = Case(HISTORY_SESSIONS, count)
            case.trades = sum(json.loads(session("show", "--json", json.loads(line)["id"]))["trades"]
                              for line in session("list", "--json").splitlines()) // HISTORY_SESSIONS
            server.settle()
            case.measure(server, feed, times)
            cases.append(case)
    return cases


def rows_of(cases, first):
    """Ratios are to the first case."""
    rows, base = [], cases[0]
    for case in cases:
        row = [*first(case)]
        for kind in case.runs:
            row += [f"{case.wall(kind):.2f}", f"{case.each(kind):.1f}", f"{case.each(kind) / base.each(kind):.2f}"]
        rows.append((*row, f"{case.mebibytes():.1f}", f"{case.statements:.1f}" if case.statements else "-"))
    return rows


HEAD = tuple(f"{kind}: {figure}" if index == 0 else figure for kind in (CANDLE, NONE)
             for index, figure in enumerate(("wall s", "CPU ms each", "x"))) + ("MiB", "SQL each")


def show(quick, databases=DATABASES, most=SESSIONS[-1]):
    """Tables for each database, up to so many sessions. Returns the processor time of a session, ms, at the most sessions, and the greatest ratio, by database."""
    result, times = {}, 1 if quick else 5
    for name in databases:
        with tempfile.TemporaryDirectory(dir=WORK) as directory:
            cases, (peak, processes) = by_number(name, directory, times, most)
            table(f"Due runs on {name}, two sessions at a time: CPU of all processes, the server's too; MiB of the largest",
                  ("sessions", *HEAD), rows_of(cases, lambda case: (case.sessions,)),
                  (f"{processes} processes at most at once, of {peak:.0f} MiB together, the server's not among them.",))
            aged = by_history(name, directory, times)
            table(f"Due runs on {name}: {HISTORY_SESSIONS} sessions that have seen so many candles and made so many trades each",
                  ("candles", "trades", *HEAD), rows_of(aged, lambda case: (case.history, case.trades)),
                  ("The server is that of the tests, without fsync.",) if name == "PostgreSQL" else ())
        ratios = [case.each(kind) / group[0].each(kind) for group in (cases, aged) for case in group for kind in case.runs]
        result[name] = (max(cases[-1].each(kind) for kind in cases[-1].runs), max(ratios))
    return result
