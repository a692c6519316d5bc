"""The people on devices, through the real programs: rosters, backups, fingers, a device that is replaced."""

import json
import os

from box import Box, Centre, Device, Failure, Office, until


def expect(condition, what):
    if not condition:
        raise Failure(what)


def people(device):
    """user id: (name, privilege, card, password) as they lie on the device."""
    return {line.split("\t")[1]: tuple(line.split("\t")[2:]) for line in device.ask("users")}


def write(box, name, lines):
    path = os.path.join(box.folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


class Desk:
    """An office with a daemon that holds the devices, a key for backups, and commands."""

    def __init__(self, box, *devices):
        self.box = box
        self.centre = Centre(box)
        self.office = Office(box, "dinkes", "Dinas Kesehatan", [device.stanza() for device in devices])
        self.office.enroll(self.centre.add_node("Dinas Kesehatan"))
        self.office.start()
        self.here = ["--config", self.office.configuration, "--state", self.office.state]
        self.key = os.path.join(box.folder, "backup.key")
        box.run("hadir", "device", "backup", "--new-key", self.key, *self.here)

    def hadir(self, *words, expect=0, input=None):
        return self.box.run("hadir", *words, *self.here, expect=expect, input=input)

    def entries(self, kind):
        text = self.box.run("hadir", "journal", "tail", "--count", "5000", "--state", self.office.state)
        bodies = [json.loads(line[line.index("{"):]) for line in text.splitlines() if "{" in line]
        return [body for body in bodies if body["kind"] == kind]


def test_edits_reach_devices_journal_and_no_log():
    with Box() as box:
        lobby = Device(box, "lobby", "CJ9L170560001", options=["--users", "9"])
        gudang = Device(box, "gudang", "CJ9L170560002", "legacy", options=["--users", "9"])
        desk = Desk(box, lobby, gudang)
        desk.hadir("user", "add", "4001", "--name", "Sari Wulandari", "--card", "86753091", "--password-stdin", "--all",
                   input="90817263\n", expect=1)
        expect(people(lobby)["4001"] == ("Sari Wulandari", "0", "86753091", "90817263"), f"{people(lobby)['4001']}")
        expect("4001" not in people(gudang), "8 digits of password do not fit the old device, and it has the user")
        desk.hadir("user", "add", "4001", "--name", "Sari Wulandari", "--device", "gudang", "--password-stdin",
                   input="90817\n")
        expect(people(gudang)["4001"] == ("Sari Wul", "0", "0", "90817"), f"{people(gudang)['4001']}")
        desk.hadir("user", "set", "4001", "--privilege", "enroller", "--card", "none", "--all")
        expect(people(lobby)["4001"] == ("Sari Wulandari", "2", "0", "90817263"), f"{people(lobby)['4001']}")
        shown = json.loads(desk.hadir("user", "show", "4001", "--all", "--json"))
        expect([row["password"] for row in shown] == [True, True], f"{shown}")
        desk.hadir("user", "remove", "4001", "--all")
        expect("4001" not in people(lobby) and "4001" not in people(gudang), "not removed")
        # The devices' own logs tell of the same, too.
        what = [(body["serial"], body["what"]) for body in desk.entries("operation") if body["source"] == "command"]
        expect(sorted(what) == sorted([(serial, word) for serial in (lobby.serial, gudang.serial)
                                       for word in ("user_added", "user_changed", "user_deleted")]), f"{what}")
        users = [body for body in desk.entries("user") if body["user_id"] == "4001"]
        expect({body["serial"] for body in users if body.get("removed")} == {lobby.serial, gudang.serial}, f"{users}")
        with open(desk.office.program.log_path) as log:
            told = log.read() + json.dumps(desk.entries("operation")) + json.dumps(users)
        for secret in ("86753091", "90817"):
            expect(secret not in told, f"{secret} in journal or log")
        return f"{len(what)} operations, {len(users)} user entries"


def test_a_bad_roster_deletes_nobody():
    with Box() as box:
        lobby = Device(box, "lobby", "CJ9L170560001", options=["--users", "40"])
        desk = Desk(box, lobby)
        before = people(lobby)
        lines = desk.hadir("user", "export", "--device", "lobby").splitlines()
        for name, roster, word in [
                ("empty", lines[:2], "has no users"), ("halved", lines[:21], "--allow-shrink 19"),
                ("short", lines[:37], "--max-deletions 5"), ("doubled", lines + lines[-1:], "already")]:
            done = box.attempt("hadir", "device", "sync", "lobby", "--users", write(box, name, roster),
                               "--key", desk.key, *desk.here)
            expect(done.returncode in (1, 65) and word in done.stdout + done.stderr, f"{name}: {done}")
            expect(people(lobby) == before, f"{name}: the device was changed")
        stats = lobby.ask("stats")
        expect(stats["destructive"] == 0, f"{stats}")


def test_sync_of_a_roster_killed_in_the_middle():
    with Box() as box:
        lobby = Device(box, "lobby", "CJ9L170560001", options=["--users", "60"])
        desk = Desk(box, lobby)
        before = people(lobby)
        lines = desk.hadir("user", "export", "--cards", "--device", "lobby").splitlines()
        gone = [line.split(",")[0] for line in lines[-5:]]
        new = [f"{7000 + number},Orang {number},user,none,1,no" for number in range(300)]
        roster = write(box, "roster.csv", lines[:-5] + new)
        sync = ["device", "sync", "lobby", "--users", roster, "--key", desk.key]
        dry = desk.hadir(*sync, "--dry-run")
        expect("300 to add, 0 to change, 5 to delete, 55 unchanged" in dry, dry[:300])
        expect(people(lobby) == before, "a dry run changed the device")
        lobby.ask("faults delay=10")
        command = box.start("sync", ["hadir", *sync, *desk.here])
        until("part of the roster", lambda: len(people(lobby)) > 120, every=0.02)
        command.kill()
        half = len(people(lobby))
        lobby.ask("faults")
        expect(60 < half < 355, f"not in the middle: {half}")
        until("the device enabled", lambda: not lobby.ask("stats")["is_disabled"])
        expect("  ok" not in lobby.ask("scan 1 in"), "a scan is refused")
        report = json.loads(desk.hadir(*sync, "--json"))["users"][0]
        expect(report["confirmed"] == 355 - half and report["unchanged"] == half, f"{half} {report}")
        expect(len(people(lobby)) == 355 and not set(gone) & set(people(lobby)), "the roster is not on the device")
        first = sorted(os.listdir(os.path.join(desk.office.state, "backups")))[0]
        undo = desk.hadir("device", "restore", "lobby", "--users", "--key", desk.key, "--max-deletions", "300",
                          "--allow-shrink", "60", "--from", os.path.join(desk.office.state, "backups", first))
        expect(people(lobby) == before, f"not undone: {undo[-300:]}")
        return f"killed at {half} of 355 users; {report['confirmed']} left for the second run"


def test_backup_enroll_and_replace():
    with Box() as box:
        lobby = Device(box, "lobby", "CJ9L170560001", options=["--users", "8", "--records", "30"])
        spare = Device(box, "spare", "CJ9L170569999", options=["--users", "0"])
        desk = Desk(box, lobby)
        user = next(iter(people(lobby)))
        enroll = box.start("enroll", ["hadir", "finger", "enroll", "--device", "lobby", "--user", user, "--finger", "6",
                                      *desk.here])
        for number in range(3):
            until("the question for the finger", lambda: f"({number + 1} of 3)" in enroll.tail())
            lobby.ask("touch good")
        expect(enroll.process.wait(30) == 0, enroll.tail())
        expect(len(lobby.ask("fingers")) == 1, "no finger on the device")
        backup = os.path.join(box.folder, "lobby.backup")
        desk.hadir("device", "backup", "lobby", "--templates", "--to", backup, "--key", desk.key)
        with open(backup, "rb") as file:
            sealed = file.read()
        with open(backup, "wb") as file:
            file.write(sealed[:-1] + bytes([sealed[-1] ^ 1]))
        bad = box.attempt("hadir", "device", "restore", "lobby", "--users", "--from", backup, "--key", desk.key,
                          *desk.here)
        expect(bad.returncode == 65 and "altered" in bad.stderr, f"{bad}")
        until("the old log at the centre", lambda: len(desk.centre.punches()) == 30)
        done = desk.hadir("device", "replace", "lobby", spare.url, "--key", desk.key)
        expect(people(spare) == people(lobby) and len(spare.ask("fingers")) == 1, f"not copied: {done}")
        lobby.program.kill()
        spare.ask(f"scan {user} in")
        until("a scan on the new device at the centre", lambda: any(
            punch["device_serial"] == spare.serial for punch in desk.centre.punches()))
        serials = {punch["device_serial"] for punch in desk.centre.punches()}
        expect(serials == {lobby.serial, spare.serial}, f"{serials}")
        return "8 users, 1 finger; history of both serials at the centre"
