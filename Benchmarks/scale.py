"""Size: memory with many devices, a thousand devices on one core, a million entries that wait."""

import os
import re
import subprocess
import threading
import time
import urllib.request

from box import PROGRAMS, Centre, Device, Failure, Office, free_port, until
from lab import anonymous_memory, processor_seconds

POLL = 60
# What a device may take to answer before it counts as silent: hadird's reply time-out.
TIME_OUT = 10


class Fleet:
    """Many simulated devices in one process."""

    def __init__(self, box, name, count, first_serial, options=(), core=None):
        line = [os.path.join(PROGRAMS, "hadir-sim"), "run", "--tcp", "127.0.0.1:0", "--devices", str(count), "--serial",
                first_serial, *options]
        if core is not None:
            line = ["taskset", "-c", str(core)] + line
        self.log = open(os.path.join(box.folder, name + ".log"), "ab")
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=self.log, text=True, start_new_session=True)
        self.devices = []
        for number in range(count):
            found = re.search(r"hadir-sim: (\S+) .* tcp (127\.0\.0\.1:\d+)", self.process.stdout.readline())
            if not found:
                self.process.kill()
                raise Failure(f"{name}: {number} of {count} devices started")
            self.devices.append((f"{name}-{number + 1}", found.group(1), found.group(2)))

    def stanzas(self, poll, live):
        return [f"[device.{name}]\naddress = \"tcp://{address}\"\nserial = \"{serial}\"\npoll = \"{poll}s\"\n"
                f"live = {'true' if live else 'false'}\n" for name, serial, address in self.devices]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


def memory(box, table, arguments):
    fleet = Fleet(box, "small", 50, "MEM00001", ["--records", "200"])
    office = Office(box, "fifty", "Dinas Kesehatan", fleet.stanzas(5, live=True))
    office.start()
    until("all devices read", lambda: office.journal()["last_seq"] > 50 * 200, wait=120, every=0.5)
    for _ in range(10):
        # The clerk's page lies open.
        urllib.request.urlopen(office.page + "/", timeout=10).read()
        time.sleep(1)
    used = anonymous_memory(office.program)
    table.add("edge memory, 50 devices", "RssAnon, each read and listened to, the clerk's page open", f"{used:.1f} MiB", "", "", "≤ 24 MiB",
              used <= 24)
    office.program.stop()
    fleet.kill()


def thousand(box, table, arguments):
    """Every reading's moment, as the edge's own metrics tell it, once a second over more than three intervals."""
    cores = sorted(os.sched_getaffinity(0))
    other = cores[1] if len(cores) > 1 else cores[0]
    live = Fleet(box, "live", 900, "LIVE00001", ["--records", "20"], core=other)
    silent = Fleet(box, "silent", 100, "SILENT001", ["--fault", "silent"], core=other)
    office = Office(box, "thousand", "Dinas Kesehatan", live.stanzas(POLL, live=True) + silent.stanzas(POLL, live=True))
    office.start()
    pid = office.program.process.pid
    subprocess.run(["taskset", "-a", "-p", "-c", str(cores[0]), str(pid)], check=True, stdout=subprocess.DEVNULL)
    with open(office.configuration) as file:
        address = re.search(r'status_listen = "(.*)"', file.read()).group(1)
    begun = time.time()
    spent = processor_seconds(office.program)
    seen = {name: [begun] for name, _, _ in live.devices}
    pattern = re.compile(r'hadir_edge_device_last_success_timestamp_seconds\{device="(live-\d+)"\} (\S+)')
    while time.time() - begun < arguments.intervals * POLL + 30:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            for name, moment in pattern.findall(answer.read().decode()):
                if float(moment) > seen[name][-1]:
                    seen[name].append(float(moment))
        time.sleep(1)
    spent = processor_seconds(office.program) - spent
    ended = time.time()
    gaps = [later - earlier for moments in seen.values()
            for earlier, later in zip(moments, moments[1:] + [max(ended, moments[-1])])]
    fewest = min(len(moments) - 1 for moments in seen.values())
    worst = max(gaps)
    table.add("1,000 devices on one core, 100 silent", f"poll {POLL} s, {fewest} or more readings of each live device",
              f"longest without a reading: {worst:.1f} s", f"{100 * spent / (ended - begun):.1f} % of the core, "
              f"{anonymous_memory(office.program):.0f} MiB RssAnon", "", f"≤ {POLL + TIME_OUT} s", worst <= POLL + TIME_OUT)
    office.program.stop(wait=15)
    live.kill()
    silent.kill()


