"""Live orders: what r3-live --follow costs an order, against a server on this machine that answers at once.

One by one: from the line of an order on standard input until its request has arrived at the server, and until its end was written. Then as
many at once. Requests an order, and connections. Beside them what is below it: a request to that server and its answer by a few lines of
Python, and a commit of this disk.
"""
import json
import multiprocessing
import os
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time

from parts.harness import WORK, program, table

SYMBOL = {"symbol": "BTC-USDT", "name": "BTC-USDT", "baseCurrency": "BTC", "quoteCurrency": "USDT", "feeCurrency": "USDT", "market": "USDS",
          "baseMinSize": "0.00001", "quoteMinSize": "0.1", "baseMaxSize": "10000000000", "quoteMaxSize": "99999999", "baseIncrement": "0.00000001",
          "quoteIncrement": "0.000001", "priceIncrement": "0.1", "priceLimitRate": "0.1", "minFunds": "0.1", "isMarginEnabled": True,
          "enableTrading": True, "feeCategory": 1, "makerFeeCoefficient": "1.00", "takerFeeCoefficient": "1.00", "st": False}

# The exchange's own limit is not what is measured.
QUOTA = b"gw-ratelimit-limit: 1000000\r\ngw-ratelimit-remaining: 999999\r\ngw-ratelimit-reset: 30000\r\n"


class Server:
    """An exchange that takes every order and has filled it at once."""

    def __init__(self, arrivals, counts):
        self.arrivals, self.counts, self.orders = arrivals, counts, {}

    def order(self, name):
        """As the exchange tells of it."""
        number, now = self.orders[name]
        return {"id": f"x{number}", "clientOid": name, "symbol": "BTC-USDT", "opType": "DEAL", "type": "market", "side": "buy", "price": "0", "size": "0",
                "funds": "10", "dealSize": "0.0002", "dealFunds": "10", "fee": "0.01", "feeCurrency": "USDT", "active": False, "cancelExist": False,
                "inOrderBook": False, "createdAt": now, "lastUpdatedAt": now}

    def fill(self, number, now):
        """The one of an order."""
        return {"id": number, "symbol": "BTC-USDT", "tradeId": 11029373945659392 + number, "orderId": f"x{number}", "side": "buy", "liquidity": "taker",
                "type": "market", "price": "50000", "size": "0.0002", "funds": "10", "fee": "0.01", "feeRate": "0.001", "feeCurrency": "USDT", "createdAt": now}

    def answer(self, method, target, body):
        """The data of a reply."""
        path, now = target.split("?")[0], int(time.time() * 1000)
        if method == "POST":
            self.arrivals.put(time.monotonic())
            number = len(self.orders) + 1
            self.orders[json.loads(body)["clientOid"]] = (number, now)
            return {"orderId": f"x{number}", "clientOid": json.loads(body)["clientOid"]}
        if "/client-order/" in path:
            return self.order(path.rsplit("/", 1)[1])
        if path.endswith("/fills"):
            number = int(target.split("orderId=x")[1].split("&")[0]) if "orderId=x" in target else 0
            return {"items": [self.fill(number, now)] if number else [], "lastId": 0}
        if path.endswith("/timestamp"):
            return now
        return {"status": {"status": "open", "msg": ""}, "BTC-USDT": SYMBOL, "active": [], "done": {"items": [], "lastId": 0},
                "level1": {"time": now, "price": "50000"}, "trade-fees": [{"symbol": "BTC-USDT", "takerFeeRate": "0.001", "makerFeeRate": "0.001"}],
                "accounts": [{"id": "1", "currency": "USDT", "type": "trade", "balance": "10000000", "available": "10000000", "holds": "0"},
                             {"id": "2", "currency": "BTC", "type": "trade", "balance": "10000000", "available": "10000000", "holds": "0"}]}[path.rsplit("/", 1)[1]]

    def serve(self, connection):
        """The requests of a connection."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(65536)
                if not more:
                    return
                data += more
            head, data = data.split(b"\r\n\r\n", 1)
            lines = head.decode().split("\r\n")
            length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")), 0)
            while len(data) < length:
                data += connection.recv(65536)
            body, data = data[:length], data[length:]
            method, target, _ = lines[0].split(" ")
            text = json.dumps({"code": "200000", "data": self.answer(method, target, body)}).encode()
            self.counts[0] += 1
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n" % (len(text), QUOTA) + text)


def listen(listener, arrivals, counts):
    """The server's process."""
    server = Server(arrivals, counts)
    while True:
        connection, _ = listener.accept()
        counts[1] += 1
        threading.Thread(target=server.serve, args=(connection,), daemon=True).start()


