"""The real edge, tried by a centre in Python that lies, forgets and hangs up; devices are simulated."""

import os
import re
import sqlite3
import threading
import time
from random import Random
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import contract_rules as rules
from box import Box, Device, Office, free_port, until
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fake_centre import FakeCentre
from rig import Rig, Tally, expect
from service import slow_disk, start

# Each needs an office of its own; so many are tried at a time in a full run.
OFFICES = 4


class Stage:
    """One office with devices that are asked and one that reports by itself; its centre is not a real one."""

    def __init__(self, box, rng):
        self.box, self.rng, self.tally, self.fake = box, rng, Tally(), FakeCentre()
        self.lobby = Device(box, "lobby", "EDGE00000001", options=["--records", "40", "--users", "30"])
        self.gudang = Device(box, "gudang", "EDGE00000002", options=["--records", "40", "--users", "30"])
        other = Device(box, "lain", "EDGE00000009", options=["--records", "20", "--users", "9"])
        self.port = free_port()
        self.made = [(device.serial, *record) for device in (self.lobby, self.gudang) for record in device.records()]
        self.office = Office(box, "office", "Misal", [
            f"[push]\nlisten = \"127.0.0.1:{self.port}\"\n", self.lobby.stanza(poll="1s"),
            self.gudang.stanza(poll="1s", live=False),
            "[device.push]\naddress = \"push://\"\nserial = \"EDGEPUSH0001\"\n",
            other.stanza(poll="1s").replace("EDGE00000009", "EDGE00000003")], heartbeat="1s")
        self.office.enroll(self.fake.code())
        shim = slow_disk(box)
        expect(shim, "needs a C compiler")
        self.environment, self.stall = shim
        self.journal = os.path.join(self.office.state, "journal.db")
        self.pushed = 0

    def start(self):
        start(self.box, self.office, environment=self.environment)

    def restart(self):
        self.office.program.stop()
        self.start()

    def scan(self, device=None):
        device = device or self.lobby
        words = device.ask(f"scan {self.rng.randint(1, 30)}").split()
        self.made.append((device.serial, words[1], words[0]))

    def scan_at(self, user, moment):
        """With a device time and a user id of any kind."""
        self.lobby.ask(f"scan {user} at {moment}")
        parts = [int(part) for part in moment.replace("T", "-").replace(":", "-").split("-")]
        self.made.append((self.lobby.serial, user, rules.device_time_text(parts, rules.packed_time(*parts))))

    def push(self, count=1):
        """Some scans of the device that reports by itself; the status it was answered."""
        scans = []
        for _ in range(count):
            self.pushed += 1
            moment = f"2026-11-21 {self.pushed // 3600:02}:{self.pushed // 60 % 60:02}:{self.pushed % 60:02}"
            scans.append((str(self.rng.randint(1, 30)), moment))
        body = "".join(f"{user}\t{moment}\t0\t1\t0\n" for user, moment in scans).encode()
        url = f"http://127.0.0.1:{self.port}/iclock/cdata?SN=EDGEPUSH0001&table=ATTLOG&Stamp={self.pushed}"
        try:
            with urlopen(Request(url, body, {"content-type": "text/plain"}), timeout=30) as answer:
                status = answer.status
        except HTTPError as error:
            status = error.code
        except OSError:
            status = None
        if status == 200:
            self.made += [("EDGEPUSH0001", user, moment.replace(" ", "T")) for user, moment in scans]
        return status

    def settle(self):
        self.fake.hold(False)
        self.fake.settle(len(self.made))


# Answers that are none

def another_key(fake, batch):
    batch.answer(200, fake.receipt(batch, key=Ed25519PrivateKey.generate(), **believed(batch)))


def another_batch(fake, batch):
    batch.answer(200, fake.receipt(batch, **believed(batch), batch=os.urandom(16).hex()))


def believed(batch):
    """What a receipt would have to say to be harmful."""
    return {"high_water": batch.header["last"], "end_hash": batch.header["end_hash"]}


def lying(answer):
    return lambda fake, batch: batch.answer(*answer)


