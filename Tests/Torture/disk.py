"""Disks that are full, without inodes, read-only, or that fail: of an edge and of the centre."""

import itertools
import os
import random
import shutil
import subprocess
import threading
import time
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from box import Box, Centre, Device, Failure, Office, until
from centre import Node
from loop import Disk, mounts_of_our_own
from oracle import Oracle
from power import compare
from rig import Rig, Tally

UNIT = "Dinas Kesehatan"
# So many faults in one box, then all is judged.
A_BOX = 20
WORKERS = 2

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>
/* FAULT_FILE: a call, the errno it fails with, and how many of them succeed before. */
static int calls;
static int fails(const char *call) {
    char text[64] = {0}, named[32];
    int number, after;
    const char *path = getenv("FAULT_FILE");
    int file = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) { calls = 0; return 0; }
    ssize_t got = syscall(SYS_read, file, text, sizeof text - 1);
    syscall(SYS_close, file);
    if (got <= 0 || sscanf(text, "%31s %d %d", named, &number, &after) != 3) return 0;
    if (strcmp(named, call) != 0 || __sync_add_and_fetch(&calls, 1) <= after) return 0;
    errno = number;
    return 1;
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    if (fails("write")) return -1;
    return ((ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64"))(fd, bytes, count, at);
}
ssize_t pread64(int fd, void *bytes, size_t count, off64_t at) {
    if (fails("read")) return -1;
    return ((ssize_t (*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64"))(fd, bytes, count, at);
}
int fdatasync(int fd) { return fails("sync") ? -1 : ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
int fsync(int fd) { return fails("sync") ? -1 : ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
"""
EIO, ENOSPC, EROFS = 5, 28, 30
FAULTS = [("sync", EIO), ("sync", EIO), ("write", EIO), ("write", ENOSPC), ("write", EROFS), ("read", EIO)]


class Shim:
    """What programs of a box are started with, so that their disk fails while the fault's file is there."""

    def __init__(self, box, name):
        compiler = shutil.which("clang") or shutil.which("cc")
        if not compiler:
            raise Failure("needs a C compiler")
        source, library = os.path.join(box.folder, "fault.c"), os.path.join(box.folder, "fault.so")
        if not os.path.exists(library):
            with open(source, "w", encoding="ascii") as file:
                file.write(SHIM)
            subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True,
                           capture_output=True)
        self.path = os.path.join(box.folder, name + ".fault")
        self.environment = {"LD_PRELOAD": library, "FAULT_FILE": self.path}

    def fail(self, call, number, after):
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(f"{call} {number} {after}\n")
        os.rename(self.path + ".new", self.path)

    def mend(self):
        if os.path.exists(self.path):
            os.unlink(self.path)


def says_no(url, wait=3):
    """Whether it answers within some seconds that it is not ready: an answer is given again for one second."""
    end = time.monotonic() + wait
    while time.monotonic() < end:
        if ready(url) == 503:
            return True
        time.sleep(0.1)
    return False


def ready(url):
    """What /readyz answers; 0 where nobody does."""
    try:
        with urlopen(url + "/readyz", timeout=5) as answer:
            return answer.status
    except HTTPError as error:
        with error:
            return error.code
    except (URLError, OSError):
        return 0


class Edge:
    """An office whose journal is on a disk that fails; it is started again as systemd does."""

    def __init__(self, box, disk, rng, environment=None):
        self.box, self.disk, self.rng = box, disk, rng
        self.devices = [Device(box, "lobby", "DISK00000001", options=["--users", "30", "--records", "40"]),
                        Device(box, "gudang", "DISK00000002", "legacy", "udp", options=["--users", "30"])]
        self.centre = Centre(box)
        self.office = Office(box, "office", UNIT, [device.stanza(poll="1s") for device in self.devices],
                             heartbeat="1s")
        self.office.state = os.path.join(disk.path, "state")
        self.office.enroll(self.centre.add_node(UNIT))
        self.oracle = Oracle(self.centre, self.devices)
        box.environment = environment or {}
        self.starts = 0
        self.office.program = None
        self.keep_alive()

    def keep_alive(self):
        """As systemd: a hadird that ended is begun again. How it ended must be one of the ways that are meant."""
        program = self.office.program
        if program is not None and program.is_running:
            return
        if program is not None and program.process.returncode not in (0, 74, -9):
            raise Failure(f"hadird ended with {program.process.returncode}: {last_words(program)}")
        self.starts += 1
        self.office.program = self.box.start(
            "office", ["hadird", "--config", self.office.configuration, "--state", self.office.state])

    def scan(self, most=5):
        for _ in range(self.rng.randint(1, most)):
            self.oracle.scan(self.rng.choice(self.devices), str(self.rng.randint(1, 30)))

    def says_no(self, wait=8):
        """Whether it says within some seconds that it is not ready, or has ended itself."""
        end = time.monotonic() + wait
        while time.monotonic() < end:
            if ready(self.office.page) == 503 or not self.office.program.is_running:
                return True
            time.sleep(0.1)
        return False

    def meets(self):
        """People scan until a fault that waits for its n-th call is met; whether it says then that it is not ready."""
        for _ in range(8):
            self.scan()
            if self.says_no(wait=2):
                return True
        return False

    def settles(self, what, tally):
        """Everything is well again: how long until every scan is at the centre."""
        begun = time.monotonic()

        def well():
            self.keep_alive()
            rows = self.oracle.read()
            return rows is not None and len(rows) >= len(self.oracle.made) and ready(self.office.page) == 200

        try:
            until(f"{what}: every scan, and ready", well, wait=60, every=0.1)
        except Failure as failure:
            tally.fail(f"{failure}: {self.office.program.tail(3)}")
        slowest(tally, time.monotonic() - begun)

    def judge(self, tally):
        found = self.oracle.judge(meanwhile=self.keep_alive)
        tally.add(found)
        tally.wrong += found.wrong
        problems = self.office.verify()["problems"]
        if problems:
            tally.fail(f"the journal is not whole: {problems[:2]}")
        if any(".damaged-" in name for name in os.listdir(self.office.state)):
            tally.fail("a journal that was not damaged was moved aside")


def last_words(program):
    """Of one that trapped, where: the stack stands far above the end of its log."""
    text = program.tail(5000)
    for mark in ("Fatal error", "*** Signal", "Thread 0 crashed", " crashed:"):
        if mark in text:
            return text[text.index(mark):][:4000]
    return text[-600:]


def slowest(tally, seconds):
    tally.note("slowest_s", round(max(tally.notes.get("slowest_s", 0), seconds), 1))


class Room:
    """The centre on a disk that fails, and a node that asks it raw, to see every answer."""

    def __init__(self, box, disk, rng, environment=None):
        self.box, self.disk, self.rng = box, disk, rng
        box.environment = environment or {}
        self.centre = Centre(box)
        self.node = Node(self.centre, serial="DISKNODE0001")
        self.node.write(kind="device", serial=self.node.serial, name="lobi", timezone="Asia/Jakarta", model="",
                        platform="", firmware="")
        self.node.drain()
        self.scans = 0

    def write(self, count):
        for _ in range(count):
            self.scans += 1
            self.node.scan(self.scans)

    def send(self):
        """(status, Retry-After, receipt) of one batch of everything that waits."""
        node = self.node
        header, text = node.batch(node.acked, min(len(node.bodies), node.acked + 2000))
        request = Request(node.url + "/v1/batches", data=text, headers={"content-type": "text/plain; charset=utf-8"})
        try:
            with urlopen(request, timeout=15) as answer:
                status, retry = answer.status, None
        except HTTPError as error:
            with error:
                return error.code, error.headers.get("retry-after"), None
        except (URLError, OSError):
            return 0, None, None
        receipt = node.post(header, text) if status == 200 else None
        if receipt and receipt["answer"] == "ok":
            node.acked = receipt["high_water"]
        return status, retry, receipt

    def refuses(self, what, tally, rounds=40, count=400):
        """Sends until the disk takes no more; whether it came to that."""
        for _ in range(rounds):
            self.write(count)
            status, retry, _ = self.send()
            if status == 503:
                if not retry or not 1 <= int(retry) <= 3600:
                    tally.fail(f"{what}: 503 without a Retry-After that helps: {retry}")
                if not says_no(self.centre.url):
                    tally.fail(f"{what}: it takes nothing and says that it is ready")
                return True
            if status != 200:
                tally.fail(f"{what}: the centre answered {status}")
                return True
        return False

    def settles(self, what, tally):
        begun = time.monotonic()
        if not self.centre.program.is_running:
            tally.fail(f"{what}: serve ended with {self.centre.program.process.returncode}")
            self.centre.start()
        self.node.drain(most=2000)
        until(f"{what}: ready", lambda: ready(self.centre.url) == 200)
        slowest(tally, time.monotonic() - begun)

    def judge(self, tally):
        compare(self.centre, [self.node], tally)
        found = self.box.attempt("hadir-central", "verify", "--state", self.centre.state)
        if found.returncode != 0:
            tally.fail(f"the centre's database is not whole: {found.stdout[-300:]}{found.stderr[-300:]}")


def in_boxes(turn, scene, tally):
    """`scene(box, random, numbers)` for as many faults as are wanted, in threads."""
    mounts_of_our_own()
    times, lock, over = turn.times(), threading.Lock(), []

    def work(rng):
        while not over:
            with lock:
                numbers = list(itertools.islice(times, min(A_BOX, max(1, turn.count // WORKERS))))
                tally.count += len(numbers)
            if not numbers:
                return
            try:
                with Box() as box:
                    scene(box, rng, numbers)
            except Exception as error:
                tally.fail(f"faults {numbers[0]} to {numbers[-1]}: {type(error).__name__}: {error}")
                over.append(True)

    workers = [threading.Thread(target=work, args=(random.Random(f"{turn.seed} {number}"),))
               for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return tally


def ended(box, disk, use):
    """`use()`, and the disk is free again whatever came of it."""
    try:
        use()
    finally:
        for program in box.programs:
            program.kill()
        disk.unmount()


def full(turn):
    """B6 B7 B8 A disk without room or inodes: the edge says so and goes on when there is room, the centre answers 503."""
    tally = Tally()

    def edges(box, rng, numbers):
        with Disk(os.path.join(box.folder, "office"), 24, ["-N", "64"]) as disk:
            def use():
                edge = Edge(box, disk, rng)
                edge.settles("at first", tally)
                for number in numbers:
                    way = rng.choice(["running", "at start", "inodes"])
                    what = f"fault {number}, edge, {way}"
                    if way != "running":
                        edge.office.program.stop()
                    disk.take_inodes() if way == "inodes" else disk.fill(rng.choice([0, 0, 4096, 65536]))
                    edge.keep_alive()
                    edge.scan()
                    if edge.says_no(3):
                        tally.note("said_no", tally.notes.get("said_no", 0) + 1)
                        edge.keep_alive()
                    edge.scan()
                    disk.empty()
                    edge.settles(what, tally)
                edge.judge(tally)
            ended(box, disk, use)

    def centres(box, rng, numbers):
        # Room for every entry of a box: a fault that is not met costs 16,000 of them, some 10 MB.
        with Disk(os.path.join(box.folder, "centre"), 400) as disk:
            def use():
                room = Room(box, disk, rng)
                for number in numbers:
                    disk.fill(rng.choice([0, 0, 8192, 131072]))
                    what = f"fault {number}, centre"
                    if room.refuses(what, tally):
                        tally.note("answered_503", tally.notes.get("answered_503", 0) + 1)
                    disk.empty()
                    room.settles(what, tally)
                room.judge(tally)
            ended(box, disk, use)

    def scene(box, rng, numbers):
        (edges if rng.random() < 0.6 else centres)(box, rng, numbers)

    return in_boxes(turn, scene, tally)


def errors(turn):
    """B9 B10 B11 Writes, syncs and reads fail, or the disk turns read-only: nothing is acknowledged, all is well after."""
    tally = Tally()

    def edges(box, rng, numbers):
        with Disk(os.path.join(box.folder, "office"), options=["-e", "remount-ro"]) as disk:
            def use():
                shim = Shim(box, "office")
                edge = Edge(box, disk, rng, shim.environment)
                edge.settles("at first", tally)
                for number in numbers:
                    way = rng.choice(FAULTS + ["read-only", "dead"])
                    what = f"fault {number}, edge, {way}"
                    if way == "read-only":
                        disk.turn_read_only()
                    elif way == "dead":
                        disk.cut()
                    else:
                        shim.fail(*way, rng.randint(0, 6))
                    # A failing read may meet nobody: what is read often stands in memory.
                    if not edge.meets() and way[0] != "read":
                        tally.fail(f"{what}: it says that it is ready")
                    if rng.random() < 0.3 or way in ("read-only", "dead"):
                        edge.office.program.kill()
                    edge.scan()
                    shim.mend()
                    if way in ("read-only", "dead"):
                        disk.power_returns()
                    edge.settles(what, tally)
                edge.judge(tally)
            ended(box, disk, use)

    def centres(box, rng, numbers):
        with Disk(os.path.join(box.folder, "centre"), options=["-e", "remount-ro"]) as disk:
            def use():
                shim = Shim(box, "centre")
                room = Room(box, disk, rng, shim.environment)
                for number in numbers:
                    failing(room, shim, f"fault {number}, centre", tally)
                room.judge(tally)
            ended(box, disk, use)

    def failing(room, shim, what, tally):
        way = room.rng.choice(FAULTS[:-1] + ["read-only"])
        what = f"{what}, {way}"
        room.disk.turn_read_only() if way == "read-only" else shim.fail(*way, 0)
        for _ in range(room.rng.randint(1, 4)):
            room.write(room.rng.randint(1, 20))
            before = room.node.acked
            status, _, receipt = room.send()
            if receipt is not None and receipt["answer"] == "ok" and room.node.acked > before:
                tally.lost.append((what, f"acknowledged {before} to {room.node.acked} on a disk that failed"))
            elif status != 503:
                tally.fail(f"{what}: the centre answered {status}")
        if not says_no(room.centre.url):
            tally.fail(f"{what}: it says that it is ready")
        if room.rng.random() < 0.3 or way == "read-only":
            room.centre.program.kill()
        shim.mend()
        if way == "read-only":
            room.disk.power_returns()
        if not room.centre.program.is_running:
            room.centre.start()
        room.settles(what, tally)

    def scene(box, rng, numbers):
        (edges if rng.random() < 0.4 else centres)(box, rng, numbers)

    return in_boxes(turn, scene, tally)


RIGS = [Rig("disk-full", full, full=300, short=6, what="full disks", share=4),
        Rig("disk-errors", errors, full=600, short=4, what="failing disks", share=8)]
