"""SIGKILL, at random moments, of the edge, the centre or both, while people scan."""

import os
import random
import shutil
import threading
import time

from box import Box, Centre, Device, Failure, Office
from oracle import Oracle
from rig import Rig, Tally, Turn

# One box serves so many kills; then all is judged and begun anew, so that a journal is young and old in turn.
A_BOX = 250
# Boxes at a time. Most of a kill is waiting for a disk and for a program to be loaded.
LANES = 4
UNIT = "Dinas Kesehatan"


class Scene:
    """Three devices of different make, one office, one centre, people who scan all the time."""

    def __init__(self, box, rng, records=60, stanzas=(), template=None):
        self.rng, self.box = rng, box
        more = ["--users", "30", "--records", str(records)]
        self.devices = [
            Device(box, "lobby", "KILL00000001", options=more),
            Device(box, "gudang", "KILL00000002", "legacy", "udp", 4711, more),
            Device(box, "puskesmas", "KILL00000003", "old", "udp", options=more),
        ]
        if template:
            shutil.copytree(template, os.path.join(box.folder, "centre"))
        self.centre = Centre(box)
        configured = [device.stanza(poll="2s") for device in self.devices]
        # One whose serial is learned at its first reading.
        configured[1] = configured[1].replace(f'serial = "{self.devices[1].serial}"\n', "")
        self.office = Office(box, "office", UNIT, [*stanzas, *configured], heartbeat="1s")
        self.node = self.office.enroll(self.centre.add_node(UNIT))["node"]
        self.oracle = Oracle(self.centre, self.devices)
        # Its token is made while nobody dies.
        self.oracle.read()
        self.over = threading.Event()
        # Held by whoever wants nobody to scan.
        self.quiet = threading.Lock()
        threading.Thread(target=self.people, daemon=True).start()

    def people(self):
        rng = random.Random(self.rng.random())
        while not self.over.wait(rng.uniform(0.01, 0.08)):
            try:
                with self.quiet:
                    self.oracle.scan(rng.choice(self.devices), str(rng.randint(1, 30)))
            except (Failure, OSError):
                return

    def kill(self, victim):
        victim.program.kill()
        self.box.programs.remove(victim.program)
        # These deaths are ours: no device shall rest because it was being read at two of them in a row (fault A12).
        shutil.rmtree(os.path.join(self.office.state, "reading"), ignore_errors=True)

    def judge(self):
        self.over.set()
        tally = self.oracle.judge()
        problems = self.office.verify()["problems"]
        if problems:
            tally.fail(f"the journal is not whole: {problems[:2]}")
        verified = self.box.attempt("hadir-central", "audit", "verify", "--state", self.centre.state)
        if verified.returncode:
            tally.fail(f"the audit log is not whole: {verified.stdout[-200:]}{verified.stderr[-200:]}")
        return tally


class Lanes:
    """Several boxes at once, each with its own part of the count and a seed that follows from the turn's."""

    def __init__(self, turn, lanes):
        self.whole, self.lock, self.begun = Tally(), threading.Lock(), time.monotonic()
        self.starts = []
        parts = [turn.count // lanes + (lane < turn.count % lanes) for lane in range(lanes)]
        self.turns = [Turn(f"{turn.seed}.{lane}", part) for lane, part in enumerate(parts) if part]
        for own in self.turns:
            own.end = turn.end

    def run(self, work):
        """`work(turn, lanes)` for each lane; what fails in one is red, and the others go on."""
        def lane(turn):
            try:
                work(turn, self)
            except Exception as error:  # Also what no one thought of must make the rig red.
                with self.lock:
                    self.whole.fail(f"lane {turn.seed}: {type(error).__name__}: {error}")

        threads = [threading.Thread(target=lane, args=[turn]) for turn in self.turns]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.whole.count:
            spent = (time.monotonic() - self.begun) * 1000
            self.whole.note("ms_per_kill", round(spent / self.whole.count))
        if self.starts:
            self.starts.sort()
            self.whole.note("start_p50_ms", round(self.starts[len(self.starts) // 2] * 1000))
            self.whole.note("start_p99_ms", round(self.starts[int(len(self.starts) * 0.99)] * 1000))
        return self.whole

    def started(self, seconds):
        with self.lock:
            self.starts.append(seconds)

    def add(self, tally, count=0):
        with self.lock:
            self.whole.count += count
            self.whole.add(tally)
            self.whole.wrong += tally.wrong


def template(folder):
    """The state of a centre, to begin each box from: making one takes longer than a kill."""
    box = Box()
    box.folder = folder
    state = os.path.join(folder, "template")
    box.run("hadir-central", "init", "--state", state)
    return state


def one_kill(scene, lanes):
    """Someone dies: in the middle of starting, just when it serves, or later, at work."""
    rng = scene.rng
    victims = rng.choice([[scene.office], [scene.centre], [scene.office, scene.centre]])
    lanes_wait = rng.choice([0.01, 0.1, 0.3])
    threading.Event().wait(rng.uniform(0, lanes_wait))
    for victim in victims:
        scene.kill(victim)
    for victim in victims:
        if rng.random() < 0.25:
            # Nobody waits for it: whatever comes next may fall into its start.
            victim.start(ready=None)
        else:
            begun = time.monotonic()
            victim.start()
            lanes.started(time.monotonic() - begun)


def at_random(turn):
    """A1 A4 A5 A6 A7 Edge, centre or both are killed at random moments while people scan."""
    def work(turn, lanes):
        times = turn.times()
        while (first := next(times, None)) is not None:
            with Box() as box:
                scene = Scene(box, turn.random, template=state)
                scene.office.start()
                count = 0
                for _ in [first, *(n for _, n in zip(range(A_BOX - 1), times))]:
                    one_kill(scene, lanes)
                    count += 1
                lanes.add(scene.judge(), count)

    with Box() as box:
        state = template(box.folder)
        return Lanes(turn, min(LANES, 1 + turn.count // 20)).run(work)


RIGS = [Rig("kill", at_random, full=8500, short=40, what="kills", share=18)]
