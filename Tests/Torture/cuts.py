"""Devices that go away: in the middle of a download, at every byte of it, and with every datagram of it in turn."""

import json
import os
import re
import socket
import threading

from box import Box, Centre, Device, Failure, Office, until
from oracle import Oracle
from rig import Rig, Tally, expect

UNIT = "Dinas Kesehatan"
RECORDS = 1000


class Simulated(Device):
    """One of many devices of one process."""

    def __init__(self, serial, ports, control, link="tcp"):
        # Not the base's: it would start a process for each.
        self.serial, self.ports, self.control, self.name = serial, ports, control, serial.lower()
        self.url = f"{link}://127.0.0.1:{ports[link]}"

    def stanza(self, url=None, poll="86400s"):
        return (f"[device.{self.name}]\naddress = \"{url or self.url}\"\nserial = \"{self.serial}\"\n"
                f"comm_key = 0\npoll = \"{poll}\"\nlive = false\ntimezone = \"WIB\"\n")


def fleet(box, name, count, serial, *options, link="tcp", fault=None):
    """`count` simulated devices in one process."""
    control = os.path.join(box.folder, name + ".sock")
    arguments = ["hadir-sim", "run", "--udp", "127.0.0.1:0", "--serial", serial, "--devices", str(count),
                 "--control", control, *options]
    # Devices of the oldest make have UDP only.
    arguments += [] if "old" in options else ["--tcp", "127.0.0.1:0"]
    arguments += ["--soap", "127.0.0.1:0"] if link == "soap" else []
    program = box.start(name, arguments + (["--fault", fault] if fault else []))
    pattern = re.compile(r"hadir-sim: (\S+) profile \S+ (.*)")

    def told():
        program.log.flush()
        with open(program.log_path, encoding="utf-8", errors="replace") as file:
            found = pattern.findall(file.read())
        return found if len(found) == count else None

    devices = []
    for number, (found, ports) in enumerate(until(f"{count} simulated devices", told, wait=60), 1):
        path = control if count == 1 else f"{control}.{number}"
        devices.append(Simulated(found, dict(re.findall(r"(tcp|udp|soap) 127\.0\.0\.1:(\d+)", ports)), path, link))
    return devices


class Daemon:
    """The control socket of a running hadird, as `hadir device sync` uses it, without a process for each question."""

    def __init__(self, office):
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.connection.settimeout(120)
        self.connection.connect(os.path.join(office.state, "control.sock"))
        self.file = self.connection.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()
        self.connection.close()

    def ask(self, command, **more):
        self.connection.sendall(json.dumps({"command": command, "devices": [], **more}).encode() + b"\n")
        answer = json.loads(self.file.readline() or "null")
        if not answer or answer.get("error"):
            raise Failure(f"hadird: {command}: {answer}")
        return answer

    def sync(self, device):
        """What came of reading the device now: None, or the problem in words."""
        return self.ask("sync", devices=[device.name])["synced"][0].get("problem")


