"""Power cuts: the journal and the central database on a disk that forgets what was not synced."""

import itertools
import json
import os
import random
import sqlite3
import subprocess
import threading
import time

from box import PROGRAMS, Box, Centre, Device, Failure, Office, reachable, until
from centre import Node
from loop import Disk, mounts_of_our_own
from oracle import Oracle
from rig import Rig, Tally

# One box serves so many cuts; then all is judged and begun anew.
A_BOX = 80
UNIT = "Dinas Kesehatan"
# Boxes at a time: most of a cut is waiting for disks and for programs to begin.
AT_ONCE = 3


def in_boxes(turn, name, scene, tally):
    """`scene(box, disk, random, numbers, turn, tally)` for as many cuts as are wanted, several boxes at a time."""
    mounts_of_our_own()
    times, lock, over = turn.times(), threading.Lock(), []

    def work(rng):
        while not over:
            with lock:
                numbers = list(itertools.islice(times, min(A_BOX, max(1, turn.count // AT_ONCE))))
            if not numbers:
                return
            try:
                with Box() as box, Disk(os.path.join(box.folder, name)) as disk:
                    try:
                        scene(box, disk, rng, numbers, turn, tally)
                    finally:
                        for program in box.programs:
                            program.kill()
            except Exception as error:
                with lock:
                    tally.fail(f"cuts {numbers[0]} to {numbers[-1]}: {type(error).__name__}: {error}")
                over.append(True)

    workers = [threading.Thread(target=work, args=(random.Random(f"{turn.seed} {number}"),))
               for number in range(AT_ONCE)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return tally


def until_time(turn):
    return turn.end is None or time.monotonic() < turn.end


def cut(disk, program):
    disk.cut()
    program.kill()
    disk.power_returns()


class Journal:
    """What the journal of an office shows to a reader beside it: only what was committed and synced is visible."""

    def __init__(self, state):
        self.path = os.path.join(state, "journal.db")

    def read(self, sql, *values):
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=1)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def head(self):
        """(epoch, seq, hash) of the last entry; None where there is none yet."""
        try:
            rows = self.read("SELECT epoch, seq, hash FROM journal, epoch ORDER BY seq DESC LIMIT 1")
        except sqlite3.Error:
            return None
        return rows[0] if rows else None

    def has(self, head):
        epoch, seq, value = head
        try:
            return bool(self.read("SELECT 1 FROM journal, epoch WHERE epoch = ? AND seq = ? AND hash = ?",
                                  epoch, seq, value))
        except sqlite3.Error:
            return False

    def punches(self):
        bodies = (json.loads(body) for body, in self.read("SELECT body FROM journal"))
        return {(body["serial"], body["user_id"], body["device_time"], body["occurrence"])
                for body in bodies if body["kind"] == "punch"}


def office(box, disk, rng, numbers, turn, tally):
    """One office on a disk of its own, from before its enrolment to the last scan."""
    devices = [Device(box, "lobby", "POWER0000001", options=["--users", "30", "--records", "40"]),
               Device(box, "gudang", "POWER0000002", "legacy", "udp", options=["--users", "30", "--records", "40"])]
    centre = Centre(box)
    edge = Office(box, "office", UNIT, [device.stanza(poll="1s") for device in devices], heartbeat="1s")
    edge.state = os.path.join(disk.path, "state")
    oracle, journal = Oracle(centre, devices), Journal(edge.state)
    begin = ["hadird", "--config", edge.configuration, "--state", edge.state]
    numbers = iter(numbers)

    def count():
        tally.count += 1

    # Before anything is there: enrolment, whose code is good for one key, and the first start with all migrations.
    code = centre.add_node(UNIT)
    for _ in itertools.islice(numbers, 3):
        enrolling = subprocess.Popen([os.path.join(PROGRAMS, "hadir"), "node", "enroll", code, "--state", edge.state],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0, 0.25))
        disk.cut()
        enrolling.kill()
        enrolling.wait()
        disk.power_returns()
        count()
    edge.enroll(code)
    for _ in itertools.islice(numbers, 3):
        program = box.start("office", begin)
        time.sleep(rng.uniform(0, 0.2))
        cut(disk, program)
        count()
    for number in numbers:
        if not until_time(turn):
            break
        is_early = rng.random() < 0.15
        if is_early:
            edge.program = box.start("office", begin)
        else:
            edge.start()
        for _ in range(rng.randint(0, 6)):
            oracle.scan(rng.choice(devices), str(rng.randint(1, 30)))
        time.sleep(rng.uniform(0, 0.15 if is_early else 0.4))
        if rng.random() < 0.1:
            forget(journal, rng.choice(devices), oracle)
        shown = journal.head()
        cut(disk, edge.program)
        count()
        if shown and not journal.has(shown):
            tally.lost.append(("entry", shown[0], shown[1], f"cut {number}"))
        if journal.head() and rng.random() < 0.25:
            problems = edge.verify()["problems"]
            if problems:
                tally.fail(f"cut {number}: the journal is not whole: {problems[:2]}")
    edge.start()
    judge(oracle, tally)
    problems = edge.verify()["problems"]
    if problems:
        tally.fail(f"the journal is not whole: {problems[:2]}")


def forget(journal, device, oracle):
    """Where the journal has every scan of a device, the device forgets them: from now on nobody else has them."""
    made = {scan[:3] for scan in oracle.made if scan[0] == device.serial}
    try:
        if made <= {place[:3] for place in journal.punches()} and len(made) == len(
                [scan for scan in oracle.made if scan[0] == device.serial]):
            device.ask("faults clear")
            device.ask("faults")
    except sqlite3.Error:
        return


def judge(oracle, tally):
    found = oracle.judge()
    tally.add(found)
    tally.wrong += found.wrong


def edge_power(turn):
    """B1 B2 B5 The power of an edge is cut: at enrolment, at its first start, as it starts, reads and sends."""
    return in_boxes(turn, "office", office, Tally())


def answer(node, header, text):
    """The signed receipt; what nobody signed, as of a centre whose disk has failed, is none."""
    try:
        return node.post(header, text)
    except Failure:
        return None


class Power:
    """How often it was cut, counted just before each cut."""

    cuts = 0


class Sender:
    """A node that never rests; `acked` moves when a signed receipt was read."""

    def __init__(self, centre, number, power):
        self.power = power
        self.node = Node(centre, serial=f"POWERNODE{number:03}")
        self.over = threading.Event()
        self.node.write(kind="device", serial=self.node.serial, name="lobi", timezone="Asia/Jakarta", model="",
                        platform="", firmware="")
        self.failure = None
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        node, scans, after = self.node, 0, 0
        try:
            while not self.over.is_set() or node.acked < len(node.bodies):
                if not self.over.is_set():
                    for _ in range(1 + scans % 7):
                        scans += 1
                        node.scan(scans)
                header, text = node.batch(after, len(node.bodies))
                receipt = None
                while receipt is None:
                    before = self.power.cuts
                    receipt = answer(node, header, text)
                    # A disk without power may say that it has synced: what was read since then does not count.
                    if receipt is None or self.power.cuts != before:
                        receipt = None
                        time.sleep(0.03)
                if receipt["answer"] not in ("ok", "gap"):
                    raise Failure(f"{receipt['answer']} {receipt.get('reason')}")
                after = receipt["high_water"]
                if node.hashes[after].hex() != receipt["end_hash"]:
                    raise Failure(f"not our hash at {after}")
                if after < node.acked:
                    raise Failure(f"acknowledged {node.acked}, and then asked for what is behind {after}")
                if receipt["answer"] == "ok":
                    node.acked = after
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"


class PlainCentre(Centre):
    """A centre whose making can be cut off."""

    def __init__(self, box, disk, rng, numbers, count):
        for _ in itertools.islice(numbers, 2):
            making = subprocess.Popen(
                [os.path.join(PROGRAMS, "hadir-central"), "init", "--state", os.path.join(box.folder, "centre")],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rng.uniform(0, 0.6))
            disk.cut()
            making.kill()
            making.wait()
            disk.power_returns()
            count()
        # Some have months of a government to compute while the power fails.
        sample = ["demo-data", "--employees", "30", "--units", "2", "--seed", str(rng.randint(1, 999))]
        super().__init__(box, fill=(lambda centre: centre.run(*sample)) if rng.random() < 0.3 else None)


def central(box, disk, rng, numbers, turn, tally):
    """One centre on a disk of its own, from its making on, with two nodes that send and an operator."""
    numbers = iter(numbers)

    def count():
        tally.count += 1

    centre = PlainCentre(box, disk, rng, numbers, count)
    power = Power()
    senders = [Sender(centre, number, power) for number in range(2)]
    token = None
    for number in numbers:
        if not until_time(turn) or any(sender.failure for sender in senders):
            break
        time.sleep(rng.uniform(0, 0.35))
        if rng.random() < 0.1 and centre.program.ready_line:
            token = centre.run("token", "add", "--role", "reader").strip()
        power.cuts += 1
        acked = [sender.node.acked for sender in senders]
        cut(disk, centre.program)
        count()
        if rng.random() < 0.2:
            # Once more, as it comes up.
            centre.program = box.start("centre", ["hadir-central", "serve", "--state", centre.state,
                                                   *centre.settings])
            time.sleep(rng.uniform(0, 0.3))
            power.cuts += 1
            cut(disk, centre.program)
        centre.start()
        for sender, before in zip(senders, acked):
            high = stored(centre, sender.node)
            if high < before:
                tally.lost.append((sender.node.serial, f"acknowledged {before}", f"stored {high}", f"cut {number}"))
        if token:
            centre.token, centre.token_role, token = token, "reader", None
            centre.get("/api/v1/punches?after=0&limit=1")
    for sender in senders:
        sender.over.set()
    for sender in senders:
        sender.thread.join(60)
        if sender.failure or sender.thread.is_alive():
            tally.fail(sender.failure or "a node's line does not move any more")
    centre.program.stop()
    centre.start()
    compare(centre, [sender.node for sender in senders], tally)


def stored(centre, node):
    """Up to where the centre says, signed, that it has this node's entries."""
    header, text = node.batch(0, 0)
    receipt = until("an answer", lambda: answer(node, header, text), every=0.02)
    return receipt["high_water"]


def compare(centre, nodes, tally):
    rows = until("the centre's rows", lambda: reachable(centre.punches))
    ours = {node.serial for node in nodes}
    found = [(row["device_serial"], row["user_id"]) for row in rows if row["device_serial"] in ours]
    made = [(node.serial, str(json.loads(body)["user_id"])) for node in nodes for body in node.bodies
            if json.loads(body)["kind"] == "punch"]
    tally.scans += len(made)
    tally.lost += sorted(set(made) - set(found))
    tally.invented += sorted(set(found) - set(made))
    tally.doubled += sorted({place for place in found if found.count(place) > 1} if len(found) != len(set(found))
                            else set())


def central_power(turn):
    """B2 B3 B5 The power of the centre is cut: while it is made, as it starts, and while nodes send and it counts."""
    return in_boxes(turn, "centre", central, Tally())


RIGS = [Rig("power-edge", edge_power, full=2000, short=24, what="cuts", share=16),
        Rig("power-centre", central_power, full=500, short=18, what="cuts", share=6)]
