"""Running, measuring and showing, for every part of the benchmark."""
import functools
import os
import platform
import shlex
import statistics
import subprocess
import sys
import textwrap

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOP = os.path.dirname(os.path.dirname(HERE))
WORK = os.path.join(TOP, "build", "bench")
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build/gcc"))
LOG = os.path.join(WORK, "measured")
MEASURE = os.path.join(BUILD, "tests", "bench", "measure")
TIMEOUT = 300  # s, for one run of one peer
COLUMNS = 118


class Failed(Exception):
    """A command that did not end as it should; the text says why."""


class Measured:
    """One line of measure.c."""

    def __init__(self, line):
        name, status, *numbers = line.split()
        self.name, self.status = name, int(status)
        self.wall, self.user, self.system = map(float, numbers[:3])
        self.processor = self.user + self.system
        self.mebibytes = int(numbers[3]) / 1024
        self.switches = int(numbers[4]) + int(numbers[5])


def measured(command, timeout=None, discard=False, directory=WORK):
    """Run a command; what measure.c says of all that ran under it, the whole command last, and its output."""
    if os.path.exists(LOG):
        os.unlink(LOG)
    process = subprocess.Popen([MEASURE, LOG, *command], stdout=subprocess.DEVNULL if discard else subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, cwd=directory, start_new_session=True)
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        raise Failed(f"did not end within {timeout} s") from None
    if process.returncode != 0:
        raise Failed(f"{shlex.join(command)}: status {process.returncode}: {errors.strip()[-2000:]}")
    with open(LOG, encoding="ascii") as file:
        return [Measured(line) for line in file], output


class Entry:
    """A command that is measured in turn with others."""

    def __init__(self, name, command, timeout=None, **more):
        self.name, self.command, self.timeout = name, command, timeout
        self.runs, self.output, self.failure = [], None, None
        self.__dict__.update(more)

    def run(self):
        try:
            lines, self.output = measured(self.command, self.timeout)
            self.runs.append(lines[-1])
        except Failed as reason:
            if not self.timeout:
                raise  # one of ours
            self.failure = str(reason)

    def median(self, what):
        return statistics.median(getattr(run, what) for run in self.runs)

    wall = property(lambda self: self.median("wall") if self.runs else None)
    least = property(lambda self: min(run.wall for run in self.runs))
    processor = property(lambda self: self.median("processor"))
    mebibytes = property(lambda self: max(run.mebibytes for run in self.runs))


def in_turn(entries, most, seconds):
    """Run each once, then each again, and so on: up to `most` times, or as often as fits the seconds, at least once. So a
    machine that becomes slower or faster does so for all of them."""
    for turn in range(most):
        for entry in entries:
            if not entry.failure and (turn == 0 or (turn + 1) * entry.wall <= seconds):
                entry.run()


def table(title, head, rows, notes=()):
    print()
    for line in textwrap.wrap(title, COLUMNS):
        print(line)
    print()
    if rows:
        widths = [max(len(str(row[column])) for row in [head, *rows]) for column in range(len(head))]
        for row in [head, *rows]:
            cells = [str(cell).ljust(width) if column == 0 else str(cell).rjust(width)
                     for column, (cell, width) in enumerate(zip(row, widths))]
            print("  " + "  ".join(cells).rstrip())
    for note in notes:
        for line in textwrap.wrap(note, COLUMNS - 2, subsequent_indent="  "):
            print("  " + line)
    sys.stdout.flush()


@functools.cache
def environment(name):
    """The Python of build/bench/NAME with requirements-NAME.txt installed, and None; or None and the reason."""
    directory = os.path.join(WORK, name)
    python = os.path.join(directory, "bin", "python")
    requirements = os.path.join(HERE, f"requirements-{name}.txt")
    stamp = os.path.join(directory, "requirements")
    with open(requirements, encoding="ascii") as file:
        want = file.read()
    if os.path.exists(stamp):
        with open(stamp, encoding="ascii") as file:
            if file.read() == want:
                return python, None
    maker = os.environ.get("PEER_PYTHON", "python3")
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirements]
    for command in ([maker, "-m", "venv", "--clear", directory], pip):
        print(f"bench: {shlex.join(command)}", file=sys.stderr, flush=True)
        try:
            result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        except OSError as error:
            return None, f"{command[0]}: {error.strerror}"
        if result.returncode != 0:
            return None, "not installed: " + " ".join(line.strip()[-200:] for line in result.stdout.strip().splitlines()[-2:])
    with open(stamp, "w", encoding="ascii") as file:
        file.write(want)
    return python, None


def tool(name):
    """A program of tests/bench/NAME.c; None where it is not built."""
    path = os.path.join(BUILD, "tests", "bench", name)
    return path if os.access(path, os.X_OK) else None


def program(name):
    """A program of bin/; None where it is not built."""
    path = os.path.join(BUILD, name)
    return path if os.access(path, os.X_OK) else None


def machine():
    """Keep to two processors, and say what machine it is."""
    processors = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, processors)
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    version = subprocess.run([program("r3-collect"), "--version"], stdout=subprocess.PIPE, text=True, check=True)
    load = os.getloadavg()[0]
    print(f"{version.stdout.strip()}; {model}, CPUs {processors}, load {load:.1f}; Linux {platform.release()}; "
          f"Python {platform.python_version()}")
    if load > 0.7:
        print("Something else is running: expect slower figures than the machine's own.")
    return processors
