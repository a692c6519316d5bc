"""What a rig is: a fault that is made many times, a count of what it did to scans, and a verdict."""

import inspect
import random
import time

from box import Failure


class Turn:
    """One run of a rig: how often, from which seed, and how long at most."""

    def __init__(self, seed, count, seconds=None):
        self.seed, self.count = seed, count
        self.random = random.Random(seed)
        self.end = None if seconds is None else time.monotonic() + seconds

    def times(self):
        """Numbers the faults to make, until there were enough of them or the time is over."""
        for number in range(self.count):
            if self.end is not None and time.monotonic() > self.end and number:
                return
            yield number


class Tally:
    """What came of the faults: how many there were, and each scan that is not once at the centre as it was made."""

    def __init__(self):
        self.count = self.scans = 0
        self.lost, self.doubled, self.invented, self.altered, self.late = [], [], [], [], []
        self.wrong = []
        self.notes = {}

    def add(self, other):
        self.scans += other.scans
        for name in ("lost", "doubled", "invented", "altered", "late"):
            getattr(self, name).extend(getattr(other, name))

    def fail(self, text):
        """Something that must hold and does not, other than the fate of a scan."""
        self.wrong.append(text)

    def note(self, name, value):
        self.notes[name] = value

    @property
    def problems(self):
        found = [f"{len(getattr(self, name))} {name}, such as {getattr(self, name)[0]}"
                 for name in ("lost", "doubled", "invented", "altered", "late") if getattr(self, name)]
        return found + self.wrong

    def line(self, rig, seed, seconds):
        """As one line of the ledger of runs: plain values only."""
        return {
            "rig": rig.name, "seed": seed, "what": rig.what, "count": self.count, "scans": self.scans,
            "lost": len(self.lost), "doubled": len(self.doubled), "invented": len(self.invented),
            "altered": len(self.altered), "late": len(self.late), "bound": bound(self.count, bool(self.problems)),
            "verdict": "red" if self.problems or not self.count else "ok", "problems": self.problems[:5],
            "notes": self.notes, "seconds": round(seconds, 1)}


def bound(count, was_red):
    """The largest chance for one fault to do harm that `count` faults without harm leave, at 95 %; None otherwise."""
    return None if was_red or not count else 1 - 0.05 ** (1 / count)


class Rig:
    """`run(turn)` makes the fault `turn.count` times at most and returns a Tally; its docstring begins with the ids of
    the faults (docs/reliability.md).

    - full, short: how many faults a full run and a short pass make; a rig whose `short` is 0 has no short pass.
    - what: what is counted, in the plural.
    - fail_points: whether it needs the build with fail points; the others take the release build in a full run.
    - share: about how many minutes it takes in full; of a bounded run each rig has as much as its share is of all.
    """

    def __init__(self, name, run, full, short, what, fail_points=False, share=1):
        self.name, self.run, self.full, self.short, self.what = name, run, full, short, what
        self.fail_points, self.share = fail_points, share

    @property
    def title(self):
        return (inspect.getdoc(self.run) or "").splitlines()[0]

    def judge(self, seed, count, seconds=None):
        """The line of the ledger for one run of it, whatever happens in it."""
        begun = time.monotonic()
        try:
            tally = self.run(Turn(seed, count, seconds))
        except Exception as error:  # A rig that broke is as red as one that found something.
            tally = Tally()
            tally.fail(f"{type(error).__name__}: {error}")
            if not isinstance(error, Failure):
                import traceback
                traceback.print_exc()
        return tally.line(self, seed, time.monotonic() - begun)


def expect(condition, text):
    if not condition:
        raise Failure(text)


__all__ = ["Rig", "Tally", "Turn", "bound", "expect"]
