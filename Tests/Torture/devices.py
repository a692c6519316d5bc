"""Devices that do everything wrong that the simulator can, and some that were never devices."""

import datetime
import json
import os
import random
import re
import socket
import subprocess
import threading
import time
from collections import Counter

from box import Box, Centre, Failure, Office, PROGRAMS
from client import Watch
from cuts import Daemon, fleet
from oracle import Oracle
from rig import Rig, Tally, expect

UNIT = "Dinas Kesehatan"
# MiB of its own that hadird may have; measured: below half of it.
MOST_MEMORY = {"office": 96}
# What a scan at a device without faults may need to the centre, for 99 of 100, in seconds.
MOST_WAIT = 5.0
# What a person types as a user id: data from the device to the last page.
HOSTILE = ["';DROP", "=1+2", "+cmd|x", "@SUM(A1)", "<b>7</b>", "a\u202eb", "\u0130\u0131", "-1", "%00", "\\..\\", "&lt;",
           "${7*7}", "٣٤", "0x7", "1e9", "{{7}}", "\ufeff8"]


# Only a time-out of a minute or so ends them: too long for a short pass.
LASTING = {"silent", "slow", "hang-operations", "soap-stall", "soap-open", "second-client", "delay"}


def faults():
    """Every fault of the simulator, as its own help has them: name, what values it takes, whether it happens once."""
    text = subprocess.run([f"{PROGRAMS}/hadir-sim", "run", "--help"], capture_output=True, text=True, check=True,
                          env={"COLUMNS": "500"}).stdout
    section = text[text.index("\nFAULTS\n"):text.index("\nCONTROL\n")]
    found = {}
    for name, rest in re.findall(r"^  ([a-z][a-z0-9-]*) +(.*)$", section, re.M):
        values = re.match(r"(N|P|MS|SECONDS|[a-z0-9]+(?:, [a-z0-9]+)* or [a-z0-9]+): ", rest)
        found[name] = values.group(1) if values else None
    expect(len(found) > 30 and found.get("drop") == "P" and found.get("soap-cut"), f"the help lists {list(found)}")
    return found


def value(name, kind, rng):
    """The fault as the control socket takes it."""
    if kind is None:
        return name
    given = {"N": lambda: rng.choice([2, 2, 16, 100, rng.randint(1, 3000)]), "P": lambda: f"{rng.uniform(0.02, 0.5):.2f}",
             "MS": lambda: rng.choice([1, 50, 900]), "SECONDS": lambda: rng.choice([-1, 1]) * rng.randint(1, 3_000_000)}
    if name == "soap-blank":
        return f"{name}={rng.randrange(3)}"
    return f"{name}={given[kind]() if kind in given else rng.choice(re.split(', | or ', kind))}"


