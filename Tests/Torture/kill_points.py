"""SIGKILL at each named fail point of the programs: in the midst of work, first starts, enrolments, changes of keys."""

import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time

from box import PROGRAMS, ROOT, Box, Device, Failure, Office, free_port, until
from kill import UNIT, Lanes, Scene, template
from push_terminal import PushTerminal
from rig import Rig, Tally, expect

POINT = re.compile(r'FailPoint\.reach\(\s*"([a-z_.]+)"')
# A point that is not met for so long is not met in this start.
PATIENCE = 2.5
LANES = 3
SLOW = ("centre.account.", "edge.append.gone")
# In a box, before all is judged and begun anew.
A_BOX = 200


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


# Small scenes: each makes something from nothing, dies in it once or more, and must come to its end all the same.


class Small:
    """What the small scenes share: a centre, an office's device, and folders that are used once."""

    def __init__(self, box, plan, rng, state):
        self.box, self.plan, self.rng, self.state, self.number = box, plan, rng, state, 0
        self.device = Device(box, "lobby", "KILL00000009", options=["--users", "10", "--records", "40"])
        self.centre = None
        self.schemas = {}

    def folder(self, word):
        self.number += 1
        return os.path.join(self.box.folder, f"{word}{self.number}")

    def arm(self, name):
        return Armed(self.box, self.plan, self.rng, name)

    def more(self, prefixes):
        """Now and then the next start dies too, elsewhere."""
        return [self.plan.next(prefixes)] if self.rng.random() < 0.4 else []

    def office(self):
        office = Office(self.box, f"office{self.number}", UNIT, [self.device.stanza(live=False)])
        office.state = self.folder("edge")
        return office

    def same_schema(self, kind, path):
        """Half a migration would leave another schema than a whole one."""
        connection = sqlite3.connect(path)
        rows = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT GLOB 'journal_[0-9a-f]*' ORDER BY 1, 2").fetchall()
        connection.close()
        expect(self.schemas.setdefault(kind, rows) == rows, f"{kind}: another schema than after a start without a kill")

    def edge_start(self, name):
        """An edge's first start: the file, its migrations one by one, the epoch, the first reading."""
        office = self.office()
        once = ["--once", "--log-level", "error", "--config", office.configuration, "--state", office.state]
        if "edge" not in self.schemas and name:
            self.edge_start(None)
        kills = 0
        if name:
            for point in [name, *self.more(("edge.start.", "edge.migration."))]:
                kills += self.arm(point).run(self.box, "hadird", *once)[0]
        self.box.attempt("hadird", *once)
        verdict = office.verify()
        expect(not verdict["problems"] and verdict["punches"] == 40, f"after a first start: {verdict}")
        self.same_schema("edge", os.path.join(office.state, "journal.db"))
        shutil.rmtree(office.state)
        return kills

    def centre_start(self, name):
        """A centre's database that is not there yet, or of any older schema."""
        state = self.folder("centre")
        shutil.copytree(self.state, state)
        for path in pathlib.Path(state).glob("central.db*"):
            path.unlink()
        kills = 0
        command = ["token", "add", "--state", state, "--role", "reader"]
        if "centre" not in self.schemas and name:
            self.centre_start(None)
        if name:
            for point in [name, *self.more(("centre.start.", "centre.migration."))]:
                kills += self.arm(point).run(self.box, "hadir-central", *command)[0]
        self.box.run("hadir-central", *command)
        self.box.run("hadir-central", "audit", "verify", "--state", state)
        self.same_schema("centre", os.path.join(state, "central.db"))
        shutil.rmtree(state)
        return kills

    def centre_init(self, name):
        """A centre is made: whole, or made again by the same command."""
        state = self.folder("init")
        kills, _ = self.arm(name).run(self.box, "hadir-central", "init", "--state", state)
        again = self.box.attempt("hadir-central", "init", "--state", state)
        expect(again.returncode in (0, 78), f"init after a kill: {again.stderr}")
        self.box.run("hadir-central", "key", "status", "--state", state)
        self.box.run("hadir-central", "token", "add", "--state", state, "--role", "reader")
        shutil.rmtree(state)
        return kills

    def keys(self, name):
        """The signing key is announced and changed: before it or after it, the old key is never forgotten."""
        state = self.folder("keys")
        shutil.copytree(self.state, state)
        first = self.key_status(state)["present"]
        kills = 0
        points = [name, self.plan.next(("centre.key.", "centre.file."))]
        if name in ("centre.key.kept", "centre.key.promoted"):
            points.reverse()
        for step, point in zip((["announce"], ["switch", "--force"]), points):
            command = ["key", *step, "--state", state]
            kills += self.arm(point).run(self.box, "hadir-central", *command)[0]
            self.key_status(state)
            # Refused where it was done already.
            self.box.attempt("hadir-central", *command)
        status = self.key_status(state)
        expect(status["present"] != first and first in status["earlier"] and not status.get("next"),
               f"after a change of keys: {status}, first {first}")
        self.box.run("hadir-central", "audit", "verify", "--state", state)
        shutil.rmtree(state)
        return kills

    def key_status(self, state):
        return json.loads(self.box.run("hadir-central", "key", "status", "--state", state, "--json"))

    def enrolment(self, name):
        """A node is enrolled: the edge or the centre dies in it, and the same code enrolls one node."""
        if self.centre is None:
            from box import Centre
            shutil.copytree(self.state, os.path.join(self.box.folder, "enrolments"))
            self.centre = Centre(self.box, "enrolments")
        before = self.nodes()
        office = self.office()
        code = self.centre.add_node(UNIT)
        enroll = ["node", "enroll", code, "--state", office.state]
        armed = self.arm(name)
        if name.startswith("centre."):
            self.centre.program.stop()
            self.centre.start(environment=armed.environment)
            self.box.attempt("hadir", *enroll)
            kills = armed.judge()
            self.centre.program.kill()
            self.centre.start()
        else:
            kills, _ = armed.run(self.box, "hadir", *enroll)
        self.box.run("hadir", *enroll)
        expect(self.nodes() - before == 1, f"{name}: {self.nodes() - before} nodes of one code")
        self.box.run("hadird", "--once", "--log-level", "error", "--config", office.configuration,
                     "--state", office.state)
        shutil.rmtree(office.state)
        return kills

    def nodes(self):
        return len(json.loads(self.box.run("hadir-central", "node", "list", "--state", self.centre.state,
                                           "--json"))["nodes"])

    def configuration(self, name):
        """devices.conf is changed: it is the old one or the new one, whole."""
        office = self.office()
        self.box.attempt("hadird", "--once", "--log-level", "error", "--config", office.configuration,
                         "--state", office.state)
        rename = ["device", "rename", "lobby", "lobi", "--config", office.configuration, "--state", office.state]
        kills, _ = self.arm(name).run(self.box, "hadir", *rename)
        self.box.run("hadir", "config", "check", office.configuration)
        with open(office.configuration, encoding="utf-8") as file:
            text = file.read()
        expect(("[device.lobby]" in text) != ("[device.lobi]" in text), f"devices.conf after a kill: {text}")
        shutil.rmtree(office.state)
        return kills

    SCENES = ((edge_start, ("edge.start.", "edge.migration.")), (centre_start, ("centre.start.", "centre.migration.")),
              (centre_init, ("centre.init.",)), (keys, ("centre.key.", "centre.file.")),
              (enrolment, ("edge.enrol.", "edge.node.", "edge.file.", "centre.enrol.")),
              (configuration, ("edge.config.file_",)))


