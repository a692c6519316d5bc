"""Damaged files: the journal of an edge and the centre's database, in every way that disks and people damage files."""

import gzip
import http.server
import json
import os
import random
import shutil
import sqlite3
import subprocess
import threading
import time

import contract_rules as rules
from box import PROGRAMS, Box, Centre, Device, Failure, Office, until
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rig import Rig, Tally

UNIT = "Dinas Kesehatan"
PAGE = 4096
WORKERS = 2


# What is done to files

def flip(path, rng, most=40):
    bits = rng.choice([1, 1, 2, 5, most])
    with open(path, "r+b") as file:
        size = os.path.getsize(path)
        for _ in range(bits if size else 0):
            place = rng.randrange(size)
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1 << rng.randrange(8)]))


def truncate(path, rng):
    os.truncate(path, rng.randrange(os.path.getsize(path) + 1))


def pages(path):
    return max(1, os.path.getsize(path) // PAGE)


def overwrite(path, rng, content):
    with open(path, "r+b") as file:
        file.seek(rng.randrange(pages(path)) * PAGE)
        file.write(content)


def zero_page(path, rng):
    overwrite(path, rng, bytes(PAGE))


def garbage(path, rng):
    overwrite(path, rng, rng.randbytes(PAGE))


def swap_pages(path, rng):
    with open(path, "r+b") as file:
        places = [rng.randrange(pages(path)) * PAGE for _ in range(2)]
        found = []
        for place in places:
            file.seek(place)
            found.append(file.read(PAGE))
        for place, content in zip(places, reversed(found)):
            file.seek(place)
            file.write(content)


def empty(path, rng):
    os.truncate(path, 0)


def another(path, rng):
    """Something else lies where the file should: noise, text, or a database of somebody else."""
    os.unlink(path)
    kind = rng.randrange(3)
    if kind == 0:
        with open(path, "wb") as file:
            file.write(rng.randbytes(rng.randrange(20_000)))
    elif kind == 1:
        with open(path, "w", encoding="utf-8") as file:
            file.write("Berkas ini bukan jurnal.\n" * 20)
    else:
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE journal (a, b)")
        connection.execute("INSERT INTO journal VALUES (1, 2)")
        connection.commit()
        connection.close()


ON_FILE = [flip, flip, flip, flip, truncate, truncate, zero_page, garbage, swap_pages, another, empty]


def log_flip(path, rng):
    flip(path + "-wal", rng)


def log_cut(path, rng):
    truncate(path + "-wal", rng)


def log_tail(path, rng):
    """Somewhere in the last three frames, as a write that was torn."""
    size = os.path.getsize(path + "-wal")
    os.truncate(path + "-wal", max(0, size - rng.randrange(1, 3 * (PAGE + 24))))


def log_garbage(path, rng):
    garbage(path + "-wal", rng)


def log_gone(path, rng):
    os.unlink(path + "-wal")


def log_of_another(path, rng):
    """The log of an earlier day lies beside the file."""
    with open(path + "-wal", "r+b") as file:
        file.seek(16)
        file.write(rng.randbytes(8))


def stale_index(path, rng):
    if rng.random() < 0.5 and os.path.exists(path + "-shm"):
        flip(path + "-shm", rng)
    else:
        with open(path + "-shm", "wb") as file:
            file.write(rng.randbytes(32768))


ON_LOG = [log_flip, log_flip, log_cut, log_tail, log_tail, log_garbage, log_gone, log_of_another, stale_index]


def hurt(path, rng):
    """Damages the database at `path`, or its log where it has one; what was done."""
    has_log = os.path.exists(path + "-wal") and os.path.getsize(path + "-wal") > 0
    done = rng.choice(ON_FILE + (ON_LOG * 2 if has_log else []))
    done(path, rng)
    return done.__name__


# A centre that believes nothing

class Listener:
    """Takes batches as docs/contract.md says, with rules of its own, and knows what a node may say.

    `forget` sets it back to what the real centre had, so that each damaged file meets the same centre.
    """

    def __init__(self, port, key, node, public, known):
        self.key, self.node, self.public, self.known = key, node, public, known
        self.lock = threading.Lock()
        self.forget()
        outer = self

        class Answers(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                text = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    text = gzip.decompress(text)
                with outer.lock:
                    answer = outer.take(text)
                self.send_response(200)
                self.send_header("content-type", "text/plain; charset=utf-8")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Answers)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def forget(self):
        epoch, bodies, acked = self.known
        hashes = [rules.chain_start(epoch)]
        for seq, body in enumerate(bodies[:acked], 1):
            hashes.append(rules.chain_next(hashes[-1], seq, body))
        self.epochs = {epoch: hashes}
        self.bodies = [rules.read_body(body) for body in bodies[:acked]]
        self.refused, self.answers = [], []

    def punches(self):
        with self.lock:
            return {(body["serial"], body["user_id"], body["device_time"], body["occurrence"]):
                    (body["verify"], body["state"]) for body in self.bodies if body["kind"] == "punch"}

    def take(self, text):
        try:
            header, bodies = rules.read_batch(text, self.public)
            fields = [rules.read_body(body) for body in bodies]
        except rules.Refused as refused:
            self.refused.append(str(refused))
            header = json.loads(text.split(b"\n")[0])
            return self.receipt(header, "bad", 0, rules.chain_start(header["epoch"]), 0, 0)
        hashes = self.epochs.setdefault(header["epoch"], [rules.chain_start(header["epoch"])])
        before, high = header["first"] - 1, len(hashes) - 1
        if before > high:
            oldest = (header.get("status") or {}).get("oldest")
            if not bodies or oldest != header["first"]:
                return self.receipt(header, "gap", high, hashes[-1], 0, 0)
            hashes += [None] * (before - high - 1) + [bytes.fromhex(header["prev_hash"])]
        if hashes[before] is not None and hashes[before].hex() != header["prev_hash"]:
            return self.receipt(header, "fork", high, hashes[-1], 0, 0)
        new, value = 0, bytes.fromhex(header["prev_hash"])
        for seq, body in enumerate(bodies, header["first"]):
            value = rules.chain_next(value, seq, body)
            if seq < len(hashes):
                if hashes[seq] is not None and hashes[seq] != value:
                    return self.receipt(header, "fork", high, hashes[-1], 0, 0)
            else:
                hashes.append(value)
                self.bodies.append(fields[seq - header["first"]])
                new += 1
        return self.receipt(header, "ok", len(hashes) - 1, hashes[-1], new, len(bodies) - new)

    def receipt(self, header, answer, high, value, accepted, duplicate):
        self.answers.append(answer)
        line = rules.one_line({
            "v": 1, "batch": header["batch"], "node": header["node"], "epoch": header["epoch"], "answer": answer,
            "high_water": high, "end_hash": value.hex(), "accepted": accepted, "duplicate": duplicate,
            "quarantined": [], "orders": [], **({"reason": "broken_chain"} if answer == "bad" else {}),
            "server_time": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())}).encode()
        return b"\n".join([line, rules.sign("hadir-receipt-1", line, self.key).encode(), b""])


