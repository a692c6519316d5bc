"""SIGKILL, at random moments and at named places, of the edge, the centre or both, while people scan."""

import threading

from box import Box, Centre, Device, Failure, Office
from oracle import Oracle
from rig import Rig, Tally

# One box serves so many kills; then all is judged and begun anew, so that a journal is young and old in turn.
A_BOX = 100
UNIT = "Dinas Kesehatan"


class Scene:
    """Three devices of different make, one office, one centre, people who scan all the time."""

    def __init__(self, box, rng, records=60):
        self.rng = rng
        more = ["--users", "30", "--records", str(records)]
        self.devices = [
            Device(box, "lobby", "KILL00000001", options=more),
            Device(box, "gudang", "KILL00000002", "legacy", "udp", 4711, more),
            Device(box, "puskesmas", "KILL00000003", "old", "udp", options=more),
        ]
        self.centre = Centre(box)
        self.office = Office(box, "office", UNIT, [device.stanza() for device in self.devices], heartbeat="1s")
        self.office.enroll(self.centre.add_node(UNIT))
        self.oracle = Oracle(self.centre, self.devices)
        self.over = threading.Event()
        threading.Thread(target=self.people, daemon=True).start()

    def people(self):
        while not self.over.wait(self.rng.uniform(0.01, 0.08)):
            try:
                self.oracle.scan(self.rng.choice(self.devices), str(self.rng.randint(1, 30)))
            except (Failure, OSError):
                return

    def judge(self):
        self.over.set()
        tally = self.oracle.judge()
        problems = self.office.verify()["problems"]
        if problems:
            tally.fail(f"the journal is not whole: {problems[:2]}")
        return tally


def at_random(turn):
    """A1 A4 A5 A6 A7 Edge, centre or both are killed at random moments while people scan."""
    whole = Tally()
    times = turn.times()
    while (first := next(times, None)) is not None:
        with Box() as box:
            scene = Scene(box, turn.random)
            scene.office.start()
            for number in [first, *(n for _, n in zip(range(A_BOX - 1), times))]:
                threading.Event().wait(turn.random.uniform(0.0, 0.5))
                victims = turn.random.choice([[scene.office], [scene.centre], [scene.office, scene.centre]])
                for victim in victims:
                    victim.program.kill()
                for victim in victims:
                    victim.start()
                whole.count += 1
            whole.add(found := scene.judge())
            whole.wrong += found.wrong
    return whole


RIGS = [Rig("kill", at_random, full=8000, short=40, what="kills")]
