"""Small scenes for kills: each makes something from nothing, dies in it, and must come to its end all the same."""

import json
import os
import pathlib
import shutil
import sqlite3

from box import Centre, Device, Office
from kill import UNIT
from points import Armed
from rig import expect


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
