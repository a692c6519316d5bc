"""The centre as a real process: killed while it stores, set back to a backup, its signing key changed.

What speaks to it here is an independent node in Python: its own journal, its own signatures (docs/contract.md).
"""

import http.client
import json
import os
import random
import shutil
import threading
import time
import urllib.parse
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import contract_rules as rules
from box import Box, Centre, Device, Failure, Office, compare, until
from commands import expect
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KILLS = 40


class Node:
    """An edge of its own: everything it ever journaled, and what the centre has acknowledged."""

    def __init__(self, centre, unit="Dinas Kesehatan", serial="PYTHON000001"):
        self.url, self.serial, self.key = centre.url, serial, Ed25519PrivateKey.generate()
        code = rules.read_code(centre.add_node(unit))
        public = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        secret = rules.enrolment_key(bytes.fromhex(code["secret"]), code["code"])
        mac = rules.enrolment_mac(secret, code["code"], public, bytes.fromhex(code["centre"]))
        request = {"v": 1, "code": code["code"], "public_key": rules.to_base64(public), "mac": rules.to_base64(mac)}
        enrolled = rules.read_answer(self.enroll(json.dumps(request).encode()), code, request)
        self.node = enrolled["node"]
        self.centre_keys = [rules.from_base64(enrolled["centre_signing_key"], 32, "key")]
        self.epoch, self.bodies, self.oldest, self.acked = os.urandom(16).hex(), [], 1, 0
        self.hashes = [rules.chain_start(self.epoch)]

    def enroll(self, request):
        """As from a computer of its own: each address has a few tries."""
        place = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(
            place.hostname, place.port, timeout=10,
            source_address=(f"127.{random.randint(1, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}", 0))
        try:
            connection.request("POST", "/v1/enroll", request, {"content-type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        expect(answer.status == 200, f"the code was not taken: {answer.status} {text[:200]}")
        return text

    def write(self, **fields):
        body = rules.one_line({"at": "2026-11-21T00:00:00.000Z", **fields}).encode()
        self.bodies.append(body)
        self.hashes.append(rules.chain_next(self.hashes[-1], len(self.bodies), body))

    def scan(self, number):
        self.write(kind="punch", serial=self.serial, user_id=str(number), device_time="2026-11-21T07:30:05",
                   occurrence=0, verify=1, state=0, source="poll")

    def batch(self, after, last):
        """The text of a batch of the entries behind `after`, and its header."""
        trusted = rules.hashlib.sha256(self.centre_keys[-1]).hexdigest()
        header = {
            "v": 1, "batch": os.urandom(16).hex(), "node": self.node, "epoch": self.epoch, "first": after + 1,
            "last": last, "prev_hash": self.hashes[after].hex(), "end_hash": self.hashes[last].hex(),
            "count": last - after,
            "status": {"version": "py", "backlog": len(self.bodies) - after, "clock_trusted": True, "devices": [],
                       "oldest": self.oldest, "centre_key": trusted}}
        line = rules.one_line(header).encode()
        return header, b"\n".join([line, *self.bodies[after:last],
                                   rules.sign("hadir-batch-1", line, self.key).encode(), b""])

    def post(self, header, text):
        """The receipt, signed by a key that this node trusts; None while no answer comes."""
        try:
            with urlopen(Request(self.url + "/v1/batches", data=text,
                                 headers={"content-type": "text/plain; charset=utf-8"}), timeout=10) as answer:
                text = answer.read()
        except HTTPError as error:
            text = error.read()
            if error.code in (429, 503):
                return None
        except (URLError, ConnectionError, TimeoutError, OSError):
            return None
        for key in self.centre_keys:
            try:
                receipt = rules.read_receipt(text, key, header)
            except rules.Refused:
                continue
            if receipt.get("next_key"):
                announced = rules.from_base64(receipt["next_key"], 32, "next_key")
                if announced not in self.centre_keys:
                    self.centre_keys.append(announced)
            return receipt
        raise Failure(f"an answer that no trusted key signed: {text[:200]}")

    def beat(self):
        header, text = self.batch(len(self.bodies), len(self.bodies))
        return self.post(header, text)

    def drain(self, most=50):
        """Sends until all is acknowledged; what is not answered goes again, the same bytes. Its receipts."""
        receipts, after = [], self.acked
        while self.acked < len(self.bodies):
            after = max(after, self.oldest - 1)
            header, text = self.batch(after, min(len(self.bodies), after + most))
            receipt = self.post(header, text)
            while receipt is None:
                time.sleep(0.02)
                receipt = self.post(header, text)
            receipts.append(receipt)
            expect(receipt["answer"] in ("ok", "gap"), f"{receipt['answer']} {receipt.get('reason')}")
            after = receipt["high_water"]
            expect(self.hashes[after].hex() == receipt["end_hash"] or after < self.oldest - 1, "not our hash")
            if receipt["answer"] == "ok":
                self.acked = after
            expect(len(receipts) < 10_000, "no end")
        return receipts


def test_sigkill_around_the_commit_stores_each_entry_once():
    """A6 the centre is killed at random while a node sends: what was acknowledged is there, and nothing twice."""
    seed = int(time.time())
    rng = random.Random(seed)
    with Box() as box:
        centre = Centre(box)
        node = Node(centre)
        node.write(kind="device", serial=node.serial, name="lobi", timezone="Asia/Jakarta", model="", platform="",
                   firmware="")
        done, failures, acknowledged = threading.Event(), [], []

        def send():
            number = 0
            try:
                while not done.is_set():
                    for _ in range(rng.randint(1, 400)):
                        number += 1
                        node.scan(number)
                    acknowledged.extend(node.drain(most=rng.choice([1, 20, 400])))
            except Exception as error:
                failures.append(error)

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.02, 0.4))
            before = len(acknowledged)
            centre.program.kill()
            time.sleep(rng.uniform(0, 0.1))
            centre.start()
            expect(not failures, f"seed {seed}: {failures} after {before} receipts")
        done.set()
        sender.join(60)
        expect(not sender.is_alive() and not failures, f"seed {seed}: {failures}")
        expect(node.acked == len(node.bodies) and len(acknowledged) > KILLS, f"seed {seed}: {len(acknowledged)} receipts")
        found = sorted(int(punch["user_id"]) for punch in centre.punches())
        expect(found == list(range(1, len(node.bodies))), f"seed {seed}: {len(found)} punches of {len(node.bodies) - 1}")
        resent = sum(1 for receipt in acknowledged if receipt["duplicate"])
        return f"seed {seed}: {KILLS} kills, {len(found)} punches, {resent} batches were stored and not answered"


