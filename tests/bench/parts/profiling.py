"""Where the time of r3-backtest goes, by program of the pipeline, by source file and by function, as perf samples it."""
import os
import re
import shutil
import subprocess

from parts.harness import TOP, WORK, Failed, measured, program, table
from parts.job import SIZES, in_process

FREQUENCY = 3999  # samples a second
STACK = 16384  # bytes of it that a sample keeps
ROWS = 20

# Whose work a file's is: the first row with a prefix of its path. Files are named as in the checkout, without lib/. What is not
# here (records, decimals, the C library, the kernel) works for the one that calls it.
OWNERS = (
    ("r3-collect: reading and parsing", ("input/", "market/csv", "market/gap", "market/resample", "market/market_name",
                                         "stage/collect")),
    ("r3-strategy: indicators", ("market/indicator",)),
    ("r3-strategy: rules and signals", ("strategy/", "stage/strategy")),
    ("r3-track", ("trade/tracker", "stage/track")),
    ("r3-size", ("trade/sizer", "stage/size")),
    ("r3-order", ("trade/paper", "trade/ledger", "stage/order")),
    ("r3-report", ("trade/statistics", "trade/curve", "stage/report")),
    ("the engine: handing on", ("stage/",)),
)
REST = "start, end and the rest"

FRAME = re.compile(r"^\s+[0-9a-f]+ (.+?)(?: \(inlined\))?$")
PLACE = re.compile(r"^ +(\S+):\d+")


def directories():
    """Path below lib/ by the name of a source file."""
    found = {}
    for directory, _, names in os.walk(os.path.join(TOP, "lib")):
        for name in names:
            found[name] = os.path.relpath(os.path.join(directory, name), os.path.join(TOP, "lib"))
    return found


def owner(path):
    return next((name for name, prefixes in OWNERS if path.startswith(prefixes)), None)


def samples(data):
    """Each sample as its frames, the innermost first: function and path below lib/ (or the bare file name, or nothing)."""
    command = ["perf", "script", "-i", data, "-F", "ip,sym,srcline"]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        raise Failed(f"perf script: {result.stderr.strip()[-500:]}")
    paths = directories()
    for text in re.split(r"\n\n+", result.stdout):
        frames = []
        for line in text.splitlines():
            if frame := FRAME.match(line):
                frames.append((frame[1], ""))
            elif frames and (place := PLACE.match(line)):
                name = os.path.basename(place[1])
                frames[-1] = (frames[-1][0], paths.get(name, name))
        if frames:
            yield frames


def counted(names):
    total = {}
    for name in names:
        total[name] = total.get(name, 0) + 1
    return sorted(total.items(), key=lambda item: -item[1])


def show(size):
    if not shutil.which("perf"):
        raise Failed("--profile needs perf (linux-perf), which is not there")
    if not program("r3-backtest"):
        raise Failed("r3-backtest is not built: run make bench")
    command = in_process(size)
    data = os.path.join(WORK, "perf.data")
    whole = min((measured(command)[0][-1] for _ in range(3)), key=lambda run: run.wall)
    record = ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(FREQUENCY), "--call-graph", f"dwarf,{STACK}", "-o", data, "--",
              *command]
    result = subprocess.run(record, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, cwd=WORK)
    if result.returncode != 0:
        raise Failed(f"perf record: {result.stderr.strip()[-500:]}")
    seen = list(samples(data))
    os.unlink(data)
    each = whole.processor * 1e9 / SIZES[size]
    print(f"\nr3-backtest, sma-cross, {SIZES[size]:,} candles: {whole.wall:.3f} s, {whole.processor:.3f} s of CPU, "
          f"{each:.1f} ns of it a candle; {len(seen):,} samples")
    parts = counted(next((owner(path) for _, path in frames if owner(path)), REST) for frames in seen)
    leaves = [frames[0] for frames in seen]
    files = counted(f"lib/{path}" if "/" in path else path or "not known (the kernel)" for _, path in leaves)
    functions = counted(f"{name}  {os.path.basename(path)}".strip() for name, path in leaves)
    for title, rows in (("by program of the pipeline, with all that it calls", parts), ("by source file", files),
                        ("by function, inlined ones by themselves", functions)):
        table(f"Where the CPU time goes, {title}", ("", "share", "ns/candle"),
              [(name, f"{count / len(seen):.1%}", f"{count / len(seen) * each:.2f}") for name, count in rows[:ROWS]])