def prepare(directory, port):
    """A store with a live session, a key, and the environment for both."""
    environment = dict(os.environ, R3_DB=f"{directory}/r3.db", R3_KUCOIN_URL=f"http://127.0.0.1:{port}", XDG_STATE_HOME=directory)
    subprocess.run([program("r3-session"), "init"], env=environment, check=True)
    with sqlite3.connect(f"{directory}/r3.db") as database:
        database.execute("INSERT INTO sessions (id, label, strategy, platform, market, timeframe, refresh, mode, state, currency, cash, created, started,"
                         " acts_from) VALUES ('s1', 'l', 'sma', 'Kucoin', 'BTC-USDT', '1H', 300000, 'live', 'ACTIVE', 'USDT', '1000000', 1, 1, 1)")
    with open(f"{directory}/key", "w", opener=lambda path, flags: os.open(path, flags, 0o600), encoding="utf-8") as file:
        file.write("key: k\nsecret: s\npassphrase: p\n")
    return environment


def line_of(number):
    """An order."""
    name = f"s1-{number}-ENTRY-1"
    return json.dumps({"type": "order", "id": name, "session": "s1", "platform": "kucoin", "market": "BTC-USDT", "time": int(time.time() * 1000),
                             "role": "ENTRY", "side": "BUY", "kind": "MARKET", "funds": "10"}, separators=(",", ":")).encode() + b"\n"


def wait_for_end(stream):
    """Read up to the next record that ends an order."""
    for line in stream:
        if b'{"type":"update"' in line and b'"status":"OPENED"' not in line:
            return


def ranks(values):
    """Median and 99th percentile, ms."""
    values = sorted(values)
    return [1000 * values[min(len(values) - 1, len(values) * part // 100)] for part in (50, 99)]


class Program:
    """r3-live at work."""

    def __init__(self, directory, environment):
        self.process = subprocess.Popen([program("r3-live"), "--follow", "--quiet-input", "--credentials", f"{directory}/key"], env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0

    def one(self, arrivals):
        """s from its line to its request at the server, and to its end."""
        self.number += 1
        line = line_of(self.number)
        begin = time.monotonic()
        self.process.stdin.write(line)
        self.process.stdin.flush()
        wait_for_end(self.process.stdout)
        end = time.monotonic()
        return arrivals.get() - begin, end - begin

    def many(self, count):
        """s for so many at once."""
        lines = b"".join(line_of(self.number + 1 + i) for i in range(count))
        begin = time.monotonic()
        threading.Thread(target=lambda: (self.process.stdin.write(lines), self.process.stdin.flush()), daemon=True).start()
        for _ in range(count):
            wait_for_end(self.process.stdout)
        return time.monotonic() - begin

    def end(self):
        self.process.terminate()
        self.process.wait()


def bare_requests(port, arrivals, count):
    """s from the begin of a request to its arrival, and to its answer."""
    out, ends = [], []
    body = json.dumps({"clientOid": "bare"}).encode()
    request = b"POST /bare HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            begin = time.monotonic()
            connection.sendall(request)
            connection.recv(65536)
            ends.append(time.monotonic() - begin)
            out.append(arrivals.get() - begin)
    return out, ends


def commits(directory, count):
    """s of a commit of a row that SQLite has on the disk before it goes on."""
    result = []
    with sqlite3.connect(f"{directory}/commits.db", isolation_level=None) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE rows (value TEXT)")
        for _ in range(count):
            begin = time.monotonic()
            database.execute("INSERT INTO rows VALUES ('a row')")
            result.append(time.monotonic() - begin)
    return result


def show(quick):
    """A table. Returns the median of line in to request out, ms."""
    count = 100 if quick else 500
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    arrivals, counts = multiprocessing.Queue(), multiprocessing.Array("q", [0, 0], lock=False)
    server = multiprocessing.Process(target=listen, args=(listener, arrivals, counts), daemon=True)
    server.start()
    with tempfile.TemporaryDirectory(dir=WORK) as directory:
        live = Program(directory, prepare(directory, port))
        live.one(arrivals)  # asks for all there is to know
        asked = counts[0]
        out, ends = zip(*(live.one(arrivals) for _ in range(count)))
        each = (counts[0] - asked) / count
        rate = count / live.many(count)
        live.end()
        while not arrivals.empty():
            arrivals.get()
        requests, connections = counts
        bare_out, bare_ends = bare_requests(port, arrivals, count)
        written = ranks(commits(directory, count))
    server.terminate()
    rows, bare = [], [*ranks(bare_out), *ranks(bare_ends)]
    for name, figures in (("r3-live", [*ranks(out), *ranks(ends)]), ("a bare request", bare)):
        rows.append((name, *(f"{figure:.2f}" for figure in figures), f"{figures[0] / bare[0]:.1f}"))
    table(f"Live orders, {count} one by one, ms from the line in", ("", "request out", "p99", "its end", "p99", "x"), rows,
          (f"{each:.1f} requests an order; {requests} on {connections} connection{'' if connections == 1 else 's'}; {rate:.0f} orders/s at once.",
           f"An order is in the store before its request goes out. A commit of this disk takes {written[0]:.2f} ms, p99 {written[1]:.2f}."))
    return ranks(out)[0]
