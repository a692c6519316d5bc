"""The board while scans arrive: time of its pages beside a trivial one, from a scan to an open page, ingest beside an export."""

import base64
import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.parse

import lab
from box import PROGRAMS, Centre, Failure, Office
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from ingest import post_all, signed
from workdays import SEED, rows, settle

import contract_rules as rules

PASSWORD = "kuda makan rumput hijau"


def run(box, table, arguments):
    state = os.path.join(box.folder, "board")
    box.run("hadir-central", "init", "--state", state)
    yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400 + 7 * 3600))
    seconds, text = lab.timed(lambda: box.run(
        "hadir-central", "demo-data", "--state", state, "--employees", str(arguments.employees), "--units",
        str(arguments.units), "--months", str(arguments.board_months), "--seed", SEED, "--until", yesterday, "--json",
        wait=36_000))
    of = f"{arguments.employees:,} employees, {arguments.board_months} months, {json.loads(text)['scans']:,} scans"
    table.add("demo-data, through ingest", of, f"{seconds:.1f} s")
    add_account(box, state)
    work_every_day(box, state)
    centre = Centre(box, "board")
    begun = time.perf_counter()
    settle(state, 36_000)
    table.add("all workdays from nothing", of, f"{time.perf_counter() - begun:.1f} s")
    session = Session(centre.port)
    unit = rows(state, "SELECT unit_id FROM placements GROUP BY unit_id ORDER BY count(*) DESC LIMIT 1")[0][0]
    node = Scanner(box, centre)
    # The load is another unit's: what an open page of the first one is told is what was sent for it.
    load = Load(Scanner(box, centre, 1), arguments.board_scans)
    pages(table, session, unit, of, "quiet", arguments.board_pages)
    load.start()
    try:
        pages(table, session, unit, of, f"{arguments.board_scans} scans/s in batches", arguments.board_pages, 50)
        live(table, centre, session, node, of)
    finally:
        load.stop()
    table.add("batches while pages were read", f"{load.sent:,} scans in {len(load.times):,} batches",
              f"p50 {at(load.times, 50):.1f} ms, p99 {at(load.times, 99):.1f} ms", f"asked for: {arguments.board_scans}/s",
              f"{load.sent / max(load.seconds, 0.001):,.0f}/s", f"≥ {arguments.board_scans}/s",
              load.sent / max(load.seconds, 0.001) >= 0.95 * arguments.board_scans)
    exporting(table, box, state, node, of)
    centre.program.stop()


def add_account(box, state):
    """Somebody who sees everything."""
    done = subprocess.run(
        [os.path.join(PROGRAMS, "hadir-central"), "user", "add", "bupati", "--role", "executive", "--password-stdin",
         "--state", state], input=PASSWORD + "\n", text=True, capture_output=True)
    if done.returncode:
        raise Failure(f"no account: {done.stderr.strip()}")


HOURS = """name = "setiap-hari"
title = "Setiap hari"
citation = "Contoh"
effective_from = 2020-01-01
keeps_holidays = false
keeps_collective_leave = false
""" + "".join(f"""
[day.{day}]
start = "12:00"
end = "23:00"
break_minutes = 0
arrival = "00:00-22:00"
departure = "22:01-23:59"
""" for day in ("monday-thursday", "friday", "saturday", "sunday"))


def work_every_day(box, state):
    """Hours from today on that ask everybody for a scan, whatever day the benchmark is run on."""
    path = os.path.join(box.folder, "setiap-hari.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(HOURS)
    box.run("hadir-central", "schedule", "add", path, "--state", state)
    today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 3600))
    for (group,) in rows(state, "SELECT DISTINCT schedule_group FROM placements"):
        box.run("hadir-central", "group", "set", group, "setiap-hari", "--from", today, "--override", "--document", "-",
                "--state", state)


class Scanner:
    """A node of a large unit: many scans of people who were there, and first scans of those who were not."""

    def __init__(self, box, centre, place=0):
        """Of the unit with the most people who have a PIN, or the next ones."""
        self.centre, self.state = centre, centre.state
        (self.unit_id, unit, self.serial), = rows(self.state, """
            SELECT units.id, units.name, min(serial) FROM units JOIN devices ON devices.unit_id = units.id
            JOIN identity_links ON identity_links.unit_id = units.id AND identity_links.to_day IS NULL
            GROUP BY units.id ORDER BY count(DISTINCT employee_id) DESC LIMIT 1 OFFSET ?""", place)
        users = [user for (user,) in rows(self.state, """
            SELECT DISTINCT CAST(user_id AS TEXT) FROM identity_links
            JOIN placements ON placements.employee_id = identity_links.employee_id AND placements.to_day IS NULL
            WHERE identity_links.unit_id = ? AND placements.unit_id = identity_links.unit_id
                AND identity_links.to_day IS NULL ORDER BY 1""", self.unit_id)]
        self.office = Office(box, f"scanner-{centre.name}-{place}", unit, [])
        self.office.node = self.office.enroll(centre.add_node(unit))["node"]
        with open(os.path.join(self.office.state, "node.key")) as file:
            self.key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(file.read().strip()))
        self.epoch, self.seq = os.urandom(16).hex(), 0
        self.end = rules.chain_start(self.epoch)
        # Half of them for many scans, half for single ones.
        half = len(users) // 2
        self.busy, self.fresh, self.count = users[:half] or users, users[half:], 0

    def send(self, scans):
        """`scans` are (user id, device time); one signed batch."""
        bodies, previous, first = [], self.end, self.seq
        for user, moment in scans:
            body = json.dumps({
                "kind": "punch", "at": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()), "serial": self.serial,
                "user_id": user, "device_time": moment, "occurrence": 0, "verify": 1, "state": 0, "source": "poll"},
                separators=(",", ":")).encode()
            self.seq += 1
            self.end = rules.chain_next(self.end, self.seq, body)
            bodies.append(body)
        failures = []
        post_all(self.centre.port, [
            signed(self.office.node, self.epoch, first, previous, self.end, bodies, self.key)], failures)
        if failures:
            raise Failure(f"the centre refused scans: {failures[0]}")

    def scans(self, number):
        """Each its own second of today and one of the people."""
        def scan(place):
            second = place // len(self.busy) % 30_000
            return self.busy[place % len(self.busy)], self.moment(second)
        self.send([scan(self.count + place) for place in range(number)])
        self.count += number

    def first_scan(self):
        """Somebody comes; False where nobody is left."""
        if not self.fresh:
            return False
        self.send([(self.fresh.pop(), self.moment(60))])
        return True

    @staticmethod
    def moment(second):
        """Of today in Jakarta, from midnight on."""
        day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 3600))
        return f"{day}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


