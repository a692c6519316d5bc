"""Hostile clients: at the centre's ingest and pages, at an edge's listener and page, and a false centre before an edge."""

import gzip
import json
import os
import random
import re
import socket
import threading
import time
import zlib

import contract_rules as rules
from box import Box, Centre, Device, Failure, Office, free_port, until
from centre import Node
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from oracle import Oracle
from rig import Rig, Tally, expect

UNIT = "Dinas Kesehatan"
# What a process may have in memory of its own while all this goes on, in MiB. Measured: below half of it.
MOST_MEMORY = {"centre": 256, "office": 96}
# What a good node may wait at most, for 99 of 100 batches.
MOST_WAIT = 2.0


# Requests: each function gives (bytes to send, statuses that are right besides a closed connection).

REFUSED = set(range(400, 500)) | {501, 503, 505}


def request(path, body=b"", method="POST", headers=(), length=None, version="HTTP/1.1"):
    lines = [f"{method} {path} {version}", "Host: 127.0.0.1", "Content-Type: text/plain; charset=utf-8", *headers]
    if length is not False:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def zeros(count):
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    return press.compress(bytes(count)) + press.flush(zlib.Z_FULL_FLUSH)


# A flushed piece of deflate may be repeated: 10 MB of this one are 10 GB.
PIECE = zeros(1 << 24)


