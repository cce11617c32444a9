"""The processes of a run that is to be disturbed: those of the process group, and session, that its leader began."""
import os
import signal


def members(group):
    """Names by id of the processes in a group that have not ended."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                rest = file.read().rsplit(b")", 1)[1].split()
            if int(rest[2]) != group or rest[0] in b"ZX":
                continue
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                words = file.read().decode(errors="replace").split("\0")
            program = os.path.basename(os.readlink(f"/proc/{entry}/exe"))
        except (OSError, IndexError):
            continue
        # A program that another one has become has that one's first word: r3-live that of r3-order.
        name = program if program.startswith("r3-") else os.path.basename(words[0])
        if not name:  # it is just ending
            continue
        found[int(entry)] = name + " " + words[1] if name == "r3-session" and len(words) > 1 else name
    return found


def choose(there, draw):
    """One of them: each program as often as the others, bash seldom; None: there is none."""
    names = sorted(set(there.values()) - {"bash"})
    if not there:
        return None
    name = draw.choice(names) if names and draw.random() < 0.8 else draw.choice(sorted(there.values()))
    return draw.choice(sorted(victim for victim in there if there[victim] == name))


def send(victim, number=signal.SIGKILL):
    """False: it has ended."""
    try:
        os.kill(victim, number)
    except ProcessLookupError:
        return False
    return True
