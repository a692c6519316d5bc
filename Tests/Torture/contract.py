"""The real centre, tried by a node in Python that keeps, bends and breaks the contract (docs/contract.md)."""

import gzip
import json
import os
import threading
import time
from collections import Counter
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import centre as nodes
import contract_rules as rules
from box import Box, Centre, Person, reachable
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rig import Rig, Tally, expect
from service import slow_disk

PASSWORD = "kata sandi yang panjang"
UNITS = ("Dinas Kesehatan", "Kecamatan Misal")


class Node(nodes.Node):
    """Counts its exchanges, and knows every punch that the centre must show for it."""

    def __init__(self, stage, unit=UNITS[0]):
        super().__init__(stage.centre, unit)
        self.stage, self.rng = stage, stage.rng

    def begin(self):
        """A new journal, and a device of its own."""
        self.stage.serials += 1
        self.serial, self.epoch = f"CONTRACT{self.stage.serials:05}", os.urandom(16).hex()
        self.bodies, self.oldest, self.acked = [], 1, 0
        self.hashes = [rules.chain_start(self.epoch)]
        return self

    def post(self, header, text):
        self.stage.tally.count += 1
        return super().post(header, text)

    def punch(self, user, moment="2026-11-21T07:30:05", occurrence=0, counts=True, **more):
        fields = {"kind": "punch", "serial": self.serial, "user_id": user, "device_time": moment,
                  "occurrence": occurrence, "verify": 1, "state": 0, "source": "poll", **more}
        self.write(**fields)
        if counts:
            self.stage.made(rules.body_key(fields), fields)
        return fields

    def send(self, after=None, last=None, key=None, break_text=None):
        """One batch, if need be signed by another key or with other bytes; its receipt."""
        after = self.acked if after is None else after
        own, self.key = self.key, key or self.key
        header, text = self.batch(after, len(self.bodies) if last is None else last)
        self.key = own
        receipt = self.post(header, break_text(text) if break_text else text)
        expect(receipt is not None, "no answer at all")
        if receipt["answer"] == "ok":
            self.acked = max(self.acked, receipt["high_water"])
        return receipt

    def others(self):
        """An hour of any office, at a clock that goes where it likes."""
        for _ in range(self.rng.randint(1, 30)):
            year, minute = self.rng.choice([1970, 2016, 2026, 2036]), self.rng.randint(0, 59)
            self.punch(str(self.rng.randint(1, 900)), f"2026-11-21T{self.rng.randint(0, 23):02}:{minute:02}:07",
                       occurrence=self.rng.randint(0, 9), at=f"{year}-11-21T00:{minute:02}:00.000Z")


class Stage:
    """One centre, and what it must show in the end."""

    def __init__(self, box, rng, tally):
        self.rng, self.tally, self.serials = rng, tally, 0
        self.box, self.centre = box, Centre(box)
        self.expected, self.order, self.nodes = {}, [], {}

    def node(self, unit=UNITS[0]):
        """The node of a unit, with a new journal."""
        if unit not in self.nodes:
            self.nodes[unit] = Node(self, unit)
        return self.nodes[unit].begin()

    def made(self, key, fields):
        if key not in self.expected:
            self.order.append(key)
        self.expected[key] = fields

    def judge(self):
        """Each punch once, under the key that Python computes, each node's in the order of its journal."""
        rows = self.centre.punches()
        found = Counter(row["key"] for row in rows)
        place = lambda key: (self.expected[key]["serial"], self.expected[key]["user_id"])
        self.tally.scans += len(self.expected)
        self.tally.lost += [place(key) for key in self.expected if key not in found]
        self.tally.doubled += [place(key) for key, count in found.items() if count > 1]
        self.tally.invented += [row["key"] for row in rows if row["key"] not in self.expected]
        order = {}
        for number, key in enumerate(self.order):
            order.setdefault(self.expected[key]["serial"], []).append(key)
        shown = {serial: [row["key"] for row in rows if row["device_serial"] == serial] for serial in order}
        for serial, keys in order.items():
            if shown[serial] != keys and Counter(shown[serial]) == Counter(keys):
                self.tally.altered.append((serial, "is not in the order of its journal"))
        for row in rows:
            fields = self.expected.get(row["key"])
            if fields and row["unconfirmed"] != (fields["source"] == "stick"):
                self.tally.altered.append((row["device_serial"], row["user_id"], "unconfirmed", row["unconfirmed"]))