BAD = [another_key, another_batch, *[lying(answer) for answer in (
    (200, b""), (200, b"OK"), (200, b"<html>Selamat datang</html>"), (201, b"{}"), (302, b"", {"Location": "/"}),
    (400, b"{}"), (401, b""), (403, b"no"), (404, b""), (409, b""), (422, b""), (500, b""), (502, b""), (511, b""),
    (429, b"", {"Retry-After": "1"}), (503, b"", {"Retry-After": "1"}), (None, b""))]]


def answers_that_are_none(stage, count=3):
    """Whatever is not signed by the centre for this very batch changes nothing: the same entries come again."""
    fake = stage.fake
    fake.hold()
    stage.scan()
    batch = fake.next()
    for bad in stage.rng.sample(BAD, count):
        bad(fake, batch)
        again = fake.next()
        expect(again.header["first"] <= batch.header["first"], "other entries than those that were not acknowledged")
        batch = again
    fake.accept(batch)
    stage.settle()


def every_kind_of_answer(stage):
    """One 200 of a stranger, one 4xx, one receipt of another key, one to another batch."""
    fake = stage.fake
    for bad in (lying((200, b"OK")), lying((403, b"no")), another_key, another_batch):
        fake.hold()
        stage.scan()
        batch = fake.next()
        bad(fake, batch)
        fake.accept(fake.next())
        stage.settle()


def killed_before_the_answer(stage):
    """What was sent and not answered is sent again after SIGKILL."""
    fake = stage.fake
    fake.hold()
    stage.scan()
    batch = fake.next()
    stage.office.program.kill()
    if stage.rng.random() < 0.3:
        fake.keep(batch)
    batch.answer(None, b"")
    fake.hold(False)
    stage.start()
    stage.settle()


def an_old_receipt(stage):
    """The centre lost its last hours; the receipt of then comes once more, and must not count for them."""
    fake = stage.fake
    fake.hold()
    stage.scan()
    batch = fake.next()
    fake.keep(batch)
    receipt, epoch, before = fake.receipt(batch), batch.header["epoch"], batch.header["first"] - 1
    batch.answer(200, receipt)
    beat = fake.beat()
    fake.forget(before, epoch)
    beat.answer(409, fake.receipt(beat, "gap"))
    again = fake.next()
    expect(again.header["first"] == before + 1, f"asked for {before + 1}, sent {again.header['first']}")
    again.answer(200, receipt)
    fake.hold(False)
    stage.settle()


def a_fork(stage):
    """Told that it forked, it begins anew, and everything that devices have comes again."""
    fake = stage.fake
    beat, before = fake.beat(), set(fake.hashes)
    beat.answer(409, fake.receipt(beat, "fork"))
    fake.hold(False)
    there = int(stage.lobby.ask("count")) + int(stage.gudang.ask("count"))

    def all_again():
        new = [body for epoch, bodies in list(fake.bodies.items()) if epoch not in before for body in list(bodies)]
        return sum(b'"kind":"punch"' in body for body in new) >= there

    until("all of it in the new epoch", all_again, wait=30)


def orders(stage):
    """One that is due, told with every receipt; one that is over; one that this office does not allow."""
    fake = stage.fake
    # Nothing else is on its way.
    beat = fake.beat()
    later, over = "2099-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"
    names = [os.urandom(8).hex() for _ in range(3)]
    begun = len(fake.firsts)
    fake.orders = [
        {"id": names[0], "kind": "resend", "args": {"from": "1"}, "expires": later},
        {"id": names[1], "kind": "resend", "args": {"from": "1"}, "expires": over},
        {"id": names[2], "kind": "users", "args": {"serial": stage.lobby.serial}, "expires": later}]
    fake.accept(beat)
    fake.hold(False)

    def results():
        return {entry["id"]: entry["result"] for entry in fake.told("order") if entry["id"] in names}

    until("the results of three orders", lambda: len(results()) == 3, wait=30)
    until("some more receipts", lambda: fake.firsts[begun:].count(None) >= 4, wait=30)
    fake.orders = []
    expect([results()[name] for name in names] == ["done", "expired", "refused"], f"orders: {results()}")
    sent = fake.firsts[begun:].count(1)
    expect(sent == 1, f"one order to send again, and it was done {sent} times")