class Pattern:
    """An office with a journal as it stands on a day without network: some acknowledged, some waiting."""

    def __init__(self, box, rng):
        self.box, self.rng = box, rng
        self.device = Device(box, "lobby", "DAMAGE000001", options=["--users", "30", "--records", "60"])
        centre = Centre(box)
        self.office = Office(box, "office", UNIT, [self.device.stanza(poll="1s")], heartbeat="1s")
        node = self.office.enroll(centre.add_node(UNIT))["node"]
        self.office.start()
        until("the first scans at the centre", lambda: len(centre.punches()) >= 60)
        until("the acknowledgements", lambda: self.office.journal()["pending"] == 0)
        centre.program.stop()
        self.folders = []
        for number, way in enumerate(["stop", "kill", "kill"]):
            if number:
                self.office.start()
            for _ in range(30):
                self.device.ask(f"scan {rng.randint(1, 30)}")
            count = 60 + 30 * (number + 1)
            until("all in the journal", lambda: self.count() >= count)
            self.office.program.stop() if way == "stop" else self.office.program.kill()
            # What a kill leaves: the file, its log and the log's index.
            folder = os.path.join(box.folder, f"pattern{number}")
            shutil.copytree(self.office.state, folder, ignore=shutil.ignore_patterns("*.sock"))
            self.folders.append((folder, count))
        self.made = self.scans()
        with open(os.path.join(centre.state, "signing.key"), encoding="ascii") as file:
            key = Ed25519PrivateKey.from_private_bytes(rules.from_base64(file.read().strip(), 32, "key"))
        with open(os.path.join(self.office.state, "node.key"), encoding="ascii") as file:
            own = Ed25519PrivateKey.from_private_bytes(rules.from_base64(file.read().strip(), 32, "key"))
        rows = self.rows("SELECT body FROM journal ORDER BY seq")
        (epoch, acked), = self.rows("SELECT epoch, acked_seq FROM epoch")
        self.listener = Listener(centre.port, key, node, own.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw), (epoch, [body for body, in rows], acked))

    def rows(self, sql):
        path = os.path.join(self.office.state, "journal.db")
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def count(self):
        return sum(json.loads(body)["kind"] == "punch" for body, in self.rows("SELECT body FROM journal"))

    def scans(self):
        """Every scan with what the device says of it: occurrences are numbered as they stand in its log."""
        found, seen = {}, {}
        for line in self.device.ask("export"):
            user, moment, verify, state = line.split("\t")[:4]
            number = seen.get((user, moment), 0)
            seen[user, moment] = number + 1
            found[self.device.serial, user, moment, number] = int(verify), int(state)
        return found

    def use(self, tally, number):
        """Damages one file and starts what must live with it; a tally of what arrived."""
        rng = self.rng
        folder, _ = rng.choice(self.folders)
        shutil.rmtree(self.office.state, ignore_errors=True)
        shutil.copytree(folder, self.office.state)
        done = hurt(os.path.join(self.office.state, "journal.db"), rng)
        self.listener.forget()
        starts = self.serve(f"file {number}, {done}", tally)
        arrived = self.listener.punches()
        what = f"file {number}, {done}"
        for place in self.made.keys() - arrived.keys():
            tally.lost.append((*place, what))
        for place in arrived.keys() - self.made.keys():
            tally.invented.append((*place, what))
        for place in arrived.keys() & self.made.keys():
            if arrived[place] != self.made[place]:
                tally.altered.append((*place, self.made[place], arrived[place], what))
        if self.listener.refused:
            tally.fail(f"{what}: a batch was sent that is none: {self.listener.refused[0]}")
        tally.scans += len(self.made)
        self.said(what, starts, tally)
        return starts

    def serve(self, what, tally):
        """Starts hadird, and again where it says that the journal is damaged, as systemd does; how often."""
        begin = [os.path.join(PROGRAMS, "hadird"), "--config", self.office.configuration, "--state",
                 self.office.state]
        end, starts, process = time.monotonic() + 45, 0, None
        with open(os.path.join(self.box.folder, "hadird.log"), "wb") as log:
            try:
                while time.monotonic() < end:
                    if process is None or process.poll() is not None:
                        if process is not None and process.returncode != 74:
                            tally.fail(f"{what}: hadird ended with {process.returncode}")
                            return starts
                        if starts == 5:
                            tally.fail(f"{what}: hadird ends again and again")
                            return starts
                        starts += 1
                        process = subprocess.Popen(begin, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                                   start_new_session=True)
                    if len(self.listener.punches()) >= len(self.made):
                        return starts
                    time.sleep(0.02)
                return starts
            finally:
                if process is not None and process.poll() is None:
                    process.kill()
                    process.wait()

    def said(self, what, starts, tally):
        """Whoever began a new epoch or ended itself must have said why; nobody else moves files aside."""
        with open(os.path.join(self.box.folder, "hadird.log"), encoding="utf-8", errors="replace") as file:
            log = file.read()
        is_new = any(body["kind"] == "epoch" and body["reason"] != "first_start" for body in self.listener.bodies)
        aside = any(".damaged-" in name for name in os.listdir(self.office.state))
        words = "journal.damaged" in log or "damaged" in log or "fork" in log
        if (is_new or aside or starts > 1) and not words:
            tally.fail(f"{what}: it began anew and did not say why")
        if aside:
            tally.note("moved_aside", tally.notes.get("moved_aside", 0) + 1)
        if is_new:
            tally.note("new_epochs", tally.notes.get("new_epochs", 0) + 1)