def says(receipt, answer, what, **fields):
    told = {name: receipt.get(name) for name in fields}
    expect(receipt["answer"] == answer and told == fields, f"{what}: {receipt['answer']} {told}, not {answer} {fields}")


# Each plays one scene with nodes of its own


def plain_days(stage):
    """Some days, in batches of any size, some of them sent twice."""
    node = stage.node()
    for _ in range(5):
        node.others()
        before = node.acked
        says(node.send(), "ok", "a plain batch", duplicate=0, accepted=len(node.bodies) - before)
        if stage.rng.random() < 0.5:
            says(node.send(before), "ok", "the same entries again", accepted=0, duplicate=len(node.bodies) - before)


def seen_again(stage):
    """The same scans by live events, by push and by a poll, and in a new epoch."""
    node = stage.node()
    for user in ("7", "8"):
        for source in stage.rng.sample(["live", "push", "poll", "soap"], 4):
            node.punch(user, source=source)
    node.send()
    again, node.epoch, node.bodies, node.acked = node.bodies, os.urandom(16).hex(), [], 0
    node.hashes = [rules.chain_start(node.epoch)]
    node.write(kind="epoch", reason="corrupt_file")
    for body in again:
        node.write(**json.loads(body))
    says(node.send(), "ok", "a new epoch", accepted=len(node.bodies))


def odd_scans(stage):
    """Two in one second, no date, nobody, bytes that are no text."""
    node = stage.node()
    for occurrence in range(stage.rng.randint(2, 4)):
        node.punch("5", occurrence=occurrence)
    node.punch("6", "ffffffff", flags=["no_date"])
    node.punch("0", flags=["no_user"])
    node.punch("", flags=["no_user"])
    node.punch("999999", "2099-12-31T23:59:59")
    says(node.send(), "ok", "odd scans", quarantined=[])


def not_mine(stage):
    """Another unit's device; what is in no form; an unknown kind."""
    owner, other = stage.node(), stage.node(UNITS[1])
    owner.punch("1")
    owner.send()
    other.punch("2", serial=owner.serial, counts=False)
    other.write(kind="punch", serial=other.serial)
    other.write(kind="of a later version")
    receipt = other.send()
    reasons = [(item["seq"], item["reason"].split(":")[0]) for item in receipt["quarantined"]]
    says(receipt, "ok", "what cannot be taken", high_water=3)
    expect(reasons == [(1, "not_your_device"), (2, "undecodable")], f"in quarantine: {reasons}")


def forks(stage):
    """The same places with other entries; then the true ones."""
    node = stage.node()
    node.others()
    node.send()
    bodies, hashes, acked = list(node.bodies), list(node.hashes), node.acked
    node.bodies, node.hashes = node.bodies[:-1], node.hashes[:-1]
    node.punch("13", "2026-11-21T08:00:00", counts=False)
    node.punch("14", "2026-11-21T08:00:01", counts=False)
    says(node.send(acked - 1), "fork", "another past", high_water=acked, end_hash=hashes[-1].hex())
    node.bodies, node.hashes = bodies, hashes
    node.others()
    says(node.send(), "ok", "the true one", high_water=len(node.bodies))


def gaps(stage):
    """Entries that are missing: asked for; where the node has them no more, kept as a gap with its size."""
    node = stage.node()
    node.others()
    node.send()
    acked = node.acked
    for number in range(6):
        node.punch(str(1000 + number), counts=number > 2)
    says(node.send(acked + 3), "gap", "a batch behind a gap", high_water=acked)
    node.oldest = acked + 4
    says(node.send(acked + 3), "ok", "the oldest that is left", high_water=acked + 6)
    told = [(gap["first"], gap["last"]) for gap in stage.centre.get("/api/v1/gaps")["gaps"]
            if gap["epoch"] == node.epoch]
    expect(told == [(acked + 1, acked + 3)], f"gaps told: {told}")


def forged(stage):
    """Another key, other bytes, another node's name: refused, and nothing is told of what is stored."""
    node = stage.node()
    node.others()
    node.send()
    node.punch("66", counts=False)
    says(node.send(key=Ed25519PrivateKey.generate()), "bad", "another key", reason="bad_signature", high_water=0)
    swap = lambda text: text.replace(b'"user_id":"66"', b'"user_id":"67"')
    says(node.send(break_text=swap), "bad", "another body", reason="broken_chain", high_water=0)


