"""A small client of the fake exchange for its own tests: starts one, signs, and drives its controls."""
import base64
import hashlib
import hmac
import http.client
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from urllib.parse import unquote

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "data")
KEY, SECRET, PASSPHRASE = "67a1b2c3d4e5f60001234567", "01234567-89ab-cdef-0123-456789abcdef", "r3-test-pass"


def mac(secret, message):
    """Base64 of HMAC-SHA256."""
    return base64.b64encode(hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()).decode()


class Answer:
    """Status, headers and body of a reply; code and data where it is the exchange's."""

    def __init__(self, response):
        self.status, self.headers, self.text = response.status, response.headers, response.read().decode()
        try:
            self.json = json.loads(self.text, parse_float=Decimal)
        except ValueError:
            self.json = None
        members = self.json if isinstance(self.json, dict) else {}
        self.code, self.words, self.data = members.get("code"), members.get("msg"), members.get("data")


class Client:
    """A fake exchange of its own and one connection to it. A with statement ends it."""

    def __init__(self, *options, ledger=None):
        self.directory = tempfile.TemporaryDirectory()
        self.ledger_file = ledger or os.path.join(self.directory.name, "ledger")
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "fake-exchange"), "--key", KEY, "--secret", SECRET, "--passphrase", PASSPHRASE,
             "--ledger", self.ledger_file, *options], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.connection, self.numbers = None, itertools.count(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """End the exchange, by its process."""
        if self.connection:
            self.connection.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.directory.cleanup()

    def send(self, method, target, body=None, headers=None):
        """One request; a connection that fails is not used again."""
        self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            self.connection.request(method, target, body, headers or {})
            return Answer(self.connection.getresponse())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise

    def signed(self, method, target, body="", **changes):
        """Headers of a signed request; changes: key, secret, passphrase, version, stamp, add (ms), signed (another target)."""
        stamp = str(changes.get("stamp", round(time.time() * 1000)) + changes.get("add", 0))
        secret = changes.get("secret", SECRET)
        return {
            "KC-API-KEY": changes.get("key", KEY), "KC-API-TIMESTAMP": stamp, "KC-API-KEY-VERSION": changes.get("version", "3"),
            "KC-API-SIGN": mac(secret, stamp + method + changes.get("signed", unquote(target)) + body),
            "KC-API-PASSPHRASE": mac(SECRET, changes.get("passphrase", PASSPHRASE)), "Content-Type": "application/json",
        }

    def call(self, method, target, body=None, **changes):
        """A signed request below /api/v1/."""
        text = json.dumps(body) if body is not None else ""
        target = target if target.startswith("/") else f"/api/v1/{target}"
        return self.send(method, target, text or None, self.signed(method, target, text, **changes))

    def control(self, name, **body):
        """One of the fake's own."""
        answer = self.send("POST", f"/fake/{name}", json.dumps(body), {"Content-Type": "application/json"})
        assert answer.status == 200, answer.text
        return answer.json

    def state(self):
        """GET /fake/state."""
        return self.send("GET", "/fake/state").json

    def ledger(self):
        """Events of the ledger's file."""
        with open(self.ledger_file, encoding="utf-8") as file:
            return [json.loads(line, parse_float=Decimal) for line in file]

    def place(self, side="buy", kind="limit", client=None, sync=False, **members):
        """Place an order; its client id is new unless told."""
        body = {"symbol": "BTC-USDT", "side": side, "type": kind, "clientOid": client or f"t-{next(self.numbers)}", **members}
        changes = {"stamp": members["clientTimestamp"]} if "clientTimestamp" in members else {}
        return self.call("POST", "hf/orders/sync" if sync else "hf/orders", body, **changes)

    def order(self, client, market="BTC-USDT"):
        """An order by its client id."""
        return self.call("GET", f"hf/orders/client-order/{client}?symbol={market}")

    def balance(self, currency):
        """Balance, available and holds, exact."""
        rows = {row["currency"]: row for row in self.call("GET", "accounts?type=trade").data}
        row = rows.get(currency, {"balance": "0", "available": "0", "holds": "0"})
        return Decimal(row["balance"]), Decimal(row["available"]), Decimal(row["holds"])
