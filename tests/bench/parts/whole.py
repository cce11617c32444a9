"""Whole processes from the CSV file to the final equity: r3-backtest, the text pipe, the peers, and bare programs in C."""
import os
import subprocess
from decimal import Decimal

from parts.harness import TIMEOUT, WORK, Entry, in_turn, measured, program, table, tool
from parts.job import KNOWN, PEERS, SIZES, bars, in_process, near, outcome, stages, text_pipe, version, wrapped

OURS, OURS_ALONE, PIPE = "r3-backtest", "r3-backtest, one CPU", "the text pipe of r3"
BARE_PARSE, BARE_PROGRAM = "bare parse in C", "bare program in C"


def parity(sizes):
    """Ours against the known results, the pipe and the one process against each other. Returns whether all is equal, and
    what each program of the pipe took, by size."""
    rows, programs, good = [], {}, True
    for size, sizing, equity, trades in KNOWN:
        if size.split("_")[0] not in sizes:
            continue
        texts = stages(size, "sma-cross", sizing)
        lines, printed = measured(text_pipe(*map(wrapped, texts)))
        if size in SIZES:
            programs[size] = {line.name: line for line in lines}
        got = outcome(printed)
        same = near(got[0], Decimal(equity), "1e-9") and got[1] == trades
        verdict = "equal" if same else "DIFFERS"
        if program(OURS):
            _, alone = measured(in_process(size, sizing=sizing))
            same = same and alone == printed
            verdict += ", same bytes" if alone == printed else ", OTHER BYTES"
        good = good and same
        rows.append((f"bars_{size}.csv {sizing}", equity, f"{got[0]:.10f}", f"{trades:,}", f"{got[1]:,}", verdict))
    notes = () if program(OURS) else ("r3-backtest is not built: its bytes are not compared",)
    table("Parity: sma-cross 10/30, next open, 0.1 %, the pipe against an independent computation with whole numbers; and what "
          "r3-backtest prints against what the pipe prints", ("candles", "equity wanted", "equity", "trades wanted", "trades", ""),
          rows, notes)
    return good, programs


def convert(size):
    """freqtrade reads candles from a directory of its own form, made here and not counted."""
    directory = os.path.join(WORK, "bars", "freqtrade", f"bars_{size}.csv")
    if not os.path.exists(directory):
        command, _ = next(peer for peer in PEERS if peer.name == "freqtrade").command(size)
        subprocess.run([*command, directory], check=True, stdout=subprocess.DEVNULL)


def peers_at(size, chosen):
    """An entry for each peer that is there, and a line for each that is not."""
    entries, missing = [], []
    for peer in chosen:
        command, reason = peer.command(size)
        if not command:
            missing.append(f"{peer.title} is left out: {reason}")
            continue
        if peer.name == "freqtrade":
            try:
                convert(size)
            except subprocess.CalledProcessError as error:
                missing.append(f"{peer.title} is left out: its data could not be made: {error}")
                continue
        entries.append(Entry(peer.title, command, TIMEOUT, peer=peer))
    return entries, missing


def same_work():
    """Each peer on the file where no two averages are equal, so that each decides alike, however it adds up."""
    entries, notes = peers_at("100k_notie", PEERS)
    rows = []
    for entry in entries:
        entry.run()
        if entry.failure:
            notes.append(f"{entry.name}: {entry.failure}")
            continue
        equity, trades = outcome(entry.output)
        peer = entry.peer
        same = near(equity, peer.equity, "1e-6") and trades == KNOWN[3][3]
        rows.append((f"{entry.name} {version(entry.output)}", f"{peer.equity:.7f}", f"{equity:.7f}", f"{KNOWN[3][3]:,}",
                     f"{trades:,}", "the same work" if same else "OTHER WORK"))
        if peer.why:
            notes.append(f"{entry.name} {peer.why}; so its equity is another.")
    table("Same work: the peers on bars_100k_notie.csv, where every engine decides alike; known to 1e-6",
          ("program", "equity wanted", "equity", "trades wanted", "trades", ""), rows, notes)


def leave_out(entries, size, before, notes):
    """Without those that would not end in time, going by the size before."""
    kept = []
    for entry in entries:
        wall, candles = before.get(entry.name, (0, 1))
        seconds = wall * SIZES[size] / candles
        if seconds > TIMEOUT:
            notes.append(f"{entry.name} is not run: it would take about {seconds:,.0f} s or more, the limit is {TIMEOUT} s")
            before[entry.name] = seconds, SIZES[size]
        else:
            kept.append(entry)
    return kept


