"""Disks that come back from a backup, damaged journals, nodes that were revoked: nothing lost, nothing twice."""

import json
import os
import random
import shutil
import sqlite3
import time

from box import Box, Centre, Device, Failure, Office, compare, until
from commands import expect

UNIT = "Dinas Kesehatan"


class Line:
    """One device, one office, one centre, and a count of every scan made."""

    def __init__(self, box, serial, records=40):
        self.device = Device(box, "lobby", serial, options=["--users", "20", "--records", str(records)])
        self.centre = Centre(box)
        self.office = Office(box, "office", UNIT, [self.device.stanza(poll="1s")], heartbeat="1s")
        self.node = self.office.enroll(self.centre.add_node(UNIT))["node"]
        self.office.start()
        self.arrives()

    def scan(self, count):
        for _ in range(count):
            self.device.ask(f"scan {random.randint(1, 20)}")

    def arrives(self, wait=60):
        """Every scan is at the centre, exactly once."""
        made = [(self.device.serial, user, moment) for user, moment in self.device.records()]

        def arrived():
            # A journal that is found damaged ends hadird; systemd starts it again.
            if self.office.program.process.poll() == 74:
                self.office.start()
            return len(self.centre.punches()) >= len(made)

        try:
            until("every scan at the centre", arrived, wait=wait, every=0.3)
        except Failure as failure:
            raise Failure(f"{failure}: {len(self.centre.punches())} of {len(made)}\n{self.office.program.tail()}")
        lost, doubled, invented = compare(made, self.centre.punches())
        expect(not lost and not doubled and not invented,
               f"lost {lost[:3]} doubled {doubled[:3]} invented {invented[:3]}")
        return len(made)


def copy(folder, to):
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns("*.sock"))


def test_revoked_node_enrolled_again_keeps_its_queue():
    """F11 A node revoked while it is offline keeps collecting; enrolled again, it sends what waited."""
    with Box() as box:
        line = Line(box, "REVOKED00001")
        line.centre.revoke(line.node)
        line.scan(15)
        until("the alarm", lambda: "revoked" in box.run(
            "hadir", "journal", "tail", "--state", line.office.state, "-n", "200", "--json"), wait=30)
        until("all 15 in the journal", lambda: line.office.journal()["pending"] > 15)
        waiting = line.office.journal()["pending"]
        expect(len(line.centre.punches()) == 40, "a revoked node's punches were stored")
        line.office.program.stop()
        again = line.office.enroll(line.centre.add_node(UNIT))
        expect(again["node"] != line.node, "the revoked node came back under its old name")
        line.office.start()
        made = line.arrives()
        until("the acknowledgements", lambda: line.office.journal()["pending"] == 0)
        return f"{made} scans, {waiting} had waited"


def test_centre_restored_from_a_backup_is_refilled():
    """B21 The centre's disk is lost and an old copy put back: the edge sends again what is missing, unasked."""
    with Box() as box:
        line = Line(box, "RESTORED0001")
        line.centre.program.stop()
        copy(line.centre.state, line.centre.state + ".backup")
        line.centre.start()
        line.scan(25)
        line.arrives()
        until("the acknowledgements", lambda: line.office.journal()["pending"] == 0)
        line.centre.program.kill()
        copy(line.centre.state + ".backup", line.centre.state)
        line.centre.start()
        made = line.arrives()
        return f"{made} scans, 25 of them sent again"


def test_backup_while_scans_arrive_and_a_centre_made_of_it():
    """B21 A backup is made and proved while scans arrive; the centre's disk is lost; kit, backup and offices give all back."""
    with Box() as box:
        line = Line(box, "BACKUP000001")
        folder = os.path.join(box.folder, "backups")
        kit = os.path.join(box.folder, "kit.txt")
        phrase = box.run("hadir-central", "key", "kit", kit, "--state", line.centre.state).split()[-1]
        line.scan(10)
        made = json.loads(box.run("hadir-central", "backup", "--state", line.centre.state, "--to", folder, "--keep", "2",
                                  "--json"))
        expect("problem" not in made and made["entries"] > 0 and made["drill_seconds"] > 0, str(made))
        expect(os.listdir(folder) == [os.path.basename(made["path"])], f"more than one backup: {os.listdir(folder)}")
        line.scan(15)
        line.arrives()
        until("the acknowledgements", lambda: line.office.journal()["pending"] == 0)
        line.centre.program.kill()
        shutil.rmtree(line.centre.state)
        told = box.run("hadir-central", "restore", "--state", line.centre.state, "--kit", kit, "--backup", made["path"],
                       input=phrase + "\n")
        expect("nodes 1" in told, told)
        line.centre.start()
        scans = line.arrives()
        checked = box.run("hadir-central", "key", "check-kit", kit, "--state", line.centre.state, input=phrase + "\n")
        expect("1 nodes" in checked, checked)
        return f"{scans} scans, {made['bytes']} bytes, proved in {made['drill_seconds']:.1f} s"


def test_edge_restored_from_a_backup_forks_into_a_new_epoch():
    """B20 F9 The edge's disk comes back from an old copy: the fork is seen, a new epoch begun, no scan lost or doubled."""
    with Box() as box:
        line = Line(box, "RESTORED0002")
        line.office.program.stop()
        copy(line.office.state, line.office.state + ".backup")
        line.office.start()
        line.scan(10)
        line.arrives()
        epoch = line.office.journal()["epoch"]
        line.office.program.kill()
        copy(line.office.state + ".backup", line.office.state)
        line.scan(5)
        line.office.start()
        made = line.arrives()
        until("a new epoch", lambda: line.office.journal()["epoch"] != epoch)
        until("the acknowledgements", lambda: line.office.journal()["pending"] == 0)
        expect(not line.office.verify()["problems"], "the journal is not whole")
        return f"{made} scans"


def test_damaged_journals_start_and_bring_every_scan():
    """B12 B13 B14 Bits flipped, the file cut, its log removed: hadird starts, says it, and every scan arrives once."""
    seed = int(time.time())
    rng = random.Random(seed)
    with Box() as box:
        line = Line(box, "DAMAGED00001")

        def flip(path):
            with open(path, "r+b") as file:
                for _ in range(40):
                    place = rng.randrange(4096, os.path.getsize(path))
                    file.seek(place)
                    byte = file.read(1)[0]
                    file.seek(place)
                    file.write(bytes([byte ^ 1 << rng.randrange(8)]))

        def cut(path):
            os.truncate(path, os.path.getsize(path) // 2)

        def empty(path):
            os.truncate(path, 0)
            unlog(path)

        def unlog(path):
            for end in ("-wal", "-shm"):
                if os.path.exists(path + end):
                    os.unlink(path + end)

        for damage in (flip, cut, empty, unlog, flip):
            line.scan(6)
            line.office.program.kill()
            journal = os.path.join(line.office.state, "journal.db")
            if damage is not unlog:
                # From the log beside it into the file, where the damage is done.
                sqlite3.connect(journal).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
            damage(journal)
            line.scan(3)
            line.office.start()
            try:
                made = line.arrives()
            except Failure as failure:
                raise Failure(f"seed {seed}, after {damage.__name__}: {failure}")
        # Not only unharmed: alive.
        line.scan(1)
        made = line.arrives()
        until("the acknowledgements", lambda: line.office.journal()["pending"] == 0)
        return f"seed {seed}: five damages, {made} scans once each"
