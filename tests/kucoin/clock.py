"""The exchange's clock, which tests set, stop and hurry."""
import time
from datetime import datetime, timezone


def milliseconds(value):
    """A time in ms: a number, or text of ISO 8601 (UTC unless it says otherwise)."""
    if isinstance(value, int) or str(value).isdigit():
        return int(value)
    moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return round((moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp() * 1000)


class Clock:
    """Runs from a time at a speed: 1 as it is, 0 stands still."""

    def __init__(self):
        self.start, self.begun, self.speed = time.time() * 1000, time.monotonic(), 1.0

    def now(self):
        """Ms since the epoch, by the exchange."""
        return int(self.start + (time.monotonic() - self.begun) * 1000 * self.speed)

    def set(self, now=None, add=0, speed=None):
        """Set it to now (else where it is), then add ms, and run on at the speed."""
        moment = (self.now() if now is None else milliseconds(now)) + int(add)
        self.start, self.begun = moment, time.monotonic()
        self.speed = self.speed if speed is None else float(speed)
