"""A centre in Python, written from docs/contract.md: it keeps what a real edge sends it, and answers as it is told."""

import gzip
import hashlib
import json
import os
import queue
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import contract_rules as rules
from box import until
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rig import expect

CODE, SECRET = "00112233445566aa", "00112233445566778899aabbccddeeff"


def raw(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


class Batch:
    """One request of the edge, its header and bodies; who holds it decides what is answered."""

    def __init__(self, text, header, bodies):
        self.text, self.header, self.bodies = text, header, bodies
        self.answered = queue.Queue(1)

    def answer(self, status, body, headers=None):
        """A status of None hangs up."""
        self.answered.put((status, body, headers or {}))


class FakeCentre:
    """After `hold()` every batch with entries waits in `held` for a scene; else it is kept and answered ok."""

    def __init__(self):
        self.key, self.node_key = Ed25519PrivateKey.generate(), None
        # By epoch: bodies and hashes; and what each epoch was told that the centre has.
        self.bodies, self.hashes = {}, {}
        self.held, self.beats, self.wrong = queue.Queue(), queue.Queue(), []
        self.is_holding, self.holds_beats = False, False
        # Of every request, where it began; None for a heartbeat.
        self.firsts = []
        # Days that its clock is ahead.
        self.shift, self.orders, self.requests = 0, [], 0
        self.lock = threading.Lock()
        handler = type("Handler", (Handler,), {"centre": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def code(self):
        return rules.code_text(rules.one_line(
            {"v": 1, "url": self.url, "code": CODE, "secret": SECRET,
             "centre": hashlib.sha256(raw(self.key)).hexdigest()}).encode())

    def enrol(self, text):
        secret = rules.enrolment_key(bytes.fromhex(SECRET), CODE)
        public = rules.read_request(text, secret, hashlib.sha256(raw(self.key)).digest())
        self.node_key = public
        line = rules.one_line(
            {"v": 1, "code": CODE, "public_key": rules.to_base64(public), "node": "0011223344556677", "unit": "Misal",
             "centre_signing_key": rules.to_base64(raw(self.key)),
             "centre_sealing_key": rules.to_base64(os.urandom(32))}).encode()
        return b"\n".join([line, rules.sign("hadir-enrolled-1", line, self.key).encode(), b""])

    # Batches

    def take(self, text):
        """A batch that keeps the contract, and follows what this epoch was answered."""
        header, bodies = rules.read_batch(text, self.node_key)
        with self.lock:
            self.requests += 1
            self.firsts.append(header["first"] if bodies else None)
            known = self.hashes.setdefault(header["epoch"], [rules.chain_start(header["epoch"])])
            if header["first"] > len(known):
                self.wrong.append(f"entries from {header['first']} on; {len(known)} was never acknowledged")
        return Batch(text, header, bodies)

    def keep(self, batch):
        """Stores what is new of it."""
        header = batch.header
        with self.lock:
            hashes = self.hashes[header["epoch"]]
            bodies = self.bodies.setdefault(header["epoch"], [])
            for seq, body in enumerate(batch.bodies, header["first"]):
                value = rules.chain_next(hashes[seq - 1], seq, body) if seq <= len(hashes) else None
                if seq < len(hashes) and value != hashes[seq]:
                    self.wrong.append(f"entry {seq} is another than before")
                elif seq == len(hashes):
                    hashes.append(value)
                    bodies.append(body)

    def receipt(self, to, answer="ok", key=None, **more):
        header = to.header
        hashes = self.hashes[header["epoch"]]
        line = rules.one_line({
            "v": 1, "batch": header["batch"], "node": header["node"], "epoch": header["epoch"], "answer": answer,
            "high_water": len(hashes) - 1, "end_hash": hashes[-1].hex(), "accepted": 0, "duplicate": 0,
            "quarantined": [],
            "server_time": self.now(), "orders": self.orders if answer == "ok" else [], **more}).encode()
        return b"\n".join([line, rules.sign("hadir-receipt-1", line, key or self.key).encode(), b""])

    def now(self):
        moment = rules.datetime.datetime.now(rules.datetime.timezone.utc) + rules.datetime.timedelta(days=self.shift)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def accept(self, batch):
        self.keep(batch)
        batch.answer(200, self.receipt(batch))

    # What scenes use

    def next(self, wait=40, queue_of=None):
        """The next batch that is held."""
        def come():
            expect(not self.wrong, "; ".join(self.wrong[:1]))
            try:
                return (queue_of or self.held).get(timeout=0.2)
            except queue.Empty:
                return None

        return until("the next batch", come, wait=wait, every=0)

    def hold(self, is_holding=True, beats=False):
        with self.lock:
            self.is_holding, self.holds_beats = is_holding, beats
        while not is_holding and not (self.held.empty() and self.beats.empty()):
            self.accept((self.beats if self.held.empty() else self.held).get())

    def beat(self):
        """The next heartbeat; whatever is sent behind it is held."""
        self.hold(False, beats=True)
        beat = self.next(queue_of=self.beats)
        self.hold()
        return beat

    def is_held(self, batch):
        with self.lock:
            if not (self.is_holding if batch.bodies else self.holds_beats):
                return False
            (self.held if batch.bodies else self.beats).put(batch)
            return True

    def entries(self):
        """Every entry of every epoch, in the order they were kept."""
        with self.lock:
            return [json.loads(body) for bodies in self.bodies.values() for body in bodies]

    def punches(self):
        """By key, each once: what a centre would count."""
        return {rules.body_key(entry): entry for entry in self.entries() if entry["kind"] == "punch"}

    def told(self, kind):
        return [entry for entry in self.entries() if entry["kind"] == kind]

    def settle(self, scans, wait=40):
        """Until so many punches are here."""
        def arrived():
            expect(not self.wrong, "; ".join(self.wrong[:1]))
            return len(self.punches()) >= scans

        until(f"{scans} punches at the centre", arrived, wait=wait)

    def forget(self, after, epoch):
        """As after a backup was put back: of this epoch, what is behind `after` is gone."""
        with self.lock:
            del self.hashes[epoch][after + 1:]
            del self.bodies[epoch][after:]

    def compare(self, made, tally):
        """`made`: (serial, user id, device time) of every scan that devices made."""
        found = Counter((punch["serial"], punch["user_id"], punch["device_time"]) for punch in self.punches().values())
        made = Counter(made)
        tally.scans += sum(made.values())
        tally.lost += list((made - found).elements())
        for scan in (found - made).elements():
            (tally.doubled if scan in made else tally.invented).append(scan)
        tally.wrong += self.wrong


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        data = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            data = gzip.decompress(data)
        if self.path == "/v1/enroll":
            return self.reply(200, self.centre.enrol(data), {})
        try:
            batch = self.centre.take(data)
        except rules.Refused as refused:
            self.centre.wrong.append(f"a batch that breaks the contract: {refused}")
            return self.reply(400, b"", {})
        if not self.centre.is_held(batch):
            self.centre.accept(batch)
        self.reply(*batch.answered.get())

    def reply(self, status, body, headers):
        if status is None:
            self.close_connection = True
            return
        try:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *arguments):
        pass