class Session:
    """Somebody at a browser, over one connection."""

    def __init__(self, port):
        self.port, self.cookies = port, {}
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        token = re.search(r'name="token" value="([0-9a-f]{64})"', self.get("/masuk")[1]).group(1)
        form = urllib.parse.urlencode({"account": "bupati", "password": PASSWORD, "next": "/", "token": token})
        status, _ = self.ask("POST", "/masuk", form, {
            "Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{port}"})
        if status != 303:
            raise Failure(f"the login was answered with {status}")

    def get(self, path):
        return self.ask("GET", path)

    def ask(self, method, path, body=None, headers=None):
        self.line.request(method, path, body, {"Cookie": self.cookie, **(headers or {})})
        answer = self.line.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer.status, text

    @property
    def cookie(self):
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


class Load(threading.Thread):
    """Scans of a day by one node, in signed batches four times a second."""

    def __init__(self, node, rate):
        super().__init__(daemon=True)
        self.node, self.rate, self.times, self.sent, self.seconds = node, rate, [], 0, 0.0
        self.over = threading.Event()

    def run(self):
        begun, due = time.perf_counter(), 0.0
        while not self.over.wait(max(0, begun + due - time.perf_counter())):
            due += 0.25
            taken, _ = lab.timed(lambda: self.node.scans(self.rate // 4))
            self.times.append(taken * 1000)
            self.sent += self.rate // 4
        self.seconds = time.perf_counter() - begun

    def stop(self):
        self.over.set()
        self.join(30)


def at(times, part):
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, len(ordered) * part // 100)] if ordered else 0.0


def pages(table, session, unit, of, load, number, limit=None):
    times = {"/livez": [], "/": [], f"/unit/{unit}": []}
    for _ in range(number):
        for path in times:
            taken, (status, _) = lab.timed(lambda path=path: session.get(path))
            if status != 200:
                raise Failure(f"{path}: {status}")
            times[path].append(taken * 1000)
    floor = at(times["/livez"], 50)
    for path, name in (("/", "the board, /"), (f"/unit/{unit}", "the largest unit, /unit/N")):
        p50, p99 = at(times[path], 50), at(times[path], 99)
        table.add(name, f"{of}; {load}", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms",
                  f"/livez: p50 {floor:.1f} ms, p99 {at(times['/livez'], 99):.1f} ms", f"{p50 / floor:.1f} x its time",
                  f"p99 ≤ {limit} ms" if limit else "", p99 <= limit if limit else None)


def live(table, centre, session, node, of):
    """From the batch of a scan of somebody who has not come yet to the part of an open page that has it."""
    times = []
    number = node.unit_id
    with socket.create_connection(("127.0.0.1", centre.port), timeout=30) as line:
        line.sendall((f"GET /langsung/unit/{number} HTTP/1.1\r\nHost: 127.0.0.1:{centre.port}\r\n"
                      f"Cookie: {session.cookie}\r\n\r\n").encode())
        reader = Reader(line)
        reader.until(b"event: beat")
        for _ in range(20):
            reader.begin()
            begun = time.perf_counter()
            if not node.first_scan():
                break
            reader.until(b"event: section")
            times.append((reader.at - begun) * 1000)
    if times:
        table.add("one scan, until an open page shows it", f"{of}; {len(times)} scans",
                  f"median {at(times, 50):.0f} ms, most {max(times):.0f} ms", "days computed, board, event stream", "",
                  "≤ 1 s", max(times) <= 1000)
    else:
        table.add("one scan, until an open page shows it", "nobody of the unit has hours today: a free day")


class Reader:
    def __init__(self, line):
        self.line, self.held, self.at = line, b"", 0.0

    def begin(self):
        self.held = b""

    def until(self, sign):
        while sign not in self.held:
            piece = self.line.recv(1 << 16)
            if not piece:
                raise Failure("the stream ended")
            self.held += piece
        self.at = time.perf_counter()


def exporting(table, box, state, node, of):
    """Scans a second through ingest alone, and while somebody asks for a recap of every month of a year, again and again."""
    def rate():
        count = 40
        seconds, _ = lab.timed(lambda: [node.scans(500) for _ in range(count)])
        return count * 500 / seconds
    alone = rate()
    over = threading.Event()

    def export():
        month = time.strftime("%Y-%m", time.gmtime(time.time() - 86_400))
        while not over.is_set():
            box.run("hadir-central", "recap", "--state", state, "--month", month, "--json", wait=600)
    worker = threading.Thread(target=export, daemon=True)
    worker.start()
    beside = rate()
    over.set()
    worker.join(600)
    table.add("ingest, alone and beside an export", of, f"{alone:,.0f} and {beside:,.0f} scans/s", "",
              f"{beside / alone:.2f} x", "≥ 0.5 x: two cores for both", beside >= 0.5 * alone)
