"""What the benchmarks share: the programs, a table of results, time, memory, the machine."""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
os.environ.setdefault("HADIR_PROGRAMS", os.path.join(ROOT, ".build-release", "release"))
sys.path[:0] = [os.path.join(ROOT, "packaging"), os.path.join(ROOT, "Tests")]

from box import PROGRAMS, Failure  # noqa: E402

PEER = os.path.join(ROOT, ".build", "peers", "bin", "python")
RAW = os.path.join(ROOT, ".build", "bench-rawinsert")
HEADINGS = ("what", "of", "hadir", "peer or limit", "ratio", "figure", "verdict")


class Table:
    """Rows as they are measured; each is said at once, because the whole takes long."""

    def __init__(self):
        self.rows = []

    def add(self, what, of="", hadir="", peer="", ratio="", figure="", met=None):
        """`met`: whether the figure is reached; None for a line that only explains."""
        verdict = {None: "", True: "met", False: "short"}[met]
        self.rows.append((what, of, hadir, peer, ratio, figure, verdict))
        print("  ".join(cell for cell in self.rows[-1] if cell), file=sys.stderr, flush=True)

    def plain(self):
        widths = [max(len(row[column]) for row in [HEADINGS] + self.rows) for column in range(len(HEADINGS))]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [HEADINGS] + self.rows)

    def markdown(self):
        lines = ["| " + " | ".join(HEADINGS) + " |", "|" + "---|" * len(HEADINGS)]
        return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in self.rows])


def timed(call):
    begun = time.perf_counter()
    value = call()
    return time.perf_counter() - begun, value


def best(times, call):
    """The least of several: on a shared machine the disturbed runs are the slow ones."""
    return min((timed(call) for _ in range(times)), key=lambda pair: pair[0])


def anonymous_memory(program):
    """RssAnon in MiB."""
    with open(f"/proc/{program.process.pid}/status") as file:
        found = re.search(r"RssAnon:\s+(\d+)", file.read())
    return int(found.group(1)) / 1024 if found else 0.0


def processor_seconds(program):
    with open(f"/proc/{program.process.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def first_line(arguments):
    done = subprocess.run(arguments, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip().splitlines()[0] if done.returncode == 0 else "?"


def machine():
    """The machine and the versions, as (name, value)."""
    model = memory = "?"
    with open("/proc/cpuinfo") as file:
        found = re.search(r"model name\s*: (.*)", file.read())
        model = found.group(1) if found else model
    with open("/proc/meminfo") as file:
        found = re.search(r"MemTotal:\s+(\d+)", file.read())
        memory = f"{int(found.group(1)) / 1048576:.0f} GiB" if found else memory
    disk = first_line(["findmnt", "-no", "SOURCE,FSTYPE", "-T", "/tmp"])
    return [
        ("date", time.strftime("%Y-%m-%d %H:%M %Z")), ("processor", f"{model}, {os.cpu_count()} cores"),
        ("memory", memory), ("disk", disk), ("kernel", platform.release()),
        ("hadir", first_line([os.path.join(PROGRAMS, "hadir"), "--version"])),
        ("swift", first_line(["swift", "--version"])), ("sqlite", sqlite3.sqlite_version),
        ("python", platform.python_version()), ("pyzk", "0.9" if os.path.exists(PEER) else "not installed"),
    ]


def raw_insert(source, target, batch, setup, timed_tables):
    """Seconds that plain inserts take of rows that are in memory; None without a C compiler or SQLite's header.

    `setup` and `timed_tables` are lists of (table, query for its rows in the order to insert them).
    """
    if not build_raw():
        return None
    for name in (target, target + "-wal", target + "-shm"):
        if os.path.exists(name):
            os.remove(name)
    schema = subprocess.run(["sqlite3", source, ".schema --nosys"], capture_output=True, text=True, check=True).stdout
    subprocess.run(["sqlite3", target], input="PRAGMA journal_mode=WAL;\n" + schema, text=True, check=True,
                   stdout=subprocess.DEVNULL)
    words = [f"{table}={query}" for table, query in setup] + ["--"] + [f"{table}={query}" for table, query in timed_tables]
    done = subprocess.run([RAW, source, target, str(batch)] + words, capture_output=True, text=True, check=True)
    return float(done.stdout)


def build_raw():
    if os.path.exists(RAW) and os.path.getmtime(RAW) > os.path.getmtime(os.path.join(HERE, "rawinsert.c")):
        return True
    compiler = shutil.which("cc") or shutil.which("clang")
    if not compiler or not os.path.exists("/usr/include/sqlite3.h"):
        return False
    os.makedirs(os.path.dirname(RAW), exist_ok=True)
    return subprocess.run([compiler, "-O2", "-o", RAW, os.path.join(HERE, "rawinsert.c"), "-lsqlite3"]).returncode == 0


def need_programs():
    for name in ("hadird", "hadir", "hadir-central", "hadir-sim"):
        if not os.path.exists(os.path.join(PROGRAMS, name)):
            raise Failure(f"{os.path.join(PROGRAMS, name)} is not there: make bench builds it")
