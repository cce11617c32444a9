"""What blocks entries and what ends a session, as r3-track(1) states it; see exchange.py."""
from decimal import ROUND_HALF_EVEN

from exchange import DAY, HOUR, ZERO, places


class Limits:
    """Of one session."""

    def __init__(self, options):
        self.o = options
        self.window = DAY if options["guard_window"] is None else options["guard_window"]
        self.pause = 4 * HOUR if options["guard_pause"] is None else options["guard_pause"]
        self.closed = []  # (time, role, result), in the order in which they were told
        self.cooldowns = {}  # until when, by market
        self.peak = options["cash"]
        self.told, self.ended = [], []

    def close(self, market, time, role, result):
        if self.o["cooldown"] is not None:
            self.cooldowns[market] = max(self.cooldowns.get(market, 0), time + self.o["cooldown"])
        before = self.closed[-1][0] if self.closed else time
        self.closed.append((max(time, before), role, result))

    def stop_guard(self):
        """Until when each close blocks that does."""
        is_stop = lambda c: c[1] == "SL" and c[2] < 0
        for n, c in enumerate(self.closed):
            count = sum(is_stop(d) and d[0] > c[0] - self.window for d in self.closed[:n + 1])
            if is_stop(c) and count >= self.o["stop_guard"]:
                yield c[0] + self.pause

    def drawdown_guard(self):
        for n, c in enumerate(self.closed):
            first = next(i for i, d in enumerate(self.closed) if d[0] > c[0] - self.window)
            balance = peak = self.o["cash"] + sum((d[2] for d in self.closed[:first]), ZERO)
            fell = False
            for d in self.closed[first:n + 1]:
                balance += d[2]
                peak = max(peak, balance)
                fell |= peak - balance > places(peak * self.o["drawdown_guard"], 14, ROUND_HALF_EVEN)
            if fell:
                yield c[0] + self.pause

    def blocks(self, market, now, reversal):
        if reversal and self.o["cooldown"] is not None and self.cooldowns.get(market, 0) <= now:
            self.cooldowns[market] = now + self.o["cooldown"]
        untils = {("--cooldown", market): self.cooldowns.get(market, 0)}
        for name in ("stop_guard", "drawdown_guard"):
            if self.o[name] is not None:
                untils["--" + name.replace("_", "-"), None] = max(getattr(self, name)(), default=0)
        for (name, of), until in untils.items():
            if now < until:
                if (name, of, until) not in self.told:
                    self.told.append((name, of, until))
                return True
        return False

    def met(self, now, equity):
        o, first = self.o, self.o["cash"]
        self.peak = max(self.peak, equity)
        part = lambda of, name: places(of * o[name], 14, ROUND_HALF_EVEN)
        return (o["end_at"] is not None and now >= o["end_at"]) or \
            (o["end_loss"] is not None and first - equity >= part(first, "end_loss")) or \
            (o["end_gain"] is not None and equity - first >= part(first, "end_gain")) or \
            (o["end_drawdown"] is not None and self.peak - equity >= part(self.peak, "end_drawdown")) or \
            (o["end_losing_trades"] is not None and sum(c[2] < 0 for c in self.closed) >= o["end_losing_trades"])