class Patient:
    """A device that gets one fault, or several, after the other, and the ledger of all that ever stood in its log."""

    # Somebody takes records away: only what was read before can be asked for.
    TAKES_AWAY = {"clear", "rollover"}
    # A full log drops its oldest record with every scan from then on, read or not. What is dropped unread nobody can
    # ever know, so a log goes round with this many records at least, and is read before half of them are unread.
    RING = 60

    def __init__(self, device, office):
        self.device, self.office, self.ledger, self.made = device, office, Counter(), 0
        # What was done to it and what its log then had: it stays with a box that is kept (HADIR_KEEP).
        self.story = os.path.join(os.path.dirname(device.control), device.name + ".story")
        self.goes_round, self.read_up_to = False, 0
        self.learn()

    def tell(self, **what):
        with open(self.story, "a", encoding="utf-8", errors="surrogateescape") as file:
            file.write(json.dumps({"at": datetime.datetime.now().isoformat(), **what}) + "\n")

    def learn(self):
        lines = self.device.ask("export")
        rows = [line.split("\t") for line in lines] if isinstance(lines, list) else []
        # Read again, a record is the same record: as many as any one export had.
        self.tell(log=rows)
        self.ledger |= Counter((user, moment, int(verify), int(state)) for user, moment, verify, state in rows)

    def sync(self, wait):
        """What came of a reading: None where it was whole, the problem, or that it takes longer than `wait`."""
        try:
            with Daemon(self.office) as daemon:
                daemon.connection.settimeout(wait)
                problem = daemon.sync(self.device)
        except TimeoutError:
            problem = "still reading"
        self.tell(synced=problem)
        return problem

    def heal(self, wait=200):
        self.do("faults")
        if self.device.url.startswith("soap") and self.device.ask("count") == "0":
            # Over SOAP an empty log is what a busy device and a wrong key look like: it is believed when scans come.
            self.do("scan 1")  # No client can disable it there.
        end = time.monotonic() + wait
        while True:
            made = self.device.ask("stats")["scans"]
            if (problem := self.sync(wait)) is None:
                self.read_up_to = made
                return
            expect(time.monotonic() < end, f"{self.device.name}: not read without faults: {problem}")
            time.sleep(0.5)

    def do(self, command):
        try:
            answer = self.device.ask(command)
        except Failure as failure:
            self.tell(did=command, error=str(failure))
            raise
        self.tell(did=command, answer=answer)
        return answer

    def make_room(self, rng):
        """The log is read and long enough to go round without loss."""
        self.heal()
        end = time.monotonic() + 60
        while int(self.device.ask("count")) < self.RING:
            expect(time.monotonic() < end, f"{self.device.name}: takes no scans")
            self.scan(rng)
            # Dozens in one second would be the same people over and over: the log must not go round within one.
            self.device.ask("clock +1")
        self.heal()
        self.learn()

    def suffer(self, names, kinds, rng, wait):
        if self.goes_round and self.device.ask("stats")["scans"] - self.read_up_to > self.RING // 2:
            self.heal()
        if self.TAKES_AWAY & set(names):
            names = [name for name in names if name in self.TAKES_AWAY][:1]
            self.heal()
            self.learn()
        if "rollover" in names:
            self.make_room(rng)
            self.goes_round = True
        try:
            self.do("faults " + ",".join(value(name, kinds[name], rng) for name in names))
        except Failure as failure:
            # The program says which numbers it takes.
            limits = re.search(r'fault "([a-z-]+)=.*needs a number from (\d+) to (\d+)', str(failure))
            expect(limits, str(failure))
            self.do(f"faults {limits[1]}={rng.randint(int(limits[2]), int(limits[3]))}")
        if "clear" not in names:
            self.scan(rng)
        problem = self.sync(wait)
        self.do("faults")
        if problem == "still reading":
            # A session that hangs has its time-outs; here it is the number of faults that counts.
            self.do("drop")
        if rng.random() < 0.1:
            self.do(rng.choice(["reboot", "drop", "silence 1", "clock +7200", "clock -7200"]))
        self.learn()
        self.made += 1

    def scan(self, rng):
        # The records of older makes hold a number: any text is their 0.
        is_text = not self.device.serial.startswith(("FAULTOLD", "FAULTLEG"))
        user = rng.choice(HOSTILE) if is_text and rng.random() < 0.1 else str(rng.randint(1, 20))
        try:
            self.do(f"scan {user}")
        except Failure:
            pass  # Disabled, full, or a user it does not take: then nothing was made.


class Monster:
    """Listens like a device and sends what no device would: without end, very slowly, or four GiB announced."""

    def __init__(self, kind):
        self.kind, self.server = kind, socket.create_server(("127.0.0.1", 0), backlog=16)
        self.name = f"monster-{kind}"
        scheme = "soap" if kind.startswith("soap") else "tcp"
        self.url = f"{scheme}://127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self.run, daemon=True).start()

    def stanza(self):
        return (f"[device.{self.name}]\naddress = \"{self.url}\"\nserial = \"M{self.kind.upper()[:12]}\"\n"
                f"comm_key = 0\npoll = \"1s\"\nlive = false\ntimezone = \"WIB\"\n")

    def run(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        connection.settimeout(20)
        try:
            with connection:
                connection.recv(65536)
                for piece in self.pieces():
                    connection.sendall(piece)
        except OSError:
            pass

    def pieces(self):
        """At most 256 MiB for one caller; whoever takes all of it has no bound."""
        top = b"PP\x82}"
        if self.kind == "bytes":
            return (random.randbytes(65536) for _ in range(4096))
        if self.kind == "frames":
            return (top + (8).to_bytes(4, "little") + b"\xd0\x07\x2f\xf8\0\0\0\0" * 100 for _ in range(40_000))
        if self.kind == "giant":
            return iter([top + b"\xff\xff\xff\xff", *[bytes(65536)] * 4096])
        if self.kind == "soap-chunks":
            return iter([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"10000\r\n" + b"<" * 65536 + b"\r\n"] * 4096])
        return iter([b"HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n", *[b"<Row>" * 13107] * 4096])


