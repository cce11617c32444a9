"""The sweep: 1,000 pairs of lengths on 100,000 candles, r3-sweep against raptorbt and vectorbt; and how the cost grows."""
import json
from decimal import Decimal

from parts.harness import TIMEOUT, Entry, in_turn, program, table
from parts.job import PEERS, SIZES, near, stages, version

FAST = "fast=5:29:1"
# Values of `slow` by the number of sets: the same range, more and more of it, so that the work of a set stays what it is.
SLOW = {250: "slow=31:70:4", 500: "slow=31:70:2", 1000: "slow=31:70:1"}
# By the size of an order: the best of 1,000 on bars_100k.csv. The first from an independent computation in C; the second set is
# raptorbt's best too, its equity from an independent computation with fractions.
FIXED, ALL_CASH = "--base 0.001", "--fraction 1"
BEST = {FIXED: ("fast=28 slow=70", Decimal("9967.39105730")), ALL_CASH: ("fast=28 slow=70", Decimal("1971.338909683395"))}
OURS = {FIXED: "r3-sweep", ALL_CASH: "r3-sweep, all cash"}
SWEEPERS = ("raptorbt", "vectorbt")


def command(size, sets, sizing=FIXED):
    texts = list(stages(size, "sma-cross", sizing))
    texts[1] = "r3-strategy sma-cross --set fast={fast} --set slow={slow}"
    return [program("r3-sweep"), " | ".join(texts), "--vary", FAST, "--vary", SLOW[sets], "--rank", "equity_final", "--json"]


def best(output):
    """The set with the largest final equity, and that equity, and how many sets there are."""
    records = [json.loads(line, parse_float=Decimal) for line in output.splitlines()]
    rows = [(Decimal(record["statistics"]["equity_final"]), record["parameters"]) for record in records
            if record.get("type") == "result" and record["status"] == 0]
    equity, top = max(rows, key=lambda row: row[0])
    return f"fast={top['fast']} slow={top['slow']}", equity, len(rows)


def best_of_peer(output):
    result = json.loads(output.splitlines()[-1], parse_float=Decimal)
    fast, slow = result["best"]
    return f"fast={fast} slow={slow}", Decimal(result["equity"])


def peers():
    entries, notes = [], []
    for peer in PEERS:
        if peer.name in SWEEPERS:
            words, reason = peer.command("100k", "sweep")
            if words:
                entries.append(Entry(peer.title, words, 2 * TIMEOUT, peer=peer))
            else:
                notes.append(f"{peer.title} is left out: {reason}")
    return entries, notes


def against_peers(with_peers, quick):
    """Returns the entries by name, and whether ours found what is known."""
    entries, notes = peers() if with_peers else ([], [])
    good, rows = True, []
    if program("r3-sweep"):
        entries[:0] = [Entry(OURS[sizing], command("100k", 1000, sizing), peer=None, sizing=sizing) for sizing in OURS]
    else:
        notes.append("r3-sweep is not built: no figures of it")
    in_turn(entries, 1 if quick else 5, 90)
    ours = {entry.sizing: entry for entry in entries if not entry.peer}
    for entry in entries:
        if entry.failure:
            notes.append(f"{entry.name}: {entry.failure}")
            continue
        if entry.peer:
            found, equity = best_of_peer(entry.output)
            same_job = ours.get(ALL_CASH if entry.peer.all_cash else FIXED)
            name = f"{entry.name} {version(entry.output)}"
        else:
            found, equity, count = best(entry.output)
            known = found == BEST[entry.sizing][0] and near(equity, BEST[entry.sizing][1], "1e-9") and count == 1000
            good = good and known
            same_job = entry
            name = entry.name + ("" if known else ": NOT THE KNOWN RESULT")
        rows.append((name, f"{entry.wall:.3f}", f"{entry.least:.3f}", len(entry.runs), f"{entry.processor:.3f}",
                     f"{entry.mebibytes:.1f}", f"{entry.wall / same_job.wall:.1f}" if same_job else "", found, f"{equity:.7f}"))
    if any(entry.name == "raptorbt" for entry in entries):
        notes.append("raptorbt buys with all cash, in unrounded sizes: x is its time in that of r3-sweep with all cash.")
    table("Sweep: 1,000 pairs of lengths, 100,000 candles, whole processes, in turn: medians; known best: "
          + "; ".join(f"{OURS[sizing]}: {name}, {equity}" for sizing, (name, equity) in BEST.items()), ("program", "wall s", "least", "runs", "CPU s", "MiB", "x", "best set", "equity"), rows, notes)
    return {entry.name: entry for entry in entries if entry.runs}, good


def growth(quick):
    """Processor time by sets and by candles: linear when the last column stays. Returns the largest of it in the smallest."""
    if not program("r3-sweep"):
        return None
    entries = [Entry(f"{sets:,} sets, {SIZES[size]:,} candles", command(size, sets), sets=sets, size=size)
               for sets, size in ((250, "100k"), (500, "100k"), (1000, "100k"), (250, "1m"))]
    in_turn(entries, 1 if quick else 5, 60)
    costs = [entry.processor * 1e9 / entry.sets / SIZES[entry.size] for entry in entries]
    rows = [(entry.name, f"{entry.wall:.3f}", f"{entry.processor:.3f}", f"{entry.mebibytes:.1f}", f"{cost:.2f}")
            for entry, cost in zip(entries, costs)]
    table("Sweep: how the cost grows", ("r3-sweep", "wall s", "CPU s", "MiB", "CPU ns a set and candle"), rows)
    return max(costs) / min(costs)
