"""Many offices at once: devices that live in one process, an edge for each, one centre, a line between that fails."""

import os
import re
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from box import Centre, Device, Failure, Office, until
from oracle import Oracle
from proxy import Proxy
from wallclock import Clock

UNIT = "Dinas Kesehatan"


class Simulated(Device):
    """One of the devices of a process that runs several."""

    def __init__(self, name, serial, port, control):
        self.name, self.serial, self.control, self.comm_key = name, serial, control, 0
        self.url = f"tcp://127.0.0.1:{port}"


def devices(box, name, count, serial, *options):
    """So many devices in one process."""
    control = os.path.join(box.folder, name + ".sock")
    program = box.start(name, ["hadir-sim", "run", "--tcp", "127.0.0.1:0", "--devices", str(count), "--serial", serial,
                               "--control", control, *options], ready=r"hadir-sim: .*")
    pattern = r"hadir-sim: (\S+) .*?tcp 127\.0\.0\.1:(\d+)"

    def lines():
        program.log.flush()
        with open(program.log_path, encoding="utf-8") as file:
            return re.findall(pattern, program.ready_line.group(0) + "\n" + file.read())

    found = until("all devices", lambda: len(lines()) == count and lines())
    paths = [control] if count == 1 else [f"{control}.{number}" for number in range(1, count + 1)]
    return program, [Simulated(f"{name}-{number}", serial, port, path)
                     for number, ((serial, port), path) in enumerate(zip(found, paths), 1)]


def metric(office, name):
    """A number of the edge's own; None while it is down."""
    try:
        with urllib.request.urlopen(office.page + "/metrics", timeout=10) as answer:
            found = re.search(rf"^hadir_edge_{re.escape(name)} (\S+)$", answer.read().decode(), re.MULTILINE)
            return float(found.group(1)) if found else None
    except OSError:
        return None


def memory(program):
    """RssAnon in MiB."""
    with open(f"/proc/{program.process.pid}/status", encoding="utf-8") as file:
        found = re.search(r"RssAnon:\s+(\d+)", file.read())
    return int(found.group(1)) / 1024 if found else 0.0


class Watch:
    """The most that a program has had of memory while it was watched."""

    def __init__(self, *programs):
        self.most, self.over = [0.0] * len(programs), threading.Event()

        def look():
            while not self.over.wait(0.2):
                for number, program in enumerate(programs):
                    try:
                        self.most[number] = max(self.most[number], memory(program))
                    except OSError:
                        pass

        threading.Thread(target=look, daemon=True).start()


class Calendar:
    """The date of everything that is started in the box from now on, and how it passes: days, all at once."""

    def __init__(self, box, days):
        Clock.build(box)
        self.clock = Clock(box, "days")
        self.set(days)
        box.environment = self.clock.environment

    def set(self, days):
        self.clock.offset = days * 86400


class Scene:
    """`offices` edges with `each` devices of `records` scans, behind a proxy that asks `decide` what goes wrong."""

    def __init__(self, box, turn, offices, records, decide, each=1, users=60):
        self.box, self.turn, self.users = box, turn, users
        self.simulator, self.devices = devices(box, "device", offices * each, "LINE00001", "--users", str(users),
                                               "--records", str(records), "--seed", str(turn.seed % 1000 + 1))
        self.centre = Centre(box)
        self.proxy = Proxy(self.centre.port, decide, turn.seed)
        self.proxy.__enter__()
        stanzas = [device.stanza() for device in self.devices]
        self.offices = [Office(box, f"office-{number + 1}", UNIT, stanzas[number * each:(number + 1) * each], "1s")
                        for number in range(offices)]
        self.nodes = self.at_once(lambda office: office.enroll(
            self.centre.add_node(UNIT, url=f"http://127.0.0.1:{self.proxy.port}"))["node"], 4)
        self.oracle = Oracle(self.centre, self.devices)
        self.over = threading.Event()

    def at_once(self, work, workers=None):
        with ThreadPoolExecutor(workers or len(self.offices)) as pool:
            return list(pool.map(work, self.offices))

    def start(self):
        self.at_once(Office.start, 4)

    def people(self, rest):
        """Somebody scans at some office, about every `rest` seconds."""
        def work():
            while not self.over.wait(self.turn.random.uniform(0, 2 * rest)):
                try:
                    user = str(self.turn.random.randint(1, self.users))
                    self.oracle.scan(self.turn.random.choice(self.devices), user)
                except (Failure, OSError):
                    return

        threading.Thread(target=work, daemon=True).start()

    def until(self, what, done, stuck=150):
        """Waits for `done`; a line on which nothing moves for `stuck` seconds is a failure."""
        last, moved = -1, time.monotonic()
        while not done():
            if self.turn.end is not None and time.monotonic() > self.turn.end:
                return
            if self.proxy.batches != last:
                last, moved = self.proxy.batches, time.monotonic()
            if time.monotonic() - moved > stuck:
                raise Failure(f"{what}: no batch for {stuck} s")
            time.sleep(0.1)

    def judge(self, whole):
        """After the line is well again: each scan once, journals whole, nothing forgotten that nobody had told."""
        self.over.set()
        found = self.oracle.judge()
        whole.add(found)
        whole.wrong += found.wrong + self.proxy.wrong
        whole.note("settled_s", found.notes["settled_s"])
        for office in self.turn.random.sample(self.offices, min(3, len(self.offices))):
            if problems := office.verify()["problems"]:
                whole.fail(f"the journal is not whole: {problems[:2]}")

    def end(self):
        self.over.set()
        self.proxy.__exit__()