# The midst of work.


class Work(Scene):
    """The scene of random kills, a device that reports by itself, people with hours, and hands that press every button."""

    def __init__(self, box, rng, state):
        self.port = free_port()
        stanzas = [f"[push]\nlisten = \"127.0.0.1:{self.port}\"\n",
                   "[device.lapangan]\naddress = \"push://\"\nserial = \"KILL00000004\"\n"]
        super().__init__(box, rng, stanzas=stanzas, template=state)
        self.terminal = PushTerminal("KILL00000004", self.port, self.oracle, random.Random(rng.random()), self.quiet)
        self.label = 0
        self.stick = os.path.join(box.folder, "1_attlog.dat")
        self.office.start()

    def central(self, *words, **more):
        return self.box.attempt("hadir-central", *words, "--state", self.centre.state, wait=60, **more)

    def edge(self, *words):
        return self.box.attempt("hadir", *words, "--state", self.office.state, wait=20)

    # What is done to files while the edge is down

    def journal(self):
        return sqlite3.connect(os.path.join(self.office.state, "journal.db"), isolation_level=None)

    def cut(self):
        """The journal is an older copy: the centre will see a fork. What was not sent, the devices still have."""
        with self.journal() as db:
            acked, pruned = db.execute("SELECT acked_seq, pruned_seq FROM epoch").fetchone()
            to = max(acked - 5, pruned + 1)
            if to >= acked:
                return
            db.execute("BEGIN")
            db.execute("DELETE FROM journal WHERE seq > ?", (to,))
            db.execute("DELETE FROM acknowledgement WHERE seq > ?", (to,))
            db.execute("UPDATE epoch SET acked_seq = ?", (to,))
            db.execute("COMMIT")

    def damage(self):
        """The last entry is not what was written: the file is moved aside."""
        with self.journal() as db:
            db.execute("INSERT OR REPLACE INTO journal (seq, body, hash, seal) "
                       "SELECT seq, body, hash, seal + 1 FROM journal ORDER BY seq DESC LIMIT 1")

    def age(self):
        """What was acknowledged was so day by day, more than 35 days ago."""
        with self.journal() as db:
            acked, pruned = db.execute("SELECT acked_seq, pruned_seq FROM epoch").fetchone()
            for day in range(1, 41):
                if acked - day > pruned:
                    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 86_400 * day))
                    db.execute("INSERT OR REPLACE INTO acknowledgement (seq, at) VALUES (?, ?)", (acked - day, moment))

    def uncover(self):
        """Nothing was said of coverage for an hour."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 3600))
        with self.journal() as db:
            db.execute("UPDATE device SET covered_to = ? WHERE covered_to IS NOT NULL", (moment,))

    # What hands do while all runs

    def order(self):
        seq = self.rng.randint(1, 50)
        self.central("order", "add", self.node, "resend", "--from", str(seq), "--expires", "90m")

    def load(self):
        lines = self.devices[0].ask("export")[-30:]
        with open(self.stick, "w", encoding="utf-8") as file:
            for line in lines:
                user, moment, verify, state = line.split("\t")[:4]
                file.write(f"{user:>9}\t{moment.replace('T', ' ')}\t{verify}\t{state}\t0\t0\r\n")
        self.edge("import", self.stick, "--device", "lobby", "--yes", "--json", "--config", self.office.configuration)

    def reload(self):
        with open(self.office.configuration, "a", encoding="utf-8") as file:
            file.write("# another remark\n")
        self.office.program.process.send_signal(signal.SIGHUP)

    def resend(self):
        self.edge("push", "resend", "lapangan")

    def clear(self):
        """The log is cleared at the device, once everything in it has come to the centre."""
        with self.quiet:
            if self.oracle.settle(30) is not None:
                self.devices[0].ask("clear-log")
                self.oracle.scan(self.devices[0], "1")

    def announce(self):
        self.central("key", "announce")

    def token(self):
        self.label += 1
        self.central("token", "add", "--role", "clerk", "--label", f"t{self.label}")

    def end_token(self):
        self.token()
        listed = json.loads(self.central("token", "list", "--json").stdout)["tokens"]
        self.central("token", "revoke", str(next(token["id"] for token in listed if token["label"])))

    def account(self):
        self.label += 1
        self.central("user", "add", f"orang{self.label}", "--role", "admin", "--password-stdin",
                     input="sandi yang panjang sekali 7\n")

    def change_account(self):
        self.account()
        self.central("user", "disable", f"orang{self.label}")

    def invite(self):
        self.label += 1
        self.central("node", "add", "--unit", f"Unit {self.label}", "--url", self.centre.url)

    def end(self):
        self.centre.program.process.send_signal(signal.SIGTERM)

    # Of each: what is done before a start, and what in it. The rest comes by itself.
    BEFORE = (("edge.epoch.", cut), ("edge.users.", cut), ("edge.operations.", cut), ("edge.recovery.", damage),
              ("edge.prune.", age), ("edge.claim.", uncover))
    HANDS = (("edge.order.", order), ("edge.rewind.", order), ("edge.stick.", load), ("edge.config.", reload),
             ("edge.push.command", resend), ("edge.append.gone", clear), ("edge.forward.key", announce),
             ("centre.token.added", token), ("centre.token.revoked", end_token), ("centre.audit.", token),
             ("centre.account.added", account), ("centre.account.changed", change_account), ("centre.order.", order),
             ("centre.append.orders_settled", order), ("centre.node.", invite), ("centre.close.", end))

    def one(self, plan, lanes, name):
        """Someone is started to die at a point; how many kills that was."""
        armed = Armed(self.box, plan, self.rng, name)
        victim = self.office if name.startswith("edge.") else self.centre
        other = self.centre if victim is self.office else self.office
        if not other.program.is_running:
            # Whoever died at the last point starts as ever; or, where it is its turn again, with the next point.
            self.kill(other)
            begun = time.monotonic()
            other.start()
            lanes.started(time.monotonic() - begun)
        self.kill(victim)
        for prefix, prepare in self.BEFORE:
            if name.startswith(prefix):
                prepare(self)
        victim.start(ready=None, environment=armed.environment)
        hand = next((hand for prefix, hand in self.HANDS if name.startswith(prefix)), None)
        presses = threading.Thread(target=self.press, args=[hand, victim], daemon=True)
        presses.start()
        end = time.monotonic() + PATIENCE
        while victim.program.is_running and (presses.is_alive() or time.monotonic() < end):
            presses.join(0.02)
            threading.Event().wait(0.01)
        if not armed.judge():
            expect(victim.program.is_running or hand is Work.end, f"{name}: died of something else\n"
                   f"{victim.program.tail()}")
            return 0
        return 1

    def press(self, hand, victim):
        """A hand may meet a program that has just died: that is what this is about."""
        if hand is None:
            return
        try:
            until("it listens", lambda: not victim.program.is_running or self.listens(victim), every=0.02)
            hand(self)
        except (Failure, OSError, ValueError, StopIteration, subprocess.SubprocessError):
            pass

    def listens(self, victim):
        place = os.path.join(victim.state, "control.sock")
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(place) == 0

    def judge(self):
        self.terminal.over.set()
        for victim in (self.centre, self.office):
            if not victim.program.is_running:
                self.kill(victim)
                victim.start()
        self.over.set()
        until("the device's last lines", lambda: self.flush(), wait=60)
        return super().judge()

    def flush(self):
        """The device that reports by itself sends what is left."""
        self.terminal.thread.join(10)
        return not self.terminal.unsent or self.terminal.send()


def at_points(turn):
    """A2 A3 A4 A5 A6 A8 Each named point of edge and centre is the place of a death, many times."""
    with Box() as box:
        state = template(box.folder)
        points = names()
        # A short pass leaves out what takes seconds.
        plan = Plan([name for name in points if turn.count > 100 or not name.startswith((*SLOW, "centre.init."))],
                    turn.random)
        whole = Lanes(turn, min(LANES, 1 + turn.count // 20)).run(
            lambda own, lanes: lane(own, lanes, plan, state))
    missing = [name for name in plan.points if not plan.met[name]]
    whole.note("points", f"{len(plan.points) - len(missing)} of {len(plan.points)}")
    if missing and whole.count >= 10 * len(plan.points):
        whole.fail(f"points that nobody met: {', '.join(missing)}")
    return whole


def lane(turn, lanes, plan, state):
    """Boxes, one after the other, until there were enough kills; small scenes and work in turn."""
    left = turn.count
    while left > 0 and (turn.end is None or time.monotonic() < turn.end):
        with Box() as box:
            small, work, kills, tally = Small(box, plan, turn.random, state), Work(box, turn.random, state), 0, Tally()
            tries = 0
            while kills < min(left, A_BOX) and tries < 3 * A_BOX and (turn.end is None or time.monotonic() < turn.end):
                name = plan.next()
                scene = next((scene for scene, prefixes in Small.SCENES if name.startswith(prefixes)), None)
                tries += 1
                kills += scene(small, name) if scene else work.one(plan, lanes, name)
            tally.add(judged := work.judge())
            tally.wrong += judged.wrong
            lanes.add(tally, kills)
            left -= kills
            if not kills:
                raise Failure("no point was met in a whole box")


RIGS = [Rig("points", at_points, full=2200, short=25, what="kills at points", fail_points=True, share=2)]
