"""The fake exchange for those that kill what trades at it: faults to draw from, its controls, and how it is killed and begins again."""
import json
import os
import signal
import subprocess
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
FAULTS = ["drop-before", "drop-reply", "reset-before", "reset-after", "500-before", "500-after", "503-before", "503-after",
          "busy-before", "busy-after", "html-before", "html-after", "truncated", "cut-json", "429", "429-bare", "timestamp"]
INSIDE = ["late-fills:place:1:ms=700", "late-match:place:1:ms=500", "absent:any:1:ms=900", "late-cancel:cancel:1:ms=400",
          "partial:place:1:fraction=0.5,times=2", "partial:place:1:fraction=0.3,times=1,rest=cancel", "delay-before:place:1:ms=300",
          "delay-after:place:1:ms=300", "delay-before:place:1:ms=1300", "delay-after:query:1:ms=200"]


def control(name, value=None):
    """One of the exchange's own controls: its answer, as text. Without a value it is only asked."""
    request = urllib.request.Request(f"{os.environ['R3_KUCOIN_URL']}/fake/{name}", None if value is None else json.dumps(value).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


class Exchange:
    """One on the ledger `ledger` of the working directory, with the credentials that are written into `credentials`."""

    KEY = {"key": "67a1b2c3d4e5f60001234567", "secret": "01234567-89ab-cdef-0123-456789abcdef", "passphrase": "r3-test-pass"}

    def __init__(self, credentials, *options):
        self.options, self.port, self.process = options, 0, None
        with open(os.open(credentials, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
            file.writelines(f"{name}: {value}\n" for name, value in self.KEY.items())

    def start(self, now):
        """It has the clock at `now` (ms), and goes on from its ledger; R3_KUCOIN_URL names it."""
        words = [os.path.join(HERE, "..", "kucoin", "fake-exchange"), "--port", str(self.port), "--ledger", "ledger",
                 "--now", str(now), *self.options]
        for name, value in self.KEY.items():
            words += [f"--{name}", value]
        with open("exchange.log", "ab") as log:
            self.process = subprocess.Popen([sys.executable, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        line = self.process.stdout.readline()
        self.process.stdout.close()
        if not line:
            raise RuntimeError("the exchange does not start: see exchange.log")
        self.port = int(line)
        os.environ["R3_KUCOIN_URL"] = f"http://127.0.0.1:{self.port}"

    def end(self, number=signal.SIGTERM):
        """By this signal."""
        if self.process:
            self.process.send_signal(number)
            self.process.wait()
            self.process = None