class Cuts:
    """What several threads share: offsets left to do, what went wrong, and how many cuts there were."""

    def __init__(self, offsets):
        self.left, self.lock = iter(offsets), threading.Lock()
        self.made, self.errors = 0, []

    def next(self):
        with self.lock:
            return None if self.errors else next(self.left, None)

    def work(self, bodies):
        def guarded(body):
            try:
                body()
            except Exception as error:  # Whatever it is, the rig has to hear of it.
                with self.lock:
                    self.errors.append(error)

        threads = [threading.Thread(target=guarded, args=(body,), daemon=True) for body in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.errors:
            raise self.errors[0]


def measure(office, device):
    """How many bytes one whole reading of the device has, from CONNECT on."""
    device.ask("faults")
    before = device.ask("stats")["bytes_out"]
    with Daemon(office) as daemon:
        problem = daemon.sync(device)
    expect(problem is None, f"a reading without faults: {problem}")
    return device.ask("stats")["bytes_out"] - before


# No reading can be whole before so many bytes came: 40 for each record.
DATA = 40 * RECORDS


def at_every_byte(turn):
    """D1 D2 A device closes its connection at every byte of a download of 1,000 records, and of the tail behind it."""
    is_whole = turn.count > DATA
    with Box() as box:
        devices = fleet(box, "fleet", 90 if is_whole else 12, "CUTS00000001", "--records", str(RECORDS),
                        "--users", "5", fault="close-at=1*1000000")
        centre = Centre(box)
        office = Office(box, "office", UNIT, [device.stanza() for device in devices], heartbeat="1s")
        office.enroll(centre.add_node(UNIT))
        office.start()
        model = devices.pop()
        length = measure(office, model)
        expect(length > DATA, f"the reading has {length} bytes only")
        early, last = offsets(turn, length, is_whole)
        oracle, tally = Oracle(centre, [model]), Tally()
        cuts = Cuts(early)
        cuts.work([lambda device=device: cut_all(office, device, cuts, turn) for device in devices[:4]])
        tally.count += cuts.made
        oracle.settle()
        expect(len(oracle.rows) == RECORDS, f"{len(oracle.rows) - RECORDS} scans of readings that were cut")
        tally.count += cut_last(office, devices, last)
        tally.count += cut_tails(office, model, oracle, turn)
        with Daemon(office) as daemon:
            for device in devices:
                device.ask("faults")
                problem = daemon.sync(device)
                expect(problem is None, f"a reading at the end: {problem}")
        for device in devices:
            oracle.adopt(device)
        tally.add(found := oracle.judge(fresh=False))
        tally.wrong += found.wrong
        tally.note("bytes", length)
        tally.note("devices", len(devices) + 1)
        if office.verify()["problems"]:
            tally.fail("the journal is not whole")
    return tally


def offsets(turn, length, is_whole):
    """Those of which nothing can be kept, and those where the reading may have been journaled before."""
    if is_whole:
        return range(1, DATA), range(DATA, length + 1)
    early = sorted(turn.random.sample(range(1, DATA), turn.count))
    return early, sorted(turn.random.sample(range(DATA, length + 1), 30))


def cut_all(office, device, cuts, turn):
    with Daemon(office) as daemon:
        times = turn.times()
        while next(times, None) is not None and (offset := cuts.next()) is not None:
            device.ask(f"faults close-at={offset}*9")
            problem = daemon.sync(device)
            expect(problem is not None, f"byte {offset}: a reading that was cut was taken for a whole one")
            with cuts.lock:
                cuts.made += 1


def cut_last(office, devices, last):
    """What was read whole before the cut cannot be cut again: the next device takes its place."""
    made, unread = 0, list(devices)
    with Daemon(office) as daemon:
        before = daemon.ask("status")["journal"]["last_seq"]
        for offset in last:
            if not unread:
                break
            unread[0].ask(f"faults close-at={offset}*9")
            daemon.sync(unread[0])
            made += 1
            after = daemon.ask("status")["journal"]["last_seq"]
            expect(after - before < RECORDS / 2 or after - before >= RECORDS,
                   f"byte {offset}: {after - before} entries of a reading")
            if after - before >= RECORDS:
                unread.pop(0)
            before = after
    return made


def cut_tails(office, device, oracle, turn):
    """A scan, and a cut somewhere in the tail that has it."""
    made = 0
    with Daemon(office) as daemon:
        for offset in range(1, 1200, 1 if turn.count > DATA else 60):
            oracle.scan(device, str(turn.random.randint(1, 5)))
            device.ask(f"faults close-at={offset}*9")
            daemon.sync(device)
            made += 1
        device.ask("faults")
        expect(daemon.sync(device) is None, "the tail cannot be read at the end")
    return made


class Line:
    """A line of datagrams to a device, on which the n-th one of a session, in or out, is lost, doubled or late."""

    def __init__(self, device, number, mode):
        self.target, self.number, self.mode = ("127.0.0.1", int(device.ports["udp"])), number, mode
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.url = f"udp://127.0.0.1:{self.front.getsockname()[1]}"
        self.count, self.hit, self.peers, self.lock = 0, False, {}, threading.Lock()
        threading.Thread(target=self.inward, daemon=True).start()

    def inward(self):
        while True:
            try:
                data, peer = self.front.recvfrom(65536)
            except OSError:
                return
            if peer not in self.peers:
                self.peers[peer] = back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                back.connect(self.target)
                threading.Thread(target=self.outward, args=(back, peer), daemon=True).start()
            self.carry(data, self.peers[peer].send)

    def outward(self, back, peer):
        while True:
            try:
                data = back.recv(65536)
            except OSError:
                return
            self.carry(data, lambda piece: self.front.sendto(piece, peer))

    def carry(self, data, send):
        with self.lock:
            self.count += 1
            is_hit = self.count == self.number
            self.hit = self.hit or is_hit
        try:
            if not is_hit:
                send(data)
            elif self.mode == "twice":
                send(data)
                send(data)
            elif self.mode == "late":
                timer = threading.Timer(0.3, send, (data,))
                timer.daemon = True
                timer.start()
        except OSError:
            pass

    def close(self):
        for link in [self.front, *self.peers.values()]:
            link.close()


def at_every_datagram(turn):
    """D1 D5 Each datagram of a reading over UDP, in or out, is lost, comes twice or too late."""
    modes = ["lost", "twice", "late"]
    is_whole = turn.count >= 120
    each = turn.count // len(modes)
    numbers = list(range(1, each + 1)) if is_whole else turn.random.sample(range(1, 35), each)
    places = [(number, mode) for number in numbers for mode in modes]
    with Box() as box:
        devices = fleet(box, "fleet", len(places), "DATAGRAM0001", "--records", "300", "--users", "5", link="udp")
        lines = [Line(device, *place) for device, place in zip(devices, places)]
        centre = Centre(box)
        office = Office(box, "office", UNIT,
                        [device.stanza(line.url, poll="3s") for device, line in zip(devices, lines)], heartbeat="1s")
        office.enroll(centre.add_node(UNIT))
        oracle = Oracle(centre, devices)
        office.start()
        tally = oracle.judge(wait=150)
        tally.count = sum(line.hit for line in lines)
        if office.verify()["problems"]:
            tally.fail("the journal is not whole")
        for line in lines:
            line.close()
    return tally


RIGS = [
    Rig("device-cut", at_every_byte, full=42_000, short=150, what="cuts", share=9),
    Rig("device-datagram", at_every_datagram, full=210, short=24, what="datagrams", share=4),
]
