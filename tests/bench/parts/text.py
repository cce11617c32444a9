"""The text pipe: six programs, a bare relay as the yardstick, what each program costs in the pipe, alone, and as a mere echo."""
import os
import shlex
import statistics

from parts.harness import BUILD, WORK, Entry, in_turn, measured, table, tool
from parts.job import RULES, SIZES, bars, outcome, stages, text_pipe, wrapped

PROGRAMS = ("r3-collect", "r3-strategy", "r3-track", "r3-size", "r3-order", "r3-report")
ECHOES = 4


def relay(size):
    each = shlex.quote(tool("relay"))
    return ["bash", "-c", f"{each} candles {shlex.quote(bars(size))} | {each} parse | {each} parse | {each} parse | {each} count"]


def speed(size, programs, quick):
    """Six programs with each rule, and the relay. Returns candles a second by rule, and the MiB of the largest program."""
    entries = [Entry(f"r3, six programs, {rule}", text_pipe(*stages(size, rule)), rule=rule) for rule in RULES]
    entries.append(Entry("relay, five stages", relay(size), rule=None))
    in_turn(entries, 1 if quick else 5, 30)
    largest = max(programs[name].mebibytes for name in PROGRAMS)
    rows, rates = [], {}
    for entry in entries:
        result = ("", "")
        if entry.rule:
            equity, trades = outcome(entry.output)
            result = f"{equity:.7f}", f"{trades:,}"
            rates[entry.rule] = SIZES[size] / entry.wall
        rows.append((entry.name, f"{entry.wall:.3f}", f"{entry.processor:.3f}", f"{SIZES[size] / entry.wall:,.0f}",
                     f"{entry.mebibytes:.1f}", f"{entry.wall / entries[0].wall:.2f}", *result))
    table(f"The text pipe, {SIZES[size]:,} candles, in turn: medians; `x` is the wall time in that of sma-cross",
          ("program", "wall s", "CPU s", "candles/s", "MiB", "x", "equity", "trades"), rows)
    return rates, largest


def costs(title, size, programs):
    rows = []
    each = 1e9 / SIZES[size]
    for name in PROGRAMS:
        line = programs[name]
        rows.append((name, f"{line.user * each:.0f}", f"{line.system * each:.0f}", f"{line.processor * each:.0f}",
                     f"{line.switches:,}", f"{line.mebibytes:.1f}"))
    table(title, ("program", "user ns/candle", "system ns/candle", "both", "switches", "MiB"), rows)


def in_the_pipe(sizes, programs):
    for size in sizes:
        costs(f"Each program in the pipe, sma-cross, {SIZES[size]:,} candles", size, programs[size])
    lines, _ = measured(text_pipe(*map(wrapped, stages("1m", "buy-and-hold"))))
    costs("Each program in the pipe, buy-and-hold, 1,000,000 candles", "1m", {line.name: line for line in lines})


def alone(size, rule):
    """Each program by itself: from the stream that it reads in the pipe, recorded in a file, to /dev/null. r3-track has r3-order
    behind it, since it waits for answers; r3-order writes its answers into a FIFO that nobody empties: with this rule they fit."""
    texts = stages(size, rule)
    streams = [os.path.join(WORK, f"stream.{number}") for number in range(len(texts) - 1)]
    recorded = [part for text, stream in zip(texts, streams) for part in (text, f"tee {shlex.quote(stream)}")]
    measured(text_pipe(*recorded, texts[-1]))
    way_back = os.path.join(WORK, "updates")
    if os.path.exists(way_back):
        os.unlink(way_back)
    os.mkfifo(way_back)
    reader = os.open(way_back, os.O_RDONLY | os.O_NONBLOCK)
    rows = []
    for text, source in zip(texts, [None, *streams]):
        name = text.split()[0]
        if name == "r3-track":
            command = text_pipe(f"cat {shlex.quote(source)}", wrapped(text), texts[4])
        else:
            feed = f" <{shlex.quote(source)}" if source else ""
            command = ["bash", "-c", f"R3_UPDATES={shlex.quote(way_back)} exec {wrapped(os.path.join(BUILD, text))}{feed}"]
        runs = [next(line for line in measured(command, discard=True)[0] if line.name == name) for _ in range(3)]
        best = min(runs, key=lambda run: run.processor)
        each = 1e9 / SIZES[size]
        rows.append((name, f"{best.user * each:.0f}", f"{best.system * each:.0f}", f"{best.processor * each:.0f}",
                     f"{SIZES[size] / best.processor:,.0f}"))
    os.close(reader)
    for path in (way_back, *streams):
        os.unlink(path)
    table(f"Each program alone, {rule}, {SIZES[size]:,} candles from a recorded stream to /dev/null (best of 3)",
          ("program", "user ns/candle", "system ns/candle", "both", "candles/s of CPU"), rows)


def echo(size, quick):
    """What it costs to decode a canonical candle and pass it on: r3-size, which has nothing to do with candles, a few times in a
    row behind r3-collect. Returns nanoseconds of processor time a stage."""
    chain = [wrapped(stages(size, "sma-cross")[0]), *[wrapped("r3-size")] * ECHOES]
    each = 1e9 / SIZES[size]
    seen = []
    for _ in range(2 if quick else 5):
        seen += [line for line in measured(text_pipe(*chain), discard=True)[0] if line.name == "r3-size"]
    user, system, both = (statistics.median(getattr(line, what) for line in seen) * each
                          for what in ("user", "system", "processor"))
    table(f"A stage that decodes and echoes candles: r3-collect and {ECHOES} r3-size in a pipe, {SIZES[size]:,} candles, medians",
          ("program", "user ns/candle", "system ns/candle", "both"), [("r3-size", f"{user:.0f}", f"{system:.0f}", f"{both:.0f}")])
    return both
