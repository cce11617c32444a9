"""Faults on demand: which request meets which.

A fault has a kind, an endpoint (its name, a group of them, or any) and says how often: `count` times, or each time with a
`probability`; `skip` lets the first so many pass. Text: KIND[:ENDPOINT[:COUNT-OR-PROBABILITY[:NAME=VALUE,…]]], a probability has a point.
"""
import random

CANCELS = {"cancel", "cancel-client", "cancel-sync", "cancel-client-sync", "cancel-symbol", "cancel-all"}
GROUPS = {
    "any": None,
    "place": {"place", "place-sync", "multi", "multi-sync"},
    "cancel": CANCELS,
    "query": {"order", "order-client", "active", "active-page", "active-symbols", "done", "fills"},
}
# Before the request is looked at, or after it was done and instead of its answer.
BEFORE = {"drop-before", "reset-before", "delay-before", "html-before", "busy-before", "429", "429-bare", "429-system", "1015", "timestamp", "refuse"}
AFTER = {"drop-reply", "reset-after", "delay-after", "html-after", "busy-after", "truncated", "cut-json", "skew"}
# In what the exchange does with an order.
INSIDE = {"partial", "late-match", "late-fills", "absent", "late-cancel"}
STATUSES = {"500", "502", "503", "504"}
KINDS = BEFORE | AFTER | INSIDE | {f"{status}-{when}" for status in STATUSES for when in ("before", "after")}
NUMBERS = {"ms", "skip", "count", "status"}


class Fault:
    """One of them, with what is left of its count."""

    def __init__(self, kind, endpoint="any", count=None, probability=None, skip=0, **values):
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}")
        self.kind, self.endpoint, self.skip, self.values = kind, endpoint, int(skip), values
        self.probability = None if probability is None else float(probability)
        self.count = 1 if count is None and self.probability is None else None if count is None else int(count)

    def matches(self, endpoint):
        """Whether it is meant for this endpoint."""
        group = GROUPS.get(self.endpoint, {self.endpoint})
        return group is None or endpoint in group

    def strikes(self, chance):
        """Whether it does so now; chance is drawn from [0, 1)."""
        if self.count is not None and self.count <= 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.probability is not None and chance >= self.probability:
            return False
        if self.count is not None:
            self.count -= 1
        return True

    def get(self, name, default):
        """One of its values."""
        return self.values.get(name, default)


class Faults:
    """All that are set, in the order in which they were; one seed decides."""

    def __init__(self, seed=0):
        self.random, self.faults, self.struck = random.Random(seed), [], {}

    def add(self, kind, **members):
        """Another."""
        self.faults.append(Fault(kind, **members))

    def clear(self):
        """None any more."""
        self.faults = []

    def strike(self, endpoint):
        """Those that this request meets: a dict of kinds."""
        hits = {}
        for fault in self.faults:
            if fault.matches(endpoint) and fault.strikes(self.random.random()):
                hits.setdefault(fault.kind, fault)
                self.struck[fault.kind] = self.struck.get(fault.kind, 0) + 1
        self.faults = [fault for fault in self.faults if fault.count is None or fault.count > 0]
        return hits


def parse(spec):
    """Members of a fault from its text."""
    parts = spec.split(":", 3)
    members = {"kind": parts[0]}
    if len(parts) > 1 and parts[1]:
        members["endpoint"] = parts[1]
    if len(parts) > 2 and parts[2]:
        members["probability" if "." in parts[2] else "count"] = parts[2]
    for pair in parts[3].split(",") if len(parts) > 3 else []:
        name, _, value = pair.partition("=")
        members[name] = int(value) if name in NUMBERS else value
    return members
