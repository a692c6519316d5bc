"""A hundred devices of mixed kinds in one hadird, ten of them silent: memory, processor, lateness.

A kind is a line of KINDS: what the simulator is told, and the link hadird takes. More kinds of links need a line more.
"""

import os
import re
import subprocess
import time
import urllib.request

from box import PROGRAMS, Failure, Office, free_port, until
from lab import anonymous_memory, processor_seconds

POLL = 60
# What a device may take to answer before it counts as silent: hadird's reply time-out.
TIME_OUT = 10
RECORDS = 200

# name, profile, link, how many, further options of the simulator
KINDS = [
    ("colour", "tft", "tcp", 30, ()),
    ("face", "tft49", "tcp", 20, ()),
    ("legacy", "legacy", "udp", 10, ()),
    ("old", "old", "udp", 10, ()),
    ("web", "legacy", "soap", 10, ()),
    ("silent", "tft", "tcp", 10, ("--fault", "silent")),
]
# Devices that report by themselves, beside these.
PUSHING = 10


class Kind:
    """Devices of one kind, in one simulator."""

    def __init__(self, box, name, profile, link, count, options):
        self.name, self.link, self.devices = name, link, []
        line = [os.path.join(PROGRAMS, "hadir-sim"), "run", "--profile", profile, f"--{link}", "127.0.0.1:0", "--devices",
                str(count), "--serial", f"{name.upper()[:6]}0001", "--records", str(RECORDS), *options]
        self.log = open(os.path.join(box.folder, name + ".log"), "ab")
        self.process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=self.log, text=True, start_new_session=True)
        for number in range(count):
            said = self.process.stdout.readline()
            found = re.search(rf"hadir-sim: (\S+) .*\b{link} (127\.0\.0\.1:\d+)", said)
            if not found:
                self.process.kill()
                raise Failure(f"{name}: {number} of {count} devices started: {said}")
            self.devices.append((f"{name}-{number + 1}", found.group(1), found.group(2)))

    def stanzas(self):
        return [f"[device.{name}]\naddress = \"{self.link}://{address}\"\nserial = \"{serial}\"\npoll = \"{POLL}s\"\n"
                "live = true\n" for name, serial, address in self.devices]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


class PushKind:
    """Devices that report by themselves, each a process; they try until hadird listens."""

    def __init__(self, box, count):
        self.name, self.link, self.box, self.port = "push", "push", box, free_port()
        self.devices = [(f"push-{number + 1}", f"PUSH{number + 1:04}", "") for number in range(count)]
        self.processes = [
            subprocess.Popen(
                [os.path.join(PROGRAMS, "hadir-sim"), "push", "--to", f"http://127.0.0.1:{self.port}", "--serial", serial,
                 "--records", str(RECORDS), "--scan-every", "30", "--seed", str(number + 1)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            for number, (_, serial, _) in enumerate(self.devices)]

    def stanzas(self):
        return [f"[push]\nlisten = \"127.0.0.1:{self.port}\"\n"] + [
            f"[device.{name}]\naddress = \"push://\"\nserial = \"{serial}\"\n" for name, serial, _ in self.devices]

    def kill(self):
        for process in self.processes:
            process.kill()
            process.wait()


def run(box, table, arguments):
    kinds = [Kind(box, *kind) for kind in KINDS] + [PushKind(box, PUSHING)]
    try:
        measure(box, table, arguments, kinds)
    finally:
        for kind in kinds:
            kind.kill()


def measure(box, table, arguments, kinds):
    office = Office(box, "mixed", "Dinas Kesehatan", [line for kind in kinds for line in kind.stanzas()])
    answering = [name for kind in kinds if kind.name != "silent" for name, _, _ in kind.devices]
    silent = sum(len(kind.devices) for kind in kinds) - len(answering)
    debug = "" if "release" in os.path.realpath(PROGRAMS) else ", debug build"
    of = f"{len(answering) + silent} devices, {silent} silent{debug}"
    begun = time.time()
    office.start()
    until("all logs journaled", lambda: office.journal()["last_seq"] > len(answering) * RECORDS, wait=180, every=0.5)
    table.add("mixed: first reading of all", of, f"{time.time() - begun:.1f} s",
              "", ", ".join(f"{len(kind.devices)} {kind.name} {kind.link}" for kind in kinds))
    with open(office.configuration) as file:
        address = re.search(r'status_listen = "(.*)"', file.read()).group(1)
    begun = time.time()
    spent = processor_seconds(office.program)
    seen = {name: [begun] for name in answering}
    pattern = re.compile(r'hadir_edge_device_last_success_timestamp_seconds\{device="([a-z]+-\d+)"\} (\S+)')
    most = 0.0
    while time.time() - begun < arguments.intervals * POLL + 20:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            for name, moment in pattern.findall(answer.read().decode()):
                if name in seen and float(moment) > seen[name][-1]:
                    seen[name].append(float(moment))
        most = max(most, anonymous_memory(office.program))
        time.sleep(1)
    spent = processor_seconds(office.program) - spent
    ended = time.time()
    worst = max(later - earlier for moments in seen.values()
                for earlier, later in zip(moments, moments[1:] + [max(ended, moments[-1])]))
    table.add("mixed: memory", of, f"{most:.1f} MiB RssAnon", "", "", "≤ 48 MiB", most <= 48)
    table.add("mixed: processor", of, f"{100 * spent / (ended - begun):.2f} % of one core", "", "", "≤ 5 %",
              spent / (ended - begun) <= 0.05)
    table.add("mixed: lateness", of + f", poll {POLL} s", f"longest without a reading: {worst:.1f} s", "", "",
              f"≤ {POLL + TIME_OUT} s", worst <= POLL + TIME_OUT)
    office.program.stop(wait=15)
