"""What the seed of tests/live/round says of it: candles, a strategy with its protection, and what befalls the runs, moment by moment."""
import random

from fake import FAULTS, INSIDE

MINUTE, BEGIN = 60000, 1767225600000  # ms; 2026-01-01
WARM_UP, REST = 150, 8  # minutes of candles ahead of the start; ticks at the end, at most
STOP = 0.01  # distance of the stops, of the signal's reference
STRATEGIES = {
    "sma-cross": ["--set", "fast=1", "--set", "slow=3"],
    "ema-cross": ["--set", "fast=1", "--set", "slow=3", "--set", "distance=1"],
    "./level.rules": [],
    "./own-stop.rules": [],
}
RULES = {
    "level.rules": "long = close > sma(close, 2)\nflat = close < sma(close, 2)\n",
    "own-stop.rules": f"long = close > sma(close, 3)\nflat = close < sma(close, 3)\nstop = close * {1 - STOP}\n",
}
PROTECTION = [["--take-profit", "2%"], ["--trailing-stop", "1.5%"], ["--break-even", "1%"], ["--limit", "0.2%", "--limit-candles", "3"]]
SIZES = [["--fraction", "0.5"], ["--risk", "1%"], ["--fraction", "0.9", "--max-order", "2000"], []]
TIMEFRAMES = [("5m", 5 * MINUTE), ("5m", 5 * MINUTE), ("5m", MINUTE), ("1m", MINUTE)]
OTHER_FAULTS = ["1015:any:1", "skew:time:1:ms=10000", "502-before:candles:2", "truncated:candles:1", "429:candles:1", "drop-reply:fills:1",
                "drop-before:candles:1", "504-after:place:2", "reset-after:accounts:1", "delay-after:candles:1:ms=400", "429-system:place:1"]
PLACED = [["absent:place:1:ms=900"], ["drop-reply:place:1", "absent:place:1:ms=1200"], ["reset-after:place:1", "late-fills:place:1:ms=900"],
          ["503-after:place:1", "late-match:place:1:ms=700"], ["truncated:place:1", "partial:place:1:fraction=0.4,times=1,rest=cancel"],
          ["delay-before:place:1:ms=900"], ["delay-after:place:1:ms=500", "absent:place:1:ms=1400"], ["drop-before:place:1"]]
STRIKES = ["none"] * 6 + ["program"] * 3 + ["moment"] * 2 + ["ledger"] * 3 + ["all", "all at ledger", "exchange", "exchange at ledger", "sleep"]


class Plan:
    """All that is drawn beforehand, so that it does not depend on how fast the machine is."""

    def __init__(self, seed, steps):
        draw = random.Random(seed)
        self.strategy = draw.choice(sorted(STRATEGIES))
        self.timeframe, self.refresh = draw.choice(TIMEFRAMES)
        own = self.strategy == "./own-stop.rules"
        self.options = STRATEGIES[self.strategy] + ([] if own else ["--stop-loss", f"{STOP * 100:g}%"])
        for each in PROTECTION:
            self.options += each if draw.random() < 0.4 else []
        self.options += draw.choice(SIZES)
        self.target = 0.02 if "--take-profit" in self.options else None
        self.settings = [f"duplicates={draw.choice(['refuse', '102426', 'accept-done', 'accept', 'accept'])}",
                         f"unknown_order={draw.choice(['unknown order', 'order_not_exist', 'null'])}", f"shuffle={draw.choice(['', 'yes'])}"]
        if draw.random() < 0.15:
            self.settings.append("fee_currency=KCS")
        self.stop = draw.random() < 0.5
        self.pause = sorted(draw.sample(range(1, steps), 2)) if steps > 3 and draw.random() < 0.25 else []
        self.steps = [self.step(draw) for _ in range(steps)]
        for step in self.steps:
            step["close"] = draw.random() < 0.7  # as far as the next close of a candle
        self.candles = list(self.walk(draw, WARM_UP + 5 * sum(step["ticks"] for step in self.steps) + 10 * REST))

    @staticmethod
    def step(draw):
        """One moment, and what befalls its run."""
        faults = []
        if draw.random() < 0.3:
            faults += draw.choice(PLACED)
        elif draw.random() < 0.3:
            faults.append(draw.choice(INSIDE))
        for _ in range(draw.choice([0, 0, 0, 1, 1, 2])):
            faults.append(f"{draw.choice(FAULTS)}:{draw.choice(['place', 'query', 'cancel', 'any'])}:1:skip={draw.randrange(3)},status=502"
                          if draw.random() < 0.7 else draw.choice(OTHER_FAULTS))
        strike = draw.choice(STRIKES)
        if strike == "none" and draw.random() < 0.7:
            faults = []
        # A page of HTML is taken for a ban of half a minute, which nobody waits for here.
        patience = draw.uniform(2, 6) if any("html" in fault or "1015" in fault for fault in faults) else draw.uniform(8, 20)
        return {"ticks": draw.choice([1] * 18 + [2, 5]), "faults": faults, "strike": strike, "patience": patience,
                "runner": draw.choice(["run-due", "run-due", "run-due", "session", "programs"]), "draw": draw.randrange(1 << 30),
                "status": draw.choice(["cancelonly", "close"]) if draw.random() < 0.06 else "open",
                "again": draw.random() < 0.3, "overtake": draw.random() < 0.25, "leases": draw.random() < 0.9}

    @staticmethod
    def walk(draw, count):
        """Minutes: [start in s, open, high, low, close, volume]."""
        price, drift = draw.uniform(800, 1200), 0.002
        for i in range(count):
            if draw.random() < 0.1:
                drift = -drift
            jump = draw.choice([-0.012, -0.02, 0.01]) if draw.random() < 0.05 else draw.gauss(0, 0.002) if draw.random() < 0.1 else 0
            opened = price * (1 + jump)
            price = max(opened * (1 + drift + draw.gauss(0, 0.003)), 100)
            high, low = max(opened, price) * (1 + abs(draw.gauss(0, 0.001))), min(opened, price) * (1 - abs(draw.gauss(0, 0.001)))
            yield [BEGIN // 1000 + 60 * i, *(f"{value:.1f}" for value in (opened, high, low, price)), f"{draw.uniform(1, 9):.4f}"]