def ours_at(size, processors, notes):
    """r3-backtest, the bare programs and the pipe."""
    found = []
    if program(OURS):
        found.append(Entry(OURS, in_process(size)))
        found.append(Entry(OURS_ALONE, ["taskset", "-c", str(processors[-1]), *in_process(size)]))
    else:
        notes.append("r3-backtest is not built: no figures of it")
    for name, source in ((BARE_PARSE, "parse"), (BARE_PROGRAM, "bare")):
        if tool(source):
            found.append(Entry(name, [tool(source), bars(size)]))
        else:
            notes.append(f"{name} ({source}.c) is not built: no figures of it")
    found.append(Entry(PIPE, text_pipe(*stages(size, "sma-cross"))))
    return found


def differs(entry, of_ours):
    """Where the result is too far from ours to be called the same work; the reason, or None."""
    equity, trades = outcome(entry.output)
    if not getattr(entry, "peer", None):
        exact = near(equity, of_ours[0], "1e-9") and trades == of_ours[1]
        return None if exact else f"{entry.name} ended with {equity:.7f} after {trades:,} trades: NOT OURS"
    if not near(Decimal(trades), Decimal(of_ours[1]), "0.002"):
        return f"{entry.name} made {trades:,} trades, so it did other work"
    if not entry.peer.all_cash and not near(equity, of_ours[0], "0.005"):
        return f"{entry.name} ended with {equity:.4f}, so it did other work"
    return None


def row(entry, size, ours):
    name, result = entry.name, ("", "")
    if entry.name != BARE_PARSE:
        equity, trades = outcome(entry.output)
        result = f"{equity:.7f}" if equity > 1 else f"{equity:.3g}", f"{trades:,}"
    if getattr(entry, "peer", None):
        name += " " + version(entry.output)
    return (name, f"{entry.wall:.3f}", f"{entry.least:.3f}", len(entry.runs), f"{entry.processor:.3f}",
            f"{SIZES[size] / entry.wall:,.0f}", f"{entry.mebibytes:.1f}", f"{entry.wall / ours.wall:.2f}" if ours else "", *result)


def speed(size, chosen, before, quick, processors):
    """The table of one size. Returns its entries by name. `before` holds what each took at the size before, and is renewed."""
    slow = [peer for peer in chosen if quick and peer.slow and size != "100k"]
    peers, notes = peers_at(size, [peer for peer in chosen if peer not in slow])
    if slow:
        notes.append("with --quick, not run at this size: " + ", ".join(peer.title for peer in slow))
    entries = ours_at(size, processors, notes) + leave_out(peers, size, before, notes)
    in_turn(entries, 3 if quick else 9, 3 if quick else 30)
    by_name = {entry.name: entry for entry in entries}
    of_ours = outcome(by_name[PIPE].output)
    rows = []
    for entry in entries:
        before[entry.name] = TIMEOUT if entry.failure else entry.wall, SIZES[size]
        if entry.failure:
            notes.append(f"{entry.name}: {entry.failure}")
            continue
        rows.append(row(entry, size, by_name.get(OURS)))
        if entry.name != BARE_PARSE and differs(entry, of_ours):
            notes.append(differs(entry, of_ours))
    table(f"From CSV to final equity, {SIZES[size]:,} candles, in turn: medians; `x` is the wall time in that of r3-backtest; MiB "
          "is the peak of the largest process",
          ("program", "wall s", "least", "runs", "CPU s", "candles/s", "MiB", "x", "equity", "trades"), rows, notes)
    limits(size, by_name)
    return by_name


def limits(size, by_name):
    """How far r3-backtest is from what C can do at all."""
    ours, parse, bare = (by_name.get(name) for name in (OURS, BARE_PARSE, BARE_PROGRAM))
    each = 1e9 / SIZES[size]
    if ours:
        print(f"\n  r3-backtest: {ours.wall * each:.1f} ns a candle", end="")
        if parse:
            print(f"; the bare parse: {parse.wall * each:.1f}; above it: {(ours.wall - parse.wall) * each:.1f}", end="")
        if bare:
            print(f"; in the bare program's wall time: {ours.wall / bare.wall:.2f}", end="")
        print(flush=True)


def prepare_peers():
    """Set up each peer's environment, before anything is measured."""
    for peer in PEERS:
        peer.command("100k")