def revoked(stage):
    node = Node(stage).begin()
    node.others()
    node.send()
    stage.centre.revoke(node.node)
    node.punch("77", counts=False)
    says(node.send(), "revoked", "a revoked node")
    says(node.send(0), "revoked", "a revoked node's old batch")


def by_file(stage):
    """A stick is only text, until the device shows the same."""
    node = stage.node()
    for user in ("21", "22"):
        node.punch(user, source="stick", file="ab" * 32, by="operator")
    node.send()
    node.punch("22")
    node.send()


def too_large(stage):
    """A bomb by what it unpacks to, a body over the bound, bytes that are no gzip."""
    node = stage.node()
    node.punch("1")
    zeros = gzip.compress(bytes(4 << 20), 1)
    for name, data, encoding, status in (("a bomb", zeros, "gzip", 413), ("too much", bytes(2 << 20), None, 413),
                                         ("no gzip", b"none", "gzip", 400)):
        headers = {"content-type": "text/plain; charset=utf-8"} | ({"content-encoding": encoding} if encoding else {})
        stage.tally.count += 1
        try:
            with urlopen(Request(node.url + "/v1/batches", data, headers), timeout=30) as answer:
                found = answer.status
        except HTTPError as error:
            found = error.code
        except OSError:
            # It may hang up on somebody who goes on sending.
            found = status
        expect(found == status, f"{name}: status {found}, not {status}")
    node.send()


SCENES = [plain_days, seen_again, odd_scans, not_mine, forks, gaps, forged, revoked, by_file, too_large]


def receipts_wait_for_the_disk(stage):
    """While the disk does not say that it has the batch, there is no receipt."""
    shim = slow_disk(stage.box)
    expect(shim, "needs a C compiler")
    environment, stall = shim
    node = stage.node()
    stage.centre.program.stop()
    stage.box.environment = environment
    stage.centre.start()
    stage.box.environment = {}
    node.others()
    header, text = node.batch(0, len(node.bodies))
    answers = []
    open(stall, "w").close()
    asked = threading.Thread(target=lambda: answers.append(node.post(header, text)))
    asked.start()
    asked.join(1.5)
    early = list(answers)
    os.unlink(stall)
    asked.join(30)
    expect(not early, "a receipt before the disk had the batch")
    says(answers[0], "ok", "a batch on a slow disk", high_water=len(node.bodies))


def at_the_centre(turn):
    """B1 C1 C10 E6 F11 H6 H7 H8 H9 A node in Python keeps, bends and breaks the contract; the centre keeps it."""
    tally = Tally()
    with Box() as box:
        stage = Stage(box, turn.random, tally)
        for scene in [*turn.random.sample(SCENES, len(SCENES)), receipts_wait_for_the_disk]:
            attempt(scene, stage)
        while tally.count < turn.count and not tally.wrong and (turn.end is None or time.monotonic() < turn.end):
            attempt(turn.random.choice(SCENES), stage)
        expect(reachable(stage.centre.punches) is not None, "the centre is gone")
        stage.judge()
    return tally


def attempt(scene, stage):
    """A scene that went wrong does not spare the centre the others."""
    try:
        scene(stage)
    except (nodes.Failure, rules.Refused) as error:
        stage.tally.fail(f"{scene.__name__}: {error}")


def sessions(turn):
    """H15 H16 Forms of another session, and cookies of sessions that ended, open nothing."""
    tally = Tally()
    with Box() as box:
        centre = Centre(box)
        centre.add_account("pemeriksa", PASSWORD)
        for _ in turn.times():
            person = Person(centre.url)
            person.login("pemeriksa", PASSWORD)
            status = person.ask("/keluar", {"token": "0" * 64})[0]
            expect(status == 403, f"a form with another token: {status}")
            cookies = list(person.cookies)
            expect(person.ask("/keluar", {"token": person.token(person.ask("/")[2])})[0] == 200, "no way out")
            for cookie in cookies:
                person.cookies.set_cookie(cookie)
            expect(person.ask("/")[1] == "/masuk", "a session goes on after its end")
            tally.count += 1
    return tally


RIGS = [Rig("contract-centre", at_the_centre, full=2000, short=60, what="exchanges", fail_points=True, share=3),
        Rig("contract-pages", sessions, full=20, short=1, what="sessions", share=2)]
