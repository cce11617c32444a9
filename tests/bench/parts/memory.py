"""From memory, the parse excluded: the engine on candles that are already there, and each indicator function."""
import json
import statistics

from parts.harness import TOP, measured, table, tool
from parts.job import SIZES, outcome, stages

SIDE_BY_SIDE = 3


def rate(sizes, rule, quick):
    """Candles a second of the whole strategy, track, size, order and report by size, from memory.c."""
    if not tool("memory"):
        table("From memory", (), (), ("memory.c is not built: no figures of it",))
        return {}
    rows, rates = [], {}
    for size in sizes:
        lines, output = measured([tool("memory"), "3" if quick else "9", " | ".join(stages(size, rule))])
        head, report = output.splitlines()
        seconds = json.loads(head)["seconds"]
        equity, trades = outcome(report)
        wall = statistics.median(seconds)
        rates[size] = SIZES[size] / wall
        rows.append((f"{rule}, {SIZES[size]:,} candles", f"{wall:.4f}", f"{min(seconds):.4f}", len(seconds),
                     f"{rates[size] / 1e6:.1f}", f"{wall / SIZES[size] * 1e9:.1f}",
                     f"{lines[-1].mebibytes:.1f}", f"{equity:.7f}", f"{trades:,}"))
    table("From memory: r3-strategy to r3-report in one process, from candles that r3-collect has read before; medians",
          ("job", "s", "least", "runs", "M candles/s", "ns/candle", "MiB", "equity", "trades"), rows)
    return rates


def in_columns(rows):
    """Rows of a name and a value, side by side, each column as wide as it must be."""
    lines = -(-len(rows) // SIDE_BY_SIDE)
    columns = [rows[start:start + lines] for start in range(0, len(rows), lines)]
    widths = [[max(len(row[side]) for row in column) for side in (0, 1)] for column in columns]
    for line in range(lines):
        cells = [f"{column[line][0]:{width[0]}} {column[line][1]:>{width[1]}}" for column, width in zip(columns, widths)
                 if line < len(column)]
        print("  " + "   ".join(cells))


def indicators():
    """What indicators.c prints; its long table of functions in several columns."""
    if not tool("indicators"):
        table("Indicators", (), (), ("indicators.c is not built: no figures of it",))
        return
    _, output = measured([tool("indicators")], directory=TOP)
    for part in output.strip().split("\n\n"):
        lines = part.splitlines()
        print("\nFrom memory: " + ", ".join(lines[0].split()) + "\n")
        if len(lines[0].split()) == 2:
            in_columns([line.rsplit(None, 1) for line in lines[1:]])
        else:
            print("\n".join("  " + line for line in lines[1:]))
    print(end="", flush=True)
