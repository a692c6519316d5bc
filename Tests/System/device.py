"""Command of the device, with the real programs: its clock, its name, its log, and what somebody did at its menu."""

import json
import os
import re
import sqlite3
import time

from box import Box, Centre, Device, Failure, Office, until
from commands import expect

UNIT = "Dinas Kesehatan"


class Place:
    """One device, one office, and a centre that may be down."""

    def __init__(self, box, serial="DEVICE000001", options=(), stanza=""):
        self.box = box
        self.device = Device(box, "lobby", serial, options=["--users", "9", "--records", "30", *options])
        self.centre = Centre(box)
        self.office = Office(box, "office", UNIT, [self.device.stanza(poll="1s", extra=stanza)], heartbeat="1s")
        self.office.enroll(self.centre.add_node(UNIT))
        self.office.start()
        until("the log at the centre", lambda: len(self.centre.punches()) == 30)

    @property
    def here(self):
        return ["--config", self.office.configuration, "--state", self.office.state]

    def hadir(self, *arguments, expect=0):
        return self.box.run("hadir", "device", *arguments, *self.here, expect=expect)

    def entries(self, kind):
        """Bodies of that kind at the centre."""
        with sqlite3.connect(f"file:{self.centre.state}/central.db?mode=ro", uri=True) as database:
            bodies = [json.loads(body) for (body,) in database.execute("SELECT body FROM entries")]
        return [body for body in bodies if body["kind"] == kind]

    def operations(self, source="command"):
        return [body for body in self.entries("operation") if body["source"] == source]

    def alarms(self):
        return [body["code"] for body in self.entries("alarm")]

    def text(self):
        with open(self.office.configuration, encoding="utf-8") as file:
            return file.read()


def test_device_clock_set_by_command_is_told_at_the_centre_and_a_hand_at_the_menu_raises_an_alarm():
    with Box() as box:
        place = Place(box)
        place.device.ask("clock -400")
        look = json.loads(place.hadir("clock", "lobby", "--json"))
        expect(abs(look["clock_offset"] + 400) <= 2, f"offset {look['clock_offset']}")
        done = json.loads(place.hadir("clock", "lobby", "--set", "--json"))
        expect(abs(done["offset_now"]) <= 2, f"offset now {done['offset_now']}")
        told = until("the entry at the centre", place.operations)
        expect(len(told) == 1 and told[0]["what"] == "clock_set" and told[0]["by"], f"{told}")
        expect(told[0]["before"] < told[0]["after"], f"{told[0]}")
        until("the device's own word", lambda: [o for o in place.operations("log") if o["what"] == "clock_set"])
        expect("clock_touched" not in place.alarms(), "an alarm for what hadir did")
        # Somebody with the device's address and another program: no entry of ours. Within seconds of ours it would be taken for
        # ours.
        time.sleep(8)
        place.device.ask("clock +7200")
        box.run("hadir", "device", "clock", f"udp://127.0.0.1:{place.device.ports['udp']}", "--set", "--state",
                os.path.join(box.folder, "nobody"))
        until("the alarm", lambda: "clock_touched" in place.alarms())
        expect(place.alarms().count("clock_touched") == 1, f"{place.alarms()}")
        return f"{len(place.operations('log'))} operations of the device, {len(told)} of ours"


def test_device_renamed_and_retired_while_hadird_runs():
    with Box() as box:
        place = Place(box)
        before = place.text()
        place.hadir("rename", "lobby", "depan")
        expect(place.text() == before.replace("[device.lobby]", "[device.depan]"), "more than the name changed")
        place.device.ask("scan 3")
        until("the scan at the centre", lambda: len(place.centre.punches()) == 31)
        # A live scan is at the centre before the next reading counts the log.
        until("the next reading", lambda: json.loads(place.hadir("show", "depan", "--json"))["records"] == 31)
        show = json.loads(place.hadir("show", "depan", "--json"))
        expect(show["serial"] == place.device.serial and show["records"] == 31, f"{show}")
        place.hadir("retire", "depan", expect=64)
        place.hadir("retire", "depan", "--yes")
        expect("# [device.depan]" in place.text() and "retired" in place.text(), place.text())
        until("nobody reads it", lambda: place.device.ask("stats")["listeners"] == 0)
        expect(len(place.centre.punches()) == 31, "what was read stays")


def test_device_restarts_and_is_read_again():
    with Box() as box:
        place = Place(box)
        done = json.loads(place.hadir("restart", "lobby", "--yes", "--wait", "20", "--json"))
        expect(done["answers_after"] >= 0, f"{done}")
        place.device.ask("scan 4")
        until("the scan at the centre", lambda: len(place.centre.punches()) == 31)
        expect([o["what"] for o in place.operations()] == ["restarted"], f"{place.operations()}")
        starts = [o for o in place.operations("log") if o["what"] == "switched_on"]
        expect(len(starts) == 2, f"{starts}")


def test_device_log_is_cleared_only_with_receipts():
    with Box() as box:
        place = Place(box)
        place.centre.program.kill()
        place.device.ask("scan 5")
        refused = box.attempt("hadir", "device", "clear-log", "lobby", "--serial", place.device.serial, "--wait", "3",
                              *place.here)
        expect(refused.returncode == 69 and "not acknowledged" in refused.stderr, refused.stderr)
        expect(place.device.ask("count") == "31", "a log was cleared without a receipt")
        place.centre.start()
        wrong = box.attempt("hadir", "device", "clear-log", "lobby", "--serial", "OTHER", *place.here)
        expect(wrong.returncode == 64, wrong.stderr)
        # The back-off of the dead time may last a little.
        until("the centre has all", lambda: place.office.journal()["pending"] == 0, wait=90)
        done = place.hadir("clear-log", "lobby", "--serial", place.device.serial)
        expect("31 records cleared" in done, done)
        expect(place.device.ask("count") == "0", "the log is not empty")
        expect(not place.device.ask("stats")["is_disabled"], "the device is still blocked")
        place.device.ask("scan 6")
        until("the next scan at the centre", lambda: len(place.centre.punches()) == 32)
        told = until("the entry", place.operations)
        expect(told[-1]["what"] == "log_cleared" and (told[-1]["before"], told[-1]["after"]) == ("31", "0"), f"{told}")
        time.sleep(3)
        expect(not {"log_cleared", "log_touched", "log_not_reconciled"} & set(place.alarms()), f"{place.alarms()}")
        holes = [hole["why"] for body in place.entries("coverage") for hole in body["holes"]]
        expect(not holes, f"holes {holes}")
        # The next time it is somebody's hand.
        place.device.ask("clear-log")
        until("the alarm", lambda: "log_cleared" in place.alarms())


def test_device_nearly_full_is_shown_before_it_is():
    with Box() as box:
        place = Place(box, options=["--capacity", "32"])
        until("the alarm", lambda: "log_nearly_full" in place.alarms())
        place.device.ask("scan 3")
        until("the next alarm", lambda: "log_almost_full" in place.alarms())
        place.box.run("hadir", "device", "capacity", "--state", place.office.state, expect=1)
        expect(re.search(r"31, 96 % full", place.hadir("list")), place.hadir("list"))
