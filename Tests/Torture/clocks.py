"""Clocks that jump by years while everything runs: the edge's, the centre's and the device's."""

import contextlib
import json
import os
import sqlite3
import time

from box import Box, Centre, Device, Office
from oracle import Oracle
from rig import Rig, Tally, expect
from wallclock import Clock

UNIT = "Dinas Kesehatan"
YEAR = 365 * 86_400
# Jumps between two starts of the edge.
A_START = 25


def a_jump(rng):
    """Seconds from the true time on: small, ten years, anything between, or 1970."""
    kind = rng.randrange(6)
    if kind == 0:
        return 0
    if kind == 1:
        return -time.time() + rng.randrange(100_000)
    if kind == 2:
        return rng.choice([-10, 10]) * YEAR
    if kind == 3:
        return rng.choice([-3600, 3600, -86_400, 86_400, 40 * 86_400])
    return rng.randint(-10 * YEAR, 10 * YEAR)


class Scene:
    def __init__(self, box):
        Clock.build(box)
        self.edge, self.middle = Clock(box, "edge"), Clock(box, "centre")
        self.device = Device(box, "lobby", "CLOCKS000001", options=["--users", "20", "--records", "40"])
        self.ahead = 0
        with self.middle.starting():
            self.centre = Centre(box)
        self.office = Office(box, "office", UNIT, [self.device.stanza(poll="1s")], heartbeat="1s")
        self.office.enroll(self.centre.add_node(UNIT))
        with self.edge.starting():
            self.office.start()
        self.oracle = Oracle(self.centre, [self.device])

    def jump(self, rng):
        """One clock, or all, jump."""
        who = rng.randrange(4)
        if who in (0, 3):
            self.edge.offset = a_jump(rng)
        if who in (1, 3):
            self.middle.offset = a_jump(rng)
            # A token ends by the centre's clock: the next one to ask begins now.
            self.centre.token = None
        if who in (2, 3):
            # A device's calendar goes from 2000 on.
            ahead = max(-20 * YEAR, int(a_jump(rng)))
            step, self.ahead = ahead - self.ahead, ahead
            self.device.ask(f"clock {step:+d}")

    def restart(self):
        self.office.program.stop()
        with self.edge.starting():
            self.office.start()

    def entries(self):
        """All entries of the journal, in order."""
        uri = f"file:{os.path.join(self.office.state, 'journal.db')}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as db:
            return [(seq, json.loads(body)) for seq, body in db.execute("SELECT seq, body FROM journal ORDER BY seq")]


def jumps(turn):
    """C1 C2 C3 C4 C9 Clocks jump by up to ten years at the edge, the centre and the device, also to 1970."""
    tally, waits = Tally(), []
    with Box() as box:
        scene = Scene(box)
        oracle = scene.oracle
        expect(oracle.settle() is not None, "the first scans do not arrive")
        epoch = scene.office.journal()["epoch"]
        for number in turn.times():
            scene.jump(turn.random)
            if number % A_START == A_START - 1:
                scene.restart()
            oracle.scan(scene.device, str(turn.random.randint(1, 20)))
            wait = oracle.settle()
            tally.count += 1
            if wait is None:
                tally.fail(f"jump {number}: with the edge {scene.edge.offset} s and the centre {scene.middle.offset} s "
                           f"off, and the device {scene.ahead} s, a scan did not arrive")
                break
            waits.append(wait)
        made = list(oracle.made)
        scene.edge.offset = scene.middle.offset = 0
        scene.centre.token = None
        # Each start looks for what may be forgotten.
        scene.restart()
        tally.add(found := oracle.judge())
        tally.wrong += found.wrong
        tally.note("slowest_s", round(max(waits), 1))
        judge_journal(scene, epoch, made, tally)
    return tally


def judge_journal(scene, epoch, made, tally):
    status, entries = scene.office.journal(), scene.entries()
    tally.note("entries", len(entries))
    if status["epoch"] != epoch:
        tally.fail("a clock began a new epoch")
    if [seq for seq, _ in entries] != list(range(1, status["last_seq"] + 1)):
        tally.fail(f"of {status['last_seq']} entries {len(entries)} are left: a clock made them old")
    order = [(row["device_serial"], row["user_id"], row["device_time"]) for row in scene.oracle.rows]
    if order[:len(made)] != [scan[:3] for scan in made]:
        tally.fail("the centre has scans in another order than they were made")
    coverage = [body for _, body in entries if body["kind"] == "coverage"]
    if coverage and coverage[-1]["to"] > time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60)):
        tally.fail(f"coverage lies in the future at the end: {coverage[-1]}")
    if scene.office.verify()["problems"]:
        tally.fail("the journal is not whole")
    audit = scene.centre.box.attempt("hadir-central", "audit", "verify", "--state", scene.centre.state)
    if audit.returncode:
        tally.fail(f"the audit log is not whole: {audit.stdout[-300:]}{audit.stderr[-200:]}")


RIGS = [Rig("clock", jumps, full=500, short=20, what="jumps", share=8)]