def at_once(turn, scene, tally):
    """`scene(random, next number)` in threads, each with a box of its own."""
    times, lock = turn.times(), threading.Lock()

    def following():
        with lock:
            number = next(times, None)
            if number is not None:
                tally.count += 1
            return number

    def work(rng):
        try:
            scene(rng, following)
        except Exception as error:
            tally.fail(f"{type(error).__name__}: {error}")

    workers = [threading.Thread(target=work, args=(random.Random(f"{turn.seed} {number}"),))
               for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return tally


def journals(turn):
    """B4 B11 B12 B13 B14 B15 Journals are damaged in every way: hadird starts, sends no wrong row, and loses no scan."""
    tally = Tally()

    def scene(rng, following):
        with Box() as box:
            pattern = Pattern(box, rng)
            while (number := following()) is not None:
                pattern.use(tally, number)

    return at_once(turn, scene, tally)


# The centre's database

class CentrePattern:
    def __init__(self, box, rng):
        self.box, self.rng = box, rng
        self.device = Device(box, "lobby", "DAMAGE000002", options=["--users", "30", "--records", "400"])
        self.centre = Centre(box)
        office = Office(box, "office", UNIT, [self.device.stanza(poll="1s")], heartbeat="1s")
        office.enroll(self.centre.add_node(UNIT))
        office.start()
        until("the scans at the centre", lambda: len(self.centre.punches()) >= 400)
        for _ in range(20):
            self.device.ask(f"scan {rng.randint(1, 30)}")
        until("the scans at the centre", lambda: len(self.centre.punches()) >= 420)
        office.program.stop()
        self.truth = self.rows()
        self.centre.program.kill()
        self.killed = self.keep("killed")
        self.centre.start()
        self.centre.program.stop()
        self.stopped = self.keep("stopped")

    def rows(self):
        return {row["key"]: (row["device_serial"], row["user_id"], row["device_time"], row["verify"], row["state"])
                for row in self.centre.punches()}

    def keep(self, name):
        folder = os.path.join(self.box.folder, name)
        shutil.copytree(self.centre.state, folder, ignore=shutil.ignore_patterns("*.sock"))
        return folder

    def use(self, tally, number):
        shutil.rmtree(self.centre.state, ignore_errors=True)
        shutil.copytree(self.rng.choice([self.killed, self.stopped]), self.centre.state)
        done = hurt(os.path.join(self.centre.state, "central.db"), self.rng)
        what = f"file {number}, {done}"
        found = self.box.attempt("hadir-central", "verify", "--state", self.centre.state)
        if found.returncode not in (0, 65, 74, 78):
            tally.fail(f"{what}: verify ended with {found.returncode}: {found.stderr[-200:]}")
        if found.returncode in (74, 78) and not found.stderr.strip():
            tally.fail(f"{what}: verify refused and did not say why")
        said = ("whole", "damaged", "refused")[(0, 65).index(found.returncode) if found.returncode in (0, 65) else 2]
        tally.note(said, tally.notes.get(said, 0) + 1)
        if number % 4 == 0:
            self.serve(what, found, tally)

    def serve(self, what, verdict, tally):
        """It starts or says why not; what it shows is what was sent, or `verify` has said that it may not be."""
        try:
            self.centre.start()
        except Failure as failure:
            tally.note("not_started", tally.notes.get("not_started", 0) + 1)
            if "central.db" not in str(failure):
                tally.fail(f"{what}: it does not start and does not say why: {str(failure)[-300:]}")
            return
        tally.scans += len(self.truth)
        try:
            shown = self.rows()
        except OSError:
            # It said so: no rows are better than wrong ones. But it must live.
            shown = {}
        if not self.centre.program.is_running:
            tally.fail(f"{what}: serve ended with {self.centre.program.process.returncode}")
        wrong = [row for key, row in shown.items() if self.truth.get(key) != row]
        missing = self.truth.keys() - shown.keys() if shown else ()
        if wrong:
            tally.note("wrong_shown", tally.notes.get("wrong_shown", 0) + len(wrong))
        if (wrong or missing and "log" not in what) and verdict.returncode == 0:
            tally.altered.append((what, f"{len(wrong)} wrong and {len(missing)} missing rows are shown, and verify "
                                        "says that all is whole", str(wrong[:1])))
        self.centre.program.kill()


def databases(turn):
    """B12 B13 B14 B15 The centre's database is damaged: `verify` finds it, and nothing wrong is shown behind its back."""
    tally = Tally()

    def scene(rng, following):
        with Box() as box:
            pattern = CentrePattern(box, rng)
            while (number := following()) is not None:
                pattern.use(tally, number)

    return at_once(turn, scene, tally)


RIGS = [Rig("damage-edge", journals, full=4000, short=24, what="files", share=12),
        Rig("damage-centre", databases, full=2000, short=16, what="files", share=12)]