def storms(stage):
    """A centre that is broken is not stormed."""
    fake = stage.fake
    stage.settle()
    begun = len(fake.firsts)
    fake.hold()
    stage.scan()
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        if not fake.held.empty():
            fake.held.get().answer(500, b"")
        time.sleep(0.005)
    tries = sum(first is not None for first in fake.firsts[begun:])
    expect(tries <= 15, f"{tries} tries in two and a half seconds")
    fake.hold(False)
    stage.restart()
    stage.settle()


def odd_scans(stage):
    """Twice in one second, on a date that is none, by nobody, by somebody whom nobody knows."""
    second = f"2026-11-{stage.rng.randint(1, 28):02}T{stage.rng.randint(0, 23):02}:15:{stage.rng.randint(0, 59):02}"
    for user, moment in (("5", second), ("5", second), ("6", "2026-02-31T07:15:09"), ("0", second), ("99999", second)):
        stage.scan_at(user, moment)
    stage.settle()


def a_log_begun_anew(stage):
    """Cleared while nobody looked, and by now longer than it was."""
    stage.settle()
    stage.office.program.stop()
    count = int(stage.gudang.ask("count"))
    stage.gudang.ask("clear-log")
    stage.gudang.ask("clock +3600")
    for number in range(count + 9):
        stage.gudang.ask("clock +2")
        stage.scan(stage.gudang)
    stage.start()
    stage.settle()


def a_journal_that_refuses(stage):
    """While the journal takes nothing, neither the cursor moves nor does a device hear that its scans are kept."""
    stage.settle()
    stage.office.program.stop()
    change(stage.journal, "CREATE TABLE refusal (only INTEGER)", "INSERT INTO refusal VALUES (1)",
           "CREATE TRIGGER refuse BEFORE INSERT ON journal WHEN EXISTS (SELECT 1 FROM refusal) "
           "BEGIN SELECT RAISE(ABORT, 'no more'); END")
    before = cursor(stage.journal, stage.gudang)
    expect(before is not None, "a device that was read has no cursor")
    stage.start()
    for _ in range(3):
        stage.scan(stage.gudang)

    def failed():
        return len(re.findall(r"device\.failed .*gudang.*no more", stage.office.program.tail(5000)))

    # Of this very device, and the second of them began after the last scan: one before may have been of nothing new.
    failed_before = failed()
    until("readings that cannot be kept", lambda: failed() > failed_before + 1, wait=60)
    expect(stage.push() != 200, "a device was told that scans are kept, and they are not")
    stage.office.program.stop()
    # What comes next may read everything again and find the scans all the same: the cursor itself is asked.
    expect(cursor(stage.journal, stage.gudang) == before, "the cursor went past scans that are not in the journal")
    change(stage.journal, "DELETE FROM refusal")
    stage.start()
    stage.settle()


def cursor(path, device):
    """How far this device's log was read, as the journal has it."""
    database = sqlite3.connect(path)
    try:
        return database.execute("SELECT last_cursor FROM device WHERE serial = ?", [device.serial]).fetchone()[0]
    finally:
        database.close()


def change(path, *statements):
    """A disk asks no trigger: those of the journal stand aside meanwhile."""
    database = sqlite3.connect(path)
    try:
        triggers = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        statements = [*(f"DROP TRIGGER {name}" for name, _ in triggers), *statements, *(sql for _, sql in triggers)]
        for statement in statements:
            database.execute(statement)
        database.commit()
    finally:
        database.close()


