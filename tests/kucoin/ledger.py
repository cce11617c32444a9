"""The fake's own account of what happened: a line of JSON an event, written at once, never taken back."""
import json
import os


class Ledger:
    """Events in memory, and in a file where one is named."""

    def __init__(self, name=None):
        self.events, self.number = [], 0
        self.file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600) if name else None

    def write(self, event, moment, **members):
        """One event; the operating system has it when this returns."""
        self.number += 1
        line = {"number": self.number, "event": event, "time": moment, **members}
        self.events.append(line)
        if self.file is not None:
            os.write(self.file, json.dumps(line, separators=(",", ":")).encode() + b"\n")

    def text(self):
        """All of it, a line an event."""
        return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in self.events)


def read(name):
    """Events of a file; a last line that was not written whole is dropped."""
    with open(name, encoding="utf-8") as file:
        lines = file.read().split("\n")[:-1]
    return [json.loads(line) for line in lines]