def test_restored_centre_takes_what_the_node_still_has():
    """35 days: the centre is set back to a backup, and the node has pruned what the backup lacks."""
    with Box() as box:
        centre = Centre(box)
        node = Node(centre)
        for number in range(1, 101):
            node.scan(number)
        node.drain()
        centre.program.stop()
        backup = os.path.join(box.folder, "backup.db")
        shutil.copy(os.path.join(centre.state, "central.db"), backup)
        centre.start()
        for number in range(101, 301):
            node.scan(number)
        node.drain()
        centre.program.stop()
        shutil.copy(backup, os.path.join(centre.state, "central.db"))
        centre.start()
        node.oldest = 151
        expect(node.beat()["answer"] == "gap", "the heartbeat of a node ahead is not a gap")
        node.scan(301)
        node.acked = 100
        node.drain()
        found = sorted(int(punch["user_id"]) for punch in centre.punches())
        expect(found == list(range(1, 101)) + list(range(151, 302)), f"{len(found)} punches")
        gaps = centre.get("/api/v1/gaps")["gaps"]
        expect([(gap["first"], gap["last"]) for gap in gaps] == [(101, 150)], f"gaps {gaps}")
        listed = json.loads(box.run("hadir-central", "node", "list", "--state", centre.state, "--json"))["nodes"]
        expect([item["missing"] for item in listed] == [50], f"missing {listed}")
        # An older copy of the disk turns up: what it has closes the gap.
        node.oldest, node.acked = 1, 100
        header, text = node.batch(100, 150)
        receipt = node.post(header, text)
        expect(receipt["answer"] == "ok" and receipt["accepted"] == 50, f"{receipt}")
        expect(len(centre.punches()) == 301 and not centre.get("/api/v1/gaps")["gaps"], "the gap is still open")
        return "50 entries missing, shown, and later filled"