def altered_on_the_disk(stage):
    """A row that the disk changed is never sent; what nobody else has any more is taken over from the damaged file."""
    fake = stage.fake
    stage.settle()
    fake.hold()
    expect(stage.push(3) == 200, "the push was refused")
    stage.scan_at("4242", f"2026-10-{stage.rng.randint(1, 28):02}T08:{stage.rng.randint(0, 59):02}:01")
    until("it in the journal", lambda: waits(stage.journal, "4242"))
    stage.office.program.kill()
    while not fake.held.empty():
        fake.held.get().answer(None, b"")
    change(stage.journal, "UPDATE journal SET body = CAST(replace(CAST(body AS TEXT), '\"user_id\":\"4242\"', "
           "'\"user_id\":\"7777\"') AS BLOB) WHERE seq > (SELECT acked_seq FROM epoch)",
           f"UPDATE epoch SET epoch = '{'x' * 32}'")
    fake.hold(False)
    stage.start()
    stage.settle()
    expect(not any(punch["user_id"] == "7777" for punch in fake.punches().values()), "an altered row was sent")


def waits(path, user):
    """Whether a scan of this user is journaled and not acknowledged."""
    database = sqlite3.connect(path)
    try:
        return database.execute(
            "SELECT count(*) FROM journal WHERE seq > (SELECT acked_seq FROM epoch) AND CAST(body AS TEXT) LIKE ?",
            [f'%"punch"%"user_id":"{user}"%']).fetchone()[0]
    finally:
        database.close()


def answers_wait_for_the_disk(stage):
    """While the disk does not say that it has the scans, the device that sent them hears nothing."""
    answers = []
    open(stage.stall, "w").close()
    asked = threading.Thread(target=lambda: answers.append(stage.push()))
    asked.start()
    asked.join(1.5)
    early = list(answers)
    os.unlink(stage.stall)
    asked.join(30)
    expect(not early, "a device was answered before the disk had its scans")
    expect(answers == [200], f"answered {answers}")


def a_clock_ten_years_ahead(stage):
    """The centre's clock leaps: nothing is old for that, and all of it can be sent again."""
    fake = stage.fake
    stage.settle()
    fake.shift = 3650
    stage.restart()
    stage.scan()
    stage.settle()
    beat = fake.beat()
    fake.forget(0, beat.header["epoch"])
    beat.answer(409, fake.receipt(beat, "gap"))
    batch = fake.next()
    expect(batch.header["first"] == 1, f"asked for all, sent from {batch.header['first']} on")
    fake.accept(batch)
    fake.shift = 0
    stage.settle()


SCENES = [every_kind_of_answer, killed_before_the_answer, an_old_receipt, a_fork, orders, storms, odd_scans,
          a_log_begun_anew, a_journal_that_refuses, altered_on_the_disk, answers_wait_for_the_disk,
          a_clock_ten_years_ahead]


def one_office(turn, number, count, tallies):
    rng = Random(turn.seed * OFFICES + number)
    with Box() as box:
        stage = Stage(box, rng)
        tallies.append(stage.tally)
        scene = Stage.settle
        try:
            stage.start()
            scene(stage)
            for scene in rng.sample(SCENES, len(SCENES)):
                scene(stage)
            while stage.fake.requests < count and (turn.end is None or time.monotonic() < turn.end):
                scene = rng.choice([answers_that_are_none, killed_before_the_answer, odd_scans])
                scene(stage)
            stage.scan()
            stage.settle()
        except Exception as error:  # In a thread of its own, nobody else would hear of it.
            stage.tally.fail(f"{scene.__name__}: {type(error).__name__}: {error}")
        stage.tally.count = stage.fake.requests
        stage.fake.compare(stage.made, stage.tally)


def at_the_edge(turn):
    """A3 A4 B1 B12 B21 C5 C10 D7 D11 E1 E2 E4 E7 E8 E22 F9 A centre in Python lies, forgets and hangs up;
    the edge believes what is signed for it."""
    offices = OFFICES if turn.count > 200 else 1
    tallies = []
    threads = [threading.Thread(target=one_office, args=(turn, number, turn.count // offices, tallies))
               for number in range(offices)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
        whole.count += tally.count
        whole.wrong += tally.wrong
    return whole


RIGS = [Rig("contract-edge", at_the_edge, full=1000, short=60, what="exchanges", fail_points=True, share=3)]
