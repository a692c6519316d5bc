"""The drill: the disk of the centre is lost, and there is an old backup, or nothing but the recovery kit."""

import os
import shutil

from box import Box, Centre, Device, Failure, Office, until
from oracle import Oracle
from rig import Rig, Tally

OFFICES = ["Dinas Kesehatan", "Kecamatan Contoh"]


class Government:
    """Two offices with two devices each, and one centre."""

    def __init__(self, box, rng, passphrase="kata sandi yang panjang"):
        self.box, self.rng, self.passphrase = box, rng, passphrase
        self.centre = Centre(box)
        self.kit = os.path.join(box.folder, "kit.txt")
        self.devices, self.offices = [], []
        for number, unit in enumerate(OFFICES):
            self.add(number, unit)
        self.oracle = Oracle(self.centre, self.devices)
        self.arrives()

    def add(self, number, unit):
        devices = [Device(self.box, f"alat{number}{letter}", f"LOST{number}{letter}000001",
                          options=["--users", "30", "--records", "50"]) for letter in "ab"]
        office = Office(self.box, f"kantor{number}", unit, [device.stanza(poll="1s") for device in devices],
                        heartbeat="1s")
        office.enroll(self.centre.add_node(unit))
        office.start()
        self.devices += devices
        self.offices.append(office)
        return devices

    def scan(self, count):
        for _ in range(count):
            self.oracle.scan(self.rng.choice(self.devices), str(self.rng.randint(1, 30)))

    def arrives(self):
        """Every scan is at the centre, and every office knows it."""
        if self.oracle.settle() is None:
            raise Failure(f"{len(self.oracle.rows)} of {len(self.oracle.made)} scans arrived")
        for office in self.offices:
            until("the acknowledgements", lambda: office.journal()["pending"] == 0)

    def forget(self):
        """The devices forget all: what comes back, comes from the offices."""
        for device in self.devices:
            device.ask("faults clear")
            until("the device's log is empty", lambda: device.ask("count").split()[-1] == "0")
            device.ask("faults")

    def make_kit(self):
        if os.path.exists(self.kit):
            os.unlink(self.kit)
        self.centre.run("key", "kit", self.kit, "--passphrase-stdin", input=self.passphrase + "\n")

    def backup(self):
        self.centre.program.stop()
        shutil.copytree(self.centre.state, self.centre.state + ".backup")
        self.centre.start()

    def lose(self):
        """The disk is gone, and with it all that only it had."""
        self.centre.program.kill()
        shutil.rmtree(self.centre.state)
        self.centre.token = None
        self.oracle.forget()

    def from_backup(self):
        shutil.copytree(self.centre.state + ".backup", self.centre.state)
        self.centre.start()

    def from_kit(self):
        self.centre.run("restore", "--kit", self.kit, input=self.passphrase + "\n")
        self.centre.start()

    def enroll_again(self, office):
        """One command here, one there; it then sends all that it keeps, under its new name."""
        until("it collects and is not known", lambda: office.program.is_running)
        code = self.centre.add_node("Kelurahan Baru")
        office.program.stop()
        office.enroll(code)
        office.start()

    def judge(self, tally):
        found = self.oracle.judge(meanwhile=lambda: None)
        tally.add(found)
        tally.wrong += found.wrong
        tally.note("refilled_s", max(tally.notes.get("refilled_s", 0), found.notes["settled_s"] or 0))
        missing = [line for line in self.centre.get("/api/v1/gaps").get("gaps", [])]
        if missing:
            tally.fail(f"gaps are left: {missing[:2]}")
        checked = self.box.attempt("hadir-central", "verify", "--state", self.centre.state)
        if checked.returncode != 0:
            tally.fail(f"the centre is not whole: {checked.stdout[-300:]}{checked.stderr[-200:]}")
        tally.count += 1


def centre(turn):
    """B21 The centre's disk is lost: from an old backup, or from the recovery kit alone, the offices fill it unasked."""
    tally = Tally()
    for number in turn.times():
        with Box() as box:
            government = Government(box, turn.random)
            way = ("kit", "backup", "old kit")[number % 3]
            government.make_kit()
            if way == "old kit":
                # Enrolled after the kit was made: nobody knows it afterwards.
                for device in government.add(len(OFFICES), "Kelurahan Baru"):
                    government.oracle.adopt(device)
            if way == "backup":
                government.backup()
            government.scan(turn.random.randint(20, 60))
            government.arrives()
            if turn.random.random() < 0.7:
                government.forget()
            # On some days the offices have something waiting as well, or are not even running.
            government.lose()
            government.scan(turn.random.randint(0, 20))
            if turn.random.random() < 0.5:
                government.offices[0].program.kill()
            if way == "backup":
                government.from_backup()
            else:
                government.from_kit()
            for office in government.offices:
                if not office.program.is_running:
                    office.start()
            if way == "old kit":
                government.enroll_again(government.offices[-1])
            government.judge(tally)
            tally.note(way, tally.notes.get(way, 0) + 1)
    return tally


RIGS = [Rig("lost-centre", centre, full=24, short=1, what="drills", share=6)]
