"""The fail points of the programs: which there are, whose turn it is, and a program that is to die at one."""

import collections
import os
import pathlib
import re
import signal
import subprocess
import threading

from box import PROGRAMS, ROOT
from rig import expect

POINT = re.compile(r'FailPoint\.reach\(\s*"([a-z_.]+)"')
SLOW = ("centre.account.", "edge.append.gone")


def names():
    """Every fail point in the sources: the list is kept nowhere else."""
    found = collections.Counter(
        name for path in pathlib.Path(ROOT, "Sources").rglob("*.swift")
        if path.parent.name != "FailPoints" for name in POINT.findall(path.read_text(encoding="utf-8")))
    twice = [name for name, count in found.items() if count > 1]
    expect(not twice, f"two places have one name: {twice}")
    return sorted(found)


class Plan:
    """Which point is next, and the how manieth time it is reached is the end; shared by all lanes."""

    def __init__(self, points, rng):
        self.points, self.lock = points, threading.Lock()
        self.met, self.tried = collections.Counter(), collections.Counter()
        # How often a place is reached in one start is learned: ended there one time later, until that is not met.
        self.most, self.limit = collections.defaultdict(lambda: 1), collections.defaultdict(lambda: 40)
        self.order = list(points)
        rng.shuffle(self.order)

    def next(self, prefixes=""):
        """The point that was tried least, of those that begin so."""
        with self.lock:
            name = min((name for name in self.order if name.startswith(prefixes)), key=lambda name: self.tried[name])
            # What hashes a password costs seconds for each try.
            self.tried[name] += 15 if name.startswith("centre.init.") else 3 if name.startswith(SLOW) else 1
            return name

    def time(self, name, rng):
        with self.lock:
            return rng.randint(1, self.most[name])

    def note(self, name, time, is_met):
        with self.lock:
            if is_met:
                self.met[name] += 1
            elif time > 1:
                self.limit[name] = min(self.limit[name], time - 1)
            self.most[name] = min(self.limit[name], self.most[name] + is_met)


class Armed:
    """The environment that ends a program at a point, and whether that came."""

    def __init__(self, box, plan, rng, name):
        self.plan, self.name = plan, name
        self.log = os.path.join(box.folder, f"met-{rng.getrandbits(40):x}")
        self.time = plan.time(name, rng)
        self.environment = {"HADIR_FAIL_POINTS": f"{name}=kill@{self.time}", "HADIR_FAIL_LOG": self.log}

    def judge(self):
        """Whether the point was met; it counts as a kill then."""
        try:
            with open(self.log, encoding="utf-8") as file:
                is_met = self.name in file.read().split()
            os.unlink(self.log)
        except FileNotFoundError:
            is_met = False
        self.plan.note(self.name, self.time, is_met)
        return is_met

    def run(self, box, program, *arguments):
        """A command that may die of it: whether it did, and what it said."""
        done = subprocess.run([os.path.join(PROGRAMS, program), *arguments], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60, env={**os.environ, **self.environment}, check=False)
        is_met = self.judge()
        expect(is_met == (done.returncode == -signal.SIGKILL),
               f"{self.name}: exit code {done.returncode}, met {is_met}: {done.stderr[-300:]}")
        return is_met, done