def million(box, table, arguments):
    """Ten logs of 100,000 read while no centre is known; then a new start, and everything goes up."""
    entries = arguments.queued
    fleet = Fleet(box, "log", 10, "QUEUE0001", ["--records", str(entries // 10), "--users", "300"])
    idle = Office(box, "idle", "Dinas Kesehatan", fleet.stanzas(3600, live=False))
    office = Office(box, "queue", "Dinas Kesehatan", fleet.stanzas(3600, live=False))
    office.start()
    until("all logs journaled", lambda: office.journal()["last_seq"] >= entries, wait=600, every=0.5)
    time.sleep(5)
    own = anonymous_memory(office.program)
    office.program.stop()
    fleet.kill()
    # One device that answers is left for scans during the drain.
    door = Device(box, "door", "DOOR00000001", options=["--users", "300"])
    with open(office.configuration) as file:
        head = file.read().split("[device.")[0]
    for each in (idle, office):
        with open(each.configuration, "w") as file:
            file.write(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{free_port()}", head)
                       + door.stanza(poll="3600s", live=True))
    idle.start()
    time.sleep(5)
    empty = anonymous_memory(idle.program)
    idle.program.stop()

    begun = time.perf_counter()
    office.start()
    ready = time.perf_counter() - begun
    time.sleep(5)
    waiting = anonymous_memory(office.program)
    count = office.journal()["pending"]
    office.program.stop()
    of = f"{count:,} entries queued"
    table.add("start to ready", of, f"{ready:.2f} s", "", "", "≤ 1 s", ready <= 1)
    table.add("edge memory with a queue", of, f"{waiting:.1f} MiB", f"with none: {empty:.1f} MiB",
              f"{waiting - empty:+.1f} MiB", "≤ 8 MiB more", waiting - empty <= 8)
    table.add("the same, by the daemon that read them", of + " from 10 logs", f"{own:.1f} MiB", f"with none: {empty:.1f} MiB",
              f"{own - empty:+.1f} MiB", "≤ 8 MiB more", own - empty <= 8)
    drain(box, table, office, door, of, count)


def drain(box, table, office, door, of, count):
    centre = Centre(box, "drained")
    office.enroll(centre.add_node("Dinas Kesehatan"))
    samples, over = [], threading.Event()

    def watch():
        while not over.wait(0.5):
            samples.append(anonymous_memory(office.program))

    begun = time.perf_counter()
    office.start()
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    time.sleep(3)
    scanned = time.perf_counter()
    door.ask("scan 7 in")
    until("everything acknowledged", lambda: office.journal()["pending"] == 0, wait=900, every=0.1)
    seconds = time.perf_counter() - begun
    over.set()
    watcher.join()
    table.add("drain on loopback, oldest first", of, f"{seconds:.1f} s", f"{count / seconds:,.0f} entries/s", "", "≤ 100 s",
              seconds <= 100)
    quarter = max(1, len(samples) // 4)
    early, late = max(samples[:quarter]), max(samples[-quarter:])
    table.add("edge memory while it drains", f"RssAnon, {len(samples)} samples, most {max(samples):.1f} MiB",
              f"last quarter {late:.1f} MiB", f"first quarter {early:.1f} MiB", f"{late - early:+.1f} MiB", "flat",
              late - early <= 4)
    table.add("a scan made 3 s into the drain", "at the centre, behind all that waited before it",
              f"{time.perf_counter() - scanned:.1f} s")
    office.program.stop()
    centre.program.stop()