def test_signing_key_changes_while_nodes_speak():
    """F13 the signing key is changed while nodes speak and while the server is killed in between: no batch fails."""
    with Box() as box:
        centre = Centre(box)
        nodes = [Node(centre), Node(centre, serial="PYTHON000002")]
        away = Node(centre, unit="Kecamatan Misal", serial="PYTHON000003")
        late_code = centre.add_node("Kecamatan Misal")

        def speak(*speakers):
            for speaker in speakers:
                speaker.scan(len(speaker.bodies))
                speaker.drain()
                expect(speaker.beat()["answer"] == "ok", "a heartbeat failed")

        def command(*arguments, code=0):
            return box.run("hadir-central", *arguments, "--state", centre.state, expect=code)

        speak(*nodes, away)
        announced = command("key", "announce").split()[1]
        centre.program.kill()
        centre.start()
        expect(command("key", "announce").split()[1] == announced, "the announced key was forgotten")
        speak(*nodes)
        refused = box.attempt("hadir-central", "key", "switch", "--state", centre.state)
        expect(refused.returncode == 64 and away.node in refused.stderr and nodes[0].node not in refused.stderr,
               refused.stderr)
        status = json.loads(command("key", "status", "--json"))
        expect(status["next"] == announced and sorted(str(node["knows"]) for node in status["nodes"]) ==
               ["next", "next", "present"], f"{status}")
        command("key", "switch", "--force")
        speak(*nodes)
        centre.program.kill()
        centre.start()
        speak(*nodes, away)
        expect(all(len(node.centre_keys) == 2 for node in [*nodes, away]), "a node was not told")
        expect(json.loads(command("key", "status", "--json"))["present"] == announced, "not switched")
        # The edge's own program, with a code from before.
        office = Office(box, "office", "Kecamatan Misal", [])
        expect(office.enroll(late_code)["node"], "the older code makes no node")
        kit = os.path.join(box.folder, "kit.txt")
        expect(command("key", "kit", kit).startswith("passphrase "), "no passphrase")
        expect(os.stat(kit).st_mode & 0o777 == 0o600, "the kit can be read by others")
        return "2 nodes in step, 1 left behind, 1 late code, 2 kills"


def test_orders_reach_the_office_once():
    """An order given at the centre is executed by the office's edge once, and its result is listed."""
    with Box() as box:
        centre = Centre(box)
        device = Device(box, "lobby", "ORDERS000001", options=["--records", "30"])
        office = Office(box, "office", "Dinas Kesehatan", [device.stanza(live=False)], heartbeat="1s")
        node = office.enroll(centre.add_node("Dinas Kesehatan"))["node"]
        office.start()
        until("the first batches", lambda: len(centre.punches()) == 30)

        def command(*arguments):
            return box.run("hadir-central", "order", *arguments, "--state", centre.state)

        cancelled = command("add", node, "resend", "--from", "1", "--expires", "1m").strip()
        command("cancel", cancelled)
        order = command("add", node, "resend", "--from", "1").strip()

        def results():
            listed = json.loads(command("list", "--json"))["orders"]
            return {item["id"]: item for item in listed}

        until("the order's result", lambda: results()[order]["state"] == "done", wait=60)
        time.sleep(2.5)
        verdicts = results()
        expect(verdicts[cancelled]["state"] in ("cancelled", "done"), f"{verdicts[cancelled]}")
        entries = [json.loads(line) for line in box.run(
            "hadir", "journal", "tail", "--state", office.state, "-n", "1000", "--json").splitlines()]
        told = [entry for entry in entries if "order" in json.dumps(entry) and order in json.dumps(entry)]
        expect(len(told) == 1, f"{len(told)} entries about the order")
        made = [(device.serial, user, moment) for user, moment in device.records()]
        expect(compare(made, centre.punches()) == ([], [], []), "sending again changed what the centre has")
        return f"done: {verdicts[order]['text']}"