def every_fault(turn):
    """D3 D4 D5 D7 D8 D16 D18 Every fault of the simulator on every link, mixed by seed, beside streams without end."""
    kinds, tally = faults(), Tally()
    is_whole = turn.count > 100
    if not is_whole:
        kinds = {name: kind for name, kind in kinds.items() if name not in LASTING}
    with Box() as box:
        more = ["--users", "20", "--records", "60"]
        devices = [
            *fleet(box, "colour", 2, "FAULTTFT0001", *more),
            *fleet(box, "wide", 1, "FAULTT490001", "--profile", "tft49", *more),
            *fleet(box, "legacy", 1, "FAULTLEG0001", "--profile", "legacy", *more),
            *fleet(box, "datagram", 2, "FAULTUDP0001", *more, link="udp"),
            *fleet(box, "old", 1, "FAULTOLD0001", "--profile", "old", *more, link="udp"),
            *fleet(box, "web", 2, "FAULTWEB0001", *more, link="soap")]
        devices = devices if is_whole else devices[::2]
        good = fleet(box, "good", 1, "FAULTGOOD001", *more)[0]
        monsters = [Monster(kind) for kind in ("bytes", "frames", "giant", "soap-chunks", "soap-length")]
        centre = Centre(box)
        office = Office(box, "office", UNIT, [device.stanza(poll="1s") for device in [good, *devices]]
                        + [monster.stanza() for monster in monsters], heartbeat="1s")
        office.enroll(centre.add_node(UNIT))
        office.start()
        patients = [Patient(device, office) for device in devices]
        watch = Watch({"office": office.program})
        oracle = Oracle(centre, [good])
        waits, over = [], threading.Event()
        observer = threading.Thread(target=observe, args=(oracle, good, waits, over, tally), daemon=True)
        observer.start()
        torment(turn, patients, kinds, tally, 20 if is_whole else 2)
        over.set()
        observer.join(60)
        watch.judge(tally, MOST_MEMORY)
        for patient in patients:
            patient.learn()
            for row, count in patient.ledger.items():
                oracle.made += [(patient.device.serial, *row)] * count
        tally.add(found := oracle.judge())
        tally.wrong += found.wrong
        p99 = sorted(waits)[int(len(waits) * 0.99)] if waits else float("inf")
        tally.note("good_scans", len(waits))
        tally.note("good_p99_s", round(p99, 1))
        if p99 > MOST_WAIT:
            tally.fail(f"scans at the good device took {p99:.1f} s while others were ill")
        if office.verify()["problems"]:
            tally.fail("the journal is not whole")
    return tally


def observe(oracle, device, waits, over, tally):
    """Somebody scans at the device without faults; how long until the centre has it."""
    try:
        while not over.wait(0.3):
            moment = oracle.scan(device, "7")
            begun = time.monotonic()
            place = (device.serial, "7", moment)
            while not any((row["device_serial"], row["user_id"], row["device_time"]) == place
                          for row in (oracle.read() or [])[-400:]):
                if time.monotonic() - begun > 30:
                    raise Failure(f"{place} is not at the centre after 30 s")
                time.sleep(0.1)
            waits.append(time.monotonic() - begun)
    except Exception as error:  # It must be told, whatever it is.
        tally.fail(f"the good device: {error}")


def torment(turn, patients, kinds, tally, wait):
    """Each fault on each device once, as far as the count goes; then mixes of up to three."""
    pairs = [(name,) for name in kinds]
    lock, times = threading.Lock(), turn.times()

    def work(number, patient):
        rng = random.Random(f"{turn.seed} {number}")
        mine = rng.sample(pairs, len(pairs))
        try:
            while True:
                with lock:
                    if next(times, None) is None or len(tally.wrong) > 4:
                        break
                patient.suffer(mine.pop() if mine else rng.sample(list(kinds), rng.randint(1, 3)), kinds, rng, wait)
            patient.heal()
        except Exception as error:  # It must be told, whatever it is.
            with lock:
                tally.fail(f"{patient.device.name}: {type(error).__name__}: {error}")

    threads = [threading.Thread(target=work, args=item, daemon=True) for item in enumerate(patients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.count += sum(patient.made for patient in patients)


RIGS = [Rig("device-faults", every_fault, full=1500, short=30, what="faults", share=10)]