def bomb(megabytes):
    """A gzip file of about so many MB that unpacks to a thousand times as much."""
    pieces = max(1, megabytes * 1_000_000 // len(PIECE))
    return b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + PIECE * int(pieces) + b"\x03\0" + bytes(8)


def header_flood(rng, path):
    kind = rng.randrange(4)
    if kind == 0:
        return request(path, headers=[f"x{n}: y" for n in range(rng.choice([101, 5000, 100_000]))])
    if kind == 1:
        return request(path, headers=["x: " + "a" * rng.choice([9000, 100_000, 1 << 20])])
    if kind == 2:
        return request(path + "?" + "a" * rng.choice([9000, 1 << 20]))
    return request(path, headers=["a" * 70_000 + ": b"])


def false_length(rng, path):
    length = rng.choice(["-1", "18446744073709551616", "99999999999", "0x10", "1,1", "+5", " ", "5\r\nContent-Length: 6",
                         "4294967296", "1e3", "٣"])
    return request(path, b"x" * rng.randrange(20), length=length)


def endless_chunks(rng, path):
    head = request(path, headers=["Transfer-Encoding: chunked"], length=False)
    kind = rng.randrange(4)
    if kind == 0:
        return head + b"10000\r\n" + bytes(65536) + b"\r\n" + (b"10000\r\n" + bytes(65536) + b"\r\n") * 60
    if kind == 1:
        return head + rng.choice([b"FFFFFFFFFFFFFFFFF\r\n", b"-1\r\n", b"zz\r\n", b"\r\n", b"7fffffffffffffff\r\nabc"])
    if kind == 2:
        return head + b"1;" + b"e" * 200_000 + b"\r\na\r\n0\r\n\r\n"
    return head + b"1\r\na\r\n" * 20_000 + b"0\r\n" + b"t: v\r\n" * 20_000 + b"\r\n"


def zip_bomb(rng, path):
    body = bomb(rng.choice([0.1, 0.9, 0.9, 10]))
    length = rng.choice([None, None, None, len(body) // 2, len(body) * 2])
    return request(path, body, headers=["Content-Encoding: gzip"], length=length)


def strange_json(rng, path):
    deep = rng.choice([100, 10_000, 300_000])
    text = rng.choice([
        b"[" * deep, b'{"a":' * deep, b'{"v":1e999999,"node":1}', b'{"v":' + b"9" * 100_000 + b"}",
        b'{"v":1,"v":2,"batch":"a","batch":"b"}', b'{"batch":"\xff\xfe\xc0\x80"}', b'{"batch":"a\0b"}', b"\0" * 5000,
        b'{"batch":"\\ud800"}', b'{"v":1,"batch":"' + b"x" * 500_000 + b'"}', b"null", b"", b"\n\n\n", b"[]\n[]\n",
        rng.randbytes(2000)])
    if path.endswith("enroll"):
        return request(path, text[:4000]).replace(b"text/plain; charset=utf-8", b"application/json")
    if rng.random() < 0.3:
        return request(path, gzip.compress(text), headers=["Content-Encoding: gzip"])
    return request(path, text)


# What is behind it must not be answered as a request of its own.
SMUGGLED = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def smuggled(rng, path):
    chunked = b"0\r\n\r\n" + SMUGGLED
    return rng.choice([
        request(path, chunked, headers=["Transfer-Encoding: chunked"]),
        request(path, chunked, headers=["Transfer-Encoding: xchunked"]),
        request(path, chunked, headers=["Transfer-Encoding : chunked"]),
        request(path, chunked, headers=["Transfer-Encoding: chunked", "Transfer-Encoding: identity"]),
        request(path, chunked, headers=["X: y\r\n Transfer-Encoding: chunked"]),
        request(path, chunked, headers=["X: y\rTransfer-Encoding: chunked"]),
        request(path, SMUGGLED, headers=["Content-Length: 0"]),
        request(path, SMUGGLED, headers=[f"Content-Length: {len(SMUGGLED)}"], length=0),
        request(path, chunked, version="HTTP/1.0", headers=["Transfer-Encoding: chunked"]),
    ])


def strange_request(rng, path):
    return rng.choice([
        b"\0" * 100, rng.randbytes(rng.randrange(1, 3000)), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(200), b"GET  / HTTP/1.1\r\n\r\n",
        request(path, version="HTTP/9.9"), request(path, method="POST\0"), request("http://evil.example/" + path),
        request("*", method="OPTIONS"), request("127.0.0.1:22", method="CONNECT"), b"\r\n" * 10_000,
        request(path, method=rng.choice(["TRACE", "PUT", "DELETE", "PATCH", "PROPFIND", "M" * 5000])),
        request(path, headers=["Expect: 200-ok"], length=1 << 40), request(path, headers=["Host: evil.example"]),
        request(path, headers=["Upgrade: websocket", "Connection: Upgrade"]),
    ])


TRAVERSALS = ["/aset/..%2f..%2f..%2fetc/passwd", "/aset/../../../../etc/passwd", "//etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
              "/aset/%00", "/aset/....//....//etc/passwd", "/debug/vars", "/.git/config", "/aset/..\\..\\x", "/%ff%fe",
              "/signing.key", "/aset/%252e%252e%252fsigning.key", "/api/v1/punches", "/api/v1/..;/punches", "/metrics/x",
              "/unit/%27%20OR%201=1--", "/" + "a/" * 2000]


def traversal(rng, path):
    headers = [rng.choice(["X-Forwarded-For: 10.0.0.1", "X-Original-URL: /api/v1/punches", "Authorization: Bearer x",
                           "Authorization: Bearer " + "A" * 7000, "Cookie: " + "a=b; " * 1000, "Range: bytes=0-0,1-1"])]
    return request(rng.choice(TRAVERSALS), method=rng.choice(["GET", "GET", "HEAD", "POST"]), headers=headers)


SHAPES = [header_flood, false_length, endless_chunks, zip_bomb, strange_json, smuggled, strange_request, traversal]


class Door:
    """Where hostile requests go: a port, and the paths behind which there is something."""

    def __init__(self, name, port, paths):
        self.name, self.port, self.paths = name, port, paths

    def knock(self, data, wait=75):
        """All statuses that were answered, and the bytes; one that is closed without a word gives none.

        The longest that any of them waits for the rest of a request is a minute.
        """
        with socket.socket() as connection:
            connection.settimeout(wait)
            connection.connect(("127.0.0.1", self.port))
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # It need not hear us out.
            answer = b""
            try:
                while len(answer) < 1 << 16 and (piece := connection.recv(65536)):
                    answer += piece
            except ConnectionError:
                pass
            except TimeoutError:
                raise Failure(f"{self.name}: no answer within {wait} s to {data[:90]!r}") from None
        return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d\d\d) ", answer)], answer


class Slow:
    """Sockets that begin a request and never get on; as they are closed, others take their place."""

    def __init__(self, doors, count, rng):
        self.doors, self.count, self.rng = doors, count, rng
        self.made, self.over, self.open, self.longest = 0, threading.Event(), {}, 0.0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def begin(self):
        door = self.rng.choice(self.doors)
        connection = socket.socket()
        # A small window, so that an answer nobody reads fills it.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.settimeout(0.2)
        connection.connect(("127.0.0.1", door.port))
        path = self.rng.choice(door.paths)
        connection.sendall(self.rng.choice([
            b"", b"P", f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ".encode(), request(path, length=1000),
            request(path, b"[", length=1 << 19), (b"GET " + path.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") * 50]))
        connection.setblocking(False)
        self.open[connection] = time.monotonic()
        self.made += 1

    def run(self):
        while not self.over.wait(0.05):
            try:
                while len(self.open) < self.count:
                    self.begin()
            except OSError:
                pass  # Refused: that is what limits are for.
            for connection in self.rng.sample(list(self.open), min(20, len(self.open))):
                self.drip(connection)

    def drip(self, connection):
        """A byte now and then; one that was closed is forgotten."""
        try:
            connection.send(b"a")
            if connection.recv(1, socket.MSG_PEEK) != b"":
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.longest = max(self.longest, time.monotonic() - self.open.pop(connection))
        connection.close()

    def end(self):
        self.over.set()
        self.thread.join(10)
        for connection in self.open:
            connection.close()


class Watch:
    """The most memory of its own that each program had, and how many files it has open."""

    def __init__(self, programs):
        self.programs, self.most, self.over = programs, dict.fromkeys(programs, 0), threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while not self.over.wait(0.1):
            for name, program in self.programs.items():
                self.most[name] = max(self.most[name], memory(program))

    def judge(self, tally, most):
        self.over.set()
        for name, program in self.programs.items():
            tally.note(f"{name}_rss_anon_mib", self.most[name] // 1024)
            if not program.is_running:
                tally.fail(f"{name} died: {program.tail(3)}")
            if self.most[name] > most[name] * 1024:
                tally.fail(f"{name} had {self.most[name] // 1024} MiB of its own, over {most[name]}")


def memory(program):
    """RssAnon in KiB; 0 of a process that is gone."""
    try:
        with open(f"/proc/{program.process.pid}/status", encoding="ascii", errors="replace") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("RssAnon")), 0)
    except OSError:
        return 0


def files(program):
    return len(os.listdir(f"/proc/{program.process.pid}/fd"))


class Good:
    """A node that scans and sends all the while; how long each batch took."""

    def __init__(self, centre):
        self.node, self.waits, self.error, self.over = Node(centre), [], None, threading.Event()
        self.node.write(kind="device", serial=self.node.serial, name="lobi", timezone="Asia/Jakarta", model="",
                        platform="", firmware="")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        number = 0
        try:
            while not self.over.wait(0.05):
                number += 1
                self.node.scan(number)
                begun = time.monotonic()
                self.node.drain()
                self.waits.append(time.monotonic() - begun)
        except Exception as error:  # It must be told, whatever it is.
            self.error = error

    def end(self, tally):
        self.over.set()
        self.thread.join(60)
        if self.error or self.thread.is_alive():
            tally.fail(f"the good node is not served: {self.error or 'it still waits'}")
        waits = sorted(self.waits) or [float("inf")]
        p99 = waits[int(len(waits) * 0.99)]
        tally.note("good_batches", len(self.waits))
        tally.note("good_p99_ms", round(p99 * 1000))
        if p99 > MOST_WAIT:
            tally.fail(f"1 of 100 batches of the good node took {p99:.1f} s")


class Forger:
    """Batches that somebody else made of what a node sent, or would have sent: none may change anything."""

    def __init__(self, centre, good):
        self.good = good
        # Enrolled, with a scan that it never sends whole; and one that is bad itself.
        self.victim = Node(centre, unit="Kecamatan Misal", serial="VICTIM000001")
        self.bad = Node(centre, unit="Kecamatan Lain", serial="BADNODE00001")
        for node in (self.victim, self.bad):
            node.scan(1)
        self.bad.drain()
        self.theirs = self.victim.batch(0, 1)

    def forge(self, rng):
        """A batch in an HTTP body, and whether the centre may say ok to it (with nothing accepted)."""
        kind = rng.randrange(6)
        header, text = self.theirs
        if kind == 0:  # altered at any byte
            at = rng.randrange(len(text))
            byte = bytes([text[at] ^ 1 << rng.randrange(8)])
            return text[:at] + byte + text[at + 1:], False
        if kind == 1:  # cut, or with more behind it
            return (text[:rng.randrange(len(text))] if rng.random() < 0.5 else text + rng.choice([b"\n", b"x", text])), False
        if kind == 2:  # another node's name, signed by the bad one
            self.victim.key, key = self.bad.key, self.victim.key
            try:
                return self.victim.batch(0, 1)[1], False
            finally:
                self.victim.key = key
        if kind == 3:  # history rewritten
            other = object.__new__(Node)
            other.__dict__.update(self.bad.__dict__)
            other.bodies, other.hashes = [], [rules.chain_start(self.bad.epoch)]
            other.scan(rng.randrange(2, 1000))
            return other.batch(0, 1)[1], False
        if kind == 4:  # a whole good batch again
            last = max(1, min(self.good.acked, len(self.good.hashes) - 1))
            first = rng.randrange(last)
            return self.good.batch(first, min(last, first + 5))[1], True
        return self.bad.batch(0, 1)[1], True

    def send(self, door, rng):
        text, may_be_ok = self.forge(rng)
        statuses, answer = door.knock(request("/v1/batches", text, headers=["Connection: close"]))
        body = answer.partition(b"\r\n\r\n")[2].split(b"\n")[0]
        receipt = json.loads(body) if body.startswith(b'{"') and b'"answer"' in body else {}
        if receipt.get("answer") == "ok" and not may_be_ok or receipt.get("accepted"):
            raise Failure(f"taken: {text[:300]!r}: {receipt}")
        if not statuses or statuses[0] >= 500 and statuses[0] != 503:
            raise Failure(f"{statuses} to {text[:200]!r}")


def hostile_clients(turn):
    """H1 H2 H3 H4 H5 H6 H7 H9 H14 H20 D17 Thousands of hostile requests, while a good node and an office are served."""
    with Box() as box:
        centre = Centre(box)
        push = free_port()
        device = Device(box, "lobby", "CLIENT000001", options=["--records", "50"])
        office = Office(box, "office", UNIT, [f"[push]\nlisten = \"127.0.0.1:{push}\"\n", device.stanza(poll="2s")],
                        heartbeat="1s")
        office.enroll(centre.add_node(UNIT))
        office.start()
        oracle = Oracle(centre, [device])
        until("the office's scans", lambda: len(oracle.read() or []) >= 50)
        good = Good(centre)
        forger = Forger(centre, good.node)
        doors = [
            Door("centre", centre.port, ["/v1/batches", "/v1/batches", "/v1/enroll", "/masuk", "/", "/api/v1/punches"]),
            Door("push", push, ["/iclock/cdata?SN=NOBODY000001&table=ATTLOG", "/iclock/getrequest?SN=NOBODY000001"]),
            Door("page", office.port, ["/", "/livez", "/metrics"]),
        ]
        programs = {"centre": centre.program, "office": office.program}
        before = {name: files(program) for name, program in programs.items()}
        watch = Watch(programs)
        slow = Slow(doors, 400 if turn.count > 1000 else 100, random.Random(turn.seed))
        tally = attack(turn, doors, forger)
        for number in range(5):
            oracle.scan(device, str(number + 1))
        slow.end()
        good.end(tally)
        tally.count += slow.made
        tally.note("slow_sockets", slow.made)
        until("the files of the hostile clients closed", lambda: all(
            files(program) <= before[name] + 8 for name, program in programs.items()), wait=60)
        watch.judge(tally, MOST_MEMORY)
        numbers = [int(row["user_id"]) for row in centre.punches() if row["device_serial"] == good.node.serial]
        judge_rows(oracle, good, forger, tally)
        expect(len(numbers) == len(set(numbers)), "a scan of the good node is there twice")
    return tally


def judge_rows(oracle, good, forger, tally):
    """Of the good node each scan once, of the bad one its own scan, of the victim none; of the office as ever."""
    oracle.made += [(good.node.serial, str(number), "2026-11-21T07:30:05", 1, 0)
                    for number in range(1, len(good.node.bodies))]
    oracle.made.append((forger.bad.serial, "1", "2026-11-21T07:30:05", 1, 0))
    found = oracle.judge()
    tally.add(found)
    tally.wrong += found.wrong


def attack(turn, doors, forger):
    """`turn.count` requests from six threads."""
    tally, lock, times = Tally(), threading.Lock(), turn.times()
    kinds = {}

    def work(seed):
        rng = random.Random(seed)
        while True:
            with lock:
                if next(times, None) is None or len(tally.wrong) > 4:
                    return
            try:
                if rng.random() < 0.25:
                    kind = "forged"
                    forger.send(doors[0], rng)
                else:
                    kind = one(rng, rng.choice(doors))
            except Failure as failure:
                with lock:
                    tally.fail(str(failure))
            except OSError as error:
                with lock:
                    tally.fail(f"{type(error).__name__}: {error}")
            with lock:
                tally.count += 1
                kinds[kind] = kinds.get(kind, 0) + 1

    threads = [threading.Thread(target=work, args=(f"{turn.seed} {number}",), daemon=True) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.note("kinds", len(kinds))
    return tally


def one(rng, door):
    """One hostile request of any shape; what it was."""
    shape = rng.choice(SHAPES)
    path = rng.choice(door.paths)
    data = shape(rng, path)
    statuses, answer = door.knock(data)
    if any(500 <= status and status not in (501, 503, 505) for status in statuses):
        raise Failure(f"{door.name}: {shape.__name__}: {statuses} to {data[:150]!r}")
    if shape is smuggled and answer.rstrip().endswith(b"\r\n\r\nok") and len(statuses) > 1:
        raise Failure(f"{door.name}: smuggled: {statuses} to {data[:250]!r}")
    if b"root:x:" in answer or b"PRIVATE" in answer:
        raise Failure(f"{door.name}: {data[:100]!r} gave a file away")
    return shape.__name__


RIGS = [Rig("client", hostile_clients, full=5000, short=100, what="requests", share=7)]
